from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from districts import rule
from gisland.base.errors import PlanError
from gisland.base.planchoices import PlanChoices
from gisland.base.rules import load_rules
from gisland.base.verdicts import together, verdict_frame
from gisland.plan.case import PlanCase
from gisland.plan.exact.assign import Assignment
from gisland.plan.outcome import site_budgets, site_table
from gisland.plan.table import plan_table

Row = tuple[str, str, float]
NOTHING = together([])


def pairs(rows: list[Row]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["parcel_id", "site_id", "area_m2"])
    frame = frame.astype({"parcel_id": "str", "site_id": "str", "area_m2": "float64"})
    frame = frame.assign(border_m=5.0, scrap_kind="corner")
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)] * len(frame), crs=4547)


def budgets(area_m2: dict[str, float], count: int = -1) -> pd.DataFrame:
    cents = {s: -1 if a < 0 else round(a * 100) for s, a in area_m2.items()}
    return pd.DataFrame({"area_cents": pd.Series(cents, dtype="int64"), "count": count})


def case(
    rows: list[Row],
    limits: pd.DataFrame,
    verdicts: pd.DataFrame = NOTHING,
    *,
    seconds: float = 20.0,
    **choices: Any,  # noqa: ANN401 - as PlanChoices takes them
) -> PlanCase:
    rules = load_rules("tianjin-2024")
    return PlanCase(pairs(rows), verdicts, limits, rules, PlanChoices(**choices), seconds)


def told(
    rows: list[Row],
    limits: pd.DataFrame,
    verdicts: pd.DataFrame = NOTHING,
    *,
    seconds: float = 20.0,
) -> list[tuple[str, str, str, str, str]]:
    table, _ = plan_table(case(rows, limits, verdicts, seconds=seconds))
    columns = ["parcel_id", "site_id", "verdict", "reasons", "rule_id"]
    assert (table[columns].dtypes == "str").all()
    return list(table[columns].itertuples(index=False, name=None))


def test_everything_fits() -> None:
    assert told([("b", "S", 5), ("a", "S", 5)], budgets({"S": -1})) == [
        ("a", "S", "absorbed", "", ""),
        ("b", "S", "absorbed", "", ""),
    ]


def test_the_cap_is_full() -> None:
    assert told([("a", "S", 60), ("b", "S", 50), ("c", "S", 50)], budgets({"S": 100})) == [
        ("a", "S", "eligible", "cap_full", "scrap.share_cap"),
        ("b", "S", "absorbed", "", ""),
        ("c", "S", "absorbed", "", ""),
    ]


def test_the_count_is_full() -> None:
    assert told([("a", "S", 60), ("b", "S", 50)], budgets({"S": -1}, count=1)) == [
        ("a", "S", "absorbed", "", ""),
        ("b", "S", "eligible", "count_full", "scrap.count_cap"),
    ]


def test_another_site_has_taken_it() -> None:
    assert told([("a", "S1", 60), ("a", "S2", 60)], budgets({"S1": 10, "S2": 60})) == [
        ("a", "S1", "eligible", "taken_by:S2", ""),
        ("a", "S2", "absorbed", "", ""),
    ]


def test_out_of_time() -> None:
    rng = np.random.default_rng(1)
    rows = [
        (f"c{k:02}", f"S{s}", float(a))
        for k, a in enumerate(rng.integers(10**5, 10**6, 40))
        for s in range(3)
    ]
    limits = budgets({"S0": 3_000_000.5, "S1": 2_000_000.1, "S2": 1_000_000.7})
    found = told(rows, limits, seconds=1e-9)
    assert {v for _, _, v, _, _ in found} == {"absorbed", "eligible"}
    known = {"", "cap_full", "time_limit", *(f"taken_by:S{s}" for s in range(3))}
    assert {r for _, _, _, r, _ in found} <= known


def test_a_refused_scrap_names_the_rule_of_its_first_failure() -> None:
    rows = together(
        [
            verdict_frame(
                pd.Index(["a"]),
                subject="S",
                test=test,
                outcome=outcome,
                mode="on",
                rule_id=f"scrap.{test}",
            )
            for test, outcome in [("same_owner", "missing"), ("share_cap", "fail")]
        ]
    )
    assert told([("a", "S", 5), ("b", "S", 5)], budgets({"S": -1}), rows) == [
        ("a", "S", "ineligible", "missing:same_owner;share_cap", "scrap.same_owner"),
        ("b", "S", "absorbed", "", ""),
    ]


def test_nothing_is_absorbed_at_all() -> None:
    assert told([("a", "S", 60)], budgets({"S": 0})) == [
        ("a", "S", "eligible", "cap_full", "scrap.share_cap")
    ]
    refused = verdict_frame(
        pd.Index(["a"]), subject="S", test="area_cap", outcome="fail", mode="on"
    )
    assert told([("a", "S", 60)], budgets({"S": -1}), refused)[0][2:4] == ("ineligible", "area_cap")


