"""Plans of random components against looking at all plans, and what must not change a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gisland.plan.exact import search, solver
from random_plans import Case, best, held, made, plans, taken

if TYPE_CHECKING:
    from gisland.plan.exact.assign import Assignment

BLOCKS = range(20)
EACH = 100  # random components of each block


@pytest.mark.parametrize("block", BLOCKS)
def test_the_plan_is_the_best_of_all(block: int) -> None:
    for seed in range(block * EACH, (block + 1) * EACH):
        case = made(seed)
        found = case.planned()
        expected = best(case)
        assert taken(case, found.chosen) == expected, seed
        assert held(case, expected), seed
        assert set(found.components["status"]) <= {"optimal"}, seed


@pytest.fixture
def search_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the simple ways, and ask for every plan roughly first, as for large components."""
    monkeypatch.setattr(solver, "quick", lambda _: None)
    monkeypatch.setattr(search, "_SMALL", 0)


@pytest.mark.usefixtures("search_only")
@pytest.mark.parametrize("chains", [False, True])
def test_the_search_alone_is_as_good(chains: bool) -> None:  # noqa: FBT001 - a parameter of the test
    for seed in range(9000, 9120):
        case = made(seed, chains=chains)
        assert taken(case, case.planned().chosen) == best(case), seed


def test_the_cases_are_of_every_kind() -> None:
    cases = [made(seed) for seed in range(EACH)]
    assert max(len(case.pairs) for case in cases) == 12
    assert sum(case.links is not None for case in cases) > EACH / 3
    assert sum(bool(case.required) for case in cases) > EACH / 4
    assert sum(case.objective == "count" for case in cases) > EACH / 4
    loose = [case for case in cases if not all(held(case, p) for p in unlinked(case))]
    assert len(loose) > EACH / 10  # the best plan is cut off, were it not for the links


def unlinked(case: Case) -> list[frozenset[tuple[str, str]]]:
    """The best plan if every scrap adjoined its sites."""
    plain = replace(case, pairs=case.pairs.drop(columns="links", errors="ignore"), links=None)
    return [best(plain)]


def absorbed(found: Assignment) -> float:
    return float(found.components["absorbed_m2"].sum())


def test_the_order_of_rows_does_not_matter() -> None:
    for seed in range(60):
        case = made(seed)
        expected = case.planned()
        mixed = case.shuffled(seed)
        found = mixed.planned()
        assert found.chosen.index.equals(mixed.pairs.index)
        pd.testing.assert_series_equal(found.chosen.sort_index(), expected.chosen)
        pd.testing.assert_frame_equal(found.components, expected.components)
        pd.testing.assert_frame_equal(found.unmet, expected.unmet)


def test_labels_of_the_same_order_do_not_matter_and_others_change_no_sum() -> None:
    for seed in range(60):
        case = made(seed)
        scraps = {i: f"宗{i}" for i in [f"c{k}" for k in range(8)]}
        sites = {i: f"地{i}" for i in case.budgets.index}
        found, plain = case.relabelled(scraps, sites).planned(), case.planned()
        assert found.chosen.tolist() == plain.chosen.tolist()
        turned = dict(zip(scraps, reversed(scraps), strict=True))
        other = case.relabelled(turned, dict(zip(sites, reversed(sites), strict=True))).planned()
        assert absorbed(other) == absorbed(plain)
        assert other.chosen.sum() == plain.chosen.sum() or case.objective == "area"
        assert len(other.unmet) == len(plain.unmet)


def test_seven_times_the_size_is_the_same_plan() -> None:
    for seed in range(60):
        case = made(seed)
        limit = case.budgets["area_cents"]
        larger = replace(
            case,
            pairs=case.pairs.assign(area_cents=case.pairs["area_cents"] * 7),
            budgets=case.budgets.assign(area_cents=limit.where(limit < 0, limit * 7)),
        )
        found, plain = larger.planned(), case.planned()
        assert found.chosen.tolist() == plain.chosen.tolist()
        assert absorbed(found) == pytest.approx(absorbed(plain) * 7)


def test_two_far_districts_have_the_plans_of_each() -> None:
    for seed in range(40):
        one, two = made(seed, prefix="a"), made(seed + 500, prefix="b")
        links = [case.links for case in (one, two) if case.links is not None]
        both = Case(
            pd.concat([one.pairs, two.pairs], ignore_index=True),
            pd.concat([one.budgets, two.budgets]),
            pd.concat(links) if links else None,
            one.required + two.required,
            one.objective,
        )
        other = replace(two, objective=one.objective)
        expected = taken(one, one.planned().chosen) | taken(other, other.planned().chosen)
        assert taken(both, both.planned().chosen) == expected


def test_more_room_never_lowers_and_fewer_candidates_never_raise_the_area() -> None:
    for seed in range(60):
        case = replace(made(seed), required=(), objective="area")
        before = absorbed(case.planned())
        limit = case.budgets["area_cents"]
        wider = replace(
            case, budgets=case.budgets.assign(area_cents=limit.where(limit < 0, limit * 5 // 4 + 1))
        )
        assert absorbed(wider.planned()) >= before
        for scrap in case.pairs["parcel_id"].unique():
            fewer = replace(case, pairs=case.pairs[case.pairs["parcel_id"] != scrap])
            assert absorbed(fewer.planned()) <= before


@pytest.mark.parametrize("seconds", [1e-9, 1e-3])
def test_out_of_time_the_bound_holds_and_the_plan_keeps_the_limits(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "quick", lambda _: None)
    late = 0
    for seed in range(80):
        case = made(seed)
        found = case.planned(seconds=seconds)
        plan, every = taken(case, found.chosen), list(plans(case))
        assert plan in every, seed
        area = case.pairs.drop_duplicates("parcel_id").set_index("parcel_id")["area_cents"]
        most = sum(area[c] for c, _ in every[0]) / 100
        assert found.components["bound_m2"].sum() >= most - 1e-6, seed
        assert (found.components["bound_m2"] >= found.components["absorbed_m2"]).all()
        if case.objective == "count":
            assert found.components["bound_scraps"].sum() >= len(every[0])
        status = set(found.components["status"])
        late += "time_limit" in status
        if status <= {"optimal"}:
            assert plan == every[0], seed
    assert late > 5
