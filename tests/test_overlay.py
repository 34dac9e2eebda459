from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import GeometryCollection, MultiPolygon, Point, Polygon, box

from gisland.base.errors import CRSError, ProjectError, TableError
from gisland.topology.overlay import apportion, dominant, overlap_areas

SHARED = Path(__file__).parents[2] / "shared" / "data"


def layer(shapes: dict[str, object], crs: object = 4547) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), dtype="str")
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=index, crs=crs)


def rows(overlaps: pd.DataFrame) -> list[tuple[str, str, float]]:
    assert overlaps.columns.tolist() == ["left_id", "right_id", "overlap_m2"]
    return list(overlaps.itertuples(index=False, name=None))


def random_boxes(seed: int, prefix: str, size: float) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 100, (60, 2))
    sides = rng.uniform(1, size, (60, 2))
    shapes = [box(x, y, x + a, y + b) for (x, y), (a, b) in zip(corners, sides, strict=True)]
    return layer({f"{prefix}{k:02d}": shape for k, shape in enumerate(shapes)})


PARCELS = layer({"b": box(10, 0, 20, 10), "a": box(0, 0, 10, 10)})


def test_overlaps_by_hand_and_sorted() -> None:
    houses = layer({"z": box(8, 2, 13, 4), "in": box(1, 1, 3, 3), "off": box(50, 0, 60, 9)})
    assert rows(overlap_areas(PARCELS, houses)) == [
        ("a", "in", 4.0),
        ("a", "z", 4.0),
        ("b", "z", 6.0),
    ]


def test_touching_is_no_overlap() -> None:
    assert rows(overlap_areas(PARCELS, layer({"h": box(0, 10, 20, 20)}))) == []


def test_holes_and_parts_count_as_they_are() -> None:
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 8, 8).exterior])
    parts = MultiPolygon([box(0, 0, 1, 1), box(19, 0, 21, 1)])
    found = overlap_areas(PARCELS, layer({"ring": ring, "parts": parts, "same": box(0, 0, 10, 10)}))
    assert rows(found) == [
        ("a", "parts", 1.0),
        ("a", "ring", 64.0),
        ("a", "same", 100.0),
        ("b", "parts", 1.0),
    ]


def test_geometry_that_cannot_be_used_is_passed_over() -> None:
    bow = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    other = layer({"bow": bow, "none": None, "empty": Polygon(), "ok": box(0, 0, 1, 1)})
    assert rows(overlap_areas(PARCELS, other)) == [("a", "ok", 1.0)]
    assert rows(overlap_areas(other, PARCELS)) == [("ok", "a", 1.0)]


def test_slivers_and_collections_are_intersected() -> None:
    # a thousandth of a millimetre thick, so that rounding may be more than a billionth of it
    sliver = Polygon([(0, 0), (1000, 1000), (1000, 1000.000001)])
    large = layer({"p": box(0, 0, 2000, 2000), "half": box(0, 0, 500, 2000)})
    found = overlap_areas(large, layer({"s": sliver}))
    assert found["left_id"].tolist() == ["half", "p"]
    assert found["overlap_m2"].tolist() == pytest.approx([0.000125, 0.0005], rel=1e-4)
    mixed = GeometryCollection([box(0, 0, 2, 2), Point(5, 5)])
    assert rows(overlap_areas(PARCELS, layer({"m": mixed}))) == [("a", "m", 4.0)]


def test_a_polygon_within_another_is_all_of_it() -> None:
    rng = np.random.default_rng(1)
    far = np.array([500_000, 3_400_000])
    corners = np.round(rng.uniform(0, 90, (40, 3, 2)) + far, 3)
    lots = layer({f"{k:02d}": Polygon(three) for k, three in enumerate(corners)})
    best = dominant(lots, layer({"z": box(*far, *(far + 90))}))
    assert best["share"].tolist() == [1.0] * 40
    assert best["overlap_m2"].tolist() == lots.area.tolist()


@pytest.mark.parametrize("shapes", [{}, {"n": None}])
def test_empty_layers(shapes: dict[str, object]) -> None:
    assert rows(overlap_areas(PARCELS, layer(shapes))) == []
    assert rows(overlap_areas(layer(shapes), PARCELS)) == []
    best = dominant(PARCELS, layer(shapes))
    assert best.index.tolist() == ["b", "a"]
    assert best.columns.tolist() == ["right_id", "overlap_m2", "share"]
    assert best.isna().all(axis=None)


