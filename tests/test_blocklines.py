from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import Polygon, affinity, box

from districts import frame
from gisland.base.errors import CRSError, TableError
from gisland.base.rules import RuleSet, load_rules
from gisland.control.areaverdicts import area_verdicts
from gisland.control.blocklines import Checked, check_block_lines
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.resultcheck import require_contracts

if TYPE_CHECKING:
    from pathlib import Path

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
    lots: gpd.GeoDataFrame,
    shapes: gpd.GeoDataFrame,
    rules: RuleSet = RULES,
    *,
    lines: str = "given",
    outside: pd.Series | None = None,
) -> Checked:
    return check_block_lines(
        lots, shapes, lines=lines, rules=rules, area_basis="plane", outside=outside
    )


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


# --- what the check tells besides shares -------------------------------------------------------


def street() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A block of 100 m x 10 m: 40 m works, 30 m cut works, 10 m road, 20 m houses, one far away."""
    shapes = {
        "a": box(0, 0, 40, 10),
        "b": box(-30, 10, 30, 20),  # 60 m, half inside
        "c": box(40, 0, 50, 10),
        "d": box(50, 0, 70, 10),
        "z": box(900, 0, 950, 10),
    }
    lots = parcels(
        shapes,
        ["industrial", "logistics", "transport", "residential", "industrial"],
        owner=["甲厂", "甲厂 ", "市政", None, "乙厂"],
        tenure=["state", "collective", "state", "state", "state"],
        low_use=pd.array([True, None, True, False, True], dtype="boolean"),
        floor_m2=[800.0, 600.0, None, 400.0, None],
        footprint_m2=[200.0, 300.0, 0.0, 100.0, 5.0],
        use_code=["M1", "Ｍ0", "S1", "M0", "100104"],
    )
    return lots, blocks({"L": box(0, 0, 100, 20)}, level=[1.0])


def test_land_owners_tenure_low_use_and_floor_area_of_a_block() -> None:
    row = check(*street()).loc["L"]
    # land: 400 m² of a, 300 m² of b, 200 m² of d; the road c is none
    assert row[["land_m2", "parcels", "owners", "without_owner"]].tolist() == [900, 3, 1, 1]
    assert row[["state_m2", "collective_m2"]].tolist() == [600, 300]
    assert row[["low_use_parcels", "low_use_m2"]].tolist() == [1, 400]
    assert row["low_use_share"] == pytest.approx(4 / 9)
    # 800 + half of 600 + 400; 200 + half of 300 + 100; the road has no floor area to miss
    assert row[["floor_m2", "footprint_m2", "without_floor"]].tolist() == [1500, 450, 0]
    assert row[["far", "coverage"]].tolist() == pytest.approx([15 / 9, 0.5])
    assert row[["level_by", "boundary", "lines"]].tolist() == ["", "", "given"]


def test_m0_is_industrial_land_with_a_code_of_the_rule() -> None:
    lots, lines = street()
    row = check(lots, lines).loc["L"]
    assert row["m0_m2"] == 300  # of b; the houses with the code are no industrial land
    own = replace(RULES["block_line.m0_uses"], value=("m1",))
    rules = replace(RULES, rules={**RULES.rules, "block_line.m0_uses": own})
    assert check(lots, lines, rules).loc["L", "m0_m2"] == 400
    off = replace(RULES, rules={**RULES.rules, "block_line.m0_uses": replace(own, mode="off")})
    assert check(lots, lines, off)["m0_m2"].isna().all()


def test_one_parcel_without_floor_area_leaves_that_of_its_block_missing() -> None:
    lots, lines = street()
    lots.loc["d", ["floor_m2", "footprint_m2"]] = None
    row = check(lots, lines).loc["L"]
    assert row["without_floor"] == 1
    assert row[["floor_m2", "far", "footprint_m2", "coverage"]].isna().all()
    hair = lots.assign(floor_m2=lots["floor_m2"].where(lots.index != "z"))
    hair = hair.assign(geometry=hair.geometry.where(hair.index != "d", box(99.9, 0, 119.9, 10)))
    row = check(hair, lines).loc["L"]
    assert row[["parcels", "without_floor", "floor_m2"]].tolist() == [2, 0, 1100]


def test_numbers_of_columns_that_are_not_there_are_missing() -> None:
    lots, lines = street()
    found = check(lots[["use_class", "area_m2", "geometry"]], lines)
    unknown = [
        *("owners", "without_owner", "state_m2", "collective_m2", "low_use_parcels", "low_use_m2"),
        *("low_use_share", "floor_m2", "without_floor", "far", "footprint_m2", "coverage"),
    ]
    assert found[unknown].isna().all(axis=None)
    assert found["land_m2"].tolist() == [900, 900]


def test_delineated_blocks_keep_what_made_them() -> None:
    lots, lines = street()
    lines = lines.assign(level_by=["size;plan"], boundary=["centre_line"])
    found = checked(lots, lines, lines="proposed").blocks
    assert found["lines"].tolist() == ["proposed", "proposed"]
    assert found["level_by"].tolist() == ["size;plan", ""]
    assert found["boundary"].tolist() == ["centre_line", ""]


def test_the_columns_are_those_of_the_result_tables() -> None:
    found = checked(*street())
    for name, table in (
        ("block_lines", found.blocks),
        ("block_uses", found.uses),
        ("block_parcels", found.parts),
    ):
        assert sorted(set(table.columns) - {"geometry"}) == sorted(TABLES[name].columns)
    verdicts = area_verdicts(found.verdicts)
    assert sorted(verdicts.columns) == sorted(TABLES["control_verdicts"].columns)
    require_contracts(
        {
            "block_lines": pd.DataFrame(found.blocks.drop(columns="geometry")),
            "block_uses": found.uses,
            "block_parcels": found.parts,
            "control_verdicts": verdicts,
        }
    )


def test_parts_of_parcels_in_blocks_and_industrial_land_outside() -> None:
    rows = checked(*street()).parts.drop(columns="lines").to_numpy().tolist()
    assert rows == [
        ["a", "L", "inside", "industrial", "", 400, 0],
        ["b", "", "outside", "logistics", "not_in_lines", 0, 300],
        ["b", "L", "cut", "logistics", "", 300, 300],
        ["c", "L", "inside", "transport", "", 100, 0],
        ["d", "L", "inside", "residential", "", 200, 0],
        ["z", "", "outside", "industrial", "not_in_lines", 0, 500],
    ]


def test_the_smallest_parts_have_no_row_and_one_percent_outside_is_none() -> None:
    shapes = {
        "hair": box(-10, 0, 0.0005, 10),  # 0.005 m² inside
        "most": box(-0.1, 10, 9.9, 20),  # 1 % outside
        "more": box(-0.101, 20, 9.899, 30),
    }
    lots = parcels(shapes, ["industrial"] * 3)
    found = checked(lots, blocks({"L": box(0, 0, 100, 30)})).parts
    assert found[["parcel_id", "part"]].to_numpy().tolist() == [
        ["hair", "outside"],
        ["more", "outside"],
        ["more", "cut"],
        ["most", "cut"],
    ]


def test_industrial_land_outside_has_the_reason_that_the_delineation_gave() -> None:
    lots, lines = street()
    lots = pd.concat([lots, parcels({"gone": None, "lost": None}, ["industrial"] * 2)])
    why = pd.Series({"z": "no_seed", "gone": "no_geometry", "d": "narrow"})
    found = checked(lots, lines, outside=why).parts
    found = found[found["part"] == "outside"].set_index("parcel_id")
    assert found["reason"].to_dict() == {
        "b": "not_in_lines",
        "gone": "no_geometry",
        "z": "no_seed",
    }
    assert found["outside_m2"].isna().tolist() == [False, True, False]


def test_every_block_and_all_together_are_held_against_the_rules() -> None:
    rows = {
        (row["subject"], row["test"]): row for row in checked(*street(), lines="adjusted").verdicts
    }
    assert list(rows) == [
        ("adjusted:L", "industrial_share"),
        ("adjusted:L", "m0_share_of_block"),
        ("adjusted:overall", "total_industrial_share"),
        ("adjusted:overall", "m0_share"),
        ("adjusted:overall", "total_area"),
    ]
    share = rows["adjusted:L", "industrial_share"]
    assert (share["numerator"], share["denominator_value"]) == (700, 900)
    assert (share["value"], share["outcome"]) == (pytest.approx(7 / 9), "pass")
    m0 = rows["adjusted:L", "m0_share_of_block"]
    assert (m0["numerator"], m0["denominator_value"], m0["outcome"]) == (300, 900, "not_assessed")
    m0 = rows["adjusted:overall", "m0_share"]
    assert (m0["numerator"], m0["denominator_value"], m0["outcome"]) == (300, 700, "fail")
    total = rows["adjusted:overall", "total_area"]
    assert (total["value"], total["outcome"], total["mode"]) == (2000, "not_assessed", "off")
    on = {
        name: replace(RULES[name], mode="on", value=value)
        for name, value in (("block_line.m0_share_of_block", 0.1), ("block_line.total_area", 2e3))
    }
    found = checked(*street(), replace(RULES, rules={**RULES.rules, **on})).verdicts
    outcome = {row["test"]: row["outcome"] for row in found}
    assert (outcome["m0_share_of_block"], outcome["total_area"]) == ("fail", "pass")


def test_layers_that_cannot_be_checked_are_refused() -> None:
    lots, lines = street()
    with pytest.raises(TableError, match="use_class"):
        checked(lots.drop(columns="use_class"), lines)
    with pytest.raises(TableError, match="occurs more than once"):
        checked(lots, pd.concat([lines, lines]))
    with pytest.raises(CRSError, match="cannot be overlaid"):
        checked(lots, lines.set_crs(4548, allow_override=True))


# --- oracle and invariance ---------------------------------------------------------------------


def random_layers(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Triangulated parcels and blocks that overlap each other."""
    random = np.random.default_rng(seed)
    points = shapely.multipoints(random.uniform(0, 1000, (90, 2)))
    cells = shapely.get_parts(shapely.delaunay_triangles(points))
    uses = random.choice(["industrial", "logistics", "green", "water", ""], len(cells))
    lots = parcels(
        {f"p{k:03d}": cell for k, cell in enumerate(cells)},
        [use or None for use in uses],
        use_code=random.choice(["M0", "M1"], len(cells)),
        floor_m2=random.uniform(0, 99, len(cells)),
    )
    corners = random.uniform(0, 700, (6, 2))
    turned = {
        f"L{k}": affinity.rotate(box(x, y, x + 300, y + 200), 17 * k)
        for k, (x, y) in enumerate(corners)
    }
    return lots, blocks(turned)


