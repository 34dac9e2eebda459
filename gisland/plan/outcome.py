"""What each site may absorb, and what it is like before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.errors import PlanError
from gisland.base.rulespecs import DENOMINATORS
from gisland.base.tables import joined_ids
from gisland.plan.caps import (
    UNLIMITED,
    budget_cents,
    budget_rounding_cents,
    shares,
    total_cents,
)
from gisland.plan.exact.solver import AREA_ONLY, OPTIMAL

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet
    from gisland.plan.exact.assign import Assignment


def site_budgets(sites: pd.DataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """How much each site may absorb.

    Parameters
    ----------
    sites
        Indexed by site id: ``area_m2``, ``boundary_area_m2``.
    rules
        The rule set: ``scrap.share_cap``, ``scrap.total_cap`` and ``scrap.count_cap``.

    Returns
    -------
    pandas.DataFrame
        ``area_cents``, the smaller of what the two caps on areas allow, and ``count`` by site id,
        -1 for no limit. A site whose denominator is not known may absorb nothing. Scraps are
        to be rounded by `budget_rounding_cents` before they are held against it.

    Raises
    ------
    PlanError
        If the cap is taken over project boundaries and one of them holds several sites, or the
        two caps on areas state different roundings.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> site = pd.DataFrame({"area_m2": [9000.0], "boundary_area_m2": [float("nan")]}, index=["S"])
    >>> site_budgets(site, rules=load_rules("tianjin-2024")).loc["S"].tolist()
    [100000, -1]
    """
    cap = rules["scrap.share_cap"]
    budget_rounding_cents(rules)  # refuses rules that round the same scraps differently
    if cap.mode == "on" and cap.denominator == "boundary" and "boundary_id" in sites:
        _require_one_site_each(sites["boundary_id"].dropna())
    share = budget_cents(cap, sites["area_m2"], sites["boundary_area_m2"])
    area = share.fillna(0).astype("int64")
    total = total_cents(rules["scrap.total_cap"])
    if total != UNLIMITED:
        area = area.mask(area == UNLIMITED, total).clip(upper=total)
    count = rules["scrap.count_cap"]
    most = UNLIMITED
    if count.mode == "on":
        most = max(int(np.ceil(count.limit)) - 1, 0) if count.operator == "<" else int(count.limit)
    return pd.DataFrame({"area_cents": area, "count": most})


def _require_one_site_each(boundary: pd.Series) -> None:
    """Refuse a boundary that several sites would each take the whole cap of."""
    shared = boundary[boundary.duplicated(keep=False)]
    if len(shared):
        raise PlanError(
            f"plan: {len(shared)} sites share a project boundary, over which the cap is taken",
            do='draw them as one site, or set the denominator of scrap.share_cap to "including"',
            ids=sorted(shared.index),
        )


def site_table(
    merged: gpd.GeoDataFrame,
    plan: pd.DataFrame,
    members: pd.Series,
    *,
    boundary_area_m2: pd.Series,
    rule: Rule,
    assignment: Assignment,
) -> gpd.GeoDataFrame:
    """Sites before and after with their scrap shares over every denominator.

    Parameters
    ----------
    merged
        Merged sites, indexed by site id, with the areas that `merge` gives.
    plan
        The plan table.
    members
        Site id by parcel id, before.
    boundary_area_m2
        Area of the project boundary by site id, missing where there is none.
    rule
        Rule ``scrap.share_cap``, possibly off: its denominator decides ``scrap_share``.
    assignment
        For bounds and components.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per site. ``candidate_*`` tell of all scraps at the site, absorbed or not.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> site = gpd.GeoDataFrame(
    ...     {
    ...         "area_before_m2": [90.0],
    ...         "scrap_area_m2": [10.0],
    ...         "area_after_m2": [100.0],
    ...         "gap_closed_m2": [0.0],
    ...         "overlap_m2": [0.0],
    ...     },
    ...     geometry=[None],
    ...     index=pd.Index(["S"], name="site_id"),
    ... )
    >>> rows = pd.DataFrame(
    ...     {"parcel_id": ["c"], "site_id": ["S"], "area_m2": [10.0], "verdict": ["absorbed"]}
    ... )
    >>> from gisland.plan.exact.assign import Assignment
    >>> nothing = Assignment(pd.Series(), pd.Series({"S": 1}), pd.DataFrame(
    ...     {"component": [1], "bound_m2": [10.0], "absorbed_m2": [10.0], "status": ["optimal"]}
    ... ))
    >>> site_table(
    ...     site,
    ...     rows,
    ...     pd.Series("S", index=["s"]),
    ...     boundary_area_m2=pd.Series({"S": float("nan")}),
    ...     rule=load_rules("tianjin-2024")["scrap.share_cap"],
    ...     assignment=nothing,
    ... )["scrap_share"].tolist()
    [0.1]
    """
    index = merged.index
    absorbed = absorbed_by(plan)
    candidates = plan.set_index("parcel_id")["site_id"]
    candidate_m2 = plan.groupby("site_id")["area_m2"].sum().reindex(index).fillna(0.0)
    before, scrap = merged["area_before_m2"], merged["scrap_area_m2"]
    boundary = boundary_area_m2.reindex(index)
    taken = shares(scrap, before, boundary)
    offered = shares(candidate_m2, before, boundary)
    denominator = rule.denominator or "including"
    wholes = {"including": before + scrap, "excluding": before, "boundary": boundary}
    count = members.groupby(members).size().reindex(index)
    table = pd.DataFrame(
        {
            "parcel_ids": joined_ids(members, index),
            "absorbed_ids": joined_ids(absorbed, index),
            "parcels_before": count,
            "parcels_after": 1,
            "area_before_m2": before,
            "scrap_area_m2": scrap,
            "area_after_m2": merged["area_after_m2"],
            "gap_closed_m2": merged["gap_closed_m2"],
            "overlap_m2": merged["overlap_m2"],
            "scrap_share": taken[denominator],
            "share_denominator": denominator,
            "denominator_m2": wholes[denominator],
            "cap": rule.limit if rule.mode != "off" else float("nan"),
            "cap_operator": rule.operator,
            **{f"scrap_share_{d}": taken[d] for d in DENOMINATORS},
            "boundary_area_m2": boundary,
            "candidate_ids": joined_ids(candidates, index),
            "candidate_area_m2": candidate_m2,
            **{f"candidate_share_{d}": offered[d] for d in DENOMINATORS},
        },
        index=index,
    ).astype({"parcels_before": "int64", "share_denominator": "str", "cap_operator": "str"})
    return gpd.GeoDataFrame(
        table.join(_proof(index, assignment)), geometry=merged.geometry, crs=merged.crs
    )


def _proof(index: pd.Index, assignment: Assignment) -> pd.DataFrame:
    """Component, bound and whether it is met; a site without eligible scraps is trivially so."""
    number = assignment.component.reindex(index)
    known = assignment.components.set_index("component")
    proved = number.map(known["status"]).isin([OPTIMAL, AREA_ONLY]) | number.isna()
    return pd.DataFrame(
        {
            "optimal": proved.astype(bool),
            "bound_m2": number.map(known["bound_m2"]).astype("float64").fillna(0.0),
            "component": number.astype("Int64"),
        },
        index=index,
    )


def absorbed_by(plan: pd.DataFrame) -> pd.Series:
    """Site of every absorbed scrap.

    Parameters
    ----------
    plan
        The plan table.

    Returns
    -------
    pandas.Series
        Site id by parcel id.

    Examples
    --------
    >>> rows = {"parcel_id": ["a", "b"], "site_id": "S", "verdict": ["absorbed", "eligible"]}
    >>> absorbed_by(pd.DataFrame(rows)).to_dict()
    {'a': 'S'}
    """
    return plan[plan["verdict"] == "absorbed"].set_index("parcel_id")["site_id"]


def component_records(components: pd.DataFrame) -> list[dict[str, object]]:
    """Components of a plan for the record of a run.

    Parameters
    ----------
    components
        As of an `Assignment`.

    Returns
    -------
    list of dict
        One for each; what does not apply is None.

    Examples
    --------
    >>> component_records(pd.DataFrame({"component": [1], "bound_scraps": [float("nan")]}))
    [{'component': 1, 'bound_scraps': None}]
    """
    plain = components.astype("object")
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items()} for row in rows]
