"""Floor area ratio of sites after the merge, by scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.errors import MAX_NAMES, ProjectError
from gisland.base.keys import aligned
from gisland.base.phrases import count_of, first_of
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.schema import PARCELS
from gisland.base.tables import INTERNAL, PARCEL_RESULTS

if TYPE_CHECKING:
    from gisland.measure.planned.sitelimits import SiteLimits

KEEP = "keep"
LIMITS = {"far_max": "far_max", "maximum": "far_max", "far_min": "far_min", "minimum": "far_min"}
HALF = 0.5


def scenario_name(scenario: str | float) -> str:
    """Scenario as it is written into tables.

    Parameters
    ----------
    scenario
        As in the project file.

    Returns
    -------
    str
        ``keep``, ``far_max``, ``far_min``, a number, or the name of a column.

    Examples
    --------
    >>> scenario_name("maximum"), scenario_name(2.0)
    ('far_max', '2')
    """
    return LIMITS.get(scenario, scenario) if isinstance(scenario, str) else f"{scenario:g}"


def require_scenario(
    parcels: pd.DataFrame, sites: pd.DataFrame | None, *, scenario: str | float
) -> None:
    """Refuse a scenario that names a column which is not there or holds no FAR.

    Parameters
    ----------
    parcels
        Parcel layer.
    sites
        Layer of sites, or None.
    scenario
        Of the parameters.

    Raises
    ------
    ProjectError
        Names the columns with numbers that there are.

    Examples
    --------
    >>> require_scenario(pd.DataFrame({"goal": ["high"]}), None, scenario="goal")
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: [parameters] scenario is 'goal', a column of parcels that \
holds no numbers; use far_max, far_min, keep, a FAR
    """
    if _is_column(scenario):
        _column(parcels, sites, str(scenario))


def planned_far(
    parcels: pd.DataFrame,
    lineage: pd.DataFrame,
    limits: SiteLimits,
    *,
    sites: pd.DataFrame | None,
    scenario: str | float,
) -> pd.Series:
    """FAR of every site after the merge.

    Parameters
    ----------
    parcels
        Indexed by parcel id: ``area_m2``, and perhaps the column of the scenario.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    limits
        Result of `site_limits`.
    sites
        Layer of sites, indexed by site id, with perhaps the column of the scenario; or None.
    scenario
        ``keep``: what exists stays. ``far_max`` (or ``maximum``), ``far_min`` (or ``minimum``):
        the limit after. A number. Or a column of the sites, else of the parcels: then the mean of
        the site's own parcels weighted by area, where it is known on at least half of them.

    Returns
    -------
    pandas.Series
        Named ``planned_far``, by site id, sorted; missing under ``keep`` and where it is not known.

    Raises
    ------
    ProjectError
        If the scenario is a column that is not there, holds no numbers, or one below 0.

    Examples
    --------
    >>> from gisland.measure.planned.sitelimits import SiteLimits
    >>> lots = pd.DataFrame({"area_m2": [90.0, 10.0]}, index=["s", "c"])
    >>> lines = {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    >>> row = {"site_id": ["S"], "condition": ["far_max"], "limit_after": [1.7]}
    >>> limits = SiteLimits(pd.DataFrame(row))
    >>> for scenario in ("maximum", 2.0):
    ...     far = planned_far(
    ...         lots, pd.DataFrame(lines), limits, sites=None, scenario=scenario
    ...     )
    ...     print(far.to_dict())
    {'S': 1.7}
    {'S': 2.0}
    """
    own = lineage[lineage["role"] == "site"]
    ids = pd.Index(sorted(own["after_id"].unique()), name="site_id", dtype="str")
    far = pd.Series(np.nan, index=ids, name="planned_far", dtype="float64")
    if not isinstance(scenario, str):
        return far.fillna(scenario)
    if scenario in LIMITS:
        rows = limits.table[limits.table["condition"] == LIMITS[scenario]]
        return aligned(rows.set_index("site_id")["limit_after"], ids).rename("planned_far")
    if not _is_column(scenario):
        return far
    given = _column(parcels, sites, scenario)
    if sites is not None and scenario in sites:
        return aligned(given, ids).rename("planned_far")
    return _mean_of(given, parcels["area_m2"], own).reindex(ids).rename("planned_far")


def _mean_of(values: pd.Series, area_m2: pd.Series, own: pd.DataFrame) -> pd.Series:
    """Mean of each site's own parcels by area, where at least half of the land has a value."""
    own = own.sort_values("parcel_id")
    ids = pd.Index(own["parcel_id"])
    rows = pd.DataFrame(
        {
            "site": own["after_id"].to_numpy(),
            "value": aligned(values, ids).to_numpy(),
            "area": aligned(area_m2, ids).to_numpy("float64"),
        }
    ).dropna(subset=["area"])
    known = rows.dropna(subset=["value"])
    groups = known.groupby("site")
    land = groups["area"].sum()
    mean = (known["value"] * known["area"]).groupby(known["site"]).sum() / land
    low = groups["value"].min()
    mean = mean.where(low != groups["value"].max(), low)  # equal values give exactly that
    share = land / rows.groupby("site")["area"].sum().reindex(land.index)
    return mean.where(share.round(SHARE_DECIMALS) >= HALF)


def _is_column(scenario: str | float) -> bool:
    return isinstance(scenario, str) and scenario != KEEP and scenario not in LIMITS


def _column(parcels: pd.DataFrame, sites: pd.DataFrame | None, name: str) -> pd.Series:
    """The column of a scenario, of the sites or else of the parcels."""
    told = f"[parameters] scenario is {name!r}"
    known = sorted({*_numeric(parcels), *([] if sites is None else _numeric(sites))})
    columns = f" or a column with numbers: {first_of(known, most=MAX_NAMES)}" if known else ""
    do = f"use far_max, far_min, keep, a FAR{columns}"
    layer, what = (sites, "sites") if sites is not None and name in sites else (parcels, "parcels")
    if name in layer and name in _AMOUNTS:
        raise ProjectError(f"{told}, which is no FAR", do=do)
    if name not in layer or name in _RESULTS:
        raise ProjectError(f"{told}, but there is no such column", do=do)
    if name not in _numeric(layer):
        raise ProjectError(f"{told}, a column of {what} that holds no numbers", do=do)
    values = layer[name].astype("Float64").astype("float64")
    wrong = layer.index[(values < 0) | np.isinf(values)]
    if len(wrong):
        raise ProjectError(
            f"{told}, which is no FAR on {count_of(len(wrong), what.removesuffix('s'))}",
            do="mend these values",
            ids=wrong,
        )
    return values


def _numeric(layer: pd.DataFrame) -> list[str]:
    """Columns of a layer that hold numbers and are no results."""
    return [
        str(name)
        for name in layer.columns
        if name not in _RESULTS | _AMOUNTS
        and pd.api.types.is_numeric_dtype(layer[name])
        and not pd.api.types.is_bool_dtype(layer[name])
    ]


_RESULTS = frozenset({*PARCEL_RESULTS, *INTERNAL})
_AMOUNTS = frozenset(PARCELS) - {"far_min", "far_max"}
