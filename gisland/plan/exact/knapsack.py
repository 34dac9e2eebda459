"""Exact plans by dynamic programming over whole hundredths of a square metre.

Which areas sum up closest to a budget is where branch and bound is weakest (20 candidates can
take HiGHS many seconds), while a table over all sums needs no search at all. A site has a table
of its own; the few scraps that several sites want are tried in every way.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Weights = tuple["np.ndarray", "np.ndarray", "np.ndarray"]  # rank, area and border of each pair
Worth = tuple[int, int, int]  # their sums
WIDEST = 5_000_000  # sums held at once: budgets of 5 ha in all
MOST_CELLS = 800_000_000  # sums times candidates: 100 MB of bits
MOST_WAYS = 20_000  # ways to give the scraps that several sites want


@dataclass(frozen=True)
class Sums:
    """All sums that some candidates can make, with the longest border of each.

    Parameters
    ----------
    area
        Whole numbers of the candidates, in the order that breaks ties.
    longest
        Rank and border of the best subset of each sum as one number; -1 where no subset makes it.
    reach
        Best sum that can be made up to each number: of the highest rank, then the largest.
    scale
        What a rank of one counts in `longest`: more than any border.
    taken
        Bits for each candidate, the last first: whether the best subset of a sum takes it.
    """

    area: np.ndarray
    longest: np.ndarray
    reach: np.ndarray
    scale: int
    taken: tuple[np.ndarray, ...]

    def subset(self, room: int) -> np.ndarray:
        """Best subset within a room: of the highest rank, the largest area, the longest border."""
        left = int(self.reach[self.within(room)])
        chosen = np.zeros(len(self.area), dtype=bool)
        for k, bits in enumerate(reversed(self.taken)):
            place = left - int(self.area[k])
            if place >= 0 and bits[place // 8] >> (7 - place % 8) & 1:
                chosen[k] = True
                left = place
        return chosen

    def best(self, room: int) -> tuple[int, int, int]:
        """Rank, area and border of the best subset within a room."""
        total = int(self.reach[self.within(room)])
        rank, border = divmod(int(self.longest[total]), self.scale)
        return rank, total, border

    def within(self, room: int) -> int:
        """Place of a room in the table; more room than all candidates need is all the same."""
        return min(room, len(self.reach) - 1)


def sums(
    area: np.ndarray, border: np.ndarray, *, budget: int, rank: np.ndarray | None = None
) -> Sums:
    """Table of all sums up to a budget.

    Parameters
    ----------
    area, border
        Whole numbers of each candidate, in the order that breaks ties; none negative.
    budget
        Largest sum of areas, not negative.
    rank
        What comes before the area, a whole number of each candidate; None: nothing does.

    Returns
    -------
    Sums
        Of at most ``budget + 1`` entries.

    Examples
    --------
    >>> table = sums(np.array([60, 50, 50]), np.array([9, 1, 1]), budget=100)
    >>> table.subset(100).tolist(), table.best(100), table.best(99)
    ([False, True, True], (0, 100, 2), (0, 60, 9))
    """
    width, scale = _width(area, budget), int(border.sum()) + 1
    value = border if rank is None else rank * scale + border
    longest = _nothing(width)
    taken = tuple(
        _with(longest, int(a), int(v)) for a, v in zip(area[::-1], value[::-1], strict=True)
    )
    return Sums(
        area,
        longest,
        _reach(longest, scale, ranked=rank is not None and bool(rank.any())),
        scale,
        taken,
    )


def _nothing(width: int) -> np.ndarray:
    """Table of sums of no candidates: only nothing can be made."""
    longest = np.full(width, -1, dtype="int64")
    longest[0] = 0
    return longest


def _with(longest: np.ndarray, size: int, value: int) -> np.ndarray:
    """Put one candidate before those of a table, in place; bits of the sums that take it."""
    below = longest[: max(len(longest) - size, 0)]
    with_it = np.where(below >= 0, below + value, -1)
    better = (with_it >= 0) & (with_it >= longest[len(longest) - len(below) :])
    longest[len(longest) - len(below) :][better] = with_it[better]
    return np.packbits(better)


def _reach(longest: np.ndarray, scale: int, *, ranked: bool) -> np.ndarray:
    """Best sum up to each number: of the highest rank, then the largest."""
    place = np.arange(len(longest))
    if not ranked:
        return np.maximum.accumulate(np.where(longest >= 0, place, -1))
    key = np.where(longest >= 0, longest // scale * len(longest) + place, -1)
    return np.maximum.accumulate(key) % len(longest)


def _width(area: np.ndarray, budget: int) -> int:
    return min(budget, int(area.sum())) + 1


@dataclass(frozen=True)
class Shared:
    """Pairs of a component told apart: those of one site alone, and the ways of the others.

    Parameters
    ----------
    own
        For each site, the positions of the pairs whose scrap only it wants.
    ways
        For each scrap that several sites want, the positions of its pairs.
    """

    own: Mapping[int, np.ndarray]
    ways: tuple[np.ndarray, ...]


def shared(scrap: np.ndarray, site: np.ndarray) -> Shared:
    """Tell pairs of scraps with one site from those with several.

    Parameters
    ----------
    scrap, site
        Position of each pair's scrap and site.

    Returns
    -------
    Shared
        Positions of pairs.

    Examples
    --------
    >>> shared(np.array([0, 1, 1]), np.array([0, 0, 1])).ways
    (array([1, 2]),)
    """
    wanted = np.bincount(scrap)
    alone = wanted[scrap] == 1
    sites = np.unique(site)
    several = np.flatnonzero(wanted > 1)
    own = {int(s): np.flatnonzero(alone & (site == s)) for s in sites}
    return Shared(own, tuple(np.flatnonzero(scrap == c) for c in several))


def fits(parts: Shared, area: np.ndarray, budget: np.ndarray) -> bool:
    """Whether the tables of all sums are small enough, and the ways few enough.

    Parameters
    ----------
    parts
        From `shared`.
    area
        Whole hundredths of a square metre of each pair.
    budget
        Limit of each site.

    Returns
    -------
    bool
        True if `best_plan` is quick and needs little memory.

    Examples
    --------
    >>> one = shared(np.array([0, 1]), np.array([0, 0]))
    >>> fits(one, np.array([700, 600]), np.array([1000]))
    True
    """
    ways = 1
    for pairs in parts.ways:
        ways *= len(pairs) + 1
        if ways > MOST_WAYS:
            return False
    widths = [(_width(area[own], int(budget[s])), len(own)) for s, own in parts.own.items()]
    return sum(w for w, _ in widths) <= WIDEST and sum(w * n for w, n in widths) <= MOST_CELLS


def best_plan(
    parts: Shared,
    area: np.ndarray,
    border: np.ndarray,
    *,
    site: np.ndarray,
    budget: np.ndarray,
    rank: np.ndarray | None = None,
    unlike: np.ndarray | None = None,
) -> np.ndarray:
    """Plan of the largest area within the budgets, then of the longest border, then the first.

    Parameters
    ----------
    parts
        From `shared`.
    area, border
        Whole numbers of each pair, in the order that breaks ties; none negative.
    site
        Position of each pair's site.
    budget
        Limit of each site.
    rank
        What comes before the area, a whole number of each pair; None: nothing does.
    unlike
        The best plan, where the best of the others is asked for; not the empty one.

    Returns
    -------
    numpy.ndarray
        Bool, one per pair.

    Examples
    --------
    >>> scrap, site = np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1])
    >>> area, border = np.array([60, 50, 50, 60]), np.array([1, 9, 1, 1])
    >>> parts = shared(scrap, site)
    >>> best_plan(parts, area, border, site=site, budget=np.array([100, 110])).tolist()
    [True, False, True, True]
    """
    weights = np.zeros_like(area) if rank is None else rank, area, border
    tables = {
        s: sums(area[own], border[own], budget=int(budget[s]), rank=weights[0][own])
        for s, own in parts.own.items()
    }
    best = (-1, -1, -1)
    plans: list[np.ndarray] = []
    for given in _ways(parts):
        room = budget.copy()
        np.subtract.at(room, site[given], area[given])
        if (room < 0).any():
            continue
        if unlike is not None and _is_way_of(parts, given, unlike):
            found = list(_others(parts, weights, room=room, plan=unlike))
        else:
            worth = _worth(weights, given)
            for s, table in tables.items():
                worth = _sum(worth, table.best(int(room[s])))
            if worth < best:
                continue
            found = [(worth, _chosen(parts, tables, given, room=room, pairs=len(area)))]
        for worth, plan in found:
            if worth > best:
                best, plans = worth, []
            if worth == best:
                plans.append(plan)
    return max(plans, key=lambda plan: plan.tolist())


def _worth(weights: Weights, some: np.ndarray) -> Worth:
    """Rank, area and border of some pairs."""
    rank, area, border = (int(weight[some].sum()) for weight in weights)
    return rank, area, border


def _sum(one: Worth, other: Worth) -> Worth:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _is_way_of(parts: Shared, given: np.ndarray, plan: np.ndarray) -> bool:
    """Whether a plan gives the scraps that several sites want in this way."""
    wanted = np.concatenate(parts.ways) if parts.ways else np.empty(0, dtype="int64")
    return set(wanted[plan[wanted]].tolist()) == set(given.tolist())


def _others(
    parts: Shared, weights: Weights, *, room: np.ndarray, plan: np.ndarray
) -> Iterator[tuple[Worth, np.ndarray]]:
    """Plans next to the best that give the wanted scraps in its way: one site differs."""
    for s, own in parts.own.items():
        rank, area, border = (weight[own] for weight in weights)
        other = next_subset(area, border, rank=rank, room=int(room[s]), best=plan[own])
        if other is not None:
            changed = plan.copy()
            changed[own] = other
            yield _worth(weights, changed), changed


def next_subset(
    area: np.ndarray, border: np.ndarray, *, rank: np.ndarray, room: int, best: np.ndarray
) -> np.ndarray | None:
    """Find the best subset within a room but one.

    It is like the best one up to some candidate, unlike it there, and beyond as good as can be:
    for every candidate the table of those after it tells how good.

    Parameters
    ----------
    area, border, rank
        Whole numbers of each candidate, in the order that breaks ties; none negative.
    room
        Largest sum of areas.
    best
        The best subset.

    Returns
    -------
    numpy.ndarray or None
        Bool of each candidate; None if there is no other subset.

    Examples
    --------
    >>> size, best = np.array([60, 50, 50]), np.array([False, True, True])
    >>> next_subset(size, size * 0, rank=size * 0, room=100, best=best).tolist()
    [True, False, False]
    """
    weights, scale, ranked = (rank, area, border), int(border.sum()) + 1, bool(rank.any())
    longest = _nothing(_width(area, room))
    top: Worth = (-1, -1, -1)
    turn = -1
    for k in reversed(range(len(area))):
        start = np.append(np.flatnonzero(best[:k]), [] if best[k] else [k]).astype("int64")
        left = room - int(area[start].sum())
        if left >= 0:
            top_of_rest = _top(longest[: left + 1], scale if ranked else None)
            worth = _sum(_worth(weights, start), top_of_rest)
            # of two equally good ones the one that takes where they part comes first
            if worth > top or (worth == top and not best[k]):
                top, turn = worth, k
        _with(longest, int(area[k]), int(rank[k]) * scale + int(border[k]))
    if turn < 0:
        return None
    found, after = best.copy(), slice(turn + 1, None)
    found[turn] = not best[turn]
    left = room - int(area[: turn + 1][found[: turn + 1]].sum())
    table = sums(area[after], border[after], budget=left, rank=rank[after])
    found[after] = table.subset(left)
    return found


def _top(longest: np.ndarray, scale: int | None) -> Worth:
    """Rank, area and border of the best sum of a table; without ranks it is the largest."""
    if scale is None:
        place = len(longest) - 1 - int((longest[::-1] >= 0).argmax())
        return 0, place, int(longest[place])
    ranks = longest // scale
    place = len(ranks) - 1 - int(ranks[::-1].argmax())
    rank, border = divmod(int(longest[place]), scale)
    return rank, place, border


def _ways(parts: Shared) -> Iterator[np.ndarray]:
    """Every way to give each wanted scrap to one of its sites or to none."""
    for way in itertools.product(*((*pairs.tolist(), -1) for pairs in parts.ways)):
        yield np.array([k for k in way if k >= 0], dtype="int64")


def _chosen(
    parts: Shared,
    tables: Mapping[int, Sums],
    given: np.ndarray,
    *,
    room: np.ndarray,
    pairs: int,
) -> np.ndarray:
    """One way, filled up by the best of each site's own scraps."""
    plan = np.zeros(pairs, dtype=bool)
    plan[given] = True
    for s, own in parts.own.items():
        plan[own[tables[s].subset(int(room[s]))]] = True
    return plan
