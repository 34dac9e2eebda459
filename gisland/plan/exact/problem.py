"""One component of scraps and sites in whole numbers, and what makes one plan better."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gisland.plan.exact.connect import Chain, reached
from gisland.plan.exact.knapsack import Shared, shared

NO_LIMIT = np.iinfo("int64").max
REQUIRED, COUNT, AREA, BORDER = "required", "count", "area", "border"


@dataclass(frozen=True)
class Problem:
    """Pairs of one component, sorted by scrap and site id, in whole numbers.

    Parameters
    ----------
    scrap, site
        Position of each pair's scrap and site, shape (pairs,).
    area, border
        Hundredths of a square metre and millimetres of each pair, shape (pairs,).
    budget, count
        Limits of each site, shape (sites,); the largest int64 for none.
    scraps
        Number of scraps.
    needed
        Whether each pair's scrap is required; None: none is.
    by_count
        Whether the number of scraps comes before their area.
    chain
        What holds each pair to its site; None: every pair adjoins it.
    """

    scrap: np.ndarray
    site: np.ndarray
    area: np.ndarray
    border: np.ndarray
    budget: np.ndarray
    count: np.ndarray
    scraps: int
    needed: np.ndarray | None = None
    by_count: bool = False
    chain: Chain | None = None

    @cached_property
    def allowed(self) -> np.ndarray:
        """Pairs that some plan takes: the site has room, and the scrap can be held to it."""
        room = (self.area <= self.budget[self.site]) & (self.count[self.site] > 0)
        return room if self.chain is None else reached(self.chain, room)

    @cached_property
    def parts(self) -> Shared:
        """Pairs whose scrap one site alone wants, and the others."""
        return shared(self.scrap, self.site)

    @cached_property
    def stages(self) -> tuple[tuple[str, np.ndarray], ...]:
        """What is made largest, one after the other, with the weight of each pair."""
        first = () if self.needed is None else ((REQUIRED, self.needed.astype("int64")),)
        number = ((COUNT, np.ones(len(self.scrap), dtype="int64")),) if self.by_count else ()
        return (*first, *number, (AREA, self.area), (BORDER, self.border))

    @cached_property
    def rank(self) -> np.ndarray:
        """Weight of what comes before the area, as one number for each pair."""
        rank = np.zeros(len(self.scrap), dtype="int64")
        for name, weight in self.stages:
            if name in {REQUIRED, COUNT}:
                rank = rank * (self.scraps + 1) + weight
        return rank


def total(weight: np.ndarray, chosen: np.ndarray) -> int:
    """Sum of the weights of the chosen pairs.

    Parameters
    ----------
    weight
        Whole number of each pair.
    chosen
        Bool of each pair.

    Returns
    -------
    int
        The sum.

    Examples
    --------
    >>> total(np.array([3, 4, 5]), np.array([True, False, True]))
    8
    """
    return int(weight[chosen].sum())


def worth(problem: Problem, chosen: np.ndarray) -> tuple[int, ...]:
    """What a plan achieves in each stage: of two plans the one with the larger is better.

    Parameters
    ----------
    problem
        One component.
    chosen
        Bool of each pair.

    Returns
    -------
    tuple[int, ...]
        One number for each stage.

    Examples
    --------
    >>> one = Problem(
    ...     scrap=np.array([0, 1]),
    ...     site=np.array([0, 0]),
    ...     area=np.array([700, 600]),
    ...     border=np.array([1, 2]),
    ...     budget=np.array([1000]),
    ...     count=np.array([9]),
    ...     scraps=2,
    ... )
    >>> worth(one, np.array([False, True]))
    (600, 2)
    """
    return tuple(total(weight, chosen) for _, weight in problem.stages)


def ceiling(problem: Problem, weight: np.ndarray) -> int:
    """Sum of weights that no plan exceeds: every scrap once, and every site full.

    Parameters
    ----------
    problem
        One component.
    weight
        Whole number of each pair.

    Returns
    -------
    int
        The upper bound.

    Examples
    --------
    >>> one = Problem(
    ...     scrap=np.array([0, 1]),
    ...     site=np.array([0, 0]),
    ...     area=np.array([700, 600]),
    ...     border=np.array([1, 2]),
    ...     budget=np.array([1000]),
    ...     count=np.array([9]),
    ...     scraps=2,
    ... )
    >>> ceiling(one, one.area), ceiling(one, one.border)
    (1000, 3)
    """
    possible = np.where(problem.allowed, weight, 0)
    once = np.zeros(problem.scraps, dtype="int64")
    np.maximum.at(once, problem.scrap, possible)
    most = int(once.sum())
    if weight is not problem.area:
        return most
    full = np.zeros(len(problem.budget), dtype="int64")
    np.add.at(full, problem.site, possible)
    return min(most, int(np.minimum(full, problem.budget).sum()))


def all_fit(problem: Problem) -> bool:
    """Whether every site could take all its candidates at once: then caps do not bind.

    Parameters
    ----------
    problem
        One component.

    Returns
    -------
    bool
        True if no cap binds.

    Examples
    --------
    >>> one = np.array([0])
    >>> all_fit(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1))
    True
    """
    sites = len(problem.budget)
    area = np.zeros(sites, dtype="int64")
    np.add.at(area, problem.site, problem.area)
    pairs = np.bincount(problem.site, minlength=sites)
    return bool((area <= problem.budget).all() and (pairs <= problem.count).all())
