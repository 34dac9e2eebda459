"""Repair of what is hardly a layer: odd geometry, heaps, tangles, places that are not on Earth."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LinearRing, LineString, MultiPolygon, Point, Polygon, box

from gisland.base.errors import GeometryError
from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.topology import judging, snapping
from gisland.topology.judging import Layer, Limits, overlaps_more
from gisland.topology.repair import mended, repair
from gisland.topology.rings import edited, polygons_in, redrawn
from gisland.topology.sharing import share, shared
from subdivisions import bricks

if TYPE_CHECKING:
    from pathlib import Path

HEAPED = "more than 32 polygons in one place"
LIMITS = Limits(50, reach_m=0.3, tolerance_m=0.05, gap_m2=50, overlap_m2=0.01)
NO = np.empty(0, dtype=np.int64)


def lots(shapes: list[object]) -> gpd.GeoDataFrame:
    index = pd.Index([f"p{k:03d}" for k in range(len(shapes))], name="parcel_id")
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs=4547)


def fixed(
    parcels: gpd.GeoDataFrame, codes: tuple[str, ...] = REPAIRABLE
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    """A repair after which another one changes nothing."""
    parameters = Parameters(repair=codes)
    done = repair(parcels, parameters=parameters)
    again, more, left = repair(done[0], parameters=parameters)
    pd.testing.assert_frame_equal(again.to_wkb(), done[0].to_wkb())
    assert set(more["action"]) <= {"refused", "not_repairable"}
    assert left["message"].tolist() == done[2]["message"].tolist()
    return done


def cases(path: Path) -> list[shapely.Geometry]:
    """The polygons of a file of overlay cases."""
    texts = [case.findtext(side) for case in ET.parse(path).getroot() for side in "ab"]  # noqa: S314 - a file on this disk
    shapes = [
        shapely.from_wkt(text) if "(" in text else shapely.from_wkb("".join(text.split()))
        for text in texts
        if text
    ]
    single = [s if "Polygon" in s.geom_type else shapely.get_parts(s) for s in shapes]
    return [shape for shape in np.hstack(single) if "Polygon" in shape.geom_type]


# --- lines among the polygons ------------------------------------------------------------------


def test_lines_that_an_overlay_leaves_do_not_count() -> None:
    square = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)])
    left = GeometryCollection([LineString([(4, 0), (9, 0)]), MultiPolygon([square]), Point(7, 7)])
    assert polygons_in(left).tolist() == [square]
    assert redrawn(left, like=square).wkt == square.wkt


def test_edits_pass_over_what_is_no_polygon() -> None:
    square = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)])
    shapes = np.array([LineString([(0, 0), (1, 1)]), GeometryCollection([Point(1, 1), square])])
    to = np.array([[9.0, 9.0]])
    after = edited(shapes, moved=np.array([2]), to=to, after=NO, added=np.empty((0, 2)))
    assert after[0] is shapes[0]
    assert after[1].wkt == "POLYGON ((0 0, 4 0, 9 9, 0 4, 0 0))"


def test_a_line_left_by_a_filled_gap_ends_no_repair(shared_data: Path) -> None:
    folder = shared_data / "messy" / "jts_robust"
    after, changes, left = fixed(lots(cases(folder / "TestOverlay-geos-737.xml")))
    assert after.is_valid.all()
    assert "gap_filled" in set(changes["action"])
    assert len(left) <= 1


def test_no_vertex_is_inserted_that_would_break_a_polygon() -> None:
    """Within 1e-6 m of the edge, but then a part that touches the edge there lies inside."""
    two = MultiPolygon([box(0, 0, 10, 10), Polygon([(10, 5), (12, 4), (12, 6)])])
    beside = Polygon([(10 + 5e-7, 5 - 2e-6), (10.5, 0.5), (12, 3)])
    shapes = np.array([two, beside])
    assert not share(shapes).shapes[0].is_valid
    assert shared(shapes)[0] is two
    after, changes, _ = fixed(lots([two, beside]), ("unmatched_vertex",))
    assert after.is_valid.all()
    assert "make_valid" not in set(changes["action"])


# --- odd geometry ------------------------------------------------------------------------------


SQUARE = box(0, 0, 9, 9)
ODD = {
    "missing": None,
    "empty": Polygon(),
    "empty parts": MultiPolygon([Polygon(), Polygon()]),
    "an empty part": MultiPolygon([Polygon(), SQUARE]),
    "an empty hole": Polygon(SQUARE.exterior, [LinearRing()]),
    "an empty hole in a part": MultiPolygon(
        [box(20, 0, 29, 9), Polygon(SQUARE.exterior, [LinearRing()])]
    ),
    "no area": Polygon([(0, 0), (1, 0), (0, 0)]),
    "one point": Polygon([(0, 0)] * 4),
    "a part of no area": MultiPolygon([Polygon([(0, 0)] * 4), SQUARE]),
    "a line": LineString([(0, 0), (9, 9)]),
    "a collection": GeometryCollection([SQUARE, Point(1, 1)]),
}


@pytest.mark.parametrize("codes", [("invalid_geometry", "overlap", "spike", "unmatched_vertex")])
@pytest.mark.parametrize("name", ODD)
def test_odd_geometry_among_bricks(name: str, codes: tuple[str, ...]) -> None:
    laid = bricks(6, np.random.default_rng(3))
    parcels = lots([*laid[:3], ODD[name], *laid[3:], ODD[name]])
    for some in (codes, REPAIRABLE):
        after, _, _ = fixed(parcels, some)
        assert (after.geometry.isna() == parcels.geometry.isna()).all()
        assert (after.geometry.is_empty == parcels.geometry.is_empty).all()
        assert after.geometry.iloc[[0, 1, 2, 4, 5, 6]].is_valid.all()
    alone, _, _ = fixed(lots([ODD[name]]), codes)
    assert len(alone) == 1


def test_holes_without_points_go() -> None:
    after, changes, _ = fixed(lots([ODD["an empty hole"], box(9, 0, 12, 9)]))
    assert changes.empty
    assert after.geometry.iloc[0].wkt == SQUARE.wkt


# --- places that are not on Earth --------------------------------------------------------------


def test_coordinates_that_are_not_on_earth_are_refused_by_id() -> None:
    far = box(5e5, 3.4e6, 1e300, 3.4e6 + 1)
    for codes in ((), ("invalid_geometry",), REPAIRABLE):
        with pytest.raises(GeometryError, match=r"not on Earth \(p001\)") as told:
            repair(lots([SQUARE, far]), parameters=Parameters(repair=codes))
        assert told.value.do
        assert told.value.ids == ("p001",)


def test_nothing_is_made_of_coordinates_that_are_not_on_earth() -> None:
    bow_tie = np.array([(0, 0), (1, 1), (1, 0), (0, 1)]) * 1e300
    near = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    assert mended(np.array([Polygon(bow_tie), near]))[0] is None
    assert mended(np.array([Polygon(bow_tie), near]))[1].area == 8.0


# --- heaps and tangles -------------------------------------------------------------------------


def heap(count: int) -> list[shapely.Geometry]:
    """Boxes all over one place, no two alike."""
    rng = np.random.default_rng(5)
    low, size = rng.uniform(0, 5, (count, 2)), rng.uniform(8, 12, (count, 2))
    return [box(*corners) for corners in np.concatenate([low, low + size], axis=1).round(2)]


def test_heaps_are_left_as_they_are_and_told_once_each() -> None:
    parcels = lots(heap(400))
    after, changes, left = fixed(parcels, ("overlap", "gap", "near_miss", "spike"))
    pd.testing.assert_frame_equal(after.to_wkb(), parcels.to_wkb())
    assert left["message"].tolist() == [HEAPED] * 400
    assert left["parcel_id"].tolist() == parcels.index.tolist()
    assert set(changes["action"]) == {"refused"}


def test_the_rest_of_the_layer_is_repaired_beside_a_heap() -> None:
    flats = [box(50, 0, 60, 10)] * 33
    parcels = lots([box(0, 0, 10, 10), box(9, 2, 13, 8), *flats, box(40, 0, 50, 10)])
    after, _, left = fixed(parcels, ("overlap",))
    assert after.area.iloc[:2].tolist() == [94.0, 24.0]
    assert left["message"].tolist() == [HEAPED] * 33
    # one less, and each two of them are told
    _, _, left = fixed(lots(flats[:32]), ("overlap",))
    assert len(left) == 32 * 31 / 2


def test_a_large_polygon_is_repaired_though_a_heap_lies_on_it() -> None:
    flats = [box(50, 0, 52, 2)] * 33
    ground = Polygon([(0, 0), (0, 40), (90, 40), (90, 0), (60, 0), (30, 0)])
    after, _, _ = fixed(lots([ground, *flats, box(88, 10, 95, 20)]), ("overlap",))
    assert after.area.iloc[0] == 90 * 40 - 2 * 10


def test_many_moves_between_two_are_tried_in_few_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def never(_: object, __: object, changed: np.ndarray, **___: object) -> tuple[str, np.ndarray]:
        tried.append(len(changed))
        return "it would cross itself", changed

    monkeypatch.setattr(snapping, "_objection", never)
    x = np.arange(301.0)
    one = Polygon([*zip(x, 0 * x, strict=True), (300, -9), (0, -9)])
    two = Polygon([*zip(x + 0.5, 0 * x + 0.2, strict=True), (300, 9), (0, 9)])
    layer = Layer(np.array([one, two]), np.array([0, 1]), np.full(2, np.nan))
    done = snapping.snap(layer, limits=LIMITS, apart=True, meeting=True)
    assert len(tried) <= 2 * (2**6 - 1)  # two rounds of one whole, two halves, and so on
    assert {row["message"][-21:] for row in done.refused} == {"it would cross itself"}
    assert sum(len(row["geometry"].geoms) for row in done.refused) >= 300


def test_only_gains_can_make_an_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, small, grown = box(0, 0, 9, 9), box(1, 1, 4, 4), box(1, 1, 5, 4)
    looked = []

    def areas(*shapes: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        looked.append(len(i))
        return shapely.area(shapely.intersection(shapes[0][i], shapes[1][j]))

    monkeypatch.setattr(judging, "pair_areas", areas)
    old = np.array([wide, grown])
    tree = shapely.STRtree(old)
    for new, pairs, worse in (([wide, small], 0, []), ([wide, box(1, 1, 6, 4)], 1, [1])):
        after = np.array(new)
        over = overlaps_more(old, after, np.array([1]), tree=tree, limits=LIMITS)
        assert (over.tolist(), looked[0]) == (worse, pairs)
        looked.clear()


@pytest.mark.parametrize(("name", "count"), [("shapely-829", 278), ("isochrone", 192)])
def test_heaps_of_overlay_cases(shared_data: Path, name: str, count: int) -> None:
    folder = shared_data / "messy" / "jts_robust"
    parcels = lots(cases(folder / f"TestOverlay-{name}.xml"))
    assert len(parcels) == count
    _, _, left = fixed(parcels)
    assert (left["message"] == HEAPED).sum() > 0.8 * count
