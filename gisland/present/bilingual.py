"""Text in both languages at once: references to the catalog that a page expands itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.isolation import apart
from gisland.present.style import LANGUAGES, catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

UI = "map.ui."  # entries that the page's own script shows
# Noncharacters of Unicode, which `unmarked` takes out of all data before the map is composed.
OPEN, ARGUMENT, CLOSE = MARKS = "\ufdd0\ufdd1\ufdd2"
_HALVES = range(0xD800, 0xE000)  # of pairs of surrogates: pandas cannot even sort by them
_NO_MARKS = dict.fromkeys([*map(ord, MARKS), *_HALVES], "\ufffd")
_ANY_MARK, _PLACE = re.compile(f"[{MARKS}]"), re.compile(r"\{(\d+)\}")
_SPOILED = re.compile(f"[{MARKS}\ud800-\udfff]")


class Phrase(str):
    """Reference to an entry of the catalog, used as the entry itself would be.

    The text is the number of the entry between two marks. Filling in its places adds what goes
    there, which may hold references again; the entry is looked up when the page is shown, in the
    language chosen then.
    """

    __slots__ = ("number", "places")
    number: int
    places: tuple[str, ...]

    @classmethod
    def of(cls, number: int, entry: str) -> Phrase:
        """Reference to an entry by its number."""
        made = cls(f"{OPEN}{number}{CLOSE}")
        made.number, made.places = number, places(entry)
        return made

    def format(self, *_args: object, **values: object) -> str:
        """Reference with its places filled in; names that the entry lacks are left out."""
        filled = "".join(f"{ARGUMENT}{apart(values[name])}" for name in self.places)
        return f"{OPEN}{self.number}{filled}{CLOSE}"


class Bilingual(Mapping[str, str]):
    """The catalog as references, which stands in for that of one language.

    Whatever is composed of it can be shown in each language. Only entries that were asked for
    are numbered, in the order in which they were; the page's own words come first, so that they
    have the same numbers on every page.

    Examples
    --------
    >>> texts = Bilingual()
    >>> told = texts["map.popup.site"].format(id="S1") + ": " + texts["verdict.absorbed"]
    >>> texts.expanded(told, language="en"), texts.expanded(told, language="zh")
    ('Site S1: absorbed', '项目用地 S1: 并入')
    """

    def __init__(self) -> None:
        self._entries = {language: catalog(language) for language in LANGUAGES}
        self._used: dict[str, Phrase] = {}
        self._found: dict[str, str] = {}  # asked for by the million where there are many parcels
        self.ui = {key.removeprefix(UI): self[key] for key in self if key.startswith(UI)}

    def __getitem__(self, key: str) -> str:
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._entry(key)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._entries[LANGUAGES[0]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries[LANGUAGES[0]])

    def __len__(self) -> int:
        return len(self._entries[LANGUAGES[0]])

    def _entry(self, key: str) -> str:
        entry, *others = (entries[key] for entries in self._entries.values())
        if all(other == entry for other in others) and not places(entry):
            return entry
        made = self._used[key] = Phrase.of(len(self._used), entry)
        return made

    def entries(self) -> dict[str, list[str]]:
        """Entries that were asked for, by language, with numbers for the names of their places.

        Returns
        -------
        dict
            Lists in the order of the numbers of the references.
        """
        return {
            language: [_numbered(entries[key], self._used[key].places) for key in self._used]
            for language, entries in self._entries.items()
        }

    def expanded(self, text: str, *, language: str) -> str:
        """Text in one language, as the page expands it.

        Parameters
        ----------
        text
            With references.
        language
            ``zh`` or ``en``.

        Returns
        -------
        str
            Without references.

        Raises
        ------
        ProjectError
            If there is no such language.
        """
        catalog(language)  # refuses one that is unknown
        return _expanded(text, self.entries()[language])


def places(entry: str) -> tuple[str, ...]:
    """Names of the places of an entry, each once, in alphabetical order.

    Parameters
    ----------
    entry
        Text of the catalog.

    Returns
    -------
    tuple of str
        Equal for the two languages of an entry.

    Examples
    --------
    >>> places("{n} of {all}, {n}")
    ('all', 'n')
    """
    if isinstance(entry, Phrase):
        return entry.places
    return tuple(sorted({name for _, name, _, _ in Formatter().parse(entry) if name}))


def unmarked(data: Any) -> Any:  # noqa: ANN401 - data of any kind
    """Data in which no text can pass for a reference, or cannot be written.

    Parameters
    ----------
    data
        A table, text, or what JSON holds of it.

    Returns
    -------
    object
        The same kind, itself if there is nothing to replace: each mark of references, and each
        half of a surrogate pair, by U+FFFD.

    Examples
    --------
    >>> unmarked({"project": OPEN + "7" + CLOSE}) == {"project": "\ufffd7\ufffd"}
    True
    """
    if isinstance(data, str):
        return data.translate(_NO_MARKS) if _SPOILED.search(data) else data
    if isinstance(data, pd.DataFrame):
        return _unmarked_table(data)
    if isinstance(data, pd.Series):
        made = _unmarked_column(data)
        return made.rename(unmarked(data.name)) if isinstance(data.name, str) else made
    if isinstance(data, Mapping):
        return {unmarked(key): unmarked(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [unmarked(item) for item in data]
    return data


def _unmarked_table(table: pd.DataFrame) -> pd.DataFrame:
    spoiled = [name for name, values in table.items() if _has_marks(values)]
    made = table.copy(deep=False) if spoiled else table
    for name in spoiled:
        made[name] = _unmarked_column(table[name])
    return made


def _unmarked_column(values: pd.Series) -> pd.Series:
    if not _has_marks(values):
        return values
    clean = [unmarked(value) for value in values]
    return pd.Series(clean, index=values.index, dtype="object")


def _has_marks(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.StringDtype):
        return bool(values.str.contains(_ANY_MARK.pattern, na=False).any())
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.cat.categories.to_series()
    elif values.dtype != object:
        return False
    return any(isinstance(value, str) and _SPOILED.search(value) for value in values)


def _numbered(entry: str, names: tuple[str, ...]) -> str:
    return entry.format(**{name: f"{{{i}}}" for i, name in enumerate(names)})


def _expanded(text: str, entries: list[str]) -> str:
    levels: list[list[str]] = [[""]]  # of each open reference: its number, then its arguments
    for part in _marked(text):
        if part == OPEN:
            levels.append([""])
        elif part == ARGUMENT and len(levels) > 1:
            levels[-1].append("")
        elif part == CLOSE and len(levels) > 1:
            number, *values = levels.pop()
            entry = entries[int(number)]
            levels[-1][-1] += _filled(entry, values)
        else:
            levels[-1][-1] += part
    return "".join(part for level in levels for part in level)


def _filled(entry: str, values: list[str]) -> str:
    return _PLACE.sub(lambda place: values[int(place[1])], entry)


def _marked(text: str) -> Iterator[str]:
    """Text in pieces: marks, and what lies between them."""
    start = 0
    for i, sign in enumerate(text):
        if sign in (OPEN, ARGUMENT, CLOSE):
            if i > start:
                yield text[start:i]
            yield sign
            start = i + 1
    if start < len(text):
        yield text[start:]
