"""One parcel explained: nothing hidden, nothing untranslated, nothing torn, nothing made up."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from districts import at, district
from gisland import cli
from gisland.base.errors import OutputError, ProjectError
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.detect.idle import future_dates
from gisland.explaining import borders_of, explain, explained_parcel
from gisland.layers.writing.oneparcel import read_parcel
from gisland.layers.writing.write import write_results
from gisland.pipeline import run
from gisland.present.abouttests import MARKS
from gisland.present.explain import as_text, explained
from gisland.present.messages import skip_reason
from gisland.present.plaintext import WIDTH, block_lines, cells, plain, wrapped
from gisland.present.popups import parcel_popups
from gisland.present.rulebook import PASSAGE
from gisland.present.style import catalog
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisland.jobs import Done

GREEDY = "420190005004GB00003"  # XM07 G1: the largest scrap of its site, and not chosen
REFUSED = "420190006004GB00005"
TWO_SITES = "420190005003GB00007"
ENCLAVE = "420190001003GB00003"
AROUND = "420190001003GB00001"
LOW_USE = "420190002005GB00001"
SITE = "420190005004GB00001"
QUIET = "420190001001GB00001"
ROAD = "420190006003GB00015"
SAMPLE = (GREEDY, REFUSED, TWO_SITES, ENCLAVE, AROUND, LOW_USE, SITE, QUIET, ROAD)
BLOCK = "420190005004"
HOSTILE = "甲\n<script>\x1b[31m\u202e\u2028\x9b'; DROP TABLE parcels --\t{site}"
IDS = ("a' OR 1=1 --", 'a" OR "1"="1', "宗地%_", "-1", "x\\' OR 1=1 --")
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def told(sample_run: Done) -> Callable[[str, str], dict[str, Any]]:
    """The parts of what is told of a parcel of the sample, made once."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}

    def tell(parcel_id: str, language: str) -> dict[str, Any]:
        if (parcel_id, language) not in kept:
            parts = explained_parcel(sample_run.folder, parcel_id, language=language)
            kept[parcel_id, language] = parts
        return kept[parcel_id, language]

    return tell


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a district with a missing and a broken geometry, hostile owners and ids."""
    inputs = district()
    parcels = inputs.parcels.assign(owner=[HOSTILE, *inputs.parcels["owner"][1:]])
    more = gpd.GeoDataFrame(
        {"owner": [f"户 {n}" for n in range(len(IDS))]},
        geometry=[at(2000 + 30 * n, 0, 30, 40) for n in range(len(IDS))],
        index=pd.Index(IDS, name="parcel_id"),
        crs=parcels.crs,
    )
    inputs = dataclasses.replace(inputs, parcels=pd.concat([parcels, more]))
    rules = load_rules("tianjin-2024")
    result = run(inputs, Choices(rules, sites_from="field"))
    record = {
        "language": "en",
        "project": HOSTILE,
        "parameters": {"tolerance_m": 0.05, "min_border_m": 1.0},
        "rules": {
            "title": rules.title,
            "fingerprint": rules.fingerprint,
            "records": [dataclasses.asdict(rule) for rule in rules],
        },
        "sites_from": "field",
        "skipped": result.skipped,
        "counts": result.counts,
    }
    folder = tmp_path_factory.mktemp("odd") / "out"
    return write_results(folder, tables=result.tables, files={}, run=record)


def section(parts: dict[str, Any], key: str) -> str:
    """Text of one section, each block on one line."""
    found = next((s for s in parts["sections"] if s["key"] == key), {"blocks": []})
    lines = [line for b in found["blocks"] for line in block_lines(b, width=10_000)]
    return "\n".join(lines)


def made(**columns: object) -> pd.DataFrame:
    """A parcels table of parcel p and its neighbor n, part of site S."""
    given = {
        "parcel_id": ["p", "n"],
        "verdict": ["none", "site"],
        "site_id": [None, "S"],
        "area_m2": [900.0, 9000.0],
        "reasons": ["", ""],
    }
    return pd.DataFrame(given | columns)


RUN = {"sites_from": "field", "parameters": {"min_border_m": 1.0, "tolerance_m": 0.05}}


def border(length: float) -> pd.DataFrame:
    row = {"focal": "p", "neighbor": "n", "border_m": length, "tolerant_m": 0.0}
    return pd.DataFrame([row | {"distance_mean_m": 0.0, "distance_max_m": 0.0}])


# --- borders of one parcel are those of the whole layer ----------------------------------------


def test_the_short_form_is_the_conclusion_alone(sample_run: Done) -> None:
    whole = explain(sample_run.folder, GREEDY, language="en")
    short = explain(sample_run, GREEDY, language="en", short=True)  # a run stands for its folder
    first, rest = whole.split("\n2. ")[0], whole.partition("1. In short")[2]
    assert rest
    assert short == re.sub(r"Marks: [^\n]*\n[^\n]*\n", "", first)
    assert short.count("1. In short") == 1


def test_borders_of_each_parcel_of_a_block_are_those_of_the_whole_layer(sample_run: Done) -> None:
    whole = pd.read_parquet(sample_run.folder / "results" / "borders.parquet")
    ids = [i for i in sample_run.tables["parcels"]["parcel_id"] if i.startswith(BLOCK)]
    assert len(ids) >= 10
    for parcel_id in ids:
        found = borders_of(read_parcel(sample_run.folder, parcel_id), parcel_id)
        wanted = whole[whole["focal"] == parcel_id].sort_values("neighbor")
        assert found["neighbor"].tolist() == wanted["neighbor"].tolist()
        numbers = ["border_m", "tolerant_m", "distance_mean_m", "distance_max_m"]
        np.testing.assert_allclose(found[numbers], wanted[numbers], rtol=0, atol=1e-9)


def test_only_what_concerns_the_parcel_is_read(sample_run: Done) -> None:
    tables = read_parcel(sample_run.folder, GREEDY).tables
    assert len(tables["parcels"]) < 20
    assert set(tables["verdicts"]["parcel_id"]) == {GREEDY}
    assert set(tables["plan"]["site_id"]) == {"XM07"}
    whole = sample_run.tables["verdicts"]
    assert len(tables["verdicts"]) == (whole["parcel_id"] == GREEDY).sum()


# --- the sample --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parcel_id", "key", "zh", "en"),
    [
        (GREEDY, "conclusion", "符合并入 XM07 的条件，但未选", "Eligible for XM07, but not chosen"),
        # 18 679.1257 m² · 0.1 / 0.9, down to the hundredth
        (GREEDY, "conclusion", "最多可并入 2,075.45 m²", "it can take at most 2,075.45 m²"),
        (GREEDY, "conclusion", "合计 1,940.40 m²，余量 135.05 m²", "which leaves 135.05 m²"),
        (GREEDY, "conclusion", "方案已证最优", "The plan is proved optimal"),
        (REFUSED, "conclusion", "不可并入 XM03：土地权利人不一致", "Refused by XM03: right-holder"),
        (
            TWO_SITES,
            "conclusion",
            "并入 XM11（夹心地）：868.00 m²",
            "Absorbed into XM11 (sandwiched",
        ),
        (TWO_SITES, "conclusion", "但已并入 XM11", "absorbed by XM11"),
        (ENCLAVE, "conclusion", "位于插花地（权利人）之内", "It lies in an enclave"),
        (ENCLAVE, "enclave", "被 江城永泰食品有限公司 完全包围", "fully surrounded by 江城永泰"),
        (ENCLAVE, "conclusion", "是碎片地块：不临路", "It is a fragment: no frontage"),
        (AROUND, "enclave", "江城永泰食品有限公司 的这片土地是插花地", "Its land, of 江城永泰"),
        (LOW_USE, "conclusion", "是低效用地：", "It is of low use: "),
        (LOW_USE, "groups", "改造片区 Z01：6 宗", "Redevelopment zone Z01: parcels 6"),
        (SITE, "conclusion", "属于改造项目用地 XM07", "Part of site XM07"),
        (SITE, "merging", GREEDY, GREEDY),
        (
            QUIET,
            "conclusion",
            "未列入并入方案：不与任何项目用地相邻",
            "Not considered for merging: no site is adjacent",
        ),
        (QUIET, "lineage", "改造后保持不变", "It stays as it is"),
        (ROAD, "conclusion", "交通运输用地不作为零星用地", "roads and water are never scraps"),
    ],
)
def test_the_sample_is_told(
    told: Callable[..., dict[str, Any]], parcel_id: str, key: str, zh: str, en: str
) -> None:
    assert zh in section(told(parcel_id, "zh"), key)
    assert en in section(told(parcel_id, "en"), key)


def own_words(parts: dict[str, Any], run: dict[str, Any]) -> str:
    """What is told, without what the rule set's authors wrote, and the keys of a project file."""
    texts = catalog(parts["language"])
    text = " ".join(section(parts, s["key"]) for s in parts["sections"]) + " ".join(parts["basis"])
    quoted = [visible(rule.get(k)) for rule in run["rules"]["records"] for k in (*PASSAGE, "note")]
    lists = [rule["value"] for rule in run["rules"]["records"] if "low_use." in rule["id"]]
    quoted += [word for words in lists if isinstance(words, (list, tuple)) for word in words]
    skipped = [skip_reason(s["reason"], texts=texts) for s in run["skipped"]]
    given = [*quoted, *skipped, run["rules"]["fingerprint"], "gisland", "EPSG", "XMBH"]
    for words in sorted(filter(None, given), key=len, reverse=True):
        text = text.replace(words, "")
    return text


