"""Holes without points are taken away, and coordinates that are not on Earth refused."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LinearRing, MultiPolygon, Point, Polygon, box

from gisland.base.errors import GeometryError
from gisland.base.shapes import require_on_earth, without_empty_rings
from gisland.layers.files.shapes import plain_shapes
from gisland.layers.source import Source

SQUARE, OTHER = box(0, 0, 9, 9), box(20, 0, 29, 9)
HOLE = box(2, 2, 3, 3).exterior


def shapes(*given: object) -> np.ndarray:
    array = np.empty(len(given), dtype=object)
    array[:] = given
    return array


def rings(shape: shapely.Geometry) -> list[bool]:
    """Whether each ring of each part is empty."""
    parts = shapely.get_parts(shape)
    return shapely.is_empty(shapely.get_rings(parts)).tolist()


def test_holes_without_points_go_and_all_else_stays() -> None:
    odd = Polygon(SQUARE.exterior, [LinearRing(), HOLE, LinearRing()])
    several = MultiPolygon([OTHER, odd])
    given = shapes(odd, SQUARE, None, Polygon(), several, Point(1, 1), SQUARE - Polygon(HOLE))
    after = without_empty_rings(given)
    assert rings(after[0]) == [False, False]
    assert after[0].normalize() == Polygon(SQUARE.exterior, [HOLE]).normalize()
    assert rings(after[4]) == [False, False, False]
    assert after[4].geom_type == "MultiPolygon"
    assert shapely.area(after[[0, 4]]).tolist() == [80.0, 161.0]
    assert all(after[k] is given[k] for k in (1, 2, 3, 5, 6))
    assert rings(given[0]).count(True) == 2


def test_where_there_is_none_the_shapes_are_those_given() -> None:
    given = shapes(SQUARE, None, MultiPolygon([OTHER]))
    assert without_empty_rings(given) is given
    assert len(without_empty_rings(shapes())) == 0


def test_an_empty_polygon_with_an_empty_hole_stays_empty() -> None:
    after = without_empty_rings(shapes(shapely.from_wkt("POLYGON (EMPTY, EMPTY)")))
    assert after[0].is_empty


def test_heights_stay() -> None:
    solid = shapely.force_3d(SQUARE, 5.0)
    after = without_empty_rings(shapes(Polygon(solid.exterior, [LinearRing()])))
    assert shapely.get_coordinates(after, include_z=True)[:, 2].tolist() == [5.0] * 5


def test_reading_drops_holes_without_points_without_a_word() -> None:
    odd = Polygon(SQUARE.exterior, [LinearRing()])
    table = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[odd, OTHER], crs=4547)
    plain, told = plain_shapes(table, Source("parcels", "p.gpkg"))
    assert told == []
    assert rings(plain.geometry.iloc[0]) == [False]
    assert plain["n"].tolist() == [1, 2]
    assert plain.crs == table.crs
    assert rings(table.geometry.iloc[0]) == [False, True]


@pytest.mark.parametrize("far", [1.1e15, -1.1e15, 1e300])
def test_coordinates_that_are_not_on_earth_are_refused_by_id(far: float) -> None:
    lots = [SQUARE, Polygon([(0, 0), (9, 0), (9, far)]), Point(far, 0)]
    message = r"^parcels: 2 shapes have coordinates that are not on Earth \(b, c\); mend or delete"
    with pytest.raises(GeometryError, match=message):
        require_on_earth(gpd.GeoDataFrame(geometry=lots, index=["a", "b", "c"]), what="parcels")


def test_large_coordinates_on_earth_pass() -> None:
    require_on_earth(gpd.GeoDataFrame(geometry=[box(0, 0, 1e15, 1), None, Polygon()]), what="x")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_where_asked(bad: float) -> None:
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        lots = gpd.GeoDataFrame(geometry=[Polygon([(0, 0), (9, bad), (9, 9)])], index=["a"])
    require_on_earth(lots, what="parcels")
    with pytest.raises(GeometryError, match=r"1 shape has .* \(a\); leave it out"):
        require_on_earth(lots, what="parcels", finite=True, do="leave it out")
