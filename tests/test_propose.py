from __future__ import annotations

import dataclasses
import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Point, box

from gisland.base.errors import LayerError
from gisland.base.parameters import Parameters
from gisland.base.rulefiles import rule_set_names
from gisland.base.useclasses import USE_CLASSES
from gisland.layers.project import SITES_FROM, Project, read_project
from gisland.layers.proposing.classwords import MAX_VALUES, class_lines, classes_by_words, is_plain
from gisland.layers.proposing.glimpse import column, look
from gisland.layers.proposing.propose import propose_project
from gisland.layers.read import load_inputs


def squares(
    number: int = 3, *, crs: object = 4547, west: float = 512_000, south: float = 3_400_000
) -> gpd.GeoSeries:
    size = 0.001 if west < 180 else 50.0
    boxes = [
        box(west + i * size, south, west + (i + 1) * size, south + size) for i in range(number)
    ]
    return gpd.GeoSeries(boxes, crs=crs)


def layer(columns: dict[str, Any], *, geometry: gpd.GeoSeries | None = None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=squares() if geometry is None else geometry)


def proposal(text: str, folder: Path) -> Project:
    """The text as a project: proves that it is valid and accepted."""
    path = folder / "gisland.toml"
    path.write_text(text, encoding="utf-8")
    return read_project(path)


def propose(folder: Path, **layers: gpd.GeoDataFrame) -> tuple[str, Project]:
    paths = []
    for name, frame in layers.items():
        paths.append(folder / f"{name}.gpkg")
        frame.to_file(paths[-1], layer=name)
    text = propose_project(paths, folder=folder)
    return text, proposal(text, folder)


CADASTRE: dict[str, Any] = {
    "ZDDM": ["360702001001GB00001", "360702001001GB00002", "360702001001JB00003"],
    "QLRMC": ["甲公司", "乙厂", None],
    "QSXZ": ["20", "20", "30"],
    "DLBM": ["0601", "0601", "0701"],
    "ZDMJ": [2500.0, 2500.0, None],
    "备注": ["", "空", ""],
}


def test_cadastre_in_gbk_without_cpg_is_mapped_by_its_field_names(tmp_path: Path) -> None:
    path = tmp_path / "ZD.shp"
    layer(CADASTRE).to_file(path, encoding="gb18030")
    path.with_suffix(".cpg").unlink()
    text = propose_project([path], folder=tmp_path)
    project = proposal(text, tmp_path)
    assert dict(project.layers["parcels"].fields) == {
        "parcel_id": "ZDDM",
        "owner": "QLRMC",
        "tenure": "QSXZ",
        "use_code": "DLBM",
        "recorded_area_m2": "ZDMJ",
    }
    assert project.layers["parcels"].path == "ZD.shp"
    assert '# encoding = "gb18030"' in text
    assert '# passed through: "备注"' in text
    assert "# 3 rows, polygons, EPSG:4547" in text
    assert list(project.layers) == ["parcels"]


def test_survey_patches_and_low_use_units_are_parcels(tmp_path: Path) -> None:
    patches = layer(
        {"BSM": ["1", "2", "3"], "DLBM": ["0601", "0601", "0601"], "TBMJ": [2500.0] * 3}
    )
    _, project = propose(tmp_path, DLTB=patches)
    assert dict(project.layers["parcels"].fields) == {
        "parcel_id": "BSM",
        "use_code": "DLBM",
        "recorded_area_m2": "TBMJ",
    }
    units = layer({"DCDYBH": ["1", "2", "3"], "CQR": ["甲"] * 3, "SYZK": ["闲置"] * 3})
    _, project = propose(tmp_path, DCDYTB=units)
    assert dict(project.layers["parcels"].fields) == {
        "parcel_id": "DCDYBH",
        "owner": "CQR",
        "status": "SYZK",
    }


def test_each_layer_of_a_file_gets_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    lines = gpd.GeoSeries([LineString([(0, 0), (9, 9)])] * 3, crs=4547)
    frames = {
        "宗地": layer(CADASTRE),
        "控规地块": layer(
            {"DKBH": ["a", "b", "c"], "YDXZDM": ["M1"] * 3, "RJLSX": [2.0, 2.0, 1.5]}
        ),
        "buildings": layer({"floors": [1, 2, 3], "height_m": [4.0, 8.0, 12.0]}),
        "道路中心线": layer({"DLKD": [12.0, 12.0, 24.0]}, geometry=lines),
        "改造项目": layer({"XMBH": ["s1", "s2", "s3"]}),
        "工业区块线": layer({"QKBH": ["b1", "b2", "b3"], "level": [1, 1, 2]}),
        "生态保护红线": layer({"n": [1, 2, 3]}),
        "永久基本农田": layer({"n": [1, 2, 3]}),
        "wells": layer({"n": [1]}, geometry=gpd.GeoSeries([Point(0, 0)], crs=4547)),
    }
    for name, frame in frames.items():
        frame.to_file(path, layer=name)
    text = propose_project([path, path], folder=tmp_path)
    project = proposal(text, tmp_path)
    assert {k: s.layer for k, s in project.layers.items()} == {
        "parcels": "宗地",
        "zoning": "控规地块",
        "buildings": "buildings",
        "roads": "道路中心线",
        "sites": "改造项目",
        "block_lines": "工业区块线",
    }
    assert sorted(str(s.layer) for s in project.exclusions.values()) == [
        "永久基本农田",
        "生态保护红线",
    ]
    assert project.layers["zoning"].fields["far_max"] == "RJLSX"
    assert project.layers["roads"].fields["width_m"] == "DLKD"
    assert project.layers["block_lines"].fields == {"block_id": "QKBH", "level": "level"}
    assert project.sites_from == "layer"
    assert '# "wells" of "district.gpkg" (points)' in text


def test_english_and_french_names(tmp_path: Path) -> None:
    parcels = layer({"contenance": [2500, 2500, 2500], "id": ["a", "b", "c"]})
    houses = layer({"HAUTEUR": [3.0, 6.0, 9.0], "NB_ETAGES": [1, 2, 3]})
    text, project = propose(tmp_path, PARCELLE=parcels, BATIMENT=houses)
    assert project.layers["parcels"].fields == {
        "parcel_id": "id",
        "recorded_area_m2": "contenance",
    }
    assert '\nparcel_id = "id"  # unique in all 3 rows\n' in text
    assert project.layers["buildings"].fields == {"floors": "NB_ETAGES", "height_m": "HAUTEUR"}


