"""Formats beside shapefiles and GeoParquet, and the choice among several geometry columns."""

from __future__ import annotations

import contextlib
import json
import math
import re
import unicodedata
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio

from gisland.base.errors import LayerError
from gisland.layers.files.archive import unpacked, zipped_suffix
from gisland.layers.files.delimited import read_delimited
from gisland.layers.files.drawing import read_drawing
from gisland.layers.files.encoding import Encoding
from gisland.layers.files.gml import read_gml
from gisland.layers.files.vector import (
    FAILURES,
    choose_column,
    choose_layer,
    read_vector,
    unreadable,
)
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisland.layers.source import Source

    Read = tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]
    Reader = Callable[[Source, Path], Read]

_UTF8 = Encoding("utf-8", "the format's own")
_HEAD = 4096  # characters that tell a topology from other JSON
ZIPPED = (".zip", ".shz")
FORMATS = {  # name and GDAL driver of all that is read
    ".gdb": ("file geodatabase", "OpenFileGDB"),
    ".shp": ("shapefile", "ESRI Shapefile"),
    ".gpkg": ("GeoPackage", "GPKG"),
    ".sqlite": ("SQLite", "SQLite"),
    ".fgb": ("FlatGeobuf", "FlatGeobuf"),
    ".parquet": ("GeoParquet", ""),
    ".geoparquet": ("GeoParquet", ""),
    ".geojson": ("GeoJSON", "GeoJSON"),
    ".topojson": ("TopoJSON", "TopoJSON"),
    ".json": ("GeoJSON", "GeoJSON"),
    ".gml": ("GML", "GML"),
    ".xml": ("GML", "GML"),
    ".dxf": ("DXF", "DXF"),
    ".csv": ("text table", ""),
    ".tsv": ("text table", ""),
    ".txt": ("text table", ""),
    ".tab": ("MapInfo", "MapInfo File"),
    ".mif": ("MapInfo", "MapInfo File"),
    ".kml": ("KML", "LIBKML"),
    ".kmz": ("KML", "LIBKML"),
    ".geojsonl": ("GeoJSON lines", "GeoJSONSeq"),
    ".geojsons": ("GeoJSON lines", "GeoJSONSeq"),
    ".db": ("SQLite", "SQLite"),
    ".gpx": ("GPX", "GPX"),
    ".jml": ("JML", "JML"),
    ".dgn": ("DGN", "DGN"),
    ".e00": ("E00", "AVCE00"),
}


def choose_geometry(table: gpd.GeoDataFrame, source: Source) -> gpd.GeoDataFrame:
    """The table with one geometry column: its only one, or the one that the project names.

    Parameters
    ----------
    table
        A layer as read.
    source
        Its declaration.

    Returns
    -------
    geopandas.GeoDataFrame
        Other geometry columns are left out.

    Raises
    ------
    LayerError
        If there are several and none is named, or the named one is not there.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from gisland.layers.source import Source
    >>> centre = gpd.GeoSeries([Point(0, 0)])
    >>> outline = gpd.GeoDataFrame({"centre": centre}, geometry=[box(0, 0, 1, 1)])
    >>> choose_geometry(outline, Source("parcels", "a.parquet"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels: a.parquet has 2 geometry columns: centre (Point), \
geometry (Polygon); choose one: geometry = 'centre' | 'geometry'
    """
    columns = [str(c) for c in table.columns if isinstance(table[c], gpd.GeoSeries)]
    shown = columns
    if len(columns) > 1:
        kinds = ["/".join(sorted(set(table[c].geom_type.dropna()))) or "empty" for c in columns]
        shown = [f"{c} ({kind})" for c, kind in zip(columns, kinds, strict=True)]
    chosen = choose_column(source, columns, shown=shown)
    return table.set_geometry(chosen).drop(columns=[c for c in columns if c != chosen])


