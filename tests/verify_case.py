"""A right result made by hand: 15 parcels, two sites, every test of eligibility in force.

Site S1 (20 000 m²) may absorb 2 222.22 m² under the cap of 10 % including: c1 and c2 (2 000 m²);
c3 would fit only without one of them, c4 has another tenure, c5 only meets a corner. Site S2
(10 000 m²) absorbs d1 (1 000 m²); d2 does not fit as well; d3 lies on the red line.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Geometry, box, union_all
from shapely.affinity import translate

from gisland.base.rule import Rule
from gisland.base.rules import RuleSet
from gisland.base.rulespecs import SHAPE_UNITS
from gisland.layers.writing.results import Results, result_frame
from gisland.verify import Violation, verify
from gisland.verify.facts import Facts, gather

EAST, NORTH = 600_000.0, 3_400_000.0
SHAPES: dict[str, tuple[float, float, float, float] | None] = {
    "s1": (0, 0, 100, 100),
    "s2": (100, 0, 200, 100),
    "c1": (0, 100.02, 40, 120.02),  # a hairline gap of 0.02 m to s1
    "c2": (40, 100, 100, 120),
    "c3": (100, 100, 130, 120),
    "c4": (130, 100, 200, 120),
    "c5": (200, 100, 230, 130),
    "t1": (300, 0, 400, 100),
    "d1": (400, 0, 410, 100),
    "d2": (300, 100, 400, 110),
    "d3": (290, 0, 300, 100),
    "k1": (0, -200, 100, -100),
    "k2": (100, -200, 150, -100),
    "r1": (0, -20, 410, 0),
    "n1": None,
}
MEMBERS = {"s1": "S1", "s2": "S1", "t1": "S2"}
ABSORBED = {"c1": "S1", "c2": "S1", "d1": "S2"}
BORDER = {"c1": 40, "c2": 60, "c3": 30, "c4": 70, "c5": 0, "d1": 100, "d2": 100, "d3": 100}
SITE_OF = {"c": "S1", "d": "S2"}
AREA = {"S1": 20_000.0, "S2": 10_000.0}
FAILS = {"c4": ["same_tenure"], "c5": ["adjacent"], "d3": ["exclusion"]}
LEFT = {"c3": ["cap_full"], "d2": ["cap_full"]}
DECIDED = {
    "c3": "scrap.share_cap",
    "c4": "scrap.same_tenure",
    "c5": "scrap.adjacent",
    "d2": "scrap.share_cap",
    "d3": "scrap.exclusion",
}
CITED = dict.fromkeys(("title", "section", "quotation", "source", "note"), "")
UNKNOWN = (  # columns of parcels that this case has no values for
    *("far_actual", "coverage", "green_ratio", "mean_storeys", "building_height_m"),
    *("floor_area_estimated_m2", "planned_coverage_min", "planned_coverage_max"),
    *("planned_green_min", "planned_green_max", "planned_height_min_m", "planned_height_max_m"),
    *("tax_yuan_per_mu", "output_yuan_per_mu", "investment_yuan_per_mu", "jobs_per_mu"),
    "conditions_failed",
)


def rule(rule_id: str, value: Any, **more: str) -> Rule:  # noqa: ANN401 - any kind of value
    plain = {"mode": "on", "unit": "", "operator": "", "denominator": "", "status": "seed"}
    return Rule(id=rule_id, value=value, **{**CITED, **plain, **more})


RULES = (
    rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="including"),
    rule("scrap.area_cap", 1500.0, unit="m2", operator="<="),
    rule("scrap.count_cap", 2.0, unit="count", operator="<="),
    rule("scrap.not_developable", value=True),
    rule("scrap.same_tenure", value=True),
    rule("scrap.same_owner", ("land bank",), unit="owner"),
    rule("scrap.same_use", ("reserve",), unit="use_class"),
    rule("scrap.forbidden_planned_use", ("residential",), unit="use"),
    rule("scrap.exclusion", 0.0, unit="m2", operator="<="),
    rule("scrap.far_not_above", value=True),
    rule("fragment.min_lot.default", 3000.0, unit="m2", operator=">="),
    rule("low_use.far.default", 1.0, unit="ratio", operator="<", mode="advisory"),
)
TESTS = {
    "share_cap": "scrap.share_cap",
    "area_cap": "scrap.area_cap",
    "not_developable": "scrap.not_developable",
    "same_tenure": "scrap.same_tenure",
    "same_owner": "scrap.same_owner",
    "same_use": "scrap.same_use",
    "planned_use": "scrap.forbidden_planned_use",
    "exclusion": "scrap.exclusion",
    "far_not_above": "scrap.far_not_above",
}


@dataclass
class Case:
    """Tables and record of a run, to be written as they are or tampered with first."""

    tables: dict[str, Any]
    run: dict[str, Any]

    def set(self, table: str, key: str, **cells: object) -> None:
        """Set cells in the rows of a table whose first column holds `key`."""
        frame = self.tables[table].copy()
        rows = frame[frame.columns[0]] == key
        assert rows.any(), f"no row {key} in {table}"
        for column, value in cells.items():
            frame.loc[rows, column] = value
        self.tables[table] = frame

    def drop(self, table: str, key: str) -> None:
        """Drop the rows of a table whose first column holds `key`."""
        frame = self.tables[table]
        self.tables[table] = frame[frame[frame.columns[0]] != key].reset_index(drop=True)

    def move(self, table: str, key: str, shape: Geometry | None) -> None:
        """Give one row another geometry, with coordinates counted from the case's corner."""
        frame = self.tables[table].copy()
        row = frame.index[frame[frame.columns[0]] == key][0]
        shapes = list(frame.geometry)
        shapes[row] = None if shape is None else here(shape)
        self.tables[table] = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))

    def recount(self) -> None:
        """Let the record and the indicators follow from the other tables."""
        empty = pd.DataFrame({"parcel_id": [], "verdict": []})
        lots, plan = self.tables["parcels"], self.tables.get("plan", empty)
        taken = plan[plan["verdict"] == "absorbed"]
        self.run["inputs"] = [{"layer": "parcels", "rows": len(lots)}]
        self.run["counts"] |= {
            "parcels": len(lots),
            "fragments": int(lots["fragment"].sum()),
            "sites": len(self.tables.get("sites", ())),
            "scraps": int(plan["parcel_id"].nunique()),
            "absorbed": len(taken),
            "absorbed_m2": float(taken["area_m2"].sum()) if len(taken) else 0.0,
        }
        self.tables["mixture"] = mixture(lots)
        if "sites" in self.tables:
            self.tables["indicators"] = indicators(lots, self.tables["sites"])

    def rules(self, *changed: Rule) -> None:
        """Replace rules in the record, with the fingerprint that belongs to them."""
        known = {r["id"]: r for r in self.run["rules"]["records"]}
        known |= {r.id: asdict(r) for r in changed}
        self.run["rules"] = rules_record([Rule(**r) for r in known.values()])


