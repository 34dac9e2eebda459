"""Block lines on real zoning: every industrial zone is in one block or has a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisland.base.parameters import Parameters
from gisland.base.rules import load_rules
from gisland.control.delineation.delineate import Delineated, delineate

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules("common")
INDUSTRIAL = ("工業區", "乙種工業區", "零星工業區", "園區事業專用區")
TAIWAN = {"O0303": (47, 8), "R0101": (40, 7), "N0105": (12, 5)}  # industrial zones, blocks
BOUNDARIES = ("centre_line", "parcel_edge")
LEAST_M2 = 20_000.0


def zones_of_taiwan(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Zones with classes; what is neither industrial nor a street or river has some other use."""
    zones = gpd.read_file(folder / "taiwan_zoning" / f"{name}.json")
    use = zones["使用分"].fillna("")
    kind = np.select(
        [use.isin(INDUSTRIAL), use.str.contains("道路|鐵路|人行"), use.str.contains("河川|溝")],
        ["industrial", "transport", "water"],
        "other",
    )
    return made(zones, kind)


def zones_of_nantes(folder: Path) -> gpd.GeoDataFrame:
    """Zones of a plan with seven of economic activity (destination 02); streets are no zones."""
    path = next((folder / "simplu3d_rules").glob("44118*")) / "ZONE_URBA.shp"
    zones = gpd.read_file(path).set_crs(2154, allow_override=True)
    return made(zones, np.where(zones["DESTDOMI"] == "02", "industrial", "other"))


def made(zones: gpd.GeoDataFrame, kind: np.ndarray) -> gpd.GeoDataFrame:
    ids = pd.Index([f"z{n:04d}" for n in range(len(zones))], name="zone_id")
    columns = {"use_class": pd.array(kind, dtype="str"), "area_m2": zones.area.to_numpy()}
    return gpd.GeoDataFrame(columns, geometry=zones.geometry.to_numpy(), index=ids, crs=zones.crs)


def drawn(zones: gpd.GeoDataFrame, boundary: str, **more: float) -> Delineated:
    given = Parameters(block_min_area_m2=LEAST_M2, block_boundary=boundary, **more)
    return delineate(zones, parameters=given, rules=RULES)


def held_to_the_zones(zones: gpd.GeoDataFrame, found: Delineated) -> None:
    """Zones and shares as a plain overlay tells them."""
    industrial = zones[zones["use_class"] == "industrial"]
    assert set(found.outside.index) <= set(industrial.index)
    assert found.blocks.geometry.is_valid.all()
    assert (found.blocks.geom_type == "Polygon").all()
    land = zones[zones["use_class"].isin(["industrial", "other"]) & zones.is_valid]
    blocks = found.blocks.reset_index()[["block_id", "geometry"]]
    pieces = gpd.overlay(land.reset_index(), blocks, how="intersection", keep_geom_type=False)
    area = pieces.assign(inside=pieces.area).pivot_table("inside", "zone_id", "block_id", "sum")
    share = area.div(zones.area.reindex(area.index), axis=0)
    inside = industrial.index.difference(found.outside.index)
    assert ((share.reindex(inside) > 0.999).sum(axis=1) == 1).all()
    middle = industrial.loc[inside].representative_point()
    held = gpd.sjoin(middle.to_frame("geometry"), found.blocks, predicate="within")
    assert sorted(held.index) == sorted(inside)
    if len(found.outside):
        assert (share.reindex(found.outside.index).max(axis=1).fillna(0.0) < 0.001).all()
    use = zones["use_class"].reindex(area.index)
    told = area[use == "industrial"].sum() / area.sum()
    wanted = found.candidates["industrial_share"]
    assert told.reindex(wanted.index).to_numpy() == pytest.approx(wanted.to_numpy(), abs=1e-3)
    one, other = shapely.STRtree(found.blocks.geometry).query(found.blocks.geometry)
    both = shapely.intersection(
        found.blocks.geometry.to_numpy()[one], found.blocks.geometry.to_numpy()[other]
    )
    assert shapely.area(both)[one < other].sum() <= 1e-6


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("name", TAIWAN)
def test_zones_of_taiwan(shared_data: Path, name: str, boundary: str) -> None:
    zones = zones_of_taiwan(shared_data, name)
    many, blocks = TAIWAN[name]
    assert (zones["use_class"] == "industrial").sum() == many
    found = drawn(zones, boundary)
    assert len(found.blocks) == blocks
    held_to_the_zones(zones, found)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_zones_of_nantes(shared_data: Path, boundary: str) -> None:
    zones = zones_of_nantes(shared_data)
    found = drawn(zones, boundary)
    assert (zones["use_class"] == "industrial").sum() == 7
    assert len(found.blocks) == 2
    held_to_the_zones(zones, found)


@pytest.mark.parametrize("name", TAIWAN)
def test_order_and_turn_change_nothing(shared_data: Path, name: str) -> None:
    zones = zones_of_taiwan(shared_data, name)
    one = drawn(zones, "centre_line")
    shuffled = drawn(zones.sample(frac=1.0, random_state=3), "centre_line")
    pd.testing.assert_frame_equal(one.candidates, shuffled.candidates)
    middle = zones.union_all().centroid
    turned = zones.set_geometry(zones.rotate(29.0, origin=middle))
    back = drawn(turned, "centre_line")
    pd.testing.assert_series_equal(one.outside, back.outside)
    assert back.candidates["parcels"].tolist() == one.candidates["parcels"].tolist()
    area = back.candidates["area_m2"].to_numpy()
    assert area == pytest.approx(one.candidates["area_m2"].to_numpy(), rel=1e-4)
