"""Fragmentation of land as plain arrays: sizes, edges and shapes of the pieces of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from gisland.base.keys import positions
from gisland.base.units import HA_M2
from gisland.measure.layout.ownership import owner_measures
from gisland.measure.totals import by_pair, totals

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

NO_GROUP = -1


@dataclass(frozen=True)
class Edges:
    """Borders between parcels, each pair once.

    Parameters
    ----------
    one, two
        Places of the parcels, `one` before `two`, (k,).
    border_m
        Length in metres, (k,).
    """

    one: Ints
    two: Ints
    border_m: Floats


@dataclass(frozen=True)
class Layout:
    """Parcels in the order of their ids, and the pieces that they are or become.

    Parameters
    ----------
    area_m2
        Of each parcel, missing where it is not drawn, (n,).
    land
        Whether a parcel is drawn and neither road nor water, (n,).
    perimeter_m
        Of each parcel, holes included, (n,).
    edges
        Borders between the parcels.
    compactness, rectangularity
        Of each piece, (p,); the first n pieces are the parcels.
    small
        Of each piece 1 where it is too small, 0 where not, missing where nothing says, (p,).
    owner
        Number of the owner of each parcel, -1 where it is not known, (n,); None where owners are
        not measured.
    """

    area_m2: Floats
    land: Flags
    perimeter_m: Floats
    edges: Edges
    compactness: Floats
    rectangularity: Floats
    small: Floats
    owner: Ints | None = None

    @property
    def each(self) -> Ints:
        """Every parcel as a piece of its own."""
        return np.arange(len(self.area_m2))


def edges_of(borders: pd.DataFrame, ids: pd.Index) -> Edges:
    """Borders between parcels, each pair once, in the order of the parcels.

    Parameters
    ----------
    borders
        Border table, both directions.
    ids
        Ids of all parcels.

    Returns
    -------
    Edges
        Pairs of which one is not among the ids are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.MultiIndex.from_tuples([("b", "a"), ("a", "b")], names=["focal", "neighbor"])
    >>> found = edges_of(pd.DataFrame({"border_m": 9.0}, index=pairs), pd.Index(["a", "b"]))
    >>> found.one.tolist(), found.two.tolist(), found.border_m.tolist()
    ([0], [1], [9.0])
    """
    pairs = cast("pd.MultiIndex", borders.index)
    one, two = (positions(pairs.levels[k], ids)[pairs.codes[k]] for k in (0, 1))
    once = np.flatnonzero((one >= 0) & (one < two))
    one, two = one[once], two[once]
    order = np.lexsort((two, one))  # sums must not depend on the order of the rows
    length = borders["border_m"].to_numpy("float64")[once]
    return Edges(one[order], two[order], length[order])


def group_measures(
    layout: Layout,
    group: Ints,
    piece: Ints,
    *,
    groups: int,
    land_m2: Floats | None = None,
) -> dict[str, Floats]:
    """Fragmentation measures of groups of parcels, out of the pieces that these make.

    What a piece has inside a group counts; its shape and whether it is small are those of the
    whole piece. Formulas and ranges are told by `fragmentation_measures`.

    Parameters
    ----------
    layout
        The parcels and their pieces.
    group
        Group of each parcel, 0 up to `groups`, -1 for none, (n,).
    piece
        Piece that each parcel is part of, (n,).
    groups
        How many groups there are.
    land_m2
        All land of each group, (g,); by default that of its parcels, roads and water included.

    Returns
    -------
    dict of str to numpy.ndarray
        (g,) each: the measures, what they are divided by, ``without_shape`` and ``without_limit``
        (pieces), and ``without_owner`` (parcels).

    Examples
    --------
    >>> none = np.array([], dtype=np.int64)
    >>> square = Layout(
    ...     area_m2=np.array([100.0]),
    ...     land=np.array([True]),
    ...     perimeter_m=np.array([40.0]),
    ...     edges=Edges(none, none, np.array([])),
    ...     compactness=np.array([np.pi / 4]),
    ...     rectangularity=np.array([1.0]),
    ...     small=np.array([0.0]),
    ... )
    >>> found = group_measures(square, np.array([0]), square.each, groups=1)
    >>> found["effective_mesh_size"].tolist(), found["edge_density"].tolist()
    ([100.0], [4000.0])
    """
    land = _land(layout, group, groups=groups) if land_m2 is None else land_m2
    at = np.flatnonzero((group >= 0) & layout.land)
    group_of, piece_of, area = group[at], piece[at], layout.area_m2[at]
    pairs, place = by_pair(group_of, piece_of)
    whose, which = pairs.T
    size = totals(place, area, groups=len(pairs))
    edge_m = _edges_m(layout, np.where(layout.land, group, NO_GROUP), piece, groups=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {
            "land_area": land,
            "land_area_ha": land / HA_M2,
            **_sizes(whose, size, land_m2=land),
            "edge_density": edge_m / (land / HA_M2),
            **_shapes(layout, whose, which, size=size, groups=groups),
        }
    if layout.owner is None:
        return found
    owner = layout.owner[at]
    return found | owner_measures(group_of, piece_of, owner, area_m2=area, land_m2=land)


def _land(layout: Layout, group: Ints, *, groups: int) -> Floats:
    drawn = (group >= 0) & ~np.isnan(layout.area_m2)
    return totals(group[drawn], layout.area_m2[drawn], groups=groups)


def _sizes(group: Ints, size: Floats, *, land_m2: Floats) -> dict[str, Floats]:
    groups = len(land_m2)
    count = totals(group, groups=groups)
    total, squares = (totals(group, values, groups=groups) for values in (size, size**2))
    return {
        "patches": count,
        "patch_area": total,
        "mean_parcel_area": total / count,
        "median_parcel_area": _medians(group, size, groups=groups),
        "weighted_mean_parcel_area": squares / total,
        "effective_mesh_size": squares / land_m2,
    }


def _medians(group: Ints, size: Floats, *, groups: int) -> Floats:
    """Median of each group; groups come one behind the other. Missing where there is none."""
    first = np.searchsorted(group, np.arange(groups + 1))
    ordered = np.append(size[np.lexsort((size, group))], np.nan)
    count = np.diff(first)
    low = np.where(count > 0, first[:-1] + (count - 1) // 2, len(size))
    high = np.where(count > 0, first[:-1] + count // 2, len(size))
    middle: Floats = (ordered[low] + ordered[high]) / 2
    return middle


def _edges_m(layout: Layout, group: Ints, piece: Ints, *, groups: int) -> Floats:
    """Edge of the pieces, each stretch once: a border inside a piece is no edge of it at all."""
    held, edges = group >= 0, layout.edges
    around = totals(group[held], layout.perimeter_m[held], groups=groups)
    one, two = edges.one, edges.two
    both = np.flatnonzero((group[one] >= 0) & (group[one] == group[two]))
    one, two = one[both], two[both]
    twice = edges.border_m[both] * np.where(piece[one] == piece[two], 2.0, 1.0)
    return around - totals(group[one], twice, groups=groups)


def _shapes(
    layout: Layout, group: Ints, piece: Ints, *, size: Floats, groups: int
) -> dict[str, Floats]:
    """Means of shape weighted by land, and the small pieces."""
    total = totals(group, size, groups=groups)
    shape = {
        name: totals(group, values[piece] * size, groups=groups) / total
        for name, values in (
            ("compactness", layout.compactness),
            ("rectangularity", layout.rectangularity),
        )
    }
    unshaped = np.isnan(layout.compactness[piece])
    small, unlimited = layout.small[piece] == 1, np.isnan(layout.small[piece])
    judged = totals(group[~unlimited], groups=groups) > 0
    count = totals(group[small], groups=groups)
    part = totals(group[small], size[small], groups=groups) / total
    return {
        **shape,
        "small_parcels": np.where(judged, count, np.nan),
        "small_parcels_share": np.where(judged, part, np.nan),
        "without_shape": totals(group[unshaped], groups=groups),
        "without_limit": totals(group[unlimited], groups=groups),
    }
