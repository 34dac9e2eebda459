from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from gisland.base.rules import load_rules
from gisland.base.schema import OUTCOMES, VERDICTS
from gisland.base.verdicts import (
    by_use_class,
    failing,
    outcomes,
    together,
    verdict_frame,
)

RULES = load_rules("national-2023-171")
MIN_LOT = "fragment.min_lot"


def ids(*names: str) -> pd.Index:
    return pd.Index(list(names), dtype="str", name="parcel_id")


def row(parcel: str, test: str, outcome: str = "fail", **more: object) -> pd.DataFrame:
    given = {"subject": "", "test": test, "outcome": outcome, "mode": "on"} | more
    return verdict_frame(ids(parcel), **given)


# --- one test -----------------------------------------------------------------------------------


def test_a_frame_has_all_columns_in_order_with_their_kinds() -> None:
    found = verdict_frame(ids("a", "b"), test="min_lot", value=[1, 2], outcome=["pass", "fail"])
    assert found.columns.tolist() == list(VERDICTS)
    assert found["parcel_id"].tolist() == ["a", "b"]
    kinds = found.dtypes.astype("str").to_dict()
    assert {k for k, v in kinds.items() if v == "float64"} == {"value", "limit"}
    assert {v for k, v in kinds.items() if k not in {"value", "limit"}} == {"str"}
    assert found[["limit", "subject", "rule_id"]].isna().all(axis=None)


def test_an_empty_frame_has_the_same_kinds() -> None:
    found, some = verdict_frame(ids()), verdict_frame(ids("a"), test="x", value=1.0)
    assert found.dtypes.astype("str").to_dict() == some.dtypes.astype("str").to_dict()


def test_outcomes_are_three_valued() -> None:
    holds = pd.Series([True, None, False], dtype="boolean", index=["x", "y", "z"])
    assert outcomes(holds).tolist() == ["pass", "missing", "fail"]
    assert outcomes(holds.iloc[:0]).tolist() == []
    assert set(outcomes(holds)) < set(OUTCOMES)


def test_by_use_class_tells_value_limit_and_source() -> None:
    areas = pd.Series([2000.0, 1999.99, None], index=ids("a", "b", "c"))
    found = by_use_class(areas, None, rules=RULES, rule_id=MIN_LOT)
    rule = RULES[f"{MIN_LOT}.default"]
    assert found["outcome"].tolist() == ["pass", "fail", "missing"]
    assert found["value"].tolist()[:2] == [2000.0, 1999.99]
    assert found["value"].isna().tolist() == [False, False, True]
    assert found["limit"].tolist() == [rule.limit] * 3
    common = found[["subject", "test", "operator", "unit", "rule_id", "mode"]].drop_duplicates()
    told = ["", "min_lot", rule.operator, "m2", rule.id, rule.mode]
    assert common.to_numpy().tolist() == [told]


def test_by_use_class_without_parcels() -> None:
    nothing = pd.Series([], dtype="float64", index=ids())
    found = by_use_class(nothing, None, rules=RULES, rule_id=MIN_LOT)
    assert found.empty
    assert found.columns.tolist() == list(VERDICTS)


def test_by_use_class_takes_the_class_own_rule_else_the_default() -> None:
    public = replace(RULES[f"{MIN_LOT}.default"], id=f"{MIN_LOT}.public", value=500.0)
    rules = replace(RULES, rules={**RULES.rules, public.id: public})
    areas = pd.Series(600.0, index=ids("d", "c", "b", "a"))
    uses = pd.Series(["public", "industrial", None, "farm"], index=areas.index)
    found = by_use_class(areas, uses, rules=rules, rule_id=MIN_LOT).set_index("parcel_id")
    assert found.index.tolist() == ["d", "c", "b", "a"]
    found = found.sort_index()
    assert found["outcome"].tolist() == ["fail", "fail", "fail", "pass"]
    assert found["rule_id"].str.split(".").str[-1].tolist() == [
        "default",
        "default",
        "industrial",
        "public",
    ]


def test_by_use_class_without_use_classes_takes_the_default() -> None:
    areas = pd.Series([600.0], index=ids("a"))
    found = by_use_class(areas, None, rules=RULES, rule_id=MIN_LOT)
    assert found["rule_id"].tolist() == [f"{MIN_LOT}.default"]


