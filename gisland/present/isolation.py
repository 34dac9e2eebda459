"""Text that turns its own order around, and not that of what stands beside it."""

from __future__ import annotations

import re

FSI, PDI = "\u2068", "\u2069"
_OPENING = frozenset("\u2066\u2067\u2068")
# Marks of direction, and letters that are written from the right; U+FDD0 to U+FDEF are neither.
_TURNS = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_LINES = re.compile("([\n\r\x1c-\x1e\x85\u2029]+)")  # each line has an order of its own


def isolated(text: str) -> str:
    r"""Text that can be put beside other text without changing the order of that.

    Parameters
    ----------
    text
        Any.

    Returns
    -------
    str
        Itself, if nothing in it is written from the right; else each of its lines between marks
        that set it apart, with all it opens closed.

    Examples
    --------
    >>> isolated("P1"), isolated("\u202eP1") == "\u2068\u202eP1\u2069"
    ('P1', True)
    """
    if _TURNS.search(text) is None:
        return text
    return "".join(_closed(line) if _TURNS.search(line) else line for line in _LINES.split(text))


class Form(str):
    """Entry of a catalog: what goes into its places is set apart from what stands around them.

    Examples
    --------
    >>> Form("site {id}").format(id="S1")
    'site S1'
    """

    __slots__ = ()

    def format(self, *args: object, **values: object) -> str:
        """Text with its places filled in."""
        set_apart = {name: apart(value) for name, value in values.items()}
        return super().format(*map(apart, args), **set_apart)


def apart(value: object) -> object:
    """A value as it goes into a place of an entry.

    Parameters
    ----------
    value
        Any.

    Returns
    -------
    object
        Texts through `isolated`, others as they are.

    Examples
    --------
    >>> apart(3), apart("three")
    (3, 'three')
    """
    return isolated(value) if isinstance(value, str) else value


def _closed(line: str) -> str:
    depth, made = 0, [FSI]
    for sign in line:
        if sign == PDI and depth == 0:
            made.append("\ufffd")  # would end what is begun here
            continue
        depth += (sign in _OPENING) - (sign == PDI)
        made.append(sign)
    return "".join(made) + PDI * (depth + 1)
