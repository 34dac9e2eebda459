"""Numbers in texts: a value, a range, a limit on one side, or missing with the reason."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gisland.layers.fields.values import to_text
from gisland.layers.source import unit_factors

LARGEST_FAR = 15  # a floor area ratio above it is per cent
LARGEST_SHARE = 1
EARLIEST, LATEST = 1900, 2100  # whole numbers between them may be years
WAN = 1e4  # money is told in 元 or 万元

VALUE, RANGE = "=", "~"
UPPER, LOWER = ("<=", "<"), (">=", ">")

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xAD])
_SAME = str.maketrans("−￥於過應無規萬億畝頃層內暫詳棟戶國", "-¥于过应无规万亿亩顷层内暂详栋户国")
_PLAIN_TEXT = {0x3000: " ", **_WIDE, **_INVISIBLE, **_SAME}

_PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_LOOSE = r"(?:[0-9][0-9.,]*(?:e[+-]?[0-9]+)?|\.[0-9]+)"
_TO = r"(?:[-–—~〜∼]{1,2}|至|到|\bto\b|à)"
_INCLUDED = re.compile(rf"\((?:含|含本数|含本數)\)(?=\s*(?:{_TO}|以|$))")
_LESS = r"\s*(?:<=|[<≤≦⩽])"
_SPACED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[\u00a0\u202f\u2009'’][0-9]{3})+(?![0-9])")
_NOTHING = re.compile(r"[-–—_/\\.*~]+")
_TOKEN = re.compile(r"(?<![a-z0-9.])[0-9]+(?:\.[0-9]+)?")
_YEAR = r"(?:19|20)[0-9]{2}"
_YEARS = re.compile(rf"{_YEAR}年(?:度|底|初)?|{_YEAR}\s*{_TO}\s*{_YEAR}年?|民国[0-9]+年")
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_DATES = re.compile(
    rf"{_YEAR}年{_MONTH}月(?:{_DAY}[日号]?)?"
    rf"|{_YEAR}([-/.]){_MONTH}\1{_DAY}(?:[ t].*)?"
    rf"|{_YEAR}[-/]{_MONTH}|{_DAY}([-/.]){_DAY}\2{_YEAR}"
)
_DAY_NUMBER = re.compile(rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
# How a number with commas may be meant.
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){2,}(?:\.[0-9]*)?|,[0-9]{3}\.[0-9]*)")
_DECIMAL = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})|0,[0-9]+")
_EITHER = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_POINT_GROUPED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class _Cell(NamedTuple):
    """One text as read: its ends in its own unit, or why there are none."""

    low: float = np.nan
    high: float = np.nan
    operator: str = ""
    unit: str = ""
    reason: str = ""


class _Words(NamedTuple):
    whole: dict[str, str]
    before: dict[str, str]
    after: dict[str, str]
    units: dict[str, dict[str, str]]
    times: dict[str, float]
    pattern: re.Pattern[str]


def parse_numbers(values: pd.Series, *, canonical: str, unit: str = "") -> pd.DataFrame:
    """Numbers of a column in the canonical unit: never a wrong one, but missing with the reason.

    Commas, dates and units are judged on the whole column. A unit in the text overrules `unit`.

    Parameters
    ----------
    values
        Numbers, or texts such as ``180~200``, ``≤2.0``, ``1,234.5 亩`` and ``不予规定``.
    canonical
        Canonical column, such as ``recorded_area_m2``: it tells which units may occur.
    unit
        Unit of the numbers that name none; absent: the canonical one, unless other rows name
        another.

    Returns
    -------
    pandas.DataFrame
        On the index of `values`. ``low`` and ``high``, in the canonical unit: equal for a value,
        one of them missing for a limit. ``operator``: ``=``, ``~`` (range), ``<=``, ``<``, ``>=``,
        ``>``. ``unit``: the one that the text names. ``reason``: why both are missing, one of
        ``not_number``, ``two_values``, ``comma`` (thousands or decimals), ``a_year``, ``a_date``,
        ``other_unit``, ``no_unit`` (other rows name one), ``no_value``, ``not_regulated``. Empty
        text where there is nothing to tell.

    Examples
    --------
    >>> texts = pd.Series(["180~200", "≤2.0", "60(50)", "不予規定", "35%"])
    >>> read = parse_numbers(texts, canonical="far_max", unit="percent")
    >>> read[["low", "high", "operator", "reason"]].values.tolist()
    [[1.8, 2.0, '~', ''], [nan, 0.02, '<=', ''], [nan, nan, '', 'two_values'], \
[nan, nan, '', 'not_regulated'], [0.35, 0.35, '=', '']]
    >>> parse_numbers(pd.Series(["1,234.5 亩"]), canonical="recorded_area_m2")["low"].tolist()
    [823000.0]
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        cells = _stored(values)
    else:
        codes, distinct = pd.factorize(to_text(values, what=str(values.name)))
        plain = pd.Series([_bare(plain_text(t), canonical) for t in distinct], dtype="str")
        cells = _distinct(plain, canonical=canonical, unit=unit)
        cells = cells.reindex(codes).set_axis(values.index)
        cells[["operator", "unit", "reason"]] = cells[["operator", "unit", "reason"]].fillna("")
    own = cells["unit"].where(cells["unit"].ne(""), unit)
    for end in ("low", "high"):
        cells[end] = _canonical(cells[end], own, factors=unit_factors(canonical))
    lost = cells["operator"].ne("") & cells[["low", "high"]].isin([np.inf, -np.inf]).any(axis=1)
    cells.loc[lost, ["low", "high"]] = np.nan
    cells.loc[lost, ["operator", "reason"]] = ["", "not_number"]
    return cells


