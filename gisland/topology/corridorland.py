"""Land of corridors: the strips between parcels that face each other, and the corners between."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from gisland.base.units import require_metres
from gisland.topology.beside_loops import EXACT_M
from gisland.topology.boundary import CORNER_TOLERANCES, nearest_stretches, require_boundary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.topology.boundary import Boundary
    from gisland.topology.segments import Floats, Ints

    Geometries = NDArray[np.object_]

MIDDLE = 0.5  # share of the way across a corridor
STEEPEST = 1.0  # tangent of 45 degrees: sides at a larger angle do not face each other
LONGEST_MITRE = 3.0  # times the wider strip; a longer corner piece ends in a straight line


@dataclass(frozen=True)
class Strips:
    """Where free pieces of boundary face land across a corridor, as straight pieces.

    Attributes
    ----------
    focal, neighbor
        Positions of the parcel and of the one that it faces (itself, if it bends back), (n,).
    start, end
        Ends of the piece, with the parcel on the left, (n, 2).
    outward
        Unit vector from the piece into the corridor, (n, 2).
    start_m, end_m
        Width of the corridor at both ends in metres, (n,).

    Examples
    --------
    >>> from gisland.topology.boundary import trace
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> strips_of(trace(lots), corridor_m=40.0).start_m.tolist()
    [12.0, 12.0]
    """

    focal: Ints
    neighbor: Ints
    start: Floats
    end: Floats
    outward: Floats
    start_m: Floats
    end_m: Floats

    def at(self, which: NDArray[Any]) -> Strips:
        """Some of the strips.

        Parameters
        ----------
        which
            Positions, or a flag for each.

        Returns
        -------
        Strips
            In that order.

        Examples
        --------
        >>> one, wide = np.ones((1, 2)), np.array([4.0])
        >>> none = np.zeros(1, dtype=np.int64)
        >>> strips = Strips(none, none, one, one + [5, 0], np.array([[0.0, -1.0]]), wide, wide)
        >>> len(strips.at(np.array([False])).focal)
        0
        """
        values = {f.name: getattr(self, f.name)[which] for f in fields(self)}
        return Strips(**values)

    def far(self, share: float | Floats = MIDDLE, *, more_m: float | Floats = 0.0) -> Any:  # noqa: ANN401 - two arrays
        """Ends of the far side of each strip.

        Parameters
        ----------
        share
            How far across the corridor: 0.5 is the middle, 1 the other side.
        more_m
            How much farther, in metres.

        Returns
        -------
        tuple[numpy.ndarray, numpy.ndarray]
            Beside the start and the end, (n, 2) each.

        Examples
        --------
        >>> one, wide = np.ones((1, 2)), np.array([4.0])
        >>> none = np.zeros(1, dtype=np.int64)
        >>> strips = Strips(none, none, one, one + [5, 0], np.array([[0.0, -1.0]]), wide, wide)
        >>> strips.far()[0].tolist()
        [[1.0, -1.0]]
        """
        at_start = self.start_m * share + more_m
        at_end = self.end_m * share + more_m
        return (
            self.start + self.outward * at_start[:, None],
            self.end + self.outward * at_end[:, None],
        )

    def polygons(self, share: float | Floats = MIDDLE, *, more_m: float | Floats = 0.0) -> Any:  # noqa: ANN401 - geometry
        """The strips as polygons.

        Parameters
        ----------
        share, more_m
            See `far`.

        Returns
        -------
        numpy.ndarray
            One each; an empty one where the two sides coincide.

        Examples
        --------
        >>> one, wide = np.ones((1, 2)), np.array([4.0])
        >>> none = np.zeros(1, dtype=np.int64)
        >>> strips = Strips(none, none, one, one + [5, 0], np.array([[0.0, -1.0]]), wide, wide)
        >>> shapely.area(strips.polygons()).tolist()
        [10.0]
        """
        far_start, far_end = self.far(share, more_m=more_m)
        found = _rings(self.start, far_start, far_end, self.end)
        wide = np.fmax(self.start_m, self.end_m) * share + more_m > EXACT_M
        return np.where(wide, found, shapely.Polygon())


def corridor_strips(boundary: Boundary, *, corridor_m: float) -> gpd.GeoDataFrame:
    """Land between each parcel and the middle of the corridors that it faces.

    From each free piece of boundary one looks straight outward, as `across` does: the first
    boundary met counts, if it runs within 45 degrees of parallel. The strip reaches half the way.

    Parameters
    ----------
    boundary
        From `trace`.
    corridor_m
        Widest corridor, in metres, above 0.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``focal``, ``neighbor`` (ids; the same where a parcel faces itself) and
        ``geometry``, sorted by the ids and the place along the boundary. Corners of crossings,
        which face nobody, are in no strip (`corner_pieces`).

    Raises
    ------
    ProjectError
        If the corridor is not a positive number.
    TableError
        If `boundary` is not from `trace`.

    Examples
    --------
    >>> from gisland.topology.boundary import trace
    >>> shapes = [shapely.box(0, 0, 30, 20), shapely.box(0, 32, 30, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> strips = corridor_strips(trace(lots), corridor_m=40.0)
    >>> strips["focal"].tolist(), strips.area.tolist(), strips.geometry[0].bounds
    (['a', 'b'], [180.0, 180.0], (0.0, 20.0, 30.0, 26.0))
    """
    strips = strips_of(boundary, corridor_m=corridor_m)
    order = np.lexsort((np.arange(len(strips.focal)), strips.neighbor, strips.focal))
    shapes = strips.polygons()[order]
    names = {
        "focal": boundary.ids[strips.focal[order]],
        "neighbor": boundary.ids[strips.neighbor[order]],
    }
    return gpd.GeoDataFrame(names, geometry=shapes, crs=boundary.crs)


def strips_of(boundary: Boundary, *, corridor_m: float) -> Strips:
    """Where free pieces of boundary face land across a corridor.

    Parameters
    ----------
    boundary
        From `trace`.
    corridor_m
        Widest corridor, in metres, above 0.

    Returns
    -------
    Strips
        Faces of a parcel onto itself included. Two that face each other along no more than 1.5
        tolerances are left out, as `across` does.

    Raises
    ------
    ProjectError
        If the corridor is not a positive number.
    TableError
        If `boundary` is not from `trace`.

    Examples
    --------
    >>> from gisland.topology.boundary import trace
    >>> comb = shapely.box(0, 0, 30, 20) - shapely.box(12, 5, 18, 20)
    >>> lots = gpd.GeoDataFrame(geometry=[comb], index=["a"], crs=4547)
    >>> shapely.area(strips_of(trace(lots), corridor_m=40.0).polygons()).tolist()
    [45.0, 45.0]
    """
    require_boundary(boundary)
    require_metres(corridor_m, name="corridor_m")
    free = boundary.free
    seen = nearest_stretches(free, left_m=0.0, right_m=corridor_m, opaque=True)
    at, owner = seen[:, 0].astype(np.int64), seen[:, 1].astype(np.int64)
    low, high, area, start_m = seen[:, 2], seen[:, 3], seen[:, 5], seen[:, 7]
    end_m = np.fmax(2 * area / (high - low) - start_m, 0.0)
    focal = free.parcel[at].astype(np.int64)
    # a parcel blocks its own sight; it faces itself if it runs back about parallel
    itself = (owner == -1 - focal) & (np.abs(end_m - start_m) <= STEEPEST * (high - low))
    kept = (owner >= 0) | itself
    at, low, high, focal = at[kept], low[kept], high[kept], focal[kept]
    along = free.vector[at] / free.length[at][:, None]
    whole = high >= free.length[at]
    start, end = free.start[at] + along * low[:, None], free.start[at] + along * high[:, None]
    end[whole] = free.end[at[whole]]
    outward = np.column_stack([along[:, 1], -along[:, 0]])
    neighbor = np.where(owner >= 0, owner, -1 - owner)[kept]
    strips = Strips(focal, neighbor, start, end, outward, start_m[kept], end_m[kept])
    pair = np.fmin(focal, neighbor) * len(boundary.ids) + np.fmax(focal, neighbor)
    number = np.unique(pair, return_inverse=True)[1]
    facing = np.bincount(number, (high - low) / 2)[number]
    return strips.at(facing > CORNER_TOLERANCES * boundary.tolerance_m)


def corners_of(strips: Strips, *, tolerance_m: float) -> tuple[Ints, Ints]:
    """Strips that meet at an outer corner, with a gap between them.

    Parameters
    ----------
    strips
        From `strips_of`.
    tolerance_m
        Ends at most 1.5 times so far apart meet, in metres.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray]
        Positions of the strip before and of that behind each corner.

    Examples
    --------
    >>> from gisland.topology.boundary import trace
    >>> around = [(0, 0, 30, 20), (42, 0, 70, 20), (0, 32, 30, 50), (42, 32, 70, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(*b) for b in around], crs=4547)
    >>> before, behind = corners_of(strips_of(trace(lots), corridor_m=40.0), tolerance_m=0.05)
    >>> len(before)
    4
    """
    if not len(strips.focal):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    reach = CORNER_TOLERANCES * tolerance_m
    near = cKDTree(strips.end).sparse_distance_matrix(
        cKDTree(strips.start), reach, output_type="ndarray"
    )
    before, behind = near["i"].astype(np.int64), near["j"].astype(np.int64)
    one, other = strips.outward[before], strips.outward[behind]
    turn = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    # where sides go straight on, rounding turns them; they leave no gap that is wider than that
    outer = turn * np.fmax(strips.end_m[before], strips.start_m[behind]) > EXACT_M
    order = np.lexsort((behind[outer], before[outer]))
    return before[outer][order], behind[outer][order]


def corner_pieces(strips: Strips, before: Ints, behind: Ints) -> Geometries:
    """Land between the ends of two strips at an outer corner, as far as the middle.

    The far sides of both are drawn on until they meet. Where that is far, or behind them, the
    piece ends in a straight line between the two.

    Parameters
    ----------
    strips
        From `strips_of`.
    before, behind
        From `corners_of`.

    Returns
    -------
    numpy.ndarray
        Polygons, valid; they may cover land on the other side of a crossing. Empty where there is
        no land between.

    Examples
    --------
    >>> from gisland.topology.boundary import trace
    >>> around = [(0, 0, 30, 20), (42, 0, 70, 20), (0, 32, 30, 50), (42, 32, 70, 50)]
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(*b) for b in around], crs=4547)
    >>> strips = strips_of(trace(lots), corridor_m=40.0)
    >>> corners = corners_of(strips, tolerance_m=0.05)
    >>> shapely.union_all(corner_pieces(strips, *corners)).bounds
    (30.0, 20.0, 42.0, 32.0)
    """
    far_start, far_end = strips.far()
    a, b = far_end[before], far_start[behind]
    along, on = _along(strips, before), _along(strips, behind)
    first = a - far_start[before]
    second = far_end[behind] - b
    first = np.where(_length(first)[:, None] > EXACT_M, first, along)
    second = np.where(_length(second)[:, None] > EXACT_M, second, on)
    first /= _length(first)[:, None]
    second /= _length(second)[:, None]
    turn = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    gap = b - a
    with np.errstate(divide="ignore", invalid="ignore"):
        forth = (gap[:, 0] * second[:, 1] - gap[:, 1] * second[:, 0]) / turn
        back = (gap[:, 0] * first[:, 1] - gap[:, 1] * first[:, 0]) / turn
    widest = np.fmax(strips.end_m[before], strips.start_m[behind]) * MIDDLE
    meets = (turn > EXACT_M) & (forth >= 0) & (back <= 0)
    meets &= np.fmax(forth, -back) <= LONGEST_MITRE * widest
    tip = np.where(meets[:, None], a + first * np.where(meets, forth, 0.0)[:, None], a)
    pieces = _rings(strips.end[before], a, tip, b)
    pieces = np.where(shapely.is_valid(pieces), pieces, shapely.convex_hull(pieces))
    return np.where(shapely.area(pieces) > EXACT_M**2, pieces, shapely.Polygon())


def _along(strips: Strips, at: Ints) -> Floats:
    return np.column_stack([-strips.outward[at, 1], strips.outward[at, 0]])


def _length(vectors: Floats) -> Floats:
    return np.hypot(vectors[:, 0], vectors[:, 1])


def _rings(*corners: Floats) -> Geometries:
    """Polygons from their corners, one array for each."""
    return shapely.polygons(np.stack([*corners, corners[0]], axis=1))
