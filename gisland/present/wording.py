"""Codes, numbers and text from data as people read them; shared by the ledger and the report."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.units import m2_to_mu
from gisland.present.bilingual import OPEN
from gisland.present.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "—"
LONGEST = 300  # characters of one text in the report; the ledger has the whole
FINEST = 6  # decimals at which limits are compared
DECIMALS = {
    "m2": 2,
    "m": 2,
    "mu": 3,
    "ha": 2,
    "m/ha": 2,
    "count/mu": 2,
    "count/ha": 2,
    "share": 2,  # of a per cent
    "ratio": 2,
    "index": 4,
    **dict.fromkeys(("yuan", "yuan/mu", "yuan_per_mu", "count", "days", "parcels", "owners"), 0),
}
SYMBOLS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
SECTIONS = {
    "action": "action",
    "analysis": "analysis",
    "attribute": "attribute",
    "basis": "use_basis",
    "boundary": "boundary",
    "built_from": "number_from",
    "code": "finding",
    "condition": "planning_condition",
    "conditions_failed": "planning_condition",
    "denominator": "denominator",
    "developable_from": "number_from",
    "floors_from": "floors_from",
    "fragment_reasons": "reason",
    "indicator": "indicator",
    "layer": "table",
    "level_by": "level_by",
    "lines": "lines",
    "low_use_decided_by": "test",
    "low_use_not_assessed": "test",
    "low_use_reasons": "reason",
    "m0_outcome": "outcome",
    "mode": "mode",
    "operator": "operator",
    "outcome": "outcome",
    "outcome_after": "outcome",
    "outcome_before": "outcome",
    "part": "block_part",
    "planned_use": "use_class",
    "planned_use_class": "use_class",
    "ranked_by": "rank_term",
    "reason": "block_reason",
    "reasons": "reason",
    "role": "role",
    "scrap_kind": "scrap_kind",
    "severity": "severity",
    "share_denominator": "denominator",
    "share_outcome": "outcome",
    "cap_operator": "operator",
    "status": "status",
    "subject": "subject",
    "tenure": "tenure",
    "test": "test",
    "theme": "theme",
    "to_build_from": "number_from",
    "topic": "topic",
    "unit": "unit",
    "use_after": "use_class",
    "use_before": "use_class",
    "use_class": "use_class",
    "verdict": "verdict",
}
LISTS = (
    *("reasons", "fragment_reasons", "low_use_reasons", "low_use_not_assessed"),
    *("conditions_failed", "level_by", "ranked_by"),
)
# What XML 1.0 and HTML cannot carry: control codes, surrogates, two noncharacters.
_ILLEGAL = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd"
)


def is_missing(value: Any) -> bool:  # noqa: ANN401 - a cell of any table
    """Whether a cell holds nothing: None, NaN, <NA>, NaT or an empty text.

    Parameters
    ----------
    value
        Anything a table can hold.

    Returns
    -------
    bool
        Infinite numbers are not missing.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(""), is_missing(0)
    (True, True, False)
    """
    if value is None or isinstance(value, str):
        return not value
    if isinstance(value, float):  # most cells: the general way takes ten times as long
        return math.isnan(value)
    return bool(pd.api.types.is_scalar(value)) and bool(pd.isna(value))


def visible(value: object) -> str:
    """Text of a value with characters that no XML can carry replaced by U+FFFD.

    A time at midnight is a day.

    Parameters
    ----------
    value
        Anything; missing values give an empty text.

    Returns
    -------
    str
        Not escaped: whoever writes markup escapes it there.

    Examples
    --------
    >>> visible("a" + chr(0) + "b") == "a" + chr(0xFFFD) + "b"
    True
    """
    if type(value) is str and value.isprintable():
        return value  # most of all, and quickly told
    if isinstance(value, dt.datetime) and not is_missing(value) and value.time() == dt.time():
        value = value.date()
    return "" if is_missing(value) else str(value).translate(_ILLEGAL)


def named(texts: Mapping[str, str], section: str, code: object) -> str:
    """Display name of a code; a code without a name is shown as it is.

    Parameters
    ----------
    texts
        Catalog of one language.
    section
        Catalog section, such as ``verdict``.
    code
        The code; a detail may follow a colon, as in ``site:S01``.

    Returns
    -------
    str
        The name, with the detail in brackets; ``—`` for a missing code.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> named(catalog("en"), "verdict", "absorbed"), named(catalog("en"), "verdict", "new")
    ('absorbed', 'new')
    >>> named(catalog("en"), "reason", "missing:same_use")
    'data missing, undecided (same land use)'
    """
    text = visible(code)
    if not text:
        return MISSING
    whole = texts.get(f"{section}.{text}")
    if whole is not None:
        return whole
    stem, colon, detail = text.partition(":")
    name = texts.get(f"{section}.{stem}")
    if name is None or not colon:
        return text
    if section == "reason" and stem == "missing":
        detail = texts.get(f"test.{detail}", detail)
    return texts["report.detail"].format(name=name, detail=detail)


def area_both(texts: Mapping[str, str], area_m2: Any) -> str:  # noqa: ANN401 - a cell
    """An area in square metres and in mu.

    Parameters
    ----------
    texts
        Catalog of one language.
    area_m2
        Square metres, or missing.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> area_both(catalog("en"), 1000.0)
    '1,000.00 m² (1.500 mu)'
    """
    m2 = number(area_m2, unit="m2")
    if m2 == MISSING:
        return MISSING
    return texts["report.area_both"].format(m2=m2, mu=number(m2_to_mu(area_m2), unit="mu"))


def named_list(texts: Mapping[str, str], section: str, codes: object) -> str:
    """Display names of codes joined by semicolons.

    Parameters
    ----------
    texts
        Catalog of one language.
    section
        Catalog section, such as ``reason``.
    codes
        Codes joined by ``;``.

    Returns
    -------
    str
        Names in the order of the codes; ``—`` where there is none.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> named_list(catalog("en"), "reason", "min_lot;min_width")
    'smaller than the minimum lot; too narrow'
    """
    names = [isolated(named(texts, section, c)) for c in visible(codes).split(";")]
    return texts["report.list"].join(names)


def number(value: Any, *, unit: str, decimals: int | None = None) -> str:  # noqa: ANN401 - a cell
    """A number as it is printed, without its unit; shares as a percentage.

    Parameters
    ----------
    value
        A number, in `unit`.
    unit
        Such as ``m2``, ``mu``, ``share``, ``ratio``; unknown units print two decimals.
    decimals
        Digits after the point; those of the unit where None.

    Returns
    -------
    str
        ``—`` for missing and infinite values; nothing is rounded to minus zero.

    Examples
    --------
    >>> number(45071.4, unit="m2"), number(0.03746, unit="share"), number(None, unit="m2")
    ('45,071.40', '3.75%', '—')
    """
    if not isinstance(value, (float, numbers.Real)) or not math.isfinite(value):
        return MISSING
    digits = DECIMALS.get(unit, 2) if decimals is None else decimals
    scaled = float(value) * (100 if unit == "share" else 1)
    text = f"{round(scaled, digits) + 0.0:,.{digits}f}"
    return f"{text}%" if unit == "share" else text


def with_unit(texts: Mapping[str, str], value: object, *, unit: str) -> str:
    """A number with its unit, such as ``1,688.40 m²``.

    Parameters
    ----------
    texts
        Catalog of one language.
    value
        A number, in `unit`.
    unit
        Such as ``m2``.

    Returns
    -------
    str
        ``—`` for missing values.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> with_unit(catalog("en"), 1688.4, unit="m2"), with_unit(catalog("en"), 0.1, unit="share")
    ('1,688.40 m²', '10.00%')
    """
    return _suffixed(texts, number(value, unit=unit), unit)


def _suffixed(texts: Mapping[str, str], text: str, unit: str) -> str:
    name = named(texts, "unit", unit)
    return text if MISSING in {text, name} or unit == "count" else f"{text} {name}"


def comparison(texts: Mapping[str, str], test: Mapping[Any, Any]) -> str:
    """The measured value held against the limit, with as many digits as tell them apart.

    Parameters
    ----------
    texts
        Catalog of one language.
    test
        One row of the verdicts table: ``outcome``, ``value``, ``limit``, ``operator``, ``unit``,
        ``denominator``; text in ``told`` (`conditions.told_verdicts`) goes before them.

    Returns
    -------
    str
        Such as ``10.004% (requires ≤ 10.000%; of project land)``; empty for tests without numbers.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"outcome": "fail", "value": 2500.0, "limit": 2000.0, "operator": "<", "unit": "m2"}
    >>> comparison(catalog("en"), row)
    '2,500.00 m² (requires < 2,000.00 m²)'
    """
    if not is_missing(test.get("told")):
        return visible(test["told"])
    value, limit, unit = test.get("value"), test.get("limit"), visible(test.get("unit"))
    operator = SYMBOLS.get(visible(test.get("operator")))
    if operator is None or (is_missing(value) and is_missing(limit)):
        return ""
    digits = DECIMALS.get(unit, 2)
    told = [number(v, unit=unit, decimals=digits) for v in (value, limit)]
    while digits < FINEST and value != limit and told[0] == told[1]:
        digits += 1
        told = [number(v, unit=unit, decimals=digits) for v in (value, limit)]
    over = test.get("denominator")
    key = "report.compared" if is_missing(over) else "report.compared_over"
    return texts[key].format(
        value=_suffixed(texts, told[0], unit),
        operator=operator,
        limit=_suffixed(texts, told[1], unit),
        denominator=named(texts, "denominator", over),
    )


def shortened(value: object, *, longest: int = LONGEST) -> str:
    """Visible text, cut to a length that no table of a report is torn by.

    Parameters
    ----------
    value
        Anything; missing values give an empty text.
    longest
        Characters to keep.

    Returns
    -------
    str
        At most `longest` characters and an ellipsis; whole if it holds references to the catalog.

    Examples
    --------
    >>> len(shortened("a" * 10_000))
    301
    """
    text = visible(value)
    whole = len(text) <= longest or OPEN in text
    return text if whole else f"{isolated(text[:longest])}…"


def label(texts: Mapping[str, str], section: str, code: object) -> str:
    """Display name of a code, shortened where the code is a long text from data.

    Parameters
    ----------
    texts
        Catalog of one language.
    section
        Catalog section, such as ``status``.
    code
        The code, or text that has no name.

    Returns
    -------
    str
        ``—`` for a missing code.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> label(catalog("en"), "tenure", "state")
    'state-owned'
    """
    return named(texts, section, shortened(code))
