"""The ledger: right cells, no formula, the same bytes, whatever the text in the data."""

from __future__ import annotations

import copy
import gc
import io
import pkgutil
import re
import sys
import zipfile
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

import small_results
from gisland.base.errors import ProjectError
from gisland.base.schema import VERDICTS
from gisland.detect.spellings import spelling_findings
from gisland.present import workbook
from gisland.present.balance import balance, holds
from gisland.present.cells import cell_text
from gisland.present.ledger import ledger
from gisland.present.messages import finding_text
from gisland.present.style import catalog

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\tTAB",
    "\rCR",
    "{{7*7}}",
    "</td>",
    "\u202eabc\u2066",
    "#N/A",
    "长" * 10_000,
)


def build(tables: dict[str, Any] | None = None, language: str = "zh") -> bytes:
    given = small_results.tables() if tables is None else tables
    return ledger(given, run=small_results.run(), language=language)


def reopened(file: bytes) -> Workbook:
    return load_workbook(io.BytesIO(file))


def cells(file: bytes, sheet: str) -> pd.DataFrame:
    rows = list(reopened(file)[sheet].values)
    return pd.DataFrame(rows[1:], columns=rows[0])


def xml(file: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist()}


def hostile(text: str) -> dict[str, Any]:
    """Every text cell of every table replaced, ids and codes too."""
    tables = small_results.tables()
    for name, frame in tables.items():
        changed = frame.copy()
        for column in changed.columns.drop("geometry", errors="ignore"):
            if not pd.api.types.is_numeric_dtype(changed[column]):
                changed[column] = text
        tables[name] = changed
    return tables


