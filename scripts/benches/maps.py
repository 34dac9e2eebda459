"""Maps of many parcels beside folium.GeoJson: size, building, first picture, panning, a click."""

from __future__ import annotations

import re
import statistics
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from playwright.sync_api import Page, Route, sync_playwright

from benches.alone import alone, peak_mb, seconds
from gisland.present.webmap import web_map
from screenshot import browser_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CELL_M = 60.0
ALONG = 6  # vertices along a side of a parcel: 24 in all, as in real layers with arcs
CORNER = (490_000.0, 3_360_000.0)
CRS = "EPSG:4547"
VERDICTS = ("none", "site", "absorbed", "eligible", "ineligible")
COLORS = dict(zip(VERDICTS, ("#eef0f2", "#8fb4dd", "#00795c", "#f4dd4a", "#d5602a"), strict=True))
FIELDS = ["parcel_id", "verdict", "owner", "use_class"]
VIEW = {"width": 1280, "height": 800}
LARGEST_PEER = 20_000  # folium.GeoJson takes minutes above
LIMITS = (  # aimed at, up to so many parcels
    (12_000, {"painted_s": 1.0}),
    (60_000, {"painted_s": 1.8, "pan_p95_ms": 34}),
    (250_000, {"mb": 30, "painted_s": 3.5, "click_ms": 100, "seconds": 15, "peak_mb": 2500}),
)
DRAGS, STEPS = 4, 40  # to and fro, back to where it was
WAIT_MS = 600_000
FEW = 500


