"""`gisland split`: what it writes, prints and refuses."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from districts import at, layer, lots
from gisland import cli
from gisland.base.errors import OutputError
from gisland.jobs import run_project
from gisland.layers.writing.geopackage import write_geopackage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Call = Callable[..., "Said"]

N_M2, S_M2 = 43_383.0, 45_517.0
PROJECT = """
[project]
name = "小园区"
rules = "rules.toml"
language = "{language}"

[layers.parcels]
path = "{parcels}"

[layers.parcels.fields]
parcel_id = "parcel_id"
owner = "owner"
use_class = "use_class"
recorded_area_m2 = "recorded_area_m2"

[layers.zoning]
path = "zoning.gpkg"

[layers.zoning.fields]
zone_id = "zone_id"
planned_use = "planned_use"
"""
RULES = """
[ruleset]
name = "own"
title = "Own rules"
jurisdiction = "here"
vintage = 2026
extends = "national-2023-171"

[rule.split.independent]
mode = "on"
title = "t"
section = ""
quotation = ""
source = "s"
status = "general knowledge"

[rule.split.planned_line]
mode = "on"
title = "t"
section = ""
quotation = ""
source = "s"
status = "general knowledge"
"""


class Said(NamedTuple):
    """How the command ended, and what it said where."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def main(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["gisland", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return Said(int(end.value.code or 0), *capsys.readouterr())

    return main


def project(
    folder: Path,
    *,
    language: str = "en",
    parcels: gpd.GeoDataFrame | None = None,
    zoning: bool = True,
) -> Path:
    """A project of case 3 with a parcel ``q`` that has a part of 1800 m², and ``in``."""
    line = S_M2 / 200
    table = parcels if parcels is not None else layer_before()
    table.reset_index().to_file(folder / "parcels.gpkg", layer="lots")
    shapes = {"n": at(-900, line, 2000, 999), "s": at(-900, -999, 2000, 999 + line)}
    layer("zone_id", shapes, planned_use=["工业", "A5"]).reset_index().to_file(
        folder / "zoning.gpkg", layer="zones"
    )
    text = PROJECT.format(language=language, parcels="parcels.gpkg")
    if not zoning:
        text = text[: text.index("[layers.zoning]")]
    file = folder / "gisland.toml"
    file.write_text(text, "utf-8")
    (folder / "rules.toml").write_text(RULES, "utf-8")
    return file


def layer_before() -> gpd.GeoDataFrame:
    line = S_M2 / 200
    return lots(
        {
            "p": at(0, 0, 200, (N_M2 + S_M2) / 200),
            "q": at(300, line - 18, 100, 100),
            "in": at(500, 0, 100, 100),
        },
        owner=["天士力", "乙", "丙"],
        use_class=["industrial"] * 3,
        recorded_area_m2=[88_900.0, 10_000.0, 10_000.0],
        note=["甲", None, "丙"],
    )


def test_a_legal_split_is_written_and_told(tmp_path: Path, call: Call) -> None:
    file = project(tmp_path)
    said = call("split", file, "p", "-o", tmp_path / "after.gpkg")
    assert said.code == 0
    assert said.out.splitlines() == [
        "p: 88,900.00 m² (133.350 mu), legal",
        "  p-1  A5    45,517.00 m² (68.275 mu)",
        "  p-2  工业  43,383.00 m² (65.075 mu)",
        str(tmp_path / "after.gpkg"),
    ]
    assert pyogrio.list_layers(tmp_path / "after.gpkg")[:, 0].tolist() == [
        *("parcels", "parts", "lineage")
    ]
    after = gpd.read_file(tmp_path / "after.gpkg", layer="parcels")
    assert list(after) == [
        *("parcel_id", "owner", "use_class", "recorded_area_m2", "note", "geometry")
    ]
    assert after["parcel_id"].tolist() == ["in", "p-1", "p-2", "q"]
    assert after["note"].tolist()[:3] == ["丙", "甲", "甲"]
    assert after["recorded_area_m2"].isna().tolist() == [False, True, True, False]
    lineage = gpd.read_file(tmp_path / "after.gpkg", layer="lineage")
    assert lineage[["parent_id", "part_id"]].to_numpy().tolist() == [["p", "p-1"], ["p", "p-2"]]
    assert lineage["area_m2"].tolist() == pytest.approx([S_M2, N_M2])
    parts = gpd.read_file(tmp_path / "after.gpkg", layer="parts")
    assert parts["legal"].tolist() == [True, True]
    assert "minimum lot area: pass, 45,517.00 m² (requires ≥ 2,000.00 m²)" in parts["verdicts"][0]
    assert parts["planned_use"].tolist() == ["A5", "工业"]


