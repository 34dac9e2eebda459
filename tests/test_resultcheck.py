import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import small_blocks
import small_results
from gisland.base.errors import TableError
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.resultcheck import CODES, KEYS, KINDS, MEASURES, require_contracts
from gisland.layers.writing.results import result_frame


def tables() -> dict[str, pd.DataFrame]:
    """Every table that there may be; those of a small run go before."""
    return {**small_blocks.tables(), **small_results.tables()}


def stored(**changed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {n: result_frame(f, table=n) for n, f in {**tables(), **changed}.items()}


def test_what_a_run_writes_holds_its_contracts_and_stays_as_it_is() -> None:
    given, before = stored(), stored()
    require_contracts(given)
    for name, frame in given.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


def test_contracts_name_tables_and_columns_that_there_are() -> None:
    for name, columns in KEYS.items():
        assert set(columns) <= set(TABLES[name].columns)
    assert all(column in TABLES[name].columns for name, column in CODES)
    kinds = {kind for table in TABLES.values() for kind in table.columns.values()}
    assert kinds <= set(KINDS)
    assert set(MEASURES) <= {c for table in TABLES.values() for c in table.columns}


def test_all_faults_of_all_tables_are_in_one_message() -> None:
    plan = pd.DataFrame(
        {"parcel_id": ["a", "a", "b"], "site_id": ["S", "S", None], "verdict": ["maybe"] * 3}
    )
    borders = pd.DataFrame(
        {"focal": ["a"], "neighbor": ["b"], "border_m": [-1.0], "tolerant_m": [float("inf")]}
    )
    message = re.escape(
        "the result tables break their contract:"
        " plan: parcel_id is not unique in 2 rows (a, S: a, a, S: a);"
        " plan: site_id is not there in 1 row (b, nan: nan);"
        " plan: verdict is not one of absorbed, eligible, ineligible in 3 rows"
        " (a, S: maybe, a, S: maybe, b, nan: maybe);"
        " borders: border_m is not at least 0 in 1 row (a, b: -1.0);"
        " borders: tolerant_m is not a number in 1 row (a, b: inf);"
        " mend the tables that were handed over"
    )
    frames = {"plan": plan, "borders": borders}
    kept = {n: result_frame(f, table=n) for n, f in frames.items()}
    with pytest.raises(TableError, match=f"^{message}$"):
        require_contracts(kept)


def test_many_rows_are_counted_and_five_are_named() -> None:
    lots = gpd.GeoDataFrame(
        {"parcel_id": [f"p{i}" for i in range(7)], "verdict": ["none"] * 7, "area_m2": [-1.0] * 7},
        geometry=[box(i, 0, i + 1, 1) for i in range(7)],
        crs=4547,
    )
    with pytest.raises(TableError, match=r"in 7 rows \(p0: .*, p4: -1.0 and 2 more\)"):
        require_contracts({"parcels": result_frame(lots, table="parcels")})


def test_values_that_cannot_be_stored_are_told_together() -> None:
    frame = pd.DataFrame({"parcel_id": ["a"], "border_m": ["wide"], "area_m2": ["large"]})
    message = r"plan: border_m cannot be stored as float64: .*; area_m2 cannot be stored as float64"
    with pytest.raises(TableError, match=message):
        result_frame(frame, table="plan")


@pytest.mark.parametrize(("name", "column"), sorted(CODES))
def test_every_code_column_refuses_another_word(name: str, column: str) -> None:
    given = stored()
    frame = given[name].copy()
    frame[column] = "?"
    with pytest.raises(TableError, match=f"{name}: {column} is not one of "):
        require_contracts({name: frame})


@pytest.mark.parametrize("name", sorted(set(KEYS) & set(tables())))
def test_every_key_occurs_once(name: str) -> None:
    frame = stored()[name]
    twice = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    with pytest.raises(TableError, match=f"{name}: {KEYS[name][0]} is not unique in 2 rows"):
        require_contracts({name: twice})
