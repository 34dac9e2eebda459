"""Redevelopment zones (改造片区): clusters of low-use parcels, or polygons that are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.phrases import count_of
from gisland.base.tables import is_land, joined_ids, lookup, member_labels
from gisland.base.units import m2_to_mu
from gisland.detect.lowuse import is_low
from gisland.detect.sites import large_clusters
from gisland.topology.overlay import mostly_in
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = ("zone_id", "parcel_ids", "parcels", "area_m2", "area_mu", "far")
KINDS = {"zone_id": "str", "parcel_ids": "str", "parcels": "int64"}


def zones(
    parcels: gpd.GeoDataFrame, links: pd.DataFrame, *, min_area_m2: float
) -> gpd.GeoDataFrame:
    """Cluster low-use parcels that share a border or face each other across a road or canal.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``low_use`` and, if known,
        ``use_class`` and ``floor_m2`` (the floor area that FAR counts).
    links
        From `gisland.detect.zonelinks.zone_links`, of the low-use parcels.
    min_area_m2
        Smaller clusters make no zone.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per zone, ``Z01`` holding the smallest parcel id; ``far`` is missing where the
        floor area of a parcel is. Geometry is the union of the parcels.

    Raises
    ------
    TableError
        If a link names a parcel that is not in low use.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.detect.zonelinks import zone_links
    >>> from gisland.topology.boundary import trace
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0, 100.0], "low_use": [True, True]},
    ...     geometry=[box(0, 0, 10, 10), box(22, 0, 32, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> links = zone_links(trace(lots), lots, chosen=lots["low_use"], corridor_m=12.0)
    >>> zones(lots, links, min_area_m2=0.0)["parcel_ids"].tolist()
    ['a;b']
    """
    low = parcels[parcels["area_m2"].notna() & is_low(parcels)].sort_index()
    large = large_clusters(low.index, links, areas_m2=low["area_m2"], min_area_m2=min_area_m2)
    first = pd.Index(np.unique(large.to_numpy()))  # the smallest id of each cluster, ascending
    names = [f"Z{n:02d}" for n in range(1, len(first) + 1)]
    zone = lookup(large, pd.Series(names, index=first, dtype="str"))
    members = low.loc[large.index]
    group = first.get_indexer(pd.Index(large))
    order = np.argsort(group, kind="stable")
    shapes = unions(members.geometry.to_numpy()[order], group[order])
    return _table(members, zone, names=pd.Index(names), shapes=shapes)


def given_zones(
    parcels: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[dict[str, object]]]:
    """Zones that are given as polygons, with the parcels that lie mostly in them.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` and, if known, ``use_class`` and
        ``floor_m2`` (the floor area that FAR counts).
    drawn
        Polygons, indexed by zone id, in the CRS of the parcels.

    Returns
    -------
    zones : geopandas.GeoDataFrame
        As `zones` returns it, sorted by id, but ``area_m2`` is that of all parcels at least half
        of which lies in the zone, ``far`` is over those that are neither road nor water, and
        geometry is the given polygon. A parcel that two zones share equally goes to the smaller
        id.
    findings : list of dict
        ``zone_without_parcels`` for each zone that holds no parcel; it is left out.

    Raises
    ------
    TableError
        If none of the zones holds a parcel, or ids are missing or repeated.
    CRSError
        If a CRS is missing or not metric, or the two differ.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0, 100.0]},
    ...     geometry=[box(0, 0, 10, 10), box(22, 0, 32, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> drawn = gpd.GeoDataFrame(geometry=[box(-5, -5, 40, 15)], index=["Z1"], crs=4547)
    >>> given_zones(lots, drawn)[0][["zone_id", "parcel_ids"]].values.tolist()
    [['Z1', 'a;b']]
    """
    known = parcels[parcels["area_m2"].notna()].sort_index()
    zone = mostly_in(known, drawn).dropna().astype("str")
    names = drawn.index.astype("str").sort_values()
    used = names[names.isin(zone)]
    if len(names) and used.empty:
        raise TableError(
            f"zones: {count_of(len(names), 'zone')}, none of which holds half of a parcel",
            do="check that zones and parcels belong together",
            ids=names,
        )
    shapes = drawn.geometry.set_axis(drawn.index.astype("str"))
    table = _table(known.loc[zone.index], zone, names=used, shapes=shapes.loc[used].to_numpy())
    empty = names.difference(used)
    return table, [_without_parcels(name, shape) for name, shape in shapes.loc[empty].items()]


def zone_labels(table: gpd.GeoDataFrame, parcel_ids: pd.Index) -> pd.Series:
    """Zone of each parcel.

    Parameters
    ----------
    table
        Result of `zones`.
    parcel_ids
        Parcels to answer for.

    Returns
    -------
    pandas.Series
        Named ``zone_id``, on `parcel_ids`; missing outside every zone.

    Examples
    --------
    >>> table = pd.DataFrame({"zone_id": ["Z01"], "parcel_ids": ["a;b"]})
    >>> zone_labels(table, pd.Index(["b", "c"])).tolist()
    ['Z01', nan]
    """
    return member_labels(table, parcel_ids, key="zone_id")


def _table(
    members: gpd.GeoDataFrame, zone: pd.Series, *, names: pd.Index, shapes: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Rows of zones by their members, which are sorted; each zone has some."""
    area = members["area_m2"].groupby(zone).sum().reindex(names)
    table = pd.DataFrame(
        {
            "zone_id": names,
            "parcel_ids": joined_ids(zone, names).to_numpy(),
            "parcels": zone.value_counts().reindex(names).to_numpy(),
            "area_m2": area.to_numpy("float64"),
            "area_mu": m2_to_mu(area.to_numpy("float64")),
            "far": _far(members, zone).reindex(names).to_numpy("float64"),
        }
    )
    geometry = gpd.GeoSeries(shapes, crs=members.crs)
    return gpd.GeoDataFrame(table.astype(KINDS), geometry=geometry, crs=members.crs)


def _far(members: gpd.GeoDataFrame, zone: pd.Series) -> pd.Series:
    """Floor area over land by zone, missing where the floor area of some land is."""
    land = is_land(members)
    if "floor_m2" not in members:
        return pd.Series(index=pd.Index([], dtype="str"), dtype="float64")
    rows = members[land].groupby(zone[land])
    return rows["floor_m2"].sum(skipna=False) / rows["area_m2"].sum()


def _without_parcels(name: str, shape: object) -> dict[str, object]:
    return {
        "code": "zone_without_parcels",
        "severity": "warning",
        "layer": "zones",
        "other_id": name,
        "message": f"zone {name} holds no parcel mostly",
        "geometry": shape,
    }
