"""Vertices that ought to lie on the boundary of a neighbor and lie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.topology.drawn import rows
from gisland.topology.pieces import pieces
from gisland.topology.rings import numbers, unroll
from gisland.topology.vertices import EXACT_M, near_vertices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Geometries, Rows
    from gisland.topology.rings import Bools, Floats, Ints, Rings
    from gisland.topology.vertices import NearVertices

LEAVING = 2  # a side that leaves the neighbor does so within so many distances of the vertex


def mismatches(drawn: Drawn, parameters: Parameters) -> Rows:
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
    drawn
        From `drawn_parcels`.
    parameters
        Uses ``near_miss_m`` and ``tolerance_m``.

    Returns
    -------
    list
        Records for ``schema.findings_frame``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.topology.drawn import drawn_parcels
    >>> corners = [(10, 0), (20, 0), (20, 10), (10, 10), (10.2, 5)]
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.Polygon(corners)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> found = mismatches(drawn_parcels(lots, mend=True), Parameters())
    >>> [(row["code"], row["other_id"], float(round(row["value"], 2))) for row in found]
    [('unmatched_vertex', 'b', 0.2)]
    """
    ids, shapes = drawn.with_polygon()
    near = near_vertices(shapes, reach_m=parameters.near_miss_m)
    inside, free = _ground(shapes, near)
    hairline = near.distance_m <= parameters.tolerance_m
    among = hairline & (inside | free)
    free = free & ~hairline
    free[free] = ~_leaving(shapes, _taken(near, free), tolerance_m=parameters.tolerance_m)
    wide = _taken(near, free | (inside & ~hairline))
    i, j = np.minimum(wide.polygon, wide.other), np.maximum(wide.polygon, wide.other)
    table = pd.DataFrame({"i": i, "j": j, "distance": wide.distance_m, "at": np.arange(len(i))})
    pairs = table[_meet(shapes, i, j)].groupby(["i", "j"])
    count, most = pairs.size(), pairs["distance"].max()
    found = rows(
        "unmatched_vertex",
        "warning",
        parcel_id=ids[most.index.get_level_values("i")],
        other_id=ids[most.index.get_level_values("j")],
        value=most,
        unit="m",
        message=[
            f"vertices of one parcel beside the other's boundary: {many}, up to {m:.3f} m off"
            for many, m in zip(count, most, strict=True)
        ],
        geometry=[_marked(wide.xy[at]) for at in pairs["at"].apply(np.array)],
    )
    return found + _hairlines(_taken(near, among), parameters=parameters)


def _marked(xy: NDArray[np.float64]) -> shapely.Geometry:
    return shapely.points(xy[0]) if len(xy) == 1 else shapely.multipoints(xy)


def _hairlines(near: NearVertices, *, parameters: Parameters) -> Rows:
    if len(near.other) == 0:
        return []
    many = numbers(near.xy).max() + 1
    message = (
        f"{many} vertices at most {parameters.tolerance_m:g} m beside another parcel's boundary"
    )
    return rows(
        "hairline_vertices",
        "info",
        value=[near.distance_m.max()],
        unit="m",
        message=message,
    )


def _taken(near: NearVertices, which: Bools) -> NearVertices:
    names = type(near).__dataclass_fields__
    return type(near)(*(getattr(near, name)[which] for name in names))


def _meet(shapes: Geometries, i: Ints, j: Ints) -> Bools:
    """Whether the two polygons of each pair have a point in common."""
    key, of = np.unique(i * len(shapes) + j, return_inverse=True)
    pairs = np.array(np.divmod(key, max(len(shapes), 1)))
    size = shapely.get_num_coordinates(shapes)[pairs]
    large, small = shapes[np.where(size[0] >= size[1], pairs, pairs[::-1])]
    shapely.prepare(large)
    met = shapely.intersects(large, small)
    shapely.destroy_prepared(large)
    return met[of]


def _ground(shapes: Geometries, near: NearVertices) -> tuple[Bools, Bools]:
    """Whether halfway to the other's boundary is ground of the other, and whether nobody's."""
    middle = (near.xy + near.nearest) / 2
    number = numbers(middle)  # polygons that share a vertex ask about the same place
    spots = np.empty((number.max(initial=-1) + 1, 2))
    spots[number] = middle
    parts = pieces(shapes)
    tree = shapely.STRtree(shapely.points(spots))
    part, at = tree.query(parts.shapes, predicate="dwithin", distance=EXACT_M)
    free = np.ones(len(spots), dtype=bool)
    free[at] = False
    asked, held = number * len(shapes) + near.other, at * len(shapes) + parts.of[part]
    return np.isin(asked, held), free[number]


def _leaving(shapes: Geometries, near: NearVertices, *, tolerance_m: float) -> Bools:
    """Whether the vertex comes right after one where its boundary leaves the other's."""
    polygons = np.unique(near.polygon)
    rings = unroll(shapes[polygons])
    following = rings.following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    at = _positions(rings, np.searchsorted(polygons, near.polygon), near.xy)
    others, other = np.unique(near.other, return_inverse=True)
    edges = shapely.boundary(shapes[others])
    shapely.prepare(edges)  # each once: a street may be the other of very many
    result = np.zeros(len(near.other), dtype=bool)
    for side in (before[at], following[at]):
        step = np.hypot(*(rings.xy[side] - near.xy).T)
        close = np.flatnonzero(step <= LEAVING * near.distance_m)
        spots = shapely.points(rings.xy[side[close]])
        result[close] |= shapely.dwithin(edges[other[close]], spots, tolerance_m)
    return result


def _positions(rings: Rings, polygon: Ints, xy: Floats) -> Ints:
    """Place of each vertex in the rings, the first where the polygon passes it twice."""
    number = numbers(np.concatenate([rings.xy, xy]))
    key = number * (polygon.max(initial=0) + 1) + np.concatenate([rings.of, polygon])
    known = key[: len(rings.xy)]
    order = np.argsort(known, kind="stable")
    return order[np.searchsorted(known, key[len(rings.xy) :], sorter=order)]
