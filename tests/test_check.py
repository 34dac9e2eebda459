from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gisland.base.errors import CRSError, GeometryError
from gisland.base.parameters import Parameters
from gisland.base.schema import FINDINGS
from gisland.topology.check import check

SHARED = Path(__file__).parents[2] / "shared" / "data"
BOW = Polygon([(100, 0), (104, 4), (104, 0), (100, 4)])
RING = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])


def layer(
    shapes: dict[str, object] | list[tuple[object, object]], crs: object = 4547
) -> gpd.GeoDataFrame:
    pairs = list(shapes.items()) if isinstance(shapes, dict) else shapes
    ids = pd.Index([p[0] for p in pairs], dtype="str", name="parcel_id")
    return gpd.GeoDataFrame(geometry=[p[1] for p in pairs], index=ids, crs=crs)


def found(parcels: gpd.GeoDataFrame, **parameters: object) -> list[tuple[object, ...]]:
    """Code, severity, parcel, other and value (rounded) of every finding; None for missing."""
    table = check(parcels, parameters=Parameters(**parameters))
    assert table.columns.tolist() == list(FINDINGS)
    assert table.crs == parcels.crs
    assert (table["layer"] == "parcels").all()
    assert table["message"].notna().all()
    columns = table[["code", "severity", "parcel_id", "other_id", "value"]]
    rows = columns.astype("object").where(columns.notna(), None).itertuples(index=False)
    return [(*r[:4], None if r[4] is None else round(r[4], 6)) for r in rows]


