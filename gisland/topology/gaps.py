"""Ground between parcels that belongs to none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.phrases import count_of, first_of
from gisland.topology.drawn import rows
from gisland.topology.holes import holes_in
from gisland.topology.segments import ranges
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Geometries, Ids, Rows
    from gisland.topology.ground import Ground

LISTED = 5  # parcels named in the message of a gap


def gaps(ground: Ground, parameters: Parameters) -> Rows:
    """Findings about holes in the union of all parcels, without what lies in them.

    A hole of at most ``overlap_min_m2`` is hairline; all of these are told together. A larger
    one that a single parcel encloses, none other within 1e-6 m of it, is an ``empty_hole``
    of that parcel whatever its size: it may be an enclave that is not recorded, so it is not to
    be mended. Every other hole is a ``gap`` up to ``gap_max_m2`` and ``enclosed_space`` above. So
    a hole of a parcel that others fill is no finding, and what they leave of it is a gap.

    Parameters
    ----------
    ground
        From `ground_of`.
    parameters
        Uses ``overlap_min_m2`` and ``gap_max_m2``.

    Returns
    -------
    list
        Tables for ``schema.findings_together``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.schema import findings_together
    >>> from gisland.topology.drawn import drawn_parcels
    >>> from gisland.topology.ground import ground_of
    >>> ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 16, 16)
    >>> filler = shapely.box(10, 10, 16, 15)
    >>> lots = gpd.GeoDataFrame(geometry=[ring, filler], index=["a", "b"], crs=4547)
    >>> for some in (lots, lots.loc[["a"]]):
    ...     ground = ground_of(drawn_parcels(some, mend=True), reach_m=0.3)
    ...     found = findings_together(gaps(ground, Parameters()), crs=4547)
    ...     print(found[["code", "parcel_id", "value"]].values.tolist())
    [['gap', nan, 6.0]]
    [['empty_hole', 'a', 36.0]]
    """
    ids = ground.ids
    holes = holes_in(ground)
    area = shapely.area(holes)
    order = np.lexsort((*shapely.bounds(holes).T[::-1], area))
    holes, area = holes[order], area[order]
    hairline = area <= parameters.overlap_min_m2
    found = _hairlines(area[hairline], limit_m2=parameters.overlap_min_m2)
    holes, area = holes[~hairline], area[~hairline]
    around = _around(holes, ground)
    owner = _only_one(around, ground, len(holes))
    one = owner >= 0
    gap = ~one & (area <= parameters.gap_max_m2)
    wide = ~one & ~gap
    found += rows(
        "empty_hole",
        "warning",
        parcel_id=ids[owner[one]],
        value=area[one],
        unit="m2",
        message="a hole that no other parcel fills",
        geometry=holes[one],
    )
    found += rows(
        "gap",
        "warning",
        value=area[gap],
        unit="m2",
        message=_between(around, ids, np.flatnonzero(gap)),
        geometry=holes[gap],
    )
    return found + rows(
        "enclosed_space",
        "info",
        value=area[wide],
        unit="m2",
        message="space enclosed by parcels",
        geometry=holes[wide],
    )


def _hairlines(area: np.ndarray, *, limit_m2: float) -> Rows:
    if len(area) == 0:
        return []
    message = f"{count_of(len(area), 'gap')} of at most {limit_m2:g} m² each"
    return rows("hairline_gaps", "info", value=[float(area.sum())], unit="m2", message=message)


def _around(holes: Geometries, ground: Ground) -> pd.DataFrame:
    """Columns ``hole`` and ``parcel``: the polygons that each hole lies beside."""
    parts, stacks = ground.parts, ground.stacks
    hole, part = shapely.STRtree(parts.shapes).query(holes, predicate="dwithin", distance=EXACT_M)
    stack = parts.of[part]
    many = stacks.size[stack]
    begin = np.cumsum(stacks.size) - stacks.size
    parcel = stacks.order[ranges(begin[stack], many)]
    pairs = pd.DataFrame({"hole": np.repeat(hole, many), "parcel": parcel})
    return pairs.drop_duplicates().sort_values(["hole", "parcel"], ignore_index=True)


def _only_one(around: pd.DataFrame, ground: Ground, count: int) -> np.ndarray:
    """Polygon that alone encloses each hole, the first of a stack; -1 where there are several."""
    owner = np.full(count, -1)
    alike = _agreeing(around, ground.stacks.stack[around["parcel"]])
    first = alike.groupby("hole")["parcel"].first()
    owner[first.index] = first
    return owner


def _agreeing(around: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Rows of the holes around which all values are equal."""
    by_hole = around.assign(value=values).groupby("hole")["value"]
    return around[by_hole.transform("min") == by_hole.transform("max")]


def _between(around: pd.DataFrame, ids: Ids, holes: np.ndarray) -> list[str]:
    """Message of each gap, with the first parcels around it."""
    named = around.assign(id=ids[around["parcel"]]).dropna()
    named = named.drop_duplicates(["hole", "id"])  # ids and parcels are in the same order
    first = np.searchsorted(named["hole"], holes)
    many = np.searchsorted(named["hole"], holes, side="right") - first
    names = named["id"].to_list()
    shown = [
        first_of(names[k : k + min(total, LISTED)], most=LISTED, total=total)
        for k, total in zip(first.tolist(), many.tolist(), strict=True)
    ]
    return [f"hole between parcels {names}" for names in shown]
