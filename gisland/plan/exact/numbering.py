"""Pairs by id as problems in whole numbers, one for each component of scraps and sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gisland.plan.caps import UNLIMITED, millimetres
from gisland.plan.exact.connect import Chain, graph_of, reached
from gisland.plan.exact.problem import NO_LIMIT, Problem
from gisland.topology.graph import components

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@dataclass(frozen=True)
class Numbered:
    """All components in numbers.

    Parameters
    ----------
    pairs
        The pairs that can be held to their site, sorted by scrap and site id.
    component
        Component number (from 1) of each site.
    whole
        All of them as one problem.
    groups
        Positions of the pairs of each component.
    """

    pairs: pd.DataFrame
    component: pd.Series
    whole: Problem
    groups: dict[int, np.ndarray]

    def problems(self) -> Iterator[tuple[int, np.ndarray, Problem]]:
        """Each component's number, the positions of its pairs, and its problem."""
        for which, group in self.groups.items():
            yield which, group, _part(self.whole, group)


def numbered(
    pairs: pd.DataFrame,
    budgets: pd.DataFrame,
    *,
    links: pd.DataFrame | None,
    required: Collection[str],
    objective: str,
) -> Numbered:
    """Put pairs into numbers, and leave out those that nothing can hold to their site.

    Parameters
    ----------
    pairs
        Eligible pairs: ``parcel_id``, ``site_id``, ``area_cents``, ``border_m`` and, with chains,
        ``links``.
    budgets
        Indexed by site id: ``area_cents`` and ``count``, ``-1`` for no limit.
    links
        Links between scraps: ``focal``, ``neighbor``; None: there are none.
    required
        Ids of scraps that come first.
    objective
        ``area`` or ``count``.

    Returns
    -------
    Numbered
        Components by their smallest site id.

    Examples
    --------
    >>> pair = pd.DataFrame(
    ...     {"parcel_id": ["a"], "site_id": ["S"], "area_cents": [5], "border_m": [1.0]}
    ... )
    >>> budget = pd.DataFrame({"area_cents": [9], "count": [-1]}, index=["S"])
    >>> numbered(pair, budget, links=None, required=(), objective="area").whole.border.tolist()
    [1000]
    """
    ordered = pairs.sort_values(["parcel_id", "site_id"], kind="stable")
    chain = _chain(ordered, links)
    if chain is not None:
        held = np.flatnonzero(reached(chain, np.ones(len(ordered), dtype=bool)))
        ordered = ordered.iloc[held]
        chain = Chain(chain.direct[held], csr_array(chain.graph[held][:, held]))
    label = component_of_sites(ordered)
    number = {smallest: n for n, smallest in enumerate(sorted(set(label)), start=1)}
    component = label.map(number).astype("int64").rename("component")
    scrap, scrap_ids = pd.factorize(ordered["parcel_id"], sort=True)
    site, site_ids = pd.factorize(ordered["site_id"], sort=True)
    limit = budgets.reindex(site_ids)
    needed = ordered["parcel_id"].isin(list(required)).to_numpy()
    whole = Problem(
        scrap=scrap,
        site=site,
        area=ordered["area_cents"].to_numpy("int64"),
        border=millimetres(ordered["border_m"]).to_numpy(),
        budget=whole_limits(limit["area_cents"]),
        count=whole_limits(limit["count"]),
        scraps=len(scrap_ids),
        needed=needed if needed.any() else None,
        by_count=objective == "count",
        chain=chain,
    )
    return Numbered(ordered, component, whole, _groups(ordered["site_id"].map(component)))


def _groups(component: pd.Series) -> dict[int, np.ndarray]:
    """Positions of the pairs of each component, in the order of the numbers."""
    number = component.to_numpy("int64")
    order = np.argsort(number, kind="stable")
    which, first = np.unique(number[order], return_index=True)
    parts = np.split(order, first[1:])
    return dict(zip(which.tolist(), parts, strict=len(which) > 0))


def _chain(pairs: pd.DataFrame, links: pd.DataFrame | None) -> Chain | None:
    """What holds each pair to its site; None where every scrap adjoins its site itself."""
    if "links" not in pairs or not len(pairs):
        return None
    direct = (pairs["links"].fillna(0) == 0).to_numpy(dtype=bool)
    if direct.all():
        return None
    place = pd.DataFrame(
        {
            "focal": pairs["parcel_id"].to_numpy(),
            "site_id": pairs["site_id"].to_numpy(),
            "at": np.arange(len(pairs)),
        }
    )
    if links is None or not len(links):
        none = np.empty(0, dtype="int64")
        return Chain(direct, graph_of(len(pairs), none, none))
    near = links[["focal", "neighbor"]].merge(place, on="focal")
    both = near.merge(
        place.rename(columns={"focal": "neighbor", "at": "other"}), on=["neighbor", "site_id"]
    )
    both = both[both["at"] != both["other"]]
    return Chain(
        direct, graph_of(len(pairs), both["at"].to_numpy("int64"), both["other"].to_numpy("int64"))
    )


def component_of_sites(pairs: pd.DataFrame) -> pd.Series:
    """Smallest site id of the component of each site; scraps link the sites they could go to.

    Parameters
    ----------
    pairs
        ``parcel_id`` and ``site_id``.

    Returns
    -------
    pandas.Series
        By site id, sorted.

    Examples
    --------
    >>> pair = pd.DataFrame({"parcel_id": ["a", "a", "b"], "site_id": ["T", "S", "U"]})
    >>> component_of_sites(pair).to_dict()
    {'S': 'S', 'T': 'S', 'U': 'U'}
    """
    first = pairs.groupby("parcel_id")["site_id"].transform("first")
    links = pd.DataFrame({"focal": first, "neighbor": pairs["site_id"]})
    return components(pd.Index(sorted(pairs["site_id"].unique())), links)


def _part(whole: Problem, pairs: np.ndarray) -> Problem:
    """One component of it, with scraps and sites counted anew."""
    scraps, scrap = np.unique(whole.scrap[pairs], return_inverse=True)
    sites, site = np.unique(whole.site[pairs], return_inverse=True)
    needed = None if whole.needed is None else whole.needed[pairs]
    chain = whole.chain
    if chain is not None:  # between scraps that adjoin the site, links hold nothing
        chained = not chain.direct[pairs].all()
        chain = _chain_part(chain, pairs) if chained else None
    return Problem(
        scrap=scrap,
        site=site,
        area=whole.area[pairs],
        border=whole.border[pairs],
        budget=whole.budget[sites],
        count=whole.count[sites],
        scraps=len(scraps),
        needed=needed if needed is not None and needed.any() else None,
        by_count=whole.by_count,
        chain=chain,
    )


def _chain_part(chain: Chain, pairs: np.ndarray) -> Chain:
    return Chain(chain.direct[pairs], csr_array(chain.graph[pairs][:, pairs]))


def whole_limits(values: pd.Series) -> np.ndarray:
    """Limits of sites as a search compares them.

    Parameters
    ----------
    values
        Whole numbers, ``-1`` for no limit.

    Returns
    -------
    numpy.ndarray
        The same, with the largest int64 for no limit.

    Examples
    --------
    >>> whole_limits(pd.Series([9, -1])).tolist()
    [9, 9223372036854775807]
    """
    numbers = values.to_numpy("int64")
    return np.where(numbers == UNLIMITED, NO_LIMIT, numbers)
