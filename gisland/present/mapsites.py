"""Which sites the features of the map belong to, or were considered for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.schema import MERGED_ROLES
from gisland.present.lists import listed
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

Sites = tuple[str, ...]


def sites_of_parcels(tables: Mapping[str, pd.DataFrame]) -> dict[str, Sites]:
    """Sites of each parcel: the one that it merges to, and all that it was considered for.

    Parameters
    ----------
    tables
        Result tables by name.

    Returns
    -------
    dict
        By parcel id, sorted; parcels of no site are left out.

    Examples
    --------
    >>> plan = pd.DataFrame({"parcel_id": ["7", "7"], "site_id": ["S2", "S1"]})
    >>> sites_of_parcels({"plan": plan})
    {'7': ('S1', 'S2')}
    """
    pairs: set[tuple[str, str]] = set()
    plan, parcels = tables.get("plan"), tables.get("parcels")
    if plan is not None:
        pairs |= set(zip(plan["parcel_id"], plan["site_id"], strict=True))
    if parcels is not None and "site_id" in parcels:
        own = parcels[parcels["verdict"].isin(MERGED_ROLES) & parcels["site_id"].notna()]
        pairs |= set(zip(own["parcel_id"], own["site_id"], strict=True))
    found: dict[str, Sites] = {}
    for parcel, site in sorted(pairs):
        found[parcel] = (*found.get(parcel, ()), site)
    return found


def of_lists(joined: Iterable[object], sites: Mapping[str, Sites]) -> tuple[Sites, ...]:
    """Sites of features that are made of parcels.

    Parameters
    ----------
    joined
        For each feature the ids of its parcels, with semicolons between them.
    sites
        As `sites_of_parcels` finds them.

    Returns
    -------
    tuple of tuple of str
        For each feature, sorted.

    Examples
    --------
    >>> of_lists(["7;8", None], {"7": ("S1", "S2"), "8": ("S1",)})
    (('S1', 'S2'), ())
    """
    return tuple(
        tuple(sorted({s for lot in listed(ids) for s in sites.get(lot, ())})) for ids in joined
    )


def site_arrays(sites: Sequence[Sites]) -> tuple[list[str], dict[str, Ints]]:
    """Sites of features as the page reads them.

    Parameters
    ----------
    sites
        For each feature.

    Returns
    -------
    ids : list of str
        Each site once.
    arrays : dict
        ``sited``, how many sites each feature has, and ``site``, their places among the ids.

    Examples
    --------
    >>> ids, arrays = site_arrays([("S1", "S2"), (), ("S2",)])
    >>> ids, arrays["sited"].tolist(), arrays["site"].tolist()
    (['S1', 'S2'], [2, 0, 1], [0, 1, 1])
    """
    flat = [site for some in sites for site in some]
    ids = sorted(set(flat))
    place = {site: i for i, site in enumerate(ids)}
    arrays = {
        "sited": np.array([len(some) for some in sites], dtype=np.int64),
        "site": np.array([place[site] for site in flat], dtype=np.int64),
    }
    return [visible(site) for site in ids], arrays
