"""Table contracts: canonical columns, their kinds and units, and what each result table holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.errors import GeometryError, TableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandera.pandas as pa

Kind = Literal["text", "number", "bool", "date"]

TENURES = ("state", "collective", "undetermined")
USE_CLASSES = (
    "industrial",
    "logistics",
    "commercial",
    "residential",
    "public",
    "utility",
    "transport",
    "green",
    "water",
    "farm",
    "reserve",
    "other",
)
FREE_USE_CLASSES = ("transport", "water")  # boundary along these counts as free boundary
INDUSTRIAL_USE_CLASSES = ("industrial", "logistics")


@dataclass(frozen=True)
class Column:
    """One canonical column: its kind, its lower bound and its allowed values."""

    kind: Kind
    at_least: float | None = None
    one_of: tuple[str, ...] = ()


_AMOUNT = Column("number", at_least=0.0)
_TEXT = Column("text")

PARCELS: dict[str, Column] = {
    "owner": _TEXT,
    "tenure": Column("text", one_of=TENURES),
    "use_code": _TEXT,
    "use_class": Column("text", one_of=USE_CLASSES),
    "recorded_area_m2": _AMOUNT,
    "floor_area_m2": _AMOUNT,
    "counted_floor_area_m2": _AMOUNT,
    "footprint_m2": _AMOUNT,
    "green_m2": _AMOUNT,
    "tax_yuan": _AMOUNT,
    "output_yuan": _AMOUNT,
    "investment_yuan": _AMOUNT,
    "site_id": _TEXT,
    "status": _TEXT,
}
ZONING: dict[str, Column] = {
    "zone_id": _TEXT,
    "planned_use": _TEXT,
    "far_min": _AMOUNT,
    "far_max": _AMOUNT,
    "coverage_min": Column("number", at_least=0.0),
    "coverage_max": Column("number", at_least=0.0),
    "green_min": Column("number", at_least=0.0),
    "green_max": Column("number", at_least=0.0),
    "height_max_m": _AMOUNT,
}
BUILDINGS: dict[str, Column] = {
    "building_id": _TEXT,
    "floors": _AMOUNT,
    "height_m": _AMOUNT,
    "floor_height_m": _AMOUNT,
    "underground_floor_area_m2": _AMOUNT,
}
ROADS: dict[str, Column] = {"road_id": _TEXT, "width_m": _AMOUNT}
BLOCK_LINES: dict[str, Column] = {"block_id": _TEXT, "level": Column("number", at_least=1.0)}
SITES: dict[str, Column] = {"site_id": _TEXT}
LAYERS: dict[str, dict[str, Column]] = {
    "parcels": PARCELS,
    "zoning": ZONING,
    "buildings": BUILDINGS,
    "roads": ROADS,
    "water": {},
    "plan_boundary": {},
    "project_boundary": {"boundary_id": _TEXT},
    "block_lines": BLOCK_LINES,
    "sites": SITES,
}
LINES_ALLOWED = ("roads", "water")


@dataclass(frozen=True)
class Inputs:
    """All layers of a run: canonical columns, one metric CRS, indexed by their ids.

    Only `parcels` is required. `findings` are what reading already found.
    """

    parcels: gpd.GeoDataFrame
    zoning: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    plan_boundary: gpd.GeoDataFrame | None = None
    project_boundary: gpd.GeoDataFrame | None = None
    block_lines: gpd.GeoDataFrame | None = None
    sites: gpd.GeoDataFrame | None = None
    exclusions: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: pd.DataFrame | None = None


FINDINGS = (
    "code",
    "severity",
    "layer",
    "parcel_id",
    "other_id",
    "value",
    "unit",
    "message",
    "geometry",
)
SEVERITIES = ("error", "warning", "info")
ID_SEPARATOR = ";"  # in columns that hold several ids
VERDICTS = (
    "parcel_id",
    "subject",
    "test",
    "outcome",
    "value",
    "limit",
    "operator",
    "unit",
    "denominator",
    "rule_id",
    "mode",
)
OUTCOMES = ("pass", "fail", "missing", "not_assessed")
CHANGES = ("parcel_id", "action", "area_before_m2", "area_after_m2", "message")
PLAN_VERDICTS = ("absorbed", "eligible", "ineligible")


def findings_frame(rows: list[dict[str, object]], *, crs: object) -> gpd.GeoDataFrame:
    """Findings table from records; absent entries are missing values.

    Parameters
    ----------
    rows
        Records with some of the columns of ``FINDINGS``.
    crs
        CRS of the geometry column.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of ``FINDINGS``, sorted by code, parcel and other id.

    Examples
    --------
    >>> frame = findings_frame([{"code": "empty", "severity": "error", "parcel_id": "7"}], crs=None)
    >>> frame["parcel_id"].tolist()
    ['7']
    """
    texts = ("code", "severity", "layer", "parcel_id", "other_id", "unit", "message")
    data: dict[str, pd.Series] = {
        k: pd.Series([r.get(k) for r in rows], dtype="str") for k in texts
    }
    data["value"] = pd.Series([r.get("value") for r in rows], dtype="float64")
    geometry = [r.get("geometry") for r in rows]
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometry, crs=crs))
    order = ["code", "parcel_id", "other_id", "value", "message"]
    return frame.sort_values(order, kind="stable", ignore_index=True)[list(FINDINGS)]


def require_ids(frame: pd.DataFrame, *, what: str) -> None:
    """Refuse a table whose index has missing or repeated ids.

    Parameters
    ----------
    frame
        Table indexed by id.
    what
        Its name in the message.

    Raises
    ------
    TableError
        Lists the ids.

    Examples
    --------
    >>> require_ids(pd.DataFrame(index=["a", "a"]), what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: parcels: 1 id occurs more than once (a); map a column with \
unique values, or leave the id out to have ids made from the position
    """
    index = frame.index
    do = "map a column with unique values, or leave the id out to have ids made from the position"
    missing = int(pd.Series(index).isna().sum())
    if missing:
        have = "row has" if missing == 1 else "rows have"
        raise TableError(f"{what}: {missing} {have} no id", do=do)
    twice = sorted(set(index[index.duplicated()]))
    if twice:
        occur = "id occurs" if len(twice) == 1 else "ids occur"
        raise TableError(f"{what}: {len(twice)} {occur} more than once", do=do, ids=twice)
    joined = sorted(i for i in index if ID_SEPARATOR in str(i))
    if joined:
        raise TableError(
            f"{what}: {len(joined)} ids hold {ID_SEPARATOR!r}, which separates ids in the results",
            do="map another column",
            ids=joined,
        )


def broken_cells(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Every cell that breaks the contract of its column.

    Parameters
    ----------
    frame
        Table with canonical names.
    columns
        Contract, such as ``PARCELS``.

    Returns
    -------
    pandas.DataFrame
        Columns ``column``, ``id``, ``value``; empty where all is well.

    Examples
    --------
    >>> frame = pd.DataFrame({"tenure": ["state", "国有"]}, index=["a", "b"])
    >>> broken_cells(frame, PARCELS).values.tolist()
    [['tenure', 'b', '国有']]
    """
    import pandera.pandas as pa  # noqa: PLC0415 - slow to load, and only reading needs it

    schema = pa.DataFrameSchema({k: _pandera(v) for k, v in columns.items() if k in frame})
    try:
        schema.validate(pd.DataFrame(frame[list(schema.columns)]), lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return pd.DataFrame({"column": [], "id": [], "value": []})
    cases = cases[["column", "index", "failure_case"]]
    return cases.set_axis(["column", "id", "value"], axis=1).reset_index(drop=True)


def _pandera(column: Column) -> pa.Column:
    import pandera.pandas as pa  # noqa: PLC0415 - slow to load, and only reading needs it

    checks = []
    if column.at_least is not None:
        checks.append(pa.Check.ge(column.at_least))
    if column.one_of:
        checks.append(pa.Check.isin(column.one_of))
    dtype = {"text": str, "number": float, "bool": "boolean", "date": "datetime64[ns]"}
    return pa.Column(dtype[column.kind], checks, nullable=True)


def require_polygons(frame: gpd.GeoDataFrame, *, what: str) -> None:
    """Refuse a layer that holds other geometry than polygons, or none at all.

    Parameters
    ----------
    frame
        Layer to look at; single missing or empty geometries pass.
    what
        Its name in the message.

    Raises
    ------
    GeometryError
        If all geometry is missing, or some is not polygonal.

    Examples
    --------
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], index=["r1"])
    >>> require_polygons(roads, what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.GeometryError: parcels: 1 of 1 geometries are not polygons but LineString \
(r1); give a polygon layer (close the lines to polygons first)
    """
    values = frame.geometry.to_numpy()
    present = ~shapely.is_missing(values) & ~shapely.is_empty(values)
    if not present.any():
        raise GeometryError(
            f"{what}: none of the {len(frame)} rows has geometry",
            do="check the layer, its filter and, for shapefiles, that the .shp belongs to the .dbf",
        )
    kinds = frame.geometry[present].geom_type
    wrong = kinds[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(wrong):
        raise GeometryError(
            f"{what}: {len(wrong)} of {len(frame)} geometries are not polygons but"
            f" {', '.join(sorted(set(wrong)))}",
            do="give a polygon layer (close the lines to polygons first)",
            ids=wrong.index,
        )


def usable(geometry: gpd.GeoSeries) -> pd.Series:
    """Whether a geometry is there, not empty and valid.

    Parameters
    ----------
    geometry
        Any geometry; missing is allowed.

    Returns
    -------
    pandas.Series
        Bool, named ``usable``, on the index of `geometry`.

    Examples
    --------
    >>> from shapely import box
    >>> usable(gpd.GeoSeries([box(0, 0, 1, 1), None])).tolist()
    [True, False]
    """
    values = geometry.to_numpy()
    good = shapely.is_valid(values) & ~shapely.is_empty(values) & ~shapely.is_missing(values)
    return pd.Series(good, index=geometry.index, name="usable")
