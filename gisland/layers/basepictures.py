"""Georeferenced pictures as one image in the projection of web maps, to go into a page."""

from __future__ import annotations

import base64
import math
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gisland.base.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio import Affine

    Bands = NDArray[np.float32]
    Flags = NDArray[np.bool_]

MOST_PIXELS = 3000  # along a picture
WEB = "EPSG:3857"
WORLD_M = 20_038_000.0  # half the side of the square that web maps show
QUALITY = 80
STRETCH = (2.0, 98.0)  # percentiles that become black and white
DECIMALS = 9  # of a degree
_COLORS = 3


class Picture(NamedTuple):
    """An image in a page."""

    uri: str
    bounds: tuple[float, float, float, float]  # west, south, east, north in degrees
    notes: tuple[str, ...]


def read_picture(path: Path) -> Picture:
    """A georeferenced picture as a data URI, at most `MOST_PIXELS` along its sides.

    Parameters
    ----------
    path
        A GeoTIFF or another raster in any CRS: grey, colors, or colors by a palette; nodata,
        masks and alpha become transparent.

    Returns
    -------
    Picture
        With the notes ``shrunk``, ``stretched`` (values were not bytes) and ``bands`` (only the
        first three are shown) where they hold.

    Raises
    ------
    LayerError
        If it is no raster, has no place on earth, or holds no picture.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_picture(Path("no.tif"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: base map no.tif cannot be read as a picture; check that it is \
a whole GeoTIFF
    """
    import rasterio  # noqa: PLC0415 - heavy, and not always needed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                _require_place(file, path)
                bands, seen, transform, notes = _pixels(file, path)
                crs = file.crs
        rgba, transform = _warped(bands, seen, transform, crs=crs)
        return Picture(_uri(rgba), _bounds(rgba, transform), notes)
    except (rasterio.errors.RasterioError, rasterio.errors.CRSError) as error:
        raise LayerError(
            f"base map {path} cannot be read as a picture", do="check that it is a whole GeoTIFF"
        ) from error


def _require_place(file: Any, path: Path) -> None:  # noqa: ANN401 - rasterio is not typed
    if file.crs is None or file.transform.is_identity:
        raise LayerError(
            f"base map {path} does not say where on earth it lies",
            do="give a GeoTIFF with coordinate system and place, or set them (gdal_translate)",
        )
    if not file.transform.is_rectilinear:
        raise LayerError(f"base map {path} is rotated", do="warp it north up (gdalwarp)")
    if np.dtype(file.dtypes[0]).kind not in "uif":
        raise LayerError(
            f"base map {path} holds {file.dtypes[0]} values", do="give a picture of real numbers"
        )


def _pixels(file: Any, path: Path) -> tuple[Bands, Flags, Affine, tuple[str, ...]]:  # noqa: ANN401 - see above
    """Colors from 0 to 255 (three bands), which pixels are there, their place, and notes."""
    from rasterio import Affine  # noqa: PLC0415 - heavy
    from rasterio.enums import ColorInterp, Resampling  # noqa: PLC0415

    factor = max(1.0, max(file.width, file.height) / MOST_PIXELS)
    wide, high = max(1, round(file.width / factor)), max(1, round(file.height / factor))
    inks = [
        i for i, c in zip(file.indexes, file.colorinterp, strict=True) if c != ColorInterp.alpha
    ]
    used = inks[:_COLORS] if len(inks) >= _COLORS else inks[:1]
    if not used:
        raise LayerError(f"base map {path} holds no colors", do="give a picture")
    palette = file.colorinterp[0] == ColorInterp.palette
    how = Resampling.average if factor > 1 and not palette else Resampling.nearest
    values = file.read(used, out_shape=(len(used), high, wide), resampling=how)
    seen = file.dataset_mask(out_shape=(high, wide)) > 0
    notes = ["shrunk"] if factor > 1 else []
    if len(inks) > len(used):
        notes.append("bands")
    if palette:
        table = np.zeros((256, 4))
        for value, color in file.colormap(1).items():
            table[value] = color
        seen &= table[values[0]][..., 3] > 0
        values = np.moveaxis(table[values[0]][..., :_COLORS], 2, 0)
    bands = values.astype(np.float32)
    seen &= np.isfinite(bands).all(axis=0)
    if not seen.any():
        raise LayerError(f"base map {path} is empty", do="give a picture that shows something")
    if not palette and file.dtypes[0] != "uint8":
        notes.append("stretched")
        low, top = np.percentile(bands[:, seen], STRETCH)
        bands = (bands - low) * (255 / max(top - low, np.finfo(np.float32).tiny))
    bands = np.clip(np.where(seen, bands, 0), 0, 255)
    own = file.transform  # north up, as required
    place = Affine(own.a * file.width / wide, 0, own.c, 0, own.e * file.height / high, own.f)
    return np.broadcast_to(bands, (_COLORS, high, wide)), seen, place, tuple(notes)


