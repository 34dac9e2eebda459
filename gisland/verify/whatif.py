"""Plans under other caps, and the plan without the decisions, held against the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.rule import CENTS
from gisland.verify.decisions import required_ids
from gisland.verify.facts import Facts, Violation, differs, violations

if TYPE_CHECKING:
    from gisland.base.rule import Rule

EQUAL = 1e-9
ONE_CENT_M2 = 0.011  # what is smaller is no loss of a hundredth of a square metre


def check_asked(facts: Facts) -> list[Violation]:
    """Demand what the record of the run asks for beside the plan.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``table_absent``, ``sweep_numbers``, ``alternative_second``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_asked(example_facts())
    []
    """
    asked, tables = facts.run.get("plan", {}), facts.tables
    if "alternatives" not in asked:  # nothing is known of what was asked for
        return []
    choices = facts.choices
    caps, areas = {*choices.sweep_caps}, {*choices.sweep_areas_m2}
    wanted = {"sweep": bool(caps | areas), "differences": bool(choices.decisions)}
    absent = [name for name, want in wanted.items() if want and name not in tables]
    found = violations("table_absent", "tables that the record asks for are not there", absent)
    if wanted["sweep"] and "sweep" in tables:
        rows = tables["sweep"]
        every = len(rows) == max(len(caps), 1) * max(len(areas), 1)
        every &= not caps or {*rows["cap"]} == caps
        every &= not areas or {*rows["area_cap_m2"]} == areas
        text = "not one row for each combination of caps that the record asks for"
        found += violations("sweep_numbers", text, [] if every else ["sweep"])
    if not choices.alternatives or choices.method == "greedy":
        return found
    number = facts.drawn["component"]
    told = tables.get("alternatives", pd.DataFrame({"site_id": [], "kind": []}))
    second = told["site_id"][told["kind"] == "second_best"].map(number)
    alone = number.isin(facts.absorbed.map(number).dropna()) & ~number.isin(second)
    text = "sites that absorb scraps, without a second-best plan"
    found += violations("alternative_second", text, number.index[alone])
    return [*found, *_check_greedy(facts, told)]


def _check_greedy(facts: Facts, told: pd.DataFrame) -> list[Violation]:
    """Hold what the record says of greedy merging against the sites where it differs."""
    records = pd.DataFrame(facts.run.get("components", []))
    if not {"component", "greedy_m2", "absorbed_m2", "scraps"} <= set(records):
        return []
    records = records.set_index("component")
    rows = told[told["kind"] == "greedy"]
    more = rows.groupby(rows["site_id"].map(facts.drawn["component"]))["area_more_m2"].sum()
    own = records["absorbed_m2"] + more.reindex(records.index).fillna(0.0)
    # each scrap may be rounded one way here and the other way there
    slack = _rounding_m2(facts) * (1.0 + records["scraps"])
    wrong = (records["greedy_m2"] - own).abs() > slack
    text = "greedy_m2 is not what the sites of the component absorb so"
    return violations("components", text, records.index[wrong])


def check_sweep(facts: Facts) -> list[Violation]:
    """Hold the plans under other caps against one another and against the plan in force.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``sweep_numbers``, ``sweep_order``, ``sweep_in_force``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_sweep(example_facts())
    []
    """
    table = facts.tables.get("sweep")
    if table is None or table.empty:
        return []
    rows = table.reset_index(drop=True)
    name = rows["cap"].map("{:g}".format) + "/" + rows["area_cap_m2"].map("{:g}".format)
    total = float(facts.area_m2.reindex(facts.absorbed.index).sum())
    many = float(len(facts.absorbed))
    wrong = differs(rows["more_m2"], rows["absorbed_m2"] - total)
    text = "more_m2 is not absorbed_m2 less what the plan absorbs"
    found = violations("sweep_numbers", text, name[wrong])
    odd = ~(rows["sites"] <= rows["scraps"]) | ((rows["absorbed_m2"] > 0) != (rows["scraps"] > 0))
    text = "scraps, sites and absorbed_m2 that cannot be together"
    found += violations("sweep_numbers", text, name[odd])
    done = rows["status"] == "optimal"
    now = _in_force(facts, rows) & done & bool(facts.optimal.all())
    wrong = now & differs(rows["absorbed_m2"], pd.Series(total, rows.index))
    wrong |= now & (facts.choices.objective == "count") & (rows["scraps"] != many)
    text = "the caps in force give another plan than the plan"
    found += violations("sweep_in_force", text, name[wrong])
    return [*found, *_check_order(facts, rows, name, done=done)]


def _in_force(facts: Facts, rows: pd.DataFrame) -> pd.Series:
    """Rows whose caps are those of the rules."""
    held = pd.Series(data=True, index=rows.index)
    ids = {"cap": "scrap.share_cap", "area_cap_m2": "scrap.area_cap"}
    for column, rule_id in ids.items():
        rule: Rule = facts.rules[rule_id]
        same = (rows[column] - rule.limit).abs() <= EQUAL * max(1.0, rule.limit)
        held &= rows[column].isna() | (same & (rule.mode == "on"))
    return held


def _check_order(
    facts: Facts, rows: pd.DataFrame, name: pd.Series, *, done: pd.Series
) -> list[Violation]:
    """A larger cap never makes the best plan worse, where nothing is required before area."""
    if required_ids(facts):
        return []
    column = "absorbed_m2" if facts.choices.objective == "area" else "scraps"
    area_rule: Rule = facts.rules["scrap.area_cap"]
    as_is = area_rule.limit if area_rule.mode == "on" else np.inf
    own: Rule = facts.rules["scrap.share_cap"]
    known = rows.assign(
        cap=rows["cap"].fillna(own.limit if own.mode == "on" else np.inf),
        area_cap_m2=rows["area_cap_m2"].fillna(as_is),
    )[done]
    wrong: list[str] = []
    for fixed, moved in (("area_cap_m2", "cap"), ("cap", "area_cap_m2")):
        ordered = known.sort_values([fixed, moved], kind="stable")
        before = ordered.groupby(fixed)[column].cummax()
        most = ordered.groupby(fixed)["scraps"].cummax().astype("float64")
        slack = ONE_CENT_M2 if column == "scraps" else ONE_CENT_M2 + _rounding_m2(facts) * most
        wrong += name[ordered.index[ordered[column] < before - slack]].tolist()
    return violations("sweep_order", "a larger cap makes the best plan smaller", wrong)


def _rounding_m2(facts: Facts) -> float:
    """By how much the plan, which compares rounded areas, may misjudge a scrap."""
    rules = [facts.rules[i] for i in ("scrap.share_cap", "scrap.total_cap")]
    return max(rule.rounding_cents for rule in rules) / CENTS


def check_differences(facts: Facts) -> list[Violation]:
    """Hold the table of what decisions changed against decisions and plan.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``differences``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_differences(example_facts())
    []
    """
    table = facts.tables.get("differences")
    if table is None:
        return []
    rows, ids = table.reset_index(drop=True), table["parcel_id"].reset_index(drop=True)
    decisions = dict(facts.choices.decisions)
    absent = [i for i in decisions if i in facts.parcels.index and i not in set(ids)]
    found = violations("differences", "decisions without a row", absent)
    told = rows["decision"].fillna("")
    text = "decision is not the one taken"
    wrong = told != ids.map(decisions).astype("object").fillna("")
    found += violations("differences", text, ids[wrong])
    old, new = rows["site_without"].fillna(""), rows["site_with"].fillna("")
    taken = ids.map(facts.absorbed).astype("object").fillna("")
    found += violations("differences", "site_with is not that of the plan", ids[new != taken])
    change = np.select(
        [old == new, old == "", new == ""], ["as_before", "added", "dropped"], "moved"
    )
    text = "change does not follow from the sites, or nothing changed and nothing was decided"
    idle = (old == new) & (told == "")
    found += violations("differences", text, ids[(rows["change"] != change) | idle])
    unknown = (old != "") & ~old.isin(facts.drawn.index)
    considered = pd.MultiIndex.from_frame(facts.tables["plan"][["parcel_id", "site_id"]])
    strange = (old != "") & ~pd.MultiIndex.from_arrays([ids, old]).isin(considered)
    text = "site_without is no site of the scrap"
    found += violations("differences", text, ids[unknown | strange])
    named = ids.isin(facts.tables["plan"]["parcel_id"])  # of others nothing is told
    wrong = differs(rows["area_m2"], ids.map(facts.area_m2).where(named))
    found += violations("differences", "area_m2 is not the drawn area", ids[wrong])
    return [*found, *violations("differences", "parcels named twice", ids[ids.duplicated()])]