def test_worksheets_in_order_with_chinese_titles() -> None:
    titles = reopened(build()).sheetnames
    assert titles[:4] == ["总览", "改造项目用地", "零星用地", "零星用地并入方案"]
    assert titles[-2:] == ["规则依据", "求解"]
    assert len(titles) == 26
    new = ["改造前后指标", "用地结构变化", "规划条件核验", "容量测算", "建筑", "宗地沿革"]
    assert titles[16:22] == new
    assert titles[4:8] == ["备选方案", "不同上限下的方案", "决定带来的变化", "合并后项目用地"]
    assert titles[8:10] == ["零星用地组", "宗地"]
    assert titles[11:14] == ["插花地（权属）", "权利人用地", "国有与集体混杂"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_head_is_frozen_and_filtered(language: str) -> None:
    texts = catalog(language)
    book = reopened(build(language=language))
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
    parcels = book[texts["table.parcels"]]
    assert parcels["A1"].value == texts["column.parcel_id"]
    assert parcels["A1"].font.bold


def test_numbers_equal_the_tables() -> None:
    sites = cells(build(), "改造项目用地")
    table = small_results.sites()
    assert sites["改造后面积（m²）"].tolist() == table["area_after_m2"].tolist()
    assert sites["零星用地占比"].tolist() == pytest.approx(table["scrap_share"].tolist(), abs=1e-8)
    parcels = cells(build(), "宗地")
    assert parcels["面积（m²）"].sum() == small_results.parcels()["area_m2"].sum()
    assert parcels["面积（m²）"].isna().sum() == 1


def test_number_formats_follow_the_units() -> None:
    book = reopened(build())
    sheet = book["改造项目用地"]
    forms = {c.value: sheet.cell(2, c.column).number_format for c in sheet[1]}
    assert forms["改造后面积（m²）"] == "0.00"
    assert forms["零星用地占比"] == "0.00%"
    assert forms["占比上限"] == "0.00%"
    assert forms["改造后容积率（有规划容积率的按规划条件）"] == "0.00"
    sheet = book["宗地"]
    forms = {c.value: sheet.cell(2, c.column).number_format for c in sheet[1]}
    assert forms["面积（亩）"] == "0.000"
    sheet = book["改造前后指标"]
    before = next(c.column for c in sheet[1] if c.value == "改造前")
    units = next(c.column for c in sheet[1] if c.value == "单位")
    over = next(c.column for c in sheet[1] if c.value == "改造前分母")
    found = {
        sheet.cell(r, before - 1).value: (
            sheet.cell(r, units).value,
            sheet.cell(r, before).number_format,
            sheet.cell(r, over).number_format,
        )
        for r in range(2, 15)
    }
    assert found["宗地数"] == ("个", "General", "General")
    assert found["用地面积（亩）"] == ("亩", "0.000", "General")
    assert found["容积率"] == ("—", "0.00", "0.00")
    assert found["建筑密度"] == ("—", "0.00%", "0.00")
    assert found["亩均税收"] == ("元/亩", "0", "0.000")
    assert found["边界密度"] == ("m/公顷", "0.00", "0.0000")
    assert found["权利人户均地块数"][2] == "General"


def test_before_and_after_have_worksheets() -> None:
    file = build()
    uses = cells(file, "用地结构变化")
    whole = uses[(uses["对象"] == "全部范围") & (uses["口径"] == "规划用途")]
    assert whole["面积（m²）"].sum() == 113_200.0
    assert whole["占全部用地比例"].sum() == pytest.approx(1.0)
    assert set(whole["改造后用地类别"]) >= {"商业服务业用地", "未定类"}
    checked = cells(file, "规划条件核验")
    assert list(checked)[:6] == [
        *("项目用地编号", "规划条件", "比较关系", "改造前限值", "改造前数值", "改造前结论")
    ]
    assert checked.loc[1, "来源"] == "规划地块；叠加管控"
    assert checked["改造前结论"].tolist() == ["未通过", "通过", "缺数据", "未通过"]
    room = cells(file, "容量测算")
    assert room.loc[0, "扣除零星用地自身容量后的新增（m²）"] == 840.0
    assert room.loc[0, "情景"] == "按规划容积率上限"
    assert cells(file, "建筑")["层数来源"].tolist() == ["层数字段", "按高度估算"]
    sheet = reopened(file)["规划条件核验"]
    limit = next(c.column for c in sheet[1] if c.value == "改造前限值")
    forms = [sheet.cell(r, limit).number_format for r in range(2, 6)]
    assert forms == ["0.00", "0.00", "0.00", "0.00%"]
    lots = cells(file, "宗地").set_index("宗地编号")
    assert lots.loc["A1", "现状不符合的规划条件"] == "容积率下限"


def test_the_source_of_a_rule_is_no_source_of_a_condition() -> None:
    run = small_results.run()
    run["rules"]["records"][0]["source"] = "zone"
    rules = cells(ledger(small_results.tables(), run=run, language="zh"), "规则依据")
    assert "zone" in rules.to_numpy()


def test_codes_are_named_and_unknown_text_is_kept() -> None:
    parcels = cells(build(), "宗地").set_index("宗地编号")
    assert parcels.loc["C1", "判定"] == "并入"
    assert parcels.loc["C1", "碎片成因"] == "面积小于最小宗地面积；宽度不足"
    assert parcels.loc["A1", "备注"] == "原厂区"
    assert parcels.loc["K2", "所属插花地（权属）"] == "权利人（青光村集体经济合作社）"
    assert parcels.loc["K1", "低效用地"] == "是"


def test_plan_tells_every_test_with_value_and_limit() -> None:
    plan = cells(build(), "零星用地并入方案").set_index("宗地编号")
    told = plan.loc["C2", "各项检验（实测值与限值）"].split("\n")
    assert "✗ 单宗零星用地面积上限 4,800.00 m²（要求 < 2,000.00 m²）" in told
    assert len(told) == 3
    close = plan.loc["C3", "各项检验（实测值与限值）"]
    assert "10.00004%（要求 ≤ 10.00000%；分母：项目总用地（含并入零星用地））" in close


def test_alternatives_name_what_is_relaxed_with_a_limit_in_its_unit() -> None:
    sheet = reopened(build())["备选方案"]
    heads = [c.value for c in sheet[1]]
    rows = [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    limit = "放宽后的限值（空：不设）"
    told = [(r["备选方案"].value, r["放宽的要求"].value, r[limit].value) for r in rows]
    assert told == [
        ("次优方案", "—", None),
        ("共边最长者优先", "—", None),
        ("放宽一项要求", "单宗零星用地面积上限", 3_000),
        ("放宽一项要求", "单宗零星用地面积上限", None),
        ("放宽一项要求", "土地权利人一致", None),
        ("放宽一项要求", "零星用地占比上限", 0.12),
        ("放宽一项要求", "零星用地占比上限", None),
    ]
    assert (rows[2][limit].number_format, rows[5][limit].number_format) == ("0.00", "0.00%")
    assert [r["求解状态"].value for r in rows[:4]] == [
        "已证最优",
        "逐一取最长边界，未证最优",
        "已证最优",
        "达到时限",
    ]
    assert (heads[0], heads[-1]) == ("项目用地编号", "求解分组")
    assert rows[5]["面积变化（m²）"].value == 1_240
    assert rows[5]["面积变化（m²）"].number_format == "0.00"
    assert rows[5]["宗数变化"].number_format == "0"


def test_plans_under_other_caps_and_what_decisions_changed() -> None:
    sheet = reopened(build())["不同上限下的方案"]
    heads = ["零星用地占比上限", "单宗面积上限（m²）", "并入宗数", "项目数", "并入面积（m²）"]
    assert [c.value for c in sheet[1]] == [*heads, "与本方案之差（m²）", "求解状态"]
    assert [c.value for c in sheet[6]] == [0.1, 2_000, 2, 2, 2_100, 0, "已证最优"]
    assert [c.number_format for c in sheet[6]][:2] == ["0.00%", "0.00"]
    told = cells(build(), "决定带来的变化")
    assert told["决定"].tolist() == ["须并入", "须并入", "不并入", "只并入 S2"]
    assert told["变化"].tolist() == ["新并入", "不变", "不再并入", "改并入其他项目"]
    assert told["无决定时并入"].isna().tolist() == [True, True, False, False]


def test_merged_sites_name_each_of_several_classes() -> None:
    told = cells(build(), "合并后项目用地").set_index("项目用地编号")
    assert told.loc["S2", "用地类别"] == "工业用地；物流仓储用地"
    assert told.loc["S1", "面积（m²）"] == 37_200


def test_chained_scraps_tell_their_links_and_new_reasons_are_named() -> None:
    tables = small_results.tables()
    links = pd.array([0, 0, 2, 0], dtype="Int64")
    plan = tables["plan"].assign(links=links, link_m=[None, None, 12.5, None])
    plan.loc[2, ["scrap_kind", "reasons"]] = ["chained", "decided_elsewhere:S2"]
    plan.loc[1, "reasons"] = "missing:same_owner"
    tables["plan"] = plan
    told = cells(build(tables), "零星用地并入方案").set_index("宗地编号")
    assert told.loc[
        "C3", ["零星用地类型", "隔零星用地宗数", "与相隔零星用地共边长（m）"]
    ].tolist() == [
        "连带零星用地",
        2,
        12.5,
    ]
    assert told.loc["C3", "理由"] == "符合条件，经决定只并入其他项目（S2）"
    assert told.loc["C2", "理由"] == "缺少数据，无法判定（土地权利人一致）"


@pytest.mark.parametrize("title", ["备选方案", "不同上限下的方案", "决定带来的变化"])
def test_columns_of_the_new_sheets_hold_their_heads(title: str) -> None:
    sheet = reopened(build())[title]
    for place, head in enumerate(sheet[1], start=1):
        width = sheet.column_dimensions[get_column_letter(place)].width
        longest = max(len(str(c.value or "")) for c in next(sheet.iter_cols(place, place)))
        assert min(longest, 20) < width, head.value
        assert width <= 60


def test_balance_accounts_for_every_square_metre() -> None:
    rows = balance(small_results.tables())
    assert rows is not None
    assert rows["area_m2"].round(6).to_dict() == {
        "site": 51_000.0,
        "absorbed": 2_100.0,
        "kept": 60_100.0 - 900 + 900,
        "no_geometry": 0.0,
        "before": 113_200.0,
        "sites_after": 53_100.0,
        "kept_after": 60_100.0,
        "after": 113_200.0,
        "gaps": 0.0,
        "overlaps": 0.0,
        "difference": 0.0,
    }
    assert rows["count"].to_dict()["no_geometry"] == 1
    assert holds(rows)
    lost = small_results.tables()
    lost["sites"] = lost["sites"].assign(area_after_m2=37_000.0)
    broken = balance(lost)
    assert broken is not None
    assert not holds(broken)
    assert summary(build(lost))["平衡（差额不超过百万分之一）"] == "否"
    assert summary(build())["平衡（差额不超过百万分之一）"] == "是"


def test_gaps_and_overlaps_stand_beside_the_account() -> None:
    tables = small_results.tables()
    drawn = {"gap_closed_m2": [25.0, 0.0], "overlap_m2": [0.0, 7.5]}
    tables["sites"] = tables["sites"].assign(**drawn)
    rows = balance(tables)
    assert rows is not None
    assert holds(rows)
    told = rows["area_m2"].to_dict()
    assert (told["difference"], told["gaps"], told["overlaps"]) == (0.0, 25.0, 7.5)
    assert told["after"] == told["sites_after"] + told["kept_after"]
    order = list(summary(build(tables)))
    assert order.index("平衡（差额不超过百万分之一）") < order.index(
        "闭合缝隙（图形面积，另计，不含在内）"
    )


def summary(file: bytes) -> dict[str, Any]:
    """Label and value of each row of the summary."""
    return {row[0]: row[1] for row in reopened(file)["总览"].iter_rows(values_only=True) if row[0]}


def test_heads_of_the_summary_do_not_carry_over() -> None:
    heads = [
        row
        for row in reopened(build())["总览"].iter_rows(values_only=True)
        if str(row[0])[0] == "六"
    ]
    assert heads == [("六、未做的分析及原因", "内容", None, None, None)]


def test_summary_is_in_chinese() -> None:
    run = small_results.run() | {
        "counts": {"border_pairs": 12, "absorbed_m2": 2100.0, "findings_error": 1},
        "skipped": [
            {"analysis": "enclaves_owner", "reason": "no column owner"},
            {"analysis": "enclaves_industry", "reason": "column industry is empty"},
            {"analysis": "enclaves_村组", "reason": "no column 村组"},
        ],
    }
    run["counts"] |= {"enclaves": 2, "jointly_enclosed": 700, "scrap_groups": 1}
    run["inputs"] = [run["inputs"][0] | {"layer": "exclusions.red_line"}]
    run["crs"]["chosen"] = "3-degree Gauss-Krüger zone 38 of the data"
    told = summary(ledger(small_results.tables(), run=run, language="zh"))
    assert told["共边宗地对"] == 12
    assert told["并入零星用地面积（m²）"] == 2100.0
    assert told["数据质量问题：错误"] == 1
    assert told["插花地（权利人）"] == "宗地图层没有权利人字段（owner）"
    assert told["插花地（行业代码）"] == "宗地图层的字段 industry 全为空"
    assert told["插花地（村组）"] == "宗地图层没有字段 村组"
    assert told["共同包围的插花地（权属）"] == 700
    assert "管控区 red_line" in told
    assert told["坐标系选取方式"] == "按数据所在的 3 度带高斯－克吕格投影第 38 带选取"


def test_findings_and_enclaves_are_told_in_chinese() -> None:
    findings = cells(build(), "数据质量问题")
    assert findings["说明"].tolist() == ["宗地 N1 没有图形", "宗地 K1 与 K2 重叠 1.25 m²"]
    enclave = cells(build(), "插花地（权属）").set_index("插花地编号")
    columns = ["类型", "依据", "权利人、权属等", "包围方"]
    assert enclave.loc["权属性质（K2）", columns].tolist() == [
        "基本包围",
        "权属性质",
        "集体",
        "国有",
    ]
    nested = enclave.loc["用地类别（C1）", [*columns, "位于插花地之内", "嵌套层次"]]
    told = ["完全包围", "用地类别", "工业用地", "物流仓储用地", "用地类别（B1）", 2]
    assert nested.tolist() == told
    jointly = enclave.loc["权利人（C4）", ["类型", "包围方", "包围方宗地"]]
    assert jointly.tolist() == ["共同包围", "青光村集体经济合作社；新华纺织厂", "K2;K1"]


def test_groups_holdings_and_mixture_have_worksheets() -> None:
    book = reopened(build())
    group = cells(build(), "零星用地组").iloc[0]
    told = "合计面积在单宗零星用地上限之内；合计面积小于最小宗地面积"
    assert group["合并后仍为零星用地的原因"] == told
    assert group[["零星用地组编号", "零星用地类型", "面积（亩）"]].tolist() == [
        "G-C1",
        "边角地",
        3.15,
    ]
    owners = cells(build(), "权利人用地")
    assert owners["片数"].tolist() == [2, 1]
    assert owners["最大一片（m²）"].tolist() == [37_200.0, 900.0]
    sheet = book["国有与集体混杂"]
    assert [sheet.cell(r, 1).value for r in (2, 3)] == ["全部范围", "Z1"]
    forms = {c.value: sheet.cell(2, c.column).number_format for c in sheet[1]}
    assert forms["交界密度（m/公顷）"] == "0.00"
    assert forms["插花地宗数占比"] == "0.00%"
    assert forms["国有（亩）"] == "0.000"
    assert forms["国有片数"] == "0"


def test_tests_of_enclaves_name_what_they_are_by_and_what_decided() -> None:
    told = cells(build(), "逐项判定")
    row = told[told["宗地编号"].eq("C4") & told["对象"].eq("权利人")].iloc[0]
    assert row["检验项"].startswith("插花地：外边界")
    assert row["规则编号"].startswith("定义：由多方共同包围")
    assert row["分母"] == "外边界长"
    assert "参数“夹心地共边占比”" in told["规则编号"].tolist()
    assert "scrap.area_cap" in told["规则编号"].tolist()
    plan = cells(build(), "零星用地并入方案").set_index("宗地编号")
    assert "包围" not in plan.loc["C4", "各项检验（实测值与限值）"]


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("gap", "hole between parcels 1, 2 and 3 more",
         "宗地 1, 2 等（另 3 宗）之间有 0.50 m² 缝隙"),
        ("invalid_geometry", "Self-intersection[5 3]", "宗地 K1 图形无效：自相交 [5 3]"),
        ("recorded_area", "drawn 9.0 m², recorded 8.0 m²",
         "宗地 K1 图形面积 9.00 m²，登记面积 8.00 m²"),
        ("recorded_area", "something else", "登记面积与图形面积不符（something else）"),
        ("ids_made", "parcels: no id column is mapped; ids P000001… are made from the position",
         "宗地：没有指定编号字段，已按图上位置自动编号 P000001…"),
        ("unheard_of", "told in English", "told in English"),
        ("overlap", "{0.__class__}", "宗地重叠（{0.__class__}）"),
    ],
)  # fmt: skip
def test_findings_are_composed_or_fall_back(code: str, message: str, told: str) -> None:
    row = {"code": code, "layer": "parcels", "parcel_id": "K1", "value": 0.5, "unit": "m2"}
    assert finding_text(row | {"message": message}, texts=catalog("zh")) == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "按同一土地权利人处理：'Ａ' → 'A', \"B's\" → 'B’s' 等（另 2 种写法）"),
        ("en", "and compared as one: 'Ａ' → 'A', \"B's\" → 'B’s' and 2 more"),
    ],
)
def test_spellings_are_told_in_words(language: str, told: str) -> None:
    lots = pd.DataFrame({"owner": ["A", "A", "Ａ", "C", "C", "c", "D", "D", "d"]})
    found = {"code": "spellings", "value": 3.0, "unit": "parcels"}
    message = "parcels: owner is spelt in another way by 3 parcels, and compared as one:"
    message += " 'Ａ' for 'A', \"B's\" for 'B’s' and 2 more"
    assert finding_text(found | {"message": message}, texts=catalog(language)).endswith(told)
    own = spelling_findings(lots, columns=["owner"])[0]  # its message is what the pattern reads
    assert "'c' → 'C'" in finding_text(own, texts=catalog(language))


