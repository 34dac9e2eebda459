"""Leave out the most that room allows: a knapsack solved exactly, in whole numbers.

The tables of sums grow outwards from the item at which the room is used up (D. Pisinger: A minimal
algorithm for the 0-1 knapsack problem, Operations Research 45, 1997): what lies far from it is
settled by bounds and never looked at. Python's own integers do not overflow, so that every
comparison is exact.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_STATES = 3_000_000  # kept at a time; more do not fit into memory
State = tuple[int, int, int]  # weight, worth with its sign changed, and set, the smaller the better


@dataclass(frozen=True)
class LeftOut:
    """Positions left out, and whether it is settled that nothing is better."""

    chosen: frozenset[int]
    settled: bool


@dataclass(frozen=True)
class _Items:
    """Items by falling worth per weight, each with its bit in a set; the first of all is largest.

    Parameters
    ----------
    worth, weight, bit
        Of each item.
    room
        Largest sum of weights.
    """

    worth: list[int]
    weight: list[int]
    bit: list[int]
    room: int


def most_left_out(
    values: Sequence[int], weights: Sequence[int], *, room: int, until: float
) -> LeftOut:
    """Choose items of the largest value within a room.

    Parameters
    ----------
    values, weights
        Whole numbers above 0, one each per item.
    room
        Largest sum of weights, 0 or more.
    until
        When to stop, on the clock of ``time.monotonic``, in seconds.

    Returns
    -------
    LeftOut
        Ties go to the smaller weight, then to the choice that first does without an item that the
        other takes. Not settled if time or memory ran out; then the best one found.

    Examples
    --------
    >>> most_left_out([6, 5, 5], [60, 50, 50], room=100, until=float("inf"))
    LeftOut(chosen=frozenset({1, 2}), settled=True)
    """
    count, scale = len(values), sum(weights) + 1
    # one number ranks by value, then by smaller weight
    worth = [v * scale - w for v, w in zip(values, weights, strict=True)]
    fitting = [k for k in range(count) if weights[k] <= room]
    fitting.sort(key=lambda k: Fraction(worth[k], weights[k]), reverse=True)
    items = _Items(
        [worth[k] for k in fitting],
        [weights[k] for k in fitting],
        [1 << (count - 1 - k) for k in fitting],
        room,
    )
    best, settled = _best(items, until=until)
    chosen = frozenset(k for k in range(count) if best[2] >> (count - 1 - k) & 1)
    return LeftOut(chosen, settled)


def _best(items: _Items, *, until: float) -> tuple[State, bool]:
    """The best state, and whether it is known to be."""
    split, first = _split(items)
    best = _filled(items, first, start=split)
    if split == len(items.weight):
        return best, True
    left, right = _open(items, split, first=first, best=best)
    states = [first]
    while left or right:
        for side, sign in ((left, -1), (right, 1)):
            if side:
                k = side.pop(0)
                states = _with(states, _times(items, k, sign))
                best = min(best, _best_within(states, items.room) or best, key=_rank)
                states = _hopeful(items, states, best=best, around=(left[:1], right[:1]))
        if not states:
            break
        if len(states) > MOST_STATES or time.monotonic() > until:
            return best, False
    return best, True


def _rank(state: State) -> tuple[int, int]:
    return state[1:]


def _split(items: _Items) -> tuple[int, State]:
    """How many of the best items fit one after the other, and they as a state."""
    state, split = (0, 0, 0), 0
    for k in range(len(items.weight)):
        after = _plus(state, _times(items, k, 1))
        if after[0] > items.room:
            break
        state, split = after, k + 1
    return split, state


def _filled(items: _Items, state: State, *, start: int) -> State:
    """A state with what still fits, item by item."""
    for k in range(start, len(items.weight)):
        after = _plus(state, _times(items, k, 1))
        state = after if after[0] <= items.room else state
    return state


def _open(items: _Items, split: int, *, first: State, best: State) -> tuple[list[int], list[int]]:
    """Items that are not settled by a bound, on either side of the split, the nearest first."""
    worth, weight = items.worth[split], items.weight[split]
    slack, short = items.room - first[0], -first[1] + best[1]

    def may_change(k: int, sign: int) -> bool:
        gain, room = sign * items.worth[k], slack - sign * items.weight[k]
        return (short + gain) * weight + room * worth >= 0

    left = [k for k in reversed(range(split)) if may_change(k, -1)]
    right = [k for k in range(split, len(items.weight)) if may_change(k, 1)]
    return left, right


def _times(items: _Items, k: int, sign: int) -> State:
    return sign * items.weight[k], -sign * items.worth[k], sign * items.bit[k]


def _plus(state: State, change: State) -> State:
    return state[0] + change[0], state[1] + change[1], state[2] + change[2]


def _with(states: list[State], change: State) -> list[State]:
    """States with and without a change, by weight, but those that a lighter one beats."""
    a, b, c = change
    both = sorted(states + [(w + a, v + b, s + c) for w, v, s in states])
    kept, least = [], None
    for state in both:
        if least is None or state[1] < least:
            kept.append(state)
            least = state[1]
    return kept


def _best_within(states: list[State], room: int) -> State | None:
    """The heaviest state within the room: of those that are kept the heavier is the better."""
    place = bisect_right(states, room, key=lambda state: state[0])
    return states[place - 1] if place else None


def _hopeful(
    items: _Items, states: list[State], *, best: State, around: tuple[list[int], list[int]]
) -> list[State]:
    """States that may yet become as good as the best, by the next item of either side."""
    left, right = around
    place = bisect_right(states, items.room, key=lambda state: state[0])
    light, heavy = states[:place], states[place:]
    return [
        *(_reaching(items, light, k=right[0], best=best) if right else ()),
        *(_reaching(items, heavy, k=left[0], best=best) if left else ()),
    ]


def _reaching(items: _Items, states: list[State], *, k: int, best: State) -> list[State]:
    """States as good as the best if the room left, or lacking, were worth what item k is."""
    worth, weight = items.worth[k], items.weight[k]
    least = best[1] * weight + items.room * worth
    return [state for state in states if state[1] * weight + state[0] * worth <= least]
