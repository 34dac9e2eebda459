from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from districts import rule, rule_set
from gisland.base.errors import PlanError
from gisland.plan.case import solved
from gisland.plan.options.relaxations import under
from gisland.plan.options.sweep import COLUMNS, sweep
from small_plans import CAP, FOUR, ONE_SITE, Row, made_case, random_case, site_facts

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.plan.case import PlanCase


def swept(
    case: PlanCase, sites: pd.DataFrame, caps: tuple[float, ...], areas_m2: tuple[float, ...] = ()
) -> list[tuple[Any, ...]]:
    """Rows of the table; a missing cap is 0."""
    found = sweep(case, solved(case), sites=sites, caps=caps, areas_m2=areas_m2)
    assert {c: str(k) for c, k in found.dtypes.items()} == COLUMNS
    return list(found.fillna(0).itertuples(index=False, name=None))


def test_share_caps_above_and_below_that_in_force() -> None:
    """Budgets 473.68 (5 %), 1 000, 1 227.27 (12 %): c + d, a + b, a + b + d."""
    case = made_case(FOUR, ONE_SITE, rule_set(CAP))
    assert swept(case, ONE_SITE, (0.12, 0.05, 0.1, 0.12)) == [
        (0.05, 0, 2, 1, 440.0, -460.0, "optimal"),
        (0.1, 0, 2, 1, 900.0, 0.0, "optimal"),
        (0.12, 0, 3, 1, 1140.0, 240.0, "optimal"),
    ]


def test_every_combination_with_area_caps() -> None:
    """Up to 300 m2 each: b + c + d = 740 fits below 10 % and 12 % alike."""
    case = made_case(FOUR, ONE_SITE, rule_set(CAP))
    assert swept(case, ONE_SITE, (0.1, 0.12), (600.0, 300.0)) == [
        (0.1, 300.0, 3, 1, 740.0, -160.0, "optimal"),
        (0.1, 600.0, 2, 1, 900.0, 0.0, "optimal"),
        (0.12, 300.0, 3, 1, 740.0, -160.0, "optimal"),
        (0.12, 600.0, 3, 1, 1140.0, 240.0, "optimal"),
    ]
    assert swept(case, ONE_SITE, (), (299.99,)) == [(0.1, 299.99, 2, 1, 440.0, -460.0, "optimal")]


def test_without_lists_there_is_no_sweep() -> None:
    assert swept(made_case(FOUR, ONE_SITE, rule_set(CAP)), ONE_SITE, ()) == []


def test_a_cap_that_is_off_is_at_most_and_includes_the_scraps() -> None:
    """10 % of 9 000 with the scraps is exactly 1 000; the plan without a cap absorbs 1 340."""
    rows: list[Row] = [("a", "S", 600, 1), ("b", "S", 400, 1)]
    case = made_case(rows, ONE_SITE, rule_set())
    assert swept(case, ONE_SITE, (0.1,), (400.0, 600.0)) == [
        (0.1, 400.0, 1, 1, 400.0, -600.0, "optimal"),
        (0.1, 600.0, 2, 1, 1000.0, 0.0, "optimal"),
    ]
    assert swept(case, ONE_SITE, (), (400.0,))[0][0] == 0  # none in force


@pytest.mark.parametrize("mode", ["on", "advisory"])
def test_caps_keep_their_words(mode: str) -> None:
    """Less than 10 % of the site alone: 900 m2 are too much; less than 300 m2 leaves out b."""
    share = replace(CAP, mode=mode, operator="<", denominator="excluding", value=0.2)
    area = rule("scrap.area_cap", mode=mode, operator="<")
    case = made_case(FOUR, ONE_SITE, rule_set(share, area))
    assert [row[2:5] for row in swept(case, ONE_SITE, (0.1,), (300.0, 2000.0))] == [
        (2, 1, 440.0),
        (2, 1, 840.0),
    ]


def test_scraps_above_the_area_cap_in_force_come_in_under_a_higher_one() -> None:
    """Scrap e has 2 500 m2; f, too, but is refused for its owner, under any cap."""
    sites = site_facts({"S": 90_000.0})
    rows: list[Row] = [*FOUR, ("e", "S", 2500, 1), ("f", "S", 2500, 1)]
    parcels = pd.DataFrame({"owner": dict.fromkeys("abcdes", "甲") | {"f": "乙"}}).assign(
        fragment=True
    )
    rules = rule_set(rule("scrap.area_cap"), rule("scrap.same_owner"))
    case = made_case(rows, sites, rules, parcels=parcels)
    assert [row[2:6] for row in swept(case, sites, (), (2000.0, 2500.0))] == [
        (4, 1, 1340.0, 0.0),
        (5, 1, 3840.0, 2500.0),
    ]


def test_a_boundary_that_is_not_known_allows_nothing() -> None:
    sites = site_facts({"S": 9000.0, "T": 9000.0}, T=10_000.0)
    rows: list[Row] = [("a", "S", 10, 1), ("b", "S", 0.001, 1), ("c", "T", 1000, 1)]
    rules = rule_set(replace(CAP, mode="advisory", denominator="boundary"))
    assert swept(made_case(rows, sites, rules), sites, (0.1,))[0][2:6] == (1, 1, 1000.0, -10.001)


