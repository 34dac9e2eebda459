"""Vertices that ought to lie on the boundary of a neighbor and lie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.drawn import rows
from gisland.topology.rings import numbers
from gisland.topology.vertices import EXACT_M, near_vertices

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Rows
    from gisland.topology.ground import Ground
    from gisland.topology.rings import Bools, Floats, Geometries, Ints
    from gisland.topology.vertices import NearVertices

LEAVING = 2  # a side that leaves the neighbor does so within so many distances of the vertex


def mismatches(ground: Ground, parameters: Parameters) -> Rows:
    """Findings about vertices near, but not on, the boundary of another parcel.

    A vertex counts if it lies more than 1e-6 m and at most ``near_miss_m`` off that boundary, and
    either inside the other parcel or with nobody's ground between: a vertex across a strip of
    its own or a third parcel does not count.

    Of two parcels that meet or overlap, vertices more than ``tolerance_m`` off are an
    ``unmatched_vertex``: one row for both sides, whose value is the largest distance. Left out
    are vertices outside the neighbor where the boundary just leaves it: the vertex before or
    after is within ``tolerance_m`` of the neighbor and at most twice the distance away. All
    vertices not more than ``tolerance_m`` off, whether or not the parcels meet, are told together
    as ``hairline_vertices``.

    Parameters
    ----------
    ground
        From `ground_of`, with a reach of ``near_miss_m``.
    parameters
        Uses ``near_miss_m`` and ``tolerance_m``.

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
    >>> corners = [(10, 0), (20, 0), (20, 10), (10, 10), (10.2, 5)]
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.Polygon(corners)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> ground = ground_of(drawn_parcels(lots, mend=True), reach_m=0.3)
    >>> found = findings_together(mismatches(ground, Parameters()), crs=4547)
    >>> found[["code", "other_id", "value"]].round(2).values.tolist()
    [['unmatched_vertex', 'b', 0.2]]
    """
    near = near_vertices(ground.vertices, reach_m=parameters.near_miss_m)
    inside, free = _halfway(ground, near)
    hairline = near.distance_m <= parameters.tolerance_m
    among = hairline & (inside | free)
    free = free & ~hairline
    free[free] = ~_leaving(ground, _taken(near, free), tolerance_m=parameters.tolerance_m)
    wide = _taken(near, free | (inside & ~hairline))
    i, j = np.minimum(wide.polygon, wide.other), np.maximum(wide.polygon, wide.other)
    met = np.flatnonzero(ground.meet_at(i, j))
    met = met[np.lexsort((met, j[met], i[met]))]
    wide, i, j = _taken(wide, met), i[met], j[met]
    first = np.flatnonzero(np.diff(i, prepend=-1) | np.diff(j, prepend=-1))
    count = np.diff(first, append=len(met))
    most = np.maximum.reduceat(wide.distance_m, first) if len(first) else wide.distance_m
    found = rows(
        "unmatched_vertex",
        "warning",
        parcel_id=ground.ids[i[first]],
        other_id=ground.ids[j[first]],
        value=most,
        unit="m",
        message=[
            f"vertices of one parcel beside the other's boundary: {many}, up to {m:.3f} m off"
            for many, m in zip(count.tolist(), most.tolist(), strict=True)
        ],
        geometry=_marked(wide.xy, count),
    )
    return found + _hairlines(_taken(near, among), parameters=parameters)


def _marked(xy: Floats, count: Ints) -> Geometries:
    """A point, or a multipoint, for each run of so many coordinates."""
    spots = shapely.points(xy)
    group = np.repeat(np.arange(len(count)), count)
    several = count[group] > 1
    marks = np.full(len(count), None, dtype=object)
    marks[group[~several]] = spots[~several]
    shapely.multipoints(spots[several], indices=group[several], out=marks)
    return marks


def _hairlines(near: NearVertices, *, parameters: Parameters) -> Rows:
    if len(near.other) == 0:
        return []
    many = numbers(near.xy).max() + 1
    told = "1 vertex" if many == 1 else f"{many} vertices"
    message = f"{told} at most {parameters.tolerance_m:g} m beside another parcel's boundary"
    return rows(
        "hairline_vertices",
        "info",
        value=[near.distance_m.max()],
        unit="m",
        message=message,
    )


def _taken(near: NearVertices, which: Bools | Ints) -> NearVertices:
    names = type(near).__dataclass_fields__
    return type(near)(*(getattr(near, name)[which] for name in names))


def _halfway(ground: Ground, near: NearVertices) -> tuple[Bools, Bools]:
    """Whether halfway to the other's boundary is ground of the other, and whether nobody's."""
    inside, free = np.zeros((2, len(near.other)), dtype=bool)
    free[:] = True
    if len(near.other):
        at, stack = ground.holders((near.xy + near.nearest) / 2, reach_m=EXACT_M)
        free[at] = False
        inside[at[ground.stacks.stack[near.other[at]] == stack]] = True
    return inside, free


def _leaving(ground: Ground, near: NearVertices, *, tolerance_m: float) -> Bools:
    """Whether the vertex comes right after one where its boundary leaves the other's."""
    rings, following = ground.vertices.rings, ground.vertices.rings.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    at = ground.vertices.place(near.point, near.polygon)
    others, other = np.unique(near.other, return_inverse=True)
    edges = shapely.boundary(ground.shapes[others])
    shapely.prepare(edges)  # each once: a street may be the other of very many
    result = np.zeros(len(near.other), dtype=bool)
    for side in (before[at], following[at]):
        step = np.hypot(*(rings.xy[side] - near.xy).T)
        close = np.flatnonzero(step <= LEAVING * near.distance_m)
        spots = shapely.points(rings.xy[side[close]])
        result[close] |= shapely.dwithin(edges[other[close]], spots, tolerance_m)
    return result
