"""A rule set as plain text: every rule with its limit in words, its text and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.rulespecs import SPECS, WHOLES, spec_of
from gisland.base.units import m2_to_mu
from gisland.present.plaintext import plain, wrapped

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

WIDTH = 100  # cells of a line
COMPARED = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}


def shown_lines(rules: RuleSet, *, width: int = WIDTH) -> list[str]:
    """A rule set as text: its head, the rules in force, then in short those that are off.

    Parameters
    ----------
    rules
        The set.
    width
        Cells of a line; a Chinese character takes two.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> lines = shown_lines(load_rules("guangdong-2009"))
    >>> [line for line in lines if line.startswith("scrap.area_cap")]
    ['scrap.area_cap [on] area of one scrap: below 2000 m2 (3 mu)']
    """

    def paragraph(text: str, *, first: int, others: int) -> list[str]:
        told = wrapped(plain(text), width - others)
        return [" " * (others if n else first) + line for n, line in enumerate(told)]

    stems = list(SPECS)
    ordered = sorted(rules, key=lambda r: (stems.index(".".join(r.id.split(".")[:2])), r.id))
    lines = paragraph(f"{rules.name}: {rules.title}", first=0, others=4)
    for text in _head_texts(rules):
        lines += paragraph(text, first=4, others=6)
    for rule in (r for r in ordered if r.mode != "off"):
        lines += ["", *paragraph(f"{rule.id} [{rule.mode}] {in_words(rule)}", first=0, others=6)]
        for text in _rule_texts(rule):
            lines += paragraph(text, first=4, others=6)
    off = [f"{r.id}: {in_words(r)}; {r.title}" for r in ordered if r.mode == "off"]
    lines += ["", "off, not evaluated:"] if off else []
    return lines + [line for text in off for line in paragraph(text, first=4, others=6)]


def _head_texts(rules: RuleSet) -> list[str]:
    return [
        f"jurisdiction: {rules.jurisdiction}",
        f"vintage: {rules.vintage or 'not known'}",
        *([f"builds on: {', '.join(rules.extends)}"] if rules.extends else []),
        f"fingerprint: {rules.fingerprint}",
        *([f"not known: {rules.not_known}"] if rules.not_known else []),
    ]


def _rule_texts(rule: Rule) -> list[str]:
    told = {
        "{}": f"{rule.title}{f', {rule.section}' if rule.section else ''}",
        "“{}”": rule.quotation,
        f"{rule.status}: {{}}": rule.source,
        "note: {}": rule.note,
        "not known: {}": rule.not_known,
    }
    return [form.replace("{}", text) for form, text in told.items() if text]


def in_words(rule: Rule) -> str:
    """What a rule asks, with its limit in words.

    Parameters
    ----------
    rule
        The rule.

    Returns
    -------
    str
        What is measured, the limit, what a share is taken over, and a rounding of its own.

    Examples
    --------
    >>> from gisland.base.rules import load_rules
    >>> in_words(load_rules("tianjin-2024")["scrap.share_cap"])
    'scraps absorbed by a site: at most 10 % of the site with its scraps'
    """
    spec = spec_of(rule.id)
    meaning = spec.meaning if spec else rule.id
    if isinstance(rule.value, tuple):
        return f"{meaning}: {'; '.join(rule.value) or 'none named'}"
    if not rule.operator:
        return meaning
    limit = " ".join(filter(None, (COMPARED[rule.operator], _measured(rule), _over(rule))))
    rounding = f", areas rounded to {rule.rounding_m2:g} m2" if rule.rounding_cents != 1 else ""
    return f"{meaning}: {limit}{rounding}"


def _measured(rule: Rule) -> str:
    """A limit with its unit; areas in mu too."""
    if rule.unit == "share":
        return f"{rule.limit * 100:.12g} %"
    if rule.unit == "m2" and rule.limit:
        return f"{rule.limit:.12g} m2 ({m2_to_mu(rule.limit):.4g} mu)"
    unit = {"ratio": "", "count": "", "years": "year" if rule.limit == 1 else "years"}
    return f"{rule.limit:.12g} {unit.get(rule.unit, rule.unit)}".strip()


def _over(rule: Rule) -> str:
    if not rule.denominator or rule.unit.endswith("/mu"):  # per mu of the land says it already
        return ""
    over = WHOLES.get(rule.denominator, f"the {rule.denominator}")
    return f"{'times' if rule.unit == 'ratio' else 'of'} {over}"
