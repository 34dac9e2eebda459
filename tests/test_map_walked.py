"""The whole map as a whole: languages, comparison, measuring, print, address, keys, and a phone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gisland.present import style
from gisland.present.style import catalog
from mapseen import (
    Case,
    ask,
    case_of,
    color_at,
    data_words,
    foreign,
    go,
    lonely,
    metres_of_pixel,
    opened,
    placed,
    settle,
    sheet,
    speak,
    view,
)

pytestmark = pytest.mark.browser
Opener = "Callable[[Path | str], Page]"
PT_MM = 72 / 25.4


@pytest.fixture(scope="module", params=["sample_run", "forest_city"])
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param, request.getfixturevalue(request.param))


# --- languages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_is_in_the_language_chosen(
    offline_page: Opener, case: Case, language: str
) -> None:
    page = opened(offline_page(case.page))
    speak(page, language)
    words = [*data_words(case), "English", "中文"]
    for part in page.locator("details").all():
        part.evaluate("(one) => { one.open = true; }")
    left: set[str] = set(foreign(page, language, words))
    every = "gisland.layers.forEach((layer) => { map_main.addLayer(layer); })"
    page.evaluate(f"() => {{ {every} }}")
    left |= set(foreign(page, language, words))
    plan, sites = case.tables["plan"].reset_index(), case.tables["sites"].reset_index()
    keys = [f"scrap:{p}" for p in plan["parcel_id"].unique()[::4]]
    keys += [f"site:{s}" for s in sites["site_id"][:4]]
    for key in keys:
        go(page, key)
        left |= set(foreign(page, language, words))
    for theme in page.evaluate(
        "gisland.layers.find((l) => l.head.ground).head.themes.map((t) => t.id)"
    ):
        page.evaluate("(theme) => { gisland.setTheme('parcels', theme); }", theme)
        left |= set(foreign(page, language, words))
    page.evaluate("() => { map_main.closePopup(); gisland.help(); }")
    left |= set(foreign(page, language, words))
    page.keyboard.press("Escape")
    for mode in ("swipe", "off"):
        page.evaluate("(mode) => { gisland.compare(map_main, mode); }", mode)
        left |= set(foreign(page, language, words))
    page.evaluate("() => { gisland.measure(map_main, 'area'); }")
    left |= set(foreign(page, language, words))
    page.keyboard.press("Escape")
    page.evaluate("() => gisland.printView(map_main, {}).then?.(() => null)")
    left |= set(foreign(page, language, words))
    assert not left


# --- tools ----------------------------------------------------------------------------------------


def test_swipe_and_measure_on_the_whole_map(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    parcels = lonely(case.parcels)
    i = parcels[parcels["verdict"] == "absorbed"]["size"].idxmax()
    at = parcels["at"][i]
    for layer in ("scraps", "sites_after", "sites_before"):
        page.evaluate(
            "(id) => { map_main.removeLayer(gisland.layers.find((l) => l.head.id === id)); }", layer
        )
    view(page, at, 18)
    seen = {}
    for mode in ("before", "after", "off"):
        page.evaluate("(mode) => { gisland.compare(map_main, mode); }", mode)
        settle(page)
        seen[mode] = color_at(page, at)
    looks = style.VERDICTS
    assert seen == {
        "before": looks["none"].fill,
        "after": looks["site"].fill,
        "off": looks["absorbed"].fill,
    }
    page.get_by_role("button", name="测距离").click()
    (start,) = placed(page, np.array([[at.x, at.y]])).tolist()
    page.mouse.click(*start)
    page.mouse.dblclick(start[0] + 100, start[1])
    told = re.search(r"距离 ([\d.]+) m", page.locator(".gi-tools [role=status]").first.inner_text())
    assert told is not None
    assert float(told[1]) == pytest.approx(100 * metres_of_pixel(page), rel=0.03)


def test_a_print_tells_all_that_a_plan_needs(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    page.evaluate(
        "() => gisland.printView(map_main, { paper: 'A3', landscape: true }).then(() => 0)"
    )
    settle(page)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    (box,) = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)
    assert [float(n) for n in box.split()] == pytest.approx(
        [0, 0, 420 * PT_MM, 297 * PT_MM], abs=0.75
    )
    sheet_of_paper = page.locator(".gi-page")
    text = sheet_of_paper.inner_text()
    assert case.record["project"] in page.locator(".gi-page > h1").inner_text()
    assert re.search(r"1:[\d\u2009]+", text)
    assert re.search(r"20\d\d-\d\d-\d\d", text)
    assert sheet_of_paper.locator("svg.gi-north").is_visible()
    for verdict in ("site", "absorbed", "ineligible"):
        assert catalog("zh")[f"verdict.{verdict}"] in text
    assert case.record["crs"]["name"].split(" ")[0] in text or "EPSG" in text
    assert page.evaluate(
        "(() => { const b = document.querySelector('.gi-print-legend');"
        " return b.scrollHeight <= b.clientHeight + 1; })()"
    )


def test_an_address_opens_the_same_view_again(offline_page: Opener, case: Case) -> None:
    site = case.tables["sites"].reset_index()["site_id"].iloc[0]
    page = opened(offline_page(case.page))
    speak(page, "en")
    go(page, f"site:{site}")
    page.wait_for_timeout(600)  # the address is written a little later
    assert f"site={site}" in page.url
    address, first = page.url, list(sheet(page))
    center = page.evaluate("[map_main.getCenter().lat, map_main.getCenter().lng]")
    page.goto("about:blank")
    page.goto(address)
    opened(page).wait_for_selector(".gi-sheet")
    assert next(iter(sheet(page))) == first[0] == f"Site {site}"
    again = page.evaluate("[map_main.getCenter().lat, map_main.getCenter().lng]")
    assert again == pytest.approx(center, abs=2e-4)


def test_keys_alone_find_a_parcel_and_leave_it(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    parcel = case.parcels[case.parcels["verdict"] == "ineligible"].index[0]
    page.keyboard.press("/")
    page.keyboard.type(str(parcel))
    page.locator(".gi-hits button").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gi-sheet")
    assert next(iter(sheet(page))) == f"宗地 {parcel}"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    page.keyboard.press("Escape")
    assert page.locator(".gi-sheet").count() == 0
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"English", "打印", "测面积", "复制链接"} <= reached


def test_a_phone_shows_the_map_and_a_popup_that_can_be_read(
    offline_page: Opener, case: Case
) -> None:
    page = offline_page("<p>-</p>")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(case.page.as_uri())
    opened(page)
    assert (
        page.locator(
            ".gi-panel details[open]:visible, .leaflet-control-layers details[open]:visible"
        ).count()
        == 0
    )
    parcels = lonely(case.parcels)
    i = parcels[parcels["verdict"] == "ineligible"]["size"].idxmax()
    assert f"宗地 {i}" in ask(page, parcels["at"][i])
    page.wait_for_timeout(400)  # the map moves until all of it can be seen
    box = page.locator(".leaflet-popup-content-wrapper").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] >= 0
    assert box["width"] >= 280
    size = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('.gi-sheet td')).fontSize)"
    )
    assert size >= 12
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