def by_overlay(lots: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> pd.DataFrame:
    """Areas by geopandas' overlay, the union of all blocks last."""
    union = blocks({"overall": lines.union_all()}).set_crs(lines.crs, allow_override=True)
    every = pd.concat([lines[["geometry"]], union]).rename_axis("block_id").reset_index()
    cut = gpd.overlay(lots[["use_class", "area_m2", "geometry"]].assign(own=lots.area), every)
    land = cut["area_m2"] * cut.area / cut["own"]
    use = cut["use_class"]
    industrial = use.isin(["industrial", "logistics"])
    classified = use.notna() & ~use.isin(["transport", "water"])
    sums = pd.DataFrame(
        {"i": land.where(industrial, 0.0), "c": land.where(classified, 0.0), "all": land}
    )
    return sums.groupby(cut["block_id"]).sum().reindex(every["block_id"]).fillna(0.0)


@pytest.mark.parametrize("seed", range(4))
def test_shares_are_those_of_a_plain_overlay(seed: int) -> None:
    lots, lines = random_layers(seed)
    found, expected = check(lots, lines), by_overlay(lots, lines)
    assert found.index.tolist() == expected.index.tolist()
    assert found["classified_m2"].to_numpy() == pytest.approx(expected["c"].to_numpy(), rel=1e-9)
    share = expected["i"] / expected["c"]
    assert found["industrial_share"].to_numpy() == pytest.approx(share.to_numpy(), abs=1e-9)
    parts = checked(lots, lines).parts
    inside = parts[parts["part"] != "outside"].groupby("block_id")["inside_m2"].sum()
    assert inside.to_numpy() == pytest.approx(expected["all"].to_numpy()[:-1], abs=0.1)


def test_shares_of_real_zones_are_those_of_a_plain_overlay(shared_data: Path) -> None:
    zones = gpd.read_file(shared_data / "taiwan_zoning" / "R0101.json").to_crs(3826)
    zones = zones[zones.is_valid & (zones.area > 0)].reset_index(drop=True)
    zones.index = pd.Index([f"z{k:05d}" for k in range(len(zones))], name="parcel_id")
    words = zones["使用分"].fillna("")
    use = np.where(words.str.contains("工業"), "industrial", "residential")
    use = np.where(words.str.contains("道路"), "transport", use)
    lots = gpd.GeoDataFrame(
        {"use_class": pd.array(use, dtype="str"), "area_m2": zones.area},
        geometry=zones.geometry,
    )
    west, south, east, north = lots.total_bounds
    wide, high = (east - west) / 5, (north - south) / 5
    shapes = {
        f"L{i}{j}": affinity.rotate(
            box(west + i * wide, south + j * high, west + (i + 1.1) * wide, south + (j + 1) * high),
            7 * i - 5 * j,
        )
        for i in range(5)
        for j in range(5)
    }
    lines = gpd.GeoDataFrame(
        geometry=list(shapes.values()), index=pd.Index(list(shapes), name="block_id"), crs=lots.crs
    )
    found, expected = check(lots, lines), by_overlay(lots, lines)
    share = (expected["i"] / expected["c"]).to_numpy()
    assert found["industrial_share"].to_numpy() == pytest.approx(share, abs=1e-9, nan_ok=True)
    assert (found["industrial_m2"] > 0).sum() > 3
    uses = checked(lots, lines).uses.groupby("block_id")["area_m2"].sum()
    area = found["area_m2"].reindex(uses.index)
    assert uses.to_numpy() == pytest.approx(area.to_numpy(), rel=1e-6)


NUMBERS = ["area_m2", "land_m2", "classified_m2", "industrial_m2", "m0_m2", "industrial_share"]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_depends_on_the_order_of_rows(seed: int) -> None:
    lots, lines = random_layers(seed)
    one = checked(lots, lines)
    two = checked(lots.sample(frac=1, random_state=seed), lines.sample(frac=1, random_state=seed))
    assert_geodataframe_equal(one.blocks, two.blocks)
    pd.testing.assert_frame_equal(one.uses, two.uses, check_exact=True)
    pd.testing.assert_frame_equal(one.parts, two.parts, check_exact=True)
    assert one.verdicts == two.verdicts or str(one.verdicts) == str(two.verdicts)


@pytest.mark.parametrize("angle", [30.0, 137.0])
def test_turned_layers_have_the_same_numbers(angle: float) -> None:
    lots, lines = random_layers(1)
    one = checked(lots, lines)
    turned = [
        layer.assign(geometry=layer.geometry.rotate(angle, origin=(500, 500)))
        for layer in (lots, lines)
    ]
    two = checked(*turned)
    numbers = [*NUMBERS, "floor_m2", "far"]
    assert two.blocks[numbers].to_numpy("float64") == pytest.approx(
        one.blocks[numbers].to_numpy("float64"), rel=1e-7, nan_ok=True
    )
    texts = ["block_id", "cut_ids", "other_use_ids", "outcome"]
    assert two.blocks[texts].equals(one.blocks[texts])
    both = [side.uses.set_index(["block_id", "use_class"])["area_m2"] for side in (one, two)]
    assert both[1].to_dict() == pytest.approx(both[0].to_dict(), rel=1e-6, abs=1e-3)


def test_parcels_that_are_split_add_up_to_the_same_shares() -> None:
    lots, lines = random_layers(2)
    west = gpd.clip(lots[["geometry"]], box(0, 0, 500, 1000)).geometry
    east = gpd.clip(lots[["geometry"]], box(500, 0, 1000, 1000)).geometry
    halves = pd.concat([lots.loc[half.index].assign(geometry=half) for half in (west, east)])
    halves = halves[halves.geom_type == "Polygon"]
    halves.index = [f"{name}-{k}" for k, name in enumerate(halves.index)]
    halves = halves.rename_axis("parcel_id").assign(area_m2=halves.area)
    one, two = check(lots, lines), check(halves, lines)
    assert two[NUMBERS].to_numpy("float64") == pytest.approx(
        one[NUMBERS].to_numpy("float64"), rel=1e-9
    )


def test_lines_along_the_middle_of_streets_cut_no_parcels() -> None:
    shapes = [box(0, 0, 100, 100), box(100, 0, 112, 100), box(112, 0, 212, 100)]
    lots = gpd.GeoDataFrame(
        {"use_class": ["industrial", "transport", "industrial"], "area_m2": [1e4, 1.2e3, 1e4]},
        geometry=shapes,
        index=pd.Index(["west", "street", "east"], name="parcel_id"),
        crs=4547,
    )
    line = gpd.GeoDataFrame(geometry=[box(0, 0, 106, 100)], index=["L"], crs=4547)
    found = check_block_lines(
        lots, line, lines="given", rules=load_rules("common"), area_basis="plane"
    )
    assert found.blocks.set_index("block_id")["cut_ids"].tolist() == ["", ""]
    street = found.parts.set_index("parcel_id").loc["street"]
    assert street[["part", "inside_m2", "outside_m2"]].tolist() == ["inside", 600.0, 600.0]
