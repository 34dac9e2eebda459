"""The made-up city layers: whole where they should be, noisy as far as they say, fit for a run."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

import gisland
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "citylayers.py"
SIZE = 1000
MM = 0.001


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("citylayers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def clean(script: ModuleType) -> gpd.GeoDataFrame:
    return script.city(SIZE)


@pytest.fixture(scope="module")
def noisy(script: ModuleType) -> gpd.GeoDataFrame:
    return script.city(SIZE, noisy=True)


@pytest.fixture(scope="module")
def houses(script: ModuleType, clean: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return script.buildings(clean)


@pytest.fixture(scope="module")
def zones(script: ModuleType, clean: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return script.zoning(clean)


def shared_edges(lots: gpd.GeoDataFrame) -> dict[frozenset[str], float]:
    """Length by pair of the edges that have both ends in common."""
    owners = defaultdict(list)
    for lot, shape in lots.geometry.items():
        ring = shape.exterior.coords
        for start, end in itertools.pairwise(ring):
            owners[frozenset([start, end])].append(lot)
    found: dict[frozenset[str], float] = defaultdict(float)
    for edge, both in owners.items():
        assert len(both) <= 2
        if len(both) == 2:
            found[frozenset(both)] += shapely.LineString(list(edge)).length
    return found


# --- lots --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 40, 1000, 5000])
def test_there_are_about_as_many_lots_as_asked_for(script: ModuleType, size: int) -> None:
    assert len(script.city(size)) == pytest.approx(max(size, 36), rel=0.1, abs=10)


@pytest.mark.parametrize("is_noisy", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_all_is_valid(script: ModuleType, seed: int, *, is_noisy: bool) -> None:
    lots = script.city(3000, noisy=is_noisy, seed=seed)
    assert lots.index.is_unique
    for layer in (lots, script.buildings(lots, seed=seed), script.zoning(lots, seed=seed)):
        assert layer.geometry.is_valid.all()
        xy = shapely.get_coordinates(layer.geometry.to_numpy())
        assert (xy == np.round(xy, 3)).all()


def test_the_same_seed_gives_the_same_layers(script: ModuleType, noisy: gpd.GeoDataFrame) -> None:
    again = script.city(SIZE, noisy=True)
    pd.testing.assert_frame_equal(again, noisy, check_exact=True)
    pd.testing.assert_frame_equal(script.buildings(again), script.buildings(noisy))
    pd.testing.assert_frame_equal(script.zoning(again), script.zoning(noisy))
    other = script.city(SIZE, noisy=True, seed=8)
    assert other.total_bounds.tolist() != noisy.total_bounds.tolist()


def test_noise_changes_nothing_but_shapes(clean: gpd.GeoDataFrame, noisy: gpd.GeoDataFrame) -> None:
    pd.testing.assert_frame_equal(clean.drop(columns="geometry"), noisy.drop(columns="geometry"))


def test_neighbors_of_the_clean_layer_share_every_vertex(clean: gpd.GeoDataFrame) -> None:
    """The perimeters of all lots are their outer boundary and twice what they share."""
    assert shapely.coverage_is_valid(clean.geometry.to_numpy())
    shared = shared_edges(clean)
    whole = shapely.union_all(clean.geometry.to_numpy())
    inner = (clean.length.sum() - whole.length) / 2
    assert sum(shared.values()) == pytest.approx(inner, rel=1e-9)
    assert whole.area == pytest.approx(clean.area.sum(), rel=1e-9)
    blocks = shapely.get_parts(whole)
    assert len(blocks) == round(SIZE / 35.8)
    assert shapely.get_num_interior_rings(blocks).tolist() == [0] * len(blocks)


def test_exact_edges_are_all_that_libpysal_finds(clean: gpd.GeoDataFrame) -> None:
    shared = shared_edges(clean)
    graph = Graph.build_contiguity(clean, rook=True, strict=True, by_perimeter=True)
    found = {frozenset(pair): m for pair, m in graph.adjacency.items() if m}
    assert found == pytest.approx(shared)
    assert len(found) > 2 * len(clean)
    assert min(found.values()) > 1.9  # none is too short to be told from a corner


def test_no_border_is_parallel_to_an_axis(clean: gpd.GeoDataFrame) -> None:
    for shape in clean.geometry:
        dx, dy = np.abs(np.diff(shapely.get_coordinates(shape), axis=0)).T
        assert (np.minimum(dx, dy) > 0.2 * np.maximum(dx, dy)).all()


def test_noise_moves_every_vertex_of_half_the_lots(
    clean: gpd.GeoDataFrame, noisy: gpd.GeoDataFrame
) -> None:
    moved = 0
    left_out = spare = 0
    for lot, shape in noisy.geometry.items():
        before = shapely.get_coordinates(clean.geometry[lot])[:-1]
        after = shapely.get_coordinates(shape)[:-1]
        if len(before) == len(after) and (before == after).all():
            continue
        moved += 1
        far = np.hypot(*(after[:, None] - before).transpose(2, 0, 1)).min(axis=1)
        assert far.min() >= 0.01 - MM
        assert far.max() <= 0.20 + MM
        spare += len(before) - 4
        left_out += len(before) - len(after)
    assert moved / len(clean) == pytest.approx(0.5, abs=0.06)
    assert left_out / spare == pytest.approx(0.3, abs=0.05)


def test_the_clean_layer_is_the_truth_of_the_noisy_one(
    clean: gpd.GeoDataFrame, noisy: gpd.GeoDataFrame
) -> None:
    """Two moves of 20 cm leave neighbors within the tolerance, and all others far beyond."""
    true = set(shared_edges(clean))
    shapes = noisy.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, "dwithin", distance=0.45)
    near = {frozenset(p) for p in zip(noisy.index[first], noisy.index[second], strict=True)}
    assert true <= near
    corners = [pair for pair in near - true if len(pair) == 2]
    shared = [shapely.intersection_all(clean.geometry[list(pair)]) for pair in corners]
    assert {s.geom_type for s in shared} == {"Point"}


# --- attributes --------------------------------------------------------------------------------


def test_sites_are_connected_groups_of_industrial_lots(script: ModuleType) -> None:
    lots = script.city(6000)
    sites = lots.groupby("site_id")
    assert sites.ngroups == 20
    assert sites.size().between(3, 20).all()
    for _, members in sites:
        assert members.union_all().geom_type == "Polygon"
        assert (members["use_class"] == "industrial").mean() > 0.5


def test_attributes_are_plausible(script: ModuleType) -> None:
    lots = script.city(6000)
    assert set(lots["use_class"]) == set(script.USE_SHARES)
    assert set(lots["tenure"]) == {"state", "collective"}
    assert 1000 < lots["owner"].nunique() <= script.OWNERS
    assert (lots["recorded_area_m2"] / lots.area - 1).abs().max() < 0.05
    assert (lots["tax_yuan"] > 0).all()
    assert "floor_area_m2" not in lots


# --- buildings and zones -----------------------------------------------------------------------


def test_most_buildings_stand_on_one_lot(clean: gpd.GeoDataFrame, houses: gpd.GeoDataFrame) -> None:
    assert len(houses) / len(clean) == pytest.approx(1.5, abs=0.1)
    within = houses.sjoin(clean[["geometry"]], predicate="within").index
    assert within.is_unique
    assert len(within) / len(houses) == pytest.approx(0.9, abs=0.03)
    assert houses["floors"].between(1, 6).all()
    assert houses["height_m"].between(3, 36).all()


def test_buildings_are_turned_with_their_lot(
    clean: gpd.GeoDataFrame, houses: gpd.GeoDataFrame
) -> None:
    on = houses.sjoin(clean[["geometry"]], predicate="within")
    xy = shapely.get_coordinates(clean.geometry[on["parcel_id"]].to_numpy(), return_index=True)
    first = np.searchsorted(xy[1], np.arange(len(on)))
    side = xy[0][first + 1] - xy[0][first]
    edge = np.array([np.subtract(*s.exterior.coords[1::-1]) for s in on.geometry])
    cross = side[:, 0] * edge[:, 1] - side[:, 1] * edge[:, 0]
    assert np.abs(cross / np.hypot(*side.T) / np.hypot(*edge.T)).max() < 0.01


def test_zones_cover_all_lots_and_cut_some(
    clean: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> None:
    assert len(zones) == pytest.approx(len(clean) / 50, rel=0.25)
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert shapely.covers(zones.union_all(), clean.geometry.to_numpy()).all()
    cut = ~clean.index.isin(clean.sjoin(zones[["geometry"]], predicate="within").index)
    assert 0.1 < cut.mean() < 0.4
    assert (zones["far_min"] < zones["far_max"]).all()


def test_roads_run_in_the_middle_of_the_streets(
    script: ModuleType, clean: gpd.GeoDataFrame, noisy: gpd.GeoDataFrame
) -> None:
    roads = script.roads(clean)
    pd.testing.assert_frame_equal(script.roads(noisy), roads)
    blocks = shapely.get_parts(clean.union_all())
    lines = roads.geometry.to_numpy()
    meshes = shapely.get_parts(shapely.polygonize(lines))
    assert shapely.STRtree(meshes).query(blocks, "within")[0].tolist() == list(range(len(blocks)))
    for block in blocks:
        beside = shapely.distance(block, lines)
        assert np.sort(beside)[:4].tolist() == pytest.approx([7] * 4, abs=0.1)
    assert (roads["width_m"] == 14).all()


# --- a whole run -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_noisy", [False, True])
def test_a_project_runs(script: ModuleType, tmp_path: Path, *, is_noisy: bool) -> None:
    path = script.write_project(tmp_path, size=SIZE // 2, noisy=is_noisy)
    project = read_project(path)
    inputs = load_inputs(project).inputs
    assert inputs.parcels.index.equals(script.city(SIZE // 2).index)
    assert inputs.zoning is not None
    assert set(inputs.zoning["use_class"]) <= {"industrial", "residential", "commercial"}
    result = gisland.run(inputs, gisland.choices_of(project))
    assert result.counts["findings_error"] == 0
    assert result.counts["sites"] == 2
    assert result.counts["absorbed"] > 0
    skipped = {row["analysis"] for row in result.skipped}
    assert not skipped & {"enclaves_owner", "far", "coverage", "planning_conditions", "merging"}


@pytest.mark.parametrize("blocks", [False, True])
def test_a_project_asks_for_block_lines_only_if_told(
    script: ModuleType, tmp_path: Path, *, blocks: bool
) -> None:
    project = read_project(script.write_project(tmp_path, size=40, blocks=blocks))
    assert project.parameters.block_from == ("parcels" if blocks else "no")


def test_the_script_says_how_to_run_its_project(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["citylayers", str(tmp_path), "--size", "100", "--noisy"])
    script.main()
    assert capsys.readouterr().out == f"run it: gisland run {tmp_path / 'gisland.toml'}\n"
    assert {p.name for p in tmp_path.iterdir()} == {
        "gisland.toml",
        *(f"{name}.parquet" for name in ("parcels", "zoning", "buildings", "roads")),
    }
