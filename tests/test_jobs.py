"""Whole jobs: what they write, and what the record of a run says."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
import pytest
from pyproj import CRS

from gisland.base.errors import ProjectError, RulesError
from gisland.base.parameters import Parameters
from gisland.base.rules import load_rules
from gisland.base.version import __version__
from gisland.jobs import (
    DEFAULT_OUT,
    check_project,
    presented,
    run_demo,
    run_project,
    sample_folder,
)
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.results import read_results
from gisland.layers.writing.surfaces import read_surfaces
from gisland.mapping import map_results
from gisland.pipeline import STAGES
from mappages import layers

if TYPE_CHECKING:
    from pathlib import Path

    from gisland.jobs import Done

SAMPLE = sample_folder()
SHAPEFILE = (".dbf", ".prj", ".shp", ".shx")  # of these the sample has all, and no .cpg
LAYERS = (
    "parcels",
    "zoning",
    "zoning_overlay",
    "planning_units",
    "buildings",
    "roads",
    "block_lines",
    "block_changes",
    "parks",
    "sites",
    "exclusions.red_line",
)
PARCELS_ONLY = """
[layers.parcels]
path = "{path}"
[layers.parcels.fields]
parcel_id = "ZDDM"
{more}
"""


@pytest.fixture(scope="module")
def record(sample_run: Done) -> dict[str, Any]:
    return json.loads((sample_run.folder / "run.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run without sites, on parcels in degrees, with every choice left to gisland."""
    folder = tmp_path_factory.mktemp("bare")
    parcels = pyogrio.read_dataframe(SAMPLE / "parcels.shp", encoding="gb18030", max_features=40)
    parcels[["ZDDM", "geometry"]].to_crs(4490).to_file(folder / "parcels.gpkg")
    text = PARCELS_ONLY.format(path="parcels.gpkg", more="[parameters]\ntolerance_m = 0.2")
    (folder / "gisland.toml").write_text(text, "utf-8")
    return run_project(folder / "gisland.toml")


def sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()


# --- the sample --------------------------------------------------------------------------------


def test_sample_folder_holds_the_whole_district() -> None:
    assert SAMPLE.is_absolute()
    names = {f.name for f in SAMPLE.iterdir()}
    assert {"gisland.toml", "rules.toml", "parcels.shp", "truth.csv", "README.md"} <= names


def test_demo_runs_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def noted(path: Path, out: Path, **more: object) -> str:
        asked.update(path=path, out=out, **more)
        return "done"

    monkeypatch.setattr("gisland.jobs.run_project", noted)
    assert run_demo(tmp_path / "out") == "done"
    assert asked == {"path": SAMPLE / "gisland.toml", "out": tmp_path / "out", "progress": None}


# --- the record of a run -----------------------------------------------------------------------


def test_what_is_returned_is_what_was_written(sample_run: Done, record: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(sample_run.record))
    assert {k: v for k, v in record.items() if k != "files"} == plain
    results = read_results(sample_run.folder)
    assert results.run == record
    assert set(results.tables) == set(sample_run.tables) <= set(TABLES)
    sizes = {name: len(table) for name, table in results.tables.items()}
    assert sizes == {name: len(table) for name, table in sample_run.tables.items()}


def test_record_lists_the_files_written(sample_run: Done, record: dict[str, Any]) -> None:
    folder = sample_run.folder
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert record["files"] == sorted(found)
    assert "results/borders.parquet" in found


def test_record_has_the_hash_of_every_layer(record: dict[str, Any]) -> None:
    told = {i["layer"]: i for i in record["inputs"]}
    assert tuple(told) == LAYERS
    shapefile = [SAMPLE / f"parcels{suffix}" for suffix in SHAPEFILE]
    assert told["parcels"]["sha256"] == sha256(*shapefile)
    for name in LAYERS[1:]:
        assert told[name]["sha256"] == sha256(SAMPLE / told[name]["path"])


def test_record_tells_how_every_layer_was_read(record: dict[str, Any]) -> None:
    told = {i["layer"]: i for i in record["inputs"]}
    assert told["parcels"]["rows"] == 647
    assert told["parcels"]["path"] == "parcels.shp"
    assert told["parcels"]["encoding"] == "gb18030"
    assert told["parcels"]["encoding_evidence"] == "the bytes are valid GB18030 and not UTF-8"
    for name in LAYERS[1:]:
        assert told[name]["rows"] == pyogrio.read_info(SAMPLE / told[name]["path"])["features"]
        assert told[name]["encoding"] == "utf-8"
    assert {i["crs"] for i in record["inputs"]} == {"EPSG:4547"}


