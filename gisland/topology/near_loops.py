"""Compiled loops that find the edges near points, and the polygons that hold points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.topology.compiled import compiled
from gisland.topology.segment_loops import grid_side, slot_of

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Positions

SLACK_M = 2e-9  # more than distances between large coordinates are rounded
HAS = -1.0  # as the distance of a point from a polygon that it is a vertex of


class Edges(NamedTuple):
    """Edges of polygons, each from a vertex to the one that follows it."""

    xy: Floats
    following: Positions
    number: Positions  # of the point that each vertex lies on
    owner: Positions


class Grid(NamedTuple):
    """Lines by the cells that they cross, from `boundary.line_grid`."""

    first: Positions
    member: Positions
    cell_m: float
    lines: int


@compiled
def edges_near(
    points: Floats, edges: Edges, grid: Grid, reach_m: float, k_from: int, k_to: int
) -> tuple[Positions, Positions]:
    """Find the edges near points that may be the nearest of their owner.

    Parameters
    ----------
    points
        Coordinates in metres, (n, 2).
    edges
        The edges, at least one.
    grid
        Of these, as lines.
    reach_m
        Farthest distance, in metres; what is hardly farther is told as well.
    k_from, k_to
        Which points are looked at.

    Returns
    -------
    point : numpy.ndarray
        Points, ascending.
    edge : numpy.ndarray
        The edge of each; it may be told twice. Of owners that have a point as a vertex no edge
        is told.

    Examples
    --------
    >>> import shapely
    >>> from gisland.topology.boundary import line_grid
    >>> from gisland.topology.rings import unroll
    >>> from gisland.topology.vertices import edges_of
    >>> rings = unroll(np.array([shapely.box(0, 0, 2, 1)]))
    >>> edges = edges_of(rings, np.full(4, -1))
    >>> lines = np.hstack([rings.xy, rings.xy[rings.following]])
    >>> grid = Grid(*line_grid(lines, cell_m=1.0), 1.0, 4)
    >>> found = edges_near(np.array([[9.0, 9.0], [1.0, 1.1]]), edges, grid, 0.3, 0, 2)
    >>> sorted(set(zip(*(part.tolist() for part in found))))
    [(1, 1)]
    """
    size, found = k_to - k_from + 16, 0
    point, edge = np.empty(size, np.int32), np.empty(size, np.int32)
    owners = edges.owner[-1] + 1
    least, asked = np.empty(owners), np.full(owners, -1)
    far = reach_m + SLACK_M
    for k in range(k_from, k_to):
        x, y = points[k, 0], points[k, 1]
        slots = slots_in(x - far, y - far, x + far, y + far, grid)
        _nearest(k, x, y, far, slots, edges, grid, least, asked)
        for slot in slots:
            for at in range(grid.first[slot], grid.first[slot + 1]):
                e = grid.member[at]
                p = edges.owner[e]
                if asked[p] != k or _away(x, y, far, edges, e) > least[p] + SLACK_M:
                    continue
                if found == len(point):
                    point = np.concatenate((point, np.empty_like(point)))
                    edge = np.concatenate((edge, np.empty_like(edge)))
                point[found], edge[found] = k, e
                found += 1
    return point[:found], edge[:found]


@compiled
def _nearest(
    k: int,
    x: float,
    y: float,
    far: float,
    slots: Positions,
    edges: Edges,
    grid: Grid,
    least: Floats,
    asked: Positions,
) -> None:
    """Note the least distance of point k from each owner of edges in some slots."""
    for slot in slots:
        for at in range(grid.first[slot], grid.first[slot + 1]):
            e = grid.member[at]
            p = edges.owner[e]
            if edges.number[e] == k or edges.number[edges.following[e]] == k:
                asked[p], least[p] = k, HAS
                continue
            away = _away(x, y, far, edges, e)
            if away <= far and (asked[p] != k or away < least[p]):
                asked[p], least[p] = k, away


@compiled
def slots_in(left: float, low: float, right: float, high: float, grid: Grid) -> Positions:
    """Slots of the cells that a box meets.

    Parameters
    ----------
    left, low, right, high
        The box.
    grid
        The grid.

    Returns
    -------
    numpy.ndarray
        Column by column; of very many, some may be the same.

    Examples
    --------
    >>> grid = Grid(np.zeros(17, np.int32), np.empty(0, np.int32), 1.0, 1)
    >>> slots_in(0.5, 0.5, 1.5, 0.7, grid).tolist()
    [0, 4]
    """
    side = grid_side(2 * grid.lines)
    i_from, i_to = math.floor(left / grid.cell_m), math.floor(right / grid.cell_m) + 1
    j_from, j_to = math.floor(low / grid.cell_m), math.floor(high / grid.cell_m) + 1
    slots, count = np.empty((i_to - i_from) * (j_to - j_from), np.int32), 0
    for i in range(i_from, i_to):
        for j in range(j_from, j_to):
            slots[count] = slot_of(i, j, side)
            count += 1
    return slots


@compiled
def _away(x: float, y: float, far: float, edges: Edges, e: int) -> float:
    """From a point to an edge, in metres; infinite where that is surely too far."""
    xy, v, w = edges.xy, e, edges.following[e]
    if (
        min(xy[v, 0], xy[w, 0]) - x > far
        or x - max(xy[v, 0], xy[w, 0]) > far
        or min(xy[v, 1], xy[w, 1]) - y > far
        or y - max(xy[v, 1], xy[w, 1]) > far
    ):
        return math.inf
    return distance_to(x, y, xy, v, w)


@compiled
def distance_to(x: float, y: float, xy: Floats, v: int, w: int) -> float:
    """How far a point is from an edge.

    Parameters
    ----------
    x, y
        The point.
    xy
        Vertices in metres, (n, 2).
    v, w
        Between which two the edge is.

    Returns
    -------
    float
        Metres.

    Examples
    --------
    >>> distance_to(1.0, 2.0, np.array([[0.0, 0.0], [4.0, 0.0]]), 0, 1)
    2.0
    """
    dx, dy = xy[w, 0] - xy[v, 0], xy[w, 1] - xy[v, 1]
    square = dx * dx + dy * dy
    along = ((x - xy[v, 0]) * dx + (y - xy[v, 1]) * dy) / square if square > 0 else 0.0
    along = min(max(along, 0.0), 1.0)
    off_x, off_y = xy[v, 0] + along * dx - x, xy[v, 1] + along * dy - y
    return math.sqrt(off_x * off_x + off_y * off_y)


@compiled
def holders(
    points: Floats,
    edges: Edges,
    begin: Positions,
    box: Floats,
    grid: Grid,
    reach_m: float,
    k_from: int,
    k_to: int,
) -> tuple[Positions, Positions]:
    """Find the polygons in which points lie.

    Parameters
    ----------
    points
        Coordinates in metres, (n, 2).
    edges
        Of the polygons, at least one.
    begin
        Where the edges of each polygon begin, and their number behind the last.
    box
        Least x and y and greatest x and y of each polygon.
    grid
        Of the points, as lines without length.
    reach_m
        Points so near to a boundary count as well; if it is negative, they do not.
    k_from, k_to
        Which polygons are looked at.

    Returns
    -------
    point : numpy.ndarray
        Points; one may be told twice.
    owner : numpy.ndarray
        The polygon that holds each, ascending.

    Examples
    --------
    >>> import shapely
    >>> from gisland.topology.boundary import line_grid
    >>> from gisland.topology.rings import unroll
    >>> from gisland.topology.vertices import edges_of
    >>> square = np.array([shapely.box(0, 0, 2, 2)])
    >>> edges, spots = edges_of(unroll(square), np.arange(4)), np.array([[1.0, 1.0], [2.0, 1.0]])
    >>> grid = Grid(*line_grid(np.hstack([spots, spots]), cell_m=9.0), 9.0, 2)
    >>> begin, box = np.array([0, 4], dtype=np.int32), shapely.bounds(square)
    >>> [holders(spots, edges, begin, box, grid, m, 0, 1)[0].tolist() for m in (0.1, -0.1)]
    [[0, 1], [0]]
    """
    point, owner = np.empty(1024, np.int32), np.empty(1024, np.int32)
    found = 0
    for p in range(k_from, k_to):
        left, low = box[p, 0] - abs(reach_m), box[p, 1] - abs(reach_m)
        right, high = box[p, 2] + abs(reach_m), box[p, 3] + abs(reach_m)
        for slot in slots_in(left, low, right, high, grid):
            for at in range(grid.first[slot], grid.first[slot + 1]):
                k = grid.member[at]
                x, y = points[k, 0], points[k, 1]
                if not (left <= x <= right and low <= y <= high):
                    continue
                if not _holds(x, y, edges, begin[p], begin[p + 1], reach_m):
                    continue
                if found == len(point):
                    point = np.concatenate((point, np.empty_like(point)))
                    owner = np.concatenate((owner, np.empty_like(owner)))
                point[found], owner[found] = k, p
                found += 1
    return point[:found], owner[:found]


@compiled
def _holds(x: float, y: float, edges: Edges, first: int, last: int, reach_m: float) -> bool:
    """Whether a point lies in the polygon of some vertices, or within reach of an edge."""
    inside = False
    for v in range(first, last):
        x0, y0 = edges.xy[v, 0], edges.xy[v, 1]
        w = edges.following[v]
        if distance_to(x, y, edges.xy, v, w) <= abs(reach_m):
            return reach_m >= 0
        if (y0 > y) != (edges.xy[w, 1] > y):
            along = (y - y0) / (edges.xy[w, 1] - y0)
            if x < x0 + along * (edges.xy[w, 0] - x0):
                inside = not inside
    return inside
