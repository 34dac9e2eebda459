"""Files of rules: the chain of sets that a set extends, their heads and records."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from gisland.base.errors import RulesError, did_you_mean
from gisland.base.rulespecs import plain_id, rule_ids, spec_of

REQUIRED = ("mode", "title", "section", "quotation", "source", "status")
OPTIONAL = ("value", "unit", "operator", "denominator", "note", "not_known", "rounding_m2")
HEAD = {"name": str, "title": str, "jurisdiction": str, "vintage": int}
TOLD = ("not_known", "place", "decides", "left_open")  # texts of a set itself, never inherited
MAY_HEAD = ("extends", *TOLD)
LIMIT = ("value", "operator", "denominator", "rounding_m2")


@dataclass(frozen=True)
class RuleTable:
    """One rule file: where it is, its head, and its records by rule id (`plain_id`)."""

    path: str
    head: dict[str, Any]
    records: dict[str, dict[str, Any]]


def rule_set_names() -> list[str]:
    """Names of the packaged rule sets.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> "tianjin-2024" in rule_set_names()
    True
    """
    folder = resources.files("gisland.base") / "rulesets"
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml"))


def chain(name: str | Path, *, seen: tuple[str, ...] = ()) -> list[RuleTable]:
    """The files of a rule set and of those it extends.

    Parameters
    ----------
    name
        Packaged set, or path of a ``.toml`` file.
    seen
        Sets that extend this one.

    Returns
    -------
    list of RuleTable
        The most basic first.

    Raises
    ------
    RulesError
        If a file is missing, no TOML, or extends itself; names file and key.

    Examples
    --------
    >>> [table.path for table in chain("tianjin-2024")]
    ['common.toml', 'national-2023-171.toml', 'tianjin-2024.toml']
    """
    key = str(Path(name).resolve()) if str(name).endswith(".toml") else str(name)
    if key in seen:
        raise RulesError(f"rule set {name} extends itself", do="break the circle of 'extends'")
    path, text = _text(name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{path} is not valid TOML: {error}", do="mend the file") from error
    head = _head(path, raw)
    base = head.pop("extends", None)
    head |= {key: head.get(key, "") for key in TOLD}
    table = RuleTable(path, head, _records(path, raw.get("rule", {})))
    if str(base).endswith(".toml"):
        base = Path(path).parent / str(base)
    below = chain(base, seen=(*seen, key)) if base else []
    return [*below, table]


def _text(name: str | Path) -> tuple[str, str]:
    if str(name).endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise RulesError(f"rule file {path} does not exist", do="check the path")
        try:
            return str(path), path.read_text("utf-8-sig")  # editors on Windows write a mark
        except UnicodeDecodeError as error:
            raise RulesError(f"{path} is not UTF-8 text", do="save it as UTF-8") from error
    if name not in rule_set_names():
        near = difflib.get_close_matches(str(name), rule_set_names(), n=1)
        hint = f"did you mean {near[0]!r}? known" if near else "known"
        raise RulesError(
            f"there is no rule set {str(name)!r}",
            do=f"{hint}: {', '.join(rule_set_names())}; or give the path of a .toml file",
        )
    file = resources.files("gisland.base") / "rulesets" / f"{name}.toml"
    return f"{name}.toml", file.read_text("utf-8")


def _head(path: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Names of a rule file, as far as it gives them."""
    if "extends" in raw:
        raise RulesError(f"{path}: extends stands above the tables", do="move it into [ruleset]")
    for key in sorted(set(raw) - {"ruleset", "rule"}):
        raise RulesError(f"{path}: unknown table [{key}]", do="use [ruleset] and [rule.…]")
    for key, table in raw.items():
        if not isinstance(table, dict):
            raise RulesError(f"{path}: {key} is {table!r}", do=f"make it a table, [{key}]")
    head = dict(raw.get("ruleset", {}))
    for key in sorted(set(head) - {*HEAD, *MAY_HEAD}):
        raise RulesError(
            f"{path}: [ruleset] has no key {key!r}", do=did_you_mean(key, [*HEAD, *MAY_HEAD])
        )
    if not isinstance(head.get("name"), str):
        raise RulesError(f"{path}: [ruleset] name is {head.get('name')!r}", do="give it a name")
    if not isinstance(head.get("extends", ""), str):
        raise RulesError(
            f"{path}: [ruleset] extends is {head['extends']!r}", do="give the name of a set"
        )
    for key in TOLD:
        if not isinstance(head.get(key, ""), str):
            raise RulesError(f"{path}: [ruleset] {key} is {head[key]!r}", do="give a text")
    return head


def require_head(path: str, head: dict[str, Any]) -> None:
    """Refuse a set that lacks a name, its own or that of the sets it extends.

    Parameters
    ----------
    path
        The file.
    head
        Names of the set.

    Raises
    ------
    RulesError
        If one is missing or mistyped.

    Examples
    --------
    >>> head = {"name": "own", "title": "Own", "jurisdiction": "here", "vintage": 2026}
    >>> require_head("own.toml", head)
    """
    wrong = [k for k, kind in HEAD.items() if type(head.get(k)) is not kind]
    if wrong:
        told = ", ".join(f"{k} is {head.get(k)!r}" for k in wrong)
        kinds = ", ".join(f"{k} a {'number' if HEAD[k] is int else 'text'}" for k in wrong)
        raise RulesError(f"{path}: [ruleset] {told}", do=f"give {kinds}")


def _records(path: str, tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Flatten [rule.scrap.share_cap] tables to records by dotted id."""
    found: dict[str, dict[str, Any]] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        leaves = {k: v for k, v in node.items() if not isinstance(v, dict)}
        if leaves and spec_of(prefix) is None:
            raise RulesError(f"{path}: unknown rule [rule.{prefix}]", do=_meant(prefix))
        if leaves:
            for key in sorted(set(leaves) - {*REQUIRED, *OPTIONAL}):
                raise RulesError(
                    f"{path}: [rule.{prefix}] has no key {key!r}",
                    do=did_you_mean(key, [*REQUIRED, *OPTIONAL]),
                )
            if plain_id(prefix) in found:
                raise RulesError(
                    f"{path}: [rule.{prefix}] names an industry twice", do="leave one of them out"
                )
            found[plain_id(prefix)] = leaves
        for key, child in node.items():
            if isinstance(child, dict):
                walk(f"{prefix}.{key}" if prefix else key, child)

    walk("", tree)
    return found


def _meant(rule_id: str) -> str:
    """What an unknown id may be meant for."""
    stem, _, industry = rule_id.rpartition(".")
    spec = spec_of(stem)
    if spec is not None and spec.by_industry:
        return f"{industry!r} is no code of an industry (GB/T 4754), such as C26 or 2614"
    return did_you_mean(rule_id, rule_ids())
