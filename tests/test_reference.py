"""The reference: generated pages are up to date and complete; one HTML file asks for nothing."""

from __future__ import annotations

import dataclasses
import html
import importlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gisland
from gisland.base.parameters import Parameters
from gisland.base.planchoices import PlanChoices
from gisland.base.rulefiles import chain, rule_set_names
from gisland.base.rules import load_rules
from gisland.layers import project
from gisland.layers.writing.contract import TABLES
from gisland.present.glossary import glossary_terms
from gisland.present.style import catalog
from gisland.present.wording import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    Pages = Callable[[str], Any]  # modules of scripts/ by name

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMAND = "python3 scripts/dev.py reference"
LABELS = (  # sections of the catalogs whose texts are labels, not sentences
    *("column", "map.layer", "parameter", "rule_name", "scrap_kind", "table", "test"),
    *("enclave_kind", "use_class", "planning_condition"),
)
LOOSE = {  # labels that rightly say it in other words, as what they stand with tells it
    *("column.free_edge_m", "column.neighbor", "column.other_id", "column.other_use_ids"),
    *("column.part_id", "column.part_ids", "column.parts", "column.candidate_area_m2"),
    *("map.layer.block_changes", "rule_name.total_cap", "table.lineage", "table.plan"),
    *("table.zoning_overlay", "test.independent", "column.kind_shares", "column.far_after"),
}
BACK = {  # an English word stands for nothing else than this
    "enclave": "插花地",
    "sandwiched": "夹心地",
    "far": "容积率",
    "coverage": "建筑密度",
    "tenure": "权属",
    "fragment": "碎片",
    "lineage": "沿革",
    "effective mesh size": "有效网格",
    "block line": "区块线",
    "mu": "亩",
}


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    """Modules of scripts/ by name."""
    sys.path.insert(0, str(ROOT / "scripts"))
    yield importlib.import_module
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def made(pages: Pages) -> dict[str, str]:
    """The generated pages by path below docs/."""
    texts: dict[str, str] = pages("reference").generated()
    return texts


@pytest.fixture(scope="module")
def whole(pages: Pages) -> str:
    """The HTML page of all pages."""
    text: str = pages("pages.html").whole_page(dict(pages("reference").sources()), root=ROOT)
    return text


