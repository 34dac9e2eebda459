"""Where the ground of every parcel of one date lies at the other, and what is drawing noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import positions
from gisland.base.rule import SHARE_DECIMALS
from gisland.base.threads import spread
from gisland.topology.overlay import overlap_areas, overlaps_within, robust

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Geometries = NDArray[np.object_]
    Ints = NDArray[np.int64]

CARRIED, EXCHANGED, NOISE = "carried", "exchanged", "noise"
NO_PARCEL, STACKED = "no_parcel", "stacked"
HALF = 0.5
REST_M2 = 1e-3  # ground that no overlap accounts for is looked at from here on
LINEAGE = ("before_id", "after_id", "area_m2", "before_share", "after_share", "ground")


def ground_lineage(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, tolerance_m: float
) -> pd.DataFrame:
    """Ground of every two parcels of two dates, and of those of one date alone.

    Parameters
    ----------
    before, after
        Valid polygons with unique text ids and one metric CRS, sorted by id.
    tolerance_m
        Ground that is nowhere wider on average, part by part, is drawing noise, in metres.

    Returns
    -------
    pandas.DataFrame
        Columns ``LINEAGE``; ``ground`` is ``carried`` (at least half of one of the two parcels),
        ``exchanged`` (less of both), ``noise``, ``no_parcel`` (of one date only) or ``stacked``
        (the layer overlaps itself there, and nothing has changed).

    Examples
    --------
    >>> import geopandas as gpd
    >>> old = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["p"], crs=4547)
    >>> new = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 6, 10)], index=["q"], crs=4547)
    >>> found = ground_lineage(old, new, tolerance_m=0.1)
    >>> found[["area_m2", "before_share", "ground"]].values.tolist()
    [[60.0, 0.6, 'carried'], [40.0, 0.4, 'no_parcel']]
    """
    pairs = overlap_areas(before, after)
    i, j = (positions(pairs[f"{s}_id"], f.index) for s, f in (("left", before), ("right", after)))
    overlap = pairs["overlap_m2"].to_numpy()
    ours, theirs = before.geometry.to_numpy(), after.geometry.to_numpy()
    shares = overlap / shapely.area(ours)[i], overlap / shapely.area(theirs)[j]
    most = np.maximum(*shares).round(SHARE_DECIMALS)
    ground = np.where(most >= HALF, CARRIED, EXCHANGED).astype(object)
    ground[most < HALF] = np.where(
        _is_thin((ours[i], theirs[j]), overlap, among=most < HALF, tolerance_m=tolerance_m),
        NOISE,
        EXCHANGED,
    )
    own = overlaps_within(before), overlaps_within(after)
    mates = _mates((before.index[i], after.index[j]), (i, j), shares=shares, overlap=overlap)
    known = _known((before.index, after.index), (i, j), own, mates=mates)
    at = np.flatnonzero(known > 0)
    # where outlines of an overlap are drawn anew, it grows by their length at most
    slack = tolerance_m * shapely.length(robust(_intersections, ours[i[at]], theirs[j[at]]))
    explained = known[at] * (1 + 10.0**-SHARE_DECIMALS) + slack
    ground[at[overlap[at] <= explained]] = STACKED
    rows = pd.DataFrame(
        {
            "before_id": pairs["left_id"].astype("str"),
            "after_id": pairs["right_id"].astype("str"),
            "area_m2": overlap,
            "before_share": shares[0],
            "after_share": shares[1],
            "ground": ground,
        }
    )
    rest = _rest(ours, (theirs, i, j, overlap), own[1], others=after.index, width_m=tolerance_m)
    lost = _alone(rest, before, side="before")
    rest = _rest(theirs, (ours, j, i, overlap), own[0], others=before.index, width_m=tolerance_m)
    gained = _alone(rest, after, side="after")
    every = pd.concat([rows, lost, gained], ignore_index=True)
    every["ground"] = every["ground"].astype("str")
    order = ["before_id", "after_id", "ground"]
    return every.sort_values(order, na_position="last", ignore_index=True)[list(LINEAGE)]


def _widths(shapes: Geometries) -> tuple[Floats, Floats, Ints]:
    """Area and mean width (twice the area by the perimeter) of all parts, and whose they are."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    area, length = shapely.area(parts), shapely.length(parts)
    areal = area > 0
    return area[areal], 2 * area[areal] / length[areal], of[areal]


def _is_thin(
    pair: tuple[Geometries, Geometries], area: Floats, *, among: Bools, tolerance_m: float
) -> Bools:
    """Whether no part that two polygons have in common is wider than the tolerance."""
    one, two, area = pair[0][among], pair[1][among], area[among]
    # no figure of an area is wider on average than the circle, none narrower than its outline
    thin = area <= np.pi * tolerance_m**2
    longest = (shapely.length(one) + shapely.length(two)) / 2
    unsure = np.flatnonzero(~thin & (area <= tolerance_m * longest))
    common = robust(_intersections, one[unsure], two[unsure])
    _, width, of = _widths(common)
    widest = np.zeros(len(unsure))
    np.maximum.at(widest, of, width)
    thin[unsure] = widest <= tolerance_m
    return thin


def _intersections(one: Geometries, two: Geometries, **how: float) -> Geometries:
    return spread(lambda a, b: shapely.intersection(a, b, **how), one, two)


