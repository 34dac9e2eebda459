"""Tests of eligibility by lists: who agrees to the merge, and what is protected from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.keys import among
from gisland.base.names import comparable
from gisland.base.tables import lookup
from gisland.base.verdicts import outcomes
from gisland.plan.eligible.pairrows import pair_rows

if TYPE_CHECKING:
    from gisland.base.rule import Rule


def consent(
    pairs: pd.DataFrame, parcels: pd.DataFrame, listed: tuple[str, ...] | None, *, rule: Rule
) -> pd.DataFrame:
    """Whether the scrap or its owner is on the list of those that agree.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    parcels
        Indexed by parcel id: ``owner``, where known.
    listed
        Parcel ids and names of owners, in any spelling; None: there is no list.
    rule
        Rule ``scrap.consent``.

    Returns
    -------
    pandas.DataFrame
        Verdict rows; ``missing``: the scrap is not listed and has no owner, ``not_assessed``:
        there is no list.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c", "d"], "site_id": ["S", "S"]})
    >>> lots = pd.DataFrame({"owner": ["甲（厂）", None]}, index=["c", "d"])
    >>> rule = load_rules("tianjin-2024")["scrap.consent"]
    >>> consent(pair, lots, ("甲(厂)",), rule=rule)["outcome"].tolist()
    ['pass', 'missing']
    """
    if listed is None:
        return pair_rows(pairs, rule, test="consent", outcome="not_assessed")
    agree = pd.Series(among(pairs["parcel_id"], _index(listed)), index=pairs.index, dtype="boolean")
    owners = parcels.get("owner", pd.Series(None, index=parcels.index, dtype="str"))
    owner = lookup(pairs["parcel_id"], comparable(owners))
    names = comparable(pd.Series(listed, dtype="str")).dropna()
    answer = agree.mask(owner.isna() & ~agree) | among(owner, names)
    return pair_rows(pairs, rule, test="consent", outcome=outcomes(answer))


def protected(pairs: pd.DataFrame, listed: tuple[str, ...], *, rule: Rule) -> pd.DataFrame:
    """Whether the scrap is none of those that are protected.

    Parameters
    ----------
    pairs
        Columns ``parcel_id`` and ``site_id``.
    listed
        Parcel ids.
    rule
        Rule ``scrap.protected``.

    Returns
    -------
    pandas.DataFrame
        Verdict rows.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> pair = pd.DataFrame({"parcel_id": ["c", "d"], "site_id": ["S", "S"]})
    >>> rule = load_rules("tianjin-2024")["scrap.protected"]
    >>> protected(pair, ("d",), rule=rule)["outcome"].tolist()
    ['pass', 'fail']
    """
    free = pd.Series(~among(pairs["parcel_id"], _index(listed)), dtype="boolean")
    return pair_rows(pairs, rule, test="protected", outcome=outcomes(free))


def _index(listed: tuple[str, ...]) -> pd.Index:
    return pd.Index(listed, dtype="str")
