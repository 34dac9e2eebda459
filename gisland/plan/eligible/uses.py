"""Tests of eligibility by what scrap and site are: holders, tenure, uses, and what is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import aligned, among
from gisland.base.names import comparable
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.tables import lookup
from gisland.base.verdicts import outcomes
from gisland.plan.eligible.pairrows import pair_rows

if TYPE_CHECKING:
    from gisland.base.rule import Rule

JOINED_BY = "+"  # classes that go together in one text of a rule


def same_as_site(
    pairs: pd.DataFrame,
    parcels: pd.DataFrame,
    members: pd.Series,
    *,
    test: str,
    column: str,
    rule: Rule,
) -> pd.DataFrame:
    """Whether the scrap's value is that of at least one parcel of the site, or is listed.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    parcels
        Indexed by parcel id: `column`, where known.
    members
        Site id by parcel id.
    test
        Such as ``same_owner``.
    column
        Such as ``owner``; spellings of one name are the same.
    rule
        The rule, whose texts are the values that pass whatever the site has.

    Returns
    -------
    pandas.DataFrame
        Verdict rows.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})
    >>> lots = pd.DataFrame({"tenure": ["state", "state"]}, index=["c", "s"])
    >>> rule, inside = load_rules("tianjin-2024")["scrap.same_tenure"], pd.Series({"s": "S"})
    >>> rows = same_as_site(pair, lots, inside, test="same_tenure", column="tenure", rule=rule)
    >>> rows["outcome"].tolist()
    ['pass']
    """
    if column not in parcels:
        return pair_rows(pairs, rule, test=test, outcome="not_assessed")
    written = comparable(parcels[column])
    value = lookup(pairs["parcel_id"], written)
    inside = pd.DataFrame({"site_id": members, "value": aligned(written, members.index)})
    inside = inside.dropna()
    holds = pd.MultiIndex.from_arrays([pairs["site_id"], value]).isin(
        pd.MultiIndex.from_frame(inside)
    )
    known = value.notna() & among(pairs["site_id"], inside["site_id"])
    texts = pd.Series(rule.texts, dtype="str")
    listed = value.isin(comparable(texts))
    answer = pd.Series(holds, index=pairs.index, dtype="boolean").mask(~known) | listed
    return pair_rows(pairs, rule, test=test, outcome=outcomes(answer))


def planned_use(pairs: pd.DataFrame, parcels: pd.DataFrame, *, rule: Rule) -> pd.DataFrame:
    """Whether the planned use of the scrap is none of those that the rule bars.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    parcels
        Indexed by parcel id: ``planned_use`` and ``planned_use_class``, where known.
    rule
        Rule ``scrap.forbidden_planned_use``; its texts are classes or uses as written.

    Returns
    -------
    pandas.DataFrame
        Verdict rows.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})
    >>> lots = pd.DataFrame({"planned_use": ["M1"]}, index=["c"])
    >>> rule = load_rules("tianjin-2024")["scrap.forbidden_planned_use"]
    >>> planned_use(pair, lots, rule=rule)["outcome"].tolist()
    ['pass']
    """
    if "planned_use" not in parcels:
        return pair_rows(pairs, rule, test="planned_use", outcome="not_assessed")
    text = lookup(pairs["parcel_id"], parcels["planned_use"])
    hit = text.isin(rule.texts)
    if "planned_use_class" in parcels:
        hit |= lookup(pairs["parcel_id"], parcels["planned_use_class"]).isin(rule.texts)
    allowed = (~hit).astype("boolean").mask(text.isna())
    return pair_rows(pairs, rule, test="planned_use", outcome=outcomes(allowed))


def compatible_use(
    pairs: pd.DataFrame, parcels: pd.DataFrame, sites: pd.DataFrame, *, rule: Rule
) -> pd.DataFrame:
    """Whether the planned use class of the scrap is that of the site, or goes together with it.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    parcels, sites
        Indexed by id: ``planned_use_class``; where either has no such column it is not assessed.
    rule
        Rule ``scrap.compatible_use``; each of its texts joins classes that go together by ``+``.

    Returns
    -------
    pandas.DataFrame
        Verdict rows.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})
    >>> lots = pd.DataFrame({"planned_use_class": ["logistics"]}, index=["c"])
    >>> site = pd.DataFrame({"planned_use_class": ["industrial"]}, index=["S"])
    >>> rule = load_rules("tianjin-2024")["scrap.compatible_use"]
    >>> rule = replace(rule, value=("industrial+logistics",))
    >>> compatible_use(pair, lots, site, rule=rule)["outcome"].tolist()
    ['pass']
    """
    column, test = "planned_use_class", "compatible_use"
    if column not in parcels or column not in sites:
        return pair_rows(pairs, rule, test=test, outcome="not_assessed")
    own = lookup(pairs["parcel_id"], parcels[column])
    site = lookup(pairs["site_id"], sites[column])
    fits = (own == site) | pd.MultiIndex.from_arrays([own, site]).isin(_together(rule))
    answer = fits.astype("boolean").mask(own.isna() | site.isna())
    return pair_rows(pairs, rule, test=test, outcome=outcomes(answer))


def _together(rule: Rule) -> pd.MultiIndex:
    """Each two classes that a text of the rule joins, both ways."""
    texts = pd.Series(rule.texts, dtype="str")
    one = texts.str.split(JOINED_BY, regex=False).explode().str.strip().rename("one")
    both = one.to_frame().join(one.rename("other"))
    return pd.MultiIndex.from_frame(both.drop_duplicates())


def far_not_above(
    pairs: pd.DataFrame, parcels: pd.DataFrame, sites: pd.DataFrame, *, rule: Rule
) -> pd.DataFrame:
    """Whether the planned FAR of the scrap is not above that of the site.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    parcels, sites
        Indexed by id: ``planned_far_max``; where the parcels have none it is not assessed.
    rule
        Rule ``scrap.far_not_above``.

    Returns
    -------
    pandas.DataFrame
        Verdict rows; the limit is the FAR of the site.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})
    >>> lots = pd.DataFrame({"planned_far_max": [2.5]}, index=["c"])
    >>> site = pd.DataFrame({"planned_far_max": [2.0]}, index=["S"])
    >>> rule = load_rules("tianjin-2024")["scrap.far_not_above"]
    >>> far_not_above(pair, lots, site, rule=rule)["outcome"].tolist()
    ['fail']
    """
    if "planned_far_max" not in parcels:
        return pair_rows(pairs, rule, test="far_not_above", outcome="not_assessed")
    own = lookup(pairs["parcel_id"], parcels["planned_far_max"])
    site = lookup(pairs["site_id"], sites["planned_far_max"])
    holds = (
        (own.round(SHARE_DECIMALS) <= site.round(SHARE_DECIMALS))
        .astype("boolean")
        .mask(own.isna() | site.isna())
    )
    return pair_rows(
        pairs,
        rule,
        test="far_not_above",
        outcome=outcomes(holds),
        value=own.to_numpy(),
        limit=site.to_numpy(),
        operator="<=",
        unit="ratio",
        denominator="land area",
    )
