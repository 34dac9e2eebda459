"""Large polygons cut into pieces, so that a street which touches everything costs no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.overlay import robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Ints = NDArray[np.int64]

LARGE = 512  # vertices above which a polygon is cut
DEEPEST = 24  # halvings; vertices that still lie together are left together


@dataclass(frozen=True)
class Pieces:
    """Polygons that fill other polygons without overlap.

    Attributes
    ----------
    shapes
        Polygons or multipolygons, (n,).
    of
        Position of the polygon that each is a piece of, ascending, (n,).

    Examples
    --------
    >>> pieces(np.array([shapely.box(0, 0, 1, 1)])).of.tolist()
    [0]
    """

    shapes: Geometries
    of: Ints


def pieces(polygons: Geometries, *, large: int = LARGE) -> Pieces:
    """Cut polygons of many vertices in halves until none has many.

    Overlays cost what both polygons have in vertices: a street of 50 000 against each of the
    parcels along it is slow, its pieces are not. Where a cut crosses an edge a vertex comes in,
    which lies off that edge by rounding alone.

    Parameters
    ----------
    polygons
        Valid polygons and multipolygons, (n,), none missing.
    large
        Vertices above which a polygon is cut.

    Returns
    -------
    Pieces
        Small polygons are the objects given.

    Examples
    --------
    >>> comb = [(x, y) for x in range(0, 40, 2) for y in ((0, 5) if x % 4 else (5, 0))]
    >>> found = pieces(np.array([shapely.Polygon([*comb, (38, -9), (0, -9)])]), large=20)
    >>> bool(shapely.get_num_coordinates(found.shapes).max() <= 20), set(found.of.tolist())
    (True, {0})
    """
    shapes, of = polygons, np.arange(len(polygons))
    whole = shapely.get_num_coordinates(shapes) <= large
    done, owners = [shapes[whole]], [of[whole]]
    shapes, of = shapes[~whole], of[~whole]
    for _ in range(DEEPEST):
        if len(shapes) == 0:
            break
        shapes, of = _halves(shapes, of)
        small = shapely.get_num_coordinates(shapes) <= large
        done.append(shapes[small])
        owners.append(of[small])
        shapes, of = shapes[~small], of[~small]
    every, owner = np.concatenate([*done, shapes]), np.concatenate([*owners, of])
    order = np.argsort(owner, kind="stable")
    return Pieces(every[order], owner[order])


def _halves(shapes: Geometries, of: Ints) -> tuple[Geometries, Ints]:
    """Polygonal parts of both halves, across the longer side of the box around each."""
    left, low, right, high = shapely.bounds(shapes).T
    wide = right - left > high - low
    x, y = (left + right) / 2, (low + high) / 2
    first = shapely.box(left, low, np.where(wide, x, right), np.where(wide, high, y))
    second = shapely.box(np.where(wide, x, left), np.where(wide, low, y), right, high)
    halves = robust(shapely.intersection, np.tile(shapes, 2), np.concatenate([first, second]))
    parts, half = shapely.get_parts(halves, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[areal], np.tile(of, 2)[half[areal]]
