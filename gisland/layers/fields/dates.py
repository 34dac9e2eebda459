"""A date column of a layer: days, and what to tell about cells that are none."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gisland.layers.fields.numbers import EARLIEST, LATEST, is_no_value, plain_text
from gisland.layers.fields.values import EXACT, to_text
from gisland.layers.findings import counted

if TYPE_CHECKING:
    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

KIND = "datetime64[ms]"
_YMD = r"(?P<y>[0-9]{4})"
_TIME = r"(?:[ t]+[0-9]{1,2}:[0-9]{2}.*|t[0-9]{2}.*)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # The year first: a day and a month in front of it may be meant either way.
        rf"{_YMD}\s*([-/.])\s*(?P<m>[0-9]{{1,2}})\s*\2\s*(?P<d>[0-9]{{1,2}}){_TIME}",
        rf"{_YMD}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})",
        rf"{_YMD}\s*年\s*(?P<m>[0-9]{{1,2}})\s*月\s*(?P<d>[0-9]{{1,2}})\s*[日号]?{_TIME}",
        rf"{_YMD}\s*[-/.]\s*(?P<m>[0-9]{{1,2}})(?P<d>)",
        rf"{_YMD}\s*年\s*(?P<m>[0-9]{{1,2}})\s*月(?P<d>)",
    )
)


class _Day(NamedTuple):
    """A text as read: the day, and whether it is only the first of the month that is named."""

    day: dt.date | None
    month: bool = False


def read_dates(values: pd.Series, *, what: str, source: Source) -> tuple[pd.Series, list[Finding]]:
    """Days of a source column; what cannot be read is missing and told, never a wrong day.

    Read are dates, ``2023-05-01``, ``2023/5/1``, ``2023.5.1``, ``20230501`` (a number too),
    ``2023年5月1日``, with or without a time, which is left out; ``2023.5`` and ``2023年5月`` are
    taken as the first of the month, which is told. A year alone, a day in front of its year, a
    count of days and dates before 1900 or after 2100 are not read.

    Parameters
    ----------
    values
        The source column.
    what
        Layer and column in messages.
    source
        Declaration of the layer.

    Returns
    -------
    pandas.Series
        ``datetime64[ms]`` at midnight on the index of `values`.
    list of dict
        Findings ``date_unread``, ``date_month`` and ``text_no_value``, with counts and examples.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> texts = pd.Series(["2023年5月1日", "2023.5", "1.5.2023", "2023-02-30"])
    >>> days, told = read_dates(texts, what="parcels: D", source=Source("parcels", ""))
    >>> days.dt.strftime("%Y-%m-%d").tolist()
    ['2023-05-01', '2023-05-01', nan, nan]
    >>> [f["message"] for f in told]
    ["parcels: D: not a date, taken as missing: 2 rows, such as '1.5.2023', '2023-02-30'", \
"parcels: D: a month without a day, taken as its first day: 1 row, such as '2023.5'"]
    """
    none = f"{what}: not a date, taken as missing"
    if pd.api.types.is_datetime64_any_dtype(values):
        days = _stored(values)
        strange = values[values.notna() & days.isna()].astype("str")
        return days, counted(strange, "date_unread", none, in_=source)
    texts = _texts(values, what=what)
    code, distinct = pd.factorize(texts)
    read = [*(_day(t) for t in distinct), _Day(None)]  # -1: missing
    day = np.array([r.day for r in read], dtype=KIND)
    days = pd.Series(day[code], index=values.index)
    month = texts[np.array([r.month for r in read])[code]]
    nothing = is_no_value(texts)
    told = counted(texts[days.isna() & ~nothing], "date_unread", none, in_=source)
    first = f"{what}: a month without a day, taken as its first day"
    told += counted(month, "date_month", first, in_=source, severity="info")
    empty = f"{what}: a word or sign for no value, taken as missing"
    told += counted(texts[nothing], "text_no_value", empty, in_=source, severity="info")
    return days, told


def _stored(values: pd.Series) -> pd.Series:
    """Days of times as their clock shows them; years that only a fault can name are left out."""
    plain = values.dt.tz_localize(None) if getattr(values.dt, "tz", None) is not None else values
    days = plain.dt.floor("D").astype(KIND)
    return days.where(days.dt.year.between(EARLIEST, LATEST))


def _texts(values: pd.Series, *, what: str) -> pd.Series:
    """Texts of any column; 2023.1 as a number may be January or October and so is marked."""
    if not pd.api.types.is_float_dtype(values):
        return to_text(values, what=what)
    numbers = values.astype("float64")
    kept = numbers.where(numbers.abs() < EXACT)
    texts = to_text(kept, what=what)
    tenths = texts.str.fullmatch(r"[0-9]{4}\.1").fillna(value=False).astype(bool)
    strange = numbers.notna() & (kept.isna() | tenths)
    return texts.mask(strange, numbers.astype("str") + " (a number)")


def _day(text: str) -> _Day:
    plain = plain_text(text)
    found = next((f for f in (form.fullmatch(plain) for form in _FORMS) if f), None)
    if found is None or not EARLIEST <= int(found["y"]) <= LATEST:
        return _Day(None)
    try:
        day = dt.date(int(found["y"]), int(found["m"]), int(found["d"] or 1))
    except ValueError:  # no such day
        return _Day(None)
    return _Day(day, month=not found["d"])
