"""What is handed out: wheel and source archive hold all that is needed and no more, and work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from markdown_it import MarkdownIt

from gisland.base.version import __version__
from gisland.jobs import sample_folder
from gisland.layers.casefiles import case_folder
from markdowns import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

ROOT = Path(__file__).resolve().parents[1]
HOMES = {"gisland": "gisland", "data/sample": "gisland/sample", "data/cases": "gisland/case_data"}
INFO = f"gisland-{__version__}.dist-info"
TOP = f"gisland-{__version__}"  # folder of the source archive
BIN = "Scripts" if os.name == "nt" else "bin"
STALE = ("gisland-out", "__pycache__", ".ipynb_checkpoints", ".DS_Store")
DEADLINE_S = 600


class Built(NamedTuple):
    """The two archives."""

    wheel: Path
    sdist: Path


def build(source: Path, to: Path, *which: str) -> list[Path]:
    """Build archives with what is installed; nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(to), *which]
    env = {**os.environ, "PYTHONUTF8": "1"}
    env.pop("SOURCE_DATE_EPOCH", None)
    subprocess.run(command, cwd=source, env=env, capture_output=True, check=True)
    return sorted(to.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    sdist, wheel = sorted(build(ROOT, tmp_path_factory.mktemp("dist")), key=lambda p: p.suffix)
    return Built(wheel, sdist)


def wheel_files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}


