"""Refuse what functions are given by mistake: one clear error, before the work begins."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gisland.base.crs import require_metric
from gisland.base.errors import ProjectError, TableError, did_you_mean
from gisland.base.keys import among

if TYPE_CHECKING:
    from collections.abc import Iterable

MADE_BY = {"area_m2": "shape_facts adds it"}
ENDS = ["focal", "neighbor"]


def require_table(frame: object, *, what: str) -> None:
    """Refuse what is no table.

    Parameters
    ----------
    frame
        What was given.
    what
        Its name in the message.

    Raises
    ------
    TableError
        If it is no data frame; of a traced boundary it says where its table is.

    Examples
    --------
    >>> require_table("parcels.shp", what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: parcels is a str; give a table (a data frame of pandas)
    """
    if isinstance(frame, pd.DataFrame):
        return
    traced = isinstance(getattr(frame, "borders", None), pd.DataFrame)
    do = "give its table, boundary.borders" if traced else "give a table (a data frame of pandas)"
    raise TableError(f"{what} is a {type(frame).__name__}", do=do)


def require_columns(frame: pd.DataFrame, columns: Iterable[str], *, what: str) -> None:
    """Refuse a table without some columns, or with two of one name.

    Parameters
    ----------
    frame
        What was given.
    columns
        Names of columns that it must have.
    what
        Its name in the message.

    Raises
    ------
    TableError
        If it is no table, or has a column not once.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"Owner": ["A"]}), ["owner"], what="parcels")
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: parcels: no column 'owner'; did you mean 'Owner'? known: Owner
    """
    require_table(frame, what=what)
    for name in columns:
        if name not in frame:
            do = MADE_BY.get(name) or did_you_mean(name, frame.columns)
            raise TableError(f"{what}: no column {name!r}", do=do)
        if frame.columns.tolist().count(name) > 1:
            raise TableError(f"{what}: several columns are named {name!r}", do="rename all but one")


def require_layer(frame: pd.DataFrame, columns: Iterable[str] = (), *, what: str) -> None:
    """Refuse a layer without some columns, or whose coordinates are not metres.

    Parameters
    ----------
    frame
        What was given.
    columns
        Names of columns that it must have, besides geometry.
    what
        Its name in the message.

    Raises
    ------
    TableError
        If it is no table, or has a column not once.
    GeometryError
        If it has no geometry.
    CRSError
        If the CRS is missing or not metric.

    Examples
    --------
    >>> require_layer(gpd.GeoDataFrame(geometry=[], crs=4326), what="buildings")
    Traceback (most recent call last):
    ...
    gisland.base.errors.CRSError: buildings: EPSG:4326 is not metric (geographic, in degrees); \
reproject first, or set [project] crs to a metric code such as EPSG:4547
    """
    require_columns(frame, columns, what=what)
    require_metric(frame, what=what)


def require_attribute(parcels: pd.DataFrame, attribute: object) -> None:
    """Refuse an attribute that is not the name of one column of values.

    Parameters
    ----------
    parcels
        What was given.
    attribute
        Likewise.

    Raises
    ------
    TableError
        If it is no text, no column, or the column of the geometry.

    Examples
    --------
    >>> require_attribute(pd.DataFrame({"owner": ["A"]}), ["owner"])
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: attribute is ['owner']; give one column, such as 'owner'
    """
    if not isinstance(attribute, str):
        shown = repr(attribute) if attribute is None or isinstance(attribute, list | tuple) else ""
        raise TableError(
            f"attribute is {shown or f'a {type(attribute).__name__}'}",
            do="give one column, such as 'owner'",
        )
    require_columns(parcels, [attribute], what="parcels")
    if isinstance(parcels[attribute].dtype, gpd.array.GeometryDtype):
        raise TableError(
            f"attribute is {attribute!r}, the geometry", do="give one column, such as 'owner'"
        )


def require_borders(borders: pd.DataFrame, *, parcel_ids: pd.Index | None = None) -> None:
    """Refuse what is no table of borders.

    Parameters
    ----------
    borders
        What was given.
    parcel_ids
        Ids that it may name; by default any.

    Raises
    ------
    TableError
        If it is no table, is not indexed by focal and neighbor, has no ``border_m``, or names
        other parcels.

    Examples
    --------
    >>> require_borders(pd.DataFrame({"focal": ["a"], "neighbor": ["b"], "border_m": [9.0]}))
    Traceback (most recent call last):
    ...
    gisland.base.errors.TableError: borders: the index is not focal, neighbor; give the table as \
gisland.borders returns it
    """
    require_table(borders, what="borders")
    index = borders.index
    if not isinstance(index, pd.MultiIndex) or list(index.names) != ENDS:
        raise TableError(
            "borders: the index is not focal, neighbor",
            do="give the table as gisland.borders returns it",
        )
    require_columns(borders, ["border_m"], what="borders")
    if parcel_ids is None:
        return
    # what no row uses any more is still in the levels of a table that was cut
    if all(among(level, parcel_ids).all() for level in index.levels):
        return
    used = index.remove_unused_levels().levels
    unknown = {i for level in used for i in level[~among(level, parcel_ids)]}
    if unknown:
        raise TableError(
            "borders: some ids are not among the parcels",
            do="give borders and parcels of the same table",
            ids=sorted(unknown, key=str),
        )


def require_share(value: Any, *, name: str) -> None:  # noqa: ANN401 - looked at here
    """Refuse a share that is no number from 0 to 1.

    Parameters
    ----------
    value
        What was given.
    name
        Its name in the message.

    Raises
    ------
    ProjectError
        If it is no number, below 0 or above 1.

    Examples
    --------
    >>> require_share(75, name="enclave_share")
    Traceback (most recent call last):
    ...
    gisland.base.errors.ProjectError: enclave_share is 75; give a number from 0 to 1
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise ProjectError(f"{name} is {value!r}", do="give a number from 0 to 1")
