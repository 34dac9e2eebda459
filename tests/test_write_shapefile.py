from __future__ import annotations

import csv
import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from gisland.base.errors import CRSError, GeometryError, OutputError
from gisland.layers.files.opening import open_layer
from gisland.layers.source import Source
from gisland.layers.writing import write_shapefile as module
from gisland.layers.writing.dbfwrite import UnfitError, dbf_bytes, dbf_field, text_parts
from gisland.layers.writing.fieldcodes import field_codes
from gisland.layers.writing.write_shapefile import write_shapefile, write_shapefiles
from small_results import tables

CRS = 4547


def layer(geometry: list[Any] | None = None, **columns: object) -> gpd.GeoDataFrame:
    size = len(next(iter(columns.values()))) if columns else len(geometry or [])  # type: ignore[arg-type]
    shapes = geometry or [box(i, 0, i + 1, 1) for i in range(size)]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=CRS))


def read(file: Path) -> gpd.GeoDataFrame:
    """As gisland itself reads it."""
    return open_layer(Source("roads", file.name), folder=file.parent).table


def back(frame: gpd.GeoDataFrame, folder: Path, **options: dict[str, str]) -> gpd.GeoDataFrame:
    return read(write_shapefile(frame, folder / "out.shp", **options))


def aliases(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


# --- field names -------------------------------------------------------------------------------


def test_names_that_fit_stay_and_the_others_are_cut_and_told_apart() -> None:
    columns = ["owner", "area_before_m2", "area_befor", "AREA_BEFOR", "area_before_mu", "fid"]
    assert field_codes(columns) == {
        "owner": "owner",
        "area_before_m2": "area_bef_2",
        "area_befor": "area_befor",
        "AREA_BEFOR": "AREA_BEF_3",
        "area_before_mu": "area_bef_4",
        "fid": "fid_2",
    }


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("宗地代码", "F1"),
        ("计划_12", "F1"),
        ("DK编号", "DK"),
        ("2022年", "F1"),
        ("3D高度", "F3D"),
        ("a b-c", "abc"),
        ("", "F1"),
        ('TEST."-:!', "TEST"),
        ("Straße", "Strae"),
        ("footprint_m2", "footprint"),
    ],
)
def test_what_does_not_fit_is_left_out(column: str, code: str) -> None:
    assert field_codes([column]) == {column: code}


def test_a_thousand_chinese_names_are_all_told_apart() -> None:
    codes = field_codes([f"字段{'甲' * i}" for i in range(1000)])
    assert len({c.lower() for c in codes.values()}) == 1000
    assert list(codes.values())[::999] == ["F1", "F1000"]


@given(st.lists(st.text(max_size=14), max_size=30, unique=True))
def test_codes_fit_and_differ_whatever_the_names(columns: list[str]) -> None:
    codes = field_codes(columns)
    assert list(codes) == columns
    assert all(1 <= len(c.encode("ascii")) <= 10 and c.isidentifier() for c in codes.values())
    assert len({c.lower() for c in codes.values()}) == len(columns)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"owner": "owner_of_parcel"}, "'owner_of_parcel' for 'owner' is no name of 1 to 10 ASCII"),
        ({"owner": "权利人"}, "'权利人' for 'owner' is no name"),
        ({"owner": ""}, "'' for 'owner' is no name"),
        ({"owner": "1st"}, "'1st' for 'owner' is no name"),
        ({"owner": "a b"}, "'a b' for 'owner' is no name"),
        ({"owner": "X", "tax": "x"}, "'X' is given to 'owner', 'tax'"),
        ({"ownr": "X"}, "there is no column 'ownr'"),
    ],
)
def test_given_names_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, names: dict[str, str], message: str
) -> None:
    frame = layer(owner=["a"], tax=[1.0])
    with pytest.raises(OutputError, match=message):
        write_shapefile(frame, tmp_path / "new" / "out.shp", names=names)
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_given_names_are_told_at_once() -> None:
    with pytest.raises(OutputError, match=r"there is no column 'c'; '' for 'a' .*; 'X' is given"):
        field_codes(["a", "b", "d"], names={"a": "", "b": "X", "d": "x", "c": "ok"})


def test_given_names_come_first(tmp_path: Path) -> None:
    frame = layer(宗地代码=["x"], zddm=["y"])
    assert back(frame, tmp_path, names={"宗地代码": "ZDDM"}).columns.tolist() == [
        *("ZDDM", "zddm_2", "geometry")
    ]


