from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from checklayers import findings, found, layer, moved
from gisland.present.details import DETAILS

SQUARE = box(0, 0, 10, 10)
SPOTTED = Polygon([(0, 0), (3, 0), (10, 0), (10, 10), (5, 10), (0, 10), (0, 7)])


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


def test_overlap_has_its_area_and_shape() -> None:
    shapes = {"b": box(0, 0, 10, 10), "a": box(9, 9, 20, 20), "in": box(2, 2, 4, 4)}
    table = findings(layer(shapes))
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
    table = findings(layer({"a": comb, "b": wedge}))
    overlap = table[table["code"] == "overlap"]
    assert overlap["value"].tolist() == [1.0]
    assert set(overlap.geom_type) <= {"Polygon", "MultiPolygon"}


def test_smallest_overlap_is_not_told() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(9.9, 0, 20, 10)}
    assert found(layer(shapes), overlap_min_m2=1.0) == []
    assert len(found(layer(shapes), overlap_min_m2=0.99)) == 1


def test_each_copy_of_a_stack_is_told_once_beside_the_first() -> None:
    turned = Polygon([(10, 10), (0, 10), (0, 0), (10, 0)])
    parts = MultiPolygon([SQUARE])
    shapes = {"d": shapely.reverse(SQUARE), "b": turned, "c": SPOTTED, "a": SQUARE, "e": parts}
    rows = [r for r in found(layer(shapes)) if r[0] != "multipart"]
    assert rows == [("duplicate_geometry", "warning", "a", other, 100.0) for other in "bcde"]


def test_more_vertices_on_the_same_lines_are_the_same_ground_where_rounding_shows() -> None:
    slanted = Polygon([(0, 0), (30.1, 7.3), (25.2, 40.7), (-3.3, 33.3)])
    finer = shapely.segmentize(slanted, 3.7)
    parcels = moved(layer({"a": slanted, "b": finer, "c": shapely.reverse(finer)}))
    rows = found(parcels)
    assert [r[:4] for r in rows] == [
        ("duplicate_geometry", "warning", "a", "b"),
        ("duplicate_geometry", "warning", "a", "c"),
    ]
    assert rows[0][4] == pytest.approx(slanted.area)


def test_a_stack_of_many_is_told_in_one_row_each() -> None:
    rows = found(layer({f"p{k:03d}": SQUARE for k in range(400)}))
    assert len(rows) == 399
    assert {r[2] for r in rows} == {"p000"}
    assert len({r[3] for r in rows}) == 399


def test_nearly_the_same_polygon_is_an_overlap_of_share_one() -> None:
    table = findings(layer({"a": SQUARE, "b": box(0.01, 0, 10.01, 10)}))
    row = table[table["code"] == "overlap"].iloc[0]
    assert row["value"] == pytest.approx(99.9)
    assert row["message"] == (
        "two parcels overlap by 99.90 m², share 1.00 of both: nearly the same polygon"
    )


@pytest.mark.parametrize(("outer", "inner"), [("a", "b"), ("b", "a")])
def test_a_contained_parcel_is_told_as_such(outer: str, inner: str) -> None:
    table = findings(layer({outer: SQUARE, inner: box(2, 2, 4, 4)}))
    assert table[["code", "parcel_id", "other_id", "value"]].to_numpy().tolist() == [
        ["overlap", "a", "b", 4.0]
    ]
    start = "two parcels overlap by 4.00 m², share 1.00 of the smaller: "
    assert table["message"].tolist() == [f"{start}{inner} is contained in {outer}"]


def test_a_contained_parcel_that_shares_a_side_is_contained_too() -> None:
    message = findings(layer({"a": SQUARE, "b": box(0, 2, 4, 4)}))["message"].item()
    assert message.endswith("b is contained in a")


def test_an_overlap_has_its_share_of_the_smaller_parcel() -> None:
    table = findings(layer({"a": SQUARE, "b": box(8, 0, 13, 10)}))
    assert table["message"].tolist() == [
        "two parcels overlap by 20.00 m², share 0.40 of the smaller"
    ]


def test_a_small_share_is_not_worth_a_word() -> None:
    table = findings(layer({"a": SQUARE, "b": box(9.95, 0, 30, 10)}))
    assert "two parcels overlap by 0.50 m²" in set(table["message"])


def test_narrow_parcels_that_cross_are_not_nearly_the_same() -> None:
    table = findings(layer({"a": box(0, 0, 100, 0.04), "b": box(0, 0.02, 100, 0.07)}))
    overlap = table[table["code"] == "overlap"]
    assert overlap["message"].tolist() == [
        "two parcels overlap by 2.00 m², share 0.50 of the smaller"
    ]


def test_parcels_that_nearly_meet_are_near_misses() -> None:
    shapes = {"c": SQUARE, "a": box(10.25, 2, 20, 8), "b": box(-5, -5.2, 15, -0.2)}
    table = findings(layer(shapes))
    assert table[["code", "severity", "parcel_id", "other_id", "unit"]].to_numpy().tolist() == [
        ["near_miss", "warning", "a", "c", "m"],
        ["near_miss", "warning", "b", "c", "m"],
    ]
    assert table["value"].tolist() == pytest.approx([0.25, 0.2])
    assert table["message"].tolist() == [
        "two parcels miss each other by 0.250 m",
        "two parcels miss each other by 0.200 m",
    ]
    assert shapely.length(table.geometry).tolist() == pytest.approx([0.25, 0.2])


