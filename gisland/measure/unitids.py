"""The planning unit of every parcel: named by its column, else the one that holds most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.schema import usable
from gisland.topology.overlay import mostly_in

if TYPE_CHECKING:
    import geopandas as gpd

UNIT = "unit_id"


def unit_ids(
    parcels: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None
) -> tuple[pd.Series | None, list[dict[str, object]]]:
    """Planning unit of every parcel.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``unit_id`` where the layer names it.
    units
        Planning units (规划单元), indexed by unit id, or None.

    Returns
    -------
    pandas.Series or None
        Named ``unit_id``: the parcel's own, else that of the unit that holds at least half of it;
        missing where there is neither. None if nothing names a unit.
    list of dict
        Finding ``unit_missing``, if some parcels with geometry are in no unit.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 9, 9), box(90, 0, 99, 9)], index=["a", "b"], crs=4547
    ... )
    >>> units = gpd.GeoDataFrame(geometry=[box(0, 0, 50, 50)], index=["U1"], crs=4547)
    >>> found, told = unit_ids(lots, units)
    >>> found.tolist(), told[0]["value"]
    (['U1', nan], 1.0)
    """
    named = UNIT in parcels and bool(parcels[UNIT].notna().any())
    if units is None and not named:
        return None, []
    none = pd.Series(None, index=parcels.index, dtype="str")
    unit = parcels[UNIT].astype("str") if named else none
    if units is not None:
        unit = unit.fillna(mostly_in(parcels, units).astype("str"))
    outside = int((unit.isna() & usable(parcels.geometry)).sum())
    findings: list[dict[str, object]] = []
    if outside:
        findings = [
            {
                "code": "unit_missing",
                "severity": "info",
                "layer": "parcels",
                "value": float(outside),
                "unit": "count",
                "message": f"{outside} of {len(parcels)} parcels lie in no planning unit",
            }
        ]
    return unit.rename(UNIT), findings
