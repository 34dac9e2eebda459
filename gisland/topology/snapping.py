"""Move vertices that miss another polygon's boundary onto it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.judging import (
    Layer,
    Limits,
    Origins,
    Point,
    Rows,
    Step,
    different,
    in_and_out,
    inserted_rows,
    overlaps_more,
    spoiled,
)
from gisland.topology.misses import Moves, moves
from gisland.topology.rings import edited, numbers, unroll
from gisland.topology.sharing import share, shared
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.topology.rings import Geometries, Ints


ROUNDS = 8  # of moves that can be made at once; later ones wait for the next round
HALVINGS = 5  # of the moves between two polygons, in search of those that may stand


def snap(layer: Layer, *, limits: Limits, apart: bool, meeting: bool) -> Step:
    """Move every vertex that misses a boundary onto it, and share the vertices there.

    All polygons that have the vertex move with it, so that nothing is torn. No vertex ends
    farther than the reach from where it was, however long the chain. Moves that would spoil a
    polygon, make an overlap, or take more land than the limit between two polygons are refused.
    Where many are to be made between two polygons, they are tried in lots down to 1/32 of them,
    and a lot is refused as a whole.

    Parameters
    ----------
    layer
        Valid polygons.
    limits
        Reach, tolerance and square metres.
    apart
        Whether polygons that do not touch are brought together.
    meeting
        Whether vertices of polygons that touch are matched.

    Returns
    -------
    Step
        Changes ``vertices_moved`` and ``vertices_inserted``.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 9, 9), shapely.box(9.2, 0, 20, 9)])
    >>> layer = Layer(shapes, np.array([0, 1]), np.full(2, np.nan))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> snap(layer, limits=limits, apart=True, meeting=False).shapes[1].bounds
    (9.0, 0.0, 20.0, 9.0)
    """
    state = _State(layer.shapes, shapely.STRtree(layer.shapes), origins=layer.origins)
    for _ in range(ROUNDS):
        if meeting:
            state = _shared(state)
        now = replace(layer, shapes=state.shapes)
        chosen = _compatible(
            moves(now, limits=limits, apart=apart, meeting=meeting), state, reach_m=limits.reach_m
        )
        if len(chosen.parcel) == 0:
            break
        state = _attempt(state, chosen, limits)
    return Step(state.shapes, state.changes, _refusals(state), origins=state.origins)


@dataclass(frozen=True)
class _State:
    """Polygons so far, their index at first, the log, where points came from, refused moves."""

    shapes: Geometries
    tree: shapely.STRtree
    changes: Rows = field(default_factory=list)
    origins: Origins = field(default_factory=dict)
    refused: dict[tuple[Point, Point], tuple[int, int, str]] = field(default_factory=dict)


def _shared(state: _State) -> _State:
    """Every vertex on the boundary of a polygon is one of its own, where it can be."""
    after = shared(state.shapes)
    rows = inserted_rows(state.shapes, after, different(state.shapes, after))
    return replace(state, shapes=after, changes=state.changes + rows)


def _compatible(found: Moves, state: _State, *, reach_m: float) -> Moves:
    """Moves that can be made at once: none starts from, or rests on, what another one moves."""
    moving: set[Point] = set()
    resting: set[Point] = set()
    kept = []
    starts, ends = _tuples(found.start), _tuples(found.to)
    anchors = [_tuples(pair) for pair in found.anchors]
    for k, (start, to) in enumerate(zip(starts, ends, strict=True)):
        if start in moving or start in resting or not moving.isdisjoint(anchors[k]):
            continue
        if (start, to) in state.refused:
            continue
        if _farthest(state.origins.get(start, [start]), to) > reach_m + EXACT_M:
            continue
        moving.add(start)
        resting.update(anchors[k])
        kept.append(k)
    return found.take(np.array(kept, dtype=np.int64))


def _tuples(points: np.ndarray) -> list[Point]:
    return [(x, y) for x, y in points.tolist()]


def _farthest(origins: list[Point], to: Point) -> float:
    return max(float(np.hypot(x - to[0], y - to[1])) for x, y in origins)


def _attempt(state: _State, chosen: Moves, limits: Limits, *, halvings: int = HALVINGS) -> _State:
    """Make the moves if the result may stand, else in smaller lots, most often of single ones.

    Moves between the same two polygons stay together until they are tried alone, so that the
    limit holds for what is repaired between the two.
    """
    after, changed = _moved(state, chosen, reach_m=limits.reach_m)
    reason, bad = _objection(state, after, changed, limits=limits)
    if not reason:
        return _accepted(state, chosen, after=after, changed=changed)
    pairs = np.unique(np.stack([chosen.parcel, chosen.other], axis=1), axis=0, return_inverse=True)
    group = pairs[1].ravel()
    alone = len(pairs[0]) == 1
    if alone and (len(group) == 1 or halvings == 0 or reason.startswith("more than")):
        told = {
            (a, b): (int(chosen.parcel[0]), int(chosen.other[0]), reason)
            for a, b in zip(_tuples(chosen.start), _tuples(chosen.to), strict=True)
        }
        return replace(state, refused=state.refused | told)
    later = np.isin(group, group[_at(chosen, state.shapes[bad])])
    if later.all() or not later.any():
        later = group > np.median(np.unique(group))
    if not later.any():
        later = np.arange(len(group)) >= len(group) // 2
    for some in (~later, later):
        state = _attempt(state, chosen.take(some), limits, halvings=halvings - alone)
    return state


def _at(chosen: Moves, shapes: Geometries) -> Ints:
    """Moves from, or onto, some polygons."""
    count = len(chosen.parcel)
    spots = shapely.points(np.concatenate([chosen.start, chosen.to]))
    found = shapely.STRtree(spots).query(shapes, predicate="dwithin", distance=2 * EXACT_M)[1]
    return np.unique(found % count)


def _moved(state: _State, chosen: Moves, *, reach_m: float) -> tuple[Geometries, Ints]:
    """Polygons after the moves, and the positions of those that changed."""
    spots = shapely.points(np.concatenate([chosen.start, chosen.to]))
    shapes = state.shapes
    near = np.unique(state.tree.query(spots, predicate="dwithin", distance=2 * reach_m)[1])
    touching = shapely.STRtree(shapes[near]).query(
        spots, predicate="dwithin", distance=2 * EXACT_M
    )[1]
    local = near[np.unique(touching)]
    before = share(shapes[local], chosen.start).shapes
    rings = unroll(before)
    number = numbers(np.concatenate([chosen.start, rings.xy]))
    goes = np.full(number.max() + 1, -1)
    goes[number[: len(chosen.start)]] = np.arange(len(chosen.start))
    of = goes[number[len(chosen.start) :]]
    at = np.flatnonzero(of >= 0)
    none = np.empty(0, dtype=np.int64)
    after = edited(before, moved=at, to=chosen.to[of[at]], after=none, added=np.empty((0, 2)))
    sound = ~shapely.is_missing(after)
    after[sound] = share(after[sound], chosen.to).shapes
    result = shapes.copy()
    result[local] = after
    return result, local[different(shapes[local], after)]


def _objection(
    state: _State, after: Geometries, changed: Ints, *, limits: Limits
) -> tuple[str, Ints]:
    """Why the new polygons may not stand, empty if they may, and which of them."""
    before = state.shapes
    reasons = np.array(spoiled(before[changed], after[changed]), dtype=object)
    if (reasons != "").any():
        return min(reasons[reasons != ""]), changed[reasons != ""]
    gained, lost = in_and_out(before[changed], after[changed])
    most = np.maximum(gained, lost)
    if (most > limits.area_m2).any():
        reason = f"more than {limits.area_m2:g} m² would move: {most.max():.2f} m²"
        return reason, changed[most > limits.area_m2]
    over = overlaps_more(before, after, changed, tree=state.tree, limits=limits)
    return ("it would overlap another parcel" if len(over) else ""), over


def _accepted(state: _State, chosen: Moves, *, after: Geometries, changed: Ints) -> _State:
    origins = dict(state.origins)
    for start, to in zip(_tuples(chosen.start), _tuples(chosen.to), strict=True):
        origins[to] = [*origins.get(to, [to]), *origins.get(start, [start])]
    rows = _changes(state.shapes[changed], after[changed], chosen, changed=changed)
    return replace(state, shapes=after, origins=origins, changes=state.changes + rows)


def _changes(before: Geometries, after: Geometries, chosen: Moves, *, changed: Ints) -> Rows:
    """One row for each polygon that changed, with the other one if that is one alone."""
    gained, lost = in_and_out(before, after)
    area = shapely.area(before)
    starts = {point: k for k, point in enumerate(_tuples(chosen.start))}
    ends = {point: k for k, point in enumerate(_tuples(chosen.to))}
    length = np.hypot(*(chosen.start - chosen.to).T)
    rows: Rows = []
    for n, parcel in enumerate(changed.tolist()):
        old = set(_tuples(shapely.get_coordinates(before[n])))
        new = set(_tuples(shapely.get_coordinates(after[n])))
        moved = [starts[point] for point in old - new if point in starts]
        met = [ends[point] for point in new - old if point in ends]
        others = {int(chosen.other[k]) for k in moved} | {int(chosen.parcel[k]) for k in met}
        others -= {parcel}
        gone = len(moved) or len(old - new)
        areas = {"before": area[n], "after": area[n] + (gained[n] - lost[n])}
        rows.append(
            {
                "parcel": parcel,
                "action": "vertices_moved" if gone else "vertices_inserted",
                "other": others.pop() if len(others) == 1 else None,
                "in": gained[n],
                "out": lost[n],
                "message": _told(
                    gone,
                    float(length[moved].max(initial=0.0)),
                    max(len(new) - len(old), 0),
                ),
            }
            | areas
        )
    return rows


def _told(moved: int, far_m: float, inserted: int) -> str:
    most = math.ceil(far_m * 1000 - 1e-6) / 1000  # rounded up: "at most" stays true
    parts = [f"{moved} moved by at most {most:.3f} m"] * (moved > 0)
    parts += [f"{inserted} inserted"] * (inserted > 0)
    return f"vertices: {', '.join(parts)}"


def _refusals(state: _State) -> Rows:
    """One row for each two polygons between which moves were refused."""
    told: dict[tuple[int, int, str], list[tuple[Point, Point]]] = {}
    for move, why in state.refused.items():
        told.setdefault(why, []).append(move)
    return [
        {
            "parcel": parcel,
            "other": other,
            "value": max(_farthest([a], b) for a, b in moves_),
            "unit": "m",
            "message": f"{len(moves_)} {'vertex' if len(moves_) == 1 else 'vertices'} not moved:"
            f" {reason}",
            "geometry": shapely.MultiPoint([a for a, _ in moves_]),
        }
        for (parcel, other, reason), moves_ in told.items()
    ]
