"""Mixture of state and collective land, by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from districts import frame
from gisland.detect.mixture import COLUMNS, mixture
from gisland.topology.borders import borders

SHAPES = {  # a row of lots 100 m deep on the x axis, a road, and one lot behind it
    "a": box(0, 0, 40, 100),  # state, 4 000 m²
    "b": box(40, 0, 60, 100),  # collective, 2 000 m²
    "c": box(60, 0, 100, 100),  # state, 4 000 m²
    "d": box(100, 0, 130, 100),  # undetermined, 3 000 m²
    "e": box(130, 0, 150, 100),  # not known, 2 000 m²
    "road": box(0, 100, 150, 110),
    "f": box(0, 110, 150, 130),  # collective, 3 000 m²
}
TENURE = ["state", "collective", "state", "undetermined", None, "state", "collective"]
USES = ["industrial"] * 5 + ["transport", "industrial"]


def lots() -> gpd.GeoDataFrame:
    table = frame(SHAPES, tenure=pd.array(TENURE, dtype="str"), use_class=USES)
    return table.assign(area_m2=table.area)


def found(zone: dict[str, str], enclave: list[str] | None = None) -> pd.DataFrame:
    table = lots()
    zones = pd.Series(zone, dtype="str").reindex(table.index)
    ids = pd.Index(enclave or [], dtype="str")
    return mixture(table, borders(table), ids, zone=zones).set_index("zone_id")


def test_all_land_by_hand() -> None:
    row = found({}, ["b"]).loc["overall"]
    assert row[["parcels", "area_m2", "area_mu"]].tolist() == [6, 18_000.0, 27.0]
    shares = ["state_mu", "collective_mu", "undetermined_mu", "unknown_mu"]
    assert row[shares].tolist() == [12.0, 7.5, 4.5, 3.0]
    assert row[["state_patches", "collective_patches"]].tolist() == [2, 2]
    assert row["mixed_border_m"] == pytest.approx(200.0)  # b with a and with c; the road parts f
    assert row["mixed_m_per_ha"] == pytest.approx(200 / 1.8)
    assert row[["enclave_parcels", "enclave_share"]].tolist() == [1, pytest.approx(1 / 6)]


def test_a_zone_is_taken_by_itself() -> None:
    table = found({"a": "Z1", "b": "Z1", "c": "Z2", "d": "Z2"}, ["b", "c"])
    assert table.index.tolist() == ["overall", "Z1", "Z2"]
    assert table["mixed_border_m"].tolist() == pytest.approx([200.0, 100.0, 0.0])
    assert table["state_patches"].tolist() == [2, 1, 1]
    assert table["collective_patches"].tolist() == [2, 1, 0]
    assert table["enclave_parcels"].tolist() == [2, 1, 1]
    assert table.loc["Z1", "mixed_m_per_ha"] == pytest.approx(100 / 0.6)
    assert table.loc["Z2", ["state_mu", "collective_mu", "undetermined_mu"]].tolist() == [6, 0, 4.5]


def test_neighbors_of_one_tenure_are_one_patch() -> None:
    table = lots()
    table["tenure"] = "collective"
    nowhere = pd.Series(None, index=table.index, dtype="str")
    row = mixture(table, borders(table), table.index[:0], zone=nowhere).iloc[0]
    assert row[["state_patches", "collective_patches"]].tolist() == [0, 2]  # the road parts f
    assert row["mixed_border_m"] == 0.0


def test_order_and_kinds_of_columns() -> None:
    table = lots()
    zone = pd.Series({"a": "Z2", "f": "Z1"}, dtype="str").reindex(table.index)
    one = mixture(table, borders(table), table.index[:0], zone=zone)
    assert one.dtypes.astype("str").to_dict() == COLUMNS
    other = table.sample(frac=1, random_state=1)
    again = mixture(other, borders(other), table.index[:0], zone=zone)
    pd.testing.assert_frame_equal(one, again, check_exact=True)
