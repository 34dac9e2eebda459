"""A right result with all of before and after, worked out by hand: no tables are grouped here.

The land is that of `verify_case`. Buildings cover a quarter of every parcel; 2.2 m² of floor area
stand on a square metre, 2.0 of them counted; a tenth is green. Owners are A (S1 and around it),
B (S2 and around it) and C (k1, k2). Jobs of c3 and taxes of d1 are not known. The scenario is a
FAR of 2.5. Unit U1 is given for six parcels, U2 is drawn around k1 and k2; zone Z1 is t1 and k1.
"""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import box

from verify_case import (
    ABSORBED,
    MEMBERS,
    SHAPES,
    Case,
    _area,
    here,
    holdings,
    mixture,
    right_case,
    rule,
)

NONE = float("nan")
DRAWN = [n for n in sorted(SHAPES) if SHAPES[n] is not None]
FAR, SCENARIO = 2.5, "2.5"
UNITS = {"U1": ["c1", "c2", "c3", "k1", "s1", "s2"], "U2": ["k2"]}
ZONES = {"Z1": ["k1", "t1"]}
OWNER = {"s": "A", "c": "A", "t": "B", "d": "B", "k": "C", "r": None, "n": None}
ROADS = ("r1",)
EDGE = {"S1": 640.04, "S2": 420.0}  # perimeters of the merged sites
MERGED_M2 = {"S1": 22_000.8, "S2": 11_000.0}  # with the hairline gap
CONDITIONS = {
    "far_min": (1.0, ">=", "ratio"),
    "far_max": (2.0, "<=", "ratio"),
    "coverage_max": (0.25, "<=", "share"),
    "green_min": (0.2, ">=", "share"),
    "height_max_m": (24.0, "<=", "m"),
}
Row = list[Any]


def amounts(name: str) -> dict[str, float]:
    """What exists on a parcel."""
    area = _area(name)
    return {
        "land_area": area,
        "floor_area": area * 2.2,
        "counted_floor_area": area * 2.0,
        "footprint": area / 4,
        "green_area": area / 10,
        "open_space": area * 0.75,
        "storeys": area * 2.2,
        "estimated_floor_area": 100.0 if name == "k2" else 0.0,
        "tax": NONE if name == "d1" else area * 30,
        "jobs": NONE if name == "c3" else area / 50,
    }


def site_of(name: str) -> str | None:
    """Site that a parcel becomes part of."""
    return MEMBERS.get(name, ABSORBED.get(name))


def after(name: str) -> dict[str, float]:
    """What is on a parcel after: of sites the planned floor area."""
    found = amounts(name)
    if site_of(name):
        found |= dict.fromkeys(("floor_area", "storeys", "estimated_floor_area"), NONE)
        found["counted_floor_area"] = FAR * _area(name)
    return found


def members(subject: str, when: str) -> list[str]:
    """Parcels of a subject."""
    kind, _, label = subject.partition(":")
    if kind == "overall":
        return DRAWN
    if kind == "site":
        parts = MEMBERS if when == "before" else MEMBERS | ABSORBED
        return sorted(n for n, site in parts.items() if site == label)
    return (UNITS if kind == "unit" else ZONES)[label]


def piece(name: str, when: str) -> str:
    """Piece of land that a parcel is part of."""
    return (site_of(name) or name) if when == "after" else name


def compactness(of: str) -> float:
    """Compactness of a piece."""
    if of in EDGE:
        return 4 * math.pi * MERGED_M2[of] / EDGE[of] ** 2
    west, south, east, north = SHAPES[of]
    return math.pi * (east - west) * (north - south) / (east - west + north - south) ** 2


