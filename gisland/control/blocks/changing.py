"""What one change of a proposal does to the shapes of block lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gisland.topology.hairlines import REACH, wide_parts, without_gaps, without_strips
from gisland.topology.overlay import robust

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    Blocks = Mapping[str, shapely.Geometry]

LEAST_M2 = 0.01  # smaller overlaps are drawing noise
CORNER = 3.0  # times the reach: so much of an outline is within reach of a corner that it touches
CONTACT_DIGITS, OVERLAP_DIGITS = 3, 2  # to which metres and square metres are compared


class Effect(NamedTuple):
    """Why a change has no effect; the blocks it changes, their shapes after, and the land of it."""

    reason: str = ""
    block_ids: tuple[str, ...] = ()
    after: tuple[shapely.Geometry, ...] = ()
    land: shapely.Geometry | None = None


def extended(block: str, blocks: Blocks, shape: shapely.Geometry, *, tolerance_m: float) -> Effect:
    """One block with an area taken in, whatever the other blocks hold of it.

    Parameters
    ----------
    block
        Its id.
    blocks
        Valid polygons by block id.
    shape
        The area, a valid polygon.
    tolerance_m
        Widest gap that is closed, in metres, above 0.

    Returns
    -------
    Effect
        ``already_in`` where no part wider than the tolerance is new.

    Examples
    --------
    >>> lines = {"L": shapely.box(0, 0, 10, 10)}
    >>> found = extended("L", lines, shapely.box(8, 0, 12, 10), tolerance_m=0.05)
    >>> found.reason, found.land.area
    ('', 20.0)
    """
    return _joined(
        block,
        blocks[block],
        robust(shapely.difference, shape, blocks[block]),
        tolerance_m=tolerance_m,
    )


def taken_in(blocks: Blocks, shape: shapely.Geometry, *, new_id: str, tolerance_m: float) -> Effect:
    """The lines with an area taken in, as far as no block holds it yet.

    Parameters
    ----------
    blocks
        Valid polygons by block id.
    shape
        The area, a valid polygon.
    new_id
        Id of the new block where the area is beside none.
    tolerance_m
        Widest gap that is closed, in metres, above 0.

    Returns
    -------
    Effect
        Of the block with the longest boundary along the area; ``new_block`` for a new one,
        ``already_in`` where no part wider than the tolerance is new.

    Examples
    --------
    >>> lines = {"L": shapely.box(0, 0, 10, 10)}
    >>> for west in (10.02, 11.0):
    ...     found = taken_in(lines, shapely.box(west, 0, 20, 10), new_id="c1", tolerance_m=0.05)
    ...     print(found.reason, found.block_ids, round(found.after[0].area, 3))
     ('L',) 200.0
    new_block ('c1',) 90.0
    """
    block = _beside(blocks, shape, tolerance_m=tolerance_m)
    met = [own for own in blocks.values() if shapely.intersects(own, shape)]
    fresh = robust(shapely.difference, shape, robust(shapely.union_all, met))
    if block is not None:
        return _joined(block, blocks[block], fresh, tolerance_m=tolerance_m)
    return Effect("new_block", (new_id,), (shape,), shape)


def taken_out(blocks: Blocks, shape: shapely.Geometry, *, tolerance_m: float) -> Effect:
    """The lines with an area taken out of every block that holds some of it.

    Parameters
    ----------
    blocks
        Valid polygons by block id.
    shape
        The area, a valid polygon.
    tolerance_m
        Widest strip along the cut that is taken, too, in metres, above 0.

    Returns
    -------
    Effect
        Shapes that are empty where nothing is left; ``not_in`` where no block holds a part of
        the area that is wider than the tolerance.

    Examples
    --------
    >>> lines = {"K": shapely.box(0, 0, 10, 10), "L": shapely.box(10, 0, 20, 10)}
    >>> found = taken_out(lines, shapely.box(8, 0, 13, 10), tolerance_m=0.05)
    >>> found.block_ids, [shape.area for shape in found.after], found.land.area
    (('K', 'L'), [80.0, 70.0], 50.0)
    """
    ids = [
        block
        for block, own in sorted(blocks.items())
        if shapely.intersects(own, shape)
        and len(wide_parts(robust(shapely.intersection, own, shape), tolerance_m=tolerance_m))
    ]
    if not ids:
        return Effect("not_in")
    after = tuple(_cut(blocks[block], shape, tolerance_m=tolerance_m) for block in ids)
    before = robust(shapely.union_all, [blocks[block] for block in ids])
    land = robust(shapely.difference, before, robust(shapely.union_all, [*after]))
    return Effect("", tuple(ids), after, land)


def free_id(wanted: str, taken: Collection[str]) -> str:
    """An id that no block has, as near to the wanted one as can be.

    Parameters
    ----------
    wanted
        Such as the id of a change.
    taken
        Ids of blocks.

    Returns
    -------
    str
        The wanted id, or with a number behind it.

    Examples
    --------
    >>> free_id("c1", ["L1"]), free_id("1", ["1", "1-2"])
    ('c1', '1-3')
    """
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _joined(
    block: str, own: shapely.Geometry, fresh: shapely.Geometry, *, tolerance_m: float
) -> Effect:
    parts = wide_parts(fresh, tolerance_m=tolerance_m)
    if not len(parts):
        return Effect("already_in", (block,))
    every = np.array([own, *parts], dtype=object)
    union = robust(shapely.union_all, every)
    after = _sound(without_gaps(union, every, tolerance_m=tolerance_m))
    return Effect("", (block,), (after,), robust(shapely.difference, after, own))


def _beside(blocks: Blocks, shape: shapely.Geometry, *, tolerance_m: float) -> str | None:
    """Block along which most of an outline runs, or that holds some; corners do not count."""
    reach = REACH * tolerance_m
    ids = np.array(sorted(blocks), dtype=object)
    shapes = np.array([blocks[block] for block in ids], dtype=object)
    near = np.flatnonzero(shapely.dwithin(shapes, shape, reach))
    if not len(near):
        return None
    outline = shapely.boundary(shape)
    wide = shapely.buffer(shapes[near], reach)
    contact = shapely.length(robust(shapely.intersection, wide, outline))
    overlap = shapely.area(robust(shapely.intersection, shapes[near], shape))
    counts = (contact > CORNER * reach) | (overlap > LEAST_M2)
    keys = (near, -overlap.round(OVERLAP_DIGITS), -contact.round(CONTACT_DIGITS), ~counts)
    best = np.lexsort(keys)[0]
    return str(ids[near[best]]) if counts[best] else None


def _cut(own: shapely.Geometry, shape: shapely.Geometry, *, tolerance_m: float) -> shapely.Geometry:
    rest = _sound(without_strips(own, shape, tolerance_m=tolerance_m))
    parts = wide_parts(rest, tolerance_m=tolerance_m)
    return rest if len(parts) == shapely.get_num_geometries(rest) else _together(parts)


def _sound(shape: shapely.Geometry) -> shapely.Geometry:
    if shapely.is_valid(shape):
        return shape
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _together(parts: NDArray[np.object_]) -> shapely.Geometry:
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
