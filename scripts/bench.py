"""Measure gisland beside the plain ways of doing the same work, and check that they agree.

    python scripts/bench.py [borders | overlay | density | plan | blocks | run | maps | start ...]
                             [--size N ...] [--runs N] [--noisy] [--peers]

    borders  shared borders with lengths: a clean layer against libpysal, a noisy one against a
             spatial index with buffers; both beside reading the layer, and held to the truth
    overlay  overlap areas of lots with zones and with buildings, against geopandas.overlay
    density  the same areas, and what a run makes of them: the limit of FAR of every lot out of its
             zones, and the floor area of buildings on lots, against overlay and groupby
    plan     the best plan of a city against merging along the longest border first, beside the
             whole run; wrong if a component is not proved, or greedy absorbs more
    blocks   industrial block lines of a city, step by step; wrong if seconds per lot grow
    run      a whole run of a city, without map, ledger and report, stage by stage; small ones
             with all outputs too, from a cold start, and the sample district
    maps     the map of many parcels beside folium.GeoJson, in headless Chromium: size, building,
             first picture, frames while it is dragged, a click; wrong if it misses what it aims at
    start    importing gisland beside geopandas, and the smallest commands, in whole processes;
             wrong if the import takes 2.5 times as long, or --help 0.5 s of processor time

The layers are made here (citylayers.py). The ways take turns in one process, so that a slow moment
of the machine hits all of them: read the ratios of the medians to ours, not the seconds. The first
call is told apart. Memory is the peak above the layers, in a process of its own (Linux only).
"Compiling" is the first call on a few lots in a process that finds no compiled code. Peers that
take too long for the size are left out. A check that fails makes the exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd

import citylayers
import gisland
from benches import blocks as bench_blocks
from benches import density, peers
from benches import maps as bench_maps
from benches import plan as bench_plan
from benches import run as bench_run
from benches import start as bench_start
from benches.alone import above_mb, alone, seconds
from benches.peers import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

CLEAN_TOLERANCE_M = 0.05
NOISY_TOLERANCE_M = citylayers.TOLERANCE_M
NOISE_M = citylayers.NOISE_M[1]
SIZES = {"borders": [100_000], "overlay": [100_000], "density": [100_000]}
SIZES |= {"plan": [100_000], "blocks": [10_000, 100_000], "run": [10_000]}
SIZES |= {"maps": [10_000, 50_000, 200_000], "start": []}
LARGEST = 150_000  # lots; slow peers are left out above
FEW = 500  # lots to compile on


class Layer(NamedTuple):
    """A layer as it lies on disk and in memory."""

    path: Path
    frame: gpd.GeoDataFrame


class Way(NamedTuple):
    """One way of doing the work of a case; it takes the layers of the case."""

    name: str
    work: Callable[..., Any]
    largest: float = math.inf


class Case(NamedTuple):
    """Work on some layers: our way first, then others, and the check of what they found."""

    work: str
    title: str
    layers: tuple[str, ...]
    ways: tuple[Way, ...]
    check: Callable[[Path, dict[str, Any]], Iterator[Check]]


# --- the ways ----------------------------------------------------------------------------------


def our_borders(lots: Layer, *, tolerance_m: float) -> pd.Series:
    """Borders by the package."""
    return gisland.borders(lots.frame, tolerance_m=tolerance_m)["border_m"]


def our_overlay(lots: Layer, others: Layer) -> pd.Series:
    """Overlap areas by the package."""
    return gisland.overlap_areas(lots.frame, others.frame)["overlap_m2"]


def contiguity(lots: Layer) -> pd.Series:
    """Borders by libpysal."""
    return peers.strict_contiguity(lots.frame)


def buffered(lots: Layer) -> pd.Series:
    """Borders by a spatial index and buffers."""
    return peers.buffered(lots.frame, tolerance_m=NOISY_TOLERANCE_M)


def overlaid(lots: Layer, others: Layer) -> pd.Series:
    """Overlap areas by geopandas."""
    return peers.overlaid(lots.frame, others.frame)


def framed(work: Callable[..., Any], *layers: Layer) -> Any:  # noqa: ANN401 - whatever it returns
    """Work that takes layers as they lie in memory."""
    return work(*(one.frame for one in layers))


def reading(lots: Layer) -> gpd.GeoDataFrame:
    """The layer from its file: a measure that everybody knows."""
    return gpd.read_parquet(lots.path)


OURS, READING = "gisland", Way("read GeoParquet", reading)


# --- the checks --------------------------------------------------------------------------------


def check_borders(
    folder: Path, found: dict[str, Any], *, within_m: float, contact_m: float
) -> Iterator[Check]:
    """Whether we found the borders of the clean layer; how well others did is told only."""
    clean = layer(folder, "clean").frame
    truth = peers.true_borders(clean)
    for name, lengths in found.items():
        if name != READING.name:
            pairs = peers.by_pair(lengths, clean.index)
            told, good = peers.against_truth(pairs, truth, within_m=within_m, contact_m=contact_m)
            yield Check(f"{name}: {told}", good=good or name != OURS)


def check_areas(_: Path, found: dict[str, Any]) -> Iterator[Check]:
    """Whether the total areas are the same."""
    ours = found[OURS]
    for name, areas in found.items():
        if name != OURS:
            yield peers.same_total(ours, areas, within=1e-9)


def check_amounts(_: Path, found: dict[str, Any]) -> Iterator[Check]:
    """Whether all amounts are the same, in total and lot by lot."""
    ours = found[OURS]
    for name, amounts in found.items():
        if name != OURS:
            yield from density.same_amounts(ours, amounts, within=1e-9)


CASES = (
    Case(
        "borders",
        "clean",
        ("clean",),
        (
            Way(OURS, partial(our_borders, tolerance_m=CLEAN_TOLERANCE_M)),
            Way("libpysal strict, perimeter", contiguity, LARGEST),
            READING,
        ),
        partial(check_borders, within_m=1e-6, contact_m=0.0),
    ),
    Case(
        "borders",
        "noisy",
        ("noisy",),
        (
            Way(OURS, partial(our_borders, tolerance_m=NOISY_TOLERANCE_M)),
            Way("index and buffers", buffered, LARGEST),
            READING,
        ),
        partial(check_borders, within_m=4 * NOISY_TOLERANCE_M, contact_m=2 * NOISE_M),
    ),
    *(
        Case(
            work,
            f"areas of lots with {other}",
            ("clean", other),
            (Way(OURS, our_overlay), Way("geopandas.overlay", overlaid)),
            check_areas,
        )
        for work in ("overlay", "density")
        for other in ("zoning", "buildings")
    ),
    *(
        Case(
            "density",
            title,
            ("clean", other),
            (Way(OURS, partial(framed, ours)), Way("overlay, groupby", partial(framed, plain))),
            check_amounts,
        )
        for title, other, ours, plain in (
            ("limits of FAR by zone", "zoning", density.limits, density.plain_limits),
            ("floor area of buildings", "buildings", density.floors, density.plain_floors),
        )
    ),
)


# --- measuring ---------------------------------------------------------------------------------


def write_layers(folder: Path, size: int, names: set[str]) -> None:
    """Make those of the layers that are needed."""
    lots = citylayers.city(size)
    make = {
        "clean": lambda: lots,
        "noisy": lambda: citylayers.city(size, noisy=True),
        "zoning": lambda: citylayers.zoning(lots),
        "buildings": lambda: citylayers.buildings(lots),
    }
    for name in sorted(names):
        make[name]().to_parquet(folder / f"{name}.parquet")


def layer(folder: Path, name: str) -> Layer:
    """A layer that was made."""
    path = folder / f"{name}.parquet"
    return Layer(path, gpd.read_parquet(path))


def memory(folder: Path, case: int, way: int) -> float | None:
    """Peak of a way above the layers in MiB, once all that it needs is loaded and compiled."""
    layers = [layer(folder, name) for name in CASES[case].layers]
    work = CASES[case].ways[way].work
    work(*few(layers))
    return above_mb(work, *layers)


def compiling(folder: Path, case: int) -> float:
    """Seconds of our first call on a few lots."""
    layers = few([layer(folder, name) for name in CASES[case].layers])
    return seconds(CASES[case].ways[0].work, *layers)[0]


def few(layers: list[Layer]) -> list[Layer]:
    """The first rows of layers."""
    return [one._replace(frame=one.frame.iloc[:FEW]) for one in layers]


def measure(folder: Path, number: int, runs: int) -> tuple[int, float, bool]:
    """Measure one case and print its table; lots, our median, and whether the checks passed."""
    case = CASES[number]
    layers = [layer(folder, name) for name in case.layers]
    lots = len(layers[0].frame)
    ways = [way for way in case.ways if lots <= way.largest]
    first = {way.name: seconds(way.work, *layers) for way in ways}
    checks = list(case.check(folder, {name: result for name, (_, result) in first.items()}))
    began = {name: taken for name, (taken, _) in first.items()}
    first.clear()
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    for way in ways * runs:
        gc.collect()  # or one way pays for what another left
        times[way.name].append(seconds(way.work, *layers)[0])
    layers.clear()
    print(f"\n{case.work}, {case.title}: {lots} lots, medians of {runs}")
    print(f"  {'':28}{'seconds':>9}{'ratio':>8}{'peak MB':>9}{'first call':>12}")
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    for at, way in enumerate(case.ways):
        if way not in ways:
            print(f"  {way.name:28}{'left out: too slow for this size':>41}")
            continue
        peak = alone(memory, folder, number, at)
        told = "-" if peak is None else f"{peak:.0f}"
        ratio = middle[way.name] / middle[OURS]
        print(
            f"  {way.name:28}{middle[way.name]:9.3f}{ratio:8.2f}{told:>9}{began[way.name]:12.3f}",
            flush=True,
        )
    if READING.name in middle:
        print(f"  gisland takes {middle[OURS] / middle[READING.name]:.1f} times as long as reading")
    for check in checks:
        print(f"  {'' if check.good else 'FAILED: '}{check.told}")
    return lots, middle[OURS], all(check.good for check in checks)


def compare(work: str, sizes: list[int], runs: int) -> bool:
    """Measure all cases of some work at all sizes; whether the checks passed."""
    cases = [number for number, case in enumerate(CASES) if case.work == work]
    names = {name for number in cases for name in CASES[number].layers} | {"clean"}
    medians: dict[int, list[tuple[int, float]]] = {number: [] for number in cases}
    good = True
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_layers(folder, size, names)
            for number in cases:
                lots, middle, passed = measure(folder, number, runs)
                medians[number].append((lots, middle))
                good &= passed
                if size == sizes[0]:
                    taken = alone(compiling, folder, number, uncompiled=True)
                    print(f"  compiling takes {taken:.1f} s once")
    for number, points in medians.items():
        for (few_lots, quick), (many, slow) in itertools.pairwise(points):
            power = math.log(slow / quick) / math.log(many / few_lots)
            print(f"{work}, {CASES[number].title}: {few_lots} to {many} lots grows by {power:.2f}")
    return good


def measured(work: str, sizes: list[int], options: argparse.Namespace) -> bool:
    """Measure one kind of work; whether its checks passed."""
    runs = options.runs
    if work == "run":
        for size in sizes:
            bench_run.run_city(size, runs, noisy=options.noisy)
        bench_run.sample(runs)
        return True
    if work == "blocks":
        return bench_blocks.blocks_of_cities(sizes, runs)
    if work == "maps":
        good = [bench_maps.maps(size, runs, peers=options.peers) for size in sizes]
        return all(good)
    if work == "start":
        return bench_start.start(runs)
    if work == "plan":
        good = [bench_plan.plan_city(size, runs) for size in sizes]
        return all(good)
    return compare(work, sizes, runs)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", nargs="*", help=f"{', '.join(SIZES)} (default: all)")
    parser.add_argument(
        "--size",
        type=int,
        nargs="+",
        metavar="N",
        help="lots, about (default: 100000, and 10000 for run); several tell how time grows",
    )
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument("--noisy", action="store_true", help="run: on the noisy city")
    parser.add_argument("--peers", action="store_true", help="maps: slow peers at all sizes")
    options = parser.parse_args()
    unknown = sorted(set(options.work) - set(SIZES))
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; take {', '.join(SIZES)}")
    good = [measured(work, options.size or SIZES[work], options) for work in options.work or SIZES]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
