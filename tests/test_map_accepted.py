"""The whole map in the browser: what is painted where, on the sample district and a real city."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisland.present import style
from gisland.present.style import catalog
from mappages import layers
from mapseen import (
    Case,
    case_of,
    degrees,
    free,
    inked,
    lonely,
    metres_of_pixel,
    only,
    opened,
    over,
    placed,
    settle,
    shot,
    view,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from gisland.jobs import Done
    from gisland.present.style import Look

pytestmark = pytest.mark.browser
Opener = "Callable[[Path | str], Page]"


@pytest.fixture(scope="module", params=["sample_run", "forest_city"])
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param, request.getfixturevalue(request.param))


# --- fills of parcels -----------------------------------------------------------------------------


def colors(page: Page, parcels: gpd.GeoDataFrame) -> dict[str, str]:
    """Color of each parcel that is large enough on the screen and not covered."""
    room = parcels.to_crs(parcels.estimate_utm_crs())
    inner = room.boundary.distance(gpd.GeoSeries(parcels["at"], crs=4326).to_crs(room.crs))
    seen = parcels[(inner / metres_of_pixel(page) > 3).to_numpy()]
    pixels = placed(page, shapely.get_coordinates(seen["at"].to_numpy()))
    screen = shot(page)
    clear = free(page, pixels)
    at = pixels[clear]
    found = screen[at[:, 1], at[:, 0]]
    return {
        i: "#" + "".join(f"{c:02x}" for c in color)
        for i, color in zip(seen.index[clear], found, strict=True)
    }


def test_parcels_have_the_color_of_their_verdict_at_every_scale(
    offline_page: Opener, case: Case
) -> None:
    page = opened(offline_page(case.page))
    only(page, "parcels")
    parcels = lonely(case.parcels)
    fills = {v: look.fill for v, look in style.VERDICTS.items()}
    seen = {"whole": colors(page, parcels)}
    for zoom in (16.5, 18.25):
        seen[zoom] = {}
        for _, own in parcels.groupby("verdict"):
            large = own["size"].idxmax()
            view(page, own["at"][large], zoom)
            seen[zoom] |= colors(page, parcels)
    for zoom, found in seen.items():
        wrong = {i: c for i, c in found.items() if c != fills[parcels["verdict"][i]]}
        assert not wrong, zoom
    told = {z: set(parcels["verdict"][list(found)]) for z, found in seen.items()}
    assert told[16.5] == told[18.25] == set(fills)
    assert {"site", "none"} <= told["whole"]
    assert len(seen["whole"]) > 100


def themed(case: Case, measure: str, when: str) -> dict[str, float]:
    """Value that a theme shows of each parcel, from the tables."""
    parcels = pd.DataFrame(case.parcels)
    own = parcels[measure].astype(float)
    sites = case.tables["sites"].reset_index().set_index("site_id")[f"{measure}_after"]
    merged = parcels["verdict"].isin(["site", "absorbed"])
    after = own.where(~merged, parcels["site_id"].map(sites).astype(float))
    return {"before": own, "after": after, "difference": after - own}[when].dropna().to_dict()


def test_themes_color_parcels_by_the_values_of_the_tables(
    offline_page: Opener, sample_run: Done
) -> None:
    case = case_of("sample", sample_run)
    page = opened(offline_page(case.page))
    only(page, "parcels")
    parcels = lonely(case.parcels)
    for when in ("before", "after", "difference"):
        page.get_by_label("宗地着色").select_option(f"far_{when}")
        settle(page)
        values, found = themed(case, "far", when), colors(page, parcels)
        rows = page.evaluate(
            "gisland.layers.find((one) => one.head.id === 'parcels').classes().map((one) =>"
            " [gisland.expand(one.label), one.style.fill, one.count])"
        )
        by_fill: dict[str, list[float]] = {}
        for i, color in found.items():
            if i in values:
                by_fill.setdefault(color, []).append(values[i])
            else:
                assert color == style.NO_DATA.fill
        assert set(by_fill) <= {fill for _, fill, _ in rows[:-1]}
        ordered = [by_fill[fill] for _, fill, _ in rows[:-1] if fill in by_fill]
        assert len(ordered) >= 3
        for low, high in itertools.pairwise(ordered):
            assert max(low) <= min(high)  # classes do not overlap
        assert sum(int(n.replace(",", "")) for *_, n in rows) == len(case.parcels)


# --- lines and fills of the other layers ----------------------------------------------------------

# layer: its table, rows of it, column of the class, looks
LAYERS: dict[str, tuple[str, Any, str | None, Any]] = {
    "scraps": ("plan", None, "scrap_kind", style.SCRAP_KINDS),
    "sites_after": ("sites", None, None, style.SITES["after"]),
    "block_lines": ("block_lines", ("lines", "given"), "level", style.BLOCK_LINES),
    "block_proposed": ("block_lines", ("lines", "proposed"), "level", style.PROPOSED_LINES),
    "block_adjusted": ("block_lines", ("lines", "adjusted"), None, style.ADJUSTED_LINES),
    "block_changes": ("block_changes", None, "change", style.BLOCK_CHANGES),
    "zones": ("zones", None, None, style.ZONES),
    "zone_units": ("zone_units", None, None, style.ZONE_UNITS),
    "parks": ("parks", None, None, style.PARKS),
    "enclaves": ("enclaves", ("kind", ("strict", "nearly")), "kind", style.ENCLAVES),
    "enclaves_jointly": ("enclaves", ("kind", "jointly"), "kind", style.ENCLAVES),
    "exclusions": ("exclusions", None, None, style.EXCLUSIONS),
    "findings": ("findings", None, "severity", style.SEVERITIES),
}


EXPECTED = {
    "sample_run": set(LAYERS),
    "forest_city": {"scraps", "sites_after", "enclaves", "enclaves_jointly", "findings"},
}


def drawn(case: Case, layer: str) -> dict[str, tuple[Look, gpd.GeoSeries]]:
    """Look and geometry, in degrees, of each class of a layer, from the tables."""
    name, rows, column, looks = LAYERS[layer]
    table = case.tables.get(name)
    if table is None or table.empty:
        return {}
    table = table.reset_index() if rows and rows[0] not in table else table
    if rows:
        wanted = [rows[1]] if isinstance(rows[1], str) else list(rows[1])
        table = table[table[rows[0]].isin(wanted)]
    shapes = degrees(table.assign(n=range(len(table))), "n")
    if column is None:
        return {layer: (looks, shapes.geometry)}
    codes = shapes[column].map(lambda v: f"{v:g}" if isinstance(v, float) else str(v))
    return {c: (looks[c], shapes.geometry[codes == c]) for c in codes.unique() if c in looks}


def test_lines_have_color_and_dash_of_their_class(offline_page: Opener, case: Case) -> None:
    page = opened(offline_page(case.page))
    looked = set()
    for layer in LAYERS:
        only(page, layer)
        for code, (look, shapes) in drawn(case, layer).items():
            flat = shapes[shapes.geom_type.str.contains("Polygon")]
            lines = shapely.boundary(flat.to_numpy())
            found: list[bool] = []
            for n in np.argsort(shapely.area(flat.to_numpy()))[::-1][:2]:
                view(page, flat.iloc[n].representative_point(), 17)
                found += inked(page, shot(page), lines, look)
            if len(found) < 200:
                continue
            looked.add((layer, code))
            dash = [float(n) for n in look.dash.split()]
            ink, share = sum(dash[::2]) / sum(dash) if dash else 1, np.mean(found)
            if dash:  # a pixel beside a dash counts; lines of two neighbors fall on each other
                assert ink + 0.05 < share < min(ink + 0.32, 0.92), (layer, code)
            else:
                assert share > 0.85, (layer, code)  # signs stand on some
    assert {layer for layer, _ in looked} == EXPECTED[case.name]
    if case.name == "sample_run":
        assert {("block_lines", "1"), ("block_lines", "2")} <= looked
        assert {("scraps", kind) for kind in case.tables["plan"]["scrap_kind"]} <= looked


def test_fills_let_what_is_below_shine_through(offline_page: Opener, sample_run: Done) -> None:
    case = case_of("sample_run", sample_run)
    page = opened(offline_page(case.page))
    looked = set()
    for layer in ("zones", "parks", "exclusions", "enclaves_jointly", "block_changes"):
        for code, (look, shapes) in drawn(case, layer).items():
            large = shapes.iloc[int(np.argmax(shapely.area(shapes.to_numpy())))]
            middle = shapely.get_point(shapely.maximum_inscribed_circle(large), 0)
            only(page, "parcels")
            view(page, middle, 18.5)
            (at,) = placed(page, np.array([[middle.x, middle.y]]))
            ground = shot(page)[at[1], at[0]]
            only(page, "parcels", layer)
            seen = shot(page)[at[1], at[0]]
            assert np.abs(seen - over(look.fill, look.opacity, ground)).max() <= 2, (layer, code)
            looked.add(layer)
    assert len(looked) == 5


def test_links_and_conflicts_are_painted(offline_page: Opener, sample_run: Done) -> None:
    case = case_of("sample_run", sample_run)
    page = opened(offline_page(case.page))
    held = layers(case.page.read_text("utf-8"), "en")
    only(page, "links")
    words = {f"{v}": catalog("en")[f"map.link.{v}"] for v in style.LINKS}
    page.locator(".gi-legend label", has_text="不可并入").last.click()  # off at first
    for verdict, look in style.LINKS.items():
        lines = [f for f in held["links"]["features"] if f["class"] == words[verdict]]
        assert len(lines) == (case.tables["plan"]["verdict"] == verdict).sum()
        found: list[bool] = []
        for line in lines[:3]:
            view(page, line["geometry"].centroid, 18)
            found += inked(page, shot(page), [line["geometry"]], look)
        assert np.mean(found) > (0.85 if not look.dash else 0.3), verdict
