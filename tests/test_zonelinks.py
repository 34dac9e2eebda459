"""Links of zones: borders, and faces across corridors, with streets drawn or left out."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, affinity, box

from districts import CRS, frame
from gisland.base.errors import ProjectError, TableError
from gisland.detect.zonelinks import COLUMNS, zone_links
from gisland.topology.across import across
from gisland.topology.boundary import trace

A, B = box(0, 0, 100, 100), box(130, 20, 230, 140)  # 30 m apart, facing along 80 m


def layer(shapes: dict[str, Polygon | None], **columns: object) -> gpd.GeoDataFrame:
    lots = frame(shapes, **columns)
    return lots.assign(area_m2=lots.area.where(lots.area > 0))


def links(lots: gpd.GeoDataFrame, chosen: str = "ab", corridor_m: float = 40.0) -> pd.DataFrame:
    flags = pd.Series(lots.index.isin(list(chosen)), index=lots.index)
    return zone_links(trace(lots), lots, chosen=flags, corridor_m=corridor_m)


def pairs(lots: gpd.GeoDataFrame, chosen: str = "ab", corridor_m: float = 40.0) -> list[str]:
    found = links(lots, chosen, corridor_m)
    assert found.swaplevel().sort_index().index.tolist() == found.index.tolist()
    return [f"{i}{j}" for i, j in found.index if i < j]


def test_a_border_and_a_face_with_their_numbers() -> None:
    lots = layer({"a": A, "b": B, "c": box(-50, 0, 0, 60)})
    found = links(lots, "abc")
    assert found.columns.tolist() == list(COLUMNS)
    assert found.index.names == ["focal", "neighbor"]
    assert found.index.tolist() == [("a", "b"), ("a", "c"), ("b", "a"), ("c", "a")]
    assert found.loc[("a", "b")].tolist()[1:] == pytest.approx([80.0, 30.0, 30.0])
    assert found.loc[("c", "a"), "border_m"] == pytest.approx(60.0)
    assert found["border_m"].isna().tolist() == [True, False, True, False]
    assert found["facing_m"].isna().tolist() == [False, True, False, True]


def test_beside_a_street_that_is_drawn_other_land_hides_too() -> None:
    shapes = {"a": A, "b": box(130, 0, 230, 100), "x": box(115, 0, 130, 100)}
    lots = layer(shapes | {"s": box(100, 0, 115, 100)}, use_class=[None, None, None, "transport"])
    assert pairs(lots) == []
    assert pairs(lots, "abx") == ["ax", "bx"]


@pytest.mark.parametrize("use", ["transport", "water"])
def test_a_street_drawn_as_a_parcel_is_the_gap_that_it_fills(use: str) -> None:
    street = box(100, -50, 130, 200)
    open_gap = links(layer({"a": A, "b": B}))
    drawn = layer({"a": A, "b": B, "s": street}, use_class=["industrial", None, use])
    pd.testing.assert_frame_equal(links(drawn), open_gap, check_exact=False)
    assert pairs(layer({"a": A, "b": B, "s": street})) == []  # land of unknown use hides


def test_a_street_among_the_chosen_has_borders_only() -> None:
    shapes = {"a": A, "b": B, "s": box(100, -50, 130, 200), "t": box(270, -50, 280, 200)}
    lots = layer(shapes, use_class=["industrial", "industrial", "transport", "transport"])
    assert pairs(lots, "abst") == ["ab", "as", "bs"]


def test_corners_and_parcels_diagonal_at_a_crossing_are_not_linked() -> None:
    assert pairs(layer({"a": A, "b": box(100, 100, 200, 200)})) == []
    assert pairs(layer({"a": A, "b": box(110, 110, 200, 200)})) == []
    assert pairs(layer({"a": A, "b": box(100, 99, 200, 200)})) == ["ab"]


def test_other_land_hides_what_is_behind_it_chosen_or_not() -> None:
    shapes = {"a": A, "b": box(130, 0, 230, 100), "x": box(110, 0, 120, 100)}
    assert pairs(layer(shapes)) == []
    assert pairs(layer(shapes), "abx") == ["ax", "bx"]
    shapes["x"] = box(110, 0, 120, 90)  # ten metres are left to look through
    found = links(layer(shapes))
    assert found.loc[("a", "b"), "facing_m"] == pytest.approx(10.0)


def test_the_corridor_is_met_exactly_and_may_be_nothing() -> None:
    lots = layer({"a": A, "b": B, "c": box(-50, 0, 0, 60)})
    assert pairs(lots, "abc", 30.0) == ["ab", "ac"]
    assert pairs(lots, "abc", 29.9) == ["ac"]
    assert pairs(lots, "abc", 0.0) == ["ac"]


def test_only_chosen_parcels_are_linked() -> None:
    lots = layer({"a": A, "b": B, "c": box(-50, 0, 0, 60)})
    assert pairs(lots, "ac") == ["ac"]
    assert pairs(lots, "a") == []
    assert pairs(lots, "") == []
    unknown = pd.Series([True, None], index=["a", "b"], dtype="boolean")  # says nothing of c
    assert zone_links(trace(lots), lots, chosen=unknown, corridor_m=40.0).empty


def test_parcels_without_geometry_have_no_links() -> None:
    assert pairs(layer({"a": A, "b": B, "c": None}), "abc") == ["ab"]


def town() -> gpd.GeoDataFrame:
    """Rows of lots, some joined, between streets of many widths; some lots are far away."""
    shapes = {
        f"p{x}{y}": box(
            x * 60.3 + 1000 * (x > 5), y * 51.7, x * 60.3 + 1000 * (x > 5) + w, y * 51.7 + 41
        )
        for x in range(8)
        for y in range(6)
        for w in [60.3 if (x + y) % 3 else 44.1]
    }
    return layer(shapes)


def chosen_in(lots: gpd.GeoDataFrame) -> pd.Series:
    flags = [int(i[1]) * int(i[2]) % 3 != 1 for i in lots.index]
    return pd.Series(flags, index=lots.index)


def test_what_is_near_is_enough_to_look_at() -> None:
    lots = town()
    boundary, chosen = trace(lots), chosen_in(lots)
    for width in (11.0, 17.0, 25.0):
        everywhere = across(boundary, corridor_m=width)
        both = [chosen[i] and chosen[j] for i, j in everywhere.index]
        found = zone_links(boundary, lots, chosen=chosen, corridor_m=width)
        facing = found[found["facing_m"].notna()]
        pd.testing.assert_frame_equal(facing[everywhere.columns], everywhere[both])
    assert len(facing) > 20


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    lots = town()
    before, expected = (
        lots.copy(deep=True),
        zone_links(trace(lots), lots, chosen=chosen_in(lots), corridor_m=25.0),
    )
    for seed in range(3):
        mixed = lots.sample(frac=1, random_state=seed)
        flags = chosen_in(mixed.sample(frac=1, random_state=seed + 9))
        found = zone_links(trace(mixed), mixed, chosen=flags, corridor_m=25.0)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(lots, before)


@pytest.mark.parametrize("degrees", [17.0, 90.0, 203.4])
def test_turned_layers_have_the_same_links(degrees: float) -> None:
    lots = town()
    turned = lots.set_geometry(
        lots.geometry.map(lambda g: affinity.rotate(g, degrees, origin=(0, 0))), crs=CRS
    )
    one = zone_links(trace(lots), lots, chosen=chosen_in(lots), corridor_m=25.0)
    two = zone_links(trace(turned), turned, chosen=chosen_in(lots), corridor_m=25.0)
    pd.testing.assert_frame_equal(one.round(6), two.round(6))


def test_a_parcel_in_parts_is_linked_to_what_the_whole_was() -> None:
    whole = layer({"a": A, "b": B})
    parts = layer({"a": box(0, 0, 100, 50), "c": box(0, 50, 100, 100), "b": B})
    assert pairs(parts, "abc") == ["ab", "ac", "bc"]
    found = links(parts, "abc")["facing_m"]
    assert found[("a", "b")] + found[("c", "b")] == pytest.approx(
        links(whole).loc[("a", "b"), "facing_m"]
    )


def test_a_row_of_links_is_sorted_text() -> None:
    index = zone_links(trace(town()), town(), chosen=chosen_in(town()), corridor_m=25.0).index
    assert all(one < two for one, two in pairwise(index.tolist()))


def test_what_cannot_be_used_is_told() -> None:
    lots = layer({"a": A, "b": B})
    flags = pd.Series([True, True], index=lots.index)
    with pytest.raises(TableError, match=r"give trace\(parcels\)"):
        zone_links(trace(lots).borders, lots, chosen=flags, corridor_m=40.0)  # type: ignore[arg-type]
    for width in (-1.0, float("nan")):
        with pytest.raises(ProjectError, match="corridor_m"):
            zone_links(trace(lots), lots, chosen=flags, corridor_m=width)
