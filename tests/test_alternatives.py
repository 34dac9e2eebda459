from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from districts import rule, rule_set
from gisland.plan.caps import cents
from gisland.plan.case import solved
from gisland.plan.exact.runnerup import runners_up
from gisland.plan.options import alternatives as alternatives_module
from gisland.plan.options.alternatives import COLUMNS, KINDS, alternatives
from gisland.plan.options.relaxations import in_force, relaxations, under, with_rules
from gisland.plan.options.replan import replanned
from small_plans import CAP, FOUR, ONE_SITE, Row, made_case, random_case, site_facts

if TYPE_CHECKING:
    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

NAN = float("nan")


def told(
    case: PlanCase, sites: pd.DataFrame, *columns: str, kinds: tuple[str, ...] = ("relaxed",)
) -> list[tuple[Any, ...]]:
    """Rows of some kinds; without a limit it is 0."""
    found = alternatives(case, solved(case), sites=sites)
    assert {c: str(k) for c, k in found.dtypes.items()} == COLUMNS
    found = found[found["kind"].isin(kinds)]
    wanted = list(columns or ("site_id", "constraint", "limit", "added_ids", "removed_ids"))
    return list(found[wanted].fillna(0).itertuples(index=False, name=None))


def test_a_higher_share_cap_in_scraps_and_square_metres() -> None:
    """Budgets: 1 000 at 10 %, 1 227.27 at 12 %, 1 588.23 at 15 %; a + b = 900 is best at first."""
    case = made_case(FOUR, ONE_SITE, rule_set(CAP))
    assert solved(case).chosen.tolist() == [True, True, False, False]
    found = alternatives(case, solved(case), sites=ONE_SITE)
    found = found[found["kind"] == "relaxed"]
    head = {"component": 1, "site_id": "S", "kind": "relaxed", "constraint": "share_cap"}
    first = {"limit": 0.12, "scraps": 3, "scraps_more": 1, "area_m2": 1140.0, "area_more_m2": 240.0}
    tail = {"added_ids": "d", "removed_ids": "", "status": "optimal"}
    assert found.iloc[0].to_dict() == {**head, **first, "border_more_m": 3.0, **tail}
    rest = found.iloc[1:].drop(columns=["component", "site_id", "kind", "constraint"])
    assert rest.fillna(0).to_numpy().tolist() == [
        [0.15, 4, 2, 1340.0, 440.0, 7.0, "c;d", "", "optimal"],
        [0.0, 4, 2, 1340.0, 440.0, 7.0, "c;d", "", "optimal"],
    ]


def test_another_combination_can_be_better_under_the_higher_cap() -> None:
    """Of 950 m2 a + d has the longer border; at 12 % (1 227) b + c + d = 1 200 is best."""
    rows: list[Row] = [
        ("a", "S", 700, 10),
        ("b", "S", 600, 1),
        ("c", "S", 350, 1),
        ("d", "S", 250, 1),
    ]
    case = made_case(rows, ONE_SITE, rule_set(CAP))
    wanted = ("limit", "scraps_more", "area_more_m2", "border_more_m", "added_ids", "removed_ids")
    assert told(case, ONE_SITE, *wanted)[0] == (0.12, 1, 250.0, -8.0, "b;c", "a")


def test_a_scrap_that_alone_was_above_the_cap() -> None:
    case = made_case([*FOUR, ("e", "S", 1200, 2)], ONE_SITE, rule_set(CAP))
    assert told(case, ONE_SITE)[0] == ("S", "share_cap", 0.12, "e", "a;b")


def test_a_scrap_that_is_alone_above_the_higher_cap_does_not_become_eligible() -> None:
    """1 300 m2 are above 1 227 of 12 %, not above 1 588 of 15 %."""
    case = made_case([*FOUR, ("e", "S", 1300, 2)], ONE_SITE, rule_set(CAP))
    open_ids = [
        "".join(under(case, one.rule, sites=ONE_SITE).pairs["parcel_id"])
        for one in relaxations(case)
    ]
    assert open_ids == ["abcd", "abcde", "abcde"]


def test_a_strict_cap_stays_strict() -> None:
    """At 12 % of 8 800 m2 a strict cap leaves out the scrap of exactly 1 200 m2."""
    sites = site_facts({"S": 8800.0})
    rows: list[Row] = [("a", "S", 1200, 1)]
    strict = made_case(rows, sites, rule_set(replace(CAP, operator="<")))
    assert [r[2] for r in told(strict, sites)] == [0.15, 0.0]
    assert [r[2] for r in told(made_case(rows, sites, rule_set(CAP)), sites)] == [0.12, 0.15, 0.0]


