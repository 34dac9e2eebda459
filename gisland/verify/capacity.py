"""Capacities of sites: every column worked out once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.schema import OVERALL, SITE
from gisland.verify.conditions import RULE, in_force, limit_of
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, differs, sums, violations
from gisland.verify.quantities import floor_column

if TYPE_CHECKING:
    from gisland.verify.subjects import Ground

KEEP, ENDS = "keep", ("far_min", "far_max")
NAMES = {"maximum": "far_max", "minimum": "far_min"}
INDICATORS = {  # columns of the table before and after
    "capacity_min": ("capacity_min_before_m2", "capacity_min_after_m2"),
    "capacity_max": ("capacity_max_before_m2", "capacity_max_after_m2"),
    "capacity_left": (None, "left_m2"),
    "capacity_gained": (None, "gained_m2"),
}


def check_capacity(facts: Facts, ground: Ground) -> list[Violation]:
    """Hold the capacity of every site against limits, land, floor area and scenario.

    Limits of FAR are those of the conditions, proved there. A scenario that names a column of the
    sites is believed.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    ground
        From `survey`.

    Returns
    -------
    list of Violation
        ``capacity``, ``capacity_indicator``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> check_capacity(facts, survey(facts))
    []
    """
    table = facts.tables.get("capacity")
    if table is None:
        return []
    sites = facts.drawn.index
    strange = [*table["site_id"][~table["site_id"].isin(sites)]]
    found = violations("capacity", "rows of capacity for unknown sites", strange)
    found += violations(
        "capacity", "sites without a row of capacity", sites[~sites.isin(table["site_id"])]
    )
    rows = table[table["site_id"].isin(sites)].drop_duplicates("site_id").set_index("site_id")
    rows = rows.sort_index()
    wrong = _words(facts, rows)
    for column, expected in _expected(facts, ground, rows).items():
        slack = RELATIVE if "far" in column else AREA_M2
        wrong[column] = differs(rows[column].astype("float64"), expected, absolute=slack)
    for column, bad in wrong.items():
        text = f"{column} does not follow from limits, land and scenario"
        found += violations("capacity", text, rows.index[bad])
    return [*found, *_check_indicators(facts, rows)]


def _words(facts: Facts, rows: pd.DataFrame) -> dict[str, pd.Series]:
    scenario = facts.parameters.scenario
    wanted = NAMES.get(scenario, scenario) if isinstance(scenario, str) else f"{scenario:g}"
    on = facts.drawn["planned_far"].reindex(rows.index).astype("float64")
    return {
        "scenario": rows["scenario"].fillna("") != wanted,
        "rule_id": rows["rule_id"].fillna("") != (RULE if in_force(facts) else ""),
        "planned_far of the site": differs(on, rows["planned_far"], absolute=RELATIVE),
    }


def _expected(facts: Facts, ground: Ground, rows: pd.DataFrame) -> dict[str, pd.Series]:
    sites, held = facts.drawn.reindex(rows.index), ground.land["site"].dropna()
    column = floor_column(facts.parcels)
    floor = facts.parcels.get(column, pd.Series(index=facts.parcels.index, dtype="float64"))
    land = {w: sites[f"area_{w}_m2"].astype("float64") for w in ("before", "after")}
    expected: dict[str, pd.Series] = {
        "area_before_m2": land["before"],
        "scrap_area_m2": sites["scrap_area_m2"].astype("float64"),
        "area_after_m2": land["after"],
        "existing_m2": _of_site(rows.index, held, floor),
    }
    for end in ("min", "max"):
        for when in ("before", "after"):
            limit = limit_of(facts, f"far_{end}", when).reindex(rows.index)
            expected[f"far_{end}_{when}"] = limit
            expected[f"capacity_{end}_{when}_m2"] = rows[f"far_{end}_{when}"] * land[when]
        expected[f"scrap_capacity_{end}_m2"] = _of_scraps(facts, ground, rows.index, end=end)
    most = {w: rows[f"capacity_max_{w}_m2"] for w in ("before", "after")}
    gained = most["after"] - most["before"]
    expected |= {
        "left_m2": most["after"] - rows["existing_m2"],
        "gained_m2": gained,
        "gained_net_m2": gained - rows["scrap_capacity_max_m2"],
    }
    far = _planned(facts, rows)
    if far is not None:
        expected["planned_far"] = far
    planned = rows["planned_far"].astype("float64") * land["after"]
    stays = rows["existing_m2"].astype("float64")
    if facts.parameters.scenario != KEEP:  # where nothing is planned what exists may be told
        stays = stays.where(rows["planned_floor_m2"].notna())
    return expected | {"planned_floor_m2": planned.fillna(stays)}


def _of_site(sites: pd.Index, held: pd.Series, values: pd.Series) -> pd.Series:
    """Sum by site over its parcels with land; missing where it is for any, 0 where none is."""
    own = values.reindex(held.index).astype("float64")
    lacking = own.index[own.isna()]
    total = sums(own.fillna(0.0), held, over=sites)
    return total.mask(sites.isin(held[lacking]))


def _of_scraps(facts: Facts, ground: Ground, sites: pd.Index, *, end: str) -> pd.Series:
    """What the scraps' own limits of FAR would make on their land."""
    held = ground.land["site"].dropna()
    held = held[held.index.isin(facts.absorbed.index)]
    limit = facts.parcels[f"planned_far_{end}"].reindex(held.index).astype("float64")
    return _of_site(sites, held, limit * ground.land["area_m2"].reindex(held.index))


def _planned(facts: Facts, rows: pd.DataFrame) -> pd.Series | None:
    """FAR of the scenario; None where it is a column, which is believed."""
    scenario = facts.parameters.scenario
    if isinstance(scenario, float):
        return pd.Series(scenario, index=rows.index)
    name = NAMES.get(scenario, scenario)
    if name == KEEP:
        return pd.Series(np.nan, index=rows.index)
    return rows[f"{name}_after"].astype("float64") if name in ENDS else None


def _check_indicators(facts: Facts, rows: pd.DataFrame) -> list[Violation]:
    """Capacities among the indicators: of sites their own, of all the sum of what is known."""
    told = facts.tables["indicators"]
    told = told[told["indicator"].isin(INDICATORS)].drop_duplicates(["subject", "indicator"])
    wrong = list(told["subject"][told["denominator"].fillna("") != ""])
    for name, columns in INDICATORS.items():
        part = told[told["indicator"] == name].set_index("subject")
        known = pd.Series(data=False, index=SITE + rows.index)
        for when, column in zip(("before", "after"), columns, strict=True):
            empty = pd.Series(np.nan, index=rows.index)
            values = rows[column].astype("float64") if column else empty
            known |= values.notna().to_numpy()
            right = values.set_axis(SITE + rows.index)
            right[OVERALL] = values.sum(min_count=1)
            bad = differs(part[when].astype("float64"), right.reindex(part.index))
            wrong += [f"{s} {name}" for s in part.index[bad]]
        wrong += [f"{s} {name}" for s in known.index[known] if s not in part.index]
    text = "capacity is not that of the sites"
    return violations("capacity_indicator", text, wrong)
