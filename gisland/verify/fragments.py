"""Which parcels cannot be developed alone, measured by other means than detection's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from gisland.verify.facts import Facts, overlay, undrawn, valid

if TYPE_CHECKING:
    import numpy as np

    from gisland.base.rules import Rule

WIDTH_SHARE = 0.01  # the inscribed circle is found to about this share of its diameter
SLACK_TOLERANCES = 4.0  # per neighbor, on the length of free boundary
TESTS = ("min_lot", "min_width", "min_frontage")


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
    measures = dict(zip(TESTS, (_lot, _width, _frontage), strict=True))
    for test in TESTS:
        rest = failing.index[~failing]
        failing[rest] = _fails(facts, rest, test=test, measured=measures[test](facts, rest))
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


def _frontage(facts: Facts, ids: pd.Index) -> pd.Series:
    """Boundary that no parcel but a road lies within the tolerance of, less the slack."""
    tolerance = facts.parameters.tolerance_m
    others = facts.parcels[~undrawn(facts.parcels.geometry.to_numpy())]
    use = facts.column("use_class")
    if use is not None:
        others = others[(others["use_class"] != "transport").fillna(value=True)]
    scraps, around = facts.shapes(ids), valid(others.geometry.to_numpy())
    which, near = shapely.STRtree(around).query(scraps, predicate="dwithin", distance=tolerance)
    other = ids.to_numpy()[which] != others.index.to_numpy()[near]
    which, near = which[other], near[other]
    groups = pd.Series(near).groupby(which)
    found = pd.Series(shapely.length(scraps), index=ids, dtype="float64")
    for position, group in groups:
        shape = scraps[int(str(position))]
        found.iloc[int(str(position))] = _open(shape, around[group.to_numpy()], tolerance)
    return found


def _open(shape: shapely.Geometry, neighbors: np.ndarray, tolerance_m: float) -> float:
    closed = overlay(shapely.union_all, shapely.buffer(neighbors, tolerance_m))
    length = shapely.length(overlay(shapely.difference, shapely.boundary(shape), closed))
    return max(float(length) - SLACK_TOLERANCES * tolerance_m * len(neighbors), 0.0)