# --- values ------------------------------------------------------------------------------------


def test_values_read_back_as_they_were(tmp_path: Path) -> None:
    frame = layer(
        text=["甲" * 84, "𠮷 a;b,'\"", None, "x\ny"],
        number=[0.1 + 0.2, 1e-20, None, -1.7976931348623157e308],
        tiny=[5e-324, 1 / 3, 500000.123456789, 1e16],
        whole=[1, -(10**15) + 1, 0, 7],
        some=pd.array([1, None, -5, 123456789012], "Int64"),
        flag=[True, False, True, False],
        perhaps=pd.array([True, None, False, True], "boolean"),
        day=pd.to_datetime(["2024-02-29", None, "1999-12-31", "2000-01-01"]),
        made=pd.Series([dt.date(2024, 1, 2), None, dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    )
    before = frame.copy(deep=True)
    found = back(frame, tmp_path)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    assert found["text"].fillna("-").tolist() == ["甲" * 84, "𠮷 a;b,'\"", "-", "x\ny"]
    for name in ("number", "tiny"):
        assert [repr(v) for v in found[name]] == [repr(float(v)) for v in frame[name]]
    assert found["whole"].tolist() == frame["whole"].tolist()
    assert found["some"].fillna(-1).tolist() == [1, -1, -5, 123456789012]
    assert found["flag"].tolist() == [True, False, True, False]
    assert [None if pd.isna(v) else bool(v) for v in found["perhaps"]] == [True, None, False, True]
    assert [None if pd.isna(d) else str(d)[:10] for d in found["day"]] == [
        *("2024-02-29", None, "1999-12-31", "2000-01-01")
    ]
    assert [None if pd.isna(d) else str(d)[:10] for d in found["made"]] == [
        *("2024-01-02", None, "0001-01-01", "9999-12-31")
    ]
    assert found.geometry.geom_equals(frame.geometry).all()
    assert found.crs.to_epsg() == CRS


def test_gdal_alone_would_round_and_lose_numbers(tmp_path: Path) -> None:
    frame = layer(number=[1e-20, 0.1 + 0.2])
    pyogrio.write_dataframe(frame, tmp_path / "theirs.shp")
    assert pyogrio.read_dataframe(tmp_path / "theirs.shp")["number"].tolist() == [0.0, 0.3]
    assert back(frame, tmp_path)["number"].tolist() == [1e-20, 0.1 + 0.2]


cells = st.one_of(st.none(), st.floats(allow_infinity=False, allow_nan=False))
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(max_examples=15)
@given(st.lists(st.tuples(cells, st.one_of(st.none(), words)), min_size=1, max_size=8))
def test_whatever_the_values_they_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, str | None]]
) -> None:
    numbers, texts = zip(*rows, strict=True)
    frame = layer(数=pd.array(numbers, "float64"), 字=pd.array(texts, "str"))
    found = back(frame, tmp_path_factory.mktemp("any"))
    told = [None if n is None else float(n) for n in numbers]
    assert [None if math.isnan(v) else v for v in found["F1"].astype("float64")] == told
    # the format knows no blanks around a text, nor a text without a character
    assert found["F2"].fillna("").tolist() == [(t or "").strip(" ") for t in texts]


def test_times_of_day_and_zones_become_texts(tmp_path: Path) -> None:
    times = pd.to_datetime(pd.Series(["2024-01-02 03:04:05", None]))
    found = back(layer(t=times, z=times.dt.tz_localize("Asia/Shanghai")), tmp_path)
    assert found["t"].tolist()[0] == "2024-01-02T03:04:05"
    assert found["z"].tolist()[0] == "2024-01-02T03:04:05+08:00"
    assert found["t"].isna().tolist() == [False, True]


