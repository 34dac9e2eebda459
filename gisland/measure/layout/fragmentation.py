"""Fragmentation of land: of any polygons, and of all subjects of a run before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.guards import require_borders, require_columns
from gisland.base.keys import aligned, positions
from gisland.base.phrases import count_of
from gisland.base.rule import AREA_DECIMALS
from gisland.base.schema import OVERALL, SITE, UNIT, ZONE, require_ids
from gisland.base.tables import is_land
from gisland.measure.layout.layout import NO_GROUP, Layout, edges_of, group_measures
from gisland.measure.layout.mergedlayout import merged_layout
from gisland.measure.layout.ownership import owner_numbers
from gisland.topology.borders import borders as find_borders
from gisland.topology.shape import compactness, perimeter_m, rectangularity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.base.rules import RuleSet
    from gisland.measure.layout.layout import Floats

# of subjects, in the order of the table
KINDS = tuple(prefix.removesuffix(":") for prefix in (OVERALL, SITE, ZONE, UNIT))

# Each measure: theme, unit, what its value is multiplied with to give its numerator, and the
# count of what it lacks.
MEASURES: dict[str, tuple[str, str, str, str]] = {
    "patches": ("fragmentation", "count", "", ""),
    "mean_parcel_area": ("fragmentation", "m2", "patches", ""),
    "median_parcel_area": ("fragmentation", "m2", "", ""),
    "weighted_mean_parcel_area": ("fragmentation", "m2", "patch_area", ""),
    "effective_mesh_size": ("fragmentation", "m2", "land_area", ""),
    "edge_density": ("fragmentation", "m/ha", "land_area_ha", ""),
    "compactness": ("fragmentation", "ratio", "patch_area", "without_shape"),
    "rectangularity": ("fragmentation", "ratio", "patch_area", "without_shape"),
    "small_parcels": ("fragmentation", "count", "", "without_limit"),
    "small_parcels_share": ("fragmentation", "share", "patch_area", "without_limit"),
    "owners_per_ha": ("owners", "count/ha", "land_area_ha", "without_owner"),
    "parcels_per_owner": ("owners", "count", "owners", "without_owner"),
    "owner_simpson": ("owners", "ratio", "owners", "without_owner"),
    "owner_januszewski": ("owners", "ratio", "owners", "without_owner"),
}
SMALL = ("small_parcels", "small_parcels_share")


def fragmentation_measures(
    pieces: gpd.GeoDataFrame,
    borders: pd.DataFrame | None = None,
    *,
    by: str | None = None,
    owner: str | None = None,
    least_m2: float | pd.Series | None = None,
    land_m2: pd.Series | None = None,
) -> pd.DataFrame:
    """Fragmentation of land that is held in pieces, for each group of them.

    Pieces of the classes ``transport`` and ``water`` are land of the group (A below), but none of
    its patches; so is no piece whose geometry is missing or invalid. With a1 to an the areas of
    the patches:

    - ``mean_parcel_area`` and ``median_parcel_area`` of the patches, m², above 0;
    - ``weighted_mean_parcel_area``, sum(a²) / sum(a), m², at least the mean, at most the largest:
      the patch that a random point of the patches lies in. McGarigal, K., Marks, B. J. (1995),
      FRAGSTATS, USDA Forest Service PNW-GTR-351;
    - ``effective_mesh_size``, sum(a²) / A, m², 0 (no patch) to A (one patch), never above the
      weighted mean: Jaeger, J. A. G. (2000), Landscape division, splitting index, and effective
      mesh size, Landscape Ecology 15, 115-130. It never falls when patches merge;
    - ``edge_density``, boundary of the patches / A, m/ha, at least 0, a border between two of
      them once: perimeters minus borders (edge density of FRAGSTATS, boundary included);
    - ``compactness``, 4 π a / perimeter² (Cox 1927; Polsby, D. D., Popper, R. D. (1991), The third
      criterion, Yale Law & Policy Review 9, 301-353), above 0, at most 1 (circles), and
      ``rectangularity``, a / smallest rectangle around (Rosin 1999), above 0, at most 1
      (rectangles): means weighted by a;
    - ``small_parcels``, the number, and ``small_parcels_share``, 0-1 of sum(a): patches smaller
      than `least_m2`, compared at 0.01 m²;
    - ``owners_per_ha`` of A, and of each owner's patches in the group, as a mean over owners, their
      number ``parcels_per_owner`` (at least 1), Simpson's index ``owner_simpson`` (0 to below 1)
      and ``owner_januszewski`` (above 0 to 1): see `owner_measures` for formulas and sources.

    Parameters
    ----------
    pieces
        Polygons in a metric CRS with unique ids. ``area_m2`` is their area if there is such a
        column, else plane; ``use_class`` tells roads and water.
    borders
        From the function of that name, over these pieces; found with its default tolerance if not
        given.
    by
        Column of group labels; rows without one are left out. By default all are one group,
        ``overall``.
    owner
        Column of owners, compared as `comparable` has them; not measured by default. Pieces
        without an owner are counted in ``without_owner`` and left out of these measures.
    least_m2
        Least area of a piece, one for all or on the index of `pieces`; where it is missing the
        piece is not small, and counted in ``without_limit``.
    land_m2
        Land A by group, where the pieces do not cover it.

    Returns
    -------
    pandas.DataFrame
        One row per group, sorted by its label: ``land_area``, ``patch_area`` (m²), ``patches``
        and the measures; those of small pieces and owners where they are asked for. Missing where
        there is nothing to measure.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated, a column is not there, or `borders` is no table of borders
        or names an unknown piece.

    Examples
    --------
    >>> from shapely import box
    >>> shapes = [box(0, 0, 60, 100), box(60, 0, 80, 100), box(80, 0, 100, 100)]
    >>> lots = gpd.GeoDataFrame({"owner": ["A", "A", "B"]}, geometry=shapes, crs=4547)
    >>> found = fragmentation_measures(lots, owner="owner", least_m2=2000.01).loc["overall"]
    >>> found[["patches", "effective_mesh_size", "edge_density", "small_parcels"]].tolist()
    [3.0, 4400.0, 600.0, 2.0]
    >>> found[["parcels_per_owner", "owner_simpson"]].tolist()
    [1.5, 0.1875]
    """
    require_columns(pieces, [n for n in (by, owner) if n is not None], what="pieces")
    require_ids(pieces, what="pieces")
    if borders is None:
        borders = find_borders(pieces)
    require_borders(borders, parcel_ids=pieces.index)
    if not pieces.index.is_monotonic_increasing:
        pieces = pieces.sort_index()  # sums must not depend on the order of the rows
    around = perimeter_m(pieces.geometry)
    area = pieces.get("area_m2", pieces.geometry.area)
    drawn = pieces.assign(area_m2=area.where(around.notna()).astype("float64"))
    names = pd.Series(OVERALL, index=pieces.index) if by is None else pieces[by]
    group, labels = pd.factorize(names, sort=True)
    layout = Layout(
        drawn["area_m2"].to_numpy(),
        is_land(drawn).to_numpy(),
        around.to_numpy(),
        edges_of(borders, pieces.index),
        compactness(pieces.geometry).to_numpy(),
        rectangularity(pieces.geometry).to_numpy(),
        _below(drawn["area_m2"], least_m2),
        None if owner is None else owner_numbers(pieces[owner]),
    )
    index = pd.Index(labels, name=by or "group")
    land = None if land_m2 is None else land_m2.reindex(index).to_numpy("float64")
    found = group_measures(layout, group, layout.each, groups=len(index), land_m2=land)
    not_asked = () if least_m2 is not None else (*SMALL, "without_limit")
    left_out = {"land_area_ha", "without_shape", *not_asked}
    return pd.DataFrame({n: v for n, v in found.items() if n not in left_out}, index=index)


def _below(area: pd.Series, least_m2: float | pd.Series | None) -> Floats:
    """1 where an area is below its limit, 0 where not, missing without a limit."""
    limit = pd.Series(np.nan, index=area.index) if least_m2 is None else least_m2
    if not isinstance(limit, pd.Series):
        limit = pd.Series(float(limit), index=area.index)
    known = aligned(limit, area.index).to_numpy("float64").round(AREA_DECIMALS)
    below = (area.to_numpy().round(AREA_DECIMALS) < known).astype("float64")
    return np.where(np.isnan(known), np.nan, below)


def fragmentation_table(  # noqa: PLR0917 - tables of a run
    parcels: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    merged: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    members: pd.DataFrame,
    *,
    rules: RuleSet,
) -> pd.DataFrame:
    """Fragmentation of every subject before and after the merge.

    Before, each parcel is a piece; after, all parcels of a merged site are one. Roads and water
    are land, but no pieces, nor part of one. What a piece has inside the subject counts, its
    shape is that of the whole piece (the merged site as it is drawn), and so is the question
    whether it is below the minimum lot, that of its use class; a merged site has the class of its
    largest parcel before the merge (of equals the smallest id). The perimeter of a merged piece
    inside a subject is the sum of the perimeters of its parcels less twice the borders between
    them. What an owner has in a merged site is one piece of his. Formulas, ranges and sources are
    those of `fragmentation_measures`.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with ``area_m2``, ``perimeter_m`` and ``compactness`` and, if known,
        ``rectangularity``, ``use_class`` and ``owner``.
    lineage
        ``parcel_id``, ``after_id`` and ``role`` of every parcel.
    merged
        Merged sites: ``parcel_id`` (the site id) and geometry.
    borders
        Border table of the parcels, both directions.
    members
        ``subject``, ``parcel_id``, ``before`` and ``after`` (flags). No parcel is in two subjects
        of one kind (what the subject's name has before its colon) at a time.
    rules
        For ``fragment.min_lot``.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``theme``, ``indicator``, ``before``, ``after``, ``unit``, ``denominator``
        (what the value is multiplied with to give its numerator; empty where there is none),
        ``denominator_before``, ``denominator_after``, ``missing_before`` and ``missing_after``
        (pieces without a minimum lot, parcels without an owner). The whole layer first, then
        sites, zones and units by id; rows unknown both before and after are left out, and so is
        ownership where no parcel has an owner.

    Raises
    ------
    TableError
        If a column is not there, some members are no parcels, a parcel is in two subjects of one
        kind, a merged site has no row, or `borders` is no table of borders.
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.base.rules import load_rules
    >>> shapes = [box(0, 0, 60, 100), box(60, 0, 100, 100)]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
    >>> lots = lots.assign(area_m2=[6e3, 4e3], perimeter_m=[320.0, 280.0], compactness=0.7)
    >>> lines = pd.DataFrame({"parcel_id": ["a", "b"], "after_id": "S", "role": "site"})
    >>> site = gpd.GeoDataFrame({"parcel_id": ["S"]}, geometry=[box(0, 0, 100, 100)], crs=4547)
    >>> all_ = pd.DataFrame({"subject": "overall", "parcel_id": ["a", "b"]})
    >>> found = fragmentation_table(
    ...     lots,
    ...     lines,
    ...     site,
    ...     find_borders(lots),
    ...     all_.assign(before=True, after=True),
    ...     rules=load_rules("national-2023-171"),
    ... ).set_index("indicator")
    >>> found.loc[["patches", "effective_mesh_size", "edge_density"], ["before", "after"]].values
    array([[2.0e+00, 1.0e+00],
           [5.2e+03, 1.0e+04],
           [5.0e+02, 4.0e+02]])
    """
    require_columns(parcels, ["area_m2", "perimeter_m", "compactness"], what="parcels")
    require_ids(parcels, what="parcels")
    require_columns(lineage, ["parcel_id", "after_id", "role"], what="lineage")
    require_columns(members, ["subject", "parcel_id", "before", "after"], what="members")
    require_borders(borders, parcel_ids=parcels.index)
    if not parcels.index.is_monotonic_increasing:
        parcels = parcels.sort_index()
    layout, piece = merged_layout(parcels, lineage, merged, borders=borders, rules=rules)
    row = positions(members["parcel_id"], parcels.index)
    if (row < 0).any():
        unknown = members["parcel_id"][row < 0]
        raise TableError(
            f"members: {count_of(len(unknown), 'row')} with an unknown parcel_id",
            do="give ids of the parcels",
            ids=unknown,
        )
    code, subjects = pd.factorize(members["subject"], sort=True)
    kind = pd.Series(subjects).str.split(":").str[0]
    tables = []
    for name in [*KINDS, *sorted(set(kind) - set(KINDS))]:
        own = np.flatnonzero(kind == name)
        sides = []
        for when, pieces in (("before", layout.each), ("after", piece)):
            held = np.flatnonzero(members[when].to_numpy("bool") & (kind == name).to_numpy()[code])
            group = np.full(len(parcels), NO_GROUP)
            group[row[held]] = np.searchsorted(own, code[held])
            if np.count_nonzero(group >= 0) != len(held):
                _raise_twice(members["parcel_id"].iloc[held], kind=name)
            sides.append(group_measures(layout, group, pieces, groups=len(own)))
        tables.append(_rows(pd.Index(subjects)[own], before=sides[0], after=sides[1]))
    return pd.concat(tables, ignore_index=True)


def _raise_twice(ids: pd.Series, *, kind: str) -> None:
    raise TableError(
        f"members: some parcels are in several subjects of the kind {kind!r}",
        do="give each parcel one subject of a kind, before and after",
        ids=sorted(ids[ids.duplicated()].unique()),
    )


def _rows(
    subjects: pd.Index, *, before: dict[str, Floats], after: dict[str, Floats]
) -> pd.DataFrame:
    """Subjects below each other, each with all measures, but those known on neither side."""
    names = [n for n in MEASURES if n in before]
    theme, unit, by, lack = zip(*(MEASURES[n] for n in names), strict=True)
    nothing, none = np.full(len(subjects), np.nan), np.zeros(len(subjects))

    def column(
        side: dict[str, Floats], keys: tuple[str, ...], empty: Floats
    ) -> NDArray[np.float64]:
        return np.stack([side[k] if k else empty for k in keys], axis=1).ravel()

    table = pd.DataFrame(
        {
            "subject": np.repeat(subjects.to_numpy(), len(names)),
            "theme": np.tile(theme, len(subjects)),
            "indicator": np.tile(names, len(subjects)),
            "before": column(before, tuple(names), nothing),
            "after": column(after, tuple(names), nothing),
            "unit": np.tile(unit, len(subjects)),
            "denominator": np.tile(by, len(subjects)),
            "denominator_before": column(before, by, nothing),
            "denominator_after": column(after, by, nothing),
            "missing_before": column(before, lack, none).astype("int64"),
            "missing_after": column(after, lack, none).astype("int64"),
        }
    ).astype(dict.fromkeys(("subject", "theme", "indicator", "unit", "denominator"), "str"))
    known = table[["before", "after"]].notna().any(axis=1)
    return table[known].reset_index(drop=True)
