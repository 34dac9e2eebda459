"""Amounts from the parcel up: drawn zones, the units that they are parted into, the whole."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from districts import MU_M2, at, lots
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.detect.detection import detect
from gisland.detect.facts import shape_facts
from gisland.measure.density import parcel_densities
from gisland.measure.sums.indicators import indicator_table
from gisland.measure.sums.subjects import members_of_subjects
from gisland.topology.borders import borders

SHAPES = {"a": at(0, 0, 100, 100), "b": at(100, 0, 50, 100), "c": at(150, 0, 150, 100)}
SHAPES["d"] = at(600, 0, 100, 100)
AMOUNTS = {
    "tax_yuan": [300.0, 150.0, 900.0, 60.0],
    "output_yuan": [3000.0, 0.0, 4500.0, 30.0],
    "investment_yuan": [15.0, 30.0, 45.0, 75.0],
    "jobs": [30.0, 15.0, 0.0, 90.0],
    "floor_area_m2": [10_000.0, 2500.0, 30_000.0, 5000.0],
}
UNITS = {"a": "Z01-1", "b": "Z01-1", "c": "Z01-2"}


def district() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Parcels with densities, zone and unit, and the indicators of all subjects."""
    parcels = lots(SHAPES, **AMOUNTS)
    table = borders(parcels)
    facts = shape_facts(parcels, table, area_basis="plane")
    facts = facts.join(parcel_densities(facts))
    zones = gpd.GeoDataFrame(
        geometry=[at(-5, -5, 310, 120), at(590, -5, 50, 50), at(590, -5, 120, 110)],
        index=pd.Index(["Z01", "Z02", "Z03"], name="zone_id"),
        crs=parcels.crs,
    )
    found = detect(facts, table, choices=Choices(load_rules("tianjin-2024")), drawn_zones=zones)
    frame = found.parcels.assign(unit_id=pd.Series(UNITS, dtype="str"))
    same = {"parcel_id": frame.index, "after_id": frame.index, "role": "kept"}
    lineage = pd.DataFrame(same)
    labels = {name: frame[name] for name in ("zone_id", "unit_id")}
    members = members_of_subjects(frame.index, lineage, **labels)
    rows = indicator_table(
        frame, lineage, members, planned_far=pd.Series(dtype="float64"), matrix=None
    )
    return frame, rows.set_index(["subject", "indicator"])["before"].unstack()  # noqa: PD010


def test_zones_and_their_units_add_up_from_the_parcels() -> None:
    frame, found = district()
    assert frame["zone_id"].tolist() == ["Z01", "Z01", "Z01", "Z03"]
    assert sorted(found.index) == ["overall", "unit:Z01-1", "unit:Z01-2", "zone:Z01", "zone:Z03"]
    # 15 mu each hold 10,000 m2
    assert found["land_area_mu"].to_dict() == pytest.approx(
        {"overall": 60, "zone:Z01": 45, "unit:Z01-1": 22.5, "unit:Z01-2": 22.5, "zone:Z03": 15}
    )
    assert found["tax_per_mu"].to_dict() == pytest.approx(
        {"overall": 23.5, "zone:Z01": 30, "unit:Z01-1": 20, "unit:Z01-2": 40, "zone:Z03": 4}
    )
    assert found.loc["zone:Z01", ["output", "investment", "jobs"]].tolist() == [7500.0, 90.0, 45.0]
    assert found.loc["unit:Z01-1", "far"] == pytest.approx(12_500 / 15_000)


@pytest.mark.parametrize("name", ["tax", "output", "investment", "jobs"])
def test_a_ratio_of_a_subject_is_that_of_its_parcels_by_their_land(name: str) -> None:
    frame, found = district()
    ratio = f"{name}_per_mu" if name == "jobs" else f"{name}_yuan_per_mu"
    land = frame["area_m2"] / MU_M2
    assert frame[ratio].to_numpy() == pytest.approx(AMOUNTS[ratio.removesuffix("_per_mu")] / land)
    for prefix, label in (("zone:", "zone_id"), ("unit:", "unit_id")):
        weighed = (frame[ratio] * land).groupby(frame[label]).sum() / land.groupby(
            frame[label]
        ).sum()
        for subject, value in weighed.items():
            assert found.loc[f"{prefix}{subject}", f"{name}_per_mu"] == pytest.approx(value)
