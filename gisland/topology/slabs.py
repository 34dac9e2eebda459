"""Areas that polygons have in common, without making their intersections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.slab_loops import Rings, Slabs, common_areas, in_slabs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

POLYGON, MULTIPOLYGON = shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON
COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION


def slab_areas(outer: Geometries, inner: Geometries, *, i: Ints, j: Ints) -> Floats:
    """Area of what ``outer[i]`` and ``inner[j]`` have in common, pair by pair, where it is sure.

    It is off by less than a billionth of the smaller polygon's area. Each pair knows how much
    rounding can amount to, which is far less than that in general. An overlap that small is 0;
    if no more than that is missing to the whole smaller polygon, the overlap is its area to the
    last bit. The same goes for strips as thin as the last digit of the coordinates, as far as the
    billionth allows. So polygons that share edges have nothing in common, also where a vertex
    lies on an edge but for its rounding. A pair has the same area whatever the others are.

    Parameters
    ----------
    outer, inner
        Valid geometries; missing is allowed where no pair asks for it. Lines and points have no
        area.
    i, j
        Positions in `outer` and `inner`, of equal length.

    Returns
    -------
    numpy.ndarray
        Square metres, 0 or more. NaN where rounding may amount to too much for that, as in
        slivers, and for geometry collections: there another way has to be found.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 1)])
    >>> slab_areas(squares, squares, i=np.array([0, 0]), j=np.array([0, 1])).tolist()
    [4.0, 1.0]
    """
    ours, i = _used(outer, i)
    theirs, j = _used(inner, j)
    area = common_areas(slabs(ours), slabs(theirs), i, j)
    area[_is_collection(ours)[i] | _is_collection(theirs)[j]] = np.nan
    return area


def slabs(shapes: Geometries) -> Slabs:
    """Edges of polygons sorted into slabs, for `common_areas`.

    Parameters
    ----------
    shapes
        Valid geometries, none missing, (n,).

    Returns
    -------
    Slabs
        Polygons of few edges are one slab each. Lines and points have no edges.

    Examples
    --------
    >>> slabs(np.array([shapely.box(0, 0, 2, 1)])).edge.tolist()
    [[0.0, 1.0, 2.0, 1.0], [2.0, 0.0, 0.0, 0.0]]
    """
    rings = _rings(shapes)
    return Slabs(rings.box, shapely.area(shapes), *in_slabs(rings))


def _rings(shapes: Geometries) -> Rings:
    """Rings of polygons and multipolygons; other shapes have none."""
    kind = shapely.get_type_id(shapes)
    # most have one ring, for which no geometry has to be made
    plain = (kind == POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
    nested = np.isin(kind, (POLYGON, MULTIPOLYGON)) & ~plain
    alone, rest = np.flatnonzero(plain), np.flatnonzero(nested)
    part, part_of = shapely.get_parts(shapes[rest], return_index=True)
    ring, ring_of = shapely.get_rings(part, return_index=True)
    of = np.concatenate([alone, rest[part_of[ring_of]]])
    sizes = shapely.get_num_coordinates(np.concatenate([shapes[alone], ring]))
    shell = np.concatenate([plain[alone], np.diff(ring_of, prepend=-1) > 0])
    order = np.argsort(of, kind="stable")
    return Rings(
        xy=shapely.get_coordinates(shapes[plain | nested]),
        start=_sums(sizes[order]),
        shell=shell[order],
        ring=_sums(np.bincount(of, minlength=len(shapes))),
        box=shapely.bounds(shapes),
    )


def _used(shapes: Geometries, at: Ints) -> tuple[Geometries, Ints]:
    """Shapes that are asked for, once each, and their positions there."""
    used = np.zeros(len(shapes), dtype=bool)
    used[at] = True
    return shapes[used], (np.cumsum(used) - 1)[at]


def _is_collection(shapes: Geometries) -> NDArray[np.bool_]:
    return shapely.get_type_id(shapes) == COLLECTION


def _sums(counts: Ints) -> Ints:
    """Where each begins, if so many follow each other, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
