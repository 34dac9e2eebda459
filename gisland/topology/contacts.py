"""Two parcels on the same ground, or beside each other without meeting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.base.threads import spread
from gisland.topology.drawn import rows
from gisland.topology.overlay import robust
from gisland.topology.rings import held
from gisland.topology.vertices import EXACT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Geometries, Rows
    from gisland.topology.ground import Ground

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LEAST_SHARE = 0.01  # of an overlap, to be worth a word


def contacts(ground: Ground, parameters: Parameters) -> Rows:
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
    ground
        From `ground_of`, with a reach of ``near_miss_m``.
    parameters
        Uses ``overlap_min_m2`` and ``tolerance_m``.

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
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(8, 0, 12, 9), shapely.box(12.2, 0, 20, 9)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> ground = ground_of(drawn_parcels(lots, mend=True), reach_m=0.3)
    >>> found = findings_together(contacts(ground, Parameters()), crs=4547)
    >>> found[["code", "other_id", "value"]].round(2).values.tolist()
    [['near_miss', 'c', 0.2], ['overlap', 'b', 9.0]]
    """
    common = _Common.of(ground)
    pairs = _Pairs.of(ground, common)
    size, outline = shapely.area(ground.shapes), shapely.length(ground.shapes)
    apart = size[pairs.i] + size[pairs.j] - 2 * pairs.area_m2
    around = (outline[pairs.i] + outline[pairs.j]) / 2
    same = pairs.meet & (apart <= EXACT_M * around)
    nearly = apart <= parameters.tolerance_m * around
    over = pairs.meet & ~same & (pairs.area_m2 > parameters.overlap_min_m2)
    overlaps = pairs.take(over)
    shared = common.shapes(overlaps.number)
    return [
        *_duplicates(ground, pairs.take(same)),
        *_overlaps(ground, overlaps, nearly=nearly[over], shared=shared),
        *_misses(ground, pairs.take(~pairs.meet), parameters=parameters),
    ]


@dataclass(frozen=True)
class _Common:
    """Ground that two pieces have in common, sorted by pair of stacks."""

    at: Ints  # in `Ground.a` and `Ground.b`
    pair: Ints  # in `Ground.first`
    ground: Geometries
    area_m2: Floats

    @classmethod
    def of(cls, ground: Ground) -> _Common:
        over = np.flatnonzero(ground.distance_m == 0)
        small, a, b = ground.parts.shapes, ground.a[over], ground.b[over]
        apart = spread(shapely.touches, small[a], small[b])
        over, a, b = over[~apart], a[~apart], b[~apart]
        both = spread(partial(robust, shapely.intersection), small[a], small[b])
        area = shapely.area(both)
        # a contained polygon has its own area, to the bit
        inside = spread(shapely.contains_properly, small[b], small[a])
        area[inside] = shapely.area(small[a[inside]])
        inside = spread(shapely.contains_properly, small[a], small[b])
        area[inside] = shapely.area(small[b[inside]])
        pair = np.searchsorted(ground.first, over, side="right") - 1
        return cls(over, pair, both, area)

    def by_pair(self, ground: Ground) -> Floats:
        """Square metres that each pair of stacks has in common."""
        area = np.zeros(len(ground.a))
        area[self.at] = self.area_m2
        return np.add.reduceat(area, ground.first) if len(area) else area

    def shapes(self, number: Ints) -> Geometries:
        """Polygon or multipolygon that each of some pairs has in common."""
        wanted, place = np.unique(number, return_inverse=True)
        hit = np.flatnonzero((self.area_m2 > 0) & held(wanted, self.pair))
        of = np.searchsorted(wanted, self.pair[hit])
        grounds = np.full(len(wanted), None, dtype=object)
        grounds[of] = self.ground[hit]
        plain = shapely.get_type_id(grounds) == shapely.GeometryType.POLYGON
        plain &= np.bincount(of, minlength=len(wanted)) == 1
        rest = ~plain[of]
        # points and lines, where two also touch, are no common ground
        polygons, at = shapely.get_parts(self.ground[hit[rest]], return_index=True)
        areal = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
        several = np.full(len(wanted), None, dtype=object)
        shapely.multipolygons(polygons[areal], indices=of[rest][at[areal]], out=several)
        grounds[~plain] = robust(partial(shapely.union_all, axis=1), several[~plain, None])
        return grounds[place]


