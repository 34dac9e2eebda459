"""Whether planning conditions hold, of sites before and after the merge and of parcels today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.conditions import CONDITIONS
from gisland.base.keys import ID_SEPARATOR, aligned
from gisland.base.rule import AREA_DECIMALS, OPERATORS, SHARE_DECIMALS
from gisland.base.schema import MERGED_ROLES
from gisland.base.tables import is_land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.conditions import Condition

    Floats = NDArray[np.float64]

AMOUNTS = {"far": "floor_m2", "coverage": "footprint_m2", "green_ratio": "green_m2"}
HEIGHT = "building_height_m"
COLUMNS = (
    *("site_id", "condition", "unit", "operator", "denominator", "source", "source_ids"),
    *("outcome_before", "outcome_after", "limit_before", "limit_after", "known_share"),
    *("value_before", "value_after"),
)
_WORDS = {
    "unit": {name: condition.unit for name, condition in CONDITIONS.items()},
    "operator": {name: condition.operator for name, condition in CONDITIONS.items()},
    "denominator": {
        name: "" if condition.measure == HEIGHT else "land_area"
        for name, condition in CONDITIONS.items()
    },
}


def condition_table(
    limits: pd.DataFrame, parcels: pd.DataFrame, lineage: pd.DataFrame, *, planned_far: pd.Series
) -> pd.DataFrame:
    """Hold every site against each of its planning conditions, before and after.

    Parameters
    ----------
    limits
        One row per site and condition: ``site_id``, ``condition``, ``limit_before``,
        ``limit_after``, ``known_share``, ``source``, ``source_ids``.
    parcels
        Indexed by parcel id: ``area_m2`` and, where known, ``floor_m2``, ``footprint_m2``,
        ``green_m2`` and ``building_height_m``.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    planned_far
        FAR after by site id, of the scenario; where it is missing the buildings stay.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``, one row per site and condition that has a limit on either side. A
        value is missing if it is for any parcel of the site; coverage, green ratio and height
        after are those of what stands there now. Outcomes: ``pass``, ``fail``, ``missing``. Of a
        minimum above its maximum one fails.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [100.0], "floor_m2": [180.0]}, index=["s"])
    >>> lines = pd.DataFrame({"parcel_id": ["s"], "after_id": ["S"], "role": ["site"]})
    >>> row = {"site_id": "S", "condition": "far_max", "limit_before": 1.7, "limit_after": 1.7}
    >>> row |= {"known_share": 1.0, "source": "zone", "source_ids": "Z"}
    >>> found = condition_table(pd.DataFrame([row]), lots, lines, planned_far=pd.Series({"S": 1.7}))
    >>> found[["outcome_before", "outcome_after"]].values.tolist()
    [['fail', 'pass']]
    """
    known = limits["limit_before"].notna() | limits["limit_after"].notna()
    rows = limits[known].reset_index(drop=True)
    told = {name: rows["condition"].map(words) for name, words in _WORDS.items()}
    columns: dict[str, object] = {**{str(c): rows[c] for c in rows}, **told}
    for when, roles in (("before", ("site",)), ("after", MERGED_ROLES)):
        measured = _measured(parcels, lineage, roles=roles)
        if when == "after":
            far = aligned(planned_far, measured.index).astype("float64")
            measured["far"] = far.fillna(measured["far"])
        columns[f"value_{when}"], columns[f"outcome_{when}"] = _judged(rows, measured, when=when)
    table = pd.DataFrame(columns, index=rows.index)
    texts = [c for c in COLUMNS if not c.startswith(("limit", "known", "value"))]
    return table[list(COLUMNS)].astype(dict.fromkeys(texts, "str"))


def parcel_failures(parcels: pd.DataFrame) -> pd.Series:
    """Planning conditions that each parcel does not meet today.

    Parameters
    ----------
    parcels
        Indexed by parcel id: ``area_m2``, ``planned_<condition>`` and, where known, ``far``,
        ``coverage``, ``green_ratio``, ``building_height_m`` and ``footprint_m2``.

    Returns
    -------
    pandas.Series
        Named ``conditions_failed``: conditions joined by ``;``, empty where none fails; missing
        where no condition can be held against anything, and for roads and water.

    Examples
    --------
    >>> lot = {"area_m2": [9.0], "far": [1.8], "planned_far_min": [0.8], "planned_far_max": [1.7]}
    >>> parcel_failures(pd.DataFrame(lot, index=["a"])).to_dict()
    {'a': 'far_max'}
    """
    measured = parcels[[c for c in AMOUNTS if c in parcels]].assign(**{HEIGHT: _heights(parcels)})
    land = is_land(parcels).to_numpy()
    text = pd.Series("", index=parcels.index, dtype="str")
    judged = np.zeros(len(parcels), dtype=bool)
    for name, condition in CONDITIONS.items():
        if f"planned_{name}" not in parcels or condition.measure not in measured:
            continue
        value, limit = numbers(measured, condition.measure), numbers(parcels, f"planned_{name}")
        both = land & ~np.isnan(value) & ~np.isnan(limit)
        judged |= both
        failed = both & ~_holds(value, limit, condition)
        text = text.where(~failed, text + ID_SEPARATOR + name)
    return text.str.lstrip(ID_SEPARATOR).where(judged).rename("conditions_failed")


def _measured(
    parcels: pd.DataFrame, lineage: pd.DataFrame, *, roles: tuple[str, ...]
) -> pd.DataFrame:
    """What conditions limit, of every site: missing if it is missing for any of its land."""
    rows = lineage[lineage["role"].isin(roles)].sort_values("parcel_id")
    members = parcels.reindex(pd.Index(rows["parcel_id"]))
    members = members.assign(**{HEIGHT: _heights(members)})
    drawn = members["area_m2"].notna().to_numpy()
    members, site = members[drawn], rows.loc[drawn, "after_id"].to_numpy()
    land = members["area_m2"].groupby(site).sum()
    found = {}
    for measure in (*AMOUNTS, HEIGHT):
        values = pd.Series(numbers(members, AMOUNTS.get(measure, measure)), index=members.index)
        groups = values.groupby(site)
        known = groups.count() == groups.size()
        found[measure] = (groups.max() if measure == HEIGHT else groups.sum() / land).where(known)
    return pd.DataFrame(found, index=land.index)


def _heights(parcels: pd.DataFrame) -> Floats:
    """Height of the tallest building; 0 where nothing stands."""
    height = numbers(parcels, HEIGHT)
    return np.where(np.isnan(height) & (numbers(parcels, "footprint_m2") == 0), 0.0, height)


def _judged(
    rows: pd.DataFrame, measured: pd.DataFrame, *, when: str
) -> tuple[Floats, NDArray[np.object_]]:
    """Value and outcome of each row of limits."""
    value = np.full(len(rows), np.nan)
    outcome = np.full(len(rows), "missing", dtype=object)
    limit = rows[f"limit_{when}"].to_numpy("float64")
    for name, condition in CONDITIONS.items():
        at = np.flatnonzero(rows["condition"] == name)
        value[at] = aligned(measured[condition.measure], pd.Index(rows["site_id"].iloc[at]))
        both = at[~np.isnan(value[at]) & ~np.isnan(limit[at])]
        outcome[both] = np.where(_holds(value[both], limit[both], condition), "pass", "fail")
    return value, outcome


def _holds(value: Floats, limit: Floats, condition: Condition) -> NDArray[np.bool_]:
    """Whether values meet their limits, both rounded as in rules."""
    decimals = AREA_DECIMALS if condition.unit == "m" else SHARE_DECIMALS
    compared = OPERATORS[condition.operator](np.round(value, decimals), np.round(limit, decimals))
    return np.asarray(compared, dtype=bool)
