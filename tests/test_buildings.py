from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate, translate

from districts import ORIGIN, frame
from gisland.base.errors import CRSError, TableError
from gisland.base.parameters import Parameters
from gisland.base.schema import FINDINGS, findings_frame
from gisland.layers.writing.contract import TABLES
from gisland.measure.built.buildings import BuildingFacts, Placed, building_facts, on_parcels
from gisland.measure.built.floors import building_amounts
from gisland.present.messages import finding_text
from gisland.present.style import catalog

if TYPE_CHECKING:
    from pathlib import Path

AMOUNTS = ["footprint_m2", "floor_area_m2", "counted_floor_area_m2"]
HOWS = ("area", "centroid", "majority")
LOTS = frame({"a": box(0, 0, 100, 100), "b": box(100, 0, 200, 100)})


def houses(shapes: dict[str, object], floors: list[object], **columns: object) -> gpd.GeoDataFrame:
    return frame(shapes, "building_id", floors=pd.array(floors, dtype="float64"), **columns)


def place(
    buildings: gpd.GeoDataFrame, how: str = "area", lots: gpd.GeoDataFrame = LOTS, **chosen: object
) -> Placed:
    return on_parcels(
        lots, buildings, parameters=Parameters.from_mapping({"floor_area": how, **chosen})
    )


def facts(
    buildings: gpd.GeoDataFrame | None,
    how: str = "area",
    lots: gpd.GeoDataFrame = LOTS,
    **chosen: object,
) -> BuildingFacts:
    return building_facts(
        lots, buildings, parameters=Parameters.from_mapping({"floor_area": how, **chosen})
    )


def off_amounts(placed: Placed) -> pd.DataFrame:
    """What is off of each amount, from the share of the footprint that is."""
    whole = placed.by_building
    return whole[AMOUNTS].mul(whole["off_parcels_m2"] / whole["footprint_m2"], axis=0)


# --- how buildings across parcels are split -----------------------------------------------------

ACROSS = houses({"h": box(70, 0, 110, 10)}, [2])  # 300 m² and 100 m²


def test_by_area() -> None:
    placed = place(ACROSS, "area")
    assert placed.by_parcel.loc["a", AMOUNTS].tolist() == [300, 600, 600]
    assert placed.by_parcel.loc["b", AMOUNTS].tolist() == [100, 200, 200]
    stands = placed.by_building.loc["h", ["parcels", "parcel_ids", "off_parcels_m2"]]
    assert stands.tolist() == [2, "a;b", 0]


@pytest.mark.parametrize("how", ["centroid", "majority"])
def test_or_whole_to_one_parcel(how: str) -> None:
    placed = place(ACROSS, how)
    assert placed.by_parcel.loc["a", AMOUNTS].tolist() == [400, 800, 800]
    assert placed.by_parcel.loc["b", AMOUNTS].tolist() == [0, 0, 0]
    stands = placed.by_building.loc["h", ["parcels", "parcel_ids", "off_parcels_m2"]]
    assert stands.tolist() == [1, "a", 0]


@pytest.mark.parametrize("how", ["centroid", "majority"])
def test_half_and_half_goes_to_the_smaller_id(how: str) -> None:
    half = houses({"h": box(90, 0, 110, 10)}, [1])
    assert place(half, how).by_parcel["footprint_m2"].to_dict() == {"a": 200, "b": 0}
    names = {"a": "z", "b": "y"}
    renamed = place(half, how, LOTS.rename(index=names)).by_parcel["footprint_m2"]
    assert renamed.to_dict() == {"z": 0, "y": 200}


@pytest.mark.parametrize("angle", range(1, 90, 8))
def test_half_and_half_is_half_and_half_at_any_angle(angle: float) -> None:
    """The halves of a turned building differ by rounding alone."""

    def turned(shape: Polygon) -> Polygon:
        return translate(rotate(shape, angle, origin=(0, 0)), *ORIGIN)

    half = houses({"h": turned(box(-13.3, -4.1, 13.3, 4.1))}, [1])
    sides = box(-100, -50, 0, 50), box(0, -50, 100, 50)
    for left, right in (("a", "b"), ("b", "a")):
        lots = frame({left: turned(sides[0]), right: turned(sides[1])})
        for how in ("centroid", "majority"):
            assert place(half, how, lots).by_building["parcel_ids"].item() == "a"


