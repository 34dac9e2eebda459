"""Exact solution of one component: by tables of sums where they fit, else by search.

What is known of a component without regard to what holds scraps together is tried first: the best
of all plans is the best of the connected ones if it is connected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gisland.plan.exact.connect import reached
from gisland.plan.exact.greedy import largest_first, longest_first
from gisland.plan.exact.knapsack import best_plan, fits
from gisland.plan.exact.polish import polished
from gisland.plan.exact.problem import (
    AREA,
    BORDER,
    COUNT,
    Problem,
    all_fit,
    ceiling,
    total,
    worth,
)
from gisland.plan.exact.quiet import quiet_stdout
from gisland.plan.exact.search import Search, differs, maximise, opened

OPTIMAL = "optimal"
AREA_ONLY = "optimal_area"  # area proved, but time ran out over equally large plans
TIME_LIMIT = "time_limit"
GREEDY = "greedy"
_SPARE = 0.1  # of the time limit, to fill up a plan before the search and after
_AT_ONCE = 12  # pairs whose order is settled by one question: weights up to 2 to the power of 11


@dataclass(frozen=True)
class Solution:
    """Chosen pairs, proved upper bounds of their area and number, and how the solver ended."""

    chosen: np.ndarray
    bound_cents: int
    bound_scraps: int
    status: str


def solve(problem: Problem, *, seconds: float) -> Solution:
    """Make every stage of the objective largest, then take the first plan in the order of pairs.

    Parameters
    ----------
    problem
        One connected component.
    seconds
        Time limit.

    Returns
    -------
    Solution
        ``optimal``; ``optimal_area`` where time ran out choosing among plans of equal area;
        ``time_limit`` with the best plan found and an honest bound.

    Raises
    ------
    PlanError
        If the solver fails for another reason than time.

    Examples
    --------
    >>> one = Problem(
    ...     scrap=np.array([0, 1]),
    ...     site=np.array([0, 0]),
    ...     area=np.array([700, 600]),
    ...     border=np.array([1, 1]),
    ...     budget=np.array([1000]),
    ...     count=np.array([9]),
    ...     scraps=2,
    ... )
    >>> solve(one, seconds=5.0).chosen.tolist()
    [True, False]
    """
    found = quick(problem)
    return searched(problem, seconds=seconds) if found is None else proved(problem, found)


def proved(problem: Problem, chosen: np.ndarray) -> Solution:
    """Tell of a plan that is known to be the best.

    Parameters
    ----------
    problem
        One component.
    chosen
        Its best plan.

    Returns
    -------
    Solution
        ``optimal``, with the plan itself as the bound.

    Examples
    --------
    >>> one = np.array([0])
    >>> problem = Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1)
    >>> proved(problem, np.array([True])).bound_cents
    5
    """
    return Solution(chosen, total(problem.area, chosen), int(chosen.sum()), OPTIMAL)


def quick(problem: Problem) -> np.ndarray | None:
    """Solve without a search, where one of the simple ways is exact.

    Parameters
    ----------
    problem
        One component.

    Returns
    -------
    numpy.ndarray or None
        The best plan; None if it takes a search to know it.

    Examples
    --------
    >>> one = np.array([0])
    >>> quick(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1)).tolist()
    [True]
    """
    if all_fit(problem):
        chosen = everything(problem)
        if len(problem.budget) == 1:
            return chosen & problem.allowed
    else:
        if not by_tables(problem):
            return None
        chosen = best_plan(
            problem.parts,
            problem.area,
            problem.border,
            site=problem.site,
            budget=problem.budget,
            rank=problem.rank,
        )
    return chosen if connected(problem, chosen) else None


def by_tables(problem: Problem) -> bool:
    """Whether tables of sums decide a component, what holds scraps to their site left aside.

    Parameters
    ----------
    problem
        One component.

    Returns
    -------
    bool
        True if no count binds and the tables are small enough.

    Examples
    --------
    >>> one = np.array([0])
    >>> by_tables(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1))
    True
    """
    per_site = np.bincount(problem.site, minlength=len(problem.budget))
    if (per_site > problem.count).any():
        return False
    return fits(problem.parts, problem.area, problem.budget)


def connected(problem: Problem, chosen: np.ndarray) -> bool:
    """Whether every scrap of a plan is held to its site.

    Parameters
    ----------
    problem
        One component.
    chosen
        Bool of each pair.

    Returns
    -------
    bool
        True also for a plan that absorbs nothing.

    Examples
    --------
    >>> one = np.array([0])
    >>> connected(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1), one > 0)
    True
    """
    return problem.chain is None or bool((reached(problem.chain, chosen) == chosen).all())


def everything(problem: Problem) -> np.ndarray:
    """Absorb every scrap, each into the site of its longest border, then smallest id.

    Parameters
    ----------
    problem
        One component whose sites could take all at once.

    Returns
    -------
    numpy.ndarray
        Bool of each pair.

    Examples
    --------
    >>> one = np.array([0])
    >>> everything(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1)).tolist()
    [True]
    """
    order = np.lexsort((problem.site, -problem.border, problem.scrap))
    _, first = np.unique(problem.scrap[order], return_index=True)
    chosen = np.zeros(len(problem.scrap), dtype=bool)
    chosen[order[first]] = True
    return chosen


def searched(problem: Problem, *, seconds: float, unlike: np.ndarray | None = None) -> Solution:
    """Solve by search, stage by stage.

    Parameters
    ----------
    problem
        One connected component.
    seconds
        Time limit.
    unlike
        A plan of which the answer leaves out at least one pair; None: any answer will do.

    Returns
    -------
    Solution
        As of `solve`.

    Raises
    ------
    PlanError
        If the solver fails for another reason than time.

    Examples
    --------
    >>> one = np.array([0])
    >>> problem = Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1)
    >>> searched(problem, seconds=9.0, unlike=np.array([True])).chosen.tolist()
    [False]
    """
    with quiet_stdout():
        return _optimise(problem, seconds=seconds, unlike=unlike)


def _optimise(problem: Problem, *, seconds: float, unlike: np.ndarray | None) -> Solution:
    """The stages of the lexicographic search."""
    search = opened(problem, seconds=seconds * (1 - _SPARE))
    if unlike is not None:
        search = search.plus(unlike.astype(float), high=float(unlike.sum() - 1))
    spare = seconds * _SPARE
    plan = _for_want_of_time(search, unlike, seconds=spare)
    bounds = {name: ceiling(problem, weight) for name, weight in problem.stages}
    status = OPTIMAL
    for name, weight in problem.stages:
        if bounds[name] > total(weight, plan):
            answer = maximise(search, weight)
            if answer.chosen is not None and total(weight, answer.chosen) >= total(weight, plan):
                plan = answer.chosen
            if not answer.in_time and name != BORDER:
                other = polished(problem, plan, within=problem.allowed, seconds=spare)
                plan = _best_of(search, plan, other)
            bounds[name] = max(min(answer.bound, bounds[name]), total(weight, plan))
        if bounds[name] > total(weight, plan):
            status = AREA_ONLY if name == BORDER else TIME_LIMIT
            break
        search = search.floor(weight, bounds[name])
    if status == OPTIMAL:
        plan, settled = _first_in_order(search, plan)
        status = OPTIMAL if settled else AREA_ONLY
    known = bounds[AREA], bounds.get(COUNT, int(plan.sum()))
    return Solution(plan, *known, status)


def _for_want_of_time(search: Search, unlike: np.ndarray | None, *, seconds: float) -> np.ndarray:
    """The best plan that needs no search."""
    problem = search.problem
    within = np.ones(len(problem.scrap), dtype=bool)
    plans = [largest_first(problem), longest_first(problem)]
    if unlike is not None:
        # without its smallest scrap any plan is unlike it
        within[np.flatnonzero(unlike)[np.argmin(problem.area[unlike])]] = False
        plans.append(largest_first(problem, within=within))
    plan = _best_of(search, *plans)
    return _best_of(search, plan, polished(problem, plan, within=within, seconds=seconds))


def _best_of(search: Search, *plans: np.ndarray) -> np.ndarray:
    """The best of some plans, of those that meet every constraint."""
    return max((p for p in plans if search.kept(p)), key=lambda plan: worth(search.problem, plan))


def _first_in_order(search: Search, plan: np.ndarray) -> tuple[np.ndarray, bool]:
    """Among equally good plans the one that takes the earliest pairs, and whether it is known."""
    nothing = np.zeros(len(plan), dtype="int64")
    row, low, high = differs(plan)
    other = maximise(search.plus(row, low=low, high=high), nothing)
    if other.chosen is None:
        return plan, other.in_time
    for start in range(0, len(plan), _AT_ONCE):
        some = np.arange(start, min(start + _AT_ONCE, len(plan)))
        order = nothing.copy()
        order[some] = 2 ** np.arange(len(some))[::-1]
        answer = maximise(search, order)
        if answer.chosen is not None:
            plan = max((plan, answer.chosen), key=lambda p: total(order, p))
        if not answer.in_time:
            return plan, False
        for k in some:
            pick = (np.arange(len(plan)) == k).astype(float)
            search = search.plus(pick, low=float(plan[k]), high=float(plan[k]))
    return plan, True
