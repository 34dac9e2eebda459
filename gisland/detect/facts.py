"""Size, shape and surroundings of every parcel, on which detection rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.crs import areas_m2
from gisland.base.units import m2_to_mu
from gisland.detect.fragments import frontage_m
from gisland.topology.borders import free_boundary
from gisland.topology.shape import perimeter_m, width_m

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def shape_facts(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    area_basis: str,
    water_m: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Add area, perimeter, width, free boundary and frontage.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    area_basis
        ``plane`` or ``ellipsoidal``.
    water_m
        Free boundary with water beyond it, by parcel id, if known.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy with ``area_m2``, ``area_mu``, ``perimeter_m``, ``width_m``, ``free_m``,
        ``frontage_m`` and ``frontage_road_m``; missing where geometry is missing or invalid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> lot = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 40, 25)], index=pd.Index(["a"], name="parcel_id"), crs=4547
    ... )
    >>> found = shape_facts(lot, borders(lot), area_basis="plane")
    >>> found[["area_m2", "area_mu", "frontage_m"]].values.tolist()
    [[1000.0, 1.5, 130.0]]
    """
    area = areas_m2(parcels.geometry, basis=area_basis)
    perimeter = perimeter_m(parcels.geometry)
    area = area.where(perimeter.notna())
    free = free_boundary(parcels, borders)
    front = frontage_m(free, borders, parcels.get("use_class"), water_m=water_m)
    return parcels.assign(
        area_m2=area,
        area_mu=m2_to_mu(area),
        perimeter_m=perimeter,
        width_m=width_m(parcels.geometry),
        free_m=free,
    ).join(front)
