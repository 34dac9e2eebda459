"""Parcels by density, and the map of one site alone; classes and counts are worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import small_results
from gisland.base.surfaceclasses import DIVERGING, SEQUENTIAL
from gisland.present import style
from gisland.present.maplayers import map_layers
from gisland.present.mapsites import site_arrays, sites_of_parcels
from gisland.present.mapthemes import Theme, parcel_themes, use_themes
from gisland.present.webmap import web_map
from mapseen import LOADED, settle
from maptables import map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

EN = style.catalog("en")
COUNTS = {  # of the eleven parcels that are drawn; the last class is of what is not known
    "far_before": [3, 4, 2, 0, 0, 0, 2],
    "far_after": [1, 2, 2, 0, 5, 0, 1],
    "far_difference": [0, 0, 0, 5, 4, 0, 0, 2],
    "coverage_before": [1, 1, 2, 2, 2, 1, 2],
    "coverage_after": [0, 1, 0, 2, 3, 1, 4],
}
COLORS = """([layer, at, reach]) => {
  const frame = map_main.getContainer().getBoundingClientRect(), seen = [];
  const point = map_main.latLngToContainerPoint(at);
  for (const canvas of document.querySelectorAll(`.leaflet-gi-${layer}-pane canvas`)) {
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const x = (frame.left + point.x - box.left) * scale;
    const y = (frame.top + point.y - box.top) * scale;
    if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) continue;
    const side = 2 * reach + 1, pen = canvas.getContext("2d");
    const { data } = pen.getImageData(x - reach, y - reach, side, side);
    const hex = (v) => v.toString(16).padStart(2, "0");
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] === 255) seen.push("#" + [...data.slice(i, i + 3)].map(hex).join(""));
  }
  return seen;
}"""
SHOWN = """(id) => {
  const layer = gisland.layers.find((one) => one.head.id === id);
  return Array.from({ length: layer.shape.count }, (_, i) => i)
    .filter((i) => layer.shows(i)).map((i) => gisland.about(layer, i).key);
}"""
QUIET = "#f4f5f6"


def page_tables() -> dict[str, pd.DataFrame]:
    """The tables without findings, which would lie above what is looked at."""
    return {name: table for name, table in map_tables().items() if name != "findings"}


def themes(tables: dict[str, pd.DataFrame] | None = None) -> dict[str, Theme]:
    held = tables or map_tables()
    lots = held["parcels"]
    drawn = lots[lots.geometry.notna()].sort_values("parcel_id")
    return {theme.id: theme for theme in parcel_themes(drawn, held, texts=EN)}


def counted(theme: Theme) -> list[int]:
    return [int((theme.codes == i).sum()) for i in range(len(theme.kinds))]


# --- classes -----------------------------------------------------------------------------------


def test_every_parcel_is_in_the_class_worked_out_by_hand() -> None:
    found = {name: counted(theme) for name, theme in themes().items()}
    assert found | COUNTS == found
    assert [*found] == [*COUNTS, "coverage_difference"]  # no tax is known: no theme of it


def test_parcels_of_a_site_have_its_value_after_and_others_their_own() -> None:
    found = themes()
    classes = dict(zip([f"P{n:02d}" for n in range(1, 12)], found["far_after"].codes, strict=True))
    labels = {p: found["far_after"].kinds[c].label for p, c in classes.items()}
    assert labels["P01"] == labels["P03"] == labels["P06"] == "2 to 3"  # site, absorbed, site
    assert labels["P05"] == "below 0.5"  # ineligible
    assert labels["P07"] == "no data (which is not 0)"  # eligible, its own is not known
    assert labels["P09"] == "1 to 1.5"


def test_indicators_tell_more_of_a_site_than_its_row() -> None:
    tables = small_results.tables()
    after = themes(tables)["far_after"]
    names = sorted(n for n, shape in small_results.SHAPES.items() if shape is not None)
    held = dict(zip(names, (after.kinds[c].label for c in after.codes), strict=True))
    assert {held.pop(name) for name in ("A1", "A2", "B1")} == {"1.5 to 2"}  # S2: 1.7, too
    assert set(held.values()) == {"no data (which is not 0)"}


def test_before_and_after_have_the_same_classes_and_differences_lie_alike() -> None:
    found = themes()
    before, after = found["far_before"], found["far_after"]
    assert before.kinds == after.kinds
    assert [k.look.fill for k in before.kinds[:-1]] == list(SEQUENTIAL)
    changes = [k.label for k in found["far_difference"].kinds[:-1]]
    minus = [label.replace("−", "-") for label in changes]
    assert minus[0] == "below -5"
    assert minus[-1] == "+5 and more"
    assert [k.look.fill for k in found["far_difference"].kinds[:-1]] == list(DIVERGING)


def test_zero_is_an_amount_and_what_is_not_known_is_none() -> None:
    lots = pd.DataFrame({"verdict": ["none"] * 4, "far": [0.0, None, float("inf"), 2.0]})
    only = parcel_themes(lots, {}, texts=EN)
    assert [theme.id for theme in only] == ["far_before"]  # without a site nothing changes
    assert only[0].codes.tolist() == [0, 6, 6, 4]


def test_a_merged_parcel_without_known_site_is_not_taken_as_it_was() -> None:
    lots = pd.DataFrame({"verdict": ["site"], "site_id": [None], "far": [1.0]})
    found = {theme.id: theme for theme in parcel_themes(lots, {}, texts=EN)}
    assert counted(found["far_after"])[-1] == 1


def test_headings_name_unit_and_denominator() -> None:
    lots = pd.DataFrame({"verdict": ["none"], "tax_yuan_per_mu": [90_000.0]})
    lots["coverage"] = 0.3
    coverage, tax = parcel_themes(lots, {}, texts=EN)
    assert coverage.name == "building coverage (footprint ÷ land area) · before"
    assert tax.name == "tax per mu (yuan/mu; tax ÷ land area) · before"
    assert themes()["coverage_difference"].name == (
        "building coverage (percentage points; footprint ÷ land area) · after − before"
    )
    assert any("value of their site after" in note for note in themes()["far_after"].notes)


def test_the_legend_counts_what_the_classes_hold() -> None:
    parcels = map_layers(map_tables(), records={}, texts=EN)[0]
    told = {t["id"]: [int(c["count"]) for c in t["classes"]] for t in parcels.head["themes"]}
    assert {name: told[name] for name in COUNTS} == COUNTS
    assert told["kind"] == [3, 2, 1, 1, 4]
    empty = [c["style"] for c in parcels.head["themes"][1]["classes"] if "dash" in c["style"]]
    assert empty == [
        {"color": "#6b7785", "weight": 0.8, "fill": "#f7f8f9", "opacity": 1.0, "dash": [2, 2]}
    ]


# --- sites of features -------------------------------------------------------------------------


def test_parcels_know_the_sites_they_belong_to_or_were_considered_for() -> None:
    assert sites_of_parcels(map_tables()) == {
        "P01": ("S01",),
        "P02": ("S01",),
        "P03": ("S01",),
        "P04": ("S01", "S02"),
        "P05": ("S01",),
        "P06": ("S02",),
        "P07": ("S02",),
    }


def test_site_ids_travel_once() -> None:
    ids, arrays = site_arrays([("S2", "S1"), (), ("S2",)])
    assert ids == ["S1", "S2"]
    assert [a.tolist() for a in arrays.values()] == [[2, 0, 1], [1, 0, 1]]


def test_parcels_are_colored_by_use_where_one_is_known() -> None:
    lots = pd.DataFrame({"use_class": ["industrial", "logistics", "green", None]})
    (theme,) = use_themes(lots, texts=EN)
    assert [theme.kinds[code].label for code in theme.codes] == [
        "industrial", "logistics", "other use", "use not known"
    ]  # fmt: skip
    (whole,) = use_themes(lots.iloc[:3], texts=EN)
    assert len(whole.kinds) == 3  # no class of what does not occur
    assert use_themes(lots.assign(use_class=None), texts=EN) == ()
    assert use_themes(lots.drop(columns="use_class"), texts=EN) == ()


# --- in the browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def html() -> str:
    return web_map(page_tables(), run=map_run(), language="en")


@pytest.fixture(scope="module")
def spots() -> dict[str, list[float]]:
    """A place well inside of each parcel."""
    lots = map_tables()["parcels"].dropna(subset="geometry").set_index("parcel_id").geometry
    at = lots.representative_point().to_crs(4326)
    return {name: [p.y, p.x] for name, p in at.items()}


@pytest.fixture
def opened(offline_page: Callable[[Path | str], Page], html: str) -> Page:
    page = offline_page(html)
    for layer in ("scraps", "sites_before", "sites_after"):  # their signs would be in the way
        page.evaluate(
            "(id) => map_main.removeLayer(gisland.layers.find((l) => l.head.id === id))", layer
        )
    settle(page)
    return page


def color(page: Page, at: list[float]) -> str:
    """Color of the parcels' layer at a place; empty where nothing opaque is drawn."""
    return next(iter(colors(page, at, "parcels")), "")


