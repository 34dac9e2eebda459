from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from districts import frame
from gisland.base.errors import TableError
from gisland.detect.enclaves import COLUMNS, enclave_labels, enclaves, judged_patches
from gisland.topology.borders import borders

INNER = box(40, 40, 60, 60)
AROUND = box(0, 0, 100, 100) - INNER


def layer(shapes: dict[str, object], owner: list[object], **columns: object) -> gpd.GeoDataFrame:
    lots = frame(shapes, owner=pd.array(owner, dtype="str"), **columns)
    area = lots.area
    return lots.assign(area_m2=area.where(area > 0))


def find(lots: gpd.GeoDataFrame, share: float = 0.75, attribute: str = "owner") -> gpd.GeoDataFrame:
    return enclaves(lots, borders(lots), attribute=attribute, enclave_share=share)


def pairs(lots: gpd.GeoDataFrame, share: float = 0.75) -> list[tuple[str, str]]:
    found = find(lots, share)
    return list(zip(found["parcel_ids"], found["surrounded_by"], strict=True))


def test_strict_enclave_with_all_its_numbers() -> None:
    found = find(layer({"in": INNER, "out": AROUND}, ["A", "B"]))
    assert found.columns.tolist() == [*COLUMNS, "geometry"]
    row = found.iloc[0].to_dict()
    shape = row.pop("geometry")
    row["inside_of"] = None if pd.isna(row["inside_of"]) else row["inside_of"]
    assert row == {
        "enclave_id": "owner:in",
        "attribute": "owner",
        "value": "A",
        "parcel_ids": "in",
        "surrounded_by": "B",
        "kind": "strict",
        "share": pytest.approx(1.0),
        "free_share": pytest.approx(0.0),
        "area_m2": 400.0,
        "area_mu": pytest.approx(0.6),
        "surrounding_area_m2": 9600.0,
        "surrounding_ids": "out",
        "inside_of": None,
        "depth": 1,
        "holder_patches": 1,
        "holder_area_m2": 400.0,
    }
    assert len(found) == 1
    assert shape.equals(INNER)
    assert found.crs.to_epsg() == 4547


def in_a_notch(depth: float) -> gpd.GeoDataFrame:
    """A 10 m wide lot in a notch: 10 + 2 `depth` of its boundary of 40 m along B, 20 m deep."""
    notch = box(20, 40 - depth, 30, 40)
    whole = box(0, 0, 50, 40) - notch
    return layer({"a": box(20, 40 - depth, 30, 50 - depth), "b": whole}, ["A", "B"])


def test_nearly_at_exactly_the_threshold() -> None:
    exact = find(in_a_notch(10.0))  # three sides of four
    assert exact[["kind", "share", "free_share"]].to_numpy().tolist() == [["nearly", 0.75, 0.25]]
    assert find(in_a_notch(9.9)).empty  # 29.8 of 40
    assert find(in_a_notch(10.0), 0.76).empty
    assert len(find(in_a_notch(5.0), 0.5)) == 1  # 20 of 40


def test_free_boundary_is_roads_water_and_nothing() -> None:
    lot = box(40, 40, 60, 60)
    road, canal = box(40, 60, 60, 100), box(60, 40, 100, 60)
    around = box(0, 0, 100, 100) - lot - road - canal
    shapes = {"lot": lot, "road": road, "canal": canal, "b": around}
    uses = ["industrial", "transport", "water", "industrial"]
    lots = layer(shapes, ["A", "City", "City", "B"], use_class=uses)
    found = find(lots, 0.5)
    assert found["parcel_ids"].tolist() == ["lot"]  # the road itself is no enclave
    assert found[["share", "free_share"]].to_numpy().tolist() == [[0.5, 0.5]]
    assert find(lots, 0.75).empty
    as_land = lots.assign(use_class="industrial")
    rows = find(as_land, 0.5).set_index("parcel_ids")
    assert rows.loc["lot", "free_share"] == pytest.approx(0.0)


