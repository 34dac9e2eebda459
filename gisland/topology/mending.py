"""All polygon layers of a run repaired: neighbors in the parcels, single polygons elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.schema import CHANGES, Inputs
from gisland.topology.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from gisland.base.parameters import Parameters

REPAIRED = (  # beside the parcels
    *("zoning", "zoning_overlay", "planning_units", "buildings"),
    *("plan_boundary", "project_boundary", "block_lines", "block_changes"),
    *("parks", "zones", "sites"),
)


def repair_layers(
    inputs: Inputs, *, parameters: Parameters
) -> tuple[Inputs, pd.DataFrame, gpd.GeoDataFrame]:
    """Repair every polygon layer as the parameters ask for.

    Parameters
    ----------
    inputs
        The layers.
    parameters
        ``repair`` and its limits; layers other than the parcels are made valid at most.

    Returns
    -------
    inputs : Inputs
        The layers repaired.
    changes : pandas.DataFrame
        The log, with the name of the ``layer``.
    remaining : geopandas.GeoDataFrame
        Findings on parcels that were not repaired.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Polygon
    >>> from gisland.base.parameters import Parameters
    >>> bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> lots = gpd.GeoDataFrame(
    ...     geometry=[bow], index=pd.Index(["a"], name="parcel_id"), crs=4547
    ... )
    >>> mended, changes, _ = repair_layers(Inputs(lots), parameters=Parameters())
    >>> changes[["layer", "action"]].values.tolist(), mended.parcels.is_valid.item()
    ([['parcels', 'make_valid']], True)
    """
    codes = tuple(code for code in parameters.repair if code == "invalid_geometry")
    single = replace(parameters, repair=codes)
    mended: dict[str, Any] = {}
    mended["parcels"], log, remaining = repair(inputs.parcels, parameters=parameters)
    logs = [log.assign(layer="parcels")]
    for name, layer in _others(inputs):
        mended[name], log, _ = repair(layer, parameters=single)
        logs.append(log.assign(layer=name))
    excluded = {}
    for name, layer in sorted(inputs.exclusions.items()):
        excluded[name], log, _ = repair(layer, parameters=single)
        logs.append(log.assign(layer=f"exclusions.{name}"))
    changes = pd.concat([logs[0], *(g for g in logs[1:] if len(g))], ignore_index=True)
    repaired = replace(inputs, **mended, exclusions=excluded)
    return repaired, changes[["layer", *CHANGES]], remaining


def _others(inputs: Inputs) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    for name in REPAIRED:
        layer = getattr(inputs, name)
        if layer is not None:
            yield name, layer
