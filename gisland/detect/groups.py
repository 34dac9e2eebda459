"""Scrap groups: several small parcels that together are still one scrap."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.keys import ID_SEPARATOR, among, both_among
from gisland.base.tables import is_land, joined_ids, lookup, member_labels
from gisland.base.units import m2_to_mu
from gisland.base.verdicts import by_use_class, failing, long_enough, stacked
from gisland.detect.corridors import part_m
from gisland.detect.kinds import kind_measures, scrap_kinds
from gisland.detect.scraps import boundary_parts, boundary_shares
from gisland.topology.graph import components
from gisland.topology.shape import width_m
from gisland.topology.unions import closed, unions

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.base.rules import RuleSet

SMALL = {"fragment.min_lot": "area_m2", "fragment.min_width": "width_m"}
COLUMNS = {
    "group_id": "str",
    "parcel_ids": "str",
    "scrap_ids": "str",
    "site_ids": "str",
    "scrap_kind": "str",
    "reasons": "str",
    "parcels": "int64",
    "area_m2": "float64",
    "area_mu": "float64",
    "width_m": "float64",
    "border_m": "float64",
    "sites_share": "float64",
    "free_share": "float64",
    "other_share": "float64",
}


def scrap_groups(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    pairs: gpd.GeoDataFrame,
    *,
    sites: gpd.GeoSeries,
    members: pd.Series,
    rules: RuleSet,
    parameters: Parameters,
) -> gpd.GeoDataFrame:
    """Find small parcels beside each other that together make one scrap of a site.

    Small is a parcel outside all sites that fails ``min_lot`` or ``min_width``, or keeps the cap
    on the area of a scrap. Small parcels that border each other over ``min_border_m`` or more, no
    corridor between them, are a group if at least one of them is a scrap, and if the whole, taken
    as one parcel of the use class of its largest, is still small by the same tests.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``width_m``, ``perimeter_m``, ``free_m``
        and, if known, ``use_class``.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    pairs
        Result of `scrap_pairs`.
    sites
        Result of `site_geometry`.
    members
        Site id by parcel id.
    rules
        For ``fragment.min_lot``, ``fragment.min_width`` and ``scrap.area_cap``.
    parameters
        Thresholds.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per group of two or more parcels, sorted, ``G-`` and its smallest parcel id as
        ``group_id``: ``scrap_ids``, those of its parcels that are scraps themselves; ``site_ids``,
        the sites they border; kind and shares of the whole as for a single scrap; ``reasons``,
        why the whole is small: failing tests, or ``area_cap`` for a cap that it keeps.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.detect.facts import shape_facts
    >>> from gisland.detect.scraps import scrap_pairs, site_geometry
    >>> from gisland.topology.borders import borders
    >>> shapes = [box(0, 0, 90, 90), box(90, 0, 99, 30), box(99, 0, 108, 30)]
    >>> ids = pd.Index(["site", "near", "far"], name="parcel_id")
    >>> lots = gpd.GeoDataFrame({"fragment": True}, geometry=shapes, index=ids, crs=4547)
    >>> table, member = borders(lots), pd.Series("S1", index=["site"])
    >>> lots = shape_facts(lots, table, area_basis="plane")
    >>> site = site_geometry(lots, member)
    >>> how = {"sites": site, "parameters": Parameters()}
    >>> rules = load_rules("guangdong-2009")
    >>> pairs = scrap_pairs(lots, table, member, area_cap=rules["scrap.area_cap"], **how)
    >>> found = scrap_groups(lots, table, pairs, members=member, rules=rules, **how)
    >>> found[["group_id", "parcel_ids", "scrap_ids", "border_m"]].values.tolist()
    [['G-far', 'far;near', 'near', 30.0]]
    """
    small = _small(parcels, rules=rules)
    small = small[~among(small.index, members.index)]
    label = _grouped(small.index, borders, min_border_m=parameters.min_border_m)
    beside = pairs[long_enough(pairs["border_m"], min_border_m=parameters.min_border_m)]
    scraps = among(label.index, pd.Index(beside["parcel_id"]))
    several = label.duplicated(keep=False) & label.isin(label[scraps])
    label = label[several].sort_index()
    whole = _whole(parcels.loc[label.index], label, tolerance_m=parameters.tolerance_m)
    reasons = _small(whole, rules=rules)
    whole = whole.loc[reasons.index].assign(reasons=reasons)
    label = label[label.isin(whole.index)]
    parts = _parts(parcels, borders, label, members=members)
    beside = beside.assign(group=lookup(beside["parcel_id"], label)).dropna(subset="group")
    whole = whole.join(parts.rename(columns={"sites_m": "border_m"})["border_m"])
    whole = whole.join(boundary_shares(parts))
    return _table(whole, label, beside, sites=sites, parameters=parameters)


def _small(parcels: pd.DataFrame, *, rules: RuleSet) -> pd.Series:
    """Why parcels are small, for those that are."""
    land = parcels[is_land(parcels)]
    use = land.get("use_class")
    tests = [by_use_class(land[c], use, rules=rules, rule_id=i) for i, c in SMALL.items()]
    reasons = failing(stacked(tests), land.index)
    cap = rules["scrap.area_cap"]
    if cap.mode != "off":
        kept = cap.holds(land["area_m2"]).fillna(value=False).astype(bool)
        both = ("area_cap" + ID_SEPARATOR + reasons).str.strip(ID_SEPARATOR)
        reasons = reasons.where(~kept, both)
    return reasons[reasons != ""]


def _grouped(ids: pd.Index, borders: pd.DataFrame, *, min_border_m: float) -> pd.Series:
    """Smallest id of the small parcels that each is connected with."""
    rows = _among(borders, ids)
    along = rows["border_m"] - part_m(rows, "corridor_m")
    enough = long_enough(along, min_border_m=min_border_m).to_numpy()
    return components(ids, rows[enough])


def _among(borders: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    return borders[both_among(cast("pd.MultiIndex", borders.index), ids)]


def _whole(parcels: gpd.GeoDataFrame, label: pd.Series, *, tolerance_m: float) -> gpd.GeoDataFrame:
    """Each group as one parcel of the use class of its largest; both are sorted by id."""
    groups = parcels.groupby(label.rename("group"))
    number = groups.ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    shapes = unions(parcels.geometry.to_numpy()[order], number[order])
    whole = groups.agg(area_m2=("area_m2", "sum"), parcels=("area_m2", "size"))
    if "use_class" in parcels:
        largest = parcels.assign(group=label).sort_values("area_m2", ascending=False, kind="stable")
        whole["use_class"] = largest.drop_duplicates("group").set_index("group")["use_class"]
    drawn = gpd.GeoDataFrame(whole, geometry=gpd.GeoSeries(shapes, whole.index, crs=parcels.crs))
    seamless = gpd.GeoSeries(closed(shapes, tolerance_m=tolerance_m), whole.index, crs=parcels.crs)
    return drawn.assign(width_m=width_m(seamless))


def _parts(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, label: pd.Series, *, members: pd.Series
) -> pd.DataFrame:
    """What the boundary of each group runs along; borders within it are no boundary."""
    parts = boundary_parts(parcels, borders, label.index, members=members)
    inside = _among(borders, label.index)
    ends = [lookup(inside.index.get_level_values(k).to_series(), label) for k in (0, 1)]
    inside = inside[(ends[0].to_numpy() == ends[1].to_numpy())]
    within = pd.DataFrame({"m": inside["border_m"], "edge": part_m(inside, "edge_m")})
    within = within.groupby(level="focal").sum().reindex(label.index).fillna(0.0)
    parts["perimeter_m"] -= within["m"]
    parts["free_m"] -= within["edge"]
    return parts.groupby(label.rename("group")).sum()


def _table(
    whole: gpd.GeoDataFrame,
    label: pd.Series,
    beside: pd.DataFrame,
    *,
    sites: gpd.GeoSeries,
    parameters: Parameters,
) -> gpd.GeoDataFrame:
    index = whole.index
    touched = beside[["group", "site_id"]].drop_duplicates()
    rows = touched.rename(columns={"group": "parcel_id"}).reset_index(drop=True)
    shares = whole[["sites_share", "free_share", "other_share"]]
    measures = kind_measures(
        rows.join(shares, on="parcel_id").assign(border_m=np.inf),
        whole.geometry.reindex(rows["parcel_id"]).to_numpy(),
        sites,
        min_border_m=parameters.min_border_m,
        tolerance_m=parameters.tolerance_m,
    )
    scraps = beside.drop_duplicates("parcel_id").set_index("parcel_id")["group"]
    reached = touched.set_index("site_id")["group"]
    columns = {
        "group_id": "G-" + index.to_series(),
        "parcel_ids": joined_ids(label, index),
        "scrap_ids": joined_ids(scraps, index),
        "site_ids": joined_ids(reached, index),
        "scrap_kind": scrap_kinds(measures, parameters=parameters).reindex(index),
        "area_mu": m2_to_mu(whole["area_m2"]),
    }
    table = whole.assign(**columns)[[*COLUMNS, "geometry"]].astype(COLUMNS)
    return table.sort_index().reset_index(drop=True)


def group_labels(table: gpd.GeoDataFrame, parcel_ids: pd.Index) -> pd.Series:
    """Scrap group of each parcel.

    Parameters
    ----------
    table
        Result of `scrap_groups`.
    parcel_ids
        Parcels to answer for.

    Returns
    -------
    pandas.Series
        Named ``scrap_group``, on `parcel_ids`; missing outside every group.

    Examples
    --------
    >>> table = pd.DataFrame({"group_id": ["G-a"], "parcel_ids": ["a;b"]})
    >>> group_labels(table, pd.Index(["b", "c"])).tolist()
    ['G-a', nan]
    """
    return member_labels(table, parcel_ids, key="group_id").rename("scrap_group")
