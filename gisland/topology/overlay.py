"""Overlap areas of two layers, and which row of one holds another's most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError
from gisland.base.keys import NOWHERE, aligned
from gisland.base.schema import require_ids, usable
from gisland.topology.shares import largest
from gisland.topology.slabs import slab_areas

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

HALF = 0.5
GRID_M = 1e-6


def overlap_areas(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area of each two polygons of two layers that overlap.

    Parameters
    ----------
    left
        Polygons with unique ids and a metric CRS, such as parcels.
    right
        Likewise in the same CRS, such as buildings. Missing, empty and invalid geometry on either
        side is passed over (`check` reports it); lines and points overlap nothing.

    Returns
    -------
    pandas.DataFrame
        Columns ``left_id``, ``right_id`` and ``overlap_m2`` (above 0), sorted by the ids. What
        only touches does not overlap, nor do edges that cross by their rounding alone. Overlaps
        within one layer are not looked at: the areas of a row may add up to more than its own
        where the other layer overlaps itself.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> import geopandas as gpd
    >>> parcels = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> houses = gpd.GeoDataFrame(geometry=[shapely.box(8, 0, 12, 5)], index=["h"], crs=4547)
    >>> overlap_areas(parcels, houses).values.tolist()
    [['p', 'h', 10.0]]
    """
    _require(left, right)
    ours, theirs = _usable(left), _usable(right)
    i, j = shapely.STRtree(theirs.to_numpy()).query(ours.to_numpy())
    return _overlapping((ours, theirs), i=i, j=j)


def overlaps_within(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area of each two polygons of one layer that overlap.

    Parameters
    ----------
    frame
        Polygons with unique ids and a metric CRS. Geometry that is missing, empty or invalid is
        passed over.

    Returns
    -------
    pandas.DataFrame
        Columns ``left_id``, ``right_id`` (the larger one) and ``overlap_m2`` (above 0), each two
        once, sorted by the ids.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> import geopandas as gpd
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(8, 0, 12, 5), shapely.box(12, 0, 15, 5)]
    >>> houses = gpd.GeoDataFrame(geometry=shapes, index=["h", "k", "l"], crs=4547)
    >>> overlaps_within(houses).values.tolist()
    [['h', 'k', 10.0]]
    """
    _require(frame, frame)
    ours = _usable(frame)
    shapes = ours.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes)
    return _overlapping((ours, ours), i=i[i < j], j=j[i < j])


def pair_areas(
    outer: Geometries, inner: Geometries, *, i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Area of the intersection of ``outer[i]`` and ``inner[j]``, pair by pair.

    Off by less than a billionth of the smaller polygon's area, slivers aside, which are
    intersected. Polygons that share edges have no area in common, and a polygon within another
    has its own to the last bit.

    Parameters
    ----------
    outer, inner
        Valid polygons.
    i, j
        Positions in `outer` and `inner`, of equal length.

    Returns
    -------
    numpy.ndarray
        Square metres, 0 or more.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 1)])
    >>> pair_areas(squares, squares, i=np.array([0, 0]), j=np.array([0, 1])).tolist()
    [4.0, 1.0]
    """
    area = slab_areas(outer, inner, i=i, j=j)
    unsure = np.flatnonzero(np.isnan(area))
    both = robust(shapely.intersection, outer[i[unsure]], inner[j[unsure]])
    area[unsure] = shapely.area(both)
    return area


def robust(operation: Callable[..., Any], *shapes: Any) -> Any:  # noqa: ANN401 - geometry
    """Overlay in floating coordinates, or on a micrometre grid where these fail.

    Parameters
    ----------
    operation
        Such as ``shapely.intersection`` or ``shapely.union_all``.
    *shapes
        Its geometries.

    Returns
    -------
    Any
        What the operation returns.

    Examples
    --------
    >>> robust(shapely.union_all, [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]).area
    2.0
    """
    try:
        return operation(*shapes)
    except shapely.errors.GEOSException:
        return operation(*shapes, grid_size=GRID_M)


