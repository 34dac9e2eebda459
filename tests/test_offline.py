"""Pages ask nobody for anything: inline copies, refused links, data that cannot break out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib import metadata, resources

import folium
import pytest
from folium import plugins

from gisland.base.errors import OutputError
from gisland.present import offline
from gisland.present.elements import SCRIPTS, STYLES
from gisland.present.offline import OfflineFigure, Raw, asset, data_block

LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "formaction"}


class References(HTMLParser):
    """Collects what the tags and styles of a page would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in LOADING]

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            urls = re.findall(r"url\(([^)]{0,60})|@import (.{0,60})", data)
            self.found += [
                u for pair in urls for u in pair if u and u[:5] not in {"data:", "#defa"}
            ]


def figure_with_map() -> OfflineFigure:
    figure = OfflineFigure(title="t", language="zh")
    drawn = folium.Map(location=[30.5, 114.3], zoom_start=12, tiles=None)
    drawn._id = "main"  # noqa: SLF001 - folium's ids are random otherwise
    drawn.add_to(figure)
    return figure


def test_references_are_found() -> None:
    page = "<link href='a.css'><style>p{background:url(b.png)}</style><script src='c.js'></script>"
    assert References(page).found == ["link href=a.css", "b.png", "script src=c.js"]
    assert len(References(folium.Map(location=[0, 0]).get_root().render()).found) > 5


def test_a_folium_map_carries_everything_it_needs() -> None:
    page = figure_with_map().render()
    assert References(page).found == []
    assert "L.Map=" in page or "t.Map=" in page
    assert "sourceMappingURL" not in page
    assert "data:image/png;base64," in page


def test_the_browser_is_told_to_refuse_requests() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', OfflineFigure(
        title="t", language="en"
    ).render())  # fmt: skip
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]


def test_a_plugin_without_a_copy_is_refused() -> None:
    figure = OfflineFigure(title="t", language="en")
    folium.Map(location=[30.5, 114.3], tiles=None).add_child(plugins.Fullscreen()).add_to(figure)
    with pytest.raises(OutputError, match=r"no offline copy of 'Control.Fullscreen.js' \(https:"):
        figure.render()


def test_leaflet_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(offline.metadata, "files", nothing)
    with pytest.raises(OutputError, match="not installed; reinstall xstatic-leaflet"):
        figure_with_map().render()


def test_rendering_twice_gives_the_same_page() -> None:
    figure = figure_with_map()
    assert figure.render() == figure.render() == figure_with_map().render()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_title_is_text(language: str) -> None:
    title = "</title><script>alert(1)</script>{{ 7 * 7 }}&amp;\ud800"
    page = OfflineFigure(title=title, language=language).render()
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}&amp;amp;?</title>" in page


@pytest.mark.parametrize(
    "text", ["</script>", "<!--<script>", "\u2028\u2029", "&lt;", "{{ 1 }}", "引号\"'`", "\x00\x1f"]
)
def test_data_comes_back_as_it_went_in(text: str) -> None:
    block = data_block("d", {"text": text})
    inner = block.removeprefix('<script type="application/json" id="d">').removesuffix("</script>")
    assert json.loads(inner) == {"text": text}
    assert re.search("[<>&\u2028\u2029]", inner) is None


def test_data_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        data_block("d", [float("nan")])


def test_half_a_surrogate_pair_can_be_written() -> None:
    data_block("d", "\ud800").encode("utf-8")


def test_raw_markup_is_not_a_template() -> None:
    assert Raw("{{ 7 * 7 }}{% x %}{#").render() == "{{ 7 * 7 }}{% x %}{#"


OWN = (*SCRIPTS, "basemap.js")  # the last only where there are base maps


@pytest.mark.parametrize("name", [*OWN, *STYLES, "basemap.css"])
def test_own_assets_are_short_and_name_no_address(name: str) -> None:
    text = asset(name)
    assert len(text.splitlines()) <= 400
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []


def test_own_scripts_are_small_together() -> None:
    assert sum(len(asset(name).encode()) for name in OWN) < 120_000


def test_every_script_is_in_the_page() -> None:
    folder = resources.files("gisland.present") / "assets"
    assert {file.name for file in folder.iterdir() if file.name.endswith(".js")} == set(OWN)


@pytest.mark.parametrize("name", OWN)
def test_own_script_writes_no_markup(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
    assert re.findall(forbidden, asset(name)) == []
