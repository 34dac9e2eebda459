"""Every accepted scrap eligible by recomputed numbers, every refused one refused for cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.names import comparable
from gisland.base.useclasses import FREE_USE_CLASSES
from gisland.verify.caps import budgets, cents, whole
from gisland.verify.contact import check_border
from gisland.verify.facts import Facts, Violation, known_pairs, links_of, violations
from gisland.verify.fragments import too_small, undevelopable
from gisland.verify.overlays import overlay, valid
from gisland.verify.permits import (
    UNSURE,
    compatible_use,
    consent,
    not_assessed,
    project_boundary,
    protected,
    total_cap,
    words,
)
from gisland.verify.touch import overlapping, slack_m, touch_with_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.base.rule import Rule

SAME = {"same_tenure": "tenure", "same_owner": "owner", "same_use": "use_class"}
RULES = {
    "share_cap": "scrap.share_cap",
    "area_cap": "scrap.area_cap",
    "not_developable": "scrap.not_developable",
    "same_tenure": "scrap.same_tenure",
    "same_owner": "scrap.same_owner",
    "same_use": "scrap.same_use",
    "planned_use": "scrap.forbidden_planned_use",
    "exclusion": "scrap.exclusion",
    "far_not_above": "scrap.far_not_above",
    "total_cap": "scrap.total_cap",
    "compatible_use": "scrap.compatible_use",
    "project_boundary": "scrap.project_boundary",
    "consent": "scrap.consent",
    "protected": "scrap.protected",
}
BLOCKS = ("fail", "missing")
FROM_ZONING = ("far_not_above",)  # the zoning layer is not among the results


def check_eligibility(facts: Facts, touching: pd.DataFrame) -> list[Violation]:
    """Put every pair of the plan to every test in mode ``on`` once more.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    touching
        From `touches`.

    Returns
    -------
    list of Violation
        ``ineligible_<test>``, ``not_assessed``, ``refused``, ``inside_site``, ``border``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.touch import touches
    >>> facts = example_facts()
    >>> check_eligibility(facts, touches(facts))
    []
    """
    pairs = known_pairs(facts)
    if pairs.empty:
        return []
    met = touch_with_site(touching, facts.members)
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    met = met.reindex(keys).fillna(0.0).reset_index(drop=True)
    answers = {"adjacent": _adjacent(facts, pairs, met)} | {
        test: answer(facts, pairs, facts.rules[RULES[test]])
        for test, answer in _answers(facts).items()
        if facts.rules[RULES[test]].mode == "on"
    }
    outcomes = pd.DataFrame(answers, index=pairs.index)
    accepted = pairs["verdict"].isin(["absorbed", "eligible"])
    found = []
    for test, outcome in outcomes.items():
        bad = pairs["parcel_id"][accepted & outcome.isin(BLOCKS)]
        text = f"accepted scraps that do not pass {test} by recomputed numbers"
        found += violations(f"ineligible_{test}", text, bad)
    found += _check_recorded(facts, pairs, outcomes, accepted=accepted)
    return [*found, *check_border(facts, pairs, met, touching=touching), *_check_inside(facts)]


def _answers(facts: Facts) -> dict[str, Callable[[Facts, pd.DataFrame, Rule], pd.Series]]:
    """The recomputed tests: outcome per pair, on the index of the pairs."""
    listed = {} if facts.choices.protected is None else {"protected": protected}
    return listed | {
        "share_cap": _share_cap,
        "area_cap": _area_cap,
        "not_developable": _not_developable,
        **dict.fromkeys(SAME, _same),
        "planned_use": _planned_use,
        "exclusion": _exclusion,
        "far_not_above": _far_not_above,
        "total_cap": total_cap,
        "compatible_use": compatible_use,
        "project_boundary": project_boundary,
        "consent": consent,
    }


def _adjacent(facts: Facts, pairs: pd.DataFrame, met: pd.DataFrame) -> pd.Series:
    least, slack = facts.parameters.min_border_m, slack_m(facts, met)
    touch = met["touch_m"] - pairs["corridor_m"]  # what a corridor separates does not adjoin
    near = (touch - least).abs() <= slack
    told = words(touch >= least)
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    on_site = keys.isin(overlapping(facts, pd.Index(pairs["parcel_id"].unique())))
    told = told.mask(near | (on_site & (told == "pass")), UNSURE)
    return told.mask(links_of(pairs) > 0, UNSURE)  # what lies between is proved with the chains


def _share_cap(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """The scrap alone against the cap; missing without the rule's denominator."""
    budget = pairs["site_id"].map(budgets(facts, rule))
    own = cents(pairs["parcel_id"].map(facts.area_m2), step=rule.rounding_cents)
    return words(own <= whole(budget.fillna(0.0), rule), budget.isna())


