from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from districts import frame
from gisland.base.rules import RuleSet, load_rules
from gisland.control.blocklines import Checked, check_block_lines
from gisland.layers.writing.contract import TABLES

RULES = load_rules("national-2023-171")  # at least 0.60 per block and overall
TODAY = [
    *("block_id", "level", "area_m2", "area_mu", "classified_m2", "industrial_m2"),
    *("industrial_share", "limit", "m0_m2", "m0_share", "m0_limit", "m0_outcome", "parcels_cut"),
    *("cut_ids", "other_use_ids", "outcome", "rule_id"),
]
COLUMNS = [*TABLES["block_lines"].columns, "geometry"]


def parcels(shapes: dict[str, object], uses: list[object], **columns: object) -> gpd.GeoDataFrame:
    lots = frame(shapes, use_class=pd.array(uses, dtype="str"), **columns)
    area = lots.area
    return lots.assign(area_m2=area.where(area > 0))


def blocks(shapes: dict[str, object], **columns: object) -> gpd.GeoDataFrame:
    return frame(shapes, "block_id", **columns)


def checked(
    lots: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, rules: RuleSet = RULES, **more: object
) -> Checked:
    options = {"lines": "given", "area_basis": "plane"} | more
    return check_block_lines(lots, lines, rules=rules, **options)  # type: ignore[arg-type]


def check(lots: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, rules: RuleSet = RULES) -> pd.DataFrame:
    found = checked(lots, lines, rules).blocks
    assert found["block_id"].is_unique
    return found.set_index("block_id")


def split(industrial_m: float) -> pd.DataFrame:
    """A block of 100 m x 10 m, its first metres industrial, the rest residential."""
    shapes = {"i": box(0, 0, industrial_m, 10), "r": box(industrial_m, 0, 100, 10)}
    return check(parcels(shapes, ["industrial", "residential"]), blocks({"L": box(0, 0, 100, 10)}))


def test_a_share_of_exactly_sixty_percent_passes() -> None:
    row = split(60.0).loc["L"]
    assert (row["industrial_share"], row["limit"], row["outcome"]) == (0.6, 0.6, "pass")
    assert row["rule_id"] == "block_line.industrial_share"
    assert split(59.99).loc["L", "outcome"] == "fail"
    assert split(60.01).loc["L", "outcome"] == "pass"


def test_areas_ids_and_level_of_a_block() -> None:
    lots = parcels(
        {"i": box(0, 0, 70, 10), "x": box(70, 0, 90, 10), "out": box(500, 0, 600, 10)},
        ["logistics", "commercial", "industrial"],
    )
    found = checked(lots, blocks({"L": box(0, 0, 100, 10)}, level=[2.0])).blocks
    assert sorted(found.columns) == sorted(COLUMNS)
    row = found.iloc[0][TODAY].to_dict()
    assert row == {
        "block_id": "L",
        "level": 2,
        "area_m2": 1000.0,
        "area_mu": 1.5,
        "classified_m2": 900.0,
        "industrial_m2": 700.0,
        "industrial_share": pytest.approx(7 / 9),
        "limit": 0.6,
        "m0_m2": pytest.approx(float("nan"), nan_ok=True),
        "m0_share": pytest.approx(float("nan"), nan_ok=True),
        "m0_limit": pytest.approx(float("nan"), nan_ok=True),
        "m0_outcome": "not_assessed",
        "parcels_cut": 0,
        "cut_ids": "",
        "other_use_ids": "x",
        "outcome": "pass",
        "rule_id": "block_line.industrial_share",
    }
    assert found["level"].dtype == "Int64"


def test_roads_water_and_unknown_uses_are_not_classified() -> None:
    shapes = {k: box(i * 20, 0, i * 20 + 20, 10) for i, k in enumerate("irwug")}
    lots = parcels(shapes, ["industrial", "transport", "water", None, "green"])
    row = check(lots, blocks({"L": box(0, 0, 100, 10)})).loc["L"]
    assert row[["classified_m2", "industrial_m2", "industrial_share"]].tolist() == [400, 200, 0.5]
    assert row["other_use_ids"] == "g"


def test_new_type_industrial_land_is_a_share_of_industrial_land() -> None:
    shapes = {k: box(i * 25, 0, i * 25 + 25, 10) for i, k in enumerate("abcd")}
    lots = parcels(
        shapes,
        ["industrial", "industrial", "industrial", "residential"],
        use_code=["M0", "M1", None, "R2"],
    )
    row = check(lots, blocks({"L": box(0, 0, 100, 10)})).loc["L"]
    assert row[["m0_m2", "m0_share"]].tolist() == [250, pytest.approx(1 / 3)]
    none = lots.assign(use_code=["M1", "M1", "M1", "R2"])
    assert check(none, blocks({"L": box(0, 0, 100, 10)})).loc["L", "m0_share"] == 0


