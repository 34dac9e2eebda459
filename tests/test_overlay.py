from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import GeometryCollection, MultiPolygon, Point, Polygon, box

from gisland.base.errors import CRSError, ProjectError, TableError
from gisland.topology.overlay import (
    dominant,
    holders_of_centroids,
    overlap_areas,
    overlaps_within,
)
from gisland.topology.shares import How, carried_over, split_shares

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


def apportion(
    values: pd.Series,
    overlaps: pd.DataFrame,
    *,
    how: How,
    right_m2: pd.Series | None = None,
    holder: pd.Series | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Amounts carried over by their shares, and what lies on no left row."""
    shares, off = split_shares(values.index, overlaps, how=how, right_m2=right_m2, holder=holder)
    return carried_over(values, shares), (values * off).rename(values.name)


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


def test_majority_takes_all_of_the_smallest_overlap() -> None:
    """Overlaps are compared to a millionth of a square metre; this one is below it."""
    hair = OVERLAPS.iloc[:1].assign(overlap_m2=1e-9)
    carried, rest = apportion(FLOORS, hair, how="majority")
    assert carried.to_dict() == {"b": 300.0}
    assert rest.to_dict() == {"h": 0.0, "k": 40.0, "out": 7.0}


def test_centroid_gives_all_to_the_holder_whatever_overlaps() -> None:
    holder = pd.Series({"h": "b", "k": None, "other": "a"}, dtype="str")
    carried, rest = apportion(FLOORS, OVERLAPS, how="centroid", holder=holder)
    assert carried.to_dict() == {"b": 300.0}
    assert rest.to_dict() == {"h": 0.0, "k": 40.0, "out": 7.0}
    assert carried.name == rest.name == "floor_area_m2"
    nowhere, rest = apportion(FLOORS, OVERLAPS, how="centroid", holder=holder.iloc[1:2])
    assert nowhere.empty
    assert rest.tolist() == FLOORS.tolist()


def test_an_overlap_that_lacks_its_rounding_is_whole() -> None:
    own = pd.Series({"h": 30 * (1 + 1e-10), "k": 5.0, "out": 1.0})
    shares, off = split_shares(own.index, OVERLAPS, how="area", right_m2=own)
    assert off.to_dict() == {"h": 0.0, "k": 0.0, "out": 1.0}
    assert shares["share"].tolist() == [2 / 3, 1.0, 1 / 3]
    _, off = split_shares(own.index, OVERLAPS, how="area", right_m2=own.mul(1 + 1e-6))
    assert off["h"] == pytest.approx(1e-6, rel=1e-3)


def test_holders_of_centroids_by_hand() -> None:
    far = 1e-3
    houses = layer(
        {
            "z": box(8, 2, 13, 4),  # 10.5: in b
            "edge": box(8, 2, 12, 4),  # on the border: the smaller id
            "beside": box(8 + far, 2, 12 + far, 4),
            "rim": box(-2, 2, 2, 4),  # on the outer border
            "off": box(-4, 2, 2, 4),
            "ring": Polygon(box(-50, -50, 61, 50).exterior, [box(-40, -40, 50, 40).exterior]),
            "none": None,
            "empty": Polygon(),
            "bow": Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]),
        }
    )
    held = holders_of_centroids(PARCELS, houses)
    assert held.index.tolist() == houses.index.tolist()
    found = held.dropna().to_dict()
    assert found == {"z": "b", "edge": "a", "beside": "b", "rim": "a", "ring": "a"}
    turned = holders_of_centroids(PARCELS.iloc[::-1], houses.iloc[::-1])
    pd.testing.assert_series_equal(turned.reindex(held.index), held)
    stacked = layer({"q": box(0, 0, 20, 20), "p": box(0, 0, 20, 10), "r": box(0, 0, 20, 10)})
    assert holders_of_centroids(stacked, houses)["z"] == "p"


@pytest.mark.parametrize("shapes", [{}, {"n": None}])
def test_no_holders(shapes: dict[str, object]) -> None:
    assert holders_of_centroids(layer(shapes), PARCELS).isna().tolist() == [True, True]
    assert len(holders_of_centroids(PARCELS, layer(shapes)).dropna()) == 0


@pytest.mark.parametrize("seed", range(4))
def test_holders_of_centroids_one_by_one(seed: int) -> None:
    left, right = random_boxes(seed, "l", 20), random_boxes(seed + 50, "r", 8)
    held = holders_of_centroids(left, right)
    for name, spot in right.centroid.items():
        holding = left.index[left.contains(spot)]
        assert held[name] == min(holding) if len(holding) else pd.isna(held[name])


@pytest.mark.parametrize("seed", range(3))
def test_overlaps_within_a_layer_are_those_with_itself(seed: int) -> None:
    lots = random_boxes(seed, "l", 20)
    both = overlap_areas(lots, lots)
    once = both[both["left_id"] < both["right_id"]].reset_index(drop=True)
    found = overlaps_within(lots.sample(frac=1, random_state=seed))
    assert len(found) > 50
    pd.testing.assert_frame_equal(found, once)
    apart = rows(overlaps_within(PARCELS))
    assert apart == []


def test_missing_amount_stays_missing() -> None:
    carried, rest = apportion(FLOORS.mask(FLOORS == 40), OVERLAPS, how="area")
    assert np.isnan(carried["a"])
    assert carried["b"] == 100.0
    assert np.isnan(rest["k"])


def test_overlaps_of_others_and_no_overlaps() -> None:
    carried, rest = apportion(FLOORS[["out"]], OVERLAPS, how="area")
    assert carried.empty
    assert rest.to_dict() == {"out": 7.0}


@pytest.mark.parametrize("how", ["area", "centroid", "majority"])
@pytest.mark.parametrize("with_areas", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_amounts_are_conserved_where_parcels_overlap(seed: int, how: str, with_areas: bool) -> None:  # noqa: FBT001
    left, right = random_boxes(seed, "l", 20), random_boxes(seed + 50, "r", 8)
    values = pd.Series(np.random.default_rng(seed).uniform(0, 1e6, 60), index=right.index)
    overlaps = overlap_areas(left, right)
    areas = right.area if with_areas else None
    holder = holders_of_centroids(left, right)
    carried, rest = apportion(values, overlaps, how=how, right_m2=areas, holder=holder)
    assert carried.sum() + rest.sum() == pytest.approx(values.sum(), rel=1e-9)
    assert (rest >= 0).all()
    shuffled = overlaps.sample(frac=1, random_state=seed)
    turned = holder.sample(frac=1, random_state=seed)
    again, _ = apportion(values, shuffled, how=how, right_m2=areas, holder=turned)
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
    with pytest.raises(ProjectError, match="without holder; give holders_of_centroids"):
        apportion(FLOORS, OVERLAPS, how="centroid")
    with pytest.raises(CRSError, match="EPSG:4547 and EPSG:4546 cannot be overlaid"):
        holders_of_centroids(PARCELS, layer({"h": box(0, 0, 1, 1)}, crs=4546))
    with pytest.raises(TableError, match="right layer: 1 id occurs more than once"):
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
