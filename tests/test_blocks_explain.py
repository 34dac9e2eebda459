"""What is told of one parcel: its blocks, its conversion, its zone and unit; written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import small_blocks
from gisland.layers.writing.oneparcel import read_parcel
from gisland.layers.writing.write import write_results
from gisland.present.explain import explained

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables as a run would have written them."""
    target = tmp_path_factory.mktemp("blocks") / "out"
    return write_results(
        target, tables=small_blocks.tables(), files={}, run=small_blocks.run() | {"language": "en"}
    )


def told(folder: Path, parcel_id: str, language: str = "en") -> tuple[str, dict[str, Any]]:
    read = read_parcel(folder, parcel_id)
    parts = explained(read.tables, parcel_id, run=read.run, language=language)
    section = next((s for s in parts["sections"] if s["key"] == "groups"), {"blocks": []})
    return str(section["blocks"]), parts["data"]


def test_only_rows_about_the_parcel_are_read(folder: Path) -> None:
    tables = read_parcel(folder, "P03").tables
    assert set(tables["block_parcels"]["parcel_id"]) == {"P03"}
    assert set(tables["conversions"]["parcel_id"]) == {"P03"}
    assert tables["zone_units"].empty
    assert read_parcel(folder, "P31").tables["zone_units"]["unit_id"].tolist() == ["Z01-1"]


def test_a_parcel_tells_its_blocks_in_each_set_and_its_conversion(folder: Path) -> None:
    text, data = told(folder, "P03")
    assert "given block lines, block L1: cut, 5,000.00 m² inside and 5,000.00 m² outside." in text
    assert "proposed block lines, block B01: inside, 10,000.00 m² inside" in text
    assert text.index("given block lines") < text.index("proposed block lines")
    assert (
        "Conversion in the lines: industry renewed as industry (industrial → industrial), "
        "block L1, 5,000.00 m² (7.500 mu), year of the plan 2026." in text
    )
    assert len(data["block_parcels"]) == 2
    assert data["conversions"][0]["kind"] == "to_industry"


def test_the_check_of_the_block_is_told_of_the_given_lines_alone(folder: Path) -> None:
    text, _ = told(folder, "P00")
    assert text.count("Industrial block L1 (level 1)") == 1
    assert "Industrial block B01" not in text


def test_land_outside_tells_why(folder: Path) -> None:
    text, _ = told(folder, "P30")
    assert (
        "given block lines: 10,000.00 m² (15.000 mu) of industrial land outside all blocks "
        "(not in the lines)." in text
    )
    assert "(block too small)" in text


def test_a_conversion_without_a_year_says_so(folder: Path) -> None:
    text, _ = told(folder, "P13")
    assert "industry to commerce (industrial → commercial)" in text
    assert "no year of the plan" in text


def test_zone_rank_and_unit_are_told(folder: Path) -> None:
    text, data = told(folder, "P32")
    assert "Zone Z01 has a potential of 0.83, rank 1 (by area; tax gap)." in text
    assert "Unit Z01-2 of zone Z01: parcels 2, 20,000.00 m² (30.000 mu), 0.00 m² off" in text
    assert data["zone_units"][0]["unit_id"] == "Z01-2"


def test_chinese_text_has_no_codes(folder: Path) -> None:
    text = "".join(told(folder, p, "zh")[0] for p in ("P00", "P03", "P13", "P30", "P32"))
    for code in ("given", "inside", "cut", "to_", "industrial", "m0", "area_term", "not_in_lines"):
        assert code not in text