@pytest.mark.parametrize("parcel_id", SAMPLE)
def test_chinese_text_has_no_code_and_no_english_in_it(
    told: Callable[..., dict[str, Any]], sample_run: Done, parcel_id: str
) -> None:
    text = own_words(told(parcel_id, "zh"), sample_run.record)
    assert re.findall(r"[A-Za-z_]{4,}", text) == []


@pytest.mark.parametrize("parcel_id", SAMPLE)
def test_english_text_has_no_code_in_it(
    told: Callable[..., dict[str, Any]], sample_run: Done, parcel_id: str
) -> None:
    text = own_words(told(parcel_id, "en"), sample_run.record)
    assert re.findall(r"\w*[a-z]_[a-z]\w*", text) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("parcel_id", SAMPLE)
def test_no_test_is_hidden_and_no_line_too_long(
    told: Callable[..., dict[str, Any]], sample_run: Done, parcel_id: str, language: str
) -> None:
    parts = told(parcel_id, language)
    blocks = [b for s in parts["sections"] for b in s["blocks"] if b[0] == "list"]
    marks = [mark for b in blocks for mark, _ in b[1] if mark in MARKS.values()]
    verdicts = sample_run.tables["verdicts"]
    assert len(marks) == (verdicts["parcel_id"] == parcel_id).sum()
    assert len(parts["data"]["verdicts"]) == len(marks)
    assert max(map(cells, as_text(parts).splitlines())) <= WIDTH


