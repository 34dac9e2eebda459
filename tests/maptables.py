"""A made-up block of industrial land as result tables, small enough to check by eye.

Two sites (S01 of two lots, S02 of one), a corner, a sandwiched, an interlocking and an adjacent
scrap, one of each verdict; one parcel without geometry. Coordinates: EPSG:4547, metres from X, Y.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, Polygon, box
from shapely.affinity import translate

from gisland.base.rules import load_rules
from gisland.base.schema import FINDINGS, VERDICTS

CRS = "EPSG:4547"
X, Y = 529_000.0, 3_380_000.0

# id, owner, use class, shape, scrap kind, verdict, site, reasons, enclave of
LOTS: list[tuple[Any, ...]] = [
    ("P01", "武汉甲机械有限公司", "industrial", box(0, 0, 120, 100), None, "site", "S01", "", None),
    ("P02", "武汉甲机械有限公司", "industrial", box(0, 100, 120, 180), None, "site", "S01",
     "", None),
    ("P03", "武汉市土地储备中心", "reserve", Polygon([(0, 180), (120, 180), (0, 195)]), "corner",
     "absorbed", "S01", "", None),
    ("P04", "红旗村集体", "industrial", box(120, 0, 131, 100), "sandwiched", "absorbed", "S02",
     "", "owner:武汉甲机械有限公司"),
    ("P05", "武汉甲机械有限公司", "logistics", box(120, 100, 150, 180), "adjacent", "ineligible",
     None, "area_cap;not_developable", None),
    ("P06", "武汉乙纺织厂", "industrial", box(131, 0, 290, 100), None, "site", "S02", "", None),
    ("P07", "武汉市土地储备中心", "green", Polygon([(290, 30), (310, 30), (310, 60), (290, 60)]),
     "interlocking", "eligible", None, "cap_full", None),
    ("P08", "武汉丙仓储公司", "logistics", box(150, 100, 230, 180), None, "none", None, "", None),
    ("P09", "红旗村集体", "residential", box(230, 100, 310, 180), None, "none", None, "", None),
    ("P10", "武汉丁学校", "public", box(310, 60, 380, 180), None, "none", None, "", None),
    ("P11", "武汉丙仓储公司", "commercial", box(290, 0, 380, 30).union(box(310, 30, 380, 60)), None,
     "none", None, "", None),
    ("P12", "无图形的宗地", "industrial", None, None, "none", None, "no_geometry", None),
]  # fmt: skip
PAIRS: list[tuple[Any, ...]] = [
    ("P03", "S01", "corner", 120.0, "absorbed", ""),
    ("P04", "S01", "sandwiched", 100.0, "eligible", "taken_by:S02"),
    ("P04", "S02", "sandwiched", 100.0, "absorbed", ""),
    ("P05", "S01", "adjacent", 80.0, "ineligible", "area_cap;not_developable"),
    ("P07", "S02", "interlocking", 30.0, "eligible", "cap_full"),
]


def at(shape: Any) -> Any:  # noqa: ANN401 - any geometry
    """The shape at its place on earth."""
    return None if shape is None else translate(shape, X, Y)


def layer(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - columns
    """A layer at its place on earth."""
    return gpd.GeoDataFrame(columns, geometry=[at(s) for s in shapes], crs=CRS)


def map_tables() -> dict[str, pd.DataFrame]:
    """All tables that the map reads."""
    names = ["parcel_id", "owner", "use_class", "geometry", "scrap_kind", "verdict", "site_id"]
    lots = pd.DataFrame(LOTS, columns=[*names, "reasons", "enclave_of"])
    parcels = layer(list(lots.pop("geometry")), **{c: lots[c] for c in lots})
    parcels["area_m2"] = parcels.area.where(parcels.geometry.notna())
    parcels["area_mu"] = parcels["area_m2"] * 15 / 10_000
    parcels["tenure"] = ["collective" if "集体" in o else "state" for o in parcels["owner"]]
    parcels["far"] = [0.42, 0.55, None, 0.1, 0.3, 0.8, None, 0.6, 1.4, 0.7, 1.1, None]
    parcels["coverage"] = parcels["far"] / 2
    parcels["frontage_road_m"] = 12.5
    parcels["scrap_group"] = [
        "G-P03" if i in {"P03", "P07"} else None for i in parcels["parcel_id"]
    ]
    parcels["fragment_reasons"] = ["min_lot" if k else "" for k in parcels["scrap_kind"]]
    parcels["low_use_reasons"] = ["far" if v == "site" else "" for v in parcels["verdict"]]
    return {
        "parcels": parcels,
        "sites": sites(),
        "plan": plan(parcels),
        "verdicts": verdicts(),
        **context(),
    }


def sites() -> gpd.GeoDataFrame:
    """The two sites after the merge."""
    merged = [
        Polygon([(0, 0), (120, 0), (120, 180), (0, 195)]),
        box(120, 0, 290, 100),
    ]
    return layer(
        merged,
        site_id=["S01", "S02"],
        parcel_ids=["P01;P02", "P06"],
        absorbed_ids=["P03", "P04"],
        parcels_before=[2, 1],
        parcels_after=[1, 1],
        area_before_m2=[21_600.0, 15_900.0],
        scrap_area_m2=[900.0, 1_100.0],
        area_after_m2=[22_500.0, 17_000.0],
        scrap_share=[0.04, 1_100 / 17_000],
        share_denominator=["including", "including"],
        denominator_m2=[22_500.0, 17_000.0],
        cap=[0.1, 0.1],
        cap_operator=["<=", "<="],
        far_before=[0.478, 0.8],
        far_after=[2.0, 2.5],
        coverage_before=[0.239, 0.4],
        coverage_after=[float("nan"), 0.5],
        optimal=[True, True],
    )


def plan(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Considered pairs of scrap and site."""
    columns = ["parcel_id", "site_id", "scrap_kind", "border_m", "verdict", "reasons"]
    pairs = pd.DataFrame(PAIRS, columns=columns)
    pairs["sites_share"], pairs["free_share"] = 0.62, 0.25
    pairs["other_share"], pairs["hull_share"] = 0.13, 0.4
    found = parcels[["parcel_id", "area_m2", "geometry"]]
    return found.merge(pairs, on="parcel_id").sort_values(["parcel_id", "site_id"])


