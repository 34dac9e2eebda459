"""Surroundings: how much of each parcel's boundary runs along others, and along which one most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.crs import require_metric
from gisland.base.guards import require_borders
from gisland.base.schema import require_ids, usable
from gisland.topology.graph import ends

if TYPE_CHECKING:
    import geopandas as gpd

TIE_DECIMALS = 6  # borders that differ by less than a micrometre differ by rounding


def surroundings(parcels: gpd.GeoDataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    """Measure how far each parcel is enclosed by others, whoever owns them.

    Shares are of the whole perimeter: all rings of all parts, holes included.

    Parameters
    ----------
    parcels
        The parcels that `borders` was made from.
    borders
        Border table, both directions.

    Returns
    -------
    pandas.DataFrame
        On the index of `parcels`, with ``shared_m`` and ``shared_share`` (along all others),
        ``neighbors`` (how many), ``largest_neighbor`` (the one with the longest border, of equal
        ones the smallest id; missing where there is none) and ``largest_share`` (along it).
        Lengths in metres, shares 0 to 1, but not clipped: overlapping neighbors can take a share
        above 1, and neighbors within the tolerance a little. All is missing where the geometry
        is missing, empty or invalid. Whole numbers as ids come as ``Int64``.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated, or `borders` is no table of borders or names an unknown
        parcel.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> shapes = [box(0, 0, 1, 1), box(1, 0, 3, 1), box(0, 1, 3, 2)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> surroundings(lots, borders(lots)).loc["b"].to_dict()
    {'shared_m': 3.0, 'shared_share': 0.5, 'neighbors': 2, 'largest_neighbor': 'c', \
'largest_share': 0.3333333333333333}
    """
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    require_borders(borders)
    ids = parcels.index.sort_values()
    focal, neighbor = ends(ids, borders)
    length = borders["border_m"].to_numpy(dtype="float64")
    # the longest border of each first; this order makes the sums independent of that of the rows
    order = np.lexsort((neighbor, -length.round(TIE_DECIMALS), focal))
    focal, neighbor, length = focal[order], neighbor[order], length[order]
    beside, first = np.unique(focal, return_index=True)
    sums = np.bincount(focal, length, len(ids))
    longest = np.zeros(len(ids))
    longest[beside] = length[first]
    largest = pd.Series(ids.take(neighbor[first]), index=ids.take(beside))
    if pd.api.types.is_integer_dtype(largest.dtype):
        largest = largest.astype("Int64")  # which has room for missing ones
    drawn = usable(parcels.geometry)
    perimeter = parcels.geometry.length.where(drawn)
    by_id = pd.DataFrame({"shared": sums, "longest": longest}, index=ids).reindex(parcels.index)
    counts = pd.Series(np.bincount(focal, minlength=len(ids)), index=ids, dtype="Int64")
    return pd.DataFrame(
        {
            "shared_m": by_id["shared"].where(drawn),
            "shared_share": by_id["shared"] / perimeter,
            "neighbors": counts.reindex(parcels.index).where(drawn),
            "largest_neighbor": largest.reindex(parcels.index).where(drawn),
            "largest_share": by_id["longest"] / perimeter,
        }
    )
