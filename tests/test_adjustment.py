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
from gisland.base.errors import CRSError, ProjectError, TableError
from gisland.base.parameters import Parameters
from gisland.base.rules import RuleSet, load_rules
from gisland.base.schema import Inputs, findings_frame
from gisland.control.adjustment import Adjusted, adjusted_lines, balance
from gisland.control.areaverdicts import area_verdicts
from gisland.control.blocklines import Checked, check_block_lines
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.resultcheck import require_contracts
from gisland.topology.hairlines import without_strips
from gisland.topology.mending import repair_layers

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = load_rules("national-2023-171")
BOW = Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
TWO = {"K": box(0, 0, 100, 100), "L": box(100, 0, 200, 100)}
WORKS = frame({"w": box(-500, -500, 500, 0)}, use_class=["industrial"]).assign(area_m2=5e5)


def asked(rows: Mapping[str, tuple[str, str | None, object]]) -> gpd.GeoDataFrame:
    kinds, blocks, shapes = zip(*rows.values(), strict=True)
    return frame(
        dict(zip(rows, shapes, strict=True)),
        "change_id",
        change=pd.array(kinds, dtype="str"),
        block_id=pd.array(blocks, dtype="str"),
    )


def adjust(
    shapes: Mapping[str, object],
    rows: Mapping[str, tuple[str, str | None, object]],
    *,
    tolerance_m: float = 0.05,
) -> Adjusted:
    level = [float(k + 1) for k in range(len(shapes))]
    lines = frame(dict(shapes), "block_id", level=level)
    return adjusted_lines(lines, asked(rows), WORKS, tolerance_m=tolerance_m)


def after(found: Adjusted) -> dict[str, float]:
    return found.blocks.area.round(2).to_dict()


def told(found: Adjusted) -> dict[str, list[object]]:
    rows = found.changes.set_index("change_id")
    rows = rows.assign(effective_m2=rows["effective_m2"].round(2))
    return {
        name: row[["block_id", "reason", "effective_m2"]].tolist() for name, row in rows.iterrows()
    }


# --- areas that go in --------------------------------------------------------------------------


def test_what_goes_in_joins_the_block_with_the_longest_boundary() -> None:
    # 60 m along L, 40 m along K
    found = adjust(TWO, {"c": ("in", None, box(60, 100, 160, 110))})
    assert after(found) == {"K": 10000, "L": 11000}
    assert told(found) == {"c": ["L", "", 1000]}
    assert found.blocks["level"].tolist() == [1, 2]
    assert found.findings == []


def test_of_equal_boundaries_the_smallest_id_takes_it() -> None:
    found = adjust(TWO, {"c": ("in", None, box(50, 100, 150, 110))})
    assert told(found) == {"c": ["K", "", 1000]}


def test_the_boundary_decides_before_the_overlap() -> None:
    # 90 m along K, and 100 m² of it in L with 40 m of outline
    hook = box(10, 100, 110, 110).union(box(100, 90, 110, 100))
    found = adjust(TWO, {"c": ("in", None, hook)})
    assert told(found) == {"c": ["K", "", 1000]}
    within = {"K": box(10, 10, 20, 20), "L": box(40, 10, 60, 30)}  # along none of both
    found = adjust(within, {"c": ("in", None, box(0, 0, 100, 100))})
    assert told(found) == {"c": ["L", "", 9500]}
    assert after(found) == {"K": 100, "L": 9900}


def test_of_what_goes_in_only_land_of_no_block_is_new() -> None:
    # 50 m x 20 m lie in L, 10 m x 20 m in K; 60 m x 10 m are new
    found = adjust(TWO, {"c": ("in", None, box(90, 80, 150, 110))})
    assert after(found) == {"K": 10000, "L": 10600}
    assert told(found) == {"c": ["L", "", 600]}
    assert found.blocks.union_all().area == pytest.approx(20600)


def test_what_names_a_block_joins_it_whatever_others_hold() -> None:
    found = adjust(TWO, {"c": ("in", "K", box(90, 80, 150, 110))})
    assert after(found) == {"K": 10000 + 50 * 20 + 60 * 10, "L": 10000}
    assert told(found) == {"c": ["K", "", 1600]}


