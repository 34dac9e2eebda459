"""README and guide say what is so: code runs, commands exist, numbers are right."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING

import pytest
import typer

import gisland as gl
from gisland.base import schema
from gisland.base.result import SITES_FROM
from gisland.cli import app
from markdowns import ROOT, Page, without_comment
from test_architecture import SEE_EVERYTHING, SEES

if TYPE_CHECKING:
    from pathlib import Path

    from gisland.jobs import Done

README, CHINESE = Page("README.md"), Page("README.zh.md")
GUIDE, CHINESE_GUIDE = Page("docs/guide.md"), Page("docs/guide.zh.md")
PAGES = [README, CHINESE, GUIDE, CHINESE_GUIDE]
PAIRS = [(README, CHINESE), (GUIDE, CHINESE_GUIDE)]
MOST_LINES = 200
WIDEST = 130
FILES = (".csv", ".gpkg", ".html", ".json", ".shp", ".toml", ".xlsx", ".yml")
TOP = 20  # lines of the README that a newcomer surely reads
TWO_COMMANDS = ("python3 scripts/dev.py demo", "python3 scripts/dev.py test")
CLICK_ERROR = typer.BadParameter.__mro__[2]  # typer may bring a click of its own


# --- form --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [README, CHINESE], ids=lambda page: page.name)
def test_a_readme_is_short_and_begins_with_the_two_commands(page: Page) -> None:
    lines = page.text.splitlines()
    assert len(lines) < MOST_LINES
    assert [line for line in lines if len(line) > WIDEST] == []
    assert set(TWO_COMMANDS) <= set(lines[:TOP])


def targets(page: Page) -> list[str]:
    """Files that a page links to, whatever the language."""
    return sorted(target.split("#")[0].replace(".zh.md", ".md") for target in page.links)


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=["readme", "guide"])
def test_both_languages_have_the_same_parts(english: Page, chinese: Page) -> None:
    assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
    assert chinese.bare_blocks == english.bare_blocks
    assert chinese.numbers == english.numbers
    assert set(chinese.inline) == set(english.inline)
    assert targets(chinese) == targets(english)
    assert chinese.path.name in english.links
    assert english.path.name in chinese.links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_emphasis_is_not_shown_as_stars(page: Page) -> None:
    shown = re.sub(r"<code.*?</code>|<[^>]*>", "", page.rendered, flags=re.DOTALL)
    assert re.findall(r".{0,20}\*.{0,20}", shown) == []


@pytest.mark.parametrize("page", [CHINESE, CHINESE_GUIDE], ids=lambda page: page.name)
def test_chinese_lines_break_where_a_blank_does_no_harm(page: Page) -> None:
    assert re.findall(r"[\u4e00-\u9fff]\n *[\u4e00-\u9fff]", page.prose) == []


@pytest.mark.parametrize("page", [GUIDE, CHINESE_GUIDE], ids=lambda page: page.name)
def test_each_section_of_the_guide_is_in_its_contents(page: Page) -> None:
    contents = re.findall(r"(?m)^- \[(.+?)\]\(#\S+?\)", page.prose)
    assert contents == [title for level, title in page.headings if level == 2]


# --- code --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [README, GUIDE], ids=lambda page: page.name)
def test_python_runs_as_written(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in page.blocks("python"):
        exec(compile(block, page.name, "exec"), names)  # noqa: S102 - the text of this project
    assert names["gl"] is gl
    assert ("map.html" in {path.name for path in tmp_path.iterdir()}) == (page is README)


@pytest.fixture(scope="module")
def shortest(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """What the project file of the README makes of the layers that it names."""
    folder = tmp_path_factory.mktemp("shortest")
    for file in gl.sample_folder().iterdir():
        if file.stem in {"parcels", "sites"}:
            (folder / file.name).write_bytes(file.read_bytes())
    (block,) = README.blocks("toml")
    (folder / "gisland.toml").write_text(block, "utf-8", newline="\n")
    return gl.run_project(folder / "gisland.toml", folder / "results")


def test_the_shortest_project_file_merges(shortest: Done) -> None:
    counts = shortest.record["counts"]
    numbers = (counts["absorbed"], counts["scraps"], counts["sites"])
    assert "With it, {} of {} scraps go to {} sites.".format(*numbers) in README.text
    assert gl.verify_results(shortest.folder) == []


def test_the_sample_is_as_large_as_is_told(sample_run: Done) -> None:
    parcels = len(sample_run.tables["parcels"])
    assert f"district of {parcels} parcels" in " ".join(README.text.split())


def test_the_picture_shows_what_is_told(sample_run: Done) -> None:
    plan = sample_run.tables["plan"].set_index("parcel_id")
    area = plan.loc["420190005002GB00006", "area_m2"]  # the scrap of scripts/screenshot.py
    (limit,) = {r.value for r in gl.load_rules(sample_rules()) if r.id == "scrap.area_cap"}
    assert f"its area of {area:,.2f} m² is not below the limit of\n{limit:,.0f} m²" in README.text


def sample_rules() -> Path:
    return gl.sample_folder() / "rules.toml"


@pytest.mark.parametrize("block", [*README.blocks("toml"), *GUIDE.blocks("toml")])
def test_toml_is_accepted(block: str, tmp_path: Path) -> None:
    made = tmp_path / "given.toml"
    if "ruleset" in tomllib.loads(block):
        made.write_text(block, "utf-8")
        assert gl.load_rules(made).name == "ours"
        return
    is_whole = "[layers.parcels]" in block
    made.write_text(block if is_whole else f'{block}[layers.parcels]\npath = "p.shp"\n', "utf-8")
    assert gl.read_project(made).layers["parcels"].path


# --- commands ----------------------------------------------------------------------------------


def parsed(line: str) -> None:
    """Hold a call against the command line; nothing runs."""
    command = typer.main.get_command(app)
    words = shlex.split(without_comment(line))[1:]
    while hasattr(command, "commands") and words:
        name, *words = words
        assert name in command.commands, f"gisland has no command {name!r}"
        command = command.commands[name]
    if words:
        command.make_context(command.name, words)


CALLS = [(page.name, line) for page in PAGES for line in dict.fromkeys(page.commands)]


@pytest.mark.parametrize(("page", "line"), CALLS)
def test_a_command_exists_with_its_options(page: str, line: str) -> None:
    del page
    parsed(line)


@pytest.mark.parametrize("line", ["gisland fly", "gisland run a.toml --fast", "gisland split -x"])
def test_a_wrong_command_is_seen(line: str) -> None:
    with pytest.raises((AssertionError, CLICK_ERROR)):
        parsed(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_in_sentences_exist(page: Page) -> None:
    root = typer.main.get_command(app)
    known = {"--no-deps"}  # of pip
    commands = [root]
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        known |= {name for parameter in command.params for name in parameter.opts}
    told = {word for text in page.inline for word in re.findall(r"(?<!\S)--[a-z\d-]+", text)}
    assert told <= known


# --- statements --------------------------------------------------------------------------------


def test_the_picture_of_the_house_is_true() -> None:
    (drawn,) = README.blocks("text")
    seen = {}
    for line in drawn.splitlines():
        wing, _, others = without_comment(line).partition(" sees ")
        seen[wing.strip()] = tuple(others.split())
    expected = {wing: others or ("nothing",) for wing, others in SEES.items()}
    expected |= {wing: ("all",) for wing in SEE_EVERYTHING if wing}
    assert seen == expected
    modules = {path.stem for path in (ROOT / "gisland").iterdir() if path.suffix == ".py"}
    packages = {path.parent.name for path in (ROOT / "gisland").glob("*/__init__.py")}
    assert set(seen) == (modules | packages) - {"__init__"}


def test_the_guide_counts_the_cases() -> None:
    table = gl.cases()
    verdicts = table["verdict"].value_counts()
    text = " ".join(GUIDE.text.split())
    assert f"what {table['case'].nunique()} published redevelopment cases" in text
    assert f"{len(table)} checks" in text
    told = {
        "consistent": "{} consistent",
        "near": "{} near",
        "inconsistent": "{} inconsistent",
        "different_scope": "{} of different scope",
        "rule_test_fails": "{} that fail a rule",
        "derived": "{} with nothing published",
    }
    assert set(verdicts.index) == set(told)
    assert [words for name, words in told.items() if words.format(verdicts[name]) not in text] == []


def test_the_guide_tells_all_layers_and_all_origins_of_sites() -> None:
    start = GUIDE.text.split("## What is found")[0]
    assert [name for name in schema.LAYERS if f"`{name}`" not in start] == []
    assert re.findall(r"(?m)^- `(\w+)`:", start) == list(SITES_FROM)


def everything() -> str:
    """All names that code, catalogs, rule sets and the sample know."""
    folders = [ROOT / "gisland", ROOT / "data" / "sample"]
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    files += [ROOT / "pyproject.toml", ROOT / "scripts" / "dev.py"]
    kinds = {".py", ".toml", ".js", ".csv", ".jinja"}
    return "\n".join(path.read_text("utf-8") for path in files if path.suffix in kinds)


def test_each_name_in_a_sentence_is_known_to_the_code() -> None:
    known = set(re.findall(r"\w+", everything()))
    names = {name for page in PAGES for name in page.inline if re.fullmatch(r"[a-z][\w.]*", name)}
    files = {
        name for name in names if re.search(r"\.(csv|gpkg|html|json|shp|toml|xlsx|yml)$", name)
    }
    parts = {part for name in names - files for part in name.split(".")}
    assert sorted(parts - known) == []
