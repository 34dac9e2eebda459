"""Verdict rows of one test for all pairs of scrap and site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.verdicts import verdict_frame

if TYPE_CHECKING:
    from gisland.base.rule import Rule


def pair_rows(pairs: pd.DataFrame, rule: Rule, *, test: str, **columns: object) -> pd.DataFrame:
    """Verdict rows of one test, with what the rule says about it.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    rule
        The rule that the test is of.
    test
        Its name.
    **columns
        Values of the other columns: scalars, or arrays as long as `pairs`.

    Returns
    -------
    pandas.DataFrame
        Rows (``schema.VERDICTS``) in the order of `pairs`, with the site as ``subject``.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c"], "site_id": ["S"]})
    >>> rule = load_rules("guangdong-2009")["scrap.area_cap"]
    >>> pair_rows(pair, rule, test="area_cap", outcome="pass")[["subject", "unit"]].values.tolist()
    [['S', 'm2']]
    """
    return verdict_frame(
        pd.Index(pairs["parcel_id"]),
        subject=pairs["site_id"].to_numpy(),
        test=test,
        **{
            "operator": rule.operator,
            "unit": rule.unit,
            "denominator": rule.denominator,
            "rule_id": rule.id,
            "mode": rule.mode,
            **columns,
        },
    )