def test_noise_of_floats_is_not_stored() -> None:
    tables = small_results.tables()
    noisy = tables["indicators"].assign(delta=-1.45e-11, before=5.6e-14)
    shown = cells(build(tables | {"indicators": noisy}), "改造前后指标")
    assert set(shown["变化"]) == {0.0}
    assert set(shown["改造前"]) == {0.0}


def test_refusals_by_words_tell_what_was_found_and_what_would_pass() -> None:
    plan = cells(build(), "零星用地并入方案").set_index("宗地编号")
    told = plan.loc["C2", "各项检验（实测值与限值）"]
    wanted = "要求：与项目用地相同（津北机械制造有限公司），或为土地整理中心"
    assert f"✗ 土地权利人一致 土地整理中心（{wanted}）" in told


def test_parcels_of_a_site_and_its_scraps_are_counted_apart() -> None:
    sites = cells(build(), "改造项目用地")
    assert sites["原宗地数（不含零星用地）"].tolist() == [2, 1]
    assert sites["并入零星用地宗数"].tolist() == [1, 1]


def test_the_new_type_share_of_all_blocks_is_shown_with_its_verdict() -> None:
    blocks = cells(build(), "工业区块线").set_index("区块编号")
    total = blocks.loc[
        "全部区块", ["M0 占工业用地比例", "M0 占比上限（全部区块）", "M0 占比结论（全部区块）"]
    ]
    assert total.tolist() == [0.25, 0.2, "未通过"]
    assert blocks.loc["一级-01", "M0 占比结论（全部区块）"] == "未评定"
    sheet = reopened(build())["工业区块线"]
    forms = {c.value: sheet.cell(3, c.column).number_format for c in sheet[1]}
    assert {forms[k] for k in ("M0 占比上限（全部区块）", "限值", "M0 占工业用地比例")} == {"0.00%"}


