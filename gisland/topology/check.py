"""Data quality of the parcel layer: everything that is wrong with it, as findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.crs import areas_m2, require_metric
from gisland.base.schema import findings_frame, require_polygons
from gisland.topology.overlay import pair_areas
from gisland.topology.repair import POLYGONS, invalid_polygons, mended

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters

Rows = list[dict[str, object]]
LISTED = 5  # parcels named in the message of a gap


def check(parcels: gpd.GeoDataFrame, *, parameters: Parameters) -> gpd.GeoDataFrame:
    """Everything that is wrong, or worth a look, in a parcel layer.

    Errors: ``missing_id``, ``duplicate_id``, ``null_geometry``, ``empty_geometry``,
    ``invalid_geometry``. Warnings: ``duplicate_geometry`` (the same polygon twice, not told as
    an overlap again), ``overlap`` of two parcels, ``gap`` (a hole between parcels), ``sliver``
    (mean width 2 A / P), ``recorded_area`` (drawn over recorded area). Info: ``hairline_gaps``
    (one row for all holes not above the smallest overlap), ``enclosed_space`` (a hole too large
    for a gap, such as blank streets), ``multipart``.

    Overlaps, gaps and slivers are looked for among valid polygons; with ``invalid_geometry`` in
    ``parameters.repair`` the invalid ones take part as `repair` would leave them, else not at all.

    Parameters
    ----------
    parcels
        Layer with a metric CRS, indexed by id; ids may be missing or repeated. Column
        ``recorded_area_m2`` is looked at if there is one.
    parameters
        Uses ``overlap_min_m2``, ``gap_max_m2``, ``sliver_width_m``, ``recorded_share``,
        ``area_basis`` and ``repair``.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of ``schema.FINDINGS``, sorted by code and ids. A pair is told once, with the
        smaller id as ``parcel_id``.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    GeometryError
        If some geometry is not polygonal.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10), None]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=["a", "b", "c"], crs=4547)
    >>> found = check(parcels, parameters=Parameters())
    >>> found[["code", "parcel_id", "other_id", "value"]].values.tolist()
    [['null_geometry', 'c', nan, nan], ['overlap', 'a', 'b', 10.0]]
    """
    require_metric(parcels, what="parcels")
    values = parcels.geometry.to_numpy()
    if not (shapely.is_missing(values) | shapely.is_empty(values)).all():
        require_polygons(parcels, what="parcels")
    layer = _sorted(parcels, parameters)
    rows: Rows = []
    for look in (
        _ids,
        _unusable,
        _invalid,
        _duplicates_and_overlaps,
        _gaps,
        _slivers,
        _recorded,
        _multipart,
    ):
        rows += look(layer, parameters)
    return findings_frame([{"layer": "parcels"} | row for row in rows], crs=parcels.crs)


@dataclass(frozen=True)
class _Layer:
    """Rows in an order of their own, so that repeated ids do no harm."""

    ids: NDArray[np.object_]
    drawn: NDArray[np.object_]  # as given
    sound: gpd.GeoSeries  # valid polygons, None where there is none
    recorded: NDArray[np.float64]


def _sorted(parcels: gpd.GeoDataFrame, parameters: Parameters) -> _Layer:
    ids = pd.Series(parcels.index).astype("str")
    ids = ids.mask(ids.str.strip() == "").reset_index(drop=True)
    drawn = parcels.geometry.to_numpy()
    sound = drawn.copy()
    bad = invalid_polygons(drawn)
    sound[bad] = mended(drawn[bad]) if "invalid_geometry" in parameters.repair else None
    sound[shapely.is_empty(sound)] = None
    recorded = np.full(len(parcels), np.nan)
    if "recorded_area_m2" in parcels:
        recorded = parcels["recorded_area_m2"].to_numpy(dtype="float64", na_value=np.nan)
    keys = pd.DataFrame({"id": ids, "wkb": shapely.to_wkb(drawn, hex=True), "recorded": recorded})
    order = keys.sort_values(["id", "wkb", "recorded"]).index.to_numpy()
    named = ids.astype("object").where(ids.notna(), None).to_numpy()
    return _Layer(
        named[order],
        drawn[order],
        gpd.GeoSeries(sound[order], crs=parcels.crs),
        recorded[order],
    )


def _rows(code: str, severity: str, **columns: Iterable[object]) -> Rows:
    """Findings of one code, a row for each set of entries of the given columns."""
    return [
        {"code": code, "severity": severity, **dict(zip(columns, row, strict=True))}
        for row in zip(*columns.values(), strict=True)
    ]


def _ids(layer: _Layer, _: Parameters) -> Rows:
    none = pd.isna(layer.ids)
    somewhere = shapely.point_on_surface(layer.sound.to_numpy())
    rows = _rows("missing_id", "error", geometry=somewhere[none])
    rows = [row | {"message": "the row has no id"} for row in rows]
    names, code, count = np.unique(
        layer.ids[~none].astype(str), return_inverse=True, return_counts=True
    )
    drawn = ~shapely.is_missing(somewhere[~none])
    order = np.argsort(code[drawn], kind="stable")
    places = np.full(len(names), None, dtype=object)
    shapely.multipoints(somewhere[~none][drawn][order], indices=code[drawn][order], out=places)
    twice = count > 1
    return rows + _rows(
        "duplicate_id",
        "error",
        parcel_id=names[twice].tolist(),
        value=count[twice].astype(float),
        message=[f"{many} rows have this id" for many in count[twice]],
        geometry=places[twice],
    )


def _unusable(layer: _Layer, _: Parameters) -> Rows:
    null, empty = shapely.is_missing(layer.drawn), shapely.is_empty(layer.drawn)
    rows = _rows("null_geometry", "error", parcel_id=layer.ids[null])
    rows += _rows("empty_geometry", "error", parcel_id=layer.ids[empty])
    return [row | {"message": "the row has no geometry"} for row in rows]


def _invalid(layer: _Layer, _: Parameters) -> Rows:
    bad = invalid_polygons(layer.drawn)
    reasons = shapely.is_valid_reason(layer.drawn[bad])
    return _rows(
        "invalid_geometry",
        "error",
        parcel_id=layer.ids[bad],
        message=reasons,
        geometry=[_place(reason) for reason in reasons],
    )


def _place(reason: str) -> shapely.Point | None:
    """Point that GEOS names in the reason."""
    found = re.search(r"\[(\S+) (\S+)[^\]]*\]$", reason)
    try:
        point = shapely.Point(float(found[1]), float(found[2])) if found else None
    except ValueError:
        return None
    return (
        point if point is not None and np.isfinite(shapely.get_coordinates(point)).all() else None
    )


def _duplicates_and_overlaps(layer: _Layer, parameters: Parameters) -> Rows:
    there = np.flatnonzero(layer.sound.notna())
    shapes, ids = layer.sound.to_numpy()[there], layer.ids[there]
    same = pd.factorize(shapely.to_wkb(shapely.normalize(shapely.force_2d(shapes)), hex=True))[0]
    _, first = np.unique(same, return_index=True)
    again = np.flatnonzero(first[same] != np.arange(len(same)))
    duplicates = _rows(
        "duplicate_geometry",
        "warning",
        parcel_id=ids[first[same[again]]],
        other_id=ids[again],
        value=shapely.area(shapes[again]),
        geometry=shapes[again],
    )
    rows = [row | {"unit": "m2", "message": "the same polygon twice"} for row in duplicates]
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    kept = (i < j) & (same[i] != same[j])
    i, j = i[kept], j[kept]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    shapely.prepare(shapes)
    area = pair_areas(shapes, shapes, i=i, j=j)
    shapely.destroy_prepared(shapes)
    large = area > parameters.overlap_min_m2
    overlaps = _rows(
        "overlap",
        "warning",
        parcel_id=ids[i[large]],
        other_id=ids[j[large]],
        value=area[large],
        message=[f"two parcels overlap by {a:.2f} m²" for a in area[large]],
        geometry=_areal(shapely.intersection(shapes[i[large]], shapes[j[large]])),
    )
    return rows + [row | {"unit": "m2"} for row in overlaps]


def _areal(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Without the points and lines that an intersection leaves beside its polygons."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(geometry), POLYGONS))
    result = geometry.copy()
    for at in mixed:
        parts = shapely.get_parts(shapely.get_parts(geometry[at]))
        result[at] = shapely.multipolygons(parts[shapely.get_type_id(parts) == POLYGONS[0]])
    return result


def _gaps(layer: _Layer, parameters: Parameters) -> Rows:
    there = np.flatnonzero(layer.sound.notna())
    shapes, ids = layer.sound.to_numpy()[there], layer.ids[there]
    holes = _holes(shapes)
    area = shapely.area(holes)
    order = np.lexsort((*shapely.bounds(holes).T[::-1], area))
    holes, area = holes[order], area[order]
    hairline = area <= parameters.overlap_min_m2
    gap = ~hairline & (area <= parameters.gap_max_m2)
    wide = ~hairline & ~gap
    rows = _rows(
        "gap",
        "warning",
        value=area[gap],
        message=_between(holes[gap], shapes, ids),
        geometry=holes[gap],
    )
    enclosed = _rows("enclosed_space", "info", value=area[wide], geometry=holes[wide])
    rows += [row | {"message": "space enclosed by parcels"} for row in enclosed]
    if hairline.any():
        message = f"{hairline.sum()} gaps of at most {parameters.overlap_min_m2:g} m² each"
        row = {"code": "hairline_gaps", "severity": "info", "message": message}
        rows.append(row | {"value": float(area[hairline].sum())})
    return [row | {"unit": "m2"} for row in rows]


def _holes(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Holes in the union, without what lies in them."""
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.diff(part, prepend=-1) == 0  # the first ring of a part is its shell
    holes = shapely.polygons(rings[inner])
    filled = shapely.polygons(rings[~inner])
    within, island = shapely.STRtree(filled).query(holes, predicate="contains")
    for hole in np.unique(within):
        inside = shapely.union_all(filled[island[within == hole]])
        holes[hole] = shapely.difference(holes[hole], inside)
    return holes


