"""Flat rings, vertices near other boundaries, shared vertices, and spikes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from gisland.topology.boundary import line_grid
from gisland.topology.judging import spoiled
from gisland.topology.near_loops import Grid, edges_near
from gisland.topology.rings import among, edited, held, redrawn, roll_up, unroll
from gisland.topology.sharing import loose_edges, share
from gisland.topology.spikes import spikes
from gisland.topology.vertices import edges_of, near_vertices, points

FAR = (500_000, 3_400_000)
NONE = np.empty(0, dtype=np.int64)


def shapes(*polygons: object) -> np.ndarray:
    array = np.empty(len(polygons), dtype=object)
    array[:] = polygons
    return array


def told(polygons: np.ndarray, reach_m: float, **more: bool) -> list[tuple[object, ...]]:
    near = near_vertices(points(polygons), reach_m=reach_m, **more)
    columns = (near.polygon, near.other, near.distance_m.round(6), near.at_vertex)
    return list(zip(*(c.tolist() for c in columns), strict=True))


def test_unrolled_and_rolled_up_is_the_same_to_the_bit() -> None:
    holed = box(0, 0, 9, 9) - box(2, 2, 3, 3) - box(5, 5, 6, 6)
    given = shapes(
        holed, None, Polygon(), MultiPolygon([holed, box(20, 0, 21, 1)]), MultiPolygon([holed])
    )
    back = roll_up(unroll(given), like=given)
    assert shapely.to_wkb(back[[0, 3, 4]]).tolist() == shapely.to_wkb(given[[0, 3, 4]]).tolist()
    assert back[1:3].tolist() == [None, None]


def test_rings_come_in_the_order_of_polygons_parts_and_rings() -> None:
    holed = box(0, 0, 9, 9) - box(2, 2, 3, 3)
    several = MultiPolygon([box(20, 0, 21, 1), holed, Polygon()])
    given = shapes(box(50, 0, 51, 1), several, None, holed, shapely.force_3d(box(60, 0, 61, 1)))
    rings = unroll(given)
    assert rings.shape.tolist() == [0, 1, 1, 3, 4]
    assert rings.part.tolist() == [0, 1, 2, 2, 3, 3, 4]
    assert np.bincount(rings.ring).tolist() == [4] * 7
    drawn = [
        ring.coords[:-1]
        for shape in given[[0, 1, 3]]
        for part in shapely.get_parts(shape)
        for ring in shapely.get_rings(part)
    ]
    assert rings.xy[:-4].tolist() == [list(xy) for ring in drawn for xy in ring]
    assert rings.xy.shape == (28, 2)


def test_numbers_that_are_held() -> None:
    keys = np.array([1, 4, 9])
    assert held(keys, np.array([0, 1, 5, 9, 10])).tolist() == [False, True, False, True, False]
    assert held(keys[:0], keys).tolist() == [False] * 3


def test_edits_touch_nothing_else() -> None:
    one, two = box(0, 0, 2, 2), box(5, 5, 6, 6)
    after = edited(
        shapes(one, two), moved=NONE, to=np.empty((0, 2)), after=NONE, added=np.empty((0, 2))
    )
    assert after[0] is one
    assert after[1] is two
    corners = np.array([[1.0, 0.0], [1.5, 0.0]])
    square = Polygon([(0, 0), (2, 0), (2, 2), (0, 2)])
    after = edited(
        shapes(two, square), moved=NONE, to=np.empty((0, 2)), after=np.array([4, 4]), added=corners
    )
    assert after[0] is two
    assert after[1].wkt == "POLYGON ((0 0, 1 0, 1.5 0, 2 0, 2 2, 0 2, 0 0))"


@pytest.mark.parametrize(("at", "expected"), [(0, "2 0, 2 2, 0 2, 2 0"), (3, "0 0, 2 0, 2 2, 0 0")])
def test_a_vertex_moved_onto_the_next_vanishes_and_the_rest_keep_their_order(
    at: int, expected: str
) -> None:
    square = shapes(Polygon([(0, 0), (2, 0), (2, 2), (0, 2)]))
    to = {0: [2.0, 0.0], 3: [2.0, 2.0]}[at]
    after = edited(
        square, moved=np.array([at]), to=np.array([to]), after=NONE, added=np.empty((0, 2))
    )
    assert after[0].wkt == f"POLYGON (({expected}))"


def test_repeated_vertices_elsewhere_stay() -> None:
    doubled = shapes(Polygon([(0, 0), (2, 0), (2, 0), (2, 2), (0, 2)]))
    after = edited(
        doubled, moved=NONE, to=np.empty((0, 2)), after=np.array([0]), added=np.array([[1.0, 0.0]])
    )
    assert after[0].wkt == "POLYGON ((0 0, 1 0, 2 0, 2 0, 2 2, 0 2, 0 0))"


def test_a_ring_that_collapses_is_none() -> None:
    triangle = shapes(Polygon([(0, 0), (2, 0), (2, 2)]))
    moved, to = np.array([1, 2]), np.zeros((2, 2))
    after = edited(triangle, moved=moved, to=to, after=NONE, added=np.empty((0, 2)))
    assert after.tolist() == [None]


@pytest.mark.parametrize("reverse", [False, True])
def test_an_overlay_is_redrawn_as_it_was(reverse: bool) -> None:  # noqa: FBT001 - a parameter
    ring = [(4, 0), (4, 4), (0, 4), (0, 0)]
    old = Polygon(ring[::-1] if reverse else ring)
    new = redrawn(old - box(3, 3, 9, 9), like=old)
    kept = [p for p in shapely.get_coordinates(new)[:-1].tolist() if p != [4, 4]]
    given = [list(map(float, p)) for p in old.exterior.coords[:-1]]
    assert [p for p in kept if p in given] == [p for p in given if p != [4, 4]]
    assert kept[0] == given[0]
    parts = MultiPolygon([box(20, 0, 30, 10), old])
    again = redrawn(parts - box(29, 9, 40, 40), like=parts)
    assert [p.bounds for p in again.geoms] == [(20, 0, 30, 10), (0, 0, 4, 4)]


def test_what_a_polygon_may_not_become() -> None:
    old = shapes(*[box(0, 0, 2, 1)] * 4)
    bow = Polygon([(0, 0), (9, 9), (9, 0), (0, 5)])
    assert spoiled(old, shapes(box(0, 0, 1, 1), box(0, 0, 0.9, 1), None, bow)) == [
        "",
        "more than half of it would go",
        "more than half of it would go",
        "it would cross itself",
    ]


def test_near_but_not_on() -> None:
    pair = shapes(box(0, 0, 10, 10), box(10.25, 2, 20, 4))
    assert told(pair, 0.25) == [(1, 0, 0.25, False), (1, 0, 0.25, False)]
    assert told(pair, 0.2) == []
    corner = shapes(box(0, 0, 10, 10), box(10.15, 10.2, 20, 20))
    assert told(corner, 0.3) == [(0, 1, 0.25, True), (1, 0, 0.25, True)]


def test_shared_vertices_and_those_on_an_edge_are_told_apart() -> None:
    tee = shapes(box(0, 0, 9, 1), box(3, 1, 9, 2))
    assert told(tee, 0.3) == []
    near = near_vertices(points(tee), reach_m=0.3, on_edge=True)
    assert near.polygon.tolist() == [1]
    assert near.xy.tolist() == [[3.0, 1.0]]
    assert near.distance_m.tolist() == [0.0]


def test_missing_empty_and_alone() -> None:
    assert told(shapes(None, Polygon(), box(0, 0, 1, 1)), 9.0) == []
    assert told(shapes(), 1.0) == []


def test_a_large_polygon_costs_no_more_than_its_edges() -> None:
    angle = np.linspace(0, 2 * np.pi, 50_001)[:-1]
    round_ = Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 1000)
    lots = [affinity.translate(box(0, 0, 1, 1), 3 * k, 1000.1) for k in range(-100, 100)]
    near = near_vertices(points(shapes(round_, *lots)), reach_m=0.3)
    x = np.array([[3 * k, 3 * k + 1] for k in range(-100, 100)], dtype=float).ravel()
    expected = (np.hypot(x, 1000.1) - 1000 <= 0.3).sum()
    found = near.polygon > 0
    assert np.isclose(near.distance_m[found], np.hypot(*near.xy[found].T) - 1000, atol=1e-5).all()
    assert found.sum() == expected


def wheel(x: float, y: float, *, radius: float, vertices: int) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    spoke = radius * (1 + 0.2 * np.sin(7 * angle))
    return Polygon(np.column_stack([x + spoke * np.cos(angle), y + spoke * np.sin(angle)]))


def test_the_nearest_of_all_edges_is_found() -> None:
    one = wheel(0, 0, radius=10, vertices=203) - wheel(0, 0, radius=4, vertices=50)
    two = MultiPolygon([wheel(17, 3, radius=8, vertices=77), wheel(0, 0, radius=2, vertices=9)])
    given = shapes(one, two, box(-3, -30, 3, -11))
    near = near_vertices(points(given), reach_m=6.0)
    edges = shapely.boundary(given)
    corners, of = shapely.get_coordinates(given, return_index=True)
    expected = {
        (k, *xy, other)
        for k, xy in zip(of.tolist(), map(tuple, corners.tolist()), strict=True)
        for other in range(3)
        if other != k and edges[other].distance(shapely.Point(xy)) <= 6.0
    }
    told_of = zip(near.polygon.tolist(), *near.xy.T.tolist(), near.other.tolist(), strict=True)
    assert set(told_of) == expected
    assert len(near.other) == len(expected) > 200
    distance = shapely.distance(edges[near.other], shapely.points(near.xy))
    assert near.distance_m == pytest.approx(distance, abs=1e-9)
    assert shapely.distance(edges[near.other], shapely.points(near.nearest)).max() < 1e-9


def test_many_edges_in_reach_of_each_other_do_not_cost_memory() -> None:
    crowd = shapes(*(wheel(k / 1000, 0, radius=0.05, vertices=150) for k in range(20)))
    tracemalloc.start()
    near = near_vertices(points(crowd), reach_m=0.3)
    peak_mb = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert len(near.other) > 50_000  # of nine million pairs of a vertex and an edge
    assert peak_mb < 150


@pytest.mark.parametrize("by", [(0, 0), FAR])
def test_long_and_short_edges_in_one_layer(by: tuple[float, float]) -> None:
    """Cells of a grid are as wide as edges are long on average, and wrap round far away."""
    field = affinity.rotate(box(0, 0, 90_000, 40_000), 10, origin=(0, 0))
    edge = field.exterior.segmentize(5_000.0)
    dots = [shapely.Point(p).buffer(0.4, quad_segs=2) for p in edge.coords[:-1]]
    given = shapes(
        *(affinity.translate(s, *by) for s in [field, *dots, box(1e6, 1e6, 1e6 + 1, 2e6)])
    )
    near = near_vertices(points(given), reach_m=0.2)
    corners, of = shapely.get_coordinates(given, return_index=True)
    outline = shapely.boundary(given[0])
    expected = {
        (k, *xy)
        for k, xy in zip(of.tolist(), map(tuple, corners.tolist()), strict=True)
        if k and outline.distance(shapely.Point(xy)) <= 0.2
    }
    on_field = near.other == 0
    told_of = zip(near.polygon[on_field].tolist(), *near.xy[on_field].T.tolist(), strict=True)
    assert set(told_of) == expected
    assert len(expected) > 100


@pytest.mark.parametrize("reach_m", [0.1, 0.25, 0.3, 1.7])
def test_what_is_just_in_reach(reach_m: float) -> None:
    """Where rounding decides, a point is in reach if GEOS says so."""
    rng = np.random.default_rng(5)
    turns = rng.uniform(0, 360, 300)
    lots = []
    for turn in turns:
        pair = [box(0, 0, 9, 9), box(9 + reach_m, 2, 20, 8)]
        by = rng.uniform(0, 1e6, 2).round(3)
        lots.append(
            [affinity.translate(affinity.rotate(s, turn, origin=(0, 0)), *by) for s in pair]
        )
    in_reach = 0
    for one, two in lots:
        near = near_vertices(points(shapes(one, two)), reach_m=reach_m)
        corners = shapely.points(shapely.get_coordinates(two)[:-1])
        expected = shapely.distance(corners, shapely.boundary(one)) <= reach_m
        assert (near.polygon == 1).sum() == expected.sum()
        in_reach += expected.sum()
    assert 100 < in_reach < 500


def test_points_that_are_asked_for() -> None:
    corners = points(shapes(box(0, 0, 9, 9), box(9.5, 0, 20, 9)))
    asked = np.array([[9.0, 4.0], [9.3, 9.0], [50.0, 50.0], [9.0, 9.0]])
    near = corners.near(0.4, asked=asked)
    assert near.point.tolist() == [0, 1, 1, 3]
    assert near.other.tolist() == [0, 0, 1, 0]
    assert near.distance_m.round(9).tolist() == [0, 0.3, 0.2, 0]
    assert corners.near(0.4, asked=np.empty((0, 2))).point.tolist() == []


def test_where_polygons_have_a_point() -> None:
    bow = MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)])  # it passes (1, 1) twice
    corners = points(shapes(bow, box(1, 0, 2, 1)))
    number = int(np.flatnonzero((corners.xy == 1).all(axis=1))[0])
    assert corners.has(np.array([number] * 2 + [0]), np.array([0, 1, 1])).tolist() == [
        True,
        True,
        False,
    ]
    place = corners.place(np.array([number, number]), np.array([1, 0]))
    assert corners.rings.xy[place].tolist() == [[1, 1], [1, 1]]
    assert corners.of[place].tolist() == [1, 0]
    assert place[1] == np.flatnonzero(corners.number == number)[0]


def test_the_plain_loop_gives_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    given = shapes(*(wheel(*rng.uniform(0, 30, 2), radius=4, vertices=12) for _ in range(8)))
    corners = points(given)
    edges = edges_of(corners.rings, corners.number)
    start, end = corners.rings.xy, corners.rings.xy[corners.rings.following]
    lines = np.hstack([start, end])
    grid = Grid(*line_grid(lines, cell_m=3.0), 3.0, len(lines))
    plain = getattr(edges_near, "py_func", edges_near)
    results = [
        [part.tolist() for part in loop(corners.xy, edges, grid, 2.5, 0, len(corners.xy))]
        for loop in (edges_near, plain)
    ]
    assert results[0] == results[1]
    assert len(results[0][0]) > 50


@pytest.mark.parametrize("by", [(0, 0), FAR])
def test_meeting_polygons_share_their_vertices_to_the_bit(by: tuple[float, float]) -> None:
    lower = Polygon([(0, 0), (9, 0.3), (9, 1.1), (0, 0.2)])
    stem = shapely.line_interpolate_point(lower.exterior, 12.5).coords[0]
    upper = Polygon([stem, (9, 1.1), (9, 5), stem])
    given = shapes(*(affinity.translate(s, *by) for s in (lower, upper)))
    done = share(given)
    assert done.inserted.tolist() == [1, 0]
    assert done.shapes[1] is given[1]
    points = [shapely.get_coordinates(s) for s in done.shapes]
    assert among(points[1], points[0]).sum() == 3
    assert shapely.coverage_is_valid(done.shapes)
    assert abs(done.shapes[0].area - given[0].area) < 1e-8
    assert share(done.shapes).inserted.tolist() == [0, 0]


def test_loose_edges_are_those_without_a_reverse() -> None:
    pair = shapes(box(0, 0, 2, 1), None, box(2, 0, 4, 1))
    edges = loose_edges(pair)
    assert np.bincount(edges.parcel).tolist() == [3, 0, 3]
    assert not ((edges.start[:, 0] == 2) & (edges.end[:, 0] == 2)).any()


def test_spikes_and_what_only_looks_like_one() -> None:
    out = Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    into = Polygon([(0, 0), (9, 0), (9, 5), (3, 5.01), (9, 5.02), (9, 9), (0, 9)])
    acute = Polygon([(0, 0), (100, 0), (100, 1.0)])
    narrow = box(0, 0, 100, 0.04)
    found = spikes(unroll(shapes(out, into, acute, narrow)), width_m=0.05)
    assert found.tip.tolist() == [3, 10]
    assert found.length_m.round(3).tolist() == [6.0, 6.0]
