"""Block lines, conversions, parks and ranked zones in the report."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import small_blocks
from gisland.present import picture, style
from gisland.present.blockpicture import block_picture
from gisland.present.blockreport import block_parts, verdict_table
from gisland.present.rest import rest
from gisland.present.rulebook import rulebook
from gisland.present.sheets import report
from gisland.present.style import catalog
from test_sheets import Page


def parts(tables: dict[str, Any] | None = None, language: str = "en") -> dict[str, Any]:
    given = small_blocks.tables() if tables is None else tables
    return block_parts(given, rule_names={}, texts=catalog(language))


def test_each_set_of_lines_has_a_table_with_all_blocks_last() -> None:
    sets = parts()["block_lines"]["sets"]
    assert [[row[0] for row in s["table"]["rows"]] for s in sets] == [
        ["L1", "L2", "all blocks"],
        ["B01", "B02", "all blocks"],
        ["L1", "L2", "all blocks"],
    ]
    assert sets[1]["table"]["rows"][0][1] == "1 (size; parks)"


def test_sentences_tell_sizes_uses_and_conflicts() -> None:
    text = parts()["block_lines"]["sets"][0]["text"]
    assert "given block lines: 2 blocks, 130,000.00 m² (195.000 mu) in all." in text
    assert "Land uses: industrial 69.23%; no parcel 15.38%; residential 15.38%." in text
    assert "Parcels cut by a line: 2; other uses inside: 2; industrial parcels outside: 2" in text
    assert "Outside because" not in text
    proposed = parts()["block_lines"]["sets"][1]["text"]
    assert "Outside because: block too small (1)." in proposed


def test_verdicts_tell_failed_blocks_first_and_no_block_that_passes() -> None:
    rows = parts()["block_lines"]["verdicts"]["rows"]
    assert [r[:2] for r in rows] == [
        ["given block (L2)", "industrial share of one block"],
        ["given block lines, all", "M0 share of industrial land"],
        ["adjusted block lines, all", "layout: no less compact"],
        ["given block lines, all", "industrial share over all blocks"],
        [
            "proposed block lines, all",
            "industrial share of the choice, against the proved bound",
        ],
        ["proposed block lines, all", "target of the area delineated"],
        ["adjusted block lines, all", "area after against before"],
    ]
    assert rows[0][2].startswith("50.00% (requires ≥ 60.00%")
    assert rows[2][2] == "0.7100 (requires ≥ 0.7400)"
    target = "parameter “target of the area delineated (m², 0: all)” (binding)"
    assert rows[5][2:] == ["146,000.00 m² (requires ≥ 140,000.00 m²)", "pass", target]


def test_the_balance_tells_blocks_that_changed_before_and_after() -> None:
    tables = small_blocks.tables()
    same = tables["block_balance"]["block_id"] == "L2"
    tables["block_balance"].loc[same, "delta"] = 0.0
    rows = parts(tables)["block_lines"]["balance"]["rows"]
    assert rows == [
        ["L1", "70,000.00 → 90,000.00", "—", "85.70% → 88.90%", "—"],
        ["all blocks", "130,000.00 → 130,000.00", "—", "69.00% → 84.00%", "—"],
    ]


def test_changes_are_summed_as_they_took_effect() -> None:
    text = parts()["block_lines"]["changes"]
    assert text == (
        "Into the lines 20,000.00 m² (30.000 mu), out of them 20,000.00 m² (30.000 mu) "
        "(as really changed); without effect: 1."
    )


def test_rules_that_are_off_and_conversions_without_a_rule() -> None:
    blocks = parts()["block_lines"]
    assert blocks["conversion_verdicts"] is None  # both rules are off in common
    assert [r[:2] for r in blocks["conversions"]["rows"]] == [
        ["2026", "industry renewed as industry"],
        ["2026", "industry to M0"],
        ["year not given", "industry to commerce"],
    ]


def test_a_number_without_a_rule_is_told_without_an_outcome() -> None:
    rows = {r[1]: r for r in parts()["concentration"]["verdicts"]["rows"]}
    bare = rows["industrial share of built-up land"]
    assert bare[2:] == ["91.00%", "—", "—"]
    assert rows["industrial land in parks"][3] == "fail"


def test_verdicts_point_to_the_rule_book() -> None:
    tables, run = small_blocks.tables(), small_blocks.run()
    texts = catalog("en")
    _, names = rulebook(["concentration.park_share"], run=run, texts=texts)
    told = verdict_table(
        tables["control_verdicts"], topics=["concentration"], rule_names=names, texts=texts
    )
    assert told is not None
    assert told["rows"][0][-1] == "[1] (advisory)"


def test_zones_stand_in_the_order_of_their_rank_with_each_term() -> None:
    tables = small_blocks.tables()
    tables["zones"] = tables["zones"].iloc[::-1].reset_index(drop=True)
    told = rest(tables, run={}, texts=catalog("en"))["zones"]
    assert [row[0] for row in told["rows"]] == ["Z01", small_blocks.HOSTILE]
    assert told["rows"][0][6:] == ["1.00", "3,000,000", "1.00", "2", "0.50", "0.83", "1"]


def test_zones_without_a_ranking_keep_their_short_table() -> None:
    zones = pd.DataFrame({"zone_id": ["Z1"], "parcel_ids": ["a"], "parcels": [1]})
    zones = zones.assign(area_m2=9.0, area_mu=0.0135, rank=pd.Series([pd.NA], dtype="Int64"))
    assert len(rest({"zones": zones}, run={}, texts=catalog("en"))["zones"]["heads"]) == 6


def test_the_hierarchy_tells_what_straddles_or_that_nothing_does() -> None:
    told = parts()["hierarchy"]
    assert told["text"] == "Not wholly inside the level above (99% or more): 1"
    assert told["table"]["rows"] == [["project", "S1", "Z01-2", "20,000.00", "15,000.00", "75.00%"]]
    tables = small_blocks.tables()
    tables["hierarchy"] = tables["hierarchy"].iloc[:3]
    assert parts(tables)["hierarchy"] == {
        "text": "All 2 that have a level above lie wholly inside it (99% or more).",
        "table": None,
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_whole_quotes_the_rules_and_escapes_names(language: str) -> None:
    page = report(small_blocks.tables(), run=small_blocks.run(), language=language)
    assert Page(page).open == []
    assert small_blocks.HOSTILE not in page
    assert "总体规模不减少、产业布局更合理" in page
    for code in ("not_in_lines", "to_m0", "area_term", "given:", "layout_compactness"):
        assert code not in page


def test_the_report_does_not_depend_on_the_order_of_verdicts_or_parcels() -> None:
    tables = small_blocks.tables()
    turned = dict(tables)
    for name in ("control_verdicts", "block_parcels", "block_changes", "block_uses"):
        turned[name] = tables[name].iloc[::-1].reset_index(drop=True)
    assert parts(turned) == parts(tables)


def test_the_picture_has_a_line_for_each_block_by_set_and_level() -> None:
    drawn = block_picture(small_blocks.tables(), texts=catalog("en"))
    assert drawn is not None
    looks = [look for _, look in drawn["drawing"].lines]
    given, proposed = style.BLOCK_LINES, style.PROPOSED_LINES
    assert looks == [
        *(given["1"], given["2"], proposed["1"], proposed["2"]),
        *(style.ADJUSTED_LINES, style.ADJUSTED_LINES),
    ]
    assert [label.label for label in drawn["drawing"].labels] == ["L1", "L2"]
    names = ["level 1", "level 2", "proposed, level 1", "proposed, level 2", "adjusted"]
    assert [name for name, _ in drawn["legend"]] == names


def test_the_picture_is_to_scale_and_tints_industrial_land() -> None:
    drawn = block_picture(small_blocks.tables(), texts=catalog("en"))
    assert drawn is not None
    shown = drawn["drawing"]
    assert shown.context.count("M") == 3  # two lots of housing and one of shops
    assert shown.industrial.count("M") == 29
    # lots of 100 m: L1 is 350 m wide, and the bar tells how many pixels that is
    xs = [float(p.split(",")[0]) for p in shown.lines[0][0].strip("MZ").split("L")]
    assert max(xs) - min(xs) == pytest.approx(350 * shown.bar_px / shown.bar_m, abs=0.5)


def test_a_page_without_lines_has_no_picture() -> None:
    tables = small_blocks.tables()
    tables["block_lines"] = tables["block_lines"].set_geometry([None] * 9, crs=small_blocks.CRS)
    assert block_picture(tables, texts=catalog("en")) is None
    assert '<figure class="blocks">' not in report(tables, run=small_blocks.run(), language="en")


def test_parcels_beyond_number_are_left_out_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MAX_CONTEXT", 31)
    drawn = block_picture(small_blocks.tables(), texts=catalog("en"))
    assert drawn is not None
    assert (drawn["drawing"].industrial, len(drawn["drawing"].lines)) == ("", 6)
