"""Compiled loops that find where boundary segments run beside each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gisland.topology.compiled import compiled
from gisland.topology.segment_loops import add_up, grid_side, octant_side, slot_of

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats, Ints, Positions

    Line = tuple[float, float, float, float]

EXACT_M = 1e-6  # boundaries closer than this coincide; above it only the tolerance joins them
STEEP = math.sqrt(0.5)  # cosine of 45 degrees; segments at a larger angle do not run along
TAN = math.sqrt(2.0) - 1  # tangent of 22.5 degrees
STEEPEST = 0.05  # two sides that part faster, and beyond the reach, leave a corner
SMALL = 32  # ends of runs; smaller gaps are halved
WIDTH = 8  # columns of a stretch, see `stretches`
LEAST_M = 1e-12  # shorter stretches are rounding


@compiled
def crossed_slots(
    lines: Floats,
    cell_m: float,
    by_octant: bool,
    many: Positions,
    slots: Positions,
    k_from: int,
    k_to: int,
) -> Positions:
    """Slots of the cells that segments `k_from` to `k_to` cross, one after the other.

    If `by_octant`, each cell has eight slots, for the directions of segments. The result starts
    in `slots`; `many` is filled with how many cells each segment crosses.
    """
    side = octant_side(len(lines)) if by_octant else grid_side(2 * len(lines))
    here, count = np.empty(64, np.int32), 0
    for k in range(k_from, k_to):
        here, crossed = _crossed(_line(lines, k), 0.0, cell_m, side, here)
        if count + crossed > len(slots):
            slots = np.concatenate((slots, np.empty(len(slots) + crossed, np.int32)))
        for n in range(crossed):
            slots[count + n] = here[n]
            if by_octant:
                slots[count + n] = 8 * here[n] + _octant(lines, k)
        many[k] = crossed
        count += crossed
    return slots[:count]


@compiled
def _octant(lines: Floats, k: int) -> int:
    """Direction of a segment: 0 about east, 1 north-east, and so on, each 45 degrees wide."""
    x, y = lines[k, 2] - lines[k, 0], lines[k, 3] - lines[k, 1]
    if abs(y) <= TAN * abs(x):
        return 0 if x > 0 else 4
    if abs(x) <= TAN * abs(y):
        return 2 if y > 0 else 6
    if x > 0:
        return 1 if y > 0 else 7
    return 3 if y > 0 else 5


@compiled
def fill_grid(slots: Positions, many: Positions, first: Positions, member: Positions) -> None:
    """Order segments by the cells that they cross.

    Fills the first member of each slot, with the total behind the last, and the members.
    """
    first[:] = 0
    for slot in slots:
        first[slot] += 1
    add_up(first)
    n = len(slots)
    for k in range(len(many) - 1, -1, -1):  # each slot from its end, so that members ascend
        for _ in range(many[k]):
            n -= 1
            first[slots[n]] -= 1
            member[first[slots[n]]] = k


@compiled
def _crossed(
    line: Line, reach_m: float, cell_m: float, side: int, slots: Positions
) -> tuple[Positions, int]:
    """Slots of the cells within reach of a line, column by column; `slots` grows at need."""
    x0, y0, x1, y1 = line
    if x0 > x1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    low, high = min(y0, y1), max(y0, y1)
    slope = (y1 - y0) / (x1 - x0) if x1 - x0 > cell_m else 0.0
    count = 0
    for i in range(math.floor((x0 - reach_m) / cell_m), math.floor((x1 + reach_m) / cell_m) + 1):
        bottom, top = low, high
        if slope != 0.0:
            one = y0 + slope * (max(i * cell_m - reach_m, x0) - x0)
            two = y0 + slope * (min((i + 1) * cell_m + reach_m, x1) - x0)
            bottom, top = max(min(one, two), low), min(max(one, two), high)
        # rounding of the line through long cells must not lose a cell
        margin = reach_m + 1e-6 * cell_m
        for j in range(
            math.floor((bottom - margin) / cell_m), math.floor((top + margin) / cell_m) + 1
        ):
            if count == len(slots):
                slots = np.concatenate((slots, np.empty_like(slots)))
            slots[count] = slot_of(i, j, side)
            count += 1
    return slots, count


@compiled
def stretches(
    lines: Floats,
    owner: Positions,
    first: Positions,
    member: Positions,
    cell_m: float,
    left_m: float,
    right_m: float,
    opaque: bool,
    found: Floats,
    seen: Positions,
    candidate: Positions,
    k_from: int,
    k_to: int,
) -> Floats:
    """Where segments `k_from` to `k_to` run beside their nearest opposite ones.

    A neighbor is looked for up to `left_m` on the left (inside) and `right_m` on the right.
    If `opaque`, whatever faces a segment blocks the sight, slanted segments too, and on the
    right those of the own polygon. Rows of the result, which starts in `found`: segment, owner of
    the neighbor (-1 minus it if it only blocks the sight), start and end in metres along the
    segment, length more than 1e-6 m apart, area between the two, largest distance, distance at the
    start. `seen` has -1 for each segment, `candidate` room for as many.
    """
    slots = np.empty(64, np.int32)
    count: Any = np.int64(0)  # a bare 0 is a type of its own, for which callees are compiled anew
    runs, ends, active = np.empty((16, 5)), np.empty(32, np.int64), np.empty(16, np.int64)
    side = octant_side(len(owner))
    cos, turn = (0.0, 2) if opaque else (STEEP, 1)  # octants on either side of the opposite one
    for k in range(k_from, k_to):
        line, reach_m = _strip(_line(lines, k), left_m, right_m)
        slots, crossed = _crossed(line, reach_m, cell_m, side, slots)
        near = 0
        toward = _octant(lines, k) + 4
        for n in range(crossed * (2 * turn + 1)):
            slot = 8 * slots[n // (2 * turn + 1)] + ((toward + n % (2 * turn + 1) - turn) & 7)
            for at in range(first[slot], first[slot + 1]):
                other = member[at]
                if seen[other] == k or (owner[other] == owner[k] and not opaque):
                    continue
                seen[other] = k
                if _meets(line, reach_m, _line(lines, other)) and _faces(lines, k, other, cos):
                    candidate[near] = other
                    near += 1
        if near > len(runs):
            runs, ends = np.empty((2 * near, 5)), np.empty(4 * near, np.int64)
            active = np.empty(2 * near, np.int64)
        many = _runs(lines, owner, k, candidate[:near], left_m, right_m, opaque, runs)
        if many > 0:
            _sort(ends, runs, many)
            found, count = _nearest(k, runs, ends, active, many, found, count, opaque)
    return found[:count]


@compiled
def _line(lines: Floats, k: int) -> Line:
    return lines[k, 0], lines[k, 1], lines[k, 2], lines[k, 3]


@compiled
def _strip(line: Line, left_m: float, right_m: float) -> tuple[Line, float]:
    """Middle line and half width of the strip beside a segment."""
    ax, ay, bx, by = line
    vx, vy = bx - ax, by - ay
    aside = (right_m - left_m) / 2 / math.sqrt(vx * vx + vy * vy)
    sx, sy = aside * vy, -aside * vx
    return (ax + sx, ay + sy, bx + sx, by + sy), (right_m + left_m) / 2


@compiled
def _meets(line: Line, reach_m: float, other: Line) -> bool:
    """Whether the box of a segment comes within reach of that of a line."""
    ax, ay, bx, by = line
    cx, cy, dx, dy = other
    reach_m += EXACT_M  # for the rounding of the line
    return (
        max(cx, dx) >= min(ax, bx) - reach_m
        and min(cx, dx) <= max(ax, bx) + reach_m
        and max(cy, dy) >= min(ay, by) - reach_m
        and min(cy, dy) <= max(ay, by) + reach_m
    )


@compiled
def _faces(lines: Floats, k: int, other: int, cos: float) -> bool:
    """Whether two segments run opposite ways, at an angle of at least that cosine."""
    ux, uy = lines[k, 2] - lines[k, 0], lines[k, 3] - lines[k, 1]
    vx, vy = lines[other, 2] - lines[other, 0], lines[other, 3] - lines[other, 1]
    along = ux * vx + uy * vy
    return along <= -cos * math.sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy))


@compiled
def _runs(
    lines: Floats,
    owner: Positions,
    k: int,
    candidate: Positions,
    left_m: float,
    right_m: float,
    opaque: bool,
    runs: Floats,
) -> int:
    """Project each candidate on segment k and clip it to its ends and the reach.

    Rows of `runs`: start, end, signed distances there (positive on the left), owner of the
    candidate, or -1 minus it if it only blocks the sight. Returns how many there are.
    """
    ax, ay, bx, by = _line(lines, k)
    vx, vy = bx - ax, by - ay
    length = math.sqrt(vx * vx + vy * vy)
    ux, uy = vx / length, vy / length
    many = 0
    for other in candidate:
        # it runs the opposite way: its end comes first along segment k
        ox, oy = lines[other, 2] - ax, lines[other, 3] - ay
        low, at_low = ox * ux + oy * uy, oy * ux - ox * uy
        ox, oy = lines[other, 0] - ax, lines[other, 1] - ay
        high, at_high = ox * ux + oy * uy, oy * ux - ox * uy
        a, b = max(low, 0.0), min(high, length)
        if not b > a:
            continue
        slope = (at_high - at_low) / (high - low)
        at_a = at_low + slope * (a - low)
        own = owner[other] == owner[k]
        near, far = _within(at_a, slope, b - a, -right_m, 0.0 if own else left_m)
        if not far - near > LEAST_M:
            continue
        if not opaque and abs(slope) > STEEPEST and (near > 0 or far < b - a):
            continue
        runs[many, 0], runs[many, 1] = a + near, a + far
        runs[many, 2], runs[many, 3] = at_a + slope * near, at_a + slope * far
        runs[many, 4] = owner[other]
        if own or not _faces(lines, k, other, STEEP):
            runs[many, 4] = -1 - owner[other]
        many += 1
    return many


@compiled
def _within(
    at: float, slope: float, length: float, lowest: float, highest: float
) -> tuple[float, float]:
    """Part of a line of some length where its height stays between two; may be empty."""
    if slope == 0.0:
        return (0.0, length) if lowest <= at <= highest else (0.0, 0.0)
    one, two = (lowest - at) / slope, (highest - at) / slope
    near = min(max(min(one, two), 0.0), length)
    return near, min(max(one, two, near), length)


@compiled
def _sort(ends: Ints, runs: Floats, many: int) -> None:
    """Order both ends of all runs along the segment; end e is of run e // 2, odd ones close it."""
    count = 2 * many
    for e in range(count):
        ends[e] = e
    gap = count // 2
    while gap > 0:  # Shell's method: few ends as a rule, and compiled in a moment
        for n in range(gap, count):
            e, at = ends[n], n
            while at >= gap and _is_after(runs, ends[at - gap], e):
                ends[at] = ends[at - gap]
                at -= gap
            ends[at] = e
        gap = gap // 2 if gap < SMALL else gap * 4 // 9