@pytest.mark.parametrize("kind", ["float64", "Int64", "boolean", "str", "datetime64[ms]"])
def test_columns_without_a_value_stay_missing(tmp_path: Path, kind: str) -> None:
    frame = layer(x=pd.Series([None, None], dtype=kind), y=["a", "b"])
    assert back(frame, tmp_path)["x"].isna().all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "甲" * 85, "b" * 255], r"'x': texts are longer than 254 bytes \(row 2, row 3\)"),
        ([1.0, math.inf, None], r"'x': infinite numbers cannot be stored \(row 2\)"),
        (
            [1, 10**15, -(10**15)],
            r"whole numbers of 16 digits .* exact \(row 2, row 3\)",
        ),
        (["a", "b\0c", None], r"'x': texts hold characters that cannot be stored \(row 2\)"),
        (np.array([1, 2, 2**64 - 1], dtype="uint64"), r"do not stay exact \(row 3\)"),
    ],
)
def test_values_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, values: object, message: str
) -> None:
    write_shapefile(layer(x=[1]), tmp_path / "out.shp")
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=message):
        write_shapefile(layer(x=values), tmp_path / "out.shp")
    assert contents(tmp_path) == before


def test_all_faults_are_told_at_once_with_the_ids_of_their_rows(tmp_path: Path) -> None:
    frame = layer(parcel_id=list("abcdefg"), 备注=["长" * 85] * 7, tax=[math.inf, *[1.0] * 6])
    message = (
        r"out: '备注': texts are longer than 254 bytes \(a, b, c, d, e and 2 more\);"
        r" out: 'tax': infinite numbers cannot be stored \(a\); shorten or drop them"
    )
    with pytest.raises(OutputError, match=message):
        write_shapefile(frame, tmp_path / "out.shp")


def test_a_text_of_254_bytes_fits(tmp_path: Path) -> None:
    texts = ["甲" * 84 + "ab", "x" * 254]
    assert back(layer(x=texts), tmp_path)["x"].tolist() == texts


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UnfitError, match="characters that cannot be stored"):
        dbf_field(pd.Series(["a", "\ud842"], dtype="object"))


# --- shapes ------------------------------------------------------------------------------------

PARTS = MultiPolygon([box(0, 0, 1, 1), box(5, 0, 6, 1)])
HOLE = box(0, 0, 9, 9).difference(box(3, 3, 4, 4))


@pytest.mark.parametrize(
    "shapes",
    [
        [HOLE, PARTS, None],
        [LineString([(0, 0), (1, 1)]), None],
        [Point(1, 2), Point(3.5, 4)],
        [Point(1, 2), MultiPoint([(3, 4), (5, 6)])],
        [None, None],
    ],
)
def test_shapes_read_back_missing_ones_too(tmp_path: Path, shapes: list[Any]) -> None:
    found = back(layer(shapes, n=list(range(len(shapes)))), tmp_path)
    assert found["n"].tolist() == list(range(len(shapes)))
    for shape, other in zip(shapes, found.geometry, strict=True):
        assert (shape is None) == (other is None or pd.isna(other))
        assert shape is None or shapely.equals(shape, other)


def test_coordinates_stay_bit_for_bit(tmp_path: Path) -> None:
    shape = Polygon([(500000.1 / 3, 3400000.7 / 3), (600000.1, 3400000), (600000, 3500000.123)])
    found = back(layer([shape], n=[1]), tmp_path).geometry.iloc[0]
    assert set(map(tuple, shapely.get_coordinates(found).tolist())) == set(
        map(tuple, shapely.get_coordinates(shape).tolist())
    )


def test_empty_shapes_come_back_missing_and_empty_layers_empty(tmp_path: Path) -> None:
    found = back(layer([Polygon(), box(0, 0, 1, 1)], n=[1, 2]), tmp_path)
    assert found.geometry.isna().tolist() == [True, False]
    file = write_shapefile(layer(n=[1], t=["甲"]).iloc[:0], tmp_path / "out.shp")
    none = pyogrio.read_dataframe(file)  # our own reader refuses a layer without rows
    assert (len(none), none.columns.tolist()) == (0, ["n", "t", "geometry"])


