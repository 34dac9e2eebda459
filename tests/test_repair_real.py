"""Repair of real layers: a valid coverage, or every fault that is left is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.topology.repair import repair

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = Parameters(repair=REPAIRABLE)


def misfits(parcels: gpd.GeoDataFrame) -> set[str]:
    """Parcels with edges that do not fit their neighbors."""
    edges = shapely.coverage_invalid_edges(parcels.geometry.to_numpy())
    return set(parcels.index[shapely.length(edges) > 0])


def balance(parcels: gpd.GeoDataFrame, after: gpd.GeoDataFrame, changes: pd.DataFrame) -> pd.Series:
    """Square metres by which the log and the areas differ, parcel by parcel."""
    net = (changes["in_m2"] - changes["out_m2"]).groupby(changes["parcel_id"]).sum()
    return (after.area - parcels.area).fillna(0) - net.reindex(parcels.index, fill_value=0.0)


def test_williamsburg(shared_data: Path) -> None:
    parcels = gpd.read_file(shared_data / "williamsburg_va" / "parcels.geojson").to_crs(32147)
    parcels.index = parcels.index.map(lambda row: f"{row:05d}")
    after, changes, left = repair(parcels, parameters=EVERYTHING)
    assert len(misfits(parcels)) > 500
    assert misfits(after) <= set(left["parcel_id"]) | set(left["other_id"].dropna())
    assert (left["code"] == "not_repaired").all()
    assert len(left) < 30
    assert balance(parcels, after, changes).abs().max() < 1e-6
    assert shapely.is_missing(after.geometry["03832"])
    overlaps = left[left["unit"] == "m2"]
    assert (overlaps["value"] > EVERYTHING.repair_max_m2).all()
    untouched = ~parcels.index.isin(changes["parcel_id"])
    same = parcels.to_wkb()["geometry"] == after.to_wkb()["geometry"]
    assert same[untouched & (parcels.index != "03832")].all()
    assert untouched.sum() > 3000


def test_zones_of_xinying_become_a_coverage(shared_data: Path) -> None:
    zones = gpd.read_file(shared_data / "taiwan_zoning" / "R0101.json")
    zones = zones.set_crs(3826, allow_override=True)
    after, changes, left = repair(zones, parameters=EVERYTHING)
    assert not shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert shapely.coverage_is_valid(after.geometry.to_numpy())
    assert left.empty
    changes["parcel_id"] = changes["parcel_id"].astype(int)
    assert balance(zones, after, changes).abs().max() < 1e-6
    again, more, _ = repair(after, parameters=EVERYTHING)
    assert more.empty
    assert np.array_equal(again.to_wkb()["geometry"], after.to_wkb()["geometry"])
