"""Zones, their units, projects and parcels: whether each lies in one of the level above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisland.base.guards import require_columns
from gisland.base.keys import among
from gisland.base.phrases import first_of
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.schema import require_ids
from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu

ZONE, UNIT, PROJECT, PARCEL = "zone", "unit", "project", "parcel"
INSIDE_SHARE = 0.99  # what the level above holds to this share lies in it
SHOWN = 5
COLUMNS = {
    "kind": "str",
    "id": "str",
    "parent_id": "str",
    "outcome": "str",
    "parcels": "Int64",
    "area_m2": "float64",
    "area_mu": "float64",
    "inside_m2": "float64",
    "inside_share": "float64",
}


def hierarchy(
    parcels: pd.DataFrame,
    *,
    zones: pd.Series | None,
    units: pd.Series | None,
    sites: pd.Series | None,
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Hold every unit against the zones, and every project against the units.

    Areas are those of whole parcels. A level that no parcel belongs to is not there: without
    units, projects are held against the zones.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and, if known, ``use_class``; those without an area
        are left out.
    zones
        Redevelopment zone by parcel id, missing outside of all; None where there are no zones.
    units
        Likewise: parts of zones, or planning units.
    sites
        Likewise: sites together with the scraps that they absorb.

    Returns
    -------
    table : pandas.DataFrame
        A row for each zone, unit, project, and, where there are units, for each parcel that is
        neither road nor water and lies in none of them, in this order and by id. ``parent_id``:
        of the level above, what holds most of its area, of equals the smallest id; empty where
        nothing does. ``parcels``: how many it has; ``area_m2`` (m²), ``area_mu`` (mu): their
        area; ``inside_m2`` (m²), ``inside_share`` (0 to 1): of it in there, 0 without.
        ``outcome``: ``pass`` if at least 99 % of it lies in there, else ``fail``;
        ``not_assessed`` without a level above, then the two numbers are missing.
    findings : list of dict
        ``hierarchy_straddles``, if units or projects lie in the level above in part only.

    Raises
    ------
    TableError
        If a column is missing, or ids are missing or repeated.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [600.0, 400.0]}, index=["a", "b"])
    >>> zone = pd.Series(["Z01", None], index=["a", "b"])
    >>> site = pd.Series(["S1", "S1"], index=["a", "b"])
    >>> table, findings = hierarchy(lots, zones=zone, units=None, sites=site)
    >>> table[["kind", "id", "parent_id", "outcome", "inside_share"]].values.tolist()
    [['zone', 'Z01', '', 'not_assessed', nan], ['project', 'S1', 'Z01', 'fail', 0.6]]
    >>> findings[0]["message"]
    '1 of 1 units and projects lie in the level above in part only: S1'
    """
    require_columns(parcels, ["area_m2"], what="parcels")
    require_ids(parcels, what="parcels")
    ordered = parcels[parcels["area_m2"].notna()].sort_index()
    area = ordered["area_m2"]
    given = {"zones": zones, "units": units, "sites": sites}
    zone, unit, site = (_labels(of, ordered.index, what=what) for what, of in given.items())
    tables = [
        _Level(ZONE, zone, None).table(area),
        _Level(UNIT, unit, zone).table(area),
        _Level(PROJECT, site, zone if unit is None else unit).table(area),
    ]
    if unit is not None:
        outside = ordered.index[is_land(ordered) & unit.isna()]
        own = pd.Series(outside, index=outside).reindex(ordered.index)
        tables.append(_Level(PARCEL, own, unit).table(area))
    table = pd.concat(tables, ignore_index=True).astype(COLUMNS)
    return table, _straddling(table)


@dataclass(frozen=True)
class _Level:
    """What parcels belong to, and to what on the level above; None where there is no such."""

    kind: str
    labels: pd.Series | None
    above: pd.Series | None

    def table(self, area: pd.Series) -> pd.DataFrame:
        """Rows of the level, by id."""
        if self.labels is None:
            return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
        rows = area.groupby(self.labels)
        table = pd.DataFrame({"area_m2": rows.sum(), "parcels": rows.size()})
        table = table.assign(kind=self.kind, id=table.index, area_mu=m2_to_mu(table["area_m2"]))
        if self.above is None:
            table = table.assign(
                parent_id="", inside_m2=np.nan, inside_share=np.nan, outcome="not_assessed"
            )
        else:
            table = table.join(self._parents(area))
            table["parent_id"] = table["parent_id"].astype("str").fillna("")
            table["inside_m2"] = table["inside_m2"].fillna(0.0)
            table["inside_share"] = table["inside_m2"] / table["area_m2"]
            held = table["inside_share"].round(SHARE_DECIMALS) >= INSIDE_SHARE
            table["outcome"] = np.where(held, "pass", "fail")
        return table[list(COLUMNS)].astype(COLUMNS)

    def _parents(self, area: pd.Series) -> pd.DataFrame:
        """By id what holds most of it on the level above, and how much."""
        pairs = area.groupby([self.labels, self.above]).sum()
        pairs.index = pairs.index.set_names(["id", "parent_id"])
        frame = pairs.rename("inside_m2").reset_index()
        rounded = -frame["inside_m2"].round(SHARE_DECIMALS)
        order = np.lexsort((frame["parent_id"].to_numpy(str), rounded, frame["id"].to_numpy(str)))
        return frame.iloc[order].drop_duplicates("id").set_index("id")


def _labels(labels: pd.Series | None, ids: pd.Index, *, what: str) -> pd.Series | None:
    """Labels on the parcels, or None if none of them has one."""
    if labels is None:
        return None
    require_ids(labels.to_frame(), what=what)
    known = labels[among(labels.index, ids)].reindex(ids).astype("str")
    return None if known.isna().all() else known


def _straddling(table: pd.DataFrame) -> list[dict[str, object]]:
    """One finding on all that lies in the level above in part."""
    tested = table[table["kind"].isin((UNIT, PROJECT)) & (table["outcome"] != "not_assessed")]
    parted = tested.loc[(tested["outcome"] == "fail") & (tested["inside_m2"] > 0), "id"].tolist()
    if not parted:
        return []
    named = first_of(parted, most=SHOWN, total=len(parted))
    return [
        {
            "code": "hierarchy_straddles",
            "severity": "warning",
            "layer": "parcels",
            "value": float(len(parted)),
            "unit": "count",
            "message": f"{len(parted)} of {len(tested)} units and projects lie in the level above"
            f" in part only: {named}",
        }
    ]
