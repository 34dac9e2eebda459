"""Years of plans, however they are written."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from gisland.layers.fields.years import read_years
from gisland.layers.source import Source


def _read(values: object) -> tuple[list[float], dict[str, str]]:
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    years, told = read_years(series, what="parcels: Y", source=Source("parcels", ""))
    assert years.dtype == "float64"
    assert years.index.equals(series.index)
    return years.fillna(-1.0).tolist(), {f["code"]: f["message"] for f in told}


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        " ２０２６ ",
        "2026年",
        "2026 年度",
        "2026年度计划",
        "2026年第一批",
        "2026年度第2批计划",
        "2026-03-01",
        "2026/3/1 10:00",
        "20260301",
        "2026年3月",
        "2026.3",
    ],
)
def test_texts_that_tell_a_year(text: str) -> None:
    assert _read(pd.Series([text], dtype="str")) == ([2026.0], {})


@pytest.mark.parametrize(
    "text",
    [
        "2026-2028",
        "2021~2025年",
        "2025年前",
        "十四五",
        "近期",
        "26",
        "1026",
        "2206",
        "20261301",
        "1.5",
    ],
)
def test_texts_that_tell_none(text: str) -> None:
    years, told = _read(pd.Series([text], dtype="str"))
    assert years == [-1.0]
    assert told == {
        "year_unread": f"parcels: Y: not a year, taken as missing: 1 row, such as {text!r}"
    }


def test_numbers_and_dates() -> None:
    assert _read([2026.0, np.nan, 2027.0]) == ([2026.0, -1.0, 2027.0], {})
    assert _read(pd.Series([2026, 2027], dtype="int32"))[0] == [2026.0, 2027.0]
    assert _read(pd.to_datetime(pd.Series(["2026-12-31", None])))[0] == [2026.0, -1.0]
    assert _read(pd.Series([dt.date(2026, 1, 1), None], dtype=object))[0] == [2026.0, -1.0]
    assert _read(pd.Series([1e300, np.inf, 0.0]))[0] == [-1.0, -1.0, -1.0]
    assert _read(pd.Series([], dtype="str")) == ([], {})


def test_signs_for_no_value_are_no_fault() -> None:
    years, told = _read(pd.Series(["2026", "无", "<Null>"], dtype="str"))
    assert years == [2026.0, -1.0, -1.0]
    assert list(told) == ["text_no_value"]
