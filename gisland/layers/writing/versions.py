"""Versions of everything that can change a result, for the record of a run."""

from __future__ import annotations

import platform
from importlib import metadata

import pyogrio
import pyproj
import shapely

PARTS = (
    *("geopandas", "shapely", "pyogrio", "pyproj", "rasterio", "pandas", "numpy", "scipy"),
    "folium",
)


def versions() -> dict[str, str]:
    """Versions of Python, the libraries, and GEOS, GDAL and PROJ under them.

    Returns
    -------
    dict
        Version by name.

    Examples
    --------
    >>> {"python", "GEOS", "GDAL", "PROJ"} <= set(versions())
    True
    """
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PARTS},
        "GEOS": shapely.geos_version_string,
        "GDAL": pyogrio.__gdal_version_string__,
        "PROJ": pyproj.proj_version_str,
    }
