"""Zoning, sites, block lines, red line and roads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely
from shapely import LineString, Polygon
from shapely.ops import split

from sample_district.clusters import clusters
from sample_district.geometry import between, box, rounded
from sample_district.plants import poly, rectangle
from sample_district.streets import COLUMN_X, ROW_HALF_M, ROW_Y, Block, centre_lines, place

if TYPE_CHECKING:
    from collections.abc import Collection

    from sample_district.district import District

Row = dict[str, object]
ZONE_COLUMNS = (
    *("planned_use", "far_min", "far_max", "coverage_max", "green_min", "green_max"),
    "height_max_m",
)
ZONE_KINDS: dict[str, tuple[object, ...]] = {
    "M": ("二类工业用地", 1.0, 2.5, 0.6, None, 0.2, 40.0),
    "W": ("一类物流仓储用地", 0.8, 2.0, 0.6, None, 0.2, 30.0),
    "R": ("二类城镇住宅用地", 1.2, 2.0, 0.3, 0.3, None, 60.0),
    "B": ("商业用地", 1.5, 3.5, 0.5, 0.15, None, 80.0),
    "A": ("中小学用地", 0.4, 0.9, 0.3, 0.35, None, 24.0),
    "G": ("公园绿地", 0.0, 0.1, 0.05, 0.65, None, 10.0),
    "N": ("新型产业用地", 1.5, 4.0, 0.6, None, 0.2, 60.0),
}
CELL_KIND = {
    (0, 4): "R",
    (0, 5): "B",
    (1, 5): "R",
    (2, 5): "W",
    (3, 4): "W",
    (3, 5): "W",
    (5, 0): "B",
    (6, 0): "R",
    (6, 1): "R",
    (6, 3): "B",
}
BLOCK_LINES: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    "QK1-01": (1, ((0, 0), (0, 1), (1, 0), (1, 1))),
    "QK1-02": (1, ((0, 4), (0, 5), (1, 5))),
    "QK2-01": (2, ((0, 2), (0, 3), (1, 2), (1, 3))),
}
PLANNED: tuple[tuple[str, tuple[int, int], tuple[int, ...]], ...] = (  # lots planned otherwise
    ("N", (0, 1), (1, 2)),
    ("N", (0, 0), (2,)),
    ("B", (0, 2), (3,)),
    ("R", (1, 2), (6,)),
)
CUT_BACK = {"QK2-01": 0.93}  # the line stops at this share of the last block's width
OVERLAY_BLOCK, OVERLAY_SHARE = (4, 4), 0.55
UNITS_MEET = (3, 4)  # column and row line
UNIT_REACH_M, UNIT_STEP_M = 120.0, 60.0
WEST_OF_SITE = ((-110, -9), (127.8, -9), (133.4, 216), (-110, 216))  # within XM03
OUTSIDE_M = 1.5  # block lines run in the streets, this far from the lots


def zoning(district: District) -> list[Row]:
    """Planning zones: the cells of the street grid, and some spots with other conditions."""
    spots = _spots(district)
    found: list[Row] = []
    seen: set[tuple[int, int, int]] = set()
    for block in district.blocks:
        mark = (*block.key, block.part)
        if mark not in seen:
            seen.add(mark)
            kind = CELL_KIND.get(block.key, "M")
            kind = {(6, 2, 0): "G", (6, 2, 1): "A"}.get(mark, kind)
            land = Polygon(block.cell)
            for _, spot in spots:
                land = land.difference(spot)
            found.append(_zone(len(found) + 1, kind, land))
    found += [_zone(len(found) + 1 + n, k, s) for n, (k, s) in enumerate(spots)]
    return found


def _spots(district: District) -> list[tuple[str, Polygon]]:
    block, width = district.block(4, 1), clusters()[4, 1].width
    shop = poly((236, -1), (301, -1), (301, 21.5))
    flats = rectangle(276.5, 88, 330, 131)
    return [
        ("B", block.drawn(shop, width=width)),
        ("R", block.drawn(flats, width=width)),
        *((kind, district.land(key, lots)) for kind, key, lots in PLANNED),
    ]


def _zone(n: int, kind: str, land: Polygon) -> Row:
    conditions = dict(zip(ZONE_COLUMNS, ZONE_KINDS[kind], strict=True))
    return {"zone_id": f"JC-{n:02d}", **conditions, "geometry": rounded(land)}


def zoning_overlay(district: District) -> list[Row]:
    """A zone of limited height over the western part of one block; it cuts through its lots."""
    block = district.block(*OVERLAY_BLOCK)
    a, b, c, d = (shapely.Point(p) for p in block.cell)
    south, north = LineString([a, b]), LineString([d, c])
    middle = [line.interpolate(OVERLAY_SHARE, normalized=True) for line in (south, north)]
    land = Polygon([a, middle[0], middle[1], d])
    found = {"DJBH": "DJ-01", "JZXG": 12.0, "JZMD": 45.0, "geometry": rounded(land)}
    return [found]


def planning_units(district: District) -> list[Row]:
    """Four planning units, parted along the middle of two streets, but for one site."""
    (x0, *_, x2), (y0, *_, y2) = COLUMN_X, ROW_Y
    x1, y1 = COLUMN_X[UNITS_MEET[0]], ROW_Y[UNITS_MEET[1]]
    x0, y0, x2, y2 = x0 - UNIT_REACH_M, y0 - UNIT_REACH_M, x2 + UNIT_REACH_M, y2 + UNIT_REACH_M
    corners = [(x0, y0, x1, y1), (x1, y0, x2, y1), (x0, y1, x1, y2), (x1, y1, x2, y2)]
    shapes = [_bent(*bounds) for bounds in corners]
    block, width = district.block(5, 3), clusters()[5, 3].width
    west = block.drawn(poly(*WEST_OF_SITE), width=width)
    shapes[2:] = [shapes[2].union(west), shapes[3].difference(west)]
    return [
        {"DYBH": f"GH-{n:02d}", "geometry": rounded(shape)}
        for n, shape in enumerate(shapes, start=1)
    ]


def _bent(*bounds: float) -> Polygon:
    """A rectangle of the drawing board on the map, in steps short enough for its bends."""
    fine = shapely.segmentize(box(*bounds), UNIT_STEP_M)
    return Polygon([place(x, y) for x, y in fine.exterior.coords])


def sites(district: District) -> list[Row]:
    """Outlines of the redevelopment sites, drawn again by another hand."""
    members: dict[str, list[Polygon]] = {}
    for parcel in district.parcels:
        if parcel.lot.plant and parcel.lot.plant.site:
            members.setdefault(parcel.lot.plant.site, []).append(parcel.polygon)
    found = []
    for name in sorted(members):
        closed = [p.buffer(0.06, join_style="mitre") for p in members[name]]
        land = shapely.union_all(closed).buffer(-0.06, join_style="mitre")
        land = shapely.simplify(_drawn_wrongly(district, name, land), 0.2)
        rings = [
            [
                (
                    x + between(-0.35, 0.35, name, k, n, "x"),
                    y + between(-0.35, 0.35, name, k, n, "y"),
                )
                for n, (x, y) in enumerate(list(ring.coords)[:-1])
            ]
            for k, ring in enumerate([land.exterior, *land.interiors])
        ]
        title = f"低效用地再开发项目{name[2:]}号"
        shape = Polygon(rings[0], rings[1:])
        found.append({"XMBH": name, "XMMC": title, "geometry": rounded(shape)})
    return found


def _drawn_wrongly(district: District, site: str, land: Polygon) -> Polygon:
    """One outline takes in part of a scrap, one leaves out part of a parcel of its site."""
    if site == "XM03":
        taken = district.by_name["C2"].polygon.intersection(land.buffer(3.0))
        return land.union(taken.buffer(0.05, join_style="mitre"))
    if site == "XM02":
        block, width = district.block(1, 0), clusters()[1, 0].width
        strip = block.drawn(rectangle(140, 160, 301, 173), width=width)
        return land.difference(strip)
    return land


def block_lines(district: District) -> list[Row]:
    """Industrial block lines of both levels; one of them cuts through lots."""
    found = []
    for name, (level, keys) in BLOCK_LINES.items():
        land = around(district, keys)
        if name in CUT_BACK:
            last = [b for b in district.blocks if b.key in keys][-1]
            land = _cut_back(land, last, CUT_BACK[name])
        found.append({"QKBH": name, "JB": level, "geometry": rounded(land)})
    return found


def around(district: District, keys: Collection[tuple[int, int]]) -> Polygon:
    """Land of some cells with the streets between them, a little into the streets around."""
    land = shapely.union_all([Polygon(b.quad) for b in district.blocks if b.key in keys])
    return land.buffer(17, join_style="mitre").buffer(OUTSIDE_M - 17, join_style="mitre")


def _cut_back(land: Polygon, block: Block, share: float) -> Polygon:
    """Leave out what lies east of a line through the last block."""

    def at(low: int, high: int, along: float) -> tuple[float, float]:
        (x0, y0), (x1, y1) = block.quad[low], block.quad[high]
        return x0 + along * (x1 - x0), y0 + along * (y1 - y0)

    a, b = at(0, 1, share), at(3, 2, share)
    reach = LineString([a, b])
    u = ((b[0] - a[0]) / reach.length, (b[1] - a[1]) / reach.length)
    up = (b[0] + 60 * u[0], b[1] + 60 * u[1])
    down = (a[0] - 6 * u[0], a[1] - 6 * u[1])
    aside = (down[0] + 200 * u[1], down[1] - 200 * u[0])
    parts = split(land, LineString([up, down, aside])).geoms
    return max(parts, key=lambda p: p.area)


def red_line(district: District) -> list[Row]:
    """Ecological red line: the western canal, widened to a wetland that reaches scrap E1."""
    block, width = district.block(3, 1), clusters()[3, 1].width
    ring = []
    for k in range(36):
        turn = math.tau * k / 36
        reach_m = 42 + 6 * math.cos(turn - 0.6) + 5 * math.sin(3 * turn + 2.7)
        reach_m *= between(0.97, 1.0, "wetland", k)
        ring.append((-30 + reach_m * math.cos(turn), -22 + reach_m * math.sin(turn)))
    pond = block.drawn(Polygon(ring), width=width)
    west = district.block(3, 0)
    banks = [(west.quad[0], -1), (block.quad[0], -1)]
    line = LineString([(x, y + k * ROW_HALF_M[3]) for (x, y), k in banks] + [pond.centroid])
    reach = line.buffer(12.0, cap_style="flat")
    shape = shapely.union(pond, reach)
    return [{"name": "江城湿地生态保护红线", "geometry": rounded(shape)}]


def roads(district: District) -> list[Row]:
    """Centre lines of the streets."""
    del district
    found = []
    for n, row in enumerate(centre_lines(), start=1):
        line = shapely.set_precision(row["geometry"], 0.001, mode="pointwise")
        found.append(
            {"DLBH": f"L{n:03d}", "DLMC": row["name"], "LMKD": row["width"], "geometry": line}
        )
    return found


def buildings(district: District) -> list[Row]:
    """Footprints with storeys and height."""
    return [
        {"JZBH": f"F{n:05d}", "CS": b.floors, "GD": b.height_m, "geometry": b.polygon}
        for n, b in enumerate(district.buildings, start=1)
    ]
