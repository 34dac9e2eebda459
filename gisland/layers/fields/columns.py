"""From source columns to canonical ones: names, units, numbers, codes and ids."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gisland.base import schema
from gisland.base.errors import FieldError, did_you_mean
from gisland.base.industries import digits_of
from gisland.base.keys import row_order
from gisland.base.tables import INTERNAL, PARCEL_RESULTS
from gisland.layers.fields.amounts import read_amounts
from gisland.layers.fields.classing import derived_use_class, read_use_class
from gisland.layers.fields.dates import read_dates
from gisland.layers.fields.ids import read_ids
from gisland.layers.fields.listed import LISTED
from gisland.layers.fields.numbers import is_no_value
from gisland.layers.fields.parcelcode import code_facts
from gisland.layers.fields.values import plain_dtype, to_text
from gisland.layers.fields.years import YEAR, read_years
from gisland.layers.findings import Finding, counted, finding
from gisland.layers.source import CLASSIFIED, ID_COLUMNS, Source, canonical_columns

# Columns that results add, and names that file formats keep for themselves.
RESERVED = (
    *PARCEL_RESULTS,
    *INTERNAL,
    *("parcel_id", "use_class", "fid", "ogc_fid", "geom", "geometry", "index", "level_0"),
)


def canonical_table(
    table: gpd.GeoDataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Canonical columns of a layer, its other columns behind them, indexed by id.

    Numbers written as text become values, ends of ranges, or missing with the reason, never a
    wrong number. A recorded area of 0 means that none is recorded. Ids and texts that are stored
    as numbers are written without ``.0``; leading zeros of texts stay; words for no value are
    missing. Where no tenure is mapped, it is taken from parcel codes. A column that bears a
    canonical name of its layer is taken as such unless the project file maps that name elsewhere;
    one that bears the name of a result column becomes ``src_…``.

    Parameters
    ----------
    table
        Source columns, geometry without Z.
    source
        Its declaration.

    Returns
    -------
    geopandas.GeoDataFrame
        Sorted by id, index named as the id column; ids of parcels may repeat or be missing.
    list of dict
        Findings, with ``code``, ``severity``, ``layer``, ``value``, ``message``.

    Raises
    ------
    FieldError
        If a mapped column is missing, or cannot hold what it is mapped to.
    TableError
        If ids of another layer than the parcels repeat or are missing.

    Examples
    --------
    >>> from shapely import box
    >>> table = gpd.GeoDataFrame(
    ...     {"ZDDM": [7.0], "MJ": ["3"], "BZ": ["x"]}, geometry=[box(0, 0, 1, 1)]
    ... )
    >>> fields = {"parcel_id": "ZDDM", "recorded_area_m2": "MJ"}
    >>> units = {"recorded_area_m2": "mu"}
    >>> frame, findings = canonical_table(table, Source("parcels", "", fields=fields, units=units))
    >>> frame.drop(columns="geometry").reset_index().to_dict("records"), findings
    ([{'parcel_id': '7', 'recorded_area_m2': 2000.0, 'BZ': 'x'}], [])
    """
    _require_columns(table, source)
    source, findings = _with_own_names(table, source)
    data: dict[str, pd.Series] = {}
    id_column = ID_COLUMNS[source.kind]
    for name, column in canonical_columns(source.kind).items():
        if name in source.fields and name != id_column:
            values = table[source.fields[name]]
            read, told = _converted(values, name=name, kind=column.kind, source=source)
            data |= read
            findings += told
    ids, told_ids = read_ids(table, source)
    if source.kind == "parcels":
        tenure, told = code_facts(ids, data.get("tenure"), source=source)
        data |= {} if tenure is None else {"tenure": tenure.set_axis(table.index)}
        findings += told
    data = {k: data[k] for k in canonical_columns(source.kind) if k in data}
    derived, told_uses = derived_use_class(data, source)
    others, told_names = _passed_through(table, source)
    data |= derived | others
    frame = gpd.GeoDataFrame(data, geometry=table.geometry, index=table.index)
    frame.index = ids
    if source.kind != "parcels":
        schema.require_ids(frame, what=source.name)
    order = row_order(pd.DataFrame({"id": ids}), ["id"])
    return frame.iloc[order], [*findings, *told_ids, *told_uses, *told_names]


def _require_columns(table: gpd.GeoDataFrame, source: Source) -> None:
    known = [str(c) for c in table.columns if c != table.active_geometry_name]
    for name, column in source.fields.items():
        if column not in known:
            raise FieldError(
                f"{source.name}: {source.path} has no column {column!r} (mapped to {name})",
                do=did_you_mean(column, known) if known else "the file has no columns at all",
            )


def _with_own_names(table: gpd.GeoDataFrame, source: Source) -> tuple[Source, list[Finding]]:
    """The declaration with the columns that bear their canonical names already."""
    taken = {*source.fields, *source.fields.values()}
    own = [n for n in canonical_columns(source.kind) if n in table and n not in taken]
    if not own:
        return source, []
    message = f"{source.name}: columns taken by their names: {', '.join(own)}"
    told = finding("column_by_name", message, in_=source, severity="info")
    return replace(source, fields={**source.fields, **{n: n for n in own}}), [told]


def _converted(
    values: pd.Series, *, name: str, kind: str, source: Source
) -> tuple[dict[str, pd.Series], list[Finding]]:
    what = f"{source.name}: column {source.fields[name]!r} (mapped to {name})"
    if name == YEAR or kind == "date":
        read_times = read_years if name == YEAR else read_dates
        times, findings = read_times(values, what=what, source=source)
        return {name: times}, findings
    if kind == "number":
        return read_amounts(values, name=name, source=source)
    texts = to_text(values, what=what)
    if name == "use_class":
        uses, findings = read_use_class(texts, what=what, source=source)
        return {name: uses}, findings
    if name == CLASSIFIED.get(source.kind):
        return {name: texts}, []
    nothing = is_no_value(texts)
    message = f"{what}: a word or sign for no value, taken as missing"
    told = counted(texts[nothing], "text_no_value", message, in_=source, severity="info")
    texts = texts.mask(nothing)
    if name in LISTED:
        read = texts.map(LISTED[name](texts)).astype("str")
        message = f"{what}: {name} not known, taken as missing"
        return {name: read}, [
            *told,
            *counted(texts[read.isna()], f"unknown_{name}", message, in_=source),
        ]
    if name == "industry":
        strange = texts[digits_of(texts).eq("")]
        message = f"{what}: no code of an industry (GB/T 4754), rules of the use class hold"
        told += counted(strange, "industry_no_code", message, in_=source, severity="info")
    return {name: texts}, told


def _passed_through(
    table: gpd.GeoDataFrame, source: Source
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """Unmapped columns; file formats do not tell names apart by case, so neither does this."""
    mapped = set(source.fields.values())
    taken = {n.casefold() for n in (*RESERVED, *canonical_columns(source.kind))}
    data: dict[str, pd.Series] = {}
    renamed = []
    for column in table.columns:
        if column in mapped or column == table.active_geometry_name:
            continue
        name = str(column)
        while name.casefold() in taken:
            name = f"src_{name}"
        taken.add(name.casefold())
        if name != column:
            renamed.append(f"{column} -> {name}")
        data[name] = plain_dtype(table[column])
    if not renamed:
        return data, []
    message = f"{source.name}: columns that bear names of ours are renamed: {', '.join(renamed)}"
    return data, [finding("renamed_column", message, in_=source, severity="info")]
