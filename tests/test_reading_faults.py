"""Faulty and odd input that has once been misread: each is read rightly, told, or refused."""

import math
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from filed import curve, many, ringed
from gisland.base.crs import choose_analysis_crs
from gisland.base.errors import CRSError, FieldError, GeometryError, LayerError
from gisland.layers.fields.ids import read_ids
from gisland.layers.fields.values import to_text
from gisland.layers.files.cells import plain_cells
from gisland.layers.files.curves import linear
from gisland.layers.files.delimited import read_delimited
from gisland.layers.files.encoding import find_encoding
from gisland.layers.files.shapes import shapes_from_wkb
from gisland.layers.findings import Finding
from gisland.layers.source import Source

SOURCE = Source("parcels", "p.csv")
SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
WKT = "POLYGON ((0 0, 1 0, 1 1, 0 0))"


def read(folder: Path, text: str) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    file = folder / "p.csv"
    file.write_bytes(text.encode())
    table, _, told = read_delimited(SOURCE, file)
    return table, told


# The place of a layer


def district(*strays: shapely.Geometry) -> gpd.GeoDataFrame:
    squares = [box(114 + i / 1000, 30, 114.001 + i / 1000, 30.001) for i in range(50)]
    ids = [f"p{i:02d}" for i in range(50)] + [f"stray{i}" for i in range(len(strays))]
    return gpd.GeoDataFrame(geometry=[*squares, *strays], index=ids, crs=4490)


def test_a_stray_shape_does_not_move_the_analysis_crs() -> None:
    crs, why = choose_analysis_crs(district(box(0, 0, 0.001, 0.001), Point(), None))
    assert crs.to_epsg() == 4547
    assert why == "3-degree Gauss-Krüger zone 38 of the data"


def test_a_crs_refused_for_the_place_names_the_shapes_elsewhere() -> None:
    words = (
        r"most of the parcels lie near 114\.0° east, 30\.0° north, and these elsewhere \(stray0\);"
        r" use a metric code for that place, such as EPSG:4547"
    )
    with pytest.raises(CRSError, match=words):
        choose_analysis_crs(district(box(0, 0, 0.001, 0.001)), wanted="EPSG:32640")
    with pytest.raises(CRSError, match=r"but the parcels lie near 114\.0° east, 30\.0° north; use"):
        choose_analysis_crs(district(), wanted="EPSG:32640")


# Text tables


def test_an_empty_cell_of_shapes_is_a_missing_shape(tmp_path: Path) -> None:
    table, told = read(tmp_path, f"id;shape\na;{WKT}\nb;\n")
    assert table.geometry.isna().tolist() == [False, True]
    assert not told


def test_lines_that_end_in_a_carriage_return_alone(tmp_path: Path) -> None:
    table, _ = read(tmp_path, f"id;shape\ra;{WKT}\rb;{WKT}\r")
    assert table["id"].tolist() == ["a", "b"]


@pytest.mark.parametrize("first", ["x" * 140_000, "id\rno;shape"])
def test_a_first_line_without_column_names_is_refused(tmp_path: Path, first: str) -> None:
    with pytest.raises(LayerError, match=r"the first line of p\.csv holds no column names"):
        read(tmp_path, f"{first}\na;{WKT}\n")


def extended(code: int) -> str:
    return f"SRID={code};{WKT}"


def test_the_coordinate_system_that_shapes_name(tmp_path: Path) -> None:
    table, told = read(tmp_path, f"id|shape\na|{extended(4547)}\nb|{extended(4547)}\nc|\n")
    assert table.crs.to_epsg() == 4547
    assert not told
    table, told = read(tmp_path, f"id|shape\na|{extended(4547)}\nb|{WKT}\nc|SRID=0;{WKT}\n")
    assert table.crs.to_epsg() == 4547
    assert [(t["code"], t["value"]) for t in told] == [("srid_partly", 2.0)]
    assert told[0]["message"] == (
        "parcels: only 1 of 3 shapes name a coordinate system; the others are taken to be in"
        " EPSG:4547 too"
    )


