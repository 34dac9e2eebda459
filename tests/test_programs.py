"""The programs to copy: short, on the library alone, right on the sample, clear about mistakes."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Polygon, box

import gisland as gl

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.jobs import Done

    Run = Callable[..., tuple[int, str, str]]

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
PROGRAMS = ("find_scraps", "check_block_lines", "density_report", "compare_dates", "make_map")
LINES = 80
ALLOWED = {"gisland", "pandas", "geopandas", "shapely", "__future__", *sys.stdlib_module_names}
SAMPLE = gl.sample_folder()
PARCELS = SAMPLE / "parcels.shp"
SITES = SAMPLE / "sites.gpkg"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """A program run in an empty folder: exit code, what it prints, and what it complains of."""

    def call(name: str, *words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return call


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_short_and_needs_nothing_else(name: str) -> None:
    text = SCRIPTS.joinpath(f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) < LINES
    tree = ast.parse(text)
    used = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    used |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {one.split(".")[0] for one in used} <= ALLOWED
    assert not [one for one in used if one.startswith("gisland.")]  # what is public is enough
    assert f"python scripts/{name}.py" in (ast.get_docstring(tree) or "")
    assert "To change:" in (ast.get_docstring(tree) or "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_says_how_to_call_it(name: str, run: Run) -> None:
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert f"python scripts/{name}.py" in out
    assert "--out" in out


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_file_is_one_message(name: str, run: Run, tmp_path: Path) -> None:
    code, _, err = run(name, "no_such.shp", "nor_this.gpkg")
    assert code == 2
    assert "no_such.shp" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_find_scraps_finds_the_planted_ones(run: Run, tmp_path: Path) -> None:
    code, out, err = run("find_scraps")
    assert (code, err) == (0, "")
    truth = pd.read_csv(SAMPLE / "truth.csv", dtype="str")
    truth = truth[truth["field"] == "plan.verdict"]
    found = gpd.read_file(tmp_path / "scraps.gpkg")
    expected = dict(
        zip(zip(truth["parcel_id"], truth["site_id"], strict=True), truth["expected"], strict=True)
    )
    pairs = zip(found["parcel_id"], found["site_id"], strict=True)
    given = dict(zip(pairs, found["verdict"], strict=True))
    assert {k: given.get(k) for k in expected} == expected
    assert "34 scraps beside 12 sites" in out


def test_check_block_lines_measures_the_planted_ones(run: Run, tmp_path: Path) -> None:
    code, out, err = run("check_block_lines")
    assert (code, err) == (0, "")
    blocks = gpd.read_file(tmp_path / "checked_blocks.gpkg", layer="blocks").set_index("block_id")
    assert blocks.loc["QK1-01", "industrial_share"] == pytest.approx(0.9319, abs=1e-4)
    assert blocks.loc["overall", "industrial_share"] == pytest.approx(0.7408, abs=1e-4)
    assert int(blocks.loc["overall", "parcels_cut"]) == 3
    layers = set(pyogrio.list_layers(tmp_path / "checked_blocks.gpkg")[:, 0])
    assert layers == {"blocks", "uses", "parts", "verdicts"}
    assert "QK1-01" in out


def test_density_report_tells_before_and_after(run: Run, tmp_path: Path) -> None:
    code, out, err = run("density_report", SAMPLE / "gisland.toml")
    assert (code, err) == (0, "")
    table = pd.read_csv(tmp_path / "density.csv", encoding="utf-8-sig")
    far = table[(table["indicator"] == "far") & table["subject"].str.startswith("site:")]
    assert len(far) == 12
    shown = runpy.run_path(str(SCRIPTS / "density_report.py"))["SHOWN"]
    assert [name for name in shown if not re.search(rf"overall +{name} ", out)] == []
    # the merge moves land and tax into sites, and loses none
    whole = table[table["subject"] == "overall"].set_index("indicator")
    land = gpd.read_file(PARCELS).to_crs(4547).geometry.area.sum()
    assert whole.loc["land_area", "before"] == pytest.approx(land, rel=1e-6)
    for kept in ("land_area", "footprint", "green_area", "tax"):
        assert whole.loc[kept, "after"] == pytest.approx(whole.loc[kept, "before"], rel=1e-9)
    assert whole.loc["parcels", "after"] < whole.loc["parcels", "before"]


def test_compare_dates_tells_what_the_sample_changed(run: Run, tmp_path: Path) -> None:
    code, _, err = run("compare_dates")
    assert (code, err) == (0, "")
    parcels = gpd.read_file(tmp_path / "compared_dates.gpkg", layer="parcels")
    before = parcels[parcels["date"] == "before"]["kind"].value_counts().to_dict()
    assert before == {"same": 643, "merged": 2, "split": 1, "gone": 1}
    changes = gpd.read_file(tmp_path / "compared_dates.gpkg", layer="changes")
    assert "示范资产公司" in changes["new"].tolist()


def test_compare_dates_reads_two_layers(run: Run) -> None:
    code, out, err = run("compare_dates", PARCELS, PARCELS)
    assert (code, err) == (0, "")
    assert re.search(r"parcels +same +647 +647", out)
    assert "values changed: none" in out
    assert "ids are made" not in out


def test_compare_dates_says_that_ids_were_made(run: Run, tmp_path: Path) -> None:
    shapes = [shapely.box(x, 0, x + 10, 10) for x in (500_000, 500_010)]
    gpd.GeoDataFrame({"kind": ["a", "b"]}, geometry=shapes, crs=4547).to_file(tmp_path / "a.gpkg")
    code, out, _ = run("compare_dates", tmp_path / "a.gpkg", tmp_path / "a.gpkg")
    assert code == 0
    assert out.count("ids are made from where parcels lie") == 2
    assert "parcel_id=COLUMN" in out


def test_layers_in_feet_are_brought_into_metres(run: Run, tmp_path: Path) -> None:
    square = gpd.GeoSeries.from_wkt(["POLYGON ((0 0, 0 300, 300 300, 300 0, 0 0))"])
    shapes = square.translate(1_300_000, 550_000).set_crs(2264)
    gpd.GeoDataFrame({"PIN": ["a"]}, geometry=shapes).to_file(tmp_path / "feet.gpkg")
    code, out, _ = run("compare_dates", tmp_path / "feet.gpkg", tmp_path / "feet.gpkg")
    assert code == 0
    assert re.search(r"parcels +all +1 +1 +8,357.0", out)  # (300 ft)² is 8361 m², less in UTM


def test_make_map_draws_layers(run: Run, tmp_path: Path) -> None:
    code, out, err = run("make_map", SAMPLE / "sites.gpkg", "--title", "A <b>")
    assert (code, err) == (0, "")
    page = tmp_path.joinpath("map.html").read_text("utf-8")
    assert "A <b>" not in page
    assert "A &lt;b&gt;" in page
    assert "sites.gpkg: 12 rows" in out


@pytest.mark.parametrize("given", ["", "results.gpkg"])
def test_make_map_draws_results(run: Run, tmp_path: Path, sample_run: Done, given: str) -> None:
    code, out, err = run("make_map", sample_run.folder / given, "-o", tmp_path / "again.html")
    assert (code, err) == (0, "")
    assert tmp_path.joinpath("again.html").read_bytes() == (
        sample_run.folder.joinpath("map.html").read_bytes()
    )
    assert "written:" in out


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("find_scraps", (PARCELS,), "no sites are known"),
        ("find_scraps", (PARCELS, SAMPLE / "sites.gpkg", "--field", "parcels.owner=NO"), "'NO'"),
        ("find_scraps", (PARCELS, SAMPLE / "sites.gpkg", "--field", "owner"), "parcels.owner="),
        ("find_scraps", (PARCELS, SAMPLE / "sites.gpkg", "--rules", "atlantis"), "atlantis"),
        ("check_block_lines", (PARCELS,), "no layer of block lines"),
        ("check_block_lines", (SITES, SITES), "no use of parcels is known: name it"),
        ("compare_dates", (PARCELS,), "give two layers"),
        ("compare_dates", (PARCELS, PARCELS, "--tolerance", "-1"), "tolerance_m is -1"),
        (
            "compare_dates",
            (PARCELS, PARCELS, "-o", "a.shp"),
            "no name of tables",
        ),
        ("make_map", (SAMPLE / "sites.gpkg", "--color", "NO"), "NO"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(
    name: str, words: tuple[object, ...], told: str, run: Run
) -> None:
    code, _, err = run(name, *words)
    assert code == 2
    assert re.search(told, err)
    assert "Traceback" not in err


def test_a_fault_of_the_program_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(SystemExit) as end:
        gl.run_program(broken)
    assert end.value.code == 70
    assert "KeyError" in capsys.readouterr().err


def test_tables_hold_no_formula_and_the_same_bytes(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": ["=1+1", "甲", None], "y": [-1.5, 2.0, 3.0]})
    one = gl.write_tables(tmp_path / "a.csv", {"t": table}).read_bytes()
    assert one.decode("utf-8-sig") == "x,y\n'=1+1,-1.5\n甲,2.0\n,3.0\n"
    assert gl.write_tables(tmp_path / "b.csv", {"t": table}).read_bytes() == one
    kinds = pd.DataFrame({"@x": pd.Categorical(["+1", "a"])})
    assert gl.write_tables(tmp_path / "c.csv", {"t": kinds}).read_text("utf-8-sig") == (
        "'@x\n'+1\na\n"
    )
    with pytest.raises(gl.GislandError, match=r"let it end in \.gpkg or \.csv"):
        gl.write_tables(tmp_path / "a.xls", {"t": table})


def test_one_field_is_given_in_a_list() -> None:
    for call in (gl.read_parcels, lambda _, fields: gl.project_of({"parcels": 1}, fields=fields)):
        with pytest.raises(gl.GislandError, match="fields is 'owner=QLRMC'; give a list"):
            call(PARCELS, fields="owner=QLRMC")


def test_every_program_is_listed_once_and_nothing_else() -> None:
    text = SCRIPTS.joinpath("README.md").read_text("utf-8")
    listed = re.findall(r"^- `([\w.]+)`:", text, re.MULTILINE)
    there = [p.name for p in SCRIPTS.iterdir() if p.suffix in {".py", ".ipynb"}]
    assert sorted(listed) == sorted(there)


def test_reading_tells_of_one_polygon_and_one_row_in_the_singular(tmp_path: Path) -> None:
    bow = Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    shapes = gpd.GeoSeries([bow, box(20, 0, 29, 9), None], crs=4547).translate(500_000, 3_400_000)
    lots = gpd.GeoDataFrame({"parcel_id": ["a", "b", "c"]}, geometry=shapes)
    lots.to_file(tmp_path / "lots.gpkg")
    told: list[str] = []
    kept = gl.read_parcels(tmp_path / "lots.gpkg", tell=told.append)
    assert kept.index.tolist() == ["a", "b"]
    assert [text.partition("gpkg: ")[2] for text in told] == [
        "mended 1 polygon with crossing edges",
        "left out 1 row without usable geometry: c",
    ]
