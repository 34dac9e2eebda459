"""Base maps are read as they are, or refused with one message: pictures, tiles, addresses."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from basemapfiles import (
    CROSS,
    GROUND,
    WORLD,
    ZOOMS,
    picture,
    write_folder,
    write_mbtiles,
    write_tiff,
    write_tile_rows,
)
from gisland.base.basemaps import BaseMap, BaseSource, served_map
from gisland.base.errors import LayerError, ProjectError
from gisland.layers import basemaps, basepictures
from gisland.layers.basemaps import base_sources, map_section, read_base_maps
from maptables import CRS, X, Y

if TYPE_CHECKING:
    from numpy.typing import NDArray

PNG = b"\x89PNG rest"
KEY = "0123abcd"


def read(kind: str, path: Path, *, beside: Path | None = None, **more: Any) -> BaseMap:  # noqa: ANN401
    source = BaseSource(kind, str(path), **more)
    (found,) = read_base_maps([source], folder=Path(), beside=beside or path.parent)
    return found


def pixels(found: BaseMap) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of the image of a base map."""
    content = base64.b64decode(found.image.partition("base64,")[2])
    warned = pytest.warns(rasterio.errors.NotGeoreferencedWarning)
    with warned, MemoryFile(content) as memory, memory.open() as file:
        return file.read()


def at(found: BaseMap, x: float, y: float) -> tuple[float, float]:
    """Column and row of a place in EPSG:4547 in the image of a base map."""
    assert found.bounds is not None
    west, south, east, north = found.bounds
    to_web = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    left, bottom = to_web.transform(west, south)
    right, top = to_web.transform(east, north)
    place = Transformer.from_crs(CRS, "EPSG:3857", always_xy=True).transform(x, y)
    _, high, wide = pixels(found).shape
    return (place[0] - left) / (right - left) * wide, (top - place[1]) / (top - bottom) * high


def color(found: BaseMap, x: float, y: float) -> list[int]:
    column, row = at(found, x, y)
    return pixels(found)[:, int(row), int(column)].tolist()


# --- pictures ------------------------------------------------------------------------------------


def test_a_picture_lies_where_it_was(tmp_path: Path) -> None:
    found = read("image", write_tiff(tmp_path / "ortho.tif", nodata=0))
    rgba = pixels(found)
    assert (found.title, found.notes, rgba.shape[0]) == ("ortho", (), 4)
    white = (rgba[:3].min(axis=0) > 200) & (rgba[3] == 255)
    rows, columns = np.nonzero(white)
    middle = (columns.mean() + 0.5, rows.mean() + 0.5)
    assert middle == pytest.approx(at(found, *CROSS), abs=0.5)


def test_nodata_is_transparent_and_the_rest_is_not(tmp_path: Path) -> None:
    found = read("image", write_tiff(tmp_path / "ortho.tif", nodata=0))
    assert color(found, X - 90, Y + 390)[3] == 0
    assert color(found, X + 300, Y + 300) == pytest.approx([*GROUND, 255], abs=8)


def test_alpha_and_masks_are_kept(tmp_path: Path) -> None:
    alpha = np.full((1, 600, 600), 255, np.uint8)
    alpha[:, :, 400:] = 0
    inks = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    path = write_tiff(tmp_path / "a.tif", np.concatenate([picture(), alpha]))
    with rasterio.open(path, "r+") as file:
        file.colorinterp = inks
    found = read("image", path)
    assert found.notes == ()
    assert [color(found, X + x, Y + 200)[3] for x in (200, 400)] == [255, 0]


def test_one_band_is_grey(tmp_path: Path) -> None:
    found = read("image", write_tiff(tmp_path / "g.tif", picture()[1:2]))
    assert color(found, X + 300, Y + 300) == pytest.approx([90, 90, 90, 255], abs=4)


def test_palettes_become_colors(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "p.tif", np.ones((1, 60, 60), np.uint8), photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {1: (200, 30, 10, 255)})
    assert color(read("image", path), X - 90, Y + 390)[:3] == pytest.approx([200, 30, 10], abs=8)


