"""Scrap groups: their members exist, lie outside the sites and add up."""

from __future__ import annotations

import pandas as pd

from gisland.base.tables import lookup, members_of
from gisland.base.units import m2_to_mu
from gisland.verify.facts import Facts, Violation, differs, violations

FEWEST = 2


def check_groups(facts: Facts) -> list[Violation]:
    """Hold the scrap groups against the parcels, the plan and the sites.

    That members border each other and that the whole is small is believed.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``group_members``, ``group_area``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_groups(example_facts("parcels", scrap_group="G-a"))]
    ['group_members: scrap_group of parcels is not their group: a']
    """
    table = facts.tables.get("scrap_groups", pd.DataFrame(columns=["group_id", "parcel_ids"]))
    rows = pd.DataFrame(table).drop(columns="geometry", errors="ignore").reset_index(drop=True)
    own = members_of(rows["parcel_ids"])
    label = pd.Series(rows["group_id"].reindex(own.index).to_numpy(), index=pd.Index(own))
    twice = label.index[label.index.duplicated()]
    found = violations("group_members", "parcels in several groups", twice)
    strange = own[~own.isin(facts.parcels.index)]
    found += violations("group_members", "parcels that are not there", strange)
    inside = own[own.isin(facts.members.index)]
    found += violations("group_members", "parcels of sites in a group", inside)
    if found:
        return found
    told = facts.parcels["scrap_group"].fillna("")
    expected = lookup(told.index.to_series(), label).fillna("")
    apart = told.index[told != expected]
    found = violations("group_members", "scrap_group of parcels is not their group", apart)
    if rows.empty:
        return found
    ids, count = rows["group_id"], own.groupby(level=0).size().reindex(rows.index).fillna(0)
    odd = ids.duplicated() | (count < FEWEST) | (rows["parcels"].astype("float64") != count)
    odd |= _bad_scraps(facts, rows, own)
    text = "number of parcels, scraps or sites is not theirs"
    found += violations("group_members", text, ids[odd.fillna(value=True)])
    area = lookup(own, facts.area_m2).groupby(level=0).sum().reindex(rows.index)
    wrong = differs(rows["area_m2"], area) | differs(rows["area_mu"], m2_to_mu(area))
    return [*found, *violations("group_area", "areas are not the sums of the parcels", ids[wrong])]


def _bad_scraps(facts: Facts, rows: pd.DataFrame, own: pd.Series) -> pd.Series:
    """Groups without a scrap, with one that is no member, or beside sites that no scrap is at."""
    scraps, sites = members_of(rows["scrap_ids"]), members_of(rows["site_ids"])
    plan = facts.tables.get("plan", pd.DataFrame({"parcel_id": [], "site_id": []}))
    pairs = pd.MultiIndex.from_frame(plan[["parcel_id", "site_id"]])
    home = pd.Series(own.index, index=pd.Index(own))
    lost = scraps[lookup(scraps, home).to_numpy() != scraps.index.to_numpy()]
    met = scraps.rename("scrap").to_frame().join(sites.rename("site"), how="left")
    known = met[pd.MultiIndex.from_frame(met[["scrap", "site"]]).isin(pairs)]
    seen = pd.MultiIndex.from_arrays([known.index, known["site"]])
    alone = sites[~pd.MultiIndex.from_arrays([sites.index, sites]).isin(seen)]
    without = rows.index[~rows.index.isin(known.index)]
    bad = {*lost.index, *alone.index, *without}
    return pd.Series(rows.index.isin(bad), index=rows.index)
