"""Mistakes seen in other tools: each test fails on the faulty way, and gisland is held to it.

A property is a function of an implementation. It is tried on a small faulty one first, which it
must catch, and then on gisland's own.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import socket
import tomllib
import warnings
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity, box

from conftest import NetworkError
from gisland.base.contracts import broken_cells, input_contract
from gisland.base.crs import areas_m2
from gisland.base.errors import CRSError, GislandError
from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs, require_polygons, usable
from gisland.layers.fields.uses import vocabulary
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.layers.source import Source
from gisland.pipeline import check_inputs, run
from gisland.topology.borders import borders
from gisland.topology.check import check
from gisland.topology.overlay import overlap_areas
from gisland.topology.repair import repair
from gisland.topology.shape import compactness, perimeter_m, rectangularity, width_m
from test_architecture import (
    ROOT,
    Module,
    called,
    cycle,
    has_short_functions,
    is_short,
    keeps_no_state,
    package,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Frame = gpd.GeoDataFrame

WINGS = ("base", "layers", "topology")
ALL = Parameters(repair=REPAIRABLE)
EAST, NORTH = 500_000.0, 3_400_000.0


def caught(holds: Callable[[Any], None], faulty: object) -> None:
    """A property sees the faulty way."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        holds(faulty)


def at(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def parcels(shapes: list[Any], ids: list[Any] | None = None, **columns: object) -> Frame:
    index = pd.Index(ids or [f"p{i}" for i in range(len(shapes))], name="parcel_id")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=4547)


def bow_tie(x: float = 0) -> shapely.Polygon:
    corners = [(0, 0), (10, 10), (10, 0), (0, 10)]
    return shapely.Polygon([(EAST + x + a, NORTH + b) for a, b in corners])


def mixed() -> Frame:
    """Sound, crossed, missing, empty and apart, with the faults that can be repaired."""
    flat = shapely.Polygon([(EAST, NORTH - 50), (EAST + 9, NORTH - 50), (EAST, NORTH - 50)])
    shapes = [at(0, 20, 20, 20), at(19.9, 20, 20, 20), bow_tie(), bow_tie(30), flat, None]
    shapes += [shapely.Polygon(), at(100, 100, 9, 9), at(39.95, 20, 9, 20)]
    return parcels(shapes, recorded_area_m2=[400.0, 0.0, np.nan, *[50.0] * 6])


def mended(layer: Frame, parameters: Parameters = ALL) -> Frame:
    return repair(layer, parameters=parameters)[0]


# --- 1 neighbors across vertices that do not match ---------------------------------------------


def wall(rows: int = 6, columns: int = 7) -> tuple[Frame, set[frozenset[str]]]:
    """A turned brick wall to the millimetre, every other course shifted by half a brick."""
    laid: dict[str, tuple[float, float, int]] = {}
    for row in range(rows):
        joints = [0.0, *(10.0 * c + 5.0 * (row % 2) for c in range(1, columns)), 10.0 * columns]
        for c in range(columns):
            laid[f"r{row}c{c}"] = (joints[c], joints[c + 1], row)
    pairs = set()
    for a, (west, east, row) in laid.items():
        for b, (left, right, other) in laid.items():
            beside = other == row and east == left
            above = other == row + 1 and min(east, right) - max(west, left) > 0
            if beside or above:
                pairs.add(frozenset((a, b)))
    shapes = [box(w, 5.0 * r, e, 5.0 * r + 5.0) for w, e, r in laid.values()]
    turned = [affinity.rotate(s, 17, origin=(0, 0)) for s in shapes]
    exact = shapely.transform(turned, lambda xy: (xy + np.array([EAST, NORTH])).round(3))
    return parcels(list(exact), list(laid)), pairs


def finds_all_neighbors(of: Callable[[Frame], set[frozenset[str]]]) -> None:
    tee = parcels([at(0, 10, 10, 10), at(10, 10, 10, 10), at(0, 0, 20, 10)], ["nw", "ne", "south"])
    assert of(tee) == {frozenset(p) for p in (("nw", "ne"), ("nw", "south"), ("ne", "south"))}
    layer, pairs = wall()
    assert of(layer) == pairs


