"""Grids beside the results are held against the parcels."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest

from gisland import verify_results
from gisland.layers.writing.surfaces import read_surfaces, write_surfaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisland.base.surfaces import Surface
    from gisland.jobs import Done


@pytest.fixture
def results(sample_run: Done, tmp_path: Path) -> Path:
    return shutil.copytree(sample_run.folder, tmp_path / "results")


def tampered(folder: Path, name: str, change: Callable[[Surface], Surface]) -> list[str]:
    made = [change(s) if s.name == name else s for s in read_surfaces(folder)]
    shutil.rmtree(folder / "surfaces")
    write_surfaces(folder / "surfaces", made, crs=pyproj.CRS.from_epsg(4547))
    return [f"{v.code} {' '.join(v.ids)}" for v in verify_results(folder)]


def more_in_one_cell(surface: Surface) -> Surface:
    amount = surface.amount.copy()
    cell = np.unravel_index(np.argmax(amount), amount.shape)
    amount[cell] *= 1.1
    return replace(surface, amount=amount)


def other_value(surface: Surface) -> Surface:
    value = surface.value.copy()
    value[np.unravel_index(np.nanargmax(value), value.shape)] *= 1.001
    return replace(surface, value=value)


def less_land(surface: Surface) -> Surface:
    return replace(surface, land=surface.land * 0.99)


def test_grids_of_a_run_hold(results: Path) -> None:
    assert len(read_surfaces(results)) == 18
    assert tampered(results, "none", lambda s: s) == []


@pytest.mark.parametrize("name", ["far_before", "far_after", "tax_per_mu_before_smooth"])
def test_amounts_and_land_add_up_to_the_parcels(results: Path, name: str) -> None:
    assert tampered(results, name, more_in_one_cell) == [
        f"surface_total {name}",
        f"surface_value {name}",
    ]
    assert f"surface_total {name}" in tampered(results, name, less_land)


@pytest.mark.parametrize("name", ["coverage_after", "far_difference", "tax_per_mu_difference"])
def test_values_follow_cell_by_cell(results: Path, name: str) -> None:
    assert f"surface_value {name}" in tampered(results, name, other_value)


def test_a_grid_that_is_gone_is_missed(results: Path) -> None:
    (results / "surfaces" / "far_after.tif").unlink()
    found = verify_results(results)
    assert [(v.code, list(v.ids)) for v in found] == [
        ("surface_missing", ["surfaces/far_after.tif"])
    ]
