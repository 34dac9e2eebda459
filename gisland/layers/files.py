"""Opening one input layer: which file, which layer in it, which encoding; errors in plain words."""

from __future__ import annotations

import hashlib
import re
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from gisland.base.errors import LayerError, did_you_mean
from gisland.layers.encoding import LATIN, Encoding, find_encoding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisland.layers.source import Source

_SIDECARS = (".cpg", ".dbf", ".prj", ".shp", ".shx")  # hashed in this order
_IN_ZIP = (".shp", ".gpkg", ".geojson", ".json", ".gml", ".tab", ".fgb")
_PARQUET = (".parquet", ".geoparquet")
_ALWAYS_UTF8 = (".gpkg", ".geojson", ".json", ".gdb", ".fgb", ".gml", *_PARQUET)
_UTF8 = "utf-8"
_FAILURES = (RuntimeError, ValueError, OSError, pa.ArrowException)


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
    """

    table: gpd.GeoDataFrame
    encoding: Encoding
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a layer lies: what GDAL opens, the file on disk, its parts in the zip or beside it."""

    dataset: str
    file: Path | None
    suffix: str
    parts: Mapping[str, str]  # suffix to file or member

    def part(self, suffix: str) -> bytes | None:
        """The bytes of one part of a shapefile."""
        name = self.parts.get(suffix)
        if name is None or self.file is None:
            return None
        if self.dataset.startswith("/vsizip/"):
            with zipfile.ZipFile(self.file) as archive:
                return archive.read(name)
        return Path(name).read_bytes()


def open_layer(source: Source, *, folder: Path) -> Opened:
    """Read one layer as it lies in its file.

    Any vector format that pyogrio reads, zipped or not, and GeoParquet.

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
    >>> from gisland.layers.source import Source
    >>> open_layer(Source("parcels", "nowhere.shp"), folder=Path("data"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels: there is no file nowhere.shp; check the path of \
[layers.parcels]: it is relative to the project file
    """
    place = _locate(source, folder)
    if place.suffix in _ALWAYS_UTF8 and source.encoding and source.encoding.lower() != _UTF8:
        raise LayerError(
            f"{source.name}: a {place.suffix} file is always UTF-8, not {source.encoding!r}",
            do="take encoding out",
        )
    with warnings.catch_warnings(record=True) as caught:
        for category in (UserWarning, RuntimeWarning):  # what the reader tells about the file
            warnings.simplefilter("always", category)
        if place.suffix in _PARQUET:
            table, encoding = _read_parquet(source, place), Encoding(_UTF8, "the format's own")
        else:
            table, encoding = _read_vector(source, place)
    if not isinstance(table, gpd.GeoDataFrame):
        raise LayerError(f"{source.name}: the layer has no geometry", do="give a spatial layer")
    if table.empty:
        left = f"where = {source.where!r} leaves no row" if source.where else "the layer is empty"
        raise LayerError(f"{source.name}: {left}", do="check the file, the layer and the filter")
    notes = tuple(dict.fromkeys(str(w.message).partition("\n")[0] for w in caught))
    return Opened(table, encoding, _sha256(place), notes)


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


def _locate(source: Source, folder: Path) -> _Place:
    if re.match(r"(postgres(ql)?://|pg:)", source.path, flags=re.IGNORECASE):
        if "PostgreSQL" not in pyogrio.list_drivers():
            raise LayerError(
                f"{source.name}: the installed pyogrio cannot read PostGIS"
                f" ({shown_path(source.path)})",
                do="export the table to a GeoPackage, or install pyogrio from conda-forge",
            )
        return _Place(source.path.replace("postgres://", "postgresql://"), None, "", {})
    path = folder / source.path
    shown = shown_path(source.path)
    do = f"check the path of [layers.{source.name}]: it is relative to the project file"
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = did_you_mean(path.name, beside)
        hint = f"{near.partition('?')[0]}? {do}" if near.startswith("did you") else do
        raise LayerError(f"{source.name}: there is no file {shown}", do=hint)
    suffix = path.suffix.lower()
    if path.is_dir() and suffix != ".gdb":
        raise LayerError(f"{source.name}: {shown} is a folder", do="name the file in it")
    if suffix == ".zip":
        return _in_zip(source, path)
    parts = {}
    if suffix == ".shp":
        parts = {
            p.suffix.lower(): str(p)
            for p in sorted(path.parent.iterdir())
            if p.stem == path.stem and p.suffix.lower() in _SIDECARS
        }
    return _Place(str(path), path, suffix, parts)


def _in_zip(source: Source, path: Path) -> _Place:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except zipfile.BadZipFile as error:
        raise LayerError(
            f"{source.name}: {source.path} is not a zip file", do="copy or download it again"
        ) from error
    layers = {m: PurePosixPath(m) for m in sorted(members) if m.lower().endswith(_IN_ZIP)}
    if not layers:
        return _Place(str(path), path, ".zip", {})  # such as a zipped .gdb: GDAL knows it
    names = {m: _member_name(p.stem) for m, p in layers.items()}
    chosen = [m for m in layers if len(layers) == 1 or source.layer in {names[m], layers[m].stem}]
    if len(chosen) != 1:
        raise LayerError(
            f"{source.name}: {source.path} holds {len(layers)} layers",
            do=f"choose one: layer = {' | '.join(repr(n) for n in sorted(set(names.values())))}",
        )
    stem, suffix = layers[chosen[0]].with_suffix(""), layers[chosen[0]].suffix.lower()
    parts = {
        PurePosixPath(m).suffix.lower(): m
        for m in sorted(members)
        if suffix == ".shp" and PurePosixPath(m).with_suffix("") == stem
    }
    return _Place(f"/vsizip/{path.resolve().as_posix()}/{chosen[0]}", path, suffix, parts)