def by_equal_edges(layer: Frame) -> set[frozenset[str]]:
    """The faulty way: only sides with the very same two ends count."""
    seen: dict[tuple[tuple[float, ...], ...], str] = {}
    pairs = set()
    for name, shape in layer.geometry.items():
        corners = [tuple(c) for c in shapely.get_coordinates(shape)]
        for a, b in pairwise(corners):
            side = tuple(sorted((a, b)))
            if side in seen:
                pairs.add(frozenset((str(name), seen[side])))
            seen[side] = str(name)
    return pairs


def test_01_neighbors_whose_vertices_do_not_match_are_found() -> None:
    caught(finds_all_neighbors, by_equal_edges)
    finds_all_neighbors(lambda layer: {frozenset(pair) for pair in borders(layer).index})


# --- 2 labels and positions --------------------------------------------------------------------


def answers_by_label(thin_one: Callable[[Frame], str]) -> None:
    for labels in ([0, 1], [1, 0], [7, 3], ["A", "B"]):
        layer = parcels([at(0, 0, 50, 0.4), at(0, 10, 50, 50)], labels)
        for rows in (layer, layer.iloc[::-1]):
            try:
                found = thin_one(rows)
            except KeyError:
                pytest.fail("a position was used as a label")
            assert found == str(labels[0])


def by_position(layer: Frame) -> str:
    """The faulty way: the place of the smallest is taken for its label."""
    label = layer.index[layer.index == np.argmin(layer.area.to_numpy())]
    return str(layer.loc[label].index[0]) if len(label) else str(layer.loc["?"])


def changed_one(layer: Frame) -> str:
    """Repair a layer whose thin parcel is crossed; the id whose shape is another one."""
    crossed = layer.geometry.map(lambda g: bow_tie() if g.area < 30 else g)
    before = layer.set_geometry(crossed)
    after = mended(before, Parameters())
    return str(after.index[~after.geometry.geom_equals_exact(before.geometry, 0)].item())


def test_02_labels_are_never_taken_for_positions() -> None:
    caught(answers_by_label, by_position)

    def sliver(layer: Frame) -> str:
        found = check(layer, parameters=Parameters())
        return str(found.loc[found["code"] == "sliver", "parcel_id"].item())

    answers_by_label(sliver)
    answers_by_label(changed_one)
    answers_by_label(lambda layer: str(width_m(layer.geometry).idxmin()))


# --- 3 land and rows are lost ------------------------------------------------------------------


def loses_nothing(mend: Callable[[Frame], Frame]) -> None:
    before = mixed()
    after = mend(before)
    assert after.index.tolist() == before.index.tolist()
    assert after["recorded_area_m2"].equals(before["recorded_area_m2"])
    assert after.geometry["p7"].area == before.geometry["p7"].area == 81.0
    assert not (after.geometry.is_empty & ~before.geometry.is_empty).any()
    assert after.geometry.isna().equals(before.geometry.isna())


def only_the_sound(layer: Frame) -> Frame:
    """The faulty way: what cannot be mended is dropped, and nobody hears of it."""
    fixed = layer.set_geometry(layer.geometry.make_valid())
    return fixed[fixed.geometry.geom_type == "Polygon"]


def test_03_repair_loses_no_row_and_no_land() -> None:
    caught(loses_nothing, only_the_sound)
    loses_nothing(mended)
    _, changes, *_ = repair(mixed(), parameters=ALL)
    assert "p4" in set(changes["parcel_id"]), "what cannot be repaired is named"


# --- 4, 5, 6 coordinate systems ----------------------------------------------------------------


def refuses_unfit_systems(measure: Callable[[Frame], object]) -> None:
    good = parcels([at(0, 0, 10, 10), at(10, 0, 10, 10)])
    measure(good)
    unfit = [good.to_crs(4490), good.to_crs(4326), good.to_crs(3857)]
    unfit += [good.set_crs(2264, allow_override=True), good.set_crs(None, allow_override=True)]
    for layer in unfit:
        with pytest.raises(CRSError) as told:
            measure(layer)
        assert told.value.do


def by_plain_area(layer: Frame) -> pd.Series:
    """The faulty way: a threshold in whatever unit the layer is drawn in."""
    with warnings.catch_warnings(action="ignore"):
        return layer.area > 30


