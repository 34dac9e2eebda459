"""Unions of many groups of polygons at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads
from gisland.topology.overlay import robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]


REACH = 1.01  # a gap exactly as wide as the tolerance is still closed


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

    def work(begin: int, stop: int) -> Geometries:
        return _united(whole[begin:stop])

    return np.concatenate(in_threads(work, count=len(whole), least=1))


def closed(shapes: Geometries, *, tolerance_m: float) -> Geometries:
    """Shapes without the gaps in them that are as narrow as the tolerance.

    Parameters
    ----------
    shapes
        Valid polygons, (n,).
    tolerance_m
        A gap up to this wide is closed, in metres.

    Returns
    -------
    numpy.ndarray
        Polygons; corners stay, but for spikes.

    Examples
    --------
    >>> ring = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6) - shapely.box(4, 5, 4.04, 9)
    >>> closed(np.array([ring]), tolerance_m=0.05)[0].interiors[0].length
    12.0
    """
    reach, how = tolerance_m * REACH / 2, {"join_style": "mitre", "mitre_limit": 2.0}
    return shapely.buffer(shapely.buffer(shapes, reach, **how), -reach, **how)


def _united(collections: Geometries) -> Geometries:
    """Union of each collection of polygons."""
    try:
        return shapely.union_all(collections[:, None], axis=1)
    except shapely.errors.GEOSException:  # of one of them: it is found one by one
        return np.array([robust(shapely.union_all, heap) for heap in collections], dtype=object)
