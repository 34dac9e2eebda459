"""Alternatives, other caps and decisions: told in plain words, with the right sums."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import mappages
import small_results
from gisland.explaining import explained_parcel
from gisland.layers.writing.oneparcel import read_parcel
from gisland.layers.writing.write import write_results
from gisland.present.about import About
from gisland.present.aboutplan import decided
from gisland.present.alternatives import alternative_name, decision_text, effect, of_site
from gisland.present.explain import explained
from gisland.present.maplayers import map_layers
from gisland.present.messages import finding_text
from gisland.present.planparts import plan_parts, site_alternatives
from gisland.present.popups import scrap_popups
from gisland.present.sheets import report
from gisland.present.style import catalog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

EN, ZH = catalog("en"), catalog("zh")
HOSTILE = "<img src=x onerror=alert(1)>{n}"


def told(parts: dict[str, Any], key: str) -> list[str]:
    """Texts of one section's lists."""
    found = next((s for s in parts["sections"] if s["key"] == key), {"blocks": []})
    return [line[1] for b in found["blocks"] if b[0] == "list" for line in b[1]]


def about(parcel_id: str, tables: dict[str, Any] | None = None, **plan: object) -> dict[str, Any]:
    """What is told of one parcel, with these choices of the plan."""
    run = small_results.run()
    run["plan"] |= plan
    borders = pd.DataFrame({"focal": [], "neighbor": [], "border_m": []})
    given = {**(tables or small_results.tables()), "borders": borders}
    return explained(given, parcel_id, run=run, language="en")


def site(page: str, number: int) -> str:
    """Text of one site's section, a line for each cell."""
    part = re.findall(r'<section class="annex[ "].*?</section>', page, re.DOTALL)[number]
    return re.sub(r"\n+", "\n", re.sub(r"<[^>]+>", "\n", part))


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        (("relaxed", "share_cap", 0.12), "零星用地占比上限提高到 12%",
         "With the cap on the scrap share at 12%"),
        (("relaxed", "share_cap", 0.125), "零星用地占比上限提高到 12.5%",
         "With the cap on the scrap share at 12.5%"),
        (("relaxed", "share_cap", math.nan), "不设零星用地占比上限",
         "Without the cap on the scrap share"),
        (("relaxed", "total_cap", 4500.5), "并入总面积上限提高到 4,500.50 m²",
         "With the cap on the total area at 4,500.50 m²"),
        (("relaxed", "area_cap", 3000.0), "单宗零星用地面积上限提高到 3,000 m²",
         "With the cap on the area of one scrap at 3,000 m²"),
        (("relaxed", "count_cap", 6.0), "并入宗数上限提高到 6 宗",
         "With the cap on the number of scraps at 6"),
        (("relaxed", "same_owner", math.nan), "不要求“土地权利人一致”",
         "Without the test “same right-holder”"),
        (("second_best", "", math.nan), "次优方案", "Second-best plan"),
        (("greedy", "", math.nan), "共边最长者优先（常见做法）",
         "Longest border first (as common tools do)"),
    ],
)  # fmt: skip
def test_alternatives_have_plain_names(row: tuple[Any, ...], zh: str, en: str) -> None:
    given = dict(zip(("kind", "constraint", "limit"), row, strict=True))
    assert alternative_name(given, texts=ZH) == zh
    assert alternative_name(given, texts=EN) == en


@pytest.mark.parametrize(
    ("scraps", "area", "border", "zh", "en"),
    [
        (3, 1240.0, 9.0, "多并入 3 宗、1,240.00 m²（1.860 亩）",
         "3 more scraps, 1,240.00 m² (1.860 mu)"),
        (-1, -300.0, 0.0, "少并入 1 宗、300.00 m²（0.450 亩）",
         "1 scrap fewer, 300.00 m² (0.450 mu)"),
        (1, -200.0, 0.0, "多并入 1 宗，但面积少 200.00 m²（0.300 亩）",
         "1 more scrap, but 200.00 m² (0.300 mu) less"),
        (-2, 50.0, 0.0, "少并入 2 宗，但面积多 50.00 m²（0.075 亩）",
         "2 fewer scraps, but 50.00 m² (0.075 mu) more"),
        (0, 50.0, 0.0, "宗数不变，面积多 50.00 m²（0.075 亩）",
         "as many scraps, 50.00 m² (0.075 mu) more"),
        (1, 0.0, 0.0, "多并入 1 宗", "1 more scrap"),
        (0, 0.001, -12.0, "宗数、面积不变，共边少 12.00 m",
         "as many scraps, same area, 12.00 m less border"),
        (0, 0.0, None, "宗数、面积、共边均不变，只是地块不同",
         "as many scraps, same area and border; only the parcels differ"),
    ],
)  # fmt: skip
def test_effects_tell_more_or_less(
    scraps: int, area: float, border: float | None, zh: str, en: str
) -> None:
    row = {"scraps_more": scraps, "area_more_m2": area, "border_more_m": border}
    assert effect(row, texts=ZH) == zh
    assert effect(row, texts=EN) == en


