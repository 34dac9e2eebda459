"""Every file that a run writes says on which basis its areas are, and in which CRS."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

import small_results
from gisland.jobs import presented
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.write import write_results
from gisland.present.style import catalog

if TYPE_CHECKING:
    from pathlib import Path

BASIS, WORDS = "ellipsoidal", "ellipsoidal area"  # not the default, so that it must be passed on


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the other basis."""
    record = {**small_results.run(), "area_basis": BASIS, "language": "en"}
    files = presented(small_results.tables(), record=record)
    folder = tmp_path_factory.mktemp("basis") / "out"
    tables = small_results.tables()
    return write_results(folder, tables=tables, files=files, run=record, parquet=True)


def test_the_record(out: Path) -> None:
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert (record["area_basis"], record["crs"]["name"]) == (BASIS, "EPSG:4547")


@pytest.mark.parametrize("name", ["map.html", "report.html"])
def test_what_people_read(out: Path, name: str) -> None:
    page = (out / name).read_text("utf-8")
    assert WORDS in page
    assert "EPSG:4547" in page


def test_the_ledger(out: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO((out / "ledger.xlsx").read_bytes()))
    first = book.worksheets[0]
    cells = {row[0]: row[1] for row in first.iter_rows(max_col=2, values_only=True)}
    assert cells[catalog("en")["ledger.basis.area_basis"]] == WORDS
    assert cells[catalog("en")["ledger.basis.crs"]] == "EPSG:4547"


def test_each_layer_of_the_geopackage(out: Path) -> None:
    layers = pyogrio.list_layers(out / "results.gpkg")[:, 0]
    assert set(layers) <= set(TABLES)
    for layer in layers:
        metadata = pyogrio.read_info(out / "results.gpkg", layer=layer)["layer_metadata"]
        assert metadata["DESCRIPTION"] == f"area_basis: {BASIS}; crs: EPSG:4547"


def test_each_parquet_file(out: Path) -> None:
    files = sorted((out / "results").glob("*.parquet"))
    assert len(files) > 5
    for file in files:
        assert pd.read_parquet(file).attrs == {"area_basis": BASIS, "crs": "EPSG:4547"}


def test_nothing_is_stated_that_the_record_does_not_say(tmp_path: Path) -> None:
    tables = {"parcels": small_results.tables()["parcels"]}
    write_results(tmp_path / "out", tables=tables, files={}, run={"gisland": "0"}, parquet=True)
    metadata = pyogrio.read_info(tmp_path / "out" / "results.gpkg")["layer_metadata"]
    assert not metadata
    assert gpd.read_parquet(tmp_path / "out" / "results" / "parcels.parquet").attrs == {}
    assert "area_basis" not in tables["parcels"].attrs