def test_more_than_bytes_are_stretched_with_a_note(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint16) * 100, (4, 100, 100)).copy()
    found = read("image", write_tiff(tmp_path / "u.tif", ramp))
    # 2% and 98% of 0 .. 9900 are 198 (2 x 99) and 9702; 4950 in the middle is half of 255
    assert found.notes == ("bands", "stretched")
    assert color(found, X - 100 + 49.5 + 0.5, Y + 350)[0] == pytest.approx(127.5, abs=6)
    assert color(found, X - 99, Y + 350)[0] < 8


def test_large_pictures_are_made_smaller_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basepictures, "MOST_PIXELS", 300)
    found = read("image", write_tiff(tmp_path / "ortho.tif"))
    assert found.notes == ("shrunk",)
    assert max(pixels(found).shape) == 300
    rows, columns = np.nonzero(pixels(found)[:3].min(axis=0) > 170)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(at(found, *CROSS), abs=0.5)


def test_equal_pictures_have_equal_bytes(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "ortho.tif")
    assert read("image", path).image == read("image", path).image
    assert read("image", path).image.startswith("data:image/webp;base64,")


def test_without_webp_a_picture_is_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasterio.drivers.raster_driver_extensions", dict)
    found = read("image", write_tiff(tmp_path / "ortho.tif"))
    assert found.image.startswith("data:image/png;base64,")
    assert color(found, X + 300, Y + 300) == [*GROUND, 255]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"crs": None}, "does not say where on earth it lies; give a GeoTIFF"),
        ({"transform": Affine.identity()}, "does not say where on earth it lies"),
        ({"transform": Affine(1, 0.2, X, -0.2, 1, Y)}, "is rotated; warp it"),
        ({"crs": "EPSG:4326", "transform": Affine(40, 0, -180, 0, -20, 90)}, "reaches to a pole"),
        ({"nodata": 7}, "is empty; give a picture that shows something"),
    ],
)
def test_pictures_that_cannot_be_used(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    path = write_tiff(tmp_path / "bad.tif", np.full((3, 9, 9), 7, np.uint8), **more)
    with pytest.raises(LayerError, match=message):
        read("image", path)


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "bad.tif").write_bytes(b"II*\x00 and no more")
    with pytest.raises(LayerError, match="cannot be read as a picture; check that it is a whole"):
        read("image", tmp_path / "bad.tif")


# --- tiles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiff(tmp_path_factory.mktemp("ground") / "ortho.tif")


def column(zoom: int) -> int:
    """Column of the tile that holds the cross."""
    x, _ = Transformer.from_crs(CRS, "EPSG:3857", always_xy=True).transform(*CROSS)
    return math.floor((x + WORLD) / (2 * WORLD) * 2**zoom)


def test_a_folder_of_tiles_is_named_relative_to_the_page(tmp_path: Path, tiff: Path) -> None:
    folder = write_folder(tmp_path / "影像 {z} #1", tiff)
    found = read("tiles", folder, beside=tmp_path / "out" / "maps")
    name = "%E5%BD%B1%E5%83%8F%20%7Bz%7D%20%231"
    assert found.templates == (f"../../{name}/{{z}}/{{x}}/{{y}}.png",)
    assert (found.kind, found.title, found.zooms) == ("tiles", "影像 {z} #1", (15, 17))
    assert set(found.ranges) == set(ZOOMS)
    assert all(found.ranges[z][0] <= column(z) <= found.ranges[z][2] for z in ZOOMS)
    assert not found.online


def test_rows_from_the_south_are_seen(tmp_path: Path, tiff: Path) -> None:
    usual = read("tiles", write_folder(tmp_path / "usual", tiff))
    tms = read("tiles", write_folder(tmp_path / "tms", tiff, tms=True))
    assert tms.templates == ("tms/{z}/{x}/{-y}.png",)
    assert tms.ranges == usual.ranges


