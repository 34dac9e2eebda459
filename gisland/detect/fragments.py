"""Fragments: parcels that cannot be developed alone, each with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from gisland.base.keys import aligned, ends_among
from gisland.base.rulespecs import ALWAYS_MEASURED, FRAGMENT_TESTS
from gisland.base.tables import is_land
from gisland.base.verdicts import by_use_class, stacked
from gisland.detect.corridors import part_m

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.rules import RuleSet


def border_with(
    borders: pd.DataFrame, use_class: pd.Series | None, classes: tuple[str, ...]
) -> pd.Series:
    """Length of each parcel's border with neighbors of given use classes.

    Parameters
    ----------
    borders
        Border table, both directions.
    use_class
        Use class by parcel id, or None if no parcel has one.
    classes
        Use classes of the neighbors that count.

    Returns
    -------
    pandas.Series
        Metres, named ``border_m``, by parcel id; parcels without such a neighbor are absent.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("a", "r"), ("r", "a")], names=["focal", "neighbor"])
    >>> table = pd.DataFrame({"border_m": [30.0, 30.0]}, index=pairs)
    >>> uses = pd.Series(["industrial", "transport"], index=["a", "r"])
    >>> border_with(table, uses, ("transport",)).to_dict()
    {'a': 30.0}
    """
    if use_class is None:
        return borders["border_m"].iloc[:0].groupby("focal").sum()
    counted = use_class[use_class.isin(classes)].index
    rows = ends_among(cast("pd.MultiIndex", borders.index), "neighbor", counted)
    return borders["border_m"][rows].groupby(level="focal").sum()


def frontage_m(
    free_m: pd.Series,
    borders: pd.DataFrame,
    use_class: pd.Series | None,
    *,
    shore_m: pd.Series | None = None,
) -> pd.DataFrame:
    """Length of boundary through which a parcel can be reached.

    Free boundary (nothing beyond it in the parcel layer, and no water at its edge), borders with
    transport parcels, and borders with other land that a road line runs along.

    Parameters
    ----------
    free_m
        Free boundary by parcel id, in metres.
    borders
        Border table, both directions, with the columns of `with_corridors` if known.
    use_class
        Use class by parcel id, or None if no parcel has one.
    shore_m
        The part of `free_m` at the edge of water; None or missing where that is not known.

    Returns
    -------
    pandas.DataFrame
        Metres, on the index of `free_m`: ``frontage_m``, and ``frontage_road_m``, the part of it
        along roads that are parcels or lines.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("a", "r"), ("r", "a")], names=["focal", "neighbor"])
    >>> table = pd.DataFrame({"border_m": [30.0, 30.0]}, index=pairs)
    >>> uses = pd.Series(["industrial", "transport"], index=["a", "r"])
    >>> free = pd.Series([5.0, 0.0], index=["a", "r"])
    >>> frontage_m(free, table, uses).loc["a"].to_dict()
    {'frontage_m': 35.0, 'frontage_road_m': 30.0}
    """
    beside = border_with(borders, use_class, ("transport",))
    lines = part_m(borders, "road_m").groupby(level="focal").sum()  # none beside road parcels
    beside, lines = (aligned(m, free_m.index).fillna(0.0) for m in (beside, lines))
    road = beside + lines
    shore = 0.0 if shore_m is None else shore_m.fillna(0.0)
    return pd.DataFrame({"frontage_m": free_m - shore + road, "frontage_road_m": road})


def fragment_verdicts(parcels: gpd.GeoDataFrame, *, rules: RuleSet) -> pd.DataFrame:
    """Test every parcel for being developable alone.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``width_m``, ``frontage_m`` and, if known,
        ``use_class``; the measures of shape (``SHAPE_UNITS`` of `gisland.base.rulespecs`) where
        they were made. Roads and water are not tested.
    rules
        The rule set; its ``fragment.*`` rules say what a developable parcel passes.

    Returns
    -------
    pandas.DataFrame
        Verdict rows (``schema.VERDICTS``) of the tests ``min_lot``, ``min_width`` and
        ``min_frontage``, and of those of shape where they are measured, test by test; a failing
        row with mode ``on`` makes the parcel a fragment.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lot = pd.DataFrame(
    ...     {"area_m2": [900.0], "width_m": [20.0], "frontage_m": [40.0]}, index=["a"]
    ... )
    >>> found = fragment_verdicts(lot, rules=load_rules("national-2023-171"))
    >>> dict(zip(found["test"], found["outcome"]))
    {'min_lot': 'fail', 'min_width': 'pass', 'min_frontage': 'pass'}
    """
    tested = parcels[is_land(parcels)]
    use_class = tested.get("use_class")
    parts = [
        by_use_class(tested[spec.column], use_class, rules=rules, rule_id=f"fragment.{name}")
        for name, spec in FRAGMENT_TESTS.items()
        if spec.column in tested or name in ALWAYS_MEASURED
    ]
    return stacked(parts)
