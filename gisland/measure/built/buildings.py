"""Buildings on parcels: their floor area there, the table of buildings, and what is amiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.keys import aligned, joined_runs
from gisland.base.schema import require_ids, usable
from gisland.measure.built.buildingfaults import building_findings
from gisland.measure.built.floors import building_amounts
from gisland.topology.overlay import holders_of_centroids, overlap_areas
from gisland.topology.shares import carried_over, split_shares

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.shares import How

AMOUNTS = ("footprint_m2", "floor_area_m2", "counted_floor_area_m2")
CARRIED = {name: name for name in (*AMOUNTS, "above_floor_m2")}
CARRIED |= {"estimated_m2": "floor_area_estimated_m2"}
TABLE = (
    *("floors", "floors_from", "height_m", "floor_height_m", *AMOUNTS),
    "underground_floor_area_m2",
)
NO_OVERLAPS = pd.DataFrame({"left_id": [], "right_id": [], "overlap_m2": []})


@dataclass(frozen=True)
class BuildingFacts:
    """What buildings say about parcels.

    Attributes
    ----------
    by_parcel
        Columns for the parcels, on their index.
    table
        The buildings with their amounts and parcels; None without a building layer.
    findings
        Records with columns of ``schema.FINDINGS``.
    """

    by_parcel: pd.DataFrame
    table: gpd.GeoDataFrame | None
    findings: list[dict[str, object]]


@dataclass(frozen=True)
class Placed:
    """Buildings on parcels.

    Attributes
    ----------
    by_parcel
        Amounts of the buildings on each parcel, on the index of the parcels.
    by_building
        `building_amounts` with what lies on no parcel (``off_parcels_m2``) and where it stands
        (``parcels``, their number; ``parcel_ids``), sorted by id.
    """

    by_parcel: pd.DataFrame
    by_building: pd.DataFrame


def building_facts(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, *, parameters: Parameters
) -> BuildingFacts:
    """Footprint, floor areas and heights from buildings, where the parcel layer lacks them.

    Parameters
    ----------
    parcels
        Indexed by parcel id, in a metric CRS.
    buildings
        Footprints in the same CRS with the columns of `building_amounts`, indexed by building id;
        or None.
    parameters
        Uses ``floor_area`` (how buildings across parcels are split), ``overlap_min_m2`` and those
        of `building_amounts`.

    Returns
    -------
    BuildingFacts
        ``by_parcel``: of ``footprint_m2``, ``floor_area_m2`` and ``counted_floor_area_m2`` those
        that the parcel layer lacks or has empty; ``building_height_m`` (m);
        ``floor_area_estimated_m2``, of the floor areas taken from buildings, 0 where none is, and
        missing where the floor area is; ``above_floor_m2`` where the footprint is from the
        buildings. ``table``: columns ``building_id``, ``floors``, ``floors_from``, ``height_m``,
        ``floor_height_m``, ``footprint_m2``, ``floor_area_m2``, ``counted_floor_area_m2``,
        ``underground_floor_area_m2``, ``off_parcels_m2`` (m and m²), ``parcels`` (count),
        ``parcel_ids`` joined by ``;``, and the geometry, sorted by id. ``findings``:
        ``building_off_parcels``, ``building_overlap``, ``building_no_footprint``,
        ``floors_missing``, ``floors_estimated`` and ``floors_zero``.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(geometry=[box(0, 0, 20, 10)], index=["a"], crs=4547)
    >>> hall = gpd.GeoDataFrame(
    ...     {"floors": [2.0]}, geometry=[box(5, 0, 9, 10)], index=["h"], crs=4547
    ... )
    >>> facts = building_facts(lots, hall, parameters=Parameters())
    >>> facts.by_parcel[["footprint_m2", "floor_area_m2"]].values.tolist()
    [[40.0, 80.0]]
    >>> facts.table[["building_id", "floors_from", "parcel_ids"]].values.tolist()
    [['h', 'given', 'a']]
    """
    if buildings is None:
        return BuildingFacts(pd.DataFrame(index=parcels.index), None, [])
    placed = on_parcels(parcels, buildings, parameters=parameters)
    found = building_findings(buildings, placed.by_building, parameters=parameters)
    return BuildingFacts(
        _lacking(parcels, placed.by_parcel),
        _table(buildings, placed.by_building),
        found,
    )


def on_parcels(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, *, parameters: Parameters
) -> Placed:
    """Bring the buildings' areas onto parcels; what lies on no parcel is told apart.

    A building across parcels is split by ``floor_area``. ``area``: by the footprint on each; what
    lies on no parcel stays off. ``majority``: all of it to the parcel with most of it, of equal
    ones to the smallest id. ``centroid``: all of it to the parcel that holds the centroid of the
    footprint, which may lie off the building (an L, a ring); of several the smallest id; if none
    holds it, the building is off, even where it overlaps parcels.

    What is placed and what is off add up to the whole. Where parcels overlap each other and hold
    more of a building than there is, their shares are scaled down to it.

    Parameters
    ----------
    parcels
        Indexed by parcel id, in a metric CRS; one without a usable polygon holds nothing.
    buildings
        Footprints in the same CRS, indexed by building id; one without a usable polygon stands
        nowhere.
    parameters
        Uses ``floor_area``, ``overlap_min_m2`` and those of `building_amounts`.

    Returns
    -------
    Placed
        ``by_parcel``: ``footprint_m2``, ``floor_area_m2``, ``counted_floor_area_m2``,
        ``above_floor_m2``, ``floor_area_estimated_m2`` in m², and ``building_height_m`` of the
        tallest building in m. 0 without a building; missing where that of a building there is
        missing, and without a usable polygon. With ``area``, up to ``overlap_min_m2`` of footprint
        on a parcel is drawing noise: its amounts are carried, but the building does not stand
        there, nor does what it lacks make the parcel's amounts missing.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], index=["a", "b"], crs=4547
    ... )
    >>> hall = gpd.GeoDataFrame(
    ...     {"floors": [2.0]}, geometry=[box(7, 0, 11, 10)], index=["h"], crs=4547
    ... )
    >>> placed = on_parcels(lots, hall, parameters=Parameters(floor_area="area"))
    >>> placed.by_parcel["floor_area_m2"].to_dict()
    {'a': 60.0, 'b': 20.0}
    >>> placed = on_parcels(lots, hall, parameters=Parameters(floor_area="centroid"))
    >>> placed.by_parcel["floor_area_m2"].to_dict()
    {'a': 80.0, 'b': 0.0}
    """
    require_ids(parcels, what="parcels")
    require_ids(buildings, what="buildings")
    how = parameters.floor_area
    lots, houses = parcels.geometry.sort_index(), buildings.sort_index()
    amounts = building_amounts(houses, parameters=parameters)
    # numbers of sorted ids are as good as the ids, and faster
    plain = amounts.reset_index(drop=True)
    shares, off = _shares(lots, houses.geometry, footprint_m2=plain["footprint_m2"], how=how)
    part_m2 = shares["share"] * plain["footprint_m2"].reindex(shares["right_id"]).to_numpy()
    stands = shares[(part_m2 > parameters.overlap_min_m2) | (how != "area")]
    noise = shares.drop(stands.index)
    sums = {"building_height_m": _tallest(plain["height_m"], stands)}
    for name, new in CARRIED.items():
        known = plain[name].notna().reindex(noise["right_id"]).to_numpy()
        sums[new] = carried_over(plain[name], pd.concat([stands, noise[known]]).sort_index())
    here = pd.DataFrame(
        {
            name: aligned(
                column.reindex(range(len(lots)), fill_value=0.0).set_axis(lots.index),
                parcels.index,
            )
            for name, column in sums.items()
        }
    )
    where = _standing(stands, lots.index).reindex(plain.index)
    where["parcels"] = where["parcels"].fillna(0).astype("int64")
    where["parcel_ids"] = where["parcel_ids"].fillna("")
    where["off_parcels_m2"] = plain["footprint_m2"] * off
    return Placed(
        here.where(usable(parcels.geometry)),
        amounts.join(where.set_axis(amounts.index)),
    )


def _shares(
    lots: gpd.GeoSeries, houses: gpd.GeoSeries, *, footprint_m2: pd.Series, how: How
) -> tuple[pd.DataFrame, pd.Series]:
    """`split_shares` of buildings with a footprint, by the positions of both."""
    drawn = np.flatnonzero(footprint_m2.notna())
    left = gpd.GeoDataFrame(geometry=lots.reset_index(drop=True))
    right = gpd.GeoDataFrame(geometry=houses.reset_index(drop=True).take(drawn))
    all_ids = footprint_m2.index
    if how == "centroid":
        holder = holders_of_centroids(left, right)
        return split_shares(all_ids, NO_OVERLAPS, how=how, holder=holder)
    overlaps = overlap_areas(left, right)  # areas in the plane, as these are
    return split_shares(all_ids, overlaps, how=how, right_m2=right.geometry.area)


def _tallest(height_m: pd.Series, stands: pd.DataFrame) -> pd.Series:
    """Height of the tallest building by parcel; missing where that of one is."""
    height = height_m.reindex(stands["right_id"]).set_axis(stands.index)
    by_parcel = height.groupby(stands["left_id"])
    return by_parcel.max().mask(by_parcel.count() < by_parcel.size())


def _standing(stands: pd.DataFrame, parcel_ids: pd.Index) -> pd.DataFrame:
    """Number of parcels that each building stands on, and their ids as one text."""
    ordered = stands.sort_values(["right_id", "left_id"])
    texts = pd.Series(parcel_ids.astype("str").take(ordered["left_id"].to_numpy()))
    return pd.DataFrame(
        {
            "parcels": ordered.groupby("right_id").size(),
            "parcel_ids": joined_runs(texts, ordered["right_id"]),
        }
    )


def _lacking(parcels: gpd.GeoDataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Columns of buildings for what the parcel layer lacks or has empty."""
    new = [c for c in AMOUNTS if c not in parcels or parcels[c].isna().all()]
    given = [c for c in AMOUNTS if c not in new]
    taken = found.drop(columns=given)
    if "footprint_m2" in given:  # storeys are taken over a footprint of the same source
        taken = taken.drop(columns="above_floor_m2")
    if {"floor_area_m2", "counted_floor_area_m2"} <= {*given}:  # nothing of them is estimated
        taken["floor_area_estimated_m2"] = parcels["floor_area_m2"].astype("float64") * 0.0
    return taken


def _table(buildings: gpd.GeoDataFrame, by_building: pd.DataFrame) -> gpd.GeoDataFrame:
    columns = by_building[[*TABLE, "off_parcels_m2", "parcels", "parcel_ids"]]
    shapes = buildings.geometry.sort_index()
    table = gpd.GeoDataFrame(columns, geometry=shapes, crs=buildings.crs)
    return table.rename_axis("building_id").reset_index()
