"""Overlap areas of two layers, and values carried over by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError, ProjectError
from gisland.base.schema import require_ids, usable

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

HALF = 0.5
GRID_M = 1e-6
CHUNK = 200_000  # pairs intersected at once, which bounds the memory


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
        Columns ``left_id``, ``right_id`` and ``overlap_m2`` (above 0), sorted by the ids.
        Overlaps within one layer are not looked at: the areas of a row may add up to more than
        its own where the other layer overlaps itself.

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
    outer, inner = ours.geometry.to_numpy(), theirs.geometry.to_numpy()
    # prepared geometry is what makes the containment test cheap
    shapely.prepare(outer)
    shapely.prepare(inner)
    i, j = shapely.STRtree(outer).query(inner, predicate="intersects")[::-1]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    area = pair_areas(outer, inner, i=i, j=j)
    shapely.destroy_prepared(outer)
    shapely.destroy_prepared(inner)
    kept = area > 0
    frame = {"left_id": ours.index[i[kept]], "right_id": theirs.index[j[kept]]}
    return pd.DataFrame(frame | {"overlap_m2": area[kept]})


def pair_areas(
    outer: Geometries, inner: Geometries, *, i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Area of the intersection of ``outer[i]`` and ``inner[j]``, pair by pair.

    Most pairs are containments, for which no intersection has to be made.

    Parameters
    ----------
    outer, inner
        Valid polygons; best prepared.
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
    area = np.empty(len(i))
    for first in range(0, len(i), CHUNK):
        span = slice(first, first + CHUNK)
        a, b = outer[i[span]], inner[j[span]]
        b_in_a = shapely.contains_properly(a, b)
        a_in_b = ~b_in_a & shapely.contains_properly(b, a)
        rest = ~b_in_a & ~a_in_b
        part = np.where(b_in_a, shapely.area(b), shapely.area(a))
        part[rest] = shapely.area(robust(shapely.intersection, a[rest], b[rest]))
        area[span] = part
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
    best = _largest(overlap_areas(left, right), by="left_id").reindex(left.index)
    best["share"] = best["overlap_m2"] / left.geometry.area
    return best


def apportion(
    values: pd.Series,
    overlaps: pd.DataFrame,
    *,
    how: Literal["area", "majority"],
    right_m2: pd.Series | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Carry amounts of one layer over to another by overlap, such as floor area to parcels.

    What is carried and what remains add up to what was there, also where the left layer overlaps
    itself: then the shares of an amount are scaled down to its whole.

    Parameters
    ----------
    values
        Amounts by right id that may be split, such as floor area in m².
    overlaps
        Columns ``left_id``, ``right_id``, ``overlap_m2``, from `overlap_areas`. Right ids that
        are not in `values` are passed over.
    how
        ``area``: each amount is split by overlap area. ``majority``: all of it goes to the
        largest overlap, of equal ones to the smallest left id.
    right_m2
        Area of each right row, by id, in m², above 0. If given, ``area`` leaves the share of a
        row that lies on no left row in the remainder; if not, or if an area is missing, the
        amount is split over the overlaps alone.

    Returns
    -------
    carried : pandas.Series
        Sum by left id, sorted by id, in the unit of `values` and with its name; missing where an
        amount that counts there is missing. Left ids without overlap are absent.
    remainder : pandas.Series
        What lies on no left row, on the index of `values` and with its name.

    Raises
    ------
    TableError
        If ids of `values` are missing or repeated.
    ProjectError
        If `how` is unknown.

    Examples
    --------
    >>> floor_area_m2 = pd.Series({"h": 300.0, "k": 50.0})
    >>> rows = {"left_id": ["a", "b"], "right_id": ["h", "h"], "overlap_m2": [20.0, 10.0]}
    >>> carried, remainder = apportion(floor_area_m2, pd.DataFrame(rows), how="area")
    >>> carried.to_dict(), remainder.to_dict()
    ({'a': 200.0, 'b': 100.0}, {'h': 0.0, 'k': 50.0})
    """
    require_ids(values.to_frame(), what="values")
    if how not in {"area", "majority"}:
        raise ProjectError(f"how is {how!r}", do="use area or majority")
    known = overlaps[overlaps["right_id"].isin(values.index)]
    known = known.sort_values(["left_id", "right_id"], ignore_index=True)
    if how == "majority":
        best = _largest(known, by="right_id")
        known = best.reset_index()[known.columns].sort_values("left_id", kind="stable")
        right_m2 = None
    covered = known.groupby("right_id")["overlap_m2"].sum()
    whole = covered
    if right_m2 is not None:
        whole = covered.combine(right_m2.reindex(covered.index), np.fmax)
    right_ids = known["right_id"]
    share = known["overlap_m2"] / whole.reindex(right_ids).to_numpy()
    amount = share * values.reindex(right_ids).to_numpy(dtype="float64", na_value=np.nan)
    unknown = amount.isna().groupby(known["left_id"]).any()
    carried = amount.groupby(known["left_id"]).sum().mask(unknown)
    remainder = values * (1 - covered / whole).reindex(values.index, fill_value=1.0)
    carried.name = remainder.name = values.name
    return carried, remainder


def _largest(overlaps: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Largest overlap for each id in column `by`, then the index; of equal ones the smallest id."""
    other = "right_id" if by == "left_id" else "left_id"
    ordered = overlaps.sort_values([by, "overlap_m2", other], ascending=[True, False, True])
    return ordered.drop_duplicates(by).set_index(by)


def _usable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[usable(frame.geometry).to_numpy()].sort_index()


def _require(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    for frame, what in ((left, "left layer"), (right, "right layer")):
        require_metric(frame, what=what)
        require_ids(frame, what=what)
    if left.crs != right.crs:
        raise CRSError(
            f"layers: {crs_name(left.crs)} and {crs_name(right.crs)} cannot be overlaid",
            do="reproject one to the other's CRS first",
        )
