from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import MultiPolygon, Polygon, affinity, box

from checklayers import findings, found, layer, moved
from gisland.present.details import DETAILS
from gisland.topology import outlines

SPIKED = Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
NOTCHED = Polygon([(0, 0), (9, 0), (9, 5), (3, 5.01), (9, 5.02), (9, 9), (0, 9)])
DOUBLED = Polygon(  # twice around the inner square, once around the outer one
    [(0, 0), (9, 0), (9, 9), (0, 9), (0, 3), (3, 3), (6, 3), (6, 6), (3, 6), (3, 3), (0, 3)]
)


def of_code(code: str, shape: object) -> list[tuple[object, ...]]:
    return [row for row in found(layer({"p": shape})) if row[0] == code]


@pytest.mark.parametrize(("shape", "tip"), [(SPIKED, (15, 5.01)), (NOTCHED, (3, 5.01))])
def test_spike_has_its_length_and_its_tip(shape: Polygon, tip: tuple[float, float]) -> None:
    table = findings(layer({"p": shape, "fine": box(30, 0, 40, 10)}))
    assert table["code"].tolist() == ["spike"]
    row = table.iloc[0]
    assert (row["severity"], row["parcel_id"], row["unit"]) == ("warning", "p", "m")
    assert row["value"] == pytest.approx(6.0, abs=0.01)
    assert row["message"] == "the boundary runs 6.00 m out and back on itself"
    assert row["geometry"].equals(shapely.Point(tip))


def test_spike_is_found_in_holes_parts_and_far_from_the_origin() -> None:
    holed = Polygon(box(-5, -5, 20, 20).exterior, [SPIKED.exterior])
    parts = MultiPolygon([SPIKED, box(40, 0, 50, 10)])
    for shape in (holed, parts):
        for parcels in (layer({"p": shape}), moved(layer({"p": shapely.reverse(shape)}))):
            spikes = [r for r in found(parcels) if r[0] == "spike"]
            assert len(spikes) == 1
            assert spikes[0][4] == pytest.approx(6.0, abs=0.01)


def test_line_that_sticks_out_of_an_invalid_polygon_is_a_spike() -> None:
    tailed = Polygon([(0, 0), (9, 0), (9, 5), (15, 5), (9, 5), (9, 9), (0, 9)])
    assert not tailed.is_valid
    assert of_code("spike", tailed) == [("spike", "warning", "p", None, 6.0)]


def test_vertices_along_a_spike_do_not_hide_it_and_repeated_ones_do_not_double_it() -> None:
    sides = [(9, 5), (11, 5.0033), (13, 5.0067), (15, 5.01), (15, 5.01), (12, 5.015), (9, 5.02)]
    shape = Polygon([(0, 0), (9, 0), *sides, (9, 9), (0, 9)])
    assert [r[4] for r in of_code("spike", shape)] == [pytest.approx(6.0, abs=0.01)]


@pytest.mark.parametrize(
    "shape",
    [
        Polygon([(0, 0), (100, 0), (100, 2)]),  # 1.1 degrees
        Polygon([(0, 0), (1, 0), (100, 0), (100, 2), (1, 0.02)]),  # with vertices near the tip
        box(0, 0, 100, 0.04),
        Polygon([(0, 0), (9, 0), (9, 5), (9.04, 5.001), (9, 5.002), (9, 9), (0, 9)]),
        Polygon([(0, 0), (9, 0), (9, 4), (12, 5), (9, 6), (9, 9), (0, 9)]),
    ],
)
def test_acute_narrow_and_blunt_parcels_have_no_spike(shape: Polygon) -> None:
    assert of_code("spike", shape) == []


def test_gore_between_a_curve_and_its_tangent_is_no_spike() -> None:
    along = np.arange(0.5, 12, 0.5)
    curve = np.column_stack([along, along**2 / 60])  # 30 m radius
    shape = Polygon([(0, 0), (12, 0), (12, 3), *curve[::-1].tolist()])
    assert of_code("spike", shape) == []


