"""Write layers of a GeoPackage, the same bytes for the same tables."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import shapely

from gisland.base.errors import OutputError
from gisland.layers.writing.place import move, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd

# GeoPackage stamps each layer with the time of writing, and builds spatial indexes of large
# layers in a second thread; both would make equal tables differ in their bytes.
GDAL_OPTIONS = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",
}
SUFFIX = ".gpkg"
MULTI_OF_SINGLE = {0: (4, "MultiPoint"), 1: (5, "MultiLineString"), 3: (6, "MultiPolygon")}
SINGLE = {0: "Point", 1: "LineString", 3: "Polygon"}


def write_geopackage(path: str | Path, frames: Mapping[str, pd.DataFrame]) -> Path:
    """Write tables as the layers of one GeoPackage, whole or not at all.

    Parameters
    ----------
    path
        File to write; an earlier one is replaced.
    frames
        Tables by layer name, as `result_frame` makes them.

    Returns
    -------
    pathlib.Path
        The file, resolved.

    Raises
    ------
    OutputError
        If the name does not end in ``.gpkg``, or the file cannot be written; an earlier file stays
        as it was.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_geopackage(Path(folder) / "a.gpkg", {"t": pd.DataFrame({"x": [1]})}).name
    'a.gpkg'
    """
    target = Path(path).resolve()
    if target.suffix.lower() != SUFFIX:
        raise OutputError(f"{target} is not the name of a GeoPackage", do="let it end in .gpkg")
    if target.is_dir():
        raise OutputError(f"{target} is a folder", do="name a file")
    fresh = target.with_name(f".{target.stem}.gisland-{os.getpid()}{SUFFIX}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with gdal_options():
            for name, frame in frames.items():
                write_layer(fresh, frame, name=name, stated={})
        move(fresh, target)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise unwritable(target, error, other="file") from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    return target


@contextlib.contextmanager
def gdal_options() -> Iterator[None]:
    """Options under which equal tables have equal bytes; afterwards they are as before.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> with gdal_options():
    ...     print(pyogrio.get_gdal_config_option("OGR_CURRENT_DATE"))
    2000-01-01T00:00:00.000Z
    """
    before = {k: pyogrio.get_gdal_config_option(k) for k in GDAL_OPTIONS}
    pyogrio.set_gdal_config_options(GDAL_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def write_layer(file: Path, frame: pd.DataFrame, *, name: str, stated: Mapping[Any, str]) -> None:
    """Write one layer into a GeoPackage.

    Parameters
    ----------
    file
        The GeoPackage; it may hold other layers.
    frame
        As `result_frame` makes it.
    name
        Name of the layer.
    stated
        What its description says, by key.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.gpkg"
    ...     write_layer(file, pd.DataFrame({"x": [1]}), name="t", stated={})
    ...     pyogrio.list_layers(file)[0, 0]
    't'
    """
    taken = {c.lower() for c in frame.columns}
    options = {"FID": _free("fid", taken)}
    if stated:
        options["DESCRIPTION"] = "; ".join(f"{key}: {value}" for key, value in stated.items())
    drawn: dict[str, Any] = {}
    if isinstance(frame, gpd.GeoDataFrame):
        options["GEOMETRY_NAME"] = _free("geom", taken)
        kind, promoted = _layer_kind(frame.geometry.to_numpy())
        drawn = {"geometry_type": kind, "promote_to_multi": promoted}
    pyogrio.write_dataframe(
        frame,
        file,
        layer=name,
        driver="GPKG",
        use_arrow=True,
        append=False,
        layer_options=options,
        **drawn,
    )


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _layer_kind(shapes: np.ndarray) -> tuple[str, bool]:
    """Geometry type of a layer, and whether single parts are written as multi-part."""
    kinds = set(shapely.get_type_id(shapes).tolist()) - {-1}
    for single, (multi, name) in MULTI_OF_SINGLE.items():
        if kinds == {single}:
            return SINGLE[single], False
        if kinds and kinds <= {single, multi}:
            return name, True
    return "Unknown", False
