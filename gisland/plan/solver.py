"""Exact solution of one component; every answer is checked in whole numbers.

Sites that share few scraps are tables of sums (`knapsack`). The others go to HiGHS, which works
with tolerances (a variable may be 1e-6 off a whole number): its answers are rounded and held
against the limits in integers; an answer that breaks one is cut off and the solver asked again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, vstack

from gisland.base.errors import PlanError
from gisland.plan.knapsack import best_plan, fits, shared
from gisland.plan.quiet import quiet_stdout

OPTIMAL = "optimal"
AREA_ONLY = "optimal_area"  # area proved, but time ran out over equally large plans
TIME_LIMIT = "time_limit"
_SOLVED, _OUT_OF_TIME, _INFEASIBLE = 0, 1, 2
_NO_LIMIT = np.iinfo("int64").max
_UNIT = 1e-3  # rows in tenths of a square metre or metres: one hundredth stays far above 1e-6


@dataclass(frozen=True)
class Problem:
    """Pairs of one component, sorted by scrap and site id, in whole numbers.

    Parameters
    ----------
    scrap, site
        Position of each pair's scrap and site, shape (pairs,).
    area, border
        Hundredths of a square metre and millimetres of each pair, shape (pairs,).
    budget, count
        Limits of each site, shape (sites,); the largest int64 for none.
    scraps
        Number of scraps.
    """

    scrap: np.ndarray
    site: np.ndarray
    area: np.ndarray
    border: np.ndarray
    budget: np.ndarray
    count: np.ndarray
    scraps: int


@dataclass(frozen=True)
class Solution:
    """Chosen pairs (bool), the proved upper bound of their area, and how the solver ended."""

    chosen: np.ndarray
    bound_cents: int
    status: str


@dataclass(frozen=True)
class _Search:
    """Constraints ``low <= matrix @ x <= high``, their whole-number meaning, the deadline."""

    problem: Problem
    matrix: csr_array
    low: np.ndarray
    high: np.ndarray
    deadline: float
    floors: tuple[tuple[np.ndarray, int], ...] = ()

    def plus(self, row: np.ndarray, *, low: float = -np.inf, high: float = np.inf) -> _Search:
        """Add one constraint."""
        return replace(
            self,
            matrix=vstack([self.matrix, csr_array(row[None, :].astype(float))]).tocsr(),
            low=np.append(self.low, low),
            high=np.append(self.high, high),
        )

    def floor(self, weight: np.ndarray, least: int) -> _Search:
        """Demand that the weights of the chosen pairs sum to at least this much."""
        more = self.plus(weight * _UNIT, low=(least - 0.5) * _UNIT)
        return replace(more, floors=(*self.floors, (weight, least)))


@dataclass(frozen=True)
class _Answer:
    """What one search found: a plan or None, and a bound that no plan exceeds."""

    chosen: np.ndarray | None
    bound: int
    in_time: bool


def solve(problem: Problem, *, seconds: float) -> Solution:
    """Maximise area, then border, then take the first plan in the order of the pairs.

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
    if _all_fit(problem):
        return _everything(problem)
    parts = shared(problem.scrap, problem.site)
    per_site = np.bincount(problem.site, minlength=len(problem.budget))
    if (per_site <= problem.count).all() and fits(parts, problem.area, problem.budget):
        chosen = best_plan(
            parts, problem.area, problem.border, site=problem.site, budget=problem.budget
        )
        return Solution(chosen, _total(problem.area, chosen), OPTIMAL)
    with quiet_stdout():
        return _optimise(problem, seconds=seconds)


