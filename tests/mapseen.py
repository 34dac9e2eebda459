"""What a reader of the whole map sees: colors at places, popups, and words on the screen."""

from __future__ import annotations

import importlib.util
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import image as pictures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from gisland.jobs import Done
    from gisland.present.style import Look

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

SCRIPTS = Path(__file__).parents[1] / "scripts"
LOADED = "gisland.ready().then(() => gisland.known()).then(() => gisland.drawn())"
NEAR = 48  # how far a channel of a thin line may be from its color
CHINESE = re.compile(r"[\u3400-\u9fff]+")
SENTENCE = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")  # three English words in a row
READ = """() => [...document.querySelectorAll('.gi-sheet > details')].map((part) => ({
  title: part.querySelector('summary > span').textContent,
  badge: part.querySelector('.gi-badge')?.textContent ?? '',
  rows: Object.fromEntries([...part.querySelectorAll('.gi-rows tr')]
    .map((row) => [...row.cells].map((cell) => cell.textContent))),
  lists: Object.fromEntries([...part.querySelectorAll('.gi-list')].map((list) =>
    [list.firstChild.textContent, [...list.querySelectorAll('li')].map((li) => li.textContent)])),
  tables: Object.fromEntries([...part.querySelectorAll('.gi-table')].map((table) =>
    [table.firstChild.textContent, [...table.querySelectorAll('tr')].map((row) =>
      [...row.cells].map((cell) => cell.textContent))])),
  quotes: [...part.querySelectorAll('blockquote')].map((quote) =>
    [quote.firstChild.textContent, quote.lastChild.textContent]),
}))"""
PANELS = """() => { const all = '.gi-panel, .leaflet-control, .gi-tools, .leaflet-popup';
  return [...document.querySelectorAll(all)].map((one) => one.getBoundingClientRect())
    .map((box) => [box.left, box.top, box.right, box.bottom]); }"""
SHADOW = 14  # pixels around a panel
PLACED = """(all) => all.map(([x, y]) => {
  const p = map_main.latLngToContainerPoint([y, x]); return [p.x, p.y]; })"""
SHOWN = """() => { const told = [], walk = document.createTreeWalker(document.body, 4);
  for (const range = document.createRange(); walk.nextNode();) { const text = walk.currentNode;
    if (['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(text.parentElement.tagName)) continue;
    range.selectNodeContents(text);
    if (range.getClientRects().length) told.push(text.textContent); }
  for (const one of document.querySelectorAll('*')) for (const name of ['title', 'aria-label',
    'placeholder', 'alt', 'label']) if (one.checkVisibility() && one.getAttribute(name))
      told.push(one.getAttribute(name));
  told.push(document.title); return told; }"""


KEYS = """({ at }) => { const { layer, i } = gisland.findKey(at);
  return gisland.go(map_main, layer, i); }"""


@dataclass(frozen=True)
class Case:
    """A run and its map."""

    name: str
    page: Path
    tables: dict[str, Any]
    record: dict[str, Any]

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """Parcels that can be drawn, by id, in degrees."""
        return degrees(self.tables["parcels"], "parcel_id")


def case_of(name: str, done: Done) -> Case:
    """Case of a run."""
    return Case(name, done.folder / "map.html", dict(done.tables), dict(done.record))