@pytest.mark.parametrize("code", [999_999, 9_999_999_999])
def test_an_unknown_coordinate_system_of_shapes_is_refused(tmp_path: Path, code: int) -> None:
    words = f"the SRID of shapes in p.csv = 'EPSG:{code}' is not a known CRS"
    with pytest.raises(CRSError, match=words):
        read(tmp_path, f"id|shape\na|{extended(code)}\n")


def test_the_coordinate_system_of_wkb_with_arcs(tmp_path: Path) -> None:
    arc = struct.pack("<BIII6d", 1, 8 | 0x20000000, 4547, 3, 0, 0, 1, 1, 2, 0)
    table, told = read(tmp_path, f"id|shape\na|{arc.hex()}\n")
    assert table.crs.to_epsg() == 4547
    assert [t["code"] for t in told] == ["curves_linearised"]


# Shapes that cannot be drawn as they are


def test_rings_and_lines_of_too_few_points_are_left_out_and_told() -> None:
    holed = ringed(SQUARE, [(0.2, 0.2)])
    shapes, told = shapes_from_wkb(
        [
            holed,
            many(6, [holed, ringed([(0.0, 0.0)])]),
            many(7, [holed]),
            many(5, [curve(2, SQUARE[:1]), curve(2, SQUARE[:2])]),
            ringed(SQUARE[:4]),
        ],
        SOURCE,
    )
    assert shapely.to_wkt(shapes, rounding_precision=0).tolist() == [
        "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)))",
        "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0)))",
        "MULTILINESTRING ((0 0, 1 0))",
        "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    ]
    assert [(t["code"], t["severity"], t["value"]) for t in told] == [
        ("ring_closed", "warning", 1.0),
        ("ring_dropped", "warning", 4.0),
    ]


def test_shapes_of_too_few_points_are_missing_and_told() -> None:
    good = ringed(SQUARE)
    shapes, told = shapes_from_wkb([curve(2, SQUARE[:1]), good, ringed(SQUARE[:1])], SOURCE)
    assert shapely.is_missing(shapes).tolist() == [True, False, True]
    assert [(t["code"], t["severity"]) for t in told] == [("shape_unreadable", "error")]
    assert told[0]["message"] == (
        "parcels: 2 shapes have too few points to be drawn, taken as missing; rows 1, 3"
    )


def test_bytes_that_break_off_are_no_closed_ring() -> None:
    with pytest.raises(GeometryError, match=r"the shape of row 2 cannot be read \(the geometry is"):
        shapes_from_wkb([ringed(SQUARE), ringed(SQUARE)[:40]], SOURCE)


def test_arcs_in_collections_become_chords() -> None:
    arc = curve(8, [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)])
    shapes, told = shapes_from_wkb([many(7, [many(7, [arc])]), many(7, [ringed(SQUARE)])], SOURCE)
    assert shapely.get_type_id(shapely.get_parts(shapely.get_parts(shapes[0]))).tolist() == [1]
    assert shapely.length(shapes).tolist() == [pytest.approx(math.pi, rel=1e-3), 4.0]
    assert [(t["code"], t["value"]) for t in told] == [("curves_linearised", 1.0)]


def test_arcs_nested_too_deeply_are_refused() -> None:
    deep = curve(8, [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)])
    for _ in range(3000):
        deep = many(7, [deep])
    with pytest.raises(GeometryError, match="nested too deeply"):
        shapes_from_wkb([deep], SOURCE)