def test_a_boundary_that_is_not_known_stays_so_under_a_higher_cap() -> None:
    sites = site_facts({"S": 9000.0, "T": 9000.0}, T=9000.0)
    rows: list[Row] = [("a", "S", 10, 1), ("b", "S", 0.001, 1), ("c", "T", 1000, 1)]
    case = made_case(rows, sites, rule_set(replace(CAP, denominator="boundary")))
    assert told(case, sites) == [
        ("S", "share_cap", 0.0, "a;b", ""),
        ("T", "share_cap", 0.12, "c", ""),
        ("T", "share_cap", 0.15, "c", ""),
        ("T", "share_cap", 0.0, "c", ""),
    ]
    components = alternatives(case, solved(case), sites=sites)["component"]
    assert components.isna().all()  # nothing is eligible in the plan


def test_a_higher_area_cap() -> None:
    rows: list[Row] = [("a", "S", 2500, 1), ("b", "S", 3500, 1), ("c", "S", 2000, 1)]
    case = made_case(rows, ONE_SITE, rule_set(rule("scrap.area_cap")))
    assert told(case, ONE_SITE) == [
        ("S", "area_cap", 3000.0, "a", ""),
        ("S", "area_cap", 0.0, "a;b", ""),
    ]


def test_a_strict_area_cap_at_its_rounding() -> None:
    """Below 3 000 m2 in whole square metres: 2 999.4 is 2 999, 2 999.5 is 3 000."""
    cap = rule("scrap.area_cap", operator="<", rounding_m2=1.0)
    rows: list[Row] = [("a", "S", 2999.4, 1), ("b", "S", 2999.6, 1)]
    case = made_case(rows, ONE_SITE, rule_set(cap))
    assert told(case, ONE_SITE)[0] == ("S", "area_cap", 3000.0, "a", "")


def test_one_scrap_more() -> None:
    """Two at most: a + b; three: d is larger than c."""
    case = made_case(FOUR, ONE_SITE, rule_set(rule("scrap.count_cap")))
    assert told(case, ONE_SITE) == [
        ("S", "count_cap", 3.0, "d", ""),
        ("S", "count_cap", 0.0, "c;d", ""),
    ]


def test_a_higher_total() -> None:
    """900 m2 in all: a + b; half as much again is 1 350: all."""
    case = made_case(FOUR, ONE_SITE, rule_set(rule("scrap.total_cap", value=900.0)))
    assert told(case, ONE_SITE) == [
        ("S", "total_cap", 1350.0, "c;d", ""),
        ("S", "total_cap", 0.0, "c;d", ""),
    ]


def owned(**owners: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"owner": pd.Series(owners, dtype="str"), "use_class": "industrial", "fragment": True}
    )


def test_without_the_only_test_that_refuses_a_scrap() -> None:
    """Scrap b fails one test, c two: no single one is worth anything for c."""
    rows: list[Row] = [("a", "S", 50, 9), ("b", "S", 100, 7), ("c", "S", 200, 5), ("e", "S", 9, 0)]
    parcels = owned(a="甲", b="乙", c="乙", e="乙", s="甲").assign(
        use_class=lambda p: p["use_class"].mask(p.index == "c", "residential")
    )
    rules = rule_set(rule("scrap.same_owner"), rule("scrap.same_use"))
    case = made_case(rows, ONE_SITE, rules, parcels=parcels)
    assert told(case, ONE_SITE, "constraint", "limit", "scraps", "area_m2", "added_ids") == [
        ("same_owner", 0.0, 2, 150.0, "b")
    ]
    advisory = rule_set(rule("scrap.same_owner", mode="advisory"))
    advised = made_case(rows, ONE_SITE, advisory, parcels=parcels)
    assert relaxations(advised) == []
    assert told(advised, ONE_SITE) == []


def test_a_missing_value_is_a_failed_test() -> None:
    parcels = owned(a="甲", s="甲").assign(owner=[None, "甲"])
    case = made_case(
        [("a", "S", 5, 9)], ONE_SITE, rule_set(rule("scrap.same_owner")), parcels=parcels
    )
    assert told(case, ONE_SITE) == [("S", "same_owner", 0.0, "a", "")]


def test_one_site_can_lose_what_another_gains() -> None:
    """At 10 % (1 000): S takes s, T takes t + x. At 12 % (1 227): S takes s + x, T takes t + u."""
    sites = site_facts({"S": 9000.0, "T": 9000.0})
    rows: list[Row] = [
        ("s", "S", 800, 1),
        ("t", "T", 600, 1),
        ("u", "T", 250, 2),
        ("x", "S", 400, 9),
        ("x", "T", 400, 1),
    ]
    wanted = ("component", "site_id", "scraps_more", "area_more_m2", "border_more_m")
    case = made_case(rows, sites, rule_set(CAP))
    found = told(case, sites, *wanted, "added_ids", "removed_ids")
    assert found[0] == (1, "S", 1, 400.0, 9.0, "x", "")
    assert found[3] == (1, "T", 0, -150.0, 1.0, "u", "x")