@pytest.mark.parametrize(("gap", "blocks"), [(0.0, 1), (0.04, 1), (0.05, 1), (0.06, 2)])
def test_gaps_up_to_the_tolerance_are_closed(gap: float, blocks: int) -> None:
    shape = box(100 + gap, 0, 150 + gap, 100)
    found = adjust({"L": box(0, 0, 100, 100)}, {"c": ("in", None, shape)})
    assert len(found.blocks) == blocks
    expected = {"L": 15000 + gap * 100} if blocks == 1 else {"L": 10000, "c": 5000}
    assert after(found) == pytest.approx(expected, abs=0.02)
    if blocks == 1:
        assert found.blocks.geom_type.tolist() == ["Polygon"]
        assert told(found)["c"][1:] == ["", pytest.approx(5000 + gap * 100, abs=0.02)]


@pytest.mark.parametrize("west", [100, 100.03, 300])
def test_land_at_a_corner_or_far_away_is_a_new_block(west: float) -> None:
    found = adjust({"L": box(0, 0, 100, 100)}, {"c": ("in", None, box(west, 100, west + 20, 150))})
    assert after(found) == {"L": 10000, "c": 1000}
    assert told(found) == {"c": ["c", "new_block", 1000]}
    assert found.blocks["level"].isna().tolist() == [False, True]
    assert found.findings == []


def test_a_new_block_does_not_take_the_id_of_another_and_grows() -> None:
    rows = {
        "1": ("in", None, box(500, 0, 520, 10)),
        "2": ("in", None, box(520, 0, 540, 10)),
        "3": ("out", "1-2", box(500, 0, 505, 10)),
    }
    found = adjust({"1": box(0, 0, 100, 100)}, rows)
    assert after(found) == {"1": 10000, "1-2": 350}
    assert told(found) == {
        "1": ["1-2", "new_block", 200],
        "2": ["1-2", "", 200],
        "3": ["1-2", "", 50],
    }


def test_a_new_block_is_never_called_as_all_blocks_together_are() -> None:
    found = adjust({"L": box(0, 0, 100, 100)}, {"overall": ("in", None, box(500, 0, 520, 10))})
    assert after(found) == {"L": 10000, "overall-2": 200}


@pytest.mark.parametrize("block", [None, "K"])
def test_what_lies_in_the_lines_already_changes_nothing(block: str | None) -> None:
    for shape in (box(10, 10, 60, 60), box(10, 10, 100.04, 60), box(-0.04, 10, 50, 60)):
        found = adjust({"K": TWO["K"]}, {"c": ("in", block, shape)})
        assert after(found) == {"K": 10000}
        assert told(found) == {"c": ["K", "already_in", 0]}


# --- areas that go out -------------------------------------------------------------------------


def test_what_goes_out_is_taken_from_every_block() -> None:
    found = adjust(TWO, {"c": ("out", None, box(80, 0, 150, 50))})
    assert after(found) == {"K": 9000, "L": 7500}
    assert told(found) == {"c": ["K;L", "", 3500]}


def test_land_in_two_blocks_is_taken_once() -> None:
    shapes = {"K": box(0, 0, 100, 100), "L": box(50, 0, 150, 100)}
    found = adjust(shapes, {"c": ("out", None, box(50, 0, 100, 10))})
    assert after(found) == {"K": 9500, "L": 9500}
    assert told(found) == {"c": ["K;L", "", 500]}


def test_what_names_a_block_is_taken_from_it_alone() -> None:
    found = adjust(TWO, {"c": ("out", "L", box(80, 0, 150, 50))})
    assert after(found) == {"K": 10000, "L": 7500}
    assert told(found) == {"c": ["L", "", 2500]}


def test_a_block_of_which_nothing_is_left_is_gone() -> None:
    found = adjust(TWO, {"c": ("out", None, box(99.99, -1, 199.97, 101))})
    assert after(found) == {"K": 10000}  # of which a hair would be taken
    assert told(found) == {"c": ["L", "", 10000]}


def test_crumbs_of_a_block_are_no_block() -> None:
    crumb = Polygon([(200, 100), (199.999, 100), (200, 99.999)])
    found = adjust(TWO, {"c": ("out", "L", TWO["L"].difference(crumb))})
    assert after(found) == {"K": 10000}