def test_truth_values_with_gaps_between_are_in_words() -> None:
    tables = small_results.tables()
    listed = pd.Series([True, False, None] + [None] * (len(tables["parcels"]) - 3), dtype="object")
    tables["parcels"] = tables["parcels"].assign(listed=listed.to_numpy())
    shown = cells(build(tables), "宗地")["listed"]
    assert shown.tolist()[:2] == ["是", "否"]
    assert shown.isna().sum() == len(tables["parcels"]) - 2


def test_rules_are_quoted() -> None:
    rules = cells(build(), "规则依据")
    assert small_results.QUOTATION in rules["原文"].tolist()
    assert rules.loc[rules["规则编号"] == "scrap.share_cap", "限值"].tolist() == [0.1]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(text: str) -> None:
    file = build(hostile(text))
    for name, content in xml(file).items():
        if name.startswith("xl/worksheets/"):
            assert not re.search(r"<(\w+:)?f[ >/]", content)
            assert set(re.findall(r' t="(\w+)"', content)) <= {"inlineStr", "n"}
    raw = xml(file)["xl/worksheets/sheet4.xml"]
    owner = reopened(file)["宗地"]["B2"]
    assert owner.data_type == "s"
    assert owner.value.replace("_x000D_", "\r") == text
    assert "calc" not in text or "calc" in raw


