"""Names compared: spellings of one name are equal, two names never are."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisland.base.names import comparable

SPELLINGS = {
    "某某有限公司": [
        "某某有限公司 ",
        "\u3000某某有限公司",
        "某 某 有 限 公 司",
        "某某\u200b有限公司\ufeff",
        "某某\u00a0有限公司\r\n",
        "某某\u2060有限\u00ad公司\u200f",
    ],
    "abc(中国)2号": ["ＡＢＣ（中国）２号", "Abc(中国)2号", "aBC （中国） ２ 号", "abc﹙中国﹚2号"],
    "a-1": [
        "A－1",
        "a\u20101",
        "a\u20111",
        "a\u20131",
        "a\u20141",
        "a\u22121",
        "a\ufe631",
        "A - 1",
    ],
    "strasse": ["Straße", "STRASSE", "strasse"],
    "é": ["e\u0301", "É", "E\u200d\u0301"],
    "株式会社ガ": ["株式会社ｶﾞ", "株式会社ガ", "株式会社カ\u3099"],
}
APART = [
    "甲1",
    "甲一",
    "甲乙",
    "甲-乙",
    "甲ー乙",
    "甲",
    "乙",
    "甲(乙)",
    "甲[乙]",
    "甲0",
    "甲O",
    "甲l",
    "nan",
]
NOTHING = ["", " ", "\u3000", "\u200b", "\ufeff\u2060", "\t\n", "\x00", "\u00a0", "\u3164", None]
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=6)), max_size=8)


@pytest.mark.parametrize("form", SPELLINGS)
def test_spellings_of_a_name_are_equal(form: str) -> None:
    assert comparable(pd.Series(SPELLINGS[form])).tolist() == [form] * len(SPELLINGS[form])


def test_two_names_never_merge() -> None:
    found = comparable(pd.Series(APART))
    assert found.is_unique
    assert found.notna().all()


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_what_shows_nothing_is_missing(kind: str) -> None:
    found = comparable(pd.Series([*NOTHING, "甲"], dtype=kind))
    assert found.isna().tolist() == [True] * len(NOTHING) + [False]


def test_index_name_and_kind_are_kept() -> None:
    names = pd.Series(["A", None, "a "], index=["p3", "p1", "p2"], name="owner")
    expected = pd.Series(["a", None, "a"], index=names.index, name="owner", dtype="str")
    pd.testing.assert_series_equal(comparable(names), expected)
    pd.testing.assert_series_equal(comparable(names[:0]), expected[:0])
    assert comparable(pd.Series([None, None], dtype="object")).dtype == "str"


def test_every_blank_and_every_format_character_is_left_out() -> None:
    """Those of the first plane, but for the signs of Arabic and Syriac, which are seen."""
    plane = [chr(n) for n in range(0x10000) if not 0xD800 <= n < 0xE000]
    unseen = [c for c in plane if unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cc", "Cf"}]
    signs = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
    unseen = [c for c in unseen if c not in signs]
    found = comparable(pd.Series([f"甲{c}乙" for c in unseen]))
    assert len(unseen) > 100
    assert [hex(ord(c)) for c, name in zip(unseen, found, strict=True) if name != "甲乙"] == []


@given(texts=TEXTS)
def test_once_compared_is_compared(texts: list[str | None]) -> None:
    once = comparable(pd.Series(texts, dtype="object"))
    pd.testing.assert_series_equal(comparable(once), once)


def test_blanks_between_words_of_letters_count_once() -> None:
    names = ["Ann Abel", "Anna Bel", "ann   abel", "ACME Ltd", "ACMELtd", "组 1 12", "组 11 2"]
    found = comparable(pd.Series(names)).tolist()
    assert found == ["ann abel", "anna bel", "ann abel", "acme ltd", "acmeltd", "组1 12", "组11 2"]


@given(
    text=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=6),
    blank=st.sampled_from([" ", "\u3000", "\u200b", "\ufeff"]),
)
def test_blanks_never_make_a_difference_in_chinese(text: str, blank: str) -> None:
    spaced = blank + blank.join(text) + blank
    one, other = comparable(pd.Series([text, spaced], dtype="object"))
    assert one == other or (pd.isna(one) and pd.isna(other))
