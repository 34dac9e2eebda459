"""Small parcel layers for the tests of the checks, and what the checks say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from gisland.base.parameters import Parameters
from gisland.base.schema import FINDINGS
from gisland.topology.check import check

if TYPE_CHECKING:
    import numpy as np

FAR = (500_000.0, 3_400_000.0)


def layer(
    shapes: dict[str, object] | list[tuple[object, object]], crs: object = 4547
) -> gpd.GeoDataFrame:
    """Parcels by id, or id and shape of each row."""
    pairs = list(shapes.items()) if isinstance(shapes, dict) else shapes
    ids = pd.Index([p[0] for p in pairs], dtype="str", name="parcel_id")
    return gpd.GeoDataFrame(geometry=[p[1] for p in pairs], index=ids, crs=crs)


def findings(
    parcels: gpd.GeoDataFrame,
    *,
    plan_boundary: gpd.GeoDataFrame | None = None,
    **parameters: object,
) -> gpd.GeoDataFrame:
    """The table of findings, after a look at what holds for every one of them."""
    table = check(parcels, parameters=Parameters(**parameters), plan_boundary=plan_boundary)
    assert table.columns.tolist() == list(FINDINGS)
    assert table.crs == parcels.crs
    assert (table["layer"] == "parcels").all()
    assert table["message"].notna().all()
    return table


def found(
    parcels: gpd.GeoDataFrame,
    *,
    plan_boundary: gpd.GeoDataFrame | None = None,
    **parameters: object,
) -> list[tuple[object, ...]]:
    """Code, severity, parcel, other and value (rounded) of every finding; None for missing."""
    table = findings(parcels, plan_boundary=plan_boundary, **parameters)
    columns = table[["code", "severity", "parcel_id", "other_id", "value"]]
    rows = columns.astype("object").where(columns.notna(), None).itertuples(index=False)
    return [(*r[:4], None if r[4] is None else round(r[4], 6)) for r in rows]


def moved(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer where coordinates are large and rounding shows."""

    def shift(xy: np.ndarray) -> np.ndarray:
        return xy + FAR

    return parcels.set_geometry(shapely.transform(parcels.geometry.to_numpy(), shift), crs=4547)
