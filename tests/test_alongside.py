"""Boundary along lines: by hand, and against a slow way of counting."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, box

from gisland.base.errors import ProjectError
from gisland.topology.alongside import along_lines, along_m
from gisland.topology.borders import borders
from gisland.topology.segments import Segments, line_segments

LOTS = {"a": box(0, 0, 30, 20), "b": box(0, 20, 30, 50), "c": box(30, 0, 60, 50)}


def found(lines: list[object], reach_m: float = 2.0, turn: float = 0.0) -> dict[str, float]:
    lots = gpd.GeoDataFrame(geometry=list(LOTS.values()), index=list(LOTS), crs=4547)
    given = gpd.GeoSeries(lines, crs=4547)
    if turn:
        lots = lots.set_geometry(lots.rotate(turn, origin=(0, 0)))
        given = given.rotate(turn, origin=(0, 0))
    table = borders(lots)
    along = along_lines(lots, table, given, reach_m=reach_m)
    assert along.index.equals(table.index)
    assert along.to_dict() == {(i, j): along[j, i] for i, j in along.index}
    return {f"{i}{j}": m for (i, j), m in along.round(2).items() if i < j}


def test_a_line_on_a_border_gives_its_length() -> None:
    lane = LineString([(5, 20), (25, 20)])
    assert found([lane]) == {"ab": 20.0, "ac": 0.0, "bc": 0.0}
    assert found([lane], turn=23.0) == {"ab": 20.0, "ac": 0.0, "bc": 0.0}
    assert found([lane, lane, LineString([(20, 21), (99, 21)])])["ab"] == 25.0  # each piece once
    up = LineString([(30, -9), (30, 59)])
    assert found([up]) == {"ab": 0.0, "ac": 20.0, "bc": 30.0}
    assert found([LineString([(-9, 0), (99, 0)])]) == {"ab": 0.0, "ac": 0.0, "bc": 0.0}


def test_a_line_beyond_reach_or_across_does_not_count() -> None:
    assert found([LineString([(5, 22.01), (25, 22.01)])])["ab"] == 0.0
    assert found([LineString([(5, 22), (25, 22)])])["ab"] == 20.0
    assert found([LineString([(15, 12), (15, 28)])]) == {"ab": 0.0, "ac": 0.0, "bc": 0.0}
    # parts at 1 in 4: within 2 m from x = 7 on to x = 23
    assert found([LineString([(5, 17.5), (25, 22.5)])])["ab"] == pytest.approx(16.0)


def test_a_border_across_a_hairline_counts() -> None:
    lots = gpd.GeoDataFrame(
        geometry=[box(0, 0, 30, 20), box(0, 20.04, 30, 50)], index=["a", "b"], crs=4547
    )
    lane = gpd.GeoSeries([LineString([(5, 21), (25, 21)])], crs=4547)
    assert along_lines(lots, borders(lots), lane, reach_m=2.0).tolist() == pytest.approx([20.0] * 2)


def test_polygons_count_by_their_outlines_and_odd_shapes_are_passed_over() -> None:
    zone = box(-100, 20, 100, 90)
    points = [shapely.Point(5, 20), None, shapely.Polygon(), LineString()]
    bow = shapely.Polygon([(0, 19), (9, 21), (9, 19), (0, 21)])
    assert found([zone, bow, *points]) == {"ab": 30.0, "ac": 0.0, "bc": 0.0}
    heap = shapely.GeometryCollection([zone, shapely.Point(3, 3)])
    assert found([heap]) == {"ab": 30.0, "ac": 0.0, "bc": 0.0}
    assert found([]) == {"ab": 0.0, "ac": 0.0, "bc": 0.0}


def test_the_reach_is_a_length() -> None:
    with pytest.raises(ProjectError, match="reach_m"):
        found([LineString([(0, 0), (1, 1)])], reach_m=0.0)


@pytest.mark.parametrize("seed", range(20))
def test_against_points_along_each_piece(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces, lines = (_random(rng, count) for count in (12, 30))
    got = along_m(pieces, lines, reach_m=3.0)
    at = (np.arange(4000) + 0.5) / 4000
    for k in range(len(got)):
        start, end = pieces.start[k], pieces.end[k]
        points = start + at[:, None] * (end - start)
        near = np.zeros(len(points), dtype=bool)
        for a, b in zip(lines.start, lines.end, strict=True):
            near |= _beside(points, end - start, a=a, b=b)
        length = float(np.hypot(*(end - start)))
        assert got[k] == pytest.approx(near.mean() * length, abs=length * 30 / 4000)


def _random(rng: np.random.Generator, count: int) -> Segments:
    start, way = rng.uniform(0, 40, (count, 2)), rng.uniform(-15, 15, (count, 2))
    return Segments(start, start + way, np.arange(count))


def _beside(points: np.ndarray, along: np.ndarray, *, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the line is within 3 m straight across from each point."""
    unit = along / np.hypot(*along)
    if abs((b - a) @ unit) < np.hypot(*(b - a)) * np.sqrt(0.5):
        return np.zeros(len(points), dtype=bool)
    ta, tb = (a - points) @ unit, (b - points) @ unit
    normal = np.array([-unit[1], unit[0]])
    da, db = (a - points) @ normal, (b - points) @ normal
    share = -ta / (tb - ta)
    return (share >= 0) & (share <= 1) & (np.abs(da + share * (db - da)) <= 3.0)


def test_line_segments_keep_what_they_are_of() -> None:
    shapes = [
        None,
        LineString([(0, 0), (1, 0), (1, 0), (1, 2)]),
        shapely.Point(1, 1),
        box(0, 0, 2, 1),
    ]
    lines = line_segments(np.array(shapes, dtype=object))
    assert lines.length.tolist() == [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]
    assert lines.parcel.tolist() == [1, 1, 3, 3, 3, 3]
