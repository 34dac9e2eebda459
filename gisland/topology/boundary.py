"""Boundaries of a layer, traced once: what runs along a neighbor, and what is free."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.errors import TableError
from gisland.base.schema import require_ids, require_polygons, usable
from gisland.base.threads import in_threads
from gisland.base.units import require_metres
from gisland.topology.beside_loops import WIDTH, crossed_slots, fill_grid, stretches
from gisland.topology.pair_loops import both_ways, pair_order, pair_sums, uncovered
from gisland.topology.segment_loops import grid_side, octant_side
from gisland.topology.segments import Segments, exact_matches, explode

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

    from gisland.topology.segments import Floats, Positions

CORNER_M = 1e-3  # a shorter exact contact is a corner
CORNER_TOLERANCES = 1.5  # so is this; two corners a tolerance apart meet along up to 1.42 of it
CELL_TOLERANCES = 4.0
COLUMNS = ["border_m", "tolerant_m", "distance_mean_m", "distance_max_m"]


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
    crs
        Of the layer.
    tolerance_m
        Boundaries at most this far apart count as shared.
    """

    borders: pd.DataFrame
    free: Segments
    ids: pd.Index
    crs: CRS
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
    found = _find(parcels, tolerance_m)
    free = _free(found.loose, found.stretches.near)
    return Boundary(_borders(found, tolerance_m), free, found.ids, parcels.crs, tolerance_m)


def require_boundary(boundary: object) -> None:
    """Refuse what `trace` does not return.

    Parameters
    ----------
    boundary
        Such as its table.

    Raises
    ------
    TableError
        If it is no `Boundary`.

    Examples
    --------
    >>> require_boundary(pd.DataFrame())
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: boundary is a DataFrame; give trace(parcels), not its table
    """
    if not isinstance(boundary, Boundary):
        found = type(boundary).__name__
        raise TableError(f"boundary is a {found}", do="give trace(parcels), not its table")


def find_borders(parcels: gpd.GeoDataFrame, *, tolerance_m: float) -> pd.DataFrame:
    """Borders alone, without the free pieces of boundary.

    Parameters
    ----------
    parcels, tolerance_m
        See `gisland.borders`.

    Returns
    -------
    pandas.DataFrame
        See `gisland.borders`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> find_borders(lots, tolerance_m=0.05)["border_m"].tolist()
    [1.0, 1.0]
    """
    return _borders(_find(parcels, tolerance_m), tolerance_m)


@dataclass(frozen=True)
class _Found:
    """What runs beside what, before it is summed up."""

    ids: pd.Index
    loose: Segments
    stretches: Stretches


def _find(parcels: gpd.GeoDataFrame, tolerance_m: float) -> _Found:
    """Exact matches first, then the nearest neighbors of all other segments."""
    _require(parcels, tolerance_m)
    ids, segments = _usable_segments(parcels.geometry.sort_index())
    focal, neighbor = exact_matches(segments)
    unmatched = np.ones(len(segments.parcel), dtype=bool)
    unmatched[focal] = False
    owner, exact_m = segments.parcel, segments.length[focal]
    loose = Segments(segments.start[unmatched], segments.end[unmatched], owner[unmatched])
    near = nearest_stretches(loose, left_m=tolerance_m, right_m=tolerance_m)
    ends = (
        np.concatenate([owner[focal], loose.parcel[near[:, 0].astype(np.int32)]]),
        np.concatenate([owner[neighbor], near[:, 1].astype(np.int32)]),
    )
    return _Found(ids, loose, Stretches(*ends, exact_m, near))


