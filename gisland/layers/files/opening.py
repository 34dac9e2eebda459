"""Opening one input layer: which file, which layer in it, which reader; errors in plain words."""

from __future__ import annotations

import contextlib
import hashlib
import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from gisland.base.errors import LayerError, did_you_mean
from gisland.layers.files.archive import unpacked
from gisland.layers.files.codecnames import UTF8, codec_name
from gisland.layers.files.encoding import Encoding
from gisland.layers.files.formats import (
    FORMATS,
    OTHER_READERS,
    ZIPPED,
    choose_geometry,
    in_any_case,
)
from gisland.layers.files.shapefile import read_shapefile, shapefile_parts
from gisland.layers.files.vector import FAILURES, choose_layer, read_vector, unreadable
from gisland.layers.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

    Read = tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]

_PARQUET = (".parquet", ".geoparquet")
_ALWAYS_UTF8 = (".gpkg", ".geojson", ".json", ".topojson", ".gdb", ".fgb", ".gml", *_PARQUET)
_CONTAINERS = (".gpkg", ".gdb", ".sqlite")  # hold several layers
# What GDAL takes for a reference to data elsewhere, even on the network, whatever the file's name
_POINTERS = (
    *(b"<ogrvrtdatasource", b"<vrtdataset", b"<ogrwfsdatasource", b"wfs_capabilities"),
    *(b"gdal_streamed_alg", b"<gdal_wms"),
)
_HEAD_BYTES = 65_536  # more than GDAL looks at
# Files beside a layer's own that hold or describe its data, in the order they are hashed.
_BESIDE = {".tab": (".dat", ".id", ".ind", ".map"), ".mif": (".mid",), ".gml": (".gfs", ".xsd")}


@dataclass(frozen=True)
class Opened:
    """A layer as it lies in its file, with what is known about the file.

    Parameters
    ----------
    table
        Source columns and the active geometry, in the file's CRS (or none).
    encoding
        Of the texts, with its evidence.
    sha256
        Of the file's bytes; for a shapefile of all its parts, empty for a database.
    notes
        What the reader warned of.
    findings
        What is wrong with the file, or was mended on the way.
    """

    table: gpd.GeoDataFrame
    encoding: Encoding
    sha256: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def open_layer(source: Source, *, folder: Path) -> Opened:
    """Read one layer as it lies in its file.

    Any common vector format, zipped or not; no file that only refers to data elsewhere.

    Parameters
    ----------
    source
        The layer as the project declares it.
    folder
        Folder that its path is relative to.

    Returns
    -------
    Opened
        All rows that pass the filter, all columns, in the order of the file.

    Raises
    ------
    LayerError
        If the file, the layer in it, a part of a shapefile or the driver is missing, or the file,
        its encoding or the filter cannot be used, or no row is left.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.source import Source
    >>> open_layer(Source("parcels", "nowhere.shp"), folder=Path("data"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels: there is no file nowhere.shp; check the path of \
[layers.parcels]: it is relative to the project file
    """
    database = re.match(r"(postgres(ql)?://|pg:)", source.path, flags=re.IGNORECASE)
    path = None if database else _located(source, folder)
    with warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):  # what the reader tells about the file
            warnings.simplefilter("always", category)
        if path is None:
            table, encoding, findings = _read_database(source)
        else:
            with _layer_file(source, path) as (inner, file):
                table, encoding, findings = _read(inner, file)
    if table.empty:
        left = f"where = {source.where!r} leaves no row" if source.where else "the layer is empty"
        raise LayerError(f"{source.name}: {left}", do="check the file, the layer and the filter")
    notes = tuple(dict.fromkeys(str(w.message).partition("\n")[0] for w in caught))
    if encoding.found and not encoding.warning:
        message = f"{source.name}: texts are read as {encoding.name}: {encoding.evidence}"
        told = finding("encoding_found", message, in_=source, severity="info")
        findings = (*findings, told)
    sha256 = _sha256(path, what=source.name) if path else ""
    return Opened(table, encoding, sha256, notes, findings)


def shown_path(path: str) -> str:
    """Path as written in the project, without the password of a database address.

    Parameters
    ----------
    path
        A file or a ``postgresql://`` address.

    Returns
    -------
    str
        Fit for messages and records.

    Examples
    --------
    >>> shown_path("postgresql://planner:secret@host/db")
    'postgresql://planner:***@host/db'
    """
    hidden = re.sub(r"(//[^:/@\s]*):[^@\s]*@", r"\1:***@", path)
    return re.sub(r"(?i)(password=)('[^']*'|\S+)", r"\1***", hidden)


def _located(source: Source, folder: Path) -> Path:
    """The file on disk; its name may differ from the project's in case, if only one does."""
    do = f"check the path of [layers.{source.name}]: it is relative to the project file"
    try:
        path = in_any_case(folder / source.path)
        there = path.exists()
        beside = [] if there or not path.parent.is_dir() else sorted(path.parent.iterdir())
    except (OSError, ValueError) as error:  # a name too long, or a folder that is closed
        raise LayerError(f"{source.name}: there is no file {source.path}", do=do) from error
    if not there:
        near = did_you_mean(path.name, [p.name for p in beside])
        hint = f"{near.partition('?')[0]}? {do}" if near.startswith("did you") else do
        raise LayerError(f"{source.name}: there is no file {source.path}", do=hint)
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise LayerError(f"{source.name}: {source.path} is a folder", do="name the file in it")
    return path


