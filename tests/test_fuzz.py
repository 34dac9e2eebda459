"""Thousands of random parcel layers with faults: nothing crashes, is lost, or changes unasked.

A case is a `Recipe`; a failing one is printed and can be built again from that line. The number of
cases is 2 000 here and any other with ``python3 scripts/dev.py fuzz NUMBER``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import hypothesis
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import strategies as st

import mutations as faults
from gisland.base.crs import require_metric
from gisland.base.errors import CRSError, GislandError
from gisland.base.parameters import REPAIRABLE, Parameters
from gisland.base.result import Choices
from gisland.base.rules import load_rules
from gisland.base.schema import Inputs
from gisland.jobs import run_project
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.pipeline import run
from gisland.topology.check import check
from gisland.topology.repair import repair
from gisland.verify import verify
from mutations import AREA, FIELDS, ID, MUTATIONS, OWNER, mutated, source_table
from subdivisions import PATTERNS, subdivision

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisland.layers.read import Loaded

WANTED = int(os.environ.get("GISLAND_FUZZ", "2000"))
SEED = os.environ.get("GISLAND_FUZZ_SEED")
SHARES = {"frames": 0.9, "files": 0.08, "runs": 0.015, "projects": 0.005}
CASES = {kind: round(WANTED * share) for kind, share in SHARES.items()}
CASES["frames"] += WANTED - sum(CASES.values())

FORMATS = ("gpkg", "geojson", "parquet", "utf8.shp", "utf8-bare.shp", "gbk.shp", "gbk-bare.shp")
FAR = 1e15
# What a text of ``mutations.NUMBER_TEXTS`` may be read as; all else is missing and reported.
READINGS = {"1,234.5": 1234.5, "１２３": 123.0, "1.5万": 15_000.0, "1e3": 1000.0, "1234.5": 1234.5}
NOTHING = {"nan", "none", "null", "<null>", "-"}
INVISIBLE = str.maketrans("", "", "﻿\u200b\u200c\u200d\u202e\u2060\xa0")


@dataclass(frozen=True)
class Recipe:
    """Everything that a case is made from."""

    pattern: str
    size: int
    seed: int
    faults: tuple[str, ...]
    repair: tuple[str, ...] = ()
    file: str = "gpkg"

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @property
    def parameters(self) -> Parameters:
        return Parameters(repair=self.repair)

    def table(self) -> gpd.GeoDataFrame:
        """The source layer."""
        rng = self.rng
        shapes = subdivision(self.pattern, size=self.size, rng=rng)
        return mutated(source_table(shapes, rng), self.faults, rng)


def names(*groups: tuple[faults.Mutation, ...]) -> list[str]:
    return [mutation.__name__ for group in groups for mutation in group]


GEOMETRY = names(faults.ON_GEOMETRY)
FRAME_FAULTS = [*GEOMETRY, "odd_areas", "repeated_ids", "missing_ids", "hostile_texts"]
UNFIT = [*names(faults.UNFIT), "no_crs", "wrong_crs"]
FILE_FAULTS = [*GEOMETRY, *names(faults.ON_COLUMNS, faults.UNFIT)]
PLACES = names(faults.ON_PLACE)


@st.composite
def recipes(draw: st.DrawFn, usual: list[str], last: list[str]) -> Recipe:
    """Up to four usual faults, now and then one that must stand last, any codes to repair."""
    chosen = draw(st.lists(st.sampled_from(usual), max_size=4))
    if draw(st.integers(0, 9)) == 7:  # not an end of the range: those are drawn more often
        chosen.append(draw(st.sampled_from(last)))
    codes = draw(st.sets(st.sampled_from(REPAIRABLE)))
    return Recipe(
        draw(st.sampled_from(sorted(PATTERNS))),
        draw(st.integers(10, 40) if draw(st.integers(0, 9)) == 7 else st.integers(3, 9)),
        draw(st.integers(0, 2**32 - 1)),
        tuple(chosen),
        tuple(sorted(codes)),
        draw(st.sampled_from(FORMATS)),
    )


def tried(kind: str, recipe: st.SearchStrategy[Recipe], case: Callable[[Recipe], None]) -> int:
    """Run the cases of a kind and count them as they run."""
    count = 0

    def counted(recipe: Recipe) -> None:
        nonlocal count
        count += 1
        case(recipe)

    settings = hypothesis.settings(
        max_examples=CASES[kind],
        derandomize=SEED is None,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    counted.__qualname__ = counted.__name__ = kind  # derandomizing goes by the name
    test = settings(hypothesis.given(recipe)(counted))
    (test if SEED is None else hypothesis.seed(int(SEED))(test))()
    return count


# --- what holds of every case ------------------------------------------------------------------


def state(frame: gpd.GeoDataFrame) -> tuple[Any, ...]:
    """A copy of all there is in a layer, to the bit."""
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name)).copy(deep=True)
    return shapely.to_wkb(frame.geometry.to_numpy()).tolist(), plain, frame.crs, list(frame.columns)


def same_state(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two copies are equal; missing equals missing."""
    return (a[0], a[2], a[3]) == (b[0], b[2], b[3]) and a[1].equals(b[1])


