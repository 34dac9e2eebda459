"""Shape the result tables that a run writes; the columns are the output contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.base.errors import TableError
from gisland.base.keys import ID_SEPARATOR, aligned, among, joined_texts
from gisland.base.rulespecs import SHAPE_UNITS
from gisland.base.schema import PARCELS, require_ids
from gisland.base.useclasses import FREE_USE_CLASSES

if TYPE_CHECKING:
    from gisland.base.schema import Inputs

PARCEL_RESULTS: dict[str, str] = {
    "area_m2": "float64",
    "area_mu": "float64",
    "perimeter_m": "float64",
    "width_m": "float64",
    **dict.fromkeys(SHAPE_UNITS, "float64"),
    "frontage_m": "float64",
    "frontage_road_m": "float64",
    "free_road_m": "float64",
    "free_water_m": "float64",
    "free_shore_m": "float64",
    "free_nothing_m": "float64",
    "free_edge_m": "float64",
    "far": "float64",
    "far_actual": "float64",
    "coverage": "float64",
    "green_ratio": "float64",
    "mean_storeys": "float64",
    "tax_yuan_per_mu": "float64",
    "output_yuan_per_mu": "float64",
    "investment_yuan_per_mu": "float64",
    "jobs_per_mu": "float64",
    "building_height_m": "float64",
    "floor_area_estimated_m2": "float64",
    "planned_use": "str",
    "planned_use_class": "str",
    "planning_zone_id": "str",
    "planned_far_min": "float64",
    "planned_far_max": "float64",
    "planned_coverage_min": "float64",
    "planned_coverage_max": "float64",
    "planned_green_min": "float64",
    "planned_green_max": "float64",
    "planned_height_min_m": "float64",
    "planned_height_max_m": "float64",
    "conditions_failed": "str",
    "fragment": "bool",
    "fragment_reasons": "str",
    "enclave_of": "str",
    "scrap_kind": "str",
    "scrap_group": "str",
    "verdict": "str",
    "site_id": "str",
    "reasons": "str",
    "zone_id": "str",
    "low_use": "boolean",
    "low_use_reasons": "str",
    "low_use_score": "float64",
    "low_use_decided_by": "str",
    "low_use_not_assessed": "str",
}
INTERNAL = ("free_m", "floor_m2", "above_floor_m2", "exclusion_m2")


def require_parcels(parcels: gpd.GeoDataFrame) -> None:
    """Refuse a parcel layer whose ids or column names a run cannot use.

    Parameters
    ----------
    parcels
        Parcel layer; reading it from a file has seen to its ids and names.

    Raises
    ------
    TableError
        If ids are missing, repeated or not text, or a column bears the name of a result.

    Examples
    --------
    >>> require_parcels(gpd.GeoDataFrame({"far": [0.7]}, index=pd.Index(["a"], name="parcel_id")))
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: parcels: columns bear names of results: far; rename or drop them
    """
    require_ids(parcels, what="parcels")
    index = parcels.index
    if len(index) and (index.inferred_type != "string" or index.name != "parcel_id"):
        raise TableError(
            f"parcels: the index is {index.name or 'unnamed'} of {index.inferred_type}s",
            do='index the parcels by text ids, named "parcel_id"',
        )
    needed = {*PARCEL_RESULTS, *INTERNAL, "parcel_id"} - {"site_id"}
    taken = sorted(str(c) for c in parcels.columns if c in needed)
    if taken:
        raise TableError(
            f"parcels: columns bear names of results: {', '.join(taken)}",
            do="rename or drop them",
        )


def parcel_table(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels with all that a run found, in the order of the output contract.

    Parameters
    ----------
    parcels
        Indexed by parcel id; result columns that no analysis made become missing.

    Returns
    -------
    geopandas.GeoDataFrame
        ``parcel_id``, the input columns, the result columns, geometry; sorted by id.

    Examples
    --------
    >>> lots = gpd.GeoDataFrame(
    ...     {"owner": ["A"], "fragment": [True]},
    ...     geometry=[None],
    ...     index=pd.Index(["p1"], name="parcel_id"),
    ... )
    >>> parcel_table(lots)[["parcel_id", "owner", "fragment", "far"]].values.tolist()
    [['p1', 'A', True, nan]]
    """
    ordered = parcels.sort_index()
    given = [c for c in PARCELS if c in ordered and c != "site_id"]
    own = {*given, *PARCEL_RESULTS, *INTERNAL, ordered.geometry.name, "site_id"}
    passed = [c for c in ordered.columns if c not in own]
    made = {
        name: ordered[name].astype(kind) if name in ordered else _missing(ordered.index, kind)
        for name, kind in PARCEL_RESULTS.items()
    }
    frame = pd.concat([ordered[given], pd.DataFrame(ordered[passed]), pd.DataFrame(made)], axis=1)
    return gpd.GeoDataFrame(frame, geometry=ordered.geometry, crs=parcels.crs).reset_index()