def test_a_boundary_with_several_sites_is_refused() -> None:
    sites = site_facts({"S": 9000.0, "T": 9000.0}, S=2e4, T=2e4).assign(boundary_id="B")
    rules = rule_set(replace(CAP, mode="advisory", denominator="boundary"))
    case = made_case([("c", "T", 1000, 1)], sites, rules)
    with pytest.raises(PlanError, match="2 sites share a project boundary"):
        swept(case, sites, (0.1,))


def test_a_cap_switched_on_rounds_as_the_total_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both caps hold the same scraps against one budget, so that they must round alike."""
    heard: list[Rule] = []

    def watched(case: PlanCase, *rules: Rule, sites: pd.DataFrame) -> PlanCase:
        heard.extend(rules)
        return under(case, *rules, sites=sites)

    monkeypatch.setattr("gisland.plan.options.sweep.under", watched)
    total = rule("scrap.total_cap", value=9e9, unit="m2", operator="<=", rounding_m2=1.0)
    for rules in (rule_set(total), rule_set(replace(total, mode="off"))):
        swept(made_case(FOUR, ONE_SITE, rules), ONE_SITE, (0.2,))
    assert [one.rounding_m2 for one in heard] == [1.0, 0.01]


def test_the_worst_component_gives_the_status() -> None:
    """T is out of time, S is proved; at 90 % everything fits at once, so all is proved."""
    rng = np.random.default_rng(1)
    many: list[Row] = [
        (f"c{k:02}", f"T{s}", float(a), 5.0)
        for k, a in enumerate(rng.integers(10**5, 10**6, 40))
        for s in range(3)
    ]
    sites = site_facts({"S": 9e3, "T0": 27_000_004.5, "T1": 18_000_000.9, "T2": 9_000_006.3})
    late = made_case([*FOUR, *many], sites, rule_set(CAP), seconds=1e-9)
    assert [row[-1] for row in swept(late, sites, (0.1, 0.12, 0.9))] == [
        "time_limit",
        "time_limit",
        "optimal",
    ]


def test_a_greedy_plan_is_not_called_optimal() -> None:
    case = made_case(FOUR, ONE_SITE, rule_set(CAP))
    plan = solved(case)
    plan = replace(plan, components=plan.components.assign(status="greedy"))
    found = sweep(case, plan, sites=ONE_SITE, caps=(0.1, 0.12), areas_m2=())
    assert found["status"].tolist() == ["greedy", "optimal"]
    nearly = replace(plan, components=plan.components.assign(status="optimal_area"))
    found = sweep(case, nearly, sites=ONE_SITE, caps=(0.1,), areas_m2=())
    assert found["status"].tolist() == ["optimal"]


def test_more_is_never_absorbed_under_a_lower_cap() -> None:
    caps, areas = (0.03, 0.06, 0.1, 0.2), (150.0, 300.0, 600.0)
    rising = 0
    for seed in range(4):
        case, sites = random_case(seed)
        found = sweep(case, solved(case), sites=sites, caps=caps, areas_m2=areas)
        grid = found.pivot_table(index="cap", columns="area_cap_m2", values="absorbed_m2")
        assert grid.shape == (4, 3)
        steps = np.diff(grid, axis=0), np.diff(grid, axis=1)
        assert all((s >= 0).all() for s in steps)
        rising += sum(int((s > 0).sum()) for s in steps)
    assert rising > 20


def test_every_plan_of_the_sweep_is_that_of_its_rules_from_the_beginning() -> None:
    for seed in range(4):
        case, sites = random_case(seed, blocks=6)
        share, area = case.rules["scrap.share_cap"], case.rules["scrap.area_cap"]
        share = replace(rule("scrap.share_cap"), operator=share.operator or "<=", value=0.15)
        area = rule("scrap.area_cap", operator=area.operator or "<=", value=300.0)
        rules = replace(case.rules, rules={**case.rules.rules, share.id: share, area.id: area})
        fresh, _ = random_case(seed, rules=rules, blocks=6)
        one = sweep(case, solved(case), sites=sites, caps=(0.15,), areas_m2=(300.0,)).iloc[0]
        chosen = fresh.pairs[solved(fresh).chosen]
        assert one["absorbed_m2"] == chosen["area_m2"].sum()
        assert (one["scraps"], one["sites"]) == (len(chosen), chosen["site_id"].nunique())


def test_the_order_of_rows_does_not_matter() -> None:
    case, sites = random_case(3, blocks=4)
    mixed = replace(
        case,
        pairs=case.pairs.sample(frac=1, random_state=1),
        verdicts=case.verdicts.sample(frac=1, random_state=1),
    )
    known, again = (
        sweep(c, solved(c), sites=sites, caps=(0.2, 0.05), areas_m2=(400.0, 100.0))
        for c in (case, mixed)
    )
    pd.testing.assert_frame_equal(again, known)
