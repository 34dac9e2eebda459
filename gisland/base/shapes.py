"""What every polygon needs before it meets another: rings with points, and places on Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.errors import GeometryError
from gisland.base.phrases import so_many

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

FARTHEST = 1e15  # no coordinate on Earth is larger; shapefiles write "no data" as -1.8e308


def without_empty_rings(shapes: Geometries) -> Geometries:
    """Polygons without holes that have no points, which end the process in GEOS predicates.

    Parameters
    ----------
    shapes
        Any geometries, (n,); missing is allowed.

    Returns
    -------
    numpy.ndarray
        (n,). All but polygons and multipolygons with such a hole are the objects given.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> odd = shapely.Polygon(square.exterior, [shapely.LinearRing()])
    >>> [shape.wkt for shape in without_empty_rings(np.array([odd]))]
    ['POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))']
    """
    simple = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    maybe = np.flatnonzero(~simple | (shapely.get_num_interior_rings(shapes) > 0))
    parts, shape = shapely.get_parts(shapes[maybe], return_index=True)
    holed = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    rings, hole_of = shapely.get_rings(parts[holed], return_index=True)
    odd = np.unique(maybe[shape[holed[hole_of[shapely.is_empty(rings)]]]])
    if len(odd) == 0:
        return shapes
    result = shapes.copy()
    result[odd] = [_redrawn(one) for one in shapes[odd]]
    return result


def _redrawn(shape: shapely.Geometry) -> shapely.Geometry:
    polygons = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if not hole.is_empty])
        for part in shapely.get_parts(shape)
    ]
    several = shapely.get_type_id(shape) == shapely.GeometryType.MULTIPOLYGON
    return shapely.MultiPolygon(polygons) if several else polygons[0]


def require_on_earth(
    frame: gpd.GeoDataFrame,
    *,
    what: str,
    finite: bool = False,
    do: str = "mend or delete them",
) -> None:
    """Refuse coordinates so large that no place on Earth has them.

    Parameters
    ----------
    frame
        Layer indexed by id.
    what
        Its name in the message.
    finite
        Whether to refuse as well coordinates that are infinite or no numbers; else these pass.
    do
        What the user can do about it.

    Raises
    ------
    GeometryError
        Lists the ids.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1e300, 1)], index=["a"], crs=4547)
    >>> require_on_earth(lots, what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.GeometryError: parcels: 1 shape has coordinates that are not on Earth (a); \
mend or delete them
    """
    points = shapely.get_coordinates(frame.geometry.to_numpy())
    if not len(points) or (points.min() >= -FARTHEST and points.max() <= FARTHEST):
        return
    points, row = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    known = np.isfinite(points)
    far = (known & (np.abs(points) > FARTHEST)).any(axis=1)
    if finite:
        far |= ~known.all(axis=1)
    if far.any():
        ids = frame.index[np.unique(row[far])]
        many = so_many(len(ids), "shape has", "shapes have")
        raise GeometryError(f"{what}: {many} coordinates that are not on Earth", do=do, ids=ids)
