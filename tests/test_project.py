import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from gisland.base.errors import ProjectError, did_you_mean
from gisland.base.parameters import Parameters
from gisland.layers.project import DEFAULT_RULES, Project, read_project
from gisland.layers.source import Source, unit_factors

Read = Callable[[str], Project]
PARCELS = '[layers.parcels]\npath = "parcels.shp"\n'
FULL = """
[project]
name = "东区"
rules = "wanzhou"
crs = "EPSG:4547"
language = "en"
as_of = 2026-01-01
[layers.parcels]
path = "a/parcels.shp"
layer = "ZD"
encoding = "gb18030"
crs = "EPSG:4526"
where = "XZQDM = '360702'"
geometry = "outline"
[layers.parcels.fields]
parcel_id = "ZDDM"
recorded_area_m2 = "ZDMJ"
tax_yuan = "SS"
[layers.parcels.units]
recorded_area_m2 = "mu"
tax_yuan = "wan_yuan"
[layers.parcels.classes]
"一类" = "industrial"
[layers.zoning]
path = "z.gpkg"
[layers.zoning.fields]
far_max = "RJL"
[layers.zoning.units]
far_max = "percent"
[layers.project_boundary]
path = "b.gpkg"
[layers.exclusions.red_line]
path = "eco.shp"
[layers.exclusions.farmland]
path = "farm.shp"
[sites]
from = "use_class"
use_classes = ["logistics", "industrial"]
[parameters]
tolerance_m = 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Read:
    def read(text: str) -> Project:
        file = tmp_path / "gisland.toml"
        file.write_text(text, encoding="utf-8")
        return read_project(file)

    return read


def test_a_full_project_is_read(project: Read, tmp_path: Path) -> None:
    found = project(FULL)
    assert (found.name, found.rules, found.crs, found.language) == (
        "东区",
        "wanzhou",
        "EPSG:4547",
        "en",
    )
    assert found.as_of == dt.date(2026, 1, 1)
    assert found.folder == tmp_path
    assert found.layers["parcels"] == Source(
        name="parcels",
        path="a/parcels.shp",
        layer="ZD",
        encoding="gb18030",
        crs="EPSG:4526",
        where="XZQDM = '360702'",
        geometry="outline",
        fields={"parcel_id": "ZDDM", "recorded_area_m2": "ZDMJ", "tax_yuan": "SS"},
        units={"recorded_area_m2": "mu", "tax_yuan": "wan_yuan"},
        classes={"一类": "industrial"},
    )
    assert list(found.layers) == ["parcels", "zoning", "project_boundary"]
    assert {n: s.name for n, s in found.exclusions.items()} == {
        "farmland": "exclusions.farmland",
        "red_line": "exclusions.red_line",
    }
    assert found.exclusions["red_line"].kind == "exclusions"
    assert (found.sites_from, found.site_use_classes) == ("use_class", ("industrial", "logistics"))
    assert found.parameters.tolerance_m == 1.0


def test_defaults_need_only_the_path_of_the_parcels(project: Read, tmp_path: Path) -> None:
    found = project(PARCELS)
    assert (found.rules, found.language, found.crs, found.as_of) == (
        DEFAULT_RULES,
        "zh",
        None,
        None,
    )
    assert found.name == tmp_path.name
    assert found.parameters == Parameters()
    assert (found.sites_from, found.site_use_classes) == (None, ())
    assert found.exclusions == {}


def test_a_rule_file_is_relative_to_the_project(project: Read, tmp_path: Path) -> None:
    found = project('[project]\nrules = "own.toml"\n' + PARCELS)
    assert found.rules == str(tmp_path / "own.toml")


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(PARCELS, encoding="utf-8-sig")
    assert read_project(file).layers["parcels"].path == "parcels.shp"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[layers.parcels", "gisland.toml is not valid TOML"),
        ("", r"\[layers.parcels\] is missing; add it"),
        ("[layers.parcels]\n", r"\[layers.parcels\] path is missing"),
        ("[projects]\n" + PARCELS, "'projects' is not a table; did you mean 'project'"),
        (
            "[project]\nrule = 'x'\n" + PARCELS,
            r"\[project\] 'rule' is not a key; did you .* 'rules'",
        ),
        ("project = 1\n" + PARCELS, r"\[project\] is 1; make it a table"),
        ("[project]\nlanguage = 'de'\n" + PARCELS, "language is 'de'; use zh or en"),
        ("[project]\nname = 3\n" + PARCELS, "name is 3; give a text"),
        ("[project]\nas_of = '2026-01-01'\n" + PARCELS, "as_of is '2026-01-01'; give a date"),
        ("[project]\nas_of = 2026-01-01T00:00:00\n" + PARCELS, "give a date"),
        ("[layers.parcel]\npath='a'\n", "'parcel' is not a layer; did you mean 'parcels'"),
        ("[layers]\nparcels = 'a.shp'\n", r"\[layers.parcels\] is 'a.shp'; make it a table"),
        (PARCELS + "pth = 'x'\n", r"\[layers.parcels\] 'pth' is not a key; did you mean 'path'"),
        (PARCELS + "layer = 0\n", "layer is 0; give a text"),
        (PARCELS + "join_cut = 'yes'\n", r"\] join_cut is 'yes'; give true or false, without"),
        (PARCELS + "crs_override = 1\n", "crs_override is 1; give true or false"),
        (PARCELS + "crs_override = true\n", "crs_override is set, but no crs; add crs"),
        (PARCELS + "joincut = true\n", "'joincut' is not a key; did you mean 'join_cut'"),
        (PARCELS + "where = ' '\n", "where is ' '; give a text"),
        (
            PARCELS + "[layers.parcels.fields]\nownr = 'A'\n",
            r"\[layers.parcels.fields\] 'ownr' is not a canonical column; did you mean 'owner'",
        ),
        (PARCELS + "[layers.parcels.fields]\nowner = 1\n", r"fields\] owner is 1; give a text"),
        (PARCELS + "fields = 'x'\n", r"\[layers.parcels.fields\] is 'x'; make it a table"),
        (
            PARCELS + "[layers.parcels.units]\ntax_yuan = 'yuan'\n",
            "'tax_yuan' is not mapped to a source column",
        ),
        (
            PARCELS + "[layers.parcels.fields]\ntax_yuan='A'\n"
            "[layers.parcels.units]\ntax_yuan = 'mu'\n",
            "tax_yuan = 'mu' is not a unit; use one of yuan, wan_yuan",
        ),
        (
            PARCELS + "[layers.parcels.fields]\nowner='A'\n[layers.parcels.units]\nowner = 'mu'\n",
            "'owner' has no unit",
        ),
        (
            PARCELS + "[layers.parcels.classes]\nM = 'industry'\n",
            "'M' = 'industry' is not a use class; did you mean 'industrial'",
        ),
        (
            PARCELS + "[layers.roads]\npath='r'\n[layers.roads.classes]\nM='water'\n",
            "only parcels and zoning have use classes",
        ),
        (PARCELS + "[layers.exclusions]\npath = 'x'\n", "no name for the layer"),
        (PARCELS + "[layers.exclusions.red]\n", r"\[layers.exclusions.red\] path is missing"),
        (PARCELS + "[sites]\n", r"\[sites\] from is missing"),
        (PARCELS + "[sites]\nfrom = 'layers'\n", "from = 'layers'; did you mean 'layer'"),
        (PARCELS + "[sites]\nfrom = 'layer'\n", r"there is no \[layers.sites\]"),
        (PARCELS + "[sites]\nfrom = 'field'\n", "the parcels have no site_id"),
        (PARCELS + "[sites]\nfrom = 'use_class'\n", "use_classes is None; give a list"),
        (
            PARCELS + "[sites]\nfrom = 'use_class'\nuse_classes = ['industry']\n",
            "'industry' is not a use class; did you mean 'industrial'",
        ),
        (
            PARCELS + "[sites]\nfrom = 'low_use'\nuse_classes = ['industrial']\n",
            "belongs to from",
        ),
        (PARCELS + "[parameters]\ntolerance = 1\n", r"gisland.toml: \[parameters\] has no key"),
        (
            PARCELS + "[parameters]\ntolerance_m = 'x'\n",
            r"gisland.toml: \[parameters\] tolerance_m",
        ),
    ],
)
def test_each_slip_is_named_with_file_and_key(project: Read, text: str, words: str) -> None:
    with pytest.raises(ProjectError, match=words) as caught:
        project(text)
    assert "gisland.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"nowhere\.toml does not exist; check the path"):
        read_project(tmp_path / "nowhere.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_bytes("[project]\nname = '东区'".encode("gb18030"))
    with pytest.raises(ProjectError, match="is not UTF-8 text; save it as UTF-8"):
        read_project(file)


def test_units_follow_the_name_of_the_column() -> None:
    assert unit_factors("recorded_area_m2")["ft2"] == pytest.approx(0.09290304, rel=1e-15)
    assert unit_factors("green_m2")["mu"] * 15 == 10_000
    assert unit_factors("green_max") == {"ratio": 1.0, "percent": 0.01}
    assert unit_factors("height_max_m") == {"m": 1.0, "ft": 0.3048}


def test_long_lists_of_names_are_cut() -> None:
    assert did_you_mean("zzzz", [f"c{i:02d}" for i in range(60)]).endswith("c39 and 20 more")


def test_switches_of_a_layer_are_off_unless_set(project: Read) -> None:
    off = project(PARCELS).layers["parcels"]
    assert (off.crs_override, off.join_cut) == (False, False)
    keys = "crs = 'EPSG:4547'\ncrs_override = true\njoin_cut = true\n"
    on = project(PARCELS + keys).layers["parcels"]
    assert (on.crs_override, on.join_cut) == (True, True)
