"""Links, contents and scraps of the ledger: they lead to the right rows, whatever the ids are."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

import small_blocks
import small_results
from gisland.present import links, workbook
from gisland.present.ledger import ORDER, ledger
from gisland.present.links import leads, places
from gisland.present.style import catalog

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.invalid","a")',
    "</script>",
    "</t></is></c>",
    "'\"`",
    "{{7*7}}",
    "javascript:alert(1)",
    "'宗地'!A1",
    "#宗地!A1",
    "file:///etc/passwd",
    "a\x00b\x1b",
    "\u202eabc\u2066",
    "_x0041_",
    "长" * 10_000,
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def tables() -> dict[str, Any]:
    blocks = small_blocks.tables()
    return {**blocks, **small_results.tables(), "block_lines": blocks["block_lines"]}


def poisoned(text: str) -> dict[str, Any]:
    """All tables, the text before each text of each column, ids and codes too: they still match."""
    given = tables()
    for name, frame in given.items():
        changed = frame.copy()
        for column in changed.columns.drop("geometry", errors="ignore"):
            values = changed[column]
            if not pd.api.types.is_numeric_dtype(values):
                told = values.map(lambda v: text + v if isinstance(v, str) and v else v)
                changed[column] = told
        given[name] = changed
    return given


def build(given: dict[str, Any] | None = None, language: str = "zh") -> bytes:
    return ledger(given or tables(), run=small_results.run(), language=language)


def reopened(file: bytes) -> Workbook:
    return load_workbook(io.BytesIO(file))


def parts(file: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist()}


def linked(book: Workbook) -> list[tuple[str, Any, str, Any]]:
    """Sheet and cell of each link but the corners', title and cell it leads to."""
    found = []
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if cell.hyperlink:
                    title, place = re.fullmatch(
                        r"'([^']+)'!(A\d+)", cell.hyperlink.location
                    ).groups()
                    found.append((sheet.title, cell, title, book[title][place]))
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_no_formula_and_its_links_lead_to_its_own_row(text: str) -> None:
    file = build(poisoned(text))
    for name, content in parts(file).items():
        if name.startswith("xl/worksheets/"):
            assert not name.endswith(".rels")  # nothing outside is linked to
            assert not re.search(r"<(\w+:)?f[ >/]", content)
            assert set(re.findall(r'<c [^>]*t="(\w+)"', content)) <= {"inlineStr", "n"}
            for place in re.findall(r"<hyperlink ([^>]*)/>", content):
                assert re.fullmatch(
                    r"""ref="[A-Z]+\d+" location="'[^'"]+'!A\d+"( tooltip="[^"]+")?""", place
                )
    book = reopened(file)
    for sheet in book.worksheets:
        assert {c.data_type for row in sheet.rows for c in row} <= {"s", "n"}
    ids = {"改造项目用地": "项目用地编号", "宗地": "宗地编号"}
    checked = set()
    for source, cell, title, target in linked(book):
        if source == "总览":
            continue
        head = book[source].cell(1, cell.column).value
        if ids.get(title) == head:
            assert cell.value == target.value, (source, cell.coordinate)
            checked.add((source, title))
    assert {s for s, t in checked if t == "宗地"} >= {"零星用地", "零星用地并入方案", "逐项判定"}
    assert {s for s, t in checked if t == "改造项目用地"} >= {"零星用地并入方案", "备选方案"}


def test_ids_lead_to_the_rows_that_tell_more() -> None:
    book = reopened(build())
    seen = {(s, t) for s, _, t, _ in linked(book)}
    assert {
        ("零星用地", "宗地"),
        ("零星用地", "改造项目用地"),
        ("改造项目用地", "零星用地"),
        ("备选方案", "改造项目用地"),
        ("宗地", "零星用地"),
        ("宗地", "插花地（权属）"),
        ("宗地沿革", "改造项目用地"),
        ("宗地沿革", "宗地"),
        ("逐项判定", "规则依据"),
        ("改造前后指标", "改造项目用地"),
        ("区块内用地构成", "工业区块线"),
    } <= seen
    rows = {(s, c.row, book[s].cell(1, c.column).value): t.value for s, c, _, t in linked(book)}
    lots = {c.value: c.row for c in book["宗地"]["A"]}
    assert rows["宗地", lots["C1"], "零星用地类型"] == "C1"
    assert rows["宗地", lots["K2"], "所属插花地（权属）"] == "权属性质（K2）"
    lineage = {c.value: c.row for c in book["宗地沿革"]["A"]}
    assert rows["宗地沿革", lineage["C1"], "改造后编号"] == "S1"
    assert rows["宗地沿革", lineage["K1"], "改造后编号"] == "K1"


