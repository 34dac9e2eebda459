"""Zip archives: the members that make up one layer, unpacked for reading."""

from __future__ import annotations

import contextlib
import errno
import lzma
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gisland.base.errors import LayerError, did_you_mean
from gisland.layers.files.codecnames import LATIN
from gisland.layers.files.encoding import find_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gisland.layers.source import Source

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_FOLDERS = (".gdb",)  # layers that are folders
_LAYERS = (
    *(".shp", ".gpkg", ".geojson", ".topojson", ".gml", ".tab", ".mif", ".fgb", ".parquet"),
    *(".geoparquet", ".dxf", ".kml", ".sqlite", *_FOLDERS),
)
_PERHAPS = (".json", ".csv", ".tsv", ".txt", ".xml")  # layers where there are no plainer ones
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")
_PLAIN = "layer"  # name of what is unpacked, whatever it was called
_START = b"PK\x03\x04"
_MAX_BYTES = 8_000_000_000  # of a layer when unpacked
_SMALL = (".prj", ".cpg")  # a line of text each
_MAX_SMALL_BYTES = 65_536
_FULL = (errno.ENOSPC, errno.EDQUOT)
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError)


@dataclass(frozen=True)
class _Member:
    """One file of an archive: its name for people, and what the archive calls it."""

    path: PurePosixPath
    info: zipfile.ZipInfo

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()


@contextlib.contextmanager
def unpacked(source: Source, path: Path) -> Iterator[tuple[Path, bool]]:
    """Unpack the layer that a project means from a zip archive, for as long as it is read.

    Folders in it, junk of other systems and names in GBK without the mark for UTF-8 are no matter.

    Parameters
    ----------
    source
        The layer as the project declares it; where the archive holds several, ``layer`` is the
        name of one, with its folder if need be.
    path
        The archive.

    Yields
    ------
    pathlib.Path
        The layer's file, in a temporary folder.
    bool
        Whether ``layer`` named this file, so that it does not name a layer in it.

    Raises
    ------
    LayerError
        If the archive is cut off, damaged, encrypted, too large or holds another archive, names a
        place outside itself, or the layer in it is not to be told from others.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "a.zip"
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("maps/parcels.geojson", "{}")
    >>> with unpacked(Source("parcels", "a.zip"), file) as (layer, chosen):
    ...     layer.name, layer.read_text(), chosen
    ('layer.geojson', '{}', False)
    >>> folder.cleanup()
    """
    with (
        _opened(source, path) as archive,
        tempfile.TemporaryDirectory(prefix="gisland-", ignore_cleanup_errors=True) as folder,
    ):
        members = _members(archive)
        name, chosen = _chosen(source, members)
        _unpack(archive, _parts(name, members), folder=Path(folder), source=source)
        yield Path(folder) / f"{_PLAIN}{name.suffix.lower()}", chosen


def zipped_layers(source: Source, path: Path) -> list[str]:
    """Names by which the layers of a zip archive can be chosen.

    Parameters
    ----------
    source
        Named in errors.
    path
        The archive.

    Returns
    -------
    list of str
        Sorted.

    Raises
    ------
    LayerError
        If the archive is cut off or none.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "a.zip"
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     for name in ("maps/地块.shp", "maps/地块.dbf", "道路.gpkg"):
    ...         archive.writestr(name, "")
    >>> zipped_layers(Source("parcels", "a.zip"), file)
    ['地块', '道路']
    >>> folder.cleanup()
    """
    with _opened(source, path) as archive:
        return sorted(_layer_names(_layers(_members(archive))).values())


def zipped_suffix(source: Source, path: Path) -> str:
    """Suffix of the layer that a project means in a zip archive.

    Parameters
    ----------
    source
        The layer as the project declares it.
    path
        The archive.

    Returns
    -------
    str
        In small letters.

    Raises
    ------
    LayerError
        If the archive is cut off or none, or the layer in it is not to be told from others.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "a.zip"
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     for name in ("maps/parcels.SHP", "roads.gpkg"):
    ...         archive.writestr(name, "")
    >>> zipped_suffix(Source("parcels", "a.zip", layer="parcels"), file)
    '.shp'
    >>> folder.cleanup()
    """
    with _opened(source, path) as archive:
        return _chosen(source, _members(archive))[0].suffix.lower()


