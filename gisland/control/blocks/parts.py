"""How each parcel lies to the lines: inside, cut, or industrial land outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.columns import numbers
from gisland.base.definitions import CUT_SHARE
from gisland.base.keys import aligned, among, in_order
from gisland.base.schema import usable
from gisland.control.blocks.inside import is_industrial

if TYPE_CHECKING:
    from gisland.control.blocks.inside import Inside

NOT_IN_LINES = "not_in_lines"
LEAST_M2 = 0.01  # smaller parts are drawing noise
TEXTS = ("lines", "parcel_id", "block_id", "part", "use_class", "reason")
COLUMNS = (*TEXTS, "inside_m2", "outside_m2")


def block_parts(inside: Inside, *, lines: str, outside: pd.Series | None = None) -> pd.DataFrame:
    """Parts of parcels in blocks, and industrial land outside all of them.

    Parameters
    ----------
    inside
        Parcels laid over the blocks.
    lines
        Which set of lines this is.
    outside
        Reason codes by parcel id of industrial parcels outside; where it says nothing of one, or
        is not given, the reason is ``not_in_lines``. Of parcels without usable geometry, which
        are not known to lie outside, only those it names have a row.

    Returns
    -------
    pandas.DataFrame
        Columns of ``COLUMNS``, sorted by parcel and block. One row for each block and parcel with
        more than 0.01 m² inside: ``part`` is ``cut`` if between 1 % and 99 % of the parcel lie
        inside and it is neither road nor water, else ``inside``; ``outside_m2`` is the rest of
        the parcel. One row for each industrial parcel with more than 1 % of it outside all
        blocks: ``part`` is ``outside``, ``block_id`` and ``inside_m2`` are empty and 0,
        ``outside_m2`` lies outside all blocks.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.control.blocks.inside import lay_inside
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0], "use_class": ["industrial"]},
    ...     geometry=[box(0, 0, 10, 10)],
    ...     index=["a"],
    ...     crs=4547,
    ... )
    >>> line = gpd.GeoDataFrame(geometry=[box(0, 0, 5, 10)], index=["L"], crs=4547)
    >>> found = block_parts(lay_inside(lots, line), lines="given")
    >>> found[["block_id", "part", "inside_m2", "outside_m2", "reason"]].values.tolist()
    [['', 'outside', 0.0, 50.0, 'not_in_lines'], ['L', 'cut', 50.0, 50.0, '']]
    """
    lots, area = inside.parcels, numbers(inside.parcels, "area_m2")
    held = np.flatnonzero(inside.single & (inside.land_m2 > LEAST_M2))
    at = inside.parcel[held]
    rows = pd.DataFrame(
        {
            "parcel_id": lots.index[at].astype("str"),
            "block_id": inside.names[inside.group[held]],
            "part": np.where(inside.cut[held], "cut", "inside"),
            "use_class": lots["use_class"].array[at],
            "reason": "",
            "inside_m2": inside.land_m2[held],
            "outside_m2": np.maximum(area[at] * (1 - inside.share[held]), 0.0),
        }
    )
    beyond = _outside(inside, outside).assign(block_id="", part="outside", inside_m2=0.0)
    table = pd.concat([beyond, rows], ignore_index=True).assign(lines=lines)
    kinds = {name: "str" if name in TEXTS else "float64" for name in COLUMNS}
    return in_order(table[list(COLUMNS)].astype(kinds), ["parcel_id", "block_id"])


def _outside(inside: Inside, reasons: pd.Series | None) -> pd.DataFrame:
    """Industrial parcels outside, each with its reason."""
    lots = inside.parcels
    area = numbers(lots, "area_m2")
    held = np.zeros(len(lots))
    in_union = ~inside.single
    held[inside.parcel[in_union]] = inside.share[in_union]
    drawn = usable(lots.geometry).to_numpy("bool") & ~np.isnan(area)
    ids = lots.index.astype("str")
    told = pd.Series(dtype="str") if reasons is None else reasons.astype("str")
    named = ~drawn & among(ids, told.index.astype("str"))
    at = np.flatnonzero(is_industrial(lots) & (named | (drawn & (held < 1 - CUT_SHARE))))
    why = aligned(told.set_axis(told.index.astype("str")), ids[at]).fillna(NOT_IN_LINES)
    return pd.DataFrame(
        {
            "parcel_id": ids[at],
            "use_class": lots["use_class"].array[at],
            "reason": why.to_numpy(),
            "outside_m2": np.where(drawn, area * (1 - held), np.nan)[at],
        }
    )