def test_corners_of_a_cut_stay_sharp() -> None:
    cut = Polygon([(20, 0), (80, 0), (50, 30)])
    found = adjust({"L": box(0, 0, 100, 100)}, {"c": ("out", None, cut)})
    assert found.blocks.geometry.iloc[0].equals(box(0, 0, 100, 100).difference(cut))
    tight = Polygon([(20, 0), (80, 0), (20, 30)])
    found = adjust({"L": box(0, 0, 100, 100)}, {"c": ("out", None, tight)})
    assert found.blocks.geometry.iloc[0].equals(box(0, 0, 100, 100).difference(tight))


def test_a_strip_between_two_cuts_is_taken_too() -> None:
    both = shapely.union_all([box(20, 20, 50, 80), box(50.03, 20, 80, 80)])
    left = without_strips(box(0, 0, 100, 100), both, tolerance_m=0.05)
    assert left.area == pytest.approx(10000 - 60 * 60, abs=0.01)


def test_invalid_changes_are_mended_like_other_layers() -> None:
    rows = asked({"c": ("in", None, BOW)})
    layers = Inputs(frame({"a": box(0, 0, 1, 1)}), block_changes=rows)
    mended, log, _ = repair_layers(layers, parameters=Parameters())
    assert mended.block_changes is not None
    assert mended.block_changes.is_valid.all()
    assert log["layer"].tolist() == ["block_changes"]


def test_a_strip_along_the_cut_is_taken_too() -> None:
    cut = box(20, 0.03, 60, 40)  # 3 cm are left at the edge
    found = adjust({"L": box(0, 0, 100, 100)}, {"c": ("out", None, cut)})
    assert after(found) == pytest.approx({"L": 10000 - 40 * 40}, abs=0.01)
    assert len(found.blocks.geometry.iloc[0].interiors) == 0
    wide = adjust({"L": box(0, 0, 100, 100)}, {"c": ("out", None, box(20, 0.06, 60, 40))})
    assert after(wide) == pytest.approx({"L": 10000 - 40 * 39.94}, abs=0.01)


def test_a_cut_in_the_middle_leaves_a_hole_and_sharp_corners_stay() -> None:
    hole = without_strips(box(0, 0, 100, 100), box(40, 40, 60, 60), tolerance_m=0.05)
    assert (hole.area, len(hole.interiors)) == (9600, 1)
    wedge = Polygon([(0, 0), (100, 0), (100, 3)])
    left = without_strips(wedge, box(50, -10, 110, 10), tolerance_m=0.05)
    assert left.area == pytest.approx(wedge.area / 4, abs=0.1)
    assert left.bounds[0] == 0


def test_what_does_not_lie_in_the_lines_cannot_go_out() -> None:
    rows = {
        "far": ("out", None, box(300, 0, 310, 10)),
        "hair": ("out", None, box(199.97, 0, 300, 100)),
        "other": ("out", "K", box(150, 0, 160, 10)),
    }
    found = adjust(TWO, rows)
    assert after(found) == {"K": 10000, "L": 10000}
    assert told(found) == {
        "far": ["", "not_in", 0],
        "hair": ["", "not_in", 0],
        "other": ["K", "not_in", 0],
    }


# --- order, industrial land, what cannot be done ------------------------------------------------


def test_what_goes_in_goes_first() -> None:
    rows = {
        "a": ("out", None, box(200, 0, 210, 100)),
        "b": ("in", None, box(200, 0, 250, 100)),
    }
    found = adjust(TWO, rows)
    assert after(found) == {"K": 10000, "L": 14000}
    assert told(found) == {"a": ["L", "", 1000], "b": ["L", "", 5000]}


def test_land_can_move_from_one_block_to_the_other() -> None:
    land = box(100, 0, 120, 100)
    found = adjust(TWO, {"a": ("out", "L", land), "b": ("in", "K", land)})
    assert after(found) == {"K": 12000, "L": 8000}


