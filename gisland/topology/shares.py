"""Shares in which the amounts of one layer go to the rows of another."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from gisland.base.errors import ProjectError
from gisland.base.keys import aligned, among, in_order, positions
from gisland.base.schema import require_ids

How = Literal["area", "centroid", "majority"]
ROUNDING = 1e-9  # of a polygon: what the area of an overlap may be off


def split_shares(
    right_ids: pd.Index,
    overlaps: pd.DataFrame,
    *,
    how: How,
    right_m2: pd.Series | None = None,
    holder: pd.Series | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Shares in which the amounts of one layer go to the rows of another.

    Parameters
    ----------
    right_ids
        Ids of the rows whose amounts are split, each once.
    overlaps
        Columns ``left_id``, ``right_id``, ``overlap_m2``, from `overlap_areas`. Right ids that
        are not in `right_ids` are passed over; ``centroid`` does not look at it.
    how
        ``area``: by overlap area. ``majority``: all to the largest overlap, of overlaps that are
        equal to a millionth of a square metre to the smallest left id. ``centroid``: all to the
        row that holds the centroid.
    right_m2
        Area of each right row, by id, in m², above 0. If given, ``area`` leaves the share of a
        row that lies on no left row; if not, or if an area is missing, all is split over the
        overlaps. Where left rows overlap each other, their shares are scaled down to the whole.
    holder
        Left id by right id, from `holders_of_centroids`; only ``centroid`` needs it.

    Returns
    -------
    shares : pandas.DataFrame
        ``left_id``, ``right_id``, ``share`` (above 0 to 1), sorted by the ids.
    off : pandas.Series
        Share that goes to no left row, on `right_ids`; it adds up to 1 with the shares. Less
        than a billionth, the rounding of overlaps, is none.

    Raises
    ------
    TableError
        If ids of `right_ids` are missing or repeated.
    ProjectError
        If `how` is unknown, or ``centroid`` without `holder`.

    Examples
    --------
    >>> rows = {"left_id": ["a", "b"], "right_id": ["h", "h"], "overlap_m2": [20.0, 10.0]}
    >>> own = pd.Series({"h": 40.0})
    >>> shares, off = split_shares(own.index, pd.DataFrame(rows), how="area", right_m2=own)
    >>> shares["share"].tolist(), off.to_dict()
    ([0.5, 0.25], {'h': 0.25})
    """
    if how not in get_args(How):
        raise ProjectError(f"how is {how!r}", do="use area, centroid or majority")
    if not right_ids.is_unique or right_ids.hasnans:  # the full check is slow on many buildings
        require_ids(pd.DataFrame(index=right_ids), what="right layer")
    if how == "centroid":
        if holder is None:
            raise ProjectError("how is 'centroid' without holder", do="give holders_of_centroids")
        overlaps = holder.dropna().rename("left_id").rename_axis("right_id").reset_index()
        overlaps = overlaps.assign(overlap_m2=1.0)
    known = in_order(overlaps[among(overlaps["right_id"], right_ids)], ["left_id", "right_id"])
    if how == "majority":
        best = largest(known.assign(overlap_m2=known["overlap_m2"].round(6)), by="right_id")
        known = in_order(best.assign(overlap_m2=1.0), ["left_id", "right_id"])
    # numbers of ids are as good as the ids, and faster
    right = positions(known["right_id"], right_ids)
    part = known["overlap_m2"].to_numpy("float64")
    covered = np.bincount(right, weights=part, minlength=len(right_ids))
    whole = covered
    if right_m2 is not None and how == "area":
        area = aligned(right_m2, right_ids).to_numpy(dtype="float64", na_value=np.nan)
        whole = np.where((covered >= area * (1 - ROUNDING)) | np.isnan(area), covered, area)
    met = np.bincount(right, minlength=len(right_ids)) > 0
    off = np.ones(len(right_ids))
    off[met] = 1 - covered[met] / whole[met]
    shares = known[["left_id", "right_id"]].assign(share=part / whole[right])
    return shares, pd.Series(off, index=right_ids, name="off")


def carried_over(values: pd.Series, shares: pd.DataFrame) -> pd.Series:
    """Amounts of one layer summed up on the rows of another.

    Parameters
    ----------
    values
        Amounts by right id.
    shares
        From `split_shares`; its right ids are among those of `values`.

    Returns
    -------
    pandas.Series
        Sum by left id, sorted by id, with the name of `values`; missing where an amount that
        counts there is missing. Left ids without a share are absent.

    Examples
    --------
    >>> rows = {"left_id": ["a", "b"], "right_id": ["h", "h"], "share": [0.75, 0.25]}
    >>> carried_over(pd.Series({"h": 8.0}), pd.DataFrame(rows)).to_dict()
    {'a': 6.0, 'b': 2.0}
    """
    given = values.to_numpy(dtype="float64", na_value=np.nan)
    amount = shares["share"].to_numpy() * given[positions(shares["right_id"], values.index)]
    left, ids = pd.factorize(shares["left_id"], sort=True)
    sums = np.bincount(left, weights=amount, minlength=len(ids))  # missing if one of them is
    return pd.Series(sums, index=pd.Index(ids, name="left_id"), name=values.name)


def largest(overlaps: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Row of the largest overlap for each id in a column.

    Parameters
    ----------
    overlaps
        With ``overlap_m2``, with a unique index.
    by
        The column.

    Returns
    -------
    pandas.DataFrame
        Rows of `overlaps`, in the order in which the ids first stand; of equal overlaps the
        first.

    Examples
    --------
    >>> rows = {"left_id": ["a", "b", "c"], "right_id": "h", "overlap_m2": [1.0, 2.0, 2.0]}
    >>> largest(pd.DataFrame(rows), by="right_id")["left_id"].item()
    'b'
    """
    return overlaps.loc[overlaps.groupby(by, sort=False)["overlap_m2"].idxmax()]
