"""Floor area of buildings, actual and counted (计容), and its place on parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd
import shapely

from gisland.base.keys import aligned, positions
from gisland.base.schema import usable
from gisland.topology.overlay import apportion, overlap_areas

if TYPE_CHECKING:
    import geopandas as gpd

How = Literal["area", "centroid", "majority"]
HIGH_STOREY_M = 8.0  # storeys above count twice: 工业项目建设用地控制指标, formula of 容积率
AMOUNTS = ("footprint_m2", "floor_area_m2", "counted_floor_area_m2")


def building_amounts(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Footprint, actual and counted floor area of each building.

    Actual = footprint x floors + underground. Counted leaves the underground out and takes
    storeys higher than 8 m twice.

    Parameters
    ----------
    buildings
        Footprint polygons in a metric CRS, indexed by building id, with ``floors`` and, where
        known, ``floor_height_m`` and ``underground_floor_area_m2``.

    Returns
    -------
    pandas.DataFrame
        ``footprint_m2``, ``floor_area_m2``, ``counted_floor_area_m2`` in m², missing where the
        number of floors is.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> hall = gpd.GeoDataFrame(
    ...     {"floors": [1.0], "floor_height_m": [9.0]}, geometry=[box(0, 0, 40, 25)], index=["b1"]
    ... )
    >>> building_amounts(hall).iloc[0].tolist()
    [1000.0, 1000.0, 2000.0]
    """
    footprint = buildings.geometry.area.rename("footprint_m2")
    nothing = pd.Series(0.0, index=buildings.index)
    floors = buildings.get("floors", nothing * float("nan"))
    height = buildings.get("floor_height_m", nothing)
    underground = buildings.get("underground_floor_area_m2", nothing).fillna(0.0)
    above = footprint * floors
    return pd.DataFrame(
        {
            "footprint_m2": footprint,
            "floor_area_m2": above + underground,
            "counted_floor_area_m2": above.where(~(height > HIGH_STOREY_M), above * 2),
        }
    )


def on_parcels(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, *, how: How
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring the buildings' areas onto parcels; what lies on no parcel is told apart.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    buildings
        Footprints, indexed by building id.
    how
        ``area``: a building across parcels is split by footprint area; ``majority``: it goes to
        the parcel with most of it.

    Returns
    -------
    pandas.DataFrame
        By parcel: ``footprint_m2``, ``floor_area_m2``, ``counted_floor_area_m2``. Zero without
        a building; missing where a building (partly) placed on it has no number of floors.
    pandas.DataFrame
        By building: the part of each amount that lies on no parcel. The two sum to the whole.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], index=["a", "b"], crs=4547
    ... )
    >>> hall = gpd.GeoDataFrame(
    ...     {"floors": [2.0]}, geometry=[box(7, 0, 11, 10)], index=["h"], crs=4547
    ... )
    >>> found, _ = on_parcels(lots, hall, how="area")
    >>> found["floor_area_m2"].to_dict()
    {'a': 60.0, 'b': 20.0}
    """
    overlaps = overlap_areas(parcels, buildings)
    amounts = building_amounts(buildings).sort_index()
    parcel_ids, building_ids = parcels.index.sort_values(), amounts.index
    # numbers of sorted ids are as good as the ids, and faster
    numbered = overlaps.assign(
        left_id=positions(overlaps["left_id"], parcel_ids),
        right_id=positions(overlaps["right_id"], building_ids),
    )
    amounts = amounts.reset_index(drop=True)
    placed, rest = {}, {}
    for name in AMOUNTS:
        sums, left = apportion(amounts[name], numbered, how=how, right_m2=amounts["footprint_m2"])
        sums = sums.reindex(range(len(parcel_ids)), fill_value=0.0).set_axis(parcel_ids)
        placed[name] = aligned(sums, parcels.index)
        rest[name] = aligned(left.set_axis(building_ids), buildings.index)
    return pd.DataFrame(placed).where(usable(parcels.geometry)), pd.DataFrame(rest)


def building_facts(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, *, how: How, least_m2: float
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Footprint and floor areas from buildings, for the columns that the parcel layer lacks.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    buildings
        Footprints, indexed by building id, or None.
    how
        How buildings across parcels are split: ``area`` or ``majority``.
    least_m2
        Footprint on no parcel up to this is no finding.

    Returns
    -------
    pandas.DataFrame
        The missing ones of ``footprint_m2``, ``floor_area_m2``, ``counted_floor_area_m2``.
    list of dict
        Findings: buildings (partly) on no parcel, buildings without a number of floors.

    Examples
    --------
    >>> building_facts(pd.DataFrame(index=["a"]), None, how="area", least_m2=0.01)[1]
    []
    """
    if buildings is None:
        return pd.DataFrame(index=parcels.index), []
    placed, rest = on_parcels(parcels, buildings, how=how)
    new = [c for c in AMOUNTS if c not in parcels or parcels[c].isna().all()]
    astray = rest["footprint_m2"]
    astray = astray[astray > least_m2]
    places = shapely.point_on_surface(aligned(buildings.geometry, astray.index).to_numpy())
    findings: list[dict[str, object]] = [
        {
            "code": "building_off_parcels",
            "severity": "warning",
            "layer": "buildings",
            "other_id": building,
            "value": area,
            "unit": "m2",
            "message": f"{area:.2f} m² of the footprint lie on no parcel",
            "geometry": place,
        }
        for building, area, place in zip(astray.index, astray.to_list(), places, strict=True)
    ]
    return placed[new], [*findings, *_without_floors(buildings)]


def _without_floors(buildings: gpd.GeoDataFrame) -> list[dict[str, object]]:
    floors = buildings.get("floors")
    unknown = len(buildings) if floors is None else int(floors.isna().sum())
    if not unknown:
        return []
    return [
        {
            "code": "floors_missing",
            "severity": "warning",
            "layer": "buildings",
            "value": float(unknown),
            "unit": "count",
            "message": f"{unknown} of {len(buildings)} buildings have no number of floors;"
            " floor area is missing on their parcels",
        }
    ]
