"""The map of the sample district as a run writes it, in a browser without network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gisland.layers.writing.results import Results, read_results
from gisland.present import style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gisland.jobs import Done

REFUSED = "420190005002GB00006"  # larger than the area cap of the sample's rules
PARCELS = "宗地（按判定）"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def results(sample_run: Done) -> Results:
    return read_results(sample_run.folder)


@pytest.fixture
def drawn_map(sample_run: Done, offline_page: Callable[[Path | str], Page]) -> Page:
    """The map once it is drawn; `offline_page` looks for requests and errors at the end."""
    page = offline_page(sample_run.folder / "map.html")
    page.wait_for_function("window.map_main && map_main._loaded")
    still(page)
    return page


def still(page: Page) -> None:
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
        ".then(() => gisland.known()).then(() => gisland.drawn())"
    )


def place(results: Results, parcel_id: str) -> list[float]:
    """Latitude and longitude of a point in a parcel."""
    shapes = results.tables["parcels"].set_index("parcel_id").geometry.loc[[parcel_id]]
    at = shapes.representative_point().to_crs(4326).iloc[0]
    return [at.y, at.x]


def pixel(page: Page, at: list[float]) -> tuple[float, float]:
    """Pixel of a place, brought to the middle of the map, close enough to hit a small parcel."""
    page.evaluate("(at) => { map_main.setView(at, 18, { animate: false }); }", at)
    still(page)
    x, y = page.evaluate(
        "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }", at
    )
    return x, y


def colors(page: Page) -> dict[str, int]:
    """Number of opaque pixels of each color in the layer of the parcels."""
    found: dict[str, int] = page.evaluate(
        """() => {
          const layer = gisland.layers.find((one) => one.head.id === "parcels"), count = {};
          if (!layer._map) return count;
          for (const { el, coords } of Object.values(layer._tiles)) {
            if (coords.z !== layer._tileZoom) continue;
            const { data } = el.getContext("2d").getImageData(0, 0, el.width, el.height);
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] !== 255) continue;
              const key = "#" + [...data.slice(i, i + 3)]
                .map((v) => v.toString(16).padStart(2, "0")).join("");
              count[key] = (count[key] || 0) + 1;
            }
          }
          return count;
        }"""
    )
    return found


def test_parcels_are_painted_in_the_colors_of_their_verdicts(
    drawn_map: Page, results: Results
) -> None:
    parcels = results.tables["parcels"].sort_values("area_m2", ascending=False)
    largest = parcels.drop_duplicates("verdict").set_index("verdict")["parcel_id"]
    assert set(largest.index) == {"site", "absorbed", "eligible", "ineligible", "none"}
    for verdict, parcel_id in largest.items():
        pixel(drawn_map, place(results, parcel_id))
        assert colors(drawn_map).get(style.VERDICTS[verdict].fill, 0) > 100, verdict


def test_a_layer_switched_off_and_on_changes_the_picture_and_brings_it_back(
    drawn_map: Page,
) -> None:
    fill = style.VERDICTS["none"].fill
    first = colors(drawn_map)
    drawn_map.get_by_label(PARCELS).uncheck()
    still(drawn_map)
    without = colors(drawn_map)
    drawn_map.get_by_label(PARCELS).check()
    still(drawn_map)
    assert first[fill] > 1000
    assert without.get(fill, 0) == 0
    assert colors(drawn_map) == first


def test_a_click_on_a_refused_scrap_tells_why(drawn_map: Page, results: Results) -> None:
    drawn_map.mouse.click(*pixel(drawn_map, place(results, REFUSED)))
    sheet = drawn_map.locator(".gi-sheet")
    sheet.wait_for()
    heads = sheet.locator("summary").all_inner_texts()
    assert heads[0] == f"宗地 {REFUSED} 不可并入"
    told = sheet.inner_text()
    area = results.tables["parcels"].set_index("parcel_id").loc[REFUSED, "area_m2"]
    assert f"XM04：超出单宗零星用地面积上限：{area:,.2f} m²（要求 < 2,000.00 m²）" in told


def test_find_goes_to_a_site_and_tells_about_it(drawn_map: Page) -> None:
    drawn_map.get_by_role("searchbox").fill("XM07")
    hits = drawn_map.locator(".gi-hits button")
    assert [t for t in hits.all_inner_texts() if "XM07" in t]
    hits.first.click()
    drawn_map.locator(".gi-sheet").wait_for()
    assert "XM07" in drawn_map.locator(".gi-sheet summary").first.inner_text()
    assert "1,940.40 m²" in drawn_map.locator(".gi-sheet").inner_text()
