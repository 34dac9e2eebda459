"""All that is measured before and after the merge, from the tables of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gisland.base.tables import lookup
from gisland.measure.grids.surfaces import density_surfaces
from gisland.measure.layout.fragmentation import fragmentation_table
from gisland.measure.planned.capacity import capacity_table
from gisland.measure.planned.scenarios import planned_far
from gisland.measure.planned.sitelimits import site_limits
from gisland.measure.sums.indicators import indicator_table
from gisland.measure.sums.landuse import use_matrix
from gisland.measure.sums.subjects import members_of_subjects

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gisland.base.result import Choices
    from gisland.base.surfaces import Surface
    from gisland.measure.planned.limits import PlanningLimits
    from gisland.measure.planned.sitelimits import SiteLimits

USE, PLANNED_USE = "use_class", "planned_use_class"


@dataclass(frozen=True, eq=False, repr=False)
class Measured:
    """What was measured.

    Parameters
    ----------
    tables
        ``indicators``, ``use_matrix`` and ``capacity``.
    limits
        Planning limits of the sites.
    far
        FAR after by site id.
    surfaces
        Density surfaces.
    no_surfaces
        Why there are none; empty if there are.
    """

    tables: dict[str, pd.DataFrame]
    limits: SiteLimits
    far: pd.Series
    surfaces: tuple[Surface, ...]
    no_surfaces: str


def measure(
    parcels: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    merged: gpd.GeoDataFrame,
    *,
    borders: pd.DataFrame,
    limits: PlanningLimits,
    sites: gpd.GeoDataFrame | None,
    choices: Choices,
) -> Measured:
    """Indicators, use of the land, capacity and density surfaces before and after.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with all facts, ``zone_id`` and ``unit_id`` where there are any.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    merged
        Merged sites: ``parcel_id`` (the site id) and geometry.
    borders
        Border table of the parcels.
    limits
        Planning limits of the parcels.
    sites
        Layer of sites, for a scenario that is one of its columns, or None.
    choices
        Rules, scenario, cells and bandwidth of the surfaces, and what columns of merged sites
        follow from.

    Returns
    -------
    Measured
        Tables in the columns of the output contract.

    Raises
    ------
    ProjectError
        If the scenario names a column that there is not.

    Examples
    --------
    >>> from gisland.measure.measuring import Measured
    >>> sorted(Measured.__dataclass_fields__)
    ['far', 'limits', 'no_surfaces', 'surfaces', 'tables']
    """
    rules, parameters = choices.rules, choices.parameters
    of_sites = site_limits(limits, lineage, rules=rules)
    scenario = parameters.scenario
    far = planned_far(parcels, lineage, of_sites, sites=sites, scenario=scenario)
    capacity = capacity_table(
        parcels, lineage, of_sites, planned_far=far, scenario=scenario, rules=rules
    )
    labels = {name: parcels.get(name) for name in ("zone_id", "unit_id")}
    members = members_of_subjects(parcels.index, lineage, **labels)
    pairs = _zone_pairs(limits)
    use = merged.set_index("parcel_id")[USE] if USE in choices.plan.columns else None
    matrix = use_matrix(parcels, lineage, members, zone_pairs=pairs, merged_use=use)
    indicators = indicator_table(
        parcels,
        lineage,
        members,
        planned_far=far,
        capacity=capacity,
        matrix=matrix,
        fragmentation=fragmentation_table(parcels, lineage, merged, borders, members, rules=rules),
    )
    surfaces, reason = density_surfaces(parcels, lineage, planned_far=far, parameters=parameters)
    tables = {"indicators": indicators, "use_matrix": matrix, "capacity": capacity}
    return Measured(tables, of_sites, far, surfaces, reason)


def _zone_pairs(limits: PlanningLimits) -> pd.DataFrame | None:
    """Land of parcels by planning zone, with the use class of the zone where there are any."""
    if PLANNED_USE not in limits.zone_uses:
        return None
    return limits.pairs.assign(
        use_class=lookup(limits.pairs["right_id"], limits.zone_uses[PLANNED_USE])
    )