def test_parcels_without_an_owner_are_land_but_no_patch() -> None:
    lot, unknown = box(40, 40, 60, 60), box(40, 60, 60, 100)
    around = box(0, 0, 100, 100) - lot - unknown
    lots = layer({"lot": lot, "none": unknown, "b": around}, ["A", None, "B"])
    found = find(lots)
    assert found["parcel_ids"].tolist() == ["lot"]
    assert found["share"].tolist() == [pytest.approx(0.75)]
    assert found["free_share"].tolist() == [pytest.approx(0.0)]


def test_two_unknown_owners_are_not_the_same_owner() -> None:
    lots = layer({"x": INNER, "y": AROUND}, [None, None])
    assert find(lots).empty


def test_a_patch_of_two_parcels_is_one_enclave() -> None:
    left, right = box(40, 40, 50, 60), box(50, 40, 60, 60)
    found = find(layer({"r": right, "l": left, "b": AROUND}, ["A", "A", "B"]))
    assert found["enclave_id"].tolist() == ["owner:l"]
    assert found["parcel_ids"].tolist() == ["l;r"]
    assert found[["share", "area_m2"]].to_numpy().tolist() == [[1.0, 400.0]]
    assert found.geometry.item().equals(INNER)


def test_parcels_that_meet_at_a_corner_are_two_patches() -> None:
    one, two = box(40, 40, 50, 50), box(50, 50, 60, 60)
    around = box(0, 0, 100, 100) - one - two
    found = find(layer({"1": one, "2": two, "b": around}, ["A", "A", "B"]))
    assert found["parcel_ids"].tolist() == ["1", "2"]


def test_the_surrounding_patch_may_have_many_parcels() -> None:
    west = box(0, 0, 50, 100) - INNER
    east = box(50, 0, 100, 100) - INNER
    found = find(layer({"in": INNER, "w": west, "e": east}, ["A", "B", "B"]))
    assert found[["kind", "surrounding_area_m2"]].to_numpy().tolist() == [["strict", 9600.0]]


JOINT = ["kind", "surrounded_by", "surrounding_ids", "share", "surrounding_area_m2"]


def test_several_owners_around_it_enclose_it_jointly() -> None:
    west = box(0, 0, 45, 100) - INNER  # along 20 + 2 x 5 of the 80 m
    east = box(45, 0, 100, 100) - INNER  # along the other 50
    lots = layer({"in": INNER, "w": west, "e": east}, ["A", "B", "C"])
    found = find(lots)
    assert found[JOINT].to_numpy().tolist() == [["jointly", "C;B", "e;w", 1.0, 9600.0]]
    assert found[["inside_of", "depth"]].isna().to_numpy().tolist() == [[True, False]]
    street = box(59, 0, 61, 40)  # 1 m of the boundary is free: still shut in as to tolerances
    path = find(lots.assign(geometry=lots.geometry.difference(street)))
    assert path[["kind", "share"]].to_numpy().tolist() == [["jointly", pytest.approx(79 / 80)]]
    lane = box(58, 0, 61, 40)  # 2 m of 80 lead out
    assert find(lots.assign(geometry=lots.geometry.difference(lane))).empty


@pytest.mark.parametrize(("street", "kinds"), [(2.9, ["jointly"]), (3.1, []), (0.0, ["jointly"])])
def test_a_way_out_is_told_by_metres_and_not_by_its_share(street: float, kinds: list[str]) -> None:
    plant = box(100, 100, 400, 400)  # 1 200 m around
    land = box(0, 0, 500, 500) - plant
    shapes = {
        "in": plant,
        "w": land.intersection(box(0, 0, 250, 500)),
        "e": land.intersection(box(250 + street, 0, 500, 500)),
    }
    if street:
        shapes["n"] = land.intersection(box(250, 400, 250 + street, 500))
    found = find(layer(shapes, ["A", "B", "C", "D"][: len(shapes)]))
    assert found.loc[found["parcel_ids"] == "in", "kind"].tolist() == kinds