def refusal(act: Callable[[], object]) -> GislandError | None:
    """The refusal of a call, which says what is wrong and what to do; all else is a crash."""
    try:
        act()
    except GislandError as error:
        refused = error
    else:
        return None
    assert refused.what.strip()
    assert refused.do.strip()
    assert "Traceback" not in str(refused)
    return refused


def unfit(frame: gpd.GeoDataFrame) -> set[str]:
    """Why a layer may not be looked at; empty where it must be."""
    values = frame.geometry.to_numpy()
    there = ~shapely.is_missing(values) & ~shapely.is_empty(values)
    kinds = set(shapely.get_type_id(values[there]).tolist())
    points = shapely.get_coordinates(values)
    why = set()
    if kinds - {3, 6}:
        why.add("kind")
    if not kinds:
        why.add("nothing")
    if not (np.isfinite(points) & (np.abs(points) < FAR)).all():
        why.add("far")
    try:
        require_metric(frame, what="parcels")
    except CRSError:
        why.add("crs")
    return why


def hold_check(parcels: gpd.GeoDataFrame, parameters: Parameters) -> gpd.GeoDataFrame:
    """Findings of a layer: it is not changed, and no faulty row is left out."""
    before = state(parcels)
    found = check(parcels, parameters=parameters)
    assert same_state(before, state(parcels)), "check changed its input"
    ids = pd.Series(parcels.index).astype("str")
    blank = ids.isna() | (ids.str.strip() == "")
    named = {*found["parcel_id"].dropna(), *found["other_id"].dropna()}
    assert named <= set(ids[~blank]), "a finding names an id that is not there"
    values = parcels.geometry.to_numpy()
    count = Counter(found["code"])
    told = {
        "null_geometry": shapely.is_missing(values).sum(),
        "empty_geometry": shapely.is_empty(values).sum(),
        "missing_id": blank.sum(),
        "duplicate_id": (ids[~blank].value_counts() > 1).sum(),
        "invalid_geometry": _invalid(values).sum(),
    }
    assert {code: count[code] for code in told} == told, "a faulty row is not named"
    assert set(found["severity"]) <= {"error", "warning", "info"}
    assert (found["message"].str.strip() != "").all()
    return found


def _invalid(values: np.ndarray) -> np.ndarray:
    return np.isin(shapely.get_type_id(values), (3, 6)) & ~shapely.is_valid(values)


def hold_repair(parcels: gpd.GeoDataFrame, parameters: Parameters) -> gpd.GeoDataFrame:
    """A layer repaired: rows, ids and columns stay, and every square metre is in the log."""
    before = state(parcels)
    repaired, changes, *_ = repair(parcels, parameters=parameters)
    assert same_state(before, state(parcels)), "repair changed its input"
    after = state(repaired)
    assert before[2:] == after[2:], "the CRS or the columns changed"
    assert before[1].equals(after[1]), "repair changed ids or attributes"
    old, new = parcels.geometry.to_numpy(), repaired.geometry.to_numpy()
    gone = (shapely.is_missing(new) | shapely.is_empty(new)) & ~shapely.is_empty(old)
    assert not (gone & ~shapely.is_missing(old)).any(), "a parcel vanished"
    assert not (shapely.is_valid(old) & ~shapely.is_valid(new)).any(), "a sound parcel was broken"
    ids = pd.Series(parcels.index).astype("str")
    altered = np.array([a != b for a, b in zip(before[0], after[0], strict=True)], dtype=bool)
    logged = changes["parcel_id"].astype("str")
    assert set(ids[altered].dropna()) <= set(logged.dropna()), "a change is not in the log"
    assert not (ids[altered].isna().any() and not logged.isna().any()), "a change is not in the log"
    if not parameters.repair:
        assert not altered.any(), "something was repaired that nobody named"
    hold_ledger(old, new, ids, changes)
    return repaired


