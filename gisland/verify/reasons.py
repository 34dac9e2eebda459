"""The reasons and deciding rules of the plan, derived once more from the verdicts and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.verify.caps import absorbed_cents, budgets, cents, within
from gisland.verify.facts import Facts, Violation, known_pairs, violations

if TYPE_CHECKING:
    from gisland.base.rules import Rule

PREFIX = {"fail": "", "missing": "missing:"}
CAPS = {"cap_full": "scrap.share_cap", "count_full": "scrap.count_cap"}


def check_reasons(facts: Facts) -> list[Violation]:
    """Hold reasons and rule of every pair against its failing tests and the caps.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``plan_reasons``, ``plan_rule``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_reasons(example_facts())
    []
    """
    pairs = known_pairs(facts)
    if pairs.empty:
        return []
    failed = _failed(facts, pairs)
    expected = failed["reasons"].mask(pairs["verdict"] == "absorbed", "")
    expected = expected.mask(pairs["verdict"] == "eligible", _not_chosen(facts, pairs))
    wrong = pairs["parcel_id"][pairs["reasons"].astype("str").fillna("") != expected]
    found = violations("plan_reasons", "reasons do not follow from verdicts and caps", wrong)
    rule = failed["rule_id"].where(pairs["verdict"] == "ineligible", expected.map(CAPS))
    wrong = pairs["parcel_id"][
        pairs["rule_id"].astype("str").fillna("") != rule.astype("str").fillna("")
    ]
    return [*found, *violations("plan_rule", "rule_id is not of the rule that decided", wrong)]


def _failed(facts: Facts, pairs: pd.DataFrame) -> pd.DataFrame:
    """Failing tests in mode ``on`` of each pair, in the order of the alphabet, and their rule."""
    rows = facts.tables["verdicts"]
    rows = rows[(rows["mode"] == "on") & rows["outcome"].isin(list(PREFIX))]
    rows = rows.assign(reasons=rows["outcome"].map(PREFIX) + rows["test"]).sort_values("test")
    groups = rows.groupby(["parcel_id", "subject"])
    told = pd.DataFrame({"reasons": groups["reasons"].agg(";".join)})
    told["rule_id"] = groups["rule_id"].first()
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    return told.reindex(keys).fillna("").set_axis(pairs.index)


def _not_chosen(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Why each pair, were it eligible, is not in the plan."""
    site = pairs["site_id"]
    taken = pairs["parcel_id"].map(facts.absorbed)
    most: Rule = facts.rules["scrap.count_cap"]
    full = pd.Series(data=False, index=facts.drawn.index)
    if most.mode == "on":
        full = ~most.holds((facts.absorbed_count + 1).astype("float64")).astype(bool)
    words = pd.Series("not_chosen", index=pairs.index, dtype="str")
    words = words.mask(~site.map(facts.optimal).astype(bool), "time_limit")
    words = words.mask(site.map(full).astype(bool), "count_full")
    words = words.mask(_over(facts, pairs), "cap_full")
    return words.mask(taken.notna(), "taken_by:" + taken.astype("str").fillna(""))


def _over(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Whether the scrap exceeds what its site may still absorb."""
    cap: Rule = facts.rules["scrap.share_cap"]
    if cap.mode != "on":
        return pd.Series(data=False, index=pairs.index)
    site, own = pairs["site_id"], cents(pairs["parcel_id"].map(facts.area_m2))
    more = site.map(absorbed_cents(facts)) + own
    return ~within(more, site.map(budgets(facts, cap)), operator=cap.operator)