def test_a_kept_parcel_that_is_called_as_a_site_leads_to_the_parcel() -> None:
    given = {
        "sites": pd.DataFrame({"site_id": ["X"]}),
        "parcels": pd.DataFrame({"parcel_id": ["A", "X"]}),
    }
    found = places(given, {"sites": "s", "parcels": "p"})
    table = {"parcel_id": ["A", "X"], "after_id": ["X", "X"], "role": ["absorbed", "kept"]}
    led = leads(pd.DataFrame(table), table="lineage", places=found)
    assert led == {"parcel_id": ["'p'!A2", "'p'!A3"], "after_id": ["'s'!A2", "'p'!A3"]}


def test_a_block_leads_to_the_row_of_its_own_set() -> None:
    lines = pd.DataFrame({"lines": ["given", "adjusted"], "block_id": ["L1", "L1"]})
    found = places({"block_lines": lines}, {"block_lines": "b"})
    uses = pd.DataFrame({"lines": ["adjusted", "given", "proposed"], "block_id": ["L1"] * 3})
    led = leads(uses, table="block_uses", places=found)
    assert led == {"block_id": ["'b'!A3", "'b'!A2", None]}
    told = pd.DataFrame({"subject": ["adjusted:L1", "given:overall", None]})
    led = leads(told, table="control_verdicts", places=found)
    assert led == {"subject": ["'b'!A3", None, None]}


def test_the_hierarchy_leads_to_zones_and_sites_by_kind() -> None:
    given = {"sites": pd.DataFrame({"site_id": ["X"]}), "zones": pd.DataFrame({"zone_id": ["X"]})}
    found = places(given, {"sites": "s", "zones": "z"})
    levels = pd.DataFrame({"kind": ["zone", "unit", "project"], "id": ["X"] * 3})
    led = leads(levels, table="hierarchy", places=found)
    assert led == {"id": ["'z'!A2", None, "'s'!A2"]}


def test_of_several_rows_with_one_id_the_first_is_led_to() -> None:
    twice = pd.DataFrame({"site_id": ["S", "S"]})
    found = places({"sites": twice}, {"sites": "s"})
    assert found["sites"] == {"S": "'s'!A2"}


def test_lists_lead_somewhere_only_where_they_name_one() -> None:
    found = places({"sites": pd.DataFrame({"site_id": ["S"]})}, {"sites": "s"})
    led = leads(pd.DataFrame({"site_ids": ["S", "S;T"]}), table="scraps", places=found)
    assert led == {"site_ids": ["'s'!A2", None]}


def test_a_worksheet_has_no_more_links_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_LINKS", 10)
    monkeypatch.setattr(links, "MOST_LINKS", 10)
    book = reopened(build())
    many = {}
    for source, cell, _, _ in linked(book):
        many.setdefault(source, []).append(cell.row)
    many.pop("总览")
    assert max(map(len, many.values())) <= 10
    assert max(many["逐项判定"]) <= 1 + 10 // 2
    assert workbook.MAX_ROWS == 1_048_576


@pytest.mark.parametrize("language", ["zh", "en"])
def test_contents_name_every_worksheet_with_its_rows(language: str) -> None:
    texts, book = catalog(language), reopened(build(language=language))
    first = book.worksheets[0]
    start = next(c.row for c in first["A"] if c.value == texts["ledger.part.contents"]) + 1
    listed = [first[n] for n in range(start, start + len(book.sheetnames) - 1)]
    assert [row[0].value for row in listed] == book.sheetnames[1:]
    for row in listed:
        sheet = book[row[0].value]
        assert row[0].hyperlink.location == f"'{sheet.title}'!A1"
        assert row[1].value == sheet.max_row - 1
        assert len(row[2].value) > 5
        corner = sheet["A1"].hyperlink
        assert (corner.location, corner.tooltip) == (
            f"'{first.title}'!A1",
            texts["ledger.back"],
        )