def results_of(case: Case) -> Results:
    """The case as it would be read back, without the way over the disk."""
    tables = {name: result_frame(frame, table=name) for name, frame in case.tables.items()}
    return Results(tables, json.loads(json.dumps(case.run)), Path())


def judged(case: Case) -> list[Violation]:
    """What verify says of the case."""
    return verify(results_of(case))


def facts_of(case: Case) -> Facts:
    """What the proofs of the case start from."""
    return gather(results_of(case))


def codes(found: list[Violation]) -> set[str]:
    """Codes of what does not hold."""
    return {v.code for v in found}


def ids_of(found: list[Violation], code: str) -> set[str]:
    """Ids that one code names."""
    return {i for v in found if v.code == code for i in v.ids}


def put_to_test(case: Case, test: str, held: Rule, **outcomes: str) -> None:
    """Put a rule in force, with a row of its test for every pair: ``pass`` if not named."""
    case.rules(held)
    plan = case.tables["plan"]
    rows = pd.DataFrame(
        {
            "parcel_id": plan["parcel_id"],
            "subject": plan["site_id"],
            "test": test,
            "outcome": [outcomes.get(i, "pass") for i in plan["parcel_id"]],
            "limit": held.limit if held.operator else None,
            **{c: getattr(held, c) for c in ("operator", "unit", "denominator", "mode")},
            "rule_id": held.id,
        }
    )
    case.tables["verdicts"] = pd.concat([case.tables["verdicts"], rows], ignore_index=True)


