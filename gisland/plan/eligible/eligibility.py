"""Eligibility of a scrap for a site: independent tests, all evaluated, all reported."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import among
from gisland.base.planchoices import PlanChoices
from gisland.base.tables import lookup
from gisland.base.verdicts import long_enough, outcomes, together, verdict_frame
from gisland.plan.caps import UNLIMITED, budget_cents, cents, shares
from gisland.plan.eligible.lists import consent, protected
from gisland.plan.eligible.pairrows import pair_rows
from gisland.plan.eligible.uses import compatible_use, far_not_above, planned_use, same_as_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

ADJACENT = "scrap.adjacent"  # always on: no rule text merges what does not touch
SAME = {
    "same_tenure": ("scrap.same_tenure", "tenure"),
    "same_owner": ("scrap.same_owner", "owner"),
    "same_use": ("scrap.same_use", "use_class"),
}
NOTHING_CHOSEN = PlanChoices()


def eligibility(
    pairs: pd.DataFrame,
    parcels: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    members: pd.Series,
    rules: RuleSet,
    min_border_m: float,
    choices: PlanChoices = NOTHING_CHOSEN,
) -> pd.DataFrame:
    """Put every pair of scrap and site to every test of the rule set.

    Parameters
    ----------
    pairs
        Columns ``parcel_id``, ``site_id``, ``area_m2``, ``border_m``; if there are chains
        ``links`` and ``link_m``; if there are project boundaries ``scrap_boundary_share``, the
        part of the scrap in that of the site.
    parcels
        Indexed by parcel id: ``fragment`` and, where known, ``tenure``, ``owner``, ``use_class``,
        ``planned_use``, ``planned_use_class``, ``planned_far_max``, ``exclusion_m2``.
    sites
        Indexed by site id: ``area_m2``, ``boundary_area_m2``, ``planned_far_max`` and,
        where known, ``planned_use_class``.
    members
        Site id by parcel id.
    rules
        The rule set; a test whose rule is off is not made.
    min_border_m
        Least border that makes a scrap adjacent.
    choices
        The lists of consents and of protected parcels.

    Returns
    -------
    pandas.DataFrame
        Verdict rows with the site as ``subject``. ``missing``: the value is not known for this
        scrap or site, which counts as failed; ``not_assessed``: there is no such column, layer
        or list, which does not.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S1"], "area_m2": [2500.0], "border_m": [20.0]}
    ... )
    >>> lots = pd.DataFrame({"fragment": [True, False]}, index=["c", "s"])
    >>> site = pd.DataFrame(
    ...     {"area_m2": [9e4], "boundary_area_m2": [None], "planned_far_max": [None]}, index=["S1"]
    ... )
    >>> found = eligibility(
    ...     pair,
    ...     lots,
    ...     site.astype("float64"),
    ...     members=pd.Series("S1", index=["s"]),
    ...     rules=load_rules("guangdong-2009"),
    ...     min_border_m=1.0,
    ... ).set_index("test")
    >>> found.loc[["adjacent", "area_cap"], "outcome"].to_dict()
    {'adjacent': 'pass', 'area_cap': 'fail'}
    """
    near = np.concatenate([pairs["parcel_id"].to_numpy(), members.index.to_numpy()])
    parcels = parcels[among(parcels.index, pd.Index(near))]
    tests: dict[str, Callable[..., pd.DataFrame]] = {
        "scrap.share_cap": partial(_share_cap, pairs, sites),
        "scrap.total_cap": partial(_area_cap, pairs, test="total_cap"),
        "scrap.area_cap": partial(_area_cap, pairs, test="area_cap"),
        "scrap.not_developable": partial(_not_developable, pairs, parcels),
        **{
            rule_id: partial(same_as_site, pairs, parcels, members, test=test, column=column)
            for test, (rule_id, column) in SAME.items()
        },
        "scrap.forbidden_planned_use": partial(planned_use, pairs, parcels),
        "scrap.compatible_use": partial(compatible_use, pairs, parcels, sites),
        "scrap.exclusion": partial(_exclusion, pairs, parcels),
        "scrap.far_not_above": partial(far_not_above, pairs, parcels, sites),
        "scrap.project_boundary": partial(_project_boundary, pairs),
        "scrap.consent": partial(consent, pairs, parcels, choices.consented),
    }
    if choices.protected is not None:  # every rule set protects what is listed, if anything is
        tests["scrap.protected"] = partial(protected, pairs, choices.protected)
    made = [test(rule=rules[i]) for i, test in tests.items() if rules[i].mode != "off"]
    return together([_adjacent(pairs, min_border_m=min_border_m), *made])


def deciding_failures(verdicts: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Tests in mode ``on`` that each pair does not pass.

    Parameters
    ----------
    verdicts
        Rows of `eligibility`.
    pairs
        Columns ``parcel_id`` and ``site_id``.

    Returns
    -------
    pandas.Series
        Test names joined by ``;`` in the order of the alphabet, empty if the pair is eligible,
        on the index of `pairs`. A missing value is told as ``missing:<test>``.

    Examples
    --------
    >>> rows = verdict_frame(
    ...     pd.Index(["c"]), subject="S1", test="area_cap", outcome="fail", mode="on"
    ... )
    >>> pair = pd.DataFrame({"parcel_id": ["c", "d"], "site_id": ["S1", "S1"]})
    >>> deciding_failures(rows, pair).tolist()
    ['area_cap', '']
    """
    rows = verdicts[(verdicts["mode"] == "on") & verdicts["outcome"].isin(["fail", "missing"])]
    prefix = rows["outcome"].map({"fail": "", "missing": "missing:"})
    named = rows.assign(reason=prefix + rows["test"]).sort_values(["parcel_id", "subject", "test"])
    joined = named.groupby(["parcel_id", "subject"])["reason"].agg(";".join)
    keys = pd.MultiIndex.from_frame(pairs[["parcel_id", "site_id"]])
    return pd.Series(joined.reindex(keys).to_numpy(), index=pairs.index).fillna("").astype("str")


