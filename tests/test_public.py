"""The public face: every name is there, and importing it stays cheap."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import pytest

import gisland
from gisland import GislandError, rule_set_names

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = [name for name in gisland.__all__ if name != "__version__"]
SECTION = re.compile(r"^([A-Z][a-z]+)\n-+\n", re.MULTILINE)


@pytest.mark.parametrize("name", gisland.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(gisland, name) is not None
    if name != "__version__":
        assert callable(getattr(gisland, name))
    assert name in dir(gisland)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'merge_all'"):
        _ = gisland.merge_all


def test_import_loads_no_heavy_library() -> None:
    heavy = ("geopandas", "folium", "scipy")
    code = f"import sys, gisland; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert shown.stdout.strip() == "[]"


def test_rule_sets_are_listed_without_tables() -> None:
    code = """
import sys
from gisland.base.rulefiles import rule_set_names
from gisland.base.rules import load_rules
import gisland.present.plaintext
for name in rule_set_names():
    load_rules(name)
print([m for m in ("geopandas", "pandas", "shapely") if m in sys.modules])"""
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert shown.stdout.strip() == "[]"


# --- what is said about each public name ---------------------------------------------------------


def sections(documented: object) -> dict[str, str]:
    """Text of a docstring by the title of its section."""
    parts = SECTION.split(inspect.getdoc(documented) or "")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def codes(code: CodeType) -> Iterator[CodeType]:
    """Code of a function, and of all that stands within it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from codes(const)


def refuses(function: FunctionType, seen: set[object]) -> bool:
    """Whether a function, or one of gisland that it calls by name, makes a `GislandError`."""
    seen.add(function)
    for name in sorted({n for code in codes(function.__code__) for n in code.co_names}):
        used = function.__globals__.get(name)
        if isinstance(used, type) and issubclass(used, GislandError):
            return True
        is_ours = isinstance(used, FunctionType) and used.__module__.startswith("gisland.")
        if is_ours and used not in seen and refuses(used, seen):
            return True
    return False


def told_names(section: str) -> set[str]:
    """Names that a section explains: lines that are not indented, perhaps several in one."""
    heads = [line for line in section.splitlines() if line and not line[0].isspace()]
    return {name.strip().lstrip("*") for head in heads for name in head.split(":")[0].split(",")}


def shown(examples: str, name: str) -> bool:
    """Whether an example uses the name and shows more than an error."""
    code = [line for line in examples.splitlines() if line.startswith((">>>", "..."))]
    ends_in_errors = examples.count("Traceback (most recent call last)") >= examples.count(">>> ")
    return any(re.search(rf"\b{name}\b", line) for line in code) and not ends_in_errors


def missing(documented: Any) -> list[str]:  # noqa: ANN401 - a class or a function
    """What the docstring of a public name does not tell."""
    told = sections(documented)
    faults = [] if shown(told.get("Examples", ""), documented.__name__) else ["Examples"]
    if isinstance(documented, type):
        is_data = dataclasses.is_dataclass(documented)
        given = [f for f in dataclasses.fields(documented) if f.init] if is_data else []
        names = {f.name for f in given if "note" not in f.metadata}
        needs_raises = refuses(getattr(documented, "__post_init__", rule_set_names), set())
    else:
        names = set(inspect.signature(documented).parameters)
        needs_raises = refuses(documented, set())
        gives = inspect.signature(documented).return_annotation != "NoReturn"
        faults += ["Returns"] * (gives and "Returns" not in told)
    explained = told_names(told.get("Parameters", "") + told.get("Attributes", ""))
    faults += [f"Parameters: {name}" for name in sorted(names - explained)]
    return faults + ["Raises"] * (needs_raises and "Raises" not in told)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_tells_what_it_takes_gives_and_refuses(name: str) -> None:
    assert missing(getattr(gisland, name)) == []


def told_in_full(table: object) -> object:
    """Planted.

    Parameters
    ----------
    table
        Any.

    Returns
    -------
    object
        The same.

    Raises
    ------
    GislandError
        If there is none.

    Examples
    --------
    >>> told_in_full(1)
    1
    """
    return told_in_nothing(table)


def told_in_nothing(table: object) -> object:
    """Planted."""
    if table is None:
        raise GislandError("no table", do="give one")
    return table


def test_what_is_missing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def told_by_an_error() -> None:
        """Planted.

        Returns
        -------
        None

        Examples
        --------
        >>> told_by_an_error()
        Traceback (most recent call last):
        ...
        ValueError
        """

    everything = ["Examples", "Returns", "Parameters: table", "Raises"]
    assert missing(told_in_nothing) == everything
    assert missing(told_by_an_error) == ["Examples"]
    monkeypatch.setattr(told_in_nothing, "__module__", "gisland.planted")
    assert missing(told_in_full) == []
    assert refuses(told_in_full, set())  # type: ignore[arg-type]
    monkeypatch.setattr(told_in_full, "__doc__", "Planted.")
    assert missing(told_in_full) == everything
