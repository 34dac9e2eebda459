"""Verdicts on areas instead of parcels: blocks, adjustments, years of conversions, parks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import in_order
from gisland.base.verdicts import outcomes

if TYPE_CHECKING:
    from gisland.base.rules import Rule

TEXTS = ("topic", "subject", "test", "outcome")
NUMBERS = ("value", "limit", "numerator", "denominator_value")
COLUMNS = (
    *TEXTS,
    *("value", "limit", "operator", "unit", "numerator", "denominator_value", "denominator"),
    *("rule_id", "mode"),
)
NO_NUMBER = float("nan")


def held(
    rule: Rule,
    value: float,
    *,
    topic: str,
    subject: str,
    numerator: float = NO_NUMBER,
    denominator_value: float = NO_NUMBER,
) -> dict[str, object]:
    """Row of one area held against one rule.

    Parameters
    ----------
    rule
        A rule with a number; one that is off is not assessed.
    value
        The measured number in the rule's unit; missing is allowed.
    topic
        One of ``schema.CONTROL_TOPICS``.
    subject
        The area, such as ``given:L1``, ``park:P1``, ``year:2026``.
    numerator, denominator_value
        What a share was made of, in square metres.

    Returns
    -------
    dict
        Columns of ``COLUMNS``; ``test`` is the last part of the rule's id.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> rule = load_rules("common")["block_line.industrial_share"]
    >>> row = held(rule, 0.5, topic="block_lines", subject="given:L1")
    >>> row["test"], row["outcome"], row["limit"]
    ('industrial_share', 'fail', 0.6)
    """
    off = rule.mode == "off"
    return {
        "topic": topic,
        "subject": subject,
        "test": rule.id.rpartition(".")[2],
        "outcome": "not_assessed" if off else outcomes(rule.holds(pd.Series([value])))[0],
        "value": value,
        "limit": rule.limit,
        "operator": rule.operator,
        "unit": rule.unit,
        "numerator": numerator,
        "denominator_value": denominator_value,
        "denominator": rule.denominator,
        "rule_id": rule.id,
        "mode": rule.mode,
    }


def area_verdicts(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Verdict rows as one table.

    Parameters
    ----------
    rows
        From `held`, or made alike; absent entries are missing.

    Returns
    -------
    pandas.DataFrame
        Columns of ``COLUMNS``, sorted by topic, subject and test.

    Examples
    --------
    >>> area_verdicts([{"topic": "parks", "subject": "park:P1"}])["value"].tolist()
    [nan]
    """
    kinds = {name: "float64" if name in NUMBERS else "str" for name in COLUMNS}
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)
    return in_order(frame, ["topic", "subject", "test"])