L_SHAPE = Polygon([(90, 10), (130, 10), (130, 60), (126, 60), (126, 14), (90, 14)])


def test_the_centroid_may_lie_off_the_building() -> None:
    """Its centroid, (117, 24.1), lies in the corner that the L leaves free."""
    yard = frame(
        {"corner": box(105, 15, 125, 60), "rest": box(0, 0, 200, 100) - box(105, 15, 125, 60)}
    )
    shape = houses({"L": L_SHAPE}, [1])
    assert not L_SHAPE.contains(L_SHAPE.centroid)
    assert place(shape, "centroid", yard).by_building["parcel_ids"].item() == "corner"
    assert place(shape, "majority", yard).by_building["parcel_ids"].item() == "rest"
    assert place(shape, "area", yard).by_building["parcel_ids"].item() == "rest"


def test_a_building_whose_centroid_lies_on_no_parcel_is_off() -> None:
    """Not even where most of it lies on one."""
    lots = frame({"a": box(0, 0, 100, 100) - box(40, 40, 60, 60)})
    ring = houses({"ring": box(30, 30, 70, 70) - box(45, 45, 55, 55)}, [1])
    placed = place(ring, "centroid", lots)
    assert placed.by_parcel["footprint_m2"].item() == 0
    off = placed.by_building.loc["ring", ["parcels", "parcel_ids", "off_parcels_m2"]]
    assert off.tolist() == [0, "", 1500]
    found = facts(ring, "centroid", lots).findings
    assert [f["message"] for f in found] == [
        "1500.00 m² of the footprint count on no parcel: its centroid lies on none"
    ]
    assert place(ring, "majority", lots).by_parcel["footprint_m2"].item() == 1500


# --- nothing is lost ----------------------------------------------------------------------------


def test_what_lies_on_no_parcel_is_told_apart() -> None:
    placed = place(houses({"h": box(-30, 0, 10, 10), "far": box(500, 0, 510, 10)}, [2, 3]))
    assert placed.by_parcel.loc["a", AMOUNTS].tolist() == [100, 200, 200]
    assert placed.by_building["off_parcels_m2"].to_dict() == {"far": 100, "h": 300}
    assert placed.by_building["parcels"].to_dict() == {"far": 0, "h": 1}


@pytest.mark.parametrize("how", HOWS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_placed_and_off_add_up_to_the_whole(how: str, data: st.DataObject) -> None:
    """Whatever overlaps: parcels each other, buildings each other, or the edge of the layer."""
    seed = data.draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)

    def boxes(count: int, side: float, prefix: str) -> dict[str, object]:
        x, y, w, h = (
            rng.uniform(0, 100, (2, count)).tolist() + rng.uniform(1, side, (2, count)).tolist()
        )
        shapes = [rotate(box(0, 0, *size), 37) for size in zip(w, h, strict=True)]
        return {f"{prefix}{k}": translate(s, x[k], y[k]) for k, s in enumerate(shapes)}

    lots = frame(boxes(12, 60, "p"))
    storeys = rng.uniform(0, 6, 15)
    buildings = houses(boxes(15, 30, "h"), storeys.tolist(), floor_height_m=rng.uniform(3, 12, 15))
    placed = place(buildings, how, lots)
    whole = building_amounts(buildings, parameters=Parameters())
    total = placed.by_parcel[AMOUNTS].sum() + off_amounts(placed).sum()
    assert total.tolist() == pytest.approx(whole[AMOUNTS].sum().tolist(), rel=1e-9)
    assert (placed.by_building["off_parcels_m2"] >= 0).all()
    assert (placed.by_parcel[AMOUNTS] >= 0).all(axis=None)


def test_overlapping_parcels_share_a_building() -> None:
    lots = frame({"a": box(0, 0, 50, 50), "b": box(20, 0, 70, 50), "c": box(30, 0, 80, 50)})
    within_all = houses({"h": box(32, 0, 42, 30)}, [3])
    placed = place(within_all, "area", lots)
    assert placed.by_parcel["floor_area_m2"].tolist() == pytest.approx([300, 300, 300])
    assert placed.by_building["off_parcels_m2"].item() == 0
    for how in ("centroid", "majority"):
        assert place(within_all, how, lots).by_parcel["floor_area_m2"].tolist() == [900, 0, 0]


