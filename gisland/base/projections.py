"""What a CRS is made of, where on Earth it is made for, and how truly it draws there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import ProjError

if TYPE_CHECKING:
    import geopandas as gpd

Bounds = tuple[float, float, float, float]  # west, south, east, north
PPM = 1e6
WILD_M = 1e9  # farther than any place on Earth


@dataclass(frozen=True)
class TransverseMercator:
    """A transverse Mercator projection in metres: UTM and Gauss-Krueger are such.

    Parameters
    ----------
    meridian
        Central meridian, degrees east.
    easting_m
        False easting: that of the central meridian.
    scale
        On the central meridian.
    latitude
        That of northing zero, but for the false northing.
    """

    meridian: float
    easting_m: float
    scale: float
    latitude: float


def horizontal(crs: CRS) -> CRS:
    """The plane or geographic part of a CRS, without heights and without its way to WGS84.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    pyproj.CRS
        The same one, unless it is compound or bound.

    Examples
    --------
    >>> horizontal(CRS("EPSG:4547+5737")).to_epsg()
    4547
    """
    while crs.is_compound or crs.is_bound:
        crs = CRS(crs.sub_crs_list[0]) if crs.is_compound else CRS(crs.source_crs)
    return crs


def projection_values(crs: CRS) -> tuple[str, dict[str, float]]:
    """Method and parameters of a projected CRS, in degrees and metres.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    str
        EPSG's name of the method; empty if there is no projection.
    dict of str to float
        Values by EPSG's names of the parameters.

    Examples
    --------
    >>> method, values = projection_values(CRS(4547))
    >>> method, values["False easting"]
    ('Transverse Mercator', 500000.0)
    """
    operation = horizontal(crs).coordinate_operation
    if operation is None:
        return "", {}
    values = {}
    for p in operation.params:
        angle = np.degrees(p.unit_conversion_factor) if "itude" in p.name else 0.0
        values[p.name] = float(p.value) * float(angle or p.unit_conversion_factor or 1.0)
    return str(operation.method_name), values


def transverse_mercator(crs: CRS) -> TransverseMercator | None:
    """The parameters of a transverse Mercator projection.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    TransverseMercator or None
        None for projections of other kinds.

    Examples
    --------
    >>> transverse_mercator(CRS(4526))
    TransverseMercator(meridian=114.0, easting_m=38500000.0, scale=1.0, latitude=0.0)
    """
    method, values = projection_values(crs)
    if method != "Transverse Mercator":
        return None
    return TransverseMercator(
        round(values.get("Longitude of natural origin", 0.0), 9),
        round(values.get("False easting", 0.0), 6),
        values.get("Scale factor at natural origin", 1.0),
        round(values.get("Latitude of natural origin", 0.0), 9),
    )


@lru_cache(maxsize=64)  # the search through the database takes up to half a second
def epsg_code(crs: CRS) -> int | None:
    """EPSG code of a CRS, also of one that only equals it.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    int or None
        None for systems without a code, such as those of a city.

    Examples
    --------
    >>> epsg_code(CRS(CRS(4547).to_wkt("WKT1_ESRI")))
    4547
    """
    code: int | None = crs.to_epsg()
    return code


def area_of_use(crs: CRS) -> Bounds | None:
    """Longitudes and latitudes that a CRS is made for.

    A definition without one, such as that of a .prj file, has that of the EPSG code which it
    equals.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    tuple of float or None
        West, south, east, north in degrees; west is the larger across the date line.

    Examples
    --------
    >>> area_of_use(CRS(CRS(4547).to_wkt("WKT1_ESRI")))
    (112.5, 21.52, 115.5, 45.45)
    """
    flat = horizontal(crs)
    use, code = flat.area_of_use, epsg_code(flat)
    if use is None and code is not None:
        use = CRS(code).area_of_use
    return None if use is None else (use.west, use.south, use.east, use.north)


def degrees_outside(lon: float, lat: float, use: Bounds) -> float:
    """How far a place lies outside an area of use.

    Parameters
    ----------
    lon, lat
        The place, in degrees.
    use
        West, south, east, north.

    Returns
    -------
    float
        Degrees, the larger of the two directions; 0 inside.

    Examples
    --------
    >>> degrees_outside(117.5, 30.0, (112.5, 22.0, 115.5, 41.0))
    2.0
    """
    west, south, east, north = use
    wide = (east - west) % 360 or 360.0
    east_of = (lon - west) % 360
    beside = 0.0 if east_of <= wide else min(east_of - wide, 360 - east_of)
    return max(beside, south - lat, lat - north, 0.0)


def bounds_of(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> Bounds | None:
    """Bounds of a layer in its own coordinates.

    Parameters
    ----------
    shapes
        Table or series; missing and empty geometry is passed over.

    Returns
    -------
    tuple of float or None
        West, south, east, north; None if there is no geometry.

    Examples
    --------
    >>> import geopandas as gpd
    >>> bounds_of(gpd.GeoSeries.from_wkt(["POINT (1 2)", None, "POINT (3 4)"]))
    (1.0, 2.0, 3.0, 4.0)
    """
    west, south, east, north = map(float, shapes.total_bounds)
    return None if np.isnan(west) else (west, south, east, north)


def span(low: float, high: float) -> str:
    """Two coordinates in metres for a message, also of wild ones.

    Parameters
    ----------
    low, high
        Smallest and largest coordinate.

    Returns
    -------
    str
        Such as ``512000 to 513000``.

    Examples
    --------
    >>> span(512_000.4, 513_000.0), span(-1.7e308, 5.0)
    ('512000 to 513000', '-1.7e+308 to 5')
    """
    return " to ".join(f"{v:.0f}" if abs(v) < WILD_M else f"{v:.2g}" for v in (low, high))


def lonlat_bounds(bounds: Bounds, crs: CRS) -> Bounds | None:
    """Longitudes and latitudes that data span, from their bounds in a CRS.

    Parameters
    ----------
    bounds
        West, south, east, north in `crs`.
    crs
        Any CRS on Earth.

    Returns
    -------
    tuple of float or None
        Degrees; None where they lie nowhere on Earth.

    Examples
    --------
    >>> [round(v, 2) for v in lonlat_bounds((500000, 3.4e6, 500100, 3.4001e6), CRS(4547))]
    [114.0, 30.72, 114.0, 30.72]
    """
    if not np.isfinite(bounds).all():
        return None
    try:
        found = Transformer.from_crs(crs, 4326, always_xy=True).transform_bounds(*bounds)
    except ProjError:  # a local system has no place on Earth
        return None
    west, south, east, north = found
    sound = np.isfinite(found).all() and west <= east and -90 <= south <= north <= 90  # noqa: PLR2004
    return (west, south, east, north) if sound else None


def scale_errors(crs: CRS, bounds: Bounds) -> tuple[float, float] | None:
    """How far lengths and areas in a projection are off those on the ellipsoid, at worst.

    Parameters
    ----------
    crs
        A projected CRS.
    bounds
        Longitudes and latitudes of the data: west, south, east, north.

    Returns
    -------
    tuple of float or None
        Errors of length and area at the middle, corner or side that is drawn worst, in parts per
        million and with their sign; None where the projection cannot tell.

    Examples
    --------
    >>> length_ppm, area_ppm = scale_errors(CRS(4547), (116.9, 29.9, 117.0, 30.0))
    >>> round(length_ppm), round(area_ppm)
    (1036, 2073)
    """
    west, south, east, north = bounds
    lon, lat = np.meshgrid(np.linspace(west, east, 3), np.linspace(south, north, 3))
    try:
        factors = Proj(horizontal(crs)).get_factors(lon.ravel(), lat.ravel())
    except (ProjError, ValueError):
        return None
    axes = np.array([factors.tissot_semimajor, factors.tissot_semiminor]).ravel() - 1
    areas = np.asarray(factors.areal_scale) - 1
    if not (np.isfinite(axes).all() and np.isfinite(areas).all()):
        return None
    length, area = axes[np.abs(axes).argmax()], areas[np.abs(areas).argmax()]
    return float(length * PPM), float(area * PPM)
