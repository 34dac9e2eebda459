"""The rules behind a report: one passage for each text, and what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

import small_results
from gisland.present.rulebook import rulebook
from gisland.present.sheets import report
from gisland.present.style import catalog


def record(rule_id: str, **changed: object) -> dict[str, Any]:
    """A rule of a text that two rules may share."""
    told = {"title": "T", "section": "2", "quotation": "q", "source": "S", "status": "seed"}
    number = {"mode": "on", "value": 9.0, "unit": "m2", "operator": "<", "denominator": ""}
    return {"id": rule_id, **told, **number, **changed}


def passages(*records: dict[str, Any]) -> list[dict[str, Any]]:
    ids = [r["id"] for r in records]
    return rulebook(ids, run={"rules": {"records": list(records)}}, texts=catalog("en"))[0]


def test_what_a_passage_leaves_open_is_told_once() -> None:
    shared = passages(
        record("scrap.area_cap", not_known="each or together"),
        record("scrap.total_cap", not_known="each or together"),
        record("scrap.count_cap", not_known="how many"),
        record("scrap.far_not_above", quotation="other", not_known=""),
        record("scrap.same_use", quotation="older"),  # written before rules told it
    )
    gaps = [p["not_known"] for p in shared]
    assert gaps == [["each or together", "how many"], [], []]
    assert len(shared[0]["lines"]) == 3


def test_rules_that_are_off_leave_nothing_open() -> None:
    assert passages(record("scrap.area_cap", mode="off", not_known="much")) == []


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "尚不明确：&lt;b&gt;"), ("en", "not known: ")]
)
def test_the_report_tells_what_is_not_known(language: str, told: str) -> None:
    run = small_results.run()
    assert told not in report(small_results.tables(), run=run, language=language)
    for rule in run["rules"]["records"]:
        rule["not_known"] = "<b>全部</b>"
    page = report(small_results.tables(), run=run, language=language)
    assert told in page
    assert "<b>全部" not in page


def test_a_rounding_of_its_own_is_told_with_the_limit() -> None:
    told = record("scrap.total_cap", value=15_000.0, unit="m2", operator="<=", rounding_m2=1.0)
    run = {"rules": {"records": [told]}}
    found, _ = rulebook(["scrap.total_cap"], run=run, texts=catalog("zh"))
    assert found[0]["lines"] == ["零星用地合计面积上限：≤ 15,000.00 m²，面积按 1 m² 取整"]
