from __future__ import annotations

from dataclasses import replace

import pandas as pd

from districts import rule_set
from gisland.plan.case import solved
from gisland.plan.options.relaxations import in_force
from gisland.plan.options.replan import replanned
from small_plans import CAP, Row, made_case, site_facts

SITES = site_facts({"S": 9000.0, "T": 9000.0})
ROWS: list[Row] = [("a", "S", 600, 1), ("b", "S", 500, 2), ("t", "T", 700, 1)]


def test_a_scrap_that_counts_with_another_area() -> None:
    """With 650 m2 the scrap b is the larger of two that do not both fit into 1 000 m2."""
    now = in_force(made_case(ROWS, SITES, rule_set(CAP)))
    plan = solved(now)
    assert plan.chosen.tolist() == [True, False, True]
    pairs = now.pairs.assign(area_m2=[600.0, 650.0, 700.0])
    assert replanned(now, plan, replace(now, pairs=pairs)).chosen.tolist() == [False, True, True]


def test_a_site_without_any_pair_left_absorbs_nothing_and_has_no_status() -> None:
    now = in_force(made_case(ROWS, SITES, rule_set(CAP)))
    found = replanned(now, solved(now), replace(now, pairs=now.pairs[:2]))
    assert found.chosen.tolist() == [True, False, False]
    assert found.status.to_dict() == {"S": "optimal"}
    assert found.component.to_dict() == {"S": 1, "T": 2}
    nothing = replanned(now, solved(now), replace(now, pairs=now.pairs[:0]))
    assert not nothing.chosen.any()
    assert nothing.status.empty


def test_a_component_that_cannot_differ_keeps_even_a_plan_that_is_not_the_best() -> None:
    """Only what was proved nowhere to differ is kept: T is, as it stands, with its status."""
    now = in_force(made_case(ROWS, SITES, rule_set(CAP)))
    plan = solved(now)
    late = replace(
        plan,
        chosen=pd.Series([True, False, False]),
        components=plan.components.assign(status=["optimal", "time_limit"]),
    )
    found = replanned(now, late, replace(now, pairs=now.pairs[1:]))
    assert found.chosen.tolist() == [False, True, False]
    assert found.status.to_dict() == {"T": "time_limit", "S": "optimal"}
