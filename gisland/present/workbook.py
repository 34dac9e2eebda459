"""Worksheets written safely: text stays text, heads are frozen, the same input gives one file."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import unicodedata
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from gisland.present.wording import is_missing, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openpyxl import Workbook

MAX_ROWS = 1_048_576  # of a worksheet, the head included
MAX_TEXT = 32_767  # characters of a cell
MAX_EXACT = 10**15  # larger whole numbers lose digits in a spreadsheet
WIDEST, NARROWEST, SAMPLED = 46, 9, 400
PAGE_WIDTH = 190  # characters across a printed page; wider tables take several
LINE_PT, MOST_LINES = 17.0, 12
WRAPPED = 600  # longer text is clipped instead: its row would be higher than the screen
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
FONT = "Calibri"  # spreadsheets take their own CJK font where it has no glyph
LOOSE = ("loose", "total")  # styles without lines and wrapping
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DARK = PatternFill("solid", fgColor="1F4E5F", bgColor="1F4E5F")
_TOP = Alignment(vertical="top")
_WRAP = Alignment(vertical="top", wrap_text=True)
_CENTER = Alignment(vertical="center", horizontal="center", wrap_text=True)


@dataclass(frozen=True)
class Column:
    """One column of a worksheet: head, values, number formats and colors by displayed text."""

    head: str
    values: Sequence[Any]
    formats: Sequence[str] | str = "General"
    fills: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pen:
    """Styled cells, one for each place in a row and each style, used again row after row."""

    sheet: Any
    cut: str
    cells: dict[tuple[int, str, str], Cell] = field(default_factory=dict)

    def draw(self, place: int, value: Any, *, style: str, form: str = "@") -> Any:  # noqa: ANN401 - openpyxl's write-only cell
        if is_missing(value):
            if style != "head":
                return None
            empty = self._cell(place, style, "@")
            empty.value = None  # it is used again and again
            return empty
        if _is_number(value):
            cell = self._cell(place, style, "General" if form == "@" else form)
            cell.value = value
            return cell
        text = cell_text(value, cut=self.cut)
        kind = f"{style}-clipped" if len(text) > WRAPPED else style
        cell = self._cell(place, kind, "quoted" if text.startswith(FORMULA_STARTS) else "@")
        cell.value = text
        cell.data_type = "s"  # openpyxl has guessed a formula or an error from the first character
        return cell

    def _cell(self, place: int, style: str, form: str) -> Cell:
        key = (place, style, form)
        if key not in self.cells:
            self.cells[key] = _styled(self.sheet, style=style, form=form)
        return self.cells[key]


def _styled(sheet: Any, *, style: str, form: str) -> Cell:  # noqa: ANN401 - openpyxl
    cell = WriteOnlyCell(sheet)
    if style == "head":
        cell.font, cell.fill, cell.alignment = Font(FONT, bold=True, color="FFFFFF"), _DARK, _CENTER
    elif style in LOOSE:
        cell.alignment, cell.font = _TOP, Font(FONT, bold=style == "total")
    else:
        cell.font = Font(FONT)
        cell.alignment = _TOP if style.endswith("clipped") else _WRAP
    cell.number_format = "@" if form == "quoted" else form
    cell.quotePrefix = form == "quoted"
    return cell


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < MAX_EXACT if isinstance(value, int) else math.isfinite(value)


def cell_text(value: object, *, cut: str) -> str:
    """Text as a spreadsheet cell can hold it.

    Characters illegal in XML become U+FFFD, text that a spreadsheet would read as an escape
    (``_x0041_``) is itself escaped, and text beyond 32 767 characters is cut with a note.

    Parameters
    ----------
    value
        Anything.
    cut
        Note at the end of a text that was cut.

    Returns
    -------
    str
        At most 32 767 characters.

    Examples
    --------
    >>> cell_text("_x0041_", cut="…"), len(cell_text("a" * 40_000, cut="…"))
    ('_x005F_x0041_', 32767)
    """
    text = _escaped(visible(value))
    if _units(text) <= MAX_TEXT:
        return text
    room = MAX_TEXT - _units(cut)
    kept = text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")
    return re.sub(r"_(x[0-9A-F]{0,4})?$", "", kept) + cut


def _escaped(text: str) -> str:
    return _ESCAPE_LIKE.sub("_x005F_", text).replace("\r", "_x000D_")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@contextmanager
def _sheet(book: Workbook, title: str) -> Iterator[Any]:
    """A new worksheet, closed at the end, come what may: openpyxl's half-written ones complain."""
    sheet = book.create_sheet(title)
    try:
        yield sheet
    except BaseException:
        with suppress(Exception):  # a sheet interrupted within a row cannot be finished
            sheet.close()
        raise
    sheet.close()