@pytest.mark.parametrize("how", HOWS)
def test_parcels_and_buildings_without_a_usable_polygon(how: str) -> None:
    lots = frame({"z": box(0, 0, 10, 10), "gone": None, "a": box(10, 0, 20, 10)})
    shapes = {"h": box(0, 0, 5, 10), "x": None, "y": Polygon(), "dot": Point(3, 3)}
    buildings = houses(shapes, [1, 1, 1, 1], floor_area_m2=[None, 70.0, 70.0, 70.0])
    placed = place(buildings, how, lots)
    assert placed.by_parcel.index.tolist() == ["z", "gone", "a"]
    assert placed.by_parcel["floor_area_m2"].tolist()[::2] == [50, 0]
    assert placed.by_parcel.loc["gone"].isna().all()
    assert placed.by_building["parcel_ids"].to_dict() == {"dot": "", "h": "z", "x": "", "y": ""}
    off = placed.by_building["off_parcels_m2"]
    assert off["h"] == 0
    assert off.isna().sum() == 3
    found = facts(buildings, how, lots).findings
    assert [(f["code"], f["value"], f["message"]) for f in found] == [
        (
            "building_no_footprint",
            3,
            "3 of 4 buildings have no usable footprint; they count on no parcel",
        )
    ]


@pytest.mark.parametrize("how", HOWS)
def test_a_building_on_a_parcel_without_geometry_is_off(how: str) -> None:
    lots = frame({"a": None, "b": box(100, 0, 200, 100)})
    found = facts(ACROSS, how, lots)
    off = {"area": 300, "centroid": 400, "majority": 0}[how]
    assert found.table["off_parcels_m2"].item() == off
    assert [f["code"] for f in found.findings] == ["building_off_parcels"] * (off > 0)


@pytest.mark.parametrize("how", HOWS)
def test_no_building_meets_a_parcel_and_no_building_at_all(how: str) -> None:
    placed = place(houses({"far": box(900, 0, 910, 10)}, [1]), how)
    assert (placed.by_parcel == 0).all(axis=None)
    assert placed.by_building["off_parcels_m2"].tolist() == [100]
    none = facts(houses({"h": box(0, 0, 1, 1)}, [1]).iloc[:0], how)
    assert (none.by_parcel == 0).all(axis=None)
    assert none.table.empty
    assert none.findings == []


# --- what is missing ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOWS)
def test_a_building_without_floors_makes_its_parcels_unknown(how: str) -> None:
    buildings = houses({"h": box(70, 0, 110, 10), "k": box(0, 50, 10, 60)}, [None, 2])
    placed = place(buildings, how).by_parcel
    assert placed["footprint_m2"].to_dict() == (
        {"a": 400, "b": 100} if how == "area" else {"a": 500, "b": 0}
    )
    unknown = [
        "floor_area_m2",
        "counted_floor_area_m2",
        "above_floor_m2",
        "floor_area_estimated_m2",
    ]
    assert placed.loc["a", unknown].isna().all()
    assert placed.loc["b", unknown].isna().all() == (how == "area")


def test_a_hair_of_a_building_makes_no_parcel_unknown() -> None:
    """10 m x 0.5 mm of it lie on b: 0.005 m²."""
    hair = houses({"h": box(90, 0, 100.0005, 10)}, [None], height_m=[5.0])
    placed = place(hair)
    assert placed.by_parcel["footprint_m2"].to_dict() == pytest.approx({"a": 100, "b": 0.005})
    assert placed.by_parcel["floor_area_m2"].isna().to_dict() == {"a": True, "b": False}
    assert placed.by_parcel["building_height_m"].to_dict() == {"a": 5, "b": 0}
    assert placed.by_building["parcel_ids"].item() == "a"
    strict = place(hair, overlap_min_m2=0.0)
    assert strict.by_parcel["floor_area_m2"].isna().all()
    assert strict.by_building["parcel_ids"].item() == "a;b"
    known = place(houses({"h": box(90, 0, 100.0005, 10)}, [2])).by_parcel["floor_area_m2"]
    assert known.sum() == pytest.approx(200.01, abs=1e-9)  # carried all the same


