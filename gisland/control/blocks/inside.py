"""What of each parcel lies in each block, and in all blocks together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.columns import numbers
from gisland.base.definitions import CUT_SHARE
from gisland.base.guards import require_columns
from gisland.base.keys import joined_runs
from gisland.base.schema import (
    OVERALL,
    require_ids,
    usable,
)
from gisland.base.tables import is_land
from gisland.base.useclasses import FREE_USE_CLASSES, INDUSTRIAL_USE_CLASSES
from gisland.control.newindustry import M0_USES, is_m0
from gisland.topology.overlay import overlap_areas, robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Inside:
    """Parcels laid over blocks, a row for each part of a parcel in a block.

    Parameters
    ----------
    parcels, blocks
        Sorted by id.
    union
        All blocks as one; those without usable geometry left out.
    parcel
        Position of the parcel of each part, ascending within a group.
    group
        Position of its block, or the number of blocks: the part in `union`, where land in two
        blocks counts once.
    share
        Share of the drawn parcel.
    """

    parcels: gpd.GeoDataFrame
    blocks: gpd.GeoDataFrame
    union: shapely.Geometry
    parcel: Ints
    group: Ints
    share: Floats

    @property
    def groups(self) -> int:
        """How many groups there are: the blocks, and the union."""
        return len(self.blocks) + 1

    @property
    def names(self) -> pd.Index:
        """Block id of each group, the last one ``overall``."""
        return pd.Index([*self.blocks.index.astype("str"), OVERALL], dtype="str", name="block_id")

    @property
    def single(self) -> Bools:
        """Which parts lie in a block, and not in the union."""
        return self.group < len(self.blocks)

    @property
    def counts(self) -> Bools:
        """Which parts are more than a hair of their parcel."""
        return self.share > CUT_SHARE

    @property
    def cut(self) -> Bools:
        """Parts of parcels that a line cuts; it may well run along roads and water, or across."""
        land = is_land(self.parcels).to_numpy("bool")[self.parcel]
        return land & (self.share >= CUT_SHARE) & (self.share <= 1 - CUT_SHARE)

    @property
    def shapes(self) -> gpd.GeoSeries:
        """Geometry of each group."""
        every = np.array([*self.blocks.geometry, self.union], dtype=object)
        return gpd.GeoSeries(every, crs=self.blocks.crs)

    @property
    def land_m2(self) -> Floats:
        """Area of each part: ``area_m2`` of its parcel times its share."""
        return np.nan_to_num(numbers(self.parcels, "area_m2"))[self.parcel] * self.share

    def amount(self, values: Floats, which: Bools | None = None) -> Floats:
        """Sum of amounts of parcels in each group, by their shares.

        Parameters
        ----------
        values
            By parcel; missing ones add nothing.
        which
            Parts that count, by default all.
        """
        part = np.nan_to_num(values)[self.parcel] * self.share
        part = part if which is None else np.where(which, part, 0.0)
        return np.bincount(self.group, weights=part, minlength=self.groups).astype("float64")

    def count(self, which: Bools) -> Ints:
        """How many parts of a kind each group has.

        Parameters
        ----------
        which
            Parts that count.
        """
        return np.bincount(self.group[which], minlength=self.groups)

    def ids(self, group: Ints, parcel: Ints) -> list[str]:
        """Ids of parcels of each group, joined by ``;``.

        Parameters
        ----------
        group, parcel
            Positions, in any order, each pair once.
        """
        order = np.lexsort((parcel, group))
        text = pd.Series(self.parcels.index[parcel[order]].astype("str"), dtype="str")
        lists = joined_runs(text, pd.Series(group[order]))
        return lists.reindex(range(self.groups)).fillna("").tolist()


def lay_inside(parcels: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame) -> Inside:
    """Lay parcels over blocks.

    Only parcels in several blocks are laid over the union, too: of any other the union holds what
    its block holds.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2`` and ``use_class``.
    blocks
        Polygons indexed by block id, in the same metric CRS; they may overlap.

    Returns
    -------
    Inside
        Parts of parcels; those of geometry that is missing or invalid lie nowhere.

    Raises
    ------
    TableError
        If ids are missing or repeated, or a column is not there.
    CRSError
        If a CRS is missing or not metric, or the two differ.

    Examples
    --------
    >>> from shapely import box
    >>> lot = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0], "use_class": ["green"]}, geometry=[box(0, 0, 10, 10)], crs=4547
    ... )
    >>> two = gpd.GeoDataFrame(geometry=[box(0, 0, 6, 10), box(4, 0, 8, 10)], crs=4547)
    >>> found = lay_inside(lot, two)
    >>> found.group.tolist(), found.share.round(9).tolist()
    ([0, 1, 2], [0.6, 0.4, 0.8])
    """
    require_ids(parcels, what="parcels")
    require_ids(blocks, what="block_lines")
    require_columns(parcels, ["area_m2", "use_class"], what="parcels")
    lots, lines = parcels.sort_index(), blocks.sort_index()
    union = robust(shapely.union_all, lines.geometry[usable(lines.geometry)].to_numpy())
    drawn = shapely.area(lots.geometry.to_numpy())
    plain = _numbered(lots)
    pairs = overlap_areas(plain, _numbered(lines))
    at, block = pairs["left_id"].to_numpy("int64"), pairs["right_id"].to_numpy("int64")
    share = pairs["overlap_m2"].to_numpy("float64") / drawn[at]
    several = np.bincount(at, minlength=len(lots))[at] > 1
    parts = gpd.GeoDataFrame(geometry=shapely.get_parts([union]), crs=lines.crs)
    again = overlap_areas(plain.iloc[np.flatnonzero(np.bincount(at) > 1)], parts)
    of = again["left_id"].to_numpy("int64")
    every = np.concatenate([at[~several], of])
    held = np.concatenate([share[~several], again["overlap_m2"].to_numpy("float64") / drawn[of]])
    in_union = np.bincount(every, weights=held, minlength=len(lots))
    whole = np.flatnonzero(np.bincount(every, minlength=len(lots)))
    return Inside(
        lots,
        lines,
        union,
        np.concatenate([at, whole]),
        np.concatenate([block, np.full(len(whole), len(lines))]),
        np.concatenate([share, in_union[whole]]),
    )


def is_industrial(parcels: pd.DataFrame) -> Bools:
    """Whether parcels are industrial land: of class industrial or logistics.

    Parameters
    ----------
    parcels
        With ``use_class``.

    Returns
    -------
    numpy.ndarray
        Bool, in the order of the rows.

    Examples
    --------
    >>> is_industrial(pd.DataFrame({"use_class": ["logistics", "green", None]})).tolist()
    [True, False, False]
    """
    return parcels["use_class"].isin(INDUSTRIAL_USE_CLASSES).to_numpy("bool")


def is_classified(parcels: pd.DataFrame) -> Bools:
    """Whether parcels are classified land: of a known class other than transport and water.

    Parameters
    ----------
    parcels
        With ``use_class``.

    Returns
    -------
    numpy.ndarray
        Bool, in the order of the rows.

    Examples
    --------
    >>> is_classified(pd.DataFrame({"use_class": ["water", "green", None]})).tolist()
    [False, True, False]
    """
    use = parcels["use_class"]
    return (use.notna() & ~use.isin(FREE_USE_CLASSES)).to_numpy("bool")


def is_new_type(parcels: pd.DataFrame, *, rules: RuleSet) -> Bools | None:
    """Whether parcels are new-type industrial land (M0): industrial land with such a use code.

    Parameters
    ----------
    parcels
        With ``use_class`` and, if known, ``use_code``.
    rules
        For ``block_line.m0_uses``, the codes and words; compared as whole ones, the width and
        case of letters aside.

    Returns
    -------
    numpy.ndarray or None
        Bool, in the order of the rows; None where nobody can tell, without use codes or with the
        rule off.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lots = pd.DataFrame({"use_class": "industrial", "use_code": ["Ｍ0", "M01", None]})
    >>> is_new_type(lots, rules=load_rules("common")).tolist()
    [True, False, False]
    """
    if "use_code" not in parcels or rules[M0_USES].mode == "off":
        return None
    return is_industrial(parcels) & is_m0(parcels["use_code"], rules=rules).to_numpy("bool")


def _numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=frame.geometry.to_numpy(), crs=frame.crs)