# Arcs


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(5.0, 5.0)] * 3, [(5.0, 5.0)] * 2),
        ([(5.0, 5.0), (5.0 + 1e-13, 5.0), (5.0, 5.0)], [(5.0, 5.0)] * 2),
        ([(0.0, 0.0), (5e4, 1e-7), (1e5, 0.0)], [(0.0, 0.0), (1e5, 0.0)]),
        ([(0.0, 0.0), (0.0, 0.0), (1e5, 0.0)], [(0.0, 0.0), (1e5, 0.0)]),
        ([(0.0, 0.0), (1e5, 0.0), (1e5, 0.0)], [(0.0, 0.0), (1e5, 0.0)]),
    ],
)
def test_degenerate_and_nearly_straight_arcs_are_straight(
    points: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    assert list(linear(curve(8, points), tolerance=0.001).coords) == expected


def test_a_flat_arc_of_a_large_circle_keeps_its_height() -> None:
    height, half = 0.0005, 5e4  # half the tolerance: one chord will do
    line = linear(curve(8, [(-half, 0.0), (0.0, height), (half, 0.0)]), tolerance=0.001)
    assert list(line.coords) == [(-half, 0.0), (half, 0.0)]
    line = linear(curve(8, [(-half, 0.0), (0.0, 0.1), (half, 0.0)]), tolerance=0.001)
    assert len(line.coords) > 2
    assert line.bounds[3] == pytest.approx(0.1, abs=0.001)


def test_an_arc_with_its_middle_beside_an_end_is_no_straight_line() -> None:
    turn = 1e-8
    points = [(1.0, 0.0), (math.cos(turn), math.sin(turn)), (-1.0, 0.0)]
    line = linear(curve(8, points), tolerance=0.001)
    assert line.length == pytest.approx(math.pi, rel=1e-3)


# Cells, ids


@pytest.mark.parametrize(
    ("values", "largest", "digits"), [("float32", 2**24, 8), ("float64", 2**53, 16)]
)
def test_ids_in_floating_point_are_exact_up_to_its_width(
    values: str, largest: int, digits: int
) -> None:
    fine = pd.Series([largest - 1], dtype=values)
    assert to_text(fine, what="id").tolist() == [str(largest - 1)]
    for dtype in (values, values.capitalize()):
        with pytest.raises(FieldError, match=f"whole numbers of {digits} digits and more"):
            to_text(pd.Series([largest], dtype=values).astype(dtype), what="id")


@pytest.mark.parametrize("text", ["4E+18", "4.2E+18", "4.2e18"])
def test_ids_that_a_spreadsheet_has_rounded_are_refused(text: str) -> None:
    table = gpd.GeoDataFrame({"no": [text, "7"]}, geometry=[Point(0, 0)] * 2)
    with pytest.raises(FieldError, match=r"a spreadsheet has rounded, in 1 row"):
        read_ids(table, Source("parcels", "", fields={"parcel_id": "no"}))


def test_codes_with_a_letter_e_are_ids() -> None:
    table = gpd.GeoDataFrame({"no": ["4E10", "4F10"]}, geometry=[Point(0, 0)] * 2)
    ids, _ = read_ids(table, Source("parcels", "", fields={"parcel_id": "no"}))
    assert ids.tolist() == ["4E10", "4F10"]


def test_categories_with_missing_values() -> None:
    table = pd.DataFrame(
        {
            "number": pd.Categorical.from_codes([1, -1], categories=np.array([2**60, 2**60 + 1])),
            "flag": pd.Categorical([True, None]),
            "whole": pd.Categorical([1, 2]),
        }
    )
    cells, _ = plain_cells(table, SOURCE)
    assert cells["number"].isna().tolist() == [False, True]
    assert int(cells["number"].iloc[0]) == 2**60 + 1
    assert cells["flag"].isna().tolist() == [False, True]
    assert cells["whole"].dtype == "int64"


# Encodings


@pytest.mark.parametrize(
    "text", ["100㎡", "12.5 ㎡", "30㎞", "淼犇鑫骉", "淼鑫", "骧骝骞 12 淼鑫㎡"]
)
def test_seldom_characters_and_units_are_chinese(text: str) -> None:
    assert find_encoding([text.encode("gb18030"), b"A12"], what="parcels").name == "gb18030"


@pytest.mark.parametrize("texts", [("25°C", "40°C"), ("100©Omega", "100 ©Onega"), ("RÜÄ", "ÜB")])
def test_western_signs_are_not(texts: tuple[str, ...]) -> None:
    values = [t.encode("cp1252") for t in texts]
    assert find_encoding(values, what="parcels").name == "latin1"
