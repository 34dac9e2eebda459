from __future__ import annotations

import importlib.util
import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import (
    GeometryCollection,
    LineString,
    MultiPolygon,
    Point,
    Polygon,
    affinity,
    box,
)

from gisland.topology import compiled, slab_loops
from gisland.topology.slab_loops import _side, _slab
from gisland.topology.slabs import slab_areas, slabs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

FAR = np.array([500_000.0, 3_400_000.0])
BILLIONTH = 1e-9
L_SHAPE = Polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)])
RING = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 8, 8).exterior])
TWO = MultiPolygon([box(0, 0, 1, 1), box(9, 9, 11, 12)])


def areas(ours: Sequence[BaseGeometry], theirs: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Of the first of both, the second of both, and so on."""
    all_of = np.arange(len(ours))
    return slab_areas(np.array(ours, object), np.array(theirs, object), i=all_of, j=all_of)


def area(one: BaseGeometry, two: BaseGeometry) -> float:
    return float(areas([one], [two])[0])


def exact_edges(shape: BaseGeometry) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Edges from left to right in exact numbers, without the upright ones."""
    found = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        xy = [(Fraction(x), Fraction(y)) for x, y in shapely.get_coordinates(ring).tolist()]
        found += [(*min(e), *max(e)) for e in itertools.pairwise(xy) if e[0][0] != e[1][0]]
    return found


def exact_area(one: BaseGeometry, two: BaseGeometry) -> Fraction:
    """Overlap in exact numbers: between all vertices and crossings, sections change evenly."""
    ours, theirs = exact_edges(one), exact_edges(two)
    stops = {x for a, _, b, _ in ours + theirs for x in (a, b)}
    for (a, y, b, z), (c, v, d, w) in itertools.product(ours, theirs):
        m, n = (z - y) / (b - a), (w - v) / (d - c)
        if max(a, c) < min(b, d) and m != n:
            stops.add((v - n * c - y + m * a) / (m - n))
    total = Fraction(0)
    for left, right in itertools.pairwise(sorted(stops)):
        x = (left + right) / 2
        cuts = [
            sorted(y + (x - a) * (z - y) / (b - a) for a, y, b, z in edges if a < x < b)
            for edges in (ours, theirs)
        ]
        spans = itertools.product(*(zip(c[::2], c[1::2], strict=True) for c in cuts))
        common = sum(max(Fraction(0), min(b, d) - max(a, c)) for (a, b), (c, d) in spans)
        total += common * (right - left)
    return total


def star(rng: np.random.Generator, corners: int, size: float) -> Polygon:
    """Star around a far-off place, or next to it, rounded to some digits."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    far = size * rng.uniform(0.3, 1, corners)
    xy = np.column_stack([np.cos(angle) * far, np.sin(angle) * far])
    return Polygon(np.round(FAR + rng.uniform(-0.7, 0.7, 2) * size + xy, int(rng.integers(2, 11))))


KINDS: dict[str, Callable[[Polygon, Polygon, Polygon], tuple[BaseGeometry, BaseGeometry]]] = {
    "stars": lambda one, two, _: (one, two),
    "convex": lambda one, two, _: (one.convex_hull, two.convex_hull),
    "slivers": lambda one, two, _: (affinity.rotate(affinity.scale(one, 1, 0.01), 30), two),
    "holes": lambda one, two, _: tuple(
        g.difference(affinity.scale(g, 0.5, 0.5)) for g in (one, two)
    ),
    "parts": lambda one, two, more: (one.union(more), two.symmetric_difference(more)),
    "neighbors": lambda one, two, _: (one, two.difference(one)),
    "contained": lambda one, two, _: (one, one.intersection(two)),
    "identical": lambda one, *_: (one, one.reverse()),
    "boxes": lambda one, two, _: (one.envelope, two.envelope),
    "near_zero": lambda *some: tuple(affinity.translate(g, *-FAR) for g in some[:2]),
    "far_off": lambda *some: tuple(shapely.transform(g, lambda xy: xy * 100) for g in some[:2]),
}


def pairs(
    kind: str, *, count: int, seed: int = 0
) -> tuple[tuple[BaseGeometry, ...], tuple[BaseGeometry, ...]]:
    """Random polygons of a kind, two and two, of any size."""
    rng = np.random.default_rng([seed, *kind.encode()])
    found: list[tuple[BaseGeometry, BaseGeometry]] = []
    while len(found) < count:
        size = 10 ** rng.uniform(-0.5, 3.5)
        stars = [star(rng, 9, size * share) for share in (1, 10 ** rng.uniform(-1.5, 0), 0.4)]
        if all(shape.is_valid for shape in stars):
            both = KINDS[kind](*stars)
            if all(g.area > 0 and g.is_valid and "Collection" not in g.geom_type for g in both):
                found.append(both)
    ours, theirs = zip(*found, strict=True)
    return ours, theirs


# --- areas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (box(0, 0, 2, 2), box(1, 1, 4, 3), 1.0),
        (box(0, 0, 10, 1), box(4, -5, 6, 5), 2.0),
        (L_SHAPE, box(0, 0, 2, 2), 3.0),
        (L_SHAPE, affinity.translate(L_SHAPE, 0.5, 0.5), 3.25),
        (Polygon([(0, 0), (2, 0), (1, 2)]), Polygon([(0, 2), (1, 0), (2, 2)]), 1.0),
        (RING, box(0, 0, 5, 10), 32.0),
        (RING, box(3, 3, 7, 7), 0.0),
        (RING, box(1, 1, 9, 9), 64.0 - 36.0),
        (TWO, box(0, 0, 10, 10), 2.0),
        (TWO, RING, 2.0),
        (box(0, 0, 1, 1), box(0, 0, 1, 1), 1.0),
    ],
)
def test_areas_by_hand(one: BaseGeometry, two: BaseGeometry, expected: float) -> None:
    assert area(one, two) == expected
    assert area(two, one) == expected
    # the ways rings run do not matter
    assert area(one.reverse(), two) == expected
    holes = [ring.reverse() for ring in getattr(one, "interiors", [])]
    if holes:
        assert area(Polygon(one.exterior, holes), two) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_areas_are_exact_to_a_billionth_of_the_smaller(kind: str) -> None:
    ours, theirs = pairs(kind, count=30)
    found = areas(ours, theirs)
    sure = ~np.isnan(found)
    assert sure.mean() > (0.7 if kind == "slivers" else 0.95)
    smaller = np.minimum(shapely.area(ours), shapely.area(theirs))
    for k in np.flatnonzero(sure):
        off = abs(Fraction(float(found[k])) - exact_area(ours[k], theirs[k]))
        assert off <= BILLIONTH * smaller[k], (ours[k].wkt, theirs[k].wkt)


@pytest.mark.parametrize("kind", KINDS)
def test_areas_are_those_of_intersections(kind: str) -> None:
    ours, theirs = pairs(kind, count=300, seed=1)
    found = areas(ours, theirs)
    back = areas(theirs, ours)
    smaller = np.minimum(shapely.area(ours), shapely.area(theirs))
    assert (np.abs(found - back) <= BILLIONTH * smaller)[~np.isnan(found + back)].all()
    assert (found >= 0)[~np.isnan(found)].all()
    assert (found <= smaller)[~np.isnan(found)].all()
    expected = np.array([one.intersection(two).area for one, two in zip(ours, theirs, strict=True)])
    # the corners of an intersection are rounded as coordinates are, each by a last digit or two
    digit = 4 * np.spacing(np.abs(shapely.bounds(ours)).max(axis=1))
    rounding = digit * np.minimum(shapely.length(ours), shapely.length(theirs))
    close = np.abs(found - expected) <= BILLIONTH * smaller + rounding
    assert close[~np.isnan(found)].all()


def test_polygons_of_many_vertices_are_cut_into_slabs() -> None:
    rng = np.random.default_rng(3)
    ours, theirs = [], []
    for _ in range(4):
        large = star(rng, int(rng.integers(80, 120)), 900)
        even = Point(FAR + rng.uniform(-300, 300, 2)).buffer(800, quad_segs=20)
        small = star(rng, 6, 300)
        ours += [large, even, small, even]
        theirs += [small, large, even, even]
    counts = np.diff(slabs(np.array(ours, object)).first)
    assert counts[0::4].min() > 1
    assert counts[1::4].min() > 20
    assert set(counts[2::4]) == {1}
    found = areas(ours, theirs)
    for one, two, value in zip(ours, theirs, found.tolist(), strict=True):
        off = abs(Fraction(value) - exact_area(one, two))
        assert off <= BILLIONTH * min(one.area, two.area)
    assert (found[3::4] == shapely.area(ours[3::4])).all()


def test_each_edge_is_in_the_slabs_that_it_reaches_into() -> None:
    shape = Point(7, 7).buffer(5, quad_segs=40)
    cut = slabs(np.array([box(0, 0, 1, 1), shape]))
    sides = np.linspace(2, 12, cut.first[2] - cut.first[1] + 1)
    xy = shapely.get_coordinates(shape)
    low, high = np.minimum(xy[1:, 0], xy[:-1, 0]), np.maximum(xy[1:, 0], xy[:-1, 0])
    for s, (west, east) in enumerate(itertools.pairwise(sides), start=1):
        edges = cut.edge[cut.begin[s] : cut.begin[s + 1]]
        inside = (low < east - 1e-9) & (high > west + 1e-9)
        assert len(edges) >= inside.sum() > 0


def test_a_place_is_in_the_slab_that_begins_and_ends_around_it() -> None:
    rng = np.random.default_rng(9)
    for _ in range(300):
        west = rng.choice([0.1, 499_999.9]) + rng.uniform(-1, 1)
        ruler = west, west + 10 ** rng.uniform(-3, 4), int(rng.integers(2, 90))
        for number in range(ruler[2] + 1):
            side = _side(number, ruler)
            for x in (side, max(west, np.nextafter(side, -np.inf))):
                slab = _slab(x, ruler)
                assert _side(slab, ruler) <= x < _side(slab + 1, ruler) or x == ruler[1]
    assert _slab(ruler[1], ruler) == ruler[2] - 1


# --- nothing, and the whole --------------------------------------------------------------------


def test_what_touches_has_nothing_in_common() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        xy = np.round(FAR + rng.uniform(0, 40, (7, 2)), 3)
        a, b, c, d, e, f, g = xy
        fan = [Polygon([a, *two]).normalize() for two in ((b, c), (c, d), (d, e), (e, f), (f, g))]
        for one, two in itertools.combinations([t for t in fan if t.is_valid], 2):
            if one.touches(two):
                assert area(one, two) == area(two, one) == 0
    whole = affinity.translate(L_SHAPE, *FAR)
    corner, edge = box(4, 1, 6, 3), box(4, -3, 9, 0.7)
    assert areas([whole] * 2, [affinity.translate(g, *FAR) for g in (corner, edge)]).tolist() == [
        0,
        0,
    ]


def test_vertices_on_edges_but_for_rounding_make_no_overlap() -> None:
    row, column = np.divmod(np.arange(400), 20)
    x, y = column * 30 + (row % 2) * 15, row * 20
    bricks = affinity.rotate(MultiPolygon(list(shapely.box(x, y, x + 30, y + 20))), 17)
    shapes = np.array(affinity.translate(bricks, *FAR).geoms, object)
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i != j], j[i != j]
    assert (shapely.area(shapely.intersection(shapes[i], shapes[j])) > 0).any()
    assert (slab_areas(shapes, shapes, i=i, j=j) == 0).all()
    # a strip that the coordinates can tell is not passed over
    moved = np.array([affinity.translate(shape, 0, 1e-6) for shape in shapes])
    found = slab_areas(moved, shapes, i=i, j=j)
    assert 5e-6 < found[found > 0].min() < found.max() < 4e-5


def test_what_lies_within_has_its_own_area_to_the_last_bit() -> None:
    rng = np.random.default_rng(6)
    inner = [shape for shape in (star(rng, 8, 20) for _ in range(100)) if shape.is_valid]
    outer = box(*(FAR - 50), *(FAR + 50))
    assert len(inner) > 80
    assert (areas([outer] * len(inner), inner) == shapely.area(inner)).all()
    assert (areas(inner, inner) == shapely.area(inner)).all()
    # the corners of a half lie on the edges of the whole but for rounding
    halves = shapely.intersection(inner, box(*(FAR - 50), FAR[0], FAR[1] + 50))
    some = shapely.area(halves) > 1
    assert some.sum() > 50
    halves, wholes = halves[some], np.array(inner)[some]
    expected = np.minimum(shapely.area(halves), shapely.area(wholes))
    assert (areas(halves, wholes) == expected).all()


def test_what_rounding_could_make_up_is_left_open() -> None:
    sliver = affinity.translate(Polygon([(0, 0), (1000, 1000), (1000, 1000.000001)]), *FAR)
    assert np.isnan(area(sliver, sliver))
    assert np.isnan(area(sliver, box(*FAR, *(FAR + 500))))
    # an overlap may be a small share of both, if it is clear
    one, two = box(0, 0, 1000, 1000), box(999.99, 999.99, 2000, 2000)
    assert area(one, two) == pytest.approx(1e-4, rel=1e-9)


# --- order, and the plain path -----------------------------------------------------------------


def test_an_area_does_not_depend_on_the_other_pairs() -> None:
    ours, theirs = (np.array(side, object) for side in pairs("parts", count=80, seed=2))
    rng = np.random.default_rng(7)
    i, j = rng.integers(0, 80, 300), rng.integers(0, 80, 300)
    found = slab_areas(ours, theirs, i=i, j=j)
    assert (found > 0).sum() > 50
    turn, back, order = rng.permutation(80), np.empty(80, np.int64), rng.permutation(300)
    back[turn] = np.arange(80)
    again = slab_areas(ours[turn], theirs[turn], i=back[i][order], j=back[j][order])
    np.testing.assert_array_equal(again, found[order])
    for k in range(0, 300, 17):
        alone = slab_areas(ours, theirs, i=i[[k]], j=j[[k]])
        np.testing.assert_array_equal(alone, found[[k]])


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The same loops as they run without numba."""
    monkeypatch.setattr(compiled, "_njit", None)
    spec = importlib.util.spec_from_file_location("plain_slab_loops", slab_loops.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_plain_path_gives_the_same_bits(
    plain: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_ones = [affinity.translate(Point(0, 0).buffer(9, quad_segs=20), *FAR)] * 2
    samples = [pairs(kind, count=6, seed=4) for kind in KINDS]
    samples.append((round_ones, [affinity.rotate(g, 30, origin=FAR.tolist()) for g in round_ones]))
    ours, theirs = ([g for sample in samples for g in sample[side]] for side in (0, 1))
    found = areas(ours, theirs)
    assert (found > 0).sum() > 30
    for loop in ("common_areas", "in_slabs"):
        assert not hasattr(getattr(plain, loop), "py_func")
        monkeypatch.setattr(f"gisland.topology.slabs.{loop}", getattr(plain, loop))
    np.testing.assert_array_equal(areas(ours, theirs).view(np.int64), found.view(np.int64))


# --- what is no polygon ------------------------------------------------------------------------


def test_lines_points_and_empty_shapes_have_nothing_in_common() -> None:
    flat = [LineString([(0, 0), (9, 9)]), Point(1, 1), Polygon(), MultiPolygon(), RING.exterior]
    assert areas(flat, [RING] * 5).tolist() == [0] * 5
    assert areas([RING] * 5, flat).tolist() == [0] * 5


def test_other_shapes_among_polygons_shift_nothing() -> None:
    ours = [Point(1, 1), RING, LineString([(0, 0), (9, 9)]), TWO, GeometryCollection([RING]), RING]
    found = areas(ours, [box(0, 0, 5, 10)] * 6)
    np.testing.assert_array_equal(found, [0, 32, 0, 1, np.nan, 32])


def test_shapes_nobody_asks_for_may_be_missing() -> None:
    shapes = np.array([None, RING, None, box(0, 0, 5, 10)], object)
    assert slab_areas(shapes, shapes, i=np.array([1]), j=np.array([3])).tolist() == [32.0]


def test_no_pairs_and_no_shapes() -> None:
    none, nothing = np.array([], dtype=np.int64), np.array([], dtype=object)
    assert slab_areas(nothing, nothing, i=none, j=none).tolist() == []
    assert slab_areas(np.array([RING]), nothing, i=none, j=none).tolist() == []
