from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from checklayers import found, layer
from gisland.base.errors import CRSError, GeometryError
from gisland.base.parameters import Parameters
from gisland.base.schema import findings_frame, findings_together
from gisland.topology.check import check
from gisland.topology.drawn import drawn_parcels, rows

BOW = Polygon([(100, 0), (104, 4), (104, 0), (100, 4)])
RING = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])


def test_clean_layer_has_no_findings() -> None:
    assert found(layer({"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10)})) == []


@pytest.mark.parametrize("parcels", [[], [("a", None)]])
def test_layer_without_geometry(parcels: list[tuple[object, object]]) -> None:
    expected = [("null_geometry", "error", "a", None, None)] if parcels else []
    assert found(layer(parcels)) == expected


def test_null_and_empty_geometry() -> None:
    assert found(layer({"n": None, "e": Polygon(), "a": box(0, 0, 9, 9)})) == [
        ("empty_geometry", "error", "e", None, None),
        ("null_geometry", "error", "n", None, None),
    ]


def test_invalid_geometry_says_why_and_where() -> None:
    table = check(layer({"bow": BOW}), parameters=Parameters())
    assert table["code"].tolist() == ["invalid_geometry"]
    assert table["severity"].tolist() == ["error"]
    assert table["message"].tolist() == ["Self-intersection[102 2]"]
    assert table.geometry.tolist() == [shapely.Point(102, 2)]


@pytest.mark.parametrize("word", ["Infinity", "NaN"])
def test_coordinates_that_are_no_numbers_are_invalid_without_a_place(word: str) -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkt(f"POLYGON ((0 0, 1 0, 1 {word}, 0 0))")
    table = check(layer({"a": broken, "b": box(0, 0, 9, 9)}), parameters=Parameters())
    assert table["code"].tolist() == ["invalid_geometry"]
    assert table.geometry.isna().tolist() == [True]


def test_repeated_and_missing_ids_are_findings_and_do_no_harm() -> None:
    rows = [("x", box(0, 0, 10, 10)), ("x", box(5, 0, 15, 10)), (None, box(20, 0, 30, 9))]
    rows += [(" ", None), ("x", None)]
    assert found(layer(rows)) == [
        ("duplicate_id", "error", "x", None, 3.0),
        ("missing_id", "error", None, None, None),
        ("missing_id", "error", None, None, None),
        ("null_geometry", "error", "x", None, None),
        ("null_geometry", "error", None, None, None),
        ("overlap", "warning", "x", "x", 50.0),
    ]


def test_repeated_ids_are_told_with_all_their_places() -> None:
    rows = [("y", box(8, 0, 9, 1)), ("x", box(4, 0, 5, 1)), ("x", None), ("x", box(0, 0, 1, 1))]
    rows += [("y", box(2, 0, 3, 1)), ("z", None), ("z", None), ("once", box(6, 0, 7, 1))]
    table = check(layer(rows), parameters=Parameters())
    told = table[table["code"] == "duplicate_id"].set_index("parcel_id")
    assert told["value"].to_dict() == {"x": 3.0, "y": 2.0, "z": 2.0}
    assert told["message"]["x"] == "3 rows have this id"
    assert told.geometry["x"].equals(shapely.MultiPoint([(0.5, 0.5), (4.5, 0.5)]))
    assert told.geometry["y"].equals(shapely.MultiPoint([(2.5, 0.5), (8.5, 0.5)]))
    assert told.geometry["z"] is None


def test_many_repeated_ids_are_all_told() -> None:
    names = [f"p{k:05d}" for k in range(20_000)]
    table = check(layer([(name, None) for name in (*names, *names)]), parameters=Parameters())
    assert table.loc[table["code"] == "duplicate_id", "parcel_id"].tolist() == names


def test_sliver_by_mean_width() -> None:
    table = check(layer({"thin": box(0, 0, 100, 0.4)}), parameters=Parameters())
    assert table["code"].tolist() == ["sliver"]
    assert table["value"].tolist() == pytest.approx([80 / 200.8])  # 2 x 40 m2 over 200.8 m
    assert found(layer({"thin": box(0, 0, 100, 0.4)}), sliver_width_m=0.39) == []


def test_recorded_area_against_drawn_area() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10), "c": box(20, 0, 30, 10)}
    parcels = layer(shapes | {"d": box(30, 0, 40, 10), "e": None})
    parcels["recorded_area_m2"] = [95.3, 125.0, np.nan, 0.0, 7.0]
    rows = [r for r in found(parcels) if r[0] == "recorded_area"]
    assert rows == [
        ("recorded_area", "warning", "b", None, 0.8),
        ("recorded_area", "warning", "d", None, None),
    ]


def test_multipart_counts_parts() -> None:
    two = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    shapes = {"one": MultiPolygon([box(50, 0, 60, 10)]), "two": two}
    assert found(layer(shapes)) == [("multipart", "info", "two", None, 2.0)]


def test_invalid_polygons_take_part_as_they_will_be_repaired() -> None:
    shapes = {"bow": BOW, "over": box(103, 1, 110, 3)}
    codes = [row[0] for row in found(layer(shapes))]
    assert codes == ["invalid_geometry", "overlap"]
    codes = [row[0] for row in found(layer(shapes), repair=())]
    assert codes == ["invalid_geometry"]


def test_row_order_does_not_matter_and_input_is_unchanged() -> None:
    rng = np.random.default_rng(5)
    corners = rng.uniform(0, 60, (40, 2)).round(2)
    shapes = [box(x, y, x + 9, y + 7) for x, y in corners]
    ids = [f"p{k % 35}" for k in range(40)]
    rows = [*zip(ids, shapes, strict=True), ("bow", BOW), ("n", None), (None, box(0, 0, 1, 1))]
    twice = MultiPolygon([box(80, 0, 90, 9), box(85, 0, 95, 9)])
    spiked = Polygon([(80, 20), (89, 20), (89, 25), (99, 25.01), (89, 25.02), (89, 29), (80, 29)])
    rows += [("ring", shapely.affinity.translate(RING, 0, 80)), ("twice", twice), ("s", spiked)]
    rows += [("s", spiked), ("near", box(85, 29.2, 90, 35)), ("s", shapely.reverse(spiked))]
    rows += [("off", Polygon([(80, 20), (80, 29), (70, 29), (70, 20), (75, 20), (76, 20)]))]
    rows += [("off", Polygon([(70, 20), (70, 29), (60, 29), (69.8, 24), (60, 20)]))]
    parcels = layer(rows)
    plan = gpd.GeoDataFrame(geometry=[box(0, 0, 50, 50), box(40, 0, 55, 50)], crs=4547)
    before = parcels.copy(deep=True)
    one = check(parcels, parameters=Parameters(), plan_boundary=plan)
    shuffled = parcels.sample(frac=1, random_state=2)
    two = check(shuffled, parameters=Parameters(), plan_boundary=plan.iloc[::-1])
    assert set(one["code"]) >= {
        "crosses_plan_boundary",
        "duplicate_geometry",
        "empty_hole",
        "near_miss",
        "outside_plan_boundary",
        "overlap",
        "self_overlap",
        "spike",
        "unmatched_vertex",
    }
    pd.testing.assert_frame_equal(one.to_wkb(), two.to_wkb(), check_exact=True)
    pd.testing.assert_frame_equal(before.to_wkb(), parcels.to_wkb(), check_exact=True)


def test_coordinates_that_are_not_on_earth_are_refused() -> None:
    parcels = layer({"a": box(0, 0, 9, 9), "far": box(0, 0, 1e300, 1)})
    with pytest.raises(GeometryError, match=r"parcels: 1 shape .* not on Earth \(far\)"):
        check(parcels, parameters=Parameters())


def test_a_hole_without_points_is_no_hole() -> None:
    odd = Polygon(box(0, 0, 10, 10).exterior, [shapely.LinearRing()])
    parcels = layer({"a": MultiPolygon([odd, box(0, 20, 10, 30)]), "c": None, "b": odd})
    drawn = drawn_parcels(parcels, mend=True)
    assert shapely.get_num_interior_rings(shapely.get_parts(drawn.shapes)).tolist() == [0, 0, 0]
    assert shapely.area(drawn.sound)[:2].tolist() == [200.0, 100.0]
    assert shapely.get_num_interior_rings(parcels.geometry["b"]) == 1


def test_lines_and_degrees_are_refused() -> None:
    with pytest.raises(GeometryError, match="LineString"):
        check(layer({"a": shapely.LineString([(0, 0), (1, 1)])}), parameters=Parameters())
    with pytest.raises(CRSError, match="degrees"):
        check(layer({"a": box(0, 0, 1, 1)}, crs=4490), parameters=Parameters())


def test_findings_by_column_are_those_by_record() -> None:
    spots = [shapely.Point(k, 0) for k in range(3)]
    by_column = [
        *rows("gap", "warning", value=[3.0, np.nan, 2.0], unit="m2", geometry=spots),
        *rows("miss", "info", parcel_id=["b", None], other_id=np.array(["c", "d"]), message="near"),
        *rows("none", "error", parcel_id=[]),
        *rows("gap", "warning", parcel_id=["a"], value=pd.Series([1.0])),
    ]
    records: list[dict[str, object]] = [
        {"code": "gap", "severity": "warning", "value": 3.0, "unit": "m2", "geometry": spots[0]},
        {"code": "gap", "severity": "warning", "value": None, "unit": "m2", "geometry": spots[1]},
        {"code": "gap", "severity": "warning", "value": 2.0, "unit": "m2", "geometry": spots[2]},
        {"code": "miss", "severity": "info", "parcel_id": "b", "other_id": "c", "message": "near"},
        {"code": "miss", "severity": "info", "other_id": "d", "message": "near"},
        {"code": "gap", "severity": "warning", "parcel_id": "a", "value": 1.0},
    ]
    expected = findings_frame([{"layer": "parcels"} | record for record in records], crs=4547)
    pd.testing.assert_frame_equal(findings_together(by_column, crs=4547), expected)


def test_columns_of_findings_are_equally_long() -> None:
    with pytest.raises(ValueError, match="columns of gap have"):
        rows("gap", "warning", value=[1.0], parcel_id=["a", "b"])
