"""Rows that are there twice: repeats in one file, copies along sheet edges, parcels cut by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.base.phrases import so_many
from gisland.layers.fields.values import to_text
from gisland.layers.files.sheetjoin import SHEET
from gisland.layers.findings import SHOWN, Finding, finding
from gisland.layers.source import ID_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.layers.source import Source

_SMALL = 1e-9  # share of the smaller shape that counts as no overlap


def without_repeats(
    table: gpd.GeoDataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of a file without those that repeat an earlier one in every column and in shape.

    Rows without a shape all stay, and so do all rows of a layer without columns: nothing tells
    them apart, and ``topology.check`` lists them.

    Parameters
    ----------
    table
        A layer as read.
    source
        The layer; its id column, where mapped or present by name, names the rows.

    Returns
    -------
    geopandas.GeoDataFrame
        Rows in their order, numbered anew; the same table if none repeats another.
    list of dict
        Finding ``duplicate_row``, where there is cause.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> rows = gpd.GeoDataFrame({"n": [1, 1, 2]}, geometry=[box(0, 0, 1, 1)] * 3)
    >>> once, (told,) = without_repeats(rows, Source("parcels", "a.shp"))
    >>> once["n"].tolist(), told["message"].partition("; ")[2]
    ([1, 2], 'left out (row numbers: 2)')
    """
    if len(table.columns) == 1:
        return table, []
    plain = table.reset_index(drop=True)
    facts = pd.DataFrame({"shape": _shape_keys(plain, flat=False)})
    facts["values"] = _values_key(plain, facts["shape"])
    alike = facts[facts["shape"].notna()]
    repeats = alike.index[alike.duplicated()]
    if repeats.empty:
        return table, []
    ids = _ids(plain, source).loc[repeats]
    known = bool(ids.notna().all())
    names = sorted(set(ids)) if known else [str(row + 1) for row in repeats]
    more = ", …" if len(names) > SHOWN else ""
    rows = so_many(len(repeats), "row repeats", "rows repeat")
    message = (
        f"{source.name}: {rows} another row in every column and in shape; left out"
        f" ({'ids' if known else 'row numbers'}: {', '.join(names[:SHOWN])}{more})"
    )
    told = finding("duplicate_row", message, in_=source, value=len(repeats), unit="rows")
    left = plain.drop(index=repeats).reset_index(drop=True)
    return left, [told]


def without_twins(
    table: gpd.GeoDataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of all sheets, each parcel that two sheets hold alike taken once.

    Alike means the same shape and the same id, or the same values throughout where there is no
    id. The first sheet's row stays; the finding names values that differ in the others. Rows of
    one id with different shapes, and of one shape with different ids, all stay and are told. With
    ``join_cut``, pieces of one id that touch across sheets without overlap become one row.

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
        Findings ``sheet_duplicate``, ``sheet_joined``, ``sheet_cut`` and ``sheet_same_shape``.

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
            "shape": _shape_keys(table, flat=True),
            "sheet": table[SHEET].to_numpy(),
        }
    )
    own = _values_key(table.drop(columns=SHEET), facts["shape"])
    facts["same"] = facts["id"].where(facts["id"].notna(), own)
    dropped, findings = _twins(table, facts, source)
    left = facts.drop(index=dropped)
    if source.join_cut:
        table, left, told = _with_joined(table, left, source)
        findings += told
    findings += _cut(table, left, source) + _same_shape(left, source)
    return table.loc[left.index].reset_index(drop=True), findings


def _ids(table: gpd.GeoDataFrame, source: Source) -> pd.Series:
    canonical = ID_COLUMNS[source.kind]
    column = source.fields.get(canonical, canonical)
    if column not in table:
        return pd.Series(None, index=table.index, dtype="str")
    return to_text(table[column], what=f"{source.name}: column {column!r} (mapped to {canonical})")


