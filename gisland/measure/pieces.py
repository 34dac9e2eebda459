"""Pieces of land: before the merge every parcel is one, after it every merged site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import NOWHERE, positions
from gisland.base.schema import MERGED_ROLES

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pieces_after(parcel_ids: pd.Index, lineage: pd.DataFrame) -> tuple[NDArray[np.int64], pd.Index]:
    """Number of the piece of land that each parcel belongs to after the merge.

    Parameters
    ----------
    parcel_ids
        Parcels to answer for, each once.
    lineage
        ``parcel_id``, ``after_id``, ``role``.

    Returns
    -------
    pieces : numpy.ndarray
        One for each parcel: its own position, or behind all of these the number of its site. No
        other parcel has that, even if it bears the id of the site.
    sites : pandas.Index
        Ids of the merged sites, sorted; the first has the number ``len(parcel_ids)``.

    Examples
    --------
    >>> lines = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["s", "c", "S"],
    ...         "after_id": ["S", "S", "S"],
    ...         "role": ["site", "absorbed", "kept"],
    ...     }
    ... )
    >>> pieces, sites = pieces_after(pd.Index(["S", "c", "s"]), lines)
    >>> pieces.tolist(), sites.tolist()
    ([0, 3, 3], ['S'])
    """
    moved = lineage[lineage["role"].isin(MERGED_ROLES)]
    site, sites = pd.factorize(moved["after_id"], sort=True)
    at = positions(moved["parcel_id"], parcel_ids)
    pieces = np.arange(len(parcel_ids))
    pieces[at[at != NOWHERE]] = len(parcel_ids) + site[at != NOWHERE]
    return pieces, pd.Index(sites)
