"""What the coordinates of a layer say of its CRS: the metric one to compute in, a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
from shapely import box

from gisland.base.crs import check_coordinates, choose_analysis_crs
from gisland.base.errors import CRSError
from gisland.base.gausskrueger import gk_code, prefix_zone

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.layers.glimpse import Glimpse

WGS84 = 4326
NO_CODE = "EPSG:…"
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
    >>> from gisland.layers.glimpse import Glimpse
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


def crs_hint(bounds: tuple[float, float, float, float] | None) -> tuple[str, str]:
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
    west, south, east, north = bounds
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:  # noqa: PLR2004
        return "EPSG:4490", "these are degrees (4490 CGCS2000, 4326 WGS84)"
    zone = prefix_zone(west, east)
    if zone:
        code = f"EPSG:{gk_code(zone, prefixed=True)}"
        return code, f"eastings carry the prefix of 3-degree zone {zone}, if the datum is CGCS2000"
    return NO_CODE, f"x from {west:.0f} to {east:.0f} does not tell the zone"
