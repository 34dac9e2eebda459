"""Measure gisland beside the plain way of doing the same work; print ratios of medians.

    python scripts/bench.py [borders | overlay | run] [--size N] [--runs N]

Both ways run in turn in one process, so that a slow moment of the machine hits both. The layer is
made here: courses of bricks, turned and rounded to a millimetre, so that no vertices match.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

import gisland

TOLERANCE_M = 0.05
TURN_DEGREES = 17
ORIGIN = (500_000, 3_400_000)


def bricks(size: int) -> gpd.GeoDataFrame:
    """Courses of 30 x 20 m lots, each second one shifted by half a lot."""
    side = max(2, round(size**0.5))
    row, column = np.divmod(np.arange(side * side), side)
    x, y = column * 30 + (row % 2) * 15, row * 20
    lots = shapely.transform(
        affinity.rotate(shapely.multipolygons(shapely.box(x, y, x + 30, y + 20)), TURN_DEGREES),
        lambda xy: np.round(xy + ORIGIN, 3),
    )
    ids = pd.Index([f"L{i:07d}" for i in range(side * side)], name="parcel_id")
    return gpd.GeoDataFrame(geometry=list(lots.geoms), index=ids, crs=4547)


def halls(lots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One building in each lot, some across its edge."""
    centre = shapely.get_coordinates(lots.geometry.centroid.to_numpy())
    x, y = centre.T
    x = x + np.where(np.arange(len(lots)) % 10 == 0, 12, 0)
    shapes = shapely.box(x - 8, y - 5, x + 8, y + 5)
    ids = pd.Index([f"B{i:07d}" for i in range(len(lots))], name="building_id")
    return gpd.GeoDataFrame(geometry=shapes, index=ids, crs=lots.crs)


def plain_borders(lots: gpd.GeoDataFrame) -> int:
    """Spatial index, then half the perimeter of each boundary's overlap with a buffered one."""
    shapes = lots.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, "dwithin", distance=TOLERANCE_M)
    left, right = left[left < right], right[left < right]
    near = shapely.buffer(shapely.boundary(shapes), TOLERANCE_M, cap_style="flat")
    length = shapely.length(shapely.intersection(shapely.boundary(shapes[left]), near[right]))
    return int((length > 1).sum())


def borders(size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Shared borders with lengths and tolerance."""
    lots = bricks(size)
    return (lambda: gisland.borders(lots, tolerance_m=TOLERANCE_M)), (lambda: plain_borders(lots))


def overlay(size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Overlap areas of lots and buildings, against geopandas.overlay."""
    lots = bricks(size)
    buildings = halls(lots)
    named = lots.reset_index(), buildings.reset_index()
    return (
        lambda: gisland.overlap_areas(lots, buildings),
        lambda: gpd.overlay(*named, how="intersection").area,
    )


def whole_run(_: int) -> tuple[Callable[[], object], None]:
    """The sample district, with all outputs; there is no peer for this."""

    def once() -> None:
        with tempfile.TemporaryDirectory() as folder:
            gisland.run_demo(Path(folder) / "out")

    return once, None


WORK = {"borders": borders, "overlay": overlay, "run": whole_run}


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Time each piece of work and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", nargs="*", choices=[[], *WORK], default=[])
    parser.add_argument("--size", type=int, default=10_000, help="parcels")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for name in options.work or WORK:
        ours, plain = WORK[name](options.size)
        ours()  # once uncounted
        times = [(seconds(ours), seconds(plain) if plain else 0.0) for _ in range(options.runs)]
        own, other = (statistics.median(t) for t in zip(*times, strict=True))
        beside = f"plain way {other:.3f} s, ratio {other / own:.1f}" if plain else "no peer"
        print(f"{name}: {own:.3f} s, {beside} (medians of {options.runs})", flush=True)


if __name__ == "__main__":
    main()
