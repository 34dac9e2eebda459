"""Spikes: where the boundary runs out, or cuts in, and comes back on itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.judging import (
    Layer,
    Limits,
    Rows,
    Step,
    different,
    in_and_out,
    overlaps_more,
    spoiled,
)
from gisland.topology.rings import edited, numbers, unroll
from gisland.topology.vertices import spike_vertices

if TYPE_CHECKING:
    from gisland.topology.rings import Floats, Geometries, Ints, Rings

SPIKE_DEGREES = 5.0  # a blunter tip is a corner
PARTING_DEGREES = 30.0  # sides that part at less where they get wide are those of an acute parcel


@dataclass(frozen=True)
class Spikes:
    """Tips, as positions in the unrolled polygons, and how far their sides stay together."""

    tip: Ints
    length_m: Floats


def spikes(rings: Rings, *, width_m: float) -> Spikes:
    """Find the tips at which a boundary turns back on itself.

    The angle at the tip is at most 5 degrees, and the sides stay within `width_m` of each other
    over more than `width_m` and then part at 30 degrees or more: the sides of an acute parcel
    part at less, and those of a narrow one never do.

    Parameters
    ----------
    rings
        Of polygons in metres, from `unroll`.
    width_m
        Largest width, in metres.

    Returns
    -------
    Spikes
        By position.

    Examples
    --------
    >>> spiked = shapely.Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    >>> spikes(unroll(np.array([spiked])), width_m=0.05).length_m.round(3).tolist()
    [6.0]
    """
    tips = spike_vertices(rings, width_m=width_m, degrees=SPIKE_DEGREES)
    length = np.array([_spike_length(rings, tip, width_m=width_m) for tip in tips])
    real = length > width_m
    return Spikes(tips[real], length[real])


def despike(layer: Layer, *, limits: Limits) -> Step:
    """Take away the vertices of spikes that are no wider than the tolerance.

    A spike whose vertices a neighbor has as well, without one of its own there, stays: it is
    where two parcels taper between others.

    Parameters
    ----------
    layer
        Valid polygons.
    limits
        Tolerance and square metres.

    Returns
    -------
    Step
        Changes ``spike_removed``.

    Examples
    --------
    >>> spiked = shapely.Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    >>> layer = Layer(np.array([spiked]), np.array([0]), np.array([np.nan]))
    >>> limits = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
    >>> despike(layer, limits=limits).shapes[0].bounds
    (0.0, 0.0, 9.0, 9.0)
    """
    shapes = layer.shapes
    rings = unroll(shapes)
    found = spikes(rings, width_m=limits.tolerance_m)
    kept = np.ones(len(found.tip), dtype=bool)
    reason = [""] * len(found.tip)
    while True:
        gone = _spike_vertices(rings, found, kept)
        after = _without(shapes, rings, gone)
        bad = _objections(shapes, after, rings=rings, gone=gone, limits=limits)
        worse = [k for k in np.flatnonzero(kept) if rings.of[found.tip[k]] in bad]
        if not worse:
            break
        for k in worse:
            kept[k], reason[k] = False, bad[int(rings.of[found.tip[k]])]
    refused = [
        {
            "parcel": int(rings.of[found.tip[k]]),
            "value": float(found.length_m[k]),
            "unit": "m",
            "message": f"spike of {found.length_m[k]:.2f} m not removed: {reason[k]}",
            "geometry": shapely.Point(rings.xy[found.tip[k]]),
        }
        for k in np.flatnonzero(~kept)
    ]
    return Step(after, _changes(shapes, after, found, rings=rings), refused)


def _spike_vertices(rings: Rings, found: Spikes, kept: np.ndarray) -> Ints:
    """Positions of all vertices of the spikes that are kept in the list."""
    positions: list[int] = []
    for tip, length in zip(found.tip[kept].tolist(), found.length_m[kept].tolist(), strict=True):
        first, ring = _ring_from(rings, tip)
        size = len(ring)
        far = _along(np.concatenate([ring, ring[:1]]))[:size]
        back = np.concatenate([[0.0], _along(np.concatenate([ring, ring[:1]])[::-1])[1:size][::-1]])
        near = np.flatnonzero(np.minimum(far, back) < length * (1 - 1e-9))
        positions += (first + (near + tip - first) % size).tolist()
    return np.unique(np.array(positions, dtype=np.int64))


def _ring_from(rings: Rings, tip: int) -> tuple[int, Floats]:
    """First position of the ring of a vertex, and its points beginning there."""
    first, past = np.searchsorted(rings.ring, [rings.ring[tip], rings.ring[tip] + 1])
    return int(first), np.roll(rings.xy[first:past], first - tip, axis=0)


def _without(shapes: Geometries, rings: Rings, gone: Ints) -> Geometries:
    """Polygons without some vertices: each moves onto the one before that stays, and vanishes."""
    stays = np.ones(len(rings.ring), dtype=bool)
    stays[gone] = False
    before = np.empty(len(rings.ring), dtype=np.int64)
    before[rings.following] = np.arange(len(rings.ring))
    to = before[gone]
    for _ in range(len(gone)):
        if stays[to].all():
            break
        to = np.where(stays[to], to, before[to])
    none = np.empty(0, dtype=np.int64)
    return edited(shapes, moved=gone, to=rings.xy[to], after=none, added=np.empty((0, 2)))


def _objections(
    before: Geometries, after: Geometries, *, rings: Rings, gone: Ints, limits: Limits
) -> dict[int, str]:
    """Polygons that must keep their spikes, and why."""
    number = numbers(rings.xy)
    shared = np.flatnonzero(np.isin(number, number[gone]) & ~np.isin(np.arange(len(number)), gone))
    lonely = np.isin(number[gone], number[shared])
    bad = dict.fromkeys(rings.of[gone[lonely]].tolist(), "a neighbor has the same vertices")
    changed = different(before, after)
    reasons = np.array(spoiled(before[changed], after[changed]), dtype=object)
    fine = changed[reasons == ""]
    bad |= dict(zip(changed[reasons != ""].tolist(), reasons[reasons != ""], strict=True))
    gained, lost = in_and_out(before[fine], after[fine])
    large = fine[np.maximum(gained, lost) > limits.area_m2]
    bad |= dict.fromkeys(large.tolist(), f"more than {limits.area_m2:g} m² would move")
    if not bad:
        tree = shapely.STRtree(before)
        over = overlaps_more(before, after, changed, tree=tree, limits=limits)
        bad |= dict.fromkeys(over.tolist(), "it would overlap another parcel")
    return bad


def _changes(before: Geometries, after: Geometries, found: Spikes, *, rings: Rings) -> Rows:
    at = different(before, after)
    gained, lost = in_and_out(before[at], after[at])
    area = shapely.area(before[at])
    longest = dict.fromkeys(at.tolist(), 0.0)
    for parcel, length in zip(rings.of[found.tip].tolist(), found.length_m.tolist(), strict=True):
        if parcel in longest:
            longest[parcel] = max(longest[parcel], length)
    return [
        {
            "parcel": k,
            "action": "spike_removed",
            "before": area[n],
            "after": area[n] + (gained[n] - lost[n]),
            "in": gained[n],
            "out": lost[n],
            "message": f"spike of {longest[k]:.2f} m",
        }
        for n, k in enumerate(at.tolist())
    ]


def _spike_length(rings: Rings, tip: int, *, width_m: float) -> float:
    """How far the two sides of a tip stay together if they then part, else 0."""
    ring = _ring_from(rings, tip)[1]
    ahead = np.concatenate([ring, ring[:1]])
    back = ahead[::-1]
    far_ahead, far_back = _along(ahead), _along(back)
    stops = np.unique(np.concatenate([far_ahead, far_back]))
    stops = stops[stops <= far_ahead[-1] / 2]
    one, two = _at(stops, far_ahead, ahead), _at(stops, far_back, back)
    wide = np.flatnonzero(np.hypot(*(one - two).T) > width_m)
    if len(wide) == 0:
        return 0.0
    at = wide[0]
    left, right = one[at] - one[at - 1], two[at] - two[at - 1]
    cross = abs(left[0] * right[1] - left[1] * right[0])
    parting = np.degrees(np.arctan2(cross, left @ right))
    return float(stops[at - 1]) if parting >= PARTING_DEGREES else 0.0


def _along(line: Floats) -> Floats:
    """Metres from the first vertex to each."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def _at(stops: Floats, far: Floats, line: Floats) -> Floats:
    """Points so many metres along a line."""
    return np.column_stack([np.interp(stops, far, line[:, axis]) for axis in (0, 1)])
