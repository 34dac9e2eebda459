"""Corridors that only a line tells of: borders along roads and water without a gap or a parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.topology.alongside import along_lines

if TYPE_CHECKING:
    import geopandas as gpd

COLUMNS = ("road_m", "corridor_m", "edge_m")


def with_corridors(
    borders: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    *,
    roads: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    plan_boundary: gpd.GeoDataFrame | None = None,
    reach_m: float,
    tolerance_m: float,
) -> pd.DataFrame:
    """Add what part of each border runs along a road, a corridor, or the edge of the plan.

    Parameters
    ----------
    borders
        Border table, both directions.
    parcels
        The parcels it was made from.
    roads, water
        Lines, or polygons whose outlines count.
    plan_boundary
        Polygons of the plan.
    reach_m
        How far a line may be off the border.
    tolerance_m
        That of the border table.

    Returns
    -------
    pandas.DataFrame
        A copy with ``road_m`` (along a road), ``corridor_m`` (along a road or water, which
        separates the two parcels) and ``edge_m`` (along any of the three), in metres; missing
        where no such layer is given.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from gisland.topology.borders import borders
    >>> shapes = [box(0, 0, 30, 20), box(0, 20, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lane = gpd.GeoDataFrame(geometry=[LineString([(5, 21), (99, 21)])], crs=4547)
    >>> found = with_corridors(borders(lots), lots, roads=lane, reach_m=2.0, tolerance_m=0.05)
    >>> found.loc[("a", "b"), ["border_m", "road_m", "corridor_m"]].tolist()
    [30.0, 25.0, 25.0]
    """
    given = {
        "road_m": [roads],
        "corridor_m": [roads, water],
        "edge_m": [roads, water, plan_boundary],
    }
    made: dict[str, pd.Series | float] = {}
    known: dict[int, pd.Series] = {}  # the same layers are measured once
    for name, layers in given.items():
        lines = [layer.geometry for layer in layers if layer is not None]
        if lines and len(lines) not in known:
            known[len(lines)] = along_lines(
                parcels, borders, pd.concat(lines), reach_m=reach_m, tolerance_m=tolerance_m
            )
        made[name] = known[len(lines)] if lines else float("nan")
    return borders.assign(**made)


def part_m(borders: pd.DataFrame, name: str) -> pd.Series:
    """One of the columns of `with_corridors`.

    Parameters
    ----------
    borders
        Border table, with or without these columns.
    name
        ``road_m``, ``corridor_m`` or ``edge_m``.

    Returns
    -------
    pandas.Series
        Metres, 0 where no layer tells of any.

    Examples
    --------
    >>> part_m(pd.DataFrame({"border_m": [9.0]}), "road_m").tolist()
    [0.0]
    """
    if name not in borders:
        return pd.Series(0.0, index=borders.index, name=name)
    return borders[name].fillna(0.0)
