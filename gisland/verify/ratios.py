"""Every row of the indicators: value x denominator = numerator, both summed once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gisland.base.schema import NOT_CLASSIFIED, OVERALL, SITE, UNIT, ZONE
from gisland.base.tables import lookup
from gisland.base.useclasses import USE_CLASSES
from gisland.verify.facts import RELATIVE, Facts, Violation, differs, violations
from gisland.verify.quantities import Quantities, both_sides
from gisland.verify.subjects import WHEN, Ground

if TYPE_CHECKING:
    from collections.abc import Mapping

LAND_AFTER = "land_area_after"
USE_SHARE = "use_share_"  # of the land after, both times: held against the matrix
SMALL = 1e-9  # of numbers without a scale


class Kind(NamedTuple):
    """Theme and unit of an indicator, and its numerator: empty where that is believed."""

    theme: str
    unit: str
    numerator: str
    denominators: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def _sum(theme: str, unit: str, name: str) -> Kind:
    return Kind(theme, unit, name, ("",), (name,))


def _ratio(theme: str, unit: str, parts: str, *, lacks: tuple[str, ...] = ()) -> Kind:
    of, over = parts.split(" / ")
    return Kind(theme, unit, of, (over,), lacks)


LAND, DENSITY, ECONOMY, PIECES, OWNERS = "land", "density", "economy", "fragmentation", "owners"
NEEDED: dict[str, Kind] = {
    "parcels": Kind(LAND, "count", "parcels", ("",)),
    "land_area": Kind(LAND, "m2", "land_area", ("",)),
    "land_area_mu": Kind(LAND, "mu", "land_area_mu", ("",)),
    "land_area_ha": Kind(LAND, "ha", "land_area_ha", ("",)),
    **{n: _sum(DENSITY, "m2", n) for n in ("floor_area", "counted_floor_area", "green_area")},
    "open_space": _sum(DENSITY, "m2", "open_space"),
    "estimated_floor_area": _sum(DENSITY, "m2", "estimated_floor_area"),
    "far": _ratio(DENSITY, "ratio", "far_floor_area / land_area", lacks=("far_floor_area",)),
    "far_actual": _ratio(DENSITY, "ratio", "floor_area / land_area", lacks=("floor_area",)),
    "coverage": _ratio(DENSITY, "share", "footprint / land_area", lacks=("footprint",)),
    "green_ratio": _ratio(DENSITY, "share", "green_area / land_area", lacks=("green_area",)),
    "open_space_share": _ratio(DENSITY, "share", "open_space / land_area", lacks=("open_space",)),
    "open_space_ratio": _ratio(
        DENSITY, "ratio", "open_space / floor_area", lacks=("open_space", "floor_area")
    ),
    "mean_storeys": _ratio(
        DENSITY, "ratio", "storey_floor_area / footprint", lacks=("storey_floor_area", "footprint")
    ),
    **{n: _sum(ECONOMY, "yuan", n) for n in ("tax", "output", "investment")},
    "jobs": _sum(ECONOMY, "count", "jobs"),
    **{
        f"{n}_per_mu": _ratio(ECONOMY, "yuan/mu", f"{n} / land_area_mu", lacks=(n,))
        for n in ("tax", "output", "investment")
    },
    "jobs_per_mu": _ratio(ECONOMY, "count/mu", "jobs / land_area_mu", lacks=("jobs",)),
    "patches": Kind(PIECES, "count", "patches", ("",)),
    "mean_parcel_area": _ratio(PIECES, "m2", "patch_area / patches"),
    "median_parcel_area": Kind(PIECES, "m2", "median", ("",)),
    "weighted_mean_parcel_area": _ratio(PIECES, "m2", "squares / patch_area"),
    "effective_mesh_size": _ratio(PIECES, "m2", "squares / land_area"),
    "compactness": _ratio(PIECES, "ratio", "round / patch_area"),
    "owners": Kind(OWNERS, "count", "owners_named", ("",), ("owners_named",)),
    "owners_per_ha": _ratio(OWNERS, "count/ha", "owners / land_area_ha"),
    "parcels_per_owner": _ratio(OWNERS, "count", "plots / owners"),
    "owner_simpson": _ratio(OWNERS, "ratio", "simpson / owners"),
    "owner_januszewski": _ratio(OWNERS, "ratio", "januszewski / owners"),
}
BELIEVED: dict[str, Kind] = {  # held to their range and denominator, or checked elsewhere
    "far_floor_area": _sum(DENSITY, "m2", "far_floor_area"),
    "footprint": _sum(DENSITY, "m2", "footprint"),
    "above_floor_area": Kind(DENSITY, "m2", "", ("",)),
    "edge_density": Kind(PIECES, "m/ha", "", ("land_area_ha",)),
    "rectangularity": Kind(PIECES, "ratio", "", ("patch_area",)),
    "small_parcels": Kind(PIECES, "count", "", ("",)),
    "small_parcels_share": Kind(PIECES, "share", "", ("patch_area",)),
    **{
        f"{USE_SHARE}{use}": Kind("use", "share", "", (LAND_AFTER,))
        for use in (*USE_CLASSES, NOT_CLASSIFIED)
    },
    **{
        f"capacity_{name}": Kind("capacity", "m2", "", ("",))
        for name in ("min", "max", "left", "gained")
    },
}
KINDS = NEEDED | BELIEVED


def check_values(
    facts: Facts, ground: Ground, *, sides: Mapping[str, Quantities] | None = None
) -> list[Violation]:
    """Hold subjects, values, denominators and missing counts against the parcels.

    Parameters
    ----------
    facts
        From `gather`, with indicators that state their themes.
    ground
        From `survey`.
    sides
        From `both_sides`, where several proofs need them; None: they are summed here.

    Returns
    -------
    list of Violation
        ``indicator``, ``indicator_value``, ``indicator_missing``, ``denominator``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> land = facts.tables["indicators"].assign(theme="land", unit="m2", denominator="")
    >>> more = ["denominator_before", "denominator_after", "missing_before", "missing_after"]
    >>> facts.tables["indicators"] = land.reindex(columns=[*land, *more])
    >>> [v.message for v in check_values(facts, survey(facts))][:1]
    ['unit is not that of the indicator: overall parcels, site:S1 parcels']
    """
    rows = facts.tables["indicators"].drop_duplicates(["subject", "indicator"])
    strange = rows["subject"][~rows["subject"].isin(_possible(facts, ground))]
    found = violations("indicator", "rows of subjects that there are none of", strange)
    rows = rows[rows["subject"].isin(ground.subjects)]
    found += _check_words(rows)
    sides = both_sides(facts, ground) if sides is None else sides
    for name, part in rows.groupby("indicator"):
        if name in KINDS:
            found += _check_rows(part, KINDS[str(name)], name=str(name), sides=sides)
    return [*found, *_absent(rows, sides), *_check_ranges(rows)]


def _possible(facts: Facts, ground: Ground) -> set[str]:
    """Subjects that may have rows; a zone or unit without land may have none."""
    zones, units = facts.tables.get("zones"), facts.tables.get("planning_units")
    named = {OVERALL, *ground.subjects}
    for table, column, prefix in ((zones, "zone_id", ZONE), (units, "unit_id", UNIT)):
        if table is not None:
            named |= set(prefix + table[column].astype("str"))
    return named | (set() if facts.sites is None else set(SITE + facts.sites.index))


def _check_words(rows: pd.DataFrame) -> list[Violation]:
    """Theme, unit and denominator are those of the indicator."""
    wrong: dict[str, list[str]] = {"theme": [], "unit": [], "denominator": []}
    for name, part in rows.groupby("indicator"):
        kind = KINDS.get(str(name))
        if kind is None:
            continue
        bad = {
            "theme": part["theme"] != kind.theme,
            "unit": part["unit"] != kind.unit,
            "denominator": ~part["denominator"].fillna("").isin(kind.denominators),
        }
        for column, flags in bad.items():
            wrong[column] += [f"{s} {name}" for s in part["subject"][flags.fillna(value=True)]]
    return [
        v
        for column, ids in wrong.items()
        for v in violations("indicator", f"{column} is not that of the indicator", ids)
    ]


def _check_rows(
    part: pd.DataFrame, kind: Kind, *, name: str, sides: Mapping[str, Quantities]
) -> list[Violation]:
    found = []
    over = kind.denominators[0]
    for when, known in sides.items():
        ids = part["subject"] + f" {name}"
        of = _base(sides, over, when=when, subjects=part["subject"]) if over else None
        told = part[f"denominator_{when}"].astype("float64")
        expected = of if of is not None else pd.Series(np.nan, index=part.index)
        apart = differs(told, expected, absolute=SMALL)
        if of is not None:  # what is not known needs no denominator
            apart &= told.notna() | part[when].notna()
        found += violations("denominator", f"denominator {when} is not its number", ids[apart])
        if kind.numerator:
            value = _number(known, kind.numerator, part["subject"])
            value = value if of is None else (value / of).mask(of == 0)
            wrong = differs(part[when].astype("float64"), value, absolute=SMALL)
            text = f"{when} is not what the parcels add up to"
            found += violations("indicator_value", text, ids[wrong])
        if kind.lacks and f"missing_{when}" in part:
            many = [lookup(part["subject"], known.lacking[n]).fillna(0) for n in kind.lacks]
            least, most = pd.concat(many, axis=1).max(axis=1), sum(many)
            count = part[f"missing_{when}"].astype("float64")
            wrong = ~((count >= least) & (count <= most))
            text = f"missing_{when} is not the number of parcels without data"
            found += violations("indicator_missing", text, ids[wrong])
    return found


def _base(
    sides: Mapping[str, Quantities], over: str, *, when: str, subjects: pd.Series
) -> pd.Series:
    """Denominator; shares of uses are of the land after, both times."""
    if over == LAND_AFTER:
        return _number(sides["after"], "land_area", subjects)
    return _number(sides[when], over, subjects)


def _number(known: Quantities, name: str, subjects: pd.Series) -> pd.Series:
    return lookup(subjects, known.number[name]).astype("float64")


def _absent(rows: pd.DataFrame, sides: Mapping[str, Quantities]) -> list[Violation]:
    """Subjects without a row of something that the parcels tell."""
    there = set(rows["subject"] + " " + rows["indicator"])
    ids: list[str] = []
    for name, kind in NEEDED.items():
        known = pd.Series(data=False, index=sides["after"].number["land_area"].index)
        for side in sides.values():
            value = side.number[kind.numerator]
            over = kind.denominators[0]
            if over:
                value = value.mask(side.number[over].fillna(0.0) == 0)
            known |= value.notna()
        ids += [i for i in known.index[known] + f" {name}" if i not in there]
    return violations("indicator", "rows that are not there, though their numbers are known", ids)


def _check_ranges(rows: pd.DataFrame) -> list[Violation]:
    """What is believed keeps within its range, and small pieces agree with their number."""
    shares = rows["indicator"].isin(["rectangularity", "small_parcels_share"])
    shares |= rows["indicator"].str.startswith(USE_SHARE)
    least = rows["indicator"].isin(["edge_density", "small_parcels"])
    wrong: list[str] = []
    wide = rows.set_index(["subject", "indicator"])
    for when in WHEN:
        value = rows[when].astype("float64")
        bad = (shares & ((value < 0) | (value > 1 + RELATIVE))) | (least & (value < 0))
        wrong += list((rows["subject"] + " " + rows["indicator"])[bad])
        table = wide[when].unstack()  # noqa: PD010 - keys are unique
        if {"small_parcels", "small_parcels_share", "patches"} <= set(table.columns):
            count, part = table["small_parcels"], table["small_parcels_share"]
            odd = ((count > 0) != (part > 0)) | (count > table["patches"])
            wrong += [f"{s} small_parcels" for s in table.index[odd & count.notna()]]
    return violations("indicator_value", "values out of their range", wrong)