def test_each_rule_is_quoted_once_and_every_number_stands_for_one(
    told: Callable[..., dict[str, Any]],
) -> None:
    parts = told(GREEDY, "en")
    used = set(map(int, re.findall(r", rule (\d+)\]", as_text(parts).replace("\n  ", " "))))
    assert used == {rule["number"] for rule in parts["data"]["rules"]}
    assert as_text(parts).count("示范片区虚构，不是任何地方的规定") == 1


def test_neighbors_come_with_the_longest_border_first(
    told: Callable[..., dict[str, Any]],
) -> None:
    rows = told(GREEDY, "zh")["data"]["neighbors"]
    assert [r["neighbor"][-3:] for r in rows] == ["001", "002", "012", "011"]
    assert rows[0]["owner"] == "江城五洲制冷有限公司"
    assert (rows[0]["site_id"], rows[0]["verdict"]) == ("XM07", "site")


def test_telling_twice_tells_the_same_in_the_language_of_the_run(sample_run: Done) -> None:
    assert explain(sample_run.folder, GREEDY) == explain(sample_run.folder, GREEDY, language="zh")
    assert explain(sample_run.folder, GREEDY).startswith(f"宗地 {GREEDY}\n")


def test_an_unknown_language_is_refused(sample_run: Done) -> None:
    with pytest.raises(ProjectError, match="language 'fr' is unknown"):
        explain(sample_run.folder, GREEDY, language="fr")


# --- unknown, odd and hostile ------------------------------------------------------------------


