"""Plans made without looking ahead: for comparison, and for want of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gisland.plan.exact.problem import Problem


def longest_first(problem: Problem) -> np.ndarray:
    """Plan as common tools make it: pair by pair, the longest border first.

    Ties go to the larger area, then to the smaller ids. A pair is taken if its scrap is free, its
    site has room, and the scrap adjoins the site or a scrap that the site has taken; rounds are
    made until nothing more is taken.

    Parameters
    ----------
    problem
        One component.

    Returns
    -------
    numpy.ndarray
        Bool of each pair.

    Examples
    --------
    >>> from gisland.plan.exact.problem import Problem
    >>> one = Problem(
    ...     scrap=np.array([0, 1, 2]),
    ...     site=np.array([0, 0, 0]),
    ...     area=np.array([60, 50, 50]),
    ...     border=np.array([9, 1, 1]),
    ...     budget=np.array([100]),
    ...     count=np.array([9]),
    ...     scraps=3,
    ... )
    >>> longest_first(one).tolist()
    [True, False, False]
    """
    order = np.lexsort((problem.site, problem.scrap, -problem.area, -problem.border))
    return filled(problem, order)


def largest_first(problem: Problem, *, within: np.ndarray | None = None) -> np.ndarray:
    """Plan for want of time: what comes first in the objective, then the largest scraps.

    Parameters
    ----------
    problem
        One component.
    within
        Bool of each pair: those that may be taken; None: all.

    Returns
    -------
    numpy.ndarray
        Bool of each pair.

    Examples
    --------
    >>> from gisland.plan.exact.problem import Problem
    >>> one = Problem(
    ...     scrap=np.array([0, 1]),
    ...     site=np.array([0, 0]),
    ...     area=np.array([60, 50]),
    ...     border=np.array([1, 9]),
    ...     budget=np.array([100]),
    ...     count=np.array([9]),
    ...     scraps=2,
    ... )
    >>> largest_first(one).tolist()
    [True, False]
    """
    # where the number of scraps is asked for, small ones leave room for more
    size = problem.area if problem.by_count else -problem.area
    order = np.lexsort((problem.site, problem.scrap, -problem.border, size, -problem.rank))
    return filled(problem, order if within is None else order[within[order]])


def filled(problem: Problem, order: np.ndarray, *, start: np.ndarray | None = None) -> np.ndarray:
    """Fill a plan up in a given order, until nothing more fits.

    Parameters
    ----------
    problem
        One component.
    order
        Positions of the pairs that may be taken.
    start
        A plan within the limits, to begin with; None: nothing.

    Returns
    -------
    numpy.ndarray
        Bool of each pair.

    Examples
    --------
    >>> from gisland.plan.exact.problem import Problem
    >>> one = np.array([0])
    >>> filled(Problem(one, one, one + 5, one, one + 5, one + 1, scraps=1), one).tolist()
    [True]
    """
    chosen = np.zeros(len(problem.scrap), dtype=bool) if start is None else start.copy()
    room, left = problem.budget.tolist(), problem.count.tolist()
    scrap, site, area = problem.scrap.tolist(), problem.site.tolist(), problem.area.tolist()
    done: set[int] = set()
    held = [True] * len(scrap) if problem.chain is None else problem.chain.direct.tolist()

    def take(k: int) -> None:
        chosen[k] = True
        done.add(scrap[k])
        room[site[k]] -= area[k]
        left[site[k]] -= 1
        if problem.chain is not None:
            graph = problem.chain.graph
            for other in graph.indices[graph.indptr[k] : graph.indptr[k + 1]].tolist():
                held[other] = True

    for k in np.flatnonzero(chosen).tolist():
        take(k)
    waiting, taken = order.tolist(), True
    while taken:
        taken, later = False, []
        for k in waiting:
            if scrap[k] in done or area[k] > room[site[k]] or left[site[k]] < 1:
                continue  # room only shrinks: never again
            if held[k]:
                take(k)
                taken = True
            else:
                later.append(k)
        waiting = later
    return chosen
