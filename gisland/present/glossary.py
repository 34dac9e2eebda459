"""The words of gisland in Chinese and English, with what they mean and where they are used."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pandas as pd

COLUMNS = ("zh", "en", "meaning_zh", "meaning_en", "where")


def glossary() -> pd.DataFrame:
    """Words that planners and programs share, in Chinese and English.

    Returns
    -------
    pandas.DataFrame
        One row per word, in the order of reading, numbered from 0: ``zh`` and ``en``, the word;
        ``meaning_zh`` and ``meaning_en``, what it means here; ``where``, the tables, columns
        (``table.column``), rules and parameters that it is about, joined by ``;``.

    Examples
    --------
    >>> words = glossary().set_index("zh")
    >>> words.loc["容积率", "en"], words.loc["容积率", "meaning_en"].split(".")[0]
    ('FAR (floor area ratio)', 'Counted floor area divided by land area')
    """
    rows = [{**term, "where": ";".join(term["where"])} for term in glossary_terms()]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def glossary_terms() -> list[dict[str, Any]]:
    """Entries of the glossary as they are written, with the words that labels may use.

    Returns
    -------
    list of dict
        Keys ``zh``, ``en``, ``meaning_zh``, ``meaning_en``, ``where`` and, where labels of the
        catalogs are bound to the word, ``labels``.

    Examples
    --------
    >>> glossary_terms()[0]["en"]
    'parcel'
    """
    file = resources.files("gisland.present") / "glossary.toml"
    terms: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["term"]
    return terms
