"""Enclaves: patches of one owner or tenure that are (nearly) surrounded by another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import NOWHERE, aligned, joined_texts, positions
from gisland.base.tables import is_land, lookup
from gisland.base.units import m2_to_mu
from gisland.topology.graph import ends, patches
from gisland.topology.unions import unions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

REACH = 1.01  # a gap exactly as wide as the tolerance is still closed
STRICT_SHARE = 0.9995  # 1.000 at the three decimals that shares are reported with
COLUMNS = (
    "enclave_id",
    "attribute",
    "value",
    "parcel_ids",
    "surrounded_by",
    "kind",
    "share",
    "free_share",
    "area_m2",
    "area_mu",
    "surrounding_area_m2",
)


def enclaves(
    parcels: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    *,
    attribute: str,
    enclave_share: float,
    tolerance_m: float = 0.05,
) -> gpd.GeoDataFrame:
    """Find patches whose outer boundary runs along one other, larger patch.

    A patch is a set of edge-connected parcels with the same value. Roads and water belong to no
    patch: boundary along them counts as free. Parcels without a value belong to no patch either,
    but they are land: boundary along them is not free. Land in a hole of the patch is passed over.

    Parameters
    ----------
    parcels
        Indexed by parcel id, with geometry, ``area_m2``, the attribute and, if known,
        ``use_class``.
    borders
        Border table, both directions.
    attribute
        ``owner``, ``tenure`` or any other column of text.
    enclave_share
        Least share (0-1) of the outer boundary along the one other patch.
    tolerance_m
        That of the border table: a gap up to it between parcels of a patch is no outer boundary.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per enclave, sorted by its smallest parcel id. ``share`` (along the one other
        patch) and ``free_share`` (along roads, water or nothing) are over the patch's outer
        boundary; ``kind`` is ``strict`` at a share of 1.000.

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
    ordered = parcels.sort_index()  # sums of areas must not depend on the order of the rows
    # from here on the number of a parcel stands for its id, and that of its first for a patch
    patch, pair, seamed = _patches(ordered, borders, attribute)
    shapes = ordered.geometry.to_numpy()
    areas = ordered["area_m2"].reset_index(drop=True)[patch != NOWHERE]
    areas = areas.groupby(patch[patch != NOWHERE]).sum()
    near = _reaching(_patch_borders(pair), areas, enclave_share=enclave_share)
    drawn = _patch_shapes(shapes, patch, near["focal"].unique(), crs=parcels.crs)
    drawn = _with_outline(drawn, seamed, reach_m=tolerance_m * REACH)
    pair = _outside(pair[pair["focal"].isin(drawn.index)], shapes, drawn)
    near = _reaching(_patch_borders(pair), areas, enclave_share=enclave_share)
    longest = near.sort_values(["focal", "border_m", "neighbor"], ascending=[True, False, True])
    found = longest.drop_duplicates("focal").set_index("focal").join(drawn)
    found["share"] = found["border_m"] / found["outer_m"]
    found = found[found["share"].round(6) >= enclave_share].sort_index()
    return _table(found, ordered, patch=patch, pair=pair, areas=areas, attribute=attribute)


def _patches(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, attribute: str
) -> tuple[Ints, pd.DataFrame, Ints]:
    """Patch of each parcel, its borders with other land, and patches with gaps inside."""
    land = is_land(parcels)
    value = parcels[attribute].where(land)
    label = patches(value.to_frame(), borders, attribute=attribute)
    patch = positions(label, parcels.index)
    parcel, beside = ends(parcels.index, borders)
    focal, neighbor = patch[parcel], patch[beside]
    counted = (focal != NOWHERE) & land.to_numpy()[beside]
    same = focal == neighbor
    seamed = np.unique(focal[counted & same & (borders["tolerant_m"].to_numpy() > 0)])
    columns = {"focal": focal, "neighbor": neighbor, "beside": beside}
    pair = pd.DataFrame(columns | {"border_m": borders["border_m"].to_numpy()})
    return patch, pair[counted & ~same], seamed


def _patch_borders(pair: pd.DataFrame) -> pd.DataFrame:
    """Border length between patches; land without a value is in none."""
    known = pair[pair["neighbor"] != NOWHERE]
    return known.groupby(["focal", "neighbor"])["border_m"].sum().reset_index()


