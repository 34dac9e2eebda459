"""Shares of parcels in the cells of a grid, exact to the area of each piece."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.overlay import pair_areas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BLOCK = 16  # cells along a block; of a winding parcel, blocks that it misses are passed over
PAIRS = 1_000_000  # of parcel and cell that are looked at together, at most in general


@dataclass(frozen=True)
class Grid:
    """A grid of square cells whose corners lie at multiples of their side.

    Parameters
    ----------
    column, row
        Number of the first column from the west and of the first row from the south, counted
        from the origin of the CRS.
    columns, rows
        How many there are.
    cell_m
        Side of a cell in metres.
    """

    column: int
    row: int
    columns: int
    rows: int
    cell_m: float

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.columns * self.rows

    @property
    def west(self) -> float:
        """West edge, metres in the CRS."""
        return self.column * self.cell_m

    @property
    def north(self) -> float:
        """North edge, metres in the CRS."""
        return (self.row + self.rows) * self.cell_m


@dataclass(frozen=True)
class Shares:
    """How much of a parcel lies in a cell, row by row; the shares of a parcel add up to 1.

    Parameters
    ----------
    parcel
        Positions of parcels, ascending.
    cell
        Positions of cells, row by row from the north-west.
    share
        Of the parcel's area, above 0 to 1.
    """

    parcel: Ints
    cell: Ints
    share: Floats


def grid_around(shapes: Geometries, *, cell_m: float) -> Grid:
    """Smallest grid that covers polygons, with its corners at multiples of the cell.

    Parameters
    ----------
    shapes
        Polygons, at least one that is not empty.
    cell_m
        Side of a cell in metres, above 0.

    Returns
    -------
    Grid
        The same whatever the order of the polygons, and aligned with any other of this `cell_m`.

    Examples
    --------
    >>> grid_around(np.array([shapely.box(110, 40, 150, 60)]), cell_m=50.0)
    Grid(column=2, row=0, columns=1, rows=2, cell_m=50.0)
    """
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    first, low = _floor(west, cell_m), _floor(south, cell_m)
    last, high = -_floor(-east, cell_m), -_floor(-north, cell_m)
    return Grid(first, low, last - first, high - low, cell_m)


def _floor(metres: float, cell_m: float) -> int:
    """Number of the last line of the grid at or below a coordinate, whatever the rounding."""
    number = math.floor(metres / cell_m)
    return number - (number * cell_m > metres) + ((number + 1) * cell_m <= metres)


def shares_in_cells(shapes: Geometries, grid: Grid) -> Shares:
    """Share of each polygon in each cell, by the exact area of what they have in common.

    Parameters
    ----------
    shapes
        Valid polygons of some area within the grid.
    grid
        From `grid_around`.

    Returns
    -------
    Shares
        Sorted by polygon and cell. Of a polygon within one cell exactly 1; of others the areas
        by cell over their sum, so that nothing is lost to rounding.

    Examples
    --------
    >>> lots = np.array([shapely.box(10, 10, 110, 40)])
    >>> found = shares_in_cells(lots, grid_around(lots, cell_m=50.0))
    >>> found.cell.tolist(), found.share.tolist()
    ([0, 1, 2], [0.4, 0.5, 0.1])
    """
    box = _cell_boxes(shapes, grid)
    count = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    alone = np.flatnonzero(count == 1)
    found = [(alone, _cell(box[alone, 0], box[alone, 1], grid), np.ones(len(alone)))]
    several = np.flatnonzero(count > 1)
    found += [_areas(shapes, box, grid, some=some) for some in _portions(several, count)]
    parcel, cell, area = (np.concatenate(part) for part in zip(*found, strict=True))
    # a sliver without any area in common with a cell, as far as that can be told
    lost = np.flatnonzero(np.bincount(parcel, minlength=len(shapes)) == 0)
    parcel, area = np.concatenate([parcel, lost]), np.concatenate([area, np.ones(len(lost))])
    cell = np.concatenate([cell, _cell(box[lost, 0], box[lost, 1], grid)])
    order = np.lexsort((cell, parcel))
    parcel, cell, area = parcel[order], cell[order], area[order]
    whole = np.bincount(parcel, weights=area, minlength=len(shapes))
    return Shares(parcel, cell, area / whole[parcel])


def _cell_boxes(shapes: Geometries, grid: Grid) -> Ints:
    """Columns and rows (from the south) that each polygon may reach: first, first, end, end."""
    bounds = shapely.bounds(shapes)
    low, high = bounds[:, :2] / grid.cell_m, bounds[:, 2:] / grid.cell_m
    corner = np.array([grid.column, grid.row])
    size = np.array([grid.columns, grid.rows])
    # on a line of the grid, rounding may name the cell beside it, where the polygon has no area
    first = np.clip(np.floor(low).astype(np.int64) - corner, 0, size - 1)
    end = np.clip(np.ceil(high).astype(np.int64) - corner, first + 1, size)
    return np.concatenate([first, end], axis=1)


def _portions(positions: Ints, count: Ints) -> Iterator[Ints]:
    """Positions in runs of about `PAIRS` pairs, to bound the memory."""
    run = np.cumsum(np.minimum(count[positions], BLOCK * PAIRS)) // PAIRS
    cuts = np.flatnonzero(np.diff(run)) + 1
    yield from (part for part in np.split(positions, cuts) if len(part))


def _areas(shapes: Geometries, box: Ints, grid: Grid, *, some: Ints) -> tuple[Ints, Ints, Floats]:
    """Polygon, cell and area of what they have in common, above 0."""
    span = box[some]
    large = (span[:, 2:] - span[:, :2]).max(axis=1) > BLOCK
    parcel, column, row = _all_cells(some[~large], span[~large])
    if large.any():
        of, blocks = _blocks(shapes, span[large], grid, some=some[large])
        more = _all_cells(of, blocks)
        parcel, column, row = (
            np.concatenate(both) for both in zip((parcel, column, row), more, strict=True)
        )
    cell = _cell(column, row, grid)
    used, place = np.unique(cell, return_inverse=True)
    x, y = used % grid.columns, grid.rows - 1 - used // grid.columns
    squares = _squares(np.stack([x, y, x + 1, y + 1], axis=1), grid)
    area = pair_areas(shapes, squares, i=parcel, j=place)
    kept = np.flatnonzero(area > 0)
    return parcel[kept], cell[kept], area[kept]


def _blocks(shapes: Geometries, span: Ints, grid: Grid, *, some: Ints) -> tuple[Ints, Ints]:
    """Blocks of cells that large polygons reach into: the polygon, and first and end cells."""
    scaled = np.concatenate([span[:, :2] // BLOCK, -(-span[:, 2:] // BLOCK)], axis=1)
    of, column, row = _all_cells(np.arange(len(some)), scaled)
    corner = np.stack([column, row], axis=1) * BLOCK
    cut = np.concatenate([corner, corner + BLOCK], axis=1)
    cut[:, :2] = np.maximum(cut[:, :2], span[of, :2])
    cut[:, 2:] = np.minimum(cut[:, 2:], span[of, 2:])
    place = np.arange(len(of))
    area = pair_areas(shapes, _squares(cut, grid), i=some[of], j=place)
    kept = np.flatnonzero(area > 0)
    return some[of[kept]], cut[kept]


def _squares(span: Ints, grid: Grid) -> Geometries:
    """Rectangles of cells, whose neighbors have the same numbers for the same line."""
    x = (span[:, [0, 2]] + grid.column) * grid.cell_m
    y = (span[:, [1, 3]] + grid.row) * grid.cell_m
    made: Geometries = shapely.box(x[:, 0], y[:, 0], x[:, 1], y[:, 1])
    return made


def _all_cells(of: Ints, span: Ints) -> tuple[Ints, Ints, Ints]:
    """Every cell of each span: what it is of, its column and its row from the south."""
    wide, high = span[:, 2] - span[:, 0], span[:, 3] - span[:, 1]
    count = wide * high
    at = np.repeat(np.arange(len(of)), count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column, row = span[at, 0] + number % wide[at], span[at, 1] + number // wide[at]
    return of[at], column, row


def _cell(column: Ints, row: Ints, grid: Grid) -> Ints:
    """Position of cells, row by row from the north-west."""
    return (grid.rows - 1 - row) * grid.columns + column
