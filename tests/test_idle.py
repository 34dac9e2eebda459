from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from gisland.detect.idle import future_dates, idle_years
from gisland.present.messages import finding_text
from gisland.present.style import catalog


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


def test_each_date_after_that_of_the_project_is_told_of_its_parcel() -> None:
    frame = lots("2027-05-01", "2025-01-01", None, "2026-01-02", "2026-01-01")
    found = future_dates(frame, as_of=dt.date(2026, 1, 1))
    kinds = {(f["code"], f["severity"], f["layer"], f["unit"]) for f in found}
    assert kinds == {("future_date", "warning", "parcels", "days")}
    assert [(f["parcel_id"], f["value"]) for f in found] == [("p0", 485.0), ("p3", 1.0)]
    assert found[1]["message"] == "idle_since 2026-01-02 is after as_of 2026-01-01: not assessed"
    assert future_dates(frame.iloc[::-1], as_of=dt.date(2026, 1, 1)) == found


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("zh", "宗地 p0 的闲置起始日期 2030-01-01 晚于基准日 2026-01-01，闲置年限不予评定"),
        ("en", "parcel p0: idle since 2030-01-01, after 2026-01-01, the date of the project; time"),
    ],
)
def test_they_are_told_in_words(language: str, wanted: str) -> None:
    (found,) = future_dates(lots("2030-01-01"), as_of=dt.date(2026, 1, 1))
    assert finding_text(found, texts=catalog(language)).startswith(wanted)


def test_nothing_to_tell_without_dates_on_either_side() -> None:
    assert future_dates(lots("2030-01-01"), as_of=None) == []
    assert future_dates(lots("2020-01-01", None), as_of=dt.date(2026, 1, 1)) == []
    assert future_dates(lots().drop(columns="idle_since"), as_of=dt.date(2026, 1, 1)) == []
