"""Which planning unit a parcel belongs to."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import box

from gisland.measure.unitids import unit_ids

UNITS = gpd.GeoDataFrame(
    geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], index=["U1", "U2"], crs=4547
)


def lots(**columns: object) -> gpd.GeoDataFrame:
    shapes = [box(10, 0, 20, 10), box(94, 0, 104, 10), box(197, 0, 207, 10), None]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=["in", "across", "edge", "n"], crs=4547)


def test_half_of_a_parcel_decides() -> None:
    found, told = unit_ids(lots(), UNITS)
    assert found is not None
    assert found.fillna("-").to_dict() == {"in": "U1", "across": "U1", "edge": "-", "n": "-"}
    assert [row["message"] for row in told] == ["1 of 4 parcels lie in no planning unit"]


def test_the_column_goes_before_the_layer() -> None:
    found, told = unit_ids(lots(unit_id=[None, "U2", "U9", None]), UNITS)
    assert found is not None
    assert found.fillna("-").to_dict() == {"in": "U1", "across": "U2", "edge": "U9", "n": "-"}
    assert told == []


def test_the_column_alone_is_enough() -> None:
    found, told = unit_ids(lots(unit_id=["A", "A", None, None]), None)
    assert found is not None
    assert found.fillna("-").tolist() == ["A", "A", "-", "-"]
    assert told[0]["value"] == 1.0


@pytest.mark.parametrize("columns", [{}, {"unit_id": [None] * 4}])
def test_nothing_names_a_unit(columns: dict[str, object]) -> None:
    assert unit_ids(lots(**columns), None) == (None, [])
