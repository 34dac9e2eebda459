"""The best plan under the caps: exact for each connected component of scraps and sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import ID_SEPARATOR
from gisland.base.rule import CENTS
from gisland.plan.exact.conflict import conflict
from gisland.plan.exact.greedy import longest_first
from gisland.plan.exact.numbering import Numbered, numbered
from gisland.plan.exact.problem import Problem, all_fit, ceiling, total
from gisland.plan.exact.solver import AREA_ONLY, GREEDY, OPTIMAL, Solution, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

COMPONENT_COLUMNS = (
    *("component", "sites", "scraps", "absorbed_m2", "bound_m2", "absorbed_scraps"),
    *("bound_scraps", "greedy_m2", "status"),
)
UNMET_COLUMNS = {"parcel_id": "str", "conflict_ids": "str", "proved": "bool"}


def _unmet_table(rows: Iterable[tuple[str, str, bool]] = ()) -> pd.DataFrame:
    """Table of what is required and not absorbed, sorted by id."""
    return pd.DataFrame(sorted(rows), columns=list(UNMET_COLUMNS)).astype(UNMET_COLUMNS)


@dataclass(frozen=True)
class Assignment:
    """A plan: which pairs are absorbed, and how good each component is proved to be.

    Parameters
    ----------
    chosen
        Bool on the index of the pairs.
    component
        Component number (from 1) of each site to which an eligible pair can be held.
    components
        One row per component: ``component``, ``sites``, ``scraps`` (counts), ``absorbed_m2``,
        ``bound_m2`` (no plan that is as good in what comes before the area absorbs more),
        ``absorbed_scraps``, ``bound_scraps`` (missing unless their number is the objective),
        ``greedy_m2`` (what the longest border first absorbs), ``status`` (``optimal``,
        ``optimal_area``, ``time_limit`` or ``greedy``).
    unmet
        Required scraps that have a pair and are not absorbed: ``parcel_id``, ``conflict_ids``
        (required scraps that no plan absorbs together, itself among them, joined by ``;``, of
        which none can be left out; empty if it could be absorbed with all that are) and
        ``proved`` (false if time ran out).
    """

    chosen: pd.Series
    component: pd.Series
    components: pd.DataFrame
    unmet: pd.DataFrame = field(default_factory=_unmet_table)


def assign(
    pairs: pd.DataFrame,
    budgets: pd.DataFrame,
    *,
    seconds: float,
    links: pd.DataFrame | None = None,
    required: Collection[str] = (),
    objective: str = "area",
    method: str = "exact",
    progress: Callable[[int, int], None] | None = None,
) -> Assignment:
    """Choose the pairs that absorb the largest area.

    Each scrap goes to at most one site; no site takes more than its budget or its count; the
    scraps of a site are held to it by their own border or by scraps that it absorbs too. Most
    required scraps come first, then (objective ``count``) most scraps, then the largest area.
    Among equal plans the one with the longest total border is taken, and among those the one
    whose list of pairs, sorted by scrap and site id, comes first. The plan does not depend on the
    order of the rows.

    Parameters
    ----------
    pairs
        Eligible pairs: ``parcel_id``, ``site_id``, ``area_cents``, ``border_m`` and, with chains,
        ``links``: 0 for a scrap that adjoins the site itself.
    budgets
        Indexed by site id: ``area_cents`` and ``count``, ``-1`` for no limit.
    seconds
        Time limit for each component; as much again to explain what is required and not absorbed.
    links
        Links between scraps: ``focal``, ``neighbor``; None: there are none.
    required
        Ids of scraps that are absorbed first if they can be.
    objective
        ``area`` or ``count``.
    method
        ``exact``, or ``greedy``: the longest border first, whatever is required.
    progress
        Called with the number of components done and in all.

    Returns
    -------
    Assignment
        On the index of `pairs`.

    Examples
    --------
    >>> pair = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["a", "b", "c"],
    ...         "site_id": ["S", "S", "S"],
    ...         "area_cents": [60_000, 50_000, 50_000],
    ...         "border_m": [90.0, 10.0, 10.0],
    ...     }
    ... )
    >>> budget = pd.DataFrame({"area_cents": [100_000], "count": [-1]}, index=["S"])
    >>> assign(pair, budget, seconds=10.0).chosen.tolist()
    [False, True, True]
    >>> assign(pair, budget, seconds=10.0, method="greedy").chosen.tolist()
    [True, False, False]
    """
    given = numbered(pairs, budgets, links=links, required=required, objective=objective)
    chosen = np.zeros(len(given.pairs), dtype=bool)
    rows, unmet = [], _never_held(pairs, given, required)
    for n, (which, group, problem) in enumerate(given.problems(), start=1):
        # where all fit, filling up in any order absorbs every scrap: nobody need go through it
        greedy = None if method != GREEDY and all_fit(problem) else longest_first(problem)
        if method == GREEDY and greedy is not None:
            solution = _unproved(problem, greedy)
        else:
            solution = solve(problem, seconds=seconds)
        chosen[group] = solution.chosen
        rows.append(_row(which, problem, solution, greedy=greedy))
        if problem.needed is not None:
            unmet += _unmet(problem, solution, given.pairs.iloc[group], seconds=seconds)
        if progress:
            progress(n, len(given.groups))
    found = pd.Series(chosen, index=given.pairs.index, name="chosen")
    return Assignment(
        found.reindex(pairs.index, fill_value=False),
        given.component,
        pd.DataFrame(rows, columns=list(COMPONENT_COLUMNS)).astype({"bound_scraps": "Int64"}),
        _unmet_table(unmet),
    )


def _unproved(problem: Problem, chosen: np.ndarray) -> Solution:
    """A plan of which no more is known than what no plan exceeds."""
    bounds = ceiling(problem, problem.area), ceiling(problem, np.ones_like(problem.area))
    return Solution(chosen, *bounds, GREEDY)


def _row(
    which: int, problem: Problem, solution: Solution, *, greedy: np.ndarray | None
) -> tuple[object, ...]:
    """Row of one component; without a greedy plan it absorbs every scrap."""
    taken = total(problem.area, solution.chosen)
    return (
        which,
        len(problem.budget),
        problem.scraps,
        taken / CENTS,
        solution.bound_cents / CENTS,
        int(solution.chosen.sum()),
        solution.bound_scraps if problem.by_count else None,
        (taken if greedy is None else total(problem.area, greedy)) / CENTS,
        solution.status,
    )


def _unmet(
    problem: Problem, solution: Solution, pairs: pd.DataFrame, *, seconds: float
) -> list[tuple[str, str, bool]]:
    """Rows of the required scraps of one component that its plan does not absorb."""
    required = np.flatnonzero([] if problem.needed is None else problem.needed)
    needed = np.unique(problem.scrap[required])
    absorbed = np.unique(problem.scrap[required[solution.chosen[required]]])
    missing = np.setdiff1d(needed, absorbed)
    ids = pairs["parcel_id"].to_numpy()[np.unique(problem.scrap, return_index=True)[1]]
    rows = []
    most = solution.status in {OPTIMAL, AREA_ONLY}
    for scrap in missing:
        share = seconds / len(missing)
        some, proved = conflict(problem, int(scrap), absorbed=absorbed, most=most, seconds=share)
        rows.append((str(ids[scrap]), ID_SEPARATOR.join(sorted(ids[some])), proved))
    return rows


def _never_held(
    pairs: pd.DataFrame, given: Numbered, required: Collection[str]
) -> list[tuple[str, str, bool]]:
    """Rows of the required scraps that no eligible links hold to any site."""
    there = pairs.loc[pairs["parcel_id"].isin(list(required)), "parcel_id"].unique()
    lost = np.setdiff1d(there, given.pairs["parcel_id"].unique())
    return [(str(i), str(i), True) for i in lost]
