"""Compiled loops that tell how two small polygons meet, where that is sure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.topology.compiled import compiled
from gisland.topology.near_loops import SLACK_M, distance_to
from gisland.topology.turn_loops import before, turn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.segment_loops import Floats, Positions

UNSURE, TOUCHING, FAR = 0, 1, 2


class Walks(NamedTuple):
    """Boundaries of polygons, walked with the interior on the left."""

    xy: Floats
    number: Positions  # of the point that each vertex lies on
    ahead: Positions  # the next vertex
    back: Positions  # the vertex before
    first: Positions  # where the vertices of each polygon begin; their number behind the last
    box: Floats  # of each polygon


@compiled
def meetings(
    walks: Walks, i: Positions, j: Positions, reach_m: float, k_from: int, k_to: int
) -> NDArray[np.int8]:
    """Tell how two polygons meet.

    Parameters
    ----------
    walks
        Boundaries of polygons of one part each.
    i, j
        The polygons of each pair, (n,).
    reach_m
        What is farther apart is far, in metres.
    k_from, k_to
        Which pairs are looked at.

    Returns
    -------
    numpy.ndarray
        ``TOUCHING``: they share a vertex and no ground. ``FAR``: they are farther apart than the
        reach. ``UNSURE``: anything else.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [2.0, 0.0], [4.0, 0.0], [2.0, 2.0]])
    >>> number, ahead, back = np.array(
    ...     [[0, 1, 2, 1, 3, 2], [1, 2, 0, 4, 5, 3], [2, 0, 1, 5, 3, 4]], dtype=np.int32
    ... )
    >>> first, box = np.array([0, 3, 6], dtype=np.int32), np.array([[0.0, 0, 2, 2], [2, 0, 4, 2]])
    >>> walks = Walks(xy, number, ahead, back, first, box)
    >>> meetings(walks, first[:1], first[:1] + 1, 0.3, 0, 1).tolist()
    [1]
    """
    result = np.zeros(k_to - k_from, np.int8)
    window, box = np.empty(4), walks.box
    for k in range(k_from, k_to):
        a, b = i[k], j[k]
        for axis in range(2):
            window[axis] = max(box[a, axis], box[b, axis]) - reach_m
            window[axis + 2] = min(box[a, axis + 2], box[b, axis + 2]) + reach_m
        ours, theirs = _edges_in(window, walks, a), _edges_in(window, walks, b)
        shared, apart = _crossing(walks, ours, theirs, reach_m)
        if shared:
            if apart >= 0 and _side_by_side(walks, ours, theirs):
                result[k - k_from] = TOUCHING
        elif apart > reach_m + SLACK_M and not (_holds(box, a, b) or _holds(box, b, a)):
            result[k - k_from] = FAR
    return result


@compiled
def _holds(box: Floats, a: int, b: int) -> bool:
    """Whether box a holds box b."""
    return (
        box[a, 0] <= box[b, 0]
        and box[a, 1] <= box[b, 1]
        and box[a, 2] >= box[b, 2]
        and box[a, 3] >= box[b, 3]
    )


@compiled
def _edges_in(window: Floats, walks: Walks, polygon: int) -> Positions:
    """Vertices of a polygon whose edge to the next one comes into a window."""
    first, last = walks.first[polygon], walks.first[polygon + 1]
    found, count = np.empty(last - first, np.int32), 0
    for v in range(first, last):
        if _gap(walks, v, window[0], window[1], window[2], window[3]) <= 0:
            found[count] = v
            count += 1
    return found[:count]


@compiled
def _gap(walks: Walks, v: int, left: float, low: float, right: float, high: float) -> float:
    """How far an edge's box is from another along an axis at least; 0 or less where they meet."""
    xy, w = walks.xy, walks.ahead[v]
    return max(
        left - max(xy[v, 0], xy[w, 0]),
        min(xy[v, 0], xy[w, 0]) - right,
        low - max(xy[v, 1], xy[w, 1]),
        min(xy[v, 1], xy[w, 1]) - high,
    )


@compiled
def _crossing(
    walks: Walks, ours: Positions, theirs: Positions, reach_m: float
) -> tuple[bool, float]:
    """Whether edges share an end, and the least distance of all others.

    The distance is -1 where two may cross or touch. It is infinite where none is within reach,
    and of no use where edges share an end.
    """
    shared, least, xy, number = False, math.inf, walks.xy, walks.number
    for v in ours:
        w = walks.ahead[v]
        left, right = min(xy[v, 0], xy[w, 0]), max(xy[v, 0], xy[w, 0])
        low, high = min(xy[v, 1], xy[w, 1]), max(xy[v, 1], xy[w, 1])
        for p in theirs:
            q = walks.ahead[p]
            gap = _gap(walks, p, left, low, right, high)
            if gap > reach_m + SLACK_M:
                continue
            if (
                number[v] == number[p]
                or number[v] == number[q]
                or number[w] == number[p]
                or number[w] == number[q]
            ):
                shared = True
            elif gap <= 0 and not (_beside(xy, v, w, p, q) or _beside(xy, p, q, v, w)):
                return shared, -1.0
            elif not shared:
                least = min(
                    least,
                    distance_to(xy[v, 0], xy[v, 1], xy, p, q),
                    distance_to(xy[w, 0], xy[w, 1], xy, p, q),
                    distance_to(xy[p, 0], xy[p, 1], xy, v, w),
                    distance_to(xy[q, 0], xy[q, 1], xy, v, w),
                )
    return shared, least


@compiled
def _beside(xy: Floats, v: int, w: int, p: int, q: int) -> bool:
    """Whether p and q surely lie on the same side of the line through v and w."""
    return turn(xy, v, w, p) * turn(xy, v, w, q) > 0


@compiled
def _side_by_side(walks: Walks, ours: Positions, theirs: Positions) -> bool:
    """Whether surely, at every common vertex, the two polygons lie in different directions.

    With the interior on the left of the ways out, a polygon lies from that to the vertex ahead
    to that to the vertex back, turning left. The two may have an edge in common.
    """
    xy, number, ahead, back = walks.xy, walks.number, walks.ahead, walks.back
    for v in ours:
        for w in theirs:
            if number[v] == number[w]:
                a, b, c, d = ahead[v], back[v], ahead[w], back[w]
                if number[b] != number[c] and not before(xy, v, a, b, c):
                    return False
                if number[d] != number[a] and not before(xy, v, a, c, d):
                    return False
    return True
