"""Results at a glance: few lines, nothing hidden, nothing that a notebook would run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import gisland as gl
from gisland.base.errors import OutputError
from gisland.base.glance import LONGEST, WIDE
from gisland.base.result import Result
from gisland.jobs import Done
from gisland.layers.writing.results import Results
from gisland.topology.recall import Recall

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
    shown = result(tables={}, counts={"n " * LONGEST: 1}, components=[], recall={}, skipped=[])
    first, *lines = repr(shown).splitlines()
    assert first == "Result"
    assert max(len(line) for line in lines) <= WIDE + 10
    assert {line[:10] for line in lines[1:]} == {" " * 10}  # below the value, not below the name
    assert sum(line.count("n") for line in lines) < LONGEST
    assert lines[-1].endswith("…")
    assert shown._repr_html_().count("…") == 1


def test_a_project_and_its_layers_are_told_without_the_place_they_lie_in() -> None:
    project = gl.read_project(gl.sample_folder() / "gisland.toml")
    told = repr(project)
    assert str(gl.sample_folder()) not in told
    assert re.search(r"^  rules +rules\.toml$", told, re.MULTILINE)
    assert "exclusions.red_line" in told
    only = replace(project, layers={"parcels": project.layers["parcels"]}, exclusions={})
    told = repr(gl.load_inputs(only))
    assert re.search(r"^  crs +EPSG:4547: named in the project file$", told, re.MULTILINE)
    assert re.search(r"^  parcels +647 rows, gb18030$", told, re.MULTILINE)
    assert re.search(r"^  findings +2 rows$", told, re.MULTILINE)


def test_parameters_tell_what_was_changed() -> None:
    given = gl.Parameters(tolerance_m=0.1, repair=("gap", "spike"))
    assert repr(given).splitlines()[1:3] == ["  tolerance_m  0.1", "  repair       gap, spike"]
    assert repr(given).splitlines()[3].startswith("  all others ")
    assert "tolerance_m 0.1" in repr(gl.Choices(gl.load_rules("common"), given))


def test_a_rule_is_read_to_its_end() -> None:
    rule = replace(gl.load_rules("tianjin-2024")["scrap.share_cap"], quotation="word " * 200)
    told = " ".join(repr(rule).split())
    assert "limit <= 0.1 share denominator including" in told
    assert told.count("word") == 200
    assert max(map(len, repr(rule).splitlines())) <= WIDE + 20
    texts = gl.load_rules("common")["low_use.status"]
    assert "limit 闲置, 停产, " in " ".join(repr(texts).split())


def test_recall_is_told_in_metres() -> None:
    told = repr(Recall(0.05, 80.0, 10.0, 10.0, 0.02, 0.04, None, 0.0)).splitlines()
    assert told[1:3] == [
        "  recall          90.0000% of the border length",
        "  exact           80.00 m",
    ]
    assert "  suggested       none" in told
    alone = Recall(0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0)
    assert not [line for line in repr(alone).splitlines() if line.startswith("  recall")]


def test_a_run_stands_for_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(tmp_path / "out", {}, {})
    assert Path(done) == tmp_path / "out"
    assert repr(done).splitlines()[1].endswith(f"{tmp_path.as_posix()}/out")
    monkeypatch.chdir(tmp_path)
    assert repr(done).splitlines()[1].split() == ["folder", "out"]
    with pytest.raises(OutputError, match="holds no results"):
        gl.verify_results(done)
