"""Borders: how long each two parcels run along each other, vertices matched or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.errors import ProjectError
from gisland.base.schema import require_ids, require_polygons, usable
from gisland.topology.segments import Segments, exact_matches, explode, ranges

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.topology.segments import Floats, Ints

EXACT_M = 1e-6  # boundaries closer than this coincide; above it only the tolerance joins them
CORNER_M = 1e-3  # a shorter exact contact is a corner
PARALLEL_COS = np.sqrt(0.5)  # 45 degrees
FAN_TOLERANCES = 20.0  # two sides that leave one corner and part sooner than this are a corner
CHUNK = 20_000  # segments looked up at once, which bounds the memory


def borders(parcels: gpd.GeoDataFrame, *, tolerance_m: float = 0.05) -> pd.DataFrame:
    """Length of boundary along which each two parcels run beside each other.

    Edges that are each other's exact reverse are shared. Every other edge is compared with the
    edges of other parcels within the tolerance that run the other way at an angle of at most 45
    degrees, and each stretch of it belongs to the nearest of them (to all, where several are
    equally near, such as stacked parcels). The lengths seen from the two sides are averaged.
    Vertices need not match: a long side facing two short ones makes two borders. Corner contact
    does not count: a pair needs an exact contact above 1 mm or a border above twice the
    tolerance, and two sides that leave one corner and part beyond the tolerance within 20
    tolerances are a corner as well. Edges that run the same way (duplicates, a parcel inside
    another) are overlaps, not borders.

    Parameters
    ----------
    parcels
        Polygons with unique ids and a metric CRS; those that are missing, empty or invalid are
        passed over. Holes and several parts are allowed.
    tolerance_m
        Boundaries at most this far apart count as shared, in metres, above 0.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``focal``, ``neighbor``), symmetric, sorted, without self pairs; isolated
        parcels are absent. ``border_m``: metres, above 0, exact where the parcels fit together,
        else within twice the tolerance at each end. ``tolerant_m``: the part of it where the two
        are more than 1e-6 m apart, 0 to ``border_m``.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated.
    GeometryError
        If some geometry is not polygonal.
    ProjectError
        If the tolerance is not a positive number.

    Examples
    --------
    >>> import geopandas as gpd
    >>> corners = {"nw": (0, 10, 8, 20), "ne": (8, 10, 20, 20), "south": (0, 0, 20, 10)}
    >>> shapes = [shapely.box(*c) for c in corners.values()]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=list(corners), crs=4547)
    >>> borders(parcels).loc["south", "border_m"].to_dict()
    {'ne': 12.0, 'nw': 8.0}
    """
    _require(parcels, tolerance_m)
    good = parcels.geometry[usable(parcels.geometry).to_numpy()].sort_index()
    segments = explode(good.to_numpy())
    focal, neighbor = exact_matches(segments)
    exact = _Stretches(
        segments.parcel[focal],
        segments.parcel[neighbor],
        segments.length[focal],
        np.zeros(len(focal)),
    )
    unmatched = np.ones(len(segments.parcel), dtype=bool)
    unmatched[focal] = False
    near = _near_stretches(
        Segments(segments.start[unmatched], segments.end[unmatched], segments.parcel[unmatched]),
        tolerance_m,
    )
    return _by_pair(exact.join(near), good.index, tolerance_m)


def free_boundary(parcels: gpd.GeoDataFrame, borders: pd.DataFrame) -> pd.Series:
    """Length of boundary that no other parcel runs along: perimeter minus borders.

    Parameters
    ----------
    parcels
        The parcels that `borders` was made from.
    borders
        From the function of that name.

    Returns
    -------
    pandas.Series
        Metres, named ``free_m``, on the index of `parcels`; missing where the geometry is
        missing, empty or invalid. Not clipped: overlapping neighbors can make it negative, and
        rounding by some 1e-9 m.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> import geopandas as gpd
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> free_boundary(parcels, borders(parcels)).to_dict()
    {'a': 3.0, 'b': 5.0}
    """
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    perimeter = parcels.geometry.length.where(usable(parcels.geometry))
    shared = borders["border_m"].groupby(level="focal").sum()
    return (perimeter - shared.reindex(parcels.index, fill_value=0.0)).rename("free_m")


@dataclass(frozen=True)
class _Stretches:
    """Lengths of boundary of one parcel that run along another, by position."""

    focal: Ints
    neighbor: Ints
    length: Floats
    tolerant: Floats

    def join(self, other: _Stretches) -> _Stretches:
        return _join([self, other])


def _join(parts: list[_Stretches]) -> _Stretches:
    return _Stretches(
        np.concatenate([p.focal for p in parts]),
        np.concatenate([p.neighbor for p in parts]),
        np.concatenate([p.length for p in parts]),
        np.concatenate([p.tolerant for p in parts]),
    )


def _require(parcels: gpd.GeoDataFrame, tolerance_m: float) -> None:
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    if not 0 < tolerance_m < np.inf:
        raise ProjectError(f"tolerance_m is {tolerance_m!r}", do="give a number of metres above 0")
    values = parcels.geometry.to_numpy()
    if not (shapely.is_missing(values) | shapely.is_empty(values)).all():
        require_polygons(parcels, what="parcels")


def _by_pair(stretches: _Stretches, ids: pd.Index, tolerance_m: float) -> pd.DataFrame:
    """Sum per unordered pair, halve (both sides were measured), drop corners, mirror."""
    count = max(len(ids), 1)
    low = np.minimum(stretches.focal, stretches.neighbor)
    high = np.maximum(stretches.focal, stretches.neighbor)
    keys, pair = np.unique(low * count + high, return_inverse=True)
    border = np.bincount(pair, weights=stretches.length, minlength=len(keys)) / 2
    tolerant = np.bincount(pair, weights=stretches.tolerant, minlength=len(keys)) / 2
    kept = (border - tolerant > CORNER_M) | (border > 2 * tolerance_m)
    first, second = keys[kept] // count, keys[kept] % count
    both = pd.DataFrame(
        {
            "focal": np.concatenate([first, second]),
            "neighbor": np.concatenate([second, first]),
            "border_m": np.tile(border[kept], 2),
            "tolerant_m": np.tile(tolerant[kept], 2),
        }
    ).sort_values(["focal", "neighbor"], ignore_index=True)
    index = pd.MultiIndex.from_arrays(
        [ids[both["focal"]], ids[both["neighbor"]]], names=["focal", "neighbor"]
    )
    return both[["border_m", "tolerant_m"]].set_axis(index)


def _near_stretches(segments: Segments, tolerance_m: float) -> _Stretches:
    """Stretches of segments along their nearest opposite neighbors within the tolerance."""
    lines = shapely.linestrings(np.stack([segments.start, segments.end], axis=1))
    tree = shapely.STRtree(lines)
    parts = [_Stretches(*(np.empty(0, dtype=np.int64),) * 2, *(np.empty(0),) * 2)]
    for first in range(0, len(lines), CHUNK):
        pairs = tree.query(lines[first : first + CHUNK], predicate="dwithin", distance=tolerance_m)
        focal, neighbor = pairs[0] + first, pairs[1]
        other = segments.parcel[focal] != segments.parcel[neighbor]
        focal, neighbor = focal[other], neighbor[other]
        order = np.lexsort((neighbor, focal))
        runs = _runs_beside(segments, focal[order], neighbor[order], tolerance_m=tolerance_m)
        parts.append(_nearest(segments, runs))
    return _join(parts)


@dataclass(frozen=True)
class _Runs:
    """Where a segment is beside another: from ``low`` to ``high`` metres along the focal one.

    ``at_low`` and ``at_high`` are the signed distances there, positive on the left.
    """

    focal: Ints
    neighbor: Ints
    low: Floats
    high: Floats
    at_low: Floats
    at_high: Floats

    def take(self, which: NDArray[np.bool_]) -> _Runs:
        return _Runs(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def _runs_beside(segments: Segments, focal: Ints, neighbor: Ints, *, tolerance_m: float) -> _Runs:
    """Project each neighbor on its focal segment and clip it to its ends and the tolerance."""
    vector, length = segments.vector, segments.length
    opposite = (vector[focal] * vector[neighbor]).sum(axis=1) <= (
        -PARALLEL_COS * length[focal] * length[neighbor]
    )
    focal, neighbor = focal[opposite], neighbor[opposite]
    along = vector[focal] / length[focal][:, None]
    origin = segments.start[focal]
    # opposite direction: the neighbor's end comes first along the focal segment
    low, at_low = _project(segments.end[neighbor] - origin, along)
    high, at_high = _project(segments.start[neighbor] - origin, along)
    slope = (at_high - at_low) / (high - low)
    left = np.maximum(low, 0.0)
    right = np.minimum(high, length[focal])
    runs = _Runs(
        focal, neighbor, left, right, at_low + slope * (left - low), at_low + slope * (right - low)
    ).take(right > left)
    within = _clip(runs, tolerance_m)
    kept = (within.high - within.low > EXACT_M**2) & ~_is_fan(
        segments, runs, within, tolerance_m=tolerance_m
    )
    return within.take(kept)


def _project(offset: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Position along a unit vector and signed distance from it, positive on the left."""
    return (
        offset[:, 0] * along[:, 0] + offset[:, 1] * along[:, 1],
        offset[:, 1] * along[:, 0] - offset[:, 0] * along[:, 1],
    )