def test_an_id_that_is_not_unique_is_not_switched_on(tmp_path: Path) -> None:
    text, project = propose(tmp_path, parcels=layer({"ZDDM": ["a", "a", None]}))
    assert "parcel_id" not in project.layers["parcels"].fields
    assert '# parcel_id = "ZDDM"  # 3 of 3 rows share their value or have none' in text


def test_another_id_is_taken_where_the_first_repeats(tmp_path: Path) -> None:
    parcels = layer({"ZDDM": ["a", "a", "b"], "BSM": ["1", "2", "3"]})
    _, project = propose(tmp_path, parcels=parcels)
    assert project.layers["parcels"].fields == {"parcel_id": "BSM"}


def test_ids_are_checked_beyond_the_sample(tmp_path: Path) -> None:
    ids = [str(i) for i in range(599)] + ["0"]
    text, project = propose(tmp_path, parcels=layer({"ZDDM": ids}, geometry=squares(600)))
    assert project.layers["parcels"].fields == {}
    assert "2 of 600 rows share" in text


def test_text_in_a_number_column_and_strange_tenure_stay_comments(tmp_path: Path) -> None:
    parcels = layer({"ZDMJ": ["2500", "约3亩", "1"], "QSXZ": ["20", "租赁", "20"]})
    text, project = propose(tmp_path, parcels=parcels)
    assert project.layers["parcels"].fields == {}
    assert '# recorded_area_m2 = "ZDMJ"  # holds text where a number is needed' in text
    assert '# tenure = "QSXZ"  # holds "租赁", which is not known' in text


def test_units_that_values_or_names_give_away(tmp_path: Path) -> None:
    zoning = layer({"JZMDSX": [40, 45, 60], "LDLSX": [0.2, 0.2, 0.15], "RJLSX": [2, 2.5, 3]})
    parcels = layer({"ZDDM": ["a", "b", "c"], "AreaAc": [0.62, 0.62, 0.62]})
    text, project = propose(tmp_path, zoning=zoning, parcels=parcels)
    assert project.layers["zoning"].units == {"coverage_max": "percent"}
    assert project.layers["parcels"].units == {"recorded_area_m2": "acre"}
    why = "drawn m² / recorded value: median 4032 of 3 rows"
    assert f'\nrecorded_area_m2 = "AreaAc"  # {why}, 100.0% of them within 5%\n' in text
    assert f'\nrecorded_area_m2 = "acre"  # {why}\n' in text


UNITS = {"m2": 2500.0, "mu": 3.75, "ha": 0.25, "km2": 0.0025, "ft2": 26_909.78, "acre": 0.617763}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("crs", [4547, 4490, 2264])
def test_the_unit_of_recorded_areas_is_told_by_the_drawn_ones(
    tmp_path: Path, unit: str, crs: int
) -> None:
    shapes = squares().to_crs(crs) if crs != 2264 else squares(crs=32617).to_crs(2264)
    recorded = [UNITS[unit], UNITS[unit] * 1.01, None]
    text, project = propose(tmp_path, parcels=layer({"ZDMJ": recorded}, geometry=shapes))
    assert project.layers["parcels"].fields == {"recorded_area_m2": "ZDMJ"}
    assert project.layers["parcels"].units == {"recorded_area_m2": unit}
    assert "# areas: m2 | mu | ha | km2 | ft2 | acre" in text
    assert "  # drawn m² / recorded value: median " in text
    assert " of 2 rows" in text


def test_recorded_areas_that_no_unit_fits_are_not_switched_on(tmp_path: Path) -> None:
    frame = layer({"ZDMJ": [2500 / 1.03] * 3, "ZDDM": ["a", "b", "c"]})
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].fields == {"parcel_id": "ZDDM"}
    line = (
        '# recorded_area_m2 = "ZDMJ"  # no unit fits (m2 | mu | ha | km2 | ft2 | acre):'
        " drawn m² / recorded value: median 1.03 of 3 rows"
    )
    assert line in text


def test_recorded_areas_that_cannot_be_compared_say_so(tmp_path: Path) -> None:
    path = tmp_path / "parcels.shp"
    layer({"ZDMJ": [3.75] * 3}).to_file(path)
    path.with_suffix(".prj").unlink()
    text = propose_project([path], folder=tmp_path)
    source = proposal(text, tmp_path).layers["parcels"]
    assert (dict(source.fields), dict(source.units)) == ({}, {})
    why = "its unit is not known: not compared with drawn areas, no sound coordinate system"
    assert f'# recorded_area_m2 = "ZDMJ"  # {why}' in text
    frame = layer({"ZDMJ": [0.0, None, None]})
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].units == {}
    assert "not compared with drawn areas: none is recorded in the rows looked at" in text


def test_money_is_left_to_people_with_a_hint(tmp_path: Path) -> None:
    frame = layer({"tax_yuan": [1.5, 20.0, 300.0], "产值": [1.0, 2.0, 3.0]})
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].units == {}
    assert "# money: yuan | wan_yuan" in text
    assert '# tax_yuan = "wan_yuan"  # taken as yuan if absent: nothing tells, ask' in text


def test_numbers_written_as_text_are_mapped(tmp_path: Path) -> None:
    shapes = squares(2)
    parcels = layer({"ZDMJ": ["2500", " 2500.0 "]}, geometry=shapes)
    zoning = layer({"使用分": ["住宅區", "工業區"], "容積率": ["200", "150%"]}, geometry=shapes)
    _, project = propose(tmp_path, parcels=parcels, zoning=zoning)
    assert project.layers["parcels"].units == {"recorded_area_m2": "m2"}
    assert project.layers["zoning"].fields == {"planned_use": "使用分", "far_max": "容積率"}
    assert project.layers["zoning"].units == {"far_max": "percent"}
    assert project.layers["zoning"].classes == {}  # a run reads them anyway


