from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gisland.base.errors import RulesError
from gisland.base.rule import MODES, STATUSES, Rule
from gisland.base.rulefiles import chain, rule_set_names
from gisland.base.rules import load_rules
from gisland.base.rulespecs import ALWAYS_MEASURED, FRAGMENT_TESTS, SPECS
from gisland.base.units import mu_to_m2

if TYPE_CHECKING:
    from pathlib import Path

SETS = tuple(name for name in rule_set_names() if name != "common")
FIRST = {"guangdong-2009", "nanning", "national-2023-171", "tianjin-2024", "wanzhou"}
HEAD = '[ruleset]\nname = "own"\ntitle = "Own"\njurisdiction = "Here"\nvintage = 2026\n'
CAP = """
[rule.scrap.area_cap]
mode = "on"
value = 100
unit = "m2"
operator = "<="
title = "t"
section = "s"
quotation = "q"
source = "x"
status = "general knowledge"
"""


def own_file(folder: Path, text: str, *, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SETS)
def test_packaged_set_loads_with_its_name_and_source(name: str) -> None:
    rules = load_rules(name)
    assert rules.name == name
    assert rules.title
    for rule in rules:
        assert rule.mode in MODES
        assert rule.status in STATUSES
        assert rule.title
        assert rule.source
        if rule.status != "general knowledge":
            assert rule.quotation


def test_packaged_names_are_sorted_and_hold_the_first_sets() -> None:
    names = rule_set_names()
    assert names == sorted(names)
    assert set(names) > FIRST


def test_tianjin_caps_the_share_of_the_whole_project() -> None:
    cap = load_rules("tianjin-2024")["scrap.share_cap"]
    assert (cap.mode, cap.value, cap.operator, cap.denominator) == ("on", 0.1, "<=", "including")
    assert (cap.unit, cap.status) == ("share", "seed")


def test_tianjin_merge_conditions_only_advise_and_area_has_no_cap() -> None:
    rules = load_rules("tianjin-2024")
    assert rules["scrap.area_cap"].mode == "off"
    merge = ("scrap.same_owner", "scrap.same_tenure", "scrap.same_use")
    assert {rules[i].mode for i in merge} == {"advisory"}
    assert "土地储备中心" in rules["scrap.same_owner"].value  # type: ignore[operator]


def test_national_excepts_housing_and_red_lines_without_any_cap() -> None:
    rules = load_rules("national-2023-171")
    assert rules["scrap.forbidden_planned_use"].value == ("residential", "商品住宅")
    assert rules["scrap.not_developable"].mode == "on"
    assert rules["scrap.exclusion"].holds(pd.Series([0.0, 0.004, 0.01])).tolist() == [
        True,
        True,
        False,
    ]
    assert rules["scrap.share_cap"].mode == rules["scrap.area_cap"].mode == "off"


def test_guangdong_is_strictly_below_three_mu_without_later_rules() -> None:
    rules = load_rules("guangdong-2009")
    cap = rules["scrap.area_cap"]
    assert cap.value == mu_to_m2(3.0)
    measured = pd.Series([1999.99, 1999.996, 2000.0, 2000.01])
    assert cap.holds(measured).tolist() == [True, False, False, False]
    assert rules["scrap.share_cap"].mode == "off"
    assert rules["scrap.forbidden_planned_use"].mode == "off"


def test_wanzhou_allows_exactly_three_mu() -> None:
    cap = load_rules("wanzhou")["scrap.area_cap"]
    measured = pd.Series([2000.0, 2000.004, 2000.01])
    assert cap.holds(measured).tolist() == [True, True, False]


def test_nanning_allows_3000_m2_and_compares_planned_far() -> None:
    rules = load_rules("nanning")
    assert rules["scrap.area_cap"].holds(pd.Series([3000.0, 3000.01])).tolist() == [True, False]
    assert rules["scrap.far_not_above"].mode == "on"


