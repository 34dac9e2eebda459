"""The commands on rule sets: list them, show one with its sources, check a file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer looks the annotation up
from typing import TYPE_CHECKING, Annotated

import typer

from gisland.base.consoles import json_for
from gisland.base.errors import RulesError
from gisland.base.phrases import count_of

if TYPE_CHECKING:
    from gisland.base.rule import Rule
    from gisland.base.rules import RuleSet

AsJson = Annotated[bool, typer.Option("--json", help="Print the summary for machines.")]

rules_app = typer.Typer(help="Rule sets: list them, show one with its sources, check a file.")


@rules_app.callback(invoke_without_command=True)
def _rules(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_rules()


@rules_app.command(name="list")
def list_rules() -> None:
    """List the packaged rule sets."""
    from gisland.base.rulefiles import rule_set_names  # noqa: PLC0415 - heavy
    from gisland.base.rules import load_rules  # noqa: PLC0415
    from gisland.present.plaintext import cells, padded  # noqa: PLC0415

    sets = [load_rules(name) for name in rule_set_names()]
    rows = [(rules.name, rules.jurisdiction, rules.title) for rules in sets]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for *firsts, title in rows:
        heads = [padded(text, width) for text, width in zip(firsts, widths, strict=False)]
        typer.echo("  ".join([*heads, title]))


@rules_app.command(name="show")
def show_rules(
    name: Annotated[str, typer.Argument(help="Packaged name, or a TOML file.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a rule set: every number with its quotation, source, status and what is not known."""
    from gisland.base.rules import load_rules  # noqa: PLC0415 - heavy
    from gisland.present.ruletext import shown_lines  # noqa: PLC0415

    rules = load_rules(name)
    if as_json:
        head = {k: v for k, v in vars(rules).items() if k != "rules"}
        shown = {**head, "fingerprint": rules.fingerprint, "rules": [vars(r) for r in rules]}
        typer.echo(json_for(shown))
        return
    for line in shown_lines(rules):
        typer.echo(line)


@rules_app.command(name="check")
def check_rules(file: Annotated[Path, typer.Argument(help="A rule file (TOML).")]) -> None:
    """Check one's own rule file."""
    from gisland.base.rules import load_rules  # noqa: PLC0415 - heavy

    if file.suffix.lower() != ".toml":
        raise RulesError(f"{file} is not a TOML file", do="give the path of a .toml file")
    rules = load_rules(file)
    typer.echo(f"{file}: {rules.title}, {count_of(len(list(rules)), 'rule')}, {rules.fingerprint}")
    for line in _changed_lines(rules):
        typer.echo(line)


def _changed_lines(rules: RuleSet) -> list[str]:
    """What a set changes in the packaged one that it builds on."""
    from gisland.base.rulefiles import rule_set_names  # noqa: PLC0415 - heavy
    from gisland.base.rules import load_rules  # noqa: PLC0415

    base = next((n for n in reversed(rules.extends) if n in rule_set_names()), None)
    if base is None:
        return []
    old = load_rules(base)
    lines = [f"extends {base}; changed:"]
    for rule in rules:
        was = old[rule.id]
        if rule != was:
            before = _limit(was) or was.mode
            if was.mode == "off":
                before = "off"
            elif was.mode != rule.mode:
                before = " ".join(filter(None, (f"[{was.mode}]", _limit(was))))
            told = " ".join(filter(None, (f"{rule.id} [{rule.mode}]", _limit(rule))))
            lines.append(f"  {told} (was {before})" if rule.id in old.rules else f"  {told} (new)")
    return lines if len(lines) > 1 else [f"extends {base} without a change"]


def _limit(rule: Rule) -> str:
    if isinstance(rule.value, tuple):
        return f"{'; '.join(rule.value)} {rule.unit}"
    from gisland.base.rulespecs import WHOLES  # noqa: PLC0415 - heavy

    value = f"{rule.limit:g}" if rule.operator else ""
    over = f"of {WHOLES.get(rule.denominator, rule.denominator)}" if rule.denominator else ""
    rounding = f"at {rule.rounding_m2:g} m2" if rule.rounding_cents != 1 else ""
    return " ".join(filter(None, (rule.operator, value, rule.unit, over, rounding)))
