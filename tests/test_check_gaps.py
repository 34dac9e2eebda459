from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from shapely import Polygon, affinity, box

from checklayers import findings, found, layer
from gisland.present.details import DETAILS

RING = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])


def test_holes_are_gaps_or_enclosed_space_by_size() -> None:
    four = {
        "s": box(0, 0, 30, 10),
        "n": box(0, 20, 30, 30),
        "w": box(0, 10, 10, 20),
        "e": box(20, 10, 30, 20),
    }
    table = findings(layer(four), gap_max_m2=100.0)
    assert table[["code", "severity", "value", "unit"]].to_numpy().tolist() == [
        ["gap", "warning", 100.0, "m2"]
    ]
    assert table["message"].tolist() == ["hole between parcels e, n, s, w"]
    assert table.geometry.iloc[0].equals(box(10, 10, 20, 20))
    assert found(layer(four)) == [("enclosed_space", "info", None, None, 100.0)]


def test_hole_of_one_parcel_that_nobody_fills_is_empty() -> None:
    table = findings(layer({"ring": RING}))
    row = table.iloc[0]
    assert table["code"].tolist() == ["empty_hole"]
    assert (row["severity"], row["parcel_id"], row["value"], row["unit"]) == (
        "warning",
        "ring",
        100.0,
        "m2",
    )
    assert row["geometry"].equals(box(10, 10, 20, 20))


@pytest.mark.parametrize("limit", [50.0, 1000.0])
def test_empty_hole_is_never_a_gap_to_be_mended(limit: float) -> None:
    small = box(0, 0, 30, 30) - box(10, 10, 12, 12)
    assert found(layer({"ring": RING}), gap_max_m2=limit) == [
        ("empty_hole", "warning", "ring", None, 100.0)
    ]
    assert found(layer({"ring": small}), gap_max_m2=limit) == [
        ("empty_hole", "warning", "ring", None, 4.0)
    ]


def test_hole_that_others_fill_is_allowed() -> None:
    halves = {"l": box(10, 10, 15, 20), "r": box(15, 10, 20, 20)}
    assert found(layer({"ring": RING, "island": box(10, 10, 20, 20)})) == []
    assert found(layer({"ring": RING} | halves)) == []


def test_what_a_filled_hole_leaves_is_a_gap() -> None:
    table = findings(layer({"ring": RING, "part": box(10, 10, 20, 18)}))
    assert table[["code", "value"]].to_numpy().tolist() == [["gap", 20.0]]
    assert table["message"].tolist() == ["hole between parcels part, ring"]
    assert table.geometry.iloc[0].equals(box(10, 18, 20, 20))
    loose = layer({"ring": RING, "island": box(12, 12, 18, 18)})
    assert found(loose) == [("enclosed_space", "info", None, None, 64.0)]


def test_empty_hole_of_a_stack_is_that_of_the_first() -> None:
    rows = found(layer({"b": RING, "a": shapely.reverse(RING)}))
    assert rows == [
        ("duplicate_geometry", "warning", "a", "b", 800.0),
        ("empty_hole", "warning", "a", None, 100.0),
    ]


def test_two_rings_of_one_size_around_a_hole_leave_a_gap() -> None:
    left = Polygon([(0, 0), (10, 0), (10, 4), (6, 4), (6, 6), (10, 6), (10, 10), (0, 10)])
    right = shapely.transform(left, lambda xy: np.array([20.0, 0.0]) + xy * [-1, 1])
    assert left.area == right.area
    assert found(layer({"a": left, "b": right})) == [("gap", "warning", None, None, 16.0)]


def test_hole_in_an_island_in_a_hole_counts_once() -> None:
    island = Polygon(box(12, 12, 18, 18).exterior, [box(13, 13, 17, 17).exterior])
    inmost = box(14, 14, 16, 16)
    assert found(layer({"ring": RING, "island": island, "inmost": inmost}), gap_max_m2=20.0) == [
        ("enclosed_space", "info", None, None, 64.0),
        ("gap", "warning", None, None, 12.0),
    ]


def test_hairline_gaps_are_told_together() -> None:
    thin = Polygon([(10, 2), (10.001, 5), (10, 8)])
    right = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 8), (10.001, 5), (10, 2)])
    table = findings(layer({"a": box(0, 0, 10, 10), "b": right}))
    table = table[table["code"] == "hairline_gaps"]
    assert table["severity"].tolist() == ["info"]
    assert table["value"].tolist() == pytest.approx([thin.area])
    (message,) = table["message"]
    assert message == "1 gap of at most 0.01 m² each"
    shown = re.search(DETAILS["hairline_gaps"], message)
    assert shown is not None
    assert shown.groupdict() == {"many": "1", "limit": "0.01"}


def test_gap_names_five_parcels_and_counts_the_rest() -> None:
    ring = {f"r{k}": box(10 * k, 0, 10 * k + 10, 10) for k in range(6)}
    ring |= {f"s{k}": box(10 * k, 11, 10 * k + 10, 21) for k in range(6)}
    ends = {"w": box(-5, 0, 0, 21), "z": box(60, 0, 65, 21)}
    table = findings(layer(ring | ends), gap_max_m2=60.0)
    assert table[["code", "value"]].to_numpy().tolist() == [["gap", 60.0]]
    assert table["message"].item() == "hole between parcels r0, r1, r2, r3, r4 and 9 more"


def test_each_gap_names_its_own_parcels() -> None:
    rooms = {
        f"{k}{side}": affinity.translate(wall, 100 * k, 0)
        for k in range(3)
        for side, wall in (
            ("s", box(0, 0, 30, 10)),
            ("n", box(0, 14, 30, 24)),
            ("w", box(0, 10, 10, 14)),
            ("e", box(10 + k, 10, 30, 14)),
        )
    }
    table = findings(layer(rooms), gap_max_m2=100.0)
    assert table[["value", "message"]].to_numpy().tolist() == [
        [4.0, "hole between parcels 1e, 1n, 1s, 1w"],
        [8.0, "hole between parcels 2e, 2n, 2s, 2w"],
    ]
    stacked = findings(
        layer([("a", box(0, 0, 9, 1)), *list(rooms.items())[4:8], ("1s", rooms["1s"])])
    )
    assert stacked.loc[stacked["code"] == "gap", "message"].item() == (
        "hole between parcels 1e, 1n, 1s, 1w"
    )


def test_islands_in_the_hole_of_a_group_apart_from_it() -> None:
    lone = {f"l{k}": box(100 * k, 100, 100 * k + 50, 150) for k in range(9)}
    islands = {"i": box(11, 11, 12, 12), "j": box(14, 14, 16, 16) - box(14.5, 14.5, 15, 15)}
    assert found(layer(lone | islands | {"ring": RING}), gap_max_m2=1000.0) == [
        ("empty_hole", "warning", "j", None, 0.25),
        ("gap", "warning", None, None, 95.0),
    ]
