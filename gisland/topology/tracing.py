"""Rings that loose edges form: where the union of polygons ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.boundary import line_grid
from gisland.topology.near_loops import Grid
from gisland.topology.rings import CORNERS, numbers
from gisland.topology.tracing_loops import TO_RIGHT, UNSURE, Ways, crossings, round_walks

if TYPE_CHECKING:
    from gisland.topology.rings import Bools, Floats, Geometries, Ints
    from gisland.topology.segments import Positions, Segments

APART_M = 1e-8  # crossings of an edge nearer to each other may come in another order


@dataclass(frozen=True)
class Traced:
    """Rings with no owner of their edges on the right.

    Attributes
    ----------
    faces
        What each ring encloses, (n,).
    hole
        Whether that is on the right, (n,).
    cluster
        Of the edges of each, (n,).
    sure
        Whether the rings of a cluster are surely told, (clusters,): no edges touch where they
        do not both end, and no more than two end in one point.
    simple
        Whether they are one ring of all the cluster's edges, none of which cross, (clusters,).
    """

    faces: Geometries
    hole: Bools
    cluster: Ints
    sure: Bools
    simple: Bools


def traced(edges: Segments, cluster: Ints) -> Traced:
    """Trace the rings along directed edges that have nobody on their right.

    One walks along an edge until another crosses it. If that one goes to the right, one walks on
    along it; if it comes from the right, its owner is there. Where edges end, one walks on along
    the one that begins there.

    Parameters
    ----------
    edges
        Loose edges of polygons, with the interior on the left.
    cluster
        Number of each polygon's cluster; edges of different ones do not meet.

    Returns
    -------
    Traced
        Another polygon may cover the right side of a ring if its boundary does not come near.

    Examples
    --------
    >>> from gisland.topology.sharing import loose_edges
    >>> cross = np.array([shapely.box(0, 2, 9, 4), shapely.box(2, 0, 4, 9)])
    >>> found = traced(loose_edges(cross), np.zeros(2, dtype=int))
    >>> shapely.area(found.faces).tolist(), found.hole.tolist()
    ([32.0], [False])
    """
    of, count = cluster[edges.parcel], int(cluster.max(initial=-1)) + 1
    sure, simple = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    if len(of) == 0:
        return Traced(np.empty(0, dtype=object), np.zeros(0, dtype=bool), of, sure, simple)
    ways = _ways(edges)
    met = _crossings(ways, edges)
    goes = _goes(ways)
    sure[of[met.doubted]] = False
    sure[of[goes < 0]] = False
    edge, xy, after = _pieces(edges, met, goes)
    at, walk = round_walks(after)
    size = np.bincount(walk)
    ring_of = of[edge[at[np.cumsum(size) - size]]]
    sure[ring_of[size < CORNERS]] = False
    told = sure[ring_of]
    kept = told[walk]
    rings = shapely.linearrings(xy[at[kept]], indices=(np.cumsum(told) - 1)[walk[kept]])
    faces, ring_of, size = shapely.polygons(rings), ring_of[told], size[told]
    sure[ring_of[~shapely.is_valid(faces)]] = False  # a ring that meets itself
    once = np.bincount(ring_of, minlength=count) == 1
    whole = size == np.bincount(of, minlength=count)[ring_of]
    whole &= np.bincount(of[met.one], minlength=count)[ring_of] == 0
    simple[ring_of] = (once & sure)[ring_of] & whole
    kept = sure[ring_of]
    return Traced(faces[kept], ~shapely.is_ccw(rings)[kept], ring_of[kept], sure, simple)


def _ways(edges: Segments) -> Ways:
    """Edges between numbered points."""
    both = np.concatenate([edges.start, edges.end])
    point = numbers(both)
    spots = np.empty((point.max() + 1, 2))
    spots[point] = both
    start, end = point.astype(np.int32).reshape(2, -1)
    return Ways(spots, start, end, edges.parcel.astype(np.int32))


@dataclass(frozen=True)
class _Crossings:
    """Where edges are crossed by others, along each edge; and edges of which it is not sure."""

    one: Ints
    two: Ints
    share: Floats
    right: Bools  # whether `two` goes to the right
    doubted: Ints


def _crossings(ways: Ways, edges: Segments) -> _Crossings:
    lines = np.hstack([edges.start, edges.end])
    cell_m = float(edges.length.mean())
    grid = Grid(*line_grid(lines, cell_m=cell_m), cell_m, len(lines))

    def work(begin: int, stop: int) -> tuple[Positions, Positions, Floats, Positions]:
        return crossings(ways, grid, begin, stop)

    one, two, share, kind = map(
        np.concatenate, zip(*in_threads(work, count=len(lines)), strict=True)
    )
    doubted = one[kind == UNSURE].astype(np.int64)
    at = np.flatnonzero(kind != UNSURE)
    _, once = np.unique(one[at].astype(np.int64) * len(lines) + two[at], return_index=True)
    at = at[once]
    at = at[np.lexsort((share[at], one[at]))]
    one, two, share = one[at].astype(np.int64), two[at].astype(np.int64), share[at]
    gap = np.diff(share) * edges.length[one[1:]]
    close = (one[1:] == one[:-1]) & (gap <= APART_M)
    doubted = np.concatenate([doubted, one[1:][close]])
    return _Crossings(one, two, share, kind[at] == TO_RIGHT, doubted)


def _goes(ways: Ways) -> Ints:
    """Edge on which to walk on at the end of each, -1 where more than two meet."""
    count = len(ways.start)
    leaving = np.full(len(ways.spots), -1)
    leaving[ways.start] = np.arange(count)
    leaving[np.bincount(np.concatenate([ways.start, ways.end])) > 2] = -1  # noqa: PLR2004
    return leaving[ways.end]


def _pieces(edges: Segments, met: _Crossings, goes: Ints) -> tuple[Ints, Floats, Ints]:
    """Pieces of edges between crossings: of which edge, from where, and the one to walk on."""
    count = len(edges.parcel)
    many = np.bincount(met.one, minlength=count)
    first = np.cumsum(many + 1) - (many + 1)
    until = np.arange(len(met.one)) + met.one  # piece before each crossing; the next is behind it
    xy = np.empty((count + len(met.one), 2))
    xy[first] = edges.start
    xy[until + 1] = edges.start[met.one] + met.share[:, None] * edges.vector[met.one]
    key = met.one * count + met.two
    order = np.argsort(key)
    other = order[np.searchsorted(key, met.two * count + met.one, sorter=order)]
    after = np.full(len(xy), -1)
    after[until] = np.where(met.right, until[other] + 1, -1)
    after[first + many] = np.where(goes >= 0, first[goes], -1)
    return np.repeat(np.arange(count), many + 1), xy, after
