"""The case book: its facts stand where it says, its checks are right, its verdicts made by rule."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import gisland as gl
from gisland.base.cases import VERDICTS
from gisland.base.errors import CaseError, ProjectError
from gisland.base.quantities import UNITS
from gisland.casebook import computed, totals, verdict
from gisland.caseops import OPERATIONS
from gisland.cli import app
from gisland.layers.casefiles import case_folder, read_cases
from gisland.present.plaintext import cells
from gisland.present.style import catalog
from policytexts import read

if TYPE_CHECKING:
    from pathlib import Path

    from gisland.base.cases import Case

WIDTH = 100
BOOK = {case.number: case for case in read_cases()}
TABLE = gl.cases()
COUNTS = dict(zip(VERDICTS, (33, 8, 13, 8, 4, 45), strict=True))


# --- the checks ---------------------------------------------------------------------------------


def test_verdicts_and_their_totals() -> None:
    assert len(BOOK) == 28
    assert len(TABLE) == 111
    assert totals(TABLE["verdict"]) == COUNTS


def test_every_check_is_the_one_collected_beforehand() -> None:
    """One to one by case and position: published and computed number, and verdict."""
    collected = json.loads(read("reference/policy_cases.json")[0])
    expected = [(case["no"], check) for case in collected for check in case["checks"]]
    assert TABLE["case"].tolist() == [number for number, _ in expected]
    for row, (_, check) in zip(TABLE.to_dict("records"), expected, strict=True):
        published = math.nan if check["published"] is None else check["published"]
        assert row["verdict"] == check["verdict"], row
        assert row["computed"] == pytest.approx(check["computed"], rel=1e-9), row
        assert row["published"] == pytest.approx(published, rel=1e-9, nan_ok=True), row


GOLDEN = [  # case, position, computed, verdict
    ("1", 2, 116_800 / 63_000, "inconsistent"),
    ("3", 2, 1688.4 / 43_400, "near"),
    ("3", 5, 45_088.4, "consistent"),
    ("4", 1, 360_000 / 110_000, "consistent"),
    ("9", 6, 9952.2 * 16 / 10_000, "derived"),
    ("10", 1, 97.34, "consistent"),
    ("10", 3, 75_900 * 15 / 973_400, "near"),
    ("10", 4, 113_000 * 15 / 835_900, "near"),
    ("12", 1, 77.2, "different_scope"),
    ("13", 6, 21.1 / 3, "rule_test_fails"),
    ("15", 3, 6.21, "inconsistent"),
    ("16", 1, 72.492, "consistent"),
    ("16", 3, 37_500.0, "inconsistent"),
    ("18", 1, 7100 / 17_910, "consistent"),
    ("20", 1, 15_826.0, "consistent"),
    ("21", 2, 550_000 / 701, "consistent"),
    ("23", 7, 625.0, "inconsistent"),
    ("25", 2, 268 / 0.17, "inconsistent"),
    ("26", 5, 2.0, "rule_test_fails"),
    ("N1", 2, 12 / 73, "rule_test_fails"),
    ("N1", 3, 30.0, "derived"),
    ("N2", 1, 538 * 1.84 / 0.84, "derived"),
]


@pytest.mark.parametrize(("number", "position", "value", "word"), GOLDEN)
def test_golden_numbers(number: str, position: int, value: float, word: str) -> None:
    row = TABLE[TABLE["case"] == number].iloc[position - 1]
    assert row["computed"] == pytest.approx(value, rel=1e-12)
    assert row["verdict"] == word


MU = Fraction(10_000, 15)
MONEY = {"元": 1, "万元": 10**4, "亿元": 10**8, "万元/亩": 10**4 / MU, "元/m²": 1}
SIZES = MONEY | {  # in m², yuan, yuan per m², m; of the units as they are printed
    "m²": 1,
    "万m²": 10**4,
    "亩": MU,
    "公顷": 10**4,
    "km²": 10**6,
    "%": Fraction(1, 100),
    "km": 1000,
    "万人": 10**4,
    **dict.fromkeys(("", "m", "m²/人", "倍", "个", "人", "层", "年", "天"), 1),
}


def test_what_is_printed_gives_the_computed_number() -> None:
    """Each printed formula, evaluated in fractions by its words alone, is the computed number."""
    texts = catalog("zh")
    number = re.compile(r"(\d+(?:\.\d+)?)(?: ([^\s()÷×+−]+))?")
    for row in TABLE.to_dict("records"):
        exactly = row["formula"].translate(dict.fromkeys(map(ord, "≈><≥≤")))
        told = number.sub(lambda m: f"(Fraction('{m[1]}') * SIZES['{m[2] or ''}'])", exactly)
        plain = told.replace("÷", "/").replace("×", "*").replace("−", "-")
        value = eval(plain, {"Fraction": Fraction, "SIZES": SIZES})  # noqa: S307 - our own text
        size = Fraction(1) if row["unit"] == "share" else SIZES[texts[f"case_unit.{row['unit']}"]]
        assert row["computed"] == pytest.approx(float(value / size), rel=1e-12), row


def test_case_10_shows_that_its_denominators_differ() -> None:
    before, after = gl.cases([10], language="en").iloc[[2, 3]].to_dict("records")
    assert before["formula"].endswith("÷ 97.34 mu")
    assert after["formula"].endswith("÷ 83.59 mu")
    assert "83.59" in after["note"]
    assert "97.34" in after["note"]


def test_what_is_only_about_so_much_is_marked() -> None:
    assert gl.cases([5])["formula"].iloc[0] == "≈10 万m² ÷ 101.63 亩"
    assert gl.cases([3])["formula"].iloc[5] == "≤1.7 × 45071.4 m²"
    assert gl.cases([11])["formula"].iloc[0] == "≈155.6 万m² ÷ >1200 亩"


def test_whatever_is_off_is_explained_in_both_languages() -> None:
    for case in BOOK.values():
        for outcome in computed(case):
            told = outcome.check.scope or outcome.check.note
            if outcome.verdict in {"inconsistent", "different_scope", "rule_test_fails"}:
                assert told, (case.number, outcome.check.label["en"])
            for text in filter(None, (outcome.check.label, told)):
                assert re.search("[一-鿿]", text["zh"])
                assert not re.search("[一-鿿]", text["en"])


def test_no_operation_and_no_step_is_idle() -> None:
    used = set()
    for case in BOOK.values():
        steps = [*case.steps.values(), *(check.step for check in case.checks)]
        used |= {step.operation for step in steps}
        named = [n for s in steps for names in s.arguments.values() for n in _several(names)]
        assert set(case.steps) <= set(named), case.number
    assert used == set(OPERATIONS)


def _several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


# --- verdicts by rule ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (100.0, "consistent"),
        (99.0, "consistent"),
        (101.0, "consistent"),
        (101.001, "near"),
        (95.0, "near"),
        (105.0, "near"),
        (94.999, "inconsistent"),
        (105.001, "inconsistent"),
    ],
)
def test_a_verdict_is_made_by_the_deviation(value: float, word: str) -> None:
    assert verdict(value, 100.0) == word
    assert verdict(value, 100.0, scope=True) == "different_scope"
    assert verdict(value, 100.0, met=False) == "rule_test_fails"
    assert verdict(value, 100.0, met=True) == "consistent"
    assert verdict(value, math.nan) == "derived"
    exactly = "consistent" if value == 100.0 else "inconsistent"
    assert verdict(value, 100.0, exact=True) == exactly


def test_floating_noise_is_no_deviation() -> None:
    assert 0.1 + 0.2 != 0.3
    assert verdict(0.1 + 0.2, 0.3, exact=True) == "consistent"
    assert verdict(0.1 + 0.2, 0.300001, exact=True) == "inconsistent"


# --- the facts stand where the book says --------------------------------------------------------

DIGITS = "一二三四五六七八九十"
PRINTED_IN_WORDS = {("16", "levels"): "三层"}


def chapters(text: str) -> dict[str, list[str]]:
    """Lines of each case of the collection, marks of headings taken off."""
    found: dict[str, list[str]] = {}
    lines = (re.sub(r"^[#\s*]+", "", re.sub(r"<[^>]+>", "", x)).strip() for x in text.splitlines())
    current: list[str] = []
    for line in filter(None, lines):
        head = re.match(rf"(?:\S+ )?(案例[{DIGITS}]+)(?:\s|$)", line)
        if head and not re.search(r"\d$", line):  # lines of the contents end with a page
            current = found.setdefault(head[1], [])
        current.append(line)
    return found


def section(lines: list[str], at: str) -> str:
    """Text of a section such as 三, 三(二) or 四 三是."""
    first, second, item = re.fullmatch(r"(.)(?:\((.)\)| (.)是)?", at).groups()  # type: ignore[union-attr]
    lines = headed(lines, rf"([{DIGITS}])、", first)
    if second:
        lines = headed(lines, rf"[（(]([{DIGITS}])[)）]", second)
    if item:
        lines = headed(lines, rf"([{DIGITS}])是", item)
    return "".join(lines)


def headed(lines: list[str], pattern: str, key: str) -> list[str]:
    kept, inside = [], False
    for line in lines:
        if head := re.match(pattern, line):
            inside = head[1] == key
        if inside:
            kept.append(line)
    return kept


def paragraph(text: str, chapter: str, at: str) -> str:
    """Text of a paragraph of the article; one that a page break parts is one."""
    whole: list[str] = []
    for part in filter(None, map(str.strip, text.split(f"{chapter}：")[1].split("\n\n")[1:])):
        if whole and whole[-1][-1] not in "。”…！？":
            whole[-1] += part
        else:
            whole.append(part)
    return whole[DIGITS.index(at[1])]


def misplaced(case: Case, text: str) -> list[str]:
    """Facts whose number does not stand at their place."""
    lines = chapters(text).get(case.chapter, [])
    missing = []
    for name, fact in case.facts.items():
        at = section(lines, fact.at) if lines else paragraph(text, case.chapter, fact.at)
        numbers = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", at)}
        if fact.value not in numbers and PRINTED_IN_WORDS.get((case.number, name), "?") not in at:
            missing.append(name)
    return missing


@pytest.mark.parametrize("number", BOOK)
def test_every_number_stands_at_its_place(number: str) -> None:
    texts = read("seeds/000_*.txt", "seeds/001_*.txt")
    assert misplaced(BOOK[number], texts[number.isdecimal()]) == []


def test_a_number_at_another_place_is_seen() -> None:
    text = "# 北京 案例一\n## 一、\n总用地6.3公顷\n### 二、\n建筑面积4.78万平方米"
    facts = {n: BOOK["1"].facts[n] for n in ("site", "floor_before")}
    case = BOOK["1"].__class__(**{**vars(BOOK["1"]), "facts": facts})
    assert misplaced(case, text) == ["floor_before"]


# --- files are read strictly --------------------------------------------------------------------

DOCUMENTS = """
[paper]
title = { zh = "文", en = "paper" }
publisher = { zh = "社", en = "press" }
date = "2025"
"""
SMALL = """
case = "1"
document = "paper"
chapter = "案例一"
place = { zh = "甲", en = "A" }
kind = { zh = "乙", en = "B" }
[facts]
floor = { value = 3, unit = "wan_m2", at = "一" }
land = { value = 2.0, unit = "ha", at = "二", bound = "about" }
people = { value = 2, unit = "people", at = "二" }
nobody = { value = 0, unit = "people", at = "二" }
[steps]
both = { operation = "sum", of = ["floor", "land"] }
[[checks]]
label = { zh = "容积率", en = "FAR" }
operation = "far"
floor = "floor"
land = "land"
unit = "ratio"
"""


def book(folder: Path, text: str, documents: str = DOCUMENTS) -> tuple[Case, ...]:
    (folder / "documents.toml").write_text(documents, "utf-8")
    (folder / "01.toml").write_text(text, "utf-8")
    return read_cases(folder)


def test_a_small_book(tmp_path: Path) -> None:
    (case,) = book(tmp_path, SMALL)
    (outcome,) = computed(case)
    assert (outcome.computed, outcome.verdict) == (1.5, "derived")
    assert case.facts["land"].bound == "about"


FAULTS = [
    ("case = ", "case == ", r"01\.toml is not valid TOML"),
    ('case = "1"', "case = 1", r"01\.toml: case is 1; give a text"),
    ('document = "paper"', 'document = "papers"', r"01\.toml: document 'papers' is unknown; did"),
    ('chapter = "案例一"', "", r"01\.toml lacks chapter"),
    ('chapter = "案例一"', 'chapters = "案例一"', r"01\.toml has no key 'chapters'; did you mean"),
    ('place = { zh = "甲", en = "A" }', 'place = "甲"', r"01\.toml: place is '甲'"),
    ('en = "B"', 'fr = "B"', r"01\.toml: kind has no key 'fr'"),
    ("value = 3", "value = -3", r"01\.toml: \[facts\.floor\] value is -3"),
    ("value = 3", "value = true", r"01\.toml: \[facts\.floor\] value is True"),
    ("value = 3", "value = nan", r"01\.toml: \[facts\.floor\] value is nan"),
    ("value = 3", 'value = "3"', r"01\.toml: \[facts\.floor\] value is '3'"),
    ('"wan_m2"', '"wan_m3"', r"01\.toml: \[facts\.floor\] unit 'wan_m3' is unknown here; did you"),
    ('"wan_m2", at = "一"', '"wan_m2"', r"01\.toml: \[facts\.floor\] lacks at"),
    ('"wan_m2", at = "一"', '"wan_m2", at = " "', r"01\.toml: \[facts\.floor\] at is ' '"),
    ('bound = "about"', 'bound = "roughly"', r"01\.toml: \[facts\.land\] bound is 'roughly'"),
    ('bound = "about"', "bound = []", r"01\.toml: \[facts\.land\] bound is \[\]"),
    ('at = "二", bound', 'at = "二", source = "x", bound', r"\[facts\.land\] has no key 'source'"),
    ("floor = {", '"Floor" = {', r"01\.toml: \[facts\] has a name 'Floor'"),
    ("both = {", "floor = {", r"01\.toml: \[steps\.floor\] is a fact too"),
    ('["floor", "land"]', "[1, 2]", r"01\.toml: \[steps\.both\] of is \[1, 2\]"),
    ('operation = "sum", ', "", r"01\.toml: \[steps\.both\] has no operation"),
    ('unit = "ratio"', "", r"01\.toml: \[\[checks\]\] 1 lacks unit"),
    ('unit = "ratio"', 'unit = "ratio"\nexact = true', r"\[\[checks\]\] 1 has exact without publ"),
    (
        'unit = "ratio"',
        'unit = "ratio"\ntest = ">"',
        r"\[\[checks\]\] 1 has test without published",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\nscope = { zh = "甲", en = "a" }',
        r"\[\[checks\]\] 1 has scope, and nothing to be held against",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\npublished = "land"\nexact = false',
        r"\[\[checks\]\] 1 exact is False; say true, or leave it out",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\npublished = "land"\ntest = "="',
        r"\[\[checks\]\] 1 test is '='; use one of <, <=, >, >=",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\npublished = "land"\nexpected = { value = 1, unit = "ratio" }',
        r"\[\[checks\]\] 1 has published and expected; keep one",
    ),
]


@pytest.mark.parametrize(("was", "instead", "message"), FAULTS)
def test_a_fault_in_a_file_names_file_and_key(
    was: str, instead: str, message: str, tmp_path: Path
) -> None:
    assert was in SMALL
    with pytest.raises(CaseError, match=message):
        book(tmp_path, SMALL.replace(was, instead, 1))


MISUSES = [
    ('"far"', '"farr"', r"\[\[checks\]\] 1 operation 'farr' is unknown; did you mean 'far'"),
    ('floor = "floor"', 'flor = "floor"', r"\[\[checks\]\] 1 has no key 'flor'; did you mean"),
    ('floor = "floor"\n', "", r"\[\[checks\]\] 1 lacks floor; far takes it"),
    ('floor = "floor"', 'floor = ["floor"]', r"\[\[checks\]\] 1 floor is a list; give one name"),
    ('of = ["floor", "land"]', 'of = "floor"', r"\[steps\.both\] of is one name; give a list"),
    ('["floor", "land"]', '["floor", "lnd"]', r"\[steps\.both\] of names 'lnd', no fact or"),
    ('["floor", "land"]', '["floor", "both"]', r"\[steps\.both\] of names 'both', no fact or"),
    ('["floor", "land"]', '["floor", "people"]', r"\[steps\.both\] of is of kind 'count:people'"),
    (
        'land = "land"',
        'land = "people"',
        r"1 land is of kind 'count:people'; give one of kind 'area",
    ),
    ('unit = "ratio"', 'unit = "mu"', r"1 unit 'mu' does not measure 'ratio'"),
    ('unit = "ratio"', 'unit = "ratio"\npublished = "far"', r"1 published names 'far', no fact"),
    (
        'unit = "ratio"',
        'unit = "ratio"\npublished = "land"',
        r"1 unit 'ratio' does not measure 'ar",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\nrule = { set = "tianjin-2024", id = "scrap.share" }',
        r"1 rule id 'scrap\.share' is unknown",
    ),
    (
        'unit = "ratio"',
        'unit = "ratio"\nrule = { set = "tianjin-2024", id = "scrap.same_use" }',
        r"1 rule tianjin-2024 scrap\.same_use has no limit",
    ),
]


@pytest.mark.parametrize(("was", "instead", "message"), MISUSES)
def test_a_misused_operation_names_file_and_key(
    was: str, instead: str, message: str, tmp_path: Path
) -> None:
    assert was in SMALL
    (case,) = book(tmp_path, SMALL.replace(was, instead, 1))
    with pytest.raises(CaseError, match=rf"^01\.toml: .*{message}"):
        computed(case)


def test_a_division_by_nothing_is_refused(tmp_path: Path) -> None:
    asked = 'operation = "mean_of"\ntotal = "floor"\ncount = "nobody"\nunit = "m2"\n'
    (case,) = book(tmp_path, SMALL.partition('operation = "far"')[0] + asked)
    with pytest.raises(CaseError, match=r"\[\[checks\]\] 1 divides by 0"):
        computed(case)


def test_two_files_of_one_case_are_refused(tmp_path: Path) -> None:
    (tmp_path / "02.toml").write_text(SMALL, "utf-8")
    with pytest.raises(CaseError, match=r"02\.toml: case is '1', as in 01\.toml"):
        book(tmp_path, SMALL)


def test_documents_and_encoding_are_looked_at(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"documents\.toml: \[paper\] lacks date"):
        book(tmp_path, SMALL, DOCUMENTS.replace('date = "2025"', ""))
    book(tmp_path, SMALL)
    (tmp_path / "01.toml").write_bytes(SMALL.encode("gbk"))
    with pytest.raises(CaseError, match=r"01\.toml is not UTF-8 text"):
        read_cases(tmp_path)
    with pytest.raises(CaseError, match=r"documents\.toml does not exist"):
        read_cases(tmp_path / "none")


def test_the_book_is_packaged_and_in_utf_8() -> None:
    project = (case_folder().parents[1] / "pyproject.toml").read_text("utf-8")
    assert '"data/cases" = "gisland/case_data"' in project
    assert '"/data/cases"' in project
    files = sorted(f.name for f in case_folder().iterdir())
    assert len(files) == 28 + 2
    for file in case_folder().iterdir():
        assert "\ufffd" not in file.read_text("utf-8")


# --- table and command --------------------------------------------------------------------------


def test_the_table() -> None:
    table = gl.cases(["n1", 10], language="en")
    first = ["case", "place", "label", "published", "computed", "unit", "deviation", "verdict"]
    assert list(table.columns) == [*first, "note", "formula", "against"]
    assert table["case"].drop_duplicates().tolist() == ["N1", "10"]
    row = table[table["case"] == "10"].iloc[2]
    assert row["deviation"] == pytest.approx(row["computed"] / 1.22 - 1)
    derived = table[table["verdict"] == "derived"]
    assert derived[["published", "deviation"]].isna().all(axis=None)
    assert set(table["unit"]) <= set(UNITS)
    pd.testing.assert_frame_equal(gl.cases(["N1", "10", "10"], language="en"), table)


def test_unknown_cases_and_languages_are_refused() -> None:
    with pytest.raises(CaseError, match="there is no case '27'; use a number from 1 to 26, N1 or"):
        gl.cases([27])
    with pytest.raises(ProjectError, match="language 'fr' is unknown; use zh or en"):
        gl.cases(language="fr")


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["cases", *words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_every_check_within_100_columns(language: str) -> None:
    lines = said("--language", language).splitlines()
    assert max(map(cells, lines)) <= WIDTH
    text = "".join("".join(lines).split())
    for row in gl.cases(language=language).to_dict("records"):
        for part in (row["formula"], row["note"], row["place"]):
            assert "".join(part.split()) in text, row


def test_the_command_tells_totals() -> None:
    told = "111 checks: 33 consistent, 8 near, 13 inconsistent, 8 different scope, 4 fails the rule"
    assert told in said("--language", "en")
    assert "核对 111 项：一致 33，接近 8，不一致 13，口径不同 8，不符合规则 4，推算 45" in said()
    assert "5 checks: 3 consistent, 2 near" not in said("10", "--language", "en")


def test_columns_stand_below_each_other() -> None:
    lines = said("10").splitlines()
    rule = next(line for line in lines if line.strip().startswith("---"))
    row = next(line for line in lines if "97.34 亩）" in line)
    start = cells(rule[: rule.rindex(" ") + 1])
    assert cells(row[: row.index("接近")]) == start


def test_the_command_gives_json() -> None:
    told: dict[str, Any] = json.loads(said("3", "N2", "--json", "--language", "en"))
    assert [case["case"] for case in told["cases"]] == ["3", "N2"]
    facts = told["cases"][0]["facts"]
    assert facts["scrap"] == {"value": 1688.4, "unit": "m2", "at": "四(三)", "bound": ""}
    checks = told["cases"][0]["checks"]
    assert checks[2]["published"] is None
    assert checks[1]["verdict"] == "near"
    assert sum(told["totals"].values()) == 7


def test_the_command_refuses_what_is_not_there() -> None:
    done = CliRunner().invoke(app, ["cases", "99"])
    assert isinstance(done.exception, CaseError)
