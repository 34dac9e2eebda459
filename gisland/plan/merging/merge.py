"""Carry a plan out: merged sites, lineage, and an account of every square metre."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import PlanError
from gisland.base.keys import aligned, among
from gisland.base.phrases import count_of
from gisland.base.schema import MERGED_ROLES
from gisland.base.threads import in_threads
from gisland.topology.hairlines import without_gaps
from gisland.topology.overlay import robust

CONSERVED = 1e-6  # of an area: what cutting or merging may lose or gain by rounding


@dataclass(frozen=True)
class Merged:
    """Sites after the merge, indexed by site id, and the lineage of every parcel.

    Parameters
    ----------
    sites
        Geometry, ``area_before_m2``, ``scrap_area_m2``, ``area_after_m2`` (on the run's area
        basis), ``gap_closed_m2`` and ``overlap_m2`` (plane).
    lineage
        ``parcel_id``, ``after_id``, ``role``, ``area_m2``; every parcel exactly once.
    """

    sites: gpd.GeoDataFrame
    lineage: pd.DataFrame


def merge(
    parcels: gpd.GeoDataFrame,
    members: pd.Series,
    absorbed: pd.Series,
    *,
    tolerance_m: float,
) -> Merged:
    """Merge every site with the scraps it absorbs.

    Hairline gaps up to the tolerance between the pieces of a site are closed and accounted for,
    and so are overlaps: plane area of the pieces = merged area - gaps closed + overlaps, within
    1e-6 relative. Vertices stay where they are, within a tenth of a millimetre where pieces would
    otherwise not join.

    Parameters
    ----------
    parcels
        All parcels, indexed by parcel id, with geometry and ``area_m2``.
    members
        Site id by parcel id, for the parcels inside sites before.
    absorbed
        Site id by parcel id, for the absorbed scraps.
    tolerance_m
        Widest gap that is closed.

    Returns
    -------
    Merged
        Sites sorted by id; lineage sorted by parcel id.

    Raises
    ------
    PlanError
        If area is not conserved, or a scrap is absorbed that is itself part of a site.

    Examples
    --------
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0, 20.0]},
    ...     geometry=[box(0, 0, 10, 10), box(10.02, 0, 12.02, 10)],
    ...     index=pd.Index(["s", "c"], name="parcel_id"),
    ... )
    >>> done = merge(
    ...     lots, pd.Series("S1", index=["s"]), pd.Series("S1", index=["c"]), tolerance_m=0.05
    ... )
    >>> done.sites[["area_after_m2", "gap_closed_m2"]].round(2).values.tolist()
    [[120.0, 0.2]]
    >>> done.lineage[["parcel_id", "after_id", "role"]].values.tolist()
    [['c', 'S1', 'absorbed'], ['s', 'S1', 'site']]
    """
    both = members.index.intersection(absorbed.index)
    if len(both):
        raise PlanError(
            f"plan: {count_of(len(both), 'absorbed parcel')} inside a site already",
            do="take them out of the plan",
            ids=both,
        )
    everyone = pd.concat([members, absorbed]).sort_index()
    pieces = aligned(parcels.geometry, everyone.index).to_numpy()
    of_site = everyone.groupby(everyone).indices
    work = partial(_merged_shape, pieces, ids=everyone.index, tolerance_m=tolerance_m)
    index = pd.Index(sorted(members.unique()), name="site_id", dtype="str")
    tasks = in_threads(
        lambda first, last: [work(of_site[site]) for site in index[first:last]],
        count=len(index),
        least=1,
    )
    shapes = [shape for task in tasks for shape in task]
    area = parcels["area_m2"]
    before = area.loc[members.sort_index().index].groupby(members.sort_index()).sum()
    scrap = area.loc[absorbed.sort_index().index].groupby(absorbed.sort_index()).sum()
    sites = gpd.GeoDataFrame(
        {
            "area_before_m2": before.reindex(index),
            "scrap_area_m2": scrap.reindex(index).fillna(0.0),
            "gap_closed_m2": [s.gap_m2 for s in shapes],
            "overlap_m2": [s.overlap_m2 for s in shapes],
        },
        index=index,
        geometry=gpd.GeoSeries([s.geometry for s in shapes], index=index, crs=parcels.crs),
    )
    sites["area_after_m2"] = sites["area_before_m2"] + sites["scrap_area_m2"]
    lineage = _lineage(parcels, members, absorbed)
    _require_conserved(parcels, sites, lineage)
    return Merged(sites, lineage)


@dataclass(frozen=True)
class _Shape:
    geometry: shapely.Geometry
    gap_m2: float
    overlap_m2: float


def _merged_shape(
    pieces: np.ndarray, rows: np.ndarray, *, ids: pd.Index, tolerance_m: float
) -> _Shape:
    """Union of some pieces, in the order of their ids, with the hairline gaps between closed."""
    parts = pieces[rows]
    union = robust(shapely.union_all, parts)
    overlap = shapely.area(parts).sum() - union.area
    merged = without_gaps(union, parts, tolerance_m=tolerance_m)
    if not merged.is_valid or merged.geom_type not in {"Polygon", "MultiPolygon"}:
        raise PlanError(
            "plan: the pieces of a site do not merge into polygons",
            do="run `gisland check` and mend the findings on these parcels first",
            ids=ids[rows],
        )
    return _Shape(merged, merged.area - union.area, overlap)


def _lineage(parcels: gpd.GeoDataFrame, members: pd.Series, absorbed: pd.Series) -> pd.DataFrame:
    ids = parcels.index.sort_values()
    site = aligned(pd.concat([members, absorbed]), ids)
    area = parcels["area_m2"].reindex(ids)
    role = np.select(
        [among(ids, members.index), among(ids, absorbed.index), area.isna()],
        ["site", "absorbed", "no_geometry"],
        default="kept",
    )
    return pd.DataFrame(
        {
            "parcel_id": ids.to_numpy(),
            "after_id": site.where(site.notna(), ids.to_series()).to_numpy(),
            "role": role,
            "area_m2": area.to_numpy(),
        }
    ).astype({"parcel_id": "str", "after_id": "str", "role": "str"})


def _require_conserved(
    parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, lineage: pd.DataFrame
) -> None:
    """Area in = area out, per site and overall."""
    moved = lineage[lineage["role"].isin(MERGED_ROLES)]
    pieces = aligned(parcels.geometry, pd.Index(moved["parcel_id"])).to_numpy()
    plane = pd.Series(shapely.area(pieces), index=moved["after_id"])
    pieces_m2 = plane.groupby(level=0).sum().reindex(sites.index)
    merged = sites.geometry.area - sites["gap_closed_m2"] + sites["overlap_m2"]
    lost = sites.index[(merged - pieces_m2).abs() > CONSERVED * pieces_m2]
    total_in = parcels["area_m2"].sum()
    kept = lineage.loc[lineage["role"] == "kept", "area_m2"].sum()
    total_out = kept + sites["area_after_m2"].sum()
    if len(lost) or abs(total_in - total_out) > CONSERVED * max(total_in, 1.0):
        raise PlanError(
            f"plan: {total_in:.2f} m² went in and {total_out:.2f} m² came out",
            do="report this with the project file",
            ids=lost,
        )