def is_no_value(texts: pd.Series) -> pd.Series:
    """Whether texts are words or signs for no value, such as ``<Null>``, ``无`` and ``-``.

    Parameters
    ----------
    texts
        Texts; missing values are allowed.

    Returns
    -------
    pandas.Series
        Bool, on the index of `texts`; False for missing ones.

    Examples
    --------
    >>> is_no_value(pd.Series(["<Null>", "/", "甲公司", None])).tolist()
    [True, True, False, False]
    """
    given = texts.dropna()
    wordlike = given[~given.str.contains("[0-9]").astype(bool)]  # no such word has a digit
    none = {t for t in wordlike.unique() if _whole(plain_text(t)) == "no_value"}
    return texts.isin(none)


def plain_text(text: str) -> str:
    """Text with full-width signs and traditional number words made plain, in lower case.

    Superscripts and circled digits stay, so that a footnote never becomes a digit.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Without invisible characters, blanks around and a spreadsheet's leading apostrophe.

    Examples
    --------
    >>> plain_text("'１２３　萬元"), plain_text("12²")
    ('123 万元', '12²')
    """
    known = text.translate(_PLAIN_TEXT).strip()
    return known.lstrip("'’‘`").strip().casefold()


def _bare(text: str, canonical: str) -> str:
    """Text without the name of its own column and 含; one with limits on both sides as a range."""
    text = _INCLUDED.sub("", text)
    stem, _, rest = canonical.partition("_")
    named = _names().get(stem)
    if named is None or rest == "m2":
        return text
    between = re.fullmatch(rf"([^<>≤≥≦≧⩽⩾=]+){_LESS}\s*(?:{named})\s*{_LESS}([^<>≤≥≦≧⩽⩾=]+)", text)
    if between:
        return f"{between[1].strip()}~{between[2].strip()}"
    return re.sub(rf"^(?:{named})(?![a-z])\s*[:=]?\s*(?=\S)", "", text)


def _stored(values: pd.Series) -> pd.DataFrame:
    numbers = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)
    operator = numbers.notna().map({True: VALUE, False: ""})
    return pd.DataFrame(
        {"low": numbers, "high": numbers, "operator": operator, "unit": "", "reason": ""}
    )


def _canonical(numbers: pd.Series, own: pd.Series, *, factors: dict[str, float]) -> pd.Series:
    scaled = numbers.copy()
    for name in own.unique():
        factor = factors.get(name, 1.0)
        here = own.eq(name)
        # Per cent are divided by 100, which keeps 35 % at 0.35.
        inverse = 1 / factor
        part = numbers[here]
        scaled[here] = part / inverse if inverse.is_integer() else part * factor
    return scaled


