"""Hand-made layouts for measures of fragmentation, and a second opinion in plain Python."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import box

from gisland.base.rules import RuleSet, load_rules
from gisland.topology.borders import borders
from gisland.topology.shape import compactness, perimeter_m

if TYPE_CHECKING:
    from numpy.random import Generator

CRS = 4547
FREE = ("transport", "water")
LIMIT_M2 = 5000.0  # of industrial land; of all other land 2000, of housing none
Indicators = dict[tuple[str, str], tuple[float, float]]


def rules() -> RuleSet:
    found = load_rules("national-2023-171")
    name = "fragment.min_lot.industrial"
    return replace(found, rules={**found.rules, name: replace(found[name], value=LIMIT_M2)})


class Layout(NamedTuple):
    """What a run knows when it measures fragmentation."""

    parcels: gpd.GeoDataFrame
    lineage: pd.DataFrame
    merged: gpd.GeoDataFrame
    borders: pd.DataFrame
    members: pd.DataFrame


def drawn(shapes: dict[str, shapely.Geometry | None], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Parcels with what the facts of a run say about them."""
    index = pd.Index(list(shapes), name="parcel_id", dtype="str")
    lots = gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=index, crs=CRS)
    around = perimeter_m(lots.geometry)
    return lots.assign(
        area_m2=lots.geometry.area.where(around.notna()),
        perimeter_m=around,
        compactness=compactness(lots.geometry),
    )


def layout(
    parcels: gpd.GeoDataFrame,
    sites: dict[str, tuple[str, str]],
    subjects: dict[str, tuple[str, str]],
) -> Layout:
    """Sites and subjects by their parcels before, and absorbed or after, ids parted by blanks."""
    after, role = {}, {}
    for site, (own, absorbed) in sites.items():
        after |= dict.fromkeys([*own.split(), *absorbed.split()], site)
        role |= dict.fromkeys(own.split(), "site") | dict.fromkeys(absorbed.split(), "absorbed")
    ids = parcels.index
    area = parcels["area_m2"]
    idle = np.where(area.isna(), "no_geometry", "kept")
    lineage = pd.DataFrame(
        {
            "parcel_id": ids.to_numpy(),
            "after_id": [after.get(i, i) for i in ids],
            "role": [role.get(i, kept) for i, kept in zip(ids, idle, strict=True)],
            "area_m2": area.to_numpy(),
        }
    ).astype({"parcel_id": "str", "after_id": "str", "role": "str"})
    shapes = [
        shapely.union_all(parcels.geometry[[i for i in ids if after.get(i) == site]].to_numpy())
        for site in sites
    ]
    site_ids = pd.Series(list(sites), dtype="str")
    merged = gpd.GeoDataFrame({"parcel_id": site_ids}, geometry=shapes, crs=parcels.crs)
    rows = [
        (subject, i, i in before.split(), i in later.split())
        for subject, (before, later) in subjects.items()
        for i in ids
        if i in before.split() or i in later.split()
    ]
    members = pd.DataFrame(rows, columns=["subject", "parcel_id", "before", "after"])
    members = members.astype(
        {"subject": "str", "parcel_id": "str", "before": "bool", "after": "bool"}
    )
    usable = parcels[area.notna()]
    return Layout(parcels, lineage, merged, borders(usable), members)


def random_layout(rng: Generator, *, size: int = 14) -> Layout:
    """Rectangles on a grid of whole metres, with owners, uses, sites, zones and units drawn."""
    boxes = [(0, 0, 240, 180)]
    while len(boxes) < size:
        x0, y0, x1, y1 = boxes.pop(int(np.argmax([(b[2] - b[0]) * (b[3] - b[1]) for b in boxes])))
        share = rng.uniform(0.15, 0.85)
        if x1 - x0 > y1 - y0:
            cut = x0 + max(1, int(share * (x1 - x0)))
            boxes += [(x0, y0, cut, y1), (cut, y0, x1, y1)]
        else:
            cut = y0 + max(1, int(share * (y1 - y0)))
            boxes += [(x0, y0, x1, cut), (x0, cut, x1, y1)]
    names = rng.permutation([f"p{k:02d}" for k in range(len(boxes))])
    shapes: dict[str, Any] = {n: box(*b) for n, b in zip(names, boxes, strict=True)}
    shapes["undrawn"] = None
    uses = ["industrial", "residential", "commercial", "transport", None]
    lots = drawn(
        shapes,
        owner=list(rng.choice(["甲", "甲 ", "乙", "丙", None], len(shapes))),
        use_class=list(rng.choice(uses, len(shapes))),
    )
    label = rng.integers(0, 5, len(boxes))  # 0 and 1: sites, 2: absorbed by the first
    by = [
        " ".join(n for n, k in zip(names, label, strict=True) if k == value) for value in range(3)
    ]
    sites = {f"S{k}": (by[k], by[2] if k == 0 else "") for k in range(2) if by[k]}
    every = " ".join(shapes)
    subjects = {"overall": (every, every)}
    for kind, count in (("zone:Z", 3), ("unit:U", 2)):
        of = rng.integers(0, count, len(shapes))
        for k in range(count - (kind == "zone:Z")):
            inside = " ".join(n for n, value in zip(shapes, of, strict=True) if value == k)
            subjects[f"{kind}{k}"] = (inside, inside)
    for site, (own, absorbed) in sites.items():
        subjects[f"site:{site}"] = (own, f"{own} {absorbed}")
    return layout(lots, sites, subjects)


