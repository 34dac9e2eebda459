"""Hand-made result tables of a made-up district: eleven parcels, two sites, four scraps."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely import Polygon, box
from shapely.affinity import translate

CRS = "EPSG:4547"
X, Y = 512_000.0, 3_400_000.0
QUOTATION = "零星用地面积不超过改造开发项目总用地面积10%"
SHAPES: dict[str, Any] = {
    "A1": box(0, 0, 200, 120),
    "A2": box(200, 0, 300, 120),
    "B1": box(400, 0, 550, 100),
    "C1": box(0, 120, 60, 140),
    "C2": box(60, 120, 300, 140),
    "C3": Polygon([(300, 0), (330, 0), (300, 60)]),
    "C4": box(400, 100, 430, 130),
    "K1": box(0, 160, 300, 260),
    "K2": box(440, 110, 550, 200),
    "K3": box(-120, 0, -10, 140).difference(box(-80, 40, -50, 70)),
    "N1": None,
}
OWNERS = dict.fromkeys(["A1", "A2", "C1", "C3"], "津北机械制造有限公司") | {
    "B1": "海河仓储股份公司",
    "C2": "土地整理中心",
    "C4": "海河仓储股份公司",
    "K1": "新华纺织厂",
    "K2": "青光村集体经济合作社",
    "K3": "新华纺织厂",
    "N1": "未登记",
}
IDS = ["added_ids", "removed_ids"]
VERDICTS = {
    "A1": "site",
    "A2": "site",
    "B1": "site",
    "C1": "absorbed",
    "C2": "ineligible",
    "C3": "eligible",
    "C4": "absorbed",
}


def _frame(rows: list[dict[str, Any]], geometry: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(geometry, crs=CRS))


def _moved(shape: Polygon | None) -> Polygon | None:
    return None if shape is None else translate(shape, X, Y)


def parcels() -> gpd.GeoDataFrame:
    rows = [
        {
            "parcel_id": name,
            "owner": OWNERS[name],
            "tenure": "collective" if name == "K2" else "state",
            "use_class": "logistics" if name in {"B1", "C4"} else "industrial",
            "tax_yuan": 1_200_000.0 if name == "A1" else None,
            "备注": "原厂区" if name == "A1" else None,
            "area_m2": shape.area if shape else None,
            "area_mu": shape.area * 15 / 10_000 if shape else None,
            "far": 0.8 if name == "A1" else None,
            "far_actual": 0.9 if name == "A1" else None,
            "coverage": 0.335 if name == "A1" else None,
            "green_ratio": 0.12 if name == "A1" else None,
            "mean_storeys": 2.4 if name == "A1" else None,
            "building_height_m": 21.5 if name == "A1" else None,
            "floor_area_estimated_m2": 3_000.0 if name == "A1" else None,
            "planning_zone_id": "G-01" if name == "A1" else None,
            "planned_far_min": 1.0 if name == "A1" else None,
            "planned_far_max": 1.7 if name in {"A1", "A2"} else None,
            "planned_coverage_max": 0.4 if name == "A1" else None,
            "planned_height_max_m": 24.0 if name in {"A1", "A2"} else None,
            "conditions_failed": "far_min" if name == "A1" else None,
            "unit_id": ("U2" if name in {"B1", "C4", "K2"} else "U1") if shape else None,
            "fragment": name.startswith("C"),
            "fragment_reasons": "min_lot;min_width" if name.startswith("C") else None,
            "enclave_of": "owner:青光村集体经济合作社" if name == "K2" else None,
            "scrap_kind": "corner" if name.startswith("C") else None,
            "verdict": VERDICTS.get(name, "none"),
            "site_id": {"A": "S1", "B": "S2"}.get(name[0]),
            "reasons": "no_geometry" if name == "N1" else None,
            "low_use": name == "K1",
        }
        for name, shape in SHAPES.items()
    ]
    return _frame(rows, [_moved(s) for s in SHAPES.values()])


def sites() -> gpd.GeoDataFrame:
    common = {
        "share_denominator": "including",
        "cap": 0.1,
        "cap_operator": "<=",
        "boundary_area_m2": None,
        "scrap_share_boundary": None,
        "candidate_share_boundary": None,
        "optimal": True,
        "gap_closed_m2": 0.0,
        "overlap_m2": 0.0,
        "coverage_before": 0.335,
        "coverage_after": None,
    }
    first = {
        "site_id": "S1",
        "parcel_ids": "A1;A2",
        "absorbed_ids": "C1",
        "parcels_before": 2,
        "parcels_after": 1,
        "area_before_m2": 36_000.0,
        "scrap_area_m2": 1_200.0,
        "area_after_m2": 37_200.0,
        "scrap_share": 1_200 / 37_200,
        "denominator_m2": 37_200.0,
        "scrap_share_including": 1_200 / 37_200,
        "scrap_share_excluding": 1_200 / 36_000,
        "candidate_ids": "C1;C2;C3",
        "candidate_area_m2": 6_900.0,
        "candidate_share_including": 6_900 / 42_900,
        "candidate_share_excluding": 6_900 / 36_000,
        "far_before": 0.8,
        "far_after": 1.7,
        "planned_far": 1.7,
        "bound_m2": 1_200.0,
        "component": 1,
    }
    second = first | {
        "site_id": "S2",
        "parcel_ids": "B1",
        "absorbed_ids": "C4",
        "parcels_before": 1,
        "area_before_m2": 15_000.0,
        "scrap_area_m2": 900.0,
        "area_after_m2": 15_900.0,
        "scrap_share": 900 / 15_900,
        "denominator_m2": 15_900.0,
        "scrap_share_including": 900 / 15_900,
        "scrap_share_excluding": 900 / 15_000,
        "candidate_ids": "C4",
        "candidate_area_m2": 900.0,
        "candidate_share_including": 900 / 15_900,
        "candidate_share_excluding": 900 / 15_000,
        "far_before": None,
        "far_after": None,
        "planned_far": None,
        "bound_m2": 900.0,
        "component": 2,
    }
    merged = [["A1", "A2", "C1"], ["B1", "C4"]]
    geometry = [shapely.union_all([_moved(SHAPES[n]) for n in names]) for names in merged]
    return _frame([first | common, second | common], geometry)


def plan() -> gpd.GeoDataFrame:
    rows = [
        ("C1", "S1", "corner", 1_200.0, 60.0, "absorbed", None),
        ("C2", "S1", "adjacent", 4_800.0, 240.0, "ineligible", "area_cap;same_owner"),
        ("C3", "S1", "corner", 900.0, 60.0, "eligible", "not_chosen"),
        ("C4", "S2", "sandwiched", 900.0, 30.0, "absorbed", None),
    ]
    names = ["parcel_id", "site_id", "scrap_kind", "area_m2", "border_m", "verdict", "reasons"]
    shares = {"site_share": 0.375, "sites_share": 0.375, "free_share": 0.5, "other_share": 0.125}
    shares |= {"hull_share": 0.0, "hole_share": 0.0, "rule_id": "scrap.area_cap"}
    shares |= {"corridor_m": 0.0, "links": 0, "link_m": None}
    records = [dict(zip(names, r, strict=True)) | shares for r in rows]
    return _frame(records, [_moved(SHAPES[r[0]]) for r in rows])


def verdicts() -> pd.DataFrame:
    rows = []
    for pair in plan().itertuples():
        area = {"parcel_id": pair.parcel_id, "value": pair.area_m2, "unit": "m2", "mode": "on"}
        large = pair.area_m2 >= 2_000
        cap = {"test": "area_cap", "limit": 2_000.0, "operator": "<", "rule_id": "scrap.area_cap"}
        lot = {"test": "min_lot", "limit": 5_000.0, "operator": ">=", "subject": ""}
        rows.append(area | cap | {"subject": pair.site_id, "outcome": "fail" if large else "pass"})
        rows.append(area | lot | {"outcome": "fail", "rule_id": "fragment.min_lot.industrial"})
        owner = {
            "parcel_id": pair.parcel_id,
            "subject": pair.site_id,
            "test": "same_owner",
            "outcome": "fail" if pair.parcel_id == "C2" else "pass",
            "rule_id": "scrap.same_owner",
            "mode": "advisory",
        }
        rows.append(owner)
    rows.append(
        {
            "parcel_id": "C3",
            "subject": "S1",
            "test": "share_cap",
            "outcome": "fail",
            "value": 0.1000004,
            "limit": 0.1,
            "operator": "<=",
            "unit": "share",
            "denominator": "including",
            "rule_id": "scrap.share_cap",
            "mode": "on",
        }
    )
    told = {"outcome": "fail", "mode": "on", "value": 1.0, "limit": 0.75, "operator": "<"}
    told |= {"unit": "share", "denominator": "outer boundary", "rule_id": "definition.no_way_out"}
    rows.append({"parcel_id": "C4", "subject": "owner", "test": "enclave"} | told)
    kind = told | {"subject": "", "mode": "advisory", "rule_id": "parameters.sandwiched_share"}
    rows.append({"parcel_id": "C4", "test": "kind_sandwiched"} | kind)
    names = ["parcel_id", "subject", "test", "outcome", "value", "limit", "operator", "unit"]
    return pd.DataFrame(rows)[[*names, "denominator", "rule_id", "mode"]]


def lineage() -> pd.DataFrame:
    roles = {"site": "site", "absorbed": "absorbed"}
    hosts = {"A1": "S1", "A2": "S1", "C1": "S1", "B1": "S2", "C4": "S2"}
    rows = [
        {
            "parcel_id": name,
            "after_id": hosts.get(name, name),
            "role": roles.get(VERDICTS.get(name, ""), "kept") if shape else "no_geometry",
            "area_m2": shape.area if shape else None,
        }
        for name, shape in SHAPES.items()
    ]
    return pd.DataFrame(rows)


def _indicator(subject: str, told: str, *values: float | None) -> dict[str, Any]:
    """One row: theme, name, unit and denominator in words, then before, after and the rest."""
    theme, name, unit, over = (*told.split(), "")[:4]
    before, after, of_before, of_after, *missing = (*values, *[None] * 6)[:6]
    known = before is not None and after is not None
    return {
        "subject": subject,
        "theme": theme,
        "indicator": name,
        "before": before,
        "after": after,
        "delta": after - before if known else None,
        "unit": unit,
        "denominator": over or None,
        "denominator_before": of_before if over else None,
        "denominator_after": of_after if over else None,
        "missing_before": missing[0] or 0,
        "missing_after": missing[1] or 0,
    }


def _of_subject(subject: str, land: tuple[float, float]) -> list[dict[str, Any]]:
    mu = tuple(a * 15 / 10_000 for a in land)
    ha = tuple(a / 10_000 for a in land)
    far, covered = (0.8, 1.7), (0.335, 0.4)
    return [
        _indicator(subject, "land parcels count", 3.0, 1.0),
        _indicator(subject, "land land_area m2", *land),
        _indicator(subject, "land land_area_mu mu", *mu),
        _indicator(
            subject,
            "density counted_floor_area m2",
            *(f * a for f, a in zip(far, land, strict=True)),
        ),
        _indicator(subject, "density far ratio land_area", *far, *land),
        _indicator(subject, "density coverage share land_area", *covered, *land),
        _indicator(subject, "economy tax_per_mu yuan/mu land_area_mu", 16_200.0, None, *mu, 0, 1),
        _indicator(subject, "economy output_per_mu yuan/mu land_area_mu", 4.5e6, 4.5e6, *mu),
        _indicator(subject, "use use_share_industrial share land_area", 1.0, 0.97, *land),
        _indicator(
            subject, "fragmentation effective_mesh_size m2 land_area", 20_000.0, 37_200.0, *land
        ),
        _indicator(subject, "fragmentation edge_density m/ha land_area_ha", 312.5, 221.04, *ha),
        _indicator(subject, "owners parcels_per_owner ratio owners", 1.5, 1.25, 2.0, 2.0),
    ]


def indicators() -> pd.DataFrame:
    """Of the whole area, both sites, one zone and two planning units."""
    subjects = {
        "overall": (113_200.0, 113_200.0),
        "site:S1": (36_000.0, 37_200.0),
        "site:S2": (15_000.0, 15_900.0),
        "zone:Z1": (30_000.0, 30_000.0),
        "unit:U1": (88_800.0, 88_800.0),
        "unit:U2": (24_400.0, 24_400.0),
    }
    rows = [row for name, land in subjects.items() for row in _of_subject(name, land)]
    whole = _indicator("overall", "capacity capacity_gained m2", None, 2_040.0)
    rows.insert(12, whole)
    return pd.DataFrame(rows)


def use_matrix() -> pd.DataFrame:
    """Use of the whole area (113 200 m²) and of S1: after merging, and as planned."""
    rows = [
        ("overall", "merged", "industrial", "industrial", 97_300.0),
        ("overall", "merged", "logistics", "industrial", 900.0),
        ("overall", "merged", "logistics", "logistics", 15_000.0),
        ("overall", "planned", "industrial", "industrial", 60_000.0),
        ("overall", "planned", "industrial", "commercial", 20_000.0),
        ("overall", "planned", "industrial", "green", 10_000.0),
        ("overall", "planned", "industrial", "not_classified", 7_300.0),
        ("overall", "planned", "logistics", "logistics", 10_000.0),
        ("overall", "planned", "logistics", "transport", 5_900.0),
        ("site:S1", "merged", "industrial", "industrial", 37_200.0),
    ]
    frame = pd.DataFrame(rows, columns=["subject", "basis", "use_before", "use_after", "area_m2"])
    land = frame.groupby(["subject", "basis"])["area_m2"].transform("sum")
    return frame.assign(area_mu=frame["area_m2"] * 15 / 10_000, share=frame["area_m2"] / land)


def conditions() -> pd.DataFrame:
    """S1 is below its least FAR and lacks heights; S2 has a condition on half of its land."""
    plain = {"site_id": "S1", "source": "zone", "source_ids": "G-01", "known_share": 1.0}
    ratio = {"unit": "ratio", "denominator": "land_area"}
    rows = [
        plain
        | ratio
        | {"condition": "far_min", "operator": ">=", "limit_before": 1.0, "limit_after": 1.0}
        | {"value_before": 0.8, "value_after": 1.7}
        | {"outcome_before": "fail", "outcome_after": "pass"},
        plain
        | ratio
        | {"condition": "far_max", "operator": "<=", "limit_before": 1.7, "limit_after": 1.7}
        | {"source": "zone;overlay", "source_ids": "G-01;O-1"}
        | {"value_before": 0.8, "value_after": 1.7}
        | {"outcome_before": "pass", "outcome_after": "pass"},
        plain
        | {"condition": "height_max_m", "operator": "<=", "unit": "m", "denominator": None}
        | {"limit_before": 24.0, "limit_after": 24.0, "value_before": None, "value_after": None}
        | {"outcome_before": "missing", "outcome_after": "missing"},
        plain
        | {"site_id": "S2", "condition": "coverage_max", "operator": "<=", "unit": "share"}
        | {"denominator": "land_area", "known_share": 0.6, "source_ids": "G-02"}
        | {"limit_before": 0.3, "limit_after": 0.3, "value_before": 0.335, "value_after": 0.4}
        | {"outcome_before": "fail", "outcome_after": "fail"},
    ]
    return pd.DataFrame(rows)


def capacity() -> pd.DataFrame:
    """S1: 1.0 to 1.7 on 36 000 and 37 200 m², 28 800 m² there; nothing is known of S2."""
    first = {
        "site_id": "S1",
        "scenario": "far_max",
        "rule_id": "scrap.site_conditions",
        "area_before_m2": 36_000.0,
        "scrap_area_m2": 1_200.0,
        "area_after_m2": 37_200.0,
        "far_min_before": 1.0,
        "far_max_before": 1.7,
        "far_min_after": 1.0,
        "far_max_after": 1.7,
        "planned_far": 1.7,
        "existing_m2": 28_800.0,
        "capacity_min_before_m2": 36_000.0,
        "capacity_max_before_m2": 61_200.0,
        "scrap_capacity_min_m2": 600.0,
        "scrap_capacity_max_m2": 1_200.0,
        "capacity_min_after_m2": 37_200.0,
        "capacity_max_after_m2": 63_240.0,
        "planned_floor_m2": 63_240.0,
        "left_m2": 34_440.0,
        "gained_m2": 2_040.0,
        "gained_net_m2": 840.0,
    }
    known = {"site_id": "S2", "scenario": "far_max", "rule_id": "scrap.site_conditions"}
    known |= {"area_before_m2": 15_000.0, "scrap_area_m2": 900.0, "area_after_m2": 15_900.0}
    return pd.DataFrame([first, dict.fromkeys(first) | known])


def buildings() -> gpd.GeoDataFrame:
    """One building by its floors, one whose floors were estimated by height."""
    given = {
        "building_id": "H1",
        "floors_from": "given",
        "parcel_ids": "A1",
        "parcels": 1,
        "floors": 2.0,
        "height_m": 9.0,
        "floor_height_m": 4.5,
        "footprint_m2": 8_040.0,
        "floor_area_m2": 16_080.0,
        "counted_floor_area_m2": 16_080.0,
        "underground_floor_area_m2": 0.0,
        "off_parcels_m2": 0.0,
    }
    guessed = given | {"building_id": "H2", "floors_from": "height", "parcel_ids": "A1;A2"}
    guessed |= {"parcels": 2, "floors": 3.0, "off_parcels_m2": 12.5, "footprint_m2": 2_000.0}
    shapes = [box(20, 10, 120, 90.4), box(180, 20, 220, 70)]
    return _frame([given, guessed], [_moved(s) for s in shapes])


def planning_units() -> gpd.GeoDataFrame:
    shapes = [box(-130, -10, 350, 270), box(350, -10, 560, 270)]
    return _frame([{"unit_id": "U1"}, {"unit_id": "U2"}], [_moved(s) for s in shapes])


def alternatives() -> pd.DataFrame:
    """What S1 would absorb otherwise; nothing changes at S2. In force: C1, 1 200 m²."""
    rows = [
        ("second_best", "", None, 1, 0, 900.0, -300.0, 0.0, "C3", "C1", "optimal"),
        ("greedy", "", None, 0, -1, 0.0, -1_200.0, -60.0, "", "C1", "greedy"),
        ("relaxed", "area_cap", 3_000.0, 1, 0, 1_200.0, 0.0, 12.5, "C3", "C1", "optimal"),
        ("relaxed", "area_cap", None, 2, 1, 6_000.0, 4_800.0, 240.0, "C2", "", "time_limit"),
        ("relaxed", "same_owner", None, 2, 1, 6_000.0, 4_800.0, 240.0, "C2", "", "optimal"),
        ("relaxed", "share_cap", 0.12, 4, 3, 2_440.0, 1_240.0, 99.0, "C3;K1;K2", "", "optimal"),
        ("relaxed", "share_cap", None, 2, 1, 1_000.0, -200.0, 9.0, "C3;K1", "C1", "optimal"),
    ]
    names = ["kind", "constraint", "limit", "scraps", "scraps_more", "area_m2", "area_more_m2"]
    frame = pd.DataFrame(rows, columns=[*names, "border_more_m", *IDS, "status"])
    frame = frame.assign(component=1, site_id="S1", limit=frame["limit"].astype("float64"))
    return frame[["component", "site_id", *frame.columns[:-2]]]


def sweep() -> pd.DataFrame:
    """Three caps on the share with three on the area; in force: 10 % and 2 000 m²."""
    rows = [
        (cap, area, scraps, 2, m2, m2 - 2_100.0, "optimal")
        for cap, area, scraps, m2 in (
            *((0.05, 1_000.0, 1, 900.0), (0.05, 2_000.0, 1, 1_200.0), (0.05, 5_000.0, 1, 1_200.0)),
            *((0.1, 1_000.0, 2, 1_800.0), (0.1, 2_000.0, 2, 2_100.0), (0.1, 5_000.0, 2, 2_100.0)),
            *(
                (0.15, 1_000.0, 2, 1_800.0),
                (0.15, 2_000.0, 3, 3_000.0),
                (0.15, 5_000.0, 3, 6_900.0),
            ),
        )
    ]
    names = ["cap", "area_cap_m2", "scraps", "sites", "absorbed_m2", "more_m2", "status"]
    frame = pd.DataFrame(rows, columns=names)
    frame.loc[len(frame) - 1, "status"] = "time_limit"
    return frame


def differences() -> pd.DataFrame:
    """What decisions changed: S1 took C3 and C4 without them, and takes C1 with them."""
    rows = [
        ("C1", 1_200.0, None, "S1", "in", "added"),
        ("C2", 4_800.0, None, None, "in", "as_before"),
        ("C3", 900.0, "S1", None, "out", "dropped"),
        ("C4", 900.0, "S1", "S2", "S2", "moved"),
    ]
    names = ["parcel_id", "area_m2", "site_without", "site_with", "decision", "change"]
    return pd.DataFrame(rows, columns=names)


def merged() -> gpd.GeoDataFrame:
    """The sites with the columns of their parcels put together."""
    rows = [
        {"parcel_id": "S1", "owner": OWNERS["A1"], "use_class": "industrial", "tax_yuan": None},
        {"parcel_id": "S2", "owner": OWNERS["B1"], "use_class": "industrial;logistics"},
    ]
    areas = sites()[["area_after_m2"]].rename(columns={"area_after_m2": "area_m2"})
    return _frame(
        [r | a for r, a in zip(rows, areas.to_dict("records"), strict=True)], list(sites().geometry)
    )


def tables() -> dict[str, pd.DataFrame]:
    """Every table of a run, small."""
    enclave = {
        "enclave_id": "tenure:K2",
        "attribute": "tenure",
        "value": "collective",
        "parcel_ids": "K2",
        "surrounded_by": "state",
        "kind": "nearly",
        "share": 0.81,
        "free_share": 0.1,
        "area_m2": 9_900.0,
        "area_mu": 14.85,
        "surrounding_area_m2": 50_000.0,
        "surrounding_ids": "A1",
        "inside_of": None,
        "depth": 1,
        "holder_patches": 1,
        "holder_area_m2": 9_900.0,
    }
    inner = enclave | {
        "enclave_id": "owner:C4",
        "attribute": "owner",
        "value": OWNERS["C4"],
        "parcel_ids": "C4",
        "kind": "jointly",
        "surrounded_by": f"{OWNERS['K2']};{OWNERS['K1']}",
        "surrounding_ids": "K2;K1",
        "share": 1.0,
        "free_share": 0.0,
        "area_m2": 900.0,
        "area_mu": 1.35,
    }
    nested = enclave | {
        "enclave_id": "use_class:C1",
        "attribute": "use_class",
        "value": "industrial",
        "parcel_ids": "C1",
        "kind": "strict",
        "surrounded_by": "logistics",
        "share": 1.0,
        "free_share": 0.0,
        "inside_of": "use_class:B1",
        "depth": 2,
    }
    group = {
        "group_id": "G-C1",
        "parcel_ids": "C1;C3",
        "scrap_ids": "C1",
        "site_ids": "S1",
        "scrap_kind": "corner",
        "reasons": "area_cap;min_lot",
        "parcels": 2,
        "area_m2": 2_100.0,
        "area_mu": 3.15,
        "width_m": 20.0,
        "border_m": 120.0,
        "sites_share": 0.4,
        "free_share": 0.5,
        "other_share": 0.1,
    }
    holders = [
        {"owner": OWNERS["A1"], "parcels": 4, "patches": 2, "area_m2": 38_100.0, "area_mu": 57.15}
        | {"largest_patch_m2": 37_200.0, "spellings": 2},
        {"owner": "未登记", "parcels": 1, "patches": 1, "area_m2": 900.0, "area_mu": 1.35}
        | {"largest_patch_m2": 900.0, "spellings": 1},
    ]
    mixed = {
        "zone_id": "overall",
        "parcels": 10,
        "area_m2": 113_200.0,
        "area_mu": 169.8,
        "state_mu": 154.95,
        "collective_mu": 14.85,
        "undetermined_mu": 0.0,
        "unknown_mu": 0.0,
        "state_patches": 3,
        "collective_patches": 1,
        "mixed_border_m": 141.5,
        "mixed_m_per_ha": 12.5,
        "enclave_parcels": 1,
        "enclave_share": 0.1,
    }
    zone = {"zone_id": "Z1", "parcel_ids": "K1", "parcels": 1, "area_m2": 30_000.0, "area_mu": 45.0}
    block = {
        "lines": "given",
        "block_id": "一级-01",
        "level": 1.0,
        "area_m2": 80_000.0,
        "area_mu": 120.0,
        "classified_m2": 79_000.0,
        "industrial_m2": 45_000.0,
        "industrial_share": 0.5696,
        "limit": 0.6,
        "m0_m2": None,
        "m0_share": None,
        "m0_limit": None,
        "m0_outcome": "not_assessed",
        "parcels_cut": 1,
        "cut_ids": "K1",
        "other_use_ids": None,
        "outcome": "fail",
        "rule_id": "block_line.industrial_share",
    }
    finding = {
        "code": "no_geometry",
        "severity": "error",
        "layer": "parcels",
        "parcel_id": "N1",
        "other_id": None,
        "value": None,
        "unit": None,
        "message": "没有图形",
    }
    overlap = finding | {
        "code": "overlap",
        "severity": "warning",
        "parcel_id": "K1",
        "other_id": "K2",
        "value": 1.25,
        "unit": "m2",
    }
    change = {
        "parcel_id": "K3",
        "action": "make_valid",
        "other_id": None,
        "area_before_m2": 14_500.0,
        "area_after_m2": 14_500.0,
        "in_m2": 0.0,
        "out_m2": 0.0,
        "message": "自相交",
    }
    k1, k2 = _moved(SHAPES["K1"]), _moved(SHAPES["K2"])
    total = block | {"block_id": "overall", "level": None}
    total |= {"m0_m2": 11_250.0, "m0_share": 0.25, "m0_limit": 0.2, "m0_outcome": "fail"}
    return {
        "parcels": parcels(),
        "sites": sites(),
        "plan": plan(),
        "alternatives": alternatives(),
        "sweep": sweep(),
        "differences": differences(),
        "merged": merged(),
        "verdicts": verdicts(),
        "lineage": lineage(),
        "scrap_groups": _frame([group], [_moved(SHAPES["C1"])]),
        "enclaves": _frame([inner, enclave, nested], [_moved(SHAPES["C4"]), k2, k1]),
        "holdings": pd.DataFrame(holders),
        "mixture": pd.DataFrame([mixed, mixed | {"zone_id": "Z1", "parcels": 1}]),
        "zones": _frame([zone | {"far": 0.6}], [k1]),
        "block_lines": _frame([block, total], [k1, None]),
        "findings": _frame([finding, overlap], [None, k1]),
        "changes": pd.DataFrame([change]),
        "indicators": indicators(),
        "use_matrix": use_matrix(),
        "conditions": conditions(),
        "capacity": capacity(),
        "buildings": buildings(),
        "planning_units": planning_units(),
    }


def run() -> dict[str, Any]:
    """The record of that run."""
    rule = {
        "id": "scrap.share_cap",
        "mode": "on",
        "value": 0.1,
        "unit": "share",
        "operator": "<=",
        "denominator": "including",
        "title": "低效用地再开发试点典型案例（第三批）",
        "section": "案例三 四（三）",
        "quotation": QUOTATION,
        "source": "自然资源部典型案例",
        "status": "seed",
        "note": "",
    }
    area_cap = rule | {
        "id": "scrap.area_cap",
        "value": 2_000.0,
        "unit": "m2",
        "operator": "<",
        "denominator": "",
        "quotation": "单块面积小于3亩",
        "status": "sourced",
    }
    lot = area_cap | {
        "id": "fragment.min_lot.industrial",
        "value": 5_000.0,
        "operator": ">=",
        "quotation": "",
        "title": "经验值",
        "section": "",
        "status": "general knowledge",
    }
    owner = rule | {"id": "scrap.same_owner", "mode": "advisory", "value": ["土地整理中心"]}
    components = [
        {"component": n, "sites": 1, "scraps": s, "absorbed_m2": a, "bound_m2": a}
        | {"absorbed_scraps": 1, "bound_scraps": None, "greedy_m2": g, "status": "optimal"}
        for n, s, a, g in ((1, 3, 1_200.0, 0.0), (2, 1, 900.0, 900.0))
    ]
    layer = {
        "layer": "parcels",
        "path": "宗地.shp",
        "sha256": "9f" * 32,
        "rows": 11,
        "encoding": "GB18030",
        "encoding_evidence": "no .cpg",
        "crs": "EPSG:4547",
    }
    return {
        "gisland": "0.1.0",
        "project": "北辰经济技术开发区东区",
        "language": "zh",
        "as_of": "2026-01-01",
        "inputs": [layer],
        "crs": {"name": "EPSG:4547", "wkt": "", "chosen": "the parcel layer's own"},
        "area_basis": "plane",
        "parameters": {"tolerance_m": 0.1, "min_border_m": 1.0},
        "rules": {
            "name": "tianjin-2024",
            "title": "天津市零星用地规则（2024）",
            "jurisdiction": "天津市",
            "fingerprint": "0123456789abcdef",
            "records": [lot, area_cap, owner, rule],
        },
        "sites_from": "layer",
        "versions": {},
        "timings_s": {},
        "counts": {"fragments": 4},
        "components": components,
        "plan": {
            "method": "exact",
            "objective": "area",
            "required": None,
            "protected": None,
            "decisions": {"C1": "in", "C2": "in", "C3": "out", "C4": "S2"},
        },
        "skipped": [{"analysis": "low_use", "reason": "parcels 没有 output_yuan 列"}],
    }
