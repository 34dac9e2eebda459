from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gisland.measure.density import (
    COLUMNS,
    Holding,
    floor_column,
    indicators,
    parcel_densities,
    planned_floor_m2,
)

NAN = float("nan")
UNPLANNED = {"floor_m2": NAN, "before_m2": NAN, "after_m2": NAN}


def values(
    lots: pd.DataFrame, pieces: list[float] | None = None, planned: dict[str, float] | None = None
) -> pd.DataFrame:
    before = Holding(lots, lots["area_m2"].dropna().to_numpy())
    after = Holding(lots, np.array(pieces)) if pieces is not None else before
    return indicators("overall", before, after, planned=planned or UNPLANNED).set_index("indicator")


@pytest.mark.parametrize(
    ("floor_m2", "land_m2", "far"),
    [
        (47_800, 63_000, 0.759),  # Beijing, before: published 0.76
        (116_800, 63_000, 1.854),  # the same, after: 2.0 is published, of a smaller net site
        (100_000, 101.63 * 10_000 / 15, 1.476),  # Changzhou: 2.02 counts high storeys twice
    ],
)
def test_published_cases(floor_m2: float, land_m2: float, far: float) -> None:
    lot = pd.DataFrame({"area_m2": [land_m2], "floor_area_m2": [float(floor_m2)]})
    assert parcel_densities(lot)["far"].round(3).item() == far


def test_far_is_taken_from_the_floor_area_that_is_known_for_more_parcels() -> None:
    lots = pd.DataFrame(
        {
            "area_m2": [1000.0, 1000.0],
            "floor_area_m2": [500.0, NAN],
            "counted_floor_area_m2": [800.0, NAN],
        },
        index=["a", "b"],
    )
    found = parcel_densities(lots)
    assert floor_column(lots) == "counted_floor_area_m2"  # of equals the counted one
    assert found.loc["a", ["floor_m2", "far"]].tolist() == [800.0, 0.8]
    assert found.loc["b"].isna().all()
    more = lots.assign(floor_area_m2=500.0)
    assert floor_column(more) == "floor_area_m2"
    assert parcel_densities(more)["far"].tolist() == [0.5, 0.5]  # the two are never mixed


def test_impossible_values_stay_visible() -> None:
    lot = pd.DataFrame({"area_m2": [100.0], "floor_area_m2": [9e5], "footprint_m2": [150.0]})
    assert parcel_densities(lot)[["far", "coverage"]].to_numpy().tolist() == [[9000.0, 1.5]]


def test_what_the_layer_lacks_is_no_column() -> None:
    lots = pd.DataFrame({"area_m2": [100.0, None]}, index=["a", "b"])
    assert parcel_densities(lots).columns.tolist() == []
    assert parcel_densities(lots).index.tolist() == ["a", "b"]
    assert floor_column(lots) is None
    only = parcel_densities(lots.assign(footprint_m2=[30.0, 30.0]))
    assert only.columns.tolist() == ["coverage"]
    assert only["coverage"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("planned_far", "scenario", "expected"),
    [
        (2.0, "far_max", 2000.0),
        (2.0, "far_min", 2000.0),
        (2.0, "keep", 700.0),
        (NAN, "far_max", 700.0),
        (0.0, "far_max", 0.0),
    ],
)
def test_planned_floor_area(planned_far: float, scenario: str, expected: float) -> None:
    assert planned_floor_m2(1000.0, 700.0, planned_far=planned_far, scenario=scenario) == expected


def test_planned_floor_area_is_missing_where_nothing_is_known() -> None:
    assert np.isnan(planned_floor_m2(1000.0, NAN, planned_far=NAN, scenario="far_max"))
    assert np.isnan(planned_floor_m2(1000.0, NAN, planned_far=2.0, scenario="keep"))


def test_a_total_is_missing_if_it_is_for_one_parcel_with_land() -> None:
    lots = pd.DataFrame({"area_m2": [10.0, 20.0, NAN], "tax_yuan": [1.0, 2.0, NAN]})
    held = Holding(lots, np.array([10.0, 20.0]))
    assert held.land_m2 == 30.0
    assert held.total("tax_yuan") == 3.0  # the parcel without geometry has no say
    lots.loc[0, "tax_yuan"] = NAN
    assert np.isnan(held.total("tax_yuan"))
    assert np.isnan(held.total("output_yuan"))
    assert np.isnan(Holding(lots.iloc[:0], np.array([])).total("tax_yuan"))