@pytest.mark.parametrize(
    ("shapes", "error", "message"),
    [
        ([box(0, 0, 1, 1), Point(0, 0)], GeometryError, "one kind of .*, found Point, Polygon"),
        ([GeometryCollection([Point(0, 0)])], GeometryError, "found GeometryCollection"),
        ([shapely.force_3d(box(0, 0, 1, 1))], GeometryError, "out: 1 shape has Z or M; drop"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    tmp_path: Path, shapes: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        write_shapefile(layer(shapes), tmp_path / "out.shp")
    assert list(tmp_path.iterdir()) == []


def test_there_must_be_a_crs_and_one_geometry(tmp_path: Path) -> None:
    frame = layer(n=[1])
    with pytest.raises(CRSError, match="out: there is no CRS; set it first"):
        write_shapefile(frame.set_crs(None, allow_override=True), tmp_path / "out.shp")
    with pytest.raises(OutputError, match="holds one geometry column, found middle too; drop them"):
        write_shapefile(frame.assign(middle=frame.centroid), tmp_path / "out.shp")
    assert list(tmp_path.iterdir()) == []


# --- files -------------------------------------------------------------------------------------


def test_the_parts_and_the_table_of_names(tmp_path: Path) -> None:
    frame = layer(**{"宗地代码": ["a", "bc"], "=cmd()": [1.5, -20.25], "f": [True, False]})
    file = write_shapefile(frame, tmp_path / "out.shp")
    assert sorted(contents(tmp_path)) == [
        *("out.cpg", "out.dbf", "out.fields.csv", "out.prj", "out.shp", "out.shx")
    ]
    assert (tmp_path / "out.cpg").read_text("ascii") == "UTF-8"
    assert "CGCS2000_3_Degree_GK_CM_114E" in (tmp_path / "out.prj").read_text("ascii")
    assert (tmp_path / "out.fields.csv").read_bytes().startswith(b"\xef\xbb\xbffile,code,name,")
    assert [list(row.values())[1:] for row in aliases(file.with_name("out.fields.csv"))] == [
        ["F1", "宗地代码", "C", "2", "0"],
        ["cmd", "'=cmd()", "N", "6", "2"],
        ["f", "f", "L", "1", "0"],
    ]


def test_the_bytes_of_the_table() -> None:
    field = dbf_field(pd.Series(["甲", None]))
    assert dbf_bytes([("F1", field)], rows=2) == (
        b"\x03\x64\x01\x01\x02\x00\x00\x00\x41\x00\x04\x00"
        + bytes(20)
        + b"F1"
        + bytes(9)
        + b"C"
        + bytes(4)
        + b"\x03\x00"
        + bytes(14)
        + b"\r"
        + b" \xe7\x94\xb2"
        + b"    "
        + b"\x1a"
    )


def test_the_same_layer_gives_the_same_bytes_on_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = layer(n=[1.5, None], t=["甲", "乙"])
    write_shapefile(frame, tmp_path / "a" / "out.shp")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    write_shapefile(frame.copy(), tmp_path / "b" / "out.shp")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert (tmp_path / "a" / "out.dbf").read_bytes()[1:4] == bytes((100, 1, 1))


def test_a_named_index_becomes_a_column_and_others_do_not(tmp_path: Path) -> None:
    frame = layer(n=[1, 2])
    named = frame.set_axis(pd.Index(["a", "b"], name="parcel_id"), axis=0)
    assert back(named, tmp_path).columns.tolist() == ["parcel_id", "n", "geometry"]
    assert back(frame.set_axis([7, 7], axis=0), tmp_path).columns.tolist() == ["n", "geometry"]


def test_a_layer_without_columns_and_one_of_the_same_names(tmp_path: Path) -> None:
    assert back(layer([box(0, 0, 1, 1)]), tmp_path)["row"].tolist() == [1]
    twice = layer(n=[1], m=[2]).rename(columns={"m": "n"})
    with pytest.raises(OutputError, match=r"out: columns repeat \(n\); rename them"):
        write_shapefile(twice, tmp_path / "out.shp")


def test_too_many_columns_and_rows_too_wide(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"256 columns of .* are more than 255"):
        write_shapefile(layer(**{f"c{i}": [1] for i in range(256)}), tmp_path / "out.shp")
    assert len(back(layer(**{f"c{i}": [1] for i in range(255)}), tmp_path).columns) == 256


def test_files_too_large_are_refused_and_earlier_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shapefile(layer(n=[1]), tmp_path / "out.shp")
    before = contents(tmp_path)
    monkeypatch.setattr(module, "MAX_FILE", 300)
    with pytest.raises(OutputError, match=r"out: \.shp and \.dbf are larger than 2 GB"):
        write_shapefile(layer(n=list(range(9)), t=["x" * 30] * 9), tmp_path / "out.shp")
    assert contents(tmp_path) == before


def test_indexes_of_an_earlier_file_go_and_other_files_stay(tmp_path: Path) -> None:
    for name in ("OUT.SBN", "out.qix", "out.shp.xml", "out.txt", "outer.sbn", "out.DBF"):
        (tmp_path / name).write_bytes(b"old")
    write_shapefile(layer(n=[1]), tmp_path / "out.shp")
    assert sorted(contents(tmp_path)) == [
        *("out.cpg", "out.dbf", "out.fields.csv", "out.prj", "out.shp", "out.shx"),
        *("out.txt", "outer.sbn"),
    ]


@pytest.mark.parametrize("broken_at", [1, 3, 8])
def test_a_failure_while_moving_leaves_the_earlier_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_at: int
) -> None:
    write_shapefile(layer(n=[1]), tmp_path / "out.shp")
    before = contents(tmp_path)
    plain, calls = Path.replace, [0]

    def replace(self: Path, target: Path) -> Path:
        calls[0] += 1
        if calls[0] == broken_at:
            raise OSError(28, "No space left on device")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="cannot be written: No space left on device; close"):
        write_shapefile(layer(n=[2]), tmp_path / "out.shp")
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    with pytest.raises(OutputError, match="cannot be written: "):
        write_shapefile(layer(n=[1]), tmp_path / "file" / "out.shp")


def test_the_file_must_be_called_a_shapefile(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"not the name of a shapefile; let it end in \.shp"):
        write_shapefile(layer(n=[1]), tmp_path / "out.gpkg")
    assert write_shapefile(layer(n=[1]), tmp_path / "分区.v2.SHP").name == "分区.v2.shp"
    assert read(tmp_path / "分区.v2.shp")["n"].tolist() == [1]


# --- all tables --------------------------------------------------------------------------------


def test_every_drawn_result_is_written_with_one_table_of_names(tmp_path: Path) -> None:
    given = tables()
    drawn = {n: f for n, f in given.items() if isinstance(f, gpd.GeoDataFrame)}
    folder = write_shapefiles(given, tmp_path / "shapefiles")
    rows = aliases(folder / "fields.csv")
    by_name = {row["name"]: row["code"] for row in rows}
    assert len({(row["name"], row["code"]) for row in rows}) == len(by_name)
    stems = {p.stem for p in folder.glob("*.shp")}
    assert stems == {row["file"] for row in rows}
    assert {s.rpartition("_")[0] or s for s in stems} | stems >= set(drawn)
    parcels = read(folder / "parcels.shp").set_index("parcel_id")
    expected = drawn["parcels"].set_index("parcel_id")
    area = parcels[by_name["area_m2"]]
    assert area.to_dict() == pytest.approx(expected["area_m2"].to_dict(), nan_ok=True)
    assert parcels["owner"].to_dict() == expected["owner"].to_dict()
    plan = read(folder / "plan.shp")
    assert plan.geometry.geom_equals(drawn["plan"].geometry.reset_index(drop=True)).all()


def test_kinds_of_geometry_are_parted_and_no_row_is_lost(tmp_path: Path) -> None:
    line, square = LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)
    both = GeometryCollection([Point(9, 9), MultiPolygon([square, box(5, 0, 6, 1)])])
    frame = layer([Point(0, 0), square, None, line, both, Polygon()], code=list("abcdef"))
    folder = write_shapefiles({"findings": frame, "other": pd.DataFrame({"n": [1]})}, tmp_path)
    found = {p.stem: read(p) for p in sorted(folder.glob("*.shp"))}
    assert {stem: table["code"].tolist() for stem, table in found.items()} == {
        "findings_line": ["d"],
        "findings_point": ["a", "e"],
        "findings_polygon": ["b", "c", "e", "f"],
    }
    polygons = found["findings_polygon"].geometry
    assert [None if pd.isna(g) else g.area for g in polygons] == [1.0, None, 2.0, None]


