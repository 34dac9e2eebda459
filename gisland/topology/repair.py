"""Repair of invalid polygons, with a log of every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.schema import CHANGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Mask = NDArray[np.bool_]

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def repair(parcels: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make invalid polygons valid and leave everything else as it is, to the bit.

    Self-crossing rings are rebuilt so that shells add and holes take away (``make_valid`` by
    structure); points and lines that are left over are dropped, and so are heights. Missing,
    empty and valid geometry is not touched.

    Parameters
    ----------
    parcels
        Layer with a metric CRS, indexed by id; ids may be repeated.

    Returns
    -------
    repaired : geopandas.GeoDataFrame
        Same rows, order and columns. Repairing it again changes nothing.
    changes : pandas.DataFrame
        Columns of ``schema.CHANGES``, one row for each invalid polygon, sorted by id. ``action``
        is ``make_valid``, or ``not_repairable`` where nothing polygonal would be left or a
        coordinate is not finite: then the row keeps its geometry and has no area after.
        ``message`` says what was wrong. ``area_before_m2`` is what the rings add up to; for a ring
        that crosses itself that means little.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    >>> parcels = gpd.GeoDataFrame(geometry=[crossed], index=["p"], crs=4547)
    >>> repaired, changes = repair(parcels)
    >>> repaired.area.item(), changes["action"].item(), changes["message"].item()
    (8.0, 'make_valid', 'Self-intersection[2 2]')
    """
    require_metric(parcels, what="parcels")
    before = parcels.geometry.to_numpy()
    at = np.flatnonzero(invalid_polygons(before))
    after = mended(before[at])
    done = ~shapely.is_missing(after)
    values = before.copy()
    values[at[done]] = after[done]
    repaired = parcels.copy()
    repaired[parcels.geometry.name] = gpd.array.from_shapely(values, crs=parcels.crs)
    changes = pd.DataFrame(
        {
            "parcel_id": pd.Series(parcels.index[at]).astype("str"),
            "action": pd.Series(np.where(done, "make_valid", "not_repairable"), dtype="str"),
            "area_before_m2": shapely.area(before[at]),
            "area_after_m2": shapely.area(after),
            "message": pd.Series(shapely.is_valid_reason(before[at]), dtype="str"),
        },
        columns=list(CHANGES),
    )
    return repaired, changes.sort_values(list(CHANGES), ignore_index=True)


def invalid_polygons(geometry: Geometries) -> Mask:
    """Whether each geometry is a polygon or multipolygon that is not valid.

    Parameters
    ----------
    geometry
        Any geometries, (n,); missing is allowed.

    Returns
    -------
    numpy.ndarray
        Bool, (n,).

    Examples
    --------
    >>> crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    >>> invalid_polygons(np.array([crossed, shapely.box(0, 0, 1, 1), None])).tolist()
    [True, False, False]
    """
    polygonal = np.isin(shapely.get_type_id(geometry), POLYGONS)
    return polygonal & ~shapely.is_valid(geometry)


def mended(polygons: Geometries) -> Geometries:
    """Valid flat polygons in place of invalid ones.

    Parameters
    ----------
    polygons
        Invalid polygons or multipolygons, (n,).

    Returns
    -------
    numpy.ndarray
        A polygon, or a multipolygon where several parts are left, (n,); None where no part is.

    Examples
    --------
    >>> mended(np.array([shapely.Polygon([(0, 0), (1, 0), (0, 0)])])).tolist()
    [None]
    """
    points, of = shapely.get_coordinates(polygons, return_index=True)
    finite = np.ones(len(polygons), dtype=bool)
    finite[of[~np.isfinite(points).all(axis=1)]] = False
    flat = shapely.force_2d(polygons[finite])
    made = shapely.make_valid(flat, method="structure", keep_collapsed=False)
    at = np.flatnonzero(finite)
    result = np.full(len(polygons), None, dtype=object)
    result[at] = [_polygonal(geometry) for geometry in made]
    return result


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """Polygonal parts as one polygon or multipolygon, None if there are none."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[(shapely.get_type_id(parts) == POLYGONS[0]) & (shapely.area(parts) > 0)]
    if len(parts) == 0:
        return None
    whole = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return whole if whole.is_valid else None
