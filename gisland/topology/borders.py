"""Borders: how long each two parcels run along each other, vertices matched or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.crs import require_metric
from gisland.base.guards import require_borders
from gisland.base.schema import require_ids, usable
from gisland.topology.boundary import find_borders

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def borders(parcels: gpd.GeoDataFrame, *, tolerance_m: float = 0.05) -> pd.DataFrame:
    """Length of boundary along which each two parcels run beside each other.

    Edges that are each other's exact reverse are shared. Every other edge is compared with the
    edges of other parcels within the tolerance that run the other way at an angle of at most 45
    degrees, and each stretch of it belongs to the one that is nearest at its middle (to all,
    where several are equally near, such as stacked parcels). The lengths seen from the two sides
    are averaged. Vertices need not match: a long side facing two short ones makes two borders.
    Corner contact does not count: a pair needs a border above 1.5 tolerances, or one above 1 mm
    that is exact along half of it, and where two edges part beyond the tolerance by more than 1
    in 20 there is no border. Edges that run the same way (duplicates, a parcel inside another)
    are overlaps, not borders.

    Parameters
    ----------
    parcels
        Polygons with unique ids and a metric CRS; those that are missing, empty or invalid are
        passed over. Holes and several parts are allowed.
    tolerance_m
        Boundaries at most this far apart count as shared, in metres, above 0.

    Returns
    -------
    pandas.DataFrame
        Indexed by (``focal``, ``neighbor``), symmetric, sorted, without self pairs; isolated
        parcels are absent. ``border_m``: metres, above 0, exact where the parcels fit together,
        else within twice the tolerance at each end. ``tolerant_m``: the part of it where the two
        are more than 1e-6 m apart, 0 to ``border_m``. ``distance_mean_m``: mean distance of the
        two along that part, and ``distance_max_m``: the largest, in metres, 0 to the tolerance;
        both 0 where nothing is tolerant.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated.
    GeometryError
        If some geometry is not polygonal.
    ProjectError
        If the tolerance is not a positive number.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> corners = {"nw": (0, 10, 8, 20), "ne": (8, 10, 20, 20), "south": (0, 0, 20, 10)}
    >>> shapes = [shapely.box(*c) for c in corners.values()]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=list(corners), crs=4547)
    >>> borders(parcels).loc["south", "border_m"].to_dict()
    {'ne': 12.0, 'nw': 8.0}
    """
    return find_borders(parcels, tolerance_m=tolerance_m)


def free_boundary(parcels: gpd.GeoDataFrame, borders: pd.DataFrame) -> pd.Series:
    """Length of boundary that no other parcel runs along: perimeter minus borders.

    Parameters
    ----------
    parcels
        The parcels that `borders` was made from.
    borders
        From the function of that name.

    Returns
    -------
    pandas.Series
        Metres, named ``free_m``, on the index of `parcels`; missing where the geometry is
        missing, empty or invalid. Not clipped: overlapping neighbors can make it negative, and
        rounding by some 1e-9 m.

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
    >>> import shapely
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> free_boundary(parcels, borders(parcels)).to_dict()
    {'a': 3.0, 'b': 5.0}
    """
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    require_borders(borders, parcel_ids=parcels.index)
    perimeter = parcels.geometry.length.where(usable(parcels.geometry))
    shared = borders["border_m"].groupby(level="focal").sum()
    return (perimeter - shared.reindex(parcels.index, fill_value=0.0)).rename("free_m")