def test_fields_of_taiwan_are_zoning_and_those_of_the_sample_are_known(tmp_path: Path) -> None:
    plan = layer({"使用分區": ["住宅區"] * 3, "容積率": [2.0] * 3, "建蔽率": [0.6] * 3})
    ways = layer({"DLBH": ["a", "b", "c"], "LMKD": [9.0, 12.0, 24.0]})
    lots = layer({"ZDDM": ["a", "b", "c"], "GSZT": ["在用", "闲置", "在用"]})
    _, project = propose(tmp_path, plan=plan, ways=ways, lots_2026=lots)
    assert project.layers["zoning"].fields == {
        "planned_use": "使用分區",
        "far_max": "容積率",
        "coverage_max": "建蔽率",
    }
    assert project.layers["roads"].fields == {"road_id": "DLBH", "width_m": "LMKD"}
    assert project.layers["parcels"].fields["status"] == "GSZT"


@pytest.mark.parametrize("name", ["使用分區", "使用分"])
def test_zones_of_taiwan_alone_stay_zoning(tmp_path: Path, name: str) -> None:
    plan = layer({name: ["住宅區", "道路兼溝", "工業區"], "容積率": ["200", "", "210"]})
    text, project = propose(tmp_path, N0105=plan)
    zoning = project.layers["zoning"]
    assert dict(zoning.fields) == {"planned_use": name, "far_max": "容積率"}
    assert project.layers["parcels"].path == zoning.path == "N0105.gpkg"
    assert text.count("# No layer says that it holds parcels") == 1
    assert "Layers not used" not in text


@pytest.mark.parametrize("name", ["项目", "项目红线", "xm"])
def test_projects_are_sites_whatever_red_lines_they_have(tmp_path: Path, name: str) -> None:
    projects = layer({"XMBH": ["x1", "x2", "x3"], "XMMC": ["一", "二", "三"]})
    lots = layer({"ZDDM": ["a", "b", "c"]})
    _, project = propose(tmp_path, **{name: projects, "ZD": lots})
    assert dict(project.layers["sites"].fields) == {"site_id": "XMBH"}
    assert project.layers["parcels"].path == "ZD.gpkg"


@pytest.mark.parametrize(
    ("name", "kind"), [("项目范围", "project_boundary"), ("生态红线", "exclusions.exclusion_1")]
)
def test_longer_names_hide_those_inside_them(tmp_path: Path, name: str, kind: str) -> None:
    _, project = propose(tmp_path, **{name: layer({"n": [1, 2, 3]}), "ZD": layer({"k": [1, 2, 3]})})
    got = {source.path: key for key, source in project.layers.items()}
    got |= {source.path: source.name for source in project.exclusions.values()}
    assert kind.partition(".")[0] in got[f"{name}.gpkg"]


@pytest.mark.parametrize(
    ("column_name", "canonical"),
    [
        ("容积率", "far_max"),
        ("容积率上限", "far_max"),
        ("容积上限", "far_max"),
        ("容积率下限", "far_min"),
        ("容积下限", "far_min"),
        ("建筑密度上限", "coverage_max"),
        ("绿地率下限", "green_min"),
        ("限高", "height_max_m"),
        ("建筑限高", "height_max_m"),
    ],
)
def test_limits_of_zoning_in_chinese(tmp_path: Path, column_name: str, canonical: str) -> None:
    plan, lots = layer({column_name: [0.3, 0.4, 0.5]}), layer({"ZDDM": ["a", "b", "c"]})
    _, project = propose(tmp_path, 控规=plan, ZD=lots)
    assert dict(project.layers["zoning"].fields) == {canonical: column_name}


def test_two_limits_cut_to_one_name_are_not_guessed(tmp_path: Path) -> None:
    plan = layer({"容积率": [1.0] * 3, "容积率_1": [2.0] * 3})
    text, project = propose(tmp_path, 控规=plan, ZD=layer({"ZDDM": ["a", "b", "c"]}))
    assert project.layers["zoning"].fields == {}
    assert '# far_max = "容积率"  # names of several columns are cut to this one' in text


def sheets(folder: Path, suffix: str = ".shp") -> list[Path]:
    folder.mkdir()
    paths = []
    for number in range(2):
        ids = [f"{number}{i}" for i in range(3)]
        shapes = squares(west=512_000 + 200 * number)
        paths.append(folder / f"T{number + 1}{suffix}")
        layer({"ZDDM": ids, "ZDMJ": [2500.0] * 3}, geometry=shapes).to_file(paths[-1])
    return paths


@pytest.mark.parametrize("suffix", [".shp", ".geojson"])
def test_sheets_of_a_folder_are_one_layer(tmp_path: Path, suffix: str) -> None:
    paths = sheets(tmp_path / "sheets", suffix)
    texts = {
        propose_project(given, folder=tmp_path)
        for given in ([tmp_path / "sheets"], [tmp_path / "sheets" / f"*{suffix}"], paths)
    }
    assert len(texts) == 1
    text = texts.pop()
    project = proposal(text, tmp_path)
    assert project.layers["parcels"].path == f"sheets/*{suffix}"
    assert project.layers["parcels"].units == {"recorded_area_m2": "m2"}
    assert "# 6 rows, polygons, EPSG:4547" in text
    assert "Layers not used" not in text
    assert len(load_inputs(project).inputs.parcels) == 6


def test_sheets_among_other_files_are_told_by_how_their_names_begin(tmp_path: Path) -> None:
    paths = sheets(tmp_path / "data")
    ways = layer({"DLBH": ["a", "b", "c"], "LMKD": [9.0, 12.0, 24.0]})
    ways.to_file(tmp_path / "data" / "roads.shp")
    project = proposal(propose_project([tmp_path / "data"], folder=tmp_path), tmp_path)
    assert project.layers["parcels"].path == "data/T*.shp"
    assert project.layers["roads"].path == "data/roads.shp"
    first = proposal(propose_project(paths[:1], folder=tmp_path), tmp_path)
    assert first.layers["parcels"].path == "data/T1.shp"


def test_a_folder_or_pattern_without_layers_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="holds no layer"):
        propose_project([tmp_path])
    with pytest.raises(LayerError, match=r"no file matches .*\*\.shp"):
        propose_project([tmp_path / "*.shp"])


