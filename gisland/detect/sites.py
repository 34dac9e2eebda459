"""Which parcels make a site: by a layer, a field, use class, or low use."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from gisland.base.errors import ProjectError, TableError
from gisland.base.keys import ID_SEPARATOR, both_among
from gisland.base.phrases import count_of
from gisland.base.result import SITES_FROM
from gisland.base.rule import AREA_DECIMALS, SHARE_DECIMALS
from gisland.base.tables import lookup
from gisland.base.verdicts import long_enough
from gisland.detect.corridors import part_m
from gisland.detect.lowuse import is_low
from gisland.topology.graph import components
from gisland.topology.overlay import dominant

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd


def members_by_layer(
    parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, site_overlap_share: float
) -> pd.Series:
    """Assign parcels to the site polygon that covers enough of them.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    sites
        Site polygons, indexed by site id.
    site_overlap_share
        Least share (0-1) of a parcel inside the polygon.

    Returns
    -------
    pandas.Series
        Site id by parcel id, named ``site_id``; parcels outside every site are absent.

    Raises
    ------
    TableError
        If a site polygon gets no parcel, or a site id holds ``;``; lists the sites.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> shapes = [box(0, 0, 9, 9), box(9, 0, 18, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> drawn = gpd.GeoDataFrame(geometry=[box(0, 0, 9.5, 9)], index=["S1"], crs=4547)
    >>> members_by_layer(lots, drawn, site_overlap_share=0.5).to_dict()
    {'a': 'S1'}
    """
    _require_no_separator(sites.index)
    best = dominant(parcels, sites)
    inside = best.loc[best["share"].round(SHARE_DECIMALS) >= site_overlap_share, "right_id"]
    empty = sites.index.difference(pd.Index(inside.unique()))
    if len(empty):
        raise TableError(
            f"sites: {len(empty)} of {count_of(len(sites), 'polygon')}"
            f" {'covers' if len(empty) == 1 else 'cover'} no parcel"
            f" by {site_overlap_share:.0%} or more",
            do="check that sites and parcels belong together, or lower site_overlap_share",
            ids=empty,
        )
    return _named(inside)


def members_by_field(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Take the sites from the parcels' own ``site_id`` column.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``site_id``, missing outside sites.

    Returns
    -------
    pandas.Series
        Site id by parcel id, named ``site_id``; parcels outside every site are absent.

    Raises
    ------
    ProjectError
        If there is no such column.
    TableError
        If a site id holds ``;``; lists the sites.

    Examples
    --------
    >>> lots = pd.DataFrame({"site_id": ["S1", None]}, index=["a", "b"])
    >>> members_by_field(lots).to_dict()
    {'a': 'S1'}
    """
    if "site_id" not in parcels:
        raise ProjectError(
            '[sites] from = "field", but no column gives the site',
            do='map it: [layers.parcels.fields] site_id = "…"',
        )
    return _named(parcels["site_id"].dropna())


def large_clusters(
    ids: pd.Index, pairs: pd.DataFrame, *, areas_m2: pd.Series, min_area_m2: float
) -> pd.Series:
    """Cluster of each parcel that is in one of enough area.

    Parameters
    ----------
    ids
        Parcel ids.
    pairs
        Columns ``focal`` and ``neighbor``: parcels that belong together.
    areas_m2
        Area by parcel id.
    min_area_m2
        Smaller clusters are left out.

    Returns
    -------
    pandas.Series
        Smallest parcel id of the cluster, by parcel id.

    Examples
    --------
    >>> pair = pd.DataFrame({"focal": ["a"], "neighbor": ["b"]})
    >>> area = pd.Series(600.0, index=["a", "b", "c"])
    >>> large_clusters(area.index, pair, areas_m2=area, min_area_m2=1000.0).to_dict()
    {'a': 'a', 'b': 'a'}
    """
    label = components(ids, pairs)
    size = areas_m2.reindex(ids).sort_index().groupby(label).sum()
    return label[lookup(label, size).round(AREA_DECIMALS) >= min_area_m2]


def members_by_cluster(
    chosen: pd.Series,
    borders: pd.DataFrame,
    *,
    areas_m2: pd.Series,
    min_area_m2: float,
    min_border_m: float = 1.0,
) -> pd.Series:
    """Make sites of bordering parcels that share a property, such as low use.

    Parameters
    ----------
    chosen
        Bool by parcel id: has the property.
    borders
        Border table, both directions, with the columns of `with_corridors` if known. What a
        street separates is never one site.
    areas_m2
        Area by parcel id.
    min_area_m2
        Smaller clusters make no site.
    min_border_m
        Of a border that a road or water line runs along, at least so much must be left.

    Returns
    -------
    pandas.Series
        Site id (``S-`` and the smallest parcel id of the cluster) by parcel id.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("a", "b"), ("b", "a")], names=["focal", "neighbor"])
    >>> table = pd.DataFrame({"border_m": [9.0, 9.0]}, index=pairs)
    >>> low = pd.Series([True, True, True], index=["a", "b", "c"])
    >>> area = pd.Series(600.0, index=low.index)
    >>> members_by_cluster(low, table, areas_m2=area, min_area_m2=1000.0).to_dict()
    {'a': 'S-a', 'b': 'S-a'}
    """
    ids = chosen.index[chosen]
    index = cast("pd.MultiIndex", borders.index)
    inside = both_among(index, ids)
    apart = part_m(borders, "corridor_m")
    enough = long_enough(borders["border_m"] - apart, min_border_m=min_border_m)
    inside &= ((apart == 0) | enough).to_numpy()
    pair = index[inside].to_frame(index=False)
    return _named("S-" + large_clusters(ids, pair, areas_m2=areas_m2, min_area_m2=min_area_m2))


def members(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    source: str | None,
    sites: gpd.GeoDataFrame | None,
    use_classes: tuple[str, ...],
    site_overlap_share: float,
    min_area_m2: float,
    min_border_m: float = 1.0,
) -> pd.Series:
    """Find the parcels of every site in the way the project file says.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and what the source needs.
    borders
        Border table, both directions.
    source
        ``layer``, ``field``, ``low_use``, ``use_class``, or None: no site.
    sites
        Site polygons, for ``layer``.
    use_classes
        Use classes whose patches are sites, for ``use_class``.
    site_overlap_share
        For ``layer``: least share of a parcel inside the polygon.
    min_area_m2
        For ``low_use``: smaller clusters make no site.
    min_border_m
        Of a border that a road or water line runs along, at least so much must be left.

    Returns
    -------
    pandas.Series
        Site id by parcel id, named ``site_id``, sorted by parcel id.

    Raises
    ------
    ProjectError
        If the source is unknown or lacks its data.
    TableError
        If a site polygon gets no parcel, or a site id holds ``;``; lists the sites.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [1.0]}, index=["a"])
    >>> nothing = {"use_classes": (), "site_overlap_share": 0.5, "min_area_m2": 0.0}
    >>> len(members(lots, pd.DataFrame(), source=None, sites=None, **nothing))
    0
    """
    if source is None:
        return _named(pd.Series([], index=parcels.index[:0], dtype="str"))
    if source not in SITES_FROM:
        raise ProjectError(f"[sites] from is {source!r}", do=f"use one of {', '.join(SITES_FROM)}")
    if source == "layer" and sites is None:
        do = "name the file of the site polygons there, or take the sites from elsewhere"
        raise ProjectError('[sites] from = "layer", but there is no [layers.sites]', do=do)
    drawn = parcels[parcels["area_m2"].notna()]
    ways: dict[str, Callable[[], pd.Series]] = {
        "layer": lambda: members_by_layer(drawn, sites, site_overlap_share=site_overlap_share),
        "field": lambda: members_by_field(drawn),
        "low_use": lambda: members_by_cluster(
            is_low(drawn),
            borders,
            areas_m2=drawn["area_m2"],
            min_area_m2=min_area_m2,
            min_border_m=min_border_m,
        ),
        "use_class": lambda: members_by_cluster(
            drawn["use_class"].isin(use_classes),
            borders,
            areas_m2=drawn["area_m2"],
            min_area_m2=0.0,
            min_border_m=min_border_m,
        ),
    }
    if source == "use_class" and "use_class" not in drawn:
        raise ProjectError(
            '[sites] from = "use_class", but no use class is known',
            do='map use_code: [layers.parcels.fields] use_code = "…"',
        )
    return ways[source]().sort_index()


def _named(series: pd.Series) -> pd.Series:
    named = series.astype("str").rename("site_id").rename_axis("parcel_id")
    _require_no_separator(named)
    return named


def _require_no_separator(site_ids: pd.Series | pd.Index) -> None:
    joined = sorted(
        name for name in site_ids.dropna().astype("str").unique() if ID_SEPARATOR in name
    )
    if joined:
        raise TableError(
            f"sites: {count_of(len(joined), 'site id')} with {ID_SEPARATOR!r}, which separates ids"
            " in results",
            do="rename the sites",
            ids=joined,
        )
