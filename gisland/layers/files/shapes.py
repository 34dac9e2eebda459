"""Shapes made plain: arcs as chords, no Z and M, polygons out of collections; all of it told."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gisland.base.errors import MAX_IDS, GeometryError
from gisland.base.phrases import count_of, first_of, so_many
from gisland.base.schema import LINES_ALLOWED
from gisland.base.shapes import without_empty_rings
from gisland.layers.files.curves import COLLECTION, SURFACES, linear, wkb_kind
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gisland.layers.source import Source

CURVE_TOLERANCE_M = 0.001
CURVE_TOLERANCE_DEGREES = 1e-8  # as much on the ground
_POLYGONS, _LINES = (3, 6), (1, 2, 5)  # type ids of shapely
_COLLECTION = 7
_NAMES = {0: "points", 1: "lines", 2: "lines", 3: "polygons", 4: "points", 5: "lines"}


def shapes_from_wkb(
    values: Sequence[bytes | None] | NDArray[np.object_],
    source: Source,
    *,
    degrees: bool = False,
) -> tuple[NDArray[np.object_], list[Finding]]:
    """Shapes of a column of WKB, with arcs drawn as chords and open rings closed.

    Parameters
    ----------
    values
        WKB or None.
    source
        The layer, for messages.
    degrees
        Whether the coordinates are degrees.

    Returns
    -------
    numpy.ndarray of shapely.Geometry
        As many as there are values.
    list of dict
        Findings ``curves_linearised``, ``ring_closed``, ``ring_dropped`` and
        ``shape_unreadable``, where there is cause.

    Raises
    ------
    GeometryError
        If a geometry is a surface in space, or damaged.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> square = shapely.to_wkb(shapely.box(0, 0, 2, 2))
    >>> shapes, told = shapes_from_wkb([square, None], Source("parcels", "p.gpkg"))
    >>> shapes[0].area, shapes[1], told
    (4.0, None, [])
    """
    column = np.asarray(values, dtype=object)
    try:
        shapes = shapely.from_wkb(column)
        if not _hold_arcs(shapes):
            return shapes, []
    except (NotImplementedError, shapely.errors.GEOSException):
        pass
    kinds = np.array([0 if v is None else wkb_kind(v) for v in column])
    _refuse_surfaces(kinds, source)
    simple = kinds < COLLECTION
    shapes = np.full(len(column), None, dtype=object)
    shapes[simple] = shapely.from_wkb(column[simple], on_invalid="ignore")
    tolerance = CURVE_TOLERANCE_DEGREES if degrees else CURVE_TOLERANCE_M
    rest = [i for i in np.flatnonzero(kinds) if shapes[i] is None]
    how = {int(i): "" for i in rest}
    for i in rest:
        shapes[i], how[int(i)] = _mended(column[i], tolerance, source, row=int(i) + 1)
    findings = _told_mended(Counter(how.values()), source, degrees=degrees)
    return shapes, findings + _told_unreadable([i for i in how if how[i] == "unreadable"], source)


def _hold_arcs(shapes: NDArray[np.object_]) -> bool:
    """Whether collections hold arcs: those are read, but cannot be taken apart."""
    try:
        for shape in shapes[shapely.get_type_id(shapes) == _COLLECTION]:
            _parts(shape)
    except NotImplementedError:
        return True
    return False


def _refuse_surfaces(kinds: NDArray[np.int_], source: Source) -> None:
    found = np.isin(kinds, list(SURFACES))
    if found.any():
        names = ", ".join(sorted({SURFACES[int(k)] for k in kinds[found]}))
        many = so_many(
            int(found.sum()), "shape is a surface in space", "shapes are surfaces in space"
        )
        raise GeometryError(
            f"{source.name}: {many} ({names}), without a single outline on the ground; rows",
            do="turn them into polygons (multipatch footprint) where they come from",
            ids=np.flatnonzero(found) + 1,
        )


def _mended(
    wkb: bytes, tolerance: float, source: Source, *, row: int
) -> tuple[shapely.Geometry | None, str]:
    """One shape that GEOS does not read as it is (or None), and what was done to it."""
    try:
        shape = shapely.from_wkb(wkb)
        if not _hold_arcs(np.array([shape], dtype=object)):
            return shape, ""  # a collection without arcs
    except (NotImplementedError, shapely.errors.GEOSException):
        pass
    try:
        if wkb_kind(wkb) >= COLLECTION:
            with contextlib.suppress(ValueError):
                return linear(wkb, tolerance=tolerance), "linear"
        elif (closed := shapely.from_wkb(wkb, on_invalid="fix")) is not None:
            return closed, "closed"
        rest = linear(wkb, tolerance=tolerance, drop=True)
    except (ValueError, shapely.errors.GEOSException) as error:
        reason = str(error).partition("\n")[0]
        raise GeometryError(
            f"{source.name}: the shape of row {row} cannot be read ({reason})",
            do="mend or delete it, or leave it out with where",
        ) from error
    return (None, "unreadable") if rest.is_empty else (rest, "dropped")


def _told_mended(counts: Mapping[str, int], source: Source, *, degrees: bool) -> list[Finding]:
    findings = []
    if counts.get("linear"):
        limit = f"{CURVE_TOLERANCE_DEGREES:g} degrees" if degrees else f"{CURVE_TOLERANCE_M} m"
        shapes = count_of(counts["linear"], "shape")
        message = f"arcs of {shapes} are drawn as chords that stay within {limit}"
        findings.append(_told("curves_linearised", message, count=counts["linear"], in_=source))
    if counts.get("closed"):
        message = (
            f"rings of {count_of(counts['closed'], 'shape')} did not end where they began, and were"
            " closed"
        )
        findings.append(
            _told("ring_closed", message, count=counts["closed"], in_=source, severity="warning")
        )
    if counts.get("dropped"):
        message = (
            f"parts of {count_of(counts['dropped'], 'shape')} have too few points for a ring or a"
            " line, and are left out"
        )
        findings.append(
            _told("ring_dropped", message, count=counts["dropped"], in_=source, severity="warning")
        )
    return findings


def _told_unreadable(rows: Sequence[int], source: Source) -> list[Finding]:
    """Finding on shapes of which nothing can be drawn."""
    if not rows:
        return []
    named = first_of([str(row + 1) for row in rows], most=MAX_IDS)
    message = (
        f"{so_many(len(rows), 'shape has', 'shapes have')} too few points to be drawn, taken as"
        f" missing; rows {named}"
    )
    return [_told("shape_unreadable", message, count=len(rows), in_=source, severity="error")]


def plain_shapes(table: gpd.GeoDataFrame, source: Source) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The table with flat shapes of single kinds: no Z, no M, no collections.

    Of a collection, the polygons are taken; where the layer may be of lines, and a collection has
    no polygon, its lines. What else it holds is left out and told. Holes without points go
    untold: there is nothing in them.

    Parameters
    ----------
    table
        A layer as read.
    source
        Its declaration.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows and columns.
    list of dict
        Findings ``z_dropped``, ``m_dropped`` and ``collection_opened``, where there is cause.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> solid = gpd.GeoDataFrame(geometry=[shapely.force_3d(shapely.box(0, 0, 1, 1), 5.0)])
    >>> flat, told = plain_shapes(solid, Source("parcels", "p.gpkg"))
    >>> flat.has_z.any(), told[0]["message"]
    (np.False_, 'parcels: heights (Z) of 1 shape are left out')
    """
    values = table.geometry.to_numpy()
    findings = []
    for code, has, word in (
        ("z_dropped", shapely.has_z(values), "heights (Z)"),
        ("m_dropped", shapely.has_m(values), "measures (M)"),
    ):
        if has.any():
            count = int(has.sum())
            message = f"{word} of {count_of(count, 'shape')} are left out"
            findings.append(_told(code, message, count=count, in_=source))
    flat = shapely.force_2d(values) if findings else values
    flat, told = _opened(flat, source)
    findings += told
    flat = without_empty_rings(flat)
    if flat is values:
        return table, []
    return table.set_geometry(gpd.GeoSeries(flat, table.index, table.crs)), findings


