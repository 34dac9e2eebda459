"""Arcs as chords that stay within a stated distance of them, from well-known binary (WKB)."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

POINT, LINE, POLYGON, COLLECTION = 1, 2, 3, 7
ARCS, COMPOUND, CURVED_POLYGON, TRIANGLE = 8, 9, 10, 17
WKB_NAMES = {
    1: "Point",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
    17: "Triangle",
}
SURFACES = {15: "PolyhedralSurface", 16: "TIN"}
MAX_STEP = math.radians(2)  # of a chord, however small the circle is
_Z, _M, _SRID = 0x80000000, 0x40000000, 0x20000000  # flags of the older spelling
_MANY: dict[int, Callable[[list[shapely.Geometry]], shapely.Geometry]] = {
    4: shapely.MultiPoint,
    5: shapely.MultiLineString,
    6: shapely.MultiPolygon,
    COLLECTION: shapely.GeometryCollection,
    11: shapely.MultiLineString,
    12: shapely.MultiPolygon,
}
_XY = 2
_ZM = 3  # thousands of the numbers of kinds with both
_ARC_POINTS = 3
_RING_POINTS, _LINE_POINTS = 3, 2  # at least
_STRAIGHT = 1e-3  # of the tolerance: an arc no higher over its chord is a straight line
_DAMAGE = (struct.error, KeyError, IndexError, ArithmeticError, shapely.errors.GEOSException)


def wkb_kind(wkb: bytes) -> int:
    """Number of the kind of a geometry, whatever its dimensions.

    Parameters
    ----------
    wkb
        Geometry as WKB, ISO or extended.

    Returns
    -------
    int
        As ISO numbers them: 3 for a polygon, 10 for one with arcs; -1 for other bytes.

    Examples
    --------
    >>> wkb_kind(shapely.to_wkb(shapely.box(0, 0, 1, 1)))
    3
    """
    try:
        return _head(wkb, 0)[1]
    except (struct.error, KeyError, IndexError):
        return -1


def wkb_srid(wkb: bytes) -> int:
    """Code of the CRS that an extended WKB names.

    Parameters
    ----------
    wkb
        Geometry as WKB, ISO or extended.

    Returns
    -------
    int
        0 where it names none.

    Examples
    --------
    >>> wkb_srid(shapely.to_wkb(shapely.set_srid(shapely.Point(0, 0), 4547), include_srid=True))
    4547
    """
    try:
        order = {0: ">", 1: "<"}[wkb[0]]
        code, srid = struct.unpack_from(f"{order}II", wkb, 1)
    except (struct.error, KeyError, IndexError):
        return 0
    return int(srid) if code & _SRID else 0


def linear(wkb: bytes, *, tolerance: float, drop: bool = False) -> shapely.Geometry:
    """Geometry with its arcs drawn as chords, without Z and M.

    An arc comes out with the same vertices in either direction, so that neighbours still share it.

    Parameters
    ----------
    wkb
        Geometry as WKB; arcs may lie at any depth.
    tolerance
        Greatest distance of a chord from its arc, in the unit of the coordinates.
    drop
        Whether rings of fewer than three points, and lines of fewer than two, are left out.

    Returns
    -------
    shapely.Geometry
        Of the plain kind: polygon for curve polygon, multipolygon for multi-surface.

    Raises
    ------
    ValueError
        If it is a surface in space, nested too deeply, or the bytes are damaged.

    Examples
    --------
    >>> half = struct.pack("<BII6d", 1, ARCS, 3, -1.0, 0.0, 0.0, 1.0, 1.0, 0.0)
    >>> round(linear(half, tolerance=0.001).length, 3)
    3.141
    """
    try:
        return _shape(wkb, 0, tolerance=tolerance, drop=drop)[0]
    except RecursionError as error:
        raise ValueError("the geometry is nested too deeply") from error
    except _DAMAGE as error:
        raise ValueError("the geometry is damaged") from error


def _head(data: bytes, at: int) -> tuple[str, int, int, int]:
    """Byte order, kind, dimensions, and where the rest starts."""
    order = {0: ">", 1: "<"}[data[at]]
    (code,) = struct.unpack_from(f"{order}I", data, at + 1)
    base = code & ~(_Z | _M | _SRID)
    thousand = base // 1000
    if thousand > _ZM:
        raise struct.error
    dimensions = _XY + (bool(code & _Z) or thousand in {1, 3}) + (bool(code & _M) or thousand > 1)
    return order, base % 1000, dimensions, at + (9 if code & _SRID else 5)


def _count(data: bytes, at: int, order: str) -> tuple[int, int]:
    return struct.unpack_from(f"{order}I", data, at)[0], at + 4


def _points(
    data: bytes, at: int, *, order: str, dimensions: int
) -> tuple[NDArray[np.float64], int]:
    count, at = _count(data, at, order)
    end = at + 8 * dimensions * count
    if end > len(data):
        raise struct.error
    flat = np.frombuffer(data[at:end], f"{order}f8").astype("float64")
    return flat.reshape(count, dimensions)[:, :_XY], end


def _line(data: bytes, at: int, tolerance: float) -> tuple[NDArray[np.float64], int]:
    order, kind, dimensions, at = _head(data, at)
    if kind != COMPOUND:
        points, at = _points(data, at, order=order, dimensions=dimensions)
        return (_chords(points, tolerance) if kind == ARCS else points), at
    count, at = _count(data, at, order)
    parts: list[NDArray[np.float64]] = []
    for _ in range(count):
        part, at = _line(data, at, tolerance)
        parts.append(part[1:] if parts else part)
    return np.concatenate(parts) if parts else np.empty((0, _XY)), at


def _polygon(
    data: bytes, at: int, *, head: tuple[str, int, int], tolerance: float, drop: bool
) -> tuple[shapely.Polygon, int]:
    order, kind, dimensions = head
    count, at = _count(data, at, order)
    rings = []
    for _ in range(count):
        if kind == CURVED_POLYGON:
            ring, at = _line(data, at, tolerance)
        else:
            ring, at = _points(data, at, order=order, dimensions=dimensions)
        rings.append(ring)
    if drop:
        whole = bool(rings) and len(rings[0]) >= _RING_POINTS
        rings = [r for r in rings if whole and len(r) >= _RING_POINTS]
    return (shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()), at


def _shape(data: bytes, at: int, *, tolerance: float, drop: bool) -> tuple[shapely.Geometry, int]:
    order, kind, dimensions, after = _head(data, at)
    if kind == POINT:
        x, y = struct.unpack_from(f"{order}2d", data, after)
        return shapely.Point(x, y), after + 8 * dimensions
    if kind in {LINE, ARCS, COMPOUND}:
        points, at = _line(data, at, tolerance)
        return shapely.LineString([] if drop and len(points) < _LINE_POINTS else points), at
    if kind in {POLYGON, CURVED_POLYGON, TRIANGLE}:
        head = (order, kind, dimensions)
        return _polygon(data, after, head=head, tolerance=tolerance, drop=drop)
    if kind in SURFACES:
        raise ValueError(f"a {SURFACES[kind]} has no single outline on the ground")
    make = _MANY[kind]
    count, at = _count(data, after, order)
    parts = []
    for _ in range(count):
        part, at = _shape(data, at, tolerance=tolerance, drop=drop)
        parts.append(part)
    return make([p for p in parts if not (drop and p.is_empty)]), at


def _chords(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Vertices along arcs of three points each, the last of one being the first of the next."""
    pieces = [points[:1]]
    for i in range(0, len(points) - 2, 2):
        start, middle, end = points[i : i + _ARC_POINTS]
        if tuple(start) > tuple(end):
            pieces.append(np.vstack([_between(end, middle, start, tolerance=tolerance)[::-1], end]))
        else:
            pieces.append(np.vstack([_between(start, middle, end, tolerance=tolerance), end]))
    return np.concatenate(pieces)


