"""Give polygons whose boundaries meet the same vertices, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.rings import edited, numbers
from gisland.topology.segments import Segments, exact_matches, explode
from gisland.topology.vertices import EXACT_M
from gisland.topology.vertices import points as vertices_of

if TYPE_CHECKING:
    from gisland.topology.rings import Bools, Floats, Geometries, Ints, Rings
    from gisland.topology.vertices import Near


@dataclass(frozen=True)
class Shared:
    """Polygons after `share`, and how many vertices each of them was given, (n,)."""

    shapes: Geometries
    inserted: Ints


def share(shapes: Geometries, points: Floats | None = None) -> Shared:
    """Make points vertices of every polygon whose boundary they lie on (within 1e-6 m).

    Where a polygon has a vertex of its own that near to a point, that vertex takes the place of
    the point; else the point is inserted into the edge.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in metres, (n,); missing is allowed.
    points
        (m, 2); all vertices of the polygons where it is left out.

    Returns
    -------
    Shared
        Polygons that already had all their points are the objects given.

    Examples
    --------
    >>> done = share(np.array([shapely.box(0, 0, 9, 1), shapely.box(3, 1, 9, 2)]))
    >>> done.shapes[0].wkt, done.inserted.tolist()
    ('POLYGON ((9 0, 9 1, 3 1, 0 1, 0 0, 9 0))', [1, 0])
    """
    vertices = vertices_of(shapes)
    rings = vertices.rings
    if points is None:
        asked, near = vertices.xy, vertices.near(EXACT_M)
    else:
        asked = np.unique(points + 0.0, axis=0)
        near = vertices.near(EXACT_M, asked=asked)
        near = near.take(~_has(rings, asked, near))
    start = near.edge
    end = rings.following[start]
    at_start = np.hypot(*(rings.xy[start] - asked[near.point]).T) <= EXACT_M
    at_end = ~at_start & (np.hypot(*(rings.xy[end] - asked[near.point]).T) <= EXACT_M)
    between = np.flatnonzero(~at_start & ~at_end)
    moved, to = np.empty(0, dtype=np.int64), np.empty((0, 2))
    if points is not None:
        own = np.flatnonzero(at_start | at_end)
        moved, once = np.unique(np.where(at_start, start, end)[own], return_index=True)
        to = asked[near.point[own[once]]]
    order = between[np.lexsort((near.along[between], start[between]))]
    inserted = np.bincount(near.other[order], minlength=len(shapes))
    inserted += np.bincount(vertices.of[moved], minlength=len(shapes))
    done = edited(shapes, moved=moved, to=to, after=start[order], added=asked[near.point[order]])
    return Shared(done, inserted)


def shared(shapes: Geometries) -> Geometries:
    """Polygons with every vertex that lies on their boundary, but for those it would break.

    A vertex 1e-6 m off the edge that it is inserted into can make a needle cross itself.

    Parameters
    ----------
    shapes
        Valid polygons in metres, (n,); missing is allowed.

    Returns
    -------
    numpy.ndarray
        (n,). Polygons that had all these vertices, or cannot have them, are the objects given.

    Examples
    --------
    >>> shared(np.array([shapely.box(0, 0, 9, 1), shapely.box(3, 1, 9, 2)]))[0].wkt
    'POLYGON ((9 0, 9 1, 3 1, 0 1, 0 0, 9 0))'
    """
    done = share(shapes)
    given = np.flatnonzero(done.inserted)
    broken = given[~shapely.is_valid(done.shapes[given])]
    result = done.shapes.copy()
    result[broken] = shapes[broken]
    return result


def _has(rings: Rings, asked: Floats, near: Near) -> Bools:
    """Whether each asked point is, to the bit, a vertex of the polygon beside it."""
    number = numbers(np.concatenate([asked, rings.xy]))
    size = rings.of.max(initial=0) + 1
    return np.isin(
        number[: len(asked)][near.point] * size + near.other, number[len(asked) :] * size + rings.of
    )


def loose_edges(shapes: Geometries) -> Segments:
    """Edges that no other polygon walks the other way: of the layer's outline, or of a fault.

    Parameters
    ----------
    shapes
        Valid polygons in metres, (n,); missing is allowed.

    Returns
    -------
    Segments
        In the order of the polygons.

    Examples
    --------
    >>> pair = np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)])
    >>> loose_edges(pair).length.sum().item()
    10.0
    """
    segments = explode(shapes)
    alone = np.ones(len(segments.parcel), dtype=bool)
    alone[exact_matches(segments)[0]] = False
    return Segments(segments.start[alone], segments.end[alone], segments.parcel[alone])
