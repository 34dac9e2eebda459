"""Rule sets: every policy number with its unit, operator, denominator, quotation and source."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisland.base.errors import RulesError
from gisland.base.glance import Glance
from gisland.base.industries import industry_digits
from gisland.base.rulefiles import LIMIT, REQUIRED, RuleTable, chain, require_head
from gisland.base.rulespecs import Spec, plain_id, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

Value = float | bool | tuple[str, ...]

MAY_TELL = ("note", "not_known")
MODES = ("on", "advisory", "off")
STATUSES = ("sourced", "seed", "general knowledge")
OPERATORS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
ROUNDING_M2 = 0.01  # areas are compared at this, unless a rule says otherwise
MOST_STEPS = 10_000  # of ROUNDING_M2
AREA_DECIMALS, SHARE_DECIMALS = 2, 6  # areas and lengths; shares and ratios


@dataclass(frozen=True, repr=False)
class Rule(Glance):
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
    note
        How the words are read.
    not_known
        What the source leaves open.
    rounding_m2
        Areas are rounded to whole multiples of this before they are compared.
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
    not_known: str = ""
    rounding_m2: float = ROUNDING_M2

    _longest = 2000  # a quotation is read to its end

    def _glance(self) -> dict[str, object]:
        texts = self.value if isinstance(self.value, tuple) else ()
        number = f"{self.operator} {self.limit:g} {self.unit}" if self.operator else ""
        return {
            "id": self.id,
            "mode": self.mode,
            "limit": number.rstrip() or ", ".join(texts),
            "denominator": self.denominator,
            "title": self.title,
            "quotation": self.quotation,
            "source": ", ".join(part for part in (self.source, self.section) if part),
            "status": self.status,
            "note": self.note,
            "not known": self.not_known,
        }

    @property
    def limit(self) -> float:
        """The number of a numeric rule; flags give 1.0 or 0.0, texts NaN."""
        return float("nan") if isinstance(self.value, tuple) else float(self.value)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that a rule lists; numbers and flags list none."""
        return self.value if isinstance(self.value, tuple) else ()

    def holds(self, measured: pd.Series) -> pd.Series:
        """Compare measured values with the limit: areas at `rounding_m2`, ratios at 1e-6.

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
        values = pd.to_numeric(measured).astype("Float64").to_numpy("float64", na_value=np.nan)
        compared = OPERATORS[self.operator](self.rounded(values), self.rounded(self.limit))
        return pd.Series(compared, index=measured.index, dtype="boolean").mask(np.isnan(values))

    @property
    def rounding_cents(self) -> int:
        """Step of the compared areas in whole hundredths of a square metre."""
        return round(self.rounding_m2 / ROUNDING_M2)

    def rounded(self, values: NDArray[np.floating] | float) -> NDArray[np.floating]:
        """Numbers in the rule's unit as they are compared.

        Parameters
        ----------
        values
            Measured numbers, NaN where missing.

        Returns
        -------
        numpy.ndarray
            Areas in whole multiples of `rounding_m2`, lengths to 0.01 m, all else to 1e-6.

        Examples
        --------
        >>> load_rules("guangdong-2009")["scrap.area_cap"].rounded(1999.996).item()
        2000.0
        """
        if self.unit == "m2":
            step = self.rounding_cents
            return np.round(np.asarray(values) * 100 / step) * step / 100
        return np.round(values, AREA_DECIMALS if self.unit == "m" else SHARE_DECIMALS)


@dataclass(frozen=True, repr=False)
class RuleSet(Glance):
    """The rules in force at one place and date; `extends` names the sets it builds on.

    Indexing by id gives the rule, or a rule in mode ``off`` where the set has none.

    Parameters
    ----------
    name
        That of the file, such as ``tianjin-2024``.
    title
        For display.
    jurisdiction
        Where it is in force.
    vintage
        Year from which it is.
    rules
        By id.
    extends
        Names of the sets it builds on, the most general first.
    not_known
        What its sources leave open.
    place, decides, left_open
        In English, for the table of rule sets: where it holds, what it adds to those that it builds
        on, and what its texts do not say.

    Examples
    --------
    >>> rules = load_rules("tianjin-2024")
    >>> isinstance(rules, RuleSet), rules.vintage
    (True, 2024)
    >>> cap = rules["scrap.share_cap"]
    >>> f"{cap.operator} {cap.limit:.0%} of the project land {cap.denominator} the scraps"
    '<= 10% of the project land including the scraps'
    """

    name: str
    title: str
    jurisdiction: str
    vintage: int
    rules: Mapping[str, Rule]
    extends: tuple[str, ...] = ()
    not_known: str = ""
    place: str = ""
    decides: str = ""
    left_open: str = ""

    def __getitem__(self, rule_id: str) -> Rule:
        """Rule of this id; one in mode ``off`` if the set does not have it."""
        rule_id = plain_id(rule_id)
        if rule_id in self.rules:
            return self.rules[rule_id]
        spec = spec_of(rule_id)
        if spec is None:
            raise KeyError(rule_id)
        return Rule(rule_id, "off", False, spec.unit, "", "", "", "", "", "", "")  # noqa: FBT003

    def for_use(self, rule_id: str, use_class: str | None, industry: str | None = None) -> Rule:
        """Rule of a use class: that of its industry, else its own, else the one for ``default``.

        Parameters
        ----------
        rule_id
            Such as ``fragment.min_lot``.
        use_class
            Such as ``industrial``; None where it is not known.
        industry
            Code of GB/T 4754, such as ``C2614``: the rule of the longest code that it begins with
            holds. None where it is not known; what is no code counts as not known.

        Returns
        -------
        Rule
            In mode ``off`` if the set has none of them.

        Examples
        --------
        >>> load_rules("tianjin-2024").for_use("fragment.min_width", "industrial").unit
        'm'
        >>> load_rules("tianjin-2024").for_use("low_use.far", "industrial", "C2614").id
        'low_use.far.industrial.26'
        """
        digits = industry_digits(industry)
        for stem in (f"{rule_id}.{use_class}", f"{rule_id}.default"):
            codes = [f"{stem}.{digits[:n]}" for n in range(len(digits), 1, -1)]
            found = next((i for i in [*codes, stem] if i in self.rules), None)
            if found is not None:
                return self.rules[found]
        return self[f"{rule_id}.default"]

    def __iter__(self) -> Iterator[Rule]:
        """Rules in the order of their ids."""
        return iter(self.rules[k] for k in sorted(self.rules))

    def _glance(self) -> dict[str, object]:
        modes = [rule.mode for rule in self]
        return {
            "name": self.name,
            "title": self.title,
            "jurisdiction": self.jurisdiction,
            "vintage": self.vintage,
            "extends": ", ".join(self.extends),
            "rules": ", ".join(f"{modes.count(m)} {m}" for m in MODES if m in modes),
            "fingerprint": self.fingerprint,
        }

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of the rules, whatever the order in the file."""
        text = json.dumps([asdict(r) for r in self], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_rules(name: str | Path) -> RuleSet:
    """Load a packaged rule set by its name, or one's own from a TOML file.

    Parameters
    ----------
    name
        Such as ``tianjin-2024``, or the path of a ``.toml`` file. A file may say
        ``extends = "tianjin-2024"`` in its ``[ruleset]`` and override single rules or single
        values; a changed limit without a quotation of its own loses the old one's. A limit or mode
        of a use class drops the rules by industry that the sets below have for it; its note tells
        which.

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
    tables = chain(name)
    head: dict[str, Any] = {}
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        head.update(table.head)
        own = {i: _overriding(merged.get(i), r, table.path) for i, r in table.records.items()}
        merged |= own
        _drop_industries(merged, table)
    path = tables[-1].path
    require_head(path, head)
    rules = {k: _rule(path, k, v) for k, v in sorted(merged.items())}
    return RuleSet(**head, rules=rules, extends=tuple(t.head["name"] for t in tables[:-1]))


def _overriding(base: dict[str, Any] | None, own: dict[str, Any], path: str) -> dict[str, Any]:
    """A record over that of the set it extends; a changed limit loses the quotation of the old."""
    if base is None:
        return own
    if {"quotation", "source"} & set(own):  # another text: what it leaves open is its own
        base = {**base, "not_known": ""}
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
        "not_known": "",
    }
    return {**base, **told, **own, "note": f"{note}← {was} ({base.get('title', '')})"}


def _drop_industries(merged: dict[str, dict[str, Any]], table: RuleTable) -> None:
    """A new limit or mode of a use class is not defeated by industries of the sets below it."""
    for stem, record in table.records.items():
        dropped = [i for i in merged if i.startswith(f"{stem}.") and i not in table.records]
        if dropped and {*LIMIT, "mode"} & set(record):
            codes = "/".join(sorted(i.removeprefix(f"{stem}.") for i in dropped))
            note = merged[stem].get("note", "")
            told = f"× {stem}.{codes}"  # no words, as above
            merged[stem] = {**merged[stem], "note": f"{note}; {told}" if note else told}
            for i in dropped:
                del merged[i]


def _rule(path: str, rule_id: str, record: dict[str, Any]) -> Rule:
    spec = spec_of(rule_id)
    where = f"{path}: [rule.{rule_id}]"
    if spec is None:  # pragma: no cover - _records has checked
        raise RulesError(f"{where} is unknown", do="remove it")
    missing = [k for k in _needed(spec) if k not in record]
    if missing:
        raise RulesError(
            f"{where} has no {', '.join(missing)}",
            do='give them, as no set that it extends has this rule; texts may be ""',
        )
    for key in (*REQUIRED, *MAY_TELL):
        told = record.get(key, "" if key in MAY_TELL else None)
        if not isinstance(told, str):
            raise RulesError(f"{where} {key} is {told!r}", do="give a text")
    _one_of(where, "mode", record["mode"], known=MODES)
    _one_of(where, "status", record["status"], known=STATUSES)
    value = _value(where, spec, record.get("value"))
    if record.get("unit", "") != spec.unit:
        raise RulesError(f"{where} unit is {record.get('unit', '')!r}", do=f"use {spec.unit!r}")
    if spec.kind == "number":
        _one_of(where, "operator", record.get("operator", ""), known=spec.operators)
    if spec.denominators:
        _one_of(where, "denominator", record.get("denominator", ""), known=spec.denominators)
    keys = (*REQUIRED, "unit", "operator", "denominator", *MAY_TELL)
    texts = {k: record.get(k, "") for k in keys}
    return Rule(id=rule_id, value=value, **texts, rounding_m2=_rounding(where, spec, record))


def _needed(spec: Spec) -> list[str]:
    """Keys that a rule must have."""
    asked = {
        "value": spec.kind != "flag",
        "unit": bool(spec.unit),
        "operator": spec.kind == "number",
        "denominator": bool(spec.denominators),
    }
    return [*REQUIRED, *(key for key, needed in asked.items() if needed)]


def _rounding(where: str, spec: Spec, record: dict[str, Any]) -> float:
    """Step of the areas that a rule compares: whole hundredths of a square metre."""
    step = record.get("rounding_m2", ROUNDING_M2)
    if "rounding_m2" in record and not spec.rounds:
        raise RulesError(f"{where} compares no areas", do="take rounding_m2 out")
    steps = step / ROUNDING_M2 if type(step) in {int, float} else float("nan")
    if not 1 <= steps <= MOST_STEPS or abs(steps - round(steps)) > 1e-6:  # noqa: PLR2004 - noise
        raise RulesError(
            f"{where} rounding_m2 is {step!r}",
            do="give a whole multiple of 0.01 up to 100, such as 0.01, 0.1 or 1",
        )
    return float(step)


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
