"""Hairlines that overlays leave: gaps and strips narrower than a tolerance, closed or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.overlay import robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

REACH = 1.01  # a gap exactly as wide as the tolerance is still closed
HAIR_M2 = 1e-6  # smaller pieces are floating noise
SHARP = 5.0  # corners of a cut down to 23 degrees stay as they are
GRID_M, COARSE_M = 1e-6, 1e-4  # grids that join what floating coordinates cannot


def without_gaps(
    union: shapely.Geometry, parts: Geometries, *, tolerance_m: float
) -> shapely.Geometry:
    """Union of polygons with the gaps between two of them closed, and hairline holes filled.

    Parameters
    ----------
    union
        Of `parts`.
    parts
        Valid polygons.
    tolerance_m
        Widest gap that is closed, in metres, above 0.

    Returns
    -------
    shapely.Geometry
        In as few parts as can be; vertices stay where they are, within a tenth of a millimetre
        where pieces would otherwise not join.

    Examples
    --------
    >>> parts = np.array([shapely.box(0, 0, 10, 10), shapely.box(10.02, 0, 12.02, 10)])
    >>> found = without_gaps(shapely.union_all(parts), parts, tolerance_m=0.05)
    >>> found.geom_type, round(found.area, 2)
    ('Polygon', 120.2)
    """
    fillers = _hairlines(parts, union, tolerance_m)
    merged = _joined(np.array([union, *fillers], dtype=object))
    return _without_hairline_holes(merged, tolerance_m)


def without_strips(
    shape: shapely.Geometry, taken: shapely.Geometry, *, tolerance_m: float
) -> shapely.Geometry:
    """What is left of a polygon when another is taken out, without hairlines along the cut.

    Parameters
    ----------
    shape, taken
        Valid polygons.
    tolerance_m
        Widest strip along `taken` that is taken too, in metres, above 0.

    Returns
    -------
    shapely.Geometry
        Polygons; empty where nothing is left.

    Examples
    --------
    >>> block = shapely.box(0, 0, 10, 10)
    >>> round(without_strips(block, shapely.box(5, 0.02, 9.98, 11), tolerance_m=0.05).area, 6)
    50.0
    """
    rest = robust(shapely.difference, shape, taken)
    half = tolerance_m * REACH / 2
    inner = shapely.buffer(rest, -half, join_style="mitre", mitre_limit=SHARP)
    opened = shapely.buffer(inner, half, join_style="mitre", mitre_limit=SHARP)
    if not opened.is_valid:
        opened = shapely.buffer(shapely.buffer(rest, -half), half)
    # a little wider, or what is left along its edges would join tips to strips
    opened = shapely.buffer(opened, GRID_M, join_style="mitre", mitre_limit=SHARP)
    strips = shapely.get_parts(robust(shapely.difference, rest, opened))
    strips = strips[shapely.area(strips) > HAIR_M2]
    near = shapely.dwithin(strips, taken, GRID_M)
    hair = shapely.buffer(strips[near], 2 * GRID_M)  # into the rest, or a seam would remain
    if not len(hair):
        return rest
    return robust(shapely.difference, rest, shapely.union_all(hair))


def wide_parts(shape: shapely.Geometry, *, tolerance_m: float) -> Geometries:
    """Parts of a geometry that are wider than a tolerance.

    Parameters
    ----------
    shape
        Any geometry; only its polygons count.
    tolerance_m
        Widest part that is left out, in metres.

    Returns
    -------
    numpy.ndarray
        Polygons.

    Examples
    --------
    >>> both = shapely.union(shapely.box(0, 0, 10, 0.04), shapely.box(0, 5, 10, 6))
    >>> shapely.area(wide_parts(both, tolerance_m=0.05)).tolist()
    [10.0]
    """
    parts = shapely.get_parts(shape)
    return parts[2 * shapely.area(parts) > tolerance_m * shapely.length(parts)]


def _joined(pieces: np.ndarray) -> shapely.Geometry:
    """Union in as few parts as can be, where some are no more than rounding apart."""
    best = robust(shapely.union_all, pieces)
    for grid_m in (GRID_M, COARSE_M):
        if shapely.get_num_geometries(best) == 1:
            break
        snapped = shapely.union_all(pieces, grid_size=grid_m)
        if shapely.get_num_geometries(snapped) < shapely.get_num_geometries(best):
            best = snapped
    return best


def _without_hairline_holes(merged: shapely.Geometry, tolerance_m: float) -> shapely.Geometry:
    """The same without holes that are narrower than the tolerance: they are gaps left over."""
    rings, part = shapely.get_rings(shapely.get_parts(merged), return_index=True)
    inner = np.r_[False, part[1:] == part[:-1]]
    holes = shapely.polygons(rings[inner])
    narrow = 2 * shapely.area(holes) <= tolerance_m * shapely.length(holes)
    return robust(shapely.union_all, np.array([merged, *holes[narrow]], dtype=object))


def _closed(union: shapely.Geometry, half_m: float) -> shapely.Geometry:
    """Gaps and notches up to twice a width closed, corners kept sharp where that is sound."""
    for join in ("mitre", "round"):
        wide = shapely.buffer(union, half_m, join_style=join, mitre_limit=2.0)
        closed = shapely.buffer(wide, -half_m, join_style=join, mitre_limit=2.0)
        if closed.is_valid:
            break
    return closed


def _hairlines(parts: np.ndarray, union: shapely.Geometry, tolerance_m: float) -> np.ndarray:
    """Gaps up to the tolerance that lie between two pieces."""
    if len(parts) == 1:
        return np.array([], dtype=object)
    closed = _closed(union, tolerance_m * REACH / 2)
    try:
        open_land = robust(shapely.difference, closed, union)
    except shapely.errors.GEOSException:  # sharp corners crossed each other
        rounded = shapely.buffer(union, tolerance_m * REACH / 2)
        open_land = robust(
            shapely.difference, shapely.buffer(rounded, -tolerance_m * REACH / 2), union
        )
    fillers = shapely.get_parts(open_land)
    fillers = fillers[shapely.area(fillers) > HAIR_M2]
    tree = shapely.STRtree(parts)
    filler, _ = tree.query(fillers, predicate="dwithin", distance=GRID_M)
    between = fillers[np.bincount(filler, minlength=len(fillers)) > 1]
    return shapely.buffer(between, GRID_M)  # into the pieces, or a seam would remain
