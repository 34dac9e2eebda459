"""The reasons and deciding rules of the plan, derived once more from the verdicts and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.verify.caps import (
    absorbed_cents,
    budgets,
    cents,
    most_scraps,
    step_cents,
    total_room,
    whole,
)
from gisland.verify.chains import reached
from gisland.verify.decisions import decided
from gisland.verify.facts import Facts, Violation, known_pairs, violations

if TYPE_CHECKING:
    from gisland.base.rule import Rule

PREFIX = {"fail": "", "missing": "missing:"}
RULES = {
    "cap_full": "scrap.share_cap",
    "total_full": "scrap.total_cap",
    "count_full": "scrap.count_cap",
}
NOT_CONNECTED = "not_connected"


def check_reasons(facts: Facts, edges: pd.DataFrame) -> list[Violation]:
    """Hold reasons and rule of every pair against its failing tests and the caps.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    edges
        From `scrap_links`.

    Returns
    -------
    list of Violation
        ``plan_reasons``, ``plan_rule``.

    Examples
    --------
    >>> from gisland.verify.chains import scrap_links
    >>> from gisland.verify.example import example_facts
    >>> check_reasons(example_facts(), scrap_links(example_facts()))
    []
    """
    pairs = known_pairs(facts)
    if pairs.empty:
        return []
    failed = _failed(facts, pairs)
    told = pairs["reasons"].astype("str").fillna("")
    left = _not_chosen(facts, pairs, edges, told=told)
    expected = failed["reasons"].mask(pairs["verdict"] == "absorbed", "")
    expected = expected.mask(pairs["verdict"] == "eligible", left)
    wrong = pairs["parcel_id"][told != expected]
    found = violations("plan_reasons", "reasons do not follow from verdicts and caps", wrong)
    rule = failed["rule_id"].where(pairs["verdict"] == "ineligible", expected.map(RULES))
    given = pairs["rule_id"].astype("str").fillna("")
    apart = (given == "scrap.chains") & (expected == NOT_CONNECTED)
    wrong = pairs["parcel_id"][(given != rule.astype("str").fillna("")) & ~apart]
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


def _not_chosen(
    facts: Facts, pairs: pd.DataFrame, edges: pd.DataFrame, *, told: pd.Series
) -> pd.Series:
    """Why each pair, were it eligible, is not in the plan; of several causes the one told."""
    site, taken = pairs["site_id"], pairs["parcel_id"].map(facts.absorbed)
    over, total = _over(facts, pairs), _over_total(facts, pairs)
    full = site.map(facts.absorbed_count) + 1 > most_scraps(facts)
    proved = site.map(facts.optimal).astype(bool)
    reason = pd.Series("not_chosen", index=pairs.index, dtype="str")
    open_end = ~proved & ~((facts.choices.method == "greedy") & (told == "not_chosen"))
    reason = reason.mask(open_end, "time_limit").mask(full, "count_full")
    reason = reason.mask(total & ~(full & (told == "count_full")), "total_full")
    reason = reason.mask(over & ~(total & (told == "total_full")), "cap_full")
    loose = ~reached(facts, pairs, edges, how="possible") & ~(over | total | full)
    perhaps = ~reached(facts, pairs, edges, how="sure") & (told == NOT_CONNECTED)
    reason = reason.mask(loose | perhaps, NOT_CONNECTED)
    reason = reason.mask(taken.notna(), "taken_by:" + taken.astype("str").fillna(""))
    before = decided(facts, pairs)
    return reason.mask(before != "", before)


def _over(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Whether the scrap exceeds what the share cap leaves to its site."""
    cap: Rule = facts.rules["scrap.share_cap"]
    if cap.mode != "on":
        return pd.Series(data=False, index=pairs.index)
    room = whole(budgets(facts, cap).fillna(0.0), cap)
    return _sum_with(facts, pairs) > pairs["site_id"].map(room)


def _over_total(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Whether the scrap exceeds what the cap on the total leaves to its site."""
    cap: Rule = facts.rules["scrap.total_cap"]
    if cap.mode != "on":
        return pd.Series(data=False, index=pairs.index)
    return _sum_with(facts, pairs) > total_room(cap)


def _sum_with(facts: Facts, pairs: pd.DataFrame) -> pd.Series:
    """Hundredths of a square metre that each site would absorb with the scrap."""
    own = cents(pairs["parcel_id"].map(facts.area_m2), step=step_cents(facts))
    return pairs["site_id"].map(absorbed_cents(facts)) + own
