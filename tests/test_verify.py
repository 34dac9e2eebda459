"""A right result passes; each way of tampering with it is caught under its code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box, union_all
from shapely.affinity import rotate, scale

from gisland.base.errors import OutputError
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.rulespecs import FRAGMENT_TESTS
from gisland.base.schema import Inputs
from gisland.layers.writing.results import Results, read_results, result_frame
from gisland.layers.writing.write import write_results
from gisland.pipeline import run
from gisland.verify import Violation, verify
from gisland.verify.bounds import _best
from gisland.verify.caps import whole
from gisland.verify.facts import gather
from gisland.verify.fragments import MEASURES, undevelopable
from gisland.verify.touch import touches
from verify_case import (
    EAST,
    NORTH,
    Case,
    codes,
    here,
    holdings,
    judged,
    right_case,
    rule,
    rules_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Tamper = Callable[[Case], object]


def written(case: Case, folder: Path) -> list[Violation]:
    return verify(write_results(folder / "out", tables=case.tables, files={}, run=case.run))


def _merged(case: Case, site: str) -> shapely.Geometry:
    sites = case.tables["sites"].set_index("site_id")
    return shapely.affinity.translate(sites.geometry[site], -EAST, -NORTH)


def _twice(case: Case, table: str, key: str) -> None:
    frame = case.tables[table]
    rows = frame[frame[frame.columns[0]] == key]
    case.tables[table] = pd.concat([frame, rows], ignore_index=True)


def _absorb(case: Case, scrap: str, site: str) -> None:
    """Absorb one more scrap with every number and list following suit."""
    area = float(case.tables["parcels"].set_index("parcel_id")["area_m2"][scrap])
    row = case.tables["sites"].set_index("site_id").loc[site]
    whole, before = row["scrap_area_m2"] + area, row["area_before_m2"]
    shape = case.tables["plan"].set_index("parcel_id").geometry[scrap]
    case.set(
        "sites",
        site,
        absorbed_ids=";".join(sorted([*row["absorbed_ids"].split(";"), scrap])),
        scrap_area_m2=whole,
        area_after_m2=before + whole,
        denominator_m2=before + whole,
        scrap_share=whole / (before + whole),
        scrap_share_including=whole / (before + whole),
        scrap_share_excluding=whole / before,
        scrap_share_boundary=whole / row["boundary_area_m2"],
        bound_m2=whole,
    )
    frame = case.tables["sites"]
    number = frame.index[frame["site_id"] == site][0]
    shapes = list(frame.geometry)
    shapes[number] = union_all([shapes[number], shape])
    case.tables["sites"] = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))
    case.set("parcels", scrap, verdict="absorbed", site_id=site)
    case.set("plan", scrap, verdict="absorbed")
    case.set("lineage", scrap, after_id=site, role="absorbed")
    for record in case.run["components"]:
        if record["component"] == row["component"]:
            record |= {"absorbed_m2": whole, "bound_m2": whole}
    case.drop("indicators", f"site:{site}")


def _pass(case: Case, scrap: str, test: str) -> None:
    frame = case.tables["verdicts"].copy()
    rows = (frame["parcel_id"] == scrap) & (frame["test"] == test)
    frame.loc[rows, ["outcome", "value"]] = ["pass", np.nan]
    case.tables["verdicts"] = frame


def _verdict_cells(case: Case, scrap: str, named: str, **cells: object) -> None:
    frame = case.tables["verdicts"].copy()
    rows = (frame["parcel_id"] == scrap) & (frame["test"] == named)
    assert rows.any()
    for column, value in cells.items():
        frame.loc[rows, column] = value
    case.tables["verdicts"] = frame


def _swap_sites(case: Case) -> None:
    for table in ("parcels", "lineage"):
        column = "site_id" if table == "parcels" else "after_id"
        case.set(table, "c1", **{column: "S2"})
        case.set(table, "d1", **{column: "S1"})


def _swap_sites_everywhere(case: Case) -> None:
    _swap_sites(case)
    case.set("plan", "c1", site_id="S2")
    case.set("plan", "d1", site_id="S1")
    case.set("sites", "S1", absorbed_ids="c2;d1")
    case.set("sites", "S2", absorbed_ids="c1")


def _refused_scrap_absorbed(case: Case, scrap: str, test: str, site: str) -> None:
    _absorb(case, scrap, site)
    _pass(case, scrap, test)


def _kept_as_two(case: Case) -> None:
    """Absorb k1, far from its site, with a claim that it touches."""
    row = case.tables["plan"].iloc[[0]].assign(parcel_id="k1", site_id="S1", area_m2=10_000.0)
    lots = case.tables["parcels"]
    shape = lots.set_index("parcel_id").geometry["k1"]
    row = row.set_geometry([shape]).set_crs(4547)
    case.tables["plan"] = pd.concat([case.tables["plan"], row], ignore_index=True)
    case.set("plan", "k1", border_m=100.0)
    _absorb(case, "k1", "S1")


def _reason(case: Case) -> None:
    case.set("plan", "c4", reasons="")


def _shrink(case: Case) -> None:
    case.move("sites", "S2", box(300, 0, 400, 100))


def _wide_gap(case: Case) -> None:
    grown = union_all([_merged(case, "S2"), box(380, 100, 400, 130)])
    case.set("sites", "S2", gap_closed_m2=600.0)
    case.move("sites", "S2", grown)


def _split(case: Case) -> None:
    """Move an absorbed scrap away in every table, so that only contact can tell."""
    away = box(500, 0, 510, 100)
    case.move("parcels", "d1", away)
    case.move("plan", "d1", away)
    case.move("sites", "S2", MultiPolygon([box(300, 0, 400, 100), away]))


def _onto_site(case: Case) -> None:
    inside = box(390, 0, 400, 100)
    case.move("parcels", "d1", inside)
    case.move("plan", "d1", inside)
    case.move("sites", "S2", box(300, 0, 400, 100))
    case.set("sites", "S2", overlap_m2=1000.0)


def _missing_values(case: Case, column: str) -> None:
    case.set("parcels", "c1", **{column: None})


def _vanish(case: Case, name: str) -> None:
    for table in ("parcels", "lineage", "verdicts"):
        case.drop(table, name)


def _width(case: Case, parcel: float | None, verdict: float) -> None:
    """Give c1 a width and a row of its test that may state another."""
    rows = case.tables["verdicts"]
    row = rows[(rows["parcel_id"] == "c1") & (rows["test"] == "min_lot")]
    told = row.assign(test="min_width", value=verdict, limit=20.0, unit="m")
    case.tables["verdicts"] = pd.concat([rows, told], ignore_index=True)
    case.set("parcels", "c1", width_m=parcel)


def _forget(case: Case, scrap: str) -> None:
    """Take a scrap that was not absorbed out of the plan, in every table."""
    site = case.tables["plan"].set_index("parcel_id")["site_id"][scrap]
    case.drop("plan", scrap)
    case.set("parcels", scrap, verdict="none", scrap_kind=None)
    rows = case.tables["sites"].set_index("site_id").loc[site]
    ids = [i for i in rows["candidate_ids"].split(";") if i != scrap]
    case.set("sites", site, candidate_ids=";".join(ids))
    rows = case.tables["verdicts"]
    gone = (rows["parcel_id"] == scrap) & (rows["subject"] == site)
    case.tables["verdicts"] = rows[~gone].reset_index(drop=True)


def _land(case: Case, subject: str, column: str) -> None:
    frame = case.tables["indicators"].copy()
    rows = (frame["subject"] == subject) & (frame["indicator"] == "land_area")
    frame.loc[rows, column] += 1.0
    case.tables["indicators"] = frame.assign(delta=frame["after"] - frame["before"])


TAMPERINGS: dict[str, tuple[Tamper, str]] = {
    "lineage row dropped": (lambda c: c.drop("lineage", "k1"), "lineage_once"),
    "lineage row twice": (lambda c: _twice(c, "lineage", "k1"), "lineage_once"),
    "lineage of a stranger": (lambda c: c.set("lineage", "k1", parcel_id="x"), "lineage_once"),
    "role flipped": (lambda c: c.set("lineage", "c1", role="kept"), "lineage_role"),
    "role without geometry": (lambda c: c.set("lineage", "n1", role="kept"), "lineage_role"),
    "after id of nothing": (lambda c: c.set("lineage", "c1", after_id="S9"), "lineage_after"),
    "kept parcel renamed": (lambda c: c.set("lineage", "k1", after_id="k2"), "lineage_after"),
    "lineage area": (lambda c: c.set("lineage", "k1", area_m2=1.0), "lineage_area"),
    "lineage total": (lambda c: c.set("lineage", "k1", area_m2=1.0), "total_area"),
    "parcel area": (lambda c: c.set("parcels", "k1", area_m2=9999.0), "parcel_area"),
    "parcel area in mu": (lambda c: c.set("parcels", "k1", area_mu=14.9), "parcel_area"),
    "vertex moved": (lambda c: c.move("parcels", "k1", box(0, -200, 100, -99)), "parcel_area"),
    "basis changed": (lambda c: c.run.update(area_basis="ellipsoidal"), "parcel_area"),
    "site area": (lambda c: c.set("sites", "S1", area_before_m2=20_001.0), "site_area"),
    "scrap area": (lambda c: c.set("sites", "S1", scrap_area_m2=1999.0), "site_area"),
    "area after": (lambda c: c.set("sites", "S1", area_after_m2=21_999.0), "site_area"),
    "gap not accounted": (lambda c: c.set("sites", "S1", gap_closed_m2=0.0), "merge_area"),
    "overlap invented": (lambda c: c.set("sites", "S1", overlap_m2=5.0), "merge_area"),
    "merged misses a part": (_shrink, "merge_covers"),
    "merged without geometry": (lambda c: c.move("sites", "S2", None), "merge_covers"),
    "merged takes more": (_wide_gap, "merge_gap"),
    "merged in two parts": (_split, "merged_parts"),
    "scrap apart": (_split, "disconnected"),
    "scrap apart, not adjacent": (_split, "ineligible_adjacent"),
    "scrap apart, border claimed": (_split, "border"),
    "scrap inside its site": (_onto_site, "inside_site"),
    "sites swapped": (_swap_sites, "site_members"),
    "sites swapped in parcels": (_swap_sites, "plan_verdict"),
    "sites swapped everywhere": (_swap_sites_everywhere, "ineligible_adjacent"),
    "site list": (lambda c: c.set("sites", "S1", parcel_ids="s1"), "site_members"),
    "parcels before": (lambda c: c.set("sites", "S1", parcels_before=9), "site_members"),
    "verdict unknown": (lambda c: c.set("parcels", "k1", verdict="perhaps"), "parcel_verdict"),
    "verdict flipped": (lambda c: c.set("parcels", "c3", verdict="none"), "plan_verdict"),
    "verdict out of nowhere": (
        lambda c: c.set("parcels", "k1", verdict="eligible"),
        "plan_verdict",
    ),
    "site of a kept parcel": (lambda c: c.set("parcels", "k1", site_id="S1"), "parcel_verdict"),
    "verdict without geometry": (
        lambda c: c.set("parcels", "n1", verdict="eligible"),
        "parcel_verdict",
    ),
    "absorbed too much": (lambda c: _absorb(c, "c3", "S1"), "cap"),
    "absorbed too many": (lambda c: _absorb(c, "c3", "S1"), "count_cap"),
    "cap recorded": (lambda c: c.set("sites", "S1", cap=0.2), "cap_recorded"),
    "cap operator": (lambda c: c.set("sites", "S1", cap_operator="<"), "cap_recorded"),
    "denominator": (lambda c: c.set("sites", "S1", share_denominator="excluding"), "cap_recorded"),
    "share": (lambda c: c.set("sites", "S1", scrap_share=0.05), "share"),
    "share excluding": (lambda c: c.set("sites", "S1", scrap_share_excluding=0.05), "share"),
    "share of boundary": (lambda c: c.set("sites", "S1", boundary_area_m2=9e4), "share"),
    "boundary moved": (lambda c: c.move("project_boundary", "B1", box(0, 0, 300, 300)), "share"),
    "candidate share": (lambda c: c.set("sites", "S1", candidate_share_boundary=0.5), "share"),
    "candidates": (lambda c: c.set("sites", "S1", candidate_ids="c1;c2;c3"), "candidates"),
    "bound too low": (lambda c: c.set("sites", "S1", bound_m2=1900.0), "bound"),
    "bound not met": (lambda c: c.set("sites", "S1", bound_m2=2100.0), "optimal"),
    "bound missing": (lambda c: c.set("sites", "S1", bound_m2=None), "bound"),
    "component missing": (lambda c: c.set("sites", "S1", component=None), "bound"),
    "not called optimal": (lambda c: c.set("sites", "S1", optimal=False), "optimal"),
    "record of an optimum": (
        lambda c: c.run["components"][0].update(status="time_limit"),
        "optimal",
    ),
    "record of components": (
        lambda c: c.run["components"][0].update(absorbed_m2=1.0),
        "components",
    ),
    "refused for area, taken": (
        lambda c: _refused_scrap_absorbed(c, "c4", "same_tenure", "S1"),
        "ineligible_same_tenure",
    ),
    "refused for the red line, taken": (
        lambda c: _refused_scrap_absorbed(c, "d3", "exclusion", "S2"),
        "ineligible_exclusion",
    ),
    "corner contact, taken": (
        lambda c: _refused_scrap_absorbed(c, "c5", "adjacent", "S1"),
        "ineligible_adjacent",
    ),
    "corner contact, disconnected": (
        lambda c: _refused_scrap_absorbed(c, "c5", "adjacent", "S1"),
        "disconnected",
    ),
    "far away, taken": (_kept_as_two, "ineligible_adjacent"),
    "far away, too large": (_kept_as_two, "ineligible_area_cap"),
    "far away, developable": (_kept_as_two, "ineligible_not_developable"),
    "exclusion moved": (
        lambda c: c.move("exclusions", "red_line", box(0, 110, 20, 130)),
        "ineligible_exclusion",
    ),
    "exclusion moved off the refused": (
        lambda c: c.move("exclusions", "red_line", box(-20, 110, -10, 130)),
        "refused",
    ),
    "exclusions dropped": (lambda c: c.tables.pop("exclusions"), "not_assessed"),
    "tenure changed": (
        lambda c: c.set("parcels", "c1", tenure="collective"),
        "ineligible_same_tenure",
    ),
    "tenure missing": (lambda c: _missing_values(c, "tenure"), "ineligible_same_tenure"),
    "use changed": (lambda c: c.set("parcels", "c1", use_class="green"), "ineligible_same_use"),
    "road absorbed": (lambda c: c.set("parcels", "c1", use_class="transport"), "ineligible_use"),
    "planned use": (
        lambda c: c.set("parcels", "c1", planned_use="residential"),
        "ineligible_planned_use",
    ),
    "planned use missing": (lambda c: _missing_values(c, "planned_use"), "ineligible_planned_use"),
    "planned FAR": (
        lambda c: c.set("parcels", "c1", planned_far_max=3.0),
        "ineligible_far_not_above",
    ),
    "owner known after all": (
        lambda c: c.tables.update(parcels=c.tables["parcels"].assign(owner="甲公司")),
        "not_assessed",
    ),
    "refused without a failing test": (lambda c: _pass(c, "c4", "same_tenure"), "refused"),
    "accepted with a failing test": (
        lambda c: _verdict_cells(c, "c1", "same_use", outcome="fail"),
        "accepted",
    ),
    "test row dropped": (
        lambda c: _verdict_cells(c, "c1", "same_use", test="same_uses"),
        "verdict_missing",
    ),
    "outcome flipped": (
        lambda c: _verdict_cells(c, "c1", "area_cap", outcome="fail"),
        "verdict_outcome",
    ),
    "outcome unknown": (
        lambda c: _verdict_cells(c, "c1", "same_use", outcome="maybe"),
        "verdict_outcome",
    ),
    "limit moved": (lambda c: _verdict_cells(c, "c1", "area_cap", limit=9e3), "verdict_rule"),
    "mode moved": (lambda c: _verdict_cells(c, "c4", "same_use", mode="advisory"), "verdict_rule"),
    "rule unknown": (
        lambda c: _verdict_cells(c, "c4", "same_use", rule_id="scrap.other"),
        "verdict_rule",
    ),
    "least border moved": (lambda c: c.run["parameters"].update(min_border_m=2.0), "verdict_rule"),
    "lot size": (lambda c: _verdict_cells(c, "c1", "min_lot", value=900.0), "verdict_value"),
    "verdict of a stranger": (
        lambda c: _verdict_cells(c, "c1", "min_lot", parcel_id="x"),
        "verdict_ids",
    ),
    "fragment flipped": (lambda c: c.set("parcels", "c1", fragment=False), "fragment"),
    "plan of a stranger": (lambda c: c.set("plan", "c1", parcel_id="x"), "plan_ids"),
    "plan verdict unknown": (lambda c: c.set("plan", "c4", verdict="maybe"), "plan_verdict"),
    "plan without reasons": (_reason, "plan_reasons"),
    "plan with another reason": (
        lambda c: c.set("plan", "c4", reasons="same_owner"),
        "plan_reasons",
    ),
    "plan with one reason too many": (
        lambda c: c.set("plan", "d3", reasons="area_cap;exclusion"),
        "plan_reasons",
    ),
    "reason without its prefix": (
        lambda c: _verdict_cells(c, "c4", "same_tenure", outcome="missing"),
        "plan_reasons",
    ),
    "absorbed with reasons": (lambda c: c.set("plan", "c1", reasons="cap_full"), "plan_reasons"),
    "cap said not to be full": (
        lambda c: c.set("plan", "c3", reasons="count_full", rule_id="scrap.count_cap"),
        "plan_reasons",
    ),
    "taken by nobody": (lambda c: c.set("plan", "c3", reasons="taken_by:S2"), "plan_reasons"),
    "rule that did not decide": (
        lambda c: c.set("plan", "c4", rule_id="scrap.same_owner"),
        "plan_rule",
    ),
    "rule of the cap left out": (lambda c: c.set("plan", "c3", rule_id=""), "plan_rule"),
    "scrap not planned": (lambda c: _forget(c, "c3"), "missed_scrap"),
    "width of a parcel": (lambda c: _width(c, 12.0, 13.0), "verdict_value"),
    "width without a verdict of it": (lambda c: _width(c, None, 13.0), "verdict_value"),
    "plan area": (lambda c: c.set("plan", "c1", area_m2=1.0), "plan_numbers"),
    "plan kind": (lambda c: c.set("plan", "c1", scrap_kind="corner"), "plan_numbers"),
    "plan geometry": (lambda c: c.move("plan", "c1", box(0, 100, 40, 120)), "plan_numbers"),
    "plan share": (lambda c: c.set("plan", "c1", site_share=0.9), "plan_numbers"),
    "border claimed": (lambda c: c.set("plan", "c1", border_m=60.0, site_share=0.5), "border"),
    "pair twice": (lambda c: _twice(c, "plan", "c1"), "ids_repeated"),
    "parcel twice": (lambda c: _twice(c, "parcels", "k1"), "ids_repeated"),
    "absorbed twice": (
        lambda c: c.tables.update(
            plan=pd.concat(
                [c.tables["plan"], c.tables["plan"].iloc[[0]].assign(site_id="S2")],
                ignore_index=True,
            )
        ),
        "absorbed_once",
    ),
    "far of a site": (lambda c: c.set("sites", "S1", far_after=3.0), "indicator"),
    "far of a parcel": (lambda c: c.set("parcels", "k1", far=1.0), "far"),
    "delta": (lambda c: c.set("indicators", "site:S1", delta=0.7), "indicator"),
    "land area": (lambda c: c.set("indicators", "site:S1", before=7.0), "indicator"),
    "indicator twice": (lambda c: _twice(c, "indicators", "site:S1"), "indicator"),
    "rule value changed": (
        lambda c: c.rules(
            rule("scrap.share_cap", 0.05, unit="share", operator="<=", denominator="including")
        ),
        "cap",
    ),
    "cap over the boundary": (
        lambda c: c.rules(
            rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="boundary")
        ),
        "ineligible_share_cap",
    ),
    "area cap lowered": (
        lambda c: c.rules(rule("scrap.area_cap", 1000.0, unit="m2", operator="<")),
        "ineligible_area_cap",
    ),
    "rule changed, fingerprint kept": (
        lambda c: c.run["rules"]["records"][0].update(value=0.5),
        "rules_fingerprint",
    ),
    "fingerprint changed": (
        lambda c: c.run["rules"].update(fingerprint="0" * 16),
        "rules_fingerprint",
    ),
    "rules unreadable": (lambda c: c.run["rules"].update(records=[{}]), "rules_unreadable"),
    "parameter unknown": (lambda c: c.run["parameters"].update(width=1.0), "rules_unreadable"),
    "run without rules": (lambda c: c.run.pop("rules"), "run_incomplete"),
    "basis unknown": (lambda c: c.run.update(area_basis="round"), "run_incomplete"),
    "lineage missing": (lambda c: c.tables.pop("lineage"), "table_missing"),
    "plan missing": (lambda c: c.tables.pop("plan"), "table_missing"),
    "column missing": (
        lambda c: c.tables.update(sites=c.tables["sites"].drop(columns="bound_m2")),
        "columns_missing",
    ),
    "parcel dropped everywhere": (lambda c: _vanish(c, "k1"), "record_inputs"),
    "parcel dropped, not counted": (lambda c: _vanish(c, "k1"), "record_counts"),
    "parcel dropped, not in the total": (lambda c: _vanish(c, "k1"), "indicator_total"),
    "input rows of another layer": (
        lambda c: c.run["inputs"][0].update(layer="roads"),
        "record_inputs",
    ),
    "input rows no number": (lambda c: c.run["inputs"][0].update(rows="15"), "record_inputs"),
    "count changed": (lambda c: c.run["counts"].update(fragments=7), "record_counts"),
    "count of absorbed": (lambda c: c.run["counts"].update(absorbed_m2=2999.0), "record_counts"),
    "count removed": (lambda c: c.run["counts"].pop("scraps"), "record_counts"),
    "counts removed": (lambda c: c.run.pop("counts"), "run_incomplete"),
    "inputs unreadable": (lambda c: c.run.update(inputs=["parcels"]), "run_incomplete"),
    "indicators of a site": (lambda c: c.drop("indicators", "site:S1"), "indicator_subjects"),
    "indicators of the whole": (lambda c: c.drop("indicators", "overall"), "indicator_subjects"),
    "indicators of a stranger": (
        lambda c: c.set("indicators", "site:S1", subject="site:S9"),
        "indicator_subjects",
    ),
    "indicators missing": (lambda c: c.tables.pop("indicators"), "indicator_subjects"),
    "overall land before": (lambda c: _land(c, "overall", "before"), "indicator_total"),
    "overall land after": (lambda c: _land(c, "overall", "after"), "indicator_total"),
    "land of a site": (lambda c: _land(c, "site:S1", "after"), "indicator_total"),
    "sites missing": (lambda c: c.tables.pop("sites"), "site_members"),
}


def test_right_result_has_no_violation(tmp_path: Path) -> None:
    assert written(right_case(), tmp_path) == []


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_caught(name: str) -> None:
    tamper, code = TAMPERINGS[name]
    case = right_case()
    tamper(case)
    assert code in codes(judged(case))


@pytest.mark.parametrize(
    "name", ["lineage row dropped", "scrap apart", "cap recorded", "far away, taken"]
)
def test_tampering_is_caught_on_disk_as_in_memory(tmp_path: Path, name: str) -> None:
    tamper, code = TAMPERINGS[name]
    case = right_case()
    tamper(case)
    found = written(case, tmp_path)
    assert code in codes(found)
    assert found == judged(case)


def test_scrap_left_out_of_an_optimal_plan_is_found() -> None:
    case = right_case()
    case.rules(
        rule("scrap.share_cap", 0.2, unit="share", operator="<=", denominator="including"),
        rule("scrap.count_cap", 9.0, unit="count", operator="<="),
    )
    left = next(v for v in judged(case) if v.code == "not_optimal")
    assert left.ids == ("c3", "d2")


def test_count_cap_excuses_a_scrap_left_out() -> None:
    case = right_case()
    case.rules(rule("scrap.share_cap", 0.2, unit="share", operator="<=", denominator="including"))
    left = next(v for v in judged(case) if v.code == "not_optimal")
    assert left.ids == ("d2",)


def test_missing_value_is_a_reason_with_a_prefix() -> None:
    case = right_case()
    case.set("parcels", "c4", tenure=None)
    _verdict_cells(case, "c4", "same_tenure", outcome="missing")
    case.set("plan", "c4", reasons="missing:same_tenure")
    case.recount()
    assert judged(case) == []


def test_scrap_taken_by_another_site_says_so() -> None:
    case = right_case()
    again = case.tables["plan"].iloc[[0]].assign(site_id="S2", verdict="eligible")
    taken = again.assign(reasons="taken_by:S1", rule_id="")
    case.tables["plan"] = pd.concat([case.tables["plan"], taken], ignore_index=True)
    assert not codes(judged(case)) & {"plan_reasons", "plan_rule"}


def test_pairs_without_any_reason_or_absorbed_scrap_are_judged() -> None:
    case = right_case()
    plan = case.tables["plan"]
    case.tables["plan"] = plan[plan["verdict"] == "ineligible"].assign(reasons=None, rule_id=None)
    case.tables["parcels"]["verdict"] = case.tables["parcels"]["verdict"].replace(
        "absorbed", "kept"
    )
    assert {"plan_reasons", "plan_rule"} <= codes(judged(case))


def test_scrap_that_would_fit_is_not_said_to_meet_the_cap() -> None:
    case = right_case()
    _no_count_cap(case)
    case.rules(rule("scrap.share_cap", 0.2, unit="share", operator="<=", denominator="including"))
    assert next(v.ids for v in judged(case) if v.code == "plan_reasons") == ("c3", "d2")


def _no_count_cap(case: Case) -> None:
    off = rule("scrap.count_cap", 2.0, unit="count", operator="<=")
    case.rules(dataclasses.replace(off, mode="off"))


def test_plan_of_a_single_site_is_held_against_the_best() -> None:
    case = right_case()
    _no_count_cap(case)
    assert judged(case) == []
    larger = box(300, 100, 400, 110.5)  # 1050 m², and 1111 m² fit: better than d1 with 1000 m²
    case.move("parcels", "d2", larger)
    worse = [v.ids for v in judged(case) if v.code == "not_optimal"]
    assert worse == [("S2",), ("S2",)]  # by the sums of areas, and by the search
    case.set("sites", "S2", optimal=False)
    assert "not_optimal" not in codes(judged(case))


@pytest.mark.parametrize(
    ("areas", "most", "best"),
    [([3, 5, 8], 12, 11), ([3, 5, 8], 2, 0), ([3, 5, 8], 16, 16), ([6, 6, 6], 17, 12), ([], 9, 0)],
)
def test_best_sum_of_areas(areas: list[int], most: int, best: int) -> None:
    assert _best(areas, most) == best


@pytest.mark.parametrize(("budget", "le", "lt"), [(10.0, 10, 9), (10.4, 10, 10), (0.0, 0, 0)])
def test_whole_hundredths_of_a_budget(budget: float, le: int, lt: int) -> None:
    share = {"unit": "share", "denominator": "including"}
    for operator, most in (("<=", le), ("<", lt)):
        cap = rule("scrap.share_cap", 0.1, operator=operator, **share)
        assert whole(pd.Series([budget / 100]), cap).tolist() == [most]


@pytest.mark.parametrize(
    ("cells", "missed"),
    [
        ({}, False),  # 10 000 m², no fragment: not small enough
        ({"fragment": True}, True),
        ({"fragment": True, "use_class": "water"}, False),
    ],
)
def test_fragment_beside_a_site_is_missed_in_the_plan(
    cells: dict[str, object], *, missed: bool
) -> None:
    case = right_case()
    case.move("parcels", "k1", box(0, 120.02, 40, 320.02))
    case.set("parcels", "k1", **cells)
    assert "missed_scrap" not in codes(judged(case))  # it borders a scrap, no site
    case.move("parcels", "k1", box(0, -100, 100, 0))
    assert ("missed_scrap" in codes(judged(case))) == missed


def test_parcel_that_lies_on_a_site_is_not_missed() -> None:
    case = right_case()
    case.set("parcels", "k1", fragment=True)
    case.move("parcels", "k1", box(0, -100, 100, 3))
    assert "missed_scrap" not in codes(judged(case))


def test_scrap_that_overlaps_a_site_does_not_border_it() -> None:
    lots = gpd.GeoDataFrame(
        {"site_id": ["S1", "S2", None]},
        geometry=[
            here(box(0, 0, 200, 100)),
            here(box(205, 0, 300, 100)),
            here(box(200, 0, 208, 100)),
        ],
        index=pd.Index(["s", "t", "c"], name="parcel_id"),
        crs=4547,
    )
    rules = load_rules("tianjin-2024")
    done = run(Inputs(lots), Choices(rules, sites_from="field"))
    record = {
        "gisland": "0",
        "area_basis": "plane",
        "parameters": {},
        "rules": rules_record(list(rules)),
        "components": done.components,
        "inputs": [{"layer": "parcels", "rows": 3}],
        "counts": done.counts,
    }
    plan = done.tables["plan"].set_index("site_id")
    assert plan.loc["S2", ["border_m", "reasons"]].tolist() == [0.0, "adjacent"]
    tables = {name: result_frame(frame, table=name) for name, frame in done.tables.items()}
    assert verify(Results(tables, record, Path())) == []


@pytest.mark.parametrize(
    ("edge", "held"), [(244, True), (100, True), (99.9, False), (1, False), (-5, False)]
)
def test_boundary_counts_from_half_of_the_site(edge: float, *, held: bool) -> None:
    """S1 is 200 m wide; the claim that a sliver of it lies in the boundary is not enough."""
    case = right_case()
    shape = box(-10, -100, edge, 250)
    case.move("project_boundary", "B1", shape)
    scrap = {"scrap_share_boundary": 2000 / shape.area, "boundary_area_m2": shape.area}
    candidates = case.tables["sites"].set_index("site_id")["candidate_area_m2"]["S1"]
    case.set("sites", "S1", **scrap, candidate_share_boundary=candidates / shape.area)
    assert judged(case) == [] if held else "share" in codes(judged(case))


@pytest.mark.parametrize(
    ("share", "operator", "held"),
    [(0.1, "<=", True), (0.1, "<", False), (0.0999999, "<=", False), (0.1000001, "<", True)],
)
def test_cap_is_compared_at_a_hundredth_of_a_square_metre(
    share: float, operator: str, *, held: bool
) -> None:
    """2 000 m² of 20 000 m² is exactly 10 % of the denominator `excluding`."""
    case = right_case()
    case.rules(
        rule("scrap.share_cap", share, unit="share", operator=operator, denominator="excluding")
    )
    over = [v.ids for v in judged(case) if v.code == "cap"]
    assert over == ([] if held else [("S1", "S2")])


def test_lone_geopackage_cannot_be_proved(tmp_path: Path) -> None:
    case = right_case()
    out = write_results(tmp_path / "out", tables=case.tables, files={}, run=case.run)
    (out / "results.gpkg").rename(tmp_path / "alone.gpkg")
    assert codes(verify(tmp_path / "alone.gpkg")) == {"run_incomplete"}


def test_results_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no results of gisland"):
        verify(tmp_path)


def test_run_json_edited_on_disk_is_caught(tmp_path: Path) -> None:
    case = right_case()
    out = write_results(tmp_path / "out", tables=case.tables, files={}, run=case.run)
    run = json.loads((out / "run.json").read_text("utf-8"))
    run["rules"]["records"][0]["value"] = 1.0
    (out / "run.json").write_text(json.dumps(run), "utf-8")
    assert codes(verify(out)) == {"rules_fingerprint"}


def test_run_without_sites_is_proved() -> None:
    case = right_case()
    kept = case.tables["parcels"]
    drawn = kept["parcel_id"] != "n1"
    kept = kept.assign(verdict="none", site_id=None)
    role = np.where(drawn, "kept", "no_geometry")
    lineage = case.tables["lineage"].assign(after_id=kept["parcel_id"], role=role)
    case.tables = {"parcels": kept, "lineage": lineage}
    case.recount()
    assert judged(case) == []


def test_run_with_empty_tables_of_sites_is_proved(tmp_path: Path) -> None:
    case = right_case()
    lots = case.tables["parcels"].assign(verdict="none", site_id=None, fragment=False)
    lineage = case.tables["lineage"].assign(after_id=lots["parcel_id"])
    role = np.where(lineage["parcel_id"] == "n1", "no_geometry", "kept")
    empty = {name: case.tables[name].iloc[:0] for name in ("sites", "plan", "verdicts")}
    case.tables = {"parcels": lots, "lineage": lineage.assign(role=role), **empty}
    case.recount()
    case.run["components"] = []
    assert written(case, tmp_path) == []


def test_rows_in_another_order_make_no_difference(tmp_path: Path) -> None:
    case = right_case()
    case.tables = {n: t.iloc[::-1].reset_index(drop=True) for n, t in case.tables.items()}
    assert written(case, tmp_path) == []


def test_two_sites_of_one_component_share_a_bound() -> None:
    case = right_case()
    for site in ("S1", "S2"):
        case.set("sites", site, component=1, bound_m2=3000.0)
    case.run["components"] = [{"component": 1, "absorbed_m2": 3000.0, "bound_m2": 3000.0}]
    assert judged(case) == []


def test_site_that_was_in_two_parts_before_may_stay_so() -> None:
    case = right_case()
    court, apart = box(340, 40, 360, 60), box(350, -60, 370, -40)  # 400 m² each
    case.move("parcels", "t1", union_all([box(300, 0, 400, 100).difference(court), apart]))
    case.move("sites", "S2", union_all([box(300, 0, 410, 100).difference(court), apart]))
    assert judged(case) == []


def test_overlap_of_parts_is_accounted_for() -> None:
    case = right_case()
    lapping = box(399.9, 0, 409.9, 100)  # 10 m² of d1 lie on t1
    case.move("parcels", "d1", lapping)
    case.move("plan", "d1", lapping)
    case.move("sites", "S2", box(300, 0, 409.9, 100))
    assert "merge_area" in codes(judged(case))
    case.set("sites", "S2", overlap_m2=10.0)
    assert not codes(judged(case)) & {"merge_area", "merge_covers", "merge_gap"}


def test_scrap_of_a_land_bank_passes_the_owner_test(tmp_path: Path) -> None:
    case = right_case()
    lots = case.tables["parcels"].assign(owner="甲公司")
    lots.loc[lots["parcel_id"] == "c1", "owner"] = "land bank"
    case.tables["parcels"] = lots
    rows = case.tables["verdicts"]
    outcome = rows["outcome"].mask(rows["test"] == "same_owner", "pass")
    case.tables["verdicts"] = rows.assign(outcome=outcome)
    case.tables["holdings"] = holdings(lots)
    assert written(case, tmp_path) == []
    case.set("parcels", "c1", owner="乙公司")
    case.tables["holdings"] = holdings(case.tables["parcels"])
    assert codes(verify(_again(case, tmp_path))) == {"ineligible_same_owner"}


def _again(case: Case, folder: Path) -> Path:
    return write_results(folder / "out", tables=case.tables, files={}, run=case.run)


MEASURED_ANEW = [  # rule, unit, limit, and the parcels that fail
    ("fragment.min_width.default", "m", 15.0, {"d1", "d2", "d3"}),
    ("fragment.min_width.default", "m", 25.0, {"c1", "c2", "c3", "c4", "d1", "d2", "d3"}),
    ("fragment.min_frontage.default", "m", 25.0, {"c4"}),
    ("fragment.min_lot.industrial", "m2", 800.0, {"c3"}),
    ("fragment.max_elongation.default", "ratio", 3.1, {"c4", "d1", "d2", "d3"}),
    ("fragment.min_compactness.default", "ratio", 0.6, {"c2", "c4", "d1", "d2", "d3"}),
    ("fragment.max_narrow_share.default", "share", 0.9, {"d1", "d2", "d3"}),
]


def test_each_fragment_test_is_measured_anew() -> None:
    """A test without a measure of its own here would make right results look wrong."""
    assert list(MEASURES) == list(FRAGMENT_TESTS), "MEASURES of gisland/verify/fragments.py"
    tried = {rule_id.split(".")[1] for rule_id, *_ in MEASURED_ANEW}
    assert tried == set(FRAGMENT_TESTS), "MEASURED_ANEW above"


@pytest.mark.parametrize(("rule_id", "unit", "limit", "failing"), MEASURED_ANEW)
def test_fragment_tests_are_measured_anew(
    tmp_path: Path, rule_id: str, unit: str, limit: float, failing: set[str]
) -> None:
    """Widths 10 and 20 m; c4 is fronted by the 20 m of its right side and 70 m on top.

    c1 to c4 are 2, 3, 1.5 and 3.5 times as long as wide, the others 10 times.
    """
    case = right_case()
    off = dataclasses.replace(
        rule("fragment.min_lot.default", 3000.0, unit="m2", operator=">="), mode="off"
    )
    width = rule("fragment.min_width.default", 15.0, unit="m", operator=">=")
    width = dataclasses.replace(width, mode="advisory")  # what counts as narrow
    operator = "<=" if ".max_" in rule_id else ">="
    case.rules(off, width, rule(rule_id, limit, unit=unit, operator=operator))
    if "frontage" in rule_id:  # close c4 in on top and on the right
        case.move("parcels", "k1", box(130, 120, 220, 220))
        case.move("parcels", "c5", box(200, 100, 230, 120))
    facts = gather(read_results(_again(case, tmp_path)))
    ids = pd.Index(["c1", "c2", "c3", "c4", "d1", "d2", "d3"])
    found = undevelopable(facts, ids)
    assert set(found.index[found]) == failing


def test_road_parcels_count_as_frontage(tmp_path: Path) -> None:
    case = right_case()
    off = dataclasses.replace(
        rule("fragment.min_lot.default", 3000.0, unit="m2", operator=">="), mode="off"
    )
    case.rules(off, rule("fragment.min_frontage.default", 5.0, unit="m", operator=">="))
    inner = box(100, 0, 200, 100)  # s2 between s1, the scraps, the road and a new parcel
    case.move("parcels", "s2", inner)
    case.move("parcels", "k1", box(200, 0, 250, 120))
    read = read_results(_again(case, tmp_path))
    assert not undevelopable(gather(read), pd.Index(["s2"]))["s2"]
    case.set("parcels", "r1", use_class="industrial")
    read = read_results(_again(case, tmp_path))
    assert undevelopable(gather(read), pd.Index(["s2"]))["s2"]


def test_frontage_is_without_water_and_with_borders_along_road_lines(tmp_path: Path) -> None:
    case = right_case()
    off = dataclasses.replace(
        rule("fragment.min_lot.default", 3000.0, unit="m2", operator=">="), mode="off"
    )
    # k2, 50 m by 100 m: k1 on its left, so that 200 m are free
    case.rules(off, rule("fragment.min_frontage.default", 190.0, unit="m", operator=">="))

    def fails(**cells: float) -> bool:
        case.set("parcels", "k2", **{"free_shore_m": None, "frontage_road_m": None, **cells})
        read = read_results(_again(case, tmp_path))
        return bool(undevelopable(gather(read), pd.Index(["k2"]))["k2"])

    assert not fails()
    assert fails(free_shore_m=20.0)
    assert not fails(free_shore_m=20.0, frontage_road_m=15.0)
    assert fails(free_shore_m=20.0, frontage_road_m=5.0)


def test_a_road_parcel_is_not_counted_twice_as_a_line(tmp_path: Path) -> None:
    case = right_case()
    off = dataclasses.replace(
        rule("fragment.min_lot.default", 3000.0, unit="m2", operator=">="), mode="off"
    )
    # s2 meets the road r1 over 100 m; its other sides are closed but for 100 m on the right
    case.rules(off, rule("fragment.min_frontage.default", 205.0, unit="m", operator=">="))
    case.set("parcels", "s2", frontage_road_m=100.0)
    read = read_results(_again(case, tmp_path))
    assert undevelopable(gather(read), pd.Index(["s2"]))["s2"]
    case.set("parcels", "s2", frontage_road_m=110.0)
    read = read_results(_again(case, tmp_path))
    assert not undevelopable(gather(read), pd.Index(["s2"]))["s2"]


def test_messages_list_at_most_ten_ids() -> None:
    case = right_case()
    case.tables["lineage"] = case.tables["lineage"].iloc[:0]
    once = next(v for v in judged(case) if v.code == "lineage_once")
    assert len(once.ids) == 15
    assert str(once).endswith("c1, c2, c3, c4, c5, d1, d2, d3, k1, k2 and 5 more")


def test_turned_and_shifted_case_still_holds(tmp_path: Path) -> None:
    """Coordinates that are no round numbers: borders are measured, not matched."""
    case = right_case()
    for name, frame in case.tables.items():
        if isinstance(frame, gpd.GeoDataFrame):
            turned = frame.geometry.map(
                lambda g: None if g is None else rotate(g, 17, origin=(EAST, NORTH))
            )
            case.tables[name] = frame.set_geometry(turned.set_crs(frame.crs))
    assert written(case, tmp_path) == []


def test_scrap_beside_two_sites_is_measured_once() -> None:
    case = right_case()
    again = case.tables["plan"].iloc[[0]].assign(site_id="S2", verdict="ineligible", border_m=0.0)
    case.tables["plan"] = pd.concat([case.tables["plan"], again], ignore_index=True)
    tables = {name: result_frame(frame, table=name) for name, frame in case.tables.items()}
    met = touches(gather(Results(tables, case.run, Path())))
    assert not met.duplicated(["focal", "neighbor"]).any()
    assert set(met.loc[met["focal"] == "c1", "neighbor"]) == {"s1", "c2"}


def test_empty_and_invalid_geometry_is_kept_apart() -> None:
    case = right_case()
    case.move("parcels", "n1", Polygon())
    bow = Polygon([(0, -200), (100, -100), (100, -200), (0, -100)])
    case.move("parcels", "k1", bow)
    nothing = {"area_m2": None, "area_mu": None}
    case.set("parcels", "k1", **nothing, verdict="none", far=None)
    case.set("lineage", "k1", role="no_geometry", area_m2=None)
    rows = case.tables["verdicts"]
    case.tables["verdicts"] = rows[rows["parcel_id"] != "k1"]
    case.recount()
    assert judged(case) == []


def test_plan_without_rows_is_proved() -> None:
    case = right_case()
    for scrap in ("c1", "c2", "c3", "c4", "c5", "d1", "d2", "d3"):
        case.drop("parcels", scrap)
        case.drop("plan", scrap)
        case.drop("lineage", scrap)
        case.drop("verdicts", scrap)
    empty = {"absorbed_ids": "", "candidate_ids": "", "component": None}
    zero = [c for c in case.tables["sites"] if "share_" in c and "denominator" not in c]
    zero += ["scrap_area_m2", "candidate_area_m2", "scrap_share", "gap_closed_m2", "bound_m2"]
    for site, area, count in (("S1", 20_000.0, 2), ("S2", 10_000.0, 1)):
        whole = {"area_after_m2": area, "denominator_m2": area, "parcels_before": count}
        case.set("sites", site, **empty, **dict.fromkeys(zero, 0.0), **whole)
        case.move("sites", site, box(0, 0, 200, 100) if site == "S1" else box(300, 0, 400, 100))
    case.set("sites", "S2", scrap_share_boundary=None, candidate_share_boundary=None)
    case.run["components"] = []
    case.recount()
    assert judged(case) == []


def test_scaled_geometry_is_caught() -> None:
    case = right_case()
    for name in ("parcels", "sites", "plan"):
        frame = case.tables[name]
        larger = frame.geometry.map(
            lambda g: None if g is None else scale(g, 1.001, 1.001, origin=(EAST, NORTH))
        )
        case.tables[name] = frame.set_geometry(larger.set_crs(frame.crs))
    assert {"parcel_area", "site_area", "lineage_area"} <= codes(judged(case))


def test_case_is_where_it_is_said_to_be() -> None:
    assert here(box(0, 0, 1, 1)).bounds == (EAST, NORTH, EAST + 1, NORTH + 1)
