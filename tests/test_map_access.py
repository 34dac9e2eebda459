"""The map by its address, by keyboard and for a screen reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from gisland.present.webmap import web_map
from mapseen import LOADED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

ODD = "A/7 & <b>%{{ 1 }}"  # an id that must be encoded in an address
FOCUS = "document.activeElement"
LEAST_CONTRAST = 4.5

# Text of the page that is seen, with its color, size and the color behind it.
TEXTS = """
(() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const solid = (c) => !/^rgba\\(.*, 0\\)$/.test(c);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest("script, style")) continue;
    let above = element;
    while (above && !solid(getComputedStyle(above).backgroundColor)) above = above.parentElement;
    const behind = above ? getComputedStyle(above).backgroundColor : "rgb(255, 255, 255)";
    found.push([text, getComputedStyle(element).color, behind]);
  }
  return found;
})()
"""


def tables() -> dict[str, pd.DataFrame]:
    squares = [box(x, 3400000, x + 100, 3400100) for x in (500000, 500100, 500300)]
    lots = gpd.GeoDataFrame(
        {
            "parcel_id": ["P1", "P2", ODD],
            "verdict": ["site", "absorbed", "none"],
            "reasons": ["", "", ""],
            "site_id": ["S1", "S1", None],
            "owner": ["Li", "Li", "Wang"],
            "area_m2": [10000.0] * 3,
        },
        geometry=squares,
        crs="EPSG:4547",
    )
    site = {
        "site_id": ["S1"],
        "absorbed_ids": ["P2"],
        "area_before_m2": [10000.0],
        "area_after_m2": [20000.0],
        "scrap_area_m2": [10000.0],
    }
    whole = box(500000, 3400000, 500200, 3400100)
    return {"parcels": lots, "sites": gpd.GeoDataFrame(site, geometry=[whole], crs="EPSG:4547")}


@pytest.fixture(scope="module")
def drawn() -> Iterator[str]:
    return web_map(tables(), run={"project": "Test"}, language="zh")


@pytest.fixture
def opened(
    offline_page: Callable[[Path | str], Page], drawn: str, tmp_path: Path
) -> Callable[[str], Page]:
    """A function that opens the map at an address of its own."""
    path = tmp_path / "map.html"
    path.write_text(drawn, "utf-8")

    def at(fragment: str = "") -> Page:
        page = offline_page(path)
        if fragment:
            page.goto("about:blank")
            page.goto(path.as_uri() + "#" + fragment)
        page.evaluate(LOADED)
        page.wait_for_timeout(400)  # the address is written with a delay
        return page

    return at


def address(page: Page) -> dict[str, str]:
    page.wait_for_timeout(400)
    text: str = page.evaluate("location.hash.slice(1)")
    return dict(part.split("=", 1) for part in text.split("&")) if text else {}


def title(page: Page) -> str:
    return page.locator(".gi-sheet summary span").first.inner_text()


def focused(page: Page) -> str:
    name: str = page.evaluate(f"{FOCUS}.getAttribute('aria-label') || {FOCUS}.textContent")
    return name


def said(page: Page) -> str:
    page.wait_for_timeout(120)
    return page.locator(".gi-unseen").inner_text()


# --- the address -------------------------------------------------------------------------------


def test_a_site_is_opened_by_its_address(opened: Callable[..., Page]) -> None:
    page = opened("site=S1&lang=en")
    assert title(page) == "Site S1"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("map_main.getZoom()") >= 17
    assert page.locator(".gi-title h1").inner_text() == "Test · land consolidation map"
    told = address(page)
    assert (told["site"], told["lang"]) == ("S1", "en")


def test_a_parcel_with_an_odd_id_comes_back_by_what_was_written(
    opened: Callable[..., Page],
) -> None:
    page = opened("parcel=A%2F7%20%26%20%3Cb%3E%25%7B%7B%201%20%7D%7D")
    assert title(page) == f"宗地 {ODD}"
    again = opened(page.evaluate("location.hash.slice(1)"))
    assert title(again) == f"宗地 {ODD}"
    assert address(again) == address(page)


def test_view_and_layers_are_taken_and_written(opened: Callable[..., Page]) -> None:
    page = opened("at=30.71,114.01,15.25&layers=parcels")
    assert page.evaluate("[map_main.getCenter().lat, map_main.getZoom()]") == [30.71, 15.25]
    on = "gisland.layers.filter((l) => map_main.hasLayer(l)).map((l) => l.head.id)"
    assert page.evaluate(on) == ["parcels"]
    page.evaluate("map_main.setZoom(16, { animate: false })")
    assert address(page) == {"layers": "parcels", "at": "30.710000,114.010000,16"}


def test_a_view_stays_where_the_thing_is_in_it(opened: Callable[..., Page]) -> None:
    middle = opened().evaluate(
        "(() => { const c = map_main.getCenter(); return [c.lat, c.lng]; })()"
    )
    page = opened(f"at={middle[0]},{middle[1]},16&site=S1")
    assert title(page) == "项目用地 S1"
    assert page.evaluate("map_main.getZoom()") == 16


def test_what_the_map_lacks_is_told_and_is_no_error(opened: Callable[..., Page]) -> None:
    page = opened("site=NO&lang=fr&layers=parcels,zz&at=91,x&parcel=%E0%A4%A&what=ever")
    shown = page.locator(".gi-notice p").inner_text()
    assert shown == "本图中没有：fr, zz, 91,x, NO, %E0%A4%A"
    page.get_by_role("button", name="关闭").click()
    assert page.locator(".gi-notice").count() == 0


def test_a_changed_address_is_followed(opened: Callable[..., Page]) -> None:
    page = opened()
    assert page.evaluate("location.hash") == ""  # nothing was moved yet
    page.evaluate("location.hash = 'parcel=P2'")
    page.wait_for_selector(".gi-sheet")
    assert title(page) == "宗地 P2"
    page.keyboard.press("Escape")
    assert "parcel" not in address(page)


def test_the_link_can_be_copied_or_selected(opened: Callable[..., Page]) -> None:
    page = opened("site=S1")
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    page.get_by_role("button", name="复制链接").click()
    shown = page.locator(".gi-notice input")
    assert shown.input_value() == page.evaluate("location.href")
    assert page.evaluate("getSelection().toString()") == shown.input_value()
    page.evaluate("void (navigator.clipboard.writeText = (t) => { window.copied = t; })")
    page.get_by_role("button", name="复制链接").click()
    assert page.evaluate("window.copied") == page.evaluate("location.href")
    assert page.locator(".gi-notice p").inner_text() == "链接已复制"


# --- the keyboard ------------------------------------------------------------------------------


def test_enter_asks_at_the_cross_and_escape_goes_back(opened: Callable[..., Page]) -> None:
    page = opened("lang=en&at=30.71,114.0,16")
    lot = "gisland.layers.find((l) => l.head.id === 'parcels')"
    page.evaluate(f"map_main.setView({lot}.within(1), 18, {{ animate: false }})")
    page.keyboard.press("Tab")  # the map is first
    assert focused(page) == "Map: Test · land consolidation map"
    cross = "getComputedStyle(map_main.getContainer(), '::after').content"
    assert page.evaluate(cross) == '""'
    page.keyboard.press("Enter")
    page.wait_for_selector(".gi-sheet")
    dialog = page.get_by_role("dialog", name="Parcel P1")
    assert dialog.evaluate("(box) => box === document.activeElement")
    assert said(page) == "Features at this place: 2"
    page.keyboard.press("Escape")
    assert page.locator(".gi-sheet").count() == 0
    assert focused(page).startswith("Map: ")
    page.evaluate("map_main.setView([31, 115], 18, { animate: false })")
    page.keyboard.press("Enter")
    assert said(page) == "Nothing at this place"


def test_arrows_move_the_map_and_plus_minus_zoom(opened: Callable[..., Page]) -> None:
    page = opened()
    page.keyboard.press("Tab")
    state = "[map_main.getCenter().lng, map_main.getZoom()]"
    east, zoom = page.evaluate(state)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => map_main.getCenter().lng > {east}")
    page.keyboard.press("-")
    page.wait_for_function(f"() => map_main.getZoom() < {zoom}")


def test_search_and_its_results_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened("lang=en")
    page.keyboard.press("/")
    assert focused(page) == "Find: parcel, site, block, owner"
    page.keyboard.type("li")  # the owner of two parcels
    page.wait_for_selector(".gi-hits button")
    assert said(page) == "Found: 2"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Parcel P2 · Li"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Parcel P1 · Li"
    page.keyboard.press("Enter")
    page.wait_for_selector(".gi-sheet")
    assert title(page) == "Parcel P1"
    page.keyboard.press("Escape")
    assert focused(page) == "Parcel P1 · Li"
    page.keyboard.press("ArrowUp")
    page.keyboard.type("/x")  # a slash in the search is a letter
    assert page.locator(".gi-find input").input_value() == "li/x"
    assert said(page) == "Found: 0"


def test_help_lists_the_keys_and_gives_the_focus_back(opened: Callable[..., Page]) -> None:
    page = opened()
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="键盘操作")
    assert dialog.locator("kbd").all_inner_texts()[:2] == ["/", "← ↑ → ↓"]
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert focused(page).startswith("地图：")


def test_everything_has_a_name_and_is_reached_by_tab(opened: Callable[..., Page]) -> None:
    page = opened("lang=en")
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate(
            f"""(() => {{ const e = {FOCUS}; return e === document.body ? "" :
            e.getAttribute("aria-label") || e.closest("label")?.innerText || e.textContent; }})()"""
        )
        if name.strip() in {*reached[:1], ""}:
            break
        reached.append(name.strip())
    wanted = [
        "Map: Test",
        "中文",
        "Find: parcel, site, block, owner",
        "Parcels by verdict",
        "Whole map",
    ]
    wanted += ["List of sites", "Copy link", "Keyboard", "Zoom in", "project site"]
    places = [next(i for i, n in enumerate(reached) if n.startswith(w)) for w in wanted]
    assert places == sorted(places), reached


def test_the_outline_of_the_page_for_a_screen_reader(opened: Callable[..., Page]) -> None:
    page = opened("lang=en")
    tree = page.locator("body").aria_snapshot()
    for line in (
        'region "Map: Test · land consolidation map"',
        '- heading "Test · land consolidation map" [level=1]',
        'searchbox "Find: parcel, site, block, owner"',
        '- group "Layers":',
        '- checkbox "Parcels by verdict" [checked]',
        '- button "List of sites"',
        '- button "Keyboard"',
        '- button "Zoom in"',
        '- checkbox "absorbed 1" [checked]',
    ):
        assert line in tree, tree
    assert not re.search(r"- (button|checkbox|searchbox|link)(:|$| \[)", tree, re.MULTILINE), tree


def test_the_list_of_sites_opens_them(opened: Callable[..., Page]) -> None:
    page = opened("lang=en")
    page.get_by_role("button", name="List of sites").click()
    rows = page.get_by_role("dialog").get_by_role("row").all()
    cells = [row.locator("th,td").all_inner_texts() for row in rows]
    heads = ["site", "area before (m²)", "area after (m²)", "scraps absorbed"]
    assert cells[0] == [*heads, "absorbed scrap area (m²)"]
    assert cells[1:] == [["S1", "10,000.00", "20,000.00", "1", "10,000.00"]]
    page.get_by_role("button", name="S1", exact=True).press("Enter")
    page.wait_for_selector(".gi-sheet")
    assert title(page) == "Site S1"
    assert page.get_by_role("dialog", name="List of sites").count() == 0


def test_a_map_without_sites_has_no_list(offline_page: Callable[[Path | str], Page]) -> None:
    page = offline_page(web_map({}, run={}, language="en"))
    assert page.get_by_role("button", name="Keyboard").count() == 1
    assert page.get_by_role("button", name="List of sites").count() == 0


# --- seeing ------------------------------------------------------------------------------------


def channel(value: float) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(color: str) -> float:
    red, green, blue = (channel(float(n)) for n in re.findall(r"[\d.]+", color)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str, behind: str) -> float:
    low, high = sorted((luminance(color), luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_rightly() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.48, abs=0.01)


def test_text_stands_out_and_the_focus_is_seen(opened: Callable[..., Page]) -> None:
    page = opened("lang=en")
    weak: list[Any] = []
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for step in ("page", "popup", "help", "sites"):
        if step == "popup":
            page.evaluate("location.hash = 'site=S1'")
            page.wait_for_selector(".gi-sheet")
        elif step == "help":
            page.keyboard.press("?")
        elif step == "sites":
            page.keyboard.press("Escape")
            page.get_by_role("button", name="List of sites").click()
        texts = page.evaluate(TEXTS)
        assert len(texts) > 20
        weak += [t for t in texts if contrast(t[1], t[2]) < LEAST_CONTRAST]
    assert weak == []
    page.keyboard.press("Tab")
    outline = f"getComputedStyle({FOCUS}).outlineStyle + getComputedStyle({FOCUS}).outlineWidth"
    assert page.evaluate(outline) == "solid3px"