def test_low_use_survey_units_and_their_projects(tmp_path: Path) -> None:
    units = layer(
        {
            "DCDYBH": ["1", "2", "3"],
            "CQR": ["甲", "乙", "丙"],
            "SYZK": ["闲置"] * 3,
            "QSXZ": ["国有", "集体", "国有"],
            "DJMJ": [2500.0, 2501.0, 2499.0],
            "DJYT": ["工业用地"] * 3,
            "DJGDZCTZ": [300.0] * 3,  # per mu: no total
            "RJL": [0.5] * 3,  # parcels have no such column
        }
    )
    projects = layer({"BH": ["x1", "x2", "x3"], "XMMC": ["一", "二", "三"], "TDMJ": [1.0] * 3})
    text, project = propose(tmp_path, DCDYTB=units, DXYDZKF_XMHX=projects)
    assert project.layers["parcels"].fields == {
        "parcel_id": "DCDYBH",
        "owner": "CQR",
        "tenure": "QSXZ",
        "use_code": "DJYT",
        "recorded_area_m2": "DJMJ",
        "status": "SYZK",
    }
    assert project.layers["parcels"].units == {"recorded_area_m2": "m2"}
    assert 'use_code = "DJYT"  # codes or plain words in 3 of 3 rows: 工业用地 (3)' in text
    assert project.layers["sites"].fields == {"site_id": "BH"}
    assert project.sites_from == "layer"


def test_planning_parcels_in_both_spellings(tmp_path: Path) -> None:
    first = layer({"DKBH": list("abc"), "JZMDZ": [0.5] * 3, "JZMDX": [0.3] * 3, "LDLLX": [0.2] * 3})
    second = layer(
        {
            "yddm": list("abc"),
            "ydxzdm": ["M1"] * 3,
            "rjlsx": [2.0] * 3,
            "rjlxx": [1.0] * 3,
            "jzmdsx": ["≤50%"] * 3,
            "ldlxx": ["20"] * 3,
        }
    )
    parcels = layer({"n": [1, 2, 3]})
    _, project = propose(tmp_path, kgdk=first, parcels=parcels)
    assert project.layers["zoning"].fields == {
        "zone_id": "DKBH",
        "coverage_min": "JZMDX",
        "coverage_max": "JZMDZ",
        "green_min": "LDLLX",
    }
    _, project = propose(tmp_path, ghdk=second, parcels=parcels)
    assert project.layers["zoning"].fields == {
        "zone_id": "yddm",
        "planned_use": "ydxzdm",
        "far_min": "rjlxx",
        "far_max": "rjlsx",
        "coverage_max": "jzmdsx",
        "green_min": "ldlxx",
    }
    assert project.layers["zoning"].units == {"green_min": "percent"}


def test_american_and_british_names_are_mapped_where_values_speak_for_them(tmp_path: Path) -> None:
    county = layer(
        {
            "APN": ["12-1", "12-2", "12-3"],
            "OWNERNAME1": ["A", "B", "C"],
            "ACRES": [0.6177, 0.6178, 0.6179],
            "LANDUSE": ["Industrial", "Industrial", "Retail"],
        }
    )
    text, project = propose(tmp_path, tax_parcels=county)
    assert project.layers["parcels"].fields == {
        "parcel_id": "APN",
        "use_code": "LANDUSE",
        "recorded_area_m2": "ACRES",
    }
    assert project.layers["parcels"].units == {"recorded_area_m2": "acre"}
    assert '# owner = "OWNERNAME1"  # by its name only: check (3 distinct values in 3 rows)' in text
    registry = layer({"INSPIREID": [11, 13, 17], "AREA_HA": [0.25] * 3})
    text, project = propose(tmp_path, cadastral_parcels=registry)
    assert project.layers["parcels"].fields == {"parcel_id": "INSPIREID"}
    assert '# recorded_area_m2 = "AREA_HA"  # by its name only: check (it repeats the drawn' in text


def test_row_numbers_of_software_are_not_switched_on_as_ids(tmp_path: Path) -> None:
    for name, numbers in (("OBJECTID", [3, 70, 9]), ("id", [1, 2, 3])):
        text, project = propose(tmp_path, parcels=layer({name: numbers}))
        assert project.layers["parcels"].fields == {}
        why = "unique in all 3 rows, but software may number them anew in each export"
        assert f'# parcel_id = "{name}"  # by its name only: check ({why})' in text


def test_an_id_that_nearly_always_is_unique_is_shown_with_its_faults(tmp_path: Path) -> None:
    ids = ["a0", *[f"a{i}" for i in range(299)]]
    frame = layer({"PID": ids}, geometry=squares(300))
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].fields == {}
    assert '# parcel_id = "PID"  # 2 of 300 rows share their value or have none' in text


def test_columns_of_unknown_names_are_proposed_by_their_values(tmp_path: Path) -> None:
    sizes = [2501.0, 2499.0, 2502.0, 2498.0, 2503.0, 2497.0]
    frame = layer(
        {
            "flaeche": [s * 15 / 10_000 for s in sizes],
            "lage": ["x y", "x z", "y y", "y z", "z y", "z z"],  # unique, but no code
            "kz": ["k1", "k7", "k3", "k9", "k4", "k2"],
            "art": ["M1", "M1", "R2", "R2", "M1", "M1"],
            "recht": ["国有", "集体", "国有", "国有", "集体", "国有"],
            "jahr": [1990, 1991, 1990, 1990, 1991, 1990],
        },
        geometry=squares(6),
    )
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].fields == {}
    for line in (
        '# parcel_id = "kz"  # by its values only, check: unique in all 6 rows',
        (
            '# tenure = "recht"  # by its values only, check: all 6 values are known tenures:'
            " 国有 (4), 集体 (2)"
        ),
        (
            '# use_code = "art"  # by its values only, check: codes or plain words in 6 of 6 rows:'
            " M1 (4), R2 (2)"
        ),
        (
            '# recorded_area_m2 = "flaeche"  # by its values only, check: drawn m² / recorded'
            " value: median 666.7 of 6 rows, 100.0% of them within 5%"
        ),
        '# recorded_area_m2 = "mu"  # drawn m² / recorded value: median 666.7 of 6 rows',
    ):
        assert f"\n{line}\n" in text
    assert '# passed through: "lage", "jahr"' in text


def test_few_rows_and_plain_numbers_say_nothing_by_their_values(tmp_path: Path) -> None:
    _, project = propose(tmp_path, parcels=layer({"kz": ["k1", "k7", "k3"]}))
    text, _ = propose(tmp_path, parcels=layer({"kz": ["k1", "k7", "k3"]}))
    assert project.layers["parcels"].fields == {}
    assert "parcel_id" not in text.partition("[sites]")[0]
    codes = layer({"q": ["20", "30", "20", "30", "20", "20"]}, geometry=squares(6))
    text, _ = propose(tmp_path, parcels=codes)
    assert "tenure =" not in text  # only with a name that says so
    _, project = propose(tmp_path, parcels=codes.rename(columns={"q": "QSXZ"}))
    assert project.layers["parcels"].fields == {"tenure": "QSXZ"}


