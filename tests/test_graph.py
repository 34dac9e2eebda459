"""Parcels as a graph: patches, articulation, and what graph libraries are given."""

from __future__ import annotations

import io
import sys
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.graph import Graph
from shapely import Polygon, box

from districts import frame
from gisland.base.errors import CRSError, GislandError, ProjectError, TableError
from gisland.topology.borders import borders, free_boundary
from gisland.topology.exports import to_libpysal, to_networkx, to_sparse
from gisland.topology.graph import articulation, components, ends, patches
from gisland.topology.lowlink import cut_nodes
from subdivisions import PATTERNS, subdivision

ELL = Polygon([(0, 0), (20, 0), (20, 2), (2, 2), (2, 20), (0, 20)])  # its centroid is outside
BOW = Polygon([(50, 0), (54, 4), (54, 0), (50, 4)])
BRIDGED = {  # two blocks of two, held together by a lot with 5 m of border to each of the four
    "l1": box(0, 0, 10, 10),
    "l2": box(0, 10, 10, 20),
    "mid": box(10, 5, 30, 15),
    "r1": box(30, 0, 40, 10),
    "r2": box(30, 10, 40, 20),
}


def grid(*away: str) -> gpd.GeoDataFrame:
    """Nine squares of 10 m, named by row and column, and lone ones far away."""
    shapes = {
        f"{r}{c}": box(10 * c, 10 * r, 10 * c + 10, 10 * r + 10) for r in range(3) for c in range(3)
    }
    return frame(shapes | {name: box(90, 90, 95, 95) for name in away})


def table(*rows: tuple[object, object, float], **columns: object) -> pd.DataFrame:
    """Border table from pairs and their lengths, both directions."""
    found = pd.DataFrame(rows, columns=["focal", "neighbor", "border_m"]).assign(**columns)
    back = found.rename(columns={"focal": "neighbor", "neighbor": "focal"})
    return pd.concat([found, back]).set_index(["focal", "neighbor"]).sort_index()


def along(ids: str) -> pd.DataFrame:
    """Border table of a chain of one-letter ids."""
    return table(*((a, b, 10.0) for a, b in pairwise(ids)))


# --- components and patches --------------------------------------------------------------------


def test_components_take_a_border_table_as_it_is() -> None:
    pairs = table(("b", "c", 1.0), ("d", "e", 1.0))
    ids = pd.Index(list("edcba"))
    by_table, by_columns = components(ids, pairs), components(ids, pairs.reset_index())
    assert by_table.to_dict() == {"e": "d", "d": "d", "c": "b", "b": "b", "a": "a"}
    pd.testing.assert_series_equal(by_table, by_columns)


def test_components_stand_any_number_of_repeated_pairs() -> None:
    pairs = pd.DataFrame({"focal": ["a"] * 512, "neighbor": ["b"] * 512})
    assert components(pd.Index(["a", "b"]), pairs).tolist() == ["a", "a"]
    assert articulation(pd.Index(["a", "b"]), pairs).tolist() == [False, False]


def test_a_missing_end_of_a_pair_is_an_unknown_id() -> None:
    pairs = pd.DataFrame({"a": ["x", None], "b": ["y", "y"]})
    with pytest.raises(TableError, match=r"not among the ids .*nan"):
        ends(pd.Index(["x", "y"]), pairs)


def test_patches_of_a_row_with_missing_values() -> None:
    owner = pd.array(["A", "A", None, None, "A", "B", "B", "A"], dtype="str")
    lots = pd.DataFrame({"owner": owner}, index=pd.Index(list("abcdefgh"), name="parcel_id"))
    found = patches(lots, along("abcdefgh"), attribute="owner")
    expected = ["a", "a", None, None, "e", "f", "f", "h"]
    kind = lots.index.dtype
    pd.testing.assert_series_equal(
        found, pd.Series(expected, index=lots.index, name="patch", dtype=kind)
    )


def test_patches_join_at_the_least_border_and_not_below() -> None:
    lots = pd.DataFrame({"owner": "A"}, index=list("abcd"))
    border = table(("a", "b", 2.0), ("b", "c", 1.999), ("c", "d", 3.0))
    assert patches(lots, border, attribute="owner").tolist() == list("aaaa")
    assert patches(lots, border, attribute="owner", min_border_m=2.0).tolist() == list("aacc")
    assert patches(lots, border, attribute="owner", min_border_m=9.0).tolist() == list("abcd")


