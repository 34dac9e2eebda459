"""Low-use land: which tests of the rule set a parcel fails; what is unknown stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned
from gisland.base.tables import is_land
from gisland.base.verdicts import by_use_class, failing, outcomes, together, verdict_frame

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet

TESTS = {
    "low_use.far": "far",
    "low_use.coverage": "coverage",
    "low_use.tax": "tax_yuan",
    "low_use.output": "output_yuan",
    "low_use.investment": "investment_yuan",
}


def low_use_verdicts(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """Hold every parcel against the low-use rules.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``area_mu`` and, where known, ``far``,
        ``coverage``, ``tax_yuan``, ``output_yuan``, ``investment_yuan``, ``status``,
        ``use_class``. Roads and water are not tested.
    rules
        The rule set; its ``low_use.*`` rules say what land in good use passes.

    Returns
    -------
    pandas.DataFrame
        Verdict rows; ``fail`` means low use, ``not_assessed`` that the layer lacks the column.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lot = pd.DataFrame(
    ...     {"area_m2": [9000.0], "area_mu": [13.5], "far": [0.2], "use_class": ["industrial"]},
    ...     index=["a"],
    ... )
    >>> found = low_use_verdicts(lot, rules=load_rules("national-2023-171"))
    >>> dict(zip(found["test"], found["outcome"]))
    {'coverage': 'not_assessed', 'far': 'fail', 'status': 'not_assessed'}
    """
    tested = parcels[is_land(parcels)]
    parts = [
        _measured(tested, rule_id=rule_id, column=column, rules=rules)
        for rule_id, column in TESTS.items()
    ]
    return together([*parts, _status(tested, rules=rules)])


def _measured(
    parcels: gpd.GeoDataFrame, *, rule_id: str, column: str, rules: RuleSet
) -> pd.DataFrame:
    known = column in parcels
    values = parcels[column] if known else pd.Series(float("nan"), index=parcels.index)
    if column.endswith("_yuan"):
        values = values / parcels["area_mu"]
    rows = by_use_class(values, parcels.get("use_class"), rules=rules, rule_id=rule_id)
    return rows if known else rows.assign(outcome="not_assessed")


def _status(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.DataFrame:
    rule = rules["low_use.status"]
    if rule.mode == "off" or not isinstance(rule.value, tuple):
        return together([])
    if "status" in parcels:
        status = parcels["status"]
        outcome = outcomes((~status.isin(rule.value)).astype("boolean").mask(status.isna()))
    else:
        outcome = np.full(len(parcels), "not_assessed", dtype=object)
    return verdict_frame(
        parcels.index,
        subject="",
        test="status",
        outcome=outcome,
        unit=rule.unit,
        rule_id=rule.id,
        mode=rule.mode,
    )


def low_use(verdicts: pd.DataFrame, parcel_ids: pd.Index) -> pd.DataFrame:
    """Sum up the low-use verdicts of each parcel.

    Parameters
    ----------
    verdicts
        Rows of `low_use_verdicts`.
    parcel_ids
        Parcels to answer for.

    Returns
    -------
    pandas.DataFrame
        On `parcel_ids`: ``low_use`` (``boolean``; ``<NA>`` where no test could be made, so that
        the unknown never reads as fine) and ``low_use_reasons``.

    Examples
    --------
    >>> rows = verdict_frame(pd.Index(["a"]), test="far", outcome="fail", mode="on")
    >>> low_use(rows, pd.Index(["a", "b"]))["low_use"].tolist()
    [True, <NA>]
    """
    decided = verdicts[(verdicts["mode"] == "on") & verdicts["outcome"].isin(["pass", "fail"])]
    low = (decided["outcome"] == "fail").groupby(decided["parcel_id"]).any()
    return pd.DataFrame(
        {
            "low_use": aligned(low.astype("boolean"), parcel_ids),
            "low_use_reasons": failing(verdicts, parcel_ids),
        },
        index=parcel_ids,
    )
