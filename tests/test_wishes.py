from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from gisland.base.errors import ProjectError
from gisland.base.planchoices import PlanChoices
from gisland.base.rules import load_rules
from gisland.base.verdicts import together, verdict_frame
from gisland.plan.case import PlanCase
from gisland.plan.table import plan_table
from gisland.plan.wishes import (
    require_parcels_known,
    require_sites_known,
    unmatched_consents,
    unmet_wishes,
)

Row = tuple[str, str, float]
NONE = pd.DataFrame({"parcel_id": [], "conflict_ids": [], "proved": []})
MEMBERS = pd.Series("S", index=["s1"])


def told(
    rows: list[Row],
    choices: PlanChoices,
    *,
    verdicts: pd.DataFrame | None = None,
    unmet: pd.DataFrame = NONE,
    budget_m2: float = 100.0,
) -> dict[str, tuple[str, str]]:
    """Message and other ids of each parcel that is told of."""
    frame = pd.DataFrame(rows, columns=["parcel_id", "site_id", "area_m2"])
    frame = frame.assign(border_m=5.0, scrap_kind="corner")
    pairs = gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)] * len(frame), crs=4547)
    sites = sorted(frame["site_id"].unique())
    budgets = pd.DataFrame({"area_cents": round(budget_m2 * 100), "count": -1}, index=sites)
    rows_ = together([]) if verdicts is None else verdicts
    case = PlanCase(pairs, rows_, budgets, load_rules("tianjin-2024"), choices, 9.0)
    plan, _ = plan_table(case)
    found = unmet_wishes(case, plan, unmet, members=MEMBERS)
    assert {f["code"] for f in found} <= {"required_not_absorbed"}
    assert {f["severity"] for f in found} <= {"warning"}
    return {str(f["parcel_id"]): (str(f["message"]), str(f["other_id"])) for f in found}


def test_what_is_absorbed_or_part_of_a_site_is_not_told() -> None:
    wish = PlanChoices(required=("a", "s1"), decisions={"b": "S"})
    assert told([("a", "S", 60), ("b", "S", 40)], wish) == {}


def test_a_parcel_beside_no_site() -> None:
    found = told([("a", "S", 60)], PlanChoices(required=("z",)))
    assert found == {"z": ("required, but not absorbed: it is no scrap beside a site", "")}


def test_tests_that_a_required_parcel_fails_are_named_by_site() -> None:
    refused = verdict_frame(
        pd.Index(["a"]), subject="S", test="area_cap", outcome="fail", mode="on"
    )
    rows = [("a", "S", 60.0), ("a", "T", 300.0)]
    found = told(rows[:1], PlanChoices(required=("a",)), verdicts=refused)
    assert found["a"][0] == "required, but not absorbed: S (area_cap)"


def test_those_that_stand_in_the_way_are_named() -> None:
    unmet = pd.DataFrame({"parcel_id": ["b"], "conflict_ids": ["a;b;c"], "proved": [True]})
    rows = [("a", "S", 60), ("b", "S", 70)]
    found = told(rows, PlanChoices(decisions={"b": "in"}, protected=()), unmet=unmet, budget_m2=60)
    assert found == {"b": ("required, but not absorbed: not together with a;c", "a;c")}


def test_required_and_decided_to_be_out() -> None:
    wish = PlanChoices(required=("a",), decisions={"a": "out"})
    found = told([("a", "S", 60)], wish)
    assert found["a"][0] == "required, but not absorbed: it is decided to be out"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (PlanChoices(protected=("z",)), r"protected names 1 unknown parcel \(z\)"),
        (PlanChoices(required=("y", "z", "a")), r"required names 2 unknown parcels \(y, z\)"),
        (PlanChoices(decisions={"z": "in"}), r"decisions names 1 unknown parcel \(z\)"),
    ],
)
def test_unknown_parcels_are_refused(choices: PlanChoices, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        require_parcels_known(choices, pd.Index(["a"]))


def test_unknown_sites_are_refused() -> None:
    with pytest.raises(ProjectError, match=r"give parcels to 1 unknown site \(S9\)"):
        require_sites_known(PlanChoices(decisions={"a": "S9", "b": "in"}), pd.Index(["S1"]))


def test_known_ids_pass() -> None:
    wish = PlanChoices(required=("a",), decisions={"a": "S1", "b": "out"}, consented=("who",))
    require_parcels_known(wish, pd.Index(["a", "b"]))
    require_sites_known(wish, pd.Index(["S1"]))


def test_consents_that_match_nothing_are_told_once() -> None:
    lots = pd.DataFrame({"owner": ["江城 钢铁厂", None]}, index=["a", "b"])
    assert unmatched_consents(PlanChoices(), lots) == []
    assert unmatched_consents(PlanChoices(consented=("a", "江城钢铁厂")), lots) == []
    (found,) = unmatched_consents(PlanChoices(consented=("b", "江城钢铁场", "x")), lots)
    assert (found["code"], found["value"]) == ("consent_unmatched", 2.0)
    assert str(found["message"]).endswith(": x, 江城钢铁场")
    assert len(unmatched_consents(PlanChoices(consented=("c",)), lots[[]])) == 1
