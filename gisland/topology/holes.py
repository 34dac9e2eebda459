"""Holes in the union of all polygons, without uniting what cannot have any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gisland.topology.near_loops import SLACK_M
from gisland.topology.rings import held, unroll
from gisland.topology.sharing import loose_edges
from gisland.topology.tracing import traced
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.topology.ground import Ground
    from gisland.topology.rings import Bools, Geometries, Ints

MANY = 50_000  # polygons above which clusters are united one by one, if at all


def holes_in(ground: Ground) -> Geometries:
    """Holes in the union, without what lies in them.

    Polygons that meet make a cluster. The union of a cluster ends where edges are loose: those
    that no other polygon walks the other way. Where these are one simple ring, the union has no
    hole; else the cluster is united with those around. In a large layer, where that would take
    long, the rings that the loose edges form tell the holes, and only where they are not sure is
    the cluster united. Both differ by rounding, and in holes as narrow as that.

    Parameters
    ----------
    ground
        From `ground_of`.

    Returns
    -------
    numpy.ndarray
        Polygons and multipolygons.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.drawn import drawn_parcels
    >>> from gisland.topology.ground import ground_of
    >>> shapes = [shapely.box(0, 0, 9, 9) - shapely.box(2, 2, 4, 4), shapely.box(9, 0, 12, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> shapely.area(holes_in(ground_of(drawn_parcels(lots, mend=True), reach_m=0.3))).tolist()
    [4.0]
    """
    edges, cluster = loose_edges(ground.shapes), _clusters(ground)
    rings = traced(edges, cluster)
    if rings.simple.all():
        return np.empty(0, dtype=object)
    large = len(ground.shapes) > MANY
    plain = rings.sure if large else rings.simple
    group = cluster if large else _groups(ground.shapes)
    united = held(np.unique(group[~plain[cluster]]), group)
    shells, holes = _rings_of(_united(ground.shapes[united], group[united]))
    told = ~held(np.unique(cluster[united]), rings.cluster)
    more = rings.faces[told & rings.hole]
    more = more[~_covered(ground, more)]
    shells = np.concatenate([shells, rings.faces[told & ~rings.hole]])
    return _without_islands(np.concatenate([holes, more]), shells)


def _components(links: Ints, count: int) -> Ints:
    """Number of the component of each thing, where pairs of them are linked."""
    met = sparse.coo_array((np.ones(links.shape[1], dtype=bool), links), shape=(count, count))
    return csgraph.connected_components(met, directed=False)[1].astype(np.int64)


def _clusters(ground: Ground) -> Ints:
    """Number of the cluster of each polygon: those that meet, one after the other."""
    stacks = ground.stacks
    return _components(ground.meetings, len(stacks.first))[stacks.stack]


def _groups(shapes: Geometries) -> Ints:
    """Number of the group of each polygon: those whose boxes meet, one after the other."""
    tree = shapely.STRtree(shapes)
    group = _components(tree.query(shapely.box(*shapely.bounds(shapes).T)), len(shapes))
    if 2 * np.bincount(group).max() > len(shapes):  # to take a few out would save nothing
        group[:] = 0
    return group


def _united(shapes: Geometries, group: Ints) -> Geometries:
    """Polygons of the union of each group."""
    _, number, many = np.unique(group, return_inverse=True, return_counts=True)
    alone = many[number] == 1
    order = np.flatnonzero(~alone)[np.argsort(number[~alone], kind="stable")]
    heap = np.unique(number[order], return_inverse=True)[1]
    return shapely.get_parts(np.concatenate([shapes[alone], unions(shapes[order], heap)]))


def _rings_of(parts: Geometries) -> tuple[Geometries, Geometries]:
    """What the shells, and the holes, of polygons enclose."""
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.diff(part, prepend=-1) == 0  # the first ring of a part is its shell
    faces = shapely.polygons(rings)
    return faces[~inner], faces[inner]


def _covered(ground: Ground, holes: Geometries) -> Bools:
    """Whether some polygon covers the right side of each ring, along its longest edge."""
    covered = np.zeros(len(holes), dtype=bool)
    if len(holes):
        rings = unroll(holes)
        vector = rings.xy[rings.following] - rings.xy
        length = np.hypot(*vector.T)
        longest = np.lexsort((length, rings.ring))[np.flatnonzero(np.diff(rings.ring, append=-1))]
        vector, length = vector[longest], length[longest]
        right = np.stack([vector[:, 1], -vector[:, 0]], axis=1) / length[:, None]
        spots = rings.xy[longest] + vector / 2 + 2 * SLACK_M * right
        covered[ground.holders(spots, reach_m=-SLACK_M)[0]] = True
    return covered


def _without_islands(holes: Geometries, shells: Geometries) -> Geometries:
    """Holes without what lies in them."""
    within, island = shapely.STRtree(shells).query(holes, predicate="contains")
    islands = np.full(len(holes), None, dtype=object)
    shapely.multipolygons(shells[island], indices=within, out=islands)
    some = np.unique(within)
    inside = shapely.union_all(islands[some][:, None], axis=1)  # islands may lie in islands
    result = holes.copy()
    result[some] = shapely.difference(holes[some], inside)
    return result
