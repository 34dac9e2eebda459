from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from gisland.plan.exact.assign import COMPONENT_COLUMNS, Assignment, assign

Pair = tuple[str, str, float, float]


def table(pairs: list[Pair]) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["parcel_id", "site_id", "area_m2", "border_m"])
    frame = frame.astype({"parcel_id": "str", "site_id": "str", "border_m": "float64"})
    area = (frame.pop("area_m2").astype("float64") * 100).round().astype("int64")
    return frame.assign(area_cents=area)


def limits(area_m2: dict[str, float], count: dict[str, int] | None = None) -> pd.DataFrame:
    cents = {s: -1 if a < 0 else round(a * 100) for s, a in area_m2.items()}
    return pd.DataFrame(
        {"area_cents": cents, "count": {s: (count or {}).get(s, -1) for s in area_m2}}
    )


def plan(pairs: pd.DataFrame, budgets: pd.DataFrame) -> dict[str, str]:
    found = assign(pairs, budgets, seconds=20.0)
    chosen = pairs[found.chosen]
    assert chosen["parcel_id"].is_unique
    return dict(zip(chosen["parcel_id"], chosen["site_id"], strict=True))


def absorbed(found: Assignment) -> float:
    return float(found.components["absorbed_m2"].sum())


def made(seed: int, *, prefix: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random pairs of 9 scraps and 3 sites with their budgets."""
    rng = np.random.default_rng(seed)
    pairs = []
    for k in range(9):
        area = float(rng.integers(1, 9)) * 100
        near = rng.permutation(3)[: int(rng.integers(1, 3))]
        pairs += [(f"{prefix}c{k}", f"{prefix}S{s}", area, float(rng.integers(1, 5))) for s in near]
    sites = sorted({p[1] for p in pairs})
    budget = {s: float(rng.integers(0, 20)) * 100 for s in sites}
    return table(pairs), limits(budget)


def test_a_scrap_wanted_by_two_sites_goes_where_more_is_absorbed() -> None:
    pairs = table([("a", "S1", 60, 9), ("a", "S2", 60, 1), ("b", "S1", 50, 1)])
    assert plan(pairs, limits({"S1": 100, "S2": 60})) == {"a": "S2", "b": "S1"}


def test_components_are_numbered_by_their_smallest_site() -> None:
    pairs = table([("a", "S3", 5, 1), ("b", "S1", 6, 1), ("b", "S2", 6, 1), ("c", "S3", 7, 1)])
    found = assign(pairs, limits({"S1": 3, "S2": 6, "S3": 10, "S4": 9}), seconds=9.0)
    assert found.component.to_dict() == {"S1": 1, "S2": 1, "S3": 2}
    assert found.components["bound_scraps"].isna().all()  # their number is not the objective
    assert found.components.drop(columns="bound_scraps").to_dict("records") == [
        {
            "component": 1,
            "sites": 2,
            "scraps": 1,
            "absorbed_m2": 6.0,
            "bound_m2": 6.0,
            "absorbed_scraps": 1,
            "greedy_m2": 6.0,
            "status": "optimal",
        },
        {
            "component": 2,
            "sites": 1,
            "scraps": 2,
            "absorbed_m2": 7.0,
            "bound_m2": 7.0,
            "absorbed_scraps": 1,
            "greedy_m2": 7.0,
            "status": "optimal",
        },
    ]


def test_far_problems_do_not_touch_each_other() -> None:
    for seed in range(8):
        one, two = made(seed, prefix="a"), made(seed + 100, prefix="b")
        both = pd.concat([two[0], one[0]], ignore_index=True)
        budgets = pd.concat([one[1], two[1]])
        assert plan(both, budgets) == plan(*one) | plan(*two)


def test_the_plan_does_not_depend_on_the_order_of_the_rows() -> None:
    for seed in range(12):
        pairs, budgets = made(seed)
        expected = assign(pairs, budgets, seconds=20.0)
        for shuffle in range(3):
            mixed = pairs.sample(frac=1, random_state=shuffle)
            found = assign(mixed, budgets.iloc[::-1], seconds=20.0)
            assert found.chosen.index.equals(mixed.index)
            pd.testing.assert_series_equal(found.chosen.sort_index(), expected.chosen)
            pd.testing.assert_frame_equal(found.components, expected.components)
            pd.testing.assert_series_equal(found.component, expected.component)


def test_the_plan_follows_renamed_ids_of_the_same_order() -> None:
    pairs, budgets = made(4)
    renamed = pairs.assign(parcel_id="宗" + pairs["parcel_id"], site_id="T" + pairs["site_id"])
    expected = {f"宗{c}": f"T{s}" for c, s in plan(pairs, budgets).items()}
    assert plan(renamed, budgets.set_axis("T" + budgets.index)) == expected


def test_raising_a_cap_never_lowers_the_absorbed_area() -> None:
    for seed in range(10):
        pairs, budgets = made(seed)
        before = absorbed(assign(pairs, budgets, seconds=20.0))
        for site in budgets.index:
            more = budgets.copy()
            more.loc[site, "area_cents"] += 15_000
            after = absorbed(assign(pairs, more, seconds=20.0))
            assert after >= before
        free = budgets.assign(area_cents=-1)
        whole = pairs.drop_duplicates("parcel_id")["area_cents"].sum() / 100
        assert absorbed(assign(pairs, free, seconds=20.0)) == whole


def test_removing_a_candidate_never_raises_the_absorbed_area() -> None:
    for seed in range(6):
        pairs, budgets = made(seed)
        before = absorbed(assign(pairs, budgets, seconds=20.0))
        for scrap in pairs["parcel_id"].unique():
            less = pairs[pairs["parcel_id"] != scrap]
            assert absorbed(assign(less, budgets, seconds=20.0)) <= before


def test_a_count_cap_holds_for_each_site() -> None:
    rows = [(f"c{k}", s, 10.0 + k, 1.0) for k, s in itertools.product(range(5), ["S1", "S2"])]
    found = plan(table(rows), limits({"S1": -1, "S2": -1}, {"S1": 1, "S2": 2}))
    assert sorted(found) == ["c2", "c3", "c4"]
    assert sorted(found.values()) == ["S1", "S2", "S2"]


def test_no_pairs() -> None:
    found = assign(table([]), limits({"S1": 5}), seconds=1.0)
    assert found.chosen.empty
    assert found.component.empty
    assert list(found.components.columns) == list(COMPONENT_COLUMNS)
    assert found.components.empty


def test_out_of_time_is_said_of_the_component_alone() -> None:
    rng = np.random.default_rng(1)
    rows = [
        (f"c{k:02}", f"S{s}", float(a), float(rng.integers(1, 99)))
        for k, a in enumerate(rng.integers(10**5, 10**6, 40))
        for s in range(3)
    ]
    easy: Pair = ("z", "Z", 5.0, 1.0)
    budgets = limits({"S0": 3_000_000.5, "S1": 2_000_000.1, "S2": 1_000_000.7, "Z": 9})
    found = assign(table([*rows, easy]), budgets, seconds=1e-9)
    assert found.components["status"].tolist() == ["time_limit", "optimal"]
    assert (found.components["bound_m2"] >= found.components["absorbed_m2"]).all()
    assert found.components["bound_m2"].iloc[0] <= 6_000_001.3


def test_progress_counts_components() -> None:
    told: list[tuple[int, int]] = []
    pairs = table([("a", "S1", 5, 1), ("b", "S2", 6, 1)])
    assign(
        pairs,
        limits({"S1": 9, "S2": 9}),
        seconds=1.0,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]


def test_input_is_unchanged() -> None:
    pairs, budgets = made(2)
    pairs = pairs.sample(frac=1, random_state=0)
    before = pairs.copy(deep=True), budgets.copy(deep=True)
    assign(pairs, budgets, seconds=9.0)
    pd.testing.assert_frame_equal(pairs, before[0])
    pd.testing.assert_frame_equal(budgets, before[1])


@pytest.mark.parametrize("border", [0.0004, 12_345.678])
def test_borders_are_compared_at_a_millimetre(border: float) -> None:
    pairs = table([("a", "S1", 10, border), ("b", "S1", 10, border + 0.0004)])
    close = plan(pairs, limits({"S1": 10}))
    assert close in ({"a": "S1"}, {"b": "S1"})
    wide = pairs.assign(border_m=[border, border + 0.002])
    assert plan(wide, limits({"S1": 10})) == {"b": "S1"}
