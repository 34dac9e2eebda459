"""Planning conditions held against what stands and what is planned."""

from __future__ import annotations

import pandas as pd
import pytest

from gisland.control.conditions import COLUMNS, condition_table, parcel_failures
from gisland.layers.writing.contract import TABLES

NAN = float("nan")
LOTS = pd.DataFrame(
    {
        "area_m2": [600.0, 400.0, 100.0, 500.0],
        "floor_m2": [900.0, 600.0, 0.0, 500.0],
        "footprint_m2": [300.0, 100.0, 0.0, 250.0],
        "green_m2": [60.0, 140.0, 20.0, NAN],
        "building_height_m": [20.0, 30.0, NAN, 12.0],
    },
    index=pd.Index(["s1", "s2", "c", "t"], name="parcel_id"),
)
LINES = pd.DataFrame(
    {
        "parcel_id": ["c", "s1", "s2", "t"],
        "after_id": ["S", "S", "S", "T"],
        "role": ["absorbed", "site", "site", "site"],
    }
)
NO_FAR = pd.Series({"S": NAN, "T": NAN})


def limits(**rows: tuple[float, float]) -> pd.DataFrame:
    """Limits of site S before and after."""
    return pd.DataFrame(
        [
            {
                "site_id": "S",
                "condition": name,
                "limit_before": before,
                "limit_after": after,
                "known_share": 1.0,
                "source": "zone",
                "source_ids": "Z",
            }
            for name, (before, after) in rows.items()
        ]
    )


def judged(given: pd.DataFrame, lots: pd.DataFrame = LOTS, far: pd.Series = NO_FAR) -> pd.DataFrame:
    found = condition_table(given, lots, LINES, planned_far=far)
    assert tuple(found.columns) == COLUMNS
    assert {c: found[c].dtype.name for c in found} == dict(TABLES["conditions"].columns)
    return found.set_index("condition")


def outcome(found: pd.DataFrame, name: str) -> list[str]:
    return found.loc[name, ["outcome_before", "outcome_after"]].tolist()


def test_each_condition_has_its_value_unit_and_denominator() -> None:
    same = {
        "far_min": (1.0, 1.0),
        "far_max": (1.5, 1.4),
        "coverage_min": (0.4, 0.4),
        "green_max": (0.2, 0.15),
        "height_min_m": (30.0, 31.0),
        "height_max_m": (24.0, 50.0),
    }
    found = judged(limits(**same))
    assert found.loc["far_max", "value_before"] == pytest.approx(1500 / 1000)
    assert found.loc["far_max", "value_after"] == pytest.approx(1500 / 1100)
    assert outcome(found, "far_max") == ["pass", "pass"]
    assert found.loc["coverage_min", "value_after"] == pytest.approx(400 / 1100)
    assert outcome(found, "coverage_min") == ["pass", "fail"]
    assert found.loc["green_max", "value_before"] == pytest.approx(0.2)
    assert outcome(found, "green_max") == ["pass", "fail"]
    assert outcome(found, "height_min_m") == ["pass", "fail"]
    assert outcome(found, "height_max_m") == ["fail", "pass"]
    assert found.loc["height_max_m", "value_after"] == 30.0  # nothing stands on the scrap
    assert found["unit"].tolist() == ["ratio", "ratio", "share", "share", "m", "m"]
    assert found["operator"].tolist() == [">=", "<=", ">=", "<=", ">=", "<="]
    assert found["denominator"].tolist() == [*["land_area"] * 4, "", ""]


def test_the_planned_far_is_what_stands_after() -> None:
    found = judged(limits(far_max=(1.0, 1.7)), far=pd.Series({"S": 1.7}))
    assert found.loc["far_max", ["value_before", "value_after"]].tolist() == [1.5, 1.7]
    assert outcome(found, "far_max") == ["fail", "pass"]
    more = judged(limits(far_max=(1.0, 1.7)), far=pd.Series({"S": 1.8}))
    assert outcome(more, "far_max") == ["fail", "fail"]


def test_a_minimum_above_the_maximum_fails() -> None:
    found = judged(limits(far_min=(2.0, 2.0), far_max=(1.0, 1.0)))
    assert outcome(found, "far_min") == outcome(found, "far_max") == ["fail", "fail"]
    between = judged(limits(far_min=(2.0, 2.0), far_max=(1.6, 1.6)))
    assert [outcome(between, n) for n in ("far_min", "far_max")] == [["fail"] * 2, ["pass"] * 2]


