from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gisland.base.errors import ProjectError
from gisland.base.parameters import REPAIRABLE, Parameters


def test_defaults_are_those_of_the_definitions() -> None:
    defaults = Parameters()
    assert defaults == Parameters.from_mapping({})
    assert defaults.tolerance_m == 0.05
    assert defaults.enclave_share == defaults.sandwiched_share == 0.75
    assert defaults.interlocking_share == defaults.hull_share == 0.5
    assert defaults.area_basis == "plane"


def test_every_parameter_has_a_note() -> None:
    assert all(f.metadata["note"] for f in dataclasses.fields(Parameters))


def test_given_values_replace_defaults_and_nothing_else() -> None:
    given = Parameters.from_mapping({"corridor_m": 30, "scenario": "keep", "repair": ["gap"]})
    assert given == dataclasses.replace(
        Parameters(), corridor_m=30.0, scenario="keep", repair=("gap",)
    )
    assert type(given.corridor_m) is float


@pytest.mark.parametrize("whole", [50_000, np.int64(50_000)])
def test_a_whole_number_serves_as_a_float(whole: float) -> None:
    given = Parameters(zone_unit_m2=whole, scenario=2)  # type: ignore[arg-type]
    assert given == Parameters(zone_unit_m2=50_000.0, scenario=2.0)  # type: ignore[arg-type]
    assert type(given.zone_unit_m2) is float
    with pytest.raises(ProjectError, match="zone_unit_m2 is True; give a number"):
        Parameters(zone_unit_m2=True)
    with pytest.raises(ProjectError, match=r"zone_unit_m2 is 1000.*; give a number"):
        Parameters(zone_unit_m2=10**400)


def test_parameters_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Parameters().tolerance_m = 1.0  # type: ignore[misc]


def test_unknown_key_lists_the_known_ones() -> None:
    with pytest.raises(ProjectError, match=r"no key 'tolerance'; did you mean 'tolerance_m'"):
        Parameters.from_mapping({"tolerance": 0.1})


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("tolerance_m", "0.05", "give a number"),
        ("tolerance_m", True, "give a number"),
        ("repair", 1, "give a list"),
        ("repair", "gap", "give a list"),
        ("repair", ["gaps"], "did you mean 'gap'"),
        (
            "scenario",
            True,
            "give far_max, far_min, keep, a FAR such as 2.0, or the name of a column",
        ),
        ("scenario", 0, "give a number above 0"),
        ("tolerance_m", 0, "give a number above 0"),
        ("tolerance_m", float("nan"), "give a number above 0"),
        ("corridor_m", float("inf"), "give a number"),
        ("corridor_m", -1.0, "give a number above 0, or 0"),
        ("cell_m", -50, "give a number above 1e-06, or 0"),
        ("cell_m", 1e-308, "give a number above 1e-06, or 0"),
        ("cell_m", 1e300, "give a number above 1e-06, at most 1e\\+09, or 0"),
        ("smooth_m", 1e12, "give a number above 0, at most 1e\\+09, or 0"),
        ("solver_seconds", 0.0, "give a number above 0"),
        ("enclave_share", 75, "give a number from 0 to 1"),
        ("enclave_share", -0.1, "give a number from 0 to 1"),
        ("area_basis", "geodesic", "use one of plane, ellipsoidal"),
        ("floor_area", "largest", "use one of area, centroid, majority"),
    ],
)
def test_wrong_type_or_range_names_key_value_and_remedy(
    name: str, value: object, remedy: str
) -> None:
    with pytest.raises(ProjectError, match=rf"\[parameters\] {name} (is|has) .*; {remedy}"):
        Parameters.from_mapping({name: value})


@pytest.mark.parametrize(("name", "value"), [("enclave_share", 1.0), ("corridor_m", 0.0)])
def test_ends_of_the_ranges_are_allowed(name: str, value: float) -> None:
    assert getattr(Parameters.from_mapping({name: value}), name) == value


def test_all_stands_for_every_fault_that_can_be_repaired() -> None:
    assert Parameters.from_mapping({"repair": ["all"]}).repair == REPAIRABLE
    assert Parameters.from_mapping({"repair": "all"}).repair == REPAIRABLE
