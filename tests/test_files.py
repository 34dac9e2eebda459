import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gisland.base.errors import LayerError
from gisland.layers.files.opening import Opened, open_layer
from gisland.layers.source import Source
from shapefiles import (
    Column,
    shape_bytes,
    square,
    table_bytes,
    write_shapefile,
    write_texts,
)

Open = Callable[..., Opened]
WEST = 512_000
NAMES: list[Column] = [(b"OWNER", "C", 12, 0), (b"N", "N", 10, 0)]
ROWS = [("甲厂".encode("gbk"), b"1"), ("乙厂".encode("gbk"), b"2"), ("丙厂".encode("gbk"), b"3")]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Open a file of the test's folder, and see that nothing in it was changed."""

    def run(path: str = "p.shp", **keys: str) -> Opened:
        before = {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
        try:
            return open_layer(Source("parcels", path, **keys), folder=tmp_path)  # type: ignore[arg-type]
        finally:
            assert {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before

    return run


def messages(layer: Opened) -> dict[str, str]:
    return {f["code"]: f["message"] for f in layer.findings}


def column(layer: Opened, name: str) -> list[object]:
    return [None if value != value else value for value in layer.table[name].tolist()]  # noqa: PLR0124 - NaN


def wests(layer: Opened) -> list[int]:
    """Which squares were read, from west to east."""
    return [round((g.bounds[0] - WEST) / 100) for g in layer.table.geometry]


# The parts of a shapefile


@pytest.mark.parametrize(
    "suffixes",
    [
        (".SHP", ".SHX", ".DBF", ".CPG"),
        (".shp", ".Shx", ".Dbf", ".cpg"),
        (".Shp", ".shx", ".DBF", ".Cpg"),
    ],
)
def test_suffixes_may_be_in_any_case(opened: Open, tmp_path: Path, suffixes: Sequence[str]) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS, cpg=b"GBK")
    for suffix in suffixes:
        file.with_suffix(suffix.lower()).rename(file.with_suffix(suffix))
    layer = opened(f"p{suffixes[0]}")
    assert column(layer, "OWNER") == ["甲厂", "乙厂", "丙厂"]
    assert layer.encoding.evidence == "the .cpg says 'GBK'"
    assert messages(layer) == {}


def test_base_names_may_differ_in_case(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "Parcels.shp", NAMES, ROWS)
    file.with_suffix(".dbf").rename(tmp_path / "PARCELS.DBF")
    file.with_suffix(".shx").rename(tmp_path / "parcels.shx")
    for path in ("Parcels.shp", "parcels.SHP"):
        assert column(opened(path), "OWNER") == ["甲厂", "乙厂", "丙厂"]


def test_two_parts_of_one_kind_are_refused(opened: Open, tmp_path: Path) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    (tmp_path / "p.DBF").write_bytes(table_bytes(NAMES, ROWS[::-1]))
    with pytest.raises(LayerError, match=r"p\.DBF and p\.dbf lie side by side; keep the one"):
        opened()


def test_a_part_of_another_layer_is_not_taken(opened: Open, tmp_path: Path) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    (tmp_path / "P.dbf").write_bytes(table_bytes(NAMES, ROWS[:1]))
    assert column(opened(), "N") == [1, 2, 3]


def test_a_missing_shx_is_made_elsewhere(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    file.with_suffix(".shx").unlink()
    layer = opened()
    assert wests(layer) == [0, 1, 2]
    assert messages(layer)["shx_rebuilt"] == (
        "parcels: there is no .shx; the places of the shapes are taken from the .shp"
    )
    assert not file.with_suffix(".shx").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _: b"", "the .shx is damaged"),
        (lambda _: b"no such thing" * 10, "the .shx is damaged"),
        (lambda shx: shx[:-8], "the .shx is cut off"),
        (lambda shx: shx[:-4], "the .shx is cut off"),
        (
            lambda shx: shx[:24] + struct.pack(">i", 58) + shx[28:116],
            "names fewer or more shapes than the .dbf",
        ),
        (lambda shx: shx[:100] + struct.pack(">i", 51) + shx[104:], "does not fit the .shp"),
        (lambda shx: shx[:100] + struct.pack(">i", 99_999) + shx[104:], "outside the .shp"),
    ],
)
def test_a_shx_that_contradicts_the_shp_is_made_anew(
    opened: Open, tmp_path: Path, spoil: Callable[[bytes], bytes], words: str
) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    index = file.with_suffix(".shx")
    index.write_bytes(spoil(index.read_bytes()))
    layer = opened()
    assert wests(layer) == [0, 1, 2]
    assert column(layer, "N") == [1, 2, 3]
    assert words in messages(layer)["shx_rebuilt"]


