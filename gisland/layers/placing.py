"""Where a layer lies: its own CRS, the declared one, and how far they can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gisland.base.crs import check_coordinates, crs_name, parse_crs, require_metric
from gisland.base.errors import CRSError
from gisland.layers.columns import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.layers.source import Source

FARTHEST = 1e15  # no coordinate on Earth is larger; shapefiles write "no data" as -1.8e308
SAME_PLACE_M = 0.001
OLD_DATUMS = ("Beijing 1954", "Xian 1980", "New Beijing")
DEGREE_M = 111_320.0
_JSON = (".json", ".geojson")


def with_crs(table: gpd.GeoDataFrame, source: Source) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give a layer the CRS of its file, or the declared one where that may stand.

    Parameters
    ----------
    table
        A layer as read.
    source
        Its declaration.

    Returns
    -------
    geopandas.GeoDataFrame
        The same table with a CRS.
    list of dict
        Findings, where the file's own CRS was overridden.

    Raises
    ------
    CRSError
        If no CRS is known, or the declared one contradicts the file's own and the coordinates do
        not settle it.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> bare = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)])
    >>> with_crs(bare, Source("parcels", "a.shp", crs="EPSG:4547"))[0].crs.to_epsg()
    4547
    """
    if table.crs is not None and len(table.crs.sub_crs_list):
        table = table.set_crs(table.crs.sub_crs_list[0], allow_override=True)
    if source.crs is None:
        if table.crs is None:
            require_metric(table, what=source.name)
        return table, []
    declared = parse_crs(source.crs, what=f"[layers.{source.name}] crs")
    as_declared = table.set_crs(declared, allow_override=True)
    if table.crs is None or _same(table, declared) or _only_assumed(table, source):
        return as_declared, []
    names = f"declared {crs_name(declared)} contradicts the file's own {crs_name(table.crs)}"
    if _disproved(table):
        message = (
            f"{source.name}: {names}, which its coordinates disprove; the declared one is taken"
        )
        return as_declared, [finding("crs_overridden", message, in_=source)]
    raise CRSError(
        f"{source.name}: {names}",
        do=f"take crs out of [layers.{source.name}], or mend the file",
    )


def datum_shift(table: gpd.GeoDataFrame, crs: CRS, source: Source) -> list[Finding]:
    """Tell where the shift from an old Chinese datum is not public: PROJ makes none.

    Parameters
    ----------
    table
        A layer in its own CRS.
    crs
        The CRS it is going to be brought into.
    source
        Its declaration.

    Returns
    -------
    list of dict
        One finding, or none.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> old = gpd.GeoDataFrame(geometry=[box(5e5, 3e6, 6e5, 4e6)], crs=2361)
    >>> [f["code"] for f in datum_shift(old, CRS(4547), Source("parcels", "a.shp"))]
    ['datum_shift_unknown']
    """
    old, new = table.crs.geodetic_crs, crs.geodetic_crs
    if not (old and new) or old.datum == new.datum or old.name not in OLD_DATUMS:
        return []
    message = (
        f"{source.name}: the shift from {old.name} to {new.name} is not public, and none was made;"
        " places may be tens of metres off; transform the layer with the local parameters first"
    )
    return [finding("datum_shift_unknown", message, in_=source)]


def no_overlap(tables: Mapping[str, gpd.GeoDataFrame]) -> list[Finding]:
    """Layers whose extent does not meet that of the parcels: likely another place or CRS.

    Parameters
    ----------
    tables
        Layers by name, in one CRS, ``parcels`` among them.

    Returns
    -------
    list of dict
        One finding for each such layer.

    Examples
    --------
    >>> from shapely import box
    >>> near, far = (gpd.GeoDataFrame(geometry=[box(x, 0, x + 1, 1)], crs=4547) for x in (0, 9))
    >>> [row["layer"] for row in no_overlap({"parcels": near, "zoning": far})]
    ['zoning']
    """
    extent = shapely.box(*tables["parcels"].total_bounds)
    findings = []
    for name, table in tables.items():
        if not shapely.intersects(extent, shapely.box(*table.total_bounds)):
            west, south, east, north = table.total_bounds
            findings.append(
                {
                    "code": "no_overlap",
                    "severity": "warning",
                    "layer": name,
                    "message": f"{name}: lies wholly outside the extent of parcels"
                    f" (x {west:.0f} to {east:.0f}, y {south:.0f} to {north:.0f})",
                }
            )
    return findings


def _disproved(table: gpd.GeoDataFrame) -> bool:
    """Whether the coordinates cannot be in the CRS that the file says."""
    try:
        check_coordinates(table, what="")
    except CRSError:
        return True
    return False


def _same(table: gpd.GeoDataFrame, declared: CRS) -> bool:
    """Whether both put the data in the same place, whatever their names are."""
    if table.crs.equals(declared, ignore_axis_order=True):
        return True
    if table.crs.is_geographic != declared.is_geographic:
        return False
    west, south, east, north = table.total_bounds
    corners = np.array([[west, south], [east, north], [west, north], [east, south]])
    if not np.isfinite(corners).all() or np.abs(corners).max() > FARTHEST:
        return False
    x, y = corners.T
    try:
        moved = Transformer.from_crs(table.crs, declared, always_xy=True).transform(x, y)
    except ProjError:
        return False
    unit = DEGREE_M if declared.is_geographic else 1.0
    return bool((np.abs(np.array(moved) - [x, y]) * unit < SAME_PLACE_M).all())


def _only_assumed(table: gpd.GeoDataFrame, source: Source) -> bool:
    """Whether the CRS is GeoJSON's default, which coordinates beyond degrees show to be wrong."""
    bounds = np.abs(table.total_bounds)
    beyond = bounds[[0, 2]].max() > 180 or bounds[[1, 3]].max() > 90  # noqa: PLR2004 - degrees
    return bool(source.path.lower().endswith(_JSON) and table.crs.to_epsg() == 4326 and beyond)  # noqa: PLR2004 - its code
