"""Lists, decisions, planned uses and boundaries: what they bar is caught if it is absorbed."""

from __future__ import annotations

import dataclasses
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from verify_case import Case, codes, ids_of, judged, put_to_test, right_case, rule

TOTAL = rule("scrap.total_cap", 2000.0, unit="m2", operator="<=")
USES = rule("scrap.compatible_use", (), unit="use_class")
BOUNDARY = rule("scrap.project_boundary", 0.5, unit="share", operator=">=", denominator="scrap")
CONSENT = rule("scrap.consent", value=True)
PROTECTED = rule("scrap.protected", value=True)
EVERYONE = ["c1", "c2", "c3", "c4", "c5", "d1", "d2", "d3"]


def _asked(case: Case, **plan: object) -> Case:
    case.run["plan"] = plan
    return case


def _decided(**decisions: str) -> Case:
    return _asked(right_case(), decisions=decisions)


# --- the cap on the total -----------------------------------------------------------------------


def test_cap_on_the_total_is_kept_to_the_hundredth() -> None:
    """S1 absorbs 2000 m², S2 1000 m²."""
    case = right_case()
    put_to_test(case, "total_cap", TOTAL)
    assert judged(case) == []


@pytest.mark.parametrize(
    ("limit", "operator", "step", "over"),
    [
        (2000.0, "<=", 0.01, set()),
        (1999.99, "<=", 0.01, {"S1"}),
        (2000.0, "<", 0.01, {"S1"}),
        (2000.01, "<", 0.01, set()),
        (1996.0, "<=", 10.0, set()),  # at whole 10 m² this is 2000
        (1994.0, "<=", 10.0, {"S1"}),
        (999.0, "<=", 0.01, {"S1", "S2"}),
    ],
)
def test_total_beyond_its_cap_is_caught(
    limit: float, operator: str, step: float, over: set[str]
) -> None:
    case = right_case()
    held = dataclasses.replace(TOTAL, value=limit, operator=operator, rounding_m2=step)
    put_to_test(case, "total_cap", held)
    assert ids_of(judged(case), "total_cap") == over


def test_scrap_alone_above_the_total_is_caught() -> None:
    case = right_case()
    put_to_test(case, "total_cap", dataclasses.replace(TOTAL, value=1000.0))
    assert ids_of(judged(case), "ineligible_total_cap") == {"c2"}


@pytest.mark.parametrize(("limit", "right"), [(2500.0, True), (2700.0, False)])
def test_total_full_is_told_only_where_it_is(limit: float, *, right: bool) -> None:
    """C3 (600 m²) would make S1 absorb 2600 m²."""
    case = right_case()
    put_to_test(case, "total_cap", dataclasses.replace(TOTAL, value=limit))
    case.set("plan", "c3", reasons="total_full", rule_id="scrap.total_cap")
    assert (judged(case) == []) == right
    assert ("c3" in ids_of(judged(case), "plan_reasons")) != right


@pytest.mark.parametrize(("step", "over"), [(0.01, {"S1"}), (1000.0, set())])
def test_share_cap_is_kept_at_its_rounding(step: float, over: set[str]) -> None:
    """200 m² and 1812 m² are 2012 m² of 2000 m² that fit, or 0 and 2000 at whole 1000 m²."""
    case = right_case()
    cap = rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="excluding")
    case.rules(dataclasses.replace(cap, rounding_m2=step))
    assert ids_of(judged(case), "cap") == set()
    for table in ("parcels", "plan"):
        case.move(table, "c1", box(0, 100.02, 40, 105.02))
        case.move(table, "c2", box(40, 100, 100, 130.2))
    assert ids_of(judged(case), "cap") == over


@pytest.mark.parametrize(("step", "odd"), [(0.01, {"c4"}), (20.0, set())])
def test_outcomes_of_areas_follow_at_the_rounding_of_their_rule(step: float, odd: set[str]) -> None:
    """1390 m² count as 1400 m² at whole 20 m²: so large is c4."""
    case = right_case()
    cap = rule("scrap.area_cap", 1390.0, unit="m2", operator="<=")
    case.rules(dataclasses.replace(cap, rounding_m2=step))
    rows = case.tables["verdicts"]
    case.tables["verdicts"] = rows.assign(
        limit=rows["limit"].mask(rows["test"] == "area_cap", 1390.0)
    )
    assert ids_of(judged(case), "verdict_outcome") == odd


