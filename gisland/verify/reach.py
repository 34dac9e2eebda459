"""Which parcels lie next to each other, by distances alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gisland.verify.overlays import overlay, undrawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDING_M = 1e-6  # by which a distance may be off
BORDER_M = 1.0  # what is shorter may be a corner


def near_pairs(shapes: np.ndarray, *, within_m: float) -> NDArray[np.int64]:
    """Pairs of polygons that are at most so far apart.

    All that share a border, or face each other across a corridor of that width, are among them;
    some others may be, too.

    Parameters
    ----------
    shapes
        Polygons; missing ones are near nothing.
    within_m
        Distance in metres.

    Returns
    -------
    numpy.ndarray
        Two columns of positions, the smaller first.

    Examples
    --------
    >>> shapes = np.array([shapely.box(x, 0, x + 1, 1) for x in (0, 1, 5)])
    >>> near_pairs(shapes, within_m=0.05).tolist()
    [[0, 1]]
    """
    known = np.flatnonzero(~undrawn(shapes))
    drawn = shapes[known]
    tree = shapely.STRtree(drawn)
    i, j = known[tree.query(drawn, predicate="dwithin", distance=within_m + ROUNDING_M)]
    return np.column_stack([i, j])[i < j]


def bordering(shapes: np.ndarray, *, tolerance_m: float) -> NDArray[np.int64]:
    """Pairs of polygons that surely share a border: a metre of it, or more.

    Parameters
    ----------
    shapes
        Polygons.
    tolerance_m
        Within which boundaries are one.

    Returns
    -------
    numpy.ndarray
        Two columns of positions, the smaller first.

    Examples
    --------
    >>> corner = np.array([shapely.box(x, y, x + 2, y + 2) for x, y in ((0, 0), (2, 2), (2, 0))])
    >>> bordering(corner, tolerance_m=0.05).tolist()
    [[0, 2], [1, 2]]
    """
    pairs = near_pairs(shapes, within_m=tolerance_m)
    lines = shapely.boundary(shapes)
    wide = shapely.buffer(lines, tolerance_m + ROUNDING_M)
    i, j = pairs.T
    shared = shapely.length(overlay(shapely.intersection, wide[i], lines[j]))
    return pairs[shared >= BORDER_M + 4 * tolerance_m]


def pieces(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Number of the connected piece that each polygon belongs to.

    Parameters
    ----------
    pairs
        Linked positions.
    count
        Number of polygons.

    Returns
    -------
    numpy.ndarray
        From 0.

    Examples
    --------
    >>> pieces(np.array([[0, 1]]), 3).tolist()
    [0, 0, 1]
    """
    if not count:
        return np.zeros(0, dtype="int64")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype="int64")


def scattered(groups: pd.Series, shapes: pd.Series, *, within_m: float) -> list[str]:
    """Groups of parcels that do not hang together, however generous the distance.

    Parameters
    ----------
    groups
        Group by parcel id.
    shapes
        Geometry by parcel id.
    within_m
        Distance of two parcels next to each other, in metres.

    Returns
    -------
    list of str
        Names of the groups, sorted.

    Examples
    --------
    >>> groups = pd.Series(["Z1", "Z1", "Z2"], index=["a", "b", "c"])
    >>> lots = pd.Series([shapely.box(x, 0, x + 1, 1) for x in (0, 9, 1)], index=groups.index)
    >>> scattered(groups, lots, within_m=2.0)
    ['Z1']
    """
    code, names = pd.factorize(groups, sort=True)
    own = shapes.reindex(groups.index).to_numpy()
    pairs = near_pairs(own, within_m=within_m)
    same = pairs[code[pairs[:, 0]] == code[pairs[:, 1]]]
    piece = pd.Series(pieces(same, len(groups))).groupby(code).nunique()
    return [str(names[k]) for k in piece.index[piece > 1]]
