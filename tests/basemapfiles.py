"""A small picture of the ground with a white cross at a known place: as GeoTIFF and as tiles."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, reproject

from maptables import CRS, X, Y

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 600  # pixels of one metre
CROSS = (X + 190.5, Y + 90.5)
GROUND = (40, 90, 60)
WORLD = 20_037_508.342789244  # half the width of the map of the world, in metres
ZOOMS = (15, 16, 17)
Tile = tuple[int, int, int]


def picture() -> NDArray[np.uint8]:
    """Green ground, black in the north-west corner (nodata), and a white cross 5 m thick."""
    bands = np.zeros((3, SIDE, SIDE), np.uint8)
    bands[:] = np.array(GROUND, np.uint8)[:, None, None]
    column, row = int(CROSS[0] - X + 100), int(Y + 400 - CROSS[1])
    bands[:, row - 2 : row + 3, column - 30 : column + 31] = 255
    bands[:, row - 30 : row + 31, column - 2 : column + 3] = 255
    bands[:, :50, :50] = 0
    return bands


def write_tiff(path: Path, bands: NDArray[Any] | None = None, **more: Any) -> Path:  # noqa: ANN401
    """The picture, or another one, at its place in EPSG:4547."""
    shown = picture() if bands is None else bands
    profile = {
        "driver": "GTiff",
        "crs": CRS,
        "transform": Affine(1, 0, X - 100, 0, -1, Y + 400),
        "count": shown.shape[0],
        "height": shown.shape[1],
        "width": shown.shape[2],
        "dtype": shown.dtype,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path, "w", **(profile | more)) as file:
            file.write(shown)
    return path


def tiles(source: Path) -> Iterator[tuple[Tile, bytes]]:
    """All tiles of a GeoTIFF as PNG, rows counted from the north."""
    to_web = Transformer.from_crs(CRS, "EPSG:3857", always_xy=True)
    west, south = to_web.transform(X - 100, Y - 200)
    east, north = to_web.transform(X + 500, Y + 400)
    for zoom in ZOOMS:
        size = 2 * WORLD / 2**zoom
        for x in range(int((west + WORLD) // size), int((east + WORLD) // size) + 1):
            for y in range(int((WORLD - north) // size), int((WORLD - south) // size) + 1):
                pixel = size / 256
                place = Affine(pixel, 0, x * size - WORLD, 0, -pixel, WORLD - y * size)
                yield (zoom, x, y), _tile(source, place)


def _tile(source: Path, place: Affine) -> bytes:
    out = np.zeros((3, 256, 256), np.uint8)
    with rasterio.open(source) as file:
        reproject(
            rasterio.band(file, [1, 2, 3]),
            out,
            dst_transform=place,
            dst_crs="EPSG:3857",
            resampling=Resampling.bilinear,
        )
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open(driver="PNG", width=256, height=256, count=3, dtype="uint8") as png:
            png.write(out)
        return bytes(memory.read())


def write_folder(folder: Path, source: Path, *, ending: str = "png", tms: bool = False) -> Path:
    """Tiles as files."""
    for (zoom, x, y), content in tiles(source):
        row = 2**zoom - 1 - y if tms else y
        file = folder / str(zoom) / str(x) / f"{row}.{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    if tms:
        (folder / "tilemapresource.xml").write_text("<TileMap/>", "utf-8")
    return folder


def write_mbtiles(path: Path, source: Path, **about: str) -> Path:
    """Tiles in one file."""
    rows = [(z, x, 2**z - 1 - y, content) for (z, x, y), content in tiles(source)]
    return write_tile_rows(path, rows, **about)


def write_tile_rows(path: Path, rows: list[tuple[Any, ...]], **about: str) -> Path:
    """MBTiles of these rows."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute(
            "CREATE TABLE tiles"
            " (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)"
        )
        file.executemany("INSERT INTO metadata VALUES (?, ?)", about.items())
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    return path
