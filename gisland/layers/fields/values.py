"""Source values made plain: texts, dtypes, ids from the position."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import FieldError

EXACT = 2**53  # whole numbers up to here survive storage as floating point
# Blanks, and signs that nobody sees: of no width, and byte-order marks.
BLANK = r"[\s\u200b-\u200f\u2060\ufeff]"
# Texts that may begin or end with one: with neither plain letters and signs nor Chinese ones.
FRAMED = "^[^!-~一-鿿]|[^!-~一-鿿]$"


def to_text(values: pd.Series, *, what: str) -> pd.Series:
    """Text of any column: stripped of blanks and invisible signs, whole numbers without ``.0``.

    Parameters
    ----------
    values
        Any dtype.
    what
        Name of the column in messages.

    Returns
    -------
    pandas.Series
        ``str`` dtype on the same index; empty texts are missing.

    Raises
    ------
    FieldError
        If a number is too long to have survived storage as floating point.

    Examples
    --------
    >>> to_text(pd.Series([1.0, 2.5, None]), what="id").tolist()
    ['1', '2.5', nan]
    >>> to_text(pd.Series([" 007 ", ""]), what="id").tolist()
    ['007', nan]
    """
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        whole = np.isfinite(numbers) & (numbers == np.round(numbers))
        exact = _exact(values)
        if (np.abs(numbers[whole]) >= exact).any():
            raise FieldError(
                f"{what} holds whole numbers of {len(str(exact))} digits and more as floating"
                " point: their last digits are lost",
                do="store them as text",
            )
        texts = [
            str(int(n)) if w else repr(n) for n, w in zip(numbers.tolist(), whole, strict=True)
        ]
        result = pd.Series(texts, index=values.index, dtype="str", name=values.name)
        result = result.where(np.isfinite(numbers))
    else:
        result = values.astype("str").where(values.notna())
        framed = result.str.contains(FRAMED).fillna(value=False).to_numpy(dtype=bool)
        inner = result[framed].str.replace(rf"^{BLANK}+|{BLANK}+$", "", regex=True)
        result[framed] = inner.to_numpy()
    return result.where(result.ne(""))


def _exact(values: pd.Series) -> int:
    """Whole numbers up to here survive storage as floating point of this width."""
    kind = getattr(values.dtype, "numpy_dtype", values.dtype)
    return int(2 ** (np.finfo(kind).nmant + 1))


def position_ids(table: gpd.GeoDataFrame, *, prefix: str) -> pd.Index:
    """Ids made from the position, the same whatever the order of the rows.

    Rows are counted in the order of west, south, east and north edge, then geometry, then
    attributes; rows without geometry come last.

    Parameters
    ----------
    table
        Any layer.
    prefix
        First letter of the ids.

    Returns
    -------
    pandas.Index
        Text, one per row, in the order of the rows.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame(geometry=[shapely.box(5, 0, 6, 1), shapely.box(0, 0, 1, 1)])
    >>> position_ids(layer, prefix="P").tolist()
    ['P000002', 'P000001']
    """
    geometry = table.geometry.to_numpy()
    order = pd.DataFrame(shapely.bounds(geometry), columns=["west", "south", "east", "north"])
    order = order.reset_index(drop=True)
    # Shapes and attributes are compared only where bounds are equal.
    same = order.duplicated(keep=False).to_numpy()
    order["shape"], order["text"] = "", ""
    if same.any():
        hexes = shapely.to_wkb(geometry[same], hex=True)
        order.loc[same, "shape"] = [h or "" for h in hexes]
        rest = pd.DataFrame(table.drop(columns=table.active_geometry_name))[same]
        columns = sorted(rest.columns, key=str)
        order.loc[same, "text"] = [
            repr(r) for r in rest[columns].itertuples(index=False, name=None)
        ]
    rank = order.sort_values(list(order.columns), kind="stable", na_position="last").index
    numbers = np.empty(len(table), dtype=int)
    numbers[rank] = np.arange(1, len(table) + 1)
    return pd.Index([f"{prefix}{n:06d}" for n in numbers], dtype="str")


def plain_dtype(values: pd.Series) -> pd.Series:
    """Dates, flags and texts out of object columns, so that every format can hold them.

    Parameters
    ----------
    values
        Any column.

    Returns
    -------
    pandas.Series
        The same where the dtype is plain; else dates, ``boolean`` or ``str``.

    Examples
    --------
    >>> plain_dtype(pd.Series([True, None], dtype=object)).dtype
    BooleanDtype
    """
    if values.dtype != object:
        return values
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in {"date", "datetime"}:
        return pd.to_datetime(values, errors="coerce")
    if kind == "boolean":
        return values.astype("boolean")
    return values.astype("str").where(values.notna())
