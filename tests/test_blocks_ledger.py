"""Block lines, conversions, parks and zones in the ledger: names, formats, quotations."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

import small_blocks
from gisland.base.rules import load_rules
from gisland.layers.writing.contract import TABLES
from gisland.present.ledger import ledger
from gisland.present.style import catalog

SHEETS = (
    *("zones", "zone_units", "hierarchy", "block_lines", "block_uses", "block_parcels"),
    *("block_candidates", "block_changes", "block_balance", "conversions", "conversion_totals"),
    *("control_verdicts", "parks"),
)


def book(language: str = "zh") -> Workbook:
    return load_workbook(
        io.BytesIO(ledger(small_blocks.tables(), run=small_blocks.run(), language=language))
    )


def cells(name: str, language: str = "zh") -> pd.DataFrame:
    rows = list(book(language)[catalog(language)[f"table.{name}"]].values)
    return pd.DataFrame(rows[1:], columns=rows[0])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_table_has_a_worksheet_with_frozen_heads_and_filters(language: str) -> None:
    shown, texts = book(language), catalog(language)
    titles = [texts[f"table.{name}"] for name in SHEETS]
    assert [t for t in shown.sheetnames if t in titles] == titles
    for title in titles:
        assert shown[title].freeze_panes == "B2", title
        assert shown[title].auto_filter.ref, title


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_code_is_left_without_a_name(language: str) -> None:
    codes = {
        *("given", "proposed", "adjusted", "overall", "not_in_lines", "already_in", "to_m0"),
        *("to_industry", "unknown", "size;parks", "centre_line", "area;tax_gap"),
        *("no_parcel", "outside", "difference", "m0", "layout_compactness", "not_assessed"),
        *("given:L1", "year:2026", "park:PK1", "optimal", "conversions", "patches", "not_kept"),
        *("parameters.block_target_m2",),
    }
    shown = book(language)
    found = {c.value for t in shown.sheetnames for row in shown[t].rows for c in row}
    assert (codes & found) - set(catalog(language).values()) == set()


def test_sets_and_the_row_of_all_blocks_are_named() -> None:
    rows = cells("block_lines")
    assert rows["区块线"].tolist() == ["现行"] * 3 + ["拟划"] * 3 + ["调整后"] * 3
    assert rows["区块编号"].tolist()[:3] == ["L1", "L2", "全部区块"]
    assert rows["定级依据"].tolist()[3] == "规模；园区"


def test_parcels_wholly_inside_are_not_listed() -> None:
    rows = cells("block_parcels", "en")
    assert rows["parcel"].tolist() == ["P03", "P13", "P07", "P30", "P30"]
    assert rows["outside because"].tolist()[2:] == ["not in the lines"] * 2 + ["block too small"]


def test_verdicts_are_quoted_with_their_source() -> None:
    rows = cells("control_verdicts")
    rule = load_rules("common")["block_line.industrial_share"]
    first = rows[rows["对象"] == "现行区块（L2）"].iloc[0]
    assert first["原文"] == rule.quotation
    assert first["来源"] == rule.source
    assert (first["实测值"], first["分子（m²）"], first["分母（m²）"]) == (0.5, 30_000, 60_000)
    assert first["结果"] == "未通过"
    bare = rows[rows["检验项"] == "工业用地占建成用地比例"].iloc[0]
    assert pd.isna(bare["原文"])
    target = rows[rows["检验项"] == "划定总规模目标"].iloc[0]
    assert target["规则编号"] == "参数“划定总规模目标（m²，0 为全部保留）”"


def test_numbers_have_the_format_of_their_unit() -> None:
    shown, texts = book("en"), catalog("en")

    def form(name: str, head: str, row: int) -> str:
        sheet = shown[texts[f"table.{name}"]]
        at = [c.value for c in sheet[1]].index(head)
        return str(sheet[row][at].number_format)

    first = [c.value for c in shown[texts["table.control_verdicts"]]["C"]]
    shares = first.index(texts["control_test.industrial_share"]) + 1
    assert form("control_verdicts", "numerator (m²)", shares) == "0.00"
    assert form("block_balance", "before", 2) == "0.00"
    assert form("block_balance", "before", 3) == "0.00%"
    assert form("block_uses", "share of the block", 2) == "0.00%"
    assert form("zones", "potential (0–1)", 2) == "0.000"
    assert form("conversions", "plan year", 2) == "0"
    assert form("parks", "built-up share", 2) == "0.00%"


def test_totals_of_conversions_tell_years_and_kinds() -> None:
    rows = cells("conversion_totals", "en")
    assert rows["plan year"].tolist() == ["2026", "2026", "year not given"]
    assert rows["kind"].tolist()[:2] == ["industry renewed as industry", "industry to M0"]


def test_ids_that_look_like_formulas_or_markup_stay_text() -> None:
    sheet = book("en")[catalog("en")["table.block_changes"]]
    assert [c.data_type for c in sheet["A"][1:]] == ["s"] * 3
    assert sheet["A"][3].value == small_blocks.HOSTILE


def test_columns_stand_in_the_order_in_which_they_are_read_and_none_is_lost() -> None:
    heads = {name: list(cells(name, "en")) for name in ("block_lines", "zones", "control_verdicts")}
    assert heads["block_lines"][:5] == ["set of lines", "block", "level", "level by", "area (m²)"]
    assert heads["zones"][:3] == ["redevelopment zone", "rank", "potential (0–1)"]
    at = heads["control_verdicts"].index
    assert at("value") + 1 == at("comparison")
    assert at("value") + 2 == at("limit")
    for name, added in (("block_lines", 0), ("zones", 0), ("control_verdicts", 4)):
        assert len(heads[name]) == len(TABLES[name].columns) + added
