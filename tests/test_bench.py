"""The benchmarks: their peers and checks on figures worked out by hand, and their tables."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
NAMES = (
    "bench",
    "benches.alone",
    "benches.blocks",
    "benches.density",
    "benches.peers",
    "benches.plan",
)
NAMES += ("benches.run", "benches.start")


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    """The script; it finds its neighbors as it does when it is run."""
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("bench")
    sys.path.remove(str(SCRIPTS))
    for name in (*NAMES, "citylayers"):
        sys.modules.pop(name, None)


@pytest.fixture
def peers(bench: ModuleType) -> ModuleType:
    return bench.peers


@pytest.fixture
def in_process(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """No new processes, which would import all anew."""

    def here(work: Callable[..., Any], *arguments: object, uncompiled: bool = False) -> object:
        assert uncompiled in {True, False}
        return work(*arguments)

    monkeypatch.setattr(bench, "alone", here)


def layer(*corners: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    ids = pd.Index([f"L{i}" for i in range(len(corners))], name="parcel_id")
    return gpd.GeoDataFrame(geometry=[box(*c) for c in corners], index=ids, crs=4547)


# --- peers and checks --------------------------------------------------------------------------


def test_the_truth_of_a_clean_layer(peers: ModuleType) -> None:
    lots = layer((0, 0, 10, 10), (10, 0, 14, 10), (0, 10, 10, 13), (14, 10, 20, 20))
    truth = peers.true_borders(lots)  # the last touches at a corner only
    assert truth.to_dict() == {0 * 4 + 1: 10.0, 0 * 4 + 2: 10.0}
    found = peers.by_pair(peers.strict_contiguity(lots), lots.index)
    assert found[found > 0].to_dict() == truth.to_dict()


def test_buffers_find_borders_across_a_gap(peers: ModuleType) -> None:
    lots = layer((0, 0, 20, 10), (0, 10.1, 8, 20), (8, 10.1, 20, 20), (21, 0, 30, 10))
    found = peers.by_pair(peers.buffered(lots, tolerance_m=0.2), lots.index)
    assert found.index.tolist() == [0 * 4 + 1, 0 * 4 + 2, 1 * 4 + 2]
    assert found.tolist() == pytest.approx([8, 12, 9.9], abs=0.41)


def test_pairs_are_taken_once_and_by_position(peers: ModuleType) -> None:
    index = pd.MultiIndex.from_tuples([("c", "a"), ("a", "c"), ("b", "c"), ("c", "b")])
    found = peers.by_pair(pd.Series([1.0, 1.0, 2.0, 2.0], index=index), pd.Index(["a", "b", "c"]))
    assert found.to_dict() == {0 * 3 + 2: 1.0, 1 * 3 + 2: 2.0}


@pytest.mark.parametrize(
    ("found", "told", "good"),
    [
        ({1: 5.0, 2: 7.25}, "100.0000% found, lengths within 0.25 m; 0 others", True),
        ({1: 5.0, 2: 7.5}, "100.0000% found, lengths within 0.5 m; 0 others", False),
        ({1: 5.0}, "50.0000% found, lengths within 0 m; 0 others", False),
        ({1: 5.0, 2: 7.0, 3: 0.4}, "lengths within 0 m; 1 others, up to 0.4 m", True),
        ({1: 5.0, 2: 7.0, 3: 0.5, 4: 0.1}, "lengths within 0 m; 2 others, up to 0.5 m", False),
        ({}, "2 true borders, 0.0000% found", False),
    ],
)
def test_the_check_against_the_truth(
    peers: ModuleType, found: dict[int, float], told: str, *, good: bool
) -> None:
    truth = pd.Series({1: 5.0, 2: 7.0})
    check = peers.against_truth(pd.Series(found, dtype=float), truth, within_m=0.3, contact_m=0.4)
    assert told in check.told
    assert check.good is good


def test_areas_by_geopandas(peers: ModuleType) -> None:
    lots = layer((0, 0, 10, 10), (10, 0, 20, 10))
    other = layer((8, 0, 13, 2), (30, 0, 40, 10)).rename_axis("building_id")
    areas = peers.overlaid(lots, other)
    assert sorted(areas) == [4.0, 6.0]
    assert peers.same_total(areas, pd.Series([10.0 + 1e-9]), within=1e-9).good
    assert not peers.same_total(areas, pd.Series([10.0 + 1e-7]), within=1e-9).good


# --- processes of their own --------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak")
def test_memory_is_the_peak_and_not_what_is_left(bench: ModuleType) -> None:
    def work(mib: int) -> int:
        return len(np.ones(mib << 17))

    assert bench.above_mb(work, 64) == pytest.approx(64, abs=4)
    assert bench.above_mb(work, 16) == pytest.approx(16, abs=4)


def test_a_process_of_its_own_may_find_nothing_compiled(bench: ModuleType) -> None:
    cache = "NUMBA_CACHE_DIR"
    before = os.environ.get(cache)
    assert bench.alone(os.getpid) != os.getpid()
    assert bench.alone(os.getenv, cache) == before
    empty = bench.alone(os.getenv, cache, uncompiled=True)
    assert empty != before
    assert not Path(empty).exists()  # it is gone again
    assert os.environ.get(cache) == before


# --- the tables --------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_process")
def test_borders_and_overlays_agree(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.compare("borders", [300, 600], 1)
    told = capsys.readouterr().out
    assert told.count("gisland: ") == 4
    assert told.count("100.0000% found") == 8
    assert "FAILED" not in told
    assert told.count("lots grows by") == 2
    noisy = next(
        way for case in bench.CASES for way in case.ways if way.name == "index and buffers"
    )
    assert noisy.largest < 1_000_000
    assert bench.compare("overlay", [300], 1)
    assert capsys.readouterr().out.count("totals agree to ") == 2
    real = bench.gisland.borders
    monkeypatch.setattr(bench.gisland, "borders", lambda *a, **k: real(*a, **k).iloc[1:-1])
    monkeypatch.setattr(sys, "argv", ["bench", "borders", "--size", "300", "--runs", "1"])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 1
    assert "FAILED: gisland: " in capsys.readouterr().out


def zones(**far_max: float) -> gpd.GeoDataFrame:
    """Strips of 4 m from the west, each with its limit."""
    shapes = [box(4 * i, 0, 4 * i + 4, 10) for i in range(len(far_max))]
    table = pd.DataFrame({"far_max": far_max})
    return gpd.GeoDataFrame(table.rename_axis("zone_id"), geometry=shapes, crs=4547)


@pytest.mark.parametrize("way", ["limits", "plain_limits"])
def test_limits_are_weighted_by_area(bench: ModuleType, way: str) -> None:
    lots = layer((0, 0, 3, 10), (3, 0, 13, 10), (20, 0, 30, 10))
    found = getattr(bench.density, way)(lots, zones(a=1.0, b=2.0))  # 12 to 13 m is no zone's
    assert found.loc["L0"].tolist() == [30.0, 30.0, 1.0]
    assert found.loc["L1"].tolist() == pytest.approx([50.0, 90.0, 1.8])
    assert found.index.tolist() == ["L0", "L1"]


@pytest.mark.parametrize("way", ["floors", "plain_floors"])
def test_floor_area_goes_by_the_share_of_the_footprint(bench: ModuleType, way: str) -> None:
    lots = layer((0, 0, 10, 10), (10, 0, 20, 10))
    houses = gpd.GeoDataFrame(
        {"floors": [3, 5]},
        geometry=[box(8, 0, 13, 10), box(19, 0, 24, 10)],  # the second: 40 m² on no lot
        index=pd.Index(["x", "y"], name="building_id"),
        crs=4547,
    )
    found = getattr(bench.density, way)(lots, houses)["floor_m2"]
    assert found.to_dict() == pytest.approx({"L0": 60.0, "L1": 90.0 + 50.0})


def test_amounts_that_differ_fail(bench: ModuleType) -> None:
    ours = pd.DataFrame({"floor_m2": [100.0, 200.0]}, index=["a", "b"])
    swapped = ours.iloc[::-1].set_axis(["a", "b"])
    told = list(bench.density.same_amounts(ours, swapped, within=1e-9))
    assert [c.good for c in told] == [True, False]  # in total, lot by lot
    told = list(bench.density.same_amounts(ours, ours.iloc[:1], within=1e-9))
    assert [c.good for c in told] == [False, False]
    assert all(c.good for c in bench.density.same_amounts(ours, ours, within=0.0))


@pytest.mark.usefixtures("in_process")
def test_amounts_by_overlap_agree(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.compare("density", [300], 1)
    told = capsys.readouterr().out
    assert told.count("overlay, groupby") == 2
    assert told.count("in total agrees to ") == 3
    assert "FAILED" not in told
    real = bench.density.on_parcels

    def too_much(*layers: gpd.GeoDataFrame, **how: object) -> object:
        placed = real(*layers, **how)
        return dataclasses.replace(placed, by_parcel=placed.by_parcel * 1.001)

    monkeypatch.setattr(bench.density, "on_parcels", too_much)
    assert not bench.compare("density", [300], 1)
    assert "FAILED: floor_m2 in total" in capsys.readouterr().out


@pytest.mark.usefixtures("in_process")
def test_slow_peers_are_left_out_with_a_word(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = bench.CASES[0]
    quick = case._replace(ways=(case.ways[0], case.ways[1]._replace(largest=100)))
    monkeypatch.setattr(bench, "CASES", (quick,))
    assert bench.compare("borders", [300], 1)
    line = next(row for row in capsys.readouterr().out.splitlines() if "libpysal" in row)
    assert line.endswith("  left out: too slow for this size")


@pytest.mark.usefixtures("in_process")
def test_a_whole_run_tells_its_stages(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, bool]] = []
    runs = bench.bench_run
    monkeypatch.setattr(runs, "alone", lambda work, *arguments: work(*arguments))

    def command(*words: str, cold: bool = False) -> float:
        called.append((words[0], cold))
        return 1.5

    monkeypatch.setattr(runs, "command", command)
    runs.run_city(400, 1, noisy=False)
    runs.sample(3)
    told = capsys.readouterr().out
    stages = [row.split()[0] for row in told.splitlines() if row.endswith("%")]
    assert stages[:2] == ["read", "check"]
    assert stages[-2:] == ["write", "total"]
    assert "all outputs, from a cold start: 1.5 s" in told
    assert "sample district, all outputs: 1.5 s (median of 3), cold 1.5 s" in told
    assert called == [("run", True), ("demo", True), *[("demo", False)] * 3]


def test_block_lines_of_cities_are_told_by_step(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = bench.bench_blocks
    done = blocks.blocks_once(1500, 1)
    assert done["blocks"] >= 1
    steps = [done["seconds"][name] for name in blocks.STEPS]
    assert min(steps) > 0
    assert sum(steps) <= done["seconds"]["all"]
    made = {10: 1.0, 20: 2.0, 40: 9.0}  # processor seconds by lots
    monkeypatch.setattr(
        blocks,
        "alone",
        lambda _, size, __: {
            **done,
            "lots": size,
            "seconds": {**done["seconds"], "processor": made[size]},
        },
    )
    assert blocks.blocks_of_cities([10, 20], 1)
    assert "10 to 20 lots: 1.00 times as long per lot" in capsys.readouterr().out
    assert not blocks.blocks_of_cities([10, 20, 40], 1)
    assert "FAILED: 20 to 40 lots: 2.25 times" in capsys.readouterr().out


def test_a_plan_is_proved_and_held_against_greedy(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = bench.bench_plan
    done = plan.plan_once(SCRIPTS.parent / "data" / "sample" / "gisland.toml", 1)
    assert done["proved"] == done["components"] > 5
    assert done["absorbed_m2"]["exact"] == pytest.approx(18_978.30, abs=0.01)
    monkeypatch.setattr(plan, "alone", lambda *_: done)
    assert plan.plan_city(300, 1)
    assert "greedy absorbs " in capsys.readouterr().out
    done["proved"] -= 1
    assert not plan.plan_city(300, 1)
    done["proved"] += 1
    done["absorbed_m2"]["greedy"] = 20_000.0
    assert not plan.plan_city(300, 1)


def test_a_slow_start_is_wrong(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = bench.bench_start
    done = start.taken("import time\nfor _ in range(10**6): pass\ntime.sleep(0.3)")
    assert 0 < done.processor < done.wall
    assert done.wall > 0.3
    made = {start.PEER: 1.0, start.OURS: 0.1, start.HELP: 0.4}
    codes = {code: name for name, code in start.WAYS.items()}
    monkeypatch.setattr(start, "taken", lambda code: start.Taken(9.0, made.get(codes[code], 2.0)))
    assert start.start(1)
    said = capsys.readouterr().out
    assert "every public name              2.000    9.000    2.00" in said
    assert "import gisland: 0.10 times import geopandas (at most 2.5)" in said
    made[start.OURS] = 2.6
    assert not start.start(1)
    assert "FAILED: import gisland: 2.60 times" in capsys.readouterr().out
    made |= {start.OURS: 1.0, start.HELP: 0.6}
    assert not start.start(1)
    assert "FAILED: gisland --help: 0.60 s" in capsys.readouterr().out


def test_what_is_unknown_is_named(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "merge"])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 2
    assert (
        "there is no 'merge'; take borders, overlay, density, plan, blocks, run"
        in capsys.readouterr().err
    )
