"""Corridors that only a line tells of: borders along roads and water without a gap or a parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.definitions import SEPARATED_SHARE
from gisland.base.rule import AREA_DECIMALS as LENGTH_DECIMALS
from gisland.base.useclasses import FREE_USE_CLASSES
from gisland.topology.alongside import along_lines

if TYPE_CHECKING:
    import geopandas as gpd


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
        Lines, or polygons: what lies in them runs along them.
    plan_boundary
        Polygons of the plan, whose outlines count.
    reach_m
        How far a line may be off the border.
    tolerance_m
        That of the border table.

    Returns
    -------
    pandas.DataFrame
        A copy with ``road_m`` (along a road), ``corridor_m`` (along a road or water, which
        separates the two parcels; all of a border of which they take 90 %) and ``edge_m`` (along
        any of the three), in metres; missing where no such layer is given, and 0 beside parcels
        that are roads or water themselves.

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
    edge = plan_boundary if plan_boundary is None else plan_boundary.boundary
    lines = [None if x is None else x.geometry for x in (roads, water)]
    given = {"road_m": lines[:1], "corridor_m": lines, "edge_m": [*lines, edge]}
    roads_and_water = parcels.index[:0]
    if "use_class" in parcels:
        roads_and_water = parcels.index[parcels["use_class"].isin(FREE_USE_CLASSES)]
    made: dict[str, pd.Series | float] = {}
    known: dict[int, pd.Series] = {}  # the same layers are measured once
    for name, layers in given.items():
        there = [layer for layer in layers if layer is not None]
        if there and len(there) not in known:
            known[len(there)] = along_lines(
                parcels,
                borders,
                pd.concat(there),
                reach_m=reach_m,
                tolerance_m=tolerance_m,
                within=True,
                left_out=roads_and_water,
            )
        made[name] = known[len(there)] if there else float("nan")
    table = borders.assign(**made)
    if not known:
        return table
    mostly = table["corridor_m"] >= SEPARATED_SHARE * table["border_m"]
    for name in ("corridor_m", "edge_m"):
        table[name] = table[name].mask(mostly, table["border_m"])
    return table


def open_borders(borders: pd.DataFrame) -> pd.DataFrame:
    """Borders without what corridors take of them.

    Parameters
    ----------
    borders
        Border table, with or without the columns of `with_corridors`.

    Returns
    -------
    pandas.DataFrame
        With what is left as ``border_m``; pairs with nothing left are left out.

    Examples
    --------
    >>> table = pd.DataFrame({"border_m": [9.0, 9.0], "corridor_m": [9.0, 2.0]})
    >>> open_borders(table)["border_m"].tolist()
    [7.0]
    """
    if "corridor_m" not in borders or borders["corridor_m"].isna().all():
        return borders
    left = borders.assign(border_m=borders["border_m"] - part_m(borders, "corridor_m"))
    return left[left["border_m"].round(LENGTH_DECIMALS) > 0]


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
