"""What became of every parcel between two dates: its kind, its kin, and how its ground is split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisland.base.keys import joined_runs, positions
from gisland.base.rule import SHARE_DECIMALS
from gisland.measure.dates.ground import (
    CARRIED,
    EXCHANGED,
    HALF,
    NO_PARCEL,
    NOISE,
    STACKED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

SAME, REDRAWN, RENUMBERED = "same", "redrawn", "renumbered"
SPLIT, MERGED, REPARCELLED = "split", "merged", "reparcelled"
GONE, NEW = "gone", "new"
KINDS = (SAME, REDRAWN, RENUMBERED, SPLIT, MERGED, REPARCELLED, GONE, NEW)
SIDES = ("before", "after")


def parcel_kinds(lineage: pd.DataFrame, ids: tuple[pd.Index, pd.Index]) -> list[pd.DataFrame]:
    """Kind and kin of the parcels of each date.

    Parameters
    ----------
    lineage
        Of `gisland.measure.dates.ground.ground_lineage`.
    ids
        Ids of the parcels before and after, as text.

    Returns
    -------
    list of pandas.DataFrame
        For before and after, by parcel id: ``kind``, ``kin`` (ids at the other date that carry
        its ground, sorted, joined by ``;``), ``kept_m2`` (ground on its kin), ``moved_m2``
        (exchanged with others), ``no_parcel_m2``, ``noise_m2`` and ``stacked_m2``.

    Examples
    --------
    >>> rows = [["p", "q", 60.0, 0.6, 1.0, "carried"], ["p", None, 40.0, 0.4, None, "no_parcel"]]
    >>> columns = ["before_id", "after_id", "area_m2", "before_share", "after_share", "ground"]
    >>> lineage = pd.DataFrame(rows, columns=columns)
    >>> [t["kind"].to_dict() for t in parcel_kinds(lineage, (pd.Index(["p"]), pd.Index(["q"])))]
    [{'p': 'redrawn'}, {'q': 'redrawn'}]
    """
    kin = lineage[lineage["ground"] == CARRIED]
    i, j = positions(kin["before_id"], ids[0]), positions(kin["after_id"], ids[1])
    counts = len(ids[0]), len(ids[1])
    size = sum(counts)
    links = coo_array((np.ones(len(i)), (i, j + counts[0])), shape=(size, size))
    family = connected_components(links, directed=False)[1]
    families = family[: counts[0]], family[counts[0] :]
    members = [np.bincount(f, minlength=size) for f in families]
    tables = [_ground(lineage, side, ids[n]) for n, side in enumerate(SIDES)]
    changed = np.zeros(size, dtype=bool)  # families in which an outline moved
    for own, table in zip(families, tables, strict=True):
        np.logical_or.at(changed, own, (table[["moved_m2", "no_parcel_m2"]] > 0).any(axis=1))
    other_id = np.zeros(size, dtype=bool)
    np.logical_or.at(
        other_id, families[0][i], (kin["before_id"] != kin["after_id"]).to_numpy(dtype=bool)
    )
    for n, table in enumerate(tables):
        has = [count[families[n]] for count in members]
        outline = np.where(changed[families[n]], REDRAWN, SAME)
        single = np.where((outline == SAME) & other_id[families[n]], RENUMBERED, outline)
        alone = np.where(_mostly_nowhere(lineage, SIDES[n], ids[n]), (GONE, NEW)[n], REPARCELLED)
        kinds = np.select(
            [
                (has[0] == 1) & (has[1] == 1),
                has[1 - n] == 0,
                (has[0] == 1) & (has[1] > 1),
                (has[0] > 1) & (has[1] == 1),
            ],
            [single, alone, SPLIT, MERGED],
            REPARCELLED,
        )
        table.insert(0, "kind", pd.Series(kinds, index=table.index, dtype="str"))
        table.insert(1, "kin", _kin(kin, SIDES[n], ids[n]))
    return tables


def _ground(lineage: pd.DataFrame, side: str, ids: pd.Index) -> pd.DataFrame:
    """Ground of each parcel by what became of it, in m²."""
    own = lineage[lineage[f"{side}_id"].notna()]
    wide = own.pivot_table(index=f"{side}_id", columns="ground", values="area_m2", aggfunc="sum")
    names = {
        CARRIED: "kept_m2",
        EXCHANGED: "moved_m2",
        NO_PARCEL: "no_parcel_m2",
        NOISE: "noise_m2",
        STACKED: "stacked_m2",
    }
    wide = wide.reindex(index=ids, columns=list(names)).fillna(0.0).astype("float64")
    return wide.rename(columns=names).rename_axis(index="parcel_id", columns=None)


def _mostly_nowhere(lineage: pd.DataFrame, side: str, ids: pd.Index) -> NDArray[np.bool_]:
    """Whether at least half of a parcel lies on none of the other date, or where one lay anyway."""
    nowhere = lineage["ground"].isin((NO_PARCEL, STACKED)) & lineage[f"{side}_id"].notna()
    share = lineage[nowhere].groupby(f"{side}_id")[f"{side}_share"].sum()
    return share.reindex(ids).fillna(0.0).round(SHARE_DECIMALS).to_numpy() >= HALF


def _kin(kin: pd.DataFrame, side: str, ids: pd.Index) -> pd.Series:
    other = SIDES[1 - SIDES.index(side)]
    rows = kin[[f"{side}_id", f"{other}_id"]].sort_values([f"{side}_id", f"{other}_id"])
    if rows.empty:
        return pd.Series(pd.NA, index=ids, dtype="str")
    return joined_runs(rows[f"{other}_id"], rows[f"{side}_id"]).reindex(ids)
