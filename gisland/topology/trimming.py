"""Give what two polygons have in common to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.judging import (
    LEAST_LEFT,
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
from gisland.topology.rings import among, polygons_in, redrawn
from gisland.topology.sharing import loose_edges, share
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.topology.rings import Floats, Geometries, Ints

DECIMALS = 6  # to which shortages and sizes are compared


def trim(layer: Layer, *, limits: Limits) -> Step:
    """Cut overlaps of two polygons, the smaller ids first.

    The common ground stays with the one whose recorded area says that it is the shorter of the
    two (recorded less drawn), if both are recorded; else with the smaller one, which would lose
    the larger share of itself; of two equal ones with the first. Only the other is cut. It is the
    other way round if the cut would leave nothing of the one to be cut, or break it in parts.
    Where one lies inside the other, the outer one gets a hole. Ground that a cut separates and
    that is not larger than the smallest overlap worth telling is given up.

    Parameters
    ----------
    layer
        Valid polygons.
    limits
        How much a repair may move, and which overlaps are too small to tell.

    Returns
    -------
    Step
        Changes ``overlap_ceded``, ``overlap_kept`` and ``vertices_inserted``.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 13, 10)])
    >>> layer = Layer(shapes, np.array([0, 1]), np.full(2, np.nan))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> step = trim(layer, limits=limits)
    >>> [shape.bounds for shape in step.shapes]
    [(0.0, 0.0, 9.0, 10.0), (9.0, 0.0, 13.0, 10.0)]
    """
    shapes = layer.shapes.copy()
    tree = shapely.STRtree(shapes)
    changes: Rows = []
    refused: Rows = []
    for i, j in _suspects(layer, tree):
        piece = _common(shapes[i], shapes[j])
        if piece is None:
            continue
        order = _keeps_first(layer, shapes, (i, j))
        cut, reason = _cut(shapes, piece, order=order, limits=limits)
        if cut is None:
            refused.append(_refusal((i, j), piece, reason))
            continue
        keeper, loser = (order[0], order[1]) if cut[0] == order[1] else (order[1], order[0])
        near = np.unique(tree.query(piece, predicate="dwithin", distance=2 * EXACT_M))
        near = np.union1d(near, [i, j])
        before = shapes[near]
        shapes[loser] = cut[1]
        shared = share(shapes[near], _new_border(cut[1], piece, before))
        bad = spoiled(before, shared.shapes)
        if any(bad):
            shapes[near] = before
            refused.append(_refusal((i, j), piece, max(bad)))
            continue
        shapes[near] = shared.shapes
        changes += _rows(near, before, shared.shapes, pair=(keeper, loser))
    return Step(shapes, changes, refused)


def _suspects(layer: Layer, tree: shapely.STRtree) -> list[tuple[int, int]]:
    """Pairs that may overlap: they meet, and one has edges that no neighbor walks the other way."""
    loose = np.zeros(len(layer.shapes), dtype=bool)
    loose[loose_edges(layer.shapes).parcel] = True
    i, j = tree.query(layer.shapes, predicate="intersects")
    kept = (layer.rank[i] < layer.rank[j]) & (loose[i] | loose[j])
    i, j = i[kept], j[kept]
    inside = ~shapely.touches(layer.shapes[i], layer.shapes[j])
    i, j = i[inside], j[inside]
    order = np.lexsort((layer.rank[j], layer.rank[i]))
    return list(zip(i[order].tolist(), j[order].tolist(), strict=True))


def _common(one: shapely.Geometry, two: shapely.Geometry) -> shapely.Geometry | None:
    """Ground that two polygons have in common, None if it is nowhere wider than rounding."""
    parts = polygons_in(robust(shapely.intersection, one, two))
    parts = parts[2 * shapely.area(parts) > EXACT_M * shapely.length(parts)]
    if len(parts) == 0:
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _keeps_first(layer: Layer, shapes: Geometries, pair: tuple[int, int]) -> tuple[int, int]:
    """The two, the one first that by the rule keeps what they have in common."""
    i, j = pair
    area = shapely.area(shapes[[i, j]])
    short = layer.recorded_m2[[i, j]] - area
    by = area if np.isnan(short).any() else -short
    first, second = np.round(by, DECIMALS)
    return (i, j) if (first, layer.rank[i]) <= (second, layer.rank[j]) else (j, i)


def _cut(
    shapes: Geometries, piece: shapely.Geometry, *, order: tuple[int, int], limits: Limits
) -> tuple[tuple[int, shapely.Geometry] | None, str]:
    """Who is cut and what is left of it, or None and why neither can be."""
    if piece.area > limits.area_m2:
        return None, f"more than {limits.area_m2:g} m² would move"
    reasons = []
    for keeper, loser in (order, order[::-1]):
        old = shapes[loser]
        left = polygons_in(robust(shapely.difference, old, shapes[keeper]))
        left = left[np.argsort(-shapely.area(left), kind="stable")]
        parts = shapely.get_num_geometries(old)
        if (shapely.area(left[parts:]) <= limits.overlap_m2).all():
            left = left[:parts]
        if shapely.area(left).sum() < LEAST_LEFT * old.area:
            reasons.append("more than half of it would go")
        elif len(left) > parts:
            reasons.append("it would fall into parts")
        elif not keeps_vertices(old, left, piece):
            reasons.append("vertices elsewhere would move")
        else:
            new = shapely.multipolygons(left) if len(left) > 1 else left[0]
            return (loser, redrawn(new, like=old)), ""
    return None, reasons[0]


def _new_border(new: shapely.Geometry, piece: shapely.Geometry, before: Geometries) -> Floats:
    """Vertices of a cut polygon along the cut, and those that no polygon had before."""
    points = shapely.get_coordinates(new)
    cut = among(points, shapely.get_coordinates(piece))
    return points[cut | ~among(points, shapely.get_coordinates(before))]


def _rows(near: Ints, before: Geometries, after: Geometries, *, pair: tuple[int, int]) -> Rows:
    keeper, loser = pair
    done = [
        (keeper, "overlap_kept", loser, "keeps what both covered"),
        (loser, "overlap_ceded", keeper, "cut along the other"),
    ]
    rows: Rows = []
    for k, action, other, message in done:
        at = int(np.flatnonzero(near == k)[0])
        row = change_row(k, action, before=before[at], after=after[at])
        rows.append(row | {"other": other, "message": message})
    rest = different(before, after)
    rest = rest[~np.isin(near[rest], pair)]
    inserted = inserted_rows(before, after, rest)
    return rows + [row | {"parcel": int(near[row["parcel"]])} for row in inserted]


def _refusal(pair: tuple[int, int], piece: shapely.Geometry, reason: str) -> dict[str, object]:
    return {
        "parcel": pair[0],
        "other": pair[1],
        "value": piece.area,
        "unit": "m2",
        "message": f"overlap of {piece.area:.2f} m² not cut: {reason}",
        "geometry": piece,
    }