def format_of(source: Source, *, folder: Path) -> dict[str, str]:
    """Format and GDAL driver of a layer, for the record of a run.

    Parameters
    ----------
    source
        The layer as the project declares it.
    folder
        Folder that its path is relative to.

    Returns
    -------
    dict of str to str
        ``format`` and ``driver``; the driver is empty where GDAL has no part in the reading.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.source import Source
    >>> format_of(Source("parcels", "p.gpkg"), folder=Path())
    {'format': 'GeoPackage', 'driver': 'GPKG'}
    """
    if re.match(r"\w+://|pg:", source.path, flags=re.IGNORECASE):
        return {"format": "PostGIS", "driver": "PostgreSQL"}
    path = in_any_case(folder / source.path)
    suffix = path.suffix.lower()
    zipped = suffix in ZIPPED and path.is_file()
    suffix = zipped_suffix(source, path) if zipped else suffix
    if suffix == ".json":
        with unpacked(source, path) if zipped else contextlib.nullcontext((path, False)) as inner:
            suffix = ".topojson" if _is_topology(inner[0]) else suffix
    name, driver = FORMATS.get(suffix, ("unknown", ""))
    return {"format": f"{'zipped ' if zipped else ''}{name}", "driver": driver}


def in_any_case(path: Path) -> Path:
    """The file of a name that may differ from the given one in case, if only one does.

    Accented letters may be one character or two: macOS writes the one, others the other. Folders
    above the file may differ likewise.

    Parameters
    ----------
    path
        As it is written in the project.

    Returns
    -------
    pathlib.Path
        As it is on disk; the given one where there is none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "Parcels.GPKG").touch()
    ...     in_any_case(Path(folder, "parcels.gpkg")).name
    'Parcels.GPKG'
    """
    if path.exists() or path.parent == path:
        return path
    folder = in_any_case(path.parent)
    if not folder.is_dir():
        return path
    same = [p for p in folder.iterdir() if _same_name(p.name) == _same_name(path.name)]
    return same[0] if len(same) == 1 else path


def _same_name(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _read_gdal(source: Source, path: Path) -> Read:
    table, findings = read_vector(source, str(path), layer=_layer(source, path))
    return table, _UTF8, tuple(findings)


def _read_json(source: Source, path: Path) -> Read:
    """GeoJSON, or a topology, whose coordinates may lie on a grid."""
    try:
        table, encoding, findings = _read_gdal(source, path)
    except LayerError:
        _content(source, path)  # names the place of the fault, if it is one of the text
        raise
    step = _grid(source, path)
    if step is None:
        return table, encoding, findings
    message = f"{source.name}: the coordinates of this topology are rounded to a grid of {step}"
    return table, encoding, (*findings, finding("rounded_coordinates", message, in_=source))


def _content(source: Source, path: Path) -> object:
    """What a file holds, all numbers as floats; an error where its text is wrong."""
    try:
        return json.loads(path.read_text("utf-8-sig"), parse_int=float)
    except json.JSONDecodeError as error:
        fault = f"is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        fault = "is not UTF-8 text, which JSON must be"
    except RecursionError:
        fault = "is nested too deeply for a layer"
    raise LayerError(f"{source.name}: {source.path} {fault}", do="export it again, or mend it")


def _grid(source: Source, path: Path) -> str | None:
    """Step of the grid of a topology in its own unit; None for other files."""
    if not _is_topology(path):
        return None
    match _content(source, path):
        case {"transform": {"scale": [float() as x, float() as y]}} if math.isfinite(x + y):
            return f"{x:g} by {y:g}"
        case {"transform": transform} if transform is not None:  # GDAL would take it for zero
            raise LayerError(
                f"{source.name}: the transform of {source.path} has no scale of two numbers",
                do="export it again, or mend it",
            )
    return None


def _is_topology(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        return re.search(r'"type"\s*:\s*"Topology"', stream.read(_HEAD)) is not None


def _layer(source: Source, path: Path) -> str | None:
    try:
        found = pyogrio.list_layers(path)
    except FAILURES as error:
        raise unreadable(source) from error
    return choose_layer(source, found)


OTHER_READERS: dict[str, Reader] = {
    ".gpkg": _read_gdal,
    ".gdb": _read_gdal,
    ".sqlite": _read_gdal,
    ".fgb": _read_gdal,
    ".geojson": _read_json,
    ".json": _read_json,
    ".topojson": _read_json,
    ".gml": read_gml,
    ".xml": read_gml,
    ".dxf": read_drawing,
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
}
