from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gisland.base.contracts import BROKEN, Contract, broken_cells, input_contract
from gisland.base.schema import LAYERS, TENURES, Column
from gisland.layers.fields.impossible import impossible_values
from gisland.layers.source import Source

PARCELS, ZONING = input_contract("parcels"), input_contract("zoning")


def broken(frame: pd.DataFrame, contract: Contract) -> list[list[object]]:
    found = broken_cells(frame, contract)
    assert tuple(found.columns) == BROKEN
    return found.to_numpy().tolist()


def parcels(**columns: object) -> gpd.GeoDataFrame:
    data = {
        "owner": ["甲公司", None],
        "tenure": ["state", None],
        "use_class": ["industrial", None],
        "tax_yuan": [0.0, np.nan],
        "passed_through": [-1, 2],
    }
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), None], index=["p1", "p1"])
    return gpd.GeoDataFrame({**data, **columns}, index=["p1", "p1"], geometry=shapes)


def test_good_and_missing_cells_pass_whatever_else_is_there() -> None:
    assert broken(parcels(), PARCELS) == []
    assert broken(parcels().iloc[:0], PARCELS) == []
    assert broken(pd.DataFrame(), PARCELS) == []


def test_every_broken_cell_is_told_at_once_in_the_order_of_the_contract() -> None:
    frame = parcels(tax_yuan=[-1.0, -2.0], tenure=["国有", "state"], use_class=["farm", "forest"])
    tenures = f"one of {', '.join(TENURES)}"
    assert [row[:3] for row in broken(frame, PARCELS)] == [
        ["tenure", 0, "国有"],
        ["use_class", 1, "forest"],
        ["tax_yuan", 0, -1.0],
        ["tax_yuan", 1, -2.0],
    ]
    assert [row[3] for row in broken(frame, PARCELS)[:1]] == [tenures]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "rule"),
    [
        ("text", ["a", "", None], [1, 1.5, True], "text"),
        ("number", [1, 2.5, None], ["1", True, np.inf], "a number"),
        ("bool", [True, False, None], ["true", 1, 0.0], "true or false"),
        ("date", [dt.date(2024, 1, 1), pd.Timestamp(0), None], ["2024", 2024, 1.0], "a date"),
    ],
)
def test_kinds_are_those_of_the_cells_not_of_the_column(
    kind: str, good: list[object], bad: list[object], rule: str
) -> None:
    contract = Contract({"x": Column(kind)})  # type: ignore[arg-type]
    values = pd.Series([*good, *bad], dtype="object")
    assert broken(values.to_frame("x"), contract) == [
        ["x", 3 + i, value, rule] for i, value in enumerate(bad)
    ]
    assert broken(pd.Series(good, dtype="object").to_frame("x"), contract) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number", pd.Series([1, 2])),
        ("number", pd.array([1, None], "Int64")),
        ("number", pd.array([0.5, None], "Float64")),
        ("bool", pd.array([True, None], "boolean")),
        ("bool", np.array([True, False])),
        ("text", pd.array(["a", None], "str")),
        ("text", pd.array(["a", None], "string")),
        ("date", pd.to_datetime(pd.Series(["2024-01-01", None]))),
        ("date", pd.to_datetime(pd.Series(["2024-01-01"])).dt.tz_localize("UTC")),
    ],
)
def test_every_dtype_of_a_kind_passes(kind: str, values: object) -> None:
    assert broken(pd.DataFrame({"x": values}), Contract({"x": Column(kind)})) == []  # type: ignore[arg-type]


def test_shares_lie_between_0_and_1_and_limits_are_in_order() -> None:
    frame = pd.DataFrame(
        {
            "far_min": [1.0, 2.0, 3.0, np.nan, 4.0],
            "far_max": [1.0, 1.5, np.nan, 1.0, -1.0],
            "coverage_max": [0.0, 1.0, 1.01, 60.0, np.nan],
            "green_min": [-0.1, 0.3, 0.4, 0.5, 0.6],
        }
    )
    assert broken(frame, ZONING) == [
        ["far_min", 1, 2.0, "at most far_max"],
        ["far_min", 4, 4.0, "at most far_max"],
        ["far_max", 4, -1.0, "at least 0"],
        ["coverage_max", 2, 1.01, "at most 1"],
        ["coverage_max", 3, 60.0, "at most 1"],
        ["green_min", 0, -0.1, "at least 0"],
    ]


def test_keys_are_there_and_occur_once() -> None:
    contract = Contract(
        {"a": Column("text"), "b": Column("text")}, present=("a",), unique=("a", "b")
    )
    frame = pd.DataFrame({"a": ["x", "x", "x", None], "b": ["1", "2", "1", "1"]})
    found = broken_cells(frame, contract)
    assert found[["column", "row", "rule"]].to_numpy().tolist() == [
        ["a", 0, "unique"],
        ["a", 2, "unique"],
        ["a", 3, "there"],
    ]


