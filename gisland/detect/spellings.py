"""Values that are the same but for their spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.names import comparable, usual_spelling
from gisland.base.phrases import count_of, first_of

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 3


def spelling_findings(parcels: pd.DataFrame, *, columns: Iterable[str]) -> list[dict[str, object]]:
    """Tell which values of a column are compared as one although they are written otherwise.

    Parameters
    ----------
    parcels
        Parcel table.
    columns
        Columns to look at; those that are not there are passed over.

    Returns
    -------
    list of dict
        One finding ``spellings`` for each column with such values: ``value`` is the number of
        parcels whose spelling is not the most frequent one of their value.

    Examples
    --------
    >>> lots = pd.DataFrame({"owner": ["A", "A", "Ａ", "B"]}, index=list("abcd"))
    >>> spelling_findings(lots, columns=["owner"])[0]["message"]
    "parcels: owner is spelt in another way by 1 parcel, and compared as one: 'Ａ' for 'A'"
    """
    found = []
    for column in dict.fromkeys(c for c in columns if c in parcels):
        written = parcels[column]
        usual = usual_spelling(written, comparable(written))
        rows = pd.DataFrame({"usual": usual, "written": written})
        rows = rows.dropna().astype("str")
        others = rows[rows["usual"] != rows["written"]].sort_values(["usual", "written"])
        if others.empty:
            continue
        many = len(others)
        pairs = others.drop_duplicates().itertuples(index=False)
        told = [f"{row.written!r} for {row.usual!r}" for row in pairs]
        found.append(
            {
                "code": "spellings",
                "severity": "info",
                "layer": "parcels",
                "value": float(many),
                "unit": "parcels",
                "message": f"parcels: {column} is spelt in another way by"
                f" {count_of(many, 'parcel')}, and compared as one: {first_of(told, most=SHOWN)}",
            }
        )
    return found
