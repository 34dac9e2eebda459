"""Floor areas of parcels before and after: what exists, and what is planned in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.keys import aligned
from gisland.base.schema import MERGED_ROLES
from gisland.base.tables import lookup
from gisland.measure.density import floor_column
from gisland.measure.ratios import floor_at_far

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOORS = ("floor_area_m2", "counted_floor_area_m2", "floor_m2")


def planned_parcels(
    parcel_ids: pd.Index, lineage: pd.DataFrame, planned_far: pd.Series
) -> pd.Series:
    """FAR planned for the site that each parcel becomes part of.

    Parameters
    ----------
    parcel_ids
        Parcels to answer for.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    planned_far
        FAR after by site id, missing where what exists is kept.

    Returns
    -------
    pandas.Series
        Named ``planned_far``, on `parcel_ids`; missing outside of sites.

    Examples
    --------
    >>> lines = pd.DataFrame({"parcel_id": ["s"], "after_id": ["S"], "role": ["site"]})
    >>> far = pd.Series([2.0], index=["S"])
    >>> planned_parcels(pd.Index(["s", "k"]), lines, far).tolist()
    [2.0, nan]
    """
    moved = lineage[lineage["role"].isin(MERGED_ROLES)]
    far = lookup(moved["after_id"].astype("str"), planned_far.astype("float64"))
    far = far.set_axis(pd.Index(moved["parcel_id"], dtype="str"))
    return aligned(far, parcel_ids).rename("planned_far")


def after_amounts(
    parcels: pd.DataFrame, lineage: pd.DataFrame, planned_far: pd.Series
) -> pd.DataFrame:
    """Floor areas of every parcel after the merge.

    Where a FAR is planned for the site, counted floor area is that FAR times the land, and the
    actual floor area is missing: nobody knows it. All others keep what exists.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and the floor areas that are known.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    planned_far
        FAR after by site id, missing where what exists is kept.

    Returns
    -------
    pandas.DataFrame
        ``floor_area_m2``, ``counted_floor_area_m2`` and ``floor_m2`` (what FAR is taken of: the
        planned counted floor area, or as before) on the index of `parcels`.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [900.0, 100.0], "floor_area_m2": 500.0}, index=["s", "k"])
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["s", "k"], "after_id": ["S", "k"], "role": ["site", "kept"]}
    ... )
    >>> after_amounts(lots, lines, pd.Series([2.0], index=["S"])).loc["s"].tolist()
    [nan, 1800.0, 1800.0]
    """
    far = planned_parcels(parcels.index, lineage, planned_far)
    planned = far.notna().to_numpy()
    floor = floor_at_far(far, parcels["area_m2"]).to_numpy("float64")
    unknown = np.full(len(parcels), np.nan)
    found = {
        name: np.where(planned, new, existing(parcels, name))
        for name, new in zip(FLOORS, (unknown, floor, floor), strict=True)
    }
    return pd.DataFrame(found, index=parcels.index)


def existing(parcels: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Amount of every parcel before; of ``floor_m2``, if it is not there, what it would be.

    Parameters
    ----------
    parcels
        Parcel table.
    column
        Name of an amount.

    Returns
    -------
    numpy.ndarray
        In the order of the parcels; missing throughout where the layer has no such column.

    Examples
    --------
    >>> lots = pd.DataFrame({"floor_area_m2": [5.0]})
    >>> existing(lots, "floor_m2").tolist(), existing(lots, "tax_yuan").tolist()
    ([5.0], [nan])
    """
    if column == "floor_m2" and column not in parcels:
        column = floor_column(parcels) or column
    return numbers(parcels, column)
