from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gisland.plan.exact.assign import assign
from gisland.plan.exact.greedy import longest_first
from gisland.plan.exact.numbering import numbered
from gisland.plan.exact.polish import polished
from gisland.plan.exact.problem import worth
from gisland.plan.exact.search import opened
from gisland.plan.exact.solver import connected, solve
from random_plans import Case, case, held, made, plans, taken


def greedy(one: Case) -> dict[str, str]:
    return dict(taken(one, one.planned(method="greedy").chosen))


def test_the_longest_border_first_loses() -> None:
    rows = [("a", "S", 60, 9.0, 0), ("b", "S", 50, 1.0, 0), ("c", "S", 50, 1.0, 0)]
    one = case(rows, {"S": 100})
    assert greedy(one) == {"a": "S"}
    row = one.planned(method="greedy").components.iloc[0]
    assert (row["absorbed_m2"], row["bound_m2"], row["greedy_m2"]) == (0.6, 1.0, 0.6)
    assert row["status"] == "greedy"
    row = one.planned().components.iloc[0]
    assert (row["absorbed_m2"], row["greedy_m2"], row["status"]) == (1.0, 0.6, "optimal")


def test_ties_go_to_the_larger_area_and_then_to_the_smaller_ids() -> None:
    rows = [("a", "S", 40, 5.0, 0), ("b", "S", 60, 5.0, 0), ("c", "S", 60, 5.0, 0)]
    assert greedy(case(rows, {"S": 60})) == {"b": "S"}
    two = [("a", "T", 40, 5.0, 0), ("a", "S", 40, 5.0, 0)]
    assert greedy(case(two, {"S": 60, "T": 60})) == {"a": "S"}


def test_rounds_are_made_until_nothing_more_is_taken() -> None:
    # c waits for b, b for a: a has the shortest border, and x takes what is left
    rows = [("a", "S", 10, 1.0, 0), ("b", "S", 10, 3.0, 1), ("c", "S", 10, 9.0, 2)]
    rows += [("x", "S", 15, 0.5, 0)]
    assert greedy(case(rows, {"S": 99}, links="ab bc")) == dict.fromkeys("abcx", "S")
    # in the first round c and b are passed over, a and x are taken; then b is, and c is too much
    assert greedy(case(rows, {"S": 35}, links="ab bc")) == dict.fromkeys("abx", "S")
    assert greedy(case(rows, {"S": 99}, links="bc")) == dict.fromkeys("ax", "S")


def test_the_count_is_kept_and_requirements_are_not_looked_at() -> None:
    rows = [("a", "S", 10, 1.0, 0), ("b", "S", 10, 3.0, 0), ("c", "S", 10, 9.0, 0)]
    one = case(rows, {"S": 99}, count={"S": 1}, required=("a",), objective="count")
    assert greedy(one) == {"c": "S"}
    found = one.planned(method="greedy")
    # a could be absorbed in the place of c, which nobody requires
    assert found.unmet.to_dict("records") == [
        {"parcel_id": "a", "conflict_ids": "", "proved": True}
    ]
    assert found.components["bound_scraps"].tolist() == [3.0]


def test_bounds_hold_and_the_exact_plan_is_no_smaller() -> None:
    behind = 0
    for seed in range(150):
        one = replace(made(seed), required=(), objective="area")
        found, exact = one.planned(method="greedy"), one.planned()
        plan = taken(one, found.chosen)
        assert held(one, plan)
        assert plan in set(plans(one))
        assert set(found.components["status"]) <= {"greedy"}
        same = ["component", "greedy_m2"]
        pd.testing.assert_frame_equal(found.components[same], exact.components[same])
        assert (found.components["absorbed_m2"] == found.components["greedy_m2"]).all()
        assert (found.components["bound_m2"] >= exact.components["absorbed_m2"]).all()
        assert (found.components["greedy_m2"] <= exact.components["absorbed_m2"]).all()
        behind += bool((found.components["greedy_m2"] < exact.components["absorbed_m2"]).any())
    assert behind > 10


def test_a_polished_plan_keeps_the_limits_and_is_no_worse() -> None:
    better = 0
    for seed in range(300):
        one = replace(made(seed), required=(), objective="area")
        for _, _, problem in numbered(
            one.pairs, one.budgets, links=one.links, required=(), objective="area"
        ).problems():
            rough = longest_first(problem)
            every = np.ones(len(rough), dtype=bool)
            fine = polished(problem, rough, within=every, seconds=9.0)
            assert opened(problem, seconds=1.0).kept(fine)
            assert connected(problem, fine)
            assert worth(problem, fine) >= worth(problem, rough)
            assert worth(problem, fine) <= worth(problem, solve(problem, seconds=9.0).chosen)
            better += worth(problem, fine) > worth(problem, rough)
    assert better > 5


def grid(seed: int) -> Case:
    """Five sites in a grid of 270 scraps that reach the sites through each other."""
    rng = np.random.default_rng(seed)
    cells = [(i, j) for i in range(17) for j in range(16)]
    sites = {cells[k]: f"S{n}" for n, k in enumerate(rng.choice(len(cells), 5, replace=False))}
    name = {c: f"c{n:03}" for n, c in enumerate(cells) if c not in sites}
    area = {c: int(rng.integers(20_000, 200_000)) for c in name}
    rows = []
    ends: list[tuple[str, str]] = []
    for (i, j), scrap in name.items():
        beside = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        ends += [(scrap, name[c]) for c in beside if c in name]
        for c, site in sites.items():
            far = abs(c[0] - i) + abs(c[1] - j) - 1
            if far <= 3:
                length = float(rng.integers(10, 90)) if far == 0 else 0.0
                rows.append((scrap, site, area[i, j], length, far))
    one = case(rows, dict.fromkeys(sites.values(), 900_000))
    return replace(one, links=pd.DataFrame(ends, columns=["focal", "neighbor"]))


def test_a_large_component_out_of_time_is_connected_and_its_bound_is_honest() -> None:
    one = grid(3)
    found = one.planned(seconds=2.0)
    assert held(one, taken(one, found.chosen))
    row = found.components.sum(numeric_only=True)
    assert row["greedy_m2"] <= row["absorbed_m2"] <= row["bound_m2"]
    used = one.pairs[found.chosen].groupby("site_id")["area_cents"].sum()
    assert (used <= 900_000).all()


@pytest.mark.parametrize("method", ["exact", "greedy"])
def test_thousands_of_components_take_no_time_each(method: str) -> None:
    count = 3000
    site = np.repeat([f"S{k:05}" for k in range(count)], 4)
    pairs = pd.DataFrame(
        {
            "parcel_id": [f"c{k:06}" for k in range(4 * count)],
            "site_id": site,
            "area_cents": 5,
            "border_m": 1.0,
        }
    )
    budgets = pd.DataFrame({"area_cents": 20, "count": -1}, index=np.unique(site))
    found = assign(pairs, budgets, seconds=1e-9, method=method)
    assert found.chosen.all()
    assert found.components["greedy_m2"].eq(0.2).all()
