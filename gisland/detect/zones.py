"""Redevelopment zones (改造片区): contiguous clusters of low-use parcels, across corridors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu
from gisland.detect.sites import large_clusters

if TYPE_CHECKING:
    import numpy as np

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
    rows = low.loc[large.index].groupby(large)
    floor = rows["floor_m2"].agg(lambda s: s.sum(skipna=False)) if "floor_m2" in low else None
    area = rows["area_m2"].sum()
    table = pd.DataFrame(
        {
            "zone_id": [f"Z{n:02d}" for n in range(1, len(area) + 1)],
            "parcel_ids": [";".join(sorted(ids)) for ids in rows.groups.values()],
            "parcels": rows.size().to_numpy("int64"),
            "area_m2": area.to_numpy(),
            "area_mu": m2_to_mu(area.to_numpy()),
            "far": (floor / area).to_numpy("float64") if floor is not None else float("nan"),
        },
        columns=list(COLUMNS),
    )
    shapes = [shapely.union_all(group.geometry.to_numpy()) for _, group in rows]
    geometry = gpd.GeoSeries(shapes, crs=parcels.crs)
    return gpd.GeoDataFrame(
        table.astype({"zone_id": "str", "parcel_ids": "str", "far": "float64"}),
        geometry=geometry,
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
    pairs = table.set_index("zone_id")["parcel_ids"].str.split(";").explode()
    label = pd.Series(pairs.index, index=pd.Index(pairs.to_numpy()))
    return label.reindex(parcel_ids).astype("str").rename("zone_id")


def _joined(low: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, *, corridor_m: float) -> pd.DataFrame:
    """Pairs of low-use parcels that touch or face each other across a corridor."""
    shapes = low.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=corridor_m)
    left, right = left[left < right], right[left < right]
    ways = shapely.shortest_line(shapes[left], shapes[right])
    clear = ~_blocked(ways, drawn.geometry[is_land(drawn)].to_numpy())
    ids = low.index
    return pd.DataFrame({"focal": ids[left[clear]], "neighbor": ids[right[clear]]})


def _blocked(ways: np.ndarray, blockers: np.ndarray) -> np.ndarray:
    """Whether other land covers part of each way; the two ends themselves only touch it."""
    way, blocker = shapely.STRtree(blockers).query(ways, predicate="intersects")
    covered = shapely.length(shapely.intersection(ways[way], blockers[blocker]))
    total = pd.Series(covered).groupby(way).sum().reindex(range(len(ways))).fillna(0.0)
    return total.to_numpy() > BLOCKED_M
