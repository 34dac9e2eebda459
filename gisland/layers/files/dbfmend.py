"""A copy of an attribute table in which GDAL finds nothing to misread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from gisland.layers.files.dbfcells import BLANK, UNKNOWN, binary, is_beyond_ascii, to_nul, unread
from gisland.layers.files.dbftable import NAME_BYTES, PLAIN
from gisland.layers.files.textbytes import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gisland.layers.files.dbfcells import Survey
    from gisland.layers.files.dbftable import Cells, Field, Table


def field_names(table: Table, *, encoding: str) -> list[bytes]:
    r"""Names of the columns, each whole and different from the others.

    Parameters
    ----------
    table
        With its header.
    encoding
        Of the names.

    Returns
    -------
    list of bytes
        At most as long as a name may be.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.files.dbftable import Field, Table
    >>> columns = [Field(n, "C", 32, 1, 1, 0) for n in (b"MJ", "权利人".encode() + b"\xe7", b"MJ")]
    >>> table = Table(Path(), b"", tuple(columns), 0, 1)
    >>> [n.decode() for n in field_names(table, encoding="utf-8")]
    ['MJ', '权利人', 'MJ_2']
    """
    names: list[bytes] = []
    taken: set[str] = {f.name.decode(encoding, errors="ignore") for f in table.fields}
    for column in table.fields:
        name, count = whole(column.name, encoding=encoding), 1
        while name in names or (count > 1 and name.decode(encoding, errors="ignore") in taken):
            count += 1
            ending = b"_%d" % count
            name = whole(column.name[: NAME_BYTES - len(ending)], encoding=encoding) + ending
        names.append(name)
    return names


def is_sound(table: Table, found: Survey, *, names: Sequence[bytes], cut: int) -> bool:
    """Whether GDAL reads a table right as it is.

    Parameters
    ----------
    table
        The table.
    found
        What its cells hold.
    names
        What its columns are to be called.
    cut
        Texts that break off inside a character.

    Returns
    -------
    bool
        False where a mended copy is needed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.files.dbfcells import Survey
    >>> from gisland.layers.files.dbftable import Table
    >>> is_sound(Table(Path(), b"", (), 0, 1), Survey(), names=[], cut=0)
    True
    """
    cells = found.unread.total() + found.overflown.total() + cut
    kinds = all(f.kind in PLAIN for f in table.fields)
    named = all(f.name == n for f, n in zip(table.fields, names, strict=True))
    changed = found.fractions or found.codes or found.unset
    return kinds and named and not cells and not changed


def write_mended(
    table: Table, target: Path, *, found: Survey, names: Sequence[bytes], encoding: str
) -> None:
    r"""Write a table so that GDAL reads what it holds, and missing where it holds nothing of use.

    Parameters
    ----------
    table
        The table.
    target
        The new file.
    found
        What its cells hold.
    names
        What its columns are to be called.
    encoding
        Of its texts.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gisland.layers.files.dbfcells import Survey
    >>> from gisland.layers.files.dbftable import Field, Table
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.dbf"
    >>> head = bytes(64) + b"\r"
    >>> _ = file.write_bytes(head + b" 1,5")
    >>> table = Table(file, head, (Field(b"MJ", "N", 32, 1, 3, 0),), 1, 4)
    >>> target = file.with_name("q.dbf")
    >>> write_mended(table, target, found=Survey(), names=[b"MJ"], encoding="utf-8")
    >>> target.read_bytes()[65:]
    b'    '
    >>> folder.cleanup()
    """
    with target.open("wb") as stream:
        stream.write(_head(table, found, names))
        for chunk in table.chunks():
            for column in filter(lambda f: f.size, table.fields):
                _mend(column, column.of(chunk), encoding=encoding)
            stream.write(chunk.tobytes())


def _head(table: Table, found: Survey, names: Sequence[bytes]) -> bytes:
    head = bytearray(table.head)
    for column, name in zip(table.fields, names, strict=True):
        head[column.entry : column.entry + 11] = name.ljust(11, b"\0")[:11]
        if column in found.codes:  # as a text no digit is lost
            head[column.entry + 11] = ord("C")
        elif column in found.fractions:
            head[column.entry + 17] = 1
    return bytes(head)


def _mend(column: Field, cells: Cells, *, encoding: str) -> None:
    if column.kind not in PLAIN:
        cells[:] = BLANK
    elif column.kind == "C":
        _trim(cells, encoding=encoding)
    else:
        cells[unread(column, to_nul(cells)[0])] = UNKNOWN if column.kind == "L" else BLANK


def _trim(cells: Cells, *, encoding: str) -> None:
    """Cut half characters off the ends of texts."""
    rows = np.flatnonzero(is_beyond_ascii(cells))
    if not len(rows):
        return
    clean = to_nul(cells[rows])[0]
    texts = pc.dictionary_encode(binary(clean))
    size = cells.shape[1]
    trimmed = [whole(t.rstrip(b" "), encoding=encoding) for t in texts.dictionary.to_pylist()]
    table = np.frombuffer(b"".join(t.ljust(size) for t in trimmed), np.uint8).reshape(-1, size)
    cells[rows] = table[texts.indices.to_numpy()]
