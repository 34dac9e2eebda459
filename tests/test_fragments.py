from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon, affinity, box, transform, union_all

from districts import frame, shaped
from gisland.base.rules import RuleSet, load_rules
from gisland.base.rulespecs import ALWAYS_MEASURED, FRAGMENT_TESTS
from gisland.base.verdicts import failing, together
from gisland.detect.facts import shape_facts
from gisland.detect.fragments import border_with, fragment_verdicts, frontage_m
from gisland.topology.borders import borders

BASE = load_rules("national-2023-171")  # at least 2000 m², 15 m wide, 4 m of frontage


def reasons(lots: pd.DataFrame, rules: RuleSet = BASE) -> dict[str, str]:
    return dict(failing(fragment_verdicts(lots, rules=rules), lots.index))


def with_rule(rule_id: str, *, like: str, **changes: object) -> RuleSet:
    rule = replace(BASE[like], id=rule_id, **changes)
    return replace(BASE, rules={**BASE.rules, rule_id: rule})


def measured(**values: object) -> pd.DataFrame:
    """A parcel that passes every test, but for the values given."""
    row = {"area_m2": 2500.0, "width_m": 50.0, "frontage_m": 50.0} | values
    return pd.DataFrame({k: [v] for k, v in row.items()}, index=pd.Index(["a"]))


def test_each_reason_by_itself() -> None:
    inner = box(50, 50, 100, 100)
    lots = shaped(
        {
            "small": box(300, 0, 340, 40),  # 1600 m²
            "narrow": box(400, 0, 414, 200),  # 2800 m², 14 m
            "inner": inner,  # 2500 m², no way out
            "ring": box(0, 0, 150, 150) - inner,
            "tiny": box(500, 0, 510, 10),
        }
    )
    assert reasons(lots) == {
        "small": "min_lot",
        "narrow": "min_width",
        "inner": "min_frontage",
        "ring": "",
        "tiny": "min_lot;min_width",
    }


def test_a_verdict_row_carries_rule_value_limit_and_unit() -> None:
    found = fragment_verdicts(shaped({"a": box(0, 0, 40, 40)}), rules=BASE).set_index("test")
    row = found.loc["min_lot"]
    assert (row["value"], row["operator"], row["limit"]) == (1600.0, ">=", 2000.0)
    assert (row["unit"], row["rule_id"], row["mode"]) == ("m2", "fragment.min_lot.default", "on")
    assert row["subject"] == ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"area_m2": 2000.0}, ""),
        ({"area_m2": 1999.996}, ""),  # areas are compared at 0.01 m²
        ({"area_m2": 1999.99}, "min_lot"),
        ({"width_m": 15.0}, ""),
        ({"width_m": 14.99}, "min_width"),
        ({"frontage_m": 4.0}, ""),
        ({"frontage_m": 3.99}, "min_frontage"),
        ({"frontage_m": 0.0}, "min_frontage"),
    ],
)
def test_thresholds_are_met_exactly(values: dict[str, float], expected: str) -> None:
    assert reasons(measured(**values)) == {"a": expected}


def test_a_drawn_parcel_exactly_at_the_limits_is_no_fragment() -> None:
    lots = shaped({"a": box(512_000, 3_400_000, 512_015, 3_400_200)})  # 15 m x 200 m
    assert reasons(lots) == {"a": ""}


def test_a_use_class_of_its_own_has_its_own_limit() -> None:
    rules = with_rule("fragment.min_lot.commercial", like="fragment.min_lot.default", value=3000.0)
    uses = ["commercial", "industrial", None, "public"]
    lots = pd.DataFrame(
        {"area_m2": 2500.0, "width_m": 50.0, "frontage_m": 50.0, "use_class": uses},
        index=["a", "b", "c", "d"],
    )
    found = fragment_verdicts(lots, rules=rules)
    rows = found[found["test"] == "min_lot"].set_index("parcel_id")
    assert rows["outcome"].to_dict() == {"a": "fail", "b": "pass", "c": "pass", "d": "pass"}
    assert rows["rule_id"].str.removeprefix("fragment.min_lot.").to_dict() == {
        "a": "commercial",
        "b": "industrial",
        "c": "default",
        "d": "default",
    }


def test_roads_and_water_are_not_tested() -> None:
    shapes = {"road": box(0, 0, 100, 8), "canal": box(0, 8, 100, 12), "lot": box(0, 12, 10, 22)}
    lots = shaped(shapes, use_class=["transport", "water", "industrial"])
    found = fragment_verdicts(lots, rules=BASE)
    assert found["parcel_id"].unique().tolist() == ["lot"]


