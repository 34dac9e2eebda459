"""Indicators consistent with one another, with the sites and with the parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.units import m2_to_mu
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, differs, violations
from gisland.verify.quantities import floor_column
from gisland.verify.ratios import check_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.verify.quantities import Quantities
    from gisland.verify.subjects import Ground

FLOOR = "counted_floor_area"
RATIOS = {  # columns of parcels over their area
    "far_actual": "floor_area_m2",
    "coverage": "footprint_m2",
    "green_ratio": "green_m2",
}
PER_MU = ("tax_yuan", "output_yuan", "investment_yuan", "jobs")


def check_indicators(
    facts: Facts, ground: Ground, *, sides: Mapping[str, Quantities] | None = None
) -> list[Violation]:
    """Hold every indicator against the parcels of its subject, and against its own row.

    Parameters
    ----------
    facts
        From `gather`.
    ground
        From `survey`.
    sides
        From `both_sides`, where several proofs need them; None: they are summed here.

    Returns
    -------
    list of Violation
        ``indicator``, ``indicator_value``, ``indicator_missing``, ``denominator``, ``far``,
        ``density``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> check_indicators(facts, survey(facts))
    []
    """
    found = [*_check_parcels(facts), *_check_table(facts)]
    return [*found, *(check_values(facts, ground, sides=sides) if facts.before_and_after else [])]


def _check_parcels(facts: Facts) -> list[Violation]:
    lots = facts.parcels
    floor = facts.column(floor_column(lots))
    found = []
    if floor is not None:
        expected = floor / facts.area_m2
        both = expected.notna() & lots["far"].notna()
        wrong = differs(lots["far"], expected, absolute=RELATIVE) & both
        found = violations("far", "far is not floor area over area", lots.index[wrong])
    if not facts.before_and_after:
        return found
    for ratio, column in RATIOS.items():
        amount = lots[column] if column in lots else pd.Series(index=lots.index, dtype="float64")
        wrong = differs(lots[ratio], amount / lots["area_m2"], absolute=RELATIVE)
        found += violations("density", f"{ratio} is not {column} over area", lots.index[wrong])
    return [*found, *_check_per_mu(lots)]


def _check_per_mu(lots: pd.DataFrame) -> list[Violation]:
    """Amounts per mu, from the square metres of the parcels."""
    found = []
    mu = m2_to_mu(lots["area_m2"].where(lots["area_m2"] > 0))
    for column in PER_MU:
        ratio = f"{column}_per_mu"
        none = pd.Series(index=lots.index, dtype="float64")
        expected = lots.get(column, none).astype("float64") / mu
        wrong = differs(lots[ratio], expected, absolute=RELATIVE)
        found += violations("density", f"{ratio} is not {column} over area", lots.index[wrong])
    return found


def _check_table(facts: Facts) -> list[Violation]:
    rows = facts.tables.get("indicators")
    if rows is None:
        return []
    twice = rows["subject"][rows.duplicated(["subject", "indicator"])]
    found = violations("indicator", "subjects with an indicator twice", twice)
    apart = differs(rows["delta"], rows["after"] - rows["before"], absolute=RELATIVE)
    if not facts.before_and_after:
        apart &= rows["before"].notna() & rows["after"].notna()
    found += violations("indicator", "delta is not after less before", rows["subject"][apart])
    once = rows.drop_duplicates(["subject", "indicator"])
    for when in ("before", "after"):
        wide = once.pivot_table(
            index="subject", columns="indicator", values=when, aggfunc="first", dropna=False
        )
        if not facts.before_and_after:
            found += _check_far(wide, when=when)
        found += _check_sites(facts, wide, when=when)
    return found


def _check_far(wide: pd.DataFrame, *, when: str) -> list[Violation]:
    if not {"far", "land_area", FLOOR} <= set(wide.columns):
        return []
    expected = wide[FLOOR] / wide["land_area"]
    known = wide["far"].notna() & expected.notna()
    wrong = known & differs(wide["far"], expected, absolute=RELATIVE)
    text = f"far {when} is not counted floor area over land area"
    return violations("indicator", text, wide.index[wrong])


def _check_sites(facts: Facts, wide: pd.DataFrame, *, when: str) -> list[Violation]:
    if facts.sites is None:
        return []
    rows = wide.reindex("site:" + facts.sites.index).set_axis(facts.sites.index)
    pairs = {"far": f"far_{when}", "coverage": f"coverage_{when}", "land_area": f"area_{when}_m2"}
    found = []
    for indicator, column in pairs.items():
        if indicator not in rows:
            continue
        known = rows[indicator].notna() & facts.sites[column].notna()
        slack = AREA_M2 if indicator == "land_area" else RELATIVE
        wrong = differs(facts.sites[column], rows[indicator], absolute=slack)
        wrong &= known | (facts.before_and_after and rows[indicator].notna())
        text = f"{column} is not the indicator {indicator} {when}"
        found += violations("indicator", text, facts.sites.index[wrong])
    return found
