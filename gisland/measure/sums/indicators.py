"""Indicators of every subject before and after, each with its unit and its denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.keys import NOWHERE, in_order, positions
from gisland.base.schema import OVERALL, SITE
from gisland.base.units import HA_M2, m2_to_mu
from gisland.measure.density import STOREY_FLOORS, better_known, floor_column
from gisland.measure.layout.ownership import owner_numbers
from gisland.measure.pieces import pieces_after
from gisland.measure.sums.amounts import FLOORS, after_amounts, existing, planned_parcels
from gisland.measure.sums.indicatorspecs import (
    AMOUNTS,
    CAPACITIES,
    MEASURED,
    ORDER,
    REPLACED,
    THEMES,
    USE_SHARES,
    theme_of,
)
from gisland.measure.sums.landuse import CLASSES, MERGED
from gisland.measure.sums.subjects import Held, Side, held_land

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

COLUMNS = {
    **dict.fromkeys(("subject", "theme", "indicator"), "str"),
    **dict.fromkeys(("before", "after", "delta"), "float64"),
    **dict.fromkeys(("unit", "denominator"), "str"),
    **dict.fromkeys(("denominator_before", "denominator_after"), "float64"),
    **dict.fromkeys(("missing_before", "missing_after"), "int64"),
}


def indicator_table(
    parcels: pd.DataFrame,
    lineage: pd.DataFrame,
    members: pd.DataFrame,
    *,
    planned_far: pd.Series,
    capacity: pd.DataFrame | None = None,
    matrix: pd.DataFrame | None = None,
    fragmentation: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Indicators of the whole layer, sites, zones and units, before and after.

    A total is the sum over the members with land, and missing if any of them lacks the amount;
    value x denominator is the numerator, nothing is clipped. After the merge a site has its
    planned floor area and what else there is today. Capacities of the whole layer are sums of
    the sites for which they are known. Shares of use classes are of the land after, both times.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, owners and the amounts that are known.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    members
        Of `gisland.measure.sums.subjects.members_of_subjects`.
    planned_far
        FAR after by site id, missing where what exists is kept.
    capacity
        Capacity table by ``site_id``, or None.
    matrix
        Of `gisland.measure.sums.landuse.use_matrix`, or None.
    fragmentation
        Rows with ``subject``, ``indicator``, ``before``, ``after``, ``unit``, ``denominator``,
        ``denominator_before``, ``denominator_after``, or None.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``theme``, ``indicator``, ``before``, ``after``, ``delta``, ``unit``,
        ``denominator`` (empty for what is no ratio), ``denominator_before``,
        ``denominator_after``, and ``missing_before`` and ``missing_after``: members, for
        capacities sites, that lack what the indicator needs. Without rows that no member has.

    Examples
    --------
    >>> from gisland.measure.sums.subjects import members_of_subjects
    >>> lots = pd.DataFrame({"area_m2": [900.0, 100.0], "floor_area_m2": 500.0}, index=["s", "c"])
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    ... )
    >>> members, far = members_of_subjects(lots.index, lines), pd.Series({"S": 2.0})
    >>> found = indicator_table(lots, lines, members, planned_far=far)
    >>> found = found[found["indicator"] == "far"]
    >>> found[["subject", "before", "after", "denominator_before"]].values.tolist()
    [['overall', 1.0, 2.0, 1000.0], ['site:S', 0.5555555555555556, 2.0, 900.0]]
    """
    needed = [n for n in ("area_m2", "owner", *AMOUNTS.values()) if n in parcels]
    land = pd.DataFrame(parcels[needed]).sort_index()
    held = held_land(members, land["area_m2"])
    parts = _measured(land, lineage, held, planned_far=planned_far)
    if "owner" in land:
        parts.append(_owners(owner_numbers(land["owner"]), held))
    if matrix is not None:
        parts.append(_use_shares(matrix, held.subjects))
    if capacity is not None and len(capacity):
        parts += _capacities(capacity, held.subjects)
    if fragmentation is not None:
        at = positions(fragmentation["subject"].astype("str"), held.subjects)
        parts.append(fragmentation.assign(at=at)[at != NOWHERE])
    return _shaped(parts, held.subjects)


