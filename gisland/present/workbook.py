"""Worksheets with frozen heads, filters, widths that fit, colors, and links that stay inside."""

from __future__ import annotations

import itertools
import math
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.styles import Color, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter

from gisland.present.cells import LINKED, WRAPPED, Pen
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gisland.present.bookfile import Book

MAX_ROWS = 1_048_576  # of a worksheet, the head included
MOST_LINKS = 20_000  # of a worksheet, in whole rows; spreadsheets take at most 65 530
WIDEST, NARROWEST, SAMPLED = 46, 9, 400
A4, A3 = 9, 8  # as spreadsheets number them
PAGE_WIDTH = {A4: 190, A3: 270}  # characters across a page; what is wider takes several
LINE_PT, MOST_LINES = 17.0, 12
BAR = "9DC3E6"


@dataclass(frozen=True)
class Column:
    """One column of a worksheet: head, values, number formats, colors and links.

    Parameters
    ----------
    head
        What stands above it, with the unit.
    values
        Its cells.
    formats
        Number format of all, or of each.
    fills
        Colors by displayed text.
    links
        Places in the workbook that the cells lead to, None where there is none; empty: no links.
    full
        Number at which a bar in the cell is full; 0: no bars.
    """

    head: str
    values: Sequence[Any]
    formats: Sequence[str] | str = "General"
    fills: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[str | None] = ()
    full: float = 0.0


@dataclass(frozen=True)
class Notes:
    """Notes for text (`cut`) and rows (`full`, with ``{rows}``, ``{shown}``) that do not fit.

    Parameters
    ----------
    cut
        Note at the end of a text that was cut.
    full
        Note under the last row of a worksheet that is full.
    home
        Place that the corner of each table leads to; empty: none.
    back
        What is told of that link.
    """

    cut: str
    full: str
    home: str = ""
    back: str = ""


def location(title: str, row: int, column: str = "A") -> str:
    """A place in the workbook that a link leads to.

    Parameters
    ----------
    title
        Name of the worksheet.
    row
        From 1.
    column
        Its letters.

    Returns
    -------
    str
        A reference with the name quoted.

    Examples
    --------
    >>> location("owner's", 2)
    "'owner''s'!A2"
    """
    quoted = title.replace("'", "''")
    return f"'{quoted}'!{column}{row}"