def _opened(
    values: NDArray[np.object_], source: Source
) -> tuple[NDArray[np.object_], list[Finding]]:
    """Shapes with collections replaced by the polygons (or lines) in them."""
    rows = np.flatnonzero((shapely.get_type_id(values) == _COLLECTION) & ~shapely.is_empty(values))
    if not rows.size:
        return values, []
    result = values.copy()
    left: Counter[str] = Counter()
    opened = 0
    for row in rows:
        parts = _parts(values[row])
        kinds = shapely.get_type_id(parts)
        taken = np.isin(kinds, _POLYGONS)
        if not taken.any() and source.kind in LINES_ALLOWED:
            taken = np.isin(kinds, _LINES)
        if not taken.any():
            continue  # the kind of the layer is judged later
        result[row] = _joined(parts[taken])
        left.update(_NAMES[int(k)] for k in kinds[~taken])
        opened += 1
    if not opened:
        return values, []
    lost = ", ".join(count_of(left[name], name.removesuffix("s")) for name in sorted(left))
    rest = f"{lost} in them are left out" if lost else "they held nothing else"
    held = so_many(opened, "shape is a collection", "shapes are collections")
    message = f"{held}, of which the main parts are taken; {rest}"
    return result, [
        _told("collection_opened", message, count=opened, in_=source, severity="warning")
    ]


def _parts(shape: shapely.Geometry) -> NDArray[np.object_]:
    """Single parts of a collection, however deep it is nested; empty ones left out."""
    parts = shapely.get_parts(np.array([shape], dtype=object))
    while (shapely.get_type_id(parts) > _POLYGONS[0]).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _joined(parts: NDArray[np.object_]) -> shapely.Geometry:
    if len(parts) == 1:
        return parts[0]
    if shapely.get_type_id(parts[0]) in _POLYGONS:
        return shapely.MultiPolygon(list(parts))
    return shapely.MultiLineString(list(parts))


def _told(code: str, message: str, *, count: int, in_: Source, severity: str = "info") -> Finding:
    return finding(
        code, f"{in_.name}: {message}", in_=in_, severity=severity, value=count, unit="rows"
    )
