"""Outer boundary of blocks: along the edges of rows, or in the middle of corridors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.control.delineation.ground import LEAST_M2
from gisland.control.delineation.mouths import closed
from gisland.control.delineation.shapes import filled, joined
from gisland.topology.overlay import robust
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.control.delineation.ground import Geometries, Ground, Ints

ASKEW = 0.5  # tangent of an angle between two sides: beyond it they do not share what lies between
LEAST_SHARE = 1e-6  # of a block: smaller scattered pieces are left over from rounding


def bounded(
    ground: Ground, block: Ints, shapes: Geometries, *, parameters: Parameters
) -> Geometries:
    """Final shapes of blocks, none of which overlap.

    Parameters
    ----------
    ground
        The land.
    block
        Block of each row, from 0 without a gap; -1 for none.
    shapes
        Of the blocks along the edges of their rows.
    parameters
        ``block_boundary``, ``block_hole_m2``, ``tolerance_m``.

    Returns
    -------
    numpy.ndarray
        One for each block. What two claim goes to the first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.control.delineation.ground import ground_of
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> columns = {"use_class": ["industrial", "residential"], "area_m2": [600.0, 540.0]}
    >>> lots = gpd.GeoDataFrame(columns, geometry=shapes, index=["a", "b"], crs=4547)
    >>> ground, block = ground_of(lots, parameters=Parameters()), np.array([0, -1])
    >>> found = bounded(ground, block, ground.shapes[:1], parameters=Parameters())
    >>> found[0].area
    780.0
    """
    if parameters.block_boundary == "centre_line":
        shapes = _widened(ground, block, shapes)
        # strips on both sides may enclose a crossing; what has land was decided on before
        shapes = filled(ground, block, shapes, most_m2=parameters.block_hole_m2, rule=None).shapes
        others = _far_halves(ground, block)
        shapes = closed(ground, block, shapes, others=others, parameters=parameters)
    return apart(shapes)


def _far_halves(ground: Ground, block: Ints) -> Geometries:
    """Land of corridors between their middle and rows that are not in the block before them."""
    strips = ground.strips
    own = block[strips.focal]
    strips = strips.at((own >= 0) & (own != block[strips.neighbor]))
    # a cut off corner looks askew over the street: what lies before it is no half of anybody
    along_m = np.hypot(*(strips.end - strips.start).T)
    strips = strips.at(np.abs(strips.end_m - strips.start_m) <= ASKEW * along_m)
    near, far = strips.far(), strips.far(1.0)
    halves = shapely.polygons(np.stack([near[0], far[0], far[1], near[1], near[0]], axis=1))
    return np.asarray(halves[shapely.area(halves) > LEAST_M2], dtype=object)


def _widened(ground: Ground, block: Ints, shapes: Geometries) -> Geometries:
    """Shapes with the near half of the corridors around them."""
    strips, corners = ground.strips, ground.corners
    own, facing = block[strips.focal], block[strips.neighbor]
    strip = np.flatnonzero((own >= 0) & (own != facing))
    # the second of two blocks reaches a little too far, and is cut back to the edge of the first
    second = (facing[strip] >= 0) & (facing[strip] < own[strip])
    more_m = np.where(second, ground.tolerance_m, 0.0)
    outside = strips.at(strip).polygons(more_m=more_m)
    one, other = own[corners.before], own[corners.behind]
    within = facing == own  # corners between two such strips are part of the block already
    within = within[corners.before] & within[corners.behind]
    corner = np.flatnonzero((one == other) & (one >= 0) & ~within)
    parts = np.concatenate([shapes, outside, corners.pieces[corner]])
    number = np.concatenate([np.arange(len(shapes)), own[strip], one[corner]])
    return joined(parts, number, tolerance_m=ground.tolerance_m)


def apart(shapes: Geometries) -> Geometries:
    """Shapes without what an earlier one covers.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons, (n,).

    Returns
    -------
    numpy.ndarray
        One each, without scattered pieces below a millionth of it.

    Examples
    --------
    >>> shapely.area(apart(shapely.box([0, 1], 0, [2, 3], 1))).tolist()
    [2.0, 1.0]
    """
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    over = first < second
    first, second = first[over], second[over]
    area = shapely.area(robust(shapely.intersection, shapes[first], shapes[second]))
    first, second = first[area > 0], second[area > 0]
    order = np.lexsort((first, second))
    some, number = np.unique(second[order], return_inverse=True)
    done = shapes.copy()
    if len(some):
        cover = unions(shapes[first[order]], number)
        done[some] = _whole(robust(shapely.difference, shapes[some], cover))
    return done


def _whole(shapes: Geometries) -> Geometries:
    """Shapes without scattered pieces that are left over from rounding."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    kept = area > LEAST_SHARE * np.bincount(of, area, len(shapes))[of]
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    many = np.bincount(of[kept], minlength=len(shapes))
    alone = kept & (many[of] == 1)
    result[of[alone]] = parts[alone]
    for at in np.flatnonzero(many > 1):
        result[at] = shapely.multipolygons(parts[kept & (of == at)])
    return result
