from __future__ import annotations

import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from gisland.base.errors import CRSError
from gisland.topology import opening_loops
from gisland.topology.opening import narrow_share
from gisland.topology.opening_loops import TIP_LIMIT, lost_areas
from gisland.topology.segments import explode

HALF_CENTIMETRE = 0.005
LOT = box(0, 0, 30, 30)
FLAG = shapely.union(LOT, box(30, 0, 70, 5))
MIDDLE_FLAG = shapely.union(LOT, box(30, 12, 70, 17))


def series(*shapes: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=[f"p{k}" for k in range(len(shapes))], crs=4547)


def share(shape: object, width: float) -> float:
    return float(narrow_share(series(shape), width_m=width).item())


def opened_share(shape: shapely.Geometry, width: float) -> float:
    """The same by buffers alone, part by part."""
    radius = (width - HALF_CENTIMETRE) / 2
    parts = shapely.get_parts(shape)
    inner = shapely.buffer(parts, -radius, join_style="mitre", mitre_limit=TIP_LIMIT)
    outer = shapely.buffer(inner, radius, join_style="mitre", mitre_limit=TIP_LIMIT)
    return float(shapely.area(shapely.difference(parts, outer, grid_size=1e-6)).sum() / shape.area)


@pytest.mark.parametrize(
    ("shape", "width", "expected"),
    [
        (LOT, 15.0, 0.0),
        (LOT, 30.0, 0.0),
        (LOT, 30.01, 1.0),
        (box(0, 0, 15, 200), 15.0, 0.0),
        (box(0, 0, 14.99, 200), 15.0, 1.0),
        (FLAG, 15.0, 200 / 1100),
        (MIDDLE_FLAG, 15.0, 200 / 1100),
        (FLAG, 5.0, 0.0),
        # an L: the leg 10 m wide goes beyond the one 20 m wide, 30 m long
        (shapely.union(box(0, 0, 20, 60), box(20, 0, 50, 10)), 15.0, 300 / 1500),
        (shapely.union(box(0, 0, 20, 60), box(20, 0, 50, 10)), 10.0, 0.0),
        # a hole leaves 10 m on three sides and 30 m on the fourth
        (box(0, 0, 60, 80) - box(10, 10, 50, 50), 15.0, (4800 - 1600 - 1800) / (4800 - 1600)),
        (box(0, 0, 60, 80) - box(10, 10, 50, 50), 10.0, 0.0),
        # parts are opened one by one
        (MultiPolygon([LOT, box(30.5, 0, 40.5, 30)]), 15.0, 300 / 1200),
        # corners of 60 degrees come back, the circle inside has a diameter of 34.64 m
        (Polygon([(0, 0), (60, 0), (30, 30 * 3**0.5)]), 34.0, 0.0),
        (Polygon([(0, 0), (60, 0), (30, 30 * 3**0.5)]), 34.65, 1.0),
        # a chamfer of 1 m is too short to be moved by 7.5 m
        (Polygon([(0, 0), (30, 0), (30, 29), (29, 30), (0, 30)]), 15.0, 0.0),
        (LOT, 0.0, 0.0),
    ],
)
def test_values_by_hand(shape: shapely.Geometry, width: float, expected: float) -> None:
    for angle, x in ((0, 0), (33, 5e5)):
        turned = affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), x, x * 7)
        assert share(turned, width) == pytest.approx(expected, abs=1e-7)


def test_an_acute_corner_loses_its_tip() -> None:
    """A circle of 5 m fits into the corner of 20 degrees, 5 / sin(10°) from it; 15 m come back."""
    half = np.radians(10)
    high = 200 * np.tan(half)
    radius = (10 - HALF_CENTIMETRE) / 2
    tip = radius / np.sin(half) - TIP_LIMIT * radius
    expected = tip**2 * np.tan(half) / (200 * high)
    wedge = Polygon([(0, 0), (200, -high), (200, high)])
    assert share(wedge, 10.0) == pytest.approx(expected, abs=1e-9)
    assert share(wedge, 10.0) == pytest.approx(opened_share(wedge, 10.0), abs=1e-6)


def test_bends_do_not_count_and_a_bump_does() -> None:
    bent = Polygon([(0, 0), (20, 0.02), (40, 0), (40, 30), (20, 29.98), (0, 30)])
    assert share(bent, 15.0) == 0.0
    bump = Polygon([(0, 0), (40, 0), (40, 30), (21, 30), (20, 31), (19, 30), (0, 30)])
    assert share(bump, 15.0) == pytest.approx(1 / 1201, abs=1e-9)


def test_index_name_and_missing() -> None:
    bow = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    shapes = series(FLAG, None, Polygon(), bow, shapely.LineString([(0, 0), (1, 1)]), FLAG, FLAG)
    limits = pd.Series([15.0] * 5 + [None, 5.0], index=shapes.index, dtype="Float64")
    found = narrow_share(shapes, width_m=limits.iloc[::-1])
    assert (found.name, found.dtype) == ("narrow_share", np.float64)
    assert found.index.equals(shapes.index)
    assert found.isna().tolist() == [False, True, True, True, True, True, False]
    assert found["p6"] == 0.0
    assert narrow_share(series(), width_m=15.0).empty
    with pytest.raises(CRSError, match="degrees"):
        narrow_share(gpd.GeoSeries([LOT], crs=4490), width_m=15.0)


def test_a_known_width_decides_only_where_it_is_clearly_too_small() -> None:
    shapes = series(box(0, 0, 14, 50), box(0, 0, 15, 50), LOT)
    known = pd.Series([14.0, 14.98, 10.0], index=shapes.index)
    assert narrow_share(shapes, width_m=15.0, known_m=known).tolist() == [1.0, 0.0, 1.0]