def test_mbtiles_are_the_same_tiles(tmp_path: Path, tiff: Path) -> None:
    path = write_mbtiles(
        tmp_path / "a.mbtiles", tiff, name="城", attribution="<a href=x>A</a> &amp; B"
    )
    found, folder = read("mbtiles", path), write_folder(tmp_path / "tiles", tiff)
    assert (found.title, found.attribution, found.zooms) == ("城", "A & B", (15, 17))
    files = {
        tuple(int(p) for p in f.relative_to(folder).with_suffix("").parts): f.read_bytes()
        for f in folder.rglob("*.png")
    }
    uri = "data:image/png;base64,"
    inside = {k: base64.b64decode(v.removeprefix(uri)) for k, v in found.tiles.items()}
    assert inside == files


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no tiles"),
        ([(3, 1, 1, PNG), (5, 1, 1, PNG)], "has zooms 3 to 5, but no 4"),
        ([(99, 1, 1, PNG)], "has zooms 99 to 99; make tiles of zooms 0 to 24"),
        ([(None, 1, 1, PNG)], "has zooms -1 to -1"),
        (
            [(3, 1, 1, b"\x1f\x8b vector")],
            r"no pictures \(PNG, JPEG or WebP\); export it as raster",
        ),
        ([(3, 1, 1, None)], "no pictures"),
        ([(3, 1, y, PNG) for y in range(4)], "holds 4 tiles of 0.0 MB, and a page carries 3 and"),
    ],
)
def test_mbtiles_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[Any, ...]], message: str
) -> None:
    monkeypatch.setattr(basemaps, "MOST_TILES", 3)
    with pytest.raises(LayerError, match=message):
        read("mbtiles", write_tile_rows(tmp_path / "a.mbtiles", rows))


def test_another_file_is_not_mbtiles(tmp_path: Path) -> None:
    (tmp_path / "a.mbtiles").write_bytes(b"no database at all, but long enough to be looked at")
    with pytest.raises(LayerError, match="is not MBTiles: file is not a database"):
        read("mbtiles", tmp_path / "a.mbtiles")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "holds no tiles; export tiles in {z}/{x}/{y}"),
        (["a/b/c.png", "1/1/one.png", "01/1/1.png"], "holds no tiles"),
        (["1/1/1.png", "2/1/1.jpg"], "holds tiles of 2 kinds: jpg, png; keep one kind"),
        (["1/1/1.png", "3/1/1.png"], "has zooms 1 to 3, but no 2"),
        (["31/1/1.png"], "has zooms 31 to 31"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, names: list[str], message: str) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    with pytest.raises(LayerError, match=message):
        read("tiles", folder)


@pytest.mark.parametrize(("kind", "what"), [("tiles", "no"), ("mbtiles", "a"), ("image", "a")])
def test_files_and_folders_are_told_apart(tmp_path: Path, kind: str, what: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"") if kind == "tiles" else path.mkdir()
    with pytest.raises(LayerError, match=f"is {what} folder; name it as tiles, mbtiles or image"):
        read(kind, path)


def test_what_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="does not exist; check the path; services are tianditu-"):
        read("tiles", tmp_path / "tianditu-vek")


# --- addresses -----------------------------------------------------------------------------------


def test_the_national_service_has_two_layers_and_its_key() -> None:
    found = served_map(BaseSource("service", "tianditu-img", key=KEY))
    assert [t.partition("?")[0] for t in found.templates] == [
        "https://t0.tianditu.gov.cn/img_w/wmts",
        "https://t0.tianditu.gov.cn/cia_w/wmts",
    ]
    place = "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    assert all(place in t and t.endswith(f"&tk={KEY}") for t in found.templates)
    assert (found.online, found.notes, found.gcj02) == (True, ("key",), False)


def test_addresses_are_made_plain() -> None:
    source = BaseSource(
        "url", "https://地图.test:8080/a b/{TileMatrix}/{TileRow}/{TileCol}?k={key}", key="a&b<"
    )
    found = served_map(source)
    assert found.templates == ("https://xn--wcs7d.test:8080/a%20b/{z}/{y}/{x}?k=a%26b%3C",)
    assert found.title == "xn--wcs7d.test:8080"


