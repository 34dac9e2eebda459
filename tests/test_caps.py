from __future__ import annotations

import math

import pandas as pd
import pytest

from districts import rule, rule_set
from gisland.base.errors import PlanError
from gisland.plan.caps import (
    UNLIMITED,
    budget_cents,
    budget_rounding_cents,
    cents,
    shares,
    total_cents,
)
from gisland.plan.outcome import site_budgets

NONE = float("nan")


def budget(site_m2: float, boundary_m2: float = NONE, **changes: object) -> object:
    cap = rule("scrap.share_cap", **changes)
    return budget_cents(cap, pd.Series([site_m2]), pd.Series([boundary_m2]))[0]


@pytest.mark.parametrize(
    ("denominator", "expected"),
    [
        ("including", 1_000_00),  # S / (9000 + S) <= 0.1
        ("excluding", 900_00),
        ("boundary", 2_000_00),  # of 20 000
    ],
)
def test_each_denominator_gives_its_own_budget(denominator: str, expected: int) -> None:
    assert budget(9000.0, 20_000.0, denominator=denominator) == expected


@pytest.mark.parametrize("denominator", ["including", "excluding", "boundary"])
def test_a_strict_cap_leaves_out_the_last_hundredth(denominator: str) -> None:
    inclusive = budget(9000.0, 20_000.0, denominator=denominator)
    strict = budget(9000.0, 20_000.0, denominator=denominator, operator="<")
    assert strict == inclusive - 1


@pytest.mark.parametrize(("p", "site"), [(0.1, 12_345.67), (0.03, 43_383.0), (0.15, 7_777.77)])
def test_the_budget_is_the_largest_that_keeps_the_cap(p: float, site: float) -> None:
    best = int(budget(site, value=p))
    assert best / 100 / (site + best / 100) <= p + 1e-12
    over = (best + 1) / 100
    assert over / (site + over) > p


def test_where_the_exact_limit_falls_between_hundredths_both_operators_agree() -> None:
    # 0.1 / 0.9 * 1000 = 111.111… m²
    assert budget(1000.0) == budget(1000.0, operator="<") == 11_111


def test_without_a_boundary_the_budget_is_missing_and_nothing_is_absorbed() -> None:
    sites = pd.DataFrame(
        {"area_m2": [9000.0, 9000.0], "boundary_area_m2": [NONE, 5000.0]}, index=["S1", "S2"]
    )
    cap = rule("scrap.share_cap", denominator="boundary")
    found = budget_cents(cap, sites["area_m2"], sites["boundary_area_m2"])
    assert found.isna().tolist() == [True, False]
    assert site_budgets(sites, rules=rule_set(cap))["area_cents"].to_dict() == {
        "S1": 0,
        "S2": 500_00,
    }


@pytest.mark.parametrize("mode", ["off", "advisory"])
def test_a_cap_that_is_not_on_is_no_limit(mode: str) -> None:
    assert budget(9000.0, mode=mode) == UNLIMITED


def test_a_cap_of_all_and_of_nothing() -> None:
    assert budget(9000.0, value=1.0) == UNLIMITED  # S / (A + S) never exceeds 1
    assert budget(9000.0, value=0.0) == 0
    assert budget(9000.0, value=0.0, operator="<") == 0
    assert budget(9000.0, value=1.0, denominator="excluding") == 9000_00


@pytest.mark.parametrize(
    ("operator", "value", "most"),
    [("<=", 2.0, 2), ("<", 2.0, 1), ("<=", 2.5, 2), ("<", 2.5, 2), ("<=", 0.0, 0), ("<", 0.0, 0)],
)
def test_count_cap(operator: str, value: float, most: int) -> None:
    sites = pd.DataFrame({"area_m2": [1.0], "boundary_area_m2": [NONE]}, index=["S"])
    rules = rule_set(rule("scrap.count_cap", operator=operator, value=value))
    assert site_budgets(sites, rules=rules).loc["S"].to_dict() == {
        "area_cents": UNLIMITED,
        "count": most,
    }


def test_no_count_cap_is_no_limit() -> None:
    sites = pd.DataFrame({"area_m2": [1.0], "boundary_area_m2": [NONE]}, index=["S"])
    assert site_budgets(sites, rules=rule_set())["count"].tolist() == [UNLIMITED]


def test_budgets_of_no_sites() -> None:
    empty = pd.DataFrame({"area_m2": [], "boundary_area_m2": []}, dtype="float64")
    assert budget_cents(rule("scrap.share_cap"), empty["area_m2"], empty["boundary_area_m2"]).empty
    assert site_budgets(empty, rules=rule_set(rule("scrap.share_cap"))).empty


def test_cents_are_whole_and_on_the_index() -> None:
    found = cents(pd.Series([1688.4, 0.005, 0.0149, 43_383.0], index=list("abcd")))
    assert found.to_dict() == {"a": 168_840, "b": 0, "c": 1, "d": 4_338_300}
    assert found.dtype == "int64"


