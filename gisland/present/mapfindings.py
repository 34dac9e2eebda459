"""Findings about the layers as a layer of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.present import style
from gisland.present.facts import fields, plain_rows
from gisland.present.mapfeatures import Features, Kind, Made, drawn_rows
from gisland.present.wording import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gisland.present.mapsites import Sites


def finding_layer(
    tables: Mapping[str, pd.DataFrame],
    texts: Mapping[str, str],
    *,
    of_parcels: Mapping[str, Sites],
) -> Made:
    """Findings where they are.

    Parameters
    ----------
    tables
        Result tables by name.
    texts
        The catalog.
    of_parcels
        Sites of each parcel.

    Returns
    -------
    features : Features or None
        By code; None where no finding has a place.
    kinds : dict
        Classes by severity.

    Examples
    --------
    >>> finding_layer({}, {}, of_parcels={})
    (None, {})
    """
    rows = drawn_rows(tables.get("findings"), "code")
    if rows is None:
        return None, {}
    kinds = {k: Kind(texts[f"severity.{k}"], v) for k, v in style.SEVERITIES.items()}
    codes = [k if k in kinds else "info" for k in rows["severity"]]
    columns = ("layer", "parcel_id", "other_id", "message")
    popups = [
        {
            "t": named(texts, "finding", row["code"]),
            "s": kinds[code].label,
            "b": [fields(row, columns, texts=texts)],
        }
        for row, code in zip(plain_rows(rows), codes, strict=True)
    ]
    ids = [f"finding:{i}" for i in range(len(rows))]
    both = zip(rows["parcel_id"], rows["other_id"], strict=True)
    sites = tuple(tuple(sorted({s for p in two for s in of_parcels.get(p, ())})) for two in both)
    return Features(rows.geometry, codes, ids, popups, sites=sites), kinds