@pytest.mark.parametrize("name", SETS)
def test_published_scraps_count_as_not_developable(name: str) -> None:
    rule = load_rules(name).for_use("fragment.min_lot", "public")
    published = pd.Series([1688.4, mu_to_m2(2.41)])
    assert rule.holds(published).tolist() == [False, False]


@pytest.mark.parametrize("test", ["min_width", "min_frontage"])
def test_shape_tests_cite_the_wording_that_gives_no_number(test: str) -> None:
    rule = load_rules("national-2023-171")[f"fragment.{test}.default"]
    assert rule.source.endswith("http://www.jianbiaoku.com/webarbs/book/24406/739619.shtml")
    assert "no number" in rule.source
    assert rule.status == "general knowledge"


@pytest.mark.parametrize("name", SETS)
def test_block_lines_of_a_district_only_advise(name: str) -> None:
    """Where no set on the way from the common one has limits of its own."""
    rules = load_rules(name)
    lines = {r.id: (r.mode, r.value, r.operator) for r in rules if r.id.startswith("block_line.")}
    own = {i for table in chain(name)[1:] for i in table.records}
    expected: dict[str, tuple[str, object, str]] = {
        "block_line.industrial_share": ("advisory", 0.6, ">="),
        "block_line.layout": ("advisory", True, ""),
        "block_line.m0_share": ("advisory", 0.2, "<="),
        "block_line.m0_share_of_block": ("off", 0.1, "<="),
        "block_line.m0_uses": ("on", ("M0", "新型产业用地", "100104"), ""),
        "block_line.total_area": ("off", 31_800_000, ">="),
        "block_line.total_industrial_share": ("advisory", 0.6, ">="),
        "block_line.total_kept": ("advisory", 1.0, ">="),
    }
    assert set(lines) == set(expected)
    assert {i: lines[i] for i in set(lines) - own} == {i: expected[i] for i in set(lines) - own}


def test_share_holds_at_the_boundary_and_keeps_missing() -> None:
    cap = load_rules("tianjin-2024")["scrap.share_cap"]
    measured = pd.Series([0.1, 0.1000004, 0.100001, None], index=["b", "a", "d", "c"])
    held = cap.holds(measured)
    assert held.index.tolist() == ["b", "a", "d", "c"]
    assert held.tolist() == [True, True, False, pd.NA]


def test_use_class_falls_back_to_default_and_to_off() -> None:
    rules = load_rules("tianjin-2024")
    assert rules.for_use("fragment.min_lot", "industrial").id == "fragment.min_lot.industrial"
    assert rules.for_use("fragment.min_lot", "green").id == "fragment.min_lot.default"
    assert rules.for_use("fragment.min_lot", None).id == "fragment.min_lot.default"
    assert rules.for_use("low_use.tax", "industrial").mode == "off"


@pytest.mark.parametrize("name", rule_set_names())
def test_packaged_texts_are_chinese(name: str) -> None:
    rules = load_rules(name)
    texts = {"[ruleset] title": rules.title, "[ruleset] jurisdiction": rules.jurisdiction}
    texts |= {f"[rule.{r.id}] title": r.title for r in rules}
    texts |= {f"[rule.{r.id}] note": r.note for r in rules}
    foreign = [where for where, text in texts.items() if not re.search("[\u4e00-\u9fff]", text)]
    assert foreign == [], "a new limit needs a title and a note of its own, in Chinese"


def test_an_unknown_year_is_said_in_the_title() -> None:
    for name in rule_set_names():
        rules = load_rules(name)
        assert (rules.vintage == 0) == ("年份不详" in rules.title)