def hold_ledger(old: Any, new: Any, ids: pd.Series, changes: pd.DataFrame) -> None:  # noqa: ANN401
    """Area of each id after, less that before, is what the log says came in less what went out."""
    sizes = pd.DataFrame({"id": ids.fillna("").to_numpy(), "by": shapely.area(new)})
    sizes["by"] -= shapely.area(old)
    truth = sizes.fillna(0.0).groupby("id")["by"].sum()
    by = changes["in_m2"].fillna(0) - changes["out_m2"].fillna(0)
    said = by.groupby(changes["parcel_id"].astype("str").fillna("")).sum()
    rest = truth.sub(said.reindex(truth.index, fill_value=0.0))
    assert (rest.abs() < 1e-5).all(), (
        f"the log does not explain the areas: {rest[rest.abs() > 1e-5]}"
    )


def hold_twice(repaired: gpd.GeoDataFrame, parameters: Parameters) -> None:
    """Repairing what is repaired changes nothing."""
    again, *_ = repair(repaired, parameters=parameters)
    assert same_state(state(repaired), state(again)), "repair twice is not repair once"


def hold_shuffled(recipe: Recipe, parcels: gpd.GeoDataFrame, found: gpd.GeoDataFrame) -> None:
    """In another order: the same findings, the same shapes under the same ids."""
    order = recipe.rng.permutation(len(parcels))
    mixed, parameters = parcels.iloc[order], recipe.parameters
    again = check(mixed, parameters=parameters)
    plain, shapes = (pd.DataFrame(f.drop(columns="geometry")) for f in (found, again))
    assert plain.equals(shapes), "findings depend on the order of the rows"
    first, log, *_ = repair(parcels, parameters=parameters)
    second, log_again, *_ = repair(mixed, parameters=parameters)
    assert log.equals(log_again), "the log depends on the order of the rows"
    assert _by_id(first) == _by_id(second), "the repair depends on the order of the rows"


