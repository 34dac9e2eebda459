"""Vertices that lie near, or on, the boundary of another polygon without being shared with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.rings import Rings, numbers, unroll
from gisland.topology.segments import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.rings import Bools, Floats, Geometries, Ints

EXACT_M = 1e-6  # a vertex this near to a boundary lies on it
CHUNK = 2_000  # vertices looked up at once, which bounds the memory
RUN = 8  # edges in a row that are looked up as one


@dataclass(frozen=True)
class NearVertices:
    """Vertices of one polygon near the boundary of another, sorted by polygon, x, y and other.

    Attributes
    ----------
    polygon
        Position of the polygon that has the vertex, (n,).
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
    >>> near_vertices(np.array([shapely.box(0, 0, 1, 1)]), reach_m=0.3).distance_m.tolist()
    []
    """

    polygon: Ints
    xy: Floats
    other: Ints
    distance_m: Floats
    nearest: Floats
    at_vertex: Bools


def near_vertices(
    shapes: NDArray[np.object_], *, reach_m: float, on_edge: bool = False
) -> NearVertices:
    """Vertices within reach of another polygon's boundary that are not shared with it.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in metres, (n,); missing and empty ones are passed over.
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
    >>> near = near_vertices(shapes, reach_m=0.3)
    >>> near.polygon.tolist(), near.xy.tolist(), near.distance_m.round(3).tolist()
    ([1, 1], [[10.2, 2.0], [10.2, 4.0]], [0.2, 0.2])
    """
    vertices = points(shapes)
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
    size: int  # polygons that were unrolled
    keys: Ints  # of a point and its owner

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
        if len(self.keys) == 0:
            return np.zeros(len(point), dtype=bool)
        key = point * self.size + polygon
        return self.keys[np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)] == key

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
        edges = self.rings.xy, self.rings.xy[self.rings.following]
        runs = _Runs.of(self.rings)
        tree = shapely.STRtree(runs.lines)
        parts = [_nothing()]
        for begin in range(0, len(xy), CHUNK):
            spots = shapely.points(xy[begin : begin + CHUNK])
            around = shapely.bounds(spots) + reach_m * np.array([-1, -1, 1, 1])
            spot, run = tree.query(shapely.box(*around.T))
            if asked is None:
                strange = ~self.has(spot + begin, self.of[runs.first[run]])
                spot, run = spot[strange], run[strange]
            distance = shapely.distance(spots[spot], runs.lines[run])
            reached = distance <= reach_m
            spot, run, distance = spot[reached], run[reached], distance[reached]
            pair = spot * self.size + self.of[runs.first[run]]
            closest = _closest(pair, distance, margin_m=EXACT_M)
            spot, run = spot[closest], run[closest]
            point = np.repeat(spot + begin, runs.many[run])
            edge = ranges(runs.first[run], runs.many[run])
            parts.append(_nearest(xy, self.of, edges, point=point, edge=edge))
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
    keys = np.unique(number * size + of)
    first = np.searchsorted(keys, np.arange(len(xy)) * size)
    many = np.diff(first, append=len(keys))
    return Points(rings, of, number, xy, first, many, owner=keys % size, size=size, keys=keys)


@dataclass(frozen=True)
class _Runs:
    """Edges of the rings, so many in a row that none is asked for its distance in vain."""

    first: Ints
    many: Ints
    lines: Geometries

    @classmethod
    def of(cls, rings: Rings) -> _Runs:
        corner = np.flatnonzero(np.diff(rings.ring, prepend=-1))
        size = np.diff(corner, append=len(rings.ring))
        step = np.arange(len(rings.ring)) - np.repeat(corner, size)
        first = np.flatnonzero(step % RUN == 0)
        many = np.diff(first, append=len(rings.ring))
        vertex = ranges(first, many + 1)
        vertex[np.cumsum(many + 1) - 1] = rings.following[first + many - 1]
        line = np.repeat(np.arange(len(first)), many + 1)
        return cls(first, many, shapely.linestrings(rings.xy[vertex], indices=line))


def _closest(pair: Ints, distance: Floats, *, margin_m: float) -> Ints:
    """Positions of the least distance of each pair, and what is hardly more, by pair."""
    order = np.argsort(pair, kind="stable")
    pair, distance = pair[order], distance[order]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    many = np.diff(first, append=len(pair))
    least = np.minimum.reduceat(distance, first) if len(first) else distance
    return order[distance <= np.repeat(least, many) + margin_m]


def _nothing() -> Near:
    none, no = np.empty(0, dtype=np.int64), np.empty(0)
    return Near(none, none, none, no, no, np.empty((0, 2)))


def _nearest(
    xy: Floats, of: Ints, edges: tuple[Floats, Floats], *, point: Ints, edge: Ints
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
    at = _closest(pair, distance, margin_m=0.0)
    at = at[np.lexsort((edge[at], pair[at]))]
    at = at[np.diff(pair[at], prepend=-1) != 0]
    return Near(point[at], of[edge[at]], edge[at], along[at], distance[at], foot[at])


def spike_vertices(shapes: Geometries, *, width_m: float, degrees: float) -> Ints:
    """Vertices at which the boundary turns back on itself.

    A vertex is the tip of a spike if the angle between its two edges is at most `degrees` and the
    end of the shorter edge lies within `width_m` of the longer one. It does not matter whether
    the spike sticks out or cuts in.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in metres, (n,).
    width_m
        Largest width at the foot, in metres.
    degrees
        Largest angle at the tip.

    Returns
    -------
    numpy.ndarray
        Positions in ``unroll(shapes)``, ascending.

    Examples
    --------
    >>> spiked = shapely.Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    >>> spike_vertices(np.array([spiked]), width_m=0.05, degrees=1.0).tolist()
    [3]
    """
    rings = unroll(shapes)
    following = rings.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    back = rings.xy[before] - rings.xy
    ahead = rings.xy[following] - rings.xy
    long_back, long_ahead = np.hypot(*back.T), np.hypot(*ahead.T)
    cross = np.abs(back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0])
    dot = (back * ahead).sum(axis=1)
    longer = np.maximum(long_back, long_ahead)
    width = np.divide(cross, longer, out=np.full(len(cross), np.inf), where=longer > 0)
    return np.flatnonzero((np.arctan2(cross, dot) <= np.radians(degrees)) & (width <= width_m))
