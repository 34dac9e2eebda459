"""Random small plans on a grid of unit cells, and their limits counted cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely import box

from districts import frame
from gisland.base.conditions import CONDITIONS

if TYPE_CHECKING:
    import geopandas as gpd

SIDE, LOT = 12, 4
VALUES = {"far": (0.5, 1.0, 1.7, 2.5), "coverage": (0.2, 0.35, 0.6), "green": (0.1, 0.2)}
VALUES |= {"height": (12.0, 24.0, 50.0)}
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Layout:
    """Parcels, zones and overlays as boxes of whole cells, each with conditions of its own."""

    lots: dict[str, Box]
    zones: dict[str, Box]
    overlays: dict[str, Box]
    given: dict[str, dict[str, float]]
    conditions: list[str]

    @classmethod
    def random(cls, seed: int) -> Layout:
        rng = np.random.default_rng(seed)
        steps = range(0, SIDE, LOT)
        lots = {f"p{x}{y}": (x, y, x + LOT, y + LOT) for x in steps for y in steps}
        cut = int(rng.integers(2, SIDE - 2))
        zones: dict[str, Box] = {
            "W": (0, 0, cut, SIDE),
            "E": (cut, 0, SIDE, int(rng.integers(3, SIDE + 1))),
        }
        if seed % 3:  # a third of the plans has no stacked zones
            zones |= {f"z{k}": _some_box(rng) for k in range(int(rng.integers(1, 4)))}
        overlays = {f"o{k}": _some_box(rng) for k in range(int(rng.integers(0, 4)))}
        conditions = [c for c in CONDITIONS if rng.random() < 0.6] or ["far_max"]
        values = {}
        for ids, chance in ((lots, 0.15), (zones, 0.8), (overlays, 0.6)):
            for i in ids:
                values[i] = {
                    c: float(rng.choice(VALUES[c.split("_")[0]]))
                    if rng.random() < chance
                    else np.nan
                    for c in conditions
                }
        return cls(lots, zones, overlays, values, conditions)

    def layers(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Parcels, zoning and overlay."""
        made = []
        names = ((self.lots, "parcel_id"), (self.zones, "zone_id"), (self.overlays, "overlay_id"))
        for boxes, name in names:
            columns = {c: [self.given[i][c] for i in boxes] for c in self.conditions}
            made.append(frame({i: box(*b) for i, b in boxes.items()}, name, **columns))
        lots = made[0].assign(area_m2=made[0].area)
        return lots, made[1], made[2]

    def lineage(self) -> pd.DataFrame:
        """Two sites of two parcels, each with one scrap; the rest is kept."""
        ids = sorted(self.lots)
        after = ["S", "S", "S", "T", "T", "T", *ids[6:]]
        role = [*["site", "site", "absorbed"] * 2, *["kept"] * (len(ids) - 6)]
        return pd.DataFrame({"parcel_id": ids, "after_id": after, "role": role})

    def members(self, site: str, role: str) -> list[str]:
        rows = self.lineage()
        return rows[(rows["after_id"] == site) & (rows["role"] == role)]["parcel_id"].tolist()

    def cells(self, parcels: list[str]) -> int:
        return sum(len(_cells(self.lots[i])) for i in parcels)

    def counted_twice(self) -> dict[str, int]:
        """Cells of each parcel that zones count more than once."""
        found = {}
        for i, b in self.lots.items():
            held = [sum(c in _cells(z) for z in self.zones.values()) for c in _cells(b)]
            found[i] = sum(n - 1 for n in held if n > 1)
        return {i: n for i, n in found.items() if n}


def _some_box(rng: np.random.Generator) -> Box:
    west, south = (int(v) for v in rng.integers(0, SIDE - 2, 2))
    width, height = (int(v) for v in rng.integers(1, 7, 2))
    return west, south, min(west + width, SIDE), min(south + height, SIDE)


def _cells(b: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(b[0], b[2]) for y in range(b[1], b[3])}


def _weights(layout: Layout, parcel: str, name: str) -> list[tuple[float, float]]:
    """Limits of one parcel, each with the cells on which it holds."""
    cells = _cells(layout.lots[parcel])
    own = layout.given[parcel][name]
    if not np.isnan(own):
        return [(own, len(cells))]
    strictest = min if CONDITIONS[name].operator == "<=" else max
    found, under = [], set()
    for cell in cells:
        here = [layout.given[o][name] for o, b in layout.overlays.items() if cell in _cells(b)]
        here = [v for v in here if not np.isnan(v)]
        if here:
            found.append((strictest(here), 1.0))
            under.add(cell)
    inside = {z: cells & _cells(b) for z, b in layout.zones.items()}
    total = sum(len(c) for c in inside.values())
    covered = len(set().union(*inside.values()))
    rest = {z: len(c - under) * covered / total for z, c in inside.items() if total}
    room, wanted = len(cells) - len(under), sum(rest.values())
    fits = min(1.0, room / wanted) if wanted else 1.0
    valued = {z: layout.given[z][name] for z in rest}
    return found + [(valued[z], n * fits) for z, n in rest.items() if n and not np.isnan(valued[z])]


def parcel_limits(layout: Layout, parcels: list[str], name: str) -> tuple[float, float]:
    """Limit on some parcels together, and the cells on which it is known."""
    rows = [row for parcel in parcels for row in _weights(layout, parcel, name)]
    known = sum(weight for _, weight in rows)
    if round(known / layout.cells(parcels), 6) < 0.5:
        return float("nan"), known
    values = [value for value, _ in rows]
    if not CONDITIONS[name].averaged:
        return (min if CONDITIONS[name].operator == "<=" else max)(values), known
    return sum(value * weight for value, weight in rows) / known, known
