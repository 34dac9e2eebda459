"""What becomes of industrial land inside the block lines."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from gisland.base.errors import TableError
from gisland.base.rules import RuleSet, load_rules
from gisland.control.areaverdicts import area_verdicts
from gisland.control.blocklines import check_block_lines
from gisland.control.conversions import CONVERTED, TOTALS, conversions, unknown_plans
from gisland.layers.writing.contract import TABLES

COMMON = load_rules("common")
NONE = pd.Series(dtype="bool")
LOTS = {  # id: class, code, planned class, planned use
    "a": ("industrial", "M1", "commercial", "B1"),
    "b": ("industrial", "M1", "residential", "R2"),
    "c": ("industrial", "M1", "industrial", "Ｍ０"),
    "d": ("industrial", "M1", "industrial", "M1"),
    "e": ("logistics", "W1", "industrial", "M1"),
    "f": ("industrial", "m0", "industrial", "M0"),
    "g": ("industrial", "M1", "green", "G1"),
    "h": ("industrial", "M1", None, None),
    "i": ("residential", "R2", "commercial", "B1"),
    "j": ("industrial", "M0", "industrial", "M1"),
    "k": ("industrial", "M1", None, "新型产业用地"),
    "l": ("industrial", "M1", "logistics", "W1"),
    "m": ("industrial", "M0", "commercial", "m0"),
}


def _lots(**columns: object) -> pd.DataFrame:
    names = ["use_class", "use_code", "planned_use_class", "planned_use"]
    lots = pd.DataFrame.from_dict(LOTS, orient="index", columns=names).astype("str")
    return lots.rename_axis("parcel_id").assign(area_m2=1000.0, **columns)


def _parts(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Rows of parcel, block, inside and outside, in square metres."""
    parts = pd.DataFrame(rows, columns=["parcel_id", "block_id", "inside_m2", "outside_m2"])
    part = np.where(parts["outside_m2"] == 0, "inside", "cut")
    return parts.assign(part=np.where(parts["block_id"] == "", "outside", part))


WHOLE = _parts(*((lot, "L1", 1000.0, 0.0) for lot in LOTS))


def _on(**values: float) -> RuleSet:
    changed = {
        f"conversion.{name}": dataclasses.replace(
            COMMON[f"conversion.{name}"], mode="on", value=value
        )
        for name, value in values.items()
    }
    return dataclasses.replace(COMMON, rules={**COMMON.rules, **changed})


def test_each_parcel_by_what_is_planned_for_it() -> None:
    found, _, _ = conversions(_lots(), WHOLE, renewed=NONE, rules=COMMON)
    told = found.set_index("parcel_id")[["use_before", "use_after", "kind"]]
    assert {i: tuple(row) for i, row in told.T.items()} == {
        "a": ("industrial", "commercial", "to_commercial"),
        "b": ("industrial", "residential", "to_residential"),
        "c": ("industrial", "m0", "to_m0"),
        "e": ("logistics", "industrial", "to_industry"),
        "g": ("industrial", "green", "to_other"),
        "k": ("industrial", "m0", "to_m0"),
        "l": ("industrial", "logistics", "to_industry"),
    }
    assert found["area_mu"].tolist() == pytest.approx([1.5] * 7)
    assert found["plan_year"].isna().all()


def test_land_that_stays_is_told_once_it_is_renewed() -> None:
    renewed = pd.Series({"d": True, "f": True, "j": True, "h": True, "i": True, "b": False})
    years = pd.Series({"e": 2026.0})
    lots = _lots(plan_year=years.reindex(list(LOTS)))
    found = conversions(lots, WHOLE, renewed=renewed, rules=COMMON)[0].set_index("parcel_id")
    assert found["kind"].loc[["d", "f", "j"]].tolist() == ["to_industry"] * 3
    assert found.loc[["d", "f", "j"], ["use_before", "use_after"]].to_numpy().tolist() == [
        ["industrial", "industrial"],
        ["m0", "m0"],
        ["m0", "industrial"],
    ]
    assert not {"h", "i"} & set(found.index)
    assert found.loc["b", "kind"] == "to_residential"
    assert found.loc["e", "plan_year"] == 2026


def test_a_year_of_the_plan_is_a_renewal() -> None:
    lots = _lots(plan_year=pd.Series({"d": 2027.0}).reindex(list(LOTS)))
    found, totals, _ = conversions(lots, WHOLE, renewed=NONE, rules=COMMON)
    assert found.set_index("parcel_id").loc["d", "kind"] == "to_industry"
    assert sorted(set(totals["year"])) == ["2027", "unknown"]