def _opened(source: Source, path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError as error:
        raise LayerError(
            f"{source.name}: {source.path} marks names in it as UTF-8 that are none",
            do="unpack it, and name the layer's own file",
        ) from error
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise _broken(source, path) from error


def _broken(source: Source, path: Path) -> LayerError:
    with path.open("rb") as stream:
        begun = stream.read(len(_START)) == _START
    if begun:
        what = f"{source.name}: {source.path} breaks off: the list at its end is missing or damaged"
        return LayerError(what, do="copy or download it again")
    return LayerError(
        f"{source.name}: {source.path} is not a zip file", do="copy or download it again"
    )


def _members(archive: zipfile.ZipFile) -> list[_Member]:
    """Files of an archive with their names mended, without junk."""
    infos = [i for i in archive.infolist() if not i.is_dir()]
    names = _names(infos)
    members = [_Member(PurePosixPath(n.replace("\\", "/")), i) for n, i in names]
    return sorted((m for m in members if not _is_junk(m.path)), key=lambda m: str(m.path))


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
    """Names of members; without the mark for UTF-8 they are bytes in any encoding."""
    raw = {i.filename: _raw(i) for i in infos}
    unmarked = [r for r in raw.values() if r is not None and not r.isascii()]
    found = find_encoding(unmarked, what="").name if unmarked else LATIN
    mended = {
        name: bytes_.decode(found, errors="replace")
        for name, bytes_ in raw.items()
        if bytes_ is not None and found != LATIN
    }
    return [(mended.get(i.filename, i.filename), i) for i in infos]


def _raw(info: zipfile.ZipInfo) -> bytes | None:
    """A name's bytes, which the standard reads as cp437; None where the mark says UTF-8."""
    if info.flag_bits & _UTF8_NAME:
        return None
    try:
        return info.orig_filename.encode("cp437")
    except UnicodeEncodeError:  # the archive names it in UTF-8 elsewhere
        return None


def _is_junk(path: PurePosixPath) -> bool:
    return "__MACOSX" in path.parts or path.name.startswith(("._", ".DS_Store", "~$"))


def _chosen(source: Source, members: Sequence[_Member]) -> tuple[PurePosixPath, bool]:
    """The layer that is meant, and whether the project names it."""
    layers = _layers(members)
    names = _layer_names(layers)
    meant = [p for p, name in names.items() if source.layer in _spellings(p, name)]
    if len(meant) == 1:
        return meant[0], True
    inner = [str(m.path) for m in members if m.suffix in _ARCHIVES]
    if inner and (len(layers) != 1 or source.layer is None):
        raise LayerError(
            f"{source.name}: {source.path} holds another archive: {', '.join(inner[:5])}",
            do="unpack it, and name the layer's own file",
        )
    if not layers:
        held = ", ".join(str(m.path) for m in members[:10]) or "nothing"
        raise LayerError(
            f"{source.name}: {source.path} holds no layer, but {held}",
            do="zip the layer with all its parts, such as .shp, .shx, .dbf and .prj",
        )
    if len(layers) == 1:
        return layers[0], False
    shown = sorted(names.values())
    if source.layer is not None:
        raise LayerError(
            f"{source.name}: there is no layer {source.layer!r} in {source.path}",
            do=did_you_mean(source.layer, shown),
        )
    raise LayerError(
        f"{source.name}: {source.path} holds {len(layers)} layers",
        do=f"choose one: layer = {' | '.join(map(repr, shown))}",
    )


def _layers(members: Sequence[_Member]) -> list[PurePosixPath]:
    folders = {
        PurePosixPath(*m.path.parts[: i + 1])
        for m in members
        for i, part in enumerate(m.path.parts[:-1])
        if part.lower().endswith(_FOLDERS)
    }
    files = [m.path for m in members if not folders.intersection(m.path.parents)]
    for suffixes in (_LAYERS, _PERHAPS):
        found = [*(p for p in files if p.suffix.lower() in suffixes)]
        found += sorted(folders) if suffixes is _LAYERS else []
        if found:
            return sorted(found)
    return []


def _layer_names(layers: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
    """The shortest name of each layer that no other has."""
    shorter = (
        lambda p: p.stem,
        lambda p: str(p.with_suffix("")),
        str,
    )
    names: dict[PurePosixPath, str] = {}
    for path in layers:
        alike = [[name(p) for p in layers].count(name(path)) for name in shorter]
        names[path] = shorter[alike.index(1) if 1 in alike else -1](path)
    return names


def _spellings(path: PurePosixPath, name: str) -> set[str]:
    """Names by which a project may mean a layer."""
    return {name, str(path), str(path.with_suffix(""))}


def _parts(layer: PurePosixPath, members: Sequence[_Member]) -> dict[str, _Member]:
    """Members that make up a layer, by the name that each gets."""
    if layer.suffix.lower() in _FOLDERS:
        inside = [m for m in members if layer in m.path.parents]
        top = f"{_PLAIN}{layer.suffix.lower()}"
        return {f"{top}/{m.path.relative_to(layer)}": m for m in inside}
    folder, stem = layer.parent, layer.stem.casefold()
    alike = [m for m in members if m.path.parent == folder and m.path.stem.casefold() == stem]
    return {f"{_PLAIN}{m.suffix}": m for m in alike} | {
        f"{_PLAIN}{m.suffix}": m for m in alike if m.path.stem == layer.stem
    }


def _unpack(
    archive: zipfile.ZipFile, parts: Mapping[str, _Member], *, folder: Path, source: Source
) -> None:
    _refuse_large(parts, folder=folder, source=source)
    for name, member in parts.items():
        what = f"{source.name}: {member.path} in {source.path}"
        if member.info.flag_bits & _ENCRYPTED:
            raise LayerError(f"{what} is encrypted", do="unpack it with its password first")
        target = folder / name
        if _leads_out(member.path) or not target.resolve().is_relative_to(folder.resolve()):
            raise LayerError(
                f"{what} names a place outside the archive",
                do="ask where it comes from; zip the layer again without such names",
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member.info) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain, 1 << 20)
        except NotImplementedError as error:
            raise LayerError(
                f"{what} is packed in a way that cannot be read here",
                do="unpack it, and name the layer's own file",
            ) from error
        except (*_DAMAGED, OSError) as error:
            if isinstance(error, OSError) and error.errno in _FULL:
                raise _no_space(source) from error
            raise LayerError(
                f"{what} is damaged or cannot be unpacked", do="copy or download it again"
            ) from error


def _leads_out(path: PurePosixPath) -> bool:
    """Whether a name is that of a place elsewhere, on this system or another."""
    return path.is_absolute() or ".." in path.parts or ":" in str(path)


def _refuse_large(parts: Mapping[str, _Member], *, folder: Path, source: Source) -> None:
    """Refuse by the sizes that the archive states, which its reader keeps to."""
    for member in parts.values():
        if member.suffix in _SMALL and member.info.file_size > _MAX_SMALL_BYTES:
            raise LayerError(
                f"{source.name}: {member.path} in {source.path} has {member.info.file_size} bytes,"
                f" more than the {_MAX_SMALL_BYTES} that a {member.suffix} may have",
                do="take it out of the archive, or replace it by a whole one",
            )
    size = sum(m.info.file_size for m in parts.values())
    if size > _MAX_BYTES:
        raise LayerError(
            f"{source.name}: the layer in {source.path} has {size} bytes when unpacked, more than"
            f" the {_MAX_BYTES} that are unpacked here",
            do="unpack it, and name the layer's own file",
        )
    if size > shutil.disk_usage(folder).free:
        raise _no_space(source)


def _no_space(source: Source) -> LayerError:
    return LayerError(
        f"{source.name}: there is no space on disk to unpack {source.path}",
        do="free some in the folder for temporary files, or choose another one (TMPDIR)",
    )
