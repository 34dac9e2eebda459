"""Columns of any table as a map tells them: texts, whole numbers, decimals, dates, yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.present.bilingual import unmarked
from gisland.present.mapcolumns import Columns, scaled
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

EXACT = 2**52  # larger numbers, such as long codes, lose digits in a browser: they are texts
MOST_DIGITS = 12
SIGNIFICANT = 6


def own_columns(values: Sequence[pd.Series], *, texts: Mapping[str, str]) -> Columns:
    """Columns of a table that is none of gisland's, with nothing changed but long decimals.

    Parameters
    ----------
    values
        Columns with their names, one row for each feature.
    texts
        The page's own words.

    Returns
    -------
    Columns
        All of them, in their order.

    Examples
    --------
    >>> built = pd.Series([1999, None, 2010], name="built", dtype="Int64")
    >>> made = own_columns([built], texts={})
    >>> made.told[0]["label"], made.told[0]["plain"], made.arrays["column:0"].tolist()
    ('built', True, [2000, 0, 2011])
    """
    told: list[dict[str, Any]] = []
    arrays: dict[str, Ints] = {}
    for n, column in enumerate(values):
        form, held = _held(column, texts=texts)
        told.append({"name": str(n), "label": own_text(column.name), "always": False, **form})
        arrays[f"column:{n}"] = held
    return Columns(told, arrays)


def own_texts(column: pd.Series, *, texts: Mapping[str, str]) -> pd.Series:
    """Values of a column as texts, missing ones as None.

    Parameters
    ----------
    column
        Of any kind.
    texts
        The page's own words.

    Returns
    -------
    pandas.Series
        Of objects.

    Examples
    --------
    >>> flags = pd.Series([True, None], dtype="boolean")
    >>> own_texts(flags, texts={"yes": "ja", "no": "nein"}).tolist()
    ['ja', None]
    """
    plain = column.astype("object")
    known = plain.notna().to_numpy()
    if is_flag(column):
        words = {True: texts["yes"], False: texts["no"]}
        shown = [words[bool(v)] if k else None for v, k in zip(plain, known, strict=True)]
    else:
        shown = [own_text(v) or None if k else None for v, k in zip(plain, known, strict=True)]
    return pd.Series(shown, index=column.index, dtype="object")


def own_text(value: object) -> str:
    """Visible text of a value, in which nothing can pass for a reference to the catalog.

    Parameters
    ----------
    value
        Of a table, or a name that a user gave.

    Returns
    -------
    str
        Empty where it is missing.

    Examples
    --------
    >>> own_text("7" + chr(0xFDD0)) == "7" + chr(0xFFFD)
    True
    """
    return str(unmarked(visible(value)))


def is_flag(column: pd.Series) -> bool:
    """Whether a column holds yes and no.

    Parameters
    ----------
    column
        Of any kind.

    Returns
    -------
    bool
        Also for True and False among objects.

    Examples
    --------
    >>> is_flag(pd.Series([True, None], dtype=object)), is_flag(pd.Series([1, 0]))
    (True, False)
    """
    return pd.api.types.infer_dtype(column, skipna=True) == "boolean"


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers that have an order.

    Parameters
    ----------
    column
        Of any kind.

    Returns
    -------
    bool
        False for yes and no, and for complex numbers.

    Examples
    --------
    >>> is_number(pd.Series([1.5])), is_number(pd.Series([True])), is_number(pd.Series(["1"]))
    (True, False, False)
    """
    kind = column.dtype
    numeric = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    return numeric and not pd.api.types.is_bool_dtype(kind)


def digits_of(numbers: NDArray[np.float64]) -> int:
    """Digits after the point that show numbers as they are, or to six significant ones.

    Parameters
    ----------
    numbers
        Finite.

    Returns
    -------
    int
        From 0 on; those of the smallest number that is not zero.

    Examples
    --------
    >>> digits_of(np.array([0.5, 12.25])), digits_of(np.array([1 / 3])), digits_of(np.array([2.0]))
    (2, 6, 0)
    """
    for digits in range(SIGNIFICANT):
        if np.allclose(numbers, np.round(numbers, digits), rtol=1e-12, atol=0):
            return digits
    least = np.abs(numbers[numbers != 0]).min(initial=np.inf)
    return int(np.clip(SIGNIFICANT - 1 - np.floor(np.log10(least)), 2, MOST_DIGITS))


def _held(column: pd.Series, *, texts: Mapping[str, str]) -> tuple[dict[str, Any], Ints]:
    if is_number(column):
        known = column[column.notna()]
        numbers = known.to_numpy(dtype="float64")
        whole = pd.api.types.is_integer_dtype(column.dtype)
        largest = np.abs(numbers).max(initial=0.0)
        digits = 0 if whole or not np.isfinite(largest) else digits_of(numbers)
        if np.isfinite(largest) and largest * 10.0**digits < EXACT:
            form = {"digits": digits, "plain": True} if digits == 0 else _decimals(digits)
            return form, scaled(column, digits=digits)
    codes, distinct = pd.factorize(own_texts(column, texts=texts), use_na_sentinel=True)
    return {"values": distinct.tolist()}, codes.astype(np.int64) + 1


def _decimals(digits: int) -> dict[str, Any]:
    return {"digits": digits, "percent": False, "unit": ""}
