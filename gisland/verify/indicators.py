"""Indicators consistent with one another, with the sites and with the parcels."""

from __future__ import annotations

import pandas as pd

from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, differs, violations

FLOOR = "counted_floor_area"


def check_indicators(facts: Facts) -> list[Violation]:
    """Hold FAR against floor area and land area, and differences against their terms.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``indicator``, ``far``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_indicators(example_facts())
    []
    """
    return [*_check_parcels(facts), *_check_table(facts)]


def _check_parcels(facts: Facts) -> list[Violation]:
    floor = facts.column("counted_floor_area_m2")
    if floor is None:
        return []
    expected = floor / facts.area_m2
    both = expected.notna() & facts.parcels["far"].notna()
    wrong = differs(facts.parcels["far"], expected, absolute=RELATIVE) & both
    return violations("far", "far is not floor area over area", facts.parcels.index[wrong])


def _check_table(facts: Facts) -> list[Violation]:
    rows = facts.tables.get("indicators")
    if rows is None:
        return []
    twice = rows["subject"][rows.duplicated(["subject", "indicator"])]
    found = violations("indicator", "subjects with an indicator twice", twice)
    known = rows["before"].notna() & rows["after"].notna()
    apart = differs(rows["delta"], rows["after"] - rows["before"], absolute=RELATIVE) & known
    found += violations("indicator", "delta is not after less before", rows["subject"][apart])
    once = rows.drop_duplicates(["subject", "indicator"])
    for when in ("before", "after"):
        wide = once.pivot_table(
            index="subject", columns="indicator", values=when, aggfunc="first", dropna=False
        )
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
        wrong = differs(facts.sites[column], rows[indicator], absolute=slack) & known
        text = f"{column} is not the indicator {indicator} {when}"
        found += violations("indicator", text, facts.sites.index[wrong])
    return found