def test_near_misses_end_where_parcels_are_too_far_or_meet() -> None:
    touching = box(10, 10, 20, 20)  # at a corner
    assert found(layer({"a": SQUARE, "b": box(10.31, 0, 20, 10), "c": touching})) == []
    wide = found(layer({"a": SQUARE, "b": box(10.31, 0, 20, 9)}), near_miss_m=0.4)
    assert wide == [("near_miss", "warning", "a", "b", 0.31)]
    assert found(layer({"a": SQUARE, "b": box(10.31, 0, 20, 9)}), near_miss_m=0.0) == []


def test_misses_within_the_tolerance_are_told_together() -> None:
    shapes = {"a": SQUARE, "b": box(10.04, 0, 20, 9), "c": box(0, 10.03, 10, 20)}
    table = findings(layer(shapes))
    row = table[table["code"] == "hairline_misses"].iloc[0]
    assert row["severity"] == "info"
    assert row["value"] == pytest.approx(0.04)
    assert row["message"] == "2 pairs of parcels miss each other by at most 0.05 m"
    assert "near_miss" not in set(table["code"])
    table = findings(layer({name: shapes[name] for name in ("a", "b")}))
    (told,) = table.loc[table["code"] == "hairline_misses", "message"]
    assert told == "1 pair of parcels misses each other by at most 0.05 m"
    shown = re.search(DETAILS["hairline_misses"], told)
    assert shown is not None
    assert shown.groupdict() == {"many": "1", "limit": "0.05"}


def comb(teeth: int) -> Polygon:
    """A bar along y = 0 with as many teeth that stand 5 m up, 2 m wide and 2 m apart."""
    top = [(x, y) for k in range(teeth) for x, y in ((4 * k, 5), (4 * k + 2, 5), (4 * k + 2, 0))]
    gaps = [(4 * k + 4, 0) for k in range(teeth)]
    line = [p for k in range(teeth) for p in (*top[3 * k : 3 * k + 3], gaps[k])]
    return Polygon([*line, (4 * teeth, -5), (0, -5)])


def test_a_large_polygon_is_held_against_each_of_its_neighbors_alike() -> None:
    large = comb(600)
    assert shapely.get_num_coordinates(large) > 2000
    fit = {f"f{k:03d}": box(4 * k + 2, 0, 4 * k + 4, 5) for k in range(0, 600, 7)}
    over = {f"o{k:03d}": box(4 * k + 2, -1, 4 * k + 4, 5) for k in range(1, 600, 7)}
    off = {f"w{k:03d}": box(4 * k + 2.1, 0.2, 4 * k + 3.9, 5) for k in range(2, 600, 7)}
    rows = found(moved(layer({"z": large} | fit | over | off)))
    overlaps = {r[2]: r[4] for r in rows if r[0] == "overlap"}
    misses = {r[2]: r[4] for r in rows if r[0] == "near_miss"}
    assert overlaps == dict.fromkeys(over, pytest.approx(2.0))
    assert misses == dict.fromkeys(off, pytest.approx(0.1, abs=1e-8))
    assert not [r for r in rows if r[0] == "hairline_misses"]


def test_cuts_of_a_large_polygon_part_nobody_from_it() -> None:
    fit = {f"f{k:03d}": box(4 * k + 2, 0, 4 * k + 4, 5) for k in range(599)}
    shapes = {"z": comb(600), "under": box(0, -20, 2400, -5)} | fit
    turned = {k: shapely.affinity.rotate(shape, 31, (0, 0)) for k, shape in shapes.items()}
    assert found(layer(turned)) == []


def test_cuts_across_a_slanting_side_part_nobody_from_it() -> None:
    far = np.linspace(1, 0, 4000)[:, None] * (97 * 40, 61 * 40) + (-200, 300)
    far[::2] += (-1, 1)
    lots = {
        f"t{k:02d}": Polygon([(97 * k, 61 * k), (97 * k + 80, 61 * k - 85), (97 * k, 61 * k - 85)])
        for k in range(1, 40, 2)
    }
    parcels = moved(layer({"z": Polygon([(0, 0), (97 * 40, 61 * 40), *far])} | lots))
    assert parcels.geometry["z"].intersects(parcels.geometry["t01"])
    assert found(parcels) == []


def test_an_overlap_across_cuts_of_a_large_polygon_is_one_shape() -> None:
    band = box(-10, -2, 2500, -1)
    table = findings(layer({"band": band, "street": comb(600)}))
    overlap = table[table["code"] == "overlap"].iloc[0]
    assert overlap["value"] == pytest.approx(2400.0)
    assert overlap["geometry"].geom_type == "Polygon"
    assert overlap["geometry"].equals(box(0, -2, 2400, -1))


BOXES = st.tuples(*(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6), st.integers(1, 6)))


@settings(max_examples=30)
@given(st.lists(BOXES, min_size=2, max_size=7, unique=True))
def test_overlaps_are_those_of_each_two_boxes(boxes: list[tuple[int, ...]]) -> None:
    shapes = {f"p{k}": box(x, y, x + w, y + h) for k, (x, y, w, h) in enumerate(boxes)}
    expected = {}
    for (m, (x, y, w, h)), (n, (u, v, s, t)) in combinations(enumerate(boxes), 2):
        wide = min(x + w, u + s) - max(x, u)
        high = min(y + h, v + t) - max(y, v)
        if wide > 0 and high > 0:
            expected[f"p{m}", f"p{n}"] = float(wide * high)
    table = findings(layer(shapes))
    told = table[table["code"] == "overlap"].set_index(["parcel_id", "other_id"])
    assert told["value"].to_dict() == expected
    assert shapely.area(told.geometry).tolist() == told["value"].tolist()
