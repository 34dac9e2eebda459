"""Whatever is packed comes back: numbers of any size, geometry of any type to a centimetre."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as some

import mappages
from gisland.base.errors import CRSError
from gisland.present.packedlayer import packed_shape
from gisland.present.packing import deltas, linework, packed, units, varints

CRS, X, Y = "EPSG:4547", 529_000.0, 3_380_000.0
EDGES = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8193, 2**31, -(2**31), 2**62, -(2**62)]


# --- numbers --------------------------------------------------------------------------------------


@given(some.lists(some.integers(-(2**63), 2**63 - 1)))
def test_numbers_of_any_size_and_sign_come_back(values: list[int]) -> None:
    assert mappages.varints(varints(np.array(values, dtype=np.int64))) == values


@pytest.mark.parametrize("value", [*EDGES, 2**63 - 1, -(2**63)])
def test_numbers_at_the_edges_of_a_byte_come_back(value: int) -> None:
    zigzag = 2 * value if value >= 0 else -2 * value - 1
    found = varints(np.array([value, 5]))
    assert mappages.varints(found) == [value, 5]
    assert len(found) == max(1, math.ceil(zigzag.bit_length() / 7)) + 1


def test_no_numbers_are_no_bytes() -> None:
    assert varints(np.array([], dtype=np.int64)) == b""
    assert mappages.unpack(packed({"a": np.empty((0, 2), dtype=np.int64)})) == ({"a": []}, None)
    assert mappages.unpack(packed({}, [])) == ({}, [])


def test_arrays_and_facts_come_back_together() -> None:
    arrays = {"b": np.array([[1, -2], [300, 4]]), "none": np.array([], int), "a": np.array([-7])}
    facts = {"text": ["长<>&\u2028\ufdd0", ""], "n": 1.5, "no": None}
    found, told = mappages.unpack(packed(arrays, facts))
    assert found == {"b": [1, -2, 300, 4], "none": [], "a": [-7]}
    assert list(found) == list(arrays)
    assert told == facts


def test_half_a_surrogate_pair_can_be_packed() -> None:
    assert mappages.unpack(packed({}, ["a\ud800"])) == ({}, ["a?"])


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        packed({}, [math.inf])


@given(some.lists(some.tuples(some.integers(0, 2**32), some.integers(0, 2**32))))
def test_differences_add_up(places: list[tuple[int, int]]) -> None:
    table = np.array(places, dtype=np.int64).reshape(-1, 2)
    assert mappages.pairs(deltas(table).ravel().tolist()) == places
    assert mappages.summed(deltas(table[:, 0]).tolist()) == [x for x, _ in places]


# --- geometry -------------------------------------------------------------------------------------


def blob(rng: np.random.Generator, x: float, y: float, *, radius: float) -> shapely.Polygon:
    """Polygon around a place, with a hole in every other one; either way round."""
    turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 40)))
    turns = np.concatenate([turns, [0.1, 2.2, 4.4]])
    turns.sort()
    reach = radius * rng.uniform(0.7, 1, len(turns))
    outer = np.column_stack([x + reach * np.cos(turns), y + reach * np.sin(turns)])
    hole = shapely.Point(x, y).buffer(radius / 8, quad_segs=3).exterior.coords[:]
    made = shapely.Polygon(outer, [hole] if rng.random() < 0.5 else [])
    return made.reverse() if rng.random() < 0.5 else made


def line(rng: np.random.Generator, x: float, y: float) -> shapely.LineString:
    return shapely.LineString(
        np.column_stack([x + rng.uniform(-9, 9, 7), y + rng.uniform(-9, 9, 7)])
    )


def shapes(rng: np.random.Generator) -> list[shapely.Geometry]:
    """Some of every type."""
    made: list[shapely.Geometry] = []
    for x, y in zip(X + 50.0 * np.arange(30), Y + rng.uniform(-500, 500, 30), strict=True):
        one, other = blob(rng, x, y, radius=20), blob(rng, x, y + 2000, radius=9)
        island = blob(rng, x, y + 3000, radius=30)
        inner = shapely.Point(x, y + 3000).buffer(1.5)
        point, way = shapely.Point(x, y + 100), line(rng, x, y)
        made += [
            *(one, point, way, shapely.MultiPolygon([one, other])),
            shapely.union(island, inner) if island.interiors else island,
            shapely.MultiPoint([(x, y), (x + 1, y)]),
            shapely.MultiLineString([way, line(rng, x, y + 40)]),
            shapely.GeometryCollection([point, shapely.MultiPolygon([one, other]), way]),
            shapely.GeometryCollection([shapely.GeometryCollection([other, point])]),
            shapely.force_3d(one, 7.0),
            shapely.LinearRing(other.exterior.coords),
        ]
    return made


def back(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """The features as a page holds them, in the system of the given ones."""
    made = linework(geometry, name="lots")
    text = packed_shape(made, {}, geometry=geometry, signs=[""] * len(geometry))
    arrays, facts = mappages.unpack(text)
    return gpd.GeoSeries(mappages.shapes(arrays, facts["origin"]), crs=4326).to_crs(geometry.crs)


@pytest.mark.parametrize("seed", range(4))
def test_geometry_of_every_type_comes_back_to_a_centimetre(seed: int) -> None:
    given_ = gpd.GeoSeries(shapes(np.random.default_rng(seed)), crs=CRS)
    found = back(given_)
    for one, other in zip(found, given_, strict=True):
        assert shapely.hausdorff_distance(one, shapely.force_2d(other)) < 0.01
        parts = [
            sorted(p.geom_type.replace("LinearRing", "LineString") for p in simple(g))
            for g in (one, other)
        ]
        assert parts[0] == parts[1]
        assert sum(len(p.interiors) for p in simple(one) if p.geom_type == "Polygon") == sum(
            len(p.interiors) for p in simple(other) if p.geom_type == "Polygon"
        )
        assert one.area == pytest.approx(other.area, abs=0.01 * other.length + 1e-9)


def simple(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Parts without any collection among them."""
    parts = getattr(shape, "geoms", None)
    return [shape] if parts is None else [p for part in parts for p in simple(part)]


