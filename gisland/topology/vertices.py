"""Vertices that lie near, or on, the boundary of another polygon without being shared with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.boundary import line_grid
from gisland.topology.near_loops import SLACK_M, Edges, Grid, edges_near
from gisland.topology.rings import Rings, held, numbers, unroll
from gisland.topology.segments import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.rings import Bools, Floats, Geometries, Ints

EXACT_M = 1e-6  # a vertex this near to a boundary lies on it


@dataclass(frozen=True)
class NearVertices:
    """Vertices of one polygon near the boundary of another, sorted by polygon, x, y and other.

    Attributes
    ----------
    polygon
        Position of the polygon that has the vertex, (n,).
    point
        Number of the point that the vertex lies on, (n,).
    xy
        The vertex, (n, 2); told once where a polygon passes it twice.
    other
        Position of the other polygon, (n,).
    distance_m
        From the vertex to the boundary of the other, in metres, (n,).
    nearest
        Point of that boundary, (n, 2).
    at_vertex
        Whether that point is a vertex of the other, (n,).

    Examples
    --------
    >>> alone = points(np.array([shapely.box(0, 0, 1, 1)]))
    >>> near_vertices(alone, reach_m=0.3).distance_m.tolist()
    []
    """

    polygon: Ints
    point: Ints
    xy: Floats
    other: Ints
    distance_m: Floats
    nearest: Floats
    at_vertex: Bools


def near_vertices(vertices: Points, *, reach_m: float, on_edge: bool = False) -> NearVertices:
    """Vertices within reach of another polygon's boundary that are not shared with it.

    Parameters
    ----------
    vertices
        Of all polygons, from `points`.
    reach_m
        Farthest distance, in metres.
    on_edge
        Whether to tell those as well that lie on the boundary (within 1e-6 m) but are no vertex
        of it, such as the stem of a T.

    Returns
    -------
    NearVertices
        One entry for each vertex and each other polygon in whose reach it lies.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(10.2, 2, 20, 4)])
    >>> near = near_vertices(points(shapes), reach_m=0.3)
    >>> near.polygon.tolist(), near.xy.tolist(), near.distance_m.round(3).tolist()
    ([1, 1], [[10.2, 2.0], [10.2, 4.0]], [0.2, 0.2])
    """
    near = vertices.near(reach_m)
    if not on_edge:
        near = near.take(near.distance_m > EXACT_M)
    first, many = vertices.first[near.point], vertices.many[near.point]
    at = np.repeat(np.arange(len(near.point)), many)
    polygon = vertices.owner[ranges(first, many)]
    order = np.lexsort((near.other[at], near.point[at], polygon))
    at, polygon = at[order], polygon[order]
    return NearVertices(
        polygon,
        near.point[at],
        vertices.xy[near.point[at]],
        near.other[at],
        near.distance_m[at],
        near.nearest[at],
        (near.along[at] == 0) | (near.along[at] == 1),
    )


@dataclass(frozen=True)
class Near:
    """Distinct points near boundaries that they are not a vertex of."""

    point: Ints
    other: Ints
    edge: Ints  # position in the rings of the vertex that it starts from
    along: Floats  # share of that edge up to the nearest point
    distance_m: Floats
    nearest: Floats

    def take(self, which: NDArray[np.bool_] | Ints) -> Near:
        """Some of the entries.

        Parameters
        ----------
        which
            Mask or positions.

        Returns
        -------
        Near
            In the order given.

        Examples
        --------
        >>> points(np.array([None])).near(1.0).take(np.array([], int)).point.tolist()
        []
        """
        return Near(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Points:
    """The distinct points of rings, and the polygons that have each as a vertex.

    Attributes
    ----------
    rings
        Vertices of the polygons.
    of
        Polygon of each vertex, (n,).
    number
        Point of each vertex, (n,).
    xy
        The points by x and y, (m, 2).
    first, many
        Where in `owner` the polygons of each point begin, and how many they are, (m,).
    owner
        Polygons point by point, ascending.
    size, keys
        Polygons unrolled, at least 1, and ``point * size + owner`` of each owner, ascending.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> points(shapes).many.tolist()
    [1, 1, 2, 2, 1, 1]
    """

    rings: Rings
    of: Ints
    number: Ints
    xy: Floats
    first: Ints
    many: Ints
    owner: Ints
    size: int
    keys: Ints

    def has(self, point: Ints, polygon: Ints) -> Bools:
        """Whether each point is a vertex of each polygon.

        Parameters
        ----------
        point
            Numbers of points, (n,).
        polygon
            Positions of polygons, (n,).

        Returns
        -------
        numpy.ndarray
            Bool, (n,).

        Examples
        --------
        >>> corners = points(np.array([None, shapely.box(0, 0, 1, 1)]))
        >>> corners.has(np.array([0, 0]), np.array([0, 1])).tolist()
        [False, True]
        """
        return held(self.keys, point * self.size + polygon)

    def place(self, point: Ints, polygon: Ints) -> Ints:
        """Where in the rings each point is a vertex of each polygon.

        Parameters
        ----------
        point
            Numbers of points, (n,).
        polygon
            Positions of polygons that have the point as a vertex, (n,).

        Returns
        -------
        numpy.ndarray
            Positions of vertices, (n,); the first where a polygon passes the point twice.

        Examples
        --------
        >>> corners = points(np.array([None, shapely.box(0, 0, 1, 1)]))
        >>> corners.place(np.array([0, 3]), np.array([1, 1])).tolist()
        [3, 1]
        """
        wanted = np.zeros(self.size, dtype=bool)
        wanted[polygon] = True
        mine = np.flatnonzero(wanted[self.of])
        key = self.number[mine] * self.size + self.of[mine]
        order = np.argsort(key, kind="stable")
        return mine[order[np.searchsorted(key, point * self.size + polygon, sorter=order)]]

    def near(self, reach_m: float, *, asked: Floats | None = None) -> Near:
        """For each point and each polygon in reach that lacks it, the nearest place.

        Parameters
        ----------
        reach_m
            Farthest distance, in metres.
        asked
            Points, (n, 2), in place of the vertices; then `point` counts these, and polygons
            that have the point are told as well, with distance 0.

        Returns
        -------
        Near
            Sorted by point and polygon; of equally near edges the first.

        Examples
        --------
        >>> stem = np.array([shapely.box(0, 0, 9, 1), shapely.box(3, 1, 4, 2)])
        >>> points(stem).near(0.1).nearest.tolist()
        [[3.0, 1.0], [4.0, 1.0]]
        """
        xy = self.xy if asked is None else asked
        if len(xy) == 0 or len(self.rings.xy) == 0:
            return _nothing()
        start, end = self.rings.xy, self.rings.xy[self.rings.following]
        number = self.number if asked is None else np.full_like(self.number, -1)
        edges = edges_of(self.rings, number)
        cell_m = max(float(np.hypot(*(end - start).T).mean()), reach_m)
        lines = np.hstack([start, end])
        grid = Grid(*line_grid(lines, cell_m=cell_m), cell_m, len(lines))
        spots = np.ascontiguousarray(xy)

        def work(begin: int, stop: int) -> Near:
            point, edge = edges_near(spots, edges, grid, float(reach_m), begin, stop)
            found = {"point": point.astype(np.int64), "edge": edge.astype(np.int64)}
            return _nearest(xy, self.of, (start, end), **found, reach_m=reach_m)

        parts = in_threads(work, count=len(xy))
        return Near(
            *(np.concatenate([getattr(p, n) for p in parts]) for n in Near.__dataclass_fields__)
        )


def points(shapes: Geometries) -> Points:
    """The distinct vertices of polygons.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in metres, (n,); missing and empty ones are passed over.

    Returns
    -------
    Points
        Sorted by x and y.

    Examples
    --------
    >>> points(np.array([shapely.box(0, 0, 1, 1)])).xy.tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    rings = unroll(shapes)
    of, number, size = rings.of, numbers(rings.xy), max(len(shapes), 1)
    xy = np.empty((number.max(initial=-1) + 1, 2))
    xy[number] = rings.xy
    keys = np.sort(number * size + of)  # np.unique would hash them, which takes much longer
    keys = keys[np.diff(keys, prepend=-1) > 0]
    first = np.searchsorted(keys, np.arange(len(xy)) * size)
    many = np.diff(first, append=len(keys))
    return Points(rings, of, number, xy, first, many, owner=keys % size, size=size, keys=keys)


