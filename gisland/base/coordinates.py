"""Whether coordinates can be what their CRS says: degrees, metres, axis order, zone prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.gausskrueger import Fault, gk_code, prefix_zone, zone_fault
from gisland.base.projections import area_of_use, degrees_outside, projection_values, span

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.base.projections import Bounds

USE_MARGIN_DEGREES = 1.5  # beyond the area of use in which a CRS still serves
WIDE_DEGREES = 60  # that a layer may span
ORIGIN_M = 10_000.0  # false easting and northing of a grid whose origin is nearby, at most
LOCAL_GRID = '"+proj=tmerc +lat_0=… +lon_0=… +x_0=… +y_0=… +ellps=GRS80 +units=m"'


def coordinate_fault(crs: CRS, bounds: Bounds) -> Fault | None:
    """What the coordinates of a layer contradict in its CRS.

    Parameters
    ----------
    crs
        The CRS that the layer is marked with.
    bounds
        West, south, east, north of the layer, in `crs`.

    Returns
    -------
    Fault or None
        None if nothing is wrong.

    Examples
    --------
    >>> from pyproj import CRS
    >>> coordinate_fault(CRS(4326), (30.1, 114.1, 30.2, 114.2)).what
    'x from 30.1000 to 30.2000 is a latitude and y from 114.1000 to 114.2000 a longitude: the two \
are swapped'
    """
    west, south, east, north = bounds
    degrees = are_degrees(bounds)
    if crs.is_geographic:
        return _latitude_first(crs, bounds) if degrees else _not_degrees(bounds)
    if not crs.is_projected:
        return None
    if degrees and east - west < WIDE_DEGREES and not _is_local(crs, bounds):
        return Fault(
            f"x from {west:.4f} to {east:.4f} and y from {south:.4f} to {north:.4f} look like"
            " degrees",
            "declare the geographic system they are in, such as EPSG:4490; if they are metres of a"
            f" local grid, declare that grid with its origin: crs = {LOCAL_GRID}",
        )
    return zone_fault(crs, bounds)


def are_degrees(bounds: Bounds) -> bool:
    """Whether coordinates may be longitudes and latitudes.

    Parameters
    ----------
    bounds
        West, south, east, north.

    Returns
    -------
    bool
        False of metres, but for those near an origin.

    Examples
    --------
    >>> are_degrees((114.1, 30.1, 114.2, 30.2)), are_degrees((30.1, 114.1, 30.2, 114.2))
    (True, False)
    """
    west, south, east, north = bounds
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90  # noqa: PLR2004


def _not_degrees(bounds: Bounds) -> Fault:
    """Why coordinates beyond degrees cannot be geographic ones, and the remedy."""
    west, south, east, north = bounds
    if are_degrees((south, west, north, east)):
        return _swapped(bounds)
    if -180 <= west <= east <= 180:  # noqa: PLR2004
        return Fault(
            f"y runs from {span(south, north)}, which are not degrees",
            "mend these shapes, or declare the system that their coordinates are in",
        )
    zone = prefix_zone(west, east)
    code = gk_code(zone.number, prefixed=True, width=zone.width) if zone else None
    return Fault(
        f"x runs from {span(west, east)}, which are not degrees",
        f"declare the projected system they are in{f', probably EPSG:{code}' if code else ''}",
    )


def _latitude_first(crs: CRS, bounds: Bounds) -> Fault | None:
    """Whether data outside the area of use of a geographic CRS lie inside with axes swapped."""
    use = area_of_use(crs)
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if use is None or degrees_outside(x, y, use) <= USE_MARGIN_DEGREES:
        return None
    return None if degrees_outside(y, x, use) else _swapped(bounds)


def _swapped(bounds: Bounds) -> Fault:
    west, south, east, north = bounds
    return Fault(
        f"x from {west:.4f} to {east:.4f} is a latitude and y from {south:.4f} to {north:.4f} a"
        " longitude: the two are swapped",
        "swap them, or export the layer again with the longitude first",
    )


def _is_local(crs: CRS, bounds: Bounds) -> bool:
    """Whether small coordinates are metres of a grid whose own origin is nearby."""
    values = projection_values(crs)[1]
    false = [abs(values.get(f"False {name}", ORIGIN_M + 1)) for name in ("easting", "northing")]
    nearby = max(false) <= ORIGIN_M and values.get("Latitude of natural origin", 0.0) != 0.0
    return nearby and max(bounds[2] - bounds[0], bounds[3] - bounds[1]) >= 1.0  # metres across
