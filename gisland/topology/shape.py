"""Size and shape of single parcels."""

from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.schema import usable
from gisland.base.threads import in_threads
from gisland.topology.segments import explode
from gisland.topology.width_loops import inscribed_radii

WIDTH_TOLERANCE_M = 0.01
FINE = 0.01  # of the tolerance, where finer costs little
FEW_POINTS = 500


def perimeter_m(geometry: gpd.GeoSeries) -> pd.Series:
    """Length of all boundary, holes included.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.

    Returns
    -------
    pandas.Series
        Metres, above 0, named ``perimeter_m``, on the index of `geometry`; missing where the
        geometry is missing, empty or invalid. Several parts are summed.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> perimeter_m(gpd.GeoSeries([shapely.box(0, 0, 20, 5), None], crs=4547)).tolist()
    [50.0, nan]
    """
    polygons = _usable_polygons(geometry)
    return _series(geometry, shapely.length(polygons), name="perimeter_m")


def width_m(geometry: gpd.GeoSeries) -> pd.Series:
    """Diameter of the largest circle that fits inside.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.

    Returns
    -------
    pandas.Series
        Metres, above 0, named ``width_m``, on the index of `geometry`; missing where the geometry
        is missing, empty or invalid. Never above the true width, and at most 0.02 m below it (the
        circle's center is searched to 0.01 m; slivers narrower than that to a thousandth of
        their mean width 2 A / P), of polygons with up to 500 points mostly a hundredth of that.
        Holes are outside; of several parts the widest counts.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> width_m(gpd.GeoSeries([shapely.box(0, 0, 20, 5), None], crs=4547)).round(2).tolist()
    [5.0, nan]
    """
    polygons = _usable_polygons(geometry)
    with np.errstate(invalid="ignore"):
        mean_width = 2 * shapely.area(polygons) / shapely.length(polygons)
    tolerance = np.fmin(WIDTH_TOLERANCE_M, mean_width / 1000)
    radius = np.full(len(polygons), np.nan)
    points = shapely.get_num_coordinates(polygons)
    few = (points > 0) & (points <= FEW_POINTS)
    radius[few] = _radii(polygons[few], tolerance=tolerance[few] * FINE)
    rest = (points > 0) & np.isnan(radius)
    circle = shapely.maximum_inscribed_circle(polygons[rest], tolerance=tolerance[rest])
    radius[rest] = shapely.length(circle)
    return _series(geometry, 2 * radius, name="width_m")


def _radii(polygons: np.ndarray, *, tolerance: np.ndarray) -> np.ndarray:
    """Radius of the largest circle in each polygon; missing where it takes too long to find."""
    edges = explode(polygons)
    first = np.searchsorted(edges.parcel, np.arange(len(polygons) + 1))
    work = partial(inscribed_radii, edges.start, edges.end, first, tolerance)
    return np.concatenate(in_threads(work, count=len(polygons)))


def compactness(geometry: gpd.GeoSeries) -> pd.Series:
    """Area relative to that of a circle of the same perimeter, 4 π A / P².

    Cox, E. P. (1927), A method of assigning numerical and percentage values to the degree of
    roundness of sand grains; also known as the measure of Polsby and Popper (1991).

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.

    Returns
    -------
    pandas.Series
        Above 0, at most 1 (a circle), named ``compactness``, on the index of `geometry`; missing
        where the geometry is missing, empty or invalid. Holes count in area and perimeter.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> compactness(gpd.GeoSeries([shapely.box(0, 0, 10, 10)], crs=4547)).round(4).tolist()
    [0.7854]
    """
    polygons = _usable_polygons(geometry)
    with np.errstate(invalid="ignore"):
        ratio = 4 * np.pi * shapely.area(polygons) / shapely.length(polygons) ** 2
    return _series(geometry, ratio, name="compactness")


def rectangularity(geometry: gpd.GeoSeries) -> pd.Series:
    """Area relative to that of the smallest rectangle around, in any direction.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.

    Returns
    -------
    pandas.Series
        Above 0, at most 1 (a rectangle; rounding may add some 1e-12), named ``rectangularity``,
        on the index of `geometry`; missing where the geometry is missing, empty or invalid. Holes
        are left out of the area; one rectangle lies around all parts.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> triangle = shapely.Polygon([(0, 0), (4, 0), (0, 4)])
    >>> rectangularity(gpd.GeoSeries([triangle], crs=4547)).round(6).tolist()
    [0.5]
    """
    polygons = _at_origin(_usable_polygons(geometry))
    around = shapely.minimum_rotated_rectangle(polygons)
    with np.errstate(invalid="ignore"):
        ratio = shapely.area(polygons) / shapely.area(around)
    return _series(geometry, ratio, name="rectangularity")


def _usable_polygons(geometry: gpd.GeoSeries) -> np.ndarray:
    """Geometries, None where there is nothing that can be measured."""
    require_metric(geometry, what="geometry")
    values = geometry.to_numpy().copy()
    areal = shapely.get_dimensions(values) == 2  # noqa: PLR2004 - polygons
    values[~(usable(geometry).to_numpy() & areal)] = None
    return values


def _at_origin(polygons: np.ndarray) -> np.ndarray:
    """Each polygon moved near (0, 0): GEOS 3.14 loses up to 1e-4 of the rectangle far from it."""
    points, polygon = shapely.get_coordinates(polygons, return_index=True)
    corner = shapely.bounds(polygons)[:, :2]
    return shapely.set_coordinates(polygons.copy(), points - corner[polygon])


def _series(geometry: gpd.GeoSeries, values: np.ndarray, *, name: str) -> pd.Series:
    return pd.Series(values, index=geometry.index, name=name, dtype="float64")
