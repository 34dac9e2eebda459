"""Ids looked up, rows ordered and texts joined by them, all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ID_SEPARATOR = ";"  # in columns that hold several ids
NOWHERE = -1


def positions(keys: pd.Series | pd.Index, ids: pd.Index) -> NDArray[np.int64]:
    """Position of each key among ids.

    Parameters
    ----------
    keys
        Ids; repeated and missing ones are allowed.
    ids
        Ids, each once.

    Returns
    -------
    numpy.ndarray
        One for each key; -1 where the key is missing or not among the ids.

    Examples
    --------
    >>> positions(pd.Series(["b", "c", None, "b"]), pd.Index(["a", "b"])).tolist()
    [1, -1, -1, 1]
    """
    if not (_is_text(keys) and _is_text(ids)):
        return ids.get_indexer(pd.Index(keys)).astype(np.int64)
    found = pc.index_in(whole_array(keys), value_set=whole_array(ids), skip_nulls=True)
    return pc.fill_null(found, NOWHERE).to_numpy().astype(np.int64)


def among(keys: pd.Series | pd.Index, ids: pd.Series | pd.Index) -> NDArray[np.bool_]:
    """Whether each key is one of some ids.

    Parameters
    ----------
    keys
        Ids; repeated and missing ones are allowed.
    ids
        Ids; likewise. A missing one is equal to none.

    Returns
    -------
    numpy.ndarray
        Bool, one for each key.

    Examples
    --------
    >>> among(pd.Series(["b", "c", None]), pd.Index(["a", "b", "b"])).tolist()
    [True, False, False]
    """
    if not (_is_text(keys) and _is_text(ids)):
        return np.asarray(keys.isin(ids)) & np.asarray(keys.notna())
    held = pc.is_in(whole_array(keys), value_set=whole_array(ids), skip_nulls=True)
    return held.to_numpy(zero_copy_only=False)


def ends_among(pairs: pd.MultiIndex, level: str, ids: pd.Index) -> NDArray[np.bool_]:
    """Whether one end of each pair is one of some ids.

    Parameters
    ----------
    pairs
        Such as the index of a border table.
    level
        The end: ``focal`` or ``neighbor``.
    ids
        Ids; repeated ones are allowed.

    Returns
    -------
    numpy.ndarray
        Bool, one for each pair.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("a", "b"), ("b", "a")], names=["focal", "neighbor"])
    >>> ends_among(pairs, "neighbor", pd.Index(["a"])).tolist()
    [False, True]
    """
    number = pairs.names.index(level)
    return among(pairs.levels[number], ids)[pairs.codes[number]]


def both_among(pairs: pd.MultiIndex, ids: pd.Index) -> NDArray[np.bool_]:
    """Whether both ends of each pair are among some ids.

    Parameters
    ----------
    pairs
        Such as the index of a border table, with ``focal`` and ``neighbor``.
    ids
        Ids; repeated ones are allowed.

    Returns
    -------
    numpy.ndarray
        Bool, one for each pair.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("a", "b"), ("b", "c")], names=["focal", "neighbor"])
    >>> both_among(pairs, pd.Index(["a", "b"])).tolist()
    [True, False]
    """
    return ends_among(pairs, "focal", ids) & ends_among(pairs, "neighbor", ids)


def aligned(values: pd.Series, ids: pd.Index) -> pd.Series:
    """Values on other ids.

    Parameters
    ----------
    values
        By id, each once.
    ids
        Ids to answer for; repeated and missing ones are allowed.

    Returns
    -------
    pandas.Series
        On `ids`; missing where there is no value.

    Examples
    --------
    >>> aligned(pd.Series([9.0], index=["a"]), pd.Index(["a", "b", "a"])).tolist()
    [9.0, nan, 9.0]
    """
    at = positions(ids, values.index)
    taken = pd.api.extensions.take(values.array, at, allow_fill=True)
    return pd.Series(taken, index=ids, name=values.name)


def row_order(frame: pd.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    """Positions of rows in ascending order of some columns.

    Parameters
    ----------
    frame
        Any table.
    by
        Columns of texts, numbers or flags, the most important first.

    Returns
    -------
    numpy.ndarray
        Rows with equal values keep their order; missing values come last.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["b", None, "a", "b"], "size": [2.0, 1.0, 3.0, 1.0]})
    >>> row_order(frame, ["id", "size"]).tolist()
    [2, 3, 0, 1]
    """
    columns = pa.table({name: whole_array(frame[name]) for name in by})
    keys = [(name, "ascending") for name in by]
    return pc.sort_indices(columns, sort_keys=keys).to_numpy().astype(np.int64)


def in_order(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Rows in ascending order of some columns.

    Parameters
    ----------
    frame
        Any table.
    by
        Columns of texts, numbers or flags, the most important first.

    Returns
    -------
    pandas.DataFrame
        With a fresh range index; as `row_order` has it.

    Examples
    --------
    >>> in_order(pd.DataFrame({"id": ["b", None, "a"]}), ["id"])["id"].tolist()
    ['a', 'b', nan]
    """
    order = row_order(frame, by)
    sorted_already = np.array_equal(order, np.arange(len(order)))
    return (frame if sorted_already else frame.take(order)).reset_index(drop=True)


def joined_texts(texts: pd.Series, keys: pd.Series) -> pd.Series:
    """Texts of each key as one.

    Parameters
    ----------
    texts
        None missing.
    keys
        Text, in the order of `texts`; where it is missing the text is left out.

    Returns
    -------
    pandas.Series
        Text by key, both sorted: the distinct texts joined by ``;``.

    Examples
    --------
    >>> joined_texts(pd.Series(["y", "x", "y", "z"]), pd.Series(["b", "b", "b", "a"])).to_dict()
    {'a': 'z', 'b': 'x;y'}
    """
    pairs = pd.DataFrame({"key": keys.array, "text": texts.array}).astype("str")
    pairs = in_order(pairs[pairs["key"].notna()].drop_duplicates(), ["key", "text"])
    return joined_runs(pairs["text"], pairs["key"])


def joined_runs(texts: pd.Series, keys: pd.Series) -> pd.Series:
    """Texts of each run of equal keys as one, in the order in which they stand.

    Parameters
    ----------
    texts
        None missing.
    keys
        In the order of `texts`, equal ones one behind the other, none missing.

    Returns
    -------
    pandas.Series
        Text by key: the texts joined by ``;``.

    Examples
    --------
    >>> joined_runs(pd.Series(["y", "x", "z"]), pd.Series([7, 7, 3])).to_dict()
    {7: 'y;x', 3: 'z'}
    """
    first = np.flatnonzero(keys.ne(keys.shift()))
    array = whole_array(texts)
    lists = pa.ListArray.from_arrays(np.append(first, len(keys)).astype("int32"), array)
    joined = pc.binary_join(lists, pa.scalar(ID_SEPARATOR, array.type))
    return pd.Series(joined, index=pd.Index(keys.array.take(first)), dtype="str")


def _is_text(values: pd.Series | pd.Index) -> bool:
    return isinstance(values.dtype, pd.StringDtype)


def whole_array(values: pd.Series | pd.Index) -> pa.Array:
    """Values as one Arrow array, however many pieces they are held in.

    Parameters
    ----------
    values
        Any that Arrow knows.

    Returns
    -------
    pyarrow.Array
        Missing values are null.

    Examples
    --------
    >>> halves = pd.concat([pd.Series(["a"]), pd.Series(["b"])])
    >>> whole_array(halves).to_pylist()
    ['a', 'b']
    """
    array = pa.array(values)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
