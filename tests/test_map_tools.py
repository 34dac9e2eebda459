"""Tools of the map in the browser: before and after, measuring, and the page for print."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib import image as pictures
from pyproj import Geod

from gisland.present import style
from gisland.present.style import catalog
from gisland.present.webmap import web_map
from mapseen import opened, settle
from maptables import CRS, X, Y, map_run, map_tables
from test_map_surfaces import surfaces

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SITE, ABSORBED, NONE = (style.VERDICTS[v].fill for v in ("site", "absorbed", "none"))
MIDDLE = {"P04": (125.5, 30.0), "P08": (190.0, 140.0), "P06": (200.0, 30.0), "P03": (20.0, 184.0)}
GEOD = Geod(ellps="WGS84")
PT_MM = 72 / 25.4

Opener = "Callable[[Path | str], Page]"


@pytest.fixture(scope="module")
def zh() -> str:
    return web_map(map_tables(), run=map_run(), language="zh", surfaces=surfaces())


RESULT = ".gi-tools [role=status]"  # what was measured


def compare(page: Page, mode: str) -> None:
    page.evaluate("(mode) => gisland.compare(map_main, mode)", mode)
    settle(page)


def place(page: Page, x: float, y: float) -> tuple[int, int]:
    """Where a place, in metres from the corner of the block, is on the screen."""
    at = gpd.GeoSeries([shapely.Point(X + x, Y + y)], crs=CRS).to_crs(4326)[0]
    east, down = page.evaluate(
        "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }",
        [at.y, at.x],
    )
    return round(east), round(down)


def colors(page: Page) -> dict[str, str]:
    shot = np.round(pictures.imread(io.BytesIO(page.screenshot())) * 255).astype(int)
    found = {}
    for parcel, (x, y) in MIDDLE.items():
        east, down = place(page, x, y)
        found[parcel] = "#" + "".join(f"{c:02x}" for c in shot[down, east, :3])
    return found


def picture(page: Page) -> bytes:
    page.mouse.move(600, 5)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.querySelector('.gi-legend').scrollTop = 0")
    return page.screenshot(mask=[page.locator(".gi-tools")])  # the map; a button may have the focus


def titles(page: Page) -> list[str]:
    return page.locator(".gi-sheet summary > span:first-child").all_inner_texts()


def ask(page: Page, x: float, y: float) -> list[str]:
    page.evaluate("map_main.closePopup()")
    page.mouse.click(*place(page, x, y))
    page.wait_for_selector(".gi-sheet")
    return titles(page)


# --- before and after -----------------------------------------------------------------------------


def test_before_and_after_are_drawn_as_they_are(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    assert colors(page) == {"P04": ABSORBED, "P03": ABSORBED, "P08": NONE, "P06": SITE}
    compare(page, "before")
    assert colors(page) == {"P04": NONE, "P03": NONE, "P08": NONE, "P06": SITE}
    compare(page, "after")
    assert colors(page) == {"P04": SITE, "P03": SITE, "P08": NONE, "P06": SITE}


def test_leaving_the_comparison_restores_every_pixel_and_tick(
    offline_page: Opener, zh: str
) -> None:
    page = opened(offline_page(zh))
    page.get_by_label("改造前范围").uncheck()
    page.get_by_label("项目用地（改造后）").uncheck()
    settle(page)
    ticks = "[...document.querySelectorAll('input[type=checkbox]')].map((t) => t.checked)"
    first, ticked = picture(page), page.evaluate(ticks)
    for mode in ("before", "after", "swipe"):
        compare(page, mode)
        assert picture(page) != first
    compare(page, "off")
    assert page.evaluate(ticks) == ticked
    assert page.locator(".gi-swipe").count() == 0
    assert picture(page) == first


def test_swipe_shows_and_answers_what_lies_on_each_side(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.get_by_role("button", name="对比").click()
    handle = page.get_by_role("slider")
    handle.wait_for()
    assert handle.get_attribute("aria-valuenow") == "50"
    assert page.locator(".gi-side").all_inner_texts() == ["改造前", "改造后"]
    box, (east, _) = handle.bounding_box(), place(page, *MIDDLE["P04"])
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(east + 40, y, steps=4)
    page.mouse.up()
    settle(page)
    assert int(handle.get_attribute("aria-valuenow") or 0) == round(100 * (east + 40) / 1100)
    assert colors(page) == {"P04": NONE, "P03": NONE, "P08": NONE, "P06": SITE}
    assert ask(page, *MIDDLE["P04"])[:2] == ["宗地 P04", "零星用地 P04"]
    assert ask(page, 200, 30)[0] == "项目用地 S02"
    assert "宗地 P06" not in titles(page)
    page.evaluate("map_main.closePopup()")
    handle.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    settle(page)
    assert colors(page)["P04"] == SITE
    assert ask(page, *MIDDLE["P04"]) == ["项目用地 S02", "工业区块 B1"]


def test_the_divider_moves_by_keys_and_stays_while_the_map_moves(
    offline_page: Opener, zh: str
) -> None:
    page = opened(offline_page(zh))
    compare(page, "swipe")
    handle = page.get_by_role("slider")
    handle.focus()
    steps = (
        ("ArrowRight", "52"),
        ("ArrowLeft", "50"),
        ("PageUp", "60"),
        ("Home", "0"),
        ("End", "100"),
    )
    before = page.evaluate("map_main.getCenter()")
    for key, share in steps:
        page.keyboard.press(key)
        assert handle.get_attribute("aria-valuenow") == share
    assert page.evaluate("map_main.getCenter()") == before
    page.keyboard.press("Home")
    page.evaluate("map_main.panBy([60, 40], { animate: false })")
    settle(page)
    assert colors(page)["P04"] == SITE  # all is after


def test_legend_of_a_side_lists_and_counts_what_is_there(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))

    def told() -> dict[str, str]:
        rows = page.locator(".gi-legend section:not(.gi-hidden) .gi-class").all()
        return {
            r.locator("span").first.inner_text(): r.locator(".gi-count").inner_text() for r in rows
        }

    full = told()
    assert (full["改造项目用地"], full["并入"], full["其他宗地"]) == ("3", "2", "4")
    compare(page, "before")
    assert "并入" not in told()
    assert "改造后范围" not in told()
    assert told()["其他宗地"] == "6"
    compare(page, "after")
    assert not {"并入", "改造项目用地", "改造前范围", "夹心地", "边角地"} & {
        name for name, count in told().items() if count != "0"
    }
    assert told()["改造后范围"] == "2"
    compare(page, "off")
    assert told() == full


def test_surfaces_of_both_sides_are_shown(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.locator(".gi-choice:not(.gi-themes) select").select_option("far_before")
    compare(page, "swipe")
    shown = page.locator("img.gi-surface:visible")
    source = {
        one["id"]: one["image"]
        for group in json.loads(page.locator("#gisland-surfaces").inner_text())["groups"]
        for one in group["layers"]
    }
    assert {s.get_attribute("src") for s in shown.all()} == {
        source["far_before"],
        source["far_after"],
    }
    compare(page, "off")
    assert [s.get_attribute("src") for s in shown.all()] == [source["far_before"]]


def test_each_side_shows_its_own_densities(offline_page: Opener) -> None:
    given = map_tables()
    far = {"P04": 0.4, "P03": 0.4, "P06": 0.4, "P08": 0.4}
    given["parcels"] = given["parcels"].assign(far=given["parcels"]["parcel_id"].map(far))
    given["sites"] = given["sites"].assign(far_after=2.2)
    given.pop("indicators", None)
    page = opened(offline_page(web_map(given, run=map_run(), language="en")))
    heads = page.locator(".gi-legend section:visible h3")
    themes = page.evaluate("gisland.layers.find((l) => l.head.id === 'parcels').head.themes")
    name = {t["id"]: page.evaluate("(t) => gisland.expand(t)", t["name"]) for t in themes}
    low, high = style_of(themes, "far_before", 0), style_of(themes, "far_after", -2)
    side_by_side = page.evaluate("(t) => gisland.expand(t)", themes[1]["both"])
    both = {"far_before", "far_after", "far_difference", "kind"}

    def told() -> set[str]:
        shown = heads.all_inner_texts()
        sides = {"far_before", "far_after"} if side_by_side in shown else set()
        return {key for key in both if name[key] in shown} | sides

    page.evaluate("gisland.setTheme('parcels', 'far_difference')")
    compare(page, "before")
    assert (told(), set(colors(page).values())) == ({"far_before"}, {low})
    compare(page, "after")
    after = {"P04": high, "P03": high, "P06": high, "P08": low}
    assert (told(), colors(page)) == ({"far_after"}, after)
    compare(page, "swipe")
    assert told() == {"far_before", "far_after"}
    page.evaluate("gisland.setTheme('parcels', 'kind')")
    settle(page)
    assert told() == {"kind"}
    page.keyboard.press("Escape")
    page.evaluate("gisland.setTheme('parcels', 'far_before')")
    slide = page.get_by_role("slider")
    slide.press("Home")
    settle(page)
    assert (told(), colors(page)) == ({"far_before", "far_after"}, after)
    part = page.locator(".gi-legend section", has=page.get_by_text(side_by_side, exact=True))
    fills = [c["style"].get("fill") for t in themes if t["id"] == "far_after" for c in t["classes"]]
    part.locator("input").nth(fills.index(high)).uncheck()
    settle(page)
    assert high not in colors(page).values()
    slide.press("End")
    settle(page)
    assert set(colors(page).values()) == {low}  # the high class is off on both sides
    compare(page, "off")
    page.evaluate("gisland.setTheme('parcels', 'far_after')")
    settle(page)
    assert high not in colors(page).values()
    assert told() == {"far_after"}


def style_of(themes: list[dict[str, Any]], theme: str, place: int) -> str:
    """Color of a class of a theme, of those that some parcel is in without the last one."""
    classes = next(t["classes"] for t in themes if t["id"] == theme)
    return str([c for c in classes if c["count"] != "0"][place]["style"]["fill"])


def test_without_sites_there_is_nothing_to_compare(offline_page: Opener) -> None:
    bare = {"parcels": map_tables()["parcels"].drop(columns="site_id")}
    page = opened(offline_page(web_map(bare, run=map_run(), language="en")))
    assert page.get_by_role("button", name="Compare").count() == 0
    compare(page, "swipe")
    assert page.get_by_role("slider").count() == 0


# --- measuring ------------------------------------------------------------------------------------


def figures() -> list[list[list[float]]]:
    """Stars of up to 5 km at latitudes from the equator to 60°."""
    random, made = np.random.default_rng(7), []
    for lat in (0.0, 0.5, 15.0, 30.6, 45.0, 59.9):
        for reach in (20.0, 900.0, 2_500.0):
            turns = np.sort(random.uniform(0, 360, 7))
            far = random.uniform(0.3, 1, 7) * reach
            lng, up, _ = GEOD.fwd(np.full(7, 114.3), np.full(7, lat), turns, far)
            made.append(np.stack([up, lng], axis=1).tolist())
    return made


def test_lengths_and_areas_are_those_of_the_ellipsoid(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    shapes = figures()
    code = "(all) => all.map((one) => { const p = one.map((q) => L.latLng(q)); return %s; })"
    lengths = page.evaluate(code % "gisland.geodesy.length(p)", shapes)
    areas = page.evaluate(code % "gisland.geodesy.area(p)", shapes)
    for shape, length, area in zip(shapes, lengths, areas, strict=True):
        lat, lng = np.array(shape).T
        assert length == pytest.approx(GEOD.line_length(lng, lat), rel=1e-8)
        assert area == pytest.approx(abs(GEOD.polygon_area_perimeter(lng, lat)[0]), rel=2e-6)


def test_a_drawn_length_is_told_and_clicks_open_nothing(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.get_by_role("button", name="测距离").click()
    assert page.evaluate("gisland.busy") is True
    start, end = place(page, 20, 30), place(page, 120, 30)
    page.mouse.click(*start)
    page.mouse.dblclick(*end)
    assert page.locator(".gi-sheet").count() == 0
    assert not page.evaluate("gisland.busy")
    told = page.locator(RESULT).inner_text()
    length = re.fullmatch(r"距离 ([\d.]+) m", told)
    assert length is not None
    assert float(length[1]) == pytest.approx(100, abs=1.5)  # a pixel
    assert page.locator(".leaflet-gi-measure-pane path").count() == 3  # two points and the line
    page.get_by_role("button", name="English").click()
    assert page.locator(RESULT).inner_text() == f"Distance {length[1]} m"
    page.evaluate("map_main.panBy([10, 0], { animate: false })")
    assert page.locator(RESULT).is_visible()
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".leaflet-gi-measure-pane path").count() == 0
    assert not page.locator(RESULT).is_visible()
    page.mouse.click(*place(page, 20, 30))
    page.wait_for_selector(".gi-sheet")


def test_an_area_by_keys_alone(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.get_by_role("button", name="测面积").press("Enter")
    corners = ((0, 0), (100, 0), (900, 900), (100, 80), (0, 80))
    for x, y in corners:
        at = gpd.GeoSeries([shapely.Point(X + x, Y + y)], crs=CRS).to_crs(4326)[0]
        page.evaluate("(at) => map_main.setView(at, 17, { animate: false })", [at.y, at.x])
        page.keyboard.press("Space")
        if x == 900:
            page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    told = re.search(r"面积 ([\d,.]+) m²（([\d.]+) 亩）", page.locator(RESULT).inner_text())
    assert told is not None
    area = float(told[1].replace(",", ""))
    assert area == pytest.approx(8_000, rel=2e-3)  # the map's middle is a whole pixel
    assert float(told[2]) == pytest.approx(area * 15 / 10_000, abs=6e-4)
    page.get_by_role("button", name="测距离").click()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert page.locator(".leaflet-gi-measure-pane path").count() == 0
    assert page.get_by_role("button", name="测距离").get_attribute("aria-pressed") == "false"
    assert not page.evaluate("gisland.busy")


# --- print ----------------------------------------------------------------------------------------


def media_boxes(pdf: bytes) -> list[list[float]]:
    """MediaBox of each page of a PDF, in points."""
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(re.findall(rb"/MediaBox", pdf))
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)
    return [[float(n) for n in box.split()] for box in boxes]


def print_view(page: Page, **settings: Any) -> None:  # noqa: ANN401 - JSON
    page.evaluate("(all) => gisland.printView(map_main, all)", settings)


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("landscape", [True, False])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_print_is_one_page_of_exactly_the_paper(
    offline_page: Opener, *, paper: str, landscape: bool, language: str
) -> None:
    page = opened(offline_page(web_map(map_tables(), run=map_run(), language=language)))
    print_view(page, paper=paper, landscape=landscape)
    (box,) = media_boxes(page.pdf(prefer_css_page_size=True, print_background=True))
    short, long = {"A4": (210, 297), "A3": (297, 420)}[paper]
    wide, high = (long, short) if landscape else (short, long)
    assert box == pytest.approx([0, 0, wide * PT_MM, high * PT_MM], abs=0.75)
    page.emulate_media(media="print")
    inside = page.evaluate(
        "() => { const p = document.querySelector('.gi-page'), b = p.getBoundingClientRect();"
        " return [...p.querySelectorAll('*')].filter((e) => !e.closest('.leaflet-container'))"
        ".map((e) => e.getBoundingClientRect()).every((r) => r.left >= b.left && r.top >= b.top"
        " && r.right <= b.right && r.bottom <= b.bottom); }"
    )
    assert inside
    text = page.locator(".gi-page").inner_text()
    words = catalog(language)
    assert words["map.ui.legend"] in text
    assert words["map.ui.printed"].partition("{")[0] in text
    assert map_run()["project"] in page.locator(".gi-page > h1").inner_text()
    for hidden in (".gi-panel", ".gi-tools", ".gi-print-bar", ".leaflet-control"):
        assert not any(one.is_visible() for one in page.locator(hidden).all())


@pytest.mark.parametrize("scale", [0, 1000, 2000])
def test_the_scale_is_true_on_paper(offline_page: Opener, zh: str, scale: int) -> None:
    page = opened(offline_page(zh))
    print_view(page, scale=scale, landscape=True)
    told = re.search(r"1:([\d\s]+)", page.locator(".gi-ratio").inner_text())
    assert told is not None
    shown = int(re.sub(r"\s", "", told[1]))
    assert shown == scale or not scale
    bar = page.locator(".gi-bar").bounding_box()
    assert bar is not None
    marks = page.locator(".gi-marks span").all_inner_texts()
    length = float(marks[-1].removesuffix(" m"))
    assert bar["width"] / 96 * 0.0254 * shown == pytest.approx(length, rel=1e-3)
    across = page.evaluate(
        "(px) => { const s = map_main.getSize(), at = (x) =>"
        " map_main.containerPointToLatLng([s.x / 2 + x, s.y / 2]);"
        " const a = at(-px / 2), b = at(px / 2); return [a.lat, a.lng, b.lat, b.lng]; }",
        bar["width"],
    )
    a_lat, a_lng, b_lat, b_lng = across
    assert GEOD.inv(a_lng, a_lat, b_lng, b_lat)[2] == pytest.approx(length, rel=0.01)


def test_all_that_was_seen_is_on_the_paper(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    for landscape in (True, False):
        print_view(page, landscape=landscape)
        assert page.evaluate("map_main.getBounds().contains(gisland.pageData.bounds)")


def test_the_print_has_the_notes_of_the_legend_and_the_date_that_is_wanted(
    offline_page: Opener, zh: str
) -> None:
    page = opened(offline_page(zh))
    page.locator(".gi-themes select").select_option("far_after")
    print_view(page, date="2026-01-01")
    legend = page.locator(".gi-print-legend")
    assert "定有规划容积率的，改造后按规划容积率。" in legend.locator("p").all_inner_texts()
    assert "打印日期：2026-01-01" in page.locator(".gi-sources").inner_text()
    inside = legend.evaluate("(box) => box.scrollHeight <= box.clientHeight + 1")
    assert inside


def test_the_printed_legend_lists_what_is_visible_alone(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.get_by_label("项目用地（改造前）").uncheck()
    page.locator(".gi-class", has_text="不可并入").locator("input").uncheck()
    print_view(page)
    legend = page.locator(".gi-print-legend")
    rows = {
        r.locator("span").first.inner_text(): r.locator(".gi-count").inner_text()
        for r in legend.locator(".gi-class").all()
    }
    assert {"改造项目用地": "3", "并入": "2", "改造后范围": "2"}.items() <= rows.items()
    assert not {"不可并入", "改造前范围", "改造片区"} & set(rows)
    assert "密度面" not in legend.inner_text()
    page.evaluate("gisland.printView(map_main, null)")
    page.locator(".gi-choice:not(.gi-themes) select").select_option("far_before")
    compare(page, "before")
    print_view(page)
    text = legend.inner_text()
    assert "容积率" in text
    assert "并入\n" not in text


def test_a_site_shown_alone_is_printed_large_and_by_name(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.evaluate("gisland.filterSite(map_main, gisland.pageData.sites[0])")
    page.evaluate("gisland.printView(map_main, {})")
    site = page.evaluate("gisland.pageData.sites[0]")
    assert page.locator(".gi-page > h1").inner_text().endswith(f"项目用地 {site}")
    taken = page.evaluate("""() => {
      const { layer, i } = gisland.findKey("site:" + gisland.pageData.sites[0]);
      const box = layer.bounds(i), size = map_main.getSize();
      const a = map_main.latLngToContainerPoint(box.getNorthWest());
      const b = map_main.latLngToContainerPoint(box.getSouthEast());
      return [Math.max((b.x - a.x) / size.x, (b.y - a.y) / size.y), Math.min(a.x, a.y) > 0]; }""")
    assert taken[0] > 0.4  # of the frame: margins and a round scale take the rest
    assert taken[1]
    page.evaluate("gisland.printView(map_main, null)")
    page.evaluate("gisland.filterSite(map_main, null)")
    page.evaluate("gisland.printView(map_main, {})")
    assert site not in page.locator(".gi-page > h1").inner_text()


def test_leaving_the_print_restores_the_view(offline_page: Opener, zh: str) -> None:
    page = opened(offline_page(zh))
    page.evaluate("map_main.setZoom(17.25, { animate: false })")
    settle(page)
    first = picture(page)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="打印").click()
    bar = page.locator(".gi-print-bar")
    bar.get_by_label("图名").fill("<b>{{ 7 * 7 }}")
    assert page.locator(".gi-page > h1").inner_text() == "<b>{{ 7 * 7 }}"
    bar.locator("select").first.select_option("A3")
    bar.locator("select").last.select_option("2000")
    page.wait_for_function("document.querySelector('.gi-ratio').innerText.includes('2\u2009000')")
    assert page.locator(".gi-page > h1").inner_text() == "<b>{{ 7 * 7 }}"
    bar.get_by_role("button", name="打印").click()
    page.wait_for_function("window.printed")
    bar.get_by_role("button", name="返回地图").click()
    assert page.locator(".gi-page, .gi-print-bar").count() == 0
    settle(page)
    page.evaluate("document.activeElement.blur()")
    assert picture(page) == first
    assert page.evaluate("[map_main.options.zoomSnap, Boolean(gisland.busy)]") == [0.25, False]
    page.mouse.click(*place(page, *MIDDLE["P06"]))
    page.wait_for_selector(".gi-sheet")
