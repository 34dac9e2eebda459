"""The five real layers of ``scripts/real_layers.py``: each runs, is written, and proves itself."""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.jobs import run_record
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.writing.results import read_results
from gisland.layers.writing.write import write_results
from gisland.pipeline import run
from gisland.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from gisland.base.result import Result
    from gisland.layers.project import Project
    from gisland.layers.read import Loaded

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "real_layers.py"
NAMES = ("rennes", "forest_city", "williamsburg", "decany", "epinay")
PARCELS = {
    "rennes": 626,
    "forest_city": 7234,
    "williamsburg": 4464,
    "decany": 3172,
    "epinay": 4241,
}
SHORT = "\n[parameters]\nsolver_seconds = 2\n"  # a plan that is not proved is still verified


@dataclass(frozen=True)
class Ran:
    """One real layer: as read, as run, as written."""

    project: Project
    loaded: Loaded
    choices: Choices
    result: Result
    folder: Path

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return self.result.tables

    @property
    def record(self) -> dict[str, Any]:
        """The record without map, ledger and report, which have tests of their own."""
        return run_record(self.project, self.loaded, self.choices, result=self.result)


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_layers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ran(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ran]:
    """A function that runs a layer the first time it is asked for."""
    script = load_script()
    assert tuple(script.LAYERS) == NAMES
    done: dict[str, Ran] = {}

    def of(name: str) -> Ran:
        if name not in done:
            work = tmp_path_factory.mktemp(name)
            text = script.LAYERS[name](shared_data, work)
            (work / "gisland.toml").write_text(text + SHORT, "utf-8")
            project = read_project(work / "gisland.toml")
            loaded = load_inputs(project)
            choices = Choices(
                load_rules(project.rules),
                project.parameters,
                project.sites_from,
                project.site_use_classes,
            )
            result = run(loaded.inputs, choices)
            first = Ran(project, loaded, choices, result, work / "out")
            write_results(
                first.folder, tables=result.tables, files={}, run=first.record, parquet=True
            )
            done[name] = first
        return done[name]

    return of


def codes(ran: Ran, layer: str) -> Counter[str]:
    findings = ran.tables["findings"]
    return Counter(findings.loc[findings["layer"] == layer, "code"])


def written_borders(ran: Ran) -> pd.DataFrame:
    """Each pair once."""
    borders = pd.read_parquet(ran.folder / "results" / "borders.parquet")
    return borders[borders["focal"] < borders["neighbor"]].set_index(["focal", "neighbor"])


@pytest.mark.parametrize("name", NAMES)
def test_layer_runs_and_verifies(ran: Callable[[str], Ran], name: str) -> None:
    layer = ran(name)
    assert verify(layer.folder) == []
    results = read_results(layer.folder)
    assert len(results.tables["parcels"]) == len(results.tables["lineage"]) == PARCELS[name]
    counts = layer.result.counts
    for what in ("fragments", "sites", "scraps", "absorbed"):
        assert counts[what] > 0
    sites = results.tables["sites"]
    assert (sites["scrap_share"] <= sites["cap"] + 1e-9).all()


def test_every_building_of_rennes_is_repaired_and_none_is_lost(
    ran: Callable[[str], Ran], shared_data: Path
) -> None:
    layer = ran("rennes")
    drawn = gpd.read_file(shared_data / "simplu3d_rules" / "demo-02" / "BATIMENT.shp")
    assert len(drawn) == 117
    assert not drawn.is_valid.any()
    assert drawn.has_z.all()
    buildings = layer.loaded.inputs.buildings
    assert len(buildings) == 117
    changes, findings = layer.tables["changes"], layer.tables["findings"]
    logged = set(changes.loc[changes["layer"] == "buildings", "parcel_id"])
    logged |= set(findings.loc[findings["layer"] == "buildings", "other_id"].dropna())
    assert logged == set(buildings.index)
    flat = codes(layer, "buildings")
    assert flat["z_dropped"] == 1
    parcels = layer.tables["parcels"]
    covered = (parcels["coverage"] * parcels["area_m2"]).sum()
    union = shapely.union_all(shapely.make_valid(shapely.force_2d(drawn.geometry.to_numpy())))
    assert covered == pytest.approx(union.area, rel=0.01)


def test_forest_city_is_brought_from_feet_into_metres(ran: Callable[[str], Ran]) -> None:
    layer = ran("forest_city")
    assert layer.loaded.crs.to_epsg() == 32119
    assert {s["crs"] for s in layer.loaded.sources} == {"EPSG:2264"}
    found = codes(layer, "parcels")
    assert (found["empty_geometry"], found["invalid_geometry"]) == (3, 3)
    assert layer.result.counts["enclaves"] > 0
    assert (layer.tables["enclaves"]["attribute"] == "owner").all()