def test_two_patches_of_one_owner_enclose_jointly_what_neither_does_alone() -> None:
    """B lies west and east of A, cut through by C and D: each along 38 of the 80 m."""
    west = box(0, 0, 49, 100) - INNER
    east = box(51, 0, 100, 100) - INNER
    shapes = {
        "in": INNER,
        "w": west,
        "e": east,
        "n": box(49, 60, 51, 100),
        "s": box(49, 0, 51, 40),
    }
    lots = layer(shapes, ["A", "B", "B", "C", "D"])
    rows = find(lots).set_index("parcel_ids")
    assert rows.loc["in", JOINT].tolist() == ["jointly", "B", "e;w", 0.95, 9440.0]
    assert rows.loc["n", JOINT].tolist() == ["jointly", "B", "e;w", 80 / 84, 9440.0]
    assert rows.loc["in", ["free_share", "holder_patches"]].tolist() == [pytest.approx(0.0), 1]
    stricter = find(lots, 0.96).set_index("parcel_ids")  # now all together: B twice, C and D
    assert stricter.index.tolist() == ["in"]
    assert stricter.loc["in", JOINT].tolist() == ["jointly", "B;C;D", "e;w;n;s", 1.0, 9600.0]


def test_what_surrounds_jointly_must_be_larger_together() -> None:
    lot = box(0, 0, 100, 100)
    west, east = box(-10, -10, 50, 110) - lot, box(50, -10, 110, 110) - lot  # 2 200 m² each
    assert find(layer({"lot": lot, "w": west, "e": east}, ["A", "B", "C"])).empty


def test_one_patch_that_falls_short_does_not_enclose_jointly_with_itself() -> None:
    notch = layer({"in": INNER, "out": AROUND - box(59, 0, 60, 40)}, ["A", "B"])
    assert find(notch, 0.75)["kind"].tolist() == ["nearly"]  # 79 of 80 m
    assert find(notch, 0.99).empty


def test_spellings_of_one_owner_are_one_owner() -> None:
    left, right = box(40, 40, 50, 60), box(50, 40, 60, 60)
    west, east = box(0, 0, 50, 100) - INNER, box(50, 0, 100, 100) - INNER
    shapes = {"l": left, "r": right, "w": west, "e": east}
    found = find(layer(shapes, ["Ａ厂 ", "a厂", "乙（集团）", "乙(集团)\u3000"]))
    assert found[["value", "parcel_ids", "surrounded_by", "kind"]].to_numpy().tolist() == [
        ["a厂", "l;r", "乙(集团)\u3000", "strict"]
    ]
    assert find(layer(shapes, [" ", "\u3000", "B", "B"])).empty  # blanks are no owner


def test_an_owner_of_many_patches_is_told() -> None:
    shapes = {"in": INNER, "out": AROUND, "off": box(500, 0, 530, 10)}
    found = find(layer(shapes, ["A", "B", "A"]))
    assert found[["holder_patches", "holder_area_m2"]].to_numpy().tolist() == [[2, 700.0]]


def judged(lots: gpd.GeoDataFrame, share: float = 0.75) -> dict[str, tuple[str, float, float]]:
    rows = judged_patches(lots, borders(lots), attribute="owner", enclave_share=share)[1]
    assert set(rows["subject"]) <= {"owner"}
    told = zip(rows["outcome"], rows["value"].round(6), rows["limit"], strict=True)
    return dict(zip(rows["parcel_id"], told, strict=True))


def test_verdicts_tell_the_share_of_what_came_near() -> None:
    assert judged(in_a_notch(10.0)) == {"a": ("fail", 0.75, 0.75)}
    assert judged(in_a_notch(10.0), 0.8) == {"a": ("pass", 0.75, 0.8)}
    assert judged(in_a_notch(4.9)) == {}  # 19.8 of 40 m: less than half
    # two parcels whose outer boundary is found by drawing it: 30 of 40 m, and 20 m would do
    notch = box(20, 30, 30, 40)
    shapes = {"l": box(20, 30, 25, 40), "r": box(25, 30, 30, 40), "b": box(0, 0, 50, 40) - notch}
    assert judged(layer(shapes, ["A", "A", "B"]), 0.8) == {
        "l": ("pass", 0.75, 0.8),
        "r": ("pass", 0.75, 0.8),
    }
    west, east = box(0, 0, 45, 100) - INNER, box(45, 0, 100, 100) - INNER
    joint = judged(layer({"in": INNER, "w": west, "e": east}, ["A", "B", "C"]))
    assert joint == {"in": ("fail", 1.0, 0.98)}


