from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gisland.topology import width_loops
from gisland.topology.segments import explode
from gisland.topology.shape import FEW_POINTS, width_m
from gisland.topology.width_loops import inscribed_radii

if TYPE_CHECKING:
    from collections.abc import Callable

FINE = 1e-4
FINER = 1e-6
ROUNDING = 1e-9


def radii(*shapes: shapely.Geometry, tolerance: float = FINE) -> np.ndarray:
    edges = explode(np.array(shapes, dtype=object))
    first = np.searchsorted(edges.parcel, np.arange(len(shapes) + 1))
    allowed = np.full(len(shapes), tolerance)
    return inscribed_radii(edges.start, edges.end, first, allowed, 0, len(shapes))


def star(angles: list[float], far: list[float]) -> shapely.Polygon:
    """A polygon around (0, 0), dented where the distance is short."""
    turn = np.sort(angles)
    return shapely.Polygon(np.column_stack([far * np.cos(turn), far * np.sin(turn)]))


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Polygon:
    count = draw(st.integers(3, 12))
    angles = [2 * np.pi * (k + draw(st.floats(0.1, 0.9))) / count for k in range(count)]
    far = [draw(st.floats(2.0, 60.0)) for _ in range(count)]
    shape = star(angles, far)
    if draw(st.booleans()):
        hole = shapely.Point(0, 0).buffer(draw(st.floats(0.1, 1.0)), quad_segs=1)
        shape = shape.difference(hole)
    return shapely.affinity.translate(shape, 5e5, 3.4e6)


@settings(max_examples=200, deadline=None)
@given(shape=polygons())
def test_never_above_the_largest_and_hardly_below(shape: shapely.Polygon) -> None:
    found = radii(shape)[0]
    # GEOS's circle lies inside; none is larger by more than the tolerance it searches to
    searched = shapely.length(shapely.maximum_inscribed_circle(shape, tolerance=FINER))
    assume(not np.isnan(found))  # too thin
    assert found >= searched - FINE - 1e-8
    assert found <= searched + FINER + 1e-8


@pytest.mark.parametrize(
    ("shape", "radius"),
    [
        (shapely.box(0, 0, 20, 5), 2.5),
        (shapely.Polygon([(0, 0), (3, 0), (0, 4)]), 1.0),
        (shapely.Polygon([(0, 0), (10, 0), (20, 0), (20, 5), (7, 5), (0, 5)]), 2.5),  # straight on
        (shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20), 10 * (2 - 2**0.5)),
        (shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(10, 0, 20, 10)]), 5.0),
        # two rooms and a door between them
        (shapely.union_all([shapely.box(0, 0, 9, 9), shapely.box(12, 0, 22, 10)]), 5.0),
        # an arrow: the circle touches its inner corner (0, 4) and both long sides
        (shapely.Polygon([(-6, 0), (0, 4), (6, 0), (0, 12)]), None),
    ],
)
def test_radii_by_hand(shape: shapely.Geometry, radius: float | None) -> None:
    if radius is None:  # its centre (0, y) is y - 4 above the corner, (12 - y) / 5 ** 0.5 from them
        y = (12 / 5**0.5 + 4) / (1 + 1 / 5**0.5)
        radius = y - 4
    for angle in (0, 33, 90):
        turned = shapely.affinity.rotate(shape, angle, origin=(3, 1))
        assert radii(turned)[0] == pytest.approx(radius, abs=FINE)
        assert radii(turned)[0] <= radius + ROUNDING


def test_a_sliver_is_left_to_the_other_search() -> None:
    corner = 1e-3 * np.sin(np.linspace(0, 60, 40))
    x = np.linspace(0, 4000, 40)
    low, high = np.column_stack([x, corner]), np.column_stack([x, corner + 2e-3])
    sliver = shapely.affinity.rotate(shapely.Polygon([*low, *high[::-1]]), 40)
    assert np.isnan(radii(sliver, tolerance=1e-7)[0])
    width = width_m(gpd.GeoSeries([sliver], crs=4547)).item()
    assert 0 < width <= 2e-3 + ROUNDING


def test_a_polygon_of_many_points_has_the_same_width() -> None:
    turn = np.linspace(0, 2 * np.pi, 2 * FEW_POINTS, endpoint=False)
    circle = shapely.Polygon(50 * np.column_stack([np.cos(turn), np.sin(turn)]))
    coarse = shapely.Polygon(shapely.get_coordinates(circle)[::10])
    many, few = width_m(gpd.GeoSeries([circle, coarse], crs=4547))
    assert many == pytest.approx(100, abs=0.03)
    assert few == pytest.approx(100 * np.cos(np.pi / (FEW_POINTS / 5)), abs=2 * FINE)


def test_each_polygon_has_its_own_whatever_the_others() -> None:
    rng = np.random.default_rng(5)
    shapes = [star(list(rng.uniform(0, 6.28, 7)), list(rng.uniform(9, 40, 7))) for _ in range(30)]
    shapes = [s for s in shapes if s.is_valid]
    together = radii(*shapes)
    assert together.tolist() == [radii(s)[0] for s in shapes]
    assert together[::-1].tolist() == radii(*shapes[::-1]).tolist()


