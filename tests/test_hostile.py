"""No text of the data can act: neither as results are saved, nor on the map, nor in the ledger."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from shapely import box

import gisland as gl
import hostiletexts
import maptables
import small_blocks
import small_results
from gisland.present.bilingual import Bilingual, unmarked
from gisland.present.harmless import inert
from gisland.present.isolation import isolated
from gisland.present.ledger import ledger
from gisland.present.sheets import report
from gisland.present.style import catalog
from gisland.present.webmap import web_map
from gisland.present.wording import visible
from mapseen import LOADED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Open = Callable[[Path | str], Page]

TABLES = {"map": maptables, "results": small_results, "blocks": small_blocks}
SHORT = 1_000  # longer texts are cut in reports


def given(which: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tables and record of a made-up run."""
    if which == "map":
        return maptables.map_tables(), maptables.map_run()
    module = {"results": small_results, "blocks": small_blocks}[which]
    return module.tables(), module.run()


def shown(text: str) -> str:
    """A text as a person sees it."""
    return visible(unmarked(text))


def ran(page: Page) -> Any:  # noqa: ANN401 - whatever the script left
    """Name of the text whose script ran last."""
    return page.evaluate("window.hacked ?? null")


# --- saving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [False, True], ids=["texts", "codes"])
@pytest.mark.parametrize("which", ["map", "results", "blocks"])
def test_saving_maps_and_reports_runs_nothing(which: str, codes: bool, tmp_path: Path) -> None:  # noqa: FBT001
    hostile = hostiletexts.texts(tmp_path)
    tables, run = given(which)
    spoiled = hostiletexts.named(hostiletexts.district(tables, hostile, codes=codes), hostile)
    record = hostiletexts.record(run, "".join(t for t in hostile.values() if len(t) < SHORT))
    pages = [web_map(spoiled, run=record, language="en")]
    if which != "map":  # those are not all that a report needs
        pages.append(report(spoiled, run=record, language="zh"))
    for page in pages:
        page.encode("utf-8")
        assert not re.search(r"<(img|svg onload|script>window\.hacked)", page)
        assert "hacked = 'script'</script>" not in page
    assert [marker.name for marker in tmp_path.iterdir()] == []


def test_the_ledger_holds_texts_and_no_formula(tmp_path: Path) -> None:
    hostile = hostiletexts.texts(tmp_path)
    tables, run = given("results")
    few = {name: tables[name] for name in ("parcels", "sites", "plan", "enclaves", "zones")}
    record = hostiletexts.record(run, "=1+1;\u202e\ud800\x00")
    spoiled = hostiletexts.named(
        hostiletexts.district(few, hostile), dict(list(hostile.items())[:3])
    )
    file = ledger(spoiled, run=record, language="en")
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for name in archive.namelist():
            content = archive.read(name).decode()
            assert not re.search(r"<(\w+:)?f[ >/]", content), name
            assert "TargetMode" not in content, name
    book = load_workbook(io.BytesIO(file))
    sheet = book["parcels"]
    ids = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in ids} == {"s"}
    held = {unescape(str(cell.value)).replace("\r", "") for cell in ids}
    for name, text in hostile.items():
        assert any(v.startswith(shown(text).replace("\r", "")) for v in held), name
    assert [marker.name for marker in tmp_path.iterdir()] == []