def _reaching(shared: pd.DataFrame, areas: pd.Series, *, enclave_share: float) -> pd.DataFrame:
    """Borders with a larger patch that are long enough, whatever the shape of the patch."""
    size = {end: lookup(shared[end], areas) for end in ("focal", "neighbor")}
    larger = size["neighbor"].round(2) > size["focal"].round(2)
    # A circle has the shortest boundary for its area: patches that cannot reach the share drop out.
    least_outer = 2 * np.sqrt(np.pi * size["focal"])
    return shared[larger & (shared["border_m"] >= enclave_share * least_outer)]


def _patch_shapes(shapes: Shapes, patch: Ints, wanted: Ints, *, crs: object) -> gpd.GeoDataFrame:
    """Union of each patch that is wanted."""
    members = np.flatnonzero(np.isin(patch, wanted))
    members = members[np.argsort(patch[members], kind="stable")]
    number, group = np.unique(patch[members], return_inverse=True)
    return gpd.GeoDataFrame(geometry=unions(shapes[members], group), index=number, crs=crs)


def _with_outline(shapes: gpd.GeoDataFrame, seamed: Ints, *, reach_m: float) -> gpd.GeoDataFrame:
    """Patches with the outline that their boundary is measured on: gaps inside are closed."""
    outline = shapes.geometry.copy()
    seams = outline.index.isin(seamed)
    how = {"join_style": "mitre", "mitre_limit": 2.0}
    outline[seams] = outline[seams].buffer(reach_m / 2, **how).buffer(-reach_m / 2, **how)
    parts = outline.explode()
    outer = shapely.length(shapely.get_exterior_ring(parts.to_numpy()))
    outer_m = pd.Series(outer, index=parts.index).groupby(level=0).sum()
    return shapes.assign(outline=outline, outer_m=outer_m)


def _outside(pair: pd.DataFrame, shapes: Shapes, drawn: gpd.GeoDataFrame) -> pd.DataFrame:
    """Borders on the outer boundary of each patch: not those with land in its own holes."""
    parts, owner = shapely.get_parts(drawn["outline"].to_numpy(), return_index=True)
    holed = shapely.get_num_interior_rings(parts) > 0
    owner = drawn.index.to_numpy()[owner[holed]]
    whole = shapely.polygons(shapely.get_exterior_ring(parts[holed]))
    around = pair[pair["focal"].isin(owner)]
    inner = shapely.point_on_surface(shapes[around["beside"]])
    row, hole = shapely.STRtree(whole).query(inner, predicate="within")
    own = owner[hole] == around["focal"].to_numpy()[row]
    return pair.drop(index=around.index[row[own]])


def _table(
    found: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    *,
    patch: Ints,
    pair: pd.DataFrame,
    areas: pd.Series,
    attribute: str,
) -> gpd.GeoDataFrame:
    with_others = pair["border_m"].groupby(pair["focal"]).sum()
    ids, value = parcels.index, parcels[attribute]
    first, surrounding = ids[found.index], found["neighbor"].to_numpy()
    members = np.flatnonzero(np.isin(patch, found.index))
    joined = joined_texts(ids[members].to_series(), ids[patch[members]].to_series())
    columns = {
        "enclave_id": f"{attribute}:" + first.to_series(),
        "attribute": attribute,
        "value": value.iloc[found.index],
        "parcel_ids": aligned(joined, first),
        "surrounded_by": value.iloc[surrounding],
        "kind": np.where(found["share"] >= STRICT_SHARE, "strict", "nearly"),
        "share": found["share"],
        "free_share": 1 - with_others.reindex(found.index) / found["outer_m"],
        "area_m2": areas.reindex(found.index),
        "area_mu": m2_to_mu(areas.reindex(found.index)),
        "surrounding_area_m2": areas.reindex(surrounding),
    }
    columns = {k: v if isinstance(v, str) else np.asarray(v) for k, v in columns.items()}
    kinds = {c: "float64" for c in COLUMNS if c.endswith(("_m2", "_mu", "share"))}
    kinds |= {c: "str" for c in COLUMNS if c not in kinds}
    table = pd.DataFrame(columns, columns=list(COLUMNS)).astype(kinds)
    return gpd.GeoDataFrame(
        table, geometry=gpd.GeoSeries(list(found["geometry"]), crs=parcels.crs), crs=parcels.crs
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
    rows = [
        (parcel_id, f"{row.attribute}:{row.value}")
        for table in tables
        for row in table.itertuples()
        for parcel_id in row.parcel_ids.split(";")
    ]
    labels = pd.DataFrame(rows, columns=["parcel_id", "label"])
    joined = labels.groupby("parcel_id")["label"].agg(";".join)
    return aligned(joined, parcel_ids).fillna("").astype("str").rename("enclave_of")
