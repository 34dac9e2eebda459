"""The parcel layer as the checks look at it: rows in an order of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisland.base.schema import FINDINGS
from gisland.base.shapes import without_empty_rings
from gisland.topology.repair import invalid_polygons, mended, recorded_areas, written_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Ids = NDArray[np.object_]

Rows = list[pd.DataFrame]


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
    invalid
        Whether `shapes` has an invalid polygon, (n,).
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
    invalid: NDArray[np.bool_]
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
    named = ids.astype("object").where(ids.notna(), None).to_numpy()
    recorded = recorded_areas(parcels)
    order = written_order(named, shapes, recorded)
    return Drawn(
        named[order], shapes[order], sound[order], bad[order], recorded[order], parcels.crs
    )


def rows(
    code: str, severity: str, **columns: Sequence[object] | NDArray[Any] | pd.Series | str
) -> Rows:
    """Findings of one code.

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
        A table with these columns, for ``schema.findings_together``; none without entries.

    Examples
    --------
    >>> found = rows("overlap", "warning", parcel_id=["a"], value=[2.0], unit="m2")
    >>> found[0][["code", "layer", "parcel_id", "value", "unit"]].values.tolist()
    [['overlap', 'parcels', 'a', 2.0, 'm2']]
    """
    counts = {len(entries) for entries in columns.values() if not isinstance(entries, str)}
    if len(counts) != 1:
        raise ValueError(f"columns of {code} have {sorted(counts)} entries")
    given: dict[str, Any] = {"code": code, "severity": severity, "layer": "parcels", **columns}
    index = pd.RangeIndex(counts.pop())
    cells = {name: pd.Series(given.get(name), index, dtype=_dtype(name)) for name in FINDINGS}
    return [pd.DataFrame(cells, copy=False)] if len(index) else []


def _dtype(column: str) -> str:
    return {"value": "float64", "geometry": "object"}.get(column, "str")
