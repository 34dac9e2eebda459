"""Best plan of a few scraps by trying them all, cutting off only what cannot be better."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

Value = tuple[int, int, int, int]


@dataclass(frozen=True)
class Part:
    """Scraps and sites that depend on each other, in whole numbers.

    Parameters
    ----------
    options
        For every scrap the sites that may take it, with the border in mm.
    area
        Area of every scrap, in steps of the rounding.
    required
        Whether the scrap is to be absorbed first.
    room, count
        What every site may absorb at most, in the same steps, and how many scraps.
    direct
        Pairs of scrap and site that adjoin.
    links
        Scraps next to each other.
    by_count
        Whether the number of scraps comes before their area.
    """

    options: tuple[tuple[tuple[int, int], ...], ...]
    area: tuple[int, ...]
    required: tuple[bool, ...]
    room: tuple[float, ...]
    count: tuple[float, ...]
    direct: frozenset[tuple[int, int]]
    links: frozenset[tuple[int, int]] = frozenset()
    by_count: bool = False


@dataclass
class _State:
    """Where the search stands, and the best that it has met."""

    room: list[float]
    count: list[float]
    taken: list[int]
    best: Value | None = None
    left: int = 0
    order: list[int] = field(default_factory=list)


def value(part: Part, taken: list[int] | tuple[int, ...]) -> Value:
    """What a plan is worth: required scraps, scraps if they count, area, border.

    Parameters
    ----------
    part
        Scraps and sites.
    taken
        For every scrap the site that takes it, -1 for none.

    Returns
    -------
    tuple of int
        Larger is better, the first number before the second.

    Examples
    --------
    >>> options = (((0, 7),), ((0, 9),))
    >>> one = Part(options, (5, 6), (False, True), (10,), (9,), frozenset({(0, 0), (1, 0)}))
    >>> value(one, [-1, 0])
    (1, 0, 6, 9)
    """
    chosen = [(i, site) for i, site in enumerate(taken) if site >= 0]
    border = sum(dict(part.options[i])[site] for i, site in chosen)
    count = len(chosen) if part.by_count else 0
    required = sum(part.required[i] for i, _ in chosen)
    return (required, count, sum(part.area[i] for i, _ in chosen), border)


def best(
    part: Part, *, work: int, without: tuple[int, ...] | None = None
) -> tuple[Value | None, int]:
    """Value of the best plan, if it can be found with so much work.

    Parameters
    ----------
    part
        Scraps and sites.
    work
        Most plans, finished or begun, that are looked at.
    without
        A plan of which at least one pair is to be left out.

    Returns
    -------
    best : tuple of int or None
        From `value`; None where the work did not suffice, or no plan is allowed.
    left : int
        Work that is left; below 0 where it did not suffice.

    Examples
    --------
    >>> options = (((0, 7),), ((0, 9),))
    >>> one = Part(options, (6, 5), (False, False), (10,), (9,), frozenset({(0, 0), (1, 0)}))
    >>> best(one, work=100)[0], best(one, work=2)[0]
    ((0, 0, 6, 7), None)
    """
    order = sorted(range(len(part.area)), key=lambda i: (-part.required[i], -part.area[i], i))
    state = _State(list(part.room), list(part.count), [-1] * len(order), left=work, order=order)
    gains = [_most(part, order[k:]) for k in range(len(order) + 1)]
    _try(part, state, gains, depth=0, now=(0, 0, 0, 0), without=without)
    return (state.best if state.left >= 0 else None), state.left


def _most(part: Part, scraps: list[int]) -> Value:
    """What scraps are worth if all are taken, each along its longest border."""
    border = sum(max((b for _, b in part.options[i]), default=0) for i in scraps)
    required = sum(part.required[i] for i in scraps)
    count = len(scraps) if part.by_count else 0
    return (required, count, sum(part.area[i] for i in scraps), border)


def _try(
    part: Part,
    state: _State,
    gains: list[Value],
    *,
    depth: int,
    now: Value,
    without: tuple[int, ...] | None,
) -> None:
    """Give the next scrap to each of its sites in turn, then to none."""
    state.left -= 1
    if state.left < 0:
        return
    rest, room = gains[depth], sum(state.room)
    area = now[2] + (rest[2] if rest[2] <= room else int(room))
    hope = (now[0] + rest[0], now[1] + rest[1], area, now[3] + rest[3])
    if state.best is not None and hope <= state.best:
        return
    if depth == len(state.order):
        if _allowed(part, state.taken, without):
            state.best = now
        return
    scrap = state.order[depth]
    size = part.area[scrap]
    for site, border in sorted(part.options[scrap], key=lambda o: -o[1]):
        if size > state.room[site] or state.count[site] < 1:
            continue
        state.room[site] -= size
        state.count[site] -= 1
        state.taken[scrap] = site
        plus = (part.required[scrap], int(part.by_count), size, border)
        then = (now[0] + plus[0], now[1] + plus[1], now[2] + plus[2], now[3] + plus[3])
        _try(part, state, gains, depth=depth + 1, now=then, without=without)
        state.room[site] += size
        state.count[site] += 1
    state.taken[scrap] = -1
    _try(part, state, gains, depth=depth + 1, now=now, without=without)


def _allowed(part: Part, taken: list[int], without: tuple[int, ...] | None) -> bool:
    if without is not None:
        kept = all(site < 0 or taken[i] == site for i, site in enumerate(without))
        if kept:
            return False
    return connected(part, taken)


def connected(part: Part, taken: list[int] | tuple[int, ...]) -> bool:
    """Whether every scrap adjoins its site, or scraps that join it to its site.

    Parameters
    ----------
    part
        Scraps and sites.
    taken
        For every scrap the site that takes it, -1 for none.

    Returns
    -------
    bool
        Also where nothing is taken.

    Examples
    --------
    >>> sides = (((0, 7),), ((0, 0),))
    >>> joined = frozenset({(0, 1), (1, 0)})
    >>> one = Part(sides, (6, 5), (False, False), (20,), (9,), frozenset({(0, 0)}), joined)
    >>> connected(one, [0, 0]), connected(one, [-1, 0])
    (True, False)
    """
    chosen = {i for i, site in enumerate(taken) if site >= 0}
    seen = {i for i in chosen if (i, taken[i]) in part.direct}
    queue = deque(seen)
    while queue and len(seen) < len(chosen):
        here = queue.popleft()
        for there in chosen - seen:
            if taken[there] == taken[here] and (here, there) in part.links:
                seen.add(there)
                queue.append(there)
    return len(seen) == len(chosen)
