"""Unions of many groups of polygons at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.compiled import THREADS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

TASKS_PER_THREAD = 8  # some groups are larger than others


def unions(shapes: Geometries, groups: NDArray[np.int64]) -> Geometries:
    """Union of each group of shapes, to the bit as ``shapely.union_all`` of each.

    Parameters
    ----------
    shapes
        Valid polygons, (n,).
    groups
        Number of the group of each, (n,): ascending from 0, none left out.

    Returns
    -------
    numpy.ndarray
        One geometry per group.

    Examples
    --------
    >>> squares = shapely.box([0, 1, 5], 0, [1, 2, 6], 1)
    >>> shapely.area(unions(squares, np.array([0, 0, 1]))).tolist()
    [2.0, 1.0]
    """
    if not len(shapes):
        return np.array([], dtype=object)
    whole = shapely.geometrycollections(shapes, indices=groups)
    tasks = np.array_split(whole, min(len(whole), THREADS * TASKS_PER_THREAD))
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(_united, tasks)))


def _united(collections: Geometries) -> Geometries:
    united: Geometries = shapely.union_all(collections[:, None], axis=1)
    return united
