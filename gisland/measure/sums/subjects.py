"""What is measured: the whole layer, sites, redevelopment zones and planning units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.keys import NOWHERE, aligned, in_order, positions
from gisland.base.schema import MERGED_ROLES, OVERALL, SITE, UNIT, ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def members_of_subjects(
    parcel_ids: pd.Index,
    lineage: pd.DataFrame,
    *,
    zone_id: pd.Series | None = None,
    unit_id: pd.Series | None = None,
) -> pd.DataFrame:
    """Parcels of every subject before and after.

    The whole layer, a zone and a unit hold the same parcels both times; a site holds its own
    before and the absorbed ones, too, after.

    Parameters
    ----------
    parcel_ids
        All parcels.
    lineage
        ``parcel_id``, ``after_id``, ``role``; those of the role ``no_geometry`` are nowhere.
    zone_id, unit_id
        Redevelopment zone and planning unit by parcel id, each missing outside of any.

    Returns
    -------
    pandas.DataFrame
        ``subject`` (``overall``, ``site:ID``, ``zone:ID``, ``unit:ID``), ``parcel_id``, and
        ``before`` and ``after`` (bool); in this order of subjects, each kind by id, the parcels
        of each by id.

    Examples
    --------
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["c", "s"], "after_id": ["S", "S"], "role": ["absorbed", "site"]}
    ... )
    >>> members_of_subjects(pd.Index(["s", "c"]), lines).values.tolist()[2:]
    [['site:S', 'c', False, True], ['site:S', 's', True, True]]
    """
    ids = parcel_ids.astype("str").sort_values()
    role = aligned(lineage.set_index("parcel_id")["role"], ids)
    drawn = ids[(role != "no_geometry").to_numpy()]
    moved = lineage[lineage["role"].isin(MERGED_ROLES)]
    sites = pd.DataFrame(
        {
            "subject": SITE + moved["after_id"].astype("str"),
            "parcel_id": moved["parcel_id"].astype("str"),
            "before": moved["role"] == "site",
            "after": True,
        }
    )
    parts = [_same_both_times(pd.Series(OVERALL, index=drawn, dtype="str"))]
    parts.append(in_order(sites, ["subject", "parcel_id"]))
    for prefix, label in ((ZONE, zone_id), (UNIT, unit_id)):
        if label is not None:
            held = aligned(label, drawn).dropna()
            number, _ = pd.factorize(held, sort=True)
            held = held.iloc[np.argsort(number, kind="stable")]
            parts.append(_same_both_times(prefix + held.astype("str")))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _same_both_times(subject: pd.Series) -> pd.DataFrame:
    ids = subject.index.to_numpy()
    frame = pd.DataFrame({"subject": subject.array, "parcel_id": ids, "before": True})
    return frame.assign(after=True).astype({"subject": "str", "parcel_id": "str"})


def canonical_order(subjects: pd.Index) -> Ints:
    """Positions of subjects in the order in which tables have them.

    Parameters
    ----------
    subjects
        Each once.

    Returns
    -------
    numpy.ndarray
        The whole layer first, then sites, zones and units, each kind by id.

    Examples
    --------
    >>> canonical_order(pd.Index(["unit:1", "site:b", "overall", "site:a"])).tolist()
    [2, 3, 1, 0]
    """
    names = subjects.astype("str")
    rank = np.select([names.str.startswith(p) for p in (OVERALL, SITE, ZONE, UNIT)], range(4), 4)
    order: Ints = np.lexsort((positions(names, names.sort_values()), rank))
    return order


@dataclass(frozen=True)
class Side:
    """Members with land of all subjects, before or after: one row for each.

    Parameters
    ----------
    code
        Number of the subject.
    parcel
        Position of the parcel, ascending within the subject: sums depend on their order.
    subjects
        How many there are.
    """

    code: Ints
    parcel: Ints
    subjects: int

    @cached_property
    def count(self) -> Ints:
        """Number of members of each subject."""
        return np.bincount(self.code, minlength=self.subjects)

    def total(self, values: Floats) -> tuple[Floats, Ints]:
        """Sum of a number of the parcels, missing if any member lacks it; and how many do."""
        unknown = np.isnan(values)
        lacking = self.count_of(unknown) if unknown.any() else np.zeros(self.subjects, np.int64)
        known = np.where(unknown, 0.0, values)
        sums = np.bincount(self.code, weights=known[self.parcel], minlength=self.subjects)
        return np.where((lacking > 0) | (self.count == 0), np.nan, sums), lacking

    def count_of(self, flag: NDArray[np.bool_]) -> Ints:
        """Number of members whose parcel is flagged."""
        return np.bincount(self.code[flag[self.parcel]], minlength=self.subjects)

    def distinct(self, label: Ints) -> Ints:
        """Number of distinct labels of the members, those below 0 left out."""
        own = label[self.parcel]
        held = own >= 0
        wide = int(own.max(initial=0)) + 1
        pairs = pd.unique(self.code[held] * wide + own[held])
        return np.bincount(pairs // wide, minlength=self.subjects)


@dataclass(frozen=True)
class Held:
    """Subjects in the order of the tables, with their members before and after."""

    subjects: pd.Index
    before: Side
    after: Side


def held_land(members: pd.DataFrame, area_m2: pd.Series) -> Held:
    """Members with land, numbered, whatever the order of the rows.

    Parameters
    ----------
    members
        From `members_of_subjects`.
    area_m2
        By parcel id, sorted by it; members that it lacks have no land.

    Returns
    -------
    Held
        Positions are those in `area_m2`.

    Examples
    --------
    >>> lines = pd.DataFrame({"parcel_id": ["a"], "after_id": ["a"], "role": ["kept"]})
    >>> area = pd.Series([9.0], index=pd.Index(["a"], dtype="str"))
    >>> held = held_land(members_of_subjects(area.index, lines), area)
    >>> held.subjects.tolist(), held.after.total(area.to_numpy())[0].tolist()
    (['overall'], [9.0])
    """
    number, names = pd.factorize(members["subject"])
    order = canonical_order(pd.Index(names))
    code = np.argsort(order)[number]
    at = positions(members["parcel_id"], area_m2.index)
    key = code * (len(area_m2) + 1) + at
    rows = np.arange(len(key)) if (np.diff(key) >= 0).all() else np.argsort(key, kind="stable")
    land = np.append(area_m2.notna().to_numpy(), False)[at] & (at != NOWHERE)
    sides = []
    for when in ("before", "after"):
        kept = rows[(land & members[when].to_numpy(bool))[rows]]
        sides.append(Side(code[kept], at[kept], len(names)))
    return Held(pd.Index(names, dtype="str")[order], *sides)
