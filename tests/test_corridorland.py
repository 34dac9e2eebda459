"""Land of corridors: strips to the middle, and pieces at corners, on figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity, box

from districts import lots
from gisland.base.errors import ProjectError, TableError
from gisland.topology.boundary import trace
from gisland.topology.corridorland import corner_pieces, corners_of, corridor_strips, strips_of

CROSSING = {
    "sw": box(0, 0, 100, 100),
    "se": box(112, 0, 212, 100),
    "nw": box(0, 112, 100, 212),
    "ne": box(112, 112, 212, 212),
}


def pieces_of(shapes: dict[str, shapely.Polygon], *, corridor_m: float = 40.0) -> shapely.Geometry:
    strips = strips_of(trace(lots(shapes)), corridor_m=corridor_m)
    return shapely.union_all(corner_pieces(strips, *corners_of(strips, tolerance_m=0.05)))


def test_strips_of_a_straight_street_meet_in_its_middle() -> None:
    strips = corridor_strips(trace(lots(CROSSING)), corridor_m=40.0).set_index(
        ["focal", "neighbor"]
    )
    assert len(strips) == 8
    assert strips.loc[("sw", "se"), "geometry"].equals(box(100, 0, 106, 100))
    assert strips.loc[("se", "sw"), "geometry"].equals(box(106, 0, 112, 100))


def test_strips_of_sides_that_part_follow_them_exactly() -> None:
    above = shapely.Polygon([(0, 10), (100, 20), (100, 60), (0, 60)])
    shapes = {"low": box(0, 0, 100, -50), "high": above}
    strips = corridor_strips(trace(lots(shapes)), corridor_m=40.0).set_index("focal").geometry
    wanted = shapely.Polygon([(0, 0), (100, 0), (100, 10), (0, 5)])
    assert shapely.symmetric_difference(strips["low"], wanted).area < 1e-9
    assert strips["low"].area == pytest.approx(750)


def test_the_nearest_boundary_counts_and_what_is_too_far_does_not() -> None:
    shapes = {"a": box(0, 0, 100, 50), "b": box(0, 60, 40, 90), "c": box(0, 95, 100, 120)}
    strips = corridor_strips(trace(lots(shapes)), corridor_m=40.0)
    found = strips[strips["focal"] == "a"].set_index("neighbor").area
    assert found.to_dict() == {"b": 40 * 5.0}
    strips = corridor_strips(trace(lots(shapes)), corridor_m=45.0)
    found = strips[strips["focal"] == "a"].set_index("neighbor").area
    assert found.to_dict() == {"b": 40 * 5.0, "c": pytest.approx(60 * 22.5)}


def test_faces_as_short_as_a_corner_make_no_strip() -> None:
    """They come and go with the rounding, and would close holes."""
    for over, many in ((0.001, 0), (0.07, 0), (0.08, 2)):
        shapes = {"a": box(0, 0, 100, 100), "b": box(100 - over, 110, 200, 200)}
        assert len(corridor_strips(trace(lots(shapes)), corridor_m=40.0)) == many


def test_corners_fill_a_crossing() -> None:
    assert pieces_of(CROSSING).equals(box(100, 100, 112, 112))


def test_corners_of_a_slanted_crossing_meet_in_its_middle() -> None:
    shear = [1, 0.4, 0, 1, 0, 0]
    slanted = {k: affinity.affine_transform(s, shear) for k, s in CROSSING.items()}
    one, other = shapely.get_parts(pieces_of(slanted))
    # from the sharp corners one sees both streets; the middles meet at the middle of the crossing
    aside = 6 / 1.16  # a street 12 m wide along x, which leans by 0.4
    corner = [(140, 100), (140 + aside, 100 - 0.4 * aside), (148.4, 106), (140, 106)]
    assert one.symmetric_difference(shapely.Polygon(corner)).area < 1e-9
    assert other.symmetric_difference(affinity.rotate(one, 180, origin=(148.4, 106))).area < 1e-9


def test_corners_of_a_bent_street() -> None:
    """One row of lots around a bend of 90 degrees, the other side inside the bend."""
    inner = {"x": box(0, 0, 50, 50)}
    outer = shapely.box(0, 0, 70, 70) - shapely.box(0, 0, 60, 60)
    found = pieces_of(inner | {"y": outer})
    assert found.equals(box(50, 50, 55, 55))


def test_a_corner_that_nobody_faces_has_no_piece() -> None:
    assert pieces_of({"a": box(0, 0, 50, 50), "b": box(60, 0, 90, 50)}).is_empty


def test_land_that_bends_back_faces_itself() -> None:
    comb = box(0, 0, 30, 20) - box(12, 5, 18, 20)
    strips = corridor_strips(trace(lots({"a": comb})), corridor_m=40.0)
    assert strips["neighbor"].tolist() == ["a", "a"]
    assert shapely.union_all(strips.geometry.to_numpy()).equals(box(12, 5, 18, 20))


def test_strips_turn_with_the_land() -> None:
    turned = {k: affinity.rotate(s, 31, origin=(0, 0)) for k, s in CROSSING.items()}
    area = corridor_strips(trace(lots(turned)), corridor_m=40.0).area
    assert np.allclose(area, 600.0, atol=1e-6)
    assert pieces_of(turned).area == pytest.approx(144, abs=1e-6)


def test_what_is_no_boundary_or_no_width_is_refused() -> None:
    with pytest.raises(TableError, match="trace"):
        corridor_strips(lots(CROSSING), corridor_m=40.0)  # type: ignore[arg-type]
    with pytest.raises(ProjectError, match="corridor_m"):
        corridor_strips(trace(lots(CROSSING)), corridor_m=0.0)