def test_each_scrap_has_one_row_that_tells_why() -> None:
    rows = list(reopened(build())["零星用地"].values)
    scraps = pd.DataFrame(rows[1:], columns=rows[0]).set_index("宗地编号")
    assert scraps.index.tolist() == ["C1", "C2", "C3", "C4"]
    assert scraps["判定"].tolist() == ["并入", "不可并入", "可并入（未选）", "并入"]
    assert scraps["并入的项目用地"].fillna("").tolist() == ["S1", "", "", "S2"]
    assert scraps["考虑过的项目用地"].tolist() == ["S1", "S1", "S1", "S2"]
    assert scraps["面积（m²）"].tolist() == [1_200, 4_800, 900, 900]
    assert scraps["面积（亩）"].tolist() == [1.8, 7.2, 1.35, 1.35]
    assert scraps.loc["C1", "逐个项目的理由"] == "S1：符合各项条件，并入"
    why = scraps.loc["C2", "逐个项目的理由"]
    assert why.startswith("S1：")
    assert "✗ 单宗零星用地面积上限 4,800.00 m²（要求 < 2,000.00 m²）" in why
    assert "✓" not in why


def test_a_scrap_beside_several_sites_has_one_row_with_a_line_for_each() -> None:
    given = tables()
    plan = given["plan"]
    again = plan[plan["parcel_id"] == "C1"].assign(
        site_id="S2", verdict="eligible", reasons="taken_by:S1"
    )
    given["plan"] = pd.concat([again, plan], ignore_index=True)
    rows = list(reopened(build(given))["零星用地"].values)
    scraps = pd.DataFrame(rows[1:], columns=rows[0]).set_index("宗地编号")
    assert scraps.index.tolist() == ["C1", "C2", "C3", "C4"]
    told = scraps.loc["C1", ["考虑过的项目用地", "判定", "并入的项目用地"]]
    assert told.tolist() == ["S2;S1", "并入", "S1"]
    assert [t.split("：")[0] for t in scraps.loc["C1", "逐个项目的理由"].split("\n")] == [
        "S2",
        "S1",
    ]


def test_shares_have_bars_and_the_share_of_scraps_is_full_at_the_cap() -> None:
    book = reopened(build())
    sheet = book["改造项目用地"]
    letter = next(c.column_letter for c in sheet[1] if c.value == "零星用地占比")
    bars = {
        str(group.sqref): [v.val for v in rule.dataBar.cfvo]
        for group in sheet.conditional_formatting
        for rule in group.rules
        if rule.type == "dataBar"
    }
    assert {k: [float(v) for v in vs] for k, vs in bars.items()} == {
        f"{letter}2:{letter}3": [0, 0.1]
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_holds_to_the_rules_of_its_format(language: str) -> None:
    file = build(language=language)
    titles = reopened(file).sheetnames
    assert all(0 < len(t) <= 31 and not set(t) & set("[]:*?/\\'") for t in titles)
    assert len({t.lower() for t in titles}) == len(titles)
    content = parts(file)
    order = ["sheetPr", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter"]
    order += ["conditionalFormatting", "hyperlinks", "printOptions", "pageMargins", "pageSetup"]
    order += ["headerFooter"]
    for number, title in enumerate(titles, start=1):
        root = ET.fromstring(content[f"xl/worksheets/sheet{number}.xml"])  # noqa: S314 - ours
        tags = [child.tag.removeprefix(MAIN) for child in root]
        assert [order.index(t) for t in tags] == sorted(order.index(t) for t in tags), title
        refs = [c.get("r") for c in root.iter(f"{MAIN}c")]
        assert len(refs) == len(set(refs))
        places = [h.get("ref") for h in root.iter(f"{MAIN}hyperlink")]
        assert len(places) == len(set(places))
        assert set(places) <= set(refs)
    for name, text in content.items():
        if name.endswith(".rels"):
            ids = re.findall(r' Id="([^"]+)"', text)
            assert len(ids) == len(set(ids)), name
            assert "External" not in text
    names = re.findall(r"<definedName ([^>]*)>([^<]*)<", content["xl/workbook.xml"])
    assert {re.search(r'name="([^"]+)"', n)[1] for n, _ in names} == {
        "_xlnm.Print_Titles",
        "_xlnm._FilterDatabase",
    }
    for told, text in names:
        sheet = int(re.search(r'localSheetId="(\d+)"', told)[1])
        assert text.startswith(f"'{titles[sheet]}'!")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_worksheet_that_can_be_has_a_name_that_fits_and_tells_something(
    language: str,
) -> None:
    texts = catalog(language)
    titles = [texts.get(f"ledger.{n}") or texts[f"table.{n}"] for n in ORDER]
    assert all(len(t) <= 31 for t in titles)
    assert len(set(titles)) == len(titles)
    assert all(texts[f"ledger.tells.{n}"] for n in ORDER)