def _optimise(problem: Problem, *, seconds: float) -> Solution:
    """The three stages of the lexicographic search."""
    search = _search(problem, deadline=time.monotonic() + seconds)
    plan, ceiling = _greedy(problem), _ceiling(problem)
    first = _maximise(search, problem.area)
    if first.chosen is not None and _total(problem.area, first.chosen) >= _total(
        problem.area, plan
    ):
        plan = first.chosen
    bound = max(min(first.bound, ceiling), _total(problem.area, plan))
    if bound > _total(problem.area, plan):
        return Solution(plan, bound, TIME_LIMIT)
    search = search.floor(problem.area, bound)
    second = _maximise(search, problem.border)
    plan = plan if second.chosen is None else second.chosen
    if second.bound > _total(problem.border, plan):
        return Solution(plan, bound, AREA_ONLY)
    return _first_in_order(search.floor(problem.border, second.bound), plan, bound)


def _total(weight: np.ndarray, chosen: np.ndarray) -> int:
    return int(weight[chosen].sum())


def _all_fit(problem: Problem) -> bool:
    """Whether every site could take all its candidates at once: then caps do not bind."""
    sites = len(problem.budget)
    area = np.zeros(sites, dtype="int64")
    np.add.at(area, problem.site, problem.area)
    pairs = np.bincount(problem.site, minlength=sites)
    return bool((area <= problem.budget).all() and (pairs <= problem.count).all())


def _everything(problem: Problem) -> Solution:
    """Absorb every scrap, each into the site of its longest border, then smallest id."""
    order = np.lexsort((problem.site, -problem.border, problem.scrap))
    _, first = np.unique(problem.scrap[order], return_index=True)
    chosen = np.zeros(len(problem.scrap), dtype=bool)
    chosen[order[first]] = True
    return Solution(chosen, _total(problem.area, chosen), OPTIMAL)


def _greedy(problem: Problem) -> np.ndarray:
    """A plan for want of time: the largest scraps first, each along its longest border."""
    chosen = np.zeros(len(problem.scrap), dtype=bool)
    room, left = problem.budget.copy(), problem.count.copy()
    done: set[int] = set()
    order = np.lexsort((problem.site, problem.scrap, -problem.border, -problem.area))
    for k in order:
        scrap, site, area = int(problem.scrap[k]), problem.site[k], problem.area[k]
        if scrap not in done and area <= room[site] and left[site] > 0:
            done.add(scrap)
            chosen[k] = True
            room[site] -= area
            left[site] -= 1
    return chosen


def _ceiling(problem: Problem) -> int:
    """Area that no plan exceeds: every scrap once, and every site full."""
    once = np.zeros(problem.scraps, dtype="int64")
    np.maximum.at(once, problem.scrap, problem.area)
    full = np.zeros(len(problem.budget), dtype="int64")
    np.add.at(full, problem.site, problem.area)
    return min(int(once.sum()), int(np.minimum(full, problem.budget).sum()))


def _search(problem: Problem, *, deadline: float) -> _Search:
    """Each scrap at most once; each site within its area and its count."""
    pairs, sites = len(problem.scrap), len(problem.budget)
    column, ones = np.arange(pairs), np.ones(pairs)
    capped = np.flatnonzero(problem.budget < _NO_LIMIT)
    counted = np.flatnonzero(problem.count < _NO_LIMIT)
    once = csr_array((ones, (problem.scrap, column)), shape=(problem.scraps, pairs))
    area = csr_array((problem.area * _UNIT, (problem.site, column)), shape=(sites, pairs))
    count = csr_array((ones, (problem.site, column)), shape=(sites, pairs))
    matrix = vstack([once, area[capped], count[counted]]).tocsr()
    high = [np.ones(problem.scraps), (problem.budget[capped] + 0.5) * _UNIT, problem.count[counted]]
    low = np.full(matrix.shape[0], -np.inf)
    return _Search(problem, matrix, low, np.concatenate(high).astype(float), deadline)


def _maximise(search: _Search, weight: np.ndarray) -> _Answer:
    """Best plan for one weight and its proved bound, in whole numbers.

    The solver's word that a plan is the best holds within its tolerances only: it is asked for
    a better one until it knows none.
    """
    best: np.ndarray | None = None
    while True:
        answer = _ask(search, weight)
        if answer.chosen is None:
            known = -1 if best is None else _total(weight, best)
            return _Answer(best, max(known, answer.bound), in_time=answer.in_time)
        best = answer.chosen
        if not answer.in_time or not weight.any():
            return answer
        search = search.floor(weight, _total(weight, best) + 1)


