"""The merged parcels: one for each site, with its area and the amounts of its pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import ID_SEPARATOR
from gisland.base.schema import MERGED_ROLES, PARCELS
from gisland.verify.facts import Facts, Violation, differs, violations
from gisland.verify.overlays import overlay, undrawn, valid

if TYPE_CHECKING:
    import geopandas as gpd

AMOUNTS = ("_m2", "_yuan")  # ends of the names of what adds up
CHECKED = ("sum", "sum_known", "area_mean", "min", "max", "set", "same", "largest", "site")
SHAPE_M2 = 1e-6


def check_merged(facts: Facts) -> list[Violation]:
    """Hold the table of merged parcels against the sites and the parcels they were made from.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``merged_ids``, ``merged_area``, ``merged_shape``, ``merged_column``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> check_merged(example_facts())
    []
    """
    table: Any = facts.tables.get("merged")
    if table is None:
        return []
    ids, sites = table["parcel_id"], facts.drawn
    wrong = [*ids[ids.duplicated() | ~ids.isin(sites.index)], *sites.index[~sites.index.isin(ids)]]
    found = violations("merged_ids", "merged parcels that are not one for each site", wrong)
    if found:
        return found
    rows = table.set_index("parcel_id").reindex(sites.index)
    if "area_m2" in rows:
        wrong = sites.index[differs(rows["area_m2"], sites["area_after_m2"])]
    else:
        wrong = list(sites.index)
    found = violations("merged_area", "area_m2 is not area_after_m2 of the site", wrong)
    found += violations("merged_shape", "geometry is not the site's", _other_shape(rows, sites))
    for column, rule in _rules(facts, rows).items():
        expected, certain = _recomputed(facts, column, rule=rule)
        apart = _differs(rows[column], expected.reindex(sites.index)) & certain.reindex(sites.index)
        text = f"{column} is not the {rule} of its pieces"
        found += violations("merged_column", text, sites.index[apart])
    return found


def _other_shape(rows: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pd.Index:
    """Sites whose merged parcel covers other ground."""
    here, there = valid(rows.geometry.to_numpy()), valid(sites.geometry.to_numpy())
    absent = undrawn(here) != undrawn(there)
    apart = overlay(shapely.symmetric_difference, here, there)
    most = SHAPE_M2 * np.maximum(1.0, shapely.area(there))
    return pd.Index(sites.index[absent | (shapely.area(apart) > most)])


def _rules(facts: Facts, rows: pd.DataFrame) -> dict[str, str]:
    """Columns that can be made again, and how: as asked for, else amounts and owners."""
    named = [c for c in PARCELS if c in rows and c in facts.parcels and c != "site_id"]
    rules = {c: "sum" for c in named if c.endswith(AMOUNTS)}
    rules |= {c: "set" for c in named if c == "owner"}
    asked = facts.choices.columns.items()
    return rules | {c: r for c, r in asked if c in rows and c in facts.parcels and r in CHECKED}


def _recomputed(facts: Facts, column: str, *, rule: str) -> tuple[pd.Series, pd.Series]:
    """Value of the column by site, and whether it is beyond doubt."""
    lineage = facts.tables["lineage"].sort_values("parcel_id")
    pieces = lineage[lineage["role"].isin(MERGED_ROLES)]
    pieces = pieces[pieces["parcel_id"].isin(facts.parcels.index)].set_index("parcel_id")
    value = facts.parcels[column].reindex(pieces.index)
    area, site = facts.parcels["area_m2"].reindex(pieces.index), pieces["after_id"]
    groups = value.groupby(site)
    whole = groups.count() == groups.size()
    sure = pd.Series(data=True, index=whole.index)
    if rule in {"sum", "sum_known"}:
        total = pd.to_numeric(value).astype("float64").groupby(site).sum(min_count=1)
        return (total.where(whole) if rule == "sum" else total), sure
    if rule == "area_mean":
        product = (pd.to_numeric(value).astype("float64") * area).groupby(site).sum()
        return (product / area.groupby(site).sum()).where(whole), sure
    if rule in {"min", "max"}:
        return getattr(groups, rule)(), sure
    if rule == "set":
        texts = value.dropna().astype("str")
        of_site = texts.groupby(site.reindex(texts.index))
        parts = of_site.agg(lambda values: ID_SEPARATOR.join(sorted(set(values))))
        return parts.reindex(whole.index), sure & isinstance(value.dtype, pd.StringDtype)
    if rule == "same":
        kinds = groups.nunique()
        return groups.first().where(whole & (kinds == 1)), sure
    own = pieces["role"] == "site" if rule == "site" else pd.Series(data=True, index=pieces.index)
    order = pd.DataFrame({"site": site, "area": area, "value": value})[own]
    order = order.sort_values("area", ascending=False, kind="stable").drop_duplicates("site")
    return order.set_index("site")["value"].reindex(whole.index), sure


def _differs(recorded: pd.Series, expected: pd.Series) -> pd.Series:
    """Where two values are not the same; numbers may differ by rounding, no text is a missing."""
    if pd.api.types.is_numeric_dtype(recorded) and not pd.api.types.is_bool_dtype(recorded):
        numbers = pd.to_numeric(expected, errors="coerce").astype("float64")
        return differs(recorded.astype("float64"), numbers)
    told = recorded.astype("str").fillna("")
    return told != expected.astype("str").fillna("")
