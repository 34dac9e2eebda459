"""Plain text for a terminal: columns, lists and paragraphs, with wide characters counted as two."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 80  # the narrowest terminal that people keep
GAP = 2  # blanks between columns
WIDE = 2  # cells of a Chinese character
NARROWEST = 6  # a column of a table is not pressed below this
NO_START = frozenset("，。；：、！？）”’》】]),;:!?%")  # never begins a line
NO_END = frozenset("（“‘《【[(")  # never ends one
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
BREAK = "⏎"
Block = list[Any]


def plain(text: str) -> str:
    r"""Text on one line, whatever hostile data hold: nothing moves the cursor or turns the order.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Line breaks as ``⏎``, tabs as blanks, other invisible characters as U+FFFD.

    Examples
    --------
    >>> plain("a\r\nb") , plain("\u202egnp") == "\ufffdgnp"
    ('a⏎b', True)
    """
    one = "\n".join(text.replace("\t", " ").splitlines()).replace("\n", BREAK)
    if one.isprintable():
        return one
    return "".join("\ufffd" if unicodedata.category(c) in UNSEEN else c for c in one)


def cells(text: str) -> int:
    r"""How many cells of a terminal a text takes.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    int
        Wide characters count two, combining ones none.

    Examples
    --------
    >>> cells("宗地 A"), cells("e\u0301")
    (6, 1)
    """
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text filled up with blanks.

    Parameters
    ----------
    text
        Any text.
    width
        Cells to fill; longer texts stay as they are.
    right
        Whether the blanks come first.

    Returns
    -------
    str
        At least `width` cells wide.

    Examples
    --------
    >>> padded("宗地", 6) + "|", padded("7", 3, right=True)
    ('宗地  |', '  7')
    """
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def wrapped(text: str, width: int) -> list[str]:
    """A text broken into lines.

    Parameters
    ----------
    text
        One paragraph.
    width
        Cells of a line, 2 or more.

    Returns
    -------
    list of str
        Broken at blanks and between wide characters, words longer than a line anywhere. No line
        begins with a closing mark, where that can be had.

    Examples
    --------
    >>> wrapped("面积不足，不符合要求。", 12), wrapped("too long a line", 8)
    (['面积不足，不', '符合要求。'], ['too long', 'a line'])
    """
    lines, line = [], ""
    for piece in _pieces(text, width):
        if line and cells(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str, width: int) -> Iterable[str]:
    """What a line may hold as a whole: words with the blank behind, single wide characters."""
    piece = ""
    for character in text:
        broken = piece and _parts(piece, character)
        if broken or (piece and cells(piece.rstrip() + character) > width):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _parts(piece: str, right: str) -> bool:
    """Whether a line may be broken between a piece and the character behind it."""
    left = piece[-1]
    if right == " " or right in NO_START or left in NO_END or unicodedata.combining(right):
        return False
    if left == " ":  # a unit stays with its number
        return not (piece[-2:-1].isdecimal() and right.isalpha())
    return WIDE in {_cells(left), _cells(right)}


def hung(head: str, text: str, *, width: int, indent: int) -> list[str]:
    """A paragraph behind a mark, its other lines below its first.

    Parameters
    ----------
    head
        The mark, such as ``"✓ "``.
    text
        The paragraph.
    width
        Cells of a line.
    indent
        Where the lines begin.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> hung("- ", "one two", width=7, indent=0)
    ['- one', '  two']
    """
    left, mark = " " * indent, cells(head)
    lines = wrapped(text, width - indent - mark)
    return [left + (head if n == 0 else " " * mark) + line for n, line in enumerate(lines)]


def table_lines(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int], width: int
) -> list[str]:
    """A table with aligned columns, long cells broken into lines.

    Parameters
    ----------
    heads
        Names of the columns.
    rows
        Texts.
    numeric
        Positions of columns that stand flush right.
    width
        Cells of a line.

    Returns
    -------
    list of str
        A line of heads, a rule, and the rows.

    Examples
    --------
    >>> table_lines(["宗地", "m"], [["A", "12.00"]], numeric=[1], width=40)
    ['宗地      m', '----  -----', 'A     12.00']
    """
    widths = _widths([list(heads), *map(list, rows)], width)
    lines = []
    for number, row in enumerate([list(heads), *map(list, rows)]):
        parts = [wrapped(text, w) for text, w in zip(row, widths, strict=True)]
        for k in range(max(map(len, parts))):
            texts = [part[k] if k < len(part) else "" for part in parts]
            filled = [
                padded(text, w, right=n in numeric)
                for n, (text, w) in enumerate(zip(texts, widths, strict=True))
            ]
            lines.append((" " * GAP).join(filled).rstrip())
        if number == 0:
            lines.append((" " * GAP).join("-" * w for w in widths))
    return lines


def _widths(rows: list[list[str]], width: int) -> list[int]:
    """Widths of columns: natural ones, the widest pressed until all fit, words broken last."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(cells, column)) for column in columns]
    words = [
        max(cells(piece.rstrip()) for text in column for piece in ["", *_pieces(text, width)])
        for column in columns
    ]
    room = width - GAP * (len(widths) - 1)
    for least in (words, [NARROWEST] * len(widths)):
        while sum(widths) > room:
            loose = [max(w - m, 0) and w for w, m in zip(widths, least, strict=True)]
            if not any(loose):
                break
            widths[loose.index(max(loose))] -= 1
    return widths


def block_lines(block: Block, *, width: int = WIDTH, indent: int = 0) -> list[str]:
    """Lines of one block.

    Parameters
    ----------
    block
        ``["text", text]``, ``["rows", [[name, value], …]]``, ``["list", [[mark, text], …]]`` or
        ``["table", heads, rows, positions of numeric columns]``.
    width
        Cells of a line.
    indent
        Where the lines begin.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> block_lines(["rows", [["owner", "Li"], ["use", "green"]]])
    ['owner  Li', 'use    green']
    """
    kind, *content = block
    left = " " * indent
    if kind == "text":
        return [left + line for line in wrapped(content[0], width - indent)]
    if kind == "list":
        return [
            line
            for mark, text in content[0]
            for line in hung(f"{mark} ", text, width=width, indent=indent)
        ]
    if kind == "table":
        heads, rows, numeric = content
        lines = table_lines(heads, rows, numeric=numeric, width=width - indent)
        return [left + line for line in lines]
    names = [name for name, _ in content[0]]
    widest = min(max(map(cells, names), default=0), width // 2)
    lines = []
    for name, value in content[0]:
        head = padded(name, widest) + " " * GAP
        lines += _fact_lines(head, value, widest=widest, width=width, indent=indent)
    return lines


def _fact_lines(head: str, value: str, *, widest: int, width: int, indent: int) -> list[str]:
    if cells(head) <= widest + GAP:
        return hung(head, value, width=width, indent=indent)
    names = [" " * indent + line for line in wrapped(head, width - indent)]
    return [*names, *hung(" " * (widest + GAP), value, width=width, indent=indent)]
