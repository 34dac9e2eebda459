"""Where a layer lies: its own CRS, the declared one, and how far they can be believed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gisland.base.crs import check_coordinates, crs_name, parse_crs
from gisland.base.datums import OLD_CHINA, datum_name, datum_shift_between
from gisland.base.errors import CRSError
from gisland.base.projections import bounds_of, span
from gisland.base.shapes import FARTHEST
from gisland.layers.findings import Finding, finding
from gisland.layers.places.guesses import Extent, overlap_guess
from gisland.layers.proposing.evidence import crs_hint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gisland.layers.source import Source

SAME_PLACE_M = 0.001
DEGREE_M = 111_320.0
ACCURATE_M = 1.0  # of a published transformation
PRJ_SHOWN = 40  # characters of a .prj file
_JSON = (".json", ".geojson")


def with_crs(
    table: gpd.GeoDataFrame, source: Source, *, folder: Path | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give a layer the CRS of its file, or the declared one where that may stand.

    Parameters
    ----------
    table
        A layer as read.
    source
        Its declaration.
    folder
        Folder that its path is relative to, to tell what became of a .prj file.

    Returns
    -------
    geopandas.GeoDataFrame
        The same table with a CRS.
    list of dict
        Findings, where the file's own CRS was overridden.

    Raises
    ------
    CRSError
        If no CRS is known, or the declared one contradicts the file's own and neither the
        coordinates nor ``crs_override`` settle it.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> bare = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)])
    >>> with_crs(bare, Source("parcels", "a.shp", crs="EPSG:4547"))[0].crs.to_epsg()
    4547
    """
    if table.crs is not None and len(table.crs.sub_crs_list):
        table = table.set_crs(table.crs.sub_crs_list[0], allow_override=True)
    placeless = table.crs is None or table.crs.is_engineering
    if source.crs is None:
        if placeless:
            raise _unknown(table, source, folder=folder)
        return table, []
    declared = parse_crs(source.crs, what=f"[layers.{source.name}] crs")
    as_declared = table.set_crs(declared, allow_override=True)
    if placeless or _same(table, declared) or _only_assumed(table, source):
        return as_declared, []
    names = f"declared {crs_name(declared)} contradicts the file's own {crs_name(table.crs)}"
    if _disproved(table):
        message = (
            f"{source.name}: {names}, which its coordinates disprove; the declared one is taken"
        )
        return as_declared, [finding("crs_overridden", message, in_=source)]
    if source.crs_override:
        message = (
            f"{source.name}: declared {crs_name(declared)} is taken over the file's own"
            f" {crs_name(table.crs)}, as crs_override says"
        )
        return as_declared, [finding("crs_forced", message, in_=source)]
    raise CRSError(
        f"{source.name}: {names}",
        do=f"take crs out of [layers.{source.name}], or set crs_override = true there if the file"
        " is wrong",
    )


def datum_shift(table: gpd.GeoDataFrame, crs: CRS, source: Source) -> list[Finding]:
    """Tell what becomes of the datum of a layer when it is brought into another CRS.

    Parameters
    ----------
    table
        A layer in its own CRS.
    crs
        The CRS it is going to be brought into.
    source
        Its declaration.

    Returns
    -------
    list of dict
        One finding, or none: ``datum_shift_unknown`` where no shift is made, as for the old datums
        of China, whose parameters are not public; ``datum_shift`` where a published one is.

    Examples
    --------
    >>> from shapely import box
    >>> from gisland.layers.source import Source
    >>> old = gpd.GeoDataFrame(geometry=[box(5e5, 3e6, 6e5, 4e6)], crs=2383)
    >>> [f["code"] for f in datum_shift(old, CRS(4547), Source("parcels", "a.shp"))]
    ['datum_shift_unknown']
    """
    bounds = bounds_of(table)
    shift = datum_shift_between(table.crs, crs, bounds) if bounds else None
    if shift is None:
        return []
    between = f"{source.name}: the shift from {shift.old} to {shift.new}"
    if shift.method:
        accuracy = shift.accuracy_m
        stated = "not stated" if accuracy is None else f"stated as {accuracy:g} m"
        message = f"{between} was made by {shift.method}, its accuracy {stated}"
        sure = accuracy is not None and accuracy <= ACCURATE_M
        severity = "info" if sure else "warning"
        return [
            finding("datum_shift", message, in_=source, severity=severity, value=accuracy, unit="m")
        ]
    possible = shift.possible_m
    message = (
        f"{between} is not public, and none was made; places may be off by {_most(possible)};"
        " transform the layer with the local parameters first"
    )
    return [finding("datum_shift_unknown", message, in_=source, value=possible, unit="m")]


def old_datum(crs: CRS, source: Source) -> list[Finding]:
    """Tell that a run computes on an old datum of China: areas hold, other data do not fit.

    Parameters
    ----------
    crs
        The CRS of the run.
    source
        The declaration of the parcels.

    Returns
    -------
    list of dict
        One finding, or none.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> [f["value"] for f in old_datum(CRS(2383), Source("parcels", "a.shp"))]
    [127.0]
    """
    datum = datum_name(crs)
    if datum not in OLD_CHINA:
        return []
    possible = OLD_CHINA[datum]
    message = (
        f"{source.name}: computed on {datum}; areas and borders hold, but on web maps and beside"
        f" CGCS2000 data places may be off by {_most(possible)}"
    )
    return [finding("old_datum", message, in_=source, severity="info", value=possible, unit="m")]


