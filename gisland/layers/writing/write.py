"""Write the results of a run whole or not at all, the same bytes for the same tables."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gisland.base.errors import OutputError, TableError
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.geopackage import gdal_options, write_layer
from gisland.layers.writing.place import GPKG, RUN, move, unwritable
from gisland.layers.writing.resultcheck import require_contracts
from gisland.layers.writing.results import PARQUET, result_frame
from gisland.layers.writing.surfaces import SURFACES, write_surfaces
from gisland.layers.writing.write_shapefile import write_shapefiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisland.base.surfaces import Surface

PARQUET_ONLY = ("borders",)
SHAPEFILES = "shapefiles"
SIDE_FILES = (".DS_Store", "Thumbs.db", "desktop.ini", f"{GPKG}-wal", f"{GPKG}-shm")


def write_results(
    out: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    files: Mapping[str, bytes],
    run: Mapping[str, Any],
    surfaces: Sequence[Surface] = (),
    parquet: bool = False,
    shapefiles: bool = False,
) -> Path:
    """Write tables, further files and the record of a run into one folder.

    Everything goes into a temporary folder beside `out`, which takes its place at the end: a run
    that fails or is interrupted leaves the previous results whole. The bytes of the tables depend
    on the tables and the versions of the libraries alone.

    Parameters
    ----------
    out
        Folder to write; it may hold earlier results, which are replaced, and nothing else.
    tables
        Result tables by name (``TABLES``); ``borders`` is written as Parquet only.
    files
        Further files by name, such as ``map.html``.
    run
        The record of the run, with the key ``gisland``; ``files`` is added to it.
    surfaces
        Density surfaces, written as ``surfaces/<name>.tif`` in the CRS of the tables.
    parquet
        Whether to write every table as ``results/<name>.parquet`` as well.
    shapefiles
        Whether to write every drawn table as ``shapefiles/<name>.shp`` as well.

    Returns
    -------
    pathlib.Path
        The folder, resolved.

    Raises
    ------
    OutputError
        If the folder cannot be written or holds anything but earlier results.
    TableError
        If a table breaks its contract.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame({"parcel_id": ["a"]}, geometry=[box(0, 0, 1, 1)], crs=4547)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     out = write_results(
    ...         Path(folder) / "out", tables={"parcels": lots}, files={}, run={"gisland": "0"}
    ...     )
    ...     sorted(p.name for p in out.iterdir())
    ['results.gpkg', 'run.json']
    """
    frames = _frames(tables)
    target = output_folder(out)
    fresh = target.with_name(f".{target.name}.gisland-{os.getpid()}")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        if shapefiles:
            write_shapefiles(frames, fresh / SHAPEFILES)
        crs = next((f.crs for f in frames.values() if isinstance(f, gpd.GeoDataFrame)), None)
        write_surfaces(fresh / SURFACES, surfaces, crs=crs)
        _fill(fresh, frames, files, run=run, parquet=parquet)
        _swap(fresh, target)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def write_file(path: str | Path, content: bytes) -> Path:
    """Write one file whole or not at all.

    Parameters
    ----------
    path
        File to write; an earlier one is replaced.
    content
        Its bytes.

    Returns
    -------
    pathlib.Path
        The file, resolved.

    Raises
    ------
    OutputError
        If it cannot be written; an earlier file stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(Path(folder) / "map.html", b"<p>").read_bytes()
    b'<p>'
    """
    target = Path(path).resolve()
    fresh = target.with_name(f".{target.name}.gisland-{os.getpid()}")
    try:
        if target.is_dir():
            raise OutputError(f"{target} is a folder", do="name a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        move(fresh, target)
    except OSError as error:
        raise unwritable(target, error, other="file") from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    return target


def _frames(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables in their stored form and written order, all drawn ones in one CRS."""
    unknown = sorted(set(tables) - set(TABLES))
    if unknown:
        raise TableError(f"there is no result table {unknown[0]!r}", do="add it to the contract")
    frames = {n: result_frame(tables[n], table=n) for n in TABLES if n in tables}
    require_contracts(frames)
    drawn = {n: f for n, f in frames.items() if isinstance(f, gpd.GeoDataFrame)}
    crs = next((f.crs for f in drawn.values() if f.crs is not None), None)
    for name, frame in drawn.items():
        undrawn = shapely.is_missing(frame.geometry.to_numpy()).all()
        if frame.crs is None and undrawn and crs is not None:
            frames[name] = frame.set_crs(crs)
        elif frame.crs is None or frame.crs != crs:
            raise TableError(
                f"{name}: its coordinate system is not that of the other tables",
                do="bring all result tables into the analysis CRS",
            )
    return frames