def test_a_shx_in_another_order_is_refused(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    index = file.with_suffix(".shx")
    shx = index.read_bytes()
    index.write_bytes(shx[:100] + shx[108:116] + shx[100:108] + shx[116:])
    with pytest.raises(LayerError, match=r"the .shx has the shapes in another order than the .shp"):
        opened()


def test_a_stale_shx_is_noticed_without_a_table(opened: Open, tmp_path: Path) -> None:
    shp = shape_bytes(3)[0]
    (tmp_path / "p.shp").write_bytes(shp)
    (tmp_path / "p.shx").write_bytes(shape_bytes(2)[1])
    layer = opened()
    assert wests(layer) == [0, 1, 2]
    assert "fewer shapes than the .shp has" in messages(layer)["shx_rebuilt"]


def test_shapes_that_were_edited_leave_gaps(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    shp, index = file.read_bytes(), file.with_suffix(".shx")
    place, moved = struct.pack(">i", len(shp) // 2), square(7)
    file.write_bytes(shp + struct.pack(">ii", 2, len(moved) // 2) + moved)
    shx = index.read_bytes()
    index.write_bytes(shx[:108] + place + shx[112:])
    assert wests(opened()) == [0, 7, 2]
    file.with_suffix(".dbf").unlink()
    layer = opened()
    assert wests(layer) == [0, 7, 2]
    assert list(messages(layer)) == ["dbf_missing"]


def test_a_missing_dbf_leaves_the_shapes(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    file.with_suffix(".dbf").unlink()
    layer = opened()
    assert list(layer.table.columns) == ["geometry"]
    assert wests(layer) == [0, 1, 2]
    assert messages(layer)["dbf_missing"] == (
        "parcels: there is no .dbf; shapes are read without attributes"
    )


@pytest.mark.parametrize("text", ["", "no such thing"])
def test_a_prj_that_names_nothing_is_told(opened: Open, tmp_path: Path, text: str) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    assert opened().table.crs is None
    assert "prj_unreadable" not in messages(opened())
    file.with_suffix(".prj").write_text(text, "utf-8")
    layer = opened()
    assert layer.table.crs is None
    assert "the .prj names no coordinate system" in messages(layer)["prj_unreadable"]


@pytest.mark.parametrize("missing_shx", [False, True])
@pytest.mark.parametrize(("bytes_lost", "shape"), [(1, 3), (100, 3), (137, 2), (200, 2)])
def test_a_shp_that_is_cut_off_is_refused(
    opened: Open,
    tmp_path: Path,
    missing_shx: bool,  # noqa: FBT001 - a parameter
    bytes_lost: int,
    shape: int,
) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    file.write_bytes(file.read_bytes()[:-bytes_lost])
    if missing_shx:
        file.with_suffix(".shx").unlink()
    with pytest.raises(LayerError, match=f"the .shp is cut off or damaged at shape {shape} of 3"):
        opened()


def test_a_shp_cut_off_between_shapes_is_refused_too(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    file.write_bytes(file.read_bytes()[:-136])
    with pytest.raises(LayerError, match=r"after shape 2 of 3: it should have 508 bytes, and has"):
        opened()
    file.with_suffix(".dbf").unlink()
    with pytest.raises(LayerError, match="cut off after shape 2: it should have 508 bytes"):
        opened()


@pytest.mark.parametrize("content", [b"", b"no shapefile at all", b"x" * 200])
def test_what_is_no_shapefile_is_refused(opened: Open, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.shp").write_bytes(content)
    with pytest.raises(LayerError, match=r"parcels: p.shp: the .shp is no shapefile; "):
        opened()


@pytest.mark.parametrize(
    ("at", "value"),
    [(108, 0), (108, 99), (144, 2), (144, -1), (148, 6), (148, 4), (148, 0), (152, 3), (152, -1)],
)
def test_a_shape_without_what_it_claims_is_refused(
    opened: Open, tmp_path: Path, at: int, value: int
) -> None:
    """GDAL hands over no shape then, as if the parcel had none."""
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    shp = bytearray(file.read_bytes())
    shp[at + 136 : at + 140] = struct.pack("<i", value)  # the second of three
    file.write_bytes(shp)
    with pytest.raises(LayerError, match=r"1 shape does not hold what the .shp claims .* \(2\)"):
        opened()


def test_missing_shapes_are_no_fault(opened: Open, tmp_path: Path) -> None:
    shp, shx = shape_bytes(1)
    empty = struct.pack(">iii", 2, 2, 0)
    (tmp_path / "p.shp").write_bytes(shp[:24] + struct.pack(">i", 128) + shp[28:] + empty)
    index = shx[:24] + struct.pack(">i", 58) + shx[28:] + struct.pack(">ii", len(shp) // 2, 2)
    (tmp_path / "p.shx").write_bytes(index)
    (tmp_path / "p.dbf").write_bytes(table_bytes(NAMES, ROWS[:2]))
    layer = opened()
    assert layer.table.geometry.isna().tolist() == [False, True]
    assert messages(layer).keys() == {"encoding_found"}


# Rows of the table


def test_more_or_fewer_rows_than_shapes_are_refused(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    for rows in (ROWS[:2], [*ROWS, ROWS[0]]):
        file.with_suffix(".dbf").write_bytes(table_bytes(NAMES, rows))
        with pytest.raises(LayerError, match=f"the .dbf has {len(rows)} rows, but the .shp 3 "):
            opened()


def test_a_dbf_that_breaks_off_is_refused(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    table = file.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-10])
    with pytest.raises(LayerError, match=r"the .dbf breaks off in row 3 of 3; copy or export"):
        opened()


@pytest.mark.parametrize("content", [b"", b"\3" * 20, b"\3" + bytes(40)])
def test_a_damaged_dbf_is_refused(opened: Open, tmp_path: Path, content: bytes) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS).with_suffix(".dbf").write_bytes(content)
    with pytest.raises(LayerError, match=r"the attribute table \(.dbf\) is damaged; copy"):
        opened()


def test_columns_wider_than_their_rows_are_refused(opened: Open, tmp_path: Path) -> None:
    table = bytearray(table_bytes(NAMES, ROWS))
    table[32 + 16] = 99
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS).with_suffix(".dbf").write_bytes(table)
    with pytest.raises(LayerError, match="is damaged"):
        opened()
    wide = table_bytes([(b"T", "C", 300 % 256, 1), (b"M", "C", 1, 0)], [])
    at = struct.pack("<H", 1 + 300 + 1)
    wide = wide[:10] + at + wide[12:]
    (tmp_path / "p.dbf").write_bytes(wide)
    with pytest.raises(LayerError, match="texts of more than 254 bytes"):
        opened()


def test_rows_marked_as_deleted_do_not_shift_the_others(opened: Open, tmp_path: Path) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS, deleted=[1])
    layer = opened()
    assert column(layer, "N") == [1, 3]
    assert wests(layer) == [0, 2]
    assert messages(layer)["rows_deleted"] == (
        "parcels: 1 row is marked as deleted in the .dbf and left out"
    )
    filtered = opened(where="N >= 2")
    assert (column(filtered, "N"), wests(filtered)) == ([3], [2])


# Names of columns


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_names_cut_inside_a_character_are_read(opened: Open, tmp_path: Path, encoding: str) -> None:
    name = ("a" * (encoding == "gbk") + "权利人名称地址").encode(encoding)[:10]
    whole = name.decode(encoding, errors="ignore")
    with pytest.raises(UnicodeDecodeError):
        name.decode(encoding)
    owner = "村委会".encode(encoding)
    write_shapefile(tmp_path / "p.shp", [(name, "C", 12, 0)], [(owner,), (owner,)])
    layer = opened()
    assert column(layer, whole) == ["村委会"] * 2
    assert messages(layer)["name_cut"].endswith(f"inside a character, read as: {whole}")
    assert len(opened(where=f"\"{whole}\" = '村委会'").table) == 2


def test_columns_of_one_name_are_both_kept(opened: Open, tmp_path: Path) -> None:
    columns: list[Column] = [(b"AREA", "N", 5, 0), (b"AREA", "C", 5, 0), (b"AREA_2", "C", 5, 0)]
    write_shapefile(tmp_path / "p.shp", columns, [(b"1", b"a", b"x"), (b"2", b"b", b"y")])
    layer = opened()
    assert column(layer, "AREA") == [1, 2]
    assert column(layer, "AREA_3") == ["a", "b"]
    assert column(layer, "AREA_2") == ["x", "y"]
    assert messages(layer)["name_repeated"].endswith("told apart: AREA -> AREA_3")


def test_names_that_become_one_by_cutting_are_told_apart(opened: Open, tmp_path: Path) -> None:
    names = ["权利人姓名".encode()[:10], "权利人地址".encode()[:10]]
    assert len({n.decode(errors="ignore") for n in names}) == 1
    columns: list[Column] = [(n, "C", 9, 0) for n in names]
    write_shapefile(tmp_path / "p.shp", columns, [("甲".encode(), "东街".encode())])
    layer = opened()
    assert column(layer, "权利人") == ["甲"]
    assert column(layer, "权利_2") == ["东街"]
    assert "权利人, 权利_2" in messages(layer)["name_cut"]


# Cells that GDAL misreads


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (b"1,5", None),
        (b"-", None),
        (b"1 2", None),
        (b"nan", None),
        (b"12abc", None),
        (b"0x10", None),
        ("１２".encode("gbk"), None),
        (b"12", 12.0),
        (b"-12.50", -12.5),
        (b"1.2e3", 1200.0),
        (b"7.", 7.0),
        (b"", None),
    ],
)
@pytest.mark.parametrize("decimals", [0, 2])
def test_numbers_are_read_whole_or_not_at_all(
    opened: Open, tmp_path: Path, cell: bytes, number: float | None, decimals: int
) -> None:
    columns: list[Column] = [(b"MJ", "N", 10, decimals), (b"K", "C", 2, 0)]
    write_shapefile(tmp_path / "p.shp", columns, [(cell, b"a"), (b"3", b"b")])
    layer = opened()
    assert column(layer, "MJ") == [number, 3]
    told = messages(layer).get("cell_unread", "")
    assert bool(told) == (number is None and cell != b"")
    if told:
        assert "column 'MJ': 1 cell is no numbers, taken as missing, such as" in told


def test_numbers_that_did_not_fit_are_missing(opened: Open, tmp_path: Path) -> None:
    columns: list[Column] = [(b"MJ", "N", 4, 0)]
    write_shapefile(tmp_path / "p.shp", columns, [(b"****",), (b"12",), (b"   *",)])
    layer = opened()
    assert column(layer, "MJ") == [None, 12, None]
    assert messages(layer)["number_overflow"] == (
        "parcels: column 'MJ': 2 cells of stars, no value or one too long for it; taken as missing"
    )


@pytest.mark.parametrize("width", [18, 19, 20])
def test_codes_stored_as_numbers_keep_their_digits(
    opened: Open, tmp_path: Path, width: int
) -> None:
    code = b"4403041234567890123"[: min(width, 19)]
    columns: list[Column] = [(b"ZDDM", "N", width, 0)]
    write_shapefile(tmp_path / "p.shp", columns, [(code,), (b"",)])
    layer = opened()
    assert column(layer, "ZDDM") == [code.decode(), None]
    assert messages(layer)["number_as_text"].endswith("read as texts: ZDDM")


@pytest.mark.parametrize(
    "cell", [b"20220230", b"20221301", b"2022/5/1", b"2022", b"99999999", b"20230229"]
)
def test_days_that_are_none_are_missing(opened: Open, tmp_path: Path, cell: bytes) -> None:
    columns: list[Column] = [(b"RQ", "D", 8, 0)]
    rows = [(cell,), (b"20240229",), (b"",), (b"00000000",)]
    write_shapefile(tmp_path / "p.shp", columns, rows)
    layer = opened()
    assert [str(v)[:10] for v in layer.table["RQ"].dropna()] == ["2024-02-29"]
    assert layer.table["RQ"].isna().tolist() == [True, False, True, True]
    assert (
        f"1 cell is no dates, taken as missing, such as '{cell.decode()}'"
        in (messages(layer)["cell_unread"])
    )


def test_flags_are_true_false_or_missing(opened: Open, tmp_path: Path) -> None:
    columns: list[Column] = [(b"F", "L", 1, 0)]
    cells = [b"T", b"y", b"F", b"n", b"?", b"", b"1"]
    write_shapefile(tmp_path / "p.shp", columns, [(c,) for c in cells])
    layer = opened()
    assert column(layer, "F") == [True, True, False, False, None, None, None]
    assert "1 cell is no flags, taken as missing, such as '1'" in messages(layer)["cell_unread"]


def test_texts_behind_a_nul_are_told(opened: Open, tmp_path: Path) -> None:
    texts = [b"a\0b", b"c\0\0", b"d", "丁\0".encode() + b"\xff"]
    write_texts(tmp_path / "p.shp", texts)
    layer = opened()
    assert column(layer, "OWNER") == ["a", "c", "d", "丁"]
    assert layer.encoding.name == "utf-8"
    assert "2 texts go on behind a NUL byte" in messages(layer)["text_nul"]


def test_texts_cut_inside_a_character_lose_the_half_only(opened: Open, tmp_path: Path) -> None:
    for encoding in ("utf-8", "gbk", "big5"):
        cut = "x國有土地使用權東街".encode(encoding)[:20]
        cut = cut if encoding == "utf-8" else cut[:19] + "路".encode(encoding)[:1]
        write_texts(tmp_path / "p.shp", [cut, "國有土地".encode(encoding)])
        layer = opened()
        assert column(layer, "OWNER") == [cut.decode(encoding, errors="ignore"), "國有土地"]


def test_columns_of_other_kinds_are_left_out(opened: Open, tmp_path: Path) -> None:
    columns: list[Column] = [(b"NOTE", "M", 10, 0), (b"I", "I", 4, 0), (b"K", "C", 2, 0)]
    rows = [(b"         1", b"\xff\xfe\0\1", b"a"), (b"         2", b"\1\0\0\0", b"b")]
    write_shapefile(tmp_path / "p.shp", columns, rows)
    layer = opened()
    assert list(layer.table.columns) == ["K", "geometry"]
    assert column(layer, "K") == ["a", "b"]
    assert layer.encoding.name == "utf-8"
    assert messages(layer)["column_left_out"].endswith("are left out: NOTE (M), I (I)")


def test_a_sound_table_tells_nothing(opened: Open, tmp_path: Path) -> None:
    columns: list[Column] = [(b"N", "N", 9, 3), (b"F", "F", 13, 2), (b"D", "D", 8, 0)]
    rows = [(b"1.5", b"-2.00", b"20240229"), (b"", b"1e5", b"")]
    write_shapefile(tmp_path / "p.shp", columns, rows, cpg=b"UTF-8")
    layer = opened()
    assert layer.findings == ()
    assert layer.notes == ()
    assert column(layer, "F") == [-2.0, 1e5]


# What is told of the encoding


def test_an_encoding_that_the_bytes_decide_is_told(opened: Open, tmp_path: Path) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    assert messages(opened()) == {
        "encoding_found": "parcels: texts are read as gb18030: "
        "the bytes are valid GB18030 and not UTF-8"
    }
    assert messages(opened(encoding="gbk")) == {}


def test_where_finds_chinese_texts(opened: Open, tmp_path: Path) -> None:
    write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    assert column(opened(where="OWNER = '乙厂'"), "N") == [2]


# Checksums, names of files, other formats


def test_the_checksum_covers_every_part(opened: Open, tmp_path: Path) -> None:
    file = write_shapefile(tmp_path / "p.shp", NAMES, ROWS)
    first = opened().sha256
    (tmp_path / "p.txt").write_text("no part", "utf-8")
    assert opened().sha256 == first
    seen = {first}
    file.with_suffix(".CPG").write_text("GBK", "utf-8")
    seen.add(opened().sha256)
    file.with_suffix(".prj").write_text("x", "utf-8")
    seen.add(opened().sha256)
    file.with_suffix(".dbf").rename(tmp_path / "P.DBF")
    assert opened().sha256 in seen
    (tmp_path / "P.DBF").write_bytes(table_bytes(NAMES, ROWS[::-1]))
    seen.add(opened().sha256)
    file.with_suffix(".shx").unlink()
    seen.add(opened().sha256)
    assert len(seen) == 5


def test_mapinfo_files_count_with_all_their_parts(opened: Open, tmp_path: Path) -> None:
    shapes = gpd.GeoSeries([shapely.box(i, 0, i + 1, 1) for i in range(2)], crs=4326)
    frame = gpd.GeoDataFrame({"K": ["a", "b"]}, geometry=shapes)
    frame.to_file(tmp_path / "p.tab", driver="MapInfo File")
    layer = opened("p.tab")
    assert column(layer, "K") == ["a", "b"]
    data = bytearray((tmp_path / "p.dat").read_bytes())
    data[-2:] = b"cc"
    (tmp_path / "p.dat").write_bytes(data)
    assert opened("p.tab").sha256 != layer.sha256


def test_a_path_that_differs_in_case_finds_its_file(opened: Open, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4547)
    frame.to_file(tmp_path / "Parcels.GPKG", driver="GPKG")
    assert len(opened("parcels.gpkg").table) == 1
    with pytest.raises(LayerError, match=r"no file parcel\.gpkg; did you mean 'Parcels\.GPKG'"):
        opened("parcel.gpkg")


def test_a_path_too_long_is_told(opened: Open) -> None:
    with pytest.raises(LayerError, match=r"there is no file a{300}\.shp; check the path"):
        opened(f"{'a' * 300}.shp")


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (pd.Index(["x", "y"]), ["index"]),
        (pd.Index([7, 9], name="N"), ["N_index"]),
        (pd.MultiIndex.from_tuples([("x", 7), ("y", 9)], names=["ID", None]), ["ID", "index"]),
        (pd.RangeIndex(2, name="ID"), ["ID"]),
        (pd.RangeIndex(2), []),
        (pd.Index([1, 0]), []),  # rows in another order
    ],
)
def test_the_index_of_a_parquet_is_kept(
    opened: Open, tmp_path: Path, index: pd.Index, names: list[str]
) -> None:
    shapes = gpd.GeoSeries([shapely.box(i, 0, i + 1, 1) for i in range(2)], index=index, crs=4547)
    frame = gpd.GeoDataFrame({"N": pd.Series([1, 2], index=index)}, geometry=shapes)
    frame.to_parquet(tmp_path / "p.parquet")
    table = opened("p.parquet").table
    assert list(table.columns) == [*names, "N", "geometry"]
    kept = [table[name].tolist() for name in names]
    assert kept == [index.get_level_values(i).tolist() for i in range(len(names))]


@pytest.mark.parametrize("name", ["p.vrt", "p.kml", "p.xml", "p.gml", "p.json"])
def test_a_file_that_refers_to_another_is_refused(opened: Open, tmp_path: Path, name: str) -> None:
    write_shapefile(tmp_path / "q.shp", NAMES, ROWS)
    (tmp_path / name).write_text(
        f"<!-- {' ' * 600} -->\n<OGRVRTDataSource><OGRVRTLayer name='q'>"
        f"<SrcDataSource>{tmp_path / 'q.shp'}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "utf-8",
    )
    with pytest.raises(LayerError, match=rf"{name} holds no data, but refers to it elsewhere"):
        opened(name)


def test_formats_that_are_not_known_are_refused(opened: Open, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    frame.to_file(tmp_path / "p.ovr", driver="GeoJSON")
    with pytest.raises(LayerError, match=r"p\.ovr is of a format that is not read here; give it"):
        opened("p.ovr")


def test_several_geometry_columns_need_a_choice(opened: Open, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4547)
    frame["centre"] = frame.centroid
    frame.to_parquet(tmp_path / "p.parquet")
    with pytest.raises(LayerError, match="has 2 geometry columns"):
        opened("p.parquet")
    assert opened("p.parquet", geometry="centre").table.geometry.geom_type.tolist() == ["Point"]


# Real files


@pytest.mark.parametrize(
    ("name", "rows", "codes"),
    [
        ("error_union.shp", 511, {"shx_rebuilt", "dbf_missing"}),
        ("Issue167.shp", 201, {"shx_rebuilt", "dbf_missing"}),
        ("crustal_test.shp", 19, {"shx_rebuilt"}),
        ("crustal_test_bugged.shp", 19, {"shx_rebuilt"}),
        ("Sept_polygones.shp", 12, {"shx_rebuilt"}),
        ("tnp_pol.shp", 5, {"shx_rebuilt", "dbf_missing"}),
    ],
)
def test_real_layers_without_shx(shared_data: Path, name: str, rows: int, codes: set[str]) -> None:
    folder = shared_data / "cn_encodings" / "no_shx"
    layer = open_layer(Source("parcels", name), folder=folder)
    assert len(layer.table) == rows
    assert layer.table.geometry.notna().all()
    assert messages(layer).keys() == codes


@pytest.mark.parametrize(
    ("path", "column", "text"),
    [
        ("anhui_gbk/chinese_encoding.shp", "PRO_NAME", "安徽"),
        ("china_utf8_no_cpg/china.shp", "FCNAME", "浙江省"),
        ("shenzhen_no_prj/sz.shp", "qh", "罗湖"),
        ("no_shx/Sept_polygones.shp", "NM_SOURC", "Plan du cadastre du Québec"),
    ],
)
def test_real_texts(shared_data: Path, path: str, column: str, text: str) -> None:
    layer = open_layer(Source("parcels", path), folder=shared_data / "cn_encodings")
    assert text in set(layer.table[column])


def test_files_that_other_readers_broke_on(shared_data: Path) -> None:
    folder = shared_data / "messy" / "mapshaper_shp"
    for file in sorted(folder.glob("*.shp")):
        layer = open_layer(Source("roads", file.name), folder=folder)
        assert layer.table.geometry.notna().all(), file.name
        assert not messages(layer), file.name