def test_an_unknown_id_names_the_nearest(sample_run: Done) -> None:
    with pytest.raises(OutputError, match=f"holds no parcel '.*'; did you mean .*'{GREEDY}'"):
        explain(sample_run.folder, GREEDY.replace("GB00003", "GB0003"))
    with pytest.raises(OutputError, match=f"did you mean '{GREEDY}'"):
        explain(sample_run.folder, GREEDY.lower())


@pytest.mark.parametrize("parcel_id", ["", "' OR 1=1 --", "a;b", "%", "far' --", "\x00", "*"])
def test_no_unknown_id_finds_anything(odd: Path, parcel_id: str) -> None:
    with pytest.raises(OutputError, match="holds no parcel"):
        read_parcel(odd, parcel_id)


@pytest.mark.parametrize("parcel_id", IDS)
def test_hostile_ids_are_ids(odd: Path, parcel_id: str) -> None:
    found = read_parcel(odd, parcel_id)
    assert set(found.tables["verdicts"]["parcel_id"]) == {parcel_id}
    assert set(found.tables["lineage"]["parcel_id"]) == {parcel_id}
    assert explain(odd, parcel_id).startswith(f"Parcel {parcel_id}\n")
    with sqlite3.connect(odd / "results.gpkg") as base:
        assert base.execute("SELECT count(*) FROM parcels").fetchone() == (12 + len(IDS),)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("parcel_id", ["s1a", "strip", "wanted", "nothing", "bow", "home", "road"])
def test_text_from_data_moves_no_cursor_and_tears_no_line(
    odd: Path, parcel_id: str, language: str
) -> None:
    parts = explained_parcel(odd, parcel_id, language=language)
    text = as_text(parts)
    assert UNSEEN.findall(text.replace("\n", "")) == []
    assert max(map(cells, text.splitlines())) <= WIDTH
    names = [block for s in parts["sections"] for block in s["blocks"]]
    assert UNSEEN.findall(json.dumps(names, ensure_ascii=False)) == []


def test_the_hostile_owner_is_shown(odd: Path) -> None:
    assert "甲⏎<script>" in explain(odd, "s1a")
    assert "{site}" in explain(odd, "s1a")


def test_a_parcel_without_geometry_is_told_as_such(odd: Path) -> None:
    parts = explained_parcel(odd, "nothing")
    assert "Not considered for merging: the parcel has no geometry" in section(parts, "conclusion")
    assert "no usable geometry" in section(parts, "undone")
    assert "parcel nothing has no geometry" in section(parts, "quality")
    assert parts["data"]["neighbors"] == []


def test_a_mended_polygon_has_its_repair_told(odd: Path) -> None:
    assert "repair (made valid): self-intersection" in section(
        explained_parcel(odd, "bow"), "quality"
    )


def test_advisory_refusals_are_told_but_do_not_decide(odd: Path) -> None:
    parts = explained_parcel(odd, "wanted")  # 乙's, as S2 is, and S1 is not
    assert "Absorbed into S" in section(parts, "conclusion")
    assert "Advisory for S1, not deciding: right-holder differs" in section(parts, "conclusion")
    assert "Advisory for S2" not in section(parts, "conclusion")
    assert "[advisory, rule " in section(parts, "merging")


def test_a_geopackage_alone_is_enough(odd: Path, tmp_path: Path) -> None:
    file = shutil.copy(odd / "results.gpkg", tmp_path / "lone.gpkg")
    text = explain(file, "strip", language="en")
    assert "Absorbed into S1" in text
    assert "rule not recorded" in text


def test_results_with_few_tables_are_enough(odd: Path, tmp_path: Path) -> None:
    file = tmp_path / "few.gpkg"
    shutil.copy(odd / "results.gpkg", file)
    with sqlite3.connect(file) as base:
        tables = [n for (n,) in base.execute("SELECT table_name FROM gpkg_contents")]
        base.execute("DELETE FROM gpkg_contents WHERE table_name <> 'parcels'")
        base.execute("DELETE FROM gpkg_geometry_columns WHERE table_name <> 'parcels'")
    assert "verdicts" in tables
    assert "Neighbors: 1; border in all: 100.00 m" in explain(file, "strip", language="en")