def _distinct(texts: pd.Series, *, canonical: str, unit: str) -> pd.DataFrame:
    """One row for each distinct text, judged together."""
    plain = texts.str.fullmatch(_PLAIN).astype(bool)
    style = _style(texts, plain)
    numbers = pd.to_numeric(texts.where(plain)).astype("float64")
    kind = _quantity(canonical)
    cells = pd.DataFrame(
        {"low": numbers, "high": numbers, "operator": "", "unit": "", "reason": ""}
    )
    cells.loc[plain, "operator"] = VALUE
    rest = [_cell(t, kind=kind, style=style) for t in texts[~plain]]
    cells.loc[~plain] = pd.DataFrame(rest, columns=list(cells), index=texts.index[~plain])
    doubtful = plain & texts.str.fullmatch(_POINT_GROUPED) & (style == "decimal")
    cells = _without(cells, doubtful, reason="comma")
    cells = _without_dates(cells, texts)
    return cells if unit else _without_bare(cells, canonical)


def _without(cells: pd.DataFrame, rows: pd.Series, *, reason: str) -> pd.DataFrame:
    result = cells.copy()
    result.loc[rows, ["low", "high"]] = np.nan
    result.loc[rows, ["operator", "unit", "reason"]] = ["", "", reason]
    return result


def _style(texts: pd.Series, plain: pd.Series) -> str:
    """What commas mean in a column: ``thousands`` or ``decimal`` if other values prove it."""
    tokens = pd.Series([t for x in texts[~plain] for t in re.findall(_LOOSE, x)], dtype="str")
    spaced = texts.str.contains(_SPACED.pattern + ",[0-9]", regex=True).any()
    decimal = spaced or tokens.str.fullmatch(_DECIMAL.pattern).any()
    simple = pd.concat([texts[plain], tokens[tokens.str.fullmatch(_PLAIN).astype(bool)]])
    point = simple.str.contains(".", regex=False) & ~simple.str.fullmatch(_POINT_GROUPED.pattern)
    grouped = tokens.str.fullmatch(_GROUPED.pattern).any() or point.any()
    if decimal == grouped:
        return ""
    return "decimal" if decimal else "thousands"


def _without_dates(cells: pd.DataFrame, texts: pd.Series) -> pd.DataFrame:
    """Bare years and day numbers in a column of dates are dates too."""
    dates = cells["reason"].isin(["a_year", "a_date"])
    year = texts.str.fullmatch(_YEAR) & cells["operator"].eq(VALUE)
    day = texts.str.fullmatch(_DAY_NUMBER.pattern) & cells["operator"].eq(VALUE)
    others = cells["operator"].ne("") & ~year & ~day
    if not dates.any() or dates.sum() < others.sum():
        return cells
    return _without(_without(cells, year, reason="a_year"), day, reason="a_date")


def _without_bare(cells: pd.DataFrame, canonical: str) -> pd.DataFrame:
    """Where some rows name another unit than the canonical one, the others' unit is unknown."""
    factors = unit_factors(canonical)
    named = {u for u in cells["unit"].unique() if factors.get(u, 1.0) != 1.0}
    if not named:
        return cells
    bare = cells["operator"].ne("") & cells["unit"].eq("")
    if "percent" in factors:
        limit = LARGEST_FAR if canonical.startswith("far_") else LARGEST_SHARE
        bare &= cells[["low", "high"]].max(axis=1) > limit
    return _without(cells, bare, reason="no_unit")


def _quantity(canonical: str) -> str:
    factors = unit_factors(canonical)
    kinds = {"mu": "area", "wan_yuan": "money", "percent": "ratio", "ft": "length"}
    return next((kind for unit, kind in kinds.items() if unit in factors), canonical)


def _cell(text: str, *, kind: str, style: str) -> _Cell:
    """One text that is no plain number."""
    reason = _whole(text)
    if reason:
        return _Cell(reason=reason)
    bare = _SPACED.sub(lambda m: re.sub(r"[^0-9]", "", m[0]), text)
    yuan = kind == "money" and bare.startswith("¥")
    found = _words().pattern.fullmatch(bare[1:].strip() if yuan else bare)
    if found is None:
        several = len(_TOKEN.findall(text)) > 1
        return _Cell(reason="two_values" if several else "not_number")
    cell = _read(found, kind=kind, style=style)
    return cell._replace(unit="yuan") if yuan and cell.operator and not cell.unit else cell


def _whole(text: str) -> str:
    """Why a cell holds no number, where the whole of it says so."""
    if _NOTHING.fullmatch(text):
        return "no_value"
    if _YEARS.fullmatch(text):
        return "a_year"
    return "a_date" if _DATES.fullmatch(text) else _words().whole.get(text, "")


