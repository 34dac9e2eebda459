"""How long land has lain idle, counted to the date of the project and never to today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.keys import in_order

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

MONTHS_A_YEAR = 12
DATES = ("datetime64", "datetime", "date")


def idle_years(idle_since: pd.Series, *, as_of: dt.date) -> pd.Series:
    """Years between dates: whole ones, and the part of the next that has gone by.

    A year ends on the same day of the year; where February has no 29th, on its last day, as
    article 202 of the Civil Code (民法典) counts.

    Parameters
    ----------
    idle_since
        Dates; missing ones are allowed.
    as_of
        The date counted to.

    Returns
    -------
    pandas.Series
        Years, on the index of `idle_since`; missing where there is no date or it is after
        `as_of`. A time of day and a time zone are passed over.

    Raises
    ------
    TableError
        If the values are no dates.

    Examples
    --------
    >>> from datetime import date
    >>> since = pd.Series(pd.to_datetime(["2025-01-01", "2025-07-02", "2026-01-02", None]))
    >>> idle_years(since, as_of=date(2026, 1, 1)).round(4).tolist()
    [1.0, 0.5014, nan, nan]
    """
    days = _dates(idle_since).to_numpy().astype("datetime64[D]")
    end = np.datetime64(as_of, "D")
    known = ~np.isnat(days)
    known[known] = days[known] <= end
    start = days[known]
    whole = _year(end) - _year(start)
    whole -= _anniversary(start, whole) > end
    last, following = _anniversary(start, whole), _anniversary(start, whole + 1)
    years = np.full(len(days), np.nan)
    years[known] = whole + (end - last) / (following - last)
    return pd.Series(years, index=idle_since.index, dtype="float64")


def _dates(idle_since: pd.Series) -> pd.Series:
    """Dates without a zone; numbers are refused, for they would be read as nanoseconds."""
    kind = pd.api.types.infer_dtype(idle_since, skipna=True)
    if kind not in DATES and idle_since.notna().any():
        raise TableError(
            f"parcels: idle_since holds no dates, its dtype is {idle_since.dtype}",
            do="convert it first: pandas.to_datetime(parcels['idle_since'])",
        )
    try:
        dates = pd.Series(pd.to_datetime(idle_since.where(idle_since.notna(), None)))
    except ValueError as error:  # such as several time zones
        raise TableError(
            f"parcels: idle_since cannot be read: {error}",
            do="convert it first: pandas.to_datetime(parcels['idle_since'])",
        ) from error
    return dates.dt.tz_localize(None)


def _year(days: np.ndarray | np.datetime64) -> np.ndarray:
    return np.asarray(days).astype("datetime64[Y]").astype("int64")


def _anniversary(start: np.ndarray, years: np.ndarray) -> np.ndarray:
    month = start.astype("datetime64[M]")
    day = start - month.astype("datetime64[D]")
    own = month + MONTHS_A_YEAR * years
    longest = (own + 1).astype("datetime64[D]") - own.astype("datetime64[D]")
    return np.asarray(own.astype("datetime64[D]") + np.minimum(day, longest - np.timedelta64(1)))


def future_dates(parcels: gpd.GeoDataFrame, *, as_of: dt.date | None) -> list[dict[str, object]]:
    """Tell of land that lies idle only from a date after that of the project.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``idle_since`` if known.
    as_of
        The date of the project, or None: then there is nothing to tell.

    Returns
    -------
    list of dict
        One finding ``future_date`` for each parcel, in the order of their ids, with the days
        between.

    Raises
    ------
    TableError
        If the values are no dates.

    Examples
    --------
    >>> from datetime import date
    >>> lots = pd.DataFrame({"idle_since": pd.to_datetime(["2027-03-01"])}, index=["a"])
    >>> (found,) = future_dates(lots, as_of=date(2027, 1, 1))
    >>> found["parcel_id"], found["value"], found["message"]
    ('a', 59.0, 'idle_since 2027-03-01 is after as_of 2027-01-01: not assessed')
    """
    if as_of is None or "idle_since" not in parcels:
        return []
    since = _dates(parcels["idle_since"]).dt.floor("D")
    late = since[since > pd.Timestamp(as_of)]
    rows = in_order(
        pd.DataFrame({"parcel_id": late.index.astype("str"), "day": late.to_numpy()}),
        ["parcel_id", "day"],
    )
    return [
        {
            "code": "future_date",
            "severity": "warning",
            "layer": "parcels",
            "parcel_id": parcel_id,
            "value": float((day - pd.Timestamp(as_of)).days),
            "unit": "days",
            "message": f"idle_since {day:%Y-%m-%d} is after as_of {as_of}: not assessed",
        }
        for parcel_id, day in rows.itertuples(index=False)
    ]