def _nothing() -> Near:
    none, no = np.empty(0, dtype=np.int64), np.empty(0)
    return Near(none, none, none, no, no, np.empty((0, 2)))


def edges_of(rings: Rings, number: Ints) -> Edges:
    """The edges of rings, for compiled loops.

    Parameters
    ----------
    rings
        From `unroll`.
    number
        Number of the point that each vertex lies on, (n,).

    Returns
    -------
    Edges
        One for each vertex.

    Examples
    --------
    >>> corners = points(np.array([shapely.box(0, 0, 1, 1)]))
    >>> edges_of(corners.rings, corners.number).following.tolist()
    [1, 2, 3, 0]
    """
    following, owner = rings.following.astype(np.int32), rings.of.astype(np.int32)
    return Edges(rings.xy, following, number.astype(np.int32), owner)


def _nearest(
    xy: Floats,
    of: Ints,
    edges: tuple[Floats, Floats],
    *,
    point: Ints,
    edge: Ints,
    reach_m: float,
) -> Near:
    """Nearest place on each edge, and of these the nearest for each point and polygon."""
    start, vector = edges[0][edge], edges[1][edge] - edges[0][edge]
    offset = xy[point] - start
    square = (vector**2).sum(axis=1)
    along = (offset * vector).sum(axis=1) / np.where(square > 0, square, 1.0)
    along = np.clip(along, 0.0, 1.0)
    foot = start + along[:, None] * vector
    foot = np.where(along[:, None] == 1, edges[1][edge], foot)
    distance = np.hypot(*(xy[point] - foot).T)
    pair = point * (of.max(initial=0) + 1) + of[edge]
    at = np.lexsort((edge, distance, pair))
    at = at[np.diff(pair[at], prepend=-1) != 0]
    point, edge, along, distance, foot = (v[at] for v in (point, edge, along, distance, foot))
    within = distance <= reach_m
    # where rounding decides, GEOS does
    unsure = np.flatnonzero(np.abs(distance - reach_m) <= SLACK_M)
    lines = shapely.linestrings(np.stack([e[edge[unsure]] for e in edges], axis=1))
    within[unsure] = shapely.distance(shapely.points(xy[point[unsure]]), lines) <= reach_m
    return Near(point, of[edge], edge, along, distance, foot).take(within)


