"""Delineated blocks: kept, whole, large, wide and seeded as told; reasons of all others true."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from shapely import box

from blocks_case import add, change, given_case, layer, proposed_case, take_out
from gisland.verify.blocks import check_blocks
from gisland.verify.proposed import check_proposed
from gisland.verify.selection import best_share
from verify_case import facts_of, here, judged

if TYPE_CHECKING:
    from gisland.verify import Violation
    from verify_case import Case

SUBJECT = "proposed:overall"


def told(case: Case) -> list[Violation]:
    """What the proofs of delineated blocks say alone."""
    return check_proposed(facts_of(case))


def named(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and ids of what does not hold."""
    return [(v.code, v.ids) for v in told(case)]


def test_right_blocks_hold() -> None:
    case = proposed_case()
    assert told(case) == []
    assert check_blocks(facts_of(case)) == []
    assert judged(case) == []
    assert told(given_case()) == []


CELLS: list[tuple[dict[str, Any], str]] = [
    ({"area_m2": 70_000.0}, "proposed_sum"),
    ({"industrial_m2": 70_000.0}, "proposed_sum"),
    ({"industrial_share": 0.9}, "proposed_sum"),
    ({"parcels": 7}, "proposed_sum"),
]


@pytest.mark.parametrize(("cells", "code"), CELLS)
def test_a_wrong_number_of_a_candidate(cells: dict[str, Any], code: str) -> None:
    case = proposed_case()
    change(case, "block_candidates", {"block_id": "B01"}, **cells)
    assert named(case) == [(code, ("B01",))]


@pytest.mark.parametrize(
    ("parameter", "value", "found"),
    [
        ("block_min_area_m2", 70_000.0, ("proposed_small", ("B02",))),
        ("block_seed_m2", 70_000.0, ("proposed_seed", ("B02",))),
        ("block_level1_m2", 50_000.0, ("proposed_level", ("B02",))),
        ("block_level1_m2", 90_000.0, ("proposed_level", ("B01",))),
        ("block_level_by", ["plan"], ("proposed_level", ("B01",))),
        ("block_boundary", "centre_line", ("proposed_kept", ("B01", "B02"))),
        ("block_min_area_m2", 9_000.0, ("proposed_reason", ("x1",))),  # x1 would do
    ],
)
def test_blocks_that_parameters_do_not_allow(
    parameter: str, value: object, found: tuple[str, tuple[str, ...]]
) -> None:
    case = proposed_case()
    case.run["parameters"][parameter] = value
    assert named(case) == [found]


def test_parcels_in_a_neck() -> None:
    """The members are 100 m wide, but for b9 all in rows that are longer than wide."""
    case = proposed_case()
    case.run["parameters"]["block_neck_m"] = 101.0
    found = dict(named(case))
    assert set(found["proposed_narrow"]) >= {"a3", "a4", "b0", "b1", "b2", "b3"}


@pytest.mark.parametrize("reason", ["no_seed", "narrow", "not_kept", "no_geometry"])
def test_a_reason_that_is_not_true(reason: str) -> None:
    case = proposed_case()
    where: dict[str, object] = {"lines": "proposed", "part": "outside", "parcel_id": "x1"}
    change(case, "block_parcels", where, reason=reason)
    assert named(case) == [("proposed_reason", ("x1",))]


def test_parcels_outside_blocks_of_zones_have_no_reason_of_their_own() -> None:
    case = proposed_case()
    case.run["parameters"]["block_from"] = "zoning"
    assert {(v.code, v.ids) for v in check_blocks(facts_of(case))} == {
        ("block_parcel_reason", ("proposed:outside x1",))
    }
    where: dict[str, object] = {"lines": "proposed", "part": "outside", "parcel_id": "x1"}
    change(case, "block_parcels", where, reason="not_in_lines")
    assert check_blocks(facts_of(case)) == []


def test_two_cores_that_touch_are_not_one_piece() -> None:
    """A patch of 11 000 m² whose halves hang together by 15 m only has no seed for sure."""
    case = proposed_case()
    lots = case.tables["parcels"].set_index("parcel_id")
    lots.loc["a8", "use_class"] = lots.loc["a9", "use_class"] = "industrial"
    lots.loc["x1", "geometry"] = here(box(0, 300, 90, 400))
    lots.loc["a9", "geometry"] = here(box(75, 400, 110, 460))
    lots.loc["x1", "area_m2"], lots.loc["a9", "area_m2"] = 9_000.0, 2_100.0
    case.tables["parcels"] = lots.reset_index()
    row = {"parcel_id": "a9", "part": "outside", "block_id": "", "reason": "no_seed"}
    add(case, "block_parcels", lines="proposed", **row)
    where: dict[str, object] = {"lines": "proposed", "parcel_id": "x1"}
    change(case, "block_parcels", where, reason="no_seed")
    assert "proposed_reason" not in dict(named(case))
    lots.loc["a9", "geometry"] = here(box(50, 400, 85, 460))  # they share 35 m
    case.tables["parcels"] = lots.reset_index()
    assert dict(named(case))["proposed_reason"] == ("a9", "x1")


