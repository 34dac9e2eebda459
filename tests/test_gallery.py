"""The maps of the gallery: up to date, alone, and about what their titles promise."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib import image as pictures

from gisland.base.schema import MERGED_ROLES
from gisland.present import style
from mapseen import color_at, lonely, opened, settle, shot

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gisland.jobs import Done

ROOT = Path(__file__).parents[1]
MAPS = ROOT / "maps"
COMMAND = "python3 scripts/dev.py gallery"
SUBJECTS = ("merge_plan", "block_lines", "density")
TITLES = {
    "merge_plan": "零星用地整合方案",
    "block_lines": "工业区块线",
    "density": "容积率前后对比",
}
HEADS = """() => [...document.querySelectorAll('.gi-legend section:not(.gi-hidden) h3')]
  .map((head) => head.textContent)"""
PACKED = re.compile(r'(?<=>")[A-Za-z0-9+/=]+(?="</script>)')
PICTURE = re.compile(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+")
ON = "() => gisland.layers.filter((l) => map_main.hasLayer(l)).map((l) => l.head.id).sort()"


def gallery() -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(sample_run: Done, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("gallery")
    return {path.stem: path for path in gallery().make(sample_run.folder, folder)}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_map_is_up_to_date(made: dict[str, Path], subject: str) -> None:
    kept = MAPS / f"{subject}.html"
    assert kept.exists(), f"run {COMMAND}"
    told = f"maps/{subject}.html is not what the sample district gives now: run {COMMAND}"
    assert content(kept.read_text("utf-8")) == content(made[subject].read_text("utf-8")), told


def test_maps_are_alike_if_only_their_compression_differs() -> None:
    page = MAPS.joinpath("density.html").read_text("utf-8")
    packed = max(PACKED.findall(page), key=len)
    inner = zlib.decompress(base64.b64decode(packed))
    harder = page.replace(packed, base64.b64encode(zlib.compress(inner, 9)).decode())
    other = page.replace(packed, base64.b64encode(zlib.compress(inner[:-1] + b"~", 4)).decode())
    assert harder != page
    assert content(harder) == content(page)
    assert content(other) != content(page)
    assert content(page + " ") != content(page)
    assert len(PACKED.findall(page)) > 20
    assert len(PICTURE.findall(page)) > 10


def content(page: str) -> str:
    """A map with its parts unpacked, each told by its hash: builds of zlib pack other bytes."""
    page = PACKED.sub(lambda part: _hash(zlib.decompress(base64.b64decode(part[0]))), page)
    return PICTURE.sub(lambda part: _hash(_pixels(base64.b64decode(part[0]))), page)


def _pixels(png: bytes) -> bytes:
    pixels = pictures.imread(io.BytesIO(png), format="png")
    return f"{pixels.shape}".encode() + pixels.tobytes()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_there_is_a_picture_and_a_word_of_each_map() -> None:
    told = (MAPS / "README.md").read_text("utf-8")
    assert gallery().SUBJECTS == SUBJECTS
    assert {path.stem for path in MAPS.glob("*.html")} == set(SUBJECTS)
    for subject in SUBJECTS:
        assert f"]({subject}.html)" in told
        assert f"]({subject}.png)" in told
        assert (MAPS / f"{subject}.html").stat().st_size < 600_000
        assert (MAPS / f"{subject}.png").stat().st_size < 200_000
    assert COMMAND in told


@pytest.fixture
def look(offline_page: Callable[[Path | str], Page]) -> Callable[[str], Page]:
    """A function that opens a map of the gallery; asking for anything outside is a failure."""

    def open_map(subject: str) -> Page:
        page = opened(offline_page(MAPS / f"{subject}.html"))
        page.wait_for_timeout(300)
        settle(page)
        return page

    return open_map


@pytest.mark.browser
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_map_opens_in_chinese_on_its_title_and_speaks_english(
    look: Callable[[str], Page], subject: str
) -> None:
    page = look(subject)
    title = page.locator(".gi-title h1")
    assert title.inner_text().endswith(TITLES[subject])
    assert page.evaluate("location.hash") == ""  # it opens so by itself
    page.get_by_role("button", name="English").click()
    settle(page)
    assert title.inner_text().isascii() or "·" in title.inner_text()
    assert not any(word in title.inner_text() for word in TITLES.values())


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_whole_legend_is_in_view(
    look: Callable[[str], Page], subject: str, size: tuple[int, int]
) -> None:
    page = look(subject)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    opened(page)
    page.wait_for_timeout(300)
    legend = page.locator(".gi-legend")
    assert legend.evaluate("(box) => box.scrollHeight - box.clientHeight") <= 1


@pytest.mark.browser
def test_the_plan_shows_sites_scraps_and_where_they_go(
    look: Callable[[str], Page], sample_run: Done
) -> None:
    page = look("merge_plan")
    assert page.evaluate(ON) == sorted(
        ["parcels", "scraps", "links", "sites_before", "sites_after", "roads"]
    )
    heads = page.evaluate(HEADS)
    assert heads[:3] == ["宗地（按判定）", "零星用地（按类型）", "零星用地去向"]
    assert len(shown(page, style.LINKS["absorbed"].color)) > 100
    parcels = sample_run.tables["parcels"]
    for verdict in ("site", "absorbed", "ineligible"):
        fill = style.VERDICTS[verdict].fill
        assert len(shown(page, fill)) > 100, verdict
        assert (parcels["verdict"] == verdict).any()
    assert not shown(page, style.PROPOSED_LINES["1"].color)


@pytest.mark.browser
def test_block_lines_stand_out_over_quiet_parcels(look: Callable[[str], Page]) -> None:
    page = look("block_lines")
    on = ["block_adjusted", "block_lines", "block_proposed", "parcels", "roads"]
    assert page.evaluate(ON) == on
    heads = page.evaluate(HEADS)
    assert heads[:4] == ["现状用途", "工业区块线", "拟划区块线", "调整后区块线"]
    looks = (style.BLOCK_LINES["1"], style.PROPOSED_LINES["1"], style.ADJUSTED_LINES)
    for look_of in looks:
        assert len(shown(page, look_of.color)) > 100
    # edges of the lines are like the fills of sites and of refused scraps, not like that of others
    assert not shown(page, style.VERDICTS["absorbed"].fill)


@pytest.mark.browser
def test_densities_are_seen_before_and_after_at_once(
    look: Callable[[str], Page], sample_run: Done
) -> None:
    page = look("density")
    assert page.evaluate("gisland.comparing()") == "swipe"
    assert page.locator(".gi-swipe [role=slider]").is_visible()
    (head, *_) = page.evaluate(HEADS)
    assert head == "容积率（建筑面积 ÷ 用地面积）· 改造前 → 改造后"
    parcels = sample_run.tables["parcels"].to_crs(4326)
    own = parcels[parcels["verdict"].isin(MERGED_ROLES)].set_index("parcel_id", drop=False)
    middle = page.evaluate("gisland.amongSites(map_main)")
    assert 0.15 < middle < 0.85
    named = "gisland.layers.find((layer) => layer.head.id === 'sites_after')"
    page.evaluate(f"() => {{ map_main.removeLayer({named}); }}")  # names would be in the way
    settle(page)
    left = own.cx[: _edge(page, middle), :]
    right = own.cx[_edge(page, middle) :, :]
    large = [lonely(part).sort_values("size").iloc[-1] for part in (left, right)]
    before, after = (color_at(page, row["at"]) for row in large)
    assert before != after  # planned FAR is 2.5 in all sites, no site has that today
    told = page.locator(".gi-title p").first.inner_text()
    far = sample_run.tables["indicators"].query("subject == 'overall' and indicator == 'far'")
    assert f"{far['before'].item():.2f} → {far['after'].item():.2f}" in told


def _edge(page: Page, share: float) -> float:
    east: float = page.evaluate(
        "(x) => map_main.containerPointToLatLng([x * map_main.getSize().x, 0]).lng", share
    )
    return east


def shown(page: Page, color: str | None) -> list[list[int]]:
    """Pixels of a color on the map, the panels aside."""
    assert color is not None
    hide = ".gi-panel, .gi-tools, .leaflet-control { visibility: hidden !important; }"
    page.add_style_tag(content=hide)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    found: list[list[int]] = (abs(shot(page) - wanted).max(axis=2) <= 12).nonzero()[0].tolist()
    return found
