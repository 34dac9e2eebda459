"""Maps of results and of any table: added to freely, and nothing that data holds can run."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from folium import plugins
from shapely import LineString, Point, box

import gisland as gl
from gisland.base.errors import CRSError, OutputError, ProjectError, TableError
from gisland.present.harmless import inert
from gisland.present.ownclasses import classes_of
from gisland.present.owncolumns import own_columns
from mapseen import LOADED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gisland.jobs import Done

    Open = Callable[[Path | str], Page]

RUN = "<img src=x onerror='window.ran=1'>"
TEMPLATE = "{{ cycler.__init__.__globals__.os.environ.__setitem__('GISLAND_RAN', '1') }}"
HOSTILE = f"{RUN}{TEMPLATE}{{% if %}}{{# }}}}"
WORDS = {
    "from_to": "{low} to {high}",
    "no_value": "none",
    "other_values": "other",
    "yes": "yes",
    "no": "no",
}


def table(**columns: list[Any]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    squares = [box(114.4 + i * 0.004, 30.45, 114.402 + i * 0.004, 30.452) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=squares, crs="EPSG:4326")


def opened(offline_page: Open, drawn: folium.Map) -> Page:
    page = offline_page(drawn.get_root().render())
    page.evaluate(LOADED)
    return page


def told(page: Page, layer: str, i: int = 0) -> list[list[str]]:
    """Title and rows of the popup of a feature."""
    page.evaluate(
        "([id, i]) => gisland.go(map_main, gisland.layers.find((l) => l.head.id === id), i)",
        [layer, i],
    )
    rows = page.locator(".gi-sheet details").first.locator("tr").all()
    title = page.locator(".gi-sheet summary span").first.inner_text()
    return [[title], *([c.inner_text() for c in r.locator("th,td").all()] for r in rows)]


# --- explore -----------------------------------------------------------------------------------


def test_all_that_holds_results_gives_the_same_map(sample_run: Done) -> None:
    by_path = gl.explore(sample_run.folder).get_root().render()
    assert gl.explore(gl.read_results(sample_run.folder)).get_root().render() == by_path
    assert gl.explore(str(sample_run.folder / "results.gpkg")).get_root().render() == by_path
    assert by_path.encode() == (sample_run.folder / "map.html").read_bytes()
    assert '<html lang="en">' in gl.explore(sample_run, language="en").get_root().render()


def test_a_result_in_memory_can_be_explored() -> None:
    lots = table(parcel_id=["7"], verdict=["none"], reasons=[""])
    result = gl.Result({"parcels": lots}, {}, {}, [], [], {})
    assert "layer_parcels" in gl.explore(result, language="en").get_root().render()


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(OutputError, match="DataFrame is no result"):
        gl.explore(pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(ProjectError, match="'fr' is unknown"):
        gl.blank_map(language="fr")


def test_a_map_is_added_to_saved_twice_and_listed(tmp_path: Path, offline_page: Open) -> None:
    drawn = gl.blank_map(title="Own", language="en")
    gl.map_layer(table(owner=["A", "B"]), name="Lots").add_to(drawn)
    gl.map_layer(table(owner=["A"]), name="Lots").add_to(drawn)
    group = folium.FeatureGroup("Wells").add_to(drawn)
    folium.Marker([30.455, 114.41], popup="deep", tooltip="well").add_to(group)
    folium.GeoJson(table(a=[1]).to_json(), name="Plain").add_to(drawn)
    drawn.save(tmp_path / "a.html")
    drawn.save(tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    page = offline_page(tmp_path / "a.html")
    page.evaluate(LOADED)
    names = [n.strip() for n in page.locator(".leaflet-control-layers label").all_inner_texts()]
    assert names == ["Lots", "Lots", "Wells", "Plain"]
    assert page.locator(".leaflet-marker-icon").get_attribute("src").startswith("data:image/png")  # type: ignore[union-attr]
    page.locator(".leaflet-marker-icon").click()
    assert page.locator(".leaflet-popup-content").inner_text().strip() == "deep"
    assert page.locator(".gi-legend h3").all_inner_texts() == ["Lots", "Lots"]


def test_what_needs_the_network_is_refused() -> None:
    drawn = gl.blank_map(language="en")
    plugins.MiniMap().add_to(drawn)
    with pytest.raises(OutputError, match="there is no offline copy"):
        drawn.get_root().render()
    drawn = gl.blank_map(language="en")
    folium.Marker([30, 114], icon=folium.Icon(color="red")).add_to(drawn)
    with pytest.raises(OutputError, match=r"folium\.Icon needs files"):
        drawn.get_root().render()
    drawn = gl.blank_map(language="en")
    layer = folium.GeoJson(table(a=[1]).to_json()).add_to(drawn)
    layer.embed = False
    with pytest.raises(OutputError, match="asks for its data"):
        drawn.get_root().render()


def test_a_notebook_shows_the_map_in_a_frame(offline_page: Open) -> None:
    drawn = gl.blank_map(title="Own", language="en")
    gl.map_layer(table(owner=["A"]), name="Lots").add_to(drawn)
    cell = drawn._repr_html_()
    page = offline_page(f"<!DOCTYPE html><meta charset='utf-8'><title>n</title>{cell}")
    frame = page.frames[1]
    frame.wait_for_selector(".gi-legend")
    frame.evaluate(LOADED)
    frame.evaluate("gisland.go(map_main, gisland.layers[0], 0)")
    assert frame.locator(".gi-sheet summary span").first.inner_text() == "Lots · A"
    assert frame.get_by_role("button", name="Copy link").count() == 0  # a frame has no address


# --- any layer ---------------------------------------------------------------------------------


def test_values_are_told_as_they_are(offline_page: Open) -> None:
    kinds = {
        HOSTILE: [HOSTILE],
        "year": [1999],
        "code": [4403050012345678901],
        "share": [0.125],
        "flag": [True],
        "on": [pd.Timestamp("2026-01-02")],
        "list": [["a", 1]],
        "endless": [np.inf],
        "none": [None],
    }
    drawn = gl.blank_map(title=HOSTILE, language="en")
    gl.map_layer(table(**kinds), name=HOSTILE, color_by=HOSTILE).add_to(drawn)
    page = opened(offline_page, drawn)
    assert told(page, "own1") == [
        [f"{HOSTILE} · {HOSTILE}"],
        [HOSTILE, HOSTILE],
        ["year", "1999"],
        ["code", "4403050012345678901"],
        ["share", "0.125"],
        ["flag", "yes"],
        ["on", "2026-01-02"],
        ["list", "['a', 1]"],
        ["endless", "inf"],
    ]
    page.fill(".gi-find input", "setitem")
    assert page.locator(".gi-hits button").all_inner_texts() == [f"{HOSTILE} · {HOSTILE}"]
    page.get_by_role("button", name="中文").click()
    assert ["flag", "是"] in told(page, "own1")
    assert page.evaluate("window.ran") is None


def test_polygons_lines_and_points_are_asked_alike(offline_page: Open) -> None:
    shapes = [box(114, 30, 114.01, 30.01), LineString([(114.02, 30), (114.03, 30)]), None]
    shapes.append(Point(114.04, 30.005))
    frame = gpd.GeoDataFrame({"k": list("abcd")}, geometry=shapes, crs=4326).to_crs("EPSG:4547")
    drawn = gl.blank_map(language="en")
    gl.map_layer(frame, name="Mixed").add_to(drawn)
    page = opened(offline_page, drawn)
    assert page.locator(".gi-title .gi-note").inner_text() == "Mixed: 1 rows without geometry"
    for place, title in (("30.005, 114.005", "a"), ("30, 114.025", "b"), ("30.005, 114.04", "d")):
        found = page.evaluate(f"gisland.found(map_main, L.latLng({place})).map((h) => h.popup.t)")
        assert found == [f"Mixed · {title}"]


def test_nothing_in_a_table_passes_for_a_word_of_the_page(offline_page: Open) -> None:
    mark = "\ufdd00\ufdd2"  # would stand for the first entry of the catalog
    frame = table(**{f"a{mark}": [f"b{mark}", "c"]})
    layer = gl.map_layer(frame, name=f"L{mark}", color_by=f"a{mark}")
    drawn = gl.blank_map(title=f"T{mark}", language="en")
    layer.add_to(drawn)
    page = opened(offline_page, drawn)
    plain = "\ufffd0\ufffd"
    assert page.title() == f"T{plain}"
    assert told(page, "own1") == [[f"L{plain} · b{plain}"], [f"a{plain}", f"b{plain}"]]
    assert page.locator(".gi-legend h3").first.inner_text() == f"L{plain} · a{plain}"
    assert page.locator(".gi-legend .gi-class span").first.inner_text() == f"b{plain}"


def test_a_table_may_reach_around_the_world(offline_page: Open) -> None:
    points = [Point(-180, 10), Point(-179, -60), Point(100, 60), Point(180, 10)]
    frame = gpd.GeoDataFrame({"n": [1, 2, 3, 4]}, geometry=points, crs=4326)
    drawn = gl.blank_map(language="en")
    gl.map_layer(frame, name="Ends").add_to(drawn)
    page = opened(offline_page, drawn)
    placed = page.evaluate("[0, 1, 2, 3].map((i) => gisland.layers[0].lines(i)[0].places[0])")
    found = [[one["lng"], one["lat"]] for one in placed]
    assert np.abs(np.array(found) - [[p.x, p.y] for p in points]).max() < 1e-6


def test_two_layers_of_the_same_ids_are_both_told(offline_page: Open) -> None:
    drawn = gl.blank_map(language="en")
    for name in ("A", "B"):
        gl.map_layer(table(id=["1"]), name=name).add_to(drawn)
    page = opened(offline_page, drawn)
    at = "gisland.found(map_main, L.latLng(30.451, 114.401)).map((h) => h.popup.t)"
    assert sorted(page.evaluate(at)) == ["A · 1", "B · 1"]


def test_numbers_fall_into_classes_that_hold_what_they_say() -> None:
    numbers = pd.Series([*range(1, 11), None])
    codes, kinds = classes_of(numbers, texts=WORDS)
    labels = [kind.label for kind in kinds.values()]
    assert labels == ["1 to 2", "3 to 4", "5 to 6", "7 to 8", "9 to 10", "none"]
    assert codes == ["0", "0", "1", "1", "2", "2", "3", "3", "4", "4", "missing"]


def test_equal_numbers_are_never_parted() -> None:
    codes, kinds = classes_of(pd.Series([5.0] * 90 + [7.0] * 10), texts=WORDS)
    assert [kind.label for kind in kinds.values()] == ["5", "7"]
    assert (codes.count("0"), codes.count("1")) == (90, 10)
    _codes, kinds = classes_of(pd.Series([1.0001, 1.0002]), texts=WORDS)
    assert [kind.label for kind in kinds.values()] == ["1.0001", "1.0002"]


def test_frequent_texts_have_a_color_and_the_rest_share_one() -> None:
    texts = pd.Series([c for i, c in enumerate("abcdefghijkl") for _ in range(20 - i)])
    codes, kinds = classes_of(texts, texts=WORDS)
    assert [kind.label for kind in kinds.values()] == [*"abcdefghi", "other"]
    assert codes.count("other") == 11 + 10 + 9
    _codes, kinds = classes_of(pd.Series([True, None, False], dtype=object), texts=WORDS)
    assert sorted(kind.label for kind in kinds.values()) == ["no", "none", "yes"]


def test_columns_keep_what_a_browser_would_round() -> None:
    values = [
        pd.Series([2**60, 1], name="long"),
        pd.Series([1e-7, 1.0], name="small"),
        pd.Series([dt.date(2026, 1, 2), None], name="day"),
    ]
    made = own_columns(values, texts=WORDS)
    assert made.told[0]["values"] == ["1152921504606846976", "1"]
    assert made.told[1]["digits"] == 12
    assert made.arrays["column:1"].tolist() == [10**5 + 1, 10**12 + 1]
    assert made.told[2]["values"] == ["2026-01-02"]
    assert made.arrays["column:2"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": pd.DataFrame()}, "no table with geometry"),
        ({"frame": table(a=[1]).iloc[:0]}, "no row has a geometry"),
        ({"columns": ["b"]}, "no column 'b'; use one of a"),
        ({"columns": "a"}, "columns is 'a'"),
        ({"color_by": "c"}, "no column 'c'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message):
        gl.map_layer(**{"frame": table(a=[1]), "name": "Lots"} | change)


def test_places_off_the_map_are_refused() -> None:
    with pytest.raises(CRSError, match="has no CRS"):
        gl.map_layer(table(a=[1]).set_crs(None, allow_override=True), name="Lots")
    pole = gpd.GeoDataFrame(geometry=[Point(0, 89.9)], crs=4326)
    with pytest.raises(CRSError, match="lie off the map"):
        gl.map_layer(pole, name="Pole")


def test_a_layer_on_another_map_is_refused() -> None:
    other = folium.Map(tiles=None)
    gl.map_layer(table(a=[1]), name="Lots").add_to(other)
    with pytest.raises(OutputError, match="stands on no map of gisland"):
        other.get_root().render()


# --- what users add ----------------------------------------------------------------------------


def test_attributes_of_folium_layers_neither_run_nor_show_as_markup(
    offline_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GISLAND_RAN", "0")
    column = f"a]) {{}} alert(1) //{HOSTILE}"
    data = json.loads(table(**{column: [HOSTILE, "b"], "list": [[RUN], {RUN: RUN}]}).to_json())
    for feature in data["features"]:
        del feature["id"]  # folium then tells features apart by a column
    colors = {HOSTILE: "#ff0000", "b": "#0000ff"}
    drawn = gl.blank_map(language="en")
    layer = folium.GeoJson(
        data,
        name=HOSTILE,
        style_function=lambda f: {"color": colors[f["properties"][column]]},
        highlight_function=lambda f: {"weight": len(f["properties"][column])},
        tooltip=folium.GeoJsonTooltip([column, "list"]),
        popup=folium.GeoJsonPopup([column], aliases=[HOSTILE]),
    ).add_to(folium.FeatureGroup(HOSTILE).add_to(drawn))
    folium.Marker([30.46, 114.41], popup=folium.Popup(TEMPLATE), tooltip=TEMPLATE).add_to(drawn)
    page = opened(offline_page, drawn)
    import os  # noqa: PLC0415 - what the template would have reached

    assert os.environ["GISLAND_RAN"] == "0"
    told_by = page.evaluate(
        f"""{layer.get_name()}.getLayers().map((one) => [one.options.color,
        {layer.get_name()}.getTooltip()._content(one).innerText,
        {layer.get_name()}.getPopup()._content(one).innerText])"""
    )
    assert [color for color, _, _ in told_by] == ["#ff0000", "#0000ff"]
    assert column in told_by[0][1]
    assert HOSTILE in told_by[0][2]
    assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    page.locator(".leaflet-marker-icon").click()
    assert page.locator(".leaflet-popup-content").inner_text().strip() == TEMPLATE
    assert page.locator(".leaflet-control-layers label").all_inner_texts()[0].strip() == HOSTILE
    assert page.evaluate("window.ran") is None


def test_text_is_made_inert_for_html_and_for_templates() -> None:
    assert inert("<a b='{{c}}'>&") == "&lt;a b=&#x27;&#123;&#123;c&#125;&#125;&#x27;&gt;&amp;"
    assert html.unescape(inert(HOSTILE)) == HOSTILE
    assert not re.search(r"[<>{}]", inert(HOSTILE))