# --- the second opinion: loops over parcels, unions of shapes, no table of borders -------------


def second_opinion(case: Layout) -> Indicators:
    """Both values of each measure of each subject, NaN where there is none."""
    found = {}
    for subject in sorted(set(case.members["subject"])):
        sides = []
        for when in ("before", "after"):
            rows = case.members[(case.members["subject"] == subject) & case.members[when]]
            sides.append(_side(case, set(rows["parcel_id"]), merged=when == "after"))
        found |= {(subject, name): (sides[0][name], sides[1][name]) for name in sides[0]}
    return found


def _side(case: Layout, ids: set[str], *, merged: bool) -> dict[str, float]:
    lots = case.parcels.sort_index()
    after = dict(zip(case.lineage["parcel_id"], case.lineage["after_id"], strict=True))
    shapes = {i: s for i, s in lots.geometry.items() if s is not None}
    land = {i for i in shapes if lots["use_class"][i] not in FREE}
    pieces: dict[str, list[str]] = {}
    for i in sorted(ids & land):
        pieces.setdefault(after[i] if merged else i, []).append(i)
    size = {p: math.fsum(shapes[i].area for i in inside) for p, inside in pieces.items()}
    whole = dict(zip(case.merged["parcel_id"], case.merged.geometry, strict=True)) if merged else {}
    around = {p: whole.get(p, shapes.get(p)) for p in pieces}
    area_all = math.fsum(shapes[i].area for i in ids & set(shapes))
    total, squares = math.fsum(size.values()), math.fsum(a * a for a in size.values())
    outlines = [
        shapely.union_all([shapes[i] for i in inside]).boundary for inside in pieces.values()
    ]
    edge = shapely.union_all(outlines).length if outlines else 0.0
    nothing = math.nan
    values = {
        "patches": float(len(size)),
        "mean_parcel_area": mean(size.values()) if size else nothing,
        "median_parcel_area": median(size.values()) if size else nothing,
        "weighted_mean_parcel_area": squares / total if size else nothing,
        "effective_mesh_size": squares / area_all if area_all else nothing,
        "edge_density": edge / (area_all / 10_000) if area_all else nothing,
    }
    for name, measure in (("compactness", _polsby), ("rectangularity", _rosin)):
        known = [measure(around[p]) * size[p] for p in size]
        values[name] = math.fsum(known) / total if size else nothing
    limits = {p: _limit(case, p, merged=merged) for p in size}
    judged = [p for p in size if limits[p] is not None]
    lots_m2 = {p: _land_m2(case, p, land) if p in whole else shapes[p].area for p in size}
    small = [p for p in judged if round(lots_m2[p], 2) < limits[p]]
    values["small_parcels"] = float(len(small)) if judged else nothing
    values["small_parcels_share"] = math.fsum(size[p] for p in small) / total if judged else nothing
    return values | _owners(lots, shapes, pieces, area_all)


def _polsby(shape: shapely.Geometry) -> float:
    return 4 * math.pi * shape.area / shape.length**2


def _rosin(shape: shapely.Geometry) -> float:
    return float(shape.area / shape.minimum_rotated_rectangle.area)


def _land_m2(case: Layout, site: str, land: set[str]) -> float:
    inside = case.lineage["parcel_id"][case.lineage["after_id"] == site]
    return math.fsum(case.parcels.geometry[i].area for i in inside if i in land)


def _limit(case: Layout, piece: str, *, merged: bool) -> float | None:
    own = case.lineage[(case.lineage["after_id"] == piece) & (case.lineage["role"] == "site")]
    if merged and len(own):
        by_size = {i: -case.parcels.geometry[i].area for i in own["parcel_id"]}
        piece = min(by_size, key=lambda i: (by_size[i], i))
    use = case.parcels["use_class"][piece]
    return {"industrial": LIMIT_M2, "residential": None}.get(use, 2000.0)


def _owners(
    lots: gpd.GeoDataFrame,
    shapes: dict[str, shapely.Geometry],
    pieces: dict[str, list[str]],
    area_all: float,
) -> dict[str, float]:
    plots: dict[str, dict[str, float]] = {}
    for piece, inside in pieces.items():
        for i in inside:
            owner = lots["owner"][i]
            if isinstance(owner, str):
                held = plots.setdefault(owner.strip(), {})
                held[piece] = held.get(piece, 0.0) + shapes[i].area
    each = [list(held.values()) for held in plots.values()]
    return {
        "owners_per_ha": len(each) / (area_all / 10_000) if each else math.nan,
        "parcels_per_owner": mean(len(a) for a in each) if each else math.nan,
        "owner_simpson": mean(1 - sum(x * x for x in a) / sum(a) ** 2 for a in each)
        if each
        else math.nan,
        "owner_januszewski": mean(math.sqrt(sum(a)) / sum(map(math.sqrt, a)) for a in each)
        if each
        else math.nan,
    }
