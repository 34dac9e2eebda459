"""The attribute table of a shapefile: its header, held against the file, and its rows in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisland.base.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Cells = NDArray[np.uint8]

PLAIN = "CNFDL"  # kinds of columns that are text throughout
NAME_BYTES = 10
_HEADER = 32  # bytes before the fields, and of each field
_LANGUAGE = 29
_CHUNK_BYTES = 1 << 22


@dataclass(frozen=True)
class Field:
    """A column: its name and kind, where its entry stands in the header, and its cells in a row."""

    name: bytes
    kind: str
    entry: int
    start: int
    size: int
    decimals: int

    def of(self, rows: Cells) -> Cells:
        """Cells of this column in some rows."""
        return rows[:, self.start : self.start + self.size]


@dataclass(frozen=True)
class Table:
    """A ``.dbf`` file: its header, and its rows to be read in chunks."""

    file: Path
    head: bytes
    fields: tuple[Field, ...]
    rows: int
    width: int

    @property
    def language(self) -> int:
        """The byte that may name the encoding."""
        return self.head[_LANGUAGE]

    def chunks(self) -> Iterator[Cells]:
        """The rows, some thousands at a time."""
        step = max(_CHUNK_BYTES // self.width, 1)
        for row in range(0, self.rows, step):
            count = min(step, self.rows - row) * self.width
            start = len(self.head) + row * self.width
            yield np.fromfile(self.file, np.uint8, count, offset=start).reshape(-1, self.width)


def read_table(file: Path, *, what: str) -> Table:
    r"""Header of a ``.dbf``, held against the size of the file.

    Parameters
    ----------
    file
        The table.
    what
        Name of the layer in messages.

    Returns
    -------
    Table
        Its columns, and where its rows lie.

    Raises
    ------
    LayerError
        If the header contradicts itself or the file breaks off.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.dbf"
    >>> column = b"OWNER".ljust(11, b"\0") + b"C" + bytes(4) + bytes([4]) + bytes(15)
    >>> sizes = (65).to_bytes(2, "little") + (5).to_bytes(2, "little")
    >>> head = b"\3" + bytes(3) + (1).to_bytes(4, "little") + sizes + bytes(20)
    >>> _ = file.write_bytes(head + column + b"\r" + b" abcd")
    >>> read_table(file, what="parcels").rows
    1
    >>> folder.cleanup()
    """
    damaged = LayerError(
        f"{what}: the attribute table (.dbf) is damaged", do="copy or export the layer again"
    )
    with file.open("rb") as stream:
        first = stream.read(_HEADER)
        rows = int.from_bytes(first[4:8], "little")
        start, width = (int.from_bytes(first[i : i + 2], "little") for i in (8, 10))
        head = first + stream.read(max(start - _HEADER, 0))
    if start < _HEADER or len(head) < start or not width:
        raise damaged
    fields = tuple(_fields(head))
    filled = 1 + sum(f.size for f in fields)
    wide = filled + sum(256 * f.decimals for f in fields if f.kind == "C")
    if filled > width:
        raise damaged
    if filled < wide == width:
        raise LayerError(
            f"{what}: the .dbf has texts of more than 254 bytes, which readers cut differently",
            do="export the layer again, to a GeoPackage if you can",
        )
    present = (file.stat().st_size - start) // width
    if present < rows:
        raise LayerError(
            f"{what}: the .dbf breaks off in row {present + 1} of {rows}",
            do="copy or export the layer again",
        )
    return Table(file, head, fields, rows, width)


def _fields(head: bytes) -> Iterator[Field]:
    offset = 1
    for at in range(_HEADER, len(head) - 1, _HEADER):
        entry = head[at : at + _HEADER]
        if entry[:1] == b"\r" or len(entry) < _HEADER:
            return
        name, kind = entry[:11].split(b"\0")[0], entry[11:12].decode("latin1")
        yield Field(name, kind, at, offset, entry[16], entry[17])
        offset += entry[16]