def test_blocks_that_overlap_or_cut() -> None:
    case = proposed_case()
    far = layer([{"x": 1}], [box(495, 0, 1100, 100).union(box(1000, 100, 1100, 200))]).geometry[0]
    for name, place in (("block_candidates", 1), ("block_lines", 4)):
        frame = case.tables[name].copy()
        shapes = frame.geometry.tolist()
        shapes[place] = far
        case.tables[name] = frame.set_geometry(shapes, crs=frame.crs)
    found = dict(named(case))
    assert found["proposed_overlap"] == ("B01", "B02")
    assert found["proposed_cut"] == ("a4",)


def test_a_block_with_too_much_other_land() -> None:
    case = proposed_case()
    for name in ("b0", "b1", "b2"):
        change(case, "parcels", {"parcel_id": name}, use_class="residential")
    found = dict(named(case))
    assert found["proposed_share"] == ("B02",)


def test_levels_by_plan_and_parks() -> None:
    case = proposed_case()
    for name in ("b0", "b1", "b2", "b9"):
        change(case, "parcels", {"parcel_id": name}, planned_use_class="logistics")
    assert named(case) == [("proposed_level", ("B02",))]
    case = proposed_case()
    case.tables["parks"] = layer([{"park_id": "P1"}], [box(600, 0, 901, 100)])
    assert named(case) == [("proposed_level", ("B02",))]


def test_numbers_and_order_of_blocks() -> None:
    case = proposed_case()
    for name in ("block_candidates", "block_lines"):
        case.tables[name] = case.tables[name].replace({"block_id": {"B01": "B02", "B02": "B01"}})
    assert dict(named(case))["proposed_ids"] == ("B01", "B02")


def test_a_kept_block_that_is_no_line() -> None:
    case = proposed_case()
    take_out(case, "block_lines", block_id="B02")
    assert ("proposed_kept", ("B02",)) in named(case)


@pytest.mark.parametrize("name", ["block_candidates", "block_lines"])
def test_tables_that_must_be_there(name: str) -> None:
    case = proposed_case()
    del case.tables[name]
    assert named(case) == [("proposed_tables", (name,))]


def targeted_case() -> Case:
    """Of 70 000 m² asked for B01 has 80 000, B02 60 000: B01 is kept alone.

    Its share is 1; b0 is commercial, so that B02 has 5/6 and both together 13/14.
    """
    case = proposed_case()
    change(case, "parcels", {"parcel_id": "b0"}, use_class="commercial")
    change(case, "block_candidates", {"block_id": "B02"}, industrial_m2=50_000.0)
    change(case, "block_candidates", {"block_id": "B02"}, industrial_share=5 / 6, kept=False)
    change(case, "block_candidates", {"block_id": "B02"}, reason="not_kept")
    take_out(case, "block_lines", block_id="B02")
    case.run["parameters"]["block_target_m2"] = 70_000.0
    out = [{"parcel_id": p, "reason": "not_kept"} for p in ("b1", "b2", "b3", "b4", "b9")]
    rows = pd.DataFrame(out).assign(lines="proposed", block_id="", part="outside")
    case.tables["block_parcels"] = pd.concat(
        [case.tables["block_parcels"], rows], ignore_index=True
    )
    common = {"topic": "delineation", "subject": SUBJECT, "mode": "on", "outcome": "pass"}
    common |= {"rule_id": "parameters.block_target_m2"}
    area = {"test": "target_area", "value": 80_000.0, "limit": 70_000.0, "operator": ">="}
    best = {"test": "selection_share", "value": 1.0, "limit": 1.0, "operator": "<="}
    best |= {"numerator": 80_000.0, "denominator_value": 80_000.0}
    more = pd.DataFrame([common | area | {"unit": "m2"}, common | best | {"unit": "share"}])
    case.tables["control_verdicts"] = pd.concat(
        [case.tables["control_verdicts"], more], ignore_index=True
    )
    return case


def test_a_right_selection_holds() -> None:
    assert named(targeted_case()) == []


