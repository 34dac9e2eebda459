"""Numbers in texts: expected values are worked out by hand."""

from __future__ import annotations

import math
import random
import re
import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisland.layers.fields.numbers import is_no_value, parse_numbers, plain_text

AREA, FAR, TAX = "recorded_area_m2", "far_max", "tax_yuan"
REASONS = {
    *("", "not_number", "two_values", "comma", "a_year", "a_date", "other_unit", "no_unit"),
    *("no_value", "not_regulated"),
}


def read(text: str, canonical: str = FAR, unit: str = "ratio") -> tuple[float, float, str, str]:
    cells = parse_numbers(pd.Series([text]), canonical=canonical, unit=unit)
    low, high, operator, reason = cells.loc[0, ["low", "high", "operator", "reason"]]
    return low, high, operator, reason


def reasons(texts: list[str], canonical: str = FAR, unit: str = "ratio") -> list[str]:
    return parse_numbers(pd.Series(texts), canonical=canonical, unit=unit)["reason"].tolist()


def lows(texts: list[str], canonical: str = AREA, unit: str = "m2") -> list[float]:
    return parse_numbers(pd.Series(texts), canonical=canonical, unit=unit)["low"].tolist()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("-1.5", -1.5),
        ("−1.5", -1.5),
        ("１２．５", 12.5),
        ("１２３", 123.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("35%", 0.35),
        ("12%", 0.12),
        ("200 %", 2.0),
        ("３５％", 0.35),
        ("'12", 12.0),
        ("\u200b 12\u00a0", 12.0),
        ("\ufeff12", 12.0),
        ("12-12", 12.0),
    ],
)
def test_one_value(text: str, number: float) -> None:
    assert read(text) == (number, number, "=", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0≤FAR≤2.5", (1.0, 2.5, "~", "")),
        ("1.0<FAR<2.5", (1.0, 2.5, "~", "")),
        ("1.0＜容积率≤2.5", (1.0, 2.5, "~", "")),
        ("100% <= far <= 250%", (1.0, 2.5, "~", "")),
        ("1.0(含)~2.5（含）", (1.0, 2.5, "~", "")),
        ("2.5（含）", (2.5, 2.5, "=", "")),
        ("2.5(含)", (2.5, 2.5, "=", "")),
        ("容积率：2.5", (2.5, 2.5, "=", "")),
    ],
)
def test_names_of_the_column_and_included_ends(
    text: str, expected: tuple[float, float, str, str]
) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "high", "operator"),
    [("FAR<3", 3.0, "<"), ("FAR≤3.0", 3.0, "<="), ("容积率≤2.5", 2.5, "<="), ("≤2(含)", 2.0, "<=")],
)
def test_limits_after_the_name_of_the_column(text: str, high: float, operator: str) -> None:
    low, found, sign, reason = read(text)
    assert math.isnan(low)
    assert (found, sign, reason) == (high, operator, "")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("建筑密度≤0.3", "far_max"),
        ("容积率≤2.5", "coverage_max"),
        ("绿地率0.3", "green_m2"),
        ("2.5≤FAR≤1.0", "far_max"),
        ("60(含)50", "far_max"),
        ("2.5(不含)", "far_max"),
        ("farm 2", "far_max"),
    ],
)
def test_names_of_other_columns_and_odd_words_give_no_number(text: str, canonical: str) -> None:
    low, high, operator, reason = read(text, canonical)
    assert math.isnan(low)
    assert math.isnan(high)
    assert (operator, bool(reason)) == ("", True)


