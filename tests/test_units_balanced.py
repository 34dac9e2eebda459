from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from gisland.base.errors import ProjectError, TableError
from gisland.control.units import balanced_units
from gisland.layers.writing.contract import TABLES
from gisland.topology.graph import components
from gisland.topology.parting import Parted, parted
from gisland.topology.parting_loops import Aim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def lots(areas: dict[str, float]) -> gpd.GeoDataFrame:
    """A row of parcels 10 m deep, apart from each other."""
    shapes = [box(0, 50 * k, area / 10, 50 * k + 10) for k, area in enumerate(areas.values())]
    ids = pd.Index(list(areas), name="parcel_id")
    return gpd.GeoDataFrame({"area_m2": areas}, index=ids, geometry=shapes, crs=4547)


def linked(*pairs: str) -> pd.DataFrame:
    """Links such as ``ab``, in one direction."""
    index = pd.MultiIndex.from_tuples([(p[0], p[1]) for p in pairs], names=["focal", "neighbor"])
    return pd.DataFrame(index=index)


def zones(**members: str) -> pd.DataFrame:
    ids = [";".join(m) for m in members.values()]
    return pd.DataFrame({"zone_id": list(members), "parcel_ids": ids})


def units(
    areas: dict[str, float], links: pd.DataFrame, zone: pd.DataFrame, unit_m2: float
) -> tuple[gpd.GeoDataFrame, pd.Series, list[dict[str, object]]]:
    size = [sum(areas[p] for p in ids.split(";")) for ids in zone["parcel_ids"]]
    return balanced_units(
        zone.assign(area_m2=size), lots(areas), links, unit_m2=unit_m2, seconds=20.0
    )


def grid(rows: int, columns: int) -> Pairs:
    node = np.arange(rows * columns).reshape(rows, columns)
    focal = np.append(node[:, :-1].ravel(), node[:-1].ravel())
    return focal, np.append(node[:, 1:].ravel(), node[1:].ravel())


def made(rng: np.random.Generator) -> tuple[NDArray[np.int64], Pairs, Aim]:
    """A random connected graph of up to 10 nodes, and a mean that need not be its own."""
    count = int(rng.integers(3, 11))
    name = rng.permutation(count)
    more = rng.integers(0, count, (2, int(rng.integers(0, count + 1))))
    focal = np.append(name[1:], more[0])
    neighbor = np.append([name[rng.integers(0, k)] for k in range(1, count)], more[1])
    weights = rng.integers(1, int(rng.integers(3, 80)), count)
    parts = int(rng.integers(2, min(4, count) + 1))
    beside = int(rng.integers(0, 40)) if rng.random() < 0.3 else 0
    return weights, (focal, neighbor), Aim(parts, int(weights.sum()) + beside, parts)


def is_connected(nodes: int, around: list[int]) -> bool:
    """Whether nodes, given as bits, hang together."""
    reached, last = nodes & -nodes, 0
    while reached != last:
        last = reached
        for k, near in enumerate(around):
            reached |= near & nodes if last >> k & 1 else 0
    return reached == nodes


def least(weights: NDArray[np.int64], pairs: Pairs, aim: Aim) -> int:
    """Deviation of the worst part, the least of all ways to part the graph."""
    around = [0] * len(weights)
    for one, two in zip(*(ends.tolist() for ends in pairs), strict=True):
        around[one] |= 1 << two
        around[two] |= 1 << one

    @cache
    def best(nodes: int, parts: int) -> float:
        if parts == 0 or nodes == 0:
            return 0 if parts == nodes == 0 else float("inf")
        first, found = nodes & -nodes, float("inf")
        others = more = nodes ^ first
        while more >= 0:  # every subset of the others, none of them at last
            part = more | first
            weight = sum(int(w) for k, w in enumerate(weights) if part >> k & 1)
            apart = abs(aim.scale * weight - aim.total)
            if apart < found and is_connected(part, around):
                found = min(found, max(apart, best(nodes ^ part, parts - 1)))
            more = (more - 1) & others if more else -1
        return found

    return int(best((1 << len(weights)) - 1, aim.units))


