"""Spatial constraints: exclusions on parcels, and project boundaries around sites, by overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2
from gisland.base.errors import GeometryError
from gisland.base.keys import NOWHERE, aligned, positions
from gisland.base.phrases import count_of
from gisland.base.schema import usable
from gisland.base.tables import lookup
from gisland.topology.overlay import mostly_in, overlap_areas, pair_areas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.base.rule import Rule


def exclusion_facts(
    parcels: gpd.GeoDataFrame, exclusions: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Overlap of every parcel with all exclusion layers together.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    exclusions
        Exclusion layers by name, such as an ecological red line.

    Returns
    -------
    pandas.DataFrame
        ``exclusion_m2``, missing without usable geometry; no column where there is no exclusion
        layer.

    Raises
    ------
    GeometryError
        If an exclusion polygon is invalid: passing it over could let a scrap through.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], index=["a"], crs=4547)
    >>> red = gpd.GeoDataFrame(geometry=[box(9, 0, 99, 99)], index=["r"], crs=4547)
    >>> exclusion_facts(lot, {"red_line": red})["exclusion_m2"].to_dict()
    {'a': 10.0}
    """
    if not exclusions:
        return pd.DataFrame(index=parcels.index)
    shapes = [_valid(layer, name=name) for name, layer in sorted(exclusions.items())]
    union = shapely.union_all(np.concatenate(shapes))
    # part by part: a parcel is cheaper to overlay with one small polygon than with all at once
    parts = gpd.GeoDataFrame(geometry=shapely.get_parts(union), crs=parcels.crs)
    overlap = overlap_areas(parcels, parts).groupby("left_id")["overlap_m2"].sum()
    overlap = aligned(overlap, parcels.index).fillna(0.0)
    return pd.DataFrame({"exclusion_m2": overlap.where(usable(parcels.geometry))})


def _valid(layer: gpd.GeoDataFrame, *, name: str) -> np.ndarray:
    """Geometries of an exclusion layer in the order of their ids."""
    ordered = layer.geometry.sort_index()
    values = ordered.to_numpy()
    invalid = ~shapely.is_missing(values) & ~shapely.is_valid(values)
    if invalid.any():
        raise GeometryError(
            f"exclusions.{name}: {count_of(int(invalid.sum()), 'polygon')} invalid",
            do='mend them, or put "invalid_geometry" into repair of [parameters]',
            ids=ordered.index[invalid],
        )
    return values


def boundary_facts(
    sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame | None, *, area_basis: str
) -> pd.DataFrame:
    """Project boundary that holds at least half of each site, and its area.

    Parameters
    ----------
    sites
        Site polygons before the merge, indexed by site id.
    boundaries
        Project boundaries, or None.
    area_basis
        ``plane`` or ``ellipsoidal``.

    Returns
    -------
    pandas.DataFrame
        ``boundary_id`` and ``boundary_area_m2`` by site id; missing where there is none.

    Examples
    --------
    >>> from shapely import box
    >>> site = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], index=["S"], crs=4547)
    >>> drawn = gpd.GeoDataFrame(geometry=[box(0, 0, 20, 10)], index=["B"], crs=4547)
    >>> boundary_facts(site, drawn, area_basis="plane").values.tolist()
    [['B', 200.0]]
    """
    held = pd.Series(None, index=sites.index, dtype="str", name="boundary_id")
    if boundaries is None or sites.empty:
        return held.to_frame().assign(boundary_area_m2=float("nan"))
    held = mostly_in(sites, boundaries).rename("boundary_id")
    area = lookup(held, areas_m2(boundaries.geometry, basis=area_basis))
    return held.to_frame().assign(boundary_area_m2=area)


def with_boundary_share(
    pairs: gpd.GeoDataFrame,
    boundary_id: pd.Series,
    boundaries: gpd.GeoDataFrame | None,
    *,
    rule: Rule,
) -> gpd.GeoDataFrame:
    """Add what part of each scrap lies inside the project boundary that its site belongs to.

    Parameters
    ----------
    pairs
        Scraps and sites: ``site_id`` and the geometry of the scrap.
    boundary_id
        Of `boundary_facts`, by site id.
    boundaries
        Project boundaries by id, or None.
    rule
        Rule ``scrap.project_boundary``.

    Returns
    -------
    geopandas.GeoDataFrame
        With ``scrap_boundary_share``, 0-1 of the scrap's area, missing where the site belongs to
        no boundary; without the column where there are no boundaries or the rule is off.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> pair = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[box(16, 0, 24, 10)], crs=4547)
    >>> drawn = gpd.GeoDataFrame(geometry=[box(0, 0, 20, 10)], index=["B"], crs=4547)
    >>> rule = replace(load_rules("tianjin-2024")["scrap.project_boundary"], mode="advisory")
    >>> found = with_boundary_share(pair, pd.Series({"S": "B"}), drawn, rule=rule)
    >>> found["scrap_boundary_share"].tolist()
    [0.5]
    """
    if boundaries is None or rule.mode == "off":
        return pairs
    at = positions(lookup(pairs["site_id"], boundary_id), boundaries.index)
    held = np.flatnonzero(at != NOWHERE)
    scraps, drawn = pairs.geometry.to_numpy(), boundaries.geometry.to_numpy()
    share = np.full(len(pairs), np.nan)
    inside = pair_areas(scraps, drawn, i=held, j=at[held])
    share[held] = inside / shapely.area(scraps[held])
    return pairs.assign(scrap_boundary_share=share)