def test_floor_area_that_is_land_is_told(tmp_path: Path) -> None:
    land = layer({"ZMJ": [2500.0, 2501.0, 2499.0]})
    text, _ = propose(tmp_path, parcels=land)
    why = "it matches the drawn areas in m2: land, not floor_area_m2"
    assert f'# floor_area_m2 = "ZMJ"  # by its name only: check ({why})' in text
    text, _ = propose(tmp_path, parcels=layer({"ZMJ": [9000.0, 800.0, 12_000.0]}))
    why = "median 9000 of 3 rows, 3.6 of the drawn area if in m²"
    assert f'# floor_area_m2 = "ZMJ"  # by its name only: check ({why})\n' in text


def test_tenure_in_letters_of_parcel_codes_is_known(tmp_path: Path) -> None:
    _, project = propose(tmp_path, parcels=layer({"ZDTZM": ["GB", "JC", "GB"]}))
    assert project.layers["parcels"].fields == {"tenure": "ZDTZM"}


def test_names_that_a_shapefile_has_cut_are_found(tmp_path: Path) -> None:
    frame = layer({"recorded_a": [2500.0, 2501.0, 2499.0], "counted_fl": [1.0, 2.0, 3.0]})
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].fields == {
        "recorded_area_m2": "recorded_a",
        "counted_floor_area_m2": "counted_fl",
    }
    assert '\nrecorded_area_m2 = "recorded_a"  # its name is cut at 10 bytes\n' in text
    text, project = propose(tmp_path, zoning=layer({"coverage_m": [0.5] * 3}))
    assert project.layers["parcels"].fields == {}
    both = layer({"coverage_m": [0.5] * 3, "planned_us": ["M1"] * 3})
    text, project = propose(tmp_path, zoning=both, parcels=layer({"n": [1, 2, 3]}))
    assert project.layers["zoning"].fields == {"planned_use": "planned_us"}
    why = "names of several columns are cut to this one"
    assert f'# coverage_min = "coverage_m"  # {why}' in text


def test_numbers_with_reasons_do_not_hide_a_column_of_numbers(tmp_path: Path) -> None:
    texts = ["2", "2.5", "≤3", "1.0~2.0", "不予規定", "-", "60(50)", *["1.5"] * 8]
    frame = layer({"使用分區": ["工業區"] * 15, "容積率": texts}, geometry=squares(15))
    text, project = propose(tmp_path, plan=frame, parcels=layer({"n": [1, 2, 3]}))
    assert project.layers["zoning"].fields["far_max"] == "容積率"
    frame["容積率"] = ["60(50)"] * 2 + texts[:13]
    text, project = propose(tmp_path, plan=frame, parcels=layer({"n": [1, 2, 3]}))
    assert "far_max" not in project.layers["zoning"].fields
    assert 'holds text where a number is needed: "60(50)", in 3 of 15 rows' in text


def test_unread_use_codes_are_listed_and_classed_where_words_are_plain(tmp_path: Path) -> None:
    codes = ["M1", "M2", "R2", "MANUFACTURING", 'odd "x"\n[project]', "Park road"]
    parcels = layer({"use_code": codes}, geometry=squares(6))
    text, project = propose(tmp_path, parcels=parcels)
    assert project.layers["parcels"].fields == {"use_code": "use_code"}
    assert project.layers["parcels"].classes == {"MANUFACTURING": "industrial"}
    assert '# "Park road" = "transport"  # 1 row, or green' in text
    assert '# "odd \\"x\\"\\n[project]" = "other"  # 1 row' in text
    assert '"M1" =' not in text
    assert "Left out: 3 that code lists read anyway." in text
    assert "# " + " | ".join(USE_CLASSES) in text
    switched_on = text.replace('# "Park road"', '"Park road"')
    classes = proposal(switched_on, tmp_path).layers["parcels"].classes
    assert classes == {"MANUFACTURING": "industrial", "Park road": "transport"}


def test_use_codes_stored_as_numbers_are_written_as_a_run_reads_them(tmp_path: Path) -> None:
    text, _ = propose(tmp_path, parcels=layer({"use_code": [7.0, 7.0, None]}))
    assert '# "7" = "other"  # 2 rows' in text


def test_the_whole_column_is_listed_and_the_rarest_codes_are_counted(tmp_path: Path) -> None:
    codes = [f"zone {i:03d}" for i in range(600)] + ["zone 599", "zone 598"]
    text, _ = propose(tmp_path, parcels=layer({"use_code": codes}, geometry=squares(602)))
    assert text.count('= "other"') == MAX_VALUES == 60
    assert '# "zone 599" = "other"  # 2 rows' in text
    assert "# 600 values of " in text
    assert "# and 540 rarer values more, on 540 rows" in text


def test_without_a_parcel_layer_the_first_polygons_are_proposed(tmp_path: Path) -> None:
    points = layer({"n": [1]}, geometry=gpd.GeoSeries([Point(0, 0)], crs=4547))
    text, project = propose(
        tmp_path, a=points, b=layer({"n": [1, 2, 3]}), c=layer({"n": [1, 2, 3]})
    )
    assert project.layers["parcels"].path == "b.gpkg"
    assert "# No layer says that it holds parcels: this is the first one with polygons." in text
    assert '# "c" of "c.gpkg" (polygons)' in text


def test_a_second_parcel_layer_is_named_but_not_used(tmp_path: Path) -> None:
    first, second = layer({"ZDDM": ["a", "b", "c"]}), layer({"n": [1, 2, 3]})
    text, project = propose(tmp_path, parcels_old=second, parcels_new=first)
    assert project.layers["parcels"].path == "parcels_new.gpkg"
    assert '# "parcels_old" of "parcels_old.gpkg" (polygons)' in text


