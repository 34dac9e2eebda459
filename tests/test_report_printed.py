"""The report on paper: one A4 page for each site, heads and feet, links, nothing too wide."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import shapely

import crowded
import small_results
from gisland.present.margins import css_string
from gisland.present.placing import RADII, TALL, hatch, spots
from gisland.present.sheets import report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gisland.jobs import Done

MM = 96 / 25.4
WIDTH, HEIGHT = int((210 - 26) * MM), (297 - 29) * MM  # what the margins of @page leave of A4
TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter(
    e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
         && !e.closest('svg')).map(e => e.tagName + '.' + e.className)"""
HOSTILE = '<b>"\\a{}</style>*/ \u202e' + "长" * 10_000


def written(tables: dict[str, Any], *, language: str = "zh", **changed: Any) -> str:  # noqa: ANN401
    return report(tables, run=small_results.run() | changed, language=language)


def on_paper(page: Page) -> tuple[list[float], list[str]]:
    """Heights of the site sheets as printed, and what is wider than the paper."""
    page.set_viewport_size({"width": WIDTH, "height": 1000})
    page.emulate_media(media="print")
    script = "[...document.querySelectorAll('.site')].map(e => e.getBoundingClientRect().height)"
    return page.evaluate(script), page.evaluate(TOO_WIDE)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_usual_site_fits_one_page(
    language: str, offline_page: Callable[[Path | str], Page]
) -> None:
    heights, wide = on_paper(offline_page(written(crowded.tables(8), language=language)))
    assert wide == []
    assert all(0 < h <= HEIGHT for h in heights)
    assert len(heights) == 2


def test_a_site_with_many_scraps_says_that_it_runs_on(
    offline_page: Callable[[Path | str], Page],
) -> None:
    told = "本项目零星用地较多，共 30 宗（列出 30 宗），本表续至下一页。"
    text = written(crowded.tables(30))
    assert text.count(told) == 1
    assert "本表续至下一页" not in written(crowded.tables(8))
    heights, wide = on_paper(offline_page(text))
    assert wide == []
    assert heights[0] > HEIGHT > heights[1]
    assert "列出 60 宗" in written(crowded.tables(70))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sample_prints_one_page_for_each_site(
    language: str,
    sample_run: Done,
    offline_page: Callable[[Path | str], Page],
    tmp_path: Path,
) -> None:
    tables, run = sample_run.tables, sample_run.record
    page = offline_page(report(tables, run=run, language=language))
    heights, wide = on_paper(page)
    assert wide == []
    assert len(heights) == len(tables["sites"]) == 12
    assert max(heights) <= HEIGHT
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.hash.slice(1))")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert set(links) <= set(ids)
    assert {f"{kind}-{n}" for kind in ("site", "annex") for n in range(1, 13)} <= set(links)
    assert len(ids) == len(set(ids))
    if shutil.which("pdftotext") is None:
        return
    file = tmp_path / "report.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    command = ["pdftotext", "-layout", str(file), "-"]
    told = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    pages = [p for p in told.split("\f") if p.strip()]
    heads = [p.strip().split("\n")[0] for p in pages]
    head = {"zh": "项目 ", "en": "Site "}[language]
    for site in tables["sites"]["site_id"]:
        own = [h for h in heads if re.search(rf"(?<![：:] )(?<!：){head}{site}$", h)]
        assert len(own) == 1, site
    last = {"zh": f"第 {len(pages)} 页，共 {len(pages)} 页", "en": f"of {len(pages)}"}[language]
    assert last in pages[-1]
    assert str(run["rules"]["fingerprint"]) in pages[0]
    assert str(run["as_of"]) in pages[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_long_and_hostile_names_break_neither_page_nor_print(
    language: str, offline_page: Callable[[Path | str], Page]
) -> None:
    tables = small_results.tables()
    for name in ("sites", "plan", "indicators", "alternatives", "conditions", "capacity"):
        for column in set(tables[name].columns) & {"site_id", "subject"}:
            tables[name] = tables[name].assign(
                **{column: tables[name][column].replace({"S1": HOSTILE, "site:S1": HOSTILE})}
            )
    tables["parcels"] = tables["parcels"].assign(owner=HOSTILE)
    page = offline_page(written(tables, language=language, project=HOSTILE, as_of=HOSTILE))
    heights, wide = on_paper(page)
    assert wide == []
    assert max(heights) <= HEIGHT
    assert page.locator("b:has-text('长')").count() == 0
    assert len(page.evaluate("[...document.styleSheets].map(s => s.cssRules.length)")) == 1


def test_nothing_ends_a_string_of_the_style_sheet() -> None:
    told = css_string(HOSTILE[:40] + "\n\x00\U0001f600")
    assert re.fullmatch(r"(?:[A-Za-z0-9]|\\[0-9a-f]{1,6} )+", told)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_page_tells_the_key_figures(language: str) -> None:
    page = written(small_results.tables(), language=language)
    tiles = re.findall(r"<li><b>(.*?)</b> (.*?)</li>", page)
    area = {"zh": "2,100.00 m²（3.150 亩）", "en": "2,100.00 m² (3.150 mu)"}[language]
    assert [figure for figure, _ in tiles] == ["2", "4", "2", area, "5.66%"]
    assert page.index('id="key"') < page.index('id="basis"') < page.index('id="contents"')
    rows = re.findall(r'<td><a href="#(site-\d)"><bdi>(.*?)</bdi></a></td>', page)
    assert rows == [("site-1", "S1"), ("site-2", "S2")]


def test_data_findings_that_touch_a_site_are_told_on_it() -> None:
    tables = small_results.tables()
    first = tables["findings"].iloc[[0]]
    mine = first.assign(code="overlap", severity="warning", parcel_id="A2", other_id="K1")
    tables["findings"] = mine
    one, two = re.findall(r'<section class="site .*?</section>', written(tables), re.DOTALL)
    assert "<dd><bdi>宗地重叠 1 处</bdi></dd>" in one
    assert "数据检查未发现涉及本项目的问题" in two


def test_labels_of_small_shapes_stand_clear_of_each_other() -> None:
    shapes = [shapely.box(100 + 5 * n, 100, 105 + 5 * n, 105) for n in range(8)]
    found = spots(shapes, [f"边{n}" for n in range(8)], size=(300, 200), taken=[(0, 0, 90, 200)])
    assert all(s.to is not None for s in found)
    boxes = [shapely.box(s.x - 11, s.y - TALL / 2, s.x + 11, s.y + TALL / 2) for s in found]
    assert all(a.intersection(b).area == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(b.bounds[0] >= 90 and b.bounds[2] <= 300 for b in boxes)
    assert all(s.to and abs(s.y - s.to[1]) <= max(RADII) for s in found)


def test_hatches_stay_in_their_shape_and_differ() -> None:
    shape = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    told = {v: hatch(shape, v) for v in ("absorbed", "eligible", "ineligible", "none")}
    assert len(set(told.values())) == 4
    assert told["none"] == ""
    points = [float(v) for v in re.findall(r"-?[\d.]+", "".join(told.values()))]
    assert (min(points), max(points)) == (0, 30)
    assert told["eligible"].startswith("M0.0,0.0L30.0,0.0M0.0,6.0L30.0,6.0M0.0,12.0L10.0,12.0")
    assert hatch(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "absorbed") == ""
