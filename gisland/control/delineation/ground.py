"""Land that blocks are drawn on, looked at once: borders, faces across corridors, strips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.useclasses import FREE_USE_CLASSES, INDUSTRIAL_USE_CLASSES
from gisland.topology.across import across
from gisland.topology.boundary import trace
from gisland.topology.corridorland import Strips, corner_pieces, corners_of, strips_of
from gisland.topology.graph import ends
from gisland.topology.overlay import pair_areas, robust
from gisland.topology.unions import unions

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters
    from gisland.topology.boundary import Boundary

    Geometries = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LEAST_M2 = 1e-9  # smaller pieces are rounding


@dataclass(frozen=True)
class Corners:
    """Land at outer corners, between the strips before and behind them.

    Attributes
    ----------
    before, behind
        Positions of the strips, (n,).
    pieces
        Polygons without the land of any row, (n,).
    """

    before: Ints
    behind: Ints
    pieces: Geometries


@dataclass(frozen=True)
class Ground:
    """Land by position of its sorted ids, and what lies between.

    Attributes
    ----------
    ids
        Of the rows with usable geometry, neither road nor water, sorted.
    shapes
        Their polygons, (n,).
    area_m2
        Their areas, (n,).
    industrial, classified
        Whether they are industrial land, and have a use class at all, (n,).
    bordering, facing
        Pairs of industrial rows that share a border or land, and that face each other, (2, k).
    strips
        Land of corridors along industrial rows.
    corners
        Land of crossings.
    tree
        Of `shapes`.
    tolerance_m
        Gaps up to this wide are no gaps.
    """

    ids: pd.Index
    shapes: Geometries
    area_m2: Floats
    industrial: Bools
    classified: Bools
    bordering: Ints
    facing: Ints
    strips: Strips
    corners: Corners
    tree: shapely.STRtree
    tolerance_m: float


def ground_of(land: gpd.GeoDataFrame, *, parameters: Parameters) -> Ground:
    """Look at land once.

    Parameters
    ----------
    land
        Indexed by id, with ``area_m2`` and ``use_class``; rows without usable geometry are
        passed over, roads and water are not there.
    parameters
        ``tolerance_m``, ``corridor_m``, ``overlap_min_m2``.

    Returns
    -------
    Ground
        The same whatever the order of the rows.

    Raises
    ------
    GislandError
        See `gisland.borders`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> columns = {"use_class": ["industrial"] * 2, "area_m2": [600.0, 540.0]}
    >>> lots = gpd.GeoDataFrame(columns, geometry=shapes, index=["a", "b"], crs=4547)
    >>> ground_of(lots, parameters=Parameters()).facing.tolist()
    [[0], [1]]
    """
    drawn = land[land["area_m2"].notna() & ~land["use_class"].isin(FREE_USE_CLASSES)]
    boundary = trace(drawn, tolerance_m=parameters.tolerance_m)
    rows = drawn.loc[boundary.ids]
    shapes = rows.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    industrial = rows["use_class"].isin(INDUSTRIAL_USE_CLASSES).to_numpy()
    bordering = _among(boundary.borders, boundary, industrial)
    stacked = _overlapping(tree, industrial, least_m2=parameters.overlap_min_m2)
    corridor_m = parameters.corridor_m
    if corridor_m > 0:
        facing = _among(across(boundary, corridor_m=corridor_m), boundary, industrial)
        strips = strips_of(boundary, corridor_m=corridor_m)
        strips = strips.at(industrial[strips.focal])
    else:
        none, flat = np.empty(0, dtype=np.int64), np.empty((0, 2))
        facing = np.empty((2, 0), dtype=np.int64)
        strips = Strips(none, none, flat, flat, flat, np.empty(0), np.empty(0))
    return Ground(
        ids=boundary.ids,
        shapes=shapes,
        area_m2=rows["area_m2"].to_numpy("float64"),
        industrial=industrial,
        classified=rows["use_class"].notna().to_numpy(),
        bordering=np.hstack([bordering, stacked]),
        facing=facing,
        strips=strips,
        corners=_corners(strips, tree, tolerance_m=parameters.tolerance_m),
        tree=tree,
        tolerance_m=parameters.tolerance_m,
    )


def _among(pairs: pd.DataFrame, boundary: Boundary, industrial: Bools) -> Ints:
    """Positions of pairs of industrial rows, each once."""
    one, other = ends(boundary.ids, pairs)
    kept = (one < other) & industrial[one] & industrial[other]
    return np.stack([one[kept], other[kept]]).astype(np.int64)


def _overlapping(tree: shapely.STRtree, industrial: Bools, *, least_m2: float) -> Ints:
    """Pairs of industrial rows that share land: faults of the layer, which no line can part."""
    at = np.flatnonzero(industrial)
    shapes = tree.geometries
    one, other = tree.query(shapes[at])
    one = at[one]
    kept = (one < other) & industrial[other]
    one, other = one[kept], other[kept]
    area = pair_areas(shapes, shapes, i=one, j=other)
    return np.stack([one, other])[:, area > least_m2]


def _corners(strips: Strips, tree: shapely.STRtree, *, tolerance_m: float) -> Corners:
    """Pieces at corners, without what they cover of any land."""
    before, behind = corners_of(strips, tolerance_m=tolerance_m)
    pieces = corner_pieces(strips, before, behind)
    piece, row = tree.query(pieces)
    kept = pair_areas(pieces, tree.geometries, i=piece, j=row) > LEAST_M2
    order = np.lexsort((row[kept], piece[kept]))
    some, number = np.unique(piece[kept][order], return_inverse=True)
    if len(some):
        covering = unions(tree.geometries[row[kept][order]], number)
        pieces[some] = robust(shapely.difference, pieces[some], covering)
    there = shapely.area(pieces) > LEAST_M2
    return Corners(before[there], behind[there], pieces[there])