@pytest.mark.parametrize(
    ("crs", "west", "south", "line"),
    [
        (4547, 512_000.0, 3.4e6, '# crs = "EPSG:4547"  # taken if absent: the parcel layer\'s own'),
        (
            4490,
            114.1,
            30.1,
            '# crs = "EPSG:4547"  # taken if absent: 3-degree Gauss-Krüger zone 38',
        ),
        (
            None,
            114.1,
            30.1,
            '# crs = "EPSG:4490"  # none is declared, and one is needed: these are',
        ),
        (None, 38_512_000.0, 3.4e6, '# crs = "EPSG:4526"  # none is declared, and one is needed:'),
        (None, 512_000.0, 3.4e6, '# crs = "EPSG:…"  # none is declared, and one is needed: x from'),
    ],
)
def test_crs_is_told_but_not_set_where_a_run_finds_it(
    tmp_path: Path, crs: object, west: float, south: float, line: str
) -> None:
    path = tmp_path / "parcels.shp"
    geometry = squares(crs=crs or 4547, west=west, south=south)
    layer({"ZDDM": ["a", "b", "c"]}, geometry=geometry).to_file(path)
    if crs is None:
        path.with_suffix(".prj").unlink()
    text = propose_project([path], folder=tmp_path)
    project = proposal(text, tmp_path)
    assert line in text
    assert project.crs is project.layers["parcels"].crs is None


@pytest.mark.parametrize(
    ("crs", "west", "south", "code", "why"),
    [
        (2264, 1e6, 5e5, "EPSG:32617", "EPSG:2264 is not metric (in US survey foot)"),
        (4269, -81.9, 35.3, "EPSG:32617", "EPSG:4269 is not metric (geographic, in degrees)"),
        (3857, 12_702_000.0, 3.5e6, "EPSG:4547", "EPSG:3857 is not metric (Mercator"),
    ],
)
def test_crs_is_set_where_a_run_needs_it(
    tmp_path: Path, *, crs: int, west: float, south: float, code: str, why: str
) -> None:
    geometry = squares(crs=crs, west=west, south=south)
    text, project = propose(tmp_path, parcels=layer({"n": [1, 2, 3]}, geometry=geometry))
    assert project.crs == code
    assert f'\ncrs = "{code}"  # needed to compute in metres: the parcels\' own {why}' in text
    assert load_inputs(project).crs.to_epsg() == int(code.removeprefix("EPSG:"))


def test_a_crs_that_the_coordinates_disprove_is_told(tmp_path: Path) -> None:
    geometry = squares().set_crs(4526, allow_override=True)
    text, project = propose(tmp_path, parcels=layer({"ZDMJ": [2500.0] * 3}, geometry=geometry))
    assert project.crs is None
    assert '\n# crs = "EPSG:…"  # parcels: marked EPSG:4526, but eastings' in text
    assert '\n# crs = "EPSG:…"  # needed, the file\'s cannot be: parcels: marked' in text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("工业区块线", "block_lines"),
        ("gyqkx", "block_lines"),
        ("区块线调整后", "block_lines"),
        ("区块线调整", "block_changes"),
        ("工业区块线调整方案", "block_changes"),
        ("GYQKXTZ", "block_changes"),
        ("调入调出区块", "block_changes"),
        ("改造片区", "zones"),
        ("片区", "zones"),
        ("GZPQ", "zones"),
        ("低效用地改造片区", "zones"),
        ("城市更新单元", "zones"),
        ("redevelopment_zones", "zones"),
        ("开发区", "parks"),
        ("开发区边界", "parks"),
        ("KFQFW", "parks"),
        ("产业集聚区", "parks"),
        ("规划单元", "planning_units"),
        ("控规", "zoning"),
        ("项目范围", "project_boundary"),
    ],
)
def test_lines_parks_and_zones_are_told_by_their_names(
    tmp_path: Path, name: str, kind: str
) -> None:
    lots = layer({"ZDDM": ["a", "b", "c"]})
    text, project = propose(tmp_path, **{name: layer({"n": [1, 2, 3]}), "ZD": lots})
    assert {k: s.path for k, s in project.layers.items()} == {
        "parcels": "ZD.gpkg",
        kind: f"{name}.gpkg",
    }
    further = {"block_lines", "block_changes", "parks", "zones"} - {kind}
    assert {k for k in further if f"#   [layers.{k}] " in text} == further
    assert f"#   [layers.{kind}] " not in text


@pytest.mark.parametrize(
    "name", ["高新区低效", "经开区", "parks", "zones", "片区道路", "某某工业园区企业"]
)
def test_names_of_places_and_of_green_make_no_park_and_no_zone(tmp_path: Path, name: str) -> None:
    _, project = propose(
        tmp_path, **{name: layer({"n": [1, 2, 3]}), "ZD": layer({"ZDDM": [*"abc"]})}
    )
    assert not {"zones", "zoning", "block_changes"} & set(project.layers)
    assert ("parks" in project.layers) == (name == "经开区")


@pytest.mark.parametrize("name", ["工业园区宗地", "开发区范围地块", "高新区宗地"])
def test_parcels_of_a_park_stay_parcels(tmp_path: Path, name: str) -> None:
    _, project = propose(tmp_path, **{name: layer({"ZDDM": ["a", "b", "c"]})})
    assert {k: s.path for k, s in project.layers.items()} == {"parcels": f"{name}.gpkg"}


def test_columns_of_lines_parks_and_zones(tmp_path: Path) -> None:
    parks = {"KFQDM": ["k1", "k2", "k3"], "KFQMC": ["甲", "乙", "丙"], "YJCMJ": [0.1, 0.1, 0.2]}
    changes = {"TZBH": ["t1", "t2", "t3"], "TZLX": ["调入", "调出", "新增"], "QKBH": ["L1"] * 3}
    text, project = propose(
        tmp_path,
        ZD=layer({"ZDDM": ["a", "b", "c"], "计划年度": ["2026年", "2027", "2026年第二批"]}),
        KFQ=layer(parks),
        QKXTZ=layer(changes),
        GZPQ=layer({"PQBH": ["z1", "z2", "z3"]}),
    )
    assert {k: dict(s.fields) for k, s in project.layers.items()} == {
        "parcels": {"parcel_id": "ZDDM", "plan_year": "计划年度"},
        "parks": {"park_id": "KFQDM", "name": "KFQMC", "built_m2": "YJCMJ"},
        "block_changes": {"change_id": "TZBH", "change": "TZLX", "block_id": "QKBH"},
        "zones": {"zone_id": "PQBH"},
    }
    assert '# built_m2 = "ha"  # taken as m2 if absent; in m² the median is 4e-05 of' in text


