"""What is proposed for the block lines, and the parks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely import Polygon

from sample_district.geometry import rounded
from sample_district.plants import rectangle
from sample_district.surroundings import BLOCK_LINES, around, block_lines

if TYPE_CHECKING:
    from sample_district.district import District

Row = dict[str, object]
GROWN, SHRUNK, KEPT = "QK1-02", "QK2-01", "QK1-01"
ADDED_CELL = (1, 4)
OUT_BLOCK = (0, 3)
OUT_M = (55.0, 60.0, 20.0, 520.0)  # inside and outside of its east end, below and above its south
OVERHANG_M = 6.0  # of land that leaves a line, beyond it
INSIDE_M = (40.0, 160.0)  # a square within the first block of a block line
PARK_CELLS: dict[str, tuple[tuple[int, int], ...]] = {
    "YQ-01": ((2, 0), (2, 1), (2, 2)),
    "YQ-02": ((3, 3), (3, 4), (3, 5), (4, 3), (4, 4), (4, 5)),
}
PARK_NAMES = {"YQ-01": "江城纺机产业园", "YQ-02": "江城临港物流园"}
PARK_MU = {"YQ-01": (350.0, 150.0)}  # developable and built-up, of the park that knows them


def lines_given(district: District) -> dict[str, Polygon]:
    """Block lines by id."""
    return {str(row["QKBH"]): row["geometry"] for row in block_lines(district)}  # type: ignore[misc]


def block_changes(district: District) -> list[Row]:
    """Land that goes into one block line, land that leaves another, and a change to nothing."""
    lines = lines_given(district)
    wider = around(district, (*BLOCK_LINES[GROWN][1], ADDED_CELL)).difference(lines[GROWN])
    added = max(shapely.get_parts(wider), key=lambda p: p.area)
    last = [b for b in district.blocks if b.key == OUT_BLOCK][-1]
    inside, outside, below, above = OUT_M
    east = shapely.distance(*shapely.points(last.quad[:2]))
    strip = last.drawn(rectangle(-inside, -below, outside, above), width=-east)
    strip = strip.intersection(lines[SHRUNK].buffer(OVERHANG_M, join_style="mitre"))
    first = district.block(*BLOCK_LINES[KEPT][1][0])
    near, far = INSIDE_M
    square = first.drawn(rectangle(near, near, far, far), width=2 * first.offset(0))
    rows = (
        ("TZ-01", "in", GROWN, added),
        ("TZ-02", "out", SHRUNK, strip),
        ("TZ-03", "in", KEPT, square),
    )
    return [
        {"BDBH": name, "BDLX": change, "QKBH": block, "geometry": rounded(land)}
        for name, change, block, land in rows
    ]


def adjusted(district: District) -> dict[str, Polygon]:
    """Block lines with the changes applied: those in first, then those out."""
    lines = lines_given(district)
    land = {str(row["BDBH"]): row["geometry"] for row in block_changes(district)}
    wide = [g.buffer(0.05, join_style="mitre") for g in (lines[GROWN], land["TZ-01"])]  # type: ignore[attr-defined]
    grown = shapely.union_all(wide).buffer(-0.05, join_style="mitre")
    return lines | {GROWN: grown, SHRUNK: lines[SHRUNK].difference(land["TZ-02"])}


def parks(district: District) -> list[Row]:
    """One park that knows its developable and its built-up land, and one that does not."""
    found = []
    for park, cells in PARK_CELLS.items():
        developable, built = PARK_MU.get(park, (None, None))
        numbers = {"KKF": developable, "YJC": built}
        names = {"YQBH": park, "YQMC": PARK_NAMES[park]}
        found.append({**names, **numbers, "geometry": rounded(around(district, cells))})
    return found
