"""FAR of sites after the merge: limits, numbers and columns."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from gisland.base.errors import ProjectError
from gisland.measure.planned.scenarios import planned_far, require_scenario, scenario_name
from gisland.measure.planned.sitelimits import SiteLimits

NAN = float("nan")
LOTS = pd.DataFrame(
    {
        "area_m2": [600.0, 400.0, 100.0, 500.0, NAN],
        "goal": [1.0, 2.0, 9.0, NAN, 5.0],
        "note": ["x"] * 5,
        "open": [True] * 5,
    },
    index=pd.Index(["s1", "s2", "c", "t", "gone"], name="parcel_id"),
)
LINES = pd.DataFrame(
    {
        "parcel_id": ["c", "gone", "s1", "s2", "t"],
        "after_id": ["S", "S", "S", "S", "T"],
        "role": ["absorbed", "site", "site", "site", "site"],
    }
)
LIMITS = SiteLimits(
    pd.DataFrame(
        {
            "site_id": ["S", "S", "T"],
            "condition": ["far_min", "far_max", "far_max"],
            "limit_before": [0.5, 1.5, 2.0],
            "limit_after": [0.6, 1.6, NAN],
        }
    )
)
SITES = pd.DataFrame(
    {"goal": [3.0, 4.0], "text": ["2.0", "3.0"]}, index=pd.Index(["S", "U"], name="site_id")
)


def far(
    scenario: str | float,
    *,
    lots: pd.DataFrame = LOTS,
    sites: pd.DataFrame | None = None,
    limits: SiteLimits = LIMITS,
) -> list[float]:
    found = planned_far(lots, LINES, limits, sites=sites, scenario=scenario)
    assert (found.name, found.index.tolist(), found.dtype) == ("planned_far", ["S", "T"], "float64")
    return found.tolist()


@pytest.mark.parametrize("name", ["far_max", "maximum"])
def test_the_upper_limit_after(name: str) -> None:
    assert far(name) == pytest.approx([1.6, NAN], nan_ok=True)


@pytest.mark.parametrize("name", ["far_min", "minimum"])
def test_the_lower_limit_after(name: str) -> None:
    assert far(name) == pytest.approx([0.6, NAN], nan_ok=True)


def test_without_limits_nothing_is_planned() -> None:
    none = SiteLimits(LIMITS.table.iloc[:0])
    assert np.isnan(far("far_max", limits=none)).all()


def test_what_exists_is_kept() -> None:
    assert np.isnan(far("keep")).all()


def test_a_number_holds_for_every_site() -> None:
    assert far(2.2) == [2.2, 2.2]


def test_a_column_of_the_sites_goes_before_one_of_the_parcels() -> None:
    assert far("goal", sites=SITES) == pytest.approx([3.0, NAN], nan_ok=True)  # T is not drawn


def test_a_column_of_the_parcels_is_averaged_over_the_own_land_of_the_site() -> None:
    # (600 * 1 + 400 * 2) / 1000: neither the scrap nor the parcel without land counts
    assert far("goal") == pytest.approx([1.4, NAN], nan_ok=True)
    assert far("goal", sites=SITES[["text"]]) == pytest.approx([1.4, NAN], nan_ok=True)


def test_a_column_counts_where_half_of_the_land_has_a_value() -> None:
    assert far("goal", lots=LOTS.assign(goal=[1.1, NAN, 9, 0, 9]))[0] == 1.1
    assert far("goal", lots=LOTS.assign(goal=[1.1, NAN, 9, 0, 9]))[1] == 0.0
    assert math.isnan(far("goal", lots=LOTS.assign(goal=[NAN, 1.1, 9, 0, 9]))[0])


def test_whole_numbers_that_may_be_missing_are_numbers() -> None:
    goal = pd.array([1, 2, None, None, None], dtype="Int64")
    assert far("goal", lots=LOTS.assign(goal=goal))[0] == pytest.approx(1.4)


def test_equal_values_are_not_rounded() -> None:
    assert far("goal", lots=LOTS.assign(goal=0.1)) == [0.1, 0.1]


@pytest.mark.parametrize(
    ("scenario", "sites", "told"),
    [
        ("gaol", None, "'gaol', but there is no such column; use far_max, far_min, keep, a FAR"),
        ("gaol", None, " or a column with numbers: goal"),
        ("note", None, "'note', a column of parcels that holds no numbers"),
        ("open", None, "'open', a column of parcels that holds no numbers"),
        ("text", SITES, "'text', a column of sites that holds no numbers"),
        ("area_m2", None, "'area_m2', but there is no such column"),
        ("2.0", None, "'2.0', but there is no such column"),
    ],
)
def test_a_column_that_cannot_be_taken_is_refused(
    scenario: str, sites: pd.DataFrame | None, told: str
) -> None:
    with pytest.raises(ProjectError, match=re.escape(told)):
        require_scenario(LOTS, sites, scenario=scenario)
    with pytest.raises(ProjectError, match=re.escape(told)):
        far(scenario, sites=sites)


@pytest.mark.parametrize("value", [-0.1, float("inf")])
def test_a_value_that_is_no_far_is_refused_with_its_rows(value: float) -> None:
    lots = LOTS.assign(goal=[1.0, value, 1.0, 1.0, 1.0])
    with pytest.raises(ProjectError, match=r"which is no FAR on 1 parcel \(s2\); mend these"):
        require_scenario(lots, None, scenario="goal")


def test_an_amount_is_no_far() -> None:
    lots = LOTS.assign(tax_yuan=1.0)
    with pytest.raises(ProjectError, match=r"scenario is 'tax_yuan', which is no FAR; .*goal"):
        require_scenario(lots, None, scenario="tax_yuan")


@pytest.mark.parametrize("scenario", ["keep", "far_max", "minimum", 1.5, "goal"])
def test_what_can_be_taken_passes(scenario: str | float) -> None:
    require_scenario(LOTS, None, scenario=scenario)


def test_names_of_scenarios() -> None:
    names = [scenario_name(s) for s in ("minimum", "far_min", "keep", "goal", 1.75)]
    assert names == ["far_min", "far_min", "keep", "goal", "1.75"]


def test_the_order_of_rows_does_not_matter() -> None:
    given = planned_far(LOTS, LINES, LIMITS, sites=None, scenario="goal")
    turned = SiteLimits(LIMITS.table[::-1])
    again = planned_far(LOTS[::-1], LINES[::-1], turned, sites=None, scenario="goal")
    pd.testing.assert_series_equal(again, given, check_exact=True)
