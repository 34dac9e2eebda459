"""Sums over groups that are told by numbers."""

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
