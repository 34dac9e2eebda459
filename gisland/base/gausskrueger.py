"""Gauss-Krueger zones of China: their codes on each datum, and the zone prefix of eastings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gisland.base.datums import CGCS2000, datum_name
from gisland.base.errors import CRSError
from gisland.base.projections import span, transverse_mercator

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.base.projections import Bounds

GK_ZONES = range(25, 46)  # 3-degree: central meridian = 3 x zone
GK_ZONES_6 = range(13, 24)  # 6-degree: central meridian = 6 x zone - 3
ZONE_M = 1_000_000
MIDDLE_M = 500_000.0  # easting of the central meridian, but for the prefix
NORTHINGS_M = (1_900_000.0, 6_000_000.0)  # of China, 17 to 54 degrees north
EASTINGS_M = (100_000.0, 900_000.0)  # in a zone, but for the prefix
# EPSG code minus zone number, by width of the zone and whether eastings are prefixed.
OFFSETS = {
    CGCS2000: {(3, True): 4488, (3, False): 4509, (6, True): 4478, (6, False): 4489},
    "Xian 1980": {(3, True): 2324, (3, False): 2345, (6, True): 2314, (6, False): 2325},
    "Beijing 1954": {(3, True): 2376, (3, False): 2397, (6, True): 21400, (6, False): 21440},
    "New Beijing": {(3, True): 4736, (3, False): 4757, (6, True): 4555, (6, False): 4566},
}
# New Beijing's 3-degree codes are not in one row.
ODD_CODES = {
    ("New Beijing", True): {zone: 4627 + zone for zone in range(25, 30)},
    ("New Beijing", False): {44: 4812, 45: 4822},
}


class Fault(NamedTuple):
    """What the coordinates of a layer contradict in its CRS, and what to do."""

    what: str
    do: str


@dataclass(frozen=True)
class Zone:
    """A Gauss-Krueger zone of China: 3 or 6 degrees wide, with or without its prefix."""

    width: int
    number: int
    prefixed: bool

    @property
    def meridian(self) -> int:
        """Its central meridian, degrees east."""
        return 3 * self.number if self.width == 3 else 6 * self.number - 3  # noqa: PLR2004

    def __str__(self) -> str:
        return f"zone {self.number}" if self.width == 3 else f"6-degree zone {self.number}"  # noqa: PLR2004


def gk_code(zone: int, *, prefixed: bool, width: int = 3, datum: str = CGCS2000) -> int:
    """EPSG code of a Gauss-Krueger zone of China.

    Parameters
    ----------
    zone
        Zone number: 25 to 45 of the 3-degree zones (central meridian = 3 x zone degrees east), 13
        to 23 of the 6-degree zones (6 x zone - 3).
    prefixed
        Whether eastings start with the zone number (39 500 000) or not (500 000).
    width
        3 or 6 degrees.
    datum
        Name of the datum, a key of ``OFFSETS``.

    Returns
    -------
    int
        Such as 4513-4533 with prefix, 4534-4554 without, for 3-degree zones of CGCS2000.

    Raises
    ------
    CRSError
        If there is no such zone.

    Examples
    --------
    >>> gk_code(38, prefixed=True), gk_code(38, prefixed=False)
    (4526, 4547)
    >>> gk_code(19, prefixed=True, width=6), gk_code(38, prefixed=False, datum="Xian 1980")
    (4497, 2383)
    """
    zones = GK_ZONES if width == 3 else GK_ZONES_6  # noqa: PLR2004
    if zone not in zones:
        raise CRSError(
            f"there is no {datum} {width}-degree zone {zone}",
            do=f"use a zone from {zones[0]} to {zones[-1]} (75-135° E)",
        )
    odd = ODD_CODES.get((datum, prefixed), {}) if width == 3 else {}  # noqa: PLR2004
    return odd.get(zone, OFFSETS[datum][width, prefixed] + zone)


def prefix_zone(low: float, high: float) -> Zone | None:
    """The zone whose prefix all eastings carry.

    Parameters
    ----------
    low, high
        Smallest and largest easting, in metres.

    Returns
    -------
    Zone or None
        A 3-degree zone from 25 to 45 or a 6-degree one from 13 to 23; None where eastings carry no
        prefix, or not the same.

    Examples
    --------
    >>> str(prefix_zone(38_512_000.0, 38_513_000.0)), prefix_zone(512_000.0, 513_000.0)
    ('zone 38', None)
    """
    if not 0 < low <= high < (GK_ZONES[-1] + 1) * ZONE_M:
        return None
    number = int(low // ZONE_M)
    width = 3 if number in GK_ZONES else 6 if number in GK_ZONES_6 else 0
    inside = low >= number * ZONE_M + EASTINGS_M[0] and high <= number * ZONE_M + EASTINGS_M[1]
    return Zone(width, number, prefixed=True) if width and inside else None


def zone_of(crs: CRS) -> Zone | None:
    """The Gauss-Krueger zone that a CRS is, on whatever datum and under whatever name.

    Parameters
    ----------
    crs
        Any CRS.

    Returns
    -------
    Zone or None
        Unprefixed zones on a meridian of both widths are told by the name, else taken as 3 degrees
        wide: they are the same projection.

    Examples
    --------
    >>> from pyproj import CRS
    >>> [str(zone_of(CRS(code))) for code in (4526, 4497, 4508, 2362, 32650)]
    ['zone 38', '6-degree zone 19', '6-degree zone 19', 'zone 38', 'None']
    """
    found = transverse_mercator(crs)
    if found is None or found.scale != 1.0 or found.latitude != 0.0:
        return None
    three, six = found.meridian / 3, (found.meridian + 3) / 6
    if found.easting_m == MIDDLE_M:
        wide = " 3-degree" not in crs.name and "CM" in crs.name and "3_Degree" not in crs.name
        if six in GK_ZONES_6 and wide:
            return Zone(6, int(six), prefixed=False)
        return Zone(3, int(three), prefixed=False) if three in GK_ZONES else None
    if three in GK_ZONES and found.easting_m == three * ZONE_M + MIDDLE_M:
        return Zone(3, int(three), prefixed=True)
    if six in GK_ZONES_6 and found.easting_m == six * ZONE_M + MIDDLE_M:
        return Zone(6, int(six), prefixed=True)
    return None


def zone_fault(crs: CRS, bounds: Bounds) -> Fault | None:
    """What the coordinates contradict in a Gauss-Krueger (or UTM) CRS.

    Parameters
    ----------
    crs
        The CRS that a layer is marked with; other systems pass.
    bounds
        West, south, east, north of the layer, in metres.

    Returns
    -------
    Fault or None
        None if nothing is wrong.

    Examples
    --------
    >>> from pyproj import CRS
    >>> zone_fault(CRS(4526), (512_000.0, 3.4e6, 512_100.0, 3.5e6)).what
    'eastings 512000 to 512100 carry no zone prefix'
    """
    found = transverse_mercator(crs)
    if found is None:
        return None
    west, south, east, north = bounds
    declared, prefix = zone_of(crs), prefix_zone(west, east)
    said = f"eastings {span(west, east)}"
    if _swapped(bounds) and (declared or found.easting_m == MIDDLE_M):
        carried = prefix_zone(south, north)
        told = f", and the eastings carry the prefix of {carried}" if carried else ""
        return Fault(
            f"x from {span(west, east)} is a northing and y from {span(south, north)}"
            f" an easting: the two are swapped{told}",
            "swap them, or export the layer again with the easting first",
        )
    if declared and declared.prefixed and 0 <= west <= east < ZONE_M:
        code = _code(crs, Zone(declared.width, declared.number, prefixed=False))
        do = f"declare {code} (same zone without prefix) if zone {declared.number} is right"
        return Fault(f"{said} carry no zone prefix", do)
    if prefix and prefix != declared:
        return Fault(f"{said} carry the prefix of {prefix}", f"declare {_code(crs, prefix)}")
    low, high = prefix_zone(west, west), prefix_zone(east, east)
    if high and low != high:
        first = f"that of {low}" if low else "none"
        return Fault(
            f"{said} carry several prefixes, from {first} to that of {high}",
            "bring all shapes into one zone, each from its own",
        )
    return None


def _swapped(bounds: Bounds) -> bool:
    """Whether x holds northings of China, and y eastings of one of its zones."""
    west, south, east, north = bounds
    plain = EASTINGS_M[0] <= south <= north <= EASTINGS_M[1]
    first = NORTHINGS_M[0] <= west <= east <= NORTHINGS_M[1]
    return first and (plain or prefix_zone(south, north) is not None)


def _code(crs: CRS, zone: Zone) -> str:
    """EPSG code of a zone on the datum of a CRS, or what to look for."""
    datum = datum_name(crs)
    if datum in OFFSETS:
        code = gk_code(zone.number, prefixed=zone.prefixed, width=zone.width, datum=datum)
        return f"EPSG:{code}" if datum == CGCS2000 else f"EPSG:{code} ({datum})"
    return f"the code {'with' if zone.prefixed else 'without'} prefix of {zone} in {datum}"
