"""Which polygons meet, by compiled loops where these are sure; checked pair by pair with GEOS."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from checklayers import FAR, layer
from gisland.topology.drawn import drawn_parcels
from gisland.topology.ground import Ground, ground_of
from gisland.topology.meeting import how_they_meet
from gisland.topology.meeting_loops import FAR as APART
from gisland.topology.meeting_loops import TOUCHING, UNSURE
from gisland.topology.stacks import stacks_of
from gisland.topology.vertices import points
from subdivisions import PATTERNS, subdivision

REACH_M = 0.3
LEFT = box(0, 0, 10, 10)


def ground(*shapes: object) -> Ground:
    parcels = layer({f"p{k:04d}": shape for k, shape in enumerate(shapes)})
    return ground_of(drawn_parcels(parcels, mend=True), reach_m=REACH_M)


def told(one: object, two: object) -> int:
    """What the loops alone say of two polygons."""
    shapes = np.array([one, two], dtype=object)
    pair = np.array([[0], [1]])
    return int(how_they_meet(points(shapes), shapes, pair, reach_m=REACH_M)[0])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (box(10, 0, 20, 10), TOUCHING),  # along a side
        (box(10, 10, 20, 20), TOUCHING),  # at a corner
        (Polygon([(10, 0), (10, 10), (20, 5)]), TOUCHING),
        (Polygon([(0, 0), (10, 0), (10, 10), (20, 10), (20, -5), (0, -5)]), TOUCHING),  # two sides
        (box(10.31, 0, 20, 10), APART),
        (box(10.31, 10.31, 20, 20), APART),
        (box(10.29, 0, 20, 10), UNSURE),  # within reach
        (box(10, 2, 20, 8), UNSURE),  # corners amid a side
        (Polygon([(10, 0), (10, 5), (20, 5)]), UNSURE),  # half a side
        (box(9, 0, 20, 10), UNSURE),  # over each other
        (box(2, 2, 4, 4), UNSURE),  # within
        (box(0, 0, 4, 4), UNSURE),  # within, at a corner
        (Polygon([(0, 0), (10, 0), (10, 10)]), UNSURE),  # half of it
        (LEFT, UNSURE),
        (shapely.reverse(LEFT), UNSURE),
        (Polygon([(10, 10), (0, 12), (-1, 5), (5, 5)]), UNSURE),  # a corner in common and ground
        (MultiPolygon([box(10, 0, 20, 10), box(30, 0, 40, 10)]), UNSURE),  # of two parts
        (Polygon([(10, 0), (10, 0), (20, 0), (20, 10), (10, 10)]), UNSURE),  # a vertex twice
    ],
)
@pytest.mark.parametrize("by", [(0, 0), FAR])
@pytest.mark.parametrize("turned", [False, True])
def test_what_the_loops_are_sure_of(
    other: Polygon,
    expected: int,
    by: tuple[float, float],
    turned: bool,  # noqa: FBT001 - a parameter
) -> None:
    one, two = (affinity.translate(s, *by) for s in (LEFT, other))
    if turned:
        one, two = two, one
    assert told(one, two) == expected


def test_a_hole_is_walked_with_the_ground_on_the_left() -> None:
    ring = box(0, 0, 30, 30) - LEFT.buffer(0).envelope - box(12, 12, 20, 20)
    for drawn in (ring, shapely.reverse(ring)):
        assert told(drawn, box(12, 12, 20, 20)) == TOUCHING
        assert told(drawn, box(12, 12, 20, 19)) == UNSURE
        assert told(drawn, Polygon([(12, 12), (20, 12), (20, 20), (11, 20)])) == UNSURE
        assert told(drawn, box(14, 14, 18, 18)) == UNSURE  # one box holds the other


def test_hairline_polygons_may_be_the_same_and_are_left_to_the_rest() -> None:
    thin = Polygon([(0, 0), (9, 0), (9, 1e-7)])
    assert told(thin, Polygon([(9, 0), (18, 0), (9, 1e-7)])) == UNSURE


def layouts() -> dict[str, list[shapely.Geometry]]:
    """Polygons that share sides, miss each other, lie over each other, by kind."""
    made = {}
    for seed, pattern in enumerate(PATTERNS):
        rng = np.random.default_rng(seed)
        clean = subdivision(pattern, size=60, rng=rng)
        made[pattern] = clean
        # some of them moved, so that they overlap and miss
        far = rng.uniform(-0.5, 0.5, (len(clean), 2)) * (rng.random((len(clean), 1)) < 0.5)
        made[f"{pattern} moved"] = [
            affinity.translate(s, *by) for s, by in zip(clean, far, strict=True)
        ]
    rng = np.random.default_rng(99)
    corners = rng.integers(0, 20, (50, 2))
    sizes = rng.integers(1, 6, (50, 2))
    made["boxes"] = list(shapely.box(*np.hstack([corners, corners + sizes]).T))
    made["turned boxes"] = [affinity.rotate(b, 31.7, origin=(0, 0)) for b in made["boxes"]]
    return made


@pytest.mark.parametrize("kind", layouts())
def test_pairs_are_those_that_geos_finds(kind: str) -> None:
    shapes = np.array(layouts()[kind], dtype=object)
    found = ground(*shapes)
    kinds = found.shapes[found.stacks.first]
    within, meeting = set(), set()
    for i, j in combinations(range(len(kinds)), 2):
        if kinds[i].distance(kinds[j]) <= REACH_M:
            within.add((i, j))
            if kinds[i].distance(kinds[j]) == 0 or kinds[i].intersects(kinds[j]):
                meeting.add((i, j))
    touching = set(map(tuple, found.touching.T.tolist()))
    others = set(map(tuple, found.pairs.T.tolist()))
    assert touching | others == within
    assert touching.isdisjoint(others)
    assert set(map(tuple, found.meetings.T.tolist())) == meeting
    assert all(kinds[i].touches(kinds[j]) for i, j in touching)
    i, j = np.array(sorted(others), dtype=int).reshape(-1, 2).T
    assert found.least_m.tolist() == shapely.distance(kinds[i], kinds[j]).tolist()


def test_most_neighbors_in_a_clean_layer_need_no_overlay() -> None:
    shapes = subdivision("cells", size=80, rng=np.random.default_rng(5))
    found = ground(*shapes)
    assert found.touching.shape[1] > 100
    assert found.pairs.shape[1] <= 2  # the corners of cells are rounded


def test_pieces_of_a_large_polygon_are_one_pair() -> None:
    angle = np.linspace(0, 2 * np.pi, 3001)[:-1]
    lake = Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 100)
    lots = [box(99, -2, 110, 2), box(100.05, 5, 110, 9), box(120, 0, 130, 9)]
    found = ground(*lots, lake)
    assert len(found.parts.of) > 4
    assert found.pairs.tolist() == [[0, 1], [3, 3]]
    assert found.meet.tolist() == [True, False]
    expected = [lot.distance(lake) for lot in lots[:2]]
    assert found.least_m.tolist() == pytest.approx(expected, abs=1e-9)


def test_who_meets_whom_by_position() -> None:
    found = ground(LEFT, box(10, 0, 20, 10), LEFT, box(20.2, 0, 30, 10), box(15, 5, 20.1, 9))
    i, j = np.array(list(combinations(range(5), 2))).T
    met = found.meet_at(i, j)
    assert [
        pair for pair, m in zip(zip(i.tolist(), j.tolist(), strict=True), met, strict=True) if m
    ] == [
        (0, 1),
        (0, 2),
        (1, 2),
        (1, 4),
    ]
    assert found.meet_at(j, i).tolist() == met.tolist()


def test_points_are_held_as_geos_says() -> None:
    rng = np.random.default_rng(11)
    street = box(0, 0, 40, 40) - box(3, 3, 18, 18) - box(22, 22, 30, 37)
    shapes = [street, box(3, 3, 18, 10), MultiPolygon([box(5, 12, 8, 15), box(50, 0, 60, 9)])]
    spots = np.concatenate(
        [
            rng.uniform(-2, 62, (400, 2)),
            rng.integers(0, 40, (400, 2)).astype(float),
            [[3.0 - 5e-7, 5.0], [3.0 - 2e-6, 5.0], [50.0, 9.0 + 9e-7]],
        ]
    )
    found = ground(*shapes)
    at, stack = found.holders(spots, reach_m=1e-6)
    held = set(zip(at.tolist(), stack.tolist(), strict=True))
    within = shapely.dwithin(np.array(shapes)[:, None], shapely.points(spots)[None], 1e-6)
    assert held == {(k, p) for p, k in zip(*np.nonzero(within), strict=True)}
    at, stack = found.holders(spots, reach_m=-1e-6)
    inner = within & ~shapely.dwithin(
        shapely.boundary(np.array(shapes))[:, None], shapely.points(spots)[None], 1e-6
    )
    held = set(zip(at.tolist(), stack.tolist(), strict=True))
    assert held == {(k, p) for p, k in zip(*np.nonzero(inner), strict=True)}


def test_stacks_are_told_by_what_is_drawn() -> None:
    turned = Polygon([(10, 10), (0, 10), (0, 0), (10, 0)])
    other = Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (0, 10)])  # another drawing, the same box
    shapes = np.array(
        [box(1, 1, 2, 2), LEFT, other, turned, shapely.reverse(LEFT), box(1, 1, 2, 2)]
    )
    found = stacks_of(shapes)
    assert found.stack.tolist() == [0, 1, 2, 1, 1, 0]
    assert found.first.tolist() == [0, 1, 2]
    assert found.size.tolist() == [2, 3, 1]
    at, i, j = found.every_pair(np.array([0, 1]), np.array([1, 2]))
    assert at.tolist() == [0] * 6 + [1] * 3
    assert sorted(zip(i.tolist(), j.tolist(), strict=True)) == [
        (0, 1),
        (0, 3),
        (0, 4),
        (1, 2),
        (1, 5),
        (2, 3),
        (2, 4),
        (3, 5),
        (4, 5),
    ]


def test_nobody_is_there() -> None:
    found = ground(None)
    assert found.touching.shape == (2, 0)
    assert found.pairs.shape == (2, 0)
    assert found.meet_at(np.empty(0, int), np.empty(0, int)).tolist() == []
