"""Landlocked parcels and holdings of real layers, against GEOS and counts made by other means."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from gisland.detect.holdings import holdings
from gisland.detect.surroundings import surroundings
from gisland.topology.borders import borders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "surroundings.py"
T = 0.05
# Counted before by plain GEOS: landlocked, inside one, pairs with more than 0.5 m in common.
COUNTED = {
    "decany": (2896, 47, 7899),
    "forest_city": (830, 12, 13323),
    "williamsburg": (879, 21, 7140),
    "epinay": (829, 27, 7680),
    "rennes": (92, 1, 1192),
}
# On the polygons by GEOS and by gisland: landlocked, inside one; then pairs added and lost.
FOUND = {
    "decany": ((2896, 47), (2896, 47), 0, 0),
    "forest_city": ((832, 12), (833, 12), 3, 1),
    "williamsburg": ((879, 21), (1094, 26), 702, 6),
    "epinay": ((829, 27), (829, 27), 2, 0),
    "rennes": ((92, 1), (92, 1), 0, 0),
}
LAYERS = tuple(COUNTED)


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("surroundings_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def of(script: ModuleType, shared_data: Path) -> Callable[[str], Any]:
    """A function that compares a layer the first time it is asked for."""
    assert tuple(script.SOURCES) == LAYERS
    done: dict[str, Any] = {}

    def compared(name: str) -> Any:  # noqa: ANN401 - a class of the script
        if name not in done:
            done[name] = script.compared(name, shared_data)
        return done[name]

    return compared


def both(table: pd.DataFrame) -> tuple[int, int]:
    """How many are landlocked, and inside one."""
    return int(table["all"].sum()), int(table["one"].sum())


# --- counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_geos_counts_what_was_counted_before(
    script: ModuleType, shared_data: Path, name: str
) -> None:
    shapes = script.drawn(name, shared_data).geometry.to_numpy()
    metres = script.along(shapes)
    pairs = int((metres > 0.5).sum()) // 2
    assert (*both(script.shares(metres, shapes) > 0.98), pairs) == COUNTED[name]


@pytest.mark.parametrize("name", LAYERS)
def test_gisland_finds_them_all_and_some_more(of: Callable[[str], Any], name: str) -> None:
    layer = of(name)
    exact, tolerant, added, lost = FOUND[name]
    assert (both(layer.exact), both(layer.tolerant)) == (exact, tolerant)
    assert not (layer.exact & ~layer.tolerant).any(axis=None)
    assert (len(layer.added), len(layer.lost)) == (added, lost)


def test_two_parcels_lie_beside_one_that_validity_made_a_collection(
    of: Callable[[str], Any], script: ModuleType, shared_data: Path
) -> None:
    """GEOS has no boundary for a polygon with a line beside it, so 830 were counted and not 832."""
    drawn = script.drawn("forest_city", shared_data)
    assert drawn.index[drawn.geom_type == "GeometryCollection"].tolist() == ["54609"]
    shapes = drawn.geometry.to_numpy()
    before = (script.shares(script.along(shapes), shapes)["all"] > 0.98).to_numpy()
    layer = of("forest_city")
    more = layer.exact["all"] & ~before
    assert more.index[more].tolist() == ["36255", "36256"]
    touches = shapely.touches(
        layer.parcels.loc[["36255", "36256"], "geometry"], layer.parcels.loc["54609", "geometry"]
    )
    assert touches.all()


@pytest.mark.parametrize("name", ["decany", "rennes"])
def test_a_perfect_coverage_has_the_surroundings_of_geos(
    of: Callable[[str], Any], script: ModuleType, name: str
) -> None:
    layer = of(name)
    ids = layer.parcels.index
    found = surroundings(layer.parcels, borders(layer.parcels))
    true = script.shares(layer.exact_m, layer.shapes)
    assert found["shared_share"].to_numpy() == pytest.approx(true["all"].to_numpy(), abs=1e-9)
    assert found["largest_share"].to_numpy() == pytest.approx(true["one"].to_numpy(), abs=1e-9)
    many = layer.exact_m.groupby(level="focal").size().reindex(range(len(ids)), fill_value=0)
    assert found["neighbors"].tolist() == many.tolist()
    beside = found["largest_neighbor"].dropna()
    pairs = list(zip(ids.get_indexer(beside.index), ids.get_indexer(beside), strict=True))
    longest = layer.exact_m.groupby(level="focal").max()
    assert layer.exact_m[pairs].to_numpy() == pytest.approx(longest.to_numpy(), abs=1e-6)
    # no share is so near to 98 % that rounding could take it to the other side
    assert (found[["shared_share", "largest_share"]] - 0.98).abs().min(axis=None) > 5e-4


# --- what the tolerance adds -------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_every_pair_that_the_tolerance_adds_is_real(of: Callable[[str], Any], name: str) -> None:
    """GEOS finds at least so much of either boundary within the tolerance of the other."""
    layer = of(name)
    added = layer.added
    assert (added["distance_m"] <= T).all()
    assert (added["within_m"] >= added["border_m"] - 1e-6).all()
    assert (added["distance_max_m"] <= T + 1e-9).all()
    assert (added["border_m"] > 1e-3).all()
    assert layer.holds()


def test_every_parcel_that_the_tolerance_adds_is_real(of: Callable[[str], Any]) -> None:
    layer = of("williamsburg")
    new = layer.tolerant & ~layer.exact
    assert both(new) == (215, 5)
    assert layer.within["all"][new["all"]].min() > 0.98
    inside = new.index[new["one"]]
    assert inside.tolist() == ["1119", "1365", "1368", "1386", "1389"]
    assert layer.within.loc[inside, "one"].min() > 1 - 1e-9


def test_most_of_what_the_tolerance_adds_is_rounding_of_coordinates(
    of: Callable[[str], Any],
) -> None:
    """A vertex drawn on the edge of a neighbor lies beside it by less than 0.1 mm."""
    apart = of("williamsburg").added["distance_max_m"]
    counts = np.histogram(apart, [0, 1e-6, 1e-4, 1e-2, T + 1e-9])[0]
    assert counts.tolist() == [279, 158, 115, 150]


def test_what_the_tolerance_adds_in_single_pairs(of: Callable[[str], Any]) -> None:
    def pairs(name: str) -> dict[tuple[str, str], float]:
        ids, added = of(name).parcels.index, of(name).added
        return {(ids[i], ids[j]): round(m, 2) for (i, j), m in added["border_m"].items()}

    assert pairs("forest_city") == {
        ("51255", "67184"): 1.6,
        ("67812", "69574"): 6.66,
        ("8277", "9675"): 122.06,  # made valid: its vertices lie a rounding off the other's
    }
    assert pairs("epinay") == {
        ("91216000AC0328", "91216000ZB0161"): 15.8,
        ("91216000AI0708", "91216000AL0508"): 1.47,
    }


def test_a_pair_that_is_not_real_is_seen(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Borders of twice the tolerance are held against the tolerance."""
    lots = gpd.GeoDataFrame(
        geometry=[box(0, 0, 20, 10), box(20.03, 0, 40, 10), box(0, 10.07, 20, 20)],
        index=["a", "b", "c"],
        crs=4547,
    )
    right = script.Compared(lots)
    assert right.added["real"].tolist() == [True]
    assert right.holds()

    def wide(parcels: gpd.GeoDataFrame, *, tolerance_m: float) -> pd.DataFrame:
        return borders(parcels, tolerance_m=2 * tolerance_m)

    monkeypatch.setattr(script, "borders", wide)
    wrong = script.Compared(lots)
    assert wrong.added["real"].tolist() == [True, False]
    assert not wrong.holds()