# --- sentences, by hand ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "length", "wanted"),
    [
        (
            {},
            0.5,
            "Not considered for merging: the border with S is only 0.50 m; 1.00 m are asked.",
        ),
        (
            {},
            12.0,
            "Not considered for merging: it adjoins S (12.00 m of border), but can be",
        ),
        ({"verdict": ["none", "none"]}, 12.0, "Not considered for merging: no site is adjacent."),
        (
            {"use_class": ["water", "industrial"]},
            12.0,
            "Not considered for merging: roads and water are never scraps",
        ),
    ],
)
def test_why_a_parcel_was_considered_for_no_site(
    columns: dict[str, Any], length: float, wanted: str
) -> None:
    tables = {"parcels": made(**columns), "borders": border(length)}
    parts = explained(tables, "p", run=RUN, language="en")
    assert wanted in section(parts, "conclusion")
    bare = explained(tables, "p", run={"sites_from": None}, language="en")
    assert "Not considered for merging: this run has no site" in section(bare, "conclusion")


@pytest.mark.parametrize(
    ("kind", "operator", "most"),
    [
        ("including", "<=", "1,000.00"),  # 0.1 / 0.9 of 9000
        ("including", "<", "999.99"),
        ("excluding", "<=", "900.00"),
        ("boundary", "<=", "2,000.00"),
    ],
)
def test_the_cap_in_square_metres(kind: str, operator: str, most: str) -> None:
    site = {"site_id": "S", "parcel_ids": "n", "absorbed_ids": "q", "optimal": False, "cap": 0.1}
    site |= {"area_before_m2": 9000.0, "boundary_area_m2": 20_000.0, "scrap_area_m2": 850.0}
    site |= {"cap_operator": operator, "share_denominator": kind, "scrap_share": 0.08}
    pairs = {
        "parcel_id": ["p", "q"],
        "site_id": ["S", "S"],
        "verdict": ["eligible", "absorbed"],
        "reasons": ["cap_full", ""],
        "area_m2": [900.0, 850.0],
        "border_m": [9.0, 8.0],
        "scrap_kind": ["corner", "corner"],
    }
    tables = {"parcels": made(), "plan": pd.DataFrame(pairs), "sites": pd.DataFrame([site])}
    text = section(explained(tables, "p", run=RUN, language="en"), "conclusion")
    assert f"it can take at most {most} m²" in text
    assert "Chosen instead: q (850.00 m²); 850.00 m² together" in text
    assert "proved optimal" not in text


def considered(verdict: str, *, reasons: str = "", **tests: tuple[str, str]) -> dict[str, Any]:
    """Tables of scrap p, considered for site S: each test with outcome and mode."""
    pair = {"parcel_id": "p", "site_id": "S", "verdict": verdict, "reasons": reasons}
    pair |= {"area_m2": 900.0, "border_m": 9.0, "scrap_kind": "corner"}
    given = {"parcel_id": "p", "subject": "S", "rule_id": "scrap.x"}
    rows = [given | {"test": t, "outcome": o, "mode": m} for t, (o, m) in tests.items()]
    parcels = made(verdict=[verdict, "site"], site_id=["S", "S"], reasons=[reasons, ""])
    return {"parcels": parcels, "plan": pd.DataFrame([pair]), "verdicts": pd.DataFrame(rows)}


@pytest.mark.parametrize(("verdict", "reasons"), [("absorbed", ""), ("eligible", "cap_full")])
def test_a_verdict_that_binding_tests_are_left_out_of_says_so(verdict: str, reasons: str) -> None:
    open_ = ("not_assessed", "on")
    tables = considered(
        verdict,
        reasons=reasons,
        exclusion=open_,
        planned_use=open_,
        area_cap=("pass", "on"),
        same_use=("not_assessed", "advisory"),
    )
    zh = section(explained(tables, "p", run=RUN, language="zh"), "conclusion").splitlines()[0]
    assert zh.endswith("；但须先核实（本次未能评定）：不占用管控区、规划用途符合要求。")
    en = section(explained(tables, "p", run=RUN, language="en"), "conclusion").splitlines()[0]
    assert "to be verified first" in en
    assert en.endswith(": outside exclusion areas, permitted planned use.")
    popup = parcel_popups(tables["parcels"], tables["verdicts"], records={}, texts=catalog("zh"))[0]
    wanted = ["不占用管控区", "规划用途符合要求"]
    assert ["list", "并入前须核实（本次未能评定）", wanted] in popup