def test_formula_like_text_stays_text_when_edited() -> None:
    tables = hostile("=1+1")
    assert reopened(build(tables))["宗地"]["B2"].quotePrefix
    assert not reopened(build())["宗地"]["B2"].quotePrefix


def test_characters_that_xml_cannot_carry_are_replaced() -> None:
    file = build(hostile("a\x00b\x1b\ufffec"))
    assert reopened(file)["宗地"]["B2"].value == "a\ufffdb\ufffd\ufffdc"
    assert cell_text("\ud800", cut="…") == "\ufffd"


@pytest.mark.parametrize("letter", ["a", "长", "𠮷"])
def test_text_too_long_for_a_cell_is_cut_with_a_note(letter: str) -> None:
    text = cell_text(letter * 40_000, cut="…（截断）")
    assert text.endswith("…（截断）")
    units = len(text.encode("utf-16-le")) // 2
    assert 32_766 <= units <= 32_767
    whole = letter * (32_767 // (2 if letter == "𠮷" else 1))
    assert cell_text(whole, cut="…") == whole


def test_whole_numbers_too_long_for_a_spreadsheet_are_text() -> None:
    tables = small_results.tables()
    code = 120113001002000012
    tables["parcels"] = tables["parcels"].assign(code=code)
    assert set(cells(build(tables), "宗地")["问题代码"]) == {str(code)}


def test_same_bytes_at_any_time_and_input_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = small_results.tables()
    before = copy.deepcopy(tables)
    first = build(tables)
    for name in tables:
        pd.testing.assert_frame_equal(pd.DataFrame(tables[name]), pd.DataFrame(before[name]))
    later = (2031, 5, 6, 7, 8, 9, 0, 126, 0)
    monkeypatch.setattr("time.localtime", lambda *_: later)
    assert build() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "2026-01-01T00:00:00Z</dcterms:modified>" in xml(first)["docProps/core.xml"]


def test_rows_beyond_a_worksheet_end_in_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 8)
    rows = list(reopened(build())["宗地"].values)
    assert len(rows) == 8
    assert rows[-1][0] == "共 11 行，超出工作表容量，此处仅列前 6 行；全部数据见 results.gpkg"


