"""Scraps that the plan should have considered and does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from gisland.base.useclasses import FREE_USE_CLASSES
from gisland.verify.contact import SHARE
from gisland.verify.facts import Facts, Violation, violations
from gisland.verify.touch import contacts, overlapping, slack_m, touch_with_site

if TYPE_CHECKING:
    from gisland.base.rule import Rule

KEYS = ("parcel_id", "site_id")


def check_missed(facts: Facts) -> list[Violation]:
    """Demand a row of the plan for every scrap at every site that it clearly borders.

    A scrap is a parcel outside all sites, no road or water, that borders a site over
    ``min_border_m`` and is a fragment or keeps the rule's area cap. A parcel that lies on the
    site is left out: its boundary there is no border.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``missed_scrap``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_missed(example_facts())
    []
    """
    ids = small_parcels(facts)
    sites, scraps = facts.shapes(facts.members.index), facts.shapes(ids)
    tolerance = facts.parameters.tolerance_m
    which, near = shapely.STRtree(sites).query(scraps, predicate="dwithin", distance=tolerance)
    pairs = pd.MultiIndex.from_arrays([ids[which], facts.members.to_numpy()[near]]).unique()
    pairs = pairs.difference(pd.MultiIndex.from_frame(facts.tables["plan"][list(KEYS)]))
    if pairs.empty:
        return []
    focal = pd.Index(pairs.get_level_values(0).unique())
    around = facts.members.index[facts.members.isin(pairs.get_level_values(1))]
    met = touch_with_site(
        contacts(facts, focal.union(around), focal=focal, around=around), facts.members
    )
    met = met[met.index.isin(pairs) & ~met.index.isin(overlapping(facts, focal))]
    least = facts.parameters.min_border_m + slack_m(facts, met)
    missed = met.index[met["touch_m"] * (1 - SHARE) >= least].get_level_values(0)
    return violations("missed_scrap", "scraps beside a site that the plan does not name", missed)


def small_parcels(facts: Facts) -> pd.Index:
    """Parcels outside all sites that are small enough, or fragments, and no roads or water.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    pandas.Index
        Parcel ids.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> len(small_parcels(example_facts()))
    0
    """
    lots = facts.parcels
    small = lots["fragment"].fillna(value=False).astype(bool)
    cap: Rule = facts.rules["scrap.area_cap"]
    if cap.mode != "off":
        small |= cap.holds(facts.area_m2).fillna(value=False).astype(bool)
    small &= lots["area_m2"].notna() & ~lots.index.isin(facts.members.index)
    use = facts.column("use_class")
    if use is not None:
        small &= ~use.isin(FREE_USE_CLASSES)
    return pd.Index(lots.index[small])
