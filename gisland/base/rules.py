"""Rule sets: every policy number with its unit, operator, denominator, quotation and source."""

from __future__ import annotations

import difflib
import hashlib
import json
import sys
import tomllib
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.errors import RulesError, did_you_mean
from gisland.base.rulespecs import SPECS, Spec
from gisland.base.schema import USE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Value = float | bool | tuple[str, ...]

MODES = ("on", "advisory", "off")
STATUSES = ("sourced", "seed", "general knowledge")
OPERATORS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
AREA_DECIMALS = 2  # areas are compared at 0.01 m², shares and ratios at 1e-6
SHARE_DECIMALS = 6


REQUIRED = ("mode", "title", "section", "quotation", "source", "status")
OPTIONAL = ("value", "unit", "operator", "denominator", "note")


@dataclass(frozen=True)
class Rule:
    """One rule with its number and its source.

    Parameters
    ----------
    id
        Such as ``scrap.share_cap`` or ``fragment.min_lot.industrial``.
    mode
        ``on``: decides. ``advisory``: reported only. ``off``: not evaluated.
    value
        A number in `unit`, a flag, or texts.
    operator
        The comparison that a measured number must pass, such as ``<=``; empty for flags, texts.
    denominator
        What a share is taken over; empty where there is none.
    status
        ``sourced``, ``seed`` (known through a case collection) or ``general knowledge``.
    """

    id: str
    mode: str
    value: Value
    unit: str
    operator: str
    denominator: str
    title: str
    section: str
    quotation: str
    source: str
    status: str
    note: str = ""

    @property
    def limit(self) -> float:
        """The number of a numeric rule; flags give 1.0 or 0.0, texts NaN."""
        return float("nan") if isinstance(self.value, tuple) else float(self.value)

    def holds(self, measured: pd.Series) -> pd.Series:
        """Compare measured values with the limit, areas at 0.01 m², ratios at 1e-6.

        Parameters
        ----------
        measured
            Numbers in the rule's unit; missing values are allowed.

        Returns
        -------
        pandas.Series
            ``boolean`` dtype on the index of `measured`, ``<NA>`` where the value is missing.

        Examples
        --------
        >>> cap = load_rules("guangdong-2009")["scrap.area_cap"]
        >>> cap.holds(pd.Series([1999.99, 2000.0, None])).tolist()
        [True, False, <NA>]
        """
        decimals = AREA_DECIMALS if self.unit in {"m2", "m"} else SHARE_DECIMALS
        rounded = pd.to_numeric(measured).astype("Float64").round(decimals)
        compared = OPERATORS[self.operator](
            rounded.to_numpy("float64", na_value=np.nan), round(self.limit, decimals)
        )
        return pd.Series(compared, index=measured.index, dtype="boolean").mask(rounded.isna())


