"""What the shapes of a layer say: the metric CRS to compute in, and the unit of recorded areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from shapely import box

from gisland.base.crs import check_coordinates, choose_analysis_crs
from gisland.base.errors import CRSError
from gisland.base.gausskrueger import gk_code, prefix_zone
from gisland.layers.source import unit_factors
from gisland.layers.values import to_number

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

    from gisland.layers.glimpse import Glimpse

UNIT_SHARE = 0.02  # how far the median of drawn to recorded areas may be off a unit's factor
WGS84 = 4326
NO_CODE = "EPSG:…"
_FAILURES = (CRSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class AnalysisCRS:
    """The CRS that a run computes in: which, why, and whether the project file must name it."""

    crs: CRS | None
    needed: bool
    why: str


@dataclass(frozen=True)
class AreaUnit:
    """The unit that drawn areas give a column of recorded ones; empty if none fits or can be told.

    Parameters
    ----------
    unit
        Key of ``base.units.AREA_M2``, or empty.
    why
        The evidence, in words.
    compared
        Whether there was anything to compare.
    """

    unit: str
    why: str
    compared: bool = False


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


def area_unit(glimpse: Glimpse, source: str) -> AreaUnit:
    """Unit of a column of recorded areas, by comparing them with the drawn ones.

    Parameters
    ----------
    glimpse
        The layer; only the rows of its sample are compared.
    source
        The column.

    Returns
    -------
    AreaUnit
        The unit whose factor the median of drawn m² to recorded value meets within
        ``UNIT_SHARE``, if there is one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.glimpse import Glimpse
    >>> square = box(512000, 3400000, 512100, 3400100)
    >>> table = gpd.GeoDataFrame({"ZDMJ": [15.0]}, geometry=[square], crs=4547)
    >>> found = area_unit(Glimpse(Path("a"), None, "a", 1, "polygons", square.bounds, None, table),
    ...                   "ZDMJ")
    >>> found.unit, found.why
    ('mu', 'drawn m² / recorded value: median 666.7 of 1 row')
    """
    crs = analysis_crs(glimpse).crs
    if crs is None:
        return AreaUnit("", "not compared with drawn areas: no sound coordinate system")
    recorded = to_number(glimpse.sample[source])[0]
    drawn = _drawn(gpd.GeoDataFrame(glimpse.sample), crs)
    ratio = (drawn / recorded)[(recorded > 0) & (drawn > 0)]
    ratio = ratio[np.isfinite(ratio)]
    if ratio.empty:
        return AreaUnit("", "not compared with drawn areas: none is recorded in the rows looked at")
    median = float(ratio.median())
    rows = "1 row" if len(ratio) == 1 else f"{len(ratio)} rows"
    why = f"drawn m² / recorded value: median {median:.4g} of {rows}"
    factors = unit_factors("recorded_area_m2")
    fits = [unit for unit, factor in factors.items() if abs(median / factor - 1) <= UNIT_SHARE]
    return AreaUnit(fits[0] if fits else "", why, compared=True)


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


def _drawn(sample: gpd.GeoDataFrame, crs: CRS) -> pd.Series:
    with np.errstate(all="ignore"):  # coordinates that are not on Earth give no area
        return sample.geometry.force_2d().to_crs(crs).area