def test_every_vertex_is_kept_and_equal_ones_stay_equal() -> None:
    rng = np.random.default_rng(5)
    xs = X + np.cumsum(rng.uniform(1, 9, 50))
    ys = Y + rng.uniform(0, 9, 50)
    north = shapely.Polygon([*zip(xs, ys, strict=True), (xs[-1], Y + 40), (xs[0], Y + 40)])
    south = shapely.Polygon([*zip(xs, ys, strict=True), (xs[-1], Y - 40), (xs[0], Y - 40)])
    found = back(gpd.GeoSeries([north, south], crs=CRS))
    places = [set(shape.exterior.coords) for shape in found]
    assert [len(p) for p in places] == [52, 52]
    assert len(places[0] & places[1]) == 50


@pytest.mark.parametrize(
    "shape",
    [
        shapely.MultiPolygon([shapely.box(X, Y, X + 9, Y + 9), shapely.Polygon()]),
        shapely.GeometryCollection([shapely.Point(), shapely.box(X, Y, X + 9, Y + 9)]),
        shapely.GeometryCollection([shapely.MultiPoint(), shapely.box(X, Y, X + 9, Y + 9)]),
    ],
)
def test_empty_parts_are_left_out(shape: shapely.Geometry) -> None:
    after = shapely.Point(X + 50, Y)
    found = back(gpd.GeoSeries([shape, after], crs=CRS))
    assert shapely.hausdorff_distance(found[0], shapely.box(X, Y, X + 9, Y + 9)) < 0.01
    assert found[0].geom_type == "Polygon"
    assert found[1].distance(after) < 0.01


def test_shapes_below_the_grid_come_back_as_well() -> None:
    tiny = shapely.box(X, Y, X + 0.001, Y + 0.001)
    found = back(gpd.GeoSeries([tiny, shapely.box(X, Y, X + 9, Y + 9)], crs=CRS))
    assert found[0].area < 0.001
    assert shapely.hausdorff_distance(found[0], tiny) < 0.01


@pytest.mark.parametrize("latitude", [-80, -33.9, 0, 22.5, 53.5, 80])
def test_units_are_those_of_the_web_map(latitude: float) -> None:
    at = gpd.GeoSeries([shapely.Point(117.25, latitude)], crs=4326).to_crs(3857)[0]
    half = math.pi * 6378137  # of the square of the web map
    expected = [(at.x + half) / (2 * half) * 2**32, (half - at.y) / (2 * half) * 2**32]
    found = units(np.array([[117.25, latitude]]))[0]
    assert found.tolist() == pytest.approx(expected, abs=0.6)
    assert mappages.degrees(*found.tolist()) == pytest.approx((117.25, latitude), abs=1e-7)


def test_geometry_without_a_system_is_refused() -> None:
    with pytest.raises(CRSError, match="lots: the table has no CRS; set the CRS of the results"):
        linework(gpd.GeoSeries([shapely.Point(0, 0)]), name="lots")


def test_signs_stand_inside_their_features() -> None:
    horseshoe = shapely.box(X, Y, X + 90, Y + 90) - shapely.box(X + 9, Y + 9, X + 81, Y + 91)
    given_ = gpd.GeoSeries([shapely.Point(X, Y), horseshoe], crs=CRS)
    made = linework(given_, name="lots")
    arrays, facts = mappages.unpack(packed_shape(made, {}, geometry=given_, signs=["", "零"]))
    assert facts["signs"] == ["零"]
    assert mappages.summed(arrays["signed"]) == [1]
    (place,) = mappages.pairs(arrays["places"])
    west, north = facts["origin"]
    at = gpd.GeoSeries(
        [shapely.Point(mappages.degrees(place[0] + west, place[1] + north))], crs=4326
    )
    assert horseshoe.contains(at.to_crs(CRS)[0])