def checked(weights: NDArray[np.int64], pairs: Pairs, aim: Aim, found: Parted) -> None:
    """Parts are connected, none is empty, and the worst is off by what is told."""
    label, (focal, neighbor) = found.label, pairs
    same = label[focal] == label[neighbor]
    inside = pd.DataFrame({"focal": focal[same], "neighbor": neighbor[same]})
    assert components(pd.RangeIndex(len(weights)), inside).nunique() == aim.units
    assert label.max() + 1 == aim.units
    assert list(dict.fromkeys(label.tolist())) == list(range(aim.units))
    size = np.bincount(label, weights).astype("int64")
    assert found.worst == np.abs(aim.scale * size - aim.total).max()
    assert found.bound <= found.worst


def test_a_row_is_cut_where_both_sides_are_equal() -> None:
    areas = {"a": 300.0, "b": 100.0, "c": 200.0}
    table, unit, told = units(areas, linked("ab", "bc"), zones(Z01="abc"), 300.0)
    assert unit.to_dict() == {"a": "Z01-1", "b": "Z01-2", "c": "Z01-2"}
    assert told == []
    assert table.drop(columns="geometry").to_dict("records") == [
        {
            "unit_id": f"Z01-{n}",
            "zone_id": "Z01",
            "parcel_ids": ids,
            "parcels": parcels,
            "area_m2": 300.0,
            "area_mu": pytest.approx(0.45),
            "mean_m2": 300.0,
            "deviation_m2": 0.0,
            "largest_deviation_m2": 0.0,
            "bound_m2": 0.0,
            "status": "optimal",
        }
        for n, ids, parcels in ((1, "a", 1), (2, "b;c", 2))
    ]
    assert table.geometry.area.tolist() == pytest.approx([300.0, 300.0])


def test_the_table_is_as_the_results_have_it() -> None:
    table, _, _ = units({"a": 100.0}, linked(), zones(Z01="a"), 50.0)
    empty, unit, told = balanced_units(
        pd.DataFrame({"zone_id": [], "parcel_ids": [], "area_m2": []}, dtype="str"),
        lots({"a": 1.0}),
        linked("ab"),
        unit_m2=9,
        seconds=1,
    )
    kinds = dict(TABLES["zone_units"].columns)
    for frame in (table, empty):
        plain = frame.drop(columns="geometry")
        assert {c: str(plain[c].dtype) for c in plain} == kinds
        assert frame.crs.to_epsg() == 4547
    assert (len(empty), unit.isna().all(), told) == (0, True, [])


def test_equal_areas_that_do_not_touch_are_no_unit() -> None:
    # 1 + 4 and 2 + 3 would be even; in the row 1, 2, 3, 4 the best is 1, 2, 3 | 4
    areas = {"a": 100.0, "b": 200.0, "c": 300.0, "d": 400.0}
    table, unit, _ = units(areas, linked("ab", "bc", "cd"), zones(Z1="abcd"), 500.0)
    assert unit.tolist() == ["Z1-1", "Z1-1", "Z1-1", "Z1-2"]
    assert table["deviation_m2"].tolist() == [100.0, -100.0]
    assert table["largest_deviation_m2"].tolist() == table["bound_m2"].tolist() == [100.0, 100.0]
    ring = linked("ab", "bc", "cd", "da")
    assert units(areas, ring, zones(Z1="abcd"), 500.0)[1].tolist() == [
        "Z1-1",
        "Z1-2",
        "Z1-2",
        "Z1-1",
    ]


@pytest.mark.parametrize(
    ("unit_m2", "count"), [(5000.0, 1), (800.0, 1), (400.0, 2), (290.0, 3), (240.0, 4), (9.0, 4)]
)
def test_how_many_units_a_zone_has(unit_m2: float, count: int) -> None:
    # 1000 m2: 0.2, 1.25, 2.5 (a half to the even one), 3.4, 4.2, and no more than parcels
    areas = dict.fromkeys("abcd", 250.0)
    table, _, _ = units(areas, linked("ab", "bc", "cd"), zones(Z1="abcd"), unit_m2)
    assert len(table) == count
    assert table["mean_m2"].tolist() == [1000 / count] * count


def test_a_parcel_larger_than_the_mean_is_what_is_least() -> None:
    areas = {"a": 100.0, "b": 700.0, "c": 100.0, "d": 100.0}
    table, _, _ = units(areas, linked("ba", "bc", "bd"), zones(Z1="abcd"), 333.0)
    # a star: the middle with one leaf, and two leaves
    assert sorted(table["area_m2"]) == [100.0, 100.0, 800.0]
    assert table["bound_m2"].iloc[0] == pytest.approx(800 - 1000 / 3)


