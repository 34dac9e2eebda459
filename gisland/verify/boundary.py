"""The project boundary that each site belongs to, found from geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.verify.overlays import overlay, valid

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.layers.writing.results import Results

HALF = 0.5  # a project boundary that holds less of a site is not the site's own


def own_boundaries(results: Results, parcels: gpd.GeoDataFrame, members: pd.Series) -> pd.DataFrame:
    """Project boundary that holds at least half of each site as it was before.

    Parameters
    ----------
    results
        As read back.
    parcels
        Indexed by parcel id.
    members
        Site by parcel id.

    Returns
    -------
    pandas.DataFrame
        By site id: ``area_m2`` on the stated basis and ``shape``; missing where there is none.

    Examples
    --------
    >>> from gisland.verify.example import example
    >>> read = example()
    >>> parcels = read.tables["parcels"].set_index("parcel_id")
    >>> own_boundaries(read, parcels, parcels["site_id"])["area_m2"].to_dict()
    {'S1': nan}
    """
    sites = results.tables.get("sites")
    ids: Any = [] if sites is None else sites["site_id"]
    index = pd.Index(ids).sort_values()
    area, shape = pd.Series(np.nan, index=index), pd.Series(None, index=index, dtype="object")
    layer: Any = results.tables.get("project_boundary")
    if layer is None or layer.empty or members.empty:
        return pd.DataFrame({"area_m2": area, "shape": shape})
    ordered = layer.sort_values("boundary_id")
    areas = areas_m2(ordered.geometry, basis=results.run["area_basis"]).to_numpy()
    shapes = valid(ordered.geometry.to_numpy())
    tree = shapely.STRtree(shapes)
    for site, own in members.groupby(members):
        whole = overlay(shapely.union_all, valid(parcels.geometry.loc[own.index].to_numpy()))
        near = np.sort(tree.query(whole, predicate="intersects"))
        inside = shapely.area(overlay(shapely.intersection, shapes[near], whole))
        if len(near) and site in index and inside.max() >= HALF * whole.area:
            most = near[int(inside.argmax())]
            area[site], shape[site] = areas[most], shapes[most]
    return pd.DataFrame({"area_m2": area, "shape": shape})
