"""What lies beyond the free boundary of each parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError
from gisland.base.units import require_metres
from gisland.topology.beside_loops import EXACT_M
from gisland.topology.boundary import nearest_stretches, require_boundary
from gisland.topology.segments import Segments, explode

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gisland.topology.boundary import Boundary
    from gisland.topology.segments import Floats

ROAD, WATER, NOTHING = range(3)  # of two that are equally near the first counts


def beyond(
    boundary: Boundary,
    *,
    roads: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    corridor_m: float = 40.0,
) -> pd.DataFrame:
    """Length of free boundary of each parcel by what is met first when looking straight outward.

    Parameters
    ----------
    boundary
        From `trace`.
    roads
        Lines (such as centre lines) or polygons in the CRS of the parcels; other and invalid
        geometry is passed over.
    water
        Likewise.
    corridor_m
        How far to look, in metres, above 0.

    Returns
    -------
    pandas.DataFrame
        Indexed by the ids of `boundary`, in metres. ``free_m``: free boundary; it can differ from
        `free_boundary` by the tolerance at each end, since borders are the mean of both sides.
        ``road_m``, ``water_m``: a road or water comes first; missing, and no 0, where no such
        layer is given.
        ``nothing_m``: other land, across a gap of which no layer tells. ``edge_m``: nothing
        within the corridor, the edge of the layer. The parts add up to the whole.

    Raises
    ------
    CRSError
        If a layer has another CRS than the parcels.
    ProjectError
        If the corridor is not a positive number.
    TableError
        If `boundary` is not from `trace`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.boundary import trace
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lane = gpd.GeoDataFrame(geometry=[shapely.LineString([(5, 26), (99, 26)])], crs=4547)
    >>> beyond(trace(lots), roads=lane).drop(columns="water_m").loc["a"].to_dict()
    {'free_m': 100.0, 'road_m': 25.0, 'nothing_m': 5.0, 'edge_m': 70.0}
    """
    require_boundary(boundary)
    require_metres(corridor_m, name="corridor_m")
    given = {"roads": roads, "water": water}
    count, free = len(boundary.ids), boundary.free
    layers = [free]
    for k, (name, layer) in enumerate(given.items()):
        if layer is not None:
            _require_crs(layer, boundary, what=name)
            layers.append(_segments(layer, count + k))
    together = Segments(
        *(np.concatenate([getattr(s, name) for s in layers]) for name in ("start", "end", "parcel"))
    )
    seen = nearest_stretches(together, left_m=boundary.tolerance_m, right_m=corridor_m, opaque=True)
    seen = seen[seen[:, 0] < len(free.parcel)]
    owner = np.where(seen[:, 1] < 0, -1 - seen[:, 1], seen[:, 1]).astype(np.int64)
    kind = np.where(owner >= count, owner - count, NOTHING)
    first = np.flatnonzero(_differs(seen[:, 0]) | _differs(seen[:, 2]))
    by_kind = np.zeros((count, 3))
    if len(first):
        kind = np.minimum.reduceat(kind, first)
        parcel = free.parcel[seen[first, 0].astype(np.int64)]
        np.add.at(by_kind, (parcel, kind), seen[first, 3] - seen[first, 2])
    free_m = np.bincount(free.parcel, weights=free.length, minlength=count)
    edge_m = free_m - by_kind.sum(axis=1)
    edge_m[np.abs(edge_m) < EXACT_M] = 0.0  # rounding of the sums
    table = {
        "free_m": free_m,
        "road_m": by_kind[:, ROAD] if roads is not None else np.nan,
        "water_m": by_kind[:, WATER] if water is not None else np.nan,
        "nothing_m": by_kind[:, NOTHING],
        "edge_m": edge_m,
    }
    return pd.DataFrame(table, index=boundary.ids)


def _require_crs(layer: gpd.GeoDataFrame, boundary: Boundary, *, what: str) -> None:
    require_metric(layer, what=what)
    if layer.crs != boundary.crs:
        raise CRSError(
            f"{what}: {crs_name(layer.crs)}, but parcels: {crs_name(boundary.crs)}",
            do="reproject it to the CRS of the parcels first",
        )


def _segments(layer: gpd.GeoDataFrame, owner: int) -> Segments:
    """Outlines of polygons, and lines both ways, as if all were one polygon of that number."""
    shapes = layer.geometry.to_numpy()
    parts = shapely.get_parts(shapes[shapely.is_valid(shapes)])
    areas = explode(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    lines = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    points, line = shapely.get_coordinates(lines, return_index=True)
    joined = (line[1:] == line[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    one, other = points[:-1][joined], points[1:][joined]
    start = np.concatenate([areas.start, one, other])
    end = np.concatenate([areas.end, other, one])
    return Segments(start, end, np.full(len(start), owner, dtype=np.int32))


def _differs(values: Floats) -> NDArray[np.bool_]:
    """Whether a value differs from the one before it."""
    return np.concatenate([np.ones(min(len(values), 1), dtype=bool), values[1:] != values[:-1]])
