"""Part a connected graph into connected parts whose weights are as near a mean as can be.

All connected sets that are near enough to the mean to be part of something better than a good
start are listed; then the best cover of the graph by such sets is searched. In whole numbers, so
that nothing is lost to rounding. A mixed-integer programme proves little here: a part of every
node, each by a fraction, is off by nothing at all.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, shortest_path

from gisland.base.errors import TableError
from gisland.topology.parting_loops import (
    BEGUN,
    DEPTH,
    FOUND,
    LIMIT,
    LOOK,
    WORD,
    Aim,
    Graph,
    Room,
    more_covers,
    more_parts,
)
from gisland.topology.recutting_loops import recut

if TYPE_CHECKING:
    from gisland.topology.segments import Ints

ROUNDS = 100_000  # of the search for a start, at most
EACH, VISITS = 1_000, 20_000_000  # rounds for each node, nodes looked at in all of them
LONGER = 10  # times as many where nothing was proved
STEPS = 200_000  # between two looks at the clock
MOST_WORDS = 4_000_000  # of sets listed at a time; more take the memory of other work
FEW, MORE = 256, 4  # sets that covers are first made of, and how many times more the next time


@dataclass(frozen=True)
class Parted:
    """Part of each node, how far the worst part is off, and what is proved of that.

    Attributes
    ----------
    label
        Number of the part of each node, from 0 in the order of their first nodes.
    worst, bound
        ``abs(scale * weight - total)`` of the worst part, and the least that any parts come to.
    settled
        Whether nothing is better.
    """

    label: Ints
    worst: int
    bound: int
    settled: bool


@dataclass(frozen=True)
class _Sets:
    """Connected sets by first node and what they are off, complete up to a limit for some nodes."""

    off: Ints
    sets: Ints
    first: Ints
    limit: int
    nodes: int


def parted(weights: Ints, pairs: tuple[Ints, Ints], *, aim: Aim, seconds: float) -> Parted:
    """Part a graph into connected parts, the worst of which is off by the least.

    Among parts that are equally good those are taken that the search meets first: it goes through
    the nodes from the far end of the graph, and depends on the order of nodes alone.

    Parameters
    ----------
    weights
        Whole number above 0 of each node.
    pairs
        Positions of two nodes that are linked, in one or both directions.
    aim
        The mean, as the fraction ``total / scale``, and the number of parts.
    seconds
        Time limit; where it is reached the answer may depend on the machine.

    Returns
    -------
    Parted
        As many parts as asked for, none empty.

    Raises
    ------
    TableError
        If the graph is not connected, or there are more parts than nodes.

    Examples
    --------
    >>> row = np.array([0, 1, 2]), np.array([1, 2, 3])
    >>> found = parted(np.array([5, 1, 1, 5]), row, aim=Aim(2, 12, 2), seconds=5.0)
    >>> found.label.tolist(), found.worst, found.settled
    ([0, 0, 1, 1], 0, True)
    """
    until = time.monotonic() + seconds
    matrix = _matrix(len(weights), pairs)
    order = _sweep(matrix)
    if not len(weights) or len(order) < len(weights) or not 0 < aim.units <= len(weights):
        raise TableError(
            f"graph: {aim.units} connected parts of {len(weights)} nodes cannot be made",
            do="give each connected piece on its own, with at most as many parts as nodes",
        )
    matrix = csr_array(matrix[order][:, order])
    graph = Graph(
        matrix.indptr.astype("int64"), matrix.indices.astype("int64"), weights[order].copy()
    )
    floor = _floor(graph, aim)
    rounds = min(ROUNDS, EACH * len(weights), VISITS // len(weights))
    label = recut(graph, aim, _grown(graph, matrix, aim.units), rounds, floor)
    worst = _worst(graph, aim, label)
    bound = floor
    if worst > floor:
        found = _listed(graph, aim, limit=worst - 1, floor=floor, until=until)
        bound = max(floor, _least(found, worst))
        if bound < worst and found.nodes == len(weights):
            better, bound = _covered(graph, aim, found, bound=bound, until=until)
            label = label if better is None else better
            worst = _worst(graph, aim, label)
        if bound < worst:
            label = recut(graph, aim, label, LONGER * rounds, bound)
            worst = _worst(graph, aim, label)
    bound = min(bound, worst)
    back = np.empty_like(label)
    back[order] = label
    _, first, number = np.unique(back, return_index=True, return_inverse=True)
    return Parted(np.argsort(np.argsort(first))[number], worst, bound, bound == worst)


def _matrix(count: int, pairs: tuple[Ints, Ints]) -> csr_array:
    """Links as a symmetric matrix, columns in order, no node linked with itself."""
    focal, neighbor = (ends[pairs[0] != pairs[1]] for ends in pairs)
    ends = np.append(focal, neighbor), np.append(neighbor, focal)
    matrix = csr_array((np.ones(len(ends[0])), ends), shape=(count, count))
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix


def _sweep(matrix: csr_array) -> Ints:
    """Nodes from one end of the graph to the other: what is left over seldom falls apart."""
    if not matrix.shape[0]:
        return np.array([], dtype="int64")
    far = breadth_first_order(matrix, 0, directed=False, return_predecessors=False)[-1]
    order = breadth_first_order(matrix, far, directed=False, return_predecessors=False)
    return order.astype("int64")


def _floor(graph: Graph, aim: Aim) -> int:
    """The least that any parts come to: one is no lighter, one no heavier than the mean of all."""
    total = int(graph.weight.sum())
    heavy = max(-(-total // aim.units), int(graph.weight.max()))
    return max(aim.scale * heavy - aim.total, aim.total - aim.scale * (total // aim.units), 0)


def _worst(graph: Graph, aim: Aim, label: Ints) -> int:
    size = np.zeros(aim.units, dtype="int64")
    np.add.at(size, label, graph.weight)
    return int(np.abs(aim.scale * size - aim.total).max())


def _grown(graph: Graph, matrix: csr_array, units: int) -> Ints:
    """Parts grown from nodes far from each other, always the lightest by its first neighbor."""
    label = np.full(len(graph.weight), -1)
    steps = np.full(len(graph.weight), np.inf)
    around: list[set[int]] = []
    size = []
    for unit in range(units):
        seed = int(np.argmax(np.where(label < 0, steps, -1.0)))
        label[seed] = unit
        steps = np.minimum(
            steps, shortest_path(matrix, method="D", unweighted=True, indices=seed, directed=False)
        )
        around.append({*graph.neighbor[graph.first[seed] : graph.first[seed + 1]].tolist()})
        size.append(int(graph.weight[seed]))
    for _ in range(len(label) - units):
        for unit in range(units):
            around[unit] = {k for k in around[unit] if label[k] < 0}
        unit = min((u for u in range(units) if around[u]), key=lambda u: size[u])
        node = min(around[unit])
        label[node] = unit
        size[unit] += int(graph.weight[node])
        around[unit] |= {*graph.neighbor[graph.first[node] : graph.first[node + 1]].tolist()}
    return label


def _listed(graph: Graph, aim: Aim, *, limit: int, floor: int, until: float) -> _Sets:
    """Connected sets off by no more than the limit, or than a lower one if they are too many."""
    count = len(graph.weight)
    words = -(-count // WORD)
    most = MOST_WORDS // words
    off, sets = np.zeros(most, dtype="int64"), np.zeros((most, words), dtype="int64")
    first = np.zeros(most, dtype="int64")
    room, walk = _room(count), np.zeros(5, dtype="int64")
    nodes = 0
    while nodes < count and limit >= floor:
        before = int(walk[FOUND])
        done = more_parts(graph, aim, room, nodes, limit, walk, off, sets, STEPS)
        first[before : walk[FOUND]] = nodes
        if done:
            nodes += 1
            walk[[DEPTH, BEGUN, LOOK]] = 0
        elif walk[FOUND] == most:
            limit = int(np.partition(off, most // 2)[most // 2]) - 1
            keep = np.flatnonzero(off <= limit)
            walk[FOUND] = len(keep)
            for column in (off, sets, first):
                column[: len(keep)] = column[keep]
                column[len(keep) :] = 0  # the loop sets bits where there are none
        elif time.monotonic() > until:
            break
    found = slice(0, int(walk[FOUND]))
    order = np.lexsort((*sets[found].T, off[found], first[found]))
    return _Sets(off[found][order], sets[found][order], first[found][order], limit, nodes)


def _room(count: int) -> Room:
    return Room(np.zeros((5, count + 1), dtype="int64"), np.zeros((3, count), dtype=np.bool_))


def _least(found: _Sets, worst: int) -> int:
    """What the worst part is off at least, as some part holds each of the nodes."""
    least = 0
    for node in range(found.nodes):
        holds = found.sets[:, node // WORD] >> (node % WORD) & 1 == 1
        least = max(least, int(found.off[holds].min(initial=min(found.limit + 1, worst))))
    return least


def _covered(
    graph: Graph, aim: Aim, found: _Sets, *, bound: int, until: float
) -> tuple[Ints | None, int]:
    """The best cover by connected sets, if there is one and time for it, and the proved bound.

    Covers are made of the best few sets first. If there is one, every better one is made of them,
    too; if there is none, every cover has a set that is worse.
    """
    start = np.searchsorted(found.first, np.arange(len(graph.weight) + 1))
    ranked = np.sort(found.off)
    few = int(np.searchsorted(ranked, bound, "right")) + FEW
    while True:
        limit = int(ranked[few - 1]) if few < len(ranked) else found.limit
        walk = np.array([0, 0, limit, 0, 0], dtype="int64")
        best = np.full(aim.units, -1)
        room, covered = _room(len(graph.weight)), np.zeros((aim.units + 1, found.sets.shape[1]))
        taken = covered.astype("int64")
        done = False
        while not done and (not walk[BEGUN] or time.monotonic() < until):
            done = more_covers(
                graph, aim, room, start, walk, taken, found.off, found.sets, best, STEPS
            )
        if best[0] >= 0:
            label = _label(found.sets[best], len(graph.weight))
            return label, int(walk[LIMIT]) + 1 if done else bound
        if not done:
            return None, bound
        bound = limit + 1
        if limit == found.limit:
            return None, bound
        few *= MORE


def _label(sets: Ints, count: int) -> Ints:
    """Number of the set that holds each node."""
    node = np.arange(count)
    return np.argmax(sets[:, node // WORD] >> (node % WORD) & 1, axis=0)
