from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gisland.base.errors import CRSError, GeometryError, ProjectError, TableError
from gisland.topology.borders import borders, free_boundary
from gisland.topology.graph import components

SHARED = Path(__file__).parents[2] / "shared" / "data"
COLUMNS = ["border_m", "tolerant_m", "distance_mean_m", "distance_max_m"]
EAST, NORTH = 500_000.0, 3_400_000.0


def layer(shapes: dict[str, object], crs: object = 4547) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=crs)


def lengths(parcels: gpd.GeoDataFrame, tolerance_m: float = 0.05) -> dict[tuple[str, str], float]:
    """Border of each pair once, rounded to 1e-6 m."""
    border = borders(parcels, tolerance_m=tolerance_m)["border_m"].round(6)
    return {pair: float(m) for pair, m in border.items() if pair[0] < pair[1]}


def turned(shapes: np.ndarray, *, degrees: float, decimals: int | None = None) -> np.ndarray:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cos, sin], [-sin, cos]])
    moved = shapely.transform(shapes, lambda xy: xy @ turn + [EAST, NORTH])
    if decimals is None:
        return moved
    return shapely.transform(moved, lambda xy: np.round(xy, decimals))


def bricks(rows: int) -> np.ndarray:
    """Square block of 20 m x 12 m bricks, every second row shifted by half a brick."""
    row, column = np.divmod(np.arange(rows * rows), rows)
    x, y = column * 20.0 + row % 2 * 10, row * 12.0
    return shapely.box(x, y, x + 20, y + 12)


def frame(shapes: np.ndarray, seed: int | None = None) -> gpd.GeoDataFrame:
    ids = [f"p{i:05d}" for i in range(len(shapes))]
    parcels = gpd.GeoDataFrame(geometry=shapes, index=ids, crs=4547)
    return parcels if seed is None else parcels.sample(frac=1, random_state=seed)


def coverage(seed: int, cells: int = 60) -> np.ndarray:
    """Voronoi cells of random points: a clean coverage at large coordinates."""
    points = np.random.default_rng(seed).uniform(0, 300, (cells, 2)) + np.array([EAST, NORTH])
    cells_of = shapely.voronoi_polygons(
        shapely.multipoints(points), extend_to=box(EAST, NORTH, EAST + 300, NORTH + 300)
    )
    return np.array(shapely.get_parts(cells_of))


def jittered(cell: Polygon, rng: np.random.Generator) -> Polygon:
    """The polygon with each corner moved by at most 1.5 cm in x and y."""
    corners = shapely.get_coordinates(cell)[:-1]
    return Polygon(corners + rng.uniform(-0.015, 0.015, corners.shape))


def by_intersection(parcels: gpd.GeoDataFrame) -> pd.Series:
    """The same from GEOS: length of the intersection of two boundaries, if above 1 mm."""
    shapes = parcels.geometry.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i != j], j[i != j]
    common = shapely.intersection(shapely.boundary(shapes[i]), shapely.boundary(shapes[j]))
    index = pd.MultiIndex.from_arrays([parcels.index[i], parcels.index[j]])
    found = pd.Series(shapely.length(common), index=index)
    return found[found > 1e-3].sort_index()


def assert_like_intersection(parcels: gpd.GeoDataFrame) -> None:
    found, expected = borders(parcels), by_intersection(parcels)
    assert found.index.tolist() == expected.index.tolist()
    assert (found["border_m"].to_numpy() - expected.to_numpy()) == pytest.approx(0, abs=1e-6)
    assert found["tolerant_m"].max() < 1e-6


def test_matched_edge_is_a_border_of_its_length() -> None:
    found = borders(layer({"a": box(0, 0, 10, 10), "b": box(10, 0, 20, 10)}))
    assert found.index.names == ["focal", "neighbor"]
    assert found.columns.tolist() == COLUMNS
    assert found.index.tolist() == [("a", "b"), ("b", "a")]
    assert found["border_m"].tolist() == [10.0, 10.0]
    assert found["tolerant_m"].tolist() == [0.0, 0.0]