def here(shape: Geometry) -> Geometry:
    """Shape moved to where the case lies on the map."""
    return translate(shape, EAST, NORTH)


def rules_record(rules: list[Rule]) -> dict[str, Any]:
    """Rules as run.json holds them."""
    whole = RuleSet("case", "", "", 2024, {r.id: r for r in rules})
    records = [asdict(r) for r in whole]
    return {"name": "case", "fingerprint": whole.fingerprint, "records": records}


def _shape(name: str) -> Geometry | None:
    corners = SHAPES[name]
    return None if corners is None else here(box(*corners))


def _area(name: str) -> float:
    west, south, east, north = SHAPES[name] or (0, 0, 0, 0)
    return round((east - west) * (north - south), 6)


def _verdict(name: str) -> str:
    if name in MEMBERS:
        return "site"
    if name in ABSORBED:
        return "absorbed"
    return "none" if name not in BORDER else "ineligible" if name in FAILS else "eligible"


def _parcels() -> gpd.GeoDataFrame:
    rows = []
    for name in sorted(SHAPES):
        area, drawn = _area(name), SHAPES[name] is not None
        verdict = _verdict(name)
        rows.append(
            {
                "parcel_id": name,
                "tenure": "collective" if name == "c4" else "state",
                "use_class": {"r1": "transport", "k2": "green"}.get(name, "industrial"),
                "counted_floor_area_m2": area * 2,
                "area_m2": area if drawn else None,
                "area_mu": area * 15 / 10_000 if drawn else None,
                "perimeter_m": _shape(name).length if drawn else None,
                "width_m": None,
                **dict.fromkeys(SHAPE_UNITS),
                "frontage_m": None,
                "frontage_road_m": None,
                "scrap_group": None,
                "free_road_m": None,
                "free_water_m": None,
                "free_shore_m": None,
                "free_nothing_m": None,
                "free_edge_m": None,
                "far": 2.0 if drawn else None,
                **dict.fromkeys(UNKNOWN),
                "planned_use": "M1",
                "planned_use_class": "industrial",
                "planning_zone_id": "Z1",
                "planned_far_min": 1.0,
                "planned_far_max": 2.0,
                "fragment": name in BORDER,
                "fragment_reasons": "min_lot" if name in BORDER else "",
                "enclave_of": None,
                "scrap_kind": "adjacent" if name in BORDER else None,
                "verdict": verdict,
                "site_id": MEMBERS.get(name, ABSORBED.get(name)),
                "reasons": "" if drawn else "no_geometry",
                "zone_id": None,
                "low_use": None,
                "low_use_reasons": None,
                "low_use_score": None,
                "low_use_decided_by": None,
                "low_use_not_assessed": None,
            }
        )
    shapes = [_shape(name) for name in sorted(SHAPES)]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=4547)


def _sites() -> gpd.GeoDataFrame:
    rows, shapes = [], []
    for number, (site, area) in enumerate(AREA.items(), start=1):
        members = sorted(k for k, v in MEMBERS.items() if v == site)
        absorbed = sorted(k for k, v in ABSORBED.items() if v == site)
        candidates = sorted(k for k in BORDER if SITE_OF[k[0]] == site)
        scrap, possible = sum(map(_area, absorbed)), sum(map(_area, candidates))
        shares = {
            f"{what}_share_{name}": part / base
            for what, part in (("scrap", scrap), ("candidate", possible))
            for name, base in (
                ("including", area + part),
                ("excluding", area),
                ("boundary", 88_900.0 if site == "S1" else float("nan")),
            )
        }
        rows.append(
            {
                "site_id": site,
                "parcel_ids": ";".join(members),
                "absorbed_ids": ";".join(absorbed),
                "parcels_before": len(members),
                "parcels_after": 1,
                "area_before_m2": area,
                "scrap_area_m2": scrap,
                "area_after_m2": area + scrap,
                "gap_closed_m2": 0.8 if site == "S1" else 0.0,
                "overlap_m2": 0.0,
                "scrap_share": scrap / (area + scrap),
                "share_denominator": "including",
                "denominator_m2": area + scrap,
                "cap": 0.1,
                "cap_operator": "<=",
                **shares,
                "boundary_area_m2": 88_900.0 if site == "S1" else None,
                "candidate_ids": ";".join(candidates),
                "candidate_area_m2": possible,
                "far_before": 2.0,
                "far_after": 2.5,
                "coverage_before": None,
                "coverage_after": None,
                "planned_far": 2.5,
                "optimal": True,
                "bound_m2": scrap,
                "component": number,
            }
        )
        gap = [here(box(0, 100, 40, 100.02))] if site == "S1" else []
        shapes.append(union_all([*map(_shape, [*members, *absorbed]), *gap]))
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=4547)


