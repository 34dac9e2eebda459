"""What only a line tells: a road between two lots that touch, the edge of the plan."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, box

from districts import at, frame, layer, lots, with_rules
from gisland.base.parameters import Parameters
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs
from gisland.detect.corridors import part_m, with_corridors
from gisland.detect.enclaves import enclaves
from gisland.detect.facts import shape_facts
from gisland.detect.holdings import holdings
from gisland.detect.scraps import scrap_pairs, site_geometry
from gisland.detect.sites import members_by_cluster
from gisland.pipeline import run
from gisland.topology.borders import borders

SITE, STRIP, BACK = box(0, 0, 100, 100), box(100, 0, 108, 100), box(108, 0, 200, 100)
SHAPES = {"site": SITE, "strip": STRIP, "back": BACK}
ALONG_SITE = LineString([(100, 20), (100, 200)])  # 80 of the 100 m between site and strip
ALONG_BACK = LineString([(108, -20), (108, 60)])  # 60 of the 100 m between strip and back


def drawn(*shapes: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=4547)


def measured(**lines: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    parcels = frame(SHAPES)
    table = with_corridors(borders(parcels), parcels, reach_m=2.0, tolerance_m=0.05, **lines)
    parcels = shape_facts(parcels, table, area_basis="plane")
    return parcels.assign(fragment=parcels.index == "strip"), table


def pair(**lines: gpd.GeoDataFrame) -> pd.Series:
    parcels, table = measured(**lines)
    members = pd.Series("S1", index=["site"])
    return scrap_pairs(
        parcels,
        table,
        members,
        sites=site_geometry(parcels, members),
        area_cap=load_rules("tianjin-2024")["scrap.area_cap"],
        parameters=Parameters(),
    ).iloc[0]


NUMBERS = ["border_m", "corridor_m", "site_share", "sites_share", "free_share", "other_share"]


def test_without_lines_nothing_is_told() -> None:
    _, table = measured()
    assert table[["road_m", "corridor_m", "edge_m"]].isna().all(axis=None)
    assert part_m(table, "road_m").tolist() == [0.0] * 4
    row = pair()
    expected = [100, 0, 100 / 216, 100 / 216, 16 / 216, 100 / 216]
    assert row[NUMBERS].tolist() == pytest.approx(expected)


def test_each_layer_counts_where_it_should() -> None:
    roads, water = drawn(ALONG_SITE), drawn(ALONG_BACK)
    plan = drawn(box(-500, -500, 108, 500))
    _, table = measured(roads=roads, water=water, plan_boundary=plan)
    site, back = table.loc[("strip", "site")], table.loc[("strip", "back")]
    assert site[["road_m", "corridor_m", "edge_m"]].tolist() == [80.0, 80.0, 80.0]
    assert back[["road_m", "corridor_m", "edge_m"]].tolist() == [0.0, 60.0, 100.0]
    assert table.loc[("site", "strip"), "road_m"] == 80.0


def test_what_a_road_line_separates_does_not_adjoin() -> None:
    row = pair(roads=drawn(ALONG_SITE))
    expected = [20, 80, 20 / 216, 20 / 216, 96 / 216, 100 / 216]
    assert row[NUMBERS].tolist() == pytest.approx(expected)
    assert pair(water=drawn(ALONG_SITE))[NUMBERS].tolist() == pytest.approx(expected)


def test_the_edge_of_the_plan_makes_a_corner_scrap() -> None:
    assert pair()["scrap_kind"] == "adjacent"
    plan = drawn(box(-500, -500, 108, 500))
    row = pair(plan_boundary=plan)
    expected = [100, 0, 100 / 216, 100 / 216, 116 / 216, 0]
    assert row[NUMBERS].tolist() == pytest.approx(expected, abs=1e-12)
    assert row["scrap_kind"] == "corner"
    # along the site the plan's edge is no corridor
    along = pair(plan_boundary=drawn(box(-500, -500, 100, 500)))
    assert along[["border_m", "corridor_m"]].tolist() == [100.0, 0.0]


def test_between_a_site_and_a_corridor() -> None:
    row = pair(roads=drawn(LineString([(108, -20), (108, 160)])))
    assert row[NUMBERS].tolist() == pytest.approx([100, 0, 100 / 216, 100 / 216, 116 / 216, 0])
    assert row["scrap_kind"] == "corner"


def test_a_road_or_canal_drawn_as_an_area_separates_whatever_its_width() -> None:
    for half in (1.0, 6.0, 40.0):
        area = drawn(box(100 - half, -50, 100 + half, 150))
        row = pair(roads=area)
        assert row[["border_m", "corridor_m"]].tolist() == [0.0, 100.0], half
        assert pair(water=area)[["border_m", "corridor_m"]].tolist() == [0.0, 100.0], half
    part = pair(roads=drawn(box(94, 20, 106, 150)))
    assert part[["border_m", "corridor_m"]].tolist() == pytest.approx([20, 80], abs=2.01)


def test_a_line_that_is_cut_off_too_early_still_separates() -> None:
    row = pair(roads=drawn(LineString([(100, 5), (100, 200)])))  # 95 of the 100 m
    assert row[["border_m", "corridor_m"]].tolist() == [0.0, 100.0]
    row = pair(roads=drawn(LineString([(100, 15), (100, 200)])))
    assert row[["border_m", "corridor_m"]].tolist() == [15.0, 85.0]


def test_borders_of_roads_and_water_that_are_parcels_are_left_alone() -> None:
    parcels = frame(SHAPES, use_class=["industrial", "transport", "industrial"])
    table = with_corridors(
        borders(parcels), parcels, roads=drawn(ALONG_SITE), reach_m=2.0, tolerance_m=0.05
    )
    assert table["road_m"].tolist() == [0.0] * 4


@pytest.mark.parametrize("drawing", ["line", "gap", "parcel"])
def test_a_street_divides_patches_however_it_is_drawn(drawing: str) -> None:
    """A on both sides of a street, in B: two patches, each with the street as free boundary."""
    half = 0.0 if drawing == "line" else 5.0
    west, east = box(40, 40, 60 - half, 80), box(60 + half, 40, 80, 80)
    street = box(60 - half, 0, 60 + half, 120) if half else shapely.Polygon()
    land = box(0, 0, 120, 120) - west - east - street
    shapes = {"w": west, "e": east}
    shapes |= {f"b{k}": part for k, part in enumerate(shapely.get_parts(land))}
    owner = ["A", "A"] + ["B"] * (len(shapes) - 2)
    uses = ["industrial"] * len(shapes)
    if drawing == "parcel":
        shapes["street"] = street
        owner, uses = [*owner, "City"], [*uses, "transport"]
    if drawing == "line":  # what surrounds is cut there too
        land = shapes.pop("b0")
        shapes |= {"b0": land.intersection(box(0, 0, 60, 120)), "b1": land - box(0, 0, 60, 120)}
        owner, uses = ["A", "A", "B", "B"], ["industrial"] * 4
    parcels = frame(shapes, owner=owner, use_class=uses)
    parcels["area_m2"] = parcels.area
    lane = drawn(LineString([(60, -9), (60, 129)])) if drawing == "line" else None
    table = with_corridors(borders(parcels), parcels, roads=lane, reach_m=2.0, tolerance_m=0.05)
    found = enclaves(parcels, table, attribute="owner", enclave_share=0.5)
    assert sorted(found["parcel_ids"]) == ["e", "w"]
    wide = 20 - half
    share = (2 * wide + 40) / (2 * wide + 80)
    assert found["share"].tolist() == pytest.approx([share] * 2)
    assert found["free_share"].tolist() == pytest.approx([1 - share] * 2)
    assert found["holder_patches"].tolist() == [2, 2]
    held = holdings(parcels, table).set_index("owner")
    assert held.loc[["A", "B"], "patches"].tolist() == [2, 2]


def test_a_road_line_gives_frontage_and_water_takes_it() -> None:
    shapes = {"in": at(20, 20, 20, 20), "out": at(0, 0, 60, 60) - at(20, 20, 20, 20)}
    lane = layer(
        "road_id", {"r": LineString([at(0, 39, 1, 1).exterior.coords[1], (500_060, 3_500_041)])}
    )
    base = Inputs(lots(shapes))
    choices = Choices(load_rules("tianjin-2024"))
    closed = run(base, choices).tables["parcels"].set_index("parcel_id")
    assert closed.loc["in", "frontage_m"] == pytest.approx(0.0)
    assert "min_frontage" in closed.loc["in", "fragment_reasons"]
    reached = (
        run(Inputs(lots(shapes), roads=lane), choices).tables["parcels"].set_index("parcel_id")
    )
    assert reached.loc["in", ["frontage_m", "frontage_road_m"]].tolist() == pytest.approx([20, 20])
    assert "min_frontage" not in reached.loc["in", "fragment_reasons"]
    west = layer("water_id", {"w": at(-12, -10, 10, 80)})
    wet = run(Inputs(lots(shapes), water=west), choices).tables["parcels"].set_index("parcel_id")
    assert wet.loc["out", "frontage_m"] == pytest.approx(180.0)  # the west side is a shore
    assert wet.loc["out", "free_shore_m"] == pytest.approx(60.0)
    across = layer("water_id", {"w": at(-14, -10, 10, 80)})  # there is room for a lane between
    dry = run(Inputs(lots(shapes), water=across), choices).tables["parcels"].set_index("parcel_id")
    assert dry.loc["out", ["frontage_m", "free_water_m"]].tolist() == pytest.approx([240.0, 60.0])
    assert closed.loc["out", "frontage_m"] == pytest.approx(240.0)


def test_a_road_line_keeps_sites_apart() -> None:
    parcels, table = measured(roads=drawn(LineString([(100, -9), (100, 109)])))
    chosen = pd.Series(data=True, index=parcels.index)
    area = parcels["area_m2"]
    sites = members_by_cluster(chosen, table, areas_m2=area, min_area_m2=0.0)
    assert sites.to_dict() == {"site": "S-site", "strip": "S-back", "back": "S-back"}
    _, table = measured(roads=drawn(ALONG_SITE))  # 20 m are left
    joined = members_by_cluster(chosen, table, areas_m2=area, min_area_m2=0.0)
    assert joined.tolist() == ["S-back"] * 3


def test_a_road_line_is_free_boundary_of_enclaves() -> None:
    inner = box(40, 40, 60, 60)
    shapes = {"in": inner, "out": box(0, 0, 100, 100) - inner}
    parcels = frame(shapes, owner=["A", "B"])
    parcels["area_m2"] = parcels.area
    lane = drawn(LineString([(30, 40), (70, 40)]))
    table = with_corridors(borders(parcels), parcels, roads=lane, reach_m=2.0, tolerance_m=0.05)
    found = enclaves(parcels, table, attribute="owner", enclave_share=0.75)
    assert found[["kind", "share", "free_share"]].to_numpy().tolist() == [["nearly", 0.75, 0.25]]


def test_a_scrap_across_a_road_line_is_refused_and_told() -> None:
    shapes = {"s": at(0, 0, 100, 100), "c": at(100, 0, 8, 100)}
    x, y = at(100, 0, 1, 1).bounds[:2]
    lane = layer("road_id", {"r": LineString([(x, y - 50), (x, y + 150)])})
    inputs = Inputs(lots(shapes, site_id=["S", None]), roads=lane)
    tables = run(inputs, Choices(with_rules("tianjin-2024"), sites_from="field")).tables
    row = tables["plan"].iloc[0]
    assert row[["verdict", "reasons", "border_m", "corridor_m"]].tolist() == [
        "ineligible",
        "adjacent",
        0.0,
        100.0,
    ]
    open_plan = run(
        Inputs(lots(shapes, site_id=["S", None])),
        Choices(with_rules("tianjin-2024"), sites_from="field"),
    )
    assert open_plan.tables["plan"]["verdict"].tolist() == ["absorbed"]
