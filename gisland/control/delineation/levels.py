"""Levels of blocks, and the table of candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.crs import areas_m2
from gisland.base.definitions import AREA_SLACK_M2
from gisland.base.keys import ID_SEPARATOR
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import INDUSTRIAL_USE_CLASSES
from gisland.control.delineation.shapes import sums_by
from gisland.topology.overlay import overlap_areas
from gisland.topology.shape import width_m

if TYPE_CHECKING:
    from pyproj import CRS

    from gisland.base.parameters import Parameters
    from gisland.control.delineation.ground import Floats, Geometries, Ground, Ints

HALF = 0.5  # of the industrial land of a block that makes it one of level 1


def candidates_of(
    ground: Ground,
    block: Ints,
    shapes: Geometries,
    *,
    final: Geometries,
    parameters: Parameters,
    crs: CRS,
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Table of blocks, as yet without level and all kept.

    Parameters
    ----------
    ground
        The land.
    block
        Block of each row, from 0 in the order of the smallest rows; -1 for none.
    shapes, final
        Of the blocks: along the edges of their rows, and with the boundary that is wanted.
    parameters
        ``area_basis``.
    crs
        Of the land.

    Returns
    -------
    candidates : geopandas.GeoDataFrame
        Indexed by ``block_id``: parcels, areas (``area_m2`` of `final`), industrial share of the
        classified land, width, and `final` as geometry.
    edge_m2 : pandas.Series
        Area of `shapes` by block id.

    Examples
    --------
    >>> import shapely
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.control.delineation.ground import ground_of
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial"], "area_m2": [600.0]},
    ...     geometry=[shapely.box(0, 0, 30, 20)],
    ...     index=["a"],
    ...     crs=4547,
    ... )
    >>> ground, given = ground_of(lots, parameters=Parameters()), Parameters()
    >>> shapes = ground.shapes
    >>> table, edge_m2 = candidates_of(
    ...     ground, np.array([0]), shapes, final=shapes, parameters=given, crs=lots.crs
    ... )
    >>> table[["parcels", "industrial_share"]].to_dict("index"), edge_m2.tolist()
    ({'B01': {'parcels': 1, 'industrial_share': 1.0}}, [600.0])
    """
    count = len(shapes)
    ids = block_ids(count)
    basis = parameters.area_basis
    drawn = gpd.GeoSeries(final, index=ids, crs=crs)
    edges = gpd.GeoSeries(shapes, index=ids, crs=crs)
    land = sums_by(block, np.where(ground.classified, ground.area_m2, 0.0), count)
    industry = sums_by(block, np.where(ground.industrial, ground.area_m2, 0.0), count)
    area = areas_m2(drawn, basis=basis)
    table = {
        "parcels": np.bincount(block[block >= 0], minlength=count),
        "area_m2": area,
        "area_mu": m2_to_mu(area),
        "classified_m2": land,
        "industrial_m2": industry,
        "industrial_share": np.divide(industry, land, out=np.full(count, np.nan), where=land > 0),
        "width_m": width_m(edges),
    }
    frame = gpd.GeoDataFrame(pd.DataFrame(table, index=ids), geometry=drawn, crs=crs)
    return frame, areas_m2(edges, basis=basis)


def block_ids(count: int) -> pd.Index:
    """Ids of blocks: B01, B02 and so on, all of the same length.

    Parameters
    ----------
    count
        How many blocks there are.

    Returns
    -------
    pandas.Index
        Named ``block_id``.

    Examples
    --------
    >>> block_ids(2).tolist(), block_ids(100)[0]
    (['B01', 'B02'], 'B001')
    """
    digits = max(2, len(str(count)))
    names = [f"B{n:0{digits}d}" for n in range(1, count + 1)]
    return pd.Index(names, name="block_id", dtype="str")


def levels_by(
    ground: Ground,
    block: Ints,
    edge_m2: pd.Series,
    *,
    parameters: Parameters,
    planned: pd.Series | None,
    parks: gpd.GeoDataFrame | None,
    crs: CRS,
) -> pd.Series:
    """Which tests make each block one of level 1.

    Parameters
    ----------
    ground, block
        See `candidates_of`.
    edge_m2
        Area along the edges of the rows, by block id.
    parameters
        ``block_level_by``, ``block_level1_m2``.
    planned
        Planned use class by id of the land.
    parks
        Polygons of parks.
    crs
        Of the land.

    Returns
    -------
    pandas.Series
        By block id: those of ``size``, ``plan`` and ``parks`` that hold, joined by ``;``; empty
        at level 2. What is not given makes no level.

    Examples
    --------
    >>> import shapely
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.control.delineation.ground import ground_of
    >>> lots = gpd.GeoDataFrame(
    ...     {"use_class": ["industrial"], "area_m2": [600.0]},
    ...     geometry=[shapely.box(0, 0, 30, 20)],
    ...     index=["a"],
    ...     crs=4547,
    ... )
    >>> ground, given = ground_of(lots, parameters=Parameters()), Parameters(block_level1_m2=600.0)
    >>> edge_m2, planned = pd.Series([600.0], index=["B01"]), pd.Series(["logistics"], index=["a"])
    >>> levels_by(
    ...     ground,
    ...     np.array([0]),
    ...     edge_m2,
    ...     parameters=given,
    ...     planned=planned,
    ...     parks=None,
    ...     crs=lots.crs,
    ... ).tolist()
    ['size;plan']
    """
    count = len(edge_m2)
    industry = np.where(ground.industrial, ground.area_m2, 0.0)
    half = HALF * sums_by(block, industry, count)
    held = {"size": edge_m2.to_numpy() + AREA_SLACK_M2 >= parameters.block_level1_m2}
    if planned is not None:
        meant = planned.reindex(ground.ids).isin(INDUSTRIAL_USE_CLASSES).to_numpy()
        held["plan"] = sums_by(block, np.where(meant, industry, 0.0), count) + AREA_SLACK_M2 >= half
    if parks is not None:
        inside = _inside(ground, block, parks, crs=crs)
        held["parks"] = sums_by(block, industry * inside, count) + AREA_SLACK_M2 >= half
    asked = [name for name in ("size", "plan", "parks") if name in parameters.block_level_by]
    told = [
        ID_SEPARATOR.join(name for name in asked if name in held and held[name][at])
        for at in range(count)
    ]
    return pd.Series(told, index=edge_m2.index, dtype="str", name="level_by")


def _inside(ground: Ground, block: Ints, parks: gpd.GeoDataFrame, *, crs: CRS) -> Floats:
    """Share of each industrial row of a block that lies in any park."""
    at = np.flatnonzero(ground.industrial & (block >= 0))
    rows = gpd.GeoDataFrame(geometry=ground.shapes[at], index=at, crs=crs)
    apart = gpd.GeoDataFrame(geometry=parks.geometry, crs=parks.crs)
    whole = apart[apart.is_valid & ~apart.is_empty & apart.geometry.notna()]
    union = gpd.GeoDataFrame(geometry=[whole.union_all()], index=["parks"], crs=parks.crs)
    found = overlap_areas(rows, union)
    share = np.zeros(len(block))
    position = found["left_id"].to_numpy("int64")
    share[position] = found["overlap_m2"] / rows.area.loc[position].to_numpy()
    return share
