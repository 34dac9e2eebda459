"""Small geometry helpers, and numbers that look random but follow from a name."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import shapely
from shapely import LineString, Point, Polygon
from shapely.affinity import affine_transform
from shapely.ops import split

if TYPE_CHECKING:
    from collections.abc import Sequence

XY = tuple[float, float]
SEED = "gisland sample district 1"


def unit(*key: object) -> float:
    """A number in [0, 1) that depends on the key alone, on every machine."""
    text = "/".join([SEED, *map(str, key)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def between(low: float, high: float, *key: object) -> float:
    """A number in [low, high) that depends on the key alone."""
    return low + (high - low) * unit(*key)


def pick(choices: Sequence[tuple[str, float]], *key: object) -> str:
    """One of the names, each with its weight."""
    mark = unit(*key) * sum(w for _, w in choices)
    for name, weight in choices:
        mark -= weight
        if mark < 0:
            return name
    return choices[-1][0]


def box(*bounds: float) -> Polygon:
    """Rectangle from its left, lower, right and upper bound."""
    x0, y0, x1, y1 = bounds
    return Polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def frame(polygon: Polygon, origin: XY, along: XY) -> Polygon:
    """Place a shape drawn in local metres: x runs from `origin` towards `along`."""
    turn = math.atan2(along[1] - origin[1], along[0] - origin[0])
    c, s = math.cos(turn), math.sin(turn)
    return affine_transform(polygon, [c, -s, s, c, *origin])


def local(polygon: Polygon, origin: XY, along: XY) -> Polygon:
    """Undo `frame`."""
    turn = math.atan2(along[1] - origin[1], along[0] - origin[0])
    c, s = math.cos(turn), math.sin(turn)
    shift = [-c * origin[0] - s * origin[1], s * origin[0] - c * origin[1]]
    return affine_transform(polygon, [c, s, -s, c, *shift])


def inset(quad: Sequence[XY], distances: Sequence[float]) -> list[XY]:
    """Corners of a convex quadrilateral whose sides moved inwards by these distances."""
    lines = []
    for k in range(4):
        (x0, y0), (x1, y1) = quad[k], quad[(k + 1) % 4]
        length = math.hypot(x1 - x0, y1 - y0)
        nx, ny = -(y1 - y0) / length, (x1 - x0) / length
        lines.append((nx, ny, nx * x0 + ny * y0 + distances[k]))
    corners = []
    for k in range(4):
        (a, b, e), (c, d, f) = lines[k - 1], lines[k]
        det = a * d - b * c
        corners.append(((e * d - b * f) / det, (a * f - e * c) / det))
    return corners


def chamfer(quad: Sequence[XY], cut_m: float) -> Polygon:
    """Quadrilateral with its corners cut off, as streets have them."""
    points = []
    for k in range(4):
        here = Point(quad[k])
        for other in (quad[k - 1], quad[(k + 1) % 4]):
            share = cut_m / here.distance(Point(other))
            points.append(
                (here.x + share * (other[0] - here.x), here.y + share * (other[1] - here.y))
            )
    return Polygon(points)


def width(polygon: Polygon) -> float:
    """Diameter of the largest inscribed circle, in metres."""
    return float(2 * shapely.maximum_inscribed_circle(polygon, tolerance=0.05).length)


def sides(polygon: Polygon) -> tuple[XY, XY, XY]:
    """A corner of the smallest rectangle, the end of its longer side and of its shorter one."""
    a, b, _, d = list(shapely.minimum_rotated_rectangle(polygon).exterior.coords)[:4]
    return (a, b, d) if math.dist(a, b) >= math.dist(a, d) else (a, d, b)


def halves(polygon: Polygon, *, ratio: float, slant: float, across: bool) -> list[Polygon]:
    """Cut a polygon by a nearly straight-across line of its smallest rectangle."""
    a, b, d = sides(polygon)
    if not across:
        b, d = d, b
    ux, uy = b[0] - a[0], b[1] - a[1]
    vx, vy = d[0] - a[0], d[1] - a[1]

    def at(u: float, v: float) -> XY:
        return a[0] + u * ux + v * vx, a[1] + u * uy + v * vy

    knife = LineString([at(ratio - slant, -0.2), at(ratio + slant, 1.2)])
    return [p for p in split(polygon, knife).geoms if p.area > 0]


def rounded(polygon: Polygon) -> Polygon:
    """Polygon on tenths of millimetres, without vertices on straight stretches.

    On whole millimetres, every vertex that meets a long side would make an overlap finding.
    """
    plain = shapely.simplify(polygon, 1e-5)
    return shapely.normalize(shapely.set_precision(plain, 0.0001, mode="pointwise"))
