"""Rule sets: every policy number with its unit, operator, denominator, quotation and source."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.glance import Glance
from gisland.base.industries import industry_digits
from gisland.base.rule import MODES, Rule, rule_of
from gisland.base.rulefiles import LIMIT, RuleTable, chain, require_head
from gisland.base.rulespecs import plain_id, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
    rules = {k: rule_of(path, k, v) for k, v in sorted(merged.items())}
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
