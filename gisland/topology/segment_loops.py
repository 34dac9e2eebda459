"""Compiled loops over boundary segments: walking rings, and finding exact reverses.

Long arrays for results come from the caller: NumPy asks the system for large pages, compiled code
does not, and would spend a third of its time on getting small ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Positions = NDArray[np.int32]
    Flags = NDArray[np.bool_]

SKEW = 4  # rows of cells after which those of a long thin layer move on by one slot
CROWD = 64  # more segments with their middles in one slot: the cells are too wide


@compiled
def ring_segments(
    points: Floats,
    rings: Ints,
    shells: Flags,
    first: Ints,
    last: Ints,
    start: Floats,
    end: Floats,
    owner: Positions,
) -> int:
    """Directed segments of polygons, interior on the left, without those of length zero.

    Ring r runs through ``points[rings[r]:rings[r + 1]]`` and is a shell or a hole; polygon p has
    the rings from ``first[p]`` up to, not including, ``last[p]``. Fills `start`, `end` and
    `owner`, and returns how many segments there are.
    """
    count = 0
    for p in range(len(first)):
        for ring in range(first[p], last[p]):
            from_, to = rings[ring], rings[ring + 1] - 1
            if to < from_:
                continue  # an empty ring
            turned = (_twice_area(points, from_, to) > 0) != shells[ring]
            for step in range(to - from_):
                a = to - step if turned else from_ + step
                b = a - 1 if turned else a + 1
                if points[a, 0] == points[b, 0] and points[a, 1] == points[b, 1]:
                    continue
                for axis in range(2):  # adding 0.0 makes -0.0 and 0.0 one coordinate
                    start[count, axis] = points[a, axis] + 0.0
                    end[count, axis] = points[b, axis] + 0.0
                owner[count] = p
                count += 1
    return count


@compiled
def _twice_area(points: Floats, first: int, last: int) -> float:
    """Twice the signed area of a ring, positive where it is walked counter-clockwise."""
    area = 0.0
    x0, y0 = points[first, 0], points[first, 1]
    for k in range(first, last):
        x, y = points[k, 0] - x0, points[k, 1] - y0
        area += x * (points[k + 1, 1] - y0) - y * (points[k + 1, 0] - x0)
    return area


@compiled
def by_middle(
    start: Floats, end: Floats, cell_m: float, slot: Positions, first: Positions, member: Positions
) -> None:
    """Order segments by the cell of their middle, the same to the bit in both directions.

    Fills the slot of each segment, the first member of each slot, and the members; `first` has
    one place more than there are slots.
    """
    side = grid_side(len(start))
    fullest, before = _count_middles(start, end, slot, first, cell_m, side), len(start) + 1
    while CROWD < fullest < before:  # until finer cells no longer help: stacked parcels
        cell_m, before = cell_m / 8, fullest
        fullest = _count_middles(start, end, slot, first, cell_m, side)
    add_up(first)
    for k in range(len(slot) - 1, -1, -1):  # each slot from its end, so that members ascend
        first[slot[k]] -= 1
        member[first[slot[k]]] = k


@compiled
def reverses(
    start: Floats,
    end: Floats,
    owner: Positions,
    slot: Positions,
    first: Positions,
    member: Positions,
    found: Positions,
    k_from: int,
    k_to: int,
) -> Positions:
    """Exact reverses, in other polygons, of the segments `k_from` to `k_to`.

    Rows of the result, which starts in `found`: segment, its reverse; ascending.
    """
    count = 0
    for k in range(k_from, k_to):
        for at in range(first[slot[k]], first[slot[k] + 1]):
            other = member[at]
            if (
                start[k, 0] == end[other, 0]
                and start[k, 1] == end[other, 1]
                and end[k, 0] == start[other, 0]
                and end[k, 1] == start[other, 1]
                and owner[k] != owner[other]
            ):
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                found[count, 0], found[count, 1] = k, other
                count += 1
    return found[:count]


@compiled
def grid_side(count: int) -> int:
    """Power of two whose square is at least a number of things.

    A grid of so many rows and columns of slots holds them; cells beyond it wrap round, so that
    its size does not depend on the extent of the layer.
    """
    side = 4
    while side * side < count:
        side *= 2
    return side


@compiled
def slot_of(i: int, j: int, side: int) -> int:
    """Slot of a cell; long thin layers wrap round beside themselves, not on top."""
    return ((i + (j >> SKEW)) & (side - 1)) * side + ((j + (i >> SKEW)) & (side - 1))


@compiled
def _count_middles(
    start: Floats, end: Floats, slot: Positions, first: Positions, cell_m: float, side: int
) -> int:
    """Slot of each segment's middle; counts its members and returns how many the fullest has."""
    fullest = 0
    first[:] = 0
    for k in range(len(slot)):
        i = math.floor((start[k, 0] + end[k, 0]) / cell_m)
        j = math.floor((start[k, 1] + end[k, 1]) / cell_m)
        slot[k] = slot_of(i, j, side)
        first[slot[k]] += 1
        fullest = max(fullest, first[slot[k]])
    return fullest


@compiled
def add_up(first: Positions) -> None:
    """Turn counts of members by slot into the end of each slot; the last place is the total."""
    first[-1] = 0
    for s in range(1, len(first)):
        first[s] += first[s - 1]


@compiled
def octant_side(count: int) -> int:
    """The same for a grid whose cells have eight slots each."""
    return grid_side(count // 2)