def test_a_class_whose_rule_is_off_or_absent_has_no_row() -> None:
    far = pd.Series([0.1, 0.1], index=ids("a", "b"))
    uses = pd.Series(["industrial", "farm"], index=far.index)
    found = by_use_class(far, uses, rules=RULES, rule_id="low_use.far")
    assert found["parcel_id"].tolist() == ["a"]
    off = replace(RULES["low_use.far.industrial"], mode="off")
    rules = replace(RULES, rules={**RULES.rules, off.id: off})
    assert by_use_class(far, uses, rules=rules, rule_id="low_use.far").empty


def test_by_use_class_takes_the_rule_of_the_industry() -> None:
    uses = pd.Series(["industrial", "industrial", "farm", "industrial", None], index=list("abcde"))
    codes = pd.Series(["C26", None, "C26", "C2614", "C26"], index=uses.index)
    far = pd.Series([0.55, 0.55, 0.55, None, 0.55], index=uses.index)
    found = by_use_class(far, uses, rules=RULES, rule_id="low_use.far", industry=codes)
    assert found["parcel_id"].tolist() == ["a", "b", "d"]
    assert found["outcome"].tolist() == ["fail", "pass", "missing"]
    assert found["limit"].tolist() == [0.6, 0.5, 0.6]
    turned = by_use_class(
        far[::-1], uses[::-1], rules=RULES, rule_id="low_use.far", industry=codes[::-1]
    )
    pd.testing.assert_frame_equal(together([turned]), found)


def test_by_use_class_with_industries_but_without_classes_or_parcels() -> None:
    codes = pd.Series(["C26", "C27"], index=ids("a", "b"))
    far = pd.Series([0.1, 0.1], index=codes.index)
    assert by_use_class(far, None, rules=RULES, rule_id="low_use.far", industry=codes).empty
    none = codes.iloc[:0]
    nothing = by_use_class(far.iloc[:0], none, rules=RULES, rule_id="low_use.far", industry=none)
    assert nothing.columns.tolist() == list(VERDICTS)


def test_very_many_industries_are_read_once_each() -> None:
    count = 200_000
    codes = pd.Series([f"x{n}" for n in range(count)], index=[f"p{n:06d}" for n in range(count)])
    codes.iloc[0] = "C26"
    far, uses = pd.Series(0.55, index=codes.index), pd.Series("industrial", index=codes.index)
    found = by_use_class(far, uses, rules=RULES, rule_id="low_use.far", industry=codes)
    assert found["outcome"].value_counts().to_dict() == {"pass": count - 1, "fail": 1}


# --- several tests ------------------------------------------------------------------------------


def test_together_sorts_by_parcel_subject_and_test() -> None:
    parts = [
        row("b", "x"),
        row("a", "y", subject="S2"),
        row("a", "z", subject="S1"),
        row("a", "x", subject="S1"),
    ]
    found = together(parts)
    assert found[["parcel_id", "subject", "test"]].to_numpy().tolist() == [
        ["a", "S1", "x"],
        ["a", "S1", "z"],
        ["a", "S2", "y"],
        ["b", "", "x"],
    ]
    assert found.index.tolist() == [0, 1, 2, 3]
    pd.testing.assert_frame_equal(together(parts[::-1]), found)


def test_together_of_nothing_is_empty_with_the_same_kinds() -> None:
    some = together([row("a", "x")])
    assert together([]).dtypes.to_dict() == some.dtypes.to_dict()
    assert together([verdict_frame(ids())]).empty


@pytest.mark.parametrize("outcome", ["pass", "missing", "not_assessed"])
def test_only_a_failed_test_fails(outcome: str) -> None:
    assert failing(row("a", "min_lot", outcome), ids("a")).tolist() == [""]


def test_advisory_tests_do_not_fail() -> None:
    rows = together([row("a", "min_lot", mode="advisory"), row("a", "min_width")])
    assert failing(rows, ids("a")).tolist() == ["min_width"]


def test_failing_joins_tests_in_order_once_on_the_ids_asked_for() -> None:
    rows = together([row("b", "y"), row("b", "x", subject="S"), row("b", "x"), row("c", "z")])
    found = failing(rows, ids("c", "a", "b"))
    assert found.to_dict() == {"c": "z", "a": "", "b": "x;y"}
    assert found.dtype == "str"
    assert found.index.name == "parcel_id"


def test_failing_without_rows() -> None:
    assert failing(together([]), ids("a")).tolist() == [""]
    assert failing(row("a", "x"), ids()).empty


def test_input_stays_as_it_was() -> None:
    rows = together([row("b", "y"), row("a", "x")])
    before = rows.copy(deep=True)
    failing(rows, ids("b", "a"))
    together([rows, rows])
    pd.testing.assert_frame_equal(rows, before)
