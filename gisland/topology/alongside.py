"""Boundary that runs along given lines: roads, water, the edge of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.units import require_metres
from gisland.topology.beside_loops import EXACT_M
from gisland.topology.segments import Segments, explode, line_segments

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.topology.boundary import Boundary
    from gisland.topology.segments import Floats, Ints

LEAST_COSINE = np.sqrt(0.5)  # lines at more than 45 degrees cross a boundary, as for borders


def alongside(
    parcels: gpd.GeoDataFrame, boundary: Boundary, lines: gpd.GeoSeries, *, reach_m: float
) -> pd.Series:
    """Length of border, no free boundary, of each parcel that runs along some lines.

    Parameters
    ----------
    parcels
        The parcels that `boundary` was traced from.
    boundary
        From `trace`.
    lines
        Lines, or polygons whose outlines count, in the CRS of the parcels; missing and invalid
        ones are passed over.
    reach_m
        How far a line may be off the boundary, in metres, above 0.

    Returns
    -------
    pandas.Series
        Metres, 0 or more, named ``along_m``, on the ids of `boundary`. A piece of boundary runs
        along a line where the line is within reach straight across and at most 45 degrees off its
        direction.

    Raises
    ------
    ProjectError
        If the reach is not a positive number.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.boundary import trace
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 20, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lane = gpd.GeoSeries([shapely.LineString([(5, 21), (99, 21)])], crs=4547)
    >>> alongside(lots, trace(lots), lane, reach_m=2.0).to_dict()
    {'a': 25.0, 'b': 25.0}
    """
    require_metres(reach_m, name="reach_m")
    ids = boundary.ids
    shapes = parcels.geometry.reindex(ids).to_numpy()
    targets = line_segments(lines.to_numpy())
    near = _near(shapes, targets, reach_m=reach_m)
    if not len(near):
        return pd.Series(0.0, index=ids, name="along_m")
    whole, free = explode(shapes[near]), boundary.free
    here = np.isin(free.parcel, near)
    free = Segments(free.start[here], free.end[here], free.parcel[here])
    total = np.zeros(len(ids))
    for sign, owner, pieces in ((1.0, near[whole.parcel], whole), (-1.0, free.parcel, free)):
        along = along_m(pieces, targets, reach_m=reach_m)
        total += sign * np.bincount(owner, weights=along, minlength=len(ids))
    total[np.abs(total) < EXACT_M] = 0.0  # rounding of the difference
    return pd.Series(total, index=ids, name="along_m")


def along_m(pieces: Segments, lines: Segments, *, reach_m: float) -> Floats:
    """Length of each straight piece that runs along lines.

    Parameters
    ----------
    pieces
        Straight pieces of boundary.
    lines
        Straight pieces of lines, in any direction.
    reach_m
        How far a line may be off, in metres.

    Returns
    -------
    numpy.ndarray
        Metres, one per piece; where several lines run along a piece it counts once.

    Examples
    --------
    >>> piece = line_segments(np.array([shapely.LineString([(0, 0), (10, 0)])]))
    >>> ways = [[(2, 1), (6, 1)], [(5, -1), (9, 1)], [(1, -9), (1, 9)]]
    >>> lines = line_segments(np.array([shapely.LineString(way) for way in ways]))
    >>> along_m(piece, lines, reach_m=2.0).tolist()
    [7.0]
    """
    piece, line = _pairs(pieces, lines, reach_m=reach_m)
    length = pieces.length
    along = pieces.vector / length[:, None]
    unit, origin = along[piece], pieces.start[piece]
    one, other = lines.start[line] - origin, lines.end[line] - origin
    t = np.stack([(p * unit).sum(axis=1) for p in (one, other)])
    across = np.stack([p[:, 1] * unit[:, 0] - p[:, 0] * unit[:, 1] for p in (one, other)])
    run = t[1] - t[0]
    kept = np.abs(run) >= LEAST_COSINE * lines.length[line]
    piece, t, across, run = piece[kept], t[:, kept], across[:, kept], run[kept]
    slope = (across[1] - across[0]) / run
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.stack([t[0] + (edge - across[0]) / slope for edge in (-reach_m, reach_m)])
    level = slope == 0  # a parallel line is within reach everywhere or nowhere
    reached[:, level] = np.where(np.abs(across[0, level]) <= reach_m, [[-np.inf], [np.inf]], np.nan)
    begin = np.fmax(np.maximum(t.min(axis=0), reached.min(axis=0)), 0.0)
    end = np.minimum(np.minimum(t.max(axis=0), reached.max(axis=0)), length[piece])
    there = end > begin
    return _covered(piece[there], begin[there], end[there], count=len(length))


def _near(shapes: np.ndarray, lines: Segments, *, reach_m: float) -> Ints:
    """Positions of the polygons that have a line around them."""
    bounds = shapely.bounds(shapes) + np.array([-1, -1, 1, 1]) * reach_m
    found = _tree(lines).query(shapely.box(*bounds.T))[0]
    return np.unique(found)


def _pairs(pieces: Segments, lines: Segments, *, reach_m: float) -> tuple[Ints, Ints]:
    """Pieces and lines whose boxes come within reach."""
    low = np.minimum(pieces.start, pieces.end) - reach_m
    high = np.maximum(pieces.start, pieces.end) + reach_m
    piece, line = _tree(lines).query(shapely.box(*low.T, *high.T))
    return piece, line


def _tree(lines: Segments) -> shapely.STRtree:
    ends = np.stack([lines.start, lines.end], axis=1)
    return shapely.STRtree(shapely.linestrings(ends))


def _covered(piece: Ints, begin: Floats, end: Floats, *, count: int) -> Floats:
    """Length of each piece that intervals along it cover together."""
    order = np.lexsort((begin, piece))
    rows = pd.DataFrame({"piece": piece[order], "begin": begin[order], "end": end[order]})
    before = rows.groupby("piece")["end"].cummax().groupby(rows["piece"]).shift().fillna(0.0)
    new = (rows["end"] - np.maximum(rows["begin"], before)).clip(lower=0.0)
    covered = np.zeros(count)
    np.add.at(covered, rows["piece"].to_numpy(), new.to_numpy())
    return covered
