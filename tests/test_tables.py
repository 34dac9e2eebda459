from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box

from gisland.base.errors import TableError
from gisland.base.schema import Inputs
from gisland.base.tables import (
    INTERNAL,
    PARCEL_RESULTS,
    context_tables,
    joined_ids,
    layer_table,
    lookup,
    parcel_table,
    parcel_verdicts,
    require_parcels,
)


def lots(ids: str = "ab", **columns: object) -> gpd.GeoDataFrame:
    shapes = [box(k, 0, k + 1, 1) for k in range(len(ids))]
    index = pd.Index(list(ids), name="parcel_id")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=4547)


def plan(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of (parcel, site, verdict, reasons)."""
    columns = ["parcel_id", "site_id", "verdict", "reasons"]
    return pd.DataFrame(rows, columns=columns, dtype="str").assign(scrap_kind="corner")


NO_PLAN = plan().astype("str")
NO_MEMBERS = pd.Series([], index=pd.Index([], dtype="str"), dtype="str")


# --- the parcel table ---------------------------------------------------------------------------


def test_all_result_columns_are_there_and_typed_though_nothing_was_found() -> None:
    found = parcel_table(lots())
    assert found.columns.tolist() == ["parcel_id", *PARCEL_RESULTS, "geometry"]
    kinds = found.dtypes.astype("str")
    assert kinds[list(PARCEL_RESULTS)].to_dict() == PARCEL_RESULTS
    assert found["fragment"].tolist() == [False, False]
    rest = [c for c in PARCEL_RESULTS if c != "fragment"]
    assert found[rest].isna().all(axis=None)
    assert found.crs.to_epsg() == 4547


def test_found_columns_are_typed_the_same() -> None:
    given = lots(
        area_m2=[1, 2],
        low_use=[None, True],
        fragment=[True, False],
        site_id=["S", None],
        reasons=["", "x"],
    )
    found = parcel_table(given)
    kinds = found.dtypes.astype("str")
    assert kinds[list(PARCEL_RESULTS)].to_dict() == PARCEL_RESULTS
    assert found["low_use"].isna().tolist() == [True, False]
    assert found["site_id"].isna().tolist() == [False, True]


def test_order_is_input_columns_then_own_columns_of_the_source_then_results() -> None:
    given = lots(
        备注=["x", None],
        status=["idle", None],
        owner=["A", "B"],
        far=[0.1, 0.2],
        floor_m2=[1.0, 2.0],
        site_id=["S", None],
        year=[1998, 2004],
    )
    found = parcel_table(given)
    assert found.columns.tolist()[:5] == ["parcel_id", "owner", "status", "备注", "year"]
    assert found.columns.tolist()[5:] == [*PARCEL_RESULTS, "geometry"]
    assert found["year"].tolist() == [1998, 2004]
    assert not set(INTERNAL) & set(found.columns)


def test_parcels_are_sorted_by_id_and_input_stays() -> None:
    given = lots("cab", owner=["C", "A", "B"])
    before = given.copy(deep=True)
    found = parcel_table(given)
    assert found["parcel_id"].tolist() == ["a", "b", "c"]
    assert found["owner"].tolist() == ["A", "B", "C"]
    assert found.index.tolist() == [0, 1, 2]
    assert found.geometry.iloc[2].equals(given.geometry["c"])
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(parcel_table(given.iloc[::-1]), found)


def test_rows_without_geometry_and_no_rows_at_all() -> None:
    gone = lots().set_geometry([box(0, 0, 1, 1), None])
    assert parcel_table(gone.set_crs(4547, allow_override=True)).geometry.isna().tolist() == [
        False,
        True,
    ]
    empty = parcel_table(lots().iloc[:0])
    assert empty.empty
    assert empty.dtypes.astype("str")[list(PARCEL_RESULTS)].to_dict() == PARCEL_RESULTS


# --- what a run refuses -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["area_m2", "verdict", "zone_id", *INTERNAL])
def test_columns_that_bear_names_of_results_are_refused(name: str) -> None:
    with pytest.raises(TableError, match=f"names of results: {name}; rename or drop them"):
        require_parcels(lots(**{name: [1, 2]}))


def test_canonical_and_foreign_columns_are_welcome() -> None:
    assert require_parcels(lots(site_id=["S", None], owner=["A", "B"], year=[1, 2])) is None
    assert require_parcels(lots().iloc[:0]) is None


def test_an_index_that_is_not_text_ids_is_refused() -> None:
    with pytest.raises(TableError, match=r'unnamed of integers; index .*, named "parcel_id"'):
        require_parcels(lots().reset_index(drop=True))
    with pytest.raises(TableError, match="the index is fid of strings"):
        require_parcels(lots().rename_axis("fid"))
    with pytest.raises(TableError, match=r"occurs more than once \(a\)"):
        require_parcels(lots("aa"))


# --- what the plan says of each parcel ----------------------------------------------------------


def test_verdicts_of_every_kind() -> None:
    rows = plan(
        ("c", "S1", "absorbed", ""),
        ("d", "S1", "eligible", "not_chosen"),
        ("e", "S1", "ineligible", "area_cap"),
    )
    members = pd.Series("S1", index=["s"])
    found = parcel_verdicts(pd.Index(list("xsedc"), name="parcel_id"), rows, members)
    assert found["verdict"].to_dict() == {
        "x": "none",
        "s": "site",
        "e": "ineligible",
        "d": "eligible",
        "c": "absorbed",
    }
    assert found["site_id"].dropna().to_dict() == {"s": "S1", "c": "S1"}
    assert found["reasons"].tolist() == ["", "", "area_cap", "not_chosen", ""]
    assert found["scrap_kind"].dropna().index.tolist() == ["e", "d", "c"]
    assert found.index.tolist() == list("xsedc")


def test_the_best_of_several_pairs_counts() -> None:
    rows = plan(
        ("c", "S1", "ineligible", "adjacent"),
        ("c", "S2", "absorbed", ""),
        ("d", "S1", "ineligible", "area_cap;adjacent"),
        ("d", "S2", "ineligible", "area_cap;exclusion"),
        ("e", "S2", "ineligible", "same_use"),
        ("e", "S3", "eligible", "not_chosen"),
    )
    found = parcel_verdicts(pd.Index(list("cde")), rows, NO_MEMBERS)
    assert found["verdict"].tolist() == ["absorbed", "ineligible", "eligible"]
    assert found["site_id"].tolist()[0] == "S2"
    assert found["site_id"].isna().tolist() == [False, True, True]
    assert found["reasons"].tolist() == ["", "adjacent;area_cap;exclusion", "not_chosen"]


def test_verdicts_without_plan_and_sites() -> None:
    found = parcel_verdicts(pd.Index(["a"]), NO_PLAN, NO_MEMBERS)
    assert found[["verdict", "reasons"]].to_numpy().tolist() == [["none", ""]]
    assert found[["site_id", "scrap_kind"]].isna().all(axis=None)
    assert set(found.dtypes.astype("str")) == {"str"}


def test_the_order_of_the_plan_does_not_matter() -> None:
    rows = plan(
        ("c", "S1", "eligible", "a"), ("c", "S2", "eligible", "b"), ("d", "S1", "absorbed", "")
    )
    ids = pd.Index(["c", "d"])
    one = parcel_verdicts(ids, rows, NO_MEMBERS)
    pd.testing.assert_frame_equal(one, parcel_verdicts(ids, rows.iloc[::-1], NO_MEMBERS))
    assert one.loc["c", "reasons"] == "a;b"


# --- small helpers ------------------------------------------------------------------------------


def test_joined_ids_are_sorted_and_empty_for_groups_without_any() -> None:
    groups = pd.Series({"p10": "S1", "p2": "S1", "p1": "S2"})
    found = joined_ids(groups, pd.Index(["S3", "S1", "S2"]))
    assert found.to_dict() == {"S3": "", "S1": "p10;p2", "S2": "p1"}
    assert joined_ids(NO_MEMBERS, pd.Index(["S1"])).tolist() == [""]
    assert joined_ids(NO_MEMBERS, pd.Index([], dtype="str")).dtype == "str"


def test_lookup_keeps_index_and_kind() -> None:
    value = pd.Series([9.0, 7.0], index=["a", "b"])
    found = lookup(pd.Series(["b", "?", None, "b"], index=[3, 1, 2, 0]), value)
    assert found.index.tolist() == [3, 1, 2, 0]
    assert found.dropna().to_dict() == {3: 7.0, 0: 7.0}
    assert lookup(pd.Series([], dtype="str"), value).dtype == "float64"


def test_a_layer_is_written_with_its_id_and_the_columns_there_are() -> None:
    roads = gpd.GeoDataFrame(
        {"width_m": [12.0, 8.0], "name": ["x", "y"]},
        geometry=[LineString([(0, 0), (1, 1)]), LineString([(1, 1), (2, 2)])],
        index=pd.Index(["r2", "r1"], name="road_id"),
        crs=4547,
    )
    found = layer_table(roads, ("width_m", "lanes"))
    assert found.columns.tolist() == ["road_id", "width_m", "geometry"]
    assert found["road_id"].tolist() == ["r1", "r2"]
    assert found["width_m"].tolist() == [8.0, 12.0]


def test_context_layers_are_sorted_by_name_and_id() -> None:
    red = gpd.GeoDataFrame(geometry=[box(9, 0, 10, 1), box(5, 0, 6, 1)], index=["b", "a"], crs=4547)
    inputs = Inputs(
        lots(),
        project_boundary=red.rename_axis("boundary_id"),
        exclusions={"red_line": red, "farmland": red.iloc[:1]},
    )
    found = context_tables(inputs)
    assert sorted(found) == ["exclusions", "project_boundary"]
    table = found["exclusions"]
    assert table["name"].tolist() == ["farmland", "red_line", "red_line"]
    assert table.geometry.bounds["minx"].tolist() == [9, 5, 9]
    assert table.crs.to_epsg() == 4547
    assert found["project_boundary"]["boundary_id"].tolist() == ["a", "b"]


def test_without_context_there_is_no_table() -> None:
    assert context_tables(Inputs(lots())) == {}