def _between(
    holes: NDArray[np.object_], shapes: NDArray[np.object_], ids: NDArray[np.object_]
) -> list[str]:
    """Message of each gap, with the first parcels around it."""
    hole, parcel = shapely.STRtree(shapes).query(holes, predicate="dwithin", distance=1e-6)
    around = pd.Series(ids[parcel]).dropna().groupby(hole[~pd.isna(ids[parcel])])
    named = around.apply(lambda a: sorted(set(a))).to_dict()
    messages = []
    for at in range(len(holes)):
        names = named.get(at, [])
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        messages.append(f"hole between parcels {', '.join(names[:LISTED])}{more}")
    return messages


def _slivers(layer: _Layer, parameters: Parameters) -> Rows:
    width = (2 * layer.sound.area / layer.sound.length).to_numpy()
    thin = width < parameters.sliver_width_m
    rows = _rows(
        "sliver",
        "warning",
        parcel_id=layer.ids[thin],
        value=width[thin],
        message=[f"{w:.3f} m wide on average" for w in width[thin]],
        geometry=layer.sound.to_numpy()[thin],
    )
    return [row | {"unit": "m"} for row in rows]


def _recorded(layer: _Layer, parameters: Parameters) -> Rows:
    if np.isnan(layer.recorded).all():
        return []
    drawn = areas_m2(layer.sound, basis=parameters.area_basis).to_numpy()
    ratio = np.divide(
        drawn, layer.recorded, out=np.full(len(drawn), np.nan), where=layer.recorded > 0
    )
    off = np.abs(ratio - 1) > parameters.recorded_share
    off |= (layer.recorded <= 0) & ~np.isnan(drawn)
    pairs = zip(drawn[off], layer.recorded[off], strict=True)
    rows = _rows(
        "recorded_area",
        "warning",
        parcel_id=layer.ids[off],
        value=ratio[off],
        message=[f"drawn {a:.2f} m², recorded {b:.2f} m²" for a, b in pairs],
        geometry=layer.sound.to_numpy()[off],
    )
    return [row | {"unit": "drawn/recorded"} for row in rows]


def _multipart(layer: _Layer, _: Parameters) -> Rows:
    parts = shapely.get_num_geometries(layer.drawn)
    several = parts > 1
    return _rows(
        "multipart",
        "info",
        parcel_id=layer.ids[several],
        value=parts[several].astype(float),
        message=[f"{many} parts" for many in parts[several]],
        geometry=layer.drawn[several],
    )
