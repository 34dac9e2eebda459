"""Verdicts on areas instead of parcels: blocks, adjustments, years of conversions, parks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import in_order
from gisland.base.verdicts import outcomes

if TYPE_CHECKING:
    from gisland.base.rule import Rule

TEXTS = ("topic", "subject", "test", "outcome")
NUMBERS = ("value", "limit", "numerator", "denominator_value")
COLUMNS = (
    *TEXTS,
    *("value", "limit", "operator", "unit", "numerator", "denominator_value", "denominator"),
    *("rule_id", "mode"),
)
NO_NUMBER = float("nan")
UNRULED: dict[str, object] = {
    **{name: NO_NUMBER if name in NUMBERS else "" for name in COLUMNS},
    "outcome": "not_assessed",
}


def area_row(**cells: object) -> dict[str, object]:
    """Row on one area that no rule with a number of its own decides.

    Parameters
    ----------
    **cells
        Columns of ``COLUMNS``, ``topic``, ``subject`` and ``test`` at least. A number that is not
        given is missing, another text empty, and the outcome ``not_assessed``.

    Returns
    -------
    dict
        Columns of ``COLUMNS``.

    Examples
    --------
    >>> row = area_row(topic="concentration", subject="overall", test="built_up", value=0.4)
    >>> row["value"], row["limit"], row["outcome"], row["rule_id"]
    (0.4, nan, 'not_assessed', '')
    """
    return UNRULED | cells


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
        From `held` or `area_row`.

    Returns
    -------
    pandas.DataFrame
        Columns of ``COLUMNS``, sorted by topic, subject and test.

    Examples
    --------
    >>> rows = [area_row(topic="parks", subject=f"park:{park}", test="t") for park in ("P2", "P1")]
    >>> area_verdicts(rows)["subject"].tolist()
    ['park:P1', 'park:P2']
    """
    kinds = {name: "float64" if name in NUMBERS else "str" for name in COLUMNS}
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)
    return in_order(frame, ["topic", "subject", "test"])
