"""The smallest complete result, for the examples in this wing: one parcel that is one site."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import box

from gisland.base.rule import Rule
from gisland.base.rules import RuleSet
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.results import Results, result_frame
from gisland.verify.facts import Facts, gather

CAP = Rule(
    "scrap.share_cap", "on", 0.1, "share", "<=", "including", "", "", "", "", "general knowledge"
)
COUNTS = (
    *("fragments", "enclaves", "jointly_enclosed", "zones", "scraps", "absorbed", "absorbed_m2"),
)
AREA = {"area_m2": 1500.0, "area_mu": 2.25, "area_before_m2": 1500.0, "area_after_m2": 1500.0}
LAND = (("parcels", 1.0), ("land_area", 1500.0))
CELLS: dict[str, dict[str, object]] = {
    "parcels": {"parcel_id": "a", "verdict": "site", "site_id": "S1", "fragment": False, **AREA},
    "lineage": {"parcel_id": "a", "after_id": "S1", "role": "site", **AREA},
    "sites": {
        "site_id": "S1",
        "parcel_ids": "a",
        "parcels_before": 1,
        "parcels_after": 1,
        **AREA,
        "scrap_area_m2": 0.0,
        "candidate_area_m2": 0.0,
        "share_denominator": "including",
        "denominator_m2": 1500.0,
        "cap": 0.1,
        "cap_operator": "<=",
        **dict.fromkeys((f"{w}_share_including" for w in ("scrap", "candidate")), 0.0),
        **dict.fromkeys((f"{w}_share_excluding" for w in ("scrap", "candidate")), 0.0),
        "scrap_share": 0.0,
        "optimal": True,
        "bound_m2": 0.0,
        "component": 1,
    },
}


def example(table: str = "", **cells: object) -> Results:
    """Results in which one parcel of 30 m x 50 m is site S1 and nothing is absorbed.

    Parameters
    ----------
    table
        A table to change.
    **cells
        The cells to change in its row.

    Returns
    -------
    Results
        Right as it is, wrong where changed.

    Examples
    --------
    >>> example("lineage", role="kept").tables["lineage"]["role"].tolist()
    ['kept']
    """
    tables = {}
    for name in ("parcels", "sites", "lineage", "plan", "verdicts"):
        row = {**CELLS.get(name, {}), **(cells if name == table else {})}
        columns = TABLES[name].columns
        frame = pd.DataFrame({c: pd.Series([row[c]] if c in row else [None]) for c in columns})
        frame = frame if name in CELLS else frame.iloc[:0]
        shapes = [box(0, 0, 30, 50)] * len(frame)
        drawn = gpd.GeoDataFrame(frame, geometry=shapes, crs=4547)
        tables[name] = result_frame(drawn if TABLES[name].drawn else frame, table=name)
    subjects = [("overall", n, v) for n, v in LAND] + [("site:S1", n, v) for n, v in LAND]
    numbers = pd.DataFrame(subjects, columns=["subject", "indicator", "before"])
    numbers = numbers.assign(after=numbers["before"], delta=0.0, unit="", denominator="")
    tables["indicators"] = result_frame(numbers, table="indicators")
    rules = RuleSet("example", "", "", 2024, {CAP.id: CAP})
    record = {"name": "example", "records": [dict(vars(CAP))], "fingerprint": rules.fingerprint}
    run = {
        "gisland": "0",
        "area_basis": "plane",
        "parameters": {},
        "rules": record,
        "inputs": [{"layer": "parcels", "rows": 1}],
        "counts": {**dict.fromkeys(COUNTS, 0), "parcels": 1, "sites": 1},
    }
    return Results(tables, run, Path())


def example_facts(table: str = "", **cells: object) -> Facts:
    """Facts of the example, for the examples of single proofs.

    Parameters
    ----------
    table
        A table to change.
    **cells
        The cells to change in its row.

    Returns
    -------
    Facts
        From `gather`.

    Examples
    --------
    >>> example_facts().members.to_dict()
    {'a': 'S1'}
    """
    return gather(example(table, **cells))
