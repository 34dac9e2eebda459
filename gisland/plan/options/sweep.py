"""The plan under other caps: how much land each of them is worth."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import in_order
from gisland.plan.caps import SHARE_CAP, SUM_DECIMALS, TOTAL_CAP
from gisland.plan.exact.solver import GREEDY, OPTIMAL, TIME_LIMIT
from gisland.plan.options.relaxations import AREA_CAP, in_force, under
from gisland.plan.options.replan import Replanned, replanned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet
    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

COLUMNS = {
    "cap": "float64",
    "area_cap_m2": "float64",
    "scraps": "Int64",
    "sites": "Int64",
    "absorbed_m2": "float64",
    "more_m2": "float64",
    "status": "str",
}
WORST_FIRST = (TIME_LIMIT, GREEDY)


def sweep(
    case: PlanCase,
    plan_assignment: Assignment,
    *,
    sites: pd.DataFrame,
    caps: Iterable[float],
    areas_m2: Iterable[float],
) -> pd.DataFrame:
    """One plan for each combination of a share cap and an area cap.

    A cap that the rules do not have on holds for the sweep with ``<=``; the share cap then is
    taken over site and scraps together. If one list is empty, that cap stays as it is in force.
    The scraps are those that the rules in force consider: a parcel above the area cap in force
    that fails no fragment test is not among them, however high the cap of the sweep.

    Parameters
    ----------
    case
        The case in force.
    plan_assignment
        Its plan, on the index of its pairs.
    sites
        By site id: ``area_m2``, ``boundary_area_m2``.
    caps
        Share caps, 0-1.
    areas_m2
        Area caps.

    Returns
    -------
    pandas.DataFrame
        ``cap`` (missing: none is in force), ``area_cap_m2`` (missing: as the rules say),
        ``scraps`` and ``sites`` (that absorb any), ``absorbed_m2``, ``more_m2`` (against the plan
        in force), ``status`` (``optimal`` if all components are proved, else the worst); sorted
        by the caps. No rows if both lists are empty.

    Raises
    ------
    PlanError
        If the cap is taken over project boundaries and one of them holds several sites.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> from gisland.plan.outcome import site_budgets
    >>> from gisland.plan.case import PlanCase, solved
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [1500.0], "border_m": [3.0]}
    ... )
    >>> site = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [float("nan")]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> budgets = site_budgets(site, rules=rules)
    >>> case = PlanCase(pair, together([]), budgets, rules, PlanChoices(), 1.0)
    >>> found = sweep(case, solved(case), sites=site, caps=(0.1, 0.2), areas_m2=())
    >>> found[["cap", "absorbed_m2"]].values.tolist()
    [[0.1, 0.0], [0.2, 1500.0]]
    """
    shares: list[float | None] = [*sorted(set(caps))]
    areas: list[float | None] = [*sorted(set(areas_m2))]
    now = in_force(case)
    held = case.rules[SHARE_CAP].limit if case.rules[SHARE_CAP].mode == "on" else None
    rows = []
    for share, area in product(shares or [None], areas or [None]) if shares or areas else ():
        rules = [
            *([] if share is None else [_share_cap(case.rules, share)]),
            *([] if area is None else [_at(case.rules[AREA_CAP], area)]),
        ]
        other = replanned(now, plan_assignment, under(case, *rules, sites=sites))
        limits = {"cap": held if share is None else share, "area_cap_m2": area}
        rows.append({**limits, **_totals(case, plan_assignment, other)})
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return in_order(table, ["cap", "area_cap_m2"])


def _share_cap(rules: RuleSet, share: float) -> Rule:
    """The share cap at some share; where it was not on, rounded as the total."""
    rule, total = rules[SHARE_CAP], rules[TOTAL_CAP]
    if rule.mode == "on":
        return _at(rule, share)
    rounding = total.rounding_m2 if total.mode == "on" else rule.rounding_m2
    over = rule.denominator if rule.mode != "off" else "including"
    return replace(_at(rule, share), denominator=over, rounding_m2=rounding)


def _at(rule: Rule, limit: float) -> Rule:
    """The rule in mode on, at some limit."""
    operator = "<=" if rule.mode == "off" else rule.operator
    return replace(rule, mode="on", value=limit, operator=operator)


def _totals(case: PlanCase, plan: Assignment, other: Replanned) -> dict[str, object]:
    area = case.pairs["area_m2"]
    absorbed = float(area[other.chosen].sum())
    return {
        "scraps": int(other.chosen.sum()),
        "sites": case.pairs.loc[other.chosen, "site_id"].nunique(),
        "absorbed_m2": round(absorbed, SUM_DECIMALS),
        "more_m2": round(absorbed - float(area[plan.chosen].sum()), SUM_DECIMALS),
        "status": _worst(other.status),
    }


def _worst(status: pd.Series) -> str:
    """``optimal`` if all is proved, else the worst."""
    held = {*status}
    return next((s for s in WORST_FIRST if s in held), OPTIMAL)