def parcels(count: int) -> gpd.GeoDataFrame:
    """Parcels with curved borders that neighbors share, and eight columns."""
    side = round(count**0.5)
    random = np.random.default_rng(7)
    across, along = _lines(side, random), _lines(side, random)[:, :, :, ::-1]
    rows, columns = np.divmod(np.arange(side * side), side)
    bottom, top = across[rows, columns], across[rows + 1, columns]
    left, right = along[columns, rows], along[columns + 1, rows]
    sides = (bottom, right, top[:, ::-1], left[:, ::-1])
    ring = np.concatenate([line[:, :-1] for line in sides], axis=1)
    shapes = shapely.polygons(ring * CELL_M + CORNER)
    n = len(shapes)
    frame = {
        "parcel_id": [f"4201900{i:012d}" for i in range(n)],
        "owner": [f"武汉第{k}机械制造有限公司" for k in random.integers(0, max(2, n // 3), n)],
        "use_class": random.choice(["industrial", "logistics", "residential", "public"], n),
        "tenure": random.choice(["state", "collective"], n),
        "verdict": random.choice(VERDICTS, n, p=(0.8, 0.08, 0.06, 0.03, 0.03)),
        "far": random.gamma(4, 0.25, n),
        "coverage": random.random(n),
        "area_m2": shapely.area(shapes),
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def _lines(side: int, random: np.random.Generator) -> Floats:
    """Borders of a grid in units of cells, shape (side + 1, side, vertices, 2), x along."""
    t = np.linspace(0, 1, ALONG + 1)
    bend = random.normal(0, 0.12, (side + 1, side, 1)) * np.sin(np.pi * t)
    x = np.arange(side)[None, :, None] + t + np.zeros_like(bend)
    y = np.arange(side + 1)[:, None, None] + bend
    return np.stack([x, y], axis=-1)


def build(way: str, count: int, folder: Path) -> dict[str, Any]:
    """Write the map of so many parcels: seconds, peak of memory, size."""
    frame, path = parcels(count), folder / f"{way}_{count}.html"
    work = ours if way == "gisland" else peer
    work(frame.iloc[:FEW], path)  # what is loaded once is not counted
    before = peak_mb()
    taken, _ = seconds(work, frame, path)
    size = path.stat().st_size / 1e6
    return {"seconds": taken, "peak_mb": peak_mb(), "before_mb": before, "mb": size}


def ours(frame: gpd.GeoDataFrame, path: Path) -> None:
    """The map of gisland with the parcels alone: verdict by color, all columns in the pop-up."""
    path.write_text(web_map({"parcels": frame}, run={"project": "bench"}, language="zh"), "utf-8")


def peer(frame: gpd.GeoDataFrame, path: Path) -> None:
    """folium.GeoJson with tooltip and pop-up, on canvas."""
    degrees = frame.to_crs(4326)
    west, south, east, north = degrees.total_bounds
    made = folium.Map([(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True)
    columns = [c for c in frame if c != "geometry"]
    layer = folium.GeoJson(
        degrees,
        style_function=lambda f: {
            "fillColor": COLORS[f["properties"]["verdict"]],
            "fillOpacity": 1,
            "weight": 1,
        },
        tooltip=folium.GeoJsonTooltip(FIELDS),
        popup=folium.GeoJsonPopup(columns),
    )
    layer.add_to(made)
    made.fit_bounds([[south, west], [north, east]])
    made.save(path)


# --- in the browser ------------------------------------------------------------------------------

FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const look = (now) => { frames_ms.push(now - last); last = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
}"""
CLICK = """([x, y]) => new Promise((told) => {
  const place = document.elementFromPoint(x, y);
  const seen = new MutationObserver(() => {
    if (document.querySelector(".leaflet-popup-content")) told(performance.now() - began);
  });
  seen.observe(document.body, { childList: true, subtree: true });
  const at = { clientX: x, clientY: y, bubbles: true, view: window };
  for (const kind of ["mousemove", "mousedown", "mouseup"])
    place.dispatchEvent(new MouseEvent(kind, at));
  const began = performance.now();
  setTimeout(() => told(5000), 5000); // no answer counts as long
  place.dispatchEvent(new MouseEvent("click", at));
})"""
PAINTED = """(() => {
  const patch = { left: 540, top: 340, right: 740, bottom: 500 }; // in the middle of the screen
  const painted = (canvas) => {
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const left = Math.max(box.left, patch.left), right = Math.min(box.right, patch.right);
    const top = Math.max(box.top, patch.top), bottom = Math.min(box.bottom, patch.bottom);
    if (right - left < 40 || bottom - top < 40) return false;
    const part = [left - box.left, top - box.top, right - left, bottom - top];
    const pixels = part.map((d) => Math.floor(d * scale));
    const { data } = canvas.getContext("2d").getImageData(...pixels);
    let some = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i]) some += 1;
    return some > data.length / 8;
  };
  const look = () => {
    const there = [...document.querySelectorAll("canvas")].some(painted);
    if (there) window.painted_ms = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


def look(path: Path, way: str) -> dict[str, float]:
    """Open a map once: first picture, frames while it is dragged, answer to a click."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=VIEW)
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(PAINTED)
        page.route(re.compile("^https?:"), _asset)  # folium's own page asks for Leaflet
        page.goto(path.as_uri(), wait_until="commit", timeout=WAIT_MS)
        while not (painted := page.evaluate("window.painted_ms || 0")):
            page.wait_for_timeout(100)
        if way == "gisland":
            page.evaluate("gisland.known().then(() => gisland.drawn())")
        page.wait_for_timeout(500)
        frames = list(_dragged(page))
        clicks = [page.evaluate(CLICK, [620 + 7 * k, 420 + 5 * k]) for k in range(3)]
        browser.close()
    return {
        "painted_s": painted / 1000,
        "pan_p95_ms": float(np.percentile(frames, 95)),
        "pan_max_ms": max(frames),
        "click_ms": statistics.median(clicks),
    }


def _asset(route: Route) -> None:
    """Leaflet from the installed package; what else folium loads is not used by such a map."""
    name = route.request.url.rpartition("/")[2]
    found = [f for f in metadata.files("XStatic-Leaflet") or [] if f.name == name]
    if found:
        route.fulfill(path=found[0].locate())
    else:
        route.abort()


def _dragged(page: Page) -> Iterator[float]:
    """Milliseconds between frames while the map is dragged to and fro."""
    page.evaluate(FRAMES)
    for turn in range(DRAGS):
        page.mouse.move(640, 420)
        page.mouse.down()
        for step in range(STEPS):
            page.mouse.move(640 + (-1) ** turn * 6 * step, 420 + (-1) ** turn * 3 * step)
            page.wait_for_timeout(16)
        page.wait_for_timeout(300)  # at rest, or the map would slide on
        page.mouse.up()
    yield from page.evaluate("frames_ms")


# --- the table -----------------------------------------------------------------------------------


def maps(size: int, runs: int, *, peers: bool) -> bool:
    """Measure one size, the ways in turn; whether the figures that were aimed at are reached."""
    ways = ["gisland", *(["folium.GeoJson"] if peers or size <= LARGEST_PEER else [])]
    told: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for way in ways * runs:
            built = alone(build, way, size, folder)
            told[way].append(built | look(folder / f"{way}_{size}.html", way))
    print(f"\nmaps: {size} parcels of {4 * ALONG} vertices, 8 columns, medians of {runs}")
    heads = ("seconds", "peak_mb", "mb", "painted_s", "pan_p95_ms", "pan_max_ms", "click_ms")
    print(f"  {'':16}" + "".join(f"{head:>12}" for head in heads))
    middle = {
        way: {head: statistics.median(one[head] for one in rows) for head in heads}
        for way, rows in told.items()
    }
    for way, row in middle.items():
        print(f"  {way:16}" + "".join(f"{row[head]:12.2f}" for head in heads))
    return check(size, middle)


def check(size: int, middle: dict[str, dict[str, float]]) -> bool:
    """Hold the medians to the figures for this size."""
    ours, good = middle["gisland"], True
    limits = next((limits for most, limits in LIMITS if size <= most), {})
    for head, limit in limits.items():
        if ours[head] >= limit:
            good = False
            print(f"  FAILED: {head} {ours[head]:.2f}, aimed at below {limit:g}")
    for head, least in {"mb": 8, "seconds": 15}.items() if len(middle) > 1 else ():
        ratio = middle["folium.GeoJson"][head] / ours[head]
        good &= ratio >= least
        mark = "" if ratio >= least else "FAILED: "
        print(f"  {mark}{head}: folium.GeoJson takes {ratio:.1f} times as much")
    return good