def test_long_side_facing_two_short_ones_makes_two_borders() -> None:
    shapes = {"south": box(0, 0, 20, 10), "nw": box(0, 10, 8, 20), "ne": box(8, 10, 20, 20)}
    assert lengths(layer(shapes)) == {("ne", "nw"): 10.0, ("ne", "south"): 12.0, ("nw", "south"): 8}


def test_side_longer_than_its_neighbor_counts_only_where_they_face() -> None:
    assert lengths(layer({"a": box(0, 0, 10, 10), "b": box(4, 10, 30, 20)})) == {("a", "b"): 6.0}


@pytest.mark.parametrize("crossing", [box(10, 10, 20, 20), box(10.001, 9.999, 20, 20)])
def test_corner_contact_is_no_border(crossing: Polygon) -> None:
    assert lengths(layer({"a": box(0, 0, 10, 10), "b": crossing})) == {}


def test_two_sides_leaving_one_corner_are_no_border() -> None:
    left = Polygon([(0, 0), (0, 10), (-1, 10), (-9, 0)])
    right = Polygon([(0, 0), (9, 0), (3, 10), (1, 10)])  # a notch of 5.7 degrees opens between
    assert lengths(layer({"a": left, "b": right})) == {}


def test_gap_within_the_tolerance_is_tolerant() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(10.03, 0, 20, 10)}
    found = borders(layer(shapes))
    assert found["border_m"].tolist() == pytest.approx([10, 10], abs=1e-9)
    assert found["tolerant_m"].tolist() == pytest.approx([10, 10], abs=1e-9)
    assert borders(layer(shapes), tolerance_m=0.02).empty


def test_overlap_within_the_tolerance_is_tolerant() -> None:
    found = borders(layer({"a": box(0, 0, 10, 10), "b": box(9.97, 0, 20, 10)}))
    assert found["tolerant_m"].tolist() == pytest.approx([10, 10], abs=1e-9)


def test_side_that_opens_counts_up_to_the_tolerance() -> None:
    slanted = Polygon([(0, 10), (100, 10.1), (100, 20), (0, 20)])  # 1 mm a metre, 5 cm at 50 m
    found = borders(layer({"a": box(0, 0, 100, 10), "b": slanted}))
    assert found["border_m"].iloc[0] == pytest.approx(50, abs=0.001)
    assert found["tolerant_m"].iloc[0] == pytest.approx(50, abs=0.01)


def test_part_matched_part_only_near() -> None:
    bent = Polygon([(10, 0), (20, 0), (20, 10), (10.02, 10), (10.02, 5.01), (10, 5)])
    straight = Polygon([(0, 0), (10, 0), (10, 5), (10, 10), (0, 10)])
    found = borders(layer({"a": straight, "b": bent}))
    assert found["border_m"].iloc[0] == pytest.approx(10, abs=0.05)
    assert found["tolerant_m"].iloc[0] == pytest.approx(5, abs=0.05)


def test_nearest_of_two_within_the_tolerance_wins() -> None:
    thin = box(10, 0, 10.02, 10)  # between the two, thinner than the tolerance
    shapes = {"a": box(0, 0, 10, 10), "b": box(10.02, 0, 20, 10), "thin": thin}
    assert lengths(layer(shapes)) == {("a", "thin"): 10.0, ("b", "thin"): 10.0}
    shapes["thin"] = box(10.001, 0, 10.021, 10)  # no edge matches
    assert set(lengths(layer(shapes))) == {("a", "thin"), ("b", "thin")}


def test_edge_matched_elsewhere_is_not_counted_again() -> None:
    beyond = box(10.02, 0, 20, 5)
    thin = Polygon([(10, 0), (10.02, 0), (10.02, 5), (10, 5)])
    shapes = {"a": Polygon([(0, 0), (10, 0), (10, 5), (10, 10), (0, 10)]), "b": beyond, "t": thin}
    found = lengths(layer(shapes))
    assert found[("a", "t")] == 5.0
    assert found[("b", "t")] == 5.0
    assert ("a", "b") not in found


