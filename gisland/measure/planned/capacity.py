"""Floor area that the planning conditions allow, before and after scraps are absorbed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.keys import aligned, positions
from gisland.base.schema import MERGED_ROLES
from gisland.measure.planned.scenarios import KEEP, scenario_name
from gisland.measure.planned.sitelimits import RULE
from gisland.measure.ratios import floor_at_far
from gisland.measure.totals import totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet
    from gisland.measure.planned.sitelimits import SiteLimits

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

ENDS, WHEN = ("min", "max"), ("before", "after")

DECIMALS = 6


def capacity_table(
    parcels: pd.DataFrame,
    lineage: pd.DataFrame,
    limits: SiteLimits,
    *,
    planned_far: pd.Series,
    scenario: str | float,
    rules: RuleSet,
) -> pd.DataFrame:
    """Capacity of every site: what its FAR limits make on its land, and what is left of it.

    Parameters
    ----------
    parcels
        Indexed by parcel id: ``area_m2``; where known ``floor_m2`` (the floor area that FAR is
        taken from), ``planned_far_min`` and ``planned_far_max``.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    limits
        Result of `site_limits`.
    planned_far
        FAR after by site id, of the scenario.
    scenario
        Of the parameters.
    rules
        The rule set.

    Returns
    -------
    pandas.DataFrame
        One row per site, by id. Capacity = FAR limit x land, of the site before and after and of
        the absorbed scraps by their own limits; ``left_m2`` = maximum after less what exists on
        all of it; ``gained_m2`` = maximum after less before, ``gained_net_m2`` less the scraps'
        own; ``planned_floor_m2`` = planned FAR x land after, or what exists where that is kept.
        Below 0 where more stands than is allowed; missing where a term is.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> from gisland.measure.planned.sitelimits import SiteLimits
    >>> lots = pd.DataFrame({"area_m2": [43383.0, 1688.4]}, index=["N", "c"])
    >>> lines = {"parcel_id": ["N", "c"], "after_id": ["S", "S"], "role": MERGED_ROLES}
    >>> row = {"site_id": ["S"], "condition": ["far_max"]}
    >>> limits = SiteLimits(pd.DataFrame(row | {"limit_before": [1.7], "limit_after": [1.7]}))
    >>> found = capacity_table(
    ...     lots,
    ...     pd.DataFrame(lines),
    ...     limits,
    ...     planned_far=pd.Series({"S": 1.7}),
    ...     scenario="far_max",
    ...     rules=load_rules("tianjin-2024"),
    ... )
    >>> found[["capacity_max_after_m2", "gained_m2"]].round(2).values.tolist()
    [[76621.38, 2870.28]]
    """
    rows = lineage[lineage["role"].isin(MERGED_ROLES)].sort_values("parcel_id")
    own = (rows["role"] == "site").to_numpy()
    sites = pd.Index(sorted(rows.loc[own, "after_id"].unique()), name="site_id", dtype="str")
    members = parcels.reindex(pd.Index(rows["parcel_id"]))
    site = positions(rows["after_id"].astype("str"), sites)
    land = members["area_m2"].to_numpy("float64")
    limit = {
        (end, when): _limit(limits, sites, end=end, when=when) for end in ENDS for when in WHEN
    }
    summed_of = partial(_total, land=land, site=site, count=len(sites))
    scrap = summed_of(land, ~own)
    area = {"before": summed_of(land, own)}
    area["after"] = area["before"] + scrap
    capacity = {key: floor_at_far(limit[key], area[key[1]]) for key in limit}
    lost = {
        end: summed_of(floor_at_far(numbers(members, f"planned_far_{end}"), land), ~own)
        for end in ENDS
    }
    existing = summed_of(numbers(members, "floor_m2"), np.ones_like(own))
    far = aligned(planned_far, sites).to_numpy("float64")
    gained = capacity["max", "after"] - capacity["max", "before"]
    table = {
        "area_before_m2": area["before"],
        "scrap_area_m2": scrap,
        "area_after_m2": area["after"],
    }
    table |= {f"far_{end}_{when}": limit[end, when] for when in WHEN for end in ENDS}
    table |= {"planned_far": far, "existing_m2": existing}
    table |= {f"capacity_{end}_before_m2": capacity[end, "before"] for end in ENDS}
    table |= {f"scrap_capacity_{end}_m2": lost[end] for end in ENDS}
    table |= {f"capacity_{end}_after_m2": capacity[end, "after"] for end in ENDS}
    table |= {
        "planned_floor_m2": existing if scenario == KEEP else floor_at_far(far, area["after"]),
        "left_m2": capacity["max", "after"] - existing,
        "gained_m2": gained,
        "gained_net_m2": gained - lost["max"],
    }
    rule = RULE if rules[RULE].mode == "on" else ""
    texts = {"site_id": sites, "scenario": scenario_name(scenario), "rule_id": rule}
    head = pd.DataFrame(texts, index=range(len(sites)), dtype="str")
    areas = {name: DECIMALS for name in table if name.endswith("_m2")}  # a FAR is a factor
    return head.join(pd.DataFrame(table).round(areas) + 0.0)  # no -0.0, no noise of rounding


def _limit(limits: SiteLimits, sites: pd.Index, *, end: str, when: str) -> Floats:
    rows = limits.table[limits.table["condition"] == f"far_{end}"]
    return aligned(rows.set_index("site_id")[f"limit_{when}"], sites).to_numpy("float64")


def _total(
    amounts: Floats, chosen: NDArray[np.bool_], *, land: Floats, site: Whole, count: int
) -> Floats:
    """Sum of each site; missing if it is missing on any land."""
    rows = chosen & ~np.isnan(land)
    return totals(site[rows], amounts[rows], groups=count)
