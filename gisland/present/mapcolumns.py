"""Facts of parcels column by column: each distinct text once, numbers as they are printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.units import m2_to_mu
from gisland.present.facts import ALWAYS, UNITS, field_text
from gisland.present.wording import DECIMALS, MISSING, area_both, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

NEAR = 1e-9  # of a half, times the number: digits are then found one by one, as printing does
LARGEST = 1e11  # in its unit; beyond, doubles of the script have no room for all digits
PLACES = {"m2": "\0", "mu": "\1"}  # of the two numbers of an area, in its template


@dataclass(frozen=True)
class Columns:
    """Facts of the features of a layer: how each column is shown, and arrays of what it holds.

    Parameters
    ----------
    told
        For each column its ``label``, whether it is shown where missing (``always``), and either
        distinct ``values`` or the ``digits``, sign (``percent``) and ``unit`` of its numbers.
    arrays
        By ``column:<number>``: 0 where missing, else the place in ``values`` from 1 on, or the
        number without its decimal point, moved away from zero by one.
    """

    told: list[dict[str, Any]]
    arrays: dict[str, Ints]


def columns(frame: pd.DataFrame, names: Iterable[str], *, texts: Mapping[str, str]) -> Columns:
    """Columns of a table as the map tells them, in words and with units.

    Parameters
    ----------
    frame
        One row for each feature.
    names
        Columns to show, those that the table lacks are left out; ``area`` stands for square
        metres and mu.
    texts
        The catalog.

    Returns
    -------
    Columns
        Columns without any value are left out, but for those that are told always.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"owner": ["Li", None, "Li"], "far": [0.5, 1.25, None]})
    >>> made = columns(lots, ("owner", "far"), texts=catalog("en"))
    >>> made.told[0]["values"], made.arrays["column:0"].tolist(), made.arrays["column:1"].tolist()
    (['Li'], [1, 0, 1], [51, 126, 0])
    """
    told: list[dict[str, Any]] = []
    arrays: dict[str, Ints] = {}
    for name in names:
        source = "area_m2" if name == "area" else name
        always = name in ALWAYS
        if source not in frame and not always:
            continue
        values = frame[source] if source in frame else pd.Series(np.nan, frame.index)
        key = f"column:{len(told)}"
        if not _is_plain(values) or name not in {"area", *UNITS}:
            made, held = _words(values, key, name=name, texts=texts)
        elif name == "area":
            made, held = _areas(values, key, texts=texts)
        else:
            made, held = _numbers(values, key, unit=UNITS[name], texts=texts)
        if always or any(array.any() for array in held.values()):
            label = texts["map.popup.area"] if name == "area" else texts.get(f"fact.{name}", name)
            told.append({"name": name, "label": label, "always": always, **made})
            arrays |= held
    return Columns(told, arrays)


def _is_plain(values: pd.Series) -> bool:
    """Whether the script can hold all values as numbers, to the last digit that is printed."""
    if not pd.api.types.is_numeric_dtype(values):
        return False
    size = values.astype("float64").abs()
    return not bool((size[size < np.inf] > LARGEST).any())


def _words(
    values: pd.Series, key: str, *, name: str, texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Ints]]:
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    shown = [
        area_both(texts, value) if name == "area" else field_text(name, value, texts)
        for value in distinct.tolist()
    ]
    places = {MISSING: 0}  # two values may read alike, and one may read as nothing
    for text in shown:
        places.setdefault(text, len(places))
    place = np.array([0, *(places[text] for text in shown)])
    return {"values": list(places)[1:]}, {key: place[codes + 1]}


def _numbers(
    values: pd.Series, key: str, *, unit: str, texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Ints]]:
    digits = DECIMALS.get(unit, 2)
    name = named(texts, "unit", unit)
    suffix = "" if unit in {"count", "share"} or name == MISSING else f" {name}"
    form = {"digits": digits, "percent": unit == "share", "unit": suffix}
    return form, {key: scaled(values, digits=digits, percent=unit == "share")}


def _areas(
    values: pd.Series, key: str, *, texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Ints]]:
    digits = {"m2": DECIMALS["m2"], "mu": DECIMALS["mu"]}
    form = {"area": texts["report.area_both"].format(**PLACES), **digits}
    m2 = scaled(values, digits=digits["m2"])
    mu = scaled(m2_to_mu(values.astype("float64")), digits=digits["mu"])
    return form, {key: m2, f"{key}:mu": mu}


def scaled(values: pd.Series, *, digits: int, percent: bool = False) -> Ints:
    """Numbers without their decimal point, as they are printed.

    Parameters
    ----------
    values
        Numbers; missing and infinite ones are not shown.
    digits
        After the point.
    percent
        Whether shares are printed as percentages.

    Returns
    -------
    numpy.ndarray
        Shape (n,): 0 where missing; numbers of zero and above are moved up by one.

    Examples
    --------
    >>> scaled(pd.Series([0.125, -0.004, None, 2.0]), digits=2).tolist()
    [13, 1, 0, 201]
    """
    plain = values.to_numpy(dtype="float64", na_value=np.nan) * (100 if percent else 1)
    known = np.isfinite(plain)
    large = np.where(known, plain, 0.0) * 10**digits
    whole = np.rint(large)
    unsure = np.abs(np.abs(large - whole) - 0.5) < NEAR * np.maximum(1, np.abs(large))
    for i in np.flatnonzero(unsure):
        whole[i] = round(round(float(plain[i]), digits) * 10**digits)
    made = whole.astype(np.int64)
    return np.where(known, made + (made >= 0), 0)