def test_a_scrap_that_changes_sites_is_not_told_as_a_loss_alone() -> None:
    rows = small_results.alternatives().iloc[:1]
    lost = rows.assign(scraps_more=-1, area_more_m2=-900.0)
    other = rows.assign(site_id="S2", scraps_more=1, area_more_m2=900.0)
    more = other.assign(kind="greedy", area_more_m2=700.0)
    table = pd.concat([lost, other, more], ignore_index=True)
    found = [effect(r, texts=EN) for r in of_site(table, "S1")]
    whole = "(all sites of the component together: as many scraps, same area)"
    assert found == [f"1 scrap fewer, 900.00 m² (1.350 mu) {whole}"]
    assert [effect(r, texts=ZH) for r in of_site(table, "S2")][1] == (
        "多并入 1 宗、700.00 m²（1.050 亩）"
    )


def test_sites_without_a_component_are_not_told_together() -> None:
    """The plan has neither in a component: what one gains is nothing to the other."""
    rows = small_results.alternatives().iloc[4:5]
    rows = rows.assign(component=pd.array([None], dtype="Int64"))
    table = pd.concat([rows, rows.assign(site_id="S2")], ignore_index=True)
    for site in ("S1", "S2"):
        found = [effect(r, texts=EN) for r in of_site(table, site)]
        assert found == ["1 more scrap, 4,800.00 m² (7.200 mu)"]


def test_alternatives_are_in_order_whatever_the_order_of_rows() -> None:
    table = small_results.alternatives()
    backwards = table.iloc[::-1].reset_index(drop=True)
    kinds = [r["kind"] for r in of_site(backwards, "S1")]
    assert kinds == ["second_best", "greedy", *["relaxed"] * 5]
    assert of_site(table, "S2") == []


@pytest.mark.parametrize(
    ("decision", "words"), [("in", "须并入"), ("out", "不并入"), ("S2", "只并入 S2"), (None, "—")]
)
def test_decisions_have_words(decision: str | None, words: str) -> None:
    assert decision_text(decision, texts=ZH) == words


# --- the report --------------------------------------------------------------------------------


def test_each_site_has_its_alternatives_in_words_and_others_have_none() -> None:
    page = report(small_results.tables(), run=small_results.run(), language="zh")
    first, second = site(page, 0), site(page, 1)
    raised = "零星用地占比上限提高到 12%\n多并入 3 宗、1,240.00 m²（1.860 亩）\n"
    assert f"{raised}4 宗、2,440.00 m²\nC3；K1；K2\n—" in first
    assert "次优方案\n宗数不变，面积少 300.00 m²（0.450 亩）\n1 宗、900.00 m²\nC3\nC1" in first
    assert "4,800.00 m²（7.200 亩）（求解达到时限，未证最优）" in first
    assert "备选方案" not in second
    tables = small_results.tables()
    tables["alternatives"]["added_ids"] = ";".join(f"Q{n}" for n in range(9))
    assert "Q0；Q1；Q2；Q3；Q4 等 9 宗" in report(tables, run=small_results.run(), language="zh")
    assert site_alternatives(small_results.tables(), "S2", texts=ZH) is None