def sdist_files(path: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            opened = archive.extractfile(member)
            if opened is not None:
                found[member.name] = opened.read()
    return found


def metadata(built: Built) -> Message:
    return message_from_bytes(wheel_files(built.wheel)[f"{INFO}/METADATA"])


def in_tree() -> dict[str, bytes]:
    """What the wheel is to hold of the tree, by its place in the wheel."""
    found = {}
    for folder, home in HOMES.items():
        for path in ROOT.joinpath(folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            if path.is_file() and not set(inside.parts) & set(STALE):
                found[f"{home}/{inside.as_posix()}"] = path.read_bytes()
    return found


def test_the_wheel_holds_the_package_its_sample_and_cases_and_nothing_else(built: Built) -> None:
    held = wheel_files(built.wheel)
    own = {name: data for name, data in held.items() if not name.startswith(f"{INFO}/")}
    wanted = in_tree()
    assert sorted(own) == sorted(wanted)
    assert [name for name, data in own.items() if data != wanted[name]] == []
    kinds = {Path(name).suffix for name in own}
    assert {".css", ".js", ".j2", ".toml", ".gpkg", ".shp", ".csv"} <= kinds
    assert sorted(name.removeprefix(f"{INFO}/") for name in held if name not in own) == [
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "licenses/NOTICE",
    ]


def test_the_source_archive_makes_the_same_wheel(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (again,) = build(tmp_path / TOP, tmp_path / "dist", "-t", "wheel")
    assert again.name == built.wheel.name
    assert again.read_bytes() == built.wheel.read_bytes()


def test_the_source_archive_holds_what_its_readme_leads_to(built: Built) -> None:
    held = {name.removeprefix(f"{TOP}/") for name in sdist_files(built.sdist)}
    wanted = {"LICENSE", "NOTICE", "CHANGELOG.md", "pyproject.toml", "requirements.lock"}
    assert wanted | {"environment.yml", "scripts/dev.py", "tests/conftest.py"} <= held
    assert [name for name in held if re.search(r"(^|/)(__pycache__|\.venv|out|\.git)/", name)] == []
    for readme in sorted(name for name in held if re.fullmatch(r"README(\.\w+)?\.md", name)):
        for target in Page(readme).links:
            inside = target.partition("#")[0].strip("/")
            assert (
                not inside or inside in held or any(name.startswith(f"{inside}/") for name in held)
            ), target


def test_two_builds_have_equal_bytes(built: Built, tmp_path: Path) -> None:
    for path in build(ROOT, tmp_path / "again"):
        first = built.wheel if path.suffix == ".whl" else built.sdist
        assert path.read_bytes() == first.read_bytes(), path.name


def test_results_beside_the_sample_are_not_handed_out(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    for stale in ("data/sample/gisland-out/run.json", "gisland/__pycache__/cli.cpython-311.pyc"):
        path = tmp_path / TOP / stale
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"old")
    (again,) = build(tmp_path / TOP, tmp_path / "dist", "-t", "wheel")
    assert sorted(wheel_files(again)) == sorted(wheel_files(built.wheel))


def test_the_metadata_are_right(built: Built) -> None:
    told = metadata(built)
    assert told["Name"] == "gisland"
    assert told["Version"] == __version__
    assert told["License-Expression"] == "Apache-2.0"
    assert told.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert told["Requires-Python"] == ">=3.11"
    assert told.get_all("Project-URL") is None  # there is none, and none is made up
    assert told["Home-page"] is None
    assert len(told["Summary"]) < 200
    assert b"gisland = gisland.cli:main" in wheel_files(built.wheel)[f"{INFO}/entry_points.txt"]


def test_the_description_is_the_readme_and_can_be_rendered(built: Built) -> None:
    told = metadata(built)
    assert told["Description-Content-Type"] == "text/markdown"
    text = str(told.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
    assert text.strip() == ROOT.joinpath("README.md").read_text("utf-8").strip()
    page = MarkdownIt("commonmark").enable("table").render(text)
    assert page.count("<h1>") == 1
    assert "<table>" in page
    outside_code = re.sub(r"(?s)<(pre|code)\b.*?</\1>", "", page)
    assert not re.search(r"\|\s*-{3,}|\]\(|```", outside_code)  # marks that were not understood


# --- installed, with the source tree absent -------------------------------------------------------


class Installed(NamedTuple):
    """An environment that holds the wheel, and an empty folder to work in."""

    python: Path
    command: Path
    empty: Path

    def say(self, *words: str, code: int = 0) -> str:
        """Output of a command that is started in the empty folder."""
        done = subprocess.run(
            words,
            cwd=self.empty,
            env=clean_env(),
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
        told = done.stdout.decode("utf-8")
        assert done.returncode == code, told + done.stderr.decode("utf-8", "replace")
        return told


def clean_env() -> dict[str, str]:
    """An environment through which the source tree cannot come in."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GISLAND", "COV"))}
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, which sees the libraries that are installed here.

    The libraries come by a path file; path files inside that folder, such as that of an editable
    checkout, are not read then.
    """
    place = tmp_path_factory.mktemp("项目 资料")
    home = place / "环境 env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / BIN / ("python.exe" if os.name == "nt" else "python")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([python, "-c", where], env=clean_env(), capture_output=True, check=True)
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    path_file = Path(asked.stdout.decode("utf-8").strip()) / "libraries.pth"
    path_file.write_text("\n".join(sorted(libraries)), "utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = ["install", "-qq", "--no-deps", "--no-index", str(built.wheel)]
    subprocess.run([*pip, *install], env=clean_env(), capture_output=True, check=True)
    empty = place / "空 folder"
    empty.mkdir()
    return Installed(python, home / BIN / "gisland", empty)


ASK = """
import sys, gisland as gl
assert not [p for p in sys.path if p and p == {root!r}], sys.path
print(gl.__file__, gl.sample_folder(), len(gl.rule_set_names()), sep="\\n")
for name in gl.__all__:
    getattr(gl, name)
"""


def test_the_installed_package_is_not_the_source_tree(installed: Installed) -> None:
    told = installed.say(str(installed.python), "-c", ASK.format(root=str(ROOT)))
    file, sample, sets = told.splitlines()
    inside = installed.python.parent.parent
    assert Path(file).is_relative_to(inside)
    assert Path(sample) == Path(file).parent / "sample"
    assert int(sets) == len(list(ROOT.glob("gisland/base/rulesets/*.toml")))
    assert installed.say(str(installed.command), "--version").strip() == f"gisland {__version__}"


def test_the_installed_commands_find_rules_cases_and_texts(installed: Installed) -> None:
    command = str(installed.command)
    assert "tianjin-2024" in installed.say(command, "rules", "list")
    assert "0.1" in installed.say(command, "rules", "show", "tianjin-2024")
    assert len(installed.say(command, "cases", "--language", "en").splitlines()) > 100
    assert list(installed.empty.iterdir()) == []


EXPLORE = """
import gisland as gl
gl.explore("gisland-demo").save("own.html")
"""


def test_the_installed_demo_runs_in_an_empty_folder(installed: Installed) -> None:
    command = str(installed.command)
    assert "proved optimal for 12 of 12" in installed.say(command, "demo")
    out = installed.empty / "gisland-demo"
    wanted = {"ledger.xlsx", "map.html", "report.html", "results.gpkg", "run.json", "surfaces"}
    assert {p.name for p in out.iterdir()} == wanted
    assert installed.say(command, "verify", "gisland-demo").startswith("verified")
    assert "420190" in installed.say(command, "explain", "gisland-demo", "420190005004GB00003")
    installed.say(str(installed.python), "-c", EXPLORE)
    assert "<!DOCTYPE html>" in (installed.empty / "own.html").read_text("utf-8")[:200]
    for page in ("map.html", "report.html"):
        assert str(installed.empty) not in (out / page).read_text("utf-8")


@pytest.mark.parametrize(
    ("folder_of", "own", "beside", "holds"),
    [
        (sample_folder, "sample", "data/sample", "gisland.toml"),
        (case_folder, "case_data", "data/cases", "documents.toml"),
    ],
)
def test_folders_of_other_packages_do_not_stand_for_the_own(
    folder_of: Callable[[], Path],
    own: str,
    beside: str,
    holds: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in site-packages, where a folder named data may be anybody's."""
    monkeypatch.setattr(resources, "files", tmp_path.joinpath)
    folders = [tmp_path / beside, tmp_path / "gisland" / own]
    for folder in folders:
        folder.mkdir(parents=True)
        folder.joinpath(holds).touch()
        assert folder_of() == folder  # of a checkout first, then the package has its own
