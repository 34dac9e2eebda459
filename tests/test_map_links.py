"""Lines from scraps to the sites that they were considered for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from gisland.present import style
from gisland.present.maplayers import map_layers
from gisland.present.maplinks import link_layer
from gisland.present.webmap import web_map
from mapseen import LOADED, settle
from maptables import layer, map_run, map_tables
from test_map_themes import colors, found, page_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gisland.present.mapfeatures import Features

EN = style.catalog("en")
PAIRS = ["P03:S01", "P04:S01", "P04:S02", "P05:S01", "P07:S02"]


def links() -> Features:
    features, _ = link_layer(map_tables(), texts=EN)
    assert features is not None
    return features


def test_each_pair_has_a_line_of_its_verdict() -> None:
    found = links()
    assert found.keys == [f"link:{pair}" for pair in PAIRS]
    assert found.codes == ["absorbed", "eligible", "absorbed", "ineligible", "eligible"]
    assert found.sites == (("S01",), ("S01",), ("S02",), ("S01",), ("S02",))


def test_lines_lead_from_within_the_scrap_to_within_the_site() -> None:
    tables = map_tables()
    scraps = tables["parcels"].set_index("parcel_id").geometry
    sites = tables["sites"].set_index("site_id").geometry
    for pair, line in zip(PAIRS, links().geometry, strict=True):
        scrap, site = pair.split(":")
        shaft = shapely.get_coordinates(shapely.get_geometry(line, 0))
        assert scraps[scrap].contains(Point(shaft[0]))
        assert sites[site].contains(Point(shaft[-1]))


def test_the_middle_of_a_site_is_left_to_its_name() -> None:
    # A scrap of 10 m by 10 m, 100 m west of the middle of a site of 80 m by 80 m: the line ends
    # half of the radius of 40 m before that middle.
    scrap, site = shapely.box(-105, -5, -95, 5), shapely.box(-40, -40, 40, 40)
    plan = layer([scrap], parcel_id=["C"], site_id=["S"], verdict=["eligible"], reasons=[""])
    found, _ = link_layer({"plan": plan, "sites": layer([site], site_id=["S"])}, texts=EN)
    assert found is not None
    ends = shapely.get_coordinates(found.geometry.iloc[0]) - [529_000, 3_380_000]
    np.testing.assert_allclose(ends, [[-100, 0], [-20, 0]], atol=0.5)


def test_absorbed_scraps_alone_have_an_arrow_head() -> None:
    found = links()
    heads = [line.geom_type == "MultiLineString" for line in found.geometry]
    assert heads == [code == "absorbed" for code in found.codes]
    shaft, head = found.geometry.iloc[0].geoms
    tip = Point(shaft.coords[-1])
    assert Point(head.coords[1]).equals(tip)
    size = min(0.3 * shaft.length, 7.0)
    assert [Point(head.coords[i]).distance(tip) for i in (0, 2)] == pytest.approx([size, size])


def test_popups_tell_pair_verdict_and_reasons() -> None:
    first, taken, *_ = links().popups
    assert (first["t"], first["s"]) == ("Scrap P03 → site S01", "absorbed")
    assert len(first["b"]) == 1
    assert taken["b"][1][0] == "list"
    assert "S02" in taken["b"][1][2][0]


def test_without_a_drawn_pair_there_is_no_layer() -> None:
    tables = map_tables()
    assert link_layer(tables | {"sites": tables["sites"].iloc[:0]}, texts=EN) == (None, {})
    only = link_layer(tables | {"sites": tables["sites"].iloc[1:]}, texts=EN)[0]
    assert only is not None
    assert only.keys == ["link:P04:S02", "link:P07:S02"]
    flat = layer([LineString([(0, 0), (9, 0)])], site_id=["S01"])  # no area to lead into
    assert link_layer(tables | {"sites": flat}, texts=EN) == (None, {})


def test_the_layer_lies_above_the_sites_and_lets_the_refused_wait() -> None:
    made = {m.id: m for m in map_layers(map_tables(), records={}, texts=EN)}
    head = made["links"].head
    assert head["rank"] > max(made[s].head["rank"] for s in ("sites_before", "sites_after"))
    classes = head["themes"][0]["classes"]
    assert [(c["label"], c["count"]) for c in classes] == [
        ("absorbed", "2"),
        ("eligible, not chosen", "2"),
        ("ineligible", "1"),
    ]
    assert head["off"] == [2]
    assert not made["links"].show


@pytest.mark.browser
def test_lines_are_drawn_ticked_and_clicked(offline_page: Callable[[Path | str], Page]) -> None:
    page = offline_page(web_map(page_tables(), run=map_run(), language="en"))
    page.evaluate(LOADED)
    lines = links().geometry.to_crs(4326)
    middle = [shapely.get_geometry(line, 0).interpolate(0.5, normalized=True) for line in lines]
    places = {pair: [p.y, p.x] for pair, p in zip(PAIRS, middle, strict=True)}
    assert colors(page, places["P03:S01"], "links", reach=3) == []
    page.get_by_label("From scraps to their sites").check()
    settle(page)
    assert style.LINKS["absorbed"].color in colors(page, places["P03:S01"], "links", reach=3)
    assert "link:P05:S01" not in found(page, places["P05:S01"])
    part = page.locator(".gi-legend section").filter(has_text="From scraps to their sites")
    tick = part.get_by_role("checkbox").nth(2)
    assert not tick.is_checked()
    tick.check()
    assert "link:P05:S01" in found(page, places["P05:S01"])
    page.evaluate("gisland.filterSite(map_main, 'S02')")
    settle(page)
    assert colors(page, places["P03:S01"], "links", reach=3) == []
    assert "link:P04:S02" in found(page, places["P04:S02"])
    x, y = page.evaluate(
        "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }",
        places["P04:S02"],
    )
    page.mouse.click(x, y)
    page.locator(".gi-popup").get_by_text("Scrap P04 → site S02").wait_for()