def test_the_share_that_decided_is_marked_and_a_missing_boundary_told() -> None:
    tables = small_results.tables()
    page = report(tables, run=small_results.run(), language="zh")
    assert len(re.findall('class="decides"', page)) == 2
    told = "1,200.00 m² ÷ 37,200.00 m²\n3.23%\n16.08%\n≤ 10.00%（据此判定）"
    assert told in site(page, 0)
    assert "1,200.00 m² ÷ 36,000.00 m²\n3.33%\n19.17%\n—" in site(page, 0)
    assert "项目范围线面积\n无项目范围线\n—\n—\n—" in site(page, 0)
    bounded = {"boundary_area_m2": 48_000.0, "scrap_share_boundary": 0.025}
    tables["sites"] = tables["sites"].assign(**bounded, share_denominator="boundary")
    page = report(tables, run=small_results.run(), language="en")
    assert "1,200.00 m² ÷ 48,000.00 m²\n2.50%\n—\n≤ 10.00% (this one decides)" in site(page, 0)
    run = small_results.run()
    run["rules"]["records"][3]["mode"] = "advisory"
    assert "2.50%\n—\n≤ 10.00% (advisory)" in site(report(tables, run=run, language="en"), 0)
    tables["sites"] = tables["sites"].assign(cap=None)
    page = report(tables, run=small_results.run(), language="en")
    assert 'class="decides"' not in page
    assert "No cap on the share is in force" in site(page, 0)


def test_other_caps_are_a_matrix_with_the_plan_in_force_marked() -> None:
    tables = small_results.tables()
    tables["sweep"] = tables["sweep"].sample(frac=1, random_state=7)
    sweep = plan_parts(tables, run=small_results.run(), texts=ZH)["sweep"]
    (matrix,) = sweep["matrices"]
    assert matrix["heads"] == ["5%", "10%（现行规定）", "15%"]
    heads = [row["head"] for row in matrix["rows"]]
    assert heads == ["1,000 m²", "2,000 m²（现行规定）", "5,000 m²"]
    marked = [[c["force"] for c in row["cells"]] for row in matrix["rows"]]
    assert marked == [[False] * 3, [False, True, False], [False] * 3]
    assert matrix["rows"][1]["cells"][2]["scraps"] == "3 宗"
    assert matrix["rows"][1]["cells"][2]["area"] == "3,000.00 m²"
    assert matrix["rows"][1]["cells"][2]["more"] == "+900.00 m²"
    assert matrix["rows"][0]["cells"][0]["more"] == "-1,200.00 m²"
    assert matrix["rows"][2]["cells"][2]["area"] == "6,900.00 m² *"
    assert (
        "本方案：零星用地占比上限 10%；单宗零星用地面积上限 2,000 m²；2 宗、2,100.00 m²"
        in sweep["note"]
    )
    page = report(tables, run=small_results.run(), language="zh")
    assert page.count('class="n force"') == 1
    assert "* 求解达到时限" in page


def test_caps_that_the_table_leaves_out_are_those_in_force() -> None:
    tables, run = small_results.tables(), small_results.run()
    row = {"scraps": 2, "sites": 2, "absorbed_m2": 2_100.0, "more_m2": 0.0, "status": "optimal"}
    rows = [row | {"cap": c / 100} for c in range(4, 12)]
    tables["sweep"] = pd.DataFrame(rows).assign(area_cap_m2=None)
    first, second = plan_parts(tables, run=run, texts=EN)["sweep"]["matrices"]
    assert first["heads"] == ["4%", "5%", "6%", "7%", "8%", "9%"]
    assert second["heads"] == ["10% (in force)", "11%"]
    assert [c["force"] for c in second["rows"][0]["cells"]] == [True, False]
    run["rules"]["records"][1]["mode"] = "off"
    sweep = plan_parts(tables, run=run, texts=EN)["sweep"]
    assert sweep["matrices"][0]["rows"][0]["head"] == "no cap (in force)"


def test_decisions_are_told_by_scrap_and_summed_by_site() -> None:
    parts = plan_parts(small_results.tables(), run=small_results.run(), texts=EN)["differences"]
    assert parts["sites"]["rows"] == [
        [
            "S1",
            "2 scraps, 1,800.00 m²",
            "1 scrap, 1,200.00 m²",
            "1 scrap fewer, 600.00 m² (0.900 mu)",
        ],
        ["S2", "0 scraps, 0.00 m²", "1 scrap, 900.00 m²", "1 more scrap, 900.00 m² (1.350 mu)"],
    ]
    assert parts["scraps"]["rows"][0] == [
        *("C1", "1,200.00", "to be absorbed", "not absorbed", "S1", "added"),
    ]
    assert parts["scraps"]["rows"][3][2:] == ["only into S2", "S1", "S2", "moved to another site"]
    swapped = small_results.differences().assign(area_m2=900.0).iloc[2:]
    swapped = swapped.assign(site_without=["S1", None], site_with=[None, "S1"])
    tables = {"differences": swapped, "sites": small_results.sites()}
    parts = plan_parts(tables, run=small_results.run(), texts=EN)["differences"]
    same = "1 scrap, 1,200.00 m²"
    assert parts["sites"]["rows"] == [["S1", same, same, "as many scraps, same area"]]
    tables = small_results.tables()
    tables["differences"] = tables["differences"].iloc[1:2]
    page = report(tables, run=small_results.run(), language="en")
    assert "The decisions changed nothing." in page


