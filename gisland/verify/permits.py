"""Tests of a pair that rest on lists, on planned uses and on the project boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.names import comparable
from gisland.verify.caps import cents, total_room
from gisland.verify.overlays import overlay

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.verify.facts import Facts

UNSURE = "unsure"  # so near the limit that two ways of measuring may differ, or not to be known
SHARE = 1e-5  # of a scrap's area, by which two overlays may differ
PLUS = "+"


def words(holds: pd.Series, missing: pd.Series | None = None) -> pd.Series:
    """Outcomes as words.

    Parameters
    ----------
    holds
        Bool.
    missing
        Where the value is not known; nowhere if not given.

    Returns
    -------
    pandas.Series
        ``pass``, ``fail`` or ``missing``.

    Examples
    --------
    >>> words(pd.Series([True, False]), pd.Series([False, True])).tolist()
    ['pass', 'missing']
    """
    told = pd.Series(np.where(holds, "pass", "fail"), index=holds.index, dtype="str")
    return told if missing is None else told.mask(missing, "missing")


def not_assessed(pairs: pd.DataFrame) -> pd.Series:
    """Outcome of a test for which there is no column, layer or list.

    Parameters
    ----------
    pairs
        Rows of the plan.

    Returns
    -------
    pandas.Series
        On their index.

    Examples
    --------
    >>> not_assessed(pd.DataFrame(index=["a"])).to_dict()
    {'a': 'not_assessed'}
    """
    return pd.Series("not_assessed", index=pairs.index, dtype="str")


def total_cap(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Whether the scrap alone keeps the cap on the total.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    rule
        ``scrap.total_cap``.

    Returns
    -------
    pandas.Series
        Outcomes.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gisland.verify.example import CAP, example_facts
    >>> rule = replace(CAP, id="scrap.total_cap", unit="m2", value=1499.0)
    >>> one = pd.DataFrame({"parcel_id": ["a"], "site_id": ["S1"]})
    >>> total_cap(example_facts(), one, rule).tolist()
    ['fail']
    """
    own = cents(pairs["parcel_id"].map(facts.area_m2), step=rule.rounding_cents)
    return words(own <= total_room(rule))


def compatible_use(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Whether planned uses are the same, or both in one text of the rule.

    The planned use of a site is that of the zone that holds half of it. The zones are not among
    the results, but where one zone holds half of each of its parcels it holds half of the site,
    and where none holds half of any parcel none does of the site.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    rule
        ``scrap.compatible_use``.

    Returns
    -------
    pandas.Series
        Outcomes; ``unsure`` for a site whose parcels lie in several zones.

    Examples
    --------
    >>> from gisland.verify.example import CAP, example_facts
    >>> one = pd.DataFrame({"parcel_id": ["a"], "site_id": ["S1"]})
    >>> compatible_use(example_facts(), one, CAP).tolist()
    ['not_assessed']
    """
    column = facts.column("planned_use_class")
    if column is None:
        return not_assessed(pairs)
    own = pairs["parcel_id"].map(column)
    use, known = _planned(facts, column)
    site = pairs["site_id"].map(use)
    joined = {(a, b) for text in rule.texts for a in _uses(text) for b in _uses(text)}
    both = zip(own, site, strict=True)
    fits = pd.Series([pair in joined for pair in both], index=pairs.index, dtype=bool)
    told = words(fits | (own == site).fillna(value=False).astype(bool), own.isna() | site.isna())
    doubtful = ~pairs["site_id"].map(known).fillna(value=False).astype(bool)
    return told.mask(doubtful & own.notna(), UNSURE)


def _uses(text: str) -> list[str]:
    return [part.strip() for part in text.split(PLUS)]


def _planned(facts: Facts, column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Planned use class of each site, missing where there is none, and whether it is certain."""
    inside = facts.members.index
    zone = facts.parcels["planning_zone_id"].reindex(inside)
    groups, uses = zone.groupby(facts.members), column.reindex(inside).groupby(facts.members)
    first, kinds, zones = uses.first(), uses.nunique(dropna=False), groups.nunique()
    one = (zones == 1) & (groups.count() == groups.size())
    none, same = groups.count() == 0, kinds == 1
    return first.where(one & same), (one & same) | (none & first.isna())


def project_boundary(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Whether enough of the scrap lies inside the project boundary that its site belongs to.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    rule
        ``scrap.project_boundary``.

    Returns
    -------
    pandas.Series
        Outcomes; ``missing`` for a site without a boundary.

    Examples
    --------
    >>> from gisland.verify.example import CAP, example_facts
    >>> one = pd.DataFrame({"parcel_id": ["a"], "site_id": ["S1"]})
    >>> project_boundary(example_facts(), one, CAP).tolist()
    ['not_assessed']
    """
    if facts.tables.get("project_boundary") is None:
        return not_assessed(pairs)
    scraps = facts.shapes(pairs["parcel_id"])
    own = facts.boundary.reindex(pairs["site_id"])
    around = own.to_numpy(dtype="object").copy()
    around[own.isna().to_numpy()] = None
    absent = shapely.is_missing(around)
    inside = shapely.area(overlay(shapely.intersection, scraps, around))
    share = pd.Series(inside / shapely.area(scraps), index=pairs.index)
    told = words(rule.holds(share).fillna(value=False).astype(bool), pd.Series(absent, pairs.index))
    near = (share - rule.limit).abs() <= SHARE
    sharp = share.isin([0.0, 1.0])  # nothing of it, or all of it: that is not near
    return told.mask(near & ~sharp & ~absent, UNSURE)


def consent(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Whether the scrap or its owner is on the list of consents.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    rule
        ``scrap.consent``, a flag.

    Returns
    -------
    pandas.Series
        Outcomes; ``missing`` where the scrap is not listed and its owner is not known.

    Examples
    --------
    >>> from gisland.verify.example import CAP, example_facts
    >>> one = pd.DataFrame({"parcel_id": ["a"], "site_id": ["S1"]})
    >>> consent(example_facts(), one, CAP).tolist()
    ['not_assessed']
    """
    del rule
    listed = facts.choices.consented
    if listed is None:
        return not_assessed(pairs)
    agree = pairs["parcel_id"].isin(listed)
    owners = facts.column("owner")
    if owners is None:
        return words(agree, ~agree)
    names = set(comparable(pd.Series(listed, dtype="str")).dropna())
    own = pairs["parcel_id"].map(comparable(owners))
    return words(agree | own.isin(names), own.isna() & ~agree)


def protected(facts: Facts, pairs: pd.DataFrame, rule: Rule) -> pd.Series:
    """Whether the scrap is not on the protected list.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    pairs
        Rows of the plan.
    rule
        ``scrap.protected``, a flag; without a list there is no such test.

    Returns
    -------
    pandas.Series
        Outcomes.

    Examples
    --------
    >>> from gisland.verify.example import CAP, example_facts
    >>> one = pd.DataFrame({"parcel_id": ["a"], "site_id": ["S1"]})
    >>> protected(example_facts(), one, CAP).tolist()
    ['pass']
    """
    del rule
    return words(~pairs["parcel_id"].isin(facts.choices.protected or ()))
