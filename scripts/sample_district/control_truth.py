"""What must be found about block lines, parks, conversions, units and the hierarchy."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sample_district import changes, surroundings
from sample_district.district import IDLE, LONE_LOW, MU_M2, District, Parcel
from sample_district.outlines import WORKS, Drawn, Limits, Outlines, outlines
from sample_district.shut_in import FREE
from sample_district.texts import INDUSTRY_FLOOR, M0_CAP_M2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely import Polygon

Fact = tuple[str, str, str, str, str]
CUT = 0.01
LEVEL_1_M2 = 200_000.0
NEW_TYPE, NEW_TYPE_USE = "M0", "新型产业用地"
PLANNED = {
    "二类工业用地": "to_industry",
    "一类物流仓储用地": "to_industry",
    "商业用地": "to_commercial",
    "二类城镇住宅用地": "to_residential",
}
PLANNED_CLASS = {"二类工业用地": "0601", "一类物流仓储用地": "0508"}
FAILS = (  # subject, topic, test: everything that does not hold, but for the years
    ("given:QK1-01", "block_lines", "m0_share_of_block"),
    ("given:QK1-02", "block_lines", "industrial_share"),
    ("adjusted:QK1-01", "block_lines", "m0_share_of_block"),
    ("adjusted:QK1-02", "block_lines", "industrial_share"),
    ("overall", "concentration", "park_share"),
    ("park:YQ-01", "parks", "built_share"),
    ("park:YQ-01", "parks", "to_build_share"),
)
HOLDS = (
    ("given:overall", "block_lines", "total_industrial_share"),
    ("given:overall", "block_lines", "m0_share"),
    ("adjusted:overall", "adjustment", "total_kept"),
    ("adjusted:overall", "adjustment", "layout_patches"),
    ("adjusted:overall", "adjustment", "layout_mesh"),
    ("adjusted:overall", "adjustment", "layout_compactness"),
    ("park:YQ-01", "parks", "built_share_lowest"),
    ("park:YQ-01", "parks", "to_build_share_highest"),
    ("park:YQ-02", "parks", "built_share"),
    ("park:YQ-02", "parks", "to_build_share"),
)


@dataclass(frozen=True)
class Conversion:
    """A lot of industry that turns to another use, or is renewed."""

    zddm: str
    year: str
    kind: str
    area_m2: float


class Facts:
    """All facts about one district."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.lots = sorted(district.parcels, key=lambda p: p.zddm)
        self.given = changes.lines_given(district)
        self.adjusted = changes.adjusted(district)

    @cached_property
    def proposed(self) -> Outlines:
        """Blocks by the definition."""
        return outlines(self.district)

    def rows(self) -> Iterator[Fact]:
        """Every fact: parcel, subject, case, field, expected."""
        yield from self._delineation()
        yield from self._checks()
        yield from self._adjustment()
        yield from self._conversions()
        yield from self._parks()
        yield from self._units()
        yield from self._hierarchy()
        for held, told in ((FAILS, "fail"), (HOLDS, "pass")):
            for subject, topic, test in held:
                yield "", subject, topic, f"control_verdicts.{topic}.{test}", told

    def _delineation(self) -> Iterator[Fact]:
        field, taken = "block_parcels.proposed", set(self.proposed.taken)
        for block, members in self.proposed.blocks.items():
            size, parks = self.proposed.area_m2[block] >= LEVEL_1_M2, self._in_parks(members) >= 1
            by = ";".join(n for n, held in (("size", size), ("parks", parks)) if held)
            yield "", block, "delineation", f"{field}.parcel_ids", ";".join(members)
            inner = ";".join(i for i in members if i in taken)
            yield "", block, "delineation_hole", f"{field}.taken_ids", inner
            yield "", block, "delineation", "block_candidates.level", "1" if by else "2"
            yield "", block, "delineation", "block_candidates.level_by", by
        for zddm, reason in self.proposed.outside.items():
            yield zddm, "", f"delineation_{reason}", f"{field}.reason", reason

    def _in_parks(self, members: Iterable[str]) -> float:
        """Industry in parks by the least that counts, which is half."""
        parks, wanted = changes.parks(self.district), set(members)
        own = [p for p in self.lots if p.zddm in wanted and p.lot.use in WORKS]
        inside = sum(p.polygon.intersection(k["geometry"]).area for p in own for k in parks)
        return inside / sum(p.polygon.area for p in own) / 0.5

    def _checks(self) -> Iterator[Fact]:
        for lines, shapes in (("given", self.given), ("adjusted", self.adjusted)):
            field, ends = f"block_parcels.{lines}", list(shapes.values())
            for block, shape in shapes.items():
                cut = [p for p in self.lots if CUT < _share(p, shape) < 1 - CUT]
                yield "", block, "block_line", f"{field}.cut_ids", _ids(cut)
            works = [p for p in self.lots if p.lot.use in WORKS]
            out = [p for p in works if sum(_share(p, s) for s in ends) < 1 - CUT]
            yield "", "", "industry_outside", f"{field}.outside_ids", _ids(out)

    def _adjustment(self) -> Iterator[Fact]:
        before, after = self.given, self.adjusted
        effect = {
            "TZ-01": (changes.GROWN, after[changes.GROWN].area - before[changes.GROWN].area, ""),
            "TZ-02": (changes.SHRUNK, before[changes.SHRUNK].area - after[changes.SHRUNK].area, ""),
            "TZ-03": (changes.KEPT, 0.0, "already_in"),
        }
        for change, (block, area, reason) in effect.items():
            yield "", change, "block_change", "block_changes.block_id", block
            yield "", change, "block_change", "block_changes.effective_m2", f"{area:.1f}"
            yield "", change, "block_change", "block_changes.reason", reason
        for when, shapes in (("before", before), ("after", after)):
            for block in (*shapes, "overall"):
                own = list(shapes.values()) if block == "overall" else [shapes[block]]
                works = self._inside(own, WORKS)
                told = {
                    "area_m2": f"{sum(s.area for s in own):.1f}",
                    "industrial_m2": f"{works:.1f}",
                    "industrial_share": f"{works / self._inside(own, None):.5f}",
                }
                for name, number in told.items():
                    yield "", block, "block_balance", f"block_balance.{name}.{when}", number

    def _inside(self, shapes: list[Polygon], uses: set[str] | None) -> float:
        """Land of some uses, or of all but roads and water, in square metres."""
        own = [p for p in self.lots if (p.lot.use in uses if uses else p.lot.use not in FREE)]
        return sum(p.polygon.intersection(s).area for p in own for s in shapes)

    @cached_property
    def converted(self) -> list[Conversion]:
        """Industry inside the lines that changes its use, or is renewed."""
        zones = surroundings.zoning(self.district)
        found = []
        for p in self.lots:
            inside = sum(p.polygon.intersection(s).area for s in self.given.values())
            if p.lot.use not in WORKS or inside < CUT * p.polygon.area:
                continue
            zone = max(zones, key=lambda z: p.polygon.intersection(z["geometry"]).area)
            kind = self._kind(p, str(zone["planned_use"]))
            year = str(self.district.plan_years.get(p.zddm, "unknown"))
            if kind:
                found.append(Conversion(p.zddm, year, kind, inside))
        return found

    def _kind(self, p: Parcel, planned: str) -> str:
        plant = p.lot.plant
        in_site = bool(plant and (plant.site or "absorbed" in plant.pairs.values()))
        renewed = in_site or p.zddm in self.district.plan_years
        if planned == NEW_TYPE_USE:
            if p.lot.use != NEW_TYPE:
                return "to_m0"
            return "to_industry" if renewed else ""
        now = "0601" if p.lot.use == NEW_TYPE else p.lot.use
        same = PLANNED_CLASS.get(planned) == now
        return "" if same and not renewed else PLANNED.get(planned, "to_other")

    def _conversions(self) -> Iterator[Fact]:
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for c in self.converted:
            yield c.zddm, "", c.kind, "conversions.kind", c.kind
            sums[c.year, c.kind] += c.area_m2
        for (year, kind), area in sums.items():
            subject = f"{year}/{kind}"
            yield "", subject, "conversions", "conversion_totals.area_m2", f"{area:.2f}"
        for year in sorted({year for year, _ in sums}):
            total = sum(area for (y, _), area in sums.items() if y == year)
            cap = sums[year, "to_m0"] <= M0_CAP_M2
            floor = sums[year, "to_industry"] >= INDUSTRY_FLOOR * total
            for test, held in (("m0_cap", cap), ("industry_floor", floor)):
                field = f"control_verdicts.conversions.{test}"
                yield "", f"year:{year}", "conversions", field, "pass" if held else "fail"

    def _parks(self) -> Iterator[Fact]:
        for park in changes.parks(self.district):
            name = str(park["YQBH"])
            shape: Polygon = park["geometry"]  # type: ignore[assignment]
            own = [(p, p.polygon.intersection(shape).area) for p in self.lots]
            ready = sum(a for p, a in own if p.lot.use not in FREE)
            built = sum(a for p, a in own if p.lot.use not in {*FREE, "1201"})
            given = changes.PARK_MU.get(name)
            if given:
                ready, built = (mu * MU_M2 for mu in given)
            told = {
                "developable_m2": f"{ready:.2f}",
                "built_share": f"{built / ready:.6f}",
                "to_build_share": f"{1 - built / ready:.6f}",
                "developable_from": "column" if given else "parcels",
            }
            for column, value in told.items():
                yield "", name, "park", f"parks.{column}", value

    def _units(self) -> Iterator[Fact]:
        """The two halves of the zone that are most nearly equal, of all that hang together."""
        zone = [p for p in self.lots if p.lot.state == IDLE and p.lot.key != LONE_LOW]
        area = {p.zddm: p.polygon.area for p in zone}
        drawn = Drawn(self.district, Limits())
        halves = []
        for count in range(1, len(area)):
            for one in itertools.combinations(sorted(area), count):
                other = sorted(set(area) - set(one))
                if all(len(drawn.groups(half, across=True)) == 1 for half in (one, other)):
                    halves.append((abs(2 * drawn.area(one) - sum(area.values())), one, other))
        _, *best = min(halves)
        for half in best:
            for zddm in half:
                yield zddm, "", "zone_unit", "zone_units.parcel_ids", ";".join(half)

    def _hierarchy(self) -> Iterator[Fact]:
        """Unit of every project by its parcels, and whether all of it lies there."""
        units = surroundings.planning_units(self.district)
        members: dict[str, list[Parcel]] = defaultdict(list)
        for p in self.lots:
            if p.lot.plant:
                taken = [s for s, told in p.lot.plant.pairs.items() if told == "absorbed"]
                for site in [p.lot.plant.site, *taken]:
                    members[site].append(p)
        members.pop("", None)
        for site, own in sorted(members.items()):
            held: dict[str, float] = defaultdict(float)
            for p in own:
                unit = max(units, key=lambda u: p.polygon.intersection(u["geometry"]).area)
                held[str(unit["DYBH"])] += p.polygon.area
            parent = max(held, key=held.__getitem__)
            share = held[parent] / sum(held.values())
            field, told = "hierarchy.project", "pass" if len(held) == 1 else "fail"
            yield "", site, "hierarchy", f"{field}.parent_id", parent
            yield "", site, "hierarchy", f"{field}.inside_share", f"{share:.6f}"
            yield "", site, "hierarchy", f"{field}.outcome", told


def _share(parcel: Parcel, shape: Polygon) -> float:
    return float(parcel.polygon.intersection(shape).area / parcel.polygon.area)


def _ids(parcels: Iterable[Parcel]) -> str:
    return ";".join(sorted(p.zddm for p in parcels))