@pytest.mark.parametrize(
    ("shape", "area", "place"),
    [
        (MultiPolygon([box(0, 0, 4, 4), box(2, 0, 6, 4)]), 8.0, box(2, 0, 4, 4)),
        (MultiPolygon([box(0, 0, 9, 9), box(2, 2, 4, 4)]), 4.0, box(2, 2, 4, 4)),
        (MultiPolygon([box(0, 0, 4, 4)] * 3), 32.0, box(0, 0, 4, 4)),
        (DOUBLED, 9.0, box(3, 3, 6, 6)),
    ],
)
def test_ground_that_counts_twice(shape: object, area: float, place: Polygon) -> None:
    table = findings(layer({"p": shape, "q": box(50, 0, 60, 9)}))
    row = table[table["code"] == "self_overlap"].iloc[0]
    assert (row["severity"], row["parcel_id"], row["unit"]) == ("warning", "p", "m2")
    assert row["value"] == pytest.approx(area)
    assert row["message"] == f"{area:.2f} m² of the parcel are counted more than once"
    assert row["geometry"].equals(place)


@pytest.mark.parametrize(
    "shape",
    [
        Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]),  # lobes, each counted once
        Polygon(box(0, 0, 9, 9).exterior, [box(2, 2, 5, 5).exterior, box(4, 4, 7, 7).exterior]),
        Polygon(box(0, 0, 9, 9).exterior, [box(8, 2, 12, 5).exterior]),
        MultiPolygon([box(0, 0, 4, 4), box(4, 0, 8, 4)]),  # share a side
        MultiPolygon(
            [Polygon(box(0, 0, 9, 9).exterior, [box(2, 2, 5, 5).exterior]), box(2, 2, 5, 5)]
        ),
        MultiPolygon([box(0, 0, 4, 4), box(3.999, 0, 8, 2)]),  # 0.002 m2
    ],
)
def test_invalid_polygons_that_count_nothing_twice(shape: object) -> None:
    codes = [row[0] for row in found(layer({"p": shape}))]
    assert "invalid_geometry" in codes
    assert "self_overlap" not in codes


def test_self_overlap_is_told_whether_or_not_it_is_repaired() -> None:
    assert [r[4] for r in found(layer({"p": DOUBLED}), repair=()) if r[0] == "self_overlap"] == [9]


def test_repeated_vertices_are_told_together() -> None:
    dotted = Polygon([(0, 0), (9, 0), (9, 0), (9, 0), (9, 9), (0, 9), (0, 0)])
    again = Polygon([(20, 0), (29, 0), (29, 9), (29, 9), (20, 9)])
    table = findings(layer({"a": dotted, "b": again, "c": box(40, 0, 50, 9)}))
    assert table[["code", "severity", "value", "unit"]].to_numpy().tolist() == [
        ["repeated_vertices", "info", 3.0, "count"]
    ]
    assert table["message"].tolist() == ["3 vertices of 2 parcels repeat the one before"]
    table = findings(layer({"b": again}))
    assert table["message"].tolist() == ["1 vertex of 1 parcel repeats the one before"]
    (message,) = table["message"]
    found_again = re.search(DETAILS["repeated_vertices"], message)
    assert found_again is not None
    assert found_again["detail"] == "1"


@pytest.mark.parametrize("far", [1e9, 1e15])
def test_absurd_coordinates_do_no_harm(far: float) -> None:
    bow = Polygon([(0, 0), (far, far), (far, 0), (0, far)])
    table = findings(layer({"a": bow, "b": box(0, 0, far, far), "c": DOUBLED}))
    assert "invalid_geometry" in set(table["code"])


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (9, 0)], [(0, 0), (9, 0), (9, 0)]])
def test_a_polygon_that_is_but_a_point_or_a_line_is_invalid(points: list[tuple[int, int]]) -> None:
    flat = Polygon((points * 4)[:4] if len(points) == 1 else [*points, points[0], points[0]])
    codes = findings(layer({"a": flat, "b": box(0, 0, 9, 9)}))["code"].tolist()
    assert codes == ["invalid_geometry", "repeated_vertices"]


def test_a_spike_is_found_beside_a_hole_that_is_but_a_point() -> None:
    shell = [(0, 0), (9, 0), (9, 5), (15, 5.01), (15, 5.01), (9, 5.02), (9, 9), (0, 9)]
    table = findings(layer({"a": Polygon(shell, [[(2, 2)] * 4])}))
    assert table.loc[table["code"] == "spike", "value"].round(2).tolist() == [6.0]


def test_any_number_of_polygons_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dotted = [(0, 0), (9, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)]
    lots = {f"p{k}": affinity.translate(Polygon(dotted), 20 * k, 0) for k in range(7)}
    whole = findings(layer(lots | {"q": None}))
    assert whole["code"].value_counts().to_dict() == {
        "spike": 7,
        "null_geometry": 1,
        "repeated_vertices": 1,
    }
    monkeypatch.setattr(outlines, "CHUNK", 3)
    assert_geodataframe_equal(whole, findings(layer(lots | {"q": None})))