def test_what_was_not_worked_out_is_left_out() -> None:
    tables = small_results.tables()
    for name in ("alternatives", "sweep", "differences", "merged"):
        del tables[name]
    for given in (tables, {**tables, "sweep": small_results.sweep().iloc[:0]}):
        page = report(given, run=small_results.run(), language="zh")
        assert not [h for h in ("备选方案", "不同上限", "决定带来", "须并入") if f"<h3>{h}" in page]


@pytest.mark.parametrize(
    ("said", "others", "told"),
    [
        ("not together with C1;C2", "C1;C2", "不能与 C1；C2 同时并入"),
        ("it is no scrap beside a site", "", "不是与项目用地相邻的零星用地"),
        ("it is decided to be out", "", "已决定不并入"),
        ("S1 (area_cap;consent)", "", "S1（超出单宗零星用地面积上限；权利人未同意）"),
        ("S1 (cap_full), S(2) (consent)", "", None),
    ],
)
def test_reasons_against_required_scraps_are_in_the_language_of_the_reader(
    said: str, others: str, told: str | None
) -> None:
    tables, _ = required(f"required, but not absorbed: {said}", others)
    shown = finding_text(tables["findings"].iloc[-1].to_dict(), texts=ZH)
    if told is None:
        told = f"S1（{ZH['reason.cap_full']}）；S(2)（{ZH['reason.consent']}）"
    assert shown == f"宗地 C3 须并入而未并入：{told}"


def test_required_scraps_that_were_not_absorbed_name_the_conflict() -> None:
    tables, run = required("required, but not absorbed: cap_full", "C1;C3")
    parts = plan_parts(tables, run=run, texts=EN)["required"]
    assert parts["text"] == "Required: 2, of which absorbed: 1."
    assert parts["table"]["rows"] == [
        ["C3", small_results.OWNERS["C3"], "900.00", EN["reason.cap_full"], "C1; C3"]
    ]
    row = tables["findings"].iloc[-1].to_dict()
    assert finding_text(row, texts=ZH) == (
        f"宗地 C3 须并入而未并入：{ZH['reason.cap_full']}（不能同时并入：C1；C3）"
    )
    alone = row | {"other_id": None, "message": "required, but not absorbed: no site is near"}
    assert finding_text(alone, texts=EN) == (
        "parcel C3 is required, but not absorbed: no site is near"
    )


