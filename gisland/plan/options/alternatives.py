"""What planners negotiate with: the next best plan, the usual plan, the worth of each limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import aligned, in_order, joined_texts
from gisland.plan.caps import MM, SUM_DECIMALS, millimetres
from gisland.plan.case import open_pairs, required_ids, solved
from gisland.plan.exact.runnerup import runners_up
from gisland.plan.options.relaxations import in_force, relaxations, under
from gisland.plan.options.replan import Replanned, replanned, status_by_site

if TYPE_CHECKING:
    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

SECOND_BEST, GREEDY, RELAXED = KINDS = ("second_best", "greedy", "relaxed")
COLUMNS = {
    "component": "Int64",
    "site_id": "str",
    "kind": "str",
    "constraint": "str",
    "limit": "float64",
    "scraps": "Int64",
    "scraps_more": "Int64",
    "area_m2": "float64",
    "area_more_m2": "float64",
    "border_more_m": "float64",
    "added_ids": "str",
    "removed_ids": "str",
    "status": "str",
}


def alternatives(
    case: PlanCase, plan_assignment: Assignment, *, sites: pd.DataFrame
) -> pd.DataFrame:
    """Other plans than the one in force, site by site.

    A plan made by the longest border first is compared neither with itself nor with a second-best
    one.

    Parameters
    ----------
    case
        The case in force.
    plan_assignment
        Its plan, on the index of its pairs.
    sites
        By site id: ``area_m2``, ``boundary_area_m2``.

    Returns
    -------
    pandas.DataFrame
        One row for each site and alternative in which anything changes at the site: ``component``
        (its number in the plan; the smallest where a relaxation joins several, missing where the
        plan has none), ``site_id``, ``kind`` (``second_best``, ``greedy``, ``relaxed``),
        ``constraint`` and ``limit`` (what is relaxed, and to which limit; missing without it),
        ``scraps`` and ``area_m2`` (absorbed by the site), ``scraps_more``, ``area_more_m2`` and
        ``border_more_m`` (against the plan), ``added_ids``, ``removed_ids``, ``status`` (with
        ``time_limit`` there may be better, even if this is less than the plan). Only the scraps of
        the case are looked at: no relaxation makes another parcel a scrap.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> from gisland.plan.outcome import site_budgets
    >>> from gisland.plan.case import PlanCase
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [1500.0], "border_m": [3.0]}
    ... )
    >>> site = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [float("nan")]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> budgets = site_budgets(site, rules=rules)
    >>> case = PlanCase(pair, together([]), budgets, rules, PlanChoices(), 1.0)
    >>> found = alternatives(case, solved(case), sites=site)
    >>> found[["constraint", "limit", "added_ids"]].values.tolist()
    [['share_cap', 0.15, 'c'], ['share_cap', nan, 'c']]
    """
    now = in_force(case)
    ways = {} if case.choices.method == GREEDY else {SECOND_BEST: _second_best, GREEDY: _greedy}
    rows = []
    for kind, way in ways.items():
        found = _rows(case, plan_assignment, way(now, plan_assignment))
        rows.append(found.assign(kind=kind, constraint="", limit=float("nan")))
    for one in relaxations(case):
        other = replanned(now, plan_assignment, under(case, one.rule, sites=sites))
        found = _rows(case, plan_assignment, other)
        rows.append(found.assign(kind=RELAXED, constraint=one.constraint, limit=one.limit))
    table = pd.concat([row for row in rows if len(row)] or [pd.DataFrame(columns=list(COLUMNS))])
    table = table.reindex(columns=list(COLUMNS)).astype(COLUMNS)
    rank = table["kind"].map({kind: n for n, kind in enumerate(KINDS)}).astype("int64")
    order = ["component", "site_id", "rank", "constraint", "limit"]
    return in_order(table.assign(rank=rank), order).drop(columns="rank")


def _second_best(now: PlanCase, plan: Assignment) -> Replanned:
    """The next plan in the order of the objective, component by component."""
    pairs = open_pairs(now)
    chosen, proof = runners_up(
        pairs,
        now.budgets,
        replace(plan, chosen=plan.chosen[pairs.index]),
        seconds=now.seconds,
        links=now.links,
        required=required_ids(now),
        objective=now.choices.objective,
    )
    status = status_by_site(replace(plan, components=proof))
    whole = chosen.reindex(plan.chosen.index, fill_value=False).astype(bool)
    return Replanned(whole, plan.component.astype("Int64"), status)


def _greedy(now: PlanCase, plan: Assignment) -> Replanned:
    """The plan as common tools make it."""
    found = solved(replace(now, choices=replace(now.choices, method="greedy")))
    whole = found.chosen.reindex(plan.chosen.index, fill_value=False)
    return Replanned(whole, plan.component.astype("Int64"), status_by_site(found))


def _rows(case: PlanCase, plan: Assignment, other: Replanned) -> pd.DataFrame:
    """The sites at which another plan differs, against the plan in force."""
    pairs = case.pairs[["parcel_id", "site_id"]].assign(
        area=case.pairs["area_m2"],
        border=millimetres(case.pairs["border_m"]),
        before=plan.chosen.astype("int64"),
        after=other.chosen.astype("int64"),
    )
    differ = pairs["before"] != pairs["after"]
    pairs = pairs[pairs["site_id"].isin(pairs.loc[differ, "site_id"])]
    site = pairs["site_id"]
    more = pairs["after"] - pairs["before"]
    sums = (
        pd.DataFrame(
            {
                "scraps": pairs["after"],
                "scraps_more": more,
                "area_m2": pairs["area"] * pairs["after"],
                "area_more_m2": pairs["area"] * more,
                "border_more_m": pairs["border"] * more,
            }
        )
        .groupby(site)
        .sum()
    )
    at = sums.index
    added, removed = (
        joined_texts(pairs.loc[more == sign, "parcel_id"], site[more == sign]) for sign in (1, -1)
    )
    return sums.assign(
        area_m2=sums["area_m2"].round(SUM_DECIMALS),
        area_more_m2=sums["area_more_m2"].round(SUM_DECIMALS),
        border_more_m=sums["border_more_m"] / MM,
        added_ids=aligned(added, at).fillna("").to_numpy(),
        removed_ids=aligned(removed, at).fillna("").to_numpy(),
        component=aligned(other.component, at),
        status=aligned(other.status, at).to_numpy(),
    ).reset_index()
