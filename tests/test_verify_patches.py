"""The proof of enclaves, scrap groups, holdings and mixture: a run holds, planted faults do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from districts import at, lots
from gisland.jobs import run_project
from gisland.layers.writing.results import Results, read_results
from gisland.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INNER, MIDDLE, OUTER = at(40, 40, 20, 20), at(20, 20, 60, 60), at(0, 0, 100, 100)
SHAPES: dict[str, Any] = {
    "i": INNER,  # of A in B in C
    "m": MIDDLE.difference(INNER),
    "o": OUTER.difference(MIDDLE),
    "west": at(200, 0, 100, 100),  # of D, with E's parcel between it and F's
    "amid": at(300, 0, 20, 100),
    "east": at(320, 0, 100, 100),
    "top": at(200, 100, 220, 50),
    "foot": at(200, -50, 220, 50),
    "site": at(600, 0, 100, 100),
    "a": at(700, 0, 15, 30),
    "b": at(715, 0, 15, 30),
    "c": at(730, 0, 15, 30),
    "road": at(600, 100, 145, 20),
}
OWNERS = ["A", "B", "C", "D", "E", "F", "G", "Ｇ", "H", "H", "H", None, None]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder: Path = tmp_path_factory.mktemp("patches")
    frame = lots(
        SHAPES,
        owner=OWNERS,
        tenure=["collective", "state", "state", "collective", *["state"] * 9],
        use_class=[*["industrial"] * 12, "transport"],
        site_id=[*[None] * 8, "S1", *[None] * 4],
    )
    frame.reset_index().to_file(folder / "p.gpkg")
    names = [*frame.columns.drop("geometry"), "parcel_id"]
    fields = "".join(f'{c} = "{c}"\n' for c in names)
    text = '[project]\nrules = "national-2023-171"\n[sites]\nfrom = "field"\n'
    text += f'[layers.parcels]\npath = "p.gpkg"\n[layers.parcels.fields]\n{fields}'
    (folder / "gisland.toml").write_text(text, encoding="utf-8")
    run_project(folder / "gisland.toml", folder / "out")
    return read_results(folder / "out")


def test_a_run_is_proved(results: Results) -> None:
    assert verify(results) == []
    told = results.tables["enclaves"].set_index("enclave_id")
    assert told["kind"].to_dict() == {
        "owner:amid": "jointly",
        "owner:i": "strict",
        "owner:m": "strict",
        "tenure:i": "strict",
        "tenure:west": "nearly",
    }
    assert told.loc["owner:i", ["inside_of", "depth"]].tolist() == ["owner:m", 2]
    groups = results.tables["scrap_groups"]
    assert groups["parcel_ids"].tolist() == ["a;b;c"]
    assert results.run["counts"]["enclaves"] == 4
    assert results.run["counts"]["jointly_enclosed"] == 1


def changed(results: Results, table: str, row: str, **cells: object) -> set[str]:
    """Codes of what verify says of results in which one row has other cells."""
    frame = results.tables[table].copy()
    rows = frame[frame.columns[0]] == row
    assert rows.any()
    for column, value in cells.items():
        frame.loc[rows, column] = value
    return codes(results, {**results.tables, table: frame})


def codes(results: Results, tables: dict[str, pd.DataFrame], **counts: int) -> set[str]:
    run = {**results.run, "counts": {**results.run["counts"], **counts}}
    return {v.code for v in verify(Results(tables, run, results.folder))}


@pytest.mark.parametrize(
    ("table", "row", "cells", "code"),
    [
        ("enclaves", "owner:i", {"parcel_ids": "gone"}, "enclave_ids"),
        ("enclaves", "owner:i", {"surrounding_ids": "gone"}, "enclave_ids"),
        ("enclaves", "owner:i", {"surrounding_ids": "i"}, "enclave_ids"),
        ("enclaves", "owner:i", {"enclave_id": "owner:m"}, "enclave_ids"),
        ("enclaves", "owner:i", {"enclave_id": "owner:x"}, "enclave_ids"),
        ("enclaves", "owner:i", {"parcel_ids": "i;m"}, "enclave_ids"),
        ("enclaves", "owner:i", {"value": "Z"}, "enclave_value"),
        ("enclaves", "owner:i", {"area_m2": 401.0}, "enclave_area"),
        ("enclaves", "owner:i", {"area_mu": 0.7}, "enclave_area"),
        ("enclaves", "owner:i", {"surrounding_area_m2": 400.0 - 1}, "enclave_area"),
        ("enclaves", "owner:i", {"share": 1.03}, "enclave_share"),
        ("enclaves", "owner:i", {"share": 0.99}, "enclave_share"),
        ("enclaves", "owner:i", {"share": None}, "enclave_share"),
        ("enclaves", "owner:i", {"free_share": 0.1}, "enclave_share"),
        ("enclaves", "owner:i", {"kind": "nearly"}, "enclave_share"),
        ("enclaves", "owner:i", {"kind": "jointly"}, "enclave_share"),
        ("enclaves", "owner:i", {"kind": "hardly"}, "enclave_share"),
        ("enclaves", "tenure:west", {"share": 0.74}, "enclave_share"),
        ("enclaves", "owner:amid", {"share": 0.979, "free_share": 0.0}, "enclave_share"),
        ("enclaves", "owner:amid", {"geometry": at(0, 0, 1, 999), "share": 0.99}, "enclave_share"),
        ("enclaves", "owner:i", {"inside_of": None}, "enclave_nesting"),
        ("enclaves", "owner:i", {"inside_of": "owner:amid"}, "enclave_nesting"),
        ("enclaves", "owner:i", {"inside_of": "owner:x"}, "enclave_nesting"),
        ("enclaves", "owner:i", {"depth": 1}, "enclave_nesting"),
        ("enclaves", "owner:m", {"depth": 2}, "enclave_nesting"),
        ("parcels", "i", {"enclave_of": ""}, "enclave_value"),
        ("parcels", "c", {"enclave_of": "owner:H"}, "enclave_value"),
        ("scrap_groups", "G-a", {"parcel_ids": "a;b;gone"}, "group_members"),
        ("scrap_groups", "G-a", {"parcel_ids": "a;b;site"}, "group_members"),
        ("scrap_groups", "G-a", {"parcel_ids": "a;b", "parcels": 2}, "group_members"),
        ("scrap_groups", "G-a", {"parcels": 2}, "group_members"),
        ("scrap_groups", "G-a", {"scrap_ids": "b"}, "group_members"),
        ("scrap_groups", "G-a", {"scrap_ids": "a;i"}, "group_members"),
        ("scrap_groups", "G-a", {"site_ids": "S2"}, "group_members"),
        ("scrap_groups", "G-a", {"area_m2": 1000.0}, "group_area"),
        ("scrap_groups", "G-a", {"area_mu": 1.0}, "group_area"),
        ("parcels", "c", {"scrap_group": None}, "group_members"),
        ("holdings", "G", {"owner": "J"}, "holdings"),
        ("holdings", "G", {"owner": "H"}, "holdings"),
        ("holdings", "G", {"parcels": 3}, "holdings"),
        ("holdings", "G", {"spellings": 1}, "holdings"),
        ("holdings", "G", {"area_m2": 22_001.0}, "holdings"),
        ("holdings", "G", {"area_mu": 32.0}, "holdings"),
        ("holdings", "G", {"patches": 3}, "holdings"),
        ("holdings", "A", {"largest_patch_m2": 399.0}, "holdings"),
        ("mixture", "overall", {"zone_id": "Z7"}, "mixture"),
        ("mixture", "overall", {"parcels": 13}, "mixture"),
        ("mixture", "overall", {"area_m2": 1.0}, "mixture"),
        ("mixture", "overall", {"state_mu": 1.0}, "mixture"),
        ("mixture", "overall", {"collective_patches": 0}, "mixture"),
        ("mixture", "overall", {"mixed_border_m": 1.0}, "mixture"),
        ("mixture", "overall", {"enclave_parcels": 3}, "mixture"),
        ("mixture", "overall", {"enclave_share": 0.5}, "mixture"),
    ],
    ids=str,
)
def test_a_planted_fault_is_found(
    results: Results, table: str, row: str, cells: dict[str, object], code: str
) -> None:
    assert code in changed(results, table, row, **cells)


@pytest.mark.parametrize(
    ("kind", "open_m", "right"),
    [
        ("strict", 0.08, True),
        ("strict", 0.12, False),
        ("nearly", 0.12, True),
        ("nearly", 0.08, False),
    ],
)
def test_a_joint_does_not_open_an_enclave(
    results: Results, kind: str, open_m: float, *, right: bool
) -> None:
    share = 1 - open_m / 80  # of 20 m by 20 m
    cells = {"share": share, "free_share": 1 - share, "kind": kind}
    counted = changed(results, "enclaves", "owner:i", **cells)
    assert ("enclave_share" not in counted) == right


def test_a_group_lies_outside_the_sites(results: Results) -> None:
    """Every other table follows suit."""
    lots = results.tables["parcels"].copy()
    lots.loc[lots["parcel_id"] == "site", "scrap_group"] = "G-a"
    groups = results.tables["scrap_groups"].assign(
        parcel_ids="a;b;c;site", parcels=4, area_m2=11_350.0, area_mu=17.025
    )
    tables = {**results.tables, "parcels": lots, "scrap_groups": groups}
    found = verify(Results(tables, results.run, results.folder))
    assert [str(v) for v in found] == ["group_members: parcels of sites in a group: site"]


@pytest.mark.parametrize(
    ("drop", "expected"),
    [
        ("scrap_groups", {"group_members"}),
        ("holdings", {"holdings"}),
        ("mixture", {"mixture"}),
        ("enclaves", {"mixture", "record_counts"}),
    ],
)
def test_a_table_that_is_not_there_is_missed(
    results: Results, drop: str, expected: set[str]
) -> None:
    tables = {name: table for name, table in results.tables.items() if name != drop}
    assert codes(results, tables) == expected


@pytest.mark.parametrize("name", ["enclaves", "jointly_enclosed", "scrap_groups"])
def test_counts_are_counted_again(results: Results, name: str) -> None:
    assert codes(results, dict(results.tables), **{name: 9}) == {"record_counts"}


def test_the_parameter_says_what_is_enough(results: Results) -> None:
    share = results.tables["enclaves"].set_index("enclave_id").loc["tenure:west", "share"]
    run = {**results.run, "parameters": {**results.run["parameters"], "enclave_share": 0.9}}
    assert share < 0.9
    found = verify(Results(results.tables, run, results.folder))
    assert [(v.code, v.ids) for v in found] == [("enclave_share", ("tenure:west",))]


def test_tables_of_an_earlier_version_lack_columns(results: Results) -> None:
    drop: Callable[[str, str], pd.DataFrame] = lambda t, c: results.tables[t].drop(columns=c)  # noqa: E731
    old = {**results.tables, "enclaves": drop("enclaves", "depth")}
    assert codes(results, old) == {"columns_missing"}
    old = {**results.tables, "parcels": drop("parcels", "scrap_group")}
    assert codes(results, old) == {"columns_missing"}