def _read(found: re.Match[str], *, kind: str, style: str) -> _Cell:
    words = _words()
    operator = words.before.get(found["before"] or "") or words.after.get(found["after"] or "")
    clauses = sum(map(bool, (found["before"], found["after"], found["two"])))
    ends = [_number(found[name], style) for name in ("one", "two") if found[name]]
    numbers = [n for n in ends if n is not None]
    unit, times = _unit(found, kind=kind)
    reason = ""
    if clauses > 1 or len(numbers) < len(ends):
        reason = "not_number"
    elif np.isnan(numbers).any():
        reason = "comma"
    elif unit is None:
        reason = "other_unit"
    elif numbers[0] > numbers[-1]:
        reason = "two_values"
    if reason or unit is None:
        return _Cell(reason=reason)
    low, high = numbers[0] * times, numbers[-1] * times
    if operator in UPPER:
        return _Cell(np.nan, high, operator, unit)
    if operator in LOWER:
        return _Cell(low, np.nan, operator, unit)
    return _Cell(low, high, RANGE if low < high else VALUE, unit)


def _unit(found: re.Match[str], *, kind: str) -> tuple[str | None, float]:
    """Unit of a cell and what to multiply with; None where the unit does not fit the column."""
    words = _words()
    first, last = ((found[f"times_{n}"] or "", found[f"unit_{n}"] or "") for n in ("one", "two"))
    if found["two"] is None:
        last = first
    if first not in {("", ""), last}:
        return None, 1.0
    scale, word = last
    times = words.times.get(scale, 1.0)
    if kind == "money" and times >= WAN and (not word or word in words.units["money"]):
        return "wan_yuan", times / WAN
    if not word:
        return ("", times) if not scale or kind == "area" else (None, 1.0)
    unit = words.units.get(kind, {}).get(word)
    if scale and kind not in {"area", "money"}:
        return None, 1.0
    return ("" if unit == "floors" else unit), times


def _number(text: str, style: str) -> float | None:
    """A number with or without commas: NaN where they are ambiguous, None where it is none."""
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("+-")
    if re.fullmatch(_PLAIN, digits):
        doubtful = style == "decimal" and _POINT_GROUPED.fullmatch(digits)
        return np.nan if doubtful else sign * float(digits)
    if _GROUPED.fullmatch(digits) or (style == "thousands" and _EITHER.fullmatch(digits)):
        return sign * float(digits.replace(",", ""))
    if _DECIMAL.fullmatch(digits) or (style == "decimal" and _COMMA.fullmatch(digits)):
        return sign * float(digits.replace(".", "").replace(",", "."))
    return np.nan if _COMMA.fullmatch(digits) else None


def _by_word(table: dict[str, list[str]]) -> dict[str, str]:
    return {word: key for key, words in table.items() for word in words}


@cache
def _known() -> dict[str, Any]:
    text = (resources.files("gisland.layers.fields") / "numberwords.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _names() -> dict[str, str]:
    """Pattern of the names of a column, by the first word of its canonical name."""
    return {stem: "|".join(map(re.escape, names)) for stem, names in _known()["names"].items()}


@cache
def _words() -> _Words:
    known = _known()
    whole = {w: reason for reason in ("no_value", "not_regulated") for w in known[reason]}
    before, after = _by_word(known["before"]), _by_word(known["after"])
    units = {kind: _by_word(table) for kind, table in known["units"].items()}
    every = {word for table in units.values() for word in table} | set(known["foreign"])
    number = rf"[+-]?{_LOOSE}"

    def one_of(words: object) -> str:
        ordered = sorted(words, key=lambda w: (-len(w), w))  # type: ignore[call-overload]
        return "|".join(map(re.escape, ordered))

    def measured(name: str, number: str) -> str:
        scale = rf"(?P<times_{name}>{one_of(known['times'])})?"
        return rf"(?P<{name}>{number})\s*{scale}\s*(?P<unit_{name}>{one_of(every)})?"

    pattern = (
        rf"(?P<before>{one_of(before)})?\s*{measured('one', number)}"
        rf"(?:\s*{_TO}\s*{measured('two', _LOOSE)})?\s*(?P<after>{one_of(after)})?"
    )
    return _Words(whole, before, after, units, known["times"], re.compile(pattern))
