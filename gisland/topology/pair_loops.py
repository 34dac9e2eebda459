"""Compiled loops over rows of pairs of polygons, and over stretches of their boundary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gisland.topology.compiled import compiled
from gisland.topology.segment_loops import add_up

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Positions


@compiled
def pair_order(
    focal: Positions, neighbor: Positions, first: Positions, before: Positions, order: Positions
) -> None:
    """Order rows by the smaller and then the larger of two positions.

    Rows of the same unordered pair keep their order. `first` has one place more than there are
    positions, `before` and `order` one for each row; `order` is filled, the others are for use
    meanwhile.
    """
    rows = len(focal)
    for key in range(2):  # counting sort, the last key first
        first[:] = 0
        for k in range(rows):
            first[_end(focal, neighbor, k, key)] += 1
        add_up(first)
        for n in range(rows - 1, -1, -1):
            k = n if key == 0 else before[n]
            end = _end(focal, neighbor, k, key)
            first[end] -= 1
            if key == 0:
                before[first[end]] = k
            else:
                order[first[end]] = k


@compiled
def _end(focal: Positions, neighbor: Positions, k: int, key: int) -> int:
    """The larger position of a row, or the smaller."""
    return max(focal[k], neighbor[k]) if key == 0 else min(focal[k], neighbor[k])


@compiled
def pair_sums(
    order: Positions,
    focal: Positions,
    neighbor: Positions,
    exact_m: Floats,
    near: Floats,
    low: Positions,
    high: Positions,
    sums: Floats,
) -> int:
    """Ends and sums of each unordered pair, from ordered rows; returns how many pairs there are.

    The rows are the exact matches and after them the stretches of `near`, see
    `beside_loops.stretches`. Columns of the sums, seen from both sides and halved: border,
    part of it that is not exact, area between the two; and the largest distance.
    """
    pairs = 0
    for k in order:
        a, b = min(focal[k], neighbor[k]), max(focal[k], neighbor[k])
        if pairs == 0 or low[pairs - 1] != a or high[pairs - 1] != b:
            low[pairs], high[pairs] = a, b
            for column in range(4):
                sums[pairs, column] = 0.0
            pairs += 1
        if k < len(exact_m):
            sums[pairs - 1, 0] += exact_m[k] / 2
            continue
        row = near[k - len(exact_m)]
        sums[pairs - 1, 0] += (row[3] - row[2]) / 2
        sums[pairs - 1, 1] += row[4] / 2
        sums[pairs - 1, 2] += row[5] / 2
        if row[4] > 0:
            sums[pairs - 1, 3] = max(sums[pairs - 1, 3], row[6])
    return pairs


@compiled
def both_ways(
    low: Positions,
    high: Positions,
    sums: Floats,
    first: Positions,
    focal: Positions,
    neighbor: Positions,
    values: Floats,
) -> None:
    """Rows of a symmetric table, sorted by focal and neighbor, from those of sorted pairs.

    `low` and `high` are the ends of each pair. Fills `focal`, `neighbor` and `values`, whose rows
    are the columns of `sums`; `first` has one place more than there are positions.
    """
    pairs = len(low)
    first[:] = 0
    for k in range(pairs):
        first[low[k]] += 1
        first[high[k]] += 1
    add_up(first)
    for turned in range(2):  # from the end: higher neighbors come last, in order
        for k in range(pairs - 1, -1, -1):
            a, b = (high[k], low[k]) if turned else (low[k], high[k])
            first[a] -= 1
            focal[first[a]], neighbor[first[a]] = a, b
            for column in range(sums.shape[1]):
                values[column, first[a]] = sums[k, column]


@compiled
def uncovered(
    start: Floats,
    end: Floats,
    owner: Positions,
    near: Floats,
    starts: Floats,
    ends: Floats,
    owners: Positions,
) -> int:
    """Fill in the pieces of segments that no stretch covers; returns how many there are."""
    count, row = 0, 0
    for k in range(len(owner)):
        x, y = start[k, 0], start[k, 1]
        vx, vy = end[k, 0] - x, end[k, 1] - y
        length = math.sqrt(vx * vx + vy * vy)
        reached = 0.0
        while row < len(near) and near[row, 0] == k:
            low, high = near[row, 2], near[row, 3]
            if low > reached:
                starts[count, 0], starts[count, 1] = x, y
                ends[count, 0] = start[k, 0] + low / length * vx
                ends[count, 1] = start[k, 1] + low / length * vy
                owners[count] = owner[k]
                count += _differ(starts, ends, count)
            if high > reached:
                reached = high
                x, y = start[k, 0] + high / length * vx, start[k, 1] + high / length * vy
            row += 1
        if reached < length:
            starts[count, 0], starts[count, 1] = x, y
            ends[count, 0], ends[count, 1] = end[k, 0], end[k, 1]
            owners[count] = owner[k]
            count += _differ(starts, ends, count)
    return count


@compiled
def _differ(starts: Floats, ends: Floats, k: int) -> int:
    """1 if a piece has a length after rounding, else 0."""
    return int(starts[k, 0] != ends[k, 0] or starts[k, 1] != ends[k, 1])