def _most(possible_m: float | None) -> str:
    return f"up to {possible_m:.0f} m" if possible_m else "tens to hundreds of metres"


def no_overlap(
    tables: Mapping[str, gpd.GeoDataFrame], *, extents: Mapping[str, Extent] | None = None
) -> list[Finding]:
    """Layers whose extent does not meet that of the parcels, with a guess at why.

    Parameters
    ----------
    tables
        Layers by name, in one CRS, ``parcels`` among them.
    extents
        Extents of the layers in their own CRS, to guess by.

    Returns
    -------
    list of dict
        One finding for each such layer.

    Examples
    --------
    >>> from shapely import box
    >>> near, far = (gpd.GeoDataFrame(geometry=[box(x, 0, x + 1, 1)], crs=4547) for x in (0, 9))
    >>> [row["layer"] for row in no_overlap({"parcels": near, "zoning": far})]
    ['zoning']
    """
    known = extents or {}
    extent = shapely.box(*tables["parcels"].total_bounds)
    findings = []
    for name, table in tables.items():
        away = extent.distance(shapely.box(*table.total_bounds))
        if away > 0:
            west, south, east, north = table.total_bounds
            both = name in known and "parcels" in known
            guess = overlap_guess(known[name], known["parcels"]) if both else ""
            why = f"; would overlap if {guess}" if guess else ""
            message = (
                f"{name}: lies wholly outside the extent of parcels (x {span(west, east)},"
                f" y {span(south, north)}, {away / 1000:.1f} km away{why})"
            )
            told = {"code": "no_overlap", "severity": "warning", "layer": name, "value": away}
            findings.append({**told, "unit": "m", "message": message})
    return findings


def extent_of(table: gpd.GeoDataFrame) -> Extent:
    """Extent of a layer in its own CRS.

    Parameters
    ----------
    table
        A layer with geometry and CRS.

    Returns
    -------
    Extent
        For ``no_overlap``.

    Examples
    --------
    >>> from shapely import box
    >>> extent_of(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4547)).bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    return Extent(bounds_of(table) or (np.nan,) * 4, table.crs)


def _unknown(table: gpd.GeoDataFrame, source: Source, *, folder: Path | None) -> CRSError:
    """The error of a layer whose place on Earth is not known, with what speaks for one."""
    code, why = crs_hint(bounds_of(table))
    told = f"only a local system, {table.crs.name!r}, is declared" if table.crs else ""
    told = told or (_prj_state(folder / source.path) if folder else "")
    return CRSError(
        f"{source.name}: no coordinate system is known ({f'{told}; ' if told else ''}{why})",
        do=f'declare the right one: [layers.{source.name}] crs = "{code}", or add the .prj file',
    )


def _prj_state(path: Path) -> str:
    """What became of the .prj file of a shapefile, zipped or not; empty for other formats."""
    if path.suffix.lower() == ".shp" and path.is_file():
        beside = sorted(path.parent.iterdir())
        found = [p for p in beside if p.stem == path.stem and p.suffix.lower() == ".prj"]
        content = found[0].read_bytes() if found else None
    elif path.suffix.lower() == ".zip" and path.is_file():
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if not any(n.lower().endswith(".shp") for n in names):
                return ""
            members = [n for n in names if n.lower().endswith(".prj")]
            content = archive.read(members[0]) if members else None
    else:
        return ""
    if content is None:
        return "there is no .prj file"
    text = "".join(c for c in content.decode("ascii", "ignore") if c.isprintable()).strip()
    if not text:
        return "its .prj is empty"
    return f"its .prj file cannot be understood: {text[:PRJ_SHOWN]!r}"


def _disproved(table: gpd.GeoDataFrame) -> bool:
    """Whether the coordinates cannot be in the CRS that the file says."""
    try:
        check_coordinates(table, what="")
    except CRSError:
        return True
    return False


def _same(table: gpd.GeoDataFrame, declared: CRS) -> bool:
    """Whether both put the data in the same place, whatever their names are."""
    if table.crs.equals(declared, ignore_axis_order=True):
        return True
    if table.crs.is_geographic != declared.is_geographic:
        return False
    bounds = bounds_of(table)
    if bounds is None or not np.abs(bounds).max() < FARTHEST:
        return False
    if datum_shift_between(table.crs, declared, bounds):
        return False
    west, south, east, north = bounds
    corners = np.array([[west, south], [east, north], [west, north], [east, south]])
    x, y = corners.T
    try:
        moved = Transformer.from_crs(table.crs, declared, always_xy=True).transform(x, y)
    except ProjError:
        return False
    unit = DEGREE_M if declared.is_geographic else 1.0
    return bool((np.abs(np.array(moved) - [x, y]) * unit < SAME_PLACE_M).all())


def _only_assumed(table: gpd.GeoDataFrame, source: Source) -> bool:
    """Whether the CRS is GeoJSON's default, which coordinates beyond degrees show to be wrong."""
    bounds = np.abs(table.total_bounds)
    beyond = bounds[[0, 2]].max() > 180 or bounds[[1, 3]].max() > 90  # noqa: PLR2004 - degrees
    return bool(source.path.lower().endswith(_JSON) and table.crs.to_epsg() == 4326 and beyond)  # noqa: PLR2004 - its code
