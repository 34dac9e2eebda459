"""Whole runs: of a city, stage by stage, and of the sample district with all outputs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import citylayers
import gisland
from benches.alone import CACHE, alone, peak_mb, seconds

ALL_OUTPUTS_LARGEST = 20_000


def run_once(path: Path, out: Path) -> dict[str, Any]:
    """A run as the command does it, without map, ledger and report: its record and its peak."""
    from gisland.jobs import run_record  # noqa: PLC0415 - takes a while, and children need it only
    from gisland.layers.writing.write import write_results  # noqa: PLC0415

    project = gisland.read_project(path)
    choices = gisland.choices_of(project)
    read, loaded = seconds(gisland.load_inputs, project)
    whole, result = seconds(gisland.run, loaded.inputs, choices)
    record = run_record(project, loaded, choices, result=result)
    write = partial(write_results, out, tables=result.tables, files={}, run=record)
    written = seconds(write)[0]
    stages = {"read": read, **result.timings_s, "write": written}
    return {
        "stages": {**stages, "total": read + whole + written},
        "counts": result.counts,
        "peak_mb": peak_mb(),
    }


def run_city(size: int, runs: int, *, noisy: bool) -> None:
    """Whole runs of one city, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = citylayers.write_project(folder / "city", size=size, noisy=noisy)
        done = [alone(run_once, path, folder / "out") for _ in range(runs)]
        counts = done[0]["counts"]
        print(
            f"\nrun, {'noisy' if noisy else 'clean'}: {counts['parcels']} lots,"
            f" {counts['sites']} sites, {counts['absorbed']} of {counts['scraps']} scraps absorbed,"
            f" medians of {runs}"
        )
        middle = {
            stage: statistics.median(one["stages"][stage] for one in done)
            for stage in done[0]["stages"]
        }
        for stage, taken in middle.items():
            print(f"  {stage:10}{taken:9.2f} s {taken / middle['total']:6.0%}")
        peaks = [one["peak_mb"] for one in done if one["peak_mb"] is not None]
        print(f"  peak {max(peaks):.0f} MB" if peaks else "  peak unknown")
        if size <= ALL_OUTPUTS_LARGEST:
            words = ("run", str(path), "-o", str(folder / "all"))
            print(f"  all outputs, from a cold start: {command(*words, cold=True):.1f} s")


def command(*words: str, cold: bool = False) -> float:
    """Seconds of a command, from the start of its process to the end."""
    with tempfile.TemporaryDirectory() as empty:
        more = {CACHE: empty} if cold else {}
        call = partial(
            subprocess.run,
            [sys.executable, "-m", "gisland", *words],
            env={**os.environ, **more},
            check=True,
            capture_output=True,
        )
        return seconds(call)[0]


def sample(runs: int) -> None:
    """The sample district, with all outputs."""
    with tempfile.TemporaryDirectory() as name:
        words = ("demo", "-o", str(Path(name) / "out"))
        cold = command(*words, cold=True)
        middle = statistics.median(command(*words) for _ in range(runs))
    print(f"\nsample district, all outputs: {middle:.1f} s (median of {runs}), cold {cold:.1f} s")
