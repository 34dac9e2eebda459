from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon, box

from districts import frame
from gisland.measure.floors import building_amounts, building_facts, on_parcels

AMOUNTS = ["footprint_m2", "floor_area_m2", "counted_floor_area_m2"]


def houses(shapes: dict[str, object], floors: list[object], **columns: object) -> gpd.GeoDataFrame:
    return frame(shapes, "building_id", floors=pd.array(floors, dtype="float64"), **columns)


LOTS = frame({"a": box(0, 0, 100, 100), "b": box(100, 0, 200, 100)})


def place(buildings: gpd.GeoDataFrame, how: str = "area") -> tuple[pd.DataFrame, pd.DataFrame]:
    return on_parcels(LOTS, buildings, how=how)  # type: ignore[arg-type]


# --- one building -------------------------------------------------------------------------------


def test_storeys_above_eight_metres_count_twice_and_only_those() -> None:
    hall = box(0, 0, 20, 50)
    buildings = houses(
        {"8": hall, "8.1": hall, "12": hall, "?": hall},
        [1, 1, 2, 1],
        floor_height_m=[8.0, 8.1, 12.0, None],
    )
    found = building_amounts(buildings)
    assert found["floor_area_m2"].tolist() == [1000, 1000, 2000, 1000]
    assert found["counted_floor_area_m2"].tolist() == [1000, 2000, 4000, 1000]


def test_underground_is_actual_and_not_counted() -> None:
    hall = box(0, 0, 20, 50)
    buildings = houses({"x": hall, "y": hall}, [3, 3], underground_floor_area_m2=[500.0, None])
    found = building_amounts(buildings)
    assert found["floor_area_m2"].tolist() == [3500, 3000]
    assert found["counted_floor_area_m2"].tolist() == [3000, 3000]


def test_without_a_number_of_floors_only_the_footprint_is_known() -> None:
    found = building_amounts(houses({"x": box(0, 0, 20, 50)}, [None]))
    assert found["footprint_m2"].tolist() == [1000]
    assert found[AMOUNTS[1:]].isna().all(axis=None)
    no_column = building_amounts(frame({"x": box(0, 0, 20, 50)}, "building_id"))
    assert no_column[AMOUNTS[1:]].isna().all(axis=None)


def test_yards_are_not_footprint() -> None:
    ring = box(0, 0, 20, 20) - box(5, 5, 15, 15)
    found = building_amounts(houses({"x": ring}, [2]))
    assert found.loc["x", AMOUNTS].tolist() == [300, 600, 600]


# --- on parcels ---------------------------------------------------------------------------------


def test_a_building_across_parcels_is_split_by_area() -> None:
    placed, rest = place(houses({"h": box(70, 0, 110, 10)}, [2]))  # 300 m² and 100 m²
    assert placed.loc["a"].tolist() == [300, 600, 600]
    assert placed.loc["b"].tolist() == [100, 200, 200]
    assert rest.loc["h"].abs().max() < 1e-9


def test_or_goes_to_the_parcel_with_most_of_it() -> None:
    placed, rest = place(houses({"h": box(70, 0, 110, 10)}, [2]), "majority")
    assert placed.loc["a"].tolist() == [400, 800, 800]
    assert placed.loc["b"].tolist() == [0, 0, 0]
    assert rest.loc["h"].abs().max() < 1e-9


def test_half_and_half_goes_to_the_smaller_id() -> None:
    placed, _ = place(houses({"h": box(90, 0, 110, 10)}, [1]), "majority")
    assert placed["footprint_m2"].to_dict() == {"a": 200, "b": 0}


def test_what_lies_on_no_parcel_is_told_apart() -> None:
    placed, rest = place(houses({"h": box(-30, 0, 10, 10), "far": box(500, 0, 510, 10)}, [2, 3]))
    assert placed.loc["a"].tolist() == [100, 200, 200]
    assert rest.loc["h"].round(6).tolist() == [300, 600, 600]
    assert rest.loc["far"].tolist() == [100, 300, 300]


@pytest.mark.parametrize("how", ["area", "majority"])
def test_parts_and_remainders_add_up_to_the_whole(how: str) -> None:
    shapes = {f"h{k}": box(k * 23.7 - 30, 3.3, k * 23.7 - 10.1, 13.9) for k in range(12)}
    buildings = houses(shapes, list(range(1, 13)), floor_height_m=[4.0, 9.0] * 6)
    placed, rest = place(buildings, how)
    whole = building_amounts(buildings).sum()
    assert (placed.sum() + rest.sum()).tolist() == pytest.approx(whole.tolist(), rel=1e-12)


