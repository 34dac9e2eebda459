"""The cells of an attribute table, byte by byte: what GDAL reads wrong or drops in silence.

Numbers with a comma become their whole part, dashes 0, bad dates 1970-01-01 or another day;
parcel codes stored as numbers lose digits; texts end at a NUL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gisland.layers.files.dbftable import NAME_BYTES, PLAIN
from gisland.layers.findings import SHOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.layers.files.dbftable import Cells, Field, Table

BLANK, STAR, UNKNOWN = 0x20, 0x2A, 0x3F
_ASCII = 127
_NUMBER = r"^ *([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)? *$"
_FRACTION = r"\.[0-9]*[1-9]|[eE]"
_LONG = r"^ *[+-]?[1-9][0-9]{15,} *$"  # more digits than a float holds
_EXACT_DIGITS = 15


@dataclass
class Survey:
    """What lies in the cells of a table.

    Parameters
    ----------
    texts
        Blocks of the texts beyond ASCII, and of the field names, a line each.
    deleted
        Rows that are marked as deleted.
    hidden
        Texts that go on behind a NUL byte, where every reader stops.
    unread
        By field, how many cells are no number, date or flag as the column has it.
    examples
        By field, some of these cells.
    overflown
        By field, how many numbers did not fit: stars stand in their place.
    fractions
        Fields of whole numbers that hold others.
    codes
        Fields of whole numbers with more digits than a number can hold.
    unset
        Whether there are flags that are neither true nor false.
    """

    texts: tuple[bytes, ...] = ()
    deleted: int = 0
    hidden: int = 0
    unread: Counter[Field] = field(default_factory=Counter)
    examples: dict[Field, list[str]] = field(default_factory=dict)
    overflown: Counter[Field] = field(default_factory=Counter)
    fractions: set[Field] = field(default_factory=set)
    codes: set[Field] = field(default_factory=set)
    unset: bool = False


def survey(table: Table) -> Survey:
    """Look at every cell of a table.

    Parameters
    ----------
    table
        As ``read_table`` returns it.

    Returns
    -------
    Survey
        Its texts, and the cells that GDAL would read wrong.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.files.dbftable import Table
    >>> survey(Table(Path(), b"", (), 0, 1)).texts
    ()
    """
    found = Survey()
    names = [f.name if len(f.name) >= NAME_BYTES else f.name + b" " for f in table.fields]
    texts = [b"\n".join(names)]
    columns = [f for f in table.fields if f.kind in PLAIN and f.size]
    for chunk in table.chunks():
        live = chunk[chunk[:, 0] != STAR]
        found.deleted += len(chunk) - len(live)
        for column in columns:
            cells, hidden = to_nul(column.of(live))
            if column.kind == "C":
                found.hidden += hidden
                texts.append(_lines(cells[is_beyond_ascii(cells)]))
            else:
                _note(found, column, cells)
    found.texts = tuple(block for block in texts if not block.isascii())
    return found


def unread(column: Field, cells: Cells) -> NDArray[np.bool_]:
    """Which cells do not hold what their column is declared to hold.

    Parameters
    ----------
    column
        A column of numbers, dates or flags.
    cells
        Its cells.

    Returns
    -------
    numpy.ndarray of bool
        As long as the cells.

    Examples
    --------
    >>> from gisland.layers.files.dbftable import Field
    >>> column = Field(b"MJ", "N", 32, 1, 3, 0)
    >>> cells = np.frombuffer(b"1.5 121,5***", np.uint8).reshape(-1, 3)
    >>> unread(column, cells).tolist()
    [False, False, True, True]
    """
    if column.kind == "L":
        return ~np.isin(cells[:, 0], np.frombuffer(b"TtYyFfNn?", np.uint8))
    if column.kind == "D":
        distinct = pc.dictionary_encode(binary(cells))
        bad = np.array([not _is_date(v) for v in distinct.dictionary.to_pylist()], dtype=bool)
        return bad[distinct.indices.to_numpy()]
    return ~_matches(cells, _NUMBER)


def to_nul(cells: Cells) -> tuple[Cells, int]:
    r"""Cells with blanks from the first NUL on, and how many texts go on behind it.

    Parameters
    ----------
    cells
        Cells of a column.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    int
        Number of cells that lose more than NULs and blanks.

    Examples
    --------
    >>> cells, hidden = to_nul(np.frombuffer(b"a\0b\0ab c", np.uint8).reshape(-1, 4))
    >>> cells.tobytes(), hidden
    (b'a   ab c', 1)
    """
    nul = cells == 0
    if not nul.any():
        return np.ascontiguousarray(cells), 0
    behind = np.logical_or.accumulate(nul, axis=1)
    lost = behind & ~nul & (cells != BLANK)
    return np.where(behind, np.uint8(BLANK), cells), int(lost.any(axis=1).sum())


def is_beyond_ascii(cells: Cells) -> NDArray[np.bool_]:
    r"""Which cells hold bytes beyond ASCII.

    Parameters
    ----------
    cells
        Cells of a column.

    Returns
    -------
    numpy.ndarray of bool
        As long as the cells.

    Examples
    --------
    >>> is_beyond_ascii(np.frombuffer(b"a\xb9a ", np.uint8).reshape(-1, 2)).tolist()
    [True, False]
    """
    return np.asarray((cells > _ASCII).any(axis=1))


def binary(cells: Cells) -> pa.Array:
    """Cells as an Arrow array.

    Parameters
    ----------
    cells
        Cells of a column.

    Returns
    -------
    pyarrow.Array
        Of bytes.

    Examples
    --------
    >>> binary(np.frombuffer(b"ab", np.uint8).reshape(-1, 1)).to_pylist()
    [b'a', b'b']
    """
    data = pa.py_buffer(np.ascontiguousarray(cells))
    fixed = pa.Array.from_buffers(pa.binary(cells.shape[1]), len(cells), [None, data])
    return fixed.cast(pa.binary())


def _note(found: Survey, column: Field, cells: Cells) -> None:
    """Add what is odd in some cells of a column to what was found before."""
    bad = unread(column, cells)
    if bad.any():
        odd = cells[bad]
        empty = (odd == BLANK).all(axis=1)
        full = ((odd == STAR) | (odd == BLANK)).all(axis=1) & ~empty
        found.unset |= bool(empty.any())
        found.overflown[column] += int(full.sum())
        found.unread[column] += int((~full & ~empty).sum())
        some = pc.unique(binary(odd[~full & ~empty])).to_pylist()
        shown = {v.decode("ascii", errors="replace").strip() for v in some}
        found.examples[column] = sorted({*shown, *found.examples.get(column, ())})[:SHOWN]
    if column.kind in "NF" and not column.decimals:
        if _matches(cells[~bad], _FRACTION).any():
            found.fractions.add(column)
        if column.size > _EXACT_DIGITS and _matches(cells, _LONG).any():
            found.codes.add(column)


def _lines(cells: Cells) -> bytes:
    """Cells with the blanks behind them, a line each."""
    ends = np.full((len(cells), 1), ord("\n"), np.uint8)
    return np.hstack((cells, ends)).tobytes()


def _matches(cells: Cells, pattern: str) -> NDArray[np.bool_]:
    found = pc.match_substring_regex(binary(cells), pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _is_date(cell: bytes) -> bool:
    """Whether a cell is a day of the calendar, or empty."""
    text = cell.strip()
    if text in {b"", b"0" * 8}:
        return True
    if not re.fullmatch(rb"[0-9]{8}", text):
        return False
    try:
        dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
