"""Layers that come as several sheets: joined without loss, copies at the edges found."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

from filed import SOUTH, WEST, Load, codes, loader, message, squares
from gisland.base.errors import CRSError, FieldError, LayerError
from gisland.layers.files.sheets import sheet_paths
from gisland.layers.source import Source

SHEETS = '[layers.parcels]\npath = "sheets/*.fgb"\n'
FIELDS = '[layers.parcels.fields]\nparcel_id = "ZDDM"\n'


@pytest.fixture
def load(tmp_path: Path) -> Load:
    (tmp_path / "sheets").mkdir()
    return loader(tmp_path)


def sheet(*places: int, **columns: list[object]) -> gpd.GeoDataFrame:
    """Squares of 100 m, each at its place in the row."""
    row = squares(max(places) + 1).geometry.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=row[list(places)], crs=4547)


def write(folder: Path, **frames: gpd.GeoDataFrame) -> None:
    for name, frame in frames.items():
        frame.to_file(folder / "sheets" / f"{name}.fgb")


def told(loaded: object, code: str) -> list[str]:
    frame = loaded.inputs.findings  # type: ignore[attr-defined]
    return list(frame.loc[frame["code"] == code, "message"])


# Which files


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.shp", ["a.SHP", "b.shp"]),
        ("sheets/*.shp", ["sheets/c.shp"]),
        ("**/*.shp", ["a.SHP", "b.shp", "sheets/c.shp"]),
        ("s*/c.shp", ["sheets/c.shp"]),
        ("[ab].shp", ["a.SHP", "b.shp"]),
        ("?.gdb", ["d.gdb"]),
    ],
)
def test_patterns_match_in_the_order_of_names(
    tmp_path: Path, pattern: str, names: list[str]
) -> None:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "d.gdb").mkdir()
    for name in ("b.shp", "a.SHP", "a.dbf", "sheets/c.shp", ".hidden.shp"):
        (tmp_path / name).touch()
    assert sheet_paths(Source("parcels", pattern), folder=tmp_path) == names
    absolute = Source("parcels", (tmp_path / pattern).as_posix())
    assert sheet_paths(absolute, folder=Path("elsewhere")) == [
        (tmp_path / name).as_posix() for name in names
    ]


def test_what_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "map[1].shp").touch()
    for path in ("a.shp", "map[1].shp", "postgresql://u:a?b*@h/db", "PG:host=h password=*"):
        assert sheet_paths(Source("parcels", path), folder=tmp_path) is None


def test_patterns_of_nothing_and_of_several_kinds(tmp_path: Path) -> None:
    for name in ("a.shp", "a.dbf"):
        (tmp_path / name).touch()
    with pytest.raises(LayerError, match=r"parcels: no file matches \*\.fgb; check the path"):
        sheet_paths(Source("parcels", "*.fgb"), folder=tmp_path)
    with pytest.raises(LayerError, match=r"several kinds \(\.dbf, \.shp\); name one kind"):
        sheet_paths(Source("parcels", "*"), folder=tmp_path)


# Joining


def test_sheets_are_joined_with_their_origin(load: Load, tmp_path: Path) -> None:
    write(tmp_path, b=sheet(2, ZDDM=["3"]), a=sheet(0, 1, ZDDM=["1", "2"]))
    loaded = load(SHEETS + FIELDS)
    parcels = loaded.inputs.parcels
    assert parcels["sheet"].to_dict() == {"1": "a", "2": "a", "3": "b"}
    assert parcels.area.sum() == 30_000.0
    record = loaded.sources[0]
    assert (record["path"], record["rows"], record["crs"]) == ("sheets/*.fgb", 3, "EPSG:4547")
    assert (record["format"], record["encoding"]) == ("FlatGeobuf", "utf-8")
    assert [(s["path"], s["rows"]) for s in record["sheets"]] == [
        ("sheets/a.fgb", 2),
        ("sheets/b.fgb", 1),
    ]
    assert codes(loaded) == []


def test_sheets_in_folders_keep_the_part_that_tells_them_apart(load: Load, tmp_path: Path) -> None:
    for i, name in enumerate(("east", "west")):
        (tmp_path / "sheets" / name).mkdir()
        sheet(i).to_file(tmp_path / "sheets" / name / "zd.fgb")
    loaded = load(SHEETS.replace("*.fgb", "**/zd.fgb"))
    assert sorted(loaded.inputs.parcels["sheet"]) == ["east/zd", "west/zd"]


def test_the_checksum_covers_all_sheets(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, n=[1]), b=sheet(1, n=[2]))
    first = load(SHEETS).sources[0]["sha256"]
    assert load(SHEETS).sources[0]["sha256"] == first
    write(tmp_path, b=sheet(1, n=[3]))
    second = load(SHEETS).sources[0]["sha256"]
    assert second != first
    (tmp_path / "sheets" / "b.fgb").rename(tmp_path / "sheets" / "c.fgb")
    assert load(SHEETS).sources[0]["sha256"] not in {first, second}


def test_columns_are_united_and_differences_told(load: Load, tmp_path: Path) -> None:
    write(
        tmp_path,
        a=sheet(0, ZDDM=["1"], MJ=[5.0], QLR=["甲"]),
        b=sheet(1, zddm=["2"], QLR=["乙"]),
        c=sheet(2, ZDDM=["3"], MJ=[7.0]),
    )
    loaded = load(SHEETS + FIELDS + 'owner = "QLR"\nrecorded_area_m2 = "MJ"\n')
    parcels = loaded.inputs.parcels
    assert parcels.index.tolist() == ["1", "2", "3"]
    assert parcels["owner"].fillna("").tolist() == ["甲", "乙", ""]
    assert parcels["recorded_area_m2"].fillna(-1).tolist() == [5.0, -1.0, 7.0]
    assert message(loaded, "sheet_columns") == (
        "parcels: sheets differ in their columns: MJ (not in b), QLR (not in c), zddm = ZDDM"
    )


def test_ids_as_numbers_and_as_texts_become_texts(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, ZDDM=["007"]), b=sheet(1, ZDDM=[8]))
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels.index.tolist() == ["007", "8"]
    assert message(loaded, "sheet_types").endswith("are read as text: ZDDM")


def test_long_numbers_stay_exact_beside_sheets_that_lack_them(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, BSM=[3607022010010000123]), b=sheet(1), c=sheet(2, BSM=[1.5]))
    parcels = load(SHEETS).inputs.parcels
    assert parcels["BSM"].fillna("").tolist() == ["3607022010010000123", "", "1.5"]
    (tmp_path / "sheets" / "c.fgb").unlink()
    assert load(SHEETS).inputs.parcels["BSM"].iloc[0] == 3607022010010000123


def test_a_column_that_is_called_sheet_is_kept(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, sheet=["x"]), b=sheet(1, sheet=["y"]))
    parcels = load(SHEETS).inputs.parcels
    assert parcels["src_sheet"].tolist() == ["x", "y"]
    assert parcels["sheet"].tolist() == ["a", "b"]


def test_each_sheet_has_an_encoding_of_its_own(load: Load, tmp_path: Path) -> None:
    for name, encoding, owner in (("a", "gbk", "红星机械厂"), ("b", "utf-8", "东风公司")):
        file = tmp_path / "sheets" / f"{name}.shp"
        sheet(ord(name) - 97, QLR=[owner]).to_file(file, encoding=encoding)
        file.with_suffix(".cpg").unlink()
        table = bytearray(file.with_suffix(".dbf").read_bytes())
        table[29] = 0
        file.with_suffix(".dbf").write_bytes(table)
    loaded = load('[layers.parcels]\npath = "sheets/*.shp"\n')
    assert loaded.inputs.parcels["QLR"].tolist() == ["红星机械厂", "东风公司"]
    assert loaded.sources[0]["encoding"] == "gb18030 | utf-8"
    assert [s["encoding"] for s in loaded.sources[0]["sheets"]] == ["gb18030", "utf-8"]


def test_sheets_without_rows_are_passed_over(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, n=[1]), b=sheet(1, n=[2]))
    loaded = load(SHEETS + 'where = "n = 2"\n')
    assert loaded.inputs.parcels["sheet"].tolist() == ["b"]
    with pytest.raises(LayerError, match="where = 'n = 3' leaves no row"):
        load(SHEETS + 'where = "n = 3"\n')


def test_a_sheet_that_cannot_be_read_is_named(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0))
    (tmp_path / "sheets" / "b.fgb").write_text("no such thing", "utf-8")
    with pytest.raises(LayerError, match=r"sheets/b\.fgb cannot be read"):
        load(SHEETS)


def test_findings_on_a_sheet_name_it(load: Load, tmp_path: Path) -> None:
    frame = sheet(1)
    frame["at"] = pd.to_datetime(["2020-01-01"]).tz_localize("Asia/Shanghai")
    write(tmp_path, a=sheet(0), b=frame)
    assert message(load(SHEETS), "zone_dropped").startswith("parcels: sheet b: times are taken")


# CRS


def test_sheets_of_different_systems_are_refused(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0), b=sheet(1).to_crs(4548), c=sheet(2).to_crs(4548))
    with pytest.raises(CRSError, match=r"different .* \(EPSG:4547: a; EPSG:4548: b, c\); bring"):
        load(SHEETS)


def test_a_declared_system_is_held_to_each_sheet(load: Load, tmp_path: Path) -> None:
    sheet(0).to_parquet(tmp_path / "sheets" / "a.parquet")
    bare = sheet(1).set_crs(None, allow_override=True)
    bare.to_parquet(tmp_path / "sheets" / "b.parquet")
    text = SHEETS.replace("fgb", "parquet")
    with pytest.raises(CRSError, match=r"none: b"):
        load(text)
    assert load(text + 'crs = "EPSG:4547"\n').crs.to_epsg() == 4547
    sheet(1).to_crs(4548).to_parquet(tmp_path / "sheets" / "b.parquet")
    with pytest.raises(CRSError, match="contradicts the file's own"):
        load(text + 'crs = "EPSG:4547"\n')
    forced = load(text + 'crs = "EPSG:4547"\ncrs_override = true\n')
    assert message(forced, "crs_forced").startswith("parcels: sheet b: declared EPSG:4547 is taken")


# Sheet edges


def test_a_parcel_that_two_sheets_hold_alike_is_taken_once(load: Load, tmp_path: Path) -> None:
    twin = sheet(1, ZDDM=["2"], QLR=["甲"])
    ring = np.array(twin.geometry[0].exterior.coords)[:-1]
    turned = Polygon(np.roll(ring, 1, axis=0)[::-1])  # another start, the other way round
    write(tmp_path, a=sheet(0, 1, ZDDM=["1", "2"], QLR=["甲", "甲"]), b=twin.set_geometry([turned]))
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels["sheet"].to_dict() == {"1": "a", "2": "a"}
    assert told(loaded, "sheet_duplicate") == [
        "parcels: 2 lies in sheets a and b with the same shape; the one of a is taken"
    ]
    assert loaded.inputs.findings is not None
    row = loaded.inputs.findings.set_index("code").loc["sheet_duplicate"]
    assert (row["severity"], row["parcel_id"], row["value"]) == ("info", "2", 1.0)


def test_values_that_differ_in_the_other_sheet_are_told(load: Load, tmp_path: Path) -> None:
    write(
        tmp_path,
        a=sheet(0, ZDDM=["1"], MJ=[3.0], BZ=[None]),
        b=sheet(0, ZDDM=["1"], MJ=[4.0], BZ=["x"]),
    )
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels["MJ"].tolist() == [3.0]
    assert told(loaded, "sheet_duplicate")[0].endswith(
        "; other values there: MJ 3.0 | 4.0, BZ nothing | x"
    )
    assert loaded.inputs.findings is not None
    assert loaded.inputs.findings["severity"].tolist() == ["warning"]


@pytest.mark.parametrize(
    ("second", "word"),
    [
        (box(WEST + 50, SOUTH, WEST + 100, SOUTH + 100), "touch"),
        (box(WEST + 20, SOUTH, WEST + 100, SOUTH + 100), "overlap"),
        (box(WEST + 500, SOUTH, WEST + 600, SOUTH + 100), "lie apart"),
    ],
)
def test_a_parcel_cut_by_the_sheet_edge_stays_in_its_parts(
    load: Load, tmp_path: Path, second: Polygon, word: str
) -> None:
    first = box(WEST, SOUTH, WEST + 50, SOUTH + 100)
    parts = [gpd.GeoDataFrame({"ZDDM": ["1"]}, geometry=[g], crs=4547) for g in (first, second)]
    write(tmp_path, a=parts[0], b=parts[1])
    remedy = " (join_cut = true in [layers.parcels] puts them together)" if word == "touch" else ""
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels.index.tolist() == ["1", "1"]  # told as a double id by the check
    assert loaded.inputs.parcels.area.sum() == first.area + second.area
    start = "parcels: 1 lies in sheets a and b with different shapes, which"
    assert told(loaded, "sheet_cut") == [f"{start} {word}{remedy}; all are kept"]
    joined = load(SHEETS + "join_cut = true\n" + FIELDS)
    assert len(joined.inputs.parcels) == (1 if word == "touch" else 2)
    assert codes(joined) == ["sheet_joined" if word == "touch" else "sheet_cut"]


def test_one_shape_under_two_ids_is_kept_and_told(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, ZDDM=["1"]), b=sheet(0, ZDDM=["2"]))
    loaded = load(SHEETS + FIELDS)
    assert len(loaded.inputs.parcels) == 2
    assert told(loaded, "sheet_same_shape") == [
        "parcels: 1 in sheet a and 2 in other sheets have the same shape; all are kept"
    ]


def test_without_ids_rows_that_are_wholly_alike_are_taken_once(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, 1, n=[1, 2]), b=sheet(0, 1, n=[1, 9]))
    loaded = load(SHEETS)
    assert sorted(loaded.inputs.parcels["n"]) == [1, 2, 9]
    assert len(told(loaded, "sheet_duplicate")) == len(told(loaded, "sheet_same_shape")) == 1


def test_pieces_cut_by_sheet_edges_are_put_together(load: Load, tmp_path: Path) -> None:
    # 1 lies in three sheets, its first and last piece apart; 2 ends in sheet b and starts in a
    write(
        tmp_path,
        a=sheet(0, 5, 8, ZDDM=["1", "2", "3"], QLR=["甲", "乙", "丙"]),
        b=sheet(1, 4, 6, ZDDM=["1", "2", "2"], QLR=["甲", "乙", "丁"]),
        c=sheet(2, 20, ZDDM=["1", "3"], QLR=["甲", "丙"]),
    )
    loaded = load(SHEETS + "join_cut = true\n" + FIELDS)
    parcels = loaded.inputs.parcels
    assert parcels.index.tolist() == ["1", "2", "3", "3"]
    assert parcels.loc["1", "geometry"].equals(box(WEST, SOUTH, WEST + 300, SOUTH + 100))
    assert parcels.loc["2", "geometry"].equals(box(WEST + 400, SOUTH, WEST + 700, SOUTH + 100))
    assert parcels.loc["2", ["QLR", "sheet"]].tolist() == ["乙", "a"]
    assert told(loaded, "sheet_joined") == [
        "parcels: 2 parcels are put together from pieces of several sheets"
    ]
    assert told(loaded, "sheet_cut") == [
        (
            "parcels: 2 is put together from pieces in sheets a and b, which differ in their values"
            " (QLR 乙 | 丁); those of a are taken"
        ),
        "parcels: 3 lies in sheets a and c with different shapes, which lie apart; all are kept",
    ]
    assert loaded.sources[0]["rows"] == 8


def test_pieces_of_several_ids_are_never_put_together(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, 3, ZDDM=["1", None]), b=sheet(1, 2, ZDDM=["2", None]))
    loaded = load(SHEETS + "join_cut = true\n" + FIELDS)
    assert len(loaded.inputs.parcels) == 4
    assert codes(loaded) == []


def test_pieces_that_are_put_together_may_come_in_any_order(load: Load, tmp_path: Path) -> None:
    first = sheet(0, 2, ZDDM=["1", "1"], QLR=["甲", "乙"])
    second = sheet(1, ZDDM=["1"], QLR=["甲"])
    found = []
    for table in (first, first.iloc[::-1]):
        write(tmp_path, a=table, b=second)
        found.append(load(SHEETS + "join_cut = true\n" + FIELDS))
    one, other = found
    assert one.inputs.parcels["QLR"].tolist() == ["甲"]
    assert one.inputs.parcels.equals(other.inputs.parcels)
    assert told(one, "sheet_cut") == told(other, "sheet_cut")


def test_rows_repeated_within_a_sheet_are_taken_once(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, 1, 1, ZDDM=["1", "2", "2"]), b=sheet(1, 3, 3, ZDDM=["2", "3", "3"]))
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels.index.tolist() == ["1", "2", "3"]
    assert told(loaded, "duplicate_row") == [
        f"parcels: sheet {name}: 1 row repeats another row in every column and in shape; left"
        f" out (ids: {row})"
        for name, row in (("a", "2"), ("b", "3"))
    ]
    assert len(told(loaded, "sheet_duplicate")) == 1
    record = loaded.sources[0]
    assert (record["rows"], [s["rows"] for s in record["sheets"]]) == (6, [3, 3])


def test_doubles_within_one_sheet_are_left_to_the_check(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, 0, ZDDM=["1", "1"], n=[1, 2]), b=sheet(1, ZDDM=["2"], n=[1]))
    loaded = load(SHEETS + FIELDS)
    assert loaded.inputs.parcels.index.tolist() == ["1", "1", "2"]
    assert codes(loaded) == []


def test_the_order_of_rows_changes_nothing(load: Load, tmp_path: Path) -> None:
    first, second = sheet(0, 1, 2, ZDDM=["1", "2", "3"]), sheet(2, 3, 4, ZDDM=["3", "4", "2"])
    write(tmp_path, a=first, b=second)
    one = load(SHEETS + FIELDS)
    write(tmp_path, a=first.iloc[::-1], b=second.iloc[[1, 2, 0]])
    other = load(SHEETS + FIELDS)
    assert one.inputs.parcels.sort_values("sheet").equals(other.inputs.parcels.sort_values("sheet"))
    assert one.inputs.findings is not None
    assert other.inputs.findings is not None
    assert set(one.inputs.findings["message"]) == set(other.inputs.findings["message"])


def test_a_mapped_column_that_no_sheet_has_is_told(load: Load, tmp_path: Path) -> None:
    write(tmp_path, a=sheet(0, ZD=["1"]), b=sheet(1, ZD=["2"]))
    with pytest.raises(FieldError, match=r"sheets/\*\.fgb has no column 'ZDDM'"):
        load(SHEETS + FIELDS)
