"""Borders against other ways of measuring them, and against layers whose truth is known."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

from boundaries import (
    errors,
    jittered,
    layer,
    moved,
    numbered,
    once,
    shared_edges,
    street_blocks,
)
from gisland.topology.borders import borders, free_boundary
from subdivisions import subdivision

DECANY = Path(__file__).parents[2] / "shared" / "data" / "decany_cz" / "decany_derived.gpkg"
MATCHED = ("cells", "islands", "streets")  # patterns whose neighbors share every vertex
T = 0.05
NOISY_T = 0.45  # two vertices moved by 20 cm each
CORNER_M = 1e-3
SEEDS = range(4)


def made(pattern: str, seed: int, size: int = 60) -> gpd.GeoDataFrame:
    return numbered(subdivision(pattern, size=size, rng=np.random.default_rng(seed)))


def lengths(parcels: gpd.GeoDataFrame, tolerance_m: float = T) -> pd.Series:
    return once(borders(parcels, tolerance_m=tolerance_m)["border_m"])


def measured(parcels: gpd.GeoDataFrame, walls: np.ndarray, *, within_m: float) -> pd.Series:
    """Mean length, of both sides, of the outlines of parcels that lie on the walls of others."""
    shapes = parcels.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, "dwithin", distance=within_m)
    one, other = one[one != other], other[one != other]
    common = shapely.intersection(shapely.boundary(shapes[one]), walls[other])
    low, high = np.minimum(one, other), np.maximum(one, other)
    pairs = [parcels.index[low], parcels.index[high]]
    return pd.Series(shapely.length(common), index=pairs).groupby(level=[0, 1]).mean()


def assert_found(true: pd.Series, found: pd.Series, *, tolerance_m: float) -> None:
    """No false pair, no missing one that is longer than two tolerances, no length further off."""
    assert found.index.difference(true.index).tolist() == []
    missing = true.drop(found.index)
    assert missing[missing > 2 * tolerance_m].to_dict() == {}
    assert errors(true, found).max() <= 2 * tolerance_m


# --- clean layers ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pattern", MATCHED)
def test_clean_layers_agree_with_geos(pattern: str, seed: int) -> None:
    parcels = moved(made(pattern, seed), degrees=17 * seed)
    walls = shapely.boundary(parcels.geometry.to_numpy())
    true = measured(parcels, walls, within_m=1e-6)
    true = true[true > CORNER_M]
    found = lengths(parcels)
    assert set(found.index) == set(true.index)
    assert errors(true, found).max() < 1e-6


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pattern", MATCHED)
def test_clean_layers_agree_with_their_matched_edges(pattern: str, seed: int) -> None:
    parcels = made(pattern, seed)
    true, found = shared_edges(parcels), lengths(parcels)
    assert set(found.index) == set(true.index)
    assert errors(true, found).max() < 1e-9


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pattern", MATCHED)
def test_clean_layers_have_the_rook_pairs_of_libpysal(pattern: str, seed: int) -> None:
    parcels = made(pattern, seed)
    graph = Graph.build_contiguity(parcels, rook=True, strict=True)
    rook = {pair for pair, weight in graph.adjacency.items() if weight}
    assert set(borders(parcels).index) == rook


def test_a_clean_city_agrees_with_libpysal_and_its_coverage() -> None:
    parcels = street_blocks(1000)
    graph = Graph.build_contiguity(parcels, rook=True, strict=True, by_perimeter=True)
    rook = graph.adjacency[graph.adjacency > 0].sort_index()
    found = borders(parcels)
    assert found.index.tolist() == rook.index.tolist()
    assert (found["border_m"].to_numpy() - rook.to_numpy()) == pytest.approx(0, abs=1e-6)
    assert (found["tolerant_m"] == 0).all()
    outline = shapely.coverage_union_all(parcels.geometry.to_numpy()).length
    assert free_boundary(parcels, found).sum() == pytest.approx(outline, abs=1e-5)


# --- noisy layers ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_noisy_streets_agree_with_buffered_boundaries(seed: int) -> None:
    """A buffer reaches round corners, by at most two tolerances at each end, and never less far."""
    parcels = street_blocks(1000, noisy=True, seed=seed)
    walls = shapely.buffer(shapely.boundary(parcels.geometry.to_numpy()), NOISY_T, cap_style="flat")
    buffered = measured(parcels, walls, within_m=NOISY_T)
    found = lengths(parcels, NOISY_T)
    assert set(found.index) == set(buffered[buffered > 3 * NOISY_T].index)
    more = buffered[found.index] - found
    assert more.min() >= 0
    assert more.max() <= 4 * NOISY_T


def test_what_the_tolerance_joins_is_what_geos_finds_unmatched() -> None:
    parcels = street_blocks(1000, noisy=True)
    found = borders(parcels, tolerance_m=NOISY_T)
    tolerant = found["tolerant_m"].groupby(level="focal").sum()
    tolerant = tolerant.reindex(parcels.index, fill_value=0.0)
    edges = shapely.coverage_invalid_edges(parcels.geometry.to_numpy(), gap_width=2 * NOISY_T)
    unmatched = shapely.length(edges)  # of whole edges, also where only a part of one is matched
    assert (tolerant <= unmatched + 2 * NOISY_T).all()
    assert (tolerant[unmatched == 0] == 0).all()
    assert tolerant.sum() > 0.9 * unmatched.sum()


# --- known truth -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [7, 8, 9, 10])
def test_noisy_streets_lose_no_border_and_gain_none(seed: int) -> None:
    true = shared_edges(street_blocks(3000, seed=seed))
    found = lengths(street_blocks(3000, noisy=True, seed=seed), NOISY_T)
    assert len(true) > 6700
    assert_found(true, found, tolerance_m=NOISY_T)


def bricks(rows: int) -> gpd.GeoDataFrame:
    """Square block of 20 m x 12 m bricks, every second row shifted by half a brick."""
    row, column = np.divmod(np.arange(rows * rows), rows)
    x, y = column * 20.0 + row % 2 * 10, row * 12.0
    return numbered(shapely.box(x, y, x + 20, y + 12))


@pytest.mark.parametrize("decimals", [2, 3])
@pytest.mark.parametrize("degrees", [17, 45, 88])
def test_turned_and_rounded_bricks_lose_no_border_and_gain_none(
    degrees: float, decimals: int
) -> None:
    true = lengths(bricks(60))
    found = lengths(moved(bricks(60), degrees=degrees, decimals=decimals))
    assert len(true) == 10_561
    assert set(found.index) == set(true.index)
    assert_found(true, found, tolerance_m=T)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_jittered_cells_lose_no_border_and_gain_none(first: int) -> None:
    for seed in range(first, first + 20):
        clean = made("cells", seed)
        noisy = jittered(clean, seed)
        noisy = noisy[noisy.is_valid]
        true = shared_edges(clean.loc[noisy.index])
        assert_found(true, lengths(noisy), tolerance_m=T)


@pytest.fixture(scope="module")
def decany() -> gpd.GeoDataFrame:
    if not DECANY.exists():
        pytest.skip("shared data absent")
    parcels = gpd.read_file(DECANY, layer="parcely")
    ids = parcels["Id"].astype("int64").astype("str")
    return layer(dict(zip(ids, parcels.geometry, strict=True)), crs=parcels.crs)


def test_a_real_clean_layer_agrees_with_its_matched_edges(decany: gpd.GeoDataFrame) -> None:
    true, found = shared_edges(decany), lengths(decany)
    assert (found > 0.5).sum() == 7899
    pairs = true[true > CORNER_M].index
    assert set(found.index) == set(pairs)
    assert errors(true[pairs], found).max() < 1e-9


@pytest.mark.parametrize("decimals", [2, 3])
def test_a_real_layer_turned_and_rounded_loses_no_border_and_gains_none(
    decany: gpd.GeoDataFrame, decimals: int
) -> None:
    turned = moved(decany, degrees=17, decimals=decimals)
    turned = turned[turned.is_valid]
    true = lengths(decany.loc[turned.index])
    assert_found(true, lengths(turned), tolerance_m=T)
