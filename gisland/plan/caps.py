"""The cap on absorbed scrap area, in hundredths of a square metre so that it is exact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import PlanError
from gisland.base.rule import CENTS

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

MM = 1000  # borders are compared at 0.001 m
SHARE_CAP, TOTAL_CAP = AREA_BUDGETS = ("scrap.share_cap", "scrap.total_cap")  # of a site in all
UNLIMITED = -1
SUM_DECIMALS = 6  # of sums in square metres; what is beyond is floating noise


def cents(area_m2: pd.Series, *, rounding_cents: int = 1) -> pd.Series:
    """Areas as they are compared, in whole hundredths of a square metre.

    Parameters
    ----------
    area_m2
        Square metres, none missing.
    rounding_cents
        Step that areas are rounded to, such as ``Rule.rounding_cents``.

    Returns
    -------
    pandas.Series
        ``int64``, whole multiples of the step, on the same index.

    Examples
    --------
    >>> cents(pd.Series([1688.4])).item(), cents(pd.Series([1688.4]), rounding_cents=100).item()
    (168840, 168800)
    """
    return (area_m2 * CENTS / rounding_cents).round().astype("int64") * rounding_cents


def millimetres(border_m: pd.Series) -> pd.Series:
    """Borders as they are compared, in whole millimetres.

    Parameters
    ----------
    border_m
        Metres, none missing.

    Returns
    -------
    pandas.Series
        ``int64`` on the same index.

    Examples
    --------
    >>> millimetres(pd.Series([12.3456])).item()
    12346
    """
    return (border_m * MM).round().astype("int64")


def shares(scrap_m2: pd.Series, site_m2: pd.Series, boundary_m2: pd.Series) -> pd.DataFrame:
    """Scrap area as a share of each denominator that the rules know.

    Parameters
    ----------
    scrap_m2, site_m2
        Areas on one index.
    boundary_m2
        Area of the named project boundary; missing where there is none.

    Returns
    -------
    pandas.DataFrame
        ``including`` (site and scrap), ``excluding`` (site alone), ``boundary``; 0-1 or above.

    Examples
    --------
    >>> one = shares(pd.Series([1688.4]), pd.Series([43383.0]), pd.Series([88900.0]))
    >>> one.round(5).iloc[0].to_dict()
    {'including': 0.03746, 'excluding': 0.03892, 'boundary': 0.01899}
    """
    return pd.DataFrame(
        {
            "including": scrap_m2 / (site_m2 + scrap_m2),
            "excluding": scrap_m2 / site_m2,
            "boundary": scrap_m2 / boundary_m2,
        }
    )


def budget_cents(rule: Rule, site_m2: pd.Series, boundary_m2: pd.Series) -> pd.Series:
    """Largest scrap area that a site may absorb under the share cap.

    With the cap p: ``including`` allows p/(1-p) of the site's area, ``excluding`` p of it,
    ``boundary`` p of the project boundary.

    Parameters
    ----------
    rule
        Rule ``scrap.share_cap``; in any mode but ``on`` there is no limit.
    site_m2
        Area of each site before the merge.
    boundary_m2
        Area of its project boundary; missing where there is none.

    Returns
    -------
    pandas.Series
        Hundredths of a square metre, ``Int64``, whole multiples of the rule's rounding, which is
        that of the scraps; ``UNLIMITED`` without a cap, missing where the boundary is.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> cap = load_rules("tianjin-2024")["scrap.share_cap"]
    >>> budget_cents(cap, pd.Series([9000.0]), pd.Series([float("nan")])).tolist()
    [100000]
    """
    if rule.mode != "on":
        return pd.Series(UNLIMITED, index=site_m2.index, dtype="Int64")
    p = rule.limit
    base = {
        "including": site_m2 * p / (1 - p) if p < 1 else site_m2 * np.inf,
        "excluding": site_m2 * p,
        "boundary": boundary_m2 * p,
    }[rule.denominator]
    # A strict cap leaves out the last step; 1e-6 forgives the floating division above.
    step = rule.rounding_cents
    whole = [_whole(v * CENTS / step, strict=rule.operator == "<") for v in base]
    steps = pd.Series(whole, index=site_m2.index, dtype="Int64")
    return steps.where(steps == UNLIMITED, steps * step)


def total_cents(rule: Rule) -> int:
    """Largest scrap area that any site may absorb under the cap on the total.

    Parameters
    ----------
    rule
        Rule ``scrap.total_cap``; in any mode but ``on`` there is no limit.

    Returns
    -------
    int
        Hundredths of a square metre, a whole multiple of the rule's rounding; ``UNLIMITED``
        without a cap.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> total_cents(load_rules("tianjin-2024")["scrap.total_cap"])
    -1
    """
    if rule.mode != "on":
        return UNLIMITED
    most = round(float(rule.rounded(rule.limit)) * CENTS)
    return max(most - rule.rounding_cents, 0) if rule.operator == "<" else most


def budget_rounding_cents(rules: RuleSet) -> int:
    """Step that scraps are rounded to before they are held against what a site may absorb.

    Parameters
    ----------
    rules
        The rule set: of ``scrap.share_cap`` and ``scrap.total_cap`` those in mode ``on``.

    Returns
    -------
    int
        Hundredths of a square metre, for `cents`; 1 where neither rule is on.

    Raises
    ------
    PlanError
        If both are on and state different roundings: one budget has one.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> budget_rounding_cents(load_rules("tianjin-2024"))
    1
    """
    steps = {i: rules[i].rounding_cents for i in AREA_BUDGETS if rules[i].mode == "on"}
    if len(set(steps.values())) > 1:
        told = " and ".join(f"{i} at {steps[i] / CENTS:g} m²" for i in AREA_BUDGETS)
        raise PlanError(
            f"plan: {told} compare the same scraps at different roundings",
            do="give both rules the same rounding_m2",
        )
    return max(steps.values(), default=1)


def _whole(value: float, *, strict: bool) -> int | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return UNLIMITED
    # less than nothing is nothing, and never -1, which says that there is no limit
    return max(math.ceil(value - 1e-6) - 1, 0) if strict else math.floor(value + 1e-6)