def test_shares_count_in_hundredths_of_a_square_metre() -> None:
    case = targeted_case()
    change(case, "block_candidates", {"block_id": "B01"}, industrial_m2=79_999.996)
    assert named(case) == []
    change(case, "block_candidates", {"block_id": "B01"}, industrial_m2=79_999.991)
    assert named(case) == [("area_verdict_outcome", (f"{SUBJECT} selection_share",))]


@pytest.mark.parametrize(
    ("test", "cells", "code"),
    [
        ("target_area", {"limit": 60_000.0}, "area_verdict_rule"),
        ("target_area", {"outcome": "fail"}, "area_verdict_outcome"),
        ("target_area", {"value": 90_000.0}, "area_verdict_value"),
        ("selection_share", {"value": 0.9}, "area_verdict_value"),
        ("selection_share", {"numerator": 1.0}, "area_verdict_value"),
    ],
)
def test_a_wrong_verdict_on_the_selection(test: str, cells: dict[str, Any], code: str) -> None:
    case = targeted_case()
    change(case, "control_verdicts", {"test": test}, **cells)
    assert named(case) == [(code, (f"{SUBJECT} {test}",))]


def test_a_bound_that_is_too_low_or_not_reached() -> None:
    case = targeted_case()
    change(case, "control_verdicts", {"test": "selection_share"}, limit=0.95)
    found = dict(named(case))
    assert found["selection_bound"] == (f"{SUBJECT} selection_share",)
    case.run["parameters"]["block_target_m2"] = 70_000.0
    change(case, "control_verdicts", {"test": "selection_share"}, limit=1.1)
    assert named(case) == [("area_verdict_outcome", (f"{SUBJECT} selection_share",))]


def test_a_selection_that_is_not_the_best() -> None:
    """B02 alone is kept, though B01 has the higher share and reaches 50 000 m², too."""
    case = targeted_case()
    case.run["parameters"]["block_target_m2"] = 50_000.0
    for block, kept in (("B01", False), ("B02", True)):
        cells = {"kept": kept, "reason": "" if kept else "not_kept"}
        change(case, "block_candidates", {"block_id": block}, **cells)
    change(case, "control_verdicts", {"test": "target_area"}, value=60_000.0, limit=50_000.0)
    more = {"value": 5 / 6, "limit": 5 / 6, "numerator": 50_000.0, "denominator_value": 60_000.0}
    change(case, "control_verdicts", {"test": "selection_share"}, **more)
    found = dict(named(case))
    assert found["selection_best"] == ("B02",)
    assert found["selection_bound"] == (f"{SUBJECT} selection_share",)


def test_blocks_left_out_without_a_target() -> None:
    case = targeted_case()
    case.run["parameters"]["block_target_m2"] = 0.0
    found = dict(named(case))
    assert found["selection_kept"] == ("B02",)
    case.run["parameters"]["block_target_m2"] = 100_000.0  # missed: then all are kept
    assert dict(named(case))["selection_kept"] == ("B02",)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_share_of_all_sets_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    land = rng.integers(10, 100, 7).astype("float64")
    used = np.floor(land * rng.uniform(0, 1, 7))
    blocks = pd.DataFrame({"least_m2": land, "industrial_m2": used, "classified_m2": land})
    target = float(land.sum() * 0.6)
    sets = [list(c) for n in range(1, 8) for c in combinations(range(7), n)]
    reach = [used[c].sum() / land[c].sum() for c in sets if land[c].sum() >= target]
    assert best_share(blocks, target_m2=target) == pytest.approx(max(reach))


def test_of_many_candidates_no_better_set_than_the_best_is_told() -> None:
    land = np.full(18, 10.0)
    used = np.arange(18) / 2
    blocks = pd.DataFrame({"least_m2": land, "industrial_m2": used, "classified_m2": land})
    # of equal areas the best five are those of the highest shares
    assert best_share(blocks, target_m2=50.0) == pytest.approx(used[-5:].sum() / 50)


def test_shares_are_compared_at_hundredths_of_a_square_metre() -> None:
    areas = {"least_m2": [94_316.357469], "industrial_m2": [65_906.534949]}
    block = pd.DataFrame(areas | {"classified_m2": [68_003.657791]})
    assert best_share(block, target_m2=1.0) == 6_590_653 / 6_800_366


def test_parcels_outside_blocks_of_planning_zones_have_no_reason_of_their_own() -> None:
    case = proposed_case()
    case.run["parameters"]["block_from"] = "zoning"
    rows = case.tables["block_parcels"]
    rows.loc[(rows["lines"] == "proposed") & (rows["part"] == "outside"), "reason"] = "not_in_lines"
    assert "block_parcel_reason" not in {v.code for v in check_blocks(facts_of(case))}
