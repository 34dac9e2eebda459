"""Land use before and after, as a table that closes: every square metre has its place in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.keys import NOWHERE, aligned, in_order, positions
from gisland.base.schema import MERGED_ROLES, NOT_CLASSIFIED
from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import USE_CLASSES
from gisland.measure.sums.subjects import Held, held_land
from gisland.measure.totals import leading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CLASSES = (*USE_CLASSES, NOT_CLASSIFIED)
MERGED, PLANNED = "merged", "planned"
COLUMNS = ("subject", "basis", "use_before", "use_after", "area_m2", "area_mu", "share")
ALL_OF_IT = 1e-9  # a parcel whose rest is a smaller share lies wholly in its zones


def use_matrix(
    parcels: pd.DataFrame,
    lineage: pd.DataFrame,
    members: pd.DataFrame,
    *,
    zone_pairs: pd.DataFrame | None = None,
    merged_use: pd.Series | None = None,
) -> pd.DataFrame:
    """Land of every subject by use class before and after.

    The land is that of the subject after the merge. Land of no class is ``not_classified``, so
    that the rows of a subject sum to its land.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2`` and ``use_class``; drawn, if zones are given whose
        overlaps are not of the areas in ``area_m2``.
    lineage
        ``parcel_id``, ``after_id``, ``role``.
    members
        Of `gisland.measure.sums.subjects.members_of_subjects`.
    zone_pairs
        Parcels in planning zones: ``left_id``, ``right_id``, ``overlap_m2`` and ``use_class`` of
        the zone. Overlaps that exceed a parcel, in stacked zones, are scaled to it.
    merged_use
        Use class by site id; where not given that of the largest parcel of the site, of equal
        ones that with the smallest id.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``basis`` (``merged``: a parcel of a site has the class of the site;
        ``planned``: the classes of its zones), ``use_before``, ``use_after``, ``area_m2``,
        ``area_mu``, ``share`` (of the subject's land after). No rows of a basis without any
        class.

    Examples
    --------
    >>> from gisland.measure.sums.subjects import members_of_subjects
    >>> lots = pd.DataFrame(
    ...     {"area_m2": [900.0, 100.0], "use_class": ["industrial", None]}, index=["s", "c"]
    ... )
    >>> lines = pd.DataFrame(
    ...     {"parcel_id": ["s", "c"], "after_id": ["S", "S"], "role": ["site", "absorbed"]}
    ... )
    >>> found = use_matrix(lots, lines, members_of_subjects(lots.index, lines))
    >>> site = found[found["subject"] == "site:S"]
    >>> site[["use_before", "use_after", "share"]].values.tolist()
    [['industrial', 'industrial', 0.9], ['not_classified', 'industrial', 0.1]]
    """
    needed = [name for name in ("area_m2", "use_class") if name in parcels]
    land = pd.DataFrame(parcels[needed]).sort_index()
    held = held_land(members, land["area_m2"])
    before, bases = class_codes(land.get("use_class"), len(land)), []
    if "use_class" in land or merged_use is not None:
        after = _merged_classes(land, lineage, before, merged_use=merged_use)
        whole = _Parts(np.arange(len(land)), after, np.ones(len(land)))
        bases.append((MERGED, whole))
    if zone_pairs is not None and "use_class" in zone_pairs:
        bases.append((PLANNED, _planned_parts(_drawn_m2(parcels, land), zone_pairs)))
    tables = [
        _table(held, land["area_m2"].to_numpy("float64"), before, parts=parts).assign(basis=basis)
        for basis, parts in bases
    ]
    return _shaped(tables, held)


def class_codes(use_class: pd.Series | None, count: int) -> Ints:
    """Position of each use class in ``CLASSES``.

    Parameters
    ----------
    use_class
        Use classes, or None if none is known.
    count
        Number of classes to answer for.

    Returns
    -------
    numpy.ndarray
        That of ``not_classified`` where missing.

    Examples
    --------
    >>> class_codes(pd.Series(["industrial", None]), 2).tolist(), class_codes(None, 1).tolist()
    ([0, 12], [12])
    """
    if use_class is None:
        return np.full(count, len(USE_CLASSES))
    at = positions(use_class.astype("str"), pd.Index(USE_CLASSES, dtype="str"))
    return np.where(at == NOWHERE, len(USE_CLASSES), at)


@dataclass(frozen=True)
class _Parts:
    """Parts of parcels by class after: parcels ascending, shares of each sum to 1."""

    parcel: Ints
    code: Ints
    share: Floats


def _merged_classes(
    land: pd.DataFrame, lineage: pd.DataFrame, before: Ints, *, merged_use: pd.Series | None
) -> Ints:
    moved = lineage[lineage["role"].isin(MERGED_ROLES)]
    at = positions(moved["parcel_id"].astype("str"), land.index)
    site = moved["after_id"].astype("str").to_numpy()[at != NOWHERE]
    at = at[at != NOWHERE]
    if merged_use is not None:
        code = class_codes(lookup(pd.Series(site), merged_use), len(site))
    else:
        number, _ = pd.factorize(site)
        _, largest = leading(number, land["area_m2"].to_numpy("float64")[at], number=at)
        code = before[at[largest]][number]
    after = before.copy()
    after[at] = code
    return after


def _planned_parts(drawn_m2: pd.Series, zone_pairs: pd.DataFrame) -> _Parts:
    """Shares of every parcel by the class of its zones, the rest not classified."""
    wide, drawn, count = len(CLASSES), drawn_m2.to_numpy("float64"), len(drawn_m2)
    at = positions(zone_pairs["left_id"].astype("str"), drawn_m2.index)
    overlap = zone_pairs["overlap_m2"].to_numpy("float64")
    key = at * wide + class_codes(zone_pairs["use_class"], len(at))
    order = np.lexsort((overlap, key))  # sums depend on their order, so that is one of values
    order = order[at[order] != NOWHERE]
    cells, inverse = np.unique(key[order], return_inverse=True)
    area = np.bincount(inverse, weights=overlap[order], minlength=len(cells))
    parcel, code = cells // wide, cells % wide
    covered = np.bincount(parcel, weights=area, minlength=count)
    part = covered < drawn * (1 - ALL_OF_IT)
    base = np.where(part, drawn, covered)
    share = area / base[parcel]
    left = np.flatnonzero(part)
    rest = 1 - np.bincount(parcel, weights=share, minlength=count)[left]
    every = np.concatenate([parcel, left])
    codes = np.concatenate([code, np.full(len(left), wide - 1)])
    ordered = np.lexsort((codes, every))
    return _Parts(every[ordered], codes[ordered], np.concatenate([share, rest])[ordered])


def _drawn_m2(parcels: pd.DataFrame, land: pd.DataFrame) -> pd.Series:
    """Plane area of the parcels, of which overlaps are measured; as given if they are not drawn."""
    if not isinstance(parcels, gpd.GeoDataFrame):
        return land["area_m2"]
    return aligned(parcels.geometry.area, land.index)


def _table(held: Held, area_m2: Floats, before: Ints, *, parts: _Parts) -> pd.DataFrame:
    """Area by subject and classes, numbered; combinations without land are left out."""
    side, wide = held.after, len(CLASSES)
    first = np.searchsorted(parts.parcel, np.arange(len(area_m2) + 1))
    many = np.diff(first)[side.parcel]
    row = np.repeat(np.arange(len(side.parcel)), many)
    skipped = np.cumsum(many) - many
    part = np.arange(len(row)) + np.repeat(first[side.parcel] - skipped, many)
    at = side.parcel[row]
    key = (side.code[row] * wide + before[at]) * wide + parts.code[part]
    sums = np.bincount(
        key, weights=area_m2[at] * parts.share[part], minlength=side.subjects * wide**2
    )
    cells = np.flatnonzero(sums > 0)
    total, _ = side.total(area_m2)
    subject = cells // wide**2
    return pd.DataFrame(
        {
            "subject": subject,
            "use_before": cells // wide % wide,
            "use_after": cells % wide,
            "area_m2": sums[cells],
            "share": sums[cells] / total[subject],
        }
    )


def _shaped(tables: list[pd.DataFrame], held: Held) -> pd.DataFrame:
    if not tables:
        kinds = dict.fromkeys(COLUMNS[:4], "str") | dict.fromkeys(COLUMNS[4:], "float64")
        return pd.DataFrame(columns=list(COLUMNS)).astype(kinds)
    table = pd.concat(tables, ignore_index=True)
    table = in_order(table, ["subject", "basis", "use_before", "use_after"])
    names = pd.Index(CLASSES, dtype="str")
    table = table.assign(
        subject=held.subjects[table["subject"]].array,
        use_before=names[table["use_before"]].array,
        use_after=names[table["use_after"]].array,
        area_mu=m2_to_mu(table["area_m2"]),
    )
    return table[list(COLUMNS)].astype({"basis": "str"})
