"""Files of the case book, read strictly: unknown, missing and mistyped keys are refused."""

from __future__ import annotations

import math
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.cases import BOUNDS, Case, Check, Document, Fact, Step
from gisland.base.errors import CaseError, ProjectError, did_you_mean
from gisland.base.quantities import unit_of
from gisland.base.rule import OPERATORS
from gisland.layers.project import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENTS = "documents.toml"
NAME = re.compile(r"[a-z][a-z0-9_]*")
HEAD = ("case", "document", "chapter", "place", "kind", "facts", "checks")
OF_FACT = ("value", "unit", "at")
OF_CHECK = ("label", "operation", "unit")
MAY_CHECK = ("published", "expected", "rule", "test", "exact", "scope", "note")
AGAINST = ("published", "expected", "rule")  # one of them at most


def case_folder() -> Path:
    """Folder of the case book, in an installed package or in a checkout.

    Returns
    -------
    pathlib.Path
        Holds ``documents.toml`` and a file for each case.

    Raises
    ------
    CaseError
        If the installation lacks it.

    Examples
    --------
    >>> (case_folder() / "10.toml").is_file()
    True
    """
    package = Path(str(resources.files("gisland")))
    # an installed package holds it; what lies beside it there is of other packages
    for folder in (package / "case_data", package.parent / "data" / "cases"):
        if (folder / DOCUMENTS).is_file():
            return folder
    raise CaseError("the case book is not installed", do="install gisland again")


def read_cases(folder: str | Path | None = None) -> tuple[Case, ...]:
    """All cases of a folder.

    Parameters
    ----------
    folder
        By default that of `case_folder`.

    Returns
    -------
    tuple of Case
        By number; those with a letter last.

    Raises
    ------
    CaseError
        If a file is not TOML, or a key is unknown, missing or mistyped; names file and key.

    Examples
    --------
    >>> cases = read_cases()
    >>> len(cases), cases[-1].number, cases[9].facts["scrap"].value
    (28, 'N2', 2.41)
    """
    folder = case_folder() if folder is None else Path(folder)
    documents = _documents(_toml(folder / DOCUMENTS))
    files = sorted(f for f in folder.glob("*.toml") if f.name != DOCUMENTS)
    cases = [_case(file.name, _toml(file), documents) for file in files]
    seen: dict[str, str] = {}
    for case in cases:
        if case.number in seen:
            raise CaseError(
                f"{case.file}: case is {case.number!r}, as in {seen[case.number]}",
                do="number every case once",
            )
        seen[case.number] = case.file
    return tuple(sorted(cases, key=lambda c: (not c.number.isdecimal(), c.number.zfill(9))))


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise CaseError(f"{file} does not exist", do="check the folder") from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{file.name} is not UTF-8 text", do="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{file.name} is not valid TOML: {error}", do="mend the file") from error


def _documents(raw: dict[str, Any]) -> dict[str, Document]:
    found = {}
    for key, node in raw.items():
        where = f"{DOCUMENTS}: [{key}]"
        _keys(where, node, needed=("title", "publisher", "date"))
        title, publisher = (_texts(f"{where} {k}", node[k]) for k in ("title", "publisher"))
        found[key] = Document(title, publisher, _text(f"{where} date", node["date"]))
    return found


def _case(file: str, raw: dict[str, Any], documents: Mapping[str, Document]) -> Case:
    _keys(file, raw, needed=HEAD, may=("steps",))
    document = _text(f"{file}: document", raw["document"])
    if document not in documents:
        raise CaseError(
            f"{file}: document {document!r} is unknown", do=did_you_mean(document, documents)
        )
    steps = _table(f"{file}: [steps]", raw.get("steps", {}))
    if not isinstance(raw["checks"], list) or not raw["checks"]:
        raise CaseError(f"{file}: checks is {raw['checks']!r}", do="give [[checks]] tables")
    facts = _table(f"{file}: [facts]", raw["facts"])
    for name in steps.keys() & facts.keys():
        raise CaseError(f"{file}: [steps.{name}] is a fact too", do="give it another name")
    return Case(
        number=_text(f"{file}: case", raw["case"]),
        file=file,
        document=documents[document],
        chapter=_text(f"{file}: chapter", raw["chapter"]),
        place=_texts(f"{file}: place", raw["place"]),
        kind=_texts(f"{file}: kind", raw["kind"]),
        facts={k: _fact(f"{file}: [facts.{k}]", v, needed=OF_FACT) for k, v in facts.items()},
        steps={k: _step(f"{file}: [steps.{k}]", v) for k, v in steps.items()},
        checks=tuple(
            _check(f"{file}: [[checks]] {n}", v) for n, v in enumerate(raw["checks"], start=1)
        ),
    )


