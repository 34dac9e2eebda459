"""The unit of recorded areas, told by comparing them with the drawn ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.phrases import count_of
from gisland.layers.fields.numbers import VALUE, parse_numbers
from gisland.layers.proposing.evidence import analysis_crs
from gisland.layers.source import unit_factors

if TYPE_CHECKING:
    from gisland.layers.proposing.glimpse import Glimpse

RECORDED = "recorded_area_m2"
UNIT_SHARE = 0.02  # how far the median of drawn to recorded areas may be off a unit's factor
ROW_SHARE = 0.05  # how far a row may be off, to count as matching
PART_UNITS = ("mu", "ha", "km2")  # from small to large
LEAST_PART = 0.01  # parts whose median is a smaller share of the drawn areas are in another unit
COMPUTED = 1e-5  # a column nearer to the drawn areas than this was computed from them


@dataclass(frozen=True)
class AreaUnit:
    """The unit that drawn areas give a column of recorded ones; empty if none fits or can be told.

    Parameters
    ----------
    unit
        Key of ``base.units.AREA_M2``, or empty.
    why
        The evidence, in words.
    compared
        Whether there was anything to compare.
    matching
        Share of the compared rows that are within ``ROW_SHARE`` of that unit.
    computed
        Whether the column repeats the drawn areas, so that it tells nothing of recorded ones.
    """

    unit: str
    why: str
    compared: bool = False
    matching: float = 0.0
    computed: bool = False


def part_unit(values: pd.Series, drawn: pd.Series | None) -> tuple[str, str] | None:
    """Unit that a column of parts of the drawn areas may have, if square metres are too small.

    Parameters
    ----------
    values
        The column; only numbers that name no unit themselves are compared.
    drawn
        What ``drawn_m2`` returns.

    Returns
    -------
    tuple of str or None
        The largest unit of ``PART_UNITS`` in which no part is above its whole, and why; None
        where square metres will do, nothing can be compared or no unit fits.

    Examples
    --------
    >>> part_unit(pd.Series([50.0, 20.0]), pd.Series([1_000_000.0, 250_000.0]))
    ('ha', 'in m² the median is 6.5e-05 of the drawn area, in ha 0.65')
    >>> part_unit(pd.Series([500_000.0]), pd.Series([1_000_000.0])) is None
    True
    """
    if drawn is None:
        return None
    cells = parse_numbers(values, canonical=RECORDED, unit="m2")
    share = (cells["low"].where(cells["unit"].eq("")) / drawn)[drawn > 0].dropna()
    share = share[share > 0]
    median = float(share.median())
    if share.empty or median >= LEAST_PART:
        return None
    factors = unit_factors(RECORDED)
    fits = [u for u in PART_UNITS if (share * factors[u]).max() <= 1 + UNIT_SHARE]
    if not fits:
        return None
    unit = fits[-1]
    why = f"the median is {median:.2g} of the drawn area, in {unit} {median * factors[unit]:.2g}"
    return unit, f"in m² {why}"


def drawn_m2(glimpse: Glimpse) -> pd.Series | None:
    """Drawn areas of the rows that were looked at, in square metres.

    Parameters
    ----------
    glimpse
        The layer.

    Returns
    -------
    pandas.Series or None
        On the index of the sample; None without a sound coordinate system.

    Examples
    --------
    >>> from pathlib import Path
    >>> from shapely import box
    >>> from gisland.layers.proposing.glimpse import Glimpse
    >>> square = box(512000, 3400000, 512100, 3400100)
    >>> table = gpd.GeoDataFrame({"a": [1]}, geometry=[square], crs=4547)
    >>> drawn_m2(Glimpse(Path("a"), None, "a", 1, "polygons", square.bounds, None, table)).tolist()
    [10000.0]
    """
    crs = analysis_crs(glimpse).crs
    if crs is None:
        return None
    with np.errstate(all="ignore"):  # coordinates that are not on Earth give no area
        return gpd.GeoDataFrame(glimpse.sample).geometry.force_2d().to_crs(crs).area


def area_unit(values: pd.Series, drawn: pd.Series | None) -> AreaUnit:
    """Unit of a column of recorded areas, by comparing them with the drawn ones.

    Parameters
    ----------
    values
        The column; only numbers that name no unit themselves are compared.
    drawn
        What ``drawn_m2`` returns.

    Returns
    -------
    AreaUnit
        The unit whose factor the median of drawn m² to recorded value meets within
        ``UNIT_SHARE``, if there is one.

    Examples
    --------
    >>> found = area_unit(pd.Series([15.0, 3.0]), pd.Series([10_000.0, 1980.0]))
    >>> found.unit, found.why, found.matching
    ('mu', 'drawn m² / recorded value: median 663.3 of 2 rows', 1.0)
    """
    if drawn is None:
        return AreaUnit("", "not compared with drawn areas: no sound coordinate system")
    cells = parse_numbers(values, canonical=RECORDED, unit="m2")
    recorded = cells["low"].where(cells["operator"].eq(VALUE) & cells["unit"].eq(""))
    ratio = (drawn / recorded)[(recorded > 0) & (drawn > 0)]
    ratio = ratio[np.isfinite(ratio)]
    if ratio.empty:
        named = sorted(set(cells["unit"]) - {""})
        why = f"the texts name {', '.join(named)}" if named else "none is recorded"
        return AreaUnit("", f"not compared with drawn areas: {why} in the rows looked at")
    median = float(ratio.median())
    why = f"drawn m² / recorded value: median {median:.4g} of {count_of(len(ratio), 'row')}"
    factors = unit_factors(RECORDED)
    fits = [unit for unit, factor in factors.items() if abs(median / factor - 1) <= UNIT_SHARE]
    if not fits:
        return AreaUnit("", why, compared=True)
    off = (ratio / factors[fits[0]] - 1).abs()
    computed = bool((off <= COMPUTED).all())
    return AreaUnit(
        fits[0], why, compared=True, matching=float(off.le(ROW_SHARE).mean()), computed=computed
    )