def test_a_neighbor_of_several_parts_counts_part_by_part() -> None:
    """A ring of A; B lies in its hole and beside it, or in its hole and all around it."""
    ring, hole = box(0, 0, 100, 100) - box(5, 5, 95, 95), box(5, 5, 95, 95)
    beside = MultiPolygon([hole, box(100, 0, 300, 100)])  # 100 of the 400 m outside
    assert find(layer({"a": ring, "b": beside}, ["A", "B"])).empty
    found = find(layer({"a": ring, "b": beside}, ["A", "B"]), 0.25)
    assert found[["parcel_ids", "kind"]].to_numpy().tolist() == [["a", "nearly"]]
    assert found[["share", "free_share"]].to_numpy().tolist() == [
        [pytest.approx(0.25, abs=1e-3), pytest.approx(0.75, abs=1e-3)]
    ]
    around = MultiPolygon([hole, box(-10, -10, 110, 110) - box(0, 0, 100, 100)])
    found = find(layer({"a": ring, "b": around}, ["A", "B"]))
    assert found[["parcel_ids", "kind", "share"]].to_numpy().tolist() == [["a", "strict", 1.0]]


def test_a_separator_in_a_name_is_widened_where_names_are_joined() -> None:
    west, east = box(0, 0, 45, 100) - INNER, box(45, 0, 100, 100) - INNER
    found = find(layer({"in": INNER, "w": west, "e": east}, ["A;B", "甲;乙", "C"]))
    assert found[["value", "surrounded_by"]].to_numpy().tolist() == [["A;B", "C;甲；乙"]]
    assert enclave_labels([found], pd.Index(["in"])).tolist() == ["owner:A；B"]


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(TableError, match="no column 'holder'"):
        find(layer({"in": INNER}, ["A"]), attribute="holder")


def test_one_parcel_of_several_parts_is_one_patch() -> None:
    both = MultiPolygon([box(0, 0, 49, 100) - INNER, box(51, 0, 100, 100) - INNER])
    shapes = {"in": INNER, "we": both, "n": box(49, 60, 51, 100), "s": box(49, 0, 51, 40)}
    found = find(layer(shapes, ["A", "B", "C", "D"]))
    rows = found.set_index("parcel_ids")
    assert rows.loc["in", "share"] == pytest.approx(76 / 80)  # 2 m each along n and s
    assert rows.loc["in", "kind"] == "nearly"


def test_the_enclave_may_have_several_parts_itself() -> None:
    parts = MultiPolygon([box(20, 20, 30, 30), box(60, 60, 80, 80)])
    found = find(layer({"in": parts, "out": box(0, 0, 100, 100) - parts}, ["A", "B"]))
    assert found[["kind", "share", "area_m2"]].to_numpy().tolist() == [["strict", 1.0, 500.0]]


def test_the_surrounding_patch_must_be_larger() -> None:
    """A thin frame around a large lot: the lot is no enclave, and neither is the frame."""
    lot = box(0, 0, 100, 100)
    frame = box(-1, -1, 101, 101) - lot
    assert find(layer({"lot": lot, "frame": frame}, ["A", "B"])).empty


def test_patches_of_equal_size_are_no_enclaves_of_each_other() -> None:
    lot = box(0, 0, 10, 10)
    u_shape = box(-2, -2, 12, 8) - lot  # 140 - 80 = 60 m², 26 m along the lot
    filler = box(12, -2, 14, 18)  # 40 m²: together 100 m²
    lots = layer({"a": lot, "u": u_shape, "v": filler}, ["A", "B", "B"])
    assert lots.groupby("owner")["area_m2"].sum().tolist() == [100.0, 100.0]
    assert find(lots, 0.6).empty