def test_an_illegal_split_is_exit_code_1_and_says_why(tmp_path: Path, call: Call) -> None:
    said = call("split", project(tmp_path), "q")
    assert said.code == 1
    assert said.out.splitlines() == [
        "q: 10,000.00 m² (15.000 mu), not legal",
        "  q-1  工业  8,200.00 m² (12.300 mu)",
        "  q-2  A5     1,800.00 m² (2.700 mu)",
        "    minimum lot area: fail, 1,800.00 m² (requires ≥ 2,000.00 m²)",
        str(tmp_path / "split.gpkg"),
    ]
    assert len(gpd.read_file(tmp_path / "split.gpkg", layer="parts")) == 2


def test_all_that_cross_are_split_in_the_language_of_the_project(
    tmp_path: Path, call: Call
) -> None:
    said = call("split", project(tmp_path, language="zh"), "--by-area")
    assert said.code == 1
    assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [
        "p：88,900.00 m²（133.350 亩），分割合规",
        "q：10,000.00 m²（15.000 亩），分割不合规",
        str(tmp_path / "split.gpkg"),
    ]
    after = gpd.read_file(tmp_path / "split.gpkg", layer="parcels").set_index("parcel_id")
    assert after.loc["q-2", "recorded_area_m2"] == pytest.approx(1800.0)


def test_rules_without_splits_are_told(tmp_path: Path, call: Call) -> None:
    file = project(tmp_path)
    text = (tmp_path / "rules.toml").read_text("utf-8")
    off = text[: text.index("[rule.")].replace('extends = "national-2023-171"', "")
    (tmp_path / "rules.toml").write_text(off, "utf-8")
    said = call("split", file, "q")
    assert said.code == 0
    assert said.out.splitlines()[0] == (
        "q: 10,000.00 m² (15.000 mu), legality not assessed (each part can be a parcel of its own;"
        " share of the cut on a planned-use boundary)"
    )


def test_nothing_to_split_and_what_could_not_be_split_is_told(tmp_path: Path, call: Call) -> None:
    parcels = pd.concat([layer_before().drop(index=["p", "q"]), lots({"gone": None})])
    said = call("split", project(tmp_path, parcels=parcels))
    assert said.code == 0
    assert said.out.splitlines()[:2] == [
        "No parcel crosses a planned-use boundary.",
        "gone: not split (no geometry, not analyzed)",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x"], "split: 1 parcel not in the layer (x); check the ids"),
        (["in", "p"], "split: 1 parcel in a single planned use (in); take them off the list"),
        (["p", "-o", "out.shp"], "is not the name of a GeoPackage; let it end in .gpkg"),
    ],
)
def test_unusable_input_is_exit_code_2(
    tmp_path: Path, call: Call, words: list[str], told: str
) -> None:
    said = call("split", project(tmp_path), *words)
    assert said.code == 2
    assert said.out == ""
    assert told in said.err
    assert not (tmp_path / "split.gpkg").exists()


def test_a_project_without_zoning_is_told(tmp_path: Path, call: Call) -> None:
    said = call("split", project(tmp_path, zoning=False), "p")
    assert said.code == 2
    assert "has no layer zoning; give one in [layers.zoning]" in said.err


def test_row_order_does_not_matter_to_the_bytes(tmp_path: Path, call: Call) -> None:
    digests = []
    for k, rows in enumerate((layer_before(), layer_before().iloc[::-1])):
        folder = tmp_path / str(k)
        folder.mkdir()
        call("split", project(folder, parcels=rows))
        digests.append(hashlib.sha256((folder / "split.gpkg").read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_the_layer_afterwards_can_be_run(tmp_path: Path, call: Call) -> None:
    file = project(tmp_path)
    assert call("split", file, "p").code == 0
    text = PROJECT.format(language="en", parcels="split.gpkg")
    file.write_text(text.replace('"split.gpkg"', '"split.gpkg"\nlayer = "parcels"'), "utf-8")
    done = run_project(file, tmp_path / "out")
    found = done.tables["parcels"].set_index("parcel_id")
    assert found.index.tolist() == ["in", "p-1", "p-2", "q"]
    assert found["planned_use"].to_dict() == {"in": "A5", "p-1": "A5", "p-2": "工业", "q": "工业"}
    assert found.loc["p-2", "note"] == "甲"
    assert call("split", file, "p-1").code == 2  # nothing is left to cut


def test_an_earlier_file_stays_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    write_geopackage(file, {"t": pd.DataFrame({"x": [1]})})
    before = file.read_bytes()
    bad = pd.DataFrame({"x": [1]})
    with pytest.raises(OutputError, match="cannot be written"):
        write_geopackage(file, {"t": bad, "u": bad.set_axis(["x" * 5000], axis=1), "": bad})
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]
    (tmp_path / "b.gpkg").mkdir()
    with pytest.raises(OutputError, match="is a folder; name a file"):
        write_geopackage(tmp_path / "b.gpkg", {"t": bad})
