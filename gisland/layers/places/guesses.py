"""Why a layer lies elsewhere than the parcels: what would have to be so for them to meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproj import CRS

from gisland.base.coordinates import are_degrees
from gisland.base.crs import crs_name
from gisland.base.gausskrueger import ZONE_M, prefix_zone, zone_of
from gisland.base.projections import Bounds, lonlat_bounds, transverse_mercator

if TYPE_CHECKING:
    from collections.abc import Iterator

CGCS2000, WEB_MERCATOR = 4490, 3857
FARTHEST_ZONES = 10


@dataclass(frozen=True)
class Extent:
    """Bounds of a layer (west, south, east, north) in a CRS."""

    bounds: Bounds
    crs: CRS

    @property
    def lonlat(self) -> Bounds | None:
        """The same in degrees; None if that is nowhere on Earth."""
        return lonlat_bounds(self.bounds, self.crs)


def overlap_guess(layer: Extent, parcels: Extent) -> str:
    """What would make a layer overlap the parcels: a guess, never applied.

    Parameters
    ----------
    layer
        A layer that lies elsewhere, in its own CRS.
    parcels
        The parcels, in theirs.

    Returns
    -------
    str
        End of a sentence that begins with "would overlap if"; empty without a guess.

    Examples
    --------
    >>> parcels = Extent((500_000, 3.4e6, 501_000, 3.401e6), CRS(4547))
    >>> overlap_guess(Extent((500_000, 3.4e6, 501_000, 3.401e6), CRS(4548)), parcels)
    'both were in EPSG:4548 or both in EPSG:4547'
    >>> overlap_guess(Extent((30.7, 114.0, 30.8, 114.1), CRS(4326)), parcels)
    'its x and y were swapped'
    """
    if _meet(layer.bounds, parcels.bounds):
        return f"both were in {crs_name(layer.crs)} or both in {crs_name(parcels.crs)}"
    place = parcels.lonlat
    for words, reading in _readings(layer, parcels):
        if _meet(reading.lonlat, place):
            return words
    return _other_zone(layer, place)


def _readings(layer: Extent, parcels: Extent) -> Iterator[tuple[str, Extent]]:
    """The coordinates of a layer, taken in other ways, with words for each."""
    west, south, east, north = layer.bounds
    yield "its x and y were swapped", Extent((south, west, north, east), layer.crs)
    declared, carried = zone_of(layer.crs), prefix_zone(west, east)
    if carried:
        shift = carried.number * ZONE_M
        bare = (west - shift, south, east - shift, north)
        yield f"its eastings were without the prefix {carried.number}", Extent(bare, layer.crs)
        yield f"it were in {crs_name(parcels.crs)} without that prefix", Extent(bare, parcels.crs)
    for zone in (declared, zone_of(parcels.crs)):
        if zone and zone.prefixed and not carried:
            shift = zone.number * ZONE_M
            longer = Extent((west + shift, south, east + shift, north), layer.crs)
            yield f"its eastings had the prefix {zone.number}", longer
            yield f"it were in {crs_name(parcels.crs)} with that prefix", _as(longer, parcels.crs)
    if are_degrees(layer.bounds) and layer.crs.is_projected:
        yield "its coordinates were degrees", _as(layer, CRS(CGCS2000))
    yield f"it were in EPSG:{WEB_MERCATOR} (Web Mercator)", _as(layer, CRS(WEB_MERCATOR))


def _as(layer: Extent, crs: CRS) -> Extent:
    return Extent(layer.bounds, crs)


def _other_zone(layer: Extent, place: Bounds | None) -> str:
    """Zones of one width differ by their meridian alone: another zone is a step in longitude."""
    found, here = transverse_mercator(layer.crs), layer.lonlat
    if found is None or here is None or found.easting_m % ZONE_M != ZONE_M / 2:
        return ""
    zone = zone_of(layer.crs)
    width = zone.width if zone else 6
    for step in sorted(range(-FARTHEST_ZONES, FARTHEST_ZONES + 1), key=abs):
        shift = width * step
        if _meet((here[0] + shift, here[1], here[2] + shift, here[3]), place):
            return f"it were in the zone of {found.meridian + shift:g}° east"
    return ""


def _meet(one: Bounds | None, other: Bounds | None) -> bool:
    if one is None or other is None:
        return False
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
