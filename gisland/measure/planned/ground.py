"""On how much of each parcel a planning condition holds, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.columns import numbers
from gisland.base.conditions import CONDITIONS, SOURCES
from gisland.base.keys import NOWHERE
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.schema import usable
from gisland.measure.totals import leading, totals
from gisland.topology.overlay import overlap_areas, robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

ZONE, OVERLAY, PARCEL = range(len(SOURCES))
PLANE = 2  # dimensions of a polygon


class Laid(NamedTuple):
    """What parcel and what polygon of another layer have in common, both by position."""

    parcel: Whole
    other: Whole
    land_m2: Floats


class Parts(NamedTuple):
    """Land on which one condition is known: of which parcel, from where, the limit, the area."""

    parcel: Whole
    source: Whole
    origin: Whole
    limit: Floats
    land_m2: Floats


class Faces(NamedTuple):
    """Overlays cut where they overlap one another, and what holds on each piece."""

    shapes: gpd.GeoDataFrame
    limits: pd.DataFrame
    of: pd.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Ground:
    """Parcels laid over zones and overlays.

    Parameters
    ----------
    ids
        Ids by source: of the zones, the overlays, the parcels.
    land_m2
        Land of each parcel.
    own, zones
        Conditions of the parcels themselves, and of the zones; columns are conditions.
    faces
        Pieces of the overlays.
    in_zones, in_faces
        Land of parcels in zones and in pieces of overlays; what zones count twice is scaled down.
    in_both
        Land in a zone and a piece at once: `other` is the row of `in_zones`.
    both_face
        Piece of each row of `in_both`.
    least_share
        Smaller parts of a parcel give no condition.
    """

    ids: tuple[pd.Index, pd.Index, pd.Index]
    land_m2: Floats
    own: pd.DataFrame
    zones: pd.DataFrame
    faces: Faces
    in_zones: Laid
    in_faces: Laid
    in_both: Laid
    both_face: Whole
    least_share: float

    @property
    def conditions(self) -> list[str]:
        """Conditions that a layer or the parcels have a column for."""
        tables = (self.own, self.zones, self.faces.limits)
        return [name for name in CONDITIONS if any(name in table for table in tables)]

    def parts(self, name: str) -> Parts:
        """Land on which a condition is known: of the parcels, else of overlays, else of zones.

        Parameters
        ----------
        name
            One of ``CONDITIONS``.
        """
        own = numbers(self.own, name)
        itself = np.flatnonzero(~np.isnan(own) & (self.land_m2 > 0))
        of_parcel = Parts(
            itself, np.full(len(itself), PARCEL), itself, own[itself], self.land_m2[itself]
        )
        taken = ~np.isnan(own)
        faces, zones = self._of_faces(name, taken), self._of_zones(name, taken)
        return Parts(
            *(np.concatenate(column) for column in zip(zones, faces, of_parcel, strict=True))
        )

    def _of_faces(self, name: str, taken: NDArray[np.bool_]) -> Parts:
        limit = numbers(self.faces.limits, name)[self.in_faces.other]
        rows = np.flatnonzero(~np.isnan(limit) & ~taken[self.in_faces.parcel])
        at, face = self.in_faces.parcel[rows], self.in_faces.other[rows]
        of = self.faces.of[name].to_numpy("int64")[face] if len(rows) else face
        return Parts(at, np.full(len(at), OVERLAY), of, limit[rows], self.in_faces.land_m2[rows])

    def _of_zones(self, name: str, taken: NDArray[np.bool_]) -> Parts:
        """Land in zones that no overlay has the condition for."""
        at, of, land = self.in_zones
        covers = ~np.isnan(numbers(self.faces.limits, name))
        under = covers[self.both_face]
        hidden = totals(self.in_both.other[under], self.in_both.land_m2[under], groups=len(at))
        open_m2 = np.maximum(land - hidden, 0.0)
        by = covers[self.in_faces.other]
        count = len(self.land_m2)
        above = totals(self.in_faces.parcel[by], self.in_faces.land_m2[by], groups=count)
        room = np.maximum(self.land_m2 - above, 0.0)
        total = totals(at, open_m2, groups=count)
        fits = np.divide(room, total, out=np.ones(len(room)), where=total > room)
        open_m2 = open_m2 * fits[at]
        limit = numbers(self.zones, name)[of]
        rows = np.flatnonzero(~np.isnan(limit) & ~taken[at] & self._weighs(open_m2, at))
        return Parts(at[rows], np.full(len(rows), ZONE), of[rows], limit[rows], open_m2[rows])

    def _weighs(self, land_m2: Floats, at: Whole) -> NDArray[np.bool_]:
        return enough(land_m2, self.land_m2[at], least_share=self.least_share)


def enough(land_m2: Floats, whole_m2: Floats, *, least_share: float) -> NDArray[np.bool_]:
    """Whether parts make up a share of their wholes, such as more than drawing noise, or half.

    Parameters
    ----------
    land_m2, whole_m2
        The part and the whole, in m².
    least_share
        Least share of the whole; shares are compared at 1e-6.

    Returns
    -------
    numpy.ndarray
        False also for a part of nothing.

    Examples
    --------
    >>> enough(np.array([1.0, 0.9]), np.array([100.0, 100.0]), least_share=0.01).tolist()
    [True, False]
    """
    share = np.divide(land_m2, whole_m2, out=np.zeros(len(land_m2)), where=whole_m2 > 0)
    share = np.round(share, SHARE_DECIMALS)
    return (share >= least_share) & (share > 0)


def lay(
    parcels: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame,
    overlay: gpd.GeoDataFrame,
    *,
    in_zones: Laid,
    scale: Floats,
    least_share: float,
) -> Ground:
    """Lay parcels over zones and overlays.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and perhaps conditions of their own.
    zoning, overlay
        Sorted by id, with some of ``CONDITIONS``; may be empty.
    in_zones
        Land of the parcels in the zones.
    scale
        What to scale it with, by parcel, where zones overlap; 1 where not.
    least_share
        Smaller parts of a parcel give no condition.

    Returns
    -------
    Ground
        For `Ground.parts`.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame({"area_m2": [100.0]}, geometry=[box(0, 0, 10, 10)], crs=4547)
    >>> zone = gpd.GeoDataFrame({"far_max": [2.0]}, geometry=[box(0, 0, 10, 10)], crs=4547)
    >>> cap = gpd.GeoDataFrame({"far_max": [1.0]}, geometry=[box(0, 0, 10, 4)], crs=4547)
    >>> ground = lay(lot, zone, cap, in_zones=laid(lot, zone), scale=np.ones(1), least_share=0)
    >>> found = ground.parts("far_max")
    >>> found.limit.tolist(), found.land_m2.tolist()
    ([2.0, 1.0], [60.0, 40.0])
    """
    land = parcels["area_m2"].to_numpy("float64", na_value=np.nan)
    pieces = faces(overlay)
    in_faces = laid(parcels, pieces.shapes)
    kept = enough(in_faces.land_m2, land[in_faces.parcel], least_share=least_share)
    in_faces = Laid(in_faces.parcel[kept], in_faces.other[kept], in_faces.land_m2[kept])
    in_both, both_face = _in_both(parcels, zoning, pieces, in_zones=in_zones, in_faces=in_faces)
    return Ground(
        ids=(zoning.index, overlay.index, parcels.index),
        land_m2=land,
        own=_conditions(parcels),
        zones=_conditions(zoning),
        faces=pieces,
        in_zones=in_zones._replace(land_m2=in_zones.land_m2 * scale[in_zones.parcel]),
        in_faces=in_faces,
        in_both=in_both._replace(land_m2=in_both.land_m2 * scale[in_both.parcel]),
        both_face=both_face,
        least_share=least_share,
    )


def _in_both(
    parcels: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame,
    pieces: Faces,
    *,
    in_zones: Laid,
    in_faces: Laid,
) -> tuple[Laid, Whole]:
    """Land of parcels in a zone and a piece of an overlay at once, and which piece it is."""
    nothing = np.zeros(0, dtype="int64")
    if not len(in_faces.parcel):
        return Laid(nothing, nothing, np.zeros(0)), nothing
    zones = zoning.geometry.where(usable(zoning.geometry)).to_numpy()
    shapes = pieces.shapes.geometry.to_numpy()
    zone, face = shapely.STRtree(shapes).query(zones)
    common, row = shapely.get_parts(
        robust(shapely.intersection, zones[zone], shapes[face]), return_index=True
    )
    flat = shapely.get_dimensions(common) == PLANE
    common, row = common[flat], row[flat]
    at, of, land = laid(parcels, gpd.GeoDataFrame(geometry=common, crs=parcels.crs))
    zone, face = zone[row[of]], face[row[of]]
    in_zone = _find(in_zones, Laid(at, zone, land), count=len(zones))
    in_face = _find(in_faces, Laid(at, face, land), count=len(shapes))
    found = (in_zone != NOWHERE) & (in_face != NOWHERE)
    return Laid(at[found], in_zone[found], land[found]), face[found]


def _find(known: Laid, wanted: Laid, *, count: int) -> Whole:
    """Row of each wanted pair among the known ones."""
    pairs = pd.Index(known.parcel * count + known.other)
    return pairs.get_indexer(pd.Index(wanted.parcel * count + wanted.other)).astype("int64")


def laid(parcels: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame) -> Laid:
    """Land of parcels in the polygons of another layer.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``.
    polygons
        Another layer; stacked polygons each count.

    Returns
    -------
    Laid
        Positions in both layers and the land in common: the share of the drawn parcel times its
        ``area_m2``. Sorted by the positions.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame({"area_m2": [50.0]}, geometry=[box(0, 0, 10, 10)], crs=4547)
    >>> half = gpd.GeoDataFrame(geometry=[box(5, 0, 99, 10)], crs=4547)
    >>> [values.tolist() for values in laid(lot, half)]
    [[0], [0], [25.0]]
    """
    found = overlap_areas(_numbered(parcels), _numbered(polygons))
    at, of = found["left_id"].to_numpy("int64"), found["right_id"].to_numpy("int64")
    drawn, land = shapely.area(parcels.geometry.to_numpy()), parcels["area_m2"].to_numpy("float64")
    share = found["overlap_m2"].to_numpy() / drawn[at]
    known = ~np.isnan(land[at])
    return Laid(at[known], of[known], (share * land[at])[known])


def faces(overlay: gpd.GeoDataFrame) -> Faces:
    """Cut overlays where they overlap one another; there the stricter of two limits holds.

    Parameters
    ----------
    overlay
        Overlays sorted by id, with some of ``CONDITIONS``.

    Returns
    -------
    Faces
        Pieces that do not overlap, the limits on each (the lowest maximum, the highest minimum),
        and the position of the overlay that each limit is from: of equal ones the first.

    Examples
    --------
    >>> from shapely import box
    >>> two = gpd.GeoDataFrame(
    ...     {"height_max_m": [24.0, 15.0]}, geometry=[box(0, 0, 2, 1), box(1, 0, 4, 1)], crs=4547
    ... )
    >>> found = faces(two)
    >>> sorted(zip(found.shapes.area, found.limits["height_max_m"], found.of["height_max_m"]))
    [(1.0, 15.0, 1), (1.0, 24.0, 0), (2.0, 15.0, 1)]
    """
    shapes = overlay.geometry.to_numpy()
    pairs = overlap_areas(_numbered(overlay), _numbered(overlay))
    left, right = pairs["left_id"].to_numpy("int64"), pairs["right_id"].to_numpy("int64")
    stacked = np.unique(left[left != right])
    alone = np.setdiff1d(np.unique(left), stacked)
    pieces = _partition(shapes[stacked])
    tree = shapely.STRtree(shapes[stacked])
    piece, over = tree.query(shapely.point_on_surface(pieces), predicate="intersects")
    kept = np.unique(piece)  # the others are holes between overlays
    cut = gpd.GeoDataFrame(geometry=[*shapes[alone], *pieces[kept]], crs=overlay.crs)
    row = np.concatenate([np.arange(len(alone)), len(alone) + np.searchsorted(kept, piece)])
    of = np.concatenate([alone, stacked[over]]).astype("int64")
    limits, origin = {}, {}
    for name in (name for name in CONDITIONS if name in overlay):
        values = numbers(overlay, name)[of]
        limits[name], origin[name] = _strictest(row, of, values, name=name, count=len(cut))
    return Faces(cut, pd.DataFrame(limits, cut.index), pd.DataFrame(origin, cut.index))


def _strictest(
    row: Whole, of: Whole, values: Floats, *, name: str, count: int
) -> tuple[Floats, Whole]:
    """Strictest value of each row, and which overlay it is from."""
    sign = -1.0 if CONDITIONS[name].operator == ">=" else 1.0
    known = np.flatnonzero(~np.isnan(values))
    rows, first = leading(row[known], -sign * values[known], number=of[known])
    limit, origin = np.full(count, np.nan), np.full(count, -1, dtype="int64")
    limit[rows], origin[rows] = values[known[first]], of[known[first]]
    return limit, origin


def _partition(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons of the lines of all shapes together."""
    if not len(shapes):
        return np.array([], dtype=object)
    lines = robust(shapely.union_all, shapely.boundary(shapes))
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))


def _numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _conditions(table: pd.DataFrame) -> pd.DataFrame:
    known = {name: numbers(table, name) for name in CONDITIONS if name in table}
    return pd.DataFrame(known, index=range(len(table)))
