"""pyproject.toml, environment.yml and requirements.lock agree, and the lock names no place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
NOT_ON_CONDA_FORGE = {"xstatic-leaflet"}
CONDA_NAMES: dict[str, str] = {}  # name in pyproject.toml -> name on conda-forge, where they differ


def pyproject() -> dict[str, Any]:
    return tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))


def bounds(lines: list[str]) -> dict[str, SpecifierSet]:
    """Version bounds by normal name."""
    requirements = map(Requirement, lines)
    return {canonicalize_name(r.name): r.specifier for r in requirements}


def conda(text: str) -> tuple[dict[str, SpecifierSet], list[str]]:
    """Bounds from the dependencies of an environment file, and the lines of its pip section."""
    head, _, below = text.partition("\ndependencies:\n")
    assert "- conda-forge" in head
    lines = [line for line in below.splitlines() if line.strip()]
    at = lines.index("  - pip:")
    assert all(line.startswith("  - ") for line in lines[:at])
    assert all(line.startswith("      - ") for line in lines[at + 1 :])
    return (
        bounds([line.removeprefix("  - ") for line in lines[:at] if line != "  - pip"]),
        [line.removeprefix("      - ") for line in lines[at + 1 :]],
    )


def pins(text: str) -> dict[str, Version]:
    """Versions by name from a lock; anything but comments and ``name==version`` is an error."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([A-Za-z0-9.!+]+)", line)
            assert match, f"not name==version: {line}"
            found[match[1]] = Version(match[2])
    return found


def test_conda_environment_and_pyproject_agree() -> None:
    stated, by_pip = conda(ROOT.joinpath("environment.yml").read_text("utf-8"))
    project = pyproject()["project"]
    wanted = bounds(project["dependencies"])
    from_pip = bounds([line for line in by_pip if not line.startswith("-")])
    assert from_pip == {name: wanted[name] for name in NOT_ON_CONDA_FORGE}
    assert stated.pop("python") == SpecifierSet(project["requires-python"])
    assert stated == {
        CONDA_NAMES.get(name, name): bound
        for name, bound in wanted.items()
        if name not in NOT_ON_CONDA_FORGE
    }
    assert [line for line in by_pip if line.startswith("-")] == ["--editable ."]


def test_lock_pins_every_dependency_within_its_bounds() -> None:
    pinned = pins(ROOT.joinpath("requirements.lock").read_text("utf-8"))
    project = pyproject()["project"]
    tools = [*project["optional-dependencies"]["dev"], *pyproject()["build-system"]["requires"]]
    wanted = bounds([*project["dependencies"], *tools, "editables"])
    assert wanted.keys() - pinned.keys() == set()
    outside = {name: str(pinned[name]) for name in wanted if pinned[name] not in wanted[name]}
    assert outside == {}


def test_lock_names_no_place() -> None:
    text = ROOT.joinpath("requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert pins(text)  # and every line is a comment or name==version
    assert not re.search(r"(?m)^#.*(/|\\)(?!dev\.py)", text)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url x",
        "numpy @ file:///a",
        "numpy>=2",
        "./numpy.whl",
        "numpy==2 --hash=sha256:1",
    ],
)
def test_a_lock_line_of_another_kind_is_refused(line: str) -> None:
    with pytest.raises(AssertionError, match="not name==version"):
        pins(line)


def test_another_bound_or_name_is_seen() -> None:
    head = "channels:\n  - conda-forge\ndependencies:\n"
    text = f"{head}  - python >=3.11\n  - numpy >=2.1,<3\n  - pip\n  - pip:\n      - --editable .\n"
    stated, by_pip = conda(text)
    assert stated["numpy"] == SpecifierSet("<3,>=2.1")
    assert stated["numpy"] != SpecifierSet(">=2.1")
    assert by_pip == ["--editable ."]
