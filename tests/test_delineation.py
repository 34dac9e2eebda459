"""Block lines drawn from land, on figures worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity, box

from districts import CRS, lots, rule, with_rules
from gisland.base.errors import TableError
from gisland.base.parameters import Parameters
from gisland.base.rules import load_rules
from gisland.control.areaverdicts import area_verdicts
from gisland.control.delineation.delineate import COLUMNS, Delineated, delineate
from gisland.layers.writing.contract import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = load_rules("common")
EASY: dict[str, Any] = {
    "block_seed_m2": 5_000.0,
    "block_min_area_m2": 5_000.0,
    "block_hole_m2": 1_000.0,
}
QUARTERS = {
    "sw": box(0, 0, 100, 100),
    "se": box(112, 0, 212, 100),
    "nw": box(0, 112, 100, 212),
    "ne": box(112, 112, 212, 212),
}


def land(shapes: Mapping[str, object], **uses: str) -> gpd.GeoDataFrame:
    """Land by id; industrial, but for the uses that are told."""
    frame = lots(shapes, use_class=[uses.get(k, "industrial") for k in shapes])
    return frame.assign(area_m2=frame.area)


def drawn(frame: gpd.GeoDataFrame, *, rules: Any = RULES, **more: Any) -> Delineated:  # noqa: ANN401
    given = {k: v for k, v in more.items() if k in ("planned", "parks")}
    chosen = {k: v for k, v in more.items() if k not in given}
    return delineate(frame, parameters=Parameters(**(EASY | chosen)), rules=rules, **given)


def same(shape: shapely.Geometry, wanted: shapely.Geometry) -> bool:
    return shape.geom_type == "Polygon" and shape.hausdorff_distance(wanted) < 1e-6


# --- boundary ----------------------------------------------------------------------------------


def test_a_street_in_front_is_parted_in_its_middle() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(0, 112, 100, 200)}, b="residential")
    found = drawn(frame)
    assert same(found.blocks.geometry["B01"], box(0, 0, 100, 106))
    edges = drawn(frame, block_boundary="parcel_edge")
    assert same(edges.blocks.geometry["B01"], box(0, 0, 100, 100))
    assert found.blocks["boundary"].tolist() == ["centre_line"]
    assert edges.blocks["boundary"].tolist() == ["parcel_edge"]


def test_beyond_the_widest_corridor_the_boundary_stays_on_the_edge() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(0, 141, 100, 200)}, b="residential")
    assert same(drawn(frame).blocks.geometry["B01"], box(0, 0, 100, 100))
    assert same(drawn(frame, corridor_m=41.0).blocks.geometry["B01"], box(0, 0, 100, 120.5))


@pytest.mark.parametrize("boundary", ["centre_line", "parcel_edge"])
def test_a_crossing_within_a_block_is_part_of_it(boundary: str) -> None:
    found = drawn(land(QUARTERS), block_boundary=boundary, block_hole_m2=0.0)
    assert same(found.blocks.geometry["B01"], box(0, 0, 212, 212))
    assert found.candidates.loc["B01", "parcels"] == 4


def test_a_crossing_at_the_edge_of_a_block() -> None:
    frame = land(QUARTERS, se="residential")
    wanted = box(0, 0, 212, 212) - box(106, 0, 212, 106)
    assert same(drawn(frame).blocks.geometry["B01"], wanted)
    # strips between two of its rows, and the corner between two of these, alone
    edge = box(0, 0, 212, 212) - box(100, 0, 212, 100) - box(106, 100, 112, 112)
    edge -= box(100, 100, 112, 106) | box(112, 100, 212, 112)
    found = drawn(frame, block_boundary="parcel_edge").blocks.geometry["B01"]
    assert same(found, edge)


@pytest.mark.parametrize("side_m", [8, 12, 30])
def test_the_line_runs_straight_on_over_the_mouth_of_a_side_street(side_m: int) -> None:
    """Of its own, between two of its rows, or of the other side of the street."""
    east = 100 + side_m
    halves = {"w": box(0, 0, 100, 100), "e": box(east, 0, east + 100, 100)}
    opposite = {"n": box(0, 112, east + 100, 200)}
    found = drawn(land(halves | opposite, n="residential"))
    assert same(found.blocks.geometry["B01"], box(0, 0, east + 100, 106))
    turned = {k: affinity.rotate(s, 180, origin=(0, 106)) for k, s in (halves | opposite).items()}
    found = drawn(land(turned, w="residential", e="residential"))
    assert same(found.blocks.geometry["B01"], box(-east - 100, 12, 0, 106))


def test_the_line_runs_straight_on_between_lots_with_cut_corners() -> None:
    west = shapely.Polygon([(0, 0), (100, 0), (100, 95), (95, 100), (0, 100)])
    east = affinity.scale(west, xfact=-1, origin=(106, 0))
    frame = land({"w": west, "e": east, "n": box(0, 112, 212, 200)}, n="residential")
    shape = drawn(frame).blocks.geometry["B01"]
    assert same(shape.intersection(box(-1, 90, 213, 200)), box(0, 90, 212, 106))


def test_a_quarter_at_a_crossing_is_left_out_to_the_middle_of_its_streets() -> None:
    cut = {k: s - box(95, 95, 117, 117).buffer(-1e-9) for k, s in QUARTERS.items()}
    shape = drawn(land(cut, se="residential")).blocks.geometry["B01"]
    assert same(
        shape.intersection(box(80, 80, 200, 130)), box(80, 80, 200, 130) - box(106, 0, 212, 106)
    )


def test_land_on_no_side_of_a_wide_gap_is_not_taken() -> None:
    frame = land({"w": box(0, 0, 100, 100), "e": box(300, 0, 400, 100), "n": box(0, 112, 400, 160)})
    found = drawn(frame, block_neck_m=0.0)
    wanted = box(0, 0, 400, 160) - box(100, 0, 300, 112)
    assert same(found.blocks.geometry["B01"], wanted)


def test_streets_drawn_as_parcels_are_gaps() -> None:
    streets = {"r1": box(100, 0, 112, 212), "r2": box(0, 100, 100, 112)}
    streets["r3"] = box(112, 100, 212, 112)
    free = {"r1": "transport", "r2": "water", "r3": "transport", "se": "residential"}
    plain, paved = land(QUARTERS, **free), land(QUARTERS | streets, **free)
    one, other = drawn(plain), drawn(paved)
    assert shapely.equals_exact(one.blocks.geometry["B01"], other.blocks.geometry["B01"], 1e-9)
    assert other.candidates.loc["B01", "parcels"] == 3


def test_two_blocks_share_the_middle_of_the_street_between_them() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(90, 112, 190, 212)})
    found = drawn(frame)
    assert found.outside.empty
    first, second = found.blocks.geometry
    assert same(first, box(0, 0, 100, 100) | box(90, 100, 100, 106))
    assert same(second, box(90, 112, 190, 212) | box(90, 106, 100, 112))
    assert first.intersection(second).area < 1e-6
    turned = frame.set_geometry(frame.rotate(31, origin=(0, 0)))
    first, second = drawn(turned).blocks.geometry
    assert first.area == pytest.approx(10_060, abs=1e-3)
    assert first.intersection(second).area < 1e-6
    assert first.distance(second) < 1e-6


def test_blocks_on_a_street_whose_sides_part_do_not_overlap() -> None:
    second = shapely.Polygon([(88, 110), (190, 130), (190, 240), (88, 240)])
    found = drawn(land({"a": box(0, 0, 100, 100), "b": second}), block_neck_m=30.0)
    assert len(found.blocks) == 2
    one, other = found.blocks.geometry
    assert one.intersection(other).area < 1e-6
    shared = other.boundary.intersection(one.boundary.buffer(1e-6))
    assert shared.length > 9  # the middle line, where both look at each other


# --- members -----------------------------------------------------------------------------------


def test_land_across_a_corridor_belongs_to_the_seed() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(0, 120, 40, 150), "c": box(300, 0, 340, 30)})
    found = drawn(frame)
    assert found.candidates["parcels"].tolist() == [2]
    assert found.outside.to_dict() == {"c": "no_seed"}


def test_corridors_do_not_make_a_seed() -> None:
    """Four patches of 2 500 m² each face each other: together they are large, but no seed."""
    small = {k: affinity.scale(s, 0.5, 0.5, origin=(106, 106)) for k, s in QUARTERS.items()}
    assert set(drawn(land(small)).outside) == {"no_seed"}
    joined = land({"a": box(0, 0, 50, 100), "b": box(50, 0, 100, 100)})
    assert drawn(joined, block_seed_m2=10_000.0).outside.empty
    assert drawn(joined, block_seed_m2=10_000.01).outside.tolist() == ["no_seed"] * 2


def test_a_block_has_at_least_the_least_area() -> None:
    frame = land({"a": box(0, 0, 100, 100)})
    assert drawn(frame, block_min_area_m2=10_000.0).outside.empty
    found = drawn(frame, block_min_area_m2=10_000.01)
    assert found.outside.to_dict() == {"a": "too_small"}
    assert found.blocks.empty
    assert found.candidates.empty


def test_rows_without_usable_geometry_are_set_aside() -> None:
    bow = shapely.Polygon([(300, 0), (400, 100), (400, 0), (300, 100)])
    frame = land({"a": box(0, 0, 100, 100), "x": None, "y": bow, "z": None}, z="residential")
    found = drawn(frame)
    assert found.outside.to_dict() == {"x": "no_geometry", "y": "no_geometry"}
    assert same(found.blocks.geometry["B01"], box(0, 0, 100, 100))


def test_rows_that_overlap_are_not_parted() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(20, 20, 160, 60)})
    assert drawn(frame, corridor_m=1.0).candidates["parcels"].tolist() == [2]


def test_a_lake_of_land_and_nothing_at_all() -> None:
    for frame in (land({"a": box(0, 0, 9, 9)}, a="farm"), land({"a": None}), land({})):
        found = drawn(frame)
        assert list(found.candidates.drop(columns="geometry")) == list(COLUMNS)
        assert len(found.blocks) == 0
        assert found.outside.to_list() == ["no_geometry"] * int(frame["area_m2"].isna().sum())


def test_what_is_missing_is_told() -> None:
    frame = land(QUARTERS)
    with pytest.raises(TableError, match="use_class"):
        drawn(frame.drop(columns="use_class"))
    with pytest.raises(TableError, match="more than once"):
        drawn(gpd.GeoDataFrame(pd.concat([frame, frame]), crs=CRS))


# --- holes -------------------------------------------------------------------------------------


def ring(*yards: shapely.Polygon) -> shapely.Polygon:
    shape = box(0, 0, 200, 100)
    for yard in yards:
        shape -= yard
    return shape


def test_a_hole_without_land_is_filled_up_to_the_limit() -> None:
    frame = land({"a": ring(box(40, 40, 70, 70))})
    given = {"corridor_m": 1.0, "block_boundary": "parcel_edge"}
    assert drawn(frame, **given, block_hole_m2=900.0).blocks.geometry["B01"].area == 20_000
    assert drawn(frame, **given, block_hole_m2=899.9).blocks.geometry["B01"].area == 19_100


def test_land_in_a_hole_is_taken_in_as_the_share_allows() -> None:
    yard = box(40, 40, 70, 70)
    frame = land({"a": ring(yard), "y": yard}, y="residential")
    found = drawn(frame)
    assert found.candidates[["parcels", "industrial_share"]].to_numpy().tolist() == [[2, 0.955]]
    assert same(found.blocks.geometry["B01"], box(0, 0, 200, 100))
    strict = with_rules("common", rule("block_line.industrial_share", **SHARE, value=0.96))
    left = drawn(frame, rules=strict)
    assert left.candidates[["parcels", "industrial_share"]].to_numpy().tolist() == [[1, 1.0]]
    assert left.blocks.geometry["B01"].area == pytest.approx(19_100)
    off = with_rules("common", rule("block_line.industrial_share", **SHARE, value=1.0, mode="off"))
    assert drawn(frame, rules=off).candidates["parcels"].tolist() == [2]


SHARE: dict[str, Any] = {"unit": "share", "operator": ">="}


def test_of_several_holes_the_smallest_is_taken_first() -> None:
    yards = {"m": box(20, 40, 50, 70), "k": box(80, 40, 100, 60), "l": box(130, 40, 150, 60)}
    frame = land({"a": ring(*yards.values()), **yards}, m="green", k="green", l="green")
    # 18 300 of 18 700, 19 100 and 20 000 m²
    for least, many in ((0.979, 1), (0.978, 2), (0.958, 3), (0.95, 3), (0.915, 4)):
        strict = with_rules("common", rule("block_line.industrial_share", **SHARE, value=least))
        found = drawn(frame, rules=strict)
        assert found.candidates["parcels"].tolist() == [many]
    strict = with_rules("common", rule("block_line.industrial_share", **SHARE, value=0.978))
    shape = drawn(frame, rules=strict).blocks.geometry["B01"]
    assert shape.contains(box(85, 45, 95, 55))  # k comes before l


def test_land_without_a_use_costs_no_share() -> None:
    yard = box(40, 40, 70, 70)
    frame = land({"a": ring(yard), "y": yard})
    frame.loc["y", "use_class"] = None
    strict = with_rules("common", rule("block_line.industrial_share", **SHARE, value=1.0))
    found = drawn(frame, rules=strict).candidates
    assert found[["parcels", "industrial_share", "classified_m2"]].to_numpy().tolist() == [
        [2, 1.0, 19_100.0]
    ]


def test_a_small_block_in_a_hole_is_taken_in_once_it_is_none() -> None:
    """The island is a seed of its own, too small for a block, and green lies around it."""
    outer, inner = box(0, 0, 300, 300), box(60, 60, 240, 240)
    island = box(100, 100, 200, 200)
    frame = land({"a": outer - inner, "g": inner - island, "i": island}, g="green")
    given = {"block_hole_m2": 40_000.0, "block_min_area_m2": 20_000.0}
    found = drawn(frame, **given)
    assert found.candidates["parcels"].tolist() == [3]
    assert found.outside.empty
    kept = drawn(frame, **(given | {"block_min_area_m2": 10_000.0}))
    assert kept.candidates["parcels"].tolist() == [1, 1]


# --- necks -------------------------------------------------------------------------------------


def test_a_neck_is_dropped_and_its_ends_become_blocks() -> None:
    frame = land({"a": box(0, 0, 100, 100), "n": box(100, 40, 200, 50), "b": box(200, 0, 300, 100)})
    found = drawn(frame)
    assert found.outside.to_dict() == {"n": "narrow"}
    assert [
        same(s, w) for s, w in zip(found.blocks.geometry, frame.geometry[["a", "b"]], strict=True)
    ]
    assert found.blocks.index.tolist() == ["B01", "B02"]
    wide = drawn(frame, block_neck_m=10.0)
    assert wide.candidates["parcels"].tolist() == [3]
    assert drawn(frame, block_neck_m=0.0).candidates["parcels"].tolist() == [3]


def test_a_row_that_is_mostly_wide_is_kept_whole() -> None:
    flag = box(0, 0, 100, 100) | box(100, 40, 150, 50)
    found = drawn(land({"a": flag}))
    assert found.outside.empty
    assert same(found.blocks.geometry["B01"], flag)


@pytest.mark.parametrize(("tail_m", "reasons"), [(990, []), (1010, ["narrow"])])
def test_half_of_a_row_decides(tail_m: float, reasons: list[str]) -> None:
    flag = box(0, 0, 100, 100) | box(100, 40, 100 + tail_m, 50)
    assert drawn(land({"a": flag})).outside.tolist() == reasons


def test_land_that_hangs_on_by_a_short_border_is_apart() -> None:
    frame = land({"a": box(0, 0, 100, 100), "b": box(100, 98, 180, 178)})
    assert drawn(frame).candidates["parcels"].tolist() == [1, 1]
    assert drawn(frame, block_neck_m=1.9).candidates["parcels"].tolist() == [2]


def test_an_end_without_a_seed_gives_no_block() -> None:
    frame = land({"a": box(0, 0, 100, 100), "n": box(100, 40, 200, 50), "b": box(200, 0, 250, 50)})
    assert drawn(frame).outside.to_dict() == {"b": "no_seed", "n": "narrow"}


# --- levels ------------------------------------------------------------------------------------


def test_levels_by_size_plan_and_parks() -> None:
    shapes = {"a": box(0, 0, 100, 100), "b": box(100, 0, 200, 100), "c": box(900, 0, 999, 100)}
    frame = land(shapes)
    planned = pd.Series({"a": "logistics", "b": "residential"})
    park = gpd.GeoDataFrame(
        geometry=[box(850, 0, 950, 100), box(940, 0, 949, 100)], index=["P", "Q"], crs=CRS
    )
    found = drawn(frame, planned=planned, parks=park, block_level1_m2=20_000.0).blocks
    assert found["level_by"].tolist() == ["size;plan", "parks"]
    assert found["level"].tolist() == [1, 1]
    some = drawn(frame, planned=planned, parks=park, block_level_by=("size",)).blocks
    assert some["level_by"].tolist() == ["", ""]
    assert some["level"].tolist() == [2, 2]
    half = park.set_geometry(park.translate(-1.0))
    short = drawn(frame, planned=planned[:0], parks=half, block_level1_m2=20_000.01).blocks
    assert short["level_by"].tolist() == ["", ""]


# --- target ------------------------------------------------------------------------------------


def with_selection(monkeypatch: pytest.MonkeyPatch, kept: list[bool]) -> None:
    """The choice of blocks is tried elsewhere; here it keeps what it is told to."""

    def choose_blocks(candidates: pd.DataFrame, *, target_m2: float, seconds: float) -> object:
        assert set(candidates) == {"area_m2", "classified_m2", "industrial_m2"}
        assert min(target_m2, seconds) > 0
        flags = pd.Series(kept, index=candidates.index)
        return SimpleNamespace(kept=flags, share=1.0, bound=1.0, status="optimal")

    monkeypatch.setattr("gisland.control.delineation.delineate.choose_blocks", choose_blocks)


def test_blocks_that_the_target_does_not_need_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with_selection(monkeypatch, [True, False])
    frame = land({"a": box(0, 0, 100, 100), "b": box(900, 0, 960, 100)})
    found = drawn(frame, block_target_m2=9_000.0)
    assert found.blocks.index.tolist() == ["B01"]
    assert found.outside.to_dict() == {"b": "not_kept"}
    assert found.candidates["reason"].tolist() == ["", "not_kept"]
    table = area_verdicts(found.verdicts).set_index("test")
    assert table["outcome"].to_dict() == {"target_area": "pass", "selection_share": "pass"}
    assert table.loc["target_area", ["value", "limit"]].tolist() == [10_000.0, 9_000.0]


def test_a_target_that_is_missed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with_selection(monkeypatch, [True])
    found = drawn(land({"a": box(0, 0, 100, 100)}), block_target_m2=10_001.0)
    assert [row["outcome"] for row in found.verdicts] == ["fail", "pass"]
    none = drawn(land({}), block_target_m2=10_001.0)
    assert [row["outcome"] for row in none.verdicts] == ["fail", "not_assessed"]


def test_without_a_target_there_are_no_verdicts() -> None:
    assert drawn(land(QUARTERS)).verdicts == []


# --- tables ------------------------------------------------------------------------------------


def test_candidates_have_the_columns_that_are_written() -> None:
    table = drawn(land(QUARTERS)).candidates
    told = {c for c in TABLES["block_candidates"].columns if c != "geometry"}
    assert {"block_id", *COLUMNS} == told
    assert table.index.name == "block_id"
    assert table["area_mu"].tolist() == pytest.approx((table["area_m2"] * 15 / 10_000).tolist())
    assert np.isclose(table.loc["B01", "width_m"], 212, atol=0.03)


def test_areas_are_on_the_basis_of_the_run() -> None:
    frame = land({"a": box(650_000, 3_400_000, 650_100, 3_400_100)})
    assert drawn(frame).candidates["area_m2"].tolist() == pytest.approx([10_000.0])
    found = drawn(frame, area_basis="ellipsoidal", block_min_area_m2=9_995.0)
    assert found.outside.tolist() == ["too_small"]
