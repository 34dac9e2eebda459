"""Parcels that several sheets hold: copies along the sheet edges, and parcels cut by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.layers.fields.values import to_text
from gisland.layers.files.sheetjoin import SHEET
from gisland.layers.findings import SHOWN, Finding, finding
from gisland.layers.source import ID_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.layers.source import Source

_SMALL = 1e-9  # share of the smaller shape that counts as no overlap


def without_twins(
    table: gpd.GeoDataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of all sheets, each parcel that two sheets hold alike taken once.

    Alike means the same shape and the same id, or the same values throughout where there is no
    id. The first sheet's row stays; the finding names values that differ in the others. Rows of
    one id with different shapes, and of one shape with different ids, all stay and are told.

    Parameters
    ----------
    table
        Joined sheets with the column ``sheet``.
    source
        The layer; its id column, where mapped or present by name, tells parcels apart.

    Returns
    -------
    geopandas.GeoDataFrame
        Rows in their order, numbered anew.
    list of dict
        Findings ``sheet_duplicate``, ``sheet_cut`` and ``sheet_same_shape``.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> rows = gpd.GeoDataFrame(
    ...     {"parcel_id": ["p", "p"], "sheet": ["a", "b"]}, geometry=[box(0, 0, 1, 1)] * 2
    ... )
    >>> once, told = without_twins(rows, Source("parcels", "*.shp"))
    >>> len(once), told[0]["message"]
    (1, 'parcels: p lies in sheets a and b with the same shape; the one of a is taken')
    """
    table = table.reset_index(drop=True)
    facts = pd.DataFrame(
        {
            "id": _ids(table, source),
            "shape": _shape_keys(table),
            "sheet": table[SHEET].to_numpy(),
        }
    )
    facts["same"] = facts["id"].where(facts["id"].notna(), _values_key(table, facts["shape"]))
    dropped, findings = _twins(table, facts, source)
    left = facts.drop(index=dropped)
    findings += _cut(table, left, source) + _same_shape(left, source)
    return table.drop(index=dropped).reset_index(drop=True), findings


def _ids(table: gpd.GeoDataFrame, source: Source) -> pd.Series:
    canonical = ID_COLUMNS[source.kind]
    column = source.fields.get(canonical, canonical)
    if column not in table:
        return pd.Series(None, index=table.index, dtype="str")
    return to_text(table[column], what=f"{source.name}: column {column!r} (mapped to {canonical})")


def _shape_keys(table: gpd.GeoDataFrame) -> pd.Series:
    """The same key for equal shapes, wherever their rings start; none for shapes that are alone."""
    values = table.geometry.to_numpy()
    bounds = pd.DataFrame(shapely.bounds(values))
    twice = bounds.duplicated(keep=False).to_numpy() & bounds.notna().all(axis=1).to_numpy()
    keys = pd.Series(None, index=table.index, dtype="str")
    if twice.any():
        plain = shapely.normalize(shapely.force_2d(values[twice]))
        keys[twice] = [wkb.hex() for wkb in shapely.to_wkb(plain)]
    return keys


def _values_key(table: gpd.GeoDataFrame, shapes: pd.Series) -> pd.Series:
    """All attributes of the rows whose shape occurs twice, as one text."""
    keys = pd.Series(None, index=table.index, dtype="str")
    rows = shapes.index[shapes.notna()]
    rest = pd.DataFrame(table.drop(columns=[table.active_geometry_name, SHEET])).loc[rows]
    keys[rows] = [repr(r) for r in rest.itertuples(index=False, name=None)]
    return keys


