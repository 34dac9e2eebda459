"""Runs with odd but right numbers are proved: nothing that a run writes is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import Polygon

from districts import at, layer, lots
from gisland.jobs import choices_of, run_record
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.writing.results import read_results
from gisland.layers.writing.write import write_results
from gisland.pipeline import run
from gisland.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

NONE = float("nan")
SHAPES = {
    "s": at(0, 0, 100, 100),
    "c": at(100, 0, 8, 100),
    "k": at(108, 0, 60, 100),
    "m": at(168, 0, 60, 100),
}
SITES = ["S1", None, None, None]


def written(
    folder: Path,
    parcels: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None = None,
    **parameters: float | str | list[str],
) -> Path:
    """Folder of results of a run on files, without map and tables for people."""
    lines = ["[project]", 'rules = "tianjin-2024"', "[sites]", 'from = "field"']
    for name, table in (("parcels", parcels), ("buildings", buildings)):
        if table is not None:
            table.reset_index().to_file(folder / f"{name}.gpkg")
            lines += [f"[layers.{name}]", f'path = "{name}.gpkg"', f"[layers.{name}.fields]"]
            lines += [
                f'{c} = "{c}"' for c in (table.index.name, *table) if c not in ("geometry", "goal")
            ]
    lines += ["[parameters]", *(f"{k} = {v!r}" for k, v in parameters.items())]
    (folder / "gisland.toml").write_text("\n".join(lines), encoding="utf-8")
    project = read_project(folder / "gisland.toml")
    choices, loaded = choices_of(project), load_inputs(project)
    result = run(loaded.inputs, choices)
    record = run_record(project, loaded, choices, result=result)
    return write_results(folder / "out", tables=result.tables, files={}, run=record)


def storeys(folder: Path) -> object:
    """Mean storeys of the whole layer before."""
    rows = read_results(folder).tables["indicators"].set_index(["subject", "indicator"])
    return rows["before"].to_dict()["overall", "mean_storeys"]


def test_floor_area_without_footprint_counts_in_mean_storeys(tmp_path: Path) -> None:
    parcels = lots(
        SHAPES,
        site_id=SITES,
        floor_area_m2=[8000.0, 0.0, 3000.0, 1000.0],
        footprint_m2=[4000.0, 0.0, 2000.0, 0.0],
    )
    out = written(tmp_path, parcels)
    assert storeys(out) == pytest.approx(12_000 / 6000)
    assert verify(out) == []


def test_unknown_floor_area_without_footprint_is_missing(tmp_path: Path) -> None:
    parcels = lots(
        SHAPES,
        site_id=SITES,
        floor_area_m2=[8000.0, 0.0, 3000.0, NONE],
        footprint_m2=[4000.0, 0.0, 2000.0, 0.0],
    )
    assert verify(written(tmp_path, parcels)) == []


def test_storeys_of_buildings_are_those_above_ground(tmp_path: Path) -> None:
    """On m a floor area is given and no building stands: its storeys are 0."""
    parcels = lots(SHAPES, site_id=SITES, floor_area_m2=[8000.0, 0.0, 3000.0, 900.0])
    halls = layer(
        "building_id", {"b1": at(10, 10, 50, 50), "b2": at(110, 10, 20, 50)}, floors=[2.0, 3.0]
    )
    out = written(tmp_path, parcels, halls)
    assert storeys(out) == pytest.approx((5000 + 3000) / 3500)
    assert verify(out) == []


def test_site_whose_scrap_alone_has_an_owner(tmp_path: Path) -> None:
    out = written(tmp_path, lots(SHAPES, site_id=SITES, owner=[None, "甲", "乙", "乙"]))
    assert read_results(out).tables["sites"]["absorbed_ids"].tolist() == ["c"]
    assert verify(out) == []


@pytest.mark.parametrize("estimate", ["no", "height"])
def test_floor_areas_that_tell_no_floors(tmp_path: Path, estimate: str) -> None:
    """h1: less than is underground; h2, h3: counted, of a high building, and both."""
    halls = layer(
        "building_id",
        {f"h{k}": at(10 + 20 * k, 10, 10, 10) for k in (1, 2, 3)},
        height_m=[6.0, 24.0, 24.0],
        floor_area_m2=[100.0, NONE, 100.0],
        counted_floor_area_m2=[NONE, 500.0, 500.0],
        underground_floor_area_m2=[3000.0, NONE, 3000.0],
    )
    out = written(tmp_path, lots(SHAPES, site_id=SITES), halls, estimate_floors=estimate)
    told = read_results(out).tables["buildings"]
    assert told["floors_from"].tolist() == ["missing"] * 3
    assert verify(out) == []


def test_estimates_at_the_edge_of_rounding(tmp_path: Path) -> None:
    """12.3 / 4.1 is 3 storeys of 4.1 m, and none is higher than 4.1 m."""
    halls = layer("building_id", {"h": at(10, 10, 10, 10)}, height_m=[12.3])
    out = written(
        tmp_path,
        lots(SHAPES, site_id=SITES),
        halls,
        estimate_floors="height",
        storey_height_m=4.1,
        high_storey_m=4.1,
    )
    assert read_results(out).tables["buildings"]["counted_floor_area_m2"].tolist() == [300.0]
    assert verify(out) == []


def test_far_is_not_rounded_where_land_is_large(tmp_path: Path) -> None:
    """A FAR to six decimals would be off by 0.4 m² on a square kilometer."""
    shapes = {"s": at(0, 0, 700, 1000), "t": at(700, 0, 300, 1000), "c": at(1000, 0, 8, 1000)}
    far = [1.2345674, 1.2345674, NONE]
    parcels = lots(
        shapes, site_id=["S1", "S1", None], floor_area_m2=[9.0, 9.0, 0.0], far_max=far, goal=far
    )
    for folder, scenario in (("a", "far_max"), ("b", "goal")):
        (tmp_path / folder).mkdir()
        out = written(tmp_path / folder, parcels, scenario=scenario)
        row = read_results(out).tables["capacity"].iloc[0]
        assert row["planned_far"] == far[0]
        assert row["planned_floor_m2"] == pytest.approx(far[0] * row["area_after_m2"], abs=1e-6)
        assert verify(out) == []


def test_parcels_that_are_all_without_geometry_have_no_indicators(tmp_path: Path) -> None:
    west, south, east, north = at(0, 0, 90, 90).bounds
    bow = Polygon([(west, south), (east, north), (east, south), (west, north)])
    out = written(tmp_path, lots({"a": bow, "b": None}, site_id=[None, None]), repair=[])
    assert read_results(out).tables["indicators"].empty
    assert verify(out) == []
