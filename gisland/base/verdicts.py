"""Hold measured values against the rules of each parcel's use class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.industries import digits_of
from gisland.base.keys import aligned, in_order, joined_texts
from gisland.base.rule import AREA_DECIMALS
from gisland.base.schema import VERDICTS

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet


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
    values: pd.Series,
    use_class: pd.Series | None,
    *,
    rules: RuleSet,
    rule_id: str,
    industry: pd.Series | None = None,
) -> pd.DataFrame:
    """Verdict of every parcel on one rule that differs by use class, and perhaps by industry.

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
    industry
        Industry code by parcel id, or None; where it is missing or no code, the rule of the use
        class holds.

    Returns
    -------
    pandas.DataFrame
        Verdict rows (``schema.VERDICTS``) in the order of `values`, parcels without a rule left
        out.

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
    code, of_code = _rules_of(values.index, use_class, industry, rules=rules, rule_id=rule_id)
    outcome = np.full(len(values), "", dtype=object)
    for k, rule in enumerate(of_code):
        if rule.mode != "off":
            outcome[code == k] = outcomes(rule.holds(values[code == k]))
    tested = outcome != ""
    columns = {
        name: pd.array([getattr(rule, name) for rule in of_code]).take(code[tested])
        for name in ("limit", "operator", "unit", "denominator", "mode")
    }
    return verdict_frame(
        values.index[tested],
        subject="",
        test=rule_id.split(".")[1],
        outcome=outcome[tested],
        value=values.to_numpy("float64")[tested],
        rule_id=pd.array([rule.id for rule in of_code]).take(code[tested]),
        **columns,
    )


def _rules_of(
    index: pd.Index,
    use_class: pd.Series | None,
    industry: pd.Series | None,
    *,
    rules: RuleSet,
    rule_id: str,
) -> tuple[np.ndarray, list[Rule]]:
    """The rules in question, and for each parcel which of them holds."""
    none = pd.Series("", index=index, dtype="str")
    use, uses = pd.factorize(none if use_class is None else use_class.fillna(""))
    digits, industries = pd.factorize(none if industry is None else digits_of(industry))
    pair, pairs = pd.factorize(use.astype("int64") * max(len(industries), 1) + digits)
    of_pair = [
        rules.for_use(rule_id, uses[u] or None, industries[i])
        for u, i in (divmod(int(p), max(len(industries), 1)) for p in pairs)
    ]
    rank, kept = pd.factorize(np.array([rule.id for rule in of_pair], dtype=object))
    held = [of_pair[int(np.flatnonzero(rank == k)[0])] for k in range(len(kept))]
    return rank[pair] if len(pair) else pair, held


def limits_by_use_class(
    ids: pd.Index, use_class: pd.Series | None, *, rules: RuleSet, rule_id: str
) -> pd.Series:
    """Limit that a rule sets for every parcel by its use class.

    Parameters
    ----------
    ids
        Parcel ids.
    use_class
        Use class by parcel id, or None where no parcel has one: then the default rule holds.
    rules
        The rule set.
    rule_id
        Such as ``fragment.min_width``.

    Returns
    -------
    pandas.Series
        Limits in the rule's unit on `ids`; missing where the rule is off.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> uses = pd.Series(["industrial", "residential"], index=["a", "b"])
    >>> rules = load_rules("national-2023-171")
    >>> found = limits_by_use_class(uses.index, uses, rules=rules, rule_id="fragment.min_width")
    >>> found.tolist()
    [15.0, nan]
    """
    uses = pd.Series("", index=ids) if use_class is None else use_class.fillna("")
    code, names = pd.factorize(uses)
    of_use = [rules.for_use(rule_id, use or None) for use in names]
    limits = np.array([np.nan if rule.mode == "off" else rule.limit for rule in of_use])
    return pd.Series(limits[code] if len(ids) else np.nan, index=ids, dtype="float64")


def outcomes(holds: pd.Series) -> np.ndarray:
    """Outcome codes of a three-valued comparison.

    Parameters
    ----------
    holds
        ``boolean`` dtype.

    Returns
    -------
    numpy.ndarray
        Texts: ``pass``, ``fail`` or, for ``<NA>``, ``missing``.

    Examples
    --------
    >>> outcomes(pd.Series([True, False, None], dtype="boolean")).tolist()
    ['pass', 'fail', 'missing']
    """
    words = np.array(["fail", "pass", "missing"], dtype=object)
    held = holds.fillna(value=False).to_numpy(dtype=bool)
    return words[np.where(holds.isna(), 2, held)]


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
    return in_order(stacked(parts), ["parcel_id", "subject", "test"])


def stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Verdict rows of several tests below each other; millions of rows are sorted once, at last.

    Parameters
    ----------
    parts
        Verdict tables; none at all is allowed.

    Returns
    -------
    pandas.DataFrame
        In the order of the parts.

    Examples
    --------
    >>> len(stacked([]))
    0
    """
    return pd.concat([verdict_frame(pd.Index([], dtype="str")), *parts], ignore_index=True)


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
    joined = joined_texts(decided["test"], decided["parcel_id"])
    return aligned(joined, parcel_ids).fillna("").astype("str")
