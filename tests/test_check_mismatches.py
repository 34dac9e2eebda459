from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from checklayers import findings, found, layer, moved
from gisland.present.details import DETAILS

LEFT = box(0, 0, 10, 10)


def right(*between: tuple[float, float]) -> Polygon:
    """The neighbor of LEFT, with more vertices on the way down its side."""
    return Polygon([(10, 0), (20, 0), (20, 10), (10, 10), *between])


def mismatched(shapes: dict[str, object], **parameters: object) -> list[tuple[object, ...]]:
    rows = found(moved(layer(shapes)), **parameters)
    return [r for r in rows if r[0] in {"unmatched_vertex", "hairline_vertices"}]


@pytest.mark.parametrize("x", [10.2, 9.8])
def test_vertex_beside_the_neighbors_side_is_told(x: float) -> None:
    table = findings(layer({"a": LEFT, "b": right((x, 5))}))
    row = table[table["code"] == "unmatched_vertex"].iloc[0]
    assert (row["severity"], row["parcel_id"], row["other_id"], row["unit"]) == (
        "warning",
        "a",
        "b",
        "m",
    )
    assert row["value"] == pytest.approx(0.2)
    assert row["message"] == (
        "vertices of one parcel beside the other's boundary: 1, up to 0.200 m off"
    )
    assert row["geometry"].equals(shapely.MultiPoint([(x, 5)]))


def test_a_pair_is_told_once_with_the_vertices_of_both_sides() -> None:
    left = Polygon([(0, 0), (10, 0), (9.9, 3), (10, 10), (0, 10)])
    table = findings(layer({"b": left, "a": right((10.15, 5))}))
    rows = table[table["code"] == "unmatched_vertex"]
    assert rows[["parcel_id", "other_id"]].to_numpy().tolist() == [["a", "b"]]
    assert (
        rows["message"].item().startswith("vertices of one parcel beside the other's boundary: 2")
    )
    assert rows.geometry.item().equals(shapely.MultiPoint([(9.9, 3), (10.15, 5)]))


def test_limits_of_mismatched_vertices() -> None:
    far = {"a": LEFT, "b": right((10.32, 5))}
    assert mismatched(far) == []
    assert len(mismatched(far, near_miss_m=0.4)) == 1
    assert [r[0] for r in mismatched({"a": LEFT, "b": right((10.04, 5))})] == ["hairline_vertices"]
    assert [r[0] for r in mismatched({"a": LEFT, "b": right((10.04, 5))}, tolerance_m=0.03)] == [
        "unmatched_vertex"
    ]


def test_vertices_on_the_side_of_a_neighbor_match() -> None:
    assert mismatched({"a": LEFT, "b": right((10, 7), (10, 5), (10, 2))}) == []
    halves = {"n": box(10, 5, 20, 10), "s": box(10, 0, 20, 5)}
    assert mismatched({"a": LEFT} | halves) == []
    turned = {k: shapely.affinity.rotate(s, 17, (0, 0)) for k, s in ({"a": LEFT} | halves).items()}
    assert mismatched(turned) == []


def test_hairline_vertices_are_told_together() -> None:
    shapes = {"a": LEFT, "b": right((10.01, 7), (10, 5), (9.97, 2)), "c": box(0, 10.02, 9, 20)}
    table = findings(layer(shapes))
    row = table[table["code"] == "hairline_vertices"].iloc[0]
    # two of b, two of c, and the upper left corner of a
    assert row["message"] == "5 vertices at most 0.05 m beside another parcel's boundary"
    assert (row["severity"], row["unit"]) == ("info", "m")
    assert row["value"] == pytest.approx(0.03)
    table = findings(layer({"a": LEFT, "b": right((9.97, 2))}))
    (told,) = table.loc[table["code"] == "hairline_vertices", "message"]
    assert told == "1 vertex at most 0.05 m beside another parcel's boundary"
    shown = re.search(DETAILS["hairline_vertices"], told)
    assert shown is not None
    assert shown.groupdict() == {"many": "1", "limit": "0.05"}
    assert "unmatched_vertex" not in set(table["code"])


def test_parcels_that_do_not_meet_are_near_misses_and_no_more() -> None:
    rows = found(layer({"a": LEFT, "b": box(10.2, 1, 20, 9)}))
    assert [r[0] for r in rows] == ["near_miss"]


def test_a_vertex_across_a_strip_of_somebody_is_no_mismatch() -> None:
    strip = box(10, 0, 10.2, 10)
    meets_below = Polygon([(10.2, 0), (10, 0), (10, -5), (20, -5), (20, 10), (10.2, 10)])
    assert mismatched({"a": LEFT, "strip": strip, "b": meets_below}) == []
    assert len(mismatched({"a": LEFT, "b": meets_below})) == 1


def test_a_wall_that_leaves_the_neighbor_is_no_mismatch() -> None:
    stub = Polygon([(10, 10), (10.15, 10.2), (10.15, 30), (-5, 30), (-5, 10)])
    square = Polygon([(10, 10), (10, 10.2), (14, 10.2), (14, 30), (-5, 30), (-5, 10)])
    steep = Polygon([(5, 10), (5.1, 10.15), (5.1, 30), (0, 30), (0, 10)])
    for shape in (stub, square, steep):
        assert mismatched({"a": LEFT, "b": shape}) == []


def test_a_corner_that_reaches_into_the_neighbor_is_a_mismatch() -> None:
    row = mismatched({"a": LEFT, "b": box(9.8, 2, 20, 2.3)})
    assert [r[:4] for r in row] == [("unmatched_vertex", "warning", "a", "b")]


def test_a_clean_grid_has_no_mismatches_however_it_is_turned() -> None:
    cells = {
        f"c{x}{y}": box(10 * x, 7 * y, 10 * x + 10, 7 * y + 7) for x in range(6) for y in range(6)
    }
    for angle in (0, 17, 45):
        turned = {k: shapely.affinity.rotate(s, angle, (0, 0)) for k, s in cells.items()}
        kept = dict(list(turned.items())[::2])
        assert mismatched(turned) == []
        assert mismatched(kept) == []


def test_each_moved_vertex_of_a_grid_is_found() -> None:
    rng = np.random.default_rng(3)
    cells = {
        f"c{x}{y}": Polygon(
            [
                (10 * x, 10 * y),
                (10 * x + 10, 10 * y),
                (10 * x + 10, 10 * y + 10),
                (10 * x, 10 * y + 10),
            ]
        )
        for x in range(8)
        for y in range(8)
    }
    names = rng.choice(list(cells), 9, replace=False)
    dented = dict(cells)
    for name in names:
        # a vertex halfway along the eastern side, 12 cm off
        x, y = int(name[1]) * 10, int(name[2]) * 10
        dented[name] = Polygon(
            [(x, y), (x + 10, y), (x + 10.12, y + 5), (x + 10, y + 10), (x, y + 10)]
        )
    rows = mismatched(dented)
    expected = sorted((n, f"c{int(n[1]) + 1}{n[2]}") for n in names if n[1] != "7")
    assert [r[2:4] for r in rows] == expected
    assert [r[4] for r in rows] == pytest.approx([0.12] * len(expected))
