"""Repair of named faults, with a log of every square metre that changes hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.columns import numbers
from gisland.base.crs import require_metric
from gisland.base.schema import CHANGES, findings_frame
from gisland.base.shapes import FARTHEST, require_on_earth, without_empty_rings
from gisland.topology.judging import Layer, Limits
from gisland.topology.rings import polygons_in
from gisland.topology.settling import settle, untouched

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.topology.judging import Rows
    from gisland.topology.rings import Bools, Floats, Geometries, Ints

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def repair(
    parcels: gpd.GeoDataFrame, *, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    """Repair the faults that ``parameters.repair`` names and leave every other vertex to the bit.

    ``invalid_geometry``: self-crossing rings are rebuilt so that shells add and holes take away
    (``make_valid`` by structure); points and lines that are left over are dropped. ``spike``: the
    vertices of spikes not wider than ``tolerance_m`` go. ``near_miss`` and ``unmatched_vertex``:
    vertices that miss a boundary by at most ``near_miss_m`` move onto it, and polygons that meet
    share the vertices there. ``overlap``: what two have in common is cut from one of them.
    ``gap``: holes between several polygons, up to ``gap_max_m2``, go to one of them. In what
    order and to whom is told at `settle`, `despike`, `snap`, `trim` and `fill`; overlaps and gaps
    too small to be told one by one are mended as well.

    A repair that would move more than ``repair_max_m2`` or a vertex farther than ``near_miss_m``,
    empty a polygon, break it in parts, or make a new overlap, is refused. No row is dropped or
    emptied. Heights go with the repair of a polygon, holes without points from all. Polygons in
    heaps are left: more than 32 of about their size or larger lie on, or near, their middle.

    Parameters
    ----------
    parcels
        Layer with a metric CRS, indexed by id; ids may be missing or repeated, but rows that share
        one are made valid at most: nobody could tell them apart in the log. Column
        ``recorded_area_m2`` is looked at if there is one.
    parameters
        Uses ``repair``, ``repair_max_m2``, ``near_miss_m``, ``tolerance_m``, ``gap_max_m2`` and
        ``overlap_min_m2``.

    Returns
    -------
    repaired : geopandas.GeoDataFrame
        Same rows, order and columns. Repairing it again changes nothing.
    changes : pandas.DataFrame
        Columns of ``schema.CHANGES``, in the order of ids and, for each, in which it was done.
        ``action`` is ``make_valid``, ``spike_removed``, ``vertices_moved``, ``vertices_inserted``,
        ``overlap_ceded``, ``overlap_kept``, ``gap_filled``; or nothing was done: ``refused``, and
        ``not_repairable`` where nothing polygonal would be left or a coordinate is not finite.
        ``other_id`` is with whom, where it is one. Of each row, ``in_m2`` less ``out_m2`` is
        ``area_after_m2`` less ``area_before_m2``, and the next row of the parcel begins with the
        area that the one before left. The area before of a ring that crosses itself means little.
    remaining : geopandas.GeoDataFrame
        Findings ``not_repaired``: faults of these kinds that are left, each with its size; and,
        where overlaps and vertices were to be repaired, edges that still do not fit.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    GeometryError
        If coordinates are too large to be on Earth.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 13, 10)]
    >>> parcels = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> repaired, changes, _ = repair(parcels, parameters=Parameters(repair=("overlap",)))
    >>> repaired.area.to_dict()
    {'a': 90.0, 'b': 40.0}
    >>> changes[["parcel_id", "action", "other_id", "out_m2"]].values.tolist()
    [['a', 'overlap_ceded', 'b', 10.0], ['b', 'overlap_kept', 'a', 0.0]]
    """
    require_metric(parcels, what="parcels")
    require_on_earth(parcels, what="parcels")
    values = parcels.geometry.to_numpy()
    order = written_order(_texts(parcels.index), values, recorded_areas(parcels))
    values, ids = without_empty_rings(values)[order], _texts(parcels.index)[order]
    codes = set(parameters.repair)
    rows: Rows = []
    if "invalid_geometry" in codes:
        values, rows = _made_valid(values, most_m2=parameters.repair_max_m2)
    left: Rows = []
    if codes - {"invalid_geometry"}:
        there = np.isin(shapely.get_type_id(values), POLYGONS) & shapely.is_valid(values)
        there &= ~shapely.is_empty(values)
        alike = there & pd.Series(ids).duplicated(keep=False).to_numpy()  # nobody could tell which
        there &= ~alike
        drawn = values.copy()
        drawn[~there] = None
        recorded = recorded_areas(parcels)[order]
        layer = Layer(drawn, np.arange(len(values)), recorded, rest=values[alike])
        limits = Limits(
            parameters.repair_max_m2,
            reach_m=parameters.near_miss_m,
            tolerance_m=parameters.tolerance_m,
            gap_m2=parameters.gap_max_m2,
            overlap_m2=parameters.overlap_min_m2,
        )
        done = settle(layer, codes, limits=limits)
        values = values.copy()
        values[there] = done.shapes[there]
        left = done.refused + untouched(values, alike, message="its id is not unique")
        rows = rows + done.changes + [_refused(row, values) for row in left]
        if {"overlap", "unmatched_vertex"} <= codes:
            left = left + _misfits(done.shapes, left)
    shapes = np.empty_like(values)
    shapes[order] = values
    repaired = parcels.copy()
    repaired[parcels.geometry.name] = gpd.array.from_shapely(shapes, crs=parcels.crs)
    return repaired, _log(rows, ids), _findings(left, ids, crs=parcels.crs)


def _texts(index: pd.Index) -> Geometries:
    """Ids as text, None where missing."""
    ids = pd.Series(index).astype("str")
    return ids.astype("object").where(ids.notna(), None).to_numpy()


def written_order(ids: Geometries, shapes: Geometries, recorded: Floats) -> Ints:
    """Positions by id, then shape, then recorded area, so that the order of rows does not matter.

    Parameters
    ----------
    ids
        As text, (n,); None where missing, which comes last.
    shapes
        Any geometries, (n,); missing is allowed.
    recorded
        Recorded areas, (n,); NaN where there is none.

    Returns
    -------
    numpy.ndarray
        (n,).

    Examples
    --------
    >>> ids, shapes = np.array(["b", None, "a"]), np.full(3, None)
    >>> written_order(ids, shapes, np.full(3, np.nan)).tolist()
    [2, 0, 1]
    """
    keys = pd.DataFrame({"id": pd.Series(ids, dtype="str"), "wkb": None, "recorded": recorded})
    tied = np.flatnonzero(keys["id"].duplicated(keep=False))
    keys["wkb"] = keys["wkb"].astype("str")
    keys.loc[tied, "wkb"] = shapely.to_wkb(shapes[tied], hex=True)
    return keys.sort_values(["id", "wkb", "recorded"]).index.to_numpy()


def recorded_areas(parcels: gpd.GeoDataFrame) -> Floats:
    """Recorded areas in m², as far as there are any.

    Parameters
    ----------
    parcels
        Layer, perhaps with a column ``recorded_area_m2``.

    Returns
    -------
    numpy.ndarray
        NaN where nothing is recorded.

    Examples
    --------
    >>> recorded_areas(gpd.GeoDataFrame({"recorded_area_m2": [5.0, None]})).tolist()
    [5.0, nan]
    """
    return numbers(parcels, "recorded_area_m2")


def _made_valid(values: Geometries, *, most_m2: float) -> tuple[Geometries, Rows]:
    """Geometries with invalid polygons made valid where that can be done, and the log of it."""
    at = np.flatnonzero(invalid_polygons(values))
    before, after = values[at], mended(values[at])
    done = ~shapely.is_missing(after)
    result = values.copy()
    result[at[done]] = after[done]
    reasons = shapely.is_valid_reason(before)
    rows: Rows = []
    for n, k in enumerate(at.tolist()):
        old, new = before[n].area, after[n].area if done[n] else np.nan
        gain = new - old if done[n] else 0.0
        areas = {"before": old, "after": new, "in": max(0.0, gain), "out": max(0.0, -gain)}
        message = reasons[n] + (_other_reading(before[n], new, most_m2=most_m2) if done[n] else "")
        action = "make_valid" if done[n] else "not_repairable"
        rows.append({"parcel": k, "action": action, "message": message} | areas)
    return result, rows


def _other_reading(polygon: shapely.Geometry, area_m2: float, *, most_m2: float) -> str:
    """Told where the linework, each face counting in turn, makes a much different polygon."""
    other = shapely.make_valid(shapely.force_2d(polygon), method="linework").area
    return f"; by its linework {other:.2f} m²" if abs(other - area_m2) > most_m2 else ""


def _refused(row: dict[str, Any], values: Geometries) -> dict[str, Any]:
    """Row of the log for a fault that was left."""
    area = values[row["parcel"]].area
    areas = {"before": area, "after": area, "in": 0.0, "out": 0.0}
    kept = {"parcel": row["parcel"], "other": row.get("other"), "message": row["message"]}
    return {"action": "refused"} | kept | areas


def _misfits(shapes: Geometries, told: Rows) -> Rows:
    """Edges that do not fit those of neighbors, of polygons that no other row is about."""
    edges = shapely.coverage_invalid_edges(shapes)
    length = shapely.length(edges)
    named = {row[key] for row in told for key in ("parcel", "other") if row.get(key) is not None}
    return [
        {
            "parcel": k,
            "value": length[k],
            "unit": "m",
            "message": f"{length[k]:.2f} m of its boundary do not fit its neighbors",
            "geometry": edges[k],
        }
        for k in np.flatnonzero(length > 0).tolist()
        if k not in named
    ]


def _log(rows: Rows, ids: Geometries) -> pd.DataFrame:
    """Rows by position as a table by id."""
    rows = sorted(rows, key=lambda row: row["parcel"])
    texts = {
        "parcel_id": [ids[row["parcel"]] for row in rows],
        "action": [row["action"] for row in rows],
        "other_id": [None if row.get("other") is None else ids[row["other"]] for row in rows],
        "message": [row["message"] for row in rows],
    }
    numbers = {
        "area_before_m2": [row["before"] for row in rows],
        "area_after_m2": [row["after"] for row in rows],
        "in_m2": [row["in"] for row in rows],
        "out_m2": [row["out"] for row in rows],
    }
    columns = {k: pd.Series(v, dtype="str") for k, v in texts.items()}
    columns |= {k: pd.Series(v, dtype="float64") for k, v in numbers.items()}
    return pd.DataFrame(columns, columns=list(CHANGES))


def _findings(left: Rows, ids: Geometries, *, crs: object) -> gpd.GeoDataFrame:
    rows = [
        {
            "code": "not_repaired",
            "severity": "warning",
            "layer": "parcels",
            "parcel_id": ids[row["parcel"]],
            "other_id": None if row.get("other") is None else ids[row["other"]],
            **{name: row[name] for name in ("value", "unit", "message", "geometry")},
        }
        for row in left
    ]
    return findings_frame(rows, crs=crs)


def invalid_polygons(geometry: Geometries) -> Bools:
    """Whether each geometry is a polygon or multipolygon that is not valid.

    Parameters
    ----------
    geometry
        Any geometries, (n,); missing is allowed.

    Returns
    -------
    numpy.ndarray
        Bool, (n,).

    Examples
    --------
    >>> crossed = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    >>> invalid_polygons(np.array([crossed, shapely.box(0, 0, 1, 1), None])).tolist()
    [True, False, False]
    """
    polygonal = np.isin(shapely.get_type_id(geometry), POLYGONS)
    return polygonal & ~shapely.is_valid(geometry)


def mended(polygons: Geometries) -> Geometries:
    """Valid flat polygons in place of invalid ones.

    Parameters
    ----------
    polygons
        Invalid polygons or multipolygons, (n,).

    Returns
    -------
    numpy.ndarray
        A polygon, or a multipolygon where several parts are left, (n,); None where no part is,
        or where a coordinate is not finite or not on Earth.

    Examples
    --------
    >>> mended(np.array([shapely.Polygon([(0, 0), (1, 0), (0, 0)])])).tolist()
    [None]
    """
    points, of = shapely.get_coordinates(polygons, return_index=True)
    placed = np.ones(len(polygons), dtype=bool)
    placed[of[~(np.abs(points) <= FARTHEST).all(axis=1)]] = False
    flat = shapely.force_2d(polygons[placed])
    made = shapely.make_valid(flat, method="structure", keep_collapsed=False)
    at = np.flatnonzero(placed)
    result = np.full(len(polygons), None, dtype=object)
    result[at] = [_polygonal(geometry) for geometry in made]
    return result


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """Polygonal parts as one polygon or multipolygon, None if there are none."""
    parts = polygons_in(geometry)
    parts = parts[shapely.area(parts) > 0]
    if len(parts) == 0:
        return None
    whole = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return whole if whole.is_valid else None
