"""CAD drawings (DXF): closed lines and hatches as polygons, texts in their right encoding."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from gisland.base.errors import LayerError, did_you_mean
from gisland.base.schema import LINES_ALLOWED
from gisland.layers.files.codecnames import LATIN, codec_name
from gisland.layers.files.encoding import Encoding, find_encoding
from gisland.layers.files.vector import read_vector
from gisland.layers.findings import Finding, finding

if TYPE_CHECKING:
    from pathlib import Path

    from gisland.layers.source import Source

_BINARY = b"AutoCAD Binary DXF"
_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+([^\s]+)")
_GDAL_NAMES = {"utf-8": "UTF-8", LATIN: "ISO-8859-1"}
_CURVED = (b"ARC", b"CIRCLE", b"ELLIPSE", b"SPLINE")
_BULGED = (b"LWPOLYLINE", b"VERTEX")
_ARC_STEP = "OGR_ARC_STEPSIZE"
_DEFAULT_STEP = "4"
_RING = 4  # fewest points of a ring
_POLYGONS = ("Polygon", "MultiPolygon", "GeometryCollection")  # collections are opened later
_LINES = ("LineString", "MultiLineString")


def read_drawing(
    source: Source, path: Path
) -> tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]:
    r"""Polygons of a drawing; ``layer`` names one of its drawing layers.

    Closed lines count as polygons whether they are flagged as closed or end where they began;
    hatches too. Open lines, points and texts are left out and told; layers of roads and water
    keep their lines. A drawing has no CRS: the project must declare it.

    Parameters
    ----------
    source
        The layer as the project declares it.
    path
        A DXF file in text form.

    Returns
    -------
    geopandas.GeoDataFrame
        With the columns ``Layer``, ``EntityHandle`` and others of GDAL.
    Encoding
        Found from the bytes; the drawing's own code page is often wrong.
    tuple of dict
        Findings ``drawing_left_out`` and ``drawing_curves``, where there is cause.

    Raises
    ------
    LayerError
        If it is no drawing in text form, holds no polygon, or holds polygons on several drawing
        layers and none is chosen.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gisland.layers.source import Source
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "p.dxf"
    >>> corners = "".join(f" 10\n{x}\n 20\n{y}\n" for x, y in ((0, 0), (9, 0), (9, 9)))
    >>> line = f"  0\nLWPOLYLINE\n  8\nZD\n 90\n3\n 70\n1\n{corners}"
    >>> _ = file.write_text(f"  0\nSECTION\n  2\nENTITIES\n{line}  0\nENDSEC\n  0\nEOF\n")
    >>> table, _, _ = read_drawing(Source("parcels", "p.dxf"), file)
    >>> table["Layer"].tolist(), table.area.tolist()
    (['ZD'], [40.5])
    >>> folder.cleanup()
    """
    data = path.read_bytes()
    if data.startswith(_BINARY):
        raise LayerError(
            f"{source.name}: {source.path} is a binary drawing", do="save it as an ASCII DXF"
        )
    encoding = _encoding(source, data)
    table, findings = read_vector(
        source,
        str(path),
        CLOSED_LINE_AS_POLYGON="YES",
        ENCODING=_GDAL_NAMES.get(encoding.name, encoding.name.upper()),
    )
    table = _ringed(table)
    kept, told = _kept(table, source)
    findings += [*told, *_curves(data, source)]
    return kept, encoding, tuple(findings)


def _encoding(source: Source, data: bytes) -> Encoding:
    texts = b"\n".join(line for line in data.split(b"\n") if not line.isascii())
    found = find_encoding([texts], what=source.name, declared=source.encoding)
    page = _PAGE.search(data)
    named = codec_name(page[1].decode("ascii", "replace")) if page else None
    if page is None or named is None or found.name != LATIN or source.encoding:
        return found
    try:
        texts.decode(named)
    except UnicodeDecodeError:
        return found
    return Encoding(named, f"the drawing says {page[1].decode('ascii', 'replace')}")


def _ringed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table with polygons for lines that end where they began."""
    values = table.geometry.to_numpy().copy()
    long = (shapely.get_type_id(values) == 1) & (shapely.get_num_points(values) >= _RING)
    rows = np.flatnonzero(long & shapely.is_closed(values))
    values[rows] = [shapely.Polygon(line) for line in values[rows]]
    return table.set_geometry(gpd.GeoSeries(values, table.index, table.crs))


def _kept(table: gpd.GeoDataFrame, source: Source) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Rows that can be parcels (or roads) on the chosen drawing layer; the rest is told."""
    wanted = _POLYGONS + (_LINES if source.kind in LINES_ALLOWED else ())
    on_paper = table["PaperSpace"].notna() & (table["PaperSpace"] != 0)
    fit = table.geometry.geom_type.isin(wanted) & ~on_paper
    layers = sorted(set(table.loc[fit, "Layer"].dropna()))
    if source.layer is not None and source.layer not in layers:
        raise LayerError(
            f"{source.name}: there are no closed lines or hatches on a drawing layer"
            f" {source.layer!r} in {source.path}",
            do=did_you_mean(source.layer, layers) if layers else "give another drawing",
        )
    if not layers:
        raise LayerError(
            f"{source.name}: {source.path} holds no closed line and no hatch",
            do="close the outlines in the drawing, or give another file",
        )
    if source.layer is None and source.where is None and len(layers) > 1:
        raise LayerError(
            f"{source.name}: {source.path} has closed lines on {len(layers)} drawing layers",
            do=f"choose one: layer = {' | '.join(map(repr, layers))}; for several, name them in"
            " where, such as where = \"Layer IN ('a', 'b')\"",
        )
    here = fit if source.layer is None else fit & (table["Layer"] == source.layer)
    beside = (
        table[~here] if source.layer is None else table[~fit & (table["Layer"] == source.layer)]
    )
    kept = table[here].reset_index(drop=True)
    return kept, _left_out(beside, int((on_paper & ~here).sum()), source)


def _left_out(beside: gpd.GeoDataFrame, on_paper: int, source: Source) -> list[Finding]:
    kinds = Counter(_word(str(kind)) for kind in beside.geometry.geom_type)
    if not kinds:
        return []
    counts = ", ".join(f"{kinds[name]} {name}" for name in sorted(kinds))
    paper = f" ({on_paper} of them on layout sheets)" if on_paper else ""
    message = f"{source.name}: {counts} of the drawing are left out{paper}"
    return [finding("drawing_left_out", message, in_=source, value=len(beside), unit="rows")]


def _word(kind: str) -> str:
    if kind in _LINES:
        return "open lines"
    return "points and texts" if "Point" in kind else "other shapes"


def _curves(data: bytes, source: Source) -> list[Finding]:
    """Tell of arcs: GDAL draws them as chords of a fixed angle, however large the circle is."""
    lines = [line.strip() for line in data.split(b"\n")]
    entity, count = b"", 0
    for code, value in zip(lines[::2], lines[1::2], strict=False):
        if code == b"0":
            entity = value
            count += value in _CURVED
        elif code == b"42" and entity in _BULGED:
            count += value.strip(b"0.+-") != b""
    if not count:
        return []
    step = float(pyogrio.get_gdal_config_option(_ARC_STEP) or _DEFAULT_STEP)
    off_mm = (1 - np.cos(np.radians(step / 2))) * 1000
    message = (
        f"{source.name}: {count} arcs of the drawing are drawn as chords of {step:g} degrees, which"
        f" stay within {off_mm:.1f} mm of the arc for each metre of its radius"
    )
    return [
        finding("drawing_curves", message, in_=source, severity="info", value=count, unit="arcs")
    ]
