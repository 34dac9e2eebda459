"""Classes of any column: few texts by color, numbers by ranges that hold what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.present.mapfeatures import Kind
from gisland.present.owncolumns import MOST_DIGITS, digits_of, is_number, own_texts
from gisland.present.style import OWN_OTHER, OWN_RAMP, OWN_TEXTS, Look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Classed = tuple[list[str], dict[str, Kind]]

OTHER, MISSING = "other", "missing"


def one_class(count: int, *, texts: Mapping[str, str]) -> Classed:
    """All features in one class.

    Parameters
    ----------
    count
        Of features.
    texts
        The page's own words.

    Returns
    -------
    codes : list of str
        One for each feature.
    kinds : dict
        The class.

    Examples
    --------
    >>> one_class(2, texts={"all_features": "all"})[0]
    ['0', '0']
    """
    return ["0"] * count, {"0": Kind(texts["all_features"], _look(OWN_TEXTS[0]))}


def classes_of(column: pd.Series, *, texts: Mapping[str, str]) -> Classed:
    """Class of each value of a column.

    Numbers fall into at most five classes of about equal counts; equal numbers are never parted,
    and each class is named by the smallest and largest number that it holds. Of texts the most
    frequent have a color each, the rest share one; what is missing is a class of its own.

    Parameters
    ----------
    column
        Of any kind.
    texts
        The page's own words.

    Returns
    -------
    codes : list of str
        One for each value.
    kinds : dict
        Classes by code, in the order of the legend.

    Examples
    --------
    >>> words = {"from_to": "{low} to {high}", "no_value": "none"}
    >>> codes, kinds = classes_of(pd.Series([1.0, 1.0, 2.0, None]), texts=words)
    >>> codes, [kind.label for kind in kinds.values()]
    (['0', '0', '1', 'missing'], ['1', '2', 'none'])
    """
    codes, kinds = _ranges(column, texts) if is_number(column) else _frequent(column, texts)
    if MISSING in codes:
        kinds[MISSING] = Kind(texts["no_value"], Look("#8a97a5", 1, fill="#ffffff", opacity=0.4))
    return codes, kinds


def _ranges(column: pd.Series, texts: Mapping[str, str]) -> Classed:
    known = column.notna().to_numpy()
    numbers = column[known].to_numpy(dtype="float64")
    if not len(numbers):
        return [MISSING] * len(column), {}
    shares = np.arange(1, len(OWN_RAMP) + 1) / len(OWN_RAMP)
    tops = np.unique(np.quantile(numbers, shares, method="inverted_cdf"))
    place = np.searchsorted(tops, numbers)
    lows = [numbers[place == i].min() for i in range(len(tops))]
    digits = _enough_digits(np.array([*lows, *tops]))
    kinds = {}
    for i, (low, high) in enumerate(zip(lows, tops, strict=True)):
        ends = [f"{end:,.{digits}f}" for end in (low, high)]
        label = ends[0] if low == high else texts["from_to"].format(low=ends[0], high=ends[1])
        kinds[str(i)] = Kind(
            label, _look(OWN_RAMP[i * (len(OWN_RAMP) - 1) // max(1, len(tops) - 1)])
        )
    codes = np.full(len(column), MISSING, dtype=object)
    codes[known] = place.astype(str)
    return codes.tolist(), kinds


def _enough_digits(ends: NDArray[np.float64]) -> int:
    """Digits with which no two limits of classes read alike."""
    distinct = np.unique(ends)
    digits = min(2, digits_of(distinct[np.isfinite(distinct)]))
    while digits < MOST_DIGITS and len({f"{end:.{digits}f}" for end in distinct}) < len(distinct):
        digits += 1
    return digits


def _frequent(column: pd.Series, texts: Mapping[str, str]) -> Classed:
    shown = own_texts(column, texts=texts)
    counts = shown.value_counts()
    ordered = sorted(counts.index, key=lambda text: (-counts[text], text))
    several = len(ordered) > len(OWN_TEXTS)
    colored = ordered[: len(OWN_TEXTS) - several]
    code = {text: str(i) for i, text in enumerate(colored)}
    kinds = {code[text]: Kind(text, _look(OWN_TEXTS[i])) for i, text in enumerate(colored)}
    if several:
        kinds[OTHER] = Kind(texts["other_values"], _look(OWN_OTHER))
    codes = [MISSING if text is None else code.get(text, OTHER) for text in shown]
    return codes, kinds


def _look(color: str) -> Look:
    return Look(color, 1.5, fill=color, opacity=0.5)