def test_a_verdict_on_tests_that_were_all_made_has_nothing_to_verify() -> None:
    done = {"exclusion": ("pass", "on"), "planned_use": ("not_assessed", "advisory")}
    for tables in (
        considered("absorbed", **done),
        considered("ineligible", reasons="area_cap", exclusion=("not_assessed", "on")),
    ):
        assert "核实" not in section(explained(tables, "p", run=RUN, language="zh"), "conclusion")
        popup = parcel_popups(
            tables["parcels"], tables["verdicts"], records={}, texts=catalog("zh")
        )[0]
        assert "核实" not in json.dumps(popup, ensure_ascii=False)


def test_advisory_tests_that_failed_and_undecided_ones_are_told_apart() -> None:
    advice = {"same_use": ("missing", "advisory"), "area_cap": ("fail", "advisory")}
    tables = considered("absorbed", **advice)
    zh = section(explained(tables, "p", run=RUN, language="zh"), "conclusion")
    assert "提示性检验未能判定（不影响判定）：土地用途一致（缺数据）。" in zh
    assert "提示性检验未通过（不影响判定）：超出单宗零星用地面积上限。" in zh
    assert zh.count("提示性检验") == 2
    en = section(explained(tables, "p", run=RUN, language="en"), "conclusion")
    assert "Advisory for S, undecided and not deciding: same land use (data missing)." in en


@pytest.mark.parametrize(
    ("since", "late"), [("2030-01-01", True), (None, False), ("2026-01-02", True)]
)
def test_land_that_lies_idle_only_later_is_told_as_such(
    since: str | None,
    *,
    late: bool,
) -> None:
    row = {"parcel_id": "p", "subject": "", "test": "idle", "outcome": "missing", "mode": "on"}
    row |= {"limit": 1.0, "operator": "<", "unit": "years", "rule_id": "low_use.idle"}
    day = dt.date(2026, 1, 1)
    parcels = made(idle_since=pd.to_datetime([since, None]), low_use=[None, None])
    findings = pd.DataFrame(future_dates(parcels.set_index("parcel_id"), as_of=day))
    tables = {"parcels": parcels, "verdicts": pd.DataFrame([row]), "findings": findings}
    parts = explained(tables, "p", run=RUN | {"as_of": "2026-01-01"}, language="zh")
    for key in ("low_use", "undone"):
        assert ("闲置起始日期晚于基准日，未评定" in section(parts, key)) == late
    assert ("缺“闲置起始日期”" in section(parts, "undone")) != late
    assert (f"宗地 p 的闲置起始日期 {since} 晚于基准日" in section(parts, "quality")) == late


@pytest.mark.parametrize(("language", "yes"), [("zh", "：是 的土地"), ("en", "the land of yes ")])
def test_enclaves_by_a_truth_value_are_told_in_words_and_by_its_name(
    language: str, yes: str
) -> None:
    enclave = {"enclave_id": "listed:p", "attribute": "listed", "value": "True", "parcel_ids": "p"}
    enclave |= {"kind": "strict", "surrounded_by": "False", "surrounding_ids": "n", "share": 1.0}
    test = {"parcel_id": "p", "subject": "listed", "test": "enclave", "outcome": "fail"}
    test |= {"mode": "on", "rule_id": "parameters.enclave_share"}
    tables = {
        "parcels": made(listed=[True, False]),
        "enclaves": pd.DataFrame([enclave]),
        "verdicts": pd.DataFrame([test]),
    }
    parts = explained(tables, "p", run=RUN, language=language)
    told = section(parts, "enclave")
    assert "“listed”" in told
    assert yes in told
    assert "True" not in as_text(parts)
    assert "False" not in as_text(parts)
    assert "权属" not in told
    assert "listed" in section(parts, "conclusion")