@pytest.mark.parametrize(("m0_m", "outcome"), [(10, "pass"), (10.01, "fail"), (0, "pass")])
def test_the_new_type_share_is_judged_over_all_blocks_only(m0_m: float, outcome: str) -> None:
    # 50 m of industrial land over both blocks, of which at most 20 % may be new-type
    shapes = {"m": box(0, 0, m0_m, 10), "i": box(m0_m, 0, 30, 10), "k": box(200, 0, 220, 10)}
    lots = parcels(shapes, ["industrial"] * 3, use_code=["M0", "M1", "M1"])
    lots = lots[lots["area_m2"] > 0]
    lines = blocks({"K": box(0, 0, 40, 10), "L": box(200, 0, 300, 10)})
    found = check(lots, lines)
    assert found["m0_outcome"].tolist() == ["not_assessed", "not_assessed", outcome]
    assert found["m0_limit"].isna().tolist() == [True, True, False]
    total = found.loc["overall"]
    assert (total["m0_share"], total["m0_limit"]) == (pytest.approx(m0_m / 50), 0.2)


def test_the_new_type_share_has_no_verdict_without_codes_or_industrial_land_or_rule() -> None:
    lots, lines = two_blocks()
    found = check(lots, lines)
    assert found.loc["overall", ["m0_limit", "m0_outcome"]].tolist() == [0.2, "missing"]
    houses = lots.assign(use_class="residential", use_code="R2")
    assert check(houses, lines).loc["overall", "m0_outcome"] == "missing"
    name = "block_line.m0_share"
    off = replace(RULES, rules={**RULES.rules, name: replace(RULES[name], mode="off")})
    row = check(lots.assign(use_code=["M0", "R2", "M0", "B1"]), lines, off).loc["overall"]
    assert row["m0_outcome"] == "not_assessed"
    assert pd.isna(row["m0_limit"])
    assert row["m0_share"] == 1


def test_without_use_codes_the_new_type_share_is_missing_and_not_zero() -> None:
    found = split(80.0)
    assert found["m0_m2"].isna().all()
    assert found["m0_share"].isna().all()


def test_parcels_cut_by_the_line() -> None:
    shapes = {
        "half": box(90, 0, 110, 10),  # 50 % inside
        "hair": box(0, 0, 90.5, 10),  # wholly inside
        "edge": box(99.5, 10, 199.5, 20),  # 0.5 % inside
        "one": box(99, 20, 199, 30),  # 1 % inside
        "most": box(2, 30, 101, 40),  # 1.01 % outside
    }
    lots = parcels(shapes, ["industrial"] * 5)
    row = check(lots, blocks({"L": box(0, 0, 100, 40)})).loc["L"]
    assert row[["parcels_cut", "cut_ids"]].tolist() == [3, "half;most;one"]
    # 100 + 905 + 5 + 10 + 980 m² of the parcels lie inside
    assert row["industrial_m2"] == pytest.approx(2000)


def test_other_use_inside_is_listed_from_one_percent_on() -> None:
    shapes = {"in": box(0, 0, 50, 10), "bit": box(99.5, 0, 199.5, 10), "part": box(98, 10, 198, 20)}
    lots = parcels(shapes, ["industrial", "residential", "residential"])
    assert check(lots, blocks({"L": box(0, 0, 100, 20)})).loc["L", "other_use_ids"] == "part"


def two_blocks() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    shapes = {
        "a": box(0, 0, 80, 10),
        "b": box(80, 0, 100, 10),
        "c": box(200, 0, 230, 10),
        "d": box(230, 0, 300, 10),
    }
    lots = parcels(shapes, ["industrial", "residential", "industrial", "commercial"])
    return lots, blocks({"M": box(200, 0, 300, 10), "L": box(0, 0, 100, 10)}, level=[1.0, 2.0])


def test_all_blocks_together() -> None:
    found = check(*two_blocks())
    assert found.index.tolist() == ["L", "M", "overall"]
    assert found["industrial_share"].round(9).tolist() == [0.8, 0.3, 0.55]
    assert found["outcome"].tolist() == ["pass", "fail", "fail"]
    total = found.loc["overall"]
    assert total[["area_m2", "classified_m2", "industrial_m2"]].tolist() == [2000, 2000, 1100]
    assert total["rule_id"] == "block_line.total_industrial_share"
    assert total["other_use_ids"] == "b;d"
    assert total["geometry"] is None
    assert pd.isna(total["level"])


