from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from gisland.base.rules import Rule, RuleSet, load_rules
from gisland.base.verdicts import verdict_frame
from gisland.detect.lowuse import low_use, low_use_verdicts

BASE = load_rules("national-2023-171")  # industrial: FAR at least 0.5, coverage at least 0.30
TAX = Rule(
    id="low_use.tax.industrial",
    mode="on",
    value=100_000.0,
    unit="yuan/mu",
    operator=">=",
    denominator="land area",
    title="",
    section="",
    quotation="",
    source="",
    status="general knowledge",
)


def rules(*more: Rule) -> RuleSet:
    return replace(BASE, rules={**BASE.rules, **{r.id: r for r in more}})


def lots(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    given = {"use_class": ["industrial"] * count} | columns
    index = pd.Index([f"p{i}" for i in range(count)], name="parcel_id")
    frame = pd.DataFrame(given, index=index)
    return frame.assign(area_m2=10_000.0, area_mu=15.0)


def outcomes(frame: pd.DataFrame, test: str, rule_set: RuleSet = BASE) -> list[str]:
    found = low_use_verdicts(frame, rules=rule_set)
    return found.loc[found["test"] == test, "outcome"].tolist()


def answers(frame: pd.DataFrame, rule_set: RuleSet = BASE) -> list[object]:
    return low_use(low_use_verdicts(frame, rules=rule_set), frame.index)["low_use"].tolist()


def test_far_and_coverage_at_their_limits() -> None:
    frame = lots(far=[0.5, 0.4999999, 0.499999, 0.0], coverage=[0.30, 0.299, 0.8, None])
    assert outcomes(frame, "far") == ["pass", "pass", "fail", "fail"]  # compared at 1e-6
    assert outcomes(frame, "coverage") == ["pass", "fail", "pass", "missing"]
    assert answers(frame) == [False, True, True, True]


def test_reasons_list_the_failed_tests() -> None:
    frame = lots(far=[0.1, 0.9], coverage=[0.1, 0.9], status=["闲置", "在产"])
    found = low_use(low_use_verdicts(frame, rules=BASE), frame.index)
    assert found["low_use_reasons"].tolist() == ["coverage;far;status", ""]


def test_a_column_that_is_not_there_is_not_assessed() -> None:
    found = low_use_verdicts(lots(far=[0.7]), rules=BASE).set_index("test")
    assert found["outcome"].to_dict() == {
        "coverage": "not_assessed",
        "far": "pass",
        "status": "not_assessed",
    }
    assert found.loc["coverage", "limit"] == 0.30


def test_the_unknown_never_reads_as_fine() -> None:
    nothing_known = lots(far=[None, None], coverage=[None, None], status=[None, None])
    assert answers(nothing_known.astype({"far": "float64", "coverage": "float64"})) == [pd.NA] * 2
    assert answers(lots(use_class=["industrial"])) == [pd.NA]


def test_one_passed_test_is_enough_for_an_answer() -> None:
    assert answers(lots(far=[0.7], coverage=[float("nan")])) == [False]


def test_status_words_of_both_languages() -> None:
    words = ["闲置", "vacant", "在产", None, "停产", "in use"]
    frame = lots(status=words)
    assert outcomes(frame, "status") == ["fail", "fail", "pass", "missing", "fail", "pass"]
    assert answers(frame) == [True, True, False, pd.NA, True, False]


def test_status_holds_for_every_use_class_and_for_none() -> None:
    frame = lots(status=["空置"] * 3, use_class=["residential", None, "industrial"])
    assert answers(frame) == [True, True, True]


def test_rates_are_per_mu_of_the_drawn_area() -> None:
    frame = lots(tax_yuan=[1_500_000.0, 1_499_999.0, None, 0.0])  # 15 mu at 100 000 yuan each
    assert outcomes(frame, "tax", rules(TAX)) == ["pass", "fail", "missing", "fail"]
    found = low_use_verdicts(frame, rules=rules(TAX))
    row = found[found["test"] == "tax"].iloc[0]
    assert (row["value"], row["limit"], row["unit"]) == (100_000.0, 100_000.0, "yuan/mu")
    assert row["denominator"] == "land area"


@pytest.mark.parametrize(
    ("test", "column"), [("output", "output_yuan"), ("investment", "investment_yuan")]
)
def test_output_and_investment_work_like_tax(test: str, column: str) -> None:
    rule = replace(TAX, id=f"low_use.{test}.industrial", value=3.0)
    assert outcomes(lots(**{column: [45.0, 44.0]}), test, rules(rule)) == ["pass", "fail"]


def test_without_a_rule_there_is_no_row() -> None:
    assert outcomes(lots(tax_yuan=[0.0]), "tax") == []
    frame = lots(far=[0.1, 0.1], use_class=["residential", None])  # the FAR rule is industrial
    assert outcomes(frame, "far") == []
    assert answers(frame) == [pd.NA, pd.NA]


def test_without_use_classes_rules_of_one_class_do_not_apply() -> None:
    frame = lots(far=[0.1]).drop(columns="use_class")
    assert outcomes(frame, "far") == []
    default = replace(BASE["low_use.far.industrial"], id="low_use.far.default")
    assert outcomes(frame, "far", rules(default)) == ["fail"]


def test_roads_and_water_are_not_tested() -> None:
    frame = lots(status=["闲置"] * 3, use_class=["transport", "water", "industrial"])
    assert answers(frame) == [pd.NA, pd.NA, True]


def test_advisory_rules_report_and_do_not_decide() -> None:
    advisory = replace(BASE["low_use.far.industrial"], mode="advisory")
    frame = lots(far=[0.1, 0.1], status=["在产", None])
    assert outcomes(frame, "far", rules(advisory)) == ["fail", "fail"]
    assert answers(frame, rules(advisory)) == [False, pd.NA]


def test_a_status_rule_that_is_off_gives_no_row() -> None:
    off = replace(BASE["low_use.status"], mode="off")
    assert outcomes(lots(status=["闲置"]), "status", rules(off)) == []


def test_parcels_without_area_are_not_tested() -> None:
    frame = lots(status=["闲置", "闲置"])
    frame.loc["p0", "area_m2"] = float("nan")
    assert answers(frame) == [pd.NA, True]


def test_the_answer_comes_on_the_index_asked_for() -> None:
    rows = verdict_frame(pd.Index(["b"]), test="far", outcome="fail", mode="on")
    found = low_use(rows, pd.Index(["c", "b"], name="parcel_id"))
    assert found["low_use"].tolist() == [pd.NA, True]
    assert found["low_use"].dtype == "boolean"
    assert found["low_use_reasons"].tolist() == ["", "far"]
    assert found.index.name == "parcel_id"


def test_no_verdict_at_all() -> None:
    found = low_use(verdict_frame(pd.Index([], dtype="str")), pd.Index(["a"]))
    assert found["low_use"].tolist() == [pd.NA]
    assert found["low_use"].dtype == "boolean"
    assert low_use_verdicts(lots(far=[0.1]).iloc[:0], rules=BASE).empty


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    frame = lots(far=[0.1, 0.6, None, 0.5], coverage=[0.5, 0.1, 0.3, None], status=list("闲闲空在"))
    frame["far"] = frame["far"].astype("float64")
    before = frame.copy(deep=True)
    found = low_use_verdicts(frame, rules=rules(TAX))
    shuffled = low_use_verdicts(frame.iloc[[2, 0, 3, 1]], rules=rules(TAX))
    pd.testing.assert_frame_equal(found, shuffled)
    pd.testing.assert_frame_equal(frame, before)
