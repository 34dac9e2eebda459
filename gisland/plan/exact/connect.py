"""What holds a scrap to its site: the site's own border, or scraps that the site absorbs too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 4  # layers around a site for which rows are given beforehand


@dataclass(frozen=True)
class Chain:
    """Which pairs adjoin the site itself, and which pairs of one site hold each other.

    Parameters
    ----------
    direct
        Bool of each pair: its scrap adjoins its site.
    graph
        Symmetric, shape (pairs, pairs): an entry where two scraps of one site are linked.
    """

    direct: np.ndarray
    graph: csr_array


def graph_of(pairs: int, focal: np.ndarray, neighbor: np.ndarray) -> csr_array:
    """Links between pairs as a symmetric matrix of ones.

    Parameters
    ----------
    pairs
        Number of pairs.
    focal, neighbor
        Positions of two linked pairs, in one or both directions.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (pairs, pairs), without repeated entries.

    Examples
    --------
    >>> graph_of(2, np.array([0]), np.array([1])).toarray().tolist()
    [[0, 1], [1, 0]]
    """
    ends = np.append(focal, neighbor), np.append(neighbor, focal)
    graph = coo_array((np.ones(len(ends[0]), dtype="int64"), ends), shape=(pairs, pairs)).tocsr()
    graph.data[:] = 1
    return csr_array(graph)


def reached(chain: Chain, within: np.ndarray) -> np.ndarray:
    """Pairs that are held to their site by others among some.

    Parameters
    ----------
    chain
        What holds what.
    within
        Bool of each pair: those looked at.

    Returns
    -------
    numpy.ndarray
        Bool of each pair, false outside of `within`.

    Examples
    --------
    >>> chain = Chain(np.array([True, False]), graph_of(2, np.array([0]), np.array([1])))
    >>> reached(chain, np.array([True, True])).tolist()
    [True, True]
    >>> reached(chain, np.array([False, True])).tolist()
    [False, False]
    """
    label = _parts(chain.graph, within)
    held = np.zeros(len(within) + 1, dtype=bool)
    held[label[within & chain.direct]] = True
    return within & held[label]


def _parts(graph: csr_array, within: np.ndarray) -> np.ndarray:
    """Number of the connected part of each pair; the last one outside of `within`."""
    place = np.flatnonzero(within)
    _, label = connected_components(graph[place][:, place], directed=False)
    parts = np.full(len(within), len(within), dtype="int64")
    parts[place] = label
    return parts


def first_rows(chain: Chain, allowed: np.ndarray) -> csr_array:
    """Rows ``row @ x <= 0`` that every connected plan meets, given beforehand.

    A scrap needs one of its neighbours; and where it lies in the n-th layer around the site, one
    scrap of every layer nearer to the site through which it can be reached.

    Parameters
    ----------
    chain
        What holds what.
    allowed
        Bool of each pair: those that a plan may take, all of them held to the site.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (rows, pairs).

    Examples
    --------
    >>> chain = Chain(np.array([True, False]), graph_of(2, np.array([0]), np.array([1])))
    >>> first_rows(chain, np.array([True, True])).toarray().tolist()
    [[-1.0, 1.0]]
    """
    layer = _layers(chain, allowed)
    alone = eye_array(len(allowed), format="csr")
    chained = np.flatnonzero(layer > 0)
    keep = np.flatnonzero(allowed)
    rows = [_but(alone[chained], chain.graph[chained], keep)]
    for inner in range(min(int(layer.max(initial=0)), DEEPEST)):
        beyond = layer > inner
        label = _parts(chain.graph, beyond)[beyond]
        place = np.flatnonzero(beyond)
        member = csr_array(
            (np.ones(len(place)), (label, np.arange(len(place)))),
            shape=(int(label.max()) + 1, len(place)),
        )
        around = csr_array(member @ chain.graph[place])
        rows.append(_but(alone[place], around[label], np.flatnonzero(layer == inner)))
    return _distinct(csr_array(vstack(rows)))


def _distinct(rows: csr_array) -> csr_array:
    """Rows told apart: neighbours that are a layer of their own give the same row twice."""
    rows.sort_indices()
    seen: dict[tuple[bytes, bytes], int] = {}
    for k in range(rows.shape[0]):
        part = slice(rows.indptr[k], rows.indptr[k + 1])
        seen.setdefault((rows.indices[part].tobytes(), rows.data[part].tobytes()), k)
    return csr_array(rows[list(seen.values())])


def _but(alone: csr_array, around: csr_array, columns: np.ndarray) -> csr_array:
    """Rows that let a pair in only with one of those around it, among some columns."""
    there = np.zeros(around.shape[1])
    there[columns] = 1.0
    kept = csr_array(around.multiply(there[None, :]))
    kept.eliminate_zeros()
    kept.data = np.ones(len(kept.data))
    return csr_array(alone - kept)


def _layers(chain: Chain, allowed: np.ndarray) -> np.ndarray:
    """Fewest other scraps between each pair's scrap and its site; -1 where not allowed."""
    layer = np.where(allowed & chain.direct, 0, -1)
    front, depth = layer == 0, 0
    while front.any():
        depth += 1
        front = allowed & (layer < 0) & ((chain.graph @ front.astype("int64")) > 0)
        layer[front] = depth
    return layer