def site_densities(table: pd.DataFrame, far: pd.Series) -> pd.DataFrame:
    """FAR and coverage of every site before and after, out of the indicators.

    Parameters
    ----------
    table
        Result of `indicator_table`.
    far
        Planned FAR by site id.

    Returns
    -------
    pandas.DataFrame
        ``far_before``, ``far_after``, ``coverage_before``, ``coverage_after``, ``planned_far``
        by site id. Coverage after is that of the existing buildings on the larger land.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"subject": ["site:S"], "indicator": ["far"], "before": [0.5], "after": [2.0]}
    ... )
    >>> site_densities(rows, pd.Series({"S": 2.0})).loc["S", ["far_before", "far_after"]].tolist()
    [0.5, 2.0]
    """
    subjects = pd.Index(SITE + far.index.astype("str"), dtype="str")
    found = {}
    for name in ("far", "coverage"):
        rows = table[table["indicator"] == name]
        rows = rows.set_index("subject")[["before", "after"]].reindex(subjects)
        found[f"{name}_before"] = rows["before"].to_numpy("float64")
        found[f"{name}_after"] = rows["after"].to_numpy("float64")
    return pd.DataFrame(found, index=far.index).assign(planned_far=far)


@dataclass(frozen=True)
class _Sums:
    """Totals of all subjects by amount, how many members lack it, and where it is not known."""

    side: Side
    total: Mapping[str, Floats]
    lacking: Mapping[str, Ints]
    unknown: Mapping[str, NDArray[np.bool_]]


def _measured(
    land: pd.DataFrame, lineage: pd.DataFrame, held: Held, *, planned_far: pd.Series
) -> list[pd.DataFrame]:
    """Rows of land, density and economy."""
    before = _amounts(land)
    after = before | _after(before, land, lineage, planned_far=planned_far)
    pieces, _ = pieces_after(land.index, lineage)
    old = _sums(held.before, before, pieces=held.before.count)
    new = _sums(held.after, after, pieces=held.after.distinct(pieces))
    hidden = {"far_floor_area"} if floor_column(land) == AMOUNTS["counted_floor_area"] else set()
    return [
        _ratio(name, old, new) if spec.over else _amount(name, old, new)
        for name, spec in MEASURED.items()
        if (spec.of or name) in old.total and name not in hidden
    ]


def _amounts(land: pd.DataFrame) -> dict[str, Floats]:
    """What exists on the parcels, by amount; counted floor area can also be planned only."""
    area = land["area_m2"].to_numpy("float64")
    always = ("floor_area", "counted_floor_area", "far_floor_area")
    found = {
        name: existing(land, column)
        for name, column in AMOUNTS.items()
        if column in land or name in always
    }
    found["land_area"] = area
    if "footprint" in found:
        found["open_space"] = area - found["footprint"]
        storeys = better_known(land, STOREY_FLOORS)
        if storeys:
            found["storey_floor_area"] = existing(land, storeys)
    return found


def _after(
    before: Mapping[str, Floats],
    land: pd.DataFrame,
    lineage: pd.DataFrame,
    *,
    planned_far: pd.Series,
) -> dict[str, Floats]:
    """The amounts that a planned FAR changes."""
    new = after_amounts(land, lineage, planned_far)
    found = {n: new[AMOUNTS[n]].to_numpy() for n in before if AMOUNTS.get(n) in FLOORS}
    planned = planned_parcels(land.index, lineage, planned_far).notna().to_numpy()
    return found | {n: np.where(planned, np.nan, before[n]) for n in REPLACED if n in before}


def _sums(side: Side, amounts: Mapping[str, Floats], *, pieces: Ints) -> _Sums:
    total, lacking = {}, {}
    for name, values in amounts.items():
        total[name], lacking[name] = side.total(values)
    land = np.nan_to_num(total["land_area"])  # a subject without land has none
    total |= {"land_area": land, "land_area_mu": m2_to_mu(land), "land_area_ha": land / HA_M2}
    total["parcels"] = pieces.astype("float64")
    none = np.zeros(side.subjects, np.int64)
    lacking |= dict.fromkeys(("parcels", "land_area", "land_area_mu", "land_area_ha"), none)
    return _Sums(side, total, lacking, {n: np.isnan(values) for n, values in amounts.items()})


def _amount(name: str, old: _Sums, new: _Sums) -> pd.DataFrame:
    return _rows(
        name,
        before=old.total[name],
        after=new.total[name],
        unit=MEASURED[name].unit,
        missing_before=old.lacking[name],
        missing_after=new.lacking[name],
        partly=_partly(old, old.lacking[name]) | _partly(new, new.lacking[name]),
    )


def _partly(sums: _Sums, lacking: Ints) -> NDArray[np.bool_]:
    """Subjects of which some members have what others lack: that is told, not left out."""
    return (lacking > 0) & (lacking < sums.side.count)


def _ratio(name: str, old: _Sums, new: _Sums) -> pd.DataFrame:
    spec = MEASURED[name]
    sides: dict[str, Any] = {}
    partly = np.zeros(len(old.side.count), dtype=bool)
    for when, sums in (("before", old), ("after", new)):
        base = sums.total[spec.over]
        value = np.full(len(base), np.nan)
        np.divide(sums.total[spec.of], base, out=value, where=base > 0)
        lacking = sums.lacking[spec.of]
        if spec.over in sums.unknown:  # either of the two
            lacking = sums.side.count_of(sums.unknown[spec.of] | sums.unknown[spec.over])
        sides |= {when: value, f"denominator_{when}": base, f"missing_{when}": lacking}
        partly |= _partly(sums, lacking)
    return _rows(name, **sides, unit=spec.unit, denominator=spec.over, partly=partly)


