"""Conditions and capacities of sites, and buildings: each wrong cell is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from shapely import box

from density_case import NONE, full_case
from gisland.verify.buildings import check_buildings
from gisland.verify.capacity import check_capacity
from gisland.verify.conditions import check_conditions
from gisland.verify.subjects import survey
from verify_case import codes, facts_of, ids_of, judged, rule

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case

NUMBERS = ("limit_before", "limit_after", "known_share", "value_before", "value_after")
WORDS = ("site_id", "condition", "unit", "operator", "denominator", "source")


@pytest.fixture
def case() -> Case:
    return full_case()


def told(case: Case) -> list[Violation]:
    """What the proofs of conditions, capacities and buildings say alone."""
    facts = facts_of(case)
    ground = survey(facts)
    found = [*check_conditions(facts, ground), *check_capacity(facts, ground)]
    return [*found, *check_buildings(facts)]


def of_capacities(case: Case) -> list[Violation]:
    """What the proof of capacities says alone: that of conditions takes most of the time."""
    facts = facts_of(case)
    return check_capacity(facts, survey(facts))


def with_table(case: Case, **tables: pd.DataFrame) -> Case:
    """The case with other tables."""
    return type(case)({**case.tables, **tables}, case.run)


def change(case: Case, table: str, row: int, **cells: object) -> Case:
    """The case with cells of one row changed."""
    frame = case.tables[table].copy()
    for column, value in cells.items():
        frame.loc[row, column] = value
    return type(case)({**case.tables, table: frame}, case.run)


def test_right_ones_hold(case: Case) -> None:
    assert told(case) == []


# --- conditions --------------------------------------------------------------------------------


@pytest.mark.parametrize("column", NUMBERS)
def test_numbers_of_conditions_are_proved(case: Case, column: str) -> None:
    rows = case.tables["conditions"]
    for value in (rows[column] * 1.01 + 0.51, None):
        if column == "known_share" and value is None:
            continue
        found = told(with_table(case, conditions=rows.assign(**{column: value})))
        named = {i for v in found for i in v.ids}
        assert {"S1", "S2"} <= {i.split()[0] for i in named}


@pytest.mark.parametrize("column", WORDS)
def test_words_of_conditions_are_proved(case: Case, column: str) -> None:
    for row in (0, 4, 9):
        assert "condition" in codes(told(change(case, "conditions", row, **{column: "other"})))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("outcome", ["pass", "fail", "missing", "not_assessed"])
def test_outcomes_follow(case: Case, when: str, outcome: str) -> None:
    rows = case.tables["conditions"]
    changed = rows.assign(**{f"outcome_{when}": outcome})
    wrong = rows[rows[f"outcome_{when}"] != outcome]
    named = ids_of(told(with_table(case, conditions=changed)), "condition_outcome")
    assert named == set(wrong["site_id"] + " " + wrong["condition"])


def test_sources_of_conditions(case: Case) -> None:
    """What comes from parcels alone comes from the site's."""
    right = change(case, "conditions", 0, source="parcel", source_ids="s1;s2")
    assert "condition" not in codes(told(right))
    wrong = change(case, "conditions", 0, source="parcel", source_ids="s1;k1")
    assert "condition" in codes(told(wrong))
    assert "condition" in codes(told(change(case, "conditions", 0, source_ids=None)))


def test_a_condition_of_all_parcels_has_a_row(case: Case) -> None:
    rows = case.tables["conditions"].iloc[1:].reset_index(drop=True)
    found = told(with_table(case, conditions=rows))
    assert ids_of(found, "condition_limit") == {"S1"}


def _limits(case: Case, **far_max: float | None) -> Case:
    for name, value in far_max.items():
        case.set("parcels", name, planned_far_max=value)
    return case


@pytest.mark.parametrize(
    ("limit", "held"), [(2.0, True), (2.3, True), (3.0, True), (1.99, False), (3.01, False)]
)
def test_limits_lie_between_those_of_the_parcels(case: Case, limit: float, *, held: bool) -> None:
    _limits(case, s1=2.0, s2=3.0)
    rows = case.tables["conditions"]
    row = int(rows.index[(rows["site_id"] == "S1") & (rows["condition"] == "far_max")][0])
    found = told(change(case, "conditions", row, limit_before=limit, limit_after=limit))
    assert (ids_of(found, "condition_limit") == set()) == held


