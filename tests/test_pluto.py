"""Densities of New York tax lots, held against the built FAR that the city publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gisland.base.units import factor
from gisland.measure.density import parcel_densities
from gisland.measure.sums.indicators import indicator_table
from gisland.measure.sums.landuse import use_matrix
from gisland.measure.sums.subjects import members_of_subjects

if TYPE_CHECKING:
    from pathlib import Path

FT2 = factor("ft2", canonical="m2")
NO_FAR = pd.Series([], dtype="float64", index=pd.Index([], dtype="str"))
USES = {"06": "industrial", "05": "commercial", "01": "residential", "02": "residential"}


def kept(parcel_ids: pd.Index) -> pd.DataFrame:
    ids = parcel_ids.to_numpy()
    return pd.DataFrame({"parcel_id": ids, "after_id": ids, "role": "kept"}).astype("str")


def test_far_of_lots_is_the_built_far_that_is_published(shared_data: Path) -> None:
    path = shared_data / "nyc_pluto" / "pluto_full_attributes_2000_scattered.gpkg"
    lots = gpd.read_file(path, ignore_geometry=True)
    frame = pd.DataFrame(
        {
            "area_m2": (lots["LotArea"] * FT2).where(lots["LotArea"] > 0),
            "floor_area_m2": lots["BldgArea"] * FT2,
        }
    ).set_index(lots["BBL"].astype("str").rename("parcel_id"))
    far = parcel_densities(frame)["far"]
    apart = (far.to_numpy() - lots["BuiltFAR"].to_numpy())[far.notna()]
    assert len(apart) == 1995  # five lots have no area
    assert np.abs(apart).max() <= 0.005 + 1e-9  # published to two decimals


def test_blocks_of_the_bronx_sum_to_the_whole(shared_data: Path) -> None:
    lots = gpd.read_file(shared_data / "nyc_pluto" / "bronx_jerome.geojson").to_crs(32118)
    bbl = lots["bbl"].astype("str").str.ljust(10, "0")
    ids = pd.Index([f"{k:04d}" for k in range(len(lots))], name="parcel_id", dtype="str")
    built = lots["builtfar"].to_numpy()
    area = lots.geometry.area.to_numpy()
    frame = pd.DataFrame({"area_m2": area, "floor_area_m2": area * built}, index=ids)
    frame["use_class"] = lots["landuse"].map(USES).astype("str").array
    frame = frame.join(parcel_densities(frame))
    np.testing.assert_allclose(frame["far"], built, rtol=1e-12)

    block = pd.Series(bbl.str[1:6].array, index=ids, dtype="str")
    lines = kept(ids)
    members = members_of_subjects(ids, lines, unit_id=block)
    matrix = use_matrix(frame, lines, members)
    found = indicator_table(frame, lines, members, planned_far=NO_FAR, matrix=matrix)
    far = found[found["indicator"] == "far"].set_index("subject")
    for name, rows in pd.DataFrame({"area": area, "far": built}).groupby(block.to_numpy()):
        mean = float(np.average(rows["far"], weights=rows["area"]))
        assert far.loc[f"unit:{name}", "after"] == pytest.approx(mean, rel=1e-9)
        assert far.loc[f"unit:{name}", "denominator_after"] == pytest.approx(rows["area"].sum())
    whole = found[found["subject"] == "overall"].set_index("indicator")["before"]
    for name in ("land_area", "floor_area", "parcels"):
        rows = found[found["subject"].str.startswith("unit:") & (found["indicator"] == name)]
        assert rows["before"].sum() == pytest.approx(whole[name], rel=1e-12)
    industrial = area[(lots["landuse"] == "06").to_numpy()]
    assert len(industrial) == 5
    assert whole["use_share_industrial"] == pytest.approx(industrial.sum() / area.sum())
