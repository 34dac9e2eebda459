"""Each cell of a packed column reads as the popup of the row alone would tell it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mappages
from gisland.present.facts import UNITS, fields
from gisland.present.mapcolumns import columns, scaled
from gisland.present.packing import packed
from gisland.present.popups import PARCEL_FIELDS
from gisland.present.style import LANGUAGES, catalog
from gisland.present.wording import number

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.004, -0.004, 0.005, -0.005, 0.015, 0.025, 1.005, 2.675, 1e-12,
           12_345.675, 999_999.995, -1234.5, 0.1 + 0.2, 7e9, 1e11, np.nan, np.inf, -np.inf,
           0.12345, 0.00005, 0.00015, 0.33335, 1 / 3, 66.66666]  # fmt: skip


def told(
    frame: pd.DataFrame, names: Iterable[str], *, language: str = "en"
) -> list[list[list[str]]]:
    """Rows of each popup, as the page holds them."""
    texts = catalog(language)
    made = columns(frame, names, texts=texts)
    arrays, facts = mappages.unpack(packed(made.arrays, {"columns": made.told}))
    missing = texts["map.ui.missing"]
    return [mappages.cells(arrays, facts, i=i, missing=missing) for i in range(len(frame))]


def alone(
    frame: pd.DataFrame, names: Iterable[str], *, language: str = "en"
) -> list[list[list[str]]]:
    """Rows of each popup, made row by row."""
    rows = frame.to_dict("records")
    return [fields(row, names, texts=catalog(language))[1] for row in rows]


def assert_alike(frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    for language in LANGUAGES:
        found, wanted = (make(frame, names, language=language) for make in (told, alone))
        assert found == wanted


@pytest.mark.parametrize("name", [n for n in PARCEL_FIELDS if n in UNITS] + ["area"])
def test_every_number_of_a_parcel_reads_as_it_is_printed(name: str) -> None:
    source = "area_m2" if name == "area" else name
    rng = np.random.default_rng(1)
    known = [v for v in NUMBERS if np.isfinite(v) or np.isnan(v)]
    values = [*known, *rng.uniform(-1, 1, 300), *(rng.integers(0, 10**6, 300) / 2000)]
    assert_alike(pd.DataFrame({source: values}), (name,))


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
@pytest.mark.parametrize("percent", [False, True])
def test_ties_are_rounded_as_printing_does(digits: int, *, percent: bool) -> None:
    rng = np.random.default_rng(digits)
    steps = rng.integers(-(10**7), 10**7, 3000) / 2 / 10**digits
    values = np.concatenate(
        [steps, steps / 100, np.nextafter(steps, 9e9), np.nextafter(steps, -9e9)]
    )
    values = values / 100 if percent else values
    found = scaled(pd.Series(values), digits=digits, percent=percent)
    for value, held in zip(values.tolist(), found.tolist(), strict=True):
        printed = f"{value * 100 if percent else value:,.{digits}f}"
        zero = not printed.strip("-0.,")
        assert mappages.printed(held, digits) == (printed.removeprefix("-") if zero else printed)


def test_a_number_that_rounds_to_zero_has_no_sign() -> None:
    assert told(pd.DataFrame({"far": [-0.001]}), ("far",)) == [
        [["FAR", number(-0.001, unit="ratio")]]
    ]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 0, -3], dtype="int64"),
        pd.Series([1, None, -3], dtype="Int64"),
        pd.Series([1.5, None, -3], dtype="Float64"),
        pd.Series([1.25, None, 3], dtype="float32"),
        pd.Series([2.0, None, 3.5], dtype="object"),
        pd.Series(["1.5", None, "many"], dtype="str"),
    ],
)
def test_numbers_of_any_type_read_alike(values: pd.Series) -> None:
    for name in ("far", "coverage", "mean_storeys", "building_height_m"):
        assert_alike(pd.DataFrame({name: values}), (name,))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["state", None, "collective", "unknown", ""], dtype="str"),
        pd.Series(["state", None, 7, True, np.nan], dtype="object"),
        pd.Series(["state", None, "state"], dtype="category"),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, False]),
        pd.to_datetime(
            pd.Series(["2024-01-01", None, "2024-01-01 12:30"], dtype="str"), format="mixed"
        ),
        pd.Series([dt.date(2024, 1, 1), None], dtype="object"),
        pd.Series(["—", "a\x00b", None, "x;y"], dtype="str"),
        pd.Series([None, None], dtype="object"),
    ],
)
def test_words_of_any_type_read_alike(values: pd.Series) -> None:
    for name in ("owner", "tenure", "low_use", "idle_since", "fragment_reasons", "other_ids"):
        assert_alike(pd.DataFrame({name: values}), (name,))


def test_columns_without_a_value_are_left_out_but_for_those_always_told() -> None:
    lots = pd.DataFrame({"owner": [None, None], "green_ratio": [np.nan, np.nan], "far": [1, 2]})
    made = columns(lots, ("owner", "green_ratio", "far", "tenure"), texts=catalog("en"))
    assert [c["name"] for c in made.told] == ["owner", "far"]
    assert told(lots, ("owner", "green_ratio", "far"))[0] == [["owner", "—"], ["FAR", "1.00"]]


def test_an_empty_table_has_columns_of_nothing() -> None:
    lots = pd.DataFrame({"owner": pd.Series([], dtype="str"), "far": pd.Series([], dtype=float)})
    made = columns(lots, ("owner", "far", "area"), texts=catalog("en"))
    assert all(array.size == 0 for array in made.arrays.values())


def test_two_owners_that_read_alike_are_one_text() -> None:
    lots = pd.DataFrame({"owner": ["a\x00", "a\x01", "b"]})
    made = columns(lots, ("owner",), texts=catalog("en"))
    assert made.told[0]["values"] == ["a\ufffd", "b"]
    assert made.arrays["column:0"].tolist() == [1, 1, 2]


def test_infinite_numbers_are_not_told() -> None:
    assert told(pd.DataFrame({"far": [np.inf, -np.inf, 1.0]}), ("far",)) == [
        [["FAR", number(np.inf, unit="ratio")]], [["FAR", number(-np.inf, unit="ratio")]],
        [["FAR", "1.00"]],
    ]  # fmt: skip


@pytest.mark.parametrize("largest", [9.9e10, 1.1e11, 1e17, 1e20, -1e20, 1e300])
def test_numbers_too_large_for_the_script_read_alike(largest: float) -> None:
    values = [largest, 1.005, np.nan, largest / 3]
    for name in ("area_m2", "far", "coverage", "building_height_m"):
        assert_alike(pd.DataFrame({name: values}), (name.removesuffix("_m2"),))


def test_area_that_is_no_number_is_told_as_a_row_alone_tells_it() -> None:
    assert_alike(pd.DataFrame({"area_m2": pd.Series([10.0, None], dtype="object")}), ("area",))
