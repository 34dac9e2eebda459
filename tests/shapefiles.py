"""Shapefiles written byte by byte, so that each may be wrong in one way."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WEST, SOUTH = 512_000.0, 3_400_000.0
Column = tuple[bytes, str, int, int]  # name, kind, width, decimals


def table_bytes(
    columns: Sequence[Column],
    rows: Sequence[Sequence[bytes]],
    *,
    language: int = 0,
    deleted: Sequence[int] = (),
) -> bytes:
    """A .dbf of some columns and rows; those at some positions marked as deleted."""
    start, width = 32 + 32 * len(columns) + 1, 1 + sum(c[2] for c in columns)
    head = bytearray(b"\3" + bytes(3) + struct.pack("<IHH", len(rows), start, width) + bytes(20))
    head[29] = language
    for name, kind, size, decimals in columns:
        head += name.ljust(11, b"\0")[:11] + kind.encode() + bytes(4)
        head += bytes([size, decimals]) + bytes(14)
    cells = b""
    for position, row in enumerate(rows):
        cells += b"*" if position in deleted else b" "
        for (_, kind, size, _), cell in zip(columns, row, strict=True):
            cells += (cell.rjust(size) if kind in "NF" else cell.ljust(size))[:size]
    return bytes(head) + b"\r" + cells + b"\x1a"


def square(position: int) -> bytes:
    """Content of the record of a square of 100 m."""
    west, east = WEST + 100 * position, WEST + 100 * position + 100
    south, north = SOUTH, SOUTH + 100
    corners = ((west, south), (west, north), (east, north), (east, south), (west, south))
    box = struct.pack("<4d", west, south, east, north)
    points = b"".join(struct.pack("<2d", *c) for c in corners)
    return struct.pack("<i", 5) + box + struct.pack("<iii", 1, 5, 0) + points


def shape_bytes(count: int) -> tuple[bytes, bytes]:
    """A .shp and .shx of some squares side by side, from west to east."""
    records, index, at = b"", b"", 100
    for i in range(count):
        content = square(i)
        records += struct.pack(">ii", i + 1, len(content) // 2) + content
        index += struct.pack(">ii", at // 2, len(content) // 2)
        at += 8 + len(content)
    box = struct.pack("<4d", WEST, SOUTH, WEST + 100 * count, SOUTH + 100) + bytes(32)

    def head(size: int) -> bytes:
        kind = struct.pack("<ii", 1000, 5)
        return struct.pack(">i", 9994) + bytes(20) + struct.pack(">i", size // 2) + kind + box

    return head(100 + len(records)) + records, head(100 + len(index)) + index


def write_shapefile(
    file: Path,
    columns: Sequence[Column],
    rows: Sequence[Sequence[bytes]],
    *,
    language: int = 0,
    deleted: Sequence[int] = (),
    cpg: bytes | None = None,
) -> Path:
    """A shapefile of squares from west to east, without a .prj."""
    shp, shx = shape_bytes(len(rows))
    file.write_bytes(shp)
    file.with_suffix(".shx").write_bytes(shx)
    table = table_bytes(columns, rows, language=language, deleted=deleted)
    file.with_suffix(".dbf").write_bytes(table)
    if cpg is not None:
        file.with_suffix(".cpg").write_bytes(cpg)
    return file


def write_texts(
    file: Path,
    texts: Sequence[bytes],
    *,
    name: bytes = b"OWNER",
    width: int = 20,
    language: int = 0,
    cpg: bytes | None = None,
) -> Path:
    """A shapefile with one column of texts."""
    rows = [(t,) for t in texts]
    return write_shapefile(file, [(name, "C", width, 0)], rows, language=language, cpg=cpg)
