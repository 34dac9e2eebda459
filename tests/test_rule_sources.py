"""The packaged rule sets against the collected policy facts: no number and no word without one."""

from __future__ import annotations

import math
import re
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from gisland.base.rulefiles import rule_set_names
from gisland.base.rules import load_rules
from policytexts import collected_rules, plain, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gisland.base.rule import Rule

NAMES = rule_set_names()
PLACES = [name for name in NAMES if name != "common"]
MU = 10_000 / 15
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*(%|亩|mu\b|km2|m2|平方米|ha\b|公顷|year|年)?")
CANONICAL = {
    "%": ("share", 0.01),
    "亩": ("m2", MU),
    "mu": ("m2", MU),
    "m2": ("m2", 1.0),
    "km2": ("m2", 1e6),
    "平方米": ("m2", 1.0),
    "ha": ("m2", 10_000.0),
    "公顷": ("m2", 10_000.0),
    "year": ("years", 1.0),
    "年": ("years", 1.0),
    "": ("ratio", 1.0),
}
# The words of the case itself, which the collection tells in English alone.
IN_THE_CASE = {"split.planned_line"}


@pytest.fixture(scope="module")
def facts() -> str:
    """All seeds and the page of policy facts, as `plain` gives them."""
    return "\n".join(map(plain, read("seeds/*.txt", "reference/policy.md")))


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """The collected rules."""
    return collected_rules()


def quantities(text: str) -> set[tuple[str, float]]:
    """Numbers of a text with their units: areas in square metres, shares from 0 to 1."""
    found = set()
    for number, unit in QUANTITY.findall(unicodedata.normalize("NFKC", text)):
        kind, factor = CANONICAL[unit]
        found.add((kind, round(float(number) * factor, 6)))
    return found


def leaves(tree: object) -> Iterator[float]:
    """All numbers in the parameters of a collected rule."""
    if isinstance(tree, dict | list):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(branch)
    elif type(tree) in {int, float}:
        yield float(tree)  # type: ignore[arg-type]


def limits(rules: list[Rule]) -> list[Rule]:
    """Rules with a number; nothing at all (0) needs no number in a text."""
    return [r for r in rules if r.operator and r.limit]


def holds(found: set[tuple[str, float]], rule: Rule) -> bool:
    """Whether a text has the number of a rule."""
    return any(k == rule.unit and math.isclose(v, rule.limit, rel_tol=1e-9) for k, v in found)


def own(name: str) -> str:
    """The file of a packaged set without what only people see in it."""
    folder = resources.files("gisland.base") / "rulesets"
    lines = (folder / f"{name}.toml").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_quotations_occur_in_their_sources(name: str, facts: str) -> None:
    cited = [r for r in load_rules(name) if r.quotation]
    absent = [r.id for r in cited if plain(r.quotation) not in facts]
    assert cited
    assert absent == []


@pytest.mark.parametrize("name", NAMES)
def test_quotations_of_the_seeds_are_those_that_were_collected(
    name: str, records: list[dict[str, Any]], facts: str
) -> None:
    quotes = [plain(r["quote"]) for r in records]
    seed = [r for r in load_rules(name) if r.status == "seed"]
    strange = [r for r in seed if not any(plain(r.quotation) in q for q in quotes)]
    assert {r.id for r in strange} <= IN_THE_CASE
    assert [r.id for r in strange if plain(r.quotation) not in facts] == []
    assert all(r.quotation for r in seed)


@pytest.mark.parametrize("name", NAMES)
def test_sections_of_the_seeds_are_those_that_were_collected(
    name: str, records: list[dict[str, Any]]
) -> None:
    for rule in load_rules(name):
        if rule.status == "seed" and rule.id not in IN_THE_CASE:
            quoted = {r["section"] for r in records if plain(rule.quotation) in plain(r["quote"])}
            assert rule.section in quoted, rule.id


@pytest.mark.parametrize("name", NAMES)
def test_addresses_occur_in_the_page_of_facts(name: str) -> None:
    page = read("reference/policy.md")[0]
    found = {a for r in load_rules(name) for a in re.findall(r"https?://[^\s);,]+", r.source)}
    assert found
    assert {address for address in found if address not in page} == set()


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_sourced_rules_are_in_their_quotations(name: str) -> None:
    cited = limits([r for r in load_rules(name) if r.status != "general knowledge"])
    assert cited
    assert [r.id for r in cited if not holds(quantities(r.quotation), r)] == []


@pytest.mark.parametrize("name", ["tianjin-2024", "wanzhou"])
def test_numbers_of_the_seeds_are_those_that_were_collected(
    name: str, records: list[dict[str, Any]]
) -> None:
    cited = limits([r for r in load_rules(name) if r.status == "seed"])
    assert cited
    for rule in cited:
        behind = [r for r in records if plain(rule.quotation) in plain(r["quote"])]
        told = {number for r in behind for number in leaves(r["params"])}
        factors = (1.0, MU) if rule.unit == "m2" else (1.0,)
        assert [n for n in told for f in factors if math.isclose(n * f, rule.limit)], rule.id


@pytest.mark.parametrize("name", NAMES)
def test_other_numbers_are_said_to_be_general_knowledge(name: str) -> None:
    known = [r for r in load_rules(name) if r.status == "general knowledge"]
    assert limits(known)
    silent = [r.id for r in known if not re.search("一般知识|地方(参数|词表|名单)", r.note)]
    assert silent == [], "their note says 一般知识, 地方参数, 地方词表 or 地方名单"
    as_law = [r.id for r in limits(known) if "不是法规" not in r.note]
    assert as_law == [], "their note says 不是法规"
    assert [r.id for r in known if not r.source] == [], "their source says what was looked for"