def rings(draw: st.DrawFn) -> Polygon:
    """A polygon around (0, 0), dented where the distance is short."""
    count = draw(st.integers(3, 9))
    angles = [2 * np.pi * (k + draw(st.floats(0.1, 0.9))) / count for k in range(count)]
    far = [draw(st.floats(8.0, 60.0)) for _ in range(count)]
    return Polygon([(r * np.cos(a), r * np.sin(a)) for a, r in zip(angles, far, strict=True)])


@st.composite
def lots(draw: st.DrawFn) -> shapely.Geometry:
    """Convex, L, flag, dented, with a hole, or of two parts; turned."""
    size = st.floats(4.0, 60.0)
    kind = draw(st.sampled_from(["convex", "corner", "flag", "dented", "hole", "parts"]))
    wide, high = draw(size), draw(size)
    shape: shapely.Geometry = box(0, 0, wide, high)
    if kind in {"convex", "dented"}:
        shape = rings(draw)
        shape = shape.convex_hull if kind == "convex" else shape
    elif kind == "corner":
        shape = box(0, 0, wide + draw(size), high + draw(size)) - box(0, 0, wide, high)
    elif kind == "flag":
        shape = shapely.union(
            shape, box(wide, 0, wide + draw(size), high * draw(st.floats(0.1, 1)))
        )
    elif kind == "hole":
        left, below = draw(size), draw(size)
        around = box(-left, -below, wide + draw(size), high + draw(size))
        shape = around - shape
    else:
        shape = MultiPolygon([shape, box(wide + 1, 0, wide + 1 + draw(size), draw(size))])
    assume(shape.is_valid and shape.area > 1)
    return affinity.rotate(shape, draw(st.floats(0, 360)), origin=(0, 0))


WIDTHS = st.floats(0.5, 50.0)


@settings(max_examples=300, deadline=None)
@given(shape=lots(), width=WIDTHS)
def test_the_same_as_by_buffers_and_never_out_of_range(
    shape: shapely.Geometry, width: float
) -> None:
    found = share(shape, width)
    assert 0 <= found <= 1
    radius = (width - HALF_CENTIMETRE) / 2
    inner = shapely.buffer(shape, -radius, join_style="mitre", mitre_limit=TIP_LIMIT)
    moved = explode(np.array([inner]))
    assume((moved.length > 0.05 * radius).all())  # GEOS merges shorter ones
    assume(not shapely.is_empty(inner) or found == 1)
    assert found == pytest.approx(opened_share(shape, width), abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(shape=lots(), width=WIDTHS, angle=st.floats(0, 360), x=st.floats(-1e6, 4e7))
def test_position_and_direction_do_not_matter(
    shape: shapely.Geometry, width: float, angle: float, x: float
) -> None:
    moved = affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), x, 3.4e6)
    edge = [share(shape, width + more) for more in (-1e-5, 0.0, 1e-5)]
    assume(max(edge) - min(edge) < 1e-3)  # not just where a part falls away
    assert min(edge) - 1e-5 <= share(moved, width) <= max(edge) + 1e-5


@settings(max_examples=200, deadline=None)
@given(shape=lots(), widths=st.lists(WIDTHS, min_size=2, max_size=5))
def test_a_larger_width_leaves_less(shape: shapely.Geometry, widths: list[float]) -> None:
    found = [share(shape, width) for width in sorted(widths)]
    assert (np.diff(found) >= -1e-6).all()


def test_most_lots_need_no_buffers() -> None:
    rng = np.random.default_rng(4)
    corners = np.array([(0, 0), (20, 0), (40, 0), (40, 15), (40, 30), (20, 30), (0, 30), (0, 15)])
    shapes = np.array([Polygon(corners + rng.uniform(-0.05, 0.05, (8, 2))) for _ in range(200)])
    edges = explode(shapes)
    first = np.searchsorted(edges.parcel, np.arange(len(shapes) + 1))
    lost = lost_areas(edges.start, edges.end, first, np.full(200, 7.5), 0, 200)
    assert (lost >= 0).all()
    assert lost == pytest.approx([opened_share(g, 15.005) * g.area for g in shapes], abs=1e-3)


PLAIN = """
import sys
sys.modules["numba"] = None
import numpy as np, shapely
from gisland.topology.segments import explode
from gisland.topology.opening_loops import lost_areas
from gisland.topology.shape_loops import rectangles
rng = np.random.default_rng(1)
points = shapely.multipoints(rng.uniform(0, 50, (6, 9, 2)))
shapes = np.concatenate([shapely.convex_hull(points), shapely.concave_hull(points, ratio=0.2)])
edges = explode(shapes)
first = np.searchsorted(edges.parcel, np.arange(len(shapes) + 1))
lost = lost_areas(edges.start, edges.end, first, np.full(len(shapes), 4.0), 0, len(shapes))
around = rectangles(edges.start, first, 0, len(shapes))
print(hasattr(lost_areas, "py_func"), *(value.hex() for value in [*lost, *around.ravel()]))
"""


def test_the_same_bits_without_numba() -> None:
    if not hasattr(opening_loops.lost_areas, "py_func"):
        pytest.skip("numba is not installed")
    here = PLAIN.replace('sys.modules["numba"] = None', "")
    plain, fast = (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
        ).stdout.split()
        for code in (PLAIN, here)
    )
    assert (plain[0], fast[0]) == ("False", "True")
    assert plain[1:] == fast[1:]
    assert len(plain) == 37
