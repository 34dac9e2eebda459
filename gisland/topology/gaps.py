"""Ground between parcels that belongs to none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gisland.base.phrases import first_of
from gisland.topology.drawn import rows, stack_numbers
from gisland.topology.overlay import robust
from gisland.topology.pieces import pieces
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Geometries, Ids, Rows

LISTED = 5  # parcels named in the message of a gap


def gaps(drawn: Drawn, parameters: Parameters) -> Rows:
    """Findings about holes in the union of all parcels, without what lies in them.

    A hole of at most ``overlap_min_m2`` is hairline; all of these are told together. A larger
    one that a single parcel encloses, none other within 1e-6 m of it, is an ``empty_hole``
    of that parcel whatever its size: it may be an enclave that is not recorded, so it is not to
    be mended. Every other hole is a ``gap`` up to ``gap_max_m2`` and ``enclosed_space`` above. So
    a hole of a parcel that others fill is no finding, and what they leave of it is a gap.

    Parameters
    ----------
    drawn
        From `drawn_parcels`.
    parameters
        Uses ``overlap_min_m2`` and ``gap_max_m2``.

    Returns
    -------
    list
        Records for ``schema.findings_frame``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.topology.drawn import drawn_parcels
    >>> ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 16, 16)
    >>> filler = shapely.box(10, 10, 16, 15)
    >>> lots = gpd.GeoDataFrame(geometry=[ring, filler], index=["a", "b"], crs=4547)
    >>> for some in (lots, lots.loc[["a"]]):
    ...     found = gaps(drawn_parcels(some, mend=True), Parameters())
    ...     print([(row["code"], row.get("parcel_id"), float(row["value"])) for row in found])
    [('gap', None, 6.0)]
    [('empty_hole', 'a', 36.0)]
    """
    ids, shapes = drawn.with_polygon()
    holes = _holes(shapes)
    area = shapely.area(holes)
    order = np.lexsort((*shapely.bounds(holes).T[::-1], area))
    holes, area = holes[order], area[order]
    hairline = area <= parameters.overlap_min_m2
    found = _hairlines(area[hairline], limit_m2=parameters.overlap_min_m2)
    holes, area = holes[~hairline], area[~hairline]
    around = _around(holes, shapes)
    owner = _only_one(around, shapes, len(holes))
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
    message = f"{len(area)} gaps of at most {limit_m2:g} m² each"
    return rows("hairline_gaps", "info", value=[float(area.sum())], unit="m2", message=message)


def _holes(shapes: Geometries) -> Geometries:
    """Holes in the union, without what lies in them."""
    parts = shapely.get_parts(_united(shapes))
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.diff(part, prepend=-1) == 0  # the first ring of a part is its shell
    holes = shapely.polygons(rings[inner])
    within, island = shapely.STRtree(parts).query(holes, predicate="contains")
    filled = shapely.polygons(rings[~inner][island])
    islands = np.full(len(holes), None, dtype=object)
    shapely.multipolygons(filled, indices=within, out=islands)
    some = np.unique(within)
    inside = shapely.union_all(islands[some][:, None], axis=1)  # islands may lie in islands
    holes[some] = shapely.difference(holes[some], inside)
    return holes


def _united(shapes: Geometries) -> Geometries:
    """Union of the polygons: one, or one of each group that lies apart from the others."""
    links = shapely.STRtree(shapes).query(shapely.box(*shapely.bounds(shapes).T))
    size = len(shapes)
    met = sparse.coo_array((np.ones(links.shape[1], dtype=bool), links), shape=(size, size))
    group = csgraph.connected_components(met, directed=False)[1]
    many = np.bincount(group, minlength=1)
    if 2 * many.max() > size:  # to take a few out would save nothing
        return np.array([robust(shapely.union_all, shapes)], dtype=object)
    alone = many[group] == 1
    order = np.argsort(group[~alone], kind="stable")
    several = shapes[~alone][order]
    begin = np.flatnonzero(np.diff(group[~alone][order])) + 1
    unions = [robust(shapely.union_all, some) for some in np.split(several, begin)]
    return np.concatenate([shapes[alone], unions])


def _around(holes: Geometries, shapes: Geometries) -> pd.DataFrame:
    """Columns ``hole`` and ``parcel``: the polygons that each hole lies beside."""
    parts = pieces(shapes)
    hole, part = shapely.STRtree(parts.shapes).query(holes, predicate="dwithin", distance=EXACT_M)
    pairs = pd.DataFrame({"hole": hole, "parcel": parts.of[part]})
    return pairs.drop_duplicates().sort_values(["hole", "parcel"], ignore_index=True)


def _only_one(around: pd.DataFrame, shapes: Geometries, count: int) -> np.ndarray:
    """Polygon that alone encloses each hole, the first of a stack; -1 where there are several."""
    owner = np.full(count, -1)
    alike = _agreeing(around, shapely.area(shapes)[around["parcel"]])
    beside, place = np.unique(alike["parcel"], return_inverse=True)
    alike = _agreeing(alike, stack_numbers(shapes[beside])[place])
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
    lists = named.groupby("hole")["id"].apply(lambda a: sorted(set(a))).to_dict()
    shown = [first_of(lists.get(hole, []), most=LISTED) for hole in holes]
    return [f"hole between parcels {names}" for names in shown]
