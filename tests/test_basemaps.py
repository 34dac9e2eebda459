"""Base maps in the browser: in their place, under everything, one at a time, and nothing more."""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib import image as pictures
from pyproj import Transformer

from basemapfiles import CROSS, write_folder, write_mbtiles, write_tiff
from gisland.base.basemaps import BaseMap, BaseSource, served_map
from gisland.layers.basemaps import read_base_maps
from gisland.present.offline import POLICY, asset
from gisland.present.webmap import folium_map, web_map
from maptables import CRS, map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NONE, NOTE = "无底图", ".gi-base-note"
URL = "https://tiles.test/{z}/{x}/{y}.png"
HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}{% x %}{#"
# Points of WGS 84 and GCJ-02 that public converters (eviltransform, coordtransform) are tested by.
REFERENCE = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
    ((48.85, 2.35), (48.85, 2.35)),
]


def gcj02(lat: float, lng: float) -> tuple[float, float]:
    """Twin of the page's function, written another way: in radians, term by term."""
    if not (0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347):
        return lat, lng
    x, y = lng - 105.0, lat - 35.0

    def waves(of: float, terms: list[tuple[float, float]]) -> float:
        return sum(2 / 3 * size * math.sin(of * math.pi * rate) for size, rate in terms)

    short = [(20.0, 6.0), (20.0, 2.0)]
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * abs(x) ** 0.5
    north += waves(x, short) + waves(y, [(20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30)])
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * abs(x) ** 0.5
    east += waves(x, [*short, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30)])
    axis, squared = 6378245.0, 0.00669342162296594323
    root = math.sqrt(1 - squared * math.sin(math.radians(lat)) ** 2)
    meridian = axis * (1 - squared) / root**3
    parallel = axis / root * math.cos(math.radians(lat))
    return lat + math.degrees(north / meridian), lng + math.degrees(east / parallel)


def place() -> tuple[float, float]:
    """Latitude and longitude of the cross."""
    lng, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(*CROSS)
    return lat, lng


def read(kind: str, path: Path, **more: Any) -> BaseMap:  # noqa: ANN401
    source = BaseSource(kind, str(path), **more)
    return read_base_maps([source], folder=path, beside=path.parent)[0]


def page_of(*base_maps: BaseMap, tables: dict[str, Any] | None = None) -> str:
    return web_map(tables or {}, run=map_run(), language="zh", base_maps=base_maps)


@pytest.fixture(scope="module")
def tiff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiff(tmp_path_factory.mktemp("ground") / "ortho.tif", nodata=0)


@pytest.fixture(scope="module")
def photo(tiff: Path) -> BaseMap:
    return read("image", tiff)


def look(page: Page, lat: float, lng: float, zoom: float = 17) -> None:
    page.evaluate("([a, b, z]) => map_main.setView([a, b], z, {animate: false})", [lat, lng, zoom])


def choose(page: Page, name: str) -> None:
    page.get_by_label(name, exact=True).check()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.leaflet-map-pane img')].every(i => i.complete)"
        " && !document.querySelector('.leaflet-tile:not(.leaflet-tile-loaded)')"
    )
    page.wait_for_timeout(350)  # tiles fade in


def screen(page: Page) -> np.ndarray:
    return np.round(pictures.imread(io.BytesIO(page.screenshot()))[..., :3] * 255).astype(int)


def cross(page: Page) -> tuple[float, float]:
    """Middle of the white cross on the screen, away from panels."""
    across, down = page.evaluate("() => { const s = map_main.getSize(); return [s.x, s.y]; }")
    left, top = int(across / 2) - 90, int(down / 2) - 90
    dark = screen(page)[top : top + 180, left : left + 180].min(axis=2)
    white = np.where(dark > 60, dark - 40, 0)  # the ground is 40 there
    assert (abs(dark - 40) < 8).mean() > 0.7, "there is no ground"
    assert (white > 200).sum() > 300, "there is no cross"
    columns = np.average(np.arange(180), weights=white.sum(axis=0))
    rows = np.average(np.arange(180), weights=white.sum(axis=1))
    return float(columns) + left + 0.5, float(rows) + top + 0.5