def write_table(book: Book, title: str, *, columns: Sequence[Column], notes: Notes) -> None:
    """Add a worksheet with a frozen head, filters, widths that fit and a printable page.

    Parameters
    ----------
    book
        A workbook in the making.
    title
        Name of the worksheet.
    columns
        Columns of equal length; rows beyond a worksheet's capacity are replaced by a note.
    notes
        Texts for what does not fit, and where the corner leads.

    Examples
    --------
    >>> from gisland.present.bookfile import Book
    >>> book = Book()
    >>> write_table(book, "a", columns=[Column("n", [1, 2])], notes=Notes("…", "{rows} {shown}"))
    >>> len(book.rows)
    1
    """
    sheet = book.sheets.create_sheet(title)
    rows = len(columns[0].values) if columns else 0
    shown = MAX_ROWS - 2 if rows > MAX_ROWS - 1 else rows
    widths = [_width([c.head, *c.values[:SAMPLED]]) for c in columns]
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{shown + 1}"
    _set_up_page(sheet, width=sum(widths))
    for letter, width, column in zip(_letters(columns), widths, columns, strict=True):
        sheet.column_dimensions[letter].width = width
        if shown:
            _color(sheet, f"{letter}2:{letter}{shown + 1}", column=column)
    corner = _link("A1", notes.home, tip=notes.back) if notes.home and columns else ""
    linked = min(shown, MOST_LINKS // max(1, sum(bool(len(c.links)) for c in columns)))
    drawn = _table_rows(
        Pen(sheet, notes.cut),
        columns,
        widths=widths,
        shown=shown,
        linked=linked,
        home=bool(notes.home),
    )
    over = notes.full.format(rows=rows, shown=shown) if shown < rows else ""
    book.add(
        sheet,
        rows=itertools.chain(drawn, _over(Pen(sheet, notes.cut), over, row=shown + 2)),
        links=[corner, *_links(columns, rows=linked)],
    )


def _letters(columns: Sequence[Any]) -> list[str]:
    return [get_column_letter(n) for n in range(1, len(columns) + 1)]


def _table_rows(
    pen: Pen,
    columns: Sequence[Column],
    *,
    widths: Sequence[float],
    shown: int,
    linked: int,
    home: bool,
) -> Iterator[str]:
    """Head and rows of a table; links are drawn as such in the first `linked` rows."""
    letters = _letters(columns)
    styles = [f"head-{LINKED}" if home else "head", *["head"] * len(columns)]
    heads = zip(letters, columns, styles, strict=False)
    yield _row(1, (pen.draw(f"{k}1", c.head, style=style) for k, c, style in heads))
    forms = [
        [c.formats] * shown if isinstance(c.formats, str) else c.formats[:shown] for c in columns
    ]
    links = [[*c.links[:linked]] + [None] * (shown - len(c.links[:linked])) for c in columns]
    for row in range(shown):
        cells = [c.values[row] for c in columns]
        lines = max(map(_lines, cells, widths), default=1)
        at = row + 2
        drawn = [
            pen.draw(
                f"{letter}{at}",
                value,
                style=f"body-{LINKED}" if link[row] else "body",
                form=form[row],
            )
            for letter, value, form, link in zip(letters, cells, forms, links, strict=True)
        ]
        yield _row(at, drawn, height=LINE_PT * min(lines, MOST_LINES) if lines > 1 else 0)


def _over(pen: Pen, note: str, *, row: int) -> Iterator[str]:
    if note:
        yield _row(row, [pen.draw(f"A{row}", note, style="loose")])


def _row(number: int, cells: Iterable[str], *, height: float = 0) -> str:
    tall = f' ht="{height:g}" customHeight="1"' if height else ""
    return f'<row r="{number}"{tall}>{"".join(cells)}</row>'


def _links(columns: Sequence[Column], *, rows: int) -> Iterator[str]:
    for letter, column in zip(_letters(columns), columns, strict=True):
        for row, place in enumerate(column.links[:rows], start=2):
            if place:
                yield _link(f"{letter}{row}", place)


def _link(ref: str, place: str, *, tip: str = "") -> str:
    told = f" tooltip={quoteattr(tip)}" if tip else ""
    return f'<hyperlink ref="{ref}" location={quoteattr(place)}{told}/>'


def write_rows(
    book: Book, title: str, *, rows: Iterable[tuple[Any, ...]], widths: Sequence[float]
) -> None:
    """Add a worksheet of loose rows under headings.

    Parameters
    ----------
    book
        A workbook in the making.
    title
        Name of the worksheet.
    rows
        Style (``head``, ``loose``, ``total``), then for each cell value, number format and, if it
        leads somewhere, the place.
    widths
        Widths of the columns in characters.

    Examples
    --------
    >>> from gisland.present.bookfile import Book
    >>> book = Book()
    >>> write_rows(book, "a", rows=[("head", ("sites", "@"))], widths=[20])
    >>> len(book.rows)
    1
    """
    sheet = book.sheets.create_sheet(title)
    _set_up_page(sheet, width=sum(widths))
    sheet.freeze_panes = "A2"
    letters = _letters(widths)
    for letter, width in zip(letters, widths, strict=True):
        sheet.column_dimensions[letter].width = width
    pen, drawn, links = Pen(sheet, "…"), [], []
    for number, (style, *cells) in enumerate(rows, start=1):
        texts = []
        for letter, (value, form, *place) in zip(letters, cells, strict=False):
            ref = f"{letter}{number}"
            texts.append(
                pen.draw(ref, value, style=f"{style}-{LINKED}" if place else style, form=form)
            )
            links += [_link(ref, p) for p in place]
        drawn.append(_row(number, texts))
    book.add(sheet, rows=drawn, links=links)


def _set_up_page(sheet: Any, *, width: float) -> None:  # noqa: ANN401 - openpyxl's write-only sheet has no public type
    """Landscape, as wide as fits, heads and first column on every page, and where one is."""
    paper = A4 if width <= PAGE_WIDTH[A4] else A3
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = paper
    sheet.page_setup.fitToHeight = 0
    sheet.page_setup.fitToWidth = max(1, math.ceil(width / PAGE_WIDTH[paper]))
    sheet.print_options.gridLines = True
    sheet.print_title_cols = "A:A"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.oddFooter.left.text = "&[Tab]"
    sheet.oddFooter.right.text = "&[Page] / &[Pages]"


def _color(sheet: Any, cells: str, *, column: Column) -> None:  # noqa: ANN401 - as above
    """Colors of texts and bars of numbers that follow when cells are sorted or changed."""
    for text, color in column.fills.items():
        quoted = text.replace('"', '""')
        look = DifferentialStyle(fill=PatternFill("solid", fgColor=color, bgColor=color))
        rule = Rule("cellIs", operator="equal", formula=[f'"{quoted}"'], dxf=look)
        sheet.conditional_formatting.add(cells, rule)
    if column.full:
        ends = [FormatObject("num", val=0), FormatObject("num", val=column.full)]
        bar = DataBar(cfvo=ends, color=Color(BAR), minLength=0, maxLength=100)
        sheet.conditional_formatting.add(cells, Rule("dataBar", dataBar=bar))


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
    if line.isascii():
        return len(line)
    return len(line) + sum(unicodedata.east_asian_width(c) in "WF" for c in line)


def _lines(value: object, width: float) -> int:
    """Lines that a text takes in a column; one where it will be clipped."""
    if not isinstance(value, str) or len(value) > WRAPPED:
        return 1
    if 2 * len(value) < width and "\n" not in value:
        return 1
    return sum(max(1, math.ceil(_wide(t) / (width - 1))) for t in value.splitlines())