def test_the_row_of_all_blocks_is_told_of_no_parcel() -> None:
    block = {"block_id": "B1", "level": 1, "cut_ids": "p", "industrial_share": 0.5}
    whole = block | {"block_id": "overall", "level": None}
    tables = {"parcels": made(), "block_lines": pd.DataFrame([block, whole])}
    tables["parcels"]["geometry"] = None
    tables["block_lines"]["geometry"] = None
    told = section(explained(tables, "p", run=RUN, language="en"), "groups")
    assert "Industrial block B1" in told
    assert "overall" not in told


def test_columns_and_tables_that_a_later_run_may_have_are_told() -> None:
    parcels = made(owner=["Li", "Wu"], compactness=[0.61, 0.9], scrap_group=["G1", None])
    enclave = {"enclave_id": "owner:p", "attribute": "owner", "value": "Li", "parcel_ids": "p"}
    enclave |= {"kind": "jointly", "surrounded_by": "Wu;Hu", "surrounding_ids": "n;h", "share": 1.0}
    enclave |= {"free_share": 0.0, "area_m2": 900.0, "surrounding_area_m2": 9900.0}
    enclave |= {"inside_of": "owner:o", "depth": 2}
    group = {"group_id": "G1", "parcel_ids": "p;q", "site_ids": "S", "area_m2": 1500.0}
    test = {"parcel_id": "p", "subject": "", "outcome": "pass", "value": 0.8, "mode": "on"}
    test |= {"limit": 0.75, "operator": ">=", "unit": "share"}
    tests = [
        test | {"test": "kind_corner", "rule_id": "parameters.sandwiched_share"},
        test | {"test": "enclave", "subject": "owner", "rule_id": "parameters.enclave_share"},
        test | {"test": "new_test", "rule_id": "new.rule"},
    ]
    tables = {
        "parcels": parcels,
        "enclaves": pd.DataFrame([enclave]),
        "scrap_groups": pd.DataFrame([group]),
        "verdicts": pd.DataFrame(tests),
    }
    parts = explained(tables, "p", run=RUN, language="en")
    assert "0.61" in section(parts, "facts")
    assert "by Wu; Hu" in section(parts, "enclave")
    assert "at depth 2" in section(parts, "enclave")
    assert "80.00% (requires ≥ 75.00%)" in section(parts, "enclave")
    assert "Group of scraps G1" in section(parts, "groups")
    assert "parameter “sandwiched share”" in section(parts, "merging")
    assert "80.00%" in section(parts, "other")
    around = explained(tables | {"enclaves": pd.DataFrame([enclave])}, "n", run=RUN, language="en")
    assert "Its land, of Wu, is around the enclave “owner (p)” of Li." in section(around, "enclave")


# --- the command -------------------------------------------------------------------------------


def called(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["gisland", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    code = end.value.code
    return code if isinstance(code, int) else 0


def test_the_command_tells_several_parcels(
    odd: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "explain", odd, "strip", "wanted", "--language", "zh") == 0
    out = capsys.readouterr().out
    assert out.startswith("宗地 strip\n")
    assert "\n\n\n宗地 wanted\n" in out
    assert called(monkeypatch, "explain", odd, "strip", "nothing", "--json") == 0
    parcels = json.loads(capsys.readouterr().out)["parcels"]
    assert [p["parcel_id"] for p in parcels] == ["strip", "nothing"]
    assert parcels[0]["language"] == "en"
    assert parcels[1]["data"]["parcel"][0]["area_m2"] is None


@pytest.mark.parametrize(
    ("folder", "parcel_id", "message"),
    [("odd", "strop", "did you mean 'strip'?"), ("none", "strip", "holds no results of gisland")],
)
def test_the_command_refuses_what_is_not_there(
    odd: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    parcel_id: str,
    message: str,
) -> None:
    where = odd if folder == "odd" else odd / "none"
    assert called(monkeypatch, "explain", where, parcel_id) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err


# --- plain text --------------------------------------------------------------------------------

TEXTS = st.text(alphabet=st.sampled_from("ab 12,.;（）。，宗地面积m²“”é\u0301"), max_size=60)


@given(text=TEXTS, width=st.integers(6, 40))
def test_wrapping_loses_no_letter_and_overflows_no_line(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


@given(text=st.text(max_size=40))
def test_plain_text_is_printable_and_one_line(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1
    assert UNSEEN.findall(plain(text)) == []