def side(subject: str, when: str) -> tuple[dict[str, float], dict[str, int]]:
    """Numbers of a subject, and the parcels that lack them."""
    names = members(subject, when)
    each = [amounts(n) if when == "before" else after(n) for n in names]
    number = {k: sum(e[k] for e in each) for k in each[0]}  # a sum with NaN is NaN
    lacks = {k: sum(math.isnan(e[k]) for e in each) for k in each[0]}
    number |= {"mu": number["land_area"] * 15 / 1e4, "ha": number["land_area"] / 1e4}
    number["parcels"] = len({piece(n, when) for n in names})
    sizes: dict[str, float] = {}
    plots: dict[str, dict[str, float]] = {}
    for name in names:
        owner = OWNER[name[0]]
        if name not in ROADS:
            of = piece(name, when)
            sizes[of] = sizes.get(of, 0.0) + _area(name)
            if owner:
                own = plots.setdefault(owner, {})
                own[of] = own.get(of, 0.0) + _area(name)
    ordered = sorted(sizes.values())
    number |= {
        "patches": len(sizes),
        "patch_area": sum(ordered),
        "squares": sum(a * a for a in ordered),
        "median": (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2,
        "round": sum(compactness(of) * a for of, a in sizes.items()),
        "owners": len(plots),
        "plots": sum(map(len, plots.values())),
        "simpson": sum(
            1 - sum(a * a for a in p.values()) / sum(p.values()) ** 2 for p in plots.values()
        ),
        "januszewski": sum(
            sum(p.values()) ** 0.5 / sum(a**0.5 for a in p.values()) for p in plots.values()
        ),
    }
    lacks["owners"] = sum(OWNER[n[0]] is None for n in names)
    return number, lacks


SUMS = {  # theme, unit, number
    "parcels": ("land", "count", "parcels"),
    "land_area": ("land", "m2", "land_area"),
    "land_area_mu": ("land", "mu", "mu"),
    "land_area_ha": ("land", "ha", "ha"),
    "floor_area": ("density", "m2", "floor_area"),
    "counted_floor_area": ("density", "m2", "counted_floor_area"),
    "green_area": ("density", "m2", "green_area"),
    "open_space": ("density", "m2", "open_space"),
    "estimated_floor_area": ("density", "m2", "estimated_floor_area"),
    "tax": ("economy", "yuan", "tax"),
    "jobs": ("economy", "count", "jobs"),
    "patches": ("fragmentation", "count", "patches"),
    "median_parcel_area": ("fragmentation", "m2", "median"),
    "owners": ("owners", "count", "owners"),
}
RATIOS = {  # theme, unit, numerator, denominator as told and as a number
    "far": ("density", "ratio", "counted_floor_area", "land_area", "land_area"),
    "far_actual": ("density", "ratio", "floor_area", "land_area", "land_area"),
    "coverage": ("density", "share", "footprint", "land_area", "land_area"),
    "green_ratio": ("density", "share", "green_area", "land_area", "land_area"),
    "open_space_share": ("density", "share", "open_space", "land_area", "land_area"),
    "open_space_ratio": ("density", "ratio", "open_space", "floor_area", "floor_area"),
    "mean_storeys": ("density", "ratio", "storeys", "footprint", "footprint"),
    "tax_per_mu": ("economy", "yuan/mu", "tax", "land_area_mu", "mu"),
    "jobs_per_mu": ("economy", "count/mu", "jobs", "land_area_mu", "mu"),
    "mean_parcel_area": ("fragmentation", "m2", "patch_area", "patches", "patches"),
    "weighted_mean_parcel_area": ("fragmentation", "m2", "squares", "patch_area", "patch_area"),
    "effective_mesh_size": ("fragmentation", "m2", "squares", "land_area", "land_area"),
    "compactness": ("fragmentation", "ratio", "round", "patch_area", "patch_area"),
    "owners_per_ha": ("owners", "count/ha", "owners", "land_area_ha", "ha"),
    "parcels_per_owner": ("owners", "count", "plots", "owners", "owners"),
    "owner_simpson": ("owners", "ratio", "simpson", "owners", "owners"),
    "owner_januszewski": ("owners", "ratio", "januszewski", "owners", "owners"),
}


def rows_of(subject: str) -> list[Row]:
    """Indicators of one subject."""
    (old, lack_old), (new, lack_new) = side(subject, "before"), side(subject, "after")
    rows: list[Row] = []
    for name, (theme, unit, of) in SUMS.items():
        lacks = [lack_old.get(of, 0), lack_new.get(of, 0)]
        rows.append([subject, theme, name, old[of], new[of], unit, "", NONE, NONE, *lacks])
    for name, (theme, unit, of, told, by) in RATIOS.items():
        lacks = [max(lack.get(of, 0), lack.get(by, 0)) for lack in (lack_old, lack_new)]
        values = [n[of] / n[by] for n in (old, new)]
        rows.append([subject, theme, name, *values, unit, told, old[by], new[by], *lacks])
    land = new["land_area"]
    uses = {use for use, *_ in uses_of(subject)} | {use for _, use, _ in uses_of(subject)}
    for use in sorted(uses):
        shares = [sum(u[2] for u in uses_of(subject) if u[k] == use) / land for k in (0, 1)]
        name = f"use_share_{use}"
        rows.append([subject, "use", name, *shares, "share", "land_area_after", land, land, 0, 0])
    believed = {
        "edge_density": ("m/ha", "land_area_ha", "ha", 100.0),
        "rectangularity": ("ratio", "patch_area", "patch_area", 1.0),
        "small_parcels_share": ("share", "patch_area", "patch_area", 0.0),
    }
    for name, (unit, told, by, value) in believed.items():
        row = [subject, "fragmentation", name, value, value, unit, told, old[by], new[by], 0, 0]
        rows.append(row)
    rows.append(
        [subject, "fragmentation", "small_parcels", 0.0, 0.0, "count", "", NONE, NONE, 0, 0]
    )
    return rows


def use_of(name: str) -> str:
    """Class of a parcel; s2 has none."""
    return {"r1": "transport", "k2": "green", "s2": "not_classified", "c2": "reserve"}.get(
        name, "industrial"
    )


def uses_of(subject: str) -> list[tuple[str, str, float]]:
    """Use before, use after and land of the parcels; both sites become industrial."""
    return [
        (use_of(n), "industrial" if site_of(n) else use_of(n), _area(n))
        for n in members(subject, "after")
    ]


def matrix(subjects: list[str]) -> pd.DataFrame:
    """Use before and after; what is planned is industrial but on roads."""
    rows: list[Row] = []
    for subject in subjects:
        land = sum(a for *_, a in uses_of(subject))
        for basis in ("merged", "planned"):
            cells: dict[tuple[str, str], float] = {}
            for old, new, area in uses_of(subject):
                then = new if basis == "merged" else "not_classified"
                cells[old, then] = cells.get((old, then), 0.0) + area
            for (old, new), area in sorted(cells.items()):
                rows.append([subject, basis, old, new, area, area * 15 / 1e4, area / land])
    names = ["subject", "basis", "use_before", "use_after", "area_m2", "area_mu", "share"]
    return pd.DataFrame(rows, columns=names)


def conditions() -> pd.DataFrame:
    """Every condition of both sites: FAR 2 before and 2.5 after, a quarter built, 20 m high."""
    told = {
        "far_min": (2.0, 2.5, "pass", "pass"),
        "far_max": (2.0, 2.5, "pass", "fail"),
        "coverage_max": (0.25, 0.25, "pass", "pass"),
        "green_min": (0.1, 0.1, "fail", "fail"),
        "height_max_m": (20.0, 20.0, "pass", "pass"),
    }
    rows = [
        {
            "site_id": site,
            "condition": name,
            "unit": unit,
            "operator": operator,
            "denominator": "" if unit == "m" else "land_area",
            "source": "zone",
            "source_ids": "Z7",
            "outcome_before": told[name][2],
            "outcome_after": told[name][3],
            "limit_before": limit,
            "limit_after": limit,
            "known_share": 1.0,
            "value_before": told[name][0],
            "value_after": told[name][1],
        }
        for site in ("S1", "S2")
        for name, (limit, operator, unit) in CONDITIONS.items()
    ]
    return pd.DataFrame(rows)


def capacity() -> pd.DataFrame:
    """Capacities: FAR from 1 to 2 on all land, twice as much floor area as land exists."""
    rows = []
    for site, before, scrap in (("S1", 20_000.0, 2000.0), ("S2", 10_000.0, 1000.0)):
        whole = before + scrap
        rows.append(
            {
                "site_id": site,
                "scenario": SCENARIO,
                "rule_id": "scrap.site_conditions",
                "area_before_m2": before,
                "scrap_area_m2": scrap,
                "area_after_m2": whole,
                "far_min_before": 1.0,
                "far_max_before": 2.0,
                "far_min_after": 1.0,
                "far_max_after": 2.0,
                "planned_far": FAR,
                "existing_m2": whole * 2,
                "capacity_min_before_m2": before,
                "capacity_max_before_m2": before * 2,
                "scrap_capacity_min_m2": scrap,
                "scrap_capacity_max_m2": scrap * 2,
                "capacity_min_after_m2": whole,
                "capacity_max_after_m2": whole * 2,
                "planned_floor_m2": whole * FAR,
                "left_m2": 0.0,
                "gained_m2": scrap * 2,
                "gained_net_m2": 0.0,
            }
        )
    return pd.DataFrame(rows)


def capacity_rows() -> list[Row]:
    """Capacities among the indicators: of the sites, and all of both."""
    rows: list[Row] = []
    for subject, before, scrap in (
        ("overall", 30_000.0, 3000.0),
        ("site:S1", 20_000.0, 2000.0),
        ("site:S2", 10_000.0, 1000.0),
    ):
        whole = before + scrap
        for name, values in {
            "capacity_min": (before, whole),
            "capacity_max": (before * 2, whole * 2),
            "capacity_left": (NONE, 0.0),
            "capacity_gained": (NONE, scrap * 2),
        }.items():
            rows.append([subject, "capacity", name, *values, "m2", "", NONE, NONE, 0, 0])
    return rows


def indicators(subjects: list[str]) -> pd.DataFrame:
    """All indicators."""
    rows = [row for subject in subjects for row in rows_of(subject)] + capacity_rows()
    names = ["subject", "theme", "indicator", "before", "after", "unit", "denominator"]
    more = ["denominator_before", "denominator_after", "missing_before", "missing_after"]
    frame = pd.DataFrame(rows, columns=[*names, *more])
    frame = frame[frame[["before", "after"]].notna().any(axis=1)]
    frame.insert(5, "delta", frame["after"] - frame["before"])
    return frame.reset_index(drop=True)


def buildings() -> gpd.GeoDataFrame:
    """Four buildings: floors given, estimated by height, by the floor area, and not known.

    h2 lies on k1 and k2 and, with 20 m², on neither; it is 10.4 m high with storeys of 4 m: 3
    floors. h3 stands in the open. Storeys above 8 m count twice: h1 has one of 9 m.
    """
    rows = [
        ["h1", "given", "k1", 1, 1.0, 9.0, NONE, 100.0, 120.0, 200.0, 20.0, 0.0],
        ["h2", "height", "k1;k2", 2, 3.0, 10.4, 4.0, 240.0, 720.0, 720.0, 0.0, 20.0],
        ["h3", "floor_area", "", 0, NONE, NONE, NONE, 100.0, 500.0, 500.0, 0.0, 100.0],
        ["h4", "missing", "k2", 1, NONE, NONE, NONE, 100.0, NONE, NONE, 0.0, 0.0],
    ]
    names = ["building_id", "floors_from", "parcel_ids", "parcels", "floors", "height_m"]
    names += ["floor_height_m", "footprint_m2", "floor_area_m2", "counted_floor_area_m2"]
    names += ["underground_floor_area_m2", "off_parcels_m2"]
    shapes = [
        box(10, -150, 20, -140),
        box(94, -200 - 5 / 3, 106, -180 - 5 / 3),  # 12 m x 20 m, 5/3 m of it below k1 and k2
        box(500, -150, 510, -140),
        box(120, -150, 130, -140),
    ]
    drawn = [here(shape) for shape in shapes]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry=drawn, crs=4547)