def test_compared_at_the_roundings_of_rules() -> None:
    near = judged(limits(far_max=(1.4999996, 1.4999994), height_max_m=(29.996, 29.994)))
    assert outcome(near, "far_max") == ["pass", "pass"]
    assert outcome(near, "height_max_m") == ["pass", "fail"]
    far = pd.Series({"S": 1.5})
    off = judged(limits(far_max=(1.49999949, 1.49999949)), far=far)
    assert outcome(off, "far_max") == ["fail", "fail"]


def test_what_is_not_known_is_missing() -> None:
    given = limits(far_max=(2.0, NAN), height_max_m=(NAN, 50.0), green_min=(0.1, 0.1))
    found = judged(given)
    assert outcome(found, "far_max") == ["pass", "missing"]
    assert outcome(found, "height_max_m") == ["missing", "pass"]
    lots = LOTS.assign(green_m2=[NAN, 140.0, 20.0, NAN], building_height_m=[20.0, NAN, 1.0, 1.0])
    unknown = judged(given, lots)
    assert outcome(unknown, "green_min") == ["missing", "missing"]
    assert outcome(unknown, "height_max_m") == ["missing", "missing"]
    bare = judged(given, LOTS[["area_m2"]])
    assert set(bare["outcome_before"]) | set(bare["outcome_after"]) == {"missing"}
    assert bare[["value_before", "value_after"]].isna().all(axis=None)


def test_only_conditions_with_a_limit_have_a_row() -> None:
    assert judged(limits(far_max=(NAN, NAN), far_min=(1.0, NAN))).index.tolist() == ["far_min"]
    assert len(judged(limits(far_max=(NAN, NAN)))) == 0
    assert len(judged(limits(far_max=(1.0, 1.0)).iloc[:0])) == 0


def test_land_that_is_not_drawn_takes_part_in_nothing() -> None:
    gone = pd.DataFrame({"area_m2": [NAN], "floor_m2": [9e9]}, index=["gone"])
    lines = pd.DataFrame({"parcel_id": ["gone"], "after_id": ["S"], "role": ["site"]})
    found = condition_table(
        limits(far_max=(1.5, 1.5)),
        pd.concat([LOTS, gone]),
        pd.concat([LINES, lines]),
        planned_far=NO_FAR,
    )
    assert found["value_before"].tolist() == pytest.approx([1.5])


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    given, lots = limits(far_max=(1.5, 1.5), coverage_max=(0.3, 0.3)), LOTS.copy()
    expected = condition_table(given, lots, LINES, planned_far=NO_FAR)
    again = condition_table(given, lots[::-1], LINES[::-1], planned_far=NO_FAR[::-1])
    pd.testing.assert_frame_equal(again, expected, check_exact=True)
    pd.testing.assert_frame_equal(lots, LOTS)


# --- parcels today --------------------------------------------------------------------------------


def test_the_conditions_a_parcel_fails_today() -> None:
    parcels = pd.DataFrame(
        {
            "area_m2": [100.0] * 6,
            "use_class": ["industrial"] * 4 + ["transport", None],
            "far": [1.8, 0.2, NAN, 1.0, 0.0, 0.2],
            "coverage": [0.6, 0.1, 0.1, 0.3, 0.0, NAN],
            "footprint_m2": [60.0, 10.0, 0.0, 30.0, 0.0, NAN],
            "building_height_m": [60.0, NAN, NAN, 20.0, NAN, NAN],
            "planned_far_min": [1.0, 1.0, 1.0, NAN, 1.0, 0.5],
            "planned_far_max": [1.7, 1.7, 1.7, NAN, 1.7, 0.1],
            "planned_coverage_max": [0.5, 0.5, 0.5, NAN, 0.5, 0.5],
            "planned_height_max_m": [50.0, 50.0, 50.0, NAN, 50.0, 50.0],
            "planned_green_min": [0.3] * 6,
        },
        index=list("abcdef"),
    )
    found = parcel_failures(parcels)
    assert found.name == "conditions_failed"
    assert found.dropna().to_dict() == {
        "a": "far_max;coverage_max;height_max_m",
        "b": "far_min",
        "c": "",  # nothing stands there; its floor area is not known
        "f": "far_min;far_max",  # contradicting limits, both failed
    }
    assert found.index.tolist() == list("abcdef")


def test_without_limits_or_values_nothing_is_said() -> None:
    assert parcel_failures(LOTS).isna().all()
    assert parcel_failures(LOTS.assign(planned_far_max=1.0)).isna().all()
    assert len(parcel_failures(LOTS.iloc[:0].assign(planned_far_max=1.0, far=1.0))) == 0


def test_parcels_are_compared_at_the_roundings_of_rules() -> None:
    lots = pd.DataFrame({"area_m2": [1.0] * 2, "far": [1.7000004, 1.7000006]}, index=["a", "b"])
    assert parcel_failures(lots.assign(planned_far_max=1.7)).tolist() == ["", "far_max"]