def test_patches_keep_whole_numbers_whole() -> None:
    lots = pd.DataFrame({"owner": ["A", None, "A"]}, index=[30, 20, 10])
    found = patches(lots, table((10, 30, 1.0), (10, 20, 1.0)), attribute="owner")
    assert found.dtype == "Int64"
    assert found.tolist() == [10, pd.NA, 10]


def test_patches_of_nothing_and_of_no_values() -> None:
    none = pd.DataFrame({"owner": pd.array([None, None], dtype="str")}, index=["a", "b"])
    assert patches(none, along("ab"), attribute="owner").isna().all()
    assert patches(none.iloc[:0], along("ab").iloc[:0], attribute="owner").empty


def test_patches_refuse_what_they_cannot_use() -> None:
    lots = pd.DataFrame({"owner": ["A", "B"]}, index=["a", "b"])
    with pytest.raises(TableError, match="no column 'ower'; did you mean 'owner'"):
        patches(lots, along("ab"), attribute="ower")
    with pytest.raises(TableError, match=r"not among the ids \(c\)"):
        patches(lots, along("abc"), attribute="owner")
    with pytest.raises(TableError, match="more than once"):
        patches(lots.iloc[[0, 0]], along("ab"), attribute="owner")
    for least in (-1.0, float("nan")):
        with pytest.raises(ProjectError, match="min_border_m is"):
            patches(lots, along("ab"), attribute="owner", min_border_m=least)


@given(
    values=st.lists(st.sampled_from(["A", "B", None]), min_size=1, max_size=12),
    numbers=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30),
)
def test_patches_are_the_components_of_equal_values(
    values: list[str | None], numbers: list[tuple[int, int]]
) -> None:
    ids = [f"p{i:02d}" for i in range(len(values))]
    given_pairs = {(ids[i], ids[j]) for i, j in numbers if i < j < len(ids)}
    owner = dict(zip(ids, values, strict=True))
    graph = nx.Graph((i, j) for i, j in given_pairs if owner[i] == owner[j] is not None)
    graph.add_nodes_from(i for i in ids if owner[i] is not None)
    expected = {i: min(part) for part in nx.connected_components(graph) for i in part}
    lots = pd.DataFrame({"owner": pd.array(values, dtype="str")}, index=ids)
    found = patches(lots, table(*((i, j, 1.0) for i, j in given_pairs)), attribute="owner")
    assert found.dropna().to_dict() == expected


# --- articulation ------------------------------------------------------------------------------


def holding(ids: str, pairs: pd.DataFrame) -> str:
    """Ids of the articulation parcels."""
    found = articulation(pd.Index(list(ids)), pairs)
    assert found.name == "articulation"
    assert found.dtype == bool
    assert "".join(found.index) == ids
    return "".join(found.index[found])


@pytest.mark.parametrize(
    ("ids", "pairs", "expected"),
    [
        ("dcba", along("abcd"), "cb"),
        ("abcd", along("abcda"), ""),  # a ring
        ("abcdx", along("abca"), ""),  # isolated parcels hold nothing
        ("abcde", along("abcadea"), "a"),  # two rings meet in the first of the walk
        ("zyxwv", along("zyxzwvz"), "z"),  # and in the last
        ("abcd", along("abab").iloc[[0, 0, 1]], ""),  # repeated pairs
        ("ab", table(("a", "a", 1.0), ("b", "b", 1.0)), ""),
        ("hub", table(("h", "u", 1.0), ("h", "b", 1.0)), "h"),
        ("", along("ab").iloc[:0], ""),
    ],
)
def test_articulation_by_hand(ids: str, pairs: pd.DataFrame, expected: str) -> None:
    assert holding(ids, pairs) == expected
    one_way = pairs.reset_index()
    one_way = one_way[one_way["focal"] <= one_way["neighbor"]]
    assert holding(ids, one_way) == expected


def test_articulation_of_a_grid_and_of_a_bridge() -> None:
    lots = grid("lone")
    assert not articulation(lots.index, borders(lots)).any()
    cross = lots.drop(index=["00", "02", "20", "22"])
    held = articulation(cross.index, borders(cross))
    assert held.index[held].tolist() == ["11"]
    bridged = frame(BRIDGED)
    held = articulation(bridged.index, borders(bridged))
    assert held.index[held].tolist() == ["mid"]