def mostly_in(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.Series:
    """Polygon of another layer that holds at least half of each polygon.

    Parameters
    ----------
    left
        Polygons with unique ids and a metric CRS, such as parcels.
    right
        Likewise in the same CRS, such as planning zones.

    Returns
    -------
    pandas.Series
        ``right_id`` on the index of `left`; missing where none holds half of it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> zone = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 4, 10)], index=["z"], crs=4547)
    >>> mostly_in(lots, zone).isna().tolist()
    [True]
    """
    best = dominant(left, right)
    return best["right_id"].where(best["share"].round(6) >= HALF)


def dominant(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.DataFrame:
    """For each polygon of one layer, the polygon of another that covers most of it.

    Parameters
    ----------
    left
        Polygons with unique ids and a metric CRS, such as parcels.
    right
        Likewise in the same CRS, such as planning zones.

    Returns
    -------
    pandas.DataFrame
        Indexed like `left`. ``right_id``: missing where nothing overlaps; of equal overlaps the
        smallest id. ``overlap_m2``: square metres, above 0. ``share``: of the area of the left
        polygon, above 0 to 1. The last two are missing with the first.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> import geopandas as gpd
    >>> parcels = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> corners = {"R2": (0, 0, 2, 10), "M1": (2, 0, 99, 99)}
    >>> shapes = [shapely.box(*c) for c in corners.values()]
    >>> zones = gpd.GeoDataFrame(geometry=shapes, index=list(corners), crs=4547)
    >>> dominant(parcels, zones).to_dict("index")
    {'p': {'right_id': 'M1', 'overlap_m2': 80.0, 'share': 0.8}}
    """
    best = largest(overlap_areas(left, right), by="left_id").set_index("left_id")
    best = best.reindex(left.index)
    best["share"] = best["overlap_m2"] / left.geometry.area
    return best


def holders_of_centroids(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.Series:
    """Polygon of one layer that holds the centroid of each polygon of another.

    The centroid may lie off its polygon: that of an L may lie in the corner that it leaves free,
    that of a ring in its yard.

    Parameters
    ----------
    left
        Polygons with unique ids and a metric CRS, such as parcels.
    right
        Likewise in the same CRS, such as buildings.

    Returns
    -------
    pandas.Series
        ``left_id`` on the index of `right`; of several, such as where it lies within a
        micrometre of a shared border, the smallest id; missing where there is none.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or the two differ.
    TableError
        If ids are missing or repeated.

    Examples
    --------
    >>> import geopandas as gpd
    >>> parcels = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> shapes = [shapely.box(8, 0, 12, 5), shapely.box(9, 0, 12, 5)]
    >>> houses = gpd.GeoDataFrame(geometry=shapes, index=["h", "k"], crs=4547)
    >>> holders_of_centroids(parcels, houses).tolist()
    ['p', nan]
    """
    _require(left, right)
    ours, theirs = _usable(left), _usable(right)
    spots = shapely.STRtree(shapely.centroid(theirs.to_numpy()))
    # turned or moved, a centroid on a border lies beside it by its rounding
    i, j = spots.query(ours.to_numpy(), predicate="dwithin", distance=GRID_M)
    first = np.full(len(theirs), len(ours))
    np.minimum.at(first, j, i)  # ids are sorted: the lowest position is the smallest id
    held = np.where(first == len(ours), NOWHERE, first)
    taken = pd.api.extensions.take(ours.index.array, held, allow_fill=True)
    found = pd.Series(taken, index=theirs.index, name="left_id")
    return aligned(found, right.index)


def _overlapping(
    layers: tuple[gpd.GeoSeries, gpd.GeoSeries], *, i: NDArray[np.int64], j: NDArray[np.int64]
) -> pd.DataFrame:
    """Those of some pairs of polygons that overlap, sorted as the layers are."""
    ours, theirs = layers
    area = pair_areas(ours.to_numpy(), theirs.to_numpy(), i=i, j=j)
    kept = np.flatnonzero(area > 0)
    kept = kept[np.lexsort((j[kept], i[kept]))]
    frame = {"left_id": ours.index[i[kept]], "right_id": theirs.index[j[kept]]}
    return pd.DataFrame(frame | {"overlap_m2": area[kept]})


def _usable(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return frame.geometry[usable(frame.geometry).to_numpy()].sort_index()


def _require(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    for frame, what in ((left, "left layer"), (right, "right layer")):
        require_metric(frame, what=what)
        require_ids(frame, what=what)
    if left.crs != right.crs:
        raise CRSError(
            f"layers: {crs_name(left.crs)} and {crs_name(right.crs)} cannot be overlaid",
            do="reproject one to the other's CRS first",
        )
