"""Text tables (CSV) with a column of shapes as WKT or WKB: every cell stays the text it is."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import shapely

from gisland.base.crs import parse_crs
from gisland.base.errors import GeometryError, LayerError
from gisland.base.phrases import count_of
from gisland.layers.files.curves import WKB_NAMES, wkb_kind, wkb_srid
from gisland.layers.files.encoding import Encoding, find_encoding
from gisland.layers.files.shapes import shapes_from_wkb
from gisland.layers.files.vector import choose_column
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gisland.layers.source import Source

_SEPARATORS = (",", ";", "\t", "|")
_KINDS = "POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION"
_WKT = re.compile(rf"\s*(?:SRID=\d+;)?\s*(?:{_KINDS})\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)", re.IGNORECASE)
_HEX = re.compile(r"\s*0[01][0-9A-Fa-f]{40,}\s*")
_SRID = re.compile(r"\s*SRID=(\d{1,10});", re.IGNORECASE)
# Coordinates say nothing of the encoding; the first of the bytes may end a character.
_LONG_ASCII = re.compile(rb"([\x00-\x7f])[\x00-\x7f]{7,}")
_CELL_LIMIT = 32_767  # characters; spreadsheet programs cut what is longer
_BOM = "\ufeff"


def read_delimited(
    source: Source, path: Path
) -> tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]:
    r"""Text table whose column of shapes is found by its values, or named by the project.

    Parameters
    ----------
    source
        The layer as the project declares it.
    path
        The file, with column names in its first line.

    Returns
    -------
    geopandas.GeoDataFrame
        All other columns as text, leading zeros kept; empty cells are missing. Without a CRS
        unless the shapes name one.
    Encoding
        Found as for shapefiles.
    tuple of dict
        Findings.

    Raises
    ------
    LayerError
        If the table cannot be decoded or split into columns, or has no column of shapes, or
        several.
    GeometryError
        If a cell of that column is no shape.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.csv"
    >>> _ = file.write_text("id;shape\n007;POLYGON ((0 0, 1 0, 1 1, 0 0))\n")
    >>> table, encoding, told = read_delimited(Source("parcels", "p.csv"), file)
    >>> table["id"].tolist(), table.active_geometry_name
    (['007'], 'shape')
    >>> folder.cleanup()
    """
    if source.where:
        raise LayerError(
            f"{source.name}: where does not work on text tables", do="filter it first, or use .gpkg"
        )
    text, encoding = _decoded(source, path.read_bytes())
    if "\n" not in text:  # lines that end as on early Macintosh computers
        text = text.replace("\r", "\n")
    names, separator, findings = _header(source, text)
    table = _table(source, text, names=names, separator=separator)
    column = _shape_column(source, table)
    shapes, crs, told = _shapes(source, table[column])
    located = gpd.GeoSeries(shapes, index=table.index, crs=crs)
    frame = gpd.GeoDataFrame(table.assign(**{column: located}), geometry=column)
    return frame, encoding, (*findings, *told)


def _decoded(source: Source, data: bytes) -> tuple[str, Encoding]:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = Encoding("utf-16", "its byte order mark")
    elif data.startswith(_BOM.encode()):
        encoding = Encoding("utf-8", "its byte order mark")
    else:
        texts = _LONG_ASCII.sub(rb"\1\n", data)
        encoding = find_encoding([texts], what=source.name, declared=source.encoding)
    try:
        return data.decode(encoding.name).removeprefix(_BOM), encoding
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LayerError(
            f"{source.name}: line {line} of {source.path} cannot be decoded as {encoding.name}",
            do='declare the encoding, such as encoding = "gb18030", or mend the line',
        ) from error


def _header(source: Source, text: str) -> tuple[list[str], str, list[Finding]]:
    """Unique column names and the separator: the one that splits the first line most often."""
    first = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    try:
        split = {s: next(csv.reader([first], delimiter=s), []) for s in _SEPARATORS}
    except csv.Error as error:
        raise LayerError(
            f"{source.name}: the first line of {source.path} holds no column names ({error})",
            do="write the names of the columns, with a separator between them, in the first line",
        ) from error
    separator = max(_SEPARATORS, key=lambda s: (len(split[s]), -_SEPARATORS.index(s)))
    given = [name.strip() or f"column_{i}" for i, name in enumerate(split[separator], start=1)]
    if not given:
        raise LayerError(f"{source.name}: {source.path} is empty", do="check the file")
    names: list[str] = []
    seen: Counter[str] = Counter()
    for name in given:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    renamed = [f"{g} -> {n}" for g, n in zip(given, names, strict=True) if g != n]
    if len(set(names)) < len(names):
        raise LayerError(
            f"{source.name}: {source.path} has several columns of one name",
            do="give each column a name of its own",
        )
    if not renamed:
        return names, separator, []
    message = f"{source.name}: columns of one name are numbered: {', '.join(renamed)}"
    return names, separator, [finding("duplicate_column", message, in_=source)]


def _table(source: Source, text: str, *, names: list[str], separator: str) -> pd.DataFrame:
    body = text.lstrip("\r\n").partition("\n")[2].encode()
    if not body.strip():
        raise LayerError(f"{source.name}: the layer is empty", do="check the file")
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(body),
            read_options=pa_csv.ReadOptions(
                column_names=names, block_size=max(len(body) + 1, 1 << 16), use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, OverflowError) as error:
        reason = str(error).partition("\n")[0].removeprefix("CSV parse error: ")[:200]
        raise LayerError(
            f"{source.name}: {source.path} is not an even table ({reason})",
            do=f"mend that row: as many cells as the {len(names)} columns, texts that hold the"
            f" separator {separator!r} in double quotation marks",
        ) from error
    return table.to_pandas()


def _shape_column(source: Source, table: pd.DataFrame) -> str:
    if source.geometry is not None:
        return choose_column(source, list(table.columns))
    first = {c: table[c].dropna().head(1).tolist() for c in table.columns}
    return choose_column(source, [c for c, v in first.items() if v and _is_shape(v[0])])


def _is_shape(text: str) -> bool:
    return _WKT.match(text) is not None or _is_hex(text)


def _is_hex(text: str) -> bool:
    """Whether a text is WKB in hex digits; ids of many digits are not."""
    if not _HEX.fullmatch(text) or len(text.strip()) % 2:
        return False
    data = bytes.fromhex(text)
    return wkb_kind(data) in WKB_NAMES


def _shapes(
    source: Source, texts: pd.Series
) -> tuple[NDArray[np.object_], int | None, list[Finding]]:
    """Shapes of the texts, and the CRS that they name."""
    plain, named = _without_srid(texts)
    told: list[Finding] = []
    if texts.dropna().head(1).map(_is_hex).any():
        binary = _from_hex(source, plain)
        named = [0 if b is None else wkb_srid(b) for b in binary]
        shapes, told = shapes_from_wkb(binary, source)
    else:
        cells = plain.astype(object).where(plain.notna(), None)
        shapes = shapely.from_wkt(cells.to_numpy(), on_invalid="ignore")
    bad = shapely.is_missing(shapes) & texts.notna().to_numpy()
    if bad.any():
        longest = int(texts[bad].str.len().max())
        cut = longest in {_CELL_LIMIT, _CELL_LIMIT - 1}
        why = f" and was cut at {longest} characters, as spreadsheet programs do" if cut else ""
        many = count_of(int(bad.sum()), "cell")
        raise GeometryError(
            f"{source.name}: {many} of column {texts.name!r} can be read as no shape{why}; rows",
            do="export the table again from its source, or use another format",
            ids=np.flatnonzero(bad) + 1,
        )
    code, partly = _one_code(source, named, total=int(texts.notna().sum()))
    return shapes, code, [*told, *partly]


def _one_code(
    source: Source, named: Sequence[int], *, total: int
) -> tuple[int | None, list[Finding]]:
    """EPSG code that the shapes name, and whether only some of them do."""
    counts = Counter(code for code in named if code)
    if len(counts) > 1:
        raise LayerError(
            f"{source.name}: the shapes of {source.path} name several coordinate systems"
            f" ({', '.join(f'EPSG:{c}' for c in sorted(counts))})",
            do="bring them into one first",
        )
    for code, count in counts.items():
        parse_crs(f"EPSG:{code}", what=f"{source.name}: the SRID of shapes in {source.path}")
        if count == total:
            return code, []
        message = (
            f"{source.name}: only {count} of {total} shapes name a coordinate system; the others"
            f" are taken to be in EPSG:{code} too"
        )
        return code, [finding("srid_partly", message, in_=source, value=total - count, unit="rows")]
    return None, []


def _without_srid(texts: pd.Series) -> tuple[pd.Series, list[int]]:
    """Texts without the code of their CRS (extended WKT), and the codes; 0 where there is none."""
    if not texts.str.contains("SRID", case=False, regex=False).any():
        return texts, []
    codes = texts.str.extract(_SRID)[0].fillna("0")
    return texts.str.replace(_SRID, "", regex=True), [int(code) for code in codes]


def _from_hex(source: Source, texts: pd.Series) -> NDArray[np.object_]:
    try:
        return np.array([bytes.fromhex(t) if isinstance(t, str) else None for t in texts], object)
    except ValueError as error:
        raise GeometryError(
            f"{source.name}: column {texts.name!r} holds cells that are no WKB in hex digits",
            do="export the table again from its source, or use another format",
        ) from error