def test_industrial_land_of_a_change() -> None:
    lots = frame(
        {"i": box(180, 0, 230, 100), "h": box(230, 0, 300, 100), "l": box(0, 0, 10, 100)},
        use_class=["industrial", "residential", "logistics"],
    ).assign(area_m2=[5000.0, 7000.0, 500.0])  # of l half its drawn area
    rows = {"c": ("in", None, box(190, 0, 250, 100)), "d": ("out", None, box(0, 0, 5, 100))}
    found = adjusted_lines(frame(TWO, "block_id"), asked(rows), lots, tolerance_m=0.05).changes
    assert found["effective_m2"].tolist() == pytest.approx([5000, 500])
    assert found["industrial_m2"].tolist() == pytest.approx([3000, 250])
    assert found["area_m2"].tolist() == [6000, 500]


def test_changes_that_cannot_be_made_are_findings() -> None:
    rows = {
        "a": ("in", "X", box(200, 0, 210, 10)),
        "b": ("out", None, None),
        "c": ("in", None, BOW),
        "d": ("in", "N", box(0, 0, 10, 10)),
        "e": ("out", None, box(900, 0, 950, 10)),
    }
    found = adjust({**TWO, "N": None, "X2": BOW}, rows)
    assert told(found) == {
        "a": ["X", "unknown_block", 0],
        "b": ["", "no_geometry", 0],
        "c": ["", "no_geometry", 0],
        "d": ["N", "no_geometry", 0],
        "e": ["", "not_in", 0],
    }
    assert found.changes["area_m2"].isna().tolist() == [False, True, True, False, False]
    assert found.blocks.index.tolist() == ["K", "L", "N", "X2"]
    table = findings_frame(found.findings, crs=found.blocks.crs)
    assert set(table["code"]) == {"block_change_without_effect"}
    assert table["other_id"].tolist() == ["a", "b", "c", "d", "e"]
    assert table["message"].iloc[0] == "block change a names a block that is not there"
    assert table["geometry"].isna().tolist() == [False, True, True, False, False]


def test_the_columns_are_those_of_the_result_table() -> None:
    found = adjust(TWO, {"c": ("in", None, box(200, 0, 210, 10))}).changes
    assert sorted(set(found.columns) - {"geometry"}) == sorted(TABLES["block_changes"].columns)
    require_contracts({"block_changes": pd.DataFrame(found.drop(columns="geometry"))})


def test_without_any_change_or_any_block() -> None:
    rows = {"c": ("in", None, box(200, 0, 210, 10))}
    lines = frame(TWO, "block_id")
    found = adjusted_lines(lines, asked(rows).iloc[:0], WORKS, tolerance_m=0.05)
    assert after(found) == {"K": 10000, "L": 10000}
    assert (len(found.changes), found.findings) == (0, [])
    found = adjusted_lines(lines.iloc[:0], asked(rows), WORKS, tolerance_m=0.05)
    assert after(found) == {"c": 100}


def test_layers_that_cannot_be_used_are_refused() -> None:
    lines, rows = frame(TWO, "block_id"), asked({"c": ("in", None, box(200, 0, 210, 10))})
    with pytest.raises(TableError, match=r"neither in nor out \(c\); say in or out"):
        adjusted_lines(lines, rows.assign(change="maybe"), WORKS, tolerance_m=0.05)
    with pytest.raises(TableError, match="neither in nor out"):
        adjusted_lines(lines, rows.assign(change=None), WORKS, tolerance_m=0.05)
    with pytest.raises(TableError, match="change"):
        adjusted_lines(lines, rows.drop(columns="change"), WORKS, tolerance_m=0.05)
    with pytest.raises(TableError, match="occurs more than once"):
        adjusted_lines(lines, pd.concat([rows, rows]), WORKS, tolerance_m=0.05)
    with pytest.raises(CRSError, match="of the lines"):
        adjusted_lines(lines, rows.set_crs(4548, allow_override=True), WORKS, tolerance_m=0.05)
    with pytest.raises(ProjectError, match="tolerance_m"):
        adjusted_lines(lines, rows, WORKS, tolerance_m=0.0)