def test_articulation_of_a_chain_longer_than_any_call_stack() -> None:
    ids = pd.RangeIndex(30_000)
    found = articulation(ids, pd.DataFrame({"a": ids[:-1], "b": ids[1:]}))
    assert found.sum() == len(ids) - 2
    assert not found.iloc[[0, -1]].any()


def test_articulation_refuses_unknown_and_repeated_ids() -> None:
    with pytest.raises(TableError, match=r"not among the ids \(c\)"):
        articulation(pd.Index(["a", "b"]), along("abc"))
    with pytest.raises(TableError, match="more than once"):
        articulation(pd.Index(["a", "a"]), along("ab"))


@given(
    count=st.integers(1, 14),
    numbers=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=26),
)
def test_articulation_is_that_of_networkx(count: int, numbers: list[tuple[int, int]]) -> None:
    pairs = [(i, j) for i, j in numbers if i < count and j < count]
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(count))
    found = articulation(pd.RangeIndex(count), pd.DataFrame(pairs, columns=["i", "j"], dtype=int))
    assert set(found.index[found]) == set(nx.articulation_points(graph))


@pytest.mark.parametrize("mean_degree", [1.0, 2.0, 3.0])
def test_plain_and_compiled_loop_agree(mean_degree: float) -> None:
    graph = nx.gnp_random_graph(300, mean_degree / 300, seed=7)
    matrix = nx.to_scipy_sparse_array(graph)
    first, neighbor = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    plain = getattr(cut_nodes, "py_func", cut_nodes)(first, neighbor)
    assert plain.dtype == bool
    assert plain.tolist() == cut_nodes(first, neighbor).tolist()
    assert set(np.flatnonzero(plain)) == set(nx.articulation_points(graph))
    assert 0 < plain.sum() < 300


# --- networkx ----------------------------------------------------------------------------------


def test_networkx_graph_of_a_grid() -> None:
    lots = grid("lone").assign(owner=pd.array(["A"] * 9 + [None], dtype="str"), floors=range(10))
    border = borders(lots).assign(distance_mean_m=0.25)
    graph = to_networkx(lots, border, columns=["floors", "owner"])
    assert list(graph.nodes)[:4] == ["00", "01", "02", "10"]
    assert list(graph.nodes) == sorted(lots.index)
    assert graph.nodes["01"] == {"floors": 1, "owner": "A", "x": 15.0, "y": 5.0}
    assert graph.nodes["lone"] == {"floors": 9, "x": 92.5, "y": 92.5}
    assert type(graph.nodes["01"]["floors"]) is int
    assert graph.graph == {"crs": "EPSG:4547"}
    assert graph.number_of_edges() == 12
    assert list(graph.edges)[:3] == [("00", "01"), ("00", "10"), ("01", "02")]
    columns = border.columns.tolist()
    for one, two, data in graph.edges(data=True):
        assert list(data) == columns
        assert data == border.loc[(one, two)].to_dict()
    assert graph.edges["11", "12"]["border_m"] == 10.0


def test_networkx_nodes_lie_inside_and_nowhere_without_geometry() -> None:
    lots = frame({"ell": ELL, "bow": BOW, "none": None, "empty": Polygon(), "ok": box(2, 2, 9, 9)})
    graph = to_networkx(lots, borders(lots))
    assert {i for i, data in graph.nodes(data=True) if data == {}} == {"bow", "none", "empty"}
    place = graph.nodes["ell"]
    assert ELL.contains(gpd.points_from_xy([place["x"]], [place["y"]])[0])
    assert not ELL.contains(ELL.centroid)
    assert list(graph.edges) == [("ell", "ok")]


def test_networkx_leaves_missing_cells_of_borders_out() -> None:
    lots = grid().loc[["00", "01", "02"]]
    border = table(("00", "01", 10.0), ("01", "02", 9.0)).assign(width_m=[1.5, 1.5, np.nan, np.nan])
    assert list(to_networkx(lots, border).edges(data=True)) == [
        ("00", "01", {"border_m": 10.0, "width_m": 1.5}),
        ("01", "02", {"border_m": 9.0}),
    ]


def test_networkx_takes_a_table_of_one_direction() -> None:
    lots = frame(BRIDGED)
    border = borders(lots)
    one, two = border.index.codes
    half = to_networkx(lots, border[one > two])
    assert nx.utils.graphs_equal(half, to_networkx(lots, border))
    assert half.number_of_edges() == 6


