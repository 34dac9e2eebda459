"""Block lines of a city: what they take by step, and whether time grows as the lots do."""

from __future__ import annotations

import itertools
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import citylayers
from benches.alone import alone, peak_mb
from gisland.base.parameters import Parameters
from gisland.base.rules import load_rules
from gisland.control.delineation import delineate as steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = ("ground_of", "grown", "bounded", "candidates_of")  # land, growth, boundary, table
MOST = 2.0  # times as many seconds per lot in a larger city: more is no longer linear
FEW = 500  # lots to compile on


def blocks_once(size: int, runs: int) -> dict[str, Any]:
    """Block lines of one city, in a process of its own."""
    lots = citylayers.city(size)
    lots = lots.assign(area_m2=lots.area)
    given = {"parameters": Parameters(), "rules": load_rules("common")}
    steps.delineate(lots.iloc[:FEW], **given)
    taken: dict[str, list[float]] = {name: [] for name in (*STEPS, "all", "processor")}
    for _ in range(runs):
        with timed(taken):
            wall, busy = time.perf_counter(), time.process_time()
            found = steps.delineate(lots, **given)
            taken["all"].append(time.perf_counter() - wall)
            taken["processor"].append(time.process_time() - busy)
    return {
        "lots": len(lots),
        "blocks": len(found.blocks),
        "seconds": {name: statistics.median(times) for name, times in taken.items()},
        "peak_mb": peak_mb(),
    }


@contextmanager
def timed(taken: dict[str, list[float]]) -> Iterator[None]:
    """Note how long each step takes while block lines are drawn."""
    plain = {name: getattr(steps, name) for name in STEPS}
    for name, step in plain.items():
        setattr(steps, name, watched(step, taken[name]))
    try:
        yield
    finally:
        for name, step in plain.items():
            setattr(steps, name, step)


def watched(step: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """A step that adds the seconds of each call to a list."""

    def work(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - stands in for any step
        began = time.perf_counter()
        result = step(*arguments, **more)
        times.append(time.perf_counter() - began)
        return result

    return work


def blocks_of_cities(sizes: list[int], runs: int) -> bool:
    """Print block lines of cities of some sizes; whether seconds per lot stay about the same."""
    done = [alone(blocks_once, size, runs) for size in sizes]
    for one in done:
        taken = one["seconds"]
        print(
            f"\nblocks: {one['lots']} lots, {one['blocks']} blocks, {taken['all']:.2f} s"
            f" ({taken['processor']:.2f} s of processors), medians of {runs}"
        )
        told = "  ".join(f"{name} {taken[name]:.2f} s" for name in STEPS)
        print(f"  {told}")
        if one["peak_mb"] is not None:
            print(f"  peak {one['peak_mb']:.0f} MB, layer and libraries included")
    good = True
    for few, many in itertools.pairwise(done):
        ratio = per_lot(many) / per_lot(few)
        good &= ratio <= MOST
        told = "" if ratio <= MOST else "FAILED: "
        print(f"  {told}{few['lots']} to {many['lots']} lots: {ratio:.2f} times as long per lot")
    return good


def per_lot(done: dict[str, Any]) -> float:
    """Processor seconds for each lot: another program on the machine takes none of them."""
    return float(done["seconds"]["processor"]) / int(done["lots"])
