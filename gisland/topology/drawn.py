"""The parcel layer as the checks look at it: rows in an order of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gisland.base.shapes import without_empty_rings
from gisland.topology.repair import invalid_polygons, mended

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Ids = NDArray[np.object_]

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Drawn:
    """Parcels sorted by id and shape, so that neither row order nor repeated ids matter.

    Attributes
    ----------
    ids
        As text, (n,); None where an id is missing or blank.
    shapes
        As given, but for holes without points, (n,).
    sound
        Valid polygons in their place, (n,); None where there is none.
    recorded_m2
        Recorded areas, (n,); NaN where there is none.
    crs
        Of the layer.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)], index=["a"], crs=4547)
    >>> drawn_parcels(lots, mend=True).ids.tolist()
    ['a']
    """

    ids: Ids
    shapes: Geometries
    sound: Geometries
    recorded_m2: NDArray[np.float64]
    crs: pyproj.CRS

    def with_polygon(self) -> tuple[Ids, Geometries]:
        """Ids and polygons of the rows that have a valid one.

        Returns
        -------
        ids, shapes : numpy.ndarray
            In the order of the rows.

        Examples
        --------
        >>> import geopandas as gpd
        >>> shapes = [None, shapely.box(0, 0, 9, 9)]
        >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["a", "b"], crs=4547)
        >>> drawn_parcels(lots, mend=True).with_polygon()[0].tolist()
        ['b']
        """
        there = ~shapely.is_missing(self.sound)
        return self.ids[there], self.sound[there]


def drawn_parcels(parcels: gpd.GeoDataFrame, *, mend: bool) -> Drawn:
    """Bring the parcels in order and get a valid polygon for each, where there is one.

    Parameters
    ----------
    parcels
        Layer indexed by id; ids may be missing or repeated.
    mend
        Whether invalid polygons take part as they will be repaired, or not at all.

    Returns
    -------
    Drawn
        One entry for each row.

    Examples
    --------
    >>> import geopandas as gpd
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])]
    >>> lots = gpd.GeoDataFrame(geometry=shapes, index=["b", "a"], crs=4547)
    >>> drawn = drawn_parcels(lots, mend=False)
    >>> drawn.ids.tolist(), shapely.area(drawn.sound).tolist()
    (['a', 'b'], [nan, 81.0])
    """
    ids = pd.Series(parcels.index).astype("str")
    ids = ids.mask(ids.str.strip() == "").reset_index(drop=True)
    shapes = without_empty_rings(parcels.geometry.to_numpy())
    sound = shapes.copy()
    bad = invalid_polygons(shapes)
    sound[bad] = mended(shapes[bad]) if mend else None
    sound[shapely.is_empty(sound)] = None
    recorded = np.full(len(parcels), np.nan)
    if "recorded_area_m2" in parcels:
        recorded = parcels["recorded_area_m2"].to_numpy(dtype="float64", na_value=np.nan)
    wkb = np.full(len(parcels), None, dtype=object)
    tied = ids.duplicated(keep=False).to_numpy()
    wkb[tied] = shapely.to_wkb(shapes[tied], hex=True)
    keys = pd.DataFrame({"id": ids, "wkb": wkb, "recorded": recorded})
    order = keys.sort_values(["id", "wkb", "recorded"]).index.to_numpy()
    named = ids.astype("object").where(ids.notna(), None).to_numpy()
    return Drawn(named[order], shapes[order], sound[order], recorded[order], parcels.crs)


def stack_numbers(shapes: Geometries) -> NDArray[np.int64]:
    """Equal numbers for polygons that are drawn the same, up to start and direction.

    Parameters
    ----------
    shapes
        Polygons, (n,).

    Returns
    -------
    numpy.ndarray
        (n,), from 0 in the order in which they appear.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> stack_numbers(np.array([square, shapely.box(0, 0, 2, 1), shapely.reverse(square)])).tolist()
    [0, 1, 0]
    """
    drawing = shapely.to_wkb(shapely.normalize(shapely.force_2d(shapes)))
    return pd.factorize(drawing)[0].astype(np.int64)


def rows(code: str, severity: str, **columns: Iterable[object] | str) -> Rows:
    """Findings of one code, a row for each set of entries of the given columns.

    Parameters
    ----------
    code
        What is wrong.
    severity
        How bad it is: error, warning or info.
    **columns
        Entries of columns of ``schema.FINDINGS``, equally many; a text stands in every row.

    Returns
    -------
    list
        Records for ``schema.findings_frame``.

    Examples
    --------
    >>> rows("overlap", "warning", parcel_id=["a"], value=[2.0], unit="m2")
    [{'code': 'overlap', 'severity': 'warning', 'unit': 'm2', 'parcel_id': 'a', 'value': 2.0}]
    """
    same = {"code": code, "severity": severity}
    same |= {name: value for name, value in columns.items() if isinstance(value, str)}
    lists = {name: value for name, value in columns.items() if not isinstance(value, str)}
    return [
        {**same, **dict(zip(lists, row, strict=True))} for row in zip(*lists.values(), strict=True)
    ]