@pytest.mark.parametrize("joint", ["~", "～", "-", "–", "—", "——", "至", "到", " - ", "〜", " to "])
def test_a_range_keeps_both_ends(joint: str) -> None:
    assert read(f"50{joint}60") == (50.0, 60.0, "~", "")
    assert read(f"50%{joint}60%") == (0.5, 0.6, "~", "")
    assert read(f"50{joint}60%") == (0.5, 0.6, "~", "")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("≤2.0", "<="),
        ("≦2.0", "<="),
        ("<=2", "<="),
        ("＜＝ 2", "<="),
        ("不大于2.0", "<="),
        ("不大於2.0", "<="),
        ("不得超过2.0", "<="),
        ("2.0以下", "<="),
        ("2.0以內", "<="),
        ("at most 2", "<="),
        ("<2", "<"),
        ("小于2.0", "<"),
        ("≥2.0", ">="),
        (">=200%", ">="),
        ("不低于2.0", ">="),
        ("2.0及以上", ">="),
        (">2", ">"),
    ],
)
def test_a_limit_is_on_one_side(text: str, limit: str) -> None:
    low, high, operator, reason = read(text)
    assert (operator, reason) == (limit, "")
    there, missing = (high, low) if "<" in limit else (low, high)
    assert there == 2.0
    assert math.isnan(missing)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("60(50)", "two_values"),
        ("60（50）", "two_values"),
        ("平10立80", "two_values"),
        ("60/50", "two_values"),
        ("60、50", "two_values"),
        ("60-50", "two_values"),
        ("1 2", "two_values"),
        ("1.0≤x≤2.0", "two_values"),
        ("1-2-3", "two_values"),
        ("不予規定", "not_regulated"),
        ("不予规定", "not_regulated"),
        ("不限", "not_regulated"),
        ("-", "no_value"),
        ("——", "no_value"),
        ("/", "no_value"),
        ("无", "no_value"),
        ("無", "no_value"),
        ("NaN", "no_value"),
        ("NULL", "no_value"),
        ("<Null>", "no_value"),
        ("None", "no_value"),
        ("#N/A", "no_value"),
        ("2022年", "a_year"),
        ("２０２２年", "a_year"),
        ("民國111年", "a_year"),
        ("2020-2022", "a_year"),
        ("2022-05-01", "a_date"),
        ("2022/5/1 00:00:00", "a_date"),
        ("2022年5月", "a_date"),
        ("2022年5月1日", "a_date"),
        ("2022-05", "a_date"),
        ("01.05.2022", "a_date"),
        ("12,5", "comma"),
        ("1,234", "comma"),
        ("12m", "other_unit"),
        ("6层", "other_unit"),
        ("1.2万", "other_unit"),
        ("50%-60", "other_unit"),
        ("约2", "not_number"),
        ("2左右", "not_number"),
        ("inf", "not_number"),
        ("1e999", "not_number"),
        ("M1", "not_number"),
        ("R2/B1", "not_number"),
        ("六", "not_number"),
        ("12²", "not_number"),
        ("2.5①", "not_number"),
        ("½", "not_number"),
        ("≤2以下", "not_number"),
        ("(60)", "not_number"),
        ("1.2.3", "not_number"),
        ("1,23,456", "not_number"),
        ("12-", "not_number"),
        ("3.5万元/亩", "not_number"),
        ("#DIV/0!", "not_number"),
        ("", ""),
    ],
)
def test_missing_with_the_reason(text: str, reason: str) -> None:
    low, high, operator, told = read(text)
    assert (operator, told) == ("", reason)
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize(
    ("text", "canonical", "unit", "number"),
    [
        ("1,234.5 亩", AREA, "m2", 823_000.0),  # 1234.5 × 10 000 / 15
        ("3畝", AREA, "", 2000.0),
        ("0.5公顷", AREA, "mu", 5000.0),
        ("12㎡", AREA, "mu", 12.0),
        ("12 m²", AREA, "", 12.0),
        ("0.02 km2", AREA, "", 20_000.0),
        ("1.2万平方米", AREA, "mu", 12_000.0),
        ("1.2万", AREA, "m2", 12_000.0),
        ("1.5万", AREA, "mu", 10_000_000.0),
        ("2 acres", AREA, "", 8093.7128448),
        ("100 sq ft", AREA, "", 9.290304),
        ("3.5万元", TAX, "yuan", 35_000.0),
        ("3.5万元", TAX, "wan_yuan", 35_000.0),
        ("1.2万", TAX, "wan_yuan", 12_000.0),
        ("2亿元", TAX, "yuan", 200_000_000.0),
        ("5千元", TAX, "wan_yuan", 5000.0),
        ("800元", TAX, "wan_yuan", 800.0),
        ("￥1,234.50", TAX, "wan_yuan", 1234.5),
        ("1.5", TAX, "wan_yuan", 15_000.0),
        ("12m", "height_max_m", "", 12.0),
        ("24米", "height_max_m", "ft", 24.0),
        ("100 ft", "height_m", "", 30.48),
        ("6层", "floors", "", 6.0),
        ("6F", "floors", "", 6.0),
        ("12层", "floors", "", 12.0),
        ("35", "coverage_max", "percent", 0.35),
        ("35%", "coverage_max", "ratio", 0.35),
    ],
)
def test_units_in_texts_overrule_the_declared_one(
    text: str, canonical: str, unit: str, number: float
) -> None:
    low, high, operator, reason = read(text, canonical, unit)
    assert (low, high) == pytest.approx((number, number), rel=1e-15)
    assert (operator, reason) == ("=", "")


def test_units_of_ranges_hold_for_both_ends() -> None:
    assert read("3-6亩", AREA, "m2") == (2000.0, 4000.0, "~", "")
    assert read("1-2万元", TAX, "yuan") == (10_000.0, 20_000.0, "~", "")
    assert read("3亩-6公顷", AREA, "m2")[3] == "other_unit"


def test_commas_part_thousands_where_other_values_prove_it() -> None:
    assert lows(["1,234", "1,234,567"]) == [1234.0, 1_234_567.0]
    assert lows(["1,234", "12.5"]) == [1234.0, 12.5]
    assert reasons(["12,5", "1,234.5"], AREA, "m2") == ["comma", ""]
    assert reasons(["1,234", "850"], AREA, "m2") == ["comma", ""]


def test_commas_are_decimal_where_other_values_prove_it() -> None:
    assert lows(["12,5", "1.234,5"]) == [12.5, 1234.5]
    assert lows(["12,5", "0,75"]) == [12.5, 0.75]
    assert lows(["1,234", "0,5"]) == [1.234, 0.5]
    assert lows(["12,5", "1\u00a0234,5"]) == [12.5, 1234.5]
    # A point may then part thousands: 1.234 is 1234 or 1.234.
    assert reasons(["1.234", "0,5"], AREA, "m2") == ["comma", ""]