# --- bidirectional text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P1", "P1"),
        ("\u202eP1", "\u2068\u202eP1\u2069"),
        ("\u2067a\u2066b", "\u2068\u2067a\u2066b\u2069\u2069\u2069"),
        ("\u2069a\u202e", "\u2068\ufffda\u202e\u2069"),
        ("a\n\u202eb", "a\n\u2068\u202eb\u2069"),
        ("\u0627\u0628", "\u2068\u0627\u0628\u2069"),
        ("\ufdd07\ufdd2", "\ufdd07\ufdd2"),
    ],
)
def test_text_from_the_right_is_set_apart(text: str, expected: str) -> None:
    assert isolated(text) == expected
    assert isolated(isolated(text)).count("\ufffd") == expected.count("\ufffd")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_reports_set_apart_what_they_put_into_sentences(language: str) -> None:
    tables, run = given("results")
    ids = "\u202ex"
    spoiled = hostiletexts.district(tables, {"turn": ids})
    page = report(spoiled, run=run, language=language)
    assert re.search("\u2068\u202ex[^\u2069<]*\u2069", page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_entries_of_the_catalog_set_apart_what_goes_into_them(language: str) -> None:
    key, apart = "report.site_title", "\u2068\u202ex\u2069"
    assert apart in catalog(language)[key].format(id="\u202ex")
    texts = Bilingual()
    assert apart in texts.expanded(texts[key].format(id="\u202ex"), language=language)


# --- in the browser -----------------------------------------------------------------------------

TELL = """async () => {
  const told = {};
  for (const layer of gisland.layers)
    for (let i = 0; i < layer.shape.count; i++) {
      const { key, popup } = gisland.about(layer, i);
      told[layer.head.id + " " + i] = gisland.expand(popup.t);
    }
  return Object.values(told).join("\\n");
}"""


@pytest.mark.browser
def test_the_map_of_a_run_shows_all_of_it_as_text(offline_page: Open, tmp_path: Path) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    hostile = hostiletexts.texts(markers)
    tables, run = given("map")
    record = hostiletexts.record(run, "".join(t for t in hostile.values() if len(t) < SHORT))
    spoiled = hostiletexts.district(tables, hostile)
    page = offline_page(web_map(spoiled, run=record, language="en"))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    page.evaluate(LOADED)
    assert shown(hostile["image"]) in page.title() + page.locator("h1").inner_text()
    choices = page.locator(".gi-only option").all_text_contents()
    for name, text in hostile.items():
        site = shown(text) + "S01"
        assert site in choices, name
        assert page.evaluate("(id) => gisland.filterSite(map_main, id)", site), name
        assert page.evaluate("(k) => gisland.findKey(k) !== null", f"site:{site}"), name
        page.evaluate(
            "(k) => { const h = gisland.findKey(k); return gisland.go(map_main, h.layer, h.i); }",
            f"site:{site}",
        )
        wide = page.evaluate(
            "() => { const s = document.querySelector('.gi-sheet');"
            " return [s.textContent, s.scrollWidth - s.clientWidth]; }"
        )
        assert shown(text) in wide[0] or isolated(shown(text)) in wide[0], name
        assert wide[1] <= 1, f"{name}: the popup is wider than its place"
        assert ran(page) is None, name
    page.evaluate("gisland.filterSite(map_main, null)")
    page.get_by_role("button", name="中文").click()
    page.evaluate(LOADED)
    page.evaluate("gisland.printView(map_main, { paper: 'A4' })")
    assert page.evaluate("document.querySelector('.gi-frame').clientHeight") > 100
    page.evaluate("gisland.printView(map_main, null)")
    page.evaluate(
        "location.hash = '#site=' + encodeURIComponent('\\ufdd0constructor\\ufdd2<img src=x>')"
    )
    page.wait_for_selector(".gi-notice")
    assert page.locator(".gi-notice img").count() == 0
    assert page.locator("img[src=x], animate, [onload]").count() == 0
    assert ran(page) is None
    assert [marker.name for marker in markers.iterdir()] == []


@pytest.mark.browser
def test_what_users_add_shows_as_text(offline_page: Open, tmp_path: Path) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    hostile = {n: t for n, t in hostiletexts.texts(markers).items() if len(t) < SHORT}
    drawn = gl.blank_map(title="".join(hostile.values()), language="en")
    places = [box(114.4 + i / 500, 30.45, 114.401 + i / 500, 30.451) for i in range(len(hostile))]
    markers_of, layers_of = {}, {}
    for (name, text), place in zip(hostile.items(), places, strict=True):
        group = folium.FeatureGroup(text).add_to(drawn)
        spot = (place.centroid.y, place.centroid.x)
        markers_of[name] = folium.CircleMarker(spot, popup=text, tooltip=text).add_to(group)
        column = "half" if name == "surrogate" else text
        values = pd.Series([text], dtype="object")
        table = gpd.GeoDataFrame({column: values}, geometry=[place], crs=4326)
        layers_of[name] = folium.GeoJson(
            table.to_json(),
            name=text,
            tooltip=folium.GeoJsonTooltip([column], aliases=[text]),
        ).add_to(drawn)
        gl.map_layer(table, name=text, color_by=column).add_to(drawn)
    drawn.save(tmp_path / "added.html")
    assert [marker.name for marker in markers.iterdir()] == []
    page = offline_page(tmp_path / "added.html")
    page.evaluate(LOADED)
    for name, text in hostile.items():
        handle, layer = markers_of[name].get_name(), layers_of[name].get_name()
        told = page.evaluate(
            f"""() => [{handle}.getPopup().getContent().textContent,
            new DOMParser().parseFromString({handle}.getTooltip().getContent(), "text/html")
              .body.textContent,
            {layer}.getTooltip()._content({layer}.getLayers()[0]).textContent]"""
        )
        plain = " ".join(visible(text).split())
        popup, tooltip, told_by = (" ".join(one.split()) for one in told)
        assert plain.replace("\\`", "`") in popup, name  # folium has put them before backticks
        assert plain in tooltip, name
        assert plain in told_by or name == "proto", name
    own = page.evaluate("gisland.layers.map((l) => l.head.name)")
    assert own == [shown(t) for t in hostile.values()]
    assert page.locator("img[src=x], animate, [onload]").count() == 0
    assert ran(page) is None


@pytest.mark.browser
def test_a_report_shows_all_of_it_as_text(offline_page: Open, tmp_path: Path) -> None:
    hostile = hostiletexts.texts(tmp_path / "none")
    tables, run = given("results")
    record = hostiletexts.record(run, "".join(t for t in hostile.values() if len(t) < SHORT))
    page = offline_page(report(hostiletexts.district(tables, hostile), run=record, language="en"))
    text = page.evaluate("document.body.textContent")
    for name, one in hostile.items():
        assert shown(one)[:40].replace("\r", "\n") in text, name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    broken = page.evaluate(
        "[...document.querySelectorAll('a')]"
        ".filter((a) => !/^#[\\w.-]+$/.test(a.getAttribute('href'))"
        " || !document.getElementById(a.getAttribute('href').slice(1))).map((a) => a.outerHTML)"
    )
    assert broken == []
    assert page.locator("img, [onload], [onclick]").count() == 0
    assert ran(page) is None


# --- the guards themselves ----------------------------------------------------------------------


def test_inert_leaves_no_sign_that_a_template_or_markup_reads(tmp_path: Path) -> None:
    for name, text in hostiletexts.texts(tmp_path).items():
        made = inert(text)
        assert not re.search(r"[<>{}`$\\\ud800-\udfff\x00]", made), name
