"""Low-use land from files to results: dates and industries are read, judged, written, shown."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import Point

import mappages
from districts import at, lots
from gisland.base.errors import ProjectError
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs
from gisland.jobs import choices_of, run_project
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.writing.results import read_results
from gisland.layers.writing.write_shapefile import write_shapefile
from gisland.pipeline import run
from gisland.present.ledger import ledger
from gisland.present.rulebook import rulebook
from gisland.present.style import catalog
from gisland.present.webmap import web_map

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules("national-2023-171")
SINCE = ["2024-01-01", "2025-01-02", None, "2026-06-01"]
CODES = ["C26", "26", None, "化工"]


def parcels(since: list[object] | None = None) -> gpd.GeoDataFrame:
    shapes = {f"p{n}": at(200 * n, 0, 100, 100) for n in range(4)}
    return lots(
        shapes,
        use_class=["industrial"] * 4,
        industry=CODES,
        floor_area_m2=[5500.0, 7000.0, 5500.0, 5500.0],  # FAR 0.55, 0.7
        idle_since=pd.to_datetime(pd.Series(SINCE)).tolist() if since is None else since,
    )


def on_disk(frame: gpd.GeoDataFrame, folder: Path, name: str, more: str = "") -> Path:
    if name.endswith(".shp"):  # GDAL alone has no times in shapefiles
        write_shapefile(frame.reset_index(), folder / name)
    else:
        frame.reset_index().to_file(folder / name)
    head = '[project]\nrules = "national-2023-171"\n' + more
    text = head + f'[layers.parcels]\npath = "{name}"\n[layers.parcels.fields]\n'
    columns = ("use_class", "industry", "idle_since")
    fields = 'parcel_id = "parcel_id"\nfloor_area_m2 = "FA"\n'
    fields += "".join(f'{c} = "{c}"\n' for c in columns)
    (folder / "gisland.toml").write_text(text + fields, encoding="utf-8")
    return folder / "gisland.toml"


@pytest.mark.parametrize("name", ["p.gpkg", "p.shp", "p.geojson", "p.fgb"])
@pytest.mark.parametrize("written", ["dates", "texts"])
def test_dates_are_read_from_every_format(name: str, written: str, tmp_path: Path) -> None:
    frame = parcels()
    if written == "texts":
        frame["idle_since"] = ["2024年1月1日", "2025/1/2", None, "20260601"]
    frame = frame.rename(columns={"floor_area_m2": "FA"})
    read = load_inputs(read_project(on_disk(frame, tmp_path, name))).inputs.parcels
    assert str(read["idle_since"].dtype) == "datetime64[ms]"
    days = read["idle_since"].dt.strftime("%Y-%m-%d")
    assert days.fillna("").tolist() == [s or "" for s in SINCE]
    assert read["industry"].fillna("").tolist() == [c or "" for c in CODES]


def test_from_files_to_results_and_back(tmp_path: Path) -> None:
    frame = parcels().rename(columns={"floor_area_m2": "FA"})
    project = on_disk(frame, tmp_path, "p.gpkg", "as_of = 2026-01-01\n")
    done = run_project(project, tmp_path / "out", parquet=True, shapefiles=True)
    back = read_results(tmp_path / "out").tables["parcels"].set_index("parcel_id")
    assert back["idle_since"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        s or "" for s in SINCE
    ]
    # p0: FAR 0.55 of 0.6, idle for two years. p1: FAR 0.7, idle for 364 of 365 days.
    # p2 and p3: FAR 0.55 of 0.5; idle since never, and since a later day.
    assert back["low_use"].tolist() == [True, False, False, False]
    assert back["low_use_reasons"].fillna("").tolist() == ["far;idle", "", "", ""]
    assert back["low_use_score"].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert back["low_use_decided_by"].fillna("").tolist() == ["idle", "", "", ""]
    words = "coverage;status;unfinished;vacant"
    assert back["low_use_not_assessed"].tolist() == [
        words, words, "coverage;idle;status;unfinished;vacant",
        "coverage;idle;status;unfinished;vacant",
    ]  # fmt: skip
    parquet = gpd.read_parquet(tmp_path / "out" / "results" / "parcels.parquet")
    shapefile = gpd.read_file(next((tmp_path / "out").rglob("parcels.shp")))
    for table in (parquet, shapefile):
        days = pd.to_datetime(table["idle_since"]).dt.strftime("%Y-%m-%d").fillna("")
        assert days.tolist() == [s or "" for s in SINCE]
    findings = done.tables["findings"].set_index("code")
    # 31 + 28 + 31 + 30 + 31 days of 2026 before June
    assert findings.loc["future_date", ["parcel_id", "value"]].tolist() == ["p3", 151.0]
    assert findings.loc["industry_no_code", "message"].endswith("1 row, such as '化工'")
    assert done.record["skipped"] != []
    assert "idle" not in {s["analysis"] for s in done.record["skipped"]}
    assert "low_use.far.industrial.26" in json.dumps(done.record)


def test_without_a_date_of_the_project_idle_land_is_told_as_not_done(tmp_path: Path) -> None:
    frame = parcels().rename(columns={"floor_area_m2": "FA"})
    done = run_project(on_disk(frame, tmp_path, "p.gpkg"), tmp_path / "out")
    told = {s["analysis"]: s["reason"] for s in done.record["skipped"]}
    assert told["idle"] == "no as_of in [project]: idle time is not counted to today"
    verdicts = done.tables["verdicts"]
    assert set(verdicts.loc[verdicts["test"] == "idle", "outcome"]) == {"not_assessed"}
    assert "future_date" not in set(done.tables["findings"]["code"])
    assert done.tables["parcels"]["low_use_not_assessed"].str.contains("idle").all()


def test_a_rule_that_is_off_leaves_nothing_undone() -> None:
    off = replace(RULES["low_use.idle"], mode="off")
    rules = replace(RULES, rules={**RULES.rules, off.id: off})
    found = run(Inputs(parcels()), Choices(rules))
    assert "idle" not in {s["analysis"] for s in found.skipped}


def test_the_project_hands_its_date_on(tmp_path: Path) -> None:
    frame = parcels().rename(columns={"floor_area_m2": "FA"})
    project = read_project(on_disk(frame, tmp_path, "p.gpkg", "as_of = 2026-01-01\n"))
    assert choices_of(project).as_of == dt.date(2026, 1, 1)


@pytest.mark.parametrize("as_of", ["2026-01-01", pd.Timestamp("2026-01-01"), 2026])
def test_a_date_of_another_kind_is_refused(as_of: object) -> None:
    with pytest.raises(ProjectError, match=r"as_of is .*; give a date, such as datetime\.date"):
        Choices(RULES, as_of=as_of)  # type: ignore[arg-type]


# --- shown --------------------------------------------------------------------------------------


def test_the_popup_shows_score_deciding_test_and_what_is_open() -> None:
    row = pd.DataFrame(
        {
            "parcel_id": ["a", "b"],
            "industry": ["C26", None],
            "idle_since": pd.to_datetime(["2024-01-01", None]),
            "low_use": pd.array([True, False], dtype="boolean"),
            "low_use_reasons": ["idle", ""],
            "low_use_score": [0.5, 0.0],
            "low_use_decided_by": ["idle", ""],
            "low_use_not_assessed": ["", "far;idle"],
            "verdict": ["none", "none"],
            "reasons": ["", ""],
        }
    )
    row["geometry"] = [Point(0, 0), Point(9, 9)]
    tables = {"parcels": gpd.GeoDataFrame(row, crs="EPSG:4547")}
    page = web_map(tables, run={}, language="en")
    first, second = (
        mappages.rows(f["popup"]) for f in mappages.layers(page, "en")["parcels"]["features"]
    )
    assert first["industry code"] == "C26"
    assert first["idle since"] == "2024-01-01"
    assert first["low-efficiency score (0–1)"] == "0.50"
    assert first["test that the score is of"] == "time idle"
    assert "low-efficiency tests not assessed" not in first
    assert second["low-efficiency score (0–1)"] == "0.00"
    assert second["low-efficiency tests not assessed"] == "FAR; time idle"


def test_the_ledger_shows_them_beside_the_reasons() -> None:
    found = run(Inputs(parcels()), Choices(RULES, as_of=dt.date(2026, 1, 1)))
    book = openpyxl.load_workbook(
        io.BytesIO(ledger(found.tables, run={"skipped": found.skipped}, language="en"))
    )
    sheet = book["parcels"]
    rows = list(sheet.iter_rows(values_only=True))
    heads = [str(h) for h in rows[0]]
    place = heads.index("low-efficiency because")
    assert heads[place : place + 4] == [
        "low-efficiency because",
        "low-efficiency score (0–1)",
        "test that the score is of",
        "low-efficiency tests not assessed",
    ]
    told = dict(zip(heads, rows[1], strict=True))
    assert told["idle since"] == "2024-01-01"
    assert told["low-efficiency because"] == "FAR too low; idle for too long"
    assert told["low-efficiency score (0–1)"] == 0.5
    assert told["test that the score is of"] == "time idle"
    assert "state of use (vacant)" in str(told["low-efficiency tests not assessed"])
    messages = [str(c) for row in book["data findings"].iter_rows(values_only=True) for c in row]
    assert any(
        "parcel p3: idle since 2026-06-01, after 2026-01-01, the date of the" in m for m in messages
    )


def test_the_rule_book_names_the_industry() -> None:
    rule = vars(RULES["low_use.far.industrial.C26"])
    names = rulebook([rule["id"]], run={"rules": {"records": [rule]}}, texts=catalog("en"))[1]
    assert names == {"low_use.far.industrial.26": (1, "FAR (industrial, industry 26)")}
