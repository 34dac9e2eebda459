"""Results survive the round trip, the same bytes each time, and replace earlier ones whole."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from pandas.testing import assert_frame_equal
from pyproj import CRS
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from gisland.base.errors import OutputError, TableError
from gisland.layers.writing import write
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.results import read_results, result_frame
from gisland.layers.writing.write import write_file, write_results

RUN = {"gisland": "0.1.0", "inputs": []}
CUSTOM = "+proj=tmerc +lat_0=0 +lon_0=113.5 +k=1 +x_0=500000 +ellps=GRS80 +units=m"


def parcels(crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "parcel_id": pd.Series(["a", "b", "c"], dtype="str"),
            "owner": pd.Series(["甲公司", None, '<b>"=1+1'], dtype="str"),
            "tenure": pd.Series([None, None, None], dtype="str"),
            "tax_yuan": [1.5, np.nan, 1 / 3],
            "fragment": [True, False, True],
            "low_use": pd.Series([True, None, False], dtype="boolean"),
            "reasons": pd.Series(["", "no_geometry", None], dtype="str"),
            "floors": pd.Series([3, None, 2**53 + 1], dtype="Int64"),
            "surveyed": pd.to_datetime(["2024-05-01", None, "1999-12-31"]).astype("datetime64[ms]"),
            "checked": pd.Series([None, None, None], dtype="boolean"),
        },
        geometry=[box(0, 0, 1, 1), MultiPolygon([box(2, 2, 3, 3), box(5, 5, 6, 6)]), None],
        crs=crs,
    )


def tables(crs: object = 4547) -> dict[str, pd.DataFrame]:
    shapes = [Point(1, 1), GeometryCollection([Point(1, 2), box(0, 0, 1, 1)]), Polygon(), None]
    findings = gpd.GeoDataFrame(
        {"code": ["gap", "gap", "null", "empty"], "value": [1.0, np.nan, 2.0, 3.0]},
        geometry=shapes,
        crs=crs,
    )
    blocks = gpd.GeoDataFrame(
        {"block_id": ["overall"], "parcels_cut": pd.Series([2], dtype="Int64")},
        geometry=[None],
        crs=crs,
    )
    borders = {"focal": ["a", "b"], "neighbor": ["b", "a"], "border_m": 1.0, "tolerant_m": 0.0}
    lineage = {"parcel_id": ["a", "b", "c"], "after_id": ["S1", "b", "c"], "role": "kept"}
    return {
        "parcels": parcels(crs),
        "plan": parcels(crs).iloc[:0],
        "lineage": pd.DataFrame({**lineage, "area_m2": [1.0, 2.0, np.nan]}),
        "block_lines": blocks,
        "findings": findings,
        "changes": pd.DataFrame({"parcel_id": [], "area_before_m2": []}),
        "roads": gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=crs),
        "borders": pd.DataFrame(borders),
    }


@pytest.mark.parametrize("crs", [4547, 5514, CUSTOM], ids=["epsg", "krovak", "custom"])
def test_round_trip_keeps_rows_columns_and_dtypes(tmp_path: Path, crs: object) -> None:
    given = tables(crs)
    write_results(tmp_path / "out", tables=given, files={}, run=RUN, parquet=True)
    back = read_results(tmp_path / "out")
    assert list(back.tables) == [n for n in TABLES if n in given]
    for name, frame in given.items():
        assert_frame_equal(back.tables[name], result_frame(frame, table=name))
    assert_frame_equal(back.tables["parcels"], given["parcels"])
    assert back.tables["parcels"].crs == CRS.from_user_input(crs)
    assert back.run["gisland"] == "0.1.0"


def test_missing_text_is_not_empty_text(tmp_path: Path) -> None:
    write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)
    reasons = read_results(tmp_path / "out").tables["parcels"]["reasons"]
    assert reasons.isna().tolist() == [False, False, True]
    assert reasons[0] == ""


def test_parquet_holds_every_table_and_borders_stay_out_of_the_geopackage(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={}, run=RUN, parquet=True)
    names = {p.stem for p in (out / "results").iterdir()}
    assert names == set(tables())
    assert "borders" not in pyogrio.list_layers(out / "results.gpkg")[:, 0]
    drawn = gpd.read_parquet(out / "results" / "parcels.parquet")
    assert drawn.crs == CRS(4547)
    assert_frame_equal(drawn, parcels())


def test_single_part_multipolygons_and_heights_are_made_plain(tmp_path: Path) -> None:
    raised = Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])
    shapes = [MultiPolygon([raised]), MultiPolygon([box(2, 2, 3, 3), box(5, 5, 6, 6)])]
    frame = gpd.GeoDataFrame({"parcel_id": ["a", "b"]}, geometry=shapes, crs=4547)
    write_results(tmp_path / "out", tables={"parcels": frame}, files={}, run=RUN)
    back = read_results(tmp_path / "out").tables["parcels"]
    assert back.geom_type.tolist() == ["Polygon", "MultiPolygon"]
    assert not back.has_z.any()
    assert pyogrio.read_info(tmp_path / "out" / "results.gpkg")["geometry_type"] == "MultiPolygon"


def test_columns_that_clash_in_a_geopackage_are_told_apart(tmp_path: Path) -> None:
    frame = parcels().rename(columns={"floors": "OWNER", "checked": "fid", "surveyed": "geom"})
    frame.insert(0, "PARCEL_ID", [1, 2, 3])
    write_results(tmp_path / "out", tables={"parcels": frame}, files={}, run=RUN)
    back = read_results(tmp_path / "out").tables["parcels"]
    assert back["PARCEL_ID_2"].tolist() == [1, 2, 3]
    assert back["parcel_id"].tolist() == ["a", "b", "c"]
    assert back["OWNER_2"].tolist()[0] == 3
    assert {"fid", "geom"} <= set(back.columns)


def test_columns_that_pass_through_get_the_nearest_kind() -> None:
    frame = pd.DataFrame(
        {
            "day": pd.Series([dt.date(2024, 5, 1), None], dtype="object"),
            "yes": pd.Series([True, None], dtype="object"),
            "mixed": pd.Series(["x", 3], dtype="object"),
            "small": pd.Series([1, 2], dtype="int8"),
            "kind": pd.Categorical(["u", None]),
        }
    )
    stored = result_frame(frame, table="roads")
    kinds = {k: str(v) for k, v in stored.dtypes.items()}
    assert kinds == {
        "day": "datetime64[ms]",
        "yes": "boolean",
        "mixed": "str",
        "small": "Int64",
        "kind": "str",
    }
    assert stored["mixed"].tolist() == ["x", "3"]
    assert stored["kind"].isna().tolist() == [False, True]


def test_equal_tables_give_equal_bytes_at_another_time_and_place(tmp_path: Path) -> None:
    first = write_results(tmp_path / "one", tables=tables(), files={}, run=RUN, parquet=True)
    time.sleep(1.1)  # longer than the resolution of any time stamp in the formats
    (tmp_path / "elsewhere").mkdir()
    second = write_results(
        tmp_path / "elsewhere" / "another", tables=tables(), files={}, run=RUN, parquet=True
    )
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert len(names) == 2 + len(tables())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_gdal_options_are_as_before_the_write(tmp_path: Path) -> None:
    write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_input_tables_are_left_alone(tmp_path: Path) -> None:
    given, before = tables(), tables()
    write_results(tmp_path / "out", tables=given, files={}, run=RUN)
    for name, frame in before.items():
        assert_frame_equal(given[name], frame)


def test_files_and_record_are_written(tmp_path: Path) -> None:
    run = {
        **RUN,
        "as_of": dt.date(2026, 1, 1),
        "bound": np.float64("nan"),
        "n": np.int64(3),
        "none": pd.NA,
        "path": Path("x"),
        "texts": ("a", "b"),
    }
    out = write_results(tmp_path / "out", tables=tables(), files={"map.html": b"<p>"}, run=run)
    assert (out / "map.html").read_bytes() == b"<p>"
    assert json.loads((out / "run.json").read_text("utf-8")) == {
        **RUN,
        "as_of": "2026-01-01",
        "bound": None,
        "n": 3,
        "none": None,
        "path": "x",
        "texts": ["a", "b"],
        "files": ["map.html", "results.gpkg", "run.json"],
    }


def test_lone_geopackage_has_no_run(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)
    assert read_results(out / "results.gpkg").run["gisland"] == "0.1.0"
    (out / "results.gpkg").rename(tmp_path / "alone.gpkg")
    assert read_results(tmp_path / "alone.gpkg").run == {}


def test_earlier_results_are_replaced_and_nothing_is_left_beside(tmp_path: Path) -> None:
    write_results(tmp_path / "out", tables=tables(), files={"map.html": b"1"}, run=RUN)
    (tmp_path / "out" / "results.gpkg-wal").write_bytes(b"")
    out = write_results(tmp_path / "out", tables={"parcels": parcels()}, files={}, run=RUN)
    assert sorted(p.name for p in out.iterdir()) == ["results.gpkg", "run.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert write_results(tmp_path / "out", tables=tables(), files={}, run=RUN).is_dir()


def test_foreign_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"did not write \(notes.txt\); name another folder"):
        write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)
    assert (tmp_path / "out" / "notes.txt").read_text("utf-8") == "mine"


def test_own_files_beside_results_are_never_replaced(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)
    (out / "plan.qgz").write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"more than earlier results \(plan.qgz\)"):
        write_results(out, tables=tables(), files={}, run=RUN)
    assert (out / "plan.qgz").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "message"),
    [("file.txt", "is a file; name a folder"), ("file.txt/out", "cannot be written: .*; close")],
)
def test_unusable_target_is_told_with_its_remedy(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file.txt").write_text("x", "utf-8")
    with pytest.raises(OutputError, match=message):
        write_results(tmp_path / name, tables=tables(), files={}, run=RUN)


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    out = write_results(tmp_path / "a" / "b", tables=tables(), files={}, run=RUN)
    assert out == tmp_path / "a" / "b"
    assert (out / "results.gpkg").is_file()


def test_current_folder_is_no_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="current folder or above it; name a folder of its own"):
        write_results(".", tables=tables(), files={}, run=RUN)


def test_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(
        OutputError, match=r"cannot be written: .*Permission denied; close programs"
    ):
        write_results(tmp_path / "out", tables=tables(), files={}, run=RUN)


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_failure_while_writing_leaves_earlier_results_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={"map.html": b"1"}, run=RUN)
    before = {p.name: p.read_bytes() for p in out.iterdir()}

    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(write, "_plain", fails)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_results(out, tables=tables(), files={"map.html": b"2"}, run=RUN)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_failure_of_the_last_step_brings_earlier_results_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={"map.html": b"1"}, run=RUN)
    move = Path.replace

    def locked(self: Path, target: Path) -> Path:
        if self.name.startswith(".out.gisland-") and not self.name.endswith("-old"):
            raise PermissionError(13, "in use")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(OutputError, match="in use"):
        write_results(out, tables=tables(), files={"map.html": b"2"}, run=RUN)
    assert (out / "map.html").read_bytes() == b"1"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_run_stopped_between_the_last_two_steps_is_healed(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={"map.html": b"1"}, run=RUN)
    out.rename(tmp_path / ".out.gisland-old")
    (tmp_path / "out2").mkdir()
    with pytest.raises(TableError):  # fails before anything is touched
        write_results(out, tables={"unknown": parcels()}, files={}, run=RUN)
    again = write_results(out, tables=tables(), files={"map.html": b"2"}, run=RUN)
    assert (again / "map.html").read_bytes() == b"2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "out2"]


@pytest.mark.parametrize("name", ["../x.html", "run.json", "results"])
def test_names_of_further_files_are_checked(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot be the name of a further file"):
        write_results(tmp_path / "out", tables=tables(), files={name: b""}, run=RUN)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "frame", "message"),
    [
        ("parcel", parcels(), "there is no result table 'parcel'"),
        ("parcels", parcels().assign(area_m2="wide"), "area_m2 cannot be stored as float64"),
        ("roads", parcels(4548), "roads: its coordinate system is not that of the other tables"),
        ("roads", parcels(None), "roads: its coordinate system is not that of the other tables"),
    ],
)
def test_tables_that_break_the_contract_are_refused(
    tmp_path: Path, name: str, frame: gpd.GeoDataFrame, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        write_results(tmp_path / "out", tables={**tables(), name: frame}, files={}, run=RUN)
    assert not list(tmp_path.iterdir())


def test_one_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_file(tmp_path / "map.html", b"one")
    assert file.read_bytes() == b"one"
    with pytest.raises(OutputError, match="is a folder; name a file"):
        write_file(tmp_path, b"two")
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "map.html" / "x.html", b"two")

    def fails(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OutputError, match="in use"):
        write_file(file, b"two")
    assert file.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_missing_results_are_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no results.gpkg\); give the output folder"):
        read_results(tmp_path)
    with pytest.raises(OutputError, match="no such file"):
        read_results(tmp_path / "x.gpkg")


def test_corrupt_results_are_told(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", tables=tables(), files={}, run=RUN, parquet=True)
    (out / "results" / "borders.parquet").write_bytes(b"PAR1")
    with pytest.raises(OutputError, match=r"borders.parquet cannot be read"):
        read_results(out)
    (out / "results" / "borders.parquet").unlink()
    for text in ("{", "[]"):
        (out / "run.json").write_text(text, "utf-8")
        with pytest.raises(OutputError, match=r"run.json cannot be read"):
            read_results(out)
    (out / "run.json").unlink()
    with pytest.raises(OutputError, match=r"but no run.json; run again"):
        read_results(out)
    (out / "results.gpkg").write_bytes(b"no database")
    with pytest.raises(OutputError, match=r"results.gpkg cannot be read"):
        read_results(out)


def test_geopackage_of_others_is_told(tmp_path: Path) -> None:
    pyogrio.write_dataframe(parcels(), tmp_path / "other.gpkg", layer="lots")
    with pytest.raises(OutputError, match="is no result of gisland"):
        read_results(tmp_path / "other.gpkg")
