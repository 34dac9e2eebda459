"""Tables of one's own in one file: GeoPackage or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gisland.base.errors import OutputError
from gisland.layers.writing.fieldcodes import inert
from gisland.layers.writing.geopackage import write_geopackage
from gisland.layers.writing.write import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping

GPKG, CSV = ".gpkg", ".csv"


def write_tables(path: str | Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    r"""Write tables into one file, whole or not at all.

    Parameters
    ----------
    path
        File to write: ``.gpkg`` has a layer for each table and keeps geometry, ``.csv`` (UTF-8
        with a mark that Excel knows) is the first table alone. An earlier file is replaced.
    tables
        By name; their index is not written.

    Returns
    -------
    pathlib.Path
        The file, resolved. Text that a spreadsheet would take for a formula stays text: in a CSV
        an apostrophe stands before it.

    Raises
    ------
    OutputError
        If the name has another ending, nothing is given, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_tables(Path(folder) / "a.csv", {"t": pd.DataFrame({"x": ["=1+1"]})})
    ...     file.read_text("utf-8-sig")
    "x\n'=1+1\n"
    """
    target = Path(path)
    ending = target.suffix.lower()
    if not tables:
        raise OutputError(f"{target}: there are no tables to write", do="give at least one")
    if ending == GPKG:
        return write_geopackage(target, {n: t.reset_index(drop=True) for n, t in tables.items()})
    if ending == CSV:
        first = _undrawn(next(iter(tables.values())))
        text = _without_formulas(first).to_csv(index=False, lineterminator="\n")
        return write_file(target, text.encode("utf-8-sig"))
    raise OutputError(f"{target} is no name of tables", do=f"let it end in {GPKG} or {CSV}")


def _undrawn(table: pd.DataFrame) -> pd.DataFrame:
    """The table without its columns of geometry."""
    drawn = [c for c in table if isinstance(table[c].dtype, gpd.array.GeometryDtype)]
    return pd.DataFrame(table.drop(columns=drawn))


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before texts that would be run, names of columns too."""
    safe = table.copy()
    for name, values in table.items():
        if values.dtype.kind == "O":  # texts and categories of them
            safe[name] = values.astype("object").map(inert, na_action="ignore")
    return safe.rename(columns=inert)
