"""Land-use codes and words of several standards, read as use classes."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

CROSSWALK = ("code", "rows", "use_class", "code_list", "reason")
NUMERIC = ("land_sea", "land_use")  # families of lists whose numbers contradict each other
MIN_DIGITS = 4  # a column of shorter numbers alone says nothing about its standard


@dataclass(frozen=True)
class CodeList:
    """One published list of use codes; a class of "" is known to the list but no single class."""

    name: str
    title: str
    family: str
    suffix: str
    classes: Mapping[str, str]

    def read(self, code: str) -> str | None:
        """The use class of a code, "" for a mixed one, None for one that the list does not have.

        Parameters
        ----------
        code
            Whole code or word.

        Returns
        -------
        str or None
            One of ``schema.USE_CLASSES``, "" or None.

        Examples
        --------
        >>> [code_lists()["land_sea_2023"].read(c) for c in ("100102", "10", "0508")]
        ['industrial', '', None]
        """
        if code in self.classes:
            return self.classes[code]
        if not self.suffix:
            return None
        for size in range(len(code) - 1, 0, -1):
            if code[:size] in self.classes and (size > 2 or not code.isdigit()):  # noqa: PLR2004
                fits = re.fullmatch(self.suffix, code[size:])
                return self.classes[code[:size]] if fits else None
        return None


@cache
def code_lists() -> dict[str, CodeList]:
    """The packaged code lists by name.

    Returns
    -------
    dict of str to CodeList
        In the order of the file ``codelists.toml``, which cites the sources.

    Examples
    --------
    >>> list(code_lists())
    ['land_sea_2023', 'gbt_21010_2017', 'survey_2018', 'gb_50137_2011', 'words_zh']
    """
    return {
        name: CodeList(
            name, table["title"], table["family"], table.get("suffix", ""), table["classes"]
        )
        for name, table in _tables()["lists"].items()
    }


def vocabulary(name: str) -> dict[str, str]:
    """Packaged words and codes for the values of another column.

    Parameters
    ----------
    name
        ``tenure`` or ``level``.

    Returns
    -------
    dict of str to str
        Source text to canonical value.

    Examples
    --------
    >>> vocabulary("tenure")["集体"], vocabulary("level")["二级"]
    ('collective', '2')
    """
    return {key: str(value) for key, value in _tables()[name]["values"].items()}


def use_classes(codes: pd.Series, *, classes: Mapping[str, str]) -> tuple[pd.Series, pd.DataFrame]:
    """Use class of each row, and how each distinct code was read.

    The project's own classes come first, by exact text. The four-digit numbers of the planning
    list of 2023 (land_sea) contradict those of GB/T 21010 and of the land survey (land_use):
    0601 is a farm road in one and industry in the other. Which of the two is meant is decided
    on the whole column, by the codes that only one of them has. Where none or both have such
    codes, only numbers that mean the same in both are read; the others stay missing with the
    reason ``ambiguous``. So does a column of which a list knows less than half of the codes, or
    of two-digit numbers alone: it is likely written in another standard altogether.

    Parameters
    ----------
    codes
        Codes or words; missing values are allowed.
    classes
        Source text to use class, from the project file.

    Returns
    -------
    pandas.Series
        Text, named ``use_class``, on the index of `codes`; missing where nothing is known.
    pandas.DataFrame
        One row per distinct code, sorted: ``code``, ``rows`` (count), ``use_class``,
        ``code_list`` (what it was read by), and for those not read the ``reason``: ``unknown``,
        ``mixed`` (several classes in one code) or ``ambiguous``.

    Examples
    --------
    >>> codes = pd.Series(["0601", "0701", "05H1", "M0", "??", None])
    >>> uses, crosswalk = use_classes(codes, classes={})
    >>> uses.tolist()
    ['industrial', 'residential', 'commercial', 'industrial', nan, nan]
    >>> crosswalk.loc[crosswalk["use_class"].isna(), ["code", "rows", "reason"]].values.tolist()
    [['??', 1, 'unknown']]
    >>> use_classes(pd.Series(["0601", "0701"]), classes={})[0].tolist()
    [nan, 'residential']
    """
    texts = codes.astype("str").str.strip()
    counts = texts[texts.ne("")].value_counts().sort_index()
    plain = {code: _plain(code) for code in counts.index}
    own = {key.strip(): value for key, value in classes.items()}
    families = _families([plain[c] for c in counts.index if c not in own])
    rows = [
        (code, int(count), own[code], "project", None)
        if code in own
        else (code, int(count), *_read(plain[code], families))
        for code, count in counts.items()
    ]
    crosswalk = pd.DataFrame(rows, columns=list(CROSSWALK)).astype(
        {"code": "str", "rows": "int64", "use_class": "str", "code_list": "str", "reason": "str"}
    )
    read = crosswalk.set_index("code")["use_class"]
    uses = texts.map(read).astype("str").rename("use_class")
    return uses, crosswalk


def deciding_codes(crosswalk: pd.DataFrame) -> dict[str, list[str]]:
    """Codes of a column that only one family of numeric lists has.

    Parameters
    ----------
    crosswalk
        Second result of ``use_classes``.

    Returns
    -------
    dict of str to list of str
        ``land_sea`` and ``land_use``; sorted, empty where no such code occurs.

    Examples
    --------
    >>> deciding_codes(use_classes(pd.Series(["0601", "1401"]), classes={})[1])
    {'land_sea': ['1401'], 'land_use': []}
    """
    theirs = crosswalk.loc[crosswalk["code_list"].ne("project"), "code"]
    return _deciding([_plain(code) for code in theirs])


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads((resources.files("gisland.layers") / "codelists.toml").read_text("utf-8"))


def _plain(code: str) -> str:
    """Full-width letters and digits made plain, upper case, no blanks around."""
    return unicodedata.normalize("NFKC", code).strip().upper()


def _known_by(code: str) -> dict[str, str]:
    """Readings of a code by list."""
    readings = {name: table.read(code) for name, table in code_lists().items()}
    return {name: use for name, use in readings.items() if use is not None}


def _deciding(codes: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {family: [] for family in NUMERIC}
    for code in sorted(set(codes)):
        families = {code_lists()[name].family for name in _known_by(code)}
        if len(families) == 1 and families <= set(NUMERIC):
            found[families.pop()].append(code)
    return found


def _families(codes: list[str]) -> tuple[str, ...]:
    """Families of lists that the column may be written in; those of words always may."""
    deciding = [family for family, only in _deciding(codes).items() if only]
    numeric = tuple(deciding) if len(deciding) == 1 else NUMERIC
    numbers = [c for c in codes if c[:1].isdigit()]
    letters = [c for c in codes if re.match("[A-Z]", c) and c.lower() not in schema.USE_CLASSES]
    some = any(len(c) >= MIN_DIGITS and _possible(c, NUMERIC) for c in numbers)
    return (
        "words",
        *(numeric if some and _mostly(numbers, NUMERIC) else ()),
        *(("urban",) if _mostly(letters, ("urban",)) else ()),
    )


def _mostly(codes: list[str], families: tuple[str, ...]) -> bool:
    """Whether at least half of the codes are in one of the lists: else it is another standard."""
    return 2 * sum(bool(_possible(code, families)) for code in codes) >= len(codes)


def _possible(code: str, families: tuple[str, ...]) -> dict[str, str]:
    known = _known_by(code)
    return {name: use for name, use in known.items() if code_lists()[name].family in families}


def _read(code: str, families: tuple[str, ...]) -> tuple[str | None, str | None, str | None]:
    """Use class, code list and reason of a code that the project does not name."""
    if code.lower() in schema.USE_CLASSES:
        return code.lower(), "use_class", None
    possible = _possible(code, families)
    if not possible:
        known = ", ".join(_known_by(code))
        return None, known or None, "ambiguous" if known else "unknown"
    uses = set(possible.values())
    name = ", ".join(possible)
    if len(uses) > 1:
        return None, name, "ambiguous"
    use = uses.pop()
    return (use, name, None) if use else (None, name, "mixed")
