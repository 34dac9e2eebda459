"""The same results to the byte: on a second run, and whatever the order of the input rows.

The record (``run.json``) has the times of the run. Where input files differ in nothing but the
order of their rows, their hashes differ, and these stand in ``run.json``, in the ledger and in the
report. Nothing else may differ.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from pandas.testing import assert_frame_equal

from gisland.jobs import run_project, sample_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gisland.jobs import Done

SAMPLE = sample_folder()
ENCODING = "gb18030"
HASHED = {"report.html", "ledger.xlsx", "run.json"}  # these name the hashes of the input files


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(b).hexdigest() for name, b in contents(folder).items()}


def record(folder: Path) -> dict[str, Any]:
    """The record of a run without its times."""
    told = json.loads((folder / "run.json").read_text("utf-8"))
    assert told.pop("timings_s")
    return told


def hashes_of(folder: Path) -> list[str]:
    return [i["sha256"] for i in record(folder)["inputs"]]


def read(file: Path) -> gpd.GeoDataFrame:
    encoding = ENCODING if file.suffix == ".shp" else None
    return pyogrio.read_dataframe(file, encoding=encoding)


def layers(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix in {".shp", ".gpkg"})


def shuffled(frame: gpd.GeoDataFrame, *, seed: int) -> gpd.GeoDataFrame:
    order = np.random.default_rng(seed).permutation(len(frame))
    if (np.diff(order) > 0).all():  # of few rows the order may well come out as it was
        order = order[::-1]
    return frame.iloc[order].reset_index(drop=True)


def write_shuffled(file: Path, *, seed: int) -> None:
    """Write a layer of the same content, its rows in another order."""
    frame = shuffled(read(SAMPLE / file.name), seed=seed)
    if file.suffix == ".gpkg":
        file.unlink()
        name = pyogrio.list_layers(SAMPLE / file.name)[0, 0]
        pyogrio.write_dataframe(frame, file, layer=name)
        return
    for part in file.parent.glob(f"{file.stem}.*"):
        part.unlink()
    pyogrio.write_dataframe(frame, file, encoding=ENCODING)
    file.with_suffix(".cpg").unlink()


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second run, in a process of its own with other hashes of texts, on a copy of the sample."""
    folder = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("second") / "sample")
    out = folder.parent / "out"
    command = [sys.executable, "-m", "gisland", "run", folder / "gisland.toml", "-o", out]
    subprocess.run(
        [*map(str, command), "--parquet", "--json"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "4547"},
    )
    return out


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample district with the rows of every layer shuffled."""
    folder = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("mixed") / "sample")
    for seed, file in enumerate(layers(folder)):
        write_shuffled(file, seed=seed)
    return folder


@pytest.fixture(scope="module")
def third(mixed: Path) -> Iterator[Done]:
    """A run on the shuffled layers, which stay as they are."""
    before = digests(mixed)
    done = run_project(mixed / "gisland.toml", mixed.parent / "out", parquet=True)
    assert digests(mixed) == before
    return done


def test_a_second_run_gives_the_same_bytes(sample_run: Done, second: Path) -> None:
    first = contents(sample_run.folder)
    again = contents(second)
    assert list(first) == list(again)
    assert [n for n in first if first[n] != again[n] and n != "run.json"] == []


def test_a_second_run_gives_the_same_record_but_for_times(sample_run: Done, second: Path) -> None:
    assert record(sample_run.folder) == record(second)


def test_no_file_but_the_record_holds_times_or_versions(sample_run: Done) -> None:
    told = json.loads((sample_run.folder / "run.json").read_text("utf-8"))
    for name in ("map.html", "report.html"):
        text = (sample_run.folder / name).read_text("utf-8")
        assert told["versions"]["GEOS"] not in text
        assert "timings" not in text


def test_a_run_leaves_its_inputs_alone(second: Path) -> None:
    assert second.is_dir()
    assert digests(second.parent / "sample") == digests(SAMPLE)


def test_layers_were_shuffled_indeed(mixed: Path) -> None:
    for file in layers(mixed):
        old, new = read(SAMPLE / file.name), read(file)
        if len(old) > 1:
            assert old.geometry.to_wkb().tolist() != new.geometry.to_wkb().tolist()
        keys = [c for c in old.columns if c != "geometry"]
        frames = [
            pd.DataFrame(f.drop(columns="geometry"))
            .assign(shape=f.geometry.to_wkb())
            .sort_values([*keys, "shape"])
            .reset_index(drop=True)
            for f in (old, new)
        ]
        assert_frame_equal(*frames, check_dtype=False)


def test_shuffled_rows_give_the_same_tables_and_map(sample_run: Done, third: Done) -> None:
    first, again = contents(sample_run.folder), contents(third.folder)
    assert list(first) == list(again)
    assert {n for n in first if first[n] != again[n]} <= HASHED
    assert {"results.gpkg", "map.html", "results/borders.parquet"} <= set(first) - HASHED


def test_shuffled_rows_change_nothing_in_the_record_but_hashes(
    sample_run: Done, third: Done
) -> None:
    first, again = record(sample_run.folder), record(third.folder)
    for told in (first, again):
        for layer in told["inputs"]:
            assert len(layer.pop("sha256")) == 64
    assert first == again


def test_shuffled_rows_change_nothing_in_the_report_but_hashes(
    sample_run: Done, third: Done
) -> None:
    first, again = [d.folder / "report.html" for d in (sample_run, third)]
    text = first.read_text("utf-8")
    for old, new in zip(hashes_of(first.parent), hashes_of(again.parent), strict=True):
        assert old in text
        text = text.replace(old, new)
    assert text == again.read_text("utf-8")


def test_shuffled_rows_change_nothing_in_the_ledger_but_hashes(
    sample_run: Done, third: Done
) -> None:
    books = []
    for folder in (sample_run.folder, third.folder):
        with zipfile.ZipFile(folder / "ledger.xlsx") as book:
            parts = {i.filename: (i.date_time, book.read(i)) for i in book.infolist()}
        for number, digest in enumerate(hashes_of(folder)):
            place = f"hash-{number}".encode()
            assert any(digest.encode() in part for _, part in parts.values())
            parts = {n: (t, p.replace(digest.encode(), place)) for n, (t, p) in parts.items()}
        books.append(parts)
    assert list(books[0]) == list(books[1])
    assert [n for n in books[0] if books[0][n] != books[1][n]] == []
