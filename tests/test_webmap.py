"""The map shows what the tables say, in two languages, and no text in the data can act."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import mappages
from gisland.base.errors import CRSError, ProjectError
from gisland.present import style
from gisland.present.maplayers import map_layers
from gisland.present.webmap import folium_map, web_map
from mapseen import opened, settle, unfold
from maptables import CRS, X, Y, map_run, map_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

LAYERS = (
    *("parcels", "scraps", "sites_before", "sites_after", "block_lines", "zones", "enclaves"),
    *("block_conflicts", "links"),
    *("enclaves_jointly", "scrap_groups", "exclusions", "roads", "findings"),
)
CODED = ("verdict", "scrap_kind", "kind", "attribute", "outcome", "test", "operator", "unit")
CODED = (*CODED, "mode", "severity", "code", "share_denominator", "cap_operator")


def blocks(page: str) -> dict[str, Any]:
    """Layers of a page, with classes and features, and what stands around the map."""
    language = mappages.texts(page)["language"]
    layers = mappages.layers(page, language)
    for layer in layers.values():
        theme = layer["head"]["themes"][0]
        layer |= {"classes": theme["classes"], "names": layer["head"]["names"]}
    return layers | {"page": mappages.page_data(page, language)}


def popup(page: str, layer: str, key: str) -> dict[str, Any]:
    """Popup of one feature in the language in which the page opens."""
    return mappages.popup(blocks(page)[layer], key)


def facts(shown: dict[str, Any]) -> dict[str, str]:
    """All name and value lines of a popup."""
    return mappages.rows(shown)


@pytest.fixture(scope="module")
def zh() -> str:
    return web_map(map_tables(), run=map_run(), language="zh")


@pytest.fixture(scope="module")
def en() -> str:
    return web_map(map_tables(), run=map_run(), language="en")


# --- what the map says ---------------------------------------------------------------------------


def test_every_layer_is_there_with_its_classes(zh: str) -> None:
    data = blocks(zh)
    assert set(data) == {*LAYERS, "page"}
    counts = {c["label"]: c["count"] for c in data["parcels"]["classes"]}
    assert counts == {
        "改造项目用地": "3", "并入": "2", "可并入（未选）": "1", "不可并入": "1", "其他宗地": "4",
    }  # fmt: skip
    assert [c["tag"] for c in data["scraps"]["classes"]] == ["边", "夹", "插", "邻"]
    assert len(data["scraps"]["features"]) == 4


def test_level_two_lines_are_dashed_and_level_one_solid(en: str) -> None:
    classes = {c["label"]: c["style"] for c in blocks(en)["block_lines"]["classes"]}
    assert "dash" not in classes["level 1"]
    assert classes["level 2"]["dash"] == [float(n) for n in style.BLOCK_LINES["2"].dash.split()]


def test_lines_are_not_filled(en: str) -> None:
    assert ["fill" in c["style"] for c in blocks(en)["roads"]["classes"]] == [False]


def test_a_parcel_popup_gives_facts_and_reasons_with_measured_values(en: str) -> None:
    shown = popup(en, "parcels", "parcel:P05")
    assert (shown["t"], shown["s"]) == ("Parcel P05", "not eligible")
    assert facts(shown)["area"] == "2,400.00 m² (3.600 mu)"
    assert facts(shown)["FAR"] == "0.30"
    lists = {block[1]: block[2] for block in shown["b"] if block[0] == "list"}
    assert lists["Why"] == [
        "S01: exceeds the cap on the area of one scrap: 2,400.00 m² (requires < 2,000.00 m²)",
        "S01: can be developed alone",
    ]
    assert lists["Advisory, not deciding"] == ["S01: permitted planned use (data missing)"]


def test_refusals_quote_their_rule(zh: str) -> None:
    quoted = [block for block in popup(zh, "parcels", "parcel:P05")["b"] if block[0] == "quote"]
    assert any("area < 3 亩 (strict)" in q[1] and "粤府办〔2009〕122号" in q[2] for q in quoted)
    assert [b for b in popup(zh, "parcels", "parcel:P08")["b"] if b[0] == "quote"] == []


def test_absorbed_scraps_quote_the_rules_that_allow_them() -> None:
    run, tables = map_run(), map_tables()
    passed = {"parcel_id": "P03", "subject": "S01", "test": "area_cap", "outcome": "pass"}
    passed |= {"value": 900.0, "limit": 2000.0, "operator": "<", "unit": "m2", "mode": "on"}
    more = pd.DataFrame([passed | {"rule_id": "scrap.area_cap"}])
    tables["verdicts"] = pd.concat([tables["verdicts"], more], ignore_index=True)
    shown = popup(web_map(tables, run=run, language="zh"), "scraps", "scrap:P03")
    (quoted,) = [block for block in shown["b"] if block[0] == "quote"]
    assert "area < 3 亩 (strict)" in quoted[1]
    assert "粤府办〔2009〕122号" in quoted[2]


def test_rules_without_wording_are_told_by_title_and_source() -> None:
    run = map_run()
    bare = {"quotation": "", "title": "单宗小于 3 亩", "source": "虚构", "section": ""}
    run["rules"]["records"] = [r | bare for r in run["rules"]["records"]]
    shown = popup(web_map(map_tables(), run=run, language="zh"), "scraps", "scrap:P05")
    told = [block[1:] for block in shown["b"] if block[0] == "quote"]
    assert ["单宗小于 3 亩", "—— 虚构（有公开来源）"] in told


def test_findings_and_badges_are_in_the_language_of_the_map(zh: str) -> None:
    shown = popup(zh, "findings", "finding:1")
    assert facts(shown)["说明"] == "宗地 P08 与 P09 重叠 3.00 m²"
    assert popup(zh, "parcels", "parcel:P07")["s"] == "可并入（合计将超占比上限，未选）"


def test_enclaves_of_tenure_are_told_in_words() -> None:
    tables = map_tables()
    told = {"attribute": "tenure", "value": "collective", "surrounded_by": "state"}
    tables["enclaves"] = tables["enclaves"].assign(**told)
    shown = facts(popup(web_map(tables, run={}, language="zh"), "enclaves", "enclave:0"))
    assert (shown["权利人、权属等"], shown["包围方"]) == ("集体", "国有")
    tables["enclaves"] = tables["enclaves"].assign(attribute="listed", value="True")
    shown = facts(popup(web_map(tables, run={}, language="zh"), "enclaves", "enclave:0"))
    assert (shown["依据"], shown["权利人、权属等"]) == ("listed", "是")


def test_jointly_surrounded_patches_are_a_layer_of_their_own(zh: str) -> None:
    data = blocks(zh)
    classes = {k: {c["label"]: c["count"] for c in data[k]["classes"]} for k in LAYERS}
    assert classes["enclaves"] == {"完全包围": "1", "基本包围": "1"}
    assert classes["enclaves_jointly"] == {"共同包围": "1"}
    names = [f["key"] for k in ("enclaves", "enclaves_jointly") for f in data[k]["features"]]
    assert len(set(names)) == 3
    shown = facts(popup(zh, "enclaves_jointly", data["enclaves_jointly"]["features"][0]["key"]))
    assert shown["包围方"] == "武汉甲机械有限公司；红旗村集体"
    assert shown["包围方宗地"] == "P05；P09"
    assert (shown["包围占比"], shown["临路临空边占比"]) == ("100.00%", "0.00%")
    assert "位于插花地之内" not in shown
    nested = [f["popup"] for f in data["enclaves"]["features"]]
    told = [facts(p) for p in nested if p["s"] == "完全包围"]
    assert told[0]["位于插花地之内"] == "权利人（P04）"
    assert told[0]["嵌套层次"] == "2"


@pytest.mark.parametrize("layer", ["enclaves", "enclaves_jointly", "scrap_groups"])
def test_layers_of_many_patches_are_off_at_first(layer: str) -> None:
    made = {m.id: m for m in map_layers(map_tables(), records={}, texts=style.catalog("en"))}
    assert not made[layer].show


def test_only_joint_enclaves_make_only_their_layer() -> None:
    tables = map_tables()
    tables["enclaves"] = tables["enclaves"].assign(kind="jointly")
    data = blocks(web_map(tables, run={}, language="en"))
    assert "enclaves" not in data
    assert data["enclaves_jointly"]["classes"][0]["count"] == "3"


def test_a_scrap_group_tells_its_parcels_and_why_it_is_small(zh: str, en: str) -> None:
    shown = popup(zh, "scrap_groups", "scrap_group:0")
    assert (shown["t"], shown["s"]) == ("零星用地组 G-P03", "零星用地组")
    data = blocks(zh)["scrap_groups"]
    assert data["names"]
    assert data["features"][0]["sign"] == "G-P03"
    told = facts(shown)
    assert told["合并后仍为零星用地的原因"] == "合计面积在单宗零星用地上限之内"
    assert told["其中与项目相邻的宗地"] == "P03"
    assert told["与各项目共边占比"] == "44.00%"
    assert facts(popup(en, "parcels", "parcel:P03"))["scrap group"] == "G-P03"
    assert facts(popup(en, "parcels", "parcel:P03"))["frontage on roads"] == "12.50 m"


def test_the_numbers_of_a_kind_stand_with_it_once(en: str) -> None:
    shown = popup(en, "scraps", "scrap:P03")
    assert shown["s"] == "corner scrap"
    told = facts(shown)
    assert told["free boundary share"] == "25.00%"
    assert told["border share with other parcels"] == "13.00%"
    assert told["share in the convex hull of a site"] == "40.00%"
    assert "corner:" not in json.dumps(popup(en, "parcels", "parcel:P03"))


def test_an_enclave_test_is_no_test_towards_a_site(en: str) -> None:
    shown = popup(en, "parcels", "parcel:P07")
    assert [b for b in shown["b"] if b[0] == "quote"]  # of the rules that allow it
    assert "outer boundary" not in json.dumps(shown)


def test_sites_carry_their_names_and_both_counts_of_parcels(en: str) -> None:
    layer = blocks(en)["sites_after"]
    assert layer["names"]
    assert [f["sign"] for f in layer["features"]] == ["S01", "S02"]
    lines = {line[0]: line[1:] for line in popup(en, "sites_after", "site:S01")["b"][0][3]}
    assert lines["number of parcels"] == ["own 2 + scraps 1", "1"]


def test_missing_values_are_shown_as_missing(zh: str) -> None:
    assert facts(popup(zh, "parcels", "parcel:P03"))["容积率"] == "—"


def test_a_scrap_lists_every_site_considered(en: str) -> None:
    shown = popup(en, "scraps", "scrap:P04")
    assert shown["b"][1][3] == [
        ["S01", "eligible, not chosen", "100.00 m", "absorbed by another site (S02)"],
        ["S02", "absorbed", "100.00 m", "—"],
    ]


def test_no_site_is_no_site_layer() -> None:
    tables = map_tables()
    tables["parcels"] = tables["parcels"].assign(verdict="none", site_id=None)
    data = blocks(web_map(tables | {"sites": tables["sites"].iloc[:0]}, run={}, language="en"))
    assert {"sites_before", "sites_after"} & set(data) == set()


def test_hairline_gaps_inside_a_site_are_not_drawn() -> None:
    tables = map_tables()
    tables["parcels"].loc[0, "geometry"] = shapely.box(X, Y, X + 120, Y + 99.97)
    features = blocks(web_map(tables, run={}, language="en"))["sites_before"]["features"]
    assert features[0]["geometry"].geom_type == "Polygon"
    assert len(features[0]["geometry"].interiors) == 0


def test_a_site_compares_before_and_after_and_names_the_denominator(en: str) -> None:
    shown = popup(en, "sites_after", "site:S01")
    assert shown["b"][0][3][0] == ["area", "21,600.00 m²", "22,500.00 m²"]
    share = facts(shown)["scrap share"]
    assert share == "4.00% (requires ≤ 10.00%; of project land including the scraps)"
    assert popup(en, "sites_before", "site:S01") == shown


def test_sites_before_are_dissolved(zh: str) -> None:
    site = blocks(zh)["sites_before"]["features"][0]["geometry"]
    area = gpd.GeoSeries([site], crs=4326).to_crs(CRS).area[0]
    assert area == pytest.approx(21_600, abs=1)


def test_coordinates_are_degrees_to_a_centimetre(zh: str) -> None:
    first = blocks(zh)["parcels"]["features"][0]["geometry"]
    back = gpd.GeoSeries([first], crs=4326).to_crs(CRS)
    expected = shapely.box(X, Y, X + 120, Y + 100)
    assert back[0].hausdorff_distance(expected) < 0.02


def test_parcels_without_geometry_are_counted_in_a_note(zh: str, en: str) -> None:
    assert blocks(zh)["page"]["notes"] == ["宗地：1 条无图形，未上图"]
    assert blocks(en)["page"]["notes"] == ["parcels: 1 without geometry, not drawn"]


def test_the_title_panel_names_project_rules_date_and_basis(zh: str) -> None:
    page = blocks(zh)["page"]
    assert page["title"] == "江岸工业园 · 零星用地整合图"
    assert page["summary"][0].endswith("并入零星用地 2 宗，计 2,000.00 m²（3.000 亩）")
    told = "\n".join(page["lines"])
    for part in ("guangdong-2009", "2026-01-01", "平面面积", "EPSG:4547", "0.1.0"):
        assert part in told


def test_the_first_view_is_the_parcels(zh: str) -> None:
    (south, west), (north, east) = blocks(zh)["page"]["bounds"]
    lots = map_tables()["parcels"]
    corners = lots[lots.geometry.notna()].to_crs(4326).total_bounds
    assert [west, south, east, north] == pytest.approx(list(corners), abs=2e-7)


# --- what may be missing -------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(map_tables()))
def test_any_table_may_be_missing(name: str) -> None:
    tables = {k: v for k, v in map_tables().items() if k != name}
    data = blocks(web_map(tables, run=map_run(), language="en"))
    gone = {"parcels": {"parcels", "sites_before"}, "plan": {"scraps", "links"}}
    gone["sites"] = {"sites_after", "links"}  # lines from scraps to sites
    gone["enclaves"] = {"enclaves", "enclaves_jointly"}
    gone["block_lines"] = {"block_lines", "block_conflicts"}
    assert set(LAYERS) - set(data) == gone.get(name, {name} & set(LAYERS))


@pytest.mark.parametrize("name", list(map_tables()))
def test_any_table_may_be_empty(name: str) -> None:
    tables = {k: v.iloc[:0] if k == name else v for k, v in map_tables().items()}
    assert "gisland.page(map_main, layer_control_main)" in web_map(tables, run={}, language="zh")


def test_nothing_to_draw_is_said() -> None:
    page = blocks(web_map({}, run={}, language="en"))["page"]
    assert page["notes"] == ["There is nothing to draw"]
    assert page["bounds"] is None


def test_optional_columns_may_be_missing() -> None:
    lots = map_tables()["parcels"][["parcel_id", "verdict", "geometry"]]
    page = web_map({"parcels": lots}, run={}, language="en")
    assert facts(popup(page, "parcels", "parcel:P01")) == {
        "owner": "—", "use class": "—", "area": "—", "FAR": "—", "building coverage": "—",
    }  # fmt: skip


def test_codes_without_a_name_are_shown_as_they_are() -> None:
    tables = map_tables()
    tables["parcels"] = tables["parcels"].assign(verdict="new", use_class="mine")
    shown = popup(web_map(tables, run={}, language="en"), "parcels", "parcel:P01")
    assert (shown["s"], facts(shown)["use class"]) == ("new", "mine")


def test_an_invalid_site_parcel_is_still_drawn() -> None:
    tables = map_tables()
    bow = shapely.Polygon([(X, Y), (X + 50, Y + 50), (X + 50, Y), (X, Y + 50)])
    tables["parcels"].loc[0, "geometry"] = bow
    assert len(blocks(web_map(tables, run={}, language="en"))["sites_before"]["features"]) == 2


def test_a_table_without_crs_is_refused() -> None:
    lots = map_tables()["parcels"].set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="parcels: the table has no CRS; set the CRS of the results"):
        web_map({"parcels": lots}, run={}, language="en")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ProjectError, match="language 'fr'"):
        web_map({}, run={}, language="fr")


# --- same tables, same bytes ---------------------------------------------------------------------


def test_same_tables_give_the_same_page_whatever_the_order_of_rows(zh: str) -> None:
    shuffled = {
        k: v.sample(frac=1, random_state=7, ignore_index=True) if k != "findings" else v
        for k, v in map_tables().items()
    }
    assert web_map(map_tables(), run=map_run(), language="zh") == zh
    again = blocks(web_map(shuffled, run=map_run(), language="zh"))
    assert again["parcels"]["features"] == blocks(zh)["parcels"]["features"]
    assert again["sites_before"] == blocks(zh)["sites_before"]


def test_saving_a_folium_map_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    drawn = folium_map(map_tables(), run=map_run(), language="zh")
    assert isinstance(drawn, folium.Map)
    drawn.save(tmp_path / "a.html")
    drawn.save(tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_tables_are_not_changed() -> None:
    tables, before = map_tables(), map_tables()
    web_map(tables, run=map_run(), language="en")
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before[name]))


# --- text in the data cannot act -----------------------------------------------------------------


def hostile(marker: Path) -> list[str]:
    """Text that would act if anything ran it."""
    touch = f'{{{{ cycler.__init__.__globals__.os.system("touch {marker}") }}}}'
    return [
        "</script><script>window.hacked = 1</script>",
        "{{ 7*7 }}",
        "{% for i in [1] %}{% endfor %}{% if %}",
        "{#3-12",
        touch,
        '<img src=x onerror="window.hacked = 1">',
        "`${window.hacked = 1}`",
        "javascript:window.hacked=1",
        "a\u2028b\u2029c",
        "'\"-->]]>\\",
        "长" * 10_000,
    ]


def poisoned(texts: list[str]) -> dict[str, pd.DataFrame]:
    """The tables with hostile text in every column of free text, ids and column names too."""
    tables = {}
    for name, table in map_tables().items():
        spoiled = table.copy()
        for column in spoiled.columns:
            values = spoiled[column]
            if column in (*CODED, "geometry") or not pd.api.types.is_string_dtype(values):
                continue
            ids = column.endswith("_id")
            evil = [texts[0 if ids else i % len(texts)] for i in range(len(spoiled))]
            spoiled[column] = [
                v if pd.isna(v) or v == "" else (e + str(v))
                for e, v in zip(evil, values, strict=True)
            ]
        spoiled[texts[4]] = texts[0]
        tables[name] = spoiled
    return tables


def poisoned_run(texts: list[str]) -> dict[str, Any]:
    """The record of the run with hostile text all over."""
    run = map_run()
    records = [r | {"quotation": texts[0], "title": texts[4]} for r in run["rules"]["records"]]
    rules = {"name": texts[5], "title": texts[4], "fingerprint": texts[1], "records": records}
    named = dict.fromkeys(
        ("project", "gisland", "as_of", "area_basis"), "".join(texts[:6]) + "\ud800"
    )
    return {**named, "crs": {"name": texts[4]}, "rules": rules}


def test_hostile_text_is_inert_when_saved(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    texts = hostile(marker)
    page = web_map(poisoned(texts), run=poisoned_run(texts), language="en")
    page.encode("utf-8")
    assert not marker.exists()
    assert "<img" not in page
    assert "<script>window" not in page
    assert "\u2028" not in page
    owners = {facts(f["popup"])["owner"] for f in blocks(page)["parcels"]["features"]}
    assert "{{ 7*7 }}武汉甲机械有限公司" in owners
    assert any(o.startswith("长" * 10_000) for o in owners)


def test_hostile_codes_are_inert_too(tmp_path: Path) -> None:
    texts = hostile(tmp_path / "ran")
    tables = map_tables()
    for name, column in (("parcels", "verdict"), ("plan", "scrap_kind"), ("verdicts", "test"),
                         ("enclaves", "attribute"), ("findings", "code")):  # fmt: skip
        tables[name] = tables[name].assign(**{column: texts[4]})
    page = web_map(tables, run=map_run(), language="zh")
    assert not (tmp_path / "ran").exists()
    assert popup(page, "parcels", "parcel:P01")["s"] == texts[4]


# --- in the browser ------------------------------------------------------------------------------

SPOTS = {"site": (60, 40), "absorbed": (125, 30), "ineligible": (128, 110), "eligible": (294, 34),
         "none": (200, 160)}  # fmt: skip


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Place of a point of the block on the screen."""
    at = gpd.GeoSeries([shapely.Point(X + x, Y + y)], crs=CRS).to_crs(4326)[0]
    pixel = page.evaluate(
        "([a, b]) => { const p = map_main.latLngToContainerPoint([a, b]); return [p.x, p.y]; }",
        [at.y, at.x],
    )
    return pixel[0], pixel[1]


