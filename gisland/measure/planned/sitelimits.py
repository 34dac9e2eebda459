"""Planning limits of sites, before and after they absorb scraps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.conditions import SOURCES
from gisland.base.keys import NOWHERE, joined_texts, positions
from gisland.base.schema import MERGED_ROLES
from gisland.measure.planned.ground import enough
from gisland.measure.planned.limits import limits_of
from gisland.measure.totals import totals
from gisland.topology.overlay import HALF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet
    from gisland.measure.planned.ground import Ground
    from gisland.measure.planned.limits import PlanningLimits

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

RULE = "scrap.site_conditions"
FAR = ("far_min", "far_max")
LIMITS = ("limit_before", "limit_after")


@dataclass(frozen=True, eq=False, repr=False)
class SiteLimits:
    """Planning limits of every site.

    Parameters
    ----------
    table
        One row per site and condition, sites by id and conditions in their usual order:
        ``site_id``, ``condition``, ``limit_before``, ``limit_after``, ``known_share`` (of the
        site's own land), ``source`` and ``source_ids`` (joined by ``;``).
    """

    table: pd.DataFrame

    def wide(self, when: str) -> pd.DataFrame:
        """Limits by site id; columns are conditions.

        Parameters
        ----------
        when
            ``before`` or ``after``.
        """
        wide = self.table.pivot_table(
            index="site_id", columns="condition", values=f"limit_{when}", dropna=False
        )
        return wide.rename_axis(columns=None)


def site_limits(limits: PlanningLimits, lineage: pd.DataFrame, *, rules: RuleSet) -> SiteLimits:
    """Planning limits of every site before and after the merge.

    Before: on the site's own parcels, like the limits of one parcel. After: the same limits where
    rule ``scrap.site_conditions`` is on, which extends them to the scraps; else the scraps bring
    their own, weighted by area.

    Parameters
    ----------
    limits
        Result of `planning_limits`.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    rules
        The rule set.

    Returns
    -------
    SiteLimits
        Of all sites and the conditions that any layer has.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.base.rules import load_rules
    >>> from gisland.measure.planned.limits import planning_limits
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [90.0, 10.0], "far_max": [1.7, 3.0]},
    ...     geometry=[box(0, 0, 9, 10), box(9, 0, 10, 10)],
    ...     index=["s", "c"],
    ...     crs=4547,
    ... )
    >>> lines = {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    >>> limits = planning_limits(lots, None, None, parameters=Parameters())
    >>> rules = load_rules("tianjin-2024")
    >>> found = site_limits(limits, pd.DataFrame(lines), rules=rules).table
    >>> found[["condition", "limit_before", "limit_after"]].values.tolist()
    [['far_max', 1.7, 1.7]]
    """
    own, everyone = _members(lineage, ("site",)), _members(lineage, MERGED_ROLES)
    sites = pd.Index(sorted(own.unique()), dtype="str")
    before = _sites(limits.ground, own, sites)
    extended = rules[RULE].mode == "on"
    after = before if extended else _sites(limits.ground, everyone, sites)
    rows = [_rows(name, before, after) for name in limits.ground.conditions]
    if not rows:
        texts, numbers = ("site_id", "condition", "source", "source_ids"), ("known_share",)
        kinds = dict.fromkeys(texts, "str") | dict.fromkeys((*numbers, *LIMITS), "float64")
        return SiteLimits(pd.DataFrame({k: pd.Series([], dtype=v) for k, v in kinds.items()}))
    table = pd.concat(rows, ignore_index=True)
    return SiteLimits(table.sort_values("site_id", kind="stable", ignore_index=True))


def site_planning(limits: PlanningLimits, members: pd.Series) -> pd.DataFrame:
    """What is planned for sites as they are before the merge.

    Parameters
    ----------
    limits
        Result of `planning_limits`.
    members
        Site id by parcel id.

    Returns
    -------
    pandas.DataFrame
        By site id: ``planned_use`` and ``planned_use_class``, of the zones that hold at least half
        of the site together, where the zoning has them; ``planned_far_min``, ``planned_far_max``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.base.parameters import Parameters
    >>> from gisland.measure.planned.limits import planning_limits
    >>> lot = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0]}, geometry=[box(0, 0, 10, 10)], index=["a"], crs=4547
    ... )
    >>> zone = gpd.GeoDataFrame(
    ...     {"planned_use": ["M1"], "far_max": [1.7]},
    ...     geometry=[box(0, 0, 9, 9)],
    ...     index=["Z"],
    ...     crs=4547,
    ... )
    >>> limits = planning_limits(lot, zone, None, parameters=Parameters())
    >>> site_planning(limits, pd.Series({"a": "S"})).loc["S"].to_dict()
    {'planned_use': 'M1', 'planned_far_min': nan, 'planned_far_max': 1.7}
    """
    found = _sites(limits.ground, members, pd.Index(sorted(members.unique()), dtype="str"))
    columns = {name: found.mostly(uses) for name, uses in limits.zone_uses.items()}
    for name in FAR:
        columns[f"planned_{name}"] = pd.Series(found.limit(name)[0], index=found.ids)
    return pd.DataFrame(columns, index=found.ids)


def _members(lineage: pd.DataFrame, roles: tuple[str, ...]) -> pd.Series:
    """Site id by parcel id."""
    rows = lineage[lineage["role"].isin(roles)]
    return pd.Series(rows["after_id"].to_numpy(), index=pd.Index(rows["parcel_id"]), dtype="str")


@dataclass(frozen=True, eq=False, repr=False)
class _Sites:
    """Sites as groups of parcels on the ground: site of each parcel, land of each site."""

    ground: Ground
    ids: pd.Index
    of: Whole
    land_m2: Floats

    def limit(self, name: str) -> tuple[Floats, Floats]:
        """Limit of each site, and on how much of its land it is known."""
        parts = self.ground.parts(name)
        return limits_of(parts, name=name, groups=self.of, whole_m2=self.land_m2)

    def origins(self, name: str) -> pd.DataFrame:
        """Where the condition of each site is from: ``site_id``, ``source``, ``source_id``."""
        parts = self.ground.parts(name)
        inside = np.flatnonzero(self.of[parts.parcel] != NOWHERE)
        site = self.of[parts.parcel[inside]]
        source, origin = parts.source[inside], parts.origin[inside]
        # each source of each site once, before it gets its names
        rows = pd.DataFrame({"site": site, "source": source, "origin": origin}).drop_duplicates()
        ids = np.empty(len(rows), dtype=object)
        for number, known in enumerate(self.ground.ids):
            chosen = (rows["source"] == number).to_numpy()
            ids[chosen] = known[rows.loc[chosen, "origin"]].astype("str")
        return pd.DataFrame(
            {
                "site_id": self.ids[rows["site"]],
                "source": np.array(SOURCES, dtype=object)[rows["source"]],
                "source_id": ids,
            },
            dtype="str",
        )

    def mostly(self, uses: pd.Series) -> pd.Series:
        """Use of the zones that hold at least half of each site."""
        held = self.ground.in_zones
        codes, names = pd.factorize(uses, sort=True)
        site, use = self.of[held.parcel], codes[held.other]
        rows = np.flatnonzero((site != NOWHERE) & (use != NOWHERE))
        count = max(len(names), 1)
        land = totals(
            site[rows] * count + use[rows], held.land_m2[rows], groups=len(self.ids) * count
        ).reshape(len(self.ids), count)
        best = land.argmax(axis=1) if len(land) else np.zeros(0, dtype="int64")
        most = land[np.arange(len(land)), best]
        chosen = np.where(enough(most, self.land_m2, least_share=HALF), best, NOWHERE)
        taken = pd.api.extensions.take(pd.Series(names, dtype="str").array, chosen, allow_fill=True)
        return pd.Series(taken, index=self.ids)


def _sites(ground: Ground, members: pd.Series, ids: pd.Index) -> _Sites:
    of = np.full(len(ground.land_m2), NOWHERE)
    at = positions(members.index.astype("str"), ground.ids[-1].astype("str"))
    of[at[at != NOWHERE]] = positions(members.astype("str"), ids)[at != NOWHERE]
    inside = np.flatnonzero((of != NOWHERE) & (ground.land_m2 > 0))
    land = totals(of[inside], ground.land_m2[inside], groups=len(ids))
    return _Sites(ground, ids, of, land)


def _rows(name: str, before: _Sites, after: _Sites) -> pd.DataFrame:
    """Rows of one condition, for every site."""
    limit, known = before.limit(name)
    later = limit if after is before else after.limit(name)[0]
    origins = after.origins(name)
    whole = before.land_m2
    texts = {
        "source": joined_texts(origins["source"], origins["site_id"]),
        "source_ids": joined_texts(origins["source_id"], origins["site_id"]),
    }
    return pd.DataFrame(
        {
            "site_id": before.ids,
            "condition": name,
            "limit_before": limit,
            "limit_after": later,
            "known_share": np.divide(known, whole, out=np.zeros(len(whole)), where=whole > 0),
            **{k: v.reindex(before.ids).fillna("").to_numpy() for k, v in texts.items()},
        }
    ).astype(dict.fromkeys(("site_id", "condition", "source", "source_ids"), "str"))