def test_a_relaxation_can_join_components() -> None:
    """Without the test c (owner 乙, as T) goes to S, and T takes d instead."""
    sites = site_facts({"S": 9000.0, "T": 9000.0})
    rows: list[Row] = [
        ("a", "S", 100, 1),
        ("c", "S", 900, 5),
        ("c", "T", 900, 3),
        ("d", "T", 700, 1),
    ]
    parcels = owned(a="甲", c="乙", d="乙", s="甲", t="乙")
    case = made_case(rows, sites, rule_set(CAP, rule("scrap.same_owner")), parcels=parcels)
    wanted = ("component", "site_id", "constraint", "added_ids", "removed_ids")
    found = [r for r in told(case, sites, *wanted) if r[2] == "same_owner"]
    assert found == [(1, "S", "same_owner", "c", ""), (1, "T", "same_owner", "d", "c")]


def test_what_was_decided_stays_decided() -> None:
    case = made_case(FOUR, ONE_SITE, rule_set(CAP), decisions={"d": "out"})
    assert told(case, ONE_SITE)[0] == ("S", "share_cap", 0.12, "c", "")


def test_no_rows_keep_their_kinds() -> None:
    assert told(made_case([("a", "S", 5, 9)], ONE_SITE, rule_set(CAP)), ONE_SITE) == []
    assert told(made_case([], ONE_SITE, rule_set(CAP)), ONE_SITE) == []


def test_nothing_is_solved_where_nothing_can_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only S is at its cap, once at each higher limit and once without."""
    sites = site_facts({"S": 9000.0, "T": 9000.0})
    case = made_case([*FOUR, ("t", "T", 900, 1)], sites, rule_set(CAP))
    plan, asked = solved(case), []

    def watched(part: PlanCase) -> Assignment:
        asked.append(sorted(set(part.pairs["site_id"])))
        return solved(part)

    monkeypatch.setattr("gisland.plan.options.replan.solved", watched)
    alternatives(case, plan, sites=sites)
    assert asked == [["S"]] * 3


def test_a_plan_out_of_time_is_not_called_optimal() -> None:
    rng = np.random.default_rng(1)
    rows: list[Row] = [
        (f"c{k:02}", f"S{s}", float(a), 5.0)
        for k, a in enumerate(rng.integers(10**5, 10**6, 40))
        for s in range(3)
    ]
    sites = site_facts({"S0": 27_000_004.5, "S1": 18_000_000.9, "S2": 9_000_006.3})
    late = made_case(rows, sites, rule_set(CAP), seconds=1e-9)
    found = alternatives(late, solved(late), sites=sites)
    assert set(found.loc[found["kind"] == "second_best", "status"]) == {"time_limit"}
    relaxed = found[found["kind"] == "relaxed"]
    assert set(relaxed.loc[relaxed["limit"] == 0.12, "status"]) == {"time_limit"}
    assert set(relaxed.loc[relaxed["limit"].isna(), "status"]) == {"optimal"}  # everything fits


def test_the_order_of_rows_does_not_matter() -> None:
    for seed in range(3):
        case, sites = random_case(seed, blocks=4)
        known = alternatives(case, solved(case), sites=sites)
        mixed = replace(
            case,
            pairs=case.pairs.sample(frac=1, random_state=seed),
            verdicts=case.verdicts.sample(frac=1, random_state=seed),
            budgets=case.budgets.sample(frac=1, random_state=seed),
        )
        again = alternatives(mixed, solved(mixed), sites=sites.sample(frac=1, random_state=seed))
        pd.testing.assert_frame_equal(again, known)


def test_relaxed_plans_are_those_of_the_relaxed_rules_from_the_beginning() -> None:
    """Eligibility, budgets and plan of everything made anew; and never less than the plan."""
    differing = 0
    for seed in range(6):
        case, sites = random_case(seed)
        plan, now = solved(case), in_force(case)
        area = cents(case.pairs["area_m2"])
        for one in relaxations(case):
            found = replanned(now, plan, under(case, one.rule, sites=sites))
            fresh, _ = random_case(seed, rules=with_rules(case.rules, one.rule))
            pd.testing.assert_series_equal(found.chosen, solved(fresh).chosen)
            assert area[found.chosen].sum() >= area[plan.chosen].sum()
            differing += not found.chosen.equals(plan.chosen)
    assert differing > 20


def test_the_second_best_plan() -> None:
    """The best is a + b = 900, the next a + d = 840."""
    case = made_case(FOUR, ONE_SITE, rule_set(CAP))
    wanted = ("constraint", "limit", "scraps_more", "area_more_m2", "border_more_m")
    found = told(case, ONE_SITE, *wanted, "added_ids", "removed_ids", kinds=("second_best",))
    assert found == [("", 0.0, 0, -60.0, -2.0, "d", "b")]


def test_second_best_plans_are_between_the_plan_and_nothing() -> None:
    differing = 0
    for seed in range(4):
        case, sites = random_case(seed, blocks=4)
        plan = solved(case)
        found = alternatives(case, plan, sites=sites)
        best = found[found["kind"] == "second_best"]
        assert (best.groupby("component")["area_more_m2"].sum() <= 0).all()
        assert (best.groupby("component")["removed_ids"].agg("".join) != "").all()
        absorbing = plan.components.loc[plan.components["absorbed_m2"] > 0, "component"]
        assert set(best["component"]) == set(absorbing)
        differing += len(best)
    assert differing > 10


def test_the_second_best_plan_is_asked_with_all_that_the_plan_follows_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The contract of the call; the answer is told with its own status."""
    heard: dict[str, Any] = {}

    def second(
        pairs: pd.DataFrame, budgets: pd.DataFrame, assignment: Assignment, **more: object
    ) -> tuple[pd.Series, pd.DataFrame]:
        heard.update(more, pairs=pairs, chosen=assignment.chosen, budgets=budgets)
        chosen, proof = runners_up(pairs, budgets, assignment, seconds=20.0)
        return chosen, proof.assign(status="time_limit")

    monkeypatch.setattr(alternatives_module, "runners_up", second)
    parcels = owned(**dict.fromkeys("abd", "甲"), c="乙", s="甲")
    rules = rule_set(CAP, rule("scrap.same_owner"))
    case = made_case(
        FOUR, ONE_SITE, rules, parcels=parcels, objective="count", decisions={"b": "in"}
    )
    found = alternatives(case, solved(case), sites=ONE_SITE)
    assert found.loc[found["kind"] == "second_best", "status"].tolist() == ["time_limit"]
    assert heard["pairs"]["parcel_id"].tolist() == ["a", "b", "d"]
    assert heard["pairs"]["area_cents"].tolist() == [60_000, 30_000, 24_000]
    assert heard["chosen"].index.tolist() == [0, 1, 3]
    assert heard["required"] == ["b"]
    assert (heard["objective"], heard["seconds"], heard["links"]) == ("count", 20.0, None)