def colors(page: Page, at: list[float], layer: str, *, reach: int = 0) -> list[str]:
    """Opaque colors of a layer within some pixels of a place."""
    found: list[str] = page.evaluate(COLORS, [layer, at, reach])
    return found


def found(page: Page, at: list[float]) -> list[str]:
    """Keys of all that a click at a place would find."""
    keys: list[str] = page.evaluate(
        "(at) => gisland.found(map_main, L.latLng(at)).map((hit) => hit.key)", at
    )
    return keys


def section(page: Page, heading: str) -> Any:  # noqa: ANN401 - a locator
    return page.locator(".gi-legend section").filter(has=page.get_by_text(heading, exact=True))


@pytest.mark.browser
def test_a_theme_colors_the_parcels_and_its_legend_tells_it(
    opened: Page, spots: dict[str, list[float]]
) -> None:
    assert color(opened, spots["P01"]) == style.VERDICTS["site"].fill
    chooser = opened.get_by_label("Color parcels by")
    chooser.select_option("far_after")
    settle(opened)
    assert color(opened, spots["P01"]) == SEQUENTIAL[4]
    assert color(opened, spots["P05"]) == SEQUENTIAL[0]
    assert color(opened, spots["P07"]) == style.NO_DATA.fill
    part = section(opened, "FAR (floor area ÷ land area) · after")
    assert part.locator(".gi-count").all_inner_texts() == ["1", "2", "2", "0", "5", "0", "1"]
    assert "value of their site after" in part.inner_text()
    assert opened.get_by_label("Parcels: FAR, after").is_checked()
    chooser.select_option("kind")
    settle(opened)
    assert color(opened, spots["P01"]) == style.VERDICTS["site"].fill


