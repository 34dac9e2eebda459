"""Plan, verdicts and parcels say the same, and follow from the numbers they state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import ID_SEPARATOR
from gisland.base.rule import AREA_DECIMALS, CENTS, OPERATORS, SHARE_DECIMALS
from gisland.base.rulespecs import FRAGMENT_TESTS
from gisland.base.schema import OUTCOMES, PLAN_VERDICTS
from gisland.verify.eligible import RULES
from gisland.verify.facts import AREA_M2, Facts, Violation, differs, violations
from gisland.verify.lowuse import TESTS as LOW_USE_TESTS

if TYPE_CHECKING:
    from gisland.base.rule import Rule

OWN_LIMITS = ("adjacent", "far_not_above")  # limits that come from a parameter or the site
NEAR = 20  # in units of 1e-6
MEASURE = 1e-6
CHECKED = (*RULES, "adjacent", *FRAGMENT_TESTS, *LOW_USE_TESTS)


def check_plan(facts: Facts) -> list[Violation]:
    """Hold the plan's rows against the parcels and the sites.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``plan_ids``, ``plan_verdict``, ``plan_numbers``, ``absorbed_once``,
        ``candidates``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [v.code for v in check_plan(example_facts("parcels", verdict="eligible"))]
    ['plan_verdict']
    """
    plan, ids = facts.tables["plan"], facts.parcels.index
    known = plan["parcel_id"].isin(ids) & plan["site_id"].isin(facts.drawn.index)
    found = violations("plan_ids", "rows of unknown parcels or sites", plan["parcel_id"][~known])
    odd = ~plan["verdict"].isin(PLAN_VERDICTS)
    text = f"verdict is none of {', '.join(PLAN_VERDICTS)}"
    found += violations("plan_verdict", text, plan["parcel_id"][odd])
    taken = plan[plan["verdict"] == "absorbed"]
    twice = taken["parcel_id"][taken["parcel_id"].duplicated()]
    found += violations("absorbed_once", "scraps absorbed by several sites", twice)
    found += _check_verdicts_of_parcels(facts, plan)
    return [*found, *_check_numbers(facts, plan[known]), *_check_candidates(facts, plan)]


def _check_verdicts_of_parcels(facts: Facts, plan: pd.DataFrame) -> list[Violation]:
    rank = {"absorbed": 3, "eligible": 2, "ineligible": 1}
    best = plan["verdict"].map(rank).groupby(plan["parcel_id"]).max()
    words = {3.0: "absorbed", 2.0: "eligible", 1.0: "ineligible"}
    expected = best.reindex(facts.parcels.index).map(words)
    recorded = facts.parcels["verdict"]
    expected = expected.fillna(recorded.where(recorded.isin(["site", "none"]), "none"))
    wrong = facts.parcels.index[recorded != expected]
    found = violations("plan_verdict", "verdict of parcels does not follow from the plan", wrong)
    taken = plan[plan["verdict"] == "absorbed"].drop_duplicates("parcel_id")
    site = taken.set_index("parcel_id")["site_id"].reindex(facts.absorbed.index)
    wrong = facts.absorbed.index[site != facts.absorbed]
    return [
        *found,
        *violations("plan_verdict", "scraps absorbed by another site in the plan", wrong),
    ]


def _check_numbers(facts: Facts, plan: pd.DataFrame) -> list[Violation]:
    lots = facts.parcels.reindex(plan["parcel_id"]).set_axis(plan.index)
    area = plan["parcel_id"].map(facts.area_m2)
    shape = lots.geometry.geom_equals(plan.geometry)
    kind = plan["scrap_kind"].fillna("") == lots["scrap_kind"].fillna("")
    share = differs(plan["site_share"], plan["border_m"] / lots.geometry.length, absolute=1e-6)
    cases = {
        "area_m2 is not the drawn area": differs(plan["area_m2"], area),
        "geometry is not the parcel's": ~shape,
        "scrap_kind is not the parcel's": ~kind,
        "site_share is not border over perimeter": share,
    }
    return [
        v
        for text, bad in cases.items()
        for v in violations("plan_numbers", text, plan["parcel_id"][bad])
    ]


def _check_candidates(facts: Facts, plan: pd.DataFrame) -> list[Violation]:
    """Candidates of a site are rows of its plan, hold what it absorbs, and add up."""
    sites = facts.drawn
    given = sites["candidate_ids"].fillna("")
    listed = given.str.split(ID_SEPARATOR).explode().rename("parcel_id").rename_axis("site_id")
    rows = listed[listed != ""].reset_index().sort_values(["site_id", "parcel_id"])
    keys = pd.MultiIndex.from_frame(rows)
    pairs = pd.MultiIndex.from_frame(plan[["site_id", "parcel_id"]])
    strange = rows["site_id"][~keys.isin(pairs) | keys.duplicated()]
    missed = plan["site_id"][(plan["verdict"] == "absorbed") & ~pairs.isin(keys)]
    groups = rows.groupby("site_id")
    joined = groups["parcel_id"].agg(ID_SEPARATOR.join).reindex(sites.index).fillna("")
    own = rows["parcel_id"].map(facts.area_m2).astype("float64")
    area = own.groupby(rows["site_id"]).sum()
    told = sites["candidate_area_m2"].fillna(0.0)
    apart = (area.reindex(sites.index, fill_value=0.0) - told).abs() > AREA_M2
    wrong = [*strange, *missed, *sites.index[apart | (joined != given)]]
    text = "candidate_ids or candidate_area_m2 do not follow from the plan"
    return violations("candidates", text, wrong)


def check_verdicts(facts: Facts) -> list[Violation]:
    """Hold the verdict rows against the numbers they state and the rules they name.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``verdict_ids``, ``verdict_outcome``, ``verdict_rule``, ``verdict_value``, ``fragment``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_verdicts(example_facts("parcels", fragment=True))]
    ['fragment: fragment does not follow from the verdicts: a']
    """
    rows = facts.tables.get("verdicts")
    if rows is None:
        return []
    unknown = rows["parcel_id"][~rows["parcel_id"].isin(facts.parcels.index)].fillna("(missing)")
    found = violations("verdict_ids", "verdicts of unknown parcels", unknown)
    odd = ~rows["outcome"].isin(OUTCOMES) | ~rows["mode"].isin(["on", "advisory"])
    found += violations("verdict_outcome", "unknown outcome or mode", rows["parcel_id"][odd])
    checked = rows[rows["test"].isin(CHECKED)]
    wrong = checked["parcel_id"][_contradicts(facts, checked)]
    text = "outcome does not follow from value, operator and limit"
    found += violations("verdict_outcome", text, wrong)
    found += _check_rules(facts, checked)
    return [*found, *_check_fragments(facts, rows)]


def _contradicts(facts: Facts, rows: pd.DataFrame) -> pd.Series:
    """Rows whose value, operator and limit give another outcome than the one stated."""
    cents = rows["rule_id"].map({rule.id: rule.rounding_cents for rule in facts.rules})
    step = cents.fillna(1.0).to_numpy("float64") / CENTS
    length = np.where(rows["unit"] == "m", 10.0**AREA_DECIMALS, 10.0**SHARE_DECIMALS)
    scale = np.where(rows["unit"] == "m2", 1 / step, length)
    value, limit = (rows[c].to_numpy("float64") * scale for c in ("value", "limit"))
    holds = np.zeros(len(rows), dtype=bool)
    for operator, compare in OPERATORS.items():
        own = (rows["operator"] == operator).to_numpy()
        holds[own] = compare(np.round(value[own]), np.round(limit[own]))
    # A share is compared through rounded areas, which decide where it is near its limit.
    area = rows["parcel_id"].map(facts.area_m2).to_numpy("float64")
    near = (np.abs(value - limit) - NEAR) * area <= np.abs(value) * step
    near &= rows["test"].eq("share_cap").to_numpy()
    told = rows["outcome"].isin(["pass", "fail"]) & rows["operator"].isin(list(OPERATORS))
    told &= ~np.isnan(value) & ~np.isnan(limit) & ~near
    return told & ((rows["outcome"] == "pass") != holds)


def _check_rules(facts: Facts, rows: pd.DataFrame) -> list[Violation]:
    known = {rule.id: rule for rule in facts.rules}
    own = rows["test"].isin(OWN_LIMITS)
    named: pd.Series = rows["rule_id"].map(known)
    unknown = rows["parcel_id"][named.isna() & (rows["test"] != "adjacent")]
    found = violations("verdict_rule", "rules that the record does not have", unknown)
    held = rows[named.notna()]
    rules: list[Rule] = list(named.dropna())
    mode = np.array([r.mode for r in rules], dtype=object) != held["mode"].to_numpy(dtype=object)
    limits = np.array([r.limit if r.operator else np.nan for r in rules], dtype="float64")
    apart = np.abs(limits - held["limit"].to_numpy("float64")) > 1e-9  # noqa: PLR2004 - rounding
    wrong = mode | (apart & ~own[named.notna()].to_numpy())
    text = "mode or limit is not that of the rule"
    found += violations("verdict_rule", text, held["parcel_id"][wrong])
    limit = rows[(rows["test"] == "adjacent")]
    moved = (limit["limit"] - facts.parameters.min_border_m).abs() > 1e-9  # noqa: PLR2004
    return [
        *found,
        *violations(
            "verdict_rule", "limit of adjacent is not min_border_m", limit["parcel_id"][moved]
        ),
    ]


def _check_fragments(facts: Facts, rows: pd.DataFrame) -> list[Violation]:
    lots = rows[rows["test"] == "min_lot"]
    wrong = differs(lots["value"], lots["parcel_id"].map(facts.area_m2))
    found = violations("verdict_value", "min_lot value is not the area", lots["parcel_id"][wrong])
    for test, spec in FRAGMENT_TESTS.items():
        lots = rows[rows["test"] == test]
        told = lots["parcel_id"].map(facts.parcels[spec.column])
        wrong = differs(lots["value"], told, absolute=MEASURE, relative=0.0)
        text = f"{test} value is not the parcel's {spec.column}"
        found += violations("verdict_value", text, lots["parcel_id"][wrong])
    failed = rows[rows["test"].isin(FRAGMENT_TESTS) & (rows["outcome"] == "fail")]
    decided = failed["parcel_id"][failed["mode"] == "on"]
    expected = facts.parcels.index.isin(decided)
    recorded = facts.parcels["fragment"].fillna(value=False).astype(bool).to_numpy()
    text = "fragment does not follow from the verdicts"
    return [*found, *violations("fragment", text, facts.parcels.index[expected != recorded])]
