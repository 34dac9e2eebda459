"""Names of sites on the map: clear of scraps and of each other, at every zoom."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gisland.present.webmap import web_map
from mapseen import LOADED
from maptables import layer, map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
NAMES = """(zoom) => {
  const units = 2 ** 32 / (256 * 2 ** zoom), of = (id) => gisland.layers.find((one) => one.head.id === id);
  const pixel = (one, x, y) => [(x + one.shape.origin[0]) / units, (y + one.shape.origin[1]) / units];
  const sites = of("sites_after"), scraps = of("scraps");
  const context = document.createElement("canvas").getContext("2d");
  context.font = "700 13px " + sites.font();
  return {
    names: gisland.names(map_main, sites, units).map((sign) => {
      const [x, y] = pixel(sites, sign.x, sign.y), text = gisland.expand(sign.text);
      return [text, x, y, context.measureText(text).width];
    }),
    scraps: [...Array(scraps.shape.count).keys()].map((i) => {
      const { start, first, xy } = scraps.shape, ring = [];
      for (let v = start[first[i]]; v < start[first[i] + 1]; v++) ring.push(pixel(scraps, xy[2 * v], xy[2 * v + 1]));
      return ring;
    }),
  };
}"""  # noqa: E501 - one line of script each


def tables() -> dict[str, Any]:
    """Eight small sites around those of the block, wall to wall in two rows."""
    made = {
        name: table for name, table in map_tables().items() if name in {"parcels", "sites", "plan"}
    }
    row = made["sites"].iloc[:1].drop(columns="geometry").to_dict("list")
    boxes = [shapely.box(x, y, x + 60, y + 40) for y in (220, 260) for x in range(0, 240, 60)]
    small = {name: value * len(boxes) for name, value in row.items()}
    small |= {"site_id": [f"SITE{n}" for n in range(len(boxes))], "absorbed_ids": [""] * len(boxes)}
    more = layer(boxes, **small)
    made["sites"] = gpd.GeoDataFrame(pd.concat([made["sites"], more], ignore_index=True))
    return made


@pytest.fixture
def page(offline_page: Callable[[Path | str], Page]) -> Page:
    opened = offline_page(web_map(tables(), run=map_run(), language="zh"))
    opened.wait_for_function("window.map_main && map_main._loaded")
    opened.evaluate(LOADED)
    return opened


def boxes(names: list[Any]) -> list[shapely.Polygon]:
    return [shapely.box(x - w / 2, y - 9, x + w / 2, y + 9) for _, x, y, w in names]


@pytest.mark.parametrize("zoom", [15, 16, 17, 18, 19])
def test_names_cover_neither_scraps_nor_each_other(page: Page, zoom: int) -> None:
    found = page.evaluate(NAMES, zoom)
    placed = boxes(found["names"])
    assert all(not a.intersects(b) for a, b in combinations(placed, 2))
    scraps = shapely.union_all([shapely.Polygon(ring) for ring in found["scraps"]])
    assert all(box.intersection(scraps).area < 1 for box in placed)


def test_near_by_every_site_has_its_name_and_far_away_none(page: Page) -> None:
    assert len(page.evaluate(NAMES, 19)["names"]) == 10
    assert page.evaluate(NAMES, 11)["names"] == []


def test_names_stand_in_the_same_place_at_every_visit(page: Page) -> None:
    first = page.evaluate(NAMES, 17)["names"]
    page.evaluate(NAMES, 18)
    assert page.evaluate(NAMES, 17)["names"] == first


def test_names_that_fit_stand_in_their_sites(page: Page) -> None:
    found = {text: x for text, x, _, _ in page.evaluate(NAMES, 19)["names"]}
    assert found["SITE0"] < found["SITE1"] < found["SITE2"] < found["SITE3"]


def test_scrap_signs_are_measured_in_the_font_in_which_they_are_written(page: Page) -> None:
    fonts = page.evaluate(
        """() => { const kept = CanvasRenderingContext2D.prototype.measureText, seen = {};
        CanvasRenderingContext2D.prototype.measureText = function (text) {
          seen[text] = this.font; return kept.call(this, text); };
        const sites = gisland.layers.find(({ head }) => head.id === "sites_after");
        gisland.names(map_main, sites, 2 ** 32 / (256 * 2 ** 17.5));
        CanvasRenderingContext2D.prototype.measureText = kept;
        return seen; }"""
    )
    signs = {text for text in fonts if len(text) == 1}
    assert signs
    assert all(" 12px " in fonts[text] for text in signs)
    assert all(" 13px " in font for text, font in fonts.items() if text not in signs)