def test_decisions_taken_beforehand_are_kept() -> None:
    rows = [("a", "S", 60), ("a", "T", 60), ("b", "S", 50), ("c", "T", 10)]
    limits = budgets({"S": 100, "T": 100})
    table, _ = plan_table(case(rows, limits, decisions={"a": "T", "b": "out"}))
    found = list(table[["parcel_id", "site_id", "verdict", "reasons"]].itertuples(index=False))
    assert [tuple(row) for row in found] == [
        ("a", "S", "eligible", "decided_elsewhere:T"),
        ("a", "T", "absorbed", ""),
        ("b", "S", "eligible", "decided_out"),
        ("c", "T", "absorbed", ""),
    ]


def test_no_pairs_keep_their_columns() -> None:
    table, found = plan_table(case([], budgets({"S": 9})))
    assert table.empty
    assert table.dtypes[["verdict", "reasons", "rule_id"]].eq("str").all()
    assert found.components.empty


def site_rows(plan: pd.DataFrame, found: Assignment, **changes: object) -> pd.DataFrame:
    merged = gpd.GeoDataFrame(
        {
            "area_before_m2": [900.0, 500.0],
            "scrap_area_m2": [100.0, 0.0],
            "area_after_m2": [1000.0, 500.0],
            "gap_closed_m2": 0.0,
            "overlap_m2": 0.0,
        },
        index=pd.Index(["S1", "S2"], name="site_id"),
        geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1)],
        crs=4547,
    )
    return site_table(
        merged,
        plan,
        pd.Series({"p": "S1", "q": "S1", "r": "S2"}),
        boundary_area_m2=pd.Series({"S1": 2000.0, "S2": float("nan")}),
        rule=rule("scrap.share_cap", **changes),
        assignment=found,
    )


@pytest.mark.parametrize(
    ("denominator", "share", "whole"),
    [("including", 0.1, 1000.0), ("excluding", 100 / 900, 900.0), ("boundary", 0.05, 2000.0)],
)
def test_sites_tell_shares_over_every_denominator(
    denominator: str, share: float, whole: float
) -> None:
    plan, found = plan_table(case([("c", "S1", 100), ("d", "S1", 150)], budgets({"S1": 100})))
    table = site_rows(plan, found, denominator=denominator)
    one = table.loc["S1"]
    assert (one["scrap_share"], one["denominator_m2"]) == (share, whole)
    assert one["parcel_ids"] == "p;q"
    assert one["absorbed_ids"] == "c"
    assert (one["parcels_before"], one["parcels_after"]) == (2, 1)
    assert one["candidate_ids"] == "c;d"
    assert one["candidate_area_m2"] == 250.0
    assert one["candidate_share_including"] == 250 / 1150
    assert one["candidate_share_excluding"] == 250 / 900
    assert one["candidate_share_boundary"] == 250 / 2000
    assert (one["optimal"], one["bound_m2"], one["component"]) == (True, 100.0, 1)
    two = table.loc["S2"]
    assert (two["absorbed_ids"], two["scrap_share_including"], two["bound_m2"]) == ("", 0.0, 0.0)
    assert two["optimal"]
    assert pd.isna(two["component"])
    assert pd.isna(two["scrap_share_boundary"])


def test_without_a_share_cap_there_is_no_cap() -> None:
    plan, found = plan_table(case([], budgets({"S1": -1})))
    off = {"mode": "off", "denominator": "", "operator": "", "value": False}
    table = site_rows(plan, found, **off)
    assert table["cap"].isna().all()
    assert (table["cap_operator"] == "").all()
    assert (table["share_denominator"] == "including").all()


def test_an_unproved_component_is_not_called_optimal() -> None:
    plan, found = plan_table(case([("c", "S1", 100)], budgets({"S1": -1})))
    late = found.components.assign(status="time_limit", bound_m2=300.0)
    table = site_rows(plan, Assignment(found.chosen, found.component, late))
    assert table["optimal"].to_dict() == {"S1": False, "S2": True}
    assert table.loc["S1", "bound_m2"] == 300.0


def test_two_sites_in_one_boundary_are_refused_where_the_cap_is_taken_over_it() -> None:
    sites = pd.DataFrame(
        {"area_m2": [9e3, 8e3], "boundary_area_m2": 2e4, "boundary_id": "B1"}, index=["S1", "S2"]
    )
    cap = replace(load_rules("tianjin-2024")["scrap.share_cap"], denominator="boundary")
    rules = replace(load_rules("tianjin-2024"), rules={"scrap.share_cap": cap})
    with pytest.raises(PlanError, match=r"2 sites share a project boundary.*\(S1, S2\); draw"):
        site_budgets(sites, rules=rules)
    apart = sites.assign(boundary_id=["B1", "B2"])
    assert site_budgets(apart, rules=rules)["area_cents"].tolist() == [200_000, 200_000]
