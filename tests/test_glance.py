"""Results at a glance: few lines, nothing hidden, nothing that a notebook would run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import gisland as gl
from gisland.base.glance import LONGEST
from gisland.base.result import Result
from gisland.jobs import Done
from gisland.layers.writing.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

HOSTILE = '<img src=x onerror="window.ran=1">{{ 7*7 }}\n$x$ \u202e&amp;'


def result(**changes: object) -> Result:
    made = Result(
        tables={"parcels": pd.DataFrame({"a": range(1200)}), "sites": pd.DataFrame({"a": [1]})},
        counts={"parcels": 1200, "zones": 0, "absorbed_m2": 12.5},
        recall={"recall": 0.5, "tolerance_m": 0.05, "missed_m": 3.0},
        components=[{"status": "optimal"}, {"status": "time_limit"}],
        skipped=[{"analysis": "far", "reason": "no floor area"}],
        timings_s={},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_result_tells_tables_counts_proof_and_recall() -> None:
    assert repr(result()).splitlines() == [
        "Result",
        "  tables   parcels 1,200, sites 1",
        "  counts   parcels 1,200, absorbed_m2 12.5",
        "  proved   1 of 2 components optimal",
        "  recall   50.0000% of the border length at 0.05 m; 3.00 m missed",
        "  skipped  far",
    ]


def test_a_rule_set_tells_its_rules_by_mode() -> None:
    rules = gl.load_rules("tianjin-2024")
    told = repr(rules)
    on = sum(rule.mode == "on" for rule in rules)
    assert re.search(rf"^  rules +{on} on", told, re.MULTILINE)
    assert rules.fingerprint in told
    assert len(told.splitlines()) < 10


def test_choices_tell_only_what_was_chosen() -> None:
    assert repr(gl.PlanChoices()).splitlines() == [
        "PlanChoices",
        "  method     exact",
        "  objective  area",
    ]
    wish = gl.PlanChoices(decisions={"P1": "in", "P2": "out"}, sweep_caps=(0.08, 0.1))
    assert repr(wish).splitlines()[3:] == ["  decisions   2", "  sweep_caps  (0.08, 0.1)"]
    whole = gl.Choices(rules=gl.load_rules("tianjin-2024"), plan=wish)
    assert "decisions 2, sweep_caps (0.08, 0.1)" in repr(whole)


@pytest.mark.parametrize("kind", [Done, Results])
def test_runs_tell_where_they_lie_and_what_they_wrote(kind: type) -> None:
    record = {
        "project": "A",
        "rules": {"name": "common", "fingerprint": "f00"},
        "counts": {"parcels": 2},
        "components": [{"status": "optimal"}],
        "files": ["map.html", "run.json"],
    }
    told = (
        kind(Path("out"), {}, record) if kind is Done else kind({}, run=record, folder=Path("out"))
    )
    lines = dict(line.split(None, 1) for line in repr(told).splitlines()[1:])
    assert lines == {
        "folder": "out",
        "project": "A",
        "rules": "common (f00)",
        "counts": "parcels 2",
        "proved": "1 of 1 components optimal",
        "files": "map.html, run.json",
    }


def test_inputs_tell_their_layers() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    told = repr(gl.Inputs(frame, exclusions={HOSTILE: frame[:1]})).splitlines()
    assert told[1].split() == ["parcels", "2", "rows"]
    assert told[2].startswith("  exclusions <img")
    assert told[2].endswith("1 row")


def test_results_that_lie_alone_have_no_record() -> None:
    told = repr(Results({"parcels": pd.DataFrame({"a": [1]})}, {}, Path("x")))
    assert told.splitlines() == ["Results", "  folder  x", "  tables  parcels 1"]


def test_hostile_names_stay_text(offline_page: Callable[[Path | str], Page]) -> None:
    shown = result(tables={HOSTILE: pd.DataFrame()}, skipped=[], components=[], recall={})
    assert "\n$x$" not in repr(shown)
    assert "\u202e" not in repr(shown)
    html = shown._repr_html_()
    assert "<img" not in html
    page = offline_page(f"<!DOCTYPE html><html lang='en'><title>t</title>{html}</html>")
    assert page.locator("td").first.inner_text().startswith('<img src=x onerror="window.ran=1">{{')
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0


def test_long_values_are_cut_with_a_sign() -> None:
    told = result(counts={"n" * 500: 1}, components=[]).__repr__().splitlines()
    assert max(len(line) for line in told) <= LONGEST + 12
    assert told[2].endswith("…")