def real_project(name: str, data: Path, folder: Path) -> Path:
    """Project file of a real layer, as the script for real layers makes it."""
    spec = importlib.util.spec_from_file_location("real_layers", SCRIPTS / "real_layers.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    path = folder / "gisland.toml"
    path.write_text(script.LAYERS[name](data, folder), "utf-8")
    return path


def degrees(table: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    """Rows that can be drawn, by a column, in degrees."""
    rows = table.reset_index() if column not in table else table
    shapes = rows.geometry.to_numpy()
    rows = rows[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return rows.set_index(column, drop=False).to_crs(4326)


# --- the view -------------------------------------------------------------------------------------


def opened(page: Page) -> Page:
    """The page, when all is drawn and known."""
    page.wait_for_function("window.map_main && map_main._loaded")
    page.evaluate(LOADED)
    return page


def settle(page: Page) -> None:
    """Wait until nothing is left to draw; what was just done has asked for it by then."""
    later = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))"
    page.evaluate(f"{later}.then(() => {LOADED})")


def unfold(page: Page) -> None:
    """Open all groups of the list of layers."""
    folded = "document.querySelectorAll('.gi-set:not([open]) > summary')"
    page.evaluate(f"() => {folded}.forEach((head) => head.click())")


def view(page: Page, at: shapely.Point, zoom: float) -> None:
    """Put a place into the middle."""
    page.evaluate(
        "([y, x, zoom]) => { map_main.setView([y, x], zoom, { animate: false }); }",
        [at.y, at.x, zoom],
    )
    settle(page)


def only(page: Page, *layers: str) -> None:
    """Show some layers and no other."""
    page.evaluate(
        "(ids) => gisland.layers.forEach((layer) => ids.includes(layer.head.id)"
        " ? map_main.addLayer(layer) : map_main.removeLayer(layer))",
        list(layers),
    )
    settle(page)


def metres_of_pixel(page: Page) -> float:
    """Ground under a pixel in the middle of the map."""
    lat, zoom = page.evaluate("[map_main.getCenter().lat, map_main.getZoom()]")
    return float(40_075_016.686 * np.cos(np.radians(lat)) / (256 * 2**zoom))


def placed(page: Page, places: Floats) -> Ints:
    """Pixels of the screen under longitudes and latitudes."""
    return np.floor(np.array(page.evaluate(PLACED, places.tolist())).reshape(-1, 2)).astype(int)


def free(page: Page, pixels: Ints) -> NDArray[np.bool_]:
    """Which pixels are on the screen and of the map, with nothing over it."""
    size = page.viewport_size
    assert size is not None
    clear = ((pixels >= 2) & (pixels < (size["width"] - 2, size["height"] - 2))).all(axis=1)
    for left, top, right, bottom in page.evaluate(PANELS):
        low, high = (left - SHADOW, top - SHADOW), (right + SHADOW, bottom + SHADOW)
        clear &= ((pixels < low) | (pixels > high)).any(axis=1)
    return np.asarray(clear)


def shot(page: Page) -> Ints:
    """The screen: red, green and blue of each pixel."""
    picture = pictures.imread(io.BytesIO(page.screenshot()))[:, :, :3]
    return np.round(picture * 255).astype(int)


def rgb(color: str) -> Ints:
    """Channels of a color such as #1d1d1d."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])


def over(color: str, opacity: float, ground: Ints) -> Ints:
    """Color of a fill that lets the ground shine through."""
    return np.round(rgb(color) * opacity + ground * (1 - opacity)).astype(int)


def inked(page: Page, screen: Ints, lines: Iterable[shapely.Geometry], look: Look) -> list[bool]:
    """Whether a line has its color, at each pixel of its way over the map."""
    edges = page.evaluate(
        "(() => { const b = map_main.getBounds();"
        " return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    step = metres_of_pixel(page) / 111_320  # degrees of a pixel, about
    seen = shapely.clip_by_rect(np.array(list(lines), dtype=object), *edges)
    pixels = placed(page, shapely.get_coordinates(shapely.segmentize(seen, step)))
    pixels = pixels[free(page, pixels)]
    near = [
        np.abs(screen[pixels[:, 1] + dy, pixels[:, 0] + dx] - rgb(look.color)).max(axis=1)
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    return (np.stack(near) <= NEAR).any(axis=0).tolist()


# --- popups ---------------------------------------------------------------------------------------


def ask(page: Page, at: shapely.Point, zoom: float = 18) -> dict[str, Any]:
    """What a click on a place opens, by title."""
    page.evaluate("() => { map_main.closePopup(); }")
    view(page, at, zoom)
    (pixel,) = placed(page, np.array([[at.x, at.y]]))
    page.mouse.click(*pixel.tolist())
    page.wait_for_selector(".gi-sheet")
    return sheet(page)


def sheet(page: Page) -> dict[str, Any]:
    """The open popup, by title."""
    return {part["title"]: part for part in page.evaluate(READ)}


def speak(page: Page, language: str) -> None:
    """Choose a language."""
    page.evaluate("(language) => gisland.speak(language)", language)
    settle(page)


def go(page: Page, key: str) -> dict[str, Any]:
    """Popup of a feature."""
    page.evaluate(KEYS, {"at": key})
    page.wait_for_selector(".gi-sheet")
    return sheet(page)


def color_at(page: Page, at: shapely.Point) -> str:
    """Color of the screen at a place, such as #1d1d1d."""
    ((east, down),) = placed(page, np.array([[at.x, at.y]]))
    return "#" + "".join(f"{channel:02x}" for channel in shot(page)[down, east])


def lonely(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels whose point inside lies in no other parcel; columns ``at`` and ``size``."""
    points = shapely.point_on_surface(parcels.geometry.to_numpy())
    tree = shapely.STRtree(parcels.geometry.to_numpy())
    held = np.bincount(tree.query(points, predicate="intersects")[0], minlength=len(parcels))
    size = shapely.area(parcels.geometry.to_numpy())
    return parcels.assign(at=points, size=size)[held == 1]


# --- words ----------------------------------------------------------------------------------------


def data_words(case: Case) -> list[str]:
    """All text that comes from data, the longest first."""
    found = {str(case.record.get("project", "")), case.page.parent.name}
    for table in case.tables.values():
        plain = pd.DataFrame(table).drop(columns="geometry", errors="ignore")
        for column in (plain[name] for name in plain):
            if column.dtype == object or str(column.dtype).startswith(("str", "category")):
                found |= {
                    part for v in column.dropna().unique() for part in re.split("[;:]", str(v))
                }
    found |= set(_texts([case.record["rules"], case.record["parameters"]]))
    return sorted((t.strip() for t in found if t.strip()), key=len, reverse=True)


def _texts(data: object) -> Iterable[str]:
    if isinstance(data, str):
        yield from (data, *re.split("[;；]", data))
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _texts(value)


def shown(page: Page) -> list[str]:
    """All text on the screen, with titles and labels of elements."""
    return [" ".join(text.split()) for text in page.evaluate(SHOWN) if text.strip()]


def foreign(page: Page, language: str, words: list[str]) -> list[str]:
    """Text on the screen that is of the other language and not from data."""
    pattern = CHINESE if language == "en" else SENTENCE
    left = []
    for text in shown(page):
        rest = text
        if pattern.search(rest):
            for word in words:
                if pattern.search(word):
                    rest = rest.replace(" ".join(word.split()), "")
        if pattern.search(rest):
            left.append(text)
    return left
