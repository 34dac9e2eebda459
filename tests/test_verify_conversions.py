"""Conversions and parks: rows, totals and verdicts are proved from the parcels, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from blocks_case import add, change, converted_case, given_case, take_out
from gisland.verify.conversions import check_conversions
from gisland.verify.parks import check_parks
from verify_case import facts_of, judged

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case


def told(case: Case) -> list[Violation]:
    """What the proofs of conversions and parks say alone."""
    facts = facts_of(case)
    return [*check_conversions(facts), *check_parks(facts)]


def named(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and ids of what does not hold."""
    return [(v.code, v.ids) for v in told(case)]


def test_right_conversions_and_parks_hold() -> None:
    assert told(converted_case()) == []
    assert judged(converted_case()) == []


CELLS: list[tuple[str, dict[str, object], dict[str, Any], str, str]] = [
    ("conversions", {"parcel_id": "a0"}, {"kind": "to_other"}, "conversion_row", "a0"),
    ("conversions", {"parcel_id": "a1"}, {"use_after": "industrial"}, "conversion_row", "a1"),
    ("conversions", {"parcel_id": "a7"}, {"use_before": "industrial"}, "conversion_row", "a7"),
    ("conversions", {"parcel_id": "b4"}, {"area_m2": 10_000.0}, "conversion_row", "b4"),
    ("conversions", {"parcel_id": "b4"}, {"block_id": "L1"}, "conversion_row", "b4"),
    ("conversions", {"parcel_id": "b4"}, {"plan_year": 2027}, "conversion_row", "b4"),
    (
        "conversion_totals",
        {"year": "2026", "kind": "to_industry"},
        {"area_m2": 9_000.0},
        "conversion_total",
        "2026 to_industry",
    ),
    (
        "conversion_totals",
        {"year": "2026", "kind": "to_industry"},
        {"share": 0.5},
        "conversion_total",
        "2026 to_industry",
    ),
    (
        "conversion_totals",
        {"year": "2026", "kind": "to_industry"},
        {"parcels": 2},
        "conversion_total",
        "2026 to_industry",
    ),
    (
        "control_verdicts",
        {"subject": "year:unknown", "test": "m0_cap"},
        {"value": 0.0},
        "area_verdict_value",
        "year:unknown m0_cap",
    ),
    (
        "control_verdicts",
        {"subject": "year:2026", "test": "industry_floor"},
        {"outcome": "pass"},
        "area_verdict_outcome",
        "year:2026 industry_floor",
    ),
    ("parks", {"park_id": "P1"}, {"industrial_m2": 59_000.0}, "park", "P1"),
    ("parks", {"park_id": "P1"}, {"area_m2": 59_000.0}, "park", "P1"),
    ("parks", {"park_id": "P1"}, {"built_share": 0.9}, "park", "P1"),
    ("parks", {"park_id": "P1"}, {"built_from": ""}, "park_source", "P1"),
    (
        "control_verdicts",
        {"test": "park_share"},
        {"outcome": "pass"},
        "area_verdict_outcome",
        "overall park_share",
    ),
    (
        "control_verdicts",
        {"test": "park_share"},
        {"numerator": 50_000.0},
        "area_verdict_value",
        "overall park_share",
    ),
    (
        "control_verdicts",
        {"test": "industrial_share_of_built_up"},
        {"value": 0.5},
        "area_verdict_value",
        "overall industrial_share_of_built_up",
    ),
    (
        "control_verdicts",
        {"test": "industrial_share_of_built_up"},
        {"outcome": "pass"},
        "area_verdict_outcome",
        "overall industrial_share_of_built_up",
    ),
    (
        "control_verdicts",
        {"test": "built_share"},
        {"limit": 0.1},
        "area_verdict_rule",
        "park:P1 built_share",
    ),
]


@pytest.mark.parametrize(("table", "where", "cells", "code", "place"), CELLS)
def test_one_wrong_cell_is_found_where_it_is(
    table: str, where: dict[str, object], cells: dict[str, Any], code: str, place: str
) -> None:
    case = converted_case()
    change(case, table, where, **cells)
    assert named(case) == [(code, (place,))]


def test_built_land_of_a_park_by_status() -> None:
    case = converted_case()
    change(case, "parcels", {"parcel_id": "a0"}, status="in use")
    assert named(case)[0] == ("park", ("P1",))


def test_conversions_left_out_and_made_up() -> None:
    case = converted_case()
    add(case, "conversions", parcel_id="a2")
    take_out(case, "conversions", parcel_id="a6")
    assert named(case) == [("conversion_missing", ("a6",)), ("conversion_strange", ("a2",))]


def test_totals_left_out_and_made_up() -> None:
    case = converted_case()
    add(case, "conversion_totals", year="2030")
    take_out(case, "conversion_totals", kind="to_m0")
    assert named(case) == [("conversion_total", ("2030 to_industry", "unknown to_m0"))]


def test_verdicts_left_out() -> None:
    case = converted_case()
    take_out(case, "control_verdicts", subject="year:2026", test="m0_cap")
    take_out(case, "control_verdicts", subject="park:P1", test="to_build_share")
    assert named(case) == [
        ("area_verdict_missing", ("year:2026 m0_cap",)),
        ("area_verdict_missing", ("park:P1 to_build_share",)),
    ]


@pytest.mark.parametrize("gone", [["conversion_totals"], ["conversions", "conversion_totals"]])
def test_tables_that_must_be_there(gone: list[str]) -> None:
    case = converted_case()
    for name in gone:
        del case.tables[name]
    assert named(case) == [("conversion_tables", tuple(sorted(gone)))]


def test_lines_without_plans_need_no_conversions() -> None:
    assert told(given_case()) == []


def test_a_converted_parcel_moved_out_of_the_lines() -> None:
    case = converted_case()
    shapes = case.tables["block_lines"].geometry.tolist()
    table = case.tables["block_lines"].copy()
    shapes[1] = shapes[1].difference(case.tables["parcels"].geometry.iloc[14])  # b4
    case.tables["block_lines"] = table.set_geometry(shapes, crs=table.crs)
    assert case.tables["parcels"]["parcel_id"].iloc[14] == "b4"
    assert ("conversion_strange", ("b4",)) in named(case)
