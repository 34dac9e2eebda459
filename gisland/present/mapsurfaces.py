"""Density surfaces on the map: pictures within the page, one at a time, with their legends."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

from gisland.base.errors import CRSError
from gisland.base.surfaceclasses import Legend, class_numbers, legends
from gisland.present.classwords import class_labels, class_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

    from gisland.base.surfaces import Surface

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_PIXELS = 1500  # along a picture
CELL_PIXELS = 8  # along a cell, where that is not too many
EARTH_M = 6_378_137.0  # radius, in the projection of web maps
DEGREES = "EPSG:4326"
ALONG = 65  # places along an edge of the grid that are looked at for its bounds
DECIMALS = 9  # of a degree
NOWHERE = -1


def surface_data(
    surfaces: Sequence[Surface], *, crs: CRS | None, texts: Mapping[str, str]
) -> dict[str, Any]:
    """What the page needs to show density surfaces: pictures, their place and their legends.

    A picture has at most `MOST_PIXELS` along its sides and shows classes, not values. It is in
    the projection of web maps, each pixel in the class of the cell that its middle lies in.

    Parameters
    ----------
    surfaces
        All surfaces of a run, at least one, on one grid.
    crs
        Of the run.
    texts
        The catalog.

    Returns
    -------
    dict
        ``bounds`` in degrees (south-west, north-east), and ``groups`` by measure, of which each
        of the ``layers`` has its picture as a data URI and its classes.

    Raises
    ------
    CRSError
        If there is no CRS.

    Examples
    --------
    >>> from pyproj import CRS
    >>> from gisland.base.surfaces import Surface
    >>> from gisland.present.style import catalog
    >>> grid = np.array([[0.5, np.nan]])
    >>> place = (500_000.0, 3_400_000.0, 50.0)
    >>> far = Surface("far", "before", 0.0, grid, grid, grid, *place, "ratio")
    >>> found = surface_data([far], crs=CRS(4547), texts=catalog("en"))["groups"][0]
    >>> found["name"], [layer["name"] for layer in found["layers"]]
    ('FAR', ['before'])
    """
    if crs is None:
        raise CRSError("surfaces: there is no CRS", do="set the CRS of the results")
    first = surfaces[0]
    bounds, lookup = _lookup(first, crs)
    found = legends(surfaces)
    groups = []
    for measure in dict.fromkeys(s.measure for s in surfaces):
        of = [s for s in surfaces if s.measure == measure]
        layers = [_layer(s, found[s.name], lookup, texts=texts) for s in of]
        groups.append({"name": texts[f"indicator.{measure}"], "layers": layers})
    return {"title": texts["surface.title"], "none": texts["surface.none"]} | {
        "bounds": bounds,
        "groups": groups,
    }


def _layer(
    surface: Surface, legend: Legend, lookup: Ints, *, texts: Mapping[str, str]
) -> dict[str, Any]:
    number = class_numbers(surface.value, legend)
    pixels = np.where(lookup == NOWHERE, 0, number.ravel()[lookup])
    counts = np.bincount(number.ravel(), minlength=len(legend.colors) + 1)
    when = texts[f"surface.{surface.when}"]
    smooth = f"{surface.smooth_m:g}"
    if surface.smooth_m:
        when = texts["surface.smooth"].format(when=when, smooth=smooth)
    changed = surface.when == "difference"
    unit = class_unit(surface.unit, changed=changed, texts=texts)
    head = texts["surface.head_unit" if unit else "surface.head"]
    unknown = texts["surface.no_data_smooth" if surface.smooth_m else "surface.no_data"]
    labels = [*class_labels(legend, surface.unit, changed=changed, texts=texts), unknown]
    told = zip(labels, [*legend.colors, ""], np.roll(counts, -1).tolist(), strict=True)
    return {
        "id": surface.name,
        "name": when,
        "head": head.format(measure=texts[f"indicator.{surface.measure}"], when=when, unit=unit),
        "notes": list(_notes(surface, texts)),
        "classes": [{"label": t, "color": c, "count": f"{n:,}"} for t, c, n in told],
        "image": "data:image/png;base64," + base64.b64encode(_png(pixels, legend.colors)).decode(),
    }


def _notes(surface: Surface, texts: Mapping[str, str]) -> Iterator[str]:
    yield texts["surface.note"].format(cell=f"{surface.cell_m:g}")
    if surface.when != "before":
        yield texts["surface.note_far" if surface.measure == "far" else "surface.note_other"]
    if surface.smooth_m:
        yield texts["surface.note_smooth"].format(smooth=f"{surface.smooth_m:g}")


def _lookup(surface: Surface, crs: CRS) -> tuple[list[list[float]], Ints]:
    """Bounds of the picture in degrees, and the cell of each of its pixels, -1 for none."""
    rows, columns = surface.value.shape
    west, north, cell_m = surface.west, surface.north, surface.cell_m
    to_degrees = Transformer.from_crs(crs, DEGREES, always_xy=True)
    along = np.linspace(0.0, 1.0, ALONG)
    grid_x, grid_y = np.meshgrid(
        west + along * columns * cell_m, north - along * rows * cell_m, indexing="xy"
    )
    x, y = _mercator(*to_degrees.transform(grid_x.ravel(), grid_y.ravel()))
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    pixel = max(wide / (MOST_PIXELS - 1), high / (MOST_PIXELS - 1), wide / columns / CELL_PIXELS)
    across, down = math.ceil(wide / pixel), math.ceil(high / pixel)
    left, top = float(x.min()), float(y.max())
    at_x, at_y = np.meshgrid(
        left + (np.arange(across) + 0.5) * pixel, top - (np.arange(down) + 0.5) * pixel
    )
    back = Transformer.from_crs(DEGREES, crs, always_xy=True)
    own_x, own_y = back.transform(*_degrees(at_x, at_y))
    column, row = (own_x - west) // cell_m, (north - own_y) // cell_m
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    cell = np.where(inside, row * columns + column, NOWHERE).astype(np.int64)
    corner_x, corner_y = _degrees(
        np.array([left, left + across * pixel]), np.array([top - down * pixel, top])
    )
    corners = np.stack([corner_y, corner_x], axis=1).round(DECIMALS)
    return corners.tolist(), cell


def _mercator(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres in the projection of web maps."""
    return (
        EARTH_M * np.radians(lon),
        EARTH_M * np.log(np.tan(math.pi / 4 + np.radians(lat) / 2)),
    )


def _degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of places in the projection of web maps."""
    return np.degrees(x / EARTH_M), np.degrees(2 * np.arctan(np.exp(y / EARTH_M)) - math.pi / 2)


def _png(pixels: NDArray[np.uint8], colors: Sequence[str]) -> bytes:
    """Picture of classes with four bits a pixel; class 0 is transparent."""
    down, across = pixels.shape
    even = np.zeros((down, across + across % 2), dtype=np.uint8)
    even[:, :across] = pixels
    lines = np.zeros((down, even.shape[1] // 2 + 1), dtype=np.uint8)  # each begins with a filter
    lines[:, 1:] = even[:, ::2] << 4 | even[:, 1::2]
    palette = bytes(3) + bytes.fromhex("".join(c[1:] for c in colors))
    parts = (
        (b"IHDR", struct.pack(">2I5B", across, down, 4, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"tRNS", bytes(1)),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    )
    made = [
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)
