"""Loops over the edges of polygons in upright slabs: the area that two polygons have in common.

Let s be 1 for an upper edge of a polygon and -1 for a lower one. At each x, a polygon's section
measures as much as the sum of s times the height of each edge there; what two polygons have in
common measures the sum of s · t · min(height of e, height of f) over all edges e of the one and f
of the other, for it is what lies under both. Integrated over x, that is the area, whatever the
holes and parts. No crossing has to be found, and nothing is sorted but edges into slabs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Span = tuple[float, float]
    Ruler = tuple[float, float, int]  # west end, east end and number of a polygon's slabs

WHOLE = 64  # edges up to which a polygon is one slab
ROUNDING = 2.0**-52
STEPS = 64.0  # roundings that the area under two edges may gather, at most
DOUBT = 5e-10  # share of the smaller polygon's area: by rounding, and again by what is passed over


class Rings(NamedTuple):
    """Rings of polygons.

    Attributes
    ----------
    xy
        Vertices, (n, 2), each ring closed.
    start
        Place of each ring's first vertex, (rings + 1,).
    shell
        Whether a ring is the outer one of a part, and not a hole, (rings,).
    ring
        Number of each polygon's first ring, (polygons + 1,).
    box
        Least x and y and greatest x and y of each polygon, (polygons, 4).
    """

    xy: Floats
    start: Ints
    shell: Bools
    ring: Ints
    box: Floats


class Slabs(NamedTuple):
    """Polygons with their edges sorted into upright slabs.

    Attributes
    ----------
    box
        Least x and y and greatest x and y of each polygon, (polygons, 4).
    area_m2
        Of each polygon, (polygons,).
    first
        Number of each polygon's first slab, (polygons + 1,).
    begin
        Place of each slab's first edge, (slabs + 1,).
    edge
        Edges slab by slab as x, y, x, y, (edges, 4), in each slab that they reach into: upper
        ones run to the right, lower ones to the left; upright ones are left out.
    """

    box: Floats
    area_m2: Floats
    first: Ints
    begin: Ints
    edge: Floats


@compiled
def in_slabs(rings: Rings) -> tuple[Ints, Ints, Floats]:
    """Edges of polygons slab by slab.

    Parameters
    ----------
    rings
        Rings of valid polygons.

    Returns
    -------
    first : numpy.ndarray
        As in `Slabs`.
    begin : numpy.ndarray
        Likewise.
    edge : numpy.ndarray
        Likewise.

    Examples
    --------
    >>> xy = np.array([[0.0, 0], [2, 0], [2, 1], [0, 1], [0, 0]])
    >>> box = np.array([[0.0, 0, 2, 1]])
    >>> lot = Rings(xy, np.array([0, 5]), np.array([True]), np.array([0, 1]), box)
    >>> first, begin, edge = in_slabs(lot)
    >>> first.tolist(), begin.tolist(), edge.tolist()
    ([0, 1], [0, 2], [[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 1.0]])
    """
    first = _sums(_slab_counts(rings))
    begin = _sums(_edge_counts(rings, first))
    return first, begin, _edges(rings, first, begin)


@compiled
def common_areas(ours: Slabs, theirs: Slabs, i: Ints, j: Ints) -> Floats:
    """Area that each two polygons have in common.

    Parameters
    ----------
    ours, theirs
        Polygons in slabs.
    i, j
        Numbers of polygons on either side, of equal length.

    Returns
    -------
    numpy.ndarray
        Square metres, 0 or more; NaN where rounding may amount to too much.

    Examples
    --------
    >>> box, area_m2 = np.array([[0.0, 0, 2, 1]]), np.array([2.0])
    >>> first, begin = np.array([0, 1]), np.array([0, 2])
    >>> edge = np.array([[0.0, 1, 2, 1], [2, 0, 0, 0]])
    >>> lot = Slabs(box, area_m2, first, begin, edge)
    >>> moved = Slabs(box + 0.5, area_m2, first, begin, edge + 0.5)
    >>> common_areas(lot, moved, np.array([0]), np.array([0])).tolist()
    [0.75]
    """
    mine, other = np.empty((_most(ours.begin), 5)), np.empty((_most(theirs.begin), 5))
    area = np.zeros(len(i))
    for k in range(len(i)):
        p, q = i[k], j[k]
        west, south, east, north = _box(ours.box, p)
        left, bottom, right, top = _box(theirs.box, q)
        # where both may be
        a, b = max(west, left), min(east, right)
        y, z = max(south, bottom), min(north, top)
        if a >= b or y >= z:
            continue
        total = slack = 0.0
        ruler = west, east, ours.first[p + 1] - ours.first[p]
        rod = left, right, theirs.first[q + 1] - theirs.first[q]
        for s in range(_slab(a, ruler), _slab(b, ruler) + 1):
            span = _within(a, b, s, ruler)
            place = ours.first[p] + s
            held = ours.begin[place], ours.begin[place + 1]
            n, high = _gather(ours.edge, held, (a, y), span, (bottom, top), mine)
            for t in range(_slab(span[0], rod), _slab(span[1], rod) + 1):
                place = theirs.first[q] + t
                held = theirs.begin[place], theirs.begin[place + 1]
                part = _within(span[0], span[1], t, rod)
                m, higher = _gather(theirs.edge, held, (a, y), part, (south, north), other)
                under, width = _under(mine, n, other, m)
                total += under
                slack += (STEPS + n + m) * ROUNDING * max(high, higher) * width
        # a strip as thin as the last digit of the coordinates
        thin = ROUNDING * max(abs(a), abs(b), abs(y), abs(z)) * (b - a + z - y)
        area[k] = _judged(total, slack, thin, min(ours.area_m2[p], theirs.area_m2[q]))
    return area


@compiled
def _slab_counts(rings: Rings) -> Ints:
    """How many slabs each polygon gets: so many that an edge reaches into about two."""
    xy, start, box = rings.xy, rings.start, rings.box
    count = np.ones(len(box), np.int64)
    for p in range(len(box)):
        edges = 0
        travel = 0.0
        for r in range(rings.ring[p], rings.ring[p + 1]):
            edges += start[r + 1] - start[r] - 1
            for v in range(start[r], start[r + 1] - 1):
                travel += abs(xy[v + 1, 0] - xy[v, 0])
        if edges > WHOLE and travel > 0.0:
            count[p] = max(1, int(edges * ((box[p, 2] - box[p, 0]) / travel)))
    return count


@compiled
def _edge_counts(rings: Rings, first: Ints) -> Ints:
    """How many edges reach into each slab."""
    xy, box = rings.xy, rings.box
    count = np.zeros(first[-1], np.int64)
    for p in range(len(box)):
        ruler = box[p, 0], box[p, 2], first[p + 1] - first[p]
        for r in range(rings.ring[p], rings.ring[p + 1]):
            for v in range(rings.start[r], rings.start[r + 1] - 1):
                here, beyond = _reach(xy[v, 0], xy[v + 1, 0], ruler)
                for s in range(first[p] + here, first[p] + beyond):
                    count[s] += 1
    return count


@compiled
def _edges(rings: Rings, first: Ints, begin: Ints) -> Floats:
    """Edges slab by slab, with the polygon on the right of each."""
    xy, box = rings.xy, rings.box
    edge = np.empty((begin[-1], 4))
    place = begin.copy()
    for p in range(len(box)):
        ruler = box[p, 0], box[p, 2], first[p + 1] - first[p]
        for r in range(rings.ring[p], rings.ring[p + 1]):
            along = _runs_left(xy, rings.start[r], rings.start[r + 1]) != rings.shell[r]
            for v in range(rings.start[r], rings.start[r + 1] - 1):
                a, b = (v, v + 1) if along else (v + 1, v)
                here, beyond = _reach(xy[v, 0], xy[v + 1, 0], ruler)
                for s in range(first[p] + here, first[p] + beyond):
                    k = place[s]
                    place[s] += 1
                    edge[k, 0], edge[k, 1] = xy[a, 0], xy[a, 1]
                    edge[k, 2], edge[k, 3] = xy[b, 0], xy[b, 1]
    return edge


@compiled
def _runs_left(xy: Floats, a: int, b: int) -> bool:
    """Whether a ring runs counterclockwise."""
    twice = 0.0
    for v in range(a + 1, b - 2):
        twice += (xy[v, 0] - xy[a, 0]) * (xy[v + 1, 1] - xy[a, 1])
        twice -= (xy[v + 1, 0] - xy[a, 0]) * (xy[v, 1] - xy[a, 1])
    return twice > 0.0


@compiled
def _sums(counts: Ints) -> Ints:
    """Where each begins, if so many follow each other, and where the last one ends."""
    ends = np.zeros(len(counts) + 1, np.int64)
    for k in range(len(counts)):
        ends[k + 1] = ends[k] + counts[k]
    return ends


@compiled
def _judged(area: float, slack: float, thin: float, smaller: float) -> float:
    """What cannot be told from nothing is nothing, and what cannot from the whole is the whole."""
    if slack > DOUBT * smaller:
        return np.nan
    slack = max(slack, min(thin, DOUBT * smaller))
    if area <= slack:
        return 0.0
    return smaller if area >= smaller - slack else area


@compiled
def _gather(
    edge: Floats, held: tuple[int, int], origin: Span, span: Span, band: Span, out: Floats
) -> tuple[int, float]:
    """Edges within a span of x as left, right, height, slope, sign; and the greatest height."""
    x, y = origin
    left, right = span[0] - x, span[1] - x
    low, high = band[0] - y, band[1] - y
    n = 0
    most = 0.0
    for k in range(held[0], held[1]):
        # close to the origin, differences of coordinates are exact
        x1, y1, x2, y2 = edge[k, 0] - x, edge[k, 1] - y, edge[k, 2] - x, edge[k, 3] - y
        sign = 1.0
        if x1 > x2:
            x1, y1, x2, y2 = x2, y2, x1, y1
            sign = -1.0
        a, b = max(x1, left), min(x2, right)
        # under the other polygon there is nothing in common with it
        if a >= b or max(y1, y2) <= low:
            continue
        # above the other polygon, one height is as good as another
        if min(y1, y2) >= high:
            y1 = y2 = high
        most = max(most, abs(y1), abs(y2))
        slope = (y2 - y1) / (x2 - x1)
        out[n, 0], out[n, 1], out[n, 2] = a, b, y1 + (a - x1) * slope
        out[n, 3], out[n, 4] = slope, sign
        n += 1
    return n, most


@compiled
def _under(ours: Floats, n: int, theirs: Floats, m: int) -> tuple[float, float]:
    """Signed area under both of each two edges, summed; and the sum of their widths."""
    twice = width = 0.0
    for i in range(n):
        part = 0.0
        for j in range(m):
            left, right = max(ours[i, 0], theirs[j, 0]), min(ours[i, 1], theirs[j, 1])
            wide = right - left
            if wide > 0.0:
                y1 = ours[i, 2] + (left - ours[i, 0]) * ours[i, 3]
                z1 = theirs[j, 2] + (left - theirs[j, 0]) * theirs[j, 3]
                y2, z2 = y1 + wide * ours[i, 3], z1 + wide * theirs[j, 3]
                part += theirs[j, 4] * wide * _lower(y1, y2, z1, z2)
                width += wide
        twice += ours[i, 4] * part
    return 0.5 * twice, width


@compiled
def _lower(y1: float, y2: float, z1: float, z2: float) -> float:
    """Twice the mean height of the lower of two edges, from y1 to y2 and from z1 to z2."""
    d1, d2 = y1 - z1, y2 - z2
    if d1 <= 0.0 and d2 <= 0.0:
        return y1 + y2
    if d1 < 0.0:
        return z1 + z2 - d1 * d1 / (d2 - d1)
    if d2 < 0.0:
        return z1 + z2 - d2 * d2 / (d1 - d2)
    return z1 + z2


@compiled
def _side(number: int, ruler: Ruler) -> float:
    """Where a slab begins, which is where the one before it ends."""
    west, east, slabs = ruler
    return east if number == slabs else west + (east - west) * (number / slabs)


@compiled
def _slab(x: float, ruler: Ruler) -> int:
    """Number of the slab in which x lies, of two the right one."""
    west, east, slabs = ruler
    if slabs == 1:
        return 0
    number = min(slabs - 1, int((x - west) / (east - west) * slabs))
    while number > 0 and _side(number, ruler) > x:
        number -= 1
    while number < slabs - 1 and _side(number + 1, ruler) <= x:
        number += 1
    return number


@compiled
def _within(a: float, b: float, number: int, ruler: Ruler) -> Span:
    """What a slab cuts out of a span of x."""
    return max(a, _side(number, ruler)), min(b, _side(number + 1, ruler))


@compiled
def _reach(x1: float, x2: float, ruler: Ruler) -> tuple[int, int]:
    """First slab into which an edge reaches, and the one after the last; none if it is upright."""
    if x1 == x2:
        return 0, 0
    return _slab(min(x1, x2), ruler), _slab(max(x1, x2), ruler) + 1


@compiled
def _box(box: Floats, p: int) -> tuple[float, float, float, float]:
    return box[p, 0], box[p, 1], box[p, 2], box[p, 3]


@compiled
def _most(begin: Ints) -> int:
    """Edges of the fullest slab."""
    most = 0
    for s in range(len(begin) - 1):
        most = max(most, begin[s + 1] - begin[s])
    return most
