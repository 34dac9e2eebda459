"""Write shapefiles that read back as they were, or refuse before anything is written."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gisland.base.errors import CRSError, GeometryError, OutputError
from gisland.base.phrases import first_of, so_many
from gisland.layers.findings import SHOWN
from gisland.layers.writing.dbfwrite import Field, UnfitError, dbf_bytes, dbf_field
from gisland.layers.writing.fieldcodes import alias_table, field_codes
from gisland.layers.writing.parting import by_kind, in_parts
from gisland.layers.writing.place import move, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

MAX_FIELDS = 255
MAX_RECORD = 65_535  # bytes of a row
MAX_FILE = 2**31 - 1  # bytes of each part
ALIASES = "fields.csv"
ALIAS_COLUMNS = ("file", "code", "name", "type", "width", "decimals")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", f".{ALIASES}")
# Parts that other programs add; they would not fit the new ones.
ADDED = (".sbn", ".sbx", ".qix", ".idm", ".ind", ".qpj", ".cst", ".shp.xml")
# What Windows cannot call a file
DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
BARRED = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')
# Types of a shapefile and what they hold; the first that holds all shapes is taken.
TYPES = {
    "Polygon": {"Polygon", "MultiPolygon"},
    "LineString": {"LineString", "MultiLineString", "LinearRing"},
    "Point": {"Point"},
    "MultiPoint": {"Point", "MultiPoint"},
}


@dataclass(frozen=True)
class _Layer:
    """One shapefile to be: shapes of one type, its columns as fields, in order."""

    shapes: gpd.GeoSeries
    type: str
    fields: Mapping[str, Field]

    @property
    def rows(self) -> int:
        return len(self.shapes)


def write_shapefile(
    frame: gpd.GeoDataFrame, path: str | Path, *, names: Mapping[str, str] | None = None
) -> Path:
    """Write a layer as a shapefile, with a table of what its fields are called.

    Field names are ASCII and have at most 10 bytes; columns whose names do not fit get a code,
    which the table beside the file (``<stem>.fields.csv``) explains. Texts are UTF-8. A value is
    stored exactly or the layer is refused; see ``dbf_field`` for what the format cannot tell
    apart. Shapes that are empty come back as missing. The bytes depend on the layer alone.

    Parameters
    ----------
    frame
        Polygons, lines or points in two dimensions; a named index becomes a column.
    path
        File to write; parts of an earlier shapefile of this name are replaced.
    names
        Field names of some columns, instead of those made here.

    Returns
    -------
    pathlib.Path
        The .shp file, resolved.

    Raises
    ------
    CRSError
        If there is no CRS.
    GeometryError
        If geometry is of several kinds, or has Z or M.
    OutputError
        If a name, a value or the size does not fit, or the file cannot be written; an earlier
        file stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"宗地代码": ["a"], "area_before_m2": [1.5]}, geometry=[box(0, 0, 1, 1)], crs=4547
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_shapefile(lots, Path(folder) / "lots.shp")
    ...     print(file.with_name("lots.fields.csv").read_text("utf-8-sig").rstrip())
    file,code,name,type,width,decimals
    lots,F1,宗地代码,C,1,0
    lots,area_befor,area_before_m2,N,3,1
    """
    target = Path(path).resolve()
    if target.suffix.lower() != ".shp":
        raise OutputError(f"{target} is not the name of a shapefile", do="let it end in .shp")
    layers, aliases = _layers({target.stem: frame}, names=names)
    alias_name = f"{target.stem}.{ALIASES}"
    _put(layers, {alias_name: aliases}, folder=target.parent, replaced=[target.stem])
    return target.with_suffix(".shp")


def write_shapefiles(tables: Mapping[str, pd.DataFrame], folder: str | Path) -> Path:
    """Write every drawn table as a shapefile, with one table of what all fields are called.

    A column has the same field name in all files. A table with several kinds of geometry becomes
    a file for each (``findings_polygon``, ``findings_line``, ``findings_point``); rows without
    geometry are in the first of these. A text that is longer than a field goes on in further
    fields. Tables without geometry are left out.

    Parameters
    ----------
    tables
        Tables by name.
    folder
        Folder to write into; shapefiles that were written here before are replaced.

    Returns
    -------
    pathlib.Path
        The folder, resolved. ``fields.csv`` in it explains the field names.

    Raises
    ------
    CRSError
        If a table has no CRS.
    GeometryError
        If geometry has Z or M.
    OutputError
        If a value or the size does not fit, or the folder cannot be written; earlier files stay
        as they were.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import Point, box
    >>> shapes = gpd.GeoSeries([box(0, 0, 1, 1), Point(0, 0)], crs=4547)
    >>> tables = {"findings": gpd.GeoDataFrame({"code": ["gap", "spike"]}, geometry=shapes)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(file.name for file in write_shapefiles(tables, folder).glob("*.shp"))
    ['findings_point.shp', 'findings_polygon.shp']
    """
    target = Path(folder).resolve()
    wrong = [name for name in tables if not _is_file_name(name)]
    if wrong:
        raise OutputError("tables bear names that no file can have", do="rename them", ids=wrong)
    drawn = {n: f for n, f in tables.items() if isinstance(f, gpd.GeoDataFrame)}
    whole = {n: in_parts(frame) for n, frame in drawn.items()}
    parts = [named for n, frame in whole.items() for named in by_kind(frame, name=n)]
    _refuse_alike(name for name, _ in parts)
    layers, aliases = _layers(dict(parts))
    earlier = _listed(target / ALIASES)
    _put(layers, {ALIASES: aliases}, folder=target, replaced=[*earlier, *layers])
    return target


def _is_file_name(name: str) -> bool:
    """Whether files of this name can be on all systems, Windows too."""
    device = name.partition(".")[0].rstrip().casefold()
    return Path(name).name == name != "" and device not in DEVICES and not BARRED.search(name)


def _refuse_alike(names: Iterable[str]) -> None:
    """Refuse files of which one would take the place of another where case does not count."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    alike = [name for same in folded.values() if len(same) > 1 for name in same]
    if alike:
        raise OutputError(
            "shapefiles would have the same name", do="rename their tables", ids=sorted(alike)
        )


def _layers(
    frames: Mapping[str, gpd.GeoDataFrame], *, names: Mapping[str, str] | None = None
) -> tuple[dict[str, _Layer], bytes]:
    """Layers ready to be written, their field names in common, and the table of these."""
    tables = {name: _columns(frame, what=name) for name, frame in frames.items()}
    columns = [str(column) for table in tables.values() for column in table]
    codes = field_codes(dict.fromkeys(columns), names=names)
    types = {name: _type(frame.geometry, what=name) for name, frame in frames.items()}
    fields, faults = {}, []
    for name, table in tables.items():
        fields[name], unfit = _fields(table, codes)
        faults += [f"{name}: {fault}" for fault in unfit]
    if faults:
        raise OutputError(
            "; ".join(faults), do="shorten or drop them, or write a GeoPackage, which holds them"
        )
    named = {code: column for column, code in codes.items()}
    rows = [
        (name, code, named.get(code, ""), field.type, field.width, field.decimals)
        for name in tables
        for code, field in fields[name].items()
    ]
    layers = {n: _Layer(f.geometry, types[n], fields[n]) for n, f in frames.items()}
    return layers, alias_table(rows, columns=ALIAS_COLUMNS)


def _columns(frame: gpd.GeoDataFrame, *, what: str) -> pd.DataFrame:
    """Columns but the geometry, named by text; a named index comes first."""
    kept = frame.drop(columns=frame.geometry.name)
    twice = sorted(set(kept.columns[kept.columns.map(str).duplicated()].map(str)))
    if twice:
        raise OutputError(f"{what}: columns repeat", do="rename them", ids=twice)
    shapes = [str(c) for c in kept.columns if kept[c].dtype == "geometry"]
    if shapes:
        raise OutputError(
            f"{what}: a shapefile holds one geometry column, found {', '.join(shapes)} too",
            do="drop them, or store them as text",
        )
    table = pd.DataFrame(kept)
    levels = [n for n in table.index.names if n is not None and n not in table.columns]
    table = table.reset_index(level=levels) if levels else table
    table.columns = table.columns.map(str)
    return table.reset_index(drop=True)


def _type(shapes: gpd.GeoSeries, *, what: str) -> str:
    """Type of the shapefile that holds all shapes."""
    if shapes.crs is None:
        raise CRSError(f"{what}: there is no CRS", do="set it first (set_crs)")
    values = shapes.to_numpy()
    high = shapely.has_z(values) | shapely.has_m(values)
    if high.any():
        raise GeometryError(
            f"{what}: {so_many(int(high.sum()), 'shape has', 'shapes have')} Z or M",
            do="drop these first (shapely.force_2d)",
        )
    there = ~shapely.is_missing(values) & ~shapely.is_empty(values)
    kinds = set(shapes[there].geom_type)
    for name, held in TYPES.items():
        if kinds <= held:
            return name
    raise GeometryError(
        f"{what}: a shapefile holds one kind of geometry, found {', '.join(sorted(kinds))}",
        do="write a file for each, or a GeoPackage",
    )


def _fields(table: pd.DataFrame, codes: Mapping[str, str]) -> tuple[dict[str, Field], list[str]]:
    """Fields by code, and what does not fit."""
    fields: dict[str, Field] = {}
    faults = []
    for column in table:
        try:
            fields[codes[str(column)]] = dbf_field(table[column])
        except UnfitError as error:
            shown = _row_names(table)[error.rows[:SHOWN]].tolist()
            rows = first_of(shown, most=SHOWN, total=len(error.rows))
            faults.append(f"{column!r}: {error.why} ({rows})")
    if not fields:  # a table must have a field; the number of the row says nothing wrong
        fields["row"] = dbf_field(pd.Series(range(1, len(table) + 1), dtype="int64"))
    size = 1 + sum(field.width for field in fields.values())
    if len(fields) > MAX_FIELDS or size > MAX_RECORD:
        faults.append(
            f"{len(fields)} columns of {size} bytes a row are more than {MAX_FIELDS} or"
            f" {MAX_RECORD} bytes"
        )
    return fields, faults


def _row_names(table: pd.DataFrame) -> NDArray[np.str_]:
    """What rows are called in messages: by their id, or their number."""
    ids = [c for c in table if str(c).endswith("_id") and table[c].is_unique]
    names = table[ids[0]] if ids else pd.Series(range(1, len(table) + 1)).map("row {}".format)
    return names.to_numpy().astype("str")


def _put(
    layers: Mapping[str, _Layer],
    files: Mapping[str, bytes],
    *,
    folder: Path,
    replaced: Iterable[str],
) -> None:
    """Write into a folder of its own, then take the place of what is replaced, or leave all."""
    fresh = folder / f".gisland-{os.getpid()}"
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        (fresh / "new").mkdir(parents=True)
        (fresh / "old").mkdir()
        for name, layer in layers.items():
            _write(fresh / "new" / f"{name}.shp", layer)
        for name, content in files.items():
            (fresh / "new" / name).write_bytes(content)
        _swap(fresh, folder, old=_earlier(folder, {*replaced}, files))
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(file: Path, layer: _Layer) -> None:
    """The shapes by GDAL; the attributes are ours, because GDAL rounds numbers."""
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(geometry=layer.shapes.reset_index(drop=True)),
        file,
        driver="ESRI Shapefile",
        encoding="UTF-8",
        geometry_type=layer.type,
        promote_to_multi=layer.type == "MultiPoint",
    )
    file.with_suffix(".dbf").write_bytes(dbf_bytes(list(layer.fields.items()), rows=layer.rows))
    large = [s for s in PARTS[:3] if file.with_suffix(s).stat().st_size > MAX_FILE]
    if large:
        raise OutputError(
            f"{file.stem}: {' and '.join(large)} are larger than 2 GB, which many programs cannot"
            " read",
            do="write fewer rows, or a GeoPackage",
        )
    if not file.with_suffix(".prj").is_file():
        raise CRSError(
            f"{file.stem}: its CRS cannot be written to a .prj", do="reproject it, or use .gpkg"
        )