@pytest.mark.parametrize("seed", range(4))
def test_same_as_the_library_s_overlay_whatever_the_order(seed: int) -> None:
    left, right = random_boxes(seed, "l", 20), random_boxes(seed + 50, "r", 8)
    found = overlap_areas(left.sample(frac=1, random_state=1), right.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(found, overlap_areas(left, right), check_exact=True)
    named = (left.rename_axis("left_id").reset_index(), right.rename_axis("right_id").reset_index())
    cut = gpd.overlay(*named, how="intersection")
    expected = cut.assign(overlap_m2=cut.area).sort_values(["left_id", "right_id"])
    assert found["left_id"].tolist() == expected["left_id"].tolist()
    assert found["right_id"].tolist() == expected["right_id"].tolist()
    assert found["overlap_m2"].to_numpy() == pytest.approx(expected["overlap_m2"].to_numpy())


def test_dominant_takes_the_largest_then_the_smallest_id() -> None:
    zones = layer({"y": box(0, 0, 5, 10), "x": box(5, 0, 10, 10), "w": box(10, 0, 13, 10)})
    best = dominant(layer({"b": box(10, 0, 20, 10), "a": box(0, 0, 10, 10), "n": None}), zones)
    assert best.index.tolist() == ["b", "a", "n"]
    assert best["right_id"].tolist()[:2] == ["w", "x"]
    assert best["overlap_m2"].tolist()[:2] == [30.0, 50.0]
    assert best["share"].tolist()[:2] == [0.3, 0.5]
    assert best.loc["n"].isna().all()


FLOORS = pd.Series({"h": 300.0, "k": 40.0, "out": 7.0}, name="floor_area_m2")
OVERLAPS = pd.DataFrame(
    {
        "left_id": ["b", "a", "a"],
        "right_id": ["h", "h", "k"],
        "overlap_m2": [10.0, 20.0, 5.0],
    }
)


def test_amounts_split_by_area() -> None:
    carried, rest = apportion(FLOORS, OVERLAPS, how="area")
    assert carried.to_dict() == {"a": 240.0, "b": 100.0}
    assert rest.to_dict() == {"h": 0.0, "k": 0.0, "out": 7.0}
    assert carried.name == rest.name == "floor_area_m2"


def test_what_lies_on_no_parcel_remains() -> None:
    own = pd.Series({"h": 60.0, "k": 4.0})  # k is covered more than once over
    carried, rest = apportion(FLOORS, OVERLAPS, how="area", right_m2=own)
    assert carried.to_dict() == {"a": 140.0, "b": 50.0}
    assert rest.to_dict() == {"h": 150.0, "k": 0.0, "out": 7.0}


def test_majority_takes_all_and_ties_go_to_the_smallest_id() -> None:
    even = OVERLAPS.assign(overlap_m2=[10.0, 10.0, 5.0])
    carried, rest = apportion(FLOORS, even, how="majority", right_m2=pd.Series({"h": 90.0}))
    assert carried.to_dict() == {"a": 340.0}
    assert rest.to_dict() == {"h": 0.0, "k": 0.0, "out": 7.0}


def test_missing_amount_stays_missing() -> None:
    carried, rest = apportion(FLOORS.mask(FLOORS == 40), OVERLAPS, how="area")
    assert np.isnan(carried["a"])
    assert carried["b"] == 100.0
    assert np.isnan(rest["k"])


def test_overlaps_of_others_and_no_overlaps() -> None:
    carried, rest = apportion(FLOORS[["out"]], OVERLAPS, how="area")
    assert carried.empty
    assert rest.to_dict() == {"out": 7.0}


@pytest.mark.parametrize("how", ["area", "majority"])
@pytest.mark.parametrize("with_areas", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_amounts_are_conserved_where_parcels_overlap(seed: int, how: str, with_areas: bool) -> None:  # noqa: FBT001
    left, right = random_boxes(seed, "l", 20), random_boxes(seed + 50, "r", 8)
    values = pd.Series(np.random.default_rng(seed).uniform(0, 1e6, 60), index=right.index)
    overlaps = overlap_areas(left, right)
    areas = right.area if with_areas else None
    carried, rest = apportion(values, overlaps, how=how, right_m2=areas)
    assert carried.sum() + rest.sum() == pytest.approx(values.sum(), rel=1e-9)
    assert (rest >= 0).all()
    shuffled = overlaps.sample(frac=1, random_state=seed)
    again, _ = apportion(values, shuffled, how=how, right_m2=areas)
    pd.testing.assert_series_equal(carried, again, check_exact=True)


def test_bad_input_is_refused() -> None:
    with pytest.raises(CRSError, match="EPSG:4547 and EPSG:4546 cannot be overlaid"):
        overlap_areas(PARCELS, layer({"h": box(0, 0, 1, 1)}, crs=4546))
    with pytest.raises(CRSError, match="right layer: EPSG:4490 is not metric"):
        dominant(PARCELS, layer({"h": box(0, 0, 1, 1)}, crs=4490))
    twice = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)] * 2, index=["h", "h"], crs=4547)
    with pytest.raises(TableError, match="right layer: 1 id occurs more than once"):
        overlap_areas(PARCELS, twice)
    with pytest.raises(ProjectError, match="how is 'most'; use area, centroid or majority"):
        apportion(FLOORS, OVERLAPS, how="most")
    with pytest.raises(TableError, match="values: 1 id occurs more than once"):
        apportion(pd.concat([FLOORS, FLOORS.iloc[:1]]), OVERLAPS, how="area")


def test_real_buildings_lie_on_parcels() -> None:
    folder = SHARED / "simplu3d_rules" / "demo-02"
    if not folder.exists():
        pytest.skip("shared data absent")
    parcels = gpd.read_file(folder / "PARCELLE.SHP").rename(index=str)
    houses = gpd.read_file(folder / "BATIMENT.shp").rename(index=str)
    houses.geometry = houses.geometry.force_2d().make_valid(method="structure")
    overlaps = overlap_areas(parcels, houses)
    on = overlaps[overlaps["overlap_m2"] > 1].groupby("right_id").size()
    assert on.value_counts().to_dict() == {1: 114, 2: 1, 3: 1, 4: 1}
    assert overlaps["overlap_m2"].sum() == pytest.approx(houses.area.sum(), abs=0.01)