def test_04_thresholds_in_metres_never_meet_degrees_or_feet() -> None:
    caught(refuses_unfit_systems, by_plain_area)
    refuses_unfit_systems(lambda layer: check(layer, parameters=ALL))
    refuses_unfit_systems(lambda layer: repair(layer, parameters=ALL))
    refuses_unfit_systems(borders)
    refuses_unfit_systems(lambda layer: overlap_areas(layer, layer))
    refuses_unfit_systems(lambda layer: areas_m2(layer.geometry, basis="plane"))


def refuses_two_systems(overlay: Callable[[Frame, Frame], object]) -> None:
    lots = parcels([at(0, 0, 10, 10)])
    zones = parcels([at(0, 0, 5, 10)]).rename_axis("zone_id")
    overlay(lots, zones)
    for other in (zones.to_crs(4548), zones.set_crs(None, allow_override=True)):
        with pytest.raises(CRSError):
            overlay(lots, other)


def with_a_warning(lots: Frame, zones: Frame) -> Frame:
    """The faulty way: two systems are overlaid, and a warning goes by."""
    with warnings.catch_warnings(action="ignore"):
        return gpd.overlay(lots, zones)


def test_05_two_systems_are_an_error_and_no_warning() -> None:
    caught(refuses_two_systems, with_a_warning)
    refuses_two_systems(
        lambda lots, zones: check_inputs(Inputs(lots, zoning=zones), parameters=ALL)
    )
    choices = Choices(load_rules("tianjin-2024"))
    refuses_two_systems(lambda lots, zones: run(Inputs(lots, zoning=zones), choices))
    refuses_two_systems(overlap_areas)


def sets_no_system(read: Callable[[Path], object]) -> Callable[[Path], None]:
    def holds(folder: Path) -> None:
        file = folder / "bare.shp"
        parcels([at(0, 0, 10, 10)]).to_file(file)
        file.with_suffix(".prj").unlink()
        with pytest.raises(CRSError, match=r"(?i)coordinate system|crs"):
            read(file)

    return holds


def loaded(file: Path, **keys: str) -> Inputs:
    lines = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
    project = file.with_name("gisland.toml")
    project.write_text(f'[layers.parcels]\npath = "{file.name}"\n{lines}\n', "utf-8")
    return load_inputs(read_project(project)).inputs


def test_06_no_system_is_ever_assumed(tmp_path: Path) -> None:
    caught(
        lambda way: sets_no_system(way)(tmp_path),
        lambda file: gpd.read_file(file).set_crs(4490),
    )
    sets_no_system(loaded)(tmp_path)
    bare = parcels([at(0, 0, 9, 9)], tax_yuan=[1.0]).set_crs(None, allow_override=True)
    broken_cells(bare, input_contract("parcels"))
    assert bare.crs is None
    assert loaded(tmp_path / "bare.shp", crs="EPSG:4547").parcels.crs.to_epsg() == 4547


# --- 8 promises of the text --------------------------------------------------------------------


def moves_no_further(mend: Callable[[Frame, float], Frame]) -> None:
    for reach in (0.05, 0.3):
        corners = [(0, 0), (20, 0), (20 + reach / 2, 10), (20, 20), (0, 20)]
        bulging = shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])
        before = parcels([bulging, at(20, 0, 20, 20), at(100, 0, 5, 5)])
        after = mend(before, reach)
        moved = [
            shapely.hausdorff_distance(a, b)
            for a, b in zip(before.geometry, after.geometry, strict=True)
        ]
        assert max(moved) <= reach + 1e-9
        assert moved[2] == 0


def added_where_multiplied(layer: Frame, reach: float) -> Frame:
    """The faulty way: the sine is added to the radius, not multiplied by it."""
    angle = 1.0
    step = (reach * np.cos(angle), reach + np.sin(angle))
    return layer.set_geometry(layer.geometry.translate(*step))


def test_08_no_vertex_moves_further_than_promised() -> None:
    caught(moves_no_further, added_where_multiplied)
    moves_no_further(
        lambda layer, reach: mended(layer, Parameters(repair=REPAIRABLE, near_miss_m=reach))
    )


# --- 9 missing stays missing -------------------------------------------------------------------


def keeps_missing_missing(read: Callable[[pd.Series], pd.Series]) -> None:
    source = pd.Series(["12.5", None, "", "不予規定", "see plan", "-"])
    numbers = read(source)
    assert numbers.tolist()[0] == 12.5
    assert numbers.isna().tolist() == [False, *[True] * 5]


