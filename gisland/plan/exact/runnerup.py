"""The second-best plan of each component: what the best one is ahead of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.plan.exact.connect import reached
from gisland.plan.exact.knapsack import best_plan
from gisland.plan.exact.numbering import numbered
from gisland.plan.exact.problem import Problem, all_fit, worth
from gisland.plan.exact.solver import (
    OPTIMAL,
    TIME_LIMIT,
    by_tables,
    connected,
    quick,
    searched,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from gisland.plan.exact.assign import Assignment
    from gisland.plan.exact.connect import Chain


def runners_up(
    pairs: pd.DataFrame,
    budgets: pd.DataFrame,
    assignment: Assignment,
    *,
    seconds: float,
    links: pd.DataFrame | None = None,
    required: Collection[str] = (),
    objective: str = "area",
) -> tuple[pd.Series, pd.DataFrame]:
    """Find the best plan of each component that leaves out a pair which the plan takes.

    Plans are compared as in `assign`. Where the plan is the best one, every other plan leaves out
    such a pair.

    Parameters
    ----------
    pairs, budgets
        As given to `assign`.
    assignment
        Its result.
    seconds
        Time limit for each component.
    links, required, objective
        As given to `assign`.

    Returns
    -------
    pandas.Series
        Bool ``chosen`` on the index of `pairs`. A component whose plan absorbs nothing has no
        other.
    pandas.DataFrame
        ``component`` and ``status``: ``optimal``, or ``time_limit`` where a better one may exist.

    Raises
    ------
    PlanError
        If the solver fails for another reason than time.

    Examples
    --------
    >>> from gisland.plan.exact.assign import assign
    >>> pair = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["a", "b"],
    ...         "site_id": ["S", "S"],
    ...         "area_cents": [60_000, 50_000],
    ...         "border_m": [9.0, 9.0],
    ...     }
    ... )
    >>> budget = pd.DataFrame({"area_cents": [100_000], "count": [-1]}, index=["S"])
    >>> found = assign(pair, budget, seconds=5.0)
    >>> runners_up(pair, budget, found, seconds=5.0)[0].tolist()
    [False, True]
    """
    given = numbered(pairs, budgets, links=links, required=required, objective=objective)
    plan = assignment.chosen.reindex(given.pairs.index).to_numpy(dtype=bool)
    known = assignment.components.set_index("component")["status"].eq(OPTIMAL).to_dict()
    chosen = np.zeros(len(plan), dtype=bool)
    rows = []
    for which, group, problem in given.problems():
        status = OPTIMAL
        if plan[group].any():
            chosen[group], status = _second(
                problem, plan[group], best=bool(known[which]), seconds=seconds
            )
        rows.append((which, status))
    found = pd.Series(chosen, index=given.pairs.index, name="chosen")
    return (
        found.reindex(pairs.index, fill_value=False),
        pd.DataFrame(rows, columns=["component", "status"]),
    )


def _second(
    problem: Problem, plan: np.ndarray, *, best: bool, seconds: float
) -> tuple[np.ndarray, str]:
    """The best plan that leaves out a pair of another, and how sure that is."""
    simple = problem.chain is None and (all_fit(problem) or by_tables(problem))
    first = plan if best and simple else quick(problem)
    if first is not None:
        if (plan & ~first).any():
            return first, OPTIMAL
        if np.array_equal(plan, first):
            other = _next(problem, first)
            # the second of all plans is the second of those that hold together, if it does
            if connected(problem, other):
                return other, OPTIMAL
    found = searched(problem, seconds=seconds, unlike=plan)
    return found.chosen, OPTIMAL if found.status == OPTIMAL else TIME_LIMIT


def _next(problem: Problem, best: np.ndarray) -> np.ndarray:
    """The best plan but one as the simple ways give it; it may not hold together."""
    if all_fit(problem):
        if problem.chain is not None and len(problem.budget) == 1:
            return _without_one(problem, problem.chain, best)
        return _one_elsewhere(problem, best)
    return best_plan(
        problem.parts,
        problem.area,
        problem.border,
        site=problem.site,
        budget=problem.budget,
        rank=problem.rank,
        unlike=best,
    )


def _without_one(problem: Problem, chain: Chain, best: np.ndarray) -> np.ndarray:
    """One site that takes all it can reach: leave out one scrap and what it holds."""
    plans = []
    for k in np.flatnonzero(best):
        less = best.copy()
        less[k] = False
        plans.append(reached(chain, less))
    return max(plans, key=lambda plan: (*worth(problem, plan), plan.tolist()))


def _one_elsewhere(problem: Problem, best: np.ndarray) -> np.ndarray:
    """Every scrap along its longest border: one goes along its second longest, or nowhere."""
    order = np.lexsort((problem.site, -problem.border, problem.scrap))
    first = np.flatnonzero(best[order])
    after = np.minimum(first + 1, len(order) - 1)
    there = (problem.scrap[order[after]] == problem.scrap[order[first]]) & (after > first)
    old, new = order[first], np.where(there, order[after], -1)
    lost = [np.where(there, 0, weight[old]) for weight in (problem.rank, problem.area)]
    lost.append(problem.border[old] - np.where(there, problem.border[new], 0))
    least = np.lexsort(lost[::-1])[0]
    ties = np.flatnonzero(np.all([weight == weight[least] for weight in lost], axis=0))
    plans = []
    for k in ties:
        plan = best.copy()
        plan[old[k]] = False
        if new[k] >= 0:
            plan[new[k]] = True
        plans.append(plan)
    return max(plans, key=lambda plan: plan.tolist())