def test_a_nested_enclave() -> None:
    core, ring = box(40, 40, 60, 60), box(20, 20, 80, 80)
    lots = layer({"a": core, "b": ring - core, "c": box(0, 0, 100, 100) - ring}, ["A", "B", "C"])
    found = find(lots)
    assert found[["parcel_ids", "surrounded_by", "kind"]].to_numpy().tolist() == [
        ["a", "B", "strict"],
        ["b", "C", "strict"],
    ]
    assert found["share"].tolist() == [pytest.approx(1.0), pytest.approx(1.0)]
    assert found["free_share"].tolist() == [pytest.approx(0.0), pytest.approx(0.0)]
    assert found["area_m2"].tolist() == [400.0, 3200.0]
    assert found["depth"].tolist() == [2, 1]
    assert found["inside_of"].fillna("").tolist() == ["owner:b", ""]


def test_land_in_the_hole_of_a_patch_does_not_surround_it() -> None:
    """A frame of 1 m around a smaller lot of B, in land of C and free boundary."""
    lot = box(0, 0, 100, 100)
    frame = box(-40, -40, 140, 140) - lot  # 22 400 m²
    big = box(-400, -40, -40, 600)  # 230 400 m², along one side of the frame
    found = find(layer({"lot": lot, "frame": frame, "c": big}, ["B", "A", "C"]), 0.25)
    rows = found.set_index("parcel_ids")
    assert rows.loc["lot", "kind"] == "strict"
    assert rows.loc["frame", ["surrounded_by", "share", "free_share"]].tolist() == [
        "C",
        pytest.approx(0.25),
        pytest.approx(0.75),
    ]


def test_a_hole_without_parcels_is_no_outer_boundary() -> None:
    ring = INNER - box(45, 45, 55, 55)
    found = find(layer({"ring": ring, "out": AROUND}, ["A", "B"]))
    assert found[["kind", "area_m2"]].to_numpy().tolist() == [["strict", 300.0]]
    assert found["share"].tolist() == [pytest.approx(1.0)]


def test_by_tenure_or_any_other_column_of_text() -> None:
    lots = layer({"in": INNER, "out": AROUND}, ["A", "A"], tenure=["collective", "state"])
    assert find(lots).empty
    found = find(lots, attribute="tenure")
    assert found[["enclave_id", "value", "surrounded_by"]].to_numpy().tolist() == [
        ["tenure:in", "collective", "state"]
    ]


def test_a_hairline_between_enclave_and_surroundings_is_bridged() -> None:
    found = find(layer({"in": box(40.02, 40.02, 59.98, 59.98), "out": AROUND}, ["A", "B"]))
    assert found["kind"].tolist() == ["strict"]


def test_a_hairline_between_the_parcels_of_a_patch_is_no_outer_boundary() -> None:
    shapes = {"l": box(40, 40, 49.98, 60), "r": box(50.01, 40, 60, 60), "out": AROUND}
    lots = layer(shapes, ["A", "A", "B"])
    found = find(lots)
    assert found["parcel_ids"].tolist() == ["l;r"]
    assert found["share"].tolist() == [pytest.approx(1.0, abs=1e-3)]  # the mouths of the gap
    assert found["area_m2"].item() == pytest.approx(399.4)  # as drawn
    strict = enclaves(
        lots,
        borders(lots, tolerance_m=0.001),
        attribute="owner",
        enclave_share=0.6,
        tolerance_m=0.001,
    )
    assert strict["parcel_ids"].tolist() == ["l", "r"]  # below the gap they are two patches


