"""The packaged lists of land-use codes: what each code is called and stands for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLANNING = "land_sea_2023"  # the list that those of the country have equivalents in
WORDS = "words_zh"
TAIWAN, WORDS_TAIWAN = "taiwan_zoning", "words_tw"
JOINT = "兼"  # several uses on one piece of land
TOO_SHORT = re.compile(r"\d\d")  # first level: its parts need not be of its class


@dataclass(frozen=True)
class Code:
    """A code of a list: its title, its use class ("" if several), its equivalents."""

    title: str
    use: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class CodeList:
    """One published list of use codes, and the name of the list that has their equivalents."""

    name: str
    short: str
    title: str
    family: str
    parts: str
    equivalent: str
    codes: Mapping[str, Code]

    def read(self, code: str) -> Code | None:
        """What the list says of a code.

        Parameters
        ----------
        code
            Whole code or word, in upper case.

        Returns
        -------
        Code or None
            The listed code, or the one that it is a part of; None if there is neither.

        Examples
        --------
        >>> read = code_lists()["land_sea_2023"].read
        >>> [found and (found.title, found.use) for found in map(read, ("100102", "10", "0508"))]
        [('二类工业用地', 'industrial'), ('工矿用地', ''), None]
        """
        if code in self.codes:
            return self.codes[code]
        if not re.fullmatch(self.parts, code):
            return None
        starts = (code[:size] for size in range(len(code) - 1, 0, -1))
        whole = next((s for s in starts if s in self.codes), "")
        return self.codes[whole] if whole and not TOO_SHORT.fullmatch(whole) else None


@cache
def code_lists() -> dict[str, CodeList]:
    """The packaged code lists by name.

    Returns
    -------
    dict of str to CodeList
        In the order of the file ``codelists.toml``, which cites the sources. The list of words
        has the titles of the national lists too, as far as they mean the same in all of them;
        that of Taiwan's words has the titles of its zone codes, but for joint uses.

    Examples
    --------
    >>> list(code_lists())[:4]
    ['land_sea_2023', 'gbt_21010_2017', 'survey_2018', 'gb_50137_2011']
    >>> list(code_lists())[4:]
    ['plu_cnig', 'taiwan_zoning', 'words_zh', 'words_tw']
    """
    lists = {name: _code_list(name, table) for name, table in packaged()["lists"].items()}
    own = lists[WORDS].codes
    titled = _by_title(table for table in lists.values() if table.equivalent == PLANNING)
    named = {word: replace(titled[word], use=own[word].use) for word in own if word in titled}
    words = replace(lists[WORDS], equivalent=PLANNING, codes={**own, **titled, **named})
    zones = {code.title: code for code in lists[TAIWAN].codes.values() if JOINT not in code.title}
    local = {**zones, **lists[WORDS_TAIWAN].codes}
    local = {word: code for word, code in local.items() if word not in words.codes}
    return {**lists, WORDS: words, WORDS_TAIWAN: replace(lists[WORDS_TAIWAN], codes=local)}


@cache
def packaged() -> dict[str, Any]:
    """The content of the file ``codelists.toml``.

    Returns
    -------
    dict
        Tables ``lists``, ``tenure``, ``level`` and ``change``.

    Examples
    --------
    >>> sorted(packaged())
    ['change', 'level', 'lists', 'tenure']
    """
    return tomllib.loads(
        (resources.files("gisland.layers.fields") / "codelists.toml").read_text("utf-8")
    )


def known_by(code: str) -> dict[str, Code]:
    """Readings of a code by every list that has it.

    Parameters
    ----------
    code
        Whole code or word, in upper case.

    Returns
    -------
    dict of str to Code
        By name of the list, in the order of ``code_lists``.

    Examples
    --------
    >>> {name: code.title for name, code in known_by("0604").items()}
    {'gbt_21010_2017': '仓储用地'}
    """
    readings = {name: table.read(code) for name, table in code_lists().items()}
    return {name: found for name, found in readings.items() if found is not None}


def _code_list(name: str, table: Mapping[str, Any]) -> CodeList:
    equivalent = table.get("equivalent", "")
    codes = {}
    for code, entry in table["codes"].items():
        to = entry.get("to", [code] if equivalent == name else [])
        to = (to,) if isinstance(to, str) else tuple(to)
        codes[code.upper()] = Code(entry["title"], entry["use"], to)
    return CodeList(
        name,
        table["short"],
        table["title"],
        table["family"],
        table.get("parts", ""),
        equivalent,
        codes,
    )


def _by_title(lists: Iterable[CodeList]) -> dict[str, Code]:
    """Titles as words; those that stand for different classes have none."""
    found: dict[str, list[Code]] = {}
    for table in lists:
        for code in table.codes.values():
            found.setdefault(code.title, []).append(code)
    return {title: _same(title, codes) for title, codes in found.items()}


def _same(title: str, codes: list[Code]) -> Code:
    uses = {code.use for code in codes}
    to = sorted({target for code in codes for target in code.to})
    return Code(title, uses.pop() if len(uses) == 1 else "", tuple(to))
