"""Compiled loops for `parting`: connected parts of a graph, covers made of them, and a start.

What a part is off is ``abs(scale * its weight - total)``, in whole numbers. A walk that has taken
as many steps as it may stops, and goes on where it was when it is called again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.segments import Ints

    Flags = NDArray[np.bool_]

WORD = 62  # nodes in one word of a set, so that no sign is in the way
DEPTH, BEGUN, LOOK, WEIGHT, FOUND = 0, 1, 2, 3, 4  # where a walk is
LIMIT = 2  # in the place of LOOK, of the walk through covers
DICE, MODULUS = 48271, 2147483647  # Park and Miller's random numbers, the same on every machine


class Graph(NamedTuple):
    """Where the neighbors of each node start, the neighbors, and the weights of the nodes."""

    first: Ints
    neighbor: Ints
    weight: Ints


class Aim(NamedTuple):
    """What `parting` asks for: ``scale * weight`` near `total` for each of `units` parts."""

    scale: int
    total: int
    units: int


class Room(NamedTuple):
    """Room to work in, as long as there are nodes: rows of numbers and of flags."""

    numbers: Ints  # candidates, the next and the last at each depth, nodes taken, a queue
    flags: Flags  # near, inside, seen


@compiled
def rest_fits(graph: Graph, aim: Aim, room: Room, limit: int, units: int) -> bool:
    """Whether what is not inside may fall into parts, as far as the weights of its pieces tell."""
    queue, inside, seen = room.numbers[4], room.flags[1], room.flags[2]
    fewest = 0
    most = 0
    seen[:] = inside
    for start in range(len(seen)):
        if seen[start]:
            continue
        seen[start] = True
        queue[0] = start
        stop = 1
        heavy = 0
        at = 0
        while at < stop:
            node = queue[at]
            at += 1
            heavy += graph.weight[node]
            for e in range(graph.first[node], graph.first[node + 1]):
                other = graph.neighbor[e]
                if not seen[other]:
                    seen[other] = True
                    queue[stop] = other
                    stop += 1
        few = max(1, -((-aim.scale * heavy) // (aim.total + limit)))
        many = stop
        if aim.total > limit:
            many = min(many, aim.scale * heavy // (aim.total - limit))
        fewest += few
        most += many
        if few > many or fewest > units:
            return False
    return most >= units


@compiled
def _opened(graph: Graph, room: Room, anchor: int, node: int, stop: int) -> int:
    """Put the new neighbors of a node behind the candidates, and tell where they end."""
    for e in range(graph.first[node], graph.first[node + 1]):
        other = graph.neighbor[e]
        if other > anchor and not room.flags[0, other]:
            room.flags[0, other] = True
            room.numbers[0, stop] = other
            stop += 1
    return stop


@compiled
def _start(graph: Graph, room: Room, anchor: int, walk: Ints) -> None:
    """Begin a walk with a set of one node."""
    room.flags[:2] = False
    room.flags[:2, anchor] = True
    room.numbers[1, 0] = 0
    room.numbers[2, 0] = _opened(graph, room, anchor, anchor, 0)
    room.numbers[3, 0] = anchor
    walk[DEPTH] = 0
    walk[BEGUN] = walk[LOOK] = 1
    walk[WEIGHT] = graph.weight[anchor]


@compiled
def _keep(
    graph: Graph, aim: Aim, room: Room, limit: int, walk: Ints, off: Ints, sets: Ints
) -> None:
    """Keep the set where the walk is, if it is near enough and its rest may fall into parts."""
    apart = abs(aim.scale * walk[WEIGHT] - aim.total)
    if apart <= limit and rest_fits(graph, aim, room, limit, aim.units - 1):
        found = walk[FOUND]
        off[found] = apart
        for node in room.numbers[3, : walk[DEPTH] + 1]:
            sets[found, node // WORD] |= 1 << (node % WORD)
        walk[FOUND] += 1


@compiled
def more_parts(
    graph: Graph,
    aim: Aim,
    room: Room,
    anchor: int,
    limit: int,
    walk: Ints,
    off: Ints,
    sets: Ints,
    steps: int,
) -> bool:
    """Connected sets of nodes of which `anchor` is the first, each once; whether these are all.

    Sets grow by one of the nodes around them; those passed over stay out of what grows from there
    (S. Wernicke: Efficient detection of network motifs, IEEE/ACM TCBB 3, 2006). Kept are those
    that are off by no more than the limit, and whose rest may fall into parts.
    """
    candidate, place, end, taken = (
        room.numbers[0],
        room.numbers[1],
        room.numbers[2],
        room.numbers[3],
    )
    near, inside = room.flags[0], room.flags[1]
    if walk[BEGUN] == 0:
        _start(graph, room, anchor, walk)
    depth, heavy = walk[DEPTH], walk[WEIGHT]
    for _ in range(steps):
        if depth < 0 or walk[FOUND] == len(off):
            break
        if walk[LOOK] == 1:
            walk[LOOK], walk[DEPTH], walk[WEIGHT] = 0, depth, heavy
            _keep(graph, aim, room, limit, walk, off, sets)
        elif place[depth] < end[depth]:
            node = candidate[place[depth]]
            place[depth] += 1
            if aim.scale * (heavy + graph.weight[node]) - aim.total <= limit:
                end[depth + 1] = _opened(graph, room, anchor, node, end[depth])
                place[depth + 1] = place[depth]
                depth += 1
                taken[depth] = node
                inside[node] = True
                heavy += graph.weight[node]
                walk[LOOK] = 1
        else:
            if depth > 0:
                for e in range(end[depth - 1], end[depth]):
                    near[candidate[e]] = False
                inside[taken[depth]] = False
                heavy -= graph.weight[taken[depth]]
            depth -= 1
    walk[DEPTH] = depth
    walk[WEIGHT] = heavy
    return depth < 0


@compiled
def _uncovered(covered: Ints, count: int) -> int:
    """The first node that is in none of the sets taken."""
    for k in range(count):
        if not covered[k // WORD] >> (k % WORD) & 1:
            return k
    return count


@compiled
def more_covers(
    graph: Graph,
    aim: Aim,
    room: Room,
    start: Ints,
    walk: Ints,
    covered: Ints,
    off: Ints,
    sets: Ints,
    best: Ints,
    steps: int,
) -> bool:
    """Sets that cover every node once and are off by less and less; whether none is left.

    Sets are grouped by their first node, from `start`, and in a group by what they are off.
    `best` holds those of the best cover, `walk` the limit that is left for a better one.
    """
    at, stop, taken, inside = room.numbers[1], room.numbers[2], room.numbers[3], room.flags[1]
    count = len(graph.weight)
    if walk[BEGUN] == 0:
        walk[BEGUN] = 1
        at[0], stop[0] = start[0], start[1]
        covered[0] = 0
    depth = walk[DEPTH]
    for _ in range(steps):
        if depth < 0:
            break
        k = at[depth]
        if k >= stop[depth] or off[k] > walk[LIMIT]:
            depth -= 1
            continue
        at[depth] += 1
        apart = True
        for w in range(sets.shape[1]):
            apart = apart and covered[depth, w] & sets[k, w] == 0
            covered[depth + 1, w] = covered[depth, w] | sets[k, w]
        if not apart:
            continue
        taken[depth] = k
        node = _uncovered(covered[depth + 1], count)
        if node == count and depth + 1 == aim.units:
            best[:] = taken[: aim.units]
            walk[LIMIT] = off[best].max() - 1
            continue
        for j in range(count):
            inside[j] = covered[depth + 1, j // WORD] >> (j % WORD) & 1
        if rest_fits(graph, aim, room, walk[LIMIT], aim.units - depth - 1) and node < count:
            depth += 1
            at[depth], stop[depth] = start[node], start[node + 1]
    walk[DEPTH] = depth
    return depth < 0
