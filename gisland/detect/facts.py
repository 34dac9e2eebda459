"""Size, shape and surroundings of every parcel, on which detection rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.crs import areas_m2
from gisland.base.errors import ProjectError
from gisland.base.tables import is_land
from gisland.base.units import m2_to_mu
from gisland.base.verdicts import limits_by_use_class
from gisland.detect.fragments import frontage_m
from gisland.topology.borders import free_boundary
from gisland.topology.opening import narrow_share
from gisland.topology.shape import compactness, elongation, perimeter_m, width_m

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet

AREA_BASES = ("plane", "ellipsoidal")


def shape_facts(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    area_basis: str,
    rules: RuleSet | None = None,
    shore_m: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Add area, perimeter, width, measures of shape, free boundary and frontage.

    Parameters
    ----------
    parcels
        Indexed by parcel id.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    area_basis
        ``plane`` or ``ellipsoidal``.
    rules
        The rule set; widths near its limits are found more finely, and parts of parcels are
        narrow by its ``fragment.min_width``.
    shore_m
        Free boundary at the edge of water, by parcel id, if known.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy with ``area_m2``, ``area_mu``, ``perimeter_m``, ``width_m``, ``compactness``,
        ``elongation``, ``narrow_share``, ``free_m``, ``frontage_m`` and ``frontage_road_m``;
        missing where geometry is missing or invalid. ``narrow_share`` is there only where both
        ``fragment.min_width`` and ``fragment.max_narrow_share`` are in force, and not of roads
        and water.

    Raises
    ------
    ProjectError
        If the basis of areas is unknown.
    GislandError
        If parcels or borders cannot be used; see `free_boundary`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> lot = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 40, 25)], index=pd.Index(["a"], name="parcel_id"), crs=4547
    ... )
    >>> found = shape_facts(lot, borders(lot), area_basis="plane")
    >>> found[["area_m2", "area_mu", "frontage_m"]].values.tolist()
    [[1000.0, 1.5, 130.0]]
    """
    if area_basis not in AREA_BASES:
        do = f"use one of {', '.join(AREA_BASES)}"
        raise ProjectError(f"area_basis is {area_basis!r}", do=do)
    free = free_boundary(parcels, borders)
    shapes = parcels.geometry
    perimeter = perimeter_m(shapes)
    area = areas_m2(shapes, basis=area_basis).where(perimeter.notna())
    found = parcels.assign(area_m2=area, area_mu=m2_to_mu(area), perimeter_m=perimeter)
    least, asked = (
        _limits(found, rules=rules, rule_id=f"fragment.{test}")
        for test in ("min_width", "max_narrow_share")
    )
    width = width_m(shapes, near_m=least)
    return found.assign(
        width_m=width,
        compactness=compactness(shapes),
        elongation=elongation(shapes),
        narrow_share=narrow_share(shapes, width_m=least.where(asked.notna()), known_m=width),
        free_m=free,
    ).join(frontage_m(free, borders, parcels.get("use_class"), shore_m=shore_m))


def _limits(parcels: gpd.GeoDataFrame, *, rules: RuleSet | None, rule_id: str) -> pd.Series:
    """Limit for each parcel that is tested; missing for all others."""
    if rules is None:
        return pd.Series(np.nan, index=parcels.index)
    uses = parcels.get("use_class")
    limits = limits_by_use_class(parcels.index, uses, rules=rules, rule_id=rule_id)
    return limits.where(is_land(parcels))
