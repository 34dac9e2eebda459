"""The checks on real layers; what each is known to hold was counted by other means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from checklayers import findings
from gisland.topology import holes

if TYPE_CHECKING:
    from pathlib import Path


def counts(table: gpd.GeoDataFrame) -> dict[str, int]:
    """Findings by code; those of a hairline row as many as its message says."""
    found = table["code"].value_counts().to_dict()
    for code in ("hairline_gaps", "hairline_misses", "hairline_vertices"):
        if code in found:
            message = table.loc[table["code"] == code, "message"].item()
            found[code] = int(re.match(r"\d+", message)[0])
    return found


def test_messy_parcels(shared_data: Path) -> None:
    parcels = gpd.read_file(shared_data / "williamsburg_va" / "parcels.geojson")
    found = counts(findings(parcels.to_crs(32147).set_index("PID")))
    assert (found["null_geometry"], found["invalid_geometry"], found["duplicate_id"]) == (1, 3, 1)
    assert found["overlap"] == 245
    assert (found["gap"], found["hairline_gaps"], found["enclosed_space"]) == (266, 418, 1)
    assert found["near_miss"] + found["hairline_misses"] == 90
    assert "empty_hole" not in found
    assert "spike" not in found
    assert "self_overlap" not in found


def test_a_perfect_coverage_has_near_misses_across_others_alone(shared_data: Path) -> None:
    parcels = gpd.read_file(shared_data / "decany_cz" / "decany_derived.gpkg", layer="parcely")
    found = counts(findings(parcels.set_index("Id")))
    assert found == {"near_miss": 3, "sliver": 9}


def test_micro_gaps_and_spikes_of_zones(shared_data: Path) -> None:
    zones = gpd.read_file(shared_data / "taiwan_zoning" / "O0303.json").set_index("OBJECTID")
    found = counts(findings(zones))
    assert found["gap"] + found["hairline_gaps"] == 365
    assert found["overlap"] == 31
    assert found["near_miss"] + found["hairline_misses"] == 9
    assert found["spike"] == 6


def test_one_invalid_polygon_of_many_vertices(shared_data: Path) -> None:
    cover = gpd.read_file(shared_data / "messy" / "prepair_CLC2006_2018418.geojson").to_crs(3035)
    assert shapely.get_num_coordinates(cover.geometry).tolist() == [44051]
    found = counts(findings(cover))
    assert found == {"invalid_geometry": 1, "empty_hole": 127}


def test_gaps_as_in_a_large_layer(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rings of loose edges tell, but for holes as narrow as rounding."""
    parcels = gpd.read_file(shared_data / "williamsburg_va" / "parcels.geojson")
    parcels = parcels.to_crs(32147).set_index("PID")
    tables = []
    for many in (holes.MANY, 0):
        monkeypatch.setattr(holes, "MANY", many)
        table = findings(parcels)
        tables.append(table[table["code"].isin(["gap", "enclosed_space", "empty_hole"])])
    small, large = tables
    assert (
        small[["code", "message"]].to_numpy().tolist()
        == large[["code", "message"]].to_numpy().tolist()
    )
    assert large["value"].tolist() == pytest.approx(small["value"].tolist(), abs=1e-6)
    assert len(small) == 267
