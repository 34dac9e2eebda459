"""The case book as plain text: published, computed and verdict of every check, with formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gisland.present.plaintext import cells, hung, padded, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from gisland.base.cases import Case, Fact

WIDTH = 100  # cells of a line
GAP = "  "
COLUMNS = ("label", "published", "computed", "unit", "deviation", "verdict")
FLUSH_RIGHT = ("published", "computed", "deviation")
THOUSAND = 1000
MARKS = {"about": "≈", "above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}
HUNDRED = {"share": 100.0}  # shares are shown as per cent


def quantity_text(fact: Fact, texts: Mapping[str, str]) -> str:
    """A printed number with its unit.

    Parameters
    ----------
    fact
        As printed.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Without rounding; what is about, above or below so much has a mark.

    Examples
    --------
    >>> from gisland.base.cases import Fact
    >>> from gisland.present.style import catalog
    >>> quantity_text(Fact(45071.4, "m2"), catalog("zh"))
    '45071.4 m²'
    >>> quantity_text(Fact(2.68, "ratio", bound="about"), catalog("zh"))
    '≈2.68'
    """
    mark = MARKS.get(fact.bound, "")
    return f"{mark}{fact.value:.12g} {texts[f'case_unit.{fact.unit}']}".rstrip()


def number_text(value: float, unit: str) -> str:
    """A number as it stands in the table.

    Parameters
    ----------
    value
        In its unit, or missing.
    unit
        Shares are shown as per cent.

    Returns
    -------
    str
        Five digits, one decimal above a thousand; empty where it is missing.

    Examples
    --------
    >>> number_text(0.0247586, "share"), number_text(45088.4, "m2"), number_text(15826.0, "m2")
    ('2.4759', '45,088.4', '15,826')
    """
    if math.isnan(value):
        return ""
    shown = value * HUNDRED.get(unit, 1.0)
    if abs(shown) < THOUSAND:
        return f"{shown:.5g}"
    return f"{shown:,.1f}".removesuffix(".0")


def case_lines(
    case: Case, rows: pd.DataFrame, *, language: str, texts: Mapping[str, str], width: int = WIDTH
) -> list[str]:
    """One case as text: a line for each check, its formula and its note below it.

    Parameters
    ----------
    case
        The case.
    rows
        Its rows of `gisland.cases`.
    language
        ``zh`` or ``en``.
    texts
        Catalog of that language.
    width
        Cells of a line; a Chinese character takes two.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> import gisland as gl
    >>> from gisland.casebook import chosen
    >>> from gisland.present.style import catalog
    >>> rows = gl.cases([20], language="en")
    >>> lines = case_lines(chosen([20])[0], rows, language="en", texts=catalog("en"))
    >>> lines[3].split()[:6]
    ['floor', 'area', 'kept', 'and', 'new', '15,826']
    """
    head = texts["case.title"].format(
        number=case.number,
        place=case.place[language],
        kind=case.kind[language],
        chapter=case.chapter,
    )
    table = [_cells_of(row, texts) for row in rows.to_dict("records")]
    heads = [texts[f"case_head.{name}"] for name in COLUMNS]
    widths = _widths(texts, width)
    lines = [*wrapped(head, width), *_line(heads, widths), GAP + GAP.join("-" * w for w in widths)]
    for shown, row in zip(table, rows.to_dict("records"), strict=True):
        lines += _line(shown, widths)
        key = "case.formula_against" if row["against"] else "case.formula"
        told = texts[key].format(formula=row["formula"], against=row["against"])
        lines += hung("", told, width=width, indent=6)
        if row["note"]:
            lines += hung("", str(row["note"]), width=width, indent=6)
    return lines


def _cells_of(row: Mapping[Any, Any], texts: Mapping[str, str]) -> list[str]:
    unit = str(row["unit"])
    deviation = float(row["deviation"])
    return [
        str(row["label"]),
        number_text(float(row["published"]), unit),
        number_text(float(row["computed"]), unit),
        texts[f"case_unit.{unit}"],
        "" if math.isnan(deviation) else f"{deviation * 100:+.2f} %",
        texts[f"case_verdict.{row['verdict']}"],
    ]


def _widths(texts: Mapping[str, str], width: int) -> list[int]:
    """Widths of the columns, the same for every case: labels take what is left."""
    fixed = {"published": 10, "computed": 10, "deviation": 10}
    for name, section in (("unit", "case_unit."), ("verdict", "case_verdict.")):
        words = [text for key, text in texts.items() if key.startswith(section)]
        fixed[name] = max(map(cells, [*words, texts[f"case_head.{name}"]]))
    fixed["label"] = width - sum(fixed.values()) - len(GAP) * len(COLUMNS)
    return [fixed[name] for name in COLUMNS]


def _line(shown: Sequence[str], widths: Sequence[int]) -> list[str]:
    """A row of the table; a long label goes on below."""
    label, *others = shown
    first, *more = wrapped(label, widths[0])
    filled = [padded(first, widths[0])]
    for name, text, cell in zip(COLUMNS[1:], others, widths[1:], strict=True):
        filled.append(padded(text, cell, right=name in FLUSH_RIGHT))
    return [(GAP + GAP.join(filled)).rstrip(), *(GAP + line for line in more)]


def closing_lines(
    cases: Iterable[Case],
    counts: Mapping[str, int],
    *,
    language: str,
    texts: Mapping[str, str],
    width: int = WIDTH,
) -> list[str]:
    """How many checks have each verdict, and the documents that the cases come from.

    Parameters
    ----------
    cases
        The cases shown.
    counts
        Checks by verdict.
    language
        ``zh`` or ``en``.
    texts
        Catalog of that language.
    width
        Cells of a line.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> closing_lines([], {"near": 8}, language="en", texts=catalog("en"))
    ['8 checks: 8 near']
    """
    words = texts["case.between"].join(
        texts["case.total"].format(count=n, word=texts[f"case_verdict.{word}"])
        for word, n in counts.items()
        if n
    )
    lines = [texts["case.totals"].format(count=sum(counts.values()), words=words)]
    documents = [case.document for case in cases]
    named = [(d.title[language], d.publisher[language], d.date) for d in documents]
    for title, publisher, date in dict.fromkeys(named):
        lines.append(texts["case.source"].format(title=title, publisher=publisher, date=date))
    return [part for line in lines for part in wrapped(line, width)]