def _mates(
    ids: tuple[pd.Index, pd.Index],
    places: tuple[Ints, Ints],
    *,
    shares: tuple[Floats, Floats],
    overlap: Floats,
) -> tuple[Ints, Ints]:
    """Pairs that are each other's first choice among those with half of both in common.

    A pair of one id is chosen first, then the largest overlap, then the smallest ids.
    """
    both = np.flatnonzero(np.minimum(*shares).round(SHARE_DECIMALS) >= HALF)
    i, j = places[0][both], places[1][both]
    other = np.asarray(ids[0][both] != ids[1][both])
    order = np.lexsort((j, i, -overlap[both].round(SHARE_DECIMALS), other))
    i, j = i[order], j[order]
    first_i, first_j = np.zeros(len(i), dtype=bool), np.zeros(len(j), dtype=bool)
    first_i[np.unique(i, return_index=True)[1]] = True
    first_j[np.unique(j, return_index=True)[1]] = True
    return i[first_i & first_j], j[first_i & first_j]


def _known(
    ids: tuple[pd.Index, pd.Index],
    places: tuple[Ints, Ints],
    own: tuple[pd.DataFrame, pd.DataFrame],
    *,
    mates: tuple[Ints, Ints],
) -> Floats:
    """How much two parcels overlap because one layer overlaps itself there anyway; mates: 0."""
    i, j = places
    old, new = np.full(len(ids[1]), -1), np.full(len(ids[0]), -1)
    old[mates[1]], new[mates[0]] = mates
    known_before = _between(i, old[j], own[0], ids=ids[0])
    known_after = _between(new[i], j, own[1], ids=ids[1])
    return np.where(new[i] == j, 0.0, np.maximum(known_before, known_after))


def _between(one: Ints, two: Ints, own: pd.DataFrame, *, ids: pd.Index) -> Floats:
    """Overlap of two parcels of one layer, 0 where there is none."""
    count = len(ids)
    left, right = positions(own["left_id"], ids), positions(own["right_id"], ids)
    keys = np.concatenate([left * count + right, right * count + left])
    known = pd.Series(np.tile(own["overlap_m2"].to_numpy(), 2), index=keys)
    wanted = np.where((one < 0) | (two < 0), -1, one * count + two)
    return known.reindex(wanted).fillna(0.0).to_numpy()


def _rest(
    shapes: Geometries,
    covers: tuple[Geometries, Ints, Ints, Floats],
    own: pd.DataFrame,
    *,
    others: pd.Index,
    width_m: float,
) -> pd.DataFrame:
    """Ground of parcels that lies on no parcel of the other date, thin parts told apart."""
    theirs, i, j, overlap = covers
    area = shapely.area(shapes)
    covered = np.bincount(i, weights=overlap, minlength=len(shapes))
    doubled = np.zeros(len(theirs), dtype=bool)
    doubled[positions(own["left_id"], others)] = True
    doubled[positions(own["right_id"], others)] = True
    open_ = area - covered > REST_M2
    open_[i[doubled[j]]] = True  # what is counted twice may hide what is not covered
    at = np.flatnonzero(open_)
    rank = np.full(len(shapes), -1)
    rank[at] = np.arange(len(at))
    on = open_[i]
    left = robust(_differences, shapes[at], _united(theirs[j[on]], rank[i[on]], count=len(at)))
    part_m2, width, of = _widths(left)
    whole = np.bincount(of, weights=part_m2, minlength=len(at))
    mostly = (whole / area[at]).round(SHARE_DECIMALS) >= HALF
    thin = (width <= width_m) & ~mostly[of]
    rows = pd.DataFrame({"at": at[of], "area_m2": part_m2})
    rows["ground"] = np.where(thin, NOISE, NO_PARCEL)
    return rows.groupby(["at", "ground"])[["area_m2"]].sum().reset_index()


def _united(shapes: Geometries, of: Ints, *, count: int) -> Geometries:
    """Unions of polygons by number; an empty one where there is none."""
    order = np.argsort(of, kind="stable")
    found = np.full(count, shapely.GeometryCollection(), dtype=object)
    if len(of):
        held, heap = np.unique(of[order], return_inverse=True)  # numbers without gaps
        found[held] = robust(_unions, shapely.geometrycollections(shapes[order], indices=heap))
    return found


def _unions(heaps: Geometries, **how: float) -> Geometries:
    return spread(lambda part: shapely.union_all(part[:, None], axis=1, **how), heaps)


def _differences(one: Geometries, two: Geometries, **how: float) -> Geometries:
    return spread(lambda a, b: shapely.difference(a, b, **how), one, two)


def _alone(rest: pd.DataFrame, frame: gpd.GeoDataFrame, *, side: str) -> pd.DataFrame:
    """Rows of ground that has a parcel at one date only."""
    other = "after" if side == "before" else "before"
    at = rest["at"].to_numpy()
    area = shapely.area(frame.geometry.to_numpy())[at]
    rows = pd.DataFrame(
        {
            f"{side}_id": pd.Series(frame.index[at]).astype("str"),
            f"{other}_id": pd.Series(pd.NA, index=range(len(at)), dtype="str"),
            "area_m2": rest["area_m2"].to_numpy(),
            f"{side}_share": rest["area_m2"].to_numpy() / area,
            f"{other}_share": np.nan,
            "ground": rest["ground"].to_numpy(),
        }
    )
    return rows[list(LINEAGE)]
