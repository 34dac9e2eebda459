"""The run's own record held against the tables: nothing may vanish from all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.result import ENCLAVE_KINDS
from gisland.base.schema import LINES, OVERALL, SEVERITIES, SITE, UNIT, ZONE
from gisland.verify.facts import AREA_M2, RELATIVE, Facts, Violation, violations

if TYPE_CHECKING:
    from collections.abc import Mapping

LAND, PARCELS = "land_area", "parcels"


def check_record(facts: Facts) -> list[Violation]:
    """Hold counts and input rows of ``run.json`` against the tables, and the indicators' subjects.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``record_inputs``, ``record_counts``, ``indicator_subjects``, ``indicator_total``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [v.message for v in check_record(example_facts("parcels", fragment=True))]
    ['counts of run.json are not those of the tables: fragments']
    """
    return [*_check_inputs(facts), *_check_counts(facts), *_check_indicators(facts)]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def _check_inputs(facts: Facts) -> list[Violation]:
    rows = [_number(i.get("rows")) for i in facts.run["inputs"] if i.get("layer") == "parcels"]
    if len(rows) == 1 and rows[0] == len(facts.parcels):
        return []
    read = ", ".join(f"{r:g}" for r in rows) or "none"
    text = f"parcels read: {read}; parcels in the results: {len(facts.parcels)}"
    return [Violation("record_inputs", text)]


def _check_counts(facts: Facts) -> list[Violation]:
    told: Mapping[str, Any] = facts.run["counts"]
    expected = _counts(facts)
    slack = {"absorbed_m2": AREA_M2 + RELATIVE * expected.get("absorbed_m2", 0.0)}
    wrong = [
        name
        for name, count in expected.items()
        if not abs(_number(told.get(name)) - count) <= slack.get(name, 0.0)
    ]
    return violations("record_counts", "counts of run.json are not those of the tables", wrong)


def _counts(facts: Facts) -> dict[str, float]:
    """What can be counted again in the tables that are there."""
    tables = facts.tables
    fragment = facts.parcels["fragment"].fillna(value=False)
    found = {
        "parcels": float(len(facts.parcels)),
        "fragments": float(fragment.sum()),
        **{n: float(len(tables.get(n, ()))) for n in ("sites", "zones")},
    }
    kinds = tables["enclaves"]["kind"] if "enclaves" in tables else pd.Series(dtype="str")
    found["enclaves"] = float(kinds.isin(ENCLAVE_KINDS).sum())
    found["jointly_enclosed"] = float(len(kinds)) - found["enclaves"]
    if "scrap_groups" in tables:
        found["scrap_groups"] = float(len(tables["scrap_groups"]))
    if "plan" in tables:
        plan = tables["plan"]
        taken = plan["parcel_id"][plan["verdict"] == "absorbed"]
        found["scraps"] = float(plan["parcel_id"].nunique())
        found["absorbed"] = float(len(taken))
        found["absorbed_m2"] = float(facts.area_m2.reindex(sorted(taken)).sum())
    if "borders" in tables:
        found["border_pairs"] = float(len(tables["borders"]) // 2)
    if "block_lines" in tables:
        rows = tables["block_lines"]
        single = rows.loc[rows["block_id"] != OVERALL, "lines"]
        found |= {f"blocks_{lines}": float((single == lines).sum()) for lines in LINES}
    if "control_verdicts" in tables:
        found["control_failures"] = float((tables["control_verdicts"]["outcome"] == "fail").sum())
    if "findings" in tables:
        severity = tables["findings"]["severity"]
        found |= {f"findings_{level}": float((severity == level).sum()) for level in SEVERITIES}
    return found


def _check_indicators(facts: Facts) -> list[Violation]:
    """Parcels and land area of the whole and of each site, which every run states."""
    if facts.sites is None:
        return []
    expected = _land(facts)
    rows = facts.tables.get("indicators")
    if rows is None:
        return violations("indicator_subjects", "subjects without indicators", [OVERALL])
    once = rows.drop_duplicates(["subject", "indicator"]).set_index(["subject", "indicator"])
    drawn = facts.parcels["area_m2"].notna().any()
    needed = expected.index[~expected.index.isin(once.index)].get_level_values("subject")
    absent = needed if drawn else needed[needed != OVERALL]  # nothing can be said of no land
    found = violations("indicator_subjects", "subjects without parcels or land_area", absent)
    elsewhere = rows["subject"].str.startswith((ZONE, UNIT)) & facts.before_and_after
    known = rows["subject"].isin(expected.index.get_level_values("subject"))
    strange = rows["subject"][~known & ~elsewhere]
    found += violations("indicator_subjects", "indicators of unknown subjects", strange)
    told = once.reindex(expected.index)[list(expected)]
    wrong = ~((told - expected).abs() <= AREA_M2 + RELATIVE * expected.abs()).all(axis=1)
    names = [f"{s} {name}" for s, name in expected.index[wrong & expected.index.isin(once.index)]]
    text = "indicators are not the sums of the parcels"
    return [*found, *violations("indicator_total", text, names)]


def _land(facts: Facts) -> pd.DataFrame:
    """Number of pieces and land area of every subject, ``before`` and ``after``."""
    area = facts.area_m2[facts.parcels["area_m2"].notna()]
    merged = pd.concat([facts.members, facts.absorbed])
    kept = area.index.difference(merged.index)
    own = area.reindex(facts.members.index).groupby(facts.members).agg(["size", "sum"])
    all_m2 = area.reindex(merged.index).groupby(merged).sum()
    rows = {
        (OVERALL, PARCELS): (len(area), len(kept) + merged.nunique()),
        (OVERALL, LAND): (area.sum(), area.sum()),
    }
    for site in facts.drawn.index.intersection(own.index):
        rows[(f"{SITE}{site}", PARCELS)] = (own["size"][site], 1)
        rows[(f"{SITE}{site}", LAND)] = (own["sum"][site], all_m2[site])
    index = pd.MultiIndex.from_tuples(rows, names=["subject", "indicator"])
    return pd.DataFrame(list(rows.values()), index, ["before", "after"], dtype="float64")