def on_screen(page: Page, lat: float, lng: float) -> list[float]:
    script = "([a, b]) => { const p = map_main.latLngToContainerPoint([a, b]); return [p.x, p.y]; }"
    return page.evaluate(script, [lat, lng])


# --- without a base map --------------------------------------------------------------------------


def test_without_base_maps_the_page_is_as_it_was() -> None:
    page = web_map(map_tables(), run=map_run(), language="zh")
    assert page == web_map(map_tables(), run=map_run(), language="zh", base_maps=())
    assert "basemap" not in page
    assert f'content="{POLICY}"' in page


# --- where they lie ------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["image", "mbtiles", "tiles"])
def test_a_base_map_lies_in_its_place(
    kind: str, tiff: Path, tmp_path: Path, offline_page: Callable[[Path | str], Page]
) -> None:
    files = {
        "image": lambda: tiff,
        "mbtiles": lambda: write_mbtiles(tmp_path / "town.mbtiles", tiff),
        "tiles": lambda: write_folder(tmp_path / "tiles 瓦片", tiff),
    }
    page = offline_page(page_of(read(kind, files[kind](), title="影像")))
    look(page, *place())
    choose(page, "底图：影像")
    assert cross(page) == pytest.approx(on_screen(page, *place()), abs=1)
    look(page, *place(), 18)  # beyond the tiles
    choose(page, "底图：影像")
    assert cross(page) == pytest.approx(on_screen(page, *place()), abs=1.5)


@pytest.mark.browser
def test_tiles_with_rows_from_the_south_lie_in_their_place(
    tiff: Path, tmp_path: Path, offline_page: Callable[[Path | str], Page]
) -> None:
    page = offline_page(page_of(read("tiles", write_folder(tmp_path / "tms", tiff, tms=True))))
    look(page, *place())
    choose(page, "底图：tms")
    assert cross(page) == pytest.approx(on_screen(page, *place()), abs=1)


@pytest.mark.browser
def test_tiles_do_not_keep_the_map_from_other_zooms(
    tiff: Path, tmp_path: Path, offline_page: Callable[[Path | str], Page]
) -> None:
    page = offline_page(page_of(read("mbtiles", write_mbtiles(tmp_path / "a.mbtiles", tiff))))
    look(page, *place(), 12)
    choose(page, "底图：a")
    assert page.evaluate("map_main.getZoom()") == 12
    assert page.evaluate("[map_main.getMinZoom(), map_main.getMaxZoom()]") == [0, 23]


# --- how they are chosen -------------------------------------------------------------------------


@pytest.mark.browser
def test_one_at_a_time_and_none_at_first(
    photo: BaseMap, offline_page: Callable[[Path | str], Page]
) -> None:
    again = BaseMap("image", photo.title, image=photo.image, bounds=photo.bounds)
    year = BaseMap("image", "2024", image=photo.image, bounds=photo.bounds, gcj02=True)
    page = offline_page(page_of(photo, again, year, tables=map_tables()))
    names = page.locator(".leaflet-control-layers-base label").all_inner_texts()
    assert [n.strip() for n in names] == [NONE, "底图：ortho", "底图：ortho（2）", "底图：2024"]
    assert page.get_by_label(NONE).is_checked()
    assert page.locator(".leaflet-image-layer").count() == 0
    assert page.locator(NOTE).count() == 0
    page.evaluate("() => { told = []; map_main.on('gi-base', e => told.push(e.id)); }")
    for name in names[1:]:
        choose(page, name.strip())
        assert page.locator(".leaflet-image-layer").count() == 1
        assert page.locator(NOTE).count() == 1
    page.get_by_label(NONE).check()
    assert page.locator(".leaflet-image-layer").count() == 0
    assert page.locator(NOTE).count() == 0
    assert page.evaluate("told") == ["base-1", None, "base-2", None, "base-3", None]


