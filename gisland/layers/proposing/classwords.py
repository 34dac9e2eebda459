"""Use classes proposed for the codes and words of a column that no packaged list reads."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from gisland.base.errors import FieldError
from gisland.base.phrases import count_of
from gisland.base.useclasses import USE_CLASSES
from gisland.layers.fields.uses import use_classes
from gisland.layers.fields.values import to_text

if TYPE_CHECKING:
    import pandas as pd

MAX_VALUES = 60  # values that are listed; the rarer ones are counted


def quoted(text: str) -> str:
    r"""TOML string; line ends and control characters of hostile names are escaped.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        With its quotation marks.

    Examples
    --------
    >>> print(quoted('a "b"\n'))
    "a \"b\"\n"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> str:
    r"""One line of comment, whatever the text holds.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Without line ends and control characters.

    Examples
    --------
    >>> comment("a\n[b]")
    '# a [b]'
    """
    return "# " + re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def classes_by_words(text: str) -> tuple[str, ...]:
    """Use classes whose words occur in a text; a longer word hides those inside it.

    Parameters
    ----------
    text
        A use code or its name, in Chinese (of either script) or English.

    Returns
    -------
    tuple of str
        In the order of ``useclasses.USE_CLASSES``.

    Examples
    --------
    >>> classes_by_words("零星工業區"), classes_by_words("ETJ - RESIDENTIAL")
    (('industrial',), ('residential',))
    >>> classes_by_words("Industrial park"), classes_by_words("parking")
    (('industrial', 'green'), ('transport',))
    """
    words, pattern, _ = _words()
    found = {words[m.lastindex - 1] for m in pattern.finditer(_plain(text)) if m.lastindex}
    return tuple(c for c in USE_CLASSES if c in found)


def is_plain(text: str) -> bool:
    """Whether the words of a text stand for one use class, without a word of doubt.

    Parameters
    ----------
    text
        A use code or its name.

    Returns
    -------
    bool
        False where nothing or several classes are told, or uses are mixed, negated or gone.

    Examples
    --------
    >>> [is_plain(t) for t in ("商業區", "商业住宅", "Vacant commercial", "C-2")]
    [True, False, False, False]
    """
    return len(classes_by_words(text)) == 1 and not _words()[2].search(_plain(text))


def class_lines(codes: pd.Series, *, table: str, source: str) -> list[str]:
    """Lines of a project file that class the values of a column which no code list reads.

    Parameters
    ----------
    codes
        All values of the column.
    table
        Name of the table of classes, such as ``layers.parcels.classes``.
    source
        Name of the column.

    Returns
    -------
    list of str
        TOML: values with a plain class switched on, the others commented; empty if all are read.

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.Series(["M1", "MANUFACTURING", "??"])
    >>> for line in class_lines(codes, table="layers.parcels.classes", source="use")[-3:]:
    ...     print(line)
    [layers.parcels.classes]
    # "??" = "other"  # 1 row
    "MANUFACTURING" = "industrial"  # 1 row
    """
    try:
        texts = to_text(codes.dropna(), what=source)
    except FieldError as error:
        return [comment(f"{quoted(source)} is not read as use codes: {error.what}")]
    crosswalk = use_classes(texts, classes={})[1]
    unread = crosswalk[crosswalk["use_class"].isna()]
    if unread.empty:
        return []
    frequent = unread.sort_values(["rows", "code"], ascending=[False, True], kind="stable")
    shown = frequent.head(MAX_VALUES).sort_values("code", kind="stable")
    rows = [_class_line(code, int(n)) for code, n in zip(shown["code"], shown["rows"], strict=True)]
    on = any(not row.startswith("#") for row in rows)
    read = len(crosswalk) - len(unread)
    known = f" Left out: {read} that code lists read anyway." if read else ""
    values = count_of(len(unread), "value")
    head = (
        comment(f"{values} of {quoted(source)} that no code list reads.{known}"),
        "# Switched on where words tell the class; choose the others yourself, out of:",
        comment(" | ".join(USE_CLASSES)),
        f"[{table}]" if on else f"# [{table}]",
    )
    rest = frequent.iloc[MAX_VALUES:]
    more = [f"# and {_rarer(rest)}"] * bool(len(rest))
    return [*head, *rows, *more]


def _rarer(rest: pd.DataFrame) -> str:
    values = count_of(len(rest), "rarer value")
    return f"{values} more, on {count_of(int(rest['rows'].sum()), 'row')}"


def _class_line(code: str, rows: int) -> str:
    told = classes_by_words(code)
    use = quoted(told[0] if told else "other")
    line = f"{quoted(code)} = {use}  # {count_of(rows, 'row')}"
    if is_plain(code):
        return line
    doubt = f", or {' or '.join(told[1:])}" if told[1:] else ", not sure" if told else ""
    return comment(line + doubt)


@cache
def _words() -> tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str]]:
    """Class of each word, a pattern with a group for each, the longest first; words of doubt."""
    text = (resources.files("gisland.layers.proposing") / "classwords.toml").read_text("utf-8")
    known: dict[str, Any] = tomllib.loads(text)
    pairs = [(word, use) for use, words in known["words"].items() for word in words]
    pairs.sort(key=lambda pair: (-len(pair[0]), pair))
    pattern = "|".join(f"({_pattern(word)})" for word, _ in pairs)
    doubt = "|".join(map(_pattern, known["doubt"]))
    return tuple(use for _, use in pairs), re.compile(pattern), re.compile(doubt)


def _pattern(word: str) -> str:
    if not word.isascii():
        return re.escape(word)
    stem = re.escape(word.removesuffix("*"))
    return rf"\b{stem}" if word.endswith("*") else rf"\b{stem}\b"


def _plain(text: str) -> str:
    """Lower case, with what joins Latin words made blanks."""
    return re.sub(r"[_\-/]+", " ", unicodedata.normalize("NFKC", text).casefold())