@compiled
def _is_after(runs: Floats, one: int, other: int) -> bool:
    a, b = runs[one // 2, one % 2], runs[other // 2, other % 2]
    return a > b or (a == b and one > other)


@compiled
def _nearest(
    k: int,
    runs: Floats,
    ends: Ints,
    active: Ints,
    many: int,
    found: Floats,
    count: int,
    opaque: bool,
) -> tuple[Floats, int]:
    """Sweep along segment k; on each piece between two ends only the nearest runs count."""
    going: Any = np.int64(0)
    for n in range(2 * many - 1):
        run = ends[n] // 2
        if ends[n] % 2 == 0:
            active[going] = run
            going += 1
        else:
            going = _without(active, going, run)
        a, b = runs[run, ends[n] % 2], runs[ends[n + 1] // 2, ends[n + 1] % 2]
        if not b > a:
            continue
        low = a
        while low < b:
            high = _until(runs, active, going, low, b) if opaque else b
            least = np.inf
            for m in range(going):
                least = min(least, _distance(runs, active[m], (low + high) / 2))
            if count + going > len(found):
                found = np.concatenate((found, np.empty((len(found) + going, WIDTH))))
            here = count
            for m in range(going):
                run = active[m]
                if _distance(runs, run, (low + high) / 2) <= least + EXACT_M:
                    count = _write(k, runs, run, low, high, found, here, count)
            low = high
    return found, count


@compiled
def _until(runs: Floats, active: Ints, going: int, low: float, high: float) -> float:
    """Up to where from `low`, and not beyond `high`, the same run stays the nearest."""
    while going > 1:
        middle, best = (low + high) / 2, active[0]
        for m in range(1, going):
            if _distance(runs, active[m], middle) < _distance(runs, best, middle):
                best = active[m]
        cut = high
        for m in range(going):
            nearer = _distance(runs, active[m], middle) - _distance(runs, best, middle)
            for end in (low, high):
                farther = _distance(runs, best, end) - _distance(runs, active[m], end)
                if farther > EXACT_M:
                    cut = min(cut, middle + nearer / (nearer + farther) * (end - middle))
        if not low < cut < high:
            break
        high = cut
    return high


@compiled
def _without(active: Ints, going: int, run: int) -> int:
    """Take a run out of those under way, which keep their order."""
    kept = 0
    for m in range(going):
        if active[m] != run:
            active[kept] = active[m]
            kept += 1
    return kept


@compiled
def _distance(runs: Floats, run: int, at: float) -> float:
    low, high = runs[run, 0], runs[run, 1]
    return abs(runs[run, 2] + (at - low) / (high - low) * (runs[run, 3] - runs[run, 2]))


@compiled
def _write(
    k: int, runs: Floats, run: int, a: float, b: float, found: Floats, here: int, count: int
) -> int:
    """Write a stretch, unless the same neighbor has one on this piece, from row `here` on."""
    for row in range(here, count):
        if found[row, 1] == runs[run, 4]:
            return count
    slope = (runs[run, 3] - runs[run, 2]) / (runs[run, 1] - runs[run, 0])
    at_a = runs[run, 2] + slope * (a - runs[run, 0])
    at_b = at_a + slope * (b - a)
    near, far = _within(at_a, slope, b - a, -EXACT_M, EXACT_M)
    between = (abs(at_a) + abs(at_b)) / 2
    if at_a * at_b < 0:  # the lines cross
        between = (at_a * at_a + at_b * at_b) / (2 * abs(at_b - at_a))
    found[count, 0], found[count, 1] = k, runs[run, 4]
    found[count, 2], found[count, 3] = a, b
    found[count, 4] = (b - a) - (far - near)
    found[count, 5] = between * (b - a)
    found[count, 6], found[count, 7] = max(abs(at_a), abs(at_b)), abs(at_a)
    return count + 1