def random_case(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    random = np.random.default_rng(seed)
    squares = {
        f"L{i}{j}": box(i * 120, j * 120, i * 120 + 100, j * 120 + 100)
        for i in range(3)
        for j in range(3)
    }
    rows = {}
    for k in range(12):
        x, y = random.uniform(0, 300, 2)
        shape = affinity.rotate(box(x, y, x + 60, y + 40), random.uniform(0, 90))
        rows[f"c{k:02d}"] = ("in" if random.random() < 0.5 else "out", None, shape)
    return frame(squares, "block_id"), asked(rows)


@pytest.mark.parametrize("seed", range(8))
def test_the_lines_after_are_those_before_with_what_goes_in_and_without_what_goes_out(
    seed: int,
) -> None:
    lines, rows = random_case(seed)
    found = adjusted_lines(lines, rows, WORKS, tolerance_m=0.05)
    going_in = rows["change"] == "in"
    expected = shapely.union_all([*lines.geometry, *rows.geometry[going_in]])
    expected = expected.difference(rows.geometry[~going_in].union_all())
    whole = found.blocks.union_all()
    assert whole.symmetric_difference(expected).area < 0.5
    assert found.blocks.area.sum() == pytest.approx(whole.area, abs=0.5)  # none overlap
    sign = found.changes["change"].map({"in": 1.0, "out": -1.0})
    gained = (found.changes["effective_m2"] * sign).sum()
    assert lines.area.sum() + gained == pytest.approx(whole.area, abs=0.5)
    assert found.blocks.is_valid.all()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_depends_on_the_order_of_rows(seed: int) -> None:
    lines, rows = random_case(seed)
    one = adjusted_lines(lines, rows, WORKS, tolerance_m=0.05)
    two = adjusted_lines(
        lines.sample(frac=1, random_state=seed),
        rows.sample(frac=1, random_state=seed),
        WORKS,
        tolerance_m=0.05,
    )
    assert_geodataframe_equal(one.blocks, two.blocks)
    assert_geodataframe_equal(one.changes, two.changes)


def test_turned_layers_change_alike() -> None:
    layers = (*random_case(3), WORKS)
    one = adjusted_lines(*layers, tolerance_m=0.05)
    turned = [
        layer.assign(geometry=layer.geometry.rotate(37, origin=(150, 150))) for layer in layers
    ]
    two = adjusted_lines(*turned, tolerance_m=0.05)
    assert two.blocks.area.to_dict() == pytest.approx(one.blocks.area.to_dict(), abs=0.01)
    assert two.changes[["block_id", "reason"]].equals(one.changes[["block_id", "reason"]])
    numbers = ["effective_m2", "industrial_m2"]
    assert two.changes[numbers].to_numpy() == pytest.approx(
        one.changes[numbers].to_numpy(), abs=0.01
    )


# --- the balance -------------------------------------------------------------------------------


def sides(rules: RuleSet = RULES) -> tuple[Checked, Checked]:
    """K of 100 m x 100 m half works, half houses, goes; L of works takes in 50 m x 100 m houses."""
    lots = frame(
        {"k": box(0, 0, 50, 100), "h": box(50, 0, 100, 100), "l": box(100, 0, 250, 100)}
        | {"n": box(250, 0, 400, 100)},
        use_class=["industrial", "residential", "industrial", "green"],
        use_code=["M0", "R2", "M1", "G1"],
    )
    lots = lots.assign(area_m2=lots.area)
    before = {"K": box(0, 0, 100, 100), "L": box(100, 0, 250, 100)}
    later = {"L": box(100, 0, 300, 100), "N": box(300, 0, 350, 100)}
    one, two = (
        check_block_lines(
            lots, frame(shapes, "block_id"), lines=lines, rules=rules, area_basis="plane"
        )
        for lines, shapes in (("given", before), ("adjusted", later))
    )
    return one, two


def layout(patches: float, mesh: float, compactness: float) -> pd.DataFrame:
    numbers = {"patches": [patches], "mean_parcel_area": [9.0], "effective_mesh_size": [mesh]}
    return pd.DataFrame({**numbers, "edge_density": [5.0], "compactness": [compactness]})


LAYOUTS = {"before": layout(2, 7000.0, 0.7), "after": layout(2, 6999.98, 0.7)}


def test_every_block_before_and_after() -> None:
    table, _ = balance(*sides(), layouts=LAYOUTS, rules=RULES)
    assert list(table.columns) == ["block_id", "indicator", "unit", "before", "after", "delta"]
    assert set(table.columns) == set(TABLES["block_balance"].columns)
    nan = pytest.approx(float("nan"), nan_ok=True)
    assert table.drop(columns="unit").to_numpy().tolist() == [
        ["K", "area_m2", 10000, 0, -10000],
        ["K", "industrial_m2", 5000, 0, -5000],
        ["K", "industrial_share", 0.5, nan, nan],
        ["K", "m0_share", 1, nan, nan],
        ["L", "area_m2", 15000, 20000, 5000],
        ["L", "industrial_m2", 15000, 15000, 0],
        ["L", "industrial_share", 1, 0.75, -0.25],
        ["L", "m0_share", 0, 0, 0],
        ["N", "area_m2", 0, 5000, 5000],
        ["N", "industrial_m2", 0, 0, 0],
        ["N", "industrial_share", nan, 0, nan],
        ["N", "m0_share", nan, nan, nan],
        ["overall", "area_m2", 25000, 25000, 0],
        ["overall", "industrial_m2", 20000, 15000, -5000],
        ["overall", "industrial_share", 0.8, 0.6, pytest.approx(-0.2)],
        ["overall", "m0_share", 0.25, 0, -0.25],
        ["overall", "patches", 2, 2, 0],
        ["overall", "mean_parcel_area", 9, 9, 0],
        ["overall", "effective_mesh_size", 7000, 6999.98, pytest.approx(-0.02)],
        ["overall", "edge_density", 5, 5, 0],
        ["overall", "compactness", 0.7, 0.7, 0],
    ]
    units = dict(zip(table["indicator"], table["unit"], strict=True))
    assert [name for name, unit in units.items() if unit == "share"] == [
        "industrial_share",
        "m0_share",
    ]
    assert units["edge_density"] == "m/ha"
    require_contracts({"block_balance": table})


def outcomes(
    layouts: Mapping[str, pd.DataFrame], rules: RuleSet = RULES
) -> dict[str, tuple[object, ...]]:
    _, rows = balance(*sides(), layouts=layouts, rules=rules)
    table = area_verdicts(rows)
    require_contracts({"control_verdicts": table})
    assert set(table["topic"] + " " + table["subject"]) == {"adjustment adjusted:overall"}
    return {row["test"]: (row["value"], row["limit"], row["outcome"]) for row in rows}


def test_the_area_kept_and_the_layout_are_held_against_those_before() -> None:
    assert outcomes(LAYOUTS) == {
        "total_kept": (1, 1, "pass"),
        "layout_patches": (2, 2, "pass"),
        "layout_mesh": (6999.98, 7000, "fail"),
        "layout_compactness": (0.7, 0.7, "pass"),
    }
    scattered = {"before": layout(2, 7000.0, 0.7), "after": layout(3, 7000.004, 0.699998)}
    found = outcomes(scattered)
    assert [found[test][2] for test in ("layout_patches", "layout_mesh")] == ["fail", "pass"]
    assert found["layout_compactness"][2] == "fail"
    # numbers that are equal but for rounding, on either side of a half
    same = {"before": layout(2, 7000.005, 0.7), "after": layout(2, 7000.0049999, 0.69999999)}
    found = outcomes(same)
    assert {found[test][2] for test in found} == {"pass"}


def test_lines_that_lose_area_fail() -> None:
    before, later = sides()
    _, rows = balance(later, before, layouts=LAYOUTS, rules=RULES)
    assert rows[0]["outcome"] == "pass"
    smaller = replace(later, blocks=later.blocks.assign(area_m2=[20000.0, 4999.0, 24999.0]))
    _, rows = balance(before, smaller, layouts=LAYOUTS, rules=RULES)
    assert (rows[0]["value"], rows[0]["outcome"]) == (0.99996, "fail")
    assert (rows[0]["numerator"], rows[0]["denominator_value"]) == (24999, 25000)


def test_without_a_layout_or_a_rule_nothing_is_judged() -> None:
    nothing = {"before": LAYOUTS["before"], "after": LAYOUTS["after"].iloc[:0]}
    found = outcomes(nothing)
    assert [found[test][2] for test in found] == ["pass", "missing", "missing", "missing"]
    off = {
        name: replace(RULES[name], mode="off")
        for name in ("block_line.total_kept", "block_line.layout")
    }
    found = outcomes(LAYOUTS, replace(RULES, rules={**RULES.rules, **off}))
    assert {found[test][2] for test in found} == {"not_assessed"}
    assert len(found) == 4
