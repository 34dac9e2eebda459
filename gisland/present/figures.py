"""Before and after as pictures: bars of the main indicators, and the land of each use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.errors import TableError
from gisland.present.bars import PANELS, bars
from gisland.present.drawing import Drawing, inline, rendered
from gisland.present.fonts import NAMED, VARIABLE, NoFontError
from gisland.present.style import catalog
from gisland.present.usechange import BASES, matrix_rows
from gisland.present.useflow import flow
from gisland.present.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

LEAST_CHANGE = 0.01  # of the land: less is better read from the table


def before_after_figure(
    indicators: pd.DataFrame,
    *,
    subject: str = "overall",
    language: str = "zh",
    form: str = "svg",
) -> bytes:
    """Bars before and after: area, FAR, coverage, green, output per mu and fragmentation.

    Each panel has its own scale, from zero, its unit and its denominator; what the table does not
    have has no panel.

    Parameters
    ----------
    indicators
        The indicators table.
    subject
        ``overall``, ``site:ID``, ``zone:ID`` or ``unit:ID``.
    language
        ``zh`` or ``en``.
    form
        ``svg`` or ``png``.

    Returns
    -------
    bytes
        The file; the same for the same input and font. Texts of an SVG are outlines.

    Raises
    ------
    TableError
        If the table has none of the indicators for the subject.
    NoFontError
        If there is no font for Chinese text.
    ProjectError
        If the language is unknown.

    Examples
    --------
    >>> row = {"subject": "overall", "indicator": "far", "before": 0.8, "after": 1.7}
    >>> table = pd.DataFrame([row | {"unit": "ratio", "denominator": "land_area"}])
    >>> before_after_figure(table, language="en")[:5]
    b'<?xml'
    """
    drawing = bars(indicators, subject=subject, texts=catalog(language))
    if drawing is None:
        raise TableError(
            f"the indicators table has nothing to draw for {subject!r}",
            do="give a subject that it has, such as overall or site:ID",
        )
    return rendered(drawing, form=form)


def use_figure(
    matrix: pd.DataFrame,
    *,
    subject: str = "overall",
    basis: str = "merged",
    language: str = "zh",
    form: str = "svg",
) -> bytes:
    """Land of each use class before and after as a flow, with areas in mu and shares.

    Parameters
    ----------
    matrix
        The table ``use_matrix``.
    subject
        ``overall``, ``site:ID``, ``zone:ID`` or ``unit:ID``.
    basis
        ``merged`` or ``planned``: what the class after stands for.
    language
        ``zh`` or ``en``.
    form
        ``svg`` or ``png``.

    Returns
    -------
    bytes
        The file; the same for the same input and font.

    Raises
    ------
    TableError
        If the table has no land of the subject on this basis.
    NoFontError
        If there is no font for Chinese text.
    ProjectError
        If the language is unknown.

    Examples
    --------
    >>> row = {"subject": "overall", "basis": "merged", "area_m2": 2000.0}
    >>> table = pd.DataFrame([row | {"use_before": "industrial", "use_after": "green"}])
    >>> use_figure(table, language="en", form="png")[1:4]
    b'PNG'
    """
    drawing = flow(matrix, subject=subject, basis=basis, texts=catalog(language))
    if drawing is None:
        raise TableError(
            f"use_matrix has no land of {subject!r} on the basis {basis!r}",
            do=f"give a subject that it has and one of {', '.join(BASES)}",
        )
    return rendered(drawing, form=form)


def report_figures(tables: Mapping[str, pd.DataFrame], *, texts: Texts) -> dict[str, Any]:
    """The pictures of the report, as elements of a page.

    Parameters
    ----------
    tables
        Result tables by name; pictures of tables that are missing are left out.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``bars``: a picture; ``flows``: pictures by basis, where enough land changes its use. A
        picture is a dict with ``title``, ``svg`` and ``note``: what was not drawn, or, with an
        empty ``svg``, which fonts would do.

    Examples
    --------
    >>> report_figures({}, texts=catalog("en"))
    {'bars': None, 'flows': {}}
    """
    indicators = tables.get("indicators", pd.DataFrame(columns=["subject"]))
    matrix = tables.get("use_matrix", pd.DataFrame(columns=["subject"]))
    drawn = bars(indicators, subject="overall", texts=texts)
    flows = {
        basis: flow(matrix, subject="overall", basis=basis, texts=texts)
        for basis in BASES
        if _changed(matrix_rows(matrix, subject="overall", basis=basis)) >= LEAST_CHANGE
    }
    lacking = _not_drawn(indicators, texts=texts) if drawn else ""
    return {
        "bars": _picture(drawn, name="bars", note=lacking, texts=texts) if drawn else None,
        "flows": {
            basis: _picture(drawing, name=f"flow-{basis}", note="", texts=texts)
            | {"title": texts["figure.flow"].format(basis=texts[f"use_basis.{basis}"])}
            for basis, drawing in flows.items()
            if drawing
        },
    }


def _changed(mu: Mapping[tuple[str, str], float]) -> float:
    """Share of land that changes its use; none of no land."""
    changed = sum(area for (before, after), area in mu.items() if before != after)
    return changed / sum(mu.values()) if mu else -1.0


def _picture(drawing: Drawing, *, name: str, note: str, texts: Texts) -> dict[str, str]:
    title = texts[f"figure.{name.partition('-')[0]}"]
    try:
        svg = inline(rendered(drawing, form="svg"), name=name)
    except NoFontError as error:
        key = "figure.bad_font" if error.given else "figure.no_font"
        told = texts[key].format(
            fonts=_names(NAMED, texts=texts), variable=VARIABLE, path=shortened(error.given)
        )
        return {"title": title, "svg": "", "note": told}
    return {"title": title, "svg": svg, "note": note}


def _names(names: tuple[str, ...], *, texts: Texts) -> str:
    return texts["explain.names"].join(names)


def _not_drawn(indicators: pd.DataFrame, *, texts: Texts) -> str:
    """Panels for which the run has no data."""
    there = set(indicators.loc[indicators["subject"] == "overall", "indicator"])
    lacking = [names[0] for names in PANELS if not there & set(names)]
    if not lacking:
        return texts["figure.scales"]
    told = _names(tuple(texts[f"indicator.{n}"] for n in lacking), texts=texts)
    return texts["figure.not_drawn"].format(names=told)
