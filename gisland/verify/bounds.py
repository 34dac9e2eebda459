"""Absorbed areas against their proved bounds, and no scrap left over that would still fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.verify.caps import SHARE, absorbed_cents, budgets, cents, within
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, violations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST_CENTS = 10_000_000  # the largest budget whose sums are all written down
HALF_CENT = 0.005  # what the rounding of one scrap to 0.01 m² can move a sum


def check_bounds(facts: Facts) -> list[Violation]:
    """Hold the absorbed area of each component against the bound that the solver proved.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``bound``, ``optimal``, ``not_optimal``, ``components``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_bounds(example_facts("sites", bound_m2=9.0))]
    ['optimal: optimal components do not meet their bound: 1']
    """
    sites, scrap, count = facts.drawn, facts.absorbed_m2, facts.absorbed_count
    known = sites["component"].notna()
    loose = sites.index[~known & (scrap > 0)]
    found = violations("bound", "sites absorb without a component", loose)
    part = sites["component"][known].astype("int64")
    rows = pd.DataFrame({"scrap": scrap, "count": count, "bound": sites["bound_m2"]})[known]
    groups = rows.groupby(part)
    total = groups[["scrap", "count"]].sum()
    low, high = groups["bound"].min(), groups["bound"].max()
    slack = AREA_M2 + HALF_CENT * total["count"] + RELATIVE * 1e-3 * total["scrap"]
    over = ~(total["scrap"] <= low + slack) & (total["scrap"] > 0) | (high - low > AREA_M2)
    text = "components absorb more than their bound, or state several bounds"
    found += violations("bound", text, total.index[over])
    claimed = facts.optimal[known].groupby(part).any()
    short = claimed & ((high - total["scrap"]).abs() > slack)
    found += violations("optimal", "optimal components do not meet their bound", short.index[short])
    found += _check_record(facts.run, total["scrap"], high, slack=slack)
    return [*found, *_check_left_over(facts), *_check_best(facts)]


def _check_record(
    run: Mapping[str, Any], scrap: pd.Series, bound: pd.Series, *, slack: pd.Series
) -> list[Violation]:
    wrong = []
    for record in run.get("components", []):
        key = record.get("component")
        if key not in scrap.index:
            wrong.append(key)
            continue
        told = [record.get("absorbed_m2"), record.get("bound_m2")]
        pairs = zip(told, (scrap[key], bound[key]), strict=True)
        if not all(v is not None and abs(v - w) <= slack[key] for v, w in pairs):
            wrong.append(key)
    return violations("components", "components in run.json are not those of the sites", wrong)


def _check_left_over(facts: Facts) -> list[Violation]:
    """Eligible scraps that an optimal plan could not have left out."""
    plan = facts.tables["plan"]
    left = plan[(plan["verdict"] == "eligible") & ~plan["parcel_id"].isin(facts.absorbed.index)]
    best = left["site_id"].map(facts.optimal).fillna(value=False).astype(bool)
    left = left[best].reset_index(drop=True)
    if left.empty:
        return []
    site = left["site_id"]
    fits = pd.Series(data=True, index=left.index)
    cap, most = facts.rules["scrap.share_cap"], facts.rules["scrap.count_cap"]
    if cap.mode == "on":
        more = site.map(absorbed_cents(facts)) + cents(left["parcel_id"].map(facts.area_m2))
        fits &= within(more, site.map(budgets(facts, cap)), operator=cap.operator)
    if most.mode == "on":
        fits &= most.holds((site.map(facts.absorbed_count) + 1).astype("float64")).astype(bool)
    text = "eligible scraps that would still fit into an optimal plan"
    return violations("not_optimal", text, left["parcel_id"][fits])


def _check_best(facts: Facts) -> list[Violation]:
    """Sites that share no eligible scrap with another, against the best that they could absorb."""
    cap = facts.rules["scrap.share_cap"]
    if cap.mode != "on" or facts.rules["scrap.count_cap"].mode == "on":
        return []
    plan = facts.tables["plan"]
    rows = plan[plan["verdict"].isin(["absorbed", "eligible"])]
    shared = rows["site_id"][rows["parcel_id"].duplicated(keep=False)]
    alone = rows[~rows["site_id"].isin(shared)]
    area = alone["parcel_id"].map(cents(facts.area_m2)).dropna().astype("int64")
    absorbed, claimed = absorbed_cents(facts), facts.optimal
    budget = budgets(facts, cap).fillna(0.0) * 100
    short = []
    for site, offered in area.groupby(alone["site_id"]):
        if site not in claimed.index or not claimed[site]:
            continue
        most = min(_whole(budget[site], operator=cap.operator), float(offered.sum()))
        if most <= MOST_CENTS and _best(offered.tolist(), int(most)) != int(absorbed[site]):
            short.append(site)
    text = "sites whose scraps are not the largest area that fits"
    return violations("not_optimal", text, short)


def _whole(budget: float, *, operator: str) -> float:
    """Largest whole number of hundredths that keeps a budget."""
    room = np.floor(budget + SHARE) if operator == "<=" else np.ceil(budget - SHARE) - 1
    return float(max(room, 0.0))


def _best(areas: list[int], most: int) -> int:
    """Largest sum of some of the areas that is not above `most`: bit n tells whether n is one."""
    within_budget = (1 << (most + 1)) - 1
    reached = 1
    for area in areas:
        reached |= (reached << area) & within_budget if area <= most else 0
    return reached.bit_length() - 1
