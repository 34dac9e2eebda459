"""The unit of recorded areas, told by comparing them with the drawn ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from gisland.layers.evidence import analysis_crs
from gisland.layers.source import unit_factors
from gisland.layers.values import to_number

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

    from gisland.layers.glimpse import Glimpse

UNIT_SHARE = 0.02  # how far the median of drawn to recorded areas may be off a unit's factor


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
    """

    unit: str
    why: str
    compared: bool = False


def area_unit(glimpse: Glimpse, source: str) -> AreaUnit:
    """Unit of a column of recorded areas, by comparing them with the drawn ones.

    Parameters
    ----------
    glimpse
        The layer; only the rows of its sample are compared.
    source
        The column.

    Returns
    -------
    AreaUnit
        The unit whose factor the median of drawn m² to recorded value meets within
        ``UNIT_SHARE``, if there is one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.glimpse import Glimpse
    >>> from shapely import box
    >>> square = box(512000, 3400000, 512100, 3400100)
    >>> table = gpd.GeoDataFrame({"ZDMJ": [15.0]}, geometry=[square], crs=4547)
    >>> found = area_unit(Glimpse(Path("a"), None, "a", 1, "polygons", square.bounds, None, table),
    ...                   "ZDMJ")
    >>> found.unit, found.why
    ('mu', 'drawn m² / recorded value: median 666.7 of 1 row')
    """
    crs = analysis_crs(glimpse).crs
    if crs is None:
        return AreaUnit("", "not compared with drawn areas: no sound coordinate system")
    recorded = to_number(glimpse.sample[source])[0]
    drawn = _drawn(gpd.GeoDataFrame(glimpse.sample), crs)
    ratio = (drawn / recorded)[(recorded > 0) & (drawn > 0)]
    ratio = ratio[np.isfinite(ratio)]
    if ratio.empty:
        return AreaUnit("", "not compared with drawn areas: none is recorded in the rows looked at")
    median = float(ratio.median())
    rows = "1 row" if len(ratio) == 1 else f"{len(ratio)} rows"
    why = f"drawn m² / recorded value: median {median:.4g} of {rows}"
    factors = unit_factors("recorded_area_m2")
    fits = [unit for unit, factor in factors.items() if abs(median / factor - 1) <= UNIT_SHARE]
    return AreaUnit(fits[0] if fits else "", why, compared=True)


def _drawn(sample: gpd.GeoDataFrame, crs: CRS) -> pd.Series:
    with np.errstate(all="ignore"):  # coordinates that are not on Earth give no area
        return sample.geometry.force_2d().to_crs(crs).area
