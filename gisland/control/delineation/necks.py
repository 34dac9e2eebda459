"""Necks: where a block is opened, it loses what is narrow, and may fall into several."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.opening import ROUNDING_M
from gisland.topology.opening_loops import TIP_LIMIT
from gisland.topology.overlay import pair_areas
from gisland.topology.pieces import pieces

if TYPE_CHECKING:
    from gisland.control.delineation.ground import Geometries, Ints

HALF = 0.5  # of a row that has to be left
GROWN_M = 1e-6  # what comes back lies on the old sides but for rounding
NARROW = -1


def opened(shapes: Geometries, *, neck_m: float) -> tuple[Geometries, Ints]:
    """Cores of shapes: what of them is no narrower than a neck.

    The shape is moved inwards by half the neck, and each part of what is left outwards again:
    two that touch where the neck between them is gone are two.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons, (n,).
    neck_m
        Narrower parts go, in metres, 0 or more; widths are compared at 0.01 m.

    Returns
    -------
    cores : numpy.ndarray
        Mitred, as `topology.opening.narrow_share` has it, and larger by a micrometre.
    of_core : numpy.ndarray
        Position of the shape of each.

    Examples
    --------
    >>> flag = shapely.union(shapely.box(0, 0, 30, 30), shapely.box(30, 0, 70, 5))
    >>> cores, _ = opened(np.array([flag]), neck_m=15.0)
    >>> round(cores[0].area, 2)
    900.0
    """
    radius = (neck_m - ROUNDING_M) / 2
    if radius <= 0:
        return shapely.get_parts(shapes, return_index=True)
    inner, of_core = shapely.get_parts(_moved(shapes, -radius), return_index=True)
    return _moved(inner, radius + GROWN_M), of_core


def _moved(shapes: Geometries, by_m: float) -> Geometries:
    move = partial(shapely.buffer, join_style="mitre", mitre_limit=TIP_LIMIT)

    def work(begin: int, stop: int) -> Geometries:
        return move(shapes[begin:stop], by_m)

    return np.concatenate(in_threads(work, count=len(shapes), least=1))


def cores_of(
    shapes: Geometries, rows: Geometries, block: Ints, *, neck_m: float
) -> tuple[Ints, Ints]:
    """Core that holds most of each row.

    Parameters
    ----------
    shapes
        Of the blocks, (n,).
    rows
        Polygons of their rows, (k,).
    block
        Block of each row, (k,).
    neck_m
        See `opened`.

    Returns
    -------
    core : numpy.ndarray
        Number of the core, each within one block; -1 where less than half of the row is left in
        all of them.
    of_core : numpy.ndarray
        Block of each core.

    Examples
    --------
    >>> parts = shapely.box([0, 30], 0, [30, 70], [30, 5])
    >>> flag = shapely.union_all(parts)
    >>> cores_of(np.array([flag]), parts, np.array([0, 0]), neck_m=15.0)[0].tolist()
    [0, -1]
    """
    cores, of_core = opened(shapes, neck_m=neck_m)
    core = np.full(len(rows), NARROW)
    tree = shapely.STRtree(rows)
    at, row = tree.query(cores, predicate="covers")
    same = of_core[at] == block[row]
    core[row[same]] = at[same]
    rest = np.flatnonzero(core == NARROW)
    cut = pieces(cores)
    at, row = shapely.STRtree(rows[rest]).query(cut.shapes)
    same = of_core[cut.of[at]] == block[rest[row]]
    at, row = at[same], row[same]
    area = pair_areas(rows[rest], cut.shapes, i=row, j=at)
    pair, back = np.unique(row * max(len(cores), 1) + cut.of[at], return_inverse=True)
    row, at = pair // max(len(cores), 1), pair % max(len(cores), 1)
    part = np.bincount(back, area, len(pair)) / shapely.area(rows[rest[row]])
    left = np.bincount(row, part, len(rest))
    order = np.lexsort((at, -part.round(9), row))
    first = order[np.flatnonzero(np.diff(row[order], prepend=-1))]
    kept = first[left[row[first]].round(9) >= HALF]
    core[rest[row[kept]]] = at[kept]
    return core, of_core