def test_strange_changes_and_years_are_not_switched_on(tmp_path: Path) -> None:
    text, project = propose(
        tmp_path,
        ZD=layer(
            {"ZDDM": ["a", "b", "c"], "JHND": ["近期", "远期", "远期"], "SSND": [2026, 2027, 2026]}
        ),
        QKXTZ=layer({"TZLX": ["调入", "保留", "调出"], "LX": ["调入", "调出", "调出"]}),
    )
    assert "plan_year" not in project.layers["parcels"].fields
    assert '# plan_year = "JHND"  # holds other values where a year is needed: "近期"' in text
    assert project.layers["block_changes"].fields == {"change": "LX"}
    assert "all 3 values are known changes: 调出 (2), 调入 (1)" in text


def test_years_of_a_loose_name_are_left_to_people(tmp_path: Path) -> None:
    frame = layer({"ZDDM": ["a", "b", "c"], "SSND": [2026, 2027, None]})
    text, project = propose(tmp_path, ZD=frame)
    assert "plan_year" not in project.layers["parcels"].fields
    assert '# plan_year = "SSND"  # by its name only: check (years from 2026 to 2027 in 2' in text


def test_head_and_parameters_hold_every_default(tmp_path: Path) -> None:
    text, project = propose(tmp_path, parcels=layer({"ZDDM": ["a", "b", "c"]}))
    assert project.name == tmp_path.name
    assert (project.rules, project.language) == ("tianjin-2024", "zh")
    assert ", ".join(rule_set_names()) in text
    assert project.parameters == Parameters()
    assert project.sites_from is None
    _, _, tail = text.partition("[parameters]\n")
    given = tomllib.loads("\n".join(line.removeprefix("# ") for line in tail.splitlines()))
    assert list(given) == [f.name for f in dataclasses.fields(Parameters)]
    assert Parameters.from_mapping(given) == Parameters()
    for field in dataclasses.fields(Parameters):
        assert f"# {field.name} = {json.dumps(field.default)}  # {field.metadata['note']}" in tail


def test_a_site_column_gives_the_sites(tmp_path: Path) -> None:
    parcels = layer({"ZDDM": ["a", "b", "c"], "site_id": ["s", None, None]})
    _, project = propose(tmp_path, parcels=parcels)
    assert project.sites_from == "field"


def test_the_ways_to_sites_are_explained_and_can_be_switched_on(tmp_path: Path) -> None:
    text, project = propose(tmp_path, parcels=layer({"use_code": ["M1", "M1", "R2"]}))
    assert project.sites_from is None
    assert [way for way in SITES_FROM if f'#   "{way}" ' not in text] == []
    assert "merged into sites" in text
    for line in ("[sites]\n", 'from = "use_class"', 'use_classes = ["industrial"]'):
        text = text.replace(f"\n# {line}", f"\n{line}")
    switched_on = proposal(text, tmp_path)
    assert switched_on.sites_from == "use_class"
    assert switched_on.site_use_classes == ("industrial",)