def test_an_advisory_rule_is_reported_but_makes_no_fragment() -> None:
    rules = with_rule("fragment.min_lot.default", like="fragment.min_lot.default", mode="advisory")
    lots = measured(area_m2=10.0)
    rows = fragment_verdicts(lots, rules=rules).set_index("test")
    assert rows.loc["min_lot", ["outcome", "mode"]].tolist() == ["fail", "advisory"]
    assert reasons(lots, rules) == {"a": ""}


def test_a_rule_that_is_off_is_not_tested() -> None:
    rules = with_rule("fragment.min_lot.default", like="fragment.min_lot.default", mode="off")
    found = fragment_verdicts(measured(area_m2=10.0), rules=rules)
    assert found["test"].tolist() == ["min_width", "min_frontage"]


def test_frontage_is_free_boundary_and_borders_with_roads_but_not_with_water() -> None:
    shapes = {
        "a": box(0, 0, 50, 50),
        "road": box(0, -10, 50, 0),
        "canal": box(50, 0, 60, 50),
        "b": box(0, 50, 50, 100),
    }
    lots = shaped(shapes, use_class=["industrial", "transport", "water", "industrial"])
    assert lots["free_m"].round(6).to_dict() == {"a": 50, "road": 70, "canal": 70, "b": 150}
    assert lots.loc["a", "frontage_m"] == pytest.approx(100)  # west side and road
    assert lots.loc["b", "frontage_m"] == pytest.approx(150)


def test_frontage_through_a_road_parcel_alone_is_enough() -> None:
    inner, road = box(50, 50, 100, 100), box(73, 0, 77, 50)  # 4 m wide
    around = box(0, 0, 150, 150) - inner - road
    uses = ["industrial", "transport", "industrial"]
    lots = shaped({"inner": inner, "road": road, "around": around}, use_class=uses)
    assert lots.loc["inner", "frontage_m"] == pytest.approx(4.0)
    assert reasons(lots)["inner"] == ""
    unknown = shaped({"inner": inner, "road": road, "around": around})
    assert reasons(unknown)["inner"] == "min_frontage"


def test_border_with_counts_only_the_classes_asked_for() -> None:
    pairs = pd.MultiIndex.from_tuples(
        [("a", "r"), ("a", "w"), ("r", "a"), ("w", "a")], names=["focal", "neighbor"]
    )
    table = pd.DataFrame({"border_m": [30.0, 7.0, 30.0, 7.0]}, index=pairs)
    uses = pd.Series(["industrial", "transport", "water"], index=["a", "r", "w"])
    assert border_with(table, uses, ("transport", "water")).to_dict() == {"a": 37.0}
    assert border_with(table, uses, ()).empty
    assert border_with(table, None, ("transport",)).empty


def test_frontage_stays_missing_without_geometry() -> None:
    free = pd.Series([float("nan"), 1.0], index=["a", "b"])
    none = pd.DataFrame(
        {"border_m": []}, index=pd.MultiIndex.from_arrays([[], []], names=["focal", "neighbor"])
    )
    found = frontage_m(free, none, None)["frontage_m"]
    assert found.isna().tolist() == [True, False]
    assert found.name == "frontage_m"


def test_parcels_without_geometry_are_not_tested() -> None:
    lots = shaped({"a": None, "b": box(0, 0, 10, 10)})
    assert fragment_verdicts(lots, rules=BASE)["parcel_id"].unique().tolist() == ["b"]
    assert reasons(lots)["a"] == ""


def test_holes_and_parts_are_measured() -> None:
    frame = box(0, 0, 100, 100) - box(
        10, 10, 90, 90
    )  # 3600 m², 10 m wide (a little more in corners)
    pair = MultiPolygon([box(200, 0, 230, 30), box(300, 0, 340, 40)])  # 900 + 1600 m²
    assert reasons(shaped({"frame": frame, "pair": pair})) == {"frame": "min_width", "pair": ""}


def test_nothing_to_test_gives_an_empty_table_of_the_same_kind() -> None:
    lots = shaped({"a": None, "b": box(0, 0, 1, 1)}).loc[["a"]]
    found = fragment_verdicts(lots, rules=BASE)
    assert found.empty
    assert found["value"].dtype == "float64"
    assert found["outcome"].dtype == "str"


def test_the_order_of_rows_does_not_matter_and_input_stays_as_it_was() -> None:
    shapes = {f"p{i}": box(i * 60, 0, i * 60 + 10 + i * 9, 10 + i * 9) for i in range(6)}
    lots = shaped(shapes, use_class=["industrial", "green", None, "transport", "other", "public"])
    before = lots.copy(deep=True)
    found = together([fragment_verdicts(lots, rules=BASE)])
    shuffled = together([fragment_verdicts(lots.sample(frac=1, random_state=3), rules=BASE)])
    pd.testing.assert_frame_equal(found, shuffled)
    pd.testing.assert_frame_equal(lots, before)