@contextlib.contextmanager
def _layer_file(source: Source, path: Path) -> Iterator[tuple[Source, Path]]:
    """The layer's own file, out of its zip if it lies in one, and what is still to be chosen."""
    if path.suffix.lower() not in ZIPPED:
        yield source, path
        return
    with unpacked(source, path) as (file, chosen):
        inside = [str(n) for n, _ in _listed(source, file)] if _holds_layers(file) else []
        yield replace(source, layer=None) if chosen and source.layer not in inside else source, file


def _holds_layers(file: Path) -> bool:
    return file.suffix.lower() in _CONTAINERS


def _listed(source: Source, file: Path) -> list[tuple[str, str | None]]:
    try:
        return [(name, kind) for name, kind in pyogrio.list_layers(file)]
    except FAILURES as error:
        raise unreadable(source) from error


def _read(source: Source, file: Path) -> Read:
    suffix = file.suffix.lower()
    if _points_elsewhere(file):
        raise LayerError(
            f"{source.name}: {source.path} holds no data, but refers to it elsewhere",
            do="name the file that holds the shapes",
        )
    if suffix in _ALWAYS_UTF8 and source.encoding and codec_name(source.encoding) != UTF8:
        raise LayerError(
            f"{source.name}: a {suffix} file is always UTF-8, not {source.encoding!r}",
            do="take encoding out",
        )
    if suffix in {".dbf", ".shx"}:
        raise LayerError(f"{source.name}: a {suffix} holds no shapes", do="name the .shp")
    if suffix == ".shp":
        return read_shapefile(source, file)
    if suffix in _PARQUET:
        return _read_parquet(source, file), Encoding(UTF8, "the format's own"), ()
    if suffix in OTHER_READERS:
        return OTHER_READERS[suffix](source, file)
    if suffix not in FORMATS:
        raise LayerError(
            f"{source.name}: {source.path} is of a format that is not read here",
            do="give it as .shp, .gpkg, .geojson or .parquet",
        )
    return _read_other(source, file)


def _points_elsewhere(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).lower()
    return any(mark in head for mark in _POINTERS)


def _read_parquet(source: Source, file: Path) -> gpd.GeoDataFrame:
    if source.where:
        raise LayerError(
            f"{source.name}: where does not work on Parquet", do="filter it first, or use .gpkg"
        )
    try:
        table = gpd.read_parquet(file)
    except FAILURES as error:
        raise LayerError(
            f"{source.name}: {source.path} is not a readable GeoParquet file",
            do="write it with GeoDataFrame.to_parquet, or give another format",
        ) from error
    return choose_geometry(_with_index(table), source)


def _with_index(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table with its index as columns, which may hold the ids, unless it numbers the rows."""
    if table.index.name is None and pd.api.types.is_integer_dtype(table.index.dtype):
        return table
    taken = {str(c).casefold() for c in table.columns}
    names: list[str] = []
    for level in table.index.names:
        name = "index" if level is None else str(level)
        while name.casefold() in taken:
            name = f"{name}_index"
        taken.add(name.casefold())
        names.append(name)
    return table.reset_index(names=names)


def _read_other(source: Source, file: Path) -> Read:
    """A format that GDAL knows and nothing here is said of."""
    layer = choose_layer(source, _listed(source, file))
    if source.encoding is None:
        encoding, options = Encoding(UTF8, "the format's own"), {}
    else:
        encoding = Encoding(source.encoding, "declared in the project file")
        options = {"encoding": source.encoding}
    table, findings = read_vector(source, str(file), layer=layer, **options)
    return table, encoding, tuple(findings)


def _read_database(source: Source) -> Read:
    shown = shown_path(source.path)
    if "PostgreSQL" not in pyogrio.list_drivers():
        raise LayerError(
            f"{source.name}: the installed pyogrio cannot read PostGIS ({shown})",
            do="export the table to a GeoPackage, or install pyogrio from conda-forge",
        )
    address = re.sub(r"^postgres://", "postgresql://", source.path, flags=re.IGNORECASE)
    # Errors name the source's path: they must not show the password.
    table, findings = read_vector(replace(source, path=shown), address, layer=source.layer)
    return table, Encoding(UTF8, "the format's own"), tuple(findings)


def _sha256(path: Path, *, what: str) -> str:
    suffix = path.suffix.lower()
    if path.is_dir():
        found = (p for p in path.rglob("*") if p.is_file())
        files = sorted(found, key=lambda p: p.relative_to(path).as_posix())
    elif suffix == ".shp":
        files = list(shapefile_parts(path, what=what).values())
    else:
        ours = [p for p in path.parent.iterdir() if p.stem == path.stem]
        beside = sorted(ours, key=lambda p: p.name)  # paths are in another order on Windows
        files = [path, *(p for p in beside if p.suffix.lower() in _BESIDE.get(suffix, ()))]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
