"""Density surfaces on the map: in their place, in their colors, with their legend, offline."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from matplotlib import image as pictures

import mappages
from gisland.base.errors import CRSError
from gisland.base.parameters import Parameters
from gisland.base.surfaceclasses import SEQUENTIAL, class_numbers, legends
from gisland.base.surfaces import Surface
from gisland.layers.writing.write import write_results
from gisland.mapping import map_results
from gisland.measure.grids.surfaces import density_surfaces
from gisland.present import style
from gisland.present.mapsurfaces import MOST_PIXELS, surface_data
from gisland.present.messages import skip_reason
from gisland.present.webmap import folium_map, web_map
from mapseen import opened, settle
from maptables import CRS, X, Y, map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

OWN = {"P02": (60, 140), "P06": (160, 30), "P08": (190, 140), "P11": (340, 15)}
PARCELS = "宗地（按判定）"


def surfaces(**given: float) -> tuple[Surface, ...]:
    """FAR of the made-up block of the map, and its tax, before and after."""
    lots = map_tables()["parcels"].set_index("parcel_id")
    lots["floor_m2"] = lots["far"] * lots["area_m2"]
    lots["tax_yuan"] = 150_000 * lots["area_mu"]
    member = lots["site_id"].notna()
    lines = pd.DataFrame(
        {
            "parcel_id": lots.index,
            "after_id": lots["site_id"].where(member, lots.index.to_series()).to_numpy(),
            "role": np.where(member, "site", "kept"),
        }
    )
    far = pd.Series({"S01": 2.0, "S02": 2.5})
    parameters = Parameters(cell_m=20.0, smooth_m=40.0, **given)
    return density_surfaces(lots, lines, planned_far=far, parameters=parameters)[0]


@pytest.fixture(scope="module")
def zh() -> str:
    return web_map(map_tables(), run=map_run(), language="zh", surfaces=surfaces())


def data(page: str) -> dict[str, Any]:
    return mappages.surfaces(page, mappages.texts(page)["language"])


def picture(layer: dict[str, Any]) -> np.ndarray:
    """Picture of a layer, from north to south, as bytes of red, green, blue, alpha."""
    content = base64.b64decode(layer["image"].removeprefix("data:image/png;base64,"))
    return np.round(pictures.imread(io.BytesIO(content)) * 255).astype(int)


def layers(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for group in found["groups"] for one in group["layers"]}


def rgb(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


# --- what is in the page --------------------------------------------------------------------------


def test_without_surfaces_the_page_is_as_it_was() -> None:
    page = web_map(map_tables(), run=map_run(), language="zh")
    assert "gisland-surfaces" not in page
    assert page == web_map(map_tables(), run=map_run(), language="zh", surfaces=())


def test_every_surface_can_be_chosen_by_name(zh: str) -> None:
    found = data(zh)
    assert [g["name"] for g in found["groups"]] == ["容积率", "亩均税收"]
    each = ["改造前", "改造后", "改造后 − 改造前"]
    names = [*each, *(f"{name}（平滑 40 m）" for name in each)]
    assert [one["name"] for one in found["groups"][0]["layers"]] == names


def test_the_legend_tells_classes_unit_and_no_data(zh: str) -> None:
    found = layers(data(zh))
    far = found["far_before"]
    assert far["head"] == "容积率 · 改造前"
    assert [c["color"] for c in far["classes"]] == [*SEQUENTIAL, ""]
    assert far["classes"][1]["label"] == "0.5 至 1"
    assert far["classes"][-1]["label"] == "无数据（没有数值已知的宗地）"
    assert found["tax_per_mu_before"]["head"] == "亩均税收（元/亩）· 改造前"
    assert found["tax_per_mu_before"]["classes"][0]["label"] == "小于 25,000"
    assert [c["label"] for c in far["classes"]] == [
        *[c["label"] for c in found["far_after"]["classes"]]
    ]
    middle = found["far_difference"]["classes"][3]["label"]
    assert middle.endswith("（基本不变）")
    assert middle.startswith("−")


def test_counts_of_the_legend_are_cells(zh: str) -> None:
    found = layers(data(zh))
    for surface in surfaces():
        counts = [int(c["count"]) for c in found[surface.name]["classes"]]
        assert sum(counts) == surface.value.size
        assert counts[-1] == np.isnan(surface.value).sum()


def test_shares_are_told_in_percent_and_their_difference_in_points() -> None:
    grid = np.array([[0.05, 0.55]])
    made = [
        Surface("coverage", when, 0.0, grid, grid, grid, X, Y, 50.0, "share")
        for when in ("before", "difference")
    ]
    found = layers(surface_data(made, crs=pyproj.CRS(CRS), texts=style.catalog("en")))
    assert [c["label"] for c in found["coverage_before"]["classes"]][:2] == [
        "below 10%", "10% to 20%",
    ]  # fmt: skip
    assert "percentage points" in found["coverage_difference"]["head"]
    assert found["coverage_difference"]["classes"][-2]["label"] == "+10 and more"


def test_surfaces_without_a_system_are_refused() -> None:
    with pytest.raises(CRSError, match="surfaces: there is no CRS"):
        web_map({}, run={}, language="en", surfaces=surfaces())


def test_reasons_for_no_surface_are_told_in_chinese() -> None:
    texts = style.catalog("zh")
    told = skip_reason("more than 4 000 000 cells: cell_m = 100 would do", texts=texts)
    assert told == "密度面超过 400 万格；将 cell_m 设为 100 即可"
    for reason in ("cell_m is 0", "no floor area, footprint or tax"):
        assert skip_reason(reason, texts=texts) != reason


# --- pictures -------------------------------------------------------------------------------------

CUSTOM = "+proj=tmerc +lat_0=0 +lon_0=111 +k=1 +x_0=500000 +ellps=GRS80 +units=m"
PLACES = {CRS: (X, Y), CUSTOM: (800_000.0, 3_380_000.0), "EPSG:32733": (500_000.0, 6_200_000.0)}


@pytest.mark.parametrize("crs", PLACES, ids=["own", "custom", "south"])
def test_each_cell_has_its_color_where_it_lies_on_earth(crs: str) -> None:
    west, north = PLACES[crs]
    rng = np.random.default_rng(1)
    value = np.where(rng.random((30, 40)) < 0.2, np.nan, rng.uniform(0, 3, (30, 40)))
    value[::9, ::9] = 3.5
    one = Surface("far", "before", 0.0, value, value, value, west, north, 50.0, "ratio")
    found = surface_data([one], crs=pyproj.CRS(crs), texts=style.catalog("en"))
    shown = picture(found["groups"][0]["layers"][0])
    rows, columns = np.indices(value.shape)
    x, y = west + (columns.ravel() + 0.5) * 50, north - (rows.ravel() + 0.5) * 50
    at = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs(3857)  # not how it was made
    bounds = [shapely.Point(lon, lat) for lat, lon in found["bounds"]]
    low, high = gpd.GeoSeries(bounds, crs=4326).to_crs(3857)
    pixel = (high.x - low.x) / shown.shape[1]
    assert (high.y - low.y) / shown.shape[0] == pytest.approx(pixel, rel=1e-6)
    seen = shown[((high.y - at.y) // pixel).astype(int), ((at.x - low.x) // pixel).astype(int)]
    number = class_numbers(value, legends([one])["far_before"]).ravel()
    assert (seen[number == 0, 3] == 0).all()
    for n in range(1, len(SEQUENTIAL) + 1):
        assert (number == n).any()
        assert (seen[number == n] == [*rgb(SEQUENTIAL[n - 1]), 255]).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 2500), (2400, 1), (1, 7)])
def test_pictures_are_bounded_and_never_empty(shape: tuple[int, int]) -> None:
    value = np.ones(shape)
    one = Surface("far", "before", 0.0, value, value, value, X, Y, 5.0, "ratio")
    found = surface_data([one], crs=pyproj.CRS(CRS), texts=style.catalog("en"))
    high, wide, _ = picture(found["groups"][0]["layers"][0]).shape
    assert 1 <= high <= MOST_PIXELS
    assert 1 <= wide <= MOST_PIXELS


def test_the_map_of_the_block_grows_by_little(zh: str) -> None:
    assert len(zh) - len(web_map(map_tables(), run=map_run(), language="zh")) < 60_000


def test_the_same_surfaces_give_the_same_page(zh: str) -> None:
    assert web_map(map_tables(), run=map_run(), language="zh", surfaces=surfaces()) == zh
    drawn = folium_map(map_tables(), run=map_run(), language="zh", surfaces=surfaces())
    assert drawn.get_root().render() == drawn.get_root().render() == zh


def test_the_map_drawn_again_from_the_files_is_the_same(tmp_path: Path) -> None:
    lots = map_tables()["parcels"]
    run = map_run() | {"language": "zh"}
    out = write_results(
        tmp_path / "out", tables={"parcels": lots}, files={}, run=run, surfaces=surfaces()
    )
    again = map_results(out, tmp_path / "again.html").read_text("utf-8")
    assert data(again) == data(web_map(map_tables(), run=run, language="zh", surfaces=surfaces()))


# --- in the browser -------------------------------------------------------------------------------


def choose(page: Page, name: str) -> None:
    page.locator(".gi-choice:not(.gi-themes) select").select_option(name)
    settle(page)


def seen(page: Page) -> dict[str, list[int]]:
    """What is on the screen at a place in each of some parcels, outlines aside."""
    shot = np.round(pictures.imread(io.BytesIO(page.screenshot())) * 255).astype(int)
    found = {}
    for parcel, (x, y) in OWN.items():
        at = gpd.GeoSeries([shapely.Point(X + x, Y + y)], crs=CRS).to_crs(4326)[0]
        east, down = page.evaluate(
            "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }",
            [at.y, at.x],
        )
        found[parcel] = shot[round(down), round(east), :3].tolist()
    return found


def expected(name: str) -> dict[str, list[int]]:
    one = next(s for s in surfaces() if s.name == name)
    legend = legends(surfaces())[name]
    number = class_numbers(one.value, legend)
    return {
        parcel: rgb(
            legend.colors[number[int((one.north - Y - y) // 20), int((X + x - one.west) // 20)] - 1]
        )
        for parcel, (x, y) in OWN.items()
    }


@pytest.mark.browser
def test_nothing_is_shown_until_it_is_chosen(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    assert page.locator("img").count() == 0
    assert not page.locator(".gi-surface-legend").is_visible()
    assert page.locator(".gi-choice:not(.gi-themes) option").count() == 13
    fills = {style.VERDICTS[v].fill for v in ("site", "none")}
    assert {tuple(c) for c in seen(page).values()} == {tuple(rgb(f)) for f in fills}


@pytest.mark.browser
@pytest.mark.parametrize("name", ["far_before", "far_after", "far_difference"])
def test_a_chosen_surface_lies_below_the_outlines_in_the_colors_of_its_legend(
    offline_page: Callable[[Path | str], Page], zh: str, name: str
) -> None:
    page = opened(offline_page(zh))
    choose(page, name)
    assert page.locator("img").count() == 1
    assert seen(page) == expected(name)
    legend = page.locator(".gi-surface-legend")
    assert legend.is_visible()
    told = layers(data(zh))[name]
    assert legend.locator("h3").inner_text() == told["head"]
    assert legend.locator(".gi-class > span:first-of-type").all_inner_texts() == [
        c["label"] for c in told["classes"]
    ]
    assert "20 m 格网" in legend.inner_text()


@pytest.mark.browser
def test_one_surface_takes_the_place_of_the_other_and_all_comes_back(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    first = seen(page)
    parcels = page.locator(".gi-legend h3", has_text=PARCELS)
    choose(page, "far_before")
    choose(page, "tax_per_mu_before")
    assert page.locator("img").count() == 1
    assert not parcels.is_visible()  # their fills are not drawn
    choose(page, "")
    assert page.locator("img").count() == 0
    assert parcels.is_visible()
    assert not page.locator(".gi-surface-legend").is_visible()
    assert seen(page) == first


@pytest.mark.browser
def test_layers_switched_on_or_zoomed_hide_no_surface(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    page.get_by_label(PARCELS).uncheck()
    choose(page, "far_before")
    page.get_by_label(PARCELS).check()
    page.evaluate("map_main.setZoom(map_main.getZoom() + 0.5, { animate: false })")
    page.evaluate("map_main.setZoom(map_main.getZoom() - 0.5, { animate: false })")
    settle(page)
    assert seen(page) == expected("far_before")


@pytest.mark.browser
def test_parcels_still_answer_clicks(offline_page: Callable[[Path | str], Page], zh: str) -> None:
    page = opened(offline_page(zh))
    choose(page, "far_before")
    box = page.locator("#map_main").bounding_box()
    assert box is not None
    at = gpd.GeoSeries([shapely.Point(X + 200, Y + 140)], crs=CRS).to_crs(4326)[0]
    x, y = page.evaluate(
        "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }",
        [at.y, at.x],
    )
    page.mouse.click(x, y)
    page.wait_for_selector(".gi-sheet")
    assert "P08" in page.locator(".gi-sheet summary").first.inner_text()
