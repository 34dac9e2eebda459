"""A page for each packaged rule set, and the table of all sets, from their TOML files."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from gisland.base.rulefiles import chain, rule_set_names
from gisland.base.rules import load_rules
from gisland.base.rulespecs import SPECS
from gisland.present.ruletext import in_words
from pages.text import MADE, both, code, md, table

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

MODES = {"on": "decides", "advisory": "advises", "off": "off, not evaluated"}
STATUSES = ("sourced", "seed", "general knowledge")
HEAD = """# Rule sets

Every limit that gisland uses is data: a value with its unit, comparison and denominator, the words
of the text that it comes from, the source, and how well it is known. Each set below has a page,
made from its TOML file in `gisland/base/rulesets/`. `gisland rules show NAME` prints the same,
`rules = "NAME"` in the project file puts a set in force, and `gisland rules check FILE` checks one
of your own ([how to write one](../guide.md)).

How well a number is known (*status*): **sourced**: the text was seen and is quoted. **seed**: it is
known through a published collection of cases. **general knowledge**: no source was found; check it
before you rely on it.

"""
FOOT = """
Tangshan, Chongqing and Shenyang treat the same kinds of land as scraps too, mostly for public
facilities. No limit of theirs was found, so they have no set of their own (for Chongqing see
[wanzhou](wanzhou.md)).

gisland prepares a decision. It does not replace the reading of the law.
"""


def rule_pages() -> dict[str, str]:
    """The pages by file name."""
    sets = {name: load_rules(name) for name in rule_set_names()}
    ordered = sorted(sets.values(), key=lambda rules: (len(rules.extends), rules.name))
    rows = [_summary(rules) for rules in ordered]
    heads = ("set", "place", "what it adds", "builds on", "status", "left open")
    pages = {"README.md": "".join([MADE, HEAD, table(heads, rows), FOOT])}
    return pages | {f"{name}.md": _page(rules) for name, rules in sets.items()}


def _own(rules: RuleSet) -> list[Rule]:
    own = chain(rules.name)[-1].records
    stems = list(SPECS)
    found = [rule for rule in rules if rule.id in own]
    return sorted(found, key=lambda r: (stems.index(".".join(r.id.split(".")[:2])), r.id))


def _link(name: str) -> str:
    return f"[{md(name)}]({name}.md)"


def _summary(rules: RuleSet) -> tuple[str, ...]:
    states = {rule.status for rule in _own(rules) if rule.mode != "off"}
    return (
        _link(rules.name),
        md(rules.place),
        md(rules.decides),
        _link(rules.extends[-1]) if rules.extends else "",
        md(", ".join(s for s in STATUSES if s in states)),
        md(rules.left_open),
    )


def _page(rules: RuleSet) -> str:
    facts = [
        ("name in the project file", code(f'rules = "{rules.name}"')),
        ("place", f"{md(rules.jurisdiction)} · {md(rules.place)}"),
        ("year of the text", str(rules.vintage) if rules.vintage else "not known"),
        ("builds on", ", then on ".join(_link(name) for name in reversed(rules.extends))),
        ("adds", md(rules.decides)),
        ("left open", md(rules.left_open)),
        ("尚不明确", md(rules.not_known)),
        ("fingerprint", code(rules.fingerprint)),
    ]
    parts = [MADE, f"# {md(rules.name)}\n\n{md(rules.title)}\n\n"]
    parts += [table(("", ""), [fact for fact in facts if fact[1]])]
    own = _own(rules)
    for mode, told in MODES.items():
        of_mode = [rule for rule in own if rule.mode == mode]
        if of_mode:
            parts += [f"\n## Rules of this set: {told}\n"]
        for _, rule_group in groupby(of_mode, key=_texts):
            parts += [_passage(list(rule_group))]
    return "".join([*parts, _inherited(rules, own)])


def _texts(rule: Rule) -> tuple[str, ...]:
    stem = ".".join(rule.id.split(".")[:2])
    words = (rule.title, rule.section, rule.quotation, rule.source)
    return (stem, *words, rule.status, rule.note, rule.not_known)


def _passage(rules: list[Rule]) -> str:
    """Rules of one kind that quote the same words: a head, their limits, the words once."""
    first = rules[0]
    stem = _texts(first)[0]
    zh, en = both(f"rule_name.{stem.split('.')[1]}")
    if not zh:
        zh, en = both(f"test.{stem.split('.')[1]}")
    lines = [f"\n### {code(first.id if len(rules) == 1 else stem)}\n\n"]
    lines += [f"{md(zh)} · {md(en)}\n\n"] if zh else []
    heads = ("rule", "what it asks", "value", "unit", "comparison", "share of", "areas rounded to")
    lines += [table(heads, [_limit(rule) for rule in rules]), "\n"]
    told = [
        ("text", f"{first.title}{f', {first.section}' if first.section else ''}"),
        ("quotation", f"“{first.quotation}”" if first.quotation else ""),
        ("source", first.source),
        ("status", first.status),
        ("how it is read", first.note),
        ("not known", first.not_known),
    ]
    return "".join([*lines, *(f"- *{name}*: {md(text)}\n" for name, text in told if text)])


def _limit(rule: Rule) -> tuple[str, ...]:
    texts = isinstance(rule.value, tuple)
    value = "; ".join(rule.value) if isinstance(rule.value, tuple) else f"{rule.limit:.12g}"
    return (
        code(rule.id),
        md(in_words(rule)),
        (md(value) or "none") if texts else code(value) if rule.operator else "yes",
        md(rule.unit),
        code(rule.operator),
        md(rule.denominator),
        f"{rule.rounding_m2:g} m2" if rule.rounding_cents != 1 else "",
    )


def _inherited(rules: RuleSet, own: list[Rule]) -> str:
    """Rules of the sets below that hold unchanged, with the page that quotes them."""
    ids = {rule.id for rule in own}
    below = chain(rules.name)[-2::-1]
    rows = []
    for rule in rules:
        if rule.id in ids or rule.mode == "off":
            continue
        home = next(file for file in below if rule.id in file.records)
        row = (code(rule.id), md(rule.mode), md(in_words(rule)), md(rule.status))
        rows += [(*row, _link(home.head["name"]))]
    heads = ("rule", "mode", "what it asks", "status", "quoted in")
    start = "\n## Rules that it builds on\n\nThese hold unchanged. "
    note = "Rules of those sets that are off are left out.\n\n"
    return f"{start}{note}{table(heads, rows)}" if rows else ""