def output_folder(out: str | Path) -> Path:
    """Check an output folder before the work that fills it.

    Parameters
    ----------
    out
        Folder to write; missing folders above it are made.

    Returns
    -------
    pathlib.Path
        The folder, resolved; it does not exist yet, or holds earlier results and nothing else.

    Raises
    ------
    OutputError
        If it cannot be written, or holds anything but earlier results.

    Examples
    --------
    >>> output_folder(".")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: ... is the current folder or above it; name a folder of its own
    """
    target = Path(out).resolve()
    if target == Path.cwd().resolve() or target in Path.cwd().resolve().parents:
        raise OutputError(
            f"{target} is the current folder or above it", do="name a folder of its own"
        )
    old = _old(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and target.exists():
            shutil.rmtree(old)
        elif old.exists():  # an earlier run was stopped between its last two steps
            move(old, target)
        if target.exists():
            _require_ours(target)
            move(target, old)  # fails where a program holds a file in it, as Excel on Windows:
            move(old, target)  # that is to be known before the work, not after it
    except OSError as error:
        raise unwritable(target, error) from error
    return target


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.gisland-old")


def _require_ours(target: Path) -> None:
    if not target.is_dir():
        raise OutputError(f"{target} is a file", do="name a folder")
    found = sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if not p.is_dir())
    if not found:
        return
    do = "name another folder, or move these files away"
    written = _written(target / RUN)
    if written is None:
        raise OutputError(f"{target} holds files that gisland did not write", do=do, ids=found)
    other = [f for f in found if f not in written and f.rpartition("/")[2] not in SIDE_FILES]
    if other:
        raise OutputError(f"{target} holds more than earlier results", do=do, ids=other)


def _written(record: Path) -> set[str] | None:
    """Files that an earlier run says it wrote; None if there was none."""
    try:
        run = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(run, dict) or not {"gisland", "files"} <= set(run):
        return None
    return {str(f) for f in run["files"]}


def _fill(
    folder: Path,
    frames: Mapping[str, pd.DataFrame],
    files: Mapping[str, bytes],
    *,
    run: Mapping[str, Any],
    parquet: bool,
) -> None:
    stated = _stated(run)
    with gdal_options():
        for name, frame in frames.items():
            if name not in PARQUET_ONLY:
                write_layer(folder / GPKG, frame, name=name, stated=stated)
    if parquet:
        (folder / PARQUET).mkdir()
        for name, frame in frames.items():
            told = frame.copy(deep=False)
            told.attrs = stated  # goes into the metadata of the file
            told.to_parquet(folder / PARQUET / f"{name}.parquet", index=False)
    for name, content in files.items():
        if Path(name).name != name or name in {GPKG, RUN, PARQUET, SHAPEFILES, SURFACES}:
            raise OutputError(f"{name!r} cannot be the name of a further file", do="rename it")
        (folder / name).write_bytes(content)
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    record = _plain({**run, "files": sorted({*names, RUN})})
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / RUN).write_text(text + "\n", encoding="utf-8", newline="\n")


def _stated(run: Mapping[str, Any]) -> dict[Any, str]:
    """The basis of areas and lengths, to be stated in each file of tables."""
    crs = run.get("crs")
    given = {"area_basis": run.get("area_basis"), "crs": crs.get("name") if crs else None}
    return {key: str(value) for key, value in given.items() if value}


def _swap(fresh: Path, target: Path) -> None:
    """Put the new folder in the place of the old one; on any failure the old one returns."""
    old = _old(target)
    try:
        if target.exists():
            move(target, old)
        move(fresh, target)
    except BaseException:
        if old.exists() and not target.exists():
            move(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _plain(value: object) -> object:
    """Value as JSON knows it: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | None):
        return value
    return str(value)
