"""Zones of a run parted into units, and the unit of every parcel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gisland.control.units import balanced_units

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gisland.base.result import Choices

UNIT = "unit_id"


@dataclass(frozen=True, eq=False, repr=False)
class Parted:
    """Parcels with their unit, and the units of zones.

    Parameters
    ----------
    parcels
        With ``unit_id`` as it was, else of the units of zones.
    tables
        ``zone_units``, if zones are parted.
    findings
        Records of findings.
    """

    parcels: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame]
    findings: list[dict[str, object]]


def zone_units(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, links: pd.DataFrame, choices: Choices
) -> Parted:
    """Part the zones into units, if a size of units is asked for.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` and, where planning units are known,
        ``unit_id``, which is left as it is.
    zones
        Table of zones.
    links
        Pairs of parcels of zones that share a border or face each other, from `detect`.
    choices
        ``zone_unit_m2`` and ``solver_seconds``.

    Returns
    -------
    Parted
        The parcels as they are where nothing is asked for, or there is no zone.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.base.result import Choices
    >>> from gisland.base.rules import load_rules
    >>> lots, none = pd.DataFrame({"area_m2": [1.0]}), pd.DataFrame()
    >>> zone_units(lots, none, links=none, choices=Choices(load_rules("common"))).tables
    {}
    """
    parameters = choices.parameters
    if not parameters.zone_unit_m2 or zones.empty:
        return Parted(parcels, {}, [])
    table, unit, findings = balanced_units(
        zones,
        parcels,
        links,
        unit_m2=parameters.zone_unit_m2,
        seconds=parameters.solver_seconds,
    )
    frame = parcels if UNIT in parcels else parcels.assign(**{UNIT: unit.reindex(parcels.index)})
    return Parted(frame, {"zone_units": table}, findings)