def test_island_in_a_hole_has_the_whole_ring_as_border() -> None:
    around = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])
    parcels = layer({"around": around, "island": box(10, 10, 20, 20)})
    assert lengths(parcels) == {("around", "island"): 40.0}
    assert free_boundary(parcels, borders(parcels)).tolist() == [120.0, 0.0]


def test_ring_direction_as_drawn_does_not_matter() -> None:
    around = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])
    shapes = {"around": around, "island": box(10, 10, 20, 20), "east": box(30, 0, 40, 30)}
    drawn = layer({k: shapely.reverse(v) for k, v in shapes.items()})
    mixed = layer(shapes | {"island": shapely.reverse(shapes["island"])})
    expected = {("around", "east"): 30.0, ("around", "island"): 40.0}
    assert lengths(layer(shapes)) == lengths(drawn) == lengths(mixed) == expected


def test_multipart_parcel_borders_with_each_part() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(30, 0, 40, 10)])
    shapes = {"parts": parts, "between": box(10, 0, 30, 10), "on": box(0, 10, 40, 20)}
    expected = {("between", "on"): 20.0, ("between", "parts"): 20.0, ("on", "parts"): 20.0}
    assert lengths(layer(shapes)) == expected


def test_slit_in_a_parcel_makes_no_border_with_itself() -> None:
    slit = Polygon(
        [(0, 0), (20, 0), (20, 9.99), (5, 9.99), (5, 10.01), (20, 10.01), (20, 20), (0, 20)]
    )
    shapes = {"slit": slit, "east": box(20, 0, 30, 20)}
    assert lengths(layer(shapes))[("east", "slit")] == pytest.approx(20, abs=0.03)
    assert len(lengths(layer(shapes))) == 1


def test_duplicates_and_contained_parcels_are_no_neighbors() -> None:
    assert lengths(layer({"a": box(0, 0, 10, 10), "b": box(0, 0, 10, 10)})) == {}
    assert lengths(layer({"a": box(0, 0, 10, 10), "b": box(2, 0, 4, 3)})) == {}


@pytest.mark.parametrize("top", [10, 20])
def test_stacked_duplicates_all_border_on_the_neighbor(top: int) -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(0, 0, 10, 10), "c": box(10, 0, 20, top)}
    assert lengths(layer(shapes)) == {("a", "c"): 10.0, ("b", "c"): 10.0}


def test_parcels_without_usable_geometry_are_passed_over() -> None:
    bow = Polygon([(20, 0), (30, 10), (30, 0), (20, 10)])
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(10, 0, 20, 10),
        "bow": bow,
        "e": Polygon(),
        "n": None,
    }
    parcels = layer(shapes)
    assert lengths(parcels) == {("a", "b"): 10.0}
    free = free_boundary(parcels, borders(parcels))
    assert free.name == "free_m"
    assert free.index.tolist() == list(shapes)
    assert free.tolist()[:2] == [30.0, 30.0]
    assert free.isna().tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("shapes", [{}, {"a": None}, {"a": box(0, 0, 1, 1)}])
def test_no_neighbors_give_an_empty_table(shapes: dict[str, object]) -> None:
    found = borders(layer(shapes))
    assert found.empty
    assert found.index.names == ["focal", "neighbor"]
    assert found.dtypes.astype(str).to_dict() == dict.fromkeys(COLUMNS, "float64")


def test_repeated_points_are_harmless() -> None:
    stutter = Polygon([(0, 0), (0, 0), (10, 0), (10, 0), (10, 10), (10, 10), (0, 10)])
    assert lengths(layer({"a": stutter, "b": box(10, 0, 20, 10)})) == {("a", "b"): 10.0}


@pytest.mark.parametrize("last", [True, False])
def test_empty_parts_are_harmless(*, last: bool) -> None:
    parts = [box(10, 0, 20, 10), Polygon()] if last else [Polygon(), box(10, 0, 20, 10)]
    shapes = {"a": box(0, 0, 10, 10), "b": MultiPolygon(parts), "c": box(20, 0, 30, 10)}
    assert lengths(layer(shapes)) == {("a", "b"): 10.0, ("b", "c"): 10.0}


