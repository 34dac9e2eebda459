"""The proof of low use: what a run says follows from its verdicts, and tampering is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from districts import at, lots
from gisland.jobs import run_project
from gisland.layers.writing.results import Results, read_results
from gisland.verify import verify

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder: Path = tmp_path_factory.mktemp("low_use")
    frame = lots(
        {f"p{n}": at(200 * n, 0, 100, 100) for n in range(5)},
        use_class=["industrial"] * 4 + ["transport"],
        industry=["C26", "C26", "C13", None, None],
        floor_area_m2=[3000.0, 7000.0, 9000.0, None, None],
        tax_yuan=[1.0, 2.0, 3.0, 4.0, 5.0],
        status=["在产", "烂尾", "在产", None, None],
        idle_since=pd.to_datetime(["2024-01-01", None, "2025-06-01", None, None]),
    )
    frame.reset_index().to_file(folder / "p.gpkg")
    names = [*frame.columns.drop("geometry"), "parcel_id"]
    fields = "".join(f'{c} = "{c}"\n' for c in names)
    text = '[project]\nrules = "national-2023-171"\nas_of = 2026-01-01\n'
    text += f'[layers.parcels]\npath = "p.gpkg"\n[layers.parcels.fields]\n{fields}'
    (folder / "gisland.toml").write_text(text, encoding="utf-8")
    run_project(folder / "gisland.toml", folder / "out")
    return read_results(folder / "out")


def test_a_run_is_proved(results: Results) -> None:
    assert verify(results) == []
    told = results.tables["parcels"].set_index("parcel_id")
    # p0: FAR 0.3 of 0.6 and idle for two years: both 0.5 short. p2: FAR 0.9 of 1.0.
    assert told["low_use_decided_by"].fillna("").tolist() == ["far", "unfinished", "far", "", ""]
    assert told["low_use_score"].round(9).tolist()[:3] == [0.5, 1.0, 0.1]
    assert told["low_use"].isna().tolist() == [False, False, False, True, True]


def tampered(results: Results, table: str, row: str, **cells: object) -> list[str]:
    frame = results.tables[table].copy()
    rows = frame["parcel_id"] == row
    if "test" in cells:
        rows &= frame["test"] == cells.pop("test")
    for column, value in cells.items():
        frame.loc[rows, column] = value
    tables = {**results.tables, table: frame}
    return [f"{v.code}: {v.message}" for v in verify(Results(tables, results.run, results.folder))]


FOLLOW = "does not follow from the verdicts"


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("p0", "low_use", False),
        ("p3", "low_use", False),  # the unknown read as fine
        ("p0", "low_use_reasons", "far"),
        ("p0", "low_use_score", 0.6),
        ("p3", "low_use_score", 0.0),
        ("p0", "low_use_decided_by", "idle"),
        ("p3", "low_use_decided_by", "far"),
        ("p1", "low_use_not_assessed", ""),
        ("p4", "low_use_not_assessed", "far"),
    ],
)
def test_what_does_not_follow_is_caught(
    results: Results, row: str, column: str, value: object
) -> None:
    assert tampered(results, "parcels", row, **{column: value}) == [
        f"low_use: {column} {FOLLOW}: {row}"
    ]


@pytest.mark.parametrize(
    ("row", "test", "outcome"),
    [("p0", "far", "pass"), ("p1", "far", "fail"), ("p2", "idle", "fail")],
)
def test_an_outcome_against_its_numbers_is_caught(
    results: Results, row: str, test: str, outcome: str
) -> None:
    told = tampered(results, "verdicts", row, test=test, outcome=outcome)
    assert f"verdict_outcome: outcome does not follow from value, operator and limit: {row}" in told


def test_a_limit_of_another_industry_is_caught(results: Results) -> None:
    told = tampered(results, "verdicts", "p2", test="far", limit=0.6, outcome="pass")
    assert any(
        v.startswith("verdict_rule: mode or limit is not that of the rule: p2") for v in told
    )