@pytest.mark.parametrize("name", SETS)
def test_houses_are_no_fragments(name: str) -> None:
    rules = load_rules(name)
    lot = rules.for_use("fragment.min_lot", "residential")
    assert lot.mode == ("advisory" if name == "local-planning" else "off")
    tests = ALWAYS_MEASURED
    shapes = [test for test in FRAGMENT_TESTS if test not in tests]
    others = (*tests[1:], *shapes)
    off = {rules.for_use(f"fragment.{t}", "residential").mode for t in others}
    assert off == {"off"}
    assert {rules.for_use(f"fragment.{t}", "industrial").mode for t in tests} == {"on"}
    assert {rules.for_use(f"fragment.{t}", "industrial").mode for t in shapes} == {"advisory"}


@pytest.mark.parametrize("name", SETS)
def test_limits_of_shape_let_a_lot_at_the_other_limits_pass(name: str) -> None:
    """A rectangle as small and as narrow as a lot may be, and one of 15 m x 180 m."""
    rules = load_rules(name)
    for long in (2000 / 15, 180.0):
        compact = 4 * math.pi * 15 * long / (30 + 2 * long) ** 2
        for test, value in (("min_compactness", compact), ("max_elongation", long / 15)):
            rule = rules.for_use(f"fragment.{test}", "industrial")
            assert rule.holds(pd.Series([value])).tolist() == [True]
            assert (rule.status, rule.unit) == ("general knowledge", "ratio")


def test_own_file_switches_the_test_of_houses_on(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'extends = "nanning"\n[rule.fragment.min_lot.residential]\nmode = "on"\nvalue = 300\n'
    )
    rule = load_rules(own_file(tmp_path, text)).for_use("fragment.min_lot", "residential")
    assert rule.holds(pd.Series([299.0, 300.0])).tolist() == [False, True]


# --- areas rounded before they are compared -----------------------------------------------------


def rounded_cap(folder: Path, step: str, *, operator: str = "<=") -> Rule:
    text = CAP.replace("100", "2000").replace("<=", operator) + f"rounding_m2 = {step}\n"
    return load_rules(own_file(folder, HEAD + text))["scrap.area_cap"]


def test_areas_are_compared_in_whole_square_metres_where_a_rule_says_so(tmp_path: Path) -> None:
    measured = pd.Series([2000.4, 2000.5, 2000.51, 2001.0, 1999.5, 1999.49, None])
    at_most = rounded_cap(tmp_path, "1")
    assert (at_most.rounding_m2, at_most.rounding_cents) == (1.0, 100)
    assert at_most.rounded(measured.to_numpy()[:6]).tolist() == [2000, 2000, 2001, 2001, 2000, 1999]
    assert at_most.holds(measured).tolist() == [True, True, False, False, True, True, pd.NA]
    below = rounded_cap(tmp_path, "1", operator="<")
    assert below.holds(measured).tolist() == [False] * 5 + [True, pd.NA]


def test_areas_are_compared_in_hundredths_by_default(tmp_path: Path) -> None:
    rule = load_rules(own_file(tmp_path, HEAD + CAP))["scrap.area_cap"]
    assert (rule.rounding_m2, rule.rounding_cents) == (0.01, 1)
    assert rule.holds(pd.Series([100.004, 100.006])).tolist() == [True, False]
    tenths = rounded_cap(tmp_path, "0.1")
    assert tenths.rounding_cents == 10
    assert tenths.holds(pd.Series([2000.04, 2000.06])).tolist() == [True, False]


@pytest.mark.parametrize("step", ["0", "-1", "0.015", "100.01", "nan", "inf", '"1"', "true"])
def test_a_rounding_that_is_none_is_refused(step: str, tmp_path: Path) -> None:
    message = r"own\.toml: \[rule\.scrap\.area_cap\] rounding_m2 is .*; give a whole multiple"
    with pytest.raises(RulesError, match=message):
        rounded_cap(tmp_path, step)