def test_record_says_which_crs_and_why(record: dict[str, Any], bare: Done) -> None:
    assert record["crs"]["name"] == "EPSG:4547"
    assert record["crs"]["chosen"] == "named in the project file"
    assert CRS.from_wkt(record["crs"]["wkt"]) == CRS(4547)
    assert bare.record["inputs"][0]["crs"] == "EPSG:4490"
    assert bare.record["crs"]["name"] == "EPSG:4547"
    assert bare.record["crs"]["chosen"] == "3-degree Gauss-Krüger zone 38 of the data"


def test_record_has_every_parameter_and_the_area_basis(record: dict[str, Any], bare: Done) -> None:
    asked = tomllib.loads((SAMPLE / "gisland.toml").read_text("utf-8"))["parameters"]
    told = Parameters.from_mapping(record["parameters"])
    assert told == Parameters.from_mapping(asked)
    assert (told.block_from, told.enclave_share) == ("parcels", Parameters().enclave_share)
    assert record["area_basis"] == "plane"
    assert Parameters.from_mapping(bare.record["parameters"]) == Parameters(tolerance_m=0.2)


def test_record_has_the_rules_with_their_fingerprint(record: dict[str, Any], bare: Done) -> None:
    rules = load_rules(SAMPLE / "rules.toml")
    told = record["rules"]
    assert told["fingerprint"] == rules.fingerprint
    assert (told["name"], told["vintage"]) == (rules.name, rules.vintage)
    assert (told["title"], told["jurisdiction"]) == (rules.title, rules.jurisdiction)
    plain = json.loads(json.dumps([dataclasses.asdict(rule) for rule in rules]))
    assert told["records"] == plain
    caps = [r for r in told["records"] if r["id"] == "scrap.share_cap"]
    assert [(r["mode"], r["value"], r["denominator"]) for r in caps] == [("on", 0.1, "including")]
    assert bare.record["rules"]["name"] == "tianjin-2024"
    assert bare.record["rules"]["fingerprint"] == load_rules("tianjin-2024").fingerprint


def test_record_names_project_language_and_date(record: dict[str, Any], bare: Done) -> None:
    assert (record["project"], record["language"]) == ("江城区示范工业片区", "zh")
    assert (record["as_of"], record["sites_from"]) == ("2026-01-01", "layer")
    assert bare.record["project"] == bare.folder.parent.name
    assert (bare.record["as_of"], bare.record["sites_from"]) == (None, None)


def test_record_has_versions_and_times(record: dict[str, Any]) -> None:
    assert record["gisland"] == __version__
    assert record["versions"]["pandas"] == pd.__version__
    assert {"python", "geopandas", "shapely", "scipy", "GEOS", "GDAL", "PROJ"} <= set(
        record["versions"]
    )
    assert list(record["timings_s"]) == ["read", *STAGES]
    assert all(s >= 0 for s in record["timings_s"].values())


def test_record_counts_what_the_tables_hold(sample_run: Done, record: dict[str, Any]) -> None:
    tables, counts = sample_run.tables, record["counts"]
    plan = tables["plan"]
    taken = plan[plan["verdict"] == "absorbed"]
    assert counts["parcels"] == len(tables["parcels"]) == 647
    assert counts["fragments"] == tables["parcels"]["fragment"].sum() == 50
    assert counts["border_pairs"] == len(tables["borders"]) / 2
    for name in ("sites", "zones"):
        assert counts[name] == len(tables[name]) > 0
    assert counts["scrap_groups"] == len(tables["scrap_groups"])
    kinds = tables["enclaves"]["kind"].value_counts()
    assert counts["enclaves"] == kinds["strict"] + kinds["nearly"] > 0
    assert counts["jointly_enclosed"] == kinds["jointly"] > 0
    assert counts["scraps"] == plan["parcel_id"].nunique() == 34
    assert counts["absorbed"] == len(taken) == 24
    assert counts["absorbed_m2"] == pytest.approx(taken["area_m2"].sum(), abs=0.005)
    severity = tables["findings"]["severity"].value_counts()
    assert counts["findings_error"] == 0
    assert counts["findings_warning"] == severity["warning"]
    assert counts["findings_info"] == severity["info"]


def test_record_has_the_bound_of_every_component(sample_run: Done, record: dict[str, Any]) -> None:
    sites = sample_run.tables["sites"]
    told = {c["component"]: c for c in record["components"]}
    assert sorted(told) == sorted(sites["component"].unique())
    for number, rows in sites.groupby("component"):
        assert told[number]["sites"] == len(rows)
        assert told[number]["status"] == "optimal"
        absorbed = rows["scrap_area_m2"].sum()
        assert told[number]["absorbed_m2"] == pytest.approx(absorbed, abs=0.02)
        assert told[number]["bound_m2"] == pytest.approx(absorbed, abs=0.02)


