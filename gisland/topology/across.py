"""Pairs of parcels that face each other across a corridor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisland.base.units import require_metres
from gisland.topology.boundary import (
    CORNER_TOLERANCES,
    Stretches,
    nearest_stretches,
    require_boundary,
    symmetric_table,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gisland.topology.boundary import Boundary
    from gisland.topology.segments import Positions

FACING, _, MEAN, LARGEST = range(4)  # columns of sums by pair
COLUMNS = ["facing_m", "width_mean_m", "width_max_m"]


def across(boundary: Boundary, *, corridor_m: float = 40.0) -> pd.DataFrame:
    """Length along which each two parcels face each other across a road, canal or other gap.

    From each free piece of boundary one looks straight outward; the first boundary met counts, if
    it belongs to another parcel and runs within 45 degrees of parallel. So a parcel in between
    hides what is behind it, and parcels diagonal at a crossing do not face each other. The lengths
    seen from the two sides are averaged, so that the sum over a parcel can exceed its free
    boundary. Parcels that share a border are not separated and are left out; faces up to 1.5
    tolerances long are leftovers of corners and do not count.

    Parameters
    ----------
    boundary
        From `trace`.
    corridor_m
        Widest corridor to look across, in metres, above 0.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``focal``, ``neighbor``), symmetric, sorted. ``facing_m``: metres, above 0.
        ``width_mean_m``, ``width_max_m``: mean and largest width of the corridor where they face
        each other, in metres, 0 to `corridor_m`.

    Raises
    ------
    ProjectError
        If the corridor is not a positive number.
    TableError
        If `boundary` is not from `trace`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.topology.boundary import trace
    >>> shapes = [box(0, 0, 30, 20), box(10, 32, 50, 50), box(0, 60, 50, 80)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["south", "middle", "north"], crs=4547)
    >>> across(trace(lots), corridor_m=60).loc["south", "facing_m"].to_dict()
    {'middle': 20.0, 'north': 10.0}
    """
    require_boundary(boundary)
    require_metres(corridor_m, name="corridor_m")
    free, ids = boundary.free, boundary.ids
    seen = nearest_stretches(free, left_m=0.0, right_m=corridor_m, opaque=True)
    seen = seen[seen[:, 1] >= 0]
    focal, neighbor = free.parcel[seen[:, 0].astype(np.int64)], seen[:, 1].astype(np.int32)
    low, high, sums = Stretches(focal, neighbor, np.empty(0), seen).by_pair(len(ids))
    kept = sums[:, FACING] > CORNER_TOLERANCES * boundary.tolerance_m
    kept &= ~_bordering(boundary, low, high)
    values = sums[kept][:, [FACING, MEAN, LARGEST]]
    return symmetric_table((low[kept], high[kept], values), ids=ids, columns=COLUMNS)


def _bordering(boundary: Boundary, low: Positions, high: Positions) -> NDArray[np.bool_]:
    """Which pairs of positions share a border."""
    index: Any = boundary.borders.index
    focal, neighbor = (
        boundary.ids.get_indexer(index.levels[k])[index.codes[k]].astype(np.int64) for k in (0, 1)
    )
    count = len(boundary.ids)
    return np.isin(low.astype(np.int64) * count + high, focal * count + neighbor)