def filled(source: pd.Series) -> pd.Series:
    """The faulty way: what cannot be read is nothing, and nothing is 0."""
    return pd.to_numeric(source, errors="coerce").fillna(0.0)


def test_09_missing_never_becomes_a_number(tmp_path: Path) -> None:
    caught(keeps_missing_missing, filled)

    def read(source: pd.Series) -> pd.Series:
        shapes = [at(20 * i, 0, 10, 10) for i in range(len(source))]
        table = parcels(shapes, recorded_area_m2=source.to_numpy(dtype=object))
        table.reset_index().to_parquet(tmp_path / "lots.parquet")
        inputs = loaded(tmp_path / "lots.parquet")
        told = inputs.findings["message"].str.cat(sep="\n")
        assert all(text in told for text in ("不予規定", "see plan"))
        found = check(inputs.parcels, parameters=Parameters())
        assert found.loc[found["code"] == "recorded_area", "parcel_id"].tolist() == ["p0"]
        return inputs.parcels["recorded_area_m2"]

    keeps_missing_missing(read)


# --- 10 chance ---------------------------------------------------------------------------------


def leaves_nothing_to_chance(mend: Callable[[Frame], Frame]) -> None:
    twins = parcels([at(0, 0, 20, 20), at(19, 0, 20, 20), at(38, 0, 20, 20)])
    state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the global one must not be used
    results = {tuple(shapely.to_wkb(mend(twins).geometry.to_numpy())) for _ in range(8)}
    assert len(results) == 1
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def tossed(layer: Frame) -> Frame:
    """The faulty way: where the new boundary of an overlap runs is left to chance."""
    cut = affinity.translate(layer.geometry.iloc[0], np.random.default_rng().random())
    shapes = layer.geometry.to_numpy().copy()
    shapes[1] = shapely.difference(shapes[1], cut)
    return layer.set_geometry(shapes)


def test_10_nothing_is_left_to_chance() -> None:
    caught(leaves_nothing_to_chance, tossed)
    leaves_nothing_to_chance(mended)
    leaves_nothing_to_chance(lambda layer: check(layer, parameters=ALL))


# --- 11 order and names ------------------------------------------------------------------------


def keeps_index_and_name(measure: Callable[[gpd.GeoSeries], pd.Series]) -> None:
    shapes = [at(0, 0, 9, 9), None, at(20, 0, 3, 9), shapely.Polygon(), at(40, 0, 5, 5)]
    layer = gpd.GeoSeries(shapes, index=["m", "z", "a", "k", "b"], crs=4547, name="geometry")
    result = measure(layer)
    assert result.index.equals(layer.index)
    assert result.name == measure.__name__


def longest_m(geometry: gpd.GeoSeries) -> pd.Series:
    """The faulty way: sorted, without the missing, under the name of its input."""
    return geometry.dropna().length.sort_index().rename(geometry.name)


def test_11_every_series_keeps_the_callers_index_and_bears_its_own_name() -> None:
    caught(keeps_index_and_name, longest_m)
    for measure in (usable, perimeter_m, width_m, compactness, rectangularity):
        keeps_index_and_name(measure)
    layer = mixed()
    assert areas_m2(layer.geometry, basis="plane").index.equals(layer.index)


# --- 12 inputs changed in place ----------------------------------------------------------------


def snapshot(layer: Frame) -> tuple[Any, ...]:
    shapes = shapely.to_wkb(layer.geometry.to_numpy()).tolist()
    plain = pd.DataFrame(layer.drop(columns="geometry")).to_json()
    return shapes, plain, list(layer.columns), layer.index.tolist(), layer.crs, dict(layer.attrs)


def leaves_input_alone(act: Callable[[Frame], object]) -> None:
    layer = mixed()
    before = snapshot(layer)
    act(layer)
    assert snapshot(layer) == before


def in_place(layer: Frame) -> None:
    """The faulty way: a working column is left behind, and a shape is mended where it stands."""
    layer["area"] = layer.area
    layer.geometry = layer.geometry.make_valid()


