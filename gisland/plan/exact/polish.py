"""A plan made better site by site, by tables of sums over the scraps that nothing hangs on.

Where many scraps compete, some choice of them mostly fills a site's budget to the last hundredth,
but a search comes upon it late or never. A table over some twenty scraps finds it at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from gisland.plan.exact.knapsack import WIDEST, sums
from gisland.plan.exact.problem import NO_LIMIT, total, worth

if TYPE_CHECKING:
    from gisland.plan.exact.problem import Problem

LARGEST = 40_000_000  # sums times scraps of one table: a fifth of a second
FEWEST = 4  # with fewer scraps there is next to nothing to choose
ROUNDS = 2


def polished(
    problem: Problem, plan: np.ndarray, *, within: np.ndarray, seconds: float
) -> np.ndarray:
    """Choose the loose scraps of each site anew, as well as a table can.

    Parameters
    ----------
    problem
        One component.
    plan
        A plan within the limits that holds together.
    within
        Bool of each pair: those that may be taken.
    seconds
        Time after which no other site is begun with.

    Returns
    -------
    numpy.ndarray
        A plan that is no worse.

    Examples
    --------
    >>> from gisland.plan.exact.problem import Problem
    >>> ones = np.ones(5, dtype="int64")
    >>> one = Problem(
    ...     scrap=np.arange(5),
    ...     site=ones * 0,
    ...     area=np.array([60, 50, 50, 7, 9]),
    ...     border=ones,
    ...     budget=np.array([100]),
    ...     count=np.array([9]),
    ...     scraps=5,
    ... )
    >>> first = np.array([True, False, False, False, False])
    >>> polished(one, first, within=ones > 0, seconds=9.0).tolist()
    [False, True, True, False, False]
    """
    deadline = time.monotonic() + seconds
    within = within & problem.allowed
    for _ in range(ROUNDS):
        before = plan
        for site in range(len(problem.budget)):
            if time.monotonic() >= deadline:
                return plan
            other = _refilled(problem, plan, site, within=within)
            if worth(problem, other) > worth(problem, plan):
                plan = other
        if plan is before:
            break
    return plan


def _refilled(problem: Problem, plan: np.ndarray, site: int, *, within: np.ndarray) -> np.ndarray:
    """One site's scraps that nothing hangs on, and free ones beside the rest, chosen anew."""
    if problem.budget[site] == NO_LIMIT:
        return plan
    mine = problem.site == site
    core = _core(problem, plan & mine)
    loose = plan & mine & ~core
    free = within & mine & ~np.isin(problem.scrap, problem.scrap[plan]) & _beside(problem, core)
    room = int(problem.budget[site]) - total(problem.area, core)
    width = max(min(room, total(problem.area, loose | free)) + 1, 1)
    most = min(LARGEST // width, int(problem.count[site] - core.sum()))
    if width > WIDEST or most < FEWEST:
        return plan
    # half of them from either side; of what is left out, the plan keeps what it has
    kept = np.flatnonzero(loose)[max(most // 2, most - int(free.sum())) :]
    room -= int(problem.area[kept].sum())
    some = np.setdiff1d(np.flatnonzero(loose), kept)
    some = np.union1d(some, np.flatnonzero(free)[: most - len(some)])
    table = sums(problem.area[some], problem.border[some], budget=room, rank=problem.rank[some])
    other = plan.copy()
    other[some] = table.subset(room)
    return other


def _core(problem: Problem, taken: np.ndarray) -> np.ndarray:
    """Scraps of one site through which others are held to it, each through one that is nearer."""
    core = np.zeros(len(taken), dtype=bool)
    chain = problem.chain
    if chain is None:
        return core
    front = taken & chain.direct
    seen = front.copy()
    while front.any():
        beyond = taken & ~seen & ((chain.graph @ front.astype("int64")) > 0)
        for k in np.flatnonzero(beyond):
            near = chain.graph.indices[chain.graph.indptr[k] : chain.graph.indptr[k + 1]]
            core[near[front[near]].min()] = True
        seen |= beyond
        front = beyond
    return core


def _beside(problem: Problem, core: np.ndarray) -> np.ndarray:
    """Pairs that the site itself or its core holds."""
    if problem.chain is None:
        return np.ones(len(core), dtype=bool)
    return problem.chain.direct | np.asarray((problem.chain.graph @ core.astype("int64")) > 0)
