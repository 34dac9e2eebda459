"""Adjusted lines, changes and their balance are proved from geometry; each fault is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shapely import box

from blocks_case import adjusted_case, change, given_case, take_out
from gisland.verify.adjusted import check_adjusted
from gisland.verify.blocks import check_blocks
from gisland.verify.layout import _edge_m
from verify_case import codes, facts_of, judged

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case


def told(case: Case) -> list[Violation]:
    """What the proofs of adjustments say alone."""
    return check_adjusted(facts_of(case))


def named(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and ids of what does not hold."""
    return [(v.code, v.ids) for v in told(case)]


def test_a_right_adjustment_holds() -> None:
    case = adjusted_case()
    assert told(case) == []
    assert check_blocks(facts_of(case)) == []
    assert judged(case) == []


def test_nothing_is_adjusted() -> None:
    assert told(given_case()) == []


CELLS: list[tuple[str, dict[str, object], dict[str, Any], str, str]] = [
    ("block_changes", {"change_id": "c1"}, {"area_m2": 9_000.0}, "block_change", "c1"),
    ("block_changes", {"change_id": "c1"}, {"effective_m2": 9_000.0}, "block_change", "c1"),
    ("block_changes", {"change_id": "c2"}, {"effective_m2": 6_000.0}, "block_change", "c2"),
    ("block_changes", {"change_id": "c2"}, {"industrial_m2": 0.0}, "block_change", "c2"),
    ("block_changes", {"change_id": "c3"}, {"effective_m2": 2_500.0}, "block_change", "c3"),
    ("block_changes", {"change_id": "c3"}, {"reason": "not_in"}, "block_change_reason", "c3"),
    (
        "block_changes",
        {"change_id": "c3"},
        {"reason": "unknown_block"},
        "block_change_reason",
        "c3",
    ),
    ("block_changes", {"change_id": "c3"}, {"reason": "no_geometry"}, "block_change_reason", "c3"),
    (
        "block_balance",
        {"block_id": "L1", "indicator": "area_m2"},
        {"after": 99_000.0, "delta": -6_000.0},
        "block_balance",
        "L1 area_m2",
    ),
    (
        "block_balance",
        {"block_id": "L1", "indicator": "m0_share"},
        {"delta": 0.0},
        "block_balance",
        "L1 m0_share",
    ),
    (
        "block_balance",
        {"indicator": "edge_density"},
        {"before": 141.0, "delta": 0.0},
        "block_balance",
        "overall edge_density",
    ),
    (
        "block_balance",
        {"indicator": "mean_parcel_area"},
        {"unit": "mu"},
        "block_balance",
        "overall mean_parcel_area",
    ),
    (
        "control_verdicts",
        {"test": "total_kept"},
        {"value": 1.0},
        "area_verdict_value",
        "adjusted:overall total_kept",
    ),
    (
        "control_verdicts",
        {"test": "layout_mesh"},
        {"limit": 1.0},
        "area_verdict_rule",
        "adjusted:overall layout_mesh",
    ),
    (
        "control_verdicts",
        {"test": "layout_mesh"},
        {"operator": "<="},
        "area_verdict_rule",
        "adjusted:overall layout_mesh",
    ),
    (
        "control_verdicts",
        {"test": "layout_patches"},
        {"outcome": "fail"},
        "area_verdict_outcome",
        "adjusted:overall layout_patches",
    ),
]


@pytest.mark.parametrize(("table", "where", "cells", "code", "place"), CELLS)
def test_one_wrong_cell_is_found_where_it_is(
    table: str, where: dict[str, object], cells: dict[str, Any], code: str, place: str
) -> None:
    case = adjusted_case()
    change(case, table, where, **cells)
    assert named(case) == [(code, (place,))]


def test_a_change_that_took_no_effect() -> None:
    """The adjusted L1 is still the given one."""
    case = adjusted_case()
    lines = case.tables["block_lines"].copy()
    shapes = lines.geometry.tolist()
    shapes[3] = shapes[0]
    case.tables["block_lines"] = lines.set_geometry(shapes, crs=lines.crs)
    assert ("adjusted_block", ("L1",)) in named(case)


def test_land_that_no_change_took_in() -> None:
    case = adjusted_case()
    lines = case.tables["block_lines"].copy()
    shapes = lines.geometry.tolist()
    west, south, east, north = shapes[4].bounds
    shapes[4] = box(west, south, east + 1, north)
    case.tables["block_lines"] = lines.set_geometry(shapes, crs=lines.crs)
    assert ("adjusted_block", ("L2",)) in named(case)
    shapes[4] = box(west, south, east + 0.05, north)  # a gap within the tolerance was closed
    case.tables["block_lines"] = lines.set_geometry(shapes, crs=lines.crs)
    assert "adjusted_block" not in codes(told(case))


def test_a_block_that_is_gone() -> None:
    case = adjusted_case()
    take_out(case, "block_lines", lines="adjusted", block_id="L2")
    assert ("adjusted_block", ("L2",)) in named(case)


def test_a_measure_left_out() -> None:
    case = adjusted_case()
    take_out(case, "block_balance", indicator="compactness")
    assert ("block_balance", ("overall compactness",)) in named(case)


@pytest.mark.parametrize(
    ("gone", "found"),
    [
        ("block_changes", ("block_changes",)),
        ("block_balance", ("block_balance",)),
        ("control_verdicts", ("control_verdicts",)),
    ],
)
def test_tables_that_must_be_there(gone: str, found: tuple[str, ...]) -> None:
    case = adjusted_case()
    del case.tables[gone]
    assert named(case) == [("adjusted_tables", found)]


def test_changes_without_adjusted_lines() -> None:
    case = adjusted_case()
    take_out(case, "block_lines", lines="adjusted")
    assert named(case) == [("adjusted_tables", ("adjusted",))]


def test_blocks_that_end_along_one_line_have_an_edge_each_unless_it_parts_them() -> None:
    inner, outer, beside = box(0, 0, 40, 40), box(0, 0, 100, 100), box(100.02, 0, 200, 100)
    shapes = np.array([inner, outer, beside])
    assert _edge_m(shapes, within_m=0.05) == pytest.approx(160 + 400 + 399.96 - 100, rel=1e-3)
