"""Scraps: small or undevelopable parcels beside a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.definitions import SHARE_NOISE
from gisland.base.keys import aligned, among, ends_among
from gisland.base.tables import is_land, lookup
from gisland.base.verdicts import long_enough
from gisland.detect.corridors import part_m
from gisland.detect.kinds import kind_measures, scrap_kinds
from gisland.topology.graph import ends
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.base.rule import Rule

PAIR_COLUMNS = (
    "parcel_id",
    "site_id",
    "scrap_kind",
    "area_m2",
    "border_m",
    "corridor_m",
    "links",
    "link_m",
    "site_share",
    "sites_share",
    "free_share",
    "other_share",
    "hull_share",
    "hole_share",
)


def site_geometry(parcels: gpd.GeoDataFrame, members: pd.Series) -> gpd.GeoSeries:
    """Union of the member parcels of each site.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    members
        Site id by parcel id.

    Returns
    -------
    geopandas.GeoSeries
        Polygons by site id, sorted.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["a", "b"])
    >>> site_geometry(lots, pd.Series("S1", index=["a", "b"])).area.to_dict()
    {'S1': 2.0}
    """
    ordered = members.sort_index().sort_values(kind="stable")
    shapes = aligned(parcels.geometry, ordered.index).to_numpy()
    sites, group = np.unique(ordered.to_numpy(), return_inverse=True)
    index = pd.Index(sites, name="site_id", dtype="str")
    return gpd.GeoSeries(unions(shapes, group), index=index, crs=parcels.crs, name="geometry")


def scrap_pairs(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    members: pd.Series,
    *,
    sites: gpd.GeoSeries,
    area_cap: Rule,
    parameters: Parameters,
) -> gpd.GeoDataFrame:
    """Find the scraps and every site each of them touches.

    A scrap is a parcel outside every site that borders at least one site over ``min_border_m``
    or more, and either is a fragment or keeps the rule's area cap. Roads and water are none.
    Of its boundary, s runs along sites, f along nothing, roads, water or the plan's edge, and o
    along other parcels; border that a road or water line runs along is part of f. For the kinds
    see `gisland.detect.kinds.scrap_kinds`.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``perimeter_m``, ``free_m``,
        ``fragment`` and, if known, ``use_class``.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    members
        Site id by parcel id, for the parcels inside sites.
    sites
        Result of `site_geometry` for the same members.
    area_cap
        Rule ``scrap.area_cap``, possibly off.
    parameters
        Thresholds.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per scrap and site that touch at all, columns ``PAIR_COLUMNS`` and geometry,
        sorted by both ids. ``corridor_m`` is border along a road or water, which separates and is
        not in ``border_m``; ``site_share`` is the part of s along this site. ``links`` is 0 and
        ``link_m`` missing: see `gisland.detect.chained.chained_pairs`.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.topology.borders import borders, free_boundary
    >>> lots = gpd.GeoDataFrame(
    ...     {"fragment": [False, True]},
    ...     geometry=[box(0, 0, 100, 100), box(100, 0, 104, 100)],
    ...     index=pd.Index(["site", "strip"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> table = borders(lots)
    >>> lots = lots.assign(
    ...     area_m2=lots.area, perimeter_m=lots.length, free_m=free_boundary(lots, table)
    ... )
    >>> members = pd.Series("S1", index=["site"])
    >>> pairs = scrap_pairs(
    ...     lots,
    ...     table,
    ...     members,
    ...     sites=site_geometry(lots, members),
    ...     area_cap=load_rules("guangdong-2009")["scrap.area_cap"],
    ...     parameters=Parameters(),
    ... )
    >>> pairs[["parcel_id", "site_id", "scrap_kind", "border_m"]].values.tolist()
    [['strip', 'S1', 'corner', 100.0]]
    """
    contact = _contacts(parcels, borders, members, tolerance_m=parameters.tolerance_m)
    whole = contact["border_m"] + contact["corridor_m"]
    longest = whole.groupby(contact["parcel_id"]).max()
    enough = long_enough(longest, min_border_m=parameters.min_border_m)
    near = parcels.loc[longest.index[enough]]
    small = near.index[small_parcels(near, area_cap=area_cap)]
    pairs = contact[contact["parcel_id"].isin(small)].reset_index(drop=True)
    pairs = pairs.assign(links=pd.Series(0, pairs.index, dtype="Int64"), link_m=np.nan)
    pairs["area_m2"] = lookup(pairs["parcel_id"], parcels["area_m2"])
    ids = pd.Index(pairs["parcel_id"].unique())
    shares = boundary_shares(boundary_parts(parcels, borders, ids, members=members))
    pairs = pairs.join(shares, on="parcel_id")
    pairs["site_share"] = pairs["border_m"] / lookup(pairs["parcel_id"], parcels["perimeter_m"])
    scrap = parcels.geometry.reindex(pairs["parcel_id"]).to_numpy()
    lengths = {"min_border_m": parameters.min_border_m, "tolerance_m": parameters.tolerance_m}
    measures = kind_measures(pairs, scrap, sites, **lengths)
    pairs = pairs.join(measures[["hull_share", "hole_share"]], on="parcel_id")
    pairs["scrap_kind"] = lookup(pairs["parcel_id"], scrap_kinds(measures, parameters=parameters))
    return gpd.GeoDataFrame(
        pairs[list(PAIR_COLUMNS)], geometry=gpd.GeoSeries(scrap, crs=parcels.crs), crs=parcels.crs
    )


def small_parcels(parcels: pd.DataFrame, *, area_cap: Rule) -> pd.Series:
    """Whether a parcel is small enough for a scrap: a fragment, or within the area cap.

    Parameters
    ----------
    parcels
        With ``fragment`` and ``area_m2``.
    area_cap
        Rule ``scrap.area_cap``, possibly off.

    Returns
    -------
    pandas.Series
        Bool, on the index of `parcels`.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lots = pd.DataFrame({"fragment": [True, False, False], "area_m2": [9e3, 2e3, 1999.0]})
    >>> small_parcels(lots, area_cap=load_rules("guangdong-2009")["scrap.area_cap"]).tolist()
    [True, False, True]
    """
    small = parcels["fragment"].astype(bool)
    if area_cap.mode != "off":
        small |= area_cap.holds(parcels["area_m2"]).fillna(value=False).astype(bool)
    return small


def _contacts(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, members: pd.Series, *, tolerance_m: float
) -> pd.DataFrame:
    """Border length of every outside parcel with every site it touches, zero at corners."""
    inside = among(parcels.index, members.index)
    outside = is_land(parcels).to_numpy() & ~inside
    focal, neighbor = ends(parcels.index, borders)
    rows = outside[focal] & inside[neighbor]
    apart = part_m(borders, "corridor_m")
    shared = pd.DataFrame(
        {
            "focal": parcels.index[focal[rows]],
            "neighbor": parcels.index[neighbor[rows]],
            "border_m": (borders["border_m"] - apart).to_numpy()[rows],
            "corridor_m": apart.to_numpy()[rows],
        }
    )
    touching = _touching(parcels[outside], parcels[inside], tolerance_m=tolerance_m)
    pair = pd.concat([shared, touching], ignore_index=True)
    keyed = pd.DataFrame(
        {
            "parcel_id": pair["focal"].astype("str"),
            "site_id": lookup(pair["neighbor"], members).astype("str"),
            "border_m": pair["border_m"].astype("float64"),
            "corridor_m": pair["corridor_m"].astype("float64"),
        }
    )
    keyed = keyed.sort_values(["parcel_id", "site_id", "border_m", "corridor_m"], kind="stable")
    return keyed.groupby(["parcel_id", "site_id"]).sum().reset_index()


def _touching(
    outside: gpd.GeoDataFrame, inside: gpd.GeoDataFrame, *, tolerance_m: float
) -> pd.DataFrame:
    tree = shapely.STRtree(inside.geometry.to_numpy())
    left, right = tree.query(outside.geometry.to_numpy(), predicate="dwithin", distance=tolerance_m)
    return pd.DataFrame({"focal": outside.index[left], "neighbor": inside.index[right]}).assign(
        border_m=0.0, corridor_m=0.0
    )


def boundary_parts(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, ids: pd.Index, *, members: pd.Series
) -> pd.DataFrame:
    """How much of the boundary of parcels outside the sites runs along what.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``perimeter_m``, ``free_m`` and, if known,
        ``use_class``.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    ids
        Parcels to answer for.
    members
        Site id by parcel id.

    Returns
    -------
    pandas.DataFrame
        By parcel id, in metres: ``perimeter_m``; ``sites_m``, along sites, no corridor between;
        ``free_m``, along nothing, roads and water, the edge of the plan. The rest runs along
        other parcels.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [9.0, 9.0], "perimeter_m": [12.0, 12.0], "free_m": [9.0, 9.0]},
    ...     geometry=[box(0, 0, 3, 3), box(3, 0, 6, 3)],
    ...     index=["site", "lot"],
    ...     crs=4547,
    ... )
    >>> site = pd.Series("S1", index=["site"])
    >>> boundary_parts(lots, borders(lots), pd.Index(["lot"]), members=site).loc["lot"].to_dict()
    {'perimeter_m': 12.0, 'sites_m': 3.0, 'free_m': 9.0}
    """
    pair = cast("pd.MultiIndex", borders.index)
    rows = borders[ends_among(pair, "focal", ids)]
    pair = cast("pd.MultiIndex", rows.index)
    site = ends_among(pair, "neighbor", members.index)
    land = ends_among(pair, "neighbor", parcels.index[is_land(parcels)])
    apart = part_m(rows, "corridor_m")
    along = pd.DataFrame({"sites_m": (rows["border_m"] - apart).where(site, 0.0)})
    edge = apart.where(site, part_m(rows, "edge_m"))
    along["free_m"] = edge.where(site | land, rows["border_m"])
    sums = along.groupby(level="focal").sum().reindex(ids).fillna(0.0)
    sums["free_m"] += parcels.loc[ids, "free_m"]
    return sums.assign(perimeter_m=parcels.loc[ids, "perimeter_m"])[
        ["perimeter_m", "sites_m", "free_m"]
    ]


def boundary_shares(parts: pd.DataFrame) -> pd.DataFrame:
    """Shares of a boundary along sites, along free boundary, and along other parcels.

    Parameters
    ----------
    parts
        Result of `boundary_parts`, or sums of it.

    Returns
    -------
    pandas.DataFrame
        ``sites_share``, ``free_share`` and ``other_share``, which add up to 1.

    Examples
    --------
    >>> parts = pd.DataFrame({"perimeter_m": [12.0], "sites_m": [3.0], "free_m": [9.0]})
    >>> boundary_shares(parts).values.tolist()
    [[0.25, 0.75, 0.0]]
    """
    sites, free = (parts[c] / parts["perimeter_m"] for c in ("sites_m", "free_m"))
    shares = {"sites_share": sites, "free_share": free, "other_share": 1 - sites - free}
    found = pd.DataFrame(shares)
    return found.mask(found.abs() < SHARE_NOISE, 0.0)
