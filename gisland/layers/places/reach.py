"""How far a layer reaches: beyond the area its CRS is made for, and from where it draws true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.coordinates import USE_MARGIN_DEGREES
from gisland.base.crs import AREA_ERROR_PPM, crs_name
from gisland.base.projections import (
    area_of_use,
    bounds_of,
    degrees_outside,
    lonlat_bounds,
    scale_errors,
    transverse_mercator,
)
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

    from gisland.layers.source import Source

FAR_DEGREES = 3.0  # from the central meridian: the edge of a 6-degree zone
FAR_PPM = 2000.0  # error of lengths in other projections


def beyond_use(table: gpd.GeoDataFrame, source: Source) -> list[Finding]:
    """Tell where a layer reaches beyond the area that its CRS is made for.

    Up to ``USE_MARGIN_DEGREES`` (1.5) beyond is tolerated: layers overlap the edges of zones.

    Parameters
    ----------
    table
        A layer in its own CRS.
    source
        Its declaration.

    Returns
    -------
    list of dict
        One finding, or none: also where no area of use is known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> far = gpd.GeoDataFrame(geometry=[box(118.0, 30.0, 118.1, 30.1)], crs=4326).to_crs(4547)
    >>> [f["code"] for f in beyond_use(far, Source("zoning", "a.shp"))]
    ['outside_use']
    """
    bounds, use = bounds_of(table), area_of_use(table.crs)
    place = lonlat_bounds(bounds, table.crs) if bounds else None
    if use is None or place is None:
        return []
    west, south, east, north = place
    corners = [(lon, lat) for lon in (west, east) for lat in (south, north)]
    beyond = max(degrees_outside(lon, lat, use) for lon, lat in corners)
    if beyond <= USE_MARGIN_DEGREES:
        return []
    message = (
        f"{source.name}: spans {west:.2f} to {east:.2f}° east, {south:.2f} to {north:.2f}° north,"
        f" up to {beyond:.1f}° beyond the area that {crs_name(table.crs)} is made for"
        f" ({use[0]:g} to {use[2]:g}° east, {use[1]:g} to {use[3]:g}° north); check its shapes and"
        " its coordinate system"
    )
    return [finding("outside_use", message, in_=source)]


def distortion(table: gpd.GeoDataFrame, crs: CRS, source: Source) -> list[Finding]:
    """Tell where lengths and plane areas in a CRS are far off those on the ellipsoid.

    Parameters
    ----------
    table
        A layer in its own CRS.
    crs
        The CRS in which it is measured.
    source
        Its declaration.

    Returns
    -------
    list of dict
        One finding, or none: the layer lies within 3 degrees of the central meridian, or the
        errors of length are at most ``FAR_PPM`` in another projection.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> far = gpd.GeoDataFrame(geometry=[box(117.9, 30.0, 118.0, 30.1)], crs=4490)
    >>> found = distortion(far, CRS(4547), Source("parcels", "a.shp"))
    >>> [(f["code"], round(f["value"], 5)) for f in found]
    [('scale_error', 0.00368)]
    """
    bounds = bounds_of(table)
    place = lonlat_bounds(bounds, table.crs) if bounds else None
    errors = scale_errors(crs, place) if place else None
    if place is None or errors is None:
        return []
    length_ppm, area_ppm = errors
    zone = transverse_mercator(crs)
    away = max(abs(lon - zone.meridian) for lon in place[::2]) if zone else 0.0
    if away <= FAR_DEGREES and (zone or abs(length_ppm) <= FAR_PPM):
        return []
    where = f"up to {away:.1f}° from the central meridian {zone.meridian:g}° of" if zone else "in"
    message = (
        f"{source.name}: lies {where} {crs_name(crs)}: lengths are off by up to {length_ppm:+.0f}"
        f' ppm, plane areas by {area_ppm:+.0f} ppm; area_basis = "ellipsoidal" mends areas, not'
        " lengths"
    )
    severity = "error" if abs(area_ppm) > AREA_ERROR_PPM else "warning"
    return [
        finding(
            "scale_error",
            message,
            in_=source,
            severity=severity,
            value=area_ppm / 1e6,
            unit="share",
        )
    ]
