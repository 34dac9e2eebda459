"""Work on ranges of many things in some threads at a time, with results in order."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Part = TypeVar("Part")

THREADS = min(4, os.cpu_count() or 1)
TASKS_PER_THREAD = 4  # some parts of a layer are denser than others
LEAST_TASK = 20_000  # things; fewer are not worth a thread


def in_threads(
    work: Callable[[int, int], Part], *, count: int, least: int | None = None
) -> list[Part]:
    """Do the same work on ranges of many things, in some threads at a time.

    Parameters
    ----------
    work
        Called with the first position of a range and the one after its last; a compiled loop,
        or anything else that lets other threads run meanwhile.
    count
        How many things there are.
    least
        Fewer are not worth a task of their own; by default 20 000.

    Returns
    -------
    list
        What each range gave, in order; one for an empty range where there is nothing. The ranges
        depend on the machine: put together, the parts must be the same for any.

    Examples
    --------
    >>> in_threads(lambda first, last: last - first, count=5)
    [5]
    """
    least = LEAST_TASK if least is None else least
    size = max(least, -(-count // (THREADS * TASKS_PER_THREAD)))
    if count <= size:
        return [work(0, count)]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(
            pool.map(lambda first: work(first, min(first + size, count)), range(0, count, size))
        )


def spread(operation: Any, *arrays: NDArray[Any]) -> NDArray[Any]:  # noqa: ANN401 - a ufunc
    """An operation of shapely on arrays of geometry, in some threads at a time.

    Parameters
    ----------
    operation
        Such as ``shapely.distance``; lets other threads run meanwhile.
    *arrays
        Its arguments, of equal length.

    Returns
    -------
    numpy.ndarray
        What the operation gives for the whole arrays.

    Examples
    --------
    >>> import shapely
    >>> spread(shapely.area, np.array([shapely.box(0, 0, 2, 1)])).tolist()
    [2.0]
    """

    def work(begin: int, stop: int) -> Any:  # noqa: ANN401 - as the operation
        return operation(*(values[begin:stop] for values in arrays))

    return np.concatenate(in_threads(work, count=len(arrays[0])))