def _earlier(folder: Path, stems: set[str], files: Iterable[str]) -> list[Path]:
    """Parts of shapefiles that are replaced, whatever the case of their names."""
    names = {f"{stem}{part}".lower() for stem in stems for part in (*PARTS, *ADDED)}
    names |= {name.lower() for name in files}
    return sorted(p for p in folder.iterdir() if p.is_file() and p.name.lower() in names)


def _swap(fresh: Path, folder: Path, *, old: list[Path]) -> None:
    """Put new files in the place of old ones; on any failure the old ones return."""
    moved: list[Path] = []
    new = sorted((fresh / "new").iterdir())
    try:
        for path in old:
            move(path, fresh / "old" / path.name)
        for path in new:
            move(path, folder / path.name)
            moved = [*moved, folder / path.name]
    except BaseException:
        for path in moved:
            path.unlink(missing_ok=True)
        for path in (fresh / "old").iterdir():
            move(path, folder / path.name)
        raise


def _listed(aliases: Path) -> list[str]:
    """Names of the shapefiles that were written into a folder before."""
    if not aliases.is_file():
        return []
    try:
        listed = pd.read_csv(aliases, encoding="utf-8-sig", dtype="str")
    except (OSError, ValueError):
        return []
    return sorted(set(listed["file"].dropna())) if "file" in listed else []
