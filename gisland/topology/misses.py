"""Which vertices miss another polygon's boundary, and where each would move to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gisland.topology.segments import ranges
from gisland.topology.vertices import EXACT_M
from gisland.topology.vertices import points as vertices_of

if TYPE_CHECKING:
    from gisland.topology.judging import Layer, Limits
    from gisland.topology.rings import Bools, Floats, Ints
    from gisland.topology.vertices import Near, Points

TWIN_M = 1e-5  # vertices nearer than this are one, if only some of their polygons have both
FAN = 0.3  # a side that leaves a common corner more steeply is a corner, not a miss


@dataclass(frozen=True)
class Moves:
    """Points that would move, in the order in which they are to be considered.

    Attributes
    ----------
    start, to
        From where to where, (n, 2).
    anchors
        Points that must not move at the same time, (n, 2, 2).
    parcel
        Polygon that first has the point, (n,).
    other
        Polygon whose boundary it moves onto, (n,).
    """

    start: Floats
    to: Floats
    anchors: Floats
    parcel: Ints
    other: Ints

    def take(self, which: Bools | Ints) -> Moves:
        """Some of the moves.

        Parameters
        ----------
        which
            Mask or positions.

        Returns
        -------
        Moves
            In the order given.

        Examples
        --------
        >>> none, no = np.empty((0, 2)), np.empty(0, dtype=int)
        >>> Moves(none, none, none[None], no, no).take(no).other.tolist()
        []
        """
        return Moves(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def moves(layer: Layer, *, limits: Limits, apart: bool, meeting: bool) -> Moves:
    """Every vertex that misses a boundary, and where it would go.

    A vertex misses the boundary of another polygon if it is within reach of it but not on it, and
    the land between is nobody's, or that of both (an overlap). Where a third polygon or a part of
    its own lies between, the two are neighbors of that strip and nothing is missed. Nor is a
    corner, whose side leaves a common vertex at a slope above 0.3.

    It goes to a vertex of the other if one is within reach and at most twice as far away as the
    boundary plus the tolerance, else to the nearest point of the boundary. Of two vertices that
    would meet, that of the later polygon moves.

    Parameters
    ----------
    layer
        Valid polygons.
    limits
        Reach and tolerance.
    apart
        Whether to look at polygons that do not touch.
    meeting
        Whether to look at polygons that do.

    Returns
    -------
    Moves
        The shortest first, then by coordinates.

    Examples
    --------
    >>> from gisland.topology.judging import Layer, Limits
    >>> shapes = np.array([shapely.box(0, 0, 9, 9), shapely.box(9.2, 0, 20, 9)])
    >>> layer = Layer(shapes, np.array([0, 1]), np.full(2, np.nan))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> found = moves(layer, limits=limits, apart=True, meeting=False)
    >>> found.start.tolist(), found.to.tolist()
    ([[9.2, 0.0], [9.2, 9.0]], [[9.0, 0.0], [9.0, 9.0]])
    """
    points = vertices_of(layer.shapes)
    near = points.near(limits.reach_m)
    on = near.take(near.distance_m <= EXACT_M)
    near = near.take(near.distance_m > EXACT_M)
    near = near.take(_wanted(layer, points, near, apart=apart, meeting=meeting))
    near = near.take(_faulty(layer, points, near))
    near = near.take(~_fans(points, near, on))
    pairs, length = _vertex_pairs(points, near, limits, meeting=meeting)
    first = _first_owner(points, layer.rank)
    rank = layer.rank[first]
    later = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    goes = np.where(later, pairs[:, 0], pairs[:, 1])
    stays = np.where(later, pairs[:, 1], pairs[:, 0])
    alone = near.take(~np.isin(near.point, pairs) & (near.along > 0) & (near.along < 1))
    following = points.rings.following
    ends = np.stack([points.number[alone.edge], points.number[following[alone.edge]]], axis=1)
    start = np.concatenate([goes, alone.point])
    found = Moves(
        points.xy[start],
        np.concatenate([points.xy[stays], alone.nearest]),
        points.xy[np.concatenate([np.stack([stays, stays], axis=1), ends])],
        first[start],
        np.concatenate([first[stays], alone.other]),
    )
    far = np.concatenate([length, alone.distance_m])
    return found.take(np.lexsort((*found.to.T, *found.start.T, far.round(9))))


def _first_owner(points: Points, rank: Ints) -> Ints:
    """Of the polygons that have each point, the one that comes first."""
    at = np.repeat(np.arange(len(points.xy)), points.many)
    order = np.lexsort((rank[points.owner], at))
    return points.owner[order][points.first]


def _owners(points: Points, at: Ints) -> tuple[Ints, Ints]:
    """Each entry of some points once for every polygon that has the point, and the polygon."""
    many = points.many[at]
    return np.repeat(np.arange(len(at)), many), points.owner[ranges(points.first[at], many)]


def _wanted(layer: Layer, points: Points, near: Near, *, apart: bool, meeting: bool) -> Bools:
    """Whether the polygons of each entry are of the kind to look at: meeting, or apart."""
    row, owner = _owners(points, near.point)
    size = len(layer.shapes)
    pair, of = np.unique(owner * size + near.other[row], return_inverse=True)
    meets = shapely.dwithin(layer.shapes[pair // size], layer.shapes[pair % size], EXACT_M)
    any_meets = np.bincount(row, weights=meets[of], minlength=len(near.point)) > 0
    return np.where(any_meets, meeting, apart)


def _faulty(layer: Layer, points: Points, near: Near) -> Bools:
    """Whether the land between a vertex and the boundary is nobody's, or the vertex lies inside."""
    middle = (points.xy[near.point] + near.nearest) / 2
    row, shape = shapely.STRtree(layer.shapes).query(shapely.points(middle), predicate="intersects")
    count = len(near.point)
    other = shape == near.other[row]
    own = points.has(near.point[row], shape)
    covered = np.bincount(row, minlength=count)
    by_other = np.bincount(row, weights=other, minlength=count) > 0
    by_third = np.bincount(row, weights=~other & ~own, minlength=count) > 0
    return (covered == 0) | (by_other & ~by_third)


