"""Indicators and uses before and after: the right ones pass, each wrong cell is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from shapely import box

from density_case import full_case
from gisland.layers.writing.write import write_results
from gisland.verify import verify
from gisland.verify.indicators import check_indicators
from gisland.verify.subjects import survey
from gisland.verify.usematrix import check_use
from verify_case import codes, facts_of, ids_of, judged, results_of, right_case

if TYPE_CHECKING:
    from pathlib import Path

    from gisland.verify import Violation
    from verify_case import Case

WORDS = ("subject", "theme", "unit", "denominator")
BELIEVED = {  # cells that nothing can be held against
    *((n, c) for n in ("edge_density", "rectangularity") for c in ("before", "after")),
    *((n, c) for n in ("small_parcels", "small_parcels_share") for c in ("before", "after")),
}


@pytest.fixture(scope="module")
def right() -> Case:
    return full_case()


def measured(case: Case) -> list[Violation]:
    """What the proofs of indicators and uses say alone."""
    facts = facts_of(case)
    ground = survey(facts)
    return [*check_indicators(facts, ground), *check_use(facts, ground)]


def tampered(case: Case, table: str, row: int, **cells: object) -> Case:
    """The case with cells of one row changed."""
    frame = case.tables[table].copy()
    for column, value in cells.items():
        frame.loc[row, column] = value
    return type(case)({**case.tables, table: frame}, case.run)


def with_table(case: Case, **tables: pd.DataFrame) -> Case:
    """The case with other tables."""
    return type(case)({**case.tables, **tables}, case.run)


def row_of(case: Case, subject: str, indicator: str) -> int:
    """Number of a row of the indicators."""
    rows = case.tables["indicators"]
    return int(rows.index[(rows["subject"] == subject) & (rows["indicator"] == indicator)][0])


def test_right_result_is_proved(right: Case, tmp_path: Path) -> None:
    assert judged(right) == []
    assert (
        verify(write_results(tmp_path / "out", tables=right.tables, files={}, run=right.run)) == []
    )


def test_rows_in_another_order_make_no_difference(right: Case) -> None:
    mixed = {n: t.iloc[::-1].reset_index(drop=True) for n, t in right.tables.items()}
    assert judged(type(right)(mixed, right.run)) == []


@pytest.mark.parametrize("column", ["before", "after", "denominator_before", "denominator_after"])
def test_every_number_is_held_against_the_parcels(right: Case, column: str) -> None:
    """All rows at once: each that has such a number is named."""
    rows = right.tables["indicators"]
    case = with_table(right, indicators=rows.assign(**{column: rows[column] * 1.01}))
    named = {i for v in measured(case) if v.code != "indicator" for i in v.ids}
    told = {i for v in judged(case) if v.code == "capacity_indicator" for i in v.ids}
    wanted = rows[rows[column].fillna(0.0) != 0]
    wanted = wanted[[(n, column) not in BELIEVED for n in wanted["indicator"]]]
    missed = set(wanted["subject"] + " " + wanted["indicator"]) - named - told
    assert missed == set()


@pytest.mark.parametrize("column", ["before", "after", "denominator_before", "denominator_after"])
def test_numbers_that_are_lost_are_missed(right: Case, column: str) -> None:
    rows = right.tables["indicators"]
    case = with_table(right, indicators=rows.assign(**{column: None}))
    named = {i for v in measured(case) if v.code != "indicator" for i in v.ids}
    value = rows[column.removeprefix("denominator_")]
    wanted = rows[rows[column].notna() & value.notna() & (rows["theme"] == "density")]
    assert set(wanted["subject"] + " " + wanted["indicator"]) <= named


@pytest.mark.parametrize("column", WORDS)
def test_every_word_is_that_of_the_indicator(right: Case, column: str) -> None:
    rows = right.tables["indicators"]
    case = with_table(right, indicators=rows.assign(**{column: "zone:Z9"}))
    assert "indicator" in codes(measured(case))
    for name in ("far", "parcels", "compactness", "owner_simpson"):
        row = row_of(right, "overall", name)
        one = tampered(right, "indicators", row, **{column: "zone:Z9"})
        assert "indicator" in codes(measured(one)), name


@pytest.mark.parametrize("column", ["missing_before", "missing_after"])
def test_missing_parcels_are_counted_again(right: Case, column: str) -> None:
    for name in ("far", "owners", "floor_area", "open_space_ratio"):
        row = row_of(right, "overall", name)
        count = int(right.tables["indicators"].loc[row, column])
        case = tampered(right, "indicators", row, **{column: count + 1})
        assert ids_of(measured(case), "indicator_missing") == {f"overall {name}"}


def test_delta_is_after_less_before(right: Case) -> None:
    row = row_of(right, "site:S1", "far")
    assert "indicator" in codes(measured(tampered(right, "indicators", row, delta=0.51)))
    assert "indicator" in codes(measured(tampered(right, "indicators", row, delta=None)))


@pytest.mark.parametrize(
    ("subject", "indicator"),
    [
        ("unit:U2", "land_area"),
        ("zone:Z1", "far"),
        ("overall", "compactness"),
        ("site:S2", "owners"),
    ],
)
def test_rows_that_are_not_there_are_missed(right: Case, subject: str, indicator: str) -> None:
    rows = right.tables["indicators"].drop(index=row_of(right, subject, indicator))
    case = with_table(right, indicators=rows.reset_index(drop=True))
    assert f"{subject} {indicator}" in ids_of(measured(case), "indicator")


def test_rows_of_unknown_subjects_and_twice_are_found(right: Case) -> None:
    rows = right.tables["indicators"]
    row = rows.iloc[[row_of(right, "unit:U1", "far")]]
    for more in (row.assign(subject="unit:U9"), row.assign(subject="somewhere"), row):
        whole = pd.concat([rows, more], ignore_index=True)
        case = with_table(right, indicators=whole)
        assert codes(judged(case)) & {"indicator", "indicator_subjects"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("footprint_m2", 1.0, "indicator_value"),
        ("green_m2", 1.0, "indicator_value"),
        ("tax_yuan", None, "indicator_value"),
        ("jobs", 1.0, "indicator"),
        ("floor_area_m2", None, "indicator_value"),
        ("counted_floor_area_m2", 1.0, "indicator_value"),
        ("mean_storeys", 1.0, "indicator_value"),
        ("floor_area_estimated_m2", 1.0, "indicator_value"),
        ("owner", "B", "indicator_value"),
        ("unit_id", "U2", "indicator_value"),
        ("zone_id", "Z1", "indicator_value"),
        ("use_class", "commercial", "use_matrix"),
        ("coverage", 0.3, "density"),
        ("green_ratio", None, "density"),
        ("far_actual", 2.0, "density"),
        ("tax_yuan_per_mu", 19_999.0, "density"),
        ("tax_yuan_per_mu", None, "density"),
        ("output_yuan_per_mu", 0.0, "density"),
        ("investment_yuan_per_mu", 5.0, "density"),
        ("jobs_per_mu", 1.0, "density"),
    ],
)
def test_indicators_follow_the_parcels(right: Case, column: str, value: object, code: str) -> None:
    """c3 lies in no site: its amounts are those of the whole and of U1."""
    row = int(right.tables["parcels"].index[right.tables["parcels"]["parcel_id"] == "c3"][0])
    assert code in codes(measured(tampered(right, "parcels", row, **{column: value})))


def test_planned_far_makes_the_floor_area_after(right: Case) -> None:
    case = tampered(right, "capacity", 0, planned_far=2.4)
    named = ids_of(measured(case), "indicator_value")
    assert {"overall far", "site:S1 far", "unit:U1 counted_floor_area"} <= named
    assert "site:S2 far" not in named


def test_units_are_found_from_their_polygons(right: Case) -> None:
    """Three fifths of k2 are no more than a half once the unit shrinks to two fifths."""
    case = type(right)(dict(right.tables), right.run)
    case.move("planning_units", "U2", box(130, -210, 160, -90))
    assert survey(facts_of(right)).members("after")["subject"].eq("unit:U2").sum() == 1
    assert survey(facts_of(case)).members("after")["subject"].eq("unit:U2").sum() == 0


# --- uses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["area_m2", "area_mu", "share"])
def test_every_number_of_the_matrix_is_proved(right: Case, column: str) -> None:
    rows = right.tables["use_matrix"]
    case = with_table(right, use_matrix=rows.assign(**{column: rows[column] + 0.1}))
    found = check_use(facts_of(case), survey(facts_of(case)))
    named = set(rows["subject"] + " " + rows["use_before"] + " " + rows["use_after"])
    assert named <= ids_of(found, "use_matrix")


@pytest.mark.parametrize("column", ["subject", "basis", "use_before", "use_after"])
def test_every_word_of_the_matrix_is_proved(right: Case, column: str) -> None:
    for value in ("site:S2", "planned", "commercial"):
        case = tampered(right, "use_matrix", 0, **{column: value})
        assert "use_matrix" in codes(measured(case))


def test_matrix_closes(right: Case) -> None:
    rows = right.tables["use_matrix"]
    case = with_table(right, use_matrix=rows.iloc[1:])
    assert "overall" in ids_of(measured(case), "use_matrix")
    planned = rows[rows["basis"] != "merged"]
    case = with_table(right, use_matrix=planned)
    assert "use_matrix" in codes(measured(case))


def test_site_takes_the_use_that_was_asked_for(right: Case) -> None:
    """By its largest parcel S1 is industrial; by `site` it might be told otherwise."""
    case = type(right)(
        dict(right.tables), {**right.run, "plan": {"columns": {"use_class": "same"}}}
    )
    sites = case.tables["sites"]
    merged = sites[["site_id", "geometry"]].rename(columns={"site_id": "parcel_id"})
    case.tables["merged"] = merged.assign(use_class=["commercial", "industrial"])
    assert "use_matrix" in codes(measured(case))


# --- results of earlier versions ---------------------------------------------------------------


def test_results_without_before_and_after_are_proved() -> None:
    case = right_case()
    lots = case.tables["parcels"]
    later = ["far_actual", "green_ratio", "mean_storeys", "conditions_failed"]
    later += ["building_height_m", "floor_area_estimated_m2"]
    later += [c for c in lots if c.endswith("_per_mu")]
    later += [c for c in lots if c.startswith("planned_") and "far" not in c and "use" not in c]
    case.tables["parcels"] = lots.drop(columns=later)
    more = ["theme", "denominator_before", "denominator_after", "missing_before", "missing_after"]
    case.tables["indicators"] = case.tables["indicators"].drop(columns=more)
    assert verify(results_of(case)) == []


@pytest.mark.parametrize(
    "table", ["use_matrix", "conditions", "capacity", "buildings", "indicators"]
)
def test_tables_that_belong_to_it_are_missed(right: Case, table: str) -> None:
    rest = {n: t for n, t in right.tables.items() if n != table}
    assert ids_of(judged(type(right)(rest, right.run)), "table_missing") == {table}


def test_columns_that_came_with_it_are_missed(right: Case) -> None:
    rows = right.tables["indicators"]
    case = with_table(right, indicators=rows.drop(columns="theme"))
    assert ids_of(judged(case), "columns_missing") == {"theme"}
    lots = right.tables["parcels"].drop(columns="conditions_failed")
    case = with_table(right, parcels=lots)
    assert ids_of(judged(case), "columns_missing") == {"conditions_failed"}
