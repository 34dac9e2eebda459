"""How much redevelopment zones promise: large, far below the tax they could pay, few owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.guards import require_columns
from gisland.base.keys import among
from gisland.base.names import comparable
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.tables import is_land, members_of
from gisland.base.units import m2_to_mu
from gisland.base.verdicts import by_use_class

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet

TAX = "low_use.tax"
TERMS = ("area", "tax_gap", "owners")
NEEDED = ("zone_id", "parcel_ids", "area_m2")
COUNTS = ("owners", "without_owner", "without_tax", "rank")


def potential(
    zones: gpd.GeoDataFrame, parcels: pd.DataFrame, *, rules: RuleSet
) -> gpd.GeoDataFrame:
    """Rank zones by their area, the tax that they fall short of, and how few owners they have.

    Each term is 1 for the zone that is best by it: area over the largest area; tax gap over the
    largest gap; fewest owners over owners. The potential is the mean of the terms that are known
    for all zones. Roads and water have neither owners nor tax that count.

    Parameters
    ----------
    zones
        Result of `gisland.detect.zones.zones` or `given_zones`.
    parcels
        Indexed by parcel id, with ``area_m2`` and, where known, ``owner``, ``tax_yuan``,
        ``use_class``, ``industry``.
    rules
        The rule set; the limit of its ``low_use.tax``, in yuan per mu, is what land could pay.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of `zones`, in their order, with ``owners`` (names told apart by
        `gisland.base.names.comparable`; missing where no owner of the layer is known) and
        ``without_owner`` (members without one); ``tax_gap_yuan``, sum over the members of what
        their tax per mu lacks to the limit of their use, times their mu (a year; missing if the
        tax of a member with a limit is not known, or if no member of any zone has a limit) and
        ``without_tax`` (members with a limit, but no tax); ``area_term``, ``tax_gap_term``,
        ``owners_term`` (0 to 1; missing with the number behind it, of owners also where a member
        has none; the tax term where no zone has a gap); ``potential`` (0 to 1), ``ranked_by`` (its
        terms, joined by ``;``) and ``rank`` (1 is the best; of equals, to six decimals, the
        smaller id comes first).

    Raises
    ------
    TableError
        If a column is missing, or a zone lists a parcel that is not there or in two zones.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.rules import load_rules
    >>> lots = {"area_m2": [9000.0, 3000.0, 3000.0], "owner": ["A", "B", "C"]}
    >>> lots = pd.DataFrame(lots, index=["a", "b", "c"])
    >>> table = {"zone_id": ["Z1", "Z2"], "parcel_ids": ["a", "b;c"], "area_m2": [9000.0, 6000.0]}
    >>> ranked = potential(gpd.GeoDataFrame(table), lots, rules=load_rules("tianjin-2024"))
    >>> ranked[["zone_id", "potential", "rank", "ranked_by"]].values.tolist()
    [['Z1', 1.0, 1, 'area;owners'], ['Z2', 0.5833333333333333, 2, 'area;owners']]
    """
    require_columns(zones, NEEDED, what="zones")
    require_columns(parcels, ["area_m2"], what="parcels")
    zone = _zone_of(zones, parcels.index)
    members = parcels.loc[zone.index]
    members = members[is_land(members)]
    zone = zone.loc[members.index]
    names = pd.Index(zones["zone_id"])
    facts = _owners(members, zone, names=names).join(_tax(members, zone, names, rules=rules))
    facts["area_term"] = _part(zones.set_index("zone_id")["area_m2"])
    facts["tax_gap_term"] = _part(facts["tax_gap_yuan"])
    facts["owners_term"] = _fewest(facts["owners"].astype("float64"), facts["without_owner"])
    facts = facts.join(_ranks(facts))
    facts = facts.astype(dict.fromkeys(COUNTS, "Int64"))
    return zones.assign(**{str(name): facts[name].array for name in facts})


def _zone_of(zones: pd.DataFrame, ids: pd.Index) -> pd.Series:
    """Zone by parcel id, sorted, of all members."""
    listed = members_of(zones.set_index("zone_id")["parcel_ids"])
    zone = pd.Series(listed.index, index=pd.Index(listed.to_numpy(), dtype="str"), dtype="str")
    for wrong, what in (
        (~among(zone.index, ids), "are not among the parcels"),
        (zone.index.duplicated(), "are in two zones"),
    ):
        if wrong.any():
            raise TableError(
                f"zones: some of parcel_ids {what}",
                do="give zones and parcels of the same run",
                ids=zone.index[wrong].unique().sort_values(),
            )
    return zone.sort_index()


def _owners(members: pd.DataFrame, zone: pd.Series, *, names: pd.Index) -> pd.DataFrame:
    """Number of owners of each zone, and of members without one."""
    count = zone.value_counts().reindex(names, fill_value=0)
    owner = comparable(members["owner"]) if "owner" in members else None
    if owner is None or owner.isna().all():
        return pd.DataFrame({"owners": np.nan, "without_owner": count}, index=names)
    rows = owner.groupby(zone)
    found = pd.DataFrame(
        {"owners": rows.nunique(), "without_owner": owner.isna().groupby(zone).sum()}
    )
    return found.reindex(names, fill_value=0)


def _tax(
    members: pd.DataFrame, zone: pd.Series, names: pd.Index, *, rules: RuleSet
) -> pd.DataFrame:
    """Tax that each zone lacks to the limits, and number of members whose tax is not known."""
    mu = m2_to_mu(members["area_m2"])
    tax = members.get("tax_yuan", pd.Series(np.nan, index=members.index)).astype("float64")
    held = by_use_class(
        tax / mu,
        members.get("use_class"),
        rules=rules,
        rule_id=TAX,
        industry=members.get("industry"),
    ).set_index("parcel_id")
    if held.empty:
        return pd.DataFrame({"tax_gap_yuan": np.nan, "without_tax": 0}, index=names)
    gap = (held["limit"] - held["value"]).clip(lower=0) * mu.loc[held.index]
    rows = gap.groupby(zone.loc[held.index])
    found = pd.DataFrame(
        {"tax_gap_yuan": rows.sum(skipna=False), "without_tax": rows.size() - rows.count()}
    )
    return found.reindex(names, fill_value=0)


def _part(values: pd.Series) -> pd.Series:
    """Values as parts of the largest one; missing if that is 0."""
    largest = values.max()
    return values / largest if largest > 0 else values * np.nan


def _fewest(owners: pd.Series, unknown: pd.Series) -> pd.Series:
    """The least number of owners over that of each zone, where all of them are known."""
    known = owners.where((unknown == 0) & (owners > 0))
    return known.min() / known


def _ranks(facts: pd.DataFrame) -> pd.DataFrame:
    """Mean of the terms that are known for all zones, and the order that it gives."""
    terms = [name for name in TERMS if facts[f"{name}_term"].notna().all()]
    mean = facts[[f"{name}_term" for name in terms]].mean(axis=1).astype("float64")
    order = np.lexsort((facts.index.to_numpy(str), -mean.round(SHARE_DECIMALS)))
    rank = pd.Series(np.arange(1, len(order) + 1), index=facts.index[order])
    return pd.DataFrame(
        {
            "ranked_by": pd.Series(";".join(terms), index=facts.index, dtype="str"),
            "potential": mean,
            "rank": rank.reindex(facts.index),
        }
    )
