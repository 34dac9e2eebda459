"""The plain ways that gisland is measured beside, and the checks that all found the same."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

MM = 1000
SPAN = 1 << 32  # millimetres; wider than any city


class Check(NamedTuple):
    """What a check found, in words, and whether it is good."""

    told: str
    good: bool


def strict_contiguity(lots: gpd.GeoDataFrame) -> pd.Series:
    """Shared lengths by libpysal, which wants matched vertices or at least exact contact."""
    from libpysal.graph import Graph  # noqa: PLC0415 - heavy, and not needed for own figures

    graph = Graph.build_contiguity(lots, rook=True, strict=True, by_perimeter=True)
    return graph.adjacency


def buffered(lots: gpd.GeoDataFrame, *, tolerance_m: float) -> pd.Series:
    """Shared lengths by a spatial index, and each boundary's overlap with a buffered one."""
    shapes = lots.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, "dwithin", distance=tolerance_m)
    left, right = left[left < right], right[left < right]
    outline = shapely.boundary(shapes)
    near = shapely.buffer(outline, tolerance_m, cap_style="flat")
    length = shapely.length(shapely.intersection(outline[left], near[right]))
    pairs = pd.MultiIndex.from_arrays([lots.index[left], lots.index[right]])
    found = pd.Series(length, index=pairs)
    return found[found > 2 * tolerance_m]  # less is a corner


def overlaid(lots: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> pd.Series:
    """Areas of intersection by geopandas."""
    named = lots[["geometry"]].reset_index(), others[["geometry"]].reset_index()
    return gpd.overlay(*named, how="intersection").area


def true_borders(clean: gpd.GeoDataFrame) -> pd.Series:
    """Lengths of the edges that two lots of a clean layer share, by pairs of positions."""
    xy, lot = shapely.get_coordinates(clean.geometry.to_numpy(), return_index=True)
    grid = np.round((xy - np.floor(xy.min(axis=0))) * MM).astype(np.int64) @ [SPAN, 1]
    same = lot[1:] == lot[:-1]
    ends = np.sort(np.stack([grid[1:], grid[:-1]], axis=1)[same], axis=1)
    length = np.hypot(*np.diff(xy, axis=0).T)[same]
    owner = lot[1:][same]
    order = np.lexsort((owner, ends[:, 1], ends[:, 0]))
    ends, length, owner = ends[order], length[order], owner[order]
    met = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    key, pair = np.unique(owner[met] * len(clean) + owner[met + 1], return_inverse=True)
    total = np.bincount(pair, weights=length[met])
    return pd.Series(total, index=pd.Index(key, name="pair"))


def by_pair(found: pd.Series, ids: pd.Index) -> pd.Series:
    """Lengths by pairs of positions as in the truth, each pair once."""
    first, second = (ids.get_indexer(found.index.get_level_values(i)) for i in (0, 1))
    once = first < second
    key = first[once].astype(np.int64) * len(ids) + second[once]
    return pd.Series(found.to_numpy()[once], index=pd.Index(key, name="pair")).sort_index()


def against_truth(
    found: pd.Series, truth: pd.Series, *, within_m: float, contact_m: float
) -> Check:
    """Whether all true borders were found, with their lengths, and no others.

    Noise may press lots that share a corner against each other: so much contact is no fault.
    """
    known = found.index.isin(truth.index)
    both, others = found[known], found[~known]
    worst = (both - truth.reindex(both.index)).abs().max()
    longest = others.max() if len(others) else 0.0
    told = (
        f"{len(truth)} true borders, {len(both) / len(truth):.4%} found, lengths within"
        f" {worst:.2g} m; {len(others)} others, up to {longest:.2g} m"
    )
    good = len(both) == len(truth) and worst <= within_m and longest <= contact_m
    return Check(told, good=bool(good))


def same_total(found: pd.Series, other: pd.Series, *, within: float) -> Check:
    """Whether two sums agree."""
    apart = abs(found.sum() / other.sum() - 1)
    return Check(f"totals agree to {apart:.1e}", good=bool(apart <= within))