def test_long_texts_of_results_go_on_in_further_fields_and_none_is_cut(tmp_path: Path) -> None:
    texts = [";".join(f"宗地{i:04d}" for i in range(60)), "x" * 200 + " " * 60 + "y" * 300, None]
    frame = layer(site_id=list("abc"), parcel_ids=pd.Series(texts, dtype="str"), n=[1, 2, 3])
    folder = write_shapefiles({"sites": frame}, tmp_path)
    found = read(folder / "sites.shp")
    assert found.columns.tolist() == [
        *("site_id", "parcel_ids", "parcel_i_2", "parcel_i_3", "n", "geometry")
    ]
    parts = found[["parcel_ids", "parcel_i_2", "parcel_i_3"]].fillna("")
    assert parts.sum(axis=1).tolist() == [texts[0], texts[1], ""]
    assert [row["name"] for row in aliases(folder / "fields.csv")][1:4] == [
        *("parcel_ids", "parcel_ids (2)", "parcel_ids (3)")
    ]
    with pytest.raises(OutputError, match="'parcel_ids': texts are longer than 254 bytes"):
        write_shapefile(frame, tmp_path / "sites.shp")
    taken = frame.rename_geometry("shape").assign(**{"parcel_ids (2)": "mine"})
    with pytest.raises(OutputError, match="'parcel_ids': texts are longer than 254 bytes"):
        write_shapefiles({"sites": taken}, tmp_path)


