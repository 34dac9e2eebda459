from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gisland.base.errors import CRSError
from gisland.topology.shape import (
    compactness,
    elongation,
    perimeter_m,
    rectangularity,
    width_m,
)

MEASURES = [perimeter_m, width_m, compactness, rectangularity, elongation]
FRAME = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])
PARTS = MultiPolygon([box(0, 0, 4, 4), box(10, 0, 20, 10)])
ELL = Polygon([(0, 0), (20, 0), (20, 5), (5, 5), (5, 20), (0, 20)])
Measure = Callable[[gpd.GeoSeries], pd.Series]


def series(*shapes: object, crs: object = 4547) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=[f"p{k}" for k in range(len(shapes))], crs=crs)


@pytest.mark.parametrize(
    ("measure", "shape", "expected"),
    [
        (perimeter_m, box(0, 0, 20, 5), 50.0),
        (perimeter_m, FRAME, 160.0),
        (perimeter_m, PARTS, 56.0),
        (width_m, box(0, 0, 20, 5), 5.0),
        (width_m, FRAME, 2 * 10 * (2 - 2**0.5)),  # in a corner, tangent to it and to the hole's
        (width_m, PARTS, 10.0),
        (width_m, ELL, 2 * 5 * (2 - 2**0.5)),  # in the corner: 5 wide, tangent to the inner corner
        (compactness, box(0, 0, 10, 10), np.pi / 4),
        (compactness, FRAME, 4 * np.pi * 800 / 160**2),
        (rectangularity, box(0, 0, 20, 5), 1.0),
        (rectangularity, FRAME, 800 / 900),
        (rectangularity, PARTS, 116 / 200),
        (rectangularity, ELL, None),
        (elongation, box(0, 0, 20, 5), 4.0),
        (elongation, FRAME, 1.0),
        (elongation, PARTS, 2.0),  # 20 x 10 around both
        (elongation, ELL, 1.0),
        # right-angled, legs 30 and 40: 30 x 40 and 50 x 24 are equally small, the first less long
        (elongation, Polygon([(0, 0), (40, 0), (0, 30)]), 4 / 3),
    ],
)
def test_values_by_hand(measure: Measure, shape: Polygon, expected: float | None) -> None:
    if expected is None:  # turned by 45 degrees it is 25/sqrt(2) high: 20 sqrt(2) x that
        expected = 175 / min(400.0, 20 * 2**0.5 * 20 / 2**0.5 * 25 / 20)
    tolerance = 0.02 if measure is width_m else 1e-9
    assert measure(series(shape)).tolist() == pytest.approx([expected], abs=tolerance)


@pytest.mark.parametrize("measure", MEASURES)
def test_index_name_and_missing(measure: Measure) -> None:
    bow = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    shapes = series(box(0, 0, 10, 10), None, Polygon(), bow, shapely.LineString([(0, 0), (1, 1)]))
    before = shapes.copy()
    result = measure(shapes)
    assert result.name == measure.__name__
    assert result.dtype == "float64"
    assert result.index.equals(shapes.index)
    assert result.isna().tolist() == [False, True, True, True, True]
    assert shapes.to_wkb().equals(before.to_wkb())


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", [[], [None], [None, Polygon()]])
def test_nothing_to_measure(measure: Measure, shapes: list[object]) -> None:
    result = measure(series(*shapes))
    assert len(result) == len(shapes)
    assert result.isna().all()


@pytest.mark.parametrize("measure", MEASURES)
def test_position_and_direction_do_not_matter(measure: Measure) -> None:
    rng = np.random.default_rng(3)
    near = [shapely.convex_hull(shapely.multipoints(rng.uniform(0, 50, (7, 2)))) for _ in range(40)]
    turned = [shapely.affinity.rotate(g, 33, origin=(0, 0)) for g in near]
    far = [shapely.affinity.translate(g, 38_500_000, 3_400_000) for g in turned]
    tolerance = 0.04 if measure is width_m else 1e-6
    expected = measure(series(*near)).to_numpy()
    assert measure(series(*far)).to_numpy() == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("measure", [compactness, rectangularity])
def test_shares_stay_in_their_range_far_from_the_origin(measure: Measure) -> None:
    rng = np.random.default_rng(7)
    angles = rng.uniform(0, 180, 200)
    shapes = [
        shapely.affinity.translate(shapely.affinity.rotate(box(0, 0, 12, 9), a), 38e6, 3.4e6)
        for a in angles
    ]
    values = measure(series(*shapes))
    assert (values > 0).all()
    assert values.max() <= 1 + 1e-6


def test_width_is_never_above_the_true_one() -> None:
    rng = np.random.default_rng(9)
    sides = rng.uniform(0.001, 30, (60, 2))
    shapes = [shapely.affinity.rotate(box(0, 0, a, b), 20) for a, b in sides]
    true = sides.min(axis=1)
    found = width_m(series(*shapes)).to_numpy()
    assert (found <= true + 1e-9).all()
    assert (found >= true - 0.02).all()
    assert (found > 0).all()


@pytest.mark.parametrize("measure", MEASURES)
def test_degrees_and_missing_crs_are_refused(measure: Measure) -> None:
    with pytest.raises(CRSError, match="degrees"):
        measure(series(box(0, 0, 1, 1), crs=4490))
    with pytest.raises(CRSError, match="no coordinate system"):
        measure(series(box(0, 0, 1, 1), crs=None))


def test_elongation_is_that_of_the_smallest_rectangle() -> None:
    rng = np.random.default_rng(11)
    shapes = [
        shapely.concave_hull(shapely.multipoints(rng.uniform(0, (90, 40), (k % 12 + 4, 2))), 0.3)
        for k in range(200)
    ]
    around = shapely.minimum_rotated_rectangle(np.array(shapes))
    corners = shapely.get_coordinates(around).reshape(-1, 5, 2)
    sides = np.hypot(*np.moveaxis(np.diff(corners, axis=1)[:, :2], 2, 0))
    expected = sides.max(axis=1) / sides.min(axis=1)
    found = elongation(series(*shapes)).to_numpy()
    assert (found >= 1 - 1e-12).all()
    assert (found <= expected + 1e-9).all()  # of equally small ones the least elongated
    same = np.isclose(found, expected, rtol=1e-9)
    assert same.mean() > 0.9
    assert _smallest(shapes, found, same) == 0


def _smallest(shapes: list[shapely.Geometry], found: np.ndarray, same: np.ndarray) -> int:
    """How many of the others are not the sides of a rectangle that is equally small."""
    wrong = 0
    for k in np.flatnonzero(~same):
        corners = shapely.get_coordinates(shapes[k].convex_hull)
        edges = np.diff(corners, axis=0)
        turns = np.arctan2(edges[:, 1], edges[:, 0])
        boxes = [
            np.ptp(corners @ [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]], axis=0)
            for t in turns
        ]
        area = np.prod(boxes, axis=1)
        ratio = np.max(boxes, axis=1) / np.min(boxes, axis=1)
        wrong += not np.isclose(ratio[area <= area.min() * (1 + 1e-9)], found[k]).any()
    return wrong