class Seen(HTMLParser):
    """Ids, links, sources and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if "href" in told else []
        self.sources += [told[k] for k in ("src", "srcset", "data", "poster") if k in told]


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


# --- up to date -----------------------------------------------------------------------------------


def test_generated_pages_are_up_to_date(pages: Pages, made: dict[str, str]) -> None:
    assert pages("reference").stale(made) == [], f"run: {COMMAND}"


def test_an_edited_a_missing_and_a_left_over_page_are_told(
    pages: Pages, made: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = pages("reference")
    for name, text in made.items():
        reference.write(tmp_path / name, text)
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    assert reference.stale(made) == []
    tmp_path.joinpath("api.md").write_text("old", "utf-8")
    tmp_path.joinpath("tables.md").unlink()
    tmp_path.joinpath("rules", "atlantis.md").write_text("", "utf-8")
    assert reference.stale(made) == ["api.md", "rules/atlantis.md", "tables.md"]


def test_pages_name_no_object_of_one_run_and_no_folder(made: dict[str, str]) -> None:
    for name, text in made.items():
        assert not re.search(r" at 0x[0-9a-f]+|<function|<class", text), name
        assert str(ROOT) not in text, name
        assert "\r" not in text, name


@pytest.mark.parametrize("name", ["proof.md", "limits.md"])
def test_pages_by_hand_are_short_and_have_true_links(name: str) -> None:
    text = DOCS.joinpath(name).read_text("utf-8")
    assert len(text.splitlines()) < 200
    for script in re.findall(r"`(?:python3 )?(scripts/\w+\.py)", text):
        assert ROOT.joinpath(script).is_file(), script
    for test in re.findall(r"tests/test_\w+\.py", text):
        assert ROOT.joinpath(test).is_file(), test


# --- complete -------------------------------------------------------------------------------------


def test_every_public_name_is_in_exactly_one_group(pages: Pages) -> None:
    named = [n for _, names in pages("pages.api").GROUPS.values() for n in names]
    assert sorted(named) == sorted(gisland.__all__)


def test_every_argument_and_field_is_told(made: dict[str, str]) -> None:
    for part in made["api.md"].split("\n### ")[1:]:
        name = part.partition("\n")[0].strip("`")
        empty = re.findall(r"(?m)^\| `(\w+)` \|.*\|   \|$", part)
        assert empty == [], name


def test_every_parameter_and_key_is_told_once(pages: Pages) -> None:
    module = pages("pages.parameters")
    named = [name for names in module.JOBS.values() for name in names]
    assert sorted(named) == sorted(field.name for field in dataclasses.fields(Parameters))
    assert set(module.PLAN_ZH) == {field.name for field in dataclasses.fields(PlanChoices)}
    told = {table: [k["key"] for k in keys] for table, keys in module.project_keys().items()}
    assert set(told["project"]) == set(project._PROJECT)  # noqa: SLF001 - what is accepted
    layer_keys = {*project._TEXTS, *project._TABLES, *project._FLAGS}  # noqa: SLF001
    assert sorted(told["layers.NAME"]) == sorted(layer_keys)
    assert set(told) == {"project", "layers.NAME", "sites", "map"}


def test_every_column_has_both_labels(made: dict[str, str]) -> None:
    text = made["tables.md"]
    for name, table in TABLES.items():
        part = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            row = next(line for line in part.splitlines() if line.startswith(f"| `{column}` |"))
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)][1:-1]
            assert cells[1], row
            assert cells[3], row
            assert cells[4], row
    numbers = [line for line in text.splitlines() if re.match(r"\| `\w+` \| number \|   \|", line)]
    assert numbers == [], "numbers without a unit"


def test_codes_of_columns_are_those_of_the_catalogs(pages: Pages) -> None:
    sections = {*SECTIONS.values(), *pages("pages.tables").OF_TABLE.values()} - {""}
    for section in sections:
        assert any(key.startswith(f"{section}.") for key in catalog("en")), section


def test_every_rule_of_every_set_is_on_its_page(pages: Pages, made: dict[str, str]) -> None:
    here = {name for name in made if name.startswith("rules/")}
    assert here == {f"rules/{name}.md" for name in ("README", *rule_set_names())}
    for name in rule_set_names():
        text, rules = made[f"rules/{name}.md"], load_rules(name)
        own = chain(name)[-1].records
        for rule in rules:
            if rule.id in own:
                assert f"| `{rule.id}` |" in text.split("## Rules that it builds on")[0]
                assert pages("pages.text").md(rule.source) in text
            elif rule.mode != "off":
                assert f"| `{rule.id}` |" in text
        assert rules.place
        assert rules.decides
        assert rules.left_open
        assert f"[{name}]({name}.md)" in made["rules/README.md"]


def test_own_rule_file_inherits_no_words_of_the_set_it_extends(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[ruleset]\nname = "own"\nextends = "tianjin-2024"\n', "utf-8")
    rules = load_rules(own)
    assert (rules.place, rules.decides, rules.left_open, rules.not_known) == ("", "", "", "")


# --- words ----------------------------------------------------------------------------------------


def test_words_are_told_once_and_stand_where_they_say(pages: Pages) -> None:
    terms = glossary_terms()
    for language in ("zh", "en"):
        words = [term[language] for term in terms]
        assert len(set(words)) == len(words)
    for term in terms:
        assert term["where"]
        for name in term["where"]:
            assert pages("pages.glossary").place(name)
    with pytest.raises(KeyError):
        pages("pages.glossary").place("parcels.farness")


def labels() -> Iterator[tuple[str, str, str]]:
    """Key, Chinese and English text of every label."""
    zh, en = catalog("zh"), catalog("en")
    for key in zh:
        if key.rpartition(".")[0] in LABELS and key not in LOOSE:
            yield key, zh[key], en[key].lower()


def test_labels_use_the_english_words_of_the_glossary() -> None:
    wrong = [
        (key, term["zh"], en)
        for term in glossary_terms()
        if "labels" in term
        for key, zh, en in labels()
        if str(term["zh"]) in zh and not any(w.lower() in en for w in term["labels"])
    ]
    assert wrong == []


def test_an_english_word_stands_for_one_chinese_word() -> None:
    wrong = [
        (key, word, zh)
        for key, zh, en in labels()
        for word, chinese in BACK.items()
        if re.search(rf"\b{word}\b", en) and chinese not in zh
    ]
    assert wrong == []


def test_exceptions_from_the_glossary_are_labels() -> None:
    assert set(catalog("en")) >= LOOSE


# --- text that pages cannot be broken by ----------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    [
        *(
            "<script>alert(1)</script>",
            "a | b",
            "[x](javascript:alert(1))",
            "`a`",
            "**b** _c_ ~~d~~",
        ),
        *(
            "# head",
            "- item",
            "1. one",
            "&lt;b&gt;",
            "![i](https://example.org/x.png)",
            "a\nb",
            "\\",
        ),
        "<!-- x -->",
    ],
)
def test_hostile_text_is_shown_letter_by_letter(pages: Pages, hostile: str) -> None:
    text = pages("pages.text")
    cells = (text.md(hostile), text.code(hostile) or "x", text.prose(hostile.replace("`", "")))
    made = text.table(("a", "b", "c"), [cells])
    page = pages("pages.html").whole_page(
        {"x.md": f"# T\n\n{made}\n{text.md(hostile)}\n"}, root=ROOT
    )
    main = page.split("<main")[1].split("</main>")[0]
    found = seen(main)
    assert found.tags <= {
        "section",
        "h1",
        "p",
        "code",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert main.count("<td>") == 3
    shown = html.unescape(re.sub(r"<[^>]+>", "", main))
    assert shown.count(" ".join(hostile.split())) >= 2


def test_links_between_pages_lead_within_the_file(pages: Pages) -> None:
    sources = {
        "README.md": "# A\n\n[b](docs/b.md#two) [l](LICENSE) [h](https://example.org)",
        "docs/b.md": "# B\n\n## Two",
    }
    found = seen(pages("pages.html").whole_page(sources, root=ROOT))
    assert "#b.two" in found.links
    assert "https://example.org" in found.links
    assert not any("LICENSE" in link for link in found.links)
    with pytest.raises(FileNotFoundError, match="shows none"):
        pages("pages.html").whole_page({"README.md": "![x](none.png)"}, root=ROOT)


# --- the whole page -------------------------------------------------------------------------------


def test_links_within_the_page_resolve(whole: str) -> None:
    found = seen(whole)
    assert len(set(found.ids)) == len(found.ids)
    broken = {link for link in found.links if link.startswith("#") and link[1:] not in found.ids}
    assert broken == set()
    others = [link for link in found.links if not re.match(r"#|https?://", link)]
    assert others == []


def test_the_page_fetches_nothing(whole: str) -> None:
    found = seen(whole)
    assert all(source.startswith("data:image/") for source in found.sources)
    assert not found.tags & {"link", "iframe", "object", "embed", "base", "form"}
    assert "default-src 'none'" in whole
    style = whole.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import", style)


@pytest.mark.browser
def test_the_page_is_searched_and_read_on_a_screen_and_a_phone(
    whole: str, tmp_path: Path, chromium_browser: Browser
) -> None:
    file = tmp_path / "index.html"
    file.write_text(whole, "utf-8")
    for width in (1280, 390):
        page = chromium_browser.new_page(viewport={"width": width, "height": 800})
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, faults=faults: faults.append(message.text))
        page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.fill("#find", "容积率 far_actual")
        assert page.locator("#hits a").count() > 0
        page.locator("#hits a").first.click()
        assert page.evaluate("location.hash").startswith("#")
        page.fill("#find", "no such word anywhere")
        assert page.inner_text("#told") == "0"
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        assert faults == []
        page.close()
