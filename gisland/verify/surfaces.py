"""Density surfaces: their totals are those of the parcels, their values follow cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu
from gisland.layers.writing.surfaces import read_surfaces
from gisland.verify.facts import RELATIVE, Facts, Violation, violations
from gisland.verify.overlays import undrawn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisland.base.surfaces import Surface
    from gisland.layers.writing.results import Results

FOLDER = "surfaces/"
PER_MU = "yuan/mu"
CELL = 1e-9  # of the largest value: what the ratio of two sums may be off


def check_surfaces(facts: Facts, results: Results) -> list[Violation]:
    """Hold the grids against the parcels, and against one another.

    How the land of a parcel falls on the cells is believed.

    Parameters
    ----------
    facts
        From `gather`.
    results
        As read back, with their folder.

    Returns
    -------
    list of Violation
        ``surface_missing``, ``surface_total``, ``surface_value``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.writing.results import Results
    >>> from gisland.verify.example import example_facts
    >>> check_surfaces(example_facts(), Results({}, {}, Path("nowhere")))
    []
    """
    if not Path(results.folder, FOLDER).is_dir():  # the tables may be kept without it
        return []
    written = [name for name in results.run.get("files", []) if name.startswith(FOLDER)]
    gone = [name for name in written if not Path(results.folder, name).is_file()]
    found = violations("surface_missing", "files that the run wrote are not there", gone)
    made = {surface.name: surface for surface in read_surfaces(results.folder)}
    found += _check_totals(facts, made.values())
    for surface in made.values():
        value, expected = surface.value, _value(surface)
        if surface.when == "difference":
            pair = [made.get(surface.name.replace("difference", w)) for w in ("before", "after")]
            expected = pair[1].value - pair[0].value if pair[0] and pair[1] else value
        if _apart(value, expected):
            text = "values are not amount over land, or not after less before"
            found += violations("surface_value", text, [surface.name])
    return found


def _value(surface: Surface) -> np.ndarray:
    land = m2_to_mu(surface.land) if surface.unit == PER_MU else surface.land
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isnan(surface.value), np.nan, surface.amount / land)


def _apart(told: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two grids differ where both are known."""
    known = ~np.isnan(told) & ~np.isnan(expected)
    most = float(np.abs(expected[known]).max(initial=0.0))
    return bool((np.abs(told[known] - expected[known]) > CELL * max(most, 1.0)).any())


def _check_totals(facts: Facts, made: Iterable[Surface]) -> list[Violation]:
    """Amounts and land of all cells add up to those of the parcels whose amount is known."""
    wrong: list[str] = []
    for surface in made:
        if surface.when == "difference":
            continue
        amount = _amounts(facts, surface)
        known = amount.notna() & facts.area_m2.notna()
        known &= ~undrawn(facts.parcels.geometry.to_numpy())
        for told, right in (
            (surface.amount, amount[known].sum()),
            (surface.land, facts.area_m2[known].sum()),
        ):
            if abs(float(told.sum()) - float(right)) > RELATIVE * max(abs(float(right)), 1.0):
                wrong.append(surface.name)
    text = "cells do not add up to the parcels"
    return violations("surface_total", text, sorted(set(wrong)))


def _amounts(facts: Facts, surface: Surface) -> pd.Series:
    """Amount of every parcel; after the merge planned floor area, else what its site has."""
    parcels = facts.parcels
    column = {"coverage": "footprint_m2", "tax_per_mu": "tax_yuan"}.get(surface.measure)
    if column:
        return parcels[column].astype("float64")
    floor = parcels["far"].astype("float64") * parcels["area_m2"].astype("float64")
    if surface.when == "before" or "capacity" not in facts.tables:
        return floor
    rows = facts.tables["capacity"].drop_duplicates("site_id").set_index("site_id")
    site = pd.concat([facts.members, facts.absorbed])
    far = lookup(site[~site.index.duplicated()], rows["planned_far"]).reindex(parcels.index)
    return (far.astype("float64") * facts.area_m2).fillna(floor)