def test_the_tallest_building_counts() -> None:
    shapes = {"h": box(70, 0, 110, 10), "k": box(0, 50, 10, 60), "u": box(120, 50, 130, 60)}
    tall = place(houses(shapes, [2, 1, 1], height_m=[7.0, 30.0, 5.0])).by_parcel
    assert tall["building_height_m"].to_dict() == {"a": 30, "b": 7}
    whole = place(houses(shapes, [2, 1, 1], height_m=[7.0, 30.0, 5.0]), "majority").by_parcel
    assert whole["building_height_m"].to_dict() == {"a": 30, "b": 5}
    gap = place(houses(shapes, [2, 1, 1], height_m=[7.0, 30.0, 0.0])).by_parcel
    assert gap["building_height_m"].isna().to_dict() == {"a": False, "b": True}


def test_estimates_are_marked_at_the_building_and_on_the_parcel() -> None:
    shapes = {"h": box(70, 0, 110, 10), "k": box(0, 50, 10, 60), "n": box(150, 50, 160, 60)}
    buildings = houses(shapes, [None, 2, None], height_m=[9.0, 6.0, None])
    found = facts(buildings, estimate_floors="height")
    assert found.table["floors_from"].tolist() == ["height", "given", "missing"]
    assert found.by_parcel.loc["a", ["floor_area_m2", "floor_area_estimated_m2"]].tolist() == [
        300 * 3 + 200,
        300 * 3,
    ]
    assert found.by_parcel.loc["b", ["floor_area_m2", "floor_area_estimated_m2"]].isna().all()
    assert [(f["code"], f["severity"], f["value"], f["message"]) for f in found.findings] == [
        (
            *("floors_missing", "warning", 1.0),
            "1 of 3 buildings have no number of floors; floor area is missing on their parcels",
        ),
        (
            *("floors_estimated", "info", 1.0),
            "1 of 3 buildings have no number of floors: it is estimated by height",
        ),
    ]
    known = facts(houses({"k": shapes["k"]}, [2])).by_parcel
    assert known["floor_area_estimated_m2"].tolist() == [0, 0]


# --- columns of the parcels come before those of the buildings ----------------------------------


def test_what_the_parcels_know_is_not_taken_from_buildings() -> None:
    lots = LOTS.assign(floor_area_m2=[1.0, 2.0], footprint_m2=[None, None])
    found = facts(houses({"h": box(0, 0, 10, 10)}, [2]), lots=lots).by_parcel
    assert "floor_area_m2" not in found
    assert found["footprint_m2"].tolist() == [100, 0]
    assert found["counted_floor_area_m2"].tolist() == [200, 0]
    assert found["above_floor_m2"].tolist() == [200, 0]


def test_storeys_are_taken_over_a_footprint_of_the_same_source() -> None:
    lots = LOTS.assign(footprint_m2=[500.0, None])
    found = facts(houses({"h": box(0, 0, 10, 10)}, [2]), lots=lots).by_parcel
    assert "footprint_m2" not in found
    assert "above_floor_m2" not in found


def test_nothing_is_estimated_of_floor_areas_of_the_parcels() -> None:
    own = {"floor_area_m2": [1.0, None], "counted_floor_area_m2": [1.0, 2.0]}
    buildings = houses({"h": box(0, 0, 10, 10)}, [None], height_m=[6.0])
    found = facts(buildings, lots=LOTS.assign(**own), estimate_floors="height").by_parcel
    assert found["floor_area_estimated_m2"].fillna(-1).to_dict() == {"a": 0, "b": -1}
    counted = LOTS.assign(floor_area_m2=own["floor_area_m2"])
    found = facts(buildings, lots=counted, estimate_floors="height").by_parcel
    assert found["floor_area_estimated_m2"].to_dict() == {"a": 200, "b": 0}


def test_no_building_layer_gives_no_column_no_table_and_no_finding() -> None:
    found = facts(None)
    assert found.by_parcel.columns.tolist() == []
    assert found.by_parcel.index.tolist() == ["a", "b"]
    assert found.table is None
    assert found.findings == []