def verdicts() -> pd.DataFrame:
    """Tests of the refused scrap, and of one eligible one."""
    rows = [
        ("P05", "S01", "adjacent", "pass", 80.0, 1.0, ">=", "m", None, "", "on"),
        ("P05", "S01", "area_cap", "fail", 2400.0, 2000.0, "<", "m2", None, "scrap.area_cap", "on"),
        ("P05", "S01", "not_developable", "fail", None, None, None, None, None,
         "scrap.not_developable", "on"),
        ("P05", "S01", "same_owner", "pass", None, None, None, None, None,
         "scrap.same_owner", "on"),
        ("P05", "S01", "planned_use", "missing", None, None, None, None, None,
         "scrap.forbidden_planned_use", "advisory"),
        ("P07", "S02", "area_cap", "pass", 600.0, 2000.0, "<", "m2", None, "scrap.area_cap", "on"),
        ("P03", "", "min_lot", "fail", 900.0, 2000.0, ">=", "m2", None,
         "fragment.min_lot.default", "on"),
        ("P07", "owner", "enclave", "fail", 1.0, 0.75, "<", "share", "outer boundary",
         "parameters.enclave_share", "on"),
        ("P03", "", "kind_corner", "fail", 0.25, 0.13, ">", "share", "boundary of the scrap",
         "definition.corner", "advisory"),
        ("P01", "", "far", "fail", 0.42, 0.6, ">=", "ratio", "land area",
         "low_use.far.industrial", "on"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(VERDICTS))


def context() -> dict[str, pd.DataFrame]:
    """Layers around the plan."""
    finding = {
        "code": ["overlap", "gap", "recorded_area"],
        "severity": ["error", "warning", "info"],
        "layer": ["parcels"] * 3,
        "parcel_id": ["P08", "P09", "P10"],
        "other_id": ["P09", None, None],
        "value": [3.0, 0.5, 0.07],
        "unit": ["m2", "m2", "share"],
        "message": ["overlap of 3.0 m²", "gap", "recorded 8,988 m², drawn 8,400 m²"],
    }
    spots = [box(229, 120, 231, 122), Point(310, 100), LineString([(310, 60), (380, 60)])]
    return {
        "block_lines": layer(
            [box(-6, -6, 305, 198), box(305, -6, 388, 198), None],
            block_id=["B1", "B2", "overall"],
            level=[1, 2, None],
            area_m2=[60_000.0, 16_000.0, 76_000.0],
            industrial_share=[0.83, 0.35, 0.73],
            limit=[0.6, 0.6, 0.6],
            outcome=["pass", "fail", "pass"],
        ),
        "zones": layer(
            [box(0, 0, 150, 195)], zone_id=["Z1"], parcels=[4], area_m2=[27_000.0], far=[0.4]
        ),
        "enclaves": layer(
            [box(120, 0, 131, 100), box(150, 100, 230, 180), box(10, 10, 20, 20)],
            enclave_id=["E1", "owner:P08", "owner:P01"],
            attribute=["owner"] * 3,
            value=["红旗村集体", "武汉丙仓储公司", "武汉甲机械有限公司"],
            surrounded_by=["武汉甲机械有限公司", "武汉甲机械有限公司;红旗村集体", "红旗村集体"],
            surrounding_ids=["P01", "P05;P09", "P04"],
            kind=["nearly", "jointly", "strict"],
            share=[0.78, 1.0, 1.0],
            free_share=[0.22, 0.0, 0.0],
            area_m2=[1_100.0, 6_400.0, 100.0],
            surrounding_area_m2=[12_000.0, 8_800.0, 1_100.0],
            parcel_ids=["P04", "P08", "P01"],
            inside_of=[None, None, "owner:P04"],
            depth=[1, 1, 2],
        ),
        "scrap_groups": layer(
            [box(0, 180, 120, 195)],
            group_id=["G-P03"],
            parcel_ids=["P03;P07"],
            scrap_ids=["P03"],
            site_ids=["S01"],
            scrap_kind=["corner"],
            reasons=["area_cap"],
            parcels=[2],
            area_m2=[1_800.0],
            width_m=[14.2],
            border_m=[120.0],
            sites_share=[0.44],
            free_share=[0.5],
            other_share=[0.06],
        ),
        "exclusions": layer([box(350, 150, 400, 200)], name=["生态保护红线"]),
        "roads": layer(
            [LineString([(-40, -18), (430, -18)]), LineString([(-20, -40), (-20, 230)])],
            road_id=["R1", "R2"],
        ),
        "findings": layer(spots, **finding)[list(FINDINGS)],
    }


def map_run() -> dict[str, Any]:
    """The record of the run."""
    rules = load_rules("guangdong-2009")
    return {
        "gisland": "0.1.0",
        "project": "江岸工业园",
        "as_of": "2026-01-01",
        "area_basis": "plane",
        "crs": {"name": "CGCS2000 / 3-degree Gauss-Kruger CM 114E (EPSG:4547)"},
        "rules": {
            "name": rules.name,
            "title": rules.title,
            "fingerprint": rules.fingerprint,
            "records": [vars(rule) for rule in rules],
        },
    }