def _ask(search: _Search, weight: np.ndarray) -> _Answer:
    """One answer of the solver that keeps every limit in whole numbers."""
    while True:
        result = _solved(search, weight)
        if result is None:
            return _Answer(None, int(weight.sum()), in_time=False)
        if result.status == _INFEASIBLE:
            return _Answer(None, -1, in_time=True)
        in_time = result.status == _SOLVED
        bound = _bound(result.mip_dual_bound, weight)
        if result.x is None:
            return _Answer(None, bound, in_time=in_time)
        chosen = result.x > 0.5  # noqa: PLR2004 - rounding to whole pairs
        cut = _cut(search, chosen)
        if cut is None:
            total = _total(weight, chosen)
            return _Answer(chosen, total if in_time else max(total, bound), in_time=in_time)
        search = search.plus(cut[0], low=cut[1], high=cut[2])


def _solved(search: _Search, weight: np.ndarray) -> OptimizeResult | None:
    """Result of the solver, without its presolve where that fails; None if there is no time."""
    one = search.problem
    possible = ((one.area <= one.budget[one.site]) & (one.count[one.site] > 0)).astype(float)
    for presolve in (True, False):
        left = search.deadline - time.monotonic()
        if left <= 0:
            return None
        result = milp(
            -weight.astype(float),
            integrality=np.ones(len(weight), dtype="int64"),
            bounds=Bounds(0, possible),
            constraints=LinearConstraint(search.matrix, search.low, search.high),
            options={"time_limit": left, "mip_rel_gap": 0.0, "presolve": presolve},
        )
        if result.status in {_SOLVED, _OUT_OF_TIME, _INFEASIBLE}:
            return result
    raise PlanError(
        f"plan: the solver stopped: {result.message}", do="report this with the project file"
    )


def _bound(dual: float | None, weight: np.ndarray) -> int:
    """Whole number that no plan exceeds, from the solver's dual bound of the negated weight."""
    if dual is None or not np.isfinite(dual):
        return int(weight.sum())
    return min(int(weight.sum()), int(np.floor(-dual + 1e-3)))


def _cut(search: _Search, chosen: np.ndarray) -> tuple[np.ndarray, float, float] | None:
    """Row that excludes a rounded plan which breaks a limit; None if it keeps all."""
    problem = search.problem
    for site in np.unique(problem.site[chosen]):
        taken = chosen & (problem.site == site)
        if _total(problem.area, taken) > problem.budget[site]:
            return taken.astype(float), -np.inf, float(taken.sum() - 1)
    if any(_total(weight, chosen) < least for weight, least in search.floors):
        return _differs(chosen)
    return None


def _differs(chosen: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Row that any other plan than this one meets."""
    return np.where(chosen, -1.0, 1.0), 1.0 - float(chosen.sum()), np.inf


def _first_in_order(search: _Search, plan: np.ndarray, bound: int) -> Solution:
    """Among equally good plans the one that takes the earliest pairs."""
    nothing = np.zeros(len(plan), dtype="int64")
    row, low, high = _differs(plan)
    other = _maximise(search.plus(row, low=low, high=high), nothing)
    if other.chosen is None:
        return Solution(plan, bound, OPTIMAL if other.in_time else AREA_ONLY)
    for k in range(len(plan)):
        pick = (np.arange(len(plan)) == k).astype(float)
        if not plan[k]:
            trial = _maximise(search.plus(pick, low=1.0), nothing)
            if not trial.in_time:
                return Solution(plan, bound, AREA_ONLY)
            plan = plan if trial.chosen is None else trial.chosen
        search = search.plus(pick, low=float(plan[k]), high=float(plan[k]))
    return Solution(plan, bound, OPTIMAL)
