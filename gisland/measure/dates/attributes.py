"""Attributes that differ between two dates of a parcel, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_bool_dtype,
    is_datetime64_any_dtype,
    is_integer_dtype,
    is_numeric_dtype,
)

from gisland.base.keys import positions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

CHANGES = ("before_id", "after_id", "kind", "attribute", "old", "new")
RELATIVE = 1e-6  # numbers that differ by less are equal: files round them differently
ARROW = "\N{RIGHTWARDS ARROW}"
MISSING = "-"
LONGEST = 60  # characters of a value in a summary


def attribute_changes(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    *,
    columns: Iterable[str],
) -> pd.DataFrame:
    """Values that differ between the parcels of a pair.

    Parameters
    ----------
    before, after
        Tables by text id.
    pairs
        ``before_id``, ``after_id``, ``kind``, and ``single``: whether amounts are compared, too.
    columns
        Columns of both tables.

    Returns
    -------
    pandas.DataFrame
        Columns ``CHANGES``, sorted by ids and attribute; ``old`` and ``new`` are text, missing
        where the value is. Whole numbers are compared as they are, others within a millionth, and
        so is a number that one table has as text; texts without the blanks around them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> old = gpd.GeoDataFrame({"owner": ["A", "B"], "tax": [5.0, 6.0]}, index=["p", "q"])
    >>> new = old.assign(owner=["A", "C"])
    >>> pairs = pd.DataFrame({"before_id": ["p", "q"], "after_id": ["p", "q"], "kind": "same"})
    >>> found = attribute_changes(old, new, pairs.assign(single=True), columns=["owner", "tax"])
    >>> found.values.tolist()
    [['q', 'q', 'same', 'owner', 'B', 'C']]
    """
    i = positions(pairs["before_id"], before.index)
    j = positions(pairs["after_id"], after.index)
    parts = [pd.DataFrame({name: pd.Series(dtype="str") for name in CHANGES})]
    for name in sorted(set(columns)):
        old, new = before[name].iloc[i], after[name].iloc[j]
        differs = _differ(old, new)
        if is_numeric_dtype(old) and is_numeric_dtype(new) and not is_bool_dtype(old):
            differs &= pairs["single"].to_numpy(dtype=bool)
        rows = pairs.loc[differs, ["before_id", "after_id", "kind"]]
        parts.append(
            rows.assign(
                attribute=name, old=_texts(old[differs]).array, new=_texts(new[differs]).array
            )
        )
    every = pd.concat(parts, ignore_index=True).astype("str")
    order = ["before_id", "after_id", "attribute"]
    return every.sort_values(order, ignore_index=True)[list(CHANGES)]


def told_by_parcel(changes: pd.DataFrame, side: str) -> pd.DataFrame:
    """Changes of each parcel in two cells.

    Parameters
    ----------
    changes
        Of `attribute_changes`.
    side
        ``before`` or ``after``.

    Returns
    -------
    pandas.DataFrame
        By parcel id: ``changed`` (names joined by ``;``) and ``change`` (each once, old and new).

    Examples
    --------
    >>> row = ["p", "p2", "same", "owner", "A", "B"]
    >>> told_by_parcel(pd.DataFrame([row], columns=CHANGES), "after")["change"].to_dict()
    {'p2': 'owner: A → B'}
    """
    old, new = (changes[c].fillna(MISSING).str.slice(0, LONGEST) for c in ("old", "new"))
    rows = pd.DataFrame(
        {
            "parcel_id": changes[f"{side}_id"],
            "changed": changes["attribute"],
            "change": changes["attribute"] + ": " + old + f" {ARROW} " + new,
        }
    ).drop_duplicates()
    names = rows[["parcel_id", "changed"]].drop_duplicates().groupby("parcel_id")["changed"]
    texts = rows.groupby("parcel_id")["change"]
    return pd.DataFrame({"changed": names.agg(";".join), "change": texts.agg("; ".join)})


def _differ(old: pd.Series, new: pd.Series) -> Bools:
    """Whether two values are not the same, row by row; missing is the same as missing."""
    gone, came = old.isna().to_numpy(), new.isna().to_numpy()
    if is_datetime64_any_dtype(old) and is_datetime64_any_dtype(new):
        equal = old.to_numpy() == new.to_numpy()
    else:
        equal = _texts(old).to_numpy(dtype=object) == _texts(new).to_numpy(dtype=object)
        whole = is_integer_dtype(old) and is_integer_dtype(new)  # codes differ in the last digit
        if not whole and (is_numeric_dtype(old) or is_numeric_dtype(new)):
            one, two = (
                pd.to_numeric(v, errors="coerce").to_numpy("float64", na_value=np.nan)
                for v in (old, new)
            )
            equal = equal | np.isclose(one, two, rtol=RELATIVE, atol=0.0)
    return np.asarray(np.where(gone | came, gone != came, ~equal), dtype=bool)


def _texts(values: pd.Series) -> pd.Series:
    """Values as they are read, whole numbers without a point."""
    if is_numeric_dtype(values) and not is_bool_dtype(values) and not is_integer_dtype(values):
        numbers = values.to_numpy("float64", na_value=np.nan)
        texts = pd.Series(numbers, index=values.index).map("{:.12g}".format)
    else:
        texts = values.astype("object").map(str).str.strip()
    return texts.astype("str").where(values.notna().to_numpy())