def test_new_ids_change_nothing_but_the_ids() -> None:
    shapes = [box(0, 0, 40, 40), box(40, 0, 90, 50), box(200, 0, 210, 300)]
    one = shaped(dict(zip(["a", "b", "c"], shapes, strict=True)))
    two = shaped(dict(zip(["z", "y", "x"], shapes, strict=True)))
    assert list(reasons(one).values()) == list(reasons(two).values())


def test_shapes_are_held_against_their_rules_and_only_advise() -> None:
    flag = box(0, 0, 60, 60) | box(60, 0, 300, 12)  # 3600 + 2880 m², 12 m is too narrow
    shapes = {
        "comb": box(0, 100, 400, 120) | _teeth(),
        "flag": flag,
        "home": box(400, 0, 415, 300),
        "road": box(500, 0, 505, 300),
        "strip": box(600, 0, 615, 181),  # 15 m wide, 12.07 times as long
        "whole": box(700, 0, 715, 180),  # 12 times as long
    }
    uses = ["industrial", "industrial", "residential", "transport", "logistics", "industrial"]
    lots = frame(shapes, use_class=uses)
    facts = shape_facts(lots, borders(lots), area_basis="plane", rules=BASE)
    assert facts["narrow_share"].isna().to_dict() == {k: k in {"home", "road"} for k in shapes}
    assert facts.loc["flag", "narrow_share"] == pytest.approx(2880 / 6480, abs=1e-6)
    assert facts.loc["strip", ["elongation", "narrow_share"]].tolist() == pytest.approx(
        [181 / 15, 0.0]
    )
    found = together([fragment_verdicts(facts, rules=BASE)])
    advice = found[found["mode"] == "advisory"]
    assert set(advice["test"]) == set(FRAGMENT_TESTS) - set(ALWAYS_MEASURED)
    assert set(advice["parcel_id"]) == {"comb", "flag", "strip", "whole"}
    failed = advice[advice["outcome"] == "fail"]
    assert dict(failed.groupby("parcel_id")["test"].agg(";".join)) == {
        "comb": "max_narrow_share;min_compactness",
        "strip": "max_elongation",
    }
    row = failed[failed["test"] == "max_elongation"].iloc[0]
    assert (row["limit"], row["operator"], row["unit"]) == (12.0, "<=", "ratio")
    row = failed[failed["test"] == "max_narrow_share"].iloc[0]
    assert (row["limit"], row["unit"], row["denominator"]) == (0.5, "share", "land area")
    assert reasons(facts) == dict.fromkeys(shapes, "")  # advice makes no fragment


def _teeth() -> Polygon:
    """Nine strips of 10 x 100 m that stand on the comb."""
    return union_all([box(x, 120, x + 10, 220) for x in range(0, 400, 45)])


def test_a_shape_test_that_is_on_makes_a_fragment() -> None:
    default = "fragment.max_elongation.default"
    rules = with_rule(default, like=default, mode="on", value=8.0)
    lots = measured(elongation=8.1, compactness=0.1, narrow_share=0.9)
    assert reasons(lots, rules) == {"a": "max_elongation"}
    assert reasons(measured(elongation=8.0), rules) == {"a": ""}


def test_parts_are_narrow_only_by_a_width_in_force() -> None:
    default = "fragment.min_width.default"
    lots = frame({"a": box(0, 0, 10, 300)})
    off = with_rule(default, like=default, mode="off")
    facts = shape_facts(lots, borders(lots), area_basis="plane", rules=off)
    assert facts["narrow_share"].isna().all()
    rows = fragment_verdicts(facts, rules=off).set_index("test")
    assert rows.loc["max_narrow_share", "outcome"] == "missing"
    default = "fragment.max_narrow_share.default"
    off = with_rule(default, like=default, mode="off")
    facts = shape_facts(lots, borders(lots), area_basis="plane", rules=off)
    assert facts["narrow_share"].isna().all()
    assert facts["elongation"].tolist() == [30.0]


def test_a_width_near_its_limit_is_measured_finely_enough() -> None:
    """Turned by any angle and rounded to millimetres, 15 m are 15 m and 14.99 m are not."""
    for width, expected in ((15.0, ""), (14.99, "min_width")):
        shapes = {}
        for k in range(30):
            turned = affinity.rotate(box(0, 0, width, 140), 3 * k, origin=(0, 0))
            moved = affinity.translate(turned, 500_000 + 300 * k, 3_400_000)
            shapes[f"p{k}"] = transform(moved, lambda xy: xy.round(3))
        lots = frame(shapes)
        facts = shape_facts(lots, borders(lots), area_basis="plane", rules=BASE)
        assert set(reasons(facts).values()) == {expected}
