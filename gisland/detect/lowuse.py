"""Low-use land: which tests of the rule set a parcel fails; what is unknown stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, joined_texts
from gisland.base.names import is_word
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.tables import is_land
from gisland.base.verdicts import by_use_class, failing, outcomes, stacked, verdict_frame
from gisland.detect.idle import idle_years

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

MEASURED = {
    "low_use.far": "far",
    "low_use.coverage": "coverage",
    "low_use.tax": "tax_yuan",
    "low_use.output": "output_yuan",
    "low_use.investment": "investment_yuan",
}
WORDED = ("low_use.vacant", "low_use.unfinished", "low_use.status")
IDLE = "low_use.idle"
TESTS = tuple(rule_id.split(".")[1] for rule_id in (*MEASURED, *WORDED, IDLE))
LOWER = (">", ">=")


def low_use_verdicts(
    parcels: gpd.GeoDataFrame, *, rules: RuleSet, as_of: dt.date | None = None
) -> pd.DataFrame:
    """Hold every parcel against the low-use rules.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``area_mu`` and, where known, ``far``,
        ``coverage``, ``tax_yuan``, ``output_yuan``, ``investment_yuan``, ``status``,
        ``idle_since``, ``use_class``, ``industry``. Roads and water are not tested.
    rules
        The rule set; its ``low_use.*`` rules say what land in good use passes.
    as_of
        The date that idle time is counted to; without one it is not assessed.

    Returns
    -------
    pandas.DataFrame
        Verdict rows, test by test; ``fail`` means low use, ``missing`` that a parcel has no value,
        and ``not_assessed`` that the layer lacks the column, or the project the date.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lot = pd.DataFrame(
    ...     {"area_m2": [9000.0], "area_mu": [13.5], "far": [0.2], "use_class": ["industrial"]},
    ...     index=["a"],
    ... )
    >>> found = low_use_verdicts(lot, rules=load_rules("national-2023-171"))
    >>> found.loc[found["outcome"] != "not_assessed", ["test", "outcome"]].values.tolist()
    [['far', 'fail']]
    """
    tested = parcels[is_land(parcels)]
    parts = [
        _measured(tested, rule_id=rule_id, column=column, rules=rules)
        for rule_id, column in MEASURED.items()
    ]
    parts += [_worded(tested, rule=rules[rule_id]) for rule_id in WORDED]
    return stacked([*parts, _idle(tested, rule=rules[IDLE], as_of=as_of)])


def _measured(
    parcels: gpd.GeoDataFrame, *, rule_id: str, column: str, rules: RuleSet
) -> pd.DataFrame:
    known = column in parcels
    values = parcels[column] if known else pd.Series(float("nan"), index=parcels.index)
    if column.endswith("_yuan"):
        values = values / parcels["area_mu"]
    rows = by_use_class(
        values,
        parcels.get("use_class"),
        rules=rules,
        rule_id=rule_id,
        industry=parcels.get("industry"),
    )
    return rows if known else rows.assign(outcome="not_assessed")


def _worded(parcels: gpd.GeoDataFrame, *, rule: Rule) -> pd.DataFrame:
    """Whether the status is none of the words of a rule."""
    if rule.mode == "off" or not isinstance(rule.value, tuple):
        return stacked([])
    if "status" in parcels:
        outcome = outcomes(~is_word(parcels["status"], rule.value))
    else:
        outcome = np.full(len(parcels), "not_assessed", dtype=object)
    return _rows(parcels.index, rule=rule, outcome=outcome)


def _idle(parcels: gpd.GeoDataFrame, *, rule: Rule, as_of: dt.date | None) -> pd.DataFrame:
    if rule.mode == "off":
        return stacked([])
    if as_of is None or "idle_since" not in parcels:
        outcome = np.full(len(parcels), "not_assessed", dtype=object)
        years = pd.Series(float("nan"), index=parcels.index)
    else:
        years = idle_years(parcels["idle_since"], as_of=as_of)
        outcome = outcomes(rule.holds(years))
    return _rows(
        parcels.index,
        rule=rule,
        outcome=outcome,
        value=years.to_numpy(),
        limit=rule.limit,
        operator=rule.operator,
    )


def _rows(parcel_ids: pd.Index, *, rule: Rule, **columns: object) -> pd.DataFrame:
    return verdict_frame(
        parcel_ids,
        subject="",
        test=rule.id.split(".")[1],
        unit=rule.unit,
        rule_id=rule.id,
        mode=rule.mode,
        **columns,
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
        the unknown never reads as fine), ``low_use_reasons``, ``low_use_score`` (0 to 1, the
        largest shortfall of a failing test as a part of its limit; 0 where every test that could
        be made passes, missing where none could), ``low_use_decided_by`` (that test; of several
        the first of ``TESTS``; empty where none fails) and ``low_use_not_assessed`` (tests in
        force that could not be made). Advisory tests have no say.

    Examples
    --------
    >>> row = {"mode": "on", "value": 0.2, "limit": 0.5, "operator": ">="}
    >>> rows = verdict_frame(pd.Index(["a"]), test="far", outcome="fail", **row)
    >>> found = low_use(rows, pd.Index(["a", "b"]))
    >>> found["low_use"].tolist(), found["low_use_score"].tolist()
    ([True, <NA>], [0.6, nan])
    """
    force = verdicts[verdicts["mode"] == "on"]
    decided = force[force["outcome"].isin(["pass", "fail"])]
    low = (decided["outcome"] == "fail").groupby(decided["parcel_id"]).any()
    worst = _worst(decided)
    score = worst["shortfall"].reindex(low.index).mask(~low, 0.0)
    untested = force[force["outcome"].isin(["missing", "not_assessed"])]
    unknown = joined_texts(untested["test"], untested["parcel_id"])
    return pd.DataFrame(
        {
            "low_use": aligned(low.astype("boolean"), parcel_ids),
            "low_use_reasons": failing(verdicts, parcel_ids),
            "low_use_score": aligned(score.astype("float64"), parcel_ids),
            "low_use_decided_by": aligned(worst["test"], parcel_ids).fillna("").astype("str"),
            "low_use_not_assessed": aligned(unknown, parcel_ids).fillna("").astype("str"),
        },
        index=parcel_ids,
    )


