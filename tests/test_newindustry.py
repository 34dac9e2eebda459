"""What counts as M0, and how words of a rule are compared."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from gisland.base.names import is_word
from gisland.base.rules import RuleSet, load_rules
from gisland.control.newindustry import is_m0


def _rules(**changes: object) -> RuleSet:
    rules = load_rules("common")
    rule = dataclasses.replace(rules["block_line.m0_uses"], **changes)
    return dataclasses.replace(rules, rules={**rules.rules, rule.id: rule})


@pytest.mark.parametrize(
    "code", ["M0", "m0", " M0 ", "Ｍ０", "新型产业用地", "100104", "１００１０４"]
)
def test_a_code_is_m0_however_it_is_written(code: str) -> None:
    assert is_m0(pd.Series([code]), rules=load_rules("common")).tolist() == [True]


@pytest.mark.parametrize("code", ["M", "M01", "1M0", "M0;M1", "1001", "新型产业", "", "　", None])
def test_other_codes_and_parts_of_words_are_not(code: str | None) -> None:
    found = is_m0(pd.Series([code], dtype="str"), rules=load_rules("common"))
    assert found.tolist() == [False]
    assert found.dtype == bool


def test_the_words_are_those_of_the_rule_set() -> None:
    codes = pd.Series(["M0", "M4"], index=["x", "y"])
    assert is_m0(codes, rules=_rules(value=("m4",))).to_dict() == {"x": False, "y": True}
    assert not is_m0(codes, rules=_rules(mode="off")).any()


def test_of_no_text_nothing_is_said() -> None:
    found = is_word(pd.Series(["闲置", "在用", None, " "]), ["闲置"])
    assert found.tolist() == [True, False, pd.NA, pd.NA]
    assert is_word(pd.Series([], dtype="str"), ["a"]).tolist() == []
