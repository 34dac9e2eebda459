"""Size and shape of single parcels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import require_metric
from gisland.base.schema import usable
from gisland.base.threads import in_threads
from gisland.topology.segments import explode
from gisland.topology.shape_loops import rectangles
from gisland.topology.width_loops import inscribed_radii, wider_radii

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH_TOLERANCE_M = 0.01  # of a radius
FINE = 0.01  # of the tolerance, where finer costs little
FEW_POINTS = 500  # of polygons that the compiled search is tried on before GEOS
NEAR_M = 0.03  # widths this near to a limit are found more finely: they may be 0.02 m too small
NEAR_TOLERANCE_M = 5e-5  # of a radius
ROUNDING_M = 0.005  # rules compare lengths at 0.01 m
MANY_POINTS = 50_000  # each square of a search looks at all edges
LEAST_SEARCHES = 50  # in a thread


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
    polygons = usable_polygons(geometry)
    return _series(geometry, shapely.length(polygons), name="perimeter_m")


def width_m(geometry: gpd.GeoSeries, *, near_m: float | pd.Series | None = None) -> pd.Series:
    """Diameter of the largest circle that fits inside.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.
    near_m
        Limits that widths are held against, one for all or on the index of `geometry`; missing
        is allowed. Widths within 0.03 m of their limit are found more finely.

    Returns
    -------
    pandas.Series
        Metres, above 0, named ``width_m``, on the index of `geometry`; missing where the geometry
        is missing, empty or invalid. Never above the true width, and at most 0.02 m below it (the
        circle's center is searched to 0.01 m; slivers narrower than that to a thousandth of
        their mean width 2 A / P), of polygons with up to 500 points mostly a hundredth of that.
        Within 0.03 m of a limit at most 1e-4 m below it; where that takes too long, as in long
        bent strips, at least on the right side of the limit as it is compared, at 0.01 m (not so
        for polygons of more than 50 000 points). Holes are outside; of several parts the widest
        counts.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> width_m(gpd.GeoSeries([shapely.box(0, 0, 20, 5), None], crs=4547)).round(2).tolist()
    [5.0, nan]
    """
    polygons = usable_polygons(geometry)
    with np.errstate(invalid="ignore"):
        mean_width = 2 * shapely.area(polygons) / shapely.length(polygons)
    tolerance = np.fmin(WIDTH_TOLERANCE_M, mean_width / 1000)
    radius = np.full(len(polygons), np.nan)
    points = shapely.get_num_coordinates(polygons)
    few = (points > 0) & (points <= FEW_POINTS)
    radius[few] = _searched(inscribed_radii, polygons[few], tolerance[few] * FINE)
    rest = (points > 0) & np.isnan(radius)
    circle = shapely.maximum_inscribed_circle(polygons[rest], tolerance=tolerance[rest])
    radius[rest] = shapely.length(circle)
    width = 2 * radius
    if near_m is not None:
        width = _finer(polygons, width, _limits(near_m, geometry.index))
    return _series(geometry, width, name="width_m")


def _limits(limit: float | pd.Series, index: pd.Index) -> np.ndarray:
    """A limit for each polygon, missing where there is none."""
    if isinstance(limit, pd.Series):
        return limit.reindex(index).to_numpy("float64", na_value=np.nan)
    return np.full(len(index), limit, dtype="float64")


def _finer(polygons: np.ndarray, width: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Widths, more finely near limits; on the right side of them where that takes too long."""
    width = width.copy()
    points = shapely.get_num_coordinates(polygons)
    close = np.flatnonzero((np.abs(width - near) <= NEAR_M) & (points <= MANY_POINTS))
    fine = np.full(len(close), NEAR_TOLERANCE_M)
    found = 2 * _searched(inscribed_radii, polygons[close], fine, least=LEAST_SEARCHES)
    width[close] = np.fmax(width[close], found)
    unsure = close[np.isnan(found)]
    for side in (-ROUNDING_M, ROUNDING_M):  # where ">=" turns, and where ">" does
        goal = (near[unsure] + side) / 2 + NEAR_TOLERANCE_M / 10  # no tie in rounding
        open_ = 2 * goal > width[unsure]
        at, goal = unsure[open_], goal[open_]
        found = _searched(wider_radii, polygons[at], goal, least=1)
        width[at] = np.where(found > goal, 2 * found, width[at])
    return width