def _fans(points: Points, near: Near, on: Near) -> Bools:
    """Whether a side from the vertex ends on the other boundary and leaves it steeply."""
    rings, following = points.rings, points.rings.following
    order = np.argsort(points.number, kind="stable")
    many = np.bincount(points.number, minlength=len(points.xy))
    first = np.cumsum(many) - many
    row = np.repeat(np.arange(len(near.point)), many[near.point])
    at = order[ranges(first[near.point], many[near.point])]
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    size = max(int(points.of.max(initial=0)) + 1, 1)
    lies_on = on.point * size + on.other
    fan = np.zeros(len(near.point), dtype=bool)
    for beside in (before[at], following[at]):
        corner, other = points.number[beside], near.other[row]
        touches = points.has(corner, other) | np.isin(corner * size + other, lies_on)
        side = np.hypot(*(rings.xy[beside] - rings.xy[at]).T)
        fan[row[touches & (near.distance_m[row] > FAN * side)]] = True
    return fan


def _vertex_pairs(
    points: Points, near: Near, limits: Limits, *, meeting: bool
) -> tuple[Ints, Floats]:
    """Pairs of points that would become one, (n, 2), and how far apart they are."""
    middle = points.xy.mean(axis=0) if len(points.xy) else np.zeros(2)
    found = cKDTree(points.xy - middle).query_pairs(limits.reach_m, output_type="ndarray")
    a, b = np.concatenate([found, found[:, ::-1]]).T.astype(np.int64)
    length = np.hypot(*(points.xy[a] - points.xy[b]).T)
    row, owner = _owners(points, a)
    both = np.bincount(row, weights=points.has(b[row], owner), minlength=len(a))
    # the nearest boundary among those of the polygons that have the other point
    row, owner = _owners(points, b)
    size = max(int(points.of.max(initial=0)) + 1, 1)
    key = np.append(near.point * size + near.other, -1)
    distance = np.append(near.distance_m, np.inf)
    order = np.argsort(key)
    wanted = a[row] * size + owner
    at = order[np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)]
    off = np.full(len(a), np.inf)
    np.minimum.at(off, row, np.where(key[at] == wanted, distance[at], np.inf))
    fits = np.isfinite(off) & (length <= 2 * off + limits.tolerance_m)
    twins = meeting & (length <= TWIN_M) & (both < points.many[a])
    kept = np.flatnonzero(((both == 0) & fits) | twins)
    order = kept[np.lexsort((b[kept], length[kept], a[kept]))]
    best = order[np.diff(a[order], prepend=-1) != 0]
    pair = np.sort(np.stack([a[best], b[best]], axis=1), axis=1)
    pair, once = np.unique(pair, axis=0, return_index=True)
    return pair, length[best[once]]