def _plan() -> gpd.GeoDataFrame:
    rows = [
        {
            "parcel_id": name,
            "site_id": SITE_OF[name[0]],
            "scrap_kind": "adjacent",
            "area_m2": _area(name),
            "border_m": float(border),
            "corridor_m": 0.0,
            "links": 0,
            "link_m": None,
            "hull_share": 0.0,
            "hole_share": 0.0,
            "site_share": border / _shape(name).length,
            "sites_share": border / _shape(name).length,
            "free_share": 0.0,
            "other_share": 0.0,
            "verdict": _verdict(name),
            "reasons": ";".join(FAILS.get(name, LEFT.get(name, []))),
            "rule_id": DECIDED.get(name),
        }
        for name, border in sorted(BORDER.items())
    ]
    shapes = [_shape(name) for name in sorted(BORDER)]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=4547)


def _verdicts() -> pd.DataFrame:
    rules = {r.id: r for r in RULES}
    rows = []
    for name, border in sorted(BORDER.items()):
        site, area = SITE_OF[name[0]], _area(name)
        values = {
            "share_cap": area / (AREA[site] + area),
            "area_cap": area,
            "exclusion": area if name == "d3" else 0.0,
        }
        one = {"parcel_id": name, "subject": site, "mode": "on"}
        adjacent = {"test": "adjacent", "value": float(border), "limit": 1.0, "operator": ">="}
        rows.append({**one, **adjacent, "unit": "m", "rule_id": "scrap.adjacent"})
        for test, rule_id in TESTS.items():
            held = rules[rule_id]
            limit = held.limit if held.operator else None
            told = {"operator": held.operator, "unit": held.unit, "rule_id": rule_id}
            rows.append({**one, "test": test, "value": values.get(test), "limit": limit, **told})
    for row in rows:
        row["outcome"] = "fail" if row["test"] in FAILS.get(row["parcel_id"], []) else "pass"
        if row["test"] == "same_owner":
            row["outcome"] = "not_assessed"
    for name in sorted(SHAPES):
        if SHAPES[name] is not None and name != "r1":
            lot = {"test": "min_lot", "value": _area(name), "limit": 3000.0, "operator": ">="}
            told = {"unit": "m2", "rule_id": "fragment.min_lot.default", "mode": "on"}
            outcome = "fail" if name in BORDER else "pass"
            rows.append({"parcel_id": name, "subject": "", **lot, **told, "outcome": outcome})
    frame = pd.DataFrame(rows)
    return frame.assign(denominator="")


def _lineage() -> pd.DataFrame:
    role = {"site": "site", "absorbed": "absorbed"}
    rows = [
        {
            "parcel_id": name,
            "after_id": MEMBERS.get(name, ABSORBED.get(name, name)),
            "role": "no_geometry" if name == "n1" else role.get(_verdict(name), "kept"),
            "area_m2": _area(name) if SHAPES[name] else None,
        }
        for name in sorted(SHAPES)
    ]
    return pd.DataFrame(rows)


