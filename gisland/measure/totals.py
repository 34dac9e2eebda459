"""Sums and largest rows of groups that are told by numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def totals(group: Ints, values: Floats | None = None, *, groups: int) -> Floats:
    """Sum of the values of each group, in the order of the rows.

    Parameters
    ----------
    group
        Group of each row, 0 up to `groups`, (n,).
    values
        (n,); by default 1 each, which counts the rows.
    groups
        How many groups there are.

    Returns
    -------
    numpy.ndarray
        (g,), 0 for a group without rows, missing where a value is.

    Examples
    --------
    >>> totals(np.array([0, 2, 0]), np.array([1.0, 5.0, 2.0]), groups=3).tolist()
    [3.0, 0.0, 5.0]
    """
    return np.bincount(group, values, minlength=groups).astype("float64")


def leading(group: Ints, size: Floats, *, number: Ints) -> tuple[Ints, Ints]:
    """Row of the largest size in each group.

    Parameters
    ----------
    group
        Group of each row, (n,).
    size
        (n,); rows without one come last.
    number
        Of equal sizes the row with the smallest number leads, whatever the order of the rows, (n,).

    Returns
    -------
    groups : numpy.ndarray
        Groups that have rows, ascending, (g,).
    rows : numpy.ndarray
        The row that leads in each, (g,).

    Examples
    --------
    >>> ties = np.array([1.0, 5.0, 5.0])
    >>> groups, rows = leading(np.array([3, 0, 0]), ties, number=np.array([7, 9, 8]))
    >>> groups.tolist(), rows.tolist()
    ([0, 3], [2, 0])
    """
    order = np.lexsort((number, -size, group))
    found, first = np.unique(group[order], return_index=True)
    return found, order[first]


def by_pair(one: Ints, two: Ints) -> tuple[Ints, Ints]:
    """Pairs of numbers, each once, and which of them each row has.

    Parameters
    ----------
    one, two
        Numbers, at least 0, (n,).

    Returns
    -------
    pairs : numpy.ndarray
        (k, 2), sorted.
    place : numpy.ndarray
        Of each row, (n,).

    Examples
    --------
    >>> pairs, place = by_pair(np.array([1, 0, 1]), np.array([7, 5, 7]))
    >>> pairs.tolist(), place.tolist()
    ([[0, 5], [1, 7]], [1, 0, 1])
    """
    width = int(two.max()) + 1 if len(two) else 1
    keys, place = np.unique(one.astype(np.int64) * width + two, return_inverse=True)
    return np.stack(np.divmod(keys, width), axis=1), place
