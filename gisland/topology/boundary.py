"""Boundaries of a layer, traced once: what runs along a neighbor, and what is free."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.errors import ProjectError
from gisland.base.schema import require_ids, require_polygons, usable
from gisland.topology.beside_loops import WIDTH, fill_grid, stretches
from gisland.topology.pair_loops import both_ways, pair_order, pair_sums, uncovered
from gisland.topology.segments import Segments, exact_matches, explode

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.topology.segments import Floats, Ints, Positions

CORNER_M = 1e-3  # a shorter exact contact is a corner
CORNER_TOLERANCES = 1.5  # so is this; two corners a tolerance apart meet along up to 1.42 of it
CELL_TOLERANCES = 4.0
PER_TASK = 100_000  # segments
THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Boundary:
    """The boundaries of a layer, made by `trace`.

    Attributes
    ----------
    borders
        What `gisland.borders` returns.
    free
        The directed pieces of boundary that no other parcel runs along; ``free.parcel`` are
        positions in `ids`.
    ids
        Ids of the parcels that have usable geometry, sorted.
    tolerance_m
        Boundaries at most this far apart count as shared.
    """

    borders: pd.DataFrame
    free: Segments
    ids: pd.Index
    tolerance_m: float


def trace(parcels: gpd.GeoDataFrame, *, tolerance_m: float = 0.05) -> Boundary:
    """Walk along all boundaries once and tell shared ones from free ones.

    Parameters
    ----------
    parcels
        See `gisland.borders`.
    tolerance_m
        Boundaries at most this far apart count as shared, in metres, above 0.

    Returns
    -------
    Boundary
        The borders and the free pieces; `across`, `beyond` and `recall` start from it.

    Raises
    ------
    GislandError
        See `gisland.borders`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> boundary = trace(gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547))
    >>> boundary.free.length.sum().item()
    8.0
    """
    _require(parcels, tolerance_m)
    good = parcels.geometry[usable(parcels.geometry).to_numpy()].sort_index()
    segments = explode(good.to_numpy())
    focal, neighbor = exact_matches(segments)
    loose = np.ones(len(segments.parcel), dtype=bool)
    loose[focal] = False
    owner, exact_m = segments.parcel, segments.length[focal]
    segments = Segments(segments.start[loose], segments.end[loose], owner[loose])
    near = nearest_stretches(segments, left_m=tolerance_m, right_m=tolerance_m)
    found = _Found(
        np.concatenate([owner[focal], segments.parcel[near[:, 0].astype(np.int64)]]),
        np.concatenate([owner[neighbor], near[:, 1].astype(np.int32)]),
        exact_m,
        near,
    )
    borders = _by_pair(found, ids=good.index, tolerance_m=tolerance_m)
    return Boundary(borders, _cut(segments, near), good.index, tolerance_m)


def nearest_stretches(
    segments: Segments, *, left_m: float, right_m: float, opaque: bool = False
) -> Floats:
    """Where segments run beside their nearest opposite neighbors.

    Parameters
    ----------
    segments
        Of all polygons.
    left_m, right_m
        How far to look inside and outside of the own polygon, in metres.
    opaque
        Whether whatever faces a segment blocks the sight, the own polygon too.

    Returns
    -------
    numpy.ndarray
        Rows of `beside_loops.stretches`, ascending.

    Examples
    --------
    >>> both = explode(np.array([shapely.box(0, 0, 4, 4), shapely.box(5, 1, 9, 9)]))
    >>> nearest_stretches(both, left_m=1.0, right_m=1.0)[:, 2:4].tolist()
    [[1.0, 4.0], [5.0, 8.0]]
    """
    count = len(segments.parcel)
    if not count:
        return np.empty((0, WIDTH))
    cell_m = max(float(segments.length.mean()), CELL_TOLERANCES * left_m, right_m / 2)
    grid = fill_grid(segments.start, segments.end, cell_m)
    layer = (segments.start, segments.end, segments.parcel, *grid, cell_m)
    reach = (float(left_m), float(right_m), opaque)

    def task(first: int) -> Floats:
        return stretches(*layer, *reach, first, min(first + PER_TASK, count))

    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(task, range(0, count, PER_TASK))))


def _require(parcels: gpd.GeoDataFrame, tolerance_m: float) -> None:
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    if not 0 < tolerance_m < np.inf:
        raise ProjectError(f"tolerance_m is {tolerance_m!r}", do="give a number of metres above 0")
    values = parcels.geometry.to_numpy()
    if not (shapely.is_missing(values) | shapely.is_empty(values)).all():
        require_polygons(parcels, what="parcels")


def _cut(segments: Segments, near: Floats) -> Segments:
    """Pieces of segments that no stretch covers."""
    length = segments.length
    rows = uncovered(length, near)
    k = rows[:, 0].astype(np.int64)
    along = segments.vector[k] / length[k, None]
    start = np.where(rows[:, 1:2] > 0, segments.start[k] + rows[:, 1:2] * along, segments.start[k])
    whole = rows[:, 2] == length[k]
    end = np.where(whole[:, None], segments.end[k], segments.start[k] + rows[:, 2:3] * along)
    kept = (start != end).any(axis=1)
    return Segments(start[kept], end[kept], segments.parcel[k[kept]])


@dataclass(frozen=True)
class _Found:
    """Positions of two parcels by row: first the exact matches, after them the near stretches."""

    focal: Positions
    neighbor: Positions
    exact_m: Floats
    near: Floats


def _by_pair(found: _Found, *, ids: pd.Index, tolerance_m: float) -> pd.DataFrame:
    """Sum per unordered pair (both sides were measured), drop corners, mirror."""
    order = pair_order(found.focal, found.neighbor, len(ids))
    low, high, sums = pair_sums(order, found.focal, found.neighbor, found.exact_m, found.near)
    border, tolerant = sums[:, 0], sums[:, 1]
    kept = (border - tolerant > CORNER_M) | (border > CORNER_TOLERANCES * tolerance_m)
    low, high, sums = low[kept], high[kept], sums[kept]
    focal_of, pair = both_ways(low, high, len(ids))
    border, tolerant, between, largest = sums[pair].T
    apart = np.where(tolerant > 0, tolerant, 1.0)
    return pd.DataFrame(
        {
            "border_m": border,
            "tolerant_m": tolerant,
            "distance_mean_m": np.where(tolerant > 0, between / apart, 0.0),
            "distance_max_m": largest,
        },
        index=_pair_index(ids, focal_of, np.where(low[pair] == focal_of, high[pair], low[pair])),
    )


def _pair_index(ids: pd.Index, focal: Ints, neighbor: Ints) -> pd.MultiIndex:
    """Sorted index of a symmetric table from positions, without hashing each id anew."""
    used = np.zeros(len(ids), dtype=bool)
    used[focal] = True
    number = np.cumsum(used) - 1
    levels: Any = [ids[used], ids[used]]
    codes: Any = [number[focal], number[neighbor]]
    names = ["focal", "neighbor"]
    return pd.MultiIndex(levels=levels, codes=codes, names=names, verify_integrity=False)
