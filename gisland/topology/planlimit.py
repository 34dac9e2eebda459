"""Parcels that lie across the plan boundary, or outside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.crs import crs_name, require_metric
from gisland.base.errors import CRSError
from gisland.base.schema import require_polygons
from gisland.base.shapes import require_on_earth, without_empty_rings
from gisland.topology.drawn import rows
from gisland.topology.overlay import pair_areas, robust
from gisland.topology.pieces import pieces
from gisland.topology.repair import invalid_polygons, mended

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Geometries, Rows
    from gisland.topology.pieces import Pieces


def beyond_plan(drawn: Drawn, parameters: Parameters, *, plan_boundary: gpd.GeoDataFrame) -> Rows:
    """Findings about parcels with ground outside the plan boundary.

    A parcel with more than ``overlap_min_m2`` on either side is ``crosses_plan_boundary``; one
    with more outside alone is ``outside_plan_boundary``. The value is the area outside.

    Parameters
    ----------
    drawn
        From `drawn_parcels`.
    parameters
        Uses ``overlap_min_m2``.
    plan_boundary
        Polygons in the CRS of the parcels, which together are the area of the plan; invalid ones
        are taken as they would be mended. Without any polygon nothing is found.

    Returns
    -------
    list
        Tables for ``schema.findings_together``; the geometry is what lies outside.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric, or not that of the parcels.
    GeometryError
        If some geometry is not polygonal, or has coordinates that are not on Earth.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.schema import findings_together
    >>> from gisland.topology.drawn import drawn_parcels
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9), shapely.box(12, 0, 15, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> plan = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 9)], crs=4547)
    >>> told = beyond_plan(drawn_parcels(lots, mend=True), Parameters(), plan_boundary=plan)
    >>> found = findings_together(told, crs=4547)
    >>> found[["code", "parcel_id", "value"]].values.tolist()
    [['crosses_plan_boundary', 'b', 18.0], ['outside_plan_boundary', 'c', 27.0]]
    """
    plan = _plan(drawn, plan_boundary)
    if len(plan.shapes) == 0:
        return []
    ids, shapes = drawn.with_polygon()
    parcels = pieces(shapes)
    shapely.prepare(plan.shapes)
    i, j = shapely.STRtree(plan.shapes).query(parcels.shapes, predicate="intersects")
    area = pair_areas(plan.shapes, parcels.shapes, i=j, j=i)
    inside = np.bincount(parcels.of[i], weights=area, minlength=len(shapes))
    outside = shapely.area(shapes) - inside
    out = outside > parameters.overlap_min_m2
    across = out & (inside > parameters.overlap_min_m2)
    wholly = out & ~across
    return [
        *rows(
            "crosses_plan_boundary",
            "warning",
            parcel_id=ids[across],
            value=outside[across],
            unit="m2",
            message=[
                f"{a:.2f} m² outside the plan boundary, {b:.2f} m² inside"
                for a, b in zip(outside[across], inside[across], strict=True)
            ],
            geometry=_left_over(shapes[across], plan),
        ),
        *rows(
            "outside_plan_boundary",
            "info",
            parcel_id=ids[wholly],
            value=outside[wholly],
            unit="m2",
            message="the parcel lies outside the plan boundary",
            geometry=shapes[wholly],
        ),
    ]


def _plan(drawn: Drawn, plan_boundary: gpd.GeoDataFrame) -> Pieces:
    """Area of the plan without overlaps of its own, in pieces."""
    require_metric(plan_boundary, what="plan boundary")
    if plan_boundary.crs != drawn.crs:
        raise CRSError(
            f"plan boundary: {crs_name(plan_boundary.crs)}, but the parcels are in"
            f" {crs_name(drawn.crs)}",
            do="reproject one to the other's CRS first",
        )
    require_on_earth(plan_boundary, what="plan boundary")
    shapes = shapely.force_2d(without_empty_rings(plan_boundary.geometry.to_numpy()))
    shapes = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    if len(shapes):
        require_polygons(plan_boundary, what="plan boundary")
    bad = invalid_polygons(shapes)
    shapes[bad] = mended(shapes[bad])
    whole = robust(shapely.union_all, shapes[~shapely.is_missing(shapes)])
    return pieces(np.array([] if whole.is_empty else [whole], dtype=object))


def _left_over(shapes: Geometries, plan: Pieces) -> Geometries:
    """Parts of polygons outside the plan."""
    parcel, part = shapely.STRtree(plan.shapes).query(shapes, predicate="intersects")
    inside = np.full(len(shapes), None, dtype=object)
    shapely.geometrycollections(plan.shapes[part], indices=parcel, out=inside)
    merged = robust(partial(shapely.union_all, axis=1), inside[:, None])
    return robust(shapely.difference, shapes, merged)
