"""Nodes that hold a graph together, in time linear in its nodes and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisland.topology.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.segments import Ints


@compiled
def cut_nodes(first: Ints, neighbor: Ints) -> NDArray[np.bool_]:
    """Whether the component of each node falls apart without the node.

    One walk in depth: a node whose branch reaches back no further than the node itself cuts the
    branch off; a node where a walk starts does so if it has several branches.

    Parameters
    ----------
    first
        Where the neighbors of each node start in `neighbor`, int64, and the length of `neighbor`
        at the end.
    neighbor
        Numbers of the neighbors, int64, in both directions; repeated ones and the node itself do
        no harm.

    Returns
    -------
    numpy.ndarray
        Bool, one per node.

    Examples
    --------
    >>> cut_nodes(np.array([0, 1, 3, 4]), np.array([1, 0, 2, 1])).tolist()
    [False, True, False]
    """
    count = len(first) - 1
    found = np.zeros(count, dtype=np.int64)  # at which step of the walk; 0 is not yet
    low = np.zeros(count, dtype=np.int64)  # the earliest step that the branch reaches back to
    parent = np.full(count, -1, dtype=np.int64)
    ahead = first[:-1].copy()
    cuts = np.zeros(count, dtype=np.bool_)
    step = 0
    for root in range(count):
        if found[root] > 0:
            continue
        step += 1
        found[root] = low[root] = step
        branches = 0
        node = root
        while node >= 0:
            if ahead[node] < first[node + 1]:
                other = neighbor[ahead[node]]
                ahead[node] += 1
                if found[other] == 0:
                    step += 1
                    found[other] = low[other] = step
                    parent[other] = node
                    node = other
                else:
                    low[node] = min(low[node], found[other])
            else:
                up = parent[node]
                if up == root:
                    branches += 1
                elif up >= 0:
                    low[up] = min(low[up], low[node])
                    cuts[up] |= low[node] >= found[up]
                node = up
        cuts[root] = branches > 1
    return cuts