def test_missing_tables_have_no_worksheet() -> None:
    assert reopened(ledger({}, run={}, language="zh")).sheetnames == ["总览"]
    only = {"parcels": small_results.parcels()}
    assert reopened(build(only)).sheetnames == ["总览", "宗地", "规则依据", "求解"]
    plan = {"plan": small_results.plan()}
    assert len(cells(build(plan), "零星用地并入方案")) == 4


def test_empty_tables_are_written() -> None:
    empty = {k: v.iloc[:0] for k, v in small_results.tables().items()}
    assert reopened(build(empty))["宗地"].max_row == 1


def test_verdicts_are_colored_by_rule_not_by_cell() -> None:
    sheet = reopened(build())["宗地"]
    rules = [r for group in sheet.conditional_formatting for r in group.rules]
    assert '"并入"' in {r.formula[0] for r in rules}


@pytest.mark.parametrize(
    ("place", "calls"),
    [
        ("gisland.present.cells._styled", 1),  # nothing written yet
        ("gisland.present.workbook._lines", 30),  # between two rows
        ("gisland.present.cells.cell_text", 40),  # within a row
        ("openpyxl.worksheet._writer.WorksheetWriter.write_tail", 3),  # at the end of a sheet
        ("openpyxl.writer.excel.ExcelWriter.write_worksheet", 2),  # while packing
    ],
)
def test_a_run_that_is_broken_off_leaves_nothing_on_the_screen(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: str, calls: int
) -> None:
    left = iter(range(calls - 1))
    original = pkgutil.resolve_name(place)

    def broken_off(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - stands in for any function
        if next(left, None) is None:
            raise KeyboardInterrupt
        return original(*given, **more)

    monkeypatch.setattr(place, broken_off)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)  # pytest's own is silent
    with pytest.raises(KeyboardInterrupt):
        build()
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ProjectError, match="language 'fr' is unknown"):
        ledger({}, run={}, language="fr")


def test_tests_that_could_be_made_of_no_parcel_are_told_once() -> None:
    rows = [
        {"parcel_id": p, "test": t, "outcome": o, "limit": 5.0, "rule_id": f"r.{t}"}
        for p in ("a", "b")
        for t, o in (("far", "not_assessed"), ("min_lot", "pass"))
    ]
    rows.append({"parcel_id": "c", "test": "min_lot", "outcome": "not_assessed"})
    verdicts = pd.DataFrame(rows, columns=list(VERDICTS)).assign(subject="", mode="on")
    book = load_workbook(io.BytesIO(ledger({"verdicts": verdicts}, run={}, language="en")))
    shown = [row[:4] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)]
    assert shown == [
        ("a", "—", "minimum lot area", "pass"),
        ("b", "—", "minimum lot area", "pass"),
        ("c", "—", "minimum lot area", "not assessed"),
        ("(all 2 rows)", "—", "FAR", "not assessed"),
    ]