@dataclass(frozen=True)
class _Pairs:
    """Two polygons each, ``i`` before ``j``: whether they meet, their overlap and distance."""

    i: Ints
    j: Ints
    meet: Bools
    area_m2: Floats
    distance_m: Floats
    number: Ints  # in `Ground.first`

    @classmethod
    def of(cls, ground: Ground, common: _Common) -> _Pairs:
        area = common.by_pair(ground)
        number, i, j = ground.stacks.every_pair(*ground.pairs)
        return cls(i, j, ground.meet[number], area[number], ground.least_m[number], number)

    def take(self, which: Bools) -> _Pairs:
        return _Pairs(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def _duplicates(ground: Ground, pairs: _Pairs) -> Rows:
    ids, shapes, stacks = ground.ids, ground.shapes, ground.stacks
    leader = stacks.first[stacks.stack]
    copies = np.flatnonzero(leader != np.arange(len(shapes)))
    first = np.concatenate([leader[copies], pairs.i])
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


def _overlaps(ground: Ground, pairs: _Pairs, *, nearly: Bools, shared: Geometries) -> Rows:
    ids, i, j, area = ground.ids, pairs.i, pairs.j, pairs.area_m2
    size, outline = shapely.area(ground.shapes), shapely.length(ground.shapes)
    small, large = np.where(size[i] <= size[j], [i, j], [j, i])
    nearly = nearly & (area > size[large] / 2)  # narrow ones are within any tolerance
    inside = size[small] - area <= EXACT_M * outline[small]
    little = area < LEAST_SHARE * size[small]
    messages = [
        f"two parcels overlap by {m2:.2f} m²"
        + ("" if hardly else f", share {share:.2f} of the smaller")
        for m2, share, hardly in zip(
            area.tolist(), (area / size[small]).tolist(), little.tolist(), strict=True
        )
    ]
    for k in np.flatnonzero(inside):
        messages[k] += f": {ids[small[k]]} is contained in {ids[large[k]]}"
    for k in np.flatnonzero(nearly):
        share = f"share {area[k] / size[large[k]]:.2f} of both: nearly the same polygon"
        messages[k] = f"two parcels overlap by {area[k]:.2f} m², {share}"
    return rows(
        "overlap",
        "warning",
        parcel_id=ids[i],
        other_id=ids[j],
        value=area,
        unit="m2",
        message=messages,
        geometry=shared,
    )


def _misses(ground: Ground, pairs: _Pairs, *, parameters: Parameters) -> Rows:
    hairline = pairs.distance_m <= parameters.tolerance_m
    wide = pairs.take(~hairline)
    found = rows(
        "near_miss",
        "warning",
        parcel_id=ground.ids[wide.i],
        other_id=ground.ids[wide.j],
        value=wide.distance_m,
        unit="m",
        message=[f"two parcels miss each other by {d:.3f} m" for d in wide.distance_m.tolist()],
        geometry=_between(ground, wide.number),
    )
    if hairline.any():
        many, limit = int(hairline.sum()), parameters.tolerance_m
        told = "1 pair of parcels misses" if many == 1 else f"{many} pairs of parcels miss"
        found += rows(
            "hairline_misses",
            "info",
            value=[pairs.distance_m[hairline].max()],
            unit="m",
            message=f"{told} each other by at most {limit:g} m",
        )
    return found


def _between(ground: Ground, number: Ints) -> Geometries:
    """Shortest line between the two polygons of each of the pairs."""
    first, count = ground.first, len(ground.a)
    pair = np.repeat(np.arange(len(first)), np.diff(first, append=count))
    nearest = np.lexsort((ground.distance_m, pair))[first][number]
    small = ground.parts.shapes
    return spread(shapely.shortest_line, small[ground.a[nearest]], small[ground.b[nearest]])
