"""Compiled loops that trace the rings which directed edges form, where they cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.topology.compiled import compiled
from gisland.topology.near_loops import slots_in
from gisland.topology.turn_loops import SAME, half, turn

if TYPE_CHECKING:
    from gisland.topology.near_loops import Grid
    from gisland.topology.segment_loops import Floats, Ints, Positions

UNSURE, TO_RIGHT, TO_LEFT, APART = 0, 1, 2, 3


class Ways(NamedTuple):
    """Directed edges between points."""

    spots: Floats
    start: Positions  # number of the point that each edge comes from
    end: Positions  # and goes to
    owner: Positions


@compiled
def crossings(
    ways: Ways, grid: Grid, k_from: int, k_to: int
) -> tuple[Positions, Positions, Floats, Positions]:
    """Find where other owners' edges cross some edges.

    Parameters
    ----------
    ways
        The edges.
    grid
        Of these, as lines.
    k_from, k_to
        Which of them are looked at.

    Returns
    -------
    one, two : numpy.ndarray
        Edges, and others that cross them; a pair may be told twice.
    share : numpy.ndarray
        Where on the first edge, 0 to 1.
    kind : numpy.ndarray
        ``TO_RIGHT`` or ``TO_LEFT`` of the first is where the other one goes; ``UNSURE`` if they
        may touch, or run along each other.

    Examples
    --------
    >>> spots = np.array([[0.0, 0.0], [4.0, 0.0], [1.0, -1.0], [1.0, 1.0]])
    >>> start, end = np.array([[0, 2], [1, 3]], dtype=np.int32)
    >>> ways = Ways(spots, start, end, np.array([0, 1], dtype=np.int32))
    >>> from gisland.topology.boundary import line_grid
    >>> from gisland.topology.near_loops import Grid
    >>> lines = np.hstack([spots[start], spots[end]])
    >>> grid = Grid(*line_grid(lines, cell_m=9.0), 9.0, 2)
    >>> [found.tolist() for found in crossings(ways, grid, 0, 1)]
    [[0], [1], [0.25], [2]]
    """
    one, two = np.empty(1024, np.int32), np.empty(1024, np.int32)
    share, kind = np.empty(1024), np.empty(1024, np.int32)
    count, xy = 0, ways.spots
    for e in range(k_from, k_to):
        a, b = ways.start[e], ways.end[e]
        left, right = min(xy[a, 0], xy[b, 0]), max(xy[a, 0], xy[b, 0])
        low, high = min(xy[a, 1], xy[b, 1]), max(xy[a, 1], xy[b, 1])
        for slot in slots_in(left, low, right, high, grid):
            for at in range(grid.first[slot], grid.first[slot + 1]):
                f = grid.member[at]
                how = APART if ways.owner[e] == ways.owner[f] else _crossing(ways, e, f)
                if how == APART:
                    continue
                if count == len(one):
                    one, two = np.concatenate((one, one)), np.concatenate((two, two))
                    share, kind = np.concatenate((share, share)), np.concatenate((kind, kind))
                one[count], two[count] = e, f
                share[count], kind[count] = _share(ways, e, f), how
                count += 1
    return one[:count], two[:count], share[:count], kind[:count]


@compiled
def _crossing(ways: Ways, e: int, f: int) -> int:
    """How edge f crosses edge e."""
    xy, a, b, p, q = ways.spots, ways.start[e], ways.end[e], ways.start[f], ways.end[f]
    for axis in range(2):
        if max(xy[a, axis], xy[b, axis]) < min(xy[p, axis], xy[q, axis]):
            return APART
        if max(xy[p, axis], xy[q, axis]) < min(xy[a, axis], xy[b, axis]):
            return APART
    if a in (p, q) or b in (p, q):
        common, away = (a, b) if a in (p, q) else (b, a)
        along = half(xy, common, away, q if common == p else p) == SAME
        return UNSURE if along else APART
    from_, to = turn(xy, a, b, p), turn(xy, a, b, q)
    one, two = turn(xy, p, q, a), turn(xy, p, q, b)
    if from_ * to > 0 or one * two > 0:
        return APART
    return UNSURE if from_ * to * one * two == 0 else (TO_RIGHT if from_ > 0 else TO_LEFT)


@compiled
def _share(ways: Ways, e: int, f: int) -> float:
    """Where on edge e the line of edge f crosses it; 0 if they are parallel."""
    xy, a, b, p, q = ways.spots, ways.start[e], ways.end[e], ways.start[f], ways.end[f]
    x, y = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
    dx, dy = xy[q, 0] - xy[p, 0], xy[q, 1] - xy[p, 1]
    across = x * dy - y * dx
    if across == 0:
        return 0.0
    share = ((xy[p, 0] - xy[a, 0]) * dy - (xy[p, 1] - xy[a, 1]) * dx) / across
    return min(max(share, 0.0), 1.0)


@compiled
def round_walks(after: Ints) -> tuple[Ints, Ints]:
    """Walk from one thing to the next, and keep the walks that come back to where they began.

    Parameters
    ----------
    after
        What follows each thing, -1 where nothing does; no two are followed by the same.

    Returns
    -------
    at : numpy.ndarray
        Things in the order in which one follows the other, walk by walk.
    walk : numpy.ndarray
        Number of the walk of each, ascending.

    Examples
    --------
    >>> [found.tolist() for found in round_walks(np.array([3, -1, 2, 0, 1]))]
    [[0, 3, 2], [0, 0, 1]]
    """
    seen, follows = np.zeros(len(after), np.bool_), np.zeros(len(after), np.bool_)
    for k in after:
        if k >= 0:
            follows[k] = True
    for first in range(len(after)):  # walks that come to an end begin where nothing leads to
        k = first if not follows[first] else -1
        while k >= 0:
            seen[k] = True
            k = after[k]
    at, walk, count, number = np.empty_like(after), np.empty_like(after), 0, 0
    for first in range(len(after)):
        k = first
        while not seen[k]:
            seen[k] = True
            at[count], walk[count] = k, number
            k = after[k]
            count += 1
        if count and walk[count - 1] == number:
            number += 1
    return at[:count], walk[:count]
