"""Low use of parcels, derived once more from the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, joined_texts
from gisland.base.tables import lookup
from gisland.verify.facts import Facts, Violation, differs, violations

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS = (  # as written: of equal shortfalls the first decides
    *("far", "coverage", "tax", "output", "investment"),
    *("vacant", "unfinished", "status", "idle"),
)
SCORE = 1e-6
TEXTS = ("low_use_reasons", "low_use_decided_by", "low_use_not_assessed")


def check_low_use(facts: Facts) -> list[Violation]:
    """Hold the low use of every parcel, its score and what is open against the verdicts.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``low_use``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_low_use(example_facts("parcels", low_use=True))]
    ['low_use: low_use does not follow from the verdicts: a']
    """
    rows = facts.tables.get("verdicts")
    if rows is None:
        return []
    told = rows[rows["test"].isin(TESTS) & (rows["mode"] == "on")]
    expected = _expected(told, facts.parcels.index)
    wrong: Mapping[str, np.ndarray | pd.Series] = {
        "low_use": _codes(facts.parcels["low_use"]) != _codes(expected["low_use"]),
        "low_use_score": differs(
            facts.parcels["low_use_score"], expected["low_use_score"], absolute=SCORE, relative=0.0
        ),
        **{c: _plain(facts.parcels[c]) != _plain(expected[c]) for c in TEXTS},
    }
    return [
        v
        for column, bad in wrong.items()
        for v in violations(
            "low_use", f"{column} does not follow from the verdicts", facts.parcels.index[bad]
        )
    ]


def _expected(rows: pd.DataFrame, parcel_ids: pd.Index) -> dict[str, pd.Series]:
    failed = rows[rows["outcome"] == "fail"]
    open_ones = rows[rows["outcome"].isin(["missing", "not_assessed"])]
    known = rows["parcel_id"][rows["outcome"].isin(["pass", "fail"])].drop_duplicates()
    low = pd.Series(known.isin(failed["parcel_id"]).to_numpy(), index=pd.Index(known))
    part = _beyond(failed)
    most = part.groupby(failed["parcel_id"]).max()
    near = failed[(part - lookup(failed["parcel_id"], most)).abs() < SCORE]
    place = lookup(near["test"], pd.Series(range(len(TESTS)), index=list(TESTS)))
    first = place.groupby(near["parcel_id"]).min()
    score = pd.Series(0.0, index=low.index)
    score[most.index] = most
    return {
        "low_use": aligned(low.astype("boolean"), parcel_ids),
        "low_use_reasons": aligned(joined_texts(failed["test"], failed["parcel_id"]), parcel_ids),
        "low_use_score": aligned(score, parcel_ids),
        "low_use_decided_by": aligned(lookup(first, pd.Series(TESTS, dtype="str")), parcel_ids),
        "low_use_not_assessed": aligned(
            joined_texts(open_ones["test"], open_ones["parcel_id"]), parcel_ids
        ),
    }


def _beyond(failed: pd.DataFrame) -> pd.Series:
    """Part of 1 by which values miss their limits; 1 where there is no number to tell by."""
    value, limit = failed["value"].to_numpy("float64"), failed["limit"].to_numpy("float64")
    lower = failed["operator"].isin([">", ">="]).to_numpy()
    part = np.ones(len(failed))
    under = lower & (limit > 0) & ~np.isnan(value)
    over = ~lower & (value > 0) & ~np.isnan(limit)
    part[under] = 1 - np.maximum(value[under], 0.0) / limit[under]
    part[over] = 1 - limit[over] / value[over]
    return pd.Series(part, index=failed.index)


def _codes(flags: pd.Series) -> np.ndarray:
    """1, 0, or -1 for missing."""
    return flags.astype("boolean").astype("Int8").fillna(-1).to_numpy("int8")


def _plain(texts: pd.Series) -> pd.Series:
    return texts.astype("str").fillna("")
