"""How two polygons meet, without asking GEOS where that is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.meeting_loops import UNSURE, Walks, meetings
from gisland.topology.pieces import LARGE
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.rings import Bools, Geometries, Ints, Rings
    from gisland.topology.vertices import Points

FLAT = 1e-9  # of the products in the area of a ring; below it the direction is not sure


def how_they_meet(
    vertices: Points, shapes: Geometries, pair: Ints, *, reach_m: float
) -> NDArray[np.int8]:
    """Tell how polygons meet, pair by pair, as far as compiled loops can be sure.

    Parameters
    ----------
    vertices
        Of the polygons.
    shapes
        Valid polygons, (n,).
    pair
        Positions of two polygons each, (2, k).
    reach_m
        What is farther apart is far, in metres.

    Returns
    -------
    numpy.ndarray
        `TOUCHING`, `FAR` or `UNSURE` of `meeting_loops`, (k,). Polygons of several parts or very
        many vertices, and those as narrow as rounding, are never sure.

    Examples
    --------
    >>> from gisland.topology.vertices import points
    >>> shapes = np.array([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2)])
    >>> pair = np.array([[0], [1]])
    >>> how_they_meet(points(shapes), shapes, pair, reach_m=0.3).tolist()
    [1]
    """
    walks, plain = _walks(vertices, shapes)
    told = np.full(pair.shape[1], UNSURE, dtype=np.int8)
    asked = np.flatnonzero(plain[pair].all(axis=0))
    i, j = pair[:, asked].astype(np.int32)

    def work(begin: int, stop: int) -> NDArray[np.int8]:
        return meetings(walks, i, j, float(reach_m), begin, stop)

    told[asked] = np.concatenate(in_threads(work, count=len(asked)))
    return told


def _walks(vertices: Points, shapes: Geometries) -> tuple[Walks, Bools]:
    """Boundaries with the interior on the left, and whether the polygons are plain.

    Plain are those of one part and not very many vertices, none of them repeated, whose rings
    surely run in one direction and that are wider than rounding.
    """
    rings, following = vertices.rings, vertices.rings.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    shell = np.diff(rings.part, prepend=-1) > 0
    turned, sure = _directions(rings, following)
    turned = (turned != shell)[rings.ring]
    plain = shapely.get_num_geometries(shapes) == 1
    plain &= shapely.get_num_coordinates(shapes) <= LARGE
    plain &= shapely.area(shapes) > EXACT_M * shapely.length(shapes)
    plain[rings.shape[rings.part[~sure]]] = False
    plain[rings.of[vertices.number == vertices.number[following]]] = False
    ahead, back = np.where(turned, [before, following], [following, before]).astype(np.int32)
    first = np.searchsorted(rings.of, np.arange(len(shapes) + 1)).astype(np.int32)
    number = vertices.number.astype(np.int32)
    return Walks(rings.xy, number, ahead, back, first, shapely.bounds(shapes)), plain


def _directions(rings: Rings, following: Ints) -> tuple[Bools, Bools]:
    """Whether each ring runs counter-clockwise, and whether that is sure."""
    begin = np.flatnonzero(np.diff(rings.ring, prepend=-1))
    offset = rings.xy - rings.xy[begin][rings.ring]
    one = offset[:, 0] * offset[following, 1]
    two = offset[:, 1] * offset[following, 0]
    twice = np.add.reduceat(one - two, begin) if len(begin) else np.empty(0)
    terms = np.add.reduceat(np.abs(one) + np.abs(two), begin) if len(begin) else twice
    return twice > 0, np.abs(twice) > FLAT * terms
