"""Table contracts: canonical columns, their kinds and units, and what each result table holds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import GeometryError, TableError
from gisland.base.glance import Glance
from gisland.base.keys import ID_SEPARATOR, in_order
from gisland.base.phrases import count_of, so_many
from gisland.base.threads import spread
from gisland.base.useclasses import USE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


Kind = Literal["text", "number", "bool", "date"]

TENURES = ("state", "collective", "undetermined")


@dataclass(frozen=True)
class Column:
    """One canonical column: its kind, its bounds and its allowed values."""

    kind: Kind
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()


_AMOUNT = Column("number", at_least=0.0)
_SHARE = Column("number", at_least=0.0, at_most=1.0)
_TEXT = Column("text")
CONDITIONS: dict[str, Column] = {  # planning conditions; see `gisland.base.conditions`
    "far_min": _AMOUNT,
    "far_max": _AMOUNT,
    "coverage_min": _SHARE,
    "coverage_max": _SHARE,
    "green_min": _SHARE,
    "green_max": _SHARE,
    "height_min_m": _AMOUNT,
    "height_max_m": _AMOUNT,
}

PARCELS: dict[str, Column] = {
    "owner": _TEXT,
    "tenure": Column("text", one_of=TENURES),
    "use_code": _TEXT,
    "use_class": Column("text", one_of=USE_CLASSES),
    "industry": _TEXT,
    "recorded_area_m2": _AMOUNT,
    "floor_area_m2": _AMOUNT,
    "counted_floor_area_m2": _AMOUNT,
    "footprint_m2": _AMOUNT,
    "green_m2": _AMOUNT,
    "tax_yuan": _AMOUNT,
    "output_yuan": _AMOUNT,
    "investment_yuan": _AMOUNT,
    "jobs": _AMOUNT,
    **CONDITIONS,
    "unit_id": _TEXT,
    "plan_year": Column("number", at_least=0.0),
    "site_id": _TEXT,
    "status": _TEXT,
    "idle_since": Column("date"),
}
ZONING: dict[str, Column] = {
    "zone_id": _TEXT,
    "planned_use": _TEXT,
    **CONDITIONS,
}
ZONING_OVERLAY: dict[str, Column] = {"overlay_id": _TEXT, **CONDITIONS}
BUILDINGS: dict[str, Column] = {
    "building_id": _TEXT,
    "floors": _AMOUNT,
    "height_m": _AMOUNT,
    "floor_height_m": _AMOUNT,
    "underground_floor_area_m2": _AMOUNT,
    "floor_area_m2": _AMOUNT,
    "counted_floor_area_m2": _AMOUNT,
}
ROADS: dict[str, Column] = {"road_id": _TEXT, "width_m": _AMOUNT}
BLOCK_LINES: dict[str, Column] = {"block_id": _TEXT, "level": Column("number", at_least=1.0)}
CHANGES_OF_LINES = ("in", "out")
BLOCK_CHANGES: dict[str, Column] = {  # a proposal: areas that go into the block lines, or out
    "change_id": _TEXT,
    "change": Column("text", one_of=CHANGES_OF_LINES),
    "block_id": _TEXT,
}
PARKS: dict[str, Column] = {
    "park_id": _TEXT,
    "name": _TEXT,
    "developable_m2": _AMOUNT,
    "built_m2": _AMOUNT,
    "to_build_m2": _AMOUNT,
}
SITES: dict[str, Column] = {"site_id": _TEXT}
LAYERS: dict[str, dict[str, Column]] = {
    "parcels": PARCELS,
    "zoning": ZONING,
    "zoning_overlay": ZONING_OVERLAY,
    "planning_units": {"unit_id": _TEXT},
    "buildings": BUILDINGS,
    "roads": ROADS,
    "water": {},
    "plan_boundary": {},
    "project_boundary": {"boundary_id": _TEXT},
    "block_lines": BLOCK_LINES,
    "block_changes": BLOCK_CHANGES,
    "parks": PARKS,
    "zones": {"zone_id": _TEXT},
    "sites": SITES,
}
LINES_ALLOWED = ("roads", "water")  # layers that may be drawn as lines


@dataclass(frozen=True, repr=False)
class Inputs(Glance):
    """All layers of a run: canonical columns, one metric CRS, indexed by their ids.

    Only `parcels` is required. An analysis that needs a layer that is not there is skipped, which
    is told. `load_inputs` makes it from files.

    Parameters
    ----------
    parcels
        Polygons by ``parcel_id``, with any columns of ``schema.PARCELS``.
    zoning, zoning_overlay, planning_units, zones
        Planned uses with conditions, zones that tighten them, units that are summed up, and
        redevelopment zones in place of those that are found.
    buildings, roads, water
        Footprints with floors or heights; lines or polygons.
    plan_boundary, project_boundary, sites
        Land of the plan, of projects, and of sites that are no column of the parcels.
    block_lines, block_changes, parks
        Industrial block lines, changes of them that are asked for, and industrial parks.
    exclusions
        Layers in which no scrap may lie, by name.
    findings
        What reading already found.

    Examples
    --------
    >>> from shapely import box
    >>> ids = pd.Index(["p1", "p2"], name="parcel_id")
    >>> lots = gpd.GeoDataFrame(geometry=box([0, 9], 0, [9, 20], 9), index=ids, crs=4547)
    >>> Inputs(lots, roads=lots.iloc[:0])
    Inputs
      parcels  2 rows
      roads    0 rows
    """

    parcels: gpd.GeoDataFrame
    zoning: gpd.GeoDataFrame | None = None
    zoning_overlay: gpd.GeoDataFrame | None = None
    planning_units: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    plan_boundary: gpd.GeoDataFrame | None = None
    project_boundary: gpd.GeoDataFrame | None = None
    block_lines: gpd.GeoDataFrame | None = None
    block_changes: gpd.GeoDataFrame | None = None
    parks: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    sites: gpd.GeoDataFrame | None = None
    exclusions: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: pd.DataFrame | None = None

    def _glance(self) -> dict[str, object]:
        layers = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "exclusions"}
        layers |= {f"exclusions {name}": layer for name, layer in self.exclusions.items()}
        return {n: count_of(len(t), "row") for n, t in layers.items() if t is not None}


FINDINGS = (
    *("code", "severity", "layer", "parcel_id", "other_id", "value", "unit", "message"),
    "geometry",
)
SEVERITIES = ("error", "warning", "info")
VERDICTS = (
    *("parcel_id", "subject", "test", "outcome", "value", "limit", "operator", "unit"),
    *("denominator", "rule_id", "mode"),
)
OUTCOMES = ("pass", "fail", "missing", "not_assessed")
CHANGES = (
    *("parcel_id", "action", "other_id", "area_before_m2", "area_after_m2", "in_m2", "out_m2"),
    "message",
)
NOT_CLASSIFIED = "not_classified"  # land without a use class, where uses are summed up
LINES = ("given", "proposed", "adjusted")  # sets of block lines
OVERALL = "overall"  # in place of an id: all land, or all blocks of a set, together
SITE, ZONE, UNIT = "site:", "zone:", "unit:"  # with an id: other subjects of indicators
BLOCK_PARTS = ("inside", "cut", "outside")  # how a parcel lies to a block line
CONTROL_TOPICS = (
    *("block_lines", "delineation", "adjustment", "conversions", "concentration", "parks"),
)
PLAN_VERDICTS = ("absorbed", "eligible", "ineligible")
MERGED_ROLES = ("site", "absorbed")  # in the lineage, of parcels that become part of a merged site


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
    return _findings({name: [row.get(name) for row in rows] for name in FINDINGS}, crs=crs)


def findings_together(parts: Iterable[pd.DataFrame], *, crs: object) -> gpd.GeoDataFrame:
    """Several findings tables as one; absent columns are missing values.

    Parameters
    ----------
    parts
        Tables with some of the columns of ``FINDINGS``.
    crs
        CRS of the geometry column; that of the parts is not looked at.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of ``FINDINGS``, sorted by code, parcel and other id.

    Examples
    --------
    >>> parts = [findings_frame([{"code": code}], crs=None) for code in ("empty", "duplicate")]
    >>> findings_together(parts, crs=None)["code"].tolist()
    ['duplicate', 'empty']
    """
    filled = [part.reindex(columns=list(FINDINGS)) for part in parts if len(part)]
    if not filled:
        return findings_frame([], crs=crs)
    shapes = [part["geometry"].to_numpy(dtype=object) for part in filled]
    plain = [pd.DataFrame(part.drop(columns="geometry")) for part in filled]
    rows = pd.concat(plain, ignore_index=True)
    return _findings({**rows, "geometry": np.concatenate(shapes)}, crs=crs)


def _findings(cells: Mapping[Any, Any], *, crs: object) -> gpd.GeoDataFrame:
    columns: dict[str, object] = {
        name: pd.Series(cells[name], dtype="float64" if name == "value" else "str")
        for name in FINDINGS
        if name != "geometry"
    }
    columns["geometry"] = gpd.array.from_shapely(cells["geometry"], crs=crs)
    frame = gpd.GeoDataFrame(pd.DataFrame(columns, copy=False))
    return in_order(frame, ["code", "parcel_id", "other_id", "value", "message"])


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
unique values, or mend the rows; pieces of one parcel in several sheets are put together by \
join_cut = true
    """
    index = frame.index
    twice = set(index[index.duplicated() & index.notna()])
    held = index.astype("str").str.contains(ID_SEPARATOR, regex=False)
    joined = set(index[np.asarray(held, dtype=bool)])
    faults = (
        (int(np.count_nonzero(index.isna())), "row has", "rows have", "no id"),
        (len(twice), "id occurs", "ids occur", "more than once"),
        (len(joined), "id holds", "ids hold", f"{ID_SEPARATOR!r}, which separates ids in results"),
    )
    told = [f"{so_many(n, one, many)} {fault}" for n, one, many, fault in faults if n]
    if told:
        cut = "; pieces of one parcel in several sheets are put together by join_cut = true"
        raise TableError(
            f"{what}: {' and '.join(told)}",
            do=f"map a column with unique values, or mend the rows{cut if twice else ''}",
            ids=sorted(twice | joined, key=str),
        )


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
    good = (
        spread(shapely.is_valid, values) & ~shapely.is_empty(values) & ~shapely.is_missing(values)
    )
    return pd.Series(good, index=geometry.index, name="usable")
