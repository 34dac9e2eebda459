"""Compiled search for the largest circle inside a polygon.

Squares are divided as long as a larger circle may have its centre in them. What keeps the squares
few is a sharp upper bound: the distance to an edge is linear in the place, so that two or three
edges around a place limit the circle much more than the nearest one alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Flags, Floats, Ints

MOST_SQUARES = 1000  # of one size; slivers would need more
MORE_SQUARES = 50_000  # for the few polygons whose width decides about a rule
GOAL_TOLERANCE_M = 5e-5
CLIMBS = 6
DIAGONAL = math.sqrt(2.0)  # of a square, over its side
SMALL = 1e-6  # edges count as parallel, places as one; metres and shares alike
ROUNDING_M = 1e-9
X, Y, END_X, END_Y, ALONG_X, ALONG_Y, LENGTH, OUTER = range(8)  # columns of edges
AWAY_X, AWAY_Y, DISTANCE, LIMIT = range(4)  # columns of what is seen from a place


@compiled
def inscribed_radii(
    start: Floats, end: Floats, first: Ints, tolerance: Floats, k_from: int, k_to: int
) -> Floats:
    """Radius of the largest circle in each of some polygons.

    Parameters
    ----------
    start, end
        Segments of all polygons, (n, 2), with the interior on their left and none of length zero.
    first
        Polygon k has the segments from ``first[k]`` up to, not including, ``first[k + 1]``.
    tolerance
        How far a radius may be below the largest, for each polygon, in metres, above 0.
    k_from, k_to
        The first polygon, and the one after the last.

    Returns
    -------
    numpy.ndarray
        Metres, of a circle that was found, never above the largest; NaN where the search takes
        too long, as in slivers.

    Examples
    --------
    >>> start = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 5.0], [0.0, 5.0]])
    >>> first = np.array([0, 4])
    >>> inscribed_radii(start, np.roll(start, -1, axis=0), first, np.array([0.001]), 0, 1).tolist()
    [2.5]
    """
    radii = np.empty(k_to - k_from)
    for k in range(k_from, k_to):
        span = slice(first[k], first[k + 1])
        edges, wide, high = _edges(start[span], end[span])
        radii[k - k_from] = _radius(edges, wide, high, tolerance[k])
    return radii


@compiled
def wider_radii(
    start: Floats, end: Floats, first: Ints, goal: Floats, k_from: int, k_to: int
) -> Floats:
    """Radius of a circle larger than a goal in each of some polygons.

    Where many circles are about equally large, as in a bent strip, this is much easier to say
    than how large the largest is.

    Parameters
    ----------
    start, end
        Segments of all polygons, (n, 2), with the interior on their left and none of length zero.
    first
        Polygon k has the segments from ``first[k]`` up to, not including, ``first[k + 1]``.
    goal
        Radius of each polygon, in metres, above 0.
    k_from, k_to
        The first polygon, and the one after the last.

    Returns
    -------
    numpy.ndarray
        Metres, of a circle that was found, though not if it is larger by less than 0.05 mm; the
        goal itself where there is none; NaN where the search takes too long.

    Examples
    --------
    >>> start = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 5.0], [0.0, 5.0]])
    >>> end, first = np.roll(start, -1, axis=0), np.array([0, 4])
    >>> [wider_radii(start, end, first, np.array([g]), 0, 1).item() for g in (2.4, 2.6)]
    [2.5, 2.6]
    """
    radii = np.empty(k_to - k_from)
    for k in range(k_from, k_to):
        span = slice(first[k], first[k + 1])
        edges, wide, high = _edges(start[span], end[span])
        seen = np.empty((len(edges), 4))
        limits = (goal[k], goal[k], GOAL_TOLERANCE_M)
        radii[k - k_from] = _searched(edges, seen, wide, high, limits, MORE_SQUARES)
    return radii


@compiled
def _edges(start: Floats, end: Floats) -> tuple[Floats, float, float]:
    """Edges with the south-western corner of their bounds as origin, and the size of these."""
    west, south, east, north = start[0, 0], start[0, 1], start[0, 0], start[0, 1]
    for k in range(len(start)):
        west, east = min(west, start[k, 0]), max(east, start[k, 0])
        south, north = min(south, start[k, 1]), max(north, start[k, 1])
    edges = np.empty((len(start), 8))
    for k in range(len(start)):
        edge = edges[k]
        edge[X], edge[Y] = start[k, 0] - west, start[k, 1] - south
        edge[END_X], edge[END_Y] = end[k, 0] - west, end[k, 1] - south
        x, y = edge[END_X] - edge[X], edge[END_Y] - edge[Y]
        edge[LENGTH] = math.sqrt(x * x + y * y)
        edge[ALONG_X], edge[ALONG_Y] = x / edge[LENGTH], y / edge[LENGTH]
    for k in range(len(start)):
        edges[k, OUTER] = _is_outer(edges, k)
    return edges, east - west, north - south


@compiled
def _is_outer(edges: Floats, k: int) -> float:
    """1 where the whole polygon lies on the left of an edge and its continuation."""
    x, y, ux, uy = edges[k, X], edges[k, Y], edges[k, ALONG_X], edges[k, ALONG_Y]
    for other in range(len(edges)):
        if (edges[other, Y] - y) * ux - (edges[other, X] - x) * uy < -ROUNDING_M:
            return 0.0
    return 1.0


@compiled
def _radius(edges: Floats, wide: float, high: float, tolerance: float) -> float:
    """Largest radius: climb to a place that nothing can exceed, or else search all places."""
    seen = np.empty((len(edges), 4))
    reach = max(wide, high)
    x, y = wide / 2, high / 2
    best, most = max(_depth(x, y, edges), 0.0), np.inf
    for _ in range(CLIMBS):
        bound, x, y = _bound(x, y, reach, most, edges, seen)
        x, y = min(max(x, 0.0), wide), min(max(y, 0.0), high)
        if not bound < most:
            break
        most = bound
        best = max(best, _depth(x, y, edges))
        if most <= best + tolerance:
            return best
    return _searched(edges, seen, wide, high, (best, np.inf, tolerance), MOST_SQUARES)


@compiled
def _searched(
    edges: Floats,
    seen: Floats,
    wide: float,
    high: float,
    limits: tuple[float, float, float],
    most: int,
) -> float:
    """Largest radius by dividing squares; NaN where they become too many.

    `limits`: the radius that is known, the one that is enough, and the tolerance.
    """
    best, enough, tolerance = limits
    half = min(wide, high) / 2
    rows, columns = math.ceil(high / (2 * half)), math.ceil(wide / (2 * half))
    if rows * columns > most:
        return np.nan
    places = np.empty((rows * columns, 2))
    for k in range(len(places)):
        places[k, 0] = (2 * (k % columns) + 1) * half
        places[k, 1] = (2 * (k // columns) + 1) * half
    while len(places) and not best > enough:
        if len(places) > most:
            return np.nan
        bounds = np.empty(len(places))
        for k in range(len(places)):
            x, y = places[k, 0], places[k, 1]
            depth = _depth(x, y, edges)
            best = max(best, depth)
            bounds[k] = depth + half * DIAGONAL
            if bounds[k] > best + tolerance:
                bounds[k], x, y = _bound(x, y, half, bounds[k], edges, seen)
                best = max(best, _depth(x, y, edges))
        half /= 2
        places = _quarters(places, bounds > best + tolerance, half)
    return best


@compiled
def _quarters(places: Floats, divided: Flags, half: float) -> Floats:
    """Centres of the four parts of each square that is divided; `half` their side."""
    quarters = np.empty((4 * divided.sum(), 2))
    count = 0
    for k in range(len(places)):
        if divided[k]:
            for x in (-half, half):
                for y in (-half, half):
                    quarters[count, 0], quarters[count, 1] = places[k, 0] + x, places[k, 1] + y
                    count += 1
    return quarters


@compiled
def _depth(x: float, y: float, edges: Floats) -> float:
    """Distance to the boundary, negative outside."""
    nearest = np.inf
    inside = False
    for k in range(len(edges)):
        dx, dy = x - edges[k, X], y - edges[k, Y]
        ux, uy = edges[k, ALONG_X], edges[k, ALONG_Y]
        along, across = dx * ux + dy * uy, dy * ux - dx * uy
        past = max(-along, along - edges[k, LENGTH], 0.0)
        nearest = min(nearest, past * past + across * across)
        low, high = edges[k, Y], edges[k, END_Y]
        if (low > y) != (high > y) and (across > 0) == (high > low):
            inside = not inside
    return math.sqrt(nearest) if inside else -math.sqrt(nearest)


@compiled
def _bound(
    x: float, y: float, half: float, bound: float, edges: Floats, seen: Floats
) -> tuple[float, float, float]:
    """Upper bound of radii with their centre in a square, and a place to try for the largest."""
    i = _look(x, y, half, edges, seen)
    if i < 0:
        return bound, x, y
    j = -1
    for k in range(len(seen)):
        slope = abs(seen[i, AWAY_X] + seen[k, AWAY_X]) + abs(seen[i, AWAY_Y] + seen[k, AWAY_Y])
        limit = (seen[i, LIMIT] + seen[k, LIMIT] + half * slope) / 2
        if limit < bound:
            bound, j = limit, k
    if j < 0:
        return bound, x, y
    # the middle between the two, then the centre of the circle that touches three
    ux, uy = seen[i, AWAY_X] - seen[j, AWAY_X], seen[i, AWAY_Y] - seen[j, AWAY_Y]
    rise = seen[j, DISTANCE] - seen[i, DISTANCE]
    square = ux * ux + uy * uy
    step = rise / square if square > SMALL else 0.0
    best_x, best_y = x + step * ux, y + step * uy
    for k in range(len(seen)):
        limit = _limit_of_three(seen, i, j, k)
        if limit < bound:
            bound = limit
            vx, vy = seen[i, AWAY_X] - seen[k, AWAY_X], seen[i, AWAY_Y] - seen[k, AWAY_Y]
            other = seen[k, DISTANCE] - seen[i, DISTANCE]
            turn = ux * vy - uy * vx
            best_x = x + (rise * vy - other * uy) / turn
            best_y = y + (other * ux - rise * vx) / turn
    return bound, best_x, best_y


@compiled
def _limit_of_three(seen: Floats, i: int, j: int, k: int) -> float:
    """What three edges allow that a place cannot leave all at once; infinite if it can."""
    of_k = seen[i, AWAY_X] * seen[j, AWAY_Y] - seen[i, AWAY_Y] * seen[j, AWAY_X]
    of_i = seen[j, AWAY_X] * seen[k, AWAY_Y] - seen[j, AWAY_Y] * seen[k, AWAY_X]
    of_j = seen[k, AWAY_X] * seen[i, AWAY_Y] - seen[k, AWAY_Y] * seen[i, AWAY_X]
    if of_k < 0:
        of_i, of_j, of_k = -of_i, -of_j, -of_k
    total = of_i + of_j + of_k
    if of_i < 0 or of_j < 0 or total < SMALL:
        return np.inf
    return (of_i * seen[i, LIMIT] + of_j * seen[j, LIMIT] + of_k * seen[k, LIMIT]) / total


@compiled
def _look(x: float, y: float, half: float, edges: Floats, seen: Floats) -> int:
    """See all edges from the centre of a square; the nearest that limits it, or -1.

    Of each edge: the direction away from it, the distance, and a limit: anywhere in the square
    the circle is at most as large as the limit and the step away from the edge together.
    """
    nearest = -1
    for k in range(len(edges)):
        dx, dy = x - edges[k, X], y - edges[k, Y]
        ux, uy, length = edges[k, ALONG_X], edges[k, ALONG_Y], edges[k, LENGTH]
        along = dx * ux + dy * uy
        if edges[k, OUTER]:  # also where it is continued
            away_x, away_y, distance, bend = -uy, ux, dy * ux - dx * uy, 0.0
        else:
            foot = min(max(along, 0.0), length)
            away_x, away_y = dx - foot * ux, dy - foot * uy
            distance = max(math.sqrt(away_x * away_x + away_y * away_y), ROUNDING_M)
            away_x, away_y = away_x / distance, away_y / distance
            reach = half * (abs(ux) + abs(uy))
            beside = reach <= along <= length - reach
            bend = 0.0 if beside and distance >= reach else _bend(distance, half)
        seen[k, AWAY_X], seen[k, AWAY_Y] = away_x, away_y
        seen[k, DISTANCE], seen[k, LIMIT] = distance, distance + bend
        if bend < np.inf and (nearest < 0 or distance < seen[nearest, DISTANCE]):
            nearest = k
    return nearest


@compiled
def _bend(distance: float, half: float) -> float:
    """By how much the distance to a point may exceed the linear one somewhere in a square."""
    least = distance - half * DIAGONAL
    return half * half / least if least > SMALL else np.inf