def test_a_parcel_that_is_not_landlocked_is_seen(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = box(10, 10, 20, 20)
    lots = gpd.GeoDataFrame(
        geometry=[inner, box(0, 0, 30, 30) - inner.buffer(0.04, join_style="mitre")],
        index=["in", "ring"],
        crs=4547,
    )
    right = script.Compared(lots)
    assert (both(right.exact), both(right.tolerant)) == ((0, 0), (1, 1))
    assert right.holds()
    monkeypatch.setattr(script, "TOLERANCE_M", 0.03)
    found = script.Compared(lots)
    found.__dict__["tolerant"] = right.tolerant
    assert len(found.added) == 0
    assert not found.holds()


# --- what gisland has and GEOS has not, and the other way round ----------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_pairs_that_only_geos_finds_overlap(of: Callable[[str], Any], name: str) -> None:
    """Their edges run the same way: that is an overlap, and reported as such, not a border."""
    assert (of(name).lost["overlap_m2"] > 0.01).all()


def test_parcels_that_only_geos_finds_within_the_tolerance(of: Callable[[str], Any]) -> None:
    """A buffer reaches round corners, by a tolerance each time; what it finds besides is known."""
    beyond = []
    for name in LAYERS:
        layer = of(name)
        only = (layer.within > 0.98) & ~layer.tolerant
        assert not only["one"].any()
        found = surroundings(layer.parcels, borders(layer.parcels))["shared_m"]
        more = layer.within["all"] * layer.parcels.length - found
        beyond += more.index[only["all"] & (more > 4 * T + 1e-3)].tolist()
    # 3433 lies wholly inside another parcel; the edges of 3845 and of 3848 part from those of
    # another at 3 and 10 degrees, by more than 1 in 20
    assert beyond == ["3433", "3845", "3848"]


# --- the program -------------------------------------------------------------------------------


def test_a_line_has_as_many_cells_as_the_head(of: Callable[[str], Any], script: ModuleType) -> None:
    for name in ("decany", "epinay"):
        assert len(script.cells(name, of(name))) == len(script.HEAD)
    assert script.cells("epinay", of("epinay"))[-1] == "2 of 2"


def test_a_folder_that_is_not_there_is_named(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["surroundings.py", str(tmp_path / "none")])
    assert script.main() == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


# --- holdings ----------------------------------------------------------------------------------


def test_holdings_of_forest_city(script: ModuleType, shared_data: Path) -> None:
    """4441 owners, 1102 of them with more than one parcel: three of the parcels are not drawn."""
    rows = gpd.read_file(shared_data / script.SOURCES["forest_city"].path).to_crs(32119)
    rows = rows.set_index(rows["OBJECTID"].astype("str"))
    every = rows["owner_id"].value_counts()
    several = every[every > 1]
    assert (len(every), len(several), several.sum(), every.max()) == (4441, 1102, 3895, 106)
    undrawn = rows.index[rows.is_empty]
    assert sorted(every[rows.loc[undrawn, "owner_id"]]) == [1, 1, 2]

    shapes = rows.geometry.make_valid().map(script.polygons)
    lots = rows.rename(columns={"owner_id": "owner"}).set_geometry(shapes)
    lots = lots.assign(area_m2=lots.area.where(~lots.is_empty))
    found = holdings(lots, borders(lots))
    more = found[found["parcels"] > 1]
    # two owners have nothing else, and one has one parcel left of two
    assert (len(found), len(more), more["parcels"].sum()) == (4441 - 2, 1102 - 1, 3895 - 2)
    assert found["parcels"].max() == found["parcels"].iloc[0] == 106
    assert found["parcels"].sum() == 7234 - 3
    left = rows.drop(undrawn)["owner_id"].value_counts()
    assert found.set_index("owner")["parcels"].to_dict() == left.to_dict()
    assert (found["spellings"] == 1).all()
    assert found["area_m2"].sum() == pytest.approx(lots["area_m2"].sum(), rel=1e-12)


def test_patches_of_forest_city_are_the_components_of_what_geos_finds(
    script: ModuleType, of: Callable[[str], Any], shared_data: Path
) -> None:
    layer = of("forest_city")
    rows = gpd.read_file(shared_data / script.SOURCES["forest_city"].path)
    owner = pd.Series(rows["owner_id"].to_numpy(), index=rows["OBJECTID"].astype("str"))
    lots = layer.parcels.assign(owner=owner[layer.parcels.index], area_m2=layer.parcels.area)
    owners, areas = lots["owner"].to_numpy(), lots["area_m2"].to_numpy()

    graph = nx.Graph()
    graph.add_nodes_from(range(len(lots)))
    for pairs in (layer.exact_m.index, layer.added.index):  # all of the latter are proved above
        graph.add_edges_from((i, j) for i, j in pairs if owners[i] == owners[j])
    patches: dict[str, list[float]] = {}
    for members in nx.connected_components(graph):
        patches.setdefault(owners[min(members)], []).append(areas[list(members)].sum())

    found = holdings(lots, borders(lots)).set_index("owner")
    assert found["patches"].to_dict() == {k: len(v) for k, v in patches.items()}
    largest = pd.Series({k: max(v) for k, v in patches.items()})
    assert found["largest_patch_m2"].to_numpy() == pytest.approx(largest[found.index].to_numpy())
    assert (found["patches"].iloc[0], (found["patches"] > 1).sum()) == (52, 480)
