"""The report: what officials need, escaped, complete in one file, the same bytes every time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import small_results
from gisland.present import rest, sheets
from gisland.present.balance import basis
from gisland.present.picture import picture
from gisland.present.sheets import report
from gisland.present.style import catalog
from gisland.present.wording import comparison, number

FROM_DATA = {"owner", "备注", "block_id", "surrounded_by"}
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1",
    "{{7*7}}",
    "{% raw %}",
    "</td></table>",
    '" onmouseover="alert(1)',
    "\u202eabc\u2066",
    "a\x00b",
)


class Page(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "path", "rect", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(data.strip())

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def build(tables: dict[str, Any] | None = None, language: str = "zh") -> str:
    given = small_results.tables() if tables is None else tables
    return report(given, run=small_results.run(), language=language)


def hostile(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    tables = small_results.tables()
    keep = {"site_id", "verdict", "parcel_ids", "absorbed_ids", "subject", "parcel_id"}
    for name, frame in tables.items():
        changed = frame.copy()
        for column in changed.columns.drop("geometry", errors="ignore"):
            is_text = not pd.api.types.is_numeric_dtype(changed[column])
            if is_text and column not in keep:
                changed[column] = text
        tables[name] = changed
    run = _poisoned(small_results.run(), text)
    for record, rule in zip(
        run["rules"]["records"], ("a.b", "a.c", "a.d", "scrap.share_cap"), strict=True
    ):
        record["id"] = rule
    return tables, run


def _poisoned(value: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {k: _poisoned(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [_poisoned(v, text) for v in value]
    return text if isinstance(value, str) else value


def site_sheets(page: str) -> list[str]:
    return re.findall(r'<section class="site[ "].*?</section>', page, re.DOTALL)


def annexes(page: str) -> list[str]:
    return re.findall(r'<section class="annex[ "].*?</section>', page, re.DOTALL)


def sections(page: str) -> list[str]:
    """Of each site its sheet and its annex."""
    return [a + b for a, b in zip(site_sheets(page), annexes(page), strict=True)]


def test_page_is_whole_and_asks_for_nothing() -> None:
    page = Page(build())
    assert page.open == []
    assert "script" not in page.tags
    assert "src" not in {k for k, _ in page.attributes}
    links = {str(v) for k, v in page.attributes if k == "href"}
    assert links
    assert all(re.fullmatch(r"#[a-z_]+(-[A-Za-z0-9]+)*", link) for link in links)
    assert {link[1:] for link in links} <= {str(v) for k, v in page.attributes if k == "id"}
    assert "default-src 'none'" in str(page.attributes)
    assert not re.search(r"https?://|url\(|@import", build())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_parts_stand_in_the_order_officials_use(language: str) -> None:
    texts = catalog(language)
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", build(language=language))
    areas = ["enclaves", "mixture", "scrap_groups", "holdings", "zones", "block_lines"]
    first = ["sites_table", "overall", *areas, "concentration", "solver"]
    last = ["rules", "quality", "skipped", "inputs"]
    assert heads[0] == texts["sheet.head.key"]
    assert heads[1 : len(first) + 1] == [texts[f"report.head.{k}"] for k in first]
    assert heads[-len(last) :] == [texts[f"report.head.{k}"] for k in last]
    site = texts["report.site_title"].format(id="")
    annex = texts["sheet.annex"].format(title=site)
    told = [f"{head}<bdi>{name}</bdi>" for head in (site, annex) for name in ("S1", "S2")]
    assert heads[len(first) + 1 : -len(last)] == told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_sheet_has_the_five_heads_in_order(language: str) -> None:
    told = {
        "zh": ["基本情况", "改造前后对比", "零星用地示意图", "规则依据", "数据说明"],
        "en": [
            *("Facts", "Before and after", "Scraps before and after, drawn"),
            *("Rules applied", "About the data"),
        ],
    }
    found = [re.findall(r"<h3>(.*?)</h3>", s) for s in site_sheets(build(language=language))]
    assert found == [told[language]] * 2


def test_no_chinese_display_text_in_the_english_report() -> None:
    tables = small_results.tables()
    run = _poisoned(small_results.run(), "x")
    run["crs"]["chosen"] = run["area_basis"] = "plane"
    for name, frame in tables.items():
        texts = frame.columns.drop("geometry", errors="ignore")
        tables[name] = frame.assign(**{c: "x" for c in texts if c in FROM_DATA})
    tables["enclaves"]["value"] = "x"
    page = report(tables, run=run, language="en")
    style_free = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.findall(r"[\u4e00-\u9fff]+", style_free)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (None, "—"),
        ({"objective": "area", "method": "exact"}, "largest area; solved exactly"),
        (
            {"objective": "count", "method": "greedy", "required": ["a"], "decisions": {"b": "in"}},
            "most scraps; longest border first (to compare); 1 required; 1 decided beforehand",
        ),
    ],
)
def test_basis_tells_what_was_asked_of_the_plan(plan: dict[str, Any] | None, told: str) -> None:
    rows = dict(basis({"plan": plan}, texts=catalog("en")))
    assert rows["what was asked of the plan"] == told


def test_basis_names_inputs_rules_and_changed_parameters() -> None:
    text = Page(build()).text
    for wanted in ("9f" * 32, "GB18030", "EPSG:4547", "平面面积（投影）", "0123456789abcdef"):
        assert wanted in text
    assert "共边容差（m）\n0.1\n0.05" in text
    assert "最短有效共边" not in text


def test_share_is_printed_with_denominator_and_cap() -> None:
    first, second = sections(build())
    assert "3.23%（要求 ≤ 10.00%；分母：项目总用地（含并入零星用地））" in first
    assert "1,200.00 m² ÷ 37,200.00 m²" in first
    assert "5.66%（要求 ≤ 10.00%；分母：项目总用地（含并入零星用地））" in second


def test_indicators_before_after_delta_and_missing() -> None:
    row = re.search(r"<tr><td><bdi>亩均税收.*?</tr>", annexes(build())[0])
    assert row is not None
    told = ["亩均税收", "16,200", "1 宗缺数据", "—", "元/亩"]
    assert Page(row[0]).texts == [*told, "用地面积 54.000 → 55.800 亩"]
    row = re.search(r"<tr><td><bdi>用地面积（亩）.*?</tr>", annexes(build())[0])
    assert row is not None
    assert Page(row[0]).texts[1:4] == ["54.000", "55.800", "+1.800"]
    row = re.search(r"<tr><td><bdi>建筑密度.*?</tr>", annexes(build())[0])
    assert row is not None
    texts = ["建筑密度", "33.50%", "40.00%", "+6.50 个百分点", "%"]
    assert Page(row[0]).texts == [*texts, "用地面积 36,000.00 → 37,200.00 m²"]


def overall(page: str) -> str:
    return page[page.index('id="overall"') : page.index('<section class="site')]


def table_after(page: str, head: str) -> list[list[str]]:
    """Texts of the rows of the first table behind a head."""
    part = page[page.index(f"<h3>{head}</h3>") :]
    body = part[part.index("<table") : part.index("</table>")]
    return [Page(row).texts for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]


def test_indicators_stand_by_theme_with_numbers_of_denominators() -> None:
    part = overall(build())
    themes = re.findall(r'<th class="theme" colspan="6"><bdi>(.*?)</bdi>', part)
    assert themes == [
        "用地",
        "开发强度",
        "产出效益",
        "用地结构",
        "破碎度",
        "权属",
        "容量（项目用地）",
    ]
    assert "用地面积 113,200.00 m²" in part
    assert "用地面积 11.32 公顷" in part
    assert "权利人数 2" in part
    tables = small_results.tables()
    old = ["subject", "indicator", "before", "after", "delta", "unit", "denominator"]
    plain = overall(build(tables | {"indicators": tables["indicators"][old]}))
    assert 'class="theme"' not in plain
    assert "<bdi>用地面积</bdi>" in plain
    assert "宗缺数据" not in plain


def test_the_use_matrix_sums_up_in_the_report() -> None:
    part = overall(build())
    rows = re.findall(r'<table class="uses">.*?</table>', part, re.DOTALL)
    assert len(rows) == 2
    last = Page(re.findall(r"<tr>.*?</tr>", rows[1], re.DOTALL)[-1]).texts
    assert last[:3] == ["合计", "90.000", "53.00%"]
    assert last[-2:] == ["169.800", "100.00%"]
    assert part.count('<figure class="chart">') == 2  # less than 1 % changes by merging


def test_zones_and_planning_units_have_one_row_each() -> None:
    page = build()
    zones = table_after(page, "各改造片区改造前后")
    assert zones[0] == [
        *(
            "改造片区",
            "用地面积（亩）",
            "容积率",
            "建筑密度",
            "亩均税收（元/亩）",
            "亩均产值（元/亩）",
        )
    ]
    assert zones[1] == ["Z1", "45.000", "0.80 → 1.70", "33.50% → 40.00%", "16,200 → —", "4,500,000"]
    assert [r[0] for r in table_after(page, "各规划单元改造前后")] == ["规划单元", "U1", "U2"]


def test_planning_conditions_are_counted_over_all_sites() -> None:
    rows = table_after(build(), "规划条件核验")
    assert rows[1] == ["容积率下限", "1", "0", "1", "0", "1", "0", "0"]
    assert [r[0] for r in rows[1:]] == ["容积率下限", "容积率上限", "建筑密度上限", "建筑限高"]
    capacity = table_after(build(), "各项目容量")
    assert capacity[1][:3] == ["S1", "1.70 → 1.70", "28,800.00"]
    assert set(capacity[2][1:]) == {"—"}


def test_a_site_tells_conditions_with_verdict_and_source_and_its_capacity() -> None:
    first, second = sections(build())
    assert table_after(first, "规划条件与容量")[1] == [
        *("容积率下限", "≥ 1.00", "0.80", "✗ 未通过", "≥ 1.00", "1.70", "✓ 通过"),
        "规划地块（G-01）",
    ]
    assert "规划地块；叠加管控（G-01；O-1）" in first
    assert "情景（按规划容积率上限）下的计容建筑面积" in first
    assert "36,000.00 至 61,200.00 m²" in first
    assert "+840.00 m²" in first
    assert "规划地块（G-02）；60.00% 的用地有此条件" in second
    assert "合并后容量" not in second  # nothing of it is known


def test_without_the_new_tables_their_parts_are_left_out() -> None:
    tables = small_results.tables()
    for name in ("use_matrix", "conditions", "capacity", "buildings", "planning_units"):
        del tables[name]
    page = build(tables)
    assert Page(page).open == []
    for head in ("用地结构变化", "规划条件核验", "各项目容量", "规划条件与容量"):
        assert f"<h3>{head}</h3>" not in page


def test_scraps_tell_reasons_with_value_and_limit() -> None:
    text = Page(sections(build())[0]).text
    kind = "相邻零星用地\n沿项目 37.5%、临空 50.0%、沿其他 12.5%"
    assert f"C2\n土地整理中心\n{kind}\n4,800.00\n7.200\n240.00\n不可并入" in text
    assert "超出单宗零星用地面积上限；土地权利人不一致" in text
    assert "✗\n单宗零星用地面积上限\n4,800.00 m²（要求 < 2,000.00 m²）" in text
    assert "土地权利人一致（提示）" in text
    assert "10.00004%（要求 ≤ 10.00000%" in text
    assert "C4" not in text


def test_rules_are_quoted_with_source_and_status() -> None:
    page = build()
    told = f"“{small_results.QUOTATION}”"
    assert [(told in s, "#rule-" in s) for s in site_sheets(page)] == [(True, True)] * 2
    assert [(told in a, "#rule-" in a) for a in annexes(page)] == [(False, True)] * 2
    text = Page(page).text
    assert text.count(told) == 3  # on each sheet and in the rule book
    assert "低效用地再开发试点典型案例（第三批）" in text
    assert "通用经验值（须核实）" in text
    assert "最小宗地面积（工业用地）：≥ 5,000.00 m²" in text


def test_rest_of_the_report() -> None:
    text = Page(build()).text
    assert "基本包围\n权属性质\n集体\nK2\n14.850\n国有\n81.00%\n10.00%\n—" in text
    assert "全部区块\n—\n80,000.00" in text
    assert "25.00%\n20.00%\n未通过" in text  # new-type land in all blocks: share, cap, outcome
    assert "错误\n图形缺失\n1" in text
    assert "低效用地识别\nparcels 没有 output_yuan 列" in text
    assert "2 个求解分组全部已证最优。" in text


def test_enclaves_begin_with_those_that_one_patch_surrounds() -> None:
    text = Page(build()).text
    part = text[text.index("\n插花地（权属）\n按") :]
    first = "完全包围\n用地类别\n工业用地\nC1\n14.850\n物流仓储用地\n100.00%\n0.00%"
    first += "\n用地类别（B1），第 2 层"
    last = "共同包围\n权利人\n海河仓储股份公司\nC4\n1.350\n青光村集体经济合作社；新华纺织厂"
    places = [part.index(told) for told in (first, "基本包围\n权属性质", last)]
    assert places == sorted(places)
    plain = small_results.tables()
    plain["enclaves"] = plain["enclaves"].assign(inside_of=None)
    assert "位于插花地之内" in text
    assert "位于插花地之内" not in Page(build(plain)).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_of_the_tables_says_by_which_definition(language: str) -> None:
    run = small_results.run()
    run["parameters"] |= {"enclave_share": 0.8, "enclave_by": ["owner", "industry"]}
    run["parameters"] |= {"min_border_m": 2.5}
    text = Page(report(small_results.tables(), run=run, language=language)).text
    told = {
        "zh": (
            "按权利人、行业代码查找：同一方相连宗地的外边界有 80% 以上",
            "（完全包围 1 处、基本包围 1 处）",
            "（1 处：同属一方的几片合计达 80%",
            "彼此共边不少于 2.5 m 的小块土地",
            "共 2 名权利人，其中 1 名有两宗以上土地；最多的是津北机械制造有限公司，4 宗。",
        ),
        "en": (
            "Found by owner and industry code: ",
            "at least 80% of their outer boundary",
            "(fully surrounded: 1, nearly: 1), and jointly surrounded (1)",
            "over at least 2.5 m",
            "Owners: 2, of whom 1 have two parcels or more; 津北机械制造有限公司 has the most, 4.",
        ),
    }
    assert [t for t in told[language] if t not in text] == []
    assert ("权利人；行业代码" if language == "zh" else "owner; industry code") in text


def test_mixture_scrap_groups_and_holdings_are_told() -> None:
    text = Page(build()).text
    row = "全部范围\n10\n169.800\n154.950\n14.850\n3\n1\n141.50\n12.50\n1\n10.00%"
    assert row in text
    assert "权属未定（亩）" not in text  # nothing is undetermined
    group = "G-C1\nC1；C3\nS1\n边角地\n2,100.00\n3.150\n20.00\n120.00"
    group += "\n40.00% · 50.00% · 10.00%"
    group += "\n合计面积在单宗零星用地上限之内；合计面积小于最小宗地面积"
    assert group in text
    assert "津北机械制造有限公司\n4\n2\n38,100.00\n57.150\n37,200.00\n2" in text
    assert "未登记\n1\n1" not in text  # of one parcel


def test_tests_of_enclaves_and_kinds_stay_out_of_the_site_sheets() -> None:
    tables = small_results.tables()
    tables["verdicts"].loc[tables["verdicts"]["test"] == "enclave", "subject"] = "S2"
    told = Page(sections(build(tables))[1]).text
    assert "单宗零星用地面积上限" in told
    assert "包围" not in told
    assert "夹心地：" not in told


def test_long_tables_of_owners_and_enclaves_are_cut_with_their_number() -> None:
    tables = small_results.tables()
    many = pd.concat([tables["holdings"].iloc[:1]] * 30, ignore_index=True)
    tables["holdings"] = many.assign(owner=[f"公司{n:02}" for n in range(30)])
    tables["enclaves"] = pd.concat([tables["enclaves"]] * 50, ignore_index=True)
    text = Page(build(tables)).text
    assert "共 30 行，此处列出 20 行" in text
    assert "公司19" in text
    assert "公司20" not in text
    assert "共 150 行，此处列出 100 行" in text


def test_a_scrap_that_is_absorbed_names_the_binding_tests_that_were_not_made() -> None:
    tables = small_results.tables()
    tests = tables["verdicts"]
    absorbed = tables["plan"].loc[tables["plan"]["verdict"] == "absorbed", "parcel_id"].iloc[0]
    row = tests[tests["parcel_id"] == absorbed].iloc[:1]
    more = row.assign(subject="S1", test="exclusion", outcome="not_assessed", mode="on")
    tables["verdicts"] = pd.concat([tests, more], ignore_index=True)
    text = Page(annexes(build(tables))[0]).text
    assert text.count("并入前须核实（本次未能评定）\n不占用管控区\n") == 1
    assert "核实" not in Page(annexes(build())[0]).text
    sheet = Page(site_sheets(build(tables))[0]).text
    assert "并入\n：须核实：\n不占用管控区\n" in sheet
    assert "未能评定\n不占用管控区 1 宗\n" in sheet


def test_scraps_are_in_the_order_of_their_verdicts() -> None:
    found = re.findall(r'<td class="v-(\w+)">', sections(build())[0])
    assert found == ["absorbed", "eligible", "ineligible"]


def test_long_lists_of_ids_end_in_their_number() -> None:
    tables = small_results.tables()
    many = ";".join(f"Q{n:02}" for n in range(30))
    tables["block_lines"] = tables["block_lines"].assign(other_use_ids=many)
    text = Page(build(tables)).text
    assert "Q10；Q11 等 30 宗" in text
    assert "Q12" not in text


def test_what_stands_after_is_told_below_the_indicators() -> None:
    first, second = sections(build())
    assert "改造后容积率、计容建筑面积为规划条件下的数值" in first
    assert "改造后容积率、计容建筑面积为规划条件下的数值" not in second
    assert "建筑密度（改造后）按现状建筑计。" in second


def test_parcels_and_scraps_of_a_site_are_counted_apart() -> None:
    assert "原宗地 2 + 零星用地 1 → 1" in sections(build())[0]


def test_balance_is_yes_or_no() -> None:
    assert "面积平衡：是。改造前 113,200.00 m² = 改造后 113,200.00 m²" in build()
    lost = small_results.tables()
    lost["sites"] = lost["sites"].assign(area_after_m2=37_000.0)
    assert '<p class="bad">面积平衡：否。' in build(lost)


def test_data_quality_gives_an_example_in_words() -> None:
    assert "宗地 K1 与 K2 重叠 1.25 m²" in Page(build()).text


def test_component_that_was_not_proved_is_told() -> None:
    run = small_results.run()
    run["components"][1] |= {"status": "time_limit", "bound_m2": 950.0}
    text = Page(report(small_results.tables(), run=run, language="zh")).text
    assert "2 个求解分组中有 1 个未证最优" in text
    assert "900.00\n950.00\n50.00\n0.00\n达到时限" in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_text_is_text(text: str, language: str) -> None:
    tables, run = hostile(text)
    page = Page(report(tables, run=run, language=language))
    plain = Page(build(language=language))
    # of figures: no subject and no set of block lines is left
    drawn = {"use", "defs", "style", "stroke-linejoin", "stroke", "stroke-width"}
    assert set(page.tags) - drawn == set(plain.tags) - drawn
    assert {k for k, _ in page.attributes} - drawn == {k for k, _ in plain.attributes} - drawn
    shown = text.replace("\x00", "\ufffd")
    assert page.text.count(shown) > 20
    assert "49" not in page.texts


def test_long_text_is_shortened_not_dropped() -> None:
    tables, run = hostile("长" * 10_000)
    page = report(tables, run=run, language="zh")
    plain = "\n".join(t for t in Page(page).texts if not t.startswith("“"))
    assert max(map(len, plain.split("\n"))) < 700
    assert "长" * 300 + "…" in page


def test_same_bytes_twice() -> None:
    assert build() == build()


def test_missing_tables_are_told_not_guessed() -> None:
    page = Page(report({}, run={}, language="zh"))
    assert page.open == []
    assert page.texts.count("未做此项分析。") == 9
    assert "本次没有改造项目用地，因此没有可并入的零星用地。" in page.texts
    lone = Page(build({"sites": small_results.sites()}))
    assert lone.texts.count("没有与本项目相邻的零星用地。") == 2
    empty = {k: v.iloc[:0] for k, v in small_results.tables().items()}
    assert Page(build(empty)).open == []


def test_at_most_sixty_sites_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_SITES", 1)
    page = build()
    assert len(sections(page)) == 1
    assert "<bdi>S1</bdi></h2>" in page
    assert "共 2 个项目，以下详列并入面积最大的 1 个" in page
    monkeypatch.setattr(rest, "MAX_ROWS", 1)
    assert "共 2 行，此处列出 1 行，其余见 ledger.xlsx。" in build()


def test_picture_shows_site_scraps_and_scale() -> None:
    first = site_sheets(build())[0]
    before, after = re.findall(r'<svg viewBox="0 0 400.*?</svg>', first, re.DOTALL)
    shown = ["none", "site", "site", "absorbed", "eligible", "ineligible"]
    assert re.findall(r'class="s-(\w+)"', before) == shown
    assert re.findall(r'class="s-(\w+)"', after) == ["none", "left", "left", "after", "joined"]
    assert re.findall(r'class="hatch h-(\w+)"', before) == ["absorbed", "eligible", "ineligible"]
    for picture_ in (before, after):
        assert sorted(re.findall(r'class="label"[^>]*>(.*?)<', picture_)) == ["边1", "边2", "邻3"]
    assert "50 m" in before
    frames = [re.findall(r'viewBox="[^"]*"|class="bar" d="[^"]*"', p) for p in (before, after)]
    assert frames[0] == frames[1]
    context = [re.search(r'class="s-none" d="([^"]*)"', p) for p in (before, after)]
    assert all(context)
    assert context[0] is not None
    assert context[1] is not None
    assert context[0][1] == context[1][1]  # neighbors lie at the same place in both


def test_picture_is_true_to_scale() -> None:
    parcels = gpd.GeoDataFrame({"parcel_id": ["a"]}, geometry=[shapely.box(0, 0, 100, 50)])
    site = pd.Series({"parcel_ids": "a", "geometry": None})
    scraps = pd.DataFrame({"parcel_id": [], "verdict": [], "label": []})
    drawn = picture(site, scraps, parcels)
    assert drawn is not None
    points = [float(v) for v in re.findall(r"-?[\d.]+", drawn.before[0].path)]
    width_px = max(points[::2]) - min(points[::2])
    height_px = max(points[1::2]) - min(points[1::2])
    assert width_px / height_px == pytest.approx(2, rel=1e-3)
    assert drawn.bar_px / width_px == pytest.approx(drawn.bar_m / 100, rel=2e-3)


def test_picture_survives_invalid_empty_and_missing_geometry() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    shapes = [bow, shapely.Polygon(), None]
    parcels = gpd.GeoDataFrame({"parcel_id": ["a", "b", "c"]}, geometry=shapes)
    site = pd.Series({"parcel_ids": "a;b;c", "geometry": None})
    scraps = pd.DataFrame({"parcel_id": ["c"], "verdict": ["eligible"], "label": ["1"]})
    drawn = picture(site, scraps, parcels)
    assert drawn is not None
    assert len(drawn.before) == 1
    nothing = picture(pd.Series({"parcel_ids": "b", "geometry": None}), scraps, parcels)
    assert nothing is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (45_071.4, "m2", "45,071.40"),
        (67.6071, "mu", "67.607"),
        (-0.001, "ratio", "0.00"),
        (0.03746, "share", "3.75%"),
        (float("inf"), "m2", "—"),
        (pd.NA, "m2", "—"),
        ("=1", "m2", "—"),
    ],
)
def test_numbers_as_printed(value: object, unit: str, text: str) -> None:
    assert number(value, unit=unit) == text


def test_value_and_limit_are_told_apart() -> None:
    row = {"value": 2_000.004, "limit": 2_000.0, "operator": "<=", "unit": "m2"}
    told = comparison(catalog("en"), row)
    assert told == "2,000.004 m² (requires ≤ 2,000.000 m²)"
