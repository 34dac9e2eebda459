"""The tables are there, with their columns, and the record of the run can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gisland.base.conditions import CONDITIONS
from gisland.base.crs import not_metric_because
from gisland.base.errors import GislandError
from gisland.base.parameters import Parameters
from gisland.layers.writing.contract import TABLES
from gisland.verify.facts import Violation, before_and_after, choices_of, rules_of, violations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.layers.writing.results import Results

ALWAYS = ("parcels", "lineage")
WITH_SITES = ("plan", "verdicts")
UNIQUE = {
    "parcels": ["parcel_id"],
    "sites": ["site_id"],
    "plan": ["parcel_id", "site_id"],
    "merged": ["parcel_id"],
    "use_matrix": ["subject", "basis", "use_before", "use_after"],
    "conditions": ["site_id", "condition"],
    "capacity": ["site_id"],
    "buildings": ["building_id"],
    "planning_units": ["unit_id"],
}
RUN_KEYS = ("gisland", "area_basis", "parameters", "rules", "inputs", "counts")
LATER = {  # columns that results from before do without
    "plan": ("links", "link_m"),
    "indicators": tuple(TABLES["indicators"].columns),
}
EARLIER = {  # likewise, but not beside what came with them
    "parcels": (
        *("far_actual", "green_ratio", "mean_storeys", "building_height_m"),
        *("floor_area_estimated_m2", "conditions_failed"),
        *("tax_yuan_per_mu", "output_yuan_per_mu", "investment_yuan_per_mu", "jobs_per_mu"),
        *(f"planned_{c}" for c in CONDITIONS if not c.startswith("far")),
    ),
}


def check_tables(results: Results) -> list[Violation]:
    """Whether everything is there that the proofs need.

    Parameters
    ----------
    results
        As read back.

    Returns
    -------
    list of Violation
        ``table_missing``, ``columns_missing``, ``ids_repeated``, ``run_incomplete``,
        ``rules_unreadable``, ``rules_fingerprint``, ``plan_unreadable``.

    Examples
    --------
    >>> from gisland.layers.writing.results import Results
    >>> [v.code for v in check_tables(Results({}, {}, None))]
    ['table_missing', 'run_incomplete']
    """
    tables = results.tables
    needed = [*ALWAYS, *(WITH_SITES if "sites" in tables else ()), *_told_of(results)]
    absent = [n for n in needed if n not in tables]
    found = violations("table_missing", "tables that every such run writes are not there", absent)
    for name, frame in tables.items():
        found += _check_table(name, frame, whole=before_and_after(tables))
    return [*found, *_check_run(results.run)]


def _told_of(results: Results) -> list[str]:
    """Tables of before and after that must be there by what else there is."""
    tables = results.tables
    if not before_and_after(tables):
        return []
    lots = tables.get("parcels", pd.DataFrame())
    planned = [c for c in lots if str(c).removeprefix("planned_") in CONDITIONS]
    sites = bool(len(tables.get("sites", ())))
    own = lots[lots["site_id"].notna()] if "site_id" in lots else lots.iloc[:0]
    inputs = results.run.get("inputs", [])
    built = _is_list_of_mappings(inputs) and any(r.get("layer") == "buildings" for r in inputs)
    needed = {
        "indicators": True,
        "capacity": sites,
        "conditions": sites and bool(own[planned].notna().to_numpy().any()),
        "use_matrix": "use_class" in lots and bool(lots["use_class"].notna().any()),
        "buildings": built,
    }
    return [name for name, wanted in needed.items() if wanted]


def _check_table(name: str, frame: pd.DataFrame, *, whole: bool) -> list[Violation]:
    contract = TABLES[name]
    later = () if whole and name == "indicators" else LATER.get(name, ())
    later += () if whole else EARLIER.get(name, ())
    absent = [c for c in contract.columns if c not in frame and c not in later]
    if contract.drawn and not isinstance(frame, gpd.GeoDataFrame):
        absent.append("geometry")
    found = violations("columns_missing", f"{name} lacks columns", absent)
    keys = UNIQUE.get(name, [])
    if not keys or absent:
        return found
    bad = frame[frame.duplicated(keys, keep=False) | frame[keys].isna().any(axis=1)]
    found += violations("ids_repeated", f"{name}: ids missing or repeated", bad[keys[0]])
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    if name == "parcels" and (crs is None or not_metric_because(crs)):
        found.append(Violation("crs", "parcels are not in a metric coordinate system"))
    return found


def _check_run(run: Mapping[str, Any]) -> list[Violation]:
    found = violations(
        "run_incomplete", "run.json lacks keys", [k for k in RUN_KEYS if k not in run]
    )
    if found:
        return found
    try:
        rules = rules_of(run)
        Parameters.from_mapping(run["parameters"])
    except (KeyError, TypeError, AttributeError, GislandError) as error:
        return [Violation("rules_unreadable", f"rules or parameters in run.json: {error!r}")]
    recorded = run["rules"].get("fingerprint")
    if rules.fingerprint != recorded:
        text = f"the rules in run.json have fingerprint {rules.fingerprint}, recorded is {recorded}"
        return [Violation("rules_fingerprint", text)]
    return _check_rest(run)


def _check_rest(run: Mapping[str, Any]) -> list[Violation]:
    if not _is_list_of_mappings(run["inputs"]) or not isinstance(run["counts"], dict):
        return [Violation("run_incomplete", "inputs or counts in run.json cannot be read")]
    if run["area_basis"] not in {"plane", "ellipsoidal"}:
        return [Violation("run_incomplete", f"area_basis is {run['area_basis']!r}")]
    try:
        choices_of(run)
    except (TypeError, AttributeError, ValueError, GislandError) as error:
        return [Violation("plan_unreadable", f"plan in run.json: {error!r}")]
    return []


def _is_list_of_mappings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) for v in value)