def _by_id(frame: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    shapes = shapely.to_wkb(frame.geometry.to_numpy(), hex=True)
    return sorted(zip(map(str, frame.index), map(str, shapes), strict=True))


def hold(recipe: Recipe, parcels: gpd.GeoDataFrame) -> None:
    """All of it, or a refusal with a reason that the layer gives."""
    why = unfit(parcels)
    parameters = recipe.parameters
    if why:
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of overflow
            told = refusal(lambda: check(parcels, parameters=parameters))
            refusal(lambda: repair(parcels, parameters=parameters))
        assert told is not None or not why & {"kind", "crs"}, f"unfit ({why}) and not refused"
        return
    found = hold_check(parcels, parameters)
    repaired = hold_repair(parcels, parameters)
    if recipe.seed % 8 == 2:  # dear, therefore not every time
        hold_twice(repaired, parameters)
    elif recipe.seed % 8 == 5:
        hold_shuffled(recipe, parcels, found)


# --- layers as frames --------------------------------------------------------------------------


def as_parcels(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The source table as reading would hand it on, without the rest of reading."""
    canonical = {column: name for name, column in FIELDS.items() if name != "parcel_id"}
    index = pd.Index(table[ID], dtype="str", name="parcel_id")
    return table.drop(columns=ID).rename(columns=canonical).set_axis(index)


def frame_case(recipe: Recipe) -> None:
    hold(recipe, as_parcels(recipe.table()))


# --- layers as files ---------------------------------------------------------------------------


def written(recipe: Recipe, folder: Path) -> gpd.GeoDataFrame:
    """Write layer and project file; the table as the file can hold it."""
    table = recipe.table()
    kind = recipe.file
    if {"kind", "far"} & unfit(table) and kind != "parquet":
        kind = "gpkg"  # a shapefile holds one kind only, GeoJSON numbers only
    path = folder / f"parcels.{kind.rpartition('.')[2]}"
    if kind.startswith("gbk"):
        table = encodable(table, "gbk")
    if AREA in table and table[AREA].dtype.kind == "f" and kind != "parquet":
        table = table.assign(**{AREA: table[AREA].where(np.isfinite(table[AREA]))})
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of the writer
        write(table, path, encoding="GBK" if kind.startswith("gbk") else "UTF-8")
    if "bare" in kind:
        path.with_suffix(".cpg").unlink()
        dbf = bytearray(path.with_suffix(".dbf").read_bytes())
        dbf[29] = 0
        path.with_suffix(".dbf").write_bytes(dbf)
    fields = "\n".join(f'{name} = "{column}"' for name, column in FIELDS.items())
    text = f"""
[layers.parcels]
path = "{path.name}"
[layers.parcels.fields]
{fields}
[sites]
from = "field"
[parameters]
repair = {list(recipe.repair)}
"""
    (folder / "gisland.toml").write_text(text, "utf-8")
    return table


def write(table: gpd.GeoDataFrame, path: Path, *, encoding: str) -> None:
    """Write a layer by the suffix of its path."""
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".shp":
        kind = "Polygon Z" if table.geometry.has_z.any() else "Polygon"
        table.to_file(path, encoding=encoding, geometry_type=kind)
    else:
        table.to_file(path)


def encodable(table: gpd.GeoDataFrame, codec: str) -> gpd.GeoDataFrame:
    """Without the characters that a codec has no bytes for."""
    texts = {
        c: table[c].map(
            lambda t: t.encode(codec, "ignore").decode(codec) if isinstance(t, str) else t
        )
        for c in (ID, OWNER)
        if c in table and table[c].dtype.kind not in "fi"
    }
    return table.assign(**texts)


def plain(values: pd.Series) -> Counter[str]:
    """Texts with their counts; blanks, invisible characters and a leading ' do not count."""
    texts = values.dropna().map(lambda v: f"{v:.0f}" if _whole(v) else str(v)).astype("str")
    texts = texts.str.translate(INVISIBLE).str.strip()
    texts = texts.str.removeprefix("'").str.strip()
    return Counter(texts[texts != ""])


def _whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def load_must_fail(recipe: Recipe, table: gpd.GeoDataFrame) -> bool:
    lost = set(FIELDS.values()) - set(table.columns)
    misplaced = {"no_crs", "wrong_crs", "degrees_as_metres", "swapped_axes"} & set(recipe.faults)
    return bool(lost or misplaced or unfit(table) - {"crs"}) or not plain(table[ID])


def hold_loaded(table: gpd.GeoDataFrame, loaded: Loaded) -> None:
    """Rows, ids, shapes, texts and numbers are those of the file, or a finding says why not."""
    parcels, told = loaded.inputs.parcels, loaded.inputs.findings
    assert loaded.sources[0]["rows"] == len(table)
    repeats = told.loc[told["code"] == "duplicate_row", "value"].sum()
    assert len(parcels) + repeats == len(table), "rows were lost"
    if repeats:
        drawn = pd.DataFrame(table).assign(geometry=table.geometry.to_wkb())
        table = table[~drawn.duplicated() | drawn["geometry"].isna()]
    if not (told["code"] == "encoding_doubt").any():  # then the user was told to look
        hold_texts(table[ID], pd.Series(parcels.index), told)
        hold_texts(table[OWNER], parcels["owner"], told)
    hold_shapes(table, parcels)
    hold_numbers(table[AREA], parcels["recorded_area_m2"], told)


def hold_texts(source: pd.Series, read: pd.Series, told: pd.DataFrame) -> None:
    """Texts are those of the file; words for "nothing" may be missing if that is reported."""
    lost, new = plain(source) - plain(read), plain(read) - plain(source)
    assert not new, f"texts that nobody wrote: {new}"
    for text in [t for t in lost if t.casefold() in NOTHING]:
        reported = told.loc[told["code"].str.endswith("no_value"), "message"]
        named = reported.str.contains(source.name, regex=False).any()
        assert named or source.name == ID, f"{text} is not reported"  # missing ids are, by check
        del lost[text]
    assert not lost, f"texts were lost: {lost}"


def hold_shapes(table: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> None:
    def drawn(frame: gpd.GeoDataFrame) -> np.ndarray:
        values = frame.geometry.to_numpy()
        return values[~shapely.is_missing(values) & ~shapely.is_empty(values)]

    there = table if table.crs == parcels.crs else table.to_crs(parcels.crs)
    old, new = drawn(there), drawn(parcels)
    assert len(old) == len(new), "shapes were lost"
    good = shapely.is_valid(old).all() and shapely.is_valid(new).all()
    if good:
        areas = [np.sort(shapely.area(values)) for values in (old, new)]
        assert np.allclose(*areas, rtol=1e-6, atol=1e-6), "areas changed"
    assert not shapely.has_z(new).any()


def hold_numbers(source: pd.Series, read: pd.Series, told: pd.DataFrame) -> None:
    """No number is another one than was written; what is missing is counted in the findings."""
    texts = source.dropna().map(lambda v: v.strip() if isinstance(v, str) else repr(float(v)))
    texts = texts[texts != ""]
    possible = {READINGS.get(t) for t in texts} | set(pd.to_numeric(texts, errors="coerce"))
    wrong = [v for v in read.dropna() if not np.isclose(list(filter(None, possible)), v).any()]
    assert not wrong, f"numbers that nobody wrote: {wrong}"
    lost = len(texts) - read.notna().sum()
    rows = told.loc[told["message"].str.contains(AREA, regex=False), "value"].sum()
    assert lost <= rows, f"{lost} numbers are missing, {rows} are reported"


def file_case(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = written(recipe, folder)
        bytes_before = {p.name: p.read_bytes() for p in folder.iterdir()}
        project = read_project(folder / "gisland.toml")
        if load_must_fail(recipe, table):
            assert refusal(lambda: load_inputs(project)) is not None, "unfit, and not refused"
            return
        loaded = load_inputs(project)
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == bytes_before
    hold_loaded(table, loaded)
    hold(recipe, loaded.inputs.parcels)


# --- whole runs --------------------------------------------------------------------------------


def run_must_fail(parcels: gpd.GeoDataFrame) -> bool:
    """Whether ids repeat, are missing, or hold what separates ids."""
    ids = pd.Series(parcels.index).astype("str").str.strip()
    bad = ids.isna() | ids.eq("") | ids.duplicated() | ids.str.contains(";")
    return bool(bad.any() or unfit(parcels) & {"kind", "nothing", "crs"})


def run_case(recipe: Recipe) -> None:
    parcels = as_parcels(recipe.table())
    choices = Choices(load_rules("tianjin-2024"), recipe.parameters, sites_from="field")
    before = state(parcels)
    if run_must_fail(parcels):
        assert refusal(lambda: run(Inputs(parcels), choices)) is not None, "unfit, and not refused"
        return
    if unfit(parcels):
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of overflow
            refusal(lambda: run(Inputs(parcels), choices))
        return
    tables = run(Inputs(parcels), choices).tables
    assert same_state(before, state(parcels)), "the run changed its input"
    for name in ("parcels", "lineage"):
        assert sorted(tables[name]["parcel_id"]) == sorted(parcels.index), f"{name}: rows were lost"


def project_case(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = written(recipe, folder)
        project = folder / "gisland.toml"
        if load_must_fail(recipe, table) or run_must_fail(
            load_inputs(read_project(project)).inputs.parcels
        ):
            assert refusal(lambda: run_project(project)) is not None, "unfit, and not refused"
            return
        done = run_project(project, folder / "out")
        assert len(done.tables["parcels"]) == len(table)
        assert verify(folder / "out") == []


KINDS = {
    "frames": (frame_case, recipes(FRAME_FAULTS, UNFIT)),
    "files": (file_case, recipes(FILE_FAULTS, PLACES)),
    "runs": (run_case, recipes([*GEOMETRY, "odd_areas", "hostile_texts"], UNFIT)),
    "projects": (project_case, recipes([*GEOMETRY, "odd_areas", "hostile_texts"], ["in_degrees"])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_cases(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    case, recipe = KINDS[kind]
    count = tried(kind, recipe, case)
    with capsys.disabled():
        print(f"\nfuzz: {count} cases as {kind}", end=" ", flush=True)  # noqa: T201 - the count is asked for
    assert count >= CASES[kind]


EMPTY_RING = """
import geopandas as gpd
import shapely
from gisland import Parameters, check, repair
from gisland.base.parameters import REPAIRABLE

one, two = shapely.box(500000, 0, 500004, 4), shapely.box(500004, 0, 500008, 4)
one = shapely.Polygon(one.exterior, [shapely.LinearRing()])
lots = gpd.GeoDataFrame(geometry=[one, two], index=["a", "b"], crs=4547)
wanted = Parameters(repair=REPAIRABLE)
print(len(check(lots, parameters=wanted)), repair(lots, parameters=wanted)[0].area.sum())
"""


def test_a_hole_without_points_does_not_end_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EMPTY_RING],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.split() == ["0", "32.0"], (
        f"exit code {done.returncode}: {done.stderr[-500:]}"
    )


def test_number_of_cases() -> None:
    assert sum(CASES.values()) == WANTED
    assert WANTED >= 2000 or "GISLAND_FUZZ" in os.environ
    assert set(MUTATIONS) == {*FRAME_FAULTS, *UNFIT, *FILE_FAULTS, *PLACES}