def _clip(runs: _Runs, limit: float) -> _Runs:
    """Part of each run where the distance is at most `limit`; may come out empty."""
    span = np.where(runs.high > runs.low, runs.high - runs.low, 1.0)
    slope = (runs.at_high - runs.at_low) / span
    steep = np.where(slope == 0, 1.0, slope)
    # a parallel run is within the limit all along or nowhere
    level = np.where(np.abs(runs.at_low) <= limit, -np.inf, np.inf)
    one = np.where(slope == 0, level, (-limit - runs.at_low) / steep)
    two = np.where(slope == 0, np.inf, (limit - runs.at_low) / steep)
    low = np.clip(runs.low + np.minimum(one, two), runs.low, np.maximum(runs.high, runs.low))
    high = np.clip(runs.low + np.maximum(one, two), low, np.maximum(runs.high, low))
    at_low = runs.at_low + slope * (low - runs.low)
    at_high = runs.at_low + slope * (high - runs.low)
    return _Runs(runs.focal, runs.neighbor, low, high, at_low, at_high)


def _is_fan(
    segments: Segments, runs: _Runs, within: _Runs, *, tolerance_m: float
) -> NDArray[np.bool_]:
    """Whether two segments leave one common corner and soon part beyond the tolerance."""
    focal, neighbor = runs.focal, runs.neighbor
    from_start = (segments.start[focal] == segments.end[neighbor]).all(axis=1)
    from_end = (segments.end[focal] == segments.start[neighbor]).all(axis=1)
    parted = (from_start & (within.high < runs.high)) | (from_end & (within.low > runs.low))
    return parted & (within.high - within.low < FAN_TOLERANCES * tolerance_m)


