from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, affinity, box

from districts import frame
from gisland.base.errors import TableError
from gisland.detect.lowuse import is_low
from gisland.detect.zonelinks import zone_links
from gisland.detect.zones import COLUMNS, given_zones, zone_labels, zones
from gisland.topology.boundary import trace


def layer(shapes: dict[str, object], low: str, **columns: object) -> gpd.GeoDataFrame:
    """Parcels; `low` lists the ids of those in low use."""
    lots = frame(shapes, **columns)
    area = lots.area
    state = pd.array(lots.index.isin(list(low)), dtype="boolean")
    return lots.assign(area_m2=area.where(area > 0), low_use=state)


def find(lots: gpd.GeoDataFrame, corridor_m: float = 40.0, least: float = 0.0) -> gpd.GeoDataFrame:
    links = zone_links(trace(lots), lots, chosen=is_low(lots), corridor_m=corridor_m)
    return zones(lots, links, min_area_m2=least)


def groups(lots: gpd.GeoDataFrame, corridor_m: float = 40.0, least: float = 0.0) -> list[str]:
    return find(lots, corridor_m, least)["parcel_ids"].tolist()


A, B = box(0, 0, 100, 100), box(130, 0, 230, 100)  # 30 m apart


def test_a_zone_with_all_its_numbers() -> None:
    lots = layer({"b": B, "a": A}, "ab", floor_m2=[2000.0, 1000.0])
    found = find(lots)
    assert found.columns.tolist() == [*COLUMNS, "geometry"]
    row = found.drop(columns="geometry").iloc[0].to_dict()
    assert row == {
        "zone_id": "Z01",
        "parcel_ids": "a;b",
        "parcels": 2,
        "area_m2": 20_000.0,
        "area_mu": 30.0,
        "far": 0.15,
    }
    assert found.geometry.item().equals(A.union(B))
    assert found.crs.to_epsg() == 4547


def test_touching_parcels_are_one_zone_even_without_a_corridor() -> None:
    lots = layer({"a": A, "b": box(100, 0, 200, 100), "c": box(300, 0, 400, 100)}, "abc")
    assert groups(lots, 0.0) == ["a;b", "c"]


def test_across_a_corridor_of_exactly_the_width() -> None:
    lots = layer({"a": A, "b": B}, "ab")
    assert groups(lots, 30.0) == ["a;b"]
    assert groups(lots, 29.9) == ["a", "b"]


def test_a_third_parcel_between_blocks() -> None:
    between = box(105, 0, 125, 100)
    assert groups(layer({"a": A, "b": B, "x": between}, "ab")) == ["a", "b"]
    assert groups(layer({"a": A, "b": B, "x": between}, "abx")) == ["a;b;x"]


@pytest.mark.parametrize(
    ("use", "expected"),
    [("transport", ["a;b"]), ("water", ["a;b"]), ("green", ["a", "b"]), (None, ["a", "b"])],
)
def test_a_road_or_water_parcel_between_is_the_corridor(
    use: str | None, expected: list[str]
) -> None:
    shapes = {"a": A, "b": B, "x": box(100, 0, 130, 100)}
    assert groups(layer(shapes, "ab", use_class=["industrial", "industrial", use])) == expected


def test_a_chain_of_corridors_makes_one_zone() -> None:
    shapes = {k: box(i * 130, 0, i * 130 + 100, 100) for i, k in enumerate("abcd")}
    assert groups(layer(shapes, "abcd")) == ["a;b;c;d"]
    assert groups(layer(shapes, "abd")) == ["a;b", "d"]


def test_the_least_area_is_met_exactly() -> None:
    lots = layer({"a": A, "b": B, "z": box(900, 0, 1000, 100)}, "abz")
    assert groups(lots, least=20_000.0) == ["a;b"]
    assert groups(lots, least=20_000.02) == []
    assert groups(lots, least=10_000.0) == ["a;b", "z"]


def test_rounding_does_not_move_a_zone_below_the_least_area() -> None:
    lots = layer({"a": A}, "a").assign(area_m2=20_000 - 1e-9)
    assert groups(lots, least=20_000.0) == ["a"]


def test_zones_are_numbered_by_their_smallest_parcel() -> None:
    shapes = {"m": A, "k": box(500, 0, 600, 100), "b": box(900, 0, 1000, 100)}
    found = find(layer(shapes, "mkb"))
    assert found[["zone_id", "parcel_ids"]].to_numpy().tolist() == [
        ["Z01", "b"],
        ["Z02", "k"],
        ["Z03", "m"],
    ]


