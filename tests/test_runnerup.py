from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gisland.plan.exact import runnerup, solver
from gisland.plan.exact.knapsack import next_subset, sums
from gisland.plan.exact.runnerup import runners_up
from random_plans import Case, Plan, case, made, plans, taken


def second(one: Case, *, method: str = "exact", seconds: float = 60.0) -> tuple[Plan, list[str]]:
    found = one.planned(method=method)
    chosen, told = runners_up(
        one.pairs,
        one.budgets,
        found,
        seconds=seconds,
        links=one.links,
        required=one.required,
        objective=one.objective,
    )
    assert chosen.index.equals(one.pairs.index)
    assert told["component"].tolist() == found.components["component"].tolist()
    return taken(one, chosen), told["status"].tolist()


def expected(one: Case, plan: Plan) -> Plan:
    """The best of all plans that leave out a pair of one."""
    return next(other for other in plans(one) if plan - other)


def test_the_next_best_sum() -> None:
    rows = [("a", "S", 60, 9.0, 0), ("b", "S", 50, 1.0, 0), ("c", "S", 45, 1.0, 0)]
    assert second(case(rows, {"S": 100})) == ({("a", "S")}, ["optimal"])
    # of plans of the same area the one of the next longest border, then the next in order
    same = [(k, "S", 10, b, 0) for k, b in zip("abc", (1.0, 5.0, 5.0), strict=True)]
    assert second(case(same, {"S": 10}))[0] == {("c", "S")}
    assert second(case(same, {"S": 20}))[0] == {("a", "S"), ("b", "S")}


def test_where_all_fit_one_scrap_goes_elsewhere_or_the_smallest_nowhere() -> None:
    rows = [("a", "S", 60, 9.0, 0), ("a", "T", 60, 2.0, 0), ("b", "S", 5, 4.0, 0)]
    assert second(case(rows, {"S": 99, "T": 99}))[0] == {("a", "T"), ("b", "S")}
    assert second(case([*rows[:1], rows[2]], {"S": 99}))[0] == {("a", "S")}
    needed = case([*rows[:1], rows[2]], {"S": 99}, required=("b",))
    assert second(needed)[0] == {("b", "S")}


def test_without_a_scrap_what_it_held_is_lost_too() -> None:
    rows = [("a", "S", 10, 9.0, 0), ("b", "S", 60, 0.0, 1), ("c", "S", 30, 1.0, 0)]
    assert second(case(rows, {"S": 100}, links="ab"))[0] == {("a", "S"), ("b", "S")}


def test_what_absorbs_nothing_has_no_second() -> None:
    assert second(case([("a", "S", 60, 9.0, 0)], {"S": 10})) == (frozenset(), ["optimal"])


@pytest.mark.parametrize("block", range(4))
def test_the_second_is_the_best_of_all_others(block: int) -> None:
    for seed in range(block * 100, (block + 1) * 100):
        one = made(seed)
        found = one.planned()
        plan = taken(one, found.chosen)
        if len(found.components) == 1 and plan:
            other, status = second(one)
            assert other == expected(one, plan), seed
            assert status == ["optimal"]


def test_of_a_plan_that_is_not_the_best_a_pair_is_left_out_too() -> None:
    for seed in range(60):
        one = made(seed)
        found = one.planned(method="greedy")
        plan = taken(one, found.chosen)
        if len(found.components) == 1 and plan:
            assert second(one, method="greedy")[0] == expected(one, plan), seed


def test_out_of_time_it_is_said_and_a_pair_is_left_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = 0
    for seed in range(40):
        one = made(seed)
        found = one.planned()
        plan = taken(one, found.chosen)
        if len(found.components) != 1 or not plan:
            continue
        with monkeypatch.context() as only:
            only.setattr(solver, "quick", lambda _: None)
            only.setattr(runnerup, "quick", lambda _: None)
            only.setattr(runnerup, "by_tables", lambda _: False)
            only.setattr(runnerup, "all_fit", lambda _: False)
            other, status = second(replace(one), seconds=1e-9)
        assert plan - other
        assert other in set(plans(one))
        late += status == ["time_limit"]
        if status == ["optimal"]:
            assert other == expected(one, plan)
    assert late > 5


def test_the_next_subset_agrees_with_looking_at_all() -> None:
    rng = np.random.default_rng(12)
    ways = (np.arange(2**7)[:, None] >> np.arange(7)[::-1] & 1).astype(bool)
    for _ in range(300):
        area, border, rank = (rng.integers(0, top, 7) for top in (9, 3, 2))
        room = int(rng.integers(0, 40))
        keys = [
            (rank[w].sum(), area[w].sum(), border[w].sum(), w.tolist())
            for w in ways
            if area[w].sum() <= room
        ]
        order = sorted(keys, reverse=True)
        best = sums(area, border, budget=room, rank=rank).subset(room)
        assert best.tolist() == order[0][3]
        other = next_subset(area, border, rank=rank, room=room, best=best)
        if len(order) == 1:
            assert other is None
        else:
            assert other is not None
            assert other.tolist() == order[1][3]
