"""Block lines as the definition draws them, read off the drawing with plain geometry.

Rows are lots of industry; what faces a row across a street is found by looking straight out of it
in short steps. The limits of the project lie well between the sizes that occur: a little more or
less of them changes nothing, which `tests/test_sample.py` holds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely import LineString, Point, Polygon

from sample_district.shut_in import FREE, TOLERANCE_M

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sample_district.district import District

WORKS = {"0601", "0508", "M0"}
BORDER_M = 0.3  # less is a corner
STEP_M = 2.0  # between two looks out of a lot
GLIMPSES = 2  # fewer looks that meet a lot are a corner of it

Links = dict[str, set[str]]


@dataclass(frozen=True)
class Limits:
    """Parameters of the delineation, as the project file of the sample has them."""

    corridor_m: float = 27.0
    seed_m2: float = 10_000.0
    least_m2: float = 50_000.0
    hole_m2: float = 7_700.0
    neck_m: float = 36.0
    share: float = 0.6


@dataclass(frozen=True)
class Outlines:
    """Members of each block, the lots taken in among them, and why works lie outside."""

    blocks: dict[str, tuple[str, ...]]
    area_m2: dict[str, float]
    taken: tuple[str, ...]
    outside: dict[str, str]


class Drawn:
    """Lots of the district by id, and which of them touch or face each other."""

    def __init__(self, district: District, limits: Limits) -> None:
        lots = sorted(district.parcels, key=lambda p: p.zddm)
        self.limits = limits
        self.shape = {p.zddm: p.polygon for p in lots if p.lot.use not in FREE}
        self.works = {p.zddm for p in lots if p.lot.use in WORKS}
        self.ids = list(self.shape)
        self.tree = shapely.STRtree(list(self.shape.values()))
        self.beside = self._beside()
        self.facing = self._facing()

    def area(self, members: Iterable[str]) -> float:
        """Sum of lots, in square metres."""
        return sum(self.shape[i].area for i in sorted(members))

    def _beside(self) -> Links:
        found: Links = defaultdict(set)
        for i, shape in self.shape.items():
            for k in self.tree.query(shape, predicate="dwithin", distance=TOLERANCE_M):
                j = self.ids[k]
                if j != i:
                    strip = self.shape[j].buffer(TOLERANCE_M)
                    if shape.boundary.intersection(strip).length > BORDER_M:
                        found[i].add(j)
                        found[j].add(i)
        return found

    def _facing(self) -> Links:
        found: Links = defaultdict(set)
        for i, shape in self.shape.items():
            seen: dict[str, int] = defaultdict(int)
            for look in looks(shape, self.limits.corridor_m):
                met = [self.ids[k] for k in self.tree.query(look, predicate="intersects")]
                start = Point(look.coords[0])
                first = min(met, key=lambda j: (self.shape[j].distance(start), j), default=i)
                seen[first] += 1
            for j, count in seen.items():
                if j != i and j not in self.beside[i] and count >= GLIMPSES:
                    found[i].add(j)
                    found[j].add(i)
        return found

    def groups(self, members: Iterable[str], *, across: bool) -> list[list[str]]:
        """Members that hang together by borders, or across streets as well."""
        left, found = set(members), []
        for start in sorted(left):
            group, queue = [], [start] if start in left else []
            left.discard(start)
            while queue:
                i = queue.pop()
                group.append(i)
                more = self.beside[i] | (self.facing[i] if across else set())
                queue += sorted(more & left)
                left -= more
            if group:
                found.append(sorted(group))
        return found

    def closed(self, members: Iterable[str]) -> Polygon:
        """Lots with the streets between them, without the lots of others."""
        rows = set(members)
        half = self.limits.corridor_m / 2
        wide = [self.shape[i].buffer(half, join_style="mitre") for i in sorted(rows)]
        land = shapely.union_all(wide).buffer(-half, join_style="mitre")
        near = [self.ids[k] for k in self.tree.query(land)]
        others = shapely.union_all([self.shape[j] for j in sorted(near) if j not in rows])
        return max(shapely.get_parts(land.difference(others)), key=lambda p: p.area)

    def holes(self, members: Iterable[str]) -> list[tuple[float, list[str]]]:
        """Size and lots of every hole that has any, the smallest first."""
        rings = [Polygon(ring) for ring in self.closed(members).interiors]
        found = [
            (hole.area, [i for i, g in self.shape.items() if hole.contains(g.point_on_surface())])
            for hole in rings
        ]
        return sorted((area, inside) for area, inside in found if inside)

    def left(self, members: Iterable[str]) -> dict[str, float]:
        """Share of each lot that is left where the block is opened by the neck."""
        whole, half = self.closed(members), self.limits.neck_m / 2
        large = [r for r in whole.interiors if Polygon(r).area > self.limits.hole_m2]
        whole = Polygon(whole.exterior, large)
        core = whole.buffer(-half, join_style="mitre").buffer(half, join_style="mitre")
        return {i: core.intersection(self.shape[i]).area / self.shape[i].area for i in members}


def looks(shape: Polygon, reach_m: float) -> list[LineString]:
    """Straight lines out of a lot, every other metre of its outline."""
    ring = shapely.Polygon(shape.exterior).normalize().exterior  # clockwise
    found = []
    for (x0, y0), (x1, y1) in zip(ring.coords[:-1], ring.coords[1:], strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        count = int(length // STEP_M)
        out = (-(y1 - y0) / length, (x1 - x0) / length)
        for k in range(count):
            x, y = (a + (k + 0.5) / count * (b - a) for a, b in ((x0, x1), (y0, y1)))
            near, far = ((x + m * out[0], y + m * out[1]) for m in (1.2 * TOLERANCE_M, reach_m))
            found.append(LineString([near, far]))
    return found


def outlines(district: District, limits: Limits | None = None) -> Outlines:
    """Blocks of the district by the definition; ids by their smallest member."""
    limits = limits or Limits()
    drawn = Drawn(district, limits)
    blocks, taken, outside = [], [], {}
    for group in drawn.groups(drawn.works, across=True):
        patches = drawn.groups(group, across=False)
        if max(map(drawn.area, patches)) < limits.seed_m2:
            outside |= dict.fromkeys(group, "no_seed")
            continue
        more = _taken_in(drawn, group)
        members = _wide(drawn, [*group, *more])
        outside |= dict.fromkeys(set(group) - set(members), "narrow")
        if drawn.closed(members).area < limits.least_m2:
            outside |= dict.fromkeys(set(group) & set(members), "too_small")
            continue
        blocks.append(tuple(members))
        taken += more
    named = {f"B{n:02d}": members for n, members in enumerate(sorted(blocks), start=1)}
    sizes = {name: drawn.closed(members).area for name, members in named.items()}
    return Outlines(named, sizes, tuple(sorted(taken)), dict(sorted(outside.items())))


def _wide(drawn: Drawn, rows: list[str]) -> list[str]:
    """Lots that stay when narrow ones are dropped until none is left; nothing falls apart."""
    members = sorted(rows)
    while True:
        left = drawn.left(members)
        kept = [i for i in members if left[i] >= 0.5]  # noqa: PLR2004 - at least half
        if kept == members:
            return members
        members = kept


def _taken_in(drawn: Drawn, rows: list[str]) -> list[str]:
    """Lots of other use in holes that are small enough."""
    found: list[str] = []
    total = works = drawn.area(rows)
    for size, inside in drawn.holes(rows):
        total += drawn.area(inside)
        if size > drawn.limits.hole_m2 or works < drawn.limits.share * total:
            break
        found += inside
    return found