def _missing(index: pd.Index, kind: str) -> pd.Series:
    return pd.Series(False if kind == "bool" else None, index=index, dtype=kind)


def parcel_verdicts(parcel_ids: pd.Index, plan: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Sum up for each parcel what the plan says about it.

    Parameters
    ----------
    parcel_ids
        Parcels to answer for.
    plan
        Rows of the plan table: ``parcel_id``, ``site_id``, ``scrap_kind``, ``verdict``,
        ``reasons``.
    members
        Site id by parcel id, for the parcels inside sites before.

    Returns
    -------
    pandas.DataFrame
        ``verdict`` (site, absorbed, eligible, ineligible, none), ``site_id``, ``scrap_kind``,
        ``reasons`` on `parcel_ids`.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "parcel_id": ["c"],
    ...         "site_id": ["S1"],
    ...         "scrap_kind": ["corner"],
    ...         "verdict": ["ineligible"],
    ...         "reasons": ["area_cap"],
    ...     }
    ... )
    >>> found = parcel_verdicts(pd.Index(["c", "s"]), rows, pd.Series("S1", index=["s"]))
    >>> found["verdict"].tolist(), found["reasons"].tolist()
    (['ineligible', 'site'], ['area_cap', ''])
    """
    rank = plan["verdict"].map({"absorbed": 0, "eligible": 1, "ineligible": 2})
    ranked = plan.assign(rank=rank).sort_values(["parcel_id", "rank", "site_id"])
    best = ranked.drop_duplicates("parcel_id").set_index("parcel_id")
    same = ranked[ranked["rank"] == ranked["parcel_id"].map(best["rank"])]
    each = same.assign(reasons=same["reasons"].str.split(ID_SEPARATOR)).explode("reasons")
    each = each[each["reasons"] != ""]
    reasons = joined_texts(each["reasons"], each["parcel_id"])
    into = best["site_id"].where(best["verdict"] == "absorbed")
    verdict = aligned(best["verdict"], parcel_ids).mask(among(parcel_ids, members.index), "site")
    site = aligned(members, parcel_ids).fillna(aligned(into, parcel_ids))
    return pd.DataFrame(
        {
            "verdict": verdict.fillna("none").astype("str"),
            "site_id": site.astype("str"),
            "scrap_kind": aligned(best["scrap_kind"], parcel_ids).astype("str"),
            "reasons": aligned(reasons, parcel_ids).fillna("").astype("str"),
        },
        index=parcel_ids,
    )


def lookup(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Value of each key. Unlike ``Series.map``, no keys at all keep the kind of the values.

    Parameters
    ----------
    keys
        Ids, repeated or missing ones allowed.
    values
        By id, each once.

    Returns
    -------
    pandas.Series
        On the index of `keys`; missing where there is no value.

    Examples
    --------
    >>> area = pd.Series([9.0], index=["a"])
    >>> lookup(pd.Series(["a", "b"], index=[5, 6]), area).to_dict()
    {5: 9.0, 6: nan}
    >>> lookup(pd.Series([], dtype="str"), area).dtype.name
    'float64'
    """
    return aligned(values, pd.Index(keys)).set_axis(keys.index)


def is_land(parcels: pd.DataFrame) -> pd.Series:
    """Whether a parcel can be built on: it is drawn, and neither road nor water.

    Parameters
    ----------
    parcels
        With ``area_m2`` and, if known, ``use_class``.

    Returns
    -------
    pandas.Series
        Bool, on the index of `parcels`.

    Examples
    --------
    >>> lots = pd.DataFrame({"area_m2": [9.0, 9.0], "use_class": ["green", "water"]})
    >>> is_land(lots).tolist()
    [True, False]
    """
    drawn = parcels["area_m2"].notna()
    return drawn & ~parcels["use_class"].isin(FREE_USE_CLASSES) if "use_class" in parcels else drawn


