"""A short look at the layers of a file: columns, kind of geometry, CRS and some rows."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj.exceptions

from gisland.base.errors import LayerError
from gisland.layers.files.archive import zipped_layers
from gisland.layers.files.opening import open_layer
from gisland.layers.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from pyproj import CRS

SAMPLE_ROWS = 500
_SAMPLED = {".gpkg", ".gdb", ".sqlite", ".fgb", ".geojson", ".json"}  # their first rows will do
_MAYBE = {".csv", ".tsv", ".txt"}  # layers, if a column holds shapes
_KINDS = {"Polygon": "polygons", "LineString": "lines", "LinearRing": "lines", "Point": "points"}
_UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyproj.exceptions.CRSError,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class Glimpse:
    """What a first look at a layer shows.

    Parameters
    ----------
    path
        File that holds it.
    layer
        Its name in a file with several layers, else None.
    name
        Its name, for people.
    rows
        How many there are in all.
    kind
        ``polygons``, ``lines``, ``points``, ``mixed`` or ``none``, in the sample.
    bounds
        West, south, east, north of all rows, in the CRS of the layer; None without geometry.
    encoding
        Of a shapefile's table, where it was found out.
    sample
        The first rows; all rows of files that hold a single layer.
    """

    path: Path
    layer: str | None
    name: str
    rows: int
    kind: str
    bounds: tuple[float, float, float, float] | None
    encoding: str | None
    sample: pd.DataFrame

    @property
    def crs(self) -> CRS | None:
        """The CRS that the file declares."""
        return self.sample.crs if isinstance(self.sample, gpd.GeoDataFrame) else None

    @property
    def columns(self) -> list[str]:
        """Names of the attribute columns, in the order of the file."""
        located = isinstance(self.sample, gpd.GeoDataFrame)
        geometry = self.sample.geometry.name if located else None
        return [str(c) for c in self.sample.columns if c != geometry]


def look(path: Path) -> list[Glimpse]:
    """Layers of a file, each with a sample of rows.

    Parameters
    ----------
    path
        Any vector file, or GeoParquet.

    Returns
    -------
    list of Glimpse
        In the order of the file.

    Raises
    ------
    LayerError
        If the file does not exist or cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> look(Path("parcels.shp"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels.shp does not exist; check the path
    """
    if not path.exists():
        raise LayerError(f"{path} does not exist", do="check the path")
    try:
        with warnings.catch_warnings():
            for told in (UserWarning, RuntimeWarning):  # a run, which reads all, reports them
                warnings.simplefilter("ignore", told)
            return _layers(path)
    except LayerError:
        raise
    except _UNREADABLE as error:
        raise LayerError(
            f"{path} cannot be read as a layer: {' '.join(str(error).split())}",
            do="give a vector file such as .shp (with .shx and .dbf), .gpkg, .geojson or .parquet",
        ) from error


def look_whole(path: Path, *, layer: str | None = None) -> Glimpse:
    """A layer with all its rows, read as a run reads it: its encoding takes all the texts.

    Parameters
    ----------
    path
        Any vector file.
    layer
        Its name in a file with several layers.

    Returns
    -------
    Glimpse
        Its sample is the whole layer.

    Raises
    ------
    LayerError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "points.geojson"
    >>> gpd.GeoSeries.from_xy([0.0, 1.0], [0.0, 1.0], crs=4326).to_file(file)
    >>> look_whole(file).rows
    2
    >>> folder.cleanup()
    """
    opened = open_layer(Source("layer", path.name, layer=layer), folder=path.parent)
    table, encoding = opened.table, opened.encoding.name
    bounds = _bounds(table.total_bounds)
    name = layer or path.stem
    return Glimpse(path, layer, name, len(table), _kind(table), bounds, encoding, table)


def column(glimpse: Glimpse, name: str) -> pd.Series:
    """All values of one column.

    Parameters
    ----------
    glimpse
        Layer that was looked at.
    name
        One of its columns.

    Returns
    -------
    pandas.Series
        As many as the layer has rows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "points.geojson"
    >>> points = gpd.GeoSeries.from_xy([0.0, 1.0], [0.0, 1.0], crs=4326)
    >>> gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=points).to_file(file)
    >>> column(look(file)[0], "id").tolist()
    ['a', 'b']
    >>> folder.cleanup()
    """
    if len(glimpse.sample) == glimpse.rows:
        return glimpse.sample[name]
    frame = pyogrio.read_dataframe(
        glimpse.path, layer=glimpse.layer, columns=[name], read_geometry=False
    )
    return frame[name]


def _layers(path: Path) -> list[Glimpse]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        names = zipped_layers(Source("layer", path.name), path)
        return (
            [look_whole(path, layer=name) for name in names]
            if len(names) > 1
            else [look_whole(path)]
        )
    if suffix not in _SAMPLED | _MAYBE:
        return [look_whole(path)]
    if suffix in _MAYBE:
        with contextlib.suppress(LayerError):  # then it is a table
            return [look_whole(path)]
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    return [_layer(path, name, single=len(names) == 1) for name in names]


def _layer(path: Path, name: str, *, single: bool) -> Glimpse:
    info = pyogrio.read_info(path, layer=name, force_feature_count=True, force_total_bounds=True)
    sample = pyogrio.read_dataframe(path, layer=name, max_features=SAMPLE_ROWS)
    bounds, rows = _bounds(info["total_bounds"]), int(info["features"])
    layer = None if single else name
    return Glimpse(path, layer, name, rows, _kind(sample), bounds, None, sample)


def _bounds(values: Any) -> tuple[float, float, float, float] | None:  # noqa: ANN401 - array or None
    if values is None or not np.isfinite(np.asarray(values, dtype="float64")).all():
        return None
    west, south, east, north = (float(v) for v in values)
    return west, south, east, north


def _kind(sample: pd.DataFrame) -> str:
    if not isinstance(sample, gpd.GeoDataFrame):
        return "none"
    types = sample.geometry.geom_type.dropna().str.removeprefix("Multi")
    kinds = sorted({_KINDS.get(t, "mixed") for t in types.unique()})
    return kinds[0] if len(kinds) == 1 else ("mixed" if kinds else "none")
