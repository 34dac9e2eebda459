"""Units of equal size in redevelopment zones: contiguous, and as near the mean as can be."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.errors import ProjectError, TableError
from gisland.base.guards import require_columns, require_layer, require_table
from gisland.base.keys import both_among, positions
from gisland.base.phrases import first_of
from gisland.base.rule import CENTS
from gisland.base.schema import require_ids
from gisland.base.tables import joined_ids, members_of
from gisland.base.units import m2_to_mu
from gisland.topology.graph import components, ends
from gisland.topology.parting import parted
from gisland.topology.parting_loops import Aim
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from gisland.topology.segments import Ints

OPTIMAL, TIME_LIMIT = "optimal", "time_limit"
COLUMNS: dict[str, str] = {
    "unit_id": "str",
    "zone_id": "str",
    "parcel_ids": "str",
    "parcels": "Int64",
    "area_m2": "float64",
    "area_mu": "float64",
    "mean_m2": "float64",
    "deviation_m2": "float64",
    "largest_deviation_m2": "float64",
    "bound_m2": "float64",
    "status": "str",
}
LEAST_M2 = 0.005  # what is less rounds to nothing
SHOWN = 5  # zones named in a finding


def balanced_units(
    zones: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    unit_m2: float,
    seconds: float,
) -> tuple[gpd.GeoDataFrame, pd.Series, list[dict[str, object]]]:
    """Part every zone into contiguous units of areas as equal as whole parcels allow.

    A zone of some area has as many units as `unit_m2` goes into it, to the nearest whole number
    (a half to the even one), at least one. Their largest deviation from their mean area is the
    least possible, in whole hundredths of a square metre. Where links do not connect a zone, each
    connected piece has at least one unit of its own, and one more goes to the piece that its share
    of the area entitles to most, until all are given (largest remainder); the mean is that of the
    whole zone. A piece has no more units than parcels. Of equally good units those are taken that
    come first in a fixed walk through the parcels by id, whatever the order of rows; where time
    runs out they may depend on the machine.

    Parameters
    ----------
    zones
        With ``zone_id``, ``parcel_ids`` and ``area_m2``; no parcel in two zones.
    parcels
        Indexed by parcel id, with geometry and ``area_m2``.
    links
        Its index has ``focal`` and ``neighbor``: parcels that share a border or face each other
        across a corridor, in one or both directions; others than those of zones do no harm.
    unit_m2
        Area that units are to have, in m², above 0.
    seconds
        Time limit for each zone, above 0.

    Returns
    -------
    geopandas.GeoDataFrame
        Table ``zone_units``, sorted by zone and unit, with the ids of its parcels and areas in
        m² (``area_mu`` in mu); ``deviation_m2`` is area less mean, ``bound_m2`` what the largest
        deviation is at least, ``status`` ``optimal`` or ``time_limit``.
    pandas.Series
        Named ``unit_id``, on the index of `parcels`; missing outside every zone. Units of ``Z01``
        are ``Z01-1``, ``Z01-2``, … by their smallest parcel id.
    list of dict
        Findings ``zone_in_pieces`` and ``zone_units_not_proved``, with the count of zones.

    Raises
    ------
    ProjectError
        If `unit_m2` is not above 0.
    TableError, GeometryError
        If zones name a parcel twice or one that is unknown or without area, listing the parcels;
        or if a column or the geometry is missing.
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> from shapely import box
    >>> ids = pd.Index(["a", "b", "c"], name="parcel_id")
    >>> shapes = [box(0, 0, 30, 10), box(30, 0, 40, 10), box(40, 0, 60, 10)]
    >>> area = {"area_m2": [300.0, 100.0, 200.0]}
    >>> lots = gpd.GeoDataFrame(area, geometry=shapes, index=ids, crs=4547)
    >>> pairs = pd.MultiIndex.from_tuples([("a", "b"), ("b", "c")], names=["focal", "neighbor"])
    >>> zone = pd.DataFrame({"zone_id": ["Z01"], "parcel_ids": ["a;b;c"], "area_m2": [600.0]})
    >>> table, unit, _ = balanced_units(
    ...     zone, lots, pd.DataFrame(index=pairs), unit_m2=300.0, seconds=5.0
    ... )
    >>> unit.tolist(), table["largest_deviation_m2"].tolist()
    (['Z01-1', 'Z01-2', 'Z01-2'], [0.0, 0.0])
    """
    if not (math.isfinite(unit_m2) and unit_m2 > 0):
        raise ProjectError(f"zone_unit_m2 is {unit_m2!r}", do="give a number above 0")
    require_columns(zones, ["zone_id", "parcel_ids", "area_m2"], what="zones")
    require_layer(parcels, ["area_m2"], what="parcels")
    require_table(links, what="links")
    require_columns(links.index.to_frame(), ["focal", "neighbor"], what="the index of links")
    member = _members(zones, parcels)
    size = zones.set_index("zone_id")["area_m2"]
    pair = _pairs(links, member)
    none = pair.iloc[:0]
    own = dict(iter(pair.groupby("zone")))
    area = parcels["area_m2"].reindex(member.index)
    rows = [
        _units(part, own.get(zone, none), area, units=round(size[zone] / unit_m2), seconds=seconds)
        for zone, part in member.groupby(member, sort=True)
    ]
    units = pd.concat(rows) if rows else _units_of(member, np.array([], dtype="int64"))
    unit = units["unit_id"].reindex(parcels.index).astype("str")
    return _table(units, parcels), unit.rename("unit_id"), _findings(units)


def _members(zones: pd.DataFrame, parcels: gpd.GeoDataFrame) -> pd.Series:
    """Zone of each parcel in one, by parcel id, sorted."""
    require_ids(parcels, what="parcels")
    require_ids(zones.set_index("zone_id"), what="zones")
    pairs = members_of(zones.set_index("zone_id")["parcel_ids"])
    pairs = pairs[pairs != ""]
    member = pd.Series(pairs.index, index=pd.Index(pairs.to_numpy(), dtype="str"), dtype="str")
    twice = member.index[member.index.duplicated()].unique()
    if len(twice):
        raise TableError(
            "zones: parcels in more than one zone",
            do="give each parcel to one zone",
            ids=sorted(twice),
        )
    area = parcels["area_m2"].reindex(member.index)
    drawn = parcels.geometry.reindex(member.index).notna().to_numpy()
    faulty = member.index[~(drawn & (area >= LEAST_M2) & np.isfinite(area))]
    if len(faulty):
        raise TableError(
            "zones: parcels that are unknown or have no area",
            do="make zones of parcels of this layer that are drawn",
            ids=sorted(faulty),
        )
    return member.sort_index()


def _pairs(links: pd.DataFrame, member: pd.Series) -> pd.DataFrame:
    """Links inside a zone, as two columns of parcel ids with their zone."""
    index = cast("pd.MultiIndex", links.index)
    inside = index[both_among(index, member.index)]
    pair = inside.to_frame(index=False, name=["focal", "neighbor"])
    zone = [member.to_numpy()[positions(pair[end], member.index)] for end in pair]
    return pair.assign(zone=zone[0])[zone[0] == zone[1]]


def _units(
    member: pd.Series, pair: pd.DataFrame, areas_m2: pd.Series, *, units: int, seconds: float
) -> pd.DataFrame:
    """Units of one zone: number of the unit of each parcel, and what is known of all of them."""
    ids, until = member.index, time.monotonic() + seconds
    cents = np.rint(areas_m2[ids].to_numpy("float64") * CENTS).astype("int64")
    piece = pd.factorize(components(ids, pair))[0]
    shared = _shared_out(cents, piece, units=max(1, units))
    scale, total = int(shared.sum()), int(cents.sum())
    pairs = ends(ids, pair)
    number = np.zeros(len(ids), dtype="int64")
    worst = bound = given = 0
    for k, own in enumerate(shared.tolist()):
        place = np.flatnonzero(piece == k)
        held = piece[pairs[0]] == k
        found = parted(
            cents[place],
            (place.searchsorted(pairs[0][held]), place.searchsorted(pairs[1][held])),
            aim=Aim(scale, total, own),
            seconds=max(0.0, until - time.monotonic()),
        )
        number[place] = given + found.label
        given += own
        worst, bound = max(worst, found.worst), max(bound, found.bound)
    return _units_of(member, number).assign(
        area_m2=areas_m2[ids],
        mean_m2=float(areas_m2[ids].sum()) / scale,
        bound_m2=bound / scale / CENTS,
        status=OPTIMAL if bound == worst else TIME_LIMIT,
        pieces=len(shared),
    )


def _shared_out(cents: Ints, piece: Ints, *, units: int) -> Ints:
    """How many units each piece of a zone has, the pieces by their smallest id."""
    most = np.bincount(piece)
    area = np.zeros(len(most), dtype="int64")
    np.add.at(area, piece, cents)
    given = np.ones(len(most), dtype="int64")
    total = int(cents.sum())
    for _ in range(units - len(most)):
        open_ = np.flatnonzero(given < most)
        if not len(open_):
            break
        lacking = [units * int(area[k]) - total * int(given[k]) for k in open_]
        given[open_[lacking.index(max(lacking))]] += 1
    return given


def _units_of(member: pd.Series, number: Ints) -> pd.DataFrame:
    """Zone and unit of each parcel; units are numbered by their smallest parcel id."""
    order = pd.factorize(number)[0] + 1  # the ids are sorted
    digits = len(str(order.max(initial=1)))
    unit = [f"{zone}-{n:0{digits}d}" for zone, n in zip(member, order, strict=True)]
    return pd.DataFrame({"zone_id": member, "unit_id": pd.Series(unit, member.index, dtype="str")})


def _table(units: pd.DataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row for each unit, by zone and unit."""
    if not len(units):
        empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=parcels.crs))
    groups = units.groupby(["zone_id", "unit_id"], sort=True)
    known = groups[["mean_m2", "bound_m2", "status"]].first()
    table = known.join(groups["area_m2"].agg(["sum", "size"])).reset_index()
    table = table.rename(columns={"sum": "area_m2", "size": "parcels"})
    table["area_mu"] = m2_to_mu(table["area_m2"])
    table["deviation_m2"] = table["area_m2"] - table["mean_m2"]
    worst = table["deviation_m2"].abs().groupby(table["zone_id"]).transform("max")
    # what is proved counts in hundredths: where nothing is better, it is the deviation itself
    short = table["status"] != OPTIMAL
    table["largest_deviation_m2"] = worst
    table["bound_m2"] = table["bound_m2"].clip(upper=worst).where(short, worst)
    table["parcel_ids"] = joined_ids(units["unit_id"], pd.Index(table["unit_id"])).to_numpy()
    group = groups.ngroup().to_numpy().astype("int64")
    order = np.argsort(group, kind="stable")
    shapes = unions(parcels.geometry[units.index].to_numpy()[order], group[order])
    return gpd.GeoDataFrame(
        table[list(COLUMNS)].astype(COLUMNS),
        geometry=gpd.GeoSeries(shapes, crs=parcels.crs),
        crs=parcels.crs,
    )


def _findings(units: pd.DataFrame) -> list[dict[str, object]]:
    """Zones that fall into pieces, and zones whose units are not proved to be the best."""
    if not len(units):
        return []
    zones = units.drop_duplicates("zone_id").set_index("zone_id")
    told = (
        ("zone_in_pieces", "info", zones["pieces"] > 1, "fall into pieces without links"),
        (
            "zone_units_not_proved",
            "warning",
            zones["status"] != OPTIMAL,
            "have units that are not proved to be the most equal: time ran out",
        ),
    )
    return [
        {
            "code": code,
            "severity": severity,
            "layer": "zones",
            "value": float(which.sum()),
            "unit": "count",
            "message": f"{which.sum()} of {len(zones)} zones {what}:"
            f" {first_of(zones.index[which].tolist(), most=SHOWN)}",
        }
        for code, severity, which, what in told
        if which.any()
    ]