def test_clean_layer_has_no_findings() -> None:
    assert found(layer({"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10)})) == []


@pytest.mark.parametrize("rows", [[], [("a", None)]])
def test_layer_without_geometry(rows: list[tuple[object, object]]) -> None:
    expected = [("null_geometry", "error", "a", None, None)] if rows else []
    assert found(layer(rows)) == expected


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


def test_duplicate_geometry_is_told_once_however_it_is_drawn() -> None:
    square = box(0, 0, 10, 10)
    again = shapely.reverse(Polygon([(10, 0), (10, 10), (0, 10), (0, 0)]))
    shapes = {"c": again, "a": square, "b": square, "d": box(9, 0, 20, 10)}
    assert found(layer(shapes)) == [
        ("duplicate_geometry", "warning", "a", "b", 100.0),
        ("duplicate_geometry", "warning", "a", "c", 100.0),
        ("overlap", "warning", "a", "d", 10.0),
        ("overlap", "warning", "b", "d", 10.0),
        ("overlap", "warning", "c", "d", 10.0),
    ]


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


def test_overlap_has_its_area_and_shape() -> None:
    shapes = {"b": box(0, 0, 10, 10), "a": box(9, 9, 20, 20), "in": box(2, 2, 4, 4)}
    table = check(layer(shapes), parameters=Parameters())
    overlaps = table[table["code"] == "overlap"]
    assert overlaps[["parcel_id", "other_id", "value"]].to_numpy().tolist() == [
        ["a", "b", 1.0],
        ["b", "in", 4.0],
    ]
    assert overlaps.geometry.iloc[0].equals(box(9, 9, 10, 10))
    assert overlaps.geometry.iloc[1].equals(box(2, 2, 4, 4))


def test_overlap_shape_is_polygonal_where_two_also_touch() -> None:
    comb = Polygon([(0, 0), (10, 0), (10, 2), (9, 2), (9, 4), (10, 4), (10, 10), (0, 10)])
    wedge = Polygon([(9.5, 0), (20, 0), (20, 10), (10, 10), (10, 2), (9.5, 2)])
    table = check(layer({"a": comb, "b": wedge}), parameters=Parameters())
    overlap = table[table["code"] == "overlap"]
    assert overlap["value"].tolist() == [1.0]
    assert set(overlap.geom_type) <= {"Polygon", "MultiPolygon"}


def test_smallest_overlap_is_not_told() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(9.9, 0, 20, 10)}
    assert found(layer(shapes), overlap_min_m2=1.0) == []
    assert len(found(layer(shapes), overlap_min_m2=0.99)) == 1


def test_holes_are_gaps_or_enclosed_space_by_size() -> None:
    four = {
        "s": box(0, 0, 30, 10),
        "n": box(0, 20, 30, 30),
        "w": box(0, 10, 10, 20),
        "e": box(20, 10, 30, 20),
    }
    table = check(layer(four), parameters=Parameters(gap_max_m2=100.0))
    assert table[["code", "severity", "value", "unit"]].to_numpy().tolist() == [
        ["gap", "warning", 100.0, "m2"]
    ]
    assert table["message"].tolist() == ["hole between parcels e, n, s, w"]
    assert table.geometry.iloc[0].equals(box(10, 10, 20, 20))
    assert found(layer(four)) == [("enclosed_space", "info", None, None, 100.0)]


def test_hole_of_one_parcel_is_seen_and_an_island_in_it_is_not_empty_space() -> None:
    assert found(layer({"ring": RING})) == [("enclosed_space", "info", None, None, 100.0)]
    filled = layer({"ring": RING, "island": box(10, 10, 20, 20)})
    assert found(filled) == []
    within = layer({"ring": RING, "island": box(12, 12, 18, 18)})
    assert found(within) == [("enclosed_space", "info", None, None, 64.0)]


def test_hole_in_an_island_in_a_hole_counts_once() -> None:
    island = Polygon(box(12, 12, 18, 18).exterior, [box(13, 13, 17, 17).exterior])
    inmost = box(14, 14, 16, 16)
    assert found(layer({"ring": RING, "island": island, "inmost": inmost}), gap_max_m2=20.0) == [
        ("enclosed_space", "info", None, None, 64.0),
        ("gap", "warning", None, None, 12.0),
    ]


def test_hairline_gaps_are_told_together() -> None:
    thin = Polygon([(10, 2), (10.001, 5), (10, 8)])
    left = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])
    right = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 8), (10.001, 5), (10, 2)])
    table = check(layer({"a": left, "b": right}), parameters=Parameters())
    assert table["code"].tolist() == ["hairline_gaps"]
    assert table["severity"].tolist() == ["info"]
    assert table["value"].tolist() == pytest.approx([thin.area])
    assert table["message"].tolist() == ["1 gaps of at most 0.01 m² each"]


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
    parcels = layer(rows)
    before = parcels.copy(deep=True)
    one = check(parcels, parameters=Parameters())
    two = check(parcels.sample(frac=1, random_state=2), parameters=Parameters())
    assert len(one) > 40
    pd.testing.assert_frame_equal(one.to_wkb(), two.to_wkb(), check_exact=True)
    pd.testing.assert_frame_equal(before.to_wkb(), parcels.to_wkb(), check_exact=True)


def test_lines_and_degrees_are_refused() -> None:
    with pytest.raises(GeometryError, match="LineString"):
        check(layer({"a": shapely.LineString([(0, 0), (1, 1)])}), parameters=Parameters())
    with pytest.raises(CRSError, match="degrees"):
        check(layer({"a": box(0, 0, 1, 1)}, crs=4490), parameters=Parameters())


def test_messy_real_layer() -> None:
    path = SHARED / "williamsburg_va" / "parcels.geojson"
    if not path.exists():
        pytest.skip("shared data absent")
    parcels = gpd.read_file(path).to_crs(32147).set_index("PID")
    table = check(parcels, parameters=Parameters())
    count = table["code"].value_counts()
    assert count["null_geometry"] == 1
    assert count["invalid_geometry"] == 3
    assert count["duplicate_id"] == 1
    assert count["overlap"] == 245
    hairline = table.loc[table["code"] == "hairline_gaps", "message"].item()
    assert int(hairline.split()[0]) + count["gap"] + count["enclosed_space"] == 685
