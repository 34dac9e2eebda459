"""Layers and choices that contradict each other, and what is told of analyses not made."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
from shapely import box

from districts import frame
from gisland.base.asked import require_choices, require_layers
from gisland.base.errors import ProjectError, TableError
from gisland.base.parameters import Parameters
from gisland.base.result import Choices, skipped_analyses
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs
from gisland.pipeline import check_inputs, run
from gisland.present.messages import finding_text, skip_reason
from gisland.present.style import catalog

SQUARE = box(0, 0, 100, 100)
LOTS = frame({"a": SQUARE}, use_class=["industrial"])
LINES = frame({"L1": SQUARE}, "block_id")
CHANGES = frame({"C1": SQUARE}, "change_id", change=["in"])
PARKS = frame({"K1": SQUARE}, "park_id")
ZONING = frame({"Z1": SQUARE}, "zone_id", planned_use=["M1"], use_class=["industrial"])
CHOICES = Choices(load_rules("tianjin-2024"))
ABOUT_LINES = ("block_lines", "delineation", "adjustment", "conversions", "parks")


def _from(source: str) -> Choices:
    return replace(CHOICES, parameters=replace(Parameters(), block_from=source))


def _skipped(
    parcels: gpd.GeoDataFrame, choices: Choices = CHOICES, **layers: gpd.GeoDataFrame
) -> dict[str, str]:
    told = skipped_analyses(Inputs(parcels, **layers), parcels, choices, sites=1)
    return {s["analysis"]: s["reason"] for s in told if s["analysis"] in ABOUT_LINES}


def test_changes_need_the_lines_that_they_change() -> None:
    wrong = Inputs(LOTS, block_changes=CHANGES)
    for refuse in (
        require_layers,
        lambda i: check_inputs(i, parameters=Parameters()),
        lambda i: run(i, CHOICES),
    ):
        with pytest.raises(ProjectError, match=r"no block_lines that .*; add .*\[layers\.block_li"):
            refuse(wrong)
    require_layers(Inputs(LOTS, block_changes=CHANGES, block_lines=LINES))


def test_lines_drawn_from_zoning_need_it() -> None:
    with pytest.raises(ProjectError, match=r'no layer zoning; add \[layers.zoning\] .*"parcels"'):
        require_choices(_from("zoning"), inputs=Inputs(LOTS))
    require_choices(_from("zoning"), inputs=Inputs(LOTS, zoning=ZONING))
    require_choices(_from("parcels"), inputs=Inputs(LOTS))
    require_choices(_from("zoning"))


def test_no_block_may_be_called_as_all_of_them_together_are() -> None:
    wrong = Inputs(LOTS, block_lines=frame({"L1": SQUARE, "overall": SQUARE}, "block_id"))
    with pytest.raises(TableError, match=r"a block has the id overall, .*; give it another id"):
        run(wrong, CHOICES)


def test_levels_by_parks_need_no_parks() -> None:
    choices = _from("parcels")
    assert "parks" in choices.parameters.block_level_by
    require_choices(choices, inputs=Inputs(LOTS))


def test_what_is_not_made_of_lines_and_parks_has_its_reason() -> None:
    planned = LOTS.assign(planned_use_class="commercial")
    bare = LOTS.drop(columns="use_class")
    assert _skipped(planned, block_lines=LINES, block_changes=CHANGES, parks=PARKS) == {}
    no_lines = "no layer block_lines, or no use class"
    assert _skipped(planned) == {
        "block_lines": no_lines,
        "conversions": "no layer block_lines, and block_from draws none",
        "parks": "no layer parks",
    }
    assert _skipped(LOTS, block_lines=LINES, parks=PARKS) == {"conversions": "no planned use class"}
    assert _skipped(planned, _from("parcels"), parks=PARKS) == {"block_lines": no_lines}
    assert _skipped(
        bare, _from("parcels"), block_lines=LINES, block_changes=CHANGES, parks=PARKS
    ) == {
        "block_lines": no_lines,
        "delineation": "no use class in parcels",
        "adjustment": "no use class",
        "conversions": "no use class",
        "parks": "no use class",
    }
    unclassed = ZONING.drop(columns="use_class")
    told = _skipped(planned, _from("zoning"), zoning=unclassed, parks=PARKS)
    assert told["delineation"] == "no use class in zoning"
    assert told["conversions"] == "no layer block_lines, and block_from draws none"
    assert "delineation" not in _skipped(planned, _from("zoning"), zoning=ZONING)
    assert _skipped(planned, block_changes=CHANGES)["adjustment"] == "no layer block_lines"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_reasons_and_findings_have_words_in_both_languages(language: str) -> None:
    texts = catalog(language)
    bare = LOTS.drop(columns="use_class")
    reasons = {
        *_skipped(LOTS).values(),
        *_skipped(bare, _from("parcels")).values(),
        *_skipped(LOTS, block_changes=CHANGES, block_lines=LINES).values(),
        *_skipped(bare, _from("zoning"), zoning=bare, block_changes=CHANGES).values(),
        *_skipped(LOTS, block_changes=CHANGES).values(),
    }
    assert len(reasons) == 8
    for reason in reasons:
        assert f"skip_reason.{reason}" in texts
        assert skip_reason(reason, texts=texts) == texts[f"skip_reason.{reason}"]
    assert all(f"analysis.{name}" in texts for name in ABOUT_LINES)
    for code in ("unknown_change", "year_unread", "conversion_unknown", "park_above_developable"):
        assert f"finding.{code}" in texts
    row = {
        "code": "conversion_unknown",
        "layer": "parcels",
        "value": 2.0,
        "unit": "count",
        "message": "the planned use of 2 industrial parcels in the block lines is not known: a: b",
    }
    assert finding_text(row, texts=texts).endswith(("a: b", "a: b。"))
    park = {"code": "park_above_developable", "layer": "parks", "other_id": "K1", "value": 30.0}
    shown = finding_text({**park, "unit": "m2", "message": "park K1: …"}, texts=texts)
    assert "K1" in shown
    assert "30" in shown


def test_a_corridor_of_no_width_is_refused_before_the_work() -> None:
    narrow = replace(CHOICES, parameters=Parameters(corridor_m=0.0))
    with pytest.raises(ProjectError, match=r"^\[parameters\] corridor_m is 0; give a width in"):
        require_choices(narrow)
