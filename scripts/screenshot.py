"""Make the pictures of the README: run the sample district and photograph its maps and a print.

    python scripts/screenshot.py [FOLDER]

Needs Chromium (``GISLAND_CHROMIUM`` names it where it is not on the path). Writes
``sample_map.png`` (the map), ``sample_print.png`` (its page for print, of the day that the project
counts to) and a picture of each map of the gallery into FOLDER, by default ``maps``.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

import gisland
from gallery import SUBJECTS, make
from gisland.jobs import Done

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
SITE = "XM04"  # the site whose scraps are refused for most reasons
SCRAP = "420190005002GB00006"
VIEW = {"width": 1280, "height": 800}
COLORS = 256
LOADED = "() => gisland.ready().then(() => gisland.known()).then(() => gisland.drawn())"


def browser_path() -> str:
    """Chromium on this machine, or the end of the program."""
    found = os.environ.get("GISLAND_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not found:
        sys.exit("no Chromium found: install it, or name it in GISLAND_CHROMIUM")
    return found


def opened(page: Page, path: Path) -> None:
    """Go to a map and wait until it is drawn."""
    page.goto(path.as_uri())
    page.wait_for_function("window.map_main")
    page.evaluate(LOADED)
    page.wait_for_timeout(500)  # what it opens on is there
    page.evaluate(LOADED)


def photograph(what: Page | Locator, path: Path) -> None:
    """Save a picture in few colors: a third of the size, and no eye sees it."""
    with Image.open(io.BytesIO(what.screenshot())) as picture:
        few = picture.convert("RGB").quantize(
            COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        few.save(path, optimize=True)
    print(path)


def look_at(page: Page, done: Done) -> None:
    """Zoom to one site and open the popup of one of its scraps."""
    sites = done.tables["sites"].to_crs(4326).set_index("site_id")
    west, south, east, north = sites.geometry[SITE].bounds
    bounds = [[south, west], [north, east]]
    page.evaluate("bounds => void map_main.fitBounds(bounds, {animate: false})", bounds)
    page.evaluate("() => void map_main.setZoom(map_main.getZoom() - 1, {animate: false})")
    page.evaluate("() => void map_main.panBy([0, -140], {animate: false})")  # room for the popup
    plan = done.tables["plan"].to_crs(4326).set_index("parcel_id")
    point = plan.geometry[SCRAP].representative_point()
    to_pixel = "at => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }"
    x, y = page.evaluate(to_pixel, [point.y, point.x])
    page.mouse.click(x, y)
    page.get_by_text(SCRAP).first.wait_for()
    page.wait_for_timeout(500)  # the popup fades in and may pan the map
    page.evaluate(LOADED)


def main() -> None:
    """Run, open, photograph."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("maps"))
    folder = parser.parse_args().folder
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        done = gisland.run_demo(Path(work) / "out")
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=VIEW, locale="zh-CN")
        for subject, path in zip(SUBJECTS, make(done.folder, Path(work)), strict=True):
            opened(page, path)
            photograph(page, folder / f"{subject}.png")
        opened(page, done.folder / "map.html")
        look_at(page, done)
        photograph(page, folder / "sample_map.png")
        page.evaluate("() => { map_main.closePopup(); gisland.whole(map_main); }")
        page.evaluate("date => gisland.printView(map_main, {date})", done.record["as_of"])
        page.add_style_tag(content=".gi-print-bar { display: none !important; }")
        photograph(page.locator(".gi-page"), folder / "sample_print.png")
        browser.close()


if __name__ == "__main__":
    main()
