"""What runs along the outer boundary of patches: the numbers that enclaves are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import NOWHERE, positions
from gisland.base.tables import is_land, lookup
from gisland.detect.corridors import open_borders, part_m
from gisland.topology.graph import ends, patches
from gisland.topology.overlay import robust
from gisland.topology.unions import closed, unions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]


TOUCH_M = 0.1  # two parts of one parcel are told apart by what lies so near to the patch


@dataclass(frozen=True)
class Patches:
    """Patches of one attribute. A parcel and a patch are numbers: that of a patch is its first's.

    Attributes
    ----------
    patch
        Patch of each parcel; ``NOWHERE`` for roads, water and parcels without a value.
    pair
        Borders of patches with other land: ``focal`` and ``neighbor`` patch (``NOWHERE`` for land
        without a value), ``beside``, the parcel there, ``border_m``.
    table
        By patch: ``value`` (a number), ``area_m2``, ``border_m``, its outline with that of holes,
        and ``simple``: whether there are no holes, so that all of this is outer boundary.
    """

    patch: Ints
    pair: pd.DataFrame
    table: pd.DataFrame


def find_patches(parcels: gpd.GeoDataFrame, borders: pd.DataFrame, value: pd.Series) -> Patches:
    """Patches of parcels that share a value, and their borders.

    Parameters
    ----------
    parcels
        Sorted by id, with geometry, ``area_m2`` and, if known, ``use_class``.
    borders
        Border table, both directions; border along a corridor (`with_corridors`) is free.
    value
        Value of each parcel as it is compared; missing ones make no patch.

    Returns
    -------
    Patches
        Roads and water belong to none.

    Examples
    --------
    >>> from gisland.topology.borders import borders
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> lots = gpd.GeoDataFrame({"area_m2": [1.0, 2.0]}, geometry=shapes, index=["a", "b"])
    >>> lots = lots.set_crs(4547)
    >>> found = find_patches(lots, borders(lots), pd.Series(["A", "B"], index=lots.index))
    >>> found.table[["area_m2", "border_m"]].values.tolist()
    [[1.0, 4.0], [2.0, 6.0]]
    """
    land = is_land(parcels)
    value = value.where(land)
    label = patches(value.to_frame("value"), open_borders(borders), attribute="value")
    patch = positions(label, parcels.index)
    parcel, beside = ends(parcels.index, borders)
    focal, neighbor = patch[parcel], patch[beside]
    code = pd.factorize(value)[0]
    counted = (focal != NOWHERE) & land.to_numpy()[beside]
    same = counted & (focal == neighbor)
    counted &= code[parcel] != code[beside]  # a patch of the same value lies across a corridor
    border_m = borders["border_m"].to_numpy()
    open_m = border_m - part_m(borders, "corridor_m").to_numpy()
    pair = pd.DataFrame(
        {"focal": focal, "neighbor": neighbor, "beside": beside, "border_m": open_m}
    )
    inside_m = pd.Series(border_m[same]).groupby(focal[same]).sum()
    table = _patch_table(parcels, patch, code, inside_m=inside_m)
    return Patches(patch, pair[counted], table)


def _patch_table(
    parcels: gpd.GeoDataFrame, patch: Ints, value: Ints, *, inside_m: pd.Series
) -> pd.DataFrame:
    """Size and outline of each patch; sums in the order of the ids."""
    shapes = parcels.geometry.to_numpy()
    members = np.flatnonzero(patch != NOWHERE)
    of = pd.DataFrame(
        {
            "area_m2": parcels["area_m2"].to_numpy()[members],
            "border_m": shapely.length(shapes[members]),
            "holed": _is_holed(shapes[members]),
            "parcels": 1,
        }
    )
    table = of.groupby(patch[members]).sum()
    table["border_m"] -= inside_m.reindex(table.index).fillna(0.0)
    table["value"] = value[table.index]
    table["simple"] = (table["parcels"] == 1) & (table["holed"] == 0)
    return table[["value", "area_m2", "border_m", "simple"]]


def _is_holed(shapes: Shapes) -> NDArray[np.bool_]:
    """Whether polygons have holes; of several parts it is not looked up, which costs but time."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    return ~single | (shapely.get_num_interior_rings(shapes) > 0)


