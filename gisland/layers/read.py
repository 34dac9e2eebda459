"""All layers of a project: read, mapped to canonical columns, and brought into one metric CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely
from pyproj import CRS

from gisland.base import schema
from gisland.base.crs import (
    check_coordinates,
    choose_analysis_crs,
    crs_name,
)
from gisland.base.errors import GeometryError, ProjectError
from gisland.base.glance import Glance
from gisland.base.phrases import count_of
from gisland.base.shapes import require_on_earth
from gisland.layers.fields.columns import canonical_table
from gisland.layers.fields.impossible import impossible_values
from gisland.layers.files.cells import plain_cells
from gisland.layers.files.shapes import plain_shapes
from gisland.layers.files.sheets import gather
from gisland.layers.places.placing import (
    datum_shift,
    extent_of,
    no_overlap,
    old_datum,
    with_crs,
)
from gisland.layers.places.reach import beyond_use, distortion
from gisland.layers.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

_LINES = ("LineString", "MultiLineString", "LinearRing")
_POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, repr=False)
class Loaded(Glance):
    """The layers of a run, where they came from, and the CRS chosen for them."""

    inputs: schema.Inputs
    sources: list[dict[str, Any]]
    crs: CRS
    crs_reason: str

    def _glance(self) -> dict[str, object]:
        found = self.inputs.findings
        return {
            "crs": f"{crs_name(self.crs)}: {self.crs_reason}",
            **{
                one["layer"]: f"{count_of(one['rows'], 'row')}, {one['encoding']}"
                for one in self.sources
            },
            "findings": "" if found is None else count_of(len(found), "row"),
        }


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
    ProjectError
        If `project` is not what ``read_project`` returns, such as a path.
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
    _require_project(project)
    layers: list[_Layer] = []
    for source in (*project.layers.values(), *project.exclusions.values()):
        if progress is not None:
            progress(source.name)
        layers.append(_read(source, folder=project.folder))
    parcels = next(layer for layer in layers if layer.source.name == "parcels")
    crs, reason = choose_analysis_crs(parcels.table, wanted=project.crs)
    extents = {layer.source.name: extent_of(layer.table) for layer in layers}
    told = [*distortion(parcels.table, crs, parcels.source), *old_datum(crs, parcels.source)]
    layers = [_reprojected(layer, crs) for layer in layers]
    tables = {layer.source.name: layer.table for layer in layers}
    rows = [row for layer in layers for row in layer.findings]
    rows += [*told, *no_overlap(tables, extents=extents)]
    inputs = schema.Inputs(
        **{name: tables[name] for name in project.layers},
        exclusions={name: tables[f"exclusions.{name}"] for name in project.exclusions},
        findings=schema.findings_frame(rows, crs=crs),
    )
    return Loaded(inputs, [layer.record for layer in layers], crs, reason)


def _require_project(project: object) -> None:
    if not isinstance(project, Project):
        is_path = isinstance(project, str | PurePath)
        found = repr(str(project)) if is_path else f"a {type(project).__name__}"
        raise ProjectError(f"project is {found}", do="give read_project(path)")


def _read(source: Source, *, folder: Path) -> _Layer:
    gathered = gather(source, folder=folder)
    table, plain = plain_shapes(gathered.table, source)
    table, cells = plain_cells(table, source)
    table, marked = with_crs(table, source, folder=folder)
    table, findings = canonical_table(table, source)
    findings = [*marked, *findings, *cells, *plain, *gathered.findings]
    _require_kind(table, source)
    _require_finite(table, source)
    check_coordinates(table, what=source.name)
    findings += beyond_use(table, source)
    record = {
        "layer": source.name,
        **gathered.record,
        "rows": gathered.rows,
        "crs": crs_name(table.crs),
    }
    return _Layer(source, table, record, findings)


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
    do = "mend or delete them, or leave them out with where"
    require_on_earth(table, what=f"{source.name}{after}", finite=True, do=do)


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
    found = [*layer.findings, *told, *impossible_values(table, source)]
    return replace(layer, table=table, findings=found)
