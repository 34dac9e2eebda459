"""A workbook as one file: the same bytes for the same input, whenever it is written.

openpyxl writes all parts of the file but the rows and the links: those are put into its empty
worksheets as the file is packed, which takes a third of the time.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

ZIP_DATE = (1980, 1, 1, 0, 0, 0)
EMPTY = re.compile(rb"<sheetData ?/>|<sheetData></sheetData>")
AFTER_LINKS = b"<printOptions"


@dataclass(frozen=True)
class Book:
    """A workbook in the making: empty worksheets, and for each its rows and links.

    Parameters
    ----------
    sheets
        All but the rows, by openpyxl.
    rows
        Compressed markup of the rows of each worksheet.
    links
        Markup of the links of each worksheet.
    """

    sheets: Workbook = field(default_factory=lambda: Workbook(write_only=True))
    rows: list[bytes] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def add(self, sheet: Any, *, rows: Iterable[str], links: Iterable[str] = ()) -> None:  # noqa: ANN401 - openpyxl
        """Keep what a worksheet, set up otherwise, holds.

        Parameters
        ----------
        sheet
            The worksheet added last to `sheets`.
        rows
            Markup of the rows.
        links
            Markup of the links, read after the rows.

        Examples
        --------
        >>> book = Book()
        >>> book.add(book.sheets.create_sheet("a"), rows=["<row/>"])
        >>> zlib.decompress(book.rows[0])
        b'<row/>'
        """
        try:
            press = zlib.compressobj(1)
            pieces = [press.compress(row.encode()) for row in rows]
            self.rows.append(b"".join([*pieces, press.flush()]))
            self.links.append("".join(links))
        finally:  # come what may: openpyxl's half-written worksheets complain
            with suppress(Exception):
                sheet.close()


def packed(book: Book, *, as_of: dt.date | None) -> bytes:
    """Bytes of a workbook, free of the time of writing.

    Parameters
    ----------
    book
        The finished workbook.
    as_of
        Date to state as that of creation; 1980-01-01 where None.

    Returns
    -------
    bytes
        An ``.xlsx`` file.

    Examples
    --------
    >>> book = Book()
    >>> book.add(book.sheets.create_sheet("a"), rows=['<row r="1"/>'])
    >>> packed(book, as_of=None)[:2]
    b'PK'
    """
    day = dt.datetime.combine(as_of or dt.date(*ZIP_DATE[:3]), dt.time())
    properties = book.sheets.properties
    properties.creator = "gisland"
    properties.created = properties.modified = day
    numbers = {f"xl/worksheets/sheet{n}.xml": n - 1 for n in range(1, len(book.rows) + 1)}
    loose = io.BytesIO()
    ExcelWriter(book.sheets, zipfile.ZipFile(loose, "w")).save()
    result = io.BytesIO()
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(result, "w") as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type, entry.external_attr, entry.create_system = 8, 0o600 << 16, 3
            part = source.read(name)
            filled = _filled(part, book=book, number=numbers[name]) if name in numbers else part
            target.writestr(entry, filled)
    return result.getvalue()


def _filled(empty: bytes, *, book: Book, number: int) -> bytes:
    """An empty worksheet with its rows and links."""
    before, after = EMPTY.split(empty, 1)
    links = book.links[number].encode()
    if links:
        whole = b"<hyperlinks>" + links + b"</hyperlinks>"
        after = after.replace(AFTER_LINKS, whole + AFTER_LINKS, 1)
    rows = zlib.decompress(book.rows[number])
    return b"".join([before, b"<sheetData>", rows, b"</sheetData>", after])
