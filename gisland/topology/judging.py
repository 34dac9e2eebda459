"""What one step of a repair did, and whether it may stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisland.topology.overlay import pair_areas, robust
from gisland.topology.rings import among
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.topology.rings import Floats, Geometries, Ints

LEAST_LEFT = 0.5  # share of itself that a polygon must keep

Rows = list[dict[str, Any]]
Point = tuple[float, float]
Origins = dict[Point, list[Point]]


@dataclass(frozen=True)
class Limits:
    """How far a repair may go.

    `area_m2`: in or out. `reach_m`: a vertex. `tolerance_m`: how much farther than the boundary a
    vertex may be to be preferred to it. `gap_m2`: a hole between polygons. `overlap_m2`: new
    overlaps up to this are passed over, as moves of neighbors make and mend them.
    """

    area_m2: float
    reach_m: float
    tolerance_m: float
    gap_m2: float
    overlap_m2: float


@dataclass(frozen=True)
class Layer:
    """Polygons under repair, their written order, and their recorded areas, each (n,).

    `shapes` has None where a row takes no part. Of two polygons the one of lower `rank` comes
    first. `recorded_m2` is NaN where nothing is recorded. `rest` are polygons farther off that
    take no part but cover ground, and `origins` says where points that moved came from.
    """

    shapes: Geometries
    rank: Ints
    recorded_m2: Floats
    rest: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))
    origins: Origins = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Polygons after a step, the changes in it by position, and what was refused.

    `origins` are those of the points by now, None where the step moved none.
    """

    shapes: Geometries
    changes: Rows = field(default_factory=list)
    refused: Rows = field(default_factory=list)
    origins: Origins | None = None


def different(before: Geometries, after: Geometries) -> Ints:
    """Positions at which the polygon is another object.

    Parameters
    ----------
    before, after
        Polygons, (n,).

    Returns
    -------
    numpy.ndarray
        Ascending.

    Examples
    --------
    >>> one, two = shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1)
    >>> different(np.array([one, None]), np.array([two, None])).tolist()
    [0]
    """
    return np.flatnonzero([a is not b for a, b in zip(before, after, strict=True)])


def spoiled(before: Geometries, after: Geometries) -> list[str]:
    """Why a changed polygon is no polygon to put in the place of the old one.

    Parameters
    ----------
    before, after
        Polygons, (n,).

    Returns
    -------
    list of str
        Empty where it may stand.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> spoiled(np.array([square, square]), np.array([square, None]))
    ['', 'more than half of it would go']
    """
    least = LEAST_LEFT * shapely.area(before)
    lost = shapely.is_missing(after) | ~(shapely.area(after) >= least)
    broken = ~lost & ~shapely.is_valid(after)
    reasons = ["", "more than half of it would go", "it would cross itself"]
    return [reasons[k] for k in np.select([lost, broken], [1, 2])]


def keeps_vertices(
    old: shapely.Geometry, new: shapely.Geometry | Geometries, ground: shapely.Geometry
) -> bool:
    """Whether all vertices of a polygon that lie off some ground are still there, to the bit.

    Parameters
    ----------
    old
        The polygon.
    new
        What came of it, whole or in parts.
    ground
        What it gained or lost.

    Returns
    -------
    bool
        Vertices within 1e-6 m of the ground may be gone.

    Examples
    --------
    >>> old, new = shapely.box(0, 0, 9, 9), shapely.box(0, 0, 8, 9)
    >>> keeps_vertices(old, new, shapely.box(8, 0, 9, 9))
    True
    """
    points = shapely.get_coordinates(old)
    lost = points[~among(points, shapely.get_coordinates(new))]
    return bool(shapely.dwithin(shapely.points(lost), ground, EXACT_M).all())


