"""Findings about buildings: off the parcels, overlapping, without footprint or floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.topology.overlay import overlaps_within, robust

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters

LITTLE_SHARE, LITTLE_M2 = 0.01, 1.0  # overlaps of buildings below both are drawing noise
AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def building_findings(
    buildings: gpd.GeoDataFrame, placed: pd.DataFrame, *, parameters: Parameters
) -> list[dict[str, object]]:
    """What is amiss with buildings, and what was estimated.

    Parameters
    ----------
    buildings
        Footprints in a metric CRS, indexed by building id.
    placed
        By building id: ``floors``, ``floors_from``, ``height_m``, ``footprint_m2``,
        ``above_floor_m2``, ``underground_floor_area_m2`` and ``off_parcels_m2``.
    parameters
        Uses ``floor_area``, ``overlap_min_m2`` and ``estimate_floors``.

    Returns
    -------
    list of dict
        Records with columns of ``schema.FINDINGS``. ``building_off_parcels``: more than
        ``overlap_min_m2`` of footprint that count on no parcel. ``building_overlap``: two
        buildings (the same one drawn twice among them) that have more than that in common, whose
        floor area counts twice there; a warning above 1 m² or 1 % of the smaller one. In one row
        each: ``building_no_footprint``, ``floors_missing``, ``floors_estimated`` and
        ``floors_zero`` (0 floors, nothing underground).

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.measure.built.floors import building_amounts
    >>> from shapely import box
    >>> halls = gpd.GeoDataFrame(geometry=[box(0, 0, 9, 9)] * 2, index=["h", "k"], crs=4547)
    >>> placed = building_amounts(halls, parameters=Parameters()).assign(off_parcels_m2=0.0)
    >>> for found in building_findings(halls, placed, parameters=Parameters()):
    ...     print(found.get("other_id", "-"), found["message"])
    h overlaps building k by 81.00 m²
    - 2 of 2 buildings have no number of floors; floor area is missing on their parcels
    """
    ordered = buildings.geometry.sort_index()
    placed = placed.reindex(ordered.index)
    return [
        *_off_parcels(ordered, placed["off_parcels_m2"], parameters=parameters),
        *_overlapping(ordered, least_m2=parameters.overlap_min_m2),
        *_counted(placed, parameters=parameters),
    ]


def _off_parcels(
    shapes: gpd.GeoSeries, off_m2: pd.Series, *, parameters: Parameters
) -> list[dict[str, object]]:
    astray = off_m2[off_m2 > parameters.overlap_min_m2]
    lie = "of the footprint lie on no parcel"
    if parameters.floor_area == "centroid":  # such a building may well overlap parcels
        lie = "of the footprint count on no parcel: its centroid lies on none"
    return _records(
        "building_off_parcels",
        "warning",
        other_id=astray.index,
        value=astray.to_list(),
        message=[f"{area:.2f} m² {lie}" for area in astray.to_list()],
        geometry=shapely.point_on_surface(shapes[astray.index].to_numpy()),
    )


def _overlapping(shapes: gpd.GeoSeries, *, least_m2: float) -> list[dict[str, object]]:
    plain = gpd.GeoDataFrame(geometry=shapes.reset_index(drop=True))
    pairs = overlaps_within(plain)
    pairs = pairs[pairs["overlap_m2"] > least_m2]
    first, second = pairs["left_id"].to_numpy(), pairs["right_id"].to_numpy()
    values, area = plain.geometry.to_numpy(), pairs["overlap_m2"].to_numpy()
    smaller = np.minimum(shapely.area(values[first]), shapely.area(values[second]))
    much = (area > LITTLE_SHARE * smaller) | (area > LITTLE_M2)
    ids = shapes.index[second]
    return _records(
        "building_overlap",
        ["warning" if m else "info" for m in much],
        other_id=shapes.index[first],
        value=area.tolist(),
        message=[
            f"overlaps building {other} by {m2:.2f} m²"
            for other, m2 in zip(ids, area.tolist(), strict=True)
        ],
        geometry=_common(values[first], values[second]),
    )


def _common(first: NDArray[np.object_], second: NDArray[np.object_]) -> NDArray[np.object_]:
    """Ground that polygons have in common, pair by pair, without points and lines."""
    common = robust(shapely.intersection, first, second)
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(common), AREAL))
    parts, at = shapely.get_parts(common[mixed], return_index=True)
    areal = shapely.area(parts) > 0
    kept = np.full(len(mixed), None, dtype=object)
    shapely.multipolygons(parts[areal], indices=at[areal], out=kept)
    common[mixed] = kept
    return common


def _counted(placed: pd.DataFrame, *, parameters: Parameters) -> list[dict[str, object]]:
    """One row for each thing that several buildings have in common."""
    source = placed["floors_from"]
    missing = source == "missing"
    without = "have no number of floors; floor area is missing on their parcels"
    helped = int((missing & placed["height_m"].notna()).sum())
    if helped and parameters.estimate_floors == "no":
        without += f'; estimate_floors = "height" in [parameters] would estimate {helped} of them'
    zero = (placed["floors"] == 0) & (placed["underground_floor_area_m2"] == 0)
    zero &= placed["above_floor_m2"] == 0
    told = {
        "building_no_footprint": (
            placed["footprint_m2"].isna(),
            "have no usable footprint; they count on no parcel",
        ),
        "floors_missing": (missing, without),
        "floors_estimated": (
            source == "height",
            "have no number of floors: it is estimated by height",
        ),
        "floors_zero": (zero, "are given with 0 floors; they count no floor area above ground"),
    }
    return [
        record
        for code, (which, words) in told.items()
        if which.any()
        for record in _records(
            code,
            "info" if code == "floors_estimated" else "warning",
            value=[float(which.sum())],
            unit="count",
            message=[f"{int(which.sum())} of {len(placed)} buildings {words}"],
        )
    ]


def _records(
    code: str, severity: str | list[str], *, unit: str = "m2", **columns: Iterable[object]
) -> list[dict[str, object]]:
    cells = {"code": code, "severity": severity, "layer": "buildings", "unit": unit}
    rows = pd.DataFrame({**cells, **{name: list(column) for name, column in columns.items()}})
    return [{str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")]
