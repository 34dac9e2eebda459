"""Two parcels on the same ground, or beside each other without meeting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisland.topology.drawn import rows, stack_numbers
from gisland.topology.overlay import pair_areas, robust
from gisland.topology.pieces import pieces
from gisland.topology.segments import ranges
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Geometries, Ids, Rows
    from gisland.topology.pieces import Pieces

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LEAST_SHARE = 0.01  # of an overlap, to be worth a word


def contacts(drawn: Drawn, parameters: Parameters) -> Rows:
    """Findings about two parcels: duplicates, overlaps and near misses.

    Two polygons are the same (``duplicate_geometry``) if their boundaries lie within 1e-6 m of
    each other on average, however they are drawn: with another start or direction, or with more
    vertices on the same lines. Of a stack, each copy is told once, beside the first.

    Every other two parcels with more than ``overlap_min_m2`` in common are an ``overlap``. Its
    message gives the share of the smaller parcel from 0.01 on, and says so if one is contained in
    the other, or if the two are nearly the same (boundaries within ``tolerance_m`` on average).

    Two parcels without a common point, at most ``near_miss_m`` from each other, are a
    ``near_miss``; those not farther than ``tolerance_m``, which count as neighbors all the same,
    are told together as ``hairline_misses``.

    Parameters
    ----------
    drawn
        From `drawn_parcels`.
    parameters
        Uses ``overlap_min_m2``, ``tolerance_m`` and ``near_miss_m``.

    Returns
    -------
    list
        Records for ``schema.findings_frame``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.topology.drawn import drawn_parcels
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(8, 0, 12, 9), shapely.box(12.2, 0, 20, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> found = contacts(drawn_parcels(lots, mend=True), Parameters())
    >>> [(row["code"], row["other_id"], float(row["value"].round(2))) for row in found]
    [('overlap', 'b', 9.0), ('near_miss', 'c', 0.2)]
    """
    ids, shapes = drawn.with_polygon()
    stacks = _Stacks.of(shapes)
    ground = _Ground.of(shapes[stacks.first], reach_m=parameters.near_miss_m)
    pairs = stacks.every_pair(ground.pairs(shapes[stacks.first]))
    size, outline = shapely.area(shapes), shapely.length(shapes)
    apart = size[pairs.i] + size[pairs.j] - 2 * pairs.area_m2
    around = (outline[pairs.i] + outline[pairs.j]) / 2
    same = pairs.meet & (apart <= EXACT_M * around)
    nearly = apart <= parameters.tolerance_m * around
    over = pairs.meet & ~same & (pairs.area_m2 > parameters.overlap_min_m2)
    return [
        *_duplicates(ids, shapes, stacks=stacks, pairs=pairs.take(same)),
        *_overlaps(ids, shapes, pairs=pairs.take(over), nearly=nearly[over], ground=ground),
        *_misses(ids, pairs.take(~pairs.meet), ground=ground, parameters=parameters),
    ]


@dataclass(frozen=True)
class _Pairs:
    """Two polygons each, ``i`` before ``j``: whether they meet, their overlap and distance."""

    i: Ints
    j: Ints
    meet: Bools
    area_m2: Floats
    distance_m: Floats
    number: Ints  # by which `_Ground` knows the pair

    def take(self, which: Bools | Ints) -> _Pairs:
        return _Pairs(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Stacks:
    """Polygons that are drawn the same up to start and direction, as one each."""

    stack: Ints  # of each polygon
    first: Ints  # polygon of each stack, ascending
    order: Ints  # polygons by stack
    size: Ints  # of each stack

    @classmethod
    def of(cls, shapes: Geometries) -> _Stacks:
        stack = stack_numbers(shapes)
        _, first, size = np.unique(stack, return_index=True, return_counts=True)
        return cls(stack, first, np.argsort(stack, kind="stable"), size)

    @property
    def copies(self) -> Ints:
        return np.flatnonzero(self.first[self.stack] != np.arange(len(self.stack)))

    def every_pair(self, pairs: _Pairs) -> _Pairs:
        """Pairs of all polygons in place of pairs of stacks."""
        begin = np.cumsum(self.size) - self.size
        many = self.size[pairs.i] * self.size[pairs.j]
        each = pairs.take(np.repeat(np.arange(len(pairs.i)), many))
        nth = ranges(np.zeros(len(many), dtype=np.int64), many)
        one = self.order[begin[each.i] + nth // self.size[each.j]]
        two = self.order[begin[each.j] + nth % self.size[each.j]]
        return replace(each, i=np.minimum(one, two), j=np.maximum(one, two))


@dataclass(frozen=True)
class _Ground:
    """Pieces of polygons within reach of each other, two each, sorted by the pair they are of."""

    parts: Pieces
    a: Ints
    b: Ints
    area_m2: Floats
    distance_m: Floats

    @classmethod
    def of(cls, shapes: Geometries, *, reach_m: float) -> _Ground:
        parts = pieces(shapes)
        small = parts.shapes
        around = shapely.box(*(shapely.bounds(small) + reach_m * np.array([-1, -1, 1, 1])).T)
        a, b = shapely.STRtree(small).query(around)
        kept = parts.of[a] < parts.of[b]
        a, b = a[kept], b[kept]
        distance = shapely.distance(small[a], small[b])
        kept = distance <= reach_m
        a, b, distance = a[kept], b[kept], distance[kept]
        order = np.lexsort((b, a, parts.of[b], parts.of[a]))
        a, b, distance = a[order], b[order], distance[order]
        area = np.zeros(len(a))
        over = np.flatnonzero(distance == 0)
        over = over[~shapely.touches(small[a[over]], small[b[over]])]
        area[over] = pair_areas(small, small, i=a[over], j=b[over])
        return cls(parts, a, b, area, distance)

    @property
    def first(self) -> Ints:
        """Where a new pair of polygons begins."""
        i, j = self.parts.of[self.a], self.parts.of[self.b]
        return np.flatnonzero(np.diff(i, prepend=-1) | np.diff(j, prepend=-1))

    def pairs(self, shapes: Geometries) -> _Pairs:
        first = self.first
        i, j = self.parts.of[self.a[first]], self.parts.of[self.b[first]]
        near = _each(np.minimum, self.distance_m, first)
        meet = near == 0
        # distances, and the edges of pieces, are rounded: ask the wholes whether they meet
        unsure = np.flatnonzero(~meet & (near <= EXACT_M))
        meet[unsure] = shapely.intersects(shapes[i[unsure]], shapes[j[unsure]])
        area = _each(np.add, self.area_m2, first)
        return _Pairs(i, j, meet, area, near, np.arange(len(first)))

    def between(self, number: Ints) -> Geometries:
        """Shortest line between the two polygons of each of the pairs."""
        pair = np.repeat(np.arange(len(self.first)), np.diff(self.first, append=len(self.a)))
        nearest = np.lexsort((self.distance_m, pair))[self.first][number]
        small = self.parts.shapes
        return shapely.shortest_line(small[self.a[nearest]], small[self.b[nearest]])

    def common(self, number: Ints) -> Geometries:
        """Polygon or multipolygon that each of the pairs has in common."""
        wanted, place = np.unique(number, return_inverse=True)
        pair = np.repeat(np.arange(len(self.first)), np.diff(self.first, append=len(self.a)))
        hit = (self.area_m2 > 0) & np.isin(pair, wanted)
        small = self.parts.shapes
        both = robust(shapely.intersection, small[self.a[hit]], small[self.b[hit]])
        # points and lines, where two also touch, are no common ground
        polygons, at = shapely.get_parts(both, return_index=True)
        areal = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
        of = np.searchsorted(wanted, pair[hit][at[areal]])
        grounds = np.full(len(wanted), None, dtype=object)
        shapely.multipolygons(polygons[areal], indices=of, out=grounds)
        return robust(partial(shapely.union_all, axis=1), grounds[:, None])[place]


def _each(operation: np.ufunc, values: NDArray[Any], first: Ints) -> NDArray[Any]:
    """The operation over each run of values that begins at `first`."""
    return operation.reduceat(values, first) if len(first) else values[:0]


def _duplicates(ids: Ids, shapes: Geometries, *, stacks: _Stacks, pairs: _Pairs) -> Rows:
    copies = stacks.copies
    first = np.concatenate([stacks.first[stacks.stack[copies]], pairs.i])
    again = np.concatenate([copies, pairs.j])
    order = np.lexsort((first, again))
    again, at = np.unique(again[order], return_index=True)
    return rows(
        "duplicate_geometry",
        "warning",
        parcel_id=ids[first[order][at]],
        other_id=ids[again],
        value=shapely.area(shapes[again]),
        unit="m2",
        message="the same polygon twice",
        geometry=shapes[again],
    )


def _overlaps(
    ids: Ids, shapes: Geometries, *, pairs: _Pairs, nearly: Bools, ground: _Ground
) -> Rows:
    i, j, area = pairs.i, pairs.j, pairs.area_m2
    size, outline = shapely.area(shapes), shapely.length(shapes)
    small, large = np.where(size[i] <= size[j], [i, j], [j, i])
    nearly = nearly & (area > size[large] / 2)  # narrow ones are within any tolerance
    inside = size[small] - area <= EXACT_M * outline[small]
    remarks = [f", share {share:.2f} of the smaller" for share in area / size[small]]
    for k in np.flatnonzero(area < LEAST_SHARE * size[small]):
        remarks[k] = ""
    for k in np.flatnonzero(inside):
        remarks[k] += f": {ids[small[k]]} is contained in {ids[large[k]]}"
    for k in np.flatnonzero(nearly):
        share = area[k] / size[large[k]]
        remarks[k] = f", share {share:.2f} of both: nearly the same polygon"
    messages = [
        f"two parcels overlap by {m2:.2f} m²{remark}"
        for m2, remark in zip(area, remarks, strict=True)
    ]
    return rows(
        "overlap",
        "warning",
        parcel_id=ids[i],
        other_id=ids[j],
        value=area,
        unit="m2",
        message=messages,
        geometry=ground.common(pairs.number),
    )


def _misses(ids: Ids, pairs: _Pairs, *, ground: _Ground, parameters: Parameters) -> Rows:
    hairline = pairs.distance_m <= parameters.tolerance_m
    wide = pairs.take(~hairline)
    found = rows(
        "near_miss",
        "warning",
        parcel_id=ids[wide.i],
        other_id=ids[wide.j],
        value=wide.distance_m,
        unit="m",
        message=[f"two parcels miss each other by {d:.3f} m" for d in wide.distance_m],
        geometry=ground.between(wide.number),
    )
    if hairline.any():
        many, limit = hairline.sum(), parameters.tolerance_m
        found += rows(
            "hairline_misses",
            "info",
            value=[pairs.distance_m[hairline].max()],
            unit="m",
            message=f"{many} pairs of parcels miss each other by at most {limit:g} m",
        )
    return found