def _adjacent(pairs: pd.DataFrame, *, min_border_m: float) -> pd.DataFrame:
    """Hold the border with the site, or with the next scrap of the chain, against the least."""
    border = pairs["border_m"]
    if "links" in pairs:
        border = border.where(pairs["links"] == 0, pairs["link_m"])
    enough = long_enough(border, min_border_m=min_border_m)
    return verdict_frame(
        pd.Index(pairs["parcel_id"]),
        subject=pairs["site_id"].to_numpy(),
        test="adjacent",
        outcome=np.where(enough, "pass", "fail"),
        value=border.to_numpy(),
        limit=min_border_m,
        operator=">=",
        unit="m",
        rule_id=ADJACENT,
        mode="on",
    )


def _share_cap(pairs: pd.DataFrame, sites: pd.DataFrame, *, rule: Rule) -> pd.DataFrame:
    """Hold the scrap alone against the cap; what fails here fits into no plan."""
    site = sites.reindex(pairs["site_id"]).set_axis(pairs.index)
    by_denominator = shares(pairs["area_m2"], site["area_m2"], site["boundary_area_m2"])
    as_on = budget_cents(replace(rule, mode="on"), site["area_m2"], site["boundary_area_m2"])
    own = cents(pairs["area_m2"], rounding_cents=rule.rounding_cents)
    fits = (own <= as_on) | (as_on == UNLIMITED)
    return pair_rows(
        pairs,
        rule,
        test="share_cap",
        outcome=outcomes(fits.astype("boolean")),
        value=by_denominator[rule.denominator].to_numpy(),
        limit=rule.limit,
    )


def _area_cap(pairs: pd.DataFrame, *, test: str, rule: Rule) -> pd.DataFrame:
    """Hold the area of the scrap against a cap on it, or on the total, which it is part of."""
    return pair_rows(
        pairs,
        rule,
        test=test,
        outcome=outcomes(rule.holds(pairs["area_m2"])),
        value=pairs["area_m2"].to_numpy(),
        limit=rule.limit,
    )


def _not_developable(pairs: pd.DataFrame, parcels: pd.DataFrame, *, rule: Rule) -> pd.DataFrame:
    fragment = lookup(pairs["parcel_id"], parcels["fragment"])
    return pair_rows(
        pairs, rule, test="not_developable", outcome=outcomes(fragment.astype("boolean"))
    )


def _exclusion(pairs: pd.DataFrame, parcels: pd.DataFrame, *, rule: Rule) -> pd.DataFrame:
    if "exclusion_m2" not in parcels:
        return pair_rows(pairs, rule, test="exclusion", outcome="not_assessed", limit=rule.limit)
    overlap = lookup(pairs["parcel_id"], parcels["exclusion_m2"])
    return pair_rows(
        pairs,
        rule,
        test="exclusion",
        outcome=outcomes(rule.holds(overlap)),
        value=overlap.to_numpy(),
        limit=rule.limit,
    )


def _project_boundary(pairs: pd.DataFrame, *, rule: Rule) -> pd.DataFrame:
    """Hold the part of the scrap inside the project boundary of its site against the least."""
    test = "project_boundary"
    if "scrap_boundary_share" not in pairs:
        return pair_rows(pairs, rule, test=test, outcome="not_assessed", limit=rule.limit)
    share = pairs["scrap_boundary_share"]
    return pair_rows(
        pairs,
        rule,
        test=test,
        outcome=outcomes(rule.holds(share)),
        value=share.to_numpy(),
        limit=rule.limit,
    )