def test_heights_are_passed_over() -> None:
    high = Polygon([(10, 0, 5), (20, 0, 5), (20, 10, 5), (10, 10, 5)])
    assert lengths(layer({"a": box(0, 0, 10, 10), "b": high})) == {("a", "b"): 10.0}


def test_turned_and_rounded_bricks_all_found_none_extra() -> None:
    true = borders(frame(bricks(60)))
    found = borders(frame(turned(bricks(60), degrees=17, decimals=3), seed=1))
    assert len(true) == len(found) == 2 * 10_561
    assert true.index.equals(found.index)
    assert (found["border_m"] - true["border_m"]).abs().max() < 0.003


@pytest.mark.parametrize("degrees", [3, 30, 45, 61.7, 123])
def test_rigid_motion_keeps_the_answer(degrees: float) -> None:
    true = borders(frame(bricks(12)))
    found = borders(frame(turned(bricks(12), degrees=degrees, decimals=3)))
    assert true.index.equals(found.index)
    assert (found["border_m"] - true["border_m"]).abs().max() < 0.003


@pytest.mark.parametrize("seed", range(5))
def test_clean_coverage_is_exact(seed: int) -> None:
    assert_like_intersection(frame(coverage(seed)))


@pytest.mark.parametrize("seed", range(5))
def test_clean_coverage_with_holes_and_gone_cells_is_exact(seed: int) -> None:
    cells = coverage(seed)
    merged = shapely.coverage_union_all(cells[:20])
    assert_like_intersection(frame(np.array([merged, *cells[20:50]])))


@pytest.mark.parametrize("decimals", [None, 3])
@pytest.mark.parametrize("seed", range(6))
def test_patchwork_with_holes_parts_and_corners(seed: int, decimals: int | None) -> None:
    label = np.random.default_rng(seed).integers(0, 12, (10, 10))
    y, x = np.divmod(np.arange(100), 10)
    cells = shapely.box(x * 8.0, y * 8.0, x * 8.0 + 8, y * 8.0 + 8)
    patches = [shapely.union_all(cells[label.ravel() == k]).simplify(0) for k in range(12)]
    found = borders(frame(turned(np.array(patches), degrees=17, decimals=decimals)))
    sides = np.zeros((12, 12))  # count the cell sides between each two labels
    for one, other in ((label[:, 1:], label[:, :-1]), (label[1:], label[:-1])):
        np.add.at(sides, (one, other), 8.0)
        np.add.at(sides, (other, one), 8.0)
    np.fill_diagonal(sides, 0)
    expected = {
        (f"p{i:05d}", f"p{j:05d}"): sides[i, j] for i, j in zip(*np.nonzero(sides), strict=True)
    }
    assert set(found.index) == set(expected)
    tolerance = 1e-6 if decimals is None else 0.05
    assert found["border_m"].to_dict() == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("seed", range(5))
def test_points_put_into_shared_edges_change_nothing(seed: int) -> None:
    plain = frame(coverage(seed))
    dense = plain.copy()
    dense.geometry = [
        shapely.segmentize(g, 7.3) if k % 2 else g for k, g in enumerate(plain.geometry)
    ]
    one, two = borders(plain), borders(dense)
    assert one.index.equals(two.index)
    assert (one["border_m"] - two["border_m"]).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(5))
def test_noise_below_the_tolerance_keeps_long_borders(seed: int) -> None:
    clean = frame(coverage(seed))
    rng = np.random.default_rng(seed)
    noisy = clean.copy()
    noisy.geometry = [jittered(g, rng) for g in clean.geometry]
    noisy = noisy[noisy.is_valid]
    true, found = borders(clean.loc[noisy.index]), borders(noisy)
    both = true.join(found, how="outer", suffixes=("", "_found")).fillna(0.0)
    assert (both["border_m"] - both["border_m_found"]).abs().max() < 4 * 0.05


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_the_same_bits(seed: int) -> None:
    shapes = turned(bricks(15), degrees=17, decimals=2)
    pd.testing.assert_frame_equal(
        borders(frame(shapes)), borders(frame(shapes, seed=seed)), check_exact=True
    )