def painted(page: Page, x: float, y: float) -> str:
    """Color of the uppermost layer that is opaque at a point of the block; empty for none."""
    rgba = page.evaluate(
        """([x, y]) => {
          let found = [0, 0, 0, 0];
          const upwards = [...gisland.layers].filter((layer) => layer._map);
          for (const layer of upwards)
            for (const { el, coords } of Object.values(layer._tiles)) {
              const box = el.getBoundingClientRect(), k = el.width / box.width;
              if (coords.z !== layer._tileZoom || x < box.left || y < box.top) continue;
              if (x >= box.right || y >= box.bottom) continue;
              const place = [Math.floor((x - box.left) * k), Math.floor((y - box.top) * k), 1, 1];
              const rgba = [...el.getContext("2d").getImageData(...place).data];
              if (rgba[3] === 255) found = rgba;
            }
          return found;
        }""",
        spot(page, x, y),
    )
    return "#{:02x}{:02x}{:02x}".format(*rgba[:3]) if rgba[3] == 255 else ""


def press(page: Page, x: float, y: float) -> None:
    """Bring a point of the block to the middle, click it, and wait until its popup stands still."""
    page.evaluate(
        "([x, y]) => map_main.panTo(map_main.containerPointToLatLng([x, y]), { animate: false })",
        spot(page, x, y),
    )
    page.mouse.click(*spot(page, x, y))
    page.wait_for_selector(".gi-sheet")
    page.wait_for_timeout(350)


