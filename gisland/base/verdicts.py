"""Hold measured values against the rules of each parcel's use class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.rules import AREA_DECIMALS
from gisland.base.schema import VERDICTS

if TYPE_CHECKING:
    from gisland.base.rules import Rule, RuleSet


def verdict_frame(parcel_ids: pd.Index, **columns: object) -> pd.DataFrame:
    """Verdict rows of one test: one row per parcel, columns of ``VERDICTS``.

    Parameters
    ----------
    parcel_ids
        Ids of the parcels tested.
    **columns
        Values of the other columns: scalars, or arrays as long as `parcel_ids`.

    Returns
    -------
    pandas.DataFrame
        Columns of ``VERDICTS``; those not given are missing.

    Examples
    --------
    >>> verdict_frame(pd.Index(["a"]), test="min_lot", outcome="fail")["outcome"].tolist()
    ['fail']
    """
    frame = pd.DataFrame({"parcel_id": parcel_ids.to_numpy(), **columns})
    frame = frame.reindex(columns=list(VERDICTS))
    numbers = ("value", "limit")
    kinds = {c: "float64" if c in numbers else "str" for c in VERDICTS}
    return frame.astype(kinds)


def by_use_class(
    values: pd.Series, use_class: pd.Series | None, *, rules: RuleSet, rule_id: str
) -> pd.DataFrame:
    """Verdict of every parcel on one rule that differs by use class.

    Parameters
    ----------
    values
        Measured numbers in the rule's unit, indexed by parcel id; missing is allowed.
    use_class
        Use class by parcel id, or None where no parcel has one: then the default rule holds.
    rules
        The rule set.
    rule_id
        Such as ``fragment.min_lot``; its last part names the test.

    Returns
    -------
    pandas.DataFrame
        Verdict rows (``schema.VERDICTS``), parcels without a rule left out, sorted by parcel.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> areas = pd.Series([1500.0, 2500.0], index=["a", "b"])
    >>> uses = pd.Series(["industrial", "industrial"], index=["a", "b"])
    >>> found = by_use_class(
    ...     areas, uses, rules=load_rules("national-2023-171"), rule_id="fragment.min_lot"
    ... )
    >>> found["outcome"].tolist()
    ['fail', 'pass']
    """
    uses = pd.Series("", index=values.index) if use_class is None else use_class.fillna("")
    parts = []
    for use in sorted(uses.unique()):
        rule = rules.for_use(rule_id, use or None)
        if rule.mode != "off":
            parts.append(by_rule(values[uses == use], rule, test=rule_id.split(".")[1]))
    return together(parts)


def by_rule(values: pd.Series, rule: Rule, *, test: str) -> pd.DataFrame:
    """Verdict of every parcel on one numeric rule.

    Parameters
    ----------
    values
        Measured numbers in the rule's unit, indexed by parcel id.
    rule
        A numeric rule that is not off.
    test
        Name of the test.

    Returns
    -------
    pandas.DataFrame
        Verdict rows: ``pass`` where the rule holds, ``missing`` where there is no value.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> cap = load_rules("guangdong-2009")["scrap.area_cap"]
    >>> by_rule(pd.Series([1999.0], index=["a"]), cap, test="area_cap")["outcome"].tolist()
    ['pass']
    """
    return verdict_frame(
        values.index,
        subject="",
        test=test,
        outcome=outcomes(rule.holds(values)),
        value=values.to_numpy("float64"),
        limit=rule.limit,
        operator=rule.operator,
        unit=rule.unit,
        denominator=rule.denominator,
        rule_id=rule.id,
        mode=rule.mode,
    )


def outcomes(holds: pd.Series) -> list[str]:
    """Outcome codes of a three-valued comparison.

    Parameters
    ----------
    holds
        ``boolean`` dtype.

    Returns
    -------
    list of str
        ``pass``, ``fail`` or, for ``<NA>``, ``missing``.

    Examples
    --------
    >>> outcomes(pd.Series([True, False, None], dtype="boolean"))
    ['pass', 'fail', 'missing']
    """
    words = holds.map({True: "pass", False: "fail"}).astype("object")
    return list(words.where(holds.notna(), "missing"))


def together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Verdict rows of several tests as one table.

    Parameters
    ----------
    parts
        Verdict tables; none at all is allowed.

    Returns
    -------
    pandas.DataFrame
        Sorted by parcel, subject and test.

    Examples
    --------
    >>> len(together([]))
    0
    """
    rows = pd.concat([verdict_frame(pd.Index([], dtype="str")), *parts], ignore_index=True)
    return rows.sort_values(["parcel_id", "subject", "test"], kind="stable", ignore_index=True)


def long_enough(border_m: pd.Series, *, min_border_m: float) -> pd.Series:
    """Whether borders reach a length, compared in centimetres as lengths are in rules.

    Parameters
    ----------
    border_m
        Lengths in metres.
    min_border_m
        Least length.

    Returns
    -------
    pandas.Series
        Bool, on the index of `border_m`.

    Examples
    --------
    >>> long_enough(pd.Series([0.996, 0.99]), min_border_m=1.0).tolist()
    [True, False]
    """
    return border_m.round(AREA_DECIMALS) >= round(min_border_m, AREA_DECIMALS)


def failing(verdicts: pd.DataFrame, parcel_ids: pd.Index) -> pd.Series:
    """Deciding tests that each parcel fails.

    Parameters
    ----------
    verdicts
        Verdict rows.
    parcel_ids
        Parcels to answer for.

    Returns
    -------
    pandas.Series
        Test names joined by ``;``, empty where none fails, on `parcel_ids`.

    Examples
    --------
    >>> rows = verdict_frame(pd.Index(["a"]), test="min_lot", outcome="fail", mode="on")
    >>> failing(rows, pd.Index(["a", "b"])).tolist()
    ['min_lot', '']
    """
    decided = verdicts[(verdicts["outcome"] == "fail") & (verdicts["mode"] == "on")]
    tests = decided.sort_values(["parcel_id", "test"]).groupby("parcel_id")["test"]
    joined = tests.agg(lambda names: ";".join(dict.fromkeys(names)))
    return joined.reindex(parcel_ids).fillna("").astype("str")