def test_commas_stay_open_without_proof_and_against_it() -> None:
    assert reasons(["12,5", "10,2"], AREA, "m2") == ["comma", "comma"]
    assert reasons(["12,5", "1.234,5", "1,234.5"], AREA, "m2") == ["comma", "", ""]
    assert reasons(["60,50", "40,30"], "coverage_max", "percent") == ["comma", "comma"]


def test_thousands_parted_by_narrow_blanks_and_apostrophes() -> None:
    assert lows(["12\u00a0500", "1\u202f234\u202f567", "1'234.5"]) == [12_500.0, 1_234_567, 1234.5]
    assert reasons(["12 500"], AREA, "m2") == ["two_values"]


def test_bare_years_and_days_are_dates_only_among_dates() -> None:
    assert lows(["2022", "20220501", "1500.5"]) == [2022.0, 20_220_501.0, 1500.5]
    dates = ["2022年", "2021年", "2020", "20220501", "15"]
    assert reasons(dates, AREA, "m2") == ["a_year", "a_year", "a_year", "a_date", ""]
    assert reasons(["2022年", "2000", "15", "16"], AREA, "m2") == ["a_year", "", "", ""]


def test_bare_numbers_beside_named_units_are_unknown_unless_a_unit_is_declared() -> None:
    assert reasons(["3亩", "2000"], AREA, "") == ["", "no_unit"]
    assert reasons(["3m2", "2000"], AREA, "") == ["", ""]
    assert lows(["3亩", "2000"]) == [2000.0, 2000.0]
    assert reasons(["35%", "40", "0.4"], "coverage_max", "") == ["", "no_unit", ""]
    assert reasons(["200%", "1.5", "180"], FAR, "") == ["", "", "no_unit"]


def test_stored_numbers_are_scaled_and_infinite_ones_are_none() -> None:
    cells = parse_numbers(pd.Series([3.0, np.inf, np.nan]), canonical=AREA, unit="mu")
    assert cells["low"].fillna(-1).tolist() == [2000.0, -1, -1]
    assert cells["reason"].tolist() == ["", "not_number", ""]
    whole = parse_numbers(pd.Series([3, None], dtype="Int64"), canonical=AREA)
    assert whole["operator"].tolist() == ["=", ""]


def test_index_order_and_input_are_kept() -> None:
    texts = pd.Series(["3亩", None, "60(50)", "3亩"], index=["d", "c", "b", "a"])
    before = texts.copy()
    cells = parse_numbers(texts, canonical=AREA)
    assert cells.index.tolist() == ["d", "c", "b", "a"]
    assert cells["low"].fillna(-1).tolist() == [2000.0, -1, -1, 2000.0]
    pd.testing.assert_series_equal(texts, before)


def test_the_order_of_rows_does_not_matter() -> None:
    texts = ["1,234", "12.5", "3亩", "7", "2022年", "60(50)", "1.5万", "-", "200~300"]
    first = parse_numbers(pd.Series(texts, index=texts), canonical=AREA)
    mixed = random.Random(1).sample(texts, len(texts))  # noqa: S311
    second = parse_numbers(pd.Series(mixed, index=mixed), canonical=AREA)
    pd.testing.assert_frame_equal(second.loc[texts], first)


@settings(max_examples=40)
@given(st.lists(st.text(alphabet="0123456789.,-~%()≤亩万 年e²to", max_size=12), max_size=8))
def test_any_text_is_read_or_missing_with_a_reason(texts: list[str]) -> None:
    cells = parse_numbers(pd.Series(texts, dtype="str"), canonical=AREA)
    assert set(cells["reason"]) <= REASONS
    read = cells["operator"].ne("")
    assert (cells.loc[~read, ["low", "high"]].isna()).all(axis=None)
    assert (cells.loc[read, ["low", "high"]].notna()).any(axis=1).all()
    assert (cells.loc[read, "reason"] == "").all()
    assert np.isfinite(cells[["low", "high"]].fillna(0)).all(axis=None)
    assert (read | cells["reason"].ne("")).tolist() == [t.strip() != "" for t in texts]


@settings(max_examples=20)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50))
def test_what_a_program_writes_is_read_back(numbers: list[float]) -> None:
    assert lows([repr(n) for n in numbers]) == numbers


def test_plain_text_keeps_what_must_not_become_a_digit() -> None:
    assert plain_text("１２²①") == "12²①"


def test_signs_for_no_value() -> None:
    texts = pd.Series(["-", "／", "无", "null", "无锡公司", "0", None])
    assert is_no_value(texts).tolist() == [True, True, True, True, False, False, False]


def test_no_word_for_no_value_has_a_digit() -> None:
    known = resources.files("gisland.layers.fields") / "numberwords.toml"
    words = tomllib.loads(known.read_text("utf-8"))["no_value"]
    assert [word for word in words if re.search("[0-9]", word)] == []
    assert is_no_value(pd.Series(words)).all()
    assert not is_no_value(pd.Series([f"{word}1" for word in words])).any()