def test_totals_and_verdicts_by_year() -> None:
    years = {"a": 2026, "c": 2026, "d": 2026, "k": 2027}
    lots = _lots(plan_year=pd.Series(years, dtype="float64").reindex(list(LOTS)))
    lots.loc["c", "area_m2"] = 2000.0
    parts = _parts(*((i, "L1", 2000.0 if i == "c" else 1000.0, 0.0) for i in "acdk"))
    rules = _on(m0_cap=1000.0, industry_floor=0.25)
    _, totals, rows = conversions(lots, parts, renewed=NONE, rules=rules)
    assert totals.drop(columns="area_mu").to_numpy().tolist() == [
        ["2026", "to_commercial", 1, 1000.0, 0.25],
        ["2026", "to_industry", 1, 1000.0, 0.25],
        ["2026", "to_m0", 1, 2000.0, 0.5],
        ["2027", "to_m0", 1, 1000.0, 1.0],
    ]
    told = area_verdicts(rows)[["subject", "test", "outcome", "value", "limit"]]
    assert told.to_numpy().tolist() == [
        ["year:2026", "industry_floor", "pass", 0.25, 0.25],
        ["year:2026", "m0_cap", "fail", 2000.0, 1000.0],
        ["year:2027", "industry_floor", "fail", 0.0, 0.25],
        ["year:2027", "m0_cap", "pass", 1000.0, 1000.0],
    ]
    floor = area_verdicts(rows).iloc[0]
    assert (floor["numerator"], floor["denominator_value"]) == (1000.0, 4000.0)
    assert floor["denominator"] == "land of all conversions"
    assert set(area_verdicts(rows)["topic"]) == {"conversions"}


def test_rules_that_are_off_are_still_told() -> None:
    rows = area_verdicts(conversions(_lots(), WHOLE, renewed=NONE, rules=COMMON)[2])
    assert rows[["test", "outcome", "mode"]].to_numpy().tolist() == [
        ["industry_floor", "not_assessed", "off"],
        ["m0_cap", "not_assessed", "off"],
    ]
    assert rows["value"].tolist() == pytest.approx([2 / 7, 2000.0])


def test_the_largest_part_names_the_block_and_all_parts_count() -> None:
    parts = _parts(
        ("a", "L2", 450.0, 550.0),
        ("a", "L1", 300.0, 700.0),
        ("a", "", 0.0, 250.0),
        ("b", "L2", 500.0, 500.0),
        ("b", "L1", 500.0, 500.0),
    )
    found = conversions(_lots(), parts, renewed=NONE, rules=COMMON)[0]
    assert found[["parcel_id", "block_id", "area_m2"]].to_numpy().tolist() == [
        ["a", "L2", 750.0],
        ["b", "L1", 1000.0],
    ]


def test_land_in_two_blocks_counts_once() -> None:
    parts = _parts(
        ("a", "L1", 900.0, 100.0),
        ("a", "L2", 600.0, 400.0),
        ("a", "", 0.0, 50.0),
        ("b", "L1", 1000.0, 0.0),
        ("b", "L2", 1000.0, 0.0),
    )
    found = conversions(_lots(), parts, renewed=NONE, rules=COMMON)[0]
    assert found["area_m2"].tolist() == [950.0, 1000.0]


def test_a_sliver_outside_two_blocks_does_not_count() -> None:
    lots = gpd.GeoDataFrame(
        {"area_m2": [1000.0], "use_class": ["industrial"], "planned_use_class": ["commercial"]},
        geometry=[box(0, 0, 100, 10)],
        index=["a"],
        crs=4547,
    )
    blocks = gpd.GeoDataFrame(
        geometry=[box(0, 0, 60, 10), box(30, 0, 99.5, 10)], index=["L1", "L2"], crs=4547
    )
    checked = check_block_lines(lots, blocks, lines="given", rules=COMMON, area_basis="plane")
    found = conversions(
        lots, checked.parts, renewed=NONE, rules=COMMON, within_m2=checked.within_m2
    )[0]
    assert found["area_m2"].tolist() == pytest.approx([995.0])


def test_slivers_and_land_outside_are_left_out() -> None:
    parts = _parts(("a", "L1", 10.0, 990.0), ("b", "", 0.0, 1000.0), ("g", "L1", 10.1, 989.9))
    found = conversions(_lots(), parts, renewed=NONE, rules=COMMON)[0]
    assert found["parcel_id"].tolist() == ["g"]


