"""Coordinate systems: metric or refused, held against the coordinates, areas on a stated basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import ProjError

from gisland.base.coordinates import USE_MARGIN_DEGREES, coordinate_fault
from gisland.base.datums import CGCS2000, OLD_CHINA, WGS84, datum_name
from gisland.base.errors import CRSError, GeometryError
from gisland.base.gausskrueger import GK_ZONES, gk_code
from gisland.base.middle import far_from, median_place
from gisland.base.projections import (
    area_of_use,
    bounds_of,
    degrees_outside,
    epsg_code,
    horizontal,
    projection_values,
    scale_errors,
)

if TYPE_CHECKING:
    import pandas as pd

AREA_ERROR_PPM = 10_000.0  # a projection that is further off is none to take areas in
EDGE_M = 50.0  # longest piece of a boundary that stays straight in another projection
MOST_PIECES = 2000  # across a shape: larger ones are cut into longer pieces
WORLD = (-180.0, -90.0, 180.0, 90.0)


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
    GeometryError
        If there is no geometry at all.

    Examples
    --------
    >>> require_metric(gpd.GeoSeries([], crs=3857), what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.CRSError: parcels: EPSG:3857 is not metric (Mercator inflates areas, by \
1.2 to 1.7 in China); reproject first, or set [project] crs to a metric code such as EPSG:4547
    """
    if not hasattr(frame, "crs"):
        raise GeometryError(
            f"{what}: {type(frame).__name__} without geometry",
            do="give a GeoDataFrame with a geometry column",
        )
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
    flat = horizontal(crs)
    if flat.is_engineering:
        return "a local system: where it lies on Earth is not known"
    if not (flat.is_geographic or flat.is_projected):
        return "not projected"
    units = sorted({a.unit_name for a in flat.axis_info if a.unit_conversion_factor != 1})
    if flat.is_geographic:
        return f"geographic, in {units[0].lower()}s"
    if units:
        return f"in {units[0]}"
    method = projection_values(flat)[0]
    if "mercator" in method.lower() and not {"transverse", "oblique"} & set(method.lower().split()):
        return "Mercator inflates areas, by 1.2 to 1.7 in China"
    return "" if _is_computable(flat) else f"its projection {method!r} is not known"


def _is_computable(crs: CRS) -> bool:
    """Whether PROJ knows how the projection is computed."""
    try:
        Proj(crs)
    except ProjError:
        return False
    return True


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
    code = epsg_code(crs)
    if code:
        return f"EPSG:{code}"
    written = str(crs.srs).removesuffix(" +type=crs")
    return written if crs.name == "unknown" and written.startswith("+") else str(crs.name)


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
    bounds = bounds_of(frame)
    fault = coordinate_fault(frame.crs, bounds) if frame.crs is not None and bounds else None
    if fault:
        raise CRSError(f"{what}: marked {crs_name(frame.crs)}, but {fault.what}", do=fault.do)


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
    datum = datum_name(parcels.crs)
    if not parcels.crs.is_geographic or datum not in {CGCS2000, WGS84, *OLD_CHINA}:
        require_metric(parcels, what="parcels")
    middle = median_place(parcels)
    if middle is None:
        raise CRSError(
            "parcels: there are no coordinates to choose a metric system by",
            do="check the layer, or set [project] crs to a metric code such as EPSG:4547",
        )
    crs, why = _metric_at(*middle, datum=datum)
    _require_in_use(parcels, crs, what="parcels")
    return crs, why


