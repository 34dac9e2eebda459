"""A column of years of a plan: whole numbers, and what to tell about cells that are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from gisland.layers.fields.dates import read_dates
from gisland.layers.fields.numbers import EARLIEST, LATEST, is_no_value, plain_text
from gisland.layers.fields.values import EXACT, to_text
from gisland.layers.findings import counted

if TYPE_CHECKING:
    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

YEAR = "plan_year"
# A plan of a year comes in batches and the like: 2026年第一批.
_PART = r"第?\s*[0-9一二三四五六七八九十]+\s*(?:批|季度|期|次|号).*"
_YEAR = re.compile(rf"(?P<y>[0-9]{{4}})(?:\s*年\s*度?\s*(?:计划)?\s*(?:{_PART})?)?")


def read_years(values: pd.Series, *, what: str, source: Source) -> tuple[pd.Series, list[Finding]]:
    """Years of a source column; what cannot be read is missing and told, never a wrong year.

    Read are ``2026`` as a number or text, ``2026年``, ``2026年度第一批`` and dates as
    `gisland.layers.fields.dates.read_dates` takes them, of which the year is kept. Spans of years
    and years before 1900 or after 2100 are not read.

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
        Whole numbers as float64, or missing, on the index of `values`.
    list of dict
        Findings ``year_unread`` and ``text_no_value``, with counts and examples.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> texts = pd.Series(["2026", "2026年第二批", "2027-03-01", "2026-2028"])
    >>> years, told = read_years(texts, what="parcels: Y", source=Source("parcels", ""))
    >>> years.tolist()
    [2026.0, 2026.0, 2027.0, nan]
    >>> print(told[0]["message"])
    parcels: Y: not a year, taken as missing: 1 row, such as '2026-2028'
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        texts = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values):  # what is too large for a year is told as it is
        exact = values.where(values.abs() < EXACT)
        texts = to_text(exact, what=what).fillna(values.astype("str").where(values.notna()))
    else:
        texts = to_text(values, what=what)
    plain = {text: plain_text(text) for text in texts.dropna().unique()}
    found = {text: _YEAR.fullmatch(short) for text, short in plain.items()}
    named = {text: float(match["y"]) for text, match in found.items() if match}
    years = texts.map(named).astype("float64")
    years = years.where(years.between(EARLIEST, LATEST))
    days = read_dates(texts.where(years.isna()), what=what, source=source)[0]
    years = years.fillna(days.dt.year.astype("float64"))
    nothing = is_no_value(texts)
    strange = texts[years.isna() & ~nothing]
    told = counted(strange, "year_unread", f"{what}: not a year, taken as missing", in_=source)
    empty = f"{what}: a word or sign for no value, taken as missing"
    told += counted(texts[nothing], "text_no_value", empty, in_=source, severity="info")
    return years.rename(values.name), told
