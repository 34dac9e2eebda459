from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from districts import rule_set
from gisland.plan.case import solved
from gisland.plan.options.differences import COLUMNS, differences
from small_plans import CAP, Row, made_case, random_case, site_facts

if TYPE_CHECKING:
    import pytest

    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

SITES = site_facts({"S": 9000.0, "T": 9000.0})


def told(case: PlanCase) -> list[tuple[Any, ...]]:
    found = differences(case, solved(case))
    assert {c: str(k) for c, k in found.dtypes.items()} == COLUMNS
    return list(found.astype("object").where(found.notna(), "-").itertuples(index=False, name=None))


def test_added_dropped_moved_and_as_before() -> None:
    """Without decisions S takes a + b = 900 m2, T takes x + y; with them S b + c + x."""
    rows: list[Row] = [
        ("a", "S", 600, 1),
        ("b", "S", 300, 1),
        ("c", "S", 250, 1),
        ("x", "S", 80, 1),
        ("x", "T", 80, 9),
        ("y", "T", 50, 9),
        ("z", "T", 2000, 9),
    ]
    decisions = {"a": "out", "x": "S", "y": "in", "z": "in", "far": "out"}
    case = made_case(rows, SITES, rule_set(CAP), decisions=decisions)
    assert told(case) == [
        ("a", 600.0, "S", "-", "out", "dropped"),
        ("c", 250.0, "-", "S", "", "added"),
        ("far", "-", "-", "-", "out", "as_before"),
        ("x", 80.0, "T", "S", "S", "moved"),
        ("y", 50.0, "T", "T", "in", "as_before"),
        ("z", 2000.0, "-", "-", "in", "as_before"),
    ]


def test_without_decisions_there_are_no_rows() -> None:
    assert told(made_case([("a", "S", 600, 1)], SITES, rule_set(CAP))) == []
    assert told(made_case([], SITES, rule_set(CAP), decisions={"a": "in"})) == [
        ("a", "-", "-", "-", "in", "as_before")
    ]


def test_a_scrap_that_had_to_be_in_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """``in`` bars no pair, but the plan must be made anew without it, where it is and only there.

    The plan in force takes b because it must; without the decision a is the larger.
    """
    rows: list[Row] = [("a", "S", 600, 1), ("b", "S", 500, 1), ("t", "T", 5, 1)]
    case = made_case(rows, SITES, rule_set(CAP), decisions={"b": "in"})
    plan = solved(case)
    assert plan.chosen.tolist() == [False, True, True]
    asked = []

    def watched(part: PlanCase) -> Assignment:
        asked.append(sorted(set(part.pairs["site_id"])))
        return solved(part)

    monkeypatch.setattr("gisland.plan.options.replan.solved", watched)
    found = differences(case, plan)
    assert found[["parcel_id", "change"]].to_numpy().tolist() == [["a", "dropped"], ["b", "added"]]
    assert asked == [["S"]]


def test_the_plan_without_is_that_of_the_case_without() -> None:
    for seed in range(3):
        free, _ = random_case(seed)
        ids = sorted(free.pairs["parcel_id"].unique())
        words = {i: ("out", "in", "B0S0", "B1S1")[k % 4] for k, i in enumerate(ids[::3])}
        case, _ = random_case(seed, decisions=words)
        found = differences(case, solved(case)).set_index("parcel_id")
        taken = free.pairs[solved(free).chosen].set_index("parcel_id")["site_id"]
        expected = taken.reindex(found.index).astype("str").rename("site_without")
        pd.testing.assert_series_equal(found["site_without"], expected)
        now = case.pairs[solved(case).chosen].set_index("parcel_id")["site_id"]
        quiet = set(ids) - set(found.index)
        assert taken.reindex(sorted(quiet)).equals(now.reindex(sorted(quiet)))
        assert set(words) <= set(found.index)


def test_the_order_of_rows_does_not_matter() -> None:
    case, _ = random_case(5, decisions={"b0c0": "out", "b1c1": "out"})
    mixed = replace(case, pairs=case.pairs.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(
        differences(mixed, solved(mixed)), differences(case, solved(case))
    )