@pytest.mark.parametrize("name", PLACES)
def test_areas_and_shares_in_the_words_of_a_set_are_known_ones(name: str) -> None:
    """Titles, notes and what is not known; a limit of the set itself needs no more."""
    facts = set().union(*map(quantities, read("reference/policy*", "seeds/*.txt")))
    text = re.sub(r"https?://\S+|^(value|rounding_m2) = .*$", "", own(name), flags=re.MULTILINE)
    told = {(kind, v) for kind, v in quantities(text) if kind in {"m2", "share"}}
    mine = {(r.unit, round(r.limit, 6)) for r in limits(list(load_rules(name)))}
    strange = told - facts - mine
    assert strange == set(), "quantities in its texts that are neither limits nor known facts"


# --- heads and modes ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_set_says_what_is_not_known_in_words_of_its_own(name: str) -> None:
    rules = load_rules(name)
    assert rules.name == name
    assert re.search("[\u4e00-\u9fff]", rules.not_known)
    assert f'\nnot_known = "{rules.not_known}"\n' in own(name).split("[rule.")[0]
    assert [n for n in rules.extends if load_rules(n).not_known == rules.not_known] == []


@pytest.mark.parametrize("name", PLACES)
def test_every_place_says_of_its_own_rules_what_is_not_known(name: str) -> None:
    rules = load_rules(name)
    below = load_rules(rules.extends[-1])
    own_rules = [r for r in rules if r != below[r.id] and r.mode == "on"]
    silent = [r.id for r in own_rules if not r.not_known]
    assert silent == [], "their not_known says what the text leaves open"
    assert any(r.not_known for r in rules if r != below[r.id])


COMMON = {"exclusion": "on", "protected": "on", "required": "on", "site_conditions": "on"}
PILOT = COMMON | {"not_developable": "on", "forbidden_planned_use": "on"}
THREE_LANDS = COMMON | {"not_developable": "on", "area_cap": "on"}
MERGE = {"same_owner": "advisory", "same_tenure": "advisory", "same_use": "advisory"}
MODES = {
    "common": COMMON,
    "national-2023-171": PILOT,
    "tianjin-2024": PILOT
    | MERGE
    | {"share_cap": "on", "split.independent": "on", "split.planned_line": "on"},
    "wanzhou": PILOT | {"area_cap": "on"},
    "guangdong-2009": THREE_LANDS,
    "nanning": THREE_LANDS | {"far_not_above": "on"},
    "guangzhou-2023-draft": THREE_LANDS | {"area_cap": "advisory"},
    "shenzhen": THREE_LANDS | {"area_cap": "advisory", "share_cap": "on", "total_cap": "on"},
    "local-planning": COMMON | {"not_developable": "on"},
    "lanxi": PILOT | {"consent": "on", "same_tenure": "advisory"},
    "dehua": PILOT | {"not_developable": "advisory"},
    "qingdao-xihaian": PILOT | {"not_developable": "advisory", "same_tenure": "advisory"},
    "linyi": PILOT | {"compatible_use": "advisory"},
}


@pytest.mark.parametrize("name", NAMES)
def test_what_decides_and_what_advises(name: str) -> None:
    stem = ("scrap.", "split.")
    rules = [r for r in load_rules(name) if r.id.startswith(stem) and r.mode != "off"]
    found = {r.id.removeprefix("scrap."): r.mode for r in rules}
    assert name in MODES, f"a new set: what decides in it stands in MODES above; now {found}"
    assert found == MODES[name]


OFF = [
    "scrap.chains",
    "scrap.compatible_use",
    "scrap.consent",
    "scrap.project_boundary",
    "split.independent",
    "split.planned_line",
]


@pytest.mark.parametrize("rule_id", OFF)
def test_a_mode_alone_switches_on_what_is_off(rule_id: str, tmp_path: Path) -> None:
    assert load_rules("common")[rule_id].mode == "off"
    path = tmp_path / "own.toml"
    path.write_text(
        f'[ruleset]\nname = "own"\nextends = "common"\n[rule.{rule_id}]\nmode = "on"\n', "utf-8"
    )
    rule = load_rules(path)[rule_id]
    assert rule.mode == "on"
    assert rule.title == load_rules("common")[rule_id].title


# --- single places ------------------------------------------------------------------------------


def test_shenzhen_caps_share_and_total_as_general_knowledge() -> None:
    rules = load_rules("shenzhen")
    share, total = rules["scrap.share_cap"], rules["scrap.total_cap"]
    assert (share.limit, share.operator, share.denominator) == (0.1, "<=", "boundary")
    assert (total.limit, total.operator, total.unit) == (3000.0, "<=", "m2")
    assert {share.status, total.status} == {"general knowledge"}
    assert "拆除范围" in share.note
    assert rules["scrap.forbidden_planned_use"].mode == "off"  # no notice of the pilot


def test_the_two_readings_of_wanzhou_have_one_number() -> None:
    rules = load_rules("wanzhou")
    each, together = rules["scrap.area_cap"], rules["scrap.total_cap"]
    assert (each.limit, each.operator, each.quotation) == (
        together.limit,
        together.operator,
        together.quotation,
    )
    assert (each.mode, together.mode) == ("on", "off")


def test_tianjin_tells_of_far_term_and_premium_that_it_does_not_test() -> None:
    rules = load_rules("tianjin-2024")
    assert "1.7" in rules.not_known
    assert "补缴土地出让金" in rules.not_known
    assert "使用年限" in rules["scrap.same_use"].not_known