def _between(
    start: NDArray[np.float64],
    middle: NDArray[np.float64],
    end: NDArray[np.float64],
    *,
    tolerance: float,
) -> NDArray[np.float64]:
    """Vertices on an arc, between its ends; equal ends mean a full circle."""
    (bx, by), (cx, cy) = middle - start, end - start
    twice = 2 * (bx * cy - by * cx)
    if _is_straight(middle - start, end - start, abs(twice) / 2, tolerance=tolerance):
        return np.empty((0, _XY))
    if cx == cy == 0:
        x, y, turn = bx / 2, by / 2, 1.0
    elif abs(twice) <= 1e-12 * (bx * bx + by * by + cx * cx + cy * cy):
        return middle[None, :] if (bx * cx + by * cy) * 2 < 0 else np.empty((0, _XY))  # straight
    else:
        b, c = bx * bx + by * by, cx * cx + cy * cy
        x, y = (cy * b - by * c) / twice, (bx * c - cx * b) / twice
        turn = math.copysign(1.0, twice)
    radius = math.hypot(x, y)
    first, last = math.atan2(-y, -x), math.atan2(cy - y, cx - x)
    sweep = (turn * (last - first)) % (2 * math.pi) or 2 * math.pi
    # The arc cosine of 1 - tolerance / radius, in a form that large circles do not cancel out.
    step = min(4 * math.asin(math.sqrt(min(tolerance / radius, 1.0) / 2)), MAX_STEP)
    count = math.ceil(sweep / step)
    angles = first + turn * sweep * np.arange(1, count) / count
    return start + [x, y] + radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _is_straight(
    b: NDArray[np.float64], c: NDArray[np.float64], cross: float, *, tolerance: float
) -> bool:
    """Whether an arc to `c` by way of `b` hardly leaves its chord, or is hardly a point."""
    legs, chord = math.hypot(*b), math.hypot(*c)
    limit = _STRAIGHT * tolerance
    if max(legs, chord) <= limit:
        return True
    if cross == 0 or np.dot(-b, c - b) > 0:  # on one line, or more than half a circle
        return False
    radius = legs * chord * math.hypot(*(c - b)) / (2 * cross)
    half = min(chord / 2, radius)
    return half * half / (radius + math.sqrt((radius - half) * (radius + half))) <= limit
