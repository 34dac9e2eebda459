from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisland.base.keys import (
    aligned,
    among,
    ends_among,
    in_order,
    joined_texts,
    positions,
    row_order,
    whole_array,
)

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", "c", "中", "a;"])), max_size=9)
ONCE = st.lists(st.sampled_from(["", "a", "b", "中"]), max_size=4, unique=True)
VALUES = {
    "number": pd.Series([1.5, 2.5], index=["a", "b"], name="n"),
    "whole": pd.Series([1, 2], index=["a", "b"]),
    "flag": pd.Series([True, False], index=["a", "b"]),
    "text": pd.Series(["x", None], index=["a", "b"], dtype="str"),
    "nullable": pd.Series([1, None], index=["a", "b"], dtype="Int64"),
}


def text(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype="str")


@given(keys=TEXTS, ids=ONCE)
def test_positions_and_membership_are_those_of_pandas(
    keys: list[str | None], ids: list[str]
) -> None:
    index = pd.Index(ids, dtype="str")
    expected = index.get_indexer(pd.Index(text(keys)))
    for series in (text(keys), text(keys).astype("object")):
        assert positions(series, index).tolist() == expected.tolist()
        assert among(series, index).tolist() == (expected >= 0).tolist()


def test_ids_that_are_numbers() -> None:
    keys, ids = pd.Series([7, 8, 7]), pd.Index([8, 7])
    assert positions(keys, ids).tolist() == [1, 0, 1]
    assert among(keys, ids[:1]).tolist() == [False, True, False]
    assert among(pd.Series([None, 1.0]), pd.Index([1.0, np.nan])).tolist() == [False, True]


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("ids", [["b", "a", "b"], ["b", "z", None], []])
def test_aligned_is_reindexed(kind: str, ids: list[str | None]) -> None:
    index = pd.Index(ids, dtype="str", name="parcel_id")
    pd.testing.assert_series_equal(aligned(VALUES[kind], index), VALUES[kind].reindex(index))


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["", "B", "a", "中", None]), st.sampled_from([0.0, -1.0, None])),
        max_size=12,
    )
)
def test_order_is_that_of_pandas(rows: list[tuple[str | None, float | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["id", "size"]).astype({"id": "str", "size": "float64"})
    frame["row"] = range(len(frame))
    expected = frame.sort_values(["id", "size"], kind="stable")
    assert row_order(frame, ["id", "size"]).tolist() == expected["row"].tolist()
    ordered = in_order(frame, ["id", "size"])
    pd.testing.assert_frame_equal(ordered, expected.reset_index(drop=True))


@given(rows=st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["a", "b", None]))))
def test_joined_texts_are_sorted_and_distinct(rows: list[tuple[str, str | None]]) -> None:
    texts, keys = text([t for t, _ in rows]), text([k for _, k in rows])
    expected: dict[str, set[str]] = {}
    for one, key in rows:
        if key is not None:
            expected.setdefault(key, set()).add(one)
    found = joined_texts(texts, keys)
    assert found.index.is_monotonic_increasing
    assert found.to_dict() == {k: ";".join(sorted(v)) for k, v in expected.items()}


def test_ends_of_pairs() -> None:
    pairs = pd.MultiIndex.from_tuples(
        [("a", "b"), ("a", "c"), ("b", "a")], names=["focal", "neighbor"]
    )[1:]  # a level keeps ids that are no longer used
    assert ends_among(pairs, "focal", pd.Index(["a"])).tolist() == [True, False]
    assert ends_among(pairs, "neighbor", pd.Index(["c", "z"])).tolist() == [True, False]
    assert ends_among(pairs[:0], "neighbor", pd.Index(["c"])).tolist() == []


def test_an_array_in_pieces_is_one() -> None:
    pieces = pd.concat([text(["a", None]), text([]), text(["b"])])
    assert isinstance(whole_array(pieces), pa.Array)
    assert whole_array(pieces).to_pylist() == ["a", None, "b"]
    assert whole_array(pd.Index([1, 2])).to_pylist() == [1, 2]
