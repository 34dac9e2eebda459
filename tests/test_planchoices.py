"""Choices of a plan that are given in a notebook."""

from __future__ import annotations

from typing import Any

import pytest

from gisland.base.errors import ProjectError
from gisland.base.planchoices import PlanChoices
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.jobs import choices_of, sample_folder
from gisland.layers.project import read_project


def test_lists_do_as_well_as_tuples() -> None:
    given: dict[str, Any] = {
        "consented": ["甲"],
        "protected": ["a"],
        "required": ["b"],
        "sweep_caps": [0.1],
        "sweep_areas_m2": [2000],
    }
    tuples = {key: tuple(value) for key, value in given.items()}
    assert PlanChoices(**given) == PlanChoices(**tuples)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"required": "P1"}, "required is 'P1'; give a list of texts"),
        ({"required": [1]}, r"required is \(1,\); give a list of texts"),
        ({"decisions": ["P1"]}, r"decisions is \['P1'\]; give texts by text, such as"),
        ({"decisions": None}, r"decisions is None; give texts by text, such as"),
        ({"decisions": {"P1": None}}, r"decisions is .*P1.*; give texts by text, such as"),
        ({"decisions": {1: "in"}}, r"decisions is \{1: 'in'\}; give texts by text, such as"),
        ({"columns": "sum"}, "columns is 'sum'; give texts by text, such as"),
        ({"sweep_caps": 0.1}, "sweep_caps is 0.1; give a list of shares"),
        ({"sweep_caps": (True,)}, r"sweep_caps is \(True,\); give a list of shares"),
        ({"alternatives": "no"}, r"alternatives is 'no'; give true or false"),
    ],
)
def test_choices_of_a_wrong_type_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ProjectError, match=told):
        PlanChoices(**given)


def test_the_plan_of_a_run_is_a_plan() -> None:
    plan: Any = {"required": ["P1"]}
    with pytest.raises(ProjectError, match=r"plan is .*; give gisland.PlanChoices"):
        Choices(load_rules("tianjin-2024"), plan=plan)


def test_a_parcel_is_not_required_and_protected() -> None:
    with pytest.raises(ProjectError, match=r"1 parcel is both required and protected \(P1\)"):
        PlanChoices(required=("P1",), protected=("P1", "P2"))


def test_a_wish_takes_the_place_of_the_plan_of_a_project() -> None:
    project = read_project(sample_folder() / "gisland.toml")
    wish = PlanChoices(decisions={"P1": "in"})
    own, asked = choices_of(project), choices_of(project, plan=wish)
    assert own.plan.sweep_caps
    assert asked.plan == wish
    assert asked.rules.fingerprint == own.rules.fingerprint
    assert (asked.parameters, asked.sites_from) == (own.parameters, own.sites_from)
    with pytest.raises(ProjectError, match="decisions and plan are both given"):
        choices_of(project, plan=wish, decisions="decisions.csv")
