"""Blocks drawn on uneven grids in whole millimetres: areas and borders are exact.

The label of a cell is a letter, and a number where several parcels belong to the letter; a dot is
no parcel: street. Around a picture there is nothing but street.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.random import Generator

NOTHING = "."
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True)
class Picture:
    """Labels of the cells from the top row down, widths of columns and heights of rows in mm."""

    columns: tuple[int, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return sum(self.columns), sum(self.rows)

    @cached_property
    def places(self) -> dict[str, list[tuple[int, int]]]:
        """Row and column of the cells of each parcel."""
        found: dict[str, list[tuple[int, int]]] = {}
        for r, row in enumerate(self.cells):
            for c, label in enumerate(row):
                if label != NOTHING:
                    found.setdefault(label, []).append((r, c))
        return found

    def at(self, row: int, column: int) -> str:
        """Label of a cell; nothing outside."""
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.columns)
        return self.cells[row][column] if inside else NOTHING

    def area(self, labels: Collection[str]) -> int:
        """Square millimetres."""
        return sum(self.rows[r] * self.columns[c] for k in labels for r, c in self.places[k])

    @cached_property
    def borders(self) -> dict[tuple[str, str], int]:
        """Length between each two labels, both ways; nothing is a label too."""
        found: dict[tuple[str, str], int] = {}
        for label, places in self.places.items():
            for (r, c), (down, right) in product(places, STEPS):
                other = self.at(r + down, c + right)
                if other != label:
                    length = self.columns[c] if down else self.rows[r]
                    found[label, other] = found.get((label, other), 0) + length
        return found

    def perimeter(self, label: str) -> int:
        """Length of the boundary of one parcel, holes with it."""
        return sum(m for (one, _), m in self.borders.items() if one == label)

    def shared(self, labels: Collection[str], others: Collection[str]) -> int:
        """Length between two groups of labels."""
        return sum(m for (i, j), m in self.borders.items() if i in labels and j in others)

    def around(self, labels: Collection[str]) -> dict[str, int]:
        """Length of the outer boundary of a patch by what lies beyond: not that of its holes."""
        own = {p for k in labels for p in self.places[k]}
        start = (-1, -1)
        outside, heap = {start}, [start]
        while heap:
            r, c = heap.pop()
            for down, right in STEPS:
                to = (r + down, c + right)
                near = -1 <= to[0] <= len(self.rows) and -1 <= to[1] <= len(self.columns)
                if near and to not in own and to not in outside:
                    outside.add(to)
                    heap.append(to)
        found: dict[str, int] = {}
        for (r, c), (down, right) in product(own, STEPS):
            to = (r + down, c + right)
            if to in outside:
                length = self.columns[c] if down else self.rows[r]
                found[self.at(*to)] = found.get(self.at(*to), 0) + length
        return found

    @cached_property
    def corners(self) -> set[tuple[str, str]]:
        """Pairs of labels that meet at a corner or along more."""
        found = set()
        for r in range(len(self.rows) + 1):
            for c in range(len(self.columns) + 1):
                four = {self.at(r - i, c - j) for i in (0, 1) for j in (0, 1)} - {NOTHING}
                found |= {(i, j) for i in four for j in four if i != j}
        return found

    def width(self, label: str) -> tuple[int, bool]:
        """Width of a parcel, and whether that is exact: of other shapes it is a lower bound."""
        places = set(self.places[label])
        best = 0
        top, low = min(places)[0], max(places)[0]
        for first in range(top, low + 1):
            for last in range(first, low + 1):
                height = sum(self.rows[first : last + 1])
                run = 0
                for c, wide in enumerate(self.columns):
                    full = all((r, c) in places for r in range(first, last + 1))
                    run = run + wide if full else 0
                    best = max(best, min(run, height))
        columns = [c for _, c in places]
        boxed = (low - top + 1) * (max(columns) - min(columns) + 1) == len(places)
        return best, boxed

    def merged(self, labels: Collection[str]) -> Picture:
        """The same picture with several parcels as one, which has the first label."""
        first = next(iter(labels))
        cells = tuple(tuple(first if k in labels else k for k in row) for row in self.cells)
        return replace(self, cells=cells)

    def shape(self, label: str) -> shapely.Polygon:
        """Polygon in millimetres, y up, with vertices at its own corners alone."""
        x, y = [0], [sum(self.rows)]
        for w in self.columns:
            x.append(x[-1] + w)
        for h in self.rows:
            y.append(y[-1] - h)
        boxes = [shapely.box(x[c], y[r + 1], x[c + 1], y[r]) for r, c in self.places[label]]
        return shapely.simplify(shapely.union_all(boxes), 0)

    def split(self, label: str, new: str, rng: Generator) -> Picture | None:
        """The parcel cut in two by a straight line, if both parts hang together."""
        whole = self.shape(label).bounds
        down = bool(rng.integers(2))  # cut a height, not a width
        low, high = (whole[1], whole[3]) if down else (whole[0], whole[2])
        at = round((low + rng.uniform(0.25, 0.75) * (high - low)) / 10) * 10
        sizes = self.rows if down else self.columns
        at = sum(sizes) - at if down else at  # rows count from the top
        cut = self._with_line(at, down=down)
        sums = [0]
        for s in cut.rows if down else cut.columns:
            sums.append(sums[-1] + s)
        mids = [(a + b) / 2 for a, b in pairwise(sums)]
        cells = tuple(
            tuple(
                new if k == label and mids[r if down else c] > at else k for c, k in enumerate(row)
            )
            for r, row in enumerate(cut.cells)
        )
        found = replace(cut, cells=cells)
        parts = [found.shape(k) for k in (label, new) if k in found.places]
        good = len(parts) == 2 and all(p.geom_type == "Polygon" for p in parts)
        return found if good else None

    def _with_line(self, at: int, *, down: bool) -> Picture:
        """The same picture with another line across the grid."""
        sizes = self.rows if down else self.columns
        start = 0
        for n, size in enumerate(sizes):
            if start < at < start + size:
                parted = (*sizes[:n], at - start, start + size - at, *sizes[n + 1 :])
                if down:
                    cells = (*self.cells[:n], self.cells[n], *self.cells[n:])
                    return Picture(self.columns, parted, cells)
                wider = tuple((*row[:n], row[n], *row[n:]) for row in self.cells)
                return Picture(parted, self.rows, wider)
            start += size
        return self


def sized(
    rng: Generator, cells: Sequence[str], columns: Sequence[object], rows: Sequence[object]
) -> Picture:
    """A picture of one letter a cell; sizes in metres, or from a range of metres."""
    letters = tuple(tuple(row) for row in cells)
    return Picture(*(tuple(_mm(rng, s) for s in sizes) for sizes in (columns, rows)), letters)


def _mm(rng: Generator, size: object) -> int:
    """Whole centimetres, as millimetres."""
    low, high = size if isinstance(size, tuple) else (size, size)
    return int(rng.integers(round(low * 100), round(high * 100) + 1)) * 10


def in_rows(rows: Sequence[tuple[int, Sequence[tuple[str, int]]]]) -> Picture:
    """A picture of rows of lots, each with its own joints: height, then labels and widths, in mm.

    The last lot of each row takes what is left of the longest row.
    """
    width = max(sum(w for _, w in lots) for _, lots in rows)
    ends = []
    for _, lots in rows:
        sums, total = [], 0
        for label, w in lots[:-1]:
            total += w
            sums.append((total, label))
        ends.append([*sums, (width, lots[-1][0])])
    marks = sorted({0, *(x for row in ends for x, _ in row)})
    cells = tuple(
        tuple(next(label for x, label in row if x >= b) for b in marks[1:]) for row in ends
    )
    return Picture(tuple(b - a for a, b in pairwise(marks)), tuple(h for h, _ in rows), cells)


def share(part: int, whole: int) -> Fraction:
    """Exact share."""
    return Fraction(part, whole)
