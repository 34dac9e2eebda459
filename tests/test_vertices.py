"""Flat rings, vertices near other boundaries, shared vertices, and spikes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from gisland.topology.judging import spoiled
from gisland.topology.rings import among, edited, redrawn, roll_up, unroll
from gisland.topology.sharing import loose_edges, share
from gisland.topology.spikes import spikes
from gisland.topology.vertices import near_vertices

FAR = (500_000, 3_400_000)
NONE = np.empty(0, dtype=np.int64)


def shapes(*polygons: object) -> np.ndarray:
    array = np.empty(len(polygons), dtype=object)
    array[:] = polygons
    return array


def told(polygons: np.ndarray, reach_m: float, **more: bool) -> list[tuple[object, ...]]:
    near = near_vertices(polygons, reach_m=reach_m, **more)
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
    near = near_vertices(tee, reach_m=0.3, on_edge=True)
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
    near = near_vertices(shapes(round_, *lots), reach_m=0.3)
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
    near = near_vertices(given, reach_m=6.0)
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
    near = near_vertices(crowd, reach_m=0.3)
    peak_mb = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert len(near.other) > 50_000  # of nine million pairs of a vertex and an edge
    assert peak_mb < 150


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
    found = spikes(shapes(out, into, acute, narrow), width_m=0.05)
    assert found.tip.tolist() == [3, 10]
    assert found.length_m.round(3).tolist() == [6.0, 6.0]
