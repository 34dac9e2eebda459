"""Layers that come as one file or as a set of sheets; a set is joined into one table."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import geopandas as gpd
import numpy as np

from gisland.base.crs import crs_name
from gisland.base.errors import CRSError, GislandError, LayerError
from gisland.base.phrases import first_of, so_many
from gisland.layers.files.formats import format_of, in_any_case
from gisland.layers.files.opening import Opened, open_layer, shown_path
from gisland.layers.files.sheetedges import without_repeats, without_twins
from gisland.layers.files.sheetjoin import united
from gisland.layers.findings import SHOWN, Finding, finding
from gisland.layers.places.placing import with_crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisland.layers.source import Source

_MAGIC = re.compile(r"[*?\[]")
_NOTHING = ("leaves no row", "the layer is empty")  # how an error on an empty sheet ends
_OF_EACH = ("sha256", "encoding", "encoding_evidence")


@dataclass(frozen=True)
class Gathered:
    """A layer from its file or sheets, the rows in these, its record, what was met on the way."""

    table: gpd.GeoDataFrame
    rows: int
    record: dict[str, Any]
    findings: list[Finding]


@dataclass(frozen=True)
class _Sheet:
    name: str
    source: Source
    opened: Opened
    table: gpd.GeoDataFrame
    findings: list[Finding]


def gather(source: Source, *, folder: Path) -> Gathered:
    r"""Read a layer from its file, or from all sheets that its pattern matches.

    Sheets are joined in the order of their names. Columns that some lack are missing there; the
    column ``sheet`` keeps where each row is from. Each sheet's encoding is found on its own. Rows
    that repeat another of their file are left out. A parcel that two sheets hold with the same
    shape is taken once; one that the sheet edge cuts stays in its parts, and is told, unless
    ``join_cut`` puts them together.

    Parameters
    ----------
    source
        The layer as the project declares it.
    folder
        Folder that its path is relative to.

    Returns
    -------
    Gathered
        Source columns, the record of the file or files, findings.

    Raises
    ------
    LayerError
        If nothing matches the pattern, files of several kinds do, or a sheet cannot be read.
    CRSError
        If the sheets are in different coordinate systems.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> for i, name in enumerate("ab"):
    ...     square = gpd.GeoDataFrame({"n": [i]}, geometry=[box(i, 0, i + 1, 1)], crs=4547)
    ...     square.to_file(Path(folder.name) / f"{name}.gpkg")
    >>> gathered = gather(Source("parcels", "*.gpkg"), folder=Path(folder.name))
    >>> gathered.table["sheet"].tolist(), len(gathered.record["sheets"])
    (['a', 'b'], 2)
    >>> folder.cleanup()
    """
    paths = sheet_paths(source, folder=folder)
    if paths is None:
        opened = open_layer(source, folder=folder)
        record = {"path": shown_path(source.path), **_record(source, opened, folder)}
        table, repeats = without_repeats(opened.table, source)
        return Gathered(table, len(opened.table), record, [*_told(opened, source), *repeats])
    return _joined(source, _sheets(source, paths, folder=folder), folder)


def sheet_paths(source: Source, *, folder: Path) -> list[str] | None:
    """Sheets that a path with a pattern stands for, in the order of their names.

    Suffixes match in either case.

    Parameters
    ----------
    source
        The layer as the project declares it.
    folder
        Folder that its path is relative to.

    Returns
    -------
    list of str or None
        Paths as the project could have written them; None if the path is no pattern.

    Raises
    ------
    LayerError
        If nothing matches, or files of several kinds do.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> sheet_paths(Source("parcels", "parcels.shp"), folder=Path("data")) is None
    True
    """
    is_file = "://" not in source.path and not source.path.lower().startswith("pg:")
    if not (is_file and _MAGIC.search(source.path)) or (folder / source.path).exists():
        return None
    parts = PurePosixPath(Path(source.path).as_posix()).parts
    first = next(i for i, part in enumerate(parts) if _MAGIC.search(part))
    base = Path(*parts[:first]) if first else Path()
    pattern = "/".join((*parts[first:-1], _any_case(parts[-1])))
    below = in_any_case(folder / base)
    found = sorted(
        p.relative_to(below).as_posix()
        # accented letters as one character or as two: macOS writes the one, others the other
        for p in {q for form in ("NFC", "NFD") for q in below.glob(normalize(form, pattern))}
        if not p.name.startswith(".")
    )
    if not found:
        raise LayerError(
            f"{source.name}: no file matches {source.path}",
            do=f"check the path of [layers.{source.name}]: it is relative to the project file",
        )
    suffixes = sorted({PurePosixPath(p).suffix.lower() for p in found})
    if len(suffixes) > 1:
        raise LayerError(
            f"{source.name}: {source.path} matches files of several kinds ({', '.join(suffixes)})",
            do="name one kind, such as sheets/*.shp",
        )
    return [(base / p).as_posix() for p in found]


def _any_case(name: str) -> str:
    """Pattern whose suffix matches in capitals and small letters."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or "[" in suffix:
        return name
    letters = (f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in suffix)
    return f"{stem}.{''.join(letters)}"


def _record(source: Source, opened: Opened, folder: Path) -> dict[str, Any]:
    return {
        "sha256": opened.sha256,
        **format_of(source, folder=folder),
        "geometry_column": str(opened.table.active_geometry_name),
        "encoding": opened.encoding.name,
        "encoding_evidence": opened.encoding.evidence,
    }


def _told(opened: Opened, source: Source) -> list[Finding]:
    """Findings on the file itself."""
    findings = [
        finding("reader_note", f"{source.name}: {note}", in_=source, severity="info")
        for note in opened.notes
    ]
    if opened.encoding.warning:
        message = f"{source.name}: {opened.encoding.warning}; declare encoding if texts are wrong"
        findings.append(finding("encoding_doubt", message, in_=source))
    if opened.encoding.cut:
        count = opened.encoding.cut
        texts = so_many(count, "text ends", "texts end")
        message = f"{source.name}: {texts} inside a character, cut by the width of the field"
        findings.append(
            finding("text_cut", message, in_=source, severity="info", value=count, unit="texts")
        )
    return [*findings, *opened.findings]


def _sheets(source: Source, paths: Sequence[str], *, folder: Path) -> list[_Sheet]:
    """All sheets that hold rows, in their own CRS or the declared one."""
    sheets: list[_Sheet] = []
    names = _names(paths)
    for path, name in zip(paths, names, strict=True):
        own = replace(source, path=path)
        try:
            opened = open_layer(own, folder=folder)
            table, told = without_repeats(opened.table, own)
            if source.crs:
                table, placed = with_crs(table, own, folder=folder)
                told = [*told, *placed]
        except GislandError as error:
            if error.what.endswith(_NOTHING):
                continue
            where = "" if path in error.what else f" (sheet {path})"
            raise type(error)(f"{error.what}{where}", do=error.do, ids=error.ids) from error
        findings = [_of_sheet(f, source, name) for f in (*_told(opened, own), *told)]
        sheets.append(_Sheet(name, own, opened, table, findings))
    if not sheets:
        left = f"where = {source.where!r} leaves no row" if source.where else "all sheets are empty"
        raise LayerError(f"{source.name}: {left}", do="check the files, the layer and the filter")
    return sheets


def _names(paths: Sequence[str]) -> list[str]:
    """Names of the sheets: their paths without the suffix and the folders that all share."""
    pure = [PurePosixPath(p) for p in paths]
    shared = 0
    if len(pure) > 1:
        columns = zip(*(p.parts[:-1] for p in pure), strict=False)
        shared = next((i for i, c in enumerate(columns) if len(set(c)) > 1), None) or min(
            len(p.parts) - 1 for p in pure
        )
    else:
        shared = len(pure[0].parts) - 1
    return [PurePosixPath(*p.parts[shared:]).with_suffix("").as_posix() for p in pure]


def _of_sheet(told: Finding, source: Source, name: str) -> Finding:
    start = f"{source.name}: "
    return {**told, "message": f"{start}sheet {name}: {told['message'].removeprefix(start)}"}


def _joined(source: Source, sheets: Sequence[_Sheet], folder: Path) -> Gathered:
    _require_one_crs(source, sheets)
    names = [s.name for s in sheets]
    attributes, findings = united([s.table for s in sheets], source, names=names)
    shapes = np.concatenate([s.table.geometry.to_numpy() for s in sheets])
    column = str(sheets[0].table.active_geometry_name)
    while column in attributes:
        column += "_shape"
    attributes[column] = gpd.GeoSeries(shapes, attributes.index, sheets[0].table.crs)
    table, twins = without_twins(gpd.GeoDataFrame(attributes, geometry=column), source)
    findings = [*(f for s in sheets for f in s.findings), *findings, *twins]
    rows = sum(len(s.opened.table) for s in sheets)
    return Gathered(table, rows, _record_of_all(source, sheets, folder), findings)


def _record_of_all(source: Source, sheets: Sequence[_Sheet], folder: Path) -> dict[str, Any]:
    records = [_record(s.source, s.opened, folder) for s in sheets]
    digest = hashlib.sha256()
    for sheet, record in zip(sheets, records, strict=True):
        digest.update(f"{sheet.source.path}\0{record['sha256']}\n".encode())
    listed = [
        {"path": s.source.path, "rows": len(s.opened.table), **{k: r[k] for k in _OF_EACH}}
        for s, r in zip(sheets, records, strict=True)
    ]
    shared = {key: " | ".join(dict.fromkeys(r[key] for r in records)) for key in records[0]}
    return {"path": source.path, **shared, "sha256": digest.hexdigest(), "sheets": listed}


def _require_one_crs(source: Source, sheets: Sequence[_Sheet]) -> None:
    groups: list[tuple[Any, list[str]]] = []
    for sheet in sheets:
        crs = sheet.table.crs
        for known, names in groups:
            same = crs is None or known is None
            if (crs is known) if same else crs.equals(known, ignore_axis_order=True):
                names.append(sheet.name)
                break
        else:
            groups.append((crs, [sheet.name]))
    if len(groups) > 1:
        listed = "; ".join(
            f"{crs_name(crs) if crs is not None else 'none'}: {first_of(names, most=SHOWN)}"
            for crs, names in groups
        )
        raise CRSError(
            f"{source.name}: the sheets are in different coordinate systems ({listed})",
            do="bring them into one first, or declare crs where only its name is missing",
        )
