from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

from districts import frame
from gisland.base.parameters import Parameters
from gisland.measure.built.floors import building_amounts

HALL = box(0, 0, 20, 50)  # 1000 m²
AREAS = ["floor_area_m2", "counted_floor_area_m2"]


def amounts(
    shape: object = HALL, *, parameters: dict[str, object] | None = None, **row: object
) -> pd.Series:
    """Amounts of one building."""
    columns = {name: [value] for name, value in row.items()}
    one = frame({"h": shape}, "building_id", **columns)
    return building_amounts(one, parameters=Parameters.from_mapping(parameters or {})).loc["h"]


ESTIMATE: dict[str, object] = {"estimate_floors": "height"}


# --- floors given -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floors", "storey", "counted"), [(1, 8.0, 1000), (1, 8.1, 2000), (2, 12.0, 4000)]
)
def test_storeys_above_eight_metres_count_twice_and_only_those(
    floors: float, storey: float, counted: float
) -> None:
    found = amounts(floors=floors, floor_height_m=storey)
    assert found[AREAS].tolist() == [1000 * floors, counted]
    assert found["floors_from"] == "given"
    assert found["above_floor_m2"] == 1000 * floors
    assert found["estimated_m2"] == 0


def test_the_height_that_counts_twice_is_a_parameter() -> None:
    found = amounts(floors=1, floor_height_m=6.0, parameters={"high_storey_m": 5.5})
    assert found[AREAS].tolist() == [1000, 2000]


@pytest.mark.parametrize(
    ("floors", "height", "storey", "counted"),
    [
        (1, 9.0, 9.0, 2000),
        (3, 24.0, 8.0, 3000),
        (3, 24.3, 8.1, 6000),
        (1.5, 12.0, 8.0, 1500),
        (0.5, 6.0, 6.0, 500),  # a storey is no higher than the whole
        (7, 56.0, 8.0, 7000),
    ],
)
def test_without_a_storey_height_it_is_the_mean_of_the_height(
    floors: float, height: float, storey: float, counted: float
) -> None:
    found = amounts(floors=floors, height_m=height)
    assert found["floor_height_m"] == pytest.approx(storey)
    assert found["counted_floor_area_m2"] == counted


def test_rounding_makes_no_storey_high() -> None:
    """3 x 2.7 m / 3 is a little more than 2.7 m in floating numbers."""
    found = amounts(floors=3, height_m=2.7 * 3, parameters={"high_storey_m": 2.7})
    assert found["floor_height_m"] > 2.7
    assert found[AREAS].tolist() == [3000, 3000]


def test_a_storey_height_given_wins_over_the_mean() -> None:
    found = amounts(floors=2, height_m=20.0, floor_height_m=4.5)
    assert found["floor_height_m"] == 4.5
    assert found["counted_floor_area_m2"] == 2000


@pytest.mark.parametrize("height", [None, 0.0])
def test_no_height_is_none_and_counts_once(height: float | None) -> None:
    found = amounts(floors=2, height_m=height, floor_height_m=height)
    assert found[AREAS].tolist() == [2000, 2000]
    assert found[["height_m", "floor_height_m"]].isna().all()


def test_underground_is_actual_and_not_counted() -> None:
    found = amounts(floors=3, underground_floor_area_m2=500.0)
    assert found[AREAS].tolist() == [3500, 3000]
    assert found[["above_floor_m2", "underground_floor_area_m2"]].tolist() == [3000, 500]
    assert amounts(floors=3, underground_floor_area_m2=None)[AREAS].tolist() == [3000, 3000]


def test_an_underground_building_has_no_floor_above() -> None:
    found = amounts(floors=0, underground_floor_area_m2=900.0, height_m=3.0)
    assert found[AREAS].tolist() == [900, 0]
    assert found["floors"] == 0


def test_yards_are_not_footprint() -> None:
    ring = box(0, 0, 20, 20) - box(5, 5, 15, 15)
    assert amounts(ring, floors=2)[["footprint_m2", *AREAS]].tolist() == [300, 600, 600]


def test_footprints_are_on_the_basis_of_the_run() -> None:
    far = box(580_000, 0, 580_100, 100)  # beside the meridian: the plane is larger
    plane = amounts(far, floors=2)["floor_area_m2"]
    ellipsoidal = amounts(far, floors=2, parameters={"area_basis": "ellipsoidal"})["floor_area_m2"]
    assert plane == pytest.approx(20_000)
    assert ellipsoidal != pytest.approx(20_000, abs=1)
    assert ellipsoidal == pytest.approx(20_000, rel=0.05)