def test_record_says_what_was_skipped_and_why(record: dict[str, Any], bare: Done) -> None:
    assert record["skipped"] == []
    told = {s["analysis"]: s["reason"] for s in bare.record["skipped"]}
    assert told == {
        "enclaves_owner": "no column owner",
        "far": "no floor area and no buildings with floors",
        "coverage": "no column footprint_m2 and no buildings",
        "planning_conditions": "no planning condition in zoning, zoning_overlay or parcels",
        "exclusions": "no layer in [layers.exclusions]",
        "surfaces": "no floor area, footprint or tax",
        "block_lines": "no layer block_lines, or no use class",
        "conversions": "no use class",
        "parks": "no layer parks",
        "merging": "no [sites]: there is nothing to merge into",
    }
    assert "block_lines" not in bare.tables
    assert set(bare.tables["enclaves"]["attribute"]) <= {"tenure"}  # read from the parcel codes


# --- the jobs ----------------------------------------------------------------------------------


def test_a_run_without_sites_still_measures(bare: Done) -> None:
    assert bare.folder.name == DEFAULT_OUT
    parcels = bare.tables["parcels"]
    assert len(parcels) == 40
    assert set(parcels["verdict"]) == {"none"}
    assert parcels["area_m2"].gt(0).all()
    assert len(bare.tables["sites"]) == 0
    assert set(bare.tables["lineage"]["role"]) == {"kept"}


def test_progress_names_layers_stages_and_files(sample_run: Done, tmp_path: Path) -> None:
    steps: list[str] = []
    shutil.copytree(SAMPLE, tmp_path / "sample")
    check_project(tmp_path / "sample" / "gisland.toml", progress=steps.append)
    assert tuple(steps) == (*LAYERS, "plane areas in EPSG:4547: named in the project file")
    steps.clear()
    files = presented(
        sample_run.tables,
        record=sample_run.record,
        surfaces=read_surfaces(sample_run.folder),
        progress=steps.append,
    )
    assert steps == ["map", "ledger", "report"]
    assert {n: (sample_run.folder / n).read_bytes() == content for n, content in files.items()} == {
        "map.html": True,
        "ledger.xlsx": True,
        "report.html": True,
    }


def test_map_of_results_is_the_map_of_the_run(sample_run: Done, tmp_path: Path) -> None:
    drawn = map_results(sample_run.folder, tmp_path / "again.html")
    assert drawn == tmp_path / "again.html"
    assert drawn.read_bytes() == (sample_run.folder / "map.html").read_bytes()


def test_map_of_a_lone_geopackage_lies_beside_it(sample_run: Done, tmp_path: Path) -> None:
    shutil.copy(sample_run.folder / "results.gpkg", tmp_path / "results.gpkg")
    drawn = map_results(tmp_path / "results.gpkg")
    assert drawn == tmp_path / "map.html"
    keys = {f["key"] for f in layers(drawn.read_text("utf-8"), "zh")["parcels"]["features"]}
    assert "parcel:420190006002GB00004" in keys


def test_check_finds_what_the_run_reports_of_the_data(sample_run: Done) -> None:
    found = check_project(SAMPLE / "gisland.toml")
    told = sample_run.tables["findings"]
    # found when other layers meet parcels
    met = ("building_off_parcels", "zones_overlap", "hierarchy_straddles")
    met = (*met, "block_change_without_effect")
    told = told[~told["code"].isin(met)]
    columns = ["code", "severity", "layer", "parcel_id", "other_id", "value", "unit", "message"]
    assert len(found) == 50
    assert found[columns].to_csv(index=False) == told[columns].to_csv(index=False)


def test_rules_are_looked_at_before_the_layers(tmp_path: Path) -> None:
    text = PARCELS_ONLY.format(path="nowhere.shp", more="").replace(
        "[layers.parcels]", '[project]\nrules = "no-such"\n[layers.parcels]', 1
    )
    (tmp_path / "gisland.toml").write_text(text, "utf-8")
    for job in (check_project, run_project):
        with pytest.raises(RulesError, match="there is no rule set 'no-such'"):
            job(tmp_path / "gisland.toml")
    assert [p.name for p in tmp_path.iterdir()] == ["gisland.toml"]


def test_what_the_layers_cannot_give_is_refused_by_check_as_by_run(tmp_path: Path) -> None:
    parcels = pyogrio.read_dataframe(SAMPLE / "parcels.shp", encoding="gb18030", max_features=9)
    parcels[["ZDDM", "geometry"]].to_file(tmp_path / "parcels.gpkg")
    wish = '[parameters]\nblock_from = "zoning"\n'
    (tmp_path / "gisland.toml").write_text(
        PARCELS_ONLY.format(path="parcels.gpkg", more=wish), "utf-8"
    )
    for job in (check_project, run_project):
        with pytest.raises(ProjectError, match="there is no layer zoning; add"):
            job(tmp_path / "gisland.toml")


def test_jobs_raise_for_a_missing_project(tmp_path: Path) -> None:
    for job in (check_project, run_project):
        with pytest.raises(ProjectError, match=r"none\.toml does not exist; check the path"):
            job(tmp_path / "none.toml")
