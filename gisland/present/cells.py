"""Cells of worksheets as XML: text stays text, whatever it looks like."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from gisland.base.phrases import FORMULA_STARTS
from gisland.present.wording import is_missing, visible

MAX_TEXT = 32_767  # characters of a cell
MAX_EXACT = 10**15  # larger whole numbers lose digits in a spreadsheet
WRAPPED = 600  # longer text is clipped instead: its row would be higher than the screen
FONT = "Calibri"  # spreadsheets take their own CJK font where it has no glyph
LOOSE = ("loose", "total")  # styles without lines and wrapping
LINKED = "link"
_BLUE = "0B5394"
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DARK = PatternFill("solid", fgColor="1F4E5F", bgColor="1F4E5F")
_PALE = PatternFill("solid", fgColor="D6E6EC", bgColor="D6E6EC")  # links are blue everywhere
_TOP = Alignment(vertical="top")
_APART = Alignment(vertical="top", horizontal="left", indent=1)  # numbers stand before it
_WRAP = Alignment(vertical="top", wrap_text=True)
_CENTER = Alignment(vertical="center", horizontal="center", wrap_text=True)


@dataclass(frozen=True)
class Pen:
    """Draws the cells of one worksheet; each style is made once.

    Parameters
    ----------
    sheet
        A worksheet of openpyxl, whose workbook keeps the styles.
    cut
        Note at the end of a text that was cut.
    """

    sheet: Any
    cut: str
    styles: dict[tuple[str, str], int] = field(default_factory=dict)

    def draw(self, ref: str, value: Any, *, style: str, form: str = "@") -> str:  # noqa: ANN401 - a cell
        """XML of a cell, never a formula; empty where there is nothing to show.

        Parameters
        ----------
        ref
            Where it stands, such as ``B2``.
        value
            A number, or anything to show as text.
        style
            ``head``, ``body``, ``loose`` or ``total``, followed by ``-link`` if it is clicked.
        form
            Number format.

        Returns
        -------
        str
            Markup; text is escaped.

        Examples
        --------
        >>> from openpyxl import Workbook
        >>> pen = Pen(Workbook(write_only=True).create_sheet("a"), "…")
        >>> pen.draw("A1", "=1<2", style="body")
        '<c r="A1" s="1" t="inlineStr"><is><t>=1&lt;2</t></is></c>'
        """
        if is_missing(value):
            return (
                f'<c r="{ref}" s="{self._style(style, "@")}"/>' if style.startswith("head") else ""
            )
        if _is_number(value):
            number = self._style(style, "General" if form == "@" else form)
            return f'<c r="{ref}" s="{number}" t="n"><v>{value}</v></c>'
        text = cell_text(value, cut=self.cut)
        kind = f"{style}-clipped" if len(text) > WRAPPED else style
        look = self._style(kind, "quoted" if text.startswith(FORMULA_STARTS) else "@")
        kept = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
        return f'<c r="{ref}" s="{look}" t="inlineStr"><is><t{kept}>{escape(text)}</t></is></c>'

    def _style(self, style: str, form: str) -> int:
        key = (style, form)
        if key not in self.styles:
            self.styles[key] = _styled(self.sheet, style=style, form=form).style_id
        return self.styles[key]


def _styled(sheet: Any, *, style: str, form: str) -> Any:  # noqa: ANN401 - openpyxl
    cell = WriteOnlyCell(sheet)
    base, *more = style.split("-")
    head, linked = base == "head", LINKED in more
    ink = _BLUE if linked else "FFFFFF" if head else None
    bold = head or base == "total"
    cell.font = Font(FONT, bold=bold, color=ink, underline="single" if linked else None)
    if head:
        cell.fill, cell.alignment = _PALE if linked else _DARK, _CENTER
    elif base in LOOSE and form in {"@", "quoted"}:
        cell.alignment = _APART
    elif base in LOOSE or "clipped" in more:
        cell.alignment = _TOP
    else:
        cell.alignment = _WRAP
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
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
