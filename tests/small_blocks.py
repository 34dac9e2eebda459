"""Hand-made tables of block lines, conversions, parks and zones on a grid of lots of 1 ha."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import box
from shapely.affinity import translate

from gisland.base.rules import load_rules
from gisland.base.tables import PARCEL_RESULTS
from gisland.control.areaverdicts import area_verdicts, held
from gisland.layers.writing.contract import TABLES

if TYPE_CHECKING:
    from shapely import Polygon

CRS = "EPSG:4547"
X, Y = 512_000.0, 3_400_000.0
WIDE, HIGH, ROAD_M = 8, 4, 20.0  # a road runs between the second and the third row
HOUSING, SHOPS = ("P11", "P26"), ("P32",)
HOSTILE = "<b>=1+1</b>"


def lot(i: int, j: int) -> Polygon:
    """Lot in column i and row j."""
    y = 100.0 * j + ROAD_M * (j >= HIGH // 2)
    return area(100.0 * i, y, 100.0 * i + 100, y + 100)


def area(west: float, south: float, east: float, north: float) -> Polygon:
    """Box in metres from the corner of the grid."""
    return translate(box(west, south, east, north), X, Y)


def table(
    name: str, rows: list[dict[str, Any]], geometry: list[Polygon | None] | None = None
) -> pd.DataFrame:
    """A result table with exactly the columns of its contract; what a row lacks is missing."""
    kinds = dict(TABLES[name].columns)
    assert {k for row in rows for k in row} <= set(kinds), name
    frame = pd.DataFrame(rows, columns=list(kinds))
    if "area_mu" in frame:
        frame["area_mu"] = frame["area_m2"].astype(float) * 15 / 10_000
    frame = frame.astype(kinds)
    if geometry is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=CRS))


def parcels() -> gpd.GeoDataFrame:
    rows, shapes = [], []
    for j in range(HIGH):
        for i in range(WIDE):
            name = f"P{j}{i}"
            use = "residential" if name in HOUSING else "industrial"
            rows.append(
                {"parcel_id": name, "use_class": "commercial" if name in SHOPS else use}
                | {"owner": "新华纺织厂" if i % 2 else "海河仓储股份公司", "verdict": "none"}
                | {"area_m2": 10_000.0, "area_mu": 15.0, "reasons": "", "site_id": None}
                | {"zone_id": "Z01" if j == 3 and i < 4 else None, "low_use": j == 3}
            )
            shapes.append(lot(i, j))
    frame = pd.DataFrame(rows)
    missing = [c for c in PARCEL_RESULTS if c not in frame]
    frame = frame.assign(**dict.fromkeys(missing))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=CRS))


def block_lines() -> gpd.GeoDataFrame:
    def row(lines: str, block_id: str, **more: object) -> dict[str, Any]:
        return {
            "lines": lines,
            "block_id": block_id,
            "outcome": "pass",
            "limit": 0.6,
            "rule_id": "block_line.industrial_share",
            "m0_outcome": "not_assessed",
            "level_by": "",
            "boundary": "",
            "cut_ids": "",
            "other_use_ids": "",
            "parcels": 8,
            "owners": 2,
            "without_owner": 0,
            "low_use_parcels": 0,
            "industrial_share": 0.857,
            "low_use_share": 0.0,
            "far": 1.2,
            "coverage": 0.35,
            **more,
        }

    total = {"block_id": "overall"}
    given = [
        row("given", "L1", level=1.0, area_m2=70_000.0, land_m2=70_000.0, parcels=8)
        | {"cut_ids": "P03;P13", "other_use_ids": "P11", "parcels_cut": 2},
        row("given", "L2", level=2.0, area_m2=60_000.0, land_m2=60_000.0, parcels=6)
        | {"other_use_ids": "P26", "outcome": "fail", "industrial_share": 0.5},
    ]
    both = row("given", "overall", area_m2=130_000.0, land_m2=130_000.0, parcels=14)
    both |= {"m0_share": 0.25, "m0_limit": 0.2, "m0_outcome": "fail"}
    proposed = [
        row("proposed", "B01", level=1.0, area_m2=84_000.0, level_by="size;parks")
        | {"boundary": "centre_line"},
        row("proposed", "B02", level=2.0, area_m2=62_000.0, boundary="centre_line"),
        row("proposed", "overall", area_m2=146_000.0, boundary="centre_line"),
    ]
    adjusted = [
        row("adjusted", "L1", level=1.0, area_m2=90_000.0),
        row("adjusted", "L2", level=2.0, area_m2=40_000.0),
        row("adjusted", "overall", area_m2=130_000.0) | total,
    ]
    shapes = [
        *(area(0, 0, 350, 200), area(500, 220, 800, 420), None),
        *(area(0, 0, 400, 210), area(500, 210, 800, 420), None),
        *(area(0, 0, 450, 200), area(500, 220, 700, 420), None),
    ]
    return table("block_lines", [*given, both, *proposed, *adjusted], shapes)


def block_parcels() -> pd.DataFrame:
    def row(lines: str, name: str, *place: object) -> dict[str, Any]:
        block, part, inside, outside, use, reason = place
        return {
            "lines": lines,
            "parcel_id": name,
            "block_id": block,
            "part": part,
            "inside_m2": inside,
            "outside_m2": outside,
            "use_class": use,
            "reason": reason,
        }

    rows = [
        row("given", "P00", "L1", "inside", 10_000.0, 0.0, "industrial", ""),
        row("given", "P03", "L1", "cut", 5_000.0, 5_000.0, "industrial", ""),
        row("given", "P13", "L1", "cut", 5_000.0, 5_000.0, "industrial", ""),
        row("given", "P11", "L1", "inside", 10_000.0, 0.0, "residential", ""),
        row("given", "P26", "L2", "inside", 10_000.0, 0.0, "residential", ""),
        row("given", "P07", "", "outside", 0.0, 10_000.0, "industrial", "not_in_lines"),
        row("given", "P30", "", "outside", 0.0, 10_000.0, "industrial", "not_in_lines"),
        row("proposed", "P03", "B01", "inside", 10_000.0, 0.0, "industrial", ""),
        row("proposed", "P30", "", "outside", 0.0, 10_000.0, "industrial", "too_small"),
    ]
    return table("block_parcels", rows)


def changes() -> dict[str, pd.DataFrame]:
    rows = [
        {"change_id": "C1", "change": "in", "block_id": "L1", "area_m2": 20_000.0}
        | {"effective_m2": 20_000.0, "industrial_m2": 20_000.0, "reason": ""},
        {"change_id": "C2", "change": "out", "block_id": "L2", "area_m2": 20_000.0}
        | {"effective_m2": 20_000.0, "industrial_m2": 20_000.0, "reason": ""},
        {"change_id": HOSTILE, "change": "in", "block_id": "L1", "area_m2": 10_000.0}
        | {"effective_m2": 0.0, "industrial_m2": 0.0, "reason": "already_in"},
    ]
    shapes = [area(350, 0, 450, 200), area(700, 220, 800, 420), area(100, 0, 200, 100)]
    told = [
        ("L1", "area_m2", "m2", 70_000.0, 90_000.0),
        ("L1", "industrial_share", "share", 0.857, 0.889),
        ("L2", "area_m2", "m2", 60_000.0, 40_000.0),
        ("L2", "industrial_share", "share", 0.5, 0.75),
        ("overall", "area_m2", "m2", 130_000.0, 130_000.0),
        ("overall", "industrial_share", "share", 0.69, 0.84),
        ("overall", "patches", "count", 2.0, 2.0),
        ("overall", "effective_mesh_size", "m2", 65_384.62, 74_615.38),
        ("overall", "compactness", "index", 0.74, 0.71),
    ]
    balance = [
        dict(zip(("block_id", "indicator", "unit", "before", "after"), t, strict=True))
        | {"delta": t[4] - t[3]}
        for t in told
    ]
    return {
        "block_changes": table("block_changes", rows, shapes),
        "block_balance": table("block_balance", balance),
    }


def conversions() -> dict[str, pd.DataFrame]:
    rows = [
        {"parcel_id": "P00", "block_id": "L1", "use_before": "industrial", "use_after": "m0"}
        | {"kind": "to_m0", "plan_year": 2026, "area_m2": 10_000.0},
        {"parcel_id": "P03", "block_id": "L1", "use_before": "industrial"}
        | {"use_after": "industrial", "kind": "to_industry", "plan_year": 2026, "area_m2": 5_000.0},
        {"parcel_id": "P13", "block_id": "L1", "use_before": "industrial"}
        | {"use_after": "commercial", "kind": "to_commercial", "area_m2": 5_000.0},
    ]
    totals = [
        {"year": "2026", "kind": "to_industry", "parcels": 1, "area_m2": 5_000.0, "share": 1 / 3},
        {"year": "2026", "kind": "to_m0", "parcels": 1, "area_m2": 10_000.0, "share": 2 / 3},
        {"year": "unknown", "kind": "to_commercial", "parcels": 1, "area_m2": 5_000.0}
        | {"share": 1.0},
    ]
    return {
        "conversions": table("conversions", rows),
        "conversion_totals": table("conversion_totals", totals),
    }


def verdicts() -> pd.DataFrame:
    rules = load_rules("common")

    def row(
        rule_id: str, value: float, topic: str, subject: str, **made_of: float
    ) -> dict[str, object]:
        return held(rules[rule_id], value, topic=topic, subject=subject, **made_of)

    def bare(topic: str, subject: str, test: str, **more: object) -> dict[str, Any]:
        return {"topic": topic, "subject": subject, "test": test, **more}

    share, layout = "block_line.industrial_share", {"rule_id": "block_line.layout"}
    layout |= {"mode": "advisory", "unit": "index", "operator": ">="}
    target = {"rule_id": "parameters.block_target_m2", "mode": "on"}
    rows = [
        row(share, 6 / 7, "block_lines", "given:L1", numerator=6e4, denominator_value=7e4),
        row(share, 0.5, "block_lines", "given:L2", numerator=3e4, denominator_value=6e4),
        row("block_line.m0_share_of_block", 0.05, "block_lines", "given:L1"),
        row("block_line.total_industrial_share", 0.69, "block_lines", "given:overall"),
        row("block_line.m0_share", 0.25, "block_lines", "given:overall"),
        row("block_line.total_kept", 1.0, "adjustment", "adjusted:overall"),
        bare("adjustment", "adjusted:overall", "layout_compactness", **layout)
        | {"value": 0.71, "limit": 0.74, "outcome": "fail"},
        bare("delineation", "proposed:overall", "target_area", **target)
        | {"value": 146_000.0, "limit": 140_000.0, "operator": ">=", "unit": "m2"}
        | {"outcome": "pass"},
        bare("delineation", "proposed:overall", "selection_share", **target)
        | {"value": 0.9, "limit": 0.9, "operator": "<=", "unit": "share", "outcome": "pass"},
        row("conversion.m0_cap", 10_000.0, "conversions", "year:2026"),
        row("conversion.industry_floor", 1 / 3, "conversions", "year:2026"),
        row("concentration.park_share", 0.55, "concentration", "overall"),
        bare("concentration", "overall", "industrial_share_of_built_up", value=0.91)
        | {"unit": "share", "outcome": "not_assessed", "operator": ""},
        row("park.built_share", 0.55, "parks", "park:PK1"),
        row("park.to_build_share", 0.45, "parks", "park:PK1"),
    ]
    return area_verdicts(rows).astype(dict(TABLES["control_verdicts"].columns))


def zones() -> dict[str, pd.DataFrame]:
    ranked = [
        {"zone_id": "Z01", "parcel_ids": "P30;P31;P32;P33", "parcels": 4, "area_m2": 40_000.0}
        | {"owners": 2, "without_owner": 0, "without_tax": 0, "rank": 1, "far": 0.6}
        | {"tax_gap_yuan": 3_000_000.0, "area_term": 1.0, "tax_gap_term": 1.0}
        | {"owners_term": 0.5, "potential": 5 / 6, "ranked_by": "area;tax_gap"},
        {"zone_id": HOSTILE, "parcel_ids": "P04;P05", "parcels": 2, "area_m2": 20_000.0}
        | {"owners": 1, "without_owner": 0, "without_tax": 1, "rank": 2}
        | {"area_term": 0.5, "owners_term": 1.0, "potential": 0.5, "ranked_by": "area"},
    ]
    units = [
        {"unit_id": f"Z01-{n}", "zone_id": "Z01", "parcel_ids": ids, "status": "optimal"}
        | {"parcels": 2, "area_m2": 20_000.0, "mean_m2": 20_000.0, "deviation_m2": 0.0}
        | {"largest_deviation_m2": 0.0, "bound_m2": 0.0}
        for n, ids in ((1, "P30;P31"), (2, "P32;P33"))
    ]
    levels = [
        ("zone", "Z01", "", "not_assessed", 40_000.0, None, None),
        ("unit", "Z01-1", "Z01", "pass", 20_000.0, 20_000.0, 1.0),
        ("unit", "Z01-2", "Z01", "pass", 20_000.0, 20_000.0, 1.0),
        ("project", "S1", "Z01-2", "fail", 20_000.0, 15_000.0, 0.75),
    ]
    names = ("kind", "id", "parent_id", "outcome", "area_m2", "inside_m2", "inside_share")
    rows = [dict(zip(names, t, strict=True)) | {"parcels": 2} for t in levels]
    wholes = [area(0, 320, 400, 420), area(400, 0, 600, 100)]
    halves = [area(0, 320, 200, 420), area(200, 320, 400, 420)]
    return {
        "zones": table("zones", ranked, wholes),
        "zone_units": table("zone_units", units, halves),
        "hierarchy": table("hierarchy", rows),
    }


def tables() -> dict[str, pd.DataFrame]:
    """Every table about block lines and zones."""
    uses = [
        {"lines": "given", "block_id": b, "use_class": u, "parcels": n, "area_m2": a, "share": s}
        for b, u, n, a, s in (
            ("L1", "industrial", 7, 60_000.0, 6 / 7),
            ("L1", "residential", 1, 10_000.0, 1 / 7),
            ("overall", "industrial", 11, 90_000.0, 9 / 13),
            ("overall", "residential", 2, 20_000.0, 2 / 13),
            ("overall", "no_parcel", None, 20_000.0, 2 / 13),
        )
    ]
    candidate = {"block_id": "B03", "level": 2.0, "level_by": "", "reason": "not_kept"}
    candidate |= {"parcels": 2, "area_m2": 20_000.0, "industrial_share": 1.0, "kept": False}
    park = {"park_id": "PK1", "name": "东部园区", "developable_from": "column"}
    park |= {"built_from": "parcels", "to_build_from": "difference", "area_m2": 200_000.0}
    park |= {"developable_m2": 100_000.0, "built_m2": 55_000.0, "to_build_m2": 45_000.0}
    park |= {"industrial_m2": 90_000.0, "built_share": 0.55, "to_build_share": 0.45}
    return {
        "parcels": parcels(),
        "block_lines": block_lines(),
        "block_parcels": block_parcels(),
        "block_uses": table("block_uses", uses),
        "block_candidates": table("block_candidates", [candidate], [area(400, 0, 600, 100)]),
        **changes(),
        **conversions(),
        "control_verdicts": verdicts(),
        **zones(),
        "parks": table("parks", [park], [area(-10, -10, 410, 430)]),
    }


def run() -> dict[str, Any]:
    """The record of that run, with the rules in common."""
    records = [dataclasses.asdict(rule) for rule in load_rules("common")]
    return {
        "gisland": "0.1.0",
        "project": "北辰东区",
        "language": "zh",
        "as_of": "2026-01-01",
        "inputs": [],
        "area_basis": "plane",
        "parameters": {},
        "counts": {},
        "skipped": [],
        "crs": {"name": CRS, "wkt": "", "chosen": "the parcel layer's own"},
        "rules": {"name": "common", "title": "通用", "jurisdiction": "", "fingerprint": "0" * 64}
        | {"records": records},
    }
