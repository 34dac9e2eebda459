"""Repair of single faults on hand-made parcels, with what it must leave alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Polygon, affinity, box

from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.topology.repair import repair
from gisland.topology.sharing import loose_edges

ALL = REPAIRABLE
FAR = np.array([500_000.0, 3_400_000.0])


def lots(shapes: dict[str, object], **columns: list[float]) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="parcel_id")
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=index, crs=4547)


class Fixed:
    """A repair and what came of it."""

    def __init__(self, parcels: gpd.GeoDataFrame, *codes: str, **more: float) -> None:
        before = parcels.copy(deep=True)
        parameters = Parameters(repair=codes, **more)
        self.after, self.changes, self.left = repair(parcels, parameters=parameters)
        pd.testing.assert_frame_equal(parcels.to_wkb(), before.to_wkb())
        again = repair(self.after, parameters=parameters)
        pd.testing.assert_frame_equal(again[0].to_wkb(), self.after.to_wkb())
        assert set(again[1]["action"]) <= {"refused", "not_repairable"}
        rows = self.changes[self.changes["action"] != "not_repairable"]
        net = rows["in_m2"] - rows["out_m2"]
        assert np.allclose(net, rows["area_after_m2"] - rows["area_before_m2"], atol=1e-9)
        self.before = before

    def same(self) -> list[object]:
        """Ids whose geometry is the same to the bit."""
        old, new = self.before.to_wkb()["geometry"], self.after.to_wkb()["geometry"]
        return [i for i, a, b in zip(old.index, old, new, strict=True) if a == b]

    def log(self, *columns: str) -> list[list[object]]:
        return self.changes[["parcel_id", "action", *columns]].to_numpy().tolist()

    def valid(self) -> bool:
        return bool(shapely.coverage_is_valid(self.after.geometry.to_numpy()))


# --- overlaps ----------------------------------------------------------------------------------


def test_the_smaller_parcel_keeps_an_overlap() -> None:
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": box(9, 2, 13, 8)}), "overlap")
    assert done.after.area.to_dict() == {"a": 94.0, "b": 24.0}
    assert done.log("other_id", "area_before_m2", "area_after_m2", "in_m2", "out_m2") == [
        ["a", "overlap_ceded", "b", 100.0, 94.0, 0.0, 6.0],
        ["b", "overlap_kept", "a", 24.0, 24.0, 0.0, 0.0],
    ]
    ring = shapely.get_coordinates(done.after.geometry["a"]).tolist()
    corners = shapely.get_coordinates(box(0, 0, 10, 10))[:4].tolist()
    assert [p for p in ring[:-1] if p in corners] == corners
    assert ring[0] == corners[0]


def test_cut_parcels_share_their_new_vertices() -> None:
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": box(9, 2, 13, 8)}), "overlap")
    shared = set(done.after.geometry["a"].exterior.coords) & set(
        done.after.geometry["b"].exterior.coords
    )
    assert shared == {(9.0, 2.0), (9.0, 8.0), (10.0, 2.0), (10.0, 8.0)}
    assert done.valid()
    crossing = Polygon([(9, 2), (13, 3), (13, 7), (9, 8)])
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": crossing}), "overlap")
    assert (10.0, 2.25) in set(done.after.geometry["b"].exterior.coords)
    assert done.valid()


def test_of_two_recorded_parcels_the_shorter_keeps() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(9, 0, 13, 10)}
    short_a = lots(shapes, recorded_area_m2=[100.0, 30.0])
    assert Fixed(short_a, "overlap").after.area.to_dict() == {"a": 100.0, "b": 30.0}
    short_b = lots(shapes, recorded_area_m2=[90.0, 40.0])
    assert Fixed(short_b, "overlap").after.area.to_dict() == {"a": 90.0, "b": 40.0}
    unknown = lots(shapes, recorded_area_m2=[100.0, np.nan])
    assert Fixed(unknown, "overlap").after.area.to_dict() == {"a": 90.0, "b": 40.0}


def test_of_equal_parcels_the_first_id_keeps() -> None:
    shapes = {"b": box(0, 0, 10, 10), "a": box(9, 0, 19, 10)}
    assert Fixed(lots(shapes), "overlap").after.area.to_dict() == {"b": 90.0, "a": 100.0}


def test_a_contained_parcel_makes_a_hole() -> None:
    inner = box(4, 4, 6, 6)
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": inner}), "overlap")
    assert done.same() == ["b"]
    assert done.after.geometry["a"].equals(box(0, 0, 10, 10) - inner)
    assert done.valid()


def test_what_would_break_a_parcel_is_refused_with_its_size() -> None:
    bars = lots({"a": box(0, 4, 20, 6), "b": box(9, 0, 11, 10)})
    done = Fixed(bars, "overlap")
    assert done.same() == ["a", "b"]
    assert done.log("other_id", "message") == [
        ["a", "refused", "b", "overlap of 4.00 m² not cut: it would fall into parts"]
    ]
    row = done.left.iloc[0]
    assert row[["code", "severity", "layer"]].tolist() == ["not_repaired", "warning", "parcels"]
    assert row[["parcel_id", "other_id", "value", "unit"]].tolist() == ["a", "b", 4.0, "m2"]
    assert row["geometry"].equals(box(9, 4, 11, 6))


def test_the_other_one_is_cut_where_the_rule_would_break_one() -> None:
    done = Fixed(lots({"a": box(0, 0, 4, 5.5), "b": box(1, 0, 2, 12)}), "overlap")
    assert done.after.area.to_dict() == {"a": 22.0, "b": 6.5}
    assert done.valid()


def test_too_large_an_overlap_is_refused() -> None:
    parcels = lots({"a": box(0, 0, 10, 10), "b": box(4, 0, 20, 10)})
    done = Fixed(parcels, "overlap")
    assert done.same() == ["a", "b"]
    assert done.left["value"].tolist() == [60.0]
    assert done.left["message"].item() == (
        "overlap of 60.00 m² not cut: more than 50 m² would move"
    )
    assert Fixed(parcels, "overlap", repair_max_m2=60.0).left.empty


def test_copies_are_refused_and_stay() -> None:
    square = box(0, 0, 5, 5)
    again = Polygon(shapely.get_coordinates(square)[[1, 2, 3, 0]])
    done = Fixed(lots({"a": square, "b": again, "c": box(5, 0, 9, 5)}), *ALL)
    assert done.same() == ["a", "b", "c"]
    assert done.log() == [["a", "refused"]]
    nearly = {"a": square, "b": box(0, 0, 5, 4.9)}
    done = Fixed(lots(nearly), "overlap")
    assert done.same() == ["a", "b"]
    assert "more than half of it would go" in done.left["message"].item()


def test_three_that_overlap_are_settled_one_after_the_other() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(9, 0, 18, 10), "c": box(8, 9, 12, 13)}
    done = Fixed(lots(shapes), "overlap")
    assert done.after.area.sum() == shapely.union_all(list(shapes.values())).area
    assert done.valid()


# --- gaps --------------------------------------------------------------------------------------


def notched() -> dict[str, object]:
    """A gap of 2 m² between a and b, with 4 + 1 + 1 m of border along a and 2 along b."""
    a = Polygon([(0, 0), (10, 0), (10, 4), (9, 4), (9, 6), (10, 6), (10, 10), (0, 10)])
    return {"b": box(10, 0, 20, 10), "a": a}


def test_a_gap_goes_to_the_longest_border() -> None:
    done = Fixed(lots(notched()), "gap")
    assert done.after.area.to_dict() == {"b": 100.0, "a": 100.0}
    assert done.log("in_m2", "out_m2") == [
        ["a", "gap_filled", 2.0, 0.0],
        ["b", "vertices_inserted", 0.0, 0.0],
    ]
    assert pd.isna(done.changes["other_id"]).all()
    assert done.valid()


def test_of_equal_borders_the_first_id_gets_the_gap() -> None:
    lens = [
        Polygon([(0, 0), (5, 0), (4, 3), (5, 6), (0, 6)]),
        Polygon([(10, 0), (5, 0), (6, 3), (5, 6), (10, 6)]),
    ]
    for ids in (("a", "b"), ("b", "a")):
        done = Fixed(lots(dict(zip(ids, lens, strict=True))), "gap")
        assert done.after.area.to_dict()["a"] == 33.0
        assert done.after.area.to_dict()["b"] == 27.0


def test_a_hole_of_one_parcel_is_never_filled() -> None:
    ring = box(0, 0, 10, 10) - box(4, 4, 6, 6)
    done = Fixed(lots({"a": ring, "b": box(10, 0, 20, 10)}), *ALL)
    assert done.same() == ["a", "b"]
    filled = {"a": ring, "b": box(4, 4, 6, 6)}
    assert Fixed(lots(filled), *ALL).same() == ["a", "b"]
    in_part = {"a": ring, "b": box(4, 4, 6, 5)}
    assert Fixed(lots(in_part), "gap").after.area.to_dict() == {"a": 98.0, "b": 2.0}


def test_wide_gaps_stay() -> None:
    done = Fixed(lots(notched()), "gap", gap_max_m2=1.0)
    assert done.same() == ["b", "a"]
    assert done.changes.empty
    done = Fixed(lots(notched()), "gap", repair_max_m2=1.0)
    assert done.same() == ["b", "a"]
    assert done.left["message"].tolist() == ["gap of 2.00 m² not filled: more than 1 m² would move"]
    assert done.left["value"].tolist() == [2.0]


def test_a_gap_does_not_tell_copies_apart() -> None:
    shapes = {"a": notched()["a"], "copy": notched()["a"], "b": box(10, 0, 20, 10)}
    done = Fixed(lots(shapes), "gap")
    assert done.after.area.to_dict() == {"a": 98.0, "copy": 98.0, "b": 102.0}


def test_all_around_a_gap_get_its_vertices() -> None:
    shapes = {"low": box(0, 0, 10, 4), "left": box(0, 4, 4, 10), "right": box(6, 4, 10, 10)}
    done = Fixed(lots(shapes | {"top": box(0, 10, 10, 14)}), "gap")
    assert done.after.area.sum() == 140.0
    assert done.after.area["left"] == 36.0
    assert set(done.after.geometry["low"].exterior.coords) >= {(4.0, 4.0), (6.0, 4.0)}
    assert done.valid()


def test_an_inlet_of_the_outline_is_no_gap() -> None:
    outline = Polygon([(0, 0), (10, 0), (10, 4), (9, 4.1), (10, 4.2), (10, 10), (0, 10)])
    assert Fixed(lots({"a": outline, "b": box(0, 10, 10, 20)}), *ALL).same() == ["a", "b"]


# --- vertices ----------------------------------------------------------------------------------


def test_parcels_that_miss_each_other_are_brought_together() -> None:
    parcels = lots({"a": box(0, 0, 10, 10), "b": box(10.2, 2, 20, 8)})
    done = Fixed(parcels, "near_miss")
    assert done.same() == []
    assert done.after.geometry["b"].equals(box(10, 2, 20, 8))
    assert set(done.after.geometry["a"].exterior.coords) >= {(10.0, 2.0), (10.0, 8.0)}
    assert done.after.geometry["a"].equals(box(0, 0, 10, 10))
    assert done.log("other_id", "in_m2", "message") == [
        ["a", "vertices_inserted", "b", 0.0, "vertices: 2 inserted"],
        ["b", "vertices_moved", "a", pytest.approx(1.2), "vertices: 2 moved by at most 0.200 m"],
    ]
    assert Fixed(parcels, "unmatched_vertex", "overlap", "gap").same() == ["a", "b"]
    assert Fixed(parcels, "near_miss", near_miss_m=0.1).same() == ["a", "b"]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_vertices_that_of_the_later_id_moves(names: tuple[str, str]) -> None:
    left, right = box(0, 0, 10, 10), box(10.2, 0, 20, 10)
    done = Fixed(lots(dict(zip(names, (left, right), strict=True))), *ALL)
    expected = box(10, 0, 20, 10) if names == ("a", "b") else box(0, 0, 10.2, 10)
    assert done.same() == ["a"]
    assert done.after.geometry["b"].equals(expected)


def test_a_vertex_beside_the_boundary_goes_onto_it() -> None:
    bent = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10.2, 5)])
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": bent}), "unmatched_vertex")
    assert done.after.area.to_dict() == {"a": 100.0, "b": 100.0}
    assert (10.0, 5.0) in done.after.geometry["a"].exterior.coords
    assert done.valid()
    into = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (9.8, 5)])
    done = Fixed(lots({"a": box(0, 0, 10, 10), "b": into}), "unmatched_vertex")
    assert done.after.area.to_dict() == {"a": 100.0, "b": 100.0}


def test_all_that_have_a_vertex_move_with_it() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(10.2, 0, 20, 5), "c": box(10.2, 5, 20, 10)}
    done = Fixed(lots(shapes), *ALL)
    assert done.after.area.to_dict() == {"a": 100.0, "b": 50.0, "c": 50.0}
    assert done.valid()


def test_a_move_across_a_third_parcel_is_refused() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(10.25, 0, 20, 10), "c": box(10.05, 4, 10.3, 6)}
    done = Fixed(lots(shapes), "near_miss")
    assert done.after.area.round(6).to_dict() == {"a": 100.0, "b": 97.5, "c": 0.6}
    assert done.left["message"].tolist() == [
        "2 vertices not moved: it would overlap another parcel"
    ]
    assert done.left[["parcel_id", "other_id"]].to_numpy().tolist() == [["b", "a"]]
    assert done.left["value"].tolist() == [0.25]


def cells(side: int) -> dict[str, object]:
    return {
        f"p{row}{column}": box(3 * column, 3 * row, 3 * column + 3, 3 * row + 3)
        for row in range(side)
        for column in range(side)
    }


def test_what_lies_far_from_a_fault_counts_as_ground() -> None:
    sound = cells(7)
    assert Fixed(lots(sound), *ALL).same() == list(sound)


def test_a_parcel_that_only_has_the_vertex_moves_too() -> None:
    sound = cells(9)
    corner = Polygon([(12, 12), (15, 12), (15.1, 15.2), (12, 15)])
    shapes = {"a": corner} | {k: v for k, v in sound.items() if k != "p44"}
    done = Fixed(lots(shapes), "near_miss", "unmatched_vertex")
    assert done.same() == [k for k in shapes if k not in {"p45", "p54", "p55"}]
    assert (15.1, 15.2) in done.after.geometry["p55"].exterior.coords
    assert done.valid()


def test_a_strip_between_two_parcels_is_left_alone() -> None:
    shapes = {"a": box(0, 0, 10, 10), "s": box(10, 0, 10.2, 10), "b": box(10.2, 0, 20, 10)}
    assert Fixed(lots(shapes), *ALL).same() == ["a", "s", "b"]
    longer = {"s": box(10, -5, 10.2, 15), "b": box(10.2, 2, 20, 8)}
    done = Fixed(lots(shapes | longer), *ALL)
    assert done.log() == [["s", "vertices_inserted"]]
    assert done.left.empty
    neck = shapely.union_all([box(0, 0, 10, 10), box(10, 5, 30, 5.1), box(30, 0, 40, 10)])
    around = [box(10, 0, 30, 5), box(10, 5.1, 30, 10)]
    done = Fixed(lots({"n": neck, "u": around[0], "v": around[1]}), *ALL)
    assert done.after.geom_type.tolist() == ["Polygon"] * 3
    assert done.after.area["n"] == pytest.approx(202.0)


def test_a_corner_that_leaves_a_neighbor_is_no_miss() -> None:
    cut_corner = Polygon([(10, 0), (20, 0), (20, 10), (10.2, 10), (10, 9.8)])
    assert Fixed(lots({"a": box(0, 0, 10, 12), "b": cut_corner}), "near_miss").same() == ["a", "b"]
    done = Fixed(lots({"a": box(0, 0, 10, 12), "b": cut_corner}), "unmatched_vertex")
    assert (10.2, 10.0) in done.after.geometry["b"].exterior.coords
    assert done.after.area.to_dict() == {"a": 120.0, "b": cut_corner.area}


def test_a_chain_does_not_drift() -> None:
    tips = {
        "a": Polygon([(0, 0), (-10, 5), (-10, -5)]),
        "b": Polygon([(0.2, 0), (10, 5), (10, 10)]),
        "c": Polygon([(0.35, 0), (10, -10), (10, -5)]),
    }
    done = Fixed(lots(tips), "near_miss", "unmatched_vertex")
    assert done.same() == ["a", "b", "c"]  # c onto b onto a would take c too far
    assert done.left["message"].str.endswith("its repair would not come to rest").all()
    assert done.left["parcel_id"].tolist() == ["b", "c"]
    nearer = lots(tips | {"c": affinity.translate(tips["c"], -0.1)})
    done = Fixed(nearer, "near_miss", "unmatched_vertex")
    assert [shape.exterior.coords[0] for shape in done.after.geometry] == [(0.0, 0.0)] * 3


def test_bricks_turned_and_rounded_become_a_coverage() -> None:
    row, column = (a.ravel() for a in np.mgrid[0:8, 0:8])
    x = column * 20.0 + row % 2 * 10
    bricks = shapely.box(x, row * 10.0, x + 20, row * 10.0 + 10)
    turned = [affinity.rotate(b, 17, origin=(0, 0)) for b in bricks]
    rounded = shapely.transform(turned, lambda p: np.round(p, 3) + FAR)
    parcels = lots({f"p{k:02d}": s for k, s in enumerate(rounded)})
    assert not shapely.coverage_is_valid(rounded)
    done = Fixed(parcels, *ALL)
    assert done.valid()
    assert done.left.empty
    assert (done.after.area - parcels.area).abs().max() < 0.02
    outline = shapely.union_all(bricks).length
    assert loose_edges(done.after.geometry.to_numpy()).length.sum() == pytest.approx(
        outline, abs=0.1
    )


# --- spikes ------------------------------------------------------------------------------------


def test_a_spike_goes_and_nothing_else() -> None:
    spiked = Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    done = Fixed(lots({"a": spiked, "b": box(20, 0, 30, 9)}), "spike")
    left = [(0, 0), (9, 0), (9, 5), (9, 5.02), (9, 9), (0, 9), (0, 0)]
    assert list(done.after.geometry["a"].exterior.coords) == left
    assert done.same() == ["b"]
    assert done.log("message") == [["a", "spike_removed", "spike of 6.00 m"]]
    assert done.changes["out_m2"].item() == pytest.approx(0.06)
    assert done.changes["in_m2"].item() == 0.0


def test_a_spike_that_a_neighbor_fits_goes_in_both() -> None:
    left = Polygon([(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)])
    right = Polygon([(20, 0), (20, 9), (9, 9), (9, 5.02), (15, 5.01), (9, 5), (9, 0)])
    done = Fixed(lots({"a": left, "b": right}), "spike")
    assert done.after.area.round(6).to_dict() == {"a": 81.0, "b": 99.0}
    assert done.valid()
    lower, upper = (
        Polygon([(9, 0), (20, 0), (20, 5.01), (15, 5.01), (9, 5)]),
        Polygon([(9, 5.02), (15, 5.01), (20, 5.01), (20, 9), (9, 9)]),
    )
    done = Fixed(lots({"a": left, "b": lower, "c": upper}), "spike")
    assert done.same() == ["a", "b", "c"]
    assert done.left["message"].tolist() == [
        "spike of 6.00 m not removed: a neighbor has the same vertices"
    ]


# --- rows --------------------------------------------------------------------------------------


def test_rows_stay_in_their_place() -> None:
    bow = Polygon([(5, 5), (9, 9), (9, 5), (5, 9)])
    shapes = {"e": Polygon(), "b": box(9, 0, 13, 10), "n": None, "w": bow, "a": box(0, 0, 10, 10)}
    done = Fixed(lots(shapes, note=[1.0, 2.0, 3.0, 4.0, 5.0]), "overlap", "gap", "near_miss")
    assert done.after.index.tolist() == ["e", "b", "n", "w", "a"]
    assert done.after["note"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert done.same() == ["e", "b", "n", "w"]
    assert done.after.geometry["a"].equals(box(0, 0, 9, 10))


def test_rows_that_share_an_id_are_left_and_told() -> None:
    parcels = lots({"x": box(0, 0, 10, 10), "y": box(9, 0, 13, 10), "z": box(20, 0, 30, 10)})
    parcels.index = pd.Index(["x", "x", None], name="parcel_id")
    done = Fixed(parcels, "overlap", "gap")
    assert done.after.area.tolist() == [100.0, 40.0, 100.0]
    assert done.left["message"].tolist() == ["its id is not unique"] * 2
    assert done.left["parcel_id"].tolist() == ["x", "x"]


def test_only_what_is_named_is_repaired() -> None:
    shapes = notched() | {"c": box(19, 0, 30, 10)}
    gap, overlap = Fixed(lots(shapes), "gap"), Fixed(lots(shapes), "overlap")
    assert gap.after.area.to_dict() == {"b": 100.0, "a": 100.0, "c": 110.0}
    assert overlap.after.area.to_dict() == {"b": 100.0, "a": 98.0, "c": 100.0}
    assert overlap.same() == ["b", "a"]


def test_a_narrow_neighbor_is_not_swallowed() -> None:
    wide = Polygon([(0, 0), (3, 0), (3, 1.5), (0, 1.5)])
    thin = Polygon([(0, 1.5 - 1e-9), (3, 1.5), (3, 2), (0, 2)])
    done = Fixed(lots({"a": wide, "b": thin}), *ALL)
    assert done.after.area.round(6).to_dict() == {"a": 4.5, "b": 1.5}
    assert done.valid()


def test_two_parts_may_stay_two_parts() -> None:
    two = shapely.MultiPolygon([box(0, 0, 10, 10), box(40, 0, 50, 10)])
    done = Fixed(lots({"a": two, "b": box(9, 0, 13, 10)}), "overlap")
    assert done.after.geom_type.to_dict() == {"a": "MultiPolygon", "b": "Polygon"}
    assert [p.bounds for p in done.after.geometry["a"].geoms] == [(0, 0, 9, 10), (40, 0, 50, 10)]