PLAIN = """
import sys
sys.modules["numba"] = None
import numpy as np, shapely
from gisland.topology.segments import explode
from gisland.topology.width_loops import inscribed_radii
rng = np.random.default_rng(1)
points = shapely.multipoints(rng.uniform(0, 50, (6, 9, 2)))
shapes = np.concatenate([shapely.convex_hull(points), shapely.concave_hull(points, ratio=0.2)])
edges = explode(shapes)
first = np.searchsorted(edges.parcel, np.arange(len(shapes) + 1))
found = inscribed_radii(edges.start, edges.end, first, np.full(len(shapes), 1e-4), 0, len(shapes))
print(hasattr(inscribed_radii, "py_func"), *(value.hex() for value in found))
"""


def test_the_same_bits_without_numba() -> None:
    if not hasattr(width_loops.inscribed_radii, "py_func"):
        pytest.skip("numba is not installed")
    here = PLAIN.replace('sys.modules["numba"] = None', "")
    plain, fast = (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
        ).stdout.split()
        for code in (PLAIN, here)
    )
    assert plain[0] == "False"
    assert fast[0] == "True"
    assert plain[1:] == fast[1:]
    assert len(plain) == 13


def rounded(shape: shapely.Geometry, angle: float) -> shapely.Geometry:
    """Turned, far from the origin, with coordinates in millimetres."""
    turned = shapely.affinity.rotate(shape, angle, origin=(0, 0))
    moved = shapely.affinity.translate(turned, 512_345.678, 3_400_000)
    return shapely.transform(moved, lambda xy: np.round(xy, 3))


def lobed(width: float) -> shapely.Geometry:
    """A regular polygon of 600 corners around a circle."""
    turn = 2 * np.pi * np.arange(600) / 600
    far = width / 2 / np.cos(np.pi / 600)
    return shapely.Polygon(far * np.column_stack([np.cos(turn), np.sin(turn)]))


def strip(width: float) -> shapely.Geometry:
    """A bent strip with 602 corners, as wide everywhere."""
    turn = np.linspace(0, 2.5, 301)
    along = np.column_stack([np.cos(turn), np.sin(turn)])
    out = (300 + width / 2) * along / np.cos(2.5 / 600)  # its chords are as far out
    into = (300 - width / 2) * along
    return shapely.Polygon([*out, *into[::-1]])


def elbow(width: float) -> shapely.Geometry:
    """An L whose corner holds a circle of some diameter; its legs are narrower."""
    leg = width / 2 / (2 - 2**0.5)
    return shapely.Polygon([(0, 0), (60, 0), (60, leg), (leg, leg), (leg, 60), (0, 60)])


@pytest.mark.parametrize("shape", [lambda w: shapely.box(0, 0, w, 40), elbow, lobed])
def test_near_a_limit_the_width_is_on_the_right_side(
    shape: Callable[[float], shapely.Geometry],
) -> None:
    angles = np.linspace(0, 90, 40)
    for width, passes in ((15.0, True), (14.99, False), (15.01, True), (14.98, False)):
        shapes = gpd.GeoSeries([rounded(shape(width), a) for a in angles], crs=4547)
        found = width_m(shapes, near_m=15.0)
        assert ((found.round(2) >= 15.0) == passes).all()
        assert (found >= width - 0.0022).all()  # rounding to millimetres, twice
        assert (found <= width + 0.0022).all()


def test_a_bent_strip_is_on_the_right_side_of_its_limit() -> None:
    """Equally wide along 750 m: too much to be searched to 0.1 mm, but not to compare."""
    shapes = gpd.GeoSeries([strip(w) for w in (15.0, 14.99, 15.03, 14.97)], crs=4547)
    true = width_m(shapes).to_numpy()
    found = width_m(shapes, near_m=15.0)
    assert (found.round(2) >= 15.0).tolist() == [True, False, True, False]
    assert (found >= true).all()
    depth = shapely.buffer(shapes.to_numpy(), -(found.to_numpy() / 2 - 1e-4), quad_segs=64)
    assert not shapely.is_empty(depth).any()


def test_many_points_do_not_make_the_width_near_a_limit_less_sure() -> None:
    rng = np.random.default_rng(8)
    corners = [star(list(rng.uniform(0, 6.28, 6)), list(rng.uniform(15, 60, 6))) for _ in range(60)]
    corners = [s for s in corners if s.is_valid]
    true = width_m(gpd.GeoSeries(corners, crs=4547))
    many = gpd.GeoSeries([shapely.segmentize(s, s.length / 600) for s in corners], crs=4547)
    assert shapely.get_num_coordinates(many.to_numpy()).min() > FEW_POINTS
    plain, found = width_m(many), width_m(many, near_m=true + 0.01)
    assert (found - true).abs().max() < 2e-4
    assert (plain - true).min() < -1e-3
    limits = (true + 0.01).where(true.index != 1).astype("Float64")
    assert width_m(many, near_m=limits.iloc[::-1]).drop(1).equals(found.drop(1))
    assert width_m(many, near_m=limits)[1] == plain[1]
    assert width_m(many, near_m=true + 0.04).equals(plain)
