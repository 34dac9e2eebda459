"""Scraps: small or undevelopable parcels beside a site, of three kinds by their surroundings.

The kinds follow the definitions of the Guangdong redevelopment policy (粤府办〔2009〕122号):
边角地 corner, 夹心地 sandwiched, 插花地 interlocking. The thresholds are parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import aligned, among
from gisland.base.schema import FREE_USE_CLASSES
from gisland.base.tables import is_land, lookup
from gisland.base.verdicts import long_enough
from gisland.detect.fragments import border_with
from gisland.topology.graph import ends
from gisland.topology.overlay import robust
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.base.rules import Rule

KINDS = ("sandwiched", "interlocking", "corner", "adjacent")
IN_HOLE = 0.999  # share of a scrap inside a site's filled outline from which it lies in its hole
PAIR_COLUMNS = (
    "parcel_id",
    "site_id",
    "scrap_kind",
    "area_m2",
    "border_m",
    "site_share",
    "sites_share",
    "free_share",
    "other_share",
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
    Its kind, with s, f and o the shares of its boundary along sites, along nothing or roads or
    water, and along other parcels: sandwiched if s reaches ``sandwiched_share`` or it lies in a
    hole of a site; interlocking if s reaches ``interlocking_share`` or ``hull_share`` of it lies
    in the convex hull of a site; corner if f exceeds o; else adjacent.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``perimeter_m``, ``free_m``,
        ``fragment`` and, if known, ``use_class``.
    borders
        Border table, both directions.
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
        sorted by both ids.

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
    longest = contact.groupby("parcel_id")["border_m"].max()
    enough = long_enough(longest, min_border_m=parameters.min_border_m)
    near = parcels.loc[longest.index[enough]]
    small = near["fragment"].astype(bool)
    if area_cap.mode != "off":
        small |= area_cap.holds(near["area_m2"]).fillna(value=False).astype(bool)
    pairs = contact[contact["parcel_id"].isin(near.index[small])].reset_index(drop=True)
    pairs["area_m2"] = lookup(pairs["parcel_id"], parcels["area_m2"])
    shares = _shares(parcels, borders, pairs)
    pairs = pairs.join(shares, on="parcel_id")
    pairs["site_share"] = pairs["border_m"] / lookup(pairs["parcel_id"], parcels["perimeter_m"])
    scrap = parcels.geometry.reindex(pairs["parcel_id"]).to_numpy()
    pairs["scrap_kind"] = _kinds(pairs, scrap, sites, parameters=parameters)
    return gpd.GeoDataFrame(
        pairs[list(PAIR_COLUMNS)], geometry=gpd.GeoSeries(scrap, crs=parcels.crs), crs=parcels.crs
    )


def _contacts(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, members: pd.Series, *, tolerance_m: float
) -> pd.DataFrame:
    """Border length of every outside parcel with every site it touches, zero at corners."""
    inside = among(parcels.index, members.index)
    outside = is_land(parcels).to_numpy() & ~inside
    focal, neighbor = ends(parcels.index, borders)
    rows = outside[focal] & inside[neighbor]
    shared = pd.DataFrame(
        {
            "focal": parcels.index[focal[rows]],
            "neighbor": parcels.index[neighbor[rows]],
            "border_m": borders["border_m"].to_numpy()[rows],
        }
    )
    touching = _touching(parcels[outside], parcels[inside], tolerance_m=tolerance_m)
    pair = pd.concat([shared, touching], ignore_index=True)
    keyed = pd.DataFrame(
        {
            "parcel_id": pair["focal"].astype("str"),
            "site_id": lookup(pair["neighbor"], members).astype("str"),
            "border_m": pair["border_m"].astype("float64"),
        }
    )
    keyed = keyed.sort_values(["parcel_id", "site_id", "border_m"], kind="stable")
    return keyed.groupby(["parcel_id", "site_id"])["border_m"].sum().reset_index()


def _touching(
    outside: gpd.GeoDataFrame, inside: gpd.GeoDataFrame, *, tolerance_m: float
) -> pd.DataFrame:
    tree = shapely.STRtree(inside.geometry.to_numpy())
    left, right = tree.query(outside.geometry.to_numpy(), predicate="dwithin", distance=tolerance_m)
    return pd.DataFrame(
        {"focal": outside.index[left], "neighbor": inside.index[right], "border_m": 0.0}
    )


def _shares(parcels: gpd.GeoDataFrame, borders: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Shares of each scrap's boundary along sites, along free boundary, along the rest."""
    ids = pd.Index(pairs["parcel_id"].unique())
    around = parcels.loc[ids, "perimeter_m"]
    with_sites = pairs.groupby("parcel_id")["border_m"].sum().reindex(ids)
    along = border_with(borders, parcels.get("use_class"), FREE_USE_CLASSES)
    free = parcels.loc[ids, "free_m"] + along.reindex(ids).fillna(0.0)
    shares = pd.DataFrame({"sites_share": with_sites / around, "free_share": free / around})
    shares["other_share"] = 1 - shares["sites_share"] - shares["free_share"]
    return shares


def _kinds(
    pairs: pd.DataFrame, scrap: np.ndarray, sites: gpd.GeoSeries, *, parameters: Parameters
) -> pd.Series:
    """Kind of each scrap, the same for all its pairs; thresholds hold at 6 decimals."""
    size = shapely.area(scrap)
    around = {"hull": sites.convex_hull, "hole": _filled(sites)}
    beside = {k: shape.reindex(pairs["site_id"]).to_numpy() for k, shape in around.items()}
    share = {
        k: shapely.area(robust(shapely.intersection, scrap, shape)) / size
        for k, shape in beside.items()
    }
    most = pd.DataFrame(share).groupby(pairs["parcel_id"]).max().round(6)
    by_pair = most.reindex(pairs["parcel_id"])
    s = pairs["sites_share"].round(6).to_numpy()
    kinds = np.select(
        [
            (s >= parameters.sandwiched_share) | (by_pair["hole"].to_numpy() >= IN_HOLE),
            (s >= parameters.interlocking_share)
            | (by_pair["hull"].to_numpy() >= parameters.hull_share),
            pairs["free_share"].round(6).to_numpy() > pairs["other_share"].round(6).to_numpy(),
        ],
        KINDS[:3],
        default=KINDS[3],
    )
    return pd.Series(kinds, index=pairs.index, dtype="str")


def _filled(sites: gpd.GeoSeries) -> gpd.GeoSeries:
    """Sites without their holes."""
    parts, site = shapely.get_parts(sites.to_numpy(), return_index=True)
    whole = shapely.polygons(shapely.get_exterior_ring(parts))
    return gpd.GeoSeries(unions(whole, site), index=sites.index)
