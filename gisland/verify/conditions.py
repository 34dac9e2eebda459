"""Planning conditions: outcomes follow from values and limits, and these from the parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.conditions import CONDITIONS, SOURCES
from gisland.base.rule import AREA_DECIMALS, OPERATORS, SHARE_DECIMALS
from gisland.base.schema import SITE
from gisland.base.tables import is_land, lookup, members_of
from gisland.verify.facts import RELATIVE, Facts, Violation, differs, violations
from gisland.verify.quantities import Quantities, both_sides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.verify.subjects import Ground

RULE = "scrap.site_conditions"
HEIGHT, LAND = "building_height_m", "land_area"
NUMERATORS = {"far": "far_floor_area", "coverage": "footprint", "green_ratio": "green_area"}
HALF = 0.5
EXACT = 1e-9


def in_force(facts: Facts) -> bool:
    """Whether the conditions of a site hold for the scraps that it absorbs.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    bool
        As the rule says.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> in_force(example_facts())
    False
    """
    return any(r.id == RULE and r.mode == "on" for r in facts.rules)


def limit_of(facts: Facts, condition: str, when: str) -> pd.Series:
    """Limit of a condition by site id.

    Parameters
    ----------
    facts
        From `gather`.
    condition
        One of ``CONDITIONS``.
    when
        ``before`` or ``after``.

    Returns
    -------
    pandas.Series
        Sites without the condition are absent.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> limit_of(example_facts(), "far_max", "after").empty
    True
    """
    table = facts.tables.get("conditions")
    if table is None:
        return pd.Series(dtype="float64")
    rows = table[table["condition"] == condition].drop_duplicates("site_id")
    return rows.set_index("site_id")[f"limit_{when}"].astype("float64")


def check_conditions(
    facts: Facts, ground: Ground, *, sides: Mapping[str, Quantities] | None = None
) -> list[Violation]:
    """Hold the conditions of sites, and what parcels fail today, against the parcels.

    The zoning is not among the results: the limits of parcels are believed. A site whose parcels
    all have a limit has one between theirs, and that very one if they are equal; of heights it is
    the strictest.

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
        ``condition``, ``condition_limit``, ``condition_value``, ``condition_outcome``,
        ``conditions_failed``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.subjects import survey
    >>> facts = example_facts()
    >>> check_conditions(facts, survey(facts))
    []
    """
    found = _check_parcels(facts)
    table = facts.tables.get("conditions")
    if table is None or facts.sites is None:
        return found
    known = table["site_id"].isin(facts.sites.index) & table["condition"].isin(CONDITIONS)
    strange = table["site_id"][~known]
    found += violations("condition", "rows of no known site or condition", strange)
    rows = pd.DataFrame(table[known]).reset_index(drop=True)
    found += _check_words(facts, rows)
    for when, side in (both_sides(facts, ground) if sides is None else sides).items():
        for name in CONDITIONS:
            part = rows[rows["condition"] == name].drop_duplicates("site_id").set_index("site_id")
            found += _check_limit(facts, ground, part, name=name, when=when)
            known_values = _values(facts, ground, side, name=name, when=when)
            found += _check_value(part, known_values, name=name, when=when)
        wrong = _outcomes(rows, when) != rows[f"outcome_{when}"].fillna("")
        text = f"outcome_{when} does not follow from value and limit"
        found += violations("condition_outcome", text, _names(rows[wrong]))
    return found


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["site_id"] + " " + rows["condition"]


def _check_words(facts: Facts, rows: pd.DataFrame) -> list[Violation]:
    told = pd.DataFrame(
        [(c.unit, c.operator, "" if c.measure == HEIGHT else LAND) for c in CONDITIONS.values()],
        index=pd.Index(list(CONDITIONS), dtype="str"),
        columns=["unit", "operator", "denominator"],
        dtype="str",
    )
    wrong: dict[str, Any] = {}
    for column in ("unit", "operator", "denominator"):
        wrong[column] = rows[column].fillna("") != lookup(rows["condition"], told[column])
    share, limit = rows["known_share"], rows["limit_before"]
    wrong["known_share"] = ~share.between(0, 1 + RELATIVE) & share.notna()
    wrong["known_share"] |= limit.notna() & ~(share >= HALF - RELATIVE)
    sources, ids = members_of(rows["source"]), members_of(rows["source_ids"])
    wrong["source"] = rows.index.isin(sources.index[~sources.isin(SOURCES)]) | (
        limit.notna() & ~rows.index.isin(sources.index)
    )
    alone = rows["source"].fillna("") == SOURCES[-1]
    site = lookup(ids, pd.concat([facts.members, facts.absorbed]))
    foreign = (site != lookup(pd.Series(ids.index, index=ids.index), rows["site_id"])).to_numpy()
    wrong["source_ids"] = limit.notna() & ~rows.index.isin(ids.index)
    wrong["source_ids"] |= alone & rows.index.isin(ids.index[foreign])
    neither = rows[["limit_before", "limit_after"]].isna().all(axis=1)
    return [
        v
        for column, bad in {**wrong, "limit": neither}.items()
        for v in violations("condition", f"{column} is missing or impossible", _names(rows[bad]))
    ]


def _check_limit(
    facts: Facts, ground: Ground, part: pd.DataFrame, *, name: str, when: str
) -> list[Violation]:
    """Limits lie between those of the parcels; extended to scraps they stay what they were."""
    limit = part[f"limit_{when}"].astype("float64").reindex(facts.drawn.index)
    if when == "after" and in_force(facts):
        before = part["limit_before"].astype("float64").reindex(limit.index)
        wrong = limit.index[differs(limit, before, absolute=EXACT, relative=EXACT)]
        text = f"{name} after is not that before, which holds for the scraps"
        return violations("condition_limit", text, wrong)
    held = ground.land["site"].dropna()
    if when == "before":
        held = held[held.index.isin(facts.members.index)]
    own = facts.parcels[f"planned_{name}"].reindex(held.index).astype("float64")
    groups = own.groupby(held)
    count, size = (n.reindex(limit.index, fill_value=0) for n in (groups.count(), groups.size()))
    low, high = (b.reindex(limit.index) for b in (groups.min(), groups.max()))
    if not CONDITIONS[name].averaged:  # the strictest
        low, high = (high, high) if CONDITIONS[name].operator == ">=" else (low, low)
    whole = (count == size) & (size > 0)
    bad = whole & ~limit.between(low - EXACT * low.abs(), high + EXACT * high.abs())
    bad |= (count == 0) & limit.notna()
    text = f"{name} {when} is not between the limits of the parcels"
    return violations("condition_limit", text, limit.index[bad])


def _values(
    facts: Facts, ground: Ground, side: Quantities, *, name: str, when: str
) -> tuple[pd.Series, pd.Series]:
    """Value of each site, and whether it is beyond doubt."""
    sites = facts.drawn.index
    measure = CONDITIONS[name].measure
    if measure != HEIGHT:
        land = side.number["land_area"]
        value = (side.number[NUMERATORS[measure]] / land).reindex(SITE + sites).set_axis(sites)
        return value, pd.Series(data=True, index=sites)
    held = ground.land["site"].dropna()
    if when == "before":
        held = held[held.index.isin(facts.members.index)]
    groups = _heights(facts.parcels).reindex(held.index).groupby(held)
    sure = (groups.count() == groups.size()).reindex(sites, fill_value=False)
    return groups.max().reindex(sites), sure


def _heights(parcels: pd.DataFrame) -> pd.Series:
    """Height of the tallest building; 0 where nothing stands."""
    unknown = pd.Series(np.nan, index=parcels.index)
    height = parcels.get(HEIGHT, unknown).astype("float64")
    return height.mask(height.isna() & (parcels.get("footprint_m2", unknown) == 0), 0.0)


def _check_value(
    part: pd.DataFrame, known: tuple[pd.Series, pd.Series], *, name: str, when: str
) -> list[Violation]:
    value, sure = (v.reindex(part.index) for v in known)
    told = part[f"value_{when}"].astype("float64")
    wrong = differs(told, value, absolute=EXACT) & (sure.astype(bool) | told.notna())
    text = f"value_{when} of {name} is not what the parcels add up to"
    return violations("condition_value", text, part.index[wrong])


def _outcomes(rows: pd.DataFrame, when: str) -> pd.Series:
    value, limit = (rows[f"{n}_{when}"].astype("float64") for n in ("value", "limit"))
    return _held(value, limit, rows["condition"])


def _held(value: pd.Series, limit: pd.Series, condition: pd.Series) -> pd.Series:
    """``pass``, ``fail`` or ``missing``, compared as rounded: heights to centimetres."""
    found = pd.Series("missing", index=value.index, dtype="str")
    known = value.notna() & limit.notna()
    for name in condition[known].unique():
        rows = known & (condition == name)
        told = CONDITIONS[str(name)]
        places = AREA_DECIMALS if told.unit == "m" else SHARE_DECIMALS
        compared = OPERATORS[told.operator](
            np.round(value[rows], places), np.round(limit[rows], places)
        )
        found[rows] = np.where(compared, "pass", "fail")
    return found


def _check_parcels(facts: Facts) -> list[Violation]:
    """What each parcel fails follows from what is measured and planned on it."""
    lots = facts.parcels
    if not facts.before_and_after:
        return []
    expected = pd.Series("", index=lots.index, dtype="str")
    drawn = lots["area_m2"].notna()
    for name, condition in CONDITIONS.items():
        planned = f"planned_{name}"
        if planned not in lots or condition.measure not in lots:
            continue
        value = _heights(lots) if condition.measure == HEIGHT else lots[condition.measure]
        value, limit = value.astype("float64"), lots[planned].astype("float64")
        fails = (_held(value, limit, pd.Series(name, index=lots.index)) == "fail") & drawn
        expected = expected.mask(fails, expected + ";" + name)
    told = ";" + lots["conditions_failed"].fillna("")
    apart = told.where(told != ";", "") != expected
    wrong = lots.index[apart & (is_land(lots) | (told != ";"))]
    text = "conditions_failed does not follow from what is measured and planned"
    return violations("conditions_failed", text, wrong)