def test_the_strictest_height_holds(case: Case) -> None:
    case.set("parcels", "s2", planned_height_max_m=30.0)
    assert "condition_limit" not in codes(told(case))
    case.set("parcels", "s2", planned_height_max_m=22.0)
    assert ids_of(told(case), "condition_limit") == {"S1"}


def test_limits_of_some_parcels_leave_room(case: Case) -> None:
    """On s2 the limit is known on less than half, so that it is not among the columns."""
    rows = case.tables["conditions"]
    row = int(rows.index[(rows["site_id"] == "S1") & (rows["condition"] == "far_max")][0])
    case = change(_limits(case, s2=None), "conditions", row, limit_before=2.2, limit_after=2.2)
    assert "condition_limit" not in codes(told(case))
    assert ids_of(told(_limits(case, s1=None)), "condition_limit") == {"S1"}


def test_scraps_keep_their_limits_where_the_rule_is_off(case: Case) -> None:
    rows = case.tables["conditions"]
    row = int(rows.index[(rows["site_id"] == "S1") & (rows["condition"] == "far_max")][0])
    mixed = change(_limits(case, c1=1.0), "conditions", row, limit_after=1.9)
    assert ids_of(told(mixed), "condition_limit") == {"S1"}
    mixed.rules(rule("scrap.site_conditions", value=True, mode="off"))
    assert "condition_limit" not in codes(told(mixed))
    assert ids_of(told(change(mixed, "conditions", row, limit_after=0.9)), "condition_limit")


@pytest.mark.parametrize("failed", ["", "far_max", "green_min;far_max", None])
def test_what_parcels_fail_follows(case: Case, failed: str | None) -> None:
    case.set("parcels", "k1", conditions_failed=failed)
    assert ids_of(told(case), "conditions_failed") == {"k1"}
    case.set("parcels", "k1", conditions_failed="green_min", green_ratio=0.2)
    assert ids_of(told(case), "conditions_failed") == {"k1"}
    case.set("parcels", "k1", conditions_failed="", green_ratio=0.1999996)
    assert ids_of(told(case), "conditions_failed") == set()


# --- capacities --------------------------------------------------------------------------------


def test_every_cell_of_capacities_is_proved(case: Case) -> None:
    rows = case.tables["capacity"]
    for column in rows.columns[1:]:
        value = rows.loc[0, column]
        wrong = "other" if isinstance(value, str) else value * 1.01 + 1
        for cell in (wrong, None):
            found = of_capacities(change(case, "capacity", 0, **{column: cell}))
            assert "capacity" in codes(found), (column, cell)


def test_every_site_has_one_capacity(case: Case) -> None:
    rows = case.tables["capacity"]
    assert ids_of(told(with_table(case, capacity=rows.iloc[1:])), "capacity") >= {"S1"}
    more = pd.concat([rows, rows.iloc[[0]].assign(site_id="S9")])
    assert "S9" in ids_of(told(with_table(case, capacity=more)), "capacity")


def test_capacities_among_the_indicators(case: Case) -> None:
    rows = case.tables["indicators"]
    for row in rows.index[rows["theme"] == "capacity"]:
        for column in ("before", "after"):
            wrong = 7.0 if pd.isna(rows.loc[row, column]) else rows.loc[row, column] + 1
            found = of_capacities(change(case, "indicators", int(row), **{column: wrong}))
            assert "capacity_indicator" in codes(found)
    less = rows.drop(index=rows.index[rows["theme"] == "capacity"][4])
    found = of_capacities(with_table(case, indicators=less))
    assert ids_of(found, "capacity_indicator") == {"site:S1 capacity_min"}


@pytest.mark.parametrize(
    ("scenario", "name", "far"),
    [("far_max", "far_max", 2.0), ("minimum", "far_min", 1.0), ("keep", "keep", NONE)],
)
def test_scenarios(case: Case, scenario: str, name: str, far: float) -> None:
    case.run["parameters"] |= {"scenario": scenario}
    rows = case.tables["capacity"]
    floor = rows["existing_m2"] if scenario == "keep" else rows["area_after_m2"] * far
    told_of = rows.assign(scenario=name, planned_far=far, planned_floor_m2=floor)
    sites = case.tables["sites"].assign(planned_far=far)
    case.tables |= {"capacity": told_of, "sites": sites}
    assert "capacity" not in codes(told(case))
    case.run["parameters"] |= {"scenario": 2.5}
    assert ids_of(told(case), "capacity") == {"S1", "S2"}


