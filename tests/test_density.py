"""Densities of single parcels, computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gisland.measure.density import better_known, floor_column, parcel_densities

NAN = float("nan")


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


def test_every_density_of_a_parcel() -> None:
    lot = pd.DataFrame(
        {
            "area_m2": [1000.0],
            "floor_area_m2": [1500.0],  # 300 of it underground
            "above_floor_m2": [1200.0],
            "counted_floor_area_m2": [2400.0],
            "footprint_m2": [400.0],
            "green_m2": [250.0],
            "tax_yuan": [3000.0],  # on 1.5 mu
            "output_yuan": [-150.0],
            "investment_yuan": [0.0],
            "jobs": [12.0],
        }
    )
    assert parcel_densities(lot).iloc[0].to_dict() == {
        "floor_m2": 2400.0,
        "far": 2.4,
        "far_actual": 1.5,
        "coverage": 0.4,
        "green_ratio": 0.25,
        "mean_storeys": 3.0,
        "tax_yuan_per_mu": 2000.0,
        "output_yuan_per_mu": -100.0,
        "investment_yuan_per_mu": 0.0,
        "jobs_per_mu": 8.0,
    }


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
    assert found.loc["a", ["floor_m2", "far", "far_actual"]].tolist() == [800.0, 0.8, 0.5]
    assert found.loc["b"].isna().all()
    more = lots.assign(floor_area_m2=500.0)
    assert floor_column(more) == "floor_area_m2"
    assert parcel_densities(more)["far"].tolist() == [0.5, 0.5]  # the two are never mixed


def test_storeys_are_of_the_floors_above_ground_unless_the_whole_is_better_known() -> None:
    lots = pd.DataFrame(
        {
            "area_m2": [1000.0, 1000.0],
            "floor_area_m2": [900.0, 600.0],
            "above_floor_m2": [600.0, 600.0],
            "footprint_m2": [300.0, 300.0],
        }
    )
    assert parcel_densities(lots)["mean_storeys"].tolist() == [2.0, 2.0]
    lots.loc[1, "above_floor_m2"] = NAN
    assert parcel_densities(lots)["mean_storeys"].tolist() == [3.0, 2.0]
    assert "mean_storeys" not in parcel_densities(lots.drop(columns="footprint_m2"))
    bare = lots.drop(columns=["floor_area_m2", "above_floor_m2"])
    assert "mean_storeys" not in parcel_densities(bare)


def test_impossible_values_stay_visible() -> None:
    lot = pd.DataFrame(
        {"area_m2": [100.0], "floor_area_m2": [9e5], "footprint_m2": [150.0], "green_m2": [300.0]}
    )
    found = parcel_densities(lot)[["far", "coverage", "green_ratio"]]
    assert found.to_numpy().tolist() == [[9000.0, 1.5, 3.0]]


def test_nothing_is_divided_by_nothing() -> None:
    lots = pd.DataFrame(
        {"area_m2": [100.0, 0.0], "floor_area_m2": [0.0, 5.0], "footprint_m2": [0.0, 0.0]}
    )
    found = parcel_densities(lots)
    assert found["far"].fillna(-1).tolist() == [0.0, -1.0]
    assert found["mean_storeys"].isna().all()  # no building has no storeys, not infinitely many


def test_what_the_layer_lacks_is_no_column() -> None:
    lots = pd.DataFrame({"area_m2": [100.0, None]}, index=["a", "b"])
    assert parcel_densities(lots).columns.tolist() == []
    assert parcel_densities(lots).index.tolist() == ["a", "b"]
    assert floor_column(lots) is None
    assert better_known(lots.assign(x=NAN), ("x", "y")) is None
    only = parcel_densities(lots.assign(footprint_m2=[30.0, 30.0]))
    assert only.columns.tolist() == ["coverage"]
    assert only["coverage"].isna().tolist() == [False, True]


def test_input_stays_as_it_was() -> None:
    lots = pd.DataFrame({"area_m2": [1.0, 2.0], "floor_area_m2": [1.0, None], "footprint_m2": 1.0})
    before = lots.copy(deep=True)
    assert np.isnan(parcel_densities(lots)["far"].iloc[1])
    pd.testing.assert_frame_equal(lots, before)
