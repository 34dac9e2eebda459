"""Coordinate systems: metric or refused, zone prefixes told apart, areas on a stated basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from gisland.base.errors import CRSError
from gisland.base.gausskrueger import CGCS2000, GK_ZONES, check_zone, gk_code, zone_hint

if TYPE_CHECKING:
    import pandas as pd


USE_MARGIN = 1.5  # degrees beyond the area of use in which a CRS still serves


def require_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries, *, what: str) -> None:
    """Refuse a table whose coordinates are not metres on an honest projection.

    Parameters
    ----------
    frame
        Table or series to look at.
    what
        Its name in the message.

    Raises
    ------
    CRSError
        If the CRS is missing, geographic, in feet, or a (Web) Mercator.

    Examples
    --------
    >>> require_metric(gpd.GeoSeries([], crs=3857), what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.CRSError: parcels: EPSG:3857 is not metric (Mercator inflates areas, by \
1.2 to 1.7 in China); reproject first, or set [project] crs to a metric code such as EPSG:4547
    """
    if frame.crs is None:
        raise CRSError(
            f"{what}: no coordinate system is known",
            do=f'declare it: [layers.{what}] crs = "EPSG:…", or add the missing .prj file',
        )
    reason = not_metric_because(frame.crs)
    if reason:
        raise CRSError(
            f"{what}: {crs_name(frame.crs)} is not metric ({reason})",
            do=f"reproject first, or set [project] crs to a metric code such as {_fitting(frame)}",
        )


def not_metric_because(crs: CRS) -> str:
    """Why areas and lengths may not be taken in this CRS; empty if they may.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    str
        A reason in a few words, or an empty string.

    Examples
    --------
    >>> not_metric_because(CRS(4490))
    'geographic, in degrees'
    >>> not_metric_because(CRS(4547))
    ''
    """
    if crs.is_geographic:
        return "geographic, in degrees"
    if not crs.is_projected:
        return "not projected"
    units = sorted({a.unit_name for a in crs.axis_info if a.unit_name != "metre"})
    if units:
        return f"in {units[0]}"
    operation = crs.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    if "mercator" in method and "transverse" not in method and "oblique" not in method:
        return "Mercator inflates areas, by 1.2 to 1.7 in China"
    return ""


def crs_name(crs: CRS) -> str:
    """Short name of a CRS: its EPSG code where there is one, else its own name.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    str
        For people; not meant to be parsed.

    Examples
    --------
    >>> crs_name(CRS(4547))
    'EPSG:4547'
    """
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name


def check_coordinates(frame: gpd.GeoDataFrame, *, what: str) -> None:
    """Hold the CRS of a layer against its own coordinates.

    Parameters
    ----------
    frame
        Table with a CRS; empty and missing geometry is passed over.
    what
        Its name in the message.

    Raises
    ------
    CRSError
        If degrees carry a metric code or the reverse, or if the zone prefix of the eastings
        contradicts the declared Gauss-Krueger zone; the message names the right code.

    Examples
    --------
    >>> from shapely import box
    >>> wrong = gpd.GeoDataFrame(geometry=[box(512000, 3400000, 512100, 3400100)], crs=4526)
    >>> check_coordinates(wrong, what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.CRSError: parcels: marked EPSG:4526, but eastings 512000 to 512100 carry \
no zone prefix; declare EPSG:4547 (same zone without prefix) if zone 38 is right
    """
    west, south, east, north = frame.total_bounds
    if frame.crs is None or np.isnan(west):
        return
    name = crs_name(frame.crs)
    in_degrees = -180 <= west <= east <= 180 and -90 <= south <= north <= 90  # noqa: PLR2004
    if frame.crs.is_geographic and not in_degrees:
        raise CRSError(
            f"{what}: marked {name}, but x runs from {west:.0f} to {east:.0f}, which are not"
            " degrees",
            do=f"declare the projected system they are in{zone_hint(west, east)}",
        )
    if frame.crs.is_projected and in_degrees and (east - west) < 60:  # noqa: PLR2004
        raise CRSError(
            f"{what}: marked {name}, but x from {west:.4f} to {east:.4f} and y from {south:.4f}"
            f" to {north:.4f} look like degrees",
            do="declare the geographic system they are in, such as EPSG:4490",
        )
    if frame.crs.is_projected:
        check_zone(frame.crs, west, east, what=what)


def choose_analysis_crs(parcels: gpd.GeoDataFrame, *, wanted: str | None = None) -> tuple[CRS, str]:
    """Metric CRS in which a run computes, and why that one.

    Parameters
    ----------
    parcels
        The parcel layer, with its CRS.
    wanted
        The project file's choice, if any.

    Returns
    -------
    pyproj.CRS
        A metric CRS.
    str
        How it was chosen, for the run's record.

    Raises
    ------
    CRSError
        If no CRS is known, the wanted one is not metric or not made for
        this place, or none can be chosen without a guess.

    Examples
    --------
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(geometry=[box(114.1, 30.1, 114.2, 30.2)], crs=4490)
    >>> crs, why = choose_analysis_crs(frame)
    >>> crs.to_epsg(), why
    (4547, '3-degree Gauss-Krüger zone 38 of the data')
    """
    if parcels.crs is None:
        require_metric(parcels, what="parcels")
    if wanted is not None:
        crs = parse_crs(wanted, what="[project] crs")
        reason = not_metric_because(crs)
        if reason:
            raise CRSError(
                f"[project] crs: {crs_name(crs)} is not metric ({reason})",
                do=f"name a metric code such as {_fitting(parcels)}",
            )
        _require_in_use(parcels, crs, what="[project] crs")
        return crs, "named in the project file"
    if not not_metric_because(parcels.crs):
        _require_in_use(parcels, parcels.crs, what="parcels")
        return parcels.crs, "the parcel layer's own"
    crs84 = parcels.crs.to_authority() == ("OGC", "CRS84")  # GeoParquet's name of WGS84
    if not crs84 and parcels.crs.to_epsg(min_confidence=20) not in {CGCS2000, 4326, 4979}:
        require_metric(parcels, what="parcels")
    middle = _middle(parcels)
    if middle is None:
        raise CRSError(
            "parcels: there are no coordinates to choose a metric system by",
            do="check the layer, or set [project] crs to a metric code such as EPSG:4547",
        )
    return _metric_at(*middle)


def _metric_at(lon: float, lat: float) -> tuple[CRS, str]:
    """Metric CRS for a place, and what it is."""
    zone = round(lon / 3)
    use = CRS(CGCS2000).area_of_use
    if use and use.west <= lon <= use.east and use.south <= lat <= use.north and zone in GK_ZONES:
        return CRS(gk_code(zone, prefixed=False)), f"3-degree Gauss-Krüger zone {zone} of the data"
    utm = (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1
    return CRS(utm), "UTM zone of the data, outside China"


def _middle(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of the data; None without any."""
    west, south, east, north = frame.total_bounds
    if np.isnan(west):
        return None
    way = Transformer.from_crs(frame.crs, 4326, always_xy=True)
    lon, lat = way.transform((west + east) / 2, (south + north) / 2)
    return (lon, lat) if np.isfinite([lon, lat]).all() else None


def _fitting(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    """Code of a metric CRS for these data, to be named in a message."""
    middle = _middle(frame)
    return crs_name(_metric_at(*middle)[0]) if middle else "EPSG:4547"


def _require_in_use(parcels: gpd.GeoDataFrame, crs: CRS, *, what: str) -> None:
    """Refuse a CRS that is not made for the place of the data: its areas would be wrong."""
    use, middle = crs.area_of_use, _middle(parcels)
    if use is None or middle is None:
        return
    lon, lat = middle
    east_of, north_of = (lon - use.west) % 360, lat - use.south
    wide, high = (use.east - use.west) % 360 or 360.0, use.north - use.south
    inside = (east_of <= wide + USE_MARGIN or east_of >= 360 - USE_MARGIN) and (
        -USE_MARGIN <= north_of <= high + USE_MARGIN
    )
    if not inside:
        raise CRSError(
            f"{what}: {crs_name(crs)} is made for {use.west:g} to {use.east:g}° east and"
            f" {use.south:g} to {use.north:g}° north, but the parcels lie near {lon:.1f}° east,"
            f" {lat:.1f}° north",
            do=f"use a metric code for that place, such as {_fitting(parcels)}",
        )


def parse_crs(text: str, *, what: str) -> CRS:
    """CRS from a code or definition given by the user.

    Parameters
    ----------
    text
        Such as ``EPSG:4547``, a PROJ string or WKT.
    what
        Where it was given, for the message.

    Returns
    -------
    pyproj.CRS
        The parsed CRS.

    Raises
    ------
    CRSError
        If it cannot be understood.

    Examples
    --------
    >>> parse_crs("EPSG:4547", what="[project] crs").to_epsg()
    4547
    """
    try:
        return CRS.from_user_input(text)
    except Exception as error:
        raise CRSError(f"{what} = {text!r} is not a known CRS", do="use EPSG:…") from error


def areas_m2(geometry: gpd.GeoSeries, *, basis: str) -> pd.Series:
    """Area of each polygon on a stated basis.

    The ellipsoidal area is taken on a Lambert azimuthal equal-area projection of the same
    ellipsoid, centred on the data; it agrees with the trapezoid formula of the national land
    survey (国土调查办发〔2008〕32号) to better than 0.001 m² on a parcel.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS; missing geometry is allowed.
    basis
        ``plane`` or ``ellipsoidal``.

    Returns
    -------
    pandas.Series
        Square metres, named ``area_m2``, on the index of `geometry`; missing where it is.

    Raises
    ------
    CRSError
        If the CRS is not metric.

    Examples
    --------
    >>> from shapely import box
    >>> square = gpd.GeoSeries([box(650000, 3400000, 650100, 3400100)], crs=4547)
    >>> areas_m2(square, basis="plane").round(2).item()
    10000.0
    >>> areas_m2(square, basis="ellipsoidal").round(2).item()
    9994.45
    """
    require_metric(geometry, what="geometry")
    flat = geometry
    values = geometry.to_numpy()
    present = ~shapely.is_missing(values) & ~shapely.is_empty(values)
    if basis == "ellipsoidal" and present.any():
        geographic = geometry.to_crs(geometry.crs.geodetic_crs)
        west, south, east, north = geographic.total_bounds
        ellipsoid = geometry.crs.ellipsoid
        flat = geographic.to_crs(
            f"+proj=laea +lat_0={(south + north) / 2} +lon_0={(west + east) / 2}"
            f" +a={ellipsoid.semi_major_metre} +rf={ellipsoid.inverse_flattening} +units=m"
        )
    return flat.area.where(present).rename("area_m2")
