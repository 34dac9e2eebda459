"""Land of each block by use class, as a table that closes: every square metre has its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.keys import NOWHERE, positions
from gisland.base.schema import NOT_CLASSIFIED, usable
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import USE_CLASSES
from gisland.topology.graph import components
from gisland.topology.overlay import overlaps_within, robust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gisland.control.blocks.inside import Inside

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

NO_PARCEL = "no_parcel"
CLASSES = (*USE_CLASSES, NOT_CLASSIFIED, NO_PARCEL)
COLUMNS = ("lines", "block_id", "use_class", "parcels", "area_m2", "area_mu", "share")
KINDS = {"lines": "str", "area_m2": "float64", "area_mu": "float64", "share": "float64"}
ROUNDING = 1e-9  # of a parcel: smaller overlaps of two of them are none
ALL_OF_IT = 1e-8  # of a block: smaller rests are none
BASES_DIFFER = 1e-3  # by far less than that do plane and ellipsoid differ within a block


def block_uses(inside: Inside, area_m2: Floats, *, lines: str) -> pd.DataFrame:
    """Land of each block, and of all together, by use class.

    The rows of a block sum to its area within 1e-6. Where parcels overlap each other, the parts
    of those that do, as far as they hang together, are scaled down to the ground that they cover,
    so that it counts once.

    Parameters
    ----------
    inside
        Parcels laid over the blocks; their ``area_m2`` is their area on the basis of `area_m2`.
    area_m2
        Area of each group in m²; missing where a block has no usable geometry: it has no rows.
    lines
        Which set of lines this is.

    Returns
    -------
    pandas.DataFrame
        Columns of ``COLUMNS``, by block and in the order of ``CLASSES``, ``overall`` last.
        ``use_class``: also ``not_classified``, and ``no_parcel`` for ground that no parcel covers;
        only those that are there. ``parcels``: of which more than 1 % lies inside. ``share``: of
        the block, above 0 to 1.

    Examples
    --------
    >>> from gisland.control.blocks.inside import lay_inside
    >>> from shapely import box
    >>> lots = gpd.GeoDataFrame(
    ...     {"area_m2": [100.0, 100.0], "use_class": ["industrial", None]},
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)],
    ...     crs=4547,
    ... )
    >>> line = gpd.GeoDataFrame(geometry=[box(0, 0, 20, 20)], index=["L"], crs=4547)
    >>> found = block_uses(lay_inside(lots, line), np.array([400.0, 400.0]), lines="given")
    >>> found.loc[found["block_id"] == "L", ["use_class", "share"]].values.tolist()
    [['industrial', 0.25], ['not_classified', 0.25], ['no_parcel', 0.5]]
    """
    wide = len(CLASSES)
    shapes = inside.shapes
    drawn = np.where(usable(shapes), shapely.area(shapes.to_numpy()), 0.0)
    scale = _scale(inside)
    use = inside.parcels["use_class"].astype("str")
    code = positions(use, pd.Index(USE_CLASSES, dtype="str"))[inside.parcel]
    cell = inside.group * wide + np.where(code == NOWHERE, wide - 2, code)
    size = inside.groups * wide
    table = np.bincount(cell, weights=inside.land_m2 * scale, minlength=size).reshape(-1, wide)
    many = np.bincount(cell[inside.counts], minlength=size)
    table[:, -1] = _uncovered(inside, area_m2, drawn, scale=scale, covered_m2=table.sum(axis=1))
    group, use_code = np.nonzero(table > 0)
    area = table[group, use_code]
    found = pd.DataFrame(
        {
            "lines": lines,
            "block_id": inside.names[group].array,
            "use_class": pd.Index(CLASSES, dtype="str")[use_code].array,
            "parcels": pd.array(many.reshape(-1, wide)[group, use_code], dtype="Int64"),
            "area_m2": area,
            "area_mu": m2_to_mu(area),
            "share": area / area_m2[group],
        }
    )
    return found[list(COLUMNS)].astype(KINDS)


def _uncovered(
    inside: Inside, area_m2: Floats, drawn_m2: Floats, *, scale: Floats, covered_m2: Floats
) -> Floats:
    """Ground of each group that no parcel covers, so that the whole closes on any basis."""
    own = shapely.area(inside.parcels.geometry.to_numpy())[inside.parcel] * inside.share * scale
    rest = drawn_m2 - np.bincount(inside.group, weights=own, minlength=inside.groups)
    rest[rest <= ALL_OF_IT * drawn_m2] = 0.0
    about = np.divide(rest, drawn_m2, out=np.zeros(len(rest)), where=drawn_m2 > 0)
    about *= np.nan_to_num(area_m2)
    # what the areas leave is exact, unless they are on no basis of the drawn ones
    return np.clip(
        np.nan_to_num(area_m2) - covered_m2, about * (1 - BASES_DIFFER), about * (1 + BASES_DIFFER)
    )


def _scale(inside: Inside) -> Floats:
    """What each part is scaled with, so that ground of several parcels counts once."""
    scale = np.ones(len(inside.parcel))
    shapes = inside.parcels.geometry.to_numpy()
    here = np.flatnonzero(np.bincount(inside.parcel, minlength=len(shapes)))
    plain = gpd.GeoDataFrame(geometry=shapes[here], index=here, crs=inside.parcels.crs)
    pairs = overlaps_within(plain)
    least = np.minimum(*(shapely.area(shapes[pairs[end]]) for end in ("left_id", "right_id")))
    pairs = pairs[pairs["overlap_m2"] > ROUNDING * least]
    if pairs.empty:
        return scale
    label = components(pd.Index(here), pairs[["left_id", "right_id"]]).to_numpy("int64")
    together = np.bincount(label, minlength=len(shapes)) > 1
    rows = np.flatnonzero(together[label][np.searchsorted(here, inside.parcel)])
    bundle = inside.group[rows] * len(shapes) + label[np.searchsorted(here, inside.parcel[rows])]
    rows = rows[np.argsort(bundle, kind="stable")]
    _, first, many = np.unique(np.sort(bundle), return_index=True, return_counts=True)
    outer = inside.shapes.to_numpy()
    for size in np.unique(many):  # those of equal size at once
        stack = rows[first[many == size][:, None] + np.arange(size)]
        ground = robust(_all_of_rows, shapes[inside.parcel[stack]])
        held = shapely.area(robust(shapely.intersection, ground, outer[inside.group[stack[:, 0]]]))
        each = shapely.area(shapes[inside.parcel[stack]]) * inside.share[stack]
        scale[stack] = np.minimum(held / each.sum(axis=1), 1.0)[:, None]
    return scale


def _all_of_rows(
    shapes: NDArray[np.object_], grid_size: float | None = None
) -> NDArray[np.object_]:
    return shapely.union_all(shapes, axis=1, grid_size=grid_size)
