"""What block lines, parks and zones are proved from: parts of land in areas, and their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.schema import OVERALL
from gisland.verify.facts import AREA_M2, RELATIVE, differs, violations
from gisland.verify.overlays import overlay, valid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.verify.facts import Facts, Violation

RATIO = 1e-6  # of shares and ratios
CUT = 0.01  # a line cuts a parcel of which this share lies on either side


def parts_in(land: pd.DataFrame, areas: gpd.GeoSeries) -> pd.DataFrame:
    """Parts of parcels that lie in areas.

    Parameters
    ----------
    land
        `Facts.land`, or some of its rows.
    areas
        Polygons by id; missing and invalid ones hold nothing.

    Returns
    -------
    pandas.DataFrame
        ``area_id``, ``parcel_id``, ``share`` of the parcel in the plane and ``inside_m2``, its
        area times that; pairs without common area are absent.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> land = example_facts().land
    >>> half = gpd.GeoSeries(shapely.intersection(land["shape"].to_numpy(), land["shape"].iloc[0]))
    >>> parts_in(land, half)[["parcel_id", "share"]].values.tolist()
    [['a', 1.0]]
    """
    drawn = areas.to_numpy()
    drawn = np.where(shapely.is_valid(drawn), drawn, None)
    shapes = land["shape"].to_numpy()
    i, j = shapely.STRtree(shapes).query(drawn, predicate="intersects")
    shapely.prepare(drawn)
    whole = shapely.covers(drawn[i], shapes[j])
    inside = land["plane_m2"].to_numpy()[j]
    cut = overlay(shapely.intersection, drawn[i][~whole], shapes[j][~whole])
    inside[~whole] = shapely.area(cut)
    share = np.minimum(inside / land["plane_m2"].to_numpy()[j], 1.0)
    rows = pd.DataFrame(
        {
            "area_id": areas.index.to_numpy()[i],
            "parcel_id": land.index.to_numpy()[j],
            "share": share,
            "inside_m2": share * land["area_m2"].to_numpy()[j],
        }
    )
    rows = rows[rows["share"] > 0].sort_values(["area_id", "parcel_id"], ignore_index=True)
    return rows.join(land.drop(columns=["shape", "plane_m2"]), on="parcel_id")


def united(areas: gpd.GeoSeries) -> gpd.GeoSeries:
    """All areas as one, named ``overall``; invalid ones left out.

    Parameters
    ----------
    areas
        Polygons by id.

    Returns
    -------
    geopandas.GeoSeries
        Of one row.

    Examples
    --------
    >>> united(gpd.GeoSeries([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])).area.to_dict()
    {'overall': 3.0}
    """
    shapes = areas.to_numpy()
    whole = overlay(shapely.union_all, valid(shapes[shapely.is_valid(shapes)]))
    return gpd.GeoSeries([whole], index=pd.Index([OVERALL]), crs=areas.crs)


def unequal(
    table: pd.DataFrame,
    expected: Mapping[str, pd.Series],
    *,
    code: str,
    what: str,
    slack: float = RELATIVE,
) -> list[Violation]:
    """Numbers of a table that are not what was summed up.

    Parameters
    ----------
    table
        By the name under which a row is told.
    expected
        Right numbers by column, on the index of `table`; areas (``_m2``) and all else.
    code
        Stable name of the proof.
    what
        Name of the table in the message.
    slack
        Relative difference that areas may have, beside 0.01 m².

    Returns
    -------
    list of Violation
        One for each column that is wrong somewhere.

    Examples
    --------
    >>> table = pd.DataFrame({"land_m2": [1.0, 2.0]}, index=["L1", "L2"])
    >>> right = {"land_m2": pd.Series([1.0, 3.0], index=table.index)}
    >>> [str(v) for v in unequal(table, right, code="block_sum", what="block_lines")]
    ['block_sum: block_lines: land_m2 is not what the parcels give: L2']
    """
    found = []
    for column, values in expected.items():
        area = column.endswith(("_m2", "_mu"))
        wrong = differs(
            table[column].astype("Float64").astype("float64"),
            values.astype("float64"),
            absolute=AREA_M2 if area else RATIO,
            relative=slack if area else RATIO,
        )
        text = f"{what}: {column} is not what the parcels give"
        found += violations(code, text, table.index[wrong])
    return found


def missing_tables(
    facts: Facts, first: str, *, others: tuple[str, ...], code: str
) -> list[Violation]:
    """Tables that are written with another one, but are not there.

    Parameters
    ----------
    facts
        From `gather`.
    first
        The table that announces the others.
    others
        Their names.
    code
        Stable name of the proof.

    Returns
    -------
    list of Violation
        Empty or of one.

    Examples
    --------
    >>> from gisland.verify.example import example_facts
    >>> found = missing_tables(example_facts(), "parcels", others=("zones",), code="table_missing")
    >>> [str(v) for v in found]
    ['table_missing: tables that are written with parcels are not there: zones']
    """
    absent = [name for name in others if name not in facts.tables]
    return violations(code, f"tables that are written with {first} are not there", absent)


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Part of a whole; missing where there is none of the whole.

    Parameters
    ----------
    part, whole
        Numbers on the same index.

    Returns
    -------
    pandas.Series
        On the same index.

    Examples
    --------
    >>> ratio(pd.Series([1.0, 0.0]), pd.Series([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    return part / whole.where(whole > 0)