def mixtures(lots: pd.DataFrame) -> pd.DataFrame:
    """Tenures of the whole, and of Z1: all of it state land in two patches."""
    whole = mixture(lots)
    areas = {"area_m2": 20_000.0, "area_mu": 30.0, "state_mu": 30.0, "state_patches": 2}
    none = ["collective_mu", "undetermined_mu", "unknown_mu", "collective_patches"]
    none += ["mixed_border_m", "mixed_m_per_ha", "enclave_parcels", "enclave_share"]
    zone = whole.assign(zone_id="Z1", parcels=2, **areas, **dict.fromkeys(none, 0))
    return pd.concat([whole, zone], ignore_index=True)


def full_case() -> Case:
    """The right result, with all tables of before and after."""
    case = right_case()
    lots = case.tables["parcels"]
    names = list(lots["parcel_id"])
    known = [n if n in DRAWN else None for n in names]
    each = [amounts(n) if n else {} for n in known]
    unit = dict.fromkeys(UNITS["U1"], "U1")
    zone = dict.fromkeys(ZONES["Z1"], "Z1")
    use = [None if use_of(n) == "not_classified" else use_of(n) for n in names]
    lots = lots.assign(
        owner=pd.Series([OWNER[n[0]] for n in names], dtype="str"),
        use_class=pd.Series(use, dtype="str"),
        counted_floor_area_m2=[e.get("counted_floor_area") for e in each],
        floor_area_m2=[e.get("floor_area") for e in each],
        footprint_m2=[e.get("footprint") for e in each],
        green_m2=[e.get("green_area") for e in each],
        tax_yuan=[e.get("tax") for e in each],
        jobs=[e.get("jobs") for e in each],
        unit_id=pd.Series([unit.get(n) for n in names], dtype="str"),
        zone_id=pd.Series([zone.get(n) for n in names], dtype="str"),
        far_actual=[2.2 if n else None for n in known],
        coverage=[0.25 if n else None for n in known],
        green_ratio=[0.1 if n else None for n in known],
        mean_storeys=[8.8 if n else None for n in known],
        tax_yuan_per_mu=[20_000.0 if n and n != "d1" else None for n in known],
        jobs_per_mu=[200 / 15 if n and n != "c3" else None for n in known],
        building_height_m=[20.0 if n else None for n in known],
        floor_area_estimated_m2=[e.get("estimated_floor_area") for e in each],
        conditions_failed=[None if not n or n in ROADS else "green_min" for n in known],
    )
    for name, (limit, *_) in CONDITIONS.items():
        lots[f"planned_{name}"] = [limit if n else None for n in known]
    case.tables["parcels"] = lots
    case.rules(rule("scrap.site_conditions", value=True))
    case.run["parameters"] |= {"scenario": FAR, "estimate_floors": "height"}
    sites = case.tables["sites"]
    case.tables["sites"] = sites.assign(coverage_before=0.25, coverage_after=0.25)
    subjects = ["overall", "site:S1", "site:S2", "zone:Z1", "unit:U1", "unit:U2"]
    around = here(box(110, -210, 160, -90))  # most of k2, and none of k1
    case.tables |= {
        "indicators": indicators(subjects),
        "use_matrix": matrix(subjects),
        "conditions": conditions(),
        "capacity": capacity(),
        "buildings": buildings(),
        "planning_units": gpd.GeoDataFrame({"unit_id": ["U2"]}, geometry=[around], crs=4547),
        "holdings": holdings(lots),
        "mixture": mixtures(lots),
    }
    rows = case.tables["verdicts"]
    outcome = rows["outcome"].mask(rows["test"] == "same_owner", "pass")
    case.tables["verdicts"] = rows.assign(outcome=outcome)
    case.run["inputs"] = [*case.run["inputs"], {"layer": "buildings", "rows": 4}]
    return case
