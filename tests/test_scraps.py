from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from districts import shaped
from gisland.base.parameters import Parameters
from gisland.base.rules import load_rules
from gisland.detect.scraps import PAIR_COLUMNS, scrap_pairs, site_geometry
from gisland.topology.borders import borders

if TYPE_CHECKING:
    from gisland.base.rule import Rule

CAP = load_rules("guangdong-2009")["scrap.area_cap"]  # below 2000 m²
NO_CAP = load_rules("tianjin-2024")["scrap.area_cap"]
SITE = box(0, 0, 100, 100)


def find(
    shapes: dict[str, object],
    *,
    sites: dict[str, str] | None = None,
    fragments: str = "c",
    cap: Rule = NO_CAP,
    parameters: Parameters | None = None,
    **columns: object,
) -> gpd.GeoDataFrame:
    """Pairs; ids that start with s are sites of their own, `fragments` lists the fragments."""
    lots = shaped(shapes, **columns)
    lots["fragment"] = lots.index.isin(list(fragments))
    own = {i: i.upper() for i in lots.index if i.startswith("s")}
    members = pd.Series(own if sites is None else sites, dtype="str")
    return pairs_of(
        lots, borders(lots), members, area_cap=cap, parameters=parameters or Parameters()
    )


def pairs_of(
    lots: gpd.GeoDataFrame, table: pd.DataFrame, members: pd.Series, **options: object
) -> gpd.GeoDataFrame:
    return scrap_pairs(lots, table, members, sites=site_geometry(lots, members), **options)


def kinds(shapes: dict[str, object], **more: object) -> dict[str, str]:
    found = find(shapes, **more).drop_duplicates(["parcel_id", "scrap_kind"])
    return dict(zip(found["parcel_id"], found["scrap_kind"], strict=True))


def numbers(found: gpd.GeoDataFrame) -> list[list[object]]:
    columns = ["parcel_id", "site_id", "border_m", "site_share", "sites_share", "free_share"]
    return found[columns].round(6).to_numpy().tolist()


def test_a_site_that_is_met_at_a_corner_only_says_nothing_of_the_kind() -> None:
    claw = box(110, 30, 220, 140) - box(120, 40, 210, 130)  # its hull holds the scrap's corner
    shapes = {"s1": SITE, "c": box(100, 0, 110, 30), "s2": claw, "o": box(110, 0, 160, 30)}
    found = find(shapes).set_index("site_id")
    assert found["border_m"].to_dict() == {"S1": 30.0, "S2": 0.0}
    assert found["hull_share"].tolist() == [0.0, 0.0]
    assert found["scrap_kind"].tolist() == ["adjacent", "adjacent"]


# --- sandwiched ---------------------------------------------------------------------------------


def test_sandwiched_jointly_by_two_sites() -> None:
    strip = box(100, 0, 110, 100)  # 200 of 220 m along the two, neither reaches 0.75 alone
    found = find({"s1": SITE, "c": strip, "s2": box(110, 0, 200, 100)})
    share = [round(100 / 220, 6), round(200 / 220, 6), round(20 / 220, 6)]
    assert numbers(found) == [["c", "S1", 100.0, *share], ["c", "S2", 100.0, *share]]
    assert found["scrap_kind"].tolist() == ["sandwiched", "sandwiched"]
    assert found["other_share"].abs().max() < 1e-9
    assert found["area_m2"].tolist() == [1000.0, 1000.0]


def three_sides(top: float) -> dict[str, object]:
    """A lot 10 m wide with sites west, south and east up to a height of 10 m."""
    return {
        "s1": box(-50, -50, 0, 10),
        "s2": box(0, -50, 10, 0),
        "s3": box(10, -50, 60, 10),
        "c": box(0, 0, 10, top),
    }