def test_networkx_graph_can_be_written_and_read_back() -> None:
    lots = grid("lone").assign(owner=[None, *"ABCDEFGHI"], floors=range(10), taxed=True)
    graph = to_networkx(lots, borders(lots), columns=["owner", "floors", "taxed"])
    file = io.BytesIO()
    nx.write_graphml(graph, file)
    file.seek(0)
    again = nx.read_graphml(file)
    assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))


def test_networkx_refuses_what_it_cannot_use() -> None:
    lots = grid().assign(x=1)
    border = borders(lots)
    with pytest.raises(TableError, match="no column 'owner'"):
        to_networkx(lots, border, columns=["owner"])
    with pytest.raises(TableError, match="'x' bears the name of a coordinate"):
        to_networkx(lots, border, columns=["x"])
    with pytest.raises(TableError, match=r"not among the ids \(00\)"):
        to_networkx(lots.iloc[1:], border)
    with pytest.raises(CRSError, match="not metric"):
        to_networkx(lots.set_crs(4490, allow_override=True), border)


# --- SciPy -------------------------------------------------------------------------------------


def test_sparse_matrix_by_hand() -> None:
    lots = frame(BRIDGED).loc[["mid", "r2", "l1", "l2", "r1"]]
    expected = [
        [0, 5, 5, 5, 5],
        [5, 0, 0, 0, 10],
        [5, 0, 0, 10, 0],
        [5, 0, 10, 0, 0],
        [5, 10, 0, 0, 0],
    ]
    found = to_sparse(lots, borders(lots))
    assert found.format == "csr"
    assert found.dtype == "float64"
    assert found.toarray().tolist() == expected
    assert found.nnz == 12
    assert found.has_canonical_format


def test_sparse_rows_and_free_boundary_make_up_the_perimeter() -> None:
    shapes = subdivision("islands", size=40, rng=np.random.default_rng(4))
    lots = frame({f"p{i}": shape for i, shape in enumerate(shapes)})
    border = borders(lots)
    found = to_sparse(lots, border)
    assert (found != found.T).nnz == 0
    along_any = found.sum(axis=1) + free_boundary(lots, border)
    assert along_any.tolist() == pytest.approx(lots.length.tolist())


def test_sparse_has_no_entry_for_a_weight_of_0() -> None:
    border = table(("a", "b", 2.0), ("b", "c", 3.0)).assign(tolerant_m=[0.0, 0.0, 0.5, 0.5])
    lots = pd.DataFrame(index=list("abcd"))
    found = to_sparse(lots, border, weight="tolerant_m")
    assert (found.nnz, found[1, 2], found[2, 1]) == (2, 0.5, 0.5)
    assert found.shape == (4, 4)
    assert to_sparse(lots.iloc[:0], border.iloc[:0]).shape == (0, 0)


def test_weights_of_the_two_directions_may_differ() -> None:
    lots = pd.DataFrame(index=["b", "a"])
    border = along("ab").assign(share=[0.25, 0.5])  # of the perimeter of the focal parcel
    assert to_sparse(lots, border, weight="share").toarray().tolist() == [[0, 0.5], [0.25, 0]]
    graph = to_libpysal(lots, border, weight="share")
    assert graph.adjacency.to_dict() == {("b", "a"): 0.5, ("a", "b"): 0.25}


@pytest.mark.parametrize("export", [to_sparse, to_libpysal])
def test_weights_have_to_be_there(export: object) -> None:
    lots = pd.DataFrame(index=list("ab"))
    border = along("ab").assign(share=[0.5, np.nan])
    with pytest.raises(TableError, match=r"share is missing for some pairs \(\('b', 'a'\)\)"):
        export(lots, border, weight="share")
    with pytest.raises(TableError, match="no column 'border'; did you mean 'border_m'"):
        export(lots, border, weight="border")
    with pytest.raises(TableError, match=r"not among the ids \(b\)"):
        export(lots.iloc[:1], border)
    with pytest.raises(TableError, match="more than once"):
        export(lots.iloc[[0, 0, 1]], border)


# --- libpysal ----------------------------------------------------------------------------------


def test_libpysal_graph_by_hand() -> None:
    lots = pd.DataFrame(index=pd.Index(["c", "lone", "a", "b"], name="parcel_id"))
    graph = to_libpysal(lots, along("abc").assign(tolerant_m=0.0))
    assert list(graph.adjacency.items()) == [
        (("c", "b"), 10.0),
        (("lone", "lone"), 0.0),
        (("a", "b"), 10.0),
        (("b", "c"), 10.0),
        (("b", "a"), 10.0),
    ]
    assert graph.unique_ids.tolist() == ["c", "lone", "a", "b"]
    assert graph.isolates.tolist() == ["lone"]
    assert (graph.n, graph.n_components) == (4, 2)
    assert graph.asymmetry().empty


