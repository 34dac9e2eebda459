"""Alternatives, other caps and the effect of decisions, worked out by hand and then tampered with.

Without the cap on their number S1 (222 m² left) absorbs c1 and c2. Next best is c2 and c3; were
c4 (1400 m²) of the same tenure, c1 and c4 would be 2200 m²; at 12 % c3 would fit as well.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from verify_case import Case, codes, ids_of, judged, right_case, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    Tamper = Callable[[Case], object]

NAN = float("nan")
COUNT = rule("scrap.count_cap", 2.0, unit="count", operator="<=")
COLUMNS = (
    *("site_id", "component", "kind", "constraint", "limit", "scraps", "scraps_more"),
    *("area_m2", "area_more_m2", "border_more_m", "added_ids", "removed_ids"),
)
ROWS = [
    ("S1", 1, "second_best", "", NAN, 2, 0, 1800.0, -200.0, -10.0, "c3", "c1"),
    ("S2", 2, "second_best", "", NAN, 1, 0, 1000.0, 0.0, 0.0, "d2", "d1"),
    ("S1", 1, "relaxed", "same_tenure", NAN, 2, 0, 2200.0, 200.0, 10.0, "c4", "c2"),
    ("S1", 1, "relaxed", "share_cap", 0.12, 3, 1, 2600.0, 600.0, 30.0, "c3", ""),
    ("S1", 1, "relaxed", "share_cap", NAN, 3, 1, 2600.0, 600.0, 30.0, "c3", ""),
    ("S2", 2, "relaxed", "share_cap", NAN, 2, 1, 2000.0, 1000.0, 100.0, "d2", ""),
    ("S2", 2, "relaxed", "exclusion", NAN, 1, 0, 1000.0, 0.0, 0.0, "d3", "d1"),
]


def _case() -> Case:
    case = right_case()
    case.rules(dataclasses.replace(COUNT, mode="off"))
    table = pd.DataFrame(ROWS, columns=list(COLUMNS))
    case.tables["alternatives"] = table.assign(status="optimal")
    return case


def _cells(case: Case, row: int, **cells: object) -> None:
    table = case.tables["alternatives"].copy()
    for column, cell in cells.items():
        table.loc[row, column] = cell
    case.tables["alternatives"] = table


def test_right_alternatives_hold() -> None:
    assert judged(_case()) == []


C2_FOR_C3 = {"added_ids": "c3", "removed_ids": "c2", "area_m2": 1400.0, "area_more_m2": -600.0}
C3_MORE = {
    "scraps": 3,
    "scraps_more": 1,
    "area_m2": 2600.0,
    "area_more_m2": 600.0,
    "border_more_m": 30.0,
    "added_ids": "c3",
    "removed_ids": "",
}
C3_FOR_C1 = {
    "scraps": 2,
    "scraps_more": 0,
    "area_m2": 1800.0,
    "area_more_m2": -200.0,
    "border_more_m": -10.0,
    "added_ids": "c3",
    "removed_ids": "c1",
}
C1_OUT = {
    "scraps": 1,
    "scraps_more": -1,
    "area_m2": 1200.0,
    "area_more_m2": -800.0,
    "border_more_m": -40.0,
    "added_ids": "",
    "removed_ids": "c1",
}
TAMPERINGS: dict[str, tuple[int, dict[str, object], str]] = {
    "unknown scrap": (0, {"added_ids": "x"}, "alternative_ids"),
    "scrap of another site": (0, {"added_ids": "d2"}, "alternative_ids"),
    "adds what is there": (0, {"added_ids": "c2"}, "alternative_ids"),
    "removes what is not there": (0, {"removed_ids": "c4"}, "alternative_ids"),
    "unknown site": (0, {"site_id": "S9"}, "alternative_ids"),
    "unknown kind": (0, {"kind": "better"}, "alternative_ids"),
    "another component": (0, {"component": 2}, "alternative_ids"),
    "nothing changes": (0, {"added_ids": "", "removed_ids": ""}, "alternative_ids"),
    "scraps": (0, {"scraps": 3}, "alternative_numbers"),
    "scraps more": (0, {"scraps_more": 1}, "alternative_numbers"),
    "area": (0, {"area_m2": 1801.0}, "alternative_numbers"),
    "area more": (0, {"area_more_m2": 200.0}, "alternative_numbers"),
    "border more": (0, {"border_more_m": 10.0}, "alternative_numbers"),
    "limit of a second best": (0, {"limit": 0.12}, "alternative_limit"),
    "no step": (3, {"limit": 0.2}, "alternative_limit"),
    "limit of a list": (2, {"limit": 1.0}, "alternative_limit"),
    "rule that is off": (3, {"constraint": "count_cap", "limit": 3.0}, "alternative_limit"),
    "no rule": (3, {"constraint": "shape"}, "alternative_limit"),
    "fails another test": (2, {"constraint": "same_use"}, "alternative_ineligible"),
    "breaks the cap": (0, C3_MORE, "alternative_cap"),
    "breaks the relaxed cap": (2, {**C3_MORE, "constraint": "same_use"}, "alternative_cap"),
    "better than the best": (0, C3_MORE, "alternative_better"),
    "worse for more freedom": (3, C3_FOR_C1, "alternative_worse"),
    "not the second": (0, {**C2_FOR_C3, "border_more_m": -30.0}, "alternative_second"),
    "far from the second": (0, C1_OUT, "alternative_second"),
    "nothing left out": (0, C3_MORE, "alternative_second"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampered_alternative_is_caught(name: str) -> None:
    row, cells, code = TAMPERINGS[name]
    case = _case()
    _cells(case, row, **cells)
    assert code in codes(judged(case))


def test_alternative_that_was_not_proved_may_be_worse() -> None:
    case = _case()
    _cells(case, 3, **C3_FOR_C1, status="time_limit")
    _cells(case, 0, **C1_OUT, status="time_limit")
    assert judged(case) == []


def test_greedy_alternative_may_be_worse_but_not_better() -> None:
    case = _case()
    _cells(case, 0, kind="greedy", status="greedy")
    assert judged(case) == []
    _cells(case, 0, **C3_MORE)
    assert "alternative_better" in codes(judged(case))


def test_scrap_that_was_decided_is_not_added() -> None:
    case = _case()
    case.run["plan"] = {"decisions": {"c3": "out"}}
    assert "alternative_ineligible" in codes(judged(case))


def test_area_cap_relaxed_to_a_limit_still_holds() -> None:
    """1.5 times 900 m² are 1350 m²: c4 (1400 m²) stays out of them, c2 (1200 m²) does not."""
    case = _case()
    case.rules(rule("scrap.area_cap", 900.0, unit="m2", operator="<="))
    _cells(case, 2, constraint="area_cap", limit=1350.0)
    case.set("plan", "c4", reasons="area_cap")
    assert "alternative_ineligible" in codes(judged(case))
    _cells(case, 2, limit=NAN)
    assert "alternative_ineligible" not in codes(judged(case))


def test_area_cap_relaxed_to_a_limit_is_held_at_its_rounding() -> None:
    """1350 m² count as 1400 m² at whole 100 m²: so large is c4."""
    case = _case()
    cap = rule("scrap.area_cap", 900.0, unit="m2", operator="<=")
    case.rules(dataclasses.replace(cap, rounding_m2=100.0))
    _cells(case, 2, constraint="area_cap", limit=1350.0)
    case.set("plan", "c4", reasons="area_cap")
    assert "alternative_ineligible" not in codes(judged(case))


def test_without_its_cap_a_site_is_not_compared_at_the_rounding_of_the_cap() -> None:
    """At whole 1300 m² c1 and c2 count 2600 m², c3 and c4 only 1300 m²; both are 2000 m²."""
    case = _case()
    cap = rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="including")
    case.rules(dataclasses.replace(cap, rounding_m2=1300.0))
    cells: dict[str, object] = {"added_ids": "c3;c4", "removed_ids": "c1;c2", "scraps_more": 0}
    _cells(case, 4, **cells, scraps=2, area_m2=2000.0, area_more_m2=0.0, border_more_m=0.0)
    assert "alternative_worse" not in codes(judged(case))
    _cells(case, 4, limit=0.15)
    assert "alternative_worse" in codes(judged(case))


def test_tables_without_rows_hold() -> None:
    case = _changed()
    case.run["plan"] = {}
    case.set("plan", "c3", reasons="cap_full", rule_id="scrap.share_cap")
    swept = _swept().tables
    case.tables |= {name: swept[name].iloc[:0] for name in ("alternatives", "sweep")}
    case.tables["differences"] = case.tables["differences"].iloc[:0]
    assert judged(case) == []


def test_alternatives_in_which_nothing_changes_are_caught() -> None:
    case = _case()
    case.tables["alternatives"] = case.tables["alternatives"].assign(added_ids="", removed_ids="")
    assert codes(judged(case)) == {"alternative_ids"}


# --- other caps ---------------------------------------------------------------------------------


def _swept() -> Case:
    """5 %: only c1. 10 %: as it is. 12 %: c3 as well; of S2 1363 m² may be absorbed."""
    case = _case()
    rows = [(0.05, 1, 1, 800.0, -2200.0), (0.1, 3, 2, 3000.0, 0.0), (0.12, 4, 2, 3600.0, 600.0)]
    table = pd.DataFrame(rows, columns=["cap", "scraps", "sites", "absorbed_m2", "more_m2"])
    case.tables["sweep"] = table.assign(area_cap_m2=NAN, status="optimal")
    return case


def test_right_sweep_holds() -> None:
    assert judged(_swept()) == []


@pytest.mark.parametrize(
    ("row", "cells", "code"),
    [
        (0, {"more_m2": 2200.0}, "sweep_numbers"),
        (0, {"scraps": 0}, "sweep_numbers"),
        (0, {"sites": 2}, "sweep_numbers"),
        (1, {"absorbed_m2": 2999.0, "more_m2": -1.0}, "sweep_in_force"),
        (2, {"absorbed_m2": 2900.0, "more_m2": -100.0}, "sweep_order"),
        (2, {"cap": 0.04}, "sweep_order"),
        (0, {"cap": 0.1, "area_cap_m2": 1500.0}, "sweep_in_force"),
        (2, {"cap": 0.1, "area_cap_m2": 1400.0}, "sweep_order"),
    ],
)
def test_tampered_sweep_is_caught(row: int, cells: dict[str, float], code: str) -> None:
    case = _swept()
    table = case.tables["sweep"].copy()
    for column, cell in cells.items():
        table.loc[row, column] = cell
    case.tables["sweep"] = table
    assert code in codes(judged(case))
    case.tables["sweep"] = table.assign(status="time_limit")
    assert (code in codes(judged(case))) == (code == "sweep_numbers")


@pytest.mark.parametrize(("step", "right"), [(0.01, False), (1.0, True)])
def test_sweep_may_fall_by_what_its_cap_is_rounded_to(step: float, *, right: bool) -> None:
    case = _swept()
    cap = rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="including")
    case.rules(dataclasses.replace(cap, rounding_m2=step))
    table = case.tables["sweep"].copy()
    table.loc[2, ["absorbed_m2", "more_m2"]] = [2999.6, -0.4]
    case.tables["sweep"] = table
    assert ("sweep_order" not in codes(judged(case))) == right


@pytest.mark.parametrize(
    ("plan", "code", "ids"),
    [
        ({"alternatives": True, "sweep_caps": [0.05, 0.1, 0.12]}, "", set()),
        ({"alternatives": False, "sweep_caps": [0.05, 0.1]}, "sweep_numbers", {"sweep"}),
        ({"alternatives": False, "sweep_areas_m2": [9.0]}, "sweep_numbers", {"sweep"}),
        ({"alternatives": False, "decisions": {"d2": "out"}}, "table_absent", {"differences"}),
    ],
)
def test_what_the_record_asks_for_is_there(
    plan: dict[str, object], code: str, ids: set[str]
) -> None:
    case = _swept()
    case.run["plan"] = plan
    found = judged(case)
    assert ids_of(found, code) == ids
    assert code or found == []


def test_second_best_plan_that_is_left_out_is_missed() -> None:
    case = _case()
    case.run["plan"] = {"alternatives": True}
    table = case.tables["alternatives"]
    case.tables["alternatives"] = table.drop(index=1).reset_index(drop=True)
    assert ids_of(judged(case), "alternative_second") == {"S2"}
    del case.tables["alternatives"]
    assert ids_of(judged(case), "alternative_second") == {"S1", "S2"}


# --- decisions ----------------------------------------------------------------------------------


def _changed() -> Case:
    """C3 is decided out, which it was not in before; without decisions d2 would be in for d1."""
    case = right_case()
    case.run["plan"] = {"decisions": {"c3": "out", "d1": "in"}}
    case.set("plan", "c3", reasons="decided_out", rule_id="")
    rows = [
        ("c3", 600.0, None, None, "out", "as_before"),
        ("d1", 1000.0, None, "S2", "in", "added"),
        ("d2", 1000.0, "S2", None, "", "dropped"),
    ]
    names = ["parcel_id", "area_m2", "site_without", "site_with", "decision", "change"]
    case.tables["differences"] = pd.DataFrame(rows, columns=names)
    return case


def test_right_differences_hold() -> None:
    assert judged(_changed()) == []


@pytest.mark.parametrize(
    ("scrap", "cells"),
    [
        ("c3", {"decision": "in"}),
        ("d2", {"decision": "out"}),
        ("d1", {"site_with": "S1"}),
        ("d2", {"site_with": "S2"}),
        ("d1", {"change": "moved"}),
        ("d2", {"site_without": None, "change": "as_before"}),
        ("d2", {"site_without": "S1"}),
        ("c3", {"area_m2": 1.0}),
        ("c3", {"parcel_id": "d2"}),
        ("c3", {"parcel_id": "c4"}),
    ],
)
def test_tampered_differences_are_caught(scrap: str, cells: dict[str, object]) -> None:
    case = _changed()
    case.set("differences", scrap, **cells)
    assert ids_of(judged(case), "differences")


@pytest.mark.parametrize(("greedy_m2", "right"), [(1400.0, True), (2000.0, False), (1450.0, False)])
def test_what_greedy_loses_is_that_of_its_rows(greedy_m2: float, *, right: bool) -> None:
    case = _case()
    case.run["plan"] = {"alternatives": True}
    greedy = {"site_id": "S1", "component": 1, "kind": "greedy", "constraint": "", "limit": NAN}
    row = {**greedy, "scraps": 2, "scraps_more": 0, **C2_FOR_C3, "border_more_m": -30.0}
    table = case.tables["alternatives"]
    rows = pd.concat([table, pd.DataFrame([{**row, "status": "greedy"}])], ignore_index=True)
    case.tables["alternatives"] = rows
    for number, own in ((0, greedy_m2), (1, 1000.0)):
        case.run["components"][number].update(greedy_m2=own, scraps=3)
    assert ids_of(judged(case), "components") == (set() if right else {"1"})
