from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from gisland.base.rule import Rule
from gisland.base.rules import RuleSet, load_rules
from gisland.base.verdicts import together, verdict_frame
from gisland.detect.lowuse import low_use, low_use_verdicts

DAY = dt.date(2026, 1, 1)
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


def reasons(frame: pd.DataFrame) -> list[str]:
    found = low_use(low_use_verdicts(frame, rules=BASE), frame.index)
    return found["low_use_reasons"].tolist()


def days(*texts: str | None) -> list[pd.Timestamp]:
    return list(pd.to_datetime(pd.Series(texts)))


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
        "idle": "not_assessed",
        "status": "not_assessed",
        "unfinished": "not_assessed",
        "vacant": "not_assessed",
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
    assert outcomes(frame, "status") == ["fail", "pass", "pass", "missing", "fail", "pass"]
    assert outcomes(frame, "vacant") == ["pass", "fail", "pass", "missing", "pass", "pass"]
    assert outcomes(frame, "unfinished") == ["pass", "pass", "pass", "missing", "pass", "pass"]
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
    frame["industry"] = ["C26", "2614", None, "C13"]
    frame["idle_since"] = days("2025-01-01", None, "2020-02-29", "2027-01-01")
    before = frame.copy(deep=True)
    found = together([low_use_verdicts(frame, rules=rules(TAX), as_of=DAY)])
    turned = frame.iloc[[2, 0, 3, 1]]
    shuffled = together([low_use_verdicts(turned, rules=rules(TAX), as_of=DAY)])
    pd.testing.assert_frame_equal(found, shuffled)
    pd.testing.assert_frame_equal(frame, before)
    summed = low_use(found, frame.index)
    again = low_use(found.sample(frac=1, random_state=7), turned.index)
    pd.testing.assert_frame_equal(again.sort_index(), summed)


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["空置", "空闲", "荒废", "废弃", "批而未供", "供而未用", "disused"]
)
def test_vacant_land(word: str) -> None:
    assert reasons(lots(status=[word])) == ["vacant"]


@pytest.mark.parametrize("word", ["停建", "停工", "未竣工", "烂尾", "unfinished"])
def test_unfinished_building(word: str) -> None:
    assert reasons(lots(status=[word])) == ["unfinished"]


@pytest.mark.parametrize("word", ["闲置", "停产", "未动工", "idle"])
def test_idle_or_out_of_production(word: str) -> None:
    assert reasons(lots(status=[word])) == ["status"]


@pytest.mark.parametrize("word", [" VACANT ", "ｖａｃａｎｔ", "\u3000Vacant"])
def test_words_are_compared_whatever_their_width_and_case(word: str) -> None:
    assert reasons(lots(status=[word])) == ["vacant"]


def test_words_are_compared_whole() -> None:
    assert reasons(lots(status=["not vacant", "空置率低", ""])) == ["", "", ""]


def test_the_words_of_a_rule_are_made_plain_too() -> None:
    own = replace(BASE["low_use.vacant"], value=(" ＦＲＥＩ ",))
    assert outcomes(lots(status=["frei", "vacant"]), "vacant", rules(own)) == ["fail", "pass"]


# --- industries ---------------------------------------------------------------------------------


def test_the_limit_of_the_industry_counts() -> None:
    # Chemicals 0.6, rubber and plastics 0.8, plastics 1.0; machinery is not listed: 0.5.
    codes = ["C26", "2614", "C29", "2921", "C35", "C", "化工", None]
    frame = lots(far=[0.55] * 8, industry=codes)
    found = low_use_verdicts(frame, rules=BASE)
    far = found[found["test"] == "far"]
    assert far["limit"].tolist() == [0.6, 0.6, 0.8, 1.0, 0.5, 0.5, 0.5, 0.5]
    assert far["outcome"].tolist() == ["fail"] * 4 + ["pass"] * 4
    assert far["rule_id"].str.removeprefix("low_use.far.industrial").tolist() == [
        ".26", ".26", ".29", ".292", "", "", "", "",
    ]  # fmt: skip


def test_an_industry_says_nothing_on_other_land() -> None:
    frame = lots(far=[0.1], industry=["C26"], use_class=["residential"])
    assert outcomes(frame, "far") == []


def test_tax_by_industry() -> None:
    low = replace(TAX, id="low_use.tax.industrial.13", value=20_000.0)
    frame = lots(tax_yuan=[450_000.0, 450_000.0], industry=["C1310", "C26"])  # 30 000 a mu
    assert outcomes(frame, "tax", rules(TAX, low)) == ["pass", "fail"]


# --- idle land ----------------------------------------------------------------------------------


def test_idle_from_exactly_a_year_on() -> None:
    since = days("2025-01-01", "2025-01-02", "2024-01-01", None, "2026-01-01")
    frame = lots(status=["在产"] * 5).assign(idle_since=since)
    found = low_use_verdicts(frame, rules=BASE, as_of=DAY)
    idle = found[found["test"] == "idle"]
    assert idle["outcome"].tolist() == ["fail", "pass", "fail", "missing", "pass"]
    assert idle["value"].tolist()[:3] == [1.0, 364 / 365, 2.0]
    assert idle[["limit", "operator", "unit", "rule_id", "mode"]].drop_duplicates().to_numpy()[
        0
    ].tolist() == [1.0, "<", "years", "low_use.idle", "on"]