def test_12_no_function_changes_its_input() -> None:
    caught(leaves_input_alone, in_place)
    for act in (
        lambda layer: check(layer, parameters=ALL),
        lambda layer: repair(layer, parameters=ALL),
        borders,
        lambda layer: overlap_areas(layer, layer),
        lambda layer: areas_m2(layer.geometry, basis="ellipsoidal"),
        lambda layer: usable(layer.geometry),
        lambda layer: broken_cells(layer, input_contract("parcels")),
        lambda layer: require_polygons(layer, what="parcels"),
        lambda layer: check_inputs(Inputs(layer, zoning=layer), parameters=ALL),
        lambda layer: run(Inputs(layer), Choices(load_rules("tianjin-2024"), ALL)),
    ):
        leaves_input_alone(act)


# --- 14, 15 signatures -------------------------------------------------------------------------


def public_functions() -> Iterator[Callable[..., object]]:
    """Every public function of the wings that read, check and repair."""
    for module in package():
        if module.wing in WINGS:
            home = import_module(module.name)
            for name, one in inspect.getmembers(home, inspect.isfunction):
                if one.__module__ == home.__name__ and not name.startswith("_"):
                    yield one


NUMBERS = {"float", "int", float, int}


def takes_few_by_position(function: Callable[..., object]) -> None:
    by_place = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    kinds = [p.annotation for p in by_place]
    assert len(by_place) <= 3, function
    assert not {"bool", bool} & set(kinds), function
    data_are_numbers = bool(kinds) and kinds[0] in NUMBERS
    assert data_are_numbers or not NUMBERS & set(kinds), function


def one_unit_one_type(function: Callable[..., object]) -> None:
    signature = inspect.signature(function)
    switches = {p.name for p in signature.parameters.values() if p.annotation in {"bool", bool}} & {
        "hectares",
        "mu",
        "percent",
        "feet",
        "km2",
        "as_frame",
        "as_series",
    }
    assert not switches, function
    kinds = set(re.findall(r"Series|DataFrame|ndarray|NDArray", str(signature.return_annotation)))
    assert "|" not in str(signature.return_annotation) or len(kinds) < 2


def area(shapes: Any, tolerance: float, share: float, hectares: bool) -> pd.Series | pd.DataFrame:  # noqa: ANN401, FBT001
    """The faulty way: numbers and flags by position, a unit and a type that depend on them."""


def test_14_thresholds_and_flags_are_named() -> None:
    caught(takes_few_by_position, area)
    functions = list(public_functions())
    assert len(functions) > 40
    for function in functions:
        takes_few_by_position(function)


def test_15_one_unit_and_one_type_a_function() -> None:
    caught(one_unit_one_type, area)
    for function in public_functions():
        one_unit_one_type(function)


# --- 16, 18 state ------------------------------------------------------------------------------

SETTINGS: dict[str, float] = {}


def forgets(look: Callable[[Frame, Parameters], object]) -> None:
    layer = parcels([at(0, 0, 20, 20), at(19.9, 0, 20, 20)])
    loose, strict = Parameters(overlap_min_m2=40.0), Parameters(overlap_min_m2=0.01)
    first = look(layer, loose)
    assert look(layer, strict) != first
    assert look(layer, loose) == first


def from_settings(layer: Frame, parameters: Parameters) -> int:
    """The faulty way: what one call was told, all later calls remember."""
    SETTINGS["least"] = min(SETTINGS.get("least", np.inf), parameters.overlap_min_m2)
    shared = layer.geometry.iloc[0].intersection(layer.geometry.iloc[1]).area
    return int(shared > SETTINGS["least"])


def test_16_no_call_remembers_another() -> None:
    caught(forgets, from_settings)
    forgets(lambda layer, p: check(layer, parameters=p)["code"].tolist())
    state = "SEEN = {}\ndef f(a):\n    SEEN[a] = 1\n    return SEEN"
    assert keeps_no_state(Module("gisland.layers.read", state))
    reading = "import os\ndef f():\n    return os.environ['GISLAND_UNIT']"
    assert asks_the_environment(Module("gisland.layers.read", reading))
    for module in package():
        if module.wing in WINGS:
            assert keeps_no_state(module) == []
            assert asks_the_environment(module) == []


def asks_the_environment(module: Module) -> list[str]:
    """Where a setting is taken from outside the call."""
    words = {"environ", "getenv", "load_dotenv"}
    return [
        f"{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in words
    ]


def gives_each_caller_its_own(make: Callable[[], Any]) -> None:
    before = str(make())
    try:
        mine = make()
        mine["x"] = 0
    except TypeError:
        pass  # it cannot be written to: as good
    assert str(make()) == before


