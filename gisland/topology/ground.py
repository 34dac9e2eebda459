"""What the checks of neighbors have in common: which polygons meet, or are within reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import in_threads, spread
from gisland.topology.boundary import line_grid
from gisland.topology.meeting import how_they_meet
from gisland.topology.meeting_loops import TOUCHING, UNSURE
from gisland.topology.near_loops import Grid, holders
from gisland.topology.pieces import Pieces, pieces
from gisland.topology.rings import held, unroll
from gisland.topology.stacks import Stacks, stacks_of
from gisland.topology.vertices import EXACT_M, Points, edges_of, points

if TYPE_CHECKING:
    from gisland.topology.drawn import Drawn, Ids
    from gisland.topology.rings import Bools, Floats, Geometries, Ints
    from gisland.topology.segments import Positions


@dataclass(frozen=True)
class Ground:
    """The valid polygons of a layer, and how those within reach of each other meet.

    Attributes
    ----------
    ids
        Of the polygons, (n,).
    shapes
        The polygons, (n,).
    vertices
        Their distinct vertices.
    stacks
        Those that are drawn the same.
    parts
        One polygon of each stack, the large ones cut in pieces; `of` are stacks.
    touching
        Pairs of stacks that have a vertex in common and no ground, (2, k).
    a, b
        All other pairs of pieces within reach of each other, sorted by their stacks, the lower
        stack first.
    distance_m
        Between these pieces.
    first
        Where the pieces of a new pair of stacks begin.
    least_m
        Distance of the two stacks of that pair.
    meet
        Whether they have a point in common.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.drawn import drawn_parcels
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9), shapely.box(12.2, 0, 20, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> ground = ground_of(drawn_parcels(lots, mend=True), reach_m=0.3)
    >>> ground.touching.T.tolist(), ground.parts.of[[ground.a, ground.b]].T.tolist()
    ([[0, 1]], [[1, 2]])
    """

    ids: Ids
    shapes: Geometries
    vertices: Points
    stacks: Stacks
    parts: Pieces
    touching: Ints
    a: Ints
    b: Ints
    distance_m: Floats
    first: Ints
    least_m: Floats
    meet: Bools

    @property
    def pairs(self) -> Ints:
        """Pairs of stacks that are within reach and do not just touch.

        Returns
        -------
        numpy.ndarray
            (2, len(first)), the lower stack first.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from gisland.topology.drawn import drawn_parcels
        >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(8, 0, 12, 9)]
        >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
        >>> ground_of(drawn_parcels(lots, mend=True), reach_m=0.3).pairs.tolist()
        [[0], [1]]
        """
        return self.parts.of[np.stack([self.a[self.first], self.b[self.first]])]

    @cached_property
    def meetings(self) -> Ints:
        """Pairs of different stacks that have a point in common.

        Returns
        -------
        numpy.ndarray
            (2, k), the lower stack first.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from gisland.topology.drawn import drawn_parcels
        >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9)]
        >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
        >>> ground_of(drawn_parcels(lots, mend=True), reach_m=0.3).meetings.tolist()
        [[0], [1]]
        """
        return np.concatenate([self.touching, self.pairs[:, self.meet]], axis=1)

    def meet_at(self, i: Ints, j: Ints) -> Bools:
        """Whether two polygons have a point in common.

        Parameters
        ----------
        i, j
            Positions of polygons, (k,).

        Returns
        -------
        numpy.ndarray
            Bool, (k,).

        Examples
        --------
        >>> import geopandas as gpd
        >>> from gisland.topology.drawn import drawn_parcels
        >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9)]
        >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
        >>> ground = ground_of(drawn_parcels(lots, mend=True), reach_m=0.3)
        >>> ground.meet_at(np.array([1, 0]), np.array([0, 0])).tolist()
        [True, True]
        """
        one, two = self.stacks.stack[np.stack([i, j])]
        count = len(self.stacks.first)
        known = np.sort(self.meetings[0] * count + self.meetings[1])
        asked = np.minimum(one, two) * count + np.maximum(one, two)
        return (one == two) | held(known, asked)

    def holders(self, spots: Floats, *, reach_m: float) -> tuple[Ints, Ints]:
        """Stacks in which points lie.

        Parameters
        ----------
        spots
            Points in metres, (k, 2), k above 0.
        reach_m
            Points so near to a boundary count as well; if it is negative, they do not.

        Returns
        -------
        at : numpy.ndarray
            Which of the points, in no order; perhaps more than once.
        stack : numpy.ndarray
            The stack of each.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from gisland.topology.drawn import drawn_parcels
        >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9)]
        >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
        >>> ground = ground_of(drawn_parcels(lots, mend=True), reach_m=0.3)
        >>> spots = np.array([[20.0, 0.0], [4.0, 4.0]])
        >>> [found.tolist() for found in ground.holders(spots, reach_m=0.1)]
        [[1], [0]]
        """
        box = shapely.bounds(self.parts.shapes)
        cell_m = max(float((box[:, 2:] - box[:, :2]).mean()), EXACT_M)
        grid = Grid(*line_grid(np.hstack([spots, spots]), cell_m=cell_m), cell_m, len(spots))
        rings = unroll(self.parts.shapes)
        begin = np.searchsorted(rings.of, np.arange(len(box) + 1)).astype(np.int32)
        edges = edges_of(rings, rings.of)

        def work(first: int, last: int) -> tuple[Positions, Positions]:
            return holders(spots, edges, begin, box, grid, reach_m, first, last)

        at, part = np.concatenate(in_threads(work, count=len(box)), axis=1)
        return at.astype(np.int64), self.parts.of[part]


def ground_of(drawn: Drawn, *, reach_m: float) -> Ground:
    """Find out which polygons meet, or are within reach.

    Parameters
    ----------
    drawn
        From `drawn_parcels`.
    reach_m
        Farthest distance, in metres.

    Returns
    -------
    Ground
        Of the rows that have a valid polygon.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.drawn import drawn_parcels
    >>> shapes = [None, shapely.box(0, 0, 9, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> ground_of(drawn_parcels(lots, mend=True), reach_m=0.3).ids.tolist()
    ['b']
    """
    ids, shapes = drawn.with_polygon()
    vertices, stacks = points(shapes), stacks_of(shapes)
    kinds = shapes[stacks.first]
    parts = pieces(kinds)
    a, b = _candidates(parts, reach_m=reach_m)
    told = how_they_meet(vertices, shapes, stacks.first[parts.of[[a, b]]], reach_m=reach_m)
    touching = parts.of[[a, b]][:, told == TOUCHING]
    a, b = a[told == UNSURE], b[told == UNSURE]
    distance = spread(shapely.distance, parts.shapes[a], parts.shapes[b])
    near = distance <= reach_m
    a, b, distance = a[near], b[near], distance[near]
    order = np.lexsort((b, a, parts.of[b], parts.of[a]))
    a, b, distance = a[order], b[order], distance[order]
    i, j = parts.of[a], parts.of[b]
    first = np.flatnonzero(np.diff(i, prepend=-1) | np.diff(j, prepend=-1))
    least = np.minimum.reduceat(distance, first) if len(first) else distance
    meet = least == 0
    # distances, and the edges of pieces, are rounded: ask the wholes whether they meet
    unsure = np.flatnonzero(~meet & (least <= EXACT_M))
    i, j = i[first[unsure]], j[first[unsure]]
    meet[unsure] = shapely.intersects(kinds[i], kinds[j])
    polygons = (ids, shapes, vertices, stacks, parts, touching)
    return Ground(*polygons, a, b, distance, first, least, meet)


def _candidates(parts: Pieces, *, reach_m: float) -> tuple[Ints, Ints]:
    """Pairs of pieces of different polygons whose boxes are within reach, each pair once."""
    boxes = shapely.bounds(parts.shapes) + reach_m * np.array([-1, -1, 1, 1])
    tree = shapely.STRtree(parts.shapes)
    tree.query(shapely.box(0, 0, 0, 0))  # the first query builds the tree

    def work(begin: int, stop: int) -> Ints:
        a, b = tree.query(shapely.box(*boxes[begin:stop].T))
        a += begin
        kept = parts.of[a] < parts.of[b]
        return np.stack([a[kept], b[kept]])

    a, b = np.concatenate(in_threads(work, count=len(boxes)), axis=1)
    return a, b
