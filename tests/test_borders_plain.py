"""The same bits without numba, without a cache, and with any number of threads.

This file is run as a script as well: it writes what one process finds, see `elsewhere`.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gisland
from boundaries import street_blocks
from gisland.base import threads as threads_module
from gisland.topology import beside_loops, boundary, segments
from gisland.topology.across import across
from gisland.topology.beyond import beyond
from gisland.topology.boundary import trace
from gisland.topology.recall import recall

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS, PACKAGE = Path(__file__).parent, Path(gisland.__file__).parent
TOLERANCE_M = 0.45

NO_NUMBA = "import sys; sys.modules['numba'] = None"
FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"


def everything() -> dict[str, Any]:
    """All that is found along the boundaries of a small noisy layer, and how it was compiled."""
    parcels = street_blocks(150, noisy=True)
    west, south, east, north = parcels.total_bounds
    roads = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(west, south), (east, north)])], crs=parcels.crs
    )
    traced = trace(parcels, tolerance_m=TOLERANCE_M)
    free = traced.free
    return {
        "borders": traced.borders,
        "free": pd.DataFrame(
            [*free.start.T, *free.end.T, free.parcel.astype("float64")], dtype="float64"
        ),
        "across": across(traced),
        "beyond": beyond(traced, roads=roads),
        "recall": recall(traced, parcels),
        "is compiled": hasattr(beside_loops.stretches, "py_func"),
        "cache": str(getattr(getattr(beside_loops.stretches, "stats", None), "cache_path", None)),
    }


def elsewhere(path: Path, *, before: str = "", package: Path = PACKAGE, **variables: str) -> Any:  # noqa: ANN401
    """What another process finds that runs a line of code first."""
    code = f"{before}\nimport sys, test_borders_plain\ntest_borders_plain.main(sys.argv[1])"
    found = path / "found.pickle"
    there = os.pathsep.join([str(package.parent), str(TESTS)])
    run([code, str(found)], path, PYTHONPATH=there, **variables)
    return pickle.loads(found.read_bytes())  # noqa: S301 - written by this file


def run(arguments: list[str], folder: Path, **variables: str) -> str:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "PYTHONPATH"))
    }
    done = subprocess.run(
        [sys.executable, "-B", "-c", *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def main(path: str) -> None:
    Path(path).write_bytes(pickle.dumps(everything()))


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in ("borders", "free", "across", "beyond"):
        assert len(expected[name]) > 0
        pd.testing.assert_frame_equal(found[name], expected[name], check_exact=True)
    assert repr(found["recall"]) == repr(expected["recall"])  # repr tells all digits


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    return everything()


# --- without numba, without a cache ------------------------------------------------------------


def test_this_process_compiles_and_its_layer_is_worth_comparing(here: dict[str, Any]) -> None:
    assert here["is compiled"]
    assert (here["borders"]["tolerant_m"] > 0).any()
    assert (here["beyond"]["road_m"] > 0).any()
    assert here["recall"].missed_m > 0


def test_numba_that_does_not_compile_gives_the_same_bits(
    here: dict[str, Any], tmp_path: Path
) -> None:
    found = elsewhere(tmp_path, NUMBA_DISABLE_JIT="1")
    assert not found["is compiled"]
    assert_same(found, here)


def test_no_numba_gives_the_same_bits(here: dict[str, Any], tmp_path: Path) -> None:
    found = elsewhere(tmp_path, before=NO_NUMBA)
    assert not found["is compiled"]
    assert_same(found, here)


def test_no_folder_for_the_cache_gives_the_same_bits(here: dict[str, Any], tmp_path: Path) -> None:
    """Files stand where the folders would be made: nobody, not even root, can write there."""
    copied = tmp_path / "gisland"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    copied.joinpath("topology", "__pycache__").touch()
    home = tmp_path / "home"
    home.touch()
    places = dict.fromkeys(["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"], str(home))
    found = elsewhere(tmp_path, package=copied, **places)
    assert found["is compiled"]
    assert found["cache"] == "None"
    assert_same(found, here)


LITTLE = """\
from gisland.topology.compiled import compiled

@compiled
def total(many):
    s = 0
    for k in range(many):
        s += k
    return s
"""


@pytest.mark.skipif(not find_spec("resource"), reason="Windows limits no file sizes")
def test_a_disk_that_fills_up_does_not_stop_a_loop(tmp_path: Path) -> None:
    """The folder of the cache can be made, but nothing can be written into its files."""
    tmp_path.joinpath("little.py").write_text(LITTLE, "utf-8")
    paths = os.pathsep.join([str(PACKAGE.parent), str(tmp_path)])
    code = f"{FULL_DISK}\nimport little\nprint(little.total(5))"
    told = run([code], tmp_path, PYTHONPATH=paths, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert told == "10\n"


STEP = """\
from gisland.topology.compiled import compiled

@compiled
def step(k):
    return 10 * k
"""
WALK = """\
from gisland.topology.compiled import compiled
from gisland.topology.step_loops import step

@compiled
def walk(many):
    s = 0
    for k in range(many):
        s += step(k)
    return s
"""


def test_cached_code_sees_the_loops_that_it_calls_change(tmp_path: Path) -> None:
    """As in an upgrade: a loop that is called lies in another file, and that one changes."""
    copied = tmp_path / "gisland"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    loops = copied / "topology"
    loops.joinpath("step_loops.py").write_text(STEP, "utf-8")
    loops.joinpath("walk_loops.py").write_text(WALK, "utf-8")
    code = "from gisland.topology import walk_loops\nprint(walk_loops.walk(3))"
    assert run([code], tmp_path) == "30\n"
    loops.joinpath("step_loops.py").write_text(STEP.replace("10 * k", "100 * k"), "utf-8")
    assert run([code], tmp_path) == "300\n"


# --- threads -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("threads", "least"), [(1, 50), (2, 7), (4, 1), (7, 100)])
def test_the_number_of_threads_changes_no_bit(
    here: dict[str, Any], monkeypatch: pytest.MonkeyPatch, threads: int, least: int
) -> None:
    tasks: list[int] = []
    original = threads_module.in_threads

    def counted(work: Callable[[int, int], object], *, count: int) -> list[object]:
        parts = original(work, count=count)
        tasks.append(len(parts))
        return parts

    monkeypatch.setattr(threads_module, "THREADS", threads)
    monkeypatch.setattr(threads_module, "LEAST_TASK", least)
    for module in (boundary, segments):
        monkeypatch.setattr(module, "in_threads", counted)
    assert_same(everything(), here)
    assert max(tasks) >= min(threads * threads_module.TASKS_PER_THREAD - 1, 8)


def test_parts_come_in_order_whatever_ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads_module, "THREADS", 3)
    monkeypatch.setattr(threads_module, "LEAST_TASK", 2)
    parts = threads_module.in_threads(lambda first, last: list(range(first, last)), count=101)
    assert len(parts) > 10
    assert [k for part in parts for k in part] == list(range(101))
    assert threads_module.in_threads(lambda first, last: (first, last), count=0) == [(0, 0)]