@pytest.mark.browser
def test_parcels_are_painted_in_the_color_of_their_verdict(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    expected = {verdict: style.VERDICTS[verdict].fill for verdict in SPOTS}
    assert {verdict: painted(page, *at) for verdict, at in SPOTS.items()} == expected


@pytest.mark.browser
def test_layers_can_be_switched_and_the_legend_follows(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    page.get_by_label("宗地（按判定）").uncheck()
    settle(page)
    assert painted(page, *SPOTS["none"]) == ""
    assert not page.locator(".gi-legend h3", has_text="宗地（按判定）").is_visible()
    page.get_by_label("宗地（按判定）").check()
    settle(page)
    assert painted(page, *SPOTS["none"]) == style.VERDICTS["none"].fill
    assert not page.locator(".gi-legend h3", has_text="改造片区").is_visible()
    unfold(page)
    page.get_by_role("checkbox", name="改造片区").check()
    assert page.locator(".gi-legend h3", has_text="改造片区").is_visible()


@pytest.mark.browser
def test_outlines_stay_above_parcels_that_are_switched_on_again(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    for layer in ("零星用地（按类型）", "项目用地（改造前）"):
        page.get_by_label(layer).uncheck()
    settle(page)
    assert painted(page, 60, 0) == style.SITES["after"].color
    page.get_by_label("宗地（按判定）").uncheck()
    page.get_by_label("宗地（按判定）").check()
    settle(page)
    assert painted(page, 60, 0) == style.SITES["after"].color


@pytest.mark.browser
def test_every_layer_can_be_drawn(offline_page: Callable[[Path | str], Page], en: str) -> None:
    page = opened(offline_page(en))
    unfold(page)
    boxes = page.locator(".leaflet-control-layers input")
    assert boxes.count() == len(LAYERS)
    for i in range(len(LAYERS)):
        boxes.nth(i).check()
    assert page.locator(".gi-legend section:visible").count() == len(LAYERS)


@pytest.mark.browser
def test_a_click_tells_the_verdict_and_the_reasons(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    press(page, *SPOTS["ineligible"])
    sheet = page.locator(".gi-sheet")
    assert sheet.locator("summary").all_inner_texts() == [
        "宗地 P05 不可并入", "零星用地 P05 相邻零星用地", "工业区块 B1 一级区块线",
    ]  # fmt: skip
    told = sheet.inner_text()
    assert "S01：超出单宗零星用地面积上限：2,400.00 m²（要求 < 2,000.00 m²）" in told
    assert "✗ 未通过" in told
    assert told.count("area < 3 亩") == 1
    page.keyboard.press("Escape")
    page.wait_for_selector(".gi-sheet", state="detached")


@pytest.mark.browser
def test_a_site_drawn_twice_is_told_once(
    offline_page: Callable[[Path | str], Page], en: str
) -> None:
    page = opened(offline_page(en))
    press(page, *SPOTS["site"])
    heads = page.locator(".gi-sheet summary").all_inner_texts()
    assert heads == ["Parcel P01 project site", "Site S01", "Block B1 level 1"]
    page.get_by_text("Site S01").click()
    assert page.get_by_text("22,500.00 m²").first.is_visible()


@pytest.mark.browser
def test_a_click_beside_everything_opens_nothing(
    offline_page: Callable[[Path | str], Page], en: str
) -> None:
    page = opened(offline_page(en))
    page.mouse.click(*spot(page, 200, -11))
    page.wait_for_timeout(300)
    assert page.locator(".gi-sheet").count() == 0


@pytest.mark.browser
def test_panels_do_not_cover_the_parcels(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    west, south = spot(page, 0, 0)
    east, north = spot(page, 380, 195)
    for panel in (".gi-title", ".gi-legend", ".leaflet-control-layers"):
        box = page.locator(panel).bounding_box()
        assert box is not None
        assert (
            box["x"] + box["width"] < west or box["x"] > east
            or box["y"] + box["height"] < north or box["y"] > south
        )  # fmt: skip


@pytest.mark.browser
def test_chinese_text_is_drawn_with_real_glyphs(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    blank = page.evaluate(
        """() => {
          const text = document.querySelector(".gi-legend").innerText.replace(/[\\s0-9]/g, "");
          const font = getComputedStyle(document.querySelector(".gi-legend")).fontFamily;
          const draw = (c) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 40;
            const pen = canvas.getContext("2d");
            pen.font = "30px " + font;
            pen.fillText(c, 2, 32);
            return canvas.toDataURL();
          };
          const none = draw("\\u{10FFFD}");
          return [...new Set(text)].filter((c) => draw(c) === none);
        }"""
    )
    assert blank == []


@pytest.mark.browser
def test_hostile_text_is_shown_and_does_not_act(
    offline_page: Callable[[Path | str], Page], tmp_path: Path
) -> None:
    texts = hostile(tmp_path / "ran")
    page = opened(offline_page(web_map(poisoned(texts), run=poisoned_run(texts), language="zh")))
    assert texts[0] in page.locator(".gi-title h1").inner_text()
    unfold(page)
    for box in page.locator(".leaflet-control-layers input").all():
        box.check()
    shown = []
    for at in (*SPOTS.values(), (200, 40), (340, 10), (380, 185)):
        press(page, *at)
        assert page.locator(".gi-popup").bounding_box()["height"] < 700
        shown += page.locator(".gi-sheet td, .gi-sheet summary, .gi-sheet cite").all_text_contents()
        page.evaluate("map_main.closePopup()")
        page.wait_for_selector(".gi-sheet", state="detached")
    told = "\n".join(shown)
    for text in (*texts[:2], *texts[3:6], texts[10]):
        assert text in told
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.browser
def test_find_goes_to_a_parcel_by_its_owner_and_tells_about_it(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    page.get_by_role("searchbox").fill("丁学校")
    hits = page.locator(".gi-hits button")
    assert hits.all_inner_texts() == ["宗地 P10 · 武汉丁学校"]
    hits.first.click()
    page.wait_for_selector(".gi-sheet")
    assert page.locator(".gi-sheet summary").first.inner_text() == "宗地 P10 其他宗地"
    page.get_by_role("searchbox").fill("没有这个")
    assert page.locator(".gi-hits").inner_text() == "没有找到"
    page.get_by_role("searchbox").fill("P")
    assert hits.count() == 11


@pytest.mark.browser
def test_the_whole_map_comes_back(offline_page: Callable[[Path | str], Page], zh: str) -> None:
    page = opened(offline_page(zh))
    first = spot(page, 190, 90)
    page.evaluate("map_main.setView([0, 0], 3, { animate: false })")
    page.get_by_role("button", name="全图").click()
    assert spot(page, 190, 90) == pytest.approx(first, abs=1)


@pytest.mark.browser
def test_a_click_with_room_for_its_popup_does_not_move_the_map(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    page.evaluate("map_main.panBy([0, -120], { animate: false })")
    before = spot(page, *SPOTS["site"])
    page.mouse.click(*before)
    page.wait_for_selector(".gi-sheet")
    page.wait_for_timeout(350)
    x, y = spot(page, *SPOTS["site"])
    assert abs(y - before[1]) < 2
    assert abs(x - before[0]) < 250


@pytest.mark.browser
def test_signs_of_scraps_are_shown_all_or_none(
    offline_page: Callable[[Path | str], Page], zh: str
) -> None:
    page = opened(offline_page(zh))
    seen = set()
    for zoom in range(13, 21):
        page.evaluate(f"map_main.setZoom({zoom}, {{ animate: false }})")
        settle(page)
        shown = page.evaluate(
            f"""() => gisland.layers.find((layer) => layer.head.id === "scraps")
              .fitting(2 ** 32 / (256 * 2 ** {zoom})).map((sign) => gisland.expand(sign.text))"""
        )
        assert sorted(shown) in ([], sorted("边夹插邻"))
        seen.add(len(shown))
    assert seen == {0, 4}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_panels_do_not_cover_each_other_on_a_narrow_screen(
    offline_page: Callable[[Path | str], Page], language: str
) -> None:
    page = offline_page(web_map(map_tables(), run=map_run(), language=language))
    page.set_viewport_size({"width": 400, "height": 720})
    page.reload()
    opened(page)
    panels = (".gi-title", ".gi-legend", ".gi-corner", ".leaflet-control-layers",
              ".leaflet-control-zoom")  # fmt: skip
    for press_first in (None, ".gi-legend summary", ".leaflet-control-layers summary"):
        if press_first:
            page.locator(press_first).first.click()
            page.wait_for_timeout(100)
        boxes = [page.locator(p).bounding_box() for p in panels]
        for i, a in enumerate(boxes):
            assert a is not None
            assert a["x"] >= 0
            assert a["x"] + a["width"] <= 400
            for b in boxes[i + 1 :]:
                assert b is not None
                assert (
                    a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
                    or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
                )  # fmt: skip


@pytest.mark.browser
def test_an_empty_map_opens(offline_page: Callable[[Path | str], Page]) -> None:
    page = opened(offline_page(web_map({}, run={}, language="en")))
    assert "There is nothing to draw" in page.locator(".gi-title").inner_text()


@pytest.mark.browser
def test_points_and_lines_answer_near_clicks(
    offline_page: Callable[[Path | str], Page], en: str
) -> None:
    page = opened(offline_page(en))
    unfold(page)
    page.get_by_label("Data findings").check()
    x, y = spot(page, 310, 100)
    page.mouse.click(x + 4, y)
    page.wait_for_selector(".gi-sheet")
    assert "gap between parcels" in page.locator(".gi-sheet").inner_text()


def test_numbers_in_popups_are_not_taken_from_float_noise() -> None:
    tables = map_tables()
    tables["parcels"]["far"] = np.float64(0.1) + 0.2
    shown = popup(web_map(tables, run={}, language="en"), "parcels", "parcel:P01")
    assert facts(shown)["FAR"] == "0.30"
