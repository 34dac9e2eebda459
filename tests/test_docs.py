"""README and change log are there and right; no text names a machine or a package registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import gisland
from markdowns import Page, follow

ROOT = Path(__file__).resolve().parents[1]
TEXT = {"", ".cfg", ".css", ".csv", ".html", ".js", ".json", ".lock", ".md", ".py", ".sh", ".svg"}
TEXT |= {".toml", ".txt", ".yaml", ".yml", ".jinja", ".j2", ".prj", ".cpg", ".geojson"}

_HOSTS = [
    *(("py", "pi.org"), ("python", "hosted"), ("np", "mjs"), ("deb.", "debian.org")),
    *(("security.", "debian.org"), ("archive.", "ubuntu.com"), ("conda.", "anaconda.org")),
    *(("repo.", "anaconda.com"), ("proxy.", "golang.org")),
]
_FOLDERS = ["work", "farm", "home", "root", "Users", "opt", "mnt"]
FORBIDDEN = re.compile(
    "|".join(
        [
            *(re.escape(one + two) for one, two in _HOSTS),
            rf"(?<![\w.:/~-])/(?:{'|'.join(_FOLDERS)})/\w",
            r"(?i:\b[a-z]:\\+users\b)",
        ]
    )
)


def tracked() -> list[Path]:
    """Text files that belong to the project: what git tracks or would, or all without git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
        )
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        apart = re.compile(
            r"(^|/)(\.git|\.venv|\.hypothesis|build|dist|out|__pycache__|\.\w+_cache)/"
        )
        paths = [p for p in ROOT.rglob("*") if not apart.search(p.relative_to(ROOT).as_posix())]
    return sorted(p for p in paths if p.suffix in TEXT and p.is_file())


def pages() -> list[str]:
    """Pages in Markdown, by their path in the project."""
    return [path.relative_to(ROOT).as_posix() for path in tracked() if path.suffix == ".md"]


def forbidden(text: str) -> list[str]:
    return [f"{n}: {line[:100]}" for n, line in enumerate(text.split("\n"), 1) if bad(line)]


def bad(line: str) -> bool:
    return FORBIDDEN.search(line) is not None


LINKS = [(page, target) for page in pages() for target in dict.fromkeys(Page(page).links)]


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_or_picture_leads_somewhere(page: str, target: str) -> None:
    assert follow(Page(page), target) == ""


def test_the_pages_are_looked_at() -> None:
    assert {"README.md", "README.zh.md", "docs/guide.md", "data/sample/README.md"} <= set(pages())


@pytest.mark.parametrize("target", ["nowhere.md", "docs/guide.md#nowhere", "#nowhere"])
def test_a_link_to_nowhere_is_found(target: str) -> None:
    assert follow(Page("README.md"), target) != ""


def test_change_log_knows_this_version() -> None:
    titles = re.findall(r"(?m)^## (.+)$", ROOT.joinpath("CHANGELOG.md").read_text("utf-8"))
    assert titles
    assert titles[0] == "Unreleased" or titles[0].startswith(gisland.__version__)


def test_no_text_names_a_registry_or_a_machine() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if (lines := forbidden(path.read_text("utf-8", errors="replace")))
    }
    assert found == {}


def test_the_project_files_are_looked_at() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert {"pyproject.toml", "scripts/dev.py", ".ci/run", "LICENSE", "requirements.lock"} <= names


@pytest.mark.parametrize(
    "line",
    [
        *("https://" + one + two + "/simple" for one, two in _HOSTS),
        *("see /" + folder + "/a" for folder in _FOLDERS),
        '"C:' + "\\Users\\li" + '"',
        "C:" + "\\\\users\\\\li",
    ],
)
def test_a_planted_word_is_found(line: str) -> None:
    assert forbidden(f"first\n{line}\n") == [f"2: {line}"]


@pytest.mark.parametrize(
    "line", ["data/home/a.shp", "https://example.org/home/a", "~/home/a", "../home/a", "a / home"]
)
def test_an_innocent_word_is_left_alone(line: str) -> None:
    assert forbidden(line) == []


def test_links_code_and_numbers_are_found(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    text = "# A b\n![a](m/a.png) [b](b.md#c) [w](https://example.org) 1,000 m\n```sh\nls # 3\n```\n"
    file.write_text(text, "utf-8", newline="\n")
    page = Page(str(file))
    assert page.links == ["m/a.png", "b.md#c"]
    assert (page.numbers, page.anchors) == (["1,000"], {"a-b"})
    assert (page.blocks("sh"), page.bare_blocks) == (["ls # 3\n"], [("sh", ["ls"])])
