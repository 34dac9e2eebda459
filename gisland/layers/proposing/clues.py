"""What the values of a column say of its meaning, whatever its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import FieldError
from gisland.base.industries import digits_of
from gisland.layers.fields.dates import read_dates
from gisland.layers.fields.listed import LISTED
from gisland.layers.fields.numbers import parse_numbers
from gisland.layers.fields.uses import use_classes
from gisland.layers.fields.values import to_text
from gisland.layers.fields.years import YEAR, read_years
from gisland.layers.proposing.classwords import is_plain, quoted
from gisland.layers.proposing.glimpse import Glimpse, column
from gisland.layers.proposing.recorded import RECORDED, ROW_SHARE, area_unit
from gisland.layers.source import CLASSIFIED, ID_COLUMNS, Source, canonical_columns, unit_factors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SURE_SHARE = 0.8  # of the rows that must speak for a meaning
MAX_CODES = 60  # a column of more distinct values holds no use codes
MIN_ROWS = 5  # fewer rows say nothing without a known name
FIRST_ROWS = 2000  # that rule a column out before all are looked at
LONGEST_ID = 40
ROW_NUMBERS = ("objectid", "objectid_1", "fid", "ogc_fid", "gid", "oid")  # given by software
EXAMPLES = 3  # values named


@dataclass(frozen=True)
class Clue:
    """Whether the values of a column speak for a meaning, and what they are, in words."""

    speaks: bool
    why: str


def clue(
    glimpse: Glimpse, source: str, *, kind: str, canonical: str, drawn: pd.Series | None
) -> Clue:
    """What the values of a column say for a canonical one.

    Parameters
    ----------
    glimpse
        The layer.
    source
        The column.
    kind
        Key of ``schema.LAYERS``.
    canonical
        What the column may hold.
    drawn
        What ``recorded.drawn_m2`` returns.

    Returns
    -------
    Clue
        Speaks neither for nor against where values cannot tell, as with names of owners.

    Examples
    --------
    >>> from pathlib import Path
    >>> table = pd.DataFrame({"NR": ["a7", "a9", "b2"], "T": ["国有", "集体", "国有"]})
    >>> look = Glimpse(Path("a"), None, "a", 3, "polygons", None, None, table)
    >>> clue(look, "NR", kind="parcels", canonical="parcel_id", drawn=None).why
    'unique in all 3 rows'
    >>> clue(look, "T", kind="parcels", canonical="tenure", drawn=None).why
    'all 3 values are known tenures: 国有 (2), 集体 (1)'
    """
    values = glimpse.sample[source]
    if canonical == ID_COLUMNS[kind]:
        return _id(glimpse, source)
    if canonical == RECORDED:
        return _area(values, drawn)
    column_kind = canonical_columns(kind)[canonical].kind
    if canonical == YEAR:
        return _year(values)
    if column_kind == "number":
        return _other_number(values, canonical, drawn)
    told = {CLASSIFIED.get(kind): _use, "industry": _industry}
    told |= {name: partial(_listed, name=name) for name in LISTED}
    return (_date if column_kind == "date" else told.get(canonical, _text))(values)


def by_values(
    glimpse: Glimpse,
    *,
    kind: str,
    canonical: str,
    taken: Iterable[str],
    drawn: pd.Series | None,
) -> tuple[str, str] | None:
    """The first column whose values alone speak for a canonical one.

    Parameters
    ----------
    glimpse
        The layer.
    kind
        Key of ``schema.LAYERS``.
    canonical
        An id, a use code, a tenure or a recorded area; others are not told by values.
    taken
        Columns that have a meaning already.
    drawn
        What ``recorded.drawn_m2`` returns.

    Returns
    -------
    tuple of str or None
        The column and the evidence.

    Examples
    --------
    >>> from pathlib import Path
    >>> table = pd.DataFrame({"n": range(5), "art": ["M1", "R2", "M1", "R2", "M1"]})
    >>> look = Glimpse(Path("a"), None, "a", 5, "polygons", None, None, table)
    >>> by_values(look, kind="parcels", canonical="use_code", taken=[], drawn=None)
    ('art', 'codes or plain words in 5 of 5 rows: M1 (3), R2 (2)')
    """
    told: dict[str, Callable[[pd.Series], bool]] = {
        ID_COLUMNS[kind]: _may_be_id,
        CLASSIFIED.get(kind, ""): _few_codes,
        "tenure": _few_codes,
        RECORDED: pd.api.types.is_numeric_dtype,
    }
    if canonical not in told or canonical not in canonical_columns(kind):
        return None
    if len(glimpse.sample) < MIN_ROWS:
        return None
    free = [c for c in glimpse.columns if c not in set(taken)]
    first = glimpse.sample.head(FIRST_ROWS)
    for source in (c for c in free if told[canonical](first[c])):
        found = clue(glimpse, source, kind=kind, canonical=canonical, drawn=drawn)
        if found.speaks:
            return source, found.why
    return None


def _texts(values: pd.Series) -> pd.Series:
    try:
        return to_text(values.dropna(), what=str(values.name)).dropna()
    except FieldError:  # numbers that storage has spoilt: a run refuses them
        return pd.Series(dtype="str")


def _may_be_id(values: pd.Series) -> bool:
    if pd.api.types.is_float_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    if pd.api.types.is_datetime64_any_dtype(values) or values.isna().any():
        return False
    texts = _texts(values)
    plain = texts.str.len().le(LONGEST_ID) & ~texts.str.contains(r"\s", regex=True)
    return bool(len(texts) == len(values) and texts.is_unique and plain.all())


def _few_codes(values: pd.Series) -> bool:
    count = values.nunique()
    return bool(1 < count <= MAX_CODES and 2 * count <= values.notna().sum())


def _id(glimpse: Glimpse, source: str) -> Clue:
    values = column(glimpse, source)
    if values.isna().any() or values.duplicated().any():
        return Clue(speaks=False, why="not unique")
    numbers = pd.api.types.is_numeric_dtype(values)
    counter = numbers and values.max() - values.min() < len(values)
    why = f"unique in all {len(values)} rows"
    if counter or source.casefold() in ROW_NUMBERS:
        return Clue(speaks=False, why=f"{why}, but software may number them anew in each export")
    return Clue(speaks=True, why=why)


def _use(values: pd.Series) -> Clue:
    texts = _texts(values)
    crosswalk = use_classes(texts, classes={})[1]
    plain = crosswalk["use_class"].notna() | crosswalk["code"].map(is_plain).astype(bool)
    rows = int(crosswalk.loc[plain, "rows"].sum())
    shown = _examples(texts[texts.isin(crosswalk.loc[plain, "code"])])
    why = f"codes or plain words in {rows} of {len(texts)} rows{f': {shown}' if shown else ''}"
    enough = bool(len(texts)) and rows >= SURE_SHARE * len(texts)
    return Clue(speaks=enough, why=why)


def _text(values: pd.Series) -> Clue:
    texts = _texts(values)
    return Clue(speaks=False, why=f"{texts.nunique()} distinct values in {len(texts)} rows")


def _industry(values: pd.Series) -> Clue:
    texts = _texts(values)
    coded = texts[digits_of(texts).ne("")]
    why = f"industry codes in {len(coded)} of {len(texts)} rows: {_examples(coded)}"
    return Clue(speaks=bool(len(texts)) and len(coded) >= SURE_SHARE * len(texts), why=why)


def _date(values: pd.Series) -> Clue:
    """Never enough to speak for a meaning: any column of dates would do."""
    days = read_dates(values, what=str(values.name), source=Source("parcels", ""))[0].dropna()
    if days.empty:
        return Clue(speaks=False, why="no date in the rows looked at")
    span = f"{days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}"
    return Clue(speaks=False, why=f"dates from {span} in {len(days)} of {len(values)} rows")


def _year(values: pd.Series) -> Clue:
    """Never enough to speak for a meaning: years of building and of surveys look the same."""
    years = read_years(values, what=str(values.name), source=Source("parcels", ""))[0].dropna()
    if years.empty:
        return Clue(speaks=False, why="no year in the rows looked at")
    span = f"{years.min():.0f} to {years.max():.0f}"
    return Clue(speaks=False, why=f"years from {span} in {len(years)} of {len(values)} rows")


def _listed(values: pd.Series, *, name: str) -> Clue:
    texts = _texts(values)
    known = texts.isin(LISTED[name](texts))
    # Numbers and single letters are such values only where a name says so.
    words = bool((known & texts.str.len().gt(1) & ~texts.str.isdecimal()).any())
    which = "all" if known.all() else f"{int(known.sum())} of"
    why = f"{which} {len(texts)} values are known {name}s: {_examples(texts[known])}"
    return Clue(speaks=bool(known.all()) and words, why=why)


def _area(values: pd.Series, drawn: pd.Series | None) -> Clue:
    found = area_unit(values, drawn)
    if found.computed:
        return Clue(speaks=False, why="it repeats the drawn areas")
    near = f", {found.matching:.1%} of them within {ROW_SHARE:.0%}" if found.unit else ""
    return Clue(speaks=found.matching >= SURE_SHARE, why=f"{found.why}{near}")


def _other_number(values: pd.Series, canonical: str, drawn: pd.Series | None) -> Clue:
    """Never enough to speak for a meaning; floor area that is land speaks against it."""
    cells = parse_numbers(values, canonical=canonical, unit=next(iter(unit_factors(canonical)), ""))
    numbers = cells["high"].fillna(cells["low"])
    if not numbers.notna().any():
        return Clue(speaks=False, why="no number in the rows looked at")
    why = f"median {numbers.median():.4g} of {int(numbers.notna().sum())} rows"
    if not canonical.endswith("_m2") or drawn is None:
        return Clue(speaks=False, why=why)
    found = area_unit(values, drawn)
    if found.matching >= SURE_SHARE:
        why = f"it matches the drawn areas in {found.unit}: land, not {canonical}"
        return Clue(speaks=False, why=why)
    share = (numbers / drawn)[drawn > 0].median()
    return Clue(speaks=False, why=f"{why}, {share:.2g} of the drawn area if in m²")


def _examples(texts: pd.Series) -> str:
    counts = texts.value_counts().rename_axis("text").reset_index(name="rows")
    first = counts.sort_values(["rows", "text"], ascending=[False, True]).head(EXAMPLES)
    shown = [f"{quoted(t)[1:-1]} ({n})" for t, n in first.itertuples(index=False)]
    return ", ".join(shown)