def test_pieces_of_a_zone_share_its_units_by_area() -> None:
    # 4 units of 1000: quotas 2.4 (a-d), 1.2 (e, f), 0.4 (g); one each, then one more to a-d
    areas = dict.fromkeys("abcd", 600.0) | dict.fromkeys("ef", 600.0) | {"g": 400.0}
    table, unit, told = units(areas, linked("ab", "bc", "cd", "ef"), zones(Z1="abcdefg"), 1000.0)
    assert unit.tolist() == ["Z1-1", "Z1-1", "Z1-2", "Z1-2", "Z1-3", "Z1-3", "Z1-4"]
    assert table["mean_m2"].tolist() == [1000.0] * 4
    assert table["deviation_m2"].tolist() == [200.0, 200.0, 200.0, -600.0]
    assert table["largest_deviation_m2"].tolist() == [600.0] * 4
    assert table["status"].eq("optimal").all()
    assert [(f["code"], f["value"]) for f in told] == [("zone_in_pieces", 1.0)]
    assert "Z1" in str(told[0]["message"])


def test_zones_are_parted_each_on_its_own() -> None:
    areas = {"a": 10.0, "b": 10.0, "c": 10.0, "d": 10.0, "x": 99.0}
    links = linked("ab", "bc", "cd", "dx")
    _, unit, told = units(areas, links, zones(Z2="ab", Z1="cd"), 10.0)
    assert unit.fillna("").tolist() == ["Z2-1", "Z2-2", "Z1-1", "Z1-2", ""]
    assert told == []


def test_ten_units_are_numbered_in_order() -> None:
    areas = {f"{k}": 10.0 for k in range(10)}
    pairs = linked(*(f"{k}{k + 1}" for k in range(9)))
    table, _, _ = units(areas, pairs, zones(Z1="0123456789"), 10.0)
    assert table["unit_id"].tolist()[::9] == ["Z1-01", "Z1-10"]
    assert table["parcel_ids"].tolist() == list(areas)


def test_equal_to_enumeration() -> None:
    rng = np.random.default_rng(31)
    for _ in range(400):
        weights, pairs, aim = made(rng)
        found = parted(weights, pairs, aim=aim, seconds=20.0)
        checked(weights, pairs, aim, found)
        assert found.settled
        assert found.worst == least(weights, pairs, aim)


def test_without_a_good_start_the_search_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(32)
    monkeypatch.setattr("gisland.topology.parting.ROUNDS", 0)
    monkeypatch.setattr("gisland.topology.parting.FEW", 1)
    monkeypatch.setattr("gisland.topology.parting.STEPS", 7)
    for _ in range(150):
        weights, pairs, aim = made(rng)
        found = parted(weights, pairs, aim=aim, seconds=20.0)
        checked(weights, pairs, aim, found)
        assert found.settled
        assert found.worst == least(weights, pairs, aim)


def test_bounds_hold_where_sets_or_time_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(33)
    monkeypatch.setattr("gisland.topology.parting.ROUNDS", 0)
    monkeypatch.setattr("gisland.topology.parting.STEPS", 7)
    monkeypatch.setattr("gisland.topology.parting.MOST_WORDS", 6)
    short = 0
    for seconds in (20.0, 0.0):
        for _ in range(150):
            weights, pairs, aim = made(rng)
            found = parted(weights, pairs, aim=aim, seconds=seconds)
            checked(weights, pairs, aim, found)
            best = least(weights, pairs, aim)
            assert found.bound <= best <= found.worst
            assert found.settled == (found.bound == found.worst)
            short += not found.settled
    assert short > 20


def test_forty_parcels_in_four_units_are_proved() -> None:
    rng = np.random.default_rng(40)
    weights = (rng.lognormal(9, 0.6, 40) * 100).astype("int64")
    aim = Aim(4, int(weights.sum()), 4)
    found = parted(weights, grid(5, 8), aim=aim, seconds=60.0)
    checked(weights, grid(5, 8), aim, found)
    assert found.settled
    assert found.worst < 0.01 * aim.total


def test_more_than_a_word_of_parcels() -> None:
    # 70 nodes in a row, of which 69 and then 1 make two parts
    weights = np.append(np.ones(69, dtype="int64"), 69)
    row = np.arange(69), np.arange(1, 70)
    found = parted(weights, row, aim=Aim(2, 138, 2), seconds=20.0)
    assert found.label.tolist() == [0] * 69 + [1]
    rng = np.random.default_rng(70)
    uneven = rng.integers(100, 900, 70)
    found = parted(uneven, row, aim=Aim(7, int(uneven.sum()), 7), seconds=20.0)
    checked(uneven, row, Aim(7, int(uneven.sum()), 7), found)
    assert found.settled


