"""The page's own script reads, finds and paints what an independent decoder says is there."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import image as pictures

import mappages
from gisland.present.style import LANGUAGES, VERDICTS
from gisland.present.webmap import web_map
from mapseen import opened
from maptables import CRS, X, Y

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gisland.jobs import Done

pytestmark = pytest.mark.browser
MOST_BYTES = 1_200_000  # of the map of the sample
ABOUT = """(language) => {
  gisland.speak(language);
  const spoken = (told) => typeof told === "string" ? gisland.expand(told)
    : Array.isArray(told) ? told.map(spoken)
    : told && typeof told === "object"
      ? Object.fromEntries(Object.entries(told).map(([k, v]) => [k, spoken(v)])) : told;
  const all = {};
  for (const layer of gisland.layers) {
    const { shape } = layer;
    all[layer.head.id] = Array.from({ length: shape.count }, (_, i) => ({
      ...spoken(gisland.about(layer, i)),
      code: layer.codes()[i],
      class: spoken(layer.classes()[layer.codes()[i]].label),
      sign: shape.signs.filter((one) => one.feature === i).map((one) => spoken(one.text)).join(),
    }));
  }
  return all;
}"""
LINES = """() => Object.fromEntries(gisland.layers.map((layer) => [layer.head.id,
  Array.from({ length: layer.shape.count }, (_, i) => layer.lines(i).map(
    ({ dimension, places }) => [dimension, places.map(({ lng, lat }) => [lng, lat])]))]))"""
FOUND = """([id, places]) => {
  const layer = gisland.layers.find((one) => one.head.id === id);
  return places.map(([lng, lat]) => layer.at(L.latLng(lat, lng), 0));
}"""


@pytest.fixture
def sample_map(sample_run: Done, offline_page: Callable[..., Page]) -> Page:
    return opened(offline_page(sample_run.folder / "map.html"))


@pytest.fixture(scope="module")
def sample_page(sample_run: Done) -> str:
    return (sample_run.folder / "map.html").read_text("utf-8")


# --- the sample -----------------------------------------------------------------------------------


def test_the_map_of_the_sample_is_small(sample_page: str) -> None:
    assert len(sample_page.encode()) < MOST_BYTES


def test_script_and_decoder_tell_the_same_of_every_feature(
    sample_map: Page, sample_page: str
) -> None:
    for language in LANGUAGES:
        told = sample_map.evaluate(ABOUT, language)
        layers = mappages.layers(sample_page, language)
        assert set(told) == set(layers)
        for name, layer in layers.items():
            for i, feature in enumerate(layer["features"]):
                wanted = {k: v for k, v in feature.items() if k != "geometry"}
                assert told[name][i] == wanted, (name, i)


def test_script_and_decoder_see_the_same_shapes(sample_map: Page, sample_page: str) -> None:
    found = sample_map.evaluate(LINES)
    for name, layer in mappages.layers(sample_page, "en").items():
        for lines, feature in zip(found[name], layer["features"], strict=True):
            wanted = rings(feature["geometry"])
            assert [dimension for dimension, _ in lines] == [d for d, _ in wanted]
            for (_, places), (dimension, line) in zip(lines, wanted, strict=True):
                assert len(line) - len(places) in ({0, 1} if dimension == 2 else {0})  # its closing
                assert np.abs(np.array(places) - line[: len(places)]).max() < 1e-9


def rings(shape: shapely.Geometry) -> list[tuple[int, np.ndarray]]:
    """Lines of a feature in the order in which they are held."""
    if hasattr(shape, "geoms"):
        return [line for part in shape.geoms for line in rings(part)]
    if shape.geom_type != "Polygon":
        return [(shapely.get_dimensions(shape), shapely.get_coordinates(shape))]
    return [(2, shapely.get_coordinates(r)) for r in (shape.exterior, *shape.interiors)]


@pytest.mark.parametrize("name", ["parcels", "block_lines", "sites_after"])
def test_clicks_find_what_lies_there(sample_map: Page, sample_page: str, name: str) -> None:
    features = mappages.layers(sample_page, "en")[name]["features"]
    shapes = gpd.GeoSeries([f["geometry"] for f in features], crs=4326).to_crs(CRS)
    rng = np.random.default_rng(11)
    west, south, east, north = shapes.total_bounds
    inside = shapes.sample_points(3, rng=rng).explode().to_numpy()
    points = gpd.GeoSeries(
        [*gpd.points_from_xy(rng.uniform(west, east, 2500), rng.uniform(south, north, 2500)),
         *inside[rng.integers(0, len(inside), 500)]], crs=CRS
    )  # fmt: skip
    places = shapely.get_coordinates(points.to_crs(4326)).tolist()
    found = sample_map.evaluate(FOUND, [name, places])
    tree = shapely.STRtree(shapes.to_numpy())
    wanted: list[set[int]] = [set() for _ in places]
    for place, i in tree.query(points.to_numpy(), predicate="within").T.tolist():
        wanted[place].add(i)
    assert sum(map(len, wanted)) > 500
    for point, one, other in zip(points, found, wanted, strict=True):
        for i in set(one) ^ other:
            assert shapes.iloc[i].boundary.distance(point) < 0.02, (point, i)


# --- shared borders -------------------------------------------------------------------------------

FILL = tuple(int(VERDICTS["none"].fill[k : k + 2], 16) for k in (1, 3, 5))


def neighbors() -> gpd.GeoDataFrame:
    """Parcels of one class beside each other, with a ragged border of equal vertices."""
    rng = np.random.default_rng(3)
    ys = Y + np.linspace(0, 200, 80)
    borders = [X + 100.0 * k + rng.uniform(-9, 9, 80) * (k in {1, 2, 3}) for k in range(5)]
    shapes = [
        shapely.Polygon([*zip(a, ys, strict=True), *zip(b[::-1], ys[::-1], strict=True)])
        for a, b in pairwise(borders)
    ]
    ids = [f"P{i}" for i in range(len(shapes))]
    data = {"parcel_id": ids, "verdict": "none", "reasons": ""}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def block_map(lots: gpd.GeoDataFrame) -> str:
    return web_map({"parcels": lots}, run={}, language="en")


@pytest.mark.parametrize("zoom", [14.25, 15.5, 17])
def test_shared_borders_leave_no_seam(offline_page: Callable[..., Page], zoom: float) -> None:
    page = opened(offline_page(block_map(neighbors())))
    at = gpd.GeoSeries([shapely.Point(X + 200, Y + 100)], crs=CRS).to_crs(4326)[0]
    rows: list[list[list[int]]] = page.evaluate(
        """async ([lat, lng, zoom]) => {
          const [layer] = gisland.layers;
          for (const one of layer.head.themes[0].classes) one.style.weight = 0;
          map_main.setView([lat, lng], zoom, { animate: false });
          layer.refresh();
          await new Promise((done) => setTimeout(done, 50));
          await gisland.drawn();
          const rows = [];
          for (const { el, coords } of Object.values(layer._tiles)) {
            if (coords.z !== layer._tileZoom) continue;
            const { data } = el.getContext("2d").getImageData(0, 0, el.width, el.height);
            for (let y = 0; y < el.height; y++) {
              const row = [];
              for (let x = 0; x < el.width; x++) {
                const k = 4 * (y * el.width + x);
                if (data[k + 3]) row.push([...data.slice(k, k + 4)]);
              }
              if (row.length > 8) rows.push(row);
            }
          }
          return rows;
        }""",
        [at.y, at.x, zoom],
    )
    inner = np.array([p for row in rows[8:-8] for p in row[4:-4]])
    assert len(inner) > 20
    assert inner[:, 3].min() > 235, np.unique(inner[:, 3], return_counts=True)


@pytest.mark.parametrize(("zoom", "least"), [(14.5, 25), (16, 70), (18.25, 80)])
def test_equal_vertices_have_equal_pixels(
    offline_page: Callable[..., Page], zoom: float, least: int
) -> None:
    """Each of two neighbors traced alone: of 80 shared vertices, those told apart are equal."""
    lots = neighbors().iloc[1:3]
    page = opened(offline_page(block_map(lots)))
    at = gpd.GeoSeries([shapely.Point(X + 200, Y + 100)], crs=CRS).to_crs(4326)[0]
    traced: list[list[list[float]]] = page.evaluate(
        """([lat, lng, zoom]) => {
          const [layer] = gisland.layers, [west, north] = layer.shape.origin;
          const units = 2 ** 32 / (256 * 2 ** zoom), [x, y] = layer.place(L.latLng(lat, lng));
          const view = { units, ratio: 1, left: x - 256 * units, top: y - 256 * units,
                         wide: 512, high: 512 };
          return [0, 1].map((own) => {
            const places = [];
            const pen = new Proxy({}, { set: () => true, get: (_, name) => (...given) => {
              if (name === "moveTo" || name === "lineTo") places.push(given);
              return { width: 0 };
            } });
            layer.keep = (i) => i === own;
            layer.head.ground = false;
            layer.hidden.clear();
            for (const step of gisland.paint(pen, layer, view));
            return places;
          });
        }""",
        [at.y, at.x, zoom],
    )
    first, second = ({tuple(p) for p in places} for places in traced)
    assert all(2 * x == int(2 * x) for x, _ in first | second)  # on the grid
    assert len(first & second) >= least


# --- what lies at the edges of the scale ----------------------------------------------------------


def test_a_hole_is_neither_painted_nor_found(offline_page: Callable[..., Page]) -> None:
    ring = shapely.box(X, Y, X + 90, Y + 90) - shapely.box(X + 30, Y + 30, X + 60, Y + 60)
    data = {"parcel_id": ["P"], "verdict": ["none"], "reasons": [""]}
    page = opened(offline_page(block_map(gpd.GeoDataFrame(data, geometry=[ring], crs=CRS))))
    places = gpd.GeoSeries([shapely.Point(X + d, Y + 45) for d in (15, 45, 75)], crs=CRS)
    degrees = shapely.get_coordinates(places.to_crs(4326)).tolist()
    assert page.evaluate(FOUND, ["parcels", degrees]) == [[0], [], [0]]
    shot = np.round(pictures.imread(io.BytesIO(page.screenshot())) * 255).astype(int)
    seen = []
    for lng, lat in degrees:
        x, y = page.evaluate(
            "(at) => { const p = map_main.latLngToContainerPoint(at); return [p.x, p.y]; }",
            [lat, lng],
        )
        seen.append(tuple(shot[round(y), round(x), :3].tolist()))
    assert seen[0] == seen[2] == FILL
    assert seen[1] != FILL


def test_one_feature_that_is_one_point_can_be_shown(offline_page: Callable[..., Page]) -> None:
    finding: dict[str, Any] = {"code": ["gap"], "severity": ["error"], "layer": ["parcels"]}
    finding |= {"parcel_id": ["P"], "other_id": [None], "message": ["gap"]}
    table = gpd.GeoDataFrame(pd.DataFrame(finding), geometry=[shapely.Point(X, Y)], crs=CRS)
    page = opened(offline_page(web_map({"findings": table}, run={}, language="en")))
    at = gpd.GeoSeries([shapely.Point(X, Y)], crs=CRS).to_crs(4326)[0]
    assert page.evaluate(FOUND.replace(", 0)", ", 50)"), ["findings", [[at.x, at.y]]]) == [[0]]
