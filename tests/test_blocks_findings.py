"""Findings about block lines, parks, conversions and zones in both languages."""

from __future__ import annotations

import re

import pytest

from gisland.present.details import DETAILS
from gisland.present.messages import finding_text
from gisland.present.style import catalog

FOUND = {
    "block_change_without_effect": (
        {"other_id": "C1", "message": "block change C1 lies within the lines already"},
        "区块线调整 C1 未改变区块线：原已在线内",
        "change C1 leaves the block lines as they are: it is in the lines already",
    ),
    "hierarchy_straddles": (
        {"value": 5.0, "unit": "count"}
        | {
            "message": "5 of 9 units and projects lie in the level above in part only:"
            " a, b and 3 more"
        },
        "9 个单元和项目中 5 个未完全落入上一级：a, b 等（另 3 个）",
        "5 of 9 units and projects lie in the level above in part only: a, b and 3 more",
    ),
    "park_above_developable": (
        {"other_id": "K", "value": 300.0, "unit": "m2", "message": "park K: built_m2 900.00"},
        "园区 K 的已建成面积超出可开发面积 300.00 m²，请核对",
        "park K: built-up land is 300.00 m² above what can be developed; check the two",
    ),
    "conversion_unknown": (
        {"value": 2.0, "unit": "count"}
        | {"message": "the planned use of 2 parcels is not known: p, q"},
        "工业区块线内有 2 宗工业、仓储用地的规划用途不明：p, q",
        "the planned use of 2 industrial parcels in the block lines is not known: p, q",
    ),
    "zone_units_not_proved": (
        {"value": 1.0, "unit": "count"}
        | {
            "message": "1 of 2 zones have units that are not proved to be the most equal:"
            " time ran out: Z01"
        },
        "2 个片区中 1 个因求解达到时限，单元划分未证最均衡：Z01",
        "1 of 2 zones have units not proved to be the most equal, as time ran out: Z01",
    ),
    "zone_in_pieces": (
        {"value": 1.0, "unit": "count"}
        | {"message": "1 of 2 zones fall into pieces without links: Z01"},
        "2 个片区中 1 个由互不相连的几片组成：Z01",
        "1 of 2 zones fall into pieces without links: Z01",
    ),
    "zone_outside_blocks": (
        {"layer": "zoning", "parcel_id": "JC-7"}
        | {"message": "planned industrial land in no delineated block: too_small"},
        "规划工业用地 JC-7 不在拟划的任何区块内：区块面积不足",
        "planned industrial zone JC-7 is in no delineated block: block too small",
    ),
    "zone_without_parcels": (
        {"other_id": "Z9", "message": "zone Z9 holds no parcel mostly"},
        "改造片区 Z9 内没有过半落入的宗地，未列入结果",
        "no parcel lies mostly in zone Z9; it is left out",
    ),
}


@pytest.mark.parametrize("code", FOUND)
def test_findings_are_told_in_both_languages(code: str) -> None:
    row, zh, en = FOUND[code]
    assert finding_text(row | {"code": code}, texts=catalog("zh")) == zh
    assert finding_text(row | {"code": code}, texts=catalog("en")) == en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_fault_of_a_change_has_words(language: str) -> None:
    texts = catalog(language)
    faults = [k.partition(".")[2] for k in texts if k.startswith("change_fault.")]
    assert len(faults) == 4
    for fault in faults:
        found = re.search(DETAILS["block_change_without_effect"], f"block change C1 {fault}")
        assert found is not None
        assert found["detail"] == fault


def test_a_message_in_other_words_is_not_lost() -> None:
    row = {"code": "hierarchy_straddles", "message": "said in another way", "value": 1.0}
    told = finding_text(row, texts=catalog("en"))
    assert told == "units and projects that straddle (said in another way)"
