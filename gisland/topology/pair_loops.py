"""Compiled loops over rows of pairs of polygons, and over stretches of their boundary."""

from __future__ import annotations

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
def both_ways(low: Positions, high: Positions, count: int) -> tuple[Ints, Ints]:
    """Rows (focal, pair) of a symmetric table, sorted by focal and neighbor.

    Parameters are the ends of sorted pairs, the lower one first.
    """
    pairs = len(low)
    first = np.zeros(count + 1, np.int64)
    for k in range(pairs):
        first[low[k] + 1] += 1
        first[high[k] + 1] += 1
    for n in range(count):
        first[n + 1] += first[n]
    focal, pair = np.empty(2 * pairs, np.int64), np.empty(2 * pairs, np.int64)
    for k in range(pairs):  # lower neighbors come first, and come in order
        focal[first[high[k]]], pair[first[high[k]]] = high[k], k
        first[high[k]] += 1
    for k in range(pairs):
        focal[first[low[k]]], pair[first[low[k]]] = low[k], k
        first[low[k]] += 1
    return focal, pair


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
def uncovered(length_m: Floats, near: Floats) -> Floats:
    """Parts of segments that no stretch covers: segment, start and end along it in metres."""
    free = np.empty((len(length_m) + len(near), 3))
    count, row = 0, 0
    for k in range(len(length_m)):
        reached = 0.0
        while row < len(near) and near[row, 0] == k:
            if near[row, 2] > reached:
                free[count, 0], free[count, 1], free[count, 2] = k, reached, near[row, 2]
                count += 1
            reached = max(reached, near[row, 3])
            row += 1
        if length_m[k] > reached:
            free[count, 0], free[count, 1], free[count, 2] = k, reached, length_m[k]
            count += 1
    return free[:count].copy()
