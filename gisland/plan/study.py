"""The plan of one case and what stands beside it: other plans, other caps, decisions, wishes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gisland.plan.options.alternatives import alternatives
from gisland.plan.options.differences import differences
from gisland.plan.options.sweep import sweep
from gisland.plan.table import plan_table
from gisland.plan.wishes import require_sites_known, unmet_wishes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment

ASIDE = 0.1  # of the time limit, for each of the many plans beside the one in force


@dataclass(frozen=True)
class Study:
    """The plan of a case, with other plans to negotiate about.

    Attributes
    ----------
    plan
        Every considered pair with its verdict.
    assignment
        The solution, on the index of `plan`.
    tables
        ``alternatives``, ``sweep`` and ``differences``, as far as they were asked for.
    findings
        Required parcels that are not absorbed.
    """

    plan: gpd.GeoDataFrame
    assignment: Assignment
    tables: dict[str, pd.DataFrame]
    findings: list[dict[str, object]]


def study(case: PlanCase, *, sites: pd.DataFrame, members: pd.Series) -> Study:
    """Plan a case, and work out what its choices ask for.

    Parameters
    ----------
    case
        Considered pairs with their tests, and what they may become.
    sites
        By site id: ``area_m2``, ``boundary_area_m2``.
    members
        Site by parcel id, for the parcels of sites.

    Returns
    -------
    Study
        The plan and its tables.

    Raises
    ------
    ProjectError
        If a decision names an unknown site.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> from gisland.plan.outcome import site_budgets
    >>> from gisland.plan.case import PlanCase
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [1500.0], "border_m": [3.0]}
    ... )
    >>> site = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [float("nan")]}, index=["S"])
    >>> rules, choices = load_rules("tianjin-2024"), PlanChoices(sweep_caps=(0.15,))
    >>> case = PlanCase(pair, together([]), site_budgets(site, rules=rules), rules, choices, 1.0)
    >>> done = study(case, sites=site, members=pd.Series({"s": "S"}))
    >>> done.plan["reasons"].tolist(), done.tables["sweep"]["absorbed_m2"].tolist()
    (['cap_full'], [1500.0])
    """
    choices = case.choices
    require_sites_known(choices, sites.index)
    plan, found = plan_table(case)
    case = replace(case, pairs=plan, seconds=case.seconds * ASIDE)
    tables = {}
    if choices.alternatives:
        tables["alternatives"] = alternatives(case, found, sites=sites)
    if choices.sweep_caps or choices.sweep_areas_m2:
        caps, areas_m2 = choices.sweep_caps, choices.sweep_areas_m2
        tables["sweep"] = sweep(case, found, sites=sites, caps=caps, areas_m2=areas_m2)
    if choices.decisions:
        tables["differences"] = differences(case, found)
    wishes = unmet_wishes(case, plan, found.unmet, members=members)
    return Study(plan, found, tables, wishes)