def _warped(
    bands: Bands, seen: Flags, transform: Affine, *, crs: object
) -> tuple[NDArray[np.uint8], Affine]:
    """Red, green, blue and alpha in the projection of web maps."""
    from rasterio import Affine  # noqa: PLC0415 - heavy
    from rasterio.enums import Resampling  # noqa: PLC0415
    from rasterio.warp import reproject, transform_bounds  # noqa: PLC0415

    high, wide = seen.shape
    west, south, east, north = transform_bounds(crs, WEB, *_edges(seen.shape, transform))
    if not all(-WORLD_M <= edge <= WORLD_M for edge in (west, south, east, north)):
        raise LayerError(
            "a base map reaches to a pole, where no web map does",
            do="cut it to the place of the map",
        )
    # About as many pixels as before, as long as they are not too many along a side.
    pixel = max(
        math.sqrt((east - west) * (north - south) / (wide * high)),
        (east - west) / MOST_PIXELS,
        (north - south) / MOST_PIXELS,
    )
    across, down = max(1, round((east - west) / pixel)), max(1, round((north - south) / pixel))
    target = Affine((east - west) / across, 0, west, 0, (south - north) / down, north)
    # What is not there must not bleed into what is: it has weight 0.
    given = np.concatenate([bands * seen, seen[np.newaxis]]).astype(np.float32)
    warped = np.zeros((_COLORS + 1, down, across), np.float32)
    reproject(
        given,
        warped,
        src_transform=transform,
        src_crs=crs,
        dst_transform=target,
        dst_crs=WEB,
        resampling=Resampling.bilinear,
        num_threads=1,
    )
    weight = warped[_COLORS]
    rgba = np.zeros(warped.shape, np.uint8)
    with np.errstate(invalid="ignore", divide="ignore"):
        colors = np.where(weight > 0, warped[:_COLORS] / weight, 0)
    rgba[:_COLORS] = np.clip(np.rint(colors), 0, 255)
    rgba[_COLORS] = np.where(weight >= 1 / 2, 255, 0)
    return rgba, target


def _uri(rgba: NDArray[np.uint8]) -> str:
    """WebP where GDAL can write it, else PNG, which is larger."""
    import rasterio  # noqa: PLC0415 - heavy
    from rasterio.drivers import raster_driver_extensions  # noqa: PLC0415
    from rasterio.io import MemoryFile  # noqa: PLC0415

    webp = "webp" in raster_driver_extensions()
    options = {"driver": "WEBP", "quality": QUALITY} if webp else {"driver": "PNG"}
    _, down, across = rgba.shape
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open(
            **options, width=across, height=down, count=_COLORS + 1, dtype="uint8"
        ) as out:
            out.write(rgba)
        content = base64.b64encode(memory.read()).decode()
    return f"data:image/{options['driver'].lower()};base64,{content}"  # type: ignore[attr-defined]


def _bounds(rgba: NDArray[np.uint8], transform: Affine) -> tuple[float, float, float, float]:
    from rasterio.warp import transform as moved  # noqa: PLC0415 - heavy

    west, south, east, north = _edges(rgba.shape[1:], transform)
    (left, right), (bottom, top) = moved(WEB, "EPSG:4326", [west, east], [south, north])
    return (
        round(left, DECIMALS),
        round(bottom, DECIMALS),
        round(right, DECIMALS),
        round(top, DECIMALS),
    )


def _edges(shape: tuple[int, ...], transform: Affine) -> tuple[float, float, float, float]:
    """West, south, east and north of a picture with north up."""
    (high, wide), (west, north) = shape, (transform.c, transform.f)
    return west, north + high * transform.e, west + wide * transform.a, north
