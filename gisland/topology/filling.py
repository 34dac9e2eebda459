"""Give gaps between polygons to one of their neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.judging import (
    Layer,
    Limits,
    Rows,
    Step,
    change_row,
    different,
    inserted_rows,
    keeps_vertices,
    spoiled,
)
from gisland.topology.overlay import robust
from gisland.topology.rings import redrawn
from gisland.topology.segments import exact_matches, explode
from gisland.topology.sharing import loose_edges, share
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.topology.rings import Bools, Floats, Geometries, Ints

DECIMALS = 6  # to which borders and areas are compared


def fill(layer: Layer, *, limits: Limits) -> Step:
    """Close holes between polygons, the smallest first.

    A gap goes as a whole to the neighbor that has the longest border along it; of equal ones to
    the first. If that one would be spoiled by it, the next may have it. A hole that a single
    polygon encloses is no gap: it may be an enclave that nobody recorded. Larger holes than the
    limit stay.

    Parameters
    ----------
    layer
        Valid polygons.
    limits
        How large a gap may be, and how much a repair may move.

    Returns
    -------
    Step
        Changes ``gap_filled`` and ``vertices_inserted``.

    Examples
    --------
    >>> shapes = np.array([
    ...     shapely.Polygon([(0, 0), (9, 0), (9, 4), (8, 5), (9, 6), (9, 9), (0, 9)]),
    ...     shapely.box(9, 0, 20, 9),
    ... ])
    >>> layer = Layer(shapes, np.array([0, 1]), np.full(2, np.nan))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> shapely.area(fill(layer, limits=limits).shapes).tolist()
    [81.0, 99.0]
    """
    shapes = layer.shapes.copy()
    tree = shapely.STRtree(shapes)
    changes: Rows = []
    refused: Rows = []
    for gap in _gaps(layer, tree, most_m2=limits.gap_m2):
        near = np.unique(tree.query(gap, predicate="dwithin", distance=2 * EXACT_M))
        before = shapes[near]
        ready = share(before, shapely.get_coordinates(gap)).shapes
        border = _borders(gap, ready)
        beside = border > EXACT_M
        if beside.sum() < 2:  # noqa: PLR2004 - a gap is between two
            continue
        order = np.lexsort((layer.rank[near], -border.round(DECIMALS)))[: beside.sum()]
        order = order[~_stacked(ready)[order]]
        after, reason = _filled(ready, gap, order=order, limits=limits)
        if after is None:
            refused.append(_refusal(near[beside].tolist(), gap, reason))
            continue
        shapes[near] = after
        changes += _rows(near, before, after, ready=ready)
    return Step(shapes, changes, refused)


def _gaps(layer: Layer, tree: shapely.STRtree, *, most_m2: float) -> Geometries:
    """Bounded ground that no polygon covers, the smallest first; holes of a single one too."""
    edges = loose_edges(layer.shapes)
    lines = shapely.linestrings(np.stack([edges.start, edges.end], axis=1))
    noded = shapely.get_parts(robust(shapely.union_all, lines))
    faces = shapely.get_parts(shapely.polygonize(noded))
    faces = faces[shapely.area(faces) <= most_m2]
    faces = faces[2 * shapely.area(faces) > EXACT_M * shapely.length(faces)]
    inside = shapely.point_on_surface(faces)
    covered = [
        ground.query(inside, predicate="intersects")[0]
        for ground in (tree, shapely.STRtree(layer.rest))
    ]
    faces = shapely.normalize(np.delete(faces, np.unique(np.concatenate(covered))))
    return faces[np.lexsort((*shapely.bounds(faces).T, shapely.area(faces).round(DECIMALS)))]


def _borders(gap: shapely.Geometry, shapes: Geometries) -> Floats:
    """Length that each polygon has in common with the boundary of a gap."""
    segments = explode(np.concatenate([[gap], shapes]))
    focal, neighbor = exact_matches(segments)
    own = segments.parcel[focal] == 0
    border = np.zeros(len(shapes))
    np.add.at(border, segments.parcel[neighbor[own]] - 1, segments.length[focal[own]])
    return border


def _stacked(shapes: Geometries) -> Bools:
    """Whether another polygon is the same: given to one of them, a gap would tell them apart."""
    drawing = shapely.to_wkb(shapely.normalize(shapes), hex=True)
    _, of, count = np.unique(drawing, return_inverse=True, return_counts=True)
    return count[of] > 1


def _filled(
    shapes: Geometries, gap: shapely.Geometry, *, order: Ints, limits: Limits
) -> tuple[Geometries | None, str]:
    """Polygons with the gap given to the first of some that can take it, or None and why not."""
    if gap.area > limits.area_m2:
        return None, f"more than {limits.area_m2:g} m² would move"
    reasons = ["all its neighbors are stacked"] * (len(order) == 0)
    for at in order:
        old = shapes[at]
        whole = redrawn(robust(shapely.union, old, gap), like=old)
        if keeps_vertices(old, whole, gap):
            after = shapes.copy()
            after[at] = whole
            reason = max(spoiled(shapes, after))
            if not reason:
                return after, ""
            reasons.append(reason)
    return None, (*reasons, "vertices elsewhere would move")[0]


def _rows(near: Ints, before: Geometries, after: Geometries, *, ready: Geometries) -> Rows:
    """The change of the polygon that was given the gap, and of those that got vertices."""
    winner = int(different(ready, after)[0])
    row = change_row(int(near[winner]), "gap_filled", before=before[winner], after=after[winner])
    rest = different(before, ready)
    inserted = inserted_rows(before, after, rest[rest != winner])
    return [
        row | {"message": "gap along its longest border"},
        *(each | {"parcel": int(near[each["parcel"]])} for each in inserted),
    ]


def _refusal(around: list[int], gap: shapely.Geometry, reason: str) -> dict[str, object]:
    return {
        "parcel": around[0],
        "other": around[1],
        "value": gap.area,
        "unit": "m2",
        "message": f"gap of {gap.area:.2f} m² not filled: {reason}",
        "geometry": gap,
    }
