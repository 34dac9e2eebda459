"""GML read whole: GDAL keeps one of several geometry properties, and writes beside its input."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

import pyogrio

from gisland.layers.files.encoding import Encoding
from gisland.layers.files.shapefile import link
from gisland.layers.files.vector import FAILURES, choose_layer, read_vector, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

_GML = "http://www.opengis.net/gml"  # and newer versions, which add to it
_FRIENDS = (".xsd", ".gfs")  # describe the properties of a .gml beside it
_SHAPES = {
    *("Point", "MultiPoint", "LineString", "MultiLineString", "Curve", "MultiCurve"),
    *("CompositeCurve", "OrientableCurve", "Polygon", "MultiPolygon", "Surface", "MultiSurface"),
    *("CompositeSurface", "PolyhedralSurface", "TriangulatedSurface", "Tin", "Solid"),
    *("MultiGeometry", "GeometryCollection"),
}
_CLASS = re.compile(r"<GMLFeatureClass>.*?</GMLFeatureClass>", re.DOTALL)
_PATH = re.compile(r"<ElementPath>(.*?)</ElementPath>")
_ONE_SHAPE = re.compile(r"<GeometryName>.*?</GeometryType>", re.DOTALL)


def read_gml(source: Source, path: Path) -> tuple[gpd.GeoDataFrame, Encoding, tuple[Finding, ...]]:
    """One layer of a GML file, with all of its geometry properties to choose from.

    Parameters
    ----------
    source
        The layer as the project declares it.
    path
        The file; an ``.xsd`` or ``.gfs`` beside it is heeded, and none is written.

    Returns
    -------
    geopandas.GeoDataFrame
        The layer.
    Encoding
        As XML declares it.
    tuple of dict
        Findings.

    Raises
    ------
    LayerError
        If the file cannot be read, or there are several layers or geometry properties and none is
        chosen.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> read_gml(Source("parcels", "nowhere.gml"), Path("nowhere.gml"))
    Traceback (most recent call last):
    ...
    gisland.base.errors.LayerError: parcels: nowhere.gml cannot be read as a vector layer; check \
that the file is whole and of a format such as .shp, .gpkg, .geojson, .parquet
    """
    with tempfile.TemporaryDirectory(prefix="gisland-", ignore_cleanup_errors=True) as folder:
        there = Path(folder) / path.name
        for file in (path, *(path.with_suffix(s) for s in _FRIENDS)):
            if file.is_file():
                link(file, Path(folder) / file.name)
        try:
            layers = pyogrio.list_layers(there)
        except FAILURES as error:
            raise unreadable(source) from error
        made = there.with_suffix(".gfs")
        if made.is_file() and not made.is_symlink() and not path.with_suffix(".gfs").is_file():
            made.write_text(_with_all_shapes(made.read_text("utf-8"), there), "utf-8", newline="\n")
        layer = choose_layer(source, layers)
        table, findings = read_vector(source, str(there), layer=layer, DOWNLOAD_SCHEMA="NO")
    return table, Encoding("utf-8", "the format's own"), tuple(findings)


def _with_all_shapes(described: str, path: Path) -> str:
    """GDAL's description of the layers, with every geometry property in place of the last one."""
    features = {
        found[1].split("|")[-1] for c in _CLASS.findall(described) if (found := _PATH.search(c))
    }
    shapes = _shape_paths(path, features)

    def whole(found: re.Match[str]) -> str:
        first = _PATH.search(found[0])
        paths = shapes.get(first[1].split("|")[-1], ()) if first else ()
        if len(paths) < 2:  # noqa: PLR2004 - GDAL has it
            return found[0]
        columns = "".join(
            f"<GeomPropertyDefn><Name>{p.replace('|', '_')}</Name>"
            f"<ElementPath>{p}</ElementPath></GeomPropertyDefn>"
            for p in paths
        )
        return _ONE_SHAPE.sub(lambda _: columns, found[0])

    return _CLASS.sub(whole, described)


def _shape_paths(path: Path, features: Collection[str]) -> dict[str, list[str]]:
    """Paths of the elements that hold a shape, below each kind of feature, in their order."""
    found: dict[str, dict[str, None]] = {}
    stack: list[str] = []
    inside: list[int] = []  # depth of the shape that the parser is in

    def start(name: str, _: object) -> None:
        space, _, local = name.rpartition(" ")
        if not inside and space.startswith(_GML) and local in _SHAPES:
            inside.append(len(stack))
            owners = [i for i, element in enumerate(stack) if element in features]
            if owners and owners[-1] + 1 < len(stack):
                below = "|".join(stack[owners[-1] + 1 :])
                found.setdefault(stack[owners[-1]], {})[below] = None
        stack.append(local)

    def end(_: str) -> None:
        stack.pop()
        if inside and inside[-1] == len(stack):
            inside.pop()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError:  # GDAL reads up to there as well, and says so
        pass
    return {feature: list(paths) for feature, paths in found.items()}
