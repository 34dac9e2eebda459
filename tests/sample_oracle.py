"""A plain second opinion on the sample district: shapely, loops and brute force, no gisland."""

from __future__ import annotations

import itertools
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from shapely.affinity import translate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TOLERANCE_M = 0.05
TRACE_M = 0.3  # shorter pieces of boundary inside a tolerance strip are corners, not borders
MIN_BORDER_M = 0.35
CORNER_M = 4.0  # within a metre of each other, corners are no longer
AREA_CAP_M2, CAP = 2000.0, 0.10
STRICT = 0.995
NEAR = {"one": 0.7, "value": 0.7, "all": 0.9}  # below the limits: what comes near is told too
EQUAL_M = 2 * TOLERANCE_M
BANK = "江城区土地储备中心"
NEVER = {"transport", "water"}
LISTED_USES = {"reserve", "green", "other"}
MIN_LOT = {"residential": 300.0}
MIN_WIDTH = {"residential": 10.0}
MIN_FRONT = {"residential": 4.0}
SMALL = {"min_lot", "min_width"}
WORKS = {"industrial"}
FORBIDDEN = {"二类城镇住宅用地"}


def closed_union(shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    """Union over hairline gaps."""
    wide = [g.buffer(TOLERANCE_M, join_style="mitre") for g in shapes]
    return shapely.union_all(wide).buffer(-TOLERANCE_M, join_style="mitre")


@dataclass(frozen=True)
class Pair:
    """A scrap and a site it touches."""

    scrap: str
    site: str
    border_m: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Enclosure:
    """What surrounds a patch: one other patch, several of one value, or all together.

    `longest` has for each value around the border of that patch of it with the longest.
    """

    level: str
    share: float
    value: str
    longest: dict[str, float]

    @property
    def kind(self) -> str:
        """Kind of an enclave."""
        if self.level != "one":
            return "jointly"
        return "strict" if self.share > STRICT else "nearly"

    def in_order(self, around: list[str]) -> bool:
        """Whether all values around are listed, the longest border first, equal ones as may be."""
        borders = [self.longest.get(v, 0.0) for v in around]
        falling = all(b <= a + EQUAL_M for a, b in itertools.pairwise(borders))
        return sorted(around) == sorted(self.longest) and falling


class Oracle:
    """The layers of a sample folder, and what follows from them."""

    def __init__(self, folder: Path) -> None:
        project = tomllib.loads((folder / "gisland.toml").read_text("utf-8"))
        classes = project["layers"]["parcels"]["classes"]
        frame = gpd.read_file(folder / "parcels.shp", encoding="GB18030").set_index("ZDDM")
        self.parcels = frame.sort_index()
        self.use = self.parcels["DLBM"].map(classes)
        self.shape = self.parcels.geometry.to_dict()
        self.area = {k: g.area for k, g in self.shape.items()}
        layers = ("sites", "zoning", "red_line", "block_lines", "buildings", "roads")
        layers += ("block_changes", "parks", "planning_units")
        self.layer = {n: gpd.read_file(folder / f"{n}.gpkg") for n in layers}

    @cached_property
    def border(self) -> dict[str, dict[str, float]]:
        """Border length by pair, both directions, in metres."""
        ids = list(self.shape)
        shapes = [self.shape[i] for i in ids]
        tree = shapely.STRtree(shapes)
        found: dict[str, dict[str, float]] = {i: {} for i in ids}
        left, right = tree.query(shapes, predicate="dwithin", distance=TOLERANCE_M)
        for a, b in zip(left, right, strict=True):
            if a != b:
                strip = shapes[b].buffer(TOLERANCE_M)
                line = shapely.line_merge(shapes[a].boundary.intersection(strip))
                pieces = [p.length for p in getattr(line, "geoms", [line])]
                found[ids[a]][ids[b]] = sum(p for p in pieces if p > TRACE_M)
        return found

    def around(self, i: str) -> dict[str, float]:
        """Border lengths above a trace."""
        return {j: m for j, m in self.border[i].items() if m > 0}

    def measures(self, i: str) -> dict[str, float]:
        """Area, width and frontage of a parcel by fragment test."""
        g = self.shape[i]
        others = sum(m for j, m in self.around(i).items() if self.use[j] != "transport")
        return {
            "min_lot": self.area[i],
            "min_width": 2 * shapely.maximum_inscribed_circle(g, tolerance=0.01).length,
            "min_frontage": g.length - others,
        }

    def limits(self, i: str) -> dict[str, float]:
        """Least area, width and frontage of a building lot by fragment test."""
        use = self.use[i]
        return {
            "min_lot": MIN_LOT.get(use, 1200.0),
            "min_width": MIN_WIDTH.get(use, 20.0),
            "min_frontage": MIN_FRONT.get(use, 6.0),
        }

    @cached_property
    def fragments(self) -> dict[str, set[str]]:
        """Failed tests of each parcel that fails one."""
        found = {}
        for i in self.shape:
            if self.use[i] not in NEVER:
                measured, least = self.measures(i), self.limits(i)
                failed = {k for k in least if measured[k] < least[k]}
                if failed:
                    found[i] = failed
        return found

    @cached_property
    def member(self) -> dict[str, str]:
        """Site of each parcel of which at least half is inside its polygon."""
        return {
            i: row.XMBH
            for row in self.layer["sites"].itertuples()
            for i, g in self.shape.items()
            if g.intersects(row.geometry)
            and g.intersection(row.geometry).area >= 0.5 * self.area[i]
        }

    @cached_property
    def site(self) -> dict[str, shapely.Geometry]:
        """Union of the parcels of each site."""
        groups: dict[str, list[str]] = defaultdict(list)
        for i, s in self.member.items():
            groups[s].append(i)
        return {s: closed_union(self.shape[i] for i in sorted(g)) for s, g in groups.items()}

    def site_area(self, s: str) -> float:
        """Sum of the areas of the parcels of a site."""
        return sum(self.area[i] for i, t in sorted(self.member.items()) if t == s)

    @cached_property
    def touched(self) -> dict[str, dict[str, float]]:
        """Border of each scrap with each site that it touches at all."""
        found: dict[str, dict[str, float]] = {}
        for i in self.shape:
            if i in self.member or self.use[i] in NEVER:
                continue
            near: dict[str, float] = defaultdict(float)
            for j, m in self.border[i].items():
                if j in self.member:
                    near[self.member[j]] += m
            small = self.area[i] < AREA_CAP_M2 or i in self.fragments
            if small and max(near.values(), default=0.0) >= 1.0:
                found[i] = dict(near)
        return found

    def shares(self, i: str) -> tuple[float, float, float]:
        """Shares of the boundary along sites, along nothing or roads or water, along others."""
        around, length = self.around(i), self.shape[i].length
        with_sites = sum(m for j, m in around.items() if j in self.member)
        with_others = sum(
            m for j, m in around.items() if j not in self.member and self.use[j] not in NEVER
        )
        return with_sites / length, 1 - (with_sites + with_others) / length, with_others / length

    def in_hull(self, i: str) -> float:
        """Largest share of a scrap inside the convex hull of one site."""
        hulls = (self.site[s].convex_hull for s in self.touched[i])
        return max(h.intersection(self.shape[i]).area for h in hulls) / self.area[i]

    def kind(self, i: str) -> str:
        """Kind of a scrap."""
        s, f, o = self.shares(i)
        filled = [shapely.Polygon(self.site[t].exterior) for t in self.touched[i]]
        if s >= 0.75 or any(p.contains(self.shape[i].representative_point()) for p in filled):
            return "sandwiched"
        if s >= 0.5 or self.in_hull(i) >= 0.5:
            return "interlocking"
        return "corner" if f > o else "adjacent"

    def zone(self, shape: shapely.Geometry) -> tuple[str, float]:
        """Planned use and greatest FAR of the planning zone that covers most of a shape."""
        zones = self.layer["zoning"]
        most = zones.loc[zones.geometry.intersection(shape).area.idxmax()]
        return most["planned_use"], most["far_max"]

    @cached_property
    def pairs(self) -> list[Pair]:
        """All pairs with their reasons of refusal."""
        red = shapely.union_all(self.layer["red_line"].geometry)
        return [
            Pair(i, s, m, tuple(sorted(self._reasons(i, s, m, red))))
            for i, near in sorted(self.touched.items())
            for s, m in sorted(near.items())
        ]

    def _reasons(self, i: str, s: str, border_m: float, red: shapely.Geometry) -> set[str]:
        inside = [j for j, t in self.member.items() if t == s]
        lots, area = self.parcels, self.area[i]
        use, far = self.zone(self.shape[i])
        failed = {
            "adjacent": border_m < 1.0,
            "share_cap": area > CAP * (area + self.site_area(s)),
            "area_cap": area >= AREA_CAP_M2,
            "not_developable": i not in self.fragments,
            "same_tenure": lots["QSXZ"][i] not in set(lots["QSXZ"][inside]),
            "same_owner": lots["QLRMC"][i] not in {BANK, *lots["QLRMC"][inside]},
            "same_use": self.use[i] not in LISTED_USES | set(self.use[inside]),
            "planned_use": use in FORBIDDEN,
            "exclusion": self.shape[i].intersection(red).area > 0.005,
            "far_not_above": far > self.zone(self.site[s])[1],
        }
        return {k for k, v in failed.items() if v}

    def plans(self, sites: Iterable[str]) -> list[tuple[float, float, dict[str, str]]]:
        """Every feasible plan of these sites, the best first: area, border, site by scrap."""
        wanted = set(sites)
        fits = [p for p in self.pairs if not p.reasons and p.site in wanted]
        choices: dict[str, list[Pair | None]] = defaultdict(lambda: [None])
        for p in fits:
            choices[p.scrap].append(p)
        found = []
        for combination in itertools.product(*choices.values()):
            taken = [p for p in combination if p]
            load: dict[str, float] = defaultdict(float)
            for p in taken:
                load[p.site] += self.area[p.scrap]
            if all(a <= CAP / (1 - CAP) * self.site_area(s) for s, a in load.items()):
                total = sum(self.area[p.scrap] for p in taken)
                along = sum(p.border_m for p in taken)
                found.append((total, along, {p.scrap: p.site for p in taken}))
        return sorted(found, key=lambda f: (-round(f[0], 2), -round(f[1], 2)))

    def components(self) -> list[set[str]]:
        """Sites that share scraps which both may take."""
        groups = [{s} for s in sorted(self.site)]
        both: dict[str, set[str]] = defaultdict(set)
        for p in self.pairs:
            if not p.reasons:
                both[p.scrap].add(p.site)
        for linked in both.values():
            joined = set().union(*(g for g in groups if g & linked))
            groups = [g for g in groups if not g & linked] + [joined]
        return groups

    def patches(self, column: str) -> list[set[str]]:
        """Edge-connected parcels with the same value; roads and water belong to none."""
        value = self.parcels[column]
        left = {i for i in self.shape if self.use[i] not in NEVER}
        found = []
        for start in sorted(left):
            if start not in left:
                continue
            left.discard(start)
            patch, queue = {start}, [start]
            while queue:
                i = queue.pop()
                more = {
                    j
                    for j, m in self.border[i].items()
                    if m > MIN_BORDER_M and j in left and value[j] == value[i]
                }
                left -= more
                patch |= more
                queue += sorted(more)
            found.append(patch)
        return found

    def enclaves(self, column: str) -> dict[frozenset[str], Enclosure]:
        """Every patch that others surround, or come near to it (``NEAR``).

        First one larger patch is asked, then the patches of each other value together, then all.
        """
        patches = self.patches(column)
        value = [self.parcels[column][min(p)] for p in patches]
        size = [sum(self.area[i] for i in sorted(p)) for p in patches]
        found = {}
        for n, patch in enumerate(patches):
            whole = shapely.Polygon(closed_union(self.shape[i] for i in sorted(patch)).exterior)
            along = self._along(patch, whole, patches)
            by_value: dict[str, list[int]] = defaultdict(list)
            for k in along:
                by_value[value[k]].append(k)
            for level, groups in {
                "one": [[k] for k in along],
                "value": [g for g in by_value.values() if len(g) > 1],
                "all": [list(along)] if len(along) > 1 else [],
            }.items():
                larger = [g for g in groups if sum(size[k] for k in g) > size[n]]
                around = max(larger, key=lambda g: sum(along[k] for k in g), default=[])
                share = sum(along[k] for k in around) / whole.length
                if share >= NEAR[level]:
                    longest: dict[str, float] = defaultdict(float)
                    for k in around:
                        longest[value[k]] = max(longest[value[k]], along[k])
                    found[frozenset(patch)] = Enclosure(level, share, value[n], dict(longest))
                    break
        return found

    def _along(
        self, patch: set[str], whole: shapely.Polygon, patches: list[set[str]]
    ) -> dict[int, float]:
        """Border of a patch with each other one that is not in its own holes."""
        of = {i: n for n, p in enumerate(patches) for i in p}
        along: dict[int, float] = defaultdict(float)
        for i in sorted(patch):
            for j, m in self.around(i).items():
                beside = j in of and j not in patch
                if beside and not whole.contains(self.shape[j].representative_point()):
                    along[of[j]] += m
        return along

    def scrap_groups(self) -> dict[frozenset[str], tuple[float, float, str]]:
        """Small parcels that hang together, a scrap among them: area, width and use of all."""
        small = {
            i
            for i in self.shape
            if i not in self.member
            and self.use[i] not in NEVER
            and (self.area[i] < AREA_CAP_M2 or SMALL & self.fragments.get(i, set()))
        }
        found = {}
        while small:
            group: set[str] = set()
            queue = [min(small)]
            while queue:
                i = queue.pop()
                group.add(i)
                small.discard(i)
                queue += [j for j, m in self.border[i].items() if m >= 1.0 and j in small]
            if len(group) > 1 and group & set(self.touched):
                whole = closed_union(self.shape[i] for i in sorted(group))
                width = 2 * shapely.maximum_inscribed_circle(whole, tolerance=0.01).length
                largest = max(sorted(group), key=self.area.__getitem__)
                area = sum(self.area[i] for i in sorted(group))
                found[frozenset(group)] = (area, width, self.use[largest])
        return found

    def works(self) -> set[str]:
        """Industrial and logistics land."""
        return set(self.use.index[self.use.isin({"industrial", "logistics"})])

    def reached(self, members: Iterable[str], reach_m: float) -> list[set[str]]:
        """Members that hang together by borders, and across streets up to so wide."""
        left, found = set(members), []
        while left:
            group, queue = set(), [min(left)]
            left.discard(queue[0])
            while queue:
                i = queue.pop()
                group.add(i)
                more = {j for j in left if self.border[i].get(j, 0.0) > 0}
                more |= {j for j in left - more if self.faces(i, j, reach_m)}
                left -= more
                queue += sorted(more)
            found.append(group)
        return found

    def faces(self, i: str, j: str, reach_m: float) -> bool:
        """Whether a parcel pushed over the street lies along another: not so at a crossing."""
        a, b = self.shape[i], self.shape[j]
        if not TOLERANCE_M < a.distance(b) <= reach_m:
            return False
        way = shapely.shortest_line(a, b)
        hit = self.tree.query(way, predicate="intersects")
        between = [k for k in self.parcels.index[hit] if self.use[k] not in NEVER]
        hidden = any(way.intersection(self.shape[k]).length > TRACE_M for k in between)
        (x0, y0), (x1, y1) = way.coords
        beside = translate(a, x1 - x0, y1 - y0).boundary.intersection(b.buffer(1.0))
        return not hidden and beside.length > CORNER_M

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the parcels."""
        return shapely.STRtree(list(self.parcels.geometry))

    def inside(self, line: shapely.Geometry) -> dict[str, float]:
        """Area of each parcel inside a polygon."""
        near = {i: g for i, g in self.shape.items() if g.intersects(line)}
        return {i: g.intersection(line).area for i, g in near.items()}

    def low_use(self) -> set[str]:
        """Works below the limits for FAR, coverage or tax, and all idle land."""
        built = self.layer["buildings"]
        tree = shapely.STRtree(built.geometry.to_numpy())
        found = set()
        for i, row in self.parcels.iterrows():
            works = self.use[i] in WORKS
            near = tree.query(row.geometry, predicate="intersects")
            footprint = shapely.intersection(built.geometry.to_numpy()[near], row.geometry)
            coverage = shapely.area(footprint).sum() / self.area[i]
            per_mu = row["SS"] * 10_000 / (self.area[i] * 15 / 10_000)
            poor = row["JRMJ"] / self.area[i] < 0.4 or coverage < 0.2 or per_mu < 30_000
            if row["GSZT"] == "闲置" or (works and poor):
                found.add(i)
        return found
