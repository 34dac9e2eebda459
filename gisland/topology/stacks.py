"""Polygons that are drawn more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.topology.segments import ranges

if TYPE_CHECKING:
    from gisland.topology.rings import Geometries, Ints


@dataclass(frozen=True)
class Stacks:
    """Polygons that are drawn the same up to start and direction, as one each.

    Attributes
    ----------
    stack
        Of each polygon, (n,).
    first
        Polygon of each stack, ascending, (m,).
    order
        Polygons by stack, (n,).
    size
        How many polygons each stack has, (m,).

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> shapes = np.array([square, shapely.box(0, 0, 2, 1), shapely.reverse(square)])
    >>> stacks_of(shapes).size.tolist()
    [2, 1]
    """

    stack: Ints
    first: Ints
    order: Ints
    size: Ints

    def every_pair(self, one: Ints, two: Ints) -> tuple[Ints, Ints, Ints]:
        """Pairs of all polygons in place of pairs of stacks.

        Parameters
        ----------
        one, two
            Stacks, (k,).

        Returns
        -------
        at : numpy.ndarray
            Which of the pairs of stacks each is of.
        i, j : numpy.ndarray
            Polygons, `i` before `j`.

        Examples
        --------
        >>> square = shapely.box(0, 0, 1, 1)
        >>> stacks = stacks_of(np.array([square, shapely.box(0, 0, 2, 1), square]))
        >>> [pair.tolist() for pair in stacks.every_pair(np.array([0]), np.array([1]))]
        [[0, 0], [0, 1], [1, 2]]
        """
        begin = np.cumsum(self.size) - self.size
        many = self.size[one] * self.size[two]
        at = np.repeat(np.arange(len(one)), many)
        nth = ranges(np.zeros(len(many), dtype=np.int64), many)
        one, two = one[at], two[at]
        i = self.order[begin[one] + nth // self.size[two]]
        j = self.order[begin[two] + nth % self.size[two]]
        return at, np.minimum(i, j), np.maximum(i, j)


def stacks_of(shapes: Geometries) -> Stacks:
    """Find polygons that are drawn the same, up to start and direction.

    Parameters
    ----------
    shapes
        Polygons, (n,).

    Returns
    -------
    Stacks
        In the order in which they appear.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> stacks_of(np.array([square, shapely.reverse(square)])).stack.tolist()
    [0, 0]
    """
    # those that are drawn the same have the same box; only they are looked at closer
    boxes = pd.DataFrame(shapely.bounds(shapes))
    maybe = np.flatnonzero(boxes.duplicated(keep=False))
    drawing = shapely.to_wkb(shapely.normalize(shapely.force_2d(shapes[maybe])))
    alike = pd.Series(maybe).groupby(pd.factorize(drawing)[0]).transform("min")
    leader = np.arange(len(shapes))
    leader[maybe] = alike
    first = np.flatnonzero(leader == np.arange(len(shapes)))
    stack = np.searchsorted(first, leader)
    size = np.bincount(stack, minlength=len(first))
    return Stacks(stack, first, np.argsort(stack, kind="stable"), size)