def indicators(parcels: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Indicators of the whole and of each site, with a FAR of 2 before and of 2.5 after."""
    land = parcels["area_m2"].sum()
    drawn, merged = parcels["area_m2"].count(), parcels["verdict"].isin(["site", "absorbed"]).sum()
    pieces = int(drawn), int(drawn - merged + len(sites))
    rows = _subject("overall", pieces, (land, land))
    for _, site in sites.iterrows():
        areas = (site["area_before_m2"], site["area_after_m2"])
        rows += _subject(f"site:{site['site_id']}", (site["parcels_before"], 1), areas)
    columns = ["subject", "indicator", "before", "after", "delta", "unit", "denominator"]
    more = ["theme", "denominator_before", "denominator_after", "missing_before", "missing_after"]
    return pd.DataFrame(rows, columns=columns).reindex(columns=[*columns, *more])


def mixture(parcels: pd.DataFrame) -> pd.DataFrame:
    """Tenure of the whole; its border of 230 m is made up."""
    land = parcels[parcels["area_m2"].notna() & (parcels["use_class"] != "transport")]
    mu = land["area_mu"].groupby(land["tenure"]).sum()
    row = {
        "zone_id": "overall",
        "parcels": len(land),
        "area_m2": land["area_m2"].sum(),
        "area_mu": land["area_mu"].sum(),
        "state_mu": mu.get("state", 0.0),
        "collective_mu": mu.get("collective", 0.0),
        "undetermined_mu": mu.get("undetermined", 0.0),
        "unknown_mu": land["area_mu"][land["tenure"].isna()].sum(),
        "state_patches": 3,
        "collective_patches": int((land["tenure"] == "collective").any()),
        "mixed_border_m": 230.0,
        "mixed_m_per_ha": 230.0 / (land["area_m2"].sum() / 10_000),
        "enclave_parcels": 0,
        "enclave_share": 0.0,
    }
    return pd.DataFrame([row])


def holdings(parcels: pd.DataFrame) -> pd.DataFrame:
    """Land of every owner, all of it in one patch."""
    land = parcels[parcels["area_m2"].notna() & (parcels["use_class"] != "transport")]
    areas = land.groupby("owner")[["area_m2", "area_mu"]].sum()
    count = land.groupby("owner").size()
    rows = areas.assign(parcels=count, patches=1, spellings=1, largest_patch_m2=areas["area_m2"])
    return rows.reset_index()


def _groups() -> gpd.GeoDataFrame:
    text = ["group_id", "parcel_ids", "scrap_ids", "site_ids", "scrap_kind", "reasons"]
    number = ["parcels", "area_m2", "area_mu", "width_m", "border_m"]
    shares = ["sites_share", "free_share", "other_share"]
    return gpd.GeoDataFrame(
        columns=[*text, *number, *shares, "geometry"], geometry="geometry", crs=4547
    )


def _subject(name: str, pieces: tuple[int, int], land: tuple[float, float]) -> list[Any]:
    numbers = {
        "parcels": pieces,
        "land_area": land,
        "counted_floor_area": (land[0] * 2, land[1] * 2.5),
        "far": (2.0, 2.5),
    }
    return [(name, key, old, new, new - old, "", "") for key, (old, new) in numbers.items()]


def right_case() -> Case:
    """A result on which every proof holds."""
    red_line = gpd.GeoDataFrame(
        {"name": ["red_line"]}, geometry=[here(box(280, -50, 300, 150))], crs=4547
    )
    boundary = gpd.GeoDataFrame(
        {"boundary_id": ["B1"]}, geometry=[here(box(-10, -100, 244, 250))], crs=4547
    )
    tables = {
        "parcels": _parcels(),
        "sites": _sites(),
        "plan": _plan(),
        "verdicts": _verdicts(),
        "lineage": _lineage(),
        "indicators": indicators(_parcels(), _sites()),
        "mixture": mixture(_parcels()),
        "scrap_groups": _groups(),
        "exclusions": red_line,
        "project_boundary": boundary,
    }
    columns = ["parcel_id", "subject", "test", "outcome", "value", "limit", "operator", "unit"]
    tables["verdicts"] = tables["verdicts"][[*columns, "denominator", "rule_id", "mode"]]
    components = [
        {"component": 1, "absorbed_m2": 2000.0, "bound_m2": 2000.0, "status": "optimal"},
        {"component": 2, "absorbed_m2": 1000.0, "bound_m2": 1000.0, "status": "optimal"},
    ]
    run = {
        "gisland": "0.1.0",
        "area_basis": "plane",
        "parameters": {"tolerance_m": 0.05, "min_border_m": 1.0},
        "rules": rules_record(list(RULES)),
        "components": components,
        "inputs": [{"layer": "parcels", "rows": 15}],
        "counts": {
            "parcels": 15,
            "fragments": 8,
            "sites": 2,
            "enclaves": 0,
            "jointly_enclosed": 0,
            "scrap_groups": 0,
            "zones": 0,
            "scraps": 8,
            "absorbed": 3,
            "absorbed_m2": 3000.0,
        },
    }
    return Case(tables, run)