def sides(pair: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Border of each patch with each other patch.

    Parameters
    ----------
    pair, table
        As `Patches` has them.

    Returns
    -------
    pandas.DataFrame
        ``focal``, ``neighbor``, ``border_m``, ``value`` and ``area_m2`` of the neighbor, sorted
        by both numbers; land without a value is no side.

    Examples
    --------
    >>> from gisland.topology.borders import borders
    >>> shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]
    >>> lots = gpd.GeoDataFrame({"area_m2": [1.0, 2.0]}, geometry=shapes, index=["a", "b"])
    >>> lots = lots.set_crs(4547)
    >>> found = find_patches(lots, borders(lots), pd.Series(["A", "B"], index=lots.index))
    >>> sides(found.pair, found.table)[["focal", "neighbor", "area_m2"]].values.tolist()
    [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]]
    """
    known = pair[pair["neighbor"] != NOWHERE]
    beside = known.groupby(["focal", "neighbor"])["border_m"].sum().reset_index()
    columns = {c: lookup(beside["neighbor"], table[c]) for c in ("value", "area_m2")}
    return beside.assign(**columns)


def least_outer_m(table: pd.DataFrame) -> pd.Series:
    """Length that the outer boundary of each patch has at least, known without drawing it.

    Parameters
    ----------
    table
        As `Patches` has it.

    Returns
    -------
    pandas.Series
        Metres by patch: all of the outline where there are no holes, else the circumference of
        the circle of the same area, which is the shortest.

    Examples
    --------
    >>> table = pd.DataFrame({"area_m2": [np.pi], "border_m": [9.0], "simple": [False]})
    >>> least_outer_m(table).round(6).tolist()
    [6.283185]
    """
    return table["border_m"].where(table["simple"], 2 * np.sqrt(np.pi * table["area_m2"]))


def drawn_patches(
    found: Patches, wanted: Ints, shapes: Shapes, *, crs: object, tolerance_m: float
) -> gpd.GeoDataFrame:
    """Patches as polygons, with the length of their outer boundary.

    Parameters
    ----------
    found
        From `find_patches`.
    wanted
        Numbers of patches.
    shapes
        Of all parcels.
    crs
        Of the shapes.
    tolerance_m
        A gap up to this wide inside a patch is no outer boundary.

    Returns
    -------
    geopandas.GeoDataFrame
        By patch: geometry (the union of its parcels), ``outline`` (that without such gaps) and
        ``outer_m``.

    Examples
    --------
    >>> shapes = shapely.box([0, 1], 0, [1, 2], 1)
    >>> table = pd.DataFrame({"border_m": [6.0]})
    >>> found = Patches(np.array([0, 0]), pd.DataFrame(), table)
    >>> drawn_patches(found, np.array([0]), shapes, crs=4547, tolerance_m=0.05)["outer_m"].item()
    6.0
    """
    members = np.flatnonzero(np.isin(found.patch, wanted))
    members = members[np.argsort(found.patch[members], kind="stable")]
    number, group = np.unique(found.patch[members], return_inverse=True)
    drawn = gpd.GeoDataFrame(geometry=unions(shapes[members], group), index=number, crs=crs)
    outline = drawn.geometry.copy()
    # a gap inside is walked along twice, although it is border and so not in the outline
    seams = (outline.length - found.table["border_m"].reindex(number) > tolerance_m).to_numpy()
    outline[seams] = closed(outline[seams].to_numpy(), tolerance_m=tolerance_m)
    parts = outline.explode()
    outer = shapely.length(shapely.get_exterior_ring(parts.to_numpy()))
    outer_m = pd.Series(outer, index=parts.index, dtype="float64").groupby(level=0).sum()
    return drawn.assign(outline=outline, outer_m=outer_m)


def outside(pair: pd.DataFrame, shapes: Shapes, drawn: gpd.GeoDataFrame) -> pd.DataFrame:
    """Borders on the outer boundary of each patch: not those with land in its own holes.

    Parameters
    ----------
    pair
        As `Patches` has it.
    shapes
        Of all parcels.
    drawn
        From `drawn_patches`.

    Returns
    -------
    pandas.DataFrame
        Rows of `pair` whose focal patch is drawn.

    Examples
    --------
    >>> pair = pd.DataFrame({"focal": [0], "beside": [1], "border_m": [4.0]})
    >>> ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    >>> drawn = gpd.GeoDataFrame({"outline": [ring]}, geometry=[ring])
    >>> len(outside(pair, np.array([ring, shapely.box(1, 1, 2, 2)]), drawn))
    0
    """
    pair = pair[pair["focal"].isin(drawn.index)]
    parts, owner = shapely.get_parts(drawn["outline"].to_numpy(), return_index=True)
    holed = shapely.get_num_interior_rings(parts) > 0
    owner = drawn.index.to_numpy()[owner[holed]]
    around = pair[pair["focal"].isin(owner)]
    if around.empty:
        return pair
    whole = shapely.polygons(shapely.get_exterior_ring(parts[holed]))
    pieces, row = shapely.get_parts(shapes[around["beside"]], return_index=True)
    piece, hole = shapely.STRtree(whole).query(shapely.point_on_surface(pieces), predicate="within")
    inside = np.zeros(len(pieces), dtype=bool)
    inside[piece[owner[hole] == around["focal"].to_numpy()[row[piece]]]] = True
    share = _outside_share(
        pieces, row, inside=inside, outline=drawn["outline"][around["focal"]].to_numpy()
    )
    pair = pair.assign(
        border_m=pair["border_m"].mul(pd.Series(share, around.index), fill_value=1.0)
    )
    return pair[pair["border_m"] > 0]


def _outside_share(pieces: Shapes, row: Ints, *, inside: Flags, outline: Shapes) -> Floats:
    """Part of each border that is not with pieces in a hole; of several, by what they touch."""
    count = len(outline)
    shut = np.bincount(row, weights=inside, minlength=count)
    share = np.where(shut > 0, 0.0, 1.0)
    mixed = (shut > 0) & (shut < np.bincount(row, minlength=count))
    look = mixed[row]
    touch = shapely.length(
        robust(
            shapely.intersection,
            shapely.boundary(pieces[look]),
            shapely.buffer(outline[row[look]], TOUCH_M),
        )
    )
    total = np.bincount(row[look], weights=touch, minlength=count)
    free = np.bincount(row[look], weights=touch * ~inside[look], minlength=count)
    share[mixed] = (free / np.where(total > 0, total, 1.0))[mixed]
    return share
