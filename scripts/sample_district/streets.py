"""Streets, canal, avenue and railway, and the blocks between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely import LineString, Polygon
from shapely.affinity import translate

from sample_district.geometry import XY, chamfer, frame, inset

if TYPE_CHECKING:
    from collections.abc import Iterable

ORIGIN = (538_640.0, 3_369_280.0)
TURN = math.radians(11.0)
ROW_Y = (0.0, 236.0, 476.0, 716.0, 958.0, 1194.0, 1432.0, 1622.0)
COLUMN_X = (0.0, 405.0, 800.0, 1190.0, 1600.0, 1995.0, 2390.0)
ROW_HALF_M = (10.0, 9.0, 11.0, 15.0, 9.0, 18.0, 10.0, 9.0)
COLUMN_HALF_M = (10.0, 12.0, 9.0, 15.0, 10.0, 12.0, 10.0)
ROW_NAMES = ("江南路", "纺机路", "建设路", "", "轴承路", "工业大道", "学府路", "北环路")
COLUMN_NAMES = ("西环路", "钢花路", "仪表路", "创业大道", "物流路", "港前路", "东环路")
CANAL, AVENUE = 3, 5  # row lines that are parcels of water and transport use
LANE_HALF_M = 6.5
LANES = {  # local streets inside a cell, at these shares of its width
    (0, 0): (0.47,),
    (2, 0): (0.56,),
    (2, 1): (0.42,),
    (2, 5): (0.6,),
    (3, 0): (0.38,),
    (3, 2): (0.55,),
    (4, 0): (0.5,),
    (4, 5): (0.45,),
    (5, 0): (0.34, 0.68),
    (6, 0): (0.2, 0.4, 0.6, 0.8),
    (6, 1): (0.25, 0.5, 0.75),
    (6, 2): (0.4,),
}
EMPTY = {(6, 5)}  # outside the district
RAILWAY = ((1700.0, 1660.0), (2080.0, 1400.0), (2480.0, 1290.0))
RAILWAY_HALF_M = 11.0
LEAST_BLOCK_M2 = 2500.0  # smaller rests lie idle along the railway


@dataclass(frozen=True)
class Block:
    """Land between streets: corners lower left, lower right, upper right, upper left."""

    row: int
    column: int
    part: int
    cell: tuple[XY, ...]
    quad: tuple[XY, ...]
    polygon: Polygon

    @property
    def key(self) -> tuple[int, int]:
        """Row and column of the street grid."""
        return self.row, self.column

    def offset(self, width: float) -> float:
        """Metres from the lower left corner to a cluster in the middle of the south side."""
        return (shapely.distance(*shapely.points(self.quad[:2])) - width) / 2

    def drawn(self, shape: Polygon, *, width: float) -> Polygon:
        """Put a shape, drawn in the local metres of a cluster of this width, on the map."""
        return frame(translate(shape, self.offset(width)), *self.quad[:2])


def place(x: float, y: float) -> XY:
    """Bend the drawing board gently and turn it into the map."""
    u = x + 24 * math.sin(y / 560 + 0.4) + 0.035 * y + 7 * math.sin(x / 190 + y / 400)
    v = y + 30 * math.sin(x / 760) + 10 * math.sin(x / 290 + 1.0) + 8 * math.sin(y / 330)
    c, s = math.cos(TURN), math.sin(TURN)
    return ORIGIN[0] + c * u - s * v, ORIGIN[1] + s * u + c * v


def railway() -> Polygon:
    """The land of the railway."""
    line = LineString([place(*p) for p in RAILWAY])
    return line.buffer(RAILWAY_HALF_M, join_style="mitre", cap_style="flat")


def blocks() -> list[Block]:
    """All blocks, row by row from the south-west."""
    track = railway()
    found = []
    for row in range(len(ROW_Y) - 1):
        for column in range(len(COLUMN_X) - 1):
            if (row, column) not in EMPTY:
                found += _blocks_of_cell(row, column, track)
    return found


def _blocks_of_cell(row: int, column: int, track: Polygon) -> list[Block]:
    left, right = COLUMN_X[column], COLUMN_X[column + 1]
    marks = [0.0, *LANES.get((row, column), ()), 1.0]
    found = []
    for part in range(len(marks) - 1):
        x0, x1 = (left + m * (right - left) for m in marks[part : part + 2])
        cell = _cell(row, x0, x1)
        sides = (
            ROW_HALF_M[row],
            COLUMN_HALF_M[column + 1] if part == len(marks) - 2 else LANE_HALF_M,
            ROW_HALF_M[row + 1],
            COLUMN_HALF_M[column] if part == 0 else LANE_HALF_M,
        )
        quad = tuple(inset(cell, sides))
        whole = chamfer(quad, 7.0)
        pieces = whole.difference(track)
        found += [
            Block(row, column, part, cell, quad, piece)
            for piece in getattr(pieces, "geoms", [pieces])
            if piece.area > LEAST_BLOCK_M2
        ]
    return found


def _cell(row: int, x0: float, x1: float) -> tuple[XY, ...]:
    y0, y1 = ROW_Y[row], ROW_Y[row + 1]
    return place(x0, y0), place(x1, y0), place(x1, y1), place(x0, y1)


def strip(found: Iterable[Block], *, line: int, columns: tuple[int, int]) -> Polygon:
    """The land between the blocks on both sides of a row line, from column to column."""
    first, last = columns
    quads = {(b.row, b.column, b.part): b.quad for b in found if first <= b.column <= last}
    near = sorted(quads.items())
    south = [p for (row, _, _), q in near if row == line - 1 for p in (q[3], q[2])]
    north = [p for (row, _, _), q in near if row == line for p in (q[0], q[1])]
    return Polygon([*south, *reversed(north)])


def centre_lines() -> list[dict[str, object]]:
    """Streets as lines, with name and width."""
    found: list[dict[str, object]] = []
    for k, y in enumerate(ROW_Y):
        if k != CANAL:
            end = COLUMN_X[-1 if k < len(ROW_Y) - 1 else -2]  # the north-east cell is empty
            line = LineString([place(x, y) for x in _steps(COLUMN_X[0], end)])
            found.append({"name": ROW_NAMES[k], "width": 2 * ROW_HALF_M[k], "geometry": line})
    for k, x in enumerate(COLUMN_X):
        end = ROW_Y[-1 if k < len(COLUMN_X) - 1 else -2]
        line = LineString([place(x, y) for y in _steps(ROW_Y[0], end)])
        found.append({"name": COLUMN_NAMES[k], "width": 2 * COLUMN_HALF_M[k], "geometry": line})
    for (row, column), shares in LANES.items():
        for n, share in enumerate(shares):
            x = COLUMN_X[column] + share * (COLUMN_X[column + 1] - COLUMN_X[column])
            line = LineString([place(x, ROW_Y[row]), place(x, ROW_Y[row + 1])])
            name = f"支路{row + 1}{column + 1}{n + 1}"
            found.append({"name": name, "width": 2 * LANE_HALF_M, "geometry": line})
    return found


def _steps(start: float, end: float) -> list[float]:
    count = round((end - start) / 60)
    return [start + (end - start) * k / count for k in range(count + 1)]
