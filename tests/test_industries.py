from __future__ import annotations

import pandas as pd
import pytest

from gisland.base.industries import digits_of, industry_digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("C26", "26"),
        ("26", "26"),
        ("c2614", "2614"),
        ("Ｃ２６１", "261"),
        (" C26\u3000", "26"),
        ("0610", "0610"),
        ("T97", "97"),
        ("C", ""),
        ("2", ""),
        ("26140", ""),
        ("U26", ""),  # sections end with T
        ("C26-28", ""),
        ("26.0", ""),
        ("化学原料", ""),
        ("C26化学原料", ""),
        ("", ""),
        (None, ""),
        (26, "26"),
        ("٢٦", ""),  # digits, but not of a code
        ("=C26", ""),
    ],
)
def test_digits_of_a_code(text: object, digits: str) -> None:
    assert industry_digits(text) == digits


def test_a_column_keeps_its_index_and_missing_values_have_no_digits() -> None:
    found = digits_of(pd.Series(["C26", None, "x", "C26"], index=[3, 1, 1, 0]))
    assert found.index.tolist() == [3, 1, 1, 0]
    assert found.tolist() == ["26", "", "", "26"]
    assert found.dtype == "str"
    assert digits_of(pd.Series([], dtype="str")).empty
    assert digits_of(pd.Series([None, None], dtype="object")).tolist() == ["", ""]
