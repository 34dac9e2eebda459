"""Floor area of buildings, actual and counted (计容), and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.crs import areas_m2
from gisland.base.guards import require_layer
from gisland.base.schema import usable

if TYPE_CHECKING:
    import geopandas as gpd

    from gisland.base.parameters import Parameters

HIGH_COUNTS = 2.0  # 工业项目建设用地控制指标, formula of 容积率: storeys above 8 m count twice
GIVEN = (
    *("floors", "height_m", "floor_height_m"),
    *("underground_floor_area_m2", "floor_area_m2", "counted_floor_area_m2"),
)
DECIMALS = 6  # of heights and storeys that are compared: 12.3 / 4.1 is no less than 3


def building_amounts(buildings: gpd.GeoDataFrame, *, parameters: Parameters) -> pd.DataFrame:
    """Storeys, footprint, actual and counted floor area of each building, and what they rest on.

    Actual floor area = above ground + underground; above ground = footprint x floors. Counted is
    above ground alone, storeys higher than ``high_storey_m`` twice. A floor area of the building's
    own wins over the product, and the other one follows from it. Floors may be fractional.

    Parameters
    ----------
    buildings
        Footprint polygons in a metric CRS, indexed by building id, with ``floors``, ``height_m``,
        ``floor_height_m``, ``underground_floor_area_m2`` (none if missing), ``floor_area_m2`` and
        ``counted_floor_area_m2``, as far as they are known. A height of 0 is none.
    parameters
        Uses ``high_storey_m``, ``estimate_floors``, ``storey_height_m`` and ``area_basis``.

    Returns
    -------
    pandas.DataFrame
        On the index of `buildings`. ``floors``; ``floors_from``: ``given``, ``floor_area`` (the
        floor area above ground over the footprint), ``height`` (estimated: the height over
        ``floor_height_m``, else over ``storey_height_m``, to the nearest whole one, 1 at least;
        only if asked for) or ``missing``. ``height_m``. ``floor_height_m``: storey height, if not
        given the height over the floors: exact for one storey, the mean of several; a storey of
        unknown height counts once. ``footprint_m2``: missing without a usable polygon.
        ``floor_area_m2``, ``counted_floor_area_m2``, ``above_floor_m2``,
        ``underground_floor_area_m2``, and ``estimated_m2``, the part of the floor area that rests
        on an estimate; in m². Missing: floor areas where neither floors nor an area are known;
        what would follow from an area below the underground's; and the actual area of a building
        higher than ``high_storey_m`` of which only the counted one is known.

    Raises
    ------
    TableError, GeometryError
        If it is no table, or has no geometry.
    CRSError
        If the CRS is missing or not metric.

    References
    ----------
    That storeys above 8 m count twice: 工业项目建设用地控制指标, formula of 容积率.

    Examples
    --------
    A hall of one storey, 9 m high, counts twice:

    >>> import geopandas as gpd
    >>> from gisland.base.parameters import Parameters
    >>> from shapely import box
    >>> hall = gpd.GeoDataFrame(
    ...     {"floors": [1.0], "height_m": [9.0]}, geometry=[box(0, 0, 40, 25)], crs=4547
    ... )
    >>> found = building_amounts(hall, parameters=Parameters())
    >>> found[["footprint_m2", "floor_area_m2", "counted_floor_area_m2"]].values.tolist()
    [[1000.0, 1000.0, 2000.0]]
    """
    require_layer(buildings, what="buildings")
    given = {name: pd.Series(numbers(buildings, name), buildings.index) for name in GIVEN}
    actual, counted = given["floor_area_m2"], given["counted_floor_area_m2"]
    height, storey = (given[name].where(given[name] > 0) for name in ("height_m", "floor_height_m"))
    underground = given["underground_floor_area_m2"].fillna(0.0)
    footprint = areas_m2(buildings.geometry, basis=parameters.area_basis)
    footprint = footprint.where(usable(buildings.geometry) & (footprint > 0))
    floors, source = _floors(given, height, storey, parameters=parameters)
    rest = actual - underground  # an area below the underground's contradicts it
    above = rest.where(rest >= 0)
    by_area = above / footprint
    storey = storey.fillna(height / floors.fillna(by_area).clip(lower=1.0))  # none above the whole
    counts = _counts(storey, parameters=parameters)
    told = storey.notna() | height.isna() | (height <= parameters.high_storey_m)
    above = above.fillna((counted / counts).where(told)).fillna(footprint * floors)
    source = source.mask((source == "floor_area") & above.isna(), "missing")
    actual = actual.fillna(above + underground)
    estimated = above.where(source == "height", 0.0).where(actual.notna())
    return pd.DataFrame(
        {
            "floors": floors.fillna((above / footprint).where(source == "floor_area")),
            "floors_from": source,
            "height_m": height,
            "floor_height_m": storey,
            "footprint_m2": footprint,
            "floor_area_m2": actual,
            "counted_floor_area_m2": counted.fillna(above * counts),
            "underground_floor_area_m2": underground,
            "above_floor_m2": above,
            "estimated_m2": estimated,
        },
        index=buildings.index,
    )


def _floors(
    given: dict[str, pd.Series], height: pd.Series, storey: pd.Series, *, parameters: Parameters
) -> tuple[pd.Series, pd.Series]:
    """Number of floors, given or estimated, and where it comes from."""
    floors = given["floors"]
    own = given["floor_area_m2"].notna() | given["counted_floor_area_m2"].notna()
    source = pd.Series("missing", index=floors.index, dtype="str")
    source = source.mask(own, "floor_area").mask(floors.notna(), "given")
    if parameters.estimate_floors == "height":
        wanted = (source == "missing") & height.notna()
        storeys = (height / storey.fillna(parameters.storey_height_m)).round(DECIMALS)
        floors = floors.fillna(np.floor(storeys + 0.5).clip(lower=1.0).where(wanted))
        source = source.mask(wanted, "height")
    return floors, source


def _counts(storey: pd.Series, *, parameters: Parameters) -> pd.Series:
    """How often each floor counts by its height; one of unknown height counts once."""
    high = storey.round(DECIMALS) > parameters.high_storey_m
    return pd.Series(np.where(high, HIGH_COUNTS, 1.0), index=storey.index)
