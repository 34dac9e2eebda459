"""The best plan under the caps: exact for each connected component of scraps and sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.plan.caps import CENTS, UNLIMITED
from gisland.plan.solver import Problem, solve
from gisland.topology.graph import components

if TYPE_CHECKING:
    from collections.abc import Callable

COMPONENT_COLUMNS = ("component", "sites", "scraps", "absorbed_m2", "bound_m2", "status")


@dataclass(frozen=True)
class Assignment:
    """A plan: which pairs are absorbed, and how good each component is proved to be.

    Parameters
    ----------
    chosen
        Bool on the index of the pairs.
    component
        Component number (from 1) of each site that has an eligible pair.
    components
        One row per component: ``component``, ``sites``, ``scraps`` (counts), ``absorbed_m2``,
        ``bound_m2`` (no plan absorbs more), ``status`` (``optimal``, ``optimal_area`` or
        ``time_limit``).
    """

    chosen: pd.Series
    component: pd.Series
    components: pd.DataFrame


def assign(
    pairs: pd.DataFrame,
    budgets: pd.DataFrame,
    *,
    seconds: float,
    progress: Callable[[int, int], None] | None = None,
) -> Assignment:
    """Choose the pairs that absorb the largest area.

    Each scrap goes to at most one site; no site takes more than its budget or its count. Among
    plans of the largest total area the one with the longest total border is taken, and among
    those the one whose list of pairs, sorted by scrap and site id, comes first. The plan does
    not depend on the order of the rows.

    Parameters
    ----------
    pairs
        Eligible pairs: ``parcel_id``, ``site_id``, ``area_cents``, ``border_m``.
    budgets
        Indexed by site id: ``area_cents`` and ``count``, ``-1`` for no limit.
    seconds
        Time limit for each component.
    progress
        Called with the number of components done and in all.

    Returns
    -------
    Assignment
        On the index of `pairs`.

    Examples
    --------
    >>> pair = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["a", "b", "c"],
    ...         "site_id": ["S", "S", "S"],
    ...         "area_cents": [60_000, 50_000, 50_000],
    ...         "border_m": [90.0, 10.0, 10.0],
    ...     }
    ... )
    >>> budget = pd.DataFrame({"area_cents": [100_000], "count": [-1]}, index=["S"])
    >>> assign(pair, budget, seconds=10.0).chosen.tolist()
    [False, True, True]
    """
    ordered = pairs.sort_values(["parcel_id", "site_id"], kind="stable")
    label = _component_of_sites(ordered)
    number = {smallest: n for n, smallest in enumerate(sorted(set(label)), start=1)}
    component = label.map(number).astype("int64").rename("component")
    coded = _in_numbers(ordered, budgets)
    chosen = np.zeros(len(ordered), dtype=bool)
    rows = []
    groups = ordered.groupby(ordered["site_id"].map(component).to_numpy(), sort=True).indices
    for n, (which, group) in enumerate(groups.items(), start=1):
        problem = _problem(coded, np.asarray(group))
        solution = solve(problem, seconds=seconds)
        chosen[group] = solution.chosen
        rows.append(
            (
                which,
                len(problem.budget),
                problem.scraps,
                int(problem.area[solution.chosen].sum()) / CENTS,
                solution.bound_cents / CENTS,
                solution.status,
            )
        )
        if progress:
            progress(n, len(number))
    found = pd.Series(chosen, index=ordered.index, name="chosen").reindex(pairs.index)
    return Assignment(found, component, pd.DataFrame(rows, columns=list(COMPONENT_COLUMNS)))


def _component_of_sites(pairs: pd.DataFrame) -> pd.Series:
    """Smallest site id of the component of each site; scraps link the sites they could go to."""
    first = pairs.groupby("parcel_id")["site_id"].transform("first")
    links = pd.DataFrame({"focal": first, "neighbor": pairs["site_id"]})
    return components(pd.Index(sorted(pairs["site_id"].unique())), links)


def _in_numbers(pairs: pd.DataFrame, budgets: pd.DataFrame) -> Problem:
    """All components as one problem."""
    scrap, scrap_ids = pd.factorize(pairs["parcel_id"], sort=True)
    site, site_ids = pd.factorize(pairs["site_id"], sort=True)
    limit = budgets.reindex(site_ids)
    return Problem(
        scrap=scrap,
        site=site,
        area=pairs["area_cents"].to_numpy("int64"),
        border=(pairs["border_m"] * 1000).round().to_numpy("int64"),
        budget=_limit(limit["area_cents"]),
        count=_limit(limit["count"]),
        scraps=len(scrap_ids),
    )


def _problem(whole: Problem, pairs: np.ndarray) -> Problem:
    """One component of it, with scraps and sites counted anew."""
    scraps, scrap = np.unique(whole.scrap[pairs], return_inverse=True)
    sites, site = np.unique(whole.site[pairs], return_inverse=True)
    return Problem(
        scrap=scrap,
        site=site,
        area=whole.area[pairs],
        border=whole.border[pairs],
        budget=whole.budget[sites],
        count=whole.count[sites],
        scraps=len(scraps),
    )


def _limit(values: pd.Series) -> np.ndarray:
    numbers = values.to_numpy("int64")
    return np.where(numbers == UNLIMITED, np.iinfo("int64").max, numbers)