def joined_ids(groups: pd.Series, index: pd.Index) -> pd.Series:
    """Ids of each group as one text.

    Parameters
    ----------
    groups
        Group label by id.
    index
        Groups to answer for.

    Returns
    -------
    pandas.Series
        Sorted ids joined by ``;``, empty for a group without any.

    Examples
    --------
    >>> joined_ids(pd.Series(["S1", "S1"], index=["b", "a"]), pd.Index(["S1", "S2"])).tolist()
    ['a;b', '']
    """
    text = joined_texts(groups.index.to_series(), groups)
    return aligned(text, index).fillna("").astype("str")


def members_of(lists: pd.Series) -> pd.Series:
    """Ids of lists, one row each.

    Parameters
    ----------
    lists
        Texts of ids joined by ``;``.

    Returns
    -------
    pandas.Series
        Ids, on the index of `lists` repeated; none for a missing list.

    Examples
    --------
    >>> members_of(pd.Series(["a;b", None, "c"])).to_dict()
    {0: 'b', 2: 'c'}
    """
    return lists.dropna().str.split(ID_SEPARATOR).explode().astype("str")


def member_labels(table: pd.DataFrame, parcel_ids: pd.Index, *, key: str) -> pd.Series:
    """What each parcel is a member of, from a table that lists members.

    Parameters
    ----------
    table
        With `key` and ``parcel_ids``, ids joined by ``;``; no parcel in two rows.
    parcel_ids
        Parcels to answer for.
    key
        Column of labels.

    Returns
    -------
    pandas.Series
        Named `key`, on `parcel_ids`; missing for parcels that no row lists.

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_id": ["Z1"], "parcel_ids": ["a;b"]})
    >>> member_labels(zones, pd.Index(["b", "c"]), key="zone_id").tolist()
    ['Z1', nan]
    """
    pairs = members_of(table.set_index(key)["parcel_ids"])
    label = pd.Series(pairs.index, index=pd.Index(pairs.to_numpy()))
    return aligned(label, parcel_ids).astype("str").rename(key)


def layer_table(layer: gpd.GeoDataFrame, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Input layer as it is written along with the results: its id, some columns, geometry.

    Parameters
    ----------
    layer
        Indexed by id.
    columns
        Columns to keep where there are any.

    Returns
    -------
    geopandas.GeoDataFrame
        Sorted by id, with the id as a column.

    Examples
    --------
    >>> from shapely import box
    >>> red = gpd.GeoDataFrame(
    ...     geometry=[box(0, 0, 1, 1)], index=pd.Index(["x"], name="boundary_id")
    ... )
    >>> layer_table(red, ()).columns.tolist()
    ['boundary_id', 'geometry']
    """
    kept = [c for c in columns if c in layer]
    return layer.sort_index()[[*kept, layer.geometry.name]].reset_index()


def context_tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Input layers that map and verification need beside the results.

    Parameters
    ----------
    inputs
        The layers of the run.

    Returns
    -------
    dict
        ``exclusions``, ``roads``, ``planning_units`` and ``project_boundary``, as far as there are
        any.

    Examples
    --------
    >>> from gisland.base.schema import Inputs
    >>> sorted(context_tables(Inputs(gpd.GeoDataFrame())))
    []
    """
    tables: dict[str, pd.DataFrame] = {}
    if inputs.exclusions:
        parts = [
            layer.sort_index().geometry.to_frame("geometry").assign(name=name)[["name", "geometry"]]
            for name, layer in sorted(inputs.exclusions.items())
        ]
        tables["exclusions"] = pd.concat(parts, ignore_index=True)
    if inputs.roads is not None:
        tables["roads"] = layer_table(inputs.roads, ("width_m",))
    if inputs.planning_units is not None:
        tables["planning_units"] = layer_table(inputs.planning_units, ())
    if inputs.project_boundary is not None:
        tables["project_boundary"] = layer_table(inputs.project_boundary, ())
    return tables
