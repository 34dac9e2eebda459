"""From source columns to canonical ones: names, units, numbers, codes and ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base import schema
from gisland.base.errors import FieldError, did_you_mean
from gisland.base.tables import INTERNAL, PARCEL_RESULTS
from gisland.layers.source import (
    CLASSIFIED,
    ID_COLUMNS,
    Source,
    canonical_columns,
    unit_factors,
)
from gisland.layers.uses import deciding_codes, use_classes, vocabulary
from gisland.layers.values import plain_dtype, position_ids, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_PREFIXES = {
    "parcels": "P",
    "zoning": "Z",
    "buildings": "B",
    "roads": "R",
    "water": "W",
    "plan_boundary": "N",
    "project_boundary": "D",
    "block_lines": "L",
    "sites": "S",
    "exclusions": "E",
}
SHOWN = 5  # values listed in a finding
Finding = dict[str, Any]
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

    Numbers written as text must be plain (``1234.5``; a ratio may end in %): anything else is
    missing and reported, never a wrong number. A recorded area of 0 means that none is recorded.
    Ids and texts that are stored as numbers are written without ``.0``; leading zeros of texts
    stay. A column that bears a canonical name of its layer is taken as such unless the project
    file maps that name elsewhere; one that bears the name of a result column becomes ``src_…``.

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
            data[name], told = _converted(values, name=name, kind=column.kind, source=source)
            findings += told
    derived, told_uses = _derived(data, source)
    others, told_names = _passed_through(table, source)
    data |= derived | others
    frame = gpd.GeoDataFrame(data, geometry=table.geometry, index=table.index)
    frame.index = _ids(table, source)
    told_ids = _made_ids(source)
    if source.kind != "parcels":
        schema.require_ids(frame, what=source.name)
    order = np.argsort(frame.index.fillna("\U0010ffff").to_numpy(dtype=object), kind="stable")
    return frame.iloc[order], [*findings, *told_ids, *told_uses, *told_names]


def finding(code: str, message: str, *, in_: Source, severity: str = "warning") -> Finding:
    """Record for the findings table of what was met while reading a layer.

    Parameters
    ----------
    code
        Stable code.
    message
        What was met, starting with the layer.
    in_
        The layer.
    severity
        ``error``, ``warning`` or ``info``.

    Returns
    -------
    dict
        Columns of ``schema.FINDINGS``.

    Examples
    --------
    >>> finding("z_dropped", "parcels: 3 shapes", in_=Source("parcels", ""))["layer"]
    'parcels'
    """
    return {"code": code, "severity": severity, "layer": in_.name, "message": message}


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
) -> tuple[pd.Series, list[Finding]]:
    what = f"{source.name}: column {source.fields[name]!r} (mapped to {name})"
    if kind == "number":
        return _numbers(values, name=name, what=what, source=source)
    texts = to_text(values, what=what)
    if name == "tenure":
        words = vocabulary("tenure")
        read = texts.map(lambda t: words.get(t, words.get(t.upper())), na_action="ignore")
        message = f"{what}: tenure not known, taken as missing"
        return read.astype("str"), _told(texts[read.isna()], "unknown_tenure", message, in_=source)
    if name == "use_class":
        return _use_class(texts, what=what, source=source)
    return texts, []


def _numbers(
    values: pd.Series, *, name: str, what: str, source: Source
) -> tuple[pd.Series, list[Finding]]:
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        raise FieldError(f"{what} holds {values.dtype}, not numbers", do="map another column")
    factors = unit_factors(name)
    if name == "level":
        words = vocabulary("level")
        texts = to_text(values, what=what)
        values = texts.map(lambda t: words.get(t, t), na_action="ignore").astype("str")
    factor = factors[source.units[name]] if name in source.units else 1.0
    numbers, unread = to_number(values, factor=factor, is_ratio="percent" in factors)
    message = f"{what}: not a plain number, taken as missing"
    findings = _told(unread, "unparsed_number", message, in_=source)
    if name == "recorded_area_m2":
        zero = numbers == 0
        message = f"{what}: 0 taken as not recorded"
        zeros = values[zero].astype("str")
        findings += _told(zeros, "zero_area", message, in_=source, severity="info")
        numbers = numbers.mask(zero)
    return numbers, findings


def _use_class(texts: pd.Series, *, what: str, source: Source) -> tuple[pd.Series, list[Finding]]:
    """Use classes of codes or words, with findings on how they were read."""
    uses, crosswalk = use_classes(texts, classes=source.classes)
    findings = []
    severity = "warning" if source.kind == "parcels" else "info"  # planned uses count as text too
    for reason, advice in (
        ("unknown", "are in no code list"),
        ("mixed", "stand for several classes"),
        ("ambiguous", "may be of another standard or of several"),
    ):
        codes = crosswalk.loc[crosswalk["reason"] == reason, "code"]
        message = f"{what}: codes that {advice}; name them in [layers.{source.name}.classes]"
        rows = texts[texts.isin(codes)]
        findings += _told(rows, f"{reason}_use", message, in_=source, severity=severity)
    lists = crosswalk.loc[crosswalk["use_class"].notna(), "code_list"].drop_duplicates()
    named = sorted(n for n in lists if n not in {"project", "use_class"})
    if named:
        only = {k: v[:SHOWN] for k, v in deciding_codes(crosswalk).items() if v}
        why = "; ".join(f"only {k} has {', '.join(v)}" for k, v in only.items())
        message = f"{what}: codes read by {' | '.join(named)}{f' ({why})' if why else ''}"
        findings.append(finding("use_code_list", message, in_=source, severity="info"))
    return uses, findings


def _derived(
    data: Mapping[str, pd.Series], source: Source
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """The use class from the code, unless a class is mapped itself."""
    code = CLASSIFIED.get(source.kind)
    if code is None or code not in data or "use_class" in data:
        return {}, []
    what = f"{source.name}: column {source.fields[code]!r} (mapped to {code})"
    uses, findings = _use_class(data[code], what=what, source=source)
    return {"use_class": uses}, findings


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


def _ids(table: gpd.GeoDataFrame, source: Source) -> pd.Index:
    name = ID_COLUMNS[source.kind]
    if name not in source.fields:
        return position_ids(table, prefix=ID_PREFIXES[source.kind]).rename(name)
    what = f"{source.name}: column {source.fields[name]!r} (mapped to {name})"
    ids = to_text(table[source.fields[name]], what=what)
    if ids.isna().all():
        raise FieldError(
            f"{what} is empty",
            do="map another column, or leave the id out to have ids made from the position",
        )
    return pd.Index(ids, dtype="str", name=name)


def _made_ids(source: Source) -> list[Finding]:
    """Tell that parcels have no ids of their own: those made here hold for these shapes only."""
    if source.kind != "parcels" or ID_COLUMNS["parcels"] in source.fields:
        return []
    message = (
        f"{source.name}: no id column is mapped; ids {ID_PREFIXES['parcels']}000001… are made from"
        " the position of the rows on the map"
    )
    return [finding("ids_made", message, in_=source, severity="info")]


def _told(
    values: pd.Series, code: str, message: str, *, in_: Source, severity: str = "warning"
) -> list[Finding]:
    """One finding for all values of a kind, with their count and the first of them."""
    values = values.dropna()
    if values.empty:
        return []
    shown = ", ".join(repr(v) for v in sorted(set(values.astype("str")))[:SHOWN])
    text = f"{message}: {len(values)} rows, such as {shown}"
    told = finding(code, text, in_=in_, severity=severity)
    return [{**told, "value": float(len(values)), "unit": "rows"}]