def test_the_plan_of_common_tools() -> None:
    """Along the longest border it takes c, then a: 800 instead of a + b = 900."""
    rows: list[Row] = [("a", "S", 600, 10), ("b", "S", 300, 5), ("c", "S", 200, 40)]
    case = made_case(rows, ONE_SITE, rule_set(CAP))
    wanted = ("constraint", "area_more_m2", "border_more_m", "added_ids", "removed_ids", "status")
    assert told(case, ONE_SITE, *wanted, kinds=("greedy",)) == [
        ("", -100.0, 35.0, "c", "b", "greedy")
    ]


def test_a_plan_of_common_tools_is_compared_with_relaxed_ones_alone() -> None:
    case = made_case(FOUR, ONE_SITE, rule_set(CAP), method="greedy")
    found = alternatives(case, solved(case), sites=ONE_SITE)
    assert set(found["kind"]) == {"relaxed"}


def test_kinds_follow_each_other_at_each_site() -> None:
    """Three at most, 1 000 m2: a + b; next a + d; 1 227 or more: a + b + d."""
    sites = site_facts({"S": 9000.0, "T": 9000.0})
    rows = [*FOUR, *((f"{p}2", "T", a, b) for p, _, a, b in FOUR)]
    case = made_case(rows, sites, rule_set(CAP, rule("scrap.count_cap", value=3.0)))
    wanted = ("site_id", "kind", "limit", "added_ids", "removed_ids")
    found = told(case, sites, *wanted, kinds=KINDS)
    for site, number in (("S", ""), ("T", "2")):
        assert [r[1:] for r in found if r[0] == site] == [
            ("second_best", 0.0, f"d{number}", f"b{number}"),
            *(("relaxed", limit, f"d{number}", "") for limit in (0.12, 0.15, 0.0)),
        ]
    assert [r[0] for r in found] == ["S"] * 4 + ["T"] * 4
