"""Shapes of blocks: their rows, the corridors between two of them, and holes that are filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.overlay import pair_areas, robust
from gisland.topology.unions import REACH, unions

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.control.delineation.ground import Bools, Floats, Geometries, Ground, Ints

NONE = -1  # number of the block of a row in none
HEAP = 20.0  # sides of a mean part along the side of a heap
HALF = 0.5  # of a row in a hole, for it to lie in it


@dataclass(frozen=True)
class Shapes:
    """Blocks with their holes filled as far as may be.

    Attributes
    ----------
    shapes
        Polygons, or multipolygons where nothing joins them, (n,).
    taken
        Rows taken in from holes, and the block of each, (2, k).
    refused
        Rows of other blocks in holes that were left for that, and the block with the hole, (2, m).
    """

    shapes: Geometries
    taken: Ints
    refused: Ints


def shapes_of(ground: Ground, block: Ints) -> Geometries:
    """Shapes of blocks with all their holes, moved outwards as `joined` has it.

    Parameters
    ----------
    ground
        The land.
    block
        Block of each row of the land, numbered from 0 without a gap; -1 for none.

    Returns
    -------
    numpy.ndarray
        One for each block: its rows, the land of corridors between two of them, and the corners
        between two such corridors.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.control.delineation.ground import ground_of
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> columns = {"use_class": ["industrial"] * 2, "area_m2": [600.0, 540.0]}
    >>> lots = gpd.GeoDataFrame(columns, geometry=shapes, index=["a", "b"], crs=4547)
    >>> ground = ground_of(lots, parameters=Parameters())
    >>> wide = shapes_of(ground, np.array([0, 0]))
    >>> round(moved(wide, -REACH * 0.05 / 2)[0].area, 6)
    1500.0
    """
    strips, corners = ground.strips, ground.corners
    of_strip = np.where(block[strips.focal] == block[strips.neighbor], block[strips.focal], NONE)
    one, other = of_strip[corners.before], of_strip[corners.behind]
    of_corner = np.where(one == other, one, NONE)
    row, strip, corner = (np.flatnonzero(n >= 0) for n in (block, of_strip, of_corner))
    # all the way across, from both sides: the middles of sides that part do not meet
    across = strips.at(strip).polygons(1.0)
    parts = np.concatenate([ground.shapes[row], across, corners.pieces[corner]])
    number = np.concatenate([block[row], of_strip[strip], of_corner[corner]])
    return joined(parts, number, tolerance_m=ground.tolerance_m)


def joined(parts: Geometries, number: Ints, *, tolerance_m: float) -> Geometries:
    """Parts of each block as one, moved outwards so that gaps within the tolerance are closed.

    Moved so, a hole that a mere corner closes is a hole, whatever the rounding.

    Parameters
    ----------
    parts
        Polygons, (n,); empty ones do no harm.
    number
        Block of each, from 0 without a gap, (n,).
    tolerance_m
        A gap up to this wide is closed, in metres.

    Returns
    -------
    numpy.ndarray
        One for each block; `filled` moves them back.

    Examples
    --------
    >>> squares = shapely.box([0, 1.04], 0, [1, 2.04], 1)
    >>> wide = joined(squares, np.array([0, 0]), tolerance_m=0.05)
    >>> round(moved(wide, -REACH * 0.05 / 2)[0].area, 6)
    2.04
    """
    there = np.flatnonzero(~shapely.is_empty(parts))
    heap = _heaps(parts[there], number[there])
    order = there[np.argsort(heap, kind="stable")]
    heap = np.sort(heap)
    some = unions(parts[order], heap)  # of a huge block, all threads unite heaps
    of_heap = number[order][np.flatnonzero(np.diff(heap, prepend=NONE))]
    return moved(unions(some, of_heap), REACH * tolerance_m / 2)


def _heaps(parts: Geometries, number: Ints) -> Ints:
    """Heaps of parts of the same block that lie together, numbered from 0 by block."""
    spot = shapely.bounds(parts)[:, :2]
    side = HEAP * float(np.sqrt(shapely.area(parts).mean())) if len(parts) else 1.0
    column, row = np.floor(spot / side).astype(np.int64).T
    order = np.lexsort((row, column, number))
    keys = np.stack([number, column, row])[:, order]
    first = (np.diff(keys, axis=1, prepend=keys[:, :1]) != 0).any(axis=0)
    heap = np.empty(len(parts), dtype=np.int64)
    heap[order] = np.cumsum(first)
    return heap


def moved(shapes: Geometries, by_m: float) -> Geometries:
    """Shapes with their sides moved outwards, corners kept.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons, (n,).
    by_m
        How far, in metres; below 0 inwards.

    Returns
    -------
    numpy.ndarray
        One each; corners below 60 degrees lose their tips.

    Examples
    --------
    >>> moved(shapely.box([0], [0], [1], [1]), 1.0)[0].area
    9.0
    """

    def work(begin: int, stop: int) -> Geometries:
        return shapely.buffer(shapes[begin:stop], by_m, join_style="mitre", mitre_limit=2.0)

    return np.concatenate(in_threads(work, count=len(shapes), least=1))


def filled(
    ground: Ground,
    block: Ints,
    shapes: Geometries,
    *,
    most_m2: float,
    rule: Rule | None,
    live: Bools | None = None,
) -> Shapes:
    """Shapes with their holes filled, as far as size and share allow, and moved back inwards.

    Parameters
    ----------
    ground
        The land.
    block
        See `shapes_of`.
    shapes
        From `shapes_of`.
    most_m2
        Largest hole that is filled.
    rule
        Least industrial share of the classified land of a block; a rule that is off sets none.
        Without a rule holes with land stay.
    live
        Whether each row belongs to any block at all, if others than those do; a hole with rows of
        another one stays.

    Returns
    -------
    Shapes
        Holes without land are filled first; of the others the smallest.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.control.delineation.ground import ground_of
    >>> ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20)
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial"], "area_m2": [800.0]},
    ...     geometry=[ring],
    ...     index=["a"],
    ...     crs=4547,
    ... )
    >>> ground, block = ground_of(lots, parameters=Parameters(corridor_m=0.0)), np.array([0])
    >>> rule = load_rules("common")["block_line.industrial_share"]
    >>> shapes = shapes_of(ground, block)
    >>> found = filled(ground, block, shapes, most_m2=100.0, rule=rule)
    >>> found.shapes[0].area
    900.0
    """
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    inner = np.flatnonzero(np.diff(ring_part, prepend=-1) == 0)
    reach_m = REACH * ground.tolerance_m / 2
    holes = moved(shapely.polygons(rings[inner]), reach_m)
    area, of_hole = shapely.area(holes), of_part[ring_part[inner]]
    small = area.round(6) <= most_m2
    inner, holes, area, of_hole = inner[small], holes[small], area[small], of_hole[small]
    hole, row = _within(ground, holes)
    live = block >= 0 if live is None else live
    other = live[row] & (block[row] != of_hole[hole])
    own = block[row] == of_hole[hole]  # an island of its own in a hole is no land to be taken
    refused = np.unique(hole[other])
    hole, row, other = hole[~own], row[~own], other[~own]
    take = np.ones(len(holes), dtype=bool)
    take[hole] = False
    free = ~np.isin(hole, refused) & (rule is not None)
    land = sums_by(block, np.where(ground.classified, ground.area_m2, 0.0), len(shapes))
    industry = sums_by(block, np.where(ground.industrial, ground.area_m2, 0.0), len(shapes))
    for number in np.unique(of_hole[hole[free]]):
        mine = free & (of_hole[hole] == number)
        sums = float(industry[number]), float(land[number])
        take[_taken(ground, sums, hole=hole[mine], row=row[mine], area=area, rule=rule)] = True
    kept = np.ones(len(rings), dtype=bool)
    kept[inner[take]] = False
    done = shapes.copy()
    touched = np.unique(of_hole[take])
    redrawn = np.isin(of_part, touched)
    chosen = kept & redrawn[ring_part]
    faces = shapely.polygons(rings[chosen], indices=(np.cumsum(redrawn) - 1)[ring_part[chosen]])
    number = np.unique(of_part[redrawn], return_inverse=True)[1]
    done[touched] = _assembled(faces, number)
    taken = take[hole]
    return Shapes(
        moved(done, -reach_m),
        np.stack([row[taken], of_hole[hole[taken]]]),
        np.stack([row[other], of_hole[hole[other]]]),
    )


def sums_by(block: Ints, values: Floats, count: int) -> Floats:
    """Sum of values over each block.

    Parameters
    ----------
    block
        Number of the block of each value; -1 for none.
    values
        Such as areas.
    count
        How many blocks there are.

    Returns
    -------
    numpy.ndarray
        One for each block.

    Examples
    --------
    >>> sums_by(np.array([0, -1, 0]), np.array([2.0, 9.0, 3.0]), 2).tolist()
    [5.0, 0.0]
    """
    there = block >= 0
    return np.bincount(block[there], values[there], count).astype(np.float64)


def _within(ground: Ground, holes: Geometries) -> tuple[Ints, Ints]:
    """Holes and the rows of the land that lie in them, sorted."""
    hole, row = ground.tree.query(holes)
    area = pair_areas(holes, ground.shapes, i=hole, j=row)
    kept = area > HALF * shapely.area(ground.shapes[row])
    hole, row = hole[kept], row[kept]
    order = np.lexsort((row, hole))
    return hole[order], row[order]


def _taken(
    ground: Ground,
    sums: tuple[float, float],
    *,
    hole: Ints,
    row: Ints,
    area: Floats,
    rule: Rule | None,
) -> list[int]:
    """Holes of one block whose rows are taken in: the smallest first, while the share allows."""
    industrial, classified = sums
    first = np.flatnonzero(np.diff(hole, prepend=NONE))
    land = np.where(ground.classified[row], ground.area_m2[row], 0.0)
    of_industry = np.where(ground.industrial[row], ground.area_m2[row], 0.0)
    more, much = np.add.reduceat(land, first), np.add.reduceat(of_industry, first)
    waiting = list(np.lexsort((row[first], area[hole[first]].round(6))))
    chosen: list[int] = []
    while True:  # a hole with much industry may make room for one that was passed over
        still = []
        for at in waiting:
            share = (industrial + much[at]) / (classified + more[at])
            if (
                rule is None
                or rule.mode == "off"
                or rule.rounded(share) >= rule.rounded(rule.limit)
            ):
                industrial, classified = industrial + much[at], classified + more[at]
                chosen.append(int(hole[first[at]]))
            else:
                still.append(at)
        if len(still) == len(waiting):
            return chosen
        waiting = still


def _assembled(parts: Geometries, number: Ints) -> Geometries:
    """Parts of each shape as one; one may lie in what was a hole of another."""
    many = np.bincount(number)
    shapes = np.empty(len(many), dtype=object)
    alone = many[number] == 1
    shapes[number[alone]] = parts[alone]
    for at in np.flatnonzero(many > 1):
        shapes[at] = robust(shapely.union_all, parts[number == at])
    return shapes
