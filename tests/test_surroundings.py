"""What runs along a parcel, in layouts whose borders are plain to see."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon, box

from districts import frame
from gisland.base.errors import CRSError, TableError
from gisland.detect.surroundings import surroundings
from gisland.topology.borders import borders

COLUMNS = ["shared_m", "shared_share", "neighbors", "largest_neighbor", "largest_share"]
INNER = box(10, 10, 20, 20)
RING = box(0, 0, 30, 30) - INNER


def measured(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    return surroundings(parcels, borders(parcels))


def table(**border_m: float) -> pd.DataFrame:
    """Border table from lengths by ``focal_neighbor``, both directions."""
    pairs = {tuple(k.split("_")): v for k, v in border_m.items()}
    both = {**pairs, **{(b, a): v for (a, b), v in pairs.items()}}
    index = pd.MultiIndex.from_tuples(list(both), names=["focal", "neighbor"])
    return pd.DataFrame({"border_m": list(both.values())}, index=index)


def test_a_parcel_in_a_ring_and_the_ring() -> None:
    found = measured(frame({"ring": RING, "in": INNER}))
    assert found.columns.tolist() == COLUMNS
    assert found.loc["in"].tolist() == [40.0, 1.0, 1, "ring", 1.0]
    assert found.loc["ring"].tolist() == [40.0, 0.25, 1, "in", 0.25]  # 40 of 120 + 40 m


def test_one_long_side_and_two_short_ones() -> None:
    shapes = {"nw": box(0, 10, 8, 20), "ne": box(8, 10, 20, 20), "south": box(0, 0, 20, 10)}
    found = measured(frame(shapes))
    assert found.loc["south"].tolist() == [20.0, 20 / 60, 2, "ne", 12 / 60]
    assert found.loc["ne"].tolist() == [22.0, 22 / 44, 2, "south", 12 / 44]
    assert found.loc["nw"].tolist() == [18.0, 18 / 36, 2, "ne", 10 / 36]


def test_equal_borders_are_told_by_the_smallest_id_and_corners_do_not_count() -> None:
    cells = {
        str(n): box(n % 2 * 10, n // 2 * 10, n % 2 * 10 + 10, n // 2 * 10 + 10) for n in (3, 2)
    }
    cells |= {"10": box(0, 0, 10, 10), "9": box(10, 0, 20, 10)}
    found = measured(frame(cells))
    assert found["neighbors"].tolist() == [2] * 4
    assert found["largest_neighbor"].to_dict() == {"3": "2", "2": "10", "10": "2", "9": "10"}


def test_rounding_breaks_no_tie() -> None:
    lots = frame({k: box(10 * n, 0, 10 * n + 10, 10) for n, k in enumerate("abc")})
    found = surroundings(lots, table(c_a=10.0, c_b=10.0 + 1e-9))
    assert found.loc["c", "largest_neighbor"] == "a"
    longer = surroundings(lots, table(c_a=10.0, c_b=10.0 + 1e-5))
    assert longer.loc["c", "largest_neighbor"] == "b"


def test_alone_is_zero_and_what_is_not_drawn_is_missing() -> None:
    bow = Polygon([(100, 0), (110, 10), (110, 0), (100, 10)])
    shapes = {"alone": INNER, "bow": bow, "none": None, "empty": Polygon()}
    found = measured(frame(shapes))
    alone = found.loc["alone"]
    assert alone[["shared_m", "shared_share", "neighbors", "largest_share"]].tolist() == [0.0] * 4
    assert pd.isna(alone["largest_neighbor"])
    assert found.drop("alone").isna().all(axis=None)


def test_all_parts_count() -> None:
    """One part beside the neighbor and one inside it: 10 and 8 of 40 and 8 m."""
    hole = box(25, 4, 27, 6)
    two = MultiPolygon([box(10, 0, 20, 10), hole])
    found = measured(frame({"two": two, "one": box(20, 0, 40, 10) - hole}))
    assert found.loc["two"].tolist() == [18.0, 18 / 48, 1, "one", 18 / 48]
    assert found.loc["one"].tolist() == [18.0, 18 / 68, 1, "two", 18 / 68]


def test_a_gap_within_the_tolerance_is_none() -> None:
    shapes = {"in": box(10.03, 10.03, 19.97, 19.97), "ring": RING}
    lots = frame(shapes)
    assert measured(lots).loc["in", "largest_share"] == pytest.approx(1.0, abs=0.01)
    narrow = surroundings(lots, borders(lots, tolerance_m=0.02))
    assert narrow.loc["in", "shared_share"] == 0.0


def test_nothing_is_clipped() -> None:
    lots = frame({"a": box(0, 0, 5, 5), "b": box(0, 0, 5, 5), "c": box(0, 0, 5, 5)})
    found = surroundings(lots, table(a_b=20.0, a_c=15.0))
    assert found.loc["a"].tolist() == [35.0, 1.75, 2, "b", 1.0]


def test_row_order_makes_no_difference_and_is_kept() -> None:
    shapes = {
        f"p{n:02}": box(n % 5 + n / 99, n // 5, n % 5 + 1 + n / 99, n // 5 + 1) for n in range(25)
    }
    lots = frame(shapes)
    found, pairs = measured(lots), borders(lots)
    shuffled = lots.sample(frac=1.0, random_state=1)
    again = surroundings(shuffled, pairs.sample(frac=1.0, random_state=2))
    assert again.index.tolist() == shuffled.index.tolist()
    pd.testing.assert_frame_equal(again.sort_index(), found, check_exact=True)


def test_ids_that_are_numbers_stay_numbers() -> None:
    lots = gpd.GeoDataFrame(geometry=[RING, INNER, box(90, 0, 99, 9)], index=[7, 5, 6], crs=4547)
    largest = measured(lots)["largest_neighbor"]
    assert largest.dtype == "Int64"
    assert largest.fillna(-1).tolist() == [5, 7, -1]


def test_no_parcels_at_all() -> None:
    empty = frame({"a": INNER}).iloc[:0]
    found = measured(empty)
    assert found.columns.tolist() == COLUMNS
    assert len(found) == 0


def test_what_cannot_be_measured_is_refused() -> None:
    lots = frame({"a": INNER, "b": RING})
    pairs = borders(lots)
    with pytest.raises(TableError, match="some ids are not among the ids"):
        surroundings(lots.loc[["a"]], pairs)
    with pytest.raises(CRSError):
        surroundings(lots.set_crs(4490, allow_override=True), pairs)
    with pytest.raises(TableError, match="more than once"):
        surroundings(lots.iloc[[0, 1, 1]], pairs)


def test_lengths_add_up_to_what_is_not_free() -> None:
    lots = frame({"in": INNER, "ring": RING, "beside": box(30, 5, 37, 19)})
    found = measured(lots)
    assert math.isclose(found["shared_m"].sum(), 2 * (40 + 14))