def _rows(indicator: str | pd.Index, *, before: Floats, **columns: object) -> pd.DataFrame:
    """Rows of an indicator; ``at`` numbers the subjects, all of them if it is not given."""
    given: dict[str, object] = {"at": np.arange(len(before)), "denominator": ""}
    given |= {"indicator": indicator, "before": before}
    return pd.DataFrame(given | columns, index=range(len(before)))


def _owners(owner: Ints, held: Held) -> pd.DataFrame:
    """Number of owners; unknown where nobody has a name."""
    sides: dict[str, Any] = {}
    for when, side in (("before", held.before), ("after", held.after)):
        owners = side.distinct(owner).astype("float64")
        sides[when] = np.where((owners == 0) & (side.count > 0), np.nan, owners)
        sides[f"missing_{when}"] = side.count_of(owner < 0)
    return _rows("owners", **sides, unit="count")


def _use_shares(matrix: pd.DataFrame, subjects: pd.Index) -> pd.DataFrame:
    """Shares of the classes that a subject has before or after merging, of its land after."""
    rows = matrix[matrix["basis"] == MERGED]
    rows = in_order(rows, ["subject", "use_before", "use_after"])
    at, wide = positions(rows["subject"].astype("str"), subjects), len(CLASSES)
    area, size = rows["area_m2"].to_numpy("float64"), len(subjects) * len(CLASSES)
    names = pd.Index(CLASSES, dtype="str")
    cells = {
        when: np.bincount(at * wide + positions(rows[f"use_{when}"], names), area, minlength=size)
        for when in ("before", "after")
    }
    held = np.flatnonzero((cells["before"] > 0) | (cells["after"] > 0))
    land = cells["after"].reshape(-1, wide).sum(axis=1)[held // wide]
    return _rows(
        pd.Index(USE_SHARES, dtype="str")[held % wide],
        at=held // wide,
        before=cells["before"][held] / land,
        after=cells["after"][held] / land,
        unit="share",
        denominator="land_area_after",
        denominator_before=land,
        denominator_after=land,
        missing_before=0,
        missing_after=0,
    )


def _capacities(capacity: pd.DataFrame, subjects: pd.Index) -> list[pd.DataFrame]:
    """Capacity of the sites and, where known, summed over them."""
    ordered = in_order(capacity, ["site_id"])
    at = np.append(0, positions(SITE + ordered["site_id"].astype("str"), subjects))
    at[0] = positions(pd.Index([OVERALL], dtype="str"), subjects)[0]
    found = []
    for name, columns in CAPACITIES.items():
        sides: dict[str, Any] = {}
        for when, column in zip(("before", "after"), columns, strict=True):
            value = np.full(len(ordered), np.nan)
            if column is not None:
                value = ordered[column].to_numpy("float64")
            known = ~np.isnan(value)
            whole = np.cumsum(value[known])[-1] if known.any() else np.nan
            sides[when] = np.append(whole, value)
            lacking = ~known if column is not None else np.zeros(len(value), bool)
            sides[f"missing_{when}"] = np.append(lacking.sum(), lacking).astype("int64")
        rows = _rows(name, at=at, **sides, unit="m2")
        found.append(rows[at != NOWHERE])
    return found


def _shaped(parts: list[pd.DataFrame], subjects: pd.Index) -> pd.DataFrame:
    """All rows with a value, in the order of subjects, themes and indicators."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = rows.reindex(columns=["at", "partly", *COLUMNS])
    told = rows["before"].notna() | rows["after"].notna() | rows["partly"].eq(other=True)
    rows = rows[told]
    code, names = pd.factorize(rows["indicator"], sort=True)
    themes = [theme_of(name) for name in names]
    theme = np.array([THEMES.index(name) for name in themes], dtype="int64")[code]
    rank = np.array([ORDER.index(n) if n in ORDER else len(ORDER) for n in names], dtype="int64")
    order = np.lexsort((code, rank[code], theme, rows["at"]))
    return (
        rows.assign(
            subject=subjects[rows["at"]].array,
            theme=pd.Index(themes, dtype="str")[code].array,
            delta=rows["after"] - rows["before"],
            denominator=rows["denominator"].fillna(""),
        )
        .fillna({"missing_before": 0, "missing_after": 0})
        .astype(COLUMNS)
        .iloc[order][list(COLUMNS)]
        .reset_index(drop=True)
    )
