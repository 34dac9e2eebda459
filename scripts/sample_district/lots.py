"""Blocks cut into lots, around the planted cases; neighbors' vertices need not match."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely
from shapely import LineString, MultiLineString, Polygon

from sample_district.clusters import clusters
from sample_district.geometry import between, box, frame, halves, local, pick, unit, width

if TYPE_CHECKING:
    from sample_district.plants import Plant
    from sample_district.streets import Block

Key = tuple[int, int]
INDUSTRIAL = (("0601", 78.0), ("0508", 14.0), ("05H1", 4.0), ("0809", 4.0))
LOGISTICS = (("0508", 70.0), ("0601", 26.0), ("0809", 4.0))
HOUSING = (("0701", 70.0), ("05H1", 18.0), ("08H2", 12.0))
MIXED = (("0701", 40.0), ("05H1", 30.0), ("08H1", 12.0), ("0601", 18.0))
VILLAGE = (("0702", 1.0),)
SHOPS = (("05H1", 80.0), ("08H1", 20.0))


@dataclass(frozen=True)
class Quarter:
    """What a cell of the street grid is used for, and how finely it is cut."""

    uses: tuple[tuple[str, float], ...] = INDUSTRIAL
    target_m2: float = 7800.0
    min_m2: float = 3300.0
    min_width_m: float = 31.0
    tenure: str = "国有"


QUARTERS: dict[Key, Quarter] = {
    (0, 0): Quarter(target_m2=8500.0),
    (0, 1): Quarter(tenure="集体"),
    (0, 4): Quarter(MIXED, target_m2=5200.0),
    (0, 5): Quarter(MIXED, target_m2=5600.0),
    (1, 4): Quarter(target_m2=6600.0),
    (1, 5): Quarter(MIXED, target_m2=5600.0),
    (2, 1): Quarter(target_m2=7600.0),
    (2, 5): Quarter(LOGISTICS, target_m2=9500.0),
    (3, 4): Quarter(LOGISTICS, target_m2=10500.0),
    (3, 5): Quarter(LOGISTICS, target_m2=12000.0),
    (3, 3): Quarter(target_m2=8500.0),
    (5, 0): Quarter(SHOPS, target_m2=4600.0),
    (6, 0): Quarter(VILLAGE, 1300.0, 620.0, 15.0, "集体"),
    (6, 1): Quarter(VILLAGE, 1500.0, 700.0, 15.0, "集体"),
    (6, 2): Quarter(HOUSING, target_m2=7000.0),
    (6, 3): Quarter(SHOPS, target_m2=4300.0),
}
PARKS: dict[tuple[int, int, int], str] = {(6, 2, 0): "0810", (6, 2, 1): "08H2"}
MIN_FRONT_M = 14.0


@dataclass(frozen=True)
class Lot:
    """A parcel in the making: where it lies, what was planted on it, who holds it."""

    key: Key
    part: int
    polygon: Polygon
    use: str
    tenure: str
    owner: str = ""
    plant: Plant | None = None
    state: str = "在用"

    @property
    def name(self) -> str:
        """Name of the planted lot, or nothing."""
        return self.plant.name if self.plant else ""


def lots_of(block: Block) -> list[Lot]:
    """All lots of a block: the planted ones first."""
    quarter = QUARTERS.get(block.key, Quarter())
    planted = clusters().get(block.key)
    whole = PARKS.get((*block.key, block.part))
    if whole:
        return [Lot(block.key, block.part, block.polygon, whole, quarter.tenure)]
    front = _front(block)
    found: list[Lot] = []
    pieces = [block.polygon]
    if planted:
        for plant in planted.plants:
            shape = block.drawn(plant.shape, width=planted.width)
            found.append(
                Lot(block.key, block.part, shape, plant.use, plant.tenure, plant.owner, plant)
            )
        origin, along = block.quad[:2]
        offset = block.offset(planted.width)
        board = local(block.polygon, origin, along)
        far, low = 2000.0, -50.0
        rooms = (
            box(-far, low, offset, far),
            box(offset, planted.height, offset + planted.width, far),
            box(offset + planted.width, low, far, far),
        )
        pieces = [frame(board.intersection(r), origin, along) for r in rooms]
    for n, piece in enumerate(pieces):
        for m, shape in enumerate(_cut(piece, front, quarter, name=f"{block.key}{block.part}{n}")):
            mark = (*block.key, block.part, n, m)
            found.append(
                Lot(block.key, block.part, shape, pick(quarter.uses, "use", *mark), quarter.tenure)
            )
    return found


def _front(block: Block) -> MultiLineString:
    """Boundary of a block along streets: without the canal bank."""
    bank = {2: 2, 3: 0}.get(block.row)
    ring = block.polygon.exterior
    if bank is None:
        return ring
    water = LineString([block.quad[bank], block.quad[(bank + 1) % 4]])
    return ring.difference(water.buffer(0.01))


def _cut(polygon: Polygon, front: MultiLineString, quarter: Quarter, *, name: str) -> list[Polygon]:
    """Halve a polygon until its parts are near the target size, all good lots by themselves."""
    goal = quarter.target_m2 * between(0.55, 1.5, "goal", name)
    if polygon.area < max(goal, 2 * quarter.min_m2):
        return [polygon]
    for attempt in range(14):
        parts = halves(
            polygon,
            ratio=between(0.3, 0.7, "ratio", name, attempt),
            slant=between(-0.035, 0.035, "slant", name, attempt),
            across=attempt % 4 != 3,  # noqa: PLR2004 - every fourth try lengthwise
        )
        if len(parts) == 2 and all(_good(p, front, quarter) for p in parts):  # noqa: PLR2004
            return [
                q for k, p in enumerate(parts) for q in _cut(p, front, quarter, name=f"{name}{k}")
            ]
    return [polygon]


def _good(polygon: Polygon, front: MultiLineString, quarter: Quarter) -> bool:
    if polygon.area < quarter.min_m2:
        return False
    street_m = polygon.buffer(0.01).intersection(front).length
    return street_m >= MIN_FRONT_M and width(polygon) >= quarter.min_width_m


def nudge(lots: list[Lot]) -> list[Lot]:
    """Move single vertices by 1 to 3 cm: inwards, in four quiet places outwards.

    No two neighbors are moved, so that no gap grows wider than 3 cm.
    """
    tree = shapely.STRtree([lot.polygon for lot in lots])
    moved: set[int] = set()
    outward = 0
    found = list(lots)
    for n, lot in enumerate(lots):
        steady = lot.plant is not None and lot.plant.steady
        if steady or len(lot.polygon.interiors) or unit("nudge", n) > 0.5:  # noqa: PLR2004
            continue
        near = set(tree.query(lot.polygon, predicate="dwithin", distance=1.0).tolist())
        if near & moved:
            continue
        out = outward < 4 and lot.key in {(2, 0), (4, 0)}  # noqa: PLR2004
        found[n] = replace(lot, polygon=_moved(lot.polygon, n, outward=out))
        outward += out
        moved.add(n)
    return found


def _moved(polygon: Polygon, n: int, *, outward: bool) -> Polygon:
    ring = list(polygon.exterior.coords)[:-1]
    at = int(unit("vertex", n) * len(ring))
    for attempt in range(40):
        length = between(0.01, 0.03, "length", n)
        x, y = ring[at]
        angle = between(0, 6.283, "angle", n, attempt)
        point = (x + length * math.cos(angle), y + length * math.sin(angle))
        changed = Polygon([*ring[:at], point, *ring[at + 1 :]])
        bigger = changed.area > polygon.area + 0.2
        inside = polygon.buffer(1e-9).covers(changed)
        if changed.is_valid and (bigger if outward else inside):
            return changed
    return polygon
