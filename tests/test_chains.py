"""Scraps absorbed through scraps, required scraps, and numbers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gisland.plan.exact.assign import UNMET_COLUMNS
from gisland.plan.exact.connect import Chain, first_rows, graph_of, reached, separators
from random_plans import Case, best, case, held, taken


def planned(one: Case) -> dict[str, str]:
    return dict(taken(one, one.planned().chosen))


def test_a_scrap_is_absorbed_through_another_that_is() -> None:
    row = [("a", "S", 10, 5.0, 0), ("b", "S", 20, 0.0, 1), ("c", "S", 40, 0.0, 2)]
    assert planned(case(row, {"S": 70}, links="ab bc")) == {"a": "S", "b": "S", "c": "S"}
    # c alone would fill 40 of 45, and b and c 60 of 60, but nothing holds them without a
    assert planned(case(row, {"S": 45}, links="ab bc")) == {"a": "S", "b": "S"}
    assert planned(case(row, {"S": 60}, links="ab bc")) == {"a": "S", "b": "S"}
    # c beside a as well
    assert planned(case(row, {"S": 60}, links="ab ac bc")) == {"a": "S", "c": "S"}


def test_a_scrap_of_another_site_holds_nothing() -> None:
    # a goes to T, which has room for nothing else, and so b is lost to S
    rows = [("a", "S", 10, 5.0, 0), ("a", "T", 10, 5.0, 0), ("b", "S", 20, 0.0, 1)]
    one = case(rows, {"S": 20, "T": 10}, links="ab")
    assert planned(one) == {"a": "S"}
    assert one.planned().components["absorbed_m2"].tolist() == [0.1]
    assert planned(case(rows, {"S": 30, "T": 10}, links="ab")) == {"a": "S", "b": "S"}


def test_pairs_that_nothing_holds_are_left_out_and_are_no_component() -> None:
    rows = [("a", "S", 10, 5.0, 0), ("b", "S", 20, 0.0, 1), ("b", "T", 20, 0.0, 1)]
    for links in ("", "bc", "ac"):
        found = case(rows, {"S": 99, "T": 99}, links=links).planned()
        assert found.chosen.tolist() == [True, False, False]
        assert found.component.to_dict() == {"S": 1}
        assert found.components["scraps"].tolist() == [1]
    linked = case(rows, {"S": 99, "T": 99}, links="ab").planned()
    assert linked.chosen.tolist() == [True, True, False]


def test_without_the_column_links_every_pair_adjoins_its_site() -> None:
    one = case([("a", "S", 10, 5.0, 0), ("b", "S", 20, 0.0, 1)], {"S": 99})
    assert not one.planned().chosen.all()
    plain = Case(one.pairs.drop(columns="links"), one.budgets, None, (), "area")
    assert plain.planned().chosen.all()


def test_a_scrap_too_large_for_the_site_holds_nothing() -> None:
    rows = [("a", "S", 50, 5.0, 0), ("b", "S", 10, 0.0, 1), ("c", "S", 5, 1.0, 0)]
    assert planned(case(rows, {"S": 40}, links="ab")) == {"c": "S"}


def test_a_ring_of_scraps_far_from_the_site_is_not_taken_for_connected() -> None:
    # b, c, d hold each other, but only a holds them to the site, and it leaves too little room
    rows = [("a", "S", 50, 5.0, 0), *((k, "S", 30, 0.0, 1) for k in "bcd")]
    one = case(rows, {"S": 95}, links="ab ac ad bc cd bd")
    assert planned(one) == {"a": "S", "b": "S"}
    assert held(one, best(one))


def test_starting_rows_and_separators() -> None:
    # site - 0 - 1 - 2 and site - 3, 3 - 2
    chain = Chain(
        np.array([True, False, False, True]), graph_of(4, np.array([0, 1, 2]), np.array([1, 2, 3]))
    )
    every = np.ones(4, dtype=bool)
    rows = {tuple(row) for row in first_rows(chain, every).toarray().tolist()}
    assert (-1.0, 1.0, -1.0, 0.0) in rows  # 1 needs 0 or 2
    assert (0.0, -1.0, 1.0, -1.0) in rows  # 2 needs 1 or 3
    assert (-1.0, 0.0, 1.0, -1.0) in rows  # and behind them 0 or 3
    loose = np.array([False, True, True, False])
    found = separators(chain, every, loose, site=np.zeros(4, dtype="int64"))
    assert found is not None
    assert found.toarray().tolist() == [[-1.0, 1.0, 0.0, -1.0], [-1.0, 0.0, 1.0, -1.0]]
    assert reached(chain, loose).tolist() == [False] * 4
    whole = np.array([True, True, False, True])
    assert separators(chain, every, whole, site=np.zeros(4, dtype="int64")) is None


def test_required_scraps_come_before_area() -> None:
    rows = [("a", "S", 90, 5.0, 0), ("b", "S", 20, 1.0, 0), ("c", "S", 10, 1.0, 0)]
    assert planned(case(rows, {"S": 100})) == {"a": "S", "c": "S"}
    assert planned(case(rows, {"S": 100}, required=("b",))) == {"b": "S", "c": "S"}
    assert planned(case(rows, {"S": 100}, required=("b", "zz"))) == {"b": "S", "c": "S"}
    # two small required scraps come before one large
    assert planned(case(rows, {"S": 100}, required=("a", "b", "c"))) == {"a": "S", "c": "S"}


def test_a_required_scrap_draws_those_that_hold_it() -> None:
    rows = [("a", "S", 30, 5.0, 0), ("b", "S", 30, 0.0, 1), ("c", "S", 65, 1.0, 0)]
    assert planned(case(rows, {"S": 70}, links="ab")) == {"c": "S"}
    assert planned(case(rows, {"S": 70}, links="ab", required=("b",))) == {"a": "S", "b": "S"}


@pytest.mark.parametrize("count", [-1, 2])
def test_number_before_area(count: int) -> None:
    rows = [("a", "S", 90, 5.0, 0), *((k, "S", 30 + n, 1.0, 0) for n, k in enumerate("bcd"))]
    one = case(rows, {"S": 92}, objective="count", count={"S": count})
    assert planned(one) == {"c": "S", "d": "S"}
    row = one.planned().components.iloc[0]
    assert (row["absorbed_scraps"], row["bound_scraps"], row["absorbed_m2"]) == (2, 2, 0.63)
    assert row["status"] == "optimal"
    area = case(rows, {"S": 92}, count={"S": count}).planned().components.iloc[0]
    assert (area["absorbed_scraps"], area["absorbed_m2"]) == (1, 0.9)
    assert pd.isna(area["bound_scraps"])


def unmet(one: Case, *, seconds: float = 20.0) -> list[tuple[str, str, bool]]:
    table = one.planned(seconds=seconds).unmet
    assert list(table.columns) == list(UNMET_COLUMNS)
    return [(r.parcel_id, r.conflict_ids, r.proved) for r in table.itertuples()]


def test_nothing_is_unmet_where_all_required_scraps_are_absorbed() -> None:
    rows = [("a", "S", 60, 5.0, 0), ("b", "S", 50, 1.0, 0)]
    assert unmet(case(rows, {"S": 99}, required=("a",))) == []
    assert unmet(case(rows, {"S": 99})) == []
    assert unmet(case(rows, {"S": 99}, required=("zz",))) == []


def test_two_required_scraps_for_one_budget() -> None:
    rows = [("a", "S", 60, 5.0, 0), ("b", "S", 50, 1.0, 0), ("c", "S", 10, 1.0, 0)]
    # c is required too, but has nothing to do with it
    one = case(rows, {"S": 70}, required=("a", "b", "c"))
    assert unmet(one) == [("b", "a;b", True)]


def test_three_of_which_any_two_go_together() -> None:
    rows = [(k, "S", 40, 1.0, 0) for k in "abc"]
    assert unmet(case(rows, {"S": 100}, required=("a", "b", "c"))) == [("c", "a;b;c", True)]


def test_a_required_scrap_that_nothing_eligible_leads_to_conflicts_with_itself() -> None:
    # b is reached through x alone, which is no eligible pair
    rows = [("a", "S", 60, 5.0, 0), ("b", "S", 50, 0.0, 1)]
    assert unmet(case(rows, {"S": 999}, links="bx", required=("a", "b"))) == [("b", "b", True)]


def test_a_required_scrap_larger_than_the_budget_conflicts_with_itself() -> None:
    rows = [("a", "S", 60, 5.0, 0), ("b", "S", 50, 1.0, 0)]
    assert unmet(case(rows, {"S": 55}, required=("a", "b"))) == [("a", "a", True)]


def test_a_required_scrap_that_is_held_by_one_too_many() -> None:
    # b needs a, and there is no room for a, b and c
    rows = [("a", "S", 30, 5.0, 0), ("b", "S", 30, 0.0, 1), ("c", "S", 50, 1.0, 0)]
    assert unmet(case(rows, {"S": 90}, links="ab", required=("b", "c"))) == [("b", "b;c", True)]


def test_a_conflict_is_not_called_proved_without_time() -> None:
    rows = [(k, "S", 40, 1.0, 0) for k in "abcdefgh"]
    one = case(rows, {"S": 100}, required=tuple("abcdefgh"), count={"S": 3})
    found = one.planned(seconds=1e-9)
    assert len(found.unmet) == 6
    assert set(found.unmet["parcel_id"]) == set("cdefgh")
    exact = one.planned().unmet
    assert exact["proved"].all()
    assert exact["conflict_ids"].tolist() == [f"a;b;{k}" for k in "cdefgh"]
