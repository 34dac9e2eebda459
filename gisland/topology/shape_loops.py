"""Compiled search for the smallest rectangle around a polygon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Ints

EQUAL = 1e-9  # rectangles count as equally large


@compiled
def rectangles(start: Floats, first: Ints, k_from: int, k_to: int) -> Floats:
    """Area and elongation of the smallest rectangle around each of some polygons.

    Parameters
    ----------
    start
        Where the segments of all polygons start, (n, 2).
    first
        Polygon k has the segments from ``first[k]`` up to, not including, ``first[k + 1]``.
    k_from, k_to
        The first polygon, and the one after the last.

    Returns
    -------
    numpy.ndarray
        (k, 2): area in square metres, and longer over shorter side, at least 1; NaN without
        segments or without any width. Of equally small rectangles the least elongated counts.

    Examples
    --------
    >>> start = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 5.0], [0.0, 5.0]])
    >>> rectangles(start, np.array([0, 4]), 0, 1).tolist()
    [[100.0, 4.0]]
    """
    found = np.full((k_to - k_from, 2), np.nan)
    for k in range(k_from, k_to):
        if first[k] < first[k + 1]:
            area, ratio = _smallest(_hull(start[first[k] : first[k + 1]]))
            found[k - k_from, 0], found[k - k_from, 1] = area, ratio
    return found


@compiled
def _hull(points: Floats) -> Floats:
    """Corners of the convex hull, counter-clockwise, the westernmost as origin."""
    by_y = np.argsort(points[:, 1])
    order = by_y[np.argsort(points[by_y, 0], kind="mergesort")]
    x0, y0 = points[order[0], 0], points[order[0], 1]
    hull = np.empty((2 * len(points), 2))
    count = 0
    for half in range(2):  # below from west to east, then above and back
        least = count + 1
        for step in range(len(order)):
            at = order[len(order) - 1 - step if half else step]
            x, y = points[at, 0] - x0, points[at, 1] - y0
            while count > least:
                (ax, ay), (bx, by) = hull[count - 2], hull[count - 1]
                if (bx - ax) * (y - by) - (by - ay) * (x - bx) > 0:
                    break
                count -= 1
            hull[count, 0], hull[count, 1] = x, y
            count += 1
        count -= 1  # the last of one half is the first of the other
    return hull[:count]


@compiled
def _smallest(hull: Floats) -> tuple[float, float]:
    """Area and elongation of the smallest rectangle; a side lies along an edge of the hull."""
    count = len(hull)
    best, least = np.inf, np.nan
    east, top, west = 1, 1, 1  # the farthest corners along an edge, from it, and against it
    for k in range(count):
        ux, uy = hull[(k + 1) % count, 0] - hull[k, 0], hull[(k + 1) % count, 1] - hull[k, 1]
        length = math.sqrt(ux * ux + uy * uy)
        ux, uy = ux / length, uy / length
        east = _farthest(hull, max(east, k + 1), ux, uy)
        top = _farthest(hull, max(top, east), -uy, ux)
        west = _farthest(hull, max(west, top), -ux, -uy)
        (ex, ey), (wx, wy), (tx, ty) = hull[east % count], hull[west % count], hull[top % count]
        long = (ex - wx) * ux + (ey - wy) * uy
        high = (ty - hull[k, 1]) * ux - (tx - hull[k, 0]) * uy
        if not min(long, high) > 0:
            continue
        area, ratio = long * high, max(long, high) / min(long, high)
        if area < best * (1 - EQUAL) or (area <= best * (1 + EQUAL) and ratio < least):
            least = ratio
        best = min(best, area)
    return (best if best < np.inf else np.nan), least


@compiled
def _farthest(hull: Floats, at: int, x: float, y: float) -> int:
    """The first corner from a place on after which a direction leads no farther."""
    count = len(hull)
    for _ in range(count):
        (ax, ay), (bx, by) = hull[at % count], hull[(at + 1) % count]
        if not (bx - ax) * x + (by - ay) * y > 0:
            break
        at += 1
    return at