def _searched(
    search: Callable[..., np.ndarray],
    polygons: np.ndarray,
    numbers: np.ndarray,
    *,
    least: int | None = None,
) -> np.ndarray:
    """Radius of a circle in each polygon; missing where it takes too long to find."""
    edges = explode(polygons)
    first = np.searchsorted(edges.parcel, np.arange(len(polygons) + 1))

    def work(begin: int, stop: int) -> Any:  # noqa: ANN401 - an array
        return search(edges.start, edges.end, first, numbers, begin, stop)

    return np.concatenate(in_threads(work, count=len(polygons), least=least))


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
    polygons = usable_polygons(geometry)
    with np.errstate(invalid="ignore"):
        ratio = 4 * np.pi * shapely.area(polygons) / shapely.length(polygons) ** 2
    return _series(geometry, ratio, name="compactness")


def rectangularity(geometry: gpd.GeoSeries) -> pd.Series:
    """Area relative to that of the smallest rectangle around, in any direction.

    Rosin, P. L. (1999), Measuring rectangularity, Machine Vision and Applications 11, 191-196:
    the measure by the minimum bounding rectangle.

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
    polygons = usable_polygons(geometry)
    area, _ = _rectangles(polygons).T
    return _series(geometry, shapely.area(polygons) / area, name="rectangularity")


def elongation(geometry: gpd.GeoSeries) -> pd.Series:
    """Longer over shorter side of the smallest rectangle around, in any direction.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.

    Returns
    -------
    pandas.Series
        At least 1 (a square), named ``elongation``, on the index of `geometry`; missing where the
        geometry is missing, empty or invalid. One rectangle lies around all parts; of several
        equally small ones, as around a triangle, the least elongated counts.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> elongation(gpd.GeoSeries([shapely.box(0, 0, 20, 5), None], crs=4547)).tolist()
    [4.0, nan]
    """
    _, ratio = _rectangles(usable_polygons(geometry)).T
    return _series(geometry, ratio, name="elongation")


def _rectangles(polygons: np.ndarray) -> np.ndarray:
    """Area and elongation of the smallest rectangle around each polygon, (n, 2)."""
    edges = explode(polygons)
    first = np.searchsorted(edges.parcel, np.arange(len(polygons) + 1))
    work = partial(rectangles, edges.start, first)
    return np.concatenate(in_threads(work, count=len(polygons)))


def usable_polygons(geometry: gpd.GeoSeries) -> np.ndarray:
    """Geometries, None where there is nothing that can be measured.

    Parameters
    ----------
    geometry
        Any geometry in a metric CRS; missing is allowed.

    Returns
    -------
    numpy.ndarray
        Valid polygons and multipolygons that are not empty, and None, as long as `geometry`.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> usable_polygons(gpd.GeoSeries([shapely.Point(0, 0), None], crs=4547)).tolist()
    [None, None]
    """
    require_metric(geometry, what="geometry")
    values = geometry.to_numpy().copy()
    areal = shapely.get_dimensions(values) == 2  # noqa: PLR2004 - polygons
    values[~(usable(geometry).to_numpy() & areal)] = None
    return values


def at_origin(polygons: np.ndarray) -> np.ndarray:
    """Each polygon moved near (0, 0): GEOS 3.14 loses up to 1e-4 of the rectangle far from it.

    Parameters
    ----------
    polygons
        Polygons, multipolygons and None.

    Returns
    -------
    numpy.ndarray
        The same with the corner of their bounds at (0, 0).

    Examples
    --------
    >>> at_origin(np.array([shapely.box(5, 6, 7, 8)]))[0].bounds
    (0.0, 0.0, 2.0, 2.0)
    """
    points, polygon = shapely.get_coordinates(polygons, return_index=True)
    corner = shapely.bounds(polygons)[:, :2]
    return shapely.set_coordinates(polygons.copy(), points - corner[polygon])


def _series(geometry: gpd.GeoSeries, values: np.ndarray, *, name: str) -> pd.Series:
    return pd.Series(values, index=geometry.index, name=name, dtype="float64")
