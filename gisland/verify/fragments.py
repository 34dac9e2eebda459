"""Which parcels cannot be developed alone, measured by other means than detection's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.verify.overlays import overlay, undrawn, valid

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.base.rule import Rule
    from gisland.verify.facts import Facts

WIDTH_SHARE = 0.01  # the inscribed circle is found to about this share of its diameter
SLACK_TOLERANCES = 4.0  # per neighbor, on the length of free boundary
TIP_LIMIT = 3.0  # half widths that a corner comes back after opening
WIDTH_ROUNDING_M = 0.005
NARROW_SLACK = 0.01  # of a share; moved edges that GEOS merges
RATIO_SLACK = 1e-6
GRID_M = 1e-6


def undevelopable(facts: Facts, ids: pd.Index) -> pd.Series:
    """Whether parcels fail a fragment test in mode ``on``, near misses counted as failing.

    Parameters
    ----------
    facts
        From `gather`.
    ids
        Parcel ids.

    Returns
    -------
    pandas.Series
        Bool on `ids`.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> undevelopable(example_facts(), pd.Index(["a"])).to_dict()
    {'a': False}
    """
    failing = pd.Series(data=False, index=ids)
    for test, measure in MEASURES.items():
        if any(r.mode == "on" and r.id.startswith(f"fragment.{test}.") for r in facts.rules):
            rest = failing.index[~failing]
            failing[rest] = _fails(facts, rest, test=test, measured=measure(facts, rest))
    return failing


def too_small(facts: Facts, ids: pd.Index) -> pd.Series:
    """Whether parcels fail the test of area in mode ``on``, the one that leaves no doubt.

    Parameters
    ----------
    facts
        From `gather`.
    ids
        Parcel ids.

    Returns
    -------
    pandas.Series
        Bool on `ids`.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> too_small(example_facts(), pd.Index(["a"])).to_dict()
    {'a': False}
    """
    return _fails(facts, ids, test="min_lot", measured=_lot(facts, ids))


def _fails(facts: Facts, ids: pd.Index, *, test: str, measured: pd.Series) -> pd.Series:
    use = facts.column("use_class")
    own = pd.Series(None, index=ids, dtype="object") if use is None else use.reindex(ids)
    failing = pd.Series(data=False, index=ids)
    for name, group in own.groupby(own.fillna("")):
        rule: Rule = facts.rules.for_use(f"fragment.{test}", str(name) or None)
        if rule.mode == "on":
            holds = rule.holds(measured.reindex(group.index))
            failing[group.index] = (~holds.fillna(value=True)).astype(bool)
    return failing


def _lot(facts: Facts, ids: pd.Index) -> pd.Series:
    return facts.area_m2.reindex(ids)


def _width(facts: Facts, ids: pd.Index) -> pd.Series:
    """Diameter of the largest inscribed circle, taken as low as the search may have missed it."""
    shapes = facts.shapes(ids)
    radius = [_radius(shape) for shape in shapes]
    return pd.Series(radius, index=ids, dtype="float64") * 2 * (1 - WIDTH_SHARE)


def _radius(shape: shapely.Geometry) -> float:
    if shape is None or shape.is_empty:
        return float("nan")
    step = max(shape.area**0.5 / 1000, 1e-6)
    return float(shapely.length(shapely.maximum_inscribed_circle(shape, tolerance=step)))


def _compactness(facts: Facts, ids: pd.Index) -> pd.Series:
    shapes = facts.shapes(ids)
    with np.errstate(invalid="ignore"):
        ratio = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    return pd.Series(ratio * (1 - RATIO_SLACK), index=ids)


def _elongation(facts: Facts, ids: pd.Index) -> pd.Series:
    """Sides of the smallest of all rectangles that lie along an edge of the hull."""
    ratio = [_longer(hull) for hull in shapely.convex_hull(facts.shapes(ids))]
    return pd.Series(ratio, index=ids, dtype="float64") * (1 + RATIO_SLACK)


def _longer(hull: shapely.Geometry) -> float:
    if not isinstance(hull, shapely.Polygon) or hull.is_empty:
        return float("nan")
    corners = shapely.get_coordinates(hull)
    edges = np.diff(corners, axis=0)
    along = edges / np.hypot(*edges.T)[:, None]
    local = corners - corners[0]
    sides = np.stack([np.ptp(local @ along.T, axis=0), np.ptp(local @ _normals(along).T, axis=0)])
    area, ratio = np.prod(sides, axis=0), sides.max(axis=0) / sides.min(axis=0)
    return float(ratio[area <= area.min() * (1 + RATIO_SLACK)].min())


def _normals(along: np.ndarray) -> np.ndarray:
    return np.column_stack([-along[:, 1], along[:, 0]])


def _narrow_share(facts: Facts, ids: pd.Index) -> pd.Series:
    """Area that does not come back after moving inwards and outwards, part by part."""
    use = facts.column("use_class")
    uses = [None] * len(ids) if use is None else use.reindex(ids).fillna("").tolist()
    of_use = [facts.rules.for_use("fragment.min_width", name or None) for name in uses]
    widths = [float("nan") if rule.mode == "off" else rule.limit for rule in of_use]
    shares = [_lost(shape, w) for shape, w in zip(facts.shapes(ids), widths, strict=True)]
    return pd.Series(shares, index=ids, dtype="float64")


def _lost(shape: shapely.Geometry, width_m: float) -> float:
    if shape is None or shape.is_empty or np.isnan(width_m):
        return float("nan")
    radius = max(width_m - WIDTH_ROUNDING_M, 0.0) / 2
    parts = shapely.get_parts(shape)
    moved = partial(shapely.buffer, join_style="mitre", mitre_limit=TIP_LIMIT)
    back = moved(moved(parts, -radius), radius)
    wide = shapely.intersection(parts, back, grid_size=GRID_M)  # sides that lie on each other
    return min(1 - float(shapely.area(wide).sum()) / shape.area + NARROW_SLACK, 1.0)


def _frontage(facts: Facts, ids: pd.Index) -> pd.Series:
    """Boundary through which parcels can be reached, less the slack.

    That is boundary that no parcel but a road lies within the tolerance of, less what the run
    says has water beyond it, and border with other land that a road line runs along. The lines
    are not measured again: how much they add is believed, from the run's ``frontage_road_m``.
    """
    tolerance = facts.parameters.tolerance_m
    others = facts.parcels[~undrawn(facts.parcels.geometry.to_numpy())]
    use = facts.column("use_class")
    road = np.zeros(len(others), dtype=bool)
    if use is not None:
        road = (others["use_class"] == "transport").fillna(value=False).to_numpy(dtype=bool)
    scraps, around = facts.shapes(ids), valid(others.geometry.to_numpy())
    which, near = shapely.STRtree(around).query(scraps, predicate="dwithin", distance=tolerance)
    other = ids.to_numpy()[which] != others.index.to_numpy()[near]
    which, near = which[other], near[other]
    whole = pd.Series(shapely.length(scraps), index=ids, dtype="float64")
    found, free = whole.copy(), whole.copy()
    for position, group in pd.Series(near).groupby(which):
        at, beside = int(str(position)), group.to_numpy()
        land = beside[~road[beside]]
        free.iloc[at] = _open(scraps[at], around[beside], tolerance)
        found.iloc[at] = free.iloc[at]
        if len(land) < len(beside):
            found.iloc[at] = _open(scraps[at], around[land], tolerance)
    slack = pd.Series(which[~road[near]]).value_counts().reindex(range(len(ids)), fill_value=0)
    told = facts.parcels.reindex(ids)[["frontage_road_m", "free_shore_m"]].fillna(0.0)
    lines = (told["frontage_road_m"] - (found - free)).clip(lower=0.0)
    surely = (found - SLACK_TOLERANCES * tolerance * slack.to_numpy()).clip(lower=0.0)
    return (surely - told["free_shore_m"] + lines).clip(lower=0.0)


def _open(shape: shapely.Geometry, neighbors: np.ndarray, tolerance_m: float) -> float:
    closed = overlay(shapely.union_all, shapely.buffer(neighbors, tolerance_m))
    return float(shapely.length(overlay(shapely.difference, shapely.boundary(shape), closed)))


# One for each fragment test of `gisland.base.rulespecs`, in the same order.
MEASURES: dict[str, Callable[[Facts, pd.Index], pd.Series]] = {
    "min_lot": _lot,
    "min_width": _width,
    "min_frontage": _frontage,
    "min_compactness": _compactness,
    "max_elongation": _elongation,
    "max_narrow_share": _narrow_share,
}