def test_what_is_planned_is_not_guessed() -> None:
    bare = _lots().drop(columns=["use_code", "planned_use", "planned_use_class"])
    rules = _on(m0_cap=1.0, industry_floor=0.5)
    found, totals, rows = conversions(bare, WHOLE, renewed=NONE, rules=rules)
    assert found.empty
    assert totals.empty
    told = area_verdicts(rows)
    assert told["outcome"].tolist() == ["missing", "missing"]
    assert told["subject"].tolist() == ["year:all"] * 2
    assert told["value"].isna().all()
    (finding,) = unknown_plans(bare, WHOLE, rules=COMMON)
    assert (finding["code"], finding["severity"], finding["value"]) == (
        "conversion_unknown",
        "info",
        12.0,
    )


def test_no_industrial_land_turns_into_nothing() -> None:
    found, totals, rows = conversions(
        _lots(), WHOLE.iloc[:0], renewed=NONE, rules=_on(m0_cap=1.0, industry_floor=0.5)
    )
    assert (len(found), len(totals)) == (0, 0)
    told = area_verdicts(rows).set_index("test")
    assert told["outcome"].to_dict() == {"industry_floor": "missing", "m0_cap": "pass"}
    assert unknown_plans(_lots(), WHOLE.iloc[:0], rules=COMMON) == []


def test_only_unknown_plans_in_the_lines_are_told() -> None:
    (finding,) = unknown_plans(_lots(), WHOLE, rules=COMMON)
    assert finding["message"] == (
        "the planned use of 1 industrial parcel in the block lines is not known: h"
    )


def test_a_year_is_a_whole_number() -> None:
    lots = _lots(plan_year=pd.Series({"a": 2026.5}).reindex(list(LOTS)))
    with pytest.raises(TableError, match=r"plan_year of 1 parcel is no whole number \(a\); give"):
        conversions(lots, WHOLE, renewed=NONE, rules=COMMON)


def test_tables_have_the_columns_of_the_contract() -> None:
    found, totals, _ = conversions(_lots(), WHOLE, renewed=NONE, rules=COMMON)
    for name, table in (("conversions", found), ("conversion_totals", totals)):
        kinds = TABLES[name].columns
        assert set(table.columns) == set(kinds)
        assert table.dtypes.astype("str").to_dict() == {c: str(kinds[c]) for c in table}
    empty = conversions(_lots(), WHOLE.iloc[:0], renewed=NONE, rules=COMMON)
    assert [tuple(t.columns) for t in empty[:2]] == [CONVERTED, TOTALS]
    assert empty[0].dtypes.equals(found.dtypes)
    assert empty[1].dtypes.equals(totals.dtypes)


@pytest.mark.parametrize("seed", range(8))
def test_totals_add_up_in_any_order_of_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 60
    lots = pd.DataFrame(
        {
            "use_class": rng.choice(["industrial", "logistics", "green"], size),
            "use_code": rng.choice(["M1", "M0"], size),
            "planned_use": rng.choice(["M0", "B1"], size),
            "planned_use_class": rng.choice(["industrial", "commercial", "farm"], size),
            "plan_year": rng.choice([2026.0, 2027.0, np.nan], size),
        },
        index=pd.Index([f"p{n:02d}" for n in range(size)], name="parcel_id"),
    )
    inside = rng.uniform(20.0, 900.0, size).round(2)
    lots["area_m2"] = inside + rng.choice([0.0, 50.0], size)
    parts = _parts(
        *(
            (i, f"L{k}", a, b - a)
            for i, k, a, b in zip(
                lots.index, rng.integers(1, 4, size), inside, lots["area_m2"], strict=True
            )
        )
    )
    renewed = pd.Series(rng.random(size) < 0.5, index=lots.index)
    found, totals, rows = conversions(lots, parts, renewed=renewed, rules=COMMON)
    assert totals["area_m2"].sum() == pytest.approx(found["area_m2"].sum())
    assert totals["parcels"].sum() == len(found)
    assert totals.groupby("year")["share"].sum().to_numpy() == pytest.approx(1.0)
    own = lots.loc[found["parcel_id"], "area_m2"].to_numpy()
    assert (found["area_m2"].to_numpy() <= own + 1e-9).all()
    values = area_verdicts(rows).set_index(["subject", "test"])["value"]
    by_kind = totals.set_index(["year", "kind"])["area_m2"]
    for year in sorted(set(totals["year"])):
        assert values[f"year:{year}", "m0_cap"] == pytest.approx(by_kind.get((year, "to_m0"), 0.0))
    order = rng.permutation(size)
    again = conversions(
        lots.iloc[order],
        parts.sample(frac=1.0, random_state=seed),
        renewed=renewed.iloc[order[::-1]],
        rules=COMMON,
    )
    pd.testing.assert_frame_equal(again[0], found)
    pd.testing.assert_frame_equal(again[1], totals)
    pd.testing.assert_frame_equal(area_verdicts(again[2]), area_verdicts(rows))