@pytest.mark.parametrize("rule_id", ["low_use.idle", "fragment.min_width.default", "scrap.chains"])
def test_rules_that_compare_no_areas_are_not_rounded(rule_id: str, tmp_path: Path) -> None:
    text = f'extends = "common"\n[rule.{rule_id}]\nrounding_m2 = 1\n'
    with pytest.raises(RulesError, match=rf"own\.toml: \[rule\.{rule_id}\] compares no areas"):
        load_rules(own_file(tmp_path, HEAD + text))


def test_a_rounding_of_ones_own_is_a_changed_limit(tmp_path: Path) -> None:
    text = 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\nrounding_m2 = 1\n'
    cap = load_rules(own_file(tmp_path, HEAD + text))["scrap.share_cap"]
    assert (cap.rounding_m2, cap.quotation, cap.not_known) == (1.0, "", "")
    assert cap.note.startswith("← rounding_m2 - (")


# --- what a source leaves open ------------------------------------------------------------------


def test_what_a_rule_does_not_know_is_kept_with_its_text_and_lost_with_it(tmp_path: Path) -> None:
    def cap(text: str) -> Rule:
        head = HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\n'
        return load_rules(own_file(tmp_path, head + text))["scrap.share_cap"]

    known = load_rules("tianjin-2024")["scrap.share_cap"].not_known
    assert "总用地面积" in known
    assert cap('mode = "advisory"\n').not_known == known
    assert cap("value = 0.05\n").not_known == ""
    assert cap('quotation = "another"\n').not_known == ""
    assert cap('source = "another"\n').not_known == ""
    assert cap('source = "another"\nnot_known = "which land"\n').not_known == "which land"


def test_what_a_set_does_not_know_is_its_own(tmp_path: Path) -> None:
    text = HEAD + 'extends = "tianjin-2024"\n'
    assert load_rules("tianjin-2024").not_known
    assert load_rules(own_file(tmp_path, text)).not_known == ""
    told = text.replace("extends", 'not_known = "much"\nextends')
    assert load_rules(own_file(tmp_path, told)).not_known == "much"


# --- rules by industry --------------------------------------------------------------------------

FAR = """
[rule.low_use.far.industrial{code}]
mode = "on"
value = {value}
unit = "ratio"
operator = ">="
denominator = "land area"
title = "x"
section = ""
quotation = ""
source = "x"
status = "general knowledge"
"""


def far(code: str, value: float) -> str:
    return FAR.format(code=code, value=value)


