"""Redevelopment zones (改造片区): contiguous clusters of low-use parcels, across corridors."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import joined_texts
from gisland.base.tables import is_land, member_labels
from gisland.base.units import m2_to_mu
from gisland.detect.sites import large_clusters
from gisland.topology.graph import components
from gisland.topology.unions import unions

COLUMNS = ("zone_id", "parcel_ids", "parcels", "area_m2", "area_mu", "far")
BLOCKED_M = 0.1  # a corridor is blocked where another parcel covers this much of the way across


def zones(parcels: gpd.GeoDataFrame, *, corridor_m: float, min_area_m2: float) -> gpd.GeoDataFrame:
    """Cluster low-use parcels that touch or lie across a road or canal from each other.

    Two parcels are across from each other if they are at most `corridor_m` apart and no third
    parcel, road and water parcels left aside, lies on the shortest way between them.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, ``low_use`` and, if known,
        ``use_class`` and ``floor_m2`` (the floor area that FAR counts).
    corridor_m
        Widest corridor that is bridged, in metres.
    min_area_m2
        Smaller clusters make no zone.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per zone, ``Z01`` holding the smallest parcel id; ``far`` is missing where the
        floor area of a parcel is.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0, 100.0], "low_use": [True, True]},
    ...     geometry=[box(0, 0, 10, 10), box(22, 0, 32, 10)],
    ...     index=pd.Index(["a", "b"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> zones(lots, corridor_m=12.0, min_area_m2=0.0)["parcel_ids"].tolist()
    ['a;b']
    """
    drawn = parcels[parcels["area_m2"].notna()].sort_index()
    low = drawn[drawn["low_use"].fillna(value=False).astype(bool)]
    facing = _joined(low, drawn, corridor_m=corridor_m)
    large = large_clusters(low.index, facing, areas_m2=low["area_m2"], min_area_m2=min_area_m2)
    members = low.loc[large.index]
    rows = members.groupby(large)
    floor = rows["floor_m2"].agg(lambda s: s.sum(skipna=False)) if "floor_m2" in low else None
    area = rows["area_m2"].sum()
    table = pd.DataFrame(
        {
            "zone_id": [f"Z{n:02d}" for n in range(1, len(area) + 1)],
            "parcel_ids": joined_texts(members.index.to_series(), large).to_numpy(),
            "parcels": rows.size().to_numpy("int64"),
            "area_m2": area.to_numpy(),
            "area_mu": m2_to_mu(area.to_numpy()),
            "far": (floor / area).to_numpy("float64") if floor is not None else float("nan"),
        },
        columns=list(COLUMNS),
    )
    group = rows.ngroup().to_numpy()
    order = np.argsort(group, kind="stable")
    shapes = unions(members.geometry.to_numpy()[order], group[order])
    return gpd.GeoDataFrame(
        table.astype({"zone_id": "str", "parcel_ids": "str", "far": "float64"}),
        geometry=gpd.GeoSeries(shapes, crs=parcels.crs),
        crs=parcels.crs,
    )


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


def _joined(low: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, *, corridor_m: float) -> pd.DataFrame:
    """Pairs that connect all low-use parcels that touch or face each other across a corridor."""
    shapes, ids = low.geometry.to_numpy(), low.index
    tree = shapely.STRtree(shapes)
    numbers = pd.RangeIndex(len(low))
    links = tree.query(shapes, predicate="intersects")
    first = components(numbers, pd.DataFrame(links.T)).to_numpy()
    # between two that are connected already, nothing has to be looked at
    around = shapely.box(*(shapely.bounds(shapes) + np.array([-1, -1, 1, 1]) * corridor_m).T)
    left, right = tree.query(around)
    apart = (left < right) & (first[left] != first[right])
    left, right = left[apart], right[apart]
    near = shapely.dwithin(shapes[left], shapes[right], corridor_m)
    left, right = left[near], right[near]
    ways = shapely.shortest_line(shapes[left], shapes[right])
    order = np.argsort(shapely.length(ways), kind="stable")
    left, right, ways = left[order], right[order], ways[order]
    land = shapely.STRtree(drawn.geometry[is_land(drawn)].to_numpy())
    for every in (False, True):  # the shortest way between two clusters is mostly clear
        ends = np.sort(np.column_stack([first[left], first[right]]), axis=1)
        tried = ends[:, 0] != ends[:, 1]
        tried &= every | ~pd.DataFrame(ends).duplicated()
        clear = np.flatnonzero(tried)[~_blocked(ways[tried], land)]
        links = np.hstack([links, [left[clear], right[clear]]])
        first = components(numbers, pd.DataFrame(links.T)).to_numpy()
    return pd.DataFrame({"focal": ids[first], "neighbor": ids})


def _blocked(ways: np.ndarray, land: shapely.STRtree) -> np.ndarray:
    """Whether other land covers part of each way; the two ends themselves only touch it."""
    way, blocker = land.query(ways, predicate="intersects")
    covered = shapely.length(shapely.intersection(ways[way], land.geometries[blocker]))
    return np.bincount(way, weights=covered, minlength=len(ways)) > BLOCKED_M
