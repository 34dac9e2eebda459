"""Result tables in the form in which they are written, and how they are read back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from gisland.base.errors import OutputError, TableError
from gisland.base.glance import Glance, of_record
from gisland.base.keys import whole_array
from gisland.layers.writing.contract import GIVEN, TABLES
from gisland.layers.writing.place import GPKG, results_file, run_of, unreadable

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

PARQUET = "results"
GEOMETRY = "geometry"
SINGLE_OF_MULTI = {4: "POINT EMPTY", 5: "LINESTRING EMPTY", 6: "POLYGON EMPTY"}
ARROW_TYPES = {
    pa.bool_(): pd.BooleanDtype(),
    **{kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
}


@dataclass(frozen=True, repr=False)
class Results(Glance):
    """What a run wrote: tables by name, the record of the run, and where they lie."""

    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any]
    folder: Path

    def _glance(self) -> dict[str, object]:
        tables = ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items())
        return {"folder": self.folder, "tables": tables, **of_record(self.run)}


def result_frame(frame: pd.DataFrame, *, table: str) -> pd.DataFrame:
    """Table in the form in which it is written and read back.

    Columns of the contract get their kind, other columns the nearest kind that a file can hold.
    Names that differ only in upper and lower case are told apart by a number (GeoPackage does
    not). Geometry is two-dimensional, comes last, and one polygon is a Polygon, never a
    MultiPolygon of one part.

    Parameters
    ----------
    frame
        One of the result tables; its index is not kept.
    table
        Its name, a key of ``TABLES``.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        With a fresh range index.

    Raises
    ------
    TableError
        If there is no such table, or a value does not fit the kind of its column.

    Examples
    --------
    >>> lineage = pd.DataFrame({"parcel_id": [7], "area_m2": [120]})
    >>> result_frame(lineage, table="lineage").values.tolist()
    [['7', 120.0]]
    """
    if table not in TABLES:
        raise TableError(
            f"there is no result table {table!r}", do=f"use one of {', '.join(TABLES)}"
        )
    contract = {**TABLES[table].columns, **(GIVEN if table in {"parcels", "merged"} else {})}
    drawn = isinstance(frame, gpd.GeoDataFrame)
    names = [c for c in frame.columns if not (drawn and c == frame.geometry.name)]
    data: dict[str, pd.Series] = {}
    faults = []
    written = _told_apart([str(n) for n in names], contract)
    for position, name in zip(_positions(frame, names), written, strict=True):
        values = frame.iloc[:, position].reset_index(drop=True)
        kind = contract.get(name) or nearest_kind(values)
        try:
            data[name] = _stored(values, kind)
        except (TypeError, ValueError, OverflowError) as error:
            faults.append(f"{name} cannot be stored as {kind}: {error}")
    if faults:
        raise TableError(f"{table}: {'; '.join(faults)}", do="give each the kind of the contract")
    length = pd.RangeIndex(len(frame))
    if not drawn:
        return pd.DataFrame(data, index=length)
    shapes = gpd.GeoSeries(_plain_shapes(frame.geometry.to_numpy()), index=length)
    return gpd.GeoDataFrame(data, index=length, geometry=shapes.set_crs(frame.crs))


def _positions(frame: pd.DataFrame, names: list[Any]) -> list[int]:
    wanted = set(names)
    return [i for i, c in enumerate(frame.columns) if c in wanted]


def _told_apart(names: list[str], contract: Mapping[str, str]) -> list[str]:
    """Names made unique whatever the case; those of the contract stay as they are."""
    taken = {n.lower() for n in names if n in contract} | {GEOMETRY}
    kept: set[str] = set()
    unique = []
    for name in names:
        new, number = name, 2
        if name not in contract or name in kept:
            while new.lower() in taken or not new:
                new, number = f"{name or 'column'}_{number}", number + 1
        kept.add(new)
        taken.add(new.lower())
        unique.append(new)
    return unique


def _stored(values: pd.Series, kind: str) -> pd.Series:
    if kind == "str":
        return _text(values)
    if kind == "bool" and values.isna().any():
        kind = "boolean"
    if kind == "Int64" and values.dtype == "float64":
        return values.astype("Float64").astype("Int64")
    stored: pd.Series = values.astype(pd.api.types.pandas_dtype(kind))
    return stored


def _text(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.StringDtype):  # in one piece, as the pieces tell in the file
        return pd.Series(whole_array(values), index=values.index, dtype="str")
    kept = values.astype("object")
    return kept.where(kept.isna(), kept.map(str)).where(kept.notna(), None).astype("str")


def nearest_kind(values: pd.Series) -> str:
    """Kind in which a file can hold a column that passes through from the input.

    Parameters
    ----------
    values
        Any column.

    Returns
    -------
    str
        ``boolean``, ``Int64``, ``float64``, ``datetime64[ms]`` or ``str``.

    Examples
    --------
    >>> nearest_kind(pd.Series([1, 2])), nearest_kind(pd.Series([True, None], dtype=object))
    ('Int64', 'boolean')
    """
    kind = values.dtype
    by_type = {
        "boolean": pd.api.types.is_bool_dtype,
        "Int64": pd.api.types.is_integer_dtype,
        "float64": pd.api.types.is_float_dtype,
        "datetime64[ms]": pd.api.types.is_datetime64_dtype,
    }
    named = [name for name, test in by_type.items() if test(kind)]
    if named or isinstance(kind, pd.StringDtype):
        return named[0] if named else "str"
    present = values.dropna().astype("object")
    if present.empty:
        return "str"
    if present.map(lambda v: isinstance(v, bool)).all():
        return "boolean"
    return "datetime64[ms]" if present.map(lambda v: isinstance(v, dt.date)).all() else "str"


def _plain_shapes(shapes: np.ndarray) -> np.ndarray:
    """Geometry in two dimensions, multi-part geometry of one part as that part."""
    flat = np.array(shapes, dtype=object)
    high = shapely.has_z(flat) | shapely.has_m(flat)
    flat[high] = shapely.force_2d(flat[high])
    kind, parts = shapely.get_type_id(flat), shapely.get_num_geometries(flat)
    for multi, empty in SINGLE_OF_MULTI.items():
        several = kind == multi
        one = several & (parts == 1)
        flat[one] = shapely.get_geometry(flat[one], 0)
        flat[several & shapely.is_empty(flat)] = shapely.from_wkt(empty)
    return flat


def read_results(path: str | os.PathLike[str]) -> Results:
    """Read back what a run wrote.

    Parameters
    ----------
    path
        The output folder, or a ``results.gpkg``, alone or with ``run.json`` beside it.

    Returns
    -------
    Results
        Tables as `result_frame` makes them; the borders only where they were written as
        Parquet. ``run`` is empty for a GeoPackage that lies alone.

    Raises
    ------
    OutputError
        If there are no results, or they cannot be read.

    Examples
    --------
    The sample district:

    >>> import tempfile
    >>> from gisland.jobs import run_demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = run_demo(f"{folder}/out")
    ...     results = read_results(done.folder)
    >>> plan = results.tables["plan"]
    >>> plan.loc[plan["verdict"] == "absorbed", ["site_id", "parcel_id"]].iloc[0].tolist()
    ['XM02', '420190002001GB00007']
    """
    file = results_file(path)
    tables = _tables(file)
    borders = file.parent / PARQUET / "borders.parquet"
    if borders.is_file():
        tables["borders"] = result_frame(_borders(borders), table="borders")
    return Results(tables, run_of(path), file.parent)


def _tables(file: Path) -> dict[str, pd.DataFrame]:
    try:
        layers = [str(name) for name in pyogrio.list_layers(file)[:, 0]]
        tables = {n: result_frame(_layer(file, n), table=n) for n in TABLES if n in layers}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        raise unreadable(file, error) from error
    if "parcels" not in tables:
        raise OutputError(
            f"{file} is no result of gisland (it has no layer parcels)",
            do=f"give the {GPKG} of a run",
        )
    return tables


def _layer(file: Path, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = pyogrio.read_dataframe(
        file,
        layer=name,
        use_arrow=True,
        arrow_to_pandas_kwargs={"types_mapper": ARROW_TYPES.get},
    )
    return frame


def _borders(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file, error) from error