@pytest.mark.browser
def test_a_base_map_lies_under_everything(
    photo: BaseMap, offline_page: Callable[[Path | str], Page]
) -> None:
    page = offline_page(page_of(photo, tables=map_tables()))
    choose(page, "底图：ortho")
    below = page.evaluate("+getComputedStyle(map_main.getPane('gi-base-1')).zIndex")
    assert below < 350 < page.evaluate("+getComputedStyle(map_main.getPanes().overlayPane).zIndex")
    middle = on_screen(page, *place())
    page.mouse.click(*middle)  # answered by the parcel, not by the picture
    assert "P" in page.locator(".gi-sheet summary").first.inner_text()


# --- GCJ-02 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "expected"), REFERENCE)
def test_the_twin_agrees_with_published_points(
    given: tuple[float, float], expected: tuple[float, float]
) -> None:
    assert gcj02(*given) == pytest.approx(expected, abs=1e-9)


@pytest.mark.browser
def test_the_page_shifts_as_the_twin_does(
    photo: BaseMap, offline_page: Callable[[Path | str], Page]
) -> None:
    page = offline_page(page_of(photo))
    random = np.random.default_rng(7)
    points = np.column_stack([random.uniform(-10, 70, 200), random.uniform(60, 145, 200)]).tolist()
    points += [[35.0, 105.0], [0.8293, 72.004], [48.85, 2.35]]
    found = page.evaluate("points => points.map(([a, b]) => gisland.gcj02(a, b))", points)
    assert np.allclose(found, [gcj02(*p) for p in points], rtol=0, atol=1e-11)
    assert found[-1] == [48.85, 2.35]


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["image", "mbtiles"])
def test_gcj02_is_shown_where_it_belongs(
    kind: str, tiff: Path, tmp_path: Path, offline_page: Callable[[Path | str], Page]
) -> None:
    """A picture said to be in GCJ-02: its cross is shown where that place is in WGS 84."""
    path = tiff if kind == "image" else write_mbtiles(tmp_path / "ortho.mbtiles", tiff)
    page = offline_page(page_of(read(kind, path), read(kind, path, title="偏移", gcj02=True)))
    lat, lng = place()
    south, west = 2 * lat - gcj02(lat, lng)[0], 2 * lng - gcj02(lat, lng)[1]  # nearly the inverse
    for _ in range(3):
        back = gcj02(south, west)
        south, west = south + lat - back[0], west + lng - back[1]
    look(page, south, west)
    choose(page, "底图：偏移")
    assert "偏移显示" in page.locator(NOTE).inner_text()
    assert "数据未改动" in page.locator(NOTE).inner_text()
    assert cross(page) == pytest.approx(on_screen(page, south, west), abs=1.5)
    page.mouse.move(200, 600)
    page.evaluate("() => map_main.panBy([60, -40], {animate: false})")
    choose(page, "底图：偏移")
    assert cross(page) == pytest.approx(on_screen(page, south, west), abs=1.5)
    look(page, south, west, 18)
    choose(page, "底图：偏移")
    assert cross(page) == pytest.approx(on_screen(page, south, west), abs=2.5)


@pytest.mark.browser
def test_data_do_not_move_by_a_pixel(
    photo: BaseMap, offline_page: Callable[[Path | str], Page]
) -> None:
    hidden = BaseMap("image", "空", image=photo.image, bounds=(0, 0, 1, 1), gcj02=True)
    page = offline_page(page_of(hidden, tables=map_tables()))
    page.add_style_tag(content=".gi-panel, .leaflet-control { visibility: hidden }")
    page.evaluate("gisland.known().then(() => gisland.drawn())")
    plain = screen(page)
    page.evaluate("basemap_1.addTo(map_main)")
    pane = page.evaluate("map_main.getPane('gi-base-1').style.transform")
    moved = [float(n) for n in re.findall(r"-?[\d.]+(?=px)", pane)]
    assert abs(moved[0]) > 50
    page.evaluate("gisland.drawn()")
    assert (screen(page) != plain).any()  # large fills are thin above a base map
    page.evaluate("gisland.below.base = false; gisland.refresh(); gisland.drawn()")
    assert (screen(page) == plain).all()


