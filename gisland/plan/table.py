"""The plan as a readable table: every considered pair, its verdict, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.tables import lookup
from gisland.plan.caps import UNLIMITED, total_cents
from gisland.plan.case import PlanCase, decided, pair_cents, solved
from gisland.plan.eligible.eligibility import deciding_failures
from gisland.plan.exact.solver import GREEDY, TIME_LIMIT

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.plan.exact.assign import Assignment

DECIDING = {
    "cap_full": "scrap.share_cap",
    "total_full": "scrap.total_cap",
    "count_full": "scrap.count_cap",
    "not_connected": "scrap.chains",
}


def plan_table(case: PlanCase) -> tuple[gpd.GeoDataFrame, Assignment]:
    """Plan every considered pair: absorbed, eligible but not chosen, or ineligible, and why.

    Parameters
    ----------
    case
        Considered pairs with their tests, and what they may become.

    Returns
    -------
    geopandas.GeoDataFrame
        The pairs with ``verdict``, ``reasons`` and ``rule_id`` (of the rule that decided),
        sorted by scrap and site. Reasons of an eligible scrap that is not chosen: ``cap_full``,
        ``total_full``, ``count_full``, ``taken_by:<site>``, ``decided_out``,
        ``decided_elsewhere:<site>``, ``not_connected`` (what lies between is not absorbed), or
        ``time_limit`` where the plan is not proved.
    Assignment
        Components with their bounds, on the index of the table.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> pair = gpd.GeoDataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [9.0], "border_m": [3.0]},
    ...     geometry=[None],
    ... )
    >>> budget = pd.DataFrame({"area_cents": [-1], "count": [-1]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> case = PlanCase(pair, together([]), budget, rules, PlanChoices(), 1.0)
    >>> plan_table(case)[0]["verdict"].tolist()
    ['absorbed']
    """
    table = case.pairs.sort_values(["parcel_id", "site_id"], kind="stable", ignore_index=True)
    case = replace(case, pairs=table)
    result = solved(case)
    failed, before = deciding_failures(case.verdicts, table), decided(case)
    idle = (failed == "") & ~result.chosen
    left = before.where(before != "", _not_chosen(case, result))
    table["verdict"] = np.select([result.chosen, idle], ["absorbed", "eligible"], "ineligible")
    table["reasons"] = failed.where(~idle, left).astype("str")
    table["rule_id"] = _deciding_rule(table, case.verdicts)
    return table.astype({"verdict": "str"}), result


def _not_chosen(case: PlanCase, result: Assignment) -> pd.Series:
    """Why an eligible pair is not in the plan."""
    table, chosen, area = case.pairs, result.chosen, pair_cents(case)
    taken = table[chosen].set_index("parcel_id")["site_id"]
    used = area[chosen].groupby(table["site_id"]).sum()
    count = table[chosen].groupby("site_id").size()
    site = table["site_id"]
    limit = lookup(site, case.budgets["area_cents"])
    full = (limit != UNLIMITED) & (area > limit - lookup(site, used).fillna(0))
    in_total = full & (limit == total_cents(case.rules["scrap.total_cap"]))
    most = lookup(site, case.budgets["count"])
    counted = (most != UNLIMITED) & (lookup(site, count).fillna(0) >= most)
    status = result.components.set_index("component")["status"]
    proved = ~lookup(lookup(site, result.component), status).isin([TIME_LIMIT, GREEDY])
    elsewhere = lookup(table["parcel_id"], taken).astype("str")
    reasons = {
        "taken_by": elsewhere.notna(),
        "total_full": in_total,
        "cap_full": full,
        "count_full": counted,
        "not_connected": ~_within_reach(case, chosen),
        "time_limit": ~proved,
    }
    why = pd.Series(np.select(list(reasons.values()), list(reasons), "not_chosen"), table.index)
    return why.mask(why == "taken_by", "taken_by:" + elsewhere.fillna(""))


def _within_reach(case: PlanCase, chosen: pd.Series) -> pd.Series:
    """Whether a pair's scrap adjoins the site, or a scrap that the site absorbs."""
    table = case.pairs
    if "links" not in table or case.links is None or case.links.empty:
        return pd.Series(data=True, index=table.index)
    steps = case.links[["focal", "neighbor"]].merge(
        table.loc[chosen, ["parcel_id", "site_id"]], left_on="neighbor", right_on="parcel_id"
    )
    beside = pd.MultiIndex.from_frame(steps[["focal", "site_id"]])
    keys = pd.MultiIndex.from_frame(table[["parcel_id", "site_id"]])
    return (table["links"] == 0) | keys.isin(beside)


def _deciding_rule(table: pd.DataFrame, verdicts: pd.DataFrame) -> pd.Series:
    """Rule of the first failing test; the cap where it decided; empty where nothing did."""
    first = table["reasons"].str.split(";").str[0].str.removeprefix("missing:")
    rule = verdicts.set_index(["parcel_id", "subject", "test"])["rule_id"]
    keys = pd.MultiIndex.from_arrays([table["parcel_id"], table["site_id"], first])
    found = pd.Series(rule[~rule.index.duplicated()].reindex(keys).to_numpy(), index=table.index)
    return found.fillna(first.map(DECIDING)).fillna("").astype("str")
