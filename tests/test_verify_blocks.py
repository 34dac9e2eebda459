"""Block lines: what was written is proved from parcels and lines, and each fault is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from shapely import box

from blocks_case import add, change, given_case, take_out
from gisland.verify.blocks import check_blocks
from verify_case import codes, facts_of, judged

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case


def told(case: Case) -> list[Violation]:
    """What the proofs of block lines say alone."""
    return check_blocks(facts_of(case))


def test_right_lines_hold() -> None:
    assert told(given_case()) == []


def test_right_lines_hold_with_all_other_proofs() -> None:
    assert judged(given_case()) == []


@pytest.mark.parametrize("name", ["blocks_given", "blocks_adjusted", "control_failures"])
def test_the_record_counts_blocks_and_failing_verdicts(name: str) -> None:
    case = given_case()
    case.run["counts"][name] += 1
    assert [(v.code, v.ids) for v in judged(case)] == [("record_counts", (name,))]


@pytest.mark.parametrize("column", ["land_m2", "industrial_m2", "m0_m2", "state_m2", "floor_m2"])
def test_a_wrong_sum_of_a_block(column: str) -> None:
    case = given_case()
    change(case, "block_lines", {"block_id": "L1"}, **{column: 90_001.0})
    found = told(case)
    assert ("block_sum", ("given:L1",)) in [(v.code, v.ids) for v in found]
    assert all("given:L1" in i for v in found for i in v.ids)


FAULTS: list[tuple[str, dict[str, object], dict[str, Any], str, str]] = [
    ("block_lines", {"block_id": "L1"}, {"area_mu": 157.0}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"owners": 3}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "L2"}, {"without_owner": 0}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L2"}, {"without_floor": 0}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L2"}, {"floor_m2": 160_000.0}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L1"}, {"floor_m2": None}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "L2"}, {"low_use_m2": 10_000.0}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L2"}, {"low_use_parcels": 0}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L2"}, {"parcels": 9}, "block_sum", "given:L2"),
    ("block_lines", {"block_id": "L1"}, {"far": 1.9}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"coverage": 0.31}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"m0_share": 0.1}, "block_sum", "given:L1"),
    ("block_lines", {"block_id": "overall"}, {"owners": 4}, "block_sum", "given:overall"),
    ("block_lines", {"block_id": "L2"}, {"cut_ids": "b4"}, "block_ids", "given:L2"),
    ("block_lines", {"block_id": "L2"}, {"parcels_cut": 1}, "block_ids", "given:L2"),
    ("block_lines", {"block_id": "L1"}, {"other_use_ids": "a8"}, "block_ids", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"outcome": "fail"}, "block_outcome", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"limit": 0.5}, "block_outcome", "given:L1"),
    ("block_lines", {"block_id": "L1"}, {"m0_outcome": "pass"}, "block_outcome", "given:L1"),
    (
        "block_uses",
        {"block_id": "L1", "use_class": "green"},
        {"share": 0.2},
        "block_use",
        "given:L1 green",
    ),
    (
        "block_uses",
        {"block_id": "L1", "use_class": "green"},
        {"parcels": 2},
        "block_use",
        "given:L1 green",
    ),
    (
        "block_parcels",
        {"block_id": "L2", "parcel_id": "b4"},
        {"inside_m2": 4_999.0},
        "block_parcel_area",
        "given:L2 b4",
    ),
    (
        "block_parcels",
        {"block_id": "L2", "parcel_id": "b4"},
        {"outside_m2": 0.0},
        "block_parcel_area",
        "given:L2 b4",
    ),
    (
        "block_parcels",
        {"block_id": "L2", "parcel_id": "b4"},
        {"part": "inside"},
        "block_parcel_part",
        "given:L2 b4",
    ),
    (
        "block_parcels",
        {"block_id": "L1", "parcel_id": "a8"},
        {"use_class": "industrial"},
        "block_parcel_use",
        "given:L1 a8",
    ),
    (
        "block_parcels",
        {"parcel_id": "x1"},
        {"reason": "narrow"},
        "block_parcel_reason",
        "given:outside x1",
    ),
    (
        "block_parcels",
        {"parcel_id": "x1"},
        {"outside_m2": 9_000.0},
        "block_parcel_area",
        "given:outside x1",
    ),
]


@pytest.mark.parametrize(("table", "where", "cells", "code", "place"), FAULTS)
def test_one_wrong_cell_is_found_where_it_is(
    table: str, where: dict[str, object], cells: dict[str, Any], code: str, place: str
) -> None:
    case = given_case()
    change(case, table, where, **cells)
    found = told(case)
    assert (code, (place,)) in [(v.code, v.ids) for v in found]
    assert codes(found) == {code}


@pytest.mark.parametrize(
    ("test", "cells", "code"),
    [
        ("industrial_share", {"value": 0.7}, "area_verdict_value"),
        ("industrial_share", {"numerator": 70_000.0}, "area_verdict_value"),
        ("industrial_share", {"denominator_value": None}, "area_verdict_value"),
        ("industrial_share", {"limit": 0.5}, "area_verdict_rule"),
        ("industrial_share", {"operator": "<="}, "area_verdict_rule"),
        ("industrial_share", {"mode": "on"}, "area_verdict_rule"),
        ("industrial_share", {"rule_id": "block_line.m0_share"}, "area_verdict_rule"),
        ("industrial_share", {"outcome": "fail"}, "area_verdict_outcome"),
        ("m0_share_of_block", {"outcome": "pass"}, "area_verdict_outcome"),  # the rule is off
    ],
)
def test_a_wrong_verdict(test: str, cells: dict[str, Any], code: str) -> None:
    case = given_case()
    change(case, "control_verdicts", {"subject": "given:L1", "test": test}, **cells)
    assert [(v.code, v.ids) for v in told(case)] == [(code, (f"given:L1 {test}",))]


def test_verdicts_left_out_and_made_up() -> None:
    case = given_case()
    take_out(case, "control_verdicts", subject="given:overall", test="total_area")
    add(case, "control_verdicts", subject="given:L9")
    found = {v.code: v.ids for v in told(case)}
    assert found == {
        "area_verdict_missing": ("given:overall total_area",),
        "area_verdict_strange": ("given:L9 industrial_share",),
    }


def test_parcels_left_out_and_made_up() -> None:
    case = given_case()
    take_out(case, "block_parcels", block_id="L2", parcel_id="b9")
    add(case, "block_parcels", block_id="L2", parcel_id="a0")
    take_out(case, "block_parcels", parcel_id="x1")
    found = {v.code: v.ids for v in told(case)}
    assert found == {
        "block_parcel_missing": ("given:L2 b9", "given:outside x1"),
        "block_parcel_strange": ("given:L2 a0",),
    }


def test_a_use_left_out_no_longer_closes() -> None:
    case = given_case()
    take_out(case, "block_uses", block_id="L1", use_class="green")
    found = {v.code: v.ids for v in told(case)}
    assert found == {"block_use": ("given:L1 green",), "block_use_closes": ("given:L1",)}


@pytest.mark.parametrize("name", ["block_uses", "block_parcels", "control_verdicts"])
def test_a_table_that_block_lines_announce(name: str) -> None:
    case = given_case()
    del case.tables[name]
    assert [(v.code, v.ids) for v in told(case)] == [("block_tables", (name,))]


def test_parts_without_lines() -> None:
    case = given_case()
    del case.tables["block_lines"]
    found = [(v.code, v.ids) for v in told(case)]
    assert found == [("block_tables", ("block_parcels", "block_uses"))]


def test_a_line_moved_on_the_map_only() -> None:
    case = given_case()
    shapes = list(case.tables["block_lines"].geometry)
    table = case.tables["block_lines"].copy()
    shapes[0] = box(*shapes[0].bounds[:3], shapes[0].bounds[3] - 1)
    case.tables["block_lines"] = table.set_geometry(shapes, crs=table.crs)
    found = told(case)
    assert ("block_sum", ("given:L1", "given:overall")) in [(v.code, v.ids) for v in found]


def test_an_area_to_which_the_uses_do_not_close() -> None:
    case = given_case()
    change(case, "block_lines", {"block_id": "L1"}, area_m2=105_000.2)
    found = [(v.code, v.ids) for v in told(case)]
    assert found == [("block_sum", ("given:L1",)), ("block_use_closes", ("given:L1",))]


def test_a_sliver_of_a_parcel_is_land_but_no_parcel_of_the_block() -> None:
    case = given_case()
    case.move("parcels", "x1", box(0, 209.5, 100, 309.5))  # half a hundredth of it
    wrong = [v.message.split(": ")[1].split(" ")[0] for v in told(case) if v.code == "block_sum"]
    assert "land_m2" in wrong
    assert "parcels" not in wrong


def test_a_block_without_its_total() -> None:
    case = given_case()
    take_out(case, "block_lines", block_id="overall")
    assert ("block_rows", ("overall",)) in [(v.code, v.ids) for v in told(case)]


def test_lines_from_before_there_were_sets() -> None:
    case = given_case()
    case.tables["block_lines"] = case.tables["block_lines"].drop(columns="lines")
    assert told(case) == []


def test_m0_cannot_be_told_without_its_words() -> None:
    case = given_case()
    for rule in case.run["rules"]["records"]:
        if rule["id"] == "block_line.m0_uses":
            rule["mode"] = "off"
    case.tables["block_lines"][["m0_m2", "m0_share"]] = None
    change(case, "block_lines", {"block_id": "overall"}, m0_outcome="missing")
    rows = case.tables["control_verdicts"]
    of_m0 = rows["test"].isin(["m0_share", "m0_share_of_block"])
    rows.loc[of_m0, ["value", "numerator"]] = None
    rows.loc[rows["test"] == "m0_share", "outcome"] = "missing"
    assert told(case) == []
    change(case, "block_lines", {"block_id": "L1"}, m0_m2=0.0)
    assert ("block_sum", ("given:L1",)) in [(v.code, v.ids) for v in told(case)]


def test_a_block_without_geometry_has_no_uses() -> None:
    case = given_case()
    lines = case.tables["block_lines"]
    empty = lines[lines["block_id"] == "L1"].assign(block_id="L0")
    empty = empty.set_geometry([None]).set_crs(lines.crs)
    sums = [c for c in empty if c.endswith("_m2") and c != "area_m2"]
    empty[[*sums, "parcels", "owners", "low_use_parcels"]] = 0
    shares = [c for c in empty if c.endswith("_share")]
    empty[["area_m2", "area_mu", *shares, "far", "coverage"]] = None
    empty[["other_use_ids", "outcome"]] = "", "missing"
    case.tables["block_lines"] = pd.concat([empty, lines], ignore_index=True)
    assert {v.code for v in told(case)} <= {"area_verdict_missing", "block_sum"}