def test_sandwiched_at_exactly_three_quarters() -> None:
    assert kinds(three_sides(10.0)) == {"c": "sandwiched"}  # 30 of 40 m
    assert kinds(three_sides(10.1)) == {"c": "interlocking"}  # 30 of 40.2 m
    lower = Parameters(sandwiched_share=0.74)
    assert kinds(three_sides(10.1), parameters=lower) == {"c": "sandwiched"}


def test_sandwiched_in_a_hole_though_its_border_share_is_low() -> None:
    hole = box(40, 40, 60, 60)
    shapes = {"s1": SITE - hole, "c": box(40, 40, 50, 60), "d": box(50, 40, 60, 60)}
    found = find(shapes)
    assert numbers(found) == [["c", "S1", 40.0, round(40 / 60, 6), round(40 / 60, 6), 0.0]]
    assert found["scrap_kind"].tolist() == ["sandwiched"]
    assert kinds(shapes, fragments="cd") == {"c": "sandwiched", "d": "sandwiched"}


def test_a_hole_between_the_parcels_of_a_site_counts() -> None:
    hole = box(40, 40, 60, 60)
    shapes = {
        "s1": box(0, 0, 50, 100) - hole,
        "s2": box(50, 0, 100, 100) - hole,
        "c": box(40, 40, 45, 45),
        "d": hole - box(40, 40, 45, 45),
    }
    assert kinds(shapes, sites={"s1": "S", "s2": "S"}) == {"c": "sandwiched"}  # 10 of 20 m


# --- interlocking -------------------------------------------------------------------------------


def test_interlocking_by_a_border_share_of_exactly_one_half() -> None:
    sites = {"s1": box(-50, 0, 0, 10), "s2": box(10, 0, 60, 10)}
    assert kinds({**sites, "c": box(0, 0, 10, 10)}) == {"c": "interlocking"}  # 20 of 40 m
    assert kinds({**sites, "c": box(0, 0, 10, 10.1)}) == {"c": "corner"}  # 20 of 40.2 m


def test_interlocking_by_the_hull_of_the_site_at_exactly_one_half() -> None:
    """The hull of the L runs from (100, 20) to (20, 100), through the middle of the lot."""
    site = box(0, 0, 100, 20).union(box(0, 20, 20, 100))
    half = find({"s1": site, "c": box(60, 20, 100, 60)})
    assert numbers(half) == [["c", "S1", 40.0, 0.25, 0.25, 0.75]]
    assert half["scrap_kind"].tolist() == ["interlocking"]
    assert kinds({"s1": site, "c": box(60.1, 20, 100.1, 60)}) == {"c": "corner"}
    strict = Parameters(hull_share=0.51)
    assert kinds({"s1": site, "c": box(60, 20, 100, 60)}, parameters=strict) == {"c": "corner"}


# --- corner and adjacent ------------------------------------------------------------------------

LOT = box(100, 0, 110, 10)  # one side of four along the site


def test_corner_if_free_boundary_exceeds_other_parcels() -> None:
    found = find({"s1": SITE, "c": LOT, "top": box(100, 10, 110, 50)})
    assert found["scrap_kind"].tolist() == ["corner"]
    shares = ["sites_share", "free_share", "other_share"]
    assert found[shares].round(6).to_numpy().tolist() == [[0.25, 0.5, 0.25]]


def test_adjacent_if_other_parcels_exceed_or_equal_free_boundary() -> None:
    top, right = box(100, 10, 110, 50), box(110, 0, 150, 10)
    assert kinds({"s1": SITE, "c": LOT, "top": top, "right": right}) == {"c": "adjacent"}
    half = box(110, 0, 150, 5)  # 15 m other, 15 m free
    assert kinds({"s1": SITE, "c": LOT, "top": top, "half": half}) == {"c": "adjacent"}
    less = box(110, 0, 150, 4.9)
    assert kinds({"s1": SITE, "c": LOT, "top": top, "less": less}) == {"c": "corner"}