@given(st.text(st.sampled_from("a 甲𠮷"), max_size=700))
def test_pieces_of_a_text_fit_and_make_the_text(text: str) -> None:
    pieces = [part.iloc[0] for part in text_parts(pd.Series([text], dtype="str"))]
    assert "".join(pieces) == text
    assert all(p == p.strip(" ") for p in pieces[1:-1])
    assert all(len(p.encode()) <= 254 for p in pieces)


def test_a_table_without_any_shape_is_one_file(tmp_path: Path) -> None:
    folder = write_shapefiles({"zones": layer([None, None], n=[1, 2])}, tmp_path)
    assert read(folder / "zones.shp")["n"].tolist() == [1, 2]


def test_files_of_an_earlier_run_go_and_others_stay(tmp_path: Path) -> None:
    mixed = layer([Point(0, 0), box(0, 0, 1, 1)], n=[1, 2])
    write_shapefiles({"findings": mixed, "zones": layer(n=[1])}, tmp_path)
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    write_shapefiles({"findings": mixed.iloc[:1]}, tmp_path)
    assert {p.name for p in tmp_path.iterdir() if p.suffix in (".shp", ".csv", ".txt")} == {
        *("findings.shp", "fields.csv", "notes.txt")
    }
    (tmp_path / "fields.csv").write_bytes(b"\xff\xfe broken")
    write_shapefiles({"findings": mixed.iloc[:1]}, tmp_path)


def test_one_unfit_table_keeps_all_from_being_written(tmp_path: Path) -> None:
    good, bad = layer(n=[1]), layer(n=[math.inf])
    with pytest.raises(OutputError, match=r"plan: 'n': infinite .*; zones: 'n': infinite"):
        write_shapefiles({"parcels": good, "plan": bad, "zones": bad}, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match=r"names that no file can have \(\.\./x\)"):
        write_shapefiles({"../x": good}, tmp_path / "new")


@pytest.mark.parametrize(
    "name", ["con", "NUL", "aux.v2", "com1", "LPT9", "a:b", "a?", "end.", "end ", "", "tab\t"]
)
def test_names_that_some_system_cannot_have_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"tables bear names that no file can have \("):
        write_shapefiles({name: layer(n=[1])}, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    write_shapefiles({"console": layer(n=[1]), "分区.v2": layer(n=[1])}, tmp_path / "new")


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    mixed = layer([Point(0, 0), box(0, 0, 1, 1)], n=[1, 2])
    with pytest.raises(OutputError, match=r"would have the same name \(A, a\); rename their"):
        write_shapefiles({"A": layer(n=[1]), "a": layer(n=[2]), "b": mixed}, tmp_path / "new")
    with pytest.raises(OutputError, match=r"the same name \(A_Point, a_point\)"):
        write_shapefiles({"a": mixed, "A_Point": layer(n=[2])}, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_order_of_numbers_and_texts_is_that_of_the_rows(tmp_path: Path) -> None:
    numbers = np.random.default_rng(5).permutation(300)
    frame = layer(n=numbers, t=[f"甲{n}" for n in numbers])
    found = back(frame, tmp_path)
    assert found["n"].tolist() == numbers.tolist()
    assert found["t"].tolist() == frame["t"].tolist()


def test_a_column_may_bear_any_name() -> None:
    fields = [("kept", dbf_field(pd.Series([7, 42])))]
    assert dbf_bytes(fields, rows=2)[-7:] == b"  7 42\x1a"
