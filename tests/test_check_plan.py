from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box

from checklayers import findings, found, layer, moved
from gisland.base.errors import CRSError, GeometryError

LOTS = {"in": box(0, 0, 10, 10), "over": box(10, 0, 20, 10), "out": box(30, 0, 40, 10)}


def plan(*shapes: object, crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_without_a_plan_boundary_nothing_is_said_of_it() -> None:
    assert found(layer(LOTS)) == []


def test_parcels_across_and_outside_the_plan_boundary() -> None:
    table = findings(layer(LOTS), plan_boundary=plan(box(-5, -5, 14, 15)))
    columns = ["code", "severity", "parcel_id", "value", "unit", "message"]
    assert table[columns].to_numpy().tolist() == [
        [
            "crosses_plan_boundary",
            "warning",
            "over",
            60.0,
            "m2",
            "60.00 m² outside the plan boundary, 40.00 m² inside",
        ],
        [
            "outside_plan_boundary",
            "info",
            "out",
            100.0,
            "m2",
            "the parcel lies outside the plan boundary",
        ],
    ]
    assert table.geometry.iloc[0].equals(box(14, 0, 20, 10))
    assert table.geometry.iloc[1].equals(box(30, 0, 40, 10))


def test_slivers_beyond_the_plan_boundary_are_passed_over() -> None:
    lot = layer({"a": box(0, 0, 10, 10)})
    inside, outside = plan(box(-1, -1, 9.9995, 11)), plan(box(9.9995, -1, 30, 11))
    assert found(lot, plan_boundary=inside) == []
    assert found(lot, plan_boundary=outside) == [
        ("outside_plan_boundary", "info", "a", None, 99.995)
    ]
    assert [r[0] for r in found(lot, plan_boundary=inside, overlap_min_m2=0.001)] == [
        "crosses_plan_boundary"
    ]


def test_plan_polygons_count_once_where_they_overlap() -> None:
    two = plan(box(-5, -5, 12, 15), box(8, -5, 14, 15), None, Polygon())
    rows = found(layer(LOTS), plan_boundary=two)
    assert [r[4] for r in rows] == [60.0, 100.0]


def test_an_invalid_plan_boundary_is_taken_as_mended() -> None:
    bow = Polygon([(0, 0), (0, 10), (10, 0), (10, 10)])  # left and right triangles
    rows = found(layer({"a": box(0, 0, 10, 10)}), plan_boundary=plan(bow))
    assert rows == [("crosses_plan_boundary", "warning", "a", None, 50.0)]


@pytest.mark.parametrize("nothing", [[], [None], [Polygon()]])
def test_a_plan_boundary_without_polygons_says_nothing(nothing: list[object]) -> None:
    assert found(layer(LOTS), plan_boundary=plan(*nothing)) == []


def test_a_plan_boundary_of_many_vertices_gives_the_same_areas() -> None:
    angle = np.linspace(0, 2 * np.pi, 20_001)[:-1]
    circle = Polygon(np.column_stack([100 * np.cos(angle), 100 * np.sin(angle)]))
    cells = {
        f"c{x:02d}{y:02d}": box(20 * x, 20 * y, 20 * x + 20, 20 * y + 20)
        for x in range(-6, 6)
        for y in range(-6, 6)
    }
    parcels = moved(layer(cells))
    boundary = moved(gpd.GeoDataFrame(geometry=[circle], crs=4547))
    table = findings(parcels, plan_boundary=boundary).set_index("parcel_id")
    outside = {k: s.difference(circle).area for k, s in cells.items()}
    expected = {k: a for k, a in outside.items() if a > 0.01}
    assert table["value"].to_dict() == pytest.approx(expected, abs=1e-5)
    assert shapely.area(table.geometry).tolist() == pytest.approx(table["value"].tolist(), abs=1e-5)
    wholly = {k for k, a in outside.items() if a > 399.99}
    assert set(table.index[table["code"] == "outside_plan_boundary"]) == wholly


def test_a_plan_boundary_that_does_not_fit_is_refused() -> None:
    with pytest.raises(CRSError, match=r"plan boundary: EPSG:4526.*parcels are in EPSG:4547"):
        found(layer(LOTS), plan_boundary=plan(box(0, 0, 1, 1), crs=4526))
    with pytest.raises(CRSError, match="plan boundary"):
        found(layer(LOTS), plan_boundary=plan(box(0, 0, 1, 1), crs=4490))
    with pytest.raises(GeometryError, match=r"plan boundary: 1 shape .* not on Earth"):
        found(layer(LOTS), plan_boundary=plan(box(0, 0, 1e300, 1)))
    with pytest.raises(GeometryError, match=r"plan boundary: .*LineString"):
        found(layer(LOTS), plan_boundary=plan(LineString([(0, 0), (1, 1)])))