def test_land_in_two_blocks_counts_once_overall() -> None:
    # 700 m² industrial and 300 m² residential land; one block in the other, on industrial land
    lots = parcels({"i": box(0, 0, 70, 10), "r": box(70, 0, 100, 10)}, ["industrial", "green"])
    lots = lots.assign(use_code=["M0", "G1"])
    nested = {"L": box(0, 0, 100, 10), "K": box(0, 0, 70, 10)}
    total = check(lots, blocks(nested)).loc["overall"]
    areas = ["area_m2", "area_mu", "classified_m2", "industrial_m2", "m0_m2", "industrial_share"]
    assert total[areas].tolist() == pytest.approx([1000, 1.5, 1000, 700, 700, 0.7])
    apart = {"L": box(0, 0, 60, 10), "K": box(40, 0, 100, 10)}  # overlap by 200 m²
    total = check(lots, blocks(apart)).loc["overall"]
    assert total[areas].tolist() == pytest.approx([1000, 1.5, 1000, 700, 700, 0.7])


def test_a_block_named_like_the_total_is_still_a_block() -> None:
    lots, lines = two_blocks()
    named = lines.rename(index={"L": "overall"})
    found = checked(lots, named).blocks
    assert found["block_id"].tolist() == ["M", "overall", "overall"]
    single = "block_line.industrial_share"
    assert found["rule_id"].tolist() == [single, single, "block_line.total_industrial_share"]
    assert found["industrial_m2"].tolist() == pytest.approx([300, 800, 1100])


def test_a_block_without_usable_geometry_adds_nothing() -> None:
    lots, lines = two_blocks()
    bow = Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    found = check(lots, pd.concat([lines, blocks({"N": None, "X": bow}, level=[1.0, 1.0])]))
    assert found.loc[["N", "X"], "outcome"].tolist() == ["missing", "missing"]
    assert found.loc["overall", "area_m2"] == 2000
    assert found.loc["overall", "industrial_share"] == pytest.approx(0.55)


def test_no_blocks_at_all() -> None:
    lots, lines = two_blocks()
    found = check(lots, lines.iloc[:0])
    assert found.index.tolist() == ["overall"]
    assert found.loc["overall", ["area_m2", "outcome"]].tolist() == [0, "missing"]


def test_a_parcel_cut_between_two_blocks_is_listed_once_overall() -> None:
    lots = parcels({"x": box(0, 0, 20, 10)}, ["green"])
    found = check(lots, blocks({"K": box(0, 0, 10, 10), "L": box(10, 0, 20, 10)}))
    assert found["cut_ids"].tolist() == ["x", "x", "x"]
    assert found.loc["overall", ["parcels_cut", "other_use_ids"]].tolist() == [1, "x"]


def test_an_empty_block_has_no_share_and_no_verdict() -> None:
    lots, lines = two_blocks()
    more = pd.concat([lines, blocks({"Z": box(900, 0, 1000, 10)}, level=[1.0])])
    row = check(lots, more).loc["Z"]
    assert row[["area_m2", "classified_m2", "industrial_m2"]].tolist() == [1000, 0, 0]
    assert pd.isna(row["industrial_share"])
    assert row[["outcome", "cut_ids", "other_use_ids"]].tolist() == ["missing", "", ""]
    assert check(lots, more).loc["overall", "industrial_share"] == pytest.approx(0.55)


def test_blocks_without_any_parcel() -> None:
    lots, _ = two_blocks()
    found = check(lots, blocks({"Z": box(900, 0, 1000, 10)}))
    assert found.index.tolist() == ["Z", "overall"]
    assert found["outcome"].tolist() == ["missing", "missing"]
    assert found["industrial_share"].dtype == "float64"


def test_a_rule_that_is_off_is_not_assessed() -> None:
    off = {
        k: replace(RULES[k], mode="off")
        for k in ("block_line.industrial_share", "block_line.total_industrial_share")
    }
    rules = replace(RULES, rules={**RULES.rules, **off})
    found = check(*two_blocks(), rules)
    assert set(found["outcome"]) == {"not_assessed"}
    assert found["limit"].isna().all()
    assert set(found["rule_id"]) == {""}
    assert found["industrial_share"].notna().all()


def test_parcels_without_geometry_count_nowhere() -> None:
    lots = parcels({"a": box(0, 0, 60, 10), "gone": None}, ["industrial", "residential"])
    row = check(lots, blocks({"L": box(0, 0, 60, 10)})).loc["L"]
    assert row[["classified_m2", "industrial_share"]].tolist() == [600, 1]


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    shapes = {f"p{k:02d}": box(k * 7.7, 0, k * 7.7 + 7.7, 13.3) for k in range(40)}
    uses = [["industrial", "residential", "transport", None][k % 4] for k in range(40)]
    lots = parcels(shapes, uses, use_code=["M0", "R2", "S1", None] * 10)
    lines = blocks({"L": box(3, 0, 111, 10), "K": box(111, 2, 290, 14)}, level=[1.0, 2.0])
    before, lines_before = lots.copy(deep=True), lines.copy(deep=True)
    expected = check(lots, lines)
    for seed in range(3):
        found = check(lots.sample(frac=1, random_state=seed), lines.iloc[::-1])
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(lots, before)
    pd.testing.assert_frame_equal(lines, lines_before)