def test_every_indicator_of_a_small_district() -> None:
    lots = pd.DataFrame(
        {
            "area_m2": [6000.0, 3000.0, 1000.0],
            "owner": ["A", "A", None],
            "floor_area_m2": [3000.0, 0.0, 1000.0],
            "counted_floor_area_m2": [4000.0, 0.0, 1000.0],
            "floor_m2": [4000.0, 0.0, 1000.0],
            "footprint_m2": [3000.0, 0.0, 500.0],
            "green_m2": [600.0, 300.0, 100.0],
            "tax_yuan": [15.0, 0.0, 15.0],
            "output_yuan": [150.0, 0.0, 0.0],
            "investment_yuan": [0.0, 0.0, 30.0],
        }
    )
    planned = {"floor_m2": 20_000.0, "before_m2": 18_000.0, "after_m2": 20_000.0}
    found = values(lots, [9000.0, 1000.0], planned)
    expected = {
        "parcels": (3, 2),
        "owners": (1, 1),
        "land_area": (10_000, 10_000),
        "floor_area": (4000, NAN),  # what stands will not stay
        "counted_floor_area": (5000, 20_000),
        "far": (0.5, 2.0),
        "coverage": (0.35, 0.35),
        "green_ratio": (0.1, 0.1),
        "tax_per_mu": (2, 2),  # 30 yuan on 15 mu
        "output_per_mu": (10, 10),
        "investment_per_mu": (2, 2),
        "mean_parcel_area": (10_000 / 3, 5000),
        "median_parcel_area": (3000, 5000),
        "effective_mesh_size": (4600, 8200),  # (36 + 9 + 1) and (81 + 1) million over 10 000
    }
    for name, (before, after) in expected.items():
        assert found.loc[name, "before"] == pytest.approx(before), name
        assert found.loc[name, "after"] == pytest.approx(after, nan_ok=True), name
        assert found.loc[name, "delta"] == pytest.approx(after - before, nan_ok=True), name
    assert found.loc["capacity_gained", "after"] == 2000
    assert found.loc["capacity_gained", ["before", "delta"]].isna().all()
    assert set(found.index) == {*expected, "capacity_gained"}


def test_units_and_denominators() -> None:
    lots = pd.DataFrame({"area_m2": [100.0], "floor_m2": [50.0], "tax_yuan": [1.0]})
    found = values(lots)[["unit", "denominator"]]
    assert found.loc["far"].tolist() == ["ratio", "land_area"]
    assert found.loc["tax_per_mu"].tolist() == ["yuan/mu", "land_area"]
    assert found.loc["land_area"].tolist() == ["m2", ""]


def test_the_mesh_is_the_area_itself_for_one_parcel() -> None:
    found = values(pd.DataFrame({"area_m2": [700.0]}))
    names = ["mean_parcel_area", "median_parcel_area", "effective_mesh_size"]
    assert found.loc[names, "before"].tolist() == [700.0] * 3


def test_what_is_not_known_is_left_out() -> None:
    found = values(pd.DataFrame({"area_m2": [700.0], "owner": [None], "tax_yuan": [NAN]}))
    assert found.index.tolist() == [
        "parcels",
        "land_area",
        "mean_parcel_area",
        "median_parcel_area",
        "effective_mesh_size",
    ]


def test_no_land_divides_nothing_by_zero() -> None:
    empty = pd.DataFrame({"area_m2": [], "owner": [], "floor_m2": []})
    found = values(empty, [], UNPLANNED | {"floor_m2": 5.0})
    assert found["before"].to_dict() == {"parcels": 0.0, "land_area": 0.0}
    assert found.reset_index().columns.tolist() == [
        "indicator",
        *[c for c in COLUMNS if c != "indicator"],
    ]


def test_input_stays_as_it_was() -> None:
    lots = pd.DataFrame({"area_m2": [1.0, 2.0], "floor_area_m2": [1.0, None], "footprint_m2": 1.0})
    before = lots.copy(deep=True)
    parcel_densities(lots)
    values(lots)
    pd.testing.assert_frame_equal(lots, before)
