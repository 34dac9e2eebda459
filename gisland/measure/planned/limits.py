"""Planning limits of parcels: from their zones, from overlays, and of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.conditions import CONDITIONS
from gisland.base.guards import require_layer
from gisland.base.keys import NOWHERE
from gisland.base.schema import require_ids
from gisland.measure.planned.ground import Ground, Laid, Parts, enough, laid, lay
from gisland.measure.totals import leading, totals
from gisland.topology.overlay import HALF, overlap_areas, robust
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.parameters import Parameters

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

USES = {"planned_use": "planned_use", "use_class": "planned_use_class"}


@dataclass(frozen=True, eq=False, repr=False)
class PlanningLimits:
    """What the plan limits on each parcel.

    Parameters
    ----------
    by_parcel
        ``planning_zone_id``, ``planned_use`` and ``planned_use_class`` of the zone that holds at
        least half of the parcel, as far as the zoning has them, and ``planned_<condition>`` of
        every condition that a layer or the parcels have a column for; on the index of the parcels.
    known_m2
        Land of each parcel on which a condition is known; columns are conditions.
    pairs
        ``left_id`` (parcel), ``right_id`` (zone), ``overlap_m2`` (plane), sorted by the ids; what
        overlapping zones count twice is scaled down.
    zone_uses
        ``planned_use`` and ``planned_use_class`` of the zones sorted by id, where there are any.
    findings
        Parcels where planning zones overlap.
    ground
        Where each limit comes from.
    """

    by_parcel: pd.DataFrame
    known_m2: pd.DataFrame
    pairs: pd.DataFrame
    zone_uses: pd.DataFrame
    findings: list[dict[str, object]]
    ground: Ground


def planning_limits(
    parcels: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame | None,
    overlay: gpd.GeoDataFrame | None,
    *,
    parameters: Parameters,
) -> PlanningLimits:
    """Planning limits of every parcel, condition by condition.

    A condition of the parcel itself holds on all of it; else within overlays that state it theirs
    (the stricter where they overlap), else those of the zones. Land in several zones has the mean
    of their limits weighted by area, of heights the strictest. A limit that is known on less than
    half of the parcel is missing. A minimum above a maximum stays as it is.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and, if known, conditions of their own.
    zoning
        Planning zones, indexed by id, or None.
    overlay
        Polygons with conditions that go before those of the zones, indexed by id, or None.
    parameters
        ``zone_min_share``, and ``overlap_min_m2`` for the findings.

    Returns
    -------
    PlanningLimits
        ``by_parcel``, on the index of `parcels`: ``planning_zone_id`` and planned use of the zone
        that holds at least half of the parcel, and of each condition that some layer states
        ``planned_<condition>``: ``far_max`` and ``far_min`` (ratios), ``coverage_max``,
        ``coverage_min``, ``green_min`` and ``green_max`` (shares, 0 to 1), ``height_min_m`` and
        ``height_max_m`` (m); missing where not known. ``known_m2``: the land on which each is
        known, in m². ``pairs``: parcels and zones with their common area in m². ``findings``:
        parcels where zones overlap.

    Raises
    ------
    CRSError
        If a CRS is missing or not metric, or they differ.
    TableError, GeometryError
        If ``area_m2`` or the geometry is missing, or ids are missing or repeated.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> lot = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0]}, geometry=[box(0, 0, 10, 10)], index=["a"], crs=4547
    ... )
    >>> zones = gpd.GeoDataFrame(
    ...     {"far_max": [1.0, 2.0], "height_max_m": [24.0, 50.0]},
    ...     geometry=[box(0, 0, 3, 10), box(3, 0, 99, 99)],
    ...     index=["Y", "Z"],
    ...     crs=4547,
    ... )
    >>> found = planning_limits(lot, zones, None, parameters=Parameters())
    >>> found.by_parcel.loc["a"].to_dict()
    {'planning_zone_id': 'Z', 'planned_far_max': 1.7, 'planned_height_max_m': 24.0}
    """
    require_layer(parcels, ["area_m2"], what="parcels")
    for layer, what in ((parcels, "parcels"), (zoning, "zoning"), (overlay, "zoning_overlay")):
        if layer is not None:
            require_layer(layer, what=what)
            require_ids(layer, what=what)
    lots = parcels.sort_index()
    zones = _sorted(zoning, crs=parcels.crs)
    raw = laid(lots, zones)
    scale, twice = _counted_twice(lots, zones, raw, least_m2=parameters.overlap_min_m2)
    ground = lay(
        lots,
        zones,
        _sorted(overlay, crs=parcels.crs),
        in_zones=raw,
        scale=scale,
        least_share=parameters.zone_min_share,
    )
    columns = {} if zoning is None else _of_main_zone(lots, zones, raw)
    known = {}
    for name in ground.conditions:
        values, known[name] = limits_of(
            ground.parts(name), name=name, groups=np.arange(len(lots)), whole_m2=ground.land_m2
        )
        columns[f"planned_{name}"] = pd.Series(values, index=lots.index)
    return PlanningLimits(
        by_parcel=pd.DataFrame(columns, index=lots.index).reindex(parcels.index),
        known_m2=pd.DataFrame(known, index=lots.index).reindex(parcels.index),
        pairs=_pairs(lots, zones, ground.in_zones),
        zone_uses=zones[[c for c in USES if c in zones]].rename(columns=USES),
        findings=_overlapping(lots, twice, least_share=parameters.zone_min_share),
        ground=ground,
    )


def limits_of(parts: Parts, *, name: str, groups: Whole, whole_m2: Floats) -> tuple[Floats, Floats]:
    """Limit of groups of parcels.

    Parameters
    ----------
    parts
        From `Ground.parts`.
    name
        The condition.
    groups
        Number of the group of each parcel; -1 for none.
    whole_m2
        Land of each group.

    Returns
    -------
    limit : numpy.ndarray
        Mean weighted by area, or the strictest of heights; missing where the condition is known on
        less than half of the land. Equal limits give exactly that limit.
    known_m2 : numpy.ndarray
        Land on which the condition is known.

    Examples
    --------
    >>> at = np.array([0, 1])
    >>> parts = Parts(at, at, at, np.array([1.0, 2.0]), np.array([30.0, 50.0]))
    >>> limits_of(parts, name="far_max", groups=np.array([0, 0]), whole_m2=np.array([100.0]))
    (array([1.625]), array([80.]))
    """
    group = groups[parts.parcel]
    inside = group != NOWHERE
    group, limit, land = group[inside], parts.limit[inside], parts.land_m2[inside]
    count = len(whole_m2)
    known = totals(group, land, groups=count)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, group, limit)
    np.maximum.at(high, group, limit)
    condition = CONDITIONS[name]
    if condition.averaged:
        total = totals(group, limit * land, groups=count)
        mean = np.divide(total, known, out=np.full(count, np.nan), where=known > 0)
        value = np.where(low == high, low, mean)
    else:
        value = low if condition.operator == "<=" else high
    return np.where(enough(known, whole_m2, least_share=HALF), value, np.nan), known


def _sorted(layer: gpd.GeoDataFrame | None, *, crs: object) -> gpd.GeoDataFrame:
    if layer is None:
        return gpd.GeoDataFrame(geometry=[], index=pd.Index([], dtype="str"), crs=crs)
    return layer.sort_index()


def _of_main_zone(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, raw: Laid
) -> dict[str, pd.Series]:
    """Id and uses of the zone that holds at least half of each parcel."""
    at, largest = leading(raw.parcel, raw.land_m2, number=raw.other)
    whole = parcels["area_m2"].to_numpy("float64")[at]
    held = enough(raw.land_m2[largest], whole, least_share=HALF)
    zone = np.full(len(parcels), NOWHERE)
    zone[at[held]] = raw.other[largest[held]]
    given = {"planning_zone_id": zones.index.to_series().astype("str")}
    given |= {new: zones[old] for old, new in USES.items() if old in zones}
    return {
        name: pd.Series(
            pd.api.extensions.take(values.array, zone, allow_fill=True), index=parcels.index
        )
        for name, values in given.items()
    }


def _counted_twice(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, raw: Laid, *, least_m2: float
) -> tuple[Floats, Floats]:
    """What to scale the land in zones with, by parcel, and how much of it counted too much."""
    count = len(parcels)
    scale, twice = np.ones(count), np.zeros(count)
    numbered = gpd.GeoDataFrame(geometry=zones.geometry.to_numpy(), crs=zones.crs)
    pairs = overlap_areas(numbered, numbered)
    pairs = pairs[(pairs["left_id"] < pairs["right_id"]) & (pairs["overlap_m2"] > least_m2)]
    stacked = np.unique(pairs[["left_id", "right_id"]].to_numpy("int64"))
    among = np.flatnonzero(np.isin(raw.other, stacked))
    several = np.bincount(raw.parcel[among], minlength=count) > 1
    among = among[several[raw.parcel[among]]]
    if not len(among):
        return scale, twice
    at, groups = np.unique(raw.parcel[among], return_inverse=True)
    drawn = parcels.geometry.to_numpy()
    pieces = robust(
        shapely.intersection, drawn[raw.parcel[among]], zones.geometry.to_numpy()[raw.other[among]]
    )
    land = parcels["area_m2"].to_numpy("float64")[at] / shapely.area(drawn[at])
    covered = shapely.area(unions(pieces, groups)) * land
    excess = totals(groups, raw.land_m2[among], groups=len(at)) - covered
    over = excess > least_m2
    twice[at[over]] = excess[over]
    total = totals(raw.parcel, raw.land_m2, groups=count)
    scale[at[over]] = 1 - twice[at[over]] / total[at[over]]
    return scale, twice


def _overlapping(
    parcels: gpd.GeoDataFrame, twice: Floats, *, least_share: float
) -> list[dict[str, object]]:
    """Findings on parcels where zones overlap; what is drawing noise is only told."""
    at = np.flatnonzero(twice > 0)
    noise = twice[at] < least_share * parcels["area_m2"].to_numpy("float64")[at]
    places = shapely.point_on_surface(parcels.geometry.to_numpy()[at])
    rows = zip(parcels.index[at], twice[at].tolist(), noise, places, strict=True)
    return [
        {
            "code": "zones_overlap",
            "severity": "info" if small else "warning",
            "layer": "zoning",
            "parcel_id": parcel,
            "value": area,
            "unit": "m2",
            "message": f"planning zones overlap by {area:.2f} m²; shares are scaled",
            "geometry": place,
        }
        for parcel, area, small, place in rows
    ]


def _pairs(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, held: Laid) -> pd.DataFrame:
    """Parcels and zones with the plane area in common."""
    drawn = shapely.area(parcels.geometry.to_numpy())
    land = parcels["area_m2"].to_numpy("float64")
    plane = held.land_m2 / land[held.parcel] * drawn[held.parcel]
    return pd.DataFrame(
        {
            "left_id": parcels.index[held.parcel],
            "right_id": zones.index[held.other],
            "overlap_m2": plane,
        }
    )
