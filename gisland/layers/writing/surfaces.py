"""Density surfaces as cloud-optimised GeoTIFF, each with its legend, and how they are read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np

from gisland.base.rule import SHARE_DECIMALS
from gisland.base.surfaceclasses import Legend, legends
from gisland.base.surfaces import MEASURES, WHEN, Surface
from gisland.layers.writing.place import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproj import CRS

SURFACES = "surfaces"
BANDS = ("value", "amount", "land")
BLOCK = 256  # cells along a tile of the file
NO_DATA = "no parcel whose amount is known"
AMOUNT_UNITS = {"ratio": "m2", "share": "m2", "yuan/mu": "yuan"}
# One thread, and no time of writing: equal surfaces have equal bytes.
OPTIONS = {
    "driver": "COG",
    "dtype": "float64",
    "count": len(BANDS),
    "compress": "DEFLATE",
    "predictor": "3",
    "level": "4",  # higher ones take far longer for a hundredth less
    "blocksize": str(BLOCK),
    "overview_resampling": "average",
    "num_threads": "1",
}


def write_surfaces(folder: Path, surfaces: Iterable[Surface], *, crs: CRS | None) -> None:
    """Write each surface as ``NAME.tif`` with a style for QGIS, ``NAME.qml``, beside it.

    Parameters
    ----------
    folder
        Made if there is a surface; must not exist yet.
    surfaces
        All of a run: their legends depend on each other.
    crs
        Of the run; any metric one, also without a code.

    Raises
    ------
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> grid = np.array([[0.5, np.nan]])
    >>> far = Surface("far", "before", 0.0, grid, grid, grid, 0.0, 50.0, 50.0, "ratio")
    >>> with tempfile.TemporaryDirectory() as out:
    ...     write_surfaces(Path(out) / "surfaces", [far], crs=None)
    ...     sorted(p.name for p in (Path(out) / "surfaces").iterdir())
    ['far_before.qml', 'far_before.tif']
    """
    held = tuple(surfaces)
    if not held:
        return
    folder.mkdir()
    for name, legend in legends(held).items():
        surface = next(s for s in held if s.name == name)
        (folder / f"{name}.tif").write_bytes(surface_bytes(surface, legend=legend, crs=crs))
        (folder / f"{name}.qml").write_bytes(surface_style(surface, legend=legend).encode())


def surface_bytes(surface: Surface, *, legend: Legend, crs: CRS | None) -> bytes:
    """A surface as a cloud-optimised GeoTIFF.

    Its bands are value, amount and land, each with its unit; a cell without value is NaN, which
    is the file's nodata. In overviews a cell is the mean of those under it, also of amounts.

    Parameters
    ----------
    surface
        One surface.
    legend
        Its classes; they go into the tags.
    crs
        Of the run.

    Returns
    -------
    bytes
        The file; equal surfaces give equal bytes.

    Examples
    --------
    >>> grid = np.array([[0.5, np.nan]])
    >>> far = Surface("far", "before", 0.0, grid, grid, grid, 0.0, 50.0, 50.0, "ratio")
    >>> surface_bytes(far, legend=Legend((), ("#000000",)), crs=None)[:2]
    b'II'
    """
    from rasterio import Affine  # noqa: PLC0415 - heavy, and not always needed
    from rasterio.crs import CRS as RasterCRS  # noqa: PLC0415, N811
    from rasterio.io import MemoryFile  # noqa: PLC0415

    rows, columns = surface.value.shape
    profile = OPTIONS | {
        "height": rows,
        "width": columns,
        "nodata": float("nan"),
        "transform": Affine(surface.cell_m, 0.0, surface.west, 0.0, -surface.cell_m, surface.north),
        "crs": None if crs is None else RasterCRS.from_wkt(crs.to_wkt()),
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(np.stack([surface.value, surface.amount, surface.land]))
            file.descriptions = BANDS
            file.units = (surface.unit, AMOUNT_UNITS[surface.unit], "m2")
            file.update_tags(**_tags(surface, legend))
        content: bytes = memory.read()
    return content


def _tags(surface: Surface, legend: Legend) -> dict[str, str]:
    told = {"breaks": legend.breaks, "colors": legend.colors, "unit": surface.unit}
    return {
        "measure": surface.measure,
        "when": surface.when,
        "smooth_m": repr(float(surface.smooth_m)),
        "unit": surface.unit,
        "nodata_means": NO_DATA,
        "legend": json.dumps(told | {"classes": "from one break, included, to the next"}),
    }


def surface_style(surface: Surface, *, legend: Legend) -> str:
    """Style of a surface for QGIS, with the colors and classes of the map.

    Parameters
    ----------
    surface
        One surface.
    legend
        Its classes.

    Returns
    -------
    str
        Contents of a ``.qml`` file.

    Examples
    --------
    >>> grid = np.array([[0.5, np.nan]])
    >>> far = Surface("far", "before", 0.0, grid, grid, grid, 0.0, 50.0, 50.0, "ratio")
    >>> style = surface_style(far, legend=Legend((1.0,), ("#ffffff", "#000000")))
    >>> 'label="&lt; 1 ratio"' in style
    True
    """
    # QGIS counts a break to the class below it, and nothing is rounded there
    ends = [*(repr(b - 0.5 * 10.0**-SHARE_DECIMALS) for b in legend.breaks), "inf"]
    bounds = [f"{b:.12g}" for b in legend.breaks]
    labels = [
        f"{low} – {high}" if low and high else f"< {high}" if high else f"≥ {low}"
        for low, high in zip(["", *bounds], [*bounds, ""], strict=True)
    ]
    items = "\n".join(
        f'        <item value="{end}" color="{color}" alpha="255"'
        f" label={quoteattr(f'{label} {surface.unit}')}/>"
        for end, color, label in zip(ends, legend.colors, labels, strict=True)
    )
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1">
    <rastershader>
      <colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0">
{items}
      </colorrampshader>
    </rastershader>
    </rasterrenderer>
  </pipe>
</qgis>
"""


def read_surfaces(folder: str | Path) -> tuple[Surface, ...]:
    """Read back the surfaces of a run.

    Parameters
    ----------
    folder
        Output folder of a run.

    Returns
    -------
    tuple of Surface
        In the order in which `density_surfaces` makes them; empty where none were written.

    Raises
    ------
    OutputError
        If a file cannot be read as a surface.

    Examples
    --------
    >>> read_surfaces("no/such/folder")
    ()
    """
    files = {p.stem: p for p in Path(folder).joinpath(SURFACES).glob("*.tif")}
    names = (f"{m}_{w}{smooth}" for m in MEASURES for smooth in ("", "_smooth") for w in WHEN)
    return tuple(_read(files[name]) for name in names if name in files)


def _read(path: Path) -> Surface:
    import rasterio  # noqa: PLC0415 - heavy, and not always needed

    try:
        with rasterio.open(path) as file:
            value, amount, land = file.read()
            tags, place = file.tags(), file.transform
        told = (tags["measure"], tags["when"], float(tags["smooth_m"]))
        unit = tags["unit"]
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(path, error) from error
    return Surface(*told, value, amount, land, place.c, place.f, place.a, unit)
