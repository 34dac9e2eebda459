"""All layers of a project: read, mapped to canonical columns, and brought into one metric CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gisland.base import schema
from gisland.base.crs import (
    check_coordinates,
    choose_analysis_crs,
    crs_name,
)
from gisland.base.errors import GeometryError
from gisland.layers.columns import Finding, canonical_table, finding
from gisland.layers.files import Opened, open_layer, shown_path
from gisland.layers.placing import FARTHEST, datum_shift, no_overlap, with_crs
from gisland.layers.source import canonical_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisland.layers.project import Project
    from gisland.layers.source import Source

_LINES = ("LineString", "MultiLineString", "LinearRing")
_POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Loaded:
    """The layers of a run, where they came from, and the CRS chosen for them."""

    inputs: schema.Inputs
    sources: list[dict[str, Any]]
    crs: CRS
    crs_reason: str


@dataclass(frozen=True)
class _Layer:
    """One layer in its own CRS, its record, and what was met on the way."""

    source: Source
    table: gpd.GeoDataFrame
    record: dict[str, Any]
    findings: list[Finding]


def load_inputs(project: Project, *, progress: Callable[[str], None] | None = None) -> Loaded:
    r"""Read every layer of a project into the form that the analysis works on.

    Canonical columns and units, ids as index, rows sorted by id, geometry without Z, one metric
    CRS. Geometry of parcels may be missing, empty or invalid, and ids of parcels may repeat or be
    missing: ``topology.check`` reports these.

    Parameters
    ----------
    project
        A project file, as ``read_project`` returns it.
    progress
        Called with the name of each layer before it is read.

    Returns
    -------
    Loaded
        Inputs with the findings of reading, a record per source, the CRS and why that one.

    Raises
    ------
    LayerError
        If a file, a layer in it, or its encoding or filter cannot be used.
    FieldError
        If a mapped column is missing or cannot hold what it is mapped to.
    CRSError
        If a CRS is missing, contradicts the file or the coordinates, or none can be chosen.
    GeometryError
        If a layer has no geometry, geometry of another kind, or coordinates that are not finite.
    TableError
        If ids of another layer than the parcels repeat or are missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gisland.layers.project import read_project
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "gisland.toml"
    >>> _ = file.write_text('[layers.parcels]\npath = "parcels.gpkg"\n')
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(650000, 3400000, 650100, 3400100)])
    >>> square.set_crs(4547).to_file(file.with_name("parcels.gpkg"))
    >>> loaded = load_inputs(read_project(file))
    >>> loaded.inputs.parcels.index.tolist(), loaded.crs_reason
    (['P000001'], "the parcel layer's own")
    >>> folder.cleanup()
    """
    layers: list[_Layer] = []
    for source in (*project.layers.values(), *project.exclusions.values()):
        if progress is not None:
            progress(source.name)
        layers.append(_read(source, folder=project.folder))
    parcels = next(layer for layer in layers if layer.source.name == "parcels")
    crs, reason = choose_analysis_crs(parcels.table, wanted=project.crs)
    layers = [_reprojected(layer, crs) for layer in layers]
    tables = {layer.source.name: layer.table for layer in layers}
    rows = [row for layer in layers for row in layer.findings]
    rows += no_overlap(tables)
    inputs = schema.Inputs(
        **{name: tables[name] for name in project.layers},
        exclusions={name: tables[f"exclusions.{name}"] for name in project.exclusions},
        findings=schema.findings_frame(rows, crs=crs),
    )
    return Loaded(inputs, [layer.record for layer in layers], crs, reason)


def _read(source: Source, *, folder: Path) -> _Layer:
    opened = open_layer(source, folder=folder)
    table, flattened = _flat(opened.table)
    table, marked = with_crs(table, source)
    table, findings = canonical_table(table, source)
    findings = [*marked, *findings]
    _require_kind(table, source)
    _require_finite(table, source)
    check_coordinates(table, what=source.name)
    record = {
        "layer": source.name,
        "path": shown_path(source.path),
        "sha256": opened.sha256,
        "rows": len(table),
        "encoding": opened.encoding.name,
        "encoding_evidence": opened.encoding.evidence,
        "crs": crs_name(table.crs),
    }
    if flattened:
        message = f"{source.name}: heights (Z) of {flattened} shapes are left out"
        told = finding("z_dropped", message, in_=source, severity="info")
        findings.append({**told, "value": float(flattened), "unit": "rows"})
    return _Layer(source, table, record, [*findings, *_of_file(opened, source)])


def _flat(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """The table without Z, and the number of shapes that had one."""
    values = table.geometry.to_numpy()
    count = int(shapely.has_z(values).sum())
    if not (count or shapely.has_m(values).any()):
        return table, 0
    flat = gpd.GeoSeries(shapely.force_2d(values), table.index, table.crs)
    return table.set_geometry(flat), count


def _of_file(opened: Opened, source: Source) -> list[Finding]:
    findings = [
        finding("reader_note", f"{source.name}: {note}", in_=source, severity="info")
        for note in opened.notes
    ]
    if opened.encoding.warning:
        message = f"{source.name}: {opened.encoding.warning}; declare encoding if texts are wrong"
        findings.append(finding("encoding_doubt", message, in_=source))
    if opened.encoding.cut:
        count = opened.encoding.cut
        message = f"{source.name}: {count} texts end inside a character, cut by their field's width"
        told = finding("text_cut", message, in_=source, severity="info")
        findings.append({**told, "value": float(count), "unit": "texts"})
    return findings


def _require_kind(table: gpd.GeoDataFrame, source: Source) -> None:
    if source.kind not in schema.LINES_ALLOWED:
        schema.require_polygons(table, what=source.name)
        return
    values = table.geometry.to_numpy()
    present = ~shapely.is_missing(values) & ~shapely.is_empty(values)
    kinds = table.geometry[present].geom_type
    wrong = kinds[~kinds.isin([*_LINES, *_POLYGONS])]
    if len(wrong) or not len(kinds):
        found = ", ".join(sorted(set(wrong))) or "none at all"
        raise GeometryError(
            f"{source.name}: lines or polygons are needed, found {found}",
            do="give another layer",
            ids=wrong.index,
        )


def _require_finite(table: gpd.GeoDataFrame, source: Source, *, after: str = "") -> None:
    values = table.geometry.to_numpy()
    points, rows = shapely.get_coordinates(values, return_index=True)
    far = ~np.isfinite(points).all(axis=1) | (np.abs(points) > FARTHEST).any(axis=1)
    if far.any():
        ids = table.index[np.unique(rows[far])]
        many = "1 shape has" if len(ids) == 1 else f"{len(ids)} shapes have"
        raise GeometryError(
            f"{source.name}: {many} coordinates that are not on Earth{after}",
            do="mend or delete them, or leave them out with where",
            ids=ids,
        )


def _reprojected(layer: _Layer, crs: CRS) -> _Layer:
    """The layer in the analysis CRS, its impossible values found."""
    table, source = layer.table, layer.source
    if table.crs.equals(crs, ignore_axis_order=True):
        table = table.set_crs(crs, allow_override=True)
        told = []
    else:
        told = datum_shift(table, crs, source)
        table = table.to_crs(crs)
        where = f" after reprojection from {crs_name(layer.table.crs)} to {crs_name(crs)}"
        _require_finite(table, source, after=where)
    found = [*layer.findings, *told, *_impossible(table, source)]
    return replace(layer, table=table, findings=found)


def _impossible(table: gpd.GeoDataFrame, source: Source) -> list[Finding]:
    """A finding per cell that breaks the contract of its column; the value stays in the table."""
    columns = {k: v for k, v in canonical_columns(source.kind).items() if k in table}
    cases = schema.broken_cells(table, columns)
    geometry = table.geometry[~table.index.duplicated()]
    key = "parcel_id" if source.kind == "parcels" else "other_id"
    findings = []
    for column, row, value in cases.itertuples(index=False, name=None):
        message = f"{source.name}: {column} is {value!r}, which cannot be"
        told = finding("impossible_value", message, in_=source, severity="error")
        known = isinstance(row, str)
        number = float(value) if isinstance(value, int | float) else None
        findings.append(
            {
                **told,
                key: row if known else None,
                "value": number,
                "geometry": geometry.loc[row] if known else None,
            }
        )
    return findings
