"""Amounts carried by overlap areas, by the package and by the plain recipe, and their check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

import gisland
from benches.peers import Check
from gisland.measure.built.buildings import on_parcels

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

ALL = gisland.Parameters(zone_min_share=0.0)  # no share is too small to count
LOT, PART_M2 = "parcel_id", 0.01  # a share of a lot is compared where it is larger than this


def limits(lots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Land of every lot in zones, and the floor area and the FAR that they allow, by area."""
    whole = lots.assign(area_m2=lots.area)
    found = gisland.planning_limits(whole, zones[["far_max", "geometry"]], None, parameters=ALL)
    land, far = found.known_m2["far_max"], found.by_parcel["planned_far_max"]
    table = pd.DataFrame({"land_m2": land, "allowed_m2": land * far, "far_max": far})
    return table[land > 0]


def plain_limits(lots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """The same by geopandas.overlay and groupby."""
    named = lots[["geometry"]].reset_index(), zones[["far_max", "geometry"]]
    pieces = gpd.overlay(*named, how="intersection")
    return _by_lot(pieces[LOT], pieces.area, far=pieces["far_max"])


def _by_lot(
    lot: pd.Series, area_m2: pd.Series, *, far: pd.Series | NDArray[np.float64]
) -> pd.DataFrame:
    parts = pd.DataFrame({LOT: lot, "land_m2": area_m2, "allowed_m2": area_m2 * far})
    total = parts.groupby(LOT).sum()
    return total.assign(far_max=total["allowed_m2"] / total["land_m2"])


def floors(lots: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Floor area of buildings on every lot, by the share of the footprint that lies on it."""
    placed = on_parcels(lots, buildings[["floors", "geometry"]], parameters=ALL)
    return placed.by_parcel["floor_area_m2"].rename("floor_m2").to_frame()


def plain_floors(lots: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """The same by geopandas.overlay and groupby."""
    footprint = buildings.area
    known = buildings[["geometry"]].assign(
        footprint_m2=footprint, floor_m2=footprint * buildings["floors"]
    )
    pieces = gpd.overlay(lots[["geometry"]].reset_index(), known, how="intersection")
    floor = pieces["floor_m2"] * pieces.area / pieces["footprint_m2"]
    return floor.groupby(pieces[LOT]).sum().rename("floor_m2").to_frame()


def same_amounts(found: pd.DataFrame, other: pd.DataFrame, *, within: float) -> Iterator[Check]:
    """Whether amounts agree in total, and how far they are apart in a lot at most."""
    for column in map(str, found):
        if column.endswith("_m2"):
            apart = abs(found[column].sum() / other[column].sum() - 1)
            text = f"{column} in total agrees to {apart:.1e}"
            yield Check(text, good=bool(apart <= within))
        rest = (found[column].sub(other[column], fill_value=0.0)).abs().max()
        text = f"{column} of a lot agrees to {rest:.1e}"
        yield Check(text, good=bool(rest <= PART_M2))
