"""Compiled loop for `parting`: parts made more even by joining two and cutting a tree of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled
from gisland.topology.parting_loops import DICE, MODULUS, Aim, Graph

if TYPE_CHECKING:
    from gisland.topology.segments import Ints

WARM, COLD, CYCLES = 0.1, 1e-4, 4  # shares of the aim that a step may be worse by, and how often
DEEP = 2  # one of so many steps goes on from the node reached last


@compiled
def _tree(
    graph: Graph, label: Ints, root: int, other: int, work: Ints, dice: int
) -> tuple[int, int]:
    """A random tree of the nodes of two parts, grown from a root: how many nodes, and the dice.

    `work`: rows of nodes in order, the place of the parent of each, whether reached, and two of
    links that lead on.
    """
    order, above, reached, onward, behind = work[0], work[1], work[2], work[3], work[4]
    reached[:] = 0
    one, two = label[root], label[other]
    order[0], above[0], reached[root] = root, -1, 1
    count, at, waiting = 1, 0, 0
    while at >= 0:
        here, node = at, order[at]
        at = -1
        for e in range(graph.first[node], graph.first[node + 1]):
            there = graph.neighbor[e]
            if not reached[there] and (label[there] == one or label[there] == two):
                onward[waiting], behind[waiting] = there, here
                waiting += 1
        while waiting > 0 and at < 0:
            dice = dice * DICE % MODULUS
            pick = waiting - 1 if dice % DEEP == 0 else (dice // DEEP) % waiting
            there, parent = onward[pick], behind[pick]
            waiting -= 1
            onward[pick], behind[pick] = onward[waiting], behind[waiting]
            if not reached[there]:
                reached[there] = 1
                order[count], above[count] = there, parent
                at = count
                count += 1
    return count, dice


@compiled
def _cut(graph: Graph, aim: Aim, work: Ints, count: int) -> tuple[int, int]:
    """Where the tree is best cut: the place of the node whose branch goes, and its weight."""
    order, above, branch = work[0], work[1], work[5]
    for k in range(count):
        branch[k] = graph.weight[order[k]]
    for k in range(count - 1, 0, -1):
        branch[above[k]] += branch[k]
    both, where, least = branch[0], 0, -1
    for k in range(1, count):
        worse = max(
            abs(aim.scale * branch[k] - aim.total), abs(aim.scale * (both - branch[k]) - aim.total)
        )
        if least < 0 or worse < least:
            where, least = k, worse
    return where, branch[where]


@compiled
def _squares(aim: Aim, one: int, two: int) -> float:
    total = float(aim.total)
    return ((aim.scale * one - total) / total) ** 2 + ((aim.scale * two - total) / total) ** 2


@compiled
def recut(graph: Graph, aim: Aim, given: Ints, rounds: int, enough: int) -> Ints:
    """Parts at least as even as those given: label of each node.

    Two parts that touch are joined, a random tree of both is cut where they get the most even, and
    the cut is kept if it is not much worse; less and less worse is allowed as rounds go by.
    Neither clock nor chance: the same input gives the same parts.
    """
    label, best = given.copy(), given.copy()
    size = np.zeros(aim.units, dtype=np.int64)
    for k in range(len(label)):
        size[label[k]] += graph.weight[k]
    worst = np.abs(aim.scale * size - aim.total).max()
    work = np.zeros((6, max(len(label), len(graph.neighbor)) + 1), dtype=np.int64)
    dice = 1
    for step in range(rounds):
        if worst <= enough:
            break
        dice = dice * DICE % MODULUS
        root = dice % len(label)
        degree = graph.first[root + 1] - graph.first[root]
        if degree == 0:
            continue
        dice = dice * DICE % MODULUS
        other = graph.neighbor[graph.first[root] + dice % degree]
        one, two = label[root], label[other]
        if one == two:
            continue
        count, dice = _tree(graph, label, root, other, work, dice)
        where, heavy = _cut(graph, aim, work, count)
        rest = size[one] + size[two] - heavy
        cool = (step * CYCLES % rounds) / rounds
        slack = (WARM * (COLD / WARM) ** cool) ** 2
        if _squares(aim, rest, heavy) > _squares(aim, size[one], size[two]) + slack:
            continue
        size[one], size[two] = rest, heavy
        work[2, :count] = 0
        work[2, where] = 1
        for k in range(count):
            if k > where and work[2, work[1, k]]:
                work[2, k] = 1
            label[work[0, k]] = two if work[2, k] else one
        now = np.abs(aim.scale * size - aim.total).max()
        if now < worst:
            worst = now
            best[:] = label
    return best
