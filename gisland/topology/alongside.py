"""Borders that run along given lines: roads, water, the edge of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.units import require_metres
from gisland.topology.graph import ends
from gisland.topology.overlay import robust
from gisland.topology.segments import AREA, line_segments
from gisland.topology.unions import unions

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.topology.segments import Floats, Ints, Segments

    Shapes = NDArray[np.object_]

REACH = 1.01  # a neighbor exactly a tolerance away is still beside
LEAST_COSINE = np.sqrt(0.5)  # lines at more than 45 degrees cross a boundary, as for borders


def along_lines(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    lines: gpd.GeoSeries,
    *,
    reach_m: float,
    tolerance_m: float = 0.05,
    within: bool = False,
    left_out: pd.Index | None = None,
) -> pd.Series:
    """Part of each border that runs along some lines.

    Parameters
    ----------
    parcels
        With unique ids.
    borders
        Border table of these parcels, both directions.
    lines
        Lines, or polygons whose outlines count, in the CRS of the parcels; missing and invalid
        ones are passed over.
    reach_m
        How far a line may be off the border, in metres, above 0.
    tolerance_m
        That of the border table, in metres, above 0.
    within
        Whether border inside of a polygon counts too, as in a road that is drawn as an area.
    left_out
        Parcels whose borders are not looked at and get 0, such as roads.

    Returns
    -------
    pandas.Series
        Metres, 0 to ``border_m``, named ``along_m``, on the index of `borders`, equal both ways;
        within a tolerance at each end, and 0 for less than that at both.
        A piece of border runs along a line where the line is within reach straight across and at
        most 45 degrees off its direction.

    Raises
    ------
    ProjectError
        If the reach or the tolerance is not a positive number.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.borders import borders
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 20, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lane = gpd.GeoSeries([shapely.LineString([(5, 21), (99, 21)])], crs=4547)
    >>> along_lines(lots, borders(lots), lane, reach_m=2.0).tolist()
    [25.0, 25.0]
    """
    require_metres(reach_m, name="reach_m")
    require_metres(tolerance_m, name="tolerance_m")
    order = parcels.index.sort_values()
    shapes = parcels.geometry.reindex(order).to_numpy()
    focal, neighbor = ends(order, borders)
    low, high = np.minimum(focal, neighbor), np.maximum(focal, neighbor)
    asked = np.ones(len(order), dtype=bool)
    if left_out is not None:
        asked[order.isin(left_out)] = False
    targets = lines.to_numpy()
    areas = targets[shapely.is_valid(targets) & (shapely.get_dimensions(targets) == AREA)]
    rows = np.flatnonzero((focal == low) & asked[low] & asked[high])
    near = {"lines": line_segments(targets), "areas": areas, "reach_m": reach_m}
    rows = rows[_near(shapes[low[rows]], shapes[high[rows]], **near)]
    shared = _shared(shapes[low[rows]], shapes[high[rows]], reach_m=REACH * tolerance_m)
    length = np.zeros(len(rows))
    if within and len(areas):
        inside, shared = _parted(shared, areas)
        length += inside
    pieces = line_segments(shared)
    np.add.at(length, pieces.parcel, along_m(pieces, near["lines"], reach_m=reach_m))
    length[length <= 2 * REACH * tolerance_m] = 0.0  # a line that turns off at a corner
    pair = pd.Series(length, index=pd.MultiIndex.from_arrays([low[rows], high[rows]]))
    both = pd.MultiIndex.from_arrays([low, high])
    along = pair.reindex(both).fillna(0.0).to_numpy()
    most = borders["border_m"].to_numpy()  # two ways of measuring may differ by the tolerance
    return pd.Series(np.minimum(along, most), index=borders.index, name="along_m")


def _shared(one: Shapes, other: Shapes, *, reach_m: float) -> Shapes:
    """Boundary that two polygons share; that of the one with more points is cut out."""
    swap = shapely.get_num_coordinates(one) < shapely.get_num_coordinates(other)
    large, small = np.where(swap, other, one), np.where(swap, one, other)
    around = shapely.buffer(small, reach_m)
    return np.asarray(robust(shapely.intersection, shapely.boundary(large), around))


def _parted(shared: Shapes, areas: Shapes) -> tuple[Floats, Shapes]:
    """How much of each line lies in some polygons, and the rest of it."""
    row, area = shapely.STRtree(areas).query(shared, predicate="intersects")
    length, rest = np.zeros(len(shared)), shared.copy()
    hit, group = np.unique(row, return_inverse=True)
    order = np.argsort(group, kind="stable")
    covers = unions(areas[area[order]], group[order])
    rest[hit] = robust(shapely.difference, shared[hit], covers)
    length[hit] = shapely.length(shared[hit]) - shapely.length(rest[hit])
    return length, rest


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


def _near(one: Shapes, other: Shapes, *, lines: Segments, areas: Shapes, reach_m: float) -> Ints:
    """Pairs of polygons with a line or an area about where they meet: where their boxes do."""
    low = np.maximum(shapely.bounds(one)[:, :2], shapely.bounds(other)[:, :2]) - reach_m
    high = np.minimum(shapely.bounds(one)[:, 2:], shapely.bounds(other)[:, 2:]) + reach_m
    boxes = shapely.box(*low.T, *high.T)
    found = [_tree(lines).query(boxes)[0], shapely.STRtree(areas).query(boxes)[0]]
    return np.unique(np.concatenate(found))


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
