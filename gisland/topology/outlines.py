"""Faults in the boundary of a single parcel: spikes, ground counted twice, repeated vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.phrases import count_of
from gisland.topology.drawn import rows
from gisland.topology.rings import CORNERS, edited, unroll
from gisland.topology.spikes import spikes

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.drawn import Drawn, Geometries, Ids, Rows
    from gisland.topology.rings import Bools, Ints, Rings

CHUNK = 50_000  # polygons looked at at once, which bounds the memory


def outlines(drawn: Drawn, parameters: Parameters) -> Rows:
    """Findings about the boundary of single parcels, as drawn.

    ``spike``: the boundary runs out, or cuts in, and comes back on itself, no wider than
    ``tolerance_m``, as `spikes` finds them; an acute corner is none. The value is the length.

    ``self_overlap``: ground that an invalid polygon counts more than once, where parts overlap
    or a ring winds twice. The value is the area counted too much, told above ``overlap_min_m2``.

    ``repeated_vertices``: one row for all vertices that repeat the one before.

    Parameters
    ----------
    drawn
        From `drawn_parcels`.
    parameters
        Uses ``tolerance_m`` and ``overlap_min_m2``.

    Returns
    -------
    list
        Tables for ``schema.findings_together``. Polygons with coordinates that are no numbers are
        passed over.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.schema import findings_together
    >>> from gisland.topology.drawn import drawn_parcels
    >>> corners = [(0, 0), (9, 0), (9, 5), (15, 5.01), (9, 5.02), (9, 9), (0, 9)]
    >>> twice = shapely.MultiPolygon([shapely.box(20, 0, 24, 4), shapely.box(22, 0, 26, 4)])
    >>> shapes = [shapely.Polygon(corners), twice]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> told = outlines(drawn_parcels(lots, mend=True), Parameters())
    >>> found = findings_together(told, crs=4547)
    >>> found[["code", "parcel_id", "value"]].round(2).values.tolist()
    [['self_overlap', 'b', 8.0], ['spike', 'a', 6.0]]
    """
    repeating = [np.empty(0, dtype=np.int64)]
    found: Rows = []
    for begin in range(0, len(drawn.ids), CHUNK):
        span = slice(begin, begin + CHUNK)
        ids, shapes, invalid = drawn.ids[span], drawn.shapes[span], drawn.invalid[span]
        rings = unroll(shapes)
        odd = rings.of[~np.isfinite(rings.xy).all(axis=1)]
        if len(odd):
            finite = ~np.isin(np.arange(len(shapes)), odd)
            ids, shapes, invalid = ids[finite], shapes[finite], invalid[finite]
            rings = unroll(shapes)
        again = (rings.xy == rings.xy[rings.following]).all(axis=1)
        repeating.append(begin + rings.of[again])
        found += _spikes(ids, _without(shapes, rings, again), width_m=parameters.tolerance_m)
        least_m2 = parameters.overlap_min_m2
        found += _self_overlaps(ids[invalid], shapes[invalid], least_m2=least_m2)
    return [*_repeated(np.concatenate(repeating)), *found]


def _repeated(parcels: Ints) -> Rows:
    if len(parcels) == 0:
        return []
    many = len(parcels)
    told = "1 vertex" if many == 1 else f"{many} vertices"
    owners = count_of(len(set(parcels)), "parcel")
    return rows(
        "repeated_vertices",
        "info",
        value=[float(many)],
        unit="count",
        message=f"{told} of {owners} repeat{'s' if many == 1 else ''} the one before",
    )


def _without(shapes: Geometries, rings: Rings, again: Bools) -> Rings:
    """Rings without repeated vertices, which would hide a spike or tell it twice."""
    left = np.bincount(rings.ring[~again], minlength=len(rings.part))
    # a ring that is but a point or a line has no spike, and stays as it is
    extra = np.flatnonzero(again & (left[rings.ring] >= CORNERS))
    if len(extra) == 0:
        return rings
    none = np.empty(0, dtype=np.int64)
    to = rings.xy[extra]
    moved = rings.following[extra]
    return unroll(edited(shapes, moved=moved, to=to, after=none, added=np.empty((0, 2))))


def _spikes(ids: Ids, rings: Rings, *, width_m: float) -> Rows:
    found = spikes(rings, width_m=width_m)
    return rows(
        "spike",
        "warning",
        parcel_id=ids[rings.of[found.tip]],
        value=found.length_m,
        unit="m",
        message=[f"the boundary runs {m:.2f} m out and back on itself" for m in found.length_m],
        geometry=shapely.points(rings.xy[found.tip]),
    )


def _self_overlaps(ids: Ids, shapes: Geometries, *, least_m2: float) -> Rows:
    """Findings about invalid polygons."""
    if len(shapes) == 0:
        return []
    shapes = shapely.force_2d(shapes)
    lines = shapely.union_all(shapely.boundary(shapes)[:, None], axis=1)
    faces, of = shapely.get_parts(shapely.polygonize(lines[:, None]), return_index=True)
    surplus = _times_counted(faces, of, shapes) - 1
    twice = np.flatnonzero(surplus > 0)
    area = np.bincount(
        of[twice], weights=surplus[twice] * shapely.area(faces[twice]), minlength=len(shapes)
    )
    places = np.full(len(shapes), None, dtype=object)
    shapely.multipolygons(faces[twice], indices=of[twice], out=places)
    told = area > least_m2
    return rows(
        "self_overlap",
        "warning",
        parcel_id=ids[told],
        value=area[told],
        unit="m2",
        message=[f"{m2:.2f} m² of the parcel are counted more than once" for m2 in area[told]],
        geometry=shapely.union_all(places[told][:, None], axis=1),
    )


def _times_counted(faces: Geometries, of: Ints, shapes: Geometries) -> Ints:
    """How often each face of a polygon's linework counts: by windings, less the holes it is in."""
    rings = unroll(shapes)
    x, y = shapely.get_coordinates(shapely.point_on_surface(faces)).T
    right = shapely.bounds(shapes)[of, 2] + 1
    rays = shapely.linestrings(np.stack([np.c_[x, y], np.c_[right, y]], axis=1))
    start, end = rings.xy, rings.xy[rings.following]
    edges = shapely.linestrings(np.stack([start, end], axis=1))
    face, edge = shapely.STRtree(edges).query(rays)
    own = rings.of[edge] == of[face]
    face, edge = face[own], edge[own]
    rise = end[edge, 1] - start[edge, 1]
    up = (start[edge, 1] <= y[face]) & (end[edge, 1] > y[face])
    down = (end[edge, 1] <= y[face]) & (start[edge, 1] > y[face])
    share = (y[face] - start[edge, 1]) / np.where(rise == 0, 1.0, rise)
    met = start[edge, 0] + share * (end[edge, 0] - start[edge, 0]) > x[face]
    turns = np.where(met, up.astype(np.int64) - down.astype(np.int64), 0)
    ring = rings.ring[edge]
    shell = np.diff(rings.part, prepend=-1) != 0
    winding = pd.DataFrame({"face": face, "ring": ring, "turns": turns})
    winding = winding.groupby(["face", "ring"])["turns"].sum().abs().reset_index()
    winding["part"] = rings.part[winding["ring"]]
    winding["shell"] = shell[winding["ring"]]
    added = winding["turns"].where(winding["shell"], 0)
    holed = (winding["turns"] > 0) & ~winding["shell"]
    by_part = winding.assign(added=added, holed=holed).groupby(["face", "part"])
    net = (by_part["added"].sum() - by_part["holed"].any()).clip(lower=0)
    return net.groupby("face").sum().reindex(range(len(faces)), fill_value=0).to_numpy()
