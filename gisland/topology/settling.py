"""Repair step by step until nothing moves any more."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.topology.filling import fill
from gisland.topology.judging import Layer, Limits, Rows, Step, different, inserted_rows
from gisland.topology.rings import unroll
from gisland.topology.sharing import loose_edges, shared
from gisland.topology.snapping import snap
from gisland.topology.spikes import SPIKE_DEGREES, despike
from gisland.topology.trimming import trim
from gisland.topology.vertices import spike_vertices

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gisland.topology.rings import Bools, Geometries, Ints

ROUNDS = 6  # of vertices, overlaps and gaps; what is still restless then is put back
ATTEMPTS = 3  # to put back only what is restless; the last puts back all that changed
CROWD = 32  # polygons in one place above which nobody can tell whose ground it is
RESTLESS = "left as it was: its repair would not come to rest"
MUCH_SMALLER = 0.1  # share of the area


def settle(layer: Layer, codes: Collection[str], *, limits: Limits) -> Step:
    """Repair the kinds of faults asked for, so that doing it again would change nothing.

    Spikes first, then rounds of vertices, overlaps and gaps until a round changes nothing. What
    would still move if it began anew is put back as it was, with all that was changed beside it.
    Polygons in the middle of which more than 32 of about their size or larger lie are left.

    Parameters
    ----------
    layer
        Valid polygons; None where a row takes no part.
    codes
        Some of ``parameters.REPAIRABLE``.
    limits
        How far a repair may go.

    Returns
    -------
    Step
        `refused` holds every fault of these kinds that is left.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 13, 10)])
    >>> layer = Layer(shapes, np.array([0, 1]), np.full(2, np.nan))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> shapely.area(settle(layer, {"overlap"}, limits=limits).shapes).tolist()
    [90.0, 40.0]
    """
    done = _settled(layer, codes, limits=limits)
    for attempt in (1, 2):
        again = _settled(replace(layer, shapes=done.shapes), codes, limits=limits)
        moving = different(done.shapes, again.shapes)
        if len(moving) == 0:
            break
        changed = different(layer.shapes, done.shapes)
        back = np.zeros(len(layer.shapes), dtype=bool)
        back[changed] = True
        if attempt == 1:  # only what lies together with the place that does not come to rest
            together = np.union1d(changed, moving)
            back &= _beside(
                layer.shapes,
                changed=changed,
                moving=together,
                fresh=moving,
                reach_m=limits.reach_m,
            )
        done = Step(
            np.where(back, layer.shapes, done.shapes),
            [row for row in done.changes if not back[row["parcel"]]],
            [row for row in done.refused if not back[row["parcel"]]]
            + untouched(layer.shapes, back, message=RESTLESS),
        )
    return done


def _settled(layer: Layer, codes: Collection[str], *, limits: Limits) -> Step:
    """Repair where there may be something to repair."""
    shapes = layer.shapes
    if "unmatched_vertex" in codes:
        crowded = _crowded(layer, reach_m=limits.reach_m)
        shapes = np.where(crowded, shapes, shared(_without(shapes, crowded)))
    changes = inserted_rows(layer.shapes, shapes, different(layer.shapes, shapes))
    active = _active(shapes, codes, limits=limits)
    at = np.flatnonzero(active)
    rest = np.concatenate([layer.rest, shapes[~active]])
    local = Layer(shapes[at], layer.rank[at], layer.recorded_m2[at], rest=rest)
    done = _at_rest(local, codes, limits=limits)
    shapes = shapes.copy()
    shapes[at] = done.shapes
    named = ("parcel", "other")
    mended, refused = (
        [row | {k: int(at[row[k]]) for k in named if row.get(k) is not None} for row in rows]
        for rows in (done.changes, done.refused)
    )
    return Step(shapes, changes + mended, refused)


def _active(shapes: Geometries, codes: Collection[str], *, limits: Limits) -> Bools:
    """Polygons where there may be something to repair, and two rings of neighbors.

    Where every edge is the reverse of a neighbor's, and no boundary turns back on itself, there
    is nothing.
    """
    active = np.zeros(len(shapes), dtype=bool)
    active[loose_edges(shapes).parcel] = True
    if "spike" in codes:
        rings = unroll(shapes)
        tips = spike_vertices(rings, width_m=limits.tolerance_m, degrees=SPIKE_DEGREES)
        active[rings.of[tips]] = True
    tree = shapely.STRtree(shapes)
    for _ in range(2):
        near = tree.query(shapes[active], predicate="dwithin", distance=limits.reach_m)[1]
        active[near] = True
    return active


def _at_rest(layer: Layer, codes: Collection[str], *, limits: Limits) -> Step:
    """Repair until nothing would move if it began anew; what still would is put back."""
    first = _rounds(layer, codes, limits)
    shapes, kept, back = first.shapes, first.changes, np.zeros(len(layer.shapes), dtype=bool)
    for attempt in range(ATTEMPTS):
        again = _rounds(replace(layer, shapes=shapes), codes, limits)
        moving = different(shapes, again.shapes)
        fresh = moving[~back[moving]]
        if len(fresh) == 0:
            break
        changed = different(layer.shapes, shapes)
        if attempt == ATTEMPTS - 1:
            back[changed] = True
        else:
            back |= _beside(
                layer.shapes,
                changed=changed,
                moving=np.union1d(changed, moving),
                fresh=fresh,
                reach_m=limits.reach_m,
            )
        shapes = np.where(back, layer.shapes, shapes)
        kept = [row for row in kept if not back[row["parcel"]]]
    refused = [row for row in again.refused if not back[row["parcel"]]]
    return Step(shapes, kept, refused + untouched(layer.shapes, back, message=RESTLESS))


def _rounds(layer: Layer, codes: Collection[str], limits: Limits) -> Step:
    """Spikes, then vertices, overlaps and gaps until nothing changes; crowds take no part."""
    whole, crowded = layer.shapes, _crowded(layer, reach_m=limits.reach_m)
    rest = np.concatenate([layer.rest, whole[crowded]])
    layer = replace(layer, shapes=_without(whole, crowded), rest=rest)
    changes: Rows = []
    refused: Rows = []
    apart, meeting = "near_miss" in codes, "unmatched_vertex" in codes
    steps: list[tuple[Callable[..., Step], bool]] = [
        (despike, "spike" in codes),
        (partial(snap, apart=apart, meeting=meeting), apart or meeting),
        (trim, "overlap" in codes),
        (fill, "gap" in codes),
    ]
    for _ in range(ROUNDS):
        before, refused = layer.shapes, []
        for mend, wanted in steps:
            if wanted:
                step = mend(layer, limits=limits)
                origins = layer.origins if step.origins is None else step.origins
                layer = replace(layer, shapes=step.shapes, origins=origins)
                changes, refused = changes + step.changes, refused + step.refused
        if len(different(before, layer.shapes)) == 0:
            break
    message = f"more than {CROWD} polygons in one place"
    return Step(
        np.where(crowded, whole, layer.shapes),
        changes,
        refused + untouched(whole, crowded, message=message),
    )


def _crowded(layer: Layer, *, reach_m: float) -> Bools:
    """Polygons in the middle of which, or in reach of it, lie too many that are not much smaller.

    Small ones in heaps on a large one do not count: what else it borders on can be repaired.
    """
    every = np.concatenate([layer.shapes, layer.rest])
    area = shapely.area(every)
    middle = shapely.STRtree(shapely.point_on_surface(layer.shapes))
    lying, under = middle.query(every, predicate="dwithin", distance=reach_m)
    under = under[area[lying] >= MUCH_SMALLER * area[under]]
    return np.bincount(under, minlength=len(layer.shapes)) > CROWD


def _without(shapes: Geometries, which: Bools) -> Geometries:
    result = shapes.copy()
    result[which] = None
    return result


def _beside(
    shapes: Geometries, *, changed: Ints, moving: Ints, fresh: Ints, reach_m: float
) -> Bools:
    """Changed polygons that are linked with restless ones by others that changed or move."""
    tree = shapely.STRtree(shapes[moving])
    i, j = tree.query(shapes[moving], predicate="dwithin", distance=reach_m)
    links = coo_array((np.ones(len(i)), (i, j)), shape=(len(moving),) * 2)
    group = connected_components(links, directed=False)[1]
    restless = np.isin(group, group[np.isin(moving, fresh)])
    back = np.zeros(len(shapes), dtype=bool)
    back[np.intersect1d(moving[restless], changed)] = True
    back[fresh] = True
    return back


def untouched(shapes: Geometries, which: Bools, *, message: str) -> Rows:
    """Refusals of polygons that take no part as a whole.

    Parameters
    ----------
    shapes
        Polygons, (n,).
    which
        Whether each is refused, (n,).
    message
        Why.

    Returns
    -------
    list of dict
        One row for each that is refused.

    Examples
    --------
    >>> square = np.array([shapely.box(0, 0, 2, 2)])
    >>> untouched(square, np.array([True]), message="its id is not unique")[0]["value"]
    4.0
    """
    return [
        {
            "parcel": k,
            "value": shapes[k].area,
            "unit": "m2",
            "message": message,
            "geometry": shapes[k],
        }
        for k in np.flatnonzero(which).tolist()
    ]
