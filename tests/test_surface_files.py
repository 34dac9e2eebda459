"""Density surfaces as files: whole, cloud-optimised, self-describing, the same bytes each time."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from pyproj import CRS
from shapely import box

from gisland.base.errors import OutputError
from gisland.base.surfaceclasses import DIVERGING, SEQUENTIAL, class_numbers, legends
from gisland.base.surfaces import Surface
from gisland.layers.writing.surfaces import read_surfaces, surface_bytes
from gisland.layers.writing.write import write_results
from gisland.mapping import map_results

if TYPE_CHECKING:
    from pathlib import Path

CUSTOM = "+proj=tmerc +lat_0=0 +lon_0=113.5 +k=1 +x_0=500000 +ellps=GRS80 +units=m"
SYSTEMS = pytest.mark.parametrize("crs", [4547, 5514, CUSTOM], ids=["epsg", "krovak", "custom"])
RUN = {"gisland": "0", "language": "en"}
BANDS = ("value", "amount", "land")


def surface(when: str, seed: int, *, measure: str = "far", smooth_m: float = 0.0) -> Surface:
    """600 by 300 cells, an eighth of them unknown."""
    rng = np.random.default_rng(seed)
    land = np.where(rng.random((600, 300)) < 0.125, 0.0, rng.uniform(100, 2500, (600, 300)))
    amount = rng.uniform(-1 if when == "difference" else 0, 3, land.shape) * land
    value = np.divide(amount, land, out=np.full(land.shape, np.nan), where=land > 0)
    unit = {"far": "ratio", "coverage": "share", "tax_per_mu": "yuan/mu"}[measure]
    return Surface(measure, when, smooth_m, value, amount, land, 499_950.0, 3_400_000.0, 50.0, unit)


def surfaces() -> tuple[Surface, ...]:
    return (
        surface("before", 1),
        surface("after", 2),
        surface("difference", 3),
        surface("before", 4, smooth_m=100.0),
        surface("before", 5, measure="tax_per_mu"),
    )


def written(out: Path, *, crs: Any = 4547, given: tuple[Surface, ...] | None = None) -> Path:  # noqa: ANN401 - what pyproj takes
    shape = box(500_000, 3_390_000, 500_100, 3_390_100)
    parcels = gpd.GeoDataFrame({"parcel_id": ["a"], "verdict": ["none"]}, geometry=[shape], crs=crs)
    held = surfaces() if given is None else given
    return write_results(out, tables={"parcels": parcels}, files={}, run=RUN, surfaces=held)


def contents(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((out / "surfaces").iterdir())}


def same(one: Surface, other: Surface) -> bool:
    told = ("measure", "when", "smooth_m", "west", "north", "cell_m", "unit", "name")
    grids = [np.array_equal(getattr(one, b), getattr(other, b), equal_nan=True) for b in BANDS]
    return all(grids) and all(getattr(one, t) == getattr(other, t) for t in told)


@SYSTEMS
def test_surfaces_are_read_back_equal(tmp_path: Path, crs: object) -> None:
    out = written(tmp_path / "out", crs=crs)
    found = read_surfaces(out)
    assert len(found) == 5
    assert all(same(a, b) for a, b in zip(surfaces(), found, strict=True))


@SYSTEMS
def test_the_files_are_cloud_optimised_and_in_the_system_of_the_run(
    tmp_path: Path, crs: object
) -> None:
    out = written(tmp_path / "out", crs=crs)
    with rasterio.open(out / "surfaces" / "far_before.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.profile["tiled"]
        assert file.block_shapes[0] == (256, 256)
        assert file.overviews(1) == [2, 4]
        assert file.compression.name == "deflate"
        assert file.bounds == (499_950.0, 3_370_000.0, 514_950.0, 3_400_000.0)
        found, expected = CRS(file.crs.to_wkt()), CRS(crs)
    with warnings.catch_warnings():  # that this form loses something is why it is compared only
        warnings.simplefilter("ignore", UserWarning)
        found_text, expected_text = found.to_proj4(), expected.to_proj4()
    assert sorted(found_text.split()) == sorted(expected_text.split())


def test_bands_say_what_they_are_and_in_which_unit(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    for name, unit in (("far_before", "m2"), ("tax_per_mu_before", "yuan")):
        with rasterio.open(out / "surfaces" / f"{name}.tif") as file:
            assert file.descriptions == BANDS
            assert file.units == ("ratio" if unit == "m2" else "yuan/mu", unit, "m2")
            assert set(file.dtypes) == {"float64"}
            assert np.isnan(file.nodata)
            value = file.read(1, masked=True)
            assert (value.mask == (file.read(3) == 0)).all()
            assert file.tags()["nodata_means"] == "no parcel whose amount is known"


def test_the_tags_hold_the_legend(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    expected = legends(surfaces())
    for name, colors in (("far_after", SEQUENTIAL), ("far_difference", DIVERGING)):
        with rasterio.open(out / "surfaces" / f"{name}.tif") as file:
            tags = file.tags()
        told = json.loads(tags["legend"])
        assert (tags["measure"], tags["when"]) == tuple(name.split("_"))
        assert tuple(told["breaks"]) == expected[name].breaks
        assert tuple(told["colors"]) == colors
        assert told["unit"] == tags["unit"] == "ratio"


def test_overviews_pass_unknown_cells_over(tmp_path: Path) -> None:
    value = np.full((600, 300), np.nan)
    value[0, 0] = 2.0
    lone = Surface("far", "before", 0.0, value, value * 0, value * 0, 0.0, 30_000.0, 50.0, "ratio")
    out = written(tmp_path / "out", given=(lone,))
    with rasterio.open(out / "surfaces" / "far_before.tif", overview_level=0) as file:
        assert file.read(1)[0, 0] == 2.0


def test_equal_surfaces_have_equal_bytes(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert contents(first) == contents(second)
    assert len(contents(first)) == 10


def test_a_grid_of_one_cell_and_no_system_will_do() -> None:
    cell = np.array([[1.0]])
    one = Surface("far", "before", 0.0, cell, cell, cell, 0.0, 50.0, 50.0, "ratio")
    content = surface_bytes(one, legend=legends([one])["far_before"], crs=None)
    with rasterio.MemoryFile(content) as memory, memory.open() as file:
        assert file.read().tolist() == [[[1.0]]] * 3
        assert file.crs is None


def test_the_style_colors_each_value_as_the_map_does(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    for name, legend in legends(surfaces()).items():
        tree = ET.fromstring((out / "surfaces" / f"{name}.qml").read_text("utf-8"))  # noqa: S314 - ours
        items = list(tree.iter("item"))
        ends = np.array([float(i.get("value", "")) for i in items])
        assert [i.get("color") for i in items] == list(legend.colors)
        values = np.array([-1e9, *legend.breaks, *(b - 1e-3 for b in legend.breaks), 1e9])
        discrete = np.searchsorted(ends, values, side="left") + 1  # QGIS: up to the end, included
        assert discrete.tolist() == class_numbers(values, legend).tolist()


def test_the_files_are_in_the_record_and_replaced_by_the_next_run(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    files = json.loads((out / "run.json").read_text("utf-8"))["files"]
    assert {"surfaces/far_before.tif", "surfaces/far_before.qml"} <= set(files)
    assert not (written(tmp_path / "out", given=()) / "surfaces").exists()
    assert read_surfaces(out) == ()


def test_a_file_that_is_no_surface_is_told(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    (out / "surfaces" / "far_after.tif").write_bytes(b"no picture")
    with pytest.raises(OutputError, match=r"far_after\.tif cannot be read: .*; run again"):
        read_surfaces(out)
    with pytest.raises(OutputError, match=r"far_after\.tif cannot be read"):
        map_results(out, tmp_path / "map.html")


def test_a_foreign_grid_in_the_place_of_a_surface_is_told(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    place = rasterio.Affine(2, 0, 0, 0, -2, 0)
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 3, "dtype": "float32"}
    with rasterio.open(out / "surfaces" / "far_after.tif", "w", transform=place, **profile) as file:
        file.write(np.ones((3, 2, 2), dtype="float32"))
    with pytest.raises(OutputError, match="cannot be read"):
        read_surfaces(out)


def test_the_map_drawn_again_has_the_surfaces(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    page = map_results(out, tmp_path / "map.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") - page.count("url(data:image/png;base64,") == 5
