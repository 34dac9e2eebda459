"""Holes in the union of all parcels: told by rings of loose edges, or by the union, the same."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from checklayers import FAR, layer
from gisland.topology import holes as holes_module
from gisland.topology.drawn import drawn_parcels
from gisland.topology.ground import ground_of
from gisland.topology.holes import holes_in
from gisland.topology.sharing import loose_edges
from gisland.topology.tracing import Traced, traced
from gisland.topology.tracing_loops import round_walks
from gisland.topology.unions import unions
from subdivisions import PATTERNS, subdivision

if TYPE_CHECKING:
    from collections.abc import Callable

    Shapes = list[shapely.Geometry]
    Find = Callable[[Shapes], np.ndarray]

ROOM = box(0, 0, 30, 30) - box(10, 10, 20, 20)
NARROW_M2 = 1e-6  # holes as narrow as rounding may come and go


def found(shapes: Shapes) -> np.ndarray:
    parcels = layer({f"p{k:04d}": shape for k, shape in enumerate(shapes)})
    return holes_in(ground_of(drawn_parcels(parcels, mend=True), reach_m=0.3))


@pytest.fixture(params=["small", "large"])
def holes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Holes as in a small layer, or as in a large one."""
    if request.param == "large":
        monkeypatch.setattr(holes_module, "MANY", 0)
    return found


def areas(shapes: np.ndarray) -> list[float]:
    return sorted(a for a in shapely.area(shapes).round(6).tolist() if a > NARROW_M2)


