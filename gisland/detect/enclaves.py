"""Enclaves: patches of one value that are (nearly) surrounded by land of others.

Of owner or tenure this is 插花地 as mixed ownership; the mixture of shapes around a site is told by
the kinds of scraps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.crs import require_metric
from gisland.base.definitions import (
    ROUNDING_SHARE,
    SHARE_NOISE,
    STRICT_M,
    STRICT_SHARE,
    WAY_OUT_M,
)
from gisland.base.guards import (
    require_attribute,
    require_borders,
    require_columns,
    require_share,
)
from gisland.base.keys import ID_SEPARATOR, aligned, joined_runs, joined_texts
from gisland.base.names import comparable, usual_spelling
from gisland.base.rule import AREA_DECIMALS, SHARE_DECIMALS
from gisland.base.tables import lookup
from gisland.base.units import m2_to_mu, require_metres
from gisland.base.verdicts import verdict_frame
from gisland.detect.enclosing import drawn_patches, find_patches, least_outer_m, outside, sides

if TYPE_CHECKING:
    from gisland.detect.enclosing import Patches

NEAR_SHARE = 0.5  # from here on a patch that is no enclave is told of
WIDE_SEPARATOR = "；"  # in names, where several are joined
LENGTH_DECIMALS = 2  # borders are held against each other in centimetres
ALONE, SAME_VALUE, TOGETHER = range(3)  # levels: one patch, several of one value, several of all
COLUMNS = {
    "enclave_id": "str",
    "attribute": "str",
    "value": "str",
    "parcel_ids": "str",
    "kind": "str",
    "surrounded_by": "str",
    "surrounding_ids": "str",
    "share": "float64",
    "free_share": "float64",
    "area_m2": "float64",
    "area_mu": "float64",
    "surrounding_area_m2": "float64",
    "inside_of": "str",
    "depth": "int64",
    "holder_patches": "int64",
    "holder_area_m2": "float64",
}


def enclaves(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    attribute: str,
    enclave_share: float,
    tolerance_m: float = 0.05,
) -> gpd.GeoDataFrame:
    """Find patches whose outer boundary runs along land of others.

    A patch is a set of edge-connected parcels with the same value. Roads and water belong to no
    patch: boundary along them counts as free, whether they are parcels or gaps. Parcels without a
    value belong to no patch either, but they are land: boundary along them is not free. Land in a
    hole of the patch is passed over. Texts are compared without regard to blanks, to case and to
    the width of letters (`gisland.base.names.comparable`) and shown as most rows write them.

    Kinds: ``strict``, surrounded by one larger patch with a share of 1.000, or all but 0.1 m of
    joints; ``nearly``, by one larger patch with at least `enclave_share`; ``jointly``, by several
    that are larger together: those of one other value with at least `enclave_share`, or else
    those of all values, if there is no way out: at most 3 m of the boundary, and no more than the
    2 % that tolerances may take at corners, run along something else.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, the attribute and, if known,
        ``use_class``.
    borders
        Border table, both directions.
    attribute
        ``owner``, ``tenure`` or any other column.
    enclave_share
        Least share (0-1) of the outer boundary along the one other patch.
    tolerance_m
        That of the border table: a gap up to it between parcels of a patch is no outer boundary.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per enclave, sorted by its smallest parcel id. ``share`` (along
        ``surrounding_ids``, the smallest parcel id of each surrounding patch, that with the
        longest border first) and ``free_share`` (along roads, water or nothing) are over the
        patch's outer boundary. ``inside_of``: the enclave that surrounds this one alone, and
        ``depth``: 1, or one more than that of the other. ``holder_patches`` and
        ``holder_area_m2``: all patches of the same value.

    Raises
    ------
    GislandError
        If the attribute is not one column of values, there is no ``area_m2`` or no metric CRS,
        ids or borders are not as they must be, or the share is no number from 0 to 1.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> inner, outer = box(10, 10, 20, 20), box(0, 0, 30, 30)
    >>> lots = gpd.GeoDataFrame(
    ...     {"owner": ["A", "B"], "area_m2": [100.0, 800.0]},
    ...     geometry=[inner, outer - inner],
    ...     index=pd.Index(["p1", "p2"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> found = enclaves(lots, borders(lots), attribute="owner", enclave_share=0.75)
    >>> found[["value", "surrounded_by", "kind"]].values.tolist()
    [['A', 'B', 'strict']]
    """
    how = {"enclave_share": enclave_share, "tolerance_m": tolerance_m}
    return judged_patches(parcels, borders, attribute=attribute, **how)[0]


def judged_patches(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    attribute: str,
    enclave_share: float,
    tolerance_m: float = 0.05,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Find enclaves, with a verdict on every parcel whose patch came near to being one.

    Parameters
    ----------
    parcels, borders, attribute, enclave_share, tolerance_m
        See `enclaves`.

    Returns
    -------
    geopandas.GeoDataFrame
        See `enclaves`.
    pandas.DataFrame
        Verdict rows (``schema.VERDICTS``) of the test ``enclave``, with the attribute as
        ``subject``: the share that decided, and ``fail`` in an enclave. Parcels without a row
        have no value, or are in patches less than half of whose boundary is known to run along
        one larger patch.

    Raises
    ------
    GislandError
        See `enclaves`.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.topology.borders import borders
    >>> lots = gpd.GeoDataFrame(
    ...     {"owner": ["A", "B"], "area_m2": [100.0, 800.0]},
    ...     geometry=[box(10, 10, 20, 20), box(0, 0, 30, 30) - box(10, 10, 20, 20)],
    ...     index=pd.Index(["p1", "p2"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> rows = judged_patches(lots, borders(lots), attribute="owner", enclave_share=0.75)[1]
    >>> rows[["parcel_id", "outcome", "value", "limit"]].values.tolist()
    [['p1', 'fail', 1.0, 0.75]]
    """
    _require(parcels, borders, attribute=attribute, enclave_share=enclave_share)
    require_metres(tolerance_m, name="tolerance_m")
    ordered = parcels.sort_index()  # sums of areas must not depend on the order of the rows
    shapes = ordered.geometry.to_numpy()
    value = comparable(ordered[attribute])
    found = find_patches(ordered, borders, value)
    least_m, around = least_outer_m(found.table), sides(found.pair, found.table)
    near = _judged(around, found, outer_m=least_m, enclave_share=enclave_share)
    drawn = drawn_patches(
        found,
        near.index[near["level"].notna()].to_numpy(),
        shapes,
        crs=parcels.crs,
        tolerance_m=tolerance_m,
    )
    pair = outside(found.pair, shapes, drawn)
    beside = sides(pair, found.table)
    judged = _judged(beside, found, outer_m=drawn["outer_m"], enclave_share=enclave_share)
    held = judged[judged["level"].notna()]
    shown, around = usual_spelling(ordered[attribute], value), _surrounding(beside, held)
    table = _table(held, around, drawn, found=found, value=shown)
    others = pair["border_m"].groupby(pair["focal"]).sum()
    free = 1 - (others / drawn["outer_m"]).reindex(held.index).to_numpy()
    table["free_share"] = np.where(np.abs(free) < SHARE_NOISE, 0.0, free)
    known = near[found.table["simple"][near.index] & (near["share"].round(3) >= NEAR_SHARE)]
    told = pd.concat([judged, known.drop(index=judged.index, errors="ignore")])
    return table, _verdicts(told, found, ordered.index, attribute=attribute)


def _require(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, *, attribute: str, enclave_share: float
) -> None:
    require_attribute(parcels, attribute)
    require_columns(parcels, ["area_m2"], what="parcels")
    require_metric(parcels, what="parcels")
    require_borders(borders)
    require_share(enclave_share, name="enclave_share")


def _judged(
    beside: pd.DataFrame, found: Patches, *, outer_m: pd.Series, enclave_share: float
) -> pd.DataFrame:
    """By patch: the first level at which it is surrounded, if any, and the share that decides.

    ``key0`` is the one patch with the longest border, ``key1`` the value; patches that are
    surrounded at no level have the larger share of these two.
    """
    judged = pd.DataFrame(index=pd.Index(np.unique(beside["focal"]), name="focal"))
    rows = beside.assign(own=lookup(beside["focal"], found.table["area_m2"]), count=1)
    add_up = {"border_m": "sum", "area_m2": "sum", "own": "min", "count": "sum"}
    for level, key in enumerate(("neighbor", "value", "focal")):
        keys = list(dict.fromkeys(["focal", key]))
        size = rows.groupby(keys, as_index=False).agg(add_up)
        larger = size["area_m2"].round(AREA_DECIMALS) > size["own"].round(AREA_DECIMALS)
        size = size[larger & ((size["count"] > 1) | (level == ALONE))]
        order = size.assign(m=size["border_m"].round(LENGTH_DECIMALS))
        order = order.sort_values(["focal", "m", key], ascending=[True, False, True])
        best = order.drop_duplicates("focal").set_index("focal", drop=False)
        judged[f"share{level}"] = best["border_m"] / outer_m.reindex(best.index)
        judged[f"key{level}"] = best[key]
    shares = judged[["share0", "share1", "share2"]].to_numpy()
    shut = 1 - np.minimum(ROUNDING_SHARE, WAY_OUT_M / outer_m.reindex(judged.index).to_numpy())
    limits = np.column_stack([np.full((len(judged), 2), enclave_share), shut])
    reached = np.round(shares, SHARE_DECIMALS) >= np.round(limits, SHARE_DECIMALS)
    larger = (shares[:, 1] > shares[:, 0]) | np.isnan(shares[:, 0])
    level = np.where(reached.any(axis=1), reached.argmax(axis=1), larger.astype(int))
    judged["share"] = shares[np.arange(len(level)), level]
    judged["limit"] = limits[np.arange(len(level)), level]
    judged["level"] = pd.Series(level, index=judged.index, dtype="float64")
    judged.loc[~reached.any(axis=1), "level"] = np.nan
    return judged


def _surrounding(beside: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """The sides of enclaves that surround them, that with the longest border first."""
    rows = beside[beside["focal"].isin(held.index)]
    level, patch, value = (lookup(rows["focal"], held[c]) for c in ("level", "key0", "key1"))
    counted = (level == TOGETHER) | ((level == SAME_VALUE) & (rows["value"] == value))
    counted |= rows["neighbor"] == patch.where(level == ALONE)
    rows = rows[counted].assign(m=rows["border_m"].round(LENGTH_DECIMALS))
    return rows.sort_values(["focal", "m", "neighbor"], ascending=[True, False, True])


def _table(
    held: pd.DataFrame,
    around: pd.DataFrame,
    drawn: gpd.GeoDataFrame,
    *,
    found: Patches,
    value: pd.Series,
) -> gpd.GeoDataFrame:
    """The enclaves, with texts in place of numbers."""
    ids, attribute, patch = value.index.astype("str"), str(value.name), found.patch
    number, of = held.index, found.table
    first = ids[number].to_series()
    members = np.flatnonzero(np.isin(patch, number))
    joined = joined_texts(ids[members].to_series(), ids[patch[members]].to_series())
    told = around.assign(id=ids[around["neighbor"]], text=value.iloc[around["neighbor"]].to_numpy())
    named = told.drop_duplicates(["focal", "value"])
    named = named.assign(text=_without_separator(named["text"]))
    holder = of.groupby("value")["area_m2"].agg(["size", "sum"]).reindex(of["value"][number])
    rest_m = (1 - held["share"]) * drawn["outer_m"].reindex(number)
    strict = (held["share"] >= STRICT_SHARE) | (rest_m <= STRICT_M)
    kind = np.where(strict, "strict", "nearly")
    alone = (held["level"] == ALONE).to_numpy()
    inside = _inside(held.loc[alone, "key0"], number)
    name = f"{attribute}:" + first
    columns = {
        "enclave_id": name,
        "attribute": np.full(len(held), attribute, dtype=object),
        "value": value.iloc[number],
        "parcel_ids": aligned(joined, ids[number]),
        "kind": np.where(alone, kind, "jointly"),
        "surrounded_by": _listed(named, "text", number),
        "surrounding_ids": _listed(told, "id", number),
        "share": held["share"],
        "free_share": np.nan,
        "area_m2": of["area_m2"][number],
        "area_mu": m2_to_mu(of["area_m2"][number]),
        "surrounding_area_m2": around.groupby("focal")["area_m2"].sum().reindex(number),
        "inside_of": pd.Series(name.to_numpy(), index=number).reindex(inside["around"]),
        "depth": inside["depth"],
        "holder_patches": holder["size"],
        "holder_area_m2": holder["sum"],
    }
    plain = {c: np.asarray(v) for c, v in columns.items()}
    table = pd.DataFrame(plain, columns=list(COLUMNS)).astype(COLUMNS)
    shapes = drawn.geometry.reindex(number).to_numpy()
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=drawn.crs), crs=drawn.crs)


def _without_separator(texts: pd.Series) -> pd.Series:
    return texts.astype("str").str.replace(ID_SEPARATOR, WIDE_SEPARATOR, regex=False)


def _listed(rows: pd.DataFrame, column: str, number: pd.Index) -> pd.Series:
    return joined_runs(rows[column].astype("str"), rows["focal"]).reindex(number)


def _inside(surrounding: pd.Series, number: pd.Index) -> pd.DataFrame:
    """The enclave around each enclave, and how many there are, itself among them.

    What surrounds is always larger, so that there is no circle.
    """
    around = surrounding.where(surrounding.isin(number)).reindex(number)
    depth, outer = pd.Series(1, index=number), around
    while outer.notna().any():
        depth += outer.notna().astype(int)
        outer = lookup(outer, around)
    return pd.DataFrame({"around": around, "depth": depth})


def _verdicts(
    judged: pd.DataFrame, found: Patches, ids: pd.Index, *, attribute: str
) -> pd.DataFrame:
    """Verdict rows of all parcels of judged patches."""
    judged = judged[judged["share"].notna()]
    at = pd.Index(judged.index).get_indexer(found.patch)
    rows = judged.iloc[at[at >= 0]]
    together_only = (rows["level"] == TOGETHER).to_numpy()
    return verdict_frame(
        ids[at >= 0],
        subject=attribute,
        test="enclave",
        outcome=np.where(rows["level"].notna(), "fail", "pass"),
        value=rows["share"].to_numpy(),
        limit=rows["limit"].to_numpy(),
        operator="<",
        unit="share",
        denominator="outer boundary",
        rule_id=np.where(together_only, "definition.no_way_out", "parameters.enclave_share"),
        mode="on",
    )


def enclave_labels(tables: list[gpd.GeoDataFrame], parcel_ids: pd.Index) -> pd.Series:
    """Say for each parcel which enclaves it lies in.

    Parameters
    ----------
    tables
        Results of `enclaves`, one per attribute.
    parcel_ids
        Parcels to answer for.

    Returns
    -------
    pandas.Series
        Such as ``owner:A``, several joined by ``;``, empty where none; named ``enclave_of``.

    Examples
    --------
    >>> table = pd.DataFrame({"attribute": ["owner"], "value": ["A"], "parcel_ids": ["p1;p2"]})
    >>> enclave_labels([table], pd.Index(["p1", "p3"])).tolist()
    ['owner:A', '']
    """
    parts = [pd.DataFrame(t[["attribute", "value", "parcel_ids"]]) for t in tables]
    rows = pd.concat([pd.DataFrame(columns=["attribute", "value", "parcel_ids"]), *parts])
    each = rows.assign(parcel_ids=rows["parcel_ids"].str.split(ID_SEPARATOR)).explode("parcel_ids")
    value = _without_separator(each["value"])
    joined = joined_texts(each["attribute"] + ":" + value, each["parcel_ids"])
    return aligned(joined, parcel_ids).fillna("").astype("str").rename("enclave_of")
