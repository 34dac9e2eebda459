"""What the commands on rule sets print."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gisland.base.rulefiles import rule_set_names
from gisland.base.rules import load_rules
from gisland.present.plaintext import cells
from gisland.present.ruletext import in_words, shown_lines
from gisland.ruleshow import rules_app

if TYPE_CHECKING:
    from pathlib import Path

NAMES = rule_set_names()


def said(*words: str) -> str:
    done = CliRunner().invoke(rules_app, words)
    assert done.exit_code == 0, done.output
    return done.output


def squeezed(text: str) -> str:
    """Text without blanks and line breaks: wrapping may put them anywhere."""
    return "".join(text.split())


# --- limits in words ----------------------------------------------------------------------------

WORDS = {
    ("shenzhen", "scrap.share_cap"): "scraps absorbed by a site: at most 10 % of the land inside "
    "the project boundary",
    ("shenzhen", "scrap.total_cap"): "area absorbed by one site: at most 3000 m2 (4.5 mu)",
    ("guangdong-2009", "scrap.area_cap"): "area of one scrap: below 2000 m2 (3 mu)",
    ("common", "scrap.exclusion"): "overlap of the scrap with exclusions: at most 0 m2",
    ("common", "low_use.far.industrial.13"): "floor area: at least 1 times the land area",
    ("common", "low_use.coverage.industrial"): "footprint: at least 30 % of the land area",
    ("common", "low_use.idle"): "time that land lies idle: below 1 year",
    ("common", "fragment.min_width.default"): "largest circle inside: at least 15 m",
    ("common", "fragment.max_elongation.default"): "sides of the rectangle around: at most 12",
    ("common", "scrap.consent"): "the scrap or its owner is on the list of consents",
    ("linyi", "scrap.compatible_use"): "planned use class is the site's, or joined with it by a "
    "plus sign: none named",
    ("national-2023-171", "scrap.forbidden_planned_use"): "planned uses (class or text) barred: "
    "residential; 商品住宅",
    ("common", "block_line.m0_share"): "new-type industrial land (M0): at most 20 % of the "
    "industrial land in all blocks",
}


@pytest.mark.parametrize("case", WORDS)
def test_limits_are_told_in_words(case: tuple[str, str]) -> None:
    name, rule_id = case
    assert in_words(load_rules(name)[rule_id]) == WORDS[case]


def test_words_of_limits_that_no_packaged_set_has() -> None:
    share = load_rules("tianjin-2024")["scrap.share_cap"]
    area = load_rules("wanzhou")["scrap.area_cap"]
    alone = replace(share, denominator="excluding", value=0.07, rounding_m2=0.1)
    tax = replace(
        area, id="low_use.tax.industrial", value=3e5, unit="yuan/mu", denominator="land area"
    )
    assert in_words(alone) == (
        "scraps absorbed by a site: at most 7 % of the site without its scraps, "
        "areas rounded to 0.1 m2"
    )
    assert in_words(replace(tax, operator=">=")) == "tax: at least 300000 yuan/mu"
    idle = replace(load_rules("common")["low_use.idle"], value=2.0)
    assert in_words(idle) == "time that land lies idle: below 2 years"
    count = replace(area, id="scrap.count_cap", value=3.0, unit="count")
    assert in_words(count) == "scraps absorbed by one site: at most 3"


# --- a whole set --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_shown_and_no_line_is_too_long(name: str) -> None:
    rules = load_rules(name)
    lines = shown_lines(rules)
    assert max(map(cells, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    in_force, _, off = "\n".join(lines).partition("\noff, not evaluated:\n")
    told = squeezed(in_force)
    for text in (rules.title, rules.jurisdiction, rules.not_known, rules.fingerprint):
        assert squeezed(text) in told
    for rule in rules:
        head = squeezed(in_words(rule))
        if rule.mode == "off":
            assert squeezed(f"{rule.id}: ") + head in squeezed(off)
            assert f"{rule.id} [" not in in_force
            continue
        assert squeezed(f"{rule.id} [{rule.mode}]") + head in told
        for text in (rule.title, rule.section, rule.quotation, rule.source, rule.note):
            assert squeezed(text) in told
        assert squeezed(f"not known: {rule.not_known}" if rule.not_known else "") in told


def test_the_head_comes_first_then_scraps_then_what_is_off() -> None:
    lines = shown_lines(load_rules("wanzhou"))
    assert lines[:5] == [
        "wanzhou: 重庆市万州区零星土地协议出让，试点案例二十五",
        "    jurisdiction: 重庆市万州区",
        "    vintage: 2025",
        "    builds on: common, national-2023-171",
        f"    fingerprint: {load_rules('wanzhou').fingerprint}",
    ]
    assert lines[5].startswith("    not known: 这是公布的案例，不是条文；")
    starts = ["scrap.area_cap [on]", "fragment.min_lot.default [on]", "low_use.idle [on]"]
    places = [next(n for n, x in enumerate(lines) if x.startswith(s)) for s in starts]
    assert places == sorted(places)
    assert lines.index("off, not evaluated:") > places[-1]
    assert shown_lines(load_rules("nanning"))[2] == "    vintage: not known"


def test_narrow_terminals_and_hostile_texts() -> None:
    rules = load_rules("lanxi")
    assert max(map(cells, shown_lines(rules, width=60))) <= 60
    bad = replace(rules, title="a\x1b[31m\nb")
    assert shown_lines(bad)[0] == "lanxi: a\ufffd[31m⏎b"


def test_json_has_everything() -> None:
    told = json.loads(said("show", "lanxi", "--json"))
    rules = load_rules("lanxi")
    assert set(told) == {
        *("name", "title", "jurisdiction", "vintage", "extends", "not_known"),
        *("place", "decides", "left_open", "fingerprint", "rules"),
    }
    assert (told["jurisdiction"], told["vintage"]) == (rules.jurisdiction, 2025)
    assert told["extends"] == ["common", "national-2023-171"]
    assert (told["not_known"], told["fingerprint"]) == (rules.not_known, rules.fingerprint)
    assert [r["id"] for r in told["rules"]] == [r.id for r in rules]
    consent = next(r for r in told["rules"] if r["id"] == "scrap.consent")
    kept = {
        k: list(v) if isinstance(v, tuple) else v for k, v in vars(rules["scrap.consent"]).items()
    }
    assert consent == kept
    assert consent["not_known"]


def test_a_check_tells_each_change_of_a_rule(tmp_path: Path) -> None:
    head = '[ruleset]\nname = "o"\ntitle = "o"\nextends = "tianjin-2024"\n'
    own = {"scrap.chains": 'mode = "on"', "scrap.share_cap": "rounding_m2 = 1"}
    own["scrap.same_tenure"] = 'mode = "on"'
    file = tmp_path / "own.toml"
    file.write_text(head + "".join(f"[rule.{k}]\n{v}\n" for k, v in own.items()), "utf-8")
    assert said("check", str(file)).splitlines()[2:] == [
        "  scrap.chains [on] (was off)",
        "  scrap.same_tenure [on] (was [advisory])",
        (
            "  scrap.share_cap [on] <= 0.1 share of the site with its scraps at 1 m2"
            " (was <= 0.1 share of the site with its scraps)"
        ),
    ]


def test_the_list_is_aligned_whatever_the_script() -> None:
    lines = said("list").splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    sets = [load_rules(name) for name in NAMES]
    places = {
        (cells(line.partition(f" {r.jurisdiction} ")[0]), cells(line.removesuffix(r.title)))
        for line, r in zip(lines, sets, strict=True)
    }
    assert len(places) == 1
    assert max(next(iter(places))) < max(map(cells, lines))