def by_definition(shapes: Shapes) -> list[float]:
    """Areas of the holes in the union of all, less what lies in them."""
    whole = shapely.union_all(shapes)
    rings = [Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    return areas(np.array([ring - whole for ring in rings]))


# --- by hand -----------------------------------------------------------------------------------


def test_a_hole_of_one_and_a_hole_of_four(holes: Find) -> None:
    assert [h.wkt for h in holes([box(0, 0, 30, 30), box(30, 0, 40, 30)])] == []
    assert holes([ROOM])[0].equals(box(10, 10, 20, 20))
    four = [box(0, 0, 20, 10), box(20, 0, 30, 20), box(10, 20, 30, 30), box(0, 10, 10, 30)]
    assert [h.area for h in holes(four)] == [100]


def test_strips_that_cross(holes: Find) -> None:
    """Two strips across two others: the hole between has corners where none of them has one."""
    strips = [box(0, 2, 12, 4), box(0, 7, 12, 9), box(2, 0, 4, 12), box(8, 0, 9, 12)]
    result = holes(strips)
    assert len(result) == 1
    assert result[0].equals(box(4, 4, 8, 7))


def test_islands_are_no_hole_and_may_have_one(holes: Find) -> None:
    island = box(12, 12, 18, 18) - box(13, 13, 17, 17)
    inmost = box(14, 14, 15, 15)
    assert areas(holes([ROOM, island, inmost])) == [15, 64]
    assert areas(holes([ROOM, island, inmost, box(40, 0, 50, 9)])) == [15, 64]


def test_a_hole_that_another_layer_of_polygons_covers_is_none(holes: Find) -> None:
    assert areas(holes([ROOM, box(5, 5, 25, 25)])) == []
    sheet = [box(x, y, x + 30, y + 30) for x in (-40, -10, 20) for y in (-40, -10, 20)]
    assert areas(holes([ROOM, *sheet])) == []
    assert areas(holes([ROOM, *sheet[:4], *sheet[5:]])) == [100, 500]


def test_what_only_corners_close_is_open(holes: Find) -> None:
    """The union of polygons that meet at corners has no hole between them."""
    diamond = [
        affinity.translate(box(0, 0, 10, 10), *by) for by in ((0, 10), (20, 10), (10, 0), (10, 20))
    ]
    assert areas(holes(diamond)) == []
    assert areas(holes([*diamond, box(30, 0, 40, 10)])) == []
    joined = [*diamond, Polygon([(10, 10), (0, 10), (0, 0), (10, 0)])]
    assert areas(holes(joined)) == []
    # a single one that runs round to its own corner closes it
    horseshoe = [box(0, 0, 30, 10), box(0, 10, 10, 30), box(10, 20, 20, 30), box(20, 10, 30, 20)]
    assert areas(holes(horseshoe)) == by_definition(horseshoe) == [100]


def test_holes_that_touch_at_a_corner_are_two(holes: Find) -> None:
    cells = [box(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x in range(4) for y in range(4)]
    kept = [c for k, c in enumerate(cells) if k not in {5, 10}]
    assert areas(holes(kept)) == [100, 100]


def test_corners_amid_sides_leave_no_hole(holes: Find) -> None:
    bricks = [box(0, 0, 30, 10), box(0, 10, 11, 20), box(11, 10, 30, 20), box(0, 20, 30, 30)]
    assert areas(holes(bricks)) == []
    middle = [box(0, 0, 30, 10), box(0, 20, 30, 30), box(0, 10, 8, 20), box(11, 10, 30, 20)]
    assert areas(holes(middle)) == [30]


def test_stacks_and_parts(holes: Find) -> None:
    parts = MultiPolygon([box(0, 0, 30, 10), box(0, 20, 30, 30)])
    sides = [box(0, 10, 10, 20), box(20, 10, 30, 20)]
    assert areas(holes([parts, *sides, sides[0], shapely.reverse(sides[1])])) == [100]
    assert areas(holes([ROOM, ROOM, box(10, 10, 20, 12)])) == [80]


def test_nothing_at_all(holes: Find) -> None:
    assert holes([None]).tolist() == []


# --- against the union -------------------------------------------------------------------------


def noisy(shapes: Shapes, rng: np.random.Generator, *, metres: float, share: float) -> Shapes:
    """Some of the polygons with every vertex moved, if that leaves them valid."""
    result = []
    for shape in shapes:
        moved = shape
        if rng.random() < share:
            by = rng.normal(0, metres, (shapely.get_num_coordinates(shape), 2))
            xy = shapely.get_coordinates(shape) + by
            if len(shapely.get_rings(shape)) == 1:
                moved = Polygon(xy[:-1])
        result.append(moved if moved.is_valid else shape)
    return result


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("metres", [0.0, 0.02, 0.5, 4.0])
def test_parcels_with_gaps(holes: Find, pattern: str, metres: float) -> None:
    rng = np.random.default_rng(len(pattern))
    shapes = subdivision(pattern, size=70, rng=rng)
    kept = [shape for shape in shapes if rng.random() < 0.85]
    shapes = noisy(kept, rng, metres=metres, share=0.5)
    assert areas(holes(shapes)) == pytest.approx(by_definition(shapes), abs=1e-5)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("by", [(0, 0), FAR])
@pytest.mark.parametrize("angle", [0.0, 23.4])
def test_boxes_over_each_other(
    holes: Find, seed: int, by: tuple[float, float], angle: float
) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 20, (40, 2))
    shapes = list(shapely.box(*np.hstack([corners, corners + rng.uniform(1, 6, (40, 2))]).T))
    shapes = [affinity.translate(affinity.rotate(b, angle, origin=(0, 0)), *by) for b in shapes]
    assert areas(holes(shapes)) == pytest.approx(by_definition(shapes), abs=1e-5)


@settings(max_examples=60)
@given(st.sets(st.integers(0, 35), min_size=8), st.integers(0, 2**20))
def test_cells_of_a_board(cells: set[int], seed: int) -> None:
    """Holes, islands, islands in holes, and corners, where two meet or a ring closes."""
    board = [box(x, y, x + 1, y + 1) for x, y in (divmod(cell, 6) for cell in sorted(cells))]
    rng = np.random.default_rng(seed)
    # some of them put together, so that sides have corners of others amid them
    merged = [a | b if a.intersection(b).length else a for a, b in pairwise(board)]
    mixed = [m if rng.random() < 0.5 else b for m, b in zip(merged, board, strict=False)]
    for shapes in (board, [*mixed, board[-1]]):
        expected = by_definition(shapes)
        assert areas(found(shapes)) == expected
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(holes_module, "MANY", 0)
            assert areas(found(shapes)) == expected


@pytest.mark.usefixtures("holes")
def test_rows_in_another_order_give_the_same_to_the_bit() -> None:
    rng = np.random.default_rng(3)
    shapes = noisy(subdivision("cells", size=80, rng=rng), rng, metres=0.3, share=0.6)
    parcels = layer({f"p{k:04d}": shape for k, shape in enumerate(shapes)})
    texts = []
    for order in (slice(None), rng.permutation(len(shapes))):
        ground = ground_of(drawn_parcels(parcels.iloc[order], mend=True), reach_m=0.3)
        texts.append(sorted(shapely.to_wkb(holes_in(ground))))
    assert texts[0] == texts[1]
    assert len(texts[0]) > 20


# --- what is united ----------------------------------------------------------------------------


def united(shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many polygons are united at a time."""
    sizes: list[int] = []

    def counted(heaps: np.ndarray, groups: np.ndarray) -> np.ndarray:
        sizes.extend(np.bincount(groups).tolist())
        return unions(heaps, groups)

    monkeypatch.setattr(holes_module, "unions", counted)
    found(shapes)
    return sorted(sizes)


def test_a_clean_layer_is_not_united(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = subdivision("cells", size=80, rng=np.random.default_rng(8))
    assert united(shapes, monkeypatch) == []


def test_a_small_layer_is_united_by_boxes_that_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    lone = [box(100 * k, 100, 100 * k + 50, 150) for k in range(9)]
    row = [box(10 * k + 500, 0, 10 * k + 510, 10) for k in range(3)]
    corner = Polygon([(31, 0), (60, 0), (60, 60), (31, 31)])  # its box meets that of the ring
    assert united([*lone, *row, ROOM, box(30, 0, 31, 30)], monkeypatch) == [2]
    assert united([*lone, *row, ROOM, box(30, 0, 31, 30), corner], monkeypatch) == [3]


def test_in_a_large_layer_only_what_is_not_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes_module, "MANY", 0)
    strips = [box(0, 2, 12, 4), box(0, 7, 12, 9), box(2, 0, 4, 12), box(8, 0, 9, 12)]
    room = affinity.translate(ROOM, 50, 50)
    assert united([room, *strips], monkeypatch) == []
    amid = [affinity.translate(s, 100, 0) for s in (box(0, 0, 9, 9), box(9, 3, 12, 6))]
    assert united([room, *strips, *amid], monkeypatch) == [2]


def test_a_union_that_fails_is_made_again_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    union_all = shapely.union_all

    def fails(geometries: object, **how: object) -> object:
        if how.get("axis") == 1 and np.ndim(geometries) == 2 and len(geometries):
            raise shapely.errors.GEOSException("side location conflict")
        return union_all(geometries, **how)

    monkeypatch.setattr(shapely, "union_all", fails)
    shapes = np.array([box(0, 0, 1, 1), box(5, 0, 6, 1), box(0, 0, 2, 1)])
    parts = unions(shapes, np.array([0, 0, 1]))
    assert shapely.area(parts).tolist() == [2, 2]


# --- tracing -----------------------------------------------------------------------------------


def rings(*shapes: shapely.Geometry) -> Traced:
    return traced(loose_edges(np.array(shapes)), np.zeros(len(shapes), dtype=int))


def test_a_simple_ring_is_made_of_all_edges() -> None:
    told = rings(box(0, 0, 2, 1), box(2, 0, 4, 1))
    assert (told.sure.tolist(), told.simple.tolist(), told.hole.tolist()) == (
        [True],
        [True],
        [False],
    )
    assert told.faces[0].equals(box(0, 0, 4, 1))
    assert rings(ROOM).simple.tolist() == [False]
    assert rings(box(0, 2, 9, 4), box(2, 0, 4, 9)).simple.tolist() == [False]  # they cross


@pytest.mark.parametrize(
    "other",
    [
        box(10, 10, 20, 20),  # a corner
        box(10, 2, 20, 8),  # corners amid a side
        box(10, 0, 20, 8),  # half a side
        box(4, 0, 8, 5),  # along a side from within
        Polygon([(10, 5), (15, 0), (15, 10)]),  # a corner on a side
        Polygon([(8, 5), (15, -2), (15, 12)]).union(box(3, 4, 9, 6)),
        box(0, 0, 10, 10),
    ],
)
def test_where_edges_touch_it_is_not_sure(other: Polygon) -> None:
    expected = bool(shapely.overlaps(box(0, 0, 10, 10), other))
    assert rings(box(0, 0, 10, 10), other).sure.tolist() == [expected]


def test_three_edges_through_one_point_are_not_sure() -> None:
    strips = [affinity.rotate(box(-9, 0, 9, 1), turn, origin=(0, 0)) for turn in (0, 60, 120)]
    assert rings(*strips).sure.tolist() == [False]
    strips[2] = affinity.translate(strips[2], 0.2, 0)
    assert rings(*strips).sure.tolist() == [True]


def test_no_edges_no_rings() -> None:
    told = traced(loose_edges(np.array([None])), np.zeros(1, dtype=int))
    assert (len(told.faces), told.sure.tolist(), told.simple.tolist()) == (0, [True], [False])


def test_walks_that_come_to_an_end_are_none() -> None:
    after = np.array([1, 2, -1, 4, 3, 5, 7, -1])
    for walk in (round_walks, getattr(round_walks, "py_func", round_walks)):
        at, number = walk(after)
        assert at.tolist() == [3, 4, 5]
        assert number.tolist() == [0, 0, 1]