def test_far_is_missing_where_the_floor_area_of_one_parcel_is() -> None:
    shapes = {"a": A, "b": B, "z": box(900, 0, 1000, 100)}
    found = find(layer(shapes, "abz", floor_m2=[1000.0, None, 5000.0]))
    assert found["far"].isna().tolist() == [True, False]
    assert found["far"].iloc[1] == 0.5


def test_far_is_missing_where_no_floor_area_is_known() -> None:
    found = find(layer({"a": A}, "a"))
    assert found["far"].isna().all()
    assert found["far"].dtype == "float64"


def test_unknown_low_use_and_missing_geometry_make_no_zone() -> None:
    lots = layer({"a": A, "b": B, "c": None}, "ac")
    lots.loc["b", "low_use"] = pd.NA
    assert groups(lots) == ["a"]


@pytest.mark.parametrize("low", ["", "a"])
def test_an_empty_table_has_the_same_columns_and_kinds(low: str) -> None:
    lots = layer({"a": A}, low, floor_m2=[1.0])
    found, some = find(lots, least=1e9), find(layer({"a": A}, "a", floor_m2=[1.0]))
    assert found.empty
    assert found.dtypes.astype("str").to_dict() == some.dtypes.astype("str").to_dict()
    assert found.crs == lots.crs


def town() -> gpd.GeoDataFrame:
    shapes = {
        f"p{x}{y}": box(x * 71.3, y * 53.9, x * 71.3 + 50.1, y * 53.9 + 41.7)
        for x in range(5)
        for y in range(4)
    }
    lots = layer(shapes, "", floor_m2=[0.1 * k for k in range(20)])
    low = [int(i[1]) * int(i[2]) % 3 != 1 for i in lots.index]
    return lots.assign(low_use=pd.array(low, dtype="boolean"))


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    lots = town()
    before = lots.copy(deep=True)
    expected = find(lots, 25.0)
    assert len(expected) > 0
    for seed in range(3):
        found = find(lots.sample(frac=1, random_state=seed), 25.0)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(lots, before)


def test_new_ids_group_the_same_parcels() -> None:
    lots = town()
    names = {i: f"z{99 - n}" for n, i in enumerate(lots.index)}
    one = {frozenset(names[i] for i in t.split(";")) for t in groups(lots, 25.0)}
    two = {frozenset(t.split(";")) for t in groups(lots.rename(index=names), 25.0)}
    assert one == two


def test_labels_name_the_zone_of_each_parcel() -> None:
    table = find(layer({"a": A, "b": B, "z": box(900, 0, 1000, 100)}, "abz"))
    found = zone_labels(table, pd.Index(["z", "q", "b"]))
    assert found.tolist()[::2] == ["Z02", "Z01"]
    assert found.isna().tolist() == [False, True, False]
    assert (found.name, found.dtype.name) == ("zone_id", "str")


def test_labels_without_zones_are_missing() -> None:
    found = zone_labels(find(layer({"a": A}, "")), pd.Index(["a"]))
    assert found.isna().all()
    assert found.dtype == "str"


def test_where_the_shortest_way_is_blocked_a_longer_one_may_be_clear() -> None:
    across = Polygon([(10, 22), (35, 19), (40, 22), (40, 30), (10, 30)])
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(10, 0, 40, 10),
        "c": box(0, 14, 10, 24),  # 4 m from both, behind the wall
        "d": across,  # touches c; its tip is 9 m from b, beside the wall
        "wall": box(-1, 11, 12, 13),
    }
    lots = layer(shapes, "abcd")
    assert groups(lots, 12.0) == ["a;b;c;d"]
    assert groups(lots, 8.0) == ["a;b", "c;d"]
    longer = shapes | {"wall": box(-1, 11, 41, 13)}
    assert groups(layer(longer, "abcd"), 12.0) == ["a;b", "c;d"]


def test_clusters_are_joined_over_others() -> None:
    row = {name: box(20 * k, 0, 20 * k + 10, 10) for k, name in enumerate("abcdef")}
    wall = row | {"wall": box(53, -1, 57, 11)}  # between c and d
    assert groups(layer(row, "abcdef"), 12.0) == ["a;b;c;d;e;f"]
    assert groups(layer(wall, "abcdef"), 12.0) == ["a;b;c", "d;e;f"]
    assert groups(layer(wall, "abcdef"), 35.0) == ["a;b;c", "d;e;f"]


def test_parcels_that_touch_at_a_corner_alone_are_two_zones() -> None:
    assert groups(layer({"a": A, "b": box(100, 100, 200, 200)}, "ab")) == ["a", "b"]
    assert groups(layer({"a": A, "b": box(100, 99, 200, 200)}, "ab")) == ["a;b"]