def test_forest_city_in_degrees_meets_its_zoning_in_feet(
    ran: Callable[[str], Ran], shared_data: Path, tmp_path: Path
) -> None:
    text = load_script().LAYERS["forest_city"](shared_data, tmp_path)
    degrees = text.replace("parcels_pseudonymised_2264.gpkg", "parcels_pseudonymised_4326.geojson")
    assert degrees != text
    (tmp_path / "gisland.toml").write_text(degrees, "utf-8")
    loaded = load_inputs(read_project(tmp_path / "gisland.toml"))
    assert [s["crs"] for s in loaded.sources] == ["EPSG:4326", "EPSG:2264"]
    in_feet = ran("forest_city").loaded.inputs
    for name in ("parcels", "zoning"):
        bounds = getattr(loaded.inputs, name).total_bounds
        assert bounds == pytest.approx(getattr(in_feet, name).total_bounds, abs=2.0)


def test_williamsburg_reports_its_faults(ran: Callable[[str], Ran]) -> None:
    layer = ran("williamsburg")
    found = codes(layer, "parcels")
    assert found["overlap"] == 245
    assert layer.project.parameters.overlap_min_m2 == 0.01
    assert (found["null_geometry"], found["invalid_geometry"]) == (1, 3)
    findings = layer.tables["findings"].set_index("code")
    hairlines = int(str(findings.loc["hairline_gaps", "message"]).split()[0])
    assert found["gap"] > 200
    assert found["gap"] + hairlines + found["enclosed_space"] == pytest.approx(695, abs=15)
    lost = findings.loc["null_geometry", "parcel_id"]
    lineage = layer.tables["lineage"].set_index("parcel_id")
    assert lineage.loc[lost, "role"] == "no_geometry"
    assert np.isnan(lineage.loc[lost, "area_m2"])


def test_decany_is_a_perfect_coverage(ran: Callable[[str], Ran]) -> None:
    layer = ran("decany")
    found = codes(layer, "parcels")
    assert (found["overlap"], found["gap"], found["hairline_gaps"]) == (0, 0, 0)
    borders = written_borders(layer)
    assert (borders["border_m"] > 0.5).sum() == 7899
    assert (borders["tolerant_m"] == 0).all()


def edges(shape: shapely.Geometry) -> set[tuple[float, ...]]:
    """Sides of a polygon without direction, to the millimetre."""
    corners = shapely.get_coordinates(shape.boundary).round(3)
    sides = np.hstack([corners[:-1], corners[1:]])
    return {min(tuple(s), (*s[2:], *s[:2])) for s in sides.tolist()}


def test_borders_of_epinay_cross_vertices_that_do_not_match(ran: Callable[[str], Ran]) -> None:
    layer = ran("epinay")
    shapes = layer.loaded.inputs.parcels.geometry
    borders = written_borders(layer)
    tolerant = borders[borders["tolerant_m"] > 0]
    assert len(tolerant) > 0
    strangers = [p for p in tolerant.index if not edges(shapes[p[0]]) & edges(shapes[p[1]])]
    assert borders.loc[strangers, "border_m"].max() > 10


def test_a_scrap_of_epinay_is_found_across_vertices_that_do_not_match(
    ran: Callable[[str], Ran],
) -> None:
    layer = ran("epinay")
    inputs, borders = layer.loaded.inputs, written_borders(layer)
    site, scrap = borders["tolerant_m"].where(borders["border_m"] < 100).idxmax()
    shapes = inputs.parcels.geometry
    assert not edges(shapes[site]) & edges(shapes[scrap])
    around = inputs.parcels[shapes.dwithin(shapes[site], 100)]
    outline = gpd.GeoDataFrame(
        geometry=[shapes[site]], index=pd.Index(["S1"], name="site_id"), crs=shapes.crs
    )
    found = run(replace(inputs, parcels=around, sites=outline), layer.choices).tables
    plan = found["plan"].set_index("parcel_id")
    assert plan.loc[scrap, "site_id"] == "S1"
    assert plan.loc[scrap, "scrap_kind"] in {"corner", "sandwiched", "interlocking", "adjacent"}
    assert plan.loc[scrap, "border_m"] == pytest.approx(borders.loc[(site, scrap), "border_m"])
    tests = found["verdicts"]
    adjacent = tests[(tests["parcel_id"] == scrap) & (tests["test"] == "adjacent")]
    assert adjacent["outcome"].tolist() == ["pass"]
