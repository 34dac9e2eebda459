"""Ids of the rows of a layer, and what spreadsheets may have done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import FieldError
from gisland.base.phrases import count_of
from gisland.layers.fields.numbers import is_no_value
from gisland.layers.fields.values import position_ids, to_text
from gisland.layers.findings import Finding, counted, finding
from gisland.layers.source import ID_COLUMNS

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.layers.source import Source

ID_PREFIXES = {
    "parcels": "P",
    "zoning": "Z",
    "zoning_overlay": "O",
    "planning_units": "U",
    "buildings": "B",
    "roads": "R",
    "water": "W",
    "plan_boundary": "N",
    "project_boundary": "D",
    "block_lines": "L",
    "block_changes": "C",
    "parks": "K",
    "zones": "Y",
    "sites": "S",
    "exclusions": "E",
}
APOSTROPHES = "'’‘`"
# How spreadsheets write long whole numbers; "4E18" without a sign may be a code of its own.
ROUNDED = r"[0-9](\.[0-9]+[eE]\+?|[eE]\+)[0-9]{2}"
LONG = 6  # digits of a code; shorter numbers are counters
SPARSE = 100  # codes skip numbers: they spread over more than this many times their count


def read_ids(table: gpd.GeoDataFrame, source: Source) -> tuple[pd.Index, list[Finding]]:
    """Ids of a layer as text, in the order of its rows; made from the position if none is mapped.

    Parameters
    ----------
    table
        The layer with its source columns.
    source
        Its declaration.

    Returns
    -------
    pandas.Index
        Named as the id column of the layer; ids may repeat or be missing.
    list of dict
        Findings: ``ids_made``, ``id_cleaned``, ``similar_ids``, ``id_zeros_lost``.

    Raises
    ------
    FieldError
        If the column is empty, or its numbers have lost their last digits.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from gisland.layers.source import Source
    >>> table = gpd.GeoDataFrame({"no": ["'01", "a 1", "A1"]}, geometry=[Point(0, 0)] * 3)
    >>> source = Source("parcels", "", fields={"parcel_id": "no"})
    >>> ids, findings = read_ids(table, source)
    >>> ids.tolist(), [f["code"] for f in findings]
    (['01', 'a 1', 'A1'], ['id_cleaned', 'similar_ids'])
    """
    name = ID_COLUMNS[source.kind]
    if name not in source.fields:
        made = position_ids(table, prefix=ID_PREFIXES[source.kind]).rename(name)
        return made, _made(source)
    what = f"{source.name}: column {source.fields[name]!r} (mapped to {name})"
    read = to_text(table[source.fields[name]], what=what)
    texts = read.str.lstrip(APOSTROPHES).str.strip()
    texts = texts.mask(texts.eq("") | is_no_value(texts))
    if texts.isna().all():
        raise FieldError(
            f"{what} is empty",
            do="map another column, or leave the id out to have ids made from the position",
        )
    rounded = texts[texts.str.fullmatch(ROUNDED).fillna(value=False).astype(bool)]
    if len(rounded):
        raise FieldError(
            f"{what} holds whole numbers that a spreadsheet has rounded, in"
            f" {count_of(len(rounded), 'row')}",
            do="take the ids from the original as text",
            ids=sorted(set(rounded)),
        )
    message = f"{what}: an apostrophe in front of ids is taken off"
    cleaned = read[texts.notna() & read.ne(texts)]
    findings = counted(cleaned, "id_cleaned", message, in_=source, severity="info")
    findings += [*_similar(texts, what=what, source=source), *_short(texts, what, source)]
    return pd.Index(texts, dtype="str", name=name), findings


def _made(source: Source) -> list[Finding]:
    """Tell that parcels have no ids of their own: those made here hold for these shapes only."""
    if source.kind != "parcels":
        return []
    message = (
        f"{source.name}: no id column is mapped; ids {ID_PREFIXES['parcels']}000001… are made from"
        " the position of the rows on the map"
    )
    return [finding("ids_made", message, in_=source, severity="info")]


def _similar(texts: pd.Series, *, what: str, source: Source) -> list[Finding]:
    """Ids that people take for one: alike but for case and blanks."""
    distinct = texts.dropna().drop_duplicates()
    if distinct.str.fullmatch("[!-~]*").all():  # no blanks, and no letters but a to z
        alike = distinct.str.lower()
    else:
        alike = distinct.str.casefold().str.replace(r"\s+", "", regex=True)
    similar = distinct[alike.duplicated(keep=False)]
    message = f"{what}: ids that differ only in case or blanks"
    return counted(texts[texts.isin(similar)], "similar_ids", message, in_=source)


def _short(texts: pd.Series, what: str, source: Source) -> list[Finding]:
    """Codes of digits that are shorter than most: their leading zeros may be lost."""
    given = texts.dropna()
    if not given.str.fullmatch("[0-9]+").all():
        return []
    length = given.str.len()
    usual = int(length.mode().max())
    short = given[length < usual]
    numbers = given.astype("float64")
    sparse = numbers.max() - numbers.min() > SPARSE * len(given)
    if usual < LONG or 2 * len(short) >= len(given) or (length > usual).any() or not sparse:
        return []
    message = f"{what}: ids shorter than the usual {usual} digits, as if leading zeros were lost"
    return counted(short, "id_zeros_lost", message, in_=source)