@pytest.mark.parametrize("use", ["transport", "water"])
def test_boundary_along_roads_and_water_is_free(use: str) -> None:
    shapes = {"s1": SITE, "c": LOT, "top": box(100, 10, 110, 50), "right": box(110, 0, 150, 10)}
    uses = ["industrial", "industrial", use, use]
    found = find(shapes, use_class=uses)
    assert found["scrap_kind"].tolist() == ["corner"]
    assert found["free_share"].round(6).tolist() == [0.75]


# --- which parcels are scraps -------------------------------------------------------------------


def test_a_parcel_below_the_area_cap_is_a_candidate_though_no_fragment() -> None:
    shapes = {"s1": SITE, "c": box(100, 0, 119.9, 100)}  # 1990 m²
    assert find(shapes, fragments="", cap=NO_CAP).empty
    assert find(shapes, fragments="", cap=CAP)["parcel_id"].tolist() == ["c"]
    at_the_cap = {"s1": SITE, "c": box(100, 0, 120, 100)}  # 2000 m², and the cap says below
    assert find(at_the_cap, fragments="", cap=CAP).empty


def test_a_large_fragment_is_a_candidate_whatever_the_area_cap() -> None:
    shapes = {"s1": SITE, "c": box(100, 0, 150, 100)}
    assert find(shapes, cap=CAP)["parcel_id"].tolist() == ["c"]


def test_the_least_border_is_met_exactly() -> None:
    below, exact = box(100, 99.1, 120, 120), box(100, 99, 120, 120)  # 0.9 m and 1 m
    assert find({"s1": SITE, "c": below}).empty
    assert find({"s1": SITE, "c": exact})["border_m"].tolist() == [pytest.approx(1.0)]
    lower = Parameters(min_border_m=0.5)
    assert len(find({"s1": SITE, "c": below}, parameters=lower)) == 1


def test_two_short_borders_do_not_add_up_to_a_long_one() -> None:
    """0.6 m along each of two sites: adjacent to neither."""
    shapes = {"s1": SITE, "s2": box(120, 0, 220, 100), "c": box(100, 99.4, 120, 130)}
    assert find(shapes).empty


def test_a_second_site_touched_at_a_corner_is_considered_with_border_zero() -> None:
    shapes = {"s1": SITE, "c": LOT, "s2": box(110, 10, 200, 100)}
    found = find(shapes)
    assert numbers(found) == [
        ["c", "S1", 10.0, 0.25, 0.25, 0.75],
        ["c", "S2", 0.0, 0.0, 0.25, 0.75],
    ]


def test_corner_contact_alone_makes_no_scrap() -> None:
    assert find({"s1": SITE, "c": box(100, 100, 110, 110)}).empty


def test_never_across_a_street() -> None:
    far = box(108, 0, 118, 100)
    assert find({"s1": SITE, "c": far}).empty
    uses = ["industrial", "transport", "industrial"]
    assert find({"s1": SITE, "r": box(100, 0, 108, 100), "c": far}, use_class=uses).empty


def test_roads_water_and_members_are_no_scraps() -> None:
    shapes = {"s1": SITE, "c": LOT, "d": box(100, 10, 110, 20), "e": box(100, 20, 110, 30)}
    uses = ["industrial", "transport", "water", None]
    found = find(shapes, fragments="cdes", cap=CAP, use_class=uses)
    assert found["parcel_id"].tolist() == ["e"]


def test_a_border_with_several_parcels_of_a_site_is_summed() -> None:
    shapes = {"s1": box(0, 0, 100, 40), "s2": box(0, 40, 100, 100), "c": box(100, 0, 110, 100)}
    found = find(shapes, sites={"s1": "S", "s2": "S"})
    assert numbers(found)[0][:3] == ["c", "S", 100.0]
    assert len(found) == 1