def _metric_at(lon: float, lat: float, *, datum: str) -> tuple[CRS, str]:
    """Metric CRS for a place, on its own datum where that is an old one of China."""
    zone = round(lon / 3)
    in_china = degrees_outside(lon, lat, area_of_use(CRS(4490)) or WORLD) == 0 and zone in GK_ZONES
    if datum in OLD_CHINA:
        if not in_china:
            raise CRSError(
                f"parcels: marked with {datum}, a datum of China, but they lie near {lon:.1f}°"
                f" east, {lat:.1f}° north",
                do="declare the CRS they are in",
            )
        why = f"3-degree Gauss-Krüger zone {zone} of the data, on their own datum {datum}"
        return CRS(gk_code(zone, prefixed=False, datum=datum)), why
    if in_china:
        return CRS(gk_code(zone, prefixed=False)), f"3-degree Gauss-Krüger zone {zone} of the data"
    utm = (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1
    return CRS(utm), "UTM zone of the data, outside China"


def _fitting(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    """Code of a metric CRS for these data, to be named in a message."""
    middle = median_place(frame)
    if middle is None:
        return "EPSG:4547"
    datum = datum_name(frame.crs)
    return crs_name(_metric_at(*middle, datum=datum if datum in OLD_CHINA else WGS84)[0])


def _require_in_use(parcels: gpd.GeoDataFrame, crs: CRS, *, what: str) -> None:
    """Refuse a CRS that is not made for the place of the data: its areas would be wrong."""
    use, middle = area_of_use(crs), median_place(parcels)
    if middle is None:
        return
    lon, lat = middle
    far = far_from(parcels, lon=lon, lat=lat)
    most = "most of the parcels" if far else "the parcels"
    rest = ", and these elsewhere" if far else ""
    if use is not None and degrees_outside(lon, lat, use) > USE_MARGIN_DEGREES:
        west, south, east, north = use
        raise CRSError(
            f"{what}: {crs_name(crs)} is made for {west:g} to {east:g}° east and"
            f" {south:g} to {north:g}° north, but {most} lie near {lon:.1f}° east,"
            f" {lat:.1f}° north{rest}",
            do=f"use a metric code for that place, such as {_fitting(parcels)}",
            ids=far,
        )
    errors = scale_errors(crs, (lon, lat, lon, lat))
    if errors and abs(errors[1]) > AREA_ERROR_PPM:
        raise CRSError(
            f"{what}: in {crs_name(crs)}, areas are off by {errors[1] / 1e4:+.1f} % where"
            f" {most} lie, near {lon:.1f}° east, {lat:.1f}° north{rest}",
            do=f"use a metric code for that place, such as {_fitting(parcels)}",
            ids=far,
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
        The parsed CRS, without heights.

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
        crs = CRS.from_user_input(text)
    except Exception as error:
        raise CRSError(f"{what} = {text!r} is not a known CRS", do="use EPSG:…") from error
    return CRS(crs.sub_crs_list[0]) if crs.is_compound else crs


def areas_m2(geometry: gpd.GeoSeries, *, basis: str) -> pd.Series:
    """Area of each polygon on a stated basis.

    The ellipsoidal area is taken on a Lambert azimuthal equal-area projection of the same
    ellipsoid, for the shape whose edges are straight in the CRS of the data; it agrees with the
    trapezoid formula of the national land survey (国土调查办发〔2008〕32号), vertices 5 m apart, to
    better than 0.001 m² on a parcel of 6 ha.

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
        crs = horizontal(geometry.crs)
        west, south, east, north = shapely.bounds(values).T
        # Pieces so short that they stay straight: no area depends on where other shapes lie.
        longest = np.fmax(EDGE_M, np.hypot(east - west, north - south) / MOST_PIECES)
        pieces = gpd.GeoSeries(shapely.segmentize(values, longest), geometry.index, crs)
        flat = pieces.to_crs(_equal_area(pieces))
    return flat.area.where(present).rename("area_m2")


def _equal_area(shapes: gpd.GeoSeries) -> CRS:
    """Equal-area projection of the same ellipsoid, centred on the shapes."""
    lon, lat = median_place(shapes) or (0.0, 0.0)
    return CRS.from_dict(
        {
            "proj": "laea",
            "lat_0": lat,
            "lon_0": lon,
            "a": shapes.crs.ellipsoid.semi_major_metre,
            "b": shapes.crs.ellipsoid.semi_minor_metre,
            "units": "m",
        }
    )
