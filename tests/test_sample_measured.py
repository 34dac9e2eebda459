"""What is measured of the sample district, counted again from its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

from gisland.jobs import sample_folder

if TYPE_CHECKING:
    from gisland.jobs import Done


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(sample_folder() / name)


@pytest.fixture(scope="module")
def indicators(sample_run: Done) -> pd.DataFrame:
    return sample_run.tables["indicators"].set_index(["subject", "indicator"])


def test_the_overlay_goes_before_the_zone_where_it_lies(sample_run: Done) -> None:
    overlay = layer("zoning_overlay.gpkg").geometry.item()
    parcels = sample_run.tables["parcels"]
    own = parcels[(parcels["site_id"] == "XM12") & (parcels["verdict"] == "site")]
    share = own.intersection(overlay).area.sum() / own.area.sum()
    assert 0.5 < share < 0.7
    told = sample_run.tables["conditions"].set_index(["site_id", "condition"]).loc["XM12"]
    assert told.loc["coverage_max", "limit_before"] == pytest.approx(
        0.45 * share + 0.6 * (1 - share), rel=1e-9
    )
    assert told.loc["height_max_m", ["limit_before", "limit_after"]].tolist() == [12.0, 12.0]
    assert told.loc["height_max_m", "source"] == "overlay;zone"
    assert told.loc["far_max", ["limit_before", "source"]].tolist() == [2.5, "zone"]


def test_units_add_up_to_the_whole(indicators: pd.DataFrame) -> None:
    units = [s for s in indicators.index.unique("subject") if s.startswith("unit:")]
    assert units == [f"unit:GH-0{n}" for n in range(1, 5)]
    for name in ("land_area", "footprint", "counted_floor_area", "green_area", "small_parcels"):
        rows = indicators.xs(name, level="indicator")
        for when in ("before", "after"):
            assert rows.loc[units, when].sum() == pytest.approx(rows.loc["overall", when], rel=1e-9)


def test_far_after_is_planned_floor_area_over_land(
    sample_run: Done, indicators: pd.DataFrame
) -> None:
    capacity = sample_run.tables["capacity"].set_index("site_id")
    assert (capacity["planned_far"] == 2.5).all()
    parcels = sample_run.tables["parcels"]
    merged = parcels["verdict"].isin(["site", "absorbed"])
    kept = parcels.loc[~merged, "counted_floor_area_m2"].sum()
    floor = kept + 2.5 * parcels.loc[merged, "area_m2"].sum()
    row = indicators.loc[("overall", "far")]
    assert row["after"] == pytest.approx(floor / parcels["area_m2"].sum(), rel=1e-9)
    assert row["denominator_after"] == pytest.approx(parcels["area_m2"].sum(), rel=1e-12)
    assert capacity["gained_m2"].sum() == pytest.approx(
        2.5 * parcels.loc[parcels["verdict"] == "absorbed", "area_m2"].sum(), rel=1e-9
    )


def test_what_some_parcels_lack_is_missing_and_counted(
    sample_run: Done, indicators: pd.DataFrame
) -> None:
    row = indicators.loc[("overall", "jobs_per_mu")]
    assert pd.isna(row["before"])
    assert row["missing_before"] == sample_run.tables["parcels"]["jobs"].isna().sum() > 0
    site = indicators.loc[("site:XM01", "jobs_per_mu")]
    assert site["missing_after"] == 0
    assert site["after"] > 0
    assert indicators.loc[("overall", "tax_per_mu"), "before"] > 10_000


def test_land_by_use_closes(sample_run: Done) -> None:
    matrix, parcels = sample_run.tables["use_matrix"], sample_run.tables["parcels"]
    overall = matrix[matrix["subject"] == "overall"]
    assert set(overall["basis"]) == {"merged", "planned"}
    for _, rows in overall.groupby("basis"):
        before = rows.groupby("use_before")["area_m2"].sum()
        drawn = parcels.groupby("use_class")["area_m2"].sum()
        pd.testing.assert_series_equal(before, drawn[drawn > 0], check_names=False, rtol=1e-9)
        assert rows["share"].sum() == pytest.approx(1.0, abs=1e-12)
