"""Maps of any table: layers of one's own on the map of a run, or on an empty one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from gisland.base.errors import CRSError, OutputError, TableError
from gisland.present.bilingual import Bilingual
from gisland.present.elements import DataLayer
from gisland.present.mapfeatures import ID, Features, Rows, is_drawn, is_spatial
from gisland.present.maplayers import Plan, made_layer
from gisland.present.ownclasses import classes_of, one_class
from gisland.present.owncolumns import own_columns, own_text, own_texts
from gisland.present.webmap import framed
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gisland.present.maplayers import MapLayer

PLAN = Plan(rank=20, order=-1, show=True)  # above the layers of a run, and told of first
NORTHERNMOST = 85.05  # of the web map
OWN = "own"


class OwnLayer(DataLayer):
    """Layer of any table, to be added to a map of gisland; made by `map_layer`.

    Parameters
    ----------
    layer
        What to draw.
    name
        Of the layer.
    notes
        What is told of it below the title of the map.
    """

    def __init__(self, layer: MapLayer, *, name: str, notes: tuple[str, ...]) -> None:
        super().__init__(layer, name=name)
        self._id = f"{id(self):x}"  # until its place on the map is known
        self.notes = notes

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put the layer into the page, numbered among its like.

        Parameters
        ----------
        **kwargs
            Passed on, as branca does.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.

        Raises
        ------
        OutputError
            If it stands on anything but a map of gisland.
        """
        above = self._parent
        if not isinstance(above, folium.Map) or "script_main" not in above._children:  # noqa: SLF001
            raise OutputError(
                f"map: layer {self.plain_name!r} stands on no map of gisland",
                do="add it to what gisland.explore(…) or gisland.blank_map(…) gives",
            )
        like = [c for c in above._children.values() if isinstance(c, OwnLayer)]  # noqa: SLF001
        self._id = f"{OWN}{next(i for i, c in enumerate(like) if c is self) + 1}"
        self.layer = replace(self.layer, id=self._id, head={**self.layer.head, "id": self._id})
        return super().render(**kwargs)


def blank_map(*, title: str = "", language: str = "zh") -> folium.Map:
    """Empty map with gisland's page around it, to add layers to.

    Parameters
    ----------
    title
        Any text.
    language
        ``zh`` or ``en``, in which the page opens.

    Returns
    -------
    folium.Map
        To be saved, or shown in a notebook. It opens where the layers of `map_layer` lie.

    Raises
    ------
    ProjectError
        If there is no such language.

    Examples
    --------
    >>> blank_map(title="A <b>", language="en").get_root().page_title
    'A <b>'
    """
    texts = Bilingual()
    told = own_text(title) or texts["map.title"]
    data: dict[str, Any] = {
        "title": told,
        "summary": [],
        "lines": [],
        "notes": [],
        "order": [],
        "bounds": None,
    }
    return framed([], data, texts=texts, language=language)


def map_layer(
    frame: gpd.GeoDataFrame,
    *,
    name: str,
    columns: Sequence[str] | None = None,
    color_by: str | None = None,
) -> OwnLayer:
    """Layer of any table with geometry, drawn fast, with popup, legend and search.

    Parameters
    ----------
    frame
        Polygons, lines or points with a CRS. Rows without geometry are counted on the map.
    name
        Of the layer; any text.
    columns
        Told in popups and searched; all but geometry where None.
    color_by
        A column. Numbers give up to five classes of about equal counts, named by the smallest and
        largest number in them; of other values the most frequent nine have a color each.

    Returns
    -------
    OwnLayer
        To be added to `gisland.explore` or `blank_map`: ``layer.add_to(drawn)``.

    Raises
    ------
    TableError
        If it is no table with geometry, or has no such column, or nothing to draw.
    CRSError
        If there is no CRS, or places lie outside of it.

    Examples
    --------
    >>> from shapely import Point
    >>> wells = gpd.GeoDataFrame({"depth": [3.5]}, geometry=[Point(114, 30)], crs=4326)
    >>> map_layer(wells, name="Wells", color_by="depth").layer.bounds
    (114.0, 30.0, 114.0, 30.0)
    """
    name = own_text(name)
    rows = _drawn(frame, name)
    shown = [_column(rows, c, name=name) for c in _names(rows, columns)]
    texts = Bilingual().ui
    codes, kinds = one_class(len(rows), texts=texts)
    if color_by is not None:
        codes, kinds = classes_of(_column(rows, color_by, name=name), texts=texts)
    told = Rows(
        kind=OWN,
        title=f"{name} · {ID}",
        ids=_titles(shown, len(rows), texts=texts),
        badges=[kinds[c].label if color_by is not None else "" for c in codes],
        columns=own_columns(shown, texts=texts),
    )
    features = Features(_degrees(rows.geometry, name), codes, [], [{}] * len(rows), rows=told)
    layer = made_layer(OWN, features, kinds=kinds, name=name, plan=PLAN)
    layer.head["own"] = True
    if color_by is not None:
        layer.head["themes"][0]["name"] = f"{name} · {own_text(color_by)}"
    missing = len(frame) - len(rows)
    note = texts["not_drawn_of"].format(layer=name, count=f"{missing:,}")
    return OwnLayer(layer, name=name, notes=(note,) if missing else ())


def _drawn(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    if not is_spatial(frame):
        raise TableError(f"{name}: this is no table with geometry", do="give a GeoDataFrame")
    if frame.crs is None:
        raise CRSError(f"{name}: the table has no CRS", do="give it one with frame.set_crs(…)")
    rows = frame[is_drawn(frame)]
    if rows.empty:
        raise TableError(f"{name}: no row has a geometry", do="give a table with something to draw")
    return rows


def _degrees(geometry: gpd.GeoSeries, name: str) -> gpd.GeoSeries:
    """Geometry in degrees, if the web map can show it."""
    made = geometry.to_crs("EPSG:4326")
    west, south, east, north = made.total_bounds
    within = np.isfinite(made.bounds.to_numpy()).all() and west >= -180 and east <= 180  # noqa: PLR2004
    if not within or south < -NORTHERNMOST or north > NORTHERNMOST:
        raise CRSError(
            f"{name}: places lie off the map ({west:.6g} {south:.6g} {east:.6g} {north:.6g})",
            do="look at the CRS of the table and at its coordinates",
        )
    return made


def _names(rows: gpd.GeoDataFrame, columns: Sequence[str] | None) -> list[Any]:
    if isinstance(columns, str):
        raise TableError(f"columns is {columns!r}", do="give a list of names")
    if columns is not None:
        return list(columns)
    kinds = zip(rows.columns, rows.dtypes, strict=True)
    return list(dict.fromkeys(c for c, kind in kinds if kind != "geometry"))


def _column(rows: gpd.GeoDataFrame, column: Any, *, name: str) -> pd.Series:  # noqa: ANN401 - any name
    places = [i for i, c in enumerate(rows.columns) if c == column]
    if not places:
        raise TableError(
            f"{name}: there is no column {column!r}",
            do=f"use one of {', '.join(map(visible, rows.columns))}",
        )
    return pd.DataFrame(rows).iloc[:, places[0]]


def _titles(shown: Sequence[pd.Series], count: int, *, texts: Mapping[str, str]) -> list[str]:
    """The first column of texts names a feature; where it holds nothing, the row does."""
    rows = [texts["numbered"].format(n=f"{i + 1:,}") for i in range(count)]
    worded = [c for c in shown if pd.api.types.infer_dtype(c, skipna=True) == "string"]
    if not worded:
        return rows
    return [t or row for t, row in zip(own_texts(worded[0], texts=texts), rows, strict=True)]