def _usable_segments(shapes: gpd.GeoSeries) -> tuple[pd.Index, Segments]:
    """Ids of the usable polygons, and their segments; validity is tested meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        test = pool.submit(usable, shapes)
        segments = explode(shapes.to_numpy())
        good = test.result().to_numpy()
    if good.all():
        return shapes.index, segments
    kept = good[segments.parcel]
    owner = (np.cumsum(good, dtype=np.int32) - 1)[segments.parcel[kept]]
    return shapes.index[good], Segments(segments.start[kept], segments.end[kept], owner)


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
    lines = np.concatenate([segments.start, segments.end], axis=1)
    given = (
        *line_grid(lines, cell_m=cell_m, by_octant=True),
        cell_m,
        float(left_m),
        float(right_m),
        opaque,
    )

    def task(begin: int, stop: int) -> Floats:
        room = np.empty((2 * (stop - begin) + 16, WIDTH))
        seen, candidate = np.full(count, -1, dtype=np.int32), np.empty(count, dtype=np.int32)
        return stretches(lines, segments.parcel, *given, room, seen, candidate, begin, stop)

    return np.concatenate(in_threads(task, count=count))


def line_grid(
    lines: Floats, *, cell_m: float, by_octant: bool = False
) -> tuple[Positions, Positions]:
    """Straight lines by the cells of a grid that they cross.

    Cell (i, j) covers the multiples i and j of `cell_m`; it has the slot ``slot_of(i, j, side)``,
    so that distant cells share one. The side is ``grid_side(2 * len(lines))``, or
    ``octant_side(len(lines))`` where cells have eight slots.

    Parameters
    ----------
    lines
        Coordinates of both ends, (n, 4): x, y, x, y; n above 0.
    cell_m
        Side of a cell in metres.
    by_octant
        Whether each cell has eight slots, one behind the other, for the directions of lines: the
        first for those about to the east, and on against the clock.

    Returns
    -------
    first : numpy.ndarray
        First member of each slot, and the number of all members behind the last.
    member : numpy.ndarray
        Positions in `lines`, ascending in each slot.

    Examples
    --------
    >>> first, member = line_grid(np.array([[0.5, 0.5, 1.5, 0.5]]), cell_m=1.0)
    >>> first.tolist()[:6], member.tolist()
    ([0, 1, 1, 1, 1, 2], [0, 0])
    """
    many = np.empty(len(lines), dtype=np.int32)

    def task(begin: int, stop: int) -> Positions:
        return crossed_slots(
            lines,
            cell_m,
            by_octant,
            many,
            np.empty(4 * (stop - begin) + 64, dtype=np.int32),
            begin,
            stop,
        )

    slots = np.concatenate(in_threads(task, count=len(lines)))
    count = len(lines)
    size = 8 * octant_side(count) ** 2 if by_octant else grid_side(2 * count) ** 2
    first = np.empty(size + 1, dtype=np.int32)
    member = np.empty(len(slots), dtype=np.int32)
    fill_grid(slots, many, first, member)
    return first, member


def _require(parcels: gpd.GeoDataFrame, tolerance_m: float) -> None:
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    require_metres(tolerance_m, name="tolerance_m")
    values = parcels.geometry.to_numpy()
    if not (shapely.is_missing(values) | shapely.is_empty(values)).all():
        require_polygons(parcels, what="parcels")


@dataclass(frozen=True)
class Stretches:
    """Rows of two parcels that run beside each other: exact matches, then near stretches.

    Attributes
    ----------
    focal, neighbor
        Positions of the parcels, (rows,).
    exact_m
        Lengths of the exact matches in metres, (matches,).
    near
        From `nearest_stretches`, (rows - matches, 8).
    """

    focal: Positions
    neighbor: Positions
    exact_m: Floats
    near: Floats

    def by_pair(self, count: int) -> tuple[Positions, Positions, Floats]:
        """Sum over each unordered pair; both sides were measured, so lengths are halved.

        Parameters
        ----------
        count
            How many parcels there are.

        Returns
        -------
        low, high : numpy.ndarray
            Positions of the two, the lower one first, sorted.
        sums : numpy.ndarray
            (pairs, 4): length in metres, part of it more than 1e-6 m apart, mean distance along
            that part (0 where there is none), largest distance.

        Examples
        --------
        >>> one, other = np.array([0, 1], dtype=np.int32), np.array([1, 0], dtype=np.int32)
        >>> matches = Stretches(one, other, np.array([5.0, 5.0]), np.empty((0, WIDTH)))
        >>> matches.by_pair(2)[2].tolist()
        [[5.0, 0.0, 0.0, 0.0]]
        """
        rows, places = len(self.focal), np.empty(count + 1, dtype=np.int32)
        low, high, order = np.empty((3, rows), dtype=np.int32)
        pair_order(self.focal, self.neighbor, places, low, order)
        sums = np.empty((rows, 4))
        given = (order, self.focal, self.neighbor, self.exact_m, self.near)
        pairs = pair_sums(*given, low, high, sums)
        low, high, sums = low[:pairs], high[:pairs], sums[:pairs]
        apart = sums[:, 1] > 0
        sums[:, 2] = np.divide(sums[:, 2], sums[:, 1], out=np.zeros(len(sums)), where=apart)
        return low, high, sums


def symmetric_table(
    pairs: tuple[Positions, Positions, Floats], *, ids: pd.Index, columns: list[str]
) -> pd.DataFrame:
    """Table of sorted pairs, both ways round.

    Parameters
    ----------
    pairs
        Positions in `ids` of the two, the lower one first, and the values, (pairs, columns).
    ids
        Sorted ids.
    columns
        Names of the values.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``focal``, ``neighbor``), sorted.

    Examples
    --------
    >>> pair = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32), np.array([[2.5]])
    >>> symmetric_table(pair, ids=pd.Index(["a", "b"]), columns=["m"])["m"].to_dict()
    {('a', 'b'): 2.5, ('b', 'a'): 2.5}
    """
    low, high, sums = pairs
    focal, neighbor = np.empty((2, 2 * len(low)), dtype=np.int32)
    values = np.empty((len(columns), 2 * len(low)))
    both_ways(low, high, sums, np.empty(len(ids) + 1, dtype=np.int32), focal, neighbor, values)
    used = np.zeros(len(ids), dtype=bool)
    used[focal] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    levels: Any = [ids[used], ids[used]]
    codes: Any = [number[focal], number[neighbor]]  # hashing the ids would take far longer
    names = ["focal", "neighbor"]
    index = pd.MultiIndex(levels=levels, codes=codes, names=names, verify_integrity=False)
    return pd.DataFrame(values.T, index=index, columns=columns, copy=False)


def _borders(found: _Found, tolerance_m: float) -> pd.DataFrame:
    """Sums by pair without corners."""
    low, high, sums = found.stretches.by_pair(len(found.ids))
    border, exact = sums[:, 0], sums[:, 0] - sums[:, 1]
    # two noisy sides that cross at a corner coincide for a moment, but not along half of it
    kept = (exact > CORNER_M) & (exact >= border / 2)
    kept |= border > CORNER_TOLERANCES * tolerance_m
    return symmetric_table((low[kept], high[kept], sums[kept]), ids=found.ids, columns=COLUMNS)


def _free(segments: Segments, near: Floats) -> Segments:
    """Pieces of segments that no stretch covers."""
    most = len(segments.parcel) + len(near)
    starts, ends = np.empty((2, most, 2))
    owners = np.empty(most, dtype=np.int32)
    count = uncovered(segments.start, segments.end, segments.parcel, near, starts, ends, owners)
    return Segments(starts[:count].copy(), ends[:count].copy(), owners[:count].copy())
