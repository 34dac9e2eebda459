"""The whole map in use: popups, search, filter, toggles, languages, print, keys, and a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely

from gisland.present import style
from gisland.present.style import catalog
from mapseen import (
    Case,
    ask,
    case_of,
    data_words,
    foreign,
    lonely,
    metres_of_pixel,
    only,
    opened,
    placed,
    settle,
    sheet,
    shot,
    view,
)
from test_map_accepted import forest_city

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from gisland.jobs import Done

__all__ = ["forest_city"]  # a fixture
pytestmark = pytest.mark.browser
Opener = "Callable[[Path | str], Page]"
PT_MM = 72 / 25.4
KEYS = """({ at }) => { const { layer, i } = gisland.findKey(at);
  return gisland.go(map_main, layer, i); }"""


@pytest.fixture(scope="module", params=["sample_run", "forest_city"])
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param, request.getfixturevalue(request.param))


@pytest.fixture
def sample(sample_run: Done) -> Case:
    return case_of("sample_run", sample_run)


def speak(page: Page, language: str) -> None:
    page.evaluate("(language) => gisland.speak(language)", language)
    settle(page)


def go(page: Page, key: str) -> dict[str, Any]:
    """Popup of a feature."""
    page.evaluate(KEYS, {"at": key})
    page.wait_for_selector(".gi-sheet")
    return sheet(page)


# --- popups ---------------------------------------------------------------------------------------


def chosen(case: Case) -> pd.DataFrame:
    """Some parcels of every verdict."""
    parcels = lonely(case.parcels)
    return pd.concat([own.nlargest(6, "size") for _, own in parcels.groupby("verdict")])


def test_popups_of_parcels_tell_what_the_tables_hold(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    speak(page, "en")
    words, rows = catalog("en"), chosen(case)
    assert len(rows) >= 20
    for i, row in rows.iterrows():
        told = ask(page, row["at"])[f"Parcel {i}"]
        facts = told["rows"]
        assert facts["area"] == f"{row['area_m2']:,.2f} m² ({row['area_m2'] * 15 / 1e4:,.3f} mu)"
        assert facts["owner"] == ("—" if pd.isna(row["owner"]) else row["owner"])
        assert facts["FAR"] == ("—" if pd.isna(row["far"]) else f"{row['far']:.2f}")
        use = row["use_class"]
        assert facts["use class"] == ("—" if pd.isna(use) else words[f"use_class.{use}"])
        assert facts.get("site") == (None if pd.isna(row["site_id"]) else row["site_id"])
        first = row["reasons"].split(";")[0].split(":")[0]
        short = words.get(f"reason_short.{first}") if row["verdict"] == "eligible" else None
        assert told["badge"] == (short or words[f"verdict.{row['verdict']}"])
        reasons = " ".join(told["lists"].get("Why", []))
        for code in {part.split(":")[-1] for part in filter(None, row["reasons"].split(";"))}:
            assert words[f"reason.{code}"] in reasons, (i, code)


def test_popups_of_scraps_tell_each_site_test_and_rule(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    speak(page, "en")
    words, plan, verdicts = catalog("en"), case.tables["plan"], case.tables["verdicts"]
    plan = plan.reset_index() if "parcel_id" not in plan else plan
    for parcel, pairs in plan.groupby("parcel_id"):
        told = go(page, f"scrap:{parcel}")[f"Scrap {parcel}"]
        assert told["badge"] == words[f"scrap_kind.{pairs['scrap_kind'].iloc[0]}"]
        (heading,) = [name for name in told["tables"] if name.startswith("Sites considered")]
        considered = {row[0]: row[1:] for row in told["tables"][heading][1:]}
        assert set(considered) == set(pairs["site_id"])
        for _, pair in pairs.iterrows():
            verdict, border, why = considered[pair["site_id"]]
            assert verdict == words[f"verdict.{pair['verdict']}"]
            assert border == f"{pair['border_m']:,.2f} m"
            codes = {code.split(":")[0] for code in pair["reasons"].split(";") if code}
            named = [words[f"reason.{code}"].split("{")[0] for code in codes]
            assert all(part in why for part in named), (parcel, why, named)
            own = verdicts[
                (verdicts["parcel_id"] == parcel) & (verdicts["subject"] == pair["site_id"])
            ]
            tested = {
                row[0]: row[2] for row in told["tables"][f"Tests towards {pair['site_id']}"][1:]
            }
            expected = {
                words[f"test.{t}"]: o for t, o in zip(own["test"], own["outcome"], strict=True)
            }
            assert {k: v.lstrip("✓✗ ") for k, v in tested.items()} == {
                k: words[f"outcome.{o}"] for k, o in expected.items()
            }
        assert all(source.startswith("— ") and len(source) > 8 for _, source in told["quotes"])
        if "ineligible" in set(pairs["verdict"]):
            assert told["quotes"], parcel


def test_popups_of_sites_tell_before_and_after(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    speak(page, "en")
    sites = case.tables["sites"].reset_index()
    for _, site in sites.iterrows():
        key = site["site_id"]
        told = go(page, f"site:{key}")[f"Site {key}"]
        table = {row[0]: row[1:] for row in told["tables"]["Before and after"][1:]}
        assert table["area"] == [f"{site[f'area_{w}_m2']:,.2f} m²" for w in ("before", "after")]
        far = [site[f"far_{when}"] for when in ("before", "after")]
        shown = next(values for name, values in table.items() if name.startswith("FAR"))
        assert shown == ["—" if pd.isna(v) else f"{v:.2f}" for v in far]
        assert told["rows"]["absorbed scrap area"] == f"{site['scrap_area_m2']:,.2f} m²"
        assert told["rows"]["scrap share"].startswith(
            f"{site['scrap_share']:.2%} (requires ≤ 10.00%"
        )
        absorbed = [i for i in site["absorbed_ids"].split(";") if i]
        listed = told["rows"].get("absorbed parcels", "").split(" and more")[0].split("; ")
        assert listed == (absorbed[:12] or [""])
        counts = f"own {site['parcels_before']} + scraps {len(absorbed)}"
        assert table["number of parcels"] == [counts, str(site["parcels_after"])]
        assert " mu)" not in " ".join(told["lists"].get("Capacity", []))  # floor area is no land


# --- toggles, search, filter ----------------------------------------------------------------------


def color_at(page: Page, at: shapely.Point) -> tuple[int, ...]:
    (pixel,) = placed(page, np.array([[at.x, at.y]]))
    return tuple(shot(page)[pixel[1], pixel[0]].tolist())


def test_layers_and_classes_are_switched_off_for_eyes_and_clicks(
    offline_page: Opener, case: Case
) -> None:
    page = opened(offline_page(case.page))
    only(page, "parcels")
    parcels = lonely(case.parcels)
    for verdict in ("absorbed", "ineligible"):
        i = parcels[parcels["verdict"] == verdict]["size"].idxmax()
        view(page, parcels["at"][i], 18)
        fill = style.VERDICTS[verdict].fill
        label = catalog("zh")[f"verdict.{verdict}"]
        tick = (
            page.locator(".gi-legend section:not(.gi-hidden)")
            .first.locator("label", has=page.get_by_text(label, exact=True))
            .locator("input")
        )
        assert "#{:02x}{:02x}{:02x}".format(*color_at(page, parcels["at"][i])) == fill
        tick.uncheck()
        settle(page)
        assert "#{:02x}{:02x}{:02x}".format(*color_at(page, parcels["at"][i])) != fill
        middle = placed(page, np.array([[parcels["at"][i].x, parcels["at"][i].y]]))[0]
        page.mouse.click(*middle.tolist())
        settle(page)
        assert page.locator(".gi-sheet").count() == 0
        tick.check()
        settle(page)
        assert f"宗地 {i}" in ask(page, parcels["at"][i])
        page.get_by_label(catalog("zh")["map.layer.parcels"]).first.uncheck()
        page.evaluate("() => { map_main.closePopup(); }")
        settle(page)
        assert "#{:02x}{:02x}{:02x}".format(*color_at(page, parcels["at"][i])) != fill
        only(page, "parcels")


def find(page: Page, text: str) -> list[str]:
    page.locator(".gi-find input").fill(text)
    page.locator(".gi-hits button").first.wait_for()
    return page.locator(".gi-hits button").all_inner_texts()


def test_search_by_parcel_owner_and_site(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    parcels = case.parcels
    parcel = parcels[parcels["verdict"] == "absorbed"].iloc[0]
    site = case.tables["sites"].reset_index()["site_id"].iloc[-1]
    assert find(page, parcel["parcel_id"])[0] == f"宗地 {parcel['parcel_id']} · {parcel['owner']}"
    page.locator(".gi-hits button").first.click()
    page.wait_for_selector(".gi-sheet")
    assert f"宗地 {parcel['parcel_id']}" in sheet(page)
    assert find(page, site)[0].startswith(f"项目用地 {site}")
    page.locator(".gi-hits button").first.click()
    page.wait_for_selector(".gi-sheet")
    assert next(iter(sheet(page))) == f"项目用地 {site}"
    owned = (parcels["owner"] == parcel["owner"]).sum()
    hits = find(page, parcel["owner"])
    assert len(hits) == min(20, owned)
    assert all(hit.endswith(parcel["owner"]) for hit in hits)
    page.locator(".gi-find input").fill("没有这样的宗地")
    page.locator(".gi-hits button").first.wait_for(state="detached")


def test_a_density_surface_lies_below_with_its_legend(offline_page: Opener, sample: Case) -> None:
    page = opened(offline_page(sample.page))
    only(page, "parcels")
    parcels = lonely(sample.parcels)
    i = parcels[parcels["verdict"] == "site"]["size"].idxmax()
    view(page, parcels["at"][i], 17)
    before = color_at(page, parcels["at"][i])
    page.locator(".gi-choice:not(.gi-themes) select").select_option("far_before")
    settle(page)
    legend = page.locator(".gi-surface-legend")
    assert "容积率" in legend.locator("h3").inner_text()
    fills = legend.locator(".gi-class svg > *").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('fill'))"
    )
    seen = "#{:02x}{:02x}{:02x}".format(*color_at(page, parcels["at"][i]))
    assert seen in fills
    page.locator(".gi-choice:not(.gi-themes) select").select_option("")
    settle(page)
    assert color_at(page, parcels["at"][i]) == before


def test_one_site_alone(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    only(page, "parcels")
    sites = case.tables["sites"].reset_index()
    site = sites.loc[(sites["absorbed_ids"] != "").idxmax()]
    parcels = lonely(case.parcels)
    own = parcels[(parcels["site_id"] == site["site_id"]) & (parcels["verdict"] == "absorbed")]
    other = parcels[parcels["site_id"].notna() & (parcels["site_id"] != site["site_id"])]
    page.locator(".gi-only select").select_option(f"={site['site_id']}")
    settle(page)
    for rows, quiet in ((own, False), (other, True)):
        i = rows["size"].idxmax()
        view(page, rows["at"][i], 18)
        fill = style.VERDICTS[rows["verdict"][i]].fill
        seen = "#{:02x}{:02x}{:02x}".format(*color_at(page, rows["at"][i]))
        assert (seen == "#f4f5f6", seen == fill) == (quiet, not quiet)
    page.locator(".gi-filtered button").click()
    settle(page)
    assert "#{:02x}{:02x}{:02x}".format(*color_at(page, rows["at"][i])) == fill


# --- languages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_is_in_the_language_chosen(
    offline_page: Opener, case: Case, language: str
) -> None:
    page = opened(offline_page(case.page))
    speak(page, language)
    words = [*data_words(case), "English", "中文"]
    for part in page.locator("details").all():
        part.evaluate("(one) => { one.open = true; }")
    left: set[str] = set(foreign(page, language, words))
    every = "gisland.layers.forEach((layer) => { map_main.addLayer(layer); })"
    page.evaluate(f"() => {{ {every} }}")
    left |= set(foreign(page, language, words))
    plan, sites = case.tables["plan"].reset_index(), case.tables["sites"].reset_index()
    keys = [f"scrap:{p}" for p in plan["parcel_id"].unique()[::4]]
    keys += [f"site:{s}" for s in sites["site_id"][:4]]
    for key in keys:
        go(page, key)
        left |= set(foreign(page, language, words))
    for theme in page.evaluate(
        "gisland.layers.find((l) => l.head.ground).head.themes.map((t) => t.id)"
    ):
        page.evaluate("(theme) => { gisland.setTheme('parcels', theme); }", theme)
        left |= set(foreign(page, language, words))
    page.evaluate("() => { map_main.closePopup(); gisland.help(); }")
    left |= set(foreign(page, language, words))
    page.keyboard.press("Escape")
    for mode in ("swipe", "off"):
        page.evaluate("(mode) => { gisland.compare(map_main, mode); }", mode)
        left |= set(foreign(page, language, words))
    page.evaluate("() => { gisland.measure(map_main, 'area'); }")
    left |= set(foreign(page, language, words))
    page.keyboard.press("Escape")
    page.evaluate("() => gisland.printView(map_main, {}).then?.(() => null)")
    left |= set(foreign(page, language, words))
    assert not left


# --- tools ----------------------------------------------------------------------------------------


def test_swipe_and_measure_on_the_whole_map(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    parcels = lonely(case.parcels)
    i = parcels[parcels["verdict"] == "absorbed"]["size"].idxmax()
    at = parcels["at"][i]
    for layer in ("scraps", "sites_after", "sites_before"):
        page.evaluate(
            "(id) => { map_main.removeLayer(gisland.layers.find((l) => l.head.id === id)); }", layer
        )
    view(page, at, 18)
    seen = {}
    for mode in ("before", "after", "off"):
        page.evaluate("(mode) => { gisland.compare(map_main, mode); }", mode)
        settle(page)
        seen[mode] = "#{:02x}{:02x}{:02x}".format(*color_at(page, at))
    looks = style.VERDICTS
    assert seen == {
        "before": looks["none"].fill,
        "after": looks["site"].fill,
        "off": looks["absorbed"].fill,
    }
    page.get_by_role("button", name="测距离").click()
    (start,) = placed(page, np.array([[at.x, at.y]])).tolist()
    page.mouse.click(*start)
    page.mouse.dblclick(start[0] + 100, start[1])
    told = re.search(r"距离 ([\d.]+) m", page.locator(".gi-tools [role=status]").first.inner_text())
    assert told is not None
    assert float(told[1]) == pytest.approx(100 * metres_of_pixel(page), rel=0.03)


def test_a_print_tells_all_that_a_plan_needs(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    page.evaluate(
        "() => gisland.printView(map_main, { paper: 'A3', landscape: true }).then(() => 0)"
    )
    settle(page)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    (box,) = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)
    assert [float(n) for n in box.split()] == pytest.approx(
        [0, 0, 420 * PT_MM, 297 * PT_MM], abs=0.75
    )
    sheet_of_paper = page.locator(".gi-page")
    text = sheet_of_paper.inner_text()
    assert case.record["project"] in page.locator(".gi-page > h1").inner_text()
    assert re.search(r"1:[\d\u2009]+", text)
    assert re.search(r"20\d\d-\d\d-\d\d", text)
    assert sheet_of_paper.locator("svg.gi-north").is_visible()
    for verdict in ("site", "absorbed", "ineligible"):
        assert catalog("zh")[f"verdict.{verdict}"] in text
    assert case.record["crs"]["name"].split(" ")[0] in text or "EPSG" in text
    assert page.evaluate(
        "(() => { const b = document.querySelector('.gi-print-legend');"
        " return b.scrollHeight <= b.clientHeight + 1; })()"
    )


def test_an_address_opens_the_same_view_again(offline_page: Opener, case: Case) -> None:
    site = case.tables["sites"].reset_index()["site_id"].iloc[0]
    page = opened(offline_page(case.page))
    speak(page, "en")
    go(page, f"site:{site}")
    page.wait_for_timeout(600)  # the address is written a little later
    assert f"site={site}" in page.url
    address, first = page.url, list(sheet(page))
    center = page.evaluate("[map_main.getCenter().lat, map_main.getCenter().lng]")
    page.goto("about:blank")
    page.goto(address)
    opened(page).wait_for_selector(".gi-sheet")
    assert next(iter(sheet(page))) == first[0] == f"Site {site}"
    again = page.evaluate("[map_main.getCenter().lat, map_main.getCenter().lng]")
    assert again == pytest.approx(center, abs=2e-4)


def test_keys_alone_find_a_parcel_and_leave_it(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    parcel = case.parcels[case.parcels["verdict"] == "ineligible"].index[0]
    page.keyboard.press("/")
    page.keyboard.type(str(parcel))
    page.locator(".gi-hits button").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gi-sheet")
    assert next(iter(sheet(page))) == f"宗地 {parcel}"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    page.keyboard.press("Escape")
    assert page.locator(".gi-sheet").count() == 0
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"English", "打印", "测面积", "复制链接"} <= reached


def test_a_phone_shows_the_map_and_a_popup_that_can_be_read(
    offline_page: Opener, case: Case
) -> None:
    page = offline_page("<p>-</p>")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(case.page.as_uri())
    opened(page)
    assert (
        page.locator(".gi-panel details[open], .leaflet-control-layers details[open]").count() == 0
    )
    parcels = lonely(case.parcels)
    i = parcels[parcels["verdict"] == "ineligible"]["size"].idxmax()
    assert f"宗地 {i}" in ask(page, parcels["at"][i])
    page.wait_for_timeout(400)  # the map moves until all of it can be seen
    box = page.locator(".leaflet-popup-content-wrapper").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] >= 0
    assert box["width"] >= 280
    size = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('.gi-sheet td')).fontSize)"
    )
    assert size >= 12
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
