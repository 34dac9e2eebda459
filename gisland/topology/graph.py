"""Parcels as a graph: connected components, patches, and parcels that hold others together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from gisland.base.errors import ProjectError, TableError
from gisland.base.guards import require_attribute, require_columns, require_table
from gisland.base.schema import require_ids
from gisland.topology.lowlink import cut_nodes

if TYPE_CHECKING:
    from gisland.topology.segments import Ints


def components(ids: pd.Index, pairs: pd.DataFrame) -> pd.Series:
    """Label each id with the smallest id of its connected component.

    Parameters
    ----------
    ids
        Unique ids.
    pairs
        Border table, or connected ids in the first two columns, in any direction and order;
        repeated pairs and self pairs do no harm.

    Returns
    -------
    pandas.Series
        Ids, named ``component``, on `ids` in their order; an id without pairs is its own
        component.

    Raises
    ------
    TableError
        If `ids` has repeated ids, or a pair names one that is not in it.

    Examples
    --------
    >>> pairs = pd.DataFrame({"focal": ["c", "b"], "neighbor": ["b", "a"]})
    >>> components(pd.Index(["d", "c", "b", "a"]), pairs).to_dict()
    {'d': 'd', 'c': 'a', 'b': 'a', 'a': 'a'}
    """
    order = _sorted(ids)
    focal, neighbor = ends(order, pairs)
    return _smallest(order, focal, neighbor).reindex(ids).rename("component")


def patches(
    parcels: pd.DataFrame, borders: pd.DataFrame, *, attribute: str, min_border_m: float = 0.0
) -> pd.Series:
    """Label each parcel with the smallest id of its patch.

    A patch is a set of parcels with the same value that are connected by borders. Parcels without
    a value belong to no patch and connect none: two unknown owners are not the same owner.

    Parameters
    ----------
    parcels
        With unique ids and the attribute.
    borders
        Border table of these parcels.
    attribute
        Column of values, such as ``owner``.
    min_border_m
        Shorter borders do not connect, in metres, 0 or more.

    Returns
    -------
    pandas.Series
        Ids, named ``patch``, on the index of `parcels`; missing where the value is missing.
        Whole numbers as ids come as ``Int64``, which has room for missing ones.

    Raises
    ------
    TableError
        If ids are missing or repeated, the attribute is not one column of values, or `borders`
        is no table of borders or names an unknown parcel.
    ProjectError
        If the least border is not a number of 0 or more.

    Examples
    --------
    >>> lots = pd.DataFrame({"owner": ["A", "A", "B", "A"]}, index=["1", "2", "3", "4"])
    >>> pair = pd.MultiIndex.from_tuples([("1", "2"), ("2", "3"), ("3", "4")])
    >>> border = pd.DataFrame({"border_m": 10.0}, index=pair.set_names(["focal", "neighbor"]))
    >>> patches(lots, border, attribute="owner").to_dict()
    {'1': '1', '2': '1', '3': '3', '4': '4'}
    """
    require_attribute(parcels, attribute)
    require_ids(parcels, what="parcels")
    require_columns(borders, ["border_m"], what="borders")
    if not min_border_m >= 0:
        raise ProjectError(f"min_border_m is {min_border_m!r}", do="give a number of 0 or more")
    value = parcels[attribute].sort_index()
    focal, neighbor = ends(value.index, borders)
    kind = pd.factorize(value)[0]
    joined = (kind[focal] == kind[neighbor]) & (borders["border_m"].to_numpy() >= min_border_m)
    label = _smallest(value.index, focal[joined], neighbor[joined])
    if pd.api.types.is_integer_dtype(label.dtype):
        label = label.astype("Int64")
    return label.where(value.notna()).reindex(parcels.index).rename("patch")


def articulation(ids: pd.Index, pairs: pd.DataFrame) -> pd.Series:
    """Whether the component of each parcel falls apart without the parcel.

    Parameters
    ----------
    ids
        Unique ids.
    pairs
        Border table, or connected ids in the first two columns, in any direction and order;
        repeated pairs and self pairs do no harm.

    Returns
    -------
    pandas.Series
        Bool, named ``articulation``, on `ids` in their order.

    Raises
    ------
    TableError
        If `ids` has repeated ids, or a pair names one that is not in it.

    Examples
    --------
    >>> pairs = pd.DataFrame({"focal": ["c", "b"], "neighbor": ["b", "a"]})
    >>> articulation(pd.Index(["d", "c", "b", "a"]), pairs).to_dict()
    {'d': False, 'c': False, 'b': True, 'a': False}
    """
    order = _sorted(ids)
    focal, neighbor = ends(order, pairs)
    links = _links(np.append(focal, neighbor), np.append(neighbor, focal), len(order))
    cuts = cut_nodes(links.indptr.astype(np.int64), links.indices.astype(np.int64))
    return pd.Series(cuts, index=order, name="articulation").reindex(ids)


def ends(ids: pd.Index, pairs: pd.DataFrame) -> tuple[Ints, Ints]:
    """Positions of the two ids of each pair.

    Parameters
    ----------
    ids
        Unique ids.
    pairs
        Border table, or ids in the first two columns.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray]
        Positions in `ids`, one of each per pair.

    Raises
    ------
    TableError
        If `pairs` is no table, or a pair names an id that is not in `ids`.

    Examples
    --------
    >>> focal, neighbor = ends(pd.Index(["a", "b"]), pd.DataFrame({"i": ["b"], "j": ["a"]}))
    >>> focal.tolist(), neighbor.tolist()
    ([1], [0])
    """
    require_table(pairs, what="borders")
    index = pairs.index
    if not isinstance(index, pd.MultiIndex) or list(index.names) != ["focal", "neighbor"]:
        if len(pairs.columns) < len(("focal", "neighbor")):
            raise TableError(
                "pairs: neither an index nor two columns hold the ids",
                do="give the table as gisland.borders returns it",
            )
        index = pd.MultiIndex.from_frame(pairs.iloc[:, :2])
    # each id is looked up once; a missing one has the code -1, so what stands last is for it
    focal, neighbor = (
        np.append(ids.get_indexer(level), -1)[code]
        for level, code in zip(index.levels, index.codes, strict=True)
    )
    unknown = (focal < 0) | (neighbor < 0)
    if unknown.any():
        named = {i for pair in index[unknown] for i in pair}
        raise TableError(
            "pairs: some ids are not among the ids",
            do="give pairs (borders) and ids (parcels) of the same table",
            ids=sorted(named - set(ids), key=str),
        )
    return focal, neighbor


def _sorted(ids: pd.Index) -> pd.Index:
    if not ids.is_unique:
        twice = sorted(ids[ids.duplicated()].unique())
        raise TableError("ids: some occur more than once", do="give each id once", ids=twice)
    return ids.sort_values()


def _smallest(order: pd.Index, focal: Ints, neighbor: Ints) -> pd.Series:
    """Smallest id of the component of each id; the ids are sorted."""
    _, label = csgraph.connected_components(_links(focal, neighbor, len(order)), directed=False)
    # positions follow the sorted ids, so the first of a label is its smallest id
    _, first = np.unique(label, return_index=True)
    return pd.Series(order[first[label]], index=order)


def _links(focal: Ints, neighbor: Ints, count: int) -> sparse.csr_array:
    """The graph as a matrix: what counts is where there is an entry."""
    there = np.ones(len(focal), dtype=bool)
    return sparse.coo_array((there, (focal, neighbor)), shape=(count, count)).tocsr()
