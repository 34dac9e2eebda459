"""What of a polygon is too narrow: the part that opening takes away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.threads import in_threads
from gisland.topology.opening_loops import TIP_LIMIT, lost_areas
from gisland.topology.overlay import GRID_M
from gisland.topology.segments import explode
from gisland.topology.shape import at_origin, usable_polygons

if TYPE_CHECKING:
    import geopandas as gpd

ROUNDING_M = 0.005  # lengths are compared at 0.01 m
SURE_M = 0.03  # a known width is at most 0.02 m too small
LEAST_TASK = 500  # polygons for a thread that moves them inwards and outwards


def narrow_share(
    geometry: gpd.GeoSeries, *, width_m: float | pd.Series, known_m: pd.Series | None = None
) -> pd.Series:
    """Share of the area that lies in parts narrower than a width.

    Morphological opening, first inwards, then outwards by half the width; what does not come back
    is narrow. Serra, J. (1982), Image Analysis and Mathematical Morphology. The sides are moved
    as straight lines (mitred joins), so that right corners come back whole, and a side that ends
    at an inner corner cuts off what is narrow beyond it in a straight line. A corner comes back
    up to 3 half widths from the circle in it: whole from 39 degrees on, and without its tip if it
    is more acute. A chamfer that is too short to be moved comes back too.

    Parameters
    ----------
    geometry
        Polygons in a metric CRS.
    width_m
        Width of each polygon, one for all or on the index of `geometry`; missing is allowed. As
        in rules, widths are compared at 0.01 m: a part 14.995 m wide is not narrower than 15 m.
    known_m
        Widths as `shape.width_m` found them, on the index of `geometry`, which save time.

    Returns
    -------
    pandas.Series
        From 0 (no part is narrower) to 1 (all is), named ``narrow_share``, on the index of
        `geometry`; missing where the geometry is missing, empty or invalid, or `width_m` is
        missing. Holes are outside, and each of several parts is opened by itself.

        Exact to rounding of convex polygons, and of others without holes as long as moving the
        sides takes nothing apart. The rest is left to GEOS on a micrometre grid, which merges
        moved edges shorter than a hundredth of half the width.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> import geopandas as gpd
    >>> flag = shapely.union(shapely.box(0, 0, 30, 30), shapely.box(30, 0, 70, 5))
    >>> lots = gpd.GeoSeries([flag, shapely.box(0, 0, 40, 10)], crs=4547)
    >>> narrow_share(lots, width_m=15.0).round(4).tolist()
    [0.1818, 1.0]
    """
    share = np.full(len(geometry), np.nan)
    limit = width_m if isinstance(width_m, pd.Series) else pd.Series(width_m, geometry.index)
    radius = (limit.reindex(geometry.index).to_numpy("float64", na_value=np.nan) - ROUNDING_M) / 2
    asked = np.flatnonzero(~np.isnan(radius))
    polygons = usable_polygons(geometry.iloc[asked])
    there = shapely.get_num_coordinates(polygons) > 0
    asked, polygons = asked[there], polygons[there]
    share[asked] = 0.0  # no part is narrower than nothing
    wide = radius[asked] > 0
    if known_m is not None:
        known = known_m.reindex(geometry.index).to_numpy("float64", na_value=np.nan)[asked]
        narrow = known + SURE_M < 2 * radius[asked]
        share[asked[narrow]] = 1.0
        wide &= ~narrow
    share[asked[wide]] = _shares(polygons[wide], radius[asked[wide]])
    return pd.Series(share, index=geometry.index, name="narrow_share")


def _shares(polygons: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Share of each polygon that opening by a radius takes, part by part.

    What is lost is measured by itself and not as a difference of areas, and is the whole by
    definition where nothing is left over: no rounding leads below 0 or above 1.
    """
    parts, of_polygon = shapely.get_parts(polygons, return_index=True)
    inwards = radius[of_polygon]
    lost = _lost(parts, inwards)
    area = shapely.area(parts)
    gone = np.isinf(lost)
    lost[gone] = area[gone]
    count = len(polygons)
    share = np.bincount(of_polygon, lost, count) / np.bincount(of_polygon, area, count)
    whole = np.bincount(of_polygon, gone, count) == np.bincount(of_polygon, minlength=count)
    return np.where(whole, 1.0, share)


def _lost(parts: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Area that opening takes from each polygon; infinite where nothing is left over."""
    edges = explode(parts)
    first = np.searchsorted(edges.parcel, np.arange(len(parts) + 1))
    screen = partial(lost_areas, edges.start, edges.end, first, radius)
    lost = np.concatenate(in_threads(screen, count=len(parts)))
    rest = np.flatnonzero(np.isnan(lost))
    local, inwards = at_origin(parts[rest]), radius[rest]

    def work(begin: int, stop: int) -> np.ndarray:
        return _lost_by_buffers(local[begin:stop], inwards[begin:stop])

    lost[rest] = np.concatenate(in_threads(work, count=len(rest), least=LEAST_TASK))
    return lost


def _lost_by_buffers(polygons: np.ndarray, radius: np.ndarray) -> np.ndarray:
    moved = partial(shapely.buffer, join_style="mitre", mitre_limit=TIP_LIMIT)
    inner = moved(polygons, -radius)
    # what comes back lies on the old sides but for rounding: in floating coordinates, GEOS 3.14
    # now and then takes one polygon for the other
    lost = shapely.area(shapely.difference(polygons, moved(inner, radius), grid_size=GRID_M))
    return np.where(shapely.is_empty(inner), np.inf, lost)