def separators(
    chain: Chain, allowed: np.ndarray, chosen: np.ndarray, *, site: np.ndarray
) -> csr_array | None:
    """Rows ``row @ x <= 0`` that a plan with cut-off parts breaks; None if it has none.

    For every part, two sets of pairs through which it must be reached: those next to the part,
    and those next to what the site holds already.

    Parameters
    ----------
    chain
        What holds what.
    allowed
        Bool of each pair: those that a plan may take.
    chosen
        The plan.
    site
        Position of each pair's site.

    Returns
    -------
    scipy.sparse.csr_array or None
        Shape (rows, pairs).

    Examples
    --------
    >>> link = graph_of(3, np.array([0, 1]), np.array([1, 2]))
    >>> chain, every = Chain(np.array([True, False, False]), link), np.ones(3, dtype=bool)
    >>> plan, site = np.array([True, False, True]), np.zeros(3, dtype="int64")
    >>> separators(chain, every, plan, site=site).toarray().tolist()
    [[0.0, -1.0, 1.0]]
    """
    held = reached(chain, chosen)
    loose = chosen & ~held
    if not loose.any():
        return None
    label = _parts(chain.graph, loose)
    rows = []
    for which in np.unique(label[loose]):
        part = label == which
        mine = allowed & (site == site[np.flatnonzero(part)[0]])
        for gate in _gates(chain, part, mine=mine, held=held & mine):
            row = np.where(gate, -1.0, 0.0)
            block = np.tile(row, (int(part.sum()), 1))
            block[np.arange(len(block)), np.flatnonzero(part)] = 1.0
            rows.append(csr_array(block))
    return _distinct(csr_array(vstack(rows)))


def _gates(
    chain: Chain, part: np.ndarray, *, mine: np.ndarray, held: np.ndarray
) -> Iterator[np.ndarray]:
    """Sets of a site's pairs of which every way from the site to a part uses one."""
    outside = mine & ~part & _next_to(chain, part)
    yield outside & (chain.direct | _next_to(chain, reached(chain, mine & ~part & ~outside)))
    edge = mine & ~held & (chain.direct | _next_to(chain, held))
    label = _parts(chain.graph, mine & ~edge & ~held)
    behind = np.isin(label, label[part]) & mine
    yield edge & _next_to(chain, behind)


def _next_to(chain: Chain, some: np.ndarray) -> np.ndarray:
    return np.asarray((chain.graph @ some.astype("int64")) > 0)
