"""Base maps that a user names: folders of tiles, MBTiles, pictures, services; and ``[map]``."""

from __future__ import annotations

import base64
import html
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gisland.base.basemaps import KINDS, SERVICES, BaseMap, BaseSource, served_map
from gisland.base.errors import LayerError, ProjectError, did_you_mean
from gisland.layers.basepictures import read_picture
from gisland.layers.files.addresses import sqlite_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Ranges = dict[int, tuple[int, int, int, int]]

MOST_TILES = 5000  # that a page carries within it
MOST_BYTES = 40_000_000
TEXTS = ("title", "attribution", "key")
FLAG = "gcj02"
TMS = "tilemapresource.xml"  # beside tiles whose rows are counted from the south
TILE_NAME = re.compile(r"(\d+)\.(png|jpg|jpeg|webp)", re.ASCII | re.IGNORECASE)
MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"RIFF", "webp"))
HIGHEST = 24
PICTURES = (".tif", ".tiff", ".vrt", ".jp2", ".img")
_TABLES = "SELECT count(*), coalesce(sum(length(tile_data)), 0) FROM tiles"
_LEVELS = "SELECT DISTINCT coalesce(cast(zoom_level AS integer), -1) FROM tiles"
_ROWS = (
    "SELECT cast(zoom_level AS integer), coalesce(cast(tile_column AS integer), -1),"
    " coalesce(cast(tile_row AS integer), -1), tile_data FROM tiles ORDER BY 1, 2, 3"
)


