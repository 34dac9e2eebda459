"""The tables before and after: every site, and the whole layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import aligned, positions
from gisland.measure.density import (
    HELD,
    Holding,
    indicator_frame,
    indicator_rows,
    planned_floor_m2,
)

if TYPE_CHECKING:
    from gisland.base.parameters import Parameters
    from gisland.measure.density import Row

OVERALL, SITE = "overall", "site:"


def planned_far(sites: pd.DataFrame, *, scenario: str | float) -> pd.Series:
    """FAR that the planning conditions give each site under a scenario.

    Parameters
    ----------
    sites
        By site id, with ``planned_far_max`` and ``planned_far_min`` where known.
    scenario
        ``far_max``, ``far_min`` or ``keep``.

    Returns
    -------
    pandas.Series
        Named ``planned_far``; missing under ``keep`` and where nothing is planned.

    Examples
    --------
    >>> site = pd.DataFrame({"planned_far_max": [1.7]}, index=["S1"])
    >>> planned_far(site, scenario="far_max").to_dict()
    {'S1': 1.7}
    """
    unknown = pd.Series(float("nan"), index=sites.index)
    column = sites.get(f"planned_{scenario}", unknown) if scenario != "keep" else unknown
    return column.astype("float64").rename("planned_far")


def site_densities(table: pd.DataFrame, far: pd.Series) -> pd.DataFrame:
    """FAR and coverage of every site before and after, out of the indicators.

    Parameters
    ----------
    table
        Result of `indicator_table`.
    far
        Planned FAR by site id.

    Returns
    -------
    pandas.DataFrame
        ``far_before``, ``far_after``, ``coverage_before``, ``coverage_after``, ``planned_far``
        by site id. Coverage after is that of the existing buildings on the larger land.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"subject": ["site:S"], "indicator": ["far"], "before": [0.5], "after": [2.0]}
    ... )
    >>> site_densities(rows, pd.Series({"S": 2.0})).loc["S", ["far_before", "far_after"]].tolist()
    [0.5, 2.0]
    """
    named = table.set_index(["indicator", "subject"])[["before", "after"]]
    found = {}
    for name in ("far", "coverage"):
        rows = named.reindex([(name, f"{SITE}{site}") for site in far.index])
        found[f"{name}_before"] = rows["before"].to_numpy("float64")
        found[f"{name}_after"] = rows["after"].to_numpy("float64")
    return pd.DataFrame(found, index=far.index).assign(planned_far=far)


def indicator_table(
    parcels: pd.DataFrame, lineage: pd.DataFrame, far: pd.Series, *, parameters: Parameters
) -> pd.DataFrame:
    """Indicators of the whole layer and of every site, before and after.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with the columns of `parcel_densities`.
    lineage
        Lineage table: which parcels make which site.
    far
        Planned FAR by site id.
    parameters
        For the scenario.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``indicator``, ``before``, ``after``, ``delta``, ``unit``, ``denominator``;
        the whole layer first, then the sites by id. A site before is its own parcels; after,
        with the scraps.

    Examples
    --------
    >>> from gisland.base.parameters import Parameters
    >>> lots = pd.DataFrame({"area_m2": [900.0, 100.0]}, index=["s", "c"])
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    ... )
    >>> far = pd.Series({"S": float("nan")})
    >>> found = indicator_table(lots, lines, far, parameters=Parameters())
    >>> found.loc[found["indicator"] == "land_area", ["subject", "before", "after"]].values.tolist()
    [['overall', 1000.0, 1000.0], ['site:S', 900.0, 1000.0]]
    """
    drawn = parcels[parcels["area_m2"].notna()].sort_index()
    sites, held = [], _holdings(parcels, lineage)
    rows: list[Row] = []
    for site in far.index:
        before, after = held[site]
        existing = after.total("floor_m2")
        floor = planned_floor_m2(
            after.land_m2, existing, planned_far=far[site], scenario=parameters.scenario
        )
        planned = {
            "floor_m2": floor,
            "before_m2": before.land_m2 * far[site],
            "after_m2": after.land_m2 * far[site],
        }
        sites.append(planned)
        rows += indicator_rows(f"{SITE}{site}", before, after, planned=planned)
    roles = lineage.set_index("parcel_id")
    kept = drawn[(aligned(roles["role"], drawn.index) == "kept").to_numpy()]
    merged = roles["area_m2"] if "area_m2" in roles else parcels["area_m2"]
    moved = roles["role"].isin(["site", "absorbed"])
    whole = merged.reindex(roles.index)[moved].groupby(roles.loc[moved, "after_id"]).sum()
    pieces = np.concatenate([kept["area_m2"].to_numpy(), whole.to_numpy()])
    existing = Holding(kept, kept["area_m2"].to_numpy()).total("floor_m2") if len(kept) else 0.0
    planned = {
        "floor_m2": existing + sum(s["floor_m2"] for s in sites) if sites else float("nan"),
        "before_m2": _known_sum([s["before_m2"] for s in sites]),
        "after_m2": _known_sum([s["after_m2"] for s in sites]),
    }
    before, after = Holding(drawn, drawn["area_m2"].to_numpy()), Holding(drawn, pieces)
    return indicator_frame([*indicator_rows(OVERALL, before, after, planned=planned), *rows])


def _known_sum(values: list[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return sum(known) if known else float("nan")


def _holdings(parcels: pd.DataFrame, lineage: pd.DataFrame) -> dict[str, tuple[Holding, Holding]]:
    """The land of each site before and after; own parcels first, each by id, as sums need order."""
    moved = lineage[lineage["role"].isin(["site", "absorbed"])]
    moved = moved.sort_values(["role", "parcel_id"], ascending=[False, True])
    at = positions(moved["parcel_id"], parcels.index)
    names = [name for name in ("area_m2", *HELD) if name in parcels]
    land = {name: parcels[name].to_numpy()[at] for name in names}
    own = (moved["role"] == "site").to_numpy()
    found = {}
    for site, rows in moved.groupby("after_id").indices.items():
        both = {name: values[rows] for name, values in land.items()}
        before = {name: values[own[rows]] for name, values in both.items()}
        whole = Holding(both, np.array([np.nansum(both["area_m2"])]))
        found[str(site)] = (Holding(before, before["area_m2"]), whole)
    return found
