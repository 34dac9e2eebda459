"""What borders keep when a layer is moved, cut or redrawn, at sharp corners, on broken input."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from boundaries import (
    ORIGIN,
    errors,
    jittered,
    layer,
    moved,
    numbered,
    once,
    reshaped,
    rounded,
    street_blocks,
)
from gisland.topology import beside_loops, boundary
from gisland.topology.borders import borders, free_boundary
from gisland.topology.boundary import trace
from subdivisions import PATTERNS, subdivision

T = 0.05
NOISY_T = 0.45  # for street blocks
MANY = settings(max_examples=20)
PLAIN = st.sampled_from([p for p in PATTERNS if p != "bricks"])  # bricks are rounded


def made(pattern: str, seed: int, size: int = 25) -> gpd.GeoDataFrame:
    return numbered(subdivision(pattern, size=size, rng=np.random.default_rng(seed)))


def lengths(parcels: gpd.GeoDataFrame, tolerance_m: float = T) -> pd.Series:
    return once(borders(parcels, tolerance_m=tolerance_m)["border_m"])


def exactly(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def nearly(found: pd.DataFrame, expected: pd.DataFrame, *, within_m: float) -> None:
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=0, atol=within_m)


@pytest.fixture(scope="module")
def noisy() -> gpd.GeoDataFrame:
    return street_blocks(400, noisy=True)


# --- moving and redrawing ----------------------------------------------------------------------


@MANY
@given(st.sampled_from(list(PATTERNS)), st.integers(0, 999), st.floats(0, 360))
def test_a_turned_and_rounded_layer_has_the_same_borders(
    pattern: str, seed: int, degrees: float
) -> None:
    parcels = made(pattern, seed)
    turned = moved(parcels, degrees=degrees, decimals=3)
    assert turned.is_valid.all()
    off = errors(lengths(parcels), lengths(turned))
    assert off.max() < 2 * T


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 23, 90, 271])
def test_a_noisy_layer_turned_or_mirrored_has_the_same_table(
    noisy: gpd.GeoDataFrame, degrees: float, *, mirrored: bool
) -> None:
    found = borders(moved(noisy, degrees=degrees, mirrored=mirrored), tolerance_m=NOISY_T)
    nearly(found, borders(noisy, tolerance_m=NOISY_T), within_m=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_and_rings_drawn_backwards_give_the_same_bits(
    noisy: gpd.GeoDataFrame, seed: int
) -> None:
    expected = borders(noisy, tolerance_m=NOISY_T)
    exactly(borders(noisy.sample(frac=1, random_state=seed), tolerance_m=NOISY_T), expected)
    exactly(borders(noisy, tolerance_m=NOISY_T), expected)


@pytest.mark.parametrize("seed", range(3))
def test_renamed_parcels_keep_their_borders(noisy: gpd.GeoDataFrame, seed: int) -> None:
    names = np.random.default_rng(seed).permutation(len(noisy)).astype(str)
    rename = dict(zip(noisy.index, names, strict=True))
    expected = borders(noisy, tolerance_m=NOISY_T).rename(index=rename).sort_index()
    found = borders(noisy.rename(index=rename), tolerance_m=NOISY_T)
    nearly(found, expected, within_m=1e-9)


def test_ids_may_be_numbers() -> None:
    parcels = layer({10: box(0, 0, 4, 4), 9: box(4, 0, 8, 4)})
    assert borders(parcels)["border_m"].to_dict() == {(9, 10): 4.0, (10, 9): 4.0}


@pytest.mark.parametrize("away_m", [300.0, 12_345.6, 1_000_000.0])
@pytest.mark.parametrize("side_m", [0.3, 40.0, 5_000.0])
def test_a_parcel_far_away_changes_no_bit(
    noisy: gpd.GeoDataFrame, away_m: float, side_m: float
) -> None:
    x, y = noisy.total_bounds[2:] + away_m
    far = pd.concat([noisy, layer({"far": box(x, y, x + side_m, y + side_m)})])
    exactly(borders(far, tolerance_m=NOISY_T), borders(noisy, tolerance_m=NOISY_T))


@MANY
@given(st.sampled_from(list(PATTERNS)), st.integers(0, 999), st.floats(0.7, 30))
def test_vertices_put_into_boundaries_change_nothing(
    pattern: str, seed: int, step_m: float
) -> None:
    parcels = made(pattern, seed)
    dense = parcels.copy()
    dense.geometry = [
        shapely.segmentize(g, step_m) if k % 2 else g for k, g in enumerate(parcels.geometry)
    ]
    assert errors(lengths(parcels), lengths(dense)).max() < 1e-5


@pytest.mark.parametrize("step_m", [0.5, 3.0, 11.0])
def test_vertices_put_into_noisy_boundaries_change_nothing(
    noisy: gpd.GeoDataFrame, step_m: float
) -> None:
    dense = noisy.copy()
    dense.geometry = shapely.segmentize(noisy.geometry.to_numpy(), step_m)
    plain, found = lengths(noisy, NOISY_T), lengths(dense, NOISY_T)
    assert set(found.index) == set(plain.index)
    assert errors(plain, found).max() < NOISY_T / 10


@MANY
@given(st.sampled_from(["cells", "cuts"]), st.integers(0, 999), st.integers(0, 24))
def test_the_borders_of_a_cut_parcel_are_shared_out(pattern: str, seed: int, which: int) -> None:
    parcels = made(pattern, seed)
    whole = parcels.index[which % len(parcels)]
    shape = parcels.geometry[whole]
    halves = _halves(shape, degrees=seed)
    cut = pd.concat([parcels.drop(whole), layer(dict(zip(["one", "two"], halves, strict=True)))])
    before, after = lengths(parcels), lengths(cut)
    between = after.pop(("one", "two"))
    chord = (halves[0].length + halves[1].length - shape.length) / 2
    assert between == pytest.approx(chord, abs=1e-6)
    index = after.index.map(
        lambda pair: tuple(sorted({"one": whole, "two": whole}.get(i, i) for i in pair))
    )
    together = after.groupby(pd.MultiIndex.from_tuples(index)).sum()
    assert errors(before, together).max() < 1e-5


def _halves(shape: Polygon, *, degrees: float) -> list[Polygon]:
    x, y = shape.centroid.coords[0]
    east = box(x, y - 1000, x + 1000, y + 1000)
    half = shapely.affinity.rotate(east, degrees, origin=(x, y))
    return [shape & half, shape - half]


@pytest.mark.parametrize("noise", [False, True])
def test_the_table_is_symmetric_sorted_and_within_its_bounds(*, noise: bool) -> None:
    parcels = street_blocks(400, noisy=noise).sample(frac=1, random_state=1)
    found = borders(parcels, tolerance_m=NOISY_T)
    back = found.swaplevel().sort_index().rename_axis(["focal", "neighbor"])
    exactly(found, back)
    assert found.index.is_monotonic_increasing
    assert found.index.is_unique
    assert (found["border_m"] > 0).all()
    assert (found["tolerant_m"] >= 0).all()
    assert (found["tolerant_m"] <= found["border_m"]).all()
    assert (found["distance_mean_m"] <= found["distance_max_m"]).all()
    assert (found["distance_max_m"] <= NOISY_T + 1e-9).all()
    assert (found["tolerant_m"] > 0).any() == noise


def test_free_pieces_and_borders_make_up_the_outlines(noisy: gpd.GeoDataFrame) -> None:
    traced = trace(noisy, tolerance_m=NOISY_T)
    pieces = np.bincount(traced.free.parcel, weights=traced.free.length, minlength=len(noisy))
    off = np.abs(pieces - free_boundary(noisy, traced.borders))
    corners = 8  # more would be odd
    assert off.max() < corners * NOISY_T
    assert abs(pieces.sum() / free_boundary(noisy, traced.borders).sum() - 1) < 1e-3


# --- shapes ------------------------------------------------------------------------------------


def ring(outer: float, inner: float) -> Polygon:
    """A square frame about the origin."""
    return box(-outer, -outer, outer, outer) - box(-inner, -inner, inner, inner)


def test_islands_in_holes_of_islands_in_holes() -> None:
    shapes = {"a": ring(50, 40), "b": ring(40, 30), "c": ring(20, 10), "d": box(-10, -10, 10, 10)}
    assert lengths(layer(shapes)).to_dict() == {("a", "b"): 320.0, ("c", "d"): 80.0}


def test_two_islands_share_one_hole() -> None:
    shapes = {"a": ring(20, 10), "w": box(-10, -10, -2, 10), "x": box(-2, -10, 10, 10)}
    expected = {("a", "w"): 36.0, ("a", "x"): 44.0, ("w", "x"): 20.0}
    assert lengths(layer(shapes)).to_dict() == expected


def test_a_part_in_the_hole_of_another_parcel() -> None:
    parts = MultiPolygon([box(-10, -10, 10, 10), box(20, -20, 30, 20)])
    shapes = {"a": ring(20, 10), "parts": parts}
    assert lengths(layer(shapes)).to_dict() == {("a", "parts"): 80.0 + 40.0}


def test_a_hole_that_touches_the_outline_in_a_point() -> None:
    hole = [(0, 10), (5, 5), (5, 15)]
    shapes = {"a": Polygon(box(0, 0, 20, 20).exterior, [hole]), "b": Polygon(hole)}
    shapes["west"] = box(-10, 0, 0, 20)
    found = lengths(layer(shapes))
    assert found.to_dict() == {("a", "b"): shapes["b"].length, ("a", "west"): 20.0}


def test_a_parcel_on_top_of_another_has_no_border_with_it() -> None:
    shapes = {"under": box(0, 0, 40, 40), "over": box(10, 10, 20, 20), "flush": box(0, 20, 10, 40)}
    assert lengths(layer(shapes)).to_dict() == {}


def test_length_is_measured_along_a_bent_boundary() -> None:
    x = np.arange(0.0, 41.0)
    zigzag = np.column_stack([x, np.where(x % 2, 2.0, 1.0)])
    south = Polygon([(0, -10), (40, -10), *zigzag[::-1]])
    for gap_m in (0.0, 0.02):
        north = Polygon([*np.add(zigzag, [0, gap_m]), (40, 20), (0, 20)])
        found = lengths(layer({"n": north, "s": south}))
        assert found.to_dict() == {("n", "s"): pytest.approx(40 * 2**0.5, abs=40 * gap_m + 1e-9)}


# --- sharp corners -----------------------------------------------------------------------------

SHARED_M = 40.0
ANGLES = [3, 5, 10, 20, 30, 44]
OFFSETS = [(0, 0), (0, 0.3), (0, 0.9), (0, -0.3), (0, -0.6), (0, -0.9), (0.6, 0.6), (-0.6, -0.6)]
ONE_SIDE = Polygon([(0, -30), (100, -30), (100, 0), (0, 0)])
WITH_CORNER = Polygon([(0, -30), (100, -30), (100, 0), (SHARED_M, 0), (0, 0)])


def parting(degrees: float, corner: tuple[float, float], *, first: bool = True) -> Polygon:
    """A parcel above the x-axis that leaves it from a corner on; before it, it runs along."""
    x, y = corner
    far = (x + 60 * np.cos(np.radians(degrees)), y + 60 * np.sin(np.radians(degrees)))
    along = [(0, 0)] if first else []
    return Polygon([*along, corner, far, (far[0], 80), (0 if first else x, 80)])


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("south", [ONE_SIDE, WITH_CORNER], ids=["long side", "corner"])
def test_sides_that_part_share_no_more_than_up_to_their_corner(
    south: Polygon, degrees: float
) -> None:
    too_far = {}
    for offset, tolerance_m, turn in itertools.product(OFFSETS, (0.05, 0.45), (0, 17)):
        dx, dy = np.multiply(offset, tolerance_m)
        parcels = layer({"n": parting(degrees, (SHARED_M + dx, dy)), "s": south})
        found = lengths(moved(parcels, degrees=turn), tolerance_m)["n", "s"]
        off = abs(found - SHARED_M) / tolerance_m
        if off > 2:
            too_far[offset, tolerance_m, turn] = off
    assert too_far == {}


@pytest.mark.parametrize("degrees", ANGLES)
def test_a_sharp_corner_at_a_long_side_is_no_border(degrees: float) -> None:
    for dx, dy in OFFSETS:
        corner = parting(degrees, (SHARED_M + dx * T, dy * T), first=False)
        assert lengths(layer({"n": corner, "s": ONE_SIDE})).to_dict() == {}


@pytest.mark.parametrize("degrees", [5, 10, 20, 30, 44])
def test_sides_that_cross_are_no_border(degrees: float) -> None:
    cos, sin = 30 * np.cos(np.radians(degrees)), 30 * np.sin(np.radians(degrees))
    crossing = Polygon([(50 - cos, -sin), (50 + cos, sin), (50, 70)])
    assert lengths(layer({"n": crossing, "s": ONE_SIDE})).to_dict() == {}


@pytest.mark.parametrize("slices", [8, 24, 72, 120])
def test_noisy_slices_of_a_pie_border_only_on_the_next(slices: int) -> None:
    angle = 2 * np.pi * (np.arange(slices + 1) + 0.3) / slices
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * 40 + ORIGIN
    clean = numbered([Polygon([ORIGIN, *rim[k : k + 2]]) for k in range(slices)])
    true = lengths(clean)
    assert len(true) == slices
    for seed in range(5):
        found = lengths(jittered(clean, seed))
        assert set(found.index) == set(true.index)
        assert errors(true, found).max() < 2 * T


# --- distances ---------------------------------------------------------------------------------


def distances(south: list[tuple[float, float]]) -> dict[str, float]:
    """Row of a parcel above 100 m of the x-axis and one below it with a given upper edge."""
    below = Polygon([*south, (0, -30), (100, -30)])
    found = borders(layer({"n": box(0, 0, 100, 30), "s": below}))
    return found.loc[("n", "s")].to_dict()


@pytest.mark.parametrize(
    ("south", "border_m", "mean_m", "max_m"),
    [
        ([(100, -0.03), (0, -0.03)], 100, 0.03, 0.03),
        ([(100, 0.03), (0, 0.03)], 100, 0.03, 0.03),
        ([(100, -0.04), (0, 0)], 100, 0.02, 0.04),
        ([(100, -0.1), (0, 0)], 50, 0.025, 0.05),
        ([(100, -0.04), (0, 0.04)], 100, 0.02, 0.04),
        ([(100, -0.01), (0, 0.03)], 100, (75 * 0.015 + 25 * 0.005) / 100, 0.03),
    ],
    ids=["gap", "overlap", "wedge", "wedge that opens", "crossing", "crossing aside"],
)
def test_distances_of_straight_sides(
    south: list[tuple[float, float]], border_m: float, mean_m: float, max_m: float
) -> None:
    found = distances(south)
    assert found["border_m"] == pytest.approx(border_m, abs=0.001)
    assert found["tolerant_m"] == pytest.approx(border_m, abs=0.01)
    assert found["distance_mean_m"] == pytest.approx(mean_m, abs=1e-5)
    assert found["distance_max_m"] == pytest.approx(max_m, abs=1e-9)


def test_distances_are_those_of_the_tolerant_part_alone() -> None:
    found = distances([(100, 0), (60, 0), (60, -0.02), (20, -0.02), (20, -0.04), (0, -0.04)])
    assert found["border_m"] == pytest.approx(100, abs=1e-9)
    assert found["tolerant_m"] == pytest.approx(60, abs=1e-9)
    assert found["distance_mean_m"] == pytest.approx((40 * 0.02 + 20 * 0.04) / 60, abs=1e-9)
    assert found["distance_max_m"] == pytest.approx(0.04, abs=1e-9)


def test_distances_are_zero_where_nothing_is_tolerant() -> None:
    """Corners amid the sides of others lie beside them by some 1e-10 m."""
    row, column = np.divmod(np.arange(36), 6)
    x, y = column * 20.0 + row % 2 * 10, row * 12.0
    found = borders(moved(numbered(shapely.box(x, y, x + 20, y + 12)), degrees=17))
    assert (found["tolerant_m"] == 0).all()
    assert (found["distance_mean_m"] == 0).all()
    assert (found["distance_max_m"] == 0).all()


# --- broken and empty input --------------------------------------------------------------------


def test_repeated_points_and_edges_of_no_length_change_no_bit(noisy: gpd.GeoDataFrame) -> None:
    stutter = noisy.copy()
    stutter.geometry = [
        Polygon(np.repeat(shapely.get_coordinates(g), 1 + np.arange(len(g.exterior.coords)) % 3, 0))
        for g in noisy.geometry
    ]
    assert shapely.get_num_coordinates(stutter.geometry.to_numpy()).sum() > 1.5 * len(noisy) * 5
    found = borders(stutter, tolerance_m=NOISY_T)
    exactly(found, borders(noisy, tolerance_m=NOISY_T))


def test_signs_of_zero_do_not_matter() -> None:
    shapes = {"a": box(-5, -5, -0.0, 5), "b": box(0.0, -5, 5, 5)}
    assert rounded(borders(layer(shapes))) == {("a", "b"): (10.0, 0.0, 0.0, 0.0)}


def test_a_parcel_with_a_spike_is_invalid_and_passed_over() -> None:
    spike = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 30), (10, 10)])
    parcels = layer({"a": box(0, 0, 10, 10), "b": box(0, 10, 10, 20), "spike": spike})
    found = borders(parcels)
    assert rounded(found) == {("a", "b"): (10.0, 0.0, 0.0, 0.0)}
    assert free_boundary(parcels, found).isna().to_dict() == {"a": 0, "b": 0, "spike": 1}


def test_a_thin_valid_spike_is_part_of_its_parcel() -> None:
    spike = Polygon([(10, 0), (20, 0), (20, 10), (10.002, 10), (10.001, 30), (10, 10)])
    parcels = layer({"a": box(0, 0, 10, 40), "spike": spike})
    assert parcels.is_valid.all()
    found = lengths(parcels)
    assert found.to_dict() == {("a", "spike"): pytest.approx(30, abs=T)}


def test_two_equal_parcels_are_no_neighbors_and_share_those_around() -> None:
    square = box(0, 0, 10, 10)
    pair = {"a": square, "b": shapely.reverse(square)}
    assert borders(layer(pair)).empty
    assert lengths(layer(pair | {"c": box(10, 2, 20, 7)})).to_dict() == {
        ("a", "c"): 5.0,
        ("b", "c"): 5.0,
    }


@pytest.mark.parametrize(
    "shapes",
    [{}, {"a": None}, {"a": Polygon()}, {"a": Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}],
    ids=["no row", "missing", "empty", "invalid"],
)
def test_no_usable_parcel_leaves_nothing(shapes: dict[str, object]) -> None:
    traced = trace(layer(shapes))
    assert traced.borders.empty
    assert traced.ids.empty
    assert len(traced.free.parcel) == 0
    assert free_boundary(layer(shapes), traced.borders).isna().all()


def test_one_parcel_is_all_free() -> None:
    parcels = layer({"a": ring(20, 10)})
    traced = trace(parcels)
    assert traced.borders.empty
    assert traced.ids.tolist() == ["a"]
    assert traced.free.length.sum() == 160 + 80
    assert free_boundary(parcels, traced.borders).to_dict() == {"a": 240.0}


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_heaps_of_random_parcels_stay_within_bounds(seed: int) -> None:
    """Overlaps, duplicates, shared corners and edges, needles."""
    rng = np.random.default_rng(seed)
    drawn = [Polygon(rng.integers(0, 9, (rng.integers(3, 7), 2))).buffer(0) for _ in range(12)]
    drawn += [box(x, y, x + w, y + h) for x, y, w, h in rng.integers(1, 7, (5, 4))]
    drawn += drawn[-2:]
    parcels = numbered([g for g in drawn if g.area > 0])
    slanted = np.array([[1.0, 0.137], [0.071, 1.09]])  # no angle of 45 degrees
    parcels = reshaped(parcels, lambda xy: xy @ slanted)
    traced = trace(parcels)
    found = traced.borders
    perimeter = parcels.geometry.length
    for level in ("focal", "neighbor"):
        most = perimeter[found.index.get_level_values(level)].to_numpy()
        assert (found["border_m"] <= most + 1e-6).all()
    assert (found["border_m"] > 0).all()
    assert (found["tolerant_m"] <= found["border_m"]).all()
    assert (found["distance_max_m"] <= T + 1e-9).all()
    free_m = np.bincount(traced.free.parcel, weights=traced.free.length, minlength=len(parcels))
    assert (free_m <= perimeter + 1e-6).all()
    back = reshaped(parcels, lambda xy: xy[:, ::-1])  # mirrored at the diagonal
    nearly(borders(back), found, within_m=1e-9)


# --- huge parcels ------------------------------------------------------------------------------

STEP_M, PER_LOT = 4.0, 5


def street(vertices: int, *, aside_m: float = 0.0) -> tuple[Polygon, list[Polygon]]:
    """A winding street as one polygon, and the lots on both sides, each along some vertices."""
    half = vertices // 2
    x = np.arange(half) * STEP_M
    sides = [np.column_stack([x, y0 + 3 * np.sin(x / 50)]) for y0 in (-6, 6)]
    lots = []
    for side, depth in zip(sides, (-30, 30), strict=True):
        for k in range(0, half - 1, PER_LOT):
            front = side[k : k + PER_LOT + 1]
            back = [(front[-1, 0], depth), (front[0, 0], depth)]
            lots.append(Polygon([*front, *back]))
    outline = np.concatenate([sides[0], sides[1][::-1]])
    return Polygon(np.add(outline, [0, aside_m])), lots


@pytest.mark.parametrize("aside_m", [0.0, 0.02])
def test_a_street_of_50000_vertices(aside_m: float) -> None:
    shape, lots = street(50_000, aside_m=aside_m)
    found = borders(numbered([*lots, shape]))["border_m"]
    name = f"p{len(lots):05d}"
    fronts = [g.exterior.coords[: len(g.exterior.coords) - 3] for g in lots]
    expected = [shapely.LineString(front).length for front in fronts]
    assert found[name].tolist() == pytest.approx(expected, abs=1e-6 if aside_m == 0 else 2 * T)


def test_a_huge_parcel_costs_no_more_than_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges that are compared, as plain Python counts them: a street whole, in pieces, longer."""
    compared: list[int] = []
    meets = vars(beside_loops)["_meets"]

    def counted(*arguments: object) -> bool:
        compared.append(1)
        return meets(*arguments)

    monkeypatch.setattr(beside_loops, "_meets", counted)
    plain = getattr(beside_loops.stretches, "py_func", beside_loops.stretches)
    monkeypatch.setattr(boundary, "stretches", plain)

    def cost(shapes: list[Polygon]) -> int:
        compared.clear()
        assert len(borders(numbered(shapes))) > 0
        return len(compared)

    shape, lots = street(800, aside_m=0.02)
    pieces = [shape & box(x, -50, x + 80, 50) for x in range(0, 1600, 80)]
    one = cost([*lots, shape])
    assert one < 1.2 * cost([*lots, *pieces])
    longer, more = street(3200, aside_m=0.02)
    assert cost([*more, longer]) < 4.4 * one


def test_a_point_touching_many_parcels_costs_no_border() -> None:
    wheel = [Point(0, 0).buffer(30, quad_segs=16) & wedge for wedge in _wedges(64)]
    found = lengths(numbered(wheel))
    assert len(found) == 64
    assert found.to_numpy() == pytest.approx(30, abs=0.05)


def _wedges(count: int) -> list[Polygon]:
    angle = 2 * np.pi * np.arange(count + 1) / count
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * 50
    return [Polygon([(0, 0), *rim[k : k + 2]]) for k in range(count)]
