"""Zones, units, projects and parcels: shares inside the level above, from labels of parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.schema import MERGED_ROLES
from gisland.base.tables import is_land, members_of
from gisland.base.units import m2_to_mu
from gisland.verify.blockland import missing_tables, unequal
from gisland.verify.facts import violations
from gisland.verify.subjects import units_of

if TYPE_CHECKING:
    from gisland.verify.facts import Facts, Violation

WHOLE = 0.99


def check_hierarchy(facts: Facts) -> list[Violation]:
    """Hold every row of the hierarchy against the parcels, and every parcel outside units to it.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``hierarchy_missing``, ``hierarchy_strange``, ``hierarchy_parent``, ``hierarchy_sum``,
        ``hierarchy_outcome``; the ids are kind and id.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_hierarchy(example_facts())  # neither zones nor units
    []
    """
    table = facts.tables.get("hierarchy")
    if table is None:
        if "zone_units" not in facts.tables:
            return []
        return missing_tables(facts, "zone_units", others=("hierarchy",), code="hierarchy_missing")
    right = _expected(facts)
    rows = table.set_axis(table["kind"].astype("str") + " " + table["id"].astype("str"))
    absent = right.index[~right.index.isin(rows.index)]
    found = violations("hierarchy_missing", "rows of hierarchy that are not there", absent)
    strange = rows.index[~rows.index.isin(right.index) | rows.index.duplicated()]
    text = "rows of hierarchy on nothing that there is, or twice"
    found += violations("hierarchy_strange", text, strange)
    rows = rows[rows.index.isin(right.index) & ~rows.index.duplicated()].sort_index()
    own = right.reindex(rows.index)
    # of two that hold the same area either may be the one that holds most
    wrong = [p not in c for p, c in zip(rows["parent_id"].fillna(""), own["parents"], strict=True)]
    text = "parent_id is not what holds most of the area"
    found += violations("hierarchy_parent", text, rows.index[wrong])
    numbers = {n: own[n] for n in ("parcels", "area_m2", "inside_m2", "inside_share")}
    numbers["area_mu"] = m2_to_mu(own["area_m2"])
    found += unequal(rows, numbers, code="hierarchy_sum", what="hierarchy")
    wrong_outcome = rows["outcome"].fillna("") != own["outcome"]
    text = "outcome of hierarchy does not follow from the share inside"
    return found + violations("hierarchy_outcome", text, rows.index[wrong_outcome])


def _expected(facts: Facts) -> pd.DataFrame:
    lots = facts.parcels
    zone = _known(lots["zone_id"].replace("", None))
    unit = _known(_units(facts))
    lineage = facts.tables["lineage"].drop_duplicates("parcel_id").set_index("parcel_id")
    site = lineage["after_id"].where(lineage["role"].isin(MERGED_ROLES)).reindex(lots.index)
    own = pd.Series(lots.index, index=lots.index, dtype="str")
    levels = [("zone", zone, None), ("unit", unit, zone)]
    levels += [("project", _known(site), zone if unit is None else unit)]
    if unit is not None:
        levels += [("parcel", own.where(is_land(lots) & unit.isna()), unit)]
    area = lots["area_m2"].fillna(0.0).astype("float64")
    tables = [_level(kind, of, above, area=area) for kind, of, above in levels if of is not None]
    empty = pd.DataFrame(columns=["parcels", "area_m2", "inside_m2", "inside_share", "parents"])
    return pd.concat(tables) if tables else empty.assign(outcome="")


def _known(labels: pd.Series) -> pd.Series | None:
    return None if labels.isna().all() else labels


def _units(facts: Facts) -> pd.Series:
    """Planning units, else units made of zones, by parcel."""
    planned = units_of(facts).reindex(facts.parcels.index)
    table = facts.tables.get("zone_units")
    if table is None or table.empty or planned.notna().any():
        return planned
    listed = members_of(table.set_index("unit_id")["parcel_ids"])
    unit = pd.Series(listed.index, index=pd.Index(listed.to_numpy()), dtype="str")
    return unit[~unit.index.duplicated()].reindex(facts.parcels.index)


def _level(
    kind: str, labels: pd.Series, above: pd.Series | None, *, area: pd.Series
) -> pd.DataFrame:
    frame = pd.DataFrame({"id": labels, "area_m2": area, "above": above})
    frame = frame[frame["id"].notna()]
    rows = frame.groupby("id")["area_m2"].agg(parcels="size", area_m2="sum")
    if above is None:
        rows = rows.assign(inside_m2=float("nan"), inside_share=float("nan"))
        rows = rows.assign(parents=[("",)] * len(rows), outcome="not_assessed")
    else:
        held = frame.groupby(["id", "above"])["area_m2"].sum()
        most = held.groupby(level=0).max()
        near = held[held >= most.reindex(held.index.get_level_values(0)).to_numpy() - 1e-5]
        parents = near.reset_index().groupby("id")["above"].agg(tuple)
        inside = most.reindex(rows.index).fillna(0.0)
        share = (inside / rows["area_m2"].where(rows["area_m2"] > 0)).fillna(0.0)
        rows = rows.assign(inside_m2=inside, inside_share=share)
        rows["parents"] = [parents.get(i, ("",)) for i in rows.index]
        rows["outcome"] = (share.round(6) >= WHOLE).map({True: "pass", False: "fail"})
    return rows.set_axis(f"{kind} " + rows.index.astype("str"))
