from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from districts import frame, rule
from gisland.base.errors import GeometryError
from gisland.measure.constraints import (
    boundary_facts,
    exclusion_facts,
    with_boundary_share,
)

LOTS = frame(
    {"b": box(10, 0, 20, 10), "a": box(0, 0, 10, 10), "c": box(90, 0, 99, 9), "gone": None}
)


def test_exclusion_layers_count_together_and_their_overlap_once() -> None:
    red = frame({"r": box(0, 0, 4, 10)}, "boundary_id")
    farm = frame({"f": box(2, 0, 6, 10), "g": box(15, 0, 99, 10)}, "boundary_id")
    found = exclusion_facts(LOTS, {"red_line": red, "farmland": farm})["exclusion_m2"]
    assert found.round(9).drop("gone").to_dict() == {"b": 50, "a": 60, "c": 81}
    assert pd.isna(found["gone"])


def test_touching_an_exclusion_is_no_overlap() -> None:
    red = frame({"r": box(20, 0, 30, 10)}, "boundary_id")
    assert exclusion_facts(LOTS, {"red": red}).loc["b", "exclusion_m2"] == 0


def test_without_exclusions_there_is_no_column() -> None:
    found = exclusion_facts(LOTS, {})
    assert found.columns.tolist() == []
    assert found.index.equals(LOTS.index)


def test_exclusions_without_geometry_overlap_nothing() -> None:
    none = frame({"r": None}, "boundary_id")
    assert exclusion_facts(LOTS, {"red": none})["exclusion_m2"].dropna().tolist() == [0, 0, 0]


def test_an_invalid_exclusion_is_an_error_and_never_passed_over() -> None:
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    red = frame({"r": bowtie, "s": box(0, 0, 1, 1), "t": None}, "boundary_id")
    with pytest.raises(GeometryError, match=r"exclusions.red: 1 polygon invalid \(r\); mend"):
        exclusion_facts(LOTS, {"red": red})


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    red = frame({f"r{k}": box(k * 3.3, 0, k * 3.3 + 4.1, 7.7) for k in range(9)}, "boundary_id")
    before = [LOTS.copy(deep=True), red.copy(deep=True)]
    expected = exclusion_facts(LOTS, {"x": red})
    found = exclusion_facts(LOTS.iloc[::-1], {"x": red.sample(frac=1, random_state=1)})
    pd.testing.assert_frame_equal(found.loc[expected.index], expected, check_exact=True)
    for after, was in zip([LOTS, red], before, strict=True):
        pd.testing.assert_frame_equal(after, was)


def test_a_sliver_of_a_boundary_decides_nothing() -> None:
    lot = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 100)], index=["a"], crs=4547)
    beside = gpd.GeoDataFrame(geometry=[box(9.9, 0, 99, 99)], index=["z"], crs=4547)
    assert boundary_facts(lot, beside, area_basis="plane").isna().all(axis=None)


# --- scraps inside the boundary of their site ---------------------------------------------------

DRAWN = frame({"B2": box(100, 0, 200, 100), "B1": box(0, 0, 100, 100)}, "boundary_id")


def test_the_share_inside_the_boundary_of_the_site() -> None:
    across = box(90, 0, 130, 10)  # 10 m in B1, 30 m in B2
    pairs = gpd.GeoDataFrame(
        {"parcel_id": ["c", "c", "c", "d", "e", "f"], "site_id": ["S1", "S2", "S3", *["S1"] * 3]},
        geometry=[across] * 3 + [box(50, 50, 60, 60), box(100, 0, 110, 10), box(150, 50, 160, 60)],
        index=[9, 8, 7, 6, 5, 4],
        crs=DRAWN.crs,
    )
    belongs = pd.Series({"S2": "B2", "S1": "B1", "S3": None}, dtype="str")
    inside = rule("scrap.project_boundary")
    found = with_boundary_share(pairs, belongs, DRAWN, rule=inside)["scrap_boundary_share"]
    told = {9: 0.25, 8: 0.75, 6: 1.0, 5: 0.0, 4: 0.0}
    assert found.dropna().to_dict() == pytest.approx(told)
    assert found.index.tolist() == [9, 8, 7, 6, 5, 4]
    turned = with_boundary_share(pairs[::-1], belongs[::-1], DRAWN[::-1], rule=inside)[::-1]
    pd.testing.assert_series_equal(turned["scrap_boundary_share"], found, check_exact=True)


def test_without_boundaries_or_pairs_there_is_nothing_to_measure() -> None:
    none = gpd.GeoDataFrame({"site_id": pd.Series([], dtype="str")}, geometry=[], crs=DRAWN.crs)
    inside, belongs = rule("scrap.project_boundary"), pd.Series({"S1": "B1"})
    found = with_boundary_share(none, belongs, DRAWN, rule=inside)["scrap_boundary_share"]
    assert (len(found), str(found.dtype)) == (0, "float64")
    assert "scrap_boundary_share" not in with_boundary_share(none, belongs, None, rule=inside)
    off = replace(inside, mode="off")
    assert "scrap_boundary_share" not in with_boundary_share(none, belongs, DRAWN, rule=off)