def test_hostile_names_cannot_write_keys(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder'
    folder.mkdir()
    hostile = 'x"\n[project]\nname = "gotcha'
    frame = layer({"owner": ["a", "b", "c"], hostile: ["1", "2", "3"]})
    path = folder / "parcels.parquet"
    frame.to_parquet(path)
    text = propose_project([path], folder=tmp_path)
    project = proposal(text, tmp_path)
    assert project.name == tmp_path.name
    assert project.layers["parcels"].path == 'a "quoted" folder/parcels.parquet'
    assert project.layers["parcels"].fields == {"owner": "owner"}


def test_parquet_is_seen_like_other_files(tmp_path: Path) -> None:
    path = tmp_path / "parcels.parquet"
    layer(CADASTRE).to_parquet(path)
    glimpse = look(path)[0]
    assert (glimpse.rows, glimpse.kind, glimpse.layer) == (3, "polygons", None)
    assert glimpse.columns == list(CADASTRE)
    assert column(glimpse, "ZDDM").tolist() == CADASTRE["ZDDM"]
    project = proposal(propose_project([path], folder=tmp_path), tmp_path)
    assert project.layers["parcels"].fields["owner"] == "QLRMC"


def test_a_zipped_shapefile_in_gbk_is_mapped(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    layer({**CADASTRE, "权利人": ["甲", "乙", "丙"]}).to_file(folder / "ZD.shp", encoding="gb18030")
    (folder / "ZD.cpg").unlink()
    path = Path(shutil.make_archive(str(tmp_path / "ZD"), "zip", folder))
    project = proposal(propose_project([path], folder=tmp_path), tmp_path)
    assert project.layers["parcels"].path == "ZD.zip"
    assert project.layers["parcels"].fields["owner"] == "QLRMC"
    assert "权利人" in look(path)[0].columns


def test_tables_without_geometry_and_empty_layers_are_told(tmp_path: Path) -> None:
    table = tmp_path / "owners.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"n": [1]}), table)
    parcels = tmp_path / "parcels.gpkg"
    layer({"ZDDM": ["a", "b", "c"]}).to_file(parcels)
    text = propose_project([table, parcels], folder=tmp_path)
    assert '# "owners" of "owners.gpkg" (none)' in text
    empty = tmp_path / "parcels_empty.gpkg"
    layer({"ZDDM": ["a", "b", "c"]}).head(0).to_file(empty)
    with pytest.raises(
        LayerError, match=r"none of the layers holds polygons \(parcels_empty: none"
    ):
        propose_project([empty])


def test_same_layers_give_the_same_text_whatever_the_order_of_rows(tmp_path: Path) -> None:
    frame = layer({**CADASTRE, "use_code": ["x", "y", "z"]})
    path = tmp_path / "parcels.geojson"
    frame.to_file(path)
    first = propose_project([path], folder=tmp_path)
    frame.iloc[::-1].to_file(path)
    assert propose_project([path], folder=tmp_path) == first


def test_paths_are_relative_inside_the_project_folder_and_absolute_outside(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "parcels.gpkg"
    layer({"n": [1, 2, 3]}).to_file(path)

    def written(folder: Path) -> str:
        head = tomllib.loads(propose_project([path], folder=folder))
        return str(head["layers"]["parcels"]["path"])

    assert written(tmp_path) == "data/parcels.gpkg"
    assert written(path.parent) == "parcels.gpkg"
    assert written(tmp_path / "work") == path.resolve().as_posix()
    (tmp_path / "work").mkdir()
    text = propose_project([path], folder=tmp_path / "work")
    assert len(load_inputs(proposal(text, tmp_path / "work")).inputs.parcels) == 3


def test_files_that_cannot_be_used_are_layer_errors(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"none\.shp does not exist; check the path"):
        propose_project([tmp_path / "none.shp"])
    for name, message in (
        ("notes.txt", r"notes\.txt cannot be read as a layer: .*; give a vector file"),
        ("broken.gpkg", r"broken\.gpkg cannot be read as a layer: .*; give a vector file"),
        ("broken.parquet", r"broken\.parquet is not a readable GeoParquet file; write it"),
        ("broken.zip", r"broken\.zip is not a zip file; copy or download it again"),
        ("alone.shp", r"the \.shp is no shapefile; copy or export the layer"),
    ):
        bad = tmp_path / name
        bad.write_bytes(b"not a layer")
        with pytest.raises(LayerError, match=message):
            propose_project([bad])
    with pytest.raises(LayerError, match=r"no.* polygons \(nothing was given\); give the parcel"):
        propose_project([])
    lines = tmp_path / "lines.gpkg"
    ways = gpd.GeoSeries([LineString([(0, 0), (1, 1)])], crs=4547)
    layer({"n": [1]}, geometry=ways).to_file(lines)
    with pytest.raises(LayerError, match=r"holds polygons \(lines: lines\).*close its lines"):
        propose_project([lines])


WORDS = {
    "industrial": [
        "MANUFACTURING",
        "ETJ - MANUFACTORING",
        "Light_Industrial",
        "工业",
        "零星工業區",
    ],
    "logistics": ["warehouse", "仓储用地", "物流"],
    "residential": ["RESIDENTIAL - MIN 8000 SQFT", "住宅區", "居住", "single-family"],
    "commercial": ["HIGHWAY COMMERCIAL", "商业", "商業區", "RETAIL", "Office"],
    "transport": ["道路用地", "Main road", "street", "PARKING", "停車場用地"],
    "green": ["绿地", "綠地", "park", "公園用地"],
    "water": ["水", "水域", "river", "河川區", "Water"],
    "public": ["学校", "醫院用地", "school", "PUBLIC", "機關用地", "post office"],
    "utility": ["wastewater", "變電所用地", "污水处理", "自來水事業用地", "Water treatment"],
    "farm": ["農業區", "agricultural"],
    "reserve": ["留白"],
}


@pytest.mark.parametrize("use", WORDS)
def test_words_that_tell_a_class(use: str) -> None:
    assert {w: classes_by_words(w) for w in WORDS[use]} == dict.fromkeys(WORDS[use], (use,))
    assert [w for w in WORDS[use] if not is_plain(w)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("C-2", "NONE", "商业住宅", "商住混合", "道路用地兼溝渠使用", "非住宅", "non-residential"),
        *("Vacant industrial", "Industrial park", "MIXED USE retail", "parkway", ""),
    ],
)
def test_texts_that_are_not_plain(text: str) -> None:
    assert not is_plain(text)


def test_codes_that_storage_has_spoilt_are_told_not_listed() -> None:
    codes = pd.Series([1e17, 2e17])
    lines = class_lines(codes, table="t", source="use")
    assert len(lines) == 1
    assert lines[0].startswith('# "use" is not read as use codes: use holds whole numbers of 16')


def test_a_look_leaves_nothing_beside_a_gml_and_follows_no_pointer(tmp_path: Path) -> None:
    layer({"ZDDM": ["a"]}).to_file(tmp_path / "p.gml", driver="GML")
    for beside in (".gfs", ".xsd"):
        tmp_path.joinpath("p").with_suffix(beside).unlink(missing_ok=True)
    assert look(tmp_path / "p.gml")[0].rows == 1
    assert [p.name for p in tmp_path.iterdir()] == ["p.gml"]
    source = "<SrcDataSource>p.gml</SrcDataSource>"
    text = f'<OGRVRTDataSource><OGRVRTLayer name="p">{source}</OGRVRTLayer></OGRVRTDataSource>'
    (tmp_path / "x.vrt").write_text(text, "utf-8")
    with pytest.raises(LayerError, match=r"x\.vrt"):
        look(tmp_path / "x.vrt")


def test_industries_and_idle_dates_are_known_by_name(tmp_path: Path) -> None:
    days = pd.to_datetime(["2024-01-01", None, "2025-06-30"])
    frame = layer({"行业代码": ["C26", "2614", None], "闲置日期": days})
    _, project = propose(tmp_path, parcels=frame)
    fields = project.layers["parcels"].fields
    assert (fields["industry"], fields["idle_since"]) == ("行业代码", "闲置日期")


def test_dates_of_a_loose_name_are_left_to_people(tmp_path: Path) -> None:
    frame = layer({"HYLB": ["C26", "C27", "C28"], "XZRQ": ["2024-01-01", "2023.5", "20250630"]})
    text, project = propose(tmp_path, parcels=frame)
    assert project.layers["parcels"].fields == {"industry": "HYLB"}
    assert 'industry = "HYLB"  # industry codes in 3 of 3 rows: C26 (1), C27 (1), C28 (1)' in text
    why = "dates from 2023-05-01 to 2025-06-30 in 3 of 3 rows"
    assert f'# idle_since = "XZRQ"  # by its name only: check ({why})' in text


def test_other_values_are_neither_industries_nor_dates(tmp_path: Path) -> None:
    frame = layer({"HYDM": ["化工", "C26", "机械"], "idle_since": ["a", "2024-01-01", "b"]})
    text, project = propose(tmp_path, parcels=frame)
    assert not {"industry", "idle_since"} & set(project.layers["parcels"].fields)
    need = "is needed: '化工', in 2 of 3 rows".replace("'", '"')
    assert (
        f'# industry = "HYDM"  # holds other values where an industry code (GB/T 4754) {need}'
        in (text)
    )
    assert 'a date is needed: "a", in 2 of 3 rows' in text
    frame = layer({"行业": ["化工", "食品", "机械"], "XZSJ": ["a", "b", "c"]})
    text, _ = propose(tmp_path, parcels=frame)
    assert "industry =" not in text
    assert "idle_since" not in text
