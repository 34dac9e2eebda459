"""Notches of outer boundaries in front of side streets and at crossings, which nobody faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.control.delineation.shapes import NONE, filled, joined, moved
from gisland.topology.overlay import robust
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.control.delineation.ground import Geometries, Ground, Ints

# Of the corridor width: a notch of at most twice the first is closed however long it is. The
# second closes mouths between cut off corners, and only where the piece is no longer than the third
NARROW, SPLAYED, LONGEST = 0.5, 1.5, 2.5
# Of the outline of a notch: where more is land of others, or also what they have of a corridor,
# the line goes around them
MOST_FRONTED, MOST_FACED = 0.1, 1 / 3
HAIR = 0.1  # of the tolerance: the tips that are lost with hairs are closed again when joined


def closed(
    ground: Ground, block: Ints, shapes: Geometries, *, others: Geometries, parameters: Parameters
) -> Geometries:
    """Shapes whose boundary runs straight on over the mouths of side streets.

    In front of a mouth and at a crossing no land is faced, so that the boundary steps back to the
    edge of the rows. What is missing there is added, but for all land and what others have.

    Parameters
    ----------
    ground
        The land.
    block
        Block of each row, from 0 without a gap; -1 for none.
    shapes
        Of the blocks, widened to the middle of corridors; they may overlap a little.
    others
        The far half of each corridor that a block does not have on both sides.
    parameters
        ``corridor_m``, ``block_hole_m2``.

    Returns
    -------
    numpy.ndarray
        One for each block.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.control.delineation.ground import ground_of
    >>> notched = shapely.box(0, 0, 100, 26) - shapely.box(40, 20, 60, 26)
    >>> lots = [shapely.box(0, 0, 100, 20), shapely.box(0, 32, 100, 50)]
    >>> columns = {"use_class": ["industrial", "residential"], "area_m2": [2000.0, 1800.0]}
    >>> frame = gpd.GeoDataFrame(columns, geometry=lots, index=["a", "b"], crs=4547)
    >>> ground, block = ground_of(frame, parameters=Parameters()), np.array([0, -1])
    >>> none = np.empty(0, dtype=object)
    >>> shapes = np.array([notched])
    >>> closed(ground, block, shapes, others=none, parameters=Parameters())[0].area
    2600.0
    """
    for share, longest in ((NARROW, np.inf), (SPLAYED, LONGEST)):
        by_m = share * parameters.corridor_m
        pieces, of = _notches(ground, block, shapes, others=others, by_m=by_m)
        short = 2 * shapely.minimum_bounding_radius(pieces) <= longest * parameters.corridor_m
        if short.any():
            parts = np.concatenate([shapes, pieces[short]])
            number = np.concatenate([np.arange(len(shapes)), of[short]])
            wide = joined(parts, number, tolerance_m=ground.tolerance_m)
            most_m2 = parameters.block_hole_m2
            shapes = filled(ground, block, wide, most_m2=most_m2, rule=None).shapes
    return shapes


def _notches(
    ground: Ground, block: Ints, shapes: Geometries, *, others: Geometries, by_m: float
) -> tuple[Geometries, Ints]:
    """Pieces that closing adds to each shape, and the shape of each."""
    least_m = ground.tolerance_m
    grown = moved(moved(shapes, by_m), -by_m)
    pieces, of = shapely.get_parts(robust(shapely.difference, grown, shapes), return_index=True)
    pieces, at = _without_hairs(pieces, by_m=HAIR * least_m)
    of = of[at]
    nobody = np.full(len(others), NONE)
    land = _covers(pieces, of, shapes=ground.shapes, owner=block)
    halves = _covers(pieces, of, shapes=others, owner=nobody)
    blocks = _covers(pieces, of, shapes=shapes, owner=np.arange(len(shapes)))
    cover = robust(shapely.union, robust(shapely.union, land, halves), blocks)
    left, at = shapely.get_parts(robust(shapely.difference, pieces, cover), return_index=True)
    of, land, cover = of[at], land[at], cover[at]
    pieces, at = _without_hairs(left, by_m=HAIR * least_m)
    of, land, cover = of[at], land[at], cover[at]
    edge = shapely.boundary(pieces)
    fronting, faced = (
        shapely.length(robust(shapely.intersection, edge, moved(near, least_m)))
        for near in (land, cover)
    )
    all_m = shapely.length(edge)
    notch = (fronting <= MOST_FRONTED * all_m) & (faced <= MOST_FACED * all_m)
    return pieces[notch], of[notch]


def _covers(pieces: Geometries, of: Ints, *, shapes: Geometries, owner: Ints) -> Geometries:
    """For each piece the shapes of other owners that meet it, as one."""
    piece, other = shapely.STRtree(shapes).query(pieces)
    foreign = owner[other] != of[piece]
    piece, other = piece[foreign], other[foreign]
    order = np.lexsort((other, piece))
    some, number = np.unique(piece[order], return_inverse=True)
    covers = np.full(len(pieces), shapely.Polygon(), dtype=object)
    if len(some):
        covers[some] = unions(shapes[other[order]], number)
    return covers


def _without_hairs(pieces: Geometries, *, by_m: float) -> tuple[Geometries, Ints]:
    """Polygons without what is narrower than twice a distance, and the piece of each."""
    parts, at = shapely.get_parts(moved(moved(pieces, -by_m), by_m), return_index=True)
    there = ~shapely.is_empty(parts)
    return parts[there], at[there]
