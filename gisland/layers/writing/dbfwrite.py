"""The attribute table of a shapefile: columns as dBase fields, each value exactly or refused."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.layers.writing.results import nearest_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MAX_TEXT = 254  # bytes
MAX_DECIMALS = 15  # declared; readers take the digits that there are
EXACT = 10**15  # whole numbers from here on are not exact in programs that read them as real
MIDNIGHT = pd.Timedelta(0)
VERSION, DATE = 3, (100, 1, 1)  # dBase III; a fixed day of change, 1 January 2000
END_OF_HEADER, END_OF_FILE, KEPT = b"\r", b"\x1a", b" "
MARK = "mark of deletion"  # longer than any name of a field, and so never one


@dataclass(frozen=True)
class Field:
    """One column as it is stored: type of dBase, width, decimals, and a cell for each row."""

    type: str
    width: int
    decimals: int
    cells: NDArray[np.bytes_]


class UnfitError(ValueError):
    """Values of a column that a dBase field cannot hold; `rows` are their positions."""

    def __init__(self, why: str, rows: NDArray[np.bool_]) -> None:
        super().__init__(why)
        self.why = why
        self.rows = np.flatnonzero(rows)


def dbf_field(values: pd.Series) -> Field:
    """A column as a dBase field.

    Whole numbers and real numbers are written with all their digits, never rounded to a number
    of decimals; missing ones are blank, which readers take as missing. Dates with a time of day
    become texts. Empty texts are the same as missing ones, and blanks around a text are not kept:
    the format knows neither.

    Parameters
    ----------
    values
        Numbers, flags, dates or texts; anything else is written as its text.

    Returns
    -------
    Field
        As wide as the widest value.

    Raises
    ------
    UnfitError
        If a number is infinite or a whole number too large to stay exact, or a text too long.

    Examples
    --------
    >>> field = dbf_field(pd.Series([0.1 + 0.2, None, -1e-20]))
    >>> field.type, field.width, field.cells.tolist()
    ('N', 19, [b'0.30000000000000004', b'                   ', b'             -1e-20'])
    """
    return _WRITERS[nearest_kind(values)](values)


def text_parts(texts: pd.Series) -> list[pd.Series]:
    """Texts as columns of pieces that fit into a field each, in order.

    Parameters
    ----------
    texts
        Texts of any length; missing values are allowed.

    Returns
    -------
    list of pandas.Series
        Put together they are the texts. Blanks are never at the end of a piece: a text of blanks
        alone may stay too long.

    Examples
    --------
    >>> [part.str.len().tolist() for part in text_parts(pd.Series(["x" * 300, "甲" * 100]))]
    [[254, 84], [46, 16]]
    """
    pieces = [[] if missing else _pieces(t) for t, missing in zip(texts, texts.isna(), strict=True)]
    columns = itertools.zip_longest(*pieces) if any(pieces) else [[None] * len(texts)]
    return [pd.Series(list(column), index=texts.index, dtype="str") for column in columns]


def dbf_bytes(fields: Sequence[tuple[str, Field]], *, rows: int) -> bytes:
    r"""The content of a .dbf file.

    Parameters
    ----------
    fields
        Name (ASCII, at most 10 bytes) and field of each column.
    rows
        Number of rows.

    Returns
    -------
    bytes
        The same for the same fields: the day of the last change is fixed.

    Examples
    --------
    >>> content = dbf_bytes([("n", dbf_field(pd.Series([7, 42])))], rows=2)
    >>> len(content), content[-7:]
    (72, b'  7 42\x1a')
    """
    kinds = [(MARK, "S1"), *((name, f"S{field.width}") for name, field in fields)]
    table = np.empty(rows, dtype=kinds)
    table[MARK] = KEPT
    for name, field in fields:
        table[name] = field.cells
    header = bytearray(32)
    header[:4] = VERSION, *DATE
    header[4:8] = rows.to_bytes(4, "little")
    header[8:10] = (32 * len(kinds) + 1).to_bytes(2, "little")
    header[10:12] = table.dtype.itemsize.to_bytes(2, "little")
    for name, field in fields:
        entry = name.encode("ascii").ljust(11, b"\0") + field.type.encode("ascii") + bytes(4)
        header += (entry + bytes((field.width, field.decimals))).ljust(32, b"\0")
    return bytes(header) + END_OF_HEADER + table.tobytes() + END_OF_FILE


def _whole(values: pd.Series) -> Field:
    present = values.notna().to_numpy()
    filled = values.fillna(0)
    large = np.abs(filled.to_numpy(dtype="float64")) >= EXACT
    if large.any():
        raise UnfitError("whole numbers of 16 digits and more do not stay exact", large)
    return _number(filled.to_numpy(dtype="int64").astype("S24"), present, decimals=0)


def _real(values: pd.Series) -> Field:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    if np.isinf(numbers).any():
        raise UnfitError("infinite numbers cannot be stored", np.isinf(numbers))
    cells = numbers.astype("S32")  # the shortest digits that stand for exactly this number
    present = ~np.isnan(numbers)
    after = (len(cell.partition(b".")[2]) for cell in cells[present].tolist())
    return _number(cells, present, decimals=min(MAX_DECIMALS, max(after, default=1) or 1))


def _number(cells: NDArray[np.bytes_], present: NDArray[np.bool_], *, decimals: int) -> Field:
    shown = cells.copy()
    shown[~present] = b""
    point = 2 if decimals else 0
    width = max(1, point + decimals, *_sizes(shown.tolist()))
    return Field("N", width, decimals, _padded(shown, width, left=True))


def _flag(values: pd.Series) -> Field:
    flags = values.astype("boolean").astype("Int8").fillna(2).to_numpy(dtype="int8")
    return Field("L", 1, 0, np.frombuffer(b"FT?", dtype="S1")[flags])


def _date(values: pd.Series) -> Field:
    times = pd.to_datetime(values)
    with_time = times.dt.tz is not None or bool((times - times.dt.normalize()).gt(MIDNIGHT).any())
    if with_time:
        return _text(times.map(lambda t: t.isoformat(), na_action="ignore"))
    days = times.dt.strftime("%Y%m%d").fillna("").to_numpy(dtype="S8")
    return Field("D", 8, 0, _padded(days, 8))


def _text(values: pd.Series) -> Field:
    texts = ["" if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)]
    hostile = np.array(["\0" in t or not _is_utf8(t) for t in texts], dtype=bool)
    if hostile.any():
        raise UnfitError("texts hold characters that cannot be stored", hostile)
    cells = [text.encode() for text in texts]
    sizes = np.array([len(cell) for cell in cells], dtype="int64")
    if (sizes > MAX_TEXT).any():
        raise UnfitError(f"texts are longer than {MAX_TEXT} bytes", sizes > MAX_TEXT)
    width = int(sizes.max(initial=1))
    return Field("C", width, 0, _padded(np.array(cells, dtype=f"S{width}"), width))


def _pieces(text: str) -> list[str]:
    pieces = []
    while len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT:
        start = text.encode("utf-8", "surrogatepass")[:MAX_TEXT]
        size = len(start.decode("utf-8", "ignore"))
        while size and " " in text[size - 1 : size + 1]:
            size -= 1
        if not size:
            break
        pieces.append(text[:size])
        text = text[size:]
    return [*pieces, text]


def _sizes(cells: list[bytes]) -> set[int]:
    return {len(cell) for cell in cells}


def _padded(cells: NDArray[np.bytes_], width: int, *, left: bool = False) -> NDArray[np.bytes_]:
    if not len(cells):  # which NumPy cannot pad
        return cells.astype(f"S{width}")
    return np.char.rjust(cells, width) if left else np.char.ljust(cells, width)


def _is_utf8(text: str) -> bool:
    """Whether a text is whole: half a surrogate pair has no UTF-8."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


_WRITERS: dict[str, Callable[[pd.Series], Field]] = {
    "boolean": _flag,
    "Int64": _whole,
    "float64": _real,
    "datetime64[ms]": _date,
    "str": _text,
}