def _pairs(facts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rows alike in some columns that lie in other sheets than the first of their kind."""
    known = facts.dropna(subset=by).rename_axis("row").reset_index()
    first = known.groupby(by, sort=False)[["row", "sheet", "id"]].transform("first")
    pairs = known.assign(first=first["row"], first_sheet=first["sheet"], first_id=first["id"])
    return pairs[pairs["sheet"] != pairs["first_sheet"]]


def _twins(
    table: gpd.GeoDataFrame, facts: pd.DataFrame, source: Source
) -> tuple[pd.Index, list[Finding]]:
    pairs = _pairs(facts, ["shape", "same"])
    differing = _differing(table, pairs)
    findings = []
    for first, group in pairs.groupby("first", sort=False):
        sheet, row_id = group["first_sheet"].iloc[0], group["first_id"].iloc[0]
        name = row_id if isinstance(row_id, str) else "a row without id"
        message = (
            f"{source.name}: {name} lies in sheets {_sheets(group)} with the same shape;"
            f" the one of {sheet} is taken"
        )
        values = differing.get(first, {})
        if values:
            told = [f"{column} {value}" for column, value in values.items()]
            message += f"; other values there: {', '.join(told[:SHOWN])}"
        severity = "warning" if values else "info"
        twin = finding("sheet_duplicate", message, in_=source, severity=severity)
        findings.append(_placed(twin, row_id, source, value=len(group)))
    return pd.Index(pairs["row"]), findings


def _differing(table: gpd.GeoDataFrame, pairs: pd.DataFrame) -> dict[object, dict[str, str]]:
    """Values that differ between paired rows, by the first row and the column."""
    found: dict[object, dict[str, str]] = {}
    for column in table.columns:
        if column in {SHEET, table.active_geometry_name}:
            continue
        own = table[column].loc[pairs["first"]].astype(object).to_numpy()
        other = table[column].loc[pairs["row"]].astype(object).to_numpy()
        missing = pd.isna(own), pd.isna(other)
        texts = own.astype(str), other.astype(str)
        unlike = (texts[0] != texts[1]) & ~(missing[0] & missing[1])
        for i in np.flatnonzero(unlike):
            values = ["nothing" if m[i] else t[i] for m, t in zip(missing, texts, strict=True)]
            found.setdefault(pairs["first"].iloc[i], {}).setdefault(column, " | ".join(values))
    return found


def _cut(table: gpd.GeoDataFrame, facts: pd.DataFrame, source: Source) -> list[Finding]:
    pairs = _pairs(facts, ["id"])
    values = table.geometry.to_numpy()
    pairs = pairs.assign(relation=_relations(values[pairs["first"]], values[pairs["row"]]))
    findings = []
    for row_id, group in pairs.groupby("id", sort=False):
        relation = " or ".join(sorted(set(group["relation"])))
        message = (
            f"{source.name}: {row_id} lies in sheets {_sheets(group)} with different shapes,"
            f" which {relation}; all are kept"
        )
        told = finding("sheet_cut", message, in_=source)
        findings.append(_placed(told, row_id, source, value=len(group) + 1))
    return findings


def _relations(first: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.str_]:
    sound = shapely.is_valid(first) & shapely.is_valid(others)
    result = np.full(len(first), "are missing or invalid", dtype="<U24")
    first, others = first[sound], others[sound]
    smaller = np.minimum(shapely.area(first), shapely.area(others))
    overlap = shapely.area(shapely.intersection(first, others)) > _SMALL * smaller
    touch = shapely.intersects(first, others)
    result[sound] = np.select([overlap, touch], ["overlap", "touch"], default="lie apart")
    return result


def _same_shape(facts: pd.DataFrame, source: Source) -> list[Finding]:
    pairs = _pairs(facts, ["shape"])
    findings = []
    for _, group in pairs.groupby("first", sort=False):
        ids = [group["first_id"].iloc[0], *group["id"]]
        names = [i if isinstance(i, str) else "a row without id" for i in ids]
        message = (
            f"{source.name}: {names[0]} in sheet {group['first_sheet'].iloc[0]} and"
            f" {', '.join(names[1:])} in other sheets have the same shape; all are kept"
        )
        told = finding("sheet_same_shape", message, in_=source)
        findings.append(_placed(told, ids[0], source, value=len(names)))
    return findings


def _sheets(group: pd.DataFrame) -> str:
    names = list(dict.fromkeys([group["first_sheet"].iloc[0], *group["sheet"]]))
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _placed(told: Finding, row_id: object, source: Source, *, value: int) -> Finding:
    key = "parcel_id" if source.kind == "parcels" else "other_id"
    known = row_id if isinstance(row_id, str) else None
    return {**told, key: known, "value": float(value), "unit": "rows"}