def _area_cap(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    holds = rule.holds(pairs["parcel_id"].map(facts.area_m2))
    return words(holds.fillna(value=False).astype(bool), holds.isna())


def _not_developable(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    del rule  # a flag: in mode on or not at all
    ids = pd.Index(pairs["parcel_id"].unique())
    told = words(undevelopable(facts, ids))
    return pairs["parcel_id"].map(told.mask((told == "pass") & ~too_small(facts, ids), UNSURE))


def _same(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """The scrap's value is that of a parcel of the site, or listed in the rule."""
    column = facts.column(SAME[rule.id.split(".")[1]])
    if column is None:
        return not_assessed(pairs)
    column = comparable(column)  # one owner may have several spellings
    own = pairs["parcel_id"].map(column)
    inside = pd.DataFrame({"site": facts.members, "value": column.reindex(facts.members.index)})
    inside = inside.dropna()
    present = set(zip(inside["site"], inside["value"], strict=True))
    both = zip(pairs["site_id"], own, strict=True)
    equal = pd.Series([pair in present for pair in both], index=pairs.index)
    listed = own.isin(comparable(pd.Series(rule.texts, dtype="str")))
    unknown = own.isna() | ~pairs["site_id"].isin(inside["site"])
    return words(equal | listed, unknown & ~listed)


def _planned_use(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    column = facts.column("planned_use")
    if column is None:
        return not_assessed(pairs)
    own = pairs["parcel_id"].map(column)
    classes = facts.column("planned_use_class")
    refused = own.isin(rule.texts)
    if classes is not None:
        refused |= pairs["parcel_id"].map(classes).isin(rule.texts)
    return words(~refused, own.isna())


def _exclusion(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Area of each scrap under any exclusion, overlapping layers counted once."""
    layer = facts.tables.get("exclusions")
    if layer is None:
        return not_assessed(pairs)
    ids = pd.Index(pairs["parcel_id"].unique())
    scraps, barred = facts.shapes(ids), valid(layer.geometry.to_numpy())
    which, under = shapely.STRtree(barred).query(scraps, predicate="intersects")
    pieces = overlay(shapely.intersection, scraps[which], barred[under])
    groups = pd.Series(pieces, dtype="object").groupby(ids[which].to_numpy())
    overlap = {key: overlay(shapely.union_all, group.to_numpy()).area for key, group in groups}
    area = pd.Series(overlap, dtype="float64").reindex(ids, fill_value=0.0)
    return words(pairs["parcel_id"].map(rule.holds(area).astype(bool)))


def _far_not_above(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Planned FAR of the scrap not above the highest planned for the site or a parcel of it."""
    del rule
    column = facts.column("planned_far_max")
    if column is None:
        return not_assessed(pairs)
    own = pairs["parcel_id"].map(column)
    highest = column.reindex(facts.members.index).groupby(facts.members).max()
    highest = facts.drawn["planned_far"].combine(highest, np.fmax)
    site = pairs["site_id"].map(highest)
    return words(own.round(6) <= site.round(6), own.isna() | site.isna())


def _check_recorded(
    facts: Facts, pairs: pd.DataFrame, outcomes: pd.DataFrame, *, accepted: pd.Series
) -> list[Violation]:
    """Hold the recorded outcomes of each pair against the recomputed ones."""
    rows = facts.tables["verdicts"]
    rows = rows[(rows["mode"] == "on") & rows["test"].isin(outcomes.columns)]
    told = rows.drop_duplicates(["parcel_id", "subject", "test"])
    told = told.pivot_table(
        index=["parcel_id", "subject"], columns="test", values="outcome", aggfunc="first"
    )
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    told = told.reindex(index=keys, columns=list(outcomes.columns)).fillna("")
    recorded = told.reset_index(drop=True).set_axis(outcomes.index)
    silent = (recorded == "").any(axis=1)
    found = violations(
        "verdict_missing", "pairs without a row per test", pairs["parcel_id"][silent]
    )
    contradicted = accepted & recorded.isin(BLOCKS).any(axis=1)
    text = "accepted scraps that fail a recorded test"
    found += violations("accepted", text, pairs["parcel_id"][contradicted])
    left_out = ((outcomes == "not_assessed") & ~recorded.isin(["not_assessed", ""])).any(axis=1)
    left_out |= ((outcomes != "not_assessed") & (recorded == "not_assessed")).any(axis=1)
    text = "tests recorded as assessed without data, or as not assessed with data"
    found += violations("not_assessed", text, pairs["parcel_id"][accepted & left_out])
    refused = ~accepted & ~silent
    blocked = recorded.isin(BLOCKS)
    text = "refused scraps that fail no recorded test"
    found += violations("refused", text, pairs["parcel_id"][refused & ~blocked.any(axis=1)])
    confirmed = (blocked & (outcomes != "pass")).any(axis=1)
    confirmed |= blocked[[t for t in FROM_ZONING if t in blocked]].any(axis=1)
    text = "refused scraps that pass the tests they are said to fail"
    wrong = refused & blocked.any(axis=1) & ~confirmed
    return [*found, *violations("refused", text, pairs["parcel_id"][wrong])]


def _check_inside(facts: Facts) -> list[Violation]:
    """Absorbed scraps that lay in a site already, or are roads or water."""
    scraps = facts.shapes(facts.absorbed.index)
    sites = facts.shapes(facts.members.index)
    which, under = shapely.STRtree(sites).query(scraps, predicate="intersects")
    overlap = shapely.area(overlay(shapely.intersection, scraps[which], sites[under]))
    total = np.bincount(which, weights=overlap, minlength=len(scraps))
    most = facts.parameters.site_overlap_share * shapely.area(scraps)
    inside = facts.absorbed.index[total > most]
    found = violations("inside_site", "absorbed scraps that lay in a site before", inside)
    use = facts.column("use_class")
    if use is None:
        return found
    ways = facts.absorbed.index[use.reindex(facts.absorbed.index).isin(FREE_USE_CLASSES)]
    return [*found, *violations("ineligible_use", "absorbed roads or water", ways)]
