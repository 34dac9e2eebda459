"""Compiled loops over rows of pairs of polygons, and over stretches of their boundary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Ints, Positions


@compiled
def pair_order(focal: Positions, neighbor: Positions, count: int) -> Ints:
    """Order of rows by the smaller and then the larger of two positions below `count`.

    Rows of the same unordered pair keep their order.
    """
    rows = len(focal)
    order = np.arange(rows)
    for smaller in (False, True):  # counting sort, the last key first
        first = np.zeros(count + 1, np.int64)
        for k in range(rows):
            key = min(focal[k], neighbor[k]) if smaller else max(focal[k], neighbor[k])
            first[key + 1] += 1
        for n in range(count):
            first[n + 1] += first[n]
        sorted_ = np.empty(rows, np.int64)
        for n in range(rows):
            k = order[n]
            key = min(focal[k], neighbor[k]) if smaller else max(focal[k], neighbor[k])
            sorted_[first[key]] = k
            first[key] += 1
        order = sorted_
    return order


@compiled
def both_ways(
    low: Positions, high: Positions, sums: Floats, count: int
) -> tuple[Positions, Positions, Floats]:
    """Rows of a symmetric table, sorted by focal and neighbor, from those of sorted pairs.

    `low` and `high` are the ends of each pair, below `count`; the columns of `sums` become rows.
    """
    pairs = len(low)
    first = np.zeros(count + 1, np.int64)
    for k in range(pairs):
        first[low[k] + 1] += 1
        first[high[k] + 1] += 1
    for n in range(count):
        first[n + 1] += first[n]
    focal, neighbor = np.empty(2 * pairs, np.int32), np.empty(2 * pairs, np.int32)
    values = np.empty((sums.shape[1], 2 * pairs))
    for turned in (True, False):  # lower neighbors come first, and come in order
        for k in range(pairs):
            a, b = (high[k], low[k]) if turned else (low[k], high[k])
            row = first[a]
            first[a] += 1
            focal[row], neighbor[row] = a, b
            for column in range(sums.shape[1]):
                values[column, row] = sums[k, column]
    return focal, neighbor, values


@compiled
def pair_sums(
    order: Ints,
    focal: Positions,
    neighbor: Positions,
    exact_m: Floats,
    near: Floats,
) -> tuple[Positions, Positions, Floats]:
    """Ends and sums of each unordered pair, from ordered rows.

    The rows are the exact matches and after them the stretches of `near`, see
    `beside_loops.stretches`. Columns of the sums, seen from both sides and halved: border,
    part of it that is not exact, area between the two; and the largest distance.
    """
    rows = len(order)
    low, high = np.empty(rows, np.int32), np.empty(rows, np.int32)
    sums = np.zeros((rows, 4))
    pairs = 0
    for k in order:
        a, b = min(focal[k], neighbor[k]), max(focal[k], neighbor[k])
        if pairs == 0 or low[pairs - 1] != a or high[pairs - 1] != b:
            low[pairs], high[pairs] = a, b
            pairs += 1
        if k < len(exact_m):
            sums[pairs - 1, 0] += exact_m[k] / 2
            continue
        row = near[k - len(exact_m)]
        sums[pairs - 1, 0] += (row[3] - row[2]) / 2
        sums[pairs - 1, 1] += row[4] / 2
        sums[pairs - 1, 2] += row[5] / 2
        sums[pairs - 1, 3] = max(sums[pairs - 1, 3], row[6])
    return low[:pairs].copy(), high[:pairs].copy(), sums[:pairs].copy()


@compiled
def uncovered(
    start: Floats, end: Floats, owner: Positions, near: Floats
) -> tuple[Floats, Floats, Positions]:
    """Pieces of segments that no stretch covers: their starts, ends and owners."""
    most = len(owner) + len(near)
    starts, ends, owners = np.empty((most, 2)), np.empty((most, 2)), np.empty(most, np.int32)
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
    return starts[:count].copy(), ends[:count].copy(), owners[:count].copy()


@compiled
def _differ(starts: Floats, ends: Floats, k: int) -> int:
    """1 if a piece has a length after rounding, else 0."""
    return int(starts[k, 0] != ends[k, 0] or starts[k, 1] != ends[k, 1])
