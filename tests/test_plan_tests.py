"""Tests of eligibility that rest on layers and lists, through a whole run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from districts import at, layer, lots, rule, rule_set
from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices
from gisland.base.schema import Inputs
from gisland.pipeline import run

SHAPES = {
    "s1": at(0, 0, 100, 100),
    "s2": at(300, 0, 100, 100),  # in no boundary
    "in": at(0, 100, 20, 20),
    "half": at(90, 100, 20, 20),  # 10 of 20 m inside
    "out": at(100, 0, 20, 20),
    "far": at(300, 100, 20, 20),
}
BOUNDARY = layer("boundary_id", {"B1": at(-10, -10, 110, 210)})
ZONES = {"M": at(-50, -50, 1000, 150), "W": at(-50, 100, 100, 90), "R": at(60, 100, 900, 90)}
ZONING = layer("zone_id", ZONES, use_class=["industrial", "logistics", "residential"])
LOT = rule("fragment.min_lot.default", value=1000.0, unit="m2", operator=">=")


def ran(*rules: Any, **more: Any) -> pd.DataFrame:  # noqa: ANN401 - passed on
    """Verdict rows towards the site of each scrap, by test and scrap."""
    parcels = lots(
        SHAPES, site_id=["S1", "S2", *[None] * 4], owner=["甲", "甲", "乙", "丙", None, "丁"]
    )
    chosen = PlanChoices(**{k: more.pop(k) for k in list(more) if k in ("consented", "protected")})
    choices = Choices(rule_set(LOT, *rules), sites_from="field", plan=chosen)
    tables = run(Inputs(parcels, **more), choices).tables
    assert "scrap_boundary_share" not in tables["plan"]
    verdicts = tables["verdicts"][tables["verdicts"]["subject"].isin(["S1", "S2"])]
    return verdicts.set_index(["test", "parcel_id"])


def told(found: pd.DataFrame, test: str) -> dict[str, str]:
    return dict(found.loc[test, "outcome"])


@pytest.mark.parametrize("mode", ["on", "advisory"])
def test_the_boundary_of_the_site(mode: str) -> None:
    asked = replace(rule("scrap.project_boundary"), mode=mode)
    found = ran(asked, project_boundary=BOUNDARY)
    outcomes = {"far": "missing", "half": "pass", "in": "pass", "out": "fail"}
    assert told(found, "project_boundary") == outcomes
    shares = found.loc["project_boundary", "value"]
    assert shares.to_dict() == pytest.approx(
        {"far": float("nan"), "half": 0.5, "in": 1.0, "out": 0.0}, nan_ok=True
    )
    assert set(found.loc["project_boundary", "mode"]) == {mode}


def test_the_boundary_test_is_off_or_has_no_layer() -> None:
    asked = rule("scrap.project_boundary")
    assert set(told(ran(asked), "project_boundary").values()) == {"not_assessed"}
    off = ran(replace(asked, mode="off"), project_boundary=BOUNDARY)
    assert "project_boundary" not in off.index.get_level_values("test")


def test_uses_that_go_together_by_the_plan() -> None:
    asked = rule("scrap.compatible_use")  # industrial+logistics
    outcomes = {"far": "fail", "half": "fail", "in": "pass", "out": "pass"}
    assert told(ran(asked, zoning=ZONING), "compatible_use") == outcomes
    assert set(told(ran(asked), "compatible_use").values()) == {"not_assessed"}


def test_the_lists_of_the_plan() -> None:
    asked = [rule("scrap.consent"), rule("scrap.protected")]
    found = ran(*asked, consented=("乙 ", "half"), protected=("far",))
    agreed = {"far": "fail", "half": "pass", "in": "pass", "out": "missing"}
    assert told(found, "consent") == agreed
    barred = {"far": "fail", "half": "pass", "in": "pass", "out": "pass"}
    assert told(found, "protected") == barred
    without = ran(*asked)
    assert set(told(without, "consent").values()) == {"not_assessed"}
    assert "protected" not in without.index.get_level_values("test")  # nothing is told of it


def test_a_scrap_behind_a_scrap_is_adjacent_where_chains_are_allowed() -> None:
    shapes = {"s": at(0, 0, 100, 100), "a": at(100, 0, 10, 30), "b": at(110, 0, 10, 20)}
    parcels = lots(shapes, site_id=["S", None, None])
    for rules, verdicts in (
        ([rule("scrap.chains")], {"a": "absorbed", "b": "absorbed", "s": "site"}),
        ([], {"a": "absorbed", "b": "none", "s": "site"}),
    ):
        tables = run(Inputs(parcels), Choices(rule_set(LOT, *rules), sites_from="field")).tables
        found = tables["parcels"].set_index("parcel_id")
        assert found["verdict"].to_dict() == verdicts
        plan = tables["plan"].set_index("parcel_id")
        assert plan["links"].to_dict() == {k: n for n, k in enumerate(plan.index)}
        rows = tables["verdicts"].query("test == 'adjacent'").set_index("parcel_id")
        assert rows["outcome"].eq("pass").all()
        assert rows["value"].to_dict() == ({"a": 30.0, "b": 20.0} if rules else {"a": 30.0})