def test_parts_of_a_scrap_are_measured_together() -> None:
    both = MultiPolygon([box(100, 0, 110, 10), box(100, 50, 110, 60)])
    found = find({"s1": SITE, "c": both})
    assert numbers(found) == [["c", "S1", 20.0, 0.25, 0.25, 0.75]]


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "sites"),
    [
        ({"a": SITE}, {}),
        ({"a": SITE, "b": LOT}, {}),
        ({"s1": SITE}, None),
        ({"s1": SITE, "c": box(500, 0, 510, 10)}, None),
    ],
)
def test_no_scrap_gives_an_empty_table_of_the_same_kind(
    shapes: dict[str, object], sites: dict[str, str] | None
) -> None:
    found, some = find(shapes, sites=sites), find({"s1": SITE, "c": LOT})
    assert found.empty
    assert found.columns.tolist() == [*PAIR_COLUMNS, "geometry"]
    kinds_of = found.dtypes.astype("str").to_dict()
    assert kinds_of == some.dtypes.astype("str").to_dict()
    assert found.crs == some.crs


def test_parcels_without_geometry_are_passed_over() -> None:
    shapes = {"s1": SITE, "c": LOT, "d": None}
    assert find(shapes, fragments="cd")["parcel_id"].tolist() == ["c"]


def many() -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Three sites side by side in a row, scraps between, above and below."""
    shapes: dict[str, object] = {}
    for k in range(3):
        x = k * 113.3
        shapes |= {f"m{k}": box(x, 0, x + 100.1, 90.7), f"n{k}": box(x, 90.7, x + 50.3, 99.9)}
        shapes |= {f"o{k}": box(x + 100.1, 0, x + 113.3, 90.7), f"u{k}": box(x, -9.1, x + 30, 0)}
    lots = shaped(shapes)
    lots["fragment"] = ~lots.index.str.startswith("m")
    return lots, pd.Series({"m0": "S0", "m1": "S1", "m2": "S2"})


def test_the_order_of_rows_does_not_matter_and_input_stays() -> None:
    lots, members = many()
    table, before = borders(lots), lots.copy(deep=True)
    options = {"area_cap": CAP, "parameters": Parameters()}
    expected = pairs_of(lots, table, members, **options)
    assert expected["parcel_id"].nunique() == 9
    assert expected["parcel_id"].is_monotonic_increasing
    for seed in range(3):
        shuffled = lots.sample(frac=1, random_state=seed)
        found = pairs_of(shuffled, table, members.sample(frac=1, random_state=seed), **options)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(lots, before)


def test_new_ids_change_nothing_but_the_ids() -> None:
    lots, members = many()
    names = {i: f"z{99 - n}" for n, i in enumerate(lots.index)}
    options = {"area_cap": CAP, "parameters": Parameters()}
    one = pairs_of(lots, borders(lots), members, **options)
    renamed = lots.rename(index=names)
    two = pairs_of(renamed, borders(renamed), members.rename(index=names), **options)
    one = one.assign(parcel_id=one["parcel_id"].map(names)).sort_values(["parcel_id", "site_id"])
    for column in PAIR_COLUMNS:
        a, b = one[column].reset_index(drop=True), two[column]
        pd.testing.assert_series_equal(a, b, check_exact=False, rtol=1e-12, atol=1e-12)


def test_site_geometry_is_the_union_of_the_parcels_by_site() -> None:
    lots = shaped({"a": box(0, 0, 1, 1), "b": box(1, 0, 3, 1), "c": box(9, 0, 10, 1), "d": None})
    found = site_geometry(lots, pd.Series({"c": "S2", "b": "S1", "a": "S1"}))
    assert found.area.to_dict() == {"S1": 3.0, "S2": 1.0}
    assert found.geom_type.tolist() == ["Polygon", "Polygon"]
    assert found.crs == lots.crs


def test_site_geometry_without_sites_is_empty() -> None:
    lots = shaped({"a": box(0, 0, 1, 1)})
    found = site_geometry(lots, pd.Series([], dtype="str", index=lots.index[:0], name="site_id"))
    assert len(found) == 0