def test_shares_by_hand() -> None:
    found = shares(pd.Series([100.0]), pd.Series([900.0]), pd.Series([NONE])).iloc[0]
    assert found["including"] == 0.1
    assert found["excluding"] == 100 / 900
    assert math.isnan(found["boundary"])


# --- roundings and the cap on the total ---------------------------------------------------------

ONE_SITE = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [NONE]}, index=["S"])


@pytest.mark.parametrize(
    ("denominator", "operator", "fits", "too_much"),
    [
        ("including", "<=", 1000.00, 1000.01),
        ("including", "<", 999.99, 1000.00),
        ("excluding", "<=", 900.00, 900.01),
        ("excluding", "<", 899.99, 900.00),
        ("boundary", "<=", 2000.00, 2000.01),
        ("boundary", "<", 1999.99, 2000.00),
    ],
)
def test_the_last_hundredth(denominator: str, operator: str, fits: float, too_much: float) -> None:
    most = budget(9000.0, 20_000.0, denominator=denominator, operator=operator)
    found = cents(pd.Series([fits, too_much]))
    assert (found <= most).tolist() == [True, False]


def test_areas_are_rounded_to_whole_square_metres_where_the_rule_says_so() -> None:
    found = cents(pd.Series([1000.49, 1000.51, 0.4]), rounding_cents=100)
    assert found.tolist() == [100_000, 100_100, 0]
    assert found.dtype == "int64"
    assert cents(pd.Series([1000.07]), rounding_cents=10).tolist() == [100_010]


def test_a_budget_at_whole_square_metres() -> None:
    assert budget(9000.0, rounding_m2=1.0) == 1000_00
    assert budget(9000.0, rounding_m2=1.0, operator="<") == 999_00
    # 0.1 / 0.9 * 1000 = 111.111… m²
    assert budget(1000.0, rounding_m2=1.0) == budget(1000.0, rounding_m2=1.0, operator="<") == 11100
    assert budget(9000.0, value=1.0, rounding_m2=1.0) == UNLIMITED
    assert budget(9000.0, value=0.0, rounding_m2=1.0, operator="<") == 0


@pytest.mark.parametrize(
    ("operator", "rounding_m2", "most"),
    [("<=", 0.01, 300_000), ("<", 0.01, 299_999), ("<=", 1.0, 300_000), ("<", 1.0, 299_900)],
)
def test_the_cap_on_the_total(operator: str, rounding_m2: float, most: int) -> None:
    cap = rule("scrap.total_cap", operator=operator, rounding_m2=rounding_m2)
    assert total_cents(cap) == most
    assert site_budgets(ONE_SITE, rules=rule_set(cap))["area_cents"].tolist() == [most]


@pytest.mark.parametrize("mode", ["off", "advisory"])
def test_a_total_that_is_not_on_is_no_limit(mode: str) -> None:
    cap = rule("scrap.total_cap", mode=mode)
    assert total_cents(cap) == UNLIMITED
    assert site_budgets(ONE_SITE, rules=rule_set(cap))["area_cents"].tolist() == [UNLIMITED]


def test_a_total_of_nothing() -> None:
    assert total_cents(rule("scrap.total_cap", value=0.0)) == 0
    assert total_cents(rule("scrap.total_cap", value=0.0, operator="<")) == 0


def test_the_smaller_of_share_and_total_counts() -> None:
    sites = pd.DataFrame(
        {"area_m2": [9000.0, 90_000.0], "boundary_area_m2": NONE}, index=["small", "large"]
    )
    share, total = rule("scrap.share_cap"), rule("scrap.total_cap")
    found = site_budgets(sites, rules=rule_set(share, total))["area_cents"]
    assert found.to_dict() == {"small": 1000_00, "large": 3000_00}
    assert found.dtype == "int64"
    unknown = rule("scrap.share_cap", denominator="boundary")
    found = site_budgets(sites, rules=rule_set(unknown, total))["area_cents"]
    assert found.to_dict() == {"small": 0, "large": 0}
    open_end = rule("scrap.share_cap", value=1.0)
    found = site_budgets(sites, rules=rule_set(open_end, total))["area_cents"]
    assert found.to_dict() == {"small": 3000_00, "large": 3000_00}


def test_the_budget_has_the_rounding_of_its_rules() -> None:
    share, total = rule("scrap.share_cap", rounding_m2=1.0), rule("scrap.total_cap")
    assert budget_rounding_cents(rule_set()) == 1
    assert budget_rounding_cents(rule_set(share)) == 100
    assert budget_rounding_cents(rule_set(share, rule("scrap.total_cap", mode="advisory"))) == 100
    assert budget_rounding_cents(rule_set(share, rule("scrap.total_cap", rounding_m2=1.0))) == 100
    told = r"scrap.share_cap at 1 m² and scrap.total_cap at 0.01 m² compare .*; give both rules"
    with pytest.raises(PlanError, match=told):
        site_budgets(ONE_SITE, rules=rule_set(share, total))
