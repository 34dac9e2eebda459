"""Compiled predicates: on which side a point lies, where that is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from gisland.topology.segment_loops import Floats

ROUNDING = 1e-15  # of products; the sign of a smaller difference of them is not sure
SAME = -1


@compiled
def turn(xy: Floats, a: int, b: int, c: int) -> int:
    """Side of the way from one point to another on which a third one lies.

    Parameters
    ----------
    xy
        Points, (n, 2).
    a, b
        From where to where.
    c
        The third.

    Returns
    -------
    int
        1 on the left, -1 on the right; 0 on the line, or so near that it is not sure.

    Examples
    --------
    >>> import numpy as np
    >>> turn(np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]]), 0, 1, 2)
    1
    """
    one = (xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1])
    two = (xy[b, 1] - xy[a, 1]) * (xy[c, 0] - xy[a, 0])
    if abs(one - two) <= ROUNDING * (abs(one) + abs(two)):
        return 0
    return 1 if one > two else -1


@compiled
def half(xy: Floats, v: int, a: int, b: int) -> int:
    """How far to turn left about a point, from the way to one other to the way to the next.

    Parameters
    ----------
    xy
        Points, (n, 2).
    v
        The point.
    a, b
        From where to where.

    Returns
    -------
    int
        0 for less than straight, 1 for about straight, 2 for more, -1 for about the same way.

    Examples
    --------
    >>> import numpy as np
    >>> half(np.array([[0.0, 0.0], [2.0, 0.0], [-1.0, 0.0]]), 0, 1, 2)
    1
    """
    side = turn(xy, v, a, b)
    if side != 0:
        return 0 if side > 0 else 2
    dot = (xy[a, 0] - xy[v, 0]) * (xy[b, 0] - xy[v, 0])
    dot += (xy[a, 1] - xy[v, 1]) * (xy[b, 1] - xy[v, 1])
    return 1 if dot < 0 else SAME


@compiled
def before(xy: Floats, v: int, a: int, b: int, c: int) -> bool:
    """Whether surely, turning left about a point from one way, another comes before a third.

    Parameters
    ----------
    xy
        Points, (n, 2).
    v
        The point.
    a
        Where the first way goes to.
    b, c
        Where the others go to.

    Returns
    -------
    bool
        False as well where two of the ways are about the same.

    Examples
    --------
    >>> import numpy as np
    >>> before(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]), 0, 1, 2, 3)
    True
    """
    to_b, to_c = half(xy, v, a, b), half(xy, v, a, c)
    if SAME in (to_b, to_c):
        return False
    if abs(to_b - to_c) > 1:
        return to_b < to_c
    return turn(xy, v, b, c) > 0