def map_section(raw: Mapping[str, Any], file: str) -> tuple[BaseSource, ...]:
    """Table ``[map]`` of a project file, checked for keys and types; nothing is opened.

    Parameters
    ----------
    raw
        The project file.
    file
        Its path, for messages.

    Returns
    -------
    tuple of BaseSource
        Base maps in the order written; none where there is no such table.

    Raises
    ------
    ProjectError
        If a key is unknown or mistyped.

    Examples
    --------
    >>> map_section({"map": {"base": [{"tiles": "tiles", "title": "Photo"}]}}, "gisland.toml")
    (BaseSource(kind='tiles', place='tiles', title='Photo', attribution='', gcj02=False),)
    """
    where = f"{file}: [map]"
    table = raw.get("map", {})
    if not isinstance(table, dict):
        raise ProjectError(f"{where} is {table!r}", do="make it a table, with its name in brackets")
    for key in table:
        if key != "base":
            raise ProjectError(f"{where} {key!r} is not a key", do=did_you_mean(key, ["base"]))
    entries = table.get("base", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ProjectError(
            f"{where} base is {entries!r}", do='give a list, such as [{ tiles = "tiles" }]'
        )
    return tuple(_source(e, where=f"{where} base {i}:") for i, e in enumerate(entries, start=1))


def _source(entry: Mapping[str, Any], *, where: str) -> BaseSource:
    known = (*KINDS, *TEXTS, FLAG)
    for key, value in entry.items():
        if key not in known:
            raise ProjectError(f"{where} {key!r} is not a key", do=did_you_mean(key, known))
        if key == FLAG and not isinstance(value, bool):
            raise ProjectError(
                f"{where} {key} is {value!r}", do="give true or false, without quotation marks"
            )
        if key != FLAG and (not isinstance(value, str) or not value.strip()):
            raise ProjectError(f"{where} {key} is not a text", do="give a text in quotation marks")
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        raise ProjectError(
            f"{where} names {', '.join(kinds) or 'no picture'}",
            do=f"give one of {', '.join(KINDS)}",
        )
    kind = kinds[0]
    rest = {key: entry[key] for key in (*TEXTS, FLAG) if key in entry}
    return _checked(BaseSource(kind, entry[kind], **rest))


def base_sources(
    given: Sequence[str], *, key: str = "", gcj02: bool = False
) -> tuple[BaseSource, ...]:
    """Base maps as named on the command line.

    Parameters
    ----------
    given
        For each the path of a folder of tiles, of an ``.mbtiles`` file or of a picture, the name
        of a service, or an address of tiles.
    key
        For those that need one.
    gcj02
        Whether they are in GCJ-02.

    Returns
    -------
    tuple of BaseSource
        Nothing is opened.

    Raises
    ------
    ProjectError
        If an address or a service cannot be used, or none needs the key.

    Examples
    --------
    >>> [source.kind for source in base_sources(["photos/2024.tif", "city.mbtiles"])]
    ['image', 'mbtiles']
    """
    found = tuple(_base_source(text, key, gcj02=gcj02) for text in given)
    if (key and not any(source.key for source in found)) or (gcj02 and not found):
        raise ProjectError(
            f"no base map {'needs a key' if key else 'is given'}",
            do="name one with --base, or take the option out",
        )
    return found


def _base_source(given: str, key: str, *, gcj02: bool) -> BaseSource:
    suffix = Path(given).suffix.lower()
    if "://" in given:
        kind = "url"
    elif given in SERVICES:
        kind = "service"
    elif suffix == ".mbtiles":
        kind = "mbtiles"
    else:
        kind = "image" if suffix in PICTURES else "tiles"
    keyed = kind == "service" or (kind == "url" and "{key}" in given)
    return _checked(BaseSource(kind, given, key=key if keyed else "", gcj02=gcj02))


def _checked(source: BaseSource) -> BaseSource:
    if source.kind in {"service", "url"}:
        served_map(source)
    elif source.key:
        raise ProjectError(f"base map {source.place!r} needs no key", do="take the key out")
    return source


def read_base_maps(
    sources: Iterable[BaseSource], *, folder: Path, beside: Path
) -> tuple[BaseMap, ...]:
    """Base maps as a page needs them.

    Parameters
    ----------
    sources
        As named.
    folder
        What relative paths are relative to.
    beside
        Folder of the page, which finds tiles by their place relative to its own.

    Returns
    -------
    tuple of BaseMap
        In the same order.

    Raises
    ------
    LayerError
        If one does not exist or cannot be used.

    Examples
    --------
    >>> read_base_maps([], folder=Path(), beside=Path())
    ()
    """
    return tuple(_read(source, folder, beside) for source in sources)


def _read(source: BaseSource, folder: Path, beside: Path) -> BaseMap:
    if source.kind in {"service", "url"}:
        return served_map(source)
    path = folder / source.place
    if not path.exists():
        raise LayerError(
            f"base map {path} does not exist",
            do=f"check the path; services are {', '.join(SERVICES)}",
        )
    if path.is_dir() != (source.kind == "tiles"):
        do = "name it as tiles, mbtiles or image, whichever it is"
        raise LayerError(f"base map {path} is {'a' if path.is_dir() else 'no'} folder", do=do)
    if source.kind == "image":
        uri, bounds, notes = read_picture(path)
        found = BaseMap("image", path.stem, image=uri, bounds=bounds, notes=notes)
    elif source.kind == "mbtiles":
        found = _mbtiles(path)
    else:
        found = _tile_folder(path, beside)
    return replace(
        found,
        title=source.title or found.title,
        attribution=source.attribution or found.attribution,
        gcj02=source.gcj02,
    )


def _tile_folder(path: Path, beside: Path) -> BaseMap:
    """Tiles ``{z}/{x}/{y}`` that stay where they are; the page names them relative to itself."""
    ranges: Ranges = {}
    endings: set[str] = set()
    for zoom in _numbered(path):
        columns = [(x, _named(path / str(zoom) / str(x))) for x in _numbered(path / str(zoom))]
        columns = [(x, names) for x, names in columns if names]
        if columns:
            rows = [int(name[1]) for _, names in columns for name in names]
            endings |= {name[2] for _, names in columns for name in names}
            ranges[zoom] = (columns[0][0], min(rows), columns[-1][0], max(rows))
    zooms = _zooms(ranges, path)
    if len(endings) > 1:
        raise LayerError(
            f"base map {path} holds tiles of {len(endings)} kinds: {', '.join(sorted(endings))}",
            do="keep one kind, with one ending",
        )
    row = "{y}"
    if (path / TMS).is_file():
        row = "{-y}"
        ranges = {
            z: (x, 2**z - 1 - last, to, 2**z - 1 - y) for z, (x, y, to, last) in ranges.items()
        }
    try:
        relative = Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()
    except ValueError as error:  # another drive on Windows
        raise LayerError(
            f"base map {path} lies on another drive than the map", do="copy it beside the map"
        ) from error
    template = f"{quote(relative)}/{{z}}/{{x}}/{row}.{endings.pop()}"
    name = path.resolve().name
    return BaseMap("tiles", name, templates=(template,), zooms=zooms, ranges=ranges)


def _numbered(folder: Path) -> list[int]:
    """Numbers that are names of folders."""
    names = (entry.name for entry in folder.iterdir() if entry.is_dir())
    return sorted(int(n) for n in names if re.fullmatch(r"0|[1-9]\d*", n, re.ASCII))


def _named(folder: Path) -> list[re.Match[str]]:
    return [m for m in (TILE_NAME.fullmatch(f.name) for f in folder.iterdir()) if m]


def _zooms(found: Iterable[int], path: Path) -> tuple[int, int]:
    """Lowest and highest zoom; a gap between would be a blank map, which nobody understands."""
    zooms = sorted(set(found))
    if not zooms:
        raise LayerError(f"base map {path} holds no tiles", do="export tiles in {z}/{x}/{y} again")
    if not 0 <= zooms[0] <= zooms[-1] <= HIGHEST:
        do = f"make tiles of zooms 0 to {HIGHEST}"
        raise LayerError(f"base map {path} has zooms {zooms[0]} to {zooms[-1]}", do=do)
    if missing := sorted({*range(zooms[0], zooms[-1])} - {*zooms}):
        raise LayerError(
            f"base map {path} has zooms {zooms[0]} to {zooms[-1]}, but no {missing[0]}",
            do="make the tiles of every zoom between",
        )
    return zooms[0], zooms[-1]


def _mbtiles(path: Path) -> BaseMap:
    """All tiles of an MBTiles file as data URIs; rows are counted from the south in the file."""
    try:
        with closing(sqlite3.connect(sqlite_address(path.resolve()), uri=True)) as file:
            count, size = file.execute(_TABLES).fetchone()
            _require_few(path, count, size)
            zooms = _zooms((z for (z,) in file.execute(_LEVELS)), path)
            rows = file.execute(_ROWS).fetchall()
            about = _metadata(file)
    except sqlite3.Error as error:
        raise LayerError(
            f"base map {path} is not MBTiles: {error}", do="export it as MBTiles again"
        ) from error
    tiles = {(z, x, 2**z - 1 - y): _data_uri(content, path) for z, x, y, content in rows}
    return BaseMap(
        "mbtiles",
        about.get("name") or path.stem,
        about.get("attribution", ""),
        tiles=tiles,
        zooms=zooms,
    )


def _require_few(path: Path, count: int, size: int) -> None:
    if count > MOST_TILES or size > MOST_BYTES:
        raise LayerError(
            f"base map {path} holds {count:,} tiles of {size / 1e6:,.1f} MB, and a page carries"
            f" {MOST_TILES:,} and {MOST_BYTES / 1e6:.0f} MB at most",
            do="export fewer zooms or a smaller area, or a folder of tiles",
        )


def _metadata(file: sqlite3.Connection) -> dict[str, str]:
    """What the file says of itself, as plain text: attributions may be written as markup."""
    try:
        rows: Sequence[tuple[object, object]] = file.execute(
            "SELECT name, value FROM metadata"
        ).fetchall()
    except sqlite3.OperationalError:  # the table may be missing
        return {}
    return {
        str(name): html.unescape(re.sub(r"<[^<>]*>", "", str(value))).strip()
        for name, value in rows
    }


def _data_uri(content: object, path: Path) -> str:
    if isinstance(content, bytes):
        for magic, kind in MAGIC:
            if content.startswith(magic):
                return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    raise LayerError(
        f"base map {path} holds tiles that are no pictures (PNG, JPEG or WebP)",
        do="export it as raster tiles; vector tiles are not drawn",
    )
