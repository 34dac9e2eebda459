"""Gauss-Krueger zones of China: their codes, and the zone prefix of eastings."""

from __future__ import annotations

from pyproj import CRS

from gisland.base.errors import CRSError

GK_PREFIXED = 4488  # EPSG code minus zone number, CGCS2000 3-degree zones 25-45
GK_PLAIN = 4509
GK_ZONES = range(25, 46)
ZONE_M = 1_000_000
CGCS2000 = 4490


def gk_code(zone: int, *, prefixed: bool) -> int:
    """EPSG code of a CGCS2000 3-degree Gauss-Krueger zone.

    Parameters
    ----------
    zone
        Zone number, 25 to 45 (central meridian = 3 x zone degrees east).
    prefixed
        Whether eastings start with the zone number (39 500 000) or not (500 000).

    Returns
    -------
    int
        4513-4533 with prefix, 4534-4554 without.

    Raises
    ------
    CRSError
        If there is no such zone.

    Examples
    --------
    >>> gk_code(38, prefixed=True), gk_code(38, prefixed=False)
    (4526, 4547)
    """
    if zone not in GK_ZONES:
        raise CRSError(
            f"there is no CGCS2000 3-degree zone {zone}", do="use a zone from 25 to 45 (75-135° E)"
        )
    return (GK_PREFIXED if prefixed else GK_PLAIN) + zone


def prefix_zone(west: float, east: float) -> int | None:
    """3-degree zone whose prefix all eastings carry.

    Parameters
    ----------
    west, east
        Smallest and largest easting, in metres.

    Returns
    -------
    int or None
        25 to 45; None where they carry no prefix, or not the same.

    Examples
    --------
    >>> prefix_zone(38_512_000.0, 38_513_000.0), prefix_zone(512_000.0, 513_000.0)
    (38, None)
    """
    zone = int(west // ZONE_M)
    return zone if zone in GK_ZONES and int(east // ZONE_M) == zone else None


def zone_hint(west: float, east: float) -> str:
    """Code that prefixed eastings point at, for the end of a message.

    Parameters
    ----------
    west, east
        Smallest and largest easting, in metres.

    Returns
    -------
    str
        Empty where they have no zone prefix.

    Examples
    --------
    >>> zone_hint(38_512_000.0, 38_513_000.0)
    ', probably EPSG:4526'
    """
    zone = prefix_zone(west, east)
    return f", probably EPSG:{gk_code(zone, prefixed=True)}" if zone else ""


def check_zone(crs: CRS, west: float, east: float, *, what: str) -> None:
    """Hold the zone prefix of eastings against a Gauss-Krueger CRS.

    Parameters
    ----------
    crs
        The CRS that the layer is marked with; other systems pass.
    west, east
        Smallest and largest easting, in metres.
    what
        Name of the layer in the message.

    Raises
    ------
    CRSError
        If prefix and CRS contradict each other; names the right code.

    Examples
    --------
    >>> check_zone(CRS(4547), 512_000.0, 512_100.0, what="parcels")
    """
    declared = _gauss_krueger(crs)
    if declared is None:
        return
    zone, prefixed = declared
    found = prefix_zone(west, east)
    said = f"{what}: marked {_name(crs)}, but eastings {west:.0f} to {east:.0f}"
    if prefixed and 0 <= west <= east < ZONE_M:
        raise CRSError(
            f"{said} carry no zone prefix",
            do=f"declare {_code(crs, zone, prefixed=False)} (same zone without prefix)"
            f" if zone {zone} is right",
        )
    if found and (not prefixed or found != zone):
        raise CRSError(
            f"{said} carry the prefix of zone {found}",
            do=f"declare {_code(crs, found, prefixed=True)}",
        )


def _code(crs: CRS, zone: int, *, prefixed: bool) -> str:
    """EPSG code of a zone; of an older datum, such as Xian 1980, only what to look for."""
    if crs.geodetic_crs and crs.geodetic_crs.to_epsg(min_confidence=20) == CGCS2000:
        return f"EPSG:{gk_code(zone, prefixed=prefixed)}"
    datum = crs.geodetic_crs.name if crs.geodetic_crs else "its datum"
    return f"the code {'with' if prefixed else 'without'} prefix of zone {zone} in {datum}"


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)


def _gauss_krueger(crs: CRS) -> tuple[int, bool] | None:
    """Zone number of a 3-degree Gauss-Krueger CRS and whether eastings are prefixed."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    values = {p.name: float(p.value) for p in operation.params}
    easting = values.get("False easting", float("nan"))
    zone = values.get("Longitude of natural origin", float("nan")) / 3
    if zone not in GK_ZONES or values.get("Scale factor at natural origin") != 1.0:
        return None
    if easting not in {500_000.0, zone * ZONE_M + 500_000.0}:
        return None
    return int(zone), easting > ZONE_M
