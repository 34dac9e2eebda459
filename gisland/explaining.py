"""Everything known about one parcel of a run, in words."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisland.base.errors import TableError
from gisland.layers.writing.oneparcel import REACH, read_parcel, tolerance_of
from gisland.topology.borders import borders

if TYPE_CHECKING:
    import os

    from gisland.layers.writing.results import Results


def explain(
    results: str | os.PathLike[str],
    parcel_id: str,
    *,
    language: str | None = None,
    short: bool = False,
) -> str:
    """Tell everything known about one parcel, and why it was chosen or not, as plain text.

    Parameters
    ----------
    results
        The output folder of a run, its ``results.gpkg``, or what `gisland.run_project` gave.
    parcel_id
        Id of the parcel; a whole number is taken as text.
    language
        ``zh`` or ``en``; by default that of the run.
    short
        Whether only the conclusion is told, the first section.

    Returns
    -------
    str
        Lines of at most 80 cells, for print or a terminal.

    Raises
    ------
    OutputError
        If there are no results, they cannot be read, or hold no such parcel.
    ProjectError
        If there is no such language.
    TableError
        If the id is neither text nor a whole number.

    Examples
    --------
    The sample district; of its scraps, the first that is absorbed:

    >>> import tempfile
    >>> from gisland.jobs import run_demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = run_demo(f"{folder}/out")
    ...     text = explain(done.folder, "420190002001GB00007", language="en")
    >>> for line in text.splitlines()[10:12]:
    ...     print(line)
    - Absorbed into XM02 (adjacent scrap): 966.00 m² (1.449 mu), 21.00 m of border
      with the site.
    """
    from gisland.present.explain import as_text  # noqa: PLC0415 - with the heavy ones

    told = explained_parcel(results, parcel_id, language=language)
    if short:  # the last line of the basis explains the marks of tests
        told |= {"basis": told["basis"][:-1], "sections": told["sections"][:1]}
    return as_text(told)


def explained_parcel(
    results: str | os.PathLike[str], parcel_id: str, *, language: str | None = None
) -> dict[str, Any]:
    """The parts of what `explain` tells, and the rows behind them.

    Parameters
    ----------
    results, parcel_id, language
        See `explain`.

    Returns
    -------
    dict
        What `gisland.present.explain.explained` gives; plain values only.

    Raises
    ------
    GislandError
        See `explain`.

    Examples
    --------
    >>> explained_parcel("no/such/results.gpkg", "p1")
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: no/such/results.gpkg holds no results of gisland (no such \
file); give the output folder of a run, or its results.gpkg
    """
    from gisland.present.explain import explained  # noqa: PLC0415 - with the heavy ones

    parcel_id = _one_id(parcel_id)
    found = read_parcel(results, parcel_id)
    tables = {**found.tables, "borders": borders_of(found, parcel_id)}
    told = language or found.run.get("language") or "zh"
    return explained(tables, parcel_id, run=found.run, language=told)


def _one_id(parcel_id: object) -> str:
    if isinstance(parcel_id, str):
        return str(parcel_id)
    if isinstance(parcel_id, int | np.integer) and not isinstance(parcel_id, bool):
        return str(int(parcel_id))
    plain = isinstance(parcel_id, float | list | tuple) or parcel_id is None
    found = reprlib.repr(parcel_id) if plain else f"a {type(parcel_id).__name__}"
    raise TableError(f"parcel_id is {found}", do="give one id as text")


def borders_of(found: Results, parcel_id: str) -> pd.DataFrame:
    """Borders of one parcel, traced again from it and the parcels around.

    Parameters
    ----------
    found
        From `read_parcel`.
    parcel_id
        Id of the parcel.

    Returns
    -------
    pandas.DataFrame
        As the table of borders, ``focal`` being the parcel.

    Examples
    --------
    >>> from gisland.layers.writing.results import Results
    >>> lots = gpd.GeoDataFrame(
    ...     {"parcel_id": ["a", "b"]},
    ...     geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 12, 9)],
    ...     crs=4547,
    ... )
    >>> borders_of(Results({"parcels": lots}, {}, None), "a")["border_m"].tolist()
    [9.0]
    """
    parcels = found.tables["parcels"]
    tolerance_m = tolerance_of(found.run)
    if not isinstance(parcels, gpd.GeoDataFrame):
        return pd.DataFrame({"focal": [], "neighbor": [], "border_m": []})
    lots = gpd.GeoDataFrame(parcels[["parcel_id", "geometry"]].set_index("parcel_id"))
    own = lots.geometry.loc[parcel_id]
    drawn = own is not None and not shapely.is_empty(own)
    near = lots[shapely.dwithin(lots.geometry.to_numpy(), own, REACH * tolerance_m)]
    traced = borders(near, tolerance_m=tolerance_m) if drawn else borders(lots.iloc[:0])
    table = traced.reset_index()
    return table[table["focal"] == parcel_id].reset_index(drop=True)