def test_a_ring_of_parcels_with_hairlines_still_has_a_hole() -> None:
    """Land in the hole does not count, although the drawn ring is open."""
    ring = box(20, 20, 80, 80) - box(40, 40, 60, 60)
    shapes = {
        "w": ring.intersection(box(0, 0, 49.98, 100)),
        "e": ring.intersection(box(50, 0, 100, 100)),
        "core": box(40, 40, 60, 60),
        "out": box(0, 0, 100, 100) - box(20, 20, 80, 80),
    }
    found = find(layer(shapes, ["A", "A", "B", "C"])).set_index("parcel_ids")
    assert found.loc["e;w", ["surrounded_by", "kind"]].tolist() == ["C", "strict"]
    assert found.loc["e;w", "free_share"] == pytest.approx(0, abs=1e-3)
    assert found.loc["core", "surrounded_by"] == "A"


@pytest.mark.parametrize(
    "lots",
    [
        layer({"only": INNER}, ["A"]),
        layer({"x": INNER, "y": box(500, 0, 600, 100)}, ["A", "B"]),
        layer({"x": INNER, "y": AROUND}, ["A", "A"]),
    ],
)
def test_no_enclave_gives_an_empty_table_of_the_same_kind(lots: gpd.GeoDataFrame) -> None:
    found, some = find(lots), find(layer({"in": INNER, "out": AROUND}, ["A", "B"]))
    assert found.empty
    assert found.dtypes.astype("str").to_dict() == some.dtypes.astype("str").to_dict()
    assert found.crs == lots.crs


def test_missing_geometry_is_passed_over() -> None:
    lots = layer({"in": INNER, "out": AROUND, "gone": None}, ["A", "B", "A"])
    assert pairs(lots) == [("in", "B")]


def fields(rows: int, seed: int | None = None) -> gpd.GeoDataFrame:
    """A grid of uneven lots owned in a pattern that makes enclaves."""
    shapes = {
        f"p{x}{y}": box(x * 11.3, y * 7.7, (x + 1) * 11.3, (y + 1) * 7.7)
        for x in range(rows)
        for y in range(rows)
    }
    owner = ["A" if (int(k[1]), int(k[2])) in {(1, 1), (1, 2), (3, 3)} else "B" for k in shapes]
    lots = layer(shapes, owner)
    return lots if seed is None else lots.sample(frac=1, random_state=seed)


def test_the_order_of_rows_does_not_matter() -> None:
    expected = find(fields(6))
    assert expected["parcel_ids"].tolist() == ["p11;p12", "p33"]
    for seed in range(3):
        pd.testing.assert_frame_equal(find(fields(6, seed)), expected, check_exact=True)


def test_new_ids_change_nothing_but_the_ids() -> None:
    lots = fields(6)
    renamed = lots.rename(index=lambda i: f"q{99 - int(i[1:])}").rename_axis("parcel_id")
    one, two = find(lots), find(renamed)
    assert two["parcel_ids"].tolist() == ["q66", "q87;q88"]
    assert one["share"].round(9).tolist() == two["share"].round(9).tolist()


def test_input_stays_as_it_was() -> None:
    lots = fields(4)
    table = borders(lots)
    before, table_before = lots.copy(deep=True), table.copy(deep=True)
    enclaves(lots, table, attribute="owner", enclave_share=0.75)
    pd.testing.assert_frame_equal(lots, before)
    pd.testing.assert_frame_equal(table, table_before)


def test_labels_join_the_enclaves_of_several_attributes() -> None:
    owner = pd.DataFrame({"attribute": "owner", "value": ["A"], "parcel_ids": ["p1;p2"]})
    tenure = pd.DataFrame({"attribute": "tenure", "value": ["state"], "parcel_ids": ["p2"]})
    found = enclave_labels([owner, tenure], pd.Index(["p3", "p2", "p1"]))
    assert found.to_dict() == {"p3": "", "p2": "owner:A;tenure:state", "p1": "owner:A"}
    assert (found.name, found.dtype.name) == ("enclave_of", "str")


def test_labels_without_any_table_are_empty() -> None:
    found = enclave_labels([], pd.Index(["a", "b"]))
    assert found.tolist() == ["", ""]
    assert found.dtype == "str"