def test_parcels_diagonal_at_a_crossing_are_joined_by_a_third_one() -> None:
    shapes = {"a": A, "b": box(120, 120, 220, 220)}
    assert groups(layer(shapes, "ab")) == ["a", "b"]
    assert groups(layer(shapes | {"c": box(120, 0, 220, 100)}, "abc")) == ["a;b;c"]


def test_turned_layers_have_the_same_zones() -> None:
    lots = town()
    turned = lots.set_geometry(
        lots.geometry.map(lambda g: affinity.rotate(g, 31.7, origin=(0, 0))), crs=lots.crs
    )
    one, two = find(lots, 25.0), find(turned, 25.0)
    pd.testing.assert_frame_equal(one.drop(columns="geometry"), two.drop(columns="geometry"))


def test_a_parcel_in_parts_makes_the_same_land() -> None:
    whole = layer({"a": A, "b": B}, "ab", floor_m2=[2000.0, 1000.0])
    shapes = {"a": box(0, 0, 100, 50), "c": box(0, 50, 100, 100), "b": B}
    parts = layer(shapes, "abc", floor_m2=[1500.0, 500.0, 1000.0])
    one, two = find(whole), find(parts)
    assert two["parcel_ids"].tolist() == ["a;b;c"]
    assert (
        two[["area_m2", "far"]].to_numpy().tolist() == one[["area_m2", "far"]].to_numpy().tolist()
    )
    assert two.geometry.item().equals(one.geometry.item())


def drawn(**shapes: object) -> gpd.GeoDataFrame:
    return frame(shapes).rename_axis("zone_id")


def test_given_zones_hold_the_parcels_that_lie_mostly_in_them() -> None:
    shapes = {"a": A, "b": B, "c": box(230, 0, 330, 100), "road": box(100, 0, 130, 100), "n": None}
    uses = ["industrial", None, "green", "transport", None]
    floors = [2000.0, 1000.0, 500.0, None, None]
    lots = layer(shapes, "a", use_class=uses, floor_m2=floors)
    polygons = drawn(Z9=box(-10, -10, 280, 110), Z1=box(280, 0, 400, 100))
    table, findings = given_zones(lots, polygons)
    assert findings == []
    assert table.columns.tolist() == [*COLUMNS, "geometry"]
    assert table.dtypes.astype("str").to_dict() == find(lots).dtypes.astype("str").to_dict()
    # c lies in both by half: the smaller id has it; the road is area of Z9, but no land
    rows = table.drop(columns="geometry").to_numpy().tolist()
    assert rows == [
        ["Z1", "c", 1, 10_000.0, 15.0, 0.05],
        ["Z9", "a;b;road", 3, 23_000.0, 34.5, 0.15],
    ]
    assert table.geometry.tolist() == [polygons.geometry["Z1"], polygons.geometry["Z9"]]


def test_a_given_zone_far_is_missing_where_floor_area_of_land_is() -> None:
    lots = layer({"a": A, "b": B}, "", floor_m2=[2000.0, None])
    table, _ = given_zones(lots, drawn(Z=box(-10, -10, 280, 110)))
    assert table["far"].isna().all()
    assert given_zones(lots.drop(columns="floor_m2"), drawn(Z=A))[0]["far"].isna().all()


def test_given_zones_without_parcels_are_told_and_left_out() -> None:
    lots = layer({"a": A, "b": B}, "")
    table, findings = given_zones(lots, drawn(Z2=A, Z1=box(900, 0, 950, 50), Z0=None))
    assert table["zone_id"].tolist() == ["Z2"]
    assert [(f["code"], f["other_id"]) for f in findings] == [
        ("zone_without_parcels", "Z0"),
        ("zone_without_parcels", "Z1"),
    ]
    assert findings[1]["geometry"] == box(900, 0, 950, 50)
    with pytest.raises(TableError, match=r"none of which holds half of a parcel.*Z1"):
        given_zones(lots, drawn(Z1=box(900, 0, 950, 50)))


def test_no_given_zones_are_none() -> None:
    lots = layer({"a": A}, "a")
    table, findings = given_zones(lots, drawn(Z=A).iloc[:0])
    assert (len(table), findings) == (0, [])
    assert table.dtypes.astype("str").to_dict() == find(lots).dtypes.astype("str").to_dict()


def test_the_order_of_given_zones_and_parcels_does_not_matter() -> None:
    lots = town()
    polygons = drawn(B=box(0, 0, 150, 120), A=box(100, 0, 400, 120), C=box(0, 120, 400, 300))
    expected = given_zones(lots, polygons)[0]
    for seed in range(3):
        mixed = lots.sample(frac=1, random_state=seed)
        found = given_zones(mixed, polygons.sample(frac=1, random_state=seed))[0]
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert expected["parcels"].sum() == len(lots)