def _shape_keys(table: gpd.GeoDataFrame, *, flat: bool) -> pd.Series:
    """The same key for equal shapes, wherever their rings start; none for shapes that are alone."""
    values = table.geometry.to_numpy()
    bounds = shapely.bounds(values)
    with np.errstate(all="ignore"):
        mixed = bounds[:, 0] + np.pi * bounds[:, 1] + np.e * bounds[:, 2] + bounds[:, 3] / np.pi
    maybe = np.flatnonzero(pd.Series(mixed).duplicated(keep=False))  # all of them, and few others
    same = pd.DataFrame(bounds[maybe])
    twice = maybe[same.duplicated(keep=False) & same.notna().all(axis=1)]
    keys = pd.Series(None, index=table.index, dtype="str")
    if len(twice):
        plain = shapely.normalize(shapely.force_2d(values[twice]) if flat else values[twice])
        keys.iloc[twice] = [wkb.hex() for wkb in shapely.to_wkb(plain)]
    return keys


def _values_key(table: gpd.GeoDataFrame, shapes: pd.Series) -> pd.Series:
    """All attributes of the rows whose shape occurs twice, as one text."""
    keys = pd.Series(None, index=table.index, dtype="str")
    rows = shapes.index[shapes.notna()]
    rest = pd.DataFrame(table.drop(columns=table.active_geometry_name)).loc[rows]
    keys[rows] = [
        repr([v.tolist() if isinstance(v, np.ndarray) else v for v in r])  # else cut when long
        for r in rest.itertuples(index=False, name=None)
    ]
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


def _with_joined(
    table: gpd.GeoDataFrame, facts: pd.DataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[Finding]]:
    """The table with touching pieces of one id as one row, the facts of what is left, findings."""
    pieces = _touching(table, facts)
    if pieces.empty:
        return table, facts, []
    count = int(pieces["first"].nunique())
    parcels = so_many(count, "parcel is", "parcels are")
    message = f"{source.name}: {parcels} put together from pieces of several sheets"
    findings: list[Finding] = [
        finding("sheet_joined", message, in_=source, severity="info", value=count, unit="rows")
    ]
    others = pieces[pieces["row"] != pieces["first"]]
    differing = _differing(table, others)
    shapes = table.geometry.to_numpy().copy()
    for first, group in pieces.groupby("first", sort=False):
        shapes[first] = shapely.normalize(shapely.union_all(shapes[group["row"].to_numpy()]))
        values = differing.get(first, {})
        if values:
            listed = [f"{column} {value}" for column, value in values.items()]
            row_id, sheet = group["id"].iloc[0], group["first_sheet"].iloc[0]
            message = (
                f"{source.name}: {row_id} is put together from pieces in sheets {_sheets(group)},"
                f" which differ in their values ({', '.join(listed[:SHOWN])}); those of {sheet} are"
                " taken"
            )
            cut = finding("sheet_cut", message, in_=source)
            findings.append(_placed(cut, row_id, source, value=len(group)))
    joined = table.set_geometry(gpd.GeoSeries(shapes, table.index, table.crs))
    left = facts.drop(index=pd.Index(others["row"]))
    left.loc[pieces["first"].unique(), "shape"] = None  # no longer the shape that was compared
    return joined, left, findings


def _touching(table: gpd.GeoDataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Rows that touch others of their id in other sheets, with the first row of their group."""
    known = facts[facts["id"].notna() & facts["id"].duplicated(keep=False)]
    known = known[["id", "sheet"]].rename_axis("row").reset_index()
    values = table.geometry.to_numpy()[known["row"]]
    one, other = shapely.STRtree(values).query(values)
    ids, sheets = pd.factorize(known["id"])[0], pd.factorize(known["sheet"])[0]
    mates = (one < other) & (ids[one] == ids[other]) & (sheets[one] != sheets[other])
    one, other = one[mates], other[mates]
    touch = _relations(values[one], values[other]) == "touch"
    one, other = one[touch], other[touch]
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(known), len(known)))
    corner = shapely.bounds(values)  # decides within a sheet, whatever the order of the rows
    known = known.assign(
        group=connected_components(links, directed=False)[1] if len(known) else 0,
        rank=sheets,
        x=corner[:, 0],
        y=corner[:, 1],
    )
    linked = known.loc[np.union1d(one, other)].sort_values(["group", "rank", "x", "y"])
    first = linked.groupby("group")[["row", "sheet", "id"]].transform("first")
    return linked.assign(first=first["row"], first_sheet=first["sheet"], first_id=first["id"])


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
        remedy = f" (join_cut = true in [layers.{source.name}] puts them together)"
        message = (
            f"{source.name}: {row_id} lies in sheets {_sheets(group)} with different shapes,"
            f" which {relation}{remedy if relation == 'touch' else ''}; all are kept"
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
