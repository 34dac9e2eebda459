"""Absorbed areas against their proved bounds, and no scrap left over that would still fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.verify.caps import absorbed_cents, cents, most_scraps, rooms, step_cents
from gisland.verify.chains import reached
from gisland.verify.decisions import open_pairs, required_ids
from gisland.verify.facts import (
    AREA_M2,
    PROVED,
    RELATIVE,
    Facts,
    Violation,
    links_of,
    violations,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST_STEPS = 10_000_000  # the largest budget whose sums are all written down
HALF_CENT = 0.005  # what the rounding of one scrap to 0.01 m² can move a sum


def check_bounds(facts: Facts, edges: pd.DataFrame) -> list[Violation]:
    """Hold the absorbed area of each component against the bound that the solver proved.

    Parameters
    ----------
    facts
        From `gather`, with sites.
    edges
        From `scrap_links`.

    Returns
    -------
    list of Violation
        ``bound``, ``optimal``, ``not_optimal``, ``components``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> from gisland.verify.chains import scrap_links
    >>> facts = example_facts("sites", bound_m2=9.0)
    >>> [str(v) for v in check_bounds(facts, scrap_links(facts))]
    ['optimal: optimal components do not meet their bound: 1']
    """
    sites, scrap, count = facts.drawn, facts.absorbed_m2, facts.absorbed_count
    known = sites["component"].notna()
    loose = sites.index[~known & (scrap > 0)]
    found = violations("bound", "sites that absorb scraps without a component", loose)
    part = sites["component"][known].astype("int64")
    rows = pd.DataFrame({"scrap": scrap, "count": count, "bound": sites["bound_m2"]})[known]
    groups = rows.groupby(part)
    total = groups[["scrap", "count"]].sum()
    low, high = groups["bound"].min(), groups["bound"].max()
    slack = (
        AREA_M2 + HALF_CENT * step_cents(facts) * total["count"] + RELATIVE * 1e-3 * total["scrap"]
    )
    over = ~(total["scrap"] <= low + slack) & (total["scrap"] > 0) | (high - low > AREA_M2)
    text = "components absorb more than their bound, or state several bounds"
    found += violations("bound", text, total.index[over])
    claimed = facts.optimal[known].groupby(part).any()
    short = claimed & ((high - total["scrap"]).abs() > slack)
    found += violations("optimal", "optimal components do not meet their bound", short.index[short])
    found += _check_record(facts.run, total["scrap"], high, count=total["count"], slack=slack)
    found += _check_claims(facts)
    return [*found, *_check_left_over(facts, edges), *_check_best(facts)]


def _check_record(
    run: Mapping[str, Any],
    scrap: pd.Series,
    bound: pd.Series,
    *,
    count: pd.Series,
    slack: pd.Series,
) -> list[Violation]:
    wrong = []
    for record in run.get("components", []):
        key = record.get("component")
        if key not in scrap.index:
            wrong.append(key)
            continue
        told = [record.get("absorbed_m2"), record.get("bound_m2")]
        pairs = zip(told, (scrap[key], bound[key]), strict=True)
        right = all(v is not None and abs(v - w) <= slack[key] for v, w in pairs)
        if not right or record.get("absorbed_scraps", count[key]) != count[key]:
            wrong.append(key)
    return violations("components", "components in run.json are not those of the sites", wrong)


def _check_claims(facts: Facts) -> list[Violation]:
    """Whether sites call themselves optimal as the record says of their component."""
    records = [r for r in facts.run.get("components", []) if "status" in r]
    known = [r.get("component") for r in records]
    proved = [r.get("component") for r in records if r["status"] in PROVED]
    number = facts.drawn["component"]
    number = number[number.isna() | number.isin(known)]
    right = number.isna() | number.isin(proved)
    text = "sites are called optimal, or not, against the record of their component"
    return violations("optimal", text, number.index[facts.optimal[number.index] != right])


def _check_left_over(facts: Facts, edges: pd.DataFrame) -> list[Violation]:
    """Eligible scraps that an optimal plan could not have left out."""
    plan = open_pairs(facts)
    left = plan[(plan["verdict"] == "eligible") & ~plan["parcel_id"].isin(facts.absorbed.index)]
    best = left["site_id"].map(facts.optimal).fillna(value=False).astype(bool)
    left = left[best & reached(facts, left, edges, how="sure")].reset_index(drop=True)
    if left.empty:
        return []
    site, own = left["site_id"], cents(left["parcel_id"].map(facts.area_m2), step=step_cents(facts))
    fits = site.map(absorbed_cents(facts)) + own <= site.map(rooms(facts))
    fits &= site.map(facts.absorbed_count) + 1 <= most_scraps(facts)
    text = "eligible scraps that would still fit into an optimal plan"
    return violations("not_optimal", text, left["parcel_id"][fits])


def _check_best(facts: Facts) -> list[Violation]:
    """Sites that share no eligible scrap with another, against the best that they could absorb."""
    if most_scraps(facts) < np.inf or facts.choices.objective != "area":
        return []
    rows = open_pairs(facts)
    shared = rows["site_id"][rows["parcel_id"].duplicated(keep=False)]
    other = rows["site_id"][(links_of(rows) > 0) | rows["parcel_id"].isin(required_ids(facts))]
    alone = rows[~rows["site_id"].isin(shared) & ~rows["site_id"].isin(other)]
    step = step_cents(facts)
    steps = alone["parcel_id"].map(cents(facts.area_m2, step=step) / step)
    area = steps.astype("float64").dropna().astype("int64")
    absorbed, claimed, room = absorbed_cents(facts) / step, facts.optimal, rooms(facts) / step
    short = []
    for site, offered in area.groupby(alone["site_id"]):
        if site not in claimed.index or not claimed[site]:
            continue
        most = min(room[site], float(offered.sum()))
        if most <= MOST_STEPS and _best(offered.tolist(), int(most)) != int(absorbed[site]):
            short.append(site)
    text = "sites whose scraps are not the largest area that fits"
    return violations("not_optimal", text, short)


def _best(areas: list[int], most: int) -> int:
    """Largest sum of some of the areas that is not above `most`: bit n tells whether n is one."""
    within_budget = (1 << (most + 1)) - 1
    reached = 1
    for area in areas:
        reached |= (reached << area) & within_budget if area <= most else 0
    return reached.bit_length() - 1
