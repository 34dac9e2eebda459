"""Boundary segments of polygons as plain arrays, and those that two parcels share exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


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
    >>> Segments(np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([0])).length.tolist()
    [5.0]
    """

    start: Floats
    end: Floats
    parcel: Ints

    @property
    def vector(self) -> Floats:
        """End minus start in metres.

        Returns
        -------
        numpy.ndarray
            (n, 2).

        Examples
        --------
        >>> Segments(np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([0])).vector.tolist()
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
        >>> Segments(np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([0])).length.tolist()
        [5.0]
        """
        vector = self.vector
        return np.hypot(vector[:, 0], vector[:, 1])


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
    parts, polygon_of_part = shapely.get_parts(
        shapely.orient_polygons(polygons, exterior_cw=False), return_index=True
    )
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    points = points + 0.0  # -0.0 and 0.0 are one coordinate
    kept = ring_of_point[1:] == ring_of_point[:-1]
    kept &= (points[1:] != points[:-1]).any(axis=1)
    where = np.flatnonzero(kept)
    parcel = polygon_of_part[part_of_ring[ring_of_point[where]]]
    return Segments(points[where], points[where + 1], parcel.astype(np.int64))


def exact_matches(segments: Segments) -> tuple[Ints, Ints]:
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
    point = _point_numbers(np.concatenate([segments.start, segments.end]))
    start, end = point[:count], point[count:]
    size = 2 * count + 1
    forward, reverse = start * size + end, end * size + start
    order = np.argsort(forward, kind="stable")
    in_order = forward[order]
    first = np.searchsorted(in_order, reverse, side="left")
    many = np.searchsorted(in_order, reverse, side="right") - first
    focal = np.repeat(np.arange(count), many)
    neighbor = order[ranges(first, many)]
    other = segments.parcel[focal] != segments.parcel[neighbor]
    return focal[other], neighbor[other]


def _point_numbers(points: Floats) -> Ints:
    """Equal numbers for equal points."""
    as_complex = np.ascontiguousarray(points).view(np.complex128).ravel()
    return np.unique(as_complex, return_inverse=True)[1].astype(np.int64)


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
