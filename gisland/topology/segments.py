"""Boundary segments of polygons as plain arrays, and those that two parcels share exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.segment_loops import by_middle, grid_side, reverses, ring_segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Positions = NDArray[np.int32]
    Flags = NDArray[np.bool_]

POLYGON = 3  # shapely's type number
MULTI = 3  # as many arrays of offsets are those of multipolygons
LINE, AREA = 1, 2  # dimensions
CELLS_PER_SEGMENT = 4  # middles of segments lie closer to each other than a segment is long


@dataclass(frozen=True)
class Segments:
    """Directed boundary segments with the interior of their polygon on the left.

    Attributes
    ----------
    start, end
        Coordinates in metres, (n, 2). No segment has length zero.
    parcel
        Position of the polygon that each segment belongs to, (n,).

    Examples
    --------
    >>> Segments(np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([0], "int32")).length.tolist()
    [5.0]
    """

    start: Floats
    end: Floats
    parcel: Positions

    @property
    def vector(self) -> Floats:
        """End minus start in metres.

        Returns
        -------
        numpy.ndarray
            (n, 2).

        Examples
        --------
        >>> start, end = np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])
        >>> Segments(start, end, np.array([0], dtype=np.int32)).vector.tolist()
        [[3.0, 4.0]]
        """
        return self.end - self.start

    @property
    def length(self) -> Floats:
        """Length in metres.

        Returns
        -------
        numpy.ndarray
            (n,), above 0.

        Examples
        --------
        >>> start, end = np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])
        >>> Segments(start, end, np.array([0], dtype=np.int32)).length.tolist()
        [5.0]
        """
        vector = self.vector
        return np.sqrt(vector[:, 0] ** 2 + vector[:, 1] ** 2)


def explode(polygons: NDArray[np.object_]) -> Segments:
    """Boundary segments of polygons and multipolygons.

    Shells are walked counter-clockwise and holes clockwise, so that the interior is always on the
    left. Two polygons that share a boundary therefore walk it in opposite directions, while
    duplicates and contained polygons walk it in the same direction.

    Parameters
    ----------
    polygons
        Valid polygons or multipolygons, (n,); missing and empty ones give no segments.

    Returns
    -------
    Segments
        In the order of the polygons, their parts and rings; repeated points are passed over.

    Examples
    --------
    >>> segments = explode(np.array([shapely.box(0, 0, 2, 1)]))
    >>> segments.length.sum().item()
    6.0
    """
    there = shapely.get_num_coordinates(polygons) > 0
    # rings of whole polygons lie one behind the other; all others have to be taken apart
    plain = there & (shapely.get_type_id(polygons) == POLYGON)
    plain &= shapely.get_num_interior_rings(polygons) == 0
    points, rings, shells, first, last = _taken_apart(polygons[there & ~plain])
    number, before = np.flatnonzero(plain), len(shells)
    starts = np.cumsum(shapely.get_num_coordinates(polygons[plain])) + len(points)
    firsts, lasts = np.zeros((2, len(polygons)), dtype=np.int64)
    firsts[there & ~plain], lasts[there & ~plain] = first, last
    firsts[number] = np.arange(before, before + len(number))
    lasts[number] = firsts[number] + 1
    whole = shapely.get_coordinates(polygons[plain])
    points = np.concatenate([points, whole]) if before else whole
    start, end = np.empty_like(points), np.empty_like(points)
    owner = np.empty(len(points), dtype=np.int32)
    rings = np.concatenate([rings, starts])
    shells = np.concatenate([shells, np.ones(len(number), dtype=bool)])
    count = ring_segments(points, rings, shells, firsts, lasts, start, end, owner)
    return Segments(start[:count], end[:count], owner[:count])


def _taken_apart(polygons: NDArray[np.object_]) -> tuple[Floats, Ints, Flags, Ints, Ints]:
    """Points, offsets of rings, which are shells, and the first and last ring of each polygon."""
    if not len(polygons):
        none = np.zeros(0, dtype=np.int64)
        return np.empty((0, 2)), np.zeros(1, dtype=np.int64), none.astype(bool), none, none
    _, points, offsets = shapely.to_ragged_array(polygons, include_z=False)
    rings, parts = (o.astype(np.int64) for o in offsets[:2])
    shells = np.zeros(len(rings) - 1, dtype=bool)
    shells[parts[:-1][parts[:-1] < parts[1:]]] = True  # a part may be empty
    ends = parts[offsets[2]] if len(offsets) == MULTI else parts
    return points, rings, shells, ends[:-1], ends[1:]


def line_segments(shapes: NDArray[np.object_]) -> Segments:
    """Straight pieces of lines and of outlines.

    Parameters
    ----------
    shapes
        Lines and polygons, also several parts and collections; missing, invalid and other
        geometry is passed over.

    Returns
    -------
    Segments
        In the order of the shapes, whose positions are ``parcel``; repeated points are passed
        over.

    Examples
    --------
    >>> lines = line_segments(shapely.from_wkt(["LINESTRING (0 0, 4 0)", "POINT (1 1)"]))
    >>> lines.length.tolist(), lines.parcel.tolist()
    ([4.0], [0])
    """
    there = np.flatnonzero(shapely.is_valid(shapes))
    parts, of_part = shapely.get_parts(shapes[there], return_index=True)
    while (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        of_part = of_part[inner]
    area = shapely.get_dimensions(parts) == AREA
    parts = np.where(area, shapely.boundary(parts), parts)
    parts, inner = shapely.get_parts(parts, return_index=True)
    lines = shapely.get_dimensions(parts) == LINE
    owner = there[of_part[inner]][lines]
    points, line = shapely.get_coordinates(parts[lines], return_index=True)
    joined = (line[1:] == line[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    return Segments(points[:-1][joined], points[1:][joined], owner[line[:-1][joined]])


def exact_matches(segments: Segments) -> tuple[Positions, Positions]:
    """Match segments of two parcels that are each other's exact reverse.

    Stacked parcels give every combination.

    Parameters
    ----------
    segments
        From `explode`.

    Returns
    -------
    focal : numpy.ndarray
        Positions of segments, ascending.
    neighbor : numpy.ndarray
        Positions of their reverses; each pair occurs in both directions.

    Examples
    --------
    >>> from shapely import box
    >>> segments = explode(np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)]))
    >>> focal, neighbor = exact_matches(segments)
    >>> segments.parcel[focal].tolist(), segments.parcel[neighbor].tolist()
    ([0, 1], [1, 0])
    """
    count = len(segments.parcel)
    if not count:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    cell_m = float(segments.length.mean()) / CELLS_PER_SEGMENT
    slot, member = np.empty((2, count), dtype=np.int32)
    first = np.empty(grid_side(count) ** 2 + 1, dtype=np.int32)
    by_middle(segments.start, segments.end, cell_m, slot, first, member)
    layer = (segments.start, segments.end, segments.parcel, slot, first, member)

    def task(begin: int, stop: int) -> Positions:
        room = np.empty((stop - begin + 16, 2), dtype=np.int32)
        return reverses(*layer, room, begin, stop)

    found = np.concatenate(in_threads(task, count=count))
    return found[:, 0].copy(), found[:, 1].copy()


def ranges(first: Ints, many: Ints) -> Ints:
    """Concatenated runs ``first[k], first[k] + 1, …`` of ``many[k]`` numbers.

    Parameters
    ----------
    first
        Start of each run, (n,).
    many
        Length of each run, (n,); zero is allowed.

    Returns
    -------
    numpy.ndarray
        (sum of `many`,).

    Examples
    --------
    >>> ranges(np.array([4, 0, 7]), np.array([2, 0, 3])).tolist()
    [4, 5, 7, 8, 9]
    """
    offset = np.cumsum(many) - many
    return np.arange(many.sum()) - np.repeat(offset - first, many)