def is_low(parcels: pd.DataFrame) -> pd.Series:
    """Whether parcels are known to be in low use.

    Parameters
    ----------
    parcels
        With ``low_use``, ``<NA>`` where that is not known.

    Returns
    -------
    pandas.Series
        Bool, on the index of `parcels`.

    Examples
    --------
    >>> is_low(pd.DataFrame({"low_use": pd.array([True, None], dtype="boolean")})).tolist()
    [True, False]
    """
    return parcels["low_use"].fillna(value=False).astype(bool)


def _worst(decided: pd.DataFrame) -> pd.DataFrame:
    """By parcel the failing test with the largest shortfall, and how large it is."""
    failed = decided[decided["outcome"] == "fail"]
    shortfall = _shortfall(failed)
    place = failed["test"].map({test: n for n, test in enumerate(TESTS)})
    order = np.lexsort((place, -shortfall.round(SHARE_DECIMALS)))
    first = failed.assign(shortfall=shortfall).iloc[order].drop_duplicates("parcel_id")
    return first.set_index("parcel_id")[["test", "shortfall"]]


def _shortfall(failed: pd.DataFrame) -> pd.Series:
    """How far values lie beyond their limits, as a part of 1; a word is wholly beyond."""
    value, limit = failed["value"].astype("float64"), failed["limit"].astype("float64")
    lower = failed["operator"].isin(LOWER)
    small, large = value.where(lower, limit), limit.where(lower, value)
    # Beyond a limit of 0, and below 0, there is no such part: wholly beyond.
    part = (1 - small / large.where(large > 0)).fillna(1.0)
    return part.clip(0.0, 1.0)