def test_renamed_ids_rename_the_answer() -> None:
    parcels = frame(turned(bricks(10), degrees=17, decimals=3))
    names = {old: f"q{k:05d}" for k, old in enumerate(reversed(parcels.index))}
    found = borders(parcels.rename(index=names))
    expected = borders(parcels).rename(index=names).sort_index()
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-12, atol=1e-9)


def test_table_is_symmetric_and_input_unchanged() -> None:
    parcels = frame(turned(bricks(10), degrees=17, decimals=3), seed=4)
    before = parcels.copy(deep=True)
    found = borders(parcels)
    back = found.swaplevel().sort_index().rename_axis(["focal", "neighbor"])
    pd.testing.assert_frame_equal(found, back, check_exact=True)
    assert found.index.is_monotonic_increasing
    assert (found["tolerant_m"] <= found["border_m"]).all()
    assert before.to_wkb().equals(parcels.to_wkb())


def test_free_boundary_of_bricks_adds_up_to_the_outline() -> None:
    parcels = frame(bricks(6))
    free = free_boundary(parcels, borders(parcels))
    assert free.sum() == pytest.approx(shapely.union_all(parcels.geometry.to_numpy()).length)


@pytest.mark.parametrize(
    ("parcels", "error", "text"),
    [
        (layer({"a": box(0, 0, 1, 1)}, crs=None), CRSError, "no coordinate system"),
        (layer({"a": box(0, 0, 1, 1)}, crs=4490), CRSError, "degrees"),
        (layer({"a": shapely.LineString([(0, 0), (1, 1)])}), GeometryError, "LineString"),
        (
            gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)] * 2, index=["a", "a"], crs=4547),
            TableError,
            "more than once",
        ),
    ],
)
def test_bad_input_is_refused(parcels: gpd.GeoDataFrame, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        borders(parcels)


@pytest.mark.parametrize(
    "tolerance_m", [0.0, -1.0, float("nan"), float("inf"), "wide", True, None, [0.05]]
)
def test_tolerance_must_be_a_positive_number(tolerance_m: float) -> None:
    with pytest.raises(ProjectError, match=r"tolerance_m is .*; give a number of metres above 0"):
        borders(layer({"a": box(0, 0, 1, 1)}), tolerance_m=tolerance_m)


def test_tables_without_geometry_are_refused() -> None:
    with pytest.raises(GeometryError, match="DataFrame without geometry; give a GeoDataFrame"):
        borders(pd.DataFrame(index=["a"]))


def test_real_clean_coverage_is_exact() -> None:
    path = SHARED / "decany_cz" / "decany_derived.gpkg"
    if not path.exists():
        pytest.skip("shared data absent")
    parcels = gpd.read_file(path, layer="parcely")
    parcels.index = parcels["Id"].astype("int64").astype("str")
    found = borders(parcels)
    assert (found["border_m"] > 0.5).sum() == 2 * 7899
    expected = by_intersection(parcels)
    assert set(expected.index) == set(found.index)
    assert (found["border_m"] - expected).abs().max() < 1e-6


def test_components_take_their_smallest_id() -> None:
    pairs = pd.DataFrame({"a": ["4", "9", "2"], "b": ["9", "4", "2"]})
    found = components(pd.Index(["9", "4", "2", "1"], name="parcel_id"), pairs)
    assert found.name == "component"
    assert found.to_dict() == {"9": "4", "4": "4", "2": "2", "1": "1"}
    assert found.index.tolist() == ["9", "4", "2", "1"]


def test_components_of_nothing() -> None:
    none = pd.DataFrame({"a": [], "b": []}, dtype="str")
    assert components(pd.Index([], dtype="str"), none).empty
    assert components(pd.Index(["x"]), none).tolist() == ["x"]


def test_components_refuse_unknown_and_repeated_ids() -> None:
    pairs = pd.DataFrame({"a": ["x"], "b": ["stranger"]})
    with pytest.raises(TableError, match="stranger"):
        components(pd.Index(["x"]), pairs)
    with pytest.raises(TableError, match="more than once"):
        components(pd.Index(["x", "x"]), pairs)