def _table(where: str, node: object) -> dict[str, Any]:
    """A table whose keys are names."""
    if not isinstance(node, dict):
        raise CaseError(f"{where} is {node!r}", do="make it a table")
    for name in node:
        if not NAME.fullmatch(name):
            raise CaseError(f"{where} has a name {name!r}", do="use a-z, 0-9 and _")
    return node


def _fact(where: str, node: object, *, needed: tuple[str, ...]) -> Fact:
    found = _keys(where, node, needed=needed, may=("bound",) if "at" in needed else ())
    value = found["value"]
    if type(value) not in {int, float} or not math.isfinite(value) or value < 0:
        raise CaseError(f"{where} value is {value!r}", do="give a number of at least 0")
    bound = found.get("bound", "")
    if "bound" in found:
        _one_of(f"{where} bound", bound, BOUNDS)
    at = _text(f"{where} at", found["at"]) if "at" in needed else ""
    return Fact(float(value), _unit(where, found["unit"]), at, bound)


def _step(where: str, node: object) -> Step:
    if not isinstance(node, dict):
        raise CaseError(f"{where} is {node!r}", do="make it a table")
    if "operation" not in node:
        raise CaseError(f"{where} has no operation", do="name one")
    arguments: dict[str, str | tuple[str, ...]] = {}
    for key, value in node.items():
        if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            arguments[key] = tuple(value)
        elif isinstance(value, str) and value:
            arguments[key] = value
        else:
            raise CaseError(f"{where} {key} is {value!r}", do="name facts or steps")
    return Step(_text(f"{where} operation", arguments.pop("operation")), arguments)


def _check(where: str, node: object) -> Check:
    if not isinstance(node, dict):
        raise CaseError(f"{where} is {node!r}", do="make it a table")
    told = {k: v for k, v in node.items() if k in {*OF_CHECK, *MAY_CHECK}}
    arguments = {k: v for k, v in node.items() if k not in told or k == "operation"}
    _keys(where, told, needed=OF_CHECK, may=MAY_CHECK)
    _combined(where, told)
    texts = {k: _texts(f"{where} {k}", told[k]) for k in ("scope", "note") if k in told}
    more: dict[str, Any] = dict(texts)
    if "published" in told:
        more["published"] = _text(f"{where} published", told["published"])
    if "expected" in told:
        more["expected"] = _fact(f"{where} expected", told["expected"], needed=("value", "unit"))
    if "rule" in told:
        rule = _keys(f"{where} rule", told["rule"], needed=("set", "id"))
        more["rule"] = tuple(_text(f"{where} rule {k}", rule[k]) for k in ("set", "id"))
    if "test" in told:
        more["test"] = _one_of(f"{where} test", told["test"], tuple(OPERATORS))
    return Check(
        label=_texts(f"{where} label", told["label"]),
        step=_step(where, arguments),
        unit=_unit(where, told["unit"]),
        exact="exact" in told,
        **more,
    )


def _combined(where: str, told: Mapping[str, Any]) -> None:
    """Refuse keys that make no sense together, and flags that are not true."""
    against = [k for k in AGAINST if k in told]
    if len(against) > 1:
        raise CaseError(f"{where} has {' and '.join(against)}", do="keep one of them")
    if not against and "scope" in told:
        raise CaseError(f"{where} has scope, and nothing to be held against", do="take it out")
    for key in ("exact", "test"):
        if key in told and "published" not in told:
            raise CaseError(f"{where} has {key} without published", do="name the published fact")
    if told.get("exact", True) is not True:
        raise CaseError(f"{where} exact is {told['exact']!r}", do="say true, or leave it out")


def _keys(
    where: str, node: object, *, needed: tuple[str, ...], may: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A table with these keys and no others."""
    if not isinstance(node, dict):
        raise CaseError(f"{where} is {node!r}", do="make it a table")
    for key in node:
        if key not in {*needed, *may}:
            raise CaseError(f"{where} has no key {key!r}", do=did_you_mean(key, [*needed, *may]))
    missing = [key for key in needed if key not in node]
    if missing:
        raise CaseError(f"{where} lacks {', '.join(missing)}", do="give them")
    return node


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CaseError(f"{where} is {value!r}", do="give a text")
    return value


def _texts(where: str, value: object) -> dict[str, str]:
    found = _keys(where, value, needed=LANGUAGES)
    return {k: _text(f"{where}.{k}", found[k]) for k in LANGUAGES}


def _one_of(where: str, value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise CaseError(f"{where} is {value!r}", do=f"use one of {', '.join(known)}")
    return str(value)


def _unit(where: str, value: object) -> str:
    name = _text(f"{where} unit", value)
    try:
        unit_of(name)
    except ProjectError as error:
        raise CaseError(f"{where} {error.what}", do=error.do) from error
    return name
