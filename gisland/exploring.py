"""The map of results from whatever holds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.errors import OutputError
from gisland.base.result import Result
from gisland.jobs import Done
from gisland.layers.writing.results import Results, read_results
from gisland.layers.writing.surfaces import read_surfaces
from gisland.present.webmap import folium_map

if TYPE_CHECKING:
    import folium


def explore(
    results: Result | Done | Results | str | Path, *, language: str = "", opening: str = ""
) -> folium.Map:
    """Interactive map of results: shown in a notebook, saved as one offline file, added to.

    Whatever folium has can be added, as long as it needs no network; attributes of
    ``folium.GeoJson`` are shown as text, never as markup. Layers of one's own tables are best made
    with `gisland.map_layer`.

    Parameters
    ----------
    results
        What ``gisland.run``, ``run_project`` or ``read_results`` gave, or the path of a results
        folder or GeoPackage.
    language
        ``zh`` or ``en``; by default that of the run.
    opening
        What the map shows first: ``merge_plan``, ``block_lines``, ``density``, or what stands
        behind ``#`` in the address of a map, such as ``theme=far_before&site=S1``.

    Returns
    -------
    folium.Map
        Equal results give an equal file with ``explore(…).save("map.html")``.

    Raises
    ------
    OutputError
        If there are no results, or `opening` names what the map lacks.
    ProjectError
        If there is no such language.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> from gisland import Choices, Inputs, load_rules, run
    >>> lots = gpd.GeoDataFrame(
    ...     {"site_id": ["S1", None]},
    ...     geometry=box([450_000, 450_200], 3_400_000, [450_200, 450_208], 3_400_100),
    ...     index=pd.Index(["factory", "strip"], name="parcel_id"),
    ...     crs=4547,
    ... )
    >>> result = run(Inputs(lots), Choices(load_rules("tianjin-2024"), sites_from="field"))
    >>> drawn = explore(result, language="en")
    >>> "strip" in drawn.get_root().render()
    True
    """
    if isinstance(results, str | Path):
        results = read_results(results)
    record: dict[str, Any] = {}
    if isinstance(results, Result):
        tables, surfaces = results.tables, results.surfaces
    elif isinstance(results, Done):
        tables, surfaces = results.tables, tuple(read_surfaces(results.folder))
        record = results.record
    elif isinstance(results, Results):
        tables, surfaces = dict(results.tables), tuple(read_surfaces(results.folder))
        record = dict(results.run)
    else:
        raise OutputError(
            f"explore: {type(results).__name__} is no result",
            do="give what gisland.run or gisland.read_results gave, or a folder of results",
        )
    spoken = language or record.get("language", "zh")
    return folium_map(tables, run=record, language=spoken, surfaces=surfaces, opening=opening)