@pytest.mark.browser
def test_themes_are_set_by_name_and_told_of(opened: Page) -> None:
    opened.evaluate(
        "window.told = []; map_main.on('gi-theme', ({ layer }) => told.push(layer.theme))"
    )
    assert opened.evaluate("gisland.setTheme('parcels', 'far_difference')") is True
    assert opened.evaluate("gisland.setTheme('parcels', 'nothing')") is False
    assert opened.evaluate("gisland.setTheme('nothing', 'kind')") is False
    assert opened.evaluate("told") == [3]
    assert opened.get_by_label("Color parcels by").input_value() == "far_difference"


@pytest.mark.browser
def test_what_is_switched_off_in_one_theme_is_on_in_the_other(
    opened: Page, spots: dict[str, list[float]]
) -> None:
    section(opened, "Parcels by verdict").get_by_label(EN["verdict.site"]).uncheck()
    settle(opened)
    assert color(opened, spots["P01"]) == ""
    assert "parcel:P02" not in found(opened, spots["P02"])
    opened.evaluate("gisland.setTheme('parcels', 'far_before')")
    settle(opened)
    assert color(opened, spots["P01"]) == SEQUENTIAL[0]
    opened.evaluate("gisland.setTheme('parcels', 'kind')")
    settle(opened)
    assert color(opened, spots["P01"]) == ""


