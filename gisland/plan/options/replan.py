"""The plan under changed conditions, made anew only where it can differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, among
from gisland.plan.case import open_pairs, required_ids, solved
from gisland.plan.exact.numbering import component_of_sites, whole_limits

if TYPE_CHECKING:
    from gisland.plan.case import PlanCase
    from gisland.plan.exact.assign import Assignment


@dataclass(frozen=True)
class Replanned:
    """A plan under changed conditions.

    Parameters
    ----------
    chosen
        Bool, on the index of the pairs considered.
    component
        By site, its component in the plan in force; where components are joined, the smallest.
    status
        How good the component of each site with an eligible pair is proved to be.
    """

    chosen: pd.Series
    component: pd.Series
    status: pd.Series


def status_by_site(plan: Assignment) -> pd.Series:
    """How good the component of each site is proved to be.

    Parameters
    ----------
    plan
        Any plan.

    Returns
    -------
    pandas.Series
        By site id.

    Examples
    --------
    >>> from gisland.plan.exact.assign import Assignment
    >>> whole = pd.DataFrame({"component": [1], "status": ["optimal"]})
    >>> one = Assignment(pd.Series(dtype=bool), pd.Series({"S": 1}), whole)
    >>> status_by_site(one).to_dict()
    {'S': 'optimal'}
    """
    known = plan.components.set_index("component")["status"].astype("str")
    return aligned(known, pd.Index(plan.component)).set_axis(plan.component.index)


def replanned(now: PlanCase, plan: Assignment, then: PlanCase) -> Replanned:
    """Plan of a changed case: components in which nothing can differ keep the plan in force.

    A component can differ if one of its pairs comes, goes or counts with another area, if a scrap
    becomes required or ceases to be, or if a site's limit changes that its eligible scraps
    together exceed. Where none of this is so, the two cases allow the same plans.

    Parameters
    ----------
    now
        The case in force.
    plan
        Its plan, on the index of its pairs or of more.
    then
        The changed case; its pairs are labelled as those of `now`, and method and objective are
        the same.

    Returns
    -------
    Replanned
        On the index of `plan`.

    Examples
    --------
    >>> from gisland.base.planchoices import PlanChoices
    >>> from gisland.base.rules import load_rules
    >>> from gisland.base.verdicts import together
    >>> from gisland.plan.case import PlanCase
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["a", "b"], "site_id": "S", "area_m2": [6.0, 5.0], "border_m": 1.0}
    ... )
    >>> budget = pd.DataFrame({"area_cents": [1000], "count": [-1]}, index=["S"])
    >>> rules = load_rules("tianjin-2024")
    >>> now = PlanCase(pair, together([]), budget, rules, PlanChoices(), 1.0)
    >>> replanned(now, solved(now), replace(now, pairs=pair[1:])).chosen.tolist()
    [False, True]
    """
    before, after = open_pairs(now), open_pairs(then)
    group = component_of_sites(pd.concat([before, after]))
    differing = _differing(now, then, before=before, after=after)
    reached = group[among(group, group[among(group.index, differing)])]
    again = then.pairs[among(then.pairs["site_id"], reached.index)]
    kept = before.index[plan.chosen[before.index] & ~among(before["site_id"], reached.index)]
    status = status_by_site(plan)
    status = status[~among(status.index, reached.index)]
    if len(again):
        found = solved(replace(then, pairs=again))
        kept = kept.append(found.chosen.index[found.chosen])
        status = pd.concat([status, status_by_site(found)])
    chosen = pd.Series(plan.chosen.index.isin(kept), index=plan.chosen.index, name="chosen")
    number = aligned(plan.component, group.index).astype("Int64")
    return Replanned(chosen, number.groupby(group).transform("min"), status)


def _differing(
    now: PlanCase, then: PlanCase, *, before: pd.DataFrame, after: pd.DataFrame
) -> pd.Series:
    """Sites at which the two cases do not allow the same plans, or do not value them alike."""
    either = pd.concat([before, after])
    alike = before.index.intersection(after.index)
    same = before.loc[alike, "area_cents"] == after.loc[alike, "area_cents"]
    asked = sorted({*required_ids(now)} ^ {*required_ids(then)})
    differs = ~either.index.isin(alike[same]) | either["parcel_id"].isin(asked)
    return pd.concat([either.loc[differs, "site_id"], _bound(now, then, after)])


def _bound(now: PlanCase, then: PlanCase, pairs: pd.DataFrame) -> pd.Series:
    """Sites with a changed limit that their eligible scraps together exceed."""
    at_site = pairs.groupby("site_id")["area_cents"]
    wanted = {"area_cents": at_site.sum(), "count": at_site.size()}
    hit = []
    for name, most in wanted.items():
        old, new = (whole_limits(aligned(c.budgets[name], most.index)) for c in (now, then))
        hit.append(most.index[(old != new) & (most.to_numpy() > np.minimum(old, new))])
    return pd.Series(hit[0].append(hit[1]), dtype="str")
