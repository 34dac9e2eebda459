"""The whole map in use: popups, switches, search, filter by site, and density surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gisland.present import style
from gisland.present.style import catalog
from mapseen import (
    Case,
    ask,
    case_of,
    color_at,
    go,
    lonely,
    only,
    opened,
    placed,
    settle,
    sheet,
    speak,
    view,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from gisland.jobs import Done

pytestmark = pytest.mark.browser
Opener = "Callable[[Path | str], Page]"
PT_MM = 72 / 25.4


@pytest.fixture(scope="module", params=["sample_run", "forest_city"])
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param, request.getfixturevalue(request.param))


@pytest.fixture
def sample(sample_run: Done) -> Case:
    return case_of("sample_run", sample_run)


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
        assert color_at(page, parcels["at"][i]) == fill
        tick.uncheck()
        settle(page)
        assert color_at(page, parcels["at"][i]) != fill
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
        assert color_at(page, parcels["at"][i]) != fill
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
    seen = color_at(page, parcels["at"][i])
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
        seen = color_at(page, rows["at"][i])
        assert (seen == "#f4f5f6", seen == fill) == (quiet, not quiet)
    page.locator(".gi-filtered button").click()
    settle(page)
    assert color_at(page, rows["at"][i]) == fill