# --- buildings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("building", "cells", "code"),
    [
        ("h1", {"footprint_m2": 101.0}, "building"),
        ("h3", {"footprint_m2": None}, "building"),
        ("h1", {"off_parcels_m2": 1.0}, "building_parcels"),
        ("h2", {"off_parcels_m2": 0.0}, "building_parcels"),
        ("h3", {"off_parcels_m2": 101.0}, "building"),
        ("h1", {"floors_from": "seen"}, "building_floors"),
        ("h1", {"floors": None}, "building_floors"),
        ("h2", {"floors": 2.0}, "building_floors"),
        ("h2", {"height_m": 15.0}, "building_floors"),
        ("h2", {"floor_height_m": 2.0}, "building_floors"),
        ("h4", {"height_m": 15.0}, "building_floors"),
        ("h2", {"floor_area_m2": 700.0}, "building_area"),
        ("h2", {"underground_floor_area_m2": 10.0}, "building_area"),
        ("h2", {"counted_floor_area_m2": 1440.0}, "building_area"),
        ("h4", {"floor_area_m2": 100.0}, "building_area"),
        ("h1", {"counted_floor_area_m2": None}, "building_area"),
        ("h1", {"floor_area_m2": -1.0}, "building_area"),
        ("h2", {"parcel_ids": "k1", "parcels": 1}, "building_parcels"),
        ("h2", {"parcel_ids": "k2;k1"}, "building_parcels"),
        ("h1", {"parcel_ids": "k1;k2", "parcels": 2}, "building_parcels"),
        ("h1", {"parcel_ids": "k9"}, "building_parcels"),
        ("h1", {"parcels": 2}, "building_parcels"),
    ],
)
def test_tampered_building_is_caught(
    case: Case, building: str, cells: dict[str, object], code: str
) -> None:
    case.set("buildings", building, **cells)
    assert building in {i for v in told(case) for i in v.ids}
    assert code in codes(told(case))


def test_moved_building_is_caught(case: Case) -> None:
    case.move("buildings", "h1", box(495, -150, 505, -140))
    assert "building_parcels" in codes(told(case))


def test_estimates_need_the_parameter(case: Case) -> None:
    case.run["parameters"] |= {"estimate_floors": "no"}
    assert ids_of(told(case), "building_floors") == {"h2"}


def test_high_storeys_count_twice(case: Case) -> None:
    case.run["parameters"] |= {"high_storey_m": 3.9}
    assert ids_of(told(case), "building_area") == {"h2"}
    case.set("buildings", "h2", counted_floor_area_m2=1440.0)
    assert "building_area" not in codes(told(case))


def test_whole_buildings_go_to_one_parcel(case: Case) -> None:
    case.run["parameters"] |= {"floor_area": "majority"}
    assert ids_of(told(case), "building_parcels") == {"h2"}
    case.set("buildings", "h2", parcel_ids="k1", parcels=1, off_parcels_m2=0.0)
    assert "building_parcels" not in codes(told(case))


def test_footprints_of_parcels_follow_where_they_add_up(case: Case) -> None:
    """On k1 are all of h1 and half of what h2 has on land, 110 m²; on k2 as much and h4."""
    none = case.tables["parcels"]["parcel_id"].isin(["k1", "k2"])
    on = none.map({True: 210.0, False: 0.0})
    case.tables["parcels"] = case.tables["parcels"].assign(footprint_m2=on)
    assert "building_parcels" not in codes(told(case))
    case.set("parcels", "k1", footprint_m2=200.0)
    case.set("parcels", "k2", footprint_m2=220.0)
    assert ids_of(told(case), "building_parcels") == {"k1", "k2"}


def test_whole_case_is_judged(case: Case) -> None:
    case.set("capacity", "S1", left_m2=5.0)
    case.set("conditions", "S2", unit="m")
    case.set("buildings", "h1", footprint_m2=1.0)
    assert {"capacity", "condition", "building"} <= codes(judged(case))
