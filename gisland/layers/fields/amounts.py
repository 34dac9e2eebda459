"""A number column of a layer: values, ends of ranges, and what to tell about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import FieldError
from gisland.layers.fields.numbers import LOWER, RANGE, UPPER, VALUE, parse_numbers
from gisland.layers.fields.uses import vocabulary
from gisland.layers.fields.values import to_text
from gisland.layers.findings import counted
from gisland.layers.source import unit_factors

if TYPE_CHECKING:
    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

# The columns whose values are the two ends of one range.
PARTNERS = {
    f"{stem}_{one}": f"{stem}_{other}"
    for stem in ("far", "coverage", "green")
    for one, other in (("min", "max"), ("max", "min"))
}
# Why a cell is missing: code of the finding, severity, and what is told.
REASONS = {
    "not_number": ("unparsed_number", "warning", "not a plain number"),
    "two_values": ("number_two_values", "warning", "several values in one cell"),
    "range": ("number_range", "warning", "a range where one value is needed"),
    "limit": ("number_limit", "warning", "a limit on one side where another number is needed"),
    "comma": ("number_comma", "warning", "a comma that may part thousands or decimals"),
    "a_year": ("number_year", "warning", "a year where a number is needed"),
    "a_date": ("number_date", "warning", "a date where a number is needed"),
    "other_unit": ("number_other_unit", "warning", "a unit that does not fit this column"),
    "no_unit": ("number_no_unit", "warning", "no unit where other rows name one"),
    "not_regulated": ("number_not_regulated", "info", "says that nothing is prescribed"),
    "no_value": ("number_no_value", "info", "a sign for no value"),
}
ADVICE = {"no_unit": "; declare it in [layers.{layer}.units]", "comma": "; store plain numbers"}
ZERO_IS_MISSING = "recorded_area_m2"


def read_amounts(
    values: pd.Series, *, name: str, source: Source
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """Numbers of a source column under their canonical names, in canonical units.

    A range gives the end that the column holds, and the other end too if no column is mapped to
    it; a limit on the other side goes there alone. What cannot be read is missing and told,
    never a wrong number. A recorded area of 0 means that none is recorded.

    Parameters
    ----------
    values
        The source column.
    name
        Canonical column that it is mapped to.
    source
        Declaration of the layer.

    Returns
    -------
    dict of str to pandas.Series
        The column, and its partner where ranges fill it; float64 on the index of `values`.
    list of dict
        Findings by reason, with counts and examples.

    Raises
    ------
    FieldError
        If the column holds flags or dates.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> zoning = Source("zoning", "", fields={"far_max": "RJL"})
    >>> texts = pd.Series(["1.0~2.0", "≤2.5", "≥1.0", "2022年"])
    >>> columns, findings = read_amounts(texts, name="far_max", source=zoning)
    >>> {k: v.tolist() for k, v in columns.items()}
    {'far_max': [2.0, 2.5, nan, nan], 'far_min': [1.0, nan, 1.0, nan]}
    >>> [f["code"] for f in findings]
    ['number_year', 'range_read']
    """
    what = f"{source.name}: column {source.fields[name]!r} (mapped to {name})"
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        raise FieldError(f"{what} holds {values.dtype}, not numbers", do="map another column")
    if name == "level":
        words = vocabulary("level")
        texts = to_text(values, what=what)
        values = texts.map(lambda t: words.get(t, t), na_action="ignore").astype("str")
    cells = parse_numbers(values, canonical=name, unit=source.units.get(name, ""))
    partner = PARTNERS.get(name, "")
    numbers, reason = _one_end(cells, name=name)
    ranges = cells["operator"].eq(RANGE) & bool(partner)
    fills = bool(partner) and partner not in source.fields
    across = reason.eq("limit") & fills
    findings = _unread(values, reason.mask(across, ""), what=what, source=source)
    findings += _units(values, cells, name=name, what=what, source=source)
    columns = {name: numbers}
    if (ranges | across).any():
        ends = {"max": "upper", "min": "lower"}
        told_of = "ranges or limits on the other side" if across.any() else "ranges"
        message = f"{what}: {told_of}, of which the {ends[name[-3:]]} end is taken"
        if fills:
            other = cells["low" if name.endswith("_max") else "high"]
            columns[partner] = other.where(ranges | across)
            message += f" and the other as {partner}"
        told = counted(values[ranges | across], "range_read", message, in_=source, severity="info")
        findings += told
    if name == ZERO_IS_MISSING:
        zero = numbers.eq(0)
        message = f"{what}: 0 taken as not recorded"
        findings += counted(values[zero], "zero_area", message, in_=source, severity="info")
        columns[name] = numbers.mask(zero)
    return columns, findings


def _one_end(cells: pd.DataFrame, *, name: str) -> tuple[pd.Series, pd.Series]:
    """The number that a column holds, and why it is missing."""
    upper = name.split("_")[1:2] == ["max"]
    lower = name.split("_")[1:2] == ["min"]
    operator = cells["operator"]
    good = operator.eq(VALUE)
    if name in PARTNERS:
        good |= operator.eq(RANGE)
    if upper or lower:
        good |= operator.isin(UPPER if upper else LOWER)
    numbers = cells["low" if lower else "high"].where(good)
    strange = ~good & ~operator.isin(["", RANGE])
    reason = cells["reason"].mask(strange, "limit")
    return numbers, reason.mask(operator.eq(RANGE) & ~good, "range")


def _unread(values: pd.Series, reason: pd.Series, *, what: str, source: Source) -> list[Finding]:
    findings: list[Finding] = []
    for key, (code, severity, told) in REASONS.items() if reason.ne("").any() else ():
        advice = ADVICE.get(key, "").format(layer=source.name)
        message = f"{what}: {told}, taken as missing{advice}"
        rows = values[reason.eq(key)]
        findings += counted(rows, code, message, in_=source, severity=severity)
    return findings


def _units(
    values: pd.Series, cells: pd.DataFrame, *, name: str, what: str, source: Source
) -> list[Finding]:
    """Tell of units in the texts that are not the declared one, or not the canonical one."""
    if cells["unit"].eq("").all():
        return []
    factors = unit_factors(name)
    declared = source.units.get(name, "")
    usual = factors.get(declared, 1.0)
    own = cells["unit"].map(factors)
    other = own.notna() & own.ne(usual)
    if declared:
        message = f"{what}: units that contradict the declared {declared}; those in the texts count"
        return counted(values[other], "unit_contradicts", message, in_=source)
    if "percent" in factors:  # 35 % says what it is
        return []
    message = f"{what}: units named in the texts are taken"
    return counted(values[other], "unit_in_text", message, in_=source, severity="info")
