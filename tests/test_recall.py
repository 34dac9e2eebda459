"""What the tolerance found and missed, by hand, and the tolerance that is suggested instead."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Polygon, box

from boundaries import layer, moved, shared_edges, street_blocks
from gisland.base.errors import TableError
from gisland.topology.boundary import trace
from gisland.topology.recall import Recall, recall


def asked(parcels: gpd.GeoDataFrame, tolerance_m: float = 0.05) -> Recall:
    return recall(trace(parcels, tolerance_m=tolerance_m), parcels)


def lots(gap_m: float) -> gpd.GeoDataFrame:
    """Two lots side by side, and one across a gap from both."""
    shapes = {"a": box(0, 0, 30, 20), "b": box(30, 0, 60, 20), "c": box(0, 20 + gap_m, 60, 50)}
    return layer(shapes)


def row(*gaps_m: float) -> gpd.GeoDataFrame:
    """Lots of 30 m x 20 m in a row, with these gaps between them."""
    shapes, x = [box(0, 0, 30, 20)], 30.0
    for gap_m in gaps_m:
        shapes.append(box(x + gap_m, 0, x + gap_m + 30, 20))
        x += gap_m + 30
    return layer({f"r{i}": shape for i, shape in enumerate(shapes)})


# --- lengths -----------------------------------------------------------------------------------


def test_a_clean_layer_is_found_exactly() -> None:
    found = asked(lots(0))
    assert found == Recall(
        tolerance_m=0.05,
        exact_m=80.0,
        tolerant_m=0.0,
        missed_m=0.0,
        distance_mean_m=0.0,
        distance_max_m=0.0,
        suggested_tolerance_m=0.05,
        narrow_share=0.0,
    )
    assert found.recall == 1.0
    assert not found.doubtful


def test_a_gap_within_the_tolerance_is_found_by_it() -> None:
    found = asked(lots(0.03))
    assert found.exact_m == pytest.approx(20, abs=1e-9)
    assert found.tolerant_m == pytest.approx(60, abs=1e-9)
    assert found.missed_m == pytest.approx(0, abs=1e-9)
    assert found.distance_mean_m == pytest.approx(0.03, abs=1e-9)
    assert found.distance_max_m == pytest.approx(0.03, abs=1e-9)
    assert found.suggested_tolerance_m == 0.05
    assert found.recall == pytest.approx(1.0)
    assert not found.doubtful


def test_the_mean_distance_is_that_of_the_tolerant_metres() -> None:
    found = asked(row(0.01, 0.04, 0.0, 0.04))
    assert found.exact_m == pytest.approx(20, abs=1e-9)
    assert found.tolerant_m == pytest.approx(60, abs=1e-9)
    assert found.distance_mean_m == pytest.approx((0.01 + 0.04 + 0.04) / 3, abs=1e-9)
    assert found.distance_max_m == pytest.approx(0.04, abs=1e-9)


def test_a_gap_beyond_the_tolerance_is_missed() -> None:
    found = asked(lots(0.1))
    assert found.exact_m == 20.0
    assert found.tolerant_m == 0.0
    assert found.missed_m == pytest.approx(60, abs=1e-9)
    assert found.recall == pytest.approx(20 / 80)
    assert found.doubtful


def test_only_what_lies_within_ten_tolerances_is_missed() -> None:
    assert asked(lots(0.499)).missed_m == pytest.approx(60, abs=1e-9)
    assert asked(lots(0.501)).missed_m == 0.0
    assert asked(lots(0.501), 0.06).missed_m == pytest.approx(60, abs=1e-9)


def test_an_overlap_beyond_the_tolerance_is_missed_too() -> None:
    found = asked(lots(-0.12))
    assert found.missed_m == pytest.approx(60, abs=1e-9)
    assert found.suggested_tolerance_m == pytest.approx(0.13)


def test_sides_that_part_at_a_corner_are_not_missed() -> None:
    """Beyond their border the two draw apart, through all distances."""
    north = Polygon([(0, 20), (30, 20), (90, 40), (90, 80), (0, 80)])
    found = asked(layer({"s": box(0, 0, 90, 20), "n": north}))
    assert found.exact_m + found.tolerant_m == pytest.approx(30, abs=0.01)
    assert found.missed_m == pytest.approx(0, abs=0.01)
    assert found.suggested_tolerance_m == 0.05


@pytest.mark.parametrize("shapes", [{}, {"a": None}, {"a": box(0, 0, 9, 9)}])
def test_no_neighbors_leave_no_recall_and_no_doubt(shapes: dict[str, object]) -> None:
    found = asked(layer(shapes))
    assert found == Recall(0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0)
    assert found.recall is None
    assert not found.doubtful


# --- the suggestion ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap_m", "suggested_m"), [(0.06, 0.061), (0.0731, 0.074), (0.1, 0.11), (0.149, 0.15)]
)
def test_the_suggestion_is_the_next_number_of_two_digits(gap_m: float, suggested_m: float) -> None:
    assert suggested_m > gap_m
    found = asked(lots(gap_m))
    assert found.suggested_tolerance_m == pytest.approx(suggested_m, rel=0.02)
    assert found.suggested_tolerance_m > gap_m
    assert float(f"{found.suggested_tolerance_m:.1e}") == found.suggested_tolerance_m


@pytest.mark.parametrize("gap_m", [0.06, 0.1, 0.14, -0.12])
def test_a_suggestion_taken_is_suggested_again(gap_m: float) -> None:
    parcels = lots(gap_m)
    better_m = asked(parcels).suggested_tolerance_m
    assert better_m is not None
    found = asked(parcels, better_m)
    assert found.suggested_tolerance_m == better_m
    assert found.recall == pytest.approx(1.0)
    assert not found.doubtful


def test_gaps_more_than_three_tolerances_wide_are_taken_for_lanes() -> None:
    found = asked(lots(0.16))
    assert found.suggested_tolerance_m == 0.05
    assert not found.doubtful
    assert found.missed_m == pytest.approx(60, abs=1e-9)


def test_the_smallest_clear_tolerance_is_suggested() -> None:
    """Up to 0.12 m the gaps follow each other too closely; then comes nothing below 0.39 m."""
    found = asked(row(0.06, 0.12, 0.4))
    assert found.suggested_tolerance_m == pytest.approx(0.13)


def test_distances_spread_evenly_suggest_nothing() -> None:
    gaps_m = [0.06 * 1.5**k for k in range(9)]  # up to 1.54 m, 30 tolerances
    found = asked(row(*gaps_m))
    assert found.suggested_tolerance_m is None
    assert found.doubtful
    assert found.missed_m == pytest.approx(20 * sum(gap_m <= 0.5 for gap_m in gaps_m), abs=1e-6)


def test_a_thousandth_of_all_borders_may_lie_between() -> None:
    """A single stray gap does not move the tolerance of a large layer."""
    wall = [box(x, 0, x + 30, 500) for x in range(0, 1500, 30)]
    stray = [box(0, 500.1, 20, 530), box(30, 500.1, 34, 530)]
    for extra, clear in ((stray, True), ([*stray, box(60, 500.1, 82, 530)], False)):
        shapes = [*wall, *extra]
        found = asked(layer({f"p{i:02d}": shape for i, shape in enumerate(shapes)}))
        assert found.exact_m == 49 * 500
        assert (found.suggested_tolerance_m == 0.05) == clear


# --- narrow parcels ----------------------------------------------------------------------------


def test_narrow_parcels_make_the_tolerance_doubtful() -> None:
    shapes = {"a": box(0, 0, 30, 20), "strip": box(30, 0, 30.09, 20), "b": box(30.09, 0, 60, 20)}
    found = asked(layer(shapes))
    assert found.narrow_share == pytest.approx(1 / 3)
    assert found.suggested_tolerance_m == 0.05
    assert found.doubtful
    assert asked(layer(shapes), 0.04).narrow_share == 0.0
    assert not asked(layer(shapes), 0.04).doubtful


def test_the_width_of_a_parcel_is_twice_its_area_by_its_outline() -> None:
    shapes = {"strip": box(0, 0, 0.102, 2.0)}  # 2 A / P = 0.09705 m
    assert asked(layer(shapes), 0.0485).narrow_share == 0.0
    assert asked(layer(shapes), 0.0486).narrow_share == 1.0


# --- layers ------------------------------------------------------------------------------------


def test_a_clean_city_is_found_whole() -> None:
    parcels = street_blocks(1000)
    found = asked(parcels)
    assert found.exact_m == pytest.approx(shared_edges(parcels).sum(), abs=1e-6)
    assert (found.tolerant_m, found.missed_m, found.recall) == (0.0, 0.0, 1.0)
    assert not found.doubtful


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_noisy_city_asks_for_a_larger_tolerance(seed: int) -> None:
    """Vertices of each second lot were moved by up to 0.2 m."""
    parcels = street_blocks(1000, noisy=True, seed=seed)
    true_m = shared_edges(street_blocks(1000, seed=seed)).sum()
    small = asked(parcels, 0.05)
    assert small.recall is not None
    assert small.recall < 0.7
    assert small.doubtful
    assert small.exact_m + small.tolerant_m + small.missed_m == pytest.approx(true_m, rel=0.01)
    better_m = small.suggested_tolerance_m
    assert better_m is not None
    assert 0.2 < better_m < 0.45
    better = asked(parcels, better_m)
    assert better.suggested_tolerance_m == better_m
    assert better.recall is not None
    assert better.recall > 0.999
    assert not better.doubtful
    assert better.exact_m + better.tolerant_m == pytest.approx(true_m, rel=0.005)


def test_the_answer_does_not_depend_on_the_order_of_rows() -> None:
    parcels = street_blocks(200, noisy=True)
    expected = asked(parcels, 0.1)
    assert asked(parcels.sample(frac=1, random_state=2), 0.1) == expected
    turned = asked(moved(parcels, degrees=40), 0.1)
    assert turned.missed_m == pytest.approx(expected.missed_m, rel=1e-4)
    assert turned.suggested_tolerance_m == expected.suggested_tolerance_m


def test_other_parcels_than_those_traced_are_refused() -> None:
    boundary = trace(lots(0))
    with pytest.raises(TableError, match=r"some that were traced are not among them \(c\)"):
        recall(boundary, lots(0).drop(index="c"))
