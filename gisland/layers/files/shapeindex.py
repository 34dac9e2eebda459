"""Where each shape lies in a ``.shp``: the ``.shx`` held against it, or made anew."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisland.base.errors import LayerError
from gisland.base.phrases import so_many

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Places = NDArray[np.int64]  # rows of: first byte of the record, bytes of its content
    Bytes = NDArray[np.uint8]

_HEAD = 100
_KIND = 32  # where the head names the kind of all shapes
_RECORD = 8  # bytes before the content of each shape
_CODE = 9994
_WORD = 2  # bytes; sizes are counted in words
_LEAST = 4  # bytes of content: the kind of a shape
_MULTIPART = {3: 0, 5: 0, 13: 1, 15: 1, 23: 0, 25: 0}  # lines and polygons; 1: with heights
_KINDS = (1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31)
_FLAT = (3, 5)
_POINT = 16  # bytes
_BOX_END = 36  # bytes of content before the numbers of parts and points
_NOT_ONE = "the .shp is no shapefile"


@dataclass(frozen=True)
class Index:
    """Places of the shapes of a ``.shp``.

    Parameters
    ----------
    count
        Number of shapes.
    reason
        Empty where the given ``.shx`` is right, else why another was made.
    shx
        The new one, empty where the given is right.
    """

    count: int
    reason: str = ""
    shx: bytes = b""


def shape_index(shp: Path, shx: Path | None, *, rows: int | None, what: str) -> Index:
    """Index of a ``.shp`` after a look at every shape's place.

    Parameters
    ----------
    shp
        The shapes.
    shx
        Their index, if there is one.
    rows
        Rows of the attribute table, if there is one: it must have one for each shape.
    what
        Name of the layer in messages.

    Returns
    -------
    Index
        The given one where it fits the shapes and rows; else one made from the shapes.

    Raises
    ------
    LayerError
        If shapes are missing or damaged, are of another number than the rows, or the index calls
        for another order than their own numbers.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.shp"
    >>> head = struct.pack(">i", 9994) + bytes(20) + struct.pack(">i", 56) + bytes(72)
    >>> _ = file.write_bytes(head + struct.pack(">iii", 1, 2, 0))
    >>> shape_index(file, None, rows=1, what="parcels").reason
    'there is no .shx'
    >>> folder.cleanup()
    """
    size = shp.stat().st_size
    if size < _HEAD:
        raise LayerError(f"{what}: {_NOT_ONE}", do="copy or export the layer again")
    data = np.memmap(shp, np.uint8, mode="r")
    if int.from_bytes(data[:4].tobytes(), "big") != _CODE:
        raise LayerError(f"{what}: {_NOT_ONE}", do="name a file that is one, or export it again")
    given, fault = _given(shx, data)
    if given is not None:
        fault = _stale(given, data, rows)
        if not fault:
            _require_order(given, data, what=what)
            _require_sound(given, data, what=what)
            return Index(len(given))
    places = _walked(data, rows=rows, what=what)
    if rows is not None and len(places) != rows:
        raise LayerError(
            f"{what}: the .dbf has {rows} rows, but the .shp {len(places)} shapes",
            do="copy the parts that belong together, or export the layer again",
        )
    _require_sound(places, data, what=what)
    return Index(len(places), fault, _made(places, data))


def _given(shx: Path | None, data: Bytes) -> tuple[Places | None, str]:
    """Places that the ``.shx`` names; None and why where it is of no use."""
    if shx is None:
        return None, "there is no .shx"
    found = shx.read_bytes()
    if len(found) < _HEAD or int.from_bytes(found[:4], "big") != _CODE:
        return None, "the .shx is damaged"
    if len(found) % _RECORD != _HEAD % _RECORD or _WORD * _int(found, 24) != len(found):
        return None, "the .shx is cut off"
    places = np.frombuffer(found, ">i4", offset=_HEAD).reshape(-1, 2).astype(np.int64) * _WORD
    ends = places.sum(axis=1) + _RECORD
    outside = (places[:, 0] < _HEAD) | (places[:, 1] < _LEAST) | (ends > len(data))
    if outside.any():
        return None, "the .shx points outside the .shp"
    if (_ints(data, places[:, 0] + 4, ">i4") * _WORD != places[:, 1]).any():
        return None, "the .shx does not fit the .shp"
    return places, ""


def _stale(places: Places, data: Bytes, rows: int | None) -> str:
    """Why an index that fits the shapes it names is not whole; empty if it is."""
    if rows is not None:
        return "" if rows == len(places) else "the .shx names fewer or more shapes than the .dbf"
    if places[:, 1].sum() + len(places) * _RECORD + _HEAD == len(data):
        return ""
    walked = _walk(data)[0]  # shapes that were edited leave gaps, and keep their numbers
    numbers = _ints(data, walked[:, 0], ">i4")
    missing = len(walked) > len(places) and len(np.unique(numbers)) == len(walked)
    return "the .shx names fewer shapes than the .shp has" if missing else ""


def _require_order(places: Places, data: Bytes, *, what: str) -> None:
    """Refuse an index that names the shapes in another order than they are numbered."""
    numbers = _ints(data, places[:, 0], ">i4")
    expected = np.arange(1, len(places) + 1)
    if (numbers != expected).any() and np.array_equal(np.sort(numbers), expected):
        raise LayerError(
            f"{what}: the .shx has the shapes in another order than the .shp numbers them",
            do="delete the .shx if the rows follow the numbers, or export the layer again",
        )


def _walked(data: Bytes, *, rows: int | None, what: str) -> Places:
    places, end = _walk(data)
    declared = _WORD * _int(data[:_HEAD].tobytes(), 24)
    of = "" if rows is None else f" of {rows}"
    do = "copy or export the layer again"
    if end not in {len(data), declared} and data[end:].any():
        damaged = f"the .shp is cut off or damaged at shape {len(places) + 1}{of}"
        raise LayerError(f"{what}: {damaged}", do=do)
    if declared > len(data) and (rows is None or rows > len(places)):
        short = f"it should have {declared} bytes, and has {len(data)}"
        cut = f"the .shp is cut off after shape {len(places)}{of}: {short}"
        raise LayerError(f"{what}: {cut}", do=do)
    return places


def _walk(data: Bytes) -> tuple[Places, int]:
    """Places of the shapes one behind the other, and where they end."""
    places = []
    at, end = _HEAD, len(data) - _RECORD - _LEAST
    size_of = struct.Struct(">i").unpack_from
    while at <= end:
        size = _WORD * size_of(data.data, at + 4)[0]
        if size < _LEAST or at + _RECORD + size > len(data):
            break
        places.append((at, size))
        at += _RECORD + size
    return np.array(places, dtype=np.int64).reshape(-1, 2), at


def _require_sound(places: Places, data: Bytes, *, what: str) -> None:
    """Refuse lines and polygons without the parts and points they claim: GDAL drops them."""
    starts, sizes = places[:, 0] + _RECORD, places[:, 1]
    kinds = _ints(data, starts, "<i4")
    multipart = np.isin(kinds, list(_MULTIPART))
    short = multipart & (sizes < _BOX_END + 8)
    common = int.from_bytes(data[_KIND : _KIND + 4].tobytes(), "little")
    alien = (kinds != common) | ~np.isin(kinds, _KINDS)  # GDAL drops what it does not know
    alien[(kinds == 0) & (sizes == _LEAST)] = False  # no shape
    rows = np.flatnonzero(multipart & ~short)
    parts = _ints(data, starts[rows] + _BOX_END, "<i4")
    points = _ints(data, starts[rows] + _BOX_END + 4, "<i4")
    high = np.isin(kinds[rows], [k for k, z in _MULTIPART.items() if z])
    needed = _BOX_END + 8 + 4 * parts + 16 * points + high * (16 + 8 * points)
    spare = sizes[rows] - needed
    measured = (16 + 8 * points) * ~np.isin(kinds[rows], _FLAT)
    # Measures may follow the points, and what a writer leaves behind every shape; a point must not.
    most = measured + _POINT + max(spare.min() if len(spare) else 0, 0)
    wrong = (parts < 0) | (points < parts) | (spare < 0) | (spare >= most)
    wrong |= (parts == 0) & (points > 0)
    good = np.flatnonzero(~wrong & (parts > 0))
    begins = _begins(data, starts[rows][good], parts[good])
    wrong[good] |= _disordered(begins, parts[good], points[good])
    bad = np.union1d(np.flatnonzero(short | alien), rows[wrong])
    if len(bad):
        many = so_many(len(bad), "shape does", "shapes do")
        raise LayerError(
            f"{what}: {many} not hold what the .shp claims (counted from 1)",
            do="copy or export the layer again, or mend it with the program that wrote it",
            ids=bad + 1,
        )


def _begins(data: Bytes, starts: Places, parts: Places) -> Places:
    """First points of all parts of all shapes."""
    nth = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    return _ints(data, np.repeat(starts, parts) + _BOX_END + 8 + 4 * nth, "<i4")


def _disordered(begins: Places, parts: Places, points: Places) -> NDArray[np.bool_]:
    """Whether the parts of a shape begin elsewhere than one behind the other among its points."""
    heads = np.cumsum(parts) - parts
    wrong = np.diff(begins, prepend=-1) <= 0
    wrong |= begins >= np.repeat(points, parts)
    wrong[heads] = begins[heads] != 0
    return np.logical_or.reduceat(wrong, heads) if len(heads) else np.zeros(0, dtype=bool)


def _made(places: Places, data: Bytes) -> bytes:
    head = bytearray(data[:_HEAD].tobytes())
    head[24:28] = struct.pack(">i", (_HEAD + _RECORD * len(places)) // _WORD)
    return bytes(head) + (places // _WORD).astype(">i4").tobytes()


def _ints(data: Bytes, at: Places, kind: str) -> Places:
    """Whole numbers of four bytes at some places."""
    cells = data[at[:, None] + np.arange(4)]
    return np.ascontiguousarray(cells).view(kind).ravel().astype(np.int64)


def _int(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
