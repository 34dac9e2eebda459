"""Peak memory of reading and checking layers that are large in one way or another."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from shapely import box

from real_layers import measured

if TYPE_CHECKING:
    from collections.abc import Iterator


class Measured(NamedTuple):
    """One layer: its name, its rows, the numbers in words, and the fault if it failed."""

    name: str
    rows: int
    numbers: str
    fault: str


def holed(vertices: int, holes: int) -> shapely.Polygon:
    """A disc of so many vertices, with square holes in rows."""
    middle = np.array([500_000.0, 3_400_000.0])
    turn = np.linspace(0, 2 * np.pi, vertices - 4 * holes, endpoint=False)
    shell = middle + np.column_stack([np.cos(turn), np.sin(turn)]) * 2000
    side = int(np.ceil(np.sqrt(holes)))
    corner = (
        middle - 1200 + 100 * np.column_stack([np.arange(holes) % side, np.arange(holes) // side])
    )
    square = np.array([(0, 0), (0, 40), (40, 40), (40, 0)])
    return shapely.Polygon(shell, [square + at for at in corner])


def huge_layer() -> gpd.GeoDataFrame:
    """One polygon of 50 000 vertices and 500 holes, a parcel in each, and 1 500 beside it."""
    street = holed(50_000, 500)
    lots = [shapely.Polygon(ring) for ring in street.interiors]
    corners = [(503_000 + 30 * (i % 50), 3_400_000 + 30 * (i // 50)) for i in range(1500)]
    lots += [box(x, y, x + 30, y + 30) for x, y in corners]
    return gpd.GeoDataFrame(geometry=[street, *lots], crs=4547)


def many_texts(count: int) -> gpd.GeoDataFrame:
    """So many small parcels with an id and an owner in Chinese each."""
    at = np.arange(count)
    side = int(np.ceil(count**0.5))
    x, y = 500_000 + at % side * 10.0, 3_400_000 + at // side * 10.0
    table = {
        "ZDDM": [f"440306{i:013d}" for i in range(count)],
        "QLRMC": [f"深圳市第{i % 9999}号有限责任公司" for i in range(count)],
    }
    return gpd.GeoDataFrame(table, geometry=shapely.box(x, y, x + 8, y + 8), crs=4547)


def memory_rows(data: Path, *, count: int) -> Iterator[Measured]:
    """Peak memory of reading and checking: huge polygons, and a million rows of text."""
    huge = data / "messy" / "prepair_CLC2006_2018418.geojson"
    if huge.is_file():
        yield _memory("memory: 1 polygon of 44 051 vertices", huge, 1)
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "huge.gpkg"
        layer = huge_layer()
        layer.to_file(made)
        yield _memory("memory: 50 000 vertices and 500 holes among 2 000", made, len(layer))
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "many.shp"
        many_texts(count).to_file(made, encoding="GBK")
        made.with_suffix(".cpg").unlink()
        fields = 'fields = { parcel_id = "ZDDM", owner = "QLRMC" }'
        yield _memory(f"memory: {count} rows of text (GBK)", made, count, more=fields)


def _memory(name: str, path: Path, count: int, *, more: str = "") -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "gisland.toml"
        project.write_text(f'[layers.parcels]\npath = "{path.as_posix()}"\n{more}\n', "utf-8")
        began = time.perf_counter()
        done, peak = measured("check", project, "--json")
        seconds = time.perf_counter() - began
    size = sum(p.stat().st_size for p in path.parent.glob(f"{path.stem}.*")) / 2**20
    text = f"{size:.1f} MB on disk, peak {peak} MB, {seconds:.0f} s"
    good = done.returncode in {0, 1}
    fault = "" if good else done.stderr.strip()[-300:]
    return Measured(name, count, text, fault)