@pytest.mark.browser
def test_the_address_tells_the_theme_and_follows_it(opened: Page) -> None:
    opened.evaluate("location.hash = 'theme=far_after'")
    opened.wait_for_timeout(400)
    theme = "(() => { const l = gisland.layers.find((l) => l.head.ground); return l.theme; })()"
    assert opened.evaluate(theme) > 0
    assert "theme=far_after" in opened.evaluate("location.hash")
    opened.evaluate("gisland.setTheme('parcels', 'kind')")
    opened.wait_for_timeout(400)
    assert "theme" not in opened.evaluate("location.hash")


@pytest.mark.browser
def test_one_site_alone_quietens_the_rest(opened: Page, spots: dict[str, list[float]]) -> None:
    opened.get_by_label("Only site").select_option("=S02")
    settle(opened)
    note = opened.get_by_role("status").filter(has_text="Only site S02")
    assert note.is_visible()
    kept = {"P06": "site", "P07": "eligible", "P04": "absorbed"}
    for name, verdict in kept.items():
        assert color(opened, spots[name]) == style.VERDICTS[verdict].fill
    assert color(opened, spots["P02"]) == QUIET
    assert color(opened, spots["P11"]) == QUIET
    assert "parcel:P02" not in found(opened, spots["P02"])
    assert opened.evaluate(SHOWN, "sites_after") == ["site:S02"]
    assert opened.evaluate(SHOWN, "sites_before") == ["site:S02"]
    assert opened.evaluate(SHOWN, "scrap_groups") == ["scrap_group:0"]  # of P03 and P07
    assert len(opened.evaluate(SHOWN, "roads")) == 2  # which have nothing to do with sites
    site = "gisland.findKey('site:S02')"
    inside = f"(({{ layer, i }}) => map_main.getBounds().contains(layer.bounds(i)))({site})"
    assert opened.evaluate(inside) is True
    note.get_by_role("button", name="Show all").click()
    settle(opened)
    assert note.is_hidden()
    assert opened.get_by_label("Only site").input_value() == ""
    assert color(opened, spots["P02"]) == style.VERDICTS["site"].fill


@pytest.mark.browser
def test_a_scrap_that_is_switched_off_leaves_no_sign(
    opened: Page, spots: dict[str, list[float]]
) -> None:
    opened.get_by_label("Scraps by kind").check()
    opened.evaluate("(at) => { map_main.setView(at, 18, { animate: false }); }", spots["P03"])
    settle(opened)
    assert "#ffffff" in colors(opened, spots["P03"], "scraps", reach=12)
    tick = opened.locator(".gi-legend section").filter(has_text="Scraps by kind")
    tick.get_by_label(EN["scrap_kind.corner"]).uncheck()
    settle(opened)
    assert colors(opened, spots["P03"], "scraps", reach=12) == []
    assert "scrap:P03" not in found(opened, spots["P03"])


@pytest.mark.browser
def test_a_site_that_is_not_there_filters_nothing(
    opened: Page, spots: dict[str, list[float]]
) -> None:
    assert opened.evaluate("gisland.filterSite(map_main, 'S99')") is False
    assert opened.evaluate("gisland.filterSite(map_main, '')") is False
    settle(opened)
    assert color(opened, spots["P02"]) == style.VERDICTS["site"].fill


@pytest.mark.browser
def test_what_is_searched_for_ends_the_filter_that_hides_it(opened: Page) -> None:
    opened.evaluate("gisland.filterSite(map_main, 'S02')")
    opened.get_by_label("Find: parcel, site, block, owner").fill("P10")
    opened.locator(".gi-hits button").first.click()
    opened.locator(".gi-popup").wait_for()
    assert opened.evaluate("gisland.layers.every((layer) => layer.keep === null)") is True
    assert "P10" in opened.locator(".gi-popup").inner_text()


@pytest.mark.browser
def test_names_of_sites_are_no_markup(offline_page: Callable[[Path | str], Page]) -> None:
    evil = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
    tables = page_tables()
    for name in ("parcels", "sites", "plan"):
        tables[name]["site_id"] = tables[name]["site_id"].replace("S02", evil)
    page = offline_page(web_map(tables, run=map_run(), language="en"))
    page.evaluate(LOADED)
    page.get_by_label("Only site").select_option("=" + evil)
    page.get_by_role("status").filter(has_text=evil).wait_for()
    assert page.locator("img").count() == 0
