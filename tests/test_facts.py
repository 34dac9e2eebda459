from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon, box

from districts import frame
from gisland.base.errors import CRSError
from gisland.base.rulespecs import SHAPE_UNITS
from gisland.detect.facts import shape_facts
from gisland.topology.borders import borders

SHAPE = list(SHAPE_UNITS)
ADDED = ["area_m2", "area_mu", "perimeter_m", "width_m", *SHAPE, "free_m", "frontage_m"]
BY_HAND = ["area_m2", "area_mu", "perimeter_m", "width_m", "free_m", "frontage_m"]
ROADS = "frontage_road_m"
BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def facts(lots: gpd.GeoDataFrame, basis: str = "plane") -> gpd.GeoDataFrame:
    return shape_facts(lots, borders(lots), area_basis=basis)


def test_two_neighbors() -> None:
    found = facts(frame({"a": box(0, 0, 40, 50), "b": box(40, 0, 100, 50)}))
    assert found.loc["a", BY_HAND].round(4).tolist() == [2000, 3, 180, 40, 130, 130]
    assert found.loc["b", BY_HAND].round(4).tolist() == [3000, 4.5, 220, 50, 170, 170]


def test_holes_count_in_the_perimeter_and_not_in_the_area() -> None:
    found = facts(frame({"ring": box(0, 0, 100, 100) - box(30, 30, 70, 70)}))
    assert found.loc["ring", ["area_m2", "perimeter_m", "free_m"]].tolist() == [8400, 560, 560]


def test_parts_are_summed() -> None:
    found = facts(frame({"two": MultiPolygon([box(0, 0, 10, 10), box(50, 0, 70, 20)])}))
    assert found.loc["two", ["area_m2", "perimeter_m"]].tolist() == [500, 120]
    assert found.loc["two", "width_m"] == pytest.approx(20, abs=0.02)


@pytest.mark.parametrize("shape", [None, Polygon(), BOWTIE])
def test_without_usable_geometry_everything_is_missing(shape: Polygon | None) -> None:
    found = facts(frame({"bad": shape, "good": box(20, 0, 30, 10)}))
    assert found.loc["bad", ADDED].isna().all()
    assert found.loc["good", "area_m2"] == 100


def test_ellipsoidal_areas_are_larger_near_the_central_meridian() -> None:
    square = frame({"a": box(500_000, 3_400_000, 501_000, 3_401_000)})
    plane, ellipsoidal = facts(square), facts(square, "ellipsoidal")
    assert plane["area_m2"].item() == 1_000_000
    # the scale on the central meridian of EPSG:4547 is 1, so the two differ by hardly anything
    assert ellipsoidal["area_m2"].item() == pytest.approx(1_000_000, rel=1e-6)
    assert ellipsoidal["area_m2"].item() != plane["area_m2"].item()
    edge = frame({"a": box(640_000, 3_400_000, 641_000, 3_401_000)})  # 1.5° east
    smaller = facts(edge, "ellipsoidal")["area_m2"].item()
    # scale 1 + (x/R)²/2 in each direction: areas are too large by (140.5/6371)² = 0.049 %
    assert smaller == pytest.approx(1_000_000 * (1 - 0.000486), rel=1e-5)


def test_rows_keep_their_order_columns_pass_and_input_stays() -> None:
    lots = frame({"b": box(0, 0, 9, 9), "a": box(9, 0, 18, 9), "c": None}, note=["x", None, "z"])
    before = lots.copy(deep=True)
    found = facts(lots)
    assert found.index.tolist() == ["b", "a", "c"]
    assert found.index.name == "parcel_id"
    assert found.columns.tolist() == ["note", "geometry", *ADDED, ROADS]
    pd.testing.assert_frame_equal(lots, before)


def test_the_order_of_rows_does_not_matter() -> None:
    lots = frame({f"p{i}": box(i * 7.3, 0, i * 7.3 + 7.3, 11.1 + i) for i in range(9)})
    found = facts(lots)
    shuffled = facts(lots.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found, shuffled.loc[found.index])


def test_degrees_are_refused() -> None:
    lots = frame({"a": box(117, 39, 117.1, 39.1)})
    table = borders(lots)
    with pytest.raises(CRSError, match="4326"):
        shape_facts(lots.set_crs(4326, allow_override=True), table, area_basis="plane")
