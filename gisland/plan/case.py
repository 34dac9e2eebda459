"""The plan of one case: what is eligible, what was decided beforehand, what is best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.planchoices import IN, OUT, PlanChoices
from gisland.plan.caps import budget_rounding_cents, cents
from gisland.plan.eligible.eligibility import deciding_failures
from gisland.plan.exact.assign import Assignment, assign

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet

DECIDED_OUT, DECIDED_ELSEWHERE = "decided_out", "decided_elsewhere:"


@dataclass(frozen=True)
class PlanCase:
    """All that a plan follows from; change one part (`dataclasses.replace`) for another plan.

    Parameters
    ----------
    pairs
        Considered pairs of scrap and site: ``parcel_id``, ``site_id``, ``area_m2``, ``border_m``.
    verdicts
        Their eligibility tests.
    budgets
        What each site may absorb, from `site_budgets`.
    rules
        The rule set in force.
    choices
        Method, objective, required parcels and decisions.
    seconds
        Time limit of the solver for each component.
    links
        Borders between considered scraps, where the rules allow chains.
    """

    pairs: gpd.GeoDataFrame
    verdicts: pd.DataFrame
    budgets: pd.DataFrame
    rules: RuleSet
    choices: PlanChoices
    seconds: float
    links: pd.DataFrame | None = None


def decided(case: PlanCase) -> pd.Series:
    """Why a decision taken beforehand keeps a pair out of the plan.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    pandas.Series
        ``decided_out``, ``decided_elsewhere:<site>``, or empty, on the index of the pairs.

    Examples
    --------
    >>> pairs = pd.DataFrame({"parcel_id": ["a", "a", "b"], "site_id": ["S", "T", "T"]})
    >>> choices = PlanChoices(decisions={"a": "T", "b": "out"})
    >>> decided(PlanCase(pairs, None, None, None, choices, 1.0)).tolist()
    ['decided_elsewhere:T', '', 'decided_out']
    """
    word = case.pairs["parcel_id"].map(dict(case.choices.decisions)).astype("str")
    elsewhere = word.notna() & ~word.isin([IN, OUT]) & (word != case.pairs["site_id"])
    reasons = np.select(
        [(word == OUT).to_numpy(), elsewhere.to_numpy()],
        [DECIDED_OUT, (DECIDED_ELSEWHERE + word.fillna("")).to_numpy()],
        default="",
    )
    return pd.Series(reasons, index=case.pairs.index, dtype="str")


def required_ids(case: PlanCase) -> list[str]:
    """Parcels that the plan must absorb if it can: required by list, or decided to be in.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> choices = PlanChoices(decisions={"b": "in", "a": "S1", "c": "out"})
    >>> required_ids(PlanCase(None, None, None, load_rules("tianjin-2024"), choices, 1.0))
    ['a', 'b']
    """
    listed = case.choices.required or () if case.rules["scrap.required"].mode == "on" else ()
    decisions = [i for i, word in case.choices.decisions.items() if word != OUT]
    return sorted({*listed, *decisions})


def solved(case: PlanCase) -> Assignment:
    """Best plan of the case.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    Assignment
        ``chosen`` on the index of the pairs.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [9.0], "border_m": [3.0]}
    ... )
    >>> budget = pd.DataFrame({"area_cents": [-1], "count": [-1]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> case = PlanCase(pair, together([]), budget, rules, PlanChoices(), 1.0)
    >>> solved(case).chosen.tolist()
    [True]
    """
    found = assign(
        open_pairs(case),
        case.budgets,
        seconds=case.seconds,
        links=case.links,
        required=required_ids(case),
        objective=case.choices.objective,
        method=case.choices.method,
    )
    return replace(found, chosen=found.chosen.reindex(case.pairs.index, fill_value=False))


def open_pairs(case: PlanCase) -> pd.DataFrame:
    """Pairs that the plan chooses from, in the numbers that it compares.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    pandas.DataFrame
        Pairs that pass their tests and that no decision bars: ``parcel_id``, ``site_id``,
        ``area_cents``, ``border_m`` and, if known, ``links``.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["a", "b"], "site_id": "S", "area_m2": [9.0, 8.0], "border_m": 3.0}
    ... )
    >>> rules, choices = load_rules("tianjin-2024"), PlanChoices(decisions={"b": "out"})
    >>> open_pairs(PlanCase(pair, together([]), None, rules, choices, 1.0)).values.tolist()
    [['a', 'S', 900, 3.0]]
    """
    failed = deciding_failures(case.verdicts, case.pairs)
    pairs = case.pairs[(failed == "") & (decided(case) == "")]
    numbers = pairs.assign(area_cents=pair_cents(case).loc[pairs.index])
    columns = ["parcel_id", "site_id", "area_cents", "border_m", "links"]
    return pd.DataFrame(numbers[[c for c in columns if c in numbers]])


def pair_cents(case: PlanCase) -> pd.Series:
    """Areas of scraps as they are held against what a site may absorb.

    Parameters
    ----------
    case
        The case.

    Returns
    -------
    pandas.Series
        Hundredths of a square metre, on the index of the pairs.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"area_m2": [9.004]})
    >>> case = PlanCase(pair, None, None, load_rules("tianjin-2024"), PlanChoices(), 1.0)
    >>> pair_cents(case).tolist()
    [900]
    """
    return cents(case.pairs["area_m2"], rounding_cents=budget_rounding_cents(case.rules))
