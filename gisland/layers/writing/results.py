"""The result tables: their columns and kinds, and how they are read back."""

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
from gisland.base.keys import whole_array
from gisland.base.schema import PARCELS
from gisland.base.tables import PARCEL_RESULTS
from gisland.layers.writing.place import GPKG, results_file, run_of, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARQUET = "results"
GEOMETRY = "geometry"
SINGLE_OF_MULTI = {4: "POINT EMPTY", 5: "LINESTRING EMPTY", 6: "POLYGON EMPTY"}
ARROW_TYPES = {
    pa.bool_(): pd.BooleanDtype(),
    **{kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
}


@dataclass(frozen=True)
class Table:
    """Columns of one result table with their pandas kinds; `drawn`: with geometry."""

    columns: Mapping[str, str]
    drawn: bool = False


@dataclass(frozen=True)
class Results:
    """What a run wrote: tables by name, the record of the run, and where they lie."""

    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any]
    folder: Path


def _columns(**names: str) -> dict[str, str]:
    kinds = {"text": "str", "flag": "bool", "count": "Int64"}
    return {n: kinds.get(k, "float64") for k, text in names.items() for n in text.split()}


_KINDS = {"text": "str", "number": "float64", "bool": "boolean", "date": "datetime64[ms]"}
GIVEN = {name: _KINDS[column.kind] for name, column in PARCELS.items() if name != "site_id"}

TABLES: dict[str, Table] = {
    "parcels": Table({"parcel_id": "str", **PARCEL_RESULTS}, drawn=True),
    "sites": Table(
        _columns(
            text="site_id parcel_ids absorbed_ids share_denominator cap_operator candidate_ids",
            count="parcels_before parcels_after component",
            number="area_before_m2 scrap_area_m2 area_after_m2 gap_closed_m2 overlap_m2 scrap_share"
            " denominator_m2 cap scrap_share_including scrap_share_excluding scrap_share_boundary"
            " boundary_area_m2 candidate_area_m2 candidate_share_including"
            " candidate_share_excluding candidate_share_boundary far_before far_after"
            " coverage_before coverage_after planned_far bound_m2",
            flag="optimal",
        ),
        drawn=True,
    ),
    "plan": Table(
        _columns(
            text="parcel_id site_id scrap_kind verdict reasons rule_id",
            count="links",
            number="area_m2 border_m corridor_m link_m site_share sites_share free_share"
            " other_share hull_share hole_share",
        ),
        drawn=True,
    ),
    "alternatives": Table(
        _columns(
            text="site_id kind constraint added_ids removed_ids status",
            count="component scraps scraps_more",
            number="limit area_m2 area_more_m2 border_more_m",
        )
    ),
    "sweep": Table(
        _columns(
            text="status",
            count="scraps sites",
            number="cap area_cap_m2 absorbed_m2 more_m2",
        )
    ),
    "differences": Table(
        _columns(text="parcel_id site_without site_with decision change", number="area_m2")
    ),
    "merged": Table(_columns(text="parcel_id", number="area_m2"), drawn=True),
    "scrap_groups": Table(
        _columns(
            text="group_id parcel_ids scrap_ids site_ids scrap_kind reasons",
            count="parcels",
            number="area_m2 area_mu width_m border_m sites_share free_share other_share",
        ),
        drawn=True,
    ),
    "verdicts": Table(
        _columns(
            text="parcel_id subject test outcome operator unit denominator rule_id mode",
            number="value limit",
        )
    ),
    "lineage": Table(_columns(text="parcel_id after_id role", number="area_m2")),
    "enclaves": Table(
        _columns(
            text="enclave_id attribute value parcel_ids kind surrounded_by surrounding_ids"
            " inside_of",
            count="depth holder_patches",
            number="share free_share area_m2 area_mu surrounding_area_m2 holder_area_m2",
        ),
        drawn=True,
    ),
    "holdings": Table(
        _columns(
            text="owner",
            count="parcels patches spellings",
            number="area_m2 area_mu largest_patch_m2",
        )
    ),
    "mixture": Table(
        _columns(
            text="zone_id",
            count="parcels state_patches collective_patches enclave_parcels",
            number="area_m2 area_mu state_mu collective_mu undetermined_mu unknown_mu"
            " mixed_border_m mixed_m_per_ha enclave_share",
        )
    ),
    "zones": Table(
        _columns(text="zone_id parcel_ids", count="parcels", number="area_m2 area_mu far"),
        drawn=True,
    ),
    "block_lines": Table(
        _columns(
            text="block_id cut_ids other_use_ids outcome m0_outcome rule_id",
            count="parcels_cut",
            number="level area_m2 area_mu classified_m2 industrial_m2 industrial_share limit m0_m2"
            " m0_share m0_limit",
        ),
        drawn=True,
    ),
    "findings": Table(
        _columns(text="code severity layer parcel_id other_id unit message", number="value"),
        drawn=True,
    ),
    "changes": Table(
        _columns(
            text="parcel_id action other_id message",
            number="area_before_m2 area_after_m2 in_m2 out_m2",
        )
    ),
    "indicators": Table(
        _columns(text="subject indicator unit denominator", number="before after delta")
    ),
    "exclusions": Table(_columns(text="name"), drawn=True),
    "roads": Table({}, drawn=True),
    "project_boundary": Table(_columns(text="boundary_id"), drawn=True),
    "borders": Table(
        _columns(
            text="focal neighbor",
            number="border_m tolerant_m distance_mean_m distance_max_m road_m corridor_m edge_m",
        )
    ),
}


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


def read_results(path: str | Path) -> Results:
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
    >>> read_results("no/such/folder")
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: no/such/folder holds no results of gisland (there is no \
results.gpkg); give the output folder of a run, or its results.gpkg
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
