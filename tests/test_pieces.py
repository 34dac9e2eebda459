from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gisland.topology.pieces import LARGE, pieces


def town(blocks: int, *, steps: int) -> Polygon:
    """A street net around square blocks whose sides have so many vertices."""
    at = np.arange(steps) / steps * 80
    side = np.concatenate(
        [
            np.column_stack([at, 0 * at]),
            np.column_stack([80 + 0 * at, at]),
            np.column_stack([80 - at, 80 + 0 * at]),
            np.column_stack([0 * at, 80 - at]),
        ]
    )
    corners = [(20 + 100 * x, 20 + 100 * y) for x in range(blocks) for y in range(blocks)]
    size = 100 * blocks + 20
    return Polygon(box(0, 0, size, size).exterior, [side + c for c in corners])


def test_small_polygons_stay_the_objects_they_are() -> None:
    shapes = np.array([box(0, 0, 1, 1), MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)])])
    found = pieces(shapes)
    assert found.of.tolist() == [0, 1]
    assert all(a is b for a, b in zip(found.shapes, shapes, strict=True))


def test_pieces_fill_their_polygon_without_overlap() -> None:
    street = town(6, steps=20)
    shapes = np.array([box(-9, 0, -1, 5), street, box(-9, 6, -1, 9)])
    assert shapely.get_num_coordinates(street) > 5 * LARGE
    found = pieces(shapes)
    assert found.of.tolist() == sorted(found.of.tolist())
    mine = found.shapes[found.of == 1]
    assert shapely.get_num_coordinates(found.shapes).max() <= LARGE
    assert shapely.is_valid(mine).all()
    assert set(shapely.get_type_id(mine)) == {shapely.GeometryType.POLYGON}
    assert shapely.area(mine).sum() == pytest.approx(street.area)
    assert shapely.union_all(mine).symmetric_difference(street).area == pytest.approx(0, abs=1e-9)


def test_pieces_of_nothing() -> None:
    found = pieces(np.array([], dtype=object))
    assert (len(found.shapes), len(found.of)) == (0, 0)


def test_vertices_that_lie_together_are_left_together() -> None:
    angle = np.linspace(0, 2 * np.pi, 50, endpoint=False)
    tiny = np.column_stack([np.cos(angle), np.sin(angle)]) * 1e-9
    far = box(1e6, 0, 1e6 + 1, 1)
    found = pieces(np.array([MultiPolygon([Polygon(tiny), far])]), large=20)
    assert shapely.area(found.shapes).sum() == pytest.approx(1.0)
    assert found.of.tolist() == [0] * len(found.shapes)