def spike_vertices(rings: Rings, *, width_m: float, degrees: float) -> Ints:
    """Vertices at which the boundary turns back on itself.

    A vertex is the tip of a spike if the angle between its two edges is at most `degrees` and the
    end of the shorter edge lies within `width_m` of the longer one. It does not matter whether
    the spike sticks out or cuts in.

    Parameters
    ----------
    rings
        Of polygons in metres, from `unroll`.
    width_m
        Largest width at the foot, in metres.
    degrees
        Largest angle at the tip, below 90.

    Returns
    -------
    numpy.ndarray
        Positions of vertices, ascending.

    Examples
    --------
    >>> spiked = shapely.Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    >>> spike_vertices(unroll(np.array([spiked])), width_m=0.05, degrees=1.0).tolist()
    [3]
    """
    following = rings.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    back = rings.xy[before] - rings.xy
    ahead = rings.xy[following] - rings.xy
    cross = np.abs(back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0])
    dot = (back * ahead).sum(axis=1)
    # few turn back so sharply; twice the tangent leaves room for rounding
    sharp = np.flatnonzero(cross <= 2 * np.tan(np.radians(degrees)) * dot)
    cross, dot = cross[sharp], dot[sharp]
    longer = np.maximum(np.hypot(*back[sharp].T), np.hypot(*ahead[sharp].T))
    width = np.divide(cross, longer, out=np.full(len(cross), np.inf), where=longer > 0)
    return sharp[(np.arctan2(cross, dot) <= np.radians(degrees)) & (width <= width_m)]
