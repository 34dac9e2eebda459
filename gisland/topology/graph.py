"""Connected components of parcels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from gisland.base.errors import TableError


def components(ids: pd.Index, pairs: pd.DataFrame) -> pd.Series:
    """Label each id with the smallest id of its connected component.

    Parameters
    ----------
    ids
        Unique ids.
    pairs
        Connected ids in the first two columns, in any direction and order; repeated pairs and
        self pairs do no harm.

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
    if not ids.is_unique:
        twice = sorted(ids[ids.duplicated()].unique())
        raise TableError("ids: some occur more than once", do="give each id once", ids=twice)
    order = ids.sort_values()
    ends = [order.get_indexer(pd.Index(pairs.iloc[:, k])) for k in (0, 1)]
    unknown = (ends[0] < 0) | (ends[1] < 0)
    if unknown.any():
        named = pairs.loc[unknown].iloc[:, :2].to_numpy().ravel()
        raise TableError(
            "pairs: some ids are not among the ids",
            do="give pairs and ids of the same table",
            ids=sorted(set(named) - set(ids)),
        )
    size = (len(order), len(order))
    links = sparse.coo_array((np.ones(len(pairs), dtype=np.int8), (ends[0], ends[1])), shape=size)
    _, label = csgraph.connected_components(links, directed=False)
    # positions follow the sorted ids, so the first of a label is its smallest id
    _, first = np.unique(label, return_index=True)
    named_by = pd.Series(order[first[label]], index=order)
    return named_by.reindex(ids).rename("component")