@dataclass(frozen=True)
class RuleSet:
    """The rules in force at one place and date; `extends` names the sets it builds on.

    Indexing by id gives the rule, or a rule in mode ``off`` where the set has none.
    """

    name: str
    title: str
    jurisdiction: str
    vintage: int
    rules: Mapping[str, Rule]
    extends: tuple[str, ...] = ()

    def __getitem__(self, rule_id: str) -> Rule:
        """Rule of this id; one in mode ``off`` if the set does not have it."""
        if rule_id in self.rules:
            return self.rules[rule_id]
        spec = _spec(rule_id)
        if spec is None:
            raise KeyError(rule_id)
        return Rule(rule_id, "off", False, spec.unit, "", "", "", "", "", "", "")  # noqa: FBT003

    def for_use(self, rule_id: str, use_class: str | None) -> Rule:
        """Rule of a use class: its own, else the one for ``default``.

        Parameters
        ----------
        rule_id
            Such as ``fragment.min_lot``.
        use_class
            Such as ``industrial``; None where it is not known.

        Returns
        -------
        Rule
            In mode ``off`` if the set has neither.

        Examples
        --------
        >>> load_rules("tianjin-2024").for_use("fragment.min_width", "industrial").unit
        'm'
        """
        own = f"{rule_id}.{use_class}"
        return self[own if own in self.rules else f"{rule_id}.default"]

    def __iter__(self) -> Iterator[Rule]:
        """Rules in the order of their ids."""
        return iter(self.rules[k] for k in sorted(self.rules))

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of the rules, whatever the order in the file."""
        text = json.dumps([asdict(r) for r in self], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


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


def load_rules(name: str | Path) -> RuleSet:
    """Load a packaged rule set by its name, or one's own from a TOML file.

    Parameters
    ----------
    name
        Such as ``tianjin-2024``, or the path of a ``.toml`` file. A file may say
        ``extends = "tianjin-2024"`` in its ``[ruleset]`` and override single rules or single
        values; a changed limit without a quotation of its own loses the old one's.

    Returns
    -------
    RuleSet
        Frozen, with a fingerprint.

    Raises
    ------
    RulesError
        If the set is unknown, or a key is missing, unknown or mistyped; names file and key.

    Examples
    --------
    >>> rules = load_rules("tianjin-2024")
    >>> cap = rules["scrap.share_cap"]
    >>> cap.value, cap.operator, cap.denominator
    (0.1, '<=', 'including')
    """
    tables = _chain(name, seen=())
    head: dict[str, Any] = {}
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        head.update(table.head)
        for rule_id, record in table.records.items():
            merged[rule_id] = _overriding(merged.get(rule_id), record, table.path)
    path = tables[-1].path
    _require_head(path, head)
    rules = {k: _rule(path, k, v) for k, v in sorted(merged.items())}
    return RuleSet(**head, rules=rules, extends=tuple(t.head["name"] for t in tables[:-1]))


@dataclass(frozen=True)
class _Table:
    """One rule file: where it is, its head, and its records by rule id."""

    path: str
    head: dict[str, Any]
    records: dict[str, dict[str, Any]]


def _overriding(base: dict[str, Any] | None, own: dict[str, Any], path: str) -> dict[str, Any]:
    """A record over that of the set it extends; a changed limit loses the quotation of the old."""
    if base is None:
        return own
    changed = [k for k in LIMIT if k in own and own[k] != base.get(k)]
    if not changed or "quotation" in own:
        return {**base, **own}
    was = ", ".join(f"{k} {base.get(k, '-')}" for k in changed)  # no words: titles have a language
    note = f"{own['note']}; " if own.get("note") else ""
    told = {
        "title": Path(path).name,
        "section": "",
        "quotation": "",
        "source": Path(path).name,
        "status": "general knowledge",
    }
    return {**base, **told, **own, "note": f"{note}← {was} ({base.get('title', '')})"}


def _chain(name: str | Path, *, seen: tuple[str, ...]) -> list[_Table]:
    """The tables of a rule set and of those it extends, the most basic first."""
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
    table = _Table(path, head, _records(path, raw.get("rule", {})))
    if str(base).endswith(".toml"):
        base = Path(path).parent / str(base)
    below = _chain(base, seen=(*seen, key)) if base else []
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


HEAD = {"name": str, "title": str, "jurisdiction": str, "vintage": int}
LIMIT = ("value", "operator", "denominator")


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
    for key in sorted(set(head) - {*HEAD, "extends"}):
        raise RulesError(
            f"{path}: [ruleset] has no key {key!r}", do=did_you_mean(key, [*HEAD, "extends"])
        )
    if not isinstance(head.get("name"), str):
        raise RulesError(f"{path}: [ruleset] name is {head.get('name')!r}", do="give it a name")
    if not isinstance(head.get("extends", ""), str):
        raise RulesError(
            f"{path}: [ruleset] extends is {head['extends']!r}", do="give the name of a set"
        )
    return head


def _require_head(path: str, head: dict[str, Any]) -> None:
    """All names of a set, its own or those of the set it extends."""
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
        if leaves and _spec(prefix) is None:
            raise RulesError(
                f"{path}: unknown rule [rule.{prefix}]", do=did_you_mean(prefix, _ids())
            )
        if leaves:
            for key in sorted(set(leaves) - {*REQUIRED, *OPTIONAL}):
                raise RulesError(
                    f"{path}: [rule.{prefix}] has no key {key!r}",
                    do=did_you_mean(key, [*REQUIRED, *OPTIONAL]),
                )
            found[prefix] = leaves
        for key, child in node.items():
            if isinstance(child, dict):
                walk(f"{prefix}.{key}" if prefix else key, child)

    walk("", tree)
    return found


def _spec(rule_id: str) -> Spec | None:
    if rule_id in SPECS:
        return None if SPECS[rule_id].by_use_class else SPECS[rule_id]
    stem, _, use_class = rule_id.rpartition(".")
    spec = SPECS.get(stem)
    known = use_class in ("default", *USE_CLASSES)
    return spec if spec and spec.by_use_class and known else None


def _ids() -> list[str]:
    """Every id a rule may have."""
    uses = ("default", *USE_CLASSES)
    return [
        i
        for k, spec in SPECS.items()
        for i in ([f"{k}.{use}" for use in uses] if spec.by_use_class else [k])
    ]


def _rule(path: str, rule_id: str, record: dict[str, Any]) -> Rule:
    spec = _spec(rule_id)
    where = f"{path}: [rule.{rule_id}]"
    for key in REQUIRED:
        if not isinstance(record.get(key), str):
            raise RulesError(f"{where} {key} is {record.get(key)!r}", do="give a text")
    _one_of(where, "mode", record["mode"], known=MODES)
    _one_of(where, "status", record["status"], known=STATUSES)
    if spec is None:  # pragma: no cover - _records has checked
        raise RulesError(f"{where} is unknown", do="remove it")
    value = _value(where, spec, record.get("value"))
    if record.get("unit", "") != spec.unit:
        raise RulesError(f"{where} unit is {record.get('unit', '')!r}", do=f"use {spec.unit!r}")
    if spec.kind == "number":
        _one_of(where, "operator", record.get("operator", ""), known=spec.operators)
    if spec.denominators:
        _one_of(where, "denominator", record.get("denominator", ""), known=spec.denominators)
    texts = {k: record.get(k, "") for k in (*REQUIRED, "unit", "operator", "denominator", "note")}
    return Rule(id=rule_id, value=value, **texts)


def _value(where: str, spec: Spec, value: object) -> Value:
    top = 1.0 if spec.unit == "share" else sys.float_info.max
    if spec.kind == "number" and type(value) in {int, float} and 0 <= value <= top:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    if spec.kind == "flag" and (value is None or value is True):
        return True
    if spec.kind == "texts" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    number = "a share from 0 to 1 (10 % is 0.1)" if top == 1.0 else "a number of at least 0"
    wanted = {"number": number, "flag": "true, or leave it out", "texts": "a list of texts"}
    raise RulesError(f"{where} value is {value!r}", do=f"give {wanted[spec.kind]}")


def _one_of(where: str, key: str, value: object, *, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RulesError(f"{where} {key} is {value!r}", do=f"use one of {', '.join(known)}")