@pytest.mark.parametrize(("step", "odd"), [(0.01, {"c1"}), (100.0, set())])
def test_outcomes_of_shares_follow_at_the_rounding_of_their_rule(
    step: float, odd: set[str]
) -> None:
    """A little more than 10 % of the site are 800 m², or up to 850 m² at whole 100 m²."""
    case = right_case()
    cap = rule("scrap.share_cap", 0.1, unit="share", operator="<=", denominator="including")
    case.rules(dataclasses.replace(cap, rounding_m2=step))
    rows = case.tables["verdicts"].copy()
    own = (rows["test"] == "share_cap") & (rows["parcel_id"] == "c1")
    case.tables["verdicts"] = rows.assign(value=rows["value"].mask(own, 0.105))
    assert ids_of(judged(case), "verdict_outcome") == odd


# --- planned uses, boundary, consents, protection -------------------------------------------------


def test_compatible_use_holds_where_all_is_planned_alike() -> None:
    case = right_case()
    put_to_test(case, "compatible_use", USES)
    assert judged(case) == []


def test_other_planned_use_is_caught_unless_the_rule_joins_it() -> None:
    case = right_case()
    put_to_test(case, "compatible_use", USES)
    case.set("parcels", "c1", planned_use_class="logistics")
    assert ids_of(judged(case), "ineligible_compatible_use") == {"c1"}
    case.rules(dataclasses.replace(USES, value=("green+logistics", "industrial + logistics")))
    assert judged(case) == []


def test_planned_use_of_a_site_in_two_zones_is_left_open() -> None:
    case = right_case()
    put_to_test(case, "compatible_use", USES)
    case.set("parcels", "s2", planned_use_class="green", planning_zone_id="Z2")
    case.set("parcels", "c1", planned_use_class="logistics")
    assert "ineligible_compatible_use" not in codes(judged(case))
    case.set("parcels", "c1", planned_use_class=None)  # that nobody knows: no matter the site
    assert ids_of(judged(case), "ineligible_compatible_use") == {"c1"}


@pytest.mark.parametrize(
    ("top", "outside"),
    [
        (250.0, {"d1", "d2"}),  # S2 belongs to no boundary
        (110.1, {"d1", "d2"}),  # 10.08 of 20 m of c1, 10.1 of 20 m of c2 and c3
        (109.0, {"c1", "c2", "c3", "d1", "d2"}),
        (110.01, {"c1", "d1", "d2"}),  # 9.99 of 20 m of c1
    ],
)
def test_scrap_outside_the_project_boundary_is_caught(top: float, outside: set[str]) -> None:
    case = right_case()
    put_to_test(case, "project_boundary", BOUNDARY)
    case.move("project_boundary", "B1", box(-10, -100, 244, top))
    assert ids_of(judged(case), "ineligible_project_boundary") == outside


def test_without_a_boundary_layer_the_test_is_not_assessed() -> None:
    case = right_case()
    case.tables.pop("project_boundary")
    put_to_test(case, "project_boundary", BOUNDARY)
    found = judged(case)
    assert "ineligible_project_boundary" not in codes(found)
    assert {"c1", "c2", "d1"} <= ids_of(found, "not_assessed")


def test_consents_by_parcel_are_held() -> None:
    case = _asked(right_case(), consented=["c1", "c2", "c3", "d1", "d2"])
    put_to_test(case, "consent", CONSENT, c4="missing", c5="missing", d3="missing")
    for scrap, words in {
        "c4": "missing:consent;same_tenure",
        "c5": "adjacent;missing:consent",
        "d3": "missing:consent;exclusion",
    }.items():
        told = sorted(words.split(";"), key=lambda w: w.removeprefix("missing:"))
        first = told[0].removeprefix("missing:")
        case.set("plan", scrap, reasons=";".join(told), rule_id=f"scrap.{first}")
    assert judged(case) == []
    case.run["plan"] = {"consented": ["c1", "c3", "d1", "d2"]}
    assert ids_of(judged(case), "ineligible_consent") == {"c2"}


