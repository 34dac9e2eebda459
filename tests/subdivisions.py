"""Planar subdivisions for tests: parcels that share their boundaries exactly, made from a seed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity, box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

Polygons = list[shapely.Polygon]

ORIGIN = (500_000.0, 3_400_000.0)  # on the central meridian of the zone, where cities lie
SIDE_M = 120.0
STREET_M = 12.0


def subdivision(pattern: str, *, size: int, rng: Generator) -> Polygons:
    """About `size` polygons without gaps or overlaps, at the coordinates of a real zone."""
    shapes = PATTERNS[pattern](size, rng)
    return [affinity.translate(shape, *ORIGIN) for shape in shapes]


def cuts(size: int, rng: Generator) -> Polygons:
    """A square, the largest piece of which is cut in two by a line, again and again."""
    pieces = [box(0, 0, SIDE_M, SIDE_M)]
    while len(pieces) < size:
        at = int(np.argmax([p.area for p in pieces]))
        whole = pieces.pop(at)
        pieces += _halves(whole, rng)
    return pieces


def _halves(whole: shapely.Polygon, rng: Generator) -> Polygons:
    """A convex polygon on both sides of a line through its middle."""
    middle = whole.centroid
    angle = rng.uniform(0, np.pi)
    across = np.array([np.cos(angle), np.sin(angle)]) * 4 * SIDE_M
    along = np.array([-across[1], across[0]])
    x, y = middle.x, middle.y
    start, end = np.array([x, y]) - across, np.array([x, y]) + across
    left = shapely.Polygon([start, end, end + along, start + along])
    right = shapely.Polygon([start, end, end - along, start - along])
    return [shapely.intersection(whole, left), shapely.intersection(whole, right)]


def cells(size: int, rng: Generator) -> Polygons:
    """The cells around random points: three parcels meet at most corners."""
    points = shapely.multipoints(rng.uniform(0, SIDE_M, (size, 2)))
    around = shapely.get_parts(shapely.voronoi_polygons(points))
    inside = shapely.intersection(around, box(0, 0, SIDE_M, SIDE_M))
    return [cell for cell in inside if cell.area > 0]


def bricks(size: int, rng: Generator) -> Polygons:
    """Courses of bricks, turned and rounded to the millimetre: corners amid the sides of others."""
    columns = max(2, round(size**0.5))
    rows = -(-size // columns)
    turn = rng.uniform(0, 90)
    laid = []
    for row in range(rows):
        joints = np.linspace(0, SIDE_M, columns + 1)
        joints[1:-1] += rng.uniform(-0.3, 0.3, columns - 1) * SIDE_M / columns
        low, high = row * SIDE_M / rows, (row + 1) * SIDE_M / rows
        laid += [box(a, low, b, high) for a, b in pairwise(joints)]
    turned = [affinity.rotate(brick, turn, origin=(0, 0)) for brick in laid[:size]]
    return list(shapely.transform(turned, lambda xy: xy.round(3)))


def islands(size: int, rng: Generator) -> Polygons:
    """Cells of which some have a hole: with a parcel in it, or with nothing."""
    shapes = cells(max(3, size - size // 4), rng)
    order = rng.permutation(len(shapes))
    for nth, at in enumerate(order[: max(1, size // 4)]):
        inner = affinity.scale(shapes[at], 0.4, 0.4, origin="centroid")
        shapes[at] = shapely.Polygon(shapes[at].exterior, [inner.exterior])
        if nth % 3 < 2:
            shapes.append(shapely.Polygon(inner.exterior))
    return shapes


def streets(size: int, rng: Generator) -> Polygons:
    """Blocks cut into two lots each, and all streets as one polygon with a hole per block."""
    blocks = max(1, (size - 1) // 2)
    columns = max(1, round(blocks**0.5))
    pitch = SIDE_M / columns
    lots = []
    holes = []
    for block in range(blocks):
        west, south = block % columns * pitch, block // columns * pitch
        depth = min(STREET_M, pitch / 4)
        east, north = west + pitch - depth, south + pitch - depth
        split = rng.uniform(west + 0.3 * (east - west), west + 0.7 * (east - west))
        lots += [box(west, south, split, north), box(split, south, east, north)]
        holes.append([(west, south), (split, south), (east, south)])
        holes[-1] += [(east, north), (split, north), (west, north)]
    rows = -(-blocks // columns)
    outer = box(-STREET_M, -STREET_M, SIDE_M, rows * pitch)
    return [*lots, shapely.Polygon(outer.exterior, holes)]


PATTERNS: dict[str, Callable[[int, Generator], Polygons]] = {
    "cuts": cuts,
    "cells": cells,
    "bricks": bricks,
    "islands": islands,
    "streets": streets,
}
