"""Why required scraps are not absorbed: which of them no plan can absorb together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from gisland.plan.exact.quiet import quiet_stdout
from gisland.plan.exact.search import maximise, opened

if TYPE_CHECKING:
    from gisland.plan.exact.problem import Problem

SHORTEST = 0.01  # seconds of one question


def conflict(
    problem: Problem, scrap: int, *, absorbed: np.ndarray, most: bool, seconds: float
) -> tuple[np.ndarray, bool]:
    """Required scraps that no plan absorbs together with one, of which none can be left out.

    Beginning with all required scraps that the plan absorbs, and the one that it does not, all
    others are left out, or half of them, and so on down to single ones, wherever no plan absorbs
    the rest.

    Parameters
    ----------
    problem
        One component.
    scrap
        Position of the required scrap that the plan does not absorb.
    absorbed
        Positions of the required scraps that it does.
    most
        Whether no plan is known to absorb more required scraps than this one.
    seconds
        Time limit of all questions together.

    Returns
    -------
    numpy.ndarray
        Positions of the scraps, sorted, itself included; empty if a plan absorbs them all.
    bool
        Whether that is proved; false if time ran out.

    Examples
    --------
    >>> from gisland.plan.exact.problem import Problem
    >>> one = Problem(
    ...     scrap=np.array([0, 1]),
    ...     site=np.array([0, 0]),
    ...     area=np.array([700, 600]),
    ...     border=np.array([1, 1]),
    ...     budget=np.array([1000]),
    ...     count=np.array([9]),
    ...     scraps=2,
    ... )
    >>> found, proved = conflict(one, 1, absorbed=np.array([0]), most=True, seconds=5.0)
    >>> found.tolist(), proved
    ([0, 1], True)
    """
    deadline = time.monotonic() + seconds

    def possible(which: np.ndarray, *, share: float) -> bool | None:
        left = max(deadline - time.monotonic(), 0.0) * share
        return _together(problem, which, seconds=max(left, SHORTEST))

    some = np.union1d(absorbed, [scrap])
    whole = False if most else possible(some, share=0.5)
    if whole:
        return np.empty(0, dtype="int64"), True
    excluded, fewest = whole is False, True
    blocks = [np.setdiff1d(absorbed, [scrap])]
    while blocks:
        block = blocks.pop()
        fewer = np.setdiff1d(some, block)
        answer = possible(fewer, share=1 / (1 + len(blocks) + len(block))) if len(block) else True
        if answer is False:
            some, excluded = fewer, True
        elif len(block) > 1:
            blocks += np.array_split(block, 2)  # the later ids are tried first
        elif answer is None:
            fewest = False
    return some, excluded and fewest


def _together(problem: Problem, scraps: np.ndarray, *, seconds: float) -> bool | None:
    """Whether some plan absorbs all these scraps; None if time ran out."""
    search = opened(problem, seconds=seconds)
    for scrap in scraps:
        search = search.plus((problem.scrap == scrap).astype(float), low=1.0)
    with quiet_stdout():
        answer = maximise(search, np.zeros(len(problem.scrap), dtype="int64"))
    if answer.chosen is not None:
        return True
    return False if answer.in_time else None