# --- the table ----------------------------------------------------------------------------------


def test_the_table_keeps_its_contract() -> None:
    shapes = {"k": box(70, 0, 110, 10), "h": box(0, 50, 10, 60), "x": None}
    buildings = houses(shapes, [2, None, 1], underground_floor_area_m2=[50.0, None, None])
    table = facts(buildings).table
    assert set(table.columns) == {*TABLES["buildings"].columns, "geometry"}
    assert table["building_id"].tolist() == ["h", "k", "x"]
    assert table["parcels"].tolist() == [1, 2, 0]
    assert table["parcel_ids"].tolist() == ["a", "a;b", ""]
    assert table["floor_area_m2"].fillna(-1).tolist() == [-1, 850, -1]
    assert table["floors_from"].tolist() == ["missing", "given", "given"]
    assert table.geometry.tolist() == buildings.geometry.sort_index().tolist()
    assert table.crs == buildings.crs


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    shapes = {f"h{k:02d}": box(k * 13.7, 3.3, k * 13.7 + 14.1, 13.9) for k in range(14)}
    buildings = houses(shapes, [0.1 * k for k in range(14)], height_m=[k + 1.0 for k in range(14)])
    lots_before, before = LOTS.copy(deep=True), buildings.copy(deep=True)
    for how in HOWS:
        found = facts(buildings, how)
        other = facts(buildings.sample(frac=1, random_state=2), how, LOTS.iloc[::-1])
        pd.testing.assert_frame_equal(
            other.by_parcel.loc[found.by_parcel.index], found.by_parcel, check_exact=True
        )
        pd.testing.assert_frame_equal(other.table, found.table, check_exact=True)
        assert findings_frame(other.findings, crs=LOTS.crs).equals(
            findings_frame(found.findings, crs=LOTS.crs)
        )
    pd.testing.assert_frame_equal(LOTS, lots_before)
    pd.testing.assert_frame_equal(buildings, before)


def test_parts_of_a_building_are_split_like_one() -> None:
    wings = MultiPolygon([box(80, 0, 90, 10), box(110, 0, 140, 10)])
    placed = place(houses({"h": wings}, [1])).by_parcel
    assert placed["footprint_m2"].to_dict() == {"a": 100, "b": 300}


# --- findings -----------------------------------------------------------------------------------


def test_a_building_off_the_parcels_is_a_finding_with_its_area_and_place() -> None:
    buildings = houses({"h": box(-30, 0, 10, 10), "in": box(0, 50, 10, 60)}, [2, 1])
    found = facts(buildings).findings
    assert [f["other_id"] for f in found] == ["h"]
    assert (found[0]["code"], found[0]["severity"]) == ("building_off_parcels", "warning")
    assert found[0]["value"] == pytest.approx(300)
    assert found[0]["message"] == "300.00 m² of the footprint lie on no parcel"
    assert buildings.geometry["h"].contains(found[0]["geometry"])
    assert facts(buildings, overlap_min_m2=301.0).findings == []


def test_buildings_that_overlap_are_found() -> None:
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(9, 0, 20, 10),  # 10 m² of 100
        "c": box(20, 0, 30, 10),  # touches b
        "d": box(0, 50, 100, 60),
        "e": box(0, 59.9995, 100, 70),  # 0.05 m² of 1000
        "f": box(0, 59.99999, 100, 69.99999),  # 0.001 m² of d, nearly all of e
        "shed": box(98, 69, 100, 72),  # 2 m² of its 6 lie in e, hardly less in f
        "twin": box(20, 0, 30, 10),  # c once more
        "x": box(150, 0, 155, 10),
        "y": box(154.99, 0, 160, 9),  # 0.09 m² of 45
        "z": box(150, 8.5, 150.5, 11.5),  # 0.75 m² of its 1.5
    }
    found = facts(
        houses(shapes, [1] * len(shapes)), lots=frame({"p": box(0, 0, 200, 200)})
    ).findings
    told = [(f["other_id"], f["severity"], f["message"]) for f in found]
    assert told == [
        ("a", "warning", "overlaps building b by 10.00 m²"),
        ("c", "warning", "overlaps building twin by 100.00 m²"),
        ("d", "info", "overlaps building e by 0.05 m²"),
        ("e", "warning", "overlaps building f by 1000.00 m²"),
        ("e", "warning", "overlaps building shed by 2.00 m²"),
        ("f", "warning", "overlaps building shed by 2.00 m²"),
        ("x", "info", "overlaps building y by 0.09 m²"),
        ("x", "warning", "overlaps building z by 0.75 m²"),
    ]
    assert {f["code"] for f in found} == {"building_overlap"}
    assert [f["geometry"].area for f in found] == pytest.approx([f["value"] for f in found])