# --- floor area given ---------------------------------------------------------------------------


def test_a_floor_area_of_its_own_wins_over_the_product() -> None:
    found = amounts(floors=3, floor_area_m2=2800.0, counted_floor_area_m2=2700.0)
    assert found[AREAS].tolist() == [2800, 2700]
    assert found[["floors", "floors_from"]].tolist() == [3, "given"]
    assert found["above_floor_m2"] == 2800


def test_counted_follows_from_actual() -> None:
    found = amounts(floor_area_m2=2500.0, underground_floor_area_m2=500.0)
    assert found[AREAS].tolist() == [2500, 2000]
    assert found[["floors", "floors_from"]].tolist() == [2, "floor_area"]
    high = amounts(floor_area_m2=2500.0, underground_floor_area_m2=500.0, floor_height_m=9.0)
    assert high["counted_floor_area_m2"] == 4000
    hall = amounts(floor_area_m2=1000.0, height_m=12.0)  # one storey of 12 m
    assert hall[["floors", "floor_height_m", "counted_floor_area_m2"]].tolist() == [1, 12, 2000]
    three = amounts(floor_area_m2=3000.0, height_m=12.0)
    assert three[["floors", "floor_height_m", "counted_floor_area_m2"]].tolist() == [3, 4, 3000]


def test_actual_follows_from_counted() -> None:
    found = amounts(counted_floor_area_m2=2000.0, underground_floor_area_m2=500.0)
    assert found[AREAS].tolist() == [2500, 2000]
    assert found[["floors", "floors_from"]].tolist() == [2, "floor_area"]
    high = amounts(counted_floor_area_m2=2000.0, floor_height_m=9.0)
    assert high[["floor_area_m2", "floors"]].tolist() == [1000, 1]
    given = amounts(counted_floor_area_m2=2000.0, floors=1, height_m=9.0)
    assert given[["floor_area_m2", "above_floor_m2"]].tolist() == [1000, 1000]
    low = amounts(counted_floor_area_m2=2000.0, height_m=8.0)  # no storey of it can be high
    assert low["floor_area_m2"] == 2000


def test_actual_does_not_follow_where_storeys_may_be_high() -> None:
    """2000 m² counted in 9 m over 1000 m²: two storeys, or one that counts twice."""
    found = amounts(counted_floor_area_m2=2000.0, height_m=9.0)
    assert found["counted_floor_area_m2"] == 2000
    assert found[["floor_area_m2", "above_floor_m2", "estimated_m2", "floors"]].isna().all()
    assert found["floors_from"] == "missing"


def test_an_area_below_the_underground_is_left_as_it_is_and_nothing_follows_from_it() -> None:
    found = amounts(floor_area_m2=400.0, underground_floor_area_m2=500.0)
    assert found["floor_area_m2"] == 400
    assert found[["counted_floor_area_m2", "above_floor_m2"]].isna().all()
    assert found["floors_from"] == "missing"
    known = amounts(floor_area_m2=400.0, underground_floor_area_m2=500.0, floors=2)
    assert known[AREAS].tolist() == [400, 2000]


# --- floors missing -----------------------------------------------------------------------------


def test_without_a_number_of_floors_only_the_footprint_is_known() -> None:
    known = {"height_m": 12.0, "underground_floor_area_m2": 10.0}
    for found in (amounts(floors=None, **known), amounts(), amounts(**known)):
        assert found["footprint_m2"] == 1000
        assert found[[*AREAS, "above_floor_m2", "estimated_m2", "floors"]].isna().all()
        assert found["floors_from"] == "missing"


@pytest.mark.parametrize(
    ("height", "storey", "floors"),
    [
        (12.0, None, 4),
        (10.4, None, 3),
        (10.5, None, 4),  # half a storey is one
        (1.0, None, 1),
        (12.0, 5.0, 2),
        (12.0, 0.0, 4),
        (7.35, 2.1, 4),  # 3.5 storeys, a little less in floating numbers
        (4.49, None, 1),
    ],
)
def test_floors_are_estimated_by_height_if_asked_for(
    height: float, storey: float | None, floors: float
) -> None:
    found = amounts(height_m=height, floor_height_m=storey, parameters=ESTIMATE)
    assert found[["floors", "floors_from"]].tolist() == [floors, "height"]
    assert found["floor_area_m2"] == found["estimated_m2"] == 1000 * floors
    assert amounts(height_m=height, floor_height_m=storey)["floors_from"] == "missing"


