"""Pop-ups and explain on densities, planning conditions and capacity; older results too."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import mappages
import small_results
from gisland.present.explain import explained
from gisland.present.maplayers import map_layers
from gisland.present.planned import parcel_conditions, scenario_text
from gisland.present.sitepopups import site_popups
from gisland.present.style import catalog
from maptables import map_tables

EN, ZH = catalog("en"), catalog("zh")


def parcel(name: str, *, texts: Any = ZH, without: tuple[str, ...] = ()) -> dict[str, Any]:  # noqa: ANN401
    lots = small_results.parcels().drop(columns=list(without))
    return shown(lots, texts=texts)[name]


def shown(lots: Any, *, texts: Any = ZH) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - a table
    """Popups of parcels as the map holds them, by id."""
    layer = map_layers({"parcels": lots}, records={}, texts=texts)[0]
    held = mappages.unpack(layer.shape), mappages.unpack(layer.facts)
    features = mappages.features(layer.head, *held, entries=[])
    return {f["key"].removeprefix("parcel:"): f["popup"] for f in features}


def block(popup: dict[str, Any], kind: str, title: str) -> list[Any] | None:
    return next((b for b in popup["b"] if b[0] == kind and b[1] == title), None)


def rows(popup: dict[str, Any]) -> dict[str, str]:
    return {k: v for b in popup["b"] if b[0] == "rows" for k, v in b[1]}


def test_a_parcel_tells_its_densities_and_conditions() -> None:
    popup = parcel("A1")
    told = rows(popup)
    assert told["实际容积率"] == "0.90"
    assert told["绿地率"] == "12.00%"
    assert told["平均层数"] == "2.40"
    assert told["最高建筑高度"] == "21.50 m"
    assert told["其中按高度估算的建筑面积"] == "3,000.00 m²"
    assert told["规划单元编号"] == "U1"
    assert block(popup, "list", "规划条件") == [
        "list",
        "规划条件",
        [
            "容积率下限：≥ 1.00，现状 0.80 ✗",
            "容积率上限：≤ 1.70，现状 0.80 ✓",
            "建筑密度上限：≤ 40.00%，现状 33.50% ✓",
            "建筑限高：≤ 24.00 m，现状 21.50 m ✓",
        ],
    ]


def test_nothing_is_said_where_no_floor_area_was_estimated() -> None:
    lots = small_results.parcels().assign(floor_area_estimated_m2=0.0)
    assert "其中按高度估算的建筑面积" in rows(shown(small_results.parcels())["A1"])
    assert "其中按高度估算的建筑面积" not in rows(shown(lots)["A1"])
    facts = section("A1", "facts", floor_area_estimated_m2=0.0)[0][1]
    assert "其中按高度估算的建筑面积" not in dict(facts)


def test_a_condition_that_nothing_is_measured_for_has_no_mark() -> None:
    assert block(parcel("A2"), "list", "规划条件")[2] == [
        "容积率上限：≤ 1.70",
        "建筑限高：≤ 24.00 m",
    ]  # type: ignore[index]
    assert block(parcel("K1"), "list", "规划条件") is None


def test_older_results_have_no_verdict_on_conditions() -> None:
    popup = parcel("A1", without=("conditions_failed", "building_height_m", "green_ratio"))
    told = block(popup, "list", "规划条件")
    assert told is not None
    assert told[2][0] == "容积率下限：≥ 1.00，现状 0.80"
    assert told[2][3] == "建筑限高：≤ 24.00 m"


def sites(**tables: pd.DataFrame) -> dict[str, Any]:
    return site_popups(small_results.sites(), texts=EN, tables=tables)


def test_a_site_tells_before_and_after_conditions_and_capacity() -> None:
    popup = sites(**small_results.tables())["S1"]
    changes = popup["b"][0][3]
    assert ["tax per mu", "16,200 yuan/mu", "—"] in changes
    assert ["output per mu", "4,500,000 yuan/mu", "4,500,000 yuan/mu"] in changes
    table = block(popup, "table", "Planning conditions")
    assert table is not None
    assert table[3][0] == ["minimum FAR", "≥ 1.00", "0.80 ✗ fail", "1.70 ✓ pass"]
    assert table[3][2][2] == "— ? data missing"
    room = block(popup, "list", "Capacity")
    assert room is not None
    assert "capacity after merging: 37,200.00 to 63,240.00 m²" in room[2]
    assert "gained, less the scraps' own: +840.00 m²" in room[2]
    other = sites(**small_results.tables())["S2"]
    assert block(other, "list", "Capacity") is None
    assert block(other, "table", "Planning conditions") is not None


def test_a_site_without_the_new_tables_is_told_as_before() -> None:
    popup = sites()["S1"]
    assert [b[0] for b in popup["b"]] == ["table", "rows"]
    assert popup == site_popups(small_results.sites(), texts=EN)["S1"]


def section(name: str, key: str, *, texts: str = "zh", **columns: Any) -> list[Any]:  # noqa: ANN401
    tables = small_results.tables()
    tables["parcels"] = tables["parcels"].assign(**columns)
    told = explained(tables, name, run={}, language=texts)
    return next(s["blocks"] for s in told["sections"] if s["key"] == key)


def test_explain_tells_unit_conditions_and_which_fail() -> None:
    blocks = section("A1", "planning")
    told = dict(blocks[0][1])
    assert told["规划单元编号"] == "U1"
    assert told["容积率下限"] == "≥ 1.00，现状 0.80 ✗"
    assert blocks[1] == ["text", "现状不符合：容积率下限。"]
    facts = dict(section("A1", "facts")[0][1])
    assert facts["最高建筑高度"] == "21.50 m"
    assert facts["绿地率"] == "12.00%"
    assert not {"规划建筑密度上限", "现状不符合的规划条件", "规划单元编号"} & set(facts)


def test_explain_says_what_is_met_only_where_it_was_tested() -> None:
    assert [b[0] for b in section("A2", "planning")] == ["rows"]  # nothing is measured there
    met = section("A1", "planning", conditions_failed=None)
    assert met[1] == ["text", "现状符合以上可核验的规划条件。"]
    lots = small_results.parcels().drop(columns=["conditions_failed"])
    told = explained({"parcels": lots}, "A1", run={}, language="zh")
    blocks = next(s["blocks"] for s in told["sections"] if s["key"] == "planning")
    assert [b[0] for b in blocks] == ["rows"]


def test_several_conditions_fail_at_once() -> None:
    row = {"planned_far_max": 1.0, "far": 1.5, "planned_green_min": 0.3, "green_ratio": 0.2}
    told = parcel_conditions(row | {"conditions_failed": "far_max;green_min"}, texts=EN)
    assert [(name, fails) for name, _, fails in told] == [
        ("maximum FAR", True),
        ("minimum green ratio", True),
    ]


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("far_max", "at the planned maximum FAR"),
        ("keep", "existing floor area kept"),
        (2.0, "FAR 2.00"),
        ("1.5", "FAR 1.50"),
        ("方案容积率", "by column 方案容积率"),
        (None, "—"),
    ],
)
def test_scenarios_in_words(scenario: object, told: str) -> None:
    assert scenario_text(scenario, texts=EN) == told


# --- sites: what was not absorbed -----------------------------------------------------------------


def left_out(texts: Any, tables: dict[str, Any]) -> dict[str, list[Any]]:  # noqa: ANN401 - a catalog
    found = site_popups(tables["sites"], texts=texts, tables=tables)
    return {site: [b for b in popup["b"] if b[0] == "list"] for site, popup in found.items()}


def test_a_site_tells_which_scraps_it_did_not_absorb_and_why() -> None:
    found = left_out(EN, map_tables())
    (refused,) = found["S01"]
    assert refused[1] == "Scraps considered, not absorbed (2)"
    too_large = "exceeds the cap on the area of one scrap: 2,400.00 m² (requires < 2,000.00 m²)"
    assert refused[2] == [
        "P04: absorbed by another site (S02)",
        f"P05: {too_large}; can be developed alone",
    ]
    (full,) = found["S02"]
    assert full[1] == "Scraps considered, not absorbed (1)"
    assert full[2][0].startswith("P07: eligible alone, but")


def test_a_long_list_of_scraps_is_cut_and_says_so() -> None:
    tables = map_tables()
    pair = tables["plan"][tables["plan"]["parcel_id"] == "P05"]
    many = [pair.assign(parcel_id=f"Q{n:02}") for n in range(30)]
    tables["plan"] = pd.concat([tables["plan"], *many], ignore_index=True)
    (listed,) = left_out(ZH, tables)["S01"]
    assert listed[1] == "考虑过而未并入的零星用地（32 宗）"
    assert (len(listed[2]), listed[2][-1]) == (13, "另有 20 宗，见台账")