def required(message: str, conflict: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    tables, run = small_results.tables(), small_results.run()
    row = {"code": "required_not_absorbed", "severity": "warning", "layer": "parcels"}
    row |= {"parcel_id": "C3", "other_id": conflict, "message": message}
    tables["findings"] = pd.concat([tables["findings"], pd.DataFrame([row])], ignore_index=True)
    run["plan"]["required"] = ["C1", "C3"]
    return tables, run


def test_the_proof_tells_how_much_less_the_longest_border_takes() -> None:
    run = small_results.run()
    run["components"][0] |= {"absorbed_scraps": 3, "bound_scraps": 4.0}
    page = report(small_results.tables(), run=run, language="en")
    heads = "longest border first absorbs less by (m²)"
    assert heads in page
    row = re.search(r"<tr><td><bdi>1</bdi></td><td><bdi>1</bdi>.*?</tr>", page)
    assert row is not None
    cells = re.findall(r"<bdi>(.*?)</bdi>", row[0])
    assert cells[3:] == ["1,200.00", "1,200.00", "0.00", "3 (4)", "1,200.00", "proved optimal"]
    for component in run["components"]:
        del component["greedy_m2"], component["bound_scraps"]
    assert heads not in report(small_results.tables(), run=run, language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_ids_and_kinds_are_text(language: str) -> None:
    tables, run = required(f"required, but not absorbed: {HOSTILE}", HOSTILE)
    swap = ["kind", "constraint", "added_ids", "removed_ids", "status"]
    for kind in (HOSTILE, "relaxed"):
        tables["alternatives"] = tables["alternatives"].assign(**dict.fromkeys(swap, HOSTILE))
        tables["alternatives"]["kind"] = kind
        names = ["site_without", "site_with", "decision", "change", "parcel_id"]
        tables["differences"] = tables["differences"].assign(**dict.fromkeys(names, HOSTILE))
        tables["sweep"] = tables["sweep"].assign(status=HOSTILE)
        page = report(tables, run=run, language=language)
        assert "<img" not in page
        assert page.count("&lt;img") > 30


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_new_tables_fit_the_page(
    language: str, offline_page: Callable[[Path | str], Page]
) -> None:
    tables, run = required("required, but not absorbed: cap_full", "C1;C3")
    page = offline_page(report(tables, run=run, language=language))
    widths = page.evaluate(
        "[...document.querySelectorAll('.shares, .alternatives table, .sweep')]"
        ".map(t => [t.scrollWidth, t.parentElement.clientWidth])"
    )
    assert len(widths) == 4
    assert all(0 < own <= room for own, room in widths)
    assert page.locator(".sweep .force").count() == 1
    bold = "getComputedStyle(document.querySelector('.decides td')).fontWeight"
    assert page.evaluate(bold) == "700"


# --- one parcel --------------------------------------------------------------------------------


def test_a_scrap_is_told_by_which_alternatives_it_joins_or_leaves() -> None:
    assert told(about("C3"), "alternatives") == [
        "Second-best plan: absorbed by S1.",
        "With the cap on the area of one scrap at 3,000 m²: absorbed by S1.",
        "With the cap on the scrap share at 12%: absorbed by S1.",
        "Without the cap on the scrap share: absorbed by S1.",
    ]
    assert told(about("C1"), "alternatives")[:2] == [
        "Second-best plan: no longer absorbed by S1.",
        "Longest border first (as common tools do): no longer absorbed by S1.",
    ]
    nothing = ["None of the alternatives changes what becomes of it."]
    assert told(about("C4"), "alternatives") == nothing
    assert told(about("K1"), "alternatives") == []


def test_a_site_is_told_its_alternatives() -> None:
    lines = told(about("A1"), "alternatives")
    assert len(lines) == 7
    assert lines[5] == (
        "With the cap on the scrap share at 12%: 3 more scraps, 1,240.00 m² (1.860 mu)."
    )
    assert told(about("B1"), "alternatives") == []


def test_decisions_and_lists_are_told() -> None:
    lines = told(about("C3", required=["C3"], protected=["K1"]), "conclusion")
    assert "Decided beforehand: to stay out." in lines
    assert "Without the decisions: S1; with them: not absorbed (dropped)." in lines
    assert "It is on the list of required scraps." in lines
    assert "It is on the protected list." in told(about("K1", protected=["K1"]), "conclusion")
    assert not [t for t in told(about("A1"), "conclusion") if "ecided" in t]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("decided_out", "it was decided to stay out"),
        ("decided_elsewhere:S2", "it was decided only for S2"),
        ("not_connected", "what lies between it and the site is not absorbed"),
        ("total_full", "together with the scraps chosen it would exceed the total cap"),
    ],
)
def test_new_reasons_are_told_in_a_sentence(reason: str, words: str) -> None:
    tables = small_results.tables()
    tables["plan"].loc[2, "reasons"] = reason
    lines = told(about("C3", tables), "conclusion")
    assert lines[0] == f"Eligible for S1, but not chosen: {words}."
    proof = "Within the decisions and the required scraps, the plan is proved optimal."
    assert (proof in lines) == (not reason.startswith("decided"))


