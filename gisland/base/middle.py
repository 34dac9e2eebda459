"""Where most shapes of a layer lie on Earth, and which of them lie elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError

from gisland.base.projections import lonlat_bounds

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

FAR_DEGREES = 3.0  # as wide as a zone


def median_place(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float] | None:
    """Longitude and latitude that most shapes lie near; a stray one does not move it.

    Parameters
    ----------
    shapes
        Table or series with a CRS; missing and empty geometry is passed over.

    Returns
    -------
    tuple of float or None
        Medians of the middles of the shapes; None without any, or nowhere on Earth.

    Examples
    --------
    >>> import geopandas as gpd
    >>> places = ["POINT (114 30)", "POINT (114.1 30)", "POINT (0 0)", None]
    >>> median_place(gpd.GeoSeries.from_wkt(places, crs=4326))
    (114.0, 30.0)
    """
    centres = _centres(shapes)
    centres = centres[~np.isnan(centres).any(axis=1)]
    if not len(centres):
        return None
    x, y = map(float, np.median(centres, axis=0))
    found = lonlat_bounds((x, y, x, y), shapes.crs)
    return None if found is None else (found[0], found[1])


def far_from(shapes: gpd.GeoDataFrame | gpd.GeoSeries, *, lon: float, lat: float) -> list[object]:
    """Ids of the shapes that lie degrees away from a place: strays, or of another CRS.

    Parameters
    ----------
    shapes
        Table or series with a CRS.
    lon, lat
        The place.

    Returns
    -------
    list
        Labels of the index, sorted.

    Examples
    --------
    >>> import geopandas as gpd
    >>> places = gpd.GeoSeries.from_wkt(["POINT (114 30)", "POINT (0 0)"], crs=4326)
    >>> far_from(places, lon=114.0, lat=30.0)
    [1]
    """
    try:
        place = Transformer.from_crs(shapes.crs, 4326, always_xy=True)
        east, north = place.transform(*_centres(shapes).T)
    except ProjError:  # a local system has no place on Earth
        return []
    with np.errstate(invalid="ignore"):  # coordinates that are nowhere are infinite
        beside = np.abs((east - lon + 180) % 360 - 180)
        away = np.maximum(beside, np.abs(north - lat))
        far = np.isfinite(away) & (away > FAR_DEGREES)
    return sorted(shapes.index[far], key=str)


def _centres(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> NDArray[np.float64]:
    """Middle of the bounds of each shape in its own coordinates; nan where there is none."""
    half = shapely.bounds(shapes.geometry.to_numpy()) / 2
    centres: NDArray[np.float64] = half[:, :2] + half[:, 2:]
    return centres
