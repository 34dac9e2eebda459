from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gisland.base.errors import CRSError
from gisland.base.parameters import Parameters
from gisland.base.schema import CHANGES
from gisland.topology.repair import repair as repair_all

if TYPE_CHECKING:
    from pathlib import Path

BOW = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
COLLAPSED = Polygon([(0, 0), (5, 0), (0, 0)])
ENDLESS = shapely.from_wkt("POLYGON ((0 0, 9 0, 9 Infinity, 0 0))")
with np.errstate(invalid="ignore"):
    UNKNOWN = shapely.from_wkt("POLYGON ((0 0, 9 0, 9 NaN, 0 0))")


def repair(parcels: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Only invalid geometry is repaired, which leaves nothing to be told."""
    repaired, changes, remaining = repair_all(parcels, parameters=Parameters())
    assert remaining.empty
    return repaired, changes


def layer(shapes: dict[str, object], crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"owner": range(len(shapes))}, geometry=list(shapes.values()), index=list(shapes), crs=crs
    )


def test_only_invalid_polygons_change() -> None:
    high = shapely.force_3d(box(0, 0, 1, 1), 7.0)
    shapes = {"ok": box(0, 0, 2, 2), "bow": BOW, "none": None, "empty": Polygon(), "high": high}
    parcels = layer(shapes)
    before = parcels.copy(deep=True)
    repaired, changes = repair(parcels)
    assert changes.columns.tolist() == list(CHANGES)
    assert changes.drop(columns="other_id").to_numpy().tolist() == [
        ["bow", "make_valid", 0.0, 8.0, 8.0, 0.0, "Self-intersection[2 2]"]
    ]
    assert repaired.index.tolist() == list(shapes)
    assert repaired["owner"].tolist() == [0, 1, 2, 3, 4]
    assert repaired.crs == parcels.crs
    assert repaired.is_valid["bow"]
    same = [0, 2, 3, 4]
    assert repaired.to_wkb().iloc[same].equals(before.to_wkb().iloc[same])
    pd.testing.assert_frame_equal(parcels.to_wkb(), before.to_wkb())


def test_holes_stay_holes() -> None:
    crossing_hole = Polygon(box(0, 0, 10, 10).exterior, [box(5, 2, 12, 4).exterior])
    repaired, changes = repair(layer({"a": crossing_hole}))
    assert repaired.geometry["a"].equals(box(0, 0, 10, 10) - box(5, 2, 12, 4))
    assert changes["area_after_m2"].tolist() == [90.0]


def test_overlapping_parts_count_once() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(5, 0, 15, 10)])
    repaired, changes = repair(layer({"a": parts}))
    assert changes[["area_before_m2", "area_after_m2"]].to_numpy().tolist() == [[200.0, 150.0]]
    assert repaired.geom_type.tolist() == ["Polygon"]


def test_lines_that_are_left_over_are_dropped() -> None:
    spike = Polygon([(0, 0), (10, 0), (10, 10), (10, 20), (10, 10), (0, 10)])
    repaired, _ = repair(layer({"a": spike}))
    assert repaired.geometry["a"].equals(box(0, 0, 10, 10))
    assert repaired.geom_type.tolist() == ["Polygon"]


@pytest.mark.parametrize("shape", [COLLAPSED, ENDLESS, UNKNOWN])
def test_what_cannot_be_repaired_is_left_and_told(shape: Polygon) -> None:
    parcels = layer({"a": shape, "b": BOW})
    repaired, changes = repair(parcels)
    assert changes["parcel_id"].tolist() == ["a", "b"]
    assert changes["action"].tolist() == ["not_repairable", "make_valid"]
    assert changes[["in_m2", "out_m2"]].to_numpy().tolist() == [[0.0, 0.0], [8.0, 0.0]]
    assert changes["area_after_m2"].isna().tolist() == [True, False]
    assert repaired.to_wkb()["geometry"].iloc[0] == parcels.to_wkb()["geometry"].iloc[0]


def test_heights_go_with_the_repair() -> None:
    high = shapely.force_3d(BOW, 5.0)
    repaired, _ = repair(layer({"a": high}))
    assert repaired.has_z.tolist() == [False]


def test_repair_twice_is_repair_once() -> None:
    rng = np.random.default_rng(11)
    shapes = {f"p{k}": Polygon(rng.uniform(0, 100, (9, 2))) for k in range(50)}
    once, changes = repair(layer(shapes))
    assert len(changes) > 40
    assert once.is_valid.all()
    assert set(once.geom_type) <= {"Polygon", "MultiPolygon"}
    twice, none = repair(once)
    assert none.empty
    pd.testing.assert_frame_equal(once.to_wkb(), twice.to_wkb())


def test_row_order_and_repeated_ids_do_no_harm() -> None:
    parcels = layer({"b": BOW, "a": shapely.affinity.translate(BOW, 9, 0), "c": box(0, 0, 1, 1)})
    parcels = parcels.rename(index={"c": "b"})
    repaired, changes = repair(parcels)
    assert repaired.is_valid.all()
    assert changes["parcel_id"].tolist() == ["a", "b"]
    _, reversed_changes = repair(parcels.iloc[::-1])
    pd.testing.assert_frame_equal(changes, reversed_changes)


def test_other_name_of_the_geometry_column_is_kept() -> None:
    parcels = layer({"a": BOW}).rename_geometry("shape")
    repaired, _ = repair(parcels)
    assert repaired.geometry.name == "shape"
    assert repaired.is_valid.all()


def test_empty_layer() -> None:
    repaired, changes = repair(layer({}))
    assert repaired.empty
    assert changes.columns.tolist() == list(CHANGES)


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="degrees"):
        repair(layer({"a": BOW}, crs=4490))


def test_shells_with_vertical_walls_become_footprints(shared_data: Path) -> None:
    path = shared_data / "simplu3d_rules" / "demo-02" / "BATIMENT.shp"
    repaired, changes = repair(gpd.read_file(path))
    assert changes["action"].tolist() == ["make_valid"] * 117
    assert repaired.geom_type.unique().tolist() == ["Polygon"]
    assert not repaired.has_z.any()
    assert repaired.union_all().area == pytest.approx(13_302.1, abs=0.05)


def test_a_much_different_reading_is_told() -> None:
    holed = Polygon(box(0, 0, 30, 30).exterior, [box(20, 10, 50, 20).exterior])
    _, changes = repair(layer({"a": holed}))
    assert changes["area_after_m2"].tolist() == [800.0]
    assert changes["message"].item().endswith("; by its linework 1000.00 m²")
    assert "linework" not in repair(layer({"a": BOW}))[1]["message"].item()


def test_nothing_named_nothing_done() -> None:
    parcels = layer({"a": BOW, "b": box(0, 0, 5, 5)})
    repaired, changes, remaining = repair_all(parcels, parameters=Parameters(repair=()))
    pd.testing.assert_frame_equal(repaired.to_wkb(), parcels.to_wkb())
    assert changes.empty
    assert remaining.empty
