"""What a map shows when it is opened, and that the reader's address goes before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import small_blocks
from gisland.base.errors import OutputError
from gisland.present.mapblocks import block_layers
from gisland.present.style import catalog
from gisland.present.webmap import web_map
from mappages import page_data
from mapseen import opened, settle
from maptables import map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opener = Callable[[Path | str], Page]

ON = "() => gisland.layers.filter((l) => map_main.hasLayer(l)).map((l) => l.head.id).sort()"
WRITTEN_MS = 400  # the address is written with a delay


def page_of(opening: str) -> str:
    return web_map(map_tables(), run=map_run(), language="en", opening=opening)


def test_a_map_without_opening_holds_none() -> None:
    page = web_map(map_tables(), run=map_run(), language="en")
    assert page == page_of("")
    assert "opening" not in page_data(page, "en")


def test_a_subject_brings_layers_and_title() -> None:
    data = page_data(page_of("merge_plan"), "en")
    assert data["title"] == "Test block · merge plan" or data["title"].endswith("· merge plan")
    assert data["opening"]["layers"].startswith("parcels,scraps,links,sites_before,sites_after")


@pytest.mark.parametrize(
    ("opening", "message"),
    [
        ("layers=parcels,scrap", "there is no layer 'scrap'; did you mean 'scraps'"),
        ("theme=far", "there is no theme 'far'; use one of coverage_after"),
        ("site=S09", "there is no site 'S09'; did you mean"),
        ("parcel=none", "there is no parcel 'none'; use one of"),
        ("lang=fr", "there is no language 'fr'"),
        ("compare=both", "there is no comparison 'both'"),
        ("at=91,114", "at='91,114' is no place; write latitude"),
        ("at=nan,114", "at='nan,114' is no place"),
        ("at=30", "at='30' is no place"),
        ("layer=parcels", "'layer' is not understood; did you mean 'layers'"),
        ("densities", "there is no subject 'densities'; did you mean 'density'"),
    ],
)
def test_what_the_map_lacks_is_an_error(opening: str, message: str) -> None:
    with pytest.raises(OutputError, match="opening of the map") as caught:
        page_of(opening)
    assert message in str(caught.value)


@pytest.mark.parametrize("subject", ["merge_plan", "block_lines", "density"])
def test_a_subject_that_was_not_analysed_says_what_to_run(subject: str) -> None:
    bare = {"parcels": map_tables()["parcels"].assign(site_id=None, verdict="none")}
    with pytest.raises(OutputError, match=f"nothing to show as {subject}; run with"):
        web_map(bare, run=map_run(), language="en", opening=subject)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_line_below_the_title_is_about_the_subject(language: str) -> None:
    tables = small_blocks.tables()
    tests = tables["control_verdicts"]
    of_m0 = (tests["subject"] == "given:L1") & (tests["test"] == "m0_share_of_block")
    tables["control_verdicts"] = tests.assign(outcome=tests["outcome"].mask(of_m0, "fail"))
    assert of_m0.sum() == 1
    page = web_map(tables, run=small_blocks.run(), language=language, opening="block_lines")
    lines = tables["block_lines"]
    lines = lines[lines["block_id"] != "overall"]
    counts = {which: (lines["lines"] == which).sum() for which in ("given", "proposed", "adjusted")}
    layers = block_layers(tables, records={}, texts=catalog(language))
    failing = list(layers["block_conflicts"][0].codes).count("fails")
    assert failing == 2
    told = catalog(language)["map.view.blocks_told"].format(**counts, failing=failing)
    assert page_data(page, language)["summary"][0] == told


def test_proposed_lines_wait_where_there_is_a_plan() -> None:
    import re  # noqa: PLC0415 - one place

    lines = small_blocks.tables()
    plan = {name: table for name, table in map_tables().items() if name == "plan"}
    for tables, shown in ((lines, True), (lines | plan, False)):
        page = web_map(tables, run=small_blocks.run(), language="en")
        added = re.search(r'gisland\.layer\(map_main, "block_proposed"\)(\.addTo)?', page)
        assert added is not None
        assert bool(added[1]) is shown


# --- in the browser -------------------------------------------------------------------------------


@pytest.fixture
def at(offline_page: Opener, tmp_path: Path) -> Callable[[str, str], Page]:
    """A function that opens a map that opens so, at an address."""

    def go(opening: str, address: str = "") -> Page:
        path = tmp_path / "map.html"
        path.write_text(page_of(opening), "utf-8")
        page = offline_page(path)
        if address:
            page.goto("about:blank")
            page.goto(f"{path.as_uri()}#{address}")
        opened(page)
        page.wait_for_timeout(WRITTEN_MS)
        settle(page)
        return page

    return go


def theme(page: Page) -> str:
    name: str = page.evaluate(
        "() => { const l = gisland.layers.find((l) => l.head.id === 'parcels');"
        " return l.head.themes[l.theme].id; }"
    )
    return name


@pytest.mark.browser
def test_a_map_opens_as_the_file_says_and_its_address_stays_empty(
    at: Callable[..., Page],
) -> None:
    page = at("layers=parcels,sites_before&compare=before&lang=zh")
    assert page.evaluate(ON) == ["parcels", "sites_before"]
    assert page.evaluate("gisland.comparing()") == "before"
    assert page.evaluate("gisland.language()") == "zh"
    assert page.evaluate("location.hash") == ""


@pytest.mark.browser
def test_the_address_of_the_reader_goes_before(at: Callable[..., Page]) -> None:
    page = at("layers=parcels&compare=swipe&site=S01", "layers=sites_after&compare=off&lang=zh")
    assert page.evaluate(ON) == ["sites_after"]
    assert page.evaluate("gisland.comparing()") == "off"
    assert page.evaluate("gisland.language()") == "zh"
    told = page.evaluate("location.hash")
    assert "layers=sites_after" in told
    assert "compare=off" in told


@pytest.mark.browser
def test_a_site_of_the_file_is_opened_unless_a_place_is_asked_for(
    at: Callable[..., Page],
) -> None:
    page = at("site=S01")
    assert page.locator(".gi-sheet summary span").first.inner_text() == "Site S01"
    page = at("site=S01", "parcel=P08")
    assert page.locator(".gi-sheet summary span").first.inner_text() == "Parcel P08"
    page = at("site=S01", "at=30.5,114.3,16")
    assert page.locator(".gi-sheet").count() == 0


@pytest.mark.browser
def test_the_comparison_is_told_in_the_address(at: Callable[..., Page]) -> None:
    page = at("")
    page.get_by_role("button", name="Before", exact=True).click()
    page.wait_for_timeout(WRITTEN_MS)
    assert "compare=before" in page.evaluate("location.hash")


def test_blocks_are_found_by_their_numbers(offline_page: Opener) -> None:
    html = web_map(small_blocks.tables(), run=small_blocks.run(), language="zh")
    page = opened(offline_page(html))
    page.locator(".gi-find input").fill("L2")
    hits = page.locator(".gi-hits button")
    hits.first.wait_for()
    assert hits.first.inner_text() == "工业区块 L2"
    hits.first.click()
    page.wait_for_selector(".gi-sheet")
    assert page.locator(".gi-sheet summary > span").first.inner_text() == "工业区块 L2"