def test_every_layer_has_a_contract_that_its_own_kinds_pass() -> None:
    good = {"text": "x", "number": 0.5, "bool": True, "date": pd.Timestamp(0)}
    for kind, columns in LAYERS.items():
        row = {n: c.one_of[0] if c.one_of else good[c.kind] for n, c in columns.items()}
        row |= {"level": 1.0} if "level" in row else {}
        frame = pd.DataFrame([row, dict.fromkeys(row)])
        assert broken(frame, input_contract(kind)) == [], kind
        wrong = pd.DataFrame([dict.fromkeys(row, b"?")], dtype="object")
        assert broken_cells(wrong, input_contract(kind))["column"].unique().tolist() == list(row)
    assert input_contract("exclusions").columns == {}


def test_the_table_is_left_as_it_is_to_its_crs_and_dtypes() -> None:
    frame = parcels(tax_yuan=pd.array([-1, None], "Int64"), tenure=["国有", 7])
    frame.attrs["origin"] = "x"
    frame["second"] = frame.geometry
    before = frame.copy(deep=True)
    broken_cells(frame, PARCELS)
    impossible_values(frame, Source("parcels", ""))
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    assert frame.crs is None
    assert isinstance(frame, gpd.GeoDataFrame)
    assert (frame.geometry.name, frame.attrs) == ("geometry", {"origin": "x"})
    assert frame.dtypes.to_dict() == before.dtypes.to_dict()


@settings(max_examples=40)
@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, np.nan, np.inf]), max_size=8))
def test_the_cells_told_are_those_that_a_plain_loop_finds(values: list[float]) -> None:
    frame = pd.DataFrame({"coverage_min": values, "coverage_max": values[::-1]}, dtype="float64")
    expected = set()
    for row, (low, high) in enumerate(zip(values, values[::-1], strict=True)):
        for column, value in (("coverage_min", low), ("coverage_max", high)):
            expected |= {(column, row, "a number")} if np.isinf(value) else set()
            expected |= {(column, row, "at least 0")} if value < 0 else set()
            expected |= {(column, row, "at most 1")} if value > 1 else set()
        expected |= {("coverage_min", row, "at most coverage_max")} if low > high else set()
    found = broken_cells(frame, ZONING)[["column", "row", "rule"]]
    assert set(found.itertuples(index=False, name=None)) == expected
    assert len(found) == len(expected)


def zones(**columns: list[float]) -> gpd.GeoDataFrame:
    size = len(next(iter(columns.values())))
    shapes = [box(i, 0, i + 1, 1) for i in range(size)]
    return gpd.GeoDataFrame(
        columns, geometry=shapes, index=[f"z{i}" for i in range(size)], crs=4547
    )


def test_impossible_values_are_errors_with_their_place_and_stay_in_the_table() -> None:
    frame = zones(far_min=[3.0, 1.0], far_max=[2.0, 2.0], green_max=[0.3, 1.3])
    found = impossible_values(frame, Source("zoning", ""))
    assert [(f["code"], f["severity"], f["other_id"], f["value"]) for f in found] == [
        ("contradicting_values", "error", "z0", 3.0),
        ("impossible_value", "error", "z1", 1.3),
    ]
    assert [f["message"] for f in found] == [
        "zoning: far_min is 3.0, above far_max 2.0",
        "zoning: green_max is 1.3, which cannot be",
    ]
    assert found[1]["geometry"].equals(box(1, 0, 2, 1))
    assert frame["green_max"].tolist() == [0.3, 1.3]


def test_a_whole_column_in_another_unit_is_one_finding() -> None:
    frame = zones(coverage_max=[60.0, 40.0] * 10 + [80.0], far_max=[-1.0] * 20 + [1.0])
    found = impossible_values(frame, Source("zoning", ""))
    told = [f for f in found if f["code"] == "impossible_column"]
    (message,) = [f["message"] for f in told]
    assert message == (
        "zoning: coverage_max must be at most 1, which 21 rows are not, such as 40.0, 60.0, 80.0;"
        " check its unit"
    )
    assert (told[0]["value"], told[0]["unit"], told[0]["severity"]) == (21.0, "rows", "error")
    assert [f["code"] for f in found].count("impossible_value") == 20


def test_parcels_with_missing_and_repeated_ids() -> None:
    frame = parcels(tax_yuan=[-1.0, -2.0]).set_axis(pd.Index(["p", None]), axis=0)
    found = impossible_values(frame, Source("parcels", ""))
    assert [(f["parcel_id"], f["value"]) for f in found] == [("p", -1.0), (None, -2.0)]
    again = impossible_values(parcels(tax_yuan=[1.0, -2.0]), Source("parcels", ""))
    assert [(f["parcel_id"], f["geometry"]) for f in again] == [("p1", None)]
