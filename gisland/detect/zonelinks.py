"""Which parcels of zones hang together: along borders, and across roads and canals."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import ProjectError
from gisland.base.keys import among, both_among
from gisland.base.tables import is_land
from gisland.topology.across import across
from gisland.topology.boundary import require_boundary, trace
from gisland.topology.segments import Segments

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.topology.boundary import Boundary

COLUMNS = ("border_m", "facing_m", "width_mean_m", "width_max_m")


def zone_links(
    boundary: Boundary, parcels: gpd.GeoDataFrame, *, chosen: pd.Series, corridor_m: float
) -> pd.DataFrame:
    """Pairs of chosen parcels that share a border or face each other across a road or canal.

    Streets and water that are drawn as parcels are gaps, as those that are left out of the layer:
    one looks across them. Other land in between hides what is behind it, chosen or not.

    Parameters
    ----------
    boundary
        From `trace`, of all parcels.
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` (missing where there is no geometry) and,
        if known, ``use_class``.
    chosen
        Bool by parcel id: of which parcels links are looked for; ids that are missing in it are
        not chosen. Roads and water among them have borders only.
    corridor_m
        Widest corridor to look across, in metres; with 0 only borders count.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``focal``, ``neighbor``), symmetric, sorted. ``border_m``: as in the border
        table, missing across a corridor; ``facing_m``, ``width_mean_m``, ``width_max_m``: as
        `gisland.topology.across.across` has them, missing along a border.

    Raises
    ------
    ProjectError
        If `corridor_m` is negative or no number.
    TableError
        If `boundary` is not from `trace`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial", "industrial", "transport"]},
    ...     geometry=shapely.box([0, 22, 10], 0, [10, 32, 22], 10),
    ...     index=pd.Index(["a", "b", "road"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> lots["area_m2"] = lots.area
    >>> low = pd.Series([True, True, False], index=lots.index)
    >>> zone_links(trace(lots), lots, chosen=low, corridor_m=12.0)["facing_m"].to_dict()
    {('a', 'b'): 10.0, ('b', 'a'): 10.0}
    """
    require_boundary(boundary)
    if not corridor_m >= 0:
        raise ProjectError(f"corridor_m is {corridor_m!r}", do="give a width in metres, or 0")
    ids = chosen.index[chosen.fillna(value=False).astype(bool)]
    along = boundary.borders[both_among(cast("pd.MultiIndex", boundary.borders.index), ids)]
    tables = [along[["border_m"]]]
    land = parcels[is_land(parcels)]
    seekers = land.index[among(land.index, ids)]
    if corridor_m > 0 and len(seekers) > 1:
        traced = dataclasses.replace(boundary, borders=along)
        traced = _in_sight(traced, land, seekers, reach_m=corridor_m)
        facing = across(traced, corridor_m=corridor_m)
        tables.append(facing[both_among(cast("pd.MultiIndex", facing.index), seekers)])
    return pd.concat(tables).reindex(columns=list(COLUMNS)).sort_index()


def _in_sight(
    boundary: Boundary, land: gpd.GeoDataFrame, seekers: pd.Index, *, reach_m: float
) -> Boundary:
    """Boundary of the land alone, as far as it can be met or be in the way."""
    near = land.index[_near(land.geometry, among(land.index, seekers), reach_m=reach_m)]
    if among(boundary.ids, land.index).all():
        free = boundary.free
        kept = among(boundary.ids, near)[free.parcel]
        pieces = Segments(free.start[kept], free.end[kept], free.parcel[kept])
        return dataclasses.replace(boundary, free=pieces)
    # along a street that is a parcel the free pieces are not known
    return trace(land.loc[near, [land.geometry.name]], tolerance_m=boundary.tolerance_m)


def _near(shapes: gpd.GeoSeries, wanted: NDArray[np.bool_], *, reach_m: float) -> NDArray[np.bool_]:
    """Which shapes may come within reach of the wanted ones: those whose boxes do."""
    bounds = shapely.bounds(shapes.to_numpy())
    around = shapely.box(*(bounds[wanted] + np.array([-1, -1, 1, 1]) * reach_m).T)
    near = wanted.copy()
    near[shapely.STRtree(around).query(shapely.box(*bounds.T))[0]] = True
    return near