def test_the_storey_height_of_estimates_is_a_parameter() -> None:
    found = amounts(height_m=9.0, parameters=ESTIMATE | {"storey_height_m": 9.0})
    assert found["floors"] == 1
    assert found[AREAS].tolist() == [1000, 2000]  # one storey of 9 m


def test_what_is_given_is_not_estimated() -> None:
    for given in ({"floors": 2}, {"floor_area_m2": 2000.0}, {"counted_floor_area_m2": 2000.0}):
        found = amounts(height_m=8.0, parameters=ESTIMATE, **given)
        assert found["floor_area_m2"] == 2000
        assert found["estimated_m2"] == 0
        assert found["floors_from"] != "height"


def test_the_underground_is_no_estimate() -> None:
    found = amounts(height_m=6.0, underground_floor_area_m2=70.0, parameters=ESTIMATE)
    assert found[["floor_area_m2", "estimated_m2"]].tolist() == [2070, 2000]


@pytest.mark.parametrize("height", [None, 0.0])
def test_without_a_height_nothing_is_estimated(height: float | None) -> None:
    found = amounts(height_m=height, floor_height_m=3.0, parameters=ESTIMATE)
    assert found["floors_from"] == "missing"
    assert found[AREAS].isna().all()


# --- no usable polygon --------------------------------------------------------------------------

BOW = Polygon([(0, 0), (4, 4), (4, 0), (0, 2)])  # its signed area is not 0


@pytest.mark.parametrize("shape", [None, Polygon(), BOW, box(0, 0, 5, 0)])
def test_without_a_usable_polygon_the_footprint_is_missing(shape: object) -> None:
    found = amounts(shape, floors=2)
    assert found[["footprint_m2", *AREAS]].isna().all()
    assert found["floors"] == 2
    own = amounts(shape, floor_area_m2=300.0)
    assert own[AREAS].tolist() == [300, 300]
    assert own["floors_from"] == "floor_area"
    assert np.isnan(own["floors"])


# --- tables -------------------------------------------------------------------------------------


def test_rows_are_judged_one_by_one_in_their_order_and_input_stays() -> None:
    given = {"floors": [2, None, 1], "height_m": [None, 9.0, 9.0], "floor_area_m2": [None, 7.0, 8]}
    columns = {
        k: pd.array(v, dtype="Int64" if k == "floors" else "Float64") for k, v in given.items()
    }
    buildings = frame({"b": HALL, "a": HALL, "c": HALL}, "building_id", **columns)
    before = buildings.copy(deep=True)
    found = building_amounts(buildings, parameters=Parameters())
    assert found.index.tolist() == ["b", "a", "c"]
    assert found["floor_area_m2"].tolist() == [2000, 7, 8]
    assert found["floors_from"].tolist() == ["given", "floor_area", "given"]
    turned = building_amounts(buildings.iloc[::-1], parameters=Parameters())
    pd.testing.assert_frame_equal(turned.loc[found.index], found)
    pd.testing.assert_frame_equal(buildings, before)


def test_no_building_at_all() -> None:
    none = frame({"h": HALL}, "building_id").iloc[:0]
    found = building_amounts(none, parameters=Parameters())
    assert found.empty
    assert found.columns.tolist()[:3] == ["floors", "floors_from", "height_m"]


# --- a published case ---------------------------------------------------------------------------


def test_high_storeys_explain_the_far_of_case_five() -> None:
    """Case 5 (常州天宁): 101.63 mu, about 100 000 m² in 2 to 4 storeys, some 8.1 m and 12 m high.

    FAR 2.02 and coverage 51.58 % are published; 100 000 m² on that land are 1.476. With 17 699.3 m²
    of two storeys of 8.1 m, a hall of 1463.1 m² and 12 m, and four storeys on the rest of the
    footprint both hold.
    """
    land = 101.63 * 10_000 / 15
    sides = {"mill": 17_699.3, "hall": 1463.1, "shops": 15_784.6}
    shapes = {name: box(0, 0, 100, m2 / 100) for name, m2 in sides.items()}
    high = {"floors": [2, 1, 4], "floor_height_m": [8.1, 12.0, 4.0]}
    buildings: gpd.GeoDataFrame = frame(shapes, "building_id", **high)
    total = building_amounts(buildings, parameters=Parameters())[["footprint_m2", *AREAS]].sum()
    coverage, actual, counted = (total / land).tolist()
    assert round(coverage, 4) == 0.5158
    assert round(actual, 3) == 1.476
    assert round(counted, 2) == 2.02
    plain = building_amounts(buildings, parameters=Parameters(high_storey_m=12.0))
    assert round(plain["counted_floor_area_m2"].sum() / land, 3) == 1.476