def test_idle_without_the_date_of_the_project_is_not_assessed() -> None:
    frame = lots(status=["在产"]).assign(idle_since=days("2001-01-01"))
    assert outcomes(frame, "idle") == ["not_assessed"]
    found = low_use(low_use_verdicts(frame, rules=BASE), frame.index)
    assert found["low_use"].tolist() == [False]
    assert "idle" in found["low_use_not_assessed"].item().split(";")


def test_land_that_will_lie_idle_only_later_is_not_judged() -> None:
    frame = lots(status=["在产"]).assign(idle_since=days("2026-01-02"))
    found = low_use_verdicts(frame, rules=BASE, as_of=DAY)
    assert found.set_index("test").loc["idle", "outcome"] == "missing"


def test_an_idle_rule_that_is_off_gives_no_row() -> None:
    off = replace(BASE["low_use.idle"], mode="off")
    assert outcomes(lots(status=["闲置"]), "idle", rules(off)) == []


# --- score --------------------------------------------------------------------------------------


def score(frame: pd.DataFrame, rule_set: RuleSet = BASE) -> pd.DataFrame:
    return low_use(low_use_verdicts(frame, rules=rule_set, as_of=DAY), frame.index)


def test_the_score_is_the_largest_shortfall() -> None:
    # FAR 0.4 of 0.5: 0.2 short. Coverage 0.15 of 0.30: 0.5 short.
    found = score(lots(far=[0.4, 0.4, 0.5], coverage=[0.15, 0.30, 0.30]))
    assert found["low_use_score"].tolist() == pytest.approx([0.5, 0.2, 0.0])
    assert found["low_use_decided_by"].tolist() == ["coverage", "far", ""]
    assert found["low_use_reasons"].tolist() == ["coverage;far", "far", ""]


def test_of_equal_shortfalls_the_first_test_decides() -> None:
    found = score(lots(far=[0.25, 0.0], coverage=[0.15, 0.0], status=["在产", "烂尾"]))
    assert found["low_use_score"].tolist() == [0.5, 1.0]
    assert found["low_use_decided_by"].tolist() == ["far", "far"]


def test_a_word_is_wholly_short() -> None:
    found = score(lots(far=[0.4], status=["烂尾"]))
    assert (found["low_use_score"].item(), found["low_use_decided_by"].item()) == (
        1.0,
        "unfinished",
    )


def test_the_score_of_idle_land_grows_with_time() -> None:
    # Two years: 1 - 1/2. Exactly one: at the limit, nothing beyond it.
    frame = lots(far=[0.5, 0.5]).assign(idle_since=days("2024-01-01", "2025-01-01"))
    found = score(frame)
    assert found["low_use_score"].tolist() == [0.5, 0.0]
    assert found["low_use_decided_by"].tolist() == ["idle", "idle"]
    assert found["low_use"].tolist() == [True, True]


def test_the_score_is_never_above_one() -> None:
    found = score(lots(tax_yuan=[-15.0]), rules(TAX))  # a refund
    assert found["low_use_score"].tolist() == [1.0]


def test_a_limit_of_zero_has_no_part() -> None:
    strict = replace(TAX, value=0.0, operator=">")
    found = score(lots(tax_yuan=[0.0, 1.0]), rules(strict))
    assert found["low_use_score"].tolist() == [1.0, 0.0]


def test_nothing_assessed_has_no_score() -> None:
    found = score(lots(use_class=["industrial", "water"]))
    assert found["low_use_score"].isna().all()
    assert found["low_use_decided_by"].tolist() == ["", ""]
    assert found["low_use_not_assessed"].tolist() == [
        "coverage;far;idle;status;unfinished;vacant",
        "",  # nothing is asked of water
    ]


def test_what_passes_in_part_says_what_is_open() -> None:
    found = score(lots(far=[0.7, None], coverage=[0.4, 0.4], status=["在产", None]))
    assert found["low_use"].tolist() == [False, False]
    assert found["low_use_score"].tolist() == [0.0, 0.0]
    assert found["low_use_not_assessed"].tolist() == ["idle", "far;idle;status;unfinished;vacant"]


def test_advisory_tests_do_not_decide_the_score() -> None:
    advisory = replace(BASE["low_use.far.industrial"], mode="advisory")
    found = score(lots(far=[0.1], coverage=[0.27]), rules(advisory))
    assert found["low_use_score"].tolist() == pytest.approx([0.1])
    assert found["low_use_decided_by"].tolist() == ["coverage"]
    open_ones = score(lots(coverage=[0.27]), rules(advisory))["low_use_not_assessed"].item()
    assert "far" not in open_ones.split(";")


def test_kinds_of_the_summary_hold_without_rows() -> None:
    found = low_use(verdict_frame(pd.Index([], dtype="str")), pd.Index(["a"], name="parcel_id"))
    kinds = found.dtypes.astype("str").to_dict()
    assert kinds == {
        "low_use": "boolean",
        "low_use_reasons": "str",
        "low_use_score": "float64",
        "low_use_decided_by": "str",
        "low_use_not_assessed": "str",
    }
