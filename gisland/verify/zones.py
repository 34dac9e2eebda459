"""Redevelopment zones: made of low-use land that hangs together, and ranked as the terms say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.names import comparable
from gisland.base.tables import is_land, members_of
from gisland.base.units import m2_to_mu
from gisland.verify.blockland import unequal
from gisland.verify.facts import AREA_M2, violations
from gisland.verify.reach import scattered

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

TAX = "low_use.tax"
TERMS = ("area", "tax_gap", "owners")


def check_zones(facts: Facts) -> list[Violation]:
    """Hold zones against their parcels: members, sums, the terms of the ranking, the ranks.

    Zones that are given as a layer hold what lies mostly in them: that is believed. Whether a
    cluster was left out is not looked for.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``zone_members``, ``zone_low_use``, ``zone_small``, ``zone_scattered``, ``zone_sum``,
        ``zone_rank``; the ids are zones or parcels.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_zones(example_facts())  # no zones
    []
    """
    table = facts.tables.get("zones")
    if table is None or "rank" not in table:  # from before zones were ranked
        return []
    rows = table.drop_duplicates("zone_id").set_index("zone_id").sort_index()
    twice = table["zone_id"][table["zone_id"].duplicated()]
    found = violations("zone_members", "zones that have not one row each", twice)
    listed = members_of(rows["parcel_ids"])
    zone = pd.Series(listed.index, index=pd.Index(listed.to_numpy()), dtype="str")
    known = facts.parcels.index[facts.parcels["area_m2"].notna()]
    strange = zone.index[~zone.index.isin(known) | zone.index.duplicated()]
    text = "zones list parcels that are not there, not drawn or in two zones"
    found += violations("zone_members", text, strange)
    zone = zone[zone.index.isin(known) & ~zone.index.duplicated()].sort_index()
    label = facts.parcels["zone_id"].fillna("")
    wrong = label.index[label != zone.reindex(label.index).fillna("")]
    text = "zone_id of parcels is not the zone that lists them"
    found += violations("zone_members", text, wrong)
    if not any(i.get("layer") == "zones" for i in facts.run["inputs"]):
        found += _check_clusters(facts, rows, zone)
    right = _sums(facts, rows.index, zone)
    found += unequal(rows, right, code="zone_sum", what="zones")
    return [*found, *_check_ranks(rows, right)]


def _check_clusters(facts: Facts, rows: pd.DataFrame, zone: pd.Series) -> list[Violation]:
    low = facts.parcels["low_use"].astype("boolean").fillna(value=False)
    text = "parcels of zones are not low-use land"
    found = violations("zone_low_use", text, zone.index[~low.reindex(zone.index).astype(bool)])
    small = rows["area_m2"] < facts.parameters.zone_min_area_m2 - AREA_M2
    text = "zones are smaller than zone_min_area_m2"
    found += violations("zone_small", text, rows.index[small])
    apart = scattered(zone, facts.parcels.geometry, within_m=facts.parameters.corridor_m)
    text = "zones do not hang together across corridor_m"
    return found + violations("zone_scattered", text, apart)


def _sums(facts: Facts, names: pd.Index, zone: pd.Series) -> dict[str, pd.Series]:
    """Sums over the members, and the terms; roads and water have neither owners nor tax."""
    lots = facts.parcels.reindex(zone.index)
    area = lots["area_m2"].astype("float64")
    land = is_land(lots)

    def total(values: pd.Series, *, whole: bool = False) -> pd.Series:
        groups = values.astype("float64").groupby(zone.reindex(values.index))
        lacking = groups.count() < groups.size()
        return groups.sum().mask(lacking & whole).reindex(names, fill_value=0.0)

    sums = {"area_m2": total(area), "parcels": total(area.notna())}
    sums["area_mu"] = m2_to_mu(sums["area_m2"])
    owner = comparable(lots["owner"]) if "owner" in lots else pd.Series(None, lots.index, "str")
    owner = owner[land]
    sums["without_owner"] = total(owner.isna())
    held = owner.groupby(zone.reindex(owner.index)).nunique().reindex(names, fill_value=0)
    sums["owners"] = held * (1.0 if owner.notna().any() else np.nan)
    limit = _limits(facts, lots)[land]
    limit = limit[limit.notna()]
    mu = m2_to_mu(area.reindex(limit.index))
    tax = lots["tax_yuan"] if "tax_yuan" in lots else pd.Series(np.nan, index=lots.index)
    tax = tax.reindex(limit.index).astype("float64")
    gap = (limit * mu - tax).clip(lower=0)
    sums["without_tax"] = total(tax.isna())
    sums["tax_gap_yuan"] = total(gap, whole=True) * (1.0 if len(limit) else np.nan)
    few = sums["owners"].where((sums["without_owner"] == 0) & (sums["owners"] > 0))
    for term, values in (("area", sums["area_m2"]), ("tax_gap", sums["tax_gap_yuan"])):
        most = values.max()
        sums[f"{term}_term"] = values / (most if most > 0 else np.nan)
    sums["owners_term"] = few.min() / few
    return sums


def _limits(facts: Facts, lots: pd.DataFrame) -> pd.Series:
    """Tax in yuan per mu that the rules ask of each parcel, missing where they ask for none."""
    use = lots["use_class"] if "use_class" in lots else pd.Series(None, lots.index, dtype="str")
    trade = lots["industry"] if "industry" in lots else pd.Series(None, lots.index, dtype="str")
    pairs = list(zip(use, trade, strict=True))
    limits = {}
    for pair in set(pairs):
        rule = facts.rules.for_use(TAX, *(None if pd.isna(v) or v == "" else str(v) for v in pair))
        limits[pair] = np.nan if rule.mode == "off" else rule.limit
    return pd.Series([limits[p] for p in pairs], index=lots.index, dtype="float64")


def _check_ranks(rows: pd.DataFrame, right: dict[str, pd.Series]) -> list[Violation]:
    """The mean of the terms that are known for all zones, and the order that follows from it."""
    terms = [t for t in TERMS if right[f"{t}_term"].notna().all()]
    text = "ranked_by does not name the terms that are known for all zones"
    wrong = rows["ranked_by"].fillna("") != ";".join(terms)
    found = violations("zone_rank", text, rows.index[wrong])
    mean = pd.DataFrame({t: right[f"{t}_term"] for t in terms}, index=rows.index).mean(axis=1)
    found += unequal(rows, {"potential": mean}, code="zone_rank", what="zones")
    order = pd.DataFrame({"less": -mean.round(6), "zone": rows.index}, index=rows.index)
    order = order.sort_values(["less", "zone"])
    rank = pd.Series(range(1, len(order) + 1), index=order.index).reindex(rows.index)
    wrong = rows["rank"].astype("Float64").fillna(-1).astype("float64") != rank
    text = "rank is not the order of the potentials"
    return found + violations("zone_rank", text, rows.index[wrong])