def test_libpysal_pairs_of_weight_0_are_none() -> None:
    border = table(("a", "b", 2.0), ("b", "c", 3.0)).assign(tolerant_m=[0.0, 0.0, 0.5, 0.5])
    graph = to_libpysal(pd.DataFrame(index=list("abc")), border, weight="tolerant_m")
    assert graph.adjacency.to_dict() == {("a", "a"): 0.0, ("b", "c"): 0.5, ("c", "b"): 0.5}
    assert graph.isolates.tolist() == ["a"]


def wall() -> gpd.GeoDataFrame:
    """Courses of 20 m bricks, every second shifted by 5 m: corners amid the sides of others."""
    shapes = [
        box(20 * c + 5 * (r % 2), 8 * r, 20 * c + 20 + 5 * (r % 2), 8 * r + 8)
        for r in range(6)
        for c in range(5)
    ]
    return frame({f"p{i}": shape for i, shape in enumerate(shapes)})


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("pattern", ["cells", "islands", "streets", "grid", "wall"])
def test_libpysal_finds_the_same_on_a_clean_coverage(pattern: str, *, strict: bool) -> None:
    if pattern in PATTERNS:
        shapes = subdivision(pattern, size=60, rng=np.random.default_rng(11))
        lots = frame({f"p{i}": shape for i, shape in enumerate(shapes)})
    else:
        lots = grid("lone") if pattern == "grid" else wall()
    lots = lots.sample(frac=1, random_state=5)
    theirs = Graph.build_contiguity(lots, strict=strict, by_perimeter=True).adjacency
    ours = to_libpysal(lots, borders(lots)).adjacency
    if pattern == "wall" and not strict:  # it looks for common vertices
        assert len(theirs) < len(ours)
        ours = ours[theirs.index]
    pd.testing.assert_series_equal(ours, theirs, rtol=1e-9)


def test_libpysal_statistics_are_in_the_order_of_the_parcels() -> None:
    lots = grid("lone").sample(frac=1, random_state=2)
    border = borders(lots)
    graph, matrix = to_libpysal(lots, border), to_sparse(lots, border)
    assert (graph.sparse != matrix).nnz == 0
    value = np.arange(10.0)
    assert graph.lag(value).tolist() == (matrix @ value).tolist()


def test_without_libpysal_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libpysal.graph", None)
    with pytest.raises(GislandError, match=r"libpysal cannot be used.*pip install libpysal"):
        to_libpysal(pd.DataFrame(index=["a", "b"]), along("ab"))


# --- all of them -------------------------------------------------------------------------------

CALLS = {
    "components": lambda lots, border: components(lots.index, border),
    "articulation": lambda lots, border: articulation(lots.index, border),
    "patches": lambda lots, border: patches(lots, border, attribute="owner"),
    "to_sparse": lambda lots, border: pd.DataFrame(
        to_sparse(lots, border).toarray(), index=lots.index, columns=lots.index
    ),
    "to_libpysal": lambda lots, border: to_libpysal(lots, border).adjacency,
    "to_networkx": lambda lots, border: pd.Series(
        nx.generate_graphml(to_networkx(lots, border, columns=["owner"]))
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_order_of_rows_does_not_matter_and_inputs_stay(name: str) -> None:
    shapes = subdivision("streets", size=50, rng=np.random.default_rng(9))
    owner = pd.array([(None, "A", "B")[i % 3] for i in range(len(shapes))], dtype="str")
    lots = frame({f"p{i}": shape for i, shape in enumerate(shapes)}, owner=owner)
    border = borders(lots)
    mixed, mixed_border = lots.sample(frac=1, random_state=3), border.sample(frac=1, random_state=4)
    before = mixed.copy(), mixed_border.copy()
    found, expected = CALLS[name](mixed, mixed_border), CALLS[name](lots, border)
    pd.testing.assert_frame_equal(pd.DataFrame(mixed), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(mixed_border, before[1])
    if name == "to_sparse":
        expected = expected.loc[mixed.index, mixed.index]
    elif name == "to_libpysal":
        found, expected = found.sort_index(), expected.sort_index()
    elif name != "to_networkx":
        assert found.index.equals(mixed.index)
        expected = expected.loc[mixed.index]
    assert found.equals(expected)
