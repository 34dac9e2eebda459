"""Columns of several sheets of one layer under each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.phrases import first_of
from gisland.layers.fields.values import EXACT, to_text
from gisland.layers.findings import SHOWN, Finding, finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from gisland.layers.source import Source

SHEET = "sheet"  # column with the sheet that a row is from


def united(
    tables: Sequence[gpd.GeoDataFrame], source: Source, *, names: Sequence[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Attributes of all sheets, and the column ``sheet`` with the name of each row's own.

    Names that differ by case alone are one column. Columns that a sheet lacks are missing there.
    Where one sheet holds numbers and another texts, all are read as text, so that ``007`` stays.

    Parameters
    ----------
    tables
        The sheets.
    source
        The layer.
    names
        Of the sheets.

    Returns
    -------
    pandas.DataFrame
        Rows of all sheets in their order, numbered anew.
    list of dict
        Findings ``sheet_columns`` and ``sheet_types``, where there is cause.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from gisland.layers.source import Source
    >>> one = gpd.GeoDataFrame({"id": ["007"]}, geometry=[Point(0, 0)])
    >>> two = gpd.GeoDataFrame({"ID": [8]}, geometry=[Point(1, 0)])
    >>> rows, told = united([one, two], Source("parcels", "*.shp"), names=["a", "b"])
    >>> rows.to_dict("list"), [f["code"] for f in told]
    ({'id': ['007', '8'], 'sheet': ['a', 'b']}, ['sheet_columns', 'sheet_types'])
    """
    frames, spelled = _spelled(tables)
    start = 0
    for frame in frames:
        frame.index = pd.RangeIndex(start, start + len(frame))
        start += len(frame)
    columns = list(dict.fromkeys(c for frame in frames for c in frame.columns))
    data: dict[str, pd.Series] = {}
    mixed = []
    for column in columns:
        pieces = [f[column] for f in frames if column in f and f[column].notna().any()]
        if _differ(pieces):
            mixed.append(column)
            pieces = [to_text(p, what=f"{source.name}: column {column!r}") for p in pieces]
        data[_free(column)] = _stacked(pieces, rows=start)
    sheet = pd.Series(list(names), dtype="str").repeat([len(f) for f in frames])
    data[SHEET] = sheet.set_axis(pd.RangeIndex(start))
    lacking = _lacking(frames, columns, names=names)
    findings = []
    if lacking or spelled:
        message = (
            f"{source.name}: sheets differ in their columns: {', '.join([*lacking, *spelled])}"
        )
        findings.append(finding("sheet_columns", message, in_=source))
    if mixed:
        message = (
            f"{source.name}: columns that hold other kinds of values in other sheets are read as"
            f" text: {', '.join(mixed)}"
        )
        findings.append(finding("sheet_types", message, in_=source))
    return pd.DataFrame(data), findings


def _spelled(tables: Sequence[gpd.GeoDataFrame]) -> tuple[list[pd.DataFrame], list[str]]:
    """Attributes of each sheet under the first spelling of each name, and what was respelled."""
    first: dict[str, str] = {}
    frames = []
    spelled: dict[str, None] = {}
    for table in tables:
        frame = pd.DataFrame(table.drop(columns=table.active_geometry_name))
        folded = Counter(str(c).casefold() for c in frame.columns)
        renamed = {}
        for column in map(str, frame.columns):
            key = column.casefold()
            if folded[key] == 1 and first.setdefault(key, column) != column:
                renamed[column] = first[key]
        spelled |= {f"{old} = {new}": None for old, new in renamed.items()}
        frames.append(frame.rename(columns=renamed).rename(columns=str))
    return frames, list(spelled)


def _differ(pieces: Sequence[pd.Series]) -> bool:
    """Whether the pieces cannot be stacked as they are without loss."""
    if len({_kind(p) for p in pieces}) > 1:
        return True
    whole = [p for p in pieces if pd.api.types.is_integer_dtype(p)]
    return len(whole) < len(pieces) and any(abs(p).max() >= EXACT for p in whole)


def _kind(values: pd.Series) -> str:
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in {"integer", "floating", "mixed-integer-float", "decimal"}:
        return "number"
    return "date" if kind in {"date", "datetime", "datetime64"} else kind


def _stacked(pieces: Sequence[pd.Series], *, rows: int) -> pd.Series:
    if not pieces:
        return pd.Series(None, index=pd.RangeIndex(rows), dtype="str")
    whole = pd.concat(pieces)
    gaps = len(whole) < rows
    if gaps and pd.api.types.is_integer_dtype(whole) and abs(whole).max() >= EXACT:
        whole = whole.astype("Int64")  # as floating point it would lose digits
    return whole.reindex(pd.RangeIndex(rows))


def _free(column: str) -> str:
    return f"src_{column}" if column.casefold() == SHEET else column


def _lacking(
    frames: Sequence[pd.DataFrame], columns: Sequence[str], *, names: Sequence[str]
) -> list[str]:
    told = []
    for column in columns:
        sheets = [n for n, f in zip(names, frames, strict=True) if column not in f]
        if sheets:
            told.append(f"{column} (not in {first_of(sheets, most=SHOWN)})")
    return told
