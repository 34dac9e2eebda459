"""Layers as GDAL hands them over, without what its plain reading loses on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError

from gisland.base.errors import LayerError, did_you_mean
from gisland.base.phrases import count_of
from gisland.layers.fields.values import EXACT
from gisland.layers.files.cells import zone_dropped
from gisland.layers.files.curves import WKB_NAMES, wkb_kind
from gisland.layers.files.shapes import shapes_from_wkb
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gisland.layers.source import Source

FAILURES = (RuntimeError, ValueError, OSError, pa.ArrowException)
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
_WKB = {b"geoarrow.wkb", b"ogc.wkb"}
_ROW_NUMBERS = ("fid", "ogc_fid", "objectid", "gid", "ogc_id", "")  # kept only where mapped


def read_vector(
    source: Source,
    dataset: str,
    *,
    layer: str | None = None,
    **options: Any,  # noqa: ANN401
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """One layer through GDAL, whole.

    Unlike GDAL's plain reading: arcs are drawn within a stated distance, a second geometry column
    is not lost, long whole numbers stay exact where others of their column are missing, an
    attribute that is called ``geometry`` survives, times keep what their clock showed, and a
    column that serves as row number can be mapped.

    Parameters
    ----------
    source
        The layer as the project declares it; its filter and geometry column are heeded.
    dataset
        What GDAL opens.
    layer
        Name in the file.
    **options
        Open options of the driver; ``encoding``.

    Returns
    -------
    geopandas.GeoDataFrame
        All rows that pass the filter, in the order of the file.
    list of dict
        Findings.

    Raises
    ------
    LayerError
        If the file or the filter cannot be used, there is no geometry, or there are several
        geometry columns and no choice.
    GeometryError
        If a shape cannot be read.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> read_vector(Source("parcels", "nowhere.gpkg"), "nowhere.gpkg")
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels: nowhere.gpkg cannot be read as a vector layer; check \
that the file is whole and of a format such as .shp, .gpkg, .geojson, .parquet
    """
    try:
        meta, table = pyogrio.read_arrow(
            dataset,
            layer=layer,
            where=source.where,
            return_fids=True,
            datetime_as_string=True,
            **options,
        )
    except FAILURES as error:
        if source.where is None:
            raise unreadable(source) from error
        columns = ", ".join(_columns(source, dataset, layer))
        raise LayerError(
            f"{source.name}: where = {source.where!r} cannot be used on {source.path}",
            do=f"compare its columns, texts in single quotation marks (columns: {columns})",
        ) from error
    at = _geometry_column(table, source)
    crs, findings = _crs(meta["crs"], source)
    shapes, told = shapes_from_wkb(
        table.column(at).to_numpy(), source, degrees=bool(crs and crs.is_geographic)
    )
    findings += told
    try:
        frame, zoned = _attributes(table, meta, source)
    except (UnicodeDecodeError, pa.ArrowException) as error:
        raise LayerError(
            f"{source.name}: the texts of {source.path} are not UTF-8, as its format has them",
            do="export the layer again, or save the file as UTF-8",
        ) from error
    if zoned:
        findings.append(zone_dropped(zoned, source))
    own = table.schema.field(at).name if meta["geometry_name"] else "geometry"
    name = _free_name(own, frame.columns)
    frame[name] = gpd.GeoSeries(shapes, index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame, geometry=name), findings


def choose_layer(source: Source, layers: Iterable[Sequence[str | None]]) -> str | None:
    """Name of the layer to read, out of those of a file.

    Parameters
    ----------
    source
        The layer as the project declares it.
    layers
        Name and kind of geometry of each, as ``pyogrio.list_layers`` gives them; no kind for
        tables without geometry.

    Returns
    -------
    str or None
        The declared one, or the only spatial one; None for a file without layers.

    Raises
    ------
    LayerError
        If the declared one is not there, or none is declared and there are several.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> choose_layer(Source("parcels", "a.gpkg"), [("ZD", "Polygon"), ("notes", None)])
    'ZD'
    """
    found = [(str(name), kind) for name, kind in layers]
    names = [name for name, _ in found]
    spatial = [name for name, kind in found if kind is not None]
    if source.layer is not None and source.layer not in names:
        raise LayerError(
            f"{source.name}: there is no layer {source.layer!r} in {source.path}",
            do=did_you_mean(source.layer, names),
        )
    if source.layer is None and len(spatial) > 1:
        raise LayerError(
            f"{source.name}: {source.path} holds {len(spatial)} layers",
            do=f"choose one: layer = {' | '.join(repr(n) for n in sorted(spatial))}",
        )
    return source.layer or next(iter(spatial or names), None)


def choose_column(source: Source, columns: Sequence[str], *, shown: Sequence[str] = ()) -> str:
    """Name of the geometry column to take, out of those of a layer.

    Parameters
    ----------
    source
        The layer as the project declares it.
    columns
        Names of its geometry columns.
    shown
        The same for people, such as with the kind of shapes.

    Returns
    -------
    str
        The declared one, or the only one.

    Raises
    ------
    LayerError
        If the declared one is not there, or none is declared and there are several, or none at
        all.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> choose_column(Source("parcels", "a.parquet", geometry="outline"), ["outline", "centre"])
    'outline'
    """
    if not columns:
        raise LayerError(f"{source.name}: the layer has no geometry", do="give a spatial layer")
    if source.geometry is not None and source.geometry not in columns:
        raise LayerError(
            f"{source.name}: there is no geometry column {source.geometry!r} in {source.path}",
            do=did_you_mean(source.geometry, columns),
        )
    if source.geometry is None and len(columns) > 1:
        raise LayerError(
            f"{source.name}: {source.path} has {len(columns)} geometry columns:"
            f" {', '.join(shown or columns)}",
            do=f"choose one: geometry = {' | '.join(repr(c) for c in columns)}",
        )
    return source.geometry or columns[0]


def unreadable(source: Source) -> LayerError:
    """Error for a file that cannot be opened.

    Parameters
    ----------
    source
        The layer as the project declares it.

    Returns
    -------
    LayerError
        To be raised.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> unreadable(Source("parcels", "a.gml")).what
    'parcels: a.gml cannot be read as a vector layer'
    """
    return LayerError(
        f"{source.name}: {source.path} cannot be read as a vector layer",
        do="check that the file is whole and of a format such as .shp, .gpkg, .geojson, .parquet",
    )


def _columns(source: Source, dataset: str, layer: str | None) -> list[str]:
    try:
        return [str(c) for c in pyogrio.read_info(dataset, layer=layer)["fields"]]
    except FAILURES as error:
        raise unreadable(source) from error


def _crs(text: str | None, source: Source) -> tuple[CRS | None, list[Finding]]:
    if not text:
        return None, []
    try:
        return CRS.from_user_input(text), []
    except CRSError:
        message = f"{source.name}: the coordinate system that {source.path} names is not known"
        return None, [finding("crs_unreadable", message, in_=source)]


def _geometry_column(table: pa.Table, source: Source) -> int:
    """Position of the geometry column to take; columns without any shape do not count."""
    places = [i for i, field in enumerate(table.schema) if _is_wkb(field)]
    filled = [i for i in places if table.column(i).null_count < table.num_rows] or places[:1]
    names = {table.schema.field(i).name: i for i in places}
    if source.geometry in names:
        return names[source.geometry]
    if len(places) == 1 and source.geometry == "geometry":  # the name where formats have none
        return places[0]
    columns = [table.schema.field(i).name for i in filled]
    shown = [f"{c} ({_kind(table.column(i))})" for c, i in zip(columns, filled, strict=True)]
    return names[choose_column(source, columns, shown=shown)]


def _is_wkb(field: pa.Field) -> bool:
    if isinstance(field.type, pa.BaseExtensionType):
        return field.type.extension_name.encode() in _WKB
    return (field.metadata or {}).get(b"ARROW:extension:name") in _WKB


def _kind(column: pa.ChunkedArray) -> str:
    """Kind of the first shape, and how many there are."""
    filled = column.drop_null()
    if not len(filled):
        return "empty"
    kind = WKB_NAMES.get(wkb_kind(filled[0].as_py()), "other shapes")
    return f"{kind}, {count_of(len(filled), 'row')}"


def _attributes(
    table: pa.Table, meta: dict[str, Any], source: Source
) -> tuple[pd.DataFrame, list[str]]:
    """Columns but geometry, and the names of those whose times had a zone."""
    kinds = dict(zip(meta["fields"], meta["dtypes"], strict=True))
    mapped = set(source.fields.values())
    data: dict[str, pd.Series] = {}
    zoned: list[str] = []
    for field, column in zip(table.schema, table.columns, strict=True):
        name = field.name
        numbered = name not in kinds and name.casefold() in _ROW_NUMBERS and name not in mapped
        if _is_wkb(field) or numbered:
            continue
        values = _series(column)
        if str(kinds.get(name)).startswith("datetime") and values.dtype == "str":
            if values.str.contains(_OFFSET).any():
                zoned.append(name)
            values = _clock(values)
        data[name] = values
    return pd.DataFrame(data, index=pd.RangeIndex(table.num_rows)), zoned


def _series(column: pa.ChunkedArray) -> pd.Series:
    if isinstance(column.type, pa.BaseExtensionType):  # JSON stays the text it is
        column = column.cast(column.type.storage_type)
    if pa.types.is_string(column.type):
        column.validate(full=True)  # else bytes that are no UTF-8 fail wherever they are first used
    if pa.types.is_integer(column.type) and column.null_count:
        low_high = pc.min_max(column)
        if max(abs(v.as_py() or 0) for v in low_high.values()) >= EXACT:
            return column.to_pandas(types_mapper={column.type: pd.Int64Dtype()}.get)
    return column.to_pandas()


def _clock(texts: pd.Series) -> pd.Series:
    """Times as their clock showed them; the texts where one is no time."""
    plain = texts.str.replace(_OFFSET, "", regex=True)
    times = pd.to_datetime(plain, format="ISO8601", errors="coerce")
    return times if times.notna().equals(texts.notna()) else texts


def _free_name(name: str, taken: Iterable[str]) -> str:
    folded = {str(t).casefold() for t in taken}
    while name.casefold() in folded:
        name = f"{name}_shape"
    return name
