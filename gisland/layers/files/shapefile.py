"""Shapefiles: parts that are missing, stale or damaged made good in a copy, or refused by name."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gisland.base.errors import LayerError
from gisland.layers.files.codecnames import UTF8
from gisland.layers.files.dbfcells import survey
from gisland.layers.files.dbfmend import field_names, is_sound, write_mended
from gisland.layers.files.dbfreport import table_findings
from gisland.layers.files.dbftable import PLAIN, read_table
from gisland.layers.files.encoding import Encoding, find_encoding
from gisland.layers.files.shapeindex import shape_index
from gisland.layers.files.vector import read_vector
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gisland.layers.files.dbftable import Table
    from gisland.layers.source import Source

PARTS = (".cpg", ".dbf", ".prj", ".shp", ".shx")


def shapefile_parts(file: Path, *, what: str) -> dict[str, Path]:
    """Files that make up a shapefile, whatever the case of their names.

    Parameters
    ----------
    file
        Its ``.shp``.
    what
        Name of the layer in messages.

    Returns
    -------
    dict of str to pathlib.Path
        By suffix in small letters, sorted.

    Raises
    ------
    LayerError
        If a part is there twice.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> for name in ("Parcels.SHP", "PARCELS.dbf", "parcels.Shx", "parcels.txt"):
    ...     _ = Path(folder.name, name).write_bytes(b"")
    >>> parts = shapefile_parts(Path(folder.name, "Parcels.SHP"), what="parcels")
    >>> [(suffix, part.name) for suffix, part in parts.items()]
    [('.dbf', 'PARCELS.dbf'), ('.shp', 'Parcels.SHP'), ('.shx', 'parcels.Shx')]
    >>> folder.cleanup()
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(file.parent.iterdir()):
        suffix = path.suffix.lower()
        if suffix in PARTS and path.stem.casefold() == file.stem.casefold():
            found.setdefault(suffix, []).append(path)
    found[".shp"] = [file]
    parts = {}
    for suffix in sorted(found):
        exact = [p for p in found[suffix] if p.stem == file.stem] or found[suffix]
        if len(exact) > 1:
            names = " and ".join(p.name for p in exact)
            raise LayerError(f"{what}: {names} lie side by side", do="keep the one that belongs")
        parts[suffix] = exact[0]
    return parts


def read_shapefile(
    source: Source, file: Path
) -> tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]:
    """Read a shapefile after a look at the bytes of its parts.

    What GDAL would misread is mended in a temporary copy, and told: a ``.shx`` that is missing or
    does not fit, names and texts that break off inside a character, columns of the same name,
    numbers and dates that are none. The files themselves are never touched.

    Parameters
    ----------
    source
        The layer as the project declares it.
    file
        Its ``.shp``.

    Returns
    -------
    geopandas.GeoDataFrame
        All rows that pass the filter, in the order of the file.
    Encoding
        Of its texts.
    tuple of dict
        Findings.

    Raises
    ------
    LayerError
        If a part is damaged or does not fit the others, or its encoding cannot be used.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.shp"
    >>> gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4547).to_file(file)
    >>> file.with_suffix(".shx").unlink()
    >>> table, encoding, findings = read_shapefile(Source("parcels", "p.shp"), file)
    >>> len(table), findings[0]["code"]
    (1, 'shx_rebuilt')
    >>> folder.cleanup()
    """
    what = f"{source.name}: {file.name}"
    parts = shapefile_parts(file, what=what)
    table = read_table(parts[".dbf"], what=what) if ".dbf" in parts else None
    rows = None if table is None else table.rows
    index = shape_index(file, parts.get(".shx"), rows=rows, what=what)
    findings = _of_parts(parts, index.reason, source)
    cpg = parts[".cpg"].read_bytes() if ".cpg" in parts else None
    with tempfile.TemporaryDirectory(prefix="gisland-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "layer.shp"
        for suffix in (".shp", ".prj"):
            if suffix in parts:
                link(parts[suffix], copy.with_suffix(suffix))
        if index.shx:
            copy.with_suffix(".shx").write_bytes(index.shx)
        else:
            link(parts[".shx"], copy.with_suffix(".shx"))
        if table is None:
            encoding = Encoding(UTF8, "no attribute table (.dbf)")
            left_out: list[str] = []
        else:
            table_copy = copy.with_suffix(".dbf")
            encoding, left_out, told = _attributes(table, source, copy=table_copy, cpg=cpg)
            findings += told
        frame, told = read_vector(source, str(copy), encoding=encoding.name)
    if frame.crs is None and ".prj" in parts:
        message = f"{source.name}: the .prj names no coordinate system that can be read"
        findings.append(finding("prj_unreadable", message, in_=source))
    return frame.drop(columns=left_out), encoding, (*findings, *told)


def link(file: Path, there: Path) -> None:
    """Let a file be found in another place as well, without changing it.

    Parameters
    ----------
    file
        The file.
    there
        Where it is to be found; a link, or a copy where links are not allowed.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "a.txt"
    >>> _ = file.write_text("x")
    >>> link(file, file.with_name("b.txt"))
    >>> file.with_name("b.txt").read_text()
    'x'
    >>> folder.cleanup()
    """
    try:
        there.symlink_to(file.resolve())
    except OSError:  # not every system lets users make links
        shutil.copyfile(file, there)


def _attributes(
    table: Table, source: Source, *, copy: Path, cpg: bytes | None
) -> tuple[Encoding, list[str], list[Finding]]:
    """Put the table, mended if need be, beside the shapes; its encoding and columns left out."""
    found = survey(table)
    encoding = find_encoding(
        found.texts, what=source.name, cpg=cpg, language=table.language, declared=source.encoding
    )
    names = field_names(table, encoding=encoding.name)
    if is_sound(table, found, names=names, cut=encoding.cut):
        link(table.file, copy)
    else:
        write_mended(table, copy, found=found, names=names, encoding=encoding.name)
    texts = [n.decode(encoding.name, errors="replace") for n in names]
    columns = dict(zip(table.fields, texts, strict=True))
    left_out = [name for column, name in columns.items() if column.kind not in PLAIN]
    findings = table_findings(found, columns, encoding=encoding.name, source=source)
    return encoding, left_out, findings


def _of_parts(parts: Mapping[str, Path], reason: str, source: Source) -> list[Finding]:
    findings = []
    if reason:
        message = f"{source.name}: {reason}; the places of the shapes are taken from the .shp"
        findings.append(finding("shx_rebuilt", message, in_=source))
    if ".dbf" not in parts:
        message = f"{source.name}: there is no .dbf; shapes are read without attributes"
        findings.append(finding("dbf_missing", message, in_=source))
    return findings