def _nearest(segments: Segments, runs: _Runs) -> _Stretches:
    """Cut runs at each other's ends; on each piece only the nearest neighbors stay."""
    run, left, right, piece = _pieces(runs)
    middle = (left + right) / 2
    share = (middle - runs.low[run]) / (runs.high - runs.low)[run]
    distance = np.abs(runs.at_low[run] + share * (runs.at_high - runs.at_low)[run])
    order = np.lexsort((distance, piece))
    piece_starts = np.flatnonzero(np.diff(piece[order], prepend=-1))
    best = np.repeat(distance[order][piece_starts], np.diff(piece_starts, append=len(order)))
    order = order[distance[order] <= best + EXACT_M]
    parcel = segments.parcel[runs.neighbor[run[order]]]
    # two edges of one parcel, equally near, are one border
    _, once = np.unique(piece[order] * len(segments.parcel) + parcel, return_index=True)
    order = order[once]
    run, left, right = run[order], left[order], right[order]
    slope = ((runs.at_high - runs.at_low) / (runs.high - runs.low))[run]
    at_left = runs.at_low[run] + slope * (left - runs.low[run])
    pieces = _Runs(
        runs.focal[run], runs.neighbor[run], left, right, at_left, at_left + slope * (right - left)
    )
    exact = _clip(pieces, EXACT_M)
    length = right - left
    return _Stretches(
        segments.parcel[pieces.focal],
        segments.parcel[pieces.neighbor],
        length,
        length - (exact.high - exact.low),
    )


def _pieces(runs: _Runs) -> tuple[Ints, Floats, Floats, Ints]:
    """Elementary pieces between all run ends of a focal segment, once for each run covering one.

    Returns the run, the ends of the piece and a number that equal pieces share.
    """
    count = len(runs.focal)
    focal = np.concatenate([runs.focal, runs.focal])
    ends = np.concatenate([runs.low, runs.high])
    order = np.lexsort((ends, focal))
    rank = np.empty(2 * count, dtype=np.int64)
    new = np.ones(2 * count, dtype=bool)
    new[1:] = (np.diff(focal[order]) != 0) | (np.diff(ends[order]) > 0)
    rank[order] = np.cumsum(new) - 1
    cuts = ends[order][new]
    first, many = rank[:count], rank[count:] - rank[:count]
    run = np.repeat(np.arange(count), many)
    piece = ranges(first, many)
    return run, cuts[piece], cuts[piece + 1], piece
