"""What stands around the map: in nobody's way on office screens and on a phone."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from basemapfiles import write_tiff
from gisland.base.basemaps import BaseSource
from gisland.layers.basemaps import read_base_maps
from gisland.present.webmap import web_map
from mapseen import LOADED
from maptables import map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opener = Callable[[Path | str], Page]

pytestmark = pytest.mark.browser
SCREENS = [(1280, 800), (1366, 768), (1920, 1080), (390, 844)]
PANELS = (".gi-title", ".leaflet-control-layers", ".gi-legend", ".gi-corner",
          ".leaflet-control-scale", ".leaflet-control-zoom", ".gi-tools .gi-group")  # fmt: skip


def opened(page: Page, width: int, height: int) -> Page:
    page.set_viewport_size({"width": width, "height": height})
    page.reload()
    page.wait_for_function("window.map_main && map_main._loaded")
    page.evaluate(LOADED)
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_around_the_map_lies_over_anything_else(
    offline_page: Opener, language: str
) -> None:
    first = offline_page(web_map(map_tables(), run=map_run(), language=language))
    for screen in SCREENS:
        page = opened(first, *screen)
        boxes = [
            (panel, part.bounding_box()) for panel in PANELS for part in page.locator(panel).all()
        ]
        assert len(boxes) == len(PANELS) + 2  # three groups of tools
        for (one, a), (other, b) in combinations(boxes, 2):
            assert a is not None
            assert b is not None
            apart = (
                a["x"] + a["width"] <= b["x"] + 0.5 or b["x"] + b["width"] <= a["x"] + 0.5
                or a["y"] + a["height"] <= b["y"] + 0.5 or b["y"] + b["height"] <= a["y"] + 0.5
            )  # fmt: skip
            assert apart, (screen, one, other)
        for panel, box in boxes:
            assert box["x"] >= 0, panel
            assert box["x"] + box["width"] <= screen[0], panel


def test_on_a_phone_buttons_are_large_enough_for_fingers(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="zh")), 390, 844)
    for button in page.locator(".gi-group button, .gi-tongue, .leaflet-control-zoom a").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40


def test_on_a_phone_the_buttons_make_way_for_the_legend(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="zh")), 390, 844)
    corner, legend = page.locator(".gi-corner"), page.locator(".gi-legend")
    row = corner.bounding_box()
    assert row is not None
    assert row["width"] > 2 * row["height"]  # a row, which covers little of the map
    legend.locator("summary").first.click()
    page.wait_for_timeout(100)
    column, open_legend = corner.bounding_box(), legend.bounding_box()
    assert column is not None
    assert open_legend is not None
    assert column["x"] + column["width"] <= open_legend["x"]


def test_the_buttons_of_the_page_are_one_group(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="zh")), 1280, 800)
    assert page.locator(".gi-corner button").all_inner_texts() == [
        "全图",
        "项目清单",
        "复制链接",
        "?",
    ]


def test_layers_are_listed_under_headings_and_each_once(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="en")), 1280, 800)
    heads = page.locator(".gi-set > summary")
    assert heads.all_inner_texts()[:2] == ["Sites and scraps", "Block lines and their control"]
    assert page.locator(".gi-set label").count() == page.evaluate("gisland.layers.length")
    page.evaluate("gisland.speak('zh')")
    assert heads.first.inner_text() == "项目用地与零星用地"


def test_a_group_that_was_folded_or_opened_stays_so(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="en")), 1280, 800)
    enclaves = page.locator(".gi-set", has_text="Enclaves")
    first = enclaves.evaluate("(box) => box.open")
    enclaves.locator("summary").click()
    page.get_by_label("Scraps by kind").uncheck()
    page.evaluate("gisland.speak('zh')")  # the list is made anew
    assert page.locator(".gi-set", has_text="插花地").last.evaluate("(box) => box.open") != first


def test_the_list_folds_until_the_legend_needs_no_scrolling(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="en")), 1280, 800)
    over = "(box) => box.scrollHeight - box.clientHeight"
    assert page.locator(".gi-legend").evaluate(over) <= 1
    folded = page.locator(".gi-set:not([open]) > summary").all_inner_texts()
    assert folded  # there is not room for everything
    assert "Sites and scraps" not in folded  # the group with most layers on
    page.evaluate("() => document.querySelectorAll('.gi-set > summary').forEach((h) => h.click())")
    page.wait_for_timeout(100)
    assert page.locator(".gi-set[open]").count() == len(folded)  # what the reader does stays


def test_layers_of_one_class_take_one_line_of_the_legend(offline_page: Opener) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language="en")), 1280, 800)
    assert page.locator(".gi-legend .gi-one:visible").count() >= 2
    assert page.locator(".gi-legend .gi-one h3:visible").count() == 0


def test_the_note_of_a_base_map_leaves_scale_and_tools_free(
    offline_page: Opener, tmp_path: Path
) -> None:
    source = BaseSource("image", str(write_tiff(tmp_path / "ortho.tif", nodata=0)))
    base = read_base_maps([source], folder=tmp_path, beside=tmp_path)
    html = web_map(map_tables(), run=map_run(), language="zh", base_maps=base)
    page = opened(offline_page(html), 1280, 800)
    page.locator(".leaflet-control-layers-base input").last.check()
    note = page.locator(".gi-base-note").bounding_box()
    assert note is not None
    for panel in (".gi-corner", ".leaflet-control-zoom", ".leaflet-control-scale", ".gi-tools"):
        box = page.locator(panel).bounding_box()
        assert box is not None
        assert note["y"] + note["height"] <= box["y"], panel