def _member_name(name: str) -> str:
    """Name of a zip member, with GBK names mended that lack the UTF-8 flag."""
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name


def _read_parquet(source: Source, place: _Place) -> gpd.GeoDataFrame:
    if source.where:
        raise LayerError(
            f"{source.name}: where does not work on Parquet", do="filter it first, or use .gpkg"
        )
    try:
        table = gpd.read_parquet(place.file)
    except _FAILURES as error:
        raise LayerError(
            f"{source.name}: {source.path} is not a readable GeoParquet file",
            do="write it with GeoDataFrame.to_parquet, or give another format",
        ) from error
    return table if table.index.name is None else table.reset_index()


def _read_vector(source: Source, place: _Place) -> tuple[gpd.GeoDataFrame, Encoding]:
    if place.suffix == ".shp":
        encoding = _shapefile_encoding(source, place)
    elif source.encoding:
        encoding = Encoding(source.encoding, "declared in the project file")
    else:
        encoding = Encoding(_UTF8, "the format's own")
    layer = _layer_name(source, place)
    explicit = encoding.name if place.suffix == ".shp" or source.encoding else None
    if not (encoding.cut and explicit == _UTF8):
        return _pyogrio(source, place, layer=layer, encoding=explicit), encoding
    # GDAL cannot hand over UTF-8 that ends inside a character: take the bytes, decode them here.
    where = source.where.encode(_UTF8).decode(LATIN) if source.where else None
    table = _pyogrio(replace(source, where=where), place, layer=layer, encoding=LATIN)
    texts = {c: _again(table[c].tolist()) for c in table.columns if table[c].dtype == "str"}
    table = table.assign(**{c: pd.Series(v, table.index, "str") for c, v in texts.items()})
    table.columns = pd.Index(_again(table.columns))
    return table, encoding


def _again(texts: Sequence[object]) -> list[object]:
    return [
        t.encode(LATIN).decode(_UTF8, errors="ignore") if isinstance(t, str) else t for t in texts
    ]


def _shapefile_encoding(source: Source, place: _Place) -> Encoding:
    if ".shx" not in place.parts:
        raise LayerError(
            f"{source.name}: {source.path} lacks its .shx file",
            do="copy the .shx along, or export the layer again",
        )
    dbf = place.part(".dbf")
    if dbf is None:
        return Encoding(_UTF8, "no attribute table (.dbf)")
    cpg = place.part(".cpg")
    return find_encoding(dbf, what=source.name, cpg=cpg, declared=source.encoding)


def _layer_name(source: Source, place: _Place) -> str | None:
    try:
        found = pyogrio.list_layers(place.dataset)
    except _FAILURES as error:
        raise _unreadable(source) from error
    if place.file is None or place.suffix == ".shp":
        return source.layer if place.file is None else None
    names = [str(name) for name, _ in found]
    spatial = [str(name) for name, kind in found if kind is not None]
    if source.layer in names:
        return source.layer
    if source.layer is not None and not place.dataset.startswith("/vsizip/"):
        raise LayerError(
            f"{source.name}: there is no layer {source.layer!r} in {source.path}",
            do=did_you_mean(source.layer, names),
        )
    if len(spatial) > 1:
        raise LayerError(
            f"{source.name}: {source.path} holds {len(spatial)} layers",
            do=f"choose one: layer = {' | '.join(repr(n) for n in sorted(spatial))}",
        )
    return next(iter(spatial or names), None)


def _pyogrio(
    source: Source, place: _Place, *, layer: str | None, encoding: str | None
) -> gpd.GeoDataFrame:
    arrow = encoding is None or place.suffix == ".shp"  # other formats decode without Arrow only
    try:
        return pyogrio.read_dataframe(
            place.dataset, layer=layer, encoding=encoding, where=source.where, use_arrow=arrow
        )
    except UnicodeDecodeError as error:
        raise LayerError(
            f"{source.name}: the texts of {source.path} cannot be decoded",
            do='declare their encoding, such as encoding = "gb18030"',
        ) from error
    except _FAILURES as error:
        if source.where is None:
            raise _unreadable(source) from error
        columns = ", ".join(map(str, pyogrio.read_info(place.dataset, layer=layer)["fields"]))
        raise LayerError(
            f"{source.name}: where = {source.where!r} cannot be used on {source.path}",
            do=f"compare its columns, texts in single quotation marks (columns: {columns})",
        ) from error


def _unreadable(source: Source) -> LayerError:
    return LayerError(
        f"{source.name}: {shown_path(source.path)} cannot be read as a vector layer",
        do="check that the file is whole and of a format such as .shp, .gpkg, .geojson, .parquet",
    )


def _sha256(place: _Place) -> str:
    if place.file is None:
        return ""
    if place.file.is_dir():
        files = sorted(p for p in place.file.rglob("*") if p.is_file())
    elif place.suffix == ".shp" and not place.dataset.startswith("/vsizip/"):
        files = [Path(place.parts[s]) for s in _SIDECARS if s in place.parts]
    else:
        files = [place.file]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
