from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gisland.layers.fields.dates import read_dates
from gisland.layers.source import Source

HERE = Source("parcels", "p.gpkg")
DAY = "2023-05-01"


def read(values: object) -> tuple[list[str], dict[str, dict[str, Any]]]:
    days, told = read_dates(pd.Series(values), what="parcels: D", source=HERE)
    assert str(days.dtype) == "datetime64[ms]"
    return days.dt.strftime("%Y-%m-%d").fillna("").tolist(), {f["code"]: f for f in told}


@pytest.mark.parametrize(
    "text",
    [
        "2023-05-01",
        "2023-5-1",
        "2023/5/1",
        "2023/05/01",
        "2023.5.1",
        "20230501",
        "2023年5月1日",
        "2023年05月01号",
        "2023 年 5 月 1 日",
        "2023-05-01 08:30:00",
        "2023-05-01T00:00:00Z",
        "2023/5/1 0:00",
        " 2023-05-01\u3000",
        "２０２３－０５－０１",
        "'2023-05-01",
    ],
)
def test_a_day_is_read(text: str) -> None:
    assert read([text]) == ([DAY], {})


@pytest.mark.parametrize("text", ["2023.5", "2023-05", "2023/5", "2023年5月"])
def test_a_month_is_its_first_day_and_told(text: str) -> None:
    found, told = read([text, "2023-05-01"])
    assert found == [DAY, DAY]
    assert list(told) == ["date_month"]
    assert (told["date_month"]["severity"], told["date_month"]["value"]) == ("info", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30",
        "2023-13-01",
        "2023-00-10",
        "20231301",
        "2023",
        "2023年",
        "202305",
        "01/05/2023",
        "1.5.2023",
        "45047",
        "2023-05/01",
        "2023-05-01~2023-06-01",
        "1023-05-01",
        "9999-12-31",
        "约2023年",
        "=1+1",
        "<script>",
        "2023-05-01 oops",
        "٢٠٢٣-٠٥-٠١",
    ],
)
def test_what_is_no_day_is_missing_and_told(text: str) -> None:
    found, told = read([text, DAY, None])
    assert found == ["", DAY, ""]
    assert list(told) == ["date_unread"]
    finding = told["date_unread"]
    assert (finding["severity"], finding["value"], finding["unit"]) == ("warning", 1.0, "rows")
    assert finding["message"].endswith(f"1 row, such as {text!r}")


def test_words_for_no_value_are_told_apart() -> None:
    found, told = read(["/", "无", DAY, ""])
    assert found == ["", "", DAY, ""]
    assert list(told) == ["text_no_value"]
    assert told["text_no_value"]["value"] == 2.0


@pytest.mark.parametrize("kind", ["datetime64[s]", "datetime64[ms]", "datetime64[ns]"])
def test_times_lose_their_hour(kind: str) -> None:
    times = pd.Series(pd.to_datetime(["2023-05-01 23:59", None])).astype(kind)
    assert read(times) == ([DAY, ""], {})


def test_times_are_taken_as_their_clock_shows_them() -> None:
    zoned = pd.Series(pd.to_datetime(["2023-05-01 00:30"])).dt.tz_localize("Asia/Shanghai")
    assert read(zoned) == ([DAY], {})


def test_python_dates_and_texts_in_one_column() -> None:
    mixed = pd.Series([dt.date(2023, 5, 1), pd.Timestamp("2023-05-01 08:00"), "2023年5月1日", None])
    assert read(mixed) == ([DAY, DAY, DAY, ""], {})


def test_years_that_only_a_fault_can_name() -> None:
    days = pd.Series(np.array(["0001-01-01", "1899-12-30", DAY], dtype="datetime64[ms]"))
    found, told = read(days)
    assert found == ["", "", DAY]
    assert told["date_unread"]["value"] == 2.0


def test_numbers_are_days_only_with_eight_digits_or_a_clear_month() -> None:
    assert read([20230501, 45047])[0] == [DAY, ""]
    found, told = read([20230501.0, 2023.5, 2023.1, 2023.12, np.nan, np.inf, 1e300])
    assert found == [DAY, DAY, "", "2023-12-01", "", "", ""]  # 2023.1: January or October
    assert told["date_unread"]["value"] == 3.0
    assert told["date_month"]["value"] == 2.0


def test_flags_are_no_dates() -> None:
    found, told = read([True, False])
    assert found == ["", ""]
    assert told["date_unread"]["value"] == 2.0


@pytest.mark.parametrize("kind", ["str", "object", "float64", "datetime64[ns]"])
def test_nothing_but_missing_values(kind: str) -> None:
    assert read(pd.Series([None, None], dtype=kind)) == (["", ""], {})
    assert read(pd.Series([], dtype=kind)) == ([], {})


def test_the_index_stays_even_where_it_repeats() -> None:
    values = pd.Series(["2023.5", DAY, "x"], index=[4, 4, 1])
    days, told = read_dates(values, what="parcels: D", source=HERE)
    assert days.index.tolist() == [4, 4, 1]
    assert {f["code"]: f["value"] for f in told} == {"date_unread": 1.0, "date_month": 1.0}