def test_the_longest_code_that_an_industry_begins_with_counts(tmp_path: Path) -> None:
    text = HEAD + far("", 0.5) + far(".C26", 0.6) + far(".261", 0.7) + far(".C2614", 0.8)
    rules = load_rules(own_file(tmp_path, text))
    codes = ["C2614", "2614", "2613", "C26", "27", "C2", "", None, "chemicals", "26 14"]
    found = [rules.for_use("low_use.far", "industrial", code).value for code in codes]
    assert found == [0.8, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert rules.for_use("low_use.far", "commercial", "C26").mode == "off"
    assert rules["low_use.far.industrial.C26"].id == "low_use.far.industrial.26"
    ids = [r.id.removeprefix("low_use.far.industrial") for r in rules]
    assert ids == ["", ".26", ".261", ".2614"]


def test_industries_of_other_use_classes_fall_back_to_the_default(tmp_path: Path) -> None:
    default = far(".C26", 0.6) + far("", 0.4)
    text = HEAD + default.replace("industrial", "default") + far("", 0.5)
    rules = load_rules(own_file(tmp_path, text))
    assert rules.for_use("low_use.far", "logistics", "C26").value == 0.6
    assert rules.for_use("low_use.far", "logistics", "C27").value == 0.4
    assert rules.for_use("low_use.far", "industrial", "C26").value == 0.5  # the class's own


def test_an_industry_can_be_switched_off(tmp_path: Path) -> None:
    text = HEAD + 'extends = "nanning"\n[rule.low_use.far.industrial.C26]\nmode = "off"\n'
    rules = load_rules(own_file(tmp_path, text))
    assert rules.for_use("low_use.far", "industrial", "2614").mode == "off"
    assert rules.for_use("low_use.far", "industrial", "27").value == 0.7


@pytest.mark.parametrize("code", ["C26", "26"])
def test_an_industry_may_be_overridden_with_or_without_its_letter(
    code: str, tmp_path: Path
) -> None:
    text = f'extends = "nanning"\n[rule.low_use.far.industrial.{code}]\nvalue = 0.9\n'
    rules = load_rules(own_file(tmp_path, HEAD + text))
    assert rules.for_use("low_use.far", "industrial", "C26").value == 0.9
    assert rules.for_use("low_use.far", "industrial", "C27").value == 0.7


@pytest.mark.parametrize("change", ["value = 0.4", 'mode = "advisory"', "value = 0.5"])
def test_a_limit_of_the_class_is_not_defeated_by_industries_below(
    change: str, tmp_path: Path
) -> None:
    text = f'extends = "nanning"\n[rule.low_use.far.industrial]\n{change}\n'
    rules = load_rules(own_file(tmp_path, HEAD + text))
    assert [r.id for r in rules if r.id.startswith("low_use.far")] == ["low_use.far.industrial"]
    held = rules.for_use("low_use.far", "industrial", "C26")
    assert held.id == "low_use.far.industrial"
    dropped = "13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/292/30/31/32"
    assert held.note.endswith(f"× low_use.far.industrial.{dropped}")


def test_a_note_to_the_class_keeps_the_industries(tmp_path: Path) -> None:
    text = 'extends = "nanning"\n[rule.low_use.far.industrial]\nnote = "seen"\n'
    rules = load_rules(own_file(tmp_path, HEAD + text))
    assert rules.for_use("low_use.far", "industrial", "C26").value == 0.6
    assert rules["low_use.far.industrial"].note == "seen"


def test_industries_given_beside_the_class_stay(tmp_path: Path) -> None:
    text = HEAD + 'extends = "nanning"\n' + far("", 0.4) + far(".C13", 0.9)
    rules = load_rules(own_file(tmp_path, text))
    found = [rules.for_use("low_use.far", "industrial", c).value for c in ("C13", "C14")]
    assert found == [0.9, 0.4]


def test_industries_above_the_class_stay(tmp_path: Path) -> None:
    own_file(tmp_path, HEAD + 'extends = "nanning"\n' + far("", 0.4), name="city.toml")
    text = HEAD + 'extends = "city.toml"\n' + far(".C13", 0.9)
    rules = load_rules(own_file(tmp_path, text))
    found = [rules.for_use("low_use.far", "industrial", c).value for c in ("C13", "C14")]
    assert found == [0.9, 0.4]


@pytest.mark.parametrize("name", SETS)
def test_far_minima_by_industry(name: str) -> None:
    rules = load_rules(name)
    wanted = {
        0.5: ["25", "34", "40"],  # petroleum; what the list does not name
        0.6: ["26", "31", "32"],
        0.7: ["27", "30"],
        0.8: ["17", "20", "21", "22", "23", "28", "29", "291"],
        1.0: ["13", "14", "15", "16", "18", "19", "24", "292"],
    }
    for limit, codes in wanted.items():
        held = [rules.for_use("low_use.far", "industrial", f"C{c}") for c in codes]
        assert [r.value for r in held] == [limit] * len(codes)
        assert {r.status for r in held} == {"sourced"}


def test_idle_land_cites_order_53() -> None:
    rule = load_rules("nanning")["low_use.idle"]
    assert (rule.value, rule.operator, rule.unit, rule.status) == (1.0, "<", "years", "sourced")
    assert rule.source == "https://china.caixin.com/2012-06-07/100398183.html"
    assert "20%" in rule.note


def test_no_word_of_use_means_two_things() -> None:
    rules = load_rules("nanning")
    lists = [rules[f"low_use.{t}"].value for t in ("vacant", "unfinished", "status")]
    words = [w for found in lists if isinstance(found, tuple) for w in found]
    assert len(words) == len(set(words)) == 19


def test_unknown_id_in_code_is_a_key_error_and_an_unset_one_is_off() -> None:
    rules = load_rules("nanning")
    assert rules["scrap.count_cap"].mode == "off"
    assert rules["scrap.count_cap"].unit == "count"
    with pytest.raises(KeyError, match=r"scrap\.shares"):
        rules["scrap.shares"]


def test_limit_of_flag_and_texts() -> None:
    rules = load_rules("tianjin-2024")
    assert rules["scrap.not_developable"].limit == 1.0
    assert pd.isna(rules["low_use.status"].limit)


def test_rules_are_frozen_and_iterate_in_order() -> None:
    rules = load_rules("tianjin-2024")
    ids = [r.id for r in rules]
    assert ids == sorted(ids)
    with pytest.raises(dataclasses.FrozenInstanceError):
        rules["scrap.share_cap"].mode = "off"  # type: ignore[misc]


def test_own_file_overrides_a_single_value(tmp_path: Path) -> None:
    text = HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\nvalue = 0.05\n'
    own, base = load_rules(own_file(tmp_path, text)), load_rules("tianjin-2024")
    cap = own["scrap.share_cap"]
    assert (cap.value, cap.operator, cap.denominator) == (0.05, "<=", "including")
    assert (cap.quotation, cap.status) == ("", "general knowledge")  # 10 % is quoted, not 5 %
    assert cap.source == cap.title == "own.toml"
    assert cap.note.startswith("← value 0.1 (")
    assert own.extends == ("common", "national-2023-171", "tianjin-2024")
    assert [r for r in own if r.id != "scrap.share_cap"] == [
        r for r in base if r.id != "scrap.share_cap"
    ]
    assert own.name == "own"
    assert own.fingerprint != base.fingerprint


def test_a_changed_limit_keeps_the_quotation_it_brings(tmp_path: Path) -> None:
    text = HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\nvalue = 0.05\n'
    own = load_rules(own_file(tmp_path, text + 'quotation = "5%"\nsource = "notice 7"\n'))
    assert own["scrap.share_cap"].quotation == "5%"
    assert own["scrap.share_cap"].source == "notice 7"


def test_a_mode_alone_leaves_the_quotation(tmp_path: Path) -> None:
    text = HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\nmode = "advisory"\n'
    own, base = load_rules(own_file(tmp_path, text)), load_rules("tianjin-2024")
    assert own["scrap.share_cap"].quotation == base["scrap.share_cap"].quotation


def test_an_extending_set_needs_no_more_than_a_name(tmp_path: Path) -> None:
    own = load_rules(own_file(tmp_path, '[ruleset]\nname = "own"\nextends = "tianjin-2024"\n'))
    assert own.name == "own"
    assert own.title == load_rules("tianjin-2024").title


def test_own_file_switches_a_rule_off(tmp_path: Path) -> None:
    text = HEAD + 'extends = "nanning"\n[rule.scrap.far_not_above]\nmode = "off"\n'
    assert load_rules(own_file(tmp_path, text))["scrap.far_not_above"].mode == "off"


def test_extends_is_relative_to_the_file(tmp_path: Path) -> None:
    own_file(tmp_path, HEAD + CAP, name="base.toml")
    folder = tmp_path / "city"
    folder.mkdir()
    text = HEAD + 'extends = "../base.toml"\n[rule.scrap.area_cap]\nvalue = 7\n'
    assert load_rules(own_file(folder, text))["scrap.area_cap"].value == 7.0


def test_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    assert load_rules(own_file(tmp_path, "\ufeff" + HEAD + CAP))["scrap.area_cap"].value == 100.0


def test_fingerprint_is_independent_of_order_and_changes_with_a_value(tmp_path: Path) -> None:
    other = CAP.replace("area_cap", "count_cap").replace("m2", "count")
    turned = "\n".join([other.splitlines()[1], *reversed(other.splitlines()[2:])])
    first = load_rules(own_file(tmp_path, HEAD + CAP + other)).fingerprint
    assert load_rules(own_file(tmp_path, HEAD + turned + CAP)).fingerprint == first
    changed = CAP.replace("100", "100.5")
    assert load_rules(own_file(tmp_path, HEAD + changed + other)).fingerprint != first
    assert re.fullmatch(r"[0-9a-f]{16}", first)


BAD = {
    "circle": (HEAD + 'extends = "own.toml"\n', "extends itself; break the circle"),
    "unknown base": (HEAD + 'extends = "tianjin-2042"\n', "did you mean 'tianjin-2024'"),
    "unknown table": (HEAD + "[rules.scrap]\n", r"unknown table \[rules\]"),
    "rule not a table": ("rule = 3\n" + HEAD, r"rule is 3; make it a table, \[rule\]"),
    "head not a table": ('ruleset = "own"\n', "ruleset is 'own'; make it a table"),
    "head key": (HEAD + 'titel = "x"\n', r"\[ruleset\] has no key 'titel'; did you mean 'title'"),
    "head missing": (CAP, r"\[ruleset\] name is None; give it a name"),
    "head in part": (
        '[ruleset]\nname = "own"\n' + CAP,
        "title is None, jurisdiction is None, vintage is None; give title a text, .* a number",
    ),
    "head mistyped": (HEAD.replace("2026", '"2026"'), "vintage is '2026'; give vintage a number"),
    "extends outside": ('extends = "common"\n' + HEAD, r"extends stands above the tables; move"),
    "unknown rule": (
        HEAD + CAP.replace("area_cap", "aera_cap"),
        r"unknown rule \[rule\.scrap\.aera_cap\]; did you mean 'scrap\.area_cap'",
    ),
    "use class mistyped": (
        HEAD + CAP.replace("scrap.area_cap", "fragment.min_lot.industrail"),
        "did you mean 'fragment.min_lot.industrial'",
    ),
    "use class missing": (
        HEAD + CAP.replace("scrap.area_cap", "fragment.min_lot"),
        r"unknown rule \[rule\.fragment\.min_lot\]",
    ),
    "industry no code": (
        HEAD + far(".chemicals", 0.6),
        r"unknown rule \[rule\.low_use\.far\.industrial\.chemicals\]; 'chemicals' is no code",
    ),
    "industry twice": (
        HEAD + far(".C26", 0.6) + far(".26", 0.7),
        r"\[rule\.low_use\.far\.industrial\.26\] names an industry twice; leave one",
    ),
    "industry of another rule": (
        HEAD + CAP.replace("scrap.area_cap", "fragment.min_lot.industrial.C26"),
        r"unknown rule \[rule\.fragment\.min_lot\.industrial\.C26\]",
    ),
    "industry of no use class": (
        HEAD + far("", 0.6).replace("industrial", "industrail.C26"),
        "unknown rule",
    ),
    "idle from below": (
        HEAD + 'extends = "nanning"\n[rule.low_use.idle]\noperator = ">="\n',
        "operator is '>='; use one of <, <=$",
    ),
    "unknown key": (
        HEAD + CAP.replace("value", "valu"),
        r"\[rule\.scrap\.area_cap\] has no key 'valu'; did you mean 'value'",
    ),
    "missing key": (
        HEAD + CAP.replace('source = "x"\n', ""),
        "has no source; give",
    ),
    "missing keys": (
        HEAD + CAP.replace('source = "x"\n', "").replace("value = 100\n", ""),
        r"\[rule\.scrap\.area_cap\] has no source, value; give them",
    ),
    "missing value": (HEAD + CAP.replace("value = 100\n", ""), "has no value; give them"),
    "mode": (HEAD + CAP.replace('"on"', '"onn"'), "mode is 'onn'; use one of on, advisory, off"),
    "status": (HEAD + CAP.replace("general knowledge", "law"), "status is 'law'"),
    "unit": (HEAD + CAP.replace("m2", "mu"), r"unit is 'mu'; use 'm2' \(1 mu is 666\.67 m2\)"),
    "operator": (HEAD + CAP.replace("<=", "=<"), "operator is '=<'; use one of <, <=$"),
    "limit from the wrong side": (
        HEAD + CAP.replace("<=", ">="),
        "operator is '>='; use one of <, <=$",
    ),
    "text for number": (HEAD + CAP.replace("100", '"100"'), "value is '100'; give a number"),
    "bool for number": (HEAD + CAP.replace("100", "true"), "value is True; give a number"),
    "nan": (HEAD + CAP.replace("100", "nan"), "value is nan; give a number of at least 0"),
    "infinite": (HEAD + CAP.replace("100", "inf"), "value is inf; give a number"),
    "negative": (HEAD + CAP.replace("100", "-1"), "value is -1; give a number of at least 0"),
    "percent for share": (
        HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\nvalue = 10\n',
        "value is 10; give a share from 0 to 1",
    ),
    "denominator": (
        HEAD + 'extends = "tianjin-2024"\n[rule.scrap.share_cap]\ndenominator = "incl"\n',
        r"denominator is 'incl'; use one of including \(the site with its scraps\), excluding \(",
    ),
    "list for flag": (
        HEAD + 'extends = "nanning"\n[rule.scrap.far_not_above]\nvalue = ["yes"]\n',
        r"value is \['yes'\]; give true, or leave it out",
    ),
    "number for flag": (
        HEAD + 'extends = "nanning"\n[rule.scrap.far_not_above]\nvalue = 1\n',
        "value is 1; give true, or leave it out",
    ),
    "text for texts": (
        HEAD + 'extends = "tianjin-2024"\n[rule.scrap.same_owner]\nvalue = "bank"\n',
        "value is 'bank'; give a list of texts",
    ),
    "head not known no text": (
        HEAD + "not_known = 3\n",
        r"\[ruleset\] not_known is 3; give a text",
    ),
    "not known no text": (HEAD + CAP + "not_known = 3\n", "not_known is 3; give a text"),
    "note no text": (HEAD + CAP + "note = true\n", "note is True; give a text"),
    "not TOML": (HEAD + "[rule", "is not valid TOML"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_one_error_with_file_and_key(case: str, tmp_path: Path) -> None:
    text, message = BAD[case]
    with pytest.raises(RulesError, match=message) as caught:
        load_rules(own_file(tmp_path, text))
    assert "own.toml" in str(caught.value) or case == "unknown base"


def test_circle_of_two_files_is_found_however_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    own_file(tmp_path, HEAD + 'extends = "sub/../b.toml"\n', name="a.toml")
    own_file(tmp_path, HEAD + 'extends = "sub/../a.toml"\n', name="b.toml")
    with pytest.raises(RulesError, match="extends itself"):
        load_rules(tmp_path / "a.toml")


def test_unknown_name_and_missing_file_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"no rule set 'tianjin'.*tianjin-2024"):
        load_rules("tianjin")
    with pytest.raises(RulesError, match=r"none\.toml does not exist; check the path"):
        load_rules(tmp_path / "none.toml")


def test_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes((HEAD + "# 土地储备中心\n").encode("gbk"))
    with pytest.raises(RulesError, match="not UTF-8 text; save it as UTF-8"):
        load_rules(path)


def test_every_unit_of_the_packaged_sets_is_that_of_its_spec() -> None:
    for name in rule_set_names():
        for rule in load_rules(name):
            stem = ".".join(rule.id.split(".")[:2])
            assert isinstance(rule, Rule)
            assert rule.unit == SPECS[stem].unit