def test_an_overlap_is_ground_without_the_lines_where_two_touch() -> None:
    comb = Polygon([(0, 0), (30, 0), (30, 10), (20, 10), (20, 5), (10, 5), (10, 10), (0, 10)])
    lid = Polygon([(0, 10), (0, 9), (10, 9), (10, 10), (40, 10), (40, 20), (0, 20)])
    found = facts(houses({"comb": comb, "lid": lid}, [1, 1])).findings
    assert [f["value"] for f in found] == pytest.approx([10])
    assert found[0]["geometry"].geom_type in {"Polygon", "MultiPolygon"}
    assert found[0]["geometry"].area == pytest.approx(10)


def test_missing_floors_tell_how_many_an_estimate_would_mend() -> None:
    shapes = {"h": box(0, 0, 9, 9), "k": box(9, 9, 18, 18), "l": box(30, 0, 39, 9)}
    found = facts(houses(shapes, [None, None, 1], height_m=[4.0, 0.0, 4.0])).findings
    assert [(f["code"], f["value"]) for f in found] == [("floors_missing", 2.0)]
    assert found[0]["message"] == (
        "2 of 3 buildings have no number of floors; floor area is missing on their parcels;"
        ' estimate_floors = "height" in [parameters] would estimate 1 of them'
    )
    none = facts(frame({"h": box(0, 0, 9, 9)}, "building_id")).findings
    assert [(f["code"], f["value"]) for f in none] == [("floors_missing", 1.0)]


def test_floors_of_zero_are_told_unless_the_building_is_underground() -> None:
    shapes = {"h": box(0, 0, 9, 9), "u": box(9, 9, 18, 18), "l": box(30, 0, 39, 9)}
    shapes["own"] = box(50, 0, 59, 9)
    columns = {
        "underground_floor_area_m2": [None, 80.0, None, None],
        "floor_area_m2": [None, None, None, 99.0],
    }
    found = facts(houses(shapes, [0, 0, 1, 0], **columns))
    assert [(f["code"], f["value"]) for f in found.findings] == [("floors_zero", 1.0)]
    assert found.table["floor_area_m2"].tolist() == [0, 81, 99, 80]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_findings_are_records_of_the_contract_with_a_text(language: str) -> None:
    shapes = {"h": box(-30, 0, 10, 10), "k": box(0, 0, 10, 10), "x": None, "z": box(50, 50, 60, 60)}
    buildings = houses(shapes, [None, None, 1, 0], height_m=[4.0, None, None, None])
    found = facts(buildings, estimate_floors="height").findings
    assert sorted({str(f["code"]) for f in found}) == [
        *("building_no_footprint", "building_off_parcels", "building_overlap"),
        *("floors_estimated", "floors_missing", "floors_zero"),
    ]
    assert {key for record in found for key in record} <= {*FINDINGS}
    texts = catalog(language)
    for row in findings_frame(found, crs=LOTS.crs).to_dict("records"):
        assert "{" not in finding_text(row, texts=texts)


# --- refusals -----------------------------------------------------------------------------------


def test_bad_input_is_refused() -> None:
    twice = houses({"h": box(0, 0, 1, 1)}, [1])
    with pytest.raises(TableError, match="buildings: 1 id occurs more than once"):
        facts(pd.concat([twice, twice]))
    with pytest.raises(CRSError, match="cannot be overlaid"):
        facts(twice.set_crs(4546, allow_override=True))
    with pytest.raises(CRSError, match="cannot be overlaid"):
        facts(twice.set_crs(4546, allow_override=True), "centroid")


