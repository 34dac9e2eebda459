"""Verdicts on areas, each made once more from its number and the recorded rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.rule import AREA_DECIMALS, OPERATORS, SHARE_DECIMALS
from gisland.verify.facts import AREA_M2, RELATIVE, violations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisland.base.rule import Rule
    from gisland.verify.facts import Facts, Violation

TABLE = "control_verdicts"
TELLING = ("operator", "unit", "denominator", "mode")
NAN = float("nan")


@dataclass(frozen=True)
class Row:
    """What a verdict must say; `parts`, numerator and denominator, is None where believed."""

    subject: str
    rule_id: str
    value: float
    parts: tuple[float, float] | None = None
    test: str = ""
    limit: float | None = None
    operator: str = ""

    @property
    def name(self) -> str:
        """Name of the test: the last part of the rule's id, if no other is given."""
        return self.test or self.rule_id.rpartition(".")[2]


def check_rows(facts: Facts, expected: Sequence[Row], *, topic: str) -> list[Violation]:
    """Hold the verdicts of one topic against what they must say.

    Parameters
    ----------
    facts
        From `gather`.
    expected
        All rows of the topic.
    topic
        One of ``schema.CONTROL_TOPICS``.

    Returns
    -------
    list of Violation
        ``area_verdict_missing``, ``area_verdict_strange``, ``area_verdict_value``,
        ``area_verdict_rule``, ``area_verdict_outcome``; the ids are subject and test.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> row = Row("given:L1", "block_line.industrial_share", 0.5)
    >>> [str(v) for v in check_rows(example_facts(), [row], topic="block_lines")]
    ['area_verdict_missing: verdicts of block_lines that are not there: given:L1 industrial_share']
    """
    table = facts.tables.get(TABLE, pd.DataFrame(columns=["topic", "subject", "test"]))
    rows = table[table["topic"] == topic]
    told = pd.Series(rows["subject"].astype("str") + " " + rows["test"].astype("str"))
    named = {f"{row.subject} {row.name}": row for row in expected}
    absent = set(named) - set(told)
    text = f"verdicts of {topic} that are not there"
    found = violations("area_verdict_missing", text, absent)
    strange = told[~told.isin(list(named)) | told.duplicated()]
    text = f"verdicts of {topic} on nothing that there is, or twice"
    found += violations("area_verdict_strange", text, strange)
    wrong: dict[str, list[str]] = {"value": [], "rule": [], "outcome": []}
    for name, (_, row) in zip(told, rows.iterrows(), strict=True):
        if name in named:
            for kind in _faults(row, named[name], facts):
                wrong[kind].append(name)
    texts = {
        "value": f"numbers of {topic} are not those of the parcels",
        "rule": f"limits of {topic} are not those of the recorded rules",
        "outcome": f"outcomes of {topic} do not follow from value and rule",
    }
    for kind, text in texts.items():
        found += violations(f"area_verdict_{kind}", text, wrong[kind])
    return found


def _faults(row: pd.Series, right: Row, facts: Facts) -> list[str]:
    slack = AREA_M2 if row["unit"] == "m2" else RELATIVE
    pairs = [(row["value"], right.value, slack)]
    if right.parts is not None:
        told = (row["numerator"], row["denominator_value"])
        pairs += [(v, p, AREA_M2) for v, p in zip(told, right.parts, strict=True)]
    faults = [] if all(_same(*pair) for pair in pairs) else ["value"]
    if str(row["rule_id"]) != right.rule_id and not (right.rule_id == "" and _none(row["rule_id"])):
        return [*faults, "rule"]
    if not right.rule_id or right.rule_id.startswith("parameters."):
        return faults + _of_no_rule(row, right)
    rule = facts.rules[right.rule_id]
    # whether a layout got worse is told by a rule without a number: the limit is that of before
    limit = rule.limit if right.limit is None else right.limit
    telling = TELLING if right.limit is None else ("mode",)
    texts = {c: getattr(rule, c) for c in telling}
    same = [_text(row[c]) == v for c, v in texts.items()]
    if not all(same) or not _same(row["limit"], limit, slack):
        faults.append("rule")
    if right.limit is not None:
        return faults + _of_change(row, right, rule)
    if str(row["outcome"]) != outcome_of(right.value, rule):
        faults.append("outcome")
    return faults


def _of_change(row: pd.Series, right: Row, rule: Rule) -> list[str]:
    """Faults of a row that holds a number after against that before."""
    faults = [] if _text(row["operator"]) == right.operator else ["rule"]
    limit = NAN if right.limit is None else right.limit
    change = np.round(right.value - limit, AREA_DECIMALS if row["unit"] == "m2" else SHARE_DECIMALS)
    outcome = "pass" if OPERATORS[right.operator](change, 0) else "fail"
    outcome = "missing" if np.isnan(change) else outcome
    if str(row["outcome"]) != ("not_assessed" if rule.mode == "off" else outcome):
        faults.append("outcome")
    return faults


def _of_no_rule(row: pd.Series, right: Row) -> list[str]:
    """Faults of a row that a parameter sets the limit of, or nothing does."""
    limit = NAN if right.limit is None else right.limit
    faults = [] if _same(row["limit"], limit, AREA_M2) else ["rule"]
    if not right.rule_id and str(row["outcome"]) != "not_assessed":
        faults.append("outcome")
    return faults


def outcome_of(value: float, rule: Rule) -> str:
    """Outcome of a value held against a rule.

    Parameters
    ----------
    value
        In the rule's unit; missing is allowed.
    rule
        With limit, operator, unit and mode.

    Returns
    -------
    str
        ``pass``, ``fail``, ``missing`` or, of a rule that is off, ``not_assessed``.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> rule = load_rules("common")["block_line.industrial_share"]
    >>> outcome_of(0.5999999, rule), outcome_of(0.59, rule)
    ('pass', 'fail')
    """
    if rule.mode == "off":
        return "not_assessed"
    if np.isnan(value):
        return "missing"
    return "pass" if bool(rule.holds(pd.Series([value])).iloc[0]) else "fail"


def _same(value: Any, right: float, slack: float) -> bool:  # noqa: ANN401 - a cell
    number = NAN if pd.isna(value) else float(str(value))
    if np.isnan(number) or np.isnan(right):
        return bool(np.isnan(number) and np.isnan(right))
    return abs(number - right) <= slack + RELATIVE * abs(right)


def _none(value: Any) -> bool:  # noqa: ANN401 - a cell
    return bool(pd.isna(value)) or value == ""


def _text(value: Any) -> str:  # noqa: ANN401 - a cell
    return "" if _none(value) else str(value)
