"""What a layer of the map is made of: drawn rows with class, key and popup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from gisland.present.wording import visible

if TYPE_CHECKING:
    import pandas as pd

    from gisland.present.mapcolumns import Columns
    from gisland.present.mapthemes import Theme
    from gisland.present.popups import Popup
    from gisland.present.style import Look


ID = "\0"  # in titles, the place of the id


@dataclass(frozen=True)
class Kind:
    """One class of a layer, as the legend shows it."""

    label: str
    look: Look
    tag: str = ""


@dataclass(frozen=True)
class Features:
    """Rows of one layer: each with its class, the key of the thing it shows and its popup."""

    geometry: gpd.GeoSeries
    codes: list[str]
    keys: list[str]  # none where rows have ids
    popups: list[Popup]
    names: tuple[str, ...] = ()  # written into the features, where there are any
    rows: Rows | None = None
    themes: tuple[Theme, ...] = ()
    sites: tuple[tuple[str, ...], ...] | None = None  # of each feature; None: sites do not matter


@dataclass(frozen=True)
class Rows:
    """What popups share where a layer has one for each row of a large table.

    Parameters
    ----------
    kind
        What the rows are: with an id, the key of a feature, as `keys` makes them.
    title
        Of all popups, with `ID` in the place of the id.
    ids
        One for each feature.
    badges
        One for each feature.
    columns
        What block ``["columns"]`` stands for, and all that a popup without blocks tells.
    """

    kind: str
    title: str
    ids: list[str]
    badges: list[str]
    columns: Columns


Made = tuple["Features | None", dict[str, Kind]]


def drawn_rows(frame: pd.DataFrame | None, column: str) -> gpd.GeoDataFrame | None:
    """Rows that can be drawn, in the order of their ids.

    Parameters
    ----------
    frame
        A result table, or None where the analysis was not run.
    column
        The ids.

    Returns
    -------
    geopandas.GeoDataFrame or None
        None where there are none.

    Examples
    --------
    >>> drawn_rows(None, "parcel_id") is None
    True
    """
    if frame is None or not is_spatial(frame):
        return None
    rows = frame[is_drawn(frame)].sort_values(column, kind="stable")
    return rows if len(rows) else None


def is_spatial(frame: pd.DataFrame | None) -> bool:
    """Whether a table has geometry.

    Parameters
    ----------
    frame
        A result table, or None.

    Returns
    -------
    bool
        False for None.

    Examples
    --------
    >>> is_spatial(None), is_spatial(gpd.GeoDataFrame(geometry=[None]))
    (False, True)
    """
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def is_drawn(frame: Any) -> pd.Series:  # noqa: ANN401 - a table with geometry
    """Which rows of a table have a geometry.

    Parameters
    ----------
    frame
        A table with geometry.

    Returns
    -------
    pandas.Series
        Bool.

    Examples
    --------
    >>> is_drawn(gpd.GeoDataFrame(geometry=[None])).tolist()
    [False]
    """
    return ~(frame.geometry.isna() | frame.geometry.is_empty)


def keys(kind: str, ids: pd.Series) -> list[str]:
    """Names by which the page tells features apart.

    Parameters
    ----------
    kind
        What they show; a thing that two layers show has one key in both.
    ids
        Ids.

    Returns
    -------
    list of str
        One for each id.

    Examples
    --------
    >>> import pandas as pd
    >>> keys("site", pd.Series(["S1"]))
    ['site:S1']
    """
    return [f"{kind}:{visible(i)}" for i in ids]