def write_table(book: Workbook, title: str, *, columns: Sequence[Column], notes: Notes) -> None:
    """Add a worksheet with a frozen head, filters, widths that fit and a printable page.

    Parameters
    ----------
    book
        A write-only workbook.
    title
        Name of the worksheet.
    columns
        Columns of equal length; rows beyond a worksheet's capacity are replaced by a note.
    notes
        Texts for what does not fit.

    Examples
    --------
    >>> from openpyxl import Workbook
    >>> book = Workbook(write_only=True)
    >>> write_table(book, "a", columns=[Column("n", [1, 2])], notes=Notes("…", "{rows} {shown}"))
    >>> packed(book, as_of=None)[:2]
    b'PK'
    """
    with _sheet(book, title) as sheet:
        rows = len(columns[0].values) if columns else 0
        full = rows > MAX_ROWS - 1
        shown = MAX_ROWS - 2 if full else rows
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{shown + 1}"
        widths = [_width([c.head, *c.values[:SAMPLED]]) for c in columns]
        _set_up_page(sheet, width=sum(widths))
        for place, column in enumerate(columns, start=1):
            letter = get_column_letter(place)
            sheet.column_dimensions[letter].width = widths[place - 1]
            _color(sheet, letter, shown, fills=column.fills)
        pen = _Pen(sheet, notes.cut)
        sheet.append([pen.draw(n, c.head, style="head") for n, c in enumerate(columns)])
        for row in range(shown):
            cells = [c.values[row] for c in columns]
            lines = max(map(_lines, cells, widths), default=1)
            if lines > 1:
                sheet.row_dimensions[row + 2].height = LINE_PT * min(lines, MOST_LINES)
            drawn = enumerate(zip(cells, columns, strict=True))
            sheet.append([pen.draw(n, v, style="body", form=_form(c, row)) for n, (v, c) in drawn])
        if full:
            sheet.append([pen.draw(0, notes.full.format(rows=rows, shown=shown), style="loose")])


@dataclass(frozen=True)
class Notes:
    """Notes for text (`cut`) and rows (`full`, with ``{rows}``, ``{shown}``) that do not fit."""

    cut: str
    full: str


def write_rows(
    book: Workbook, title: str, *, rows: Iterable[tuple[Any, ...]], widths: Sequence[float]
) -> None:
    """Add a worksheet of loose rows under headings.

    Parameters
    ----------
    book
        A write-only workbook.
    title
        Name of the worksheet.
    rows
        Style (``head``, ``loose``, ``total``), then pairs of value and number format.
    widths
        Widths of the columns in characters.

    Examples
    --------
    >>> from openpyxl import Workbook
    >>> book = Workbook(write_only=True)
    >>> write_rows(book, "a", rows=[("head", ("sites", "@"))], widths=[20])
    >>> packed(book, as_of=None)[:2]
    b'PK'
    """
    with _sheet(book, title) as sheet:
        _set_up_page(sheet, width=sum(widths))
        for place, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        pen = _Pen(sheet, "…")
        for number, (style, *cells) in enumerate(rows):
            if number == 0:
                sheet.freeze_panes = "A2"
            sheet.append([pen.draw(n, v, style=style, form=f) for n, (v, f) in enumerate(cells)])


def packed(book: Workbook, *, as_of: dt.date | None) -> bytes:
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
    >>> from openpyxl import Workbook
    >>> packed(Workbook(), as_of=None) == packed(Workbook(), as_of=None)
    True
    """
    day = dt.datetime.combine(as_of or dt.date(*ZIP_DATE[:3]), dt.time())
    book.properties.creator = "gisland"
    book.properties.created = book.properties.modified = day
    loose = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(loose, "w")).save()
    result = io.BytesIO()
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(result, "w") as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type, entry.external_attr, entry.create_system = 8, 0o600 << 16, 3
            target.writestr(entry, source.read(name))
    return result.getvalue()


def _form(column: Column, row: int) -> str:
    return column.formats if isinstance(column.formats, str) else column.formats[row]


def _set_up_page(sheet: Any, *, width: float) -> None:  # noqa: ANN401 - openpyxl's write-only sheet has no public type
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToHeight = 0
    sheet.page_setup.fitToWidth = max(1, math.ceil(width / PAGE_WIDTH))
    sheet.print_options.gridLines = True
    sheet.print_title_cols = "A:A"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _color(sheet: Any, letter: str, rows: int, *, fills: Mapping[str, str]) -> None:  # noqa: ANN401 - as above
    for text, color in fills.items() if rows else ():
        quoted = text.replace('"', '""')
        look = DifferentialStyle(fill=PatternFill("solid", fgColor=color, bgColor=color))
        rule = Rule("cellIs", operator="equal", formula=[f'"{quoted}"'], dxf=look)
        sheet.conditional_formatting.add(f"{letter}2:{letter}{rows + 1}", rule)


def _width(values: Iterable[Any]) -> float:
    """Width of a column that holds these values, in characters."""
    widest, limit = 0, WIDEST
    for value in values:
        text = f"{value:.2f}" if isinstance(value, float) else visible(value)
        widest = max(widest, *map(_wide, text[:WRAPPED].splitlines()), 0)
        limit = 2 * WIDEST if "\n" in text else limit
    return float(min(max(widest + 3, NARROWEST), limit))


def _wide(line: str) -> int:
    """Width of a line in characters, wide (CJK) ones counted twice."""
    return len(line) + sum(unicodedata.east_asian_width(c) in "WF" for c in line)


def _lines(value: object, width: float) -> int:
    """Lines that a text takes in a column; one where it will be clipped."""
    if not isinstance(value, str) or len(value) > WRAPPED:
        return 1
    if 2 * len(value) < width and "\n" not in value:
        return 1
    return sum(max(1, math.ceil(_wide(t) / (width - 1))) for t in value.splitlines())
