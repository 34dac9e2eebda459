"""What is measured before and after: subjects, their parcels, and the amounts of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.names import comparable
from gisland.base.schema import MERGED_ROLES, OVERALL, SITE, UNIT, ZONE
from gisland.base.tables import is_land, lookup
from gisland.verify.overlays import overlay, undrawn, valid

if TYPE_CHECKING:
    from gisland.verify.facts import Facts

HALF = 0.5
WHEN = ("before", "after")


@dataclass(frozen=True, repr=False)
class Ground:
    """Parcels with land, and which of them make up each subject.

    Parameters
    ----------
    land
        By parcel id: ``area_m2``, ``site`` that it becomes part of, ``piece`` after,
        ``planned_far`` of the site, ``is_land`` (neither road nor water), ``use_class`` and
        ``owner``, the last two missing where they are not known.
    before, after
        Columns ``subject`` and ``parcel_id``.
    """

    land: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame

    def members(self, when: str) -> pd.DataFrame:
        """Members of the subjects, ``before`` or ``after``."""
        return self.before if when == WHEN[0] else self.after

    @property
    def subjects(self) -> pd.Index:
        """All subjects that have land after."""
        return pd.Index(self.after["subject"].unique())

    def total(self, values: pd.Series, when: str) -> pd.Series:
        """Sum of an amount by subject; missing where any member lacks it."""
        members = self.members(when)
        own = lookup(members["parcel_id"], values).astype("float64")
        lacking = own.isna().groupby(members["subject"]).any()
        total = own.fillna(0.0).groupby(members["subject"]).sum().mask(lacking)
        return total.reindex(self.subjects)

    def lacking(self, values: pd.Series, when: str) -> pd.Series:
        """Number of members without an amount, by subject."""
        members = self.members(when)
        unknown = lookup(members["parcel_id"], values).isna()
        return unknown.groupby(members["subject"]).sum().reindex(self.subjects, fill_value=0)


def survey(facts: Facts) -> Ground:
    """Gather subjects and their parcels from the written tables.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    Ground
        Sites by the lineage, zones by ``zone_id``, units by ``unit_id`` of the parcels or, where
        that is missing, by the unit that holds at least half of the parcel.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> survey(example_facts()).after.values.tolist()
    [['overall', 'a'], ['site:S1', 'a']]
    """
    lots = facts.parcels[facts.parcels["area_m2"].notna()]
    lineage = facts.tables["lineage"].drop_duplicates("parcel_id").set_index("parcel_id")
    role = lineage["role"].reindex(lots.index)
    site = lineage["after_id"].reindex(lots.index).where(role.isin(MERGED_ROLES))
    unknown = pd.Series(None, index=lots.index, dtype="str")
    land = pd.DataFrame(
        {
            "area_m2": lots["area_m2"].astype("float64"),
            "site": site,
            "piece": (SITE + site).fillna("parcel:" + pd.Series(lots.index, index=lots.index)),
            "planned_far": lookup(site, planned_far(facts)),
            "is_land": is_land(lots),
            "use_class": lots.get("use_class", unknown),
            "owner": comparable(lots["owner"]) if "owner" in lots else unknown,
        }
    )
    same = [_of(pd.Series(OVERALL, index=land.index), ""), _of(lots["zone_id"], ZONE)]
    same.append(_of(units_of(facts), UNIT))
    own = _of(site[role == "site"], SITE)
    before, after = (pd.concat([s, *same], ignore_index=True) for s in (own, _of(site, SITE)))
    return Ground(land, _ordered(before), _ordered(after))


def _of(label: pd.Series, prefix: str) -> pd.DataFrame:
    held = label[label.notna() & (label != "")]
    return pd.DataFrame({"subject": prefix + held.astype("str"), "parcel_id": held.index})


def _ordered(members: pd.DataFrame) -> pd.DataFrame:
    return members.sort_values(["subject", "parcel_id"], ignore_index=True)


def planned_far(facts: Facts) -> pd.Series:
    """FAR planned for each site, from the capacities, or from the sites where there are none.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    pandas.Series
        By site id, missing where what exists stays.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> planned_far(example_facts("sites", planned_far=2.0)).to_dict()
    {'S1': 2.0}
    """
    table = facts.tables.get("capacity")
    if table is not None:
        return table.drop_duplicates("site_id").set_index("site_id")["planned_far"]
    if facts.sites is None:
        return pd.Series(dtype="float64")
    return facts.sites["planned_far"].astype("float64")


def units_of(facts: Facts) -> pd.Series:
    """Planning unit of every parcel with land.

    Parameters
    ----------
    facts
        From `gather`.

    Returns
    -------
    pandas.Series
        By parcel id: ``unit_id`` of the parcels or, where that is missing, the unit that holds at
        least half of the parcel.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> units_of(example_facts()).isna().tolist()
    [True]
    """
    lots = facts.parcels[facts.parcels["area_m2"].notna()]
    empty = pd.Series(None, index=lots.index, dtype="str")
    given = lots["unit_id"].astype("str") if "unit_id" in lots else empty
    units = facts.tables.get("planning_units")
    open_ones = lots.index[given.isna()]
    if units is None or not len(open_ones):
        return given
    shapes, drawn = facts.shapes(open_ones), valid(units["geometry"].to_numpy())
    i, j = shapely.STRtree(drawn).query(shapes, "intersects")
    share = shapely.area(overlay(shapely.intersection, shapes[i], drawn[j])) / shapely.area(
        shapes[i]
    )
    found = pd.DataFrame({"parcel": open_ones[i], "unit": units["unit_id"].to_numpy()[j]})
    found = found.assign(share=share.round(6)).sort_values(
        ["share", "unit"], ascending=[False, True]
    )
    best = found[found["share"] >= HALF].drop_duplicates("parcel").set_index("parcel")["unit"]
    return given.fillna(best.reindex(given.index))


def drawn_compactness(shapes: np.ndarray) -> np.ndarray:
    """Compactness 4 pi A / P2 of polygons, holes included in the perimeter.

    Parameters
    ----------
    shapes
        Polygons; missing and empty ones are allowed.

    Returns
    -------
    numpy.ndarray
        Above 0, at most 1; missing where nothing is drawn.

    Examples
    --------
    >>> drawn_compactness(np.array([shapely.box(0, 0, 1, 1)])).round(4).tolist()
    [0.7854]
    """
    absent = undrawn(shapes)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    return np.where(absent, np.nan, value)
