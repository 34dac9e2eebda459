"""Labels of small shapes in a picture, none over another, and hatches that print without color."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

Rect = tuple[float, float, float, float]  # west, top, east, bottom on the page

WIDE, NARROW, TALL = 12.5, 7.5, 14.0  # of a Chinese character, of another one, of a line
WIDE_FROM = 0x2E80
RADII = (17.0, 25.0, 34.0, 45.0, 58.0)  # of places around a shape too small for its label
DIRECTIONS = 16
IN_PLACE = 12.0  # a label over its own shape counts as standing so far from it
OVER_SHAPE = 40.0  # how much further a label may stand rather than cover a shape
SPACING = 6.0  # between the lines of a hatch
SLOPES = {"absorbed": (45.0,), "eligible": (0.0,), "ineligible": (45.0, -45.0)}
DIGITS = 1
NEARLY = 0.9  # of the widest room, at which the middle of a shape is the better place


@dataclass(frozen=True)
class Spot:
    """Middle of a label, and the point that a line leads to where the label stands outside."""

    x: float
    y: float
    to: tuple[float, float] | None = None


def spots(
    shapes: Sequence[Any], labels: Sequence[str], *, size: tuple[float, float], taken: list[Rect]
) -> list[Spot]:
    """Find a place for each label: in its shape, else beside it with a leading line.

    Parameters
    ----------
    shapes
        Polygons in coordinates of the page.
    labels
        Their texts.
    size
        Width and height of the page.
    taken
        Rectangles that stay free of labels, such as that of the scale bar.

    Returns
    -------
    list of Spot
        In the order of `shapes`; a label stands over others only where no place is free.

    Examples
    --------
    >>> spots([shapely.box(0, 0, 50, 50)], ["1"], size=(60, 60), taken=[])
    [Spot(x=25.0, y=25.0, to=None)]
    """
    given = np.asarray(shapes, dtype=object)
    tree = shapely.STRtree(np.where(shapely.is_valid(given), given, shapely.envelope(given)))
    full, found = list(taken), []
    for shape, label in zip(shapes, labels, strict=True):
        room = (_wide(label), TALL)
        x, y = _middle(shape)
        spot, best = Spot(x, y), math.inf
        inside = _rect(x, y, room)
        if not (shapely.is_valid(shape) and shapely.box(*inside).within(shape)):
            for px, py, far in _around(x, y):
                rect = _rect(px, py, room)
                if far >= best or not _within(rect, size) or _meets(rect, full):
                    continue
                covered = len(tree.query(shapely.box(*rect), predicate="intersects"))
                cost = far + OVER_SHAPE * covered
                if cost < best:
                    spot, best = Spot(px, py, (x, y)), cost
        full.append(_rect(spot.x, spot.y, room))
        found.append(spot)
    return found


def leader(spot: Spot) -> str:
    """Path of the line from a label to its shape.

    Parameters
    ----------
    spot
        Where the label stands.

    Returns
    -------
    str
        Empty for a label in its shape.

    Examples
    --------
    >>> leader(Spot(10.0, 10.0, (30.0, 10.0)))
    'M10.0,10.0L30.0,10.0'
    """
    return "" if spot.to is None else f"M{spot.x},{spot.y}L{spot.to[0]},{spot.to[1]}"


def hatch(shape: Any, verdict: str) -> str:  # noqa: ANN401 - shapely carries no types
    """Path of the lines across a shape that tell its verdict without color.

    Parameters
    ----------
    shape
        Polygon in coordinates of the page.
    verdict
        A key of `SLOPES`.

    Returns
    -------
    str
        Empty for another verdict and for a shape that is not valid.

    Examples
    --------
    >>> hatch(shapely.box(0, 1, 10, 7), "eligible")
    'M0.0,6.0L10.0,6.0'
    """
    if not shapely.is_valid(shape) or shape.is_empty:
        return ""
    return "".join(_lines(shape, angle) for angle in SLOPES.get(verdict, ()))


def _lines(shape: Any, angle: float) -> str:  # noqa: ANN401 - shapely carries no types
    """Parallel lines through fixed places of the page, so that neighbors line up."""
    turn = math.radians(angle)
    along, across = (math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))
    corners = shapely.get_coordinates(shapely.envelope(shape))
    places, reach = corners @ np.array(across), corners @ np.array(along)
    first, last = math.ceil(places.min() / SPACING), math.floor(places.max() / SPACING)
    ends = np.array([reach.min() - 1.0, reach.max() + 1.0])
    lines = [
        shapely.LineString(np.outer(ends, along) + np.array(across) * (n * SPACING))
        for n in range(first, last + 1)
    ]
    cut = shapely.get_parts(shapely.intersection(np.array(lines, dtype=object), shape))
    kept = cut[shapely.length(cut) > 1.0] if len(cut) else cut
    told = (shapely.get_coordinates(line).round(DIGITS) + 0.0 for line in kept)
    return "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in p.tolist()) for p in told)


def _middle(shape: Any) -> tuple[float, float]:  # noqa: ANN401 - shapely carries no types
    """The point of a shape farthest from its outline; its centroid where that is as good."""
    if shapely.is_valid(shape) and shapely.area(shape) > 0:
        inner = shapely.maximum_inscribed_circle(shape, tolerance=0.5)
        center = shapely.centroid(shape)
        room = shapely.distance(center, shapely.boundary(shape))
        if shapely.contains(shape, center) and room >= NEARLY * shapely.length(inner):
            inner = center
    else:
        inner = shapely.point_on_surface(shape)
    points = shapely.get_coordinates(inner).round(DIGITS) + 0.0
    x, y = points[0].tolist() if len(points) else (0.0, 0.0)
    return x, y


def _wide(text: str) -> float:
    return sum(WIDE if ord(c) >= WIDE_FROM else NARROW for c in text) + 2.0


def _rect(x: float, y: float, room: tuple[float, float]) -> Rect:
    return x - room[0] / 2, y - room[1] / 2, x + room[0] / 2, y + room[1] / 2


def _around(x: float, y: float) -> list[tuple[float, float, float]]:
    turns = [2 * math.pi * n / DIRECTIONS for n in range(DIRECTIONS)]
    return [(x, y, IN_PLACE)] + [
        (round(x + 1.25 * far * math.cos(t), DIGITS), round(y + far * math.sin(t), DIGITS), far)
        for far in RADII
        for t in turns
    ]


def _within(rect: Rect, size: tuple[float, float]) -> bool:
    return min(rect) >= 0 and rect[2] <= size[0] and rect[3] <= size[1]


def _meets(rect: Rect, others: list[Rect]) -> bool:
    west, top, east, bottom = rect
    return any(w < east and e > west and t < bottom and b > top for w, t, e, b in others)
