"""Small turns of phrase of messages: a count with its noun, the first of many names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # what makes a spreadsheet run a cell


def count_of(number: int, noun: str) -> str:
    """A number with its noun in the singular or the plural.

    Parameters
    ----------
    number
        How many.
    noun
        In the singular; its plural is made with an s.

    Returns
    -------
    str
        For messages.

    Examples
    --------
    >>> count_of(1, "row"), count_of(0, "row")
    ('1 row', '0 rows')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def so_many(number: int, one: str, several: str) -> str:
    """A number with words that agree with it.

    Parameters
    ----------
    number
        How many.
    one, several
        Noun and verb for one, and for any other number.

    Returns
    -------
    str
        For messages.

    Examples
    --------
    >>> so_many(1, "row has", "rows have"), so_many(3, "row has", "rows have")
    ('1 row has', '3 rows have')
    """
    return f"{number} {one if number == 1 else several}"


def first_of(names: Sequence[str], *, most: int, total: int | None = None) -> str:
    """The first of some names, and how many there are more.

    Parameters
    ----------
    names
        In the order to be told.
    most
        How many are named.
    total
        How many there are, where `names` holds only the first of them.

    Returns
    -------
    str
        For messages.

    Examples
    --------
    >>> first_of(["a", "b", "c"], most=2), first_of(["a"], most=2)
    ('a, b and 1 more', 'a')
    """
    more = (len(names) if total is None else total) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def json_text(value: object, *, escaped: bool = False) -> str:
    r"""A value as JSON for print, letters of any language as they are by default.

    Parameters
    ----------
    value
        Plain values; others are told as texts.
    escaped
        Whether letters beyond ASCII are written as ``\u`` and their number.

    Returns
    -------
    str
        One key or entry on each line.

    Examples
    --------
    >>> json_text({"宗地": 1})
    '{\n "宗地": 1\n}'
    """
    return json.dumps(value, ensure_ascii=escaped, indent=1, default=str)
