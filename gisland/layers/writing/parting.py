"""Part result tables so that a shapefile can hold each: kinds of geometry, and long texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.layers.writing.dbfwrite import text_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

MULTI_PART, COLLECTION = 4, 7  # types of shapely: multi-part from here on, collections
KINDS = {2: "polygon", 1: "line", 0: "point"}  # by dimension
MULTI = {2: shapely.multipolygons, 1: shapely.multilinestrings, 0: shapely.multipoints}


def in_parts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table, columns with texts too long for a field followed by columns with their rest.

    Parameters
    ----------
    frame
        Any table; a column whose rest would bear the name of another one stays whole.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows and index.

    Examples
    --------
    >>> long = pd.Series(["x" * 300], dtype="str")
    >>> in_parts(gpd.GeoDataFrame({"ids": long}, geometry=[None])).columns.tolist()
    ['ids', 'ids (2)', 'geometry']
    """
    names: list[str] = []
    columns: list[pd.Series] = []
    for name, values in frame.items():
        parts = text_parts(values) if isinstance(values.dtype, pd.StringDtype) else [values]
        rest = [f"{name} ({i})" for i in range(2, len(parts) + 1)]
        whole = bool({*rest} & {*frame.columns})
        names += [str(name)] if whole else [str(name), *rest]
        columns += [values] if whole else parts
    table = pd.concat(columns, axis=1, keys=names)
    return gpd.GeoDataFrame(table, geometry=str(frame.geometry.name), crs=frame.crs)


def by_kind(frame: gpd.GeoDataFrame, *, name: str) -> list[tuple[str, gpd.GeoDataFrame]]:
    """The table, or one for each kind of geometry that it holds, with its name.

    Parameters
    ----------
    frame
        Any table.
    name
        Its name.

    Returns
    -------
    list of tuple
        Name and table. A collection is in each table with its parts of that kind; rows without
        geometry are in the first.

    Examples
    --------
    >>> from shapely import Point, box
    >>> found = gpd.GeoDataFrame(geometry=[Point(0, 0), box(0, 0, 1, 1), None])
    >>> [(part, rows.index.tolist()) for part, rows in by_kind(found, name="findings")]
    [('findings_polygon', [1, 2]), ('findings_point', [0])]
    """
    shapes = frame.geometry.to_numpy()
    parts = {kind: _parts(shapes, dimension) for dimension, kind in KINDS.items()}
    present = {k: p for k, p in parts.items() if not shapely.is_missing(p).all()}
    mixed = (shapely.get_type_id(shapes) == COLLECTION).any()
    if len(present) <= 1 and not mixed:
        return [(name, frame)]
    undrawn = np.logical_and.reduce([shapely.is_missing(p) for p in present.values()])
    found = []
    for i, (kind, part) in enumerate(present.items()):
        rows = ~shapely.is_missing(part) | (undrawn if i == 0 else False)
        drawn = gpd.GeoSeries(part, index=frame.index, crs=frame.crs)
        found.append((f"{name}_{kind}", frame.set_geometry(drawn)[rows]))
    return found


def _parts(shapes: NDArray[np.object_], dimension: int) -> NDArray[np.object_]:
    """What each shape has of a dimension; missing where it has nothing."""
    collections = shapely.get_type_id(shapes) == COLLECTION
    of_dimension = (shapely.get_dimensions(shapes) == dimension) & ~shapely.is_empty(shapes)
    parts = np.full(len(shapes), None, dtype=object)
    parts[of_dimension & ~collections] = shapes[of_dimension & ~collections]
    for row in np.flatnonzero(collections):  # few: what is left over of a broken shape
        pieces = shapely.get_parts(shapes[[row]])
        while (shapely.get_type_id(pieces) >= MULTI_PART).any():
            pieces = shapely.get_parts(pieces)
        pieces = pieces[shapely.get_dimensions(pieces) == dimension]
        if len(pieces):
            parts[row] = MULTI[dimension](pieces)
    return parts
