"""Random small districts: seed in; parcels, and all that must be found in them, out.

A seed fixes the drawing: the blocks with their planted cases, ids and the order of the rows, what
is known of the use of the land, the angle. Streets as gaps or as parcels, the angle and the noise
can be asked for, the rest stays the same. What is expected comes from the drawing alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from districts import CRS, rule, with_rules
from random_blocks import AREA_CAP_M2, FREE, LIMITS, MM2, TESTS, Block
from random_cases import CASES, make

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator

    from gisland.base.rules import RuleSet

ORIGIN = (500_000.0, 3_400_000.0)  # on the central meridian of the zone
ACROSS_MM = 460_000  # a row of blocks is about that long
WIDEST_GAP_M = 0.03
ROUNDED_M = 3  # decimals
MU_M2 = 10_000 / 15
KINDS = ("sandwiched", "interlocking", "corner", "adjacent")

LOW_USE = {"far": 0.5, "coverage": 0.3, "tax": 30_000.0}
AMOUNTS = {"far": "floor_area_m2", "coverage": "footprint_m2", "tax": "tax_yuan"}
GOOD_STATUS, LOW_STATUS = "在用", "闲置"


@lru_cache(maxsize=1)
def rules() -> RuleSet:
    """Rules with the limits that the cases are drawn for."""
    units = {"min_lot": "m2", "min_width": "m", "min_frontage": "m"}
    made = []
    for use, limits in LIMITS.items():
        for test, limit in zip(TESTS, limits, strict=True):
            named = [use, "default"] if use == "industrial" else [use]
            more = {"value": float(limit), "unit": units[test], "operator": ">="}
            made += [rule(f"fragment.{test}.{k}", **more) for k in named]
    made.append(rule("scrap.area_cap", value=float(AREA_CAP_M2), unit="m2", operator="<"))
    for test, limit in LOW_USE.items():
        unit = {"far": "ratio", "coverage": "share", "tax": "yuan/mu"}[test]
        more = {"value": limit, "unit": unit, "operator": ">=", "denominator": "land area"}
        made.append(rule(f"low_use.{test}.industrial", **more))
    made.append(rule("low_use.status", value=(LOW_STATUS, "停产"), unit="status"))
    return with_rules("tianjin-2024", *made)


@dataclass(frozen=True)
class Truth:
    """What must be found; nothing else may be. Parcels by id, patches and pairs by their ids."""

    case: dict[str, str]
    fragments: dict[str, str]
    enclaves: dict[tuple[str, frozenset[str]], dict[str, object]]
    pairs: dict[tuple[str, str], dict[str, object]]
    groups: dict[frozenset[str], dict[str, object]]
    low_use: dict[str, str]
    low_use_reasons: dict[str, str]
    area_m2: dict[str, float]


@dataclass(frozen=True)
class District:
    """Parcels as they are given to a run, and the truth about them."""

    seed: int
    parcels: gpd.GeoDataFrame
    truth: Truth


@dataclass(frozen=True)
class _Placed:
    block: Block
    site: str  # first part of the ids of its sites
    corner: tuple[int, int]
    ids: Mapping[str, str]


def district(
    seed: int,
    *,
    streets: str | None = None,
    degrees: float | None = None,
    noise: str = "hairlines",
    offset_m: tuple[float, float] = (0.0, 0.0),
) -> District:
    """Draw a district.

    `streets` is ``gaps`` or ``parcels``. The `noise` is ``none`` but what turning costs,
    ``rounded`` to 1 mm, or ``hairlines`` too.
    """
    rng = np.random.default_rng([seed, 11])
    placed = _placed(_blocks(rng), rng, seed=seed)
    streets = streets or ("gaps", "parcels")[int(rng.integers(2))]
    turn = float(rng.uniform(0, 360)) if degrees is None else degrees
    used = np.random.default_rng([seed, 12])
    frames = [_frame(p, used) for p in placed]
    lots = pd.concat(frames)
    if noise == "hairlines":
        lots["geometry"] = _pulled_in(lots, np.random.default_rng([seed, 13]))
    truth = _truth(placed, lots)
    if streets == "parcels":
        lots = pd.concat([lots, _streets(placed, seed=seed)])
    shapes = [affinity.rotate(g, turn, origin=(0, 0)) for g in lots["geometry"]]
    at = (ORIGIN[0] + offset_m[0], ORIGIN[1] + offset_m[1])
    shapes = [affinity.translate(g, *at) for g in shapes]
    if noise != "none":
        shapes = list(shapely.transform(shapes, lambda xy: xy.round(ROUNDED_M)))
    order = np.random.default_rng([seed, 15]).permutation(len(lots))
    table = lots.drop(columns=["geometry", "low", "reasons"]).astype(KEPT)
    index = pd.Index(lots.index, dtype="str", name="parcel_id")
    whole = gpd.GeoDataFrame(table.set_axis(index), geometry=shapes, crs=CRS)
    return District(seed, whole.iloc[order], truth)


KEPT = {
    **dict.fromkeys(("owner", "tenure", "use_class", "site_id", "status"), "str"),
    **dict.fromkeys(AMOUNTS.values(), "float64"),
}


def _blocks(rng: Generator) -> list[Block]:
    """Three to ten planted cases, and some blocks with nothing in them."""
    known = [n for n in CASES if n != "plain"]
    chosen = [known[int(k)] for k in rng.integers(len(known), size=int(rng.integers(3, 11)))]
    chosen += ["plain"] * int(rng.integers(1, 5))
    return [make(n, rng) for n in rng.permutation(chosen)]


def _placed(blocks: list[Block], rng: Generator, *, seed: int) -> list[_Placed]:
    """Blocks in rows, with a street around each."""
    total = sum(len(b.picture.places) for b in blocks)
    fresh = iter(_ids(total, rng))
    found, x, y, high = [], 0, 0, 0
    for number, block in enumerate(blocks):
        if x > ACROSS_MM:
            x, y, high = 0, y + high + int(rng.integers(6, 26)) * 1000, 0
        wide, tall = block.picture.size
        ids = {label: next(fresh) for label in sorted(block.picture.places)}
        found.append(_Placed(block, f"XM{seed}.{number}", (x, y), ids))
        x += wide + int(rng.integers(50, 260)) * 100
        high = max(high, tall)
    return found


def _ids(count: int, rng: Generator) -> list[str]:
    """Different ids in no order."""
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"))
    found: set[str] = set()
    while len(found) < count:
        found.add("".join(rng.choice(letters, 6)))
    return [str(k) for k in rng.permutation(sorted(found))]


def _frame(placed: _Placed, rng: Generator) -> pd.DataFrame:
    """Parcels of a block in metres of the drawing, before any noise."""
    block, (x, y) = placed.block, placed.corner
    rows = []
    for label, parcel_id in placed.ids.items():
        shape = shapely.transform(
            block.picture.shape(label), lambda xy: (xy + np.array([x, y])) / 1000
        )
        use = block.use_of(label)
        row = {
            "parcel_id": parcel_id,
            "geometry": shape,
            "owner": block.spelled.get(label, block.owner.get(label[0])),
            "tenure": block.tenure.get(label[0]),
            "use_class": use,
            "site_id": site_of(placed, label),
        }
        rows.append(row | _used(use, block.picture.area([label]) / MM2, rng))
    return pd.DataFrame(rows).set_index("parcel_id")


def site_of(placed: _Placed, label: str) -> str | None:
    """Site that a parcel belongs to."""
    return placed.site + label[0] if label[0] in placed.block.sites else None


def _used(use: str, area_m2: float, rng: Generator) -> dict[str, object]:
    """Floor area, footprint, tax and status of a parcel: good, low or not known."""
    sorts = ("good", "low", "missing")
    drawn = {t: str(rng.choice(sorts, p=(0.55, 0.1, 0.35))) for t in (*LOW_USE, "status")}
    if rng.integers(6) == 0:
        drawn = dict.fromkeys(drawn, "missing")
    found: dict[str, object] = {}
    for test, limit in LOW_USE.items():
        factor = {"good": rng.uniform(1.03, 2.0), "low": rng.uniform(0.0, 0.97)}
        per_m2 = limit / MU_M2 if test == "tax" else limit
        value = factor.get(drawn[test], float("nan")) * per_m2 * area_m2
        found[AMOUNTS[test]] = value
    words = {"good": GOOD_STATUS, "low": LOW_STATUS, "missing": None}
    found["status"] = words[drawn["status"]]
    held = {t: v for t, v in drawn.items() if t == "status" or use == "industrial"}
    reasons = sorted(t for t, v in held.items() if v == "low")
    told = set(held.values()) - {"missing"}
    low = "<NA>" if not told or use in FREE else str(bool(reasons))
    return found | {"low": low, "reasons": "" if use in FREE else ";".join(reasons)}


def _pulled_in(lots: pd.DataFrame, rng: Generator) -> list[shapely.Polygon]:
    """Some parcels a little smaller on all sides; no two that touch, so that gaps stay narrow."""
    shapes = lots["geometry"].to_numpy()
    tree = shapely.STRtree(shapes)
    moved: set[int] = set()
    found = list(shapes)
    for n in rng.permutation(len(shapes)):
        near = {int(k) for k in tree.query(shapes[n], predicate="dwithin", distance=0.1)}
        if rng.integers(4) or near & moved:
            continue
        most = min(WIDEST_GAP_M, 0.003 * shapes[n].area / shapes[n].length)
        inner = shapely.buffer(shapes[n], -rng.uniform(0, most), join_style="mitre")
        if inner.geom_type == "Polygon":
            found[n] = inner
            moved.add(int(n))
    return found


def _streets(placed: list[_Placed], *, seed: int) -> pd.DataFrame:
    """All land between the blocks, cut at random."""
    rng = np.random.default_rng([seed, 14])
    blocks = []
    for p in placed:
        shapes = [p.block.picture.shape(k) for k in p.ids]
        whole = shapely.union_all(shapes)
        whole = shapely.simplify(whole, 0) if rng.integers(2) else whole
        blocks.append(affinity.translate(whole, *p.corner))
    west, south, east, north = shapely.total_bounds(blocks)
    ring = int(rng.integers(5, 20)) * 1000
    cuts = sorted(rng.uniform(west, east, int(rng.integers(3))).round(-3))
    marks = [west - ring, *cuts, east + ring]
    bands = [shapely.box(a, south - ring, b, north + ring) for a, b in pairwise(marks) if b > a]
    land = shapely.difference(bands, shapely.union_all(blocks))
    parts = [g for g in shapely.get_parts(land) if g.area > 0]
    rows = [
        {"geometry": shapely.transform(g, lambda xy: xy / 1000), "use_class": "transport"}
        for g in parts
    ]
    return pd.DataFrame(rows, index=[f"road{seed}.{n}" for n in range(len(rows))])


# --- the truth -----------------------------------------------------------------------------


def _truth(placed: list[_Placed], lots: pd.DataFrame) -> Truth:
    truth = Truth({}, {}, {}, {}, {}, dict(lots["low"]), dict(lots["reasons"]), {})
    for p in placed:
        for label, parcel_id in p.ids.items():
            truth.case[parcel_id] = f"{p.block.case} {label}"
            truth.fragments[parcel_id] = ";".join(sorted(p.block.failed(label) or ()))
            truth.area_m2[parcel_id] = p.block.picture.area([label]) / MM2
        truth.enclaves.update(_enclaves(p))
        truth.pairs.update(_pairs(p))
        truth.groups.update(_groups(p))
    return truth


def _of(p: _Placed, labels: list[str]) -> frozenset[str]:
    return frozenset(p.ids[k] for k in labels)


def _enclaves(p: _Placed) -> dict[tuple[str, frozenset[str]], dict[str, object]]:
    block, picture = p.block, p.block.picture
    found: dict[tuple[str, frozenset[str]], dict[str, object]] = {}
    for e in block.enclaves:
        values = getattr(block, e.attribute)
        inner, outer = block.labels(e.inner), block.labels(e.around)
        around = picture.around(inner)
        total = sum(around.values())
        patches = [e.around] if block.spelled else [*e.around]
        first = [min(block.labels(k), key=lambda label: p.ids[label]) for k in patches]
        found[e.attribute, _of(p, inner)] = {
            "value": values[e.inner],
            "kind": e.kind,
            "surrounded_by": {block.spelled.get(k, values[k[0]]) for k in first},
            "surrounding_ids": {p.ids[k] for k in first},
            "share": Fraction(sum(around.get(k, 0) for k in outer), total),
            "free_share": Fraction(sum(around.get(k, 0) for k in block.free()), total),
            "area_m2": picture.area(inner) / MM2,
            "surrounding_area_m2": picture.area(outer) / MM2,
            "inside": min(_of(p, block.labels(e.inside))) if e.inside else "",
            "depth": e.depth,
        }
    return found


def _pairs(p: _Placed) -> dict[tuple[str, str], dict[str, object]]:
    """Every scrap with every site it runs along."""
    block, picture = p.block, p.block.picture
    found: dict[tuple[str, str], dict[str, object]] = {}
    sites = block.labels(block.sites)
    for label in block.labels("".join(block.scraps)) if block.scraps else ():
        around = picture.perimeter(label)
        along = {s: picture.shared([label], block.labels(s)) for s in block.sites}
        with_sites = Fraction(picture.shared([label], sites), around)
        free = Fraction(picture.shared([label], block.free()), around)
        for s, border in along.items():
            if border:
                found[p.ids[label], p.site + s] = {
                    "scrap_kind": block.scraps[label[0]],
                    "area_m2": picture.area([label]) / MM2,
                    "border_m": border / 1000,
                    "site_share": Fraction(border, around),
                    "sites_share": with_sites,
                    "free_share": free,
                    "other_share": 1 - with_sites - free,
                }
    return found


def _groups(p: _Placed) -> dict[frozenset[str], dict[str, object]]:
    """Small parcels beside each other that are one scrap together."""
    block, picture = p.block, p.block.picture
    found: dict[frozenset[str], dict[str, object]] = {}
    for labels in (block.groups() or []) if block.sites else ():
        around = picture.around(labels)
        total = sum(around.values())
        border = sum(around.get(k, 0) for k in block.labels(block.sites))
        s = Fraction(border, total)
        f = Fraction(sum(around.get(k, 0) for k in block.free()), total)
        found[_of(p, labels)] = {
            "site_ids": {p.site + k for k in block.sites},
            "scrap_ids": {p.ids[k] for k in labels if k[0] in block.scraps},
            "group_id": f"G-{min(_of(p, labels))}",
            "parcels": len(labels),
            "area_m2": picture.area(labels) / MM2,
            "border_m": border / 1000,
            "sites_share": s,
            "free_share": f,
            "other_share": 1 - s - f,
        }
        if block.case == "hole_of_site_pair":
            found[_of(p, labels)]["scrap_kind"] = "sandwiched"
        elif s < Fraction(48, 100) and abs(2 * f + s - 1) > Fraction(3, 100):
            found[_of(p, labels)]["scrap_kind"] = "corner" if 2 * f + s > 1 else "adjacent"
    return found
