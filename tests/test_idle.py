from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from gisland.detect.idle import future_dates, idle_years


def years(since: str, as_of: str) -> float:
    frame = pd.Series(pd.to_datetime([since]))
    return float(idle_years(frame, as_of=dt.date.fromisoformat(as_of)).item())


@pytest.mark.parametrize(
    ("since", "as_of", "wanted"),
    [
        ("2025-01-01", "2026-01-01", 1.0),
        ("2025-01-01", "2025-12-31", 364 / 365),
        ("2024-01-01", "2024-12-31", 365 / 366),  # a leap year
        ("2024-02-29", "2025-02-27", 364 / 365),
        ("2024-02-29", "2025-02-28", 1.0),  # the last day of February where it has no 29th
        ("2024-02-29", "2025-03-01", 1 + 1 / 365),
        ("2024-02-29", "2028-02-28", 3 + 365 / 366),
        ("2024-02-29", "2028-02-29", 4.0),
        ("2023-03-31", "2026-09-30", 3 + 183 / 365),
        ("2026-01-01", "2026-01-01", 0.0),
        ("1950-06-15", "2026-06-15", 76.0),
    ],
)
def test_years_end_on_the_same_day(since: str, as_of: str, wanted: float) -> None:
    assert years(since, as_of) == wanted


def test_dates_after_the_end_and_missing_ones_have_no_years() -> None:
    since = pd.Series(pd.to_datetime(["2026-01-02", None, "2025-07-01"]), index=["b", "c", "a"])
    found = idle_years(since, as_of=dt.date(2026, 1, 1))
    assert found.index.tolist() == ["b", "c", "a"]
    assert found.isna().tolist() == [True, True, False]
    assert found["a"] == 184 / 365


@pytest.mark.parametrize("kind", ["datetime64[s]", "datetime64[ms]", "datetime64[ns]", "object"])
def test_any_kind_of_dates(kind: str) -> None:
    since = pd.Series(pd.to_datetime(["2025-01-01", None])).astype(kind)
    found = idle_years(since, as_of=dt.date(2026, 1, 1))
    assert found[0] == 1.0
    assert np.isnan(found[1])


def test_without_any_date() -> None:
    nothing = pd.Series([None, None], dtype="datetime64[ms]")
    assert idle_years(nothing, as_of=dt.date(2026, 1, 1)).isna().all()
    assert idle_years(nothing.iloc[:0], as_of=dt.date(2026, 1, 1)).empty


def lots(*since: str | None) -> pd.DataFrame:
    ids = pd.Index([f"p{i}" for i in range(len(since))], name="parcel_id")
    return pd.DataFrame({"idle_since": pd.to_datetime(pd.Series(since)).to_numpy()}, index=ids)


def test_dates_after_that_of_the_project_are_told_once() -> None:
    frame = lots("2027-05-01", "2025-01-01", None, "2026-01-02", "2026-01-01")
    (found,) = future_dates(frame, as_of=dt.date(2026, 1, 1))
    assert (found["code"], found["severity"], found["layer"]) == (
        "future_date",
        "warning",
        "parcels",
    )
    assert (found["value"], found["unit"]) == (2.0, "rows")
    assert str(found["message"]).endswith("2 rows, such as 2027-05-01 (p0), 2026-01-02 (p3)")
    turned = frame.iloc[::-1]
    assert future_dates(turned, as_of=dt.date(2026, 1, 1)) == [found]


def test_many_of_them_are_counted() -> None:
    (found,) = future_dates(lots(*["2030-01-01"] * 7), as_of=dt.date(2026, 1, 1))
    assert str(found["message"]).endswith("2030-01-01 (p4) and 2 more")


def test_nothing_to_tell_without_dates_on_either_side() -> None:
    assert future_dates(lots("2030-01-01"), as_of=None) == []
    assert future_dates(lots("2020-01-01", None), as_of=dt.date(2026, 1, 1)) == []
    assert future_dates(lots().drop(columns="idle_since"), as_of=dt.date(2026, 1, 1)) == []
