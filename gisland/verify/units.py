"""Units of zones: every parcel once, each unit in one piece, as equal in size as proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.tables import members_of
from gisland.base.units import m2_to_mu
from gisland.verify.blockland import unequal
from gisland.verify.facts import AREA_M2, RELATIVE, violations
from gisland.verify.overlays import overlay
from gisland.verify.reach import bordering, near_pairs, pieces, scattered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gisland.verify.facts import Facts, Violation

MOST = 8  # parcels of a zone whose divisions are all tried
STATUSES = ("optimal", "time_limit")
HALF = 0.5


def check_units(facts: Facts) -> list[Violation]:
    """Hold the units of zones against zones and parcels.

    Which parcels are linked across corridors is not recomputed: units must hang together within
    ``corridor_m``, and no division along surely shared borders may be better than one that is
    said to be the best. All divisions are tried in zones of up to 8 parcels, but not in zones of a
    layer that may be in several pieces: each of these has units of its own.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``unit_tables``, ``unit_members``, ``unit_ids``, ``unit_number``, ``unit_scattered``,
        ``unit_sum``, ``unit_shape``, ``unit_status``, ``unit_bound``, ``unit_best``; the ids are
        units, zones or parcels.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_units(example_facts())  # no zones
    []
    """
    table, zones = facts.tables.get("zone_units"), facts.tables.get("zones")
    if table is None:
        return _check_absent(facts)
    if zones is None:
        return violations("unit_tables", "units of zones that are not there", table["zone_id"])
    rows = table.drop_duplicates("unit_id").set_index("unit_id").sort_index()
    found = violations(
        "unit_ids", "units that have two rows", table["unit_id"][table["unit_id"].duplicated()]
    )
    listed = members_of(rows["parcel_ids"])
    unit = pd.Series(listed.index, index=pd.Index(listed.to_numpy()), dtype="str")
    zone_of = members_of(zones.drop_duplicates("zone_id").set_index("zone_id")["parcel_ids"])
    zone = pd.Series(zone_of.index, index=pd.Index(zone_of.to_numpy()), dtype="str")
    told = unit.map(rows["zone_id"])
    wrong = set(unit.index[unit.index.duplicated()]) | set(
        unit.index.symmetric_difference(zone.index)
    )
    both = unit.index.intersection(zone.index).difference(list(wrong))
    wrong |= set(both[told.reindex(both).to_numpy() != zone.reindex(both).to_numpy()])
    text = "parcels of zones that are not once in a unit of their zone"
    found += violations("unit_members", text, wrong)
    unit = unit[~unit.index.duplicated() & unit.index.isin(facts.parcels.index)].sort_index()
    apart = scattered(unit, facts.parcels.geometry, within_m=facts.parameters.corridor_m)
    text = "units do not hang together across corridor_m"
    found += violations("unit_scattered", text, apart)
    found += _check_numbers(facts, rows, unit)
    if not wrong:
        found += _check_divisions(facts, rows, unit)
    return found


def _check_absent(facts: Facts) -> list[Violation]:
    zones = facts.tables.get("zones")
    if zones is None or zones.empty or "rank" not in zones or not facts.parameters.zone_unit_m2:
        return []
    given = "planning_units" in facts.tables or facts.column("unit_id") is not None
    absent = [] if given else ["zone_units"]
    return violations("unit_tables", "tables that zone_unit_m2 asks for are not there", absent)


def _check_numbers(facts: Facts, rows: pd.DataFrame, unit: pd.Series) -> list[Violation]:
    area = facts.parcels["area_m2"].reindex(unit.index).astype("float64")
    size = area.groupby(unit).sum().reindex(rows.index, fill_value=0.0)
    zone = rows["zone_id"]
    mean = size.groupby(zone).transform("mean")
    # which way a unit deviates from the mean may be told or not
    deviation = (size - mean).abs() * np.sign(rows["deviation_m2"]).replace(0.0, 1.0)
    right = {
        "parcels": unit.groupby(unit).size().reindex(rows.index, fill_value=0),
        "area_m2": size,
        "area_mu": m2_to_mu(size),
        "mean_m2": mean,
        "deviation_m2": deviation,
        "largest_deviation_m2": (size - mean).abs().groupby(zone).transform("max"),
    }
    found = unequal(rows, right, code="unit_sum", what="zone_units")
    names = [f"{z}-{n}" for z, n in zip(zone, rows.groupby("zone_id").cumcount() + 1, strict=True)]
    plain = set(names) if not _padded(rows) else set(rows.index)
    text = "units are not numbered from 1 in their zone"
    found += violations("unit_ids", text, rows.index[~rows.index.isin(plain)])
    wrong = ~rows["status"].isin(STATUSES)
    found += violations(
        "unit_status", f"status is none of {', '.join(STATUSES)}", rows.index[wrong]
    )
    shapes = facts.parcels.geometry
    for name, ids in unit.groupby(unit).groups.items():
        whole = overlay(shapely.union_all, shapes.reindex(ids).to_numpy())
        told = rows.geometry.get(name)
        slack = AREA_M2 + facts.parameters.tolerance_m * float(shapely.length(whole))
        if told is None or abs(shapely.area(told) - shapely.area(whole)) > slack:
            found += violations("unit_shape", "geometry is not that of the parcels", [name])
    return found


def _padded(rows: pd.DataFrame) -> bool:
    """Whether numbers in the zone are written with leading zeros, as many in each zone."""
    number = rows.index.to_series().str.rpartition("-")[2]
    return bool(number.str.fullmatch("0+[1-9][0-9]*").any())


def _check_divisions(facts: Facts, rows: pd.DataFrame, unit: pd.Series) -> list[Violation]:
    found: list[Violation] = []
    for zone, own in rows.groupby("zone_id"):
        members = unit[unit.isin(own.index)].sort_index()
        shapes = facts.shapes(members.index)
        area = facts.parcels["area_m2"].reindex(members.index).to_numpy("float64")
        whole = pieces(near_pairs(shapes, within_m=facts.parameters.corridor_m), len(members))
        want = area.sum() / facts.parameters.zone_unit_m2 if facts.parameters.zone_unit_m2 else 1.0
        possible = {int(n) for n in (np.floor(want + HALF), np.ceil(want - HALF), round(want))}
        possible = {min(max(1, n), len(members)) for n in possible}
        if len(own) not in possible and not whole.any():
            text = "zones have not as many units as their area over zone_unit_m2"
            found += violations("unit_number", text, [zone])
        found += _check_best(facts, own, area, shapes=shapes, zone=str(zone))
    return found


def _check_best(
    facts: Facts, own: pd.DataFrame, area: np.ndarray, *, shapes: np.ndarray, zone: str
) -> list[Violation]:
    told, bound = float(own["largest_deviation_m2"].max()), float(own["bound_m2"].iloc[0])
    slack = AREA_M2 + RELATIVE * area.sum()
    optimal = own["status"].eq("optimal").all()
    found = []
    if len(own[["bound_m2", "status"]].drop_duplicates()) > 1:
        found += violations("unit_bound", "bounds or statuses differ within zones", [zone])
    if not bound <= told + slack or (optimal and not bound >= told - slack):
        text = "bounds are above the deviation, or below that of the best"
        found += violations("unit_bound", text, [zone])
    if len(area) > MOST:
        return found
    links = bordering(shapes, tolerance_m=facts.parameters.tolerance_m)
    given = any(layer.get("layer") == "zones" for layer in facts.run["inputs"])
    if given and pieces(links, len(area)).any():  # each piece has units of its own
        return found
    mean, least = area.sum() / len(own), np.inf
    for division in _divisions(len(area), len(own)):
        size = np.bincount(division, weights=area)
        most = float(np.abs(size - mean).max())
        if most < least:
            same = links[division[links[:, 0]] == division[links[:, 1]]]
            if len(set(pieces(same, len(area)))) == len(own):
                least = most
    if least < bound - slack or (optimal and least < told - slack):
        text = "there are more equal units than those said to be the best"
        found += violations("unit_best", text, [zone])
    return found


def _divisions(count: int, parts: int) -> Iterator[np.ndarray]:
    """All ways to put things into a number of parts that are none of them empty."""
    for cells in _numbered(count, parts):
        if max(cells) == parts - 1:
            yield np.array(cells)


def _numbered(count: int, parts: int) -> Iterator[list[int]]:
    """Parts by number, each new one the next: no division comes twice."""
    if count == 0:
        yield []
        return
    for head in _numbered(count - 1, parts):
        last = max(head, default=-1)
        for cell in range(min(last + 2, parts)):
            yield [*head, cell]