def test_consent_of_an_owner_counts_in_any_spelling() -> None:
    case = _asked(right_case(), consented=["Ａ公司"])
    put_to_test(case, "consent", CONSENT)
    case.tables["parcels"] = case.tables["parcels"].assign(owner="a 公司")
    assert "ineligible_consent" not in codes(judged(case))
    case.set("parcels", "c2", owner="b 公司")
    case.set("parcels", "d1", owner=None)
    assert ids_of(judged(case), "ineligible_consent") == {"c2", "d1"}


def test_without_a_list_of_consents_nothing_is_assessed() -> None:
    case = right_case()
    put_to_test(case, "consent", CONSENT, **dict.fromkeys(EVERYONE, "not_assessed"))
    assert judged(case) == []


def test_protected_scrap_absorbed_is_caught() -> None:
    case = _asked(right_case(), protected=["k1"])
    put_to_test(case, "protected", PROTECTED)
    assert judged(case) == []
    case.run["plan"] = {"protected": ["c1", "c3"]}
    found = judged(case)
    assert ids_of(found, "ineligible_protected") == {"c1", "c3"}
    assert ids_of(found, "protected") == {"c1"}


# --- decisions ----------------------------------------------------------------------------------


def test_record_of_wishes_that_cannot_be_read_is_told() -> None:
    assert codes(judged(_asked(right_case(), method="fast"))) == {"plan_unreadable"}
    assert codes(judged(_asked(right_case(), speed=1))) == {"plan_unreadable"}


def test_decisions_that_were_kept_hold() -> None:
    case = _decided(c3="out", d2="S1", c1="in", c2="S1")
    case.set("plan", "c3", reasons="decided_out", rule_id="")
    case.set("plan", "d2", reasons="decided_elsewhere:S1", rule_id="")
    assert judged(case) == []


@pytest.mark.parametrize(
    ("decisions", "code", "ids"),
    [
        ({"c1": "out"}, "decided_out", {"c1"}),
        ({"c1": "S2"}, "decided_elsewhere", {"c1"}),
        ({"d2": "in"}, "required", {"d2"}),
        ({"c3": "out"}, "plan_reasons", {"c3"}),  # the table says that the cap is full
        ({"c3": "S2"}, "plan_reasons", {"c3"}),
    ],
)
def test_decision_that_was_not_kept_is_caught(
    decisions: dict[str, str], code: str, ids: set[str]
) -> None:
    assert ids_of(judged(_decided(**decisions)), code) == ids


def test_decided_site_may_end_in_nothing() -> None:
    case = _decided(c5="S1")
    assert judged(case) == []


def _finding(scrap: str) -> pd.DataFrame:
    cells: dict[str, Any] = dict.fromkeys(
        ("layer", "other_id", "unit", "message", "value", "geometry")
    )
    row = {"code": "required_not_absorbed", "severity": "warning", "parcel_id": scrap, **cells}
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    ("scrap", "told", "caught"),
    [
        *(("c4", "", True), ("c4", "c4", False), ("c1", "", False), ("c1", "c1", True)),
        ("s1", "", False),  # it is in a site already
    ],
)
def test_required_scrap_is_absorbed_or_told(scrap: str, told: str, *, caught: bool) -> None:
    case = _asked(right_case(), required=[scrap])
    case.rules(rule("scrap.required", value=True))
    if told:
        case.tables["findings"] = gpd.GeoDataFrame(_finding(told), geometry="geometry", crs=4547)
        case.run["counts"] |= {"findings_error": 0, "findings_warning": 1, "findings_info": 0}
    assert ids_of(judged(case), "required") == ({scrap} if caught else set())


def test_required_list_counts_only_with_its_rule() -> None:
    assert judged(_asked(right_case(), required=["c4"])) == []