# --- what the page may load ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_map", "images"),
    [
        (served_map(BaseSource("url", URL)), "img-src data: https://tiles.test;"),
        (
            served_map(BaseSource("service", "tianditu-vec", key="k")),
            "img-src data: https://t0.tianditu.gov.cn;",
        ),
        (BaseMap("tiles", "t", templates=("t/{z}/{x}/{y}.png",)), "img-src data: 'self' file:;"),
        (BaseMap("mbtiles", "t", tiles={(1, 1, 1): "data:,"}), "img-src data:;"),
        (BaseMap("image", "t", image="data:,", bounds=(1, 1, 2, 2)), "img-src data:;"),
    ],
    ids=lambda v: v.kind if isinstance(v, BaseMap) else "",
)
def test_the_policy_is_widened_by_what_is_needed(base_map: BaseMap, images: str) -> None:
    found = re.search(r'Security-Policy" content="([^"]*)"', page_of(base_map))
    assert found is not None
    assert found[1] == POLICY.replace("img-src data:;", images)


@pytest.fixture
def without_network(chromium_browser: Browser, tmp_path: Path) -> Iterator[tuple[Any, list[str]]]:
    """Opens a page offline; errors of scripts, not those of pictures that do not come."""
    context = chromium_browser.new_context(offline=True, locale="zh-CN")
    context.set_default_timeout(5000)
    errors: list[str] = []
    context.on("weberror", lambda e: errors.append(str(e.error)))
    asked: list[str] = []
    context.on("request", lambda r: asked.append(r.url))

    def open_page(text: str) -> Page:
        (tmp_path / "map.html").write_text(text, "utf-8")
        page = context.new_page()
        page.goto((tmp_path / "map.html").as_uri())
        return page

    yield open_page, asked
    context.close()
    assert errors == []


@pytest.mark.browser
def test_without_network_a_service_is_only_missing(without_network: Any) -> None:  # noqa: ANN401
    open_page, asked = without_network
    service = served_map(BaseSource("service", "tianditu-vec", key="abc", gcj02=True))
    page = open_page(page_of(service, tables=map_tables()))
    assert [u for u in asked if u.startswith("http")] == []  # nothing, until it is chosen
    page.get_by_label("底图：天地图矢量").check()
    note = page.locator(NOTE)
    note.wait_for()
    page.wait_for_timeout(300)
    hosts = {u.split("/")[2] for u in asked if u.startswith("http")}
    assert hosts == {"t0.tianditu.gov.cn"}
    assert {"vec_w", "cva_w"} == {u.split("/")[3] for u in asked if u.startswith("http")}
    lines = note.locator("p").all_inner_texts()
    assert lines[:2] == ["天地图矢量", "国家地理信息公共服务平台 天地图"]
    assert any("底图需要联网" in line for line in lines)
    assert any("明文" in line for line in lines)
    at = on_screen(page, *place())
    page.mouse.click(*at)
    page.locator(".gi-sheet").wait_for()


@pytest.mark.browser
def test_hostile_titles_are_text(
    photo: BaseMap, offline_page: Callable[[Path | str], Page]
) -> None:
    bad = BaseMap(
        "image", HOSTILE, f"{HOSTILE} {{{{ cycler }}}}", image=photo.image, bounds=photo.bounds
    )
    page = offline_page(page_of(bad))
    choose(page, f"底图：{HOSTILE}")
    lines = page.locator(f"{NOTE} p").all_inner_texts()
    assert lines == [HOSTILE, f"{HOSTILE} {{{{ cycler }}}}"]
    assert page.locator(".leaflet-control-layers img[src=x]").count() == 0


def test_notes_tell_what_was_done_to_a_picture() -> None:
    base = BaseMap(
        "image", "t", image="data:,", bounds=(1, 1, 2, 2), notes=("shrunk", "bands", "stretched")
    )
    page = page_of(base)
    assert all(word in page for word in ("底图已缩小", "只显示前三个波段", "亮度已拉伸"))


def test_rendering_twice_gives_the_same_page(photo: BaseMap) -> None:
    drawn = folium_map({}, run={}, language="en", base_maps=[photo])
    assert drawn.get_root().render() == drawn.get_root().render()


def test_own_script_writes_no_markup_and_names_no_address() -> None:
    script = asset("basemap.js")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script) == []
    )
    assert "http" not in script
