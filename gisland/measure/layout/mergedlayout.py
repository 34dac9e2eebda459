"""Parcels as pieces of land before and after a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.keys import among, positions
from gisland.base.phrases import count_of
from gisland.base.tables import is_land
from gisland.measure.layout.layout import Layout, edges_of
from gisland.measure.layout.ownership import owner_numbers
from gisland.measure.pieces import pieces_after
from gisland.measure.totals import leading, totals
from gisland.topology.shape import compactness, rectangularity

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet
    from gisland.measure.layout.layout import Floats, Ints

MIN_LOT = "fragment.min_lot"


def merged_layout(
    parcels: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    merged: gpd.GeoDataFrame,
    *,
    borders: pd.DataFrame,
    rules: RuleSet,
) -> tuple[Layout, Ints]:
    """Parcels and merged sites as pieces, and which of them each parcel is part of after.

    Parameters
    ----------
    parcels
        As for `fragmentation_table`, sorted by id.
    lineage, merged, borders, rules
        As for `fragmentation_table`.

    Returns
    -------
    layout : Layout
        Its pieces are the parcels, and then the merged sites by id. Owners are None where no
        parcel has one.
    piece : numpy.ndarray
        Piece after the merge of each parcel, (n,).

    Raises
    ------
    TableError
        If a merged site has no row.
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> from gisland.topology.borders import borders
    >>> shapes = [box(0, 0, 60, 100), box(60, 0, 100, 100)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lots = lots.assign(area_m2=[6e3, 4e3], perimeter_m=[320.0, 280.0], compactness=0.7)
    >>> lines = pd.DataFrame({"parcel_id": ["a", "b"], "after_id": ["S", "b"]})
    >>> site = gpd.GeoDataFrame({"parcel_id": ["S"]}, geometry=shapes[:1], crs=4547)
    >>> _, piece = merged_layout(
    ...     lots,
    ...     lines.assign(role=["site", "kept"]),
    ...     site,
    ...     borders=borders(lots),
    ...     rules=load_rules("national-2023-171"),
    ... )
    >>> piece.tolist()
    [2, 1]
    """
    piece, sites = pieces_after(parcels.index, lineage)
    shape = merged.set_index("parcel_id").geometry
    if not among(sites, shape.index).all():
        gone = sites[~among(sites, shape.index)]
        raise TableError(
            f"merged: {count_of(len(gone), 'site')} of the lineage without a row",
            do="give a row for each merged site",
            ids=gone,
        )
    shape = shape.loc[sites]
    known = "rectangularity" in parcels
    right = parcels["rectangularity"] if known else rectangularity(parcels.geometry)
    area, land = parcels["area_m2"].to_numpy("float64"), is_land(parcels).to_numpy()
    whole = totals(piece[land], area[land], groups=len(parcels) + len(sites))
    whole[: len(parcels)] = area
    uses = None
    if "use_class" in parcels:
        after = _site_uses(parcels, lineage, sites)
        uses = pd.concat([parcels["use_class"].astype("str"), after], ignore_index=True)
    owner = owner_numbers(parcels["owner"]) if "owner" in parcels else None
    layout = Layout(
        area,
        land,
        parcels["perimeter_m"].to_numpy("float64"),
        edges_of(borders, parcels.index),
        np.concatenate([parcels["compactness"].to_numpy("float64"), compactness(shape)]),
        np.concatenate([right.to_numpy("float64"), rectangularity(shape)]),
        _too_small(whole, uses, rules=rules),
        owner if owner is not None and (owner >= 0).any() else None,
    )
    return layout, piece


def _site_uses(parcels: gpd.GeoDataFrame, lineage: pd.DataFrame, sites: pd.Index) -> pd.Series:
    """Use class of each merged site: that of its largest parcel before, of equals by id."""
    own = lineage[lineage["role"] == "site"]
    at = positions(own["parcel_id"], parcels.index)
    site = positions(own["after_id"], sites)[at >= 0]
    at = at[at >= 0]
    area = parcels["area_m2"].to_numpy("float64")[at]
    site, largest = leading(site, area, number=at)
    found = pd.Series(parcels["use_class"].astype("str").array[at[largest]], index=site)
    return found.reindex(range(len(sites)))


def _too_small(area_m2: Floats, uses: pd.Series | None, *, rules: RuleSet) -> Floats:
    """1 for a piece below the minimum lot of its class, 0 if not, missing where the rule is off."""
    code, names = (np.zeros(len(area_m2)), [""]) if uses is None else pd.factorize(uses.fillna(""))
    small = np.full(len(area_m2), np.nan)
    for k, name in enumerate(names):
        rule = rules.for_use(MIN_LOT, name or None)
        if rule.mode != "off":
            at = np.flatnonzero((code == k) & ~np.isnan(area_m2))
            small[at] = ~rule.holds(pd.Series(area_m2[at])).to_numpy(dtype="bool")
    return small
