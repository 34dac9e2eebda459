"""The whole district: every parcel with its attributes, and the other layers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from shapely import LineString, Polygon

from sample_district.buildings import VACANT_USES, Building, buildings_on
from sample_district.geometry import between, rounded, unit
from sample_district.lots import Lot, lots_of, nudge
from sample_district.names import GOVERNMENT, company, villager
from sample_district.plants import BANK, STATE
from sample_district.streets import AVENUE, CANAL, Block, blocks, railway, strip

COUNTY = "420190"
MU_M2 = 10_000 / 15
IDLE = "闲置"
LOW_BLOCKS = {(1, 4): (3, 2, 3), (2, 4): (0, 1, 3)}  # side of the block (two corners), lots
LONE_LOW = (4, 0)
NEW_TYPE = slice(1, 9)  # lots of M0 in the south-western cell
PLAN_YEARS: dict[tuple[int, int], dict[int, int]] = {  # of lots in the renewal plan, by cell
    (0, 0): {2: 2027},
    (0, 1): {1: 2026, 2: 2026},
    (0, 2): {3: 2026},
    (0, 3): {2: 2026, 7: 2027, 9: 2027},
    (1, 2): {6: 2027},
}
WRONGLY_RECORDED = {(2, 5): 1.12, (3, 5): 0.91}
STRADDLED = ((2, 0), (4, 5), (2, 3))
EARNING = ("0601", "0508", "M0", "05H1")
UNCOUNTED = ("08H1", "08H2", "0809")
GREEN_SHARE = dict.fromkeys(VACANT_USES, (0.0, 0.0)) | {"0810": (0.75, 0.9)}
GREEN_SHARE |= dict.fromkeys(("0701", "0702"), (0.22, 0.4))


@dataclass(frozen=True)
class Parcel:
    """A finished parcel."""

    zddm: str
    lot: Lot
    owner: str
    recorded_mu: float
    floor_m2: float
    counted_m2: float
    green_m2: float
    tax_wan: float
    output_wan: float
    jobs: float | None

    @property
    def polygon(self) -> Polygon:
        """Drawn outline."""
        return self.lot.polygon


class District:
    """All of the sample district, made once."""

    def __init__(self) -> None:
        self.blocks: list[Block] = blocks()
        lots = nudge(_low_use(self.blocks, [t for b in self.blocks for t in lots_of(b)]))
        lots = [replace(t, polygon=rounded(t.polygon)) for t in [*lots, *self._corridors()]]
        self.parcels: list[Parcel] = []
        self.buildings: list[Building] = []
        self._finish(lots)

    def _corridors(self) -> list[Lot]:
        found = [
            Lot((AVENUE, c[0]), 9, strip(self.blocks, line=AVENUE, columns=c), "1004", STATE)
            for c in ((0, 1), (2, 3), (4, 5))
        ]
        found += [
            Lot((CANAL, c[0]), 9, strip(self.blocks, line=CANAL, columns=c), "1107", STATE)
            for c in ((0, 2), (3, 5))
        ]
        return [*found, Lot((6, 4), 9, railway(), "1001", STATE)]

    def _finish(self, lots: list[Lot]) -> None:
        owners, across = _owners(lots), _straddling(lots)
        self.buildings += across
        serial: Counter[tuple[int, int]] = Counter()
        for n, lot in enumerate(lots):
            serial[lot.key] += 1
            mark = "GB" if lot.tenure == STATE else "JB"
            area, quarter = f"{lot.key[0] + 1:03d}", f"{lot.key[1] + 1:03d}"
            zddm = f"{COUNTY}{area}{quarter}{mark}{serial[lot.key]:05d}"
            built = buildings_on(lot, n)
            self.buildings += built
            self.parcels.append(
                Parcel(
                    zddm=zddm,
                    lot=lot,
                    owner=owners[n],
                    recorded_mu=_recorded(lot, n, serial[lot.key]),
                    floor_m2=_floor_m2(lot, [*built, *across], counted=False),
                    counted_m2=_floor_m2(lot, [*built, *across], counted=True),
                    green_m2=_green_m2(lot, n),
                    tax_wan=_tax(lot, n),
                    output_wan=_output(lot, n),
                    jobs=_jobs(lot, n),
                )
            )

    @cached_property
    def plan_years(self) -> dict[str, int]:
        """Year of the renewal plan by parcel id, of the few lots that have one."""
        found = {}
        for key, years in PLAN_YEARS.items():
            own = self.fillers(key)
            found |= {own[n].zddm: year for n, year in years.items()}
        return found

    @cached_property
    def by_name(self) -> dict[str, Parcel]:
        """Planted parcels by their names."""
        return {p.lot.name: p for p in self.parcels if p.lot.name}

    def fillers(self, key: tuple[int, int]) -> list[Parcel]:
        """Lots of a cell that were not planted, in the order they were cut."""
        return [p for p in self.parcels if p.lot.key == key and not p.lot.plant]

    def land(self, key: tuple[int, int], lots: tuple[int, ...]) -> Polygon:
        """Some of these lots as one polygon."""
        own = self.fillers(key)
        wide = [own[n].polygon.buffer(0.05, join_style="mitre") for n in lots]
        return shapely.union_all(wide).buffer(-0.05, join_style="mitre")

    def block(self, row: int, column: int) -> Block:
        """First block of a cell."""
        return next(b for b in self.blocks if b.key == (row, column))


def _low_use(found: list[Block], lots: list[Lot]) -> list[Lot]:
    """Mark idle factories along both sides of one street, and a lone one elsewhere."""
    changed = list(lots)
    for key, (start, end, count) in LOW_BLOCKS.items():
        block = next(b for b in found if b.key == key)
        side = LineString([block.quad[start], block.quad[end]])
        along = [
            (side.project(t.polygon.centroid), n)
            for n, t in enumerate(lots)
            if t.key == key and t.polygon.distance(side) < 0.1  # noqa: PLR2004
        ]
        for _, n in sorted(along)[:count]:
            changed[n] = replace(lots[n], state=IDLE, use="0601")
    lone = next(n for n, t in enumerate(lots) if t.key == LONE_LOW)
    changed[lone] = replace(lots[lone], state=IDLE, use="0601")
    new_type = [n for n, t in enumerate(lots) if t.key == (0, 0)][NEW_TYPE]
    for n in new_type:
        changed[n] = replace(lots[n], use="M0")
    return changed


def _owners(lots: list[Lot]) -> list[str]:
    """Owner of every lot; a few companies hold a second lot in another row of blocks."""
    by_key: dict[str, str] = {BANK: BANK}
    found: list[str] = []
    firms = villagers = 0
    for n, lot in enumerate(lots):
        if lot.use in {"1001", "1004", "1107"}:
            found.append(GOVERNMENT)
        elif lot.owner in by_key:
            found.append(by_key[lot.owner])
        elif lot.use == "0702":
            found.append(villager(villagers))
            villagers += 1
        elif not lot.owner and unit("second lot", n) < 0.05 and lot.key[0] >= 3:  # noqa: PLR2004
            back = next(k for k in range(n % 40 + 3, n) if lots[k].key[0] == lot.key[0] - 3)
            found.append(found[back])
        else:
            found.append(company(firms))
            firms += 1
        if lot.owner:
            by_key[lot.owner] = found[-1]
    return found


def _straddling(lots: list[Lot]) -> list[Building]:
    """Sheds that stand on the line between two lots."""
    found = []
    for key in STRADDLED:
        own = [t for t in lots if t.key == key and not t.plant]
        left = own[0]
        strips = [(left.polygon.boundary & t.polygon.buffer(0.05), t) for t in own[1:]]
        line = max((s for s, _ in strips), key=lambda s: s.length)
        middle = line.interpolate(0.5, normalized=True)
        wall = line.intersection(middle.buffer(11.0))
        found.append(Building(rounded(wall.buffer(4.0, cap_style="flat")), 1, 4.8))
    return found


def _floor_m2(lot: Lot, near: list[Building], *, counted: bool) -> float:
    """Floor area on a lot: of a building across a boundary, the part that stands on it."""
    total = 0.0
    for b in near:
        floor = b.counted_m2 if counted else b.floor_m2
        total += floor * lot.polygon.intersection(b.polygon).area / b.polygon.area
    return round(total, 1)


def _recorded(lot: Lot, n: int, serial: int) -> float:
    """Area in mu as it stands in the register: near the drawn one, except where planted."""
    wrong = WRONGLY_RECORDED.get(lot.key, 1.0) if serial == 1 else 1.0
    return round(lot.polygon.area / MU_M2 * wrong * between(0.998, 1.002, "recorded", n), 4)


def _tax(lot: Lot, n: int) -> float:
    """Tax of the year in 10 000 yuan, of works and shops; nothing elsewhere."""
    if lot.use not in EARNING:
        return 0.0
    per_mu = between(0.2, 1.5, "tax", n) if lot.state == IDLE else between(6, 34, "tax", n)
    return round(lot.polygon.area / MU_M2 * per_mu, 2)


def _output(lot: Lot, n: int) -> float:
    """Output of the year in 10 000 yuan, of works and shops; a tenth of it where they lie idle."""
    return _yearly(lot, between(120, 900, "output", n), digits=2)


def _jobs(lot: Lot, n: int) -> float | None:
    """Jobs of works and shops; nobody has counted those of public land and utilities."""
    if lot.use in UNCOUNTED:
        return None
    return _yearly(lot, between(3, 14, "jobs", n), digits=0)


def _yearly(lot: Lot, per_mu: float, *, digits: int) -> float:
    if lot.use not in EARNING:
        return 0.0
    idle = 0.1 if lot.state == IDLE else 1.0
    return round(lot.polygon.area / MU_M2 * per_mu * idle, digits)


def _green_m2(lot: Lot, n: int) -> float:
    """Green area: nearly all of parks, none of streets and vacant land, some of all others."""
    low, high = GREEN_SHARE.get(lot.use, (0.05, 0.24))
    return round(lot.polygon.area * between(low, high, "green", n), 1)
