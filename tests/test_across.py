"""Parcels that face each other across a corridor: by hand, and against rays cast one by one."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon, box

from boundaries import errors, layer, moved, once, rays, rounded, street_blocks
from gisland.base.errors import ProjectError
from gisland.topology.across import across
from gisland.topology.boundary import trace

T = 0.05
COLUMNS = ["facing_m", "width_mean_m", "width_max_m"]
SOUTH = box(0, 0, 30, 20)
NORTH = box(0, 32, 30, 50)


def faced(
    shapes: dict[str, object], *, corridor_m: float = 40.0, tolerance_m: float = T
) -> dict[tuple[str, str], tuple[float, ...]]:
    return rounded(across(trace(layer(shapes), tolerance_m=tolerance_m), corridor_m=corridor_m))


# --- by hand -----------------------------------------------------------------------------------


def test_two_blocks_face_each_other_across_a_street() -> None:
    assert faced({"s": SOUTH, "n": NORTH}) == {("n", "s"): (30, 12, 12)}


def test_only_what_lies_straight_across_counts() -> None:
    assert faced({"s": SOUTH, "n": box(20, 32, 60, 50)}) == {("n", "s"): (10, 12, 12)}
    assert faced({"s": SOUTH, "n": box(30, 32, 60, 50)}) == {}


def test_the_shorter_front_is_faced_from_both_sides() -> None:
    assert faced({"s": box(-50, 0, 90, 20), "n": NORTH}) == {("n", "s"): (30, 12, 12)}


def test_one_parcel_faces_several() -> None:
    shapes = {"s": SOUTH, "nw": box(0, 32, 12, 50), "ne": box(14, 30, 30, 50)}
    assert faced(shapes) == {
        ("nw", "s"): (12, 12, 12),
        ("ne", "s"): (16, 10, 10),
        ("ne", "nw"): (18, 2, 2),
    }


def test_a_parcel_in_between_hides_what_is_behind_it() -> None:
    shapes = {"s": SOUTH, "m": box(10, 24, 20, 28), "n": NORTH}
    assert faced(shapes) == {
        ("n", "s"): (20, 12, 12),
        ("m", "s"): (10, 4, 4),
        ("m", "n"): (10, 4, 4),
    }


def test_a_slanted_parcel_in_between_hides_too() -> None:
    """Its sides, at 60 degrees, face nobody themselves."""
    needle = Polygon([(12, 21), (18, 31), (18, 31.5), (12, 21.5)])
    found = faced({"s": SOUTH, "m": needle, "n": NORTH})
    assert found == {("n", "s"): (24, 12, 12)}


def test_walls_of_ones_own_hide_what_is_behind_them() -> None:
    """A C, open to the east: from the back of its notch one looks at its other arm."""
    c = Polygon([(0, 0), (50, 0), (50, 10), (10, 10), (10, 20), (50, 20), (50, 30), (0, 30)])
    assert faced({"c": c, "n": box(0, 35, 50, 60)}) == {("c", "n"): (50, 5, 5)}
    east = {"c": c, "e": box(60, 0, 90, 30)}
    assert faced(east, corridor_m=40) == {("c", "e"): (20, 10, 10)}
    mean_m = pytest.approx((20 * 10 + 10 * 50) / 30, abs=1e-6)
    assert faced(east, corridor_m=60) == {("c", "e"): (30, mean_m, 50)}


def test_the_walls_of_an_empty_courtyard_face_nobody() -> None:
    assert faced({"a": box(0, 0, 50, 50) - box(10, 10, 40, 40)}) == {}


def test_an_island_in_a_courtyard_faces_its_walls() -> None:
    shapes = {"a": box(0, 0, 50, 50) - box(10, 10, 40, 40), "i": box(20, 20, 30, 30)}
    assert faced(shapes) == {("a", "i"): (40, 10, 10)}


def test_parts_of_one_parcel_do_not_face_each_other() -> None:
    shapes = {"s": MultiPolygon([SOUTH, NORTH]), "e": box(35, 0, 50, 20)}
    assert faced(shapes) == {("e", "s"): (20, 5, 5)}


@pytest.mark.parametrize("degrees", [5, 20, 40, 44.9])
def test_a_slanted_front_is_seen_from_both_sides(degrees: float) -> None:
    """The front rises from 5 m above the other; straight down from it one lands further on."""
    tan, cos = np.tan(np.radians(degrees)), np.cos(np.radians(degrees))
    north = Polygon([(0, 25), (30, 25 + 30 * tan), (30, 90), (0, 90)])
    shapes = {"s": SOUTH, "n": north}
    from_south, from_north = 30, (30 - 5 * tan) * cos
    area_south = 30 * 5 + 30 * 30 * tan / 2  # below the front
    foot = from_north * cos  # of the last point of the front that looks down on the other
    area_north = from_north * (5 + 5 + foot * tan) / 2 / cos
    length = (from_south + from_north) / 2
    largest = 5 + 30 * tan
    assert faced(shapes, corridor_m=60) == {
        ("n", "s"): pytest.approx(
            (length, (area_south + area_north) / (2 * length), largest), abs=1e-5
        )
    }


@pytest.mark.parametrize("degrees", [45.1, 60, 80])
def test_a_front_at_more_than_45_degrees_does_not_face(degrees: float) -> None:
    tan = np.tan(np.radians(degrees))
    assert faced({"s": SOUTH, "n": Polygon([(0, 25), (30, 25 + 30 * tan), (0, 400)])}) == {}


def test_parcels_diagonal_at_a_crossing_do_not_face_each_other() -> None:
    shapes = {
        "sw": box(0, 0, 30, 30),
        "se": box(40, 0, 70, 30),
        "nw": box(0, 44, 30, 70),
        "ne": box(40, 44, 70, 70),
    }
    assert faced(shapes) == {
        ("se", "sw"): (30, 10, 10),
        ("ne", "nw"): (26, 10, 10),
        ("nw", "sw"): (30, 14, 14),
        ("ne", "se"): (30, 14, 14),
    }


def test_parcels_with_a_border_are_not_separated() -> None:
    around = Polygon([(30, 0), (60, 0), (60, 50), (0, 50), (0, 30), (30, 30)])
    assert faced({"a": SOUTH, "b": around}) == {}
    apart = Polygon([(30.2, 0), (60, 0), (60, 50), (0, 50), (0, 30), (30.2, 30)])
    assert faced({"a": SOUTH, "b": apart}) == {("a", "b"): (50, (30 * 10 + 20 * 0.2) / 50, 10)}


def test_overlapping_and_contained_parcels_do_not_face_each_other() -> None:
    assert faced({"a": SOUTH, "b": box(0, 15, 30, 40)}) == {}
    assert faced({"a": box(0, 0, 50, 50), "b": box(10, 10, 40, 40)}) == {}


def test_a_corridor_counts_up_to_its_width() -> None:
    shapes = {"s": SOUTH, "n": box(0, 60, 30, 80)}
    assert faced(shapes, corridor_m=40.0) == {("n", "s"): (30, 40, 40)}
    assert faced(shapes, corridor_m=39.999) == {}
    gap = {"s": SOUTH, "n": box(0, 20.06, 30, 80)}
    assert faced(gap) == {("n", "s"): (30, 0.06, 0.06)}  # a millimetre more than a border
    assert faced(gap, tolerance_m=0.07) == {}


def test_a_corridor_that_widens_counts_up_to_where_it_is_too_wide() -> None:
    """It widens by 1 m on 2, and by 1 m on each 2 m of its slanted front as well."""
    slanted = Polygon([(0, 20.001), (100, 70.001), (100, 90), (0, 90)])
    found = faced({"s": box(0, 0, 100, 20), "n": slanted}, tolerance_m=5e-4)
    length, _, largest = found["n", "s"]
    assert length == pytest.approx(80, abs=0.05)
    assert largest == pytest.approx(40, abs=1e-6)


def test_faces_no_longer_than_a_corner_do_not_count() -> None:
    assert faced({"s": SOUTH, "n": box(29.93, 32, 60, 50)}) == {}
    assert faced({"s": SOUTH, "n": box(29.92, 32, 60, 50)}) == {("n", "s"): (0.08, 12, 12)}


def test_two_fronts_that_cross_share_what_is_seen_of_them() -> None:
    """Two overlapping parcels north of a third: each is the nearer one along half of it."""
    shapes = {
        "s": box(0, -20, 100, 0),
        "a": Polygon([(0, 10), (100, 30), (100, 60), (0, 60)]),
        "b": Polygon([(0, 30), (100, 10), (100, 60), (0, 60)]),
    }
    found = faced(shapes)
    assert found["a", "s"] == pytest.approx(found["b", "s"], abs=1e-5)
    from_north = (100 - 10 * 0.2) / 1.04 * np.hypot(1, 0.2)  # slanted, it looks to the right
    assert found["a", "s"][0] == pytest.approx((50 + from_north) / 2, abs=1e-5)


# --- the table ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    """Street blocks with some lots left out, as squares and courtyards."""
    lots = street_blocks(250, seed=3)
    return lots[np.random.default_rng(0).random(len(lots)) < 0.85]


def test_the_table_is_symmetric_sorted_and_within_its_bounds(blocks: gpd.GeoDataFrame) -> None:
    found = across(trace(blocks), corridor_m=30)
    assert found.columns.tolist() == COLUMNS
    assert found.index.names == ["focal", "neighbor"]
    back = found.swaplevel().sort_index().rename_axis(["focal", "neighbor"])
    pd.testing.assert_frame_equal(found, back, check_exact=True)
    assert found.index.is_monotonic_increasing
    assert found.index.is_unique
    assert (found["facing_m"] > 1.5 * T).all()
    assert (found["width_mean_m"] > T).all()
    assert (found["width_mean_m"] <= found["width_max_m"] + 1e-9).all()
    assert (found["width_max_m"] <= 30 + 1e-9).all()


def test_no_pair_both_borders_and_faces(blocks: gpd.GeoDataFrame) -> None:
    traced = trace(blocks)
    assert len(traced.borders) > 0
    assert not traced.borders.index.isin(across(traced).index).any()


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_the_same_bits(blocks: gpd.GeoDataFrame, seed: int) -> None:
    shuffled = blocks.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(across(trace(shuffled)), across(trace(blocks)), check_exact=True)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_or_mirrored_layer_gives_the_same_table(
    blocks: gpd.GeoDataFrame, *, mirrored: bool
) -> None:
    turned = across(trace(moved(blocks, degrees=61, mirrored=mirrored)))
    pd.testing.assert_frame_equal(
        turned, across(trace(blocks)), check_exact=False, rtol=0, atol=1e-3
    )


def test_a_wider_corridor_sees_at_least_as_much(blocks: gpd.GeoDataFrame) -> None:
    traced = trace(blocks)
    facing = [across(traced, corridor_m=m)["facing_m"] for m in (5, 15, 40, 120)]
    for narrow, wide in pairwise(facing):
        assert set(narrow.index) <= set(wide.index)
        assert (wide[narrow.index] >= narrow - 1e-6).all()
        assert wide.sum() > narrow.sum() + 1


@pytest.mark.parametrize("noisy", [False, True])
def test_rays_cast_one_by_one_see_the_same(*, noisy: bool) -> None:
    lots = street_blocks(250, noisy=noisy, seed=3)
    lots = lots[np.random.default_rng(0).random(len(lots)) < 0.85]
    tolerance_m = 0.45 if noisy else T
    traced = trace(lots, tolerance_m=tolerance_m)
    cast = rays(lots, reach_m=40, tolerance_m=tolerance_m)
    cast = cast[(cast["met"] >= 0) & (cast["met"] != cast["parcel"])]
    cast = cast[cast["cosine"] >= np.sqrt(0.5)]
    low, high = cast[["parcel", "met"]].min(axis=1), cast[["parcel", "met"]].max(axis=1)
    seen = (cast["length"] / 2).groupby([lots.index[low], lots.index[high]]).sum()
    seen = seen[~seen.index.isin(traced.borders.index)]
    found = once(across(traced)["facing_m"])
    assert len(found) > 100
    assert errors(seen, found).max() < 4 * 0.25 + tolerance_m  # some ends, a step each
    assert found.sum() == pytest.approx(seen.sum(), abs=len(found) * max(tolerance_m, 0.1))


@pytest.mark.parametrize("shapes", [{}, {"a": None}, {"a": SOUTH}])
def test_nobody_to_face_gives_an_empty_table(shapes: dict[str, object]) -> None:
    found = across(trace(layer(shapes)))
    assert found.empty
    assert found.index.names == ["focal", "neighbor"]
    assert found.dtypes.astype(str).to_dict() == dict.fromkeys(COLUMNS, "float64")


@pytest.mark.parametrize("corridor_m", [0.0, -1.0, float("nan"), float("inf")])
def test_the_corridor_must_be_a_positive_number(corridor_m: float) -> None:
    with pytest.raises(ProjectError, match=r"corridor_m is .*; give a number of metres above 0"):
        across(trace(layer({"a": SOUTH})), corridor_m=corridor_m)
