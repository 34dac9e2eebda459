"""The table of messy files: it says what happened to each, and fails where that is wrong."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import box

from mutations import source_table
from subdivisions import subdivision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
BROKEN = '{"type": "FeatureCollection", "features": [{"type": "Feature", "geom'


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """The table's module; it finds its neighbor as it does when it is run."""
    sys.path.insert(0, str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("robustness", SCRIPTS / "robustness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(SCRIPTS))
    for name in (spec.name, "memory", "real_layers"):
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound layer, one in GBK without a word on it, and one that is cut off."""
    rng = np.random.default_rng(7)
    good = source_table(subdivision("streets", size=7, rng=rng), rng)
    good.to_file(tmp_path / "good.gpkg")
    good.to_file(tmp_path / "chinese.shp", encoding="GBK")
    (tmp_path / "chinese.cpg").unlink()
    (tmp_path / "cut.geojson").write_text(BROKEN, "utf-8")
    return tmp_path


def by_name(script: ModuleType, folder: Path) -> dict[str, object]:
    return {row.file: row for row in script.rows(folder)}


def test_each_layer_is_one_item(script: ModuleType, folder: Path) -> None:
    found = [p.name for p in script.items(folder)]
    assert found == ["chinese.shp", "cut.geojson", "good.gpkg"]


def test_outcomes(script: ModuleType, folder: Path) -> None:
    rows = by_name(script, folder)
    good, chinese = rows["good.gpkg"], rows["chinese.shp"]
    assert (good.rows, good.crs, good.fault) == (7, "EPSG:4547", "")
    assert (chinese.rows, chinese.encoding, chinese.fault) == (7, "gb18030", "")
    assert rows["cut.geojson"].outcome == "refused"


def test_what_is_known_is_held_against_the_file(
    script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {
        "good.gpkg": script.Known(8, holds=("no such owner",), area_m2=1.0),
        "cut.geojson": script.refused("sunspots"),
        "chinese.shp": script.refused("anything"),
    }
    monkeypatch.setattr(script, "KNOWN", known)
    rows = by_name(script, folder)
    assert "8 rows expected" in rows["good.gpkg"].fault
    assert "'no such owner'" in rows["good.gpkg"].fault
    assert "instead of 1" in rows["good.gpkg"].fault
    assert "sunspots" in rows["cut.geojson"].fault
    assert rows["chinese.shp"].fault == "should have been refused"


def test_a_traceback_and_a_changed_folder_are_faults(
    script: ModuleType,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def crash(_: object) -> None:
        (folder / "left behind").touch()
        raise KeyError("nobody caught this")

    monkeypatch.setattr(script, "load_inputs", crash)
    assert script.main(folder, count=0) == 1
    told = capsys.readouterr().out
    assert told.count("TRACEBACK") >= 3
    assert "nobody caught this" in told
    assert "the folder of the file was changed" in told


def test_a_sound_folder_ends_well(
    script: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cut.geojson").unlink()
    assert script.main(folder, count=0) == 0
    assert "2 files: loaded 2; wrong: 0" in capsys.readouterr().out


def test_cases_that_are_no_layers(script: ModuleType, tmp_path: Path) -> None:
    crossed = "POLYGON ((10 90, 90 10, 90 90, 10 10, 10 90))"
    wkb = shapely.to_wkb(box(0, 0, 9, 9), hex=True)
    case = '<case><a>{}</a><test><op name="isValid" arg1="A"> {} </op></test></case>'
    file = tmp_path / "cases.xml"
    file.write_text(
        f"<run>{case.format(crossed, 'false')}{case.format(wkb, 'true')}</run>", "utf-8"
    )
    row = script.judged("cases.xml", file, None)
    assert (row.outcome, row.rows, row.fault) == ("repaired", 2, "")
    file.write_text(f"<run>{case.format(crossed, 'true')}</run>", "utf-8")
    assert script.judged("cases.xml", file, None).fault == "validity of c0000"


def test_memory_is_measured_of_huge_and_of_many(
    script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = sys.modules["memory"]
    monkeypatch.setattr(memory, "huge_layer", lambda: memory.many_texts(9))
    rows = list(script.memory_rows(folder, count=400))
    assert [(row.rows, row.fault) for row in rows] == [(9, ""), (400, "")]
    assert all("peak" in row.numbers for row in rows)


def test_every_messy_file(script: ModuleType, shared_data: Path) -> None:
    rows = list(script.rows(shared_data))
    wrong = [row.line() for row in rows if row.fault]
    assert not wrong, "\n".join(wrong)
    files = {row.file for row in rows}
    assert set(script.KNOWN) <= files
    assert len(files) == len(rows) == 101


# --- memory ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("script")
def test_a_huge_polygon_among_thousands_costs_little_memory(tmp_path: Path) -> None:
    memory = sys.modules["memory"]
    layer = memory.huge_layer()
    street = layer.geometry.iloc[0]
    assert (
        shapely.get_num_coordinates(street) == 50_000 + 501
    )  # each ring closes with a vertex more
    assert (len(street.interiors), len(layer), street.is_valid) == (500, 2001, True)
    layer.iloc[1:].to_file(tmp_path / "small.gpkg")
    layer.to_file(tmp_path / "huge.gpkg")
    peak = {}
    for name in ("small", "huge"):
        project = tmp_path / f"{name}.toml"
        project.write_text(f'[layers.parcels]\npath = "{name}.gpkg"\n', "utf-8")
        done, megabytes = memory.measured("check", project, "--json")
        assert done.returncode in {0, 1}, done.stderr
        peak[name] = float(megabytes)
    size = (tmp_path / "huge.gpkg").stat().st_size / 2**20
    assert peak["huge"] < peak["small"] + 10 * size + 50, peak


# --- the command that fuzzes -------------------------------------------------------------------


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", SCRIPTS / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fuzz_passes_number_and_seed_on_and_tells_them(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(dev, "set_up", lambda: None)
    monkeypatch.setattr(dev, "run", lambda *_, **env: asked.append(env) or 0)
    assert dev.main(["fuzz", "500", "42"]) == 0
    assert dev.main(["fuzz", "500"]) == 0
    assert dev.main(["fuzz"]) == 0
    assert asked[0] == {"GISLAND_FUZZ": "500", "GISLAND_FUZZ_SEED": "42"}
    assert [env["GISLAND_FUZZ"] for env in asked] == ["500", "500", "10000"]
    assert asked[1]["GISLAND_FUZZ_SEED"] != asked[2]["GISLAND_FUZZ_SEED"]
    assert "fuzz 500 42" in capsys.readouterr().err
    for words in (["many"], ["1", "2", "3"], ["-5"]):
        with pytest.raises(SystemExit, match="number of cases and a seed"):
            dev.main(["fuzz", *words])
