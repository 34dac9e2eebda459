"""Data quality of the parcel layer: everything that is wrong with it, as findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2, require_metric
from gisland.base.schema import findings_together, require_polygons
from gisland.base.shapes import require_on_earth
from gisland.topology.contacts import contacts
from gisland.topology.drawn import drawn_parcels, rows
from gisland.topology.gaps import gaps
from gisland.topology.ground import ground_of
from gisland.topology.mismatches import mismatches
from gisland.topology.outlines import outlines
from gisland.topology.planlimit import beyond_plan

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Rows


def check(
    parcels: gpd.GeoDataFrame,
    *,
    parameters: Parameters,
    plan_boundary: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Everything that is wrong, or worth a look, in a parcel layer.

    Errors: ``missing_id``, ``duplicate_id``, ``null_geometry``, ``empty_geometry``,
    ``invalid_geometry``.

    Warnings: ``duplicate_geometry`` (the same ground twice, not told as an overlap again),
    ``overlap`` of two parcels, ``near_miss`` (two parcels that nearly meet), ``gap`` (a hole
    between parcels), ``empty_hole`` (a hole of one parcel that no other fills),
    ``unmatched_vertex`` (beside the boundary of a neighbor), ``spike``, ``self_overlap`` (ground
    that one parcel counts twice), ``sliver`` (mean width 2 A / P), ``recorded_area`` (drawn over
    recorded area), ``crosses_plan_boundary``.

    Info: ``enclosed_space`` (a hole too large for a gap, such as blank streets), ``multipart``,
    ``outside_plan_boundary``, and one row each for what is below the tolerance:
    ``hairline_gaps``, ``hairline_misses``, ``hairline_vertices``, ``repeated_vertices``.

    What counts as each is told by `contacts`, `gaps`, `mismatches`, `outlines` and
    `beyond_plan`. All but the first five, spikes, overlaps of a parcel with itself and parts
    are looked for among valid polygons; with ``invalid_geometry`` in ``parameters.repair`` the
    invalid ones take part as `repair` would leave them, else not at all.

    Parameters
    ----------
    parcels
        Layer with a metric CRS, indexed by id; ids may be missing or repeated. Column
        ``recorded_area_m2`` is looked at if there is one.
    parameters
        Uses ``overlap_min_m2``, ``gap_max_m2``, ``sliver_width_m``, ``near_miss_m``,
        ``tolerance_m``, ``recorded_share``, ``area_basis`` and ``repair``.
    plan_boundary
        Polygons of the plan, in the CRS of the parcels; absent, parcels are not held against it.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of ``schema.FINDINGS``, sorted by code and ids. A pair is told once, with the
        smaller id as ``parcel_id``.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric, or the plan boundary has another.
    GeometryError
        If some geometry is not polygonal, or has coordinates that are not on Earth.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10), None]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> found = check(parcels, parameters=Parameters())
    >>> found[["code", "parcel_id", "other_id", "value"]].values.tolist()
    [['null_geometry', 'c', nan, nan], ['overlap', 'a', 'b', 10.0]]
    """
    require_metric(parcels, what="parcels")
    values = parcels.geometry.to_numpy()
    if not (shapely.is_missing(values) | shapely.is_empty(values)).all():
        require_polygons(parcels, what="parcels")
    require_on_earth(parcels, what="parcels")
    drawn = drawn_parcels(parcels, mend="invalid_geometry" in parameters.repair)
    found = [*_ids(drawn), *_unusable(drawn), *_invalid(drawn), *_multipart(drawn)]
    for look in (_slivers, _recorded, outlines):
        found += look(drawn, parameters)
    ground = ground_of(drawn, reach_m=parameters.near_miss_m)
    for compare in (contacts, mismatches, gaps):
        found += compare(ground, parameters)
    if plan_boundary is not None:
        found += beyond_plan(drawn, parameters, plan_boundary=plan_boundary)
    return findings_together(found, crs=parcels.crs)


