"""Polygons as flat arrays of vertices, for edits that leave every other vertex as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Geometries = NDArray[np.object_]

CORNERS = 3  # of a ring that is one


@dataclass(frozen=True)
class Rings:
    """Vertices of polygons and multipolygons in drawn order, without those that close the rings.

    Attributes
    ----------
    xy
        Coordinates in metres, (n, 2).
    ring
        Ring of each vertex, ascending, (n,).
    part
        Part of each ring, ascending, (rings,); the first ring of a part is its shell.
    shape
        Polygon of each part, ascending, (parts,).

    Examples
    --------
    >>> unroll(np.array([shapely.box(0, 0, 2, 1)])).following.tolist()
    [1, 2, 3, 0]
    """

    xy: Floats
    ring: Ints
    part: Ints
    shape: Ints

    @property
    def of(self) -> Ints:
        """Polygon of each vertex.

        Returns
        -------
        numpy.ndarray
            (n,).

        Examples
        --------
        >>> unroll(np.array([None, shapely.box(0, 0, 2, 1)])).of.tolist()
        [1, 1, 1, 1]
        """
        return self.shape[self.part[self.ring]]

    @property
    def following(self) -> Ints:
        """Position of the next vertex of the ring.

        Returns
        -------
        numpy.ndarray
            (n,).

        Examples
        --------
        >>> unroll(np.array([shapely.box(0, 0, 2, 1)])).following.tolist()
        [1, 2, 3, 0]
        """
        following = np.arange(1, len(self.ring) + 1)
        last = np.flatnonzero(np.diff(self.ring, append=-1))
        following[last] = np.concatenate([[0], last[:-1] + 1])[: len(last)]
        return following


def unroll(polygons: Geometries) -> Rings:
    """Vertices of polygons and multipolygons.

    Parameters
    ----------
    polygons
        (n,); missing and empty ones, and other geometry, give no vertices. Heights are left out.

    Returns
    -------
    Rings
        In the order of the polygons, their parts, rings and vertices.

    Examples
    --------
    >>> unroll(np.array([shapely.box(0, 0, 2, 1)])).xy.tolist()
    [[2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    """
    parts, shape = _parts(polygons)
    # the rings of parts without holes need not be taken out, which would take longest
    holed = shapely.get_num_interior_rings(parts) > 0
    rings, of = shapely.get_rings(parts[holed], return_index=True)
    part = np.concatenate([np.flatnonzero(~holed), np.flatnonzero(holed)[of]])
    size = shapely.get_num_coordinates(np.concatenate([parts[~holed], rings]))
    order = np.argsort(part, kind="stable")
    ring = np.repeat(np.arange(len(order)), size[order])
    open_end = np.diff(ring, append=-1) == 0
    return Rings(shapely.get_coordinates(parts)[open_end], ring[open_end], part[order], shape)


def _parts(polygons: Geometries) -> tuple[Geometries, Ints]:
    """Polygons among the parts of geometries that are not empty, and which each is of."""
    one = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    several = np.flatnonzero(~one)
    parts, of = shapely.get_parts(polygons[several], return_index=True)
    parts = np.concatenate([polygons[one], parts])
    shape = np.concatenate([np.flatnonzero(one), several[of]])
    drawn = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, shape = parts[drawn], shape[drawn]
    order = np.argsort(shape, kind="stable")
    return parts[order], shape[order]


def roll_up(rings: Rings, *, like: Geometries) -> Geometries:
    """Polygons from their vertices; what was a multipolygon is one again.

    Parameters
    ----------
    rings
        From `unroll`, perhaps edited.
    like
        The polygons that were unrolled, (n,).

    Returns
    -------
    numpy.ndarray
        (n,); None where a ring has fewer than three vertices left, or there is none at all.

    Examples
    --------
    >>> polygons = np.array([shapely.box(0, 0, 2, 1), None])
    >>> roll_up(unroll(polygons), like=polygons).tolist() == polygons.tolist()
    True
    """
    result = np.full(len(like), None, dtype=object)
    size = np.bincount(rings.ring, minlength=len(rings.part))
    lost = rings.shape[rings.part[size < CORNERS]]
    fine = ~np.isin(rings.shape, lost)
    if not fine.any():
        return result
    kept = fine[rings.part[rings.ring]]
    drawn = shapely.linearrings(rings.xy[kept], indices=_from_zero(rings.ring[kept]))
    of_ring = rings.part[fine[rings.part]]
    parts = shapely.polygons(drawn, indices=_from_zero(of_ring))
    shape = rings.shape[fine]
    several = shapely.get_type_id(like[shape]) == shapely.GeometryType.MULTIPOLYGON
    result[shape[~several]] = parts[~several]
    if several.any():
        result[np.unique(shape[several])] = shapely.multipolygons(
            parts[several], indices=_from_zero(shape[several])
        )
    return result


def _from_zero(numbers: Ints) -> Ints:
    """Ascending numbers without steps above one, from zero."""
    return np.cumsum(np.diff(numbers, prepend=numbers[:1]) != 0)


def edited(
    polygons: Geometries,
    *,
    moved: Ints,
    to: Floats,
    after: Ints,
    added: Floats,
) -> Geometries:
    """Polygons with some vertices moved and some added.

    A moved vertex that comes to lie on the one before or after it in its ring vanishes in it.

    Parameters
    ----------
    polygons
        (n,).
    moved
        Vertices that move, as positions in ``unroll(polygons)``.
    to
        Where to, (len(moved), 2).
    after
        Vertices after which new ones come; of several after the same, the first comes first.
    added
        The new ones, (len(after), 2).

    Returns
    -------
    numpy.ndarray
        (n,). Unedited polygons are the objects given; None where a ring collapsed.

    Examples
    --------
    >>> square = np.array([shapely.Polygon([(0, 0), (2, 0), (2, 2), (0, 2)])])
    >>> edited(square, moved=np.array([2]), to=np.array([[3.0, 3.0]]), after=np.array([0]),
    ...        added=np.array([[1.0, 0.0]]))[0].wkt
    'POLYGON ((0 0, 1 0, 2 0, 3 3, 0 2, 0 0))'
    """
    rings = unroll(polygons)
    xy, of = rings.xy.copy(), rings.of
    xy[moved] = to
    fresh = np.zeros(len(xy), dtype=bool)
    fresh[moved] = True
    xy = np.insert(xy, after + 1, added, axis=0)
    ring = np.insert(rings.ring, after + 1, rings.ring[after])
    fresh = np.insert(fresh, after + 1, np.ones(len(after), dtype=bool))
    grown = Rings(xy, ring, rings.part, rings.shape)
    following = grown.following
    same = (xy == xy[following]).all(axis=1)
    # of two on one place the later goes; only edits bring them there, others are left alone
    gone = np.zeros(len(xy), dtype=bool)
    gone[following[same & (fresh | fresh[following])]] = True
    left = Rings(xy[~gone], ring[~gone], rings.part, rings.shape)
    touched = np.unique(np.concatenate([of[moved], of[after]]))
    result = polygons.copy()
    result[touched] = roll_up(_only(left, touched), like=polygons[touched])
    return result


def _only(rings: Rings, shapes: Ints) -> Rings:
    """Rings of some of the polygons, which are numbered anew."""
    part = np.isin(rings.shape, shapes)
    ring = part[rings.part]
    vertex = ring[rings.ring]
    return Rings(
        rings.xy[vertex],
        (np.cumsum(ring) - 1)[rings.ring[vertex]],
        (np.cumsum(part) - 1)[rings.part[ring]],
        np.searchsorted(shapes, rings.shape[part]),
    )


def numbers(points: Floats) -> Ints:
    """Equal numbers for equal points, ascending by x and y.

    Parameters
    ----------
    points
        (n, 2).

    Returns
    -------
    numpy.ndarray
        (n,), from 0.

    Examples
    --------
    >>> numbers(np.array([[2.0, 0.0], [1.0, 0.0], [2.0, -0.0]])).tolist()
    [1, 0, 1]
    """
    as_complex = np.ascontiguousarray(points + 0.0).view(np.complex128).ravel()
    return np.unique(as_complex, return_inverse=True)[1].astype(np.int64)


def held(keys: Ints, asked: Ints) -> Bools:
    """Whether each number asked for is among others.

    Parameters
    ----------
    keys
        Numbers, ascending, (n,).
    asked
        Numbers, (m,).

    Returns
    -------
    numpy.ndarray
        Bool, (m,).

    Examples
    --------
    >>> held(np.array([2, 5]), np.array([5, 1])).tolist()
    [True, False]
    """
    if len(keys) == 0:
        return np.zeros(len(asked), dtype=bool)
    return keys[np.minimum(np.searchsorted(keys, asked), len(keys) - 1)] == asked


def among(points: Floats, others: Floats) -> Bools:
    """Whether each point is, to the bit, one of others.

    Parameters
    ----------
    points
        (n, 2).
    others
        (m, 2).

    Returns
    -------
    numpy.ndarray
        Bool, (n,).

    Examples
    --------
    >>> among(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.0, 2.0]])).tolist()
    [True, False]
    """
    number = numbers(np.concatenate([points, others]))
    return np.isin(number[: len(points)], number[len(points) :])


def polygons_in(geometry: shapely.Geometry) -> Geometries:
    """Polygons among what an overlay left, which may be points and lines as well.

    Parameters
    ----------
    geometry
        Any, also nested collections.

    Returns
    -------
    numpy.ndarray
        (n,), in the order drawn.

    Examples
    --------
    >>> left = shapely.union(shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (5, 0)]))
    >>> shapely.area(polygons_in(left)).tolist()
    [1.0]
    """
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


def redrawn(new: shapely.Geometry, *, like: shapely.Geometry) -> shapely.Geometry:
    """The same polygon with parts, rings and vertices in the order of another.

    An overlay draws its result in an order of its own; this brings back the direction and the
    start of the rings, and the order of parts and holes, as far as vertices are left of them.

    Parameters
    ----------
    new
        Result of an overlay; only polygons in it count.
    like
        Polygon that it came from.

    Returns
    -------
    shapely.Geometry
        Equal to `new`; a multipolygon if `like` is one.

    Examples
    --------
    >>> old = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)])
    >>> redrawn(old - shapely.box(2, 2, 5, 5), like=old).wkt
    'POLYGON ((0 0, 4 0, 4 2, 2 2, 2 4, 0 4, 0 0))'
    """
    old = unroll(np.array([like]))
    shells = shapely.get_exterior_ring(shapely.get_parts(like))
    turn = bool(shapely.is_ccw(shells[0]))
    place = {point: at for at, point in reversed(list(enumerate(map(tuple, old.xy.tolist()))))}
    parts = []
    for part in polygons_in(new):
        shell, *holes = (
            _from_first(ring, place, ccw=turn if first else not turn)
            for first, ring in zip(
                [True, *[False] * len(part.interiors)], shapely.get_rings(part), strict=True
            )
        )
        holes.sort()
        parts.append((shell[0], shapely.Polygon(shell[1], [hole[1] for hole in holes])))
    parts.sort(key=lambda pair: pair[0])
    drawn = [part for _, part in parts]
    multiple = shapely.get_type_id(like) == shapely.GeometryType.MULTIPOLYGON
    return shapely.MultiPolygon(drawn) if multiple or len(drawn) > 1 else drawn[0]


def _from_first(
    ring: shapely.LinearRing, place: dict[tuple[float, ...], int], *, ccw: bool
) -> tuple[int, list[tuple[float, ...]]]:
    """Vertices in the wanted direction from the one that came first, and its old place."""
    points = [tuple(p) for p in shapely.get_coordinates(ring)[:-1].tolist()]
    if bool(shapely.is_ccw(ring)) != ccw:
        points.reverse()
    old = [place.get(point, len(place)) for point in points]
    first = min(old)
    # a ring that is new all through starts at its smallest corner
    at = old.index(first) if first < len(place) else points.index(min(points))
    return first, points[at:] + points[:at]
