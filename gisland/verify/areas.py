"""Area in is area out: per parcel, per site, in total, and in the merged geometry itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.units import m2_to_mu
from gisland.verify.facts import (
    AREA_M2,
    RELATIVE,
    Facts,
    Violation,
    differs,
    sums,
    violations,
)
from gisland.verify.overlays import overlay

if TYPE_CHECKING:
    import geopandas as gpd

HALF_GAP = 0.51  # half a gap of the tolerance's width, and a little for the floating arithmetic


def check_areas(facts: Facts) -> list[Violation]:
    """Hold every recorded area against the drawn one.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    list of Violation
        ``parcel_area``, ``site_area``, ``total_area``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [str(v) for v in check_areas(example_facts("sites", area_before_m2=1.0))]
    ['site_area: area_before_m2 is not the sum of its parcels: S1']
    """
    lots = facts.parcels
    excused = ~_valid(lots.geometry) & lots["area_m2"].isna()
    wrong = differs(lots["area_m2"], facts.area_m2) & ~excused
    basis = facts.run["area_basis"]
    found = violations("parcel_area", f"area_m2 is not the {basis} area", lots.index[wrong])
    wrong = differs(lots["area_mu"], m2_to_mu(lots["area_m2"]), absolute=1e-4)
    found += violations("parcel_area", "area_mu is not area_m2 in mu", lots.index[wrong])
    if facts.sites is not None:
        found += _check_sites(facts, facts.sites)
    after = facts.tables["lineage"]["area_m2"].sum()
    before = facts.area_m2[~excused].sum()
    if abs(after - before) > AREA_M2 + RELATIVE * before:
        text = f"{before:.2f} m² of parcels became {after:.2f} m² in the lineage"
        found.append(Violation("total_area", text))
    return found


def _valid(geometry: gpd.GeoSeries) -> pd.Series:
    return pd.Series(shapely.is_valid(geometry.to_numpy()), index=geometry.index)


def _check_sites(facts: Facts, sites: gpd.GeoDataFrame) -> list[Violation]:
    before = sums(facts.area_m2, facts.members, over=sites.index)
    expected = {
        "area_before_m2": before,
        "scrap_area_m2": facts.absorbed_m2,
        "area_after_m2": before + facts.absorbed_m2,
    }
    found = []
    for column, area in expected.items():
        wrong = sites.index[differs(sites[column], area)]
        found += violations("site_area", f"{column} is not the sum of its parcels", wrong)
    rows = facts.tables["lineage"]
    gathered = rows.groupby("after_id")["area_m2"].sum().reindex(sites.index, fill_value=0.0)
    wrong = sites.index[differs(sites["area_after_m2"], gathered)]
    return [*found, *violations("total_area", "lineage does not add up to area_after_m2", wrong)]


def check_merges(facts: Facts) -> list[Violation]:
    """Hold each merged polygon against the parcels it was made from.

    The sum of the parts is the merged area less the gaps closed plus what the parts overlapped
    (plane areas); the merged polygon covers every part, and what it covers beyond them is no
    wider than the closing of gaps within the tolerance makes it.

    Parameters
    ----------
    facts
        From `gather`, with sites.

    Returns
    -------
    list of Violation
        ``merge_area``, ``merge_covers``, ``merge_gap``.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> [v.message for v in check_merges(example_facts("sites", overlap_m2=2.0))]
    ['parts are not merged area - gap_closed_m2 + overlap_m2: S1', \
'overlap_m2 is not what the parts overlap: S1']
    """
    role = pd.concat([facts.members, facts.absorbed]).sort_index()
    ids = role.groupby(role).groups
    measured = pd.DataFrame(
        [_measure(facts, site, parts=ids.get(site, pd.Index([]))) for site in facts.drawn.index],
        index=facts.drawn.index,
        columns=["parts_m2", "merged_m2", "overlap_m2", "gap_m2", "uncovered_m2", "wide_m2"],
        dtype="float64",
    )
    sites, slack = facts.drawn, AREA_M2 + RELATIVE * measured["parts_m2"]
    gap, overlap = sites["gap_closed_m2"].fillna(0.0), sites["overlap_m2"].fillna(0.0)
    rest = (measured["parts_m2"] - (measured["merged_m2"] - gap + overlap)).abs()
    cases = {
        ("merge_area", "parts are not merged area - gap_closed_m2 + overlap_m2"): rest > slack,
        ("merge_area", "overlap_m2 is not what the parts overlap"): (
            (overlap - measured["overlap_m2"]).abs() > slack
        ),
        ("merge_area", "gap_closed_m2 is not what was closed"): (
            (gap - measured["gap_m2"]).abs() > slack
        ),
        ("merge_covers", "merged geometry does not cover its parts"): (
            ~(measured["uncovered_m2"] <= slack)
        ),
        ("merge_gap", "merged geometry covers more than its parts and hairline gaps"): (
            ~(measured["wide_m2"] <= AREA_M2)
        ),
    }
    return [
        v for (code, text), bad in cases.items() for v in violations(code, text, bad.index[bad])
    ]


def _measure(facts: Facts, site: Any, *, parts: pd.Index) -> list[float]:  # noqa: ANN401 - a label
    shapes = facts.shapes(parts)
    merged = facts.drawn.geometry[site]
    if merged is None or len(shapes) == 0:
        return [float(shapely.area(shapes).sum()), *[np.nan] * 5]
    union, total = overlay(shapely.union_all, shapes), float(shapely.area(shapes).sum())
    beyond = overlay(shapely.difference, merged, union)
    # No disc wider than the tolerance fits into what the closing of hairline gaps adds.
    wide = beyond.buffer(-HALF_GAP * facts.parameters.tolerance_m)
    missed = overlay(shapely.difference, union, merged).area
    return [total, merged.area, total - union.area, beyond.area, missed, wide.area]