# --- real layers --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rennes(shared_data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    folder = shared_data / "simplu3d_rules" / "demo-02"
    parcels = gpd.read_file(folder / "PARCELLE.SHP").rename(index=str)
    buildings = gpd.read_file(folder / "BATIMENT.shp").rename(index=str)
    buildings.geometry = buildings.geometry.force_2d().make_valid(method="structure")
    return parcels, buildings.rename(columns={"HAUTEUR": "height_m"})


@pytest.mark.parametrize("how", HOWS)
def test_rennes_floor_area_from_heights_is_conserved(
    how: str, rennes: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    parcels, buildings = rennes
    found = facts(buildings, how, parcels, estimate_floors="height")
    footprint, height = buildings.area, buildings["height_m"]
    floors = [max(1, int(h / 3 + 0.5)) for h in height]
    expected = (footprint * floors).sum()
    for name in ("floor_area_m2", "floor_area_estimated_m2", "above_floor_m2"):
        assert found.by_parcel[name].sum() == pytest.approx(expected, rel=1e-6)
    assert found.by_parcel["footprint_m2"].sum() == pytest.approx(footprint.sum(), rel=1e-6)
    assert footprint.sum() == pytest.approx(13_302.4, abs=0.05)
    assert (footprint * found.table.set_index("building_id")["height_m"]).sum() == pytest.approx(
        116_804, abs=1
    )
    assert found.table["off_parcels_m2"].sum() < 1e-6
    assert len(found.table) == 117
    if how == "area":
        assert (found.by_parcel["footprint_m2"] > 1).sum() == 81


def test_rennes_by_area_is_the_overlay_of_another_library(
    rennes: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    parcels, buildings = rennes
    found = facts(buildings, "area", parcels, estimate_floors="height").by_parcel
    named = [
        layer.rename_axis(name).reset_index() for layer, name in ((parcels, "p"), (buildings, "h"))
    ]
    cut = gpd.overlay(*named, how="intersection", keep_geom_type=True)
    floors = np.maximum(1, np.floor(cut["height_m"] / 3 + 0.5))
    by_hand = (cut.area * floors).groupby(cut["p"]).sum().reindex(found.index, fill_value=0.0)
    assert found["floor_area_m2"].to_numpy() == pytest.approx(by_hand.to_numpy(), abs=1e-5)


def test_rennes_overlaps_are_what_the_union_lacks(
    rennes: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    parcels, buildings = rennes
    found = facts(buildings, lots=parcels, overlap_min_m2=0.0).findings
    doubled = sum(float(f["value"]) for f in found if f["code"] == "building_overlap")
    assert doubled == pytest.approx(buildings.area.sum() - buildings.union_all().area, abs=1e-4)


@pytest.mark.parametrize("how", HOWS)
def test_decany_floors(how: str, shared_data: Path) -> None:
    path = shared_data / "decany_cz" / "decany_derived.gpkg"
    parcels = gpd.read_file(path, layer="parcely").astype({"Id": "int64"}).astype({"Id": "str"})
    buildings = gpd.read_file(path, layer="stavebniobjekty").rename(
        columns={"PocetPodlazi": "floors"}
    )
    buildings.index = buildings["Kod"].astype("int64").astype("str").rename("building_id")
    found = facts(buildings, how, parcels.set_index("Id"))
    table = found.table.set_index("building_id")
    assert table["floor_area_m2"].count() == 174
    assert table["floor_area_m2"].sum() == pytest.approx(26_465.6, abs=0.05)
    assert found.by_parcel["footprint_m2"].sum() == pytest.approx(54_005.7, abs=0.05)
    several = (table["parcels"] > 1).sum()
    assert several == (2 if how == "area" else 0)
    told = {f["code"]: f["value"] for f in found.findings}
    assert told == {"building_no_footprint": 12, "floors_missing": 135}
    # the register names the parcel of each building
    named = buildings["IdentifikacniParcelaId"].dropna().astype("int64").astype("str")
    agree = (table["parcel_ids"].reindex(named.index) == named).sum()
    assert agree == {"area": 296, "centroid": 297, "majority": 297}[how]
