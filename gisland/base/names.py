"""Names of holders, made comparable: one company has several spellings."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import aligned

if TYPE_CHECKING:
    from collections.abc import Iterable

# What prints no ink: blanks and controls, and code points that Unicode lets a reader ignore.
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2800\u3164\uffa0\u115f\u1160]+")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_FIRST_CJK = "\u2e80"
# NFKC leaves these dashes apart; U+30FC is a Japanese vowel and U+4E00 the number one, not dashes.
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def comparable(texts: pd.Series) -> pd.Series:
    """Names in a form that is equal for all spellings of a name.

    Compatible characters are unified by Unicode's NFKC (full-width letters, digits and brackets;
    also "①" and "1"), letters by case folding, dashes by hand; characters of no width are left
    out, and blanks of every kind, but for one between two letters or digits that are not
    Chinese. Nothing is guessed: names that differ in any other character, such as "甲1" and
    "甲一", or "Ann Abel" and "Anna Bel", stay apart.

    Parameters
    ----------
    texts
        Names as written; missing ones are allowed.

    Returns
    -------
    pandas.Series
        Text, on the index and by the name of `texts`; missing where nothing is left. Not for
        display.

    Examples
    --------
    >>> comparable(pd.Series(["某某有限公司 ", "ＡＢＣ（中国）", "　", None])).tolist()
    ['某某有限公司', 'abc(中国)', nan, nan]
    """
    code, distinct = pd.factorize(texts)  # missing ones have the code -1
    folded = [_folded(str(text)) or None for text in distinct]
    values = pd.array([*folded, None], dtype="str")  # the last is what -1 takes
    return pd.Series(values.take(code), index=texts.index, name=texts.name)


def has_names(texts: pd.Series) -> bool:
    """Whether there is anything to compare by: a text that `comparable` does not take for missing.

    Parameters
    ----------
    texts
        Names as written; missing ones are allowed.

    Returns
    -------
    bool
        Found at the first such text, without looking at the others.

    Examples
    --------
    >>> has_names(pd.Series([None, "　", "甲"])), has_names(pd.Series([None, " "]))
    (True, False)
    """
    return any(_folded(str(text)) for text in texts.dropna().unique())


def usual_spelling(texts: pd.Series, keys: pd.Series) -> pd.Series:
    """Names as most rows write them.

    Parameters
    ----------
    texts
        Names as written; missing ones are allowed.
    keys
        What `comparable` makes of them.

    Returns
    -------
    pandas.Series
        Text, on the index and by the name of `texts`: of all spellings of a name the most
        frequent one, of equally frequent ones the smallest text; missing where `comparable` is.

    Examples
    --------
    >>> names = pd.Series(["甲厂 ", "甲厂", "甲厂", None])
    >>> usual_spelling(names, comparable(names)).tolist()
    ['甲厂', '甲厂', '甲厂', nan]
    """
    key = keys.rename("key")
    rows = pd.DataFrame({"key": key, "written": texts.where(key.notna()).astype("str")}).dropna()
    size = rows.groupby(["key", "written"]).size().rename("times").reset_index()
    size = size.sort_values(["key", "times", "written"], ascending=[True, False, True])
    usual = size.drop_duplicates("key").set_index("key")["written"]
    found = aligned(usual, pd.Index(key)).astype("str")
    return pd.Series(found.array, index=texts.index, name=texts.name)


def is_word(texts: pd.Series, words: Iterable[str]) -> pd.Series:
    """Whether each text as a whole is one of some words, such as those of a rule.

    Parameters
    ----------
    texts
        Codes or words as written; missing ones are allowed.
    words
        Compared after Unicode's NFKC (full-width letters and digits), without case and without
        blanks around.

    Returns
    -------
    pandas.Series
        ``boolean``, on the index and by the name of `texts`; missing where the text is, or blank.

    Examples
    --------
    >>> is_word(pd.Series(["ｍ０ ", "M01", None, ""]), ("M0",)).tolist()
    [True, False, <NA>, <NA>]
    """
    code, distinct = pd.factorize(texts)  # missing ones have the code -1
    known = {plain_word(word) for word in words}
    plain = [plain_word(str(text)) for text in distinct]
    found = pd.array([*(t in known if t else pd.NA for t in plain), pd.NA], dtype="boolean")
    return pd.Series(found.take(code), index=texts.index, name=texts.name)


def plain_word(word: str) -> str:
    """One code or word in the form in which such are compared.

    Parameters
    ----------
    word
        As written.

    Returns
    -------
    str
        After Unicode's NFKC, without case and without blanks around.

    Examples
    --------
    >>> plain_word(" ＯＵＴ")
    'out'
    """
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _folded(text: str) -> str:
    """One name; normalised twice, as folding and leaving out can undo the first time."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())
    words = _BLANKS.sub(" ", _DASHES.sub("-", folded)).split()
    joined = "".join(
        word if k == 0 or not _parted(words[k - 1][-1], word[0]) else f" {word}"
        for k, word in enumerate(words)
    )
    return unicodedata.normalize("NFKC", joined)


def _parted(one: str, other: str) -> bool:
    """Whether a blank between two characters parts words: not beside Chinese ones or signs."""
    return all(c.isalnum() and c < _FIRST_CJK for c in (one, other))