@pytest.mark.parametrize(
    ("kind", "place", "key", "message"),
    [
        ("service", "tianditu-vek", KEY, "is not a service; did you mean 'tianditu-vec'"),
        ("service", "tianditu-vec", "", "needs a key; give its key"),
        ("url", "https://a.test/{z}/{x}/{y}?k={key}", "", "needs a key"),
        ("url", "https://a.test/{z}/{x}/{y}", KEY, "has no place for a key; take the key out"),
        ("url", "https://a.test/{z}/{x}", "", "does not say where zoom, column and row go"),
        ("url", "https://{s}.a.test/{z}/{x}/{y}", "", r"has \{s\}; write"),
        ("url", "ftp://a.test/{z}/{x}/{y}", "", "is not an address"),
        ("url", "javascript:{z}/{x}/{y}", "", "is not an address"),
        ("url", "https://a;img-src *.test/{z}/{x}/{y}", "", "is not an address"),
        ("url", "https://me:word@a.test/{z}/{x}/{y}", "", "is not an address"),
        ("url", "https://a.test:port/{z}/{x}/{y}", "", "is not an address; check its host"),
        ("url", f"https://{'a' * 70}.test/{{z}}/{{x}}/{{y}}", "", "is not an address; check its"),
    ],
)
def test_addresses_that_cannot_be_used(kind: str, place: str, key: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        served_map(BaseSource(kind, place, key=key))


# --- how base maps are named ---------------------------------------------------------------------


def test_the_table_of_a_project_names_base_maps() -> None:
    entries = [
        {"tiles": "tiles", "title": "影像"},
        {"service": "tianditu-vec", "key": KEY},
        {"url": "https://a.test/{z}/{x}/{y}.png", "gcj02": True, "attribution": "A"},
    ]
    first, second, third = map_section({"map": {"base": entries}}, "gisland.toml")
    assert (first.kind, first.place, first.title) == ("tiles", "tiles", "影像")
    assert (second.kind, second.key) == ("service", KEY)
    assert KEY not in repr(second)
    assert (third.gcj02, third.attribution) == (True, "A")
    assert map_section({}, "gisland.toml") == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (3, r"gisland.toml: \[map\] is 3; make it a table"),
        ({"bass": []}, r"\[map\] 'bass' is not a key; did you mean 'base'"),
        ({"base": "tiles"}, "base is 'tiles'; give a list"),
        ({"base": ["tiles"]}, "give a list, such as"),
        ({"base": [{}]}, "base 1: names no picture; give one of tiles, mbtiles"),
        ({"base": [{"tiles": "a", "url": "b"}]}, "base 1: names tiles, url; give one of"),
        ({"base": [{"imag": "a"}]}, "base 1: 'imag' is not a key; did you mean 'image'"),
        ({"base": [{"tiles": "a"}, {"image": 3}]}, "base 2: image is not a text"),
        ({"base": [{"tiles": "a", "title": " "}]}, "base 1: title is not a text"),
        ({"base": [{"tiles": "a", "gcj02": "yes"}]}, "base 1: gcj02 is 'yes'; give true or false"),
        ({"base": [{"tiles": "a", "key": KEY}]}, "'a' needs no key; take the key out"),
        ({"base": [{"service": "tianditu-vec"}]}, "'tianditu-vec' needs a key"),
    ],
)
def test_tables_that_cannot_be_used(table: object, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        map_section({"map": table}, "gisland.toml")


@pytest.mark.parametrize(
    ("given", "kind", "key"),
    [
        ("tiles", "tiles", ""),
        ("a/City.MBTiles", "mbtiles", ""),
        ("a/ortho.TIFF", "image", ""),
        ("tianditu-ter", "service", KEY),
        ("https://a.test/{z}/{x}/{y}", "url", ""),
        ("https://a.test/{z}/{x}/{y}?k={key}", "url", KEY),
    ],
)
def test_the_command_line_tells_kinds_apart(given: str, kind: str, key: str) -> None:
    sources = base_sources([given, "tianditu-vec"], key=KEY, gcj02=True)
    found = sources[0]
    assert (found.kind, found.place, found.key, found.gcj02) == (kind, given, key, True)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (["tiles"], {"key": KEY}, "no base map needs a key; name one with --base"),
        ([], {"gcj02": True}, "no base map is given; name one with --base"),
        (["tianditu-vec"], {}, "needs a key; give its key"),
    ],
)
def test_options_without_use_are_told(
    given: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProjectError, match=message):
        base_sources(given, **options)
