"""The planning layers of ``scripts/block_layers.py``: read whole, and summed up as they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gisland.layers.project import read_project
from gisland.layers.read import load_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
ZONES = {"O0303": (712, 48), "R0101": (840, 40), "N0105": (763, 13), "44118": (124, 7)}


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    import block_layers  # noqa: PLC0415 - found by the line above

    yield block_layers
    sys.path.remove(str(SCRIPTS))


@pytest.mark.parametrize("name", ZONES)
def test_every_zone_has_a_use_class(
    script: ModuleType, shared_data: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "gisland.toml"
    file.write_text(script.LAYERS[name](shared_data, name), "utf-8")
    project = read_project(file)
    assert project.parameters.block_from == "parcels"
    zones = load_inputs(project).inputs.parcels
    assert zones["use_class"].notna().all()
    assert (len(zones), zones["use_class"].isin(script.WORKS).sum()) == ZONES[name]


def test_blocks_are_counted_with_what_lies_outside(script: ModuleType) -> None:
    use = ["industrial", "logistics", "farm", "industrial", "industrial"]
    lines = {
        "lines": ["given", "proposed", "proposed", "proposed"],
        "block_id": ["L1", "B01", "B02", "overall"],
        "area_m2": [9.0, 70_000.0, 50_000.0, 120_000.0],
        "industrial_share": [0.1, 1.0, 0.75, 0.875],
    }
    parts = {
        "lines": ["given", "proposed", "proposed", "proposed", "proposed"],
        "part": ["outside", "inside", "outside", "outside", "outside"],
        "reason": ["not_in_lines", "", "too_small", "narrow", "too_small"],
    }
    tables = {
        "parcels": pd.DataFrame({"use_class": use}),
        "block_lines": pd.DataFrame(lines),
        "block_parcels": pd.DataFrame(parts),
    }
    assert script.counted(tables) == ["5", "4", "2", "0.120", "0.875", "narrow 1, too_small 2"]
    none = {"parcels": tables["parcels"]}
    assert script.counted(none) == ["5", "4", "-", "-", "-", "-"]
    nothing = {k: t.iloc[:0] if k.startswith("block") else t for k, t in tables.items()}
    assert script.counted(nothing) == ["5", "4", "0", "0.000", "-", "none"]