def in_and_out(before: Geometries, after: Geometries) -> tuple[Floats, Floats]:
    """Square metres that each polygon gained and lost.

    Parameters
    ----------
    before, after
        Valid polygons, (n,).

    Returns
    -------
    gained : numpy.ndarray
        Square metres, 0 or more.
    lost : numpy.ndarray
        Likewise; gained less lost is exactly the change of the area.

    Examples
    --------
    >>> one, two = shapely.box(0, 0, 2, 1), shapely.box(1, 0, 4, 1)
    >>> in_and_out(np.array([one]), np.array([two]))
    (array([2.]), array([1.]))
    """
    net = shapely.area(after) - shapely.area(before)
    both = np.maximum(shapely.area(robust(shapely.symmetric_difference, before, after)), abs(net))
    gained = (both + net) / 2
    return gained, gained - net


def overlaps_more(
    before: Geometries,
    after: Geometries,
    changed: Ints,
    *,
    tree: shapely.STRtree,
    limits: Limits,
) -> Ints:
    """Changed polygons that overlap another one by more than before.

    Parameters
    ----------
    before, after
        All polygons, (n,); missing is allowed.
    changed
        Positions of those that are not the same.
    tree
        Index of polygons no vertex of which has moved farther since than the reach.
    limits
        Reach of the vertices, and what is passed over.

    Returns
    -------
    numpy.ndarray
        Positions, ascending; of the two that overlap those that changed.

    Examples
    --------
    >>> one, two, wide = shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1), shapely.box(0, 0, 3, 1)
    >>> old, new = np.array([one, two]), np.array([wide, two])
    >>> limits = Limits(area_m2=50, reach_m=1, tolerance_m=0, gap_m2=50, overlap_m2=0.01)
    >>> tree = shapely.STRtree(old)
    >>> overlaps_more(old, new, np.array([0]), tree=tree, limits=limits).tolist()
    [0]
    """
    at, j = tree.query(after[changed], predicate="dwithin", distance=2 * limits.reach_m)
    i = changed[at]
    gained = np.zeros(len(after))
    gained[changed] = in_and_out(before[changed], after[changed])[0]
    # no two can have more in common than before and what both have gained
    other = (i != j) & (gained[i] + gained[j] > limits.overlap_m2)
    i, j = i[other], j[other]
    now = pair_areas(after, after, i=i, j=j)
    more = now > limits.overlap_m2
    i, j, now = i[more], j[more], now[more]
    grown = now > pair_areas(before, before, i=i, j=j) + limits.overlap_m2
    return np.unique(i[grown])


def inserted_rows(before: Geometries, after: Geometries, at: Ints) -> Rows:
    """Changes of polygons that only got vertices on their edges.

    Parameters
    ----------
    before, after
        Polygons, (n,).
    at
        Positions of those to be told.

    Returns
    -------
    list of dict
        One row for each.

    Examples
    --------
    >>> square = shapely.Polygon([(0, 0), (1, 0), (1, 1)])
    >>> more = shapely.Polygon([(0, 0), (0.5, 0), (1, 0), (1, 1)])
    >>> inserted_rows(np.array([square]), np.array([more]), np.array([0]))[0]["message"]
    'vertices: 1 inserted'
    """
    count = shapely.get_num_coordinates(after) - shapely.get_num_coordinates(before)
    return [
        change_row(k, "vertices_inserted", before=before[k], after=after[k])
        | {"message": f"vertices: {count[k]} inserted"}
        for k in at.tolist()
    ]


def change_row(
    parcel: int, action: str, *, before: shapely.Geometry, after: shapely.Geometry
) -> dict[str, Any]:
    """Row of the log for a polygon that only gained, or only lost, ground.

    Parameters
    ----------
    parcel
        Position.
    action
        What was done.
    before, after
        The polygon.

    Returns
    -------
    dict
        Without a message.

    Examples
    --------
    >>> small, large = shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 1)
    >>> row = change_row(0, "gap_filled", before=small, after=large)
    >>> row["in"], row["out"]
    (1.0, 0.0)
    """
    old, new = before.area, after.area
    gain = new - old
    areas = {"before": old, "after": new, "in": max(0.0, gain), "out": max(0.0, -gain)}
    return {"parcel": parcel, "action": action} | areas