@pytest.mark.parametrize("how", ["area", "majority"])
def test_a_building_without_floors_makes_its_parcels_unknown(how: str) -> None:
    buildings = houses({"h": box(70, 0, 110, 10), "k": box(0, 50, 10, 60)}, [None, 2])
    placed, _ = place(buildings, how)
    assert placed["footprint_m2"].to_dict() == (
        {"a": 400, "b": 100} if how == "area" else {"a": 500, "b": 0}
    )
    assert pd.isna(placed.loc["a", "floor_area_m2"])
    assert pd.isna(placed.loc["a", "counted_floor_area_m2"])
    on_b = placed.loc["b", "floor_area_m2"]
    assert pd.isna(on_b) if how == "area" else on_b == 0


def test_parcels_without_geometry_stay_missing_and_order_is_kept() -> None:
    lots = frame({"z": box(0, 0, 10, 10), "gone": None, "a": box(10, 0, 20, 10)})
    placed, _ = on_parcels(lots, houses({"h": box(0, 0, 5, 10)}, [1]), how="area")
    assert placed.index.tolist() == ["z", "gone", "a"]
    assert placed["footprint_m2"].tolist()[::2] == [50, 0]
    assert placed.loc["gone"].isna().all()


def test_no_building_meets_a_parcel() -> None:
    placed, rest = place(houses({"far": box(900, 0, 910, 10)}, [1]))
    assert (placed == 0).all(axis=None)
    assert rest.loc["far"].tolist() == [100, 100, 100]


def test_no_building_at_all() -> None:
    placed, rest = place(houses({"h": box(0, 0, 1, 1)}, [1]).iloc[:0])
    assert (placed == 0).all(axis=None)
    assert rest.empty


# --- facts and findings -------------------------------------------------------------------------


def facts(
    lots: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, least_m2: float = 0.01
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    return building_facts(lots, buildings, how="area", least_m2=least_m2)


def test_columns_of_the_parcels_come_before_those_of_the_buildings() -> None:
    given = LOTS.assign(floor_area_m2=[1.0, 2.0])
    found, findings = facts(given, houses({"h": box(0, 0, 10, 10)}, [2]))
    assert found.columns.tolist() == ["footprint_m2", "counted_floor_area_m2"]
    assert findings == []


def test_a_building_off_the_parcels_is_a_finding_with_its_area_and_place() -> None:
    buildings = houses({"h": box(-30, 0, 10, 10), "in": box(0, 50, 10, 60)}, [2, 1])
    _, findings = facts(LOTS, buildings)
    assert [f["other_id"] for f in findings] == ["h"]
    found = findings[0]
    assert (found["code"], found["severity"]) == ("building_off_parcels", "warning")
    assert found["value"] == pytest.approx(300)
    assert found["message"] == "300.00 m² of the footprint lie on no parcel"
    assert buildings.geometry["h"].contains(found["geometry"])
    assert facts(LOTS, buildings, least_m2=301.0)[1] == []


def test_buildings_without_floors_are_one_finding() -> None:
    _, findings = facts(LOTS, houses({"h": box(0, 0, 9, 9), "k": box(9, 9, 18, 18)}, [None, 1]))
    assert [(f["code"], f["value"]) for f in findings] == [("floors_missing", 1.0)]
    assert str(findings[0]["message"]).startswith("1 of 2 buildings have no number of floors")
    _, without = facts(LOTS, frame({"h": box(0, 0, 9, 9)}, "building_id"))
    assert [f["value"] for f in without] == [1.0]


def test_no_building_layer_gives_no_column_and_no_finding() -> None:
    found, findings = facts(LOTS, None)
    assert found.columns.tolist() == []
    assert found.index.tolist() == ["a", "b"]
    assert findings == []


def test_missing_and_empty_footprints_are_passed_over() -> None:
    buildings = houses({"h": box(0, 0, 10, 10), "x": None, "y": Polygon()}, [1, 1, 1])
    found, findings = facts(LOTS, buildings)
    assert found["floor_area_m2"].to_dict() == {"a": 100, "b": 0}
    assert findings == []


def test_parts_of_a_building_are_split_like_one() -> None:
    wings = MultiPolygon([box(80, 0, 90, 10), box(110, 0, 140, 10)])
    placed, _ = place(houses({"h": wings}, [1]))
    assert placed["footprint_m2"].to_dict() == {"a": 100, "b": 300}


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    shapes = {f"h{k}": box(k * 13.7, 3.3, k * 13.7 + 11.1, 13.9) for k in range(14)}
    buildings = houses(shapes, [0.1 * k for k in range(14)])
    lots_before, before = LOTS.copy(deep=True), buildings.copy(deep=True)
    placed, rest = place(buildings)
    other, other_rest = on_parcels(
        LOTS.iloc[::-1], buildings.sample(frac=1, random_state=2), how="area"
    )
    pd.testing.assert_frame_equal(other.loc[placed.index], placed, check_exact=True)
    pd.testing.assert_frame_equal(other_rest.loc[rest.index], rest, check_exact=True)
    pd.testing.assert_frame_equal(LOTS, lots_before)
    pd.testing.assert_frame_equal(buildings, before)
