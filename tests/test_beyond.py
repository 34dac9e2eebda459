"""What lies beyond free boundary: by hand, and against rays cast one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiLineString, Point, Polygon, box

from boundaries import layer, moved, rays, reshaped, street_blocks
from gisland.base.errors import CRSError, ProjectError
from gisland.topology.beyond import beyond
from gisland.topology.borders import free_boundary
from gisland.topology.boundary import trace

T = 0.05
KINDS = ["road_m", "water_m", "nothing_m", "edge_m"]
PAIR = {"a": box(0, 0, 30, 20), "b": box(0, 32, 30, 50)}
ALONE = {"a": box(0, 0, 30, 20)}


def lines(*shapes: object, crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def level(y: float) -> LineString:
    return LineString([(-100, y), (100, y)])


def of_a(
    shapes: dict[str, object], *, corridor_m: float = 40.0, **layers: gpd.GeoDataFrame
) -> dict:
    """Row of parcel a without the free length, rounded; what is missing or 0 is left out."""
    row = beyond(trace(layer(shapes)), corridor_m=corridor_m, **layers).loc["a"]
    return row[KINDS].round(6)[row[KINDS] > 0].to_dict()


# --- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["roads", "water"])
@pytest.mark.parametrize(
    "shape",
    [
        level(26),
        LineString([(100, 26), (-100, 26)]),
        MultiLineString([[(-9, 26), (14, 26)], [(14, 26), (14, 26), (40, 26)]]),
        GeometryCollection([level(26), Point(15, 21)]),
        box(-100, 22, 100, 30),
        shapely.reverse(box(-100, 22, 100, 30)),
        box(-100, 20, 100, 32),
        box(-100, 20 - 0.04, 100, 32 + 0.04),
        box(-100, -60, 100, 120) - box(-90, -50, 90, 20) - box(-90, 32, 90, 110),
    ],
    ids=[
        "line",
        "line backwards",
        "lines end to end",
        "collection",
        "polygon",
        "polygon backwards",
        "polygon that touches",
        "polygon that overlaps within the tolerance",
        "streets around blocks",
    ],
)
def test_a_road_or_water_along_one_side(name: str, shape: object) -> None:
    found = beyond(trace(layer(PAIR)), **{name: lines(shape)})
    other = {"roads": "water_m", "water": "road_m"}[name]
    assert found[other].isna().all()
    kind = {"roads": "road_m", "water": "water_m"}[name]
    assert found.loc["a", ["free_m", kind, "nothing_m"]].round(6).tolist() == [100, 30, 0]
    assert found.loc["b", ["free_m", kind, "nothing_m"]].round(6).tolist() == [96, 30, 0]


def test_without_layers_other_land_is_told_from_the_edge() -> None:
    found = beyond(trace(layer(PAIR)))
    assert found.columns.tolist() == ["free_m", *KINDS]
    assert found.index.tolist() == ["a", "b"]
    assert found[["road_m", "water_m"]].isna().all(axis=None)
    assert found.loc["a", ["free_m", "nothing_m", "edge_m"]].tolist() == [100, 30, 70]


@pytest.mark.parametrize("nothing", [[], [None], [LineString()], [Point(15, 25)]])
def test_a_layer_without_lines_counts_as_given(nothing: list[object]) -> None:
    found = beyond(trace(layer(PAIR)), roads=lines(*nothing)).loc["a"]
    assert found[["road_m", "nothing_m", "edge_m"]].tolist() == [0, 30, 70]


def test_invalid_polygons_are_passed_over() -> None:
    bow = Polygon([(-50, 22), (50, 30), (50, 22), (-50, 30)])
    assert of_a(PAIR, roads=lines(bow)) == {"nothing_m": 30, "edge_m": 70}
    assert of_a(PAIR, roads=lines(bow, level(26))) == {"road_m": 30, "edge_m": 70}


def test_the_first_thing_met_counts() -> None:
    near, far = lines(level(24)), lines(level(27))
    assert of_a(PAIR, roads=near, water=far) == {"road_m": 30, "edge_m": 70}
    assert of_a(PAIR, roads=far, water=near) == {"water_m": 30, "edge_m": 70}
    assert of_a(PAIR, roads=near, water=near) == {"road_m": 30, "edge_m": 70}


def test_a_road_behind_a_parcel_does_not_count() -> None:
    behind = lines(level(55))
    assert of_a(PAIR, roads=behind) == {"nothing_m": 30, "edge_m": 70}
    assert of_a({"a": box(0, 0, 30, 20), "b": box(0, 20, 30, 30)}, roads=behind) == {"edge_m": 70}
    inside = lines(level(40))
    assert of_a(PAIR, roads=inside) == {"nothing_m": 30, "edge_m": 70}


def test_a_road_behind_a_slanted_parcel_does_not_count() -> None:
    """Its side, at 60 degrees, faces nobody, but it is other land."""
    slanted = Polygon([(10, 21), (20, 38), (10, 38)])
    found = of_a({"a": box(0, 0, 30, 20), "b": slanted}, roads=lines(level(45)))
    assert found == {"road_m": 20, "nothing_m": 10, "edge_m": 70}


def test_a_road_in_a_gap_counts_where_it_lies() -> None:
    lane = lines(LineString([(8, 26), (99, 26)]))
    assert of_a(PAIR, roads=lane) == {"road_m": 22, "nothing_m": 8, "edge_m": 70}
    assert of_a(ALONE, roads=lane) == {"road_m": 22, "edge_m": 78}


def test_a_road_out_of_reach_does_not_count() -> None:
    assert of_a(ALONE, roads=lines(level(60))) == {"road_m": 30, "edge_m": 70}
    assert of_a(ALONE, roads=lines(level(60.001))) == {"edge_m": 100}
    assert of_a(ALONE, roads=lines(level(60)), corridor_m=39) == {"edge_m": 100}


def test_a_slanted_road_counts_as_far_as_it_is_in_reach() -> None:
    road = lines(LineString([(0, 25), (100, 225)]))  # 63 degrees; 40 m away at 17.5 m
    assert of_a(ALONE, roads=road) == {"road_m": 17.5, "edge_m": 82.5}


def test_a_road_that_ends_at_a_parcel_does_not_run_beside_it() -> None:
    assert of_a(ALONE, roads=lines(LineString([(15, 20), (15, 60)]))) == {"edge_m": 100}
    assert of_a(ALONE, roads=lines(LineString([(15, 10), (15, 60)]))) == {"edge_m": 100}


def test_a_chamfered_corner_at_a_crossing_looks_at_both_roads() -> None:
    shapes = {"a": Polygon([(0, 0), (30, 0), (30, 14), (24, 20), (0, 20)])}
    roads = lines(level(26), LineString([(36, -99), (36, 99)]))
    chamfer = float(np.hypot(6, 6))
    assert of_a(shapes, roads=roads) == {
        "road_m": pytest.approx(24 + 14 + chamfer, abs=1e-6),
        "edge_m": 50,
    }
    one = of_a(shapes, roads=roads.iloc[:1])  # it sees this one as well, further away
    assert one == {"road_m": pytest.approx(24 + chamfer, abs=1e-6), "edge_m": 64}


def test_a_courtyard_looks_at_itself_and_at_the_road_in_it() -> None:
    shapes = {"a": box(0, 0, 50, 50) - box(10, 10, 40, 40)}
    assert of_a(shapes) == {"nothing_m": 120, "edge_m": 200}
    assert of_a(shapes, corridor_m=29.9) == {"edge_m": 320}
    drive = lines(LineString([(10, 25), (40, 25)]))
    assert of_a(shapes, roads=drive) == {"road_m": 60, "nothing_m": 60, "edge_m": 200}


def test_borders_and_what_lies_beyond_them_are_not_free() -> None:
    shapes = {"a": box(0, 0, 30, 20), "b": box(30.02, 0, 60, 20), "c": box(0, 20, 10, 40)}
    found = beyond(trace(layer(shapes)), roads=lines(level(22)))
    assert found.loc["a", "free_m"] == pytest.approx(100 - 20 - 10, abs=1e-9)
    assert found.loc["a", ["road_m", "edge_m"]].tolist() == pytest.approx([20, 50], abs=1e-9)


def test_where_road_and_water_cross_the_nearer_one_counts() -> None:
    """A bridge in front of a parcel, 50 m from its corner."""
    road, water = LineString([(0, 10), (100, 30)]), LineString([(0, 30), (100, 10)])
    found = of_a({"a": box(0, -20, 100, 0)}, roads=lines(road), water=lines(water))
    assert found == {"road_m": 50, "water_m": 50, "edge_m": 140}


def test_where_a_road_goes_into_a_parcel_across_it_is_met_no_more() -> None:
    shapes = {"a": box(0, 0, 100, 20), "b": box(0, 32, 100, 60)}
    road = lines(LineString([(0, 24), (100, 40)]))  # it enters b halfway
    assert of_a(shapes, roads=road) == {"road_m": 50, "nothing_m": 50, "edge_m": 140}


# --- the table ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    """Street blocks with some lots left out, as squares and courtyards."""
    lots = street_blocks(250, seed=3)
    return lots[np.random.default_rng(0).random(len(lots)) < 0.85]


def network(lots: gpd.GeoDataFrame, seed: int) -> gpd.GeoDataFrame:
    """Bent lines at random, across lots and each other."""
    rng = np.random.default_rng(seed)
    west, south, east, north = lots.total_bounds
    bends = rng.uniform((west, south), (east, north), (4, 4, 2))
    return lines(*(LineString(xy) for xy in bends))


@pytest.mark.parametrize("noisy", [False, True])
def test_the_parts_add_up_to_the_free_boundary(*, noisy: bool) -> None:
    lots = street_blocks(250, noisy=noisy, seed=3)
    tolerance_m = 0.45 if noisy else T
    traced = trace(lots, tolerance_m=tolerance_m)
    found = beyond(traced, roads=network(lots, 1), water=network(lots, 2))
    assert (found >= 0).all(axis=None)
    assert (found[KINDS].sum(axis=0) > 0).all()
    off = found[KINDS].sum(axis=1) - found["free_m"]
    assert off.abs().max() < 1e-5
    free = free_boundary(lots, traced.borders)
    assert (found["free_m"] - free).abs().max() < (8 * tolerance_m if noisy else 1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_rays_cast_one_by_one_meet_the_same(blocks: gpd.GeoDataFrame, seed: int) -> None:
    roads, water = network(blocks, seed), network(blocks, seed + 10)
    found = beyond(trace(blocks), roads=roads, water=water).reset_index(drop=True)
    cast = rays(blocks, roads, water, reach_m=40, tolerance_m=T)
    names = {-1: "edge_m", len(blocks): "road_m", len(blocks) + 1: "water_m"}
    kind = cast["met"].map(names).fillna("nothing_m")
    met = cast.assign(kind=kind).pivot_table("length", "parcel", "kind", "sum", fill_value=0.0)
    met = met.reindex(found.index, fill_value=0.0)[KINDS]
    assert (met - found[KINDS]).abs().max(axis=None) < 6 * 0.25  # some ends, a step each
    assert met.sum().tolist() == pytest.approx(found[KINDS].sum().tolist(), rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_the_same_bits(blocks: gpd.GeoDataFrame, seed: int) -> None:
    roads = network(blocks, seed)
    expected = beyond(trace(blocks), roads=roads)
    found = beyond(trace(blocks.sample(frac=1, random_state=seed)), roads=roads)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_a_mirrored_layer_gives_the_same_table(blocks: gpd.GeoDataFrame) -> None:
    roads, middle = network(blocks, 0), blocks.total_bounds[[0, 2]].mean()
    expected = beyond(trace(blocks), roads=roads)
    one, two = (reshaped(x, lambda xy: xy * [-1, 1] + [2 * middle, 0]) for x in (blocks, roads))
    found = beyond(trace(one), roads=two)
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=0, atol=1e-4)


def test_streets_of_a_city_are_all_that_lies_beyond_its_blocks() -> None:
    """Centre lines between blocks that lie 14 m apart: nobody but them is met first."""
    column, row = np.divmod(np.arange(12), 4)
    x, y = column * 74.0, row * 54.0
    blocks = shapely.box(x, y, x + 60, y + 40)
    lots = layer({f"l{k}": block for k, block in enumerate(blocks)})
    centre = [LineString([(a - 7, -7), (a - 7, 215)]) for a in (0, 74, 148, 222)]
    centre += [LineString([(-7, b - 7), (221, b - 7)]) for b in (0, 54, 108, 162, 216)]
    for degrees in (0, 33):
        both = moved(pd.concat([lots, lines(*centre)]), degrees=degrees)
        found = beyond(trace(both.iloc[:12]), roads=both.iloc[12:])
        assert found["road_m"].to_numpy() == pytest.approx(200, abs=1e-6)
        assert found["edge_m"].to_numpy() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shapes", [{}, {"a": None}])
def test_no_parcels_give_an_empty_table(shapes: dict[str, object]) -> None:
    found = beyond(trace(layer(shapes)), roads=lines(level(0)))
    assert found.empty
    assert found.columns.tolist() == ["free_m", *KINDS]


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["roads", "water"])
def test_a_layer_of_another_crs_is_refused(name: str) -> None:
    other = {name: lines(level(26), crs=4548)}
    with pytest.raises(CRSError, match=rf"{name}: EPSG:4548, but parcels: EPSG:4547; reproject"):
        beyond(trace(layer(PAIR)), **other)


@pytest.mark.parametrize("crs", [None, 4490])
@pytest.mark.parametrize("name", ["roads", "water"])
def test_a_layer_without_crs_or_in_degrees_is_refused(name: str, crs: object) -> None:
    other = {name: lines(level(26), crs=crs)}
    with pytest.raises(CRSError, match=name):
        beyond(trace(layer(PAIR)), **other)


@pytest.mark.parametrize("corridor_m", [0.0, -1.0, float("nan"), float("inf")])
def test_the_corridor_must_be_a_positive_number(corridor_m: float) -> None:
    with pytest.raises(ProjectError, match=r"corridor_m is .*; give a number of metres above 0"):
        beyond(trace(layer(PAIR)), corridor_m=corridor_m)