def test_out_of_time_is_told() -> None:
    rng = np.random.default_rng(2)
    ids = [f"p{k:03d}" for k in range(100)]
    area = rng.lognormal(9, 0.6, 100).round(2)
    focal, neighbor = grid(10, 10)
    pairs = pd.MultiIndex.from_arrays(
        [np.array(ids)[focal], np.array(ids)[neighbor]], names=["focal", "neighbor"]
    )
    zone = pd.DataFrame({"zone_id": ["Z1"], "parcel_ids": [";".join(ids)], "area_m2": area.sum()})
    table, unit, told = balanced_units(
        zone,
        lots(dict(zip(ids, area, strict=True))),
        pd.DataFrame(index=pairs),
        unit_m2=area.sum() / 3,
        seconds=0.2,
    )
    assert table["status"].eq("time_limit").all()
    assert (table["bound_m2"] <= table["largest_deviation_m2"]).all()
    assert table["largest_deviation_m2"].iloc[0] < 0.01 * table["mean_m2"].iloc[0]
    assert table["deviation_m2"].abs().max() == table["largest_deviation_m2"].iloc[0]
    assert [f["code"] for f in told] == ["zone_units_not_proved"]
    assert unit.nunique() == 3


def test_the_order_of_rows_and_links_does_not_matter() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        weights, pairs, aim = made(rng)
        names = [f"p{k}" for k in rng.permutation(len(weights))]
        frame = lots(dict(zip(names, weights.astype(float), strict=True)))
        ends = [np.array(names)[end] for end in pairs]
        table = pd.DataFrame({"focal": ends[0], "neighbor": ends[1]})
        zone = pd.DataFrame({"zone_id": ["Z1"], "parcel_ids": [";".join(names)]})
        zone["area_m2"] = float(weights.sum())
        how = {"unit_m2": weights.sum() / aim.units, "seconds": 20.0}
        one = balanced_units(zone, frame, table.set_index(["focal", "neighbor"]), **how)
        mixed = table.sample(frac=1, random_state=1).set_axis(["neighbor", "focal"], axis=1)
        turned = zone.assign(parcel_ids=";".join(sorted(names)))
        shuffled = frame.sample(frac=1, random_state=2)
        other = balanced_units(turned, shuffled, mixed.set_index(["focal", "neighbor"]), **how)
        pd.testing.assert_frame_equal(one[0], other[0])
        assert other[1].index.equals(shuffled.index)
        pd.testing.assert_series_equal(one[1].sort_index(), other[1].sort_index())


def test_a_parcel_in_two_pieces_never_makes_units_less_equal() -> None:
    rng = np.random.default_rng(7)
    for _ in range(100):
        weights, (focal, neighbor), aim = made(rng)
        heavy = int(np.argmax(weights))
        if weights[heavy] < 2:
            continue
        split = np.append(weights, weights[heavy] // 2)
        split[heavy] -= split[-1]
        pairs = np.append(focal, heavy), np.append(neighbor, len(weights))
        whole = parted(weights, (focal, neighbor), aim=aim, seconds=20.0)
        assert parted(split, pairs, aim=aim, seconds=20.0).worst <= whole.worst


def test_what_cannot_be_parted_is_told() -> None:
    with pytest.raises(TableError, match="2 connected parts of 3"):
        parted(
            np.ones(3, dtype="int64"), (np.array([0]), np.array([1])), aim=Aim(2, 3, 2), seconds=1
        )
    areas = {"a": 100.0, "b": float("nan"), "c": 100.0}
    for zone, ids in ((zones(Z1="ac", Z2="c"), "c"), (zones(Z1="ab"), "b"), (zones(Z1="ax"), "x")):
        with pytest.raises(TableError, match=rf"\({ids}\)"):
            balanced_units(
                zone.assign(area_m2=9.0),
                lots(areas | {"b": 1.0}).assign(area_m2=areas),
                linked("ab"),
                unit_m2=9.0,
                seconds=1.0,
            )
    with pytest.raises(ProjectError, match="zone_unit_m2"):
        units({"a": 1.0}, linked(), zones(Z1="a"), 0.0)