CACHED = {"a": 1.0}


def test_18_what_one_caller_writes_no_other_sees() -> None:
    caught(gives_each_caller_its_own, lambda: CACHED)
    layer = mixed()
    gives_each_caller_its_own(lambda: borders(layer))
    gives_each_caller_its_own(lambda: check(layer, parameters=ALL))
    gives_each_caller_its_own(lambda: repair(layer, parameters=ALL)[1])
    gives_each_caller_its_own(lambda: vocabulary("tenure"))
    for value, name in (
        (ALL, "tolerance_m"),
        (Inputs(layer), "parcels"),
        (Source("a", "b"), "path"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)


# --- 19 isolated parcels -----------------------------------------------------------------------


def leaves_isolates_out(of: Callable[[Frame], list[tuple[str, str]]]) -> None:
    layer = parcels([at(0, 0, 10, 10), at(10, 0, 10, 10), at(90, 0, 10, 10)])
    assert sorted(of(layer)) == [("p0", "p1"), ("p1", "p0")]


def with_loops(layer: Frame) -> list[tuple[str, str]]:
    """The faulty way: a parcel without neighbors is its own."""
    return [("p0", "p1"), ("p1", "p0"), *((i, i) for i in layer.index[2:])]


def test_19_a_parcel_without_neighbors_is_absent() -> None:
    caught(leaves_isolates_out, with_loops)
    leaves_isolates_out(lambda layer: borders(layer).index.tolist())


# --- 20, 30 messages ---------------------------------------------------------------------------


def reads_well(error: Exception) -> None:
    text = str(error)
    assert not re.search(r"\{\w*\}|\bNone\b|\\n|f\"|f'|  |\(\)|''|\"\"$", text), text
    assert not text.endswith(".")
    assert "; " in text
    assert text.count('"') % 2 == 0


def refusals(folder: Path) -> Iterator[GislandError]:
    """What gisland says of layers that cannot be used."""
    good = parcels([at(0, 0, 10, 10), at(10, 0, 10, 10)]).reset_index()
    good.to_file(folder / "good.gpkg")
    good.set_geometry(good.boundary).to_file(folder / "lines.gpkg")
    good.set_crs(4326, allow_override=True).to_parquet(folder / "degrees.parquet")
    (folder / "broken.geojson").write_text('{"type": "FeatureCollection", "features": [{', "utf-8")
    (folder / "broken.shp").write_bytes(b"nothing of the kind")
    cases: list[tuple[str, dict[str, str]]] = [
        ("lines.gpkg", {}),
        ("degrees.parquet", {}),
        ("broken.geojson", {}),
        ("broken.shp", {}),
        ("nowhere.shp", {}),
        ("good.gpkg", {"layer": "other"}),
        ("good.gpkg", {"crs": "EPSG:4526"}),
        ("good.gpkg", {"crs": "EPSG:0"}),
        ("good.gpkg", {"where": "nothing = 1"}),
    ]
    for name, keys in cases:
        with pytest.raises(GislandError) as told:
            loaded(folder / name, **keys)
        yield told.value


def test_20_messages_are_whole(tmp_path: Path) -> None:
    value = "x"
    faulty = f"layer {value!r} is" + "' not known; use {name} 'or'"  # a part without its f
    caught(reads_well, GislandError(faulty, do="mend it"))
    told = list(refusals(tmp_path))
    assert len(told) == 9
    for error in told:
        reads_well(error)


def compares_as_numbers(newer: Callable[[str, str], bool]) -> None:
    assert newer("0.11.0", "0.9.0")


def test_20_versions_are_never_compared_as_text() -> None:
    caught(compares_as_numbers, lambda a, b: a > b)
    compares_as_numbers(lambda a, b: [*map(int, a.split("."))] > [*map(int, b.split("."))])
    faulty = "import pyogrio\nif pyogrio.__version__ < '0.11':\n    x = 1"
    assert compares_versions(Module("gisland.layers.read", faulty))
    assert [c for module in package() for c in compares_versions(module)] == []


def compares_versions(module: Module) -> list[str]:
    """Comparisons in which something called a version stands, as text."""
    return [
        f"{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        and "__version" in ast.unparse(node)
    ]


def names_the_users_file(read: Callable[[Path], object]) -> Callable[[Path], None]:
    def holds(file: Path) -> None:
        with warnings.catch_warnings(record=True) as loose:
            warnings.simplefilter("always")
            try:
                told = str(read(file))
            except GislandError as error:
                told = str(error)
        assert not loose, f"a warning from {loose[0].filename}"
        assert file.name in told

    return holds


def warned(file: Path) -> str:
    """The faulty way: a warning that points at the reader's own line."""
    warnings.warn("could not read a layer", stacklevel=1)
    return str(file.stat())


def test_30_a_fault_is_told_with_the_file_it_is_in(tmp_path: Path) -> None:
    file = tmp_path / "broken.geojson"
    file.write_text('{"type": "FeatureCollection", "features": [{', "utf-8")
    caught(lambda way: names_the_users_file(way)(file), warned)
    names_the_users_file(loaded)(file)
    lines = tmp_path / "measured.gpkg"
    tall = parcels([shapely.force_3d(at(0, 0, 9, 9), 4.0)])
    tall.to_file(lines)
    with warnings.catch_warnings(action="error"):
        told = loaded(lines).findings
    assert set(told["layer"]) == {"parcels"}
    assert told["message"].str.startswith("parcels: ").all()


# --- 21, 22 size and imports -------------------------------------------------------------------


def test_21_no_module_of_these_wings_is_a_god() -> None:
    assert is_short(Module("gisland.layers.read", "x = 1\n" * 401))
    body = "def f():\n" + "    x = 1\n" * 61
    assert has_short_functions(Module("gisland.layers.read", body))
    mine = [module for module in package() if module.wing in WINGS]
    assert [c for m in mine for c in (*is_short(m), *has_short_functions(m))] == []


def test_22_imports_run_one_way_whatever_comes_first() -> None:
    one = Module("gisland.base.one", "from gisland.base.two import x")
    two = Module("gisland.base.two", "from gisland.base.one import y")
    assert cycle([one, two])
    assert cycle(package()) == []


# --- 25 the network ----------------------------------------------------------------------------


def stays_at_home(read: Callable[[Path], object]) -> Callable[[Path], None]:
    def holds(file: Path) -> None:
        try:
            read(file)
        except NetworkError:
            pytest.fail("the network was asked for")

    return holds


def fetched(file: Path) -> None:
    """The faulty way: a reader that looks a definition up elsewhere."""
    with socket.socket() as connection:
        connection.connect(("192.0.2.1", 80))
    file.read_bytes()


def test_25_reading_checking_and_repairing_need_no_network(tmp_path: Path) -> None:
    file = tmp_path / "lots.gpkg"
    parcels([at(0, 0, 10, 10), bow_tie(30)]).to_crs(4490).to_file(file)
    caught(lambda way: stays_at_home(way)(file), fetched)
    stays_at_home(lambda path: mended(loaded(path).parcels))(file)


# --- 28 blanket ignores ------------------------------------------------------------------------


def hides(module: Module) -> list[str]:
    """Where every exception is caught and swallowed, or warnings are silenced unnamed."""
    complaints = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            kind = ast.unparse(node.type) if node.type else ""
            raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            if kind in {"", "Exception", "BaseException"} and not raises:
                complaints.append(f"{module.name}:{node.lineno}: catches everything")
    for call, word in called(module.tree):
        ignores = any(isinstance(a, ast.Constant) and a.value == "ignore" for a in call.args)
        ignores |= any(
            k.arg == "action" and "ignore" in ast.unparse(k.value) for k in call.keywords
        )
        named = {k.arg for k in call.keywords} & {"message", "category"} or len(call.args) > 1
        if word in {"simplefilter", "filterwarnings", "catch_warnings"} and ignores and not named:
            complaints.append(f"{module.name}:{call.lineno}: hides all warnings")
    return complaints


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept:\n    x = 1",
        "warnings.simplefilter('ignore')",
        "with warnings.catch_warnings(action='ignore'):\n    f()",
    ],
)
def test_28_a_blanket_over_faults_is_seen(text: str) -> None:
    assert hides(Module("gisland.layers.read", text))


def test_28_nothing_is_hidden() -> None:
    mine = [module for module in package() if module.wing in WINGS]
    assert [c for module in mine for c in hides(module)] == []
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert config["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]