def test_the_total_cap_is_told_with_what_is_left_of_it() -> None:
    tables, run = small_results.tables(), small_results.run()
    tables["plan"].loc[2, "reasons"] = "total_full"
    cap = {"id": "scrap.total_cap", "mode": "on", "value": 1_500.0, "operator": "<="}
    run["rules"]["records"].append(run["rules"]["records"][1] | cap)
    borders = pd.DataFrame({"focal": [], "neighbor": [], "border_m": []})
    lines = told(
        explained({**tables, "borders": borders}, "C3", run=run, language="en"), "conclusion"
    )
    assert lines[1:4] == [
        "The scraps of S1 together must be ≤ 1,500.00 m².",
        "Chosen instead: C1 (1,200.00 m²); 1,200.00 m² together, which leaves 300.00 m².",
        "This parcel has 900.00 m², more than the 300.00 m² left.",
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"decisions": {}}, "no combination absorbs a larger area"),
        ({"decisions": {}, "objective": "count"}, "no combination absorbs more scraps"),
        ({"decisions": {}, "required": ["C1"]}, "Within the decisions and the required scraps"),
    ],
)
def test_the_proof_is_of_what_was_asked_for(asked: dict[str, Any], words: str) -> None:
    assert [t for t in told(about("C3", **asked), "conclusion") if words in t]


def chained() -> dict[str, Any]:
    """C3 reaches S1 through two other scraps."""
    tables = small_results.tables()
    links = pd.array([0, 0, 2, 0], dtype="Int64")
    plan = tables["plan"].assign(links=links, link_m=[None, None, 12.5, None])
    plan.loc[2, ["scrap_kind", "reasons"]] = ["chained", "not_connected"]
    return {**tables, "plan": plan}


def test_a_chained_scrap_tells_what_lies_between() -> None:
    parts = about("C3", chained())
    merging = next(s for s in parts["sections"] if s["key"] == "merging")["blocks"]
    text = "It does not adjoin S1 itself: scraps between, at least: 2; length of the link 12.50 m."
    assert [b[1] for b in merging if b[0] == "text" and text in b[1]]
    others = next(s for s in about("C1", chained())["sections"] if s["key"] == "merging")
    assert "adjoin" not in str(others)


def test_popups_tell_links_and_new_reasons_in_words() -> None:
    popups = scrap_popups(chained()["plan"], None, records={}, texts=EN)
    assert popups["C3"]["s"] == "chained scrap"
    table = popups["C3"]["b"][1]
    assert table[3] == [
        ["S1", "eligible, not chosen", "through 2 more, 12.50 m", EN["reason.not_connected"]]
    ]
    assert popups["C1"]["b"][1][3][0][2] == "60.00 m"


def test_chained_scraps_have_a_mark_of_their_own_on_the_map() -> None:
    tables = chained()
    tables["parcels"].loc[5, "reasons"] = "not_connected"
    layers = map_layers(tables, records={}, texts=EN)
    shown = {m.id: (m.head, mappages.unpack(m.shape), mappages.unpack(m.facts)) for m in layers}
    data = str(shown["scraps"])
    assert EN["map.tag.chained"] in data
    assert "not_connected" not in data
    assert "eligible, but not connected" in str(shown["parcels"])


def test_one_parcel_is_read_with_the_alternatives_of_its_component(tmp_path: Path) -> None:
    tables = small_results.tables()
    other = tables["alternatives"].assign(site_id="S9")
    far = tables["alternatives"].assign(site_id="S8", component=7)
    tables["alternatives"] = pd.concat([tables["alternatives"], other, far], ignore_index=True)
    folder = write_results(tmp_path / "out", tables=tables, files={}, run=small_results.run())
    found = read_parcel(folder, "C3").tables
    assert set(found["alternatives"]["site_id"]) == {"S1", "S9"}
    assert found["differences"]["parcel_id"].tolist() == ["C3"]
    parts = explained_parcel(folder, "C3", language="en")
    assert "Second-best plan: absorbed by S1." in told(parts, "alternatives")
    assert parts["data"]["differences"][0]["decision"] == "out"
    assert told(explained_parcel(folder, "B1", language="en"), "alternatives") == []


@pytest.mark.parametrize(
    ("decision", "site", "unmet"),
    [
        ("in", None, True),
        ("in", "S1", False),
        ("out", None, False),
        ("S2", "S1", True),
        ("S2", "S2", False),
    ],
)
def test_a_decision_that_could_not_be_met_is_told(
    decision: str, site: str | None, *, unmet: bool
) -> None:
    row = {"parcel_id": "a", "site_without": "S1", "site_with": site, "change": "as_before"}
    about = About(
        "a",
        {"differences": pd.DataFrame([row])},
        {"plan": {"decisions": {"a": decision}}},
        EN,
    )
    assert (EN["explain.decided_unmet"] in decided(about)) == unmet
