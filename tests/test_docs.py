"""README and change log are there and right; no text names a machine or a package registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import gisland

ROOT = Path(__file__).resolve().parents[1]
TOP = 60  # lines of the README that a newcomer surely reads
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


def readme() -> str:
    return ROOT.joinpath("README.md").read_text("utf-8")


def links(text: str) -> list[str]:
    """Targets of links and pictures that lie in the repository."""
    found = re.findall(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)", text)
    found += re.findall(r"""<(?:img|a)\b[^>]*?\b(?:src|href)=["']([^"']+)""", text)
    return [t.split("#")[0] for t in found if not re.match(r"[a-z]+:|#", t)]


def code_blocks(text: str) -> list[str]:
    return re.findall(r"(?ms)^```python\n(.*?)^```", text)


def tracked() -> list[Path]:
    """Text files that belong to the project: what git tracks or would, or all without git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        apart = re.compile(
            r"(^|/)(\.git|\.venv|\.hypothesis|build|dist|out|__pycache__|\.\w+_cache)/"
        )
        paths = [p for p in ROOT.rglob("*") if not apart.search(p.relative_to(ROOT).as_posix())]
    return sorted(p for p in paths if p.suffix in TEXT and p.is_file())


def forbidden(text: str) -> list[str]:
    return [f"{n}: {line[:100]}" for n, line in enumerate(text.split("\n"), 1) if bad(line)]


def bad(line: str) -> bool:
    return FORBIDDEN.search(line) is not None


def test_readme_shows_the_two_commands_at_its_top() -> None:
    top = "\n".join(readme().splitlines()[:TOP])
    assert "python3 scripts/dev.py demo" in top
    assert "python3 scripts/dev.py test" in top


def test_readme_links_and_pictures_exist() -> None:
    assert [target for target in links(readme()) if not ROOT.joinpath(target).exists()] == []


def test_readme_code_compiles() -> None:
    for block in code_blocks(readme()):
        compile(block, "README.md", "exec")


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


def test_links_and_code_are_found() -> None:
    text = "![a](maps/a.png) [b](b.md#c) [w](https://example.org) [t](#top) <img src='d.png'>\n"
    assert links(text) == ["maps/a.png", "b.md", "d.png"]
    assert code_blocks("```python\nx = 1\n```\n```sh\nls\n```\n") == ["x = 1\n"]