def _ids(drawn: Drawn) -> Rows:
    none = pd.isna(drawn.ids)
    somewhere = shapely.point_on_surface(drawn.sound[none])
    found = rows("missing_id", "error", geometry=somewhere, message="the row has no id")
    again = pd.Series(drawn.ids).duplicated(keep=False).to_numpy() & ~none
    names, code, count = np.unique(
        drawn.ids[again].astype(str), return_inverse=True, return_counts=True
    )
    somewhere = shapely.point_on_surface(drawn.sound[again])
    placed = np.flatnonzero(~shapely.is_missing(somewhere))
    placed = placed[np.argsort(code[placed], kind="stable")]
    places = np.full(len(names), None, dtype=object)
    shapely.multipoints(somewhere[placed], indices=code[placed], out=places)
    return found + rows(
        "duplicate_id",
        "error",
        parcel_id=names.tolist(),
        value=count.astype(float),
        message=[f"{many} rows have this id" for many in count],
        geometry=places,
    )


def _unusable(drawn: Drawn) -> Rows:
    null, empty = shapely.is_missing(drawn.shapes), shapely.is_empty(drawn.shapes)
    return [
        row
        for code, which in (("null_geometry", null), ("empty_geometry", empty))
        for row in rows(
            code, "error", parcel_id=drawn.ids[which], message="the row has no geometry"
        )
    ]


def _invalid(drawn: Drawn) -> Rows:
    bad = drawn.invalid
    reasons = shapely.is_valid_reason(drawn.shapes[bad])
    return rows(
        "invalid_geometry",
        "error",
        parcel_id=drawn.ids[bad],
        message=reasons,
        geometry=[_place(reason) for reason in reasons],
    )


def _place(reason: str) -> shapely.Point | None:
    """Point that GEOS names in the reason."""
    found = re.search(r"\[(\S+) (\S+)[^\]]*\]$", reason)
    try:
        point = shapely.Point(float(found[1]), float(found[2])) if found else None
    except ValueError:
        return None
    return (
        point if point is not None and np.isfinite(shapely.get_coordinates(point)).all() else None
    )


def _slivers(drawn: Drawn, parameters: Parameters) -> Rows:
    width = 2 * shapely.area(drawn.sound) / shapely.length(drawn.sound)
    thin = width < parameters.sliver_width_m
    return rows(
        "sliver",
        "warning",
        parcel_id=drawn.ids[thin],
        value=width[thin],
        unit="m",
        message=[f"{w:.3f} m wide on average" for w in width[thin]],
        geometry=drawn.sound[thin],
    )


def _recorded(drawn: Drawn, parameters: Parameters) -> Rows:
    recorded = drawn.recorded_m2
    if np.isnan(recorded).all():
        return []
    sound = gpd.GeoSeries(drawn.sound, crs=drawn.crs)
    area = areas_m2(sound, basis=parameters.area_basis).to_numpy()
    ratio = np.divide(area, recorded, out=np.full(len(area), np.nan), where=recorded > 0)
    off = np.abs(ratio - 1) > parameters.recorded_share
    off |= (recorded <= 0) & ~np.isnan(area)
    return rows(
        "recorded_area",
        "warning",
        parcel_id=drawn.ids[off],
        value=ratio[off],
        unit="drawn/recorded",
        message=[
            f"drawn {a:.2f} m², recorded {b:.2f} m²"
            for a, b in zip(area[off], recorded[off], strict=True)
        ],
        geometry=drawn.sound[off],
    )


def _multipart(drawn: Drawn) -> Rows:
    parts = shapely.get_num_geometries(drawn.shapes)
    several = parts > 1
    return rows(
        "multipart",
        "info",
        parcel_id=drawn.ids[several],
        value=parts[several].astype(float),
        message=[f"{many} parts" for many in parts[several]],
        geometry=drawn.shapes[several],
    )
