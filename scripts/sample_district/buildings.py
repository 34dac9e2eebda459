"""Building footprints on the lots, and the floor areas that follow from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapely import Polygon
from shapely.affinity import scale

from sample_district.geometry import XY, between, rounded, sides, unit

if TYPE_CHECKING:
    from sample_district.lots import Lot

HIGH_STOREY_M = 8.0  # counted twice in the FAR
VACANT_USES = ("1201", "0810", "1004", "1001", "1107")
TALL = {"05H1": (3, 7), "0701": (5, 11), "0702": (2, 4), "08H1": (3, 6), "08H2": (2, 5)}
SETBACK_M = {"0702": 1.5, "0701": 7.0}


@dataclass(frozen=True)
class Building:
    """A footprint with its floors."""

    polygon: Polygon
    floors: int
    height_m: float

    @property
    def floor_m2(self) -> float:
        """Floor area of all storeys."""
        return self.polygon.area * self.floors

    @property
    def counted_m2(self) -> float:
        """Floor area with storeys over 8 m counted twice."""
        return self.floor_m2 * (2 if self.height_m / self.floors > HIGH_STOREY_M else 1)


def buildings_on(lot: Lot, n: int) -> list[Building]:
    """Buildings of the n-th lot; none on vacant and on public open land."""
    if lot.use in VACANT_USES:
        return []
    if lot.state == "闲置":
        return [_building(_core(lot.polygon, 0.1), lot, n, low=True)]
    if lot.plant and lot.plant.kind:
        return [_building(_core(lot.polygon, 0.36), lot, n, low=False, floors=2)]
    room = lot.polygon.buffer(-SETBACK_M.get(lot.use, 6.0), join_style="mitre")
    halls = _halls(room, lot, n) if not room.is_empty else []
    wanted = 0.3 if lot.use in {"0601", "0508", "M0"} else 0.2
    if sum(h.area for h in halls) < wanted * lot.polygon.area:
        halls = [_core(lot.polygon, wanted + 0.08)]
    return [_building(h, lot, f"{n}.{k}", low=False) for k, h in enumerate(halls)]


def _core(lot: Polygon, share: float) -> Polygon:
    """The lot shrunk to a share of its area, kept inside it."""
    factor = math.sqrt(share)
    origin = lot.representative_point() if len(lot.interiors) else lot.centroid
    small = scale(Polygon(lot.exterior), factor, factor, origin=origin)
    inside = small.intersection(lot.buffer(-1.0))
    if share > 0.3 and inside.area < 0.85 * share * lot.area:  # noqa: PLR2004 - bent lots
        inside = lot.buffer(-6.0, join_style="mitre")
        while inside.area > (share + 0.1) * lot.area:
            inside = inside.buffer(-2.0, join_style="mitre")
    parts = [p for p in getattr(inside, "geoms", [inside]) if isinstance(p, Polygon)]
    return max(parts, key=lambda p: p.area)


def _halls(room: Polygon, lot: Lot, n: int) -> list[Polygon]:
    """Rows of halls along the longer side of the lot."""
    a, b, d = sides(lot.polygon)
    long_m, short_m = math.dist(a, b), math.dist(a, d)
    bay = {"0702": 14.0, "0508": 70.0}.get(lot.use, between(34, 62, "bay", n))
    deep = {"0702": 16.0, "0508": 48.0}.get(lot.use, between(22, 40, "deep", n))
    nx, ny = max(1, round(long_m / bay)), max(1, round(short_m / deep))
    gap = {"0702": 1.2}.get(lot.use, between(2.5, 5.0, "gap", n))
    found = []
    for i in range(nx):
        for j in range(ny):
            cell = _patch(a, (b, d), (i / nx, (i + 1) / nx, j / ny, (j + 1) / ny))
            hall = cell.buffer(-gap, join_style="mitre").intersection(room)
            if isinstance(hall, Polygon) and hall.area > 60 and unit("hall", n, i, j) > 0.07:  # noqa: PLR2004
                found.append(hall)
    return found


def _patch(corner: XY, sides: tuple[XY, XY], part: tuple[float, float, float, float]) -> Polygon:
    """Part of a rectangle, by shares of its two sides."""
    (x, y), ((bx, by), (dx, dy)) = corner, sides
    u0, u1, v0, v1 = part
    shares = ((u0, v0), (u1, v0), (u1, v1), (u0, v1))
    return Polygon(
        [(x + u * (bx - x) + v * (dx - x), y + u * (by - y) + v * (dy - y)) for u, v in shares]
    )


def _building(
    polygon: Polygon, lot: Lot, n: object, *, low: bool, floors: int | None = None
) -> Building:
    shape = rounded(polygon)
    if low:
        return Building(shape, 1, 5.4)
    least, most = TALL.get(lot.use, (1, 4))
    count = floors or least + int(unit("floors", n) * (most - least + 1))
    storey = between(8.4, 11.0, "hall height", n) if count == 1 else between(3.3, 4.5, "storey", n)
    return Building(shape, count, round(count * storey, 1))
