"""What the decisions taken beforehand change in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, in_order
from gisland.plan.options.relaxations import in_force
from gisland.plan.options.replan import replanned

if TYPE_CHECKING:
    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

COLUMNS = {
    "parcel_id": "str",
    "area_m2": "float64",
    "site_without": "str",
    "site_with": "str",
    "decision": "str",
    "change": "str",
}


def differences(case: PlanCase, plan_assignment: Assignment) -> pd.DataFrame:
    """The plan with the decisions against the plan without.

    Parameters
    ----------
    case
        The case in force, with decisions.
    plan_assignment
        Its plan, on the index of its pairs.

    Returns
    -------
    pandas.DataFrame
        Every parcel with a decision, and every scrap whose site differs, sorted: ``parcel_id``,
        ``area_m2`` (missing for a parcel that is no scrap considered), ``site_without``,
        ``site_with`` (missing: not absorbed), ``decision`` (``in``, ``out``, a site id, or empty),
        ``change`` (``added``, ``dropped``, ``moved``, ``as_before``).

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> from gisland.plan.case import PlanCase, solved
    >>> pair = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["a", "b"],
    ...         "site_id": ["S", "S"],
    ...         "area_m2": [6.0, 5.0],
    ...         "border_m": [1.0, 1.0],
    ...     }
    ... )
    >>> budget = pd.DataFrame({"area_cents": [1000], "count": [-1]}, index=["S"])
    >>> choices = PlanChoices(decisions={"a": "out"})
    >>> case = PlanCase(pair, together([]), budget, load_rules("tianjin-2024"), choices, 1.0)
    >>> found = differences(case, solved(case))
    >>> found[["parcel_id", "decision", "change"]].values.tolist()
    [['a', 'out', 'dropped'], ['b', '', 'added']]
    """
    decisions = pd.Series(dict(case.choices.decisions), dtype="str")
    free = in_force(replace(case, choices=replace(case.choices, decisions={})))
    other = replanned(in_force(case), plan_assignment, free)
    without, with_ = (_sites(case, chosen) for chosen in (other.chosen, plan_assignment.chosen))
    known = case.pairs.drop_duplicates("parcel_id").set_index("parcel_id")["area_m2"]
    ids = known.index.union(decisions.index)
    table = pd.DataFrame(
        {
            "parcel_id": ids,
            "area_m2": aligned(known, ids).to_numpy(),
            "site_without": aligned(without, ids).to_numpy(),
            "site_with": aligned(with_, ids).to_numpy(),
            "decision": aligned(decisions, ids).fillna("").to_numpy(),
        }
    )
    before, after = table["site_without"], table["site_with"]
    table["change"] = np.select(
        [before.isna() & after.isna() | (before == after), before.isna(), after.isna()],
        ["as_before", "added", "dropped"],
        "moved",
    )
    told = (table["decision"] != "") | (table["change"] != "as_before")
    return in_order(table[told].astype(COLUMNS), ["parcel_id"])


def _sites(case: PlanCase, chosen: pd.Series) -> pd.Series:
    """Site by absorbed scrap."""
    taken = case.pairs[chosen]
    return pd.Series(taken["site_id"].to_numpy(), index=taken["parcel_id"].to_numpy(), dtype="str")
