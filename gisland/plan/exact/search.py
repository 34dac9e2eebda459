"""Best plans by HiGHS, every answer checked in whole numbers.

HiGHS works with tolerances (a variable may be 1e-6 off a whole number): its answers are rounded and
held against the limits in integers; an answer that breaks one is cut off and the solver asked
again. So are plans with parts that are cut off from their site: there are too many ways to be
cut off to write them all down beforehand.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, vstack

from gisland.base.errors import PlanError
from gisland.plan.exact.connect import first_rows, reached, separators
from gisland.plan.exact.greedy import filled
from gisland.plan.exact.problem import NO_LIMIT, Problem, total

_SOLVED, _OUT_OF_TIME, _INFEASIBLE = 0, 1, 2
_UNIT = 1e-3  # rows in tenths of a square metre or metres: one hundredth stays far above 1e-6
_HALF = 0.5  # between two whole numbers
_SMALL = 40  # pairs up to which there is nothing to be won by asking roughly
_ROUGH = 1e-3  # relative gap of what is asked roughly
_SHARE = 0.25  # of the time that is left, for one rough answer


@dataclass(frozen=True)
class Search:
    """Constraints ``low <= matrix @ x <= high``, their whole-number meaning, the deadline.

    Parameters
    ----------
    problem
        One component.
    matrix, low, high
        The constraints.
    deadline
        By the clock that only goes forward.
    floors
        Weights of the pairs, and what they must sum up to at least.
    gates
        Rows ``row @ x <= 0`` found on the way that every connected plan meets: whoever goes on
        from this search need not find them again.
    """

    problem: Problem
    matrix: csr_array
    low: np.ndarray
    high: np.ndarray
    deadline: float
    floors: tuple[tuple[np.ndarray, int], ...] = ()
    gates: list[csr_array] = field(default_factory=list)

    def plus(self, row: np.ndarray, *, low: float = -np.inf, high: float = np.inf) -> Search:
        """Add one constraint."""
        return replace(
            self,
            matrix=vstack([self.matrix, csr_array(row[None, :].astype(float))]).tocsr(),
            low=np.append(self.low, low),
            high=np.append(self.high, high),
        )

    def floor(self, weight: np.ndarray, least: int) -> Search:
        """Demand that the weights of the chosen pairs sum to at least this much."""
        more = self.plus(weight * _UNIT, low=(least - _HALF) * _UNIT)
        return replace(more, floors=(*self.floors, (weight, least)))

    def kept(self, chosen: np.ndarray) -> bool:
        """Whether a connected plan of allowed pairs meets every constraint in whole numbers."""
        sums = self.matrix @ chosen.astype(float)
        small = 1e-3 * _UNIT  # rows of whole numbers: they are met exactly or far from it
        met = (sums >= self.low - small).all() and (sums <= self.high + small).all()
        return bool(met) and _broken(self, chosen) is None


@dataclass(frozen=True)
class Answer:
    """What one search found: a plan or None, and a bound that no plan exceeds."""

    chosen: np.ndarray | None
    bound: int
    in_time: bool


def opened(problem: Problem, *, seconds: float) -> Search:
    """Begin a search: each scrap at most once, each site within its limits and connected.

    Parameters
    ----------
    problem
        One component.
    seconds
        Time limit of all that is asked of this search.

    Returns
    -------
    Search
        Without floors.

    Examples
    --------
    >>> one = np.array([0])
    >>> problem = Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1)
    >>> opened(problem, seconds=1.0).matrix.shape
    (3, 1)
    """
    deadline = time.monotonic() + seconds
    pairs, sites = len(problem.scrap), len(problem.budget)
    column, ones = np.arange(pairs), np.ones(pairs)
    capped = np.flatnonzero(problem.budget < NO_LIMIT)
    counted = np.flatnonzero(problem.count < NO_LIMIT)
    once = csr_array((ones, (problem.scrap, column)), shape=(problem.scraps, pairs))
    area = csr_array((problem.area * _UNIT, (problem.site, column)), shape=(sites, pairs))
    count = csr_array((ones, (problem.site, column)), shape=(sites, pairs))
    matrix = vstack([once, area[capped], count[counted]]).tocsr()
    high = [
        np.ones(problem.scraps),
        (problem.budget[capped] + _HALF) * _UNIT,
        problem.count[counted],
    ]
    low = np.full(matrix.shape[0], -np.inf)
    search = Search(problem, matrix, low, np.concatenate(high).astype(float), deadline)
    if problem.chain is not None:
        search.gates.append(first_rows(problem.chain, problem.allowed))
    return search


def maximise(search: Search, weight: np.ndarray) -> Answer:
    """Best plan for one weight and its proved bound, in whole numbers.

    The solver's word that a plan is the best holds within its tolerances only: it is asked for
    a better one until it knows none.

    Parameters
    ----------
    search
        What the plan must meet.
    weight
        Whole number of each pair; all zero: any plan will do.

    Returns
    -------
    Answer
        Without a plan and with the bound -1 if there is none.

    Raises
    ------
    PlanError
        If the solver fails for another reason than time.

    Examples
    --------
    >>> one = np.array([0])
    >>> search = opened(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1), seconds=9.0)
    >>> maximise(search, one + 5).bound
    5
    """
    best: np.ndarray | None = None
    while True:
        answer = _ask(search, weight)
        if answer.chosen is None:
            known = -1 if best is None else total(weight, best)
            return Answer(best, max(known, answer.bound), in_time=answer.in_time)
        best = answer.chosen
        if not answer.in_time or not weight.any():
            return answer
        search = search.floor(weight, total(weight, best) + 1)


def _ask(search: Search, weight: np.ndarray) -> Answer:
    """One answer of the solver that keeps every limit in whole numbers.

    Plans of large components with chains are first asked for roughly, until one holds together:
    the last thousandth of a plan with cut-off parts is not worth the time.
    """
    mended: np.ndarray | None = None
    bound = int(weight.sum())
    rough = search.problem.chain is not None and len(weight) > _SMALL and bool(weight.any())
    while True:
        result = _solved(search, weight, gap=_ROUGH if rough else 0.0)
        if result is None:
            return Answer(mended, bound, in_time=False)
        if result.status == _INFEASIBLE:
            return Answer(None, -1, in_time=True)
        in_time = result.status == _SOLVED
        bound = min(bound, _bound(result.mip_dual_bound, weight))
        if result.x is None and not rough:
            return Answer(mended, bound, in_time=in_time)
        if result.x is None:
            rough = False
            continue
        chosen = result.x > _HALF
        kept = _kept_by(search, chosen)
        mended = _better(mended, chosen if kept else _mended(search, chosen), weight)
        if rough and kept:
            rough = False
        elif kept and in_time:
            return Answer(mended, total(weight, mended), in_time=True)
        elif not rough and not in_time:
            most = bound if mended is None else max(bound, total(weight, mended))
            return Answer(mended, most, in_time=False)
        else:
            search = _cut_off(search, chosen)


def _better(one: np.ndarray | None, other: np.ndarray | None, weight: np.ndarray) -> np.ndarray:
    """The plan of the larger weight; the first of equal ones."""
    if one is None or other is None:
        return other if one is None else one  # type: ignore[return-value]
    return other if total(weight, other) > total(weight, one) else one


def _mended(search: Search, chosen: np.ndarray) -> np.ndarray | None:
    """A plan without its cut-off parts, filled up; None if that breaks another constraint."""
    chain = search.problem.chain
    if chain is None:
        return None
    held = reached(chain, chosen)
    order = np.lexsort((-search.problem.area, -search.problem.rank))
    full = filled(search.problem, order, start=held) if _within(search.problem, held) else held
    return next((plan for plan in (full, held) if search.kept(plan)), None)


def _within(problem: Problem, chosen: np.ndarray) -> bool:
    return _overfull(problem, chosen) is None


def _kept_by(search: Search, chosen: np.ndarray) -> bool:
    chain = search.problem.chain
    held = chain is None or np.array_equal(reached(chain, chosen), chosen)
    return held and _broken(search, chosen) is None


def _cut_off(search: Search, chosen: np.ndarray) -> Search:
    """The search without a rounded plan that breaks a constraint."""
    problem = search.problem
    broken = _broken(search, chosen)
    if broken is not None:
        return search.plus(broken[0], low=broken[1], high=broken[2])
    if problem.chain is not None:
        rows = separators(problem.chain, problem.allowed, chosen, site=problem.site)
        if rows is not None:
            search.gates.append(rows)
    return search


def _solved(search: Search, weight: np.ndarray, *, gap: float) -> OptimizeResult | None:
    """Result of the solver, without its presolve where that fails; None if there is no time."""
    rows = [LinearConstraint(search.matrix, search.low, search.high)]
    if search.gates:
        rows.append(LinearConstraint(vstack(search.gates).tocsr(), -np.inf, 0.0))
    for presolve in (True, False):
        left = search.deadline - time.monotonic()
        if left <= 0:
            return None
        result = milp(
            -weight.astype(float),
            integrality=np.ones(len(weight), dtype="int64"),
            bounds=Bounds(0, search.problem.allowed.astype(float)),
            constraints=rows,
            options={
                "time_limit": left * _SHARE if gap else left,
                "mip_rel_gap": gap,
                "presolve": presolve,
            },
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


def _broken(search: Search, chosen: np.ndarray) -> tuple[np.ndarray, float, float] | None:
    """Row that excludes a rounded plan which breaks a limit; None if it keeps all."""
    taken = _overfull(search.problem, chosen)
    if taken is not None:
        return taken.astype(float), -np.inf, float(taken.sum() - 1)
    if any(total(weight, chosen) < least for weight, least in search.floors):
        return differs(chosen)
    return None


def _overfull(problem: Problem, chosen: np.ndarray) -> np.ndarray | None:
    """Pairs of a site that takes more than its budget; None if none does."""
    for site in np.unique(problem.site[chosen]):
        taken = chosen & (problem.site == site)
        if total(problem.area, taken) > problem.budget[site]:
            return np.asarray(taken)
    return None


def differs(chosen: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Row that any other plan than this one meets.

    Parameters
    ----------
    chosen
        Bool of each pair.

    Returns
    -------
    tuple[numpy.ndarray, float, float]
        The row and its lower and upper limit.

    Examples
    --------
    >>> row, low, high = differs(np.array([True, False]))
    >>> row.tolist(), low, high
    ([-1.0, 1.0], 0.0, inf)
    """
    return np.where(chosen, -1.0, 1.0), 1.0 - float(chosen.sum()), np.inf
