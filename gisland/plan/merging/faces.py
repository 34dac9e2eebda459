"""One polygon cut by the outlines of zones: faces that share their edges to the bit, and parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisland.topology.overlay import GRID_M, robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Ints = NDArray[np.int64]

NO_USE, SEVERAL_USES = -1, -2
MARGIN_M = 1.0  # outlines are cut off so far outside the polygon
HAIR_M2 = 1e-6  # smaller pieces are floating noise
REACH = 1.01  # a piece exactly as wide as the tolerance is a sliver
RUN = 10.0  # lines along an edge for more millimetres than this are that edge
CHORD_M = 1e-3  # how far a line across a narrow place goes beyond both of its sides
AREA_DECIMALS, PLACE_DECIMALS = 2, 3


@dataclass(frozen=True)
class CutShape:
    """A polygon cut: its parts in order, the number of the use of each, and the cut."""

    parts: Geometries
    uses: list[int]
    line: shapely.Geometry
    line_share: float


def cut_shape(
    polygon: shapely.Geometry,
    zones: Geometries,
    uses: Ints,
    *,
    tolerance_m: float,
    least_m2: float,
) -> CutShape:
    """Cut one polygon along the outlines of zones.

    Parameters
    ----------
    polygon
        Valid polygon, perhaps of several parts.
    zones
        Valid polygons of the zones that overlap it.
    uses
        Number of the planned use of each, 0 or more.
    tolerance_m
        Pieces that are narrower go to the neighbor with the longest border.
    least_m2
        And so do pieces that are smaller.

    Returns
    -------
    CutShape
        Parts by area, the largest first, then from west to east and south to north; uses ``-1``
        under no zone, ``-2`` where zones of several uses overlap.

    Examples
    --------
    >>> from shapely import box
    >>> zone = np.array([box(4, 0, 99, 99)], dtype=object)
    >>> cut = cut_shape(
    ...     box(0, 0, 10, 10), zone, np.array([0]), tolerance_m=0.05, least_m2=1.0
    ... )
    >>> [part.area for part in cut.parts], cut.uses, cut.line.length, cut.line_share
    ([60.0, 40.0], [0, -1], 10.0, 1.0)
    """
    sides = {int(u): robust(shapely.union_all, zones[uses == u]) for u in np.unique(uses)}
    outlines = _outlines(polygon, sides)
    limits = (tolerance_m, least_m2)
    lines = _off_edge(polygon, outlines)
    parting = _parted(polygon, [*lines], sides, limits=limits)
    chords = _chords(parting, tolerance_m=tolerance_m)
    if len(chords):
        parting = _parted(polygon, [*lines, *chords], sides, limits=limits)
    order = parting.order()
    parts = np.array([shapely.normalize(parting.shape(g)) for g in order], dtype=object)
    line = shapely.normalize(parting.line())
    share = _share_near(line, outlines, tolerance_m=tolerance_m)
    return CutShape(parts, [int(parting.use[g]) for g in order], line, share)


def _outlines(polygon: shapely.Geometry, sides: dict[int, shapely.Geometry]) -> Geometries:
    """Outlines of the sides near the polygon."""
    west, south, east, north = shapely.bounds(polygon)
    lines = shapely.boundary(np.array(list(sides.values()), dtype=object))
    box = (west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    near = shapely.clip_by_rect(lines, *box)
    return np.asarray(near[~shapely.is_empty(near)])


def _off_edge(polygon: shapely.Geometry, lines: Geometries) -> Geometries:
    """Lines without what runs along the edge of the polygon within a millimetre.

    There edge and line are one, drawn or computed twice; a hair left between them would take the
    frontage of a part. Lines that are nowhere so near, or lie in the edge to the bit, stay as they
    are.
    """
    edge = shapely.boundary(polygon)
    along = robust(shapely.intersection, lines, shapely.buffer(edge, CHORD_M))
    exact = robust(shapely.intersection, lines, edge)
    off_m = shapely.length(along) - shapely.length(exact)
    if off_m.max(initial=0.0) <= RUN * CHORD_M:
        return lines
    inner = shapely.buffer(polygon, -CHORD_M, join_style="mitre", mitre_limit=2.0)
    within = robust(shapely.intersection, lines, inner)
    # every vertex so near, and not the ends alone: lines drawn twice merge into loops without any
    ends = shapely.points(np.unique(shapely.get_coordinates(within), axis=0))
    ends = ends[shapely.distance(ends, edge) <= 2 * CHORD_M]
    to_edge = [_beyond(link) for link in shapely.shortest_line(ends, edge)]
    return np.array([*within, *to_edge], dtype=object)


def _beyond(link: shapely.Geometry) -> shapely.Geometry:
    """A short line that goes on a little beyond its end."""
    first, last = shapely.get_coordinates(link)
    along = (last - first) / max(float(np.hypot(*(last - first))), GRID_M)
    return shapely.linestrings([first, last + CHORD_M * along])


def _share_near(line: shapely.Geometry, outlines: Geometries, *, tolerance_m: float) -> float:
    """Share of a cut that lies on outlines, within the tolerance; NaN where there is no cut."""
    if shapely.is_empty(line):
        return float("nan")
    near = shapely.buffer(shapely.union_all(outlines), tolerance_m)
    return float(shapely.length(robust(shapely.intersection, line, near)) / shapely.length(line))


class _Parting:
    """Faces of a polygon, and the group that each belongs to."""

    def __init__(self, faces: Geometries, use: Ints, limits: tuple[float, float]) -> None:
        self.faces = faces
        self.group = np.arange(len(faces))
        self.use = dict(enumerate(use.tolist()))
        self.tolerance_m, self.least_m2 = limits
        self.one, self.other, self.edges = _shared_edges(faces)
        self.edge_m = shapely.length(self.edges)

    def groups(self) -> list[int]:
        return [int(g) for g in np.unique(self.group)]

    def area(self, group: int) -> float:
        return float(shapely.area(self.faces[self.group == group]).sum())

    def shape(self, group: int) -> shapely.Geometry:
        return robust(shapely.union_all, self.faces[self.group == group])

    def key(self, group: int) -> tuple[float, float, float]:
        """The largest first, then from west to east and from south to north."""
        bounds = shapely.total_bounds(self.faces[self.group == group])
        west, south = np.round(bounds[:2], PLACE_DECIMALS)
        return -round(self.area(group), AREA_DECIMALS), float(west), float(south)

    def order(self) -> list[int]:
        return sorted(self.groups(), key=self.key)

    def between(self) -> NDArray[np.bool_]:
        """Whether each shared edge lies between two groups."""
        found: NDArray[np.bool_] = self.group[self.one] != self.group[self.other]
        return found

    def line(self) -> shapely.Geometry:
        return shapely.line_merge(shapely.union_all(self.edges[self.between()]))

    def borders(self, group: int) -> dict[int, float]:
        """Length of border with each neighboring group."""
        found: dict[int, float] = {}
        a, b = self.group[self.one], self.group[self.other]
        for row in np.flatnonzero((a != b) & ((a == group) | (b == group))):
            neighbor = int(b[row] if a[row] == group else a[row])
            found[neighbor] = found.get(neighbor, 0.0) + float(self.edge_m[row])
        return found

    def is_sliver(self, group: int) -> bool:
        """Narrower than the tolerance on the mean, or smaller than a part."""
        area = self.area(group)
        inner = (self.group[self.one] == group) & (self.group[self.other] == group)
        around = shapely.length(self.faces[self.group == group]).sum()
        around -= 2 * self.edge_m[inner].sum()
        return area < self.least_m2 or 2 * area <= self.tolerance_m * REACH * around

    def join(self, group: int, into: int) -> None:
        """Give a group to another, which says the use."""
        self.group[self.group == group] = into

    def settle(self) -> None:
        """Slivers to their neighbors, then neighbors of one use together, till nothing changes."""
        while len(self.groups()) > 1 and (self._join_sliver() or self._join_alike()):
            pass

    def _join_sliver(self) -> bool:
        slivers = [g for g in self.order() if self.is_sliver(g)]
        if not slivers:
            return False
        last = slivers[-1]  # the smallest
        borders = self.borders(last)
        if borders:
            into = min(borders, key=lambda g: (-round(borders[g], PLACE_DECIMALS), self.key(g)))
        else:  # a polygon of its own, apart from the others
            own = self.shape(last)
            rest = [g for g in self.groups() if g != last]
            into = min(rest, key=lambda g: (shapely.distance(own, self.shape(g)), self.key(g)))
        self.join(last, into)
        return True

    def _join_alike(self) -> bool:
        for group in self.order():
            for neighbor in sorted(self.borders(group), key=self.key):
                if self.use[neighbor] == self.use[group]:
                    self.join(neighbor, group)
                    return True
        return False


def _parted(
    polygon: shapely.Geometry,
    lines: list[shapely.Geometry],
    sides: dict[int, shapely.Geometry],
    *,
    limits: tuple[float, float],
) -> _Parting:
    """Faces between lines, each with its use, slivers given to their neighbors."""
    noded = robust(shapely.union_all, np.array([shapely.boundary(polygon), *lines], dtype=object))
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inside = shapely.point_on_surface(faces)
    within = shapely.intersects(polygon, inside)
    faces, inside = faces[within], inside[within]
    held = np.array([shapely.intersects(side, inside) for side in sides.values()])
    held = held.reshape(len(sides), len(faces))
    numbers = np.array([*sides, NO_USE], dtype=np.int64)
    first = numbers[np.where(held.any(axis=0), held.argmax(axis=0), -1)] if len(sides) else NO_USE
    use = np.where(held.sum(axis=0) > 1, SEVERAL_USES, first)
    parting = _Parting(faces, use, limits)
    parting.settle()
    return parting


def _shared_edges(faces: Geometries) -> tuple[Ints, Ints, Geometries]:
    """Edges that two faces have in common, and the two; faces of one noding share them exactly."""
    rings, of_face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    ends = np.stack([points[start], points[start + 1]], axis=1)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[turned] = ends[turned][:, ::-1]
    flat = ends.reshape(-1, 4)
    face = of_face[ring[start]]
    order = np.lexsort((face, *flat.T[::-1]))
    same = (flat[order[1:]] == flat[order[:-1]]).all(axis=1)
    one, other = order[:-1][same], order[1:][same]
    return face[one], face[other], shapely.linestrings(ends[one])


def _chords(parting: _Parting, *, tolerance_m: float) -> Geometries:
    """Lines across the mouths of tails: places of a part that are narrower than the tolerance.

    A tail is a sliver that hangs on a part. Cut off by its chord, it is a face of its own.
    """
    groups = parting.groups()
    if len(groups) == 1:
        return np.array([], dtype=object)
    shapes = np.array([parting.shape(g) for g in groups], dtype=object)
    half_m = tolerance_m * REACH / 2
    core = shapely.buffer(shapes, -half_m, join_style="mitre", mitre_limit=5.0)
    wide = shapely.buffer(core, half_m * REACH, join_style="mitre", mitre_limit=5.0)
    owners: Geometries = robust(shapely.difference, shapes, wide)
    tails, owner = shapely.get_parts(owners, return_index=True)
    # only what runs along another part or the outline for longer than a corner is a tail
    long = (shapely.area(tails) > HAIR_M2) & (shapely.length(tails) > 2 * MARGIN_M)
    tails, owner = tails[long], owner[long]
    outer = shapely.buffer(shapely.boundary(shapes), CHORD_M / 10)
    mouths = shapely.difference(shapely.boundary(tails), outer[owner])
    mouths = shapely.get_parts(shapely.line_merge(mouths))
    return np.array([_longer(m) for m in mouths[shapely.length(mouths) > 0]], dtype=object)


def _longer(mouth: shapely.Geometry) -> shapely.Geometry:
    """A straight line from end to end, a little beyond both."""
    first, last = shapely.get_coordinates(mouth)[[0, -1]]
    along = (last - first) / max(float(np.hypot(*(last - first))), CHORD_M)
    return shapely.linestrings([first - CHORD_M * along, last + CHORD_M * along])
