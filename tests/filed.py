"""Small layers for tests of reading: how they are made, written and read back."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pyarrow as pa
import pyogrio
from shapely import box

from gisland.layers.project import read_project
from gisland.layers.read import Loaded, load_inputs

if TYPE_CHECKING:
    from pathlib import Path

WEST, SOUTH = 512_000, 3_400_000
PARCELS = '[layers.parcels]\npath = "p.gpkg"\n'
Load = Callable[[str], Loaded]
Points = Sequence[tuple[float, float]]


def squares(count: int = 3, *, crs: int | None = 4547, **columns: list[object]) -> gpd.GeoDataFrame:
    """A row of squares of 100 m, from west to east."""
    shapes = [box(WEST + 100 * i, SOUTH, WEST + 100 * i + 100, SOUTH + 100) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def loader(folder: Path) -> Load:
    """What reads a project file of that text in a folder."""

    def run(text: str) -> Loaded:
        file = folder / "gisland.toml"
        file.write_text(text, encoding="utf-8")
        return load_inputs(read_project(file))

    return run


def codes(loaded: Loaded) -> list[str]:
    """Codes of the findings of reading."""
    assert loaded.inputs.findings is not None
    return list(loaded.inputs.findings["code"])


def message(loaded: Loaded, code: str) -> str:
    """Message of the one finding of a code."""
    assert loaded.inputs.findings is not None
    return str(loaded.inputs.findings.set_index("code").loc[code, "message"])


def curve(kind: int, points: Points) -> bytes:
    """WKB of a line (2) or of arcs (8) through points."""
    flat = [v for point in points for v in point]
    return struct.pack(f"<BII{len(flat)}d", 1, kind, len(points), *flat)


def many(kind: int, parts: Sequence[bytes]) -> bytes:
    """WKB of a geometry made of others, such as a curve polygon (10) of its rings."""
    return struct.pack("<BII", 1, kind, len(parts)) + b"".join(parts)


def ringed(*rings: Points, kind: int = 3) -> bytes:
    """WKB of a polygon (3) or triangle (17) as given, closed or not."""
    parts = [
        struct.pack(f"<I{2 * len(ring)}d", len(ring), *(v for point in ring for v in point))
        for ring in rings
    ]
    return struct.pack("<BII", 1, kind, len(parts)) + b"".join(parts)


def write_wkb(file: Path, shapes: Sequence[bytes], *, kind: str = "Unknown") -> None:
    """A layer of shapes that other tools write, but not shapely: arcs, surfaces, open rings."""
    table = pa.table({"n": list(range(len(shapes))), "geom": pa.array(shapes, pa.binary())})
    driver = {".gdb": "OpenFileGDB", ".gpkg": "GPKG"}[file.suffix]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL warns of such kinds as it writes them
        pyogrio.write_arrow(
            table, file, driver=driver, geometry_type=kind, crs="EPSG:4547", geometry_name="geom"
        )


Codes = Sequence[tuple[int, object]]


def drawing(*entities: Codes, page: str = "ANSI_936", version: str = "AC1015") -> str:
    """Text of a DXF drawing."""
    head: Codes = [
        *[(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, version)],
        *[(9, "$DWGCODEPAGE"), (3, page), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")],
    ]
    pairs = [*head, *(pair for entity in entities for pair in entity), (0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:>3}\r\n{value}\r\n" for code, value in pairs)


def outline(layer: str, points: Points, *, closed: bool = True, bulge: float = 0.0) -> Codes:
    """A polyline of a drawing; `bulge` bends its first side."""
    head = [(0, "LWPOLYLINE"), (100, "AcDbEntity"), (8, layer), (100, "AcDbPolyline")]
    corners = [pair for x, y in points for pair in ((10, x), (20, y))]
    bent = [*corners[:2], (42, bulge), *corners[2:]] if bulge else corners
    return [*head, (90, len(points)), (70, int(closed)), *bent]
