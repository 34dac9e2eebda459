"""What the coordinates of a layer say of its CRS: the metric one to compute in, a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
from shapely import box

from gisland.base.coordinates import are_degrees
from gisland.base.crs import check_coordinates, choose_analysis_crs
from gisland.base.errors import CRSError
from gisland.base.gausskrueger import (
    EASTINGS_M,
    NORTHINGS_M,
    ZONE_M,
    Zone,
    gk_code,
    prefix_zone,
)
from gisland.base.projections import WILD_M, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproj import CRS

    from gisland.base.projections import Bounds
    from gisland.layers.proposing.glimpse import Glimpse

WGS84 = 4326
NO_CODE = "EPSG:…"
CHINA_DEGREES = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north
MERCATOR_M = (8_000_000.0, 15_200_000.0, 330_000.0, 7_200_000.0)  # of China: x, then y
FAR_MERCATOR_M = 6_000_000.0  # x of Web Mercator in America
LOCAL = 100.0  # largest coordinate that may be degrees as well as metres of a local grid
_FAILURES = (CRSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class AnalysisCRS:
    """The CRS that a run computes in: which, why, and whether the project file must name it."""

    crs: CRS | None
    needed: bool
    why: str


def analysis_crs(glimpse: Glimpse) -> AnalysisCRS:
    """Metric CRS for a parcel layer: what a run takes, or what the project file must name.

    Parameters
    ----------
    glimpse
        The layer.

    Returns
    -------
    AnalysisCRS
        Without a CRS where the layer's own is unknown or cannot be right.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.proposing.glimpse import Glimpse
    >>> feet = gpd.GeoDataFrame(geometry=[box(1.1e6, 5.7e5, 1.2e6, 5.8e5)], crs=2264)
    >>> extent = (1.1e6, 5.7e5, 1.2e6, 5.8e5)
    >>> found = analysis_crs(Glimpse(Path("a"), None, "a", 1, "polygons", extent, None, feet))
    >>> found.crs.to_epsg(), found.needed
    (32617, True)
    """
    if glimpse.crs is None or glimpse.bounds is None:
        return AnalysisCRS(None, needed=False, why="found once the parcels' own system is known")
    frame = gpd.GeoDataFrame(geometry=[box(*glimpse.bounds)], crs=glimpse.crs)
    try:
        check_coordinates(frame, what=glimpse.name)
    except CRSError as error:
        return AnalysisCRS(None, needed=False, why=str(error))
    try:
        crs, why = choose_analysis_crs(frame)
    except CRSError as error:
        reason = error.what.removeprefix("parcels: ")
        try:
            near = choose_analysis_crs(frame.to_crs(WGS84))[0]
        except _FAILURES:
            return AnalysisCRS(None, needed=True, why=reason)
        return AnalysisCRS(near, needed=True, why=reason)
    except _FAILURES:
        return AnalysisCRS(None, needed=True, why="the data are not in one metric zone")
    return AnalysisCRS(crs, needed=False, why=why)


def crs_hint(bounds: Bounds | None) -> tuple[str, str]:
    """What the coordinates themselves say about a missing CRS.

    Parameters
    ----------
    bounds
        West, south, east, north, if there are any.

    Returns
    -------
    str
        An EPSG code, or a placeholder.
    str
        What speaks for it.

    Examples
    --------
    >>> crs_hint((38_512_000.0, 3.4e6, 38_512_100.0, 3.5e6))[0]
    'EPSG:4526'
    """
    if bounds is None:
        return NO_CODE, "there are no coordinates to tell by"
    return next(_hints(bounds))


def _hints(bounds: Bounds) -> Iterator[tuple[str, str]]:
    """What coordinates may be, the likeliest first."""
    west, south, east, north = bounds
    swapped = (south, west, north, east)
    zone = prefix_zone(west, east)
    if max(map(abs, bounds)) > WILD_M:
        yield NO_CODE, f"x from {span(west, east)} is not on Earth: mend the shapes"
    if are_degrees(bounds):
        yield _of_degrees(bounds)
    if are_degrees(swapped):
        yield NO_CODE, "these are degrees with the latitude first: swap x and y"
    if _within((west, south), (east, north), MERCATOR_M):
        yield _of_mercator(zone)
    if zone:
        named = f"{zone.width}-degree zone {zone.number}"
        yield _code(zone), f"eastings carry the prefix of {named}, if the datum is CGCS2000"
    if _is_grid(swapped):
        yield NO_CODE, "x are northings and y eastings of a Gauss-Krueger zone: swap them"
    if _is_grid(bounds):
        why = (
            f"x from {span(west, east)} are metres of a 3-degree zone without prefix, or of"
            " a 6-degree or UTM zone; which zone cannot be told from the coordinates: of CGCS2000"
            " it is one of EPSG:4534 to 4554, 4509 + a third of the central meridian, such as 4547"
            " for 114° east"
        )
        yield NO_CODE, why
    if west < -FAR_MERCATOR_M and abs(south) < -west:
        yield NO_CODE, "they look like Web Mercator (EPSG:3857), which is no system for areas"
    why = (
        f"x from {span(west, east)} and y from {span(south, north)} are in no zone of"
        " China: they may be feet of a US state plane (such as EPSG:2264), another country's"
        " grid, or a local one"
    )
    yield NO_CODE, why


def _of_degrees(bounds: Bounds) -> tuple[str, str]:
    west, south, east, north = bounds
    west_most, south_most, east_most, north_most = CHINA_DEGREES
    if _within((west, south), (east, north), (west_most, east_most, south_most, north_most)):
        return "EPSG:4490", "these are degrees (4490 CGCS2000, 4326 WGS84)"
    wide = max(east - west, north - south) > 1
    if wide and max(map(abs, bounds)) < LOCAL:
        return NO_CODE, (
            "these are degrees (EPSG:4326), or metres of a local grid near its origin, whose"
            " definition is needed"
        )
    return f"EPSG:{WGS84}", "these are degrees (4326 WGS84)"


def _of_mercator(zone: Zone | None) -> tuple[str, str]:
    mercator = "Web Mercator (EPSG:3857), which is no system for areas"
    if zone is None:
        return NO_CODE, f"they look like {mercator}"
    return NO_CODE, f"they may be {mercator}, or carry the prefix of {zone} ({_code(zone)})"


def _code(zone: Zone) -> str:
    return f"EPSG:{gk_code(zone.number, prefixed=True, width=zone.width)}"


def _is_grid(bounds: Bounds) -> bool:
    """Whether these are eastings (without their prefix, if any) and northings of a zone."""
    west, south, east, north = bounds
    zone = prefix_zone(west, east)
    bare = zone.number * ZONE_M if zone else 0
    return _within((west - bare, south), (east - bare, north), (*EASTINGS_M, *NORTHINGS_M))


def _within(
    low: tuple[float, float], high: tuple[float, float], ranges: tuple[float, float, float, float]
) -> bool:
    """Whether x and y lie within ranges: least and largest x, then y."""
    return all(ranges[2 * i] <= low[i] and high[i] <= ranges[2 * i + 1] for i in (0, 1))
