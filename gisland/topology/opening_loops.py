"""Compiled loops that move the sides of polygons inwards, and say what opening takes away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Ints

TIP_LIMIT = 3.0  # a corner reaches at most so many radii from the circle in it: 39 degrees
STEEP = math.sqrt(TIP_LIMIT**2 - 1)  # tangent of half the turn at such a corner
HAIRPIN = 1e12  # turn, in place of infinity, where the ring comes straight back
STRAIGHT = 1e-7  # where lines turn by less, their crossing is not looked for
FLAT = 1e-12  # turns to the right up to this are rounding
SMALL_M = 1e-9  # shorter lengths are rounding, and smaller areas in m²
TRIANGLE = 3
MOST_EDGES = 500  # of a ring whose sides are compared with each other
X, Y, ALONG_X, ALONG_Y, LENGTH, TURN = range(6)  # columns of edges; the turn is at their start


@compiled
def lost_areas(
    start: Floats, end: Floats, first: Ints, radius: Floats, k_from: int, k_to: int
) -> Floats:
    """Area that mitred opening takes from each of some polygons, where that is plain to see.

    The edges of a ring move inwards as straight lines. Where some have vanished on the way and
    the ring of the others is simple in the end, no point was passed twice (each edge that passes
    a point takes one from the number of times that the ring winds around it), so that this ring
    is the inside. Moved out again it is bounded by the lines of the edges left over: what lies
    beyond them is lost. Of a convex ring the inside is known in any case, and moving out again
    gives it back but for the tips that lie farther than the limit from the circle in them.

    Parameters
    ----------
    start, end
        Segments of all polygons, (n, 2), with the interior on their left and none of length zero.
    first
        Polygon k has the segments from ``first[k]`` up to, not including, ``first[k + 1]``.
    radius
        How far each polygon shrinks, in metres, above 0.
    k_from, k_to
        The first polygon, and the one after the last.

    Returns
    -------
    numpy.ndarray
        Square metres, infinite where nothing is left over; NaN where another way has to tell.

    Examples
    --------
    >>> start = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 5.0], [0.0, 5.0]])
    >>> end, first = np.roll(start, -1, axis=0), np.array([0, 4])
    >>> [lost_areas(start, end, first, np.array([r]), 0, 1).item() for r in (2.0, 3.0)]
    [0.0, inf]
    """
    lost = np.full(k_to - k_from, np.nan)
    for k in range(k_from, k_to):
        span = slice(first[k], first[k + 1])
        if 0 < first[k + 1] - first[k] <= MOST_EDGES and _is_ring(start[span], end[span]):
            lost[k - k_from] = _lost(_edges(start[span]), radius[k])
    return lost


@compiled
def _is_ring(start: Floats, end: Floats) -> bool:
    """Whether the segments are one ring."""
    for k in range(len(start)):
        after = k + 1 if k + 1 < len(start) else 0
        if end[k, 0] != start[after, 0] or end[k, 1] != start[after, 1]:
            return False
    return True


@compiled
def _edges(start: Floats) -> Floats:
    """Edges of a ring with its first point as origin.

    The turn is the tangent of half the angle by which the ring turns left, cot(a/2) of the angle
    a inside; moved by r, an edge loses r times the turns at its ends.
    """
    count = len(start)
    edges = np.empty((count, 6))
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        edges[k, X], edges[k, Y] = start[k, 0] - start[0, 0], start[k, 1] - start[0, 1]
        x, y = start[after, 0] - start[k, 0], start[after, 1] - start[k, 1]
        edges[k, LENGTH] = math.sqrt(x * x + y * y)
        edges[k, ALONG_X], edges[k, ALONG_Y] = x / edges[k, LENGTH], y / edges[k, LENGTH]
    for k in range(count):
        edges[k, TURN] = _turn(edges[k - 1], edges[k])  # of the first from the last
    return edges


@compiled
def _turn(one: Floats, two: Floats) -> float:
    """Tangent of half the turn from one edge to the next."""
    sine = one[ALONG_X] * two[ALONG_Y] - one[ALONG_Y] * two[ALONG_X]
    more = 1 + one[ALONG_X] * two[ALONG_X] + one[ALONG_Y] * two[ALONG_Y]
    return sine / more if more > 1 / HAIRPIN else HAIRPIN


@compiled
def _lost(edges: Floats, radius: float) -> float:
    count = len(edges)
    convex, steep, kept = True, False, True
    for k in range(count):
        turn, after = edges[k, TURN], edges[k + 1 if k + 1 < count else 0, TURN]
        convex &= turn >= -FLAT
        steep |= abs(turn) > STEEP
        kept &= edges[k, LENGTH] - radius * (turn + after) > SMALL_M
    if convex:
        return 0.0 if kept and not steep else _lost_of_convex(edges, radius)
    left = np.arange(count) if kept else _left_over(edges, radius)
    if len(left) < TRIANGLE:
        return np.nan
    back, inner, lost = np.empty((len(left), 2)), np.empty((len(left), 2)), 0.0
    for k in range(len(left)):
        one, two = left[k - 1 if k else len(left) - 1], left[k]
        turn = _turn(edges[one], edges[two])
        if abs(turn) > STEEP:
            return np.nan
        back[k, 0], back[k, 1] = _crossing(edges[one], edges[two], turn)
        lost += _beyond(edges, one, two, back[k, 0], back[k, 1])
        inner[k, 0] = back[k, 0] + radius * (turn * edges[two, ALONG_X] - edges[two, ALONG_Y])
        inner[k, 1] = back[k, 1] + radius * (turn * edges[two, ALONG_Y] + edges[two, ALONG_X])
    return lost if _runs_along(back, edges, left) and _is_simple(inner) else np.nan


@compiled
def _runs_along(ring: Floats, edges: Floats, number: Ints) -> bool:
    """Whether each side of a ring, from its corner on, has the direction of its edge."""
    for k in range(len(ring)):
        x, y = ring[k + 1 if k + 1 < len(ring) else 0] - ring[k]
        if x * edges[number[k], ALONG_X] + y * edges[number[k], ALONG_Y] < -SMALL_M:
            return False
    return True


@compiled
def _crossing(one: Floats, two: Floats, turn: float) -> tuple[float, float]:
    """Where the lines of two edges cross; the start of the second where they hardly turn."""
    if abs(turn) <= STRAIGHT:
        return two[X], two[Y]
    sine = one[ALONG_X] * two[ALONG_Y] - one[ALONG_Y] * two[ALONG_X]
    across = (two[X] - one[X]) * one[ALONG_Y] - (two[Y] - one[Y]) * one[ALONG_X]
    return two[X] + across / sine * two[ALONG_X], two[Y] + across / sine * two[ALONG_Y]


@compiled
def _left_over(edges: Floats, radius: float) -> Ints:
    """Edges that are left over when the ring has moved; none where it cannot be said."""
    count = len(edges)
    left = np.arange(count)
    while count >= TRIANGLE:
        soonest, gone = radius, -1
        for k in range(count):
            before, here = edges[left[k - 1 if k else count - 1]], edges[left[k]]
            after = edges[left[k + 1 if k + 1 < count else 0]]
            turn, next_turn = _turn(before, here), _turn(here, after)
            if turn + next_turn <= FLAT:
                continue  # it grows
            (ax, ay), (bx, by) = _crossing(before, here, turn), _crossing(here, after, next_turn)
            length = (bx - ax) * here[ALONG_X] + (by - ay) * here[ALONG_Y]
            when = (length - SMALL_M) / (turn + next_turn)
            if when <= soonest:
                soonest, gone = when, k
        if gone < 0:
            return left[:count]
        left[gone : count - 1] = left[gone + 1 : count]
        count -= 1
        one, two = left[gone - 1 if gone else count - 1], left[gone if gone < count else 0]
        if not STRAIGHT < abs(_turn(edges[one], edges[two])) <= STEEP:
            break
    return left[:0]


@compiled
def _beyond(edges: Floats, one: int, two: int, x: float, y: float) -> float:
    """Area between the lines of two edges, which cross at (x, y), and the edges between them.

    That which is inside the ring alone; NaN where the edges between them cross the lines.
    """
    outside, inside = 0.0, 0.0
    count = len(edges)
    k = one + 1 if one + 1 < count else 0
    while k != two:
        after = k + 1 if k + 1 < count else 0
        ax, ay, bx, by = edges[k, X] - x, edges[k, Y] - y, edges[after, X] - x, edges[after, Y] - y
        area = (ax * by - ay * bx) / 2
        inside, outside = inside + max(area, 0.0), outside + max(-area, 0.0)
        k = after
    return np.nan if min(inside, outside) > SMALL_M else inside


@compiled
def _is_simple(ring: Floats) -> bool:
    """Whether a ring is walked counter-clockwise and no two of its edges meet."""
    if not _area(ring, len(ring)) > 0:
        return False
    for i in range(len(ring)):
        for j in range(i + 2, len(ring)):
            if (i or j + 1 < len(ring)) and _meet(ring, i, j):
                return False
    return True


@compiled
def _meet(ring: Floats, i: int, j: int) -> bool:
    """Whether two edges of a ring meet, or may."""
    a, b = ring[i], ring[i + 1 if i + 1 < len(ring) else 0]
    c, d = ring[j], ring[j + 1 if j + 1 < len(ring) else 0]
    for axis in range(2):
        if min(a[axis], b[axis]) > max(c[axis], d[axis]) + SMALL_M:
            return False
        if min(c[axis], d[axis]) > max(a[axis], b[axis]) + SMALL_M:
            return False
    return not (_beside(a, b, c, d) or _beside(c, d, a, b))


@compiled
def _beside(a: Floats, b: Floats, c: Floats, d: Floats) -> bool:
    """Whether two places are clearly on the same side of a line."""
    x, y = b[0] - a[0], b[1] - a[1]
    length = math.sqrt(x * x + y * y)
    one = (x * (c[1] - a[1]) - y * (c[0] - a[0])) / length
    two = (x * (d[1] - a[1]) - y * (d[0] - a[0])) / length
    return (one > SMALL_M and two > SMALL_M) or (one < -SMALL_M and two < -SMALL_M)


@compiled
def _lost_of_convex(edges: Floats, radius: float) -> float:
    """Area of the tips that a convex ring loses; infinite where its inside vanishes."""
    count = len(edges)
    whole, number = np.empty((2 * count + 2, 2)), np.arange(2 * count + 2)
    whole[:count] = edges[:, :2]
    inner, size = whole.copy(), count
    for k in range(count):
        x, y, ux, uy = edges[k, X], edges[k, Y], edges[k, ALONG_X], edges[k, ALONG_Y]
        size = _cut(inner, number, size, -uy, ux, radius - uy * x + ux * y, k)
        if size < TRIANGLE:
            return np.inf
    lost = 0.0
    for k in range(size):
        one, two = edges[number[k - 1 if k else size - 1]], edges[number[k]]
        turn = _turn(one, two)
        if turn > STEEP:
            x, y = one[ALONG_Y] + two[ALONG_Y], -one[ALONG_X] - two[ALONG_X]
            far = math.sqrt(x * x + y * y)
            if far < 1 / HAIRPIN:
                continue
            x, y = x / far, y / far
            tip, unused = whole.copy(), np.zeros_like(number)
            limit = inner[k, 0] * x + inner[k, 1] * y + TIP_LIMIT * radius
            lost += _area(tip, _cut(tip, unused, count, x, y, limit, 0))
    return lost


@compiled
def _cut(ring: Floats, number: Ints, size: int, x: float, y: float, least: float, own: int) -> int:
    """Leave of a convex ring what lies at least so far in a direction; how many corners it has.

    `number` says which edge each side of the ring, from its corner on, lies on; the new side has
    the number `own`.
    """
    old, sides = ring[:size].copy(), number[:size].copy()
    count = 0
    for k in range(size):
        after = k + 1 if k + 1 < size else 0
        here = old[k, 0] * x + old[k, 1] * y - least
        there = old[after, 0] * x + old[after, 1] * y - least
        if here >= 0:
            ring[count, 0], ring[count, 1], number[count] = old[k, 0], old[k, 1], sides[k]
            count += 1
        if (here >= 0) != (there >= 0):
            share = here / (here - there)
            ring[count, 0] = old[k, 0] + share * (old[after, 0] - old[k, 0])
            ring[count, 1] = old[k, 1] + share * (old[after, 1] - old[k, 1])
            number[count] = own if here >= 0 else sides[k]
            count += 1
    return count


@compiled
def _area(ring: Floats, size: int) -> float:
    """Signed area of the first corners of a ring."""
    area = 0.0
    for k in range(1, size - 1):
        x, y = ring[k, 0] - ring[0, 0], ring[k, 1] - ring[0, 1]
        area += x * (ring[k + 1, 1] - ring[0, 1]) - y * (ring[k + 1, 0] - ring[0, 0])
    return area / 2
